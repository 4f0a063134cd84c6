#include "core/text/host_pattern.h"

#include "core/text/url.h"

namespace core {
namespace {

bool is_address(std::string_view host) {
  return host.starts_with('[') || (!host.empty() && host.back() >= '0' && host.back() <= '9' &&
                                   host.find_first_not_of("0123456789.") == std::string_view::npos);
}

}  // namespace

Result<HostPattern> HostPattern::parse(std::string_view text) {
  if (text == "*") return HostPattern(Kind::any, "");
  const bool wild = text.starts_with("*.");
  auto authority = parse_authority(wild ? text.substr(2) : text, Side::configuration);
  if (!authority) return failure(std::move(authority).error().during("a host pattern"));
  if (authority->port != 0) {
    return failure(ErrorKind::malformed, Side::configuration, "a host pattern has no port");
  }
  if (!wild) return HostPattern(Kind::exact, std::move(authority->host));
  if (is_address(authority->host) || authority->host.find('.') == std::string::npos) {
    return failure(ErrorKind::malformed, Side::configuration,
                   "a wildcard needs at least two labels behind \"*.\"");
  }
  return HostPattern(Kind::one_label, "." + authority->host);
}

bool HostPattern::matches(std::string_view host) const {
  switch (kind_) {
    case Kind::any:
      return true;
    case Kind::exact:
      return host == name_;
    case Kind::one_label: {
      if (host.size() <= name_.size() || !host.ends_with(name_)) return false;
      return host.substr(0, host.size() - name_.size()).find('.') == std::string_view::npos;
    }
  }
  return false;
}

std::string HostPattern::text() const {
  return kind_ == Kind::exact ? name_ : "*" + name_;
}

}  // namespace core
