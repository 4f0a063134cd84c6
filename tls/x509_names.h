// What the certificates of others say, as text that can be compared and logged: subject alternative names,
// subjects, dates. Internal to tls/; includes OpenSSL's headers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/crypto/openssl.h"
#include "core/net/address.h"

struct stack_st_GENERAL_NAME;

namespace tls {

struct SubjectNames {
  std::vector<std::string> dns;  ///< lower-case, wildcards as "*.example.com"
  std::vector<core::IpAddress> addresses;
};

/// The names of the subjectAltName (RFC 5280 section 4.2.1.6) that can be used: others (NUL, spaces, "*"
/// anywhere but as the first label, odd lengths) are left out, never cut.
SubjectNames subject_names(const X509* certificate);
SubjectNames subject_names(const stack_st_GENERAL_NAME* all);

/// Whether `name` is a DNS name in lower case: labels of 1 to 63 letters, digits, - and _, at most 253 bytes,
/// the last label not a number.
bool is_dns_name(std::string_view name);

/// An ASN.1 time; nothing if it is none. What lies beyond 2261, or as far before 1970, is that moment.
std::optional<core::WallTime> time_of(const ASN1_TIME* time);
/// "2026-11-22 00:41:26 UTC"
std::string date_text(core::WallTime time);
/// RFC 2253, escaped, at most 200 bytes.
std::string name_text(const X509_NAME* name);

}  // namespace tls
