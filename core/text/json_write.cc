// Writing JSON: compact, strings escaped by the same function as the log's.
#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "core/base/log.h"
#include "core/text/json.h"

namespace core {
namespace {

void append_string(std::string& out, std::string_view text) {
  out.push_back('"');
  append_json_escaped(out, text);
  out.push_back('"');
}

void append_number(std::string& out, double value) {
  const std::string text = fmt::format("{}", value);
  out.append(text);
  // So that it is a number again, not an integer, when it is read.
  if (text.find_first_not_of("-0123456789") == std::string::npos) out.append(".0");
}

}  // namespace

void Json::append_to(std::string& out) const {
  switch (kind()) {
    case Kind::null:
      out.append("null");
      return;
    case Kind::boolean:
      out.append(*as_boolean() ? "true" : "false");
      return;
    case Kind::integer:
      fmt::format_to(std::back_inserter(out), "{}", *as_integer());
      return;
    case Kind::number:
      if (!std::isfinite(*as_number())) {
        out.append("null");
        return;
      }
      append_number(out, *as_number());
      return;
    case Kind::string:
      append_string(out, *as_string());
      return;
    case Kind::array: {
      char separator = '[';
      for (const Json& element : elements()) {
        out.push_back(std::exchange(separator, ','));
        element.append_to(out);
      }
      out.append(separator == '[' ? "[]" : "]");
      return;
    }
    case Kind::object: {
      char separator = '{';
      for (const JsonMember& member : members()) {
        out.push_back(std::exchange(separator, ','));
        append_string(out, member.name);
        out.push_back(':');
        member.value.append_to(out);
      }
      out.append(separator == '{' ? "{}" : "}");
      return;
    }
  }
}

std::string Json::text() const {
  std::string out;
  append_to(out);
  return out;
}

}  // namespace core
