// login.break_glass: the account for emergencies, in a secret that `gateway break-glass` makes.
#include <utility>

#include "config/parse.h"
#include "config/read_file.h"
#include "config/secret.h"
#include "config/values.h"
#include "core/text/base32.h"
#include "core/text/json.h"
#include "core/text/utf8.h"

namespace config {
namespace {

constexpr std::chrono::minutes kShortest{5};
constexpr std::chrono::hours kLongest{12};
/// RFC 4226 section 4: 128 bits at least.
constexpr std::size_t kLeastKeyBytes = 16;
constexpr std::size_t kMostKeyBytes = 64;
constexpr std::size_t kMostName = 254;
constexpr std::size_t kMostGroups = 100;

std::unexpected<core::Error> bad(std::string text) {
  return core::failure(core::ErrorKind::malformed, core::Side::configuration, std::move(text));
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMostName && core::is_plain_text(text);
}

core::Result<void> read_names(const core::Json& account, BreakGlass& out) {
  const auto user = account.string_at("user");
  if (!user || !is_name(*user)) return bad("its user is missing");
  out.user = *user;
  if (const auto email = account.string_at("email")) {
    if (!is_name(*email) || !email->contains('@')) return bad("its email is none");
    out.email = *email;
  }
  const core::Json* groups = account.find("groups");
  if (groups == nullptr) return {};
  if (!groups->is_array() || groups->elements().size() > kMostGroups) return bad("its groups are no list");
  for (const core::Json& group : groups->elements()) {
    const auto name = group.as_string();
    if (!name || !is_name(*name)) return bad("one of its groups is no name");
    out.groups.emplace_back(*name);
  }
  return {};
}

/// What is read is never quoted.
core::Result<void> read_account(std::string_view text, BreakGlass& out) {
  const core::Result<core::Json> account = core::Json::parse(text, core::Side::configuration);
  if (!account || !account->is_object()) return bad("it is no JSON object");
  for (const core::JsonMember& member : account->members()) {
    const std::string_view name = member.name;
    if (name != "user" && name != "email" && name != "groups" && name != "password" && name != "totp")
      return bad("it has a member that no such account has");
  }
  if (core::Result<void> names = read_names(*account, out); !names) return names;
  core::Result<core::PasswordHash> password =
      core::parse_password_hash(account->string_at("password").value_or(""));
  if (!password) return bad("its password: " + password.error().text);
  out.password = std::move(*password);
  core::Result<std::string> key =
      core::base32_decode(account->string_at("totp").value_or(""), core::Side::configuration);
  if (!key || key->size() < kLeastKeyBytes || key->size() > kMostKeyBytes)
    return bad("its totp is no key of 128 bits or more in base32");
  out.totp_key = core::Secret::take(*key);
  return {};
}

/// Who reads it may try passwords against its hash, and makes codes.
void refuse_open_file(const YamlNode& account, Inputs& inputs) {
  const YamlNode* file = account.find("file");
  if (file == nullptr || !is_readable_by_all(file->text)) return;
  inputs.findings.error(file->at,
                        "login.break_glass.account: everybody on this machine may read " + file->text,
                        "chmod o= " + file->text + " (Kubernetes: defaultMode 0440)");
}

}  // namespace

void parse_break_glass(const YamlNode& node, Inputs& inputs, std::optional<BreakGlass>& out) {
  if (is_off(node)) return;
  MapReader map(node, "login.break_glass", inputs.findings);
  BreakGlass settings;
  const YamlNode* account = map.take("account");
  if (account == nullptr && node.is_map()) {
    inputs.findings.error(node.at, "login.break_glass.account: is missing",
                          "make one with `gateway break-glass`, and write account: {file: PATH}");
  }
  if (account != nullptr) refuse_open_file(*account, inputs);
  if (account != nullptr && read_secret(*account, "login.break_glass.account", inputs, settings.account)) {
    const core::Result<void> read = read_account(settings.account.value.reveal(), settings);
    if (!read) {
      inputs.findings.error(account->at, "login.break_glass.account: " + read.error().text,
                            "make another with `gateway break-glass`");
    }
  }
  if (map.value("lifetime", settings.lifetime, parse_seconds) &&
      (settings.lifetime < kShortest || settings.lifetime > kLongest)) {
    inputs.findings.error(map.at("lifetime"), map.path("lifetime") + ": expected a duration from 5m to 12h");
  }
  if (const YamlNode* from = map.take("from")) {
    const NetworkList list{map.path("from"), "lets anybody try the account for emergencies"};
    settings.from = read_networks(*from, list, inputs.findings);
  }
  map.finish();
  out = std::move(settings);
}

}  // namespace config
