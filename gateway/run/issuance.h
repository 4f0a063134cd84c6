// Control's certificates: given files and, with tls.acme, the keeper with the challenges that can work here.
// The explicit factory of ways to prove a name.
#pragma once

#include <memory>
#include <optional>

#include "config/types.h"
#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/loop/loop.h"
#include "core/storage/storage.h"
#include "gateway/run/lock_holder.h"
#include "gateway/run/network_lease.h"
#include "gateway/run/open_storage.h"
#include "tls/acme/dns01.h"
#include "tls/issue/given_files.h"
#include "tls/issue/keeper.h"
#include "tls/issue/shelf.h"
#include "tls/issue/stapler.h"

namespace gateway {

/// Borrowed but the configuration.
struct IssuanceParts {
  core::Loop& loop;
  core::Random& random;
  const core::Log& log;
  core::Storage& storage;
  bool is_storage_kept = true;  ///< false: in memory, since nothing but OCSP answers would have to be kept
  Network& network;
  std::shared_ptr<const config::Config> config;
};

/// Borrowed: what it takes to ask the DNS as tls.acme says. Requires: there is a tls.acme.
struct IssuanceQuestions {
  core::Loop& loop;
  core::Random& random;
  NetworkLease& network;
  const config::Config& config;
};
tls::DnsLookupParts dns_lookup_parts(const IssuanceQuestions& asking);

class Issuance {
 public:
  explicit Issuance(IssuanceParts parts);

  /// Reads given certificates. The error says what is in the way of a start.
  core::Result<void> load();
  /// Puts what is stored on the shelf: certificates, and what authorities said of given ones. Requires:
  /// load() went well; on a loop that runs.
  core::Flow<> load_stored();
  /// Begins to order, renew and follow files.
  void start();
  /// The process is about to end.
  void wind_down(tls::WindDown how);
  /// It does not end after all.
  void go_on();
  /// Null: nothing is ordered.
  [[nodiscard]] tls::Keeper* keeper() { return keeper_.get(); }
  [[nodiscard]] const tls::CertificateShelf& shelf() const { return shelf_; }

 private:
  core::Result<void> make_keeper();
  core::Storage& staple_storage();
  void make_stapler();
  tls::DnsLookupParts lookup_parts();
  core::Result<std::unique_ptr<tls::DnsWriter>> make_dns_writer(const config::DnsSettings& dns);

  IssuanceParts parts_;
  NetworkLease network_;
  std::optional<LockHolder> holder_;  // none: nothing is ordered
  tls::CertificateShelf shelf_;
  tls::GivenFiles given_;
  std::unique_ptr<core::HttpClient> plain_;  // OCSP responders are asked by plain http
  OpenedStorage staples_;                    // empty: in the storage of all
  std::unique_ptr<tls::Stapler> stapler_;    // null: nobody asks for answers
  std::unique_ptr<tls::DnsLookup> lookup_;   // null: nothing is ordered
  std::unique_ptr<tls::Keeper> keeper_;
};

}  // namespace gateway
