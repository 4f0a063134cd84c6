#include "tls/certificate_table.h"

#include <algorithm>

#include "tls/x509_names.h"

namespace tls {

std::optional<std::string> normal_server_name(std::string_view raw) {
  if (raw.ends_with('.')) raw.remove_suffix(1);
  if (raw.size() > 253) return std::nullopt;
  std::string name(raw);
  std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  if (!is_dns_name(name)) return std::nullopt;
  return name;
}

void CertificateTable::Names::add(const CertificatePointer& certificate) {
  for (const std::string& name : certificate->dns_names()) {
    if (name.starts_with("*.")) {
      wildcard.try_emplace(name.substr(2), certificate);
    } else {
      exact.try_emplace(name, certificate);
    }
  }
  for (const core::IpAddress& ip : certificate->addresses()) address.try_emplace(ip.text(), certificate);
}

CertificatePointer CertificateTable::Names::find(std::string_view name) const {
  if (const auto found = exact.find(name); found != exact.end()) return found->second;
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return nullptr;
  const auto found = wildcard.find(name.substr(dot + 1));
  return found == wildcard.end() ? nullptr : found->second;
}

CertificateTable::CertificateTable(const std::vector<CertificatePointer>& given,
                                   const std::vector<CertificatePointer>& issued,
                                   const std::vector<CertificatePointer>& former) {
  for (const CertificatePointer& certificate : given) given_.add(certificate);
  for (const CertificatePointer& certificate : issued) issued_.add(certificate);
  for (const CertificatePointer& certificate : former) former_.add(certificate);
  all_ = given;
  all_.insert(all_.end(), issued.begin(), issued.end());
  all_.insert(all_.end(), former.begin(), former.end());
}

CertificatePointer CertificateTable::find(std::string_view name) const {
  for (const Names* names : {&given_, &issued_, &former_}) {
    if (CertificatePointer found = names->find(name)) return found;
  }
  return nullptr;
}

CertificatePointer CertificateTable::find(const core::IpAddress& local) const {
  const std::string text = local.text();
  for (const Names* names : {&given_, &issued_, &former_}) {
    if (const auto found = names->address.find(text); found != names->address.end()) return found->second;
  }
  return nullptr;
}

}  // namespace tls
