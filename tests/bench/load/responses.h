// Reads the responses of one HTTP/1.1 connection and counts them: status 200, Content-Length, and nothing
// else (RFC 9112 section 6). Anything else ends the program: a load over errors measures nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

class Responses {
 public:
  /// Takes bytes in any pieces; gives the number of responses that ended in them.
  unsigned take(std::string_view bytes);
  /// Bytes of bodies so far.
  std::uint64_t bodyBytes() const { return bodyBytes_; }

 private:
  void head(std::string_view text);

  std::string head_;
  std::uint64_t rest_ = 0;
  std::uint64_t bodyBytes_ = 0;
  bool isInBody_ = false;
};

}  // namespace bench
