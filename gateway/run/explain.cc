#include "gateway/run/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "config/identity.h"
#include "config/print.h"
#include "gateway/guard/policy.h"
#include "gateway/run/explain_question.h"
#include "gateway/run/explain_route.h"
#include "gateway/run/rehearsal.h"
#include "gateway/run/route_placing.h"

namespace gateway {
namespace {

/// An engine that agrees; what a provider would say is not made up.
constexpr std::string_view kEngineSaysYes =
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
/// What a browser sends that asks for a page.
constexpr std::string_view kNavigation =
    "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";

struct Line {
  std::string_view name;
  std::string_view value;
};

/// The fields of a head of HTTP/1.1 that we wrote ourselves.
std::vector<Line> lines_of(std::string_view head) {
  std::vector<Line> lines;
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at)) {
    at += 2;
    const std::string_view line = head.substr(at, head.find("\r\n", at) - at);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    lines.push_back({line.substr(0, colon), line.substr(std::min(colon + 2, line.size()))});
  }
  return lines;
}

std::string_view value_in(const std::vector<Line>& lines, std::string_view name) {
  const auto is_it = [name](const Line& line) { return core::equals_ignoring_case(line.name, name); };
  const auto found = std::ranges::find_if(lines, is_it);
  return found == lines.end() ? std::string_view() : found->value;
}

/// The word of the first line at `place`, from 0.
std::string_view word_of(std::string_view head, std::size_t place) {
  std::string_view line = head.substr(0, head.find("\r\n"));
  for (; place > 0; --place) line.remove_prefix(std::min(line.find(' ') + 1, line.size()));
  return line.substr(0, line.find(' '));
}

int status_in(std::string_view answer) {
  const std::string_view word = word_of(answer, 1);
  int status = 0;
  std::from_chars(word.data(), word.data() + word.size(), status);
  return status;
}

core::Json describe_answer(const Rehearsed& rehearsed) {
  core::Json answer = core::Json::object();
  answer.set("status", status_in(rehearsed.answer));
  if (!rehearsed.reason.empty()) answer.set("reason", rehearsed.reason);
  const std::vector<Line> lines = lines_of(rehearsed.answer);
  // A query of ours is sealed: it says nothing to people.
  const std::string_view location = value_in(lines, "Location");
  if (!location.empty()) answer.set("location", location.substr(0, location.find('?')));
  for (const std::string_view name : {"WWW-Authenticate", "Allow"}) {
    if (const std::string_view value = value_in(lines, name); !value.empty()) answer.set(name, value);
  }
  return answer;
}

core::Json begun_sign_in() {
  core::Json answer = core::Json::object();
  answer.set("status", 302);
  answer.set("reason", "a sign-in begins, at the provider");
  return answer;
}

core::Json list_of_texts(const std::vector<std::string>& texts) {
  core::Json list = core::Json::array();
  for (const std::string& text : texts) list.push(text);
  return list;
}

core::Json describe_identity(const Identity& identity) {
  core::Json who = core::Json::object();
  who.set("provider", identity.provider);
  who.set("user", identity.user);
  if (!identity.email.empty()) {
    who.set("email", identity.email);
    who.set("email_counts", identity.email_counts);
  }
  if (!identity.groups.empty()) who.set("groups", list_of_texts(identity.groups));
  if (!identity.roles.empty()) who.set("roles", list_of_texts(identity.roles));
  if (!identity.claims.members().empty()) who.set("claims", identity.claims);
  return who;
}

std::string_view name_of(Decision decision) {
  switch (decision) {
    case Decision::admitted:
      return "admitted";
    case Decision::denied:
      return "denied";
    case Decision::pending:
      return "pending";
    case Decision::redirected:
      return "redirected";
  }
  return "denied";
}

core::Json describe_policy(const config::Config& config, std::size_t index, const Question& question) {
  const config::Policy& policy = config.policies[index];
  const Reasoned reasoned = judge_and_say_why(Policies(config.policies), index, question);
  core::Json said = core::Json::object();
  said.set("name", policy.name);
  said.set("line", policy.at.line);
  said.set("decision", name_of(reasoned.decision));
  // Nobody is approved here: what administrators decided is in storage.
  if (reasoned.ground == Ground::otherwise || reasoned.ground == Ground::approval) {
    said.set("by", "otherwise");
    return said;
  }
  const bool is_deny = reasoned.ground == Ground::deny;
  const config::Rule& rule = (is_deny ? policy.deny : policy.allow)[reasoned.rule];
  said.set("by", is_deny ? "deny" : "allow");
  said.set("rule", reasoned.rule + 1);
  said.set("rule_line", rule.at.line);
  said.set("says", config::rule_text(rule, config.policies));
  if (!reasoned.is_certain) said.set("undecided", true);
  return said;
}

