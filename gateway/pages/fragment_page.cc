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
  Draft made = draft(request, 200);
  const SignInWords& words = made.words.sign_in;
  made.values[PageSlot::heading] = words.under_way.text();
  made.values[PageSlot::message] =
      fmt::format("<noscript><meta http-equiv=\"refresh\" content=\"0;url={}\"></noscript>",
                  exact_attribute(form.without));
  made.values[PageSlot::actions] = action_form(words.go_on.text(), form.action, {{form.name, ""}});
  made.values[PageSlot::footer] = fmt::format("<script src=\"{}\"></script>", exact_attribute(form.script));
  // Where the provider is: Chromium holds the redirects of a form against form-action as well.
  made.form_targets = "https: http:";
  Reply reply = built_in(made);
  for (auto& [name, value] : reply.fields) {
    if (name == "Content-Security-Policy") value.append("; script-src 'self'");
  }
  return reply;
}

}  // namespace gateway
