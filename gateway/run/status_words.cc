// A StatusReport in words: for people, and as JSON.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/log.h"
#include "gateway/run/status_report.h"

namespace gateway {
namespace {

using core::Json;

std::string time_text(core::WallTime time) {
  std::string text;
  core::append_timestamp(text, time);
  return text;
}

std::string line_of(const StatusReport::Route& route) {
  std::string line = fmt::format("route        {} → {}:", route.name, route.target);
  for (std::size_t i = 1; i < kStatusClasses.size(); ++i)
    line.append(fmt::format(" {} {}", route.answers[i], kStatusClasses[i]));
  line.append(fmt::format(", mean {:.1f} ms", route.mean_seconds * 1e3));
  if (route.refused > 0) line.append(fmt::format(", {} refused", route.refused));
  if (route.upstream_failures > 0)
    line.append(fmt::format(", {} without an answer of the origin", route.upstream_failures));
  for (const StatusReport::Origin& origin : route.origins)
    line.append(fmt::format("; {} {}", origin.name, origin.is_up ? "up" : "DOWN"));
  return line;
}

Json json_of(const StatusReport::Route& route) {
  Json made = Json::object();
  made.set("name", route.name);
  made.set("to", route.target);
  Json answers = Json::object();
  for (std::size_t i = 0; i < kStatusClasses.size(); ++i) answers.set(kStatusClasses[i], route.answers[i]);
  made.set("answers", std::move(answers));
  made.set("mean_seconds", route.mean_seconds);
  made.set("refused", route.refused);
  made.set("upstream_failures", route.upstream_failures);
  Json origins = Json::array();
  for (const StatusReport::Origin& origin : route.origins) {
    Json one = Json::object();
    one.set("name", origin.name);
    one.set("up", origin.is_up);
    origins.push(std::move(one));
  }
  made.set("origins", std::move(origins));
  return made;
}

Json json_of(const std::vector<RememberedAct>& acts) {
  Json all = Json::array();
  for (const RememberedAct& act : acts) {
    Json one = Json::object();
    one.set("time", time_text(act.when));
    one.set("act", name_of(act.act));
    one.set("user", act.who);
    one.set("by", act.provider);
    one.set("host", act.host);
    one.set("client", act.client);
    one.set("reason", act.reason);
    one.set("id", act.request_id);
    all.push(std::move(one));
  }
  return all;
}

Json json_of(const std::vector<StatusReport::Certificate>& certificates) {
  Json all = Json::array();
  for (const StatusReport::Certificate& certificate : certificates) {
    Json one = Json::object();
    one.set("names", certificate.names);
    one.set("not_after", time_text(certificate.not_after));
    one.set("renewal", certificate.renewal ? Json(time_text(*certificate.renewal)) : Json());
    all.push(std::move(one));
  }
  return all;
}

void append_lines(std::vector<std::string>& lines, const Json& json, const std::string& before,
                  const std::string& indent) {
  const bool is_array = json.is_array();
  if (!is_array && !json.is_object()) {
    std::string line = before;
    if (const auto text = json.as_string()) {
      line.push_back('"');
      core::append_json_escaped(line, *text);
      line.push_back('"');
    } else {
      json.append_to(line);
    }
    lines.push_back(std::move(line));
    return;
  }
  const std::size_t count = is_array ? json.elements().size() : json.members().size();
  if (count == 0) {
    lines.push_back(before + (is_array ? "[]" : "{}"));
    return;
  }
  lines.push_back(before + (is_array ? "[" : "{"));
  const std::string deeper = indent + "  ";
  for (std::size_t i = 0; i < count; ++i) {
    if (is_array) {
      append_lines(lines, json.elements()[i], deeper, deeper);
    } else {
      std::string name = deeper + '"';
      core::append_json_escaped(name, json.members()[i].name);
      append_lines(lines, json.members()[i].value, name + "\": ", deeper);
    }
    if (i + 1 < count) lines.back().push_back(',');
  }
  lines.push_back(indent + (is_array ? "]" : "}"));
}

}  // namespace

std::string moment(core::WallTime time) {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(core::unix_seconds(time)));
}

std::string span(core::WallTime::duration time) {
  const auto all = std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(time).count());
  if (all >= 86'400) return fmt::format("{} d {} h", all / 86'400, all % 86'400 / 3600);
  if (all >= 3600) return fmt::format("{} h {} min", all / 3600, all % 3600 / 60);
  if (all >= 60) return fmt::format("{} min {} s", all / 60, all % 60);
  return fmt::format("{} s", all);
}

