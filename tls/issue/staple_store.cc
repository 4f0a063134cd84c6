#include "tls/issue/staple_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/text/base64.h"
#include "core/text/json.h"

namespace tls {
namespace {

using core::Flow;
using core::Json;
using core::Result;

constexpr std::int64_t kLatestMoment = 8'000'000'000;

std::string key_of(std::string_view fingerprint) {
  std::string key = "ocsp/";
  for (const char byte : fingerprint) key += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return key;
}

Result<StoredStaple> staple_in(std::string_view text) {
  Result<Json> json = Json::parse(text, core::Side::storage);
  if (!json) return core::failure(std::move(json.error()));
  StoredStaple staple;
  staple.newest = core::from_unix_seconds(
      std::clamp<std::int64_t>(json->integer_at("newest").value_or(0), 0, kLatestMoment));
  Result<std::string> answer = core::base64_decode(json->string_at("answer").value_or(""),
                                                   core::Base64::standard, core::Side::storage);
  if (!answer) return core::failure(std::move(answer.error()));
  staple.answer = std::move(*answer);
  return staple;
}

}  // namespace

Flow<std::optional<StoredStaple>> StapleStore::load(std::string fingerprint) {
  const std::string key = key_of(fingerprint);
  Result<core::StorageEntry> entry = co_await attempt(storage_.get(key));
  if (!entry && entry.error().kind == core::ErrorKind::not_found) co_return std::optional<StoredStaple>();
  Result<StoredStaple> staple =
      entry ? staple_in(entry->value) : Result<StoredStaple>(core::failure(std::move(entry.error())));
  if (staple) co_return std::optional(std::move(*staple));
  log_.warn("a stored OCSP answer cannot be read; it is asked for again",
            {{"entry", key}, {"why", staple.error().text}});
  co_return std::optional<StoredStaple>();
}

Flow<> StapleStore::save(std::string fingerprint, StoredStaple staple, core::WallTime expires) {
  Json json = Json::object();
  if (!staple.answer.empty())
    json.set("answer", Json(core::base64_encode(staple.answer, core::Base64::standard)));
  json.set("newest", Json(core::unix_seconds(staple.newest)));
  core::StorageEntry entry;
  entry.value = json.text();
  entry.expires = expires;
  const std::string key = key_of(fingerprint);
  const Result<core::Done> saved = co_await attempt(storage_.put(key, std::move(entry)));
  if (!saved) {
    log_.warn("an OCSP answer cannot be stored; a restart asks for it again",
              {{"entry", key}, {"why", saved.error().text}});
  }
  co_return core::done();
}

}  // namespace tls
