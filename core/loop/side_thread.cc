#include "core/loop/side_thread.h"

#include <utility>

namespace core {

SideThread::SideThread(Loop& loop, const std::string& name, std::size_t limit)
    : loop_(loop), limit_(limit), thread_(name, [this] { run(); }) {}

SideThread::~SideThread() {
  const std::lock_guard lock(mutex_);
  ends_ = true;
  changed_.notify_one();
}

Flow<bool> SideThread::ask(std::function<bool()> question) {
  const auto answer = std::make_shared<Answer>();
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= limit_) co_return failure(ErrorKind::refused, Side::us, "too many wait");
    waiting_.push_back({std::move(question), answer});
  }
  changed_.notify_one();
  const bool is_so = co_await *answer;
  co_return is_so;
}

void SideThread::run() {
  for (;;) {
    Waiting next;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
      if (ends_) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    if (next.answer.expired()) continue;
    const bool is_so = next.question();
    loop_.post([answer = next.answer, is_so] {
      const std::shared_ptr<Answer> asker = answer.lock();
      if (asker != nullptr) asker->deliver(is_so);
    });
  }
}

}  // namespace core
