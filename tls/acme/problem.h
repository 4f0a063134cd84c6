// Problem documents of a certificate authority (RFC 8555 section 6.7, RFC 7807): what was refused, for which
// names, and when to come again, as a value and as one sentence an operator can act on. The text comes from
// the authority: it is bounded here and escaped by the log.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/http/client.h"
#include "core/text/json.h"

namespace tls {

inline constexpr std::size_t kMaxProblemText = 500;
inline constexpr std::size_t kMaxProblemParts = 10;

/// What is wrong with one identifier of an order.
struct ProblemPart {
  std::string type;
  std::string detail;
  std::string identifier;  ///< empty: none was named
};

struct Problem {
  int status = 0;
  std::string type;    ///< "rateLimited": without urn:ietf:params:acme:error:; a foreign URI whole; or empty
  std::string detail;  ///< at most kMaxProblemText bytes
  std::string instance;  ///< a page for a person to read, https only; empty: none
  std::vector<ProblemPart> parts;
  std::optional<core::Duration> retry_after;  ///< as sent, not clamped

  [[nodiscard]] bool is(std::string_view short_type) const { return type == short_type; }
};

/// The `error` member of an order, authorization or challenge; any JSON is taken.
Problem read_problem(const core::Json& json);
/// Of an answer with a status of 400 or more; a body that is no problem document gives one without type.
/// `now`: for a Retry-After that is a date.
Problem read_problem(const core::FetchResponse& response, core::WallTime now);

/// "rateLimited: too many certificates …; example.com: …; see https://…; …". Never empty.
std::string sentence(const Problem& problem);
/// The same as an Error of Side::authority; retry `later`, or `never` for what only an operator can change.
core::Error error_of(const Problem& problem);

/// A name that was refused among others, and what was said of it.
struct NameRefusal {
  std::string name;
  Problem problem;
};
/// Which of `names` a problem is about: those of its parts, or, where it has none and its type is about
/// names, those that its text mentions as whole words. No name comes back that is not one of `names`.
std::vector<NameRefusal> refusals_in(const Problem& problem, const std::vector<std::string>& names);
/// Whether trying the same name again by other ways is of no use: the authority's policy or the zone forbids
/// it.
bool is_about_the_name(const Problem& problem);
/// Whether an answer says for good that what was asked about can give nothing: a status of 400 to 499 that is
/// neither a limit nor a nonce. Everything else may be another answer later.
bool is_for_good(const Problem& problem);

/// Retry-After (RFC 9110 section 10.2.3) in seconds or as a date; nothing for what is neither. A moment that
/// has passed is 0.
std::optional<core::Duration> read_retry_after(std::string_view text, core::WallTime now);

/// How long to wait: what was said, or `otherwise`, never outside lowest..highest.
struct PauseBounds {
  core::Duration lowest;
  core::Duration highest;
  core::Duration otherwise;
};
core::Duration clamped(std::optional<core::Duration> said, const PauseBounds& bounds);

}  // namespace tls
