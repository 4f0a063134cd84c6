// Bytes that must not be printed, logged or left in memory: wiped when they end, no formatter, no stream
// operator.
#pragma once

#include <string>
#include <string_view>

namespace core {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes);
  /// Wipes `bytes` as well, so that the source does not stay behind in a small-string buffer.
  static Secret take(std::string& bytes);
  Secret(const Secret& other);
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  /// The bytes, for the one call that needs them. The view dies with the Secret.
  [[nodiscard]] std::string_view reveal() const { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  std::string bytes_;
};

/// Overwrites with zeros in a way the compiler keeps, then clears.
void wipe(std::string& bytes);

}  // namespace core
