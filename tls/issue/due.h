// When a certificate makes room for another: by its life, or by what its authority advises. Pure.
#pragma once

#include <optional>

#include "core/base/clock.h"
#include "tls/certificate.h"
#include "tls/issue/store.h"

namespace tls {

/// Advice about this certificate may bring its renewal forward or put it off, but never behind its end.
core::WallTime due_time(const Certificate& certificate, const std::optional<Advice>& advice);
/// Whether it is the advice that says when.
bool is_advised(const Certificate& certificate, const std::optional<Advice>& advice);

}  // namespace tls
