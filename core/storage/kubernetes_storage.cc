#include "core/storage/kubernetes_storage.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/crypto/digest.h"
#include "core/kubernetes/api.h"
#include "core/storage/rules.h"
#include "core/text/base64.h"
#include "core/text/percent.h"

namespace core {
namespace {

using Call = KubernetesApi::Call;

constexpr std::string_view kLabel = "gateway/instance";
constexpr std::string_view kKey = "gateway/key";
constexpr std::string_view kUntil =
    "gateway/until";  // milliseconds since 1970: an entry's expiry, a lock's end
constexpr std::string_view kMetadataOnly =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
constexpr std::string_view kPermissions =
    "get, list, create, patch and delete secrets, and get, create, update and delete leases, in its "
    "namespace";
constexpr int kPage = 250;
constexpr int kMaxPages = 400;
constexpr std::size_t kHashBytes = 16;
/// Expired objects that one listing removes.
constexpr std::size_t kMostRemoved = 50;
/// How long an object stays behind its expiry: the clocks of replicas differ.
constexpr Duration kGrace = std::chrono::hours(1);

std::int64_t milliseconds(WallTime time) {
  return std::chrono::duration_cast<Duration>(time.time_since_epoch()).count();
}

/// RFC 3339 with microseconds, as a Lease has it.
std::string micro_time(WallTime time) {
  const auto micro = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(static_cast<std::time_t>(micro / 1'000'000)),
                     micro % 1'000'000);
}

std::optional<WallTime> until_of(const Json& metadata) {
  const Json* annotations = metadata.find("annotations");
  const auto text = annotations == nullptr ? std::nullopt : annotations->string_at(kUntil);
  std::int64_t value = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc())
    return std::nullopt;
  return WallTime(Duration(value));
}

std::string_view key_of(const Json& metadata) {
  const Json* annotations = metadata.find("annotations");
  return annotations == nullptr ? std::string_view() : annotations->string_at(kKey).value_or("");
}

Error not_stored(std::string_view key) {
  return {ErrorKind::not_found, Side::storage, std::string(key) + " is not stored"};
}

/// Who answers may be no API at all: that says nothing of what is stored, and must not be made anew.
Error no_object(std::string_view what) {
  return {ErrorKind::unavailable, Side::storage, fmt::format("kubernetes: {} is none of the gateway's", what),
          Retry::later};
}

Error too_many(std::string_view name) {
  return {ErrorKind::too_large, Side::storage,
          fmt::format("kubernetes: over {} Secrets of {}; keep sessions in Redis, or order more names a "
                      "certificate",
                      kPage * kMaxPages, name)};
}

bool is_of(std::string_view key, const Json& object) {
  const Json* metadata = object.find("metadata");
  return metadata != nullptr && key_of(*metadata) == key;
}

std::optional<std::string_view> holder_of(const Json& lease) {
  const Json* spec = lease.find("spec");
  return spec == nullptr ? std::nullopt : spec->string_at("holderIdentity");
}

/// Removes the object as it was seen; what was written since is another version, and stays.
Call removal_of(std::string path, std::string_view version) {
  Json preconditions = Json::object();
  preconditions.set("resourceVersion", version);
  Json options = Json::object();
  options.set("apiVersion", "v1");
  options.set("kind", "DeleteOptions");
  options.set("preconditions", std::move(preconditions));
  Call call;
  call.method = "DELETE";
  call.path = std::move(path);
  call.body = options.text();
  return call;
}

/// A lock that somebody would have.
struct Wish {
  std::string name;
  std::string holder;
  Duration lease;
  std::string version;  ///< of the Lease that is replaced; empty: there is none
};

/// An object that expired, as it was when it had.
struct Expired {
  std::string name;
  std::string version;
};

/// What a listing saw.
struct Seen {
  std::vector<std::string> keys;
  std::vector<Expired> expired;
};

