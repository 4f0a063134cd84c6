#include "gateway/guard/policy_watch.h"

#include <memory>
#include <utility>

#include "config/email_list.h"

namespace gateway {
namespace {

std::string what_of(config::ListKind kind) {
  return kind == config::ListKind::groups ? "groups" : "e-mails";
}

}  // namespace

PolicyWatch::PolicyWatch(core::Loop& loop, const core::Log& log, const std::vector<config::Policy>& policies)
    : log_(log), published_(std::make_shared<const Policies>(policies)), timer_(loop, [this] { look(); }) {
  for (Policies::List& list : published_.latest()->lists()) {
    File file;
    file.list = std::move(list);
    files_.push_back(std::move(file));
  }
}

void PolicyWatch::start() {
  if (!files_.empty()) timer_.arm(core::Duration::zero());
}

void PolicyWatch::look() {
  for (File& file : files_) look_at(file);
  timer_.arm(kListFileInterval);
}

void PolicyWatch::look_at(File& file) {
  std::optional<config::FileStamp> stamp = config::stamp_of(file.list.path);
  if (stamp != file.seen) {
    file.seen = stamp;
    file.is_judged = false;
    file.complaint.clear();
    return;
  }
  if (file.is_judged) return;
  const core::Result<config::ListFile> list = config::read_list_file(file.list.path, file.list.kind);
  if (!list) return complain(file, list.error().text);        // and tried again: it may be the disk's fault
  if (config::stamp_of(file.list.path) != file.seen) return;  // changed while it was read
  file.is_judged = true;
  if (!list->errors.empty()) return complain(file, list->errors.front());
  file.complaint.clear();
  std::shared_ptr<const Policies> next = published_.latest()->with_list(file.list, list->entries);
  if (next == nullptr) return;
  published_.publish(std::move(next));
  told_();
  const char* count = file.list.kind == config::ListKind::groups ? "groups" : "emails";
  log_.info("a list of " + what_of(file.list.kind) + " has changed",
            {{"file", file.list.path}, {count, list->entries.size()}});
}

void PolicyWatch::take_approvals(std::shared_ptr<const Approvals> approvals) {
  published_.publish(published_.latest()->with_approvals(std::move(approvals)));
  told_();
}

void PolicyWatch::complain(File& file, const std::string& error) {
  if (file.complaint == error) return;
  file.complaint = error;
  log_.error("a list of " + what_of(file.list.kind) + " cannot be used, the one before stays in force",
             {{"file", file.list.path}, {"error", error}});
}

}  // namespace gateway
