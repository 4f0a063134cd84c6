#include "gateway/model/request.h"

#include <doctest/doctest.h>

#include "gateway/model/public_port.h"

namespace gateway {
namespace {

struct Asked {
  core::Fields fields;
  Request request;
  explicit Asked(std::vector<std::pair<std::string_view, std::string_view>> list,
                 std::string_view method = "GET") {
    for (const auto& [name, value] : list) fields.add(name, value);
    request.method = method;
    request.host = "app.example.com";
    request.path = "/x";
    request.query = "?y=1";
    request.fields = &fields;
  }
};

TEST_CASE("only a top-level GET navigation may start a sign-in") {
  struct Row {
    std::vector<std::pair<std::string_view, std::string_view>> fields;
    std::string_view method;
    bool starts;
    const char* why;
  };
  const Row rows[] = {
      {{{"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "document"}},
       "GET",
       true,
       "a browser's page load"},
      {{{"Accept", "text/html,*/*;q=0.8"}}, "GET", true, "an old browser"},
      {{{"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "document"}}, "POST", false, "a form post"},
      {{{"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "iframe"}}, "GET", false, "a frame"},
      {{{"Sec-Fetch-Mode", "no-cors"}, {"Sec-Fetch-Dest", "image"}}, "GET", false, "an image"},
      {{{"Sec-Fetch-Mode", "cors"}, {"Sec-Fetch-Dest", "empty"}, {"Accept", "text/html"}},
       "GET",
       false,
       "fetch()"},
      {{{"Sec-Fetch-Mode", "cors"}, {"Sec-Fetch-Dest", "manifest"}}, "GET", false, "a manifest"},
      {{{"Sec-Fetch-Mode", "navigate"}, {"Sec-Purpose", "prefetch"}}, "GET", false, "a prefetch"},
      {{{"Accept", "*/*"}}, "GET", false, "curl"},
      {{{"Accept", "application/json"}}, "GET", false, "a program"},
      {{{"Accept", "text/html"}, {"X-Requested-With", "XMLHttpRequest"}}, "GET", false, "XHR"},
      {{{"Accept", "text/html"}, {"Connection", "Upgrade"}, {"Upgrade", "websocket"}},
       "GET",
       false,
       "a WebSocket"},
      {{}, "GET", false, "nothing said"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const Asked asked(row.fields, row.method);
    CHECK(may_start_sign_in(asked.request) == row.starts);
  }
}

TEST_CASE("URLs leave out port 443 and nothing else") {
  Asked asked({});
  CHECK(asked.request.url() == "https://app.example.com/x?y=1");
  asked.request.port = 8443;
  CHECK(asked.request.url() == "https://app.example.com:8443/x?y=1");
}

TEST_CASE("with public_port auto 443 and the listening port are ours, no other") {
  const PublicPort port = PublicPort::automatic({8443});
  CHECK(port.of_https_host(0) == 443);
  CHECK(port.of_https_host(443) == 443);
  CHECK(port.of_https_host(8443) == 8443);
  CHECK_FALSE(port.of_https_host(444));
  CHECK_FALSE(port.of_https_host(80));
}

TEST_CASE("a fixed public port is the only one") {
  const PublicPort port = PublicPort::fixed(8443);
  CHECK(port.of_https_host(8443) == 8443);
  CHECK_FALSE(port.of_https_host(0));
  CHECK_FALSE(port.of_https_host(443));
  CHECK(port.for_redirect() == 8443);
  CHECK(PublicPort::fixed(443).of_https_host(0) == 443);
}

}  // namespace
}  // namespace gateway
