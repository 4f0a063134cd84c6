// A service is listed, watched and listed again, whatever the API does.
#include "core/kubernetes/service_watch.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/kubernetes/line_reader.h"
#include "core/loop/wait.h"
#include "tests/core/kubernetes/support/slices.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using core::Duration;

/// Answers lists by what is there; watches last until the test ends them.
struct Api final : core::HttpClient {
  struct Watching {
    core::FetchSink* sink;
    core::OneShot<core::FetchResponse> end;
  };
  core::Flow<core::FetchResponse> fetch(core::FetchRequest request, core::FetchLimits) override {
    asked.push_back(request.url.path + request.url.query);
    if (is_down) co_return core::failure(core::ErrorKind::unreachable, core::Side::origin, "refused");
    core::FetchResponse response;
    response.status = request.sink == nullptr ? status : std::max(status, watch_status);
    if (request.sink == nullptr || response.status != 200) {
      response.body = request.sink == nullptr ? list : R"({"message":"told so"})";
      co_return std::move(response);
    }
    Watching watching{request.sink, {}};
    watch = &watching;
    core::FetchResponse ended = co_await watching.end;
    co_return std::move(ended);
  }
  std::vector<std::string> asked;
  std::string list = slice_list({}, "1");
  int status = 200;
  int watch_status = 200;
  bool is_down = false;
  Watching* watch = nullptr;
};

struct Sink final : core::LogSink {
  void write(std::string_view lines) override { text.append(lines); }
  std::string text;
};

struct Cluster {
  Cluster() { std::ofstream(token_file) << "token"; }
  ~Cluster() {
    std::error_code ignored;
    std::filesystem::remove(token_file, ignored);
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  void start(const std::string& zone = "") {
    watch.emplace(core::ServiceWatchParts{loop, kubernetes, log, [] { return 1.0; }},
                  core::KubernetesService{"shop", "web", "http", 0}, zone, [this] { ++changes; });
    watch->start();
    turn();
  }
  void turn() {
    for (int i = 0; i < 4; ++i) loop.turn(false);
  }
  void pass(Duration time) {
    clock.advance(time);
    turn();
  }
  /// What the test says in a watch; false: it was refused.
  bool say(const std::string& bytes) {
    REQUIRE(api.watch != nullptr);
    Api::Watching* watching = api.watch;
    core::Result<void> taken = watching->sink->take(bytes);
    if (!taken) end(core::failure(taken.error()));
    turn();
    return taken.has_value();
  }
  void end(core::Result<core::FetchResponse> how) {
    Api::Watching* watching = std::exchange(api.watch, nullptr);
    REQUIRE(watching != nullptr);
    watching->end.deliver(std::move(how));
    turn();
  }
  void end_in_order() {
    core::FetchResponse response;
    response.status = 200;
    end(std::move(response));
  }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const core::Endpoint& endpoint : watch->known().endpoints)
      all.append(all.empty() ? "" : " ").append(endpoint.ip.text());
    return all;
  }
  [[nodiscard]] std::size_t said(std::string_view what) const {
    std::size_t count = 0;
    for (std::size_t at = events.text.find(what); at != std::string::npos;
         at = events.text.find(what, at + 1))
      ++count;
    return count;
  }

  core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  core::Loop loop{clock};
  Api api;
  Sink events;
  core::Log log{events, core::LogFormat::text, core::LogLevel::info, clock};
  std::string token_file =
      (std::filesystem::temp_directory_path() / ("watch-token-" + std::to_string(::getpid()))).string();
  core::KubernetesApi kubernetes{api,
                                 {*core::parse_url("https://10.96.0.1"), token_file},
                                 {core::Side::us, "get, list and watch endpointslices"},
                                 clock};
  int changes = 0;
  std::optional<core::ServiceWatch> watch;
};

std::string put(std::string_view name, const std::vector<std::string>& addresses) {
  return slice_event("MODIFIED", slice(name, addresses)) + "\n";
}

}  // namespace

