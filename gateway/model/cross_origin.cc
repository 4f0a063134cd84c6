#include "gateway/model/cross_origin.h"

#include <algorithm>

#include "core/http/characters.h"

namespace gateway {
namespace {

using core::FieldId;

constexpr std::string_view kOurs = "access-control-";
constexpr std::string_view kRequestMethod = "Access-Control-Request-Method";
constexpr std::string_view kRequestHeaders = "Access-Control-Request-Headers";
/// Of names that a preflight asks for and is told back.
constexpr std::size_t kMaxEchoBytes = 4096;

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all.append(all.empty() ? "" : ", ").append(word);
  return all;
}

/// A list of field names and nothing else.
bool is_list_of_names(std::string_view list) {
  if (list.size() > kMaxEchoBytes) return false;
  while (!list.empty()) {
    if (!core::is_token(core::http_characters::next_element(list))) return false;
  }
  return true;
}

bool varies_by_origin(const core::Fields& fields) {
  for (const core::Field& field : fields) {
    if (field.id != FieldId::other || !core::equals_ignoring_case(field.name, "Vary")) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      const std::string_view element = core::http_characters::next_element(list);
      if (element == "*" || core::equals_ignoring_case(element, "Origin")) return true;
    }
  }
  return false;
}

}  // namespace

CrossOriginRule::CrossOriginRule(const config::CrossOrigin& settings)
    : origins_(settings.origins),
      takes_credentials_(settings.takes_credentials),
      methods_(joined(settings.methods)),
      exposed_(joined(settings.exposed)),
      max_age_(std::to_string(settings.max_age.count())) {
  if (settings.headers) headers_ = joined(*settings.headers);
}

std::optional<std::string_view> CrossOriginRule::allowed_origin(const Request& request) const {
  if (request.fields->count(FieldId::origin) != 1) return std::nullopt;
  const std::string_view origin = request.field(FieldId::origin);
  if (origins_.empty()) return "*";
  // Browsers write an origin in the one normal form, so "null" and all else that is none equals nothing.
  if (std::ranges::find(origins_, origin) == origins_.end()) return std::nullopt;
  return origin;
}

bool CrossOriginRule::answers(const Request& request) const {
  return request.method == "OPTIONS" && request.fields->find(kRequestMethod) && allowed_origin(request);
}

Reply CrossOriginRule::preflight_answer(const Request& request) const {
  Reply reply;
  reply.status = 204;
  reply.reason = "preflight";
  reply.with("Access-Control-Allow-Methods", methods_);
  const auto asked = request.fields->find(kRequestHeaders);
  if (headers_) {
    if (!headers_->empty()) reply.with("Access-Control-Allow-Headers", *headers_);
  } else if (asked && !asked->empty() && is_list_of_names(*asked)) {
    reply.with("Access-Control-Allow-Headers", *asked);
  }
  reply.with("Access-Control-Max-Age", max_age_);
  reply.with("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
  return reply;
}

bool CrossOriginRule::owns(const core::Field& field) {
  return field.id == FieldId::other && field.name.size() > kOurs.size() &&
         core::equals_ignoring_case(field.name.substr(0, kOurs.size()), kOurs);
}

void CrossOriginRule::add_to(core::Fields& fields, const Request& request) const {
  // Also on an answer to nobody's origin: a cache must not give it to a script of one that may.
  if (!origins_.empty() && !varies_by_origin(fields)) fields.add("Vary", "Origin");
  const auto origin = allowed_origin(request);
  if (!origin) return;
  fields.add("Access-Control-Allow-Origin", *origin);
  if (takes_credentials_) fields.add("Access-Control-Allow-Credentials", "true");
  if (!exposed_.empty()) fields.add("Access-Control-Expose-Headers", exposed_);
}

}  // namespace gateway
