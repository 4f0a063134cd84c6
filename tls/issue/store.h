// Where certificates and what is known about their names live in storage. A certificate and its key are one
// entry, so that no crash can part them. What cannot be read is set aside under damaged/, reported, and made
// anew.
//
//   certificates/SET/certificate   names, chain, key, where it comes from
//   certificates/SET/attempts      failures in a row, when to try again
//   certificates/SET/advice        the authority's renewal window and the moment chosen in it
//   certificates/SET/order.WHOM    an order under way with one authority: its URL and key, and what is
//   presented
//                                  for it
//   certificates/SET/proved.WHOM   the URL of the order that the last certificate came from
//   certificates.apart/NAME        a name that is ordered apart from its set, for it was refused
//   certificates.revoked/DIGEST    the fingerprint of what was revoked on an operator's word, until its end
//   certificates.changed           another text whenever a certificate was stored or revoked, or a name left
//                                  its set or came back: for other replicas
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/loop/flow.h"
#include "core/storage/storage.h"
#include "tls/acme/order.h"
#include "tls/certificate.h"
#include "tls/issue/names.h"

namespace tls {

/// What is known of each set, and of an order for it that is under way.
inline constexpr std::string_view kSetFolder = "certificates/";
inline constexpr std::string_view kUnderWay = "order.";

struct StoredCertificate {
  NameSet names;
  std::string chain;      ///< PEM
  core::Secret key;       ///< PEM
  std::string directory;  ///< URL of the authority's directory
  /// The same for handshakes; null: nobody has read it out of `chain` and `key` yet.
  CertificatePointer certificate = nullptr;
};

struct Attempts {
  unsigned failures = 0;  ///< orders in a row that ended without a certificate
  unsigned begun = 0;     ///< of the one after them: how often a process began or went on with it
  core::WallTime next;    ///< not before
  std::string why;        ///< what the last failure said
};

struct Advice {
  core::WallTime window_start;
  core::WallTime window_end;
  core::WallTime chosen;     ///< a moment in the window
  core::WallTime ask_again;  ///< not before
  std::string renewal_id;    ///< of the certificate it is about
};

/// An order with an authority that stands in storage: under way, or one that gave a certificate.
struct KnownOrder {
  std::string key;  ///< of its entry
  std::string set;
  std::string authority;  ///< authority_id()
  bool is_under_way = false;
};

/// The fingerprint of a certificate as a part of storage keys.
std::string digest_of(const Certificate& certificate);

class CertificateStore {
 public:
  /// All borrowed.
  CertificateStore(core::Storage& storage, core::Random& random, const core::Log& log)
      : storage_(storage), random_(random), log_(log) {}

  /// Nothing if there is none, or none that can be read (reported).
  core::Flow<std::optional<StoredCertificate>> certificate(std::string set);
  /// Ends with the text of certificates.changed, of which it writes another.
  core::Flow<std::string> save(std::string set, StoredCertificate certificate);
  core::Flow<std::optional<Attempts>> attempts(std::string set);
  core::Flow<> save(std::string set, Attempts attempts);
  core::Flow<> clear_attempts(std::string set);
  /// What cannot be read is no advice.
  core::Flow<std::optional<Advice>> advice(std::string set);
  core::Flow<> save(std::string set, Advice advice);
  /// Ids of all sets that have a certificate.
  core::Flow<std::vector<std::string>> sets();
  /// Ids of all sets of which anything is stored.
  core::Flow<std::vector<std::string>> all_sets();
  /// Removes all that is stored of a set.
  core::Flow<> forget(std::string set);
  /// The text of certificates.changed; empty if there is none that can be read.
  core::Flow<std::string> change();
  /// Of orders for `set` with one authority (authority_id()). Borrows this store.
  std::unique_ptr<OrderJournal> journal(std::string set, std::string authority);

  // What was proved, and may be given back once its names are not ordered any more.
  core::Flow<> save_proved(std::string set, std::string authority, std::string order_url);
  core::Flow<std::vector<KnownOrder>> orders();
  /// The URL of one; empty if it cannot be read.
  core::Flow<std::string> url_of(KnownOrder order);
  core::Flow<> forget_order(KnownOrder order);

  // Certificates (digest_of()) that were revoked: another is due. Changing them writes another
  // certificates.changed.
  core::Flow<std::set<std::string>> revoked();
  core::Flow<> mark_revoked(CertificatePointer certificate);
  core::Flow<> unmark_revoked(CertificatePointer certificate);

  // Names that are ordered apart. Changing them writes another certificates.changed.
  core::Flow<std::set<std::string>> apart();
  core::Flow<> set_apart(NameSet names);
  core::Flow<> rejoin(std::string name);

 private:
  class Journal;
  core::Flow<std::optional<core::Json>> read(std::string key);
  core::Flow<> write(std::string key, core::Json value);
  core::Flow<std::string> mark_changed();
  core::Flow<> set_aside(std::string key, std::string why);

  core::Storage& storage_;
  core::Random& random_;
  const core::Log& log_;
};

}  // namespace tls
