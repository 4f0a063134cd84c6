// What an order proved is given back (RFC 8555 section 7.5.2): an authority keeps a proof for days, and
// whoever gets the account's key could have certificates with it for a name that is ours no more.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/loop/flow.h"
#include "tls/acme/account.h"
#include "tls/acme/client.h"

namespace tls {

struct GivingBack {
  std::string order;           ///< its URL
  std::set<std::string> kept;  ///< names ("*.name" too) whose proofs stay
};

/// Deactivates every authorization of the order, pending or valid, that is of no name in `kept`; ends with
/// the names. An order that the authority does not know any more, or not from this account, has none. Makes
/// no account. Both pointers must outlive the flow.
core::Flow<std::vector<std::string>> give_back(AcmeClient* client, AccountBook* accounts, GivingBack what);

}  // namespace tls
