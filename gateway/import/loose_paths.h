// Paths of other programs that gateway.yaml cannot say exactly: a request that was for one of them could come
// to another route of its host, which must not let in more.
#pragma once

#include <string>
#include <vector>

#include "gateway/import/draft.h"

namespace gateway {

/// Requests that are not for the route of their rule any more.
struct LoosePath {
  ImportPlace at;
  std::string host;
  std::string start;  ///< what all of their paths begin with
  DraftAccess access;
};

/// Closes each route of the draft that such a request would come to, where its rule is another.
void close_behind(const std::vector<LoosePath>& loose, Draft& draft);

}  // namespace gateway
