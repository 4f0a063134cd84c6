#include "gateway/upstream/origin.h"

#include <utility>

#include "core/http/h1_client.h"
#include "core/http/h2_client.h"

namespace gateway {
namespace {

core::Result<core::Done> whether_to_try(const Place& place) {
  if (place.fault.empty()) return core::done();
  return core::failure(core::ErrorKind::unavailable, core::Side::origin, place.fault, core::Retry::later);
}

}  // namespace

/// A connection that is being made; gives its room back unless it came about.
class Origin::Slot {
 public:
  explicit Slot(Origin& origin) : origin_(origin) { ++origin_.connecting_; }
  ~Slot() {
    --origin_.connecting_;
    if (is_kept_) return;
    origin_.parts_.allowance.give_back();
    if (!origin_.is_ending_) origin_.parts_.owner.on_room(origin_);
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  void keep() { is_kept_ = true; }

 private:
  Origin& origin_;
  bool is_kept_ = false;
};

/// A request that waits for the session that is being opened for many.
class Origin::Joined {
 public:
  explicit Joined(std::list<Joined*>& list) : list_(&list), place_(list.insert(list.end(), this)) {}
  ~Joined() {
    if (list_ != nullptr) list_->erase(place_);
  }
  Joined(const Joined&) = delete;
  Joined& operator=(const Joined&) = delete;
  void move_to(std::list<Joined*>& list) {
    list.splice(list.end(), *list_, place_);
    list_ = &list;
  }
  void leave() { std::exchange(list_, nullptr)->erase(place_); }

  core::OneShot<core::ClientSession*> outcome;

 private:
  std::list<Joined*>* list_;
  std::list<Joined*>::iterator place_;
};

Origin::Origin(const OriginParts& parts, Place place, std::string label)
    : parts_(parts),
      place_(std::move(place)),
      self_{static_cast<IdleHolder*>(this)},
      self_place_(self_.begin()),
      pool_(parts.loop, core::PoolLimits(), this) {
  candidate_.name = place_.name;
  candidate_.label = std::move(label);
  candidate_.weight = place_.weight;
  candidate_.origin = this;
}

Origin::~Origin() {
  is_ending_ = true;
  opening_.cancel();
  pool_.close_idle();
  // Those in use end with their pool.
  note_closed(pool_.in_use());
  for (std::size_t left = pool_.in_use(); left > 0; --left) parts_.allowance.give_back();
}

core::ClientSession* Origin::take() {
  core::ClientSession* session = hand_out();
  if (session != nullptr && parts_.traffic != nullptr) parts_.traffic->reused.add();
  return session;
}

core::ClientSession* Origin::hand_out() {
  core::ClientSession* session = pool_.take();
  note_idle();
  return session;
}

bool Origin::make_room() {
  if (opening_.is_running()) return true;  // connect() joins it
  if (connections() >= parts_.most_connections) pool_.close_oldest_idle();
  return connections() < parts_.most_connections && parts_.allowance.take();
}

core::Flow<core::ClientSession*> Origin::connect(Approach approach) {
  return shares_sessions() ? join(approach.timeout) : connect_alone(std::move(approach));
}

core::Flow<core::ClientSession*> Origin::connect_alone(Approach approach) {
  Slot slot(*this);
  co_await whether_to_try(place_);
  const core::Deadline deadline = core::Deadline::after(parts_.loop, approach.timeout);
  const auto use = approach.greeting.empty() ? core::Pool::Use::again : core::Pool::Use::once;
  core::HostPort where = place_.where;
  where.greeting = std::move(approach.greeting);
  std::unique_ptr<core::ByteStream> stream = co_await parts_.connector.connect(std::move(where), deadline);
  core::ClientSession& session =
      pool_.add(core::make_h1_client(parts_.loop, std::move(stream), limits_), use);
  slot.keep();
  note_opened();
  co_return &session;
}

core::Flow<core::ClientSession*> Origin::join(core::Duration timeout) {
  Joined joined(joined_);
  if (!opening_.is_running()) {
    opening_.start(open_shared(timeout), [this](core::Result<std::unique_ptr<core::ClientSession>> opened) {
      on_shared_opened(std::move(opened));
    });
  }
  core::ClientSession* session = co_await joined.outcome;
  co_return session;
}

/// Goes on when those who asked have gone: the next ones find it.
core::Flow<std::unique_ptr<core::ClientSession>> Origin::open_shared(core::Duration timeout) {
  Slot slot(*this);
  co_await whether_to_try(place_);
  const core::Deadline deadline = core::Deadline::after(parts_.loop, timeout);
  std::unique_ptr<core::ByteStream> stream = co_await parts_.connector.connect(place_.where, deadline);
  const bool is_tls = parts_.protocol == config::OriginProtocol::h2;
  const core::H2ClientOptions options = {limits_, is_tls ? core::H2Carrier::tls : core::H2Carrier::plain};
  core::Flow<std::unique_ptr<core::ClientSession>> opening =
      core::open_h2_client(parts_.loop, std::move(stream), options, deadline);
  std::unique_ptr<core::ClientSession> session = co_await std::move(opening);
  slot.keep();
  note_opened();
  co_return session;
}

void Origin::on_shared_opened(core::Result<std::unique_ptr<core::ClientSession>> opened) {
  while (!joined_.empty()) joined_.front()->move_to(told_);
  if (opened) pool_.add_idle(std::move(*opened));
  // What one is told may end another, or make it join again.
  while (!told_.empty()) {
    Joined& joined = *told_.front();
    joined.leave();
    if (opened) {
      joined.outcome.deliver(hand_out());
    } else {
      joined.outcome.deliver(core::failure(opened.error()));
    }
  }
}

void Origin::leave() {
  is_leaving_ = true;
  pool_.stop_keeping();
}

void Origin::update(const Place& place) {
  place_ = place;
  candidate_.weight = place.weight;
}

void Origin::on_session_room() {
  note_idle();
  parts_.owner.on_room(*this);
}

void Origin::on_session_gone() {
  note_idle();
  note_closed(1);
  parts_.allowance.give_back();
  if (!is_ending_) parts_.owner.on_room(*this);
}

void Origin::note_opened() {
  if (parts_.traffic != nullptr) parts_.traffic->opened.add();
}

void Origin::note_closed(std::size_t count) {
  if (parts_.traffic != nullptr) parts_.traffic->closed.add(count);
}

void Origin::note_idle() {
  const std::size_t idle = pool_.idle();
  if (parts_.traffic != nullptr && idle > counted_idle_) parts_.traffic->rested.add(idle - counted_idle_);
  if (parts_.traffic != nullptr && idle < counted_idle_) parts_.traffic->woken.add(counted_idle_ - idle);
  counted_idle_ = idle;
  const bool is_idle = idle > 0;
  if (is_idle == is_known_idle_) return;
  is_known_idle_ = is_idle;
  if (is_idle) {
    parts_.allowance.has_idle(self_);
  } else {
    parts_.allowance.has_no_idle(self_, self_place_);
  }
}

}  // namespace gateway
