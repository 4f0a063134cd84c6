// Keys that seal: of sessions, of storage.
#include <utility>

#include "config/parse.h"
#include "config/secret.h"
#include "core/crypto/session_key.h"

namespace config {
namespace {

constexpr std::size_t kMaxKeys = 8;

}  // namespace

void parse_seal_keys(const YamlNode& node, const std::string& name, Inputs& inputs,
                     std::vector<ConfiguredSecret>& out) {
  for (const YamlNode* item : one_or_list(node)) {
    ConfiguredSecret secret;
    if (!read_secret(*item, name, inputs, secret)) continue;
    auto key = core::parse_session_key(secret.value.reveal());
    if (!key) {
      inputs.findings.error(item->at, name + ": expected 32 random bytes in base64: " + key.error().text,
                            "make one with: gateway keygen");
      continue;
    }
    secret.value = std::move(*key);
    for (const ConfiguredSecret& other : out) {
      if (other == secret)
        inputs.findings.error(item->at, name + ": this key stands twice", "keep one of them");
    }
    out.push_back(std::move(secret));
  }
  if (node.is_list() && node.items.empty()) {
    inputs.findings.error(node.at, name + ": the list is empty", "remove it, or write a key");
  }
  if (out.size() > kMaxKeys) {
    inputs.findings.error(node.at, name + ": more than " + std::to_string(kMaxKeys) + " keys",
                          "remove the oldest");
  }
}

}  // namespace config
