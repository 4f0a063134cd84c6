// Opaque tokens: their issuer is asked what they say (RFC 7662). A token is asked about once at a time,
// whoever brings it meanwhile waits for that answer; over so many tokens at a time nobody is asked.
// What cannot be asked now is an error; what the issuer says no to, or does not say enough of, is nobody's.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/types_access.h"
#include "core/base/log.h"
#include "core/crypto/digest.h"
#include "core/crypto/random.h"
#include "core/http/client.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/published.h"
#include "core/loop/tasks.h"
#include "core/loop/wait.h"
#include "core/net/address.h"
#include "gateway/model/identity.h"
#include "gateway/oidc/claims.h"
#include "gateway/oidc/client_authentication.h"
#include "gateway/oidc/provider_state.h"

namespace gateway {

/// At one time, of one worker, to the same issuers.
inline constexpr std::size_t kMaxQuestions = 64;
/// Of those, for clients of one address: anybody may bring tokens that are none.
inline constexpr std::size_t kMaxQuestionsOfClient = 16;
/// How long a token counts, of which its issuer says no end: until it is asked again, or a socket ends.
inline constexpr std::chrono::hours kOpaqueLife{1};

/// Who a token is for, as the answer of its issuer says (section 2.2). `unverified` for a token that is not
/// active, or does not say what an access token for us must (access_token.h); anything else wrong with the
/// answer: `malformed`, which says nothing about the token.
core::Result<Identity> read_introspection(const config::Client& client, const core::Json& answer,
                                          core::WallTime now, const ClaimPaths& kept);

/// An issuer that can be asked. All borrowed.
struct AskableIssuer {
  const config::Client& settings;
  core::HttpClient& client;
  const core::Published<ProviderState>& state;
};

struct TokenAnswer {
  std::shared_ptr<const Identity> machine;  ///< null: no issuer says that the token counts
  std::size_t issuer = 0;                   ///< of the machine
};

/// One worker's. Borrows all but the issuers, which are in the order of login.clients.
class TokenQuestions {
 public:
  struct Parts {
    std::vector<std::unique_ptr<AskableIssuer>> issuers;
    const ClaimPaths& kept_claims;
    core::Random& random;
    core::Loop& loop;
    const core::Log& log;
  };
  explicit TokenQuestions(Parts parts);
  ~TokenQuestions();

  struct Question {
    core::Sha256Digest key;  ///< stands for the token and the issuers
    std::string token;
    std::vector<std::size_t> issuers;
    core::IpAddress client;  ///< who brings it
  };
  /// Asks the issuers in turn until one knows the token, or nobody wants to know any more.
  core::Flow<TokenAnswer> ask(Question question);

 private:
  using Cells = std::list<core::OneShot<TokenAnswer>*>;
  [[nodiscard]] bool has_room_for(const Question& question) const;
  core::Flow<> ask_all(Question question);
  core::Flow<Identity> ask_one(std::size_t issuer, std::string token);

  Parts parts_;
  std::vector<std::unique_ptr<ClientCredentials>> credentials_;
  std::map<core::Sha256Digest, Cells> waiting_;  // for the questions under way
  std::list<const Question*> asked_;             // the same questions
  core::Tasks tasks_;                            // last: ends before what its flows use
};

}  // namespace gateway
