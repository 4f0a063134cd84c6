// Who waits and what was decided: what storage keeps of it, what other replicas see, what is refused, and how
// much of it there may be.
#include "gateway/guard/approval_list.h"

#include "gateway/guard/policies.h"
#include "gateway/guard/policy.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;
using namespace std::chrono_literals;
using gateway::Approval;
using gateway::ApprovalAct;
using gateway::ApprovalState;

gateway::Identity person(const std::string& subject, const std::string& issuer = "https://corp.example.net") {
  gateway::Identity identity;
  identity.session_id = "session of " + subject;
  identity.provider = "corp";
  identity.issuer = issuer;
  identity.subject = subject;
  identity.email = subject + "@example.com";
  identity.email_counts = true;
  return identity;
}

/// One replica over a storage that others share.
struct Replica {
  core::ManualClock& clock;
  core::Storage& storage;
  KeptLog sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::debug, clock};
  core::Random random;
  core::Loop loop{clock};
  std::vector<config::Policy> policies;
  std::shared_ptr<const gateway::Policies> current;
  std::vector<gateway::ApprovalEvent> events;
  std::vector<std::string> audit;
  std::unique_ptr<gateway::ApprovalList> list;

  Replica(core::ManualClock& its_clock, core::Storage& its_storage) : clock(its_clock), storage(its_storage) {
    config::Policy policy;
    policy.name = "guests";
    policy.otherwise = config::Otherwise::pending;
    policy.approval.emplace();
    policies.push_back(policy);
    current = std::make_shared<const gateway::Policies>(policies);
    list = std::make_unique<gateway::ApprovalList>(gateway::ApprovalListParts{
        storage, random, clock, log, policies,
        [this](std::shared_ptr<const gateway::Approvals> approvals) {
          current = current->with_approvals(std::move(approvals));
        },
        [this](gateway::ApprovalEvent event, const Approval&) { events.push_back(event); }});
    run(list->load());
    list->follow(loop, 2s);
  }
  template <typename T>
  core::Result<T> run(core::Flow<T> flow) {
    flow.start();
    REQUIRE(flow.has_ended());
    return flow.result();
  }
  core::Result<core::Done> ask(const gateway::Identity& who) {
    return run(list->ask(gateway::request_of(who, "guests", clock.wall()), noting()));
  }
  gateway::AuditNote noting() {
    return [this](gateway::AuditAct, std::string_view reason) { audit.emplace_back(reason); };
  }
  gateway::ApprovalDecision about(const gateway::Identity& who, ApprovalAct act) {
    gateway::ApprovalDecision decision;
    decision.id = gateway::id_of(gateway::request_of(who, "guests", {}));
    decision.act = act;
    decision.by = "boss";
    decision.issuer = "https://corp.example.net";
    decision.subject = "boss";
    decision.note = noting();
    return decision;
  }
  core::Result<Approval> decide(const gateway::Identity& who, ApprovalAct act) {
    return run(list->decide(about(who, act)));
  }
  void look() {
    clock.advance(2s);
    for (int i = 0; i < 4; ++i) loop.turn(false);
  }
  gateway::Decision judged(const gateway::Identity& who) const {
    return gateway::judge(*current, 0, {who, {}, "GET"});
  }
};

struct Shared {
  core::ManualClock clock{core::from_unix_seconds(kNoon)};
  FailingStorage storage{clock};
};

}  // namespace

TEST_CASE("whom an administrator approved is admitted by issuer and subject alone") {
  Shared s;
  Replica r(s.clock, s.storage);
  CHECK(r.judged(person("carol")) == gateway::Decision::pending);
  REQUIRE(r.ask(person("carol")));
  CHECK(r.judged(person("carol")) == gateway::Decision::pending);
  REQUIRE(r.decide(person("carol"), ApprovalAct::approve));
  CHECK(r.judged(person("carol")) == gateway::Decision::admitted);
  CHECK(r.judged(person("carol", "https://other.example.net")) == gateway::Decision::pending);
  gateway::Identity mail = person("mallory");
  mail.email = "carol@example.com";
  CHECK(r.judged(mail) == gateway::Decision::pending);
  gateway::Identity machine = person("carol");
  machine.client = "ci";
  CHECK(r.judged(machine) == gateway::Decision::pending);
  CHECK(r.events == std::vector{gateway::ApprovalEvent::requested, gateway::ApprovalEvent::approved});
}

