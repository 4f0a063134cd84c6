// What storage knows besides certificates: which orders proved names, which certificates were revoked, and
// which names are ordered apart.
#include <fmt/format.h>

#include <utility>

#include "tls/issue/store.h"

namespace tls {
namespace {

using core::Flow;
using core::Json;
using core::Result;

constexpr std::string_view kApartFolder = "certificates.apart";
constexpr std::string_view kRevokedFolder = "certificates.revoked";
constexpr std::string_view kProved = "proved.";

std::string apart_key(const std::string& name) {
  return std::string(kApartFolder) + "/" + set_id({name});
}

std::string revoked_key(const Certificate& certificate) {
  return std::string(kRevokedFolder) + "/" + digest_of(certificate);
}

}  // namespace

std::string digest_of(const Certificate& certificate) {
  std::string digits;
  for (const char byte : certificate.fingerprint()) {
    digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return digits;
}

Flow<> CertificateStore::save_proved(std::string set, std::string authority, std::string order_url) {
  Json json = Json::object();
  json.set("order", Json(order_url));
  std::string key = std::string(kSetFolder) + set + "/" + std::string(kProved) + authority;
  co_await write(std::move(key), std::move(json));
  co_return core::done();
}

Flow<std::vector<KnownOrder>> CertificateStore::orders() {
  std::vector<std::string> keys = co_await storage_.list(std::string(kSetFolder));
  std::vector<KnownOrder> out;
  for (std::string& key : keys) {
    const std::string_view path = std::string_view(key).substr(kSetFolder.size());
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) continue;
    std::string_view what = path.substr(slash + 1);
    KnownOrder order;
    order.is_under_way = what.starts_with(kUnderWay);
    if (!order.is_under_way && !what.starts_with(kProved)) continue;
    what.remove_prefix(what.find('.') + 1);
    order.set = std::string(path.substr(0, slash));
    order.authority = std::string(what);
    order.key = std::move(key);
    out.push_back(std::move(order));
  }
  co_return std::move(out);
}

Flow<std::string> CertificateStore::url_of(KnownOrder order) {
  std::optional<Json> json = co_await read(order.key);
  if (!json) co_return std::string();
  co_return std::string(json->string_at("order").value_or(""));
}

Flow<> CertificateStore::forget_order(KnownOrder order) {
  co_await storage_.remove(std::move(order.key));
  co_return core::done();
}

Flow<std::set<std::string>> CertificateStore::revoked() {
  const std::vector<std::string> keys = co_await storage_.list(std::string(kRevokedFolder));
  std::set<std::string> digests;
  for (const std::string& key : keys) digests.insert(key.substr(kRevokedFolder.size() + 1));
  co_return std::move(digests);
}

Flow<> CertificateStore::mark_revoked(CertificatePointer certificate) {
  core::StorageEntry entry;
  entry.value = "{}";
  entry.expires = certificate->not_after();
  co_await storage_.put(revoked_key(*certificate), std::move(entry));
  co_await mark_changed();
  co_return core::done();
}

Flow<> CertificateStore::unmark_revoked(CertificatePointer certificate) {
  co_await storage_.remove(revoked_key(*certificate));
  co_await mark_changed();
  co_return core::done();
}

Flow<std::set<std::string>> CertificateStore::apart() {
  const std::vector<std::string> keys = co_await storage_.list(std::string(kApartFolder));
  std::set<std::string> names;
  for (const std::string& key : keys) {
    const Result<std::optional<Json>> json = co_await attempt(read(key));
    if (!json && !is_of_the_entry(json.error())) co_return core::failure(json.error());
    if (json && *json) names.emplace((*json)->string_at("name").value_or(""));
  }
  co_return std::move(names);
}

Flow<> CertificateStore::set_apart(NameSet names) {
  for (const std::string& name : names) {
    Json json = Json::object();
    json.set("name", Json(name));
    co_await write(apart_key(name), std::move(json));
  }
  co_await mark_changed();
  co_return core::done();
}

Flow<> CertificateStore::rejoin(std::string name) {
  co_await storage_.remove(apart_key(name));
  co_await mark_changed();
  co_return core::done();
}

}  // namespace tls
