#include "gateway/session/sessions.h"

#include "tests/gateway/support/sessions_fixture.h"
#include "tests/support/doctest.h"

namespace {

using gateway::SessionAbsence;
using namespace std::chrono_literals;

const std::string kApp = "https://app.example.com/";
const std::string kHost = "app.example.com";
const std::string kName = "__Host-gateway";

struct Fixture : test_support::SessionsFixture {
  void sign_in_alice() { sign_in(kApp, identity()); }
};

}  // namespace

TEST_CASE("a session is found again on its host, from the cache the second time") {
  Fixture f;
  f.sign_in_alice();
  const auto request = f.browser.navigate(kApp);
  const auto first = f.sessions->find(request->request());
  REQUIRE(first.session != nullptr);
  const auto identity = first.session->identity;
  CHECK(identity->subject == "alice");
  CHECK(f.sessions->find(request->request()).session->identity == identity);
}

TEST_CASE("without a cookie there is no session") {
  Fixture f;
  CHECK(f.absence(kApp) == SessionAbsence::no_cookie);
}

TEST_CASE("K29: a session cookie of another host, name or key is refused") {
  Fixture f;
  f.sign_in_alice();
  const std::string value = f.browser.cookie(kHost, kName);
  CHECK(f.absence(kApp) == SessionAbsence::none);  // the cache knows it now
  f.browser.set_cookie("other.example.com", kName, value);
  CHECK(f.absence("https://other.example.com/") == SessionAbsence::unreadable);

  f.settings.cookie_name = "second";
  f.build();
  f.browser.set_cookie(kHost, "__Host-second", value);
  CHECK(f.absence(kApp) == SessionAbsence::unreadable);

  f.settings.cookie_name = "gateway";
  f.keys = test_support::ring_of({'x'});
  f.build();
  CHECK(f.absence(kApp) == SessionAbsence::unreadable);
}

TEST_CASE("L02: every changed character of a session cookie is refused the same way") {
  Fixture f;
  f.sign_in_alice();
  const std::string value = f.browser.cookie(kHost, kName);
  for (std::size_t at = 0; at < value.size(); ++at) {
    std::string changed = value;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    f.browser.set_cookie(kHost, kName, changed);
    CHECK(f.absence(kApp) == SessionAbsence::unreadable);
  }
}

TEST_CASE("L10: garbage under our name is refused, and the good copy beside it counts") {
  Fixture f;
  f.sign_in_alice();
  const std::string good = f.browser.cookie(kHost, kName);
  const std::string garbage[] = {"",
                                 "=",
                                 "1.",
                                 "1",
                                 "0." + good,
                                 "5." + good.substr(2),
                                 "-1.x",
                                 "2147483648.x",
                                 std::string(8192, '='),
                                 "\"" + good + "\"",
                                 "\xC3\xA4",
                                 "2." + good.substr(2)};
  for (const std::string& bad : garbage) {
    CAPTURE(bad);
    test_support::OwnedRequest alone("GET", kApp, f.clock.wall());
    alone.with("Cookie", kName + "=" + bad);
    CHECK(f.sessions->find(alone.request()).absence == SessionAbsence::unreadable);
    for (const bool good_first : {true, false}) {
      test_support::OwnedRequest both("GET", kApp, f.clock.wall());
      both.with("Cookie",
                kName + "=" + (good_first ? good : bad) + "; " + kName + "=" + (good_first ? bad : good));
      CHECK(f.sessions->find(both.request()).session != nullptr);
    }
  }
}

TEST_CASE("L14: two sessions of two people under one name: neither counts") {
  Fixture f;
  f.sign_in_alice();
  const std::string alice = f.browser.cookie(kHost, kName);
  f.sign_in(kApp, f.identity("mallory"));
  const std::string mallory = f.browser.cookie(kHost, kName);
  test_support::OwnedRequest both("GET", kApp, f.clock.wall());
  both.with("Cookie", kName + "=" + mallory + "; " + kName + "=" + alice);
  CHECK(f.sessions->find(both.request()).absence == SessionAbsence::unreadable);
}

