#include "gateway/model/identity_headers.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/identity.h"

namespace gateway {
namespace {

bool is_list_member(std::string_view text) {
  return !text.empty() && std::ranges::none_of(text, [](char c) {
    return c == ',' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

bool append_list(const std::vector<std::string>& list, std::string& out) {
  const std::size_t before = out.size();
  for (const std::string& member : list) {
    if (!is_list_member(member)) continue;
    if (out.size() != before) out.push_back(',');
    out.append(member);
  }
  return out.size() != before;
}

bool append_scalar(const core::Json& value, std::string& out) {
  if (const auto text = value.as_string()) {
    out.append(*text);
    return !text->empty();
  }
  if (const auto integer = value.as_integer()) {
    out.append(fmt::format("{}", *integer));
    return true;
  }
  if (const auto boolean = value.as_boolean()) {
    out.append(*boolean ? "true" : "false");
    return true;
  }
  return false;
}

bool append_claim(const core::Json& value, std::string& out) {
  if (!value.is_array()) return append_scalar(value, out);
  std::vector<std::string> members;
  for (const core::Json& element : value.elements()) {
    std::string member;
    if (append_scalar(element, member)) members.push_back(std::move(member));
  }
  return append_list(members, out);
}

bool append_text(const std::string& text, std::string& out) {
  out.append(text);
  return !text.empty();
}

/// A machine's has a dot, which no name of a provider has: two machines of one subject are told apart.
bool append_provider(const Identity& identity, std::string& out) {
  if (identity.client.empty()) return append_text(identity.provider, out);
  out.append("clients.").append(identity.client);
  return true;
}

}  // namespace

bool identity_value(const Identity& identity, std::string_view placeholder, std::string& out) {
  if (placeholder == "sub") return append_text(identity.subject, out);
  if (placeholder == "user") return append_text(identity.user, out);
  if (placeholder == "email") return identity.email_counts && append_text(identity.email, out);
  if (placeholder == "name") return append_text(identity.name, out);
  if (placeholder == "preferred_username") return append_text(identity.preferred_username, out);
  if (placeholder == "provider") return append_provider(identity, out);
  if (placeholder == "groups") return append_list(identity.groups, out);
  if (!placeholder.starts_with("claim.")) return false;
  // The claim of this name is an e-mail as well, whatever claim the operator takes for one.
  const bool is_email = placeholder == "claim.email";
  if (is_email && (!identity.email_counts || identity.claims.string_at("email") != identity.email))
    return false;
  const core::Json* claim = identity.claims.at(placeholder.substr(6));
  return claim != nullptr && append_claim(*claim, out);
}

core::Result<IdentityHeaders> IdentityHeaders::make(const config::Identity& identity,
                                                    Assertions* assertions) {
  bool asserts = false;
  auto lines = std::make_shared<std::vector<Line>>();
  for (const config::IdentityLine& configured : config::identity_lines(identity)) {
    Line line{configured.name, {}};
    for (const config::Located& value : configured.values) {
      core::Result<core::Template> parsed = core::Template::parse(value.text);
      if (!parsed) return core::failure(std::move(parsed.error()).during(configured.name));
      asserts = asserts || std::ranges::count(parsed->names(), config::kAssertionPlaceholder) > 0;
      line.values.push_back(std::move(*parsed));
    }
    lines->push_back(std::move(line));
  }
  IdentityHeaders headers;
  headers.lines_ = std::move(lines);
  if (asserts) headers.assertions_ = assertions;
  return headers;
}

std::vector<std::string> IdentityHeaders::names() const {
  std::vector<std::string> names;
  if (!lines_) return names;
  for (const Line& line : *lines_) names.push_back(line.name);
  return names;
}

void IdentityHeaders::append_to(core::Fields& fields, const std::shared_ptr<const Identity>& identity,
                                const Request& request) {
  if (!lines_ || lines_->empty() || !identity) return;
  if (rendered_.empty()) rendered_.resize(kRenderedSlots);
  // Identities live in the worker's session cache: the same session is the same object.
  const std::size_t slot_number = (reinterpret_cast<std::uintptr_t>(identity.get()) / 64) % kRenderedSlots;
  Rendered& slot = rendered_[slot_number];
  if (slot.identity != identity || !is_good(slot, request)) render(slot, identity, request);
  for (const auto& [name, value] : slot.fields) fields.add(core::FieldId::other, name, value);
}

bool IdentityHeaders::is_good(const Rendered& slot, const Request& request) const {
  if (assertions_ == nullptr) return true;
  return slot.host == request.host && slot.good_from <= request.now && request.now < slot.good_until;
}

bool IdentityHeaders::append_assertion(Rendered& slot, const Request& request, std::string& out) const {
  if (assertions_ == nullptr) return false;
  const Assertions::Current current = assertions_->of(slot.identity, request.host, request.now);
  slot.good_from = current.made_at;
  slot.good_until = current.use_until;
  out.append(current.token);
  return true;
}

void IdentityHeaders::render(Rendered& slot, const std::shared_ptr<const Identity>& identity,
                             const Request& request) const {
  slot.identity = identity;
  slot.fields.clear();
  if (assertions_ != nullptr) slot.host = request.host;
  const core::PlaceholderValue value_of = [&](std::string_view name, std::string& out) {
    if (name == config::kAssertionPlaceholder) return append_assertion(slot, request, out);
    return identity_value(*identity, name, out);
  };
  for (const Line& line : *lines_) {
    for (const core::Template& value : line.values) {
      std::string text;
      if (!value.expand(value_of, text)) continue;
      const std::size_t first = text.find_first_not_of(' ');
      if (first == std::string::npos) continue;
      text = text.substr(first, text.find_last_not_of(' ') - first + 1);
      if (!core::is_field_value(text)) continue;
      slot.fields.emplace_back(line.name, std::move(text));
      break;
    }
  }
}

}  // namespace gateway
