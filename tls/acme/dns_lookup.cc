#include "tls/acme/dns_lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <utility>

#include "core/net/dns_exchange.h"

namespace tls {
namespace {

using core::DnsMessage;
using core::DnsType;
using core::ErrorKind;
using core::Flow;
using core::Result;
using core::Side;

constexpr core::Duration kQuestionTime = std::chrono::seconds(5);
constexpr core::Duration kTextPause = std::chrono::seconds(2);
/// A server that cannot be reached is let go after this long if others show the record.
constexpr core::Duration kUnreachableTime = std::chrono::seconds(30);
constexpr int kMaxAliases = 8;
constexpr std::size_t kMaxServers = 16;
constexpr std::uint16_t kNameServerPort = 53;
constexpr int kNoSuchName = 3;

core::HostPort host_of(const core::Endpoint& server) {
  core::HostPort host;
  host.host = server.ip.text();
  host.port = server.port;
  return host;
}

std::string parent_of(const std::string& name) {
  const std::size_t dot = name.find('.');
  return dot == std::string::npos ? std::string() : name.substr(dot + 1);
}

bool is_within(const std::string& name, const std::string& zone) {
  return name == zone || (name.size() > zone.size() && name.ends_with(zone) &&
                          (zone.empty() || name[name.size() - zone.size() - 1] == '.'));
}

/// A name goes to programs and APIs as an argument; what DNS carries besides is none that a zone needs here.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name.front() != '-' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

/// Where the aliases of an answer lead; `name` itself if there are none.
std::string aliased(const DnsMessage& message, std::string name) {
  for (int aliases = 0; aliases < kMaxAliases; ++aliases) {
    const auto alias = std::ranges::find_if(message.answers, [&](const core::DnsRecord& record) {
      return record.type == static_cast<std::uint16_t>(DnsType::cname) && record.name == name;
    });
    if (alias == message.answers.end()) break;
    name = alias->value;
  }
  return name;
}

std::string normal(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  return name;
}

}  // namespace

std::vector<core::Endpoint> system_name_servers() {
  std::vector<core::Endpoint> servers;
  std::ifstream file("/etc/resolv.conf");
  for (std::string line; std::getline(file, line) && servers.size() < 3;) {
    constexpr std::string_view kWord = "nameserver ";
    if (!line.starts_with(kWord)) continue;
    const std::string text = line.substr(kWord.size());
    if (auto ip = core::IpAddress::parse(text.substr(0, text.find_first_of(" \t%")))) {
      servers.push_back({*ip, kNameServerPort, {}});
    }
  }
  if (servers.empty()) servers.push_back({*core::IpAddress::parse("127.0.0.1"), kNameServerPort, {}});
  return servers;
}

DnsLookup::DnsLookup(DnsLookupParts parts) : parts_(std::move(parts)) {
  if (parts_.recursive.empty()) parts_.recursive = system_name_servers();
}

Flow<DnsMessage> DnsLookup::ask(core::Endpoint server, std::string name, DnsType type,
                                core::DnsRecursion recursion) {
  const auto id = static_cast<std::uint16_t>(parts_.random.below(65536));
  std::string query = co_await core::dns_query(id, name, type, recursion);
  const core::Deadline deadline = core::Deadline::after(parts_.loop, kQuestionTime);
  core::HostPort host = host_of(server);
  std::string answer =
      co_await core::ask_name_server(&parts_.tcp, std::move(host), std::move(query), deadline, &parts_.loop);
  DnsMessage message = co_await core::parse_dns_message(answer);
  if (message.code != 0 && message.code != kNoSuchName) {
    co_return core::failure(
        ErrorKind::unavailable, Side::origin,
        fmt::format("the name server {} answers {} with code {}", server.text(), name, message.code));
  }
  co_return std::move(message);
}

Flow<DnsMessage> DnsLookup::ask_anybody(std::string name, DnsType type) {
  core::Error last;
  for (const core::Endpoint& server : parts_.recursive) {
    Result<DnsMessage> message = co_await attempt(ask(server, name, type, core::DnsRecursion::wanted));
    if (message) co_return std::move(*message);
    last = std::move(message.error());
  }
  co_return core::failure(std::move(last));
}

Flow<std::string> DnsLookup::zone_of(std::string name) {
  for (std::string part = name; !part.empty(); part = parent_of(part)) {
    DnsMessage message = co_await ask_anybody(part, DnsType::soa);
    for (const auto* section : {&message.answers, &message.authority}) {
      for (const core::DnsRecord& record : *section) {
        const bool is_soa = record.type == static_cast<std::uint16_t>(DnsType::soa);
        if (is_soa && !record.name.empty() && is_within(name, record.name)) co_return record.name;
      }
    }
  }
  co_return core::failure(ErrorKind::not_found, Side::origin, "no zone is found for " + name);
}

Flow<DnsPlace> DnsLookup::place_of(std::string name) {
  DnsPlace place;
  place.name = normal(std::move(name));
  std::set<std::string> seen{place.name};
  for (int aliases = 0; aliases < kMaxAliases; ++aliases) {
    DnsMessage message = co_await ask_anybody(place.name, DnsType::cname);
    const auto alias = std::ranges::find_if(message.answers, [&](const core::DnsRecord& record) {
      return record.type == static_cast<std::uint16_t>(DnsType::cname) && record.name == place.name;
    });
    if (alias == message.answers.end() || !seen.insert(alias->value).second) break;
    if (!is_plain_name(alias->value)) {
      co_return core::failure(ErrorKind::malformed, Side::origin,
                              place.name + " is an alias of what is no host's name");
    }
    place.name = alias->value;
  }
  place.zone = co_await zone_of(place.name);
  co_return std::move(place);
}

Flow<std::vector<core::Endpoint>> DnsLookup::servers_of(std::string zone) {
  std::vector<core::Endpoint> servers;
  DnsMessage message = co_await ask_anybody(zone, DnsType::ns);
  for (const core::DnsRecord& record : message.answers) {
    if (record.type != static_cast<std::uint16_t>(DnsType::ns) || servers.size() == kMaxServers) continue;
    Result<core::Addresses> addresses = co_await attempt(parts_.resolver.resolve(record.value));
    if (addresses) servers.push_back({addresses->front(), kNameServerPort, {}});
  }
  if (servers.empty()) {
    co_return core::failure(ErrorKind::not_found, Side::origin,
                            "no name server is found for the zone " + zone);
  }
  co_return std::move(servers);
}

Flow<std::vector<std::string>> DnsLookup::texts_at(core::Endpoint server, std::string name) {
  // One that was named in the file may be asking others itself.
  const auto recursion = parts_.servers.empty() ? core::DnsRecursion::none : core::DnsRecursion::wanted;
  DnsMessage message = co_await ask(std::move(server), std::move(name), DnsType::txt, recursion);
  std::vector<std::string> texts;
  for (core::DnsRecord& record : message.answers) {
    if (record.type == static_cast<std::uint16_t>(DnsType::txt)) texts.push_back(std::move(record.value));
  }
  co_return std::move(texts);
}

Flow<> DnsLookup::await_text(DnsPlace place, std::string value, core::Deadline deadline) {
  std::vector<core::Endpoint> waiting = parts_.servers;
  if (waiting.empty()) waiting = co_await servers_of(place.zone);
  const core::SteadyTime lenient_from = parts_.loop.now() + kUnreachableTime;
  bool is_shown = false;
  for (;;) {
    std::vector<core::Endpoint> left;
    std::string why;
    for (const core::Endpoint& server : waiting) {
      Result<std::vector<std::string>> texts = co_await attempt(texts_at(server, place.name));
      if (texts && std::ranges::find(*texts, value) != texts->end()) {
        is_shown = true;
        continue;
      }
      if (!texts && is_shown && parts_.loop.now() >= lenient_from) continue;
      why = texts ? fmt::format("the name server {} does not show the TXT record of {}", server.text(),
                                place.name)
                  : texts.error().text;
      left.push_back(server);
    }
    waiting = std::move(left);
    if (waiting.empty()) co_return core::done();
    if (parts_.loop.now() + kTextPause >= deadline.at) {
      co_return core::failure(ErrorKind::timed_out, Side::origin, std::move(why), core::Retry::later);
    }
    co_await core::sleep_for(parts_.loop, kTextPause);
  }
}

Flow<std::vector<CaaRecord>> DnsLookup::caa_at(std::string name) {
  std::vector<CaaRecord> records;
  for (int aliases = 0; aliases < kMaxAliases; ++aliases) {
    DnsMessage message = co_await ask_anybody(name, DnsType::caa);
    for (const core::DnsRecord& record : message.answers) {
      if (record.type != static_cast<std::uint16_t>(DnsType::caa)) continue;
      if (std::optional<CaaRecord> read = parse_caa(record.value)) records.push_back(std::move(*read));
    }
    // Whoever was asked may leave it to us to follow an alias out of its zone.
    std::string leads_to = aliased(message, name);
    if (!records.empty() || leads_to == name || !is_plain_name(leads_to)) break;
    name = std::move(leads_to);
  }
  co_return std::move(records);
}

Flow<CaaFound> DnsLookup::caa_of(std::string name) {
  CaaFound found;
  for (found.name = normal(std::move(name)); !found.name.empty(); found.name = parent_of(found.name)) {
    found.records = co_await caa_at(found.name);
    if (!found.records.empty()) break;
  }
  co_return std::move(found);
}

}  // namespace tls
