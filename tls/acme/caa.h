// Whether a name's CAA records let an authority issue for it (RFC 8659, and validationmethods and accounturi
// of RFC 8657), so that an operator hears of it before an order is spent. Not here: asking for the records
// (dns_lookup).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tls {

/// One record, read.
struct CaaRecord {
  bool is_critical = false;
  std::string tag;  ///< lower case
  std::string value;
};

/// What stands in a record on the wire; nothing for what is none (RFC 8659 section 4.1).
std::optional<CaaRecord> parse_caa(std::string_view bytes);

/// Who wants to issue what.
struct CaaQuestion {
  std::vector<std::string> authority;  ///< names that it goes by in CAA records; empty: not known
  bool is_wildcard = false;
  std::string method;       ///< "http-01"
  std::string account_url;  ///< empty: not known yet, no record is refused for it
};

/// Empty if the records that count for `name` allow it, or say nothing about it; else why not, and what to
/// change, for an operator. `name`: whose records they are. A record that cannot be read allows nobody, as
/// for an authority.
std::string caa_objection(const std::string& name, const std::vector<CaaRecord>& records,
                          const CaaQuestion& question);

}  // namespace tls
