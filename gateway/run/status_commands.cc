#include "gateway/run/status_commands.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "core/text/count.h"

namespace gateway {
namespace {

std::unexpected<core::Error> expected(std::string_view usage) {
  return core::failure(core::ErrorKind::malformed, core::Side::us, fmt::format("expected {}", usage));
}

class Status final : public ControlCommand {
 public:
  explicit Status(std::function<StatusReport()> report) : report_(std::move(report)) {}
  [[nodiscard]] std::string_view usage() const override { return "status [--json]"; }

  core::Flow<std::string> run(std::vector<std::string> words, ControlProgress* progress) override {
    const bool is_json = words.size() == 1 && words.front() == "--json";
    if (!words.empty() && !is_json) co_return expected(usage());
    const StatusReport report = report_();
    const std::vector<std::string> lines = is_json ? json_lines(status_json(report)) : status_lines(report);
    for (const std::string& line : lines) co_await progress->say(line);
    co_return core::count_of(report.routes.size() + report.further_routes, "route");
  }

 private:
  std::function<StatusReport()> report_;
};

}  // namespace

std::unique_ptr<ControlCommand> make_status(std::function<StatusReport()> report) {
  return std::make_unique<Status>(std::move(report));
}

}  // namespace gateway
