// tracing: where spans go, and which requests have some.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "config/parse.h"
#include "config/secret.h"
#include "config/values.h"
#include "core/http/fields.h"
#include "core/text/utf8.h"

namespace config {
namespace {

constexpr std::string_view kUsualPath = "/v1/traces";
constexpr std::size_t kMostHeaders = 16;
constexpr std::size_t kMostName = 128;
constexpr std::array<std::pair<std::string_view, InboundTrace>, 2> kInbound{
    {{"restart", InboundTrace::restart}, {"continue", InboundTrace::continue_it}}};

std::unexpected<core::Error> expected(std::string text) {
  return core::failure(core::ErrorKind::malformed, core::Side::configuration, "expected " + std::move(text));
}

core::Result<core::Url> parse_collector(std::string_view text) {
  core::Result<core::Url> url = core::parse_url(text, core::Side::configuration);
  if (!url || (url->scheme != "https" && url->scheme != "http"))
    return expected("the URL of a collector, such as http://127.0.0.1:4318");
  if (url->path == "/") url->path = kUsualPath;
  return url;
}

/// Decimal digits with a point, such as 0.05.
core::Result<double> parse_share(std::string_view text) {
  const auto fits = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  const bool is_number = !text.empty() && text.size() <= 12 && text.front() != '.' && text.back() != '.' &&
                         std::ranges::all_of(text, fits) && std::ranges::count(text, '.') <= 1;
  const double share = is_number ? std::strtod(std::string(text).c_str(), nullptr) : -1;
  if (share < 0 || share > 1) return expected("a share from 0 to 1, such as 0.05");
  return share;
}

core::Result<std::string> parse_service_name(std::string_view text) {
  if (text.empty() || text.size() > kMostName || !core::is_plain_text(text))
    return expected("a name of at most 128 bytes");
  return std::string(text);
}

/// Those that the request itself needs are not the file's to set.
bool is_ours(std::string_view name) {
  const core::FieldId id = core::field_id(name);
  return id == core::FieldId::host || id == core::FieldId::content_length ||
         id == core::FieldId::content_type || id == core::FieldId::transfer_encoding ||
         id == core::FieldId::connection || id == core::FieldId::content_encoding;
}

void read_headers(MapReader& map, Inputs& inputs, Tracing& out) {
  const YamlNode* node = map.take("headers");
  if (node == nullptr) return;
  Findings& findings = inputs.findings;
  const std::string name = map.path("headers");
  if (!node->is_map() || node->entries.size() > kMostHeaders)
    return findings.error(node->at, name + ": expected a map of at most 16 names to secrets");
  for (const YamlEntry& entry : node->entries) {
    const std::string key = name + "." + entry.key;
    if (!core::is_token(entry.key) || entry.key.size() > kMostName || is_ours(entry.key)) {
      findings.error(entry.value.at, key + ": not a header field that may be set here");
      continue;
    }
    ConfiguredSecret secret;
    if (!read_secret(entry.value, key, inputs, secret)) continue;
    if (core::is_field_value(secret.value.reveal())) {
      out.headers.emplace_back(entry.key, std::move(secret));
    } else {
      findings.error(entry.value.at, key + ": the secret is no header value of one line");
    }
  }
}

}  // namespace

void parse_tracing(const YamlNode& node, Inputs& inputs, std::optional<Tracing>& out) {
  if (is_off(node)) return;
  MapReader map(node, "tracing", inputs.findings);
  Tracing read;
  read.at = node.at;
  if (!map.value("otlp", read.otlp, parse_collector) && node.is_map() && !map.has("otlp")) {
    inputs.findings.error(node.at, "tracing.otlp: is missing",
                          "give the URL of a collector that takes OTLP over HTTP");
  }
  read_headers(map, inputs, read);
  if (const YamlNode* ca = map.take("ca")) read_file_name(*ca, map.path("ca"), inputs, read.ca);
  map.value("inbound", read.inbound,
            [](std::string_view text) { return parse_word<InboundTrace>(text, kInbound); });
  map.value("sample", read.sample, parse_share);
  map.value("service_name", read.service_name, parse_service_name);
  map.finish();
  out = std::move(read);
}

}  // namespace config
