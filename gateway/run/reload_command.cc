#include "gateway/run/reload_command.h"

#include <string>
#include <string_view>
#include <utility>

namespace gateway {
namespace {

/// One word, and its end.
class AskFor final : public ControlCommand {
 public:
  AskFor(std::string_view word, AskedWork& work) : word_(word), work_(work) {}
  [[nodiscard]] std::string_view usage() const override { return word_; }

  core::Flow<std::string> run(std::vector<std::string> words, ControlProgress* /*progress*/) override {
    if (!words.empty())
      co_return core::failure(core::ErrorKind::malformed, core::Side::us, "expected " + std::string(word_));
    std::string end = co_await work_.ask_and_wait();
    co_return end;
  }

 private:
  std::string_view word_;
  AskedWork& work_;
};

}  // namespace

std::unique_ptr<ControlCommand> make_reload(AskedWork& reloading) {
  return std::make_unique<AskFor>("reload", reloading);
}

std::unique_ptr<ControlCommand> make_upgrade(AskedWork& upgrading) {
  return std::make_unique<AskFor>("upgrade", upgrading);
}

}  // namespace gateway
