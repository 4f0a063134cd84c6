#include "gateway/guard/open_guard.h"

namespace gateway {

std::optional<Verdict> OpenGuard::admit_now(const Request&) {
  Verdict verdict;
  verdict.admitted = grant(nullptr);
  return verdict;
}

core::Flow<Verdict> OpenGuard::admit(const Request&) {
  Verdict verdict;
  verdict.admitted = grant(nullptr);
  co_return verdict;
}

}  // namespace gateway
