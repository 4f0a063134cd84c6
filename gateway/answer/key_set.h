// The public keys of assertions as an answer (JWKS, RFC 7517 section 8.5): at PREFIX/jwks of every host with
// a sign-in, and where applications written for Pomerium look for them.
#pragma once

#include <string>
#include <string_view>

#include "gateway/model/assertions.h"
#include "gateway/model/handler.h"
#include "gateway/model/reply.h"

namespace gateway {

inline constexpr std::string_view kPomeriumKeySetPath = "/.well-known/pomerium/jwks.json";

Reply key_set_reply(const std::string& key_set);

class KeySetHandler final : public Handler {
 public:
  /// Borrowed.
  explicit KeySetHandler(Assertions& assertions) : assertions_(assertions) {}
  void serve(Exchange& exchange, Admitted admitted) override;

 private:
  Assertions& assertions_;
};

}  // namespace gateway
