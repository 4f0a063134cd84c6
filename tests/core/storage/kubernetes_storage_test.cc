// Storage in Secrets and Leases.
#include "core/storage/kubernetes_storage.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "tests/core/storage/storage_conformance.h"
#include "tests/core/storage/support/fake_kubernetes.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using core::ErrorKind;
using namespace std::chrono_literals;

class Cluster {
 public:
  Cluster() { rotate("first"); }
  ~Cluster() {
    std::error_code ignored;
    std::filesystem::remove(token_file_, ignored);
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  std::unique_ptr<core::Storage> open(const std::string& name = "gateway") { return open(name, clock); }
  std::unique_ptr<core::Storage> open(const std::string& name, const core::Clock& own_clock) {
    core::KubernetesAccess access;
    access.server = *core::parse_url("https://10.96.0.1");
    access.space = "edge";
    access.token_file = token_file_;
    access.name = name;
    return core::make_kubernetes_storage(api, access, own_clock);
  }
  void write_token(const std::string& token) { std::ofstream(token_file_) << token << "\n"; }
  void rotate(const std::string& token) {
    api.token = token;
    write_token(token);
  }

  core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  FakeKubernetes api;

 private:
  std::string token_file_ =
      (std::filesystem::temp_directory_path() / ("token-" + std::to_string(::getpid()))).string();
};

TEST_CASE("storage in Kubernetes keeps every rule of the interface") {
  Cluster cluster;
  const auto storage = cluster.open();
  check_storage_conformance(
      {*storage, cluster.clock, [&](core::Duration time) { cluster.clock.advance(time); }});
}

TEST_CASE("objects are what Kubernetes takes: names, labels, base64, a Lease's times") {
  Cluster cluster;
  const auto storage = cluster.open();
  REQUIRE(run(storage->put("certificates/a.example.com", entry("\xff\x00 bytes"))));
  REQUIRE(run(storage->lock("renew", "replica-1", 30s)));
  REQUIRE(cluster.api.objects.size() == 2);
  const auto& [lease_path, lease] = *cluster.api.objects.rbegin();
  CHECK(lease_path.starts_with("/apis/coordination.k8s.io/v1/namespaces/edge/leases/gateway-"));
  CHECK(lease.find("spec")->string_at("holderIdentity") == "replica-1");
  CHECK(lease.find("spec")->integer_at("leaseDurationSeconds") == 30);
  CHECK(lease.find("spec")->string_at("renewTime") == "2027-01-15T08:00:00.000000Z");
  const auto& [secret_path, secret] = *cluster.api.objects.begin();
  CHECK(secret_path.starts_with("/api/v1/namespaces/edge/secrets/gateway-"));
  CHECK(secret_path.size() - secret_path.rfind('/') - 1 <= 63);
  CHECK(secret.at("metadata.annotations")->string_at("gateway/key") == "certificates/a.example.com");
  CHECK(secret.string_at("type") == "Opaque");
}

TEST_CASE("two gateways of one namespace do not see each other's entries") {
  Cluster cluster;
  const auto one = cluster.open("one");
  const auto two = cluster.open("two");
  REQUIRE(run(one->put("x", entry("1"))));
  CHECK(run(two->get("x")).error().kind == ErrorKind::not_found);
  CHECK(run(two->list(""))->empty());
}

TEST_CASE("a lease that somebody takes meanwhile is theirs") {
  Cluster cluster;
  const auto one = cluster.open();
  const auto two = cluster.open();
  cluster.api.before_write = [&] { REQUIRE(run(two->lock("renew", "two", 30s))); };
  CHECK(run(one->lock("renew", "one", 30s)).error().kind == ErrorKind::conflict);
  cluster.clock.advance(31s);
  cluster.api.before_write = [&] { REQUIRE(run(two->lock("renew", "two", 30s))); };
  CHECK(run(one->lock("renew", "one", 30s)).error().kind == ErrorKind::conflict);
}

TEST_CASE("listings remove what expired an hour ago, some at a time, and nothing that was written anew") {
  Cluster cluster;
  const auto storage = cluster.open();
  const auto soon = cluster.clock.wall() + 1s;
  REQUIRE(run(storage->put("kept", entry("v"))));
  for (int i = 0; i < 60; ++i) REQUIRE(run(storage->put("old/" + std::to_string(i), entry("v", soon))));
  cluster.clock.advance(1h);
  CHECK(run(storage->list("other"))->empty());
  CHECK(cluster.api.objects.size() == 61);
  cluster.clock.advance(1s);
  CHECK(run(storage->list("other"))->empty());
  CHECK(cluster.api.objects.size() == 11);
  cluster.api.before_write = [&] {
    for (int i = 0; i < 60; ++i) REQUIRE(run(storage->put("old/" + std::to_string(i), entry("new"))));
  };
  CHECK(run(storage->list("other"))->empty());
  CHECK(run(storage->list("old"))->size() == 60);
}

TEST_CASE("a token that rotated is read again, and one that is refused is an error that names the mend") {
  Cluster cluster;
  const auto storage = cluster.open();
  REQUIRE(run(storage->put("x", entry("1"))));
  cluster.rotate("second");
  CHECK(run(storage->get("x"))->value == "1");
  cluster.api.token = "third";  // the file has not followed
  const auto refused = run(storage->get("x"));
  CHECK(refused.error().kind == ErrorKind::refused);
  CHECK(refused.error().text.find("second") == std::string::npos);
  cluster.write_token("");
  cluster.clock.advance(2min);
  CHECK(run(storage->get("x")).error().text.find("mount the service account's token") != std::string::npos);
}

TEST_CASE("a missing role, an API that is down, and foreign objects are errors of their own") {
  Cluster cluster;
  const auto storage = cluster.open();
  cluster.api.forbidden = 1;
  CHECK(run(storage->put("x", entry("1"))).error().kind == ErrorKind::refused);
  cluster.api.is_down = true;
  const auto down = run(storage->put("x", entry("1")));
  CHECK(down.error().kind == ErrorKind::unavailable);
  CHECK(down.error().retry == core::Retry::later);
  cluster.api.is_down = false;
  REQUIRE(run(storage->put("x", entry("1"))));
  core::Json foreign = core::Json::object();
  foreign.set("metadata", core::Json::object());
  cluster.api.objects.begin()->second = foreign;
  const auto found = run(storage->get("x"));
  CHECK(found.error().kind == ErrorKind::unavailable);
  CHECK(found.error().retry == core::Retry::later);
  CHECK(run(storage->list(""))->empty());
}

TEST_CASE("an answer that is none of an API says nothing of what is stored") {
  Cluster cluster;
  const auto storage = cluster.open();
  REQUIRE(run(storage->put("x", entry("1"))));
  for (const char* nonsense : {"<html>", "\"a string\"", "[]", "{}", "{\"metadata\":{}}"}) {
    CAPTURE(nonsense);
    cluster.api.nonsense = nonsense;
    CHECK(run(storage->get("x")).error().kind == ErrorKind::unavailable);
    CHECK(run(storage->put("y", entry("1"))).error().kind == ErrorKind::unavailable);
    CHECK(run(storage->list("")).error().kind == ErrorKind::unavailable);
    CHECK(run(storage->lock("renew", "one", 20s)).error().kind == ErrorKind::unavailable);
  }
  cluster.api.nonsense.clear();
  CHECK(run(storage->get("x"))->value == "1");
  core::Json& secret = cluster.api.objects.begin()->second;
  core::Json data = core::Json::object();
  data.set("value", "no base64!");
  secret.set("data", data);
  CHECK(run(storage->get("x")).error().kind == ErrorKind::malformed);  // ours, and damaged
}

TEST_CASE("locks go by the API's clock, whatever that of a replica says") {
  Cluster cluster;
  core::ManualClock true_clock{core::from_unix_seconds(1'800'000'000)};
  core::ManualClock ahead{true_clock.wall() + 24h * 365};
  cluster.api.clock = &true_clock;
  const auto right = cluster.open();
  const auto wrong = cluster.open("gateway", ahead);
  REQUIRE(run(right->lock("renew", "one", 20s)));
  CHECK(run(wrong->lock("renew", "two", 20s)).error().kind == ErrorKind::conflict);
  true_clock.advance(21s);
  REQUIRE(run(wrong->lock("renew", "two", 20s)));
  CHECK(run(right->lock("renew", "one", 20s)).error().kind == ErrorKind::conflict);
  true_clock.advance(21s);
  CHECK(run(right->lock("renew", "one", 20s)));
}

TEST_CASE("a replica whose clock is ahead removes nothing that has not expired") {
  Cluster cluster;
  core::ManualClock ahead{cluster.clock.wall() + 24h * 365};
  cluster.api.clock = &cluster.clock;
  REQUIRE(run(cluster.open()->put("x", entry("1", cluster.clock.wall() + 24h))));
  CHECK(run(cluster.open("gateway", ahead)->list(""))->empty());
  CHECK(run(cluster.open()->get("x")));
}

TEST_CASE("a lock that another took since is not given back") {
  Cluster cluster;
  const auto one = cluster.open();
  const auto two = cluster.open();
  REQUIRE(run(one->lock("renew", "one", 20s)));
  cluster.clock.advance(21s);
  cluster.api.before_write = [&] { REQUIRE(run(two->lock("renew", "two", 20s))); };
  REQUIRE(run(one->unlock("renew", "one")));
  CHECK(run(one->lock("renew", "one", 20s)).error().text == "lock renew is held by two");
}

TEST_CASE("a page of a list that is not kept any more begins the list anew, once") {
  Cluster cluster;
  const auto storage = cluster.open();
  for (const char* key : {"a", "b", "c", "d", "e"}) REQUIRE(run(storage->put(key, entry("v"))));
  cluster.api.gone = 1;
  CHECK(run(storage->list(""))->size() == 5);
  cluster.api.gone = 2;
  const auto refused = run(storage->list(""));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().retry == core::Retry::later);
}

TEST_CASE("a list without end is an error that names the bound") {
  Cluster cluster;
  const auto storage = cluster.open();
  REQUIRE(run(storage->put("a", entry("v"))));
  cluster.api.is_endless = true;
  const auto refused = run(storage->list(""));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.find("over 100000 Secrets") != std::string::npos);
}

}  // namespace
}  // namespace tests
