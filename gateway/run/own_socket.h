// A Unix socket for the operator: in a folder that nobody else may write to, mode 0600, and the kernel is
// asked who calls (SO_PEERCRED), so that a socket whose rights somebody loosened still serves nobody else.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/net/listener.h"

namespace gateway {

/// Whether a process of user `caller` may command a gateway of user `own`.
[[nodiscard]] bool may_command(uid_t caller, uid_t own);
/// Who connected, as the kernel knew them then; nothing: it does not say.
[[nodiscard]] std::optional<uid_t> caller_of(int socket);

/// Whether somebody listens at this path.
bool is_answered(const std::string& path);

class OwnSocket {
 public:
  /// Makes the folder (0700) if it is not there; refuses one that others could write to, and a socket that
  /// another process answers. The error names `key` of the file, in one sentence with the mend.
  static core::Result<OwnSocket> open(std::string_view key, const std::string& path);
  OwnSocket(OwnSocket&& other) noexcept;
  OwnSocket& operator=(OwnSocket&&) = delete;
  /// Takes the socket's name away if it is still this one's, so that a successor's is left alone.
  ~OwnSocket();

  [[nodiscard]] int descriptor() const { return socket_.descriptor(); }

 private:
  OwnSocket(std::string path, core::ListeningSocket socket);

  std::string path_;
  core::ListeningSocket socket_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

}  // namespace gateway
