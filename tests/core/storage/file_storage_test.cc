// What only a directory on a disk can get wrong: modes, owners, links, torn files, crashes, several
// processes.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/core/storage/storage_conformance.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

namespace fs = std::filesystem;
using core::ErrorKind;
using namespace std::chrono_literals;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (fs::temp_directory_path() / "storage-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] std::string sub(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

struct Place {
  TemporaryDirectory directory;
  std::string root = directory.sub("state");
  core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  std::unique_ptr<core::Storage> open() {
    auto opened = core::open_file_storage(root, clock);
    REQUIRE_MESSAGE(opened, opened.error().text);
    return std::move(*opened);
  }
};

unsigned mode_of(const std::string& path) {
  struct stat found{};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 07777U;
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void overwrite(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

TEST_CASE("storage in a directory keeps every rule of the interface") {
  Place place;
  const auto storage = place.open();
  check_storage_conformance({*storage, place.clock, [&](core::Duration time) { place.clock.advance(time); }});
}

TEST_CASE("entries outlive the storage that wrote them, in files for their owner only") {
  Place place;
  REQUIRE(run(place.open()->put("keys/session", entry("secret", place.clock.wall() + 1h))));
  CHECK(mode_of(place.root) == 0700);
  CHECK(mode_of(place.root + "/keys") == 0700);
  CHECK(mode_of(place.root + "/keys/session+entry") == 0600);
  const auto again = run(place.open()->get("keys/session"));
  REQUIRE(again);
  CHECK(again->value == "secret");
  CHECK(again->expires == place.clock.wall() + 1h);
}

TEST_CASE("missing directories above the storage are made, too") {
  Place place;
  place.root = place.directory.sub("var/lib/gateway/");
  CHECK(run(place.open()->put("a", entry("v"))));
  CHECK(mode_of(place.directory.sub("var/lib/gateway")) == 0700);
}

TEST_CASE("a damaged file is reported once, set aside, and then not found") {
  struct Row {
    const char* why;
    std::string (*damage)(std::string);
  };
  const Row rows[] = {
      {"empty", [](std::string) { return std::string(); }},
      {"torn", [](std::string text) { return text.substr(0, text.size() - 1); }},
      {"longer", [](std::string text) { return text + "x"; }},
      {"one bit", [](std::string text) { return text.back() ^= 1, text; }},
      {"no header", [](std::string) { return std::string("value\n"); }},
      {"no line end", [](std::string) { return std::string(300, 'x'); }},
      {"other version", [](std::string text) { return text[14] = '2', text; }},
      {"length overflow",
       [](std::string) { return std::string("gateway-entry 1 never 99999999999999999999999 00\nv"); }},
      {"negative expiry", [](std::string) { return std::string("gateway-entry 1 -1 1 00\nv"); }},
      {"too large", [](std::string text) { return text + std::string(2 * 1024 * 1024, 'x'); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    Place place;
    const auto storage = place.open();
    REQUIRE(run(storage->put("certificates/a.test", entry("value"))));
    const std::string path = place.root + "/certificates/a.test+entry";
    const std::string damaged = row.damage(contents(path));
    overwrite(path, damaged);
    const auto first = run(storage->get("certificates/a.test"));
    REQUIRE_FALSE(first);
    CHECK(first.error().kind == ErrorKind::malformed);
    CHECK(first.error().text.find(path + " is damaged and was set aside as") == 0);
    CHECK(run(storage->get("certificates/a.test")).error().kind == ErrorKind::not_found);
    CHECK(contents(place.root + "/certificates/a.test+damaged") == damaged);
    REQUIRE(run(storage->put("certificates/a.test", entry("new"))));
    CHECK(run(storage->get("certificates/a.test"))->value == "new");
  }
}

TEST_CASE("what a crash left half-written is removed at the next start") {
  Place place;
  REQUIRE(run(place.open()->put("a/b", entry("v"))));
  REQUIRE(run(place.open()->put("old", entry("v", place.clock.wall() + 1s))));
  overwrite(place.root + "/a/+tmp-0123", "half");
  place.clock.advance(2s);
  const auto storage = place.open();
  CHECK_FALSE(fs::exists(place.root + "/a/+tmp-0123"));
  CHECK_FALSE(fs::exists(place.root + "/old+entry"));
  CHECK(run(storage->list("")) == std::vector<std::string>{"a/b"});
}

TEST_CASE("a listing leaves no file of an expired entry behind") {
  Place place;
  const auto storage = place.open();
  REQUIRE(run(storage->put("a/old", entry("v", place.clock.wall() + 1s))));
  REQUIRE(run(storage->put("a/new", entry("v", place.clock.wall() + 9s))));
  place.clock.advance(2s);
  CHECK(run(storage->list("a")) == std::vector<std::string>{"a/new"});
  CHECK_FALSE(fs::exists(place.root + "/a/old+entry"));
  CHECK(fs::exists(place.root + "/a/new+entry"));
}

TEST_CASE("a symbolic link in place of an entry is refused, not followed") {
  Place place;
  const auto storage = place.open();
  overwrite(place.directory.sub("elsewhere"), "gateway-entry 1 never 0 \n");
  fs::create_symlink(place.directory.sub("elsewhere"), place.root + "/a+entry");
  const auto read = run(storage->get("a"));
  REQUIRE_FALSE(read);
  CHECK(read.error().text.find("symbolic link") != std::string::npos);
  CHECK(run(storage->list(""))->empty());
  REQUIRE(run(storage->put("a", entry("mine"))));
  CHECK(contents(place.directory.sub("elsewhere")) == "gateway-entry 1 never 0 \n");
  CHECK(run(storage->get("a"))->value == "mine");
}

TEST_CASE("a directory that others may write to is refused with its mend") {
  Place place;
  fs::create_directory(place.root);
  REQUIRE(::chmod(place.root.c_str(), 0770) == 0);
  const auto opened = core::open_file_storage(place.root, place.clock);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().text ==
        "cannot use " + place.root + ": other users may write to it (mode 0770); chmod 0700 it");
}

TEST_CASE("a directory of another user is refused with its mend") {
  if (::geteuid() != 0) return;  // only root can give a directory away
  Place place;
  fs::create_directory(place.root);
  REQUIRE(::chown(place.root.c_str(), 4242, 4242) == 0);
  const auto opened = core::open_file_storage(place.root, place.clock);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().text.find("it belongs to user 4242 and the gateway runs as user 0; chown it") !=
        std::string::npos);
}

TEST_CASE("a file where the directory should be is named with its mend") {
  Place place;
  overwrite(place.root, "a file");
  const auto opened = core::open_file_storage(place.root, place.clock);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().text.find("cannot use " + place.root) == 0);
  CHECK(opened.error().text.find("a file stands where a directory is needed") != std::string::npos);
}

TEST_CASE("a directory that vanished while running is an error, not made anew") {
  Place place;
  const auto storage = place.open();
  fs::remove_all(place.root);
  const auto put = run(storage->put("a", entry("v")));
  REQUIRE_FALSE(put);
  CHECK(put.error().kind == ErrorKind::unavailable);
  CHECK(put.error().retry == core::Retry::later);
  CHECK(put.error().text.find(place.root) != std::string::npos);
  CHECK_FALSE(fs::exists(place.root));
}

TEST_CASE("a directory without right to write is named with its mend, at start") {
  Place place;
  fs::create_directory(place.root);
  // Root may write anywhere: try as somebody else, in a child.
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (::geteuid() == 0) {
      if (::chown(place.root.c_str(), 4242, 4242) != 0 ||
          ::chmod(place.directory.sub("").c_str(), 0755) != 0 || ::setuid(4242) != 0) {
        ::_exit(2);
      }
    }
    ::chmod(place.root.c_str(), 0500);
    const auto opened = core::open_file_storage(place.root, place.clock);
    const bool told =
        !opened && opened.error().text.find("cannot write " + place.root) == 0 &&
        opened.error().text.find("Permission denied; make it belong to the user") != std::string::npos;
    ::_exit(told ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("two storages on one directory see each other's entries and locks") {
  Place place;
  const auto one = place.open();
  const auto two = place.open();
  REQUIRE(run(one->put("shared", entry("v"))));
  CHECK(run(two->get("shared"))->value == "v");
  REQUIRE(run(one->lock("renew", "one", 1min)));
  CHECK(run(two->lock("renew", "two", 1min)).error().kind == ErrorKind::conflict);
}

TEST_CASE("of many processes that want a free lock one gets it") {
  Place place;
  place.open();
  constexpr int kProcesses = 8;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      auto opened = core::open_file_storage(place.root, place.clock);
      if (!opened) ::_exit(2);
      ::_exit(run((*opened)->lock("renew", "process " + std::to_string(i), 1min)) ? 1 : 0);
    }
  }
  int holders = 0;
  for (int i = 0; i < kProcesses; ++i) {
    int status = 0;
    REQUIRE(::wait(&status) > 0);
    REQUIRE(WEXITSTATUS(status) != 2);
    holders += WEXITSTATUS(status);
  }
  CHECK(holders == 1);
}

TEST_CASE("a directory goes with its last entry, and those that are left empty go at the next start") {
  Place place;
  auto storage = place.open();
  for (const char* key : {"sets/a/one", "sets/a/two", "sets/b/x/one", "top/one"}) {
    REQUIRE(run(storage->put(key, entry("v"))));
  }
  REQUIRE(run(storage->remove("sets/a/one")));
  CHECK(fs::exists(place.root + "/sets/a"));
  REQUIRE(run(storage->remove("sets/a/two")));
  CHECK_FALSE(fs::exists(place.root + "/sets/a"));
  REQUIRE(run(storage->remove("sets/b/x/one")));
  CHECK_FALSE(fs::exists(place.root + "/sets/b"));
  // What stands at the top is used all the time.
  CHECK(fs::exists(place.root + "/sets"));
  REQUIRE(run(storage->remove("top/one")));
  CHECK(fs::exists(place.root + "/top"));
  REQUIRE(run(storage->put("sets/a/one", entry("again", place.clock.wall() + 10s))));
  place.clock.advance(10s);
  CHECK(run(storage->list("sets"))->empty());
  CHECK_FALSE(fs::exists(place.root + "/sets/a"));
  storage.reset();
  fs::create_directories(place.root + "/sets/c/d/e");
  fs::create_directories(place.root + "/sets/f");
  std::ofstream(place.root + "/sets/f/somebody else's") << "text";
  storage = place.open();
  CHECK_FALSE(fs::exists(place.root + "/sets/c"));
  CHECK(fs::exists(place.root + "/sets/f/somebody else's"));
  CHECK(fs::exists(place.root + "/sets"));
}

}  // namespace
}  // namespace tests
