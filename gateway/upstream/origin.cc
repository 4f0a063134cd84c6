#include "gateway/upstream/origin.h"

#include <utility>

#include "core/http/h1_client.h"

namespace gateway {

/// A connection that is being made; gives its room back unless it came about.
class Origin::Slot {
 public:
  explicit Slot(Origin& origin) : origin_(origin) { ++origin_.connecting_; }
  ~Slot() {
    --origin_.connecting_;
    if (is_kept_) return;
    origin_.parts_.allowance.give_back();
    origin_.parts_.owner.on_room(origin_);
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  void keep() { is_kept_ = true; }

 private:
  Origin& origin_;
  bool is_kept_ = false;
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
  pool_.close_idle();
  // Those in use end with their pool.
  for (std::size_t left = pool_.in_use(); left > 0; --left) parts_.allowance.give_back();
}

core::ClientSession* Origin::take_idle() {
  core::ClientSession* session = pool_.take();
  note_idle();
  return session;
}

bool Origin::make_room() {
  if (connections() >= parts_.most_connections) pool_.close_oldest_idle();
  return connections() < parts_.most_connections && parts_.allowance.take();
}

core::Flow<core::ClientSession*> Origin::connect(core::Duration timeout) {
  Slot slot(*this);
  const core::Deadline deadline = core::Deadline::after(parts_.loop, timeout);
  std::unique_ptr<core::ByteStream> stream = co_await parts_.connector.connect(place_.where, deadline);
  core::ClientSession& session = pool_.add(core::make_h1_client(parts_.loop, std::move(stream), limits_));
  slot.keep();
  co_return &session;
}

void Origin::leave() {
  is_leaving_ = true;
  pool_.stop_keeping();
}

void Origin::update(const Place& place) {
  place_ = place;
  candidate_.weight = place.weight;
}

void Origin::on_session_idle() {
  note_idle();
  parts_.owner.on_room(*this);
}

void Origin::on_session_gone() {
  note_idle();
  parts_.allowance.give_back();
  if (!is_ending_) parts_.owner.on_room(*this);
}

void Origin::note_idle() {
  const bool is_idle = pool_.idle() > 0;
  if (is_idle == is_known_idle_) return;
  is_known_idle_ = is_idle;
  if (is_idle) {
    parts_.allowance.has_idle(self_);
  } else {
    parts_.allowance.has_no_idle(self_, self_place_);
  }
}

}  // namespace gateway
