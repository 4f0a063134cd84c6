// Listening sockets that were open before this process began: handed over by systemd, or by whoever speaks
// its protocol (sd_listen_fds(3)). They are descriptors 3 and up, counted and named in the environment. Which
// listener each belongs to is listeners.h's to say.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/net/listener.h"

namespace gateway {

/// The variables of the protocol as they are set.
struct ActivationVariables {
  std::optional<std::string> process;      ///< LISTEN_PID: for whom they are
  std::optional<std::string> descriptors;  ///< LISTEN_FDS: how many
  std::optional<std::string> names;        ///< LISTEN_FDNAMES: one each, with colons between
};

constexpr std::size_t kMostInheritedSockets = 256;

/// The names of the descriptors that are meant for `process`, in their order; none where they are meant for
/// another process or there are none. Fails if a variable is not what the protocol says.
core::Result<std::vector<std::string>> inherited_names(const ActivationVariables& variables, int process);

struct InheritedSocket {
  core::ListeningSocket socket;
  core::Endpoint local;
  std::string name;  ///< of its socket unit, for messages
  bool is_of_predecessor = false;
};

/// Takes what this process was handed, close-on-exec, and unsets the variables, so that no child takes it for
/// its own. Once, before there are threads. Fails if something else than a listening socket was handed over.
core::Result<std::vector<InheritedSocket>> take_inherited_sockets();

}  // namespace gateway
