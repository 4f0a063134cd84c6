// storage and storage_key.
#include "tests/config/support/sample.h"

#include "tests/support/doctest.h"

namespace config::test {
namespace {

TEST_CASE("storage is a directory, a Redis server or the cluster") {
  Sample sample;
  sample.top = "storage: redis://store.svc:6380/3\n";
  const Storage redis = sample.load().config->storage;
  CHECK(redis.kind == StorageKind::redis);
  CHECK(redis.redis.host == "store.svc");
  CHECK(redis.redis.port == 6380);
  CHECK(redis.redis.database == 3);
  CHECK_FALSE(redis.redis.is_tls);
  CHECK(redis.redis.prefix == "gateway:");
  sample.top = "storage: {redis: 'rediss://[2001:db8::1]', user: gw, password: {env: PW}, prefix: 'edge:'}\n";
  sample.environment.variables["PW"] = "opensesame";
  const Storage secure = sample.load().config->storage;
  CHECK(secure.redis.is_tls);
  CHECK(secure.redis.host == "2001:db8::1");
  CHECK(secure.redis.port == 6379);
  CHECK(secure.redis.user == "gw");
  CHECK(secure.redis.password.value.reveal() == "opensesame");
  CHECK(secure.redis.prefix == "edge:");
  sample.top = "storage: kubernetes\n";
  CHECK(sample.load().config->storage.kind == StorageKind::kubernetes);
  sample.top = "storage: {kubernetes: edge, service_account: /var/run/edge}\n";
  const Storage cluster = sample.load().config->storage;
  CHECK(cluster.kubernetes_name == "edge");
  CHECK(cluster.service_account == "/var/run/edge");
}

TEST_CASE("a wrong storage is refused with its mend") {
  struct Row {
    const char* text;
    const char* says;
  };
  for (const Row& row :
       {Row{"storage: here", "the absolute path of a directory, kubernetes, or redis://HOST"},
        Row{"storage: mysql://host", "expected redis://HOST:PORT/DATABASE"},
        Row{"storage: redis://:secret@host", "a password does not belong in the URL"},
        Row{"storage: redis://", "storage"}, Row{"storage: redis://host/first", "the number of a database"},
        Row{"storage: redis://host/9999", "the number of a database"},
        Row{"storage: redis://host:0", "storage"},
        Row{"storage: {redis: 'redis://h', user: x}", "without a password nobody is signed in"},
        Row{"storage: {redis: 'redis://h', ca: /etc/hostname}", "is of rediss:// only"},
        Row{"storage: {redis: 'redis://h', passwd: x}", "did you mean \"password\""},
        Row{"storage: {redis: 'redis://h', prefix: 'a b'}", "visible characters"},
        Row{"storage: {directory: /x}", "expected a directory, kubernetes, or {redis: URL}"},
        Row{"storage: {kubernetes: Edge}", "as in the names of Kubernetes objects"},
        Row{"storage_key: short", "expected 32 random bytes in base64"},
        Row{"storage_key: []", "the list is empty"}}) {
    CAPTURE(std::string(row.text));
    const LoadOutcome outcome = load_with(std::string(row.text) + "\n");
    CAPTURE(all_of(outcome.errors));
    CHECK(fails_with(outcome, row.says));
  }
}

TEST_CASE("storage_key is a key of its own, and a public Redis without TLS is doubtful") {
  Sample sample;
  const std::string key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
  sample.top = "storage_key: {env: SEAL}\n";
  sample.environment.variables["SEAL"] = key;
  CHECK(sample.load().config->storage.keys.size() == 1);
  CHECK(sample.load().config->storage.keys.front().value.reveal().size() == 32);
  Config config = *sample.load().config;
  sample.login += "  session: {keys: [{env: SEAL}]}\n";
  CHECK(fails_with(sample.load(), "storage_key: is one of login.session.keys"));
  CHECK(all_of(load_with("storage: redis://redis.example.com\n").warnings).contains("use rediss://"));
  CHECK(load_with("storage: redis://redis.svc.cluster.local\n").warnings.empty());
  CHECK(load_with("storage: redis://10.1.2.3\n").warnings.empty());
}

}  // namespace
}  // namespace config::test
