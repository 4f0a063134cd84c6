#include "gateway/guard/administrators.h"

namespace gateway {

bool administers(const Policies& policies, std::size_t index, const Question& question) {
  const config::Policy& policy = policies.at(index);
  return policy.approval && judge(policies, policy.approval->admins, question) == Decision::admitted;
}

bool administers_any(const Policies& policies, const Question& question) {
  for (std::size_t i = 0; i < policies.size(); ++i) {
    if (administers(policies, i, question)) return true;
  }
  return false;
}

}  // namespace gateway
