// login.session: how long a session lasts, where it is kept, how often it is checked, and with which keys it
// is sealed.
#include <array>
#include <utility>

#include "config/parse.h"
#include "config/secret.h"
#include "config/values.h"

namespace config {
namespace {

constexpr std::chrono::seconds kMinLifetime{60};
constexpr std::chrono::hours kMaxLifetime{24L * 400};  // browsers cut Max-Age there (RFC 6265bis section 5.5)

constexpr std::array<std::pair<std::string_view, SameSite>, 2> kSameSites{
    {{"lax", SameSite::lax}, {"none", SameSite::none}}};

constexpr std::array<std::pair<std::string_view, SessionStoreKind>, 3> kStores{
    {{"cookie", SessionStoreKind::cookie},
     {"memory", SessionStoreKind::memory},
     {"storage", SessionStoreKind::storage}}};

void read_lifetimes(MapReader& map, SessionSettings& out) {
  const auto check = [&map](std::string_view key, std::chrono::seconds value) {
    if (value >= kMinLifetime && value <= kMaxLifetime) return;
    map.findings().error(map.at(key), map.path(key) + ": expected a duration from 1m to 400d");
  };
  if (map.value("lifetime", out.lifetime, parse_seconds)) check("lifetime", out.lifetime);
  if (map.value("idle", out.idle, parse_seconds)) {
    check("idle", out.idle);
    if (out.idle > out.lifetime) {
      map.findings().error(map.at("idle"), map.path("idle") + ": is longer than the lifetime of the session",
                           "make it at most session.lifetime");
    }
  } else if (out.idle > out.lifetime) {
    out.idle = out.lifetime;
  }
}

core::Result<std::optional<std::chrono::seconds>> parse_refresh(std::string_view text) {
  if (text == "off") return std::nullopt;
  auto refresh = parse_seconds(text);
  if (!refresh) return core::failure(std::move(refresh.error()));
  return *refresh;
}

void read_store(MapReader& map, Inputs& inputs, SessionSettings& out) {
  const YamlNode* store = map.take("store");
  if (store != nullptr) {
    if (read_redis_address(*store, map.path("store"), inputs, out.store_redis)) {
      out.store = SessionStoreKind::redis;
    } else {
      read_scalar(*store, map.path("store"), inputs.findings, out.store,
                  [](std::string_view text) { return parse_word<SessionStoreKind>(text, kStores); });
    }
  }
  if (!map.value("refresh", out.refresh, parse_refresh) || !out.refresh) return;
  if (*out.refresh < kMinLifetime || *out.refresh > out.lifetime) {
    inputs.findings.error(
        map.at("refresh"),
        map.path("refresh") + ": expected a duration from 1m to the lifetime of the session");
  }
  if (out.store == SessionStoreKind::cookie) {
    inputs.findings.error(
        map.at("refresh"),
        map.path("refresh") +
            ": needs a store: with store: cookie the provider's tokens are dropped at sign-in, "
            "so nobody is checked again, groups and claims are as old as the session, and "
            "sign-out at the provider has no id_token_hint",
        "write store: storage (or memory, redis://HOST), or refresh: off");
  }
}

}  // namespace

void parse_session(const YamlNode& node, Inputs& inputs, SessionSettings& out) {
  MapReader map(node, "login.session", inputs.findings);
  read_lifetimes(map, out);
  if (map.value("cookie_domain", out.cookie_domain, parse_host) &&
      (out.cookie_domain.starts_with('[') || core::IpAddress::parse(out.cookie_domain))) {
    inputs.findings.error(map.at("cookie_domain"), "login.session.cookie_domain: an address has no domain");
  }
  map.value("cookie_name", out.cookie_name, parse_name);
  map.value("same_site", out.same_site,
            [](std::string_view text) { return parse_word<SameSite>(text, kSameSites); });
  if (const YamlNode* keys = map.take("keys")) parse_seal_keys(*keys, "login.session.keys", inputs, out.keys);
  read_store(map, inputs, out);
  map.finish();
}

}  // namespace config
