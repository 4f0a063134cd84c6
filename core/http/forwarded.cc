#include "core/http/forwarded.h"

#include <algorithm>
#include <utility>

#include "core/http/characters.h"
#include "core/http/fields.h"

namespace core {
namespace {

using http_characters::is_blank;
using http_characters::is_token_byte;

constexpr std::size_t kMaxPortDigits = 5;

std::unexpected<Error> malformed(std::string_view what) {
  return failure(ErrorKind::malformed, Side::client, "Forwarded: " + std::string(what));
}

/// Takes the parts of a value off its front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool is_at_end() const { return rest_.empty(); }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }
  /// Empty: there is none.
  std::string_view token() {
    const auto end = std::ranges::find_if_not(rest_, is_token_byte);
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  /// RFC 9110 section 5.6.4, behind its opening quote. False: it does not end, or holds a control.
  bool quoted(std::string& out) {
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c == '\\') {
        if (rest_.empty()) return false;
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      const auto byte = static_cast<unsigned char>(c);
      if ((byte < 0x20 && c != '\t') || byte == 0x7f) return false;
      out.push_back(c);
    }
    return false;
  }

 private:
  std::string_view rest_;
};

/// name=value; the value a token or quoted.
Result<std::pair<std::string_view, std::string>> read_pair(Cursor& cursor) {
  const std::string_view name = cursor.token();
  if (name.empty()) return malformed("an empty element or a parameter without a name");
  if (!cursor.take('=')) return malformed("a parameter without a value");
  std::string value;
  if (cursor.take('"')) {
    if (!cursor.quoted(value)) return malformed("a quoted text that does not end");
  } else {
    value = cursor.token();
    if (value.empty()) return malformed("a parameter without a value");
  }
  return std::pair(name, std::move(value));
}

Result<ForwardedElement> read_element(Cursor& cursor) {
  ForwardedElement element;
  std::vector<std::string_view> seen;
  do {
    cursor.skip_blanks();
    Result<std::pair<std::string_view, std::string>> pair = read_pair(cursor);
    if (!pair) return failure(std::move(pair.error()));
    const std::string_view name = pair->first;
    const auto is_same = [name](std::string_view other) { return equals_ignoring_case(name, other); };
    if (std::ranges::any_of(seen, is_same)) return malformed("a parameter twice");
    // Section 4 names four; extensions are few. What is more costs time for nothing.
    if (seen.size() == kMaxForwardedElements) return malformed("too many parameters");
    seen.push_back(name);
    if (is_same("for")) {
      element.node = std::move(pair->second);
    } else if (is_same("proto")) {
      element.proto = std::move(pair->second);
    }
    cursor.skip_blanks();
  } while (cursor.take(';'));
  return element;
}

bool is_port(std::string_view port) {
  const bool is_number = !port.empty() && port.size() <= kMaxPortDigits &&
                         std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
  if (is_number) return true;
  const bool is_hidden = port.size() > 1 && port.front() == '_';
  return is_hidden && std::ranges::all_of(port, is_token_byte);
}

}  // namespace

Result<std::vector<ForwardedElement>> parse_forwarded(std::string_view value) {
  std::vector<ForwardedElement> elements;
  Cursor cursor(value);
  do {
    if (elements.size() == kMaxForwardedElements) return malformed("too many elements");
    Result<ForwardedElement> element = read_element(cursor);
    if (!element) return failure(std::move(element.error()));
    elements.push_back(std::move(*element));
  } while (cursor.take(','));
  if (!cursor.is_at_end()) return malformed("something behind a value");
  return elements;
}

Result<IpAddress> parse_forwarded_node(std::string_view node) {
  const bool is_v6 = node.starts_with('[');
  const std::size_t end = is_v6 ? node.find(']') : std::min(node.find(':'), node.size());
  if (end == std::string_view::npos) return malformed("a node without its closing bracket");
  const std::string_view text = is_v6 ? node.substr(1, end - 1) : node.substr(0, end);
  std::string_view port = node.substr(is_v6 ? end + 1 : end);
  if (!port.empty()) {
    if (port.front() != ':' || !is_port(port.substr(1))) return malformed("a node with something behind it");
  }
  Result<IpAddress> address = IpAddress::parse(text);
  if (!address || text.contains(':') != is_v6) return malformed("a node that is no address");
  return address;
}

void append_forwarded(std::string& out, const IpAddress& client, std::string_view host) {
  if (client.is_v4()) {
    out.append("for=").append(client.text());
  } else {
    out.append("for=\"[").append(client.text()).append("]\"");
  }
  out.append(";host=");
  if (is_token(host)) {
    out.append(host);
  } else {
    out.push_back('"');
    for (const char c : host) {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
    out.push_back('"');
  }
  out.append(";proto=https");
}

}  // namespace core
