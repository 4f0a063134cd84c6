#include "config/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace config {
namespace {

class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

std::unexpected<core::Error> cannot_read(const std::string& path, const std::string& why) {
  return core::failure(core::ErrorKind::not_found, core::Side::configuration,
                       "cannot read " + path + ": " + why);
}

core::Result<std::size_t> open_size(const OpenFile& file, const std::string& path) {
  struct stat status{};
  if (file.descriptor() < 0 || fstat(file.descriptor(), &status) != 0)
    return cannot_read(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return cannot_read(path, "it is not a regular file");
  return static_cast<std::size_t>(status.st_size);
}

}  // namespace

core::Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  const OpenFile file(path);
  const auto size = open_size(file, path);
  if (!size) return core::failure(size.error());
  std::string bytes;
  bytes.resize(max_bytes < *size ? max_bytes + 1 : *size + 1);  // one more, to see that the end was reached
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = ::read(file.descriptor(), bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_read(path, std::strerror(errno));
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  if (filled > max_bytes)
    return cannot_read(path, "it is larger than " + std::to_string(max_bytes) + " bytes");
  if (filled == bytes.size()) return cannot_read(path, "it grew while it was read");
  bytes.resize(filled);
  return bytes;
}

core::Result<std::string> check_file(const std::string& path) {
  const OpenFile file(path);
  const auto size = open_size(file, path);
  if (!size) return core::failure(size.error());
  return path;
}

bool is_readable_by_all(const std::string& path) {
  const OpenFile file(path);
  struct stat status{};
  return file.descriptor() >= 0 && fstat(file.descriptor(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

}  // namespace config
