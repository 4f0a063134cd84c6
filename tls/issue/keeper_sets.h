// What the keeper knows of one set of names, of one authority, and of one attempt. For tls/issue/keeper*.cc
// alone.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tls/acme/client.h"
#include "tls/issue/keeper.h"

namespace tls {

struct Keeper::Watched {
  NameSet names;
  std::string id;
  CertificatePointer certificate;  ///< null: none yet
  std::string renewal_id;          ///< of the certificate
  std::string directory;           ///< where it comes from
  std::optional<Attempts> attempts;
  std::optional<Advice> advice;
  core::WallTime not_before;  ///< of the next look, in memory only: somebody else is at it, or storage failed
  bool is_resumable = false;  ///< a process died over its order, which can be gone on with
  bool is_busy = false;
  bool is_asking = false;  ///< for advice
  bool is_wanted = true;   ///< false: its names are covered otherwise now
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
  std::vector<Challenge*> ways;
};

}  // namespace tls
