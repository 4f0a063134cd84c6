// Objects of Kubernetes as far as several formats need them: names, annotations, and where a Service listens.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/import/documents.h"

namespace gateway {

/// `kind`, of an API group that begins with `group` ("" is the core).
bool is_object(const ImportDocument& document, std::string_view kind, std::string_view group);
/// "default" where the object names none.
std::string namespace_of(const config::YamlNode& root);

/// The Services of the input, for ports that are called by name.
class KubernetesServices {
 public:
  void add(const ImportDocument& document);
  /// scheme://NAME.NAMESPACE.svc:PORT; empty for a name of a port that no Service of the input has.
  [[nodiscard]] std::string url(std::string_view scheme, const std::string& space, const std::string& name,
                                const std::string& port) const;

 private:
  std::map<std::string, std::map<std::string, std::string>>
      ports_;  ///< by namespace/name, then name or number
};

}  // namespace gateway
