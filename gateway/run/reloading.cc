#include "gateway/run/reloading.h"

#include <utility>

namespace gateway {
namespace {

core::Error ending() {
  return {core::ErrorKind::unavailable, core::Side::us, "the gateway is ending and reloads nothing any more"};
}

}  // namespace

/// Takes the cell off whichever list it is on when its flow ends early.
class Reloading::Place {
 public:
  Place(Reloading& owner, core::OneShot<std::string>& cell) : owner_(owner), cell_(&cell) {
    (owner_.is_running_ ? owner_.later_ : owner_.waiting_).push_back(cell_);
  }
  ~Place() {
    for (Waiting* list : {&owner_.waiting_, &owner_.later_, &owner_.told_}) list->remove(cell_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  Reloading& owner_;
  core::OneShot<std::string>* cell_;
};

Reloading::Reloading(core::Loop& loop, const core::Log& log, Work work)
    : log_(log),
      work_(std::move(work)),
      again_(loop, [this] { ask(); }),
      look_timer_(loop, [this] { look(); }) {}

void Reloading::stop() {
  is_over_ = true;
  running_.cancel();
  again_.disarm();
  look_timer_.disarm();
  waiting_.splice(waiting_.end(), later_);
  tell(core::failure(ending()));
}

void Reloading::ask() {
  if (is_over_) return;
  if (!is_running_) return begin();
  is_wanted_again_ = true;
}

core::Flow<std::string> Reloading::ask_and_wait() {
  if (is_over_) co_await core::failure(ending());
  core::OneShot<std::string> cell;
  const Place place(*this, cell);
  ask();
  std::string end = co_await cell;
  co_return end;
}

void Reloading::begin() {
  is_running_ = true;
  for (auto& [path, file] : files_) file.used = file.seen = config::stamp_of(path);
  running_.start(work_(), [this](const core::Result<std::string>& outcome) { ended(outcome); });
}

void Reloading::ended(const core::Result<std::string>& outcome) {
  is_running_ = false;
  if (!outcome) {
    log_.error("the configuration was not reloaded: the one before stays in force",
               {{"error", outcome.error().text}});
  }
  if (std::exchange(is_wanted_again_, false)) again_.arm(core::Duration::zero());
  tell(outcome);
  waiting_.splice(waiting_.end(), later_);
}

/// Those who wait for the reload that has ended. Who begins to wait meanwhile waits for another.
void Reloading::tell(const core::Result<std::string>& outcome) {
  told_.splice(told_.end(), waiting_);
  while (!told_.empty()) {
    core::OneShot<std::string>* cell = told_.front();
    told_.pop_front();
    cell->deliver(outcome);
  }
}

void Reloading::watch(const std::set<std::string>& files) {
  std::map<std::string, File> watched;
  for (const std::string& file : files) {
    const auto known = files_.find(file);
    const std::optional<config::FileStamp> stamp = config::stamp_of(file);
    watched.emplace(file, known != files_.end() ? known->second : File{stamp, stamp});
  }
  files_ = std::move(watched);
  if (!files_.empty()) look_timer_.arm(kFileInterval);
}

void Reloading::look() {
  bool has_changed = false;
  for (auto& [path, file] : files_) {
    const std::optional<config::FileStamp> stamp = config::stamp_of(path);
    const bool is_settled = stamp == file.seen;
    file.seen = stamp;
    if (!is_settled || stamp == file.used) continue;
    file.used = stamp;
    has_changed = true;
    log_.info("a file of the configuration has changed", {{"file", path}});
  }
  if (has_changed) ask();
  look_timer_.arm(kFileInterval);
}

}  // namespace gateway
