// Lists of entries, each the owner of its session and the one that is told of its end.
#include "core/http/pool.h"

#include <utility>

namespace core {

class Pool::Entry final : public Retirable, private ClientSessionOwner {
 public:
  Entry(Pool& pool, std::unique_ptr<ClientSession> session, Use how)
      : use(how), pool_(pool), session_(std::move(session)) {
    session_->set_owner(this);
  }

  [[nodiscard]] ClientSession& session() const { return *session_; }

  Entries* list = nullptr;  ///< where it is
  Entries::iterator place;
  SteadyTime idle_since;
  Use use;

 private:
  void on_idle() override { pool_.put_back(*this); }
  void on_room() override { pool_.note_room(*this); }
  void on_session_end() override { pool_.drop(*this); }

  Pool& pool_;
  std::unique_ptr<ClientSession> session_;
};

Pool::Pool(Loop& loop, PoolLimits limits, PoolOwner* owner)
    : loop_(loop), limits_(limits), owner_(owner), trim_timer_(loop, [this] { trim(); }) {}

Pool::~Pool() = default;

ClientSession* Pool::take() {
  while (!shared_.empty()) {
    Entry& entry = *shared_.back();
    if (entry.session().is_worn()) {
      move_to(worn_, entry);
      continue;
    }
    if (entry.session().is_open()) return &entry.session();
    move_to(full_, entry);
  }
  while (!idle_.empty()) {
    Entry& entry = *idle_.back();
    if (!entry.session().is_open()) {
      drop(entry);
      continue;
    }
    move_to(full_, entry);  // until it says otherwise
    return &entry.session();
  }
  return nullptr;
}

ClientSession* Pool::take_worn() {
  while (!worn_.empty()) {
    Entry& entry = *worn_.back();
    if (entry.session().is_open()) return &entry.session();
    move_to(full_, entry);
  }
  return nullptr;
}

Pool::Entry& Pool::enter(std::unique_ptr<ClientSession> session, Use use) {
  full_.push_back(std::make_unique<Entry>(*this, std::move(session), use));
  Entry& entry = *full_.back();
  entry.list = &full_;
  entry.place = std::prev(full_.end());
  return entry;
}

ClientSession& Pool::add(std::unique_ptr<ClientSession> session, Use use) {
  return enter(std::move(session), use).session();
}

void Pool::add_idle(std::unique_ptr<ClientSession> session) {
  put_back(enter(std::move(session), Use::again));
}

void Pool::move_to(Entries& list, Entry& entry) {
  list.splice(list.end(), *entry.list, entry.place);
  entry.list = &list;
}

void Pool::note_room(Entry& entry) {
  if (entry.list != &full_) return;
  move_to(entry.session().is_worn() ? worn_ : shared_, entry);
  if (owner_ != nullptr) owner_->on_session_room();
}

void Pool::put_back(Entry& entry) {
  if (!keeps_ || entry.use == Use::once || entry.session().is_worn()) return drop(entry);
  entry.idle_since = loop_.now();
  move_to(idle_, entry);
  if (idle_.size() > limits_.idle_sessions) drop(*idle_.front());
  if (!trim_timer_.is_armed()) trim_timer_.arm(limits_.idle_time);
  if (owner_ != nullptr) owner_->on_session_room();
}

void Pool::drop(Entry& entry) {
  Entries& list = *entry.list;
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
