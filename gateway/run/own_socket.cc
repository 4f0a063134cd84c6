#include "gateway/run/own_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace gateway {
namespace {

std::unexpected<core::Error> cannot_open(std::string_view key, const std::string& path,
                                         std::string_view why) {
  return core::failure(core::ErrorKind::refused, core::Side::configuration,
                       fmt::format("{} {}: {}", key, path, why));
}

/// Whoever may write to the folder may put a socket of their own in the place of ours.
core::Result<void> prepare_folder(std::string_view key, const std::string& path) {
  const std::string folder = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
  if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return cannot_open(key, path,
                       fmt::format("its folder cannot be made: {}; make it, for the gateway's user alone",
                                   std::strerror(errno)));
  }
  struct stat found{};
  if (::stat(folder.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) {
    return cannot_open(key, path, "its folder is no folder");
  }
  const bool is_ours = found.st_uid == ::geteuid() || found.st_uid == 0;
  if (!is_ours || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return cannot_open(key, path,
                       "others may write to its folder; give it one of the gateway's own (chmod 0700)");
  }
  return {};
}

}  // namespace

bool may_command(uid_t caller, uid_t own) {
  return caller == own || caller == 0;
}

std::optional<uid_t> caller_of(int socket) {
  ucred caller{};
  socklen_t size = sizeof caller;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &caller, &size) != 0 || size != sizeof caller)
    return std::nullopt;
  return caller.uid;
}

bool is_answered(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  path.copy(address.sun_path, path.size());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return false;
  // A full queue is one that somebody has.
  const bool is_there =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
  ::close(socket);
  return is_there;
}

core::Result<OwnSocket> OwnSocket::open(std::string_view key, const std::string& path) {
  core::Result<void> prepared = prepare_folder(key, path);
  if (!prepared) return core::failure(std::move(prepared.error()));
  auto socket =
      core::ListeningSocket::open(core::Endpoint{{}, 0, path}, core::ListeningSocket::Sharing::alone);
  if (!socket) return cannot_open(key, path, socket.error().text);
  return OwnSocket(path, std::move(*socket));
}

OwnSocket::OwnSocket(std::string path, core::ListeningSocket socket)
    : path_(std::move(path)), socket_(std::move(socket)) {
  struct stat name{};
  if (::lstat(path_.c_str(), &name) == 0) {
    device_ = name.st_dev;
    inode_ = name.st_ino;
  }
}

OwnSocket::OwnSocket(OwnSocket&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      socket_(std::move(other.socket_)),
      device_(other.device_),
      inode_(other.inode_) {}

OwnSocket::~OwnSocket() {
  struct stat name{};
  const bool is_ours =
      !path_.empty() && ::lstat(path_.c_str(), &name) == 0 && name.st_dev == device_ && name.st_ino == inode_;
  if (is_ours) ::unlink(path_.c_str());
}

}  // namespace gateway
