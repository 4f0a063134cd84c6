#include "tls/certificate.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "core/crypto/digest.h"
#include "core/crypto/openssl.h"
#include "tls/certificate_outline.h"
#include "tls/certificate_pem.h"
#include "tls/x509_names.h"

namespace tls {
namespace {

using core::failure;
using core::Result;

std::string fingerprint_of(const std::vector<std::string>& chain) {
  core::Sha256Stream digest;
  for (const std::string& certificate : chain) digest.update(certificate);
  return std::string(core::view_of(digest.finish()));
}

}  // namespace

/// What all copies with different staples share.
class Certificate::Body {
 public:
  /// Of what the bytes tell enough of.
  Body(CertificateOutline told, std::vector<std::string> chain, core::Secret key)
      : outline(std::move(told)), chain_(std::move(chain)), key_(std::move(key)) {}
  Body(CertificateOutline told, CertificateObjects objects)
      : outline(std::move(told)), objects_(std::move(objects)) {}

  /// Any thread; the first one builds while the others wait.
  const CertificateObjects& objects() const {
    std::call_once(built_, [this] { build(); });
    return objects_;
  }

  CertificateOutline outline;
  std::string fingerprint;
  std::string source;

 private:
  void build() const {
    if (objects_.leaf != nullptr) return;
    CertificateObjects objects = objects_of(chain_);
    objects.key = key_of(key_);
    if (objects.leaf != nullptr && objects.key != nullptr) objects_ = std::move(objects);
    ERR_clear_error();
    key_ = core::Secret();
    chain_ = {};
  }

  mutable std::once_flag built_;
  mutable std::vector<std::string> chain_;
  mutable core::Secret key_;
  mutable CertificateObjects objects_;
};

namespace {

Result<CertificateObjects> checked_objects(const CertificateText& text,
                                           const std::vector<std::string>& chain) {
  ERR_clear_error();
  CertificateObjects objects = objects_of(chain);
  const std::string reason = core::openssl_errors();
  if (objects.leaf == nullptr)
    return certificate_refused(text.source, "a certificate in it is broken: " + reason);
  Result<core::KeyOwner> key = key_in(text);
  if (!key) return failure(std::move(key.error()));
  objects.key = std::move(*key);
  if (X509_check_private_key(objects.leaf.get(), objects.key.get()) == 1) return objects;
  ERR_clear_error();
  return certificate_refused(
      text.source, "the private key does not belong to the first certificate; the server's own comes first");
}

}  // namespace

Certificate::Certificate(std::shared_ptr<const Body> body, std::string staple)
    : body_(std::move(body)), staple_(std::move(staple)) {}
Certificate::~Certificate() = default;

Result<CertificatePointer> Certificate::load(const std::string& chain_file, const std::string& key_file) {
  Result<std::string> chain = read_pem_file(chain_file);
  if (!chain) return failure(std::move(chain.error()));
  Result<std::string> key = read_pem_file(key_file);
  if (!key) return failure(std::move(key.error()));
  CertificateText text;
  text.chain = std::move(*chain);
  text.key = core::Secret::take(*key);
  text.source = chain_file == key_file ? chain_file : fmt::format("{} with {}", chain_file, key_file);
  Result<CertificatePointer> parsed = parse(text);
  core::wipe(text.chain);  // the key may stand in it
  return parsed;
}

Result<CertificatePointer> Certificate::parse(const CertificateText& text) {
  Result<std::vector<std::string>> chain = chain_in(text);
  if (!chain) return failure(std::move(chain.error()));
  std::string fingerprint = fingerprint_of(*chain);
  std::shared_ptr<Body> body;
  std::optional<CertificateOutline> outline = quick_outline_of(chain->front());
  core::Secret key = key_bytes_in(text);
  const bool is_usual = outline && is_quickly_key_of(key.reveal(), chain->front()) &&
                        std::ranges::all_of(*chain, &is_quickly_certificate);
  if (is_usual) {
    body = std::make_shared<Body>(std::move(*outline), std::move(*chain), std::move(key));
  } else {
    Result<CertificateObjects> objects = checked_objects(text, *chain);
    if (!objects) return failure(std::move(objects.error()));
    outline = outline_of(objects->leaf.get());
    if (!outline)
      return certificate_refused(text.source, "the dates of the first certificate cannot be read");
    body = std::make_shared<Body>(std::move(*outline), std::move(*objects));
  }
  body->fingerprint = std::move(fingerprint);
  body->source = text.source;
  if (body->outline.names.dns.empty() && body->outline.names.addresses.empty()) {
    return certificate_refused(text.source,
                               "the first certificate has no usable DNS name or IP address (subjectAltName)");
  }
  return CertificatePointer(new Certificate(std::move(body), {}));
}

const std::vector<std::string>& Certificate::dns_names() const {
  return body_->outline.names.dns;
}
const std::vector<core::IpAddress>& Certificate::addresses() const {
  return body_->outline.names.addresses;
}
core::WallTime Certificate::not_before() const {
  return body_->outline.not_before;
}
core::WallTime Certificate::not_after() const {
  return body_->outline.not_after;
}
const std::string& Certificate::fingerprint() const {
  return body_->fingerprint;
}
const std::string& Certificate::renewal_id() const {
  return body_->outline.renewal_id;
}
const std::string& Certificate::source() const {
  return body_->source;
}
bool Certificate::must_staple() const {
  return body_->outline.must_staple;
}

bool Certificate::covers(std::string_view host) const {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!is_dns_name(host)) {
    const Result<core::IpAddress> address = core::IpAddress::parse(host);
    return address && std::ranges::find(addresses(), *address) != addresses().end();
  }
  const std::size_t dot = host.find('.');
  const std::string_view parent = dot == std::string_view::npos ? std::string_view() : host.substr(dot);
  return std::ranges::any_of(dns_names(), [&](std::string_view name) {
    if (name.starts_with('*')) return !parent.empty() && name.substr(1) == parent;
    return name == host;
  });
}

CertificatePointer Certificate::with_staple(std::string ocsp_answer) const {
  return CertificatePointer(new Certificate(body_, std::move(ocsp_answer)));
}

x509_st* Certificate::leaf() const {
  return body_->objects().leaf.get();
}

x509_st* Certificate::issuer() const {
  const auto* issuers = body_->objects().issuers.get();
  return sk_X509_num(issuers) > 0 ? sk_X509_value(issuers, 0) : nullptr;
}

bool Certificate::install(ssl_st* ssl) const {
  const CertificateObjects& objects = body_->objects();
  const bool is_taken =
      objects.leaf != nullptr &&
      SSL_use_cert_and_key(ssl, objects.leaf.get(), objects.key.get(), objects.issuers.get(), 1) == 1;
  if (!is_taken) return false;
  if (staple_.empty()) return true;
  // OpenSSL frees it. Whether it is shown is the status callback's (profile.cc).
  void* copy = OPENSSL_memdup(staple_.data(), staple_.size());
  return copy != nullptr &&
         SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(staple_.size())) == 1;
}

}  // namespace tls
