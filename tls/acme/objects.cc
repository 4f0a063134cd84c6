#include "tls/acme/objects.h"

#include <fmt/format.h>

#include <algorithm>

#include "tls/challenge_answers.h"

namespace tls {
namespace {

using core::ErrorKind;
using core::Json;
using core::Result;
using core::Side;

constexpr core::JsonLimits kLimits{.bytes = 256UL * 1024, .depth = 12, .values = 5000};
constexpr std::size_t kMaxIdentifierBytes = 253;
constexpr std::size_t kMaxTypeBytes = 64;
constexpr std::size_t kMaxIssuerDomains = 10;

std::unexpected<core::Error> malformed(std::string text) {
  return core::failure(ErrorKind::malformed, Side::authority, std::move(text), core::Retry::later);
}

Result<core::Url> url_at(const Json& json, std::string_view name, const AcmeHosts& hosts) {
  const auto text = json.string_at(name);
  if (!text) return malformed(fmt::format("no {} where there must be one", name));
  auto url = hosts.checked(*text);
  if (!url) return core::failure(std::move(url.error()).during(name));
  return url;
}

Result<std::optional<core::Url>> optional_url_at(const Json& json, std::string_view name,
                                                 const AcmeHosts& hosts) {
  if (json.find(name) == nullptr) return std::optional<core::Url>();
  auto url = url_at(json, name, hosts);
  if (!url) return core::failure(std::move(url.error()));
  return std::optional(std::move(*url));
}

std::vector<std::string> domains_at(const Json& json, std::string_view name) {
  std::vector<std::string> domains;
  const Json* list = json.find(name);
  if (list == nullptr) return domains;
  for (const Json& entry : list->elements()) {
    if (domains.size() == kMaxIssuerDomains) break;
    const std::string_view domain = entry.as_string().value_or("");
    if (!domain.empty() && domain.size() <= kMaxIdentifierBytes) domains.emplace_back(domain);
  }
  return domains;
}

void read_meta(const Json& meta, AcmeDirectory& out) {
  if (const auto terms = core::parse_url(meta.string_at("termsOfService").value_or(""), Side::authority)) {
    out.terms = terms->text().substr(0, kMaxProblemText);
  }
  out.needs_external_account = meta.boolean_at("externalAccountRequired").value_or(false);
  out.caa_identities = domains_at(meta, "caaIdentities");
  const Json* profiles = meta.find("profiles");
  if (profiles == nullptr) return;
  for (const core::JsonMember& member : profiles->members()) {
    if (out.profiles.size() == kMaxProfiles) break;
    out.profiles.emplace_back(member.name.substr(0, kMaxTypeBytes),
                              std::string(member.value.as_string().value_or("")).substr(0, kMaxProblemText));
  }
}

std::optional<OrderStatus> order_status(std::string_view text) {
  if (text == "pending") return OrderStatus::pending;
  if (text == "ready") return OrderStatus::ready;
  if (text == "processing") return OrderStatus::processing;
  if (text == "valid") return OrderStatus::valid;
  if (text == "invalid") return OrderStatus::invalid;
  return std::nullopt;
}

std::optional<Problem> problem_at(const Json& json) {
  const Json* error = json.find("error");
  if (error == nullptr || !error->is_object()) return std::nullopt;
  return read_problem(*error);
}

std::optional<AcmeChallenge> read_challenge(const Json& json, const AcmeHosts& hosts) {
  AcmeChallenge out;
  out.type = std::string(json.string_at("type").value_or(""));
  const auto url = hosts.checked(json.string_at("url").value_or(""));
  if (out.type.empty() || out.type.size() > kMaxTypeBytes || !url) return std::nullopt;
  out.url = *url;
  const std::string_view token = json.string_at("token").value_or("");
  // A standing record alone is proved without one.
  const bool may_lack_token = out.type == "dns-persist-01" && token.empty();
  if (!may_lack_token && !is_challenge_token(token)) return std::nullopt;
  out.token = std::string(token);
  out.is_pending = json.string_at("status").value_or("pending") == "pending";
  out.problem = problem_at(json);
  out.issuer_domains = domains_at(json, "issuer-domain-names");
  return out;
}

}  // namespace

Result<core::Url> AcmeHosts::checked(std::string_view text) const {
  auto url = core::parse_url(text, Side::authority);
  if (!url) return core::failure(std::move(url.error()));
  if (url->scheme != "https") return malformed("a URL that is not https: " + url->text());
  const std::string& host = url->authority.host;
  if (host == own || std::ranges::find(others, host) != others.end()) return url;
  return malformed(
      fmt::format("a URL on {}, which is not the directory's host; if it is right, list it under hosts of "
                  "tls.acme.directory",
                  host));
}

Result<AcmeDirectory> AcmeDirectory::parse(const Json& json, const AcmeHosts& hosts) {
  if (!json.is_object()) return malformed("the directory is no JSON object");
  AcmeDirectory out;
  for (auto [name, place] : {std::pair("newNonce", &out.new_nonce), std::pair("newAccount", &out.new_account),
                             std::pair("newOrder", &out.new_order)}) {
    auto url = url_at(json, name, hosts);
    if (!url) return core::failure(std::move(url.error()).during("the directory"));
    *place = std::move(*url);
  }
  for (auto [name, place] :
       {std::pair("revokeCert", &out.revoke_certificate), std::pair("keyChange", &out.key_change),
        std::pair("renewalInfo", &out.renewal_info)}) {
    auto url = optional_url_at(json, name, hosts);
    if (!url) return core::failure(std::move(url.error()).during("the directory"));
    *place = std::move(*url);
  }
  if (const Json* meta = json.find("meta")) read_meta(*meta, out);
  return out;
}

Result<AcmeOrder> AcmeOrder::parse(const Json& json, const AcmeHosts& hosts) {
  AcmeOrder out;
  const auto status = order_status(json.string_at("status").value_or(""));
  if (!status) return malformed("an order without a status that we know");
  out.status = *status;
  auto finalize = url_at(json, "finalize", hosts);
  if (!finalize) return core::failure(std::move(finalize.error()).during("an order"));
  out.finalize = std::move(*finalize);
  auto certificate = optional_url_at(json, "certificate", hosts);
  if (!certificate) return core::failure(std::move(certificate.error()).during("an order"));
  out.certificate = std::move(*certificate);
  const Json* list = json.find("authorizations");
  if (list != nullptr && list->elements().size() > kMaxOrderAuthorizations) {
    return core::failure(ErrorKind::too_large, Side::authority, "an order with over 200 authorizations");
  }
  if (list != nullptr) {
    for (const Json& entry : list->elements()) {
      auto url = hosts.checked(entry.as_string().value_or(""));
      if (!url) return core::failure(std::move(url.error()).during("an order's authorization"));
      out.authorizations.push_back(std::move(*url));
    }
  }
  out.problem = problem_at(json);
  return out;
}

Result<AcmeAuthorization> AcmeAuthorization::parse(const Json& json, const AcmeHosts& hosts) {
  AcmeAuthorization out;
  const std::string_view status = json.string_at("status").value_or("");
  if (status.empty()) return malformed("an authorization without a status");
  if (status == "pending") out.status = AuthorizationStatus::pending;
  if (status == "valid") out.status = AuthorizationStatus::valid;
  const Json* identifier = json.find("identifier");
  const auto value = identifier == nullptr ? std::nullopt : identifier->string_at("value");
  if (!value || value->empty() || value->size() > kMaxIdentifierBytes) {
    return malformed("an authorization without an identifier");
  }
  out.identifier = std::string(*value);
  out.is_wildcard = json.boolean_at("wildcard").value_or(false);
  const Json* challenges = json.find("challenges");
  if (challenges == nullptr) return out;
  for (const Json& entry : challenges->elements()) {
    if (out.challenges.size() == kMaxAuthorizationChallenges) break;
    if (auto challenge = read_challenge(entry, hosts)) out.challenges.push_back(std::move(*challenge));
  }
  return out;
}

Problem AcmeAuthorization::failure() const {
  for (const AcmeChallenge& challenge : challenges) {
    if (!challenge.problem) continue;
    Problem problem = *challenge.problem;
    problem.detail = fmt::format("{} by {}: {}", identifier, challenge.type, problem.detail);
    return problem;
  }
  Problem problem;
  problem.detail = identifier + ": the authorization is not valid any more";
  return problem;
}

Result<Json> parse_acme_json(std::string_view text, std::string_view what) {
  auto json = Json::parse(text, Side::authority, kLimits);
  if (!json) return core::failure(std::move(json.error()).during(what));
  if (!json->is_object()) return malformed(std::string(what) + ": no JSON object");
  return json;
}

}  // namespace tls
