// Whether journald reads what we write, for lines that are to have its priorities.
#pragma once

#include "config/loader.h"
#include "core/base/log.h"

namespace gateway {

/// `priority` where JOURNAL_STREAM ("device:inode", set by systemd) names what `descriptor` is: a process
/// that inherits the variable but writes to a file, pipe or terminal is not read by journald.
core::LogPrefix journal_prefix(const config::Environment& environment, int descriptor);

}  // namespace gateway
