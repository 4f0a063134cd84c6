// A password as a file may hold it: scrypt (RFC 7914) in the PHC string format,
// "$scrypt$ln=15,r=8,p=3$SALT$HASH" with base64 without padding.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/secret.h"

namespace core {

struct PasswordHash {
  unsigned log_n = 15;  ///< memory: 128 * r * 2^log_n bytes, 32 MiB
  unsigned r = 8;
  unsigned p = 3;
  std::string salt;
  std::string hash;

  [[nodiscard]] std::string text() const;
};

/// `malformed` for anything else than the above, and for what is too weak (log_n 14, r 8, a salt of 16 bytes,
/// a hash of 32 at least) or takes too much (256 MiB, 16 passes).
Result<PasswordHash> parse_password_hash(std::string_view text);

/// With a salt of its own. Takes some tenths of a second and 32 MiB, as does is_password(): never on a
/// worker's or control's loop.
PasswordHash hash_password(const Secret& password);
/// In constant time for any password of one length. False too where there is no memory for it.
bool is_password(const PasswordHash& hash, const Secret& password);

}  // namespace core