TEST_CASE_FIXTURE(Cluster, "what is listed is known, and followed from that version on") {
  api.list = slice_list({slice("a", {"10.0.0.1"})}, "41");
  start();
  CHECK(text() == "10.0.0.1");
  REQUIRE(api.asked.size() == 2);
  const std::string labels = "labelSelector=kubernetes.io%2Fservice-name%3Dweb";
  CHECK(api.asked[0] == "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices?" + labels + "&limit=100");
  CHECK(api.asked[1] == "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices?" + labels +
                            "&watch=1&allowWatchBookmarks=true&timeoutSeconds=60&resourceVersion=41");
  CHECK(say(put("a", {"10.0.0.1", "10.0.0.2"}) + put("b", {"10.0.0.3"})));
  CHECK(text() == "10.0.0.1 10.0.0.2 10.0.0.3");
  CHECK(say(slice_event("DELETED", slice("a", {})) + "\n"));
  CHECK(text() == "10.0.0.3");
}

TEST_CASE_FIXTURE(Cluster, "events may come in any pieces") {
  start();
  const std::string bytes = put("a", {"10.0.0.1"}) + "\n" + put("b", {"10.0.0.2"});
  for (const char byte : bytes) CHECK(say(std::string(1, byte)));
  CHECK(text() == "10.0.0.1 10.0.0.2");
}

