#include "gateway/guard/access_requests.h"

#include <utility>

#include "core/text/form.h"

namespace gateway {

bool AccessRequests::may_ask(const Request& request, std::size_t policy, const Identity& identity) {
  const Question question = question_of(identity, request);
  return parts_.ask != nullptr && gateway::may_ask(parts_.policies.current(), policy, question);
}

bool AccessRequests::is_asked_by(const Request& request, std::size_t policy, const Identity& identity) {
  if (parts_.ask == nullptr || audience_of(request) != Audience::navigation || request.method != "GET")
    return false;
  const Policies& policies = parts_.policies.current();
  return policies.at(policy).otherwise == config::Otherwise::pending && !policies.asked(policy, identity) &&
         may_ask(request, policy, identity);
}

core::Flow<> AccessRequests::ask(const Request& request, std::size_t policy,
                                 std::shared_ptr<const Identity> identity) {
  const std::string name = parts_.policies.current().at(policy).name;
  Approval asking = request_of(*identity, name, request.now);
  AuditNote note = parts_.audit.for_later(request, *identity);
  co_await core::attempt(parts_.ask(std::move(asking), std::move(note)));
  co_return core::done();
}

AccessAsked AccessRequests::standing_of(const Request& request, std::size_t policy,
                                        const Identity& identity) {
  using enum AccessAsked::Standing;
  AccessAsked asked;
  if (audience_of(request) != Audience::navigation) return asked;
  asked.check_again_href = parts_.login.check_again_url(request, identity);
  if (!may_ask(request, policy, identity)) return asked;
  const Policies& policies = parts_.policies.current();
  const std::optional<ApprovalState> state = policies.asked(policy, identity);
  if (state) {
    asked.standing = *state == ApprovalState::rejected ? rejected : waiting;
    return asked;
  }
  // Who had to ask by now has tried.
  const config::Policy& rules = policies.at(policy);
  asked.standing = rules.otherwise == config::Otherwise::pending ? not_taken : offered;
  if (asked.standing == not_taken) return asked;
  core::FormWriter about;
  about.add("policy", rules.name).add("rd", request.method == "GET" ? request.url() : request.origin() + "/");
  asked.action = parts_.settings.prefix + std::string(kAskPath);
  asked.hidden.emplace_back(kAskTokenField, parts_.tokens.make(request, identity, kAskAction, about.text()));
  return asked;
}

core::Flow<std::string> AccessRequests::take_form(const Request& request,
                                                  std::shared_ptr<const Identity> identity,
                                                  std::string token) {
  const std::string about = co_await parts_.tokens.take(request, *identity, kAskAction, token);
  const core::Form form = co_await core::Form::parse(about);
  const std::string_view name = co_await form.required("policy");
  const std::string_view target = co_await form.required("rd");
  const std::optional<std::size_t> policy = parts_.policies.current().index_of(name);
  if (!policy || !may_ask(request, *policy, *identity)) {
    co_return core::failure(core::ErrorKind::refused, core::Side::client, "nobody decides about that");
  }
  co_await ask(request, *policy, identity);
  co_return std::string(target);
}

}  // namespace gateway
