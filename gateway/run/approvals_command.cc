#include "gateway/run/approvals_command.h"

#include <string>
#include <vector>

#include "core/text/percent.h"
#include "gateway/run/control_client.h"
#include "gateway/run/control_path.h"

namespace gateway {

int approvals_command(const Command& command) {
  const std::string control = control_path_of(command);
  if (control.empty()) return 1;
  const ApprovalsWish& wish = command.approvals;
  if (wish.act.empty()) {
    // Names are any text; the socket's words are plain ASCII.
    std::vector<std::string> words{"approvals-list"};
    const auto add = [&words](const char* what, const std::string& value) {
      if (!value.empty()) words.insert(words.end(), {what, core::percent_encode(value)});
    };
    add("policy", wish.policy);
    add("state", wish.state);
    add("text", wish.text);
    return ask_gateway(control, words, Lines::result);
  }
  std::vector<std::string> words{"approvals-decide", wish.act, wish.id};
  if (!wish.until.empty()) words.push_back(wish.until);
  return ask_gateway(control, words);
}

}  // namespace gateway
