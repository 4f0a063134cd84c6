// What `gateway` asks of a gateway that runs: one class a command, served by the control socket on control's
// loop. The seam for further ones.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/loop/flow.h"

namespace gateway {

/// The operator while a command runs: takes lines.
class ControlProgress {
 public:
  virtual ~ControlProgress() = default;
  /// Whose process asked, as the kernel says.
  [[nodiscard]] virtual uid_t caller() const = 0;
  /// One line; control characters in it are replaced. Ends when there is room for more: a command goes no
  /// faster than its operator reads.
  virtual core::Flow<> say(std::string line) = 0;
};

/// MUST: every flow is cancellable by destroying it, which happens when the operator goes away; work that has
/// begun is another's then (the keeper's) and goes on.
class ControlCommand {
 public:
  virtual ~ControlCommand() = default;
  /// Its first word, and what stands behind it: "certificates-renew NAME|--all".
  [[nodiscard]] virtual std::string_view usage() const = 0;
  /// `words` is what came behind the first one. The end, in a sentence; an error is said to the operator as
  /// it is.
  virtual core::Flow<std::string> run(std::vector<std::string> words, ControlProgress* progress) = 0;
};

using ControlCommands = std::vector<std::unique_ptr<ControlCommand>>;

}  // namespace gateway
