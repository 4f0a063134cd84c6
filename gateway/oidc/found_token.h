// What the Authorization of a request is worth, and to whom it belongs.
#pragma once

#include <string>

#include "gateway/session/session_cache.h"

namespace gateway {

enum class TokenStanding {
  none,       ///< there is none, or it is the app's own
  good,       ///< a machine's, or a person's own
  bad,        ///< one of ours that does not count: 401, whatever else the request brings
  elsewhere,  ///< a person's own that counts, but was not made for this place
  several,    ///< Authorization stands twice: nobody can say which one is meant
  unknown,    ///< its issuer cannot be asked now
};

struct FoundToken {
  TokenStanding standing = TokenStanding::none;
  CachedSession* known =
      nullptr;              ///< of a good one, and of one for elsewhere; borrowed, valid until the next call
  std::string reason = {};  ///< why a bad one does not count, where that was found out just now
};

}  // namespace gateway
