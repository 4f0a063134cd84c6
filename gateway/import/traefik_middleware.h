// Traefik's middlewares: what each does to a route.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gateway/import/documents.h"
#include "gateway/import/draft.h"

namespace gateway {

/// Options by their names in lower case, with dots: "sourcerange", "customrequestheaders.x-env".
struct TraefikMiddleware {
  ImportPlace at;
  std::string type;  ///< in lower case; empty: none was said
  std::map<std::string, std::vector<std::string>> options;
};

/// Flattens a map of options. A list of maps is left out.
void flatten_options(const config::YamlNode& node, const std::string& path,
                     std::map<std::string, std::vector<std::string>>& options);

/// All but "chain", which others are named by.
void apply_middleware(const TraefikMiddleware& middleware, DraftRoute& route, Draft& draft);

}  // namespace gateway
