#include "gateway/run/reloading.h"

#include <utility>

namespace gateway {

Reloading::Reloading(core::Loop& loop, const core::Log& log, AskedWork::Work work)
    : log_(log),
      look_timer_(loop, [this] { look(); }),
      work_(loop, log, "the configuration was not reloaded: the one before stays in force",
            [this, work = std::move(work)] {
              for (auto& [path, file] : files_) file.used = file.seen = config::stamp_of(path);
              return work();
            }) {}

void Reloading::stop() {
  look_timer_.disarm();
  work_.stop();
}

void Reloading::watch(const std::set<std::string>& files, const Stamps& read) {
  std::map<std::string, File> watched;
  for (const std::string& file : files) {
    const auto known = files_.find(file);
    const std::optional<config::FileStamp> stamp = config::stamp_of(file);
    const auto used = read.find(file);
    const File fresh{used != read.end() ? used->second : stamp, stamp};
    watched.emplace(file, known != files_.end() ? known->second : fresh);
  }
  files_ = std::move(watched);
  if (!files_.empty()) look_timer_.arm(kFileInterval);
}

void Reloading::look() {
  bool has_changed = false;
  for (auto& [path, file] : files_) {
    const std::optional<config::FileStamp> stamp = config::stamp_of(path);
    const bool is_settled = stamp == file.seen;
    file.seen = stamp;
    if (!is_settled || stamp == file.used) continue;
    file.used = stamp;
    has_changed = true;
    log_.info("a file of the configuration has changed", {{"file", path}});
  }
  if (has_changed) work_.ask();
  look_timer_.arm(kFileInterval);
}

}  // namespace gateway
