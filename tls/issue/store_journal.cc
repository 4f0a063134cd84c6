// Orders under way as storage has them: their URL, the key that they are finalized with, and what is
// presented for them and must be taken back.
#include <utility>

#include "tls/issue/store.h"

namespace tls {
namespace {

using core::Flow;
using core::Json;

std::string text_at(const Json& json, std::string_view name) {
  return std::string(json.string_at(name).value_or(""));
}

Json json_of(const PresentedProof& one) {
  Json json = Json::object();
  json.set("type", Json(one.type));
  json.set("identifier", Json(one.proof.identifier));
  json.set("wildcard", Json(one.proof.is_wildcard));
  json.set("key_authorization", Json(one.proof.key_authorization));
  return json;
}

/// What it takes to withdraw it. Of the key authorization the token is what stands before the dot (RFC 8555
/// section 8.1).
PresentedProof presented_of(const Json& json) {
  PresentedProof one;
  one.type = text_at(json, "type");
  one.proof.identifier = text_at(json, "identifier");
  one.proof.is_wildcard = json.boolean_at("wildcard").value_or(false);
  one.proof.key_authorization = text_at(json, "key_authorization");
  one.proof.token = one.proof.key_authorization.substr(0, one.proof.key_authorization.find('.'));
  return one;
}

}  // namespace

class CertificateStore::Journal final : public OrderJournal {
 public:
  Journal(CertificateStore& store, std::string key) : store_(store), key_(std::move(key)) {}

  Flow<std::optional<OrderRecord>> load() override {
    std::optional<Json> json = co_await store_.read(key_);
    if (!json) co_return std::optional<OrderRecord>();
    OrderRecord record;
    record.url = text_at(*json, "order");
    record.key = core::Secret(text_at(*json, "key"));
    if (const Json* presented = json->find("presented")) {
      for (const Json& one : presented->elements()) record.presented.push_back(presented_of(one));
    }
    if (core::PrivateKey::from_pem(record.key)) co_return std::optional(std::move(record));
    co_await store_.set_aside(key_, "its key cannot be read");
    co_return std::optional<OrderRecord>();
  }
  Flow<> save(OrderRecord record) override {
    Json json = Json::object();
    json.set("order", Json(record.url));
    json.set("key", Json(record.key.reveal()));
    if (!record.presented.empty()) {
      Json presented = Json::array();
      for (const PresentedProof& one : record.presented) presented.push(json_of(one));
      json.set("presented", std::move(presented));
    }
    co_await store_.write(key_, std::move(json));
    co_return core::done();
  }
  Flow<> clear() override {
    co_await store_.storage_.remove(key_);
    co_return core::done();
  }

 private:
  CertificateStore& store_;
  std::string key_;
};

std::unique_ptr<OrderJournal> CertificateStore::journal(std::string set, std::string authority) {
  return std::make_unique<Journal>(*this,
                                   std::string(kSetFolder) + set + "/" + std::string(kUnderWay) + authority);
}

}  // namespace tls