std::string access_text(const config::Config& config, const config::Access& access) {
  std::string text;
  switch (access.kind) {
    case config::AccessKind::open:
      return "public";
    case config::AccessKind::deny:
      return "nobody";
    case config::AccessKind::engine:
      break;
    case config::AccessKind::policy:
      text = "policy " + config.policy_of(access).name;
  }
  if (access.authorize) text.append(text.empty() ? "" : " and ").append("the engine of authorize");
  return text;
}

core::Json describe_route(const config::Config& config, const FileEntry& entry) {
  core::Json route = core::Json::object();
  route.set("name", route_name(entry.route, entry.path));
  route.set("line", entry.line);
  if (entry.is_except) route.set("except_of", route_name(entry.route, entry.route.path));
  const bool is_own = !std::holds_alternative<config::Upstream>(entry.route.action);
  route.set("access", is_own && entry.access.kind == config::AccessKind::deny
                          ? "everybody: the gateway itself answers"
                          : access_text(config, entry.access));
  return route;
}

/// Names whose value is a secret, or another each time.
class Covered {
 public:
  explicit Covered(const config::Route& route) {
    for (const config::IdentityLine& line : config::identity_lines(route.identity)) {
      for (const config::Located& value : line.values) {
        if (value.text.find(config::kAssertionPlaceholder) != std::string::npos) signed_.push_back(line.name);
      }
    }
  }
  [[nodiscard]] std::string_view of(const Line& line) const {
    if (core::equals_ignoring_case(line.name, "Authorization")) return "(credentials)";
    if (core::equals_ignoring_case(line.name, "X-Request-Id")) return "(another of each request)";
    const auto is_it = [&line](const std::string& name) {
      return core::equals_ignoring_case(name, line.name);
    };
    return std::ranges::any_of(signed_, is_it) ? "(a signed assertion)" : line.value;
  }

 private:
  std::vector<std::string> signed_;
};

/// What the origin gets, beside what the client sent.
core::Json describe_origin(const FileEntry& entry, const AskedRequest& asked, const SentRequest& sent) {
  const auto& upstream = std::get<config::Upstream>(entry.route.action);
  core::Json origin = core::Json::object();
  origin.set("to", upstream.text());
  origin.set("method", word_of(sent.bytes, 0));
  origin.set("target", word_of(sent.bytes, 1));
  const std::vector<Line> lines = lines_of(sent.bytes);
  origin.set("host", value_in(lines, "Host"));
  const Covered covered(entry.route);
  core::Json added = core::Json::array();
  for (const Line& line : lines) {
    const auto is_theirs = [&line](const auto& header) {
      return core::equals_ignoring_case(header.first, line.name) && header.second == line.value;
    };
    if (core::equals_ignoring_case(line.name, "Host") || std::ranges::any_of(asked.headers, is_theirs))
      continue;
    core::Json field = core::Json::object();
    field.set("name", line.name);
    field.set("value", covered.of(line));
    added.push(std::move(field));
  }
  origin.set("adds", std::move(added));
  core::Json stripped = core::Json::array();
  for (const auto& header : asked.headers) {
    const auto is_it = [&header](const Line& line) {
      return core::equals_ignoring_case(line.name, header.first) && line.value == header.second;
    };
    if (std::ranges::none_of(lines, is_it)) stripped.push(header.first);
  }
  origin.set("strips", std::move(stripped));
  core::Json missing = core::Json::array();
  for (const config::IdentityLine& line : config::identity_lines(entry.route.identity)) {
    if (value_in(lines, line.name).empty()) missing.push(line.name);
  }
  if (entry.access.kind == config::AccessKind::policy) origin.set("lacks", std::move(missing));
  return origin;
}

/// One question to one configuration.
class Explainer {
 public:
  Explainer(const config::Config& config, AskedRequest asked, Rehearsal& rehearsal)
      : config_(config), asked_(std::move(asked)), rehearsal_(rehearsal), entries_(entries_of(config)) {}

  core::Result<core::Json> explain(const std::optional<Identity>& identity) {
    said_.set("request", core::Json::object({{"method", asked_.method},
                                             {"host", asked_.authority.host},
                                             {"target", asked_.target},
                                             {"from", asked_.from.text()}}));
    if (identity) said_.set("identity", describe_identity(*identity));
    const FileEntry* entry = find_entry();
    if (entry != nullptr && entry->access.kind == config::AccessKind::policy && identity) {
      const std::size_t policy = entry->access.policy;
      said_.set("policy", describe_policy(config_, policy, {*identity, client(), asked_.method}));
      if (config_.policies[policy].approval) note("who was approved by an administrator is not known here");
    }
    core::Result<void> played = play(entry, identity);
    if (!played) return core::failure(std::move(played.error()));
    if (notes_.elements().empty()) return said_;
    said_.set("notes", notes_);
    return said_;
  }

