#include "core/text/request_path.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/base/utf8.h"
#include "core/text/percent.h"

namespace core {
namespace {

enum class ByteClass : std::uint8_t {
  refused,
  unreserved,  // never escaped
  reserved,    // may stand raw, and an escape of it is another spelling that stays (RFC 3986 section 2.2)
  escaped,     // sent raw by browsers, always written as an escape
  slash,
  percent,
};

constexpr std::array<ByteClass, 256> make_classes() {
  std::array<ByteClass, 256> table{};
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = ByteClass::unreserved;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = ByteClass::unreserved;
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = ByteClass::unreserved;
  for (const char c : std::string_view("-._~")) table[static_cast<unsigned char>(c)] = ByteClass::unreserved;
  for (const char c : std::string_view("!$&'()*+,;=:@"))
    table[static_cast<unsigned char>(c)] = ByteClass::reserved;
  for (const char c : std::string_view("[]|^\"<>`{}"))
    table[static_cast<unsigned char>(c)] = ByteClass::escaped;
  table['/'] = ByteClass::slash;
  table['%'] = ByteClass::percent;
  return table;
}
constexpr auto kClasses = make_classes();

ByteClass class_of(char c) {
  return kClasses[static_cast<unsigned char>(c)];
}

std::unexpected<Error> bad_target(std::string_view why) {
  return failure(ErrorKind::malformed, Side::client, std::string("request target: ").append(why));
}

// The byte that an escape at the start of `text` stands for, or -1.
int escaped_byte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return -1;
  const int high = hex_digit(text[1]);
  const int low = hex_digit(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// Length of the escapes at the start of `text` that make up one character of UTF-8, 0 if they do not.
std::size_t escaped_character_length(std::string_view text) {
  std::array<char, 4> bytes{};
  std::size_t count = 0;
  for (; count < bytes.size(); ++count) {
    const int byte = escaped_byte(text.substr(std::min(text.size(), count * 3)));
    if (byte < 0) break;
    bytes[count] = static_cast<char>(byte);
  }
  if (count == 0) return 0;
  const Utf8Step step = decode_utf8(std::string_view(bytes.data(), count));
  return step.valid ? step.length * std::size_t{3} : 0;
}

bool has_lower_digit(std::string_view escape) {
  return escape[1] >= 'a' || escape[2] >= 'a';
}

struct Escape {
  std::size_t length = 0;  // 0: refused, because of `why`
  bool needs_rewrite = false;
  std::string_view why;
};

Escape check_escape(std::string_view text, EncodedSlashes slashes) {
  const int byte = escaped_byte(text);
  if (byte < 0) return {.why = "an incomplete escape"};
  if (byte < 0x20 || byte == 0x7F) return {.why = "an escaped control byte"};
  if (byte == '\\') return {.why = "a backslash"};
  if (byte == '/' && slashes == EncodedSlashes::refuse) return {.why = "an escaped slash"};
  if (byte < 0x80) {
    const bool spelled_otherwise = class_of(static_cast<char>(byte)) == ByteClass::unreserved;
    return {
        .length = 3, .needs_rewrite = spelled_otherwise || byte == '/' || has_lower_digit(text), .why = {}};
  }
  const std::size_t length = escaped_character_length(text);
  if (length == 0) return {.why = "escapes that are not UTF-8"};
  bool lower = false;
  for (std::size_t i = 0; i < length; i += 3) lower = lower || has_lower_digit(text.substr(i));
  return {.length = length, .needs_rewrite = lower, .why = {}};
}

// Whether what follows a slash calls for a closer look: another slash, or what may be a dot segment.
bool needs_segment_rewrite(std::string_view behind_slash) {
  if (behind_slash.empty()) return false;
  if (behind_slash[0] == '/') return true;
  if (behind_slash[0] != '.') return false;
  return behind_slash.size() == 1 || behind_slash[1] == '.' ||
         class_of(behind_slash[1]) != ByteClass::unreserved;
}

// Refuses what no normal form exists for; says whether `path` must be rewritten to get it.
Result<bool> check_path(std::string_view path, EncodedSlashes slashes) {
  bool rewrite = false;
  for (std::size_t i = 0; i < path.size();) {
    switch (class_of(path[i])) {
      case ByteClass::refused:
        return bad_target(path[i] == '\\' ? "a backslash" : "a byte that must be escaped");
      case ByteClass::slash:
        rewrite = rewrite || needs_segment_rewrite(path.substr(i + 1));
        break;
      case ByteClass::escaped:
        rewrite = true;
        break;
      case ByteClass::percent: {
        const Escape escape = check_escape(path.substr(i), slashes);
        if (escape.length == 0) return bad_target(escape.why);
        rewrite = rewrite || escape.needs_rewrite;
        i += escape.length;
        continue;
      }
      case ByteClass::unreserved:
      case ByteClass::reserved:
        break;
    }
    ++i;
  }
  return rewrite;
}

// Appends a checked segment with one spelling for every character.
void append_segment(std::string& out, std::string_view segment) {
  for (std::size_t i = 0; i < segment.size(); ++i) {
    char c = segment[i];
    if (c == '%') {
      c = static_cast<char>(escaped_byte(segment.substr(i)));
      i += 2;
      if (class_of(c) == ByteClass::unreserved) {
        out.push_back(c);
      } else {
        append_percent_encoded(out, std::string_view(&c, 1), Unescaped::unreserved);
      }
    } else if (class_of(c) == ByteClass::escaped) {
      append_percent_encoded(out, std::string_view(&c, 1), Unescaped::unreserved);
    } else {
      out.push_back(c);
    }
  }
}

bool is_dot(std::string_view segment) {
  return segment == "." || segment == "..";
}

// Whether an origin that drops ";parameters" or decodes %2F would find a dot segment in this one.
bool hides_a_dot_segment(std::string_view segment) {
  while (true) {
    const std::size_t slash = segment.find("%2F");
    std::string_view piece = segment.substr(0, slash);
    piece = piece.substr(0, std::min(piece.find(';'), piece.find("%3B")));
    if (is_dot(piece)) return true;
    if (slash == std::string_view::npos) return false;
    segment.remove_prefix(slash + 3);
  }
}

// Merges slashes and removes dot segments while appending segment by segment; ".." cuts at the last slash, so
// each byte is written once and removed at most once.
Result<std::string_view> rewrite_path(std::string_view path, std::string& out) {
  out.clear();
  out.reserve(path.size());
  bool ends_with_slash = true;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    ends_with_slash = segment.empty();
    if (segment.empty()) continue;
    const std::size_t start = out.size();
    out.push_back('/');
    append_segment(out, segment);
    const std::string_view written = std::string_view(out).substr(start + 1);
    if (!is_dot(written)) {
      if (hides_a_dot_segment(written)) return bad_target("a disguised dot segment");
      continue;
    }
    const bool up = written == "..";
    ends_with_slash = true;
    out.resize(start);
    if (!up) continue;
    if (out.empty()) return bad_target("it goes above the root");
    out.resize(out.rfind('/'));
  }
  if (ends_with_slash) out.push_back('/');
  return out;
}

bool is_query(std::string_view query) {
  return std::ranges::all_of(query, [](char c) { return c > ' ' && c <= '~' && c != '#'; });
}

}  // namespace

Result<NormalTarget> normalise_target(std::string_view target, EncodedSlashes slashes, std::string& scratch) {
  if (target.size() > kMaxTargetBytes)
    return failure(ErrorKind::too_large, Side::client, "request target too long");
  if (!target.starts_with('/')) return bad_target("it does not begin with a slash");
  NormalTarget normal;
  normal.path = target.substr(0, target.find('?'));
  normal.query = target.substr(normal.path.size());
  if (!is_query(normal.query)) return bad_target("a query with a byte that must be escaped");
  const auto rewrite = check_path(normal.path, slashes);
  if (!rewrite) return failure(rewrite.error());
  if (!*rewrite) return normal;
  const auto path = rewrite_path(normal.path, scratch);
  if (!path) return failure(path.error());
  normal.path = *path;
  return normal;
}

Result<std::string> normalise_path(std::string_view path, EncodedSlashes slashes) {
  if (path.contains('?')) return bad_target("a path with a query");
  std::string scratch;
  const auto normal = normalise_target(path, slashes, scratch);
  if (!normal) return failure(normal.error());
  return std::string(normal->path);
}

bool path_has_prefix(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || prefix.ends_with('/') || path[prefix.size()] == '/';
}

std::string_view lenient_reading(std::string_view path, std::string& scratch) {
  if (path.find_first_of(";%") == std::string_view::npos) return path;
  scratch.clear();
  scratch.reserve(path.size());
  bool in_parameters = false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const int byte = escaped_byte(path.substr(i));
    const ByteClass kind = byte < 0 ? ByteClass::refused : class_of(static_cast<char>(byte));
    const bool decodes = kind == ByteClass::reserved || kind == ByteClass::slash;
    const char c = decodes ? static_cast<char>(byte) : path[i];
    if (decodes) i += 2;
    if (c == ';') in_parameters = true;
    if (c == '/') in_parameters = false;
    if (in_parameters || (c == '/' && scratch.ends_with('/'))) continue;
    scratch.push_back(c);
  }
  return scratch;
}

}  // namespace core
