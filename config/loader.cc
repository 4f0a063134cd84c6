#include "config/loader.h"

#include <algorithm>
#include <utility>

#include "config/check.h"
#include "config/environment.h"
#include "config/hide.h"
#include "config/parse.h"
#include "config/read_file.h"
#include "config/values.h"
#include "config/yaml_text.h"
#include "config/yaml_tree.h"

namespace config {
namespace {

void finish(LoadOutcome& outcome, const Findings& findings, std::optional<Config> config) {
  outcome.errors = findings.errors();
  outcome.warnings = findings.warnings();
  if (!findings.has_errors()) outcome.config = std::move(config);
}

}  // namespace

LoadOutcome load_text(std::string_view text, const Environment& environment) {
  LoadOutcome outcome;
  Findings findings;
  text = without_byte_order_mark(text);
  auto root = read_yaml(text, findings);
  if (!root) {
    outcome.source = hide_likely_secrets(text);
    finish(outcome, findings, std::nullopt);
    return outcome;
  }
  expand_environment(*root, environment, findings);
  std::vector<std::string> files;
  Inputs inputs{environment, findings, files};
  Config config = parse_file(*root, inputs);
  outcome.source = hide_secrets(text, *root, findings.secrets());
  std::ranges::sort(files);
  const auto twice = std::ranges::unique(files);
  files.erase(twice.begin(), twice.end());
  outcome.referenced_files = files;
  config.referenced_files = std::move(files);
  // Checks across sections would only repeat what is wrong inside of one.
  check(config, findings);
  finish(outcome, findings, std::move(config));
  return outcome;
}

LoadOutcome load_file(const std::string& path, const Environment& environment) {
  auto text = read_file(path, kMaxFileBytes);
  if (text) return load_text(*text, environment);
  LoadOutcome outcome;
  outcome.errors.push_back(
      Diagnostic{Severity::error, {}, text.error().text, "name the configuration with --config FILE"});
  return outcome;
}

}  // namespace config
