// RFC 9218 section 4: what a Priority field says.
#include "core/http/h2_priority.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace core {
namespace {

TEST_CASE("a Priority field says an urgency, incremental or not, or nothing") {
  struct Row {
    std::string value;
    std::optional<unsigned> urgency;
    std::optional<bool> incremental;
  };
  const std::vector<Row> rows = {
      {"u=0", 0, {}},
      {"u=7, i", 7, true},
      {" i ,\tu=1", 1, true},
      {"i=?0", {}, false},
      {"i=?1;x=y, u=2;z", 2, true},
      {"u=1, u=5", 5, {}},  // the last one counts
      {"u=8", {}, {}},
      {"u=-1", {}, {}},
      {"u=1.0", {}, {}},
      {"u=01", {}, {}},
      {"u", {}, {}},
      {"U=1", {}, {}},
      {"i=1", {}, {}},
      {"x=\",u=0,\", u=6", {}, {}},  // strings are not read
      {"", {}, {}},
      {",,,", {}, {}},
      {"foo=bar, u=4", 4, {}},
      {std::string(300, ' ') + "u=0", {}, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value);
    H2Priority priority;
    priority.merge(row.value);
    CHECK(priority.urgency == row.urgency);
    CHECK(priority.incremental == row.incremental);
  }
}

TEST_CASE("of several Priority fields each says what the ones before did not, or says it anew") {
  Fields fields;
  H2Priority priority;
  fields.add("x-priori", "u=0");
  CHECK_FALSE(priority.merge_fields(fields));
  fields.add("Priority", "u=1, i");
  fields.add("pRIORITY", "u=2");
  CHECK(priority.merge_fields(fields));
  CHECK(priority.urgency == 2);
  CHECK(priority.incremental == true);
}

}  // namespace
}  // namespace core
