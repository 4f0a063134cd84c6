// The waits that need no template.
#include "core/loop/wait.h"

namespace core {

Flow<> sleep_for(Loop& loop, Duration duration) {
  OneShot<> over;
  Timer timer(loop, [&over] { over.deliver(done()); });
  timer.arm(duration);
  co_await over;
  co_return done();
}

}  // namespace core
