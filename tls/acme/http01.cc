#include "tls/acme/http01.h"

namespace tls {

bool Http01::can_prove(std::string_view /*identifier*/, bool is_wildcard) const {
  return !is_wildcard;
}

core::Flow<> Http01::present(Proof /*proof*/) {
  co_return core::done();
}

core::Flow<> Http01::wait_until_visible(Proof /*proof*/) {
  co_return core::done();
}

core::Flow<> Http01::withdraw(Proof /*proof*/) {
  co_return core::done();
}

}  // namespace tls
