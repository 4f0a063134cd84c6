// The built-in page: one HTML template with its style, and the small pieces that are put into it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway {

/// The whole document with the placeholders of page_template.h.
std::string_view built_in_page();

enum class ActionWeight { main, other };

/// A button-like link; empty for an href that is_page_link refuses.
std::string action_link(std::string_view text, std::string_view href, ActionWeight weight);
/// The same into a tab of its own, which cannot reach this one.
std::string new_tab_link(std::string_view text, std::string_view href);

/// A form of hidden fields with one button; their values to the byte (exact_attribute).
std::string action_form(std::string_view text, std::string_view action,
                        const std::vector<std::pair<std::string, std::string>>& hidden);

/// The line with the id under which the log tells more; empty for an empty id.
std::string reference_footer(std::string_view request_id);

/// A definition list of what has a value; empty if nothing has.
std::string details_list(const std::vector<std::pair<std::string_view, std::string_view>>& details);

}  // namespace gateway
