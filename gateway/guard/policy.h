// Policies: who may pass, judged on every request from a session's identity and, where a rule asks for them,
// from the request's method and its client's address. deny is looked at first and wins; then any rule of
// allow admits, or an administrator's approval; else what `otherwise` says. A rule holds if all of its tests
// hold. A test that cannot be decided never admits, and denies where it stands in deny.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/net/address.h"
#include "gateway/guard/policies.h"
#include "gateway/model/identity.h"
#include "gateway/model/request.h"

namespace gateway {

enum class Decision : std::uint8_t { admitted = 1, denied, pending, redirected };

/// Who asks, and what their request says of itself.
struct Question {
  const Identity& identity;
  std::optional<core::IpAddress>
      client;  ///< nothing: nobody knows, so no rule about it admits, and each denies
  std::string_view method;
};

Question question_of(const Identity& identity, const Request& request);

/// A pure function of all; allocates nothing. `policies` are checked by config: every rule has a test, and
/// they name one another in no circle and not too deep. Where `index` is none of them: denied.
Decision judge(const Policies& policies, std::size_t index, const Question& question);

/// What of a policy decides.
enum class Ground : std::uint8_t { deny, allow, approval, otherwise };

/// A decision and what it rests on, for people who ask why.
struct Reasoned {
  Decision decision = Decision::denied;
  Ground ground = Ground::otherwise;
  std::size_t rule = 0;    ///< the place in deny or allow, from 0
  bool is_certain = true;  ///< false: the rule cannot be decided, which denies where it stands in deny
};

/// As judge(), and which rule it is: the first that decides.
Reasoned judge_and_say_why(const Policies& policies, std::size_t index, const Question& question);

/// Whether somebody whom the policy does not admit may ask its administrators: there are some, and no rule of
/// deny means them.
bool may_ask(const Policies& policies, std::size_t index, const Question& question);

}  // namespace gateway
