#include "core/storage/directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <ranges>
#include <system_error>
#include <utility>

#include "core/crypto/random.h"

namespace core {
namespace {

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;

// No key can contain a "+": neither an entry nor a directory can take these names.
constexpr std::string_view kTemporary = "+tmp-";
constexpr std::string_view kLockFile = "+lock";

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string_view mend_for(int error_number) {
  switch (error_number) {
    case EROFS:
      return "; mount it writable or name another directory as `storage`";
    case EACCES:
    case EPERM:
      return "; make it belong to the user the gateway runs as (chown) with mode 0700";
    case ENOSPC:
    case EDQUOT:
      return "; free space there: certificates cannot be renewed until then";
    case ENOTDIR:
      return "; a file stands where a directory is needed: move it away";
    case ELOOP:
      return "; it is a symbolic link, which is not followed here: put the file itself in its place";
    case ENOENT:
      return "; it was removed while the gateway ran: restart the gateway to make it anew";
    default:
      return "";
  }
}

Result<Done> disk_failure(std::string_view activity, const std::string& path) {
  return failure(disk_error(activity, path, errno));
}

Result<Done> sync_directory(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open() || ::fsync(directory.number()) != 0) return disk_failure("sync", path);
  return done();
}

Result<Done> make_directories(const std::string& path) {
  if (::mkdir(path.c_str(), kDirectoryMode) == 0) return sync_directory(parent_of(path));
  if (errno == EEXIST) return done();
  if (errno != ENOENT || path == "/" || path == ".") return disk_failure("make the directory", path);
  if (Result<Done> made = make_directories(parent_of(path)); !made) return made;
  if (::mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
    return disk_failure("make the directory", path);
  }
  return sync_directory(parent_of(path));
}

Result<Done> write_all(int descriptor, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return disk_failure("write", path);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(descriptor) != 0) return disk_failure("sync", path);
  return done();
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Error disk_error(std::string_view activity, const std::string& path, int error_number) {
  const std::string reason = std::error_code(error_number, std::generic_category()).message();
  return Error{ErrorKind::unavailable, Side::storage,
               fmt::format("cannot {} {}: {}{}", activity, path, reason, mend_for(error_number)),
               Retry::later};
}

Result<Done> prepare_directory(const std::string& path) {
  if (Result<Done> made = make_directories(path); !made) return made;
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return disk_failure("look at", path);
  if (!S_ISDIR(found.st_mode)) return failure(disk_error("use", path, ENOTDIR));
  if (found.st_uid != ::geteuid()) {
    return failure(
        ErrorKind::refused, Side::storage,
        fmt::format("cannot use {}: it belongs to user {} and the gateway runs as user {}; chown it or run "
                    "the gateway as its owner",
                    path, found.st_uid, ::geteuid()));
  }
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return failure(ErrorKind::refused, Side::storage,
                   fmt::format("cannot use {}: other users may write to it (mode {:04o}); chmod 0700 it",
                               path, found.st_mode & 07777U));
  }
  return done();
}

Result<Done> write_durably(const std::string& root, const std::string& path, std::string_view text) {
  const std::string parent = parent_of(path);
  // The root is made once at the start; when it vanishes something is wrong that must not be papered over.
  if (::access(root.c_str(), F_OK) != 0) return disk_failure("write", root);
  if (parent != root) {
    if (Result<Done> made = make_directories(parent); !made) return made;
  }
  const std::string temporary = fmt::format("{}/{}{}", parent, kTemporary, Random().hex_id());
  {
    const Descriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
    if (!file.is_open()) return disk_failure("write", path);
    if (Result<Done> written = write_all(file.number(), text, path); !written) {
      ::unlink(temporary.c_str());
      return written;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    Result<Done> failed = disk_failure("write", path);
    ::unlink(temporary.c_str());
    return failed;
  }
  return sync_directory(parent);
}

Result<std::optional<std::string>> read_file(const std::string& path, std::size_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.is_open()) {
    if (errno == ENOENT) return std::nullopt;
    return failure(disk_error("read", path, errno));
  }
  struct stat found{};
  if (::fstat(file.number(), &found) != 0) return failure(disk_error("read", path, errno));
  if (!S_ISREG(found.st_mode) || found.st_uid != ::geteuid()) {
    return failure(
        ErrorKind::refused, Side::storage,
        fmt::format("cannot read {}: it is no regular file of the gateway's user; move it away", path));
  }
  std::string text;
  text.resize(std::min(limit, static_cast<std::size_t>(found.st_size)));
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t count = ::read(file.number(), text.data() + have, text.size() - have);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(disk_error("read", path, errno));
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
  }
  text.resize(have);
  return text;
}

Result<Done> remove_durably(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return sync_directory(parent_of(path));
  if (errno == ENOENT || errno == ENOTDIR) return done();
  return disk_failure("remove", path);
}

void remove_empty_parents(const std::string& root, const std::string& path) {
  std::string parent = parent_of(path);
  while (parent.size() > root.size() + 1 && parent.find('/', root.size() + 1) != std::string::npos) {
    if (::rmdir(parent.c_str()) != 0) return;
    parent = parent_of(parent);
  }
}

void remove_empty_directories(const std::string& root) {
  namespace fs = std::filesystem;
  std::vector<std::string> found;
  std::error_code error;
  fs::recursive_directory_iterator it(root, error);
  while (!error && it != fs::recursive_directory_iterator()) {
    std::error_code unknown_type;
    const bool is_directory = it->symlink_status(unknown_type).type() == fs::file_type::directory;
    if (is_directory && it.depth() > 0) found.push_back(it->path().string());
    it.increment(error);
  }
  // Those below come behind: none is looked at before what it holds.
  for (const std::string& path : found | std::views::reverse) ::rmdir(path.c_str());
}

Result<std::vector<std::string>> files_below(const std::string& root, const std::string& below,
                                             std::string_view suffix) {
  namespace fs = std::filesystem;
  std::vector<std::string> found;
  const std::string start = below.empty() ? root : root + "/" + below;
  std::error_code error;
  // Symbolic links to directories are not followed; an iterator, not recursion, so depth costs no stack.
  fs::recursive_directory_iterator it(start, error);
  while (!error && it != fs::recursive_directory_iterator()) {
    const std::string path = it->path().string();
    std::error_code unknown_type;
    if (path.ends_with(suffix) && it->symlink_status(unknown_type).type() == fs::file_type::regular) {
      found.push_back(path.substr(root.size() + 1, path.size() - root.size() - 1 - suffix.size()));
    }
    it.increment(error);
  }
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
    return failure(disk_error("list", start, error.value()));
  }
  std::ranges::sort(found);
  return found;
}

void remove_temporaries(const std::string& root) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::recursive_directory_iterator it(root, error);
  while (!error && it != fs::recursive_directory_iterator()) {
    const std::string path = it->path().string();
    const bool is_temporary = it->path().filename().string().starts_with(kTemporary);
    it.increment(error);
    if (is_temporary) ::unlink(path.c_str());
  }
}

Result<Descriptor> lock_directory(const std::string& root) {
  const std::string path = fmt::format("{}/{}", root, kLockFile);
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!file.is_open()) return failure(disk_error("write", path, errno));
  while (::flock(file.number(), LOCK_EX) != 0) {
    if (errno != EINTR) return failure(disk_error("lock", path, errno));
  }
  return file;
}

}  // namespace core
