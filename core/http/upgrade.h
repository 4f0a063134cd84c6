// The opening handshake of the WebSocket protocol over HTTP/1.1, as an intermediary sees it (RFC 6455 section
// 4). Frames are never looked at: after the handshake both sides are a tunnel.
#pragma once

#include <string>
#include <string_view>

#include "core/http/message.h"

namespace core {

/// Whether an HTTP/1.1 request that asks for a WebSocket holds one Sec-WebSocket-Key of 16 bytes in base64
/// (RFC 6455 section 4.2.1).
bool has_websocket_key(const Fields& request_fields);

/// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
std::string websocket_accept(std::string_view key);

/// What was asked for with an upgrade, kept to judge the 101.
struct UpgradeOffer {
  std::string protocols;  ///< the Upgrade fields of the request, joined with commas
  std::string accept;     ///< for a WebSocket handshake: the only right Sec-WebSocket-Accept
};

UpgradeOffer make_upgrade_offer(const Fields& request_fields);
/// Whether a 101 with these fields switches to a protocol that was offered, and proves it in the case of
/// WebSocket.
bool is_accepted_upgrade(const UpgradeOffer& offer, const Fields& response_fields);

}  // namespace core
