#include "gateway/run/token_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/text/count.h"
#include "core/text/http_date.h"

namespace gateway {
namespace {

using core::Flow;
using core::Result;

std::unexpected<core::Error> refused(std::string text) {
  return core::failure(core::ErrorKind::refused, core::Side::us, std::move(text));
}

std::unexpected<core::Error> are_off() {
  return refused("there are no personal tokens: login.tokens is off");
}

std::string whose(const Identity& owner) {
  return fmt::format("{} at {}", owner.user.empty() ? owner.subject : owner.user, owner.provider);
}

std::string line_of(const PersonalToken& token) {
  return fmt::format("{}  {}  until {}  for {}  named {}", token.id(), whose(*token.owner),
                     core::http_date(token.owner->expires_at), fmt::join(token.places, ", "), token.name);
}

class ListTokens final : public ControlCommand {
 public:
  explicit ListTokens(TokenCommandParts parts) : parts_(parts) {}
  [[nodiscard]] std::string_view usage() const override { return "tokens-list"; }

  Flow<std::string> run(std::vector<std::string> words, ControlProgress* progress) override {
    if (!words.empty()) co_return refused(fmt::format("expected {}", usage()));
    if (parts_.tokens == nullptr) co_return are_off();
    std::vector<PersonalTokens::Shared> all = parts_.tokens->published().latest()->all();
    std::ranges::sort(all, [](const PersonalTokens::Shared& a, const PersonalTokens::Shared& b) {
      return std::pair(a->owner->user, a->id()) < std::pair(b->owner->user, b->id());
    });
    for (const PersonalTokens::Shared& token : all) co_await progress->say(line_of(*token));
    co_return core::count_of(all.size(), "personal token");
  }

 private:
  TokenCommandParts parts_;
};

class RevokeOneToken final : public ControlCommand {
 public:
  explicit RevokeOneToken(TokenCommandParts parts) : parts_(parts) {}
  [[nodiscard]] std::string_view usage() const override { return "tokens-revoke ID"; }

  Flow<std::string> run(std::vector<std::string> words, ControlProgress*) override {
    if (words.size() != 1) co_return refused(fmt::format("expected {}", usage()));
    if (parts_.tokens == nullptr) co_return are_off();
    const std::string id = words.front();
    const PersonalTokens::Shared token = parts_.tokens->published().latest()->find_id(id);
    if (token == nullptr) co_return refused("there is no such token; `gateway tokens list` shows all");
    const Identity owner = *token->owner;
    const std::string ended = fmt::format("ended: the token of {} named {}", whose(owner), token->name);
    parts_.audit.note(AuditAct::token_revoked, ended);
    co_await parts_.tokens->revoke(id, owner);
    co_return ended;
  }

 private:
  TokenCommandParts parts_;
};

}  // namespace

std::unique_ptr<ControlCommand> make_list_tokens(TokenCommandParts parts) {
  return std::make_unique<ListTokens>(parts);
}

std::unique_ptr<ControlCommand> make_revoke_token(TokenCommandParts parts) {
  return std::make_unique<RevokeOneToken>(parts);
}

}  // namespace gateway
