#include "gateway/pages/break_glass_page.h"

#include <fmt/format.h>

#include "gateway/pages/html.h"
#include "gateway/pages/layout.h"

namespace gateway {

std::string break_glass_messages(const BreakGlassWords& words, BreakGlassProblem problem) {
  std::string_view sentence;
  switch (problem) {
    case BreakGlassProblem::none:
      return paragraph(words.introduction.text());
    case BreakGlassProblem::wrong:
      sentence = words.wrong.text();
      break;
    case BreakGlassProblem::too_many:
      sentence = words.too_many.text();
      break;
    case BreakGlassProblem::unavailable:
      sentence = words.unavailable.text();
      break;
  }
  return fmt::format("<p role=\"alert\"><strong>{}</strong></p>", sentence);
}

std::string break_glass_form(const BreakGlassWords& words, const BreakGlassPage& page) {
  if (!is_page_link(page.action)) return {};
  return fmt::format(
      "<form method=\"post\" action=\"{}\"><input type=\"hidden\" name=\"rd\" value=\"{}\">"
      "<label>{} <input type=\"password\" name=\"password\" autocomplete=\"off\" required autofocus></label>"
      "<label>{} <input type=\"text\" name=\"code\" inputmode=\"numeric\" maxlength=\"6\" "
      "autocomplete=\"one-time-code\" required></label><button>{}</button></form>",
      escape_html(page.action, page.action.size()), exact_attribute(page.target), words.password.text(),
      words.code.text(), words.sign_in.text());
}

}  // namespace gateway
