// Cookie and Set-Cookie fields (RFC 6265 sections 4.1 and 5.4; prefixes of RFC 6265bis section 4.1.3). Names
// are bytes, compared exactly: only SP and HTAB around a name are not part of it, so " __Host-x" written with
// U+2000 is another cookie. Quotes are part of the value; a ";" ends a pair wherever it stands.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace core {

/// One piece of a Cookie field between two ";".
struct CookiePair {
  std::string_view name;   ///< empty for a piece without "="
  std::string_view value;  ///< as sent, quotes included
  std::string_view text;   ///< the whole piece with the white space around it
  [[nodiscard]] bool is_blank() const { return text.find_first_not_of(" \t") == std::string_view::npos; }
  [[nodiscard]] std::string_view text_without_lead() const;
};

/// Walks the pieces of one Cookie field value without allocation; blank ones have neither name nor value.
/// Several fields (HTTP/2 may split them) are walked one after the other.
class CookieReader {
 public:
  explicit CookieReader(std::string_view field) : rest_(field) {}
  std::optional<CookiePair> next();

 private:
  std::string_view rest_;
  bool at_end_ = false;
};

/// What a name found: nothing, one value, or several (then none may be trusted unless it opens and is bound
/// to this host: a sibling host may have planted one).
struct CookieLookup {
  std::size_t count = 0;
  std::string_view first;
};
CookieLookup find_cookie(std::string_view field, std::string_view name);

/// `field` without the cookies for which is_ours(std::string_view name) says true; every other byte stays,
/// separators included. Returns `field` itself (no allocation) if there is nothing to remove, a view into
/// `scratch` otherwise, and an empty view if nothing but separators is left: then the whole field is to be
/// dropped.
template <typename Predicate>
std::string_view without_cookies(std::string_view field, Predicate is_ours, std::string& scratch) {
  bool removed = false;
  bool holds_any = false;
  std::size_t kept = 0;
  CookieReader reader(field);
  while (const auto pair = reader.next()) {
    if (!pair->is_blank() && is_ours(pair->name)) {
      // What was kept so far ends with the ";" in front of this piece.
      if (!removed && kept > 0) scratch.assign(field.data(), pair->text.data() - 1);
      if (!removed && kept == 0) scratch.clear();
      removed = true;
      continue;
    }
    holds_any = holds_any || !pair->is_blank();
    if (removed && kept > 0) scratch.push_back(';');
    if (removed) scratch.append(kept > 0 ? pair->text : pair->text_without_lead());
    ++kept;
  }
  if (!removed) return field;
  return holds_any ? std::string_view(scratch) : std::string_view();
}

/// The cookie name that a Set-Cookie value sets, white space trimmed; empty if it has none.
std::string_view set_cookie_name(std::string_view value);

enum class SameSite { lax, strict, none };

/// A Set-Cookie field value under construction. Secure and HttpOnly always: no script of ours reads a cookie.
struct SetCookie {
  std::string name;   ///< a token
  std::string value;  ///< cookie-octets only (RFC 6265 section 4.1.1)
  std::string path = "/";
  std::string domain;                           ///< empty: the host alone
  std::optional<std::chrono::seconds> max_age;  ///< none: until the browser ends; 0: delete it
  SameSite same_site = SameSite::lax;

  /// The value of this cookie taken back: same name, path and domain.
  static SetCookie removal(const SetCookie& of);
  /// The field value. Requires: name, value, path and domain hold only what they may, and a name with the
  /// prefix
  /// __Host- has path "/" and no domain.
  [[nodiscard]] std::string text() const;
};

}  // namespace core
