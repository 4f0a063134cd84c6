#include "core/text/json.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace core {

Json::Json() = default;
Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;
Json::Json(bool value) : value_(value) {}
Json::Json(double value) : value_(value) {}
Json::Json(std::string value) : value_(std::move(value)) {}
Json::Json(std::string_view value) : value_(std::string(value)) {}
Json::Json(const char* value) : value_(std::string(value)) {}

Json Json::whole(std::int64_t value) {
  Json made;
  made.value_ = value;
  return made;
}

Json Json::array() {
  return array({});
}
Json Json::array(std::vector<Json> elements) {
  Json made;
  made.value_ = std::move(elements);
  return made;
}
Json Json::object() {
  return object({});
}
Json Json::object(std::vector<JsonMember> members) {
  Json made;
  made.value_ = std::move(members);
  return made;
}

std::optional<bool> Json::as_boolean() const {
  const auto* value = std::get_if<bool>(&value_);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::optional<std::int64_t> Json::as_integer() const {
  const auto* value = std::get_if<std::int64_t>(&value_);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::optional<double> Json::as_number() const {
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*value);
  return std::nullopt;
}

std::optional<std::string_view> Json::as_string() const {
  const auto* value = std::get_if<std::string>(&value_);
  return value != nullptr ? std::optional<std::string_view>(*value) : std::nullopt;
}

std::span<const Json> Json::elements() const {
  const auto* value = std::get_if<Array>(&value_);
  return value != nullptr ? std::span<const Json>(*value) : std::span<const Json>();
}

std::span<const JsonMember> Json::members() const {
  const auto* value = std::get_if<Object>(&value_);
  return value != nullptr ? std::span<const JsonMember>(*value) : std::span<const JsonMember>();
}

const Json* Json::find(std::string_view name) const {
  for (const JsonMember& member : members()) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

std::optional<std::string_view> Json::string_at(std::string_view name) const {
  const Json* found = find(name);
  return found != nullptr ? found->as_string() : std::nullopt;
}

std::optional<std::int64_t> Json::integer_at(std::string_view name) const {
  const Json* found = find(name);
  return found != nullptr ? found->as_integer() : std::nullopt;
}

std::optional<bool> Json::boolean_at(std::string_view name) const {
  const Json* found = find(name);
  return found != nullptr ? found->as_boolean() : std::nullopt;
}

const Json* Json::at(std::string_view dotted_path) const {
  // Once a level's longest name is chosen there is no way back, so the work is bounded by dots times levels.
  const Json* here = this;
  while (!dotted_path.empty()) {
    std::string_view name = dotted_path;
    const Json* next = here->find(name);
    while (next == nullptr) {
      const std::size_t dot = name.rfind('.');
      if (dot == std::string_view::npos) return nullptr;
      name = name.substr(0, dot);
      next = here->find(name);
    }
    here = next;
    dotted_path.remove_prefix(std::min(dotted_path.size(), name.size() + 1));
  }
  return here;
}

const Json* Json::at(std::span<const std::string> names) const {
  const Json* here = this;
  for (const std::string& name : names) {
    here = here->find(name);
    if (here == nullptr) return nullptr;
  }
  return here;
}

void Json::set(std::string_view name, Json value) {
  if (is_null()) value_ = Object();
  auto* object = std::get_if<Object>(&value_);
  CHECK(object != nullptr);
  const auto found = std::ranges::find(*object, name, &JsonMember::name);
  if (found != object->end()) {
    found->value = std::move(value);
  } else {
    object->push_back({std::string(name), std::move(value)});
  }
}

void Json::push(Json value) {
  if (is_null()) value_ = Array();
  auto* array = std::get_if<Array>(&value_);
  CHECK(array != nullptr);
  array->push_back(std::move(value));
}

bool operator==(const Json& a, const Json& b) {
  if (a.value_.index() != b.value_.index()) return false;
  if (!a.is_object()) {
    if (a.is_array()) return std::ranges::equal(a.elements(), b.elements());
    return a.as_string() == b.as_string() && a.as_number() == b.as_number() &&
           a.as_integer() == b.as_integer() && a.as_boolean() == b.as_boolean();
  }
  if (a.members().size() != b.members().size()) return false;
  return std::ranges::all_of(a.members(), [&](const JsonMember& member) {
    const Json* other = b.find(member.name);
    return other != nullptr && *other == member.value;
  });
}

}  // namespace core
