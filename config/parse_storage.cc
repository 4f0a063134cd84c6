// storage and storage_key.
#include <algorithm>
#include <charconv>
#include <utility>

#include "config/parse.h"
#include "config/secret.h"
#include "config/values.h"
#include "core/text/url.h"

namespace config {
namespace {

constexpr std::string_view kDefaultStorage = "/var/lib/gateway";
constexpr std::size_t kMaxPrefixBytes = 64;
constexpr std::size_t kMaxObjectNameBytes = 30;
constexpr unsigned kMaxDatabase = 1023;

core::Error malformed(std::string text) {
  return {core::ErrorKind::malformed, core::Side::configuration, std::move(text)};
}

/// The first directory of $STATE_DIRECTORY, which systemd joins by colons.
std::string default_storage(const Environment& environment) {
  const auto state = environment.variable("STATE_DIRECTORY");
  if (!state || state->empty()) return std::string(kDefaultStorage);
  return state->substr(0, state->find(':'));
}

core::Result<unsigned> parse_database(std::string_view path) {
  if (path.empty() || path == "/") return 0U;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(path.data() + 1, path.data() + path.size(), number);
  if (error != std::errc() || end != path.data() + path.size() || number > kMaxDatabase)
    return core::failure(malformed("what follows the port is the number of a database, such as /0"));
  return number;
}

/// redis://HOST[:PORT][/DATABASE], rediss with TLS.
core::Result<RedisAddress> parse_redis_url(std::string_view text) {
  RedisAddress address;
  address.is_tls = text.starts_with("rediss://");
  const std::string_view rest = text.substr(std::min(text.find("://"), text.size()));
  if (!text.starts_with("redis://") && !address.is_tls)
    return core::failure(malformed("expected redis://HOST:PORT/DATABASE, or rediss:// for TLS"));
  const std::string_view after = rest.substr(3);
  const std::size_t slash = std::min(after.find('/'), after.size());
  if (after.substr(0, slash).contains('@'))
    return core::failure(
        malformed("a password does not belong in the URL; write {redis: URL, password: {file: PATH}}"));
  auto authority = core::parse_authority(after.substr(0, slash), core::Side::configuration);
  if (!authority) return core::failure(std::move(authority.error()));
  auto database = parse_database(after.substr(slash));
  if (!database) return core::failure(std::move(database.error()));
  address.host = std::move(authority->host);
  if (address.host.starts_with('[')) address.host = address.host.substr(1, address.host.size() - 2);
  if (authority->port != 0) address.port = authority->port;
  address.database = *database;
  return address;
}

core::Result<std::string> parse_prefix(std::string_view text) {
  const bool is_visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  if (text.empty() || text.size() > kMaxPrefixBytes || !is_visible)
    return core::failure(malformed("expected 1 to 64 visible characters, such as gateway:"));
  return std::string(text);
}

core::Result<std::string> parse_user(std::string_view text) {
  const bool is_visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  if (text.empty() || !is_visible) return core::failure(malformed("expected the name of a user"));
  return std::string(text);
}

core::Result<std::string> parse_object_name(std::string_view text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (text.empty() || text.size() > kMaxObjectNameBytes || !std::ranges::all_of(text, fits) ||
      text.front() == '-')
    return core::failure(malformed("expected 1 to 30 of a-z 0-9 -, as in the names of Kubernetes objects"));
  return std::string(text);
}

void read_redis_map(const YamlNode& node, std::string_view path, Inputs& inputs, RedisAddress& out) {
  MapReader map(node, std::string(path), inputs.findings);
  map.value("redis", out, parse_redis_url);
  out.at = map.at("redis");
  map.value("user", out.user, parse_user);
  map.value("prefix", out.prefix, parse_prefix);
  if (const YamlNode* password = map.take("password"))
    read_secret(*password, map.path("password"), inputs, out.password);
  if (const YamlNode* ca = map.take("ca")) {
    read_file_name(*ca, map.path("ca"), inputs, out.ca_file);
    if (!out.is_tls)
      inputs.findings.error(ca->at, map.path("ca") + ": is of rediss:// only", "write rediss:// to use TLS");
  }
  if (!out.user.empty() && out.password.value.empty())
    inputs.findings.error(map.at("user"), map.path("user") + ": without a password nobody is signed in",
                          "add password: {file: PATH}");
  map.finish();
}

void read_map(const YamlNode& node, Inputs& inputs, Storage& out) {
  if (node.find("kubernetes") == nullptr) {
    inputs.findings.error(node.at, "storage: expected a directory, kubernetes, or {redis: URL}");
    return;
  }
  MapReader map(node, "storage", inputs.findings);
  out.kind = StorageKind::kubernetes;
  map.value("kubernetes", out.kubernetes_name, parse_object_name);
  map.value("service_account", out.service_account, parse_file_path);
  map.finish();
}

}  // namespace

bool read_redis_address(const YamlNode& node, std::string_view path, Inputs& inputs, RedisAddress& out) {
  if (node.is_map() && node.find("redis") != nullptr) {
    read_redis_map(node, path, inputs, out);
    return true;
  }
  if (!node.is_scalar() || !node.text.contains("://")) return false;
  if (read_scalar(node, std::string(path), inputs.findings, out, parse_redis_url)) out.at = node.at;
  return true;
}

void read_storage(MapReader& map, Inputs& inputs, Storage& out) {
  out.directory = default_storage(inputs.environment);
  if (const YamlNode* keys = map.take("storage_key")) parse_seal_keys(*keys, "storage_key", inputs, out.keys);
  const YamlNode* node = map.take("storage");
  if (node == nullptr) return;
  if (read_redis_address(*node, "storage", inputs, out.redis)) {
    out.kind = StorageKind::redis;
    return;
  }
  if (node->is_map()) return read_map(*node, inputs, out);
  if (node->is_scalar() && node->text == "kubernetes") {
    out.kind = StorageKind::kubernetes;
  } else if (read_scalar(*node, "storage", inputs.findings, out.directory, parse_file_path) &&
             !out.directory.starts_with('/')) {
    inputs.findings.error(node->at,
                          "storage: expected the absolute path of a directory, kubernetes, or redis://HOST");
  }
}

}  // namespace config
