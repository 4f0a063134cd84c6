#include "gateway/run/sessions_command.h"

#include <fmt/format.h>

#include <cstdio>

#include "config/environment.h"
#include "config/loader.h"
#include "core/text/percent.h"
#include "gateway/run/control_client.h"

namespace gateway {
namespace {

/// As given, else as the file says; empty if the file has errors.
std::string control_path_of(const Command& command) {
  if (!command.control_path.empty()) return command.control_path;
  const config::ProcessEnvironment environment;
  const config::LoadOutcome outcome = config::load_file(command.config_path, environment);
  if (!outcome.config) return {};
  const std::string& control = outcome.config->listen.control;
  return control.empty() ? kUsualControlPath : control;
}

}  // namespace

int sessions_command(const Command& command) {
  const std::string control = control_path_of(command);
  if (control.empty()) {
    fmt::print(stderr, "gateway: {} has errors; `gateway check` shows them\n", command.config_path);
    return 1;
  }
  // Names are any text; the socket's words are plain ASCII.
  const SessionsWish& wish = command.sessions;
  std::vector<std::string> words{"sessions-revoke", wish.of};
  for (const std::string& word : {wish.name, wish.provider}) {
    if (!word.empty()) words.push_back(core::percent_encode(word));
  }
  return ask_gateway(control, words);
}

}  // namespace gateway
