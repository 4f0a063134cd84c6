// One order from its beginning to a certificate (RFC 8555 section 7.4): every step that the authority wants,
// resumed where an earlier process stopped. Knows nothing of when to order (tls/issue).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/base/secret.h"
#include "core/crypto/random.h"
#include "core/loop/flow.h"
#include "core/loop/wait.h"
#include "tls/acme/account.h"
#include "tls/acme/challenge.h"
#include "tls/acme/client.h"
#include "tls/acme/presented.h"

namespace tls {

/// An authorization that is not valid after this long is given up.
inline constexpr core::Duration kAuthorizationTime = std::chrono::minutes(5);
/// An order that is `processing` after this long is left for the next attempt, which resumes it.
inline constexpr core::Duration kIssuanceTime = std::chrono::minutes(15);
/// Failures in a row of the network while polling before the order is left for the next attempt.
inline constexpr int kMaxPollFailures = 5;
inline constexpr core::Duration kShortestPoll = std::chrono::seconds(1);
inline constexpr core::Duration kLongestPoll = std::chrono::seconds(60);
/// Where an authority says nothing about the pause: the first one, doubled up to the last.
inline constexpr core::Duration kFirstUnsaidPoll = std::chrono::milliseconds(250);
inline constexpr core::Duration kLastUnsaidPoll = std::chrono::seconds(4);

struct OrderRequest {
  std::vector<std::string> names;  ///< DNS names, "*.name", addresses; lower case
  std::string profile;             ///< empty: what the authority gives unasked
  std::string replaces;            ///< renewal id of the certificate before (RFC 9773 section 5); empty: none
  std::string preferred_issuer;    ///< common name at the top of the chain; empty: the first chain offered
};

/// What is written down of an order under way, so that another process can go on.
struct OrderRecord {
  std::string url;  ///< of the order
  core::Secret key;
  std::vector<PresentedProof> presented;  ///< to be taken back; written down before it is presented
};

/// Where records are kept. MUST: what save() took is there after a crash.
class OrderJournal {
 public:
  virtual ~OrderJournal() = default;
  virtual core::Flow<std::optional<OrderRecord>> load() = 0;
  virtual core::Flow<> save(OrderRecord record) = 0;
  virtual core::Flow<> clear() = 0;
};

struct IssuedCertificate {
  std::string chain;  ///< PEM, leaf first
  core::Secret key;   ///< PEM
  std::string order;  ///< its URL
};

/// What an order works with; borrowed.
struct OrderTools {
  AcmeClient& client;
  AccountBook& accounts;
  OrderJournal& journal;
  std::vector<Challenge*> challenges;  ///< the preferred first
  core::Random& random;
  const core::Log& log;
  /// True from when on nobody would answer an authority that validates; null: never.
  const bool* is_closing = nullptr;
};

class OrderRun {
 public:
  OrderRun(OrderTools tools, OrderRequest request);
  OrderRun(const OrderRun&) = delete;
  OrderRun& operator=(const OrderRun&) = delete;

  /// Requires: called once. The record in the journal is cleared when the order can give nothing any more;
  /// after success it stays until the owner has stored the certificate.
  core::Flow<IssuedCertificate> run();
  /// Requires: run() was cut. Takes back what it presents still.
  core::Flow<> take_back();
  /// Whether run() stopped short of asking for a validation that nobody would answer.
  [[nodiscard]] bool was_put_off() const { return was_put_off_; }
  /// What the authority said when it refused; none: the failure was another.
  [[nodiscard]] const std::optional<Problem>& problem() const { return problem_; }
  /// Which of several names it refused, each once, where it said so.
  [[nodiscard]] const std::vector<NameRefusal>& refusals() const { return refusals_; }

 private:
  struct Proving;
  core::Flow<AcmeAnswer> post(core::Url url, std::string payload);
  core::Flow<bool> account_has_ended();
  core::Flow<AcmeOrder> fetch_order();
  core::Flow<AcmeOrder> resume_or_begin();
  core::Flow<std::optional<AcmeOrder>> resume();
  core::Flow<AcmeOrder> begin();
  core::Flow<AcmeAnswer> ask_for_order(const AcmeDirectory& directory);
  core::Flow<> prove(AcmeOrder order);
  core::Flow<> prove_order(AcmeOrder order);
  core::Flow<> present(const std::vector<Proving>& proofs);
  core::Result<core::Done> check_open();
  core::Flow<> prove_all(std::vector<Proving>& proofs);
  core::Flow<> await_all(const std::vector<Proving>& proofs);
  core::Flow<> await_authorization(core::Url url, core::Deadline deadline);
  std::unexpected<core::Error> lost(const AcmeAuthorization& authorization);
  void note_refusal(NameRefusal refusal);
  core::Flow<AcmeOrder> finalize(AcmeOrder order);
  core::Flow<AcmeOrder> send_request(AcmeOrder order);
  core::Flow<AcmeOrder> await_order(AcmeOrder order);
  core::Flow<std::string> download(AcmeOrder order);
  core::Flow<std::string> fetch_chain(core::Url url, std::vector<std::string>& alternates);
  core::Result<core::Done> check_chain(const std::string& chain) const;
  [[nodiscard]] Challenge* chosen(const AcmeAuthorization& authorization,
                                  const AcmeChallenge*& challenge) const;
  std::unexpected<core::Error> refused(const Problem& problem, std::string_view activity);
  core::Flow<> pause(std::optional<core::Duration> said);

  OrderTools tools_;
  OrderRequest request_;
  std::optional<AcmeSigner> signer_;
  OrderRecord record_;
  std::optional<Problem> problem_;
  std::vector<NameRefusal> refusals_;
  std::optional<core::Duration> said_;  // Retry-After of the order's last answer
  core::Duration unsaid_pause_ = kFirstUnsaidPoll;
  bool is_reregistered_ = false;
  bool is_over_ = false;  // the order can give nothing any more
  bool was_put_off_ = false;
};

}  // namespace tls
