// One rehearsal for all shapes of a configuration; what is sent in it is in self_test_requests.h.
#include "gateway/run/self_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/identity.h"
#include "core/loop/thread.h"
#include "gateway/run/rehearsal.h"
#include "gateway/run/route_placing.h"
#include "gateway/run/self_test_requests.h"

namespace gateway {
namespace {

constexpr std::string_view kProvider = "self-test";
constexpr std::string_view kIssuer = "https://self-test.invalid";
constexpr std::string_view kLabel = "self-test";
constexpr std::string_view kYes = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
constexpr std::string_view kNo = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Paths of expressions cannot be made up: such a route is tested at a path of its own.
void make_exact(config::PathPattern& path, std::size_t number) {
  if (path.match == config::PathMatch::regex)
    path = {fmt::format("/gateway-self-test/{}", number), config::PathMatch::exact};
}

/// A person of one provider is let in by every policy; no trusted proxy, no limit of rates, so that each
/// request is a stranger's and the first.
config::Config rehearsed_config(const config::Config& config) {
  config::Config changed = without_surroundings(config);
  changed.listen.trusted_proxies.clear();
  changed.listen.health_path.clear();
  changed.listen.public_port.reset();  // Host bears none in what is rehearsed
  config::Provider provider;
  provider.name = provider.title = kProvider;
  provider.issuer = kIssuer;
  if (auto url = core::parse_url(kIssuer, core::Side::configuration)) provider.issuer_url = *url;
  provider.client_id = kProvider;
  changed.login.providers.push_back(std::move(provider));
  if (changed.login.host.empty()) changed.login.host = "login.self-test.invalid";
  changed.login.rate.reset();
  for (config::Policy& policy : changed.policies) {
    policy.deny.clear();
    config::Rule anybody;
    anybody.authenticated = true;
    policy.allow.push_back(std::move(anybody));
    policy.otherwise = config::Otherwise::denied;
    policy.approval.reset();
  }
  std::size_t number = 0;
  for (config::Route& route : changed.routes) {
    route.limits.rate.reset();
    const bool is_expression = route.path.match == config::PathMatch::regex;
    if (is_expression && route.path_change.rewrite && route.path_change.rewrite->regex.empty())
      route.path_change.rewrite.reset();
    make_exact(route.path, ++number);
    for (config::Except& except : route.excepts) make_exact(except.path, ++number);
  }
  return changed;
}

/// A route, or what is excepted from it.
struct Tested {
  const config::Route& route;
  const config::PathPattern& path;
  const config::Access& access;
  const std::vector<std::string>& methods;
};

std::vector<Tested> all_with_an_app(const config::Config& config) {
  std::vector<Tested> all;
  for (const config::Route& route : config.routes) {
    if (!std::holds_alternative<config::Upstream>(route.action)) continue;
    all.push_back({route, route.path, route.access, route.methods});
    for (const config::Except& except : route.excepts)
      all.push_back({route, except.path, except.access, except.methods});
  }
  return all;
}

/// Equal where the same code treats requests and fields the same way.
std::string shape_of(const Tested& tested, const Policies& policies) {
  const config::Route& route = tested.route;
  const config::Access& access = tested.access;
  std::string shape =
      fmt::format("{} {} {} {} {}", static_cast<int>(access.kind), access.authorize.has_value(),
                  access.kind == config::AccessKind::policy && !policies.clients_of(access.policy).empty(),
                  static_cast<int>(route.unauthenticated), static_cast<int>(tested.path.match));
  if (access.authorize) shape.append(fmt::format(" {}", fmt::join(access.authorize->identity, ",")));
  for (const config::IdentityLine& line : config::identity_lines(route.identity)) {
    shape.append("\n").append(line.name);
    for (const config::Located& value : line.values) shape.append(" ").append(value.text);
  }
  for (const auto& [name, value] : route.request_headers.set) shape.append("\nset ").append(name);
  for (const std::string& name : route.request_headers.remove) shape.append("\nremove ").append(name);
  const bool has_rewrite = route.path_change.rewrite.has_value();
  return shape.append(fmt::format("\n{} {} {} {} {} {} {}", route.basic.has_value(),
                                  static_cast<int>(route.forward_token), route.path_change.strips_prefix,
                                  has_rewrite, has_rewrite && route.path_change.rewrite->regex.empty(),
                                  static_cast<int>(route.encoded_slashes), route.headers.size()));
}

std::string host_of(const config::Route& route) {
  if (route.host == "*") return fmt::format("{}.invalid", kLabel);
  return route.host.starts_with("*.") ? fmt::format("{}{}", kLabel, route.host.substr(1)) : route.host;
}

std::string method_of(const Tested& tested) {
  const bool takes_get =
      tested.methods.empty() || std::ranges::find(tested.methods, "GET") != tested.methods.end();
  return takes_get ? "GET" : tested.methods.front();
}

Identity tester(core::WallTime now) {
  Identity identity;
  identity.session_id = "self-test";
  identity.provider = kProvider;
  identity.issuer = kIssuer;
  identity.subject = identity.user = identity.preferred_username = "self-test";
  identity.name = "Self Test";
  identity.email = "self-test@self-test.invalid";
  identity.email_counts = true;
  identity.groups = {"self-test"};
  identity.claims = core::Json::object();
  identity.signed_in_at = identity.proven_at = now;
  identity.expires_at = now + std::chrono::hours(1);
  return identity;
}

/// The line of `head` that holds `text`, for the error; empty if there is none.
std::string_view line_with(std::string_view head, std::string_view text) {
  const std::size_t place = head.find(text);
  if (place == std::string_view::npos) return {};
  const std::size_t before = head.rfind('\n', place);
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  return head.substr(begin, head.find('\r', place) - begin);
}

core::Error refusal(const Tested& tested, std::string_view what) {
  return {
      core::ErrorKind::refused, core::Side::configuration,
      fmt::format("self-test: {}: {}; nothing is served that way. This is a fault of the gateway: report it",
                  route_name(tested.route, tested.path), what)};
}

/// One rehearsal of one configuration.
class SelfTest {
 public:
  SelfTest(Rehearsal& rehearsal, const config::Config& real)
      : rehearsal_(rehearsal),
        names_(claimed_names(real)),
        lines_(spoofed_lines(names_)),
        identity_(tester(rehearsal.now())) {
    for (const std::string& name : names_) folded_.insert(name_as_folded(name));
  }

