#include "gateway/run/asked_work.h"

#include <utility>

namespace gateway {
namespace {

core::Error ending() {
  return {core::ErrorKind::unavailable, core::Side::us,
          "the gateway is ending and does nothing new any more"};
}

}  // namespace

/// Takes the cell off whichever list it is on when its flow ends early.
class AskedWork::Place {
 public:
  Place(AskedWork& owner, core::OneShot<std::string>& cell) : owner_(owner), cell_(&cell) {
    (owner_.is_running_ ? owner_.later_ : owner_.waiting_).push_back(cell_);
  }
  ~Place() {
    for (Waiting* list : {&owner_.waiting_, &owner_.later_, &owner_.told_}) list->remove(cell_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  AskedWork& owner_;
  core::OneShot<std::string>* cell_;
};

AskedWork::AskedWork(core::Loop& loop, const core::Log& log, std::string failed, Work work)
    : log_(log), failed_(std::move(failed)), work_(std::move(work)), again_(loop, [this] { ask(); }) {}

void AskedWork::stop() {
  is_over_ = true;
  running_.cancel();
  again_.disarm();
  waiting_.splice(waiting_.end(), later_);
  tell(core::failure(ending()));
}

void AskedWork::ask() {
  if (is_over_) return;
  if (!is_running_) return begin();
  is_wanted_again_ = true;
}

core::Flow<std::string> AskedWork::ask_and_wait() {
  if (is_over_) co_await core::failure(ending());
  core::OneShot<std::string> cell;
  const Place place(*this, cell);
  ask();
  std::string end = co_await cell;
  co_return end;
}

void AskedWork::begin() {
  is_running_ = true;
  running_.start(work_(), [this](const core::Result<std::string>& outcome) { ended(outcome); });
}

void AskedWork::ended(const core::Result<std::string>& outcome) {
  is_running_ = false;
  if (!outcome) log_.error(failed_, {{"error", outcome.error().text}});
  if (std::exchange(is_wanted_again_, false)) again_.arm(core::Duration::zero());
  tell(outcome);
  waiting_.splice(waiting_.end(), later_);
}

/// Those who wait for what has ended. Who begins to wait meanwhile waits for another.
void AskedWork::tell(const core::Result<std::string>& outcome) {
  told_.splice(told_.end(), waiting_);
  while (!told_.empty()) {
    core::OneShot<std::string>* cell = told_.front();
    told_.pop_front();
    cell->deliver(outcome);
  }
}

}  // namespace gateway
