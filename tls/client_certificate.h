// What a client proved to have in a handshake: its certificate, and who that says it is. Made only after the
// chain was verified (client_demand.h). Values come as text without control bytes, or are left out; nothing
// is cut.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"

struct ssl_st;

namespace tls {

/// Who a certificate is of. Of each list at most kMaxClientNames, of each text at most kMaxClientName bytes.
struct ClientSubject {
  std::string subject;  ///< the distinguished name, RFC 2253: "CN=ci,O=Example"; empty where it has none
  std::string common_name;
  std::vector<std::string> organizational_units;
  std::string issuer;       ///< the distinguished name
  std::string serial;       ///< in hexadecimal
  std::string fingerprint;  ///< SHA-256 of the whole, in hexadecimal
  std::vector<std::string> emails;
  std::vector<std::string> dns;
  std::vector<std::string> uris;  ///< spiffe://…
  core::WallTime not_after;
};

inline constexpr std::size_t kMaxClientNames = 32;
inline constexpr std::size_t kMaxClientName = 512;

/// Immutable.
class ClientCertificate {
 public:
  /// Of a connection whose handshake is done. Null: the client showed none.
  static std::shared_ptr<const ClientCertificate> of(const ssl_st* ssl);
  /// The first certificate of a PEM text, as if it had been shown alone and was verified. Null: it is none.
  static std::shared_ptr<const ClientCertificate> from_pem(std::string_view pem);
  ~ClientCertificate();
  ClientCertificate(const ClientCertificate&) = delete;
  ClientCertificate& operator=(const ClientCertificate&) = delete;

  [[nodiscard]] const ClientSubject& subject() const { return subject_; }

 private:
  friend class ClientDemand;
  struct Native;
  explicit ClientCertificate(std::unique_ptr<Native> native);
  std::unique_ptr<Native> native_;  // the chain as it came, to be judged again
  ClientSubject subject_;
};

using ClientCertificatePointer = std::shared_ptr<const ClientCertificate>;

}  // namespace tls