TEST_CASE("an approval is nothing against deny, and nobody whom deny means may ask") {
  Shared s;
  Replica r(s.clock, s.storage);
  REQUIRE(r.ask(person("carol")));
  REQUIRE(r.decide(person("carol"), ApprovalAct::approve));
  r.policies[0].deny.emplace_back().emails = std::vector<std::string>{"carol@example.com"};
  const gateway::Policies fresh(r.policies);
  auto approvals = std::make_shared<gateway::Approvals>();
  approvals->add(0, r.list->all().front());
  const auto with = fresh.with_approvals(approvals);
  const gateway::Identity carol = person("carol");
  const gateway::Identity dave = person("dave");
  CHECK(gateway::judge(*with, 0, {carol, {}, "GET"}) == gateway::Decision::denied);
  CHECK_FALSE(gateway::may_ask(*with, 0, {carol, {}, "GET"}));
  CHECK(gateway::may_ask(*with, 0, {dave, {}, "GET"}));
}

TEST_CASE("another policy that names this one takes its approvals over") {
  Shared s;
  Replica r(s.clock, s.storage);
  REQUIRE(r.ask(person("carol")));
  REQUIRE(r.decide(person("carol"), ApprovalAct::approve));
  config::Policy outer;
  outer.name = "outer";
  outer.allow.emplace_back().policies = std::vector<std::size_t>{0};
  r.policies.push_back(outer);
  auto approvals = std::make_shared<gateway::Approvals>();
  approvals->add(0, r.list->all().front());
  const auto with = gateway::Policies(r.policies).with_approvals(approvals);
  const gateway::Identity carol = person("carol");
  CHECK(gateway::judge(*with, 1, {carol, {}, "GET"}) == gateway::Decision::admitted);
}

TEST_CASE("an administrator decides about others and about what they saw") {
  Shared s;
  Replica r(s.clock, s.storage);
  REQUIRE(r.ask(person("carol")));
  REQUIRE(r.ask(person("boss")));
  CHECK(r.decide(person("boss"), ApprovalAct::approve).error().kind == core::ErrorKind::refused);
  CHECK(r.judged(person("boss")) == gateway::Decision::pending);
  CHECK(r.decide(person("dave"), ApprovalAct::approve).error().kind == core::ErrorKind::not_found);
  gateway::ApprovalDecision late = r.about(person("carol"), ApprovalAct::approve);
  late.version = gateway::version_of(r.list->all().back());
  REQUIRE(r.decide(person("carol"), ApprovalAct::reject));
  CHECK(r.run(r.list->decide(late)).error().kind == core::ErrorKind::conflict);
  CHECK(r.judged(person("carol")) == gateway::Decision::pending);
  gateway::ApprovalDecision past = r.about(person("carol"), ApprovalAct::approve);
  past.until = s.clock.wall();
  CHECK(r.run(r.list->decide(past)).error().kind == core::ErrorKind::malformed);
}

TEST_CASE("other replicas see what was decided at their next look, and a restart finds it") {
  Shared s;
  Replica here(s.clock, s.storage);
  Replica there(s.clock, s.storage);
  REQUIRE(here.ask(person("carol")));
  there.look();
  REQUIRE(there.list->all().size() == 1);
  REQUIRE(there.decide(person("carol"), ApprovalAct::approve));
  here.look();
  CHECK(here.judged(person("carol")) == gateway::Decision::admitted);
  REQUIRE(here.decide(person("carol"), ApprovalAct::reject));
  there.look();
  CHECK(there.judged(person("carol")) == gateway::Decision::pending);
  CHECK(there.current->asked(0, person("carol")) == ApprovalState::rejected);
  REQUIRE(there.decide(person("carol"), ApprovalAct::withdraw));
  here.look();
  CHECK(here.list->all().empty());
  REQUIRE(here.ask(person("carol")));
  REQUIRE(here.decide(person("carol"), ApprovalAct::approve));
  const Replica later(s.clock, s.storage);
  CHECK(later.judged(person("carol")) == gateway::Decision::admitted);
  CHECK(later.list->all().front().decided_by == "boss");
}

TEST_CASE("an approval ends at its date, on sessions that exist") {
  Shared s;
  Replica r(s.clock, s.storage);
  REQUIRE(r.ask(person("carol")));
  gateway::ApprovalDecision decision = r.about(person("carol"), ApprovalAct::approve);
  decision.until = s.clock.wall() + 1h;
  REQUIRE(r.run(r.list->decide(decision)));
  CHECK(r.judged(person("carol")) == gateway::Decision::admitted);
  s.clock.advance(1h);
  r.look();
  CHECK(r.judged(person("carol")) == gateway::Decision::pending);
  CHECK(r.list->all().empty());
}

