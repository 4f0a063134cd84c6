#include "tls/acme/dns_scaleway.h"

#include <fmt/format.h>

#include <utility>

#include "core/text/json.h"

namespace tls {
namespace {

using core::ErrorKind;
using core::Flow;
using core::Json;
using core::Result;

constexpr std::int64_t kTextLifetime = 60;
constexpr std::size_t kMaxAnswerBytes = 256UL * 1024;
constexpr core::Duration kRequestTime = std::chrono::seconds(20);
constexpr std::size_t kMaxShown = 200;

/// The name below its zone; empty for the zone itself.
std::string name_below(const DnsPlace& place) {
  if (place.name == place.zone) return {};
  return place.name.substr(0, place.name.size() - place.zone.size() - 1);
}

Json record_of(const DnsPlace& place, const std::string& value) {
  Json record = Json::object();
  record.set("name", Json(name_below(place)));
  record.set("type", Json("TXT"));
  record.set("data", Json("\"" + value + "\""));
  return record;
}

std::string changes(std::string_view what, std::string_view holder, Json inside) {
  Json entry = Json::object();
  entry.set(holder, std::move(inside));
  Json change = Json::object();
  change.set(what, std::move(entry));
  Json list = Json::array();
  list.push(std::move(change));
  Json body = Json::object();
  body.set("return_all_records", Json(false));
  body.set("changes", std::move(list));
  return body.text();
}

}  // namespace

Flow<> DnsScaleway::change(DnsPlace place, std::string body) {
  core::FetchRequest request;
  request.method = "PATCH";
  request.url = api_;
  request.url.path = "/domain/v2beta1/dns-zones/" + place.zone + "/records";
  request.fields.emplace_back("X-Auth-Token", secret_key_.reveal());
  request.fields.emplace_back("Content-Type", "application/json");
  request.fields.emplace_back("Accept", "application/json");
  request.body = std::move(body);
  core::FetchLimits limits;
  limits.body_bytes = kMaxAnswerBytes;
  limits.total = kRequestTime;
  Flow<core::FetchResponse> fetching = http_.fetch(std::move(request), limits);
  Result<core::FetchResponse> answer = co_await attempt(std::move(fetching));
  if (!answer) co_return core::failure(std::move(answer.error()).during("Scaleway's DNS API"));
  if (answer->status == 200) co_return core::done();
  const Result<Json> json = Json::parse(answer->body, core::Side::origin);
  std::string said;
  if (json) said = json->string_at("message").value_or("").substr(0, kMaxShown);
  co_return core::failure(
      ErrorKind::refused, core::Side::origin,
      fmt::format("Scaleway's DNS API refuses a record in the zone {} (status {}): {}; the key "
                  "needs the permission set DomainsDNSFullAccess",
                  place.zone, answer->status, said),
      core::Retry::later);
}

Flow<> DnsScaleway::add(DnsPlace place, std::string value) {
  Json record = record_of(place, value);
  record.set("ttl", Json(kTextLifetime));
  Json list = Json::array();
  list.push(std::move(record));
  std::string body = changes("add", "records", std::move(list));
  co_await change(std::move(place), std::move(body));
  co_return core::done();
}

Flow<> DnsScaleway::remove(DnsPlace place, std::string value) {
  std::string body = changes("delete", "id_fields", record_of(place, value));
  co_await change(std::move(place), std::move(body));
  co_return core::done();
}

}  // namespace tls
