// Reading JSON through nlohmann's SAX interface, which keeps its own stack on the heap: depth costs no call
// frames, and our limits end the reading at the first value too many. nlohmann checks UTF-8, surrogates and
// finite numbers.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text/json.h"

namespace core {
namespace {

constexpr std::size_t kMaxNumberBytes = 64;

class TreeBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  TreeBuilder(Side side, const JsonLimits& limits) : limits_(limits), error_(malformed("not JSON", side)) {}

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override { return add(Json(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(INT64_MAX)) return add(Json(static_cast<double>(value)));
    return add(Json(value));
  }
  bool number_float(number_float_t value, const string_t& text) override {
    if (text.size() > kMaxNumberBytes) return fail("a JSON number is too long");
    return add(Json(value));
  }
  bool string(string_t& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t& /*value*/) override { return fail("not JSON"); }
  bool start_object(std::size_t /*count*/) override { return open(Json::object()); }
  bool key(string_t& name) override {
    open_.back().name = std::move(name);
    return true;
  }
  bool end_object() override {
    if (repeats_a_name(open_.back().members)) return fail("a JSON object repeats a name");
    return close(Json::object(std::move(open_.back().members)));
  }
  bool start_array(std::size_t /*count*/) override { return open(Json::array()); }
  bool end_array() override { return close(Json::array(std::move(open_.back().elements))); }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::detail::exception&) override {
    return false;
  }

  Json take_value() { return std::move(root_); }
  Error take_error() { return std::move(error_); }

 private:
  struct Open {
    bool is_object = false;
    std::string name;  // of the member whose value comes next
    std::vector<JsonMember> members;
    std::vector<Json> elements;
  };

  static Error malformed(std::string text, Side side) {
    return Error{ErrorKind::malformed, side, std::move(text), Retry::never};
  }

  bool fail(std::string text, ErrorKind kind = ErrorKind::malformed) {
    error_.kind = kind;
    error_.text = std::move(text);
    return false;
  }

  bool count() {
    if (++values_ <= limits_.values) return true;
    return fail("JSON holds too many values", ErrorKind::too_large);
  }

  void put(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().is_object) {
      open_.back().members.push_back({std::move(open_.back().name), std::move(value)});
    } else {
      open_.back().elements.push_back(std::move(value));
    }
  }

  bool add(Json value) {
    if (!count()) return false;
    put(std::move(value));
    return true;
  }

  bool open(const Json& empty) {
    if (!count()) return false;
    if (open_.size() == limits_.depth) return fail("JSON is nested too deeply", ErrorKind::too_large);
    open_.emplace_back().is_object = empty.is_object();
    return true;
  }

  bool close(Json value) {
    open_.pop_back();
    put(std::move(value));
    return true;
  }

  static bool repeats_a_name(const std::vector<JsonMember>& members) {
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const JsonMember& member : members) names.emplace_back(member.name);
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) != names.end();
  }

  JsonLimits limits_;
  Error error_;
  std::size_t values_ = 0;
  std::vector<Open> open_;
  Json root_;
};

}  // namespace

Result<Json> Json::parse(std::string_view text, Side side, JsonLimits limits) {
  if (text.size() > limits.bytes) return failure(ErrorKind::too_large, side, "JSON is too long");
  // nlohmann skips a byte order mark and, at the end of the text, a NUL.
  if (text.starts_with("\xEF\xBB\xBF") || text.contains('\0'))
    return failure(ErrorKind::malformed, side, "not JSON");
  TreeBuilder builder(side, limits);
  try {
    if (nlohmann::json::sax_parse(text, &builder)) return builder.take_value();
  } catch (const nlohmann::json::exception&) {
    return failure(ErrorKind::malformed, side, "not JSON");
  }
  return failure(builder.take_error());
}

}  // namespace core