TEST_CASE("a queue that is full takes nobody more") {
  Shared s;
  Replica r(s.clock, s.storage);
  for (std::size_t i = 0; i < gateway::ApprovalList::kMaxWaitingOfIssuer; ++i) {
    REQUIRE(r.ask(person("u" + std::to_string(i), "https://open.example")));
  }
  CHECK(r.ask(person("more", "https://open.example")).error().kind == core::ErrorKind::too_large);
  CHECK(r.ask(person("carol")));
  CHECK(r.ask(person("u1", "https://open.example")));  // who waits already
  CHECK(r.ask(person(std::string(2000, 'x'))).error().kind == core::ErrorKind::too_large);
  CHECK(r.list->all().size() == gateway::ApprovalList::kMaxWaitingOfIssuer + 1);
}

TEST_CASE("storage that is full approves nobody, and a rejection acts all the same") {
  Shared s;
  Replica r(s.clock, s.storage);
  s.storage.is_full = true;
  CHECK_FALSE(r.ask(person("carol")));
  CHECK(r.list->all().empty());
  s.storage.is_full = false;
  REQUIRE(r.ask(person("carol")));
  s.storage.is_full = true;
  CHECK_FALSE(r.decide(person("carol"), ApprovalAct::approve));
  CHECK(r.judged(person("carol")) == gateway::Decision::pending);
  s.storage.is_full = false;
  REQUIRE(r.decide(person("carol"), ApprovalAct::approve));
  s.storage.is_full = true;
  CHECK_FALSE(r.decide(person("carol"), ApprovalAct::reject));
  CHECK(r.judged(person("carol")) == gateway::Decision::pending);
}

TEST_CASE("what storage refuses to forget acts, can be repeated, is tried again, and has its audit line") {
  Shared s;
  Replica r(s.clock, s.storage);
  REQUIRE(r.ask(person("carol")));
  REQUIRE(r.decide(person("carol"), ApprovalAct::approve));
  CHECK(r.audit.back() == "policy guests: carol@example.com (corp, subject carol)");
  s.storage.removes = false;
  CHECK(r.decide(person("carol"), ApprovalAct::withdraw).error().kind == core::ErrorKind::unavailable);
  CHECK(r.audit.back() == "policy guests: carol@example.com (corp, subject carol): not kept");
  CHECK(r.judged(person("carol")) == gateway::Decision::pending);
  CHECK(r.decide(person("carol"), ApprovalAct::withdraw).error().kind == core::ErrorKind::unavailable);
  // A reload while storage still has it.
  Replica after(s.clock, s.storage);
  CHECK(after.judged(person("carol")) == gateway::Decision::admitted);
  after.list->take_over(*r.list);
  CHECK(after.judged(person("carol")) == gateway::Decision::pending);
  after.look();
  CHECK(after.judged(person("carol")) == gateway::Decision::pending);
  s.storage.removes = true;
  after.look();
  const Replica later(s.clock, s.storage);
  CHECK(later.judged(person("carol")) == gateway::Decision::pending);
}

TEST_CASE("a rejection that storage refused is put when it can be") {
  Shared s;
  Replica r(s.clock, s.storage);
  REQUIRE(r.ask(person("carol")));
  REQUIRE(r.decide(person("carol"), ApprovalAct::approve));
  s.storage.is_full = true;
  CHECK_FALSE(r.decide(person("carol"), ApprovalAct::reject));
  CHECK(r.judged(person("carol")) == gateway::Decision::pending);
  CHECK(r.audit.back() == "policy guests: carol@example.com (corp, subject carol): not kept");
  s.storage.is_full = false;
  r.look();
  const Replica later(s.clock, s.storage);
  CHECK(later.current->asked(0, person("carol")) == ApprovalState::rejected);
}

TEST_CASE("what is decided beside a reload acts under both configurations at once") {
  Shared s;
  Replica before(s.clock, s.storage);
  REQUIRE(before.ask(person("carol")));
  REQUIRE(before.ask(person("dave")));
  REQUIRE(before.decide(person("carol"), ApprovalAct::approve));
  REQUIRE(before.decide(person("dave"), ApprovalAct::approve));
  Replica after(s.clock, s.storage);
  REQUIRE(before.decide(person("carol"), ApprovalAct::reject));  // after it has read storage
  CHECK(after.judged(person("carol")) == gateway::Decision::admitted);
  after.list->take_over(*before.list);
  CHECK(after.judged(person("carol")) == gateway::Decision::pending);
  REQUIRE(before.decide(person("dave"), ApprovalAct::withdraw));  // by who came under the one before
  CHECK(after.judged(person("dave")) == gateway::Decision::pending);
}

