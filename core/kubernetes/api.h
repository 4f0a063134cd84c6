// Requests to a Kubernetes API server: the bearer token, the limits, and what its answers mean as errors. Not
// which objects.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/http/client.h"
#include "core/loop/flow.h"
#include "core/text/json.h"

namespace core {

/// Where the API is, and who we are there.
struct KubernetesServer {
  Url server;              ///< https://10.96.0.1
  std::string token_file;  ///< read again once a minute and when it is refused: projected tokens rotate
};

/// What the API is asked for, as errors say it.
struct KubernetesPurpose {
  Side side = Side::us;
  std::string permissions;  ///< what to let the service account do, where it is refused
};

class KubernetesApi {
 public:
  struct Call {
    std::string method;
    std::string path;  ///< of the API, with its query
    std::string accept = "application/json";
    std::string content_type = "application/json";  ///< of `body`
    std::string body;
  };

  /// `client` verifies the API server (its CA is the service account's).
  KubernetesApi(HttpClient& client, KubernetesServer server, KubernetesPurpose purpose, const Clock& clock);

  /// The object that was answered with 2xx. not_found for 404, conflict for 409, refused for 401 and 403,
  /// closed for 410 (a page of a list is not kept any more), too_large for 413 and 422, unavailable for the
  /// rest and for what is no JSON.
  Flow<Json> call(Call call);
  /// A call whose answer goes on and on: `sink` gets it as it comes. Ends well when the API ends it, and else
  /// as call(): unavailable after `most`, too, and for what the sink refuses.
  Flow<> follow(Call call, FetchSink& sink, Duration most);
  /// By the API's own clock as its last answer had it, so that one clock counts for all replicas; this
  /// machine's while they differ by no more than two seconds.
  [[nodiscard]] WallTime now() const { return clock_.wall() + ahead_; }
  [[nodiscard]] const Url& server() const { return server_.server; }

 private:
  /// What is a stream goes to `sink`, if there is one.
  struct Manner {
    FetchSink* sink = nullptr;
    Duration most;
  };
  Flow<FetchResponse> send(Call call, Manner manner);
  Flow<FetchResponse> send_known(Call call, Manner manner);
  [[nodiscard]] Error error_of(const Call& call, const FetchResponse& response) const;
  [[nodiscard]] Error unavailable(std::string text) const;
  Result<std::string> token();
  void note_time(const FetchResponse& response);

  HttpClient& client_;
  KubernetesServer server_;
  KubernetesPurpose purpose_;
  const Clock& clock_;
  Duration ahead_{0};  // of the API's clock
  std::string token_;
  std::optional<SteadyTime> token_read_at_;
};

}  // namespace core
