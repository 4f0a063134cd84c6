#include "gateway/run/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <utility>

#include "core/base/log.h"
#include "gateway/import/import.h"
#include "gateway/run/command_options.h"
#include "gateway/run/profile_command.h"
#include "tls/acme/revocation.h"

namespace gateway {
namespace {

constexpr std::array<std::pair<std::string_view, CommandName>, 22> kCommands = {{
    {"run", CommandName::run},
    {"check", CommandName::check},
    {"explain", CommandName::explain},
    {"import", CommandName::import_other},
    {"certificates", CommandName::certificates},
    {"sessions", CommandName::sessions},
    {"login", CommandName::login},
    {"break-glass", CommandName::break_glass},
    {"tokens", CommandName::tokens},
    {"reload", CommandName::reload},
    {"status", CommandName::status},
    {"log-level", CommandName::log_level},
    {"profile", CommandName::profile},
    {"upgrade", CommandName::upgrade},
    {"approvals", CommandName::approvals},
    {"demo", CommandName::demo},
    {"keygen", CommandName::keygen},
    {"version", CommandName::version},
    {"help", CommandName::help},
    {"--help", CommandName::help},
    {"-h", CommandName::help},
    {"--version", CommandName::version},
}};

/// How many letters differ (Levenshtein), for "did you mean".
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

core::Result<CommandName> command_named(std::string_view word) {
  std::string_view nearest;
  for (const auto& [name, command] : kCommands) {
    if (name == word) return command;
    if (!name.starts_with('-') && (nearest.empty() || distance(word, name) < distance(word, nearest)))
      nearest = name;
  }
  if (distance(word.substr(0, 32), nearest) <= 2) {
    return core::failure(usage(fmt::format("there is no command '{}'; did you mean '{}'?", word, nearest)));
  }
  return core::failure(usage(fmt::format("there is no command '{}'; `gateway --help` lists them", word)));
}

constexpr std::string_view kCertificatesUsage =
    "expected `gateway certificates` list, export HOST [--key], renew NAME|--all, revoke NAME "
    "[--reason REASON] [--no-order], or rollover";

/// --control, and for revoke the reason.
core::Result<void> take_control(Options& options, Command& command) {
  auto path = options.take_value("--control");
  if (!path) return core::failure(std::move(path.error()));
  if (*path) command.control_path = **path;
  if (command.certificate_action == CertificateAction::rollover) return {};
  if (command.certificate_action == CertificateAction::renew) {
    if (options.take_flag("--all")) command.certificate_host = "--all";
    return {};
  }
  auto reason = options.take_value("--reason");
  if (!reason) return core::failure(std::move(reason.error()));
  command.revocation_reason = reason->value_or("unspecified");
  if (!tls::revocation_reason(command.revocation_reason)) {
    return core::failure(usage(fmt::format("there is no reason '{}'; give one of {}",
                                           command.revocation_reason, tls::revocation_reasons())));
  }
  command.order_anew = !options.take_flag("--no-order");
  return {};
}

/// What to do, to which certificate.
core::Result<void> take_certificates(Options& options, Command& command) {
  constexpr std::array<std::pair<std::string_view, CertificateAction>, 5> kActions = {
      {{"list", CertificateAction::list},
       {"export", CertificateAction::export_one},
       {"renew", CertificateAction::renew},
       {"revoke", CertificateAction::revoke},
       {"rollover", CertificateAction::rollover}}};
  const std::string_view what = options.take_word().value_or("list");
  const auto action = std::ranges::find(kActions, what, [](const auto& known) { return known.first; });
  if (action == kActions.end()) return core::failure(usage(std::string(kCertificatesUsage)));
  command.certificate_action = action->second;
  if (command.certificate_action == CertificateAction::list) return {};
  const std::optional<std::string_view> host = options.take_word();
  if (command.certificate_action == CertificateAction::export_one) {
    command.with_key = options.take_flag("--key");
  } else if (core::Result<void> taken = take_control(options, command); !taken) {
    return taken;
  }
  if (command.certificate_action == CertificateAction::rollover) {
    if (host) return core::failure(usage(std::string(kCertificatesUsage)));
    return {};
  }
  const bool is_named_once = host.has_value() != (command.certificate_host == "--all");
  if (!is_named_once) return core::failure(usage(std::string(kCertificatesUsage)));
  if (host) command.certificate_host = *host;
  return {};
}

core::Result<void> take_sessions(Options& options, Command& command) {
  constexpr std::string_view kUsage =
      "expected `gateway sessions` list or revoke and one of --user NAME, --sub SUBJECT, --session ID (to "
      "revoke), --all (or nothing, to list); with --provider NAME at that one alone";
  SessionsWish& wish = command.sessions;
  const std::string_view what = options.take_word().value_or("");
  if (what != "revoke" && what != "list") return core::failure(usage(std::string(kUsage)));
  wish.is_list = what == "list";
  std::size_t wishes = 0;
  const auto take = [&](std::string_view option, std::string& value) -> core::Result<void> {
    auto taken = options.take_value(option);
    if (!taken) return core::failure(std::move(taken.error()));
    if (*taken && (*taken)->empty()) return core::failure(usage(fmt::format("{} needs a value", option)));
    if (*taken) value = **taken;
    return {};
  };
  for (const std::string_view option : {"--user", "--sub", "--session"}) {
    std::string name;
    if (core::Result<void> taken = take(option, name); !taken) return taken;
    if (name.empty()) continue;
    ++wishes;
    wish.of = option.substr(2);
    wish.name = std::move(name);
  }
  if (options.take_flag("--all")) {
    ++wishes;
    wish.of = "all";
  }
  if (wish.is_list && wishes == 0) {
    ++wishes;
    wish.of = "all";
  }
  if (wishes != 1) return core::failure(usage(std::string(kUsage)));
  if (core::Result<void> taken = take("--provider", wish.provider); !taken) return taken;
  const bool is_one = wish.of == "session";
  if (is_one && (wish.is_list || !wish.provider.empty())) return core::failure(usage(std::string(kUsage)));
  return take("--control", command.control_path);
}

core::Result<void> take_tokens(Options& options, Command& command) {
  constexpr std::string_view kUsage = "expected `gateway tokens` list, or revoke ID";
  auto control = options.take_value("--control");
  if (!control) return core::failure(std::move(control.error()));
  if (*control) command.control_path = **control;
  const std::string_view what = options.take_word().value_or("list");
  if (what == "list") return {};
  const std::optional<std::string_view> id = options.take_word();
  if (what != "revoke" || !id || id->empty()) return core::failure(usage(std::string(kUsage)));
  command.token_id = *id;
  return {};
}

core::Result<void> take_approvals(Options& options, Command& command) {
  constexpr std::string_view kUsage =
      "expected `gateway approvals` list [--policy NAME] [--state waiting|approved|rejected] [TEXT], approve "
      "ID [--until YYYY-MM-DD], reject ID or withdraw ID";
  const std::string_view what = options.take_word().value_or("list");
  auto path = options.take_value("--control");
  if (!path) return core::failure(std::move(path.error()));
  if (*path) command.control_path = **path;
  if (what == "list") {
    auto policy = options.take_value("--policy");
    if (!policy) return core::failure(std::move(policy.error()));
    auto state = options.take_value("--state");
    if (!state) return core::failure(std::move(state.error()));
    command.approvals.policy = policy->value_or("");
    command.approvals.state = state->value_or("");
    command.approvals.text = options.take_word().value_or("");
    return {};
  }
  const std::optional<std::string_view> id = options.take_word();
  if ((what != "approve" && what != "reject" && what != "withdraw") || !id)
    return core::failure(usage(std::string(kUsage)));
  command.approvals.act = what;
  command.approvals.id = *id;
  if (what != "approve") return {};
  auto until = options.take_value("--until");
  if (!until) return core::failure(std::move(until.error()));
  if (*until) command.approvals.until = **until;
  return {};
}

using TextOptions = std::vector<std::pair<std::string_view, std::string*>>;
using ListOptions = std::vector<std::pair<std::string_view, std::vector<std::string>*>>;

/// Options whose value is one text that is not empty, and such that may be repeated.
core::Result<void> take_texts(Options& options, const TextOptions& once, const ListOptions& often) {
  for (const auto& [option, value] : once) {
    auto taken = options.take_value(option);
    if (!taken) return core::failure(std::move(taken.error()));
    if (*taken && (*taken)->empty()) return core::failure(usage(fmt::format("{} needs a value", option)));
    if (*taken) *value = **taken;
  }
  for (const auto& [option, values] : often) {
    while (true) {
      auto taken = options.take_value(option);
      if (!taken) return core::failure(std::move(taken.error()));
      if (!*taken) break;
      values->emplace_back(**taken);
    }
  }
  return {};
}

core::Result<void> take_login(Options& options, Command& command) {
  constexpr std::string_view kUsage =
      "expected `gateway login` https://HOST, with --print, --file PATH, --ca FILE, --name NAME, --prefix "
      "PATH";
  LoginWish& wish = command.login;
  wish.print = options.take_flag("--print");
  core::Result<void> taken = take_texts(
      options,
      {{"--file", &wish.file}, {"--ca", &wish.ca}, {"--name", &wish.name}, {"--prefix", &wish.prefix}}, {});
  if (!taken) return taken;
  const std::optional<std::string_view> url = options.take_word();
  if (!url || (wish.print && !wish.file.empty()) || !wish.prefix.starts_with('/'))
    return core::failure(usage(std::string(kUsage)));
  wish.url = *url;
  return {};
}

core::Result<void> take_explain(Options& options, Command& command) {
  ExplainQuestion& question = command.explain;
  core::Result<void> taken = take_texts(
      options,
      {{"--as", &question.email},
       {"--method", &question.method},
       {"--from", &question.from},
       {"--provider", &question.provider}},
      {{"--group", &question.groups}, {"--claim", &question.claims}, {"--header", &question.headers}});
  if (!taken) return taken;
  command.as_json = options.take_flag("--json");
  const std::optional<std::string_view> url = options.take_word();
  if (!url || url->empty())
    return core::failure(usage("expected `gateway explain URL`, such as https://app.example.com/path"));
  question.url = *url;
  return {};
}

core::Result<void> take_break_glass(Options& options, Command& command) {
  BreakGlassWish& wish = command.break_glass;
  core::Result<void> taken = take_texts(options, {{"--email", &wish.email}}, {{"--group", &wish.groups}});
  if (!taken) return taken;
  const std::optional<std::string_view> user = options.take_word();
  if (!user || user->empty()) {
    return core::failure(usage(
        "expected `gateway break-glass` USER, with --email ADDRESS and --group NAME (may be repeated)"));
  }
  wish.user = *user;
  return {};
}

core::Result<void> take_import(Options& options, Command& command) {
  constexpr std::string_view kUsage =
      "expected `gateway import` [--from FORMAT] FILE… [--output FILE]; - is standard input";
  ImportWish& wish = command.import;
  core::Result<void> taken = take_texts(options, {{"--from", &wish.from}, {"--output", &wish.output}}, {});
  if (!taken) return taken;
  const auto formats = import_formats();
  if (std::ranges::find(formats, wish.from) == formats.end()) {
    return core::failure(
        usage(fmt::format("there is no format '{}'; give one of {}", wish.from, fmt::join(formats, ", "))));
  }
  while (const auto file = options.take_file()) wish.files.emplace_back(*file);
  if (wish.files.empty()) return core::failure(usage(std::string(kUsage)));
  return {};
}

/// Whether it reads gateway.yaml.
bool takes_file(CommandName name) {
  return name == CommandName::run || name == CommandName::check || name == CommandName::explain ||
         name == CommandName::certificates || name == CommandName::sessions || name == CommandName::tokens ||
         name == CommandName::reload || name == CommandName::status || name == CommandName::upgrade ||
         name == CommandName::log_level || name == CommandName::profile || name == CommandName::approvals;
}

core::Result<void> take_check(Options& options, Command& command) {
  command.strict = options.take_flag("--strict");
  command.online = options.take_flag("--online");
  command.print = options.take_flag("--print");
  if (const auto path = options.take_word()) command.config_path = *path;
  return {};
}

core::Result<void> take_socket(Options& options, Command& command) {
  return take_texts(options, {{"--control", &command.control_path}}, {});
}

core::Result<void> take_status(Options& options, Command& command) {
  command.as_json = options.take_flag("--json");
  return take_socket(options, command);
}

core::Result<void> take_log_level(Options& options, Command& command) {
  if (core::Result<void> taken = take_socket(options, command); !taken) return taken;
  command.log_level = options.take_word().value_or("");
  if (command.log_level.empty() || core::log_level_named(command.log_level)) return {};
  return core::failure(usage("expected `gateway log-level` alone, or with error, warn, info or debug"));
}

core::Result<void> take_profile(Options& options, Command& command) {
  auto seconds = options.take_number("--seconds", {1, kMostProfileTime, kUsualProfileTime});
  if (!seconds) return core::failure(std::move(seconds.error()));
  command.seconds = *seconds;
  return take_socket(options, command);
}

core::Result<void> take_demo(Options& options, Command& command) {
  auto port = options.take_number("--port", {1, 65535, command.port});
  if (!port) return core::failure(std::move(port.error()));
  command.port = static_cast<std::uint16_t>(*port);
  return take_texts(options, {{"--directory", &command.directory}}, {});
}

using TakeOptions = core::Result<void> (*)(Options& options, Command& command);
constexpr std::array<std::pair<CommandName, TakeOptions>, 15> kOptions = {{
    {CommandName::check, take_check},
    {CommandName::explain, take_explain},
    {CommandName::import_other, take_import},
    {CommandName::certificates, take_certificates},
    {CommandName::sessions, take_sessions},
    {CommandName::tokens, take_tokens},
    {CommandName::reload, take_socket},
    {CommandName::status, take_status},
    {CommandName::log_level, take_log_level},
    {CommandName::profile, take_profile},
    {CommandName::upgrade, take_socket},
    {CommandName::login, take_login},
    {CommandName::break_glass, take_break_glass},
    {CommandName::approvals, take_approvals},
    {CommandName::demo, take_demo},
}};

core::Result<void> take_options(Options& options, Command& command) {
  if (takes_file(command.name)) {
    for (const std::string_view name : {"--config", "-c"}) {
      auto path = options.take_value(name);
      if (!path) return core::failure(std::move(path.error()));
      if (*path) command.config_path = **path;
    }
  }
  for (const auto& [name, take] : kOptions) {
    if (name == command.name) return take(options, command);
  }
  return {};
}

}  // namespace

core::Result<Command> parse_command(const std::vector<std::string_view>& arguments) {
  Command command;
  if (arguments.empty()) return command;
  core::Result<CommandName> name = command_named(arguments.front());
  if (!name) return core::failure(std::move(name.error()));
  command.name = *name;
  Options options(std::vector<std::string_view>(arguments.begin() + 1, arguments.end()));
  if (options.take_flag("--help") || options.take_flag("-h")) return Command();
  if (core::Result<void> taken = take_options(options, command); !taken)
    return core::failure(std::move(taken.error()));
  if (!options.left().empty()) {
    return core::failure(
        usage(fmt::format("`gateway {}` does not take '{}'; `gateway --help` lists what it takes",
                          arguments.front(), options.left().front())));
  }
  return command;
}

}  // namespace gateway
