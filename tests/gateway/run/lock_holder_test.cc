// Names under which processes hold locks.
#include "gateway/run/lock_holder.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/doctest.h"

namespace {

struct Directory {
  Directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "holder-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    storage.kind = config::StorageKind::directory;
    storage.directory = pattern;
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(storage.directory, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  config::Storage storage;
};

TEST_CASE("two processes of one machine and one port hold locks under names of their own") {
  core::Random random;
  config::Storage shared;
  shared.kind = config::StorageKind::redis;
  const gateway::LockHolder one(shared, random);
  const gateway::LockHolder two(shared, random);
  CHECK(one.name() != two.name());
  CHECK(one.name().size() <= 200);
}

TEST_CASE("who comes after a process that died has its name, and who runs beside it has not") {
  core::Random random;
  const Directory directory;
  std::string first;
  {
    const gateway::LockHolder one(directory.storage, random);
    const gateway::LockHolder beside(directory.storage, random);
    first = one.name();
    CHECK(beside.name() != first);
  }
  const gateway::LockHolder next(directory.storage, random);
  CHECK(next.name() == first);
}

TEST_CASE("a file that holds no name gets one, and a directory that is not there is no error") {
  core::Random random;
  Directory directory;
  for (const std::string& text : {std::string("two words"), std::string(201, 'x'), std::string("\n")}) {
    std::ofstream(directory.storage.directory + "/+holder") << text;
    const std::string made = gateway::LockHolder(directory.storage, random).name();
    CHECK(made != text);
    CHECK(gateway::LockHolder(directory.storage, random).name() == made);
  }
  directory.storage.directory += "/missing";
  CHECK_FALSE(gateway::LockHolder(directory.storage, random).name().empty());
}

}  // namespace
