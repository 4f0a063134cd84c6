#include "core/net/dns_message.h"

#include <algorithm>

namespace core {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kMaxNameBytes = 255;
constexpr std::size_t kMaxLabelBytes = 63;
constexpr int kMaxPointers = 32;
constexpr std::uint16_t kClassInternet = 1;
constexpr std::uint16_t kRecursionDesired = 0x0100;
constexpr std::uint16_t kResponse = 0x8000;
constexpr std::uint16_t kAuthoritative = 0x0400;

std::unexpected<Error> malformed(std::string text) {
  return failure(ErrorKind::malformed, Side::origin, std::move(text));
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Reads a message from front to back; every read is checked.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t at() const { return at_; }
  std::uint16_t u16() {
    const std::string_view two = take(2);
    if (two.size() < 2) return 0;
    return static_cast<std::uint16_t>(octet(two[0]) << 8U | octet(two[1]));
  }
  std::string_view take(std::size_t count) {
    if (bytes_.size() - at_ < count) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }
  std::string name() {
    bool fits = true;
    std::string out = name_at(at_, &at_, fits);
    ok_ = ok_ && fits;
    return out;
  }
  /// A name somewhere in the message, without moving.
  std::string name_elsewhere(std::size_t at) {
    std::size_t end = 0;
    bool fits = true;
    std::string out = name_at(at, &end, fits);
    ok_ = ok_ && fits;
    return out;
  }

 private:
  static unsigned octet(char c) { return static_cast<unsigned char>(c); }

  // RFC 1035 section 4.1.4: a pointer may only lead backwards here, so that no chain of them is endless.
  std::string name_at(std::size_t at, std::size_t* end, bool& fits) const {
    std::string out;
    std::size_t limit = at;
    bool has_jumped = false;
    for (int pointers = 0;;) {
      if (at >= bytes_.size()) break;
      const unsigned length = octet(bytes_[at]);
      if (length == 0) {
        if (!has_jumped) *end = at + 1;
        return out;
      }
      if ((length & 0xC0U) == 0xC0U) {
        if (at + 1 >= bytes_.size() || ++pointers > kMaxPointers) break;
        const std::size_t target = (length & 0x3FU) << 8U | octet(bytes_[at + 1]);
        if (!has_jumped) *end = at + 2;
        if (target >= limit) break;
        has_jumped = true;
        at = limit = target;
        continue;
      }
      if (length > kMaxLabelBytes || at + 1 + length > bytes_.size()) break;
      if (!out.empty()) out += '.';
      for (const char c : bytes_.substr(at + 1, length)) out += lower(c);
      if (out.size() > kMaxNameBytes) break;
      at += 1 + length;
    }
    fits = false;
    return {};
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

bool join_strings(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    const std::size_t length = static_cast<unsigned char>(bytes.front());
    if (bytes.size() - 1 < length) return false;
    out.append(bytes.substr(1, length));
    bytes.remove_prefix(1 + length);
  }
  return true;
}

bool read_record(Reader& reader, DnsRecord& out) {
  out.offset = reader.at();
  out.name = reader.name();
  out.type = reader.u16();
  out.klass = reader.u16();
  reader.take(4);  // its time to live
  const std::size_t length = reader.u16();
  const std::size_t begin = reader.at();
  const std::string_view bytes = reader.take(length);
  if (!reader.ok()) return false;
  switch (static_cast<DnsType>(out.type)) {
    case DnsType::ns:
    case DnsType::cname:
    case DnsType::soa:
      out.value = reader.name_elsewhere(begin);
      return reader.ok();
    case DnsType::txt:
      return join_strings(bytes, out.value);
    default:
      out.value = std::string(bytes);
      return true;
  }
}

}  // namespace

void append_u16(std::string& out, std::uint16_t number) {
  out += static_cast<char>(number >> 8U);
  out += static_cast<char>(number & 0xFFU);
}

void append_u32(std::string& out, std::uint32_t number) {
  append_u16(out, static_cast<std::uint16_t>(number >> 16U));
  append_u16(out, static_cast<std::uint16_t>(number & 0xFFFFU));
}

Result<std::string> dns_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string out;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > kMaxLabelBytes) return malformed("no DNS name");
    out += static_cast<char>(label.size());
    for (const char c : label) out += lower(c);
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  out += '\0';
  if (out.size() > kMaxNameBytes) return malformed("a DNS name over 255 bytes");
  return out;
}

Result<std::string> dns_query(std::uint16_t id, std::string_view name, DnsType type, DnsRecursion recursion) {
  const Result<std::string> wire = dns_name(name);
  if (!wire) return failure(wire.error());
  std::string out;
  append_u16(out, id);
  append_u16(out, recursion == DnsRecursion::wanted ? kRecursionDesired : 0);
  append_u16(out, 1);
  out.append(6, '\0');
  out += *wire;
  append_u16(out, static_cast<std::uint16_t>(type));
  append_u16(out, kClassInternet);
  return out;
}

Result<DnsMessage> parse_dns_message(std::string_view bytes) {
  Reader reader(bytes);
  if (bytes.size() < kHeaderBytes) return malformed("a DNS message without a header");
  DnsMessage out;
  out.id = reader.u16();
  const std::uint16_t flags = reader.u16();
  if ((flags & kResponse) == 0) return malformed("a DNS message that is no answer");
  out.is_authoritative = (flags & kAuthoritative) != 0;
  out.code = flags & 0xF;
  const std::size_t questions = reader.u16();
  const std::size_t counts[] = {reader.u16(), reader.u16(), reader.u16()};
  if (questions > 1 || counts[0] + counts[1] + counts[2] > kMaxDnsRecords) {
    return malformed("a DNS message with too many records");
  }
  if (questions == 1) {
    reader.name();
    reader.take(4);
  }
  std::vector<DnsRecord>* const sections[] = {&out.answers, &out.authority, &out.additional};
  for (int i = 0; i < 3; ++i) {
    for (std::size_t left = counts[i]; left > 0; --left) {
      DnsRecord record;
      if (!reader.ok() || !read_record(reader, record)) return malformed("a DNS record that does not fit");
      sections[i]->push_back(std::move(record));
    }
  }
  if (!reader.ok()) return malformed("a DNS message that is cut off");
  return out;
}

}  // namespace core
