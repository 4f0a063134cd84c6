// The page between the app and the provider that hands a URL's fragment in (Pages::ask_fragment).
#include <fmt/format.h>

#include "gateway/pages/html.h"
#include "gateway/pages/layout.h"
#include "gateway/pages/pages.h"

namespace gateway {

std::string_view fragment_script() {
  return "\"use strict\";\n"
         "const form = document.forms[0];\n"
         "form.elements[0].value = location.hash.slice(1);\n"
         "form.submit();\n";
}

Reply Pages::ask_fragment(const Request& request, const FragmentForm& form) const {
  PageValues values = values_for(request, 200);
  values[PageSlot::heading] = "Signing in";
  values[PageSlot::message] =
      fmt::format("<noscript><meta http-equiv=\"refresh\" content=\"0;url={}\"></noscript>",
                  exact_attribute(form.without));
  values[PageSlot::actions] = action_form("Continue", form.action, {{form.name, ""}});
  values[PageSlot::footer] = fmt::format("<script src=\"{}\"></script>", exact_attribute(form.script));
  // Where the provider is: Chromium holds the redirects of a form against form-action as well.
  Reply reply = built_in(200, values, "https: http:");
  for (auto& [name, value] : reply.fields) {
    if (name == "Content-Security-Policy") value.append("; script-src 'self'");
  }
  return reply;
}

}  // namespace gateway
