// What dns-01 must know of the DNS before and after it writes: where a record really belongs (CNAMEs
// followed), in which zone, which servers answer for that zone, and what they answer; and the CAA records
// that count for a name. Asks over TCP; nothing is cached.
#pragma once

#include <string>
#include <vector>

#include "core/crypto/random.h"
#include "core/loop/flow.h"
#include "core/loop/wait.h"
#include "core/net/address.h"
#include "core/net/connector.h"
#include "core/net/dns_message.h"
#include "core/net/resolver.h"
#include "tls/acme/caa.h"

namespace tls {

struct DnsLookupParts {
  core::Loop& loop;
  core::Connector& tcp;
  core::Resolver& resolver;  ///< for the addresses of name servers
  core::Random& random;
  std::vector<core::Endpoint> recursive;  ///< who finds out; empty: those of resolv.conf
  std::vector<core::Endpoint> servers;    ///< who must show a record, instead of those that its zone names
};

/// Where a record is written.
struct DnsPlace {
  std::string name;  ///< after CNAMEs, no dot at its end
  std::string zone;
};

struct CaaFound {
  std::string name;  ///< whose records they are; empty: there are none
  std::vector<CaaRecord> records;
};

class DnsLookup {
 public:
  /// Borrows what it is given.
  explicit DnsLookup(DnsLookupParts parts);

  /// Where the TXT record for `name` belongs. At most eight CNAMEs are followed.
  core::Flow<DnsPlace> place_of(std::string name);
  /// Who answers for `zone`: addresses of its name servers, at most 16.
  core::Flow<std::vector<core::Endpoint>> servers_of(std::string zone);
  /// The TXT values of `name` at one server.
  core::Flow<std::vector<std::string>> texts_at(core::Endpoint server, std::string name);
  /// Ends when all servers show `value` at the place (those that cannot be reached are let go after a while
  /// if another shows it), or with an error that names one that does not.
  core::Flow<> await_text(DnsPlace place, std::string value, core::Deadline deadline);
  /// The CAA records that count for `name`: its own, or those of the nearest name above it that has some (RFC
  /// 8659 section 3); aliases are followed, at most eight each.
  core::Flow<CaaFound> caa_of(std::string name);

 private:
  core::Flow<core::DnsMessage> ask(core::Endpoint server, std::string name, core::DnsType type,
                                   core::DnsRecursion recursion);
  core::Flow<core::DnsMessage> ask_anybody(std::string name, core::DnsType type);
  core::Flow<std::string> zone_of(std::string name);
  core::Flow<std::vector<CaaRecord>> caa_at(std::string name);

  DnsLookupParts parts_;
};

/// The name servers of /etc/resolv.conf; its loopback address if there are none.
std::vector<core::Endpoint> system_name_servers();

}  // namespace tls
