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

void gather(const core::Json& value, Steps steps, std::vector<const core::Json*>& out) {
  if (value.is_array()) {
    for (const core::Json& element : value.elements()) gather(element, steps, out);
    return;
  }
  if (steps.empty()) {
    out.push_back(&value);
    return;
  }
  if (const core::Json* member = value.find(steps.front())) gather(*member, steps.subspan(1), out);
}

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

std::vector<std::string> groups_of(const core::Json& claims, const config::ClaimPath& path) {
  std::vector<std::string> groups;
  for (const core::Json* value : values_at(claims, path)) {
    const auto text = value->as_string();
    if (text && !text->empty() && groups.size() < kMaxGroups) groups.emplace_back(*text);
  }
  return groups;
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

/// email_verified speaks of the claim `email` and of nothing else that an operator may have chosen as e-mail.
bool email_counts(const config::Provider& provider, const core::Json& claims, std::string_view email) {
  if (email.empty() || provider.email == config::EmailTrust::ignored) return false;
  if (provider.email == config::EmailTrust::trusted) return true;
  return claims.boolean_at("email_verified") == true && claims.string_at("email") == email;
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
  const core::Json* literal = path.literal.empty() ? nullptr : claims.find(path.literal);
  if (literal != nullptr) {
    gather(*literal, {}, values);
  } else {
    gather(claims, path.steps, values);
  }
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
  if (brings_email) {
    // What stood there without an e-mail said nothing about this one.
    const core::Json* verified = more.find("email_verified");
    claims.set("email_verified", verified != nullptr ? *verified : core::Json());
  }
  for (const core::JsonMember& member : more.members()) {
    if (claims.find(member.name) != nullptr) continue;
    if (member.name == "email_verified" && !is_same_email) continue;
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
         std::any_of(kept.begin(), kept.end(), is_missing) ||
         (provider.email == config::EmailTrust::verified && claims.find("email_verified") == nullptr);
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
  identity.groups = groups_of(claims, provider.claims.groups);
  identity.claims = pruned(claims, kept);
  return identity;
}

}  // namespace gateway
