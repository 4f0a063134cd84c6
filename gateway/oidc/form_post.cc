#include "gateway/oidc/form_post.h"

#include "core/http/fields.h"
#include "core/text/form.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxPostedCallback = 6UL * 1024;
constexpr std::string_view kForm = "application/x-www-form-urlencoded";

core::Error refusal(core::ErrorKind kind, std::string text) {
  return {kind, core::Side::client, std::move(text)};
}

}  // namespace

bool declares_form(const Request& request) {
  std::string_view type = request.field(core::FieldId::content_type);
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return core::equals_ignoring_case(type, kForm);
}

core::Result<std::string> posted_callback(const Request& request, std::string_view body) {
  using enum core::ErrorKind;
  if (!request.query.empty()) return core::failure(refusal(malformed, "a query beside the posted callback"));
  if (!declares_form(request)) return core::failure(refusal(malformed, "the posted callback is no form"));
  if (body.size() > kMaxPostedCallback) {
    return core::failure(refusal(too_large, "the posted callback is longer than a request line holds"));
  }
  // A form has no byte that a query may not have.
  const core::Result<core::Form> form = core::Form::parse(body);
  if (!form) return core::failure(form.error());
  return std::string(body);
}

}  // namespace gateway
