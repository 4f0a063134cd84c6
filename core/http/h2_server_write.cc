// What leaves an HTTP/2 connection: the frames of a turn in one write, as a rule.
#include <nghttp2/nghttp2.h>

#include "core/http/h2_callbacks.h"
#include "core/http/h2_server_session.h"

namespace core {

void H2Server::on_writable() {
  if (state_ == State::closed) return;
  const std::size_t waiting = output_.waiting();
  output_.writable();
  if (state_ == State::closing && output_.waiting() < waiting) {
    alarms_.set(H2Alarm::closing, limits_.body_rate_window);
  }
  send_soon();
}

void H2Server::at_turn_end() {
  if (state_ == State::closed) return;
  deliver_resumed();
  pump();
  has_new_settings_ = false;
  deliver();
  after_output();
}

void H2Server::after_output() {
  if (state_ == State::closed) return;
  if (output_.is_broken()) return fail({ErrorKind::closed, Side::client, "the client's connection broke"});
  if (state_ == State::open) {
    if (!flood_.empty()) return end_with(NGHTTP2_ENHANCE_YOUR_CALM, flood_);
    if (output_failed_) return end_with(NGHTTP2_INTERNAL_ERROR, "HTTP/2: no memory to send");
    // After an error the library sends GOAWAY by itself and wants nothing more.
    const bool is_over =
        nghttp2_session_want_read(native()) == 0 && nghttp2_session_want_write(native()) == 0;
    if (is_over) return end_with(NGHTTP2_NO_ERROR, "HTTP/2: " + native_failure_);
    watch_output();
  }
  if (!output_.is_empty() || !events_.empty()) return;
  if (state_ == State::closing && nghttp2_session_want_write(native()) == 0) return linger();
  if (streams_.empty()) return_storage();
}

/// Output that waits is looked at even if no stream is open any more.
void H2Server::watch_output() {
  if (!output_.is_blocked() || alarms_.is_set(H2Alarm::rates)) return;
  written_before_ = output_.written();
  alarms_.set(H2Alarm::rates, limits_.body_rate_window);
}

}  // namespace core
