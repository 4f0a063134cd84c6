#include "gateway/upstream/origin_search.h"

#include <utility>

namespace gateway {
namespace {

core::Error busy(std::string text) {
  return {core::ErrorKind::unavailable, core::Side::origin, std::move(text), core::Retry::later};
}

}  // namespace

void OriginSearch::start(const Wish& wish) {
  wish_ = wish;
  upstream_.look();
  if (!upstream_.line().empty()) {
    // Those that wait were here first; but one of them may stand there for what this one does not lack.
    upstream_.line().wake();
    return wait();
  }
  if (!search()) wait();
}

void OriginSearch::again() {
  wish_.connection = Connection::fresh;
  core::ClientSession* other = origin_->shares_sessions() ? origin_->take() : nullptr;
  if (other != nullptr) {
    is_reused_ = true;
    return owner_.on_session(*other);
  }
  if (origin_->make_room()) return connect();
  let_go();
  wait();
}

void OriginSearch::next() {
  if (!tried_.is_full()) tried_.add(origin_->candidate());
  let_go();
  if (!search()) wait();
}

bool OriginSearch::has_next() {
  Tried tried = tried_;
  if (tried.is_full()) return false;
  if (origin_ != nullptr) tried.add(origin_->candidate());
  return upstream_.choose(call(), tried) != nullptr;
}

void OriginSearch::end() {
  connecting_.cancel();
  WaitingLine::leave(*this);
  core::DeadlineList::remove(*this);
  let_go();
}

Call OriginSearch::call() const {
  return {upstream_.loop().now(), wish_.client, wish_.label};
}

/// False: there are origins, but no room for one more request now.
bool OriginSearch::search() {
  Tried passed = tried_;
  bool is_any_full = false;
  while (!passed.is_full()) {
    Origin* origin = upstream_.choose(call(), passed);
    if (origin == nullptr) break;
    if (use(*origin)) return true;
    passed.add(origin->candidate());
    is_any_full = true;
  }
  if (is_any_full) return false;
  fail(last_error_.value_or(busy("there is no other origin to try")));
  return true;
}

bool OriginSearch::use(Origin& origin) {
  const bool takes_any = wish_.connection == Connection::any || origin.shares_sessions();
  core::ClientSession* session = takes_any ? origin.take() : nullptr;
  if (session == nullptr && !origin.make_room()) {
    session = takes_any ? origin.take_worn() : nullptr;
    if (session == nullptr) return false;
  }
  core::DeadlineList::remove(*this);
  origin_ = &origin;
  origin.hold();
  if (session == nullptr) {
    connect();
  } else {
    is_reused_ = true;
    owner_.on_session(*session);
  }
  return true;
}

void OriginSearch::connect() {
  is_reused_ = false;
  connecting_.start(origin_->connect({wish_.connect_timeout, std::string(wish_.greeting)}),
                    [this](core::Result<core::ClientSession*> session) { on_connected(std::move(session)); });
}

void OriginSearch::on_connected(core::Result<core::ClientSession*> session) {
  if (!session) return on_connect_failed(session.error());
  if (*session != nullptr) return owner_.on_session(**session);
  let_go();
  if (!search()) wait();
}

/// Nothing was sent, so whatever the request is, it may go elsewhere (RFC 9110 section 9.2.2).
void OriginSearch::on_connect_failed(const core::Error& error) {
  upstream_.note_failure(*origin_, OriginFailure::connect, error);
  last_error_ = error;
  if (++connects_ < kMostConnects && !tried_.is_full() && error.side != core::Side::us) return next();
  fail(error);
}

void OriginSearch::wait() {
  upstream_.await_room();
  if (!upstream_.line().join(*this)) return fail(busy("too many requests wait for a connection"));
  if (wish_.waiting_deadline != nullptr) wish_.waiting_deadline->touch(*this);
}

bool OriginSearch::on_turn() {
  if (search()) return true;
  upstream_.await_room();
  return false;
}

void OriginSearch::on_deadline() {
  WaitingLine::leave(*this);
  fail(busy("no connection was free in time"));
}

void OriginSearch::fail(const core::Error& error) {
  core::DeadlineList::remove(*this);
  let_go();
  const core::Error told = error;  // it may be a member that the owner ends
  owner_.on_no_session(told);
}

void OriginSearch::let_go() {
  if (origin_ != nullptr) upstream_.release(*std::exchange(origin_, nullptr));
}

}  // namespace gateway
