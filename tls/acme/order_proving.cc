// The middle of an order: each authorization that is not valid yet is proved by the first way that both sides
// have (RFC 8555 section 7.5).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/crypto/jwk.h"
#include "core/http/fields.h"
#include "core/net/address.h"
#include "core/text/json.h"
#include "tls/acme/order.h"

namespace tls {

/// One authorization that is being proved.
struct OrderRun::Proving {
  Proof proof;
  Challenge* challenge = nullptr;
  core::Url challenge_url;
  core::Url authorization_url;
};

namespace {

using core::ErrorKind;
using core::Flow;
using core::Json;
using core::Result;
using core::Side;

/// Whether the order asked for it: an authority's answer must not make us prove anything else.
bool was_ordered(const std::vector<std::string>& names, const AcmeAuthorization& authorization) {
  const std::string wanted = (authorization.is_wildcard ? "*." : "") + authorization.identifier;
  const auto address = core::IpAddress::parse(authorization.identifier);
  return std::ranges::any_of(names, [&](const std::string& name) {
    if (core::equals_ignoring_case(name, wanted)) return true;
    const auto ordered = core::IpAddress::parse(name);
    return address && ordered && *address == *ordered;
  });
}

}  // namespace

Challenge* OrderRun::chosen(const AcmeAuthorization& authorization, const AcmeChallenge*& challenge) const {
  for (Challenge* way : tools_.challenges) {
    if (!way->can_prove(authorization.identifier, authorization.is_wildcard)) continue;
    const auto found = std::ranges::find(authorization.challenges, way->type(), &AcmeChallenge::type);
    if (found == authorization.challenges.end()) continue;
    challenge = &*found;
    return way;
  }
  return nullptr;
}

Flow<> OrderRun::prove(AcmeOrder order) {
  Result<core::Done> outcome = co_await attempt(prove_order(std::move(order)));
  co_await take_back();
  co_return outcome;
}

Flow<> OrderRun::take_back() {
  if (record_.presented.empty()) co_return core::done();
  const bool is_written_down = !lasting(record_.presented, tools_.challenges).empty();
  co_await tls::take_back(&record_.presented, &tools_.challenges, &tools_.log);
  if (is_written_down) co_await attempt(tools_.journal.save(record_));
  co_return core::done();
}

/// From here on a process that died over it asks the authority for a validation that must fail.
Result<core::Done> OrderRun::check_open() {
  was_put_off_ = tools_.is_closing != nullptr && *tools_.is_closing;
  if (!was_put_off_) return core::done();
  return core::failure(ErrorKind::unavailable, Side::us,
                       "this process is about to end; the next one goes on with the order",
                       core::Retry::later);
}

Flow<> OrderRun::prove_order(AcmeOrder order) {
  const std::string thumbprint = core::thumbprint(signer_->key.public_key());
  std::vector<Proving> proofs;
  for (const core::Url& url : order.authorizations) {
    AcmeAnswer answer = co_await post(url, "");
    if (answer.problem) co_return refused(*answer.problem, "an authorization");
    Json json = co_await answer.json("an authorization");
    AcmeAuthorization authorization = co_await AcmeAuthorization::parse(json, tools_.client.hosts());
    if (authorization.status == AuthorizationStatus::valid) continue;
    if (authorization.status == AuthorizationStatus::lost) co_return lost(authorization);
    if (!was_ordered(request_.names, authorization)) {
      is_over_ = true;
      co_return core::failure(ErrorKind::malformed, Side::authority,
                              "an authorization of what was not ordered", core::Retry::later);
    }
    const AcmeChallenge* offered = nullptr;
    Challenge* way = chosen(authorization, offered);
    if (way == nullptr) {
      is_over_ = true;
      co_return core::failure(
          ErrorKind::unsupported, Side::authority,
          fmt::format("{}{}: the authority offers no challenge that is set up here; see tls.acme.challenge",
                      authorization.is_wildcard ? "*." : "", authorization.identifier));
    }
    Proving proving;
    proving.proof.identifier = authorization.identifier;
    proving.proof.is_wildcard = authorization.is_wildcard;
    proving.proof.token = offered->token;
    proving.proof.key_authorization = key_authorization(offered->token, thumbprint);
    proving.proof.account_url = signer_->account_url;
    proving.proof.issuer_domains = offered->issuer_domains;
    proving.challenge = way;
    proving.challenge_url = offered->url;
    proving.authorization_url = url;
    proofs.push_back(std::move(proving));
  }
  co_await prove_all(proofs);
  co_return core::done();
}

/// What an earlier process presented may be of authorizations that are valid by now: it stays in the record
/// until it is taken back with the rest.
Flow<> OrderRun::present(const std::vector<Proving>& proofs) {
  for (const Proving& proving : proofs) {
    const auto is_it = [&](const PresentedProof& one) {
      return one.type == proving.challenge->type() && one.proof.identifier == proving.proof.identifier &&
             one.proof.key_authorization == proving.proof.key_authorization;
    };
    if (std::ranges::any_of(record_.presented, is_it)) continue;
    record_.presented.push_back({std::string(proving.challenge->type()), proving.proof});
  }
  OrderRecord written = record_;
  written.presented = lasting(record_.presented, tools_.challenges);
  if (!written.presented.empty()) co_await tools_.journal.save(std::move(written));
  for (const Proving& proving : proofs) co_await proving.challenge->present(proving.proof);
  co_return core::done();
}

Flow<> OrderRun::prove_all(std::vector<Proving>& proofs) {
  co_await check_open();
  co_await present(proofs);
  for (const Proving& proving : proofs) co_await proving.challenge->wait_until_visible(proving.proof);
  co_await check_open();
  for (const Proving& proving : proofs) {
    // A challenge that an earlier process has answered already is refused; what counts is the authorization.
    AcmeAnswer answer = co_await post(proving.challenge_url, "{}");
    const bool is_lost = answer.problem && !is_for_good(*answer.problem);
    if (is_lost) co_return refused(*answer.problem, "answering a challenge");
  }
  // No validation is over at once: a look without a pause would be one request more.
  unsaid_pause_ = kFirstUnsaidPoll;
  if (!proofs.empty()) co_await pause(std::nullopt);
  co_await await_all(proofs);
  co_return core::done();
}

std::unexpected<core::Error> OrderRun::lost(const AcmeAuthorization& authorization) {
  const Problem problem = authorization.failure();
  is_over_ = true;
  note_refusal({(authorization.is_wildcard ? "*." : "") + authorization.identifier, problem});
  return refused(problem, "proving");
}

/// To the end of each, though one was lost: what the others become tells which names can be ordered together.
Flow<> OrderRun::await_all(const std::vector<Proving>& proofs) {
  const core::Deadline deadline = core::Deadline::after(tools_.client.loop(), kAuthorizationTime);
  std::optional<core::Error> first;
  for (const Proving& proving : proofs) {
    const std::size_t refused_before = refusals_.size();
    Result<core::Done> ended = co_await attempt(await_authorization(proving.authorization_url, deadline));
    if (ended) continue;
    const bool is_of_the_name = refusals_.size() > refused_before;
    if (!first) first = std::move(ended.error());
    if (!is_of_the_name) break;
  }
  if (first) co_return core::failure(std::move(*first));
  co_return core::done();
}

Flow<> OrderRun::await_authorization(core::Url url, core::Deadline deadline) {
  core::Loop& loop = tools_.client.loop();
  for (int failures = 0;;) {
    Result<AcmeAnswer> answer = co_await attempt(post(url, ""));
    const bool is_answered = answer && (!answer->problem || is_for_good(*answer->problem));
    if (!is_answered && ++failures == kMaxPollFailures) {
      if (!answer) co_return core::failure(std::move(answer.error()));
      co_return refused(*answer->problem, "an authorization");
    }
    if (is_answered) {
      if (answer->problem) co_return refused(*answer->problem, "an authorization");
      Json json = co_await answer->json("an authorization");
      AcmeAuthorization authorization = co_await AcmeAuthorization::parse(json, tools_.client.hosts());
      if (authorization.status == AuthorizationStatus::valid) co_return core::done();
      if (authorization.status == AuthorizationStatus::lost) co_return lost(authorization);
    }
    if (loop.now() >= deadline.at) {
      is_over_ = true;
      co_return core::failure(ErrorKind::timed_out, Side::authority,
                              "an authorization is still pending after 5 minutes", core::Retry::later);
    }
    std::optional<core::Duration> said;
    if (answer) said = answer->retry_after;
    co_await pause(said);
  }
}

}  // namespace tls
