#include "core/profile/function_name.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace core {
namespace {

constexpr std::string_view kAnonymous = "(anonymous namespace)::";
constexpr std::string_view kOperator = "operator";

/// Empty: it is no name of C++.
std::string demangled(const std::string& mangled) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && text ? text.get() : "";
}

void remove_all(std::string& text, std::string_view part) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at))
    text.erase(at, part.size());
}

/// How much of the text's beginning is the operator's sign: "()" of "operator()(int)", "<<" of
/// "operator<<(…".
std::size_t sign_length(std::string_view text) {
  if (text.starts_with("()") || text.starts_with("[]")) return 2;
  return std::min(text.find_first_not_of("<>=-+*/%^&|~!,"), text.size());
}

/// Without what stands in brackets of either kind.
std::string without_arguments(std::string_view text) {
  std::string kept;
  int depth = 0;
  while (!text.empty()) {
    if (depth == 0 && text.starts_with(kOperator)) {
      const std::size_t length = kOperator.size() + sign_length(text.substr(kOperator.size()));
      kept.append(text.substr(0, length));
      text.remove_prefix(length);
      continue;
    }
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '(' || c == '<' || c == '[') ++depth;
    if (depth == 0) kept.push_back(c);
    if ((c == ')' || c == '>' || c == ']') && depth > 0) --depth;
  }
  return kept;
}

/// The last word: a type stands before the name of what a template made, "const" behind it.
std::string name_in(std::string text) {
  remove_all(text, " const");
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text.substr(text.rfind(' ') + 1);
}

}  // namespace

std::string function_name(const std::string& mangled) {
  std::string text = demangled(mangled);
  remove_all(text, kAnonymous);
  std::string name = name_in(without_arguments(text));
  if (name.empty()) name = mangled;
  for (char& c : name) {
    if (c == ';' || static_cast<unsigned char>(c) <= ' ') c = '_';
  }
  return name.substr(0, kMostNameBytes);
}

}  // namespace core