class KubernetesStorage final : public Storage {
 public:
  KubernetesStorage(HttpClient& client, KubernetesAccess access, const Clock& clock)
      : access_(std::move(access)),
        api_(client, {access_.server, access_.token_file}, {Side::storage, std::string(kPermissions)}, clock),
        clock_(clock) {}

  Flow<> put(std::string key, StorageEntry entry) override {
    co_await check_storage_key(key);
    co_await check_storage_value(entry.value);
    if (entry.expires && *entry.expires <= clock_.wall()) {
      Flow<> removing = remove(key);
      co_await std::move(removing);
      co_return done();
    }
    Call call;
    call.method = "PATCH";
    call.path = secret_path(key) + "?fieldManager=gateway&force=true";
    call.content_type = "application/apply-patch+yaml";  // JSON is YAML
    call.body = secret_of(key, entry).text();
    const Json stored = co_await api_.call(std::move(call));
    if (!is_of(key, stored)) co_return failure(no_object("what was stored as " + key));
    co_return done();
  }

  Flow<StorageEntry> get(std::string key) override {
    co_await check_storage_key(key);
    Call call;
    call.method = "GET";
    call.path = secret_path(key);
    Result<Json> found = co_await attempt(api_.call(std::move(call)));
    if (!found && found.error().kind == ErrorKind::not_found) co_return failure(not_stored(key));
    if (!found) co_await failure(std::move(found.error()));
    co_return entry_of(key, *found);
  }

  Flow<std::vector<std::string>> list(std::string prefix) override {
    const std::string beginning = co_await storage_prefix(prefix);
    Seen seen;
    Result<Done> listed = co_await attempt(list_all(beginning, &seen));
    // What the next page begins with is kept for some minutes only: a listing that took longer begins anew.
    if (!listed && listed.error().kind == ErrorKind::closed) {
      seen = Seen();
      listed = co_await attempt(list_all(beginning, &seen));
    }
    if (!listed) co_await failure(std::move(listed.error()));
    co_await remove_expired(std::move(seen.expired));
    std::ranges::sort(seen.keys);
    co_return std::move(seen.keys);
  }

  Flow<> remove(std::string key) override {
    co_await check_storage_key(key);
    Call call;
    call.method = "DELETE";
    call.path = secret_path(key);
    const Result<Json> removed = co_await attempt(api_.call(std::move(call)));
    if (!removed && removed.error().kind != ErrorKind::not_found) co_await failure(removed.error());
    co_return done();
  }

  Flow<> lock(std::string name, std::string holder, Duration lease) override {
    const std::string key = co_await storage_lock_key(name, holder, lease);
    const std::optional<Json> found = co_await find_lease(key);
    Wish wish{std::move(name), std::move(holder), lease, ""};
    if (found) wish.version = co_await version_to_replace(*found, wish);
    Call take;
    take.method = found ? "PUT" : "POST";
    take.path = found ? lease_path(key) : leases_path();
    take.body = lease_of(key, wish).text();
    const Result<Json> taken = co_await attempt(api_.call(std::move(take)));
    if (!taken && taken.error().kind == ErrorKind::conflict)
      co_return failure(lock_is_held(wish.name, "another replica"));
    if (!taken) co_await failure(taken.error());
    if (holder_of(*taken) != wish.holder) co_return failure(no_object("the Lease of " + wish.name));
    co_return done();
  }

  Flow<> unlock(std::string name, std::string holder) override {
    const std::string key = co_await storage_lock_key(name, holder);
    const std::optional<Json> found = co_await find_lease(key);
    if (!found || holder_of(*found) != holder) co_return done();
    const std::string version = co_await version_of(*found, name);
    Call call = removal_of(lease_path(key), version);
    const Result<Json> removed = co_await attempt(api_.call(std::move(call)));
    // Another has it since.
    const bool is_gone = !removed && (removed.error().kind == ErrorKind::not_found ||
                                      removed.error().kind == ErrorKind::conflict);
    if (!removed && !is_gone) co_await failure(removed.error());
    co_return done();
  }

