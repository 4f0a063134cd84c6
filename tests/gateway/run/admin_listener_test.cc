#include "gateway/run/admin_listener.h"

#include <doctest/doctest.h>

namespace {

class Source final : public gateway::AdminSource {
 public:
  [[nodiscard]] std::vector<std::string> reasons_not_ready() const override { return reasons; }
  [[nodiscard]] std::string metrics() const override { return "x 1\n"; }
  std::vector<std::string> reasons;
};

gateway::Reply ask(const Source& source, std::string_view target, std::string_view host = "127.0.0.1",
                   std::string_view method = "GET") {
  core::RequestHead head;
  head.method = method;
  head.target = target;
  head.host = host;
  return gateway::answer_admin(head, source);
}

}  // namespace

TEST_CASE("P04: only an IP address or localhost names the admin listener") {
  for (const char* host :
       {"localhost", "LOCALHOST:1", "127.0.0.1:9901", "[::1]", "[fd00::1]:80", "10.0.0.1"}) {
    CAPTURE(host);
    CHECK(gateway::is_admin_host(host));
    CHECK(ask(Source(), "/metrics", host).status == 200);
  }
  for (const char* host : {"", "evil.test", "localhost.evil.test", "127.0.0.1.evil.test", "a@127.0.0.1",
                           "127.1", "localhost:0", "[::1%25lo]", "127.0.0.1:99999"}) {
    CAPTURE(host);
    CHECK_FALSE(gateway::is_admin_host(host));
    CHECK(ask(Source(), "/metrics", host).status == 421);
  }
}

TEST_CASE("readiness says every reason, and nothing else is answered") {
  Source source;
  CHECK(ask(source, "/readyz?verbose").status == 200);
  source.reasons = {"one", "two"};
  const gateway::Reply refused = ask(source, "/readyz");
  CHECK(refused.status == 503);
  CHECK(refused.body == "not ready\none\ntwo\n");
  CHECK(ask(source, "/livez").status == 200);
  CHECK(ask(source, "/metrics").body == "x 1\n");
  CHECK(ask(source, "/metrics/").status == 404);
  CHECK(ask(source, "/").status == 404);
  CHECK(ask(source, "/livez", "localhost", "POST").status == 405);
}
