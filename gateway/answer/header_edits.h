// request_headers and response_headers of a route: fields that the configuration sets or removes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/types_route.h"
#include "core/base/result.h"
#include "core/http/fields.h"
#include "core/text/expand.h"
#include "gateway/model/identity.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"

namespace gateway {

/// One `set` of a header policy with its template.
struct HeaderSet {
  std::string name;
  core::Template value;
};

/// What placeholders may name.
struct KnownValues {
  const Request& request;
  const Identity* identity = nullptr;  ///< null: nobody's
};

struct HeaderEdits {
  std::vector<HeaderSet> set;
  std::vector<std::string> remove;
  static core::Result<HeaderEdits> make(const config::HeaderEdits& edits);

  /// Whether a field of this name is set or removed, in any spelling that an origin could take for it (X_Env
  /// for X-Env).
  [[nodiscard]] bool replaces(std::string_view name) const;
  /// Adds the fields that are set; their values live in `values`, which is overwritten. One whose value is
  /// missing, or cannot stand in a field, is left out.
  void add_to(core::Fields& fields, const KnownValues& known, std::vector<std::string>& values) const;
  /// Both, on an answer of our own.
  void apply(Reply& reply, const Request& request) const;
};

}  // namespace gateway
