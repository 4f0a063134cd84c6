// Counters and histograms of one thread, read by another, and their text exposition (Prometheus, version
// 0.0.4). The owner counts with plain loads and stores, no lock and no read-modify-write; who reads sees each
// number as it was a moment ago.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace core {

/// Only ever grows. add() on its owner's thread, value() on any.
class Counter {
 public:
  void add(std::uint64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

inline constexpr std::size_t kMostBuckets = 16;  ///< of a histogram, the one without an end included

/// What histograms add up to. counts[i] are observations of at most bounds[i] and more than the bound before;
/// the count behind the last bound is of all that were more.
struct HistogramSum {
  std::array<std::uint64_t, kMostBuckets> counts{};
  double sum = 0;  ///< seconds
};

/// Durations in seconds. note() on its owner's thread, add_to() on any.
class Histogram {
 public:
  /// `bounds` rise, are fewer than kMostBuckets, and outlive the histogram.
  explicit Histogram(std::span<const double> bounds) : bounds_(bounds) {}
  void note(double seconds);
  void add_to(HistogramSum& sum) const;

 private:
  std::span<const double> bounds_;
  std::array<Counter, kMostBuckets> counts_;
  std::atomic<double> sum_{0};
};

/// Writes the exposition. Values of labels may be any text: they are escaped here.
class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
  /// Begins a family: `type` is counter, gauge or histogram; `help` is one line of ours.
  void family(std::string_view name, std::string_view type, std::string_view help);
  /// Of the family that was begun last.
  void sample(Labels labels, std::uint64_t value);
  void sample(Labels labels, double value);
  void histogram(Labels labels, std::span<const double> bounds, const HistogramSum& sum);
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void begin_sample(std::string_view suffix, Labels labels, std::string_view bound = {});

  std::string name_;
  std::string text_;
};

}  // namespace core
