// Who may pass. Only a Guard can make an Admitted, and a Handler cannot be called without one: forwarding an
// unchecked request does not compile.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/loop/flow.h"
#include "gateway/model/forwarded_tokens.h"
#include "gateway/model/identity.h"
#include "gateway/model/renewal.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"

namespace gateway {

/// Proof of admission. Holds the identity that was admitted; none on a public route.
class Admitted {
 public:
  Admitted(Admitted&&) = default;
  Admitted& operator=(Admitted&&) = default;
  Admitted(const Admitted&) = delete;
  Admitted& operator=(const Admitted&) = delete;

  [[nodiscard]] const Identity* identity() const { return identity_.get(); }
  [[nodiscard]] const std::shared_ptr<const Identity>& shared_identity() const { return identity_; }
  /// What the provider gave for this session; null where no route forwards that.
  [[nodiscard]] const ForwardedTokens* tokens() const { return tokens_.get(); }

 private:
  friend class Guard;
  explicit Admitted(std::shared_ptr<const Identity> identity, std::shared_ptr<const ForwardedTokens> tokens)
      : identity_(std::move(identity)), tokens_(std::move(tokens)) {}
  std::shared_ptr<const Identity> identity_;
  std::shared_ptr<const ForwardedTokens> tokens_;
};

inline constexpr std::size_t kMaxRefusedBody = 64UL * 1024;

/// Either an admission or the answer to give instead; `cookies` (Set-Cookie values) go onto what is
/// answered, unless shared caches may keep that, so that a session can be renewed on the way.
struct Verdict {
  std::optional<Admitted> admitted;
  Reply answer;
  /// Makes the refusal of the request's body, where that has at most kMaxRefusedBody bytes, in place of
  /// `answer`. Empty: the body is not looked at. Called while the guard lives.
  std::function<Reply(const Request& request, std::string body)> answer_with_body;
  std::vector<std::string> cookies;
  /// What the handler adds to the request that it sends on, where it does; the client's own fields of these
  /// names are stripped.
  std::vector<std::pair<std::string, std::string>> fields;
  /// Authorization was meant for the guard: it goes to no origin.
  bool took_authorization = false;
  /// Of an admission whose guard is renewed_by() somebody: for what will stand open of it.
  std::unique_ptr<Renewal> renewal;
};

/// MUST: deny when it cannot decide. `request` must outlive the flow.
class Guard {
 public:
  virtual ~Guard() = default;
  /// The verdict if it can be given without waiting; empty: admit() must be asked. One call a request; no
  /// allocation for a session that this worker has seen before.
  virtual std::optional<Verdict> admit_now(const Request& request) = 0;
  virtual core::Flow<Verdict> admit(const Request& request) = 0;
  /// Whether somebody whom it admitted with `request` may go on now. Never waits; no when it cannot tell.
  /// `identity` as in the Admitted. Of the request, time, fields and id are not looked at.
  virtual bool still_admits(const Request& request, const std::shared_ptr<const Identity>& identity,
                            core::WallTime now) = 0;
  /// By whom it has what stands open renewed (Renewal::by()); empty: still_admits() says all.
  [[nodiscard]] virtual std::string_view renewed_by() const { return {}; }
  /// The metadata of the resource that `request` names (RFC 9728); nothing where no token opens it.
  virtual std::optional<Reply> describe_resource(const Request&) { return std::nullopt; }

 protected:
  /// Admits `identity`, or anybody when it is null (public).
  static Admitted grant(std::shared_ptr<const Identity> identity,
                        std::shared_ptr<const ForwardedTokens> tokens = nullptr) {
    return Admitted(std::move(identity), std::move(tokens));
  }
};

}  // namespace gateway
