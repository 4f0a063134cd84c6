#include "tls/x509_names.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>

namespace tls {
namespace {

constexpr std::size_t kMaxNameText = 200;
constexpr std::size_t kMaxNames = 1000;
// Wall time counts nanoseconds in 64 bits, to 2262; a certificate may say 9999 (RFC 5280 section 4.1.2.5).
constexpr std::int64_t kLatestSecond = 9'200'000'000;

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && std::ranges::all_of(label, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

void add_dns(SubjectNames& names, const ASN1_IA5STRING* text) {
  std::string name(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                   static_cast<std::size_t>(ASN1_STRING_length(text)));
  std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  const std::string_view checked = std::string_view(name).substr(name.starts_with("*.") ? 2 : 0);
  if (is_dns_name(checked)) names.dns.push_back(std::move(name));
}

void add_address(SubjectNames& names, const ASN1_OCTET_STRING* octets) {
  const unsigned char* bytes = ASN1_STRING_get0_data(octets);
  std::array<std::uint8_t, 4> v4{};
  std::array<std::uint8_t, 16> v6{};
  switch (ASN1_STRING_length(octets)) {
    case 4:
      std::copy_n(bytes, 4, v4.begin());
      names.addresses.push_back(core::IpAddress::v4(v4));
      break;
    case 16:
      std::copy_n(bytes, 16, v6.begin());
      names.addresses.push_back(core::IpAddress::v6(v6));
      break;
    default:
      break;
  }
}

}  // namespace

bool is_dns_name(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  std::size_t begin = 0;
  std::string_view label;
  while (begin <= name.size()) {
    const std::size_t dot = std::min(name.find('.', begin), name.size());
    label = name.substr(begin, dot - begin);
    if (!is_label(label)) return false;
    begin = dot + 1;
  }
  return !std::ranges::all_of(label, [](char c) { return c >= '0' && c <= '9'; });
}

SubjectNames subject_names(const X509* certificate) {
  const core::OpensslOwner<GENERAL_NAMES, GENERAL_NAMES_free> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  return all == nullptr ? SubjectNames() : subject_names(all.get());
}

SubjectNames subject_names(const stack_st_GENERAL_NAME* all) {
  SubjectNames names;
  const int count = sk_GENERAL_NAME_num(all);
  for (int i = 0; i < count && names.dns.size() + names.addresses.size() < kMaxNames; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type == GEN_DNS) add_dns(names, name->d.dNSName);
    if (name->type == GEN_IPADD) add_address(names, name->d.iPAddress);
  }
  return names;
}

std::optional<core::WallTime> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return core::from_unix_seconds(std::clamp<std::int64_t>(timegm(&parts), -kLatestSecond, kLatestSecond));
}

std::string date_text(core::WallTime time) {
  const std::time_t seconds = core::unix_seconds(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", parts);
}

std::string name_text(const X509_NAME* name) {
  const core::BioOwner out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  std::string text(core::contents_of(out.get()));
  if (text.size() > kMaxNameText) text.resize(kMaxNameText);
  return text;
}

}  // namespace tls
