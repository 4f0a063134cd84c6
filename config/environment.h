// ${NAME} in values: replaced in the tree, after parsing, so that a variable can never add structure. Keys
// stay as they are, replaced text is not looked at again.
#pragma once

#include "config/diagnostic.h"
#include "config/loader.h"
#include "config/yaml_tree.h"

namespace config {

/// ${NAME}: the variable, an error if it is not set. ${NAME:-text}: `text` if it is not set or empty. $${: a
/// literal ${. NAME is letters, digits and "_", not a digit first. What was replaced must be one line of
/// UTF-8 text.
void expand_environment(YamlNode& root, const Environment& environment, Findings& findings);

}  // namespace config