 private:
  [[nodiscard]] const KubernetesAccess& access() const { return access_; }

  /// Keys are longer and hold more than names of objects may.
  [[nodiscard]] std::string object_name(std::string_view key) const {
    std::string name = access().name + "-";
    const Sha256Digest digest = sha256(key);
    for (const char byte : view_of(digest).substr(0, kHashBytes))
      name += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return name;
  }
  [[nodiscard]] std::string secret_path(std::string_view key) const {
    return fmt::format("/api/v1/namespaces/{}/secrets/{}", access().space, object_name(key));
  }
  [[nodiscard]] std::string leases_path() const {
    return fmt::format("/apis/coordination.k8s.io/v1/namespaces/{}/leases", access().space);
  }
  [[nodiscard]] std::string lease_path(std::string_view key) const {
    return leases_path() + "/" + object_name(key);
  }
  [[nodiscard]] std::string list_path(std::string_view next) const {
    std::string path = fmt::format("/api/v1/namespaces/{}/secrets?labelSelector={}&limit={}", access().space,
                                   percent_encode(fmt::format("{}={}", kLabel, access().name)), kPage);
    if (!next.empty()) path += "&continue=" + percent_encode(next);
    return path;
  }

  [[nodiscard]] Json metadata_of(std::string_view key, std::optional<WallTime> until) const {
    Json labels = Json::object();
    labels.set(kLabel, access().name);
    labels.set("app.kubernetes.io/managed-by", "gateway");
    Json annotations = Json::object();
    annotations.set(kKey, key);
    if (until) annotations.set(kUntil, std::to_string(milliseconds(*until)));
    Json metadata = Json::object();
    metadata.set("name", object_name(key));
    metadata.set("namespace", access().space);
    metadata.set("labels", std::move(labels));
    metadata.set("annotations", std::move(annotations));
    return metadata;
  }

  [[nodiscard]] Json secret_of(std::string_view key, const StorageEntry& entry) const {
    Json data = Json::object();
    data.set("value", base64_encode(entry.value, Base64::standard));
    Json secret = Json::object();
    secret.set("apiVersion", "v1");
    secret.set("kind", "Secret");
    secret.set("metadata", metadata_of(key, entry.expires));
    secret.set("type", "Opaque");
    secret.set("data", std::move(data));
    return secret;
  }

  [[nodiscard]] Result<StorageEntry> entry_of(const std::string& key, const Json& secret) const {
    const Json* metadata = secret.find("metadata");
    const Json* data = secret.find("data");
    const auto value = data == nullptr ? std::nullopt : data->string_at("value");
    if (!is_of(key, secret)) return failure(no_object("the Secret of " + key));
    StorageEntry entry;
    entry.expires = until_of(*metadata);
    if (entry.expires && *entry.expires <= clock_.wall()) return failure(not_stored(key));
    // An empty value may come back as no value at all.
    auto decoded = base64_decode(value.value_or(""), Base64::standard, Side::storage);
    if (!decoded) return failure(ErrorKind::malformed, Side::storage, "kubernetes: damaged: " + key);
    entry.value = std::move(*decoded);
    return entry;
  }

  Result<Done> take_keys(const Json& answer, std::string_view beginning, Seen& seen) const {
    const Json* items = answer.find("items");
    if (items == nullptr) return failure(no_object("a list"));
    for (const Json& item : items->elements()) {
      const Json* metadata = item.find("metadata");
      if (metadata == nullptr) continue;
      const std::string_view key = key_of(*metadata);
      const auto until = until_of(*metadata);
      const bool is_live = !until || *until > clock_.wall();
      if (is_live && key.starts_with(beginning) && check_storage_key(key)) seen.keys.emplace_back(key);
      if (is_live || *until > api_.now() - kGrace || seen.expired.size() == kMostRemoved) continue;
      const auto version = metadata->string_at("resourceVersion");
      if (version && metadata->string_at("name") == object_name(key))
        seen.expired.push_back({object_name(key), std::string(*version)});
    }
    return done();
  }

