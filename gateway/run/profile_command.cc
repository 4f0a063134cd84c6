#include "gateway/run/profile_command.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/loop/wait.h"
#include "core/profile/folded.h"
#include "core/text/count.h"

namespace gateway {
namespace {

std::optional<core::Duration> time_of(std::string_view text) {
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (seconds < 1 || seconds > kMostProfileTime) return std::nullopt;
  return std::chrono::seconds(seconds);
}

class Profile final : public ControlCommand {
 public:
  explicit Profile(core::Loop& loop) : loop_(loop) {}
  [[nodiscard]] std::string_view usage() const override { return "profile SECONDS"; }

  core::Flow<std::string> run(std::vector<std::string> words, ControlProgress* progress) override {
    const std::optional<core::Duration> time = words.size() == 1 ? time_of(words.front()) : std::nullopt;
    if (!time) {
      co_return core::failure(core::ErrorKind::malformed, core::Side::us,
                              fmt::format("expected {}, from 1 to {}", usage(), kMostProfileTime));
    }
    auto started = core::CpuSampler::start();
    const std::unique_ptr<core::CpuSampler> sampler = co_await std::move(started);
    co_await core::sleep_for(loop_, *time);
    const core::Samples samples = sampler->stop();
    const core::Symbols symbols;
    const std::vector<std::string> lines = core::folded(samples.stacks, symbols);
    for (const std::string& line : lines) co_await progress->say(line);
    co_return summary(samples, *time);
  }

 private:
  static std::string summary(const core::Samples& samples, core::Duration time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
    const auto used = std::chrono::duration_cast<std::chrono::milliseconds>(core::CpuSampler::kStep) *
                      (samples.stacks.size() + samples.dropped);
    std::string text =
        fmt::format("{} in {} s: {:.1f} s of processor time", core::count_of(samples.stacks.size(), "stack"),
                    seconds, std::chrono::duration<double>(used).count());
    if (samples.dropped > 0)
      text.append(fmt::format("; {} more were not kept: ask for less time", samples.dropped));
    return text;
  }

  core::Loop& loop_;
};

}  // namespace

std::unique_ptr<ControlCommand> make_profile(core::Loop& loop) {
  return std::make_unique<Profile>(loop);
}

}  // namespace gateway
