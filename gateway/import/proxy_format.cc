// oauth2-proxy's files: configuration, environment, command line, YAML, and the containers of manifests and
// compose files that run it.
#include <algorithm>

#include "gateway/import/formats.h"
#include "gateway/import/proxy_draft.h"

namespace gateway {
namespace {

using config::YamlNode;

/// What kind of text a file without YAML is, by its first line with something on it.
enum class TextKind { none, cfg, environment, command_line };

TextKind kind_of(std::string_view text) {
  TextKind kind = TextKind::none;
  for (const std::string& line : split_list(text, '\n')) {
    if (line.starts_with('#')) continue;
    if (line.starts_with("OAUTH2_PROXY_") || line.starts_with("export OAUTH2_PROXY_"))
      return TextKind::environment;
    const bool is_words = line.starts_with("-") || line.find("oauth2-proxy ") != std::string::npos ||
                          line.ends_with("oauth2-proxy") || line.ends_with("oauth2-proxy \\");
    if (is_words) return TextKind::command_line;
    const std::size_t equals = line.find('=');
    const std::string key = line.substr(0, line.find_first_of(" \t="));
    if (equals == std::string::npos) return kind;
    if (known_proxy_option(key) != nullptr) return TextKind::cfg;
    // An env file may have other variables before.
    const bool is_variable = std::ranges::none_of(key, [](char c) { return c >= 'a' && c <= 'z'; });
    if (!is_variable) kind = TextKind::cfg;
  }
  return kind;
}

bool runs_proxy(const YamlNode& container) {
  return text_in(container, {"image"}).find("oauth2-proxy") != std::string::npos ||
         text_in(container, {"image"}).find("oauth2_proxy") != std::string::npos;
}

/// The containers of a Deployment and the like.
const YamlNode* containers_of(const YamlNode& root) {
  const YamlNode* containers = find_in(root, {"spec", "template", "spec", "containers"});
  return containers != nullptr ? containers : find_in(root, {"spec", "containers"});
}

class ProxyFormat final : public ImportFormat {
 public:
  [[nodiscard]] std::string_view name() const override { return "oauth2-proxy"; }

  [[nodiscard]] bool takes_text(const ImportFile& file) const override {
    return kind_of(file.text) != TextKind::none;
  }

  void read_text(const ImportFile& file, config::Findings& findings) override {
    switch (kind_of(file.text)) {
      case TextKind::environment:
        return options_.add_environment(file, findings);
      case TextKind::command_line:
        return options_.add_command_line(file, findings);
      case TextKind::cfg:
      case TextKind::none:
        return options_.add_cfg(file, findings);
    }
  }

  [[nodiscard]] bool takes(const ImportDocument& document) const override {
    return is_alpha(document.root) || !proxies_in(document.root).empty();
  }

  void read(const ImportDocument& document) override {
    if (is_alpha(document.root)) return options_.add_alpha(document);
    for (const YamlNode* container : proxies_in(document.root)) read_container(document, *container);
  }

  void draft(Draft& draft) override { draft_proxy(options_, draft); }

 private:
  static bool is_alpha(const YamlNode& root) {
    if (!root.is_map() || root.find("kind") != nullptr) return false;
    const YamlNode* providers = root.find("providers");
    return root.find("upstreamConfig") != nullptr || root.find("injectRequestHeaders") != nullptr ||
           (providers != nullptr && providers->is_list() && root.find("http") == nullptr);
  }

  static std::vector<const YamlNode*> proxies_in(const YamlNode& root) {
    std::vector<const YamlNode*> found;
    if (!root.is_map()) return found;
    for (const YamlNode* container : items_of(containers_of(root)))
      if (runs_proxy(*container)) found.push_back(container);
    const YamlNode* services = root.find("services");
    if (services == nullptr || !services->is_map()) return found;
    for (const config::YamlEntry& service : services->entries)
      if (runs_proxy(service.value)) found.push_back(&service.value);
    return found;
  }

  void read_container(const ImportDocument& document, const YamlNode& container) {
    std::vector<std::pair<std::string, ImportPlace>> words;
    for (const std::string_view key : {"command", "args"}) {
      for (const YamlNode* item : items_of(container.find(key))) {
        if (!item->is_scalar()) continue;
        // A compose file may write it as one text.
        const bool is_one_text = item == container.find(key);
        const std::vector<std::string> parts =
            is_one_text ? split_list(item->text, ' ') : std::vector{item->text};
        for (const std::string& part : parts) words.emplace_back(part, document.place(*item));
      }
    }
    options_.add_words(words);
    read_variables(document, container);
  }

  /// A list of {name, value}, a list of NAME=value, or a map.
  void read_variables(const ImportDocument& document, const YamlNode& container) {
    for (const YamlNode* item : items_of(container.find("env"))) {
      const std::string name = text_in(*item, {"name"});
      const YamlNode* value = item->find("value");
      // What another object holds is there by the variable alone.
      const std::vector<std::string> values = value == nullptr ? std::vector<std::string>() : texts_of(value);
      options_.add_variable(name, values, document.place(*item), {DraftSecret::Kind::env, name});
    }
    const YamlNode* environment = container.find("environment");
    if (environment == nullptr) return;
    for (const config::YamlEntry& entry : environment->entries)
      options_.add_variable(entry.key, texts_of(&entry.value), document.place(entry.value),
                            {DraftSecret::Kind::env, entry.key});
    for (const YamlNode& item : environment->items) {
      const std::size_t equals = item.text.find('=');
      const std::string name = item.text.substr(0, equals);
      const std::vector<std::string> values = equals == std::string::npos
                                                  ? std::vector<std::string>()
                                                  : std::vector{item.text.substr(equals + 1)};
      options_.add_variable(name, values, document.place(item), {DraftSecret::Kind::env, name});
    }
  }

  ProxyOptions options_;
};

}  // namespace

std::unique_ptr<ImportFormat> make_proxy_format() {
  return std::make_unique<ProxyFormat>();
}

}  // namespace gateway
