// Why bytes are not accepted as an HTTP/1.1 message. No allocation: refusals are what attacks are made of.
#pragma once

#include <string_view>

namespace core {

struct Refusal {
  int status = 400;         ///< what a client is answered; from an origin it is always a 502
  std::string_view reason;  ///< a constant text, for the log
};

}  // namespace core
