#include "gateway/model/request.h"

#include <fmt/format.h>

namespace gateway {
namespace {

bool accepts_html(std::string_view accept) {
  // A list of media ranges; browsers name text/html in navigations, programs send */* or application/json.
  return accept.find("text/html") != std::string_view::npos;
}

bool is_upgrade(const core::Fields& fields) {
  return fields.list_has(core::FieldId::connection, "upgrade") || fields.has(core::FieldId::upgrade);
}

}  // namespace

std::string Request::origin() const {
  if (port == 443) return fmt::format("https://{}", host);
  return fmt::format("https://{}:{}", host, port);
}

std::string Request::url() const {
  std::string url = origin();
  url.append(path).append(query);
  return url;
}

std::string_view Request::field(core::FieldId id) const {
  return fields->find(id).value_or(std::string_view());
}

bool append_request_value(const Request& request, std::string_view name, std::string& out) {
  if (name == "host") {
    out.append(request.host);
  } else if (name == "path") {
    out.append(request.path);
  } else if (name == "uri") {
    out.append(request.path).append(request.query);
  } else {
    return false;
  }
  return true;
}

Audience audience_of(const Request& request) {
  const core::Fields& fields = *request.fields;
  if (fields.has(core::FieldId::x_requested_with) || is_upgrade(fields)) return Audience::program;
  if (fields.has(core::FieldId::sec_purpose)) return Audience::program;
  if (const auto mode = fields.find(core::FieldId::sec_fetch_mode)) {
    if (*mode != "navigate") return Audience::program;
    const auto destination = fields.find(core::FieldId::sec_fetch_dest);
    const bool is_page = !destination || *destination == "document" || *destination == "iframe";
    return is_page ? Audience::navigation : Audience::program;
  }
  return accepts_html(request.field(core::FieldId::accept)) ? Audience::navigation : Audience::program;
}

bool may_start_sign_in(const Request& request) {
  if (request.method != "GET" || audience_of(request) != Audience::navigation) return false;
  // A sign-in inside a frame would be refused by the provider's frame rules; only a whole page may begin one.
  return request.field(core::FieldId::sec_fetch_dest) != "iframe";
}

bool is_from_own_page(const Request& request) {
  const std::string_view site = request.field(core::FieldId::sec_fetch_site);
  if (!site.empty()) return site == "same-origin";
  return request.field(core::FieldId::origin) == request.origin();
}

}  // namespace gateway
