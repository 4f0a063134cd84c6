// The policies as they stand: what gateway.yaml says, with the e-mail lists of files as they were last read.
// An immutable snapshot; PolicyWatch publishes the next one.
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config/types_policy.h"

namespace gateway {

class Policies {
 public:
  explicit Policies(std::vector<config::Policy> policies);

  /// By its index in Config::policies. Where there is none: a policy that lets nobody in.
  [[nodiscard]] const config::Policy& at(std::size_t index) const;
  /// Whether what the policy says depends on the request too (ip, method), itself or by a policy that it
  /// names: then no decision may be kept for a session. Yes where there is no such policy.
  [[nodiscard]] bool depends_on_request(std::size_t index) const;
  /// The machines (login.clients) that its rules of allow name, itself or by a policy that it names.
  [[nodiscard]] std::set<std::string> clients_of(std::size_t index) const;
  /// Every file that a rule takes its e-mails from, each once.
  [[nodiscard]] std::vector<std::string> email_files() const;
  /// This snapshot with `emails` (lower-cased, sorted) in every rule of the file. Null if that changes
  /// nothing.
  [[nodiscard]] std::shared_ptr<const Policies> with_list(const std::string& email_file,
                                                          const std::vector<std::string>& emails) const;

 private:
  std::vector<config::Policy> policies_;
  std::vector<bool> by_request_;  ///< depends_on_request() of each
  config::Policy nobody_;
};

}  // namespace gateway
