// What was decided about whom, as an immutable snapshot that policies are judged by. Looked up by the policy,
// the issuer and the subject, without an allocation. An approval that is over is taken out by control.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/guard/approval.h"
#include "gateway/model/identity.h"

namespace gateway {

class Approvals {
 public:
  /// `policy` as in Config::policies.
  void add(std::size_t policy, const Approval& approval);
  /// Nothing for who never asked, and for machines.
  [[nodiscard]] std::optional<ApprovalState> find(std::size_t policy, const Identity& identity) const;
  [[nodiscard]] bool empty() const { return states_.empty(); }

 private:
  struct Person {
    std::size_t policy;
    std::string issuer;
    std::string subject;
  };
  struct Sought {
    std::size_t policy;
    std::string_view issuer;
    std::string_view subject;
    friend bool operator==(const Sought&, const Sought&) = default;
  };
  static Sought sought(const Person& person) { return {person.policy, person.issuer, person.subject}; }
  static Sought sought(const Sought& sought) { return sought; }
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Sought& person) const;
    std::size_t operator()(const Person& person) const { return (*this)(sought(person)); }
  };
  struct Same {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return sought(a) == sought(b); }
  };

  std::unordered_map<Person, ApprovalState, Hash, Same> states_;
};

}  // namespace gateway
