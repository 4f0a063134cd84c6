// The Priority field (RFC 9218 section 4): how urgent an answer is beside others of its connection, and
// whether a part of it is of use. The library reads requests and PRIORITY_UPDATE; this is for what an origin
// says of its answer, which it knows better (section 8). For the sources of this folder only.
#pragma once

#include <optional>
#include <string_view>

#include "core/http/fields.h"

namespace core {

struct H2Priority {
  static constexpr unsigned kUsualUrgency = 3;
  static constexpr unsigned kLowestUrgency = 7;

  std::optional<unsigned> urgency;  ///< 0, the most urgent, to 7; none: not said
  std::optional<bool> incremental;

  /// Takes over what a field's value says, and keeps the rest. What cannot be read says nothing; unknown
  /// members are skipped (section 4).
  void merge(std::string_view value);
  /// Each Priority field of `fields`, in order. False if there is none.
  bool merge_fields(const Fields& fields);
};

}  // namespace core
