// What follows when somebody known is not let in: a line in the audit, and, for a person who is refused too
// often (login.denied_rate), 429 in place of the answer and one line a minute in place of one for each.
#pragma once

#include "gateway/model/audit.h"
#include "gateway/model/identity.h"
#include "gateway/model/person_limits.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"
#include "gateway/oidc/login_answers.h"

namespace gateway {

/// One worker's; all borrowed.
class Refusals {
 public:
  Refusals(const PersonLimits& limits, const LoginAnswers& answers, const Audit& audit)
      : limits_(limits), answers_(answers), audit_(audit) {}
  /// `answer` is the refusal, with its reason.
  void take(AuditAct act, const Request& request, const Identity& who, Reply& answer) const;

 private:
  const PersonLimits& limits_;
  const LoginAnswers& answers_;
  const Audit& audit_;
};

}  // namespace gateway
