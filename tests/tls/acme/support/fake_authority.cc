#include "tests/tls/acme/support/fake_authority.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "core/crypto/jwk.h"
#include "core/crypto/openssl.h"
#include "core/crypto/signature.h"
#include "core/text/base64.h"
#include "tls/acme/certificate_request.h"

namespace test_support {

using core::FetchResponse;
using core::Json;

struct FakeAuthority::Issuer {
  core::KeyOwner key;
  core::CertificateOwner certificate;
  std::string pem;
};

struct FakeAuthority::Signed {
  Json header;
  std::string payload;
  Json json;
  core::PublicKey key;
  std::string thumbprint;
};

namespace {

FetchResponse json_answer(int status, const Json& json) {
  FetchResponse out;
  out.status = status;
  out.fields.emplace_back("Content-Type", "application/json");
  out.body = json.text();
  return out;
}

std::string pem_of(X509* certificate) {
  const core::BioOwner out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate);
  return std::string(core::contents_of(out.get()));
}

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX names;
  X509V3_set_ctx_nodb(&names);
  X509V3_set_ctx(&names, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &names, id, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

core::PublicKey key_of_jwk(const Json& jwk) {
  core::PublicNumbers numbers;
  numbers.kind = core::KeyKind::p256;
  numbers.first = *core::base64url_decode(*jwk.string_at("x"));
  numbers.second = *core::base64url_decode(*jwk.string_at("y"));
  return *core::PublicKey::from_numbers(numbers);
}

}  // namespace

FetchResponse problem(int status, const std::string& type, const std::string& detail) {
  Json json = Json::object();
  json.set("type", Json("urn:ietf:params:acme:error:" + type));
  json.set("detail", Json(detail));
  FetchResponse out = json_answer(status, json);
  return out;
}

FakeAuthority::FakeAuthority(const core::Clock& clock, std::string host)
    : clock_(clock), host_(std::move(host)), issuer_(std::make_unique<Issuer>()) {
  issuer_->key.reset(EVP_EC_gen("P-256"));
  issuer_->certificate.reset(X509_new());
  X509* root = issuer_->certificate.get();
  X509_set_version(root, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(root), 1);
  ASN1_TIME_set(X509_getm_notBefore(root), core::unix_seconds(clock.wall()) - 1000);
  ASN1_TIME_set(X509_getm_notAfter(root), core::unix_seconds(clock.wall()) + 999999999);
  X509_set_pubkey(root, issuer_->key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(root), "CN", MBSTRING_UTF8,
                             core::octets(std::string_view("Fake Root")), 9, -1, 0);
  X509_set_issuer_name(root, X509_get_subject_name(root));
  add_extension(root, root, NID_subject_key_identifier, "hash");
  X509_sign(root, issuer_->key.get(), EVP_sha256());
  issuer_->pem = pem_of(root);
}

FakeAuthority::~FakeAuthority() = default;

core::Url FakeAuthority::directory_url() const {
  return *core::parse_url(url("dir"));
}

std::size_t FakeAuthority::count(const std::string& what) const {
  return static_cast<std::size_t>(std::count(requests.begin(), requests.end(), what));
}

std::string FakeAuthority::fresh_nonce() {
  const std::string nonce = "nonce-" + std::to_string(++number_);
  nonces_.insert(nonce);
  return nonce;
}

core::Flow<FetchResponse> FakeAuthority::fetch(core::FetchRequest request, core::FetchLimits limits) {
  const int number = static_cast<int>(requests.size());
  const bool breaks = number == break_at;
  if (request.url.authority.host != host_ || request.url.scheme != "https") {
    ++strays;
    co_return core::failure(core::ErrorKind::unreachable, core::Side::origin, "no such host");
  }
  if (breaks && lose_request) {
    requests.push_back(request.method + " lost");
    co_return core::failure(core::ErrorKind::closed, core::Side::origin, "the connection broke");
  }
  FetchResponse response = answer(request);
  const bool gives_nonce = request.method == "POST" || request.url.path == "/new-nonce";
  if (gives_nonce) response.fields.emplace_back("Replay-Nonce", fresh_nonce());
  if (breaks) co_return core::failure(core::ErrorKind::closed, core::Side::origin, "the connection broke");
  if (response.body.size() > limits.body_bytes) {
    co_return core::failure(core::ErrorKind::too_large, core::Side::origin, "the response is too large");
  }
  co_return std::move(response);
}

std::optional<FakeAuthority::Signed> FakeAuthority::read(const core::FetchRequest& request) {
  const Json body = *Json::parse(request.body, core::Side::client);
  const std::string encoded(*body.string_at("protected"));
  const std::string payload(*body.string_at("payload"));
  const Json header = *Json::parse(*core::base64url_decode(encoded), core::Side::client);
  std::optional<core::PublicKey> key;
  if (const Json* jwk = header.find("jwk")) {
    key = key_of_jwk(*jwk);
  } else {
    const auto found = keys.find(std::string(header.string_at("kid").value_or("")));
    if (found == keys.end()) return std::nullopt;
    key = found->second;
  }
  const std::string signature = *core::base64url_decode(*body.string_at("signature"));
  if (!core::verify_signature(*key, core::SignatureAlgorithm::es256, encoded + "." + payload, signature)) {
    violations.push_back("a wrong signature");
  }
  if (header.string_at("url") != request.url.text()) violations.push_back("another url in the header");
  Signed out{header, *core::base64url_decode(payload), Json::object(), *key, core::thumbprint(*key)};
  if (!out.payload.empty()) out.json = *Json::parse(out.payload, core::Side::client);
  return out;
}

FetchResponse FakeAuthority::answer(const core::FetchRequest& request) {
  const std::string path = request.url.path.substr(1);
  const std::string what = path.substr(0, path.find('/'));
  const std::string id = path.find('/') == std::string::npos ? "" : path.substr(path.find('/') + 1);
  requests.push_back(request.method + " " + what);
  if (request.method == "POST") return post(request, what, id);
  if (instead) {
    if (auto other = instead(what, Json())) return *other;
  }
  if (what == "dir") {
    Json directory = Json::object();
    directory.set("newNonce", Json(url("new-nonce")));
    directory.set("newAccount", Json(url("new-account")));
    directory.set("newOrder", Json(url("new-order")));
    directory.set("keyChange", Json(url("key-change")));
    for (const core::JsonMember& member : directory_more.members()) directory.set(member.name, member.value);
    return json_answer(200, directory);
  }
  if (what == "new-nonce") return json_answer(200, Json::object());
  return problem(404, "malformed", "no such resource");
}

FetchResponse FakeAuthority::post(const core::FetchRequest& request, const std::string& what,
                                  const std::string& id) {
  const Json outer = *Json::parse(request.body, core::Side::client);
  const Json header =
      *Json::parse(*core::base64url_decode(*outer.string_at("protected")), core::Side::client);
  const bool is_known_nonce = nonces_.erase(std::string(header.string_at("nonce").value_or(""))) == 1;
  if (!is_known_nonce || reject_nonces > 0) {
    if (is_known_nonce) --reject_nonces;
    return problem(400, "badNonce");
  }
  if ((header.find("jwk") != nullptr) != (what == "new-account")) violations.push_back("jwk or kid: " + what);
  const std::optional<Signed> body = read(request);
  if (!body) return problem(400, "accountDoesNotExist");
  if (instead) {
    if (auto other = instead(what, body->json)) return *other;
  }
  FetchResponse out = problem(404, "malformed", "no such resource");
  if (what == "new-account") out = new_account(*body);
  if (what == "key-change") {
    const Json inner_header =
        *Json::parse(*core::base64url_decode(*body->json.string_at("protected")), core::Side::client);
    const std::string account(*body->header.string_at("kid"));
    const core::PublicKey next = key_of_jwk(*inner_header.find("jwk"));
    accounts.erase(body->thumbprint);
    accounts[core::thumbprint(next)] = account;
    keys.insert_or_assign(account, next);
    out = json_answer(200, Json::object());
  }
  if (what == "account") out = json_answer(200, Json::object());
  if (what == "new-order") out = new_order(*body);
  if (what == "order" && orders.contains(id)) out = order_answer(orders[id], id);
  if (what == "finalize" && orders.contains(id)) out = finalize(orders[id], *body, id);
  if (what == "authz" && authorizations.contains(id)) {
    if (body->json.string_at("status") == "deactivated") authorizations[id].status = "deactivated";
    out = authorization_answer(id);
  }
  if (what == "challenge") {
    if (body->payload != "{}") violations.push_back("a challenge was answered with " + body->payload);
    FakeAuthorization& proved = authorizations[id.substr(0, id.find('/'))];
    const bool is_provable = !unprovable.contains((proved.is_wildcard ? "*." : "") + proved.name);
    proved.status = validates && is_provable ? "valid" : "invalid";
    out = json_answer(200, Json::object());
  }
  if (what == "certificate" && orders.contains(id)) {
    out.status = 200;
    out.fields = {{"Content-Type", "application/pem-certificate-chain"}};
    out.body = orders[id].chain;
  }
  if (edit) edit(what, out);
  return out;
}

FetchResponse FakeAuthority::new_account(const Signed& body) {
  const auto known = accounts.find(body.thumbprint);
  const bool only_existing = body.json.boolean_at("onlyReturnExisting").value_or(false);
  if (known == accounts.end() && only_existing) return problem(400, "accountDoesNotExist");
  const bool is_new = known == accounts.end();
  const std::string account = is_new ? url("account/" + std::to_string(++number_)) : known->second;
  accounts[body.thumbprint] = account;
  keys.insert_or_assign(account, body.key);
  FetchResponse out = json_answer(is_new ? 201 : 200, Json::object());
  out.fields.emplace_back("Location", account);
  return out;
}

FetchResponse FakeAuthority::new_order(const Signed& body) {
  FakeOrder order;
  order.asked = body.json;
  bool all_valid = true;
  for (const Json& identifier : body.json.find("identifiers")->elements()) {
    const std::string name(*identifier.string_at("value"));
    order.names.push_back(name);
    FakeAuthorization authorization;
    authorization.is_wildcard = name.starts_with("*.");
    authorization.name = authorization.is_wildcard ? name.substr(2) : name;
    if (keeps_authorizations) authorization.status = "valid";
    all_valid &= authorization.status == "valid";
    const std::string id = std::to_string(++number_);
    authorizations[id] = authorization;
    // An order of them means nothing.
    order.authorizations.insert(order.authorizations.begin(), id);
  }
  if (all_valid) order.status = "ready";
  const std::string id = std::to_string(++number_);
  orders[id] = order;
  FetchResponse out = order_answer(orders[id], id);
  out.status = 201;
  out.fields.emplace_back("Location", url("order/" + id));
  return out;
}

FetchResponse FakeAuthority::order_answer(FakeOrder& order, const std::string& id) {
  if (order.status == "pending") {
    bool all_valid = true;
    for (const std::string& authorization : order.authorizations) {
      const std::string& status = authorizations[authorization].status;
      all_valid &= status == "valid";
      if (status == "invalid") order.status = "invalid";
    }
    if (all_valid) order.status = "ready";
  } else if (order.status == "processing" && --order.polls_left <= 0) {
    order.status = "valid";
  }
  Json json = Json::object();
  json.set("status", Json(order.status));
  json.set("finalize", Json(url("finalize/" + id)));
  if (order.status == "valid") json.set("certificate", Json(url("certificate/" + id)));
  Json list = Json::array();
  for (const std::string& authorization : order.authorizations)
    list.push(Json(url("authz/" + authorization)));
  json.set("authorizations", std::move(list));
  return json_answer(200, json);
}

FetchResponse FakeAuthority::authorization_answer(const std::string& id) {
  const FakeAuthorization& authorization = authorizations[id];
  Json identifier = Json::object();
  identifier.set("type", Json("dns"));
  identifier.set("value", Json(authorization.name));
  Json json = Json::object();
  json.set("status", Json(authorization.status));
  json.set("identifier", std::move(identifier));
  if (authorization.is_wildcard) json.set("wildcard", Json(true));
  Json list = Json::array();
  for (const std::string& type : challenges) {
    Json challenge = Json::object();
    challenge.set("type", Json(type));
    challenge.set("url", Json(url("challenge/" + id + "/" + type)));
    challenge.set("status", Json(authorization.status));
    challenge.set("token", Json(token));
    if (authorization.status == "invalid") {
      Json error = Json::object();
      error.set("type", Json("urn:ietf:params:acme:error:connection"));
      error.set("detail", Json("nobody answers"));
      challenge.set("error", std::move(error));
    }
    list.push(std::move(challenge));
  }
  json.set("challenges", std::move(list));
  return json_answer(200, json);
}

FetchResponse FakeAuthority::finalize(FakeOrder& order, const Signed& body, const std::string& id) {
  order_answer(order, id);
  if (order.status != "ready") return problem(403, "orderNotReady");
  order.chain = issue(*core::base64url_decode(*body.json.string_at("csr")), order.names);
  order.status = processing_polls > 0 ? "processing" : "valid";
  order.polls_left = processing_polls + 1;
  return order_answer(order, id);
}

std::string FakeAuthority::issue(const std::string& request_der, const std::vector<std::string>& names) {
  const auto* bytes = core::octets(request_der);
  const core::CertificateRequestOwner request(
      d2i_X509_REQ(nullptr, &bytes, static_cast<long>(request_der.size())));
  const core::CertificateOwner leaf(X509_new());
  X509_set_version(leaf.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(leaf.get()), 0x80 + ++issued);
  const std::int64_t now = core::unix_seconds(clock_.wall());
  ASN1_TIME_set(X509_getm_notBefore(leaf.get()), now);
  ASN1_TIME_set(X509_getm_notAfter(leaf.get()), now + lifetime.count() / 1000);
  X509_set_pubkey(leaf.get(), X509_REQ_get0_pubkey(request.get()));
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(issuer_->certificate.get()));
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ",") + std::string(tls::is_address(name) ? "IP:" : "DNS:") + name;
  }
  add_extension(leaf.get(), issuer_->certificate.get(), NID_subject_alt_name, list);
  add_extension(leaf.get(), issuer_->certificate.get(), NID_authority_key_identifier, "keyid:always");
  X509_sign(leaf.get(), issuer_->key.get(), EVP_sha256());
  std::string chain = pem_of(leaf.get()) + issuer_->pem;
  if (edit_chain) edit_chain(chain);
  return chain;
}

}  // namespace test_support
