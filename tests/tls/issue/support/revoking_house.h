// A house whose authority revokes. Include before doctest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/tls/issue/support/house.h"

namespace test_support {

inline core::Flow<std::string> end_of(tls::AnswerPointer answer) {
  tls::Answer& cell = *answer;
  std::string text = co_await cell;
  co_return text;
}

/// An authority that revokes, and keeps what was revoked.
struct RevokingHouse : House {
  RevokingHouse() {
    authority.directory_more.set("revokeCert", core::Json(authority.url("revoke-cert")));
    authority.instead = [this](const std::string& what,
                               const core::Json& payload) -> std::optional<core::FetchResponse> {
      if (what != "revoke-cert") return std::nullopt;
      revoked.push_back(payload);
      core::FetchResponse done;
      done.status = 200;
      return refuses ? problem(403, *refuses) : done;
    };
  }
  /// What the keeper says in the end.
  std::string told(const core::Result<tls::AnswerPointer>& asked) {
    if (!asked) return "! " + asked.error().text;
    const core::Result<std::string> end = run(end_of(*asked));
    return end ? *end : "! " + end.error().text;
  }
  std::vector<core::Json> revoked;
  std::optional<std::string> refuses;
};

}  // namespace test_support
