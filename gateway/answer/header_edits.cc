#include "gateway/answer/header_edits.h"

#include <algorithm>
#include <utility>

#include "gateway/model/identity_headers.h"
#include "gateway/model/identity_names.h"

namespace gateway {

core::Result<HeaderEdits> HeaderEdits::make(const config::HeaderEdits& edits) {
  HeaderEdits made;
  for (const auto& [name, value] : edits.set) {
    core::Result<core::Template> parsed = core::Template::parse(value.text);
    if (!parsed) return core::failure(std::move(parsed.error()).during(name));
    made.set.push_back({name, std::move(*parsed)});
  }
  made.remove = edits.remove;
  return made;
}

bool HeaderEdits::replaces(std::string_view name) const {
  const auto is_alike = [name](std::string_view edited) { return folds_alike(edited, name); };
  return std::ranges::any_of(set, is_alike, &HeaderSet::name) || std::ranges::any_of(remove, is_alike);
}

void HeaderEdits::add_to(core::Fields& fields, const KnownValues& known,
                         std::vector<std::string>& values) const {
  values.clear();
  values.reserve(set.size());
  for (const HeaderSet& each : set) {
    std::string value;
    const bool complete = each.value.expand(
        [&known](std::string_view name, std::string& out) {
          return append_request_value(known.request, name, out) ||
                 (known.identity != nullptr && identity_value(*known.identity, name, out));
        },
        value);
    if (!complete || !core::is_field_value(value)) continue;
    values.push_back(std::move(value));
    fields.add(each.name, values.back());
  }
}

void HeaderEdits::apply(Reply& reply, const Request& request) const {
  if (set.empty() && remove.empty()) return;
  std::erase_if(reply.fields, [this](const auto& field) { return replaces(field.first); });
  core::Fields fields;
  std::vector<std::string> values;
  add_to(fields, {request, nullptr}, values);
  for (const core::Field& field : fields) reply.with(field.name, field.value);
}

}  // namespace gateway
