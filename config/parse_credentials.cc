// basic and forward_token of a route or of defaults: what an upstream gets as Authorization.
#include <array>
#include <utility>

#include "config/parse.h"
#include "config/secret.h"
#include "core/text/utf8.h"

namespace config {
namespace {

constexpr std::array<std::pair<std::string_view, ForwardToken>, 3> kForwardTokens{
    {{"off", ForwardToken::none}, {"access", ForwardToken::access}, {"id", ForwardToken::id}}};

/// RFC 7617 section 2: no colon, which ends the name, and no control characters.
core::Result<std::string> parse_basic_user(std::string_view text) {
  if (!text.empty() && core::is_plain_text(text) && !text.contains(':')) return std::string(text);
  return core::failure(core::ErrorKind::malformed, core::Side::configuration,
                       "expected a name without colons and control characters");
}

}  // namespace

void read_basic(MapReader& map, Inputs& inputs, std::optional<BasicCredentials>& out) {
  const YamlNode* node = map.take("basic");
  if (node == nullptr) return;
  if (is_off(*node)) {
    out.reset();
    return;
  }
  MapReader basic(*node, map.path("basic"), inputs.findings);
  BasicCredentials read;
  basic.value("user", read.user, parse_basic_user);
  const YamlNode* password = basic.take("password");
  if (password != nullptr && read_secret(*password, basic.path("password"), inputs, read.password) &&
      !core::is_plain_text(read.password.value.reveal())) {
    inputs.findings.error(password->at, basic.path("password") + ": the secret is not one line of text");
  }
  for (const std::string_view key : {"user", "password"}) {
    if (node->is_map() && !basic.has(key)) inputs.findings.error(node->at, basic.path(key) + ": is missing");
  }
  basic.finish();
  out = std::move(read);
}

void read_forward_token(MapReader& map, ForwardToken& out) {
  map.value("forward_token", out,
            [](std::string_view text) { return parse_word<ForwardToken>(text, kForwardTokens); });
}

}  // namespace config
