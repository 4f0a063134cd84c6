// Proving that a name is ours (RFC 8555 section 8): the seam between an order and each way to prove.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/loop/flow.h"

namespace tls {

/// What is to be proved, of one authorization.
struct Proof {
  std::string identifier;  ///< a DNS name without "*.", or an address
  bool is_wildcard = false;
  std::string token;
  std::string key_authorization;
  std::string account_url;
  std::vector<std::string> issuer_domains;  ///< dns-persist-01 only
};

/// MUST: withdraw() takes back what present() did and nothing else, also if present() failed half-way or was
/// done by a process that died; presenting twice is as once; several proofs for one name stand side by side
/// (a wildcard and its base); every flow is cancellable by destroying it.
class Challenge {
 public:
  virtual ~Challenge() = default;
  /// "http-01", as the authority calls it.
  [[nodiscard]] virtual std::string_view type() const = 0;
  [[nodiscard]] virtual bool can_prove(std::string_view identifier, bool is_wildcard) const = 0;
  virtual core::Flow<> present(Proof proof) = 0;
  /// Ends when the authority will see it. Called after present() of all proofs of an order.
  virtual core::Flow<> wait_until_visible(Proof proof) = 0;
  virtual core::Flow<> withdraw(Proof proof) = 0;
  /// Whether what present() did stays when the process dies: then it is written down before.
  [[nodiscard]] virtual bool outlives_process() const { return false; }
};

}  // namespace tls
