// Where programs read which tokens open a resource (OAuth 2.0 Protected Resource Metadata, RFC 9728): a path
// in front of the resource's own on the same host. Whether there is anything to read, and what, says the
// guard of the resource's route.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/model/host_routes.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"

namespace gateway {

inline constexpr std::string_view kResourceMetadataPath = "/.well-known/oauth-protected-resource";

/// The identifier of the resource that a request is for: its URL without the query.
std::string resource_of(const Request& request);
/// Where the metadata of it is (section 3.1).
std::string resource_metadata_url(const Request& request);
/// The answer to a request for metadata; nothing for any other request, and where no token opens the
/// resource: the path is the app's own then. Scripts of any origin may read it, for it holds no secret.
std::optional<Reply> answer_resource_metadata(const Request& request, const HostRoutes& routes);

}  // namespace gateway
