// The cache in front of c-ares: who waits for which name, and how long an answer serves (RFC 8767 for stale
// ones).
#include "core/net/resolver.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/net/dns_channel.h"
#include "core/net/host_name.h"

namespace core {
namespace {

constexpr Duration kShortestLife = std::chrono::seconds(1);
constexpr Duration kLongestLife = std::chrono::hours(1);
constexpr Duration kFailureLife = std::chrono::seconds(1);
constexpr Duration kStaleLife = std::chrono::hours(1);
constexpr std::size_t kMaxNames = 1024;

class Waiters;

/// One flow that waits for an answer; a local of the flow, so that cancelling the flow takes it off its list.
class Waiter {
 public:
  explicit Waiter(Waiters& list);
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  OneShot<Addresses> answer;

 private:
  friend class Waiters;
  Waiter** link_ = nullptr;  // what points at this one, null when on no list
  Waiter* next_ = nullptr;
};

class Waiters {
 public:
  Waiters() = default;
  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;
  ~Waiters() {
    while (first_ != nullptr) pop();
  }
  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  void push(Waiter& waiter) {
    waiter.next_ = first_;
    waiter.link_ = &first_;
    if (first_ != nullptr) first_->link_ = &waiter.next_;
    first_ = &waiter;
  }
  Waiter& pop() {
    Waiter& waiter = *first_;
    first_ = waiter.next_;
    if (first_ != nullptr) first_->link_ = &first_;
    waiter.link_ = nullptr;
    return waiter;
  }
  void take_all(Waiters& other) {
    first_ = std::exchange(other.first_, nullptr);
    if (first_ != nullptr) first_->link_ = &first_;
  }

 private:
  Waiter* first_ = nullptr;
};

Waiter::Waiter(Waiters& list) {
  list.push(*this);
}

Waiter::~Waiter() {
  if (link_ == nullptr) return;
  *link_ = next_;
  if (next_ != nullptr) next_->link_ = link_;
}

/// What is known of one name.
struct Entry {
  std::optional<Result<Addresses>> answer;
  SteadyTime fresh_until;
  SteadyTime stale_until;
  bool is_asked = false;
  Waiters waiters;

  [[nodiscard]] bool is_fresh(SteadyTime now) const { return answer.has_value() && now < fresh_until; }
  [[nodiscard]] bool may_serve_stale(SteadyTime now) const {
    return answer.has_value() && answer->has_value() && now < stale_until;
  }
  [[nodiscard]] bool may_be_forgotten() const { return !is_asked && waiters.empty(); }

  void update(DnsOutcome outcome, SteadyTime now) {
    is_asked = false;
    if (outcome.addresses.has_value()) {
      fresh_until = now + std::clamp(outcome.lifetime, kShortestLife, kLongestLife);
      stale_until = fresh_until + kStaleLife;
    } else {
      fresh_until = now + kFailureLife;
      // RFC 8767 section 4: a definite answer replaces a stale one, a failure to get one does not.
      if (may_serve_stale(now) && !outcome.is_definite) return;
      stale_until = fresh_until;
    }
    answer = std::move(outcome.addresses);
  }
};

class CachingResolver final : public Resolver {
 public:
  CachingResolver(Loop& loop, const std::vector<Endpoint>& servers)
      : loop_(loop), channel_(loop, servers, [this](const std::string& name, DnsOutcome outcome) {
          answered(name, std::move(outcome));
        }) {}

  Flow<Addresses> resolve(std::string name) override {
    std::optional<Addresses> fixed = fixed_addresses(name);
    if (fixed.has_value()) co_return *std::move(fixed);
    const std::string key = co_await checked_host_name(name);
    Entry* entry = co_await entry_for(key);
    const bool is_fresh = entry->is_fresh(loop_.now());
    const bool serves = is_fresh || entry->may_serve_stale(loop_.now());
    if (!is_fresh) ask(key, *entry);
    if (serves) co_return *entry->answer;
    Waiter waiter(entry->waiters);
    Addresses addresses = co_await waiter.answer;
    co_return addresses;
  }

 private:
  void ask(const std::string& name, Entry& entry) {
    if (std::exchange(entry.is_asked, true)) return;
    channel_.ask(name);
  }

  Result<Entry*> entry_for(const std::string& name) {
    const auto found = entries_.find(name);
    if (found != entries_.end()) return &found->second;
    if (entries_.size() >= kMaxNames && !forget_one()) {
      return failure(ErrorKind::unavailable, Side::us, "too many names are being resolved at once",
                     Retry::later);
    }
    return &entries_[name];
  }

  bool forget_one() {
    const auto forgettable = [](const auto& named) { return named.second.may_be_forgotten(); };
    const auto expired = [&, now = loop_.now()](const auto& named) {
      return forgettable(named) && !named.second.is_fresh(now);
    };
    auto victim = std::find_if(entries_.begin(), entries_.end(), expired);
    if (victim == entries_.end()) victim = std::find_if(entries_.begin(), entries_.end(), forgettable);
    if (victim == entries_.end()) return false;
    entries_.erase(victim);
    return true;
  }

  void answered(const std::string& name, DnsOutcome outcome) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) return;
    found->second.update(std::move(outcome), loop_.now());
    // A flow that goes on may forget this entry, end other waiters or destroy the resolver: only locals from
    // here on.
    const Result<Addresses> answer = *found->second.answer;
    Waiters waiting;
    waiting.take_all(found->second.waiters);
    while (!waiting.empty()) waiting.pop().answer.deliver(answer);
  }

  Loop& loop_;
  std::unordered_map<std::string, Entry> entries_;
  DnsChannel channel_;
};

}  // namespace

std::unique_ptr<Resolver> make_resolver(Loop& loop, const std::vector<Endpoint>& servers) {
  return std::make_unique<CachingResolver>(loop, servers);
}

}  // namespace core
