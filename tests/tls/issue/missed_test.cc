// Renewals that nobody was awake for: made up for, but not all at once.
#include "tests/tls/issue/support/house.h"

#include "tests/support/doctest.h"

using namespace test_support;
using namespace std::chrono_literals;

namespace {

/// Forty names with certificates of ninety days.
struct Town : House {
  Town() {
    authority.lifetime = 2160h;
    for (int i = 0; i < 39; ++i) add_host("host" + std::to_string(i) + ".test");
    process = start();
    pass(3min);
    REQUIRE(authority.issued == 40);
  }
  std::unique_ptr<Process> process;
};

}  // namespace

TEST_CASE("renewals that a machine slept over are spread, and all made before their certificates end") {
  for (const bool is_restarted : {false, true}) {
    CAPTURE(is_restarted);
    Town town;
    if (is_restarted) town.process.reset();
    town.clock.advance(2000h);
    if (is_restarted) town.process = town.start();
    town.pass(1min);
    CHECK(town.authority.issued >= 44);
    CHECK(town.authority.issued <= 48);
    town.pass(30min, 5s);
    CHECK(town.authority.issued == 80);
  }
}

TEST_CASE("what has ended meanwhile is renewed without a pause, and so is what an operator asks for") {
  Town town;
  town.clock.advance(2200h);
  town.pass(1min);
  CHECK(town.authority.issued == 80);
  Town other;
  other.clock.advance(2000h);
  other.pass(1min);
  const int before = other.authority.issued;
  for (const std::string& name : other.process->keeper.first_names()) {
    REQUIRE(other.process->keeper.renew(name));
  }
  other.pass(1min);
  CHECK(other.authority.issued >= before + 30);
}
