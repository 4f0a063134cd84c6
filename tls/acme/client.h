// Signed requests to one certificate authority (RFC 8555 section 6): the directory, nonces, badNonce, the
// rule which URLs may be asked. Knows nothing of accounts and orders. Redirects are never followed; answers
// are bounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/http/client.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/text/url.h"
#include "tls/acme/objects.h"
#include "tls/acme/problem.h"
#include "tls/acme/signing.h"

namespace tls {

inline constexpr int kMaxNonceTries = 10;
inline constexpr core::Duration kAcmeRequestTime = std::chrono::seconds(30);
inline constexpr std::size_t kMaxAcmeAnswerBytes = 256UL * 1024;
/// A directory is fetched again after this long.
inline constexpr core::Duration kDirectoryLifetime = std::chrono::hours(24);

/// One authority as configured.
struct AcmeServer {
  core::Url directory;
  std::vector<std::string> hosts;  ///< which its URLs may be on besides the directory's
};

/// An answer with any status.
struct AcmeAnswer {
  core::FetchResponse response;
  std::optional<Problem> problem;  ///< set for every status that is no success
  std::optional<core::Duration> retry_after;

  /// The body as JSON, or the problem as an Error "<what>: …".
  [[nodiscard]] core::Result<core::Json> json(std::string_view what) const;
  /// The body as it is, or the problem.
  [[nodiscard]] core::Result<std::string> body(std::string_view what) const;
};

class AcmeClient {
 public:
  /// `loop` and `http` must outlive it. `http` trusts what the authority's certificate leads to.
  AcmeClient(core::Loop& loop, core::HttpClient& http, AcmeServer server);

  /// The directory, fetched when there is none or it is old.
  core::Flow<AcmeDirectory> directory();
  /// A signed POST. Bad nonces are retried with the nonce that came with the refusal, kMaxNonceTries at most.
  /// Errors are of the network; what the authority refused is AcmeAnswer::problem.
  core::Flow<AcmeAnswer> post(AcmeSigner signer, core::Url url, std::string payload);
  /// An unsigned GET (RFC 9773 section 4.1).
  core::Flow<AcmeAnswer> get(core::Url url);

  [[nodiscard]] const AcmeHosts& hosts() const { return hosts_; }
  [[nodiscard]] const AcmeServer& server() const { return server_; }
  [[nodiscard]] core::Loop& loop() const { return loop_; }

 private:
  core::Flow<AcmeAnswer> fetch(core::FetchRequest request);
  core::Flow<std::string> take_nonce();
  void keep_nonce(const core::FetchResponse& response);

  core::Loop& loop_;
  core::HttpClient& http_;
  AcmeServer server_;
  AcmeHosts hosts_;
  std::optional<AcmeDirectory> directory_;
  core::SteadyTime directory_read_;
  std::vector<std::string> nonces_;  // unused, the newest last
};

/// Everything in the Link fields of an answer with that relation, as text.
std::vector<std::string> links_of(const core::FetchResponse& response, std::string_view relation);

}  // namespace tls
