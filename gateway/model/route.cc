#include "gateway/model/route.h"

#include <algorithm>

namespace gateway {

bool HeaderCondition::holds(const core::Fields& fields) const {
  const core::Field* found = nullptr;
  for (const core::Field& field : fields) {
    if (!core::equals_ignoring_case(field.name, name)) continue;
    if (found != nullptr) return false;  // which of them an origin reads is not ours to guess
    found = &field;
  }
  return found != nullptr && std::ranges::find(values, found->value) != values.end();
}

bool Route::takes(const core::Fields& fields) const {
  return std::ranges::all_of(conditions,
                             [&fields](const HeaderCondition& each) { return each.holds(fields); });
}

bool Route::takes_method(std::string_view method) const {
  return methods.empty() || std::ranges::find(methods, method) != methods.end();
}

}  // namespace gateway
