// Which certificate answers which client: an immutable map from names, built whole and swapped whole
// (core::Published). A lookup is one or two hash probes however many certificates there are.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/net/address.h"
#include "tls/certificate.h"

namespace tls {

/// The server_name of a ClientHello in normal form: lower-case, one trailing dot removed. Nothing for what is
/// no DNS name (RFC 6066 section 3): IP literals, wildcards, control bytes, slashes, labels over 63 or names
/// over 253 bytes.
std::optional<std::string> normal_server_name(std::string_view raw);

class CertificateTable {
 public:
  /// `given` (by configuration) win over `issued` (by ACME) for every name they cover, wildcard or not, and
  /// these over `former`, which nobody renews. Among the same, exact names win over wildcards, and of two
  /// certificates for one name the first in the list wins.
  explicit CertificateTable(const std::vector<CertificatePointer>& given,
                            const std::vector<CertificatePointer>& issued = {},
                            const std::vector<CertificatePointer>& former = {});

  /// For a name in normal form (normal_server_name()). Null: no certificate covers it.
  [[nodiscard]] CertificatePointer find(std::string_view name) const;
  /// For a client that sent no name: the certificate that has the address it came to.
  [[nodiscard]] CertificatePointer find(const core::IpAddress& local) const;
  [[nodiscard]] const std::vector<CertificatePointer>& all() const { return all_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct Names {
    std::unordered_map<std::string, CertificatePointer, Hash, std::equal_to<>> exact;
    std::unordered_map<std::string, CertificatePointer, Hash, std::equal_to<>>
        wildcard;  // by what follows the "*."
    std::unordered_map<std::string, CertificatePointer, Hash, std::equal_to<>>
        address;  // by IpAddress::text()
    void add(const CertificatePointer& certificate);
    [[nodiscard]] CertificatePointer find(std::string_view name) const;
  };
  Names given_;
  Names issued_;
  Names former_;
  std::vector<CertificatePointer> all_;
};

}  // namespace tls
