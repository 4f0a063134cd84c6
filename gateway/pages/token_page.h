// The page of a person's tokens: those there are, and a form for one more. A token that was just made is
// shown on it, once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/pages/page_look.h"
#include "gateway/pages/words.h"

namespace gateway {

/// Why there is no token, or why it is not sure that there is none any more.
enum class TokenProblem : std::uint8_t {
  none,
  bad_name,
  bad_days,
  bad_place,
  too_many_places,
  too_many_tokens,
  not_kept,
  not_written,  ///< ended here, and storage could not be told
};

/// Field that each form on these pages sends back: its FormTokens text.
inline constexpr std::string_view kTokenFormField = "form";

struct TokenRow {
  std::string form_token;  ///< of its revocation
  std::string name;
  std::vector<std::string> places;
  std::string made;  ///< a day
  std::string ends;  ///< a day
};

struct TokenPage {
  std::string action;      ///< path on this host that the forms post to
  std::string form_token;  ///< of the form for one more
  std::vector<TokenRow> rows;
  std::vector<std::string> places;  ///< to choose from
  long longest_days = 90;
  std::string made;  ///< the token that was just made; empty: none was
  TokenProblem problem = TokenProblem::none;
  Role role = Role::person;
};

/// The hidden field of a form's token.
std::string form_token_field(std::string_view token);
/// Fields of forms that ask for a token: `place`, once each; `days`.
std::string place_choices(const TokenWords& words, const std::vector<std::string>& places);
std::string days_field(const TokenWords& words, long longest_days);
/// What the person is told; empty for none.
std::string token_problem(const TokenWords& words, TokenProblem problem, long longest_days);

/// The parts of the page, as HTML.
std::string token_messages(const TokenWords& words, const TokenPage& page);
std::string token_list(const TokenWords& words, const TokenPage& page);
std::string token_form(const TokenWords& words, const TokenPage& page);

}  // namespace gateway
