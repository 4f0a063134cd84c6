#include "gateway/session/session_cache.h"

#include "tests/support/doctest.h"

namespace {

gateway::CachedSession session_of(const std::string& user) {
  gateway::CachedSession session;
  auto identity = std::make_shared<gateway::Identity>();
  identity->user = user;
  session.identity = identity;
  return session;
}

core::Sha256Digest key(const std::string& text) {
  return core::sha256(text);
}

}  // namespace

TEST_CASE("the least recently used session makes room") {
  gateway::SessionCache cache(2, 1000);
  cache.insert(key("a"), session_of("a"), 1);
  cache.insert(key("b"), session_of("b"), 1);
  CHECK(cache.find(key("a")) != nullptr);
  cache.insert(key("c"), session_of("c"), 1);
  CHECK(cache.size() == 2);
  CHECK(cache.find(key("b")) == nullptr);
  CHECK(cache.find(key("a"))->identity->user == "a");
}

TEST_CASE("a cache holds no more bytes than it may, one entry too large included") {
  gateway::SessionCache cache(100, 10);
  for (int i = 0; i < 20; ++i) cache.insert(key(std::to_string(i)), session_of("x"), 3);
  CHECK(cache.size() == 3);
  cache.insert(key("large"), session_of("x"), 50);
  CHECK(cache.size() == 1);
  cache.insert(key("small"), session_of("x"), 1);
  CHECK(cache.size() == 1);
  CHECK(cache.find(key("small")) != nullptr);
}

TEST_CASE("an entry inserted again is replaced, and an erased one is gone") {
  gateway::SessionCache cache(2, 10);
  cache.insert(key("a"), session_of("first"), 6);
  cache.insert(key("a"), session_of("second"), 6);
  CHECK(cache.size() == 1);
  CHECK(cache.find(key("a"))->identity->user == "second");
  cache.erase(key("a"));
  cache.erase(key("a"));
  CHECK(cache.find(key("a")) == nullptr);
}