 private:
  void note(std::string_view text) { notes_.push(text); }

  /// Who policies take it for: a trusted proxy speaks for another.
  [[nodiscard]] core::IpAddress client() {
    const ClientRule& clients = rehearsal_.served().clients;
    if (!clients.trusts(asked_.from)) return asked_.from;
    const core::Fields fields = asked_.fields();
    const auto report = clients.read(asked_.from, fields);
    return report ? report->client : asked_.from;
  }

  /// Null: no route of the file serves it.
  const FileEntry* find_entry() {
    std::string scratch;
    const auto target = core::normalise_target(asked_.target, core::EncodedSlashes::keep, scratch);
    if (!target) {
      said_.set("refused", target.error().text);
      return nullptr;
    }
    said_.set("path", target->path);
    const std::string& host = asked_.authority.host;
    const core::Fields fields = asked_.fields();
    const HostRoutes* routes = rehearsal_.served().router.find(host);
    if (routes != nullptr && routes->is_endpoint(target->path, rehearsal_.served().prefix)) {
      note("this path is the gateway's own (login.prefix)");
      return nullptr;
    }
    const Route* found = routes == nullptr ? nullptr : routes->find(target->path, fields);
    const FileEntry* entry = found == nullptr ? nullptr : entry_of(entries_, *found);
    if (routes == nullptr) note("no route of the file has this host");
    if (entry != nullptr) said_.set("route", describe_route(config_, *entry));
    said_.set("passed_over", passed_over(entries_, host, target->path, fields, entry));
    return entry;
  }

  core::Result<void> play(const FileEntry* entry, const std::optional<Identity>& identity) {
    const bool has_engine = entry != nullptr && entry->access.authorize.has_value();
    if (has_engine) {
      rehearsal_.others_answer(std::string(kEngineSaysYes));
      note("the engine of authorize is not asked: taken as if it agreed");
    }
    std::string cookie;
    if (identity) {
      auto pairs = rehearsal_.sign_in(asked_.authority.host, *identity);
      if (!pairs) return core::failure(std::move(pairs.error()));
      cookie = "Cookie: " + *pairs + "\r\n";
    }
    const Rehearsed program = rehearsal_.play(asked_.head(cookie), asked_.from);
    const Rehearsed browser = rehearsal_.play(asked_.head(cookie + std::string(kNavigation)), asked_.from);
    if (!asked_.is_https) note("by http everybody is redirected to https first; this is what follows");
    if (entry != nullptr && !program.sent.empty()) {
      said_.set("origin", describe_origin(*entry, asked_, program.sent.back()));
      if (entry->route.forward_token != config::ForwardToken::none)
        note("the provider's token, which forward_token sends as Authorization, is not there to be shown");
      return {};
    }
    // Nobody's metadata is known here, so who would be sent to a provider at once is told that it is down.
    const bool begins_sign_in = !has_engine && status_in(browser.answer) == 503;
    core::Json answers = core::Json::object();
    answers.set("browser", begins_sign_in ? begun_sign_in() : describe_answer(browser));
    answers.set("program", describe_answer(program));
    said_.set("answers", std::move(answers));
    if (begins_sign_in) note("the provider is not asked: where its own page is, is not known here");
    return {};
  }

  const config::Config& config_;
  AskedRequest asked_;
  Rehearsal& rehearsal_;
  std::vector<FileEntry> entries_;
  core::Json said_ = core::Json::object();
  core::Json notes_ = core::Json::array();
};

/// Nobody's requests came before: no limit of a rate is reached.
config::Config unlimited(config::Config config) {
  for (config::Route& route : config.routes) {
    if (route.limits.rate) route.limits.rate->burst = 1'000;
  }
  return config;
}

}  // namespace

core::Result<core::Json> explain(const config::Config& config, const ExplainQuestion& question) {
  auto asked = read_request(question);
  if (!asked) return core::failure(std::move(asked.error()));
  auto identity = read_identity(question, config, core::SystemClock().wall());
  if (!identity) return core::failure(std::move(identity.error()));
  auto rehearsal = Rehearsal::make(unlimited(without_surroundings(config)));
  if (!rehearsal) return core::failure(std::move(rehearsal.error()));
  return Explainer(config, std::move(*asked), **rehearsal).explain(*identity);
}

}  // namespace gateway
