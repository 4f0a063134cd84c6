// Signing in from end to end, hop by hop: what a browser sees, and what it may never achieve.
#include "core/text/percent.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;
using namespace std::chrono_literals;

bool has_session(LoginFixture& f, const std::string& url) {
  return f.visit(url).admitted.has_value();
}

std::vector<std::string> cookies_with(LoginFixture& f, const std::string& host, const std::string& part) {
  std::vector<std::string> found;
  for (const std::string& name : f.browser.cookie_names(host)) {
    if (name.find(part) != std::string::npos) found.push_back(name);
  }
  return found;
}

std::string location(const gateway::Reply& reply) {
  return field_of(reply, "Location");
}

}  // namespace

TEST_CASE("a person signs in and comes back to the very URL, path and query") {
  LoginFixture f;
  CHECK(f.sign_in(kAppUrl) == kAppUrl);
  const gateway::Verdict verdict = f.visit(kAppUrl);
  REQUIRE(verdict.admitted.has_value());
  const gateway::Identity* identity = verdict.admitted->identity();
  CHECK(identity->subject == "alice");
  CHECK(identity->issuer == "https://corp.example.net");
  CHECK(identity->session_id.size() == 32);
  CHECK(identity->email_counts);
}

TEST_CASE(
    "K03: the authorization request has a fresh state, nonce and S256 challenge, and the verifier in no "
    "URL") {
  LoginFixture f;
  const std::string first = f.to_provider(kAppUrl);
  CHECK(first.starts_with("https://corp.example.net/authorize?"));
  CHECK(parameter_of(first, "response_type") == "code");
  CHECK(parameter_of(first, "redirect_uri") == kAuth + "/callback");
  CHECK(parameter_of(first, "scope") == "openid email profile");
  CHECK(parameter_of(first, "code_challenge_method") == "S256");
  CHECK(parameter_of(first, "code_challenge").size() == 43);
  const std::string again = f.to_provider(kAppUrl);
  for (const char* name : {"state", "nonce", "code_challenge"}) {
    CHECK_FALSE(parameter_of(first, name).empty());
    CHECK(parameter_of(first, name) != parameter_of(again, name));
  }
  f.get(f.provider.consent(again));
  REQUIRE(f.provider.count("/token") == 1);
  const std::string body = f.provider.last("/token").body;
  const std::string verifier = parameter_of("?" + body, "code_verifier");
  REQUIRE(verifier.size() == 43);
  CHECK(again.find(verifier) == std::string::npos);
  CHECK(f.sink.text.find(verifier) == std::string::npos);
}

TEST_CASE("a query comes back byte for byte, whatever browsers leave unescaped in it") {
  LoginFixture f;
  for (const std::string query : {"?a=|{x}\\b\"q\"<b>^`[1]'x'", "?a=%zz&b=%2f%2F+%20", "??a=1;b=2&a=1"}) {
    const std::string url = "https://app.example.com/p" + query;
    CHECK(f.sign_in(url) == url);
    for (const char* host : {"app.example.com", "auth.example.com"}) f.browser.forget(host);
  }
}

TEST_CASE("one sign-in serves a second host without another one, under one session id") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  const auto first = f.visit(kAppUrl).admitted->identity()->session_id;
  const gateway::Reply last = f.follow(f.visit(kWikiUrl).answer);
  CHECK(last.status == 303);
  CHECK(location(last) == kWikiUrl);
  CHECK(f.provider.count("/token") == 1);
  CHECK(f.visit(kWikiUrl).admitted->identity()->session_id == first);
}

TEST_CASE("several tabs sign in at once") {
  LoginFixture f;
  const std::string one = f.to_provider("https://app.example.com/one");
  const std::string two = f.to_provider("https://app.example.com/two");
  CHECK(location(f.follow(f.get(f.provider.consent(two)))) == "https://app.example.com/two");
  CHECK(location(f.follow(f.get(f.provider.consent(one)))) == "https://app.example.com/one");
}

TEST_CASE("K19: a browser keeps at most eight attempts, and their cookies stay small") {
  LoginFixture f;
  for (int i = 0; i < 12; ++i) {
    f.to_provider(kAppUrl + std::string(i % 2 == 0 ? 0 : 1500, 'q'));
    f.clock.advance(1s);
  }
  for (const std::string host : {"auth.example.com", "app.example.com"}) {
    const auto names = f.browser.cookie_names(host);
    CHECK(names.size() <= gateway::kMaxAttempts);
    std::size_t bytes = 0;
    for (const std::string& name : names) bytes += name.size() + f.browser.cookie(host, name).size();
    CHECK(bytes <= gateway::kMaxAttemptBytes);
  }
  CHECK(f.sign_in(kAppUrl) == kAppUrl);
}