  Flow<> list_all(std::string beginning, Seen* seen) {
    std::string next;
    for (int page = 0; page < kMaxPages; ++page) {
      Call call;
      call.method = "GET";
      call.path = list_path(next);
      call.accept = kMetadataOnly;
      const Json answer = co_await api_.call(std::move(call));
      co_await take_keys(answer, beginning, *seen);
      const Json* metadata = answer.find("metadata");
      next = metadata == nullptr ? "" : std::string(metadata->string_at("continue").value_or(""));
      if (next.empty()) co_return done();
    }
    co_return failure(too_many(access().name));
  }

  /// The cluster keeps objects for ever. One that was written anew since is another version, and stays.
  Flow<> remove_expired(std::vector<Expired> expired) {
    for (const Expired& object : expired) {
      std::string path = fmt::format("/api/v1/namespaces/{}/secrets/{}", access().space, object.name);
      Call call = removal_of(std::move(path), object.version);
      const Result<Json> removed = co_await attempt(api_.call(std::move(call)));
      // Another replica may have been first; what else goes wrong is no reason to list nothing.
      const bool is_gone = !removed && (removed.error().kind == ErrorKind::not_found ||
                                        removed.error().kind == ErrorKind::conflict);
      if (!removed && !is_gone) break;
    }
    co_return done();
  }

  Flow<std::optional<Json>> find_lease(std::string key) {
    Call look;
    look.method = "GET";
    look.path = lease_path(key);
    Result<Json> found = co_await attempt(api_.call(std::move(look)));
    if (!found && found.error().kind == ErrorKind::not_found) co_return std::optional<Json>();
    if (!found) co_await failure(std::move(found.error()));
    co_return std::optional(std::move(*found));
  }

  /// By the API's clock: that of a replica may be wrong, and would take every lock or give none back.
  [[nodiscard]] Json lease_of(std::string_view key, const Wish& wish) const {
    const WallTime now = api_.now();
    Json spec = Json::object();
    spec.set("holderIdentity", wish.holder);
    spec.set("leaseDurationSeconds",
             std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::seconds>(wish.lease).count()));
    spec.set("acquireTime", micro_time(now));
    spec.set("renewTime", micro_time(now));
    Json metadata = metadata_of(key, now + wish.lease);
    if (!wish.version.empty()) metadata.set("resourceVersion", wish.version);
    Json object = Json::object();
    object.set("apiVersion", "coordination.k8s.io/v1");
    object.set("kind", "Lease");
    object.set("metadata", std::move(metadata));
    object.set("spec", std::move(spec));
    return object;
  }

  static Result<std::string> version_of(const Json& lease, std::string_view name) {
    const Json* metadata = lease.find("metadata");
    const auto version = metadata == nullptr ? std::nullopt : metadata->string_at("resourceVersion");
    if (!version) return failure(no_object(fmt::format("the Lease of {}", name)));
    return std::string(*version);
  }

  /// Refuses a lease that somebody else holds; otherwise exactly the one that was seen is replaced.
  [[nodiscard]] Result<std::string> version_to_replace(const Json& found, const Wish& wish) const {
    Result<std::string> version = version_of(found, wish.name);
    if (!version) return version;
    const auto held_by = holder_of(found);
    if (held_by && *held_by != wish.holder &&
        lock_runs(until_of(*found.find("metadata")), api_.now(), wish.lease))
      return failure(lock_is_held(wish.name, *held_by));
    return version;
  }

  KubernetesAccess access_;
  KubernetesApi api_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<Storage> make_kubernetes_storage(HttpClient& client, KubernetesAccess access,
                                                 const Clock& clock) {
  return std::make_unique<KubernetesStorage>(client, std::move(access), clock);
}

}  // namespace core
