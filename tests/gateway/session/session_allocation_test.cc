// A session that this worker has seen before costs no allocation: counted, not believed.
#include <cstdlib>
#include <new>

#include "gateway/session/sessions.h"
#include "tests/gateway/support/sessions_fixture.h"
#include "tests/support/doctest.h"

namespace {
thread_local std::size_t allocations = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

TEST_CASE("finding a session that was seen before allocates nothing") {
  test_support::SessionsFixture f;
  const std::string url = "https://app.example.com/";
  f.sign_in(url, f.identity());
  const auto request = f.browser.navigate(url);
  for (int i = 0; i < 3; ++i) REQUIRE(f.sessions->find(request->request()).session != nullptr);
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) {
    const gateway::SessionLookup found = f.sessions->find(request->request());
    if (found.session == nullptr || !f.sessions->renewal(request->request(), *found.session).empty())
      std::abort();
  }
  CHECK(allocations == before);
}
