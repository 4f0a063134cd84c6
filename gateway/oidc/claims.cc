#include "gateway/oidc/claims.h"

#include <algorithm>
#include <span>
#include <utility>

#include "config/identity.h"
#include "core/text/expand.h"
#include "gateway/session/session.h"

namespace gateway {
namespace {

using Steps = std::span<const std::string>;
constexpr std::string_view kClaimPlaceholder = "claim.";

/// Copies what `steps` lead to from `from` into `into`. An array on the way is copied whole.
void copy_path(const core::Json& from, Steps steps, core::Json& into) {
  const core::Json* member = from.find(steps.front());
  if (member == nullptr) return;
  if (steps.size() == 1 || !member->is_object()) {
    into.set(steps.front(), *member);
    return;
  }
  const core::Json* begun = into.find(steps.front());
  core::Json inner = begun != nullptr && begun->is_object() ? *begun : core::Json::object();
  copy_path(*member, steps.subspan(1), inner);
  into.set(steps.front(), std::move(inner));
}

config::ClaimPath path_of(std::string_view dotted) {
  config::ClaimPath path;
  path.literal = dotted;
  while (true) {
    const std::size_t dot = dotted.find('.');
    path.steps.emplace_back(dotted.substr(0, dot));
    if (dot == std::string_view::npos) return path;
    dotted.remove_prefix(dot + 1);
  }
}

void add_claims_of(const std::string& text, ClaimPaths& paths) {
  const core::Result<core::Template> parsed = core::Template::parse(text);
  if (!parsed) return;  // config has refused it
  for (const std::string_view name : parsed->names()) {
    if (name.starts_with(kClaimPlaceholder)) paths.push_back(path_of(name.substr(kClaimPlaceholder.size())));
  }
}

/// The texts at `path` that are not empty. More than kMaxGroups: `refused`.
core::Result<std::vector<std::string>> texts_at(const core::Json& claims, const config::ClaimPath& path) {
  std::vector<std::string> texts;
  for (const core::Json* value : values_at(claims, path)) {
    const auto text = value->as_string();
    if (text && !text->empty()) texts.emplace_back(*text);
    if (texts.size() > kMaxGroups) {
      return core::failure(core::ErrorKind::refused, core::Side::provider,
                           "the claims name too many groups or roles");
    }
  }
  return texts;
}

/// None where the claim is a single text: that is the e-mail. What is no text is no address; it stands for
/// one all the same, so that a rule that denies cannot decide and denies.
std::vector<std::string> several_emails_of(const core::Json& claims, const config::ClaimPath& path) {
  const std::vector<const core::Json*> values = values_at(claims, path);
  std::vector<std::string> emails;
  if (values.size() < 2) return emails;
  for (const core::Json* value : values) emails.emplace_back(value->as_string().value_or(std::string_view()));
  return emails;
}

/// The claims by which a provider says that it has checked the e-mail beside it.
constexpr std::string_view kVerified = "email_verified";
constexpr std::string_view kVerifiedDomain = "xms_edov";  ///< entra: the domain of the e-mail is the tenant's

std::string_view proof_of_email(const config::Provider& provider) {
  return provider.type == config::ProviderType::entra ? kVerifiedDomain : kVerified;
}

/// The proof speaks of the claim `email` and of nothing else that an operator may have chosen as e-mail.
bool email_counts(const config::Provider& provider, const core::Json& claims, std::string_view email) {
  if (email.empty() || provider.email == config::EmailTrust::ignored) return false;
  if (provider.email == config::EmailTrust::trusted) return true;
  const std::string_view proof = proof_of_email(provider);
  const bool is_one = proof == kVerifiedDomain && claims.integer_at(proof) == 1;  // some tokens have it so
  return (claims.boolean_at(proof) == true || is_one) && claims.string_at("email") == email;
}

/// What the operator chose as {user}; nothing where that is an e-mail that does not count, for it would reach
/// headers by another name.
std::string_view user_of(const config::Provider& provider, const core::Json& claims, bool email_counts) {
  const config::ClaimPath& path = provider.claims.user;
  const bool is_email = is_email_claim(path) || path == provider.claims.email;
  return is_email && !email_counts ? std::string_view() : text_at(claims, path);
}

}  // namespace

bool is_email_claim(const config::ClaimPath& path) {
  return path.steps.size() == 1 && path.steps.front() == "email";
}

std::vector<const core::Json*> values_at(const core::Json& claims, const config::ClaimPath& path) {
  std::vector<const core::Json*> values;
  any_value_at(claims, path, [&values](const core::Json& value) {
    values.push_back(&value);
    return false;
  });
  return values;
}

std::string_view text_at(const core::Json& claims, const config::ClaimPath& path) {
  const std::vector<const core::Json*> values = values_at(claims, path);
  if (values.size() != 1) return {};
  return values.front()->as_string().value_or(std::string_view());
}

core::Json pruned(const core::Json& claims, const ClaimPaths& paths) {
  core::Json kept = core::Json::object();
  for (const config::ClaimPath& path : paths) {
    const core::Json* literal = path.literal.empty() ? nullptr : claims.find(path.literal);
    if (literal != nullptr) {
      kept.set(path.literal, *literal);
    } else {
      copy_path(claims, path.steps, kept);
    }
  }
  return kept;
}

ClaimPaths named_claims(const config::Config& config) {
  ClaimPaths paths;
  for (const config::Policy& policy : config.policies) {
    for (const std::vector<config::Rule>* rules : {&policy.deny, &policy.allow}) {
      for (const config::Rule& rule : *rules) {
        for (const config::ClaimTest& test : rule.claims) paths.push_back(test.path);
      }
    }
  }
  for (const config::Route& route : config.routes) {
    for (const config::IdentityLine& line : config::identity_lines(route.identity)) {
      for (const config::Located& value : line.values) add_claims_of(value.text, paths);
    }
    for (const auto& [name, value] : route.request_headers.set) add_claims_of(value.text, paths);
  }
  return paths;
}

core::Json merged(core::Json claims, const core::Json& more) {
  const bool brings_email = claims.find("email") == nullptr && more.find("email") != nullptr;
  const bool is_same_email =
      claims.find("email") == nullptr || claims.string_at("email") == more.string_at("email");
  for (const std::string_view proof : {kVerified, kVerifiedDomain}) {
    if (!brings_email) break;
    // What stood there without an e-mail said nothing about this one.
    const core::Json* verified = more.find(proof);
    if (verified != nullptr || claims.find(proof) != nullptr) {
      claims.set(proof, verified != nullptr ? *verified : core::Json());
    }
  }
  for (const core::JsonMember& member : more.members()) {
    if (claims.find(member.name) != nullptr) continue;
    const bool is_proof = member.name == kVerified || member.name == kVerifiedDomain;
    if (is_proof && !is_same_email) continue;
    claims.set(member.name, member.value);
  }
  return claims;
}

bool lacks_claims(const core::Json& claims, const config::Provider& provider, const ClaimPaths& kept) {
  const config::ClaimNames& names = provider.claims;
  const config::ClaimPath* const own[] = {&names.user, &names.email, &names.name, &names.preferred_username,
                                          &names.groups};
  const auto is_missing = [&](const config::ClaimPath& path) { return values_at(claims, path).empty(); };
  return std::any_of(std::begin(own), std::end(own),
                     [&](const config::ClaimPath* path) { return is_missing(*path); }) ||
         (names.roles && is_missing(*names.roles)) || std::any_of(kept.begin(), kept.end(), is_missing) ||
         (provider.email == config::EmailTrust::verified && claims.find(proof_of_email(provider)) == nullptr);
}

core::Result<Identity> make_identity(const config::Provider& provider, const core::Json& claims,
                                     const ClaimPaths& kept) {
  Identity identity;
  identity.provider = provider.name;
  identity.issuer = provider.issuer;
  identity.subject = claims.string_at("sub").value_or(std::string_view());
  if (identity.subject.empty()) {
    return core::failure(core::ErrorKind::unverified, core::Side::provider, "the claims name no subject");
  }
  if (!provider.hosted_domain.empty() && claims.string_at("hd") != provider.hosted_domain) {
    return core::failure(core::ErrorKind::refused, core::Side::provider,
                         "the account is not of the hosted domain " + provider.hosted_domain);
  }
  // Also one that counts for nothing: a rule that denies it must see it.
  identity.email = text_at(claims, provider.claims.email);
  identity.several_emails = several_emails_of(claims, provider.claims.email);
  if (identity.several_emails.size() > kMaxEmails) {
    return core::failure(core::ErrorKind::refused, core::Side::provider, "the claims name too many e-mails");
  }
  identity.email_counts = email_counts(provider, claims, identity.email);
  const std::string_view user = user_of(provider, claims, identity.email_counts);
  identity.user = user.empty() ? std::string_view(identity.subject) : user;
  identity.name = text_at(claims, provider.claims.name);
  identity.preferred_username = text_at(claims, provider.claims.preferred_username);
  core::Result<std::vector<std::string>> groups = texts_at(claims, provider.claims.groups);
  if (!groups) return core::failure(std::move(groups.error()));
  identity.groups = std::move(*groups);
  if (provider.claims.roles) {
    core::Result<std::vector<std::string>> roles = texts_at(claims, *provider.claims.roles);
    if (!roles) return core::failure(std::move(roles.error()));
    identity.roles = std::move(*roles);
  }
  identity.claims = pruned(claims, kept);
  if (identity.claims.text().size() > kMaxClaimBytes) {
    return core::failure(core::ErrorKind::refused, core::Side::provider, "the claims are too large");
  }
  return identity;
}

void keep_session(const Identity& before, Identity& now) {
  now.issuer = before.issuer;
  now.session_id = before.session_id;
  now.provider_session = before.provider_session;
  now.proven_at = before.proven_at;
  now.signed_in_at = before.signed_in_at;
  now.expires_at = before.expires_at;
}

}  // namespace gateway