std::vector<std::string> status_lines(const StatusReport& report) {
  std::vector<std::string> lines;
  const auto say = [&lines](std::string line) { lines.push_back(std::move(line)); };
  say(fmt::format("gateway      {}, up {} (since {})", GATEWAY_VERSION, span(report.now - report.started),
                  moment(report.started)));
  if (report.not_ready.empty()) say("state        ready");
  for (const std::string& reason : report.not_ready) say("not ready    " + reason);
  say(fmt::format("file         {}, read {} (reloads since the start: {})", report.file,
                  moment(report.read_at), report.reloads));
  if (!report.refusal.empty()) say("REFUSED      the file as it is now: " + report.refusal);
  say(fmt::format("workers      {}", report.workers));
  say(fmt::format("connections  {} of at most {}; {} requests in flight", report.connections.open,
                  report.most_connections, report.connections.in_flight));
  say(fmt::format("origins      {} connections in use, {} idle", report.pools.in_use, report.pools.idle));
  for (const StatusReport::Listener& listener : report.listeners)
    say(fmt::format("listener     {} {}", listener.address, listener.what));
  for (const StatusReport::Route& route : report.routes) say(line_of(route));
  if (report.further_routes > 0) say(fmt::format("route        and {} more", report.further_routes));
  for (const StatusReport::Certificate& certificate : report.certificates) {
    say(fmt::format("certificate  {} until {}, {}", certificate.names, moment(certificate.not_after),
                    certificate.renewal ? "renewed " + moment(*certificate.renewal) : "given"));
  }
  for (const StatusReport::Provider& provider : report.providers) {
    say(fmt::format("provider     {} {}{}{}", provider.name, provider.is_ready ? "ready" : "NOT READY",
                    provider.problem.empty() ? "" : ": ", provider.problem));
  }
  for (const auto& [key, count] : report.acts.sign_ins)
    say(fmt::format("sign-ins     {} {}: {}", key.first.empty() ? "-" : key.first, key.second, count));
  say(fmt::format("storage      {}: {} operations, {} failed", report.storage, report.storage_operations,
                  report.storage_failures));
  return lines;
}

Json status_json(const StatusReport& report) {
  Json all = Json::object();
  all.set("version", GATEWAY_VERSION);
  all.set("started", time_text(report.started));
  all.set("uptime_seconds", core::unix_seconds(report.now) - core::unix_seconds(report.started));
  all.set("ready", report.not_ready.empty());
  Json reasons = Json::array();
  for (const std::string& reason : report.not_ready) reasons.push(reason);
  all.set("reasons", std::move(reasons));
  Json file = Json::object();
  file.set("path", report.file);
  file.set("read", time_text(report.read_at));
  file.set("reloads", report.reloads);
  file.set("refused", report.refusal.empty() ? Json() : Json(report.refusal));
  all.set("file", std::move(file));
  all.set("workers", report.workers);
  Json listeners = Json::array();
  for (const StatusReport::Listener& listener : report.listeners) {
    Json one = Json::object();
    one.set("address", listener.address);
    one.set("for", listener.what);
    listeners.push(std::move(one));
  }
  all.set("listeners", std::move(listeners));
  Json connections = Json::object();
  connections.set("open", report.connections.open);
  connections.set("most", report.most_connections);
  connections.set("requests_in_flight", report.connections.in_flight);
  connections.set("to_origins_in_use", report.pools.in_use);
  connections.set("to_origins_idle", report.pools.idle);
  all.set("connections", std::move(connections));
  Json routes = Json::array();
  for (const StatusReport::Route& route : report.routes) routes.push(json_of(route));
  all.set("routes", std::move(routes));
  all.set("further_routes", report.further_routes);
  all.set("certificates", json_of(report.certificates));
  Json providers = Json::array();
  for (const StatusReport::Provider& provider : report.providers) {
    Json one = Json::object();
    one.set("name", provider.name);
    one.set("ready", provider.is_ready);
    one.set("problem", provider.problem);
    providers.push(std::move(one));
  }
  all.set("providers", std::move(providers));
  Json storage = Json::object();
  storage.set("kind", report.storage);
  storage.set("operations", report.storage_operations);
  storage.set("failures", report.storage_failures);
  all.set("storage", std::move(storage));
  all.set("sign_ins", json_of(report.sign_ins));
  all.set("refusals", json_of(report.refusals));
  return all;
}

std::vector<std::string> json_lines(const Json& json) {
  std::vector<std::string> lines;
  append_lines(lines, json, "", "");
  return lines;
}

}  // namespace gateway
