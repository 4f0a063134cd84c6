// When the configuration is read again: one reload at a time, who hears of it, which changes of files count.
#include "gateway/run/reloading.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

namespace files = std::filesystem;

struct Fixture {
  core::ManualClock clock{core::from_unix_seconds(2'000'000'000)};
  core::Loop loop{clock};
  test_support::KeptLog sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::info, clock};
  unsigned begun = 0;
  core::OneShot<std::string>* under_way = nullptr;
  gateway::Reloading reloading{loop, log, [this] { return work(); }};
  files::path folder;
  files::path file;

  Fixture() {
    std::string name = files::temp_directory_path() / "gateway-reload-XXXXXX";
    folder = mkdtemp(name.data());
    file = folder / "gateway.yaml";
    write("one");
  }
  ~Fixture() { files::remove_all(folder); }

  core::Flow<std::string> work() {
    ++begun;
    core::OneShot<std::string> cell;
    under_way = &cell;
    std::string end = co_await cell;
    co_return end;
  }
  void end(core::Result<std::string> result) {
    std::exchange(under_way, nullptr)->deliver(std::move(result));
  }
  void write(std::string_view text) const { std::ofstream(file, std::ios::trunc) << text; }
  void look() {
    clock.advance(gateway::kFileInterval);
    loop.turn(false);
  }
};

/// Somebody who asked and waits.
struct Operator {
  std::optional<core::Result<std::string>> heard;
  core::RunningFlow<std::string> waiting;
  void ask(gateway::Reloading& reloading) {
    waiting.start(reloading.work().ask_and_wait(),
                  [this](core::Result<std::string> end) { heard = std::move(end); });
  }
};

}  // namespace

TEST_CASE("one reload at a time: who asks during one gets the next, which is one for all of them") {
  Fixture f;
  Operator first;
  Operator second;
  Operator third;
  first.ask(f.reloading);
  second.ask(f.reloading);
  third.ask(f.reloading);
  f.reloading.work().ask();
  CHECK(f.begun == 1);
  f.end("first");
  REQUIRE(first.heard);
  CHECK(first.heard->value() == "first");
  CHECK_FALSE(second.heard);
  f.loop.turn(false);
  CHECK(f.begun == 2);
  second.waiting.cancel();  // goes away, and the work goes on
  f.end("second");
  CHECK(third.heard->value() == "second");
  f.loop.turn(false);
  CHECK(f.begun == 2);
}

TEST_CASE("a reload that fails is logged, told, and does not keep the next one from trying") {
  Fixture f;
  Operator asking;
  asking.ask(f.reloading);
  f.end(core::failure(core::ErrorKind::refused, core::Side::configuration, "line 3 is wrong"));
  CHECK(asking.heard->error().text == "line 3 is wrong");
  CHECK(f.sink.text.find("line 3 is wrong") != std::string::npos);
  f.reloading.work().ask();
  CHECK(f.begun == 2);
}

TEST_CASE("a changed file counts once it has come to rest, and once") {
  Fixture f;
  f.reloading.watch({f.file});
  f.look();
  CHECK(f.begun == 0);
  f.write("two, half");
  f.look();
  f.write("two, the whole of it");
  f.look();
  CHECK(f.begun == 0);
  f.look();
  CHECK(f.begun == 1);
  f.end("done");
  f.look();
  f.look();
  CHECK(f.begun == 1);
  files::remove(f.file);
  f.look();
  f.look();
  CHECK(f.begun == 2);
}

TEST_CASE("a change that was there when a reload began is not read twice") {
  Fixture f;
  f.reloading.watch({f.file});
  f.write("another one");
  f.reloading.work().ask();
  f.end("done");
  f.look();
  f.look();
  CHECK(f.begun == 1);
}

TEST_CASE("a change that came between the first reading and the first look is not missed") {
  Fixture f;
  const gateway::Reloading::Stamps read{{f.file, config::stamp_of(f.file)}};
  f.write("another one, during the start");
  f.reloading.watch({f.file}, read);
  f.look();
  CHECK(f.begun == 1);
  f.end("done");
  f.look();
  CHECK(f.begun == 1);
}

TEST_CASE("a change that comes while the files are read is not missed") {
  Fixture f;
  f.reloading.watch({f.file});
  f.reloading.work().ask();
  f.write("another one, after it was read");
  f.reloading.watch({f.file});
  f.end("done");
  f.look();
  f.look();
  CHECK(f.begun == 2);
}

TEST_CASE("who waits for a reload that is cut off hears so, and who asks after it") {
  Fixture f;
  Operator first;
  Operator second;
  Operator late;
  first.ask(f.reloading);
  second.ask(f.reloading);
  f.reloading.stop();
  late.ask(f.reloading);
  for (const Operator* each : {&first, &second, &late}) {
    REQUIRE(each->heard);
    CHECK(each->heard->error().text.find("ending") != std::string::npos);
  }
}

TEST_CASE("who has stopped reloads nothing") {
  Fixture f;
  f.reloading.watch({f.file});
  f.reloading.work().ask();
  f.reloading.stop();
  f.write("changed");
  f.look();
  f.look();
  f.reloading.work().ask();
  CHECK(f.begun == 1);
}
