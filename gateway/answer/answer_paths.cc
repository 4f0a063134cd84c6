#include "gateway/answer/answer_paths.h"

#include <algorithm>
#include <utility>

#include "core/http/characters.h"
#include "core/http/fields.h"
#include "core/text/cookie.h"
#include "core/text/request_path.h"
#include "core/text/url.h"

namespace gateway {
namespace {

using core::http_characters::trimmed;

/// The scheme of a URL without its colon; empty for a reference without one.
std::string_view scheme_of(std::string_view reference) {
  const std::size_t end = reference.find_first_of(":/?#");
  if (end == std::string_view::npos || reference[end] != ':') return {};
  return reference.substr(0, end);
}

/// A relative path put behind the directory of `base`, without dot segments (RFC 3986 section 5.2.4).
std::string resolved(std::string_view base, std::string_view relative) {
  std::string out(base.substr(0, base.rfind('/') + 1));
  while (true) {
    const std::size_t slash = relative.find('/');
    const std::string_view segment = relative.substr(0, slash);
    const bool is_last = slash == std::string_view::npos;
    if (segment == "..") {
      if (out.size() > 1) out.resize(out.rfind('/', out.size() - 2) + 1);
    } else if (segment != ".") {
      out.append(segment);
      if (!is_last) out.push_back('/');
    }
    if (is_last) return out;
    relative.remove_prefix(slash + 1);
  }
}

/// Whether a browser takes what begins like a path for "//host": it drops TAB, and "\\" is a slash to it.
bool is_read_as_host(std::string_view path) {
  const std::size_t second = path.find_first_not_of('\t', 1);
  return second != std::string_view::npos && (path[second] == '/' || path[second] == '\\');
}

bool begins_ignoring_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && core::equals_ignoring_case(text.substr(0, start.size()), start);
}

/// The attributes of a Set-Cookie value, each with its ";" in front.
struct CookiePath {
  std::string without;                   ///< the whole value but for its Path attributes
  std::optional<std::string_view> path;  ///< the last one counts (RFC 6265 section 5.3)
};

CookiePath split_cookie(std::string_view value) {
  CookiePath split;
  const std::size_t end = std::min(value.find(';'), value.size());
  split.without.assign(value.substr(0, end));
  value.remove_prefix(end);
  while (!value.empty()) {
    const std::size_t next = std::min(value.find(';', 1), value.size());
    const std::string_view attribute = value.substr(0, next);
    value.remove_prefix(next);
    const std::size_t equals = std::min(attribute.find('='), attribute.size());
    if (!core::equals_ignoring_case(trimmed(attribute.substr(1, equals - 1)), "Path")) {
      split.without.append(attribute);
      continue;
    }
    split.path = equals == attribute.size() ? std::string_view() : trimmed(attribute.substr(equals + 1));
  }
  return split;
}

}  // namespace

std::unique_ptr<const AnswerPaths> AnswerPaths::make(const config::Upstream& upstream,
                                                     const OriginPath* path) {
  const bool changes_host = upstream.host.mode != config::UpstreamHostMode::preserve;
  if (path == nullptr && !changes_host) return nullptr;
  std::unique_ptr<AnswerPaths> made(new AnswerPaths());
  if (path != nullptr) {
    const std::optional<std::string> base = path->base();
    made->maps_paths_ = base.has_value();
    made->inner_ = base.value_or(std::string());
    made->outer_ = path->prefix();
  }
  for (const config::OriginUrl& origin : upstream.origins) made->origins_.push_back(origin.url.origin());
  if (upstream.host.mode == config::UpstreamHostMode::name) {
    made->origins_.push_back("http://" + upstream.host.name);
    made->origins_.push_back("https://" + upstream.host.name);
  }
  return made;
}

std::optional<std::string> AnswerPaths::map_path(std::string_view path_and_rest) const {
  if (!maps_paths_) return std::nullopt;
  const std::size_t end = std::min(path_and_rest.find_first_of("?#"), path_and_rest.size());
  const std::string_view path = path_and_rest.substr(0, end);
  std::string_view kept = path;
  if (inner_.empty()) {
    if (core::path_has_prefix(path, outer_)) return std::nullopt;
  } else {
    if (!core::path_has_prefix(path, inner_)) return std::nullopt;
    kept.remove_prefix(inner_.size());
  }
  std::string mapped = outer_;
  mapped.append(kept);
  if (mapped.empty()) mapped = "/";
  if (is_read_as_host(mapped)) mapped.insert(0, "/.");
  return mapped.append(path_and_rest.substr(end));
}

