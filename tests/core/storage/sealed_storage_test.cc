// What is sealed at rest.
#include "core/storage/sealed_storage.h"

#include <memory>
#include <string>
#include <vector>

#include "tests/core/storage/storage_conformance.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using core::ErrorKind;
using namespace std::chrono_literals;

core::KeyRing ring(const std::vector<char>& letters) {
  std::vector<core::Secret> keys;
  keys.reserve(letters.size());
  for (const char letter : letters) keys.emplace_back(std::string(31, letter) + "1");
  return *core::KeyRing::make(std::move(keys));
}

struct Lines final : core::LogSink {
  void write(std::string_view line) override { all.emplace_back(line); }
  std::vector<std::string> all;
};

struct Sealed {
  core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  core::Random random;
  Lines lines;
  core::Log log{lines, core::LogFormat::json, core::LogLevel::info, clock};
  std::unique_ptr<core::Storage> inner = core::make_memory_storage(clock);
  std::unique_ptr<core::Storage> open(const std::vector<char>& letters = {'a'}) {
    return core::make_sealed_storage({*inner, ring(letters), random, log});
  }
};

TEST_CASE_FIXTURE(Sealed, "sealed storage keeps every rule of the interface") {
  const auto storage = open();
  check_storage_conformance({.storage = *storage,
                             .clock = clock,
                             .advance = [this](core::Duration time) { clock.advance(time); },
                             .largest = core::kMaxSealedValueBytes});
}

TEST_CASE_FIXTURE(Sealed, "nothing of a value can be read underneath, and no two seals are alike") {
  const auto storage = open();
  REQUIRE(run(storage->put("a", entry("the private key"))));
  const std::string first = run(inner->get("a"))->value;
  CHECK(first.find("private") == std::string::npos);
  REQUIRE(run(storage->put("a", entry("the private key"))));
  CHECK(run(inner->get("a"))->value != first);
}

TEST_CASE_FIXTURE(Sealed, "entries cannot be swapped, forged, cut or brought from another key") {
  const auto storage = open();
  REQUIRE(run(storage->put("a", entry("of a"))));
  REQUIRE(run(storage->put("b", entry("of b"))));
  const std::string of_a = run(inner->get("a"))->value;
  for (const std::string& bad : {run(inner->get("b"))->value, std::string("of a"), std::string(),
                                 of_a.substr(0, of_a.size() - 1), of_a + "A", std::string("sealed:")}) {
    CAPTURE(bad);
    REQUIRE(run(inner->put("a", entry(bad))));
    CHECK(run(storage->get("a")).error().kind == ErrorKind::unverified);
  }
  REQUIRE(run(inner->put("a", entry(of_a))));
  CHECK(run(storage->get("a"))->value == "of a");
  CHECK(run(open({'b'})->get("a")).error().kind == ErrorKind::unverified);
}

TEST_CASE_FIXTURE(Sealed, "a key is replaced without losing an entry") {
  REQUIRE(run(open({'a'})->put("x", entry("1"))));
  const auto both = open({'b', 'a'});
  CHECK(run(both->get("x"))->value == "1");
  REQUIRE(run(both->put("x", entry("2"))));
  CHECK(run(open({'b'})->get("x"))->value == "2");
}

TEST_CASE_FIXTURE(Sealed, "what was stored in the clear is sealed once, and never again taken for ours") {
  for (const char* key : {"certificates/a", "accounts/b"}) REQUIRE(run(inner->put(key, entry("clear"))));
  REQUIRE(run(inner->put("soon", entry("clear", clock.wall() + 60s))));
  REQUIRE(run(inner->lock("renew", "somebody", 60s)));
  const auto storage = open();
  REQUIRE(run(core::seal_what_is_stored(*inner, *storage, log)));
  for (const char* key : {"certificates/a", "accounts/b", "soon"}) {
    CHECK(run(storage->get(key))->value == "clear");
    CHECK(run(inner->get(key))->value.find("clear") == std::string::npos);
  }
  CHECK(run(storage->get("soon"))->expires.has_value());
  CHECK(run(storage->lock("renew", "other", 60s)).error().kind == ErrorKind::conflict);
  CHECK(lines.all.size() == 1);
  REQUIRE(run(inner->put("planted", entry("clear"))));
  REQUIRE(run(core::seal_what_is_stored(*inner, *storage, log)));
  CHECK(run(storage->get("planted")).error().kind == ErrorKind::unverified);
  CHECK(run(core::seal_what_is_stored(*inner, *open({'z'}), log)).error().kind == ErrorKind::unverified);
}

}  // namespace
}  // namespace tests
