#include "tls/acme/order.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/text/base64.h"
#include "core/text/json.h"
#include "tls/acme/certificate_request.h"
#include "tls/certificate.h"

namespace tls {
namespace {

using core::ErrorKind;
using core::Flow;
using core::Json;
using core::Result;
using core::Side;

constexpr int kMaxFinalizations = 3;

std::string names_text(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string new_order_payload(const OrderRequest& request, const AcmeDirectory& directory) {
  Json identifiers = Json::array();
  for (const std::string& name : request.names) {
    Json identifier = Json::object();
    identifier.set("type", Json(is_address(name) ? "ip" : "dns"));
    identifier.set("value", Json(name));
    identifiers.push(std::move(identifier));
  }
  Json payload = Json::object();
  payload.set("identifiers", std::move(identifiers));
  if (!request.profile.empty()) payload.set("profile", Json(request.profile));
  if (!request.replaces.empty() && directory.renewal_info) payload.set("replaces", Json(request.replaces));
  return payload.text();
}

core::Error unknown_profile(const OrderRequest& request, const AcmeDirectory& directory) {
  std::vector<std::string> known;
  for (const auto& [name, description] : directory.profiles) known.push_back(name);
  return {ErrorKind::refused, Side::configuration,
          fmt::format("tls.acme.profile: the authority has no profile {}; it has {}", request.profile,
                      known.empty() ? "none" : names_text(known))};
}

bool has_profile(const AcmeDirectory& directory, const std::string& wanted) {
  return std::ranges::any_of(directory.profiles,
                             [&](const auto& profile) { return profile.first == wanted; });
}

}  // namespace

OrderRun::OrderRun(OrderTools tools, OrderRequest request)
    : tools_(std::move(tools)), request_(std::move(request)) {}

Flow<IssuedCertificate> OrderRun::run() {
  signer_ = co_await tools_.accounts.ensure(&tools_.client);
  AcmeOrder order = co_await resume_or_begin();
  if (order.status == OrderStatus::pending) {
    Result<core::Done> proved = co_await attempt(prove(order));
    if (!proved) {
      // The authority has ended this order, or will: the next attempt begins another, perhaps by another way.
      // What was a limit or a failure of its own is gone on with.
      if (is_over_) co_await tools_.journal.clear();
      co_return core::failure(std::move(proved.error()));
    }
    // With every authorization valid an order is ready; if it is not yet, finalizing says so.
    order.status = OrderStatus::ready;
  }
  AcmeOrder finished = co_await finalize(std::move(order));
  IssuedCertificate issued;
  issued.chain = co_await download(std::move(finished));
  issued.key = record_.key;
  issued.order = record_.url;
  co_return std::move(issued);
}

void OrderRun::note_refusal(NameRefusal refusal) {
  const bool is_known = std::ranges::find(refusals_, refusal.name, &NameRefusal::name) != refusals_.end();
  const bool is_ordered = std::ranges::find(request_.names, refusal.name) != request_.names.end();
  if (is_ordered && !is_known) refusals_.push_back(std::move(refusal));
}

std::unexpected<core::Error> OrderRun::refused(const Problem& problem, std::string_view activity) {
  problem_ = problem;
  if (is_for_good(problem)) is_over_ = true;
  for (NameRefusal& refusal : refusals_in(problem, request_.names)) note_refusal(std::move(refusal));
  return core::failure(error_of(problem).during(activity));
}

Flow<> OrderRun::pause(std::optional<core::Duration> said) {
  constexpr PauseBounds kBounds{kShortestPoll, kLongestPoll, kShortestPoll};
  const core::Duration wait = said ? clamped(said, kBounds) : unsaid_pause_;
  if (!said) unsaid_pause_ = std::min(unsaid_pause_ * 2, kLastUnsaidPoll);
  const auto most = static_cast<std::uint64_t>(std::min(wait, kShortestPoll).count()) / 4;
  const core::Duration jitter{static_cast<core::Duration::rep>(tools_.random.below(most + 1))};
  co_await core::sleep_for(tools_.client.loop(), wait + jitter);
  co_return core::done();
}

/// Whether the authority takes nothing of our account any more. A key that is made anew for less would end
/// what other orders are proving, at every authority.
Flow<bool> OrderRun::account_has_ended() {
  core::Url url = co_await tools_.client.hosts().checked(signer_->account_url);
  AcmeAnswer answer = co_await tools_.client.post(*signer_, url, "");
  if (answer.problem) {
    co_return answer.problem->is("unauthorized") || answer.problem->is("accountDoesNotExist");
  }
  const Json account = co_await answer.json("the account");
  const std::string_view status = account.string_at("status").value_or("valid");
  co_return status == "deactivated" || status == "revoked";
}

/// With an account that the authority does not know any more, another is made once.
Flow<AcmeAnswer> OrderRun::post(core::Url url, std::string payload) {
  AcmeAnswer answer = co_await tools_.client.post(*signer_, url, payload);
  const bool is_unknown = answer.problem && answer.problem->is("accountDoesNotExist");
  // To an order before anything was proved, `unauthorized` may say that the account was deactivated.
  bool is_ended = answer.problem && answer.problem->is("unauthorized") && record_.url.empty();
  if (is_ended && !is_reregistered_) is_ended = co_await account_has_ended();
  if ((is_unknown || is_ended) && !is_reregistered_) {
    is_reregistered_ = true;
    tools_.log.warn("the certificate authority does not know our account any more; making another",
                    {{"account", signer_->account_url}, {"why", sentence(*answer.problem)}});
    co_await tools_.accounts.forget(&tools_.client);
    if (is_ended) co_await tools_.accounts.replace_key(&tools_.client, signer_->key);
    signer_ = co_await tools_.accounts.ensure(&tools_.client);
    answer = co_await tools_.client.post(*signer_, url, payload);
  }
  co_return std::move(answer);
}

Flow<AcmeOrder> OrderRun::fetch_order() {
  core::Url url = co_await tools_.client.hosts().checked(record_.url);
  AcmeAnswer answer = co_await post(std::move(url), "");
  said_ = answer.retry_after;
  if (answer.problem) co_return refused(*answer.problem, "the order");
  Json json = co_await answer.json("the order");
  AcmeOrder order = co_await AcmeOrder::parse(json, tools_.client.hosts());
  co_return std::move(order);
}

Flow<AcmeOrder> OrderRun::resume_or_begin() {
  std::optional<AcmeOrder> resumed = co_await resume();
  if (resumed) co_return std::move(*resumed);
  AcmeOrder order = co_await begin();
  if (order.status == OrderStatus::invalid) {
    co_await tools_.journal.clear();
    co_return refused(order.problem.value_or(Problem()), "the order");
  }
  co_return std::move(order);
}

/// The order of an earlier process, if it can still give a certificate.
Flow<std::optional<AcmeOrder>> OrderRun::resume() {
  std::optional<OrderRecord> record = co_await tools_.journal.load();
  if (!record) co_return std::optional<AcmeOrder>();
  record_ = std::move(*record);
  if (tools_.client.hosts().checked(record_.url)) {
    Result<AcmeOrder> order = co_await attempt(fetch_order());
    if (order && order->status != OrderStatus::invalid) {
      tools_.log.info("going on with an order that was begun before",
                      {{"names", names_text(request_.names)}, {"order", record_.url}});
      // One that is pending still needs what it shows, and takes it back behind its proofs.
      if (order->status != OrderStatus::pending) co_await take_back();
      co_return std::optional(std::move(*order));
    }
    // Only the authority's own word ends an order; when it cannot be reached, or is busy, the record stays.
    if (!order && !is_over_) co_return core::failure(std::move(order.error()));
  }
  co_await take_back();
  problem_.reset();
  is_over_ = false;
  record_ = OrderRecord();
  co_await tools_.journal.clear();
  co_return std::optional<AcmeOrder>();
}

Flow<AcmeAnswer> OrderRun::ask_for_order(const AcmeDirectory& directory) {
  AcmeAnswer answer = co_await post(directory.new_order, new_order_payload(request_, directory));
  const bool may_lack_predecessor = answer.problem && !request_.replaces.empty() &&
                                    (answer.problem->is("alreadyReplaced") || answer.problem->status == 409 ||
                                     answer.problem->status == 404);
  if (may_lack_predecessor) {
    request_.replaces.clear();
    answer = co_await post(directory.new_order, new_order_payload(request_, directory));
  }
  co_return std::move(answer);
}

Flow<AcmeOrder> OrderRun::begin() {
  AcmeDirectory directory = co_await tools_.client.directory();
  if (!request_.profile.empty() && !has_profile(directory, request_.profile)) {
    co_return core::failure(unknown_profile(request_, directory));
  }
  const core::PrivateKey key = core::PrivateKey::generate(core::KeyKind::p256);
  AcmeAnswer answer = co_await ask_for_order(directory);
  if (answer.problem) co_return refused(*answer.problem, "a new order");
  core::Url url = co_await tools_.client.hosts().checked(answer.response.field("Location"));
  record_.url = url.text();
  record_.key = key.to_pem();
  co_await tools_.journal.save(record_);
  Json json = co_await answer.json("a new order");
  AcmeOrder order = co_await AcmeOrder::parse(json, tools_.client.hosts());
  co_return std::move(order);
}

Flow<AcmeOrder> OrderRun::finalize(AcmeOrder order) {
  for (int tries = 0; tries < kMaxFinalizations; ++tries) {
    if (order.status == OrderStatus::ready) order = co_await send_request(std::move(order));
    order = co_await await_order(std::move(order));
    if (order.status == OrderStatus::valid) co_return std::move(order);
  }
  co_return core::failure(ErrorKind::malformed, Side::authority,
                          "the order takes its certificate request and stays ready", core::Retry::later);
}

Flow<AcmeOrder> OrderRun::send_request(AcmeOrder order) {
  core::PrivateKey key = co_await core::PrivateKey::from_pem(record_.key);
  const std::string request = co_await certificate_request(key, request_.names);
  Json payload = Json::object();
  payload.set("csr", Json(core::base64url_encode(request)));
  AcmeAnswer answer = co_await post(order.finalize, payload.text());
  said_ = answer.retry_after;
  if (!answer.problem) {
    Json json = co_await answer.json("the order");
    AcmeOrder next = co_await AcmeOrder::parse(json, tools_.client.hosts());
    co_return std::move(next);
  }
  // An order that is not ready yet, or was finalized by a process that died: its own state tells.
  const bool may_go_on = answer.problem->is("orderNotReady") || answer.problem->status >= 500;
  if (!may_go_on) {
    if (is_for_good(*answer.problem)) co_await tools_.journal.clear();
    co_return refused(*answer.problem, "the certificate request");
  }
  AcmeOrder next = co_await fetch_order();
  co_return std::move(next);
}

/// Until it has its certificate, or is ready when looked at again.
Flow<AcmeOrder> OrderRun::await_order(AcmeOrder order) {
  core::Loop& loop = tools_.client.loop();
  const core::Deadline deadline = core::Deadline::after(loop, kIssuanceTime);
  unsaid_pause_ = kFirstUnsaidPoll;
  bool is_looked_at = false;
  for (int failures = 0;;) {
    if (order.status == OrderStatus::invalid) {
      co_await tools_.journal.clear();
      co_return refused(order.problem.value_or(Problem()), "the order");
    }
    if (order.status == OrderStatus::valid && order.certificate) co_return std::move(order);
    if (order.status == OrderStatus::ready && is_looked_at) co_return std::move(order);
    if (loop.now() >= deadline.at) {
      co_return core::failure(ErrorKind::timed_out, Side::authority,
                              "the order is still not finished after 15 minutes; going on with it later",
                              core::Retry::later);
    }
    co_await pause(said_);
    Result<AcmeOrder> next = co_await attempt(fetch_order());
    is_looked_at = true;
    if (next) {
      order = std::move(*next);
      failures = 0;
    } else if (++failures == kMaxPollFailures) {
      co_return core::failure(std::move(next.error()));
    }
  }
}

}  // namespace tls