TEST_CASE("K01: a callback without its own attempt is refused before any request to the provider") {
  LoginFixture f;
  const std::string good = f.provider.consent(f.to_provider(kAppUrl));
  const std::string state = parameter_of(good, "state");
  Browser stranger(f.clock);
  const std::string queries[] = {"",
                                 "?",
                                 "?&",
                                 "?code=the-code",
                                 "?state=" + state,
                                 "?code=the-code&state=",
                                 "?code=the-code&state=" + std::string(43, 'A'),
                                 "?code=the-code&state[]=" + state,
                                 "?code=the-code&state=" + state + "x",
                                 "?code=the-code&state=" + std::string(6000, 'A')};
  for (const std::string& query : queries) {
    CAPTURE(query.substr(0, 80));
    const auto request = f.browser.navigate(kAuth + "/callback" + query);
    CHECK(f.serve(*request).status == 400);
  }
  CHECK(f.provider.count("/token") == 0);
}

TEST_CASE("K20: a callback URL opened by another browser is refused") {
  LoginFixture f;
  const std::string callback = f.provider.consent(f.to_provider(kAppUrl));
  Browser victim(f.clock);
  const auto request = victim.navigate(callback);
  const gateway::Reply reply = f.serve(*request);
  CHECK(reply.status == 400);
  CHECK(fields_of(reply, "Set-Cookie").empty());
  CHECK(f.provider.count("/token") == 0);
}

TEST_CASE("K16: a protocol parameter that is there twice is refused without a token request") {
  LoginFixture f;
  const std::string callback = f.provider.consent(f.to_provider(kAppUrl));
  for (const std::string more : {"&code=x", "&state=x", "&iss=x", "&error=x&error=y", "&code[]=x",
                                 "&session_state=1&session_state=2"}) {
    CAPTURE(more);
    CHECK(f.serve(*f.browser.navigate(callback + more)).status == 400);
  }
  CHECK(f.provider.count("/token") == 0);
  CHECK(f.get(callback).status == 302);
}

TEST_CASE("K01: a used callback is refused, also when the browser still has the state cookie") {
  LoginFixture f;
  const std::string callback = f.provider.consent(f.to_provider(kAppUrl));
  const auto names = cookies_with(f, "auth.example.com", "-state-");
  REQUIRE(names.size() == 1);
  const std::string value = f.browser.cookie("auth.example.com", names[0]);
  CHECK(f.get(callback).status == 302);
  CHECK(cookies_with(f, "auth.example.com", "-state-").empty());
  CHECK(f.get(callback).status == 400);
  f.browser.set_cookie("auth.example.com", names[0], value);
  CHECK(f.get(callback).status == 400);
  CHECK(f.provider.count("/token") == 1);
}

TEST_CASE("an attempt is over after ten minutes") {
  LoginFixture f;
  const std::string callback = f.provider.consent(f.to_provider(kAppUrl));
  f.clock.advance(599s);
  SUBCASE("just in time") {
    CHECK(f.get(callback).status == 302);
  }
  SUBCASE("too late") {
    f.clock.advance(1s);
    CHECK(f.get(callback).status == 400);
    CHECK(f.provider.count("/token") == 0);
  }
}

TEST_CASE(
    "K30: a callback with another issuer, or none although it is promised, is refused before the token "
    "request") {
  LoginFixture f;
  const std::string callback = f.provider.consent(f.to_provider(kAppUrl));
  const std::string without = callback.substr(0, callback.find("&iss="));
  SUBCASE("other issuer") {
    CHECK(f.get(without + "&iss=https%3A%2F%2Fother.example.net").status == 400);
  }
  SUBCASE("with a slash") {
    CHECK(f.get(callback + "%2F").status == 400);
  }
  SUBCASE("none") {
    CHECK(f.get(without).status == 400);
  }
  SUBCASE("an error response of another issuer") {
    CHECK(f.get(kAuth + "/callback?error=access_denied&state=" + parameter_of(callback, "state") + "&iss=x")
              .status == 400);
  }
  CHECK(f.provider.count("/token") == 0);
}

