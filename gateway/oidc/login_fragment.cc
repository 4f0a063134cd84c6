// The part of Login that keeps a URL's fragment: the page that asks the browser for it, and its answer.
#include <utility>

#include "gateway/oidc/fragment.h"
#include "gateway/oidc/login.h"

namespace gateway {
namespace {

/// Of the form in the page, and of the query that goes on without.
constexpr std::string_view kParameter = "fragment";

}  // namespace

bool Login::asks_fragment(const Request& request) const {
  if (!parts_.settings.keeps_fragment || !is_login_host(request) || request.method != "GET") return false;
  const core::Result<core::Form> form =
      core::Form::parse(request.query.empty() ? request.query : request.query.substr(1));
  if (!form) return true;
  const auto asked = form->once(kParameter);
  return asked && !*asked;
}

Reply Login::ask_fragment(const Request& request) const {
  FragmentForm form;
  form.action = std::string(request.path).append(request.query);
  form.without = form.action;
  form.without.append(request.query.empty() ? "?" : "&").append(kParameter).append("=");
  form.name = kParameter;
  form.script = parts_.settings.prefix + std::string(kFragmentScriptPath);
  return parts_.answers.ask_fragment(request, form);
}

core::Flow<Reply> Login::start_with_fragment(const Request& request, std::string body) {
  const core::Result<core::Form> form = core::Form::parse(body);
  std::optional<std::string> known = std::string();
  if (form) {
    const auto given = form->once(kParameter);
    if (given && *given && is_fragment(**given)) known = **given;
  }
  // From here on as if the browser had come with GET, which is what it does next.
  Request asked = request;
  asked.method = "GET";
  Reply reply = co_await start_with(asked, known);
  if (reply.status == 302) reply.status = 303;
  co_return reply;
}

}  // namespace gateway
