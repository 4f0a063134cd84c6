// Unpredictable bytes and ids from OpenSSL's generator. OpenSSL asks the kernel for the process id on every
// call, so a Random fetches 4 KiB at once and hands out pieces. Not for tests that need repeatable values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace core {

/// One owner's buffer of random bytes; one a thread. Bytes are wiped as they are handed out. The buffer is
/// emptied by the kernel in a forked child, never swapped into a core dump, and therefore no two processes
/// hand out the same bytes. A generator that fails ends the process: going on would mean predictable keys and
/// nonces.
class Random {
 public:
  Random();
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;
  ~Random();

  void fill(std::span<char> out);
  /// A 128-bit id as 22 characters of base64url.
  [[nodiscard]] std::string id();
  /// A 128-bit id as 32 lower-case hexadecimal digits (request ids, W3C trace ids).
  [[nodiscard]] std::string hex_id();
  /// The same, into memory of the caller's.
  void hex_id(std::span<char, 32> out);
  /// Uniform over all 64-bit values.
  [[nodiscard]] std::uint64_t number();
  /// Uniform over [0, bound). Requires: bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);

 private:
  struct Page;
  Page*
      page_;  ///< one mapped page; null where the kernel cannot empty it in a child: then nothing is buffered
};

/// `count` bytes straight from the generator; for keys and other rare values. Any thread.
std::string random_bytes(std::size_t count);

}  // namespace core
