// gateway.yaml: whatever the text, loading ends with a value or with errors that have a place, and what was
// loaded can be printed and loaded again as the same value.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/loader.h"
#include "core/base/check.h"

namespace {

class FixedEnvironment final : public config::Environment {
 public:
  [[nodiscard]] std::optional<std::string> variable(const std::string& name) const override {
    if (name == "SECRET") return "secret";
    if (name == "EMPTY") return "";
    return std::nullopt;
  }
};

/// A text could name any file of the machine that runs this.
bool names_a_file(std::string_view text) {
  for (const std::string_view key :
       {"file", "credential", "ca:", "ca :", "\"ca", "'ca", "certificate", "\\", "key"}) {
    if (text.find(key) != std::string_view::npos) return true;
  }
  return false;
}

bool has_inline_secret(const config::Config& config) {
  for (const config::Provider& provider : config.login.providers) {
    if (provider.client_secret.origin == "inline") return true;
  }
  return !config.login.session.keys.empty();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  if (names_a_file(input)) return 0;
  const FixedEnvironment environment;
  // /dev/null is no regular file, so certificates must be files that are there.
  const std::string text =
      "tls: {certificates: [{certificate: /etc/passwd, key: /etc/passwd}]}\n" + std::string(input);
  const config::LoadOutcome outcome = config::load_text(text, environment);
  CHECK(outcome.config.has_value() == outcome.errors.empty());
  for (const config::Diagnostic& error : outcome.errors) {
    CHECK(error.at.line > 0 && error.at.column > 0);
    CHECK(!config::render(error, "gateway.yaml", outcome.source).empty());
  }
  if (!outcome.config || has_inline_secret(*outcome.config)) return 0;
  const std::string printed = config::print(*outcome.config);
  const config::LoadOutcome again = config::load_text(printed, environment);
  CHECK(again.config.has_value());
  CHECK(*again.config == *outcome.config);
  return 0;
}
