#include "tls/issue/due.h"

#include "tls/issue/schedule.h"

namespace tls {

bool is_advised(const Certificate& certificate, const std::optional<Advice>& advice) {
  return advice && advice->renewal_id == certificate.renewal_id() && advice->chosen < certificate.not_after();
}

core::WallTime due_time(const Certificate& certificate, const std::optional<Advice>& advice) {
  if (is_advised(certificate, advice)) return advice->chosen;
  return renewal_time({certificate.not_before(), certificate.not_after()},
                      seed_of(certificate.fingerprint()));
}

}  // namespace tls
