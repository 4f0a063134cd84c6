// The part of `gateway check` that asks the DNS: with tls.acme.challenge dns-persist-01 the records to
// create, and whether they are there. Changes nothing, makes no account.
#pragma once

#include <vector>

#include "config/types.h"
#include "tls/certificate.h"

namespace gateway {

/// Prints one line a name and authority on standard error, thirty seconds long at most. What it finds never
/// makes a file wrong. `given`: certificates by configuration, whose names are not ordered.
void check_standing_records(const config::Config& config, const std::vector<tls::CertificatePointer>& given);

}  // namespace gateway