TEST_CASE("an error response ends in a page that quotes nothing of it, and the attempt is over") {
  LoginFixture f;
  const std::string callback = f.provider.consent(f.to_provider(kAppUrl));
  const std::string iss = "&iss=" + core::percent_encode(f.provider.issuer());
  const gateway::Reply reply = f.get(
      kAuth + "/callback?error=access_denied&error_description=%3Cscript%3Ealert(1)%3C%2Fscript%3E&state=" +
      parameter_of(callback, "state") + iss);
  CHECK(reply.status == 403);
  CHECK(reply.body.find("alert(1)") == std::string::npos);
  CHECK(reply.body.find("0123456789abcdef0123456789abcdef") != std::string::npos);
  CHECK(f.sink.text.find("access_denied") != std::string::npos);
  CHECK(f.sink.text.find("alert") == std::string::npos);
  CHECK(cookies_with(f, "auth.example.com", "-state-").empty());
  CHECK(f.get(callback).status == 400);
}

TEST_CASE(
    "a hand-over ticket is worthless without the browser that asked, after a minute, twice, or on another "
    "host") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  const gateway::Reply begun = f.visit(kWikiUrl).answer;
  const auto secrets = cookies_with(f, "wiki.example.org", "-return-");
  REQUIRE(secrets.size() == 1);
  const std::string secret = f.browser.cookie("wiki.example.org", secrets[0]);
  const gateway::Reply handed = f.get(location(begun));
  const std::string ticket = location(handed);
  REQUIRE(ticket.starts_with("https://wiki.example.org/oauth2/return?ticket="));
  CHECK(field_of(handed, "Referrer-Policy") == "no-referrer");
  CHECK(field_of(handed, "Cache-Control") == "no-store");
  SUBCASE("another browser") {
    Browser victim(f.clock);
    const gateway::Reply reply = f.serve(*victim.navigate(ticket));
    CHECK(reply.status == 400);
    CHECK(fields_of(reply, "Set-Cookie").empty());
  }
  SUBCASE("another secret") {
    f.browser.set_cookie("wiki.example.org", secrets[0], secret + "x");
    CHECK(f.get(ticket).status == 400);
  }
  SUBCASE("too late") {
    f.clock.advance(60s);
    CHECK(f.get(ticket).status == 400);
  }
  SUBCASE("twice, with the cookie kept by hand") {
    CHECK(f.get(ticket).status == 303);
    CHECK(cookies_with(f, "wiki.example.org", "-return-").empty());
    f.browser.set_cookie("wiki.example.org", secrets[0], secret);
    CHECK(f.get(ticket).status == 400);
  }
  SUBCASE("another host") {
    f.browser.set_cookie("app.example.com", secrets[0], secret);
    const std::string moved =
        "https://app.example.com" + ticket.substr(std::string("https://wiki.example.org").size());
    CHECK(f.get(moved).status == 400);
  }
  SUBCASE("another port") {
    const std::string moved =
        "https://wiki.example.org:8443" + ticket.substr(std::string("https://wiki.example.org").size());
    CHECK(f.get(moved).status == 400);
  }
  SUBCASE("of a session that was ended meanwhile (L20)") {
    const gateway::Identity ended = *f.visit(kAppUrl).admitted->identity();
    core::Flow<> revoking = f.revocations->revoke(gateway::revocation_of(ended));
    revoking.start();
    f.turn();
    CHECK(f.get(ticket).status == 400);
    CHECK(f.browser.cookie("wiki.example.org", "__Host-gateway").empty());
    CHECK(cookies_with(f, "wiki.example.org", "-return-").empty());
    CHECK(f.sink.text.find("the ticket's session: session ended") != std::string::npos);
  }
  SUBCASE("of a provider that has left the configuration") {
    f.config.login.providers[0].issuer = "https://elsewhere.example.net";
    f.build();
    CHECK(f.get(ticket).status == 400);
    CHECK(f.browser.cookie("wiki.example.org", "__Host-gateway").empty());
  }
  SUBCASE("changed, missing, doubled") {
    CHECK(f.get(ticket + "x").status == 400);
    CHECK(f.get("https://wiki.example.org/oauth2/return").status == 400);
    CHECK(f.get(ticket + "&ticket=x").status == 400);
  }
}

TEST_CASE("K29: a sealed request offered as ticket, and a ticket as request, are refused") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  const std::string start = location(f.visit(kWikiUrl).answer);
  const std::string sealed = parameter_of(start, "request");
  CHECK(f.serve(*f.browser.navigate("https://wiki.example.org/oauth2/return?ticket=" + sealed)).status ==
        400);
  const std::string ticket = parameter_of(location(f.get(start)), "ticket");
  CHECK(f.serve(*f.browser.navigate(kAuth + "/start?request=" + ticket)).status == 400);
  CHECK(f.serve(*f.browser.navigate(
                    kAuth + "/start?request=" + f.browser.cookie("auth.example.com", "__Host-gateway")))
            .status == 400);
  CHECK(f.serve(*f.browser.navigate("https://wiki.example.org/oauth2/start?request=" + sealed)).status ==
        400);
}

