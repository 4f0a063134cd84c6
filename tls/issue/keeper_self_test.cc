// The keeper's look at names before their order: do they lead here, and do their CAA records let the
// authority issue? An order that must fail spends what authorities limit.
#include <fmt/format.h>

#include <utility>

#include "core/loop/wait.h"
#include "tls/acme/certificate_request.h"
#include "tls/issue/keeper.h"
#include "tls/issue/keeper_sets.h"
#include "tls/issue/reachability.h"

namespace tls {
namespace {

using core::Flow;
using core::Result;

constexpr core::Duration kSelfTestPause = std::chrono::seconds(10);
/// All questions about one name's CAA records.
constexpr core::Duration kCaaTime = std::chrono::seconds(15);
/// A name server that does not answer is left alone for this long: thousands of names must not wait for it.
constexpr core::Duration kCaaRest = std::chrono::minutes(10);

std::string base_of(const std::string& name) {
  return name.starts_with("*.") ? name.substr(2) : name;
}

}  // namespace

/// What is in the way of a name is waited for, for a minute, before the first order. Ends with the names that
/// must not be ordered.
Flow<std::vector<NameRefusal>> Keeper::test_names(Watched* set, const Plan* plan) {
  std::vector<NameRefusal> refusals;
  const bool is_first = set->certificate == nullptr && !set->attempts;
  const bool is_required = acme_.self_test == config::SelfTest::require;
  const bool is_off = acme_.self_test == config::SelfTest::off || (!is_first && !is_required);
  if (is_off) co_return std::move(refusals);
  const core::Deadline deadline = core::Deadline::after(parts_.loop, kSelfTestTime);
  for (const std::string& name : set->names) {
    Result<core::Done> tested = co_await attempt(test_name(plan, name, deadline));
    if (tested || !is_required) continue;
    NameRefusal refusal;
    refusal.name = name;
    refusal.problem.detail = tested.error().text;
    refusals.push_back(std::move(refusal));
  }
  co_return std::move(refusals);
}

Flow<> Keeper::test_name(const Plan* plan, std::string name, core::Deadline deadline) {
  if (!plan->preferred->type().starts_with("dns") && !name.starts_with("*.")) {
    const Test leads_here = [this, name] {
      return points_here({parts_.open, parts_.random, accounts_.thumbprint()}, name);
    };
    co_await insist("a name does not point here", name, leads_here, deadline);
  }
  if (parts_.dns == nullptr || is_address(name) || parts_.loop.now() < caa_from_) co_return core::done();
  const Test is_allowed = [this, plan, name] { return ask_caa(plan, name); };
  co_await insist("a name's CAA records forbid its certificate", name, is_allowed, deadline);
  co_return core::done();
}

Flow<> Keeper::insist(std::string finding, std::string name, Test test, core::Deadline deadline) {
  const bool is_required = acme_.self_test == config::SelfTest::require;
  for (bool is_told = false;; is_told = true) {
    Result<core::Done> tested = co_await attempt(test());
    if (tested) co_return core::done();
    if (parts_.loop.now() + kSelfTestPause < deadline.at) {
      if (!is_told) {
        parts_.log.info(finding + "; looking again for a minute",
                        {{"name", name}, {"why", tested.error().text}});
      }
      co_await core::sleep_for(parts_.loop, kSelfTestPause);
      continue;
    }
    parts_.log.warn(finding + (is_required ? ": it is not ordered" : "; it is ordered all the same"),
                    {{"name", name}, {"why", tested.error().text}});
    if (is_required) co_return core::failure(std::move(tested.error()));
    co_return core::done();
  }
}

/// Only records that are read forbid anything: what cannot be looked up from here may look well from
/// elsewhere.
Flow<> Keeper::ask_caa(const Plan* plan, std::string name) {
  AcmeClient& client = plan->authority->client;
  Result<AcmeDirectory> directory = co_await attempt(client.directory());
  if (!directory || directory->caa_identities.empty()) co_return core::done();
  const core::Deadline deadline = core::Deadline::after(parts_.loop, kCaaTime);
  Flow<CaaFound> looking = core::within(parts_.loop, deadline, parts_.dns->caa_of(base_of(name)));
  Result<CaaFound> found = co_await attempt(std::move(looking));
  if (!found) {
    caa_from_ = parts_.loop.now() + kCaaRest;
    parts_.log.warn("CAA records cannot be looked up; the authority will see for itself",
                    {{"name", name}, {"why", found.error().text}});
    co_return core::done();
  }
  CaaQuestion question;
  question.authority = std::move(directory->caa_identities);
  question.is_wildcard = name.starts_with("*.");
  question.method = plan->preferred->type();
  question.account_url = co_await accounts_.known_account(client.server().directory);
  const std::string objection = caa_objection(found->name, found->records, question);
  if (objection.empty()) co_return core::done();
  co_return core::failure(core::ErrorKind::refused, core::Side::configuration, objection, core::Retry::later);
}

}  // namespace tls
