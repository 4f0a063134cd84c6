// RFC 6455 section 4.2.2, and what makes a 101 the answer to what was asked.
#include "core/http/upgrade.h"

#include "core/crypto/digest.h"
#include "core/http/characters.h"
#include "core/text/base64.h"

namespace core {
namespace {

constexpr std::string_view kWebSocket = "websocket";
constexpr std::size_t kKeyBytes = 16;

bool list_holds(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    if (equals_ignoring_case(http_characters::next_element(list), token)) return true;
  }
  return false;
}

}  // namespace

bool has_websocket_key(const Fields& request_fields) {
  if (request_fields.count(FieldId::sec_websocket_key) != 1) return false;
  const Result<std::string> key =
      base64_decode(*request_fields.find(FieldId::sec_websocket_key), Base64::standard);
  return key && key->size() == kKeyBytes;
}

std::string websocket_accept(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const Sha1Digest digest = sha1(text);
  return base64_encode(view_of(digest), Base64::standard);
}

UpgradeOffer make_upgrade_offer(const Fields& request_fields) {
  UpgradeOffer offer;
  for (const Field& field : request_fields) {
    if (field.id != FieldId::upgrade) continue;
    if (!offer.protocols.empty()) offer.protocols += ',';
    offer.protocols += field.value;
  }
  if (list_holds(offer.protocols, kWebSocket)) {
    offer.accept = websocket_accept(request_fields.find(FieldId::sec_websocket_key).value_or(""));
  }
  return offer;
}

bool is_accepted_upgrade(const UpgradeOffer& offer, const Fields& response_fields) {
  if (response_fields.count(FieldId::upgrade) != 1) return false;
  const std::string_view chosen = *response_fields.find(FieldId::upgrade);
  if (!list_holds(offer.protocols, chosen)) return false;
  if (!equals_ignoring_case(chosen, kWebSocket)) return true;
  return response_fields.count(FieldId::sec_websocket_accept) == 1 &&
         response_fields.find(FieldId::sec_websocket_accept) == offer.accept;
}

}  // namespace core