TEST_CASE("a reload brings no approval back that another replica has withdrawn") {
  Shared s;
  Replica before(s.clock, s.storage);
  REQUIRE(before.ask(person("carol")));
  REQUIRE(before.decide(person("carol"), ApprovalAct::approve));
  Replica other(s.clock, s.storage);
  REQUIRE(other.decide(person("carol"), ApprovalAct::withdraw));
  CHECK(before.judged(person("carol")) == gateway::Decision::admitted);  // it has not looked since
  Replica after(s.clock, s.storage);
  after.list->take_over(*before.list);
  CHECK(after.judged(person("carol")) == gateway::Decision::pending);
}

TEST_CASE("a withdrawal that storage refused removes no request that came after it") {
  Shared s;
  Replica r(s.clock, s.storage);
  REQUIRE(r.ask(person("carol")));
  s.storage.removes = false;
  CHECK_FALSE(r.decide(person("carol"), ApprovalAct::withdraw));
  REQUIRE(r.ask(person("carol")));
  s.storage.removes = true;
  r.look();
  const Replica later(s.clock, s.storage);
  CHECK(later.current->asked(0, person("carol")) == ApprovalState::waiting);
}

TEST_CASE("an approval removes nothing from storage that stands over it") {
  Approval approval = gateway::request_of(person("carol"), "guests", {});
  const std::string waiting = gateway::storage_key_of(approval);
  approval.state = ApprovalState::approved;
  approval.decided_at = core::from_unix_seconds(kNoon);
  const std::string approved = gateway::storage_key_of(approval);
  approval.state = ApprovalState::rejected;
  approval.nonce = "0a0b0c0d";
  const std::string rejected = gateway::storage_key_of(approval);
  CHECK(gateway::key_stands_over(approved, waiting));
  CHECK(gateway::key_stands_over(rejected, approved));
  CHECK_FALSE(gateway::key_stands_over(approved, rejected));
  CHECK_FALSE(gateway::key_stands_over(waiting, approved));
  CHECK(gateway::key_stands_over(approved, "approvals/garbage-x"));
  CHECK_FALSE(gateway::key_stands_over("approvals/garbage-x", approved));
}

TEST_CASE("an approval's end is sealed with it, and the earlier of both counts") {
  Approval approval = gateway::request_of(person("carol"), "guests", {});
  approval.state = ApprovalState::approved;
  approval.decided_at = core::from_unix_seconds(kNoon);
  approval.until = core::from_unix_seconds(kNoon + 60);
  const std::string key = gateway::storage_key_of(approval);
  core::StorageEntry entry = gateway::entry_of(approval);
  entry.expires.reset();
  CHECK(gateway::read_approval_entry(key, entry)->until == approval.until);
  entry.expires = core::from_unix_seconds(kNoon + 90);
  CHECK(gateway::read_approval_entry(key, entry)->until == approval.until);
  entry.expires = core::from_unix_seconds(kNoon + 30);
  CHECK(gateway::read_approval_entry(key, entry)->until == entry.expires);
}

TEST_CASE("K29: an entry under the key of another person approves nobody") {
  Shared s;
  Approval approval = gateway::request_of(person("carol"), "guests", s.clock.wall());
  approval.state = ApprovalState::approved;
  approval.decided_at = s.clock.wall();
  const core::StorageEntry entry = gateway::entry_of(approval);
  const std::string key = gateway::storage_key_of(approval);
  REQUIRE(gateway::read_approval_entry(key, entry));
  Approval other = approval;
  other.subject = "mallory";
  CHECK_FALSE(gateway::read_approval_entry(gateway::storage_key_of(other), entry));
  for (const char* bad : {"", "{}", "[]", "null", "{\"policy\":\"guests\"}"}) {
    CHECK_FALSE(gateway::read_approval_entry(key, {bad, {}}));
  }
  std::string numbers = entry.value;
  numbers.replace(numbers.find("\"carol\""), 7, "7");
  CHECK_FALSE(gateway::read_approval_entry(key, {numbers, {}}));
  core::Flow<> put = s.storage.put(gateway::storage_key_of(other), entry);
  put.start();
  const Replica r(s.clock, s.storage);
  CHECK(r.judged(person("mallory")) == gateway::Decision::pending);
  CHECK(r.judged(person("carol")) == gateway::Decision::pending);
  CHECK(r.sink.text.find("an approval cannot be read") != std::string::npos);
}
