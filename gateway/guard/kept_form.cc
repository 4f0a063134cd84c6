#include "gateway/guard/kept_form.h"

#include <charconv>

#include "core/text/form.h"
#include "gateway/oidc/form_post.h"

namespace gateway {
namespace {

using core::FieldId;

/// The value of a field that stands once; empty for any other number.
std::string_view only(const Request& request, FieldId id) {
  return request.fields->count(id) == 1 ? request.field(id) : std::string_view();
}

bool is_short(const Request& request) {
  const std::string_view text = request.field(FieldId::content_length);
  std::size_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length <= kMaxKeptForm;
}

}  // namespace

bool may_keep_form(const Request& request) {
  return request.method == "POST" && audience_of(request) == Audience::navigation &&
         only(request, FieldId::sec_fetch_site) == "same-origin" &&
         request.fields->count(FieldId::content_type) == 1 && declares_form(request) &&
         !request.fields->has(FieldId::content_encoding) && is_short(request);
}

std::optional<KeptForm> read_kept_form(std::string_view body) {
  const core::Result<core::Form> form = core::Form::parse(body, core::Side::client, kMaxKeptFields);
  if (!form || form->parameters().empty()) return std::nullopt;
  KeptForm kept;
  for (const core::FormParameter& parameter : form->parameters()) {
    // No page can say it.
    if (parameter.name.contains('\0') || parameter.value.contains('\0')) return std::nullopt;
    kept.emplace_back(parameter.name, parameter.value);
  }
  return kept;
}

}  // namespace gateway
