#include "core/crypto/session_key.h"

#include <string>
#include <utility>

#include "core/crypto/random.h"
#include "core/crypto/seal.h"
#include "core/text/base64.h"

namespace core {

namespace {

constexpr std::size_t kUnpaddedLength = 43;

std::unexpected<Error> refuse(std::string text) {
  return failure(ErrorKind::malformed, Side::configuration, std::move(text));
}

std::string_view trimmed(std::string_view text) {
  static constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

Result<Secret> parse_session_key(std::string_view text) {
  std::string_view digits = trimmed(text);
  if (digits.empty()) return refuse("the key is empty; `gateway keygen` makes one");
  if (digits.size() == kUnpaddedLength + 1 && digits.back() == '=') digits.remove_suffix(1);
  const bool standard = digits.find_first_of("+/") != std::string_view::npos;
  std::string translated(digits);
  if (standard) {
    if (digits.find_first_of("-_") != std::string_view::npos) {
      wipe(translated);
      return refuse("the key mixes the two alphabets of base64");
    }
    for (char& digit : translated) digit = digit == '+' ? '-' : digit == '/' ? '_' : digit;
  }
  Result<std::string> bytes = base64url_decode(translated, Side::configuration);
  wipe(translated);
  if (!bytes) return refuse("the key is not base64; `gateway keygen` makes one");
  const std::size_t length = bytes->size();
  Secret key = Secret::take(*bytes);
  if (length != kSealKeyBytes) {
    return refuse("the key has " + std::to_string(length) +
                  " bytes, 32 are needed; `gateway keygen` makes one");
  }
  if (key.reveal().find_first_not_of(key.reveal().front()) == std::string_view::npos) {
    return refuse("all bytes of the key are the same; `gateway keygen` makes a random one");
  }
  return key;
}

Secret generate_session_key() {
  std::string bytes = random_bytes(kSealKeyBytes);
  std::string text = base64_encode(bytes, Base64::standard);
  wipe(bytes);
  return Secret::take(text);
}

}  // namespace core
