// Counts what is under way, so that a bound can be kept.
#pragma once

#include <cstddef>

namespace gateway {

/// Counts a question for as long as it is under way, however that ends.
class Asking {
 public:
  explicit Asking(std::size_t& count) : count_(count) { ++count_; }
  ~Asking() { --count_; }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

 private:
  std::size_t& count_;
};

}  // namespace gateway
