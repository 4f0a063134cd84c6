#include "core/loop/together.h"

#include <list>
#include <optional>
#include <utility>

#include "core/loop/wait.h"

namespace core {

Flow<> together(std::vector<Flow<>> flows) {
  OneShot<> all_ended;
  std::optional<Error> first_error;
  std::size_t left = flows.size();
  std::list<RunningFlow<>> running;
  for (Flow<>& flow : flows) {
    running.emplace_back().start(std::move(flow), [&](Result<Done> end) {
      if (!end && !first_error) first_error = std::move(end.error());
      if (--left == 0) all_ended.deliver(done());
    });
  }
  if (left > 0) co_await all_ended;
  if (first_error) co_return failure(std::move(*first_error));
  co_return done();
}

}  // namespace core
