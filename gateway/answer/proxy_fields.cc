// What the origin and the client are told: which fields pass, which the gateway adds. The other half of
// ProxyExchange.
#include <utility>

#include "core/text/cookie.h"
#include "gateway/answer/proxy_exchange.h"

namespace gateway {
namespace {

using core::FieldId;

bool is_framing(FieldId id) {
  return id == FieldId::host || id == FieldId::content_length || id == FieldId::transfer_encoding ||
         id == FieldId::expect;
}

bool is_named(const std::vector<std::string>& names, std::string_view name) {
  for (const std::string& each : names) {
    if (core::equals_ignoring_case(each, name)) return true;
  }
  return false;
}

bool is_replaced(const HeaderEdits& edits, std::string_view name) {
  for (const HeaderSet& set : edits.set) {
    if (core::equals_ignoring_case(set.name, name)) return true;
  }
  return is_named(edits.remove, name);
}

/// Adds the fields of `edits`; values live in `values`.
void add_edits(const HeaderEdits& edits, const Identity* identity, core::Fields& fields,
               std::vector<std::string>& values) {
  values.clear();
  values.reserve(edits.set.size());
  for (const HeaderSet& set : edits.set) {
    std::string value;
    const bool complete = set.value.expand(
        [identity](std::string_view name, std::string& out) {
          return identity != nullptr && identity_value(*identity, name, out);
        },
        value);
    if (!complete || !core::is_field_value(value)) continue;
    values.push_back(std::move(value));
    fields.add(set.name, values.back());
  }
}

}  // namespace

void ProxyExchange::build_fields() {
  core::Fields& sent = exchange_.head().fields;
  core::remove_hop_by_hop(sent);
  fields_.clear();
  if (is_upgrade_) fields_.add(FieldId::upgrade, "websocket");
  for (const core::Field& field : sent) {
    if (is_framing(field.id) || is_replaced(route_.request_headers, field.name)) continue;
    if (field.id == FieldId::cookie) {
      add_foreign_cookies(field);
      continue;
    }
    fields_.add(field);
  }
  add_forwarding_fields();
  add_edits(route_.request_headers, admitted_.identity(), fields_, edit_values_);
  route_.identity.append_to(fields_, admitted_.shared_identity());
}

void ProxyExchange::add_foreign_cookies(const core::Field& field) {
  const auto is_ours = [this](std::string_view name) { return route_.cookie_names->is_ours(name); };
  std::string& scratch = cookie_texts_.emplace_back();
  const std::string_view kept = core::without_cookies(field.value, is_ours, scratch);
  if (!kept.empty()) fields_.add(FieldId::cookie, kept);
}

void ProxyExchange::add_forwarding_fields() {
  const Request& request = exchange_.request();
  client_text_ = request.client.text();
  fields_.add(FieldId::x_forwarded_for, client_text_);
  fields_.add(FieldId::x_forwarded_proto, "https");
  fields_.add(FieldId::x_forwarded_host, exchange_.head().host);
  fields_.add(FieldId::x_real_ip, client_text_);
  fields_.add(FieldId::x_request_id, request.id);
}

void ProxyExchange::build_response_fields(core::ResponseHead& head) {
  core::Fields& received = head.fields;
  core::remove_hop_by_hop(received);
  fields_.clear();
  if (head.status == 101) fields_.add(FieldId::upgrade, "websocket");
  for (const core::Field& field : received) {
    if (is_framing(field.id) || field.id == FieldId::alt_svc) continue;
    if (field.id == FieldId::set_cookie && route_.cookie_names->is_ours(core::set_cookie_name(field.value)))
      continue;
    if (is_replaced(route_.response_headers, field.name)) continue;
    fields_.add(field);
  }
  for (const std::string& cookie : exchange_.cookies()) fields_.add(FieldId::set_cookie, cookie);
  add_edits(route_.response_headers, admitted_.identity(), fields_, edit_values_);
}

}  // namespace gateway
