#include "gateway/pages/token_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/pages/html.h"
#include "gateway/pages/layout.h"

namespace gateway {
namespace {

constexpr long kUsualDays = 30;

std::string sentence_of(const TokenWords& words, TokenProblem problem, long longest_days) {
  switch (problem) {
    case TokenProblem::none:
      return {};
    case TokenProblem::bad_name:
      return std::string(words.bad_name.text());
    case TokenProblem::bad_days:
      return words.bad_days.with(std::to_string(longest_days));
    case TokenProblem::bad_place:
      return std::string(words.bad_place.text());
    case TokenProblem::too_many_places:
      return std::string(words.too_many_places.text());
    case TokenProblem::too_many_tokens:
      return std::string(words.too_many_tokens.text());
    case TokenProblem::not_kept:
      return std::string(words.not_kept.text());
    case TokenProblem::not_written:
      return std::string(words.not_written.text());
  }
  return {};
}

}  // namespace

std::string token_problem(const TokenWords& words, TokenProblem problem, long longest_days) {
  const std::string sentence = sentence_of(words, problem, longest_days);
  if (sentence.empty()) return {};
  return fmt::format("<p role=\"alert\"><strong>{}</strong></p>", sentence);
}

std::string token_messages(const TokenWords& words, const TokenPage& page) {
  if (!page.made.empty()) {
    return fmt::format("<p>{}</p><p><code class=\"secret\">{}</code></p><p>{}</p>", words.made.text(),
                       escape_html(page.made), words.how_sent.with("<code>Authorization: Bearer</code>"));
  }
  if (page.problem != TokenProblem::none) return token_problem(words, page.problem, page.longest_days);
  return fmt::format("<p>{}</p>", words.introduction.text());
}

std::string token_list(const TokenWords& words, const TokenPage& page) {
  std::string html;
  for (const TokenRow& row : page.rows) {
    std::vector<std::pair<std::string_view, std::string_view>> details{{words.name.text(), row.name}};
    // A line each: nobody must overlook what a token opens.
    std::string_view term = words.opens.text();
    for (const std::string& place : row.places) {
      details.emplace_back(term, place);
      term = {};
    }
    details.emplace_back(words.made_on.text(), row.made);
    details.emplace_back(words.ends_on.text(), row.ends);
    html.append(details_list(details));
    html.append(action_form(words.revoke.text(), page.action,
                            {{"action", "revoke"}, {std::string(kTokenFormField), row.form_token}},
                            ActionWeight::other));
  }
  return html;
}

std::string form_token_field(std::string_view token) {
  return fmt::format("<input type=\"hidden\" name=\"{}\" value=\"{}\">", kTokenFormField,
                     exact_attribute(token));
}

std::string place_choices(const TokenWords& words, const std::vector<std::string>& places) {
  std::string html = fmt::format("<fieldset><legend>{}</legend>", words.opens.text());
  for (const std::string& place : places) {
    html.append(fmt::format("<label><input type=\"checkbox\" name=\"place\" value=\"{}\"> {}</label>",
                            exact_attribute(place), escape_html(place)));
  }
  return html.append("</fieldset>");
}

std::string days_field(const TokenWords& words, long longest_days) {
  return fmt::format(
      "<label>{} <input type=\"number\" name=\"days\" min=\"1\" max=\"{}\" value=\"{}\" required></label>",
      words.days.text(), longest_days, std::min(longest_days, kUsualDays));
}

std::string token_form(const TokenWords& words, const TokenPage& page) {
  if (!is_page_link(page.action)) return {};
  if (page.places.empty()) return fmt::format("<p>{}</p>", words.nowhere.text());
  return fmt::format(
      "<form method=\"post\" action=\"{}\"><input type=\"hidden\" name=\"action\" value=\"create\">{}"
      "<label>{} <input type=\"text\" name=\"name\" maxlength=\"100\" required></label>"
      "{}{}<button>{}</button></form>",
      escape_html(page.action, page.action.size()), form_token_field(page.form_token), words.name.text(),
      days_field(words, page.longest_days), place_choices(words, page.places), words.make.text());
}

}  // namespace gateway
