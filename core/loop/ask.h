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
/// running; it ends before its loop.
class AskDesk {
 public:
  explicit AskDesk(Loop& loop) : door_(std::make_shared<Door>(loop)) {}
  ~AskDesk() { door_->close(); }
  AskDesk(const AskDesk&) = delete;
  AskDesk& operator=(const AskDesk&) = delete;

  /// A question under way on a desk's loop.
  class Question : public Retirable {};

  /// What outlives the desk: where other threads leave work for the loop, and the questions it is answering.
  class Door {
   public:
    explicit Door(Loop& loop) : loop_(&loop) {}

    /// From any thread. False, and nothing happens, once the desk has ended.
    bool post(std::function<void()> action) {
      const std::lock_guard lock(mutex_);
      if (loop_ == nullptr) return false;
      loop_->post(std::move(action));
      return true;
    }

    // The rest is for the loop's own thread.
    [[nodiscard]] bool is_open() const { return loop_ != nullptr; }
    [[nodiscard]] std::size_t questions() const { return running_.size(); }
    void keep(std::unique_ptr<Question> question) { running_.push_back(std::move(question)); }
    /// The question has ended; it dies at the end of the turn.
    void drop(const Question* question) {
      for (auto place = running_.begin(); place != running_.end(); ++place) {
        if (place->get() != question) continue;
        loop_->retire(std::move(*place));
        running_.erase(place);
        return;
      }
    }
    void close() {
      {
        const std::lock_guard lock(mutex_);
        loop_ = nullptr;
      }
      running_.clear();
    }

   private:
    std::mutex mutex_;
    Loop* loop_;  // written by the loop's thread under the mutex
    std::list<std::unique_ptr<Question>> running_;
  };
  [[nodiscard]] const std::shared_ptr<Door>& door() const { return door_; }

 private:
  std::shared_ptr<Door> door_;
};

namespace ask_internal {

/// Where the asking flow waits, for as long as it does. Read and written on the asker's thread only.
template <typename T>
using Asker = std::shared_ptr<OneShot<T>*>;

/// Carries the answer home. Whatever happens to the question, the asker hears exactly once: the destructor
/// says `unavailable` if nobody has answered.
template <typename T>
class Answer {
 public:
  Answer(std::shared_ptr<AskDesk::Door> home, Asker<T> asker)
      : home_(std::move(home)), asker_(std::move(asker)) {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() { give(failure(ErrorKind::unavailable, Side::us, "the thread that was asked is shutting down")); }

  void give(Result<T> result) {
    if (given_) return;
    given_ = true;
    auto carried = std::make_shared<Result<T>>(std::move(result));
    home_->post([asker = asker_, carried] {
      if (*asker != nullptr) (*asker)->deliver(std::move(*carried));
    });
  }

 private:
  std::shared_ptr<AskDesk::Door> home_;
  Asker<T> asker_;
  bool given_ = false;
};

template <typename T>
class RunningQuestion final : public AskDesk::Question {
 public:
  RunningQuestion(AskDesk::Door& door, std::shared_ptr<Answer<T>> answer)
      : door_(door), answer_(std::move(answer)) {}
  void start(Flow<T> flow) {
    flow_.start(std::move(flow), [this](Result<T> result) {
      answer_->give(std::move(result));
      door_.drop(this);
    });
  }

 private:
  AskDesk::Door& door_;
  std::shared_ptr<Answer<T>> answer_;
  RunningFlow<T> flow_;
};

/// Forgets the asker when the asking flow ends, whichever way.
template <typename T>
class Listening {
 public:
  explicit Listening(OneShot<T>& cell) : asker_(std::make_shared<OneShot<T>*>(&cell)) {}
  ~Listening() { *asker_ = nullptr; }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  [[nodiscard]] const Asker<T>& asker() const { return asker_; }

 private:
  Asker<T> asker_;
};

/// Leaves the question at the door; false if nobody is there any more.
template <typename T>
bool leave_question(const std::shared_ptr<AskDesk::Door>& door, std::function<Flow<T>()> work,
                    std::shared_ptr<Answer<T>> answer) {
  return door->post([door, work = std::move(work), answer = std::move(answer)] {
    if (!door->is_open()) return;
    auto question = std::make_unique<RunningQuestion<T>>(*door, answer);
    RunningQuestion<T>* running = question.get();
    door->keep(std::move(question));
    running->start(work());
  });
}

}  // namespace ask_internal

/// Runs the flow that `work` makes on `other`'s loop and hands its result over here. `mine` is the desk of
/// the calling thread's loop. `work` is called on the other thread and must own what it uses.
template <typename T>
Flow<T> ask(AskDesk& mine, AskDesk& other, std::function<Flow<T>()> work) {
  OneShot<T> cell;
  ask_internal::Listening<T> listening(cell);
  const std::shared_ptr<AskDesk::Door> door = other.door();
  auto answer = std::make_shared<ask_internal::Answer<T>>(mine.door(), listening.asker());
  // If the door is closed the answer dies here and says so.
  ask_internal::leave_question<T>(door, std::move(work), std::move(answer));
  T value = co_await cell;
  co_return value;
}

}  // namespace core
