#include "gateway/run/control_path.h"

#include <fmt/format.h>

#include <cstdio>

#include "config/environment.h"
#include "config/loader.h"
#include "gateway/run/control_client.h"

namespace gateway {

std::string control_path_of(const Command& command) {
  if (!command.control_path.empty()) return command.control_path;
  const config::ProcessEnvironment environment;
  const config::LoadOutcome outcome = config::load_file(command.config_path, environment);
  if (!outcome.config) {
    fmt::print(stderr, "gateway: {} has errors; `gateway check` shows them\n", command.config_path);
    return {};
  }
  const std::string& control = outcome.config->listen.control;
  return control.empty() ? kUsualControlPath : control;
}

}  // namespace gateway
