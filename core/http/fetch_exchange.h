// One whole exchange on a session that somebody else owns: sends the request, gathers the response, delivers
// it. Knows nothing of connections. For the HttpClients of this folder alone.
#pragma once

#include <string_view>

#include "core/http/client.h"
#include "core/http/session.h"
#include "core/loop/wait.h"

namespace core {

/// Where a fetch connects, and whom it means.
HostPort place_of(const FetchRequest& request);

/// Destroying it cancels. The session must outlive it.
class FetchExchange final : private ResponseHandler {
 public:
  explicit FetchExchange(std::size_t most_body_bytes) : most_body_bytes_(most_body_bytes) {}
  FetchExchange(const FetchExchange&) = delete;
  FetchExchange& operator=(const FetchExchange&) = delete;
  ~FetchExchange();

  void start(ClientSession& session, const FetchRequest& request);

  OneShot<FetchResponse> outcome;

 private:
  void on_response_head(ResponseHead& head) override;
  void on_response_body(std::string_view bytes) override;
  void on_response_end(const Fields& trailers) override;
  void on_request_writable() override {}
  void on_failed(Error error) override;
  void give_up(Error error);
  [[nodiscard]] bool is_for_sink() const {
    return sink_ != nullptr && response_.status >= 200 && response_.status < 300;
  }

  const std::size_t most_body_bytes_;
  FetchSink* sink_ = nullptr;
  ClientStream* stream_ = nullptr;  // null when it has ended
  FetchResponse response_;
};

}  // namespace core
