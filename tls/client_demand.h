// On which hosts clients are asked for a certificate, and whose count there (RFC 8446 section 4.3.2). Chosen
// by the server name before anything else of the handshake; a certificate that is shown must verify by the
// authorities of that very host, whether or not one is required, or the handshake fails. Nothing is resumed
// where certificates are asked for: each connection proves it anew.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/crypto/digest.h"
#include "tls/client_certificate.h"

struct ssl_st;

namespace tls {

enum class CertificateNeed { optional, required };

struct ClientDemandSettings {
  std::string name;
  std::string ca_file;   ///< PEM; what is in it is trusted itself, root or not, and nothing else is
  std::string crl_file;  ///< PEM; empty: none. With it every authority of a chain must have a current list
  CertificateNeed need = CertificateNeed::optional;
};

/// Immutable, shared by threads.
class ClientDemand {
 public:
  /// Refuses files that are not there, hold nothing, or authorities that have all expired by `now`.
  static core::Result<std::shared_ptr<const ClientDemand>> load(const ClientDemandSettings& settings,
                                                                core::WallTime now);
  ~ClientDemand();
  ClientDemand(const ClientDemand&) = delete;
  ClientDemand& operator=(const ClientDemand&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool is_required() const { return need_ == CertificateNeed::required; }
  /// Another one for other authorities, lists, need or name.
  [[nodiscard]] const core::Sha256Digest& fingerprint() const { return fingerprint_; }
  /// Into a handshake that has just begun. False: OpenSSL could not.
  [[nodiscard]] bool install(ssl_st* ssl) const;
  /// Whether a certificate of a connection that stands would be taken now.
  [[nodiscard]] bool takes(const ClientCertificate& certificate) const;

 private:
  struct Native;
  ClientDemand(std::unique_ptr<Native> native, const ClientDemandSettings& settings);
  std::unique_ptr<Native> native_;
  std::string name_;
  CertificateNeed need_;
  core::Sha256Digest fingerprint_{};
};

using ClientDemandPointer = std::shared_ptr<const ClientDemand>;

/// Hosts and their demands; immutable, swapped whole.
class ClientDemands {
 public:
  /// A host in normal form, or "*." and such a host: one label more.
  void add(const std::string& host, ClientDemandPointer demand);
  /// For a host in normal form. The exact host wins. Null: nothing is asked for.
  [[nodiscard]] const ClientDemandPointer& find(std::string_view host) const;
  [[nodiscard]] bool is_empty() const { return hosts_.empty(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, ClientDemandPointer, Hash, std::equal_to<>> hosts_;  // "*.x" as ".x"
};

}  // namespace tls
