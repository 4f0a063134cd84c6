#include "gateway/run/sessions_command.h"

#include "core/text/percent.h"
#include "gateway/run/control_client.h"
#include "gateway/run/control_path.h"

namespace gateway {
namespace {

int ask(const Command& command, const std::vector<std::string>& words, Lines lines) {
  const std::string control = control_path_of(command);
  return control.empty() ? 1 : ask_gateway(control, words, lines);
}

}  // namespace

int sessions_command(const Command& command) {
  // Names are any text; the socket's words are plain ASCII.
  const SessionsWish& wish = command.sessions;
  std::vector<std::string> words{wish.is_list ? "sessions-list" : "sessions-revoke", wish.of};
  for (const std::string& word : {wish.name, wish.provider}) {
    if (!word.empty()) words.push_back(core::percent_encode(word));
  }
  return ask(command, words, wish.is_list ? Lines::result : Lines::progress);
}

int upgrade_command(const Command& command) {
  return ask(command, {"upgrade"}, Lines::progress);
}

int status_command(const Command& command) {
  std::vector<std::string> words{"status"};
  if (command.as_json) words.emplace_back("--json");
  return ask(command, words, command.as_json ? Lines::json : Lines::result);
}

int log_level_command(const Command& command) {
  std::vector<std::string> words{"log-level"};
  if (!command.log_level.empty()) words.push_back(command.log_level);
  return ask(command, words, Lines::progress);
}

int profile_command(const Command& command) {
  return ask(command, {"profile", std::to_string(command.seconds)}, Lines::result);
}

int reload_command(const Command& command) {
  return ask(command, {"reload"}, Lines::progress);
}

int tokens_command(const Command& command) {
  if (command.token_id.empty()) return ask(command, {"tokens-list"}, Lines::result);
  return ask(command, {"tokens-revoke", command.token_id}, Lines::progress);
}

}  // namespace gateway
