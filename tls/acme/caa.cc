#include "tls/acme/caa.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/http/fields.h"

namespace tls {
namespace {

constexpr unsigned char kCritical = 0x80;
/// What authorities understand; of these a critical one stops nobody.
constexpr std::array<std::string_view, 7> kKnownTags{"issue",        "issuewild", "iodef",   "contactemail",
                                                     "contactphone", "issuemail", "issuevmc"};

struct Parameter {
  std::string_view name;
  std::string_view value;
};

/// An issue or issuewild value.
struct IssueValue {
  std::string_view authority;  // empty: nobody
  std::vector<Parameter> parameters;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// A label, and the name of a parameter.
bool is_word(std::string_view text) {
  return !text.empty() && is_letter_or_digit(text.front()) && is_letter_or_digit(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

bool is_domain(std::string_view text) {
  for (;;) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    if (!is_word(text.substr(0, dot))) return false;
    if (dot == text.size()) return true;
    text.remove_prefix(dot + 1);
  }
}

/// RFC 8659 section 4.2. Nothing: no such value. A semicolon too many, which authorities overlook, is none.
std::optional<IssueValue> read_issue(std::string_view text) {
  IssueValue out;
  out.authority = trimmed(text.substr(0, text.find(';')));
  if (!out.authority.empty() && !is_domain(out.authority)) return std::nullopt;
  while (text.contains(';')) {
    text.remove_prefix(text.find(';') + 1);
    const std::string_view part = trimmed(text.substr(0, text.find(';')));
    if (part.empty()) continue;
    if (!part.contains('=')) return std::nullopt;
    const Parameter parameter{trimmed(part.substr(0, part.find('='))),
                              trimmed(part.substr(part.find('=') + 1))};
    const bool is_plain =
        std::ranges::all_of(parameter.value, [](char c) { return c >= '\x21' && c <= '\x7E'; });
    if (!is_word(parameter.name) || !is_plain) return std::nullopt;
    out.parameters.push_back(parameter);
  }
  return out;
}

bool lists(std::string_view methods, std::string_view wanted) {
  for (;;) {
    const std::size_t comma = std::min(methods.find(','), methods.size());
    if (methods.substr(0, comma) == wanted) return true;
    if (comma == methods.size()) return false;
    methods.remove_prefix(comma + 1);
  }
}

bool names(const IssueValue& value, const std::vector<std::string>& authority) {
  return std::ranges::any_of(
      authority, [&](const std::string& name) { return core::equals_ignoring_case(name, value.authority); });
}

/// What the parameters of a record that names the authority have against us (RFC 8657); empty: nothing.
std::string refused_by_parameters(const IssueValue& value, const CaaQuestion& question) {
  int accounts = 0;
  for (const auto& [name, wanted] : value.parameters) {
    if (core::equals_ignoring_case(name, "validationmethods") && !lists(wanted, question.method)) {
      return fmt::format("does not allow {}; let it say validationmethods={}{}{}", question.method, wanted,
                         wanted.empty() ? "" : ",", question.method);
    }
    if (!core::equals_ignoring_case(name, "accounturi")) continue;
    if (++accounts > 1) return "names two accounts, which allows none; let it name one";
    if (question.account_url.empty() || wanted == question.account_url) continue;
    return "allows another account; let it say accounturi=" + question.account_url;
  }
  return {};
}

}  // namespace

std::optional<CaaRecord> parse_caa(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const std::size_t size = static_cast<unsigned char>(bytes[1]);
  if (size == 0 || bytes.size() < 2 + size) return std::nullopt;
  CaaRecord record;
  record.is_critical = (static_cast<unsigned char>(bytes[0]) & kCritical) != 0;
  for (const char c : bytes.substr(2, size)) {
    if (!is_letter_or_digit(c)) return std::nullopt;
    record.tag += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  record.value = std::string(bytes.substr(2 + size));
  return record;
}

std::string caa_objection(const std::string& name, const std::vector<CaaRecord>& records,
                          const CaaQuestion& question) {
  if (question.authority.empty()) return {};
  for (const CaaRecord& record : records) {
    const bool is_known = std::ranges::find(kKnownTags, record.tag) != kKnownTags.end();
    if (record.is_critical && !is_known) {
      return fmt::format("{} has a critical CAA record \"{}\", with which no authority issues; remove it",
                         name, record.tag);
    }
  }
  const auto has = [&](std::string_view tag) {
    return std::ranges::any_of(records, [&](const CaaRecord& record) { return record.tag == tag; });
  };
  const std::string_view tag = question.is_wildcard && has("issuewild") ? "issuewild" : "issue";
  if (!has(tag)) return {};
  std::string all;
  std::string refusal;
  for (const CaaRecord& record : records) {
    if (record.tag != tag) continue;
    all += fmt::format("{}{} \"{}\"", all.empty() ? "" : ", ", tag, record.value);
    const std::optional<IssueValue> value = read_issue(record.value);
    if (!value || !names(*value, question.authority)) continue;
    refusal = refused_by_parameters(*value, question);
    if (refusal.empty()) return {};
    refusal = fmt::format("the CAA record of {}: {} \"{}\" {}", name, tag, record.value, refusal);
  }
  if (!refusal.empty()) return refusal;
  return fmt::format(
      "the CAA records of {} let others issue, not this authority ({}); add: {}. CAA 0 {} \"{}\"", name, all,
      name, tag, question.authority.front());
}

}  // namespace tls
