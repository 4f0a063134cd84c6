#include "core/text/form.h"

#include <algorithm>

#include "core/base/utf8.h"
#include "core/text/percent.h"

namespace core {
namespace {

// What browsers and our own writer send raw. A ";" is left out: some parsers take it as a separator, others
// do not.
bool is_form_byte(char c) {
  return c > ' ' && c <= '~' && c != ';' && c != '#';
}

Result<std::string> decode(std::string_view raw, Side side) {
  std::string spaced(raw);
  std::ranges::replace(spaced, '+', ' ');
  auto decoded = percent_decode(spaced, side);
  if (decoded && !is_valid_utf8(*decoded))
    return failure(ErrorKind::malformed, side, "a form parameter is not UTF-8");
  return decoded;
}

bool is_name_or_list(std::string_view name, std::string_view wanted) {
  return name.starts_with(wanted) && (name.size() == wanted.size() || name[wanted.size()] == '[');
}

}  // namespace

Result<Form> Form::parse(std::string_view text, Side side, std::size_t max_parameters) {
  if (text.size() > kMaxFormBytes) return failure(ErrorKind::too_large, side, "a form is too long");
  if (!std::ranges::all_of(text, is_form_byte)) {
    return failure(ErrorKind::malformed, side, "a form holds bytes that must be escaped");
  }
  Form form;
  form.side_ = side;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), piece.size() + 1));
    if (piece.empty()) continue;
    if (form.parameters_.size() == max_parameters) {
      return failure(ErrorKind::too_large, side, "a form has too many parameters");
    }
    const std::string_view name = piece.substr(0, piece.find('='));
    auto decoded_name = decode(name, side);
    if (!decoded_name) return failure(std::move(decoded_name).error());
    auto decoded_value = decode(piece.substr(std::min(piece.size(), name.size() + 1)), side);
    if (!decoded_value) return failure(std::move(decoded_value).error());
    form.parameters_.push_back({std::move(*decoded_name), std::move(*decoded_value)});
  }
  return form;
}

Result<std::optional<std::string_view>> Form::once(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const FormParameter& parameter : parameters_) {
    if (!is_name_or_list(parameter.name, name)) continue;
    if (found || parameter.name.size() != name.size()) {
      return failure(ErrorKind::malformed, side_,
                     std::string("parameter given more than once: ").append(name));
    }
    found = parameter.value;
  }
  return found;
}

Result<std::string_view> Form::required(std::string_view name) const {
  auto found = once(name);
  if (!found) return failure(std::move(found).error());
  if (!*found || (*found)->empty()) {
    return failure(ErrorKind::malformed, side_, std::string("parameter missing: ").append(name));
  }
  return **found;
}

FormWriter& FormWriter::add(std::string_view name, std::string_view value) {
  if (!text_.empty()) text_.push_back('&');
  append_percent_encoded(text_, name);
  text_.push_back('=');
  append_percent_encoded(text_, value);
  return *this;
}

}  // namespace core
