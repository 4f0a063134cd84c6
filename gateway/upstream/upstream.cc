#include "gateway/upstream/upstream.h"

#include <algorithm>
#include <utility>

#include "core/crypto/digest.h"
#include "core/text/base64.h"

namespace gateway {
namespace {

constexpr std::size_t kLabelBytes = 8;

/// One worker's part of what the whole process may have; at least one.
std::size_t share_of(std::size_t all, unsigned workers) {
  return std::max<std::size_t>(1, all / workers);
}

}  // namespace

Upstream::Upstream(const UpstreamParts& parts, const config::Upstream& settings)
    : parts_(parts),
      text_(settings.text()),
      protocol_(settings.protocol()),
      most_connections_(settings.balancing.circuit.connections
                            ? share_of(*settings.balancing.circuit.connections, parts.workers)
                            : ConnectionAllowance::kUnbounded),
      slow_start_(settings.balancing.slow_start),
      retries_(settings.balancing.retry.budget_percent, parts.loop.now()),
      line_(parts.loop, settings.balancing.circuit.pending == 0
                            ? 0
                            : share_of(settings.balancing.circuit.pending, parts.workers)),
      balancer_(make_balancer(settings.balancing.balance, parts.seed)),
      return_timer_(parts.loop, [this] { look(); }) {
  if (parts_.state != nullptr) reader_.emplace(*parts_.state);
  take_state(reader_ ? reader_->current() : unresolved_state_of(settings), parts_.loop.now());
  // Those that are there at the start have nobody to warm up beside.
  for (const auto& origin : origins_) origin->candidate().slow_start = {};
}

Upstream::~Upstream() {
  parts_.allowance.forget(line_);
}

Origin* Upstream::choose(const Call& call, const Tried& tried) {
  look();
  Candidate* candidate = balancer_->pick(call, tried);
  return candidate == nullptr ? nullptr : candidate->origin;
}

void Upstream::look() {
  const core::SteadyTime now = parts_.loop.now();
  if (reader_) {
    const std::uint64_t seen = reader_->generation();
    const UpstreamState& state = reader_->current();
    if (reader_->generation() != seen) return take_state(state, now);
  }
  if (next_return_ && now >= *next_return_) refresh(now);
}

void Upstream::take_state(const UpstreamState& state, core::SteadyTime now) {
  std::vector<std::unique_ptr<Origin>> before = std::move(origins_);
  origins_.clear();
  for (const Place& place : state.places) {
    const auto known = std::ranges::find_if(before, [&place](const auto& origin) {
      return origin != nullptr && origin->place().key == place.key;
    });
    if (known == before.end()) {
      const OriginParts parts{parts_.loop,       parts_.connector, parts_.allowance, *this,
                              most_connections_, protocol_,        parts_.traffic};
      origins_.push_back(std::make_unique<Origin>(parts, place, label_of(place)));
      origins_.back()->start_slowly(now, slow_start_);
      continue;
    }
    if (place.is_up && !(*known)->place().is_up) (*known)->start_slowly(now, slow_start_);
    (*known)->update(place);
    origins_.push_back(std::move(*known));
  }
  refresh(now);
  for (std::unique_ptr<Origin>& gone : before) {
    if (gone == nullptr) continue;
    gone->leave();
    Origin& origin = *gone;
    leaving_.push_back(std::move(gone));
    end_if_unused(origin);
  }
}

/// Which origins may be used. If none of them should be, all are: trying is better than refusing.
void Upstream::refresh(core::SteadyTime now) {
  usable_.clear();
  next_return_.reset();
  for (const auto& origin : origins_) {
    if (!origin->ejection().is_out(now)) {
      if (origin->place().is_up) usable_.push_back(&origin->candidate());
      continue;
    }
    const core::SteadyTime until = origin->ejection().until();
    next_return_ = std::min(until, next_return_.value_or(until));
    origin->start_slowly(until, slow_start_);
  }
  if (usable_.empty()) {
    for (const auto& origin : origins_) usable_.push_back(&origin->candidate());
  }
  balancer_->set(usable_);
  if (next_return_) return_timer_.arm(std::chrono::ceil<core::Duration>(*next_return_ - now));
  line_.wake();
}

void Upstream::note_success(Origin& origin) {
  origin.ejection().succeed(parts_.loop.now());
}

void Upstream::note_failure(Origin& origin, OriginFailure failure, const core::Error& error) {
  const core::SteadyTime now = parts_.loop.now();
  if (error.side == core::Side::us || origin.is_leaving()) return;
  const bool is_too_often = origin.ejection().fail(failure);
  if (!is_too_often || origin.ejection().is_out(now) || !can_spare(origin, failure, now)) return;
  origin.ejection().eject(now);
  const auto pause = std::chrono::duration_cast<core::Duration>(origin.ejection().until() - now);
  parts_.log.warn(
      "an origin fails and is left out for a while",
      {{"upstream", text_}, {"origin", origin.name()}, {"pause_ms", pause.count()}, {"error", error.text}});
  refresh(now);
}

/// One origin always stays. A client can make an answer fail by what it asks for, so that alone never takes
/// out more than half of the origins.
bool Upstream::can_spare(const Origin& origin, OriginFailure failure, core::SteadyTime now) {
  std::size_t others = 0;
  for (const auto& other : origins_) {
    if (other.get() != &origin && other->place().is_up && !other->ejection().is_out(now)) ++others;
  }
  const std::size_t needed = failure == OriginFailure::connect ? 1 : (origins_.size() + 1) / 2;
  return others >= needed;
}

void Upstream::release(Origin& origin) {
  origin.release();
  end_if_unused(origin);
}

void Upstream::on_room(Origin& origin) {
  line_.wake();
  end_if_unused(origin);
}

void Upstream::end_if_unused(Origin& origin) {
  if (!origin.is_leaving() || !origin.is_unused()) return;
  const auto found = std::ranges::find(leaving_, &origin, &std::unique_ptr<Origin>::get);
  if (found == leaving_.end()) return;
  parts_.loop.retire(std::move(*found));
  leaving_.erase(found);
}

/// Says nothing of the address to who has no key.
std::string Upstream::label_of(const Place& place) const {
  if (parts_.label_key == nullptr) return {};
  const core::Sha256Digest digest = core::hmac_sha256(parts_.label_key->reveal(), place.name);
  return core::base64url_encode(core::view_of(digest).substr(0, kLabelBytes));
}

}  // namespace gateway
