// What the keeper knows of one set of names, of one authority, and of one attempt. For tls/issue/keeper*.cc
// alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tls/acme/client.h"
#include "tls/issue/keeper.h"

namespace tls {

/// Held by whoever makes or changes the account's key.
inline constexpr std::string_view kKeyLock = "acme-account";

struct Keeper::Watched {
  NameSet names;
  std::string id;
  CertificatePointer certificate;  ///< null: none yet
  std::string renewal_id;          ///< of the certificate
  std::string directory;           ///< where it comes from
  std::optional<Attempts> attempts;
  std::optional<Advice> advice;
  core::SteadyTime
      not_before;  ///< of the next look, in memory only: somebody else is at it, or storage failed
  core::SteadyTime spread_to;  ///< of a renewal that was missed: not before
  bool is_resumable = false;   ///< a process died over its order, which can be gone on with
  bool is_unsettled = false;   ///< somebody began; no order was there when we looked
  bool is_busy = false;
  bool is_asking = false;             ///< for advice
  bool is_wanted = true;              ///< false: its names are covered otherwise now
  bool is_former = false;             ///< of another configuration, looked at on an operator's word
  std::vector<AnswerPointer> asking;  ///< who asked for another certificate than `asked_about`
  std::string asked_about;            ///< its fingerprint; empty: there was none
};

/// Makes an owner's mark true for a scope, however the flow ends.
class Busy {
 public:
  Busy(bool& mark, std::size_t* count) : mark_(mark), count_(count) {}
  ~Busy() {
    mark_ = false;
    if (count_ != nullptr) --*count_;
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  bool& mark_;
  std::size_t* count_;
};

struct Keeper::Authority {
  Authority(core::Loop& loop, core::HttpClient& http, const config::AcmeAuthority& settings)
      : client(loop, http, AcmeServer{settings.url, settings.hosts}),
        id(authority_id(settings.url)),
        directory(settings.url.text()) {}
  AcmeClient client;
  std::string id;
  std::string directory;
  bool has_account = false;  ///< an order has reached it: others may run beside
};

struct Keeper::Plan {
  Authority* authority = nullptr;
  std::vector<Challenge*> ways;    ///< the one to try first is first
  Challenge* preferred = nullptr;  ///< by configuration, whatever failed before; null: there is no way
};

}  // namespace tls
