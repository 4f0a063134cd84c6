// ${NAME}: in values only, after parsing, once.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;

namespace {

LoadOutcome title(std::string_view value) {
  Sample sample;
  sample.environment.variables["NAME"] = "Labs";
  sample.environment.variables["EMPTY"] = "";
  sample.environment.variables["NESTED"] = "${NAME}";
  sample.environment.variables["STRUCTURE"] = "x, admin: true}";
  sample.environment.variables["LINES"] = "a\nhost: b";
  sample.login += "  pages: {title: \"" + std::string(value) + "\"}\n";
  return sample.load();
}

}  // namespace

TEST_CASE("a variable replaces its name in a value") {
  const std::vector<std::pair<std::string, std::string>> rows{{"${NAME}", "Labs"},
                                                              {"a ${NAME} b", "a Labs b"},
                                                              {"${NAME}${NAME}", "LabsLabs"},
                                                              {"${NOPE:-x y}", "x y"},
                                                              {"${EMPTY:-x}", "x"},
                                                              {"${NAME:-x}", "Labs"},
                                                              {"x${EMPTY}", "x"},
                                                              {"$${NAME}", "${NAME}"},
                                                              {"$$${NAME}", "$${NAME}"},
                                                              {"$NAME $ {", "$NAME $ {"},
                                                              {"${NESTED}", "${NAME}"},
                                                              {"${STRUCTURE}", "x, admin: true}"},
                                                              {"${NOPE:-}x", "x"},
                                                              {"$${NAME} ${NAME}", "${NAME} Labs"}};
  for (const auto& [value, expected] : rows) {
    CAPTURE(value);
    const LoadOutcome outcome = title(value);
    CAPTURE(all_of(outcome.errors));
    REQUIRE(outcome.config);
    CHECK(outcome.config->login.pages.title == expected);
  }
}

TEST_CASE("a variable that is not set, or not a name, is an error at its place") {
  CHECK(fails_with(title("${NOPE}"), "NOPE is not set"));
  CHECK_FALSE(title("${}").config);
  CHECK_FALSE(title("${1A}").config);
  CHECK_FALSE(title("${A B}").config);
  CHECK_FALSE(title("${NAME").config);
  CHECK(fails_with(title("${LINES}"), "not one line"));
  const LoadOutcome outcome = title("${NOPE}");
  REQUIRE_FALSE(outcome.errors.empty());
  CHECK(outcome.errors[0].at.line == 5);
  CHECK(outcome.errors[0].at.column == 18);
}

TEST_CASE("keys are not expanded") {
  const LoadOutcome outcome = load_with("${NAME}: 1\n");
  CHECK(fails_with(outcome, "unknown key \"${NAME}\""));
}
