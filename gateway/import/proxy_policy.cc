// Whom an oauth2-proxy lets in: an e-mail (domain or list) that fits, and of the groups, organisations and
// names one.
#include <algorithm>

#include "config/values.h"
#include "gateway/import/proxy_draft.h"

namespace gateway {
namespace {

constexpr std::string_view kPolicy = "signed-in";

class PolicyDraft {
 public:
  PolicyDraft(const ProxyOptions& options, Draft& draft) : options_(options), draft_(draft) {}

  void write() {
    write_options();
    write_emails();
    write_members();
    write_machines();
    DraftPolicy policy;
    policy.name = kPolicy;
    for (const DraftRule& email : emails_) {
      for (const DraftRule& member : members_) {
        DraftRule rule = email;
        rule.insert(rule.end(), member.begin(), member.end());
        policy.allow.push_back(rule.empty() ? DraftRule{{"authenticated", {}}} : rule);
      }
    }
    policy.allow.insert(policy.allow.end(), machines_.begin(), machines_.end());
    if (draft_.login_is_closed || policy.allow.empty()) {
      draft_.login_is_closed = true;
      return;
    }
    draft_.login_policy = kPolicy;
    draft_.policies.push_back(std::move(policy));
  }

 private:
  void note(std::string_view option, std::string what, std::string mend = {}) {
    const ProxyOption* found = options_.find(option);
    draft_.note(found == nullptr ? ImportPlace{"oauth2-proxy", 0} : found->at,
                std::string(option) + (what.empty() ? "" : " ") + what, std::move(mend));
  }

  /// An unknown option could have kept somebody out.
  static bool may_restrict(std::string_view name) {
    for (const std::string_view word : {"allow", "restrict", "group", "team", "org", "role", "email", "user",
                                        "domain", "tenant", "den", "member", "project", "repo", "auth"}) {
      if (name.find(word) != std::string_view::npos) return true;
    }
    return false;
  }

  void write_options() {
    for (const ProxyOption* option : options_.all()) {
      const KnownProxyOption* known = known_proxy_option(option->name);
      const bool is_empty =
          option->values.empty() || option->values.front().empty() || option->values.front() == "false";
      if (known == nullptr) {
        const bool closes = may_restrict(option->name);
        note(option->name,
             closes ? "is not known: as it may keep people out, nobody is let in" : "is not known");
        draft_.login_is_closed = draft_.login_is_closed || closes;
      } else if (known->fate == ProxyFate::restricting && !is_empty) {
        note(option->name, "kept people out, so nobody is let in", std::string(known->mend));
        draft_.login_is_closed = true;
      } else if (known->fate == ProxyFate::lost && !is_empty) {
        note(option->name, "", std::string(known->mend));
      }
    }
    for (const auto& [what, at] : options_.conflicts) {
      draft_.note(at, what + ", so nobody is let in", "import each oauth2-proxy by itself");
      draft_.login_is_closed = true;
    }
    for (const auto& [key, at] : options_.unknown_keys) {
      const bool closes =
          may_restrict(config::lower_case(key)) && !key.starts_with("providers.loginURLParameters");
      draft_.note(at, key + (closes ? " is not known: as it may keep people out, nobody is let in" : ""));
      draft_.login_is_closed = draft_.login_is_closed || closes;
    }
  }

  /// One of these must hold; an empty rule: everybody.
  void write_emails() {
    const std::string file = options_.text("authenticated_emails_file");
    std::vector<std::string> domains;
    bool is_all = false;
    for (std::string domain : options_.list("email_domains")) {
      if (domain == "*") {
        is_all = true;
      } else if (domain.find_first_of("*@:/ ") == std::string::npos && !domain.starts_with('.') &&
                 domain.find('.') != std::string::npos) {
        domains.push_back(std::move(domain));
      } else {
        note("email_domains", domain + " is no single domain", "name each domain");
      }
    }
    if (is_all) return emails_.push_back({});
    if (!file.empty()) emails_.push_back({{"email_file", {file}}});
    if (!domains.empty()) emails_.push_back({{"email_domain", domains}});
    // Without either, it lets nobody in.
    if (emails_.empty()) note("email_domains", "names nobody, so nobody is let in", "write a policy");
  }

