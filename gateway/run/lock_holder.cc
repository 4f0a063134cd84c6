#include "gateway/run/lock_holder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace gateway {
namespace {

/// Beside the entries: no key holds a plus sign.
constexpr std::string_view kFile = "/+holder";
constexpr std::size_t kMaxNameBytes = 200;
constexpr std::size_t kMaxMachineBytes = 150;

std::string new_name(core::Random& random) {
  std::array<char, 256> machine{};
  if (gethostname(machine.data(), machine.size() - 1) != 0) machine[0] = '\0';
  return fmt::format("{}:{}", std::string(machine.data()).substr(0, kMaxMachineBytes), random.hex_id());
}

core::Descriptor open_file(const config::Storage& storage) {
  if (storage.kind != config::StorageKind::directory) return core::Descriptor(-1);
  const std::string path = storage.directory + std::string(kFile);
  return core::Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

LockHolder::LockHolder(const config::Storage& storage, core::Random& random)
    : file_(open_file(storage)), name_(new_name(random)) {
  // Another process that runs has the name in the file.
  if (!file_.is_open() || ::flock(file_.number(), LOCK_EX | LOCK_NB) != 0) return;
  std::array<char, kMaxNameBytes + 1> bytes{};
  const ssize_t count = ::pread(file_.number(), bytes.data(), bytes.size(), 0);
  const std::string_view kept(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  if (is_name(kept)) {
    name_ = kept;
  } else if (::ftruncate(file_.number(), 0) != 0 ||
             ::pwrite(file_.number(), name_.data(), name_.size(), 0) < 0) {
    return;  // the next process takes another name, and waits for our leases
  }
}

}  // namespace gateway
