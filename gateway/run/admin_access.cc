#include "gateway/run/admin_access.h"

#include <string>
#include <string_view>

#include "core/crypto/digest.h"
#include "core/http/fields.h"
#include "core/text/base64.h"

namespace gateway {
namespace {

std::string_view field_of(const core::RequestHead& head, core::FieldId id) {
  return head.fields.find(id).value_or(std::string_view());
}

/// What follows the name of a scheme (RFC 9110 section 11.4); empty: another scheme.
std::string_view credentials_of(std::string_view field, std::string_view scheme) {
  const std::size_t end = field.find(' ');
  if (end == std::string_view::npos || !core::equals_ignoring_case(field.substr(0, end), scheme)) return {};
  const std::size_t begin = field.find_first_not_of(' ', end);
  return begin == std::string_view::npos ? std::string_view() : field.substr(begin);
}

/// By their digests: the time tells nothing of the token, nor of its length.
bool is_token(std::string_view shown, const core::Secret& token) {
  const core::Sha256Digest one = core::sha256(shown);
  const core::Sha256Digest other = core::sha256(token.reveal());
  return core::constant_time_equal(core::view_of(one), core::view_of(other));
}

bool shows_token(std::string_view field, const core::Secret& token) {
  if (const std::string_view bearer = credentials_of(field, "Bearer"); !bearer.empty())
    return is_token(bearer, token);
  const auto basic = core::base64_decode(credentials_of(field, "Basic"), core::Base64::standard);
  if (!basic) return false;
  const std::size_t colon = basic->find(':');
  return colon != std::string::npos && is_token(std::string_view(*basic).substr(colon + 1), token);
}

}  // namespace

AdminAccess admin_access(const core::RequestHead& head, AdminDoor door, const core::Secret& token) {
  if (door == AdminDoor::socket) return AdminAccess::granted;
  if (token.reveal().empty()) return AdminAccess::closed;
  const bool is_once = head.fields.count(core::FieldId::authorization) == 1;
  return is_once && shows_token(field_of(head, core::FieldId::authorization), token) ? AdminAccess::granted
                                                                                     : AdminAccess::unproven;
}

bool is_own_post(const core::RequestHead& head) {
  std::string_view type = field_of(head, core::FieldId::content_type);
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (!core::equals_ignoring_case(type, "application/json")) return false;
  const std::string_view site = field_of(head, core::FieldId::sec_fetch_site);
  if (!site.empty() && site != "same-origin" && site != "none") return false;
  const std::string_view origin = field_of(head, core::FieldId::origin);
  return origin.empty() || origin == "http://" + std::string(head.host);
}

}  // namespace gateway
