// Which endpoints get requests.
#include "core/kubernetes/endpoints.h"

#include <string>
#include <vector>

#include "tests/core/kubernetes/support/slices.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

constexpr std::string_view kReady = R"("ready":true)";
constexpr std::string_view kEnding = R"("ready":false,"serving":true,"terminating":true)";
constexpr std::string_view kSick = R"("ready":false,"serving":false)";

struct Service {
  core::Slices slices;
  void add(const std::string& name, const std::vector<std::string>& addresses,
           std::string_view conditions = kReady, const std::string& more = "") {
    const std::string text = slice(name, addresses, {std::string(conditions), more});
    auto parsed = core::parse_slice(*core::Json::parse(text, core::Side::us), {"shop", "web", false});
    REQUIRE(parsed);
    slices.insert_or_assign(name, *parsed);
  }
  [[nodiscard]] core::ServiceEndpoints chosen(const std::string& zone = "",
                                              const std::string& port_name = "http",
                                              std::uint16_t port = 0) const {
    return core::choose_endpoints(slices, {"shop", "web", port_name, port}, zone);
  }
  [[nodiscard]] std::string text(const std::string& zone = "") const { return text_of(chosen(zone)); }
  static std::string text_of(const core::ServiceEndpoints& chosen) {
    std::string all;
    for (const core::Endpoint& endpoint : chosen.endpoints)
      all.append(all.empty() ? "" : " ").append(endpoint.text());
    return all;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Service, "endpoints of all slices are used, by address, each once") {
  add("b", {"10.0.0.3", "10.0.0.1"});
  add("a", {"10.0.0.2", "10.0.0.3"});
  CHECK(text() == "10.0.0.1:8080 10.0.0.2:8080 10.0.0.3:8080");
  CHECK(chosen().doubt.empty());
}

TEST_CASE_FIXTURE(Service,
                  "ready ones are used; where there is none, those that still serve; never sick ones") {
  add("a", {"10.0.0.1"});
  add("b", {"10.0.0.2"}, kEnding);
  add("c", {"10.0.0.3"}, kSick);
  CHECK(text() == "10.0.0.1:8080");
  slices.erase("a");
  CHECK(text() == "10.0.0.2:8080");
  slices.erase("b");
  CHECK(text().empty());
  CHECK(chosen().doubt == "none of its endpoints is ready");
  slices.clear();
  CHECK(chosen().doubt == "it has no endpoints");
}

TEST_CASE_FIXTURE(Service, "a port is found by its name or by its number, and never guessed") {
  add("a", {"10.0.0.1"});
  CHECK(text_of(chosen("", "", 8080)) == "10.0.0.1:8080");
  CHECK(text_of(chosen("", "", 80)).empty());
  CHECK(chosen("", "", 80).doubt == "no port is the one that is meant, but there are http (8080)");
  CHECK(text_of(chosen("", "admin")).empty());
  slices["a"].ports[0].is_tcp = false;
  CHECK(text().empty());
  slices["a"].ports.clear();  // headless, without ports
  CHECK(text_of(chosen("", "", 81)) == "10.0.0.1:81");
  CHECK(text().empty());
}

TEST_CASE_FIXTURE(Service, "of both families, one") {
  add("a", {"10.0.0.1"});
  add("b", {"fd00::1"});
  CHECK(text() == "10.0.0.1:8080");
  slices.erase("a");
  CHECK(text() == "[fd00::1]:8080");
}

TEST_CASE_FIXTURE(Service, "those of the own zone go before, as long as one of them is ready") {
  add("a", {"10.0.0.1"}, kReady, R"("zone":"par-1")");
  add("b", {"10.0.0.2"}, kReady, R"("zone":"par-2")");
  add("c", {"10.0.0.3"});
  CHECK(text() == "10.0.0.1:8080 10.0.0.2:8080 10.0.0.3:8080");
  CHECK(text("par-1") == "10.0.0.1:8080");
  CHECK(text("par-3") == "10.0.0.1:8080 10.0.0.2:8080 10.0.0.3:8080");
  add("a", {"10.0.0.1"}, kSick, R"("zone":"par-1")");
  CHECK(text("par-1") == "10.0.0.2:8080 10.0.0.3:8080");
}

TEST_CASE_FIXTURE(Service, "hints go before zones where all endpoints have them") {
  add("a", {"10.0.0.1"}, kReady, R"("zone":"par-1","hints":{"forZones":[{"name":"par-2"}]})");
  add("b", {"10.0.0.2"}, kReady, R"("zone":"par-2","hints":{"forZones":[{"name":"par-1"}]})");
  CHECK(text("par-1") == "10.0.0.2:8080");
  CHECK(text("par-2") == "10.0.0.1:8080");
  add("c", {"10.0.0.3"}, kReady, R"("zone":"par-1")");
  CHECK(text("par-1") == "10.0.0.1:8080 10.0.0.3:8080");
}

TEST_CASE_FIXTURE(Service, "of very many endpoints the first are used, and it is said") {
  for (int i = 0; i < 12; ++i) {
    std::vector<std::string> addresses;
    for (int k = 1; k <= 100; ++k) addresses.push_back("10.0." + std::to_string(i) + "." + std::to_string(k));
    add("s" + std::to_string(i), addresses);
  }
  CHECK(chosen().endpoints.size() == 1000);
  CHECK(chosen().doubt == "only the first 1000 of 1200 endpoints are used");
}

}  // namespace tests
