// `gateway run`: from the file to a serving process.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/file_stamp.h"
#include "config/loader.h"
#include "config/types.h"
#include "gateway/run/command_line.h"
#include "gateway/run/inherited_sockets.h"
#include "gateway/run/succession.h"

namespace gateway {

/// The exit status: 0 ended as told, 1 wrong configuration, 2 the start failed.
int run_command(const Command& command);

/// A checked configuration, and how to read it again.
struct ServedConfig {
  std::shared_ptr<const config::Config> config;
  std::string file;                                ///< empty: there is none to read again
  std::function<config::LoadOutcome()> load = {};  ///< reads `file`
  std::optional<config::FileStamp> stamp = {};     ///< of `file`, from before it was read
};

/// What the process was started with.
struct StartedWith {
  std::vector<InheritedSocket> inherited;
  std::unique_ptr<Predecessor> predecessor = {};  ///< null: there was none
  OwnProgram program = {};                        ///< path empty: there is none to start again
};

/// Serves with the logs that the configuration asks for; the rest of run_command, and of the demo.
int serve(ServedConfig served, StartedWith with);

}  // namespace gateway
