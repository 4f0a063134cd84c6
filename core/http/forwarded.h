// The Forwarded field (RFC 7239): what the hops before us say of a request, and what we say to the next. Whom
// to believe is decided by others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/net/address.h"

namespace core {

/// Elements a field may have; more are refused.
inline constexpr std::size_t kMaxForwardedElements = 64;

/// What one hop says of the side it was asked from. Parameters of other names are checked and left out.
struct ForwardedElement {
  std::string node;   ///< for=, quotes taken off; empty: not said
  std::string proto;  ///< proto=; empty: not said
};

/// The elements of one field value in their order (section 4): the last was added by the nearest hop. Strict:
/// a parameter twice, an empty element, anything behind a closing quote is malformed, so that nothing an
/// earlier hop left open can swallow what a later one added.
Result<std::vector<ForwardedElement>> parse_forwarded(std::string_view value);

/// The address of a node (section 6): IPv4, or IPv6 in brackets, with or without a port. "unknown" and hidden
/// names have none.
Result<IpAddress> parse_forwarded_node(std::string_view node);

/// Appends the element that we send: for=…;host=…;proto=https. `host` is a request's, checked by its parser.
void append_forwarded(std::string& out, const IpAddress& client, std::string_view host);

}  // namespace core
