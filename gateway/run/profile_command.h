// What an operator asks a running gateway about where its processor time goes.
#pragma once

#include <memory>

#include "core/loop/loop.h"
#include "gateway/run/control_command.h"

namespace gateway {

/// How long a profile takes, in seconds.
inline constexpr int kUsualProfileTime = 10;
inline constexpr int kMostProfileTime = 300;

/// profile SECONDS: after so long, a line for each stack that was met, for flame graphs (core/profile).
std::unique_ptr<ControlCommand> make_profile(core::Loop& loop);

}  // namespace gateway
