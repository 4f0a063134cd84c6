// Asking another thread's loop: a flow here waits for a flow that runs there. The one way a worker uses what
// control owns (refetching keys, revoking a session). Values cross by move; nothing is shared but the
// question itself.
//
// Each loop that asks or answers has an AskDesk. Questions under way are owned by the answering desk; when it
// closes they are cancelled and the asker gets `unavailable`. When the asker goes away first (its flow is
// destroyed, its desk is closed) the work goes on to its end and the answer is dropped.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

#include "core/base/result.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/wait.h"

namespace core {

/// One loop's end of all questions. Made and destroyed on the loop's thread, or while that thread is not
/// running.
class AskDesk {
 public:
  explicit AskDesk(Loop& loop) : door_(std::make_shared<Door>(&loop)) {}
  ~AskDesk() {
    door_->close();
    running_.clear();
  }
  AskDesk(const AskDesk&) = delete;
  AskDesk& operator=(const AskDesk&) = delete;

  /// Where other threads leave work for the loop; closed when the desk ends.
  class Door {
   public:
    explicit Door(Loop* loop) : loop_(loop) {}
    /// From any thread. False, and nothing happens, once the desk has ended.
    bool post(std::function<void()> action) {
      const std::lock_guard lock(mutex_);
      if (loop_ == nullptr) return false;
      loop_->post(std::move(action));
      return true;
    }

   private:
    friend class AskDesk;
    void close() {
      const std::lock_guard lock(mutex_);
      loop_ = nullptr;
    }
    std::mutex mutex_;
    Loop* loop_;
  };
  [[nodiscard]] const std::shared_ptr<Door>& door() const { return door_; }

  /// A question under way on this desk's loop.
  class Question : public Retirable {};
  /// On this loop's thread only.
  void keep(std::unique_ptr<Question> question) { running_.push_back(std::move(question)); }
  /// Forgets an ended question; it dies at the end of the turn. On this loop's thread only.
  void drop(Question* question, Loop& loop) {
    for (auto place = running_.begin(); place != running_.end(); ++place) {
      if (place->get() != question) continue;
      loop.retire(std::move(*place));
      running_.erase(place);
      return;
    }
  }
  [[nodiscard]] std::size_t questions() const { return running_.size(); }

 private:
  std::shared_ptr<Door> door_;
  std::list<std::unique_ptr<Question>> running_;
};

namespace ask_internal {

/// Carries the answer home. Whatever happens to the question, the asker hears exactly once: the destructor
/// says `unavailable` if nobody has answered.
template <typename T>
class Answer {
 public:
  Answer(std::shared_ptr<AskDesk::Door> home, std::shared_ptr<OneShot<T>*> asker)
      : home_(std::move(home)), asker_(std::move(asker)) {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() { give(failure(ErrorKind::unavailable, Side::us, "the thread that was asked is shutting down")); }

  void give(Result<T> result) {
    if (given_) return;
    given_ = true;
    auto carried = std::make_shared<Result<T>>(std::move(result));
    // `asker` is read and written on the asker's thread only.
    home_->post([asker = asker_, carried] {
      if (*asker != nullptr) (*asker)->deliver(std::move(*carried));
    });
  }

 private:
  std::shared_ptr<AskDesk::Door> home_;
  std::shared_ptr<OneShot<T>*> asker_;
  bool given_ = false;
};

template <typename T>
class RunningQuestion final : public AskDesk::Question {
 public:
  RunningQuestion(AskDesk& desk, Loop& loop, std::shared_ptr<Answer<T>> answer)
      : desk_(desk), loop_(loop), answer_(std::move(answer)) {}
  void start(Flow<T> flow) {
    flow_.start(std::move(flow), [this](Result<T> result) {
      answer_->give(std::move(result));
      desk_.drop(this, loop_);
    });
  }

 private:
  AskDesk& desk_;
  Loop& loop_;
  std::shared_ptr<Answer<T>> answer_;
  RunningFlow<T> flow_;
};

/// Clears the asker's pointer when the asking flow ends, whichever way.
template <typename T>
class Listening {
 public:
  explicit Listening(OneShot<T>& cell) : asker_(std::make_shared<OneShot<T>*>(&cell)) {}
  ~Listening() { *asker_ = nullptr; }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  [[nodiscard]] const std::shared_ptr<OneShot<T>*>& asker() const { return asker_; }

 private:
  std::shared_ptr<OneShot<T>*> asker_;
};

}  // namespace ask_internal

/// The desk that is asked, with its loop. Both outlive every question that is still to arrive: a posted
/// question whose loop ends is destroyed with it and counts as unanswered.
struct AskTarget {
  AskDesk& desk;
  Loop& loop;
};

/// Runs the flow that `work` makes on `other`'s loop and hands its result over here. `mine` is the desk of
/// the calling thread's loop.
template <typename T>
Flow<T> ask(AskDesk& mine, AskTarget other, std::function<Flow<T>()> work) {
  OneShot<T> cell;
  ask_internal::Listening<T> listening(cell);
  auto answer = std::make_shared<ask_internal::Answer<T>>(mine.door(), listening.asker());
  const bool is_open = other.desk.door()->post([other, work = std::move(work), answer] {
    auto question = std::make_unique<ask_internal::RunningQuestion<T>>(other.desk, other.loop, answer);
    auto* running = question.get();
    other.desk.keep(std::move(question));
    running->start(work());
  });
  answer.reset();
  if (!is_open) co_await failure(ErrorKind::unavailable, Side::us, "the thread to ask is gone");
  T value = co_await cell;
  co_return value;
}

}  // namespace core
