// Keeper: every name has a certificate, always. On control's loop it loads what is stored, orders what is
// missing, renews in time, and publishes the result to the workers; nobody ever waits for it. One of several
// replicas orders, all take what is stored.
//
//   each set of names:  waiting ──due──► locked ──► ordering ──► stored, published
//                          ▲                └─ somebody else did it ─► published
//                          └────────────── back-off, persisted ◄── failed
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/types.h"
#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/http/client.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/tasks.h"
#include "core/loop/wait.h"
#include "core/storage/storage.h"
#include "tls/acme/account.h"
#include "tls/acme/challenge.h"
#include "tls/acme/dns_lookup.h"
#include "tls/acme/order.h"
#include "tls/acme/revocation.h"
#include "tls/issue/challenge_board.h"
#include "tls/issue/held_lock.h"
#include "tls/issue/names.h"
#include "tls/issue/schedule.h"
#include "tls/issue/shelf.h"
#include "tls/issue/store.h"

namespace tls {

/// Orders under way at one time.
inline constexpr std::size_t kParallelOrders = 4;
/// Questions for renewal advice under way at one time.
inline constexpr std::size_t kParallelAdvice = 4;
/// What an order that was cut presents still is taken back within this.
inline constexpr core::Duration kTakeBackTime = std::chrono::minutes(1);
/// How often it is looked what is due, and whether another replica stored something.
inline constexpr core::Duration kKeeperTick = std::chrono::seconds(5);
/// An order that takes longer is left; the next attempt goes on with it.
inline constexpr core::Duration kLongestOrder = std::chrono::minutes(25);
/// How long a first order waits for a name that does not point here yet.
inline constexpr core::Duration kSelfTestTime = std::chrono::minutes(1);
/// Ways to storage at one time where many sets are read.
inline constexpr std::size_t kParallelReads = 16;
/// How long what is stored of sets that nobody orders stays behind the end of its certificate.
inline constexpr auto kFormerGrace = std::chrono::hours(24 * 30);
/// When what is older is looked for: after the start, and then every so often.
inline constexpr auto kFirstSweep = std::chrono::minutes(10);
inline constexpr auto kSweepPause = std::chrono::hours(24);
/// While storage cannot be reached.
inline constexpr core::Duration kStorageBackOff = std::chrono::seconds(20);
/// How often a crashed order is gone on with before the back-off counts.
inline constexpr unsigned kMaxResumes = 5;

struct KeeperParts {
  core::Loop& loop;
  core::Random& random;
  const core::Log& log;
  core::Storage& storage;
  const config::Config& config;  ///< with tls.acme
  CertificateShelf& shelf;
  core::HttpClient& authorities;  ///< trusts tls.acme.trusted_ca
  core::HttpClient& open;         ///< for the self-test: plain http
  std::string holder;             ///< of locks: no other process's that runs
  std::vector<std::unique_ptr<Challenge>>
      challenges;            ///< that can work here, besides tls-alpn-01; in any order
  DnsLookup* dns = nullptr;  ///< for the self-test's look at CAA records; null: they are not looked at
};

/// How something that was asked for ended, in a sentence; shared by who asked and who answers.
using Answer = core::OneShot<std::string>;
using AnswerPointer = std::shared_ptr<Answer>;

enum class AfterRevocation { order_anew, keep_it };

struct RevocationWish {
  RevocationReason reason = RevocationReason::unspecified;
  AfterRevocation then = AfterRevocation::order_anew;
};

/// How far a process that ends still works.
enum class WindDown {
  begin_nothing,  ///< what is under way goes on
  prove_nothing,  ///< and asks for no validation more: nobody would answer it
};

class Keeper {
 public:
  explicit Keeper(KeeperParts parts);
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  /// Puts every stored certificate on the shelf, and the account's thumbprint. Fails only if storage does.
  core::Flow<> load();
  /// Begins to order and renew. Requires: load() has ended.
  void start();
  /// Given certificates have changed: which names are ordered is worked out again.
  void look_at_names();
  /// The process is about to end. What it does not finish, the next one goes on with.
  void wind_down(WindDown how);
  /// It does not end after all.
  void go_on();

  // What an operator asks for. `name` is one of an ordered certificate. Whoever waits may stop waiting: the
  // work goes on.
  /// Orders anew, whatever is left of the certificate's life and of a pause; ends with the order.
  core::Result<AnswerPointer> renew(const std::string& name);
  /// Revokes what is stored and served; a name that is ordered here no more, every certificate that storage
  /// has of it. With `order_anew` the next order is due at once, also for a process that comes after, and
  /// what is ordered no more is served no more.
  core::Result<AnswerPointer> revoke(const std::string& name, RevocationWish wish);
  /// Another key for the account (RFC 8555 section 7.3.5), at the first authority of the file; others get a
  /// new account with their next order. `conflict` while orders are under way: they prove with the key of
  /// now.
  core::Result<AnswerPointer> change_account_key();
  /// The first name of each certificate that is ordered here.
  [[nodiscard]] std::vector<std::string> first_names() const;

