#include "gateway/guard/policies.h"

#include <set>

namespace gateway {
namespace {

template <typename PolicyList, typename Visit>
void for_each_rule(PolicyList& policies, Visit visit) {
  for (auto& policy : policies) {
    for (auto& rule : policy.deny) visit(rule);
    for (auto& rule : policy.allow) visit(rule);
  }
}

}  // namespace

const config::Policy& Policies::at(std::size_t index) const {
  return index < policies_.size() ? policies_[index] : nobody_;
}

std::vector<std::string> Policies::email_files() const {
  std::set<std::string> files;
  for_each_rule(policies_, [&files](const config::Rule& rule) {
    if (!rule.email_file.empty()) files.insert(rule.email_file);
  });
  return {files.begin(), files.end()};
}

std::shared_ptr<const Policies> Policies::with_list(const std::string& email_file,
                                                    const std::vector<std::string>& emails) const {
  std::vector<config::Policy> next = policies_;
  bool is_changed = false;
  for_each_rule(next, [&](config::Rule& rule) {
    if (rule.email_file != email_file || rule.emails == emails) return;
    rule.emails = emails;
    is_changed = true;
  });
  return is_changed ? std::make_shared<const Policies>(std::move(next)) : nullptr;
}

}  // namespace gateway
