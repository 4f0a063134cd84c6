#include "tls/issue/store.h"

#include <algorithm>
#include <utility>

namespace tls {
namespace {

using core::ErrorKind;
using core::Flow;
using core::Json;
using core::Result;

constexpr std::string_view kChangeKey = "certificates.changed";
constexpr std::size_t kMaxWhyBytes = 1000;

std::string key_of(const std::string& set, std::string_view what) {
  return std::string(kSetFolder) + set + "/" + std::string(what);
}

core::WallTime time_at(const Json& json, std::string_view name) {
  return core::from_unix_seconds(
      std::clamp<std::int64_t>(json.integer_at(name).value_or(0), 0, 8'000'000'000));
}

unsigned count_at(const Json& json, std::string_view name) {
  return static_cast<unsigned>(std::clamp<std::int64_t>(json.integer_at(name).value_or(0), 0, 1'000'000));
}

std::string text_at(const Json& json, std::string_view name) {
  return std::string(json.string_at(name).value_or(""));
}

}  // namespace

/// Nothing if there is no such entry; what is damaged is reported and gone from then on.
Flow<std::optional<Json>> CertificateStore::read(std::string key) {
  Result<core::StorageEntry> entry = co_await attempt(storage_.get(key));
  if (!entry && entry.error().kind == ErrorKind::not_found) co_return std::optional<Json>();
  if (!entry && entry.error().kind == ErrorKind::malformed) {
    log_.error("storage: an entry was damaged and set aside; it is made anew",
               {{"entry", key}, {"why", entry.error().text}});
    co_return std::optional<Json>();
  }
  if (!entry) co_return core::failure(std::move(entry.error()));
  Result<Json> json = Json::parse(entry->value, core::Side::storage);
  if (json && json->is_object()) co_return std::optional(std::move(*json));
  co_await set_aside(key, "it is no JSON object");
  co_return std::optional<Json>();
}

Flow<> CertificateStore::set_aside(std::string key, std::string why) {
  log_.error("storage: an entry cannot be used and is set aside under damaged/; it is made anew",
             {{"entry", key}, {"why", why}});
  Result<core::StorageEntry> entry = co_await attempt(storage_.get(key));
  if (entry) {
    // A copy for whoever looks into it; storage that cannot be written keeps the entry where it is.
    std::string copy = "damaged/" + key;
    Result<core::Done> kept = co_await attempt(storage_.put(std::move(copy), std::move(*entry)));
    if (kept) co_await attempt(storage_.remove(key));
  }
  co_return core::done();
}

Flow<> CertificateStore::write(std::string key, Json value) {
  core::StorageEntry entry;
  entry.value = value.text();
  co_await storage_.put(std::move(key), std::move(entry));
  co_return core::done();
}

Flow<std::optional<StoredCertificate>> CertificateStore::certificate(std::string set) {
  const std::string key = key_of(set, "certificate");
  std::optional<Json> json = co_await read(key);
  if (!json) co_return std::optional<StoredCertificate>();
  StoredCertificate stored;
  if (const Json* names = json->find("names")) {
    for (const Json& name : names->elements()) stored.names.emplace_back(name.as_string().value_or(""));
  }
  stored.chain = text_at(*json, "chain");
  stored.key = core::Secret(text_at(*json, "key"));
  stored.directory = text_at(*json, "directory");
  CertificateText text;
  text.chain = stored.chain;
  text.key = stored.key;
  text.source = key;
  Result<CertificatePointer> parsed = Certificate::parse(text);
  if (!parsed) {
    co_await set_aside(key, parsed.error().text);
    co_return std::optional<StoredCertificate>();
  }
  stored.certificate = std::move(*parsed);
  co_return std::optional(std::move(stored));
}

Flow<std::string> CertificateStore::save(std::string set, StoredCertificate certificate) {
  Json names = Json::array();
  for (const std::string& name : certificate.names) names.push(Json(name));
  Json json = Json::object();
  json.set("names", std::move(names));
  json.set("chain", Json(certificate.chain));
  json.set("key", Json(certificate.key.reveal()));
  json.set("directory", Json(certificate.directory));
  co_await write(key_of(set, "certificate"), std::move(json));
  std::string change = co_await mark_changed();
  co_return std::move(change);
}

Flow<std::string> CertificateStore::mark_changed() {
  std::string text = random_.id();
  core::StorageEntry change;
  change.value = text;
  co_await storage_.put(std::string(kChangeKey), std::move(change));
  co_return std::move(text);
}

Flow<std::optional<Attempts>> CertificateStore::attempts(std::string set) {
  std::optional<Json> json = co_await read(key_of(set, "attempts"));
  if (!json) co_return std::optional<Attempts>();
  Attempts out;
  out.failures = count_at(*json, "failures");
  out.begun = count_at(*json, "begun");
  out.next = time_at(*json, "next");
  out.why = text_at(*json, "why");
  co_return std::optional(std::move(out));
}

Flow<> CertificateStore::save(std::string set, Attempts attempts) {
  Json json = Json::object();
  json.set("failures", Json(attempts.failures));
  json.set("begun", Json(attempts.begun));
  json.set("next", Json(core::unix_seconds(attempts.next)));
  json.set("why", Json(attempts.why.substr(0, kMaxWhyBytes)));
  co_await write(key_of(set, "attempts"), std::move(json));
  co_return core::done();
}

Flow<> CertificateStore::clear_attempts(std::string set) {
  co_await storage_.remove(key_of(set, "attempts"));
  co_return core::done();
}

Flow<std::optional<Advice>> CertificateStore::advice(std::string set) {
  Result<std::optional<Json>> found = co_await attempt(read(key_of(set, "advice")));
  if (!found && !is_of_the_entry(found.error())) co_return core::failure(std::move(found.error()));
  if (!found || !*found) co_return std::optional<Advice>();
  const std::optional<Json>& json = *found;
  Advice out;
  out.window_start = time_at(*json, "start");
  out.window_end = time_at(*json, "end");
  out.chosen = time_at(*json, "chosen");
  out.ask_again = time_at(*json, "ask_again");
  out.renewal_id = text_at(*json, "id");
  co_return std::optional(std::move(out));
}

Flow<> CertificateStore::save(std::string set, Advice advice) {
  Json json = Json::object();
  json.set("start", Json(core::unix_seconds(advice.window_start)));
  json.set("end", Json(core::unix_seconds(advice.window_end)));
  json.set("chosen", Json(core::unix_seconds(advice.chosen)));
  json.set("ask_again", Json(core::unix_seconds(advice.ask_again)));
  json.set("id", Json(advice.renewal_id));
  co_await write(key_of(set, "advice"), std::move(json));
  co_return core::done();
}

Flow<std::vector<std::string>> CertificateStore::sets() {
  std::vector<std::string> keys = co_await storage_.list(std::string(kSetFolder));
  std::vector<std::string> out;
  constexpr std::string_view kEnd = "/certificate";
  for (const std::string& key : keys) {
    if (key.ends_with(kEnd)) {
      out.push_back(key.substr(kSetFolder.size(), key.size() - kSetFolder.size() - kEnd.size()));
    }
  }
  co_return std::move(out);
}

Flow<std::vector<std::string>> CertificateStore::all_sets() {
  std::vector<std::string> keys = co_await storage_.list(std::string(kSetFolder));
  std::vector<std::string> out;
  for (const std::string& key : keys) {
    std::string id = key.substr(kSetFolder.size(), key.find('/', kSetFolder.size()) - kSetFolder.size());
    // In byte order the keys of a set stand together.
    if (out.empty() || out.back() != id) out.push_back(std::move(id));
  }
  co_return std::move(out);
}

Flow<> CertificateStore::forget(std::string set) {
  std::vector<std::string> keys = co_await storage_.list(std::string(kSetFolder) + set);
  for (const std::string& key : keys) co_await storage_.remove(key);
  co_return core::done();
}

Flow<std::string> CertificateStore::change() {
  Result<core::StorageEntry> entry = co_await attempt(storage_.get(std::string(kChangeKey)));
  if (entry) co_return std::move(entry->value);
  const bool is_absent = entry.error().kind == ErrorKind::not_found || is_of_the_entry(entry.error());
  if (is_absent) co_return std::string();
  co_return core::failure(std::move(entry.error()));
}

}  // namespace tls
