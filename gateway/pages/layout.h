// The built-in page: one HTML template with its style, and the small pieces that are put into it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/model/reply.h"

namespace gateway {

/// The whole document with the placeholders of page_template.h.
std::string_view built_in_page();

std::string paragraph(std::string_view html);
/// A link for an operator's own page: nothing where the built-in one would show no button.
std::string link_value(std::string_view href);
/// What is sent from the page bears its own origin as Origin; else that would be null.
Reply with_own_referrer(Reply reply);

enum class ActionWeight { main, other };

/// A button-like link; empty for an href that is_page_link refuses.
std::string action_link(std::string_view text, std::string_view href, ActionWeight weight);
/// The same into a tab of its own, which cannot reach this one.
std::string new_tab_link(std::string_view text, std::string_view href, ActionWeight weight);

/// A form of hidden fields with one button; their values to the byte (exact_attribute).
std::string action_form(std::string_view text, std::string_view action,
                        const std::vector<std::pair<std::string, std::string>>& hidden,
                        ActionWeight weight = ActionWeight::main);

/// The mark that stands before the title where there is no logo.
std::string_view built_in_mark();
/// A picture (a data: URL) in its place.
std::string logo_picture(std::string_view source);

/// A link to an e-mail address or an https URL; empty for an empty one.
std::string support_link(std::string_view support);

/// What stands below: the id under which the log tells more, and where help is, each behind its label; what
/// is empty is left out. `help` is HTML.
struct FooterParts {
  std::string_view reference_label;
  std::string_view request_id;
  std::string_view help_label;
  std::string_view help;
};
std::string page_footer(const FooterParts& parts);

/// A definition list of what has a value, cut where it is very long; empty if nothing has. Without a term it
/// is one more value of the term before.
std::string details_list(const std::vector<std::pair<std::string_view, std::string_view>>& details);

}  // namespace gateway
