// The policies as they stand: what gateway.yaml says, with the lists of files as they were last read
// and what administrators decided. An immutable snapshot; PolicyWatch publishes the next one.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/email_list.h"
#include "config/types_policy.h"
#include "gateway/guard/approvals.h"

namespace gateway {

class Policies {
 public:
  explicit Policies(std::vector<config::Policy> policies);

  /// By its index in Config::policies. Where there is none: a policy that lets nobody in.
  [[nodiscard]] const config::Policy& at(std::size_t index) const;
  [[nodiscard]] std::size_t size() const { return policies_.size(); }
  /// The place of the policy of this name; nothing for no policy.
  [[nodiscard]] std::optional<std::size_t> index_of(std::string_view name) const;
  /// Whether what the policy says depends on the request too (ip, method), itself or by a policy that it
  /// names: then no decision may be kept for a session. Yes where there is no such policy.
  [[nodiscard]] bool depends_on_request(std::size_t index) const;
  /// The machines (login.clients) that its rules of allow name, itself or by a policy that it names.
  [[nodiscard]] std::set<std::string> clients_of(std::size_t index) const;
  /// What was decided about somebody who asked for access by this policy; nothing if they never did.
  [[nodiscard]] std::optional<ApprovalState> asked(std::size_t index, const Identity& identity) const {
    return approvals_->find(index, identity);
  }
  /// A file that rules take their e-mails or their groups from.
  struct List {
    config::ListKind kind;
    std::string path;
    friend auto operator<=>(const List&, const List&) = default;
  };
  /// All of them, each once.
  [[nodiscard]] std::vector<List> lists() const;
  /// This snapshot with `entries` (as config::ListFile) in every rule of the list. Null if that changes
  /// nothing.
  [[nodiscard]] std::shared_ptr<const Policies> with_list(const List& list,
                                                          const std::vector<std::string>& entries) const;
  /// This snapshot with these decisions.
  [[nodiscard]] std::shared_ptr<const Policies> with_approvals(
      std::shared_ptr<const Approvals> approvals) const;

 private:
  std::vector<config::Policy> policies_;
  std::vector<bool> by_request_;  ///< depends_on_request() of each
  std::shared_ptr<const Approvals> approvals_ = std::make_shared<const Approvals>();
  config::Policy nobody_;
};

}  // namespace gateway
