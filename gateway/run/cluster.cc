#include "gateway/run/cluster.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

namespace gateway {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  std::string content = text.str();
  while (!content.empty() && content.back() == '\n') content.pop_back();
  return content;
}

}  // namespace

std::optional<Cluster> find_cluster(const std::string& service_account) {
  std::string host = variable("KUBERNETES_SERVICE_HOST");
  const std::string port = variable("KUBERNETES_SERVICE_PORT");
  if (host.contains(':')) host = "[" + host + "]";
  auto server =
      core::parse_url("https://" + host + (port.empty() ? "" : ":" + port), core::Side::configuration);
  Cluster cluster;
  cluster.space = content_of(service_account + "/namespace");
  if (!server || host.empty() || cluster.space.empty()) return std::nullopt;
  cluster.server = std::move(*server);
  cluster.token_file = service_account + "/token";
  cluster.ca_file = service_account + "/ca.crt";
  return cluster;
}

}  // namespace gateway
