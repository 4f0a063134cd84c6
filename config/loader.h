// gateway.yaml from text to a checked Config: read, parse, check. Every error at once. No network, and of the
// files the configuration names only secrets and e-mail lists are read; certificates are opened by tls/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/types.h"

namespace config {

/// Variables for ${NAME}, {env: NAME}, {credential: NAME} and the default storage directory; injected for
/// tests.
class Environment {
 public:
  virtual ~Environment() = default;
  /// The variable's value, nothing if it is not set.
  [[nodiscard]] virtual std::optional<std::string> variable(const std::string& name) const = 0;
};

/// The process's own environment.
class ProcessEnvironment final : public Environment {
 public:
  [[nodiscard]] std::optional<std::string> variable(const std::string& name) const override;
};

struct LoadOutcome {
  std::optional<Config> config;  ///< set when there are no errors
  std::vector<Diagnostic> errors;
  std::vector<Diagnostic> warnings;
  std::string source;  ///< the text that was read, for render()
  /// As Config::referenced_files, with errors too: the mend may come to one of them.
  std::vector<std::string> referenced_files;
};

/// Loads from text. Never throws, whatever the text is.
LoadOutcome load_text(std::string_view text, const Environment& environment);
/// Reads and loads the file at `path`, at most 1 MiB. A file that cannot be read is an error without a
/// position.
LoadOutcome load_file(const std::string& path, const Environment& environment);

/// The effective configuration as YAML with defaults written out and each secret replaced by where it came
/// from.
std::string print(const Config& config);

}  // namespace config
