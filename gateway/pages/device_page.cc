#include "gateway/pages/device_page.h"

#include <fmt/format.h>

#include "gateway/pages/html.h"
#include "gateway/pages/layout.h"

namespace gateway {
namespace {

std::string problem_of(const DeviceWords& words, DeviceProblem problem) {
  std::string_view sentence;
  switch (problem) {
    case DeviceProblem::none:
      return {};
    case DeviceProblem::unknown_code:
      sentence = words.unknown_code.text();
      break;
    case DeviceProblem::too_many_codes:
      sentence = words.too_many_codes.text();
      break;
    case DeviceProblem::not_kept:
      sentence = words.not_kept.text();
      break;
  }
  return fmt::format("<p role=\"alert\"><strong>{}</strong></p>", sentence);
}

std::string form_with(const DevicePage& page, std::string_view fields) {
  return fmt::format("<form method=\"post\" action=\"{}\">{}{}</form>",
                     escape_html(page.action, page.action.size()), form_token_field(page.form_token), fields);
}

}  // namespace

std::string device_messages(const Words& words, const DevicePage& page) {
  const DeviceWords& device = words.device;
  switch (page.step) {
    case DeviceStep::ask_code:
      return problem_of(device, page.problem) + paragraph(device.introduction.text());
    case DeviceStep::decide:
      return problem_of(device, page.problem) +
             token_problem(words.tokens, page.token_problem, page.longest_days) +
             fmt::format("<p><strong>{}</strong></p>", device.warning.text()) +
             paragraph(device.what_it_gets.text());
    case DeviceStep::allowed:
      return paragraph(device.allowed_message.text());
    case DeviceStep::denied:
      return paragraph(device.denied_message.text());
  }
  return {};
}

std::string device_details(const Words& words, const DevicePage& page) {
  if (page.step != DeviceStep::decide) return {};
  const DeviceWords& device = words.device;
  return details_list({{device.code.text(), page.code},
                       {device.calls_itself.text(), page.client},
                       {device.asks_from.text(), page.address},
                       {device.you_are_at.text(), page.own_address},
                       {device.asked_at.text(), page.asked_at}});
}

std::string device_actions(const Words& words, const DevicePage& page) {
  const DeviceWords& device = words.device;
  if (!is_page_link(page.action)) return {};
  if (page.step == DeviceStep::ask_code) {
    return form_with(page,
                     fmt::format("<input type=\"hidden\" name=\"action\" value=\"look\">"
                                 "<label>{} <input type=\"text\" name=\"code\" maxlength=\"32\" required "
                                 "autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\" "
                                 "autofocus></label><button>{}</button>",
                                 device.code.text(), device.go_on.text()));
  }
  if (page.step != DeviceStep::decide) return {};
  const std::string code =
      fmt::format("<input type=\"hidden\" name=\"code\" value=\"{}\">", exact_attribute(page.code));
  const std::string deny =
      form_with(page, fmt::format("<input type=\"hidden\" name=\"action\" value=\"deny\">{}"
                                  "<button class=\"other\">{}</button>",
                                  code, device.deny.text()));
  if (page.places.empty()) return paragraph(words.tokens.nowhere.text()) + deny;
  const std::string name = page.client.empty() ? std::string("device") : page.client;
  return form_with(page,
                   fmt::format("<input type=\"hidden\" name=\"action\" value=\"allow\">{}"
                               "<label>{} <input type=\"text\" name=\"name\" maxlength=\"100\" value=\"{}\" "
                               "required></label>{}{}<button>{}</button>",
                               code, words.tokens.name.text(), escape_html(name, name.size()),
                               days_field(words.tokens, page.longest_days),
                               place_choices(words.tokens, page.places), device.allow.text())) +
         deny;
}

}  // namespace gateway
