#include "gateway/run/reload_command.h"

#include <utility>

namespace gateway {
namespace {

class Reload final : public ControlCommand {
 public:
  explicit Reload(Reloading& reloading) : reloading_(reloading) {}
  [[nodiscard]] std::string_view usage() const override { return "reload"; }

  core::Flow<std::string> run(std::vector<std::string> words, ControlProgress* /*progress*/) override {
    if (!words.empty())
      co_return core::failure(core::ErrorKind::malformed, core::Side::us, "expected reload");
    std::string end = co_await reloading_.ask_and_wait();
    co_return end;
  }

 private:
  Reloading& reloading_;
};

}  // namespace

std::unique_ptr<ControlCommand> make_reload(Reloading& reloading) {
  return std::make_unique<Reload>(reloading);
}

}  // namespace gateway
