// Two lists of entries, each the owner of its session and the one that is told of its end.
#include "core/http/pool.h"

#include <utility>

namespace core {

class Pool::Entry final : public Retirable, private ClientSessionOwner {
 public:
  Entry(Pool& pool, std::unique_ptr<ClientSession> session) : pool_(pool), session_(std::move(session)) {
    session_->set_owner(this);
  }

  [[nodiscard]] ClientSession& session() const { return *session_; }

  Entries::iterator place;  ///< in in_use_ or idle_
  SteadyTime idle_since;
  bool is_idle = false;

 private:
  void on_idle() override { pool_.put_back(*this); }
  void on_session_end() override { pool_.drop(*this); }

  Pool& pool_;
  std::unique_ptr<ClientSession> session_;
};

Pool::Pool(Loop& loop, PoolLimits limits, PoolOwner* owner)
    : loop_(loop), limits_(limits), owner_(owner), trim_timer_(loop, [this] { trim(); }) {}

Pool::~Pool() = default;

ClientSession* Pool::take() {
  while (!idle_.empty()) {
    Entry& entry = *idle_.back();
    if (!entry.session().is_open()) {
      drop(entry);
      continue;
    }
    entry.is_idle = false;
    in_use_.splice(in_use_.end(), idle_, entry.place);
    return &entry.session();
  }
  return nullptr;
}

ClientSession& Pool::add(std::unique_ptr<ClientSession> session) {
  in_use_.push_back(std::make_unique<Entry>(*this, std::move(session)));
  Entry& entry = *in_use_.back();
  entry.place = std::prev(in_use_.end());
  return entry.session();
}

void Pool::put_back(Entry& entry) {
  if (!keeps_) return drop(entry);
  entry.is_idle = true;
  entry.idle_since = loop_.now();
  idle_.splice(idle_.end(), in_use_, entry.place);
  if (idle_.size() > limits_.idle_sessions) drop(*idle_.front());
  if (!trim_timer_.is_armed()) trim_timer_.arm(limits_.idle_time);
  if (owner_ != nullptr) owner_->on_session_idle();
}

void Pool::drop(Entry& entry) {
  Entries& list = entry.is_idle ? idle_ : in_use_;
  const Entries::iterator place = entry.place;
  entry.session().set_owner(nullptr);  // it lives to the end of the turn and may still see its end
  loop_.retire(std::move(*place));
  list.erase(place);
  if (owner_ != nullptr) owner_->on_session_gone();
}

void Pool::close_idle() {
  while (!idle_.empty()) drop(*idle_.front());
}

bool Pool::close_oldest_idle() {
  if (idle_.empty()) return false;
  drop(*idle_.front());
  return true;
}

void Pool::stop_keeping() {
  keeps_ = false;
  close_idle();
}

void Pool::trim() {
  const SteadyTime now = loop_.now();
  while (!idle_.empty() && idle_.front()->idle_since + limits_.idle_time <= now) drop(*idle_.front());
  if (idle_.empty()) return;
  const SteadyTime next = idle_.front()->idle_since + limits_.idle_time;
  trim_timer_.arm(std::chrono::ceil<Duration>(next - now));
}

}  // namespace core
