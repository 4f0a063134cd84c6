#include "gateway/run/approvals_command.h"

#include "gateway/run/control_client.h"
#include "gateway/run/control_path.h"

namespace gateway {

int approvals_command(const Command& command) {
  const std::string control = control_path_of(command);
  if (control.empty()) return 1;
  const ApprovalsWish& wish = command.approvals;
  if (wish.act.empty()) return ask_gateway(control, {"approvals-list"}, Lines::result);
  std::vector<std::string> words{"approvals-decide", wish.act, wish.id};
  if (!wish.until.empty()) words.push_back(wish.until);
  return ask_gateway(control, words);
}

}  // namespace gateway