  core::Result<SelfTestReport> run() {
    const Policies policies(rehearsal_.config().policies);
    std::set<std::string> shapes;
    for (const Tested& tested : all_with_an_app(rehearsal_.config())) {
      if (!is_found(tested) || !shapes.insert(shape_of(tested, policies)).second) continue;
      ++report_.shapes;
      core::Result<void> passed = test_strangers(tested);
      if (passed) passed = test_fields(tested);
      if (!passed) return core::failure(std::move(passed.error()));
    }
    if (report_.shapes > 0 && report_.reached == 0)
      return core::failure(
          core::ErrorKind::refused, core::Side::us,
          "self-test: no request came to any app, so that nothing was tested. This is a fault "
          "of the gateway: report it");
    return report_;
  }

 private:
  /// Whether its own path leads to it: another route may stand in front of it.
  [[nodiscard]] bool is_found(const Tested& tested) const {
    core::Fields fields;
    for (const config::HeaderMatch& match : tested.route.headers)
      fields.add(match.name, match.values.front());
    const HostRoutes* host = rehearsal_.served().router.find(host_of(tested.route));
    const Route* found = host == nullptr ? nullptr : host->find(tested.path.path, fields);
    return found != nullptr && found->name == route_name(tested.route, tested.path) &&
           found->conditions == route_conditions(tested.route);
  }

  Rehearsed play(const Tested& tested, std::string_view target, std::string_view further) {
    const std::string method = method_of(tested);
    std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", method, target,
                                      host_of(tested.route));
    for (const config::HeaderMatch& match : tested.route.headers)
      request.append(fmt::format("{}: {}\r\n", match.name, match.values.front()));
    if (method != "GET") request.append("Content-Length: 0\r\n");
    request.append(further).append("\r\n");
    ++report_.requests;
    return rehearsal_.play(std::move(request), *core::IpAddress::parse("192.0.2.1"));
  }

  /// Fields that a condition of the route is about stay as the condition wants them.
  [[nodiscard]] std::string lines_for(const Tested& tested) const {
    if (tested.route.headers.empty()) return lines_;
    std::vector<std::string> names = names_;
    std::erase_if(names, [&tested](const std::string& name) {
      return std::ranges::any_of(tested.route.headers, [&name](const config::HeaderMatch& match) {
        return name_as_folded(match.name) == name_as_folded(name);
      });
    });
    return spoofed_lines(names);
  }

