// What stands open of an admission (sockets, event streams) where the guard cannot tell by itself whether it
// may go on: somebody else is asked, again and again.
#pragma once

#include <functional>
#include <string_view>

#include "core/base/error.h"
#include "gateway/model/request.h"

namespace gateway {

/// Of one admission; made by its guard, which outlives it. Destroying it ends the asking.
class Renewal {
 public:
  using OnOver = std::function<void(const core::Error& why)>;
  virtual ~Renewal() = default;
  /// Begins to ask; once. `over` is called once at most, from the loop, when it may not go on; it does not
  /// destroy the renewal. Of the request, time and fields are not looked at.
  virtual void begin(const Request& request, OnOver over) = 0;
  /// Who is asked.
  [[nodiscard]] virtual std::string_view by() const = 0;
};

}  // namespace gateway