TEST_CASE("a name that occurs too often is refused without opening any") {
  Fixture f;
  f.sign_in_alice();
  const std::string pair = kName + "=" + f.browser.cookie(kHost, kName);
  test_support::OwnedRequest request("GET", kApp, f.clock.wall());
  request.with("Cookie", pair + "; " + pair + "; " + pair + "; " + pair + "; " + pair);
  CHECK(f.sessions->find(request.request()).absence == SessionAbsence::unreadable);
}

TEST_CASE("what the cache knows of the first copies says nothing about a request with more of them") {
  Fixture f;
  f.sign_in_alice();
  const std::string pair = kName + "=" + f.browser.cookie(kHost, kName);
  const std::string most = pair + "; " + pair + "; " + pair + "; " + pair;
  test_support::OwnedRequest allowed("GET", kApp, f.clock.wall());
  allowed.with("Cookie", most);
  REQUIRE(f.sessions->find(allowed.request()).session != nullptr);
  test_support::OwnedRequest many("GET", kApp, f.clock.wall());
  many.with("Cookie", most + "; " + pair);
  CHECK(f.sessions->find(many.request()).absence == SessionAbsence::unreadable);
}

TEST_CASE("L13: a name that only looks like ours is not our cookie") {
  Fixture f;
  f.sign_in_alice();
  const std::string value = f.browser.cookie(kHost, kName);
  for (const std::string name :
       {"\xE2\x80\x80__Host-gateway", "\xC2\xA0__Host-gateway", "\"__Host-gateway\"", "__host-gateway",
        "__HOST-GATEWAY", "gateway", "$Version=1; $__Host-gateway"}) {
    CAPTURE(name);
    test_support::OwnedRequest request("GET", kApp, f.clock.wall());
    request.with("Cookie", name + "=" + value);
    CHECK(f.sessions->find(request.request()).absence == SessionAbsence::no_cookie);
  }
}

TEST_CASE("L12: our cookie is found behind three hundred foreign ones and in a second Cookie field") {
  Fixture f;
  f.sign_in_alice();
  std::string many;
  for (int i = 0; i < 300; ++i) many += "c" + std::to_string(i) + "=v; ";
  test_support::OwnedRequest request("GET", kApp, f.clock.wall());
  request.with("Cookie", many).with("Cookie", kName + "=" + f.browser.cookie(kHost, kName));
  CHECK(f.sessions->find(request.request()).session != nullptr);
}

TEST_CASE(
    "L09: sessions of every size around the chunk borders come back whole, or are refused as too large") {
  Fixture f;
  std::size_t most_chunks = 0;
  for (std::size_t size = 2300; size < 12'000; size += 13) {
    gateway::Identity identity = f.identity();
    identity.name = std::string(size, 'n');
    const auto request = f.browser.navigate(kApp);
    const auto cookies = f.sessions->issue(request->request(), identity);
    if (!cookies) {
      CHECK(cookies.error().kind == core::ErrorKind::too_large);
      CHECK(most_chunks == gateway::kMaxSessionChunks);
      return;
    }
    most_chunks = std::max(most_chunks, cookies->size());
    test_support::Browser browser(f.clock);
    browser.take(kApp, *cookies);
    const auto found = f.sessions->find(browser.navigate(kApp)->request());
    REQUIRE(found.session != nullptr);
    CHECK(found.session->identity->name.size() == size);
  }
  FAIL("a session of 12 kB was accepted");
}

TEST_CASE("L09: a chunk that is missing, doubled, swapped or of another session spoils the session") {
  Fixture f;
  gateway::Identity identity = f.identity();
  identity.name = std::string(6000, 'n');
  f.sign_in(kApp, identity);
  const std::string zero = f.browser.cookie(kHost, kName);
  const std::string one = f.browser.cookie(kHost, kName + "-1");
  const std::string two = f.browser.cookie(kHost, kName + "-2");
  REQUIRE_FALSE(two.empty());
  f.sign_in(kApp, identity);
  const std::string foreign = f.browser.cookie(kHost, kName + "-1");

  const auto found = [&](const std::string& cookies) {
    test_support::OwnedRequest request("GET", kApp, f.clock.wall());
    request.with("Cookie", cookies);
    return f.sessions->find(request.request()).session != nullptr;
  };
  const std::string c0 = kName + "=" + zero;
  const std::string c1 = "; " + kName + "-1=";
  const std::string c2 = "; " + kName + "-2=";
  CHECK(found(c0 + c1 + one + c2 + two));
  CHECK_FALSE(found(c0 + c1 + one));
  CHECK_FALSE(found(c0 + c2 + two));
  CHECK_FALSE(found(c0 + c1 + two + c2 + one));
  CHECK_FALSE(found(c0 + c1 + foreign + c2 + two));
  CHECK_FALSE(found(c0 + c1 + one + c1 + one + c2 + two));
  CHECK_FALSE(found(kName + "=1" + zero.substr(1) + c1 + one + c2 + two));
  CHECK(found(c0 + c1 + one + c2 + two + "; " + kName + "-3=stale"));
}

