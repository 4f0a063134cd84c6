#include "tls/ocsp.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <optional>
#include <utility>

#include "core/crypto/openssl.h"
#include "tls/x509_names.h"

namespace tls {
namespace {

using core::ErrorKind;
using core::failure;
using core::Result;
using core::Side;

constexpr auto kClockDifference = std::chrono::minutes(5);

using RequestOwner = core::OpensslOwner<OCSP_REQUEST, OCSP_REQUEST_free>;
using ResponseOwner = core::OpensslOwner<OCSP_RESPONSE, OCSP_RESPONSE_free>;
using BasicOwner = core::OpensslOwner<OCSP_BASICRESP, OCSP_BASICRESP_free>;
using IdOwner = core::OpensslOwner<OCSP_CERTID, OCSP_CERTID_free>;
using AddressesOwner = core::OpensslOwner<STACK_OF(OPENSSL_STRING), X509_email_free>;

void free_stack(STACK_OF(X509) * stack) {
  sk_X509_free(stack);
}
using BorrowedStack = core::OpensslOwner<STACK_OF(X509), free_stack>;

std::unexpected<core::Error> unusable(std::string text) {
  ERR_clear_error();
  return failure(ErrorKind::unverified, Side::authority, "the OCSP answer " + std::move(text),
                 core::Retry::later);
}

/// SHA-1 names the certificate, and protects nothing: responders know no other (RFC 5019 section 2.1.1).
IdOwner id_of(const Certificate& certificate) {
  return IdOwner(OCSP_cert_to_id(EVP_sha1(), certificate.leaf(), certificate.issuer()));
}

Result<core::Url> responder_of(const Certificate& certificate) {
  const AddressesOwner addresses(X509_get1_ocsp(certificate.leaf()));
  const char* address = addresses == nullptr ? nullptr : sk_OPENSSL_STRING_value(addresses.get(), 0);
  if (address == nullptr) {
    return failure(ErrorKind::unsupported, Side::configuration, "the certificate names no OCSP responder");
  }
  Result<core::Url> url = core::parse_url(address, Side::configuration);
  if (url && url->scheme == "http") return url;
  return failure(ErrorKind::unsupported, Side::configuration,
                 "the certificate's OCSP responder is no http URL");
}

bool is_signed_by_issuer(OCSP_BASICRESP* basic, const Certificate& certificate) {
  const core::CertificateStoreOwner store(X509_STORE_new());
  const BorrowedStack extra(sk_X509_new_null());
  if (store == nullptr || extra == nullptr || X509_STORE_add_cert(store.get(), certificate.issuer()) != 1 ||
      sk_X509_push(extra.get(), certificate.issuer()) == 0) {
    return false;
  }
  // The issuer is trusted here, for its own certificates: it may be an intermediate.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  return OCSP_basic_verify(basic, extra.get(), store.get(), 0) == 1;
}

}  // namespace

Result<OcspQuestion> ocsp_question(const Certificate& certificate) {
  if (certificate.issuer() == nullptr) {
    return failure(ErrorKind::unsupported, Side::configuration,
                   "the certificate's file has no issuer behind it; append the chain");
  }
  Result<core::Url> responder = responder_of(certificate);
  if (!responder) return failure(std::move(responder.error()));
  const RequestOwner request(OCSP_REQUEST_new());
  IdOwner id = id_of(certificate);
  // The request takes the id over.
  if (request == nullptr || id == nullptr || OCSP_request_add0_id(request.get(), id.get()) == nullptr) {
    return failure(core::openssl_error(ErrorKind::internal, Side::us, "making an OCSP request"));
  }
  [[maybe_unused]] const OCSP_CERTID* taken = id.release();
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_REQUEST(request.get(), &der);
  if (size <= 0) return failure(core::openssl_error(ErrorKind::internal, Side::us, "making an OCSP request"));
  OcspQuestion question{std::move(*responder),
                        std::string(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size))};
  OPENSSL_free(der);
  return question;
}

Result<OcspAnswer> check_ocsp_answer(const Certificate& certificate, std::string der, core::WallTime now) {
  if (certificate.issuer() == nullptr) return unusable("cannot be judged: the certificate has no issuer");
  const unsigned char* at = core::octets(der);
  const ResponseOwner response(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  if (response == nullptr || at != core::octets(der) + der.size()) return unusable("is malformed");
  const int status = OCSP_response_status(response.get());
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return unusable(std::string("is: ") + OCSP_response_status_str(status));
  const BasicOwner basic(OCSP_response_get1_basic(response.get()));
  if (basic == nullptr) return unusable("is of a kind that clients do not know");
  if (!is_signed_by_issuer(basic.get(), certificate)) return unusable("is not signed by the issuer");
  const IdOwner id = id_of(certificate);
  int state = -1;
  int reason = -1;
  ASN1_GENERALIZEDTIME* since = nullptr;
  ASN1_GENERALIZEDTIME* until = nullptr;
  if (id == nullptr ||
      OCSP_resp_find_status(basic.get(), id.get(), &state, &reason, nullptr, &since, &until) != 1) {
    return unusable("is about another certificate");
  }
  const auto first = time_of(since);
  const auto last = until == nullptr ? std::nullopt : time_of(until);
  if (!first || !last) return unusable("has no end");
  if (*first > now + kClockDifference) return unusable("is from the future");
  if (*last <= now || *last <= *first) return unusable("is over");
  if (state == V_OCSP_CERTSTATUS_REVOKED)
    return OcspAnswer{std::move(der), *first, *last, OCSP_crl_reason_str(reason)};
  if (state != V_OCSP_CERTSTATUS_GOOD) return unusable("does not know the certificate");
  return OcspAnswer{std::move(der), *first, *last, {}};
}

}  // namespace tls
