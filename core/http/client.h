// Whole HTTP exchanges for our own needs: providers, authorities, webhooks. Small answers, hard limits, no
// redirects followed, no content codings accepted.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/http/limits.h"
#include "core/loop/flow.h"
#include "core/net/connector.h"
#include "core/text/url.h"

namespace core {

/// Takes the body of a 2xx answer as it comes, of any length; from within the fetch, which it must not end
/// but by an error.
class FetchSink {
 public:
  virtual Result<void> take(std::string_view bytes) = 0;

 protected:
  ~FetchSink() = default;
};

struct FetchRequest {
  std::string method = "GET";
  Url url;  ///< absolute, http or https
  /// Where to connect instead (its scheme, host and port); Host, and the name that TLS verifies, stay those
  /// of `url`.
  std::optional<Url> reached_at;
  /// Whom TLS verifies instead of the host of `url`; empty: that host.
  std::string certificate_name = {};
  /// Connects to this Unix socket instead of any host; empty: to a host.
  std::string unix_path = {};
  /// What the connection begins with, in front of TLS and all else (HostPort::greeting).
  std::string greeting = {};
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;           ///< sent with Content-Length when not empty or method is POST
  FetchSink* sink = nullptr;  ///< in place of FetchResponse::body and its limit, borrowed; null: none
};

struct FetchResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  /// First value of a field, compared without case; empty if there is none.
  [[nodiscard]] std::string_view field(std::string_view name) const;
};

struct FetchLimits {
  std::size_t body_bytes = 1024 * 1024;
  Duration total{10'000};
};

/// Which connector serves a scheme; null: that scheme is refused.
struct FetchConnectors {
  Connector* http = nullptr;
  Connector* https = nullptr;
};

/// MUST: refuse a response over the limit; refuse a Content-Encoding other than identity; never follow a
/// redirect.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual Flow<FetchResponse> fetch(FetchRequest request, FetchLimits limits) = 0;
};

/// What is spoken; there is no negotiation.
enum class FetchProtocol { http1, http2 };

/// One connection a fetch; connectors must outlive the client, and agree on `protocol` where they speak TLS.
std::unique_ptr<HttpClient> make_http_client(Loop& loop, FetchConnectors connectors,
                                             FetchProtocol protocol = FetchProtocol::http1);

/// The same over HTTP/1.1, with connections that are kept for the next fetch to the same place: for the few
/// places that are asked again and again. A fetch whose kept connection had ended before any byte of an
/// answer is made once more on a fresh one: only for requests that may arrive twice.
std::unique_ptr<HttpClient> make_keeping_http_client(Loop& loop, FetchConnectors connectors);

}  // namespace core
