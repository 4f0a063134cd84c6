#include "tls/acme/dns_update.h"

#include <fmt/format.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/crypto/digest.h"
#include "core/crypto/openssl.h"
#include "core/net/dns_exchange.h"

namespace tls {
namespace {

using core::ErrorKind;
using core::Flow;
using core::Result;
using core::Side;

constexpr std::uint16_t kUpdate = 5U << 11U;
constexpr std::uint16_t kClassInternet = 1;
constexpr std::uint16_t kClassNone = 254;  // RFC 2136 section 2.5.4: this value alone is deleted
constexpr std::uint16_t kClassAny = 255;
constexpr std::uint32_t kTextLifetime = 60;
constexpr std::uint16_t kFudge = 300;         // RFC 8945 section 10
constexpr std::size_t kAdditionalCount = 10;  // where the header counts additional records
constexpr std::size_t kMaxText = 255;
constexpr core::Duration kUpdateTime = std::chrono::seconds(20);
/// RFC 2136 section 2.2 and RFC 8945 section 5.2 in words.
constexpr std::array<std::pair<int, std::string_view>, 6> kCodes{
    {{1, "the server does not understand updates"},
     {2, "the server failed"},
     {4, "the server takes no updates"},
     {5, "the server refuses the update: let the key update this zone (update-policy, allow-update)"},
     {9, "the server does not take this key: compare key_name, algorithm and secret, and both clocks"},
     {10, "the name is not in the zone"}}};

std::unexpected<core::Error> refused(std::string text) {
  return core::failure(ErrorKind::refused, Side::origin, std::move(text), core::Retry::later);
}

const EVP_MD* digest_of(const std::string& algorithm) {
  if (algorithm == "hmac-sha384") return EVP_sha384();
  if (algorithm == "hmac-sha512") return EVP_sha512();
  return EVP_sha256();
}

std::string mac_of(const TsigKey& key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  const std::string_view secret = key.secret.reveal();
  HMAC(digest_of(key.algorithm), secret.data(), static_cast<int>(secret.size()), core::octets(bytes),
       bytes.size(), mac.data(), &size);
  return {reinterpret_cast<const char*>(mac.data()), size};
}

void append_time(std::string& out, std::int64_t seconds) {
  core::append_u16(out, static_cast<std::uint16_t>(static_cast<std::uint64_t>(seconds) >> 32U));
  core::append_u32(out, static_cast<std::uint32_t>(static_cast<std::uint64_t>(seconds)));
}

struct TsigTimes {
  std::int64_t seconds = 0;
  std::uint16_t fudge = kFudge;
  std::uint16_t error = 0;
};

/// What is signed besides the message (RFC 8945 section 4.3.3).
std::string variables(const std::string& key_name, const std::string& algorithm, const TsigTimes& times,
                      std::string_view other) {
  std::string out = key_name;
  core::append_u16(out, kClassAny);
  core::append_u32(out, 0);
  out += algorithm;
  append_time(out, times.seconds);
  core::append_u16(out, times.fudge);
  core::append_u16(out, times.error);
  core::append_u16(out, static_cast<std::uint16_t>(other.size()));
  out.append(other);
  return out;
}

std::string with_length(std::string_view mac) {
  std::string out;
  if (mac.empty()) return out;
  core::append_u16(out, static_cast<std::uint16_t>(mac.size()));
  return out.append(mac);
}

unsigned u16_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned>(static_cast<unsigned char>(bytes[at])) << 8U |
         static_cast<unsigned char>(bytes[at + 1]);
}

void set_u16(std::string& bytes, std::size_t at, unsigned number) {
  bytes[at] = static_cast<char>(number >> 8U);
  bytes[at + 1] = static_cast<char>(number & 0xFFU);
}

/// The parts of a TSIG record's value.
struct Tsig {
  TsigTimes times;
  std::string mac;
  unsigned original_id = 0;
  std::string other;
};

Result<Tsig> read_tsig(std::string_view value, const std::string& algorithm) {
  const auto wrong = [] { return refused("a TSIG record that cannot be read"); };
  if (!value.starts_with(algorithm)) return wrong();
  value.remove_prefix(algorithm.size());
  if (value.size() < 10) return wrong();
  Tsig out;
  for (int i = 0; i < 6; ++i)
    out.times.seconds =
        out.times.seconds << 8 | static_cast<unsigned char>(value[static_cast<std::size_t>(i)]);
  out.times.fudge = static_cast<std::uint16_t>(u16_at(value, 6));
  const std::size_t size = u16_at(value, 8);
  value.remove_prefix(10);
  if (value.size() < size + 6) return wrong();
  out.mac = std::string(value.substr(0, size));
  out.original_id = u16_at(value, size);
  out.times.error = static_cast<std::uint16_t>(u16_at(value, size + 2));
  const std::size_t others = u16_at(value, size + 4);
  if (value.size() != size + 6 + others) return wrong();
  out.other = std::string(value.substr(size + 6));
  return out;
}

std::string words_of(int code) {
  const auto found = std::ranges::find(kCodes, code, [](const auto& known) { return known.first; });
  return found == kCodes.end() ? fmt::format("the server answers with code {}", code)
                               : std::string(found->second);
}

}  // namespace