TEST_CASE_FIXTURE(Cluster,
                  "a watch that the API ends goes on where it was, bookmarks included, and not in a rush") {
  start();
  CHECK(say(slice_event("BOOKMARK", R"({"metadata":{"resourceVersion":"7/x"}})") + "\n"));
  pass(Duration(60'000));
  end_in_order();
  REQUIRE(api.asked.size() == 3);
  CHECK(api.asked[2].ends_with("resourceVersion=7%2Fx"));
  for (int i = 0; i < 5; ++i) end_in_order(), pass(Duration(1'000));
  CHECK(api.asked.size() == 8);
  end_in_order();
  CHECK(api.watch == nullptr);
  pass(Duration(999));
  CHECK(api.watch == nullptr);
  pass(Duration(1));
  CHECK(api.watch != nullptr);
  CHECK(events.text.find("cannot be followed") == std::string::npos);
}

TEST_CASE_FIXTURE(Cluster, "410 means to list again at once; again and again, after pauses") {
  start();
  api.list = slice_list({slice("a", {"10.0.0.1"})}, "90");
  const std::string gone = slice_event("ERROR", R"({"kind":"Status","code":410,"message":"too old"})") + "\n";
  CHECK_FALSE(say(gone));
  CHECK(text() == "10.0.0.1");
  CHECK(api.asked.size() == 4);
  CHECK_FALSE(say(gone));
  CHECK(api.asked.size() == 4);
  pass(Duration(2'000));
  CHECK(api.asked.size() == 6);
  api.status = 410;  // as the status of the whole answer, too
  end_in_order();
  api.status = 200;
  pass(Duration(10'000));
  CHECK(api.watch != nullptr);
  CHECK(events.text.find("cannot be followed") == std::string::npos);
}

TEST_CASE_FIXTURE(Cluster, "while the API is away what was known stays, and it is said once") {
  api.list = slice_list({slice("a", {"10.0.0.1"})}, "1");
  start();
  pass(Duration(1'000));
  api.is_down = true;
  end(core::failure(core::ErrorKind::closed, core::Side::origin, "the connection ended"));
  const std::size_t before = api.asked.size();
  for (int i = 0; i < 60; ++i) pass(Duration(1'000));
  CHECK(text() == "10.0.0.1");
  CHECK(api.asked.size() - before == 8);  // after 1, 2, 4, 8 s, then every 10
  CHECK(said("cannot be followed") == 1);
  api.is_down = false;
  api.list = slice_list({slice("a", {"10.0.0.2"})}, "2");
  pass(Duration(10'000));
  CHECK(text() == "10.0.0.2");
  CHECK(said("followed again") == 1);
}

TEST_CASE_FIXTURE(Cluster,
                  "what is refused counts not at all, what came before it does, and a list follows") {
  api.list = slice_list({slice("a", {"10.0.0.1"})}, "1");
  for (const std::string& hostile : {std::string("<html>\n"), slice_event("ADDED", "{}") + "\n",
                                     put("x", {"127.0.0.1"}), put("x", {"169.254.169.254"}),
                                     std::string(2UL * 1024 * 1024, 'x'), std::string(50'000, '[') + "\n"}) {
    events.text.clear();
    start();
    CHECK_FALSE(say(put("b", {"10.0.0.2"}) + hostile + put("c", {"10.0.0.3"})));
    CHECK(text() == "10.0.0.1 10.0.0.2");
    CHECK(said("cannot be followed") == 1);
    pass(Duration(1'000));
    CHECK(text() == "10.0.0.1");
    CHECK(api.watch != nullptr);
    watch.reset();
  }
}

TEST_CASE_FIXTURE(Cluster, "more slices than any service has are refused") {
  start();
  std::string flood;
  for (int i = 0; i < 600; ++i) flood += put("s" + std::to_string(i), {"10.0.0.1"});
  CHECK_FALSE(say(flood));
  CHECK(said("over 500 EndpointSlices") == 1);
}

TEST_CASE_FIXTURE(Cluster, "a list that never ends is given up") {
  api.list = slice_list({}, "1", "more");
  start();
  for (int i = 0; i < 100; ++i) turn();
  CHECK(api.asked.size() == 100);
  CHECK(said("a list of too many pages") == 1);
  CHECK(watch->is_attempted());
}

TEST_CASE_FIXTURE(
    Cluster, "where lists are allowed and watches are not, it is said once, and lists are looked at again") {
  start();
  api.watch_status = 403;
  end_in_order();
  pass(Duration(1'000));
  api.list = slice_list({slice("a", {"10.0.0.1"})}, "2");
  for (int i = 0; i < 60; ++i) pass(Duration(1'000));
  CHECK(text() == "10.0.0.1");
  CHECK(said("cannot be followed") == 1);
  CHECK(said("followed again") == 0);
  api.watch_status = 200;
  pass(Duration(10'000));
  CHECK(say(put("a", {"10.0.0.2"})));
  CHECK(said("followed again") == 1);
}

TEST_CASE_FIXTURE(Cluster, "a missing permission is named") {
  api.status = 403;
  start();
  CHECK(watch->is_attempted());
  CHECK(changes == 1);
  CHECK(said("let the service account get, list and watch endpointslices") == 1);
  CHECK(watch->known().endpoints.empty());
  CHECK(watch->known().doubt == "the API has not said yet which endpoints it has");
}

TEST_CASE_FIXTURE(Cluster,
                  "a service that has nobody is said, and so is its end; nothing is told that is not new") {
  start();
  CHECK(said("cannot be used as it is") == 1);
  say(put("a", {"10.0.0.1"}));
  const int before = changes;
  say(put("a", {"10.0.0.1"}));
  CHECK(changes == before);
  say(put("a", {}));
  CHECK(said("it has no endpoints") == 2);
}

TEST_CASE_FIXTURE(
    Cluster, "a watch that takes over knows what the one before knew; one that is stopped asks no more") {
  api.list = slice_list({slice("a", {"10.0.0.1"})}, "1");
  start();
  core::ServiceWatch next(core::ServiceWatchParts{loop, kubernetes, log, [] { return 1.0; }},
                          core::KubernetesService{"shop", "web", "http", 0}, "", [] {});
  next.adopt(*watch);
  CHECK(next.known() == watch->known());
  CHECK(next.is_attempted());
  const std::size_t before = api.asked.size();
  watch->stop();
  pass(Duration(100'000));
  CHECK(api.asked.size() == before);
  CHECK(text() == "10.0.0.1");
}

TEST_CASE("lines come whole, whatever pieces their bytes come in, and none is longer than allowed") {
  std::vector<std::string> lines;
  const core::LineReader::OnLine keep = [&lines](std::string_view line) -> core::Result<void> {
    lines.emplace_back(line);
    return {};
  };
  core::LineReader reader(5);
  for (const std::string_view bytes : {"a\nbc", "de", "f\n\n", "12345\n", "12"})
    CHECK(reader.take(bytes, keep));
  CHECK(lines == std::vector<std::string>{"a", "bcdef", "12345"});
  CHECK(reader.take("3456", keep).error().kind == core::ErrorKind::too_large);
  core::LineReader other(5);
  CHECK(other.take("123456\n", keep).error().kind == core::ErrorKind::too_large);
}

}  // namespace tests
