#include "gateway/run/log_level_command.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

namespace gateway {
namespace {

class LogLevelCommand final : public ControlCommand {
 public:
  LogLevelCommand(core::Log& log, core::LogLevel of_file, const Audit& audit)
      : log_(log), of_file_(of_file), audit_(audit) {}
  [[nodiscard]] std::string_view usage() const override { return "log-level [error|warn|info|debug]"; }

  core::Flow<std::string> run(std::vector<std::string> words, ControlProgress* progress) override {
    if (words.empty()) co_return state();
    const std::optional<core::LogLevel> level = core::log_level_named(words.front());
    if (!level || words.size() > 1) {
      co_return core::failure(core::ErrorKind::malformed, core::Side::us,
                              fmt::format("expected {}", usage()));
    }
    change_log_level(log_, *level, audit_, fmt::format("user {}", progress->caller()));
    co_return state();
  }

 private:
  [[nodiscard]] std::string state() const {
    const std::string_view now = core::name_of(log_.threshold());
    if (log_.threshold() == of_file_) return fmt::format("{}, as the file says", now);
    return fmt::format("{} until a reload or the end; the file says {}", now, core::name_of(of_file_));
  }

  core::Log& log_;
  core::LogLevel of_file_;
  const Audit& audit_;
};

}  // namespace

void change_log_level(core::Log& log, core::LogLevel level, const Audit& audit, std::string_view by) {
  const core::LogLevel before = log.threshold();
  if (level == before) return;
  log.set_threshold(level);
  audit.note(AuditAct::log_level_changed,
             fmt::format("from {} to {} by {}", core::name_of(before), core::name_of(level), by));
}

std::unique_ptr<ControlCommand> make_log_level(core::Log& log, core::LogLevel of_file, const Audit& audit) {
  return std::make_unique<LogLevelCommand>(log, of_file, audit);
}

}  // namespace gateway
