#include "tls/acme/account.h"

#include <fmt/format.h>

#include <utility>

#include "core/crypto/digest.h"
#include "core/crypto/jwk.h"
#include "core/loop/wait.h"
#include "core/text/json.h"

namespace tls {

struct AccountBook::Record {
  std::string url;
  std::string email;
  std::string thumbprint;
};

namespace {

using core::ErrorKind;
using core::Flow;
using core::Json;
using core::Result;
using core::Side;

constexpr std::string_view kKeyEntry = "acme/account-key";
constexpr std::string_view kNextKeyEntry = "acme/account-key.next";
constexpr std::size_t kIdDigits = 8;
constexpr std::size_t kIdHostBytes = 40;

std::string record_key(const core::Url& directory) {
  return "acme/" + authority_id(directory) + "/account";
}

/// Nothing if there is no such entry, or it is damaged, which is reported.
Flow<std::optional<std::string>> read_entry(core::Storage* storage, const core::Log* log, std::string key) {
  Flow<core::StorageEntry> getting = storage->get(key);
  Result<core::StorageEntry> entry = co_await attempt(std::move(getting));
  if (entry) co_return std::optional(std::move(entry->value));
  if (entry.error().kind == ErrorKind::not_found) co_return std::optional<std::string>();
  if (entry.error().kind == ErrorKind::malformed) {
    log->error("storage: an entry was damaged and set aside; it is made anew",
               {{"entry", key}, {"why", entry.error().text}});
    co_return std::optional<std::string>();
  }
  co_return core::failure(std::move(entry.error()));
}

Flow<> put_entry(core::Storage* storage, std::string key, std::string value) {
  core::StorageEntry entry;
  entry.value = std::move(value);
  co_await storage->put(std::move(key), std::move(entry));
  co_return core::done();
}

Flow<> put_key(core::Storage* storage, std::string_view entry, core::PrivateKey key) {
  const core::Secret pem = key.to_pem();
  std::string text(pem.reveal());
  co_await put_entry(storage, std::string(entry), std::move(text));
  co_return core::done();
}

/// What a stored text holds; nothing if it is no key of ours.
std::optional<core::PrivateKey> key_in(std::string text) {
  Result<core::PrivateKey> key = core::PrivateKey::from_pem(core::Secret::take(text));
  if (!key || key->kind() != core::KeyKind::p256) return std::nullopt;
  return std::move(*key);
}

Flow<std::optional<core::PrivateKey>> read_key(core::Storage* storage, const core::Log* log,
                                               std::string_view entry) {
  std::optional<std::string> text = co_await read_entry(storage, log, std::string(entry));
  if (!text) co_return std::optional<core::PrivateKey>();
  std::optional<core::PrivateKey> key = key_in(std::move(*text));
  if (!key) log->error("storage: an account key cannot be read; another is made", {{"entry", entry}});
  co_return std::move(key);
}

Json contacts(const std::string& email) {
  Json list = Json::array();
  if (!email.empty()) list.push(Json("mailto:" + email));
  return list;
}

std::string new_account_payload(const AccountSettings& settings, const core::PrivateKey& key,
                                const AcmeDirectory& directory) {
  Json payload = Json::object();
  payload.set("termsOfServiceAgreed", Json(true));
  if (!settings.email.empty()) payload.set("contact", contacts(settings.email));
  if (settings.external) {
    const std::string binding =
        external_binding(*settings.external, key.public_key(), directory.new_account.text());
    // The binding is ours: it parses.
    payload.set("externalAccountBinding", *Json::parse(binding, Side::us));
  }
  return payload.text();
}

/// The account's URL out of an answer to newAccount.
Result<std::string> account_url(const AcmeClient& client, const AcmeAnswer& answer) {
  const auto url = client.hosts().checked(answer.response.field("Location"));
  if (!url) return core::failure(core::Error(url.error()).during("the account's URL"));
  return url->text();
}

Flow<AcmeAnswer> ask_for_existing(AcmeClient* client, core::PrivateKey key) {
  AcmeDirectory directory = co_await client->directory();
  AcmeSigner signer{std::move(key), {}};
  Flow<AcmeAnswer> asking =
      client->post(std::move(signer), directory.new_account, "{\"onlyReturnExisting\":true}");
  AcmeAnswer answer = co_await std::move(asking);
  co_return std::move(answer);
}

Flow<Result<std::string>> find_account(AcmeClient* client, core::PrivateKey key) {
  AcmeAnswer answer = co_await ask_for_existing(client, std::move(key));
  if (answer.problem) {
    Result<std::string> refused = core::failure(error_of(*answer.problem));
    co_return std::move(refused);
  }
  co_return account_url(*client, answer);
}

/// Whether the authority knows the key as one of an account that was ended.
Flow<bool> key_has_ended(AcmeClient* client, core::PrivateKey key) {
  AcmeAnswer answer = co_await ask_for_existing(client, std::move(key));
  co_return answer.problem&& answer.problem->is("unauthorized");
}

}  // namespace

AccountBook::AccountBook(core::Storage& storage, const core::Log& log, AccountSettings settings)
    : storage_(storage), log_(log), settings_(std::move(settings)) {}

void AccountBook::use(const core::PrivateKey& key) {
  std::string thumbprint = core::thumbprint(key.public_key());
  if (thumbprint == thumbprint_) return;
  key_ = key;
  thumbprint_ = std::move(thumbprint);
  if (on_key_) on_key_(thumbprint_);
}

void AccountBook::tell(std::function<void(const std::string& thumbprint)> on_key) {
  on_key_ = std::move(on_key);
  if (!thumbprint_.empty()) on_key_(thumbprint_);
}

/// Nothing: there is no entry, and one may be written. Storage that has damaged entries says so once.
Flow<std::optional<core::PrivateKey>> AccountBook::usable_key() {
  std::optional<std::string> text = co_await read_entry(&storage_, &log_, std::string(kKeyEntry));
  if (!text) {
    Result<core::StorageEntry> again = co_await attempt(storage_.get(std::string(kKeyEntry)));
    const bool is_absent = !again && again.error().kind == ErrorKind::not_found;
    if (is_absent) co_return std::optional<core::PrivateKey>();
    if (!again) co_return core::failure(std::move(again.error()));
    text = std::move(again->value);
  }
  std::optional<core::PrivateKey> found = key_in(*text);
  if (found) co_return std::move(found);
  log_.error("storage: the account's key cannot be read and is set aside under damaged/; another is made",
             {{"entry", kKeyEntry}});
  co_await put_entry(&storage_, "damaged/" + std::string(kKeyEntry), std::move(*text));
  co_await storage_.remove(std::string(kKeyEntry));
  co_return std::optional<core::PrivateKey>();
}

/// Read anew each time: another replica may have had to replace it.
Flow<core::PrivateKey> AccountBook::key() {
  std::optional<core::PrivateKey> found = co_await usable_key();
  if (!found) {
    // Storage that lost it gets it back: the account need not end with it.
    found = key_;
    if (!found) found = core::PrivateKey::generate(core::KeyKind::p256);
    co_await put_key(&storage_, kKeyEntry, *found);
  }
  use(*found);
  co_return std::move(*found);
}

Flow<std::string> AccountBook::known_thumbprint() {
  Result<core::StorageEntry> entry = co_await attempt(storage_.get(std::string(kKeyEntry)));
  if (entry) {
    const std::optional<core::PrivateKey> found = key_in(std::move(entry->value));
    if (found) use(*found);
  } else if (entry.error().kind != ErrorKind::not_found && !is_of_the_entry(entry.error())) {
    co_return core::failure(std::move(entry.error()));
  }
  co_return thumbprint_;
}

Flow<std::optional<AccountBook::Record>> AccountBook::stored(std::string entry) {
  std::optional<std::string> text = co_await read_entry(&storage_, &log_, std::move(entry));
  if (!text) co_return std::optional<Record>();
  const Result<Json> json = Json::parse(*text, Side::storage);
  if (!json) co_return std::optional<Record>();
  Record record;
  record.url = std::string(json->string_at("url").value_or(""));
  record.email = std::string(json->string_at("email").value_or(""));
  record.thumbprint = std::string(json->string_at("key").value_or(""));
  co_return std::optional(std::move(record));
}

Flow<std::string> AccountBook::known_account(core::Url directory) {
  std::optional<core::PrivateKey> stored_key = co_await read_key(&storage_, &log_, kKeyEntry);
  std::optional<Record> record = co_await stored(record_key(directory));
  const bool is_of_key =
      stored_key && record && record->thumbprint == core::thumbprint(stored_key->public_key());
  if (is_of_key) co_return std::move(record->url);
  co_return std::string();
}

Flow<> AccountBook::save(AcmeClient* client, AcmeSigner signer) {
  Json record = Json::object();
  record.set("url", Json(signer.account_url));
  record.set("email", Json(settings_.email));
  record.set("key", Json(core::thumbprint(signer.key.public_key())));
  std::string entry = record_key(client->server().directory);
  co_await put_entry(&storage_, std::move(entry), record.text());
  co_return core::done();
}

Flow<AcmeSigner> AccountBook::ensure(AcmeClient* client) {
  core::PrivateKey current = co_await key();
  std::optional<core::PrivateKey> next = co_await read_key(&storage_, &log_, kNextKeyEntry);
  if (next) {
    AcmeSigner settled = co_await settle_rollover(client, std::move(*next));
    co_return std::move(settled);
  }
  std::optional<Record> record = co_await stored(record_key(client->server().directory));
  const bool is_ours = record && record->thumbprint == thumbprint_ && client->hosts().checked(record->url);
  if (!is_ours) {
    AcmeSigner made = co_await create(client, std::move(current));
    co_return std::move(made);
  }
  AcmeSigner signer{std::move(current), record->url};
  if (record->email != settings_.email) co_await update_contact(client, signer);
  co_return std::move(signer);
}

/// A rollover was begun and its end is not known: whom does the authority know?
Flow<AcmeSigner> AccountBook::settle_rollover(AcmeClient* client, core::PrivateKey next) {
  Result<std::string> found = co_await find_account(client, next);
  if (found) {
    co_await put_key(&storage_, kKeyEntry, next);
    use(next);
  }
  co_await storage_.remove(std::string(kNextKeyEntry));
  if (!found) {
    AcmeSigner signer = co_await ensure(client);
    co_return std::move(signer);
  }
  AcmeSigner signer{std::move(next), *found};
  co_await save(client, signer);
  co_return std::move(signer);
}

Flow<AcmeAnswer> AccountBook::ask_for_account(AcmeClient* client, core::PrivateKey key) {
  AcmeDirectory directory = co_await client->directory();
  if (directory.needs_external_account && !settings_.external) {
    co_return core::failure(
        ErrorKind::refused, Side::authority,
        "the authority wants an account of its own first: give its key_id and hmac_key in "
        "tls.acme.external_account");
  }
  std::string payload = new_account_payload(settings_, key, directory);
  AcmeSigner signer{std::move(key), {}};
  AcmeAnswer answer = co_await client->post(std::move(signer), directory.new_account, std::move(payload));
  co_return std::move(answer);
}

Flow<AcmeSigner> AccountBook::create(AcmeClient* client, core::PrivateKey key) {
  AcmeAnswer answer = co_await ask_for_account(client, key);
  bool is_ended = answer.problem && answer.problem->is("unauthorized");
  if (is_ended) is_ended = co_await key_has_ended(client, key);
  if (is_ended) {
    log_.warn("the account was ended at the certificate authority; going on with another key",
              {{"why", sentence(*answer.problem)}});
    co_await replace_key(client, key);
    key = *key_;
    answer = co_await ask_for_account(client, key);
  }
  if (answer.problem) co_return core::failure(error_of(*answer.problem).during("the account"));
  AcmeSigner signer{std::move(key), {}};
  signer.account_url = co_await account_url(*client, answer);
  co_await save(client, signer);
  const AcmeDirectory directory = co_await client->directory();
  const std::string authority = client->server().directory.authority.host;
  log_.info("account with the certificate authority",
            {{"authority", authority}, {"account", signer.account_url}, {"terms", directory.terms}});
  co_return std::move(signer);
}

Flow<> AccountBook::update_contact(AcmeClient* client, AcmeSigner signer) {
  Json payload = Json::object();
  payload.set("contact", contacts(settings_.email));
  core::Url url = co_await client->hosts().checked(signer.account_url);
  AcmeAnswer answer = co_await client->post(signer, std::move(url), payload.text());
  // An authority that does not take the address must not stop certificates; it is asked again at the next
  // start.
  if (answer.problem) {
    log_.warn("the authority did not take the account's new e-mail address",
              {{"why", sentence(*answer.problem)}});
    co_return core::done();
  }
  co_await save(client, std::move(signer));
  co_return core::done();
}

Flow<> AccountBook::forget(AcmeClient* client) {
  co_await storage_.remove(record_key(client->server().directory));
  co_return core::done();
}

Flow<> AccountBook::replace_key(AcmeClient* client, core::PrivateKey ended) {
  core::PrivateKey stored_key = co_await key();
  const bool is_replaced = core::thumbprint(stored_key.public_key()) != core::thumbprint(ended.public_key());
  if (!is_replaced) {
    core::PrivateKey made = core::PrivateKey::generate(core::KeyKind::p256);
    co_await put_key(&storage_, kKeyEntry, made);
    use(made);
  }
  co_await core::sleep_for(client->loop(), kKeySpread);
  // Of two replicas that did this at once, the last one's is everybody's.
  co_await key();
  co_return core::done();
}

Flow<> AccountBook::roll_key_over(AcmeClient* client) {
  AcmeSigner old_signer = co_await ensure(client);
  AcmeDirectory directory = co_await client->directory();
  if (!directory.key_change) {
    co_return core::failure(ErrorKind::unsupported, Side::authority, "the authority changes no account keys");
  }
  core::PrivateKey next = core::PrivateKey::generate(core::KeyKind::p256);
  co_await put_key(&storage_, kNextKeyEntry, next);
  std::string payload = key_change_payload(old_signer, next, directory.key_change->text());
  AcmeAnswer answer = co_await client->post(old_signer, *directory.key_change, std::move(payload));
  if (answer.problem) {
    co_await storage_.remove(std::string(kNextKeyEntry));
    co_return core::failure(error_of(*answer.problem).during("changing the account's key"));
  }
  co_await put_key(&storage_, kKeyEntry, next);
  use(next);
  AcmeSigner signer{std::move(next), old_signer.account_url};
  co_await save(client, std::move(signer));
  co_await storage_.remove(std::string(kNextKeyEntry));
  co_return core::done();
}

Flow<> AccountBook::deactivate(AcmeClient* client) {
  AcmeSigner signer = co_await ensure(client);
  core::Url url = co_await client->hosts().checked(signer.account_url);
  AcmeAnswer answer = co_await client->post(signer, std::move(url), "{\"status\":\"deactivated\"}");
  if (answer.problem) co_return core::failure(error_of(*answer.problem).during("deactivating the account"));
  co_await forget(client);
  co_await replace_key(client, signer.key);
  co_return core::done();
}

bool is_of_the_entry(const core::Error& error) {
  return error.kind == ErrorKind::malformed || error.kind == ErrorKind::unverified ||
         error.kind == ErrorKind::too_large;
}

std::string authority_id(const core::Url& directory) {
  std::string id;
  for (const char c : directory.authority.host) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    id += is_plain ? c : '-';
  }
  id = id.substr(0, kIdHostBytes) + "-";
  const core::Sha256Digest digest = core::sha256(directory.text());
  for (std::size_t i = 0; i < kIdDigits / 2; ++i) {
    id += fmt::format("{:02x}", static_cast<unsigned char>(digest[i]));
  }
  return id;
}

}  // namespace tls
