// Certificates and private keys as bytes: what is read of one without OpenSSL's objects is what those say,
// and the two never hold a key for another's. The input is a certificate with a private key behind it.
#include <openssl/err.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/check.h"
#include "tls/certificate_outline.h"
#include "tls/der.h"

namespace {

core::CertificateOwner certificate_of(std::string_view bytes) {
  const unsigned char* at = core::octets(bytes);
  return core::CertificateOwner(d2i_X509(nullptr, &at, static_cast<long>(bytes.size())));
}

void judge(std::string_view bytes, X509* object) {
  const auto quick = tls::quick_outline_of(bytes);
  if (!quick) return;
  const auto slow = tls::outline_of(object);
  CHECK(slow.has_value());
  CHECK(quick->names.dns == slow->names.dns);
  CHECK(quick->names.addresses == slow->names.addresses);
  CHECK(quick->not_before == slow->not_before);
  CHECK(quick->not_after == slow->not_after);
  CHECK(quick->must_staple == slow->must_staple);
  CHECK(quick->renewal_id == slow->renewal_id);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(bytes), size);
  tls::DerReader reader(all);
  const std::string_view certificate = reader.whole(tls::der::kSequence);
  const std::string_view key = all.substr(certificate.size());
  const bool is_key = tls::is_quickly_key_of(key, certificate);
  const core::CertificateOwner object = certificate_of(certificate);
  if (object != nullptr) {
    judge(certificate, object.get());
    const unsigned char* at = core::octets(key);
    const core::KeyOwner private_key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(key.size())));
    if (is_key && private_key != nullptr) CHECK(X509_check_private_key(object.get(), private_key.get()) == 1);
  }
  ERR_clear_error();
  return 0;
}
