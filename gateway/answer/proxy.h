// Handler that forwards to an origin. Decides what the origin is told; bytes are moved by ProxyExchange.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/types_route.h"
#include "core/base/secret.h"
#include "core/http/content_encoders.h"
#include "core/http/fields.h"
#include "core/loop/deadline_list.h"
#include "core/text/cookie.h"
#include "core/text/traceparent.h"
#include "gateway/answer/answer_paths.h"
#include "gateway/answer/header_edits.h"
#include "gateway/answer/origin_path.h"
#include "gateway/model/handler.h"
#include "gateway/model/identity_headers.h"
#include "gateway/model/stranger_audit.h"
#include "gateway/session/cookie_names.h"
#include "gateway/upstream/origin_search.h"
#include "gateway/upstream/upstream.h"

namespace gateway {

/// What the fields of one message are kept in while they are sent.
struct ProxyBuffers {
  core::Fields fields;
  std::vector<std::string> cookies;  ///< Cookie fields with our own cookies taken out
  std::vector<std::string> edits;    ///< values that the route sets
  std::vector<std::string> mapped;   ///< values of an answer in the client's terms
  std::string forwarded;             ///< our Forwarded field
  std::string max_forwards;          ///< the value with this hop counted
  std::string etag;                  ///< of an answer that is compressed
  std::string socket_key;            ///< Sec-WebSocket-Key of a handshake that came without
  std::array<char, core::kTraceparentBytes> traceparent;  ///< ours
  void clear();
};

/// Empty buffers with the memory of earlier messages: a worker's, for all routes. The last given is the next
/// taken, for it is still in the processor's cache.
class SpareProxyBuffers {
 public:
  std::unique_ptr<ProxyBuffers> take();
  void give(std::unique_ptr<ProxyBuffers> buffers);

 private:
  std::vector<std::unique_ptr<ProxyBuffers>> spares_;
};

/// What forwarding for one route needs; borrowed parts outlive the Site's exchanges.
struct ProxyRoute {
  Upstream* upstream = nullptr;
  IdentityHeaders identity;
  core::Secret authorization;  ///< sent in place of the client's; empty: the client's passes
  config::ForwardToken forward_token = config::ForwardToken::none;  ///< the same, of the session
  HeaderEdits request_headers;
  HeaderEdits response_headers;
  config::UpstreamHost host;
  config::SentProxyHeader proxy_header = config::SentProxyHeader::none;
  std::unique_ptr<const OriginPath> path;           ///< null: paths are sent as they are
  std::unique_ptr<const AnswerPaths> answer_paths;  ///< null: answers say nothing in other terms
  std::optional<std::uint64_t> body_limit;          ///< bytes; none: no limit
  std::vector<std::string> websocket_origins;       ///< empty: the route's own origin
  bool is_public = false;  ///< no session decides: a WebSocket's Origin is the app's business
  core::DeadlineList* response_deadline = nullptr;
  core::DeadlineList* idle_deadline = nullptr;
  core::DeadlineList* waiting_deadline = nullptr;  ///< for a connection where there is no room
  core::DeadlineList* total_deadline = nullptr;    ///< null: none
  core::DeadlineList* socket_deadline = nullptr;   ///< of a WebSocket, from its beginning; null: none
  unsigned retries = 1;                            ///< of a request that was sent
  std::string origin_cookie;                       ///< its name; empty: no origin is held to
  core::SameSite origin_cookie_same_site = core::SameSite::lax;
  core::Duration connect_timeout{5'000};
  const CookieNames* cookie_names = nullptr;
  const StrangerAudit* strangers = nullptr;         ///< hears of sockets of foreign pages; null: nobody does
  std::shared_ptr<core::ContentEncoders> encoders;  ///< shared by routes; null: nothing is compressed
  std::shared_ptr<SpareProxyBuffers> spares = std::make_shared<SpareProxyBuffers>();  ///< shared by routes
};

class Proxy final : public Handler {
 public:
  explicit Proxy(ProxyRoute route) : route_(std::move(route)) {}
  void serve(Exchange& exchange, Admitted admitted) override;

 private:
  ProxyRoute route_;
};

}  // namespace gateway