TEST_CASE("a session that shrinks takes its spare chunks away") {
  Fixture f;
  gateway::Identity identity = f.identity();
  identity.name = std::string(6000, 'n');
  f.sign_in(kApp, identity);
  CHECK(f.browser.cookie_names(kHost).size() == 3);
  f.sign_in_alice();
  CHECK(f.browser.cookie_names(kHost) == std::vector<std::string>{kName});
}

TEST_CASE("L07: a session ends at its lifetime, at its idle time, and when the clock was set back") {
  Fixture f;
  f.sign_in_alice();
  SUBCASE("idle") {
    f.clock.advance(f.settings.idle - 1s);
    CHECK(f.absence(kApp) == SessionAbsence::none);
    f.clock.advance(1s);
    CHECK(f.absence(kApp) == SessionAbsence::idle);
  }
  SUBCASE("lifetime, although it is used all the time") {
    for (auto passed = 0s; passed < f.settings.lifetime; passed += 600s) {
      const auto request = f.browser.navigate(kApp);
      const auto found = f.sessions->find(request->request());
      REQUIRE(found.session != nullptr);
      f.browser.take(kApp, f.sessions->renewal(request->request(), *found.session));
      f.clock.advance(600s);
    }
    CHECK(f.absence(kApp) == SessionAbsence::expired);
  }
  SUBCASE("a lifetime that was shortened acts at once") {
    f.clock.advance(1h);
    f.settings.lifetime = 30min;
    f.build();
    CHECK(f.absence(kApp) == SessionAbsence::expired);
  }
  SUBCASE("the clock set back by an hour") {
    f.clock.advance(-1h);
    CHECK(f.absence(kApp) == SessionAbsence::from_future);
  }
  SUBCASE("the clocks of two replicas") {
    f.clock.advance(-50s);
    CHECK(f.absence(kApp) == SessionAbsence::none);
  }
}

TEST_CASE("the cookie is renewed after a quarter of idle, once, with the same session and end") {
  Fixture f;
  f.sign_in_alice();
  const auto renew = [&] {
    const auto request = f.browser.navigate(kApp);
    return f.sessions->renewal(request->request(), *f.sessions->find(request->request()).session);
  };
  CHECK(renew().empty());
  f.clock.advance(f.settings.idle / 4);
  const auto cookies = renew();
  REQUIRE(cookies.size() == 1);
  CHECK(cookies[0].find("; Max-Age=41400") != std::string::npos);
  CHECK(renew().empty());
  f.browser.take(kApp, cookies);
  f.clock.advance(f.settings.idle - 1s);
  const auto request = f.browser.navigate(kApp);
  const auto found = f.sessions->find(request->request());
  REQUIRE(found.session != nullptr);
  CHECK(found.session->identity->session_id == "session-of-alice");
}

TEST_CASE("L10: of two copies of one session the one that was renewed counts, in either order") {
  Fixture f;
  f.sign_in_alice();
  const std::string old_pair = kName + "=" + f.browser.cookie(kHost, kName);
  f.clock.advance(f.settings.idle / 2);
  const auto request = f.browser.navigate(kApp);
  const auto found = f.sessions->find(request->request());
  REQUIRE(found.session != nullptr);
  f.browser.take(kApp, f.sessions->renewal(request->request(), *found.session));
  const std::string new_pair = kName + "=" + f.browser.cookie(kHost, kName);
  REQUIRE(new_pair != old_pair);
  f.clock.advance(f.settings.idle / 2 + 1s);
  for (const std::string& cookies : {old_pair + "; " + new_pair, new_pair + "; " + old_pair}) {
    test_support::OwnedRequest both("GET", kApp, f.clock.wall());
    both.with("Cookie", cookies);
    CHECK(f.sessions->find(both.request()).session != nullptr);
  }
}

