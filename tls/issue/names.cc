#include "tls/issue/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/crypto/digest.h"

namespace tls {
namespace {

constexpr std::size_t kIdDigestBytes = 6;
constexpr std::size_t kIdNameBytes = 100;

std::string without_brackets(const std::string& host) {
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

/// "*.example.com" for www.example.com; empty for what has no label to replace.
std::string wildcard_over(const std::string& name) {
  const std::size_t dot = name.find('.');
  return dot == std::string::npos || name.starts_with("*.") ? std::string() : "*" + name.substr(dot);
}

}  // namespace

std::vector<std::string> names_to_order(const config::Config& config,
                                        const std::vector<CertificatePointer>& given) {
  std::map<std::string, bool> wanted;  // by name: whether any route lets it be ordered
  for (const config::Route& route : config.routes) {
    if (route.host != "*") wanted[without_brackets(route.host)] |= route.acme;
  }
  if (!config.login.host.empty()) wanted.try_emplace(without_brackets(config.login.host), true);
  const CertificateTable covered(given);
  std::set<std::string> names;
  for (const auto& [name, is_wanted] : wanted) {
    if (is_wanted && find_for(covered, name) == nullptr) names.insert(name);
  }
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (!names.contains(wildcard_over(name))) out.push_back(name);
  }
  return out;
}

CertificatePointer find_for(const CertificateTable& table, const std::string& name) {
  const core::Result<core::IpAddress> address = core::IpAddress::parse(name);
  return address ? table.find(*address) : table.find(name);
}

std::vector<NameSet> sets_of(const std::vector<std::string>& names, std::size_t each) {
  std::vector<NameSet> sets;
  std::set<std::string> left(names.begin(), names.end());
  NameSet current;
  const auto flush = [&] {
    if (!current.empty()) sets.push_back(std::move(current));
    current.clear();
  };
  for (const std::string& name : names) {
    if (!left.contains(name)) continue;
    NameSet unit{name};
    const std::string other = name.starts_with("*.") ? name.substr(2) : "*." + name;
    left.erase(name);
    if (left.erase(other) != 0) unit.push_back(other);
    if (current.size() + unit.size() > each) flush();
    current.insert(current.end(), unit.begin(), unit.end());
  }
  flush();
  for (NameSet& set : sets) std::ranges::sort(set);
  return sets;
}

std::vector<NameSet> with_apart(const std::vector<NameSet>& sets, const std::set<std::string>& apart) {
  std::vector<NameSet> out;
  for (const NameSet& set : sets) {
    NameSet together;
    for (const std::string& name : set) {
      if (apart.contains(name)) {
        out.push_back({name});
      } else {
        together.push_back(name);
      }
    }
    if (!together.empty()) out.push_back(std::move(together));
  }
  return out;
}

NameSet leaving(const NameSet& names, const std::vector<NameRefusal>& refusals, unsigned failures) {
  NameSet out;
  for (const NameRefusal& refusal : refusals) {
    if (is_about_the_name(refusal.problem) || failures >= kTriesTogether) out.push_back(refusal.name);
  }
  return out.size() < names.size() ? out : NameSet();
}

std::string set_id(const NameSet& names) {
  std::string id;
  for (const char c : names.front()) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    id += is_plain ? c : '_';
  }
  while (id.starts_with('.')) id.erase(0, 1);
  core::Sha256Stream digest;
  for (const std::string& name : names) digest.update(name + "\n");
  const core::Sha256Digest bytes = digest.finish();
  id = id.substr(0, kIdNameBytes) + "-";
  for (std::size_t i = 0; i < kIdDigestBytes; ++i) {
    id += fmt::format("{:02x}", static_cast<unsigned char>(bytes[i]));
  }
  return id;
}

}  // namespace tls
