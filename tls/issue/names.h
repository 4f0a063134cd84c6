// Which names need a certificate from an authority, and in what sets they are ordered. Pure functions of the
// configuration and of what is given already.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "config/types.h"
#include "tls/acme/problem.h"
#include "tls/certificate_table.h"

namespace tls {

/// Names of one certificate, sorted: DNS names, "*.name", addresses.
using NameSet = std::vector<std::string>;

/// Hosts of routes and login.host, each once, sorted, without those that a given certificate covers (a
/// wildcard covers one label), that say `acme: false` everywhere, or that another of these names covers.
/// Addresses are without brackets.
std::vector<std::string> names_to_order(const config::Config& config,
                                        const std::vector<CertificatePointer>& given);

/// The certificate of `table` for a name as it is ordered: a DNS name, "*.name" (only the same wildcard
/// covers it), an address without brackets. Null: none.
CertificatePointer find_for(const CertificateTable& table, const std::string& name);

/// The same names in sets of at most `each`. A wildcard and its base go together, for they are proved by the
/// same record, also where each name has a certificate of its own.
std::vector<NameSet> sets_of(const std::vector<std::string>& names, std::size_t each);

/// The same sets, with each name of `apart` in one of its own. Sets that lose nothing stay what they are.
std::vector<NameSet> with_apart(const std::vector<NameSet>& sets, const std::set<std::string>& apart);

/// What cannot be proved is ordered together with others this often.
inline constexpr unsigned kTriesTogether = 2;

/// Which names leave a set of which an order failed for the `failures`th time in a row: those that the
/// authority refuses for good, at once; those that could not be proved, at the second failure, when another
/// way has been tried. None if all would: then it is not the names.
NameSet leaving(const NameSet& names, const std::vector<NameRefusal>& refusals, unsigned failures);

/// What stands for a set in storage keys and locks: its first name and a digest of all.
std::string set_id(const NameSet& names);

}  // namespace tls