TEST_CASE("a session sealed by an old key opens and is sealed again by the first") {
  Fixture f;
  f.sign_in_alice();
  f.keys = test_support::ring_of({'n', 'k'});
  f.build();
  const auto request = f.browser.navigate(kApp);
  const auto found = f.sessions->find(request->request());
  REQUIRE(found.session != nullptr);
  f.browser.take(kApp, f.sessions->renewal(request->request(), *found.session));
  f.keys = test_support::ring_of({'n'});
  f.build();
  CHECK(f.absence(kApp) == SessionAbsence::none);
}

TEST_CASE("L06: a revoked session is refused at the next request, also from the cache") {
  Fixture f;
  f.sign_in_alice();
  CHECK(f.absence(kApp) == SessionAbsence::none);
  const gateway::Identity alice = f.identity();
  f.revocations.publish(f.revocations.latest()->with(gateway::revocation_of(alice), f.clock.wall()));
  CHECK(f.absence(kApp) == SessionAbsence::revoked);
  f.build();
  CHECK(f.absence(kApp) == SessionAbsence::revoked);
}

TEST_CASE("a session whose provider left the configuration, or has another issuer now, is refused") {
  Fixture f;
  f.sign_in_alice();
  f.providers[0].issuer = "https://corp.example.net/";
  f.build();
  CHECK(f.absence(kApp) == SessionAbsence::unknown_provider);
  f.providers.clear();
  f.build();
  CHECK(f.absence(kApp) == SessionAbsence::unknown_provider);
}

TEST_CASE("L15: session cookies are Secure, HttpOnly, Lax, at the root and of the host alone") {
  Fixture f;
  const auto request = f.browser.navigate(kApp);
  const auto cookies = f.sessions->issue(request->request(), f.identity());
  REQUIRE(cookies.has_value());
  const std::string& cookie = cookies->front();
  CHECK(cookie.starts_with("__Host-gateway=1."));
  for (const char* part : {"; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Max-Age=43200"}) {
    CHECK(cookie.find(part) != std::string::npos);
  }
  CHECK(cookie.find("Domain") == std::string::npos);
}

TEST_CASE("with cookie_domain one cookie serves the hosts of the domain, and no other host") {
  Fixture f;
  f.settings.cookie_domain = "example.com";
  f.build();
  f.sign_in_alice();
  CHECK(f.browser.cookie_names("example.com") == std::vector<std::string>{"gateway"});
  CHECK(f.absence("https://wiki.example.com/") == SessionAbsence::none);
  CHECK(f.absence("https://example.com/") == SessionAbsence::none);
  CHECK_FALSE(f.names->shares_domain("badexample.com"));
  CHECK(f.names->session_at("app.example.org").cookies.names[0] == "__Host-gateway");
}

TEST_CASE("L05: clearing takes away every chunk with the attributes it was set with") {
  Fixture f;
  gateway::Identity identity = f.identity();
  identity.name = std::string(6000, 'n');
  f.sign_in(kApp, identity);
  f.browser.take(kApp, f.sessions->clear(f.browser.navigate(kApp)->request()));
  CHECK(f.browser.cookie_names(kHost).empty());
}

TEST_CASE("the names that are ours are exactly those that are set") {
  Fixture f;
  for (const char* name :
       {"__Host-gateway", "__Host-gateway-3", "gateway", "gateway-1", "__Host-gateway-round",
        "__Host-gateway-state-00000000-x", "__Host-gateway-return-00000000-x", "__Host-gateway-origin-AbC"}) {
    CHECK(f.names->is_ours(name));
  }
  for (const char* name : {"gateway-4", "gateway-theme", "gateway2", "xgateway", "__Secure-gateway",
                           "__Host-", "gateway-", "Gateway", ""}) {
    CHECK_FALSE(f.names->is_ours(name));
  }
}