 private:
  struct Watched;
  struct Authority;
  struct Plan;

  core::Flow<> load_sets();
  core::Flow<> load_lane(std::size_t* next);
  core::Flow<> load_set(Watched* set);
  core::Flow<> load_others();
  void keep_former(std::vector<std::string>& ids) const;
  core::Flow<std::optional<StoredCertificate>> readable(std::string id);
  core::Flow<bool> is_forgotten(std::string id);
  core::Flow<> sweep();
  core::Flow<> tend();
  core::Flow<> follow_storage();
  void start_due();
  void start_orders();
  void start_asking();
  void spread_missed();
  [[nodiscard]] bool is_due(const Watched& set) const;
  [[nodiscard]] bool needs_advice(const Watched& set) const;
  [[nodiscard]] bool is_revoked(const Watched& set) const;
  [[nodiscard]] core::WallTime due_time(const Watched& set) const;
  core::Flow<> work(Watched* set);
  core::Flow<> work_locked(Watched* set, const HeldLock& lock);
  core::Flow<bool> may_order(Watched* set, const Plan* plan, const HeldLock* lock);
  core::Flow<> order(Watched* set, const HeldLock& lock);
  using Test = std::function<core::Flow<>()>;
  core::Flow<std::vector<NameRefusal>> test_names(Watched* set, const Plan* plan);
  core::Flow<> test_name(const Plan* plan, std::string name, core::Deadline deadline);
  core::Flow<> insist(std::string finding, std::string name, Test test, core::Deadline deadline);
  core::Flow<> ask_caa(const Plan* plan, std::string name);
  core::Flow<> store(Watched* set, const Plan& plan, IssuedCertificate issued, const HeldLock& lock);
  core::Flow<> take_back(OrderRun* run);
  core::Flow<> clear_journals(std::string id, const Authority* own);
  core::Flow<> drop_order(std::string id, const Authority* authority);
  core::Flow<> save_at_last(std::string id, StoredCertificate stored);
  core::Flow<> note_failure(Watched* set, std::string why, std::optional<core::Duration> retry_after);
  core::Flow<> part(Watched* set, std::vector<NameRefusal> refusals);
  core::Flow<> set_apart(Watched* set, NameSet names);
  core::Flow<> rejoin(std::string name);
  core::Flow<> load_apart();
  [[nodiscard]] std::vector<NameSet> wanted_sets(const std::vector<std::string>& names) const;
  core::Flow<> give_back_what_left();
  core::Flow<> give_back_one(KnownOrder order, std::set<std::string> kept);
  core::Flow<> take_back_of(KnownOrder order);
  core::Flow<> ask_in_turn();
  core::Flow<> ask_advice(Watched* set);
  Watched* next_to_ask();
  core::Flow<> ensure_key();
  core::Result<Watched*> set_of(const std::string& name);
  core::Flow<> work_on_revocation(Watched* set, RevocationWish wish, AnswerPointer answer);
  core::Flow<> work_on_former(std::string name, RevocationWish wish, AnswerPointer answer);
  core::Flow<std::string> revoke_former(std::string name, RevocationWish wish);
  core::Flow<std::string> revoke_locked(Watched* set, RevocationWish wish);
  core::Flow<> revoke_stored(Watched* set, RevocationWish wish);
  core::Flow<> work_on_key(AnswerPointer answer);
  core::Flow<std::string> change_key_locked();
  static std::string validity_of(const Watched& set);
  static void settle(Watched& set, const core::Result<std::string>& end);
  void show(Watched& set, const StoredCertificate& stored);
  void put_on_shelf(const Watched& set);
  [[nodiscard]] Plan plan_for(const Watched& set);
  [[nodiscard]] Authority* authority_of(const std::string& directory);
  [[nodiscard]] core::WallTime now() const { return parts_.loop.clock().wall(); }

  KeeperParts parts_;
  const config::Acme& acme_;
  CertificateStore store_;
  AccountBook accounts_;
  std::vector<std::unique_ptr<Authority>> authorities_;
  ChallengeBoard board_;
  std::vector<Challenge*> ways_;  // the configured one first
  std::vector<std::unique_ptr<Watched>> sets_;
  std::set<std::string> apart_;    // names that are ordered apart from their set
  std::set<std::string> revoked_;  // digest_of() certificates: another is due
  std::string seen_change_;
  bool is_tending_ = false;  // the account's key is there
  bool is_changing_key_ = false;
  bool begins_nothing_ = false;
  bool is_closing_ = false;  // nobody would answer a validation any more
  core::SteadyTime next_sweep_;
  std::size_t orders_ = 0;                   // under way
  std::size_t first_ = 0;                    // where the next look begins, so that no set is always last
  std::size_t askers_ = 0;                   // flows that ask for advice
  std::size_t asked_ = 0;                    // where the next of them looks
  std::optional<core::WallTime> last_look_;  // at what is due
  core::Tasks tasks_;                        // last: ends before what its flows use
  core::SteadyTime caa_from_;                // before this CAA records are not asked for: nobody answered
};

}  // namespace tls