Result<std::string> dns_update(std::uint16_t id, const DnsPlace& place, std::string_view value,
                               DnsChange change) {
  const Result<std::string> zone = core::dns_name(place.zone);
  const Result<std::string> name = core::dns_name(place.name);
  if (!zone || !name || value.size() > kMaxText) {
    return core::failure(ErrorKind::malformed, Side::us, "no TXT record can be written for " + place.name);
  }
  std::string out;
  core::append_u16(out, id);
  core::append_u16(out, kUpdate);
  core::append_u16(out, 1);
  core::append_u16(out, 0);
  core::append_u16(out, 1);
  core::append_u16(out, 0);
  out += *zone;
  core::append_u16(out, static_cast<std::uint16_t>(core::DnsType::soa));
  core::append_u16(out, kClassInternet);
  out += *name;
  core::append_u16(out, static_cast<std::uint16_t>(core::DnsType::txt));
  core::append_u16(out, change == DnsChange::add ? kClassInternet : kClassNone);
  core::append_u32(out, change == DnsChange::add ? kTextLifetime : 0);
  core::append_u16(out, static_cast<std::uint16_t>(value.size() + 1));
  out += static_cast<char>(value.size());
  out.append(value);
  return out;
}

Result<SignedDnsMessage> tsig_sign(std::string message, const TsigKey& key, std::int64_t now,
                                   std::string_view mac_before) {
  const Result<std::string> name = core::dns_name(key.name);
  const Result<std::string> algorithm = core::dns_name(key.algorithm);
  if (!name || !algorithm)
    return core::failure(ErrorKind::malformed, Side::configuration, "no TSIG key name");
  SignedDnsMessage out;
  const TsigTimes times{now};
  out.mac = mac_of(key, with_length(mac_before) + message + variables(*name, *algorithm, times, ""));
  std::string value = *algorithm;
  append_time(value, now);
  core::append_u16(value, kFudge);
  value += with_length(out.mac);
  value.append(message, 0, 2);
  core::append_u16(value, 0);
  core::append_u16(value, 0);
  out.bytes = std::move(message);
  set_u16(out.bytes, kAdditionalCount, u16_at(out.bytes, kAdditionalCount) + 1);
  out.bytes += *name;
  core::append_u16(out.bytes, static_cast<std::uint16_t>(core::DnsType::tsig));
  core::append_u16(out.bytes, kClassAny);
  core::append_u32(out.bytes, 0);
  core::append_u16(out.bytes, static_cast<std::uint16_t>(value.size()));
  out.bytes += value;
  return out;
}

Result<core::Done> tsig_verify(const std::string& answer, const TsigKey& key, std::int64_t now,
                               std::string_view mac_before) {
  const Result<core::DnsMessage> message = core::parse_dns_message(answer);
  const Result<std::string> name = core::dns_name(key.name);
  const Result<std::string> algorithm = core::dns_name(key.algorithm);
  if (!message || !name || !algorithm) return refused("an answer that cannot be read");
  if (message->additional.empty() ||
      message->additional.back().type != static_cast<std::uint16_t>(core::DnsType::tsig)) {
    return refused("an answer without a signature");
  }
  const core::DnsRecord& record = message->additional.back();
  if (record.klass != kClassAny) return refused("a signature of another class");
  const Result<std::string> signer = core::dns_name(record.name);
  if (!signer || *signer != *name) return refused("an answer signed with another key");
  const Result<Tsig> tsig = read_tsig(record.value, *algorithm);
  if (!tsig) return core::failure(tsig.error());
  std::string signed_bytes = answer.substr(0, record.offset);
  set_u16(signed_bytes, 0, tsig->original_id);
  set_u16(signed_bytes, kAdditionalCount, u16_at(signed_bytes, kAdditionalCount) - 1);
  const std::string mac = mac_of(
      key, with_length(mac_before) + signed_bytes + variables(*name, *algorithm, tsig->times, tsig->other));
  if (!core::constant_time_equal(mac, tsig->mac)) return refused("an answer with a wrong signature");
  if (std::abs(now - tsig->times.seconds) > kFudge)
    return refused("an answer of another time; compare both clocks");
  return core::Done{};
}

Flow<> DnsUpdate::send(DnsPlace place, std::string value, DnsChange change) {
  const auto id = static_cast<std::uint16_t>(parts_.random.below(65536));
  std::string message = co_await dns_update(id, place, value, change);
  std::string mac;
  const std::int64_t now = core::unix_seconds(parts_.loop.clock().wall());
  if (!server_.key.name.empty()) {
    SignedDnsMessage made = co_await tsig_sign(std::move(message), server_.key, now);
    message = std::move(made.bytes);
    mac = std::move(made.mac);
  }
  core::HostPort host;
  host.host = server_.host;
  host.port = server_.port;
  const core::Deadline deadline = core::Deadline::after(parts_.loop, kUpdateTime);
  std::string answer = co_await core::ask_name_server(&parts_.tcp, std::move(host), std::move(message),
                                                      deadline, &parts_.loop);
  core::DnsMessage parsed = co_await core::parse_dns_message(answer);
  if (parsed.code != 0) {
    co_return refused(
        fmt::format("updating {} in the zone {}: {}", place.name, place.zone, words_of(parsed.code)));
  }
  if (!server_.key.name.empty()) co_await tsig_verify(answer, server_.key, now, mac);
  co_return core::done();
}

Flow<> DnsUpdate::add(DnsPlace place, std::string value) {
  co_await send(std::move(place), std::move(value), DnsChange::add);
  co_return core::done();
}

Flow<> DnsUpdate::remove(DnsPlace place, std::string value) {
  co_await send(std::move(place), std::move(value), DnsChange::remove);
  co_return core::done();
}

}  // namespace tls
