// JSON values (RFC 8259, read strictly as I-JSON, RFC 7493): a small tree of our own, a reader with limits, a
// writer. Refused: duplicate names, invalid UTF-8, lone surrogates, numbers that are not finite, a byte order
// mark, anything behind the value. Depth is bounded, so that destroying a value cannot exhaust the stack.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "core/base/result.h"

namespace core {

struct JsonLimits {
  std::size_t bytes = 1024UL * 1024;
  std::size_t depth = 32;
  std::size_t values = 10'000;  ///< members and elements of the whole text together
};

struct JsonMember;

class Json {
 public:
  enum class Kind { null, boolean, integer, number, string, array, object };

  Json();
  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();
  Json(bool value);
  template <typename Integer>
    requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>)
  Json(Integer value) : Json(whole(static_cast<std::int64_t>(value))) {}
  Json(double value);
  Json(std::string value);
  Json(std::string_view value);
  Json(const char* value);
  static Json array();
  static Json array(std::vector<Json> elements);
  static Json object();
  static Json object(std::vector<JsonMember> members);

  /// One value and nothing else. Limits passed: too_large; everything else wrong: malformed, without quoting
  /// the text.
  static Result<Json> parse(std::string_view text, Side side, JsonLimits limits = {});

  [[nodiscard]] Kind kind() const { return static_cast<Kind>(value_.index()); }
  [[nodiscard]] bool is_null() const { return kind() == Kind::null; }
  [[nodiscard]] bool is_object() const { return kind() == Kind::object; }
  [[nodiscard]] bool is_array() const { return kind() == Kind::array; }

  /// The value if it is of that kind. A number without fraction is no integer unless it was written as one
  /// and fits 64 bits; as_number() takes both.
  [[nodiscard]] std::optional<bool> as_boolean() const;
  [[nodiscard]] std::optional<std::int64_t> as_integer() const;
  [[nodiscard]] std::optional<double> as_number() const;
  [[nodiscard]] std::optional<std::string_view> as_string() const;
  /// Empty for what is no array or object.
  [[nodiscard]] std::span<const Json> elements() const;
  [[nodiscard]] std::span<const JsonMember> members() const;

  /// The member of that name; nullptr if there is none or this is no object.
  [[nodiscard]] const Json* find(std::string_view name) const;
  [[nodiscard]] std::optional<std::string_view> string_at(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> integer_at(std::string_view name) const;
  [[nodiscard]] std::optional<bool> boolean_at(std::string_view name) const;
  /// A dotted path of member names ("realm_access.roles"). A member whose own name holds the dots wins, at
  /// each level the longest name first. Does not look into arrays.
  [[nodiscard]] const Json* at(std::string_view dotted_path) const;
  [[nodiscard]] const Json* at(std::span<const std::string> names) const;

  /// Sets a member, replacing one of that name. Requires: an object or null.
  void set(std::string_view name, Json value);
  /// Appends an element. Requires: an array or null.
  void push(Json value);

  /// Without white space, members in their order. A number that is not finite is written as null.
  [[nodiscard]] std::string text() const;
  void append_to(std::string& out) const;

  /// By value; members by name whatever their order; 1 and 1.0 differ.
  friend bool operator==(const Json& a, const Json& b);

 private:
  static Json whole(std::int64_t value);
  using Array = std::vector<Json>;
  using Object = std::vector<JsonMember>;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

struct JsonMember {
  std::string name;
  Json value;
};

}  // namespace core
