// One file of what several said: who the sign-in of the input lets in, routes that stand twice, paths that
// are the gateway's own. After it a draft can be written.
#pragma once

#include "gateway/import/draft.h"

namespace gateway {

/// Where two routes for one place differ, nobody passes there.
void settle(Draft& draft);

}  // namespace gateway
