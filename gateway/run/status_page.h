// The status page: a StatusReport for whoever looks after the gateway, in a browser. No script, nothing
// loaded from anywhere, light and dark.
#pragma once

#include "gateway/model/reply.h"
#include "gateway/run/status_report.h"

namespace gateway {

/// `refreshes`: the browser asks for it again by itself, which the page offers to stop.
Reply status_page(const StatusReport& report, bool refreshes);

}  // namespace gateway
