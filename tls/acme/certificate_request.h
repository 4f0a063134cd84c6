// The request that an order is finalized with (PKCS #10, RFC 2986; RFC 8555 section 7.4): the names alone, in
// subjectAltName; the subject is empty. And what is checked of the chain that comes back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/crypto/key.h"
#include "core/loop/flow.h"
#include "tls/certificate.h"

namespace tls {

/// An identifier of an order (RFC 8555 section 9.7.7, RFC 8738): a DNS name, "*.name", or an IP address.
[[nodiscard]] bool is_address(std::string_view name);

/// DER. Names are in lower case, addresses as core::IpAddress writes them. Fails for anything that is
/// neither.
core::Result<std::string> certificate_request(const core::PrivateKey& key,
                                              const std::vector<std::string>& names);

/// Whether `certificate` is what was ordered: every name and no other, valid now (an hour of clock difference
/// is allowed at its beginning). The error says what is wrong.
core::Result<core::Done> check_issued(const Certificate& certificate, const std::vector<std::string>& names,
                                      core::WallTime now);

/// The common name of the issuer of the last certificate in a PEM chain; empty if it has none.
std::string top_issuer(std::string_view chain);

/// The first certificate of a PEM chain as DER, for revoking it.
core::Result<std::string> leaf_of(std::string_view chain);

}  // namespace tls
