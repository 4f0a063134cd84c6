// The files of other programs: whatever the text, an import ends with errors that have a place, or with YAML
// of gateway.yaml's kind that holds as much as it says and never lets in what was never named.
#include "gateway/import/import.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "config/yaml_tree.h"
#include "core/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(bytes), size);
  for (const std::string_view from : gateway::import_formats()) {
    const gateway::ImportOutcome outcome = gateway::import_files({{"input", input}}, from);
    for (const std::string& error : outcome.errors) CHECK(error.starts_with("input:"));
    CHECK(outcome.text.empty() == !outcome.errors.empty());
    if (outcome.text.empty()) continue;
    config::Findings findings;
    const auto root = config::read_yaml(outcome.text, findings);
    CHECK(root && root->is_map() && !findings.has_errors());
    const config::YamlNode* routes = root->find("routes");
    CHECK(routes != nullptr && routes->is_list());
    for (const config::YamlNode& route : routes->items) CHECK(route.find("host") != nullptr);
    // Comments are of one line: only the keys of gateway.yaml stand at the top.
    for (const config::YamlEntry& entry : root->entries) {
      const std::string& key = entry.key;
      CHECK(key == "listen" || key == "tls" || key == "login" || key == "policies" || key == "routes");
    }
  }
  return 0;
}
