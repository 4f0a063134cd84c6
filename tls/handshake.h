// A handshake as a flow: drives a Stream with the events of its inner stream until it is done, failed, or too
// late. Used by both sides; what is verified and chosen is theirs.
#pragma once

#include <memory>

#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/wait.h"
#include "tls/stream.h"

namespace tls {

/// Gives the stream back when its handshake is done. Errors: timed_out, or `unverified` with
/// Stream::failure_text(); the stream has sent its alert then, and is retired, as it is when the flow is
/// cancelled.
core::Flow<std::unique_ptr<Stream>> complete_handshake(core::Loop& loop, std::unique_ptr<Stream> stream,
                                                       core::Deadline deadline);

}  // namespace tls
