// The text of gateway.yaml as it may be shown under an error: secrets that stand in the file itself are
// covered, byte for byte, so that columns keep their place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/yaml_tree.h"

namespace config {

/// Covers what was read as a secret (`known`), and the value of every key that holds one by its name or whose
/// name is close to one that does: it may not have been read.
std::string hide_secrets(std::string_view text, const YamlNode& root, const std::vector<Position>& known);
/// The same by guess, line by line, for a text that is not YAML: covers what follows such a key, and long
/// base64.
std::string hide_likely_secrets(std::string_view text);
/// Whether a key of this name holds a secret, or is a misspelling of one that does.
bool is_secret_key(std::string_view key);

}  // namespace config
