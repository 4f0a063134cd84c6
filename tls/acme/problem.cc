#include "tls/acme/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/http/fields.h"
#include "core/text/http_date.h"
#include "core/text/url.h"

namespace tls {
namespace {

using core::ErrorKind;
using core::Json;
using core::Side;

constexpr std::string_view kTypePrefix = "urn:ietf:params:acme:error:";
constexpr std::size_t kMaxTypeBytes = 100;
constexpr std::size_t kMaxIdentifierBytes = 253;
constexpr core::JsonLimits kLimits{.bytes = 64UL * 1024, .depth = 8, .values = 500};
/// What trying again does not mend.
constexpr std::array<std::string_view, 8> kFinalTypes{
    "externalAccountRequired", "invalidContact",        "unsupportedContact", "userActionRequired", "badCSR",
    "rejectedIdentifier",      "unsupportedIdentifier", "invalidProfile"};

std::string bounded(std::string_view text, std::size_t limit) {
  return std::string(text.substr(0, limit));
}

std::string short_type(std::string_view type) {
  if (type.starts_with(kTypePrefix)) type.remove_prefix(kTypePrefix.size());
  if (type == "about:blank") type = {};
  return bounded(type, kMaxTypeBytes);
}

std::string said(std::string_view type, std::string_view detail) {
  if (type.empty()) return std::string(detail);
  if (detail.empty()) return std::string(type);
  return fmt::format("{}: {}", type, detail);
}

ProblemPart read_part(const Json& json) {
  ProblemPart part;
  part.type = short_type(json.string_at("type").value_or(""));
  part.detail = bounded(json.string_at("detail").value_or(""), kMaxProblemText);
  if (const Json* identifier = json.find("identifier")) {
    part.identifier = bounded(identifier->string_at("value").value_or(""), kMaxIdentifierBytes);
  }
  return part;
}

/// Whether `name` stands in `text` and is no part of a longer name there.
bool mentions(std::string_view text, std::string_view name) {
  const auto is_of_a_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '*' || c == ':';
  };
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    const bool begins = at == 0 || (!is_of_a_name(text[at - 1]) && text[at - 1] != '.');
    const bool goes_on =
        end < text.size() && (is_of_a_name(text[end]) ||
                              (text[end] == '.' && end + 1 < text.size() && is_of_a_name(text[end + 1])));
    if (begins && !goes_on) return true;
  }
  return false;
}

std::string_view mend_for(const Problem& problem) {
  if (problem.is("externalAccountRequired")) return "give tls.acme.external_account";
  if (problem.is("invalidContact") || problem.is("unsupportedContact")) return "correct tls.acme.email";
  if (problem.is("caa")) return "let the CAA records of the domain name this authority";
  if (problem.is("connection"))
    return "let port 80 (http-01) or 443 (tls-alpn-01) be reached from the Internet";
  if (problem.is("dns")) return "look at the domain's DNS records";
  if (problem.is("rejectedIdentifier")) return "this authority gives no certificate for that name";
  return "";
}

}  // namespace

Problem read_problem(const Json& json) {
  Problem problem;
  problem.type = short_type(json.string_at("type").value_or(""));
  problem.detail = bounded(json.string_at("detail").value_or(""), kMaxProblemText);
  problem.status = static_cast<int>(std::clamp<std::int64_t>(json.integer_at("status").value_or(0), 0, 999));
  if (const auto page = core::parse_url(json.string_at("instance").value_or(""), Side::authority);
      page && page->scheme == "https") {
    problem.instance = bounded(page->text(), kMaxProblemText);
  }
  if (const Json* parts = json.find("subproblems")) {
    for (const Json& part : parts->elements()) {
      if (problem.parts.size() == kMaxProblemParts) break;
      problem.parts.push_back(read_part(part));
    }
  }
  return problem;
}

Problem read_problem(const core::FetchResponse& response, core::WallTime now) {
  Problem problem;
  const core::Result<Json> json = Json::parse(response.body, Side::authority, kLimits);
  if (json && json->is_object()) problem = read_problem(*json);
  problem.status = response.status;
  problem.retry_after = read_retry_after(response.field("Retry-After"), now);
  return problem;
}

std::string sentence(const Problem& problem) {
  std::string text = said(problem.type, problem.detail);
  if (text.empty()) text = fmt::format("status {} without an explanation", problem.status);
  for (const ProblemPart& part : problem.parts) {
    text += fmt::format("; {}{}{}", part.identifier, part.identifier.empty() ? "" : ": ",
                        said(part.type, part.detail));
  }
  if (!problem.instance.empty()) text += fmt::format("; see {}", problem.instance);
  if (problem.retry_after) {
    text += fmt::format("; come again after {} s", problem.retry_after->count() / 1000);
  }
  const std::string_view mend = mend_for(problem);
  if (!mend.empty()) text.append("; ").append(mend);
  return text;
}

core::Error error_of(const Problem& problem) {
  core::Error error;
  error.side = Side::authority;
  error.text = sentence(problem);
  const bool is_final = std::ranges::find(kFinalTypes, problem.type) != kFinalTypes.end();
  error.retry = is_final ? core::Retry::never : core::Retry::later;
  const bool is_down = problem.status >= 500 || problem.is("rateLimited");
  error.kind = is_down ? ErrorKind::unavailable : ErrorKind::refused;
  return error;
}

bool is_about_the_name(const Problem& problem) {
  return problem.is("rejectedIdentifier") || problem.is("unsupportedIdentifier") || problem.is("caa");
}

bool is_for_good(const Problem& problem) {
  constexpr int kRequestTimeout = 408;
  constexpr int kTooManyRequests = 429;
  if (problem.status < 400 || problem.status >= 500) return false;
  if (problem.status == kRequestTimeout || problem.status == kTooManyRequests) return false;
  return !problem.is("rateLimited") && !problem.is("badNonce");
}

std::vector<NameRefusal> refusals_in(const Problem& problem, const std::vector<std::string>& names) {
  std::vector<NameRefusal> refused;
  for (const std::string& name : names) {
    const auto part = std::ranges::find_if(problem.parts, [&](const ProblemPart& one) {
      return core::equals_ignoring_case(one.identifier, name);
    });
    if (part != problem.parts.end()) {
      Problem own;
      own.type = part->type;
      own.detail = part->detail;
      refused.push_back({name, std::move(own)});
    } else if (problem.parts.empty() && is_about_the_name(problem) && mentions(problem.detail, name)) {
      refused.push_back({name, problem});
    }
  }
  return refused;
}

std::optional<core::Duration> read_retry_after(std::string_view text, core::WallTime now) {
  if (text.empty()) return std::nullopt;
  constexpr std::int64_t kMostSeconds = 366L * 86400;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size() && text.front() != '-') {
    return std::chrono::seconds(std::min(seconds, kMostSeconds));
  }
  const core::Result<core::WallTime> date = core::parse_http_date(text, now);
  if (!date) return std::nullopt;
  const auto left = std::chrono::duration_cast<core::Duration>(*date - now);
  return std::clamp(left, core::Duration::zero(), core::Duration(std::chrono::seconds(kMostSeconds)));
}

core::Duration clamped(std::optional<core::Duration> said, const PauseBounds& bounds) {
  return std::clamp(said.value_or(bounds.otherwise), bounds.lowest, bounds.highest);
}

}  // namespace tls
