// Requests to a Kubernetes API server: the bearer token, the limits, and what its answers mean as errors. Not
// which objects.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/http/client.h"
#include "core/loop/flow.h"
#include "core/storage/kubernetes_storage.h"
#include "core/text/json.h"

namespace core {

class KubernetesApi {
 public:
  struct Call {
    std::string method;
    std::string path;  ///< of the API, with its query
    std::string accept = "application/json";
    std::string content_type = "application/json";  ///< of `body`
    std::string body;
  };

  KubernetesApi(HttpClient& client, KubernetesAccess access, const Clock& clock);

  /// The object that was answered with 2xx. not_found for 404, conflict for 409, refused for 401 and 403,
  /// closed for 410 (a page of a list is not kept any more), too_large for 413 and 422, unavailable for the
  /// rest and for what is no JSON.
  Flow<Json> call(Call call);
  /// By the API's own clock as its last answer had it, so that one clock counts for all replicas; this
  /// machine's while they differ by no more than two seconds.
  [[nodiscard]] WallTime now() const { return clock_.wall() + ahead_; }
  [[nodiscard]] const KubernetesAccess& access() const { return access_; }

 private:
  Flow<FetchResponse> send(Call call);
  Result<std::string> token();
  void note_time(const FetchResponse& response);

  HttpClient& client_;
  KubernetesAccess access_;
  const Clock& clock_;
  Duration ahead_{0};  // of the API's clock
  std::string token_;
  std::optional<SteadyTime> token_read_at_;
};

}  // namespace core
