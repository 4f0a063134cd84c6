// Our account with each certificate authority (RFC 8555 section 7.3), kept in storage. One key serves all
// authorities, so that any replica can answer any http-01 challenge from the key alone. A key is stored
// before any authority hears of it: whatever crashes in between, the account is found again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/crypto/key.h"
#include "core/loop/flow.h"
#include "core/storage/storage.h"
#include "tls/acme/client.h"

namespace tls {

/// Longer than other replicas take to see a new key: any of them may be asked to prove a name with it.
inline constexpr core::Duration kKeySpread = std::chrono::seconds(7);

/// What the operator says of accounts.
struct AccountSettings {
  std::string email;  ///< empty: no contact
  std::optional<ExternalAccount> external;
};

class AccountBook {
 public:
  /// All borrowed but the settings.
  AccountBook(core::Storage& storage, const core::Log& log, AccountSettings settings);

  /// Who is told of the thumbprint whenever there is another key; at once if there is one already.
  void tell(std::function<void(const std::string& thumbprint)> on_key);

  /// The key: from storage, or made and stored now. One that is no key is reported, set aside under damaged/
  /// and replaced. Never takes the place of an entry that cannot be read.
  core::Flow<core::PrivateKey> key();
  /// The thumbprint of the key (RFC 7638) once key() has ended; empty before.
  [[nodiscard]] const std::string& thumbprint() const { return thumbprint_; }
  /// Looks in storage whether somebody else has made the key, or another; empty if nobody has. What cannot be
  /// read there changes nothing. Fails only if storage does.
  core::Flow<std::string> known_thumbprint();
  /// The URL of the account with an authority as stored, of the key that is stored; empty: there is none yet.
  /// Asks nobody, makes nothing.
  core::Flow<std::string> known_account(core::Url directory);

  /// Who signs for this authority: the account as stored, found by its key, or made now. Contacts that
  /// changed are told to the authority. If the key's account was deactivated, with another key.
  core::Flow<AcmeSigner> ensure(AcmeClient* client);
  /// The authority does not know the account any more: forgets it, so that ensure() makes another. An account
  /// that was deactivated needs another key too: the one that another replica made since, or one made now;
  /// ends when all replicas have had the time to see it.
  core::Flow<> forget(AcmeClient* client);
  core::Flow<> replace_key(AcmeClient* client, core::PrivateKey ended);

  /// Replaces the key at `client` and in storage (section 7.3.5). The new key is stored before the authority
  /// hears of it. Other authorities meet the new key as a new account.
  core::Flow<> roll_key_over(AcmeClient* client);
  /// Ends the account at the authority (section 7.3.6).
  core::Flow<> deactivate(AcmeClient* client);

 private:
  struct Record;
  core::Flow<std::optional<Record>> stored(std::string authority);
  core::Flow<AcmeSigner> settle_rollover(AcmeClient* client, core::PrivateKey current);
  core::Flow<AcmeSigner> create(AcmeClient* client, core::PrivateKey key);
  core::Flow<AcmeAnswer> ask_for_account(AcmeClient* client, core::PrivateKey key);
  core::Flow<std::optional<core::PrivateKey>> usable_key();
  core::Flow<> update_contact(AcmeClient* client, AcmeSigner signer);
  core::Flow<> save(AcmeClient* client, AcmeSigner signer);
  void use(const core::PrivateKey& key);

  core::Storage& storage_;
  const core::Log& log_;
  AccountSettings settings_;
  std::optional<core::PrivateKey> key_;
  std::string thumbprint_;
  std::function<void(const std::string&)> on_key_;
};

/// Whether an error of storage is about what one entry holds, which nothing else need wait for.
bool is_of_the_entry(const core::Error& error);

/// What stands for an authority in storage keys: its host and a digest of its directory's URL.
std::string authority_id(const core::Url& directory);

}  // namespace tls
