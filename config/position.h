// Where a value stands in gateway.yaml. Values carry it so that a later part of the start can still point at
// the line.
#pragma once

#include <string>

namespace config {

/// Line and column, both from 1, the column in bytes; 0: not from the file (a default).
struct Position {
  int line = 0;
  int column = 0;
  /// Always equal: moving a line does not make a configuration another one.
  friend bool operator==(const Position&, const Position&) { return true; }
};

/// Text that a later part parses (a template), with the place to point at when that fails.
struct Located {
  std::string text;
  Position at;
  friend bool operator==(const Located&, const Located&) = default;
};

}  // namespace config