  /// Without a session and against the word of an engine nobody comes to a protected app.
  core::Result<void> test_strangers(const Tested& tested) {
    if (tested.access.kind == config::AccessKind::open && !tested.access.authorize) return {};
    rehearsal_.others_answer(std::string(kNo));
    const std::string& cookie = rehearsal_.config().login.session.cookie_name;
    const std::string claims =
        fmt::format("{0}Authorization: Bearer {1}\r\nCookie: {2}={1}; __Host-{2}={1}\r\n", lines_for(tested),
                    kSpoofMark, cookie);
    std::vector<std::string> targets = other_spellings(tested.path.path);
    targets.push_back(tested.path.path);
    for (const std::string& target : targets) {
      const bool is_own = target == tested.path.path;
      const Rehearsed rehearsed = play(tested, target, is_own ? claims : std::string());
      if (rehearsed.sent.empty()) continue;
      return core::failure(
          refusal(tested, fmt::format("a request for '{}' without a session would reach an app", target)));
    }
    return {};
  }

  /// What clients claim comes to no app, whoever they are; what the gateway says comes once.
  core::Result<void> test_fields(const Tested& tested) {
    rehearsal_.others_answer(std::string(kYes));
    std::string further = lines_for(tested);
    if (tested.route.basic || tested.route.forward_token != config::ForwardToken::none) {
      if (tested.access.kind == config::AccessKind::policy)
        further.append(fmt::format("Authorization: Basic {}\r\n", kSpoofMark));
    }
    std::string session;
    if (tested.access.kind == config::AccessKind::policy) {
      core::Result<std::string> cookies = rehearsal_.sign_in(host_of(tested.route), identity_);
      if (!cookies) return core::failure(std::move(cookies.error()));
      session = std::move(*cookies);
      further.append("Cookie: ").append(session).append("; theirs=1\r\n");
    }
    const Rehearsed rehearsed = play(tested, tested.path.path, further);
    const bool is_first = !rehearsed.sent.empty() && ++report_.reached == 1;
    for (const SentRequest& sent : rehearsed.sent) {
      core::Result<void> passed = test_sent(tested, sent.bytes, session);
      if (!passed) return passed;
    }
    if (!is_first) return {};
    return test_malformed(tested, session.empty() ? session : fmt::format("Cookie: {}\r\n", session));
  }

  core::Result<void> test_sent(const Tested& tested, std::string_view head, std::string_view session) const {
    if (const std::string_view line = line_with(head, kSpoofMark); !line.empty())
      return core::failure(refusal(tested, fmt::format("the app would be sent '{}' of a client", line)));
    if (!session.empty() && head.find(session) != std::string_view::npos)
      return core::failure(refusal(tested, "the app would be sent the cookie of a session"));
    std::set<std::string> seen;
    for (std::size_t at = head.find('\n') + 1; at < head.size(); at = head.find('\n', at) + 1) {
      const std::string_view line = head.substr(at, head.find('\r', at) - at);
      if (line.empty()) break;
      const std::string name = name_as_folded(line.substr(0, line.find(':')));
      if (folded_.contains(name) && !seen.insert(name).second)
        return core::failure(refusal(tested, fmt::format("the app would be sent {} twice", name)));
    }
    return {};
  }

  /// What one program takes for a field and another does not is taken for none. `person`: who may enter.
  core::Result<void> test_malformed(const Tested& tested, const std::string& person) {
    for (const std::string& line : malformed_lines()) {
      ++report_.malformed;
      const Rehearsed rehearsed = play(tested, tested.path.path, person + line);
      if (rehearsed.sent.empty()) continue;
      return core::failure(refusal(tested, "a malformed field would reach an app"));
    }
    return {};
  }

  Rehearsal& rehearsal_;
  std::vector<std::string> names_;
  std::string lines_;
  std::set<std::string> folded_;
  Identity identity_;
  SelfTestReport report_;
};

core::Result<SelfTestReport> test_here(const config::Config& config,
                                       const std::function<void(Site&)>& change) {
  auto rehearsal = Rehearsal::make(rehearsed_config(config));
  if (!rehearsal) return core::failure(std::move(rehearsal.error()));
  if (change) change((*rehearsal)->served());
  return SelfTest(**rehearsal, config).run();
}

}  // namespace

core::Result<SelfTestReport> self_test(const config::Config& config,
                                       const std::function<void(Site&)>& change) {
  std::optional<core::Result<SelfTestReport>> result;
  {
    const core::Thread thread("self-test", [&] { result.emplace(test_here(config, change)); });
  }
  return std::move(*result);
}

}  // namespace gateway
