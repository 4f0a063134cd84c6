#include "gateway/import/kubernetes.h"

#include "config/values.h"

namespace gateway {

bool is_object(const ImportDocument& document, std::string_view kind, std::string_view group) {
  const std::string version = text_in(document.root, {"apiVersion"});
  return text_in(document.root, {"kind"}) == kind && version.starts_with(group);
}

std::string namespace_of(const config::YamlNode& root) {
  const std::string name = text_in(root, {"metadata", "namespace"});
  return name.empty() ? "default" : name;
}

void KubernetesServices::add(const ImportDocument& document) {
  const std::string name = namespace_of(document.root) + "/" + text_in(document.root, {"metadata", "name"});
  for (const config::YamlNode* port : items_of(find_in(document.root, {"spec", "ports"})))
    ports_[name][text_in(*port, {"name"})] = text_in(*port, {"port"});
}

std::string KubernetesServices::url(std::string_view scheme, const std::string& space,
                                    const std::string& name, const std::string& port) const {
  std::string number = port;
  if (!config::parse_port(port)) {
    const auto service = ports_.find(space + "/" + name);
    if (service == ports_.end()) return {};
    const auto found = service->second.find(port);
    if (found == service->second.end()) return {};
    number = found->second;
  }
  return std::string(scheme).append("://").append(name).append(".").append(space).append(".svc:").append(
      number);
}

}  // namespace gateway
