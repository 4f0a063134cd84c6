// An immutable snapshot that one thread publishes and every worker reads: configuration, provider metadata
// and keys, certificates, revocations. A reader pays one atomic load while nothing changed, one lock for each
// change.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace core {

template <typename T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> first) : value_(std::move(first)) {}

  /// From any thread. Readers see the new value at their next current().
  void publish(std::shared_ptr<const T> value) {
    {
      const std::lock_guard lock(mutex_);
      value_ = std::move(value);
    }
    generation_.fetch_add(1, std::memory_order_release);
  }
  [[nodiscard]] std::shared_ptr<const T> latest() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  [[nodiscard]] std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  /// One thread's view. Must not outlive the Published.
  class Reader {
   public:
    explicit Reader(const Published& source)
        : source_(source), seen_(source.generation()), value_(source.latest()) {}
    /// The newest snapshot; the reference is valid until the next call.
    const T& current() {
      const std::uint64_t generation = source_.generation();
      if (generation != seen_) [[unlikely]] {
        value_ = source_.latest();
        seen_ = generation;
      }
      return *value_;
    }
    /// Rises with each snapshot seen: caches that depend on the snapshot compare it.
    [[nodiscard]] std::uint64_t generation() const { return seen_; }
    /// The same snapshot, kept alive for as long as the caller needs it.
    std::shared_ptr<const T> pin() {
      current();
      return value_;
    }

   private:
    const Published& source_;
    std::uint64_t seen_;
    std::shared_ptr<const T> value_;
  };

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
  std::atomic<std::uint64_t> generation_{1};
};

}  // namespace core
