#include "gateway/pages/approvals_page.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "gateway/pages/html.h"
#include "gateway/pages/layout.h"

namespace gateway {
namespace {

enum class Offer { approve, reject, withdraw };

/// The sections of one page.
class Sections {
 public:
  Sections(const ApprovalsList& list, const ApprovalsWords& words) : list_(list), words_(words) {}

  [[nodiscard]] std::string section(const Phrase& heading, const std::vector<ApprovalRow>& rows,
                                    const std::vector<Offer>& offers) const {
    if (rows.empty()) return {};
    std::string html = fmt::format("<section><h2>{}</h2>", heading.text());
    for (const ApprovalRow& row : rows) html.append(card(row, offers));
    return html.append("</section>");
  }

 private:
  [[nodiscard]] std::string button(Offer offer) const {
    switch (offer) {
      case Offer::approve:
        return fmt::format("<button name=\"act\" value=\"approve\">{}</button>", words_.approve.text());
      case Offer::reject:
        return fmt::format("<button class=\"other\" name=\"act\" value=\"reject\">{}</button>",
                           words_.reject.text());
      case Offer::withdraw:
        return fmt::format("<button class=\"other\" name=\"act\" value=\"withdraw\">{}</button>",
                           words_.withdraw.text());
    }
    return {};
  }

  [[nodiscard]] std::string form_of(const ApprovalRow& row, const std::vector<Offer>& offers) const {
    if (row.is_oneself) return fmt::format("<p class=\"note\">{}</p>", words_.oneself.text());
    std::string form = fmt::format(
        "<form method=\"post\" action=\"{}\"><input type=\"hidden\" name=\"{}\" value=\"{}\">",
        escape_html(list_.action, list_.action.size()), kApprovalTokenField, exact_attribute(row.token));
    if (offers.front() == Offer::approve) {
      form.append(fmt::format("<label>{} <input type=\"date\" name=\"{}\" min=\"{}\"></label>",
                              words_.choose_until.text(), kApprovalUntilField, escape_html(list_.first_day)));
    }
    form.append("<div class=\"pair\">");
    for (const Offer offer : offers) form.append(button(offer));
    return form.append("</div></form>");
  }

  [[nodiscard]] std::string card(const ApprovalRow& row, const std::vector<Offer>& offers) const {
    std::string email;
    if (!row.email.empty())
      email = (row.email_is_verified ? words_.verified : words_.not_verified).with(row.email);
    return fmt::format("<article class=\"card\"><h3>{}</h3>{}{}</article>", escape_html(row.who),
                       details_list({{words_.email.text(), email},
                                     {words_.name.text(), row.name},
                                     {words_.provider.text(), row.provider},
                                     {words_.issuer.text(), row.issuer},
                                     {words_.subject.text(), row.subject},
                                     {words_.policy.text(), row.policy},
                                     {words_.asked.text(), row.asked},
                                     {words_.decided.text(), row.decided},
                                     {words_.decided_by.text(), row.by},
                                     {words_.until.text(), row.until}}),
                       form_of(row, offers));
  }

  const ApprovalsList& list_;
  const ApprovalsWords& words_;
};

}  // namespace

std::string approvals_html(const ApprovalsList& list, const ApprovalsWords& words) {
  const Sections sections(list, words);
  std::string html = sections.section(words.waiting, list.waiting, {Offer::approve, Offer::reject});
  html.append(sections.section(words.approved, list.approved, {Offer::withdraw, Offer::reject}));
  html.append(sections.section(words.rejected, list.rejected, {Offer::approve, Offer::withdraw}));
  if (list.left_out > 0) {
    html.append(fmt::format("<p class=\"note\">{}</p>", words.left_out.with(std::to_string(list.left_out))));
  }
  return html;
}

}  // namespace gateway
