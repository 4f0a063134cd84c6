// DescriptorWatch on libevent: one persistent event for all that is watched of a descriptor.
#include <event2/event.h>
#include <event2/event_struct.h>

#include "core/base/check.h"
#include "core/loop/loop.h"

namespace core {
namespace {

short flags_of(DescriptorWatch::Mode mode) {
  switch (mode) {
    case DescriptorWatch::Mode::edge_both:
      return EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST;
    case DescriptorWatch::Mode::level_read:
      return EV_READ | EV_PERSIST;
    case DescriptorWatch::Mode::level_write:
      return EV_WRITE | EV_PERSIST;
    case DescriptorWatch::Mode::level_both:
      return EV_READ | EV_WRITE | EV_PERSIST;
  }
  return 0;
}

}  // namespace

struct DescriptorWatch::Native {
  DescriptorEvents& events;
  Mode mode;
  bool is_watching = false;
  event watched{};

  // The watch may be gone when on_edge returns. libevent does not touch a persistent event after its
  // callback.
  static void on_event(evutil_socket_t, short what, void* self) {
    const Edge edge{.readable = (what & (EV_READ | EV_CLOSED)) != 0,
                    .writable = (what & EV_WRITE) != 0,
                    .peer_closed = (what & EV_CLOSED) != 0};
    static_cast<Native*>(self)->events.on_edge(edge);
  }
};

DescriptorWatch::DescriptorWatch(Loop& loop, int descriptor, DescriptorEvents& events, Mode mode)
    : native_(new Native{.events = events, .mode = mode}) {
  CHECK(event_assign(&native_->watched, loop.native(), descriptor, flags_of(mode), Native::on_event,
                     native_.get()) == 0);
  native_->is_watching = event_add(&native_->watched, nullptr) == 0;
}

DescriptorWatch::~DescriptorWatch() {
  event_del(&native_->watched);
}

void DescriptorWatch::pause() {
  CHECK(native_->mode != Mode::edge_both);
  event_del(&native_->watched);
}

void DescriptorWatch::resume() {
  CHECK(native_->mode != Mode::edge_both);
  native_->is_watching = event_add(&native_->watched, nullptr) == 0;
}

bool DescriptorWatch::is_watching() const {
  return native_->is_watching;
}

}  // namespace core
