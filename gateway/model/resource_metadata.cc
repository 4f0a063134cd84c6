#include "gateway/model/resource_metadata.h"

#include "core/text/request_path.h"
#include "gateway/model/guard.h"
#include "gateway/model/route.h"

namespace gateway {
namespace {

bool is_reading(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

/// A preflight, because the program adds a field of its own (MCP-Protocol-Version).
Reply preflight_answer() {
  Reply reply;
  reply.status = 204;
  reply.with("Access-Control-Allow-Methods", "GET, HEAD").with("Access-Control-Allow-Headers", "*");
  return reply;
}

}  // namespace

std::string resource_of(const Request& request) {
  return request.origin().append(request.path);
}

std::string resource_metadata_url(const Request& request) {
  std::string url = request.origin().append(kResourceMetadataPath);
  if (request.path != "/") url.append(request.path);
  return url;
}

std::optional<Reply> answer_resource_metadata(const Request& request, const HostRoutes& routes) {
  if (!core::path_has_prefix(request.path, kResourceMetadataPath) || !is_reading(request.method))
    return std::nullopt;
  const Route* written = routes.find(request.path, *request.fields);
  if (written != nullptr && written->is_resource_metadata) return std::nullopt;
  Request meant = request;
  meant.path.remove_prefix(kResourceMetadataPath.size());
  if (meant.path.empty()) meant.path = "/";
  const Route* route = routes.find(meant.path, *request.fields);
  std::optional<Reply> reply = route == nullptr ? std::nullopt : route->guard->describe_resource(meant);
  if (!reply) return std::nullopt;
  if (request.method == "OPTIONS") reply = preflight_answer();
  reply->with("Access-Control-Allow-Origin", "*");
  reply->reason = "metadata of a resource";
  return reply;
}

}  // namespace gateway
