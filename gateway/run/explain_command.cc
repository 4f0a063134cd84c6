#include "gateway/run/explain_command.h"

#include <fmt/format.h>

#include <cstdio>

#include "config/diagnostic.h"
#include "config/loader.h"

namespace gateway {

int explain_command(const Command& command) {
  const config::ProcessEnvironment environment;
  const config::LoadOutcome outcome = config::load_file(command.config_path, environment);
  for (const config::Diagnostic& error : outcome.errors)
    fmt::print(stderr, "{}", config::render(error, command.config_path, outcome.source));
  if (!outcome.config) return 1;
  const core::Result<core::Json> said = explain(*outcome.config, command.explain);
  if (!said) {
    fmt::print(stderr, "gateway: {}\n", said.error().text);
    return 2;
  }
  fmt::print("{}", command.as_json ? said->text() + "\n" : explanation_text(*said));
  return 0;
}

}  // namespace gateway
