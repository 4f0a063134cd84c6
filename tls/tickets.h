// Session tickets (RFC 5077, RFC 8446 section 4.6.1) that any worker and replica with the same session keys
// can open: a key a day, derived from each session key. What a ticket may resume is bound by the acceptor
// (session id context).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/secret.h"

struct ssl_ctx_st;

namespace tls {

/// One a thread. `clock` must outlive it; it must outlive the contexts it is installed in.
class TicketKeys {
 public:
  /// The first of `session_keys` seals, all open; never empty.
  TicketKeys(std::vector<core::Secret> session_keys, const core::Clock& clock);
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  void install(ssl_ctx_st* native);

  struct Key {
    std::array<unsigned char, 16> name{};
    core::Secret cipher_key;  ///< 32 bytes, AES-256-CBC
    core::Secret mac_key;     ///< 32 bytes, HMAC-SHA-256
    bool is_current =
        false;  ///< today's of the first session key; a ticket under any other is always replaced
  };
  /// Today's key of the first session key.
  const Key& sealing_key();
  /// Today's, yesterday's or (clocks differ) tomorrow's key with that name, null if there is none.
  const Key* opening_key(const unsigned char* name);

 private:
  void follow_the_day();
  std::vector<core::Secret> session_keys_;
  const core::Clock& clock_;
  std::int64_t day_ = -1;
  std::vector<Key> keys_;
};

}  // namespace tls