  void write_members() {
    const std::string kind = options_.text("provider");
    std::vector<std::string> groups;
    std::vector<std::string> roles = options_.list("allowed_roles");
    for (const std::string_view option :
         {"allowed_groups", "keycloak_groups", "gitlab_groups", "gitlab_group"}) {
      for (const std::string& group : options_.list(option)) {
        const bool is_role = kind == "keycloak-oidc" && group.starts_with("role:");
        if (!is_role)
          groups.push_back(group);
        else
          roles.push_back(group.substr(std::string_view("role:").size()));
      }
    }
    // A role of a client is named client:role there.
    const auto is_of_client = [](const std::string& role) { return role.find(':') != std::string::npos; };
    if (std::ranges::any_of(roles, is_of_client)) {
      note("allowed_roles", "of a client are not carried over",
           "test the claim: claim: {resource_access.CLIENT.roles: ROLE}");
      had_restriction_ = true;
      std::erase_if(roles, is_of_client);
    }
    if (!groups.empty()) members_.push_back({{"group", groups}});
    if (!roles.empty()) members_.push_back({{"role", roles}});
    if (kind == "github") write_github();
    if (members_.empty() && !had_restriction_) members_.push_back({});
  }

  void write_github() {
    const std::string org = options_.text("github_org");
    std::vector<std::string> teams;
    for (const std::string& team : split_list(options_.text("github_team"), ',')) {
      const std::size_t colon = team.find(':');
      if (colon != std::string::npos)
        teams.push_back(team.substr(0, colon) + "/" + team.substr(colon + 1));
      else if (!org.empty())
        teams.push_back(std::string(org).append("/").append(team));
      else
        note("github_team", team + " names no organisation", "write team: [ORG/" + team + "]");
      had_restriction_ = true;
    }
    if (!teams.empty())
      members_.push_back({{"team", teams}});
    else if (!org.empty() && !had_restriction_)
      members_.push_back({{"org", {org}}});
    // Names are let in besides; alone, they are all.
    if (const std::vector<std::string> users = options_.list("github_users"); !users.empty())
      members_.push_back({{"user", users}});
  }

  void write_machines() {
    const std::vector<std::string> issuers = options_.list("extra_jwt_issuers");
    if (options_.flag("skip_jwt_bearer_tokens") && issuers.empty()) {
      note("skip_jwt_bearer_tokens", "for tokens of the provider itself",
           "name an audience of its own for machines: login.clients");
    }
    const bool is_for_all =
        emails_.size() == 1 && emails_.front().empty() && members_.size() == 1 && members_.front().empty();
    for (const std::string& pair : issuers) {
      const std::size_t equals = pair.rfind('=');
      if (!is_for_all || equals == std::string::npos || !options_.flag("skip_jwt_bearer_tokens")) {
        note("extra_jwt_issuers", pair + ": who its tokens are for is judged by other tests here",
             "see login.clients, and a rule with client: NAME");
        continue;
      }
      DraftClient client{name_from(pair.substr(0, equals)), pair.substr(0, equals), pair.substr(equals + 1)};
      machines_.push_back({{"client", {client.name}}});
      draft_.clients.push_back(std::move(client));
    }
  }

  const ProxyOptions& options_;
  Draft& draft_;
  std::vector<DraftRule> emails_;
  std::vector<DraftRule> members_;
  std::vector<DraftRule> machines_;
  bool had_restriction_ = false;
};

}  // namespace

void draft_proxy_policy(const ProxyOptions& options, Draft& draft) {
  PolicyDraft(options, draft).write();
}

}  // namespace gateway
