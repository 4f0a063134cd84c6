// Secrets in gateway.yaml: {file: PATH}, {env: NAME}, {credential: NAME}, or a string, which is doubtful
// because the file is often readable by many. What is read is never quoted in a message.
#pragma once

#include <cstddef>
#include <string_view>

#include "config/parse.h"
#include "config/types_access.h"
#include "config/yaml_tree.h"

namespace config {

inline constexpr std::size_t kMaxSecretBytes = 64UL * 1024;

/// Reads the secret at `node` into `out`. One trailing line end (LF or CRLF) of a file is dropped; an empty
/// secret, an unreadable file and a variable that is not set are errors. `name` is for the message. False if
/// there was an error.
bool read_secret(const YamlNode& node, std::string_view name, Inputs& inputs, ConfiguredSecret& out);

}  // namespace config
