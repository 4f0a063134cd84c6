#include "gateway/guard/judgement.h"

namespace gateway {

Decision judge_known(core::Published<Policies>::Reader& policies, std::size_t policy, const Request& request,
                     CachedSession& known) {
  const Policies& current = policies.current();
  const Question question = question_of(*known.identity, request);
  if (current.depends_on_request(policy)) return judge(current, policy, question);
  if (known.policies_generation != policies.generation()) {
    known.judged.clear();
    known.policies_generation = policies.generation();
  }
  if (known.judged.size() <= policy) known.judged.resize(policy + 1);
  std::uint8_t& judged = known.judged[policy];
  if (judged == 0) judged = static_cast<std::uint8_t>(judge(current, policy, question));
  return static_cast<Decision>(judged);
}

}  // namespace gateway
