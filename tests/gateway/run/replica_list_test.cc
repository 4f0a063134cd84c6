// Who is on the list of replicas, and how it is mended.
#include "gateway/run/replica_list.h"

#include <string>

#include "core/loop/wait.h"
#include "gateway/run/run_to_end.h"
#include "tests/support/doctest.h"

namespace {

using Ids = std::vector<std::string>;
const std::string kKey = "rates.replicas";

std::string id_of(char letter) {
  return std::string(32, letter);
}

struct Store {
  core::ManualClock clock{core::from_unix_seconds(1'000'000)};
  core::Loop loop{clock};
  std::unique_ptr<core::Storage> storage = core::make_memory_storage(clock);

  gateway::ReplicaList list(char letter) const { return {*storage, kKey, id_of(letter)}; }
  template <typename T>
  core::Result<T> run(core::Flow<T> flow) {
    return gateway::run_to_end(loop, std::move(flow));
  }
  std::string text() { return run(storage->get(kKey))->value; }
  void write(std::string text) { REQUIRE(run(storage->put(kKey, {std::move(text), {}}))); }
};

}  // namespace

TEST_CASE("each comes on the list once and sees the others") {
  Store store;
  gateway::ReplicaList a = store.list('a');
  gateway::ReplicaList b = store.list('b');
  CHECK(*store.run(a.look({})) == Ids{});
  CHECK(*store.run(b.look({})) == Ids{id_of('a')});
  CHECK(*store.run(a.look({})) == Ids{id_of('b')});
  CHECK(store.text() == id_of('a') + "\n" + id_of('b') + "\n");
}

TEST_CASE("who has gone is taken off, and comes back by himself") {
  Store store;
  gateway::ReplicaList a = store.list('a');
  gateway::ReplicaList b = store.list('b');
  CHECK(store.run(a.look({})));
  CHECK(store.run(b.look({})));
  CHECK(*store.run(a.look({id_of('b')})) == Ids{});
  CHECK(*store.run(b.look({})) == Ids{id_of('a')});
}

TEST_CASE("what is no such list is begun anew") {
  for (const std::string& text :
       {std::string("x"), id_of('b'), id_of('b') + "\n\n", id_of('B') + "\n", id_of('g') + "\n"}) {
    CAPTURE(text);
    Store store;
    store.write(text);
    CHECK(*store.run(store.list('a').look({})) == Ids{});
    CHECK(store.text() == id_of('a') + "\n");
  }
}

TEST_CASE("while another changes the list, the others are as they were") {
  Store store;
  store.write(id_of('b') + "\n");
  REQUIRE(store.run(store.storage->lock(kKey, "somebody", std::chrono::seconds(10))));
  CHECK(*store.run(store.list('a').look({})) == Ids{id_of('b')});
  CHECK(store.text() == id_of('b') + "\n");
  REQUIRE(store.run(store.storage->unlock(kKey, "somebody")));
  CHECK(store.run(store.list('a').look({})));
  CHECK(store.text() == id_of('b') + "\n" + id_of('a') + "\n");
}

TEST_CASE("more replicas than a list has room for are told so") {
  Store store;
  std::string full;
  for (std::size_t i = 0; i < gateway::ReplicaList::kMost; ++i)
    full.append(std::string(30, '0') + "0123456789abcdef"[i / 16] + "0123456789abcdef"[i % 16])
        .push_back('\n');
  store.write(full);
  const auto looked = store.run(store.list('f').look({}));
  REQUIRE_FALSE(looked);
  CHECK(looked.error().text.find("64 replicas") != std::string::npos);
}
