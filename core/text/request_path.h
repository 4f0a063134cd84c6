// THE normal form of a request target: what the router and the policies judge and, byte for byte, what goes
// upstream. There is no second parser of paths. Not here: the query's meaning (form.h) and absolute URLs
// (url.h). RFC 3986 sections 3.3, 5.2.4 and 6.2.2; RFC 9112 section 3.2.1.
//
//   /a/%7Euser//./b/../c%2d?x=%zz   ->   path /a/~user/c-   query ?x=%zz
//
// Steps: split at the first "?"; decode escapes of unreserved characters, write the others with upper-case
// digits; write as an escape what RFC 3986 does not allow raw but browsers send ([ ] | ^ " < > ` { }); merge
// slashes; remove dot segments. The query is not changed.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace core {

/// What %2F in a path means. `keep`: an ordinary byte of its segment, sent as %2F.
enum class EncodedSlashes { refuse, keep };

inline constexpr std::size_t kMaxTargetBytes = 64UL * 1024;

/// Views into the target or into the scratch string.
struct NormalTarget {
  std::string_view path;   ///< absolute; no empty segment but the last, no dot segment
  std::string_view query;  ///< with its "?" as sent; empty if there is none
};

/// Linear time. A target that is in normal form already costs one scan and no allocation: the views are into
/// `target`. Otherwise, and for one with %2F, `scratch` is overwritten and `path` is a view into it. Refused
/// (malformed, client): a target that does not begin with "/" ("*" and absolute forms are the parser's); raw
/// "#", space, control byte, or byte over 0x7E; in the path a backslash, raw or as %5C; an escape of a
/// control byte; an incomplete escape; escapes that are not UTF-8 (overlong forms, surrogates); ".." above
/// the root; %2F with `refuse`; a segment that is "." or ".." followed by ";", or that becomes one of them
/// when %2F is read as a slash. Over kMaxTargetBytes: too_large.
Result<NormalTarget> normalise_target(std::string_view target, EncodedSlashes slashes, std::string& scratch);

/// The same for a path that an operator wrote: no query.
Result<std::string> normalise_path(std::string_view path, EncodedSlashes slashes);

/// Whether `path` is `prefix` or below it, by whole segments: /api covers /api, /api/ and /api/x, not /apix.
/// "/" covers everything; a prefix that ends with "/" covers only what is below. Requires: both in normal
/// form.
bool path_has_prefix(std::string_view path, std::string_view prefix);

/// How the most lenient origin may read a path in normal form: ";parameters" of segments dropped, escapes of
/// characters that may stand raw in a path (and %2F) decoded, merged and without dot segments again. The
/// router looks a path up in both forms and refuses it where the two lead to different rules: /admin;x/y must
/// not slip past a rule on /admin. Returns `path` itself, without allocation, if it holds neither ";" nor
/// "%"; otherwise a view into `scratch`.
std::string_view lenient_reading(std::string_view path, std::string& scratch);

}  // namespace core