TEST_CASE("a hand-over request is over after ten minutes, and dies with the route of its host") {
  LoginFixture f;
  const std::string start = location(f.visit(kWikiUrl).answer);
  SUBCASE("time") {
    f.clock.advance(600s);
    CHECK(f.get(start).status == 400);
  }
  SUBCASE("route") {
    std::erase_if(f.config.routes,
                  [](const config::Route& route) { return route.host != "app.example.com"; });
    f.build();
    CHECK(f.get(start).status == 400);
  }
}

TEST_CASE("no token is in any cookie, URL or log line") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  f.follow(f.visit(kWikiUrl).answer);
  CHECK(f.sink.text.find("planted") == std::string::npos);
  CHECK(f.sink.text.find("s3cret") == std::string::npos);
  CHECK(f.sink.text.find("the-code") == std::string::npos);
}

TEST_CASE("L08: a session cookie planted before the sign-in is replaced, and its id never adopted") {
  LoginFixture f;
  f.browser.set_cookie("app.example.com", "__Host-gateway", "1.planted");
  f.sign_in(kAppUrl);
  const auto first = f.visit(kAppUrl).admitted->identity()->session_id;
  f.browser.forget("auth.example.com");
  f.browser.drop_cookie("app.example.com", "__Host-gateway");
  f.browser.drop_cookie("app.example.com", "__Host-gateway-round");
  f.sign_in(kAppUrl);
  CHECK(f.visit(kAppUrl).admitted->identity()->session_id != first);
}

TEST_CASE("login.host's own pages need no hop, and a session there is enough for the next host") {
  LoginFixture f;
  const std::string target = "https://auth.example.com/own";
  CHECK(f.sign_in(target) == target);
  CHECK(has_session(f, target));
  CHECK(location(f.follow(f.visit(kAppUrl).answer)) == kAppUrl);
  CHECK(f.provider.count("/token") == 1);
}

TEST_CASE("with cookie_domain there is no hop inside the domain and one outside") {
  LoginFixture f;
  f.config.login.session.cookie_domain = "example.com";
  f.build();
  const std::string start = location(f.visit(kAppUrl).answer);
  CHECK(start.starts_with(kAuth + "/start?rd="));
  CHECK(f.sign_in(kAppUrl) == kAppUrl);
  CHECK(has_session(f, kAppUrl));
  CHECK(location(f.follow(f.visit(kWikiUrl).answer)) == kWikiUrl);
  CHECK(has_session(f, kWikiUrl));
  CHECK(f.browser.cookie("wiki.example.org", "__Host-gateway").starts_with("1."));
}

TEST_CASE("every URL of ours bears the public port that the browser used") {
  LoginFixture f;
  const std::string url = "https://app.example.com:8443/x";
  const std::string to = f.to_provider(url);
  CHECK(parameter_of(to, "redirect_uri") == "https://auth.example.com:8443/oauth2/callback");
  CHECK(location(f.follow(f.get(f.provider.consent(to)))) == url);
}

TEST_CASE("a URL too long for a cookie comes back without its query, or to the start page") {
  LoginFixture f;
  CHECK(f.sign_in("https://app.example.com/page?q=" + std::string(3000, 'x')) ==
        "https://app.example.com/page");
  CHECK(location(f.follow(f.visit("https://wiki.example.org/" + std::string(3000, 'x')).answer)) ==
        "https://wiki.example.org/");
}

TEST_CASE("a session too large to be handed over or kept ends in a page that says so") {
  LoginFixture f;
  const auto sign_in_with = [&f](int count) {
    core::Json groups = core::Json::array();
    for (int i = 0; i < count; ++i) groups.push("a-group-with-a-long-name-" + std::to_string(i));
    f.provider.claims.set("groups", groups);
    return f.follow(f.get(f.provider.consent(f.to_provider(kAppUrl))));
  };
  const gateway::Reply too_large = sign_in_with(400);
  CHECK(too_large.status == 500);
  CHECK(too_large.reason == "session_too_large");
  // One that fits into cookies, but not into a ticket's URL.
  const gateway::Reply no_ticket = sign_in_with(230);
  CHECK(no_ticket.status == 500);
  CHECK(no_ticket.reason == "ticket_too_large");
  CHECK(no_ticket.body.find("more groups and claims than can be handed over") != std::string::npos);
  CHECK(f.sink.text.find("bytes of a URL, at most 7000 fit") != std::string::npos);
  CHECK(has_session(f, "https://auth.example.com/own"));
  CHECK(f.follow(f.visit(kAppUrl).answer).reason == "ticket_too_large");
}
