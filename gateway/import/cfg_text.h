// The notations of oauth2-proxy's options outside YAML: its configuration file (TOML of keys and values, no
// tables), variables of the environment, and a command line. Text in, options out; what they mean is
// proxy_options.h's. Hostile input ends in an error with its line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"

namespace gateway {

struct CfgEntry {
  std::string key;
  std::vector<std::string> values;  ///< of a list, or the one
  int line = 0;
};

/// key = "text" | 'text' | true | 12 | [list, over lines too], and # comments (TOML 1.0 without tables, dates
/// and text of several lines). A key that stands twice is an error, as is a table.
std::vector<CfgEntry> read_cfg(std::string_view text, config::Findings& findings);

/// NAME=value lines, with `export` and quotes as shells and env files have them, and # comments.
std::vector<CfgEntry> read_env(std::string_view text, config::Findings& findings);

struct Word {
  std::string text;
  int line = 0;
};

/// The words of a command line as a shell would split it: quotes, backslashes, line ends with a backslash. No
/// variable is replaced.
std::vector<Word> split_words(std::string_view text, config::Findings& findings);

}  // namespace gateway