bool AnswerPaths::is_origin(std::string_view scheme, std::string_view authority) const {
  const auto url =
      core::parse_url(std::string(scheme) + "://" + std::string(authority) + "/", core::Side::origin);
  return url && std::ranges::find(origins_, url->origin()) != origins_.end();
}

/// `rest` is what stands behind "//".
std::optional<std::string> AnswerPaths::map_url(std::string_view scheme, std::string_view rest,
                                                const Asked& asked) const {
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const auto authority = core::parse_authority(rest.substr(0, end), core::Side::origin);
  if (!authority) return std::nullopt;
  const bool is_http = core::equals_ignoring_case(scheme, "http");
  if (!is_http && !core::equals_ignoring_case(scheme, "https")) return std::nullopt;
  const Request& request = asked.request;
  const std::uint16_t https_port = authority->port == 0 ? 443 : authority->port;
  // An app that does not know of our TLS writes http, with our port or none.
  const bool is_ours =
      authority->host == request.host && (https_port == request.port || (is_http && authority->port == 0));
  const bool is_origins = is_origin(is_http ? "http" : "https", rest.substr(0, end));
  if (!is_ours && !is_origins) return std::nullopt;
  const std::string_view path = rest.substr(end);
  std::optional<std::string> mapped =
      map_path(path.starts_with('/') ? std::string(path) : "/" + std::string(path));
  if (!mapped && is_ours && !is_http) return std::nullopt;
  return request.origin() + (mapped ? *mapped : std::string(path));
}

std::optional<std::string> AnswerPaths::map_reference(std::string_view reference, const Asked& asked) const {
  if (reference.empty() || reference[0] == '?' || reference[0] == '#') return std::nullopt;
  if (reference.starts_with("//")) return map_url("https", reference.substr(2), asked);
  if (reference[0] == '/') return map_path(reference);
  if (const std::string_view scheme = scheme_of(reference); !scheme.empty()) {
    const std::string_view rest = reference.substr(scheme.size() + 1);
    if (!rest.starts_with("//")) return std::nullopt;
    return map_url(scheme, rest.substr(2), asked);
  }
  // The client would resolve it against its own path, whose directory may be another one.
  const std::size_t end = std::min(reference.find_first_of("?#"), reference.size());
  std::string whole = resolved(asked.sent_path, reference.substr(0, end));
  return map_path(whole.append(reference.substr(end)));
}

std::optional<std::string> AnswerPaths::map_refresh(std::string_view value, const Asked& asked) const {
  const std::size_t separator = value.find_first_of(";,");
  if (separator == std::string_view::npos) return std::nullopt;
  std::size_t start = value.find_first_not_of(" \t", separator + 1);
  if (start == std::string_view::npos) return std::nullopt;
  if (begins_ignoring_case(value.substr(start), "url")) {
    const std::size_t equals = value.find_first_not_of(" \t", start + 3);
    if (equals != std::string_view::npos && value[equals] == '=')
      start = std::min(value.find_first_not_of(" \t", equals + 1), value.size());
  }
  std::size_t end = value.size();
  if (start < value.size() && (value[start] == '"' || value[start] == '\'')) {
    end = std::min(value.find(value[start], start + 1), value.size());
    ++start;
  }
  const auto mapped = map_reference(value.substr(start, end - start), asked);
  if (!mapped) return std::nullopt;
  return std::string(value.substr(0, start)).append(*mapped).append(value.substr(end));
}

std::optional<std::string> AnswerPaths::map_cookie_path(std::string_view path) const {
  if (!inner_.empty() &&
      core::path_has_prefix(
          inner_, path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path)) {
    return outer_.empty() ? "/" : outer_;  // all that the origin has for us
  }
  std::optional<std::string> mapped = map_path(path);
  if (mapped && *mapped == outer_ + "/" && !outer_.empty()) mapped->pop_back();
  return mapped;
}

std::optional<std::string> AnswerPaths::map_cookie(std::string_view value, const Asked& asked) const {
  if (!maps_paths_ || begins_ignoring_case(core::set_cookie_name(value), "__Host-")) return std::nullopt;
  CookiePath split = split_cookie(value);
  if (split.path && split.path->starts_with('/')) {
    const auto mapped = map_cookie_path(*split.path);
    if (!mapped) return std::nullopt;
    return split.without.append("; Path=").append(*mapped);
  }
  // The browser takes the directory of its own path (RFC 6265 section 5.1.4), which is one of ours that lies
  // above the prefix only where the prefix itself was asked for.
  if (outer_.empty() || asked.request.path != outer_) return std::nullopt;
  return split.without.append("; Path=").append(outer_);
}

}  // namespace gateway
