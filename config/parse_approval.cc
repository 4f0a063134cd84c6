// policies.NAME.approval: who decides about people whom no rule admits, and who is told of it.
#include <utility>

#include "config/parse.h"
#include "config/secret.h"
#include "config/values.h"
#include "core/text/base64.h"
#include "core/text/url.h"

namespace config {
namespace {

// Of standardwebhooks.com, which says what is signed and how.
constexpr std::string_view kKeyMark = "whsec_";
constexpr std::size_t kMinKeyBytes = 24;
constexpr std::size_t kMaxKeyBytes = 64;

core::Result<std::string> parse_webhook_url(std::string_view text) {
  const auto url = core::parse_url(text);
  if (!url || (url->scheme != "https" && url->scheme != "http")) {
    return core::failure(core::ErrorKind::malformed, core::Side::configuration, "expected an https URL");
  }
  return std::string(text);
}

/// The text of the secret becomes the bytes that sign.
void read_key(MapReader& map, Inputs& inputs, ConfiguredSecret& out) {
  const YamlNode* node = map.take("key");
  if (node == nullptr || !read_secret(*node, map.path("key"), inputs, out)) return;
  std::string_view text = out.value.reveal();
  if (text.starts_with(kKeyMark)) text.remove_prefix(kKeyMark.size());
  const auto bytes = core::base64_decode(text, core::Base64::standard);
  if (!bytes || bytes->size() < kMinKeyBytes || bytes->size() > kMaxKeyBytes) {
    inputs.findings.error(node->at, map.path("key") + ": expected 24 to 64 random bytes in base64",
                          "make one: openssl rand -base64 32");
    out.value = core::Secret();
    return;
  }
  out.value = core::Secret(*bytes);
}

void read_webhook(MapReader& map, Inputs& inputs, Approval& out) {
  const YamlNode* node = map.take("webhook");
  if (node == nullptr) return;
  if (!node->is_map()) {
    read_scalar(*node, map.path("webhook"), map.findings(), out.webhook, parse_webhook_url);
    return;
  }
  MapReader webhook(*node, map.path("webhook"), map.findings());
  if (!webhook.value("url", out.webhook, parse_webhook_url) && !webhook.has("url"))
    map.findings().error(node->at, webhook.path("url") + ": is missing");
  read_key(webhook, inputs, out.webhook_key);
  if (const YamlNode* ca = webhook.take("ca"))
    read_file_name(*ca, webhook.path("ca"), inputs, out.webhook_ca);
  webhook.finish();
}

}  // namespace

std::optional<std::string> read_approval(MapReader& map, Inputs& inputs, Policy& out) {
  const YamlNode* node = map.take("approval");
  if (node == nullptr) return std::nullopt;
  MapReader approval(*node, map.path("approval"), map.findings());
  Approval read;
  std::string admins;
  const bool has_admins = approval.value("admins", admins, parse_name);
  if (!has_admins && node->is_map() && !approval.has("admins")) {
    map.findings().error(node->at, approval.path("admins") + ": is missing",
                         "name the policy of those who may approve");
  }
  read_webhook(approval, inputs, read);
  approval.finish();
  if (out.otherwise == Otherwise::redirect) {
    map.findings().error(map.at("approval"),
                         map.path("approval") + ": means nothing beside a URL in otherwise",
                         "write otherwise: pending, or denied");
  }
  out.approval = std::move(read);
  if (!has_admins) return std::nullopt;
  return admins;
}

}  // namespace config
