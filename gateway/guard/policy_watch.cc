#include "gateway/guard/policy_watch.h"

#include <memory>
#include <utility>

#include "config/email_list.h"

namespace gateway {

PolicyWatch::PolicyWatch(core::Loop& loop, const core::Log& log, const std::vector<config::Policy>& policies)
    : log_(log), published_(std::make_shared<const Policies>(policies)), timer_(loop, [this] { look(); }) {
  for (std::string& path : published_.latest()->email_files()) {
    File file;
    file.path = std::move(path);
    files_.push_back(std::move(file));
  }
}

void PolicyWatch::start() {
  if (!files_.empty()) timer_.arm(core::Duration::zero());
}

void PolicyWatch::look() {
  for (File& file : files_) look_at(file);
  timer_.arm(kEmailFileInterval);
}

void PolicyWatch::look_at(File& file) {
  std::optional<config::FileStamp> stamp = config::stamp_of(file.path);
  if (stamp != file.seen) {
    file.seen = stamp;
    file.is_judged = false;
    file.complaint.clear();
    return;
  }
  if (file.is_judged) return;
  const core::Result<config::EmailList> list = config::read_email_list(file.path);
  if (!list) return complain(file, list.error().text);   // and tried again: it may be the disk's fault
  if (config::stamp_of(file.path) != file.seen) return;  // changed while it was read
  file.is_judged = true;
  if (!list->errors.empty()) return complain(file, list->errors.front());
  file.complaint.clear();
  std::shared_ptr<const Policies> next = published_.latest()->with_list(file.path, list->emails);
  if (next == nullptr) return;
  published_.publish(std::move(next));
  told_();
  log_.info("a list of e-mails has changed", {{"file", file.path}, {"emails", list->emails.size()}});
}

void PolicyWatch::complain(File& file, const std::string& error) {
  if (file.complaint == error) return;
  file.complaint = error;
  log_.error("a list of e-mails cannot be used, the one before stays in force",
             {{"file", file.path}, {"error", error}});
}

}  // namespace gateway
