#include "config/secret.h"

#include <optional>
#include <string>
#include <utility>

#include "config/read_file.h"
#include "config/values.h"

namespace config {
namespace {

/// The file of a secret, without one trailing line end.
std::optional<core::Secret> secret_of_file(const std::string& path, Position at, const std::string& name,
                                           Inputs& inputs) {
  inputs.files.push_back(path);
  auto bytes = read_file(path, kMaxSecretBytes);
  if (!bytes) {
    inputs.findings.error(at, name + ": " + bytes.error().text,
                          "create the file, or let the user that runs the gateway read it");
    return std::nullopt;
  }
  if (bytes->ends_with('\n')) {
    bytes->pop_back();
    if (bytes->ends_with('\r')) bytes->pop_back();
  }
  return core::Secret::take(*bytes);
}

std::optional<core::Secret> secret_of_variable(const std::string& variable, Position at,
                                               const std::string& name, Inputs& inputs) {
  auto value = inputs.environment.variable(variable);
  if (!value) {
    inputs.findings.error(at, name + ": the environment variable " + variable + " is not set",
                          "set it for the gateway");
    return std::nullopt;
  }
  return core::Secret::take(*value);
}

std::optional<core::Secret> secret_of_credential(const std::string& credential, Position at,
                                                 const std::string& name, Inputs& inputs) {
  if (credential.contains('/') || credential == "." || credential == "..") {
    inputs.findings.error(at, name + ": expected the name of a credential, not a path");
    return std::nullopt;
  }
  const auto directory = inputs.environment.variable("CREDENTIALS_DIRECTORY");
  if (!directory || directory->empty()) {
    inputs.findings.error(
        at, name + ": $CREDENTIALS_DIRECTORY is not set",
        "start under systemd with LoadCredential=" + credential + ":PATH, or use {file: PATH}");
    return std::nullopt;
  }
  return secret_of_file(*directory + "/" + credential, at, name, inputs);
}

bool accept(std::optional<core::Secret> secret, std::string origin, Position at, const std::string& name,
            Inputs& inputs, ConfiguredSecret& out) {
  if (!secret) return false;
  if (secret->empty()) {
    inputs.findings.error(at, name + ": the secret is empty",
                          "write the secret where " + origin + " points to");
    return false;
  }
  out.value = std::move(*secret);
  out.origin = std::move(origin);
  return true;
}

bool read_inline(const YamlNode& node, const std::string& name, Inputs& inputs, ConfiguredSecret& out) {
  inputs.findings.note_secret(node.at);
  if (node.is_reported) return false;
  std::string text = node.text;
  if (!node.from_environment) {
    inputs.findings.warn(node.at, name + ": the secret stands in the file itself",
                         "use {file: PATH}, {env: NAME} or {credential: NAME}");
  }
  return accept(core::Secret::take(text), "inline", node.at, name, inputs, out);
}

}  // namespace

bool read_secret(const YamlNode& node, std::string_view name_view, Inputs& inputs, ConfiguredSecret& out) {
  const std::string name(name_view);
  if (node.is_scalar()) return read_inline(node, name, inputs, out);
  MapReader map(node, name, inputs.findings);
  std::string file;
  std::string variable;
  std::string credential;
  const bool has_file = map.value("file", file, parse_file_path);
  const bool has_variable = map.value("env", variable, parse_name);
  const bool has_credential = map.value("credential", credential, parse_line);
  map.finish();
  if (!node.is_map()) return false;
  if (node.entries.size() != 1) {
    inputs.findings.error(node.at, name + ": expected exactly one of file, env, credential");
    return false;
  }
  if (has_file) {
    return accept(secret_of_file(file, node.at, name, inputs), "file:" + file, node.at, name, inputs, out);
  }
  if (has_variable) {
    return accept(secret_of_variable(variable, node.at, name, inputs), "env:" + variable, node.at, name,
                  inputs, out);
  }
  if (has_credential) {
    return accept(secret_of_credential(credential, node.at, name, inputs), "credential:" + credential,
                  node.at, name, inputs, out);
  }
  return false;
}

}  // namespace config
