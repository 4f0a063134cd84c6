#include "gateway/run/certificate_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/loop/wait.h"

namespace gateway {
namespace {

using core::Flow;
using core::Result;

Flow<std::string> end_of(tls::AnswerPointer answer) {
  tls::Answer& cell = *answer;
  std::string text = co_await cell;
  co_return text;
}

std::unexpected<core::Error> expected(std::string_view usage) {
  return core::failure(core::ErrorKind::malformed, core::Side::us, fmt::format("expected {}", usage));
}

class Renew final : public ControlCommand {
 public:
  explicit Renew(tls::Keeper& keeper) : keeper_(keeper) {}
  [[nodiscard]] std::string_view usage() const override { return "certificates-renew NAME|--all"; }

  Flow<std::string> run(std::vector<std::string> words, ControlProgress* progress) override {
    if (words.size() != 1) co_return expected(usage());
    if (words.front() != "--all") {
      tls::AnswerPointer answer = co_await keeper_.renew(words.front());
      co_await progress->say("ordering; ending this command does not end the order");
      std::string end = co_await end_of(std::move(answer));
      co_return end;
    }
    std::string end = co_await renew_all(progress);
    co_return end;
  }

 private:
  Flow<std::string> renew_all(ControlProgress* progress) {
    const std::vector<std::string> names = keeper_.first_names();
    std::vector<tls::AnswerPointer> answers;
    for (const std::string& name : names) {
      tls::AnswerPointer answer = co_await keeper_.renew(name);
      answers.push_back(std::move(answer));
    }
    std::string begun =
        fmt::format("{} certificates; ending this command does not end their orders", names.size());
    co_await progress->say(std::move(begun));
    std::size_t failed = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
      Result<std::string> end = co_await attempt(end_of(answers[i]));
      if (!end) ++failed;
      std::string line = end ? *end : names[i] + ": " + end.error().text;
      co_await progress->say(std::move(line));
    }
    if (failed == 0) co_return fmt::format("{} certificates renewed", names.size());
    co_return core::failure(core::ErrorKind::refused, core::Side::authority,
                            fmt::format("{} of {} certificates were not renewed", failed, names.size()));
  }

  tls::Keeper& keeper_;
};

class Revoke final : public ControlCommand {
 public:
  explicit Revoke(tls::Keeper& keeper) : keeper_(keeper) {}
  [[nodiscard]] std::string_view usage() const override {
    return "certificates-revoke NAME REASON [--no-order]";
  }

  Flow<std::string> run(std::vector<std::string> words, ControlProgress* progress) override {
    const bool keeps_it = words.size() == 3 && words[2] == "--no-order";
    if (words.size() != 2 && !keeps_it) co_return expected(usage());
    const auto reason = tls::revocation_reason(words[1]);
    if (!reason) co_return expected("a reason: " + tls::revocation_reasons());
    tls::RevocationWish wish;
    wish.reason = *reason;
    if (keeps_it) wish.then = tls::AfterRevocation::keep_it;
    const std::string name = words.front();
    tls::AnswerPointer answer = co_await keeper_.revoke(name, wish);
    std::string end = co_await end_of(std::move(answer));
    if (keeps_it) co_return end + "; it is served until it is renewed";
    Result<tls::AnswerPointer> renewal = keeper_.renew(name);
    const bool is_ordered = renewal || renewal.error().kind != core::ErrorKind::not_found;
    if (!is_ordered) co_return end + "; this name is ordered no more";
    if (!renewal) co_return end + "; " + renewal.error().text;
    co_await progress->say(end + "; ordering another");
    end = co_await end_of(std::move(*renewal));
    co_return end;
  }

 private:
  tls::Keeper& keeper_;
};

class Rollover final : public ControlCommand {
 public:
  explicit Rollover(tls::Keeper& keeper) : keeper_(keeper) {}
  [[nodiscard]] std::string_view usage() const override { return "certificates-rollover"; }

  Flow<std::string> run(std::vector<std::string> words, ControlProgress* /*progress*/) override {
    if (!words.empty()) co_return expected(usage());
    tls::AnswerPointer answer = co_await keeper_.change_account_key();
    std::string end = co_await end_of(std::move(answer));
    co_return end;
  }

 private:
  tls::Keeper& keeper_;
};

}  // namespace

void add_certificate_commands(tls::Keeper& keeper, ControlCommands& commands) {
  commands.push_back(std::make_unique<Renew>(keeper));
  commands.push_back(std::make_unique<Revoke>(keeper));
  commands.push_back(std::make_unique<Rollover>(keeper));
}

}  // namespace gateway
