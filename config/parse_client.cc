// login.providers: who the gateway is to the provider, and how it proves that.
#include <utility>

#include "config/parse.h"
#include "config/secret.h"
#include "config/values.h"
#include "core/crypto/key.h"
#include "core/text/utf8.h"

namespace config {
namespace {

void read_secret_text(MapReader& map, Inputs& inputs, Provider& out) {
  const YamlNode* secret = map.take("client_secret");
  if (secret == nullptr || !read_secret(*secret, map.path("client_secret"), inputs, out.client_secret))
    return;
  if (!core::is_plain_text(out.client_secret.value.reveal())) {
    inputs.findings.error(secret->at, map.path("client_secret") + ": the secret is not one line of text");
  }
}

void read_key(MapReader& map, Inputs& inputs, Provider& out) {
  map.value("client_key_id", out.client_key_id, parse_line);
  const YamlNode* key = map.take("client_key");
  if (key == nullptr) {
    if (!out.client_key_id.empty() && !map.has("client_key")) {
      inputs.findings.error(map.at("client_key_id"), map.path("client_key_id") + ": there is no client_key");
    }
    return;
  }
  if (!read_secret(*key, map.path("client_key"), inputs, out.client_key)) return;
  const auto parsed = core::PrivateKey::from_pem(out.client_key.value);
  if (parsed) return;
  inputs.findings.error(key->at,
                        map.path("client_key") + ": expected a private key in PEM: " + parsed.error().text,
                        "make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256");
}

}  // namespace

void read_client(MapReader& map, Inputs& inputs, Provider& out) {
  if (!map.value("client_id", out.client_id, parse_line) && !map.has("client_id")) {
    inputs.findings.error(map.at(), map.path("client_id") + ": is missing",
                          "register the gateway at the provider");
  }
  read_secret_text(map, inputs, out);
  read_key(map, inputs, out);
  UpstreamTls shown;
  read_client_certificate(map, inputs, shown);
  out.certificate_file = std::move(shown.certificate_file);
  out.certificate_key_file = std::move(shown.key_file);
  const int ways =
      int{map.has("client_secret")} + int{map.has("client_key")} + int{map.has("client_certificate")};
  if (ways == 0) {
    inputs.findings.error(map.at(), map.path("client_secret") + ": is missing",
                          "or prove who the gateway is with client_key or client_certificate");
  } else if (ways > 1) {
    inputs.findings.error(
        map.at(),
        map.path("client_secret") + ": client_secret, client_key and client_certificate exclude one another");
  } else if (out.type == ProviderType::github && !map.has("client_secret")) {
    inputs.findings.error(map.at(), map.path("client_secret") + ": is missing", "GitHub knows no other way");
  }
}

}  // namespace config
