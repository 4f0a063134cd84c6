// The program: reads the command line, does that one thing, and says what went wrong in one sentence and the
// mend.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/out_of_memory.h"
#include "core/crypto/openssl_memory.h"
#include "core/crypto/session_key.h"
#include "gateway/run/approvals_command.h"
#include "gateway/run/break_glass_command.h"
#include "gateway/run/certificates_command.h"
#include "gateway/run/check_command.h"
#include "gateway/run/command_line.h"
#include "gateway/run/demo_command.h"
#include "gateway/run/explain_command.h"
#include "gateway/run/import_command.h"
#include "gateway/run/login_command.h"
#include "gateway/run/run_command.h"
#include "gateway/run/sessions_command.h"

namespace {

int fail(const core::Error& error) {
  fmt::print(stderr, "gateway: {}\n", error.text);
  return 2;
}

int run(const gateway::Command& command) {
  switch (command.name) {
    case gateway::CommandName::run:
      return gateway::run_command(command);
    case gateway::CommandName::check:
      return gateway::check_command(command);
    case gateway::CommandName::explain:
      return gateway::explain_command(command);
    case gateway::CommandName::import_other:
      return gateway::import_command(command);
    case gateway::CommandName::certificates:
      return gateway::certificates_command(command);
    case gateway::CommandName::sessions:
      return gateway::sessions_command(command);
    case gateway::CommandName::tokens:
      return gateway::tokens_command(command);
    case gateway::CommandName::reload:
      return gateway::reload_command(command);
    case gateway::CommandName::status:
      return gateway::status_command(command);
    case gateway::CommandName::log_level:
      return gateway::log_level_command(command);
    case gateway::CommandName::profile:
      return gateway::profile_command(command);
    case gateway::CommandName::upgrade:
      return gateway::upgrade_command(command);
    case gateway::CommandName::approvals:
      return gateway::approvals_command(command);
    case gateway::CommandName::demo:
      return gateway::demo_command(command);
    case gateway::CommandName::keygen:
      fmt::print("{}\n", core::generate_session_key().reveal());
      return 0;
    case gateway::CommandName::login:
      return gateway::login_command(command);
    case gateway::CommandName::break_glass:
      return gateway::break_glass_command(command);
    case gateway::CommandName::version:
      fmt::print("gateway {}\n", GATEWAY_VERSION);
      return 0;
    case gateway::CommandName::help:
      fmt::print("{}", gateway::help_text());
      return 0;
  }
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  core::end_when_memory_is_out();
  core::recycle_openssl_memory();
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  const core::Result<gateway::Command> command = gateway::parse_command(arguments);
  return command ? run(*command) : fail(command.error());
}
