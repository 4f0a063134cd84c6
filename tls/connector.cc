#include "tls/connector.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "tls/handshake.h"
#include "tls/stream.h"
#include "tls/verification.h"
#include "tls/x509_names.h"

namespace tls {
namespace {

using core::Deadline;
using core::ErrorKind;
using core::failure;
using core::Flow;
using core::HostPort;
using core::Result;
using core::Side;
using StreamOwner = std::unique_ptr<core::ByteStream>;

/// Whom the certificate must name: a DNS name (also sent as SNI) or an address (RFC 6066: never sent).
struct Target {
  std::string name;
  bool is_address = false;
};

Result<Target> target_of(const std::string& host) {
  if (const Result<core::IpAddress> address = core::IpAddress::parse(host))
    return Target{address->text(), true};
  std::string name = host;
  if (name.ends_with('.')) name.pop_back();
  std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  if (!is_dns_name(name)) {
    return failure(ErrorKind::malformed, Side::configuration,
                   "\"" + host + "\" is no name that a certificate could be verified for; set server_name");
  }
  return Target{std::move(name), false};
}

bool demand(SSL* ssl, const Target& target) {
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(rules,
                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (target.is_address) return X509_VERIFY_PARAM_set1_ip_asc(rules, target.name.c_str()) == 1;
  return SSL_set1_host(ssl, target.name.c_str()) == 1 &&
         SSL_set_tlsext_host_name(ssl, target.name.c_str()) == 1;
}

class TlsConnector final : public core::Connector {
 public:
  TlsConnector(core::Loop& loop, RecordScratch& scratch, core::Connector& inner, SettingsPointer native)
      : loop_(loop), scratch_(scratch), inner_(inner), native_(std::move(native)) {}
  void verify_as(std::string server_name) { server_name_ = std::move(server_name); }
  void need(std::string protocol) { needed_ = std::move(protocol); }

  Flow<StreamOwner> connect(HostPort to, Deadline deadline) override {
    std::string host = to.certificate_name.empty() ? to.host : to.certificate_name;
    if (!server_name_.empty()) host = server_name_;
    const Target target = co_await target_of(host);
    StreamOwner plain = co_await inner_.connect(std::move(to), deadline);
    Verification verification;
    verification.wanted = target.name;
    std::unique_ptr<Stream> fresh = prepare(std::move(plain), target, verification);
    Flow<std::unique_ptr<Stream>> handshake = complete_handshake(loop_, std::move(fresh), deadline);
    Result<std::unique_ptr<Stream>> finished = co_await attempt(std::move(handshake));
    if (!finished) co_return failure(explain(std::move(finished.error()), verification));
    if (!needed_.empty() && (*finished)->agreement().protocol != needed_) {
      core::Error error = other_protocol(target.name, needed_);
      co_return failure(std::move(error));
    }
    co_return StreamOwner(std::move(*finished));
  }

 private:
  std::unique_ptr<Stream> prepare(StreamOwner plain, const Target& target, Verification& verification) {
    SslPointer ssl(SSL_new(native_.get()));
    CHECK(ssl != nullptr && demand(ssl.get(), target));
    SSL_set_app_data(ssl.get(), &verification);
    SSL_set_verify(ssl.get(), SSL_VERIFY_PEER, &record_verification);
    SSL_set_connect_state(ssl.get());
    return std::make_unique<Stream>(std::move(plain), std::move(ssl), scratch_, Side::origin);
  }

  static core::Error other_protocol(const std::string& name, const std::string& wanted) {
    return {ErrorKind::unsupported, Side::origin, name + " does not agree on " + wanted + " (ALPN)",
            core::Retry::safe};
  }

  static core::Error explain(core::Error error, const Verification& verification) {
    error.side = Side::origin;
    error.retry = core::Retry::safe;
    if (error.kind == ErrorKind::timed_out) {
      error.text = "TLS handshake with " + verification.wanted + ": not finished in time";
    } else if (verification.error != X509_V_OK) {
      error.kind = ErrorKind::unverified;
      error.text = describe(verification);
    } else {
      error.kind = ErrorKind::unreachable;
      error.text = "TLS handshake with " + verification.wanted + ": " + error.text;
    }
    return error;
  }

  core::Loop& loop_;
  RecordScratch& scratch_;
  core::Connector& inner_;
  SettingsPointer native_;
  std::string server_name_;
  std::string needed_;  // ALPN; empty: none
};

}  // namespace

Result<std::unique_ptr<core::Connector>> make_connector(core::Loop& loop, RecordScratch& scratch,
                                                        core::Connector& inner,
                                                        const ClientOptions& options) {
  if (!options.server_name.empty()) {
    if (Result<Target> target = target_of(options.server_name); !target)
      return failure(std::move(target.error()));
  }
  Result<SettingsPointer> native = make_client_settings(options);
  if (!native) return failure(std::move(native.error()));
  auto connector = std::make_unique<TlsConnector>(loop, scratch, inner, std::move(*native));
  connector->verify_as(options.server_name);
  if (options.protocol_need == ProtocolNeed::required) connector->need(options.protocols.front());
  return connector;
}

}  // namespace tls
