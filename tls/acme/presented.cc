#include "tls/acme/presented.h"

#include <algorithm>
#include <utility>

namespace tls {
namespace {

using core::Flow;
using core::Result;

Challenge* way_of(const std::string& type, const std::vector<Challenge*>& ways) {
  const auto found = std::ranges::find(ways, type, &Challenge::type);
  return found == ways.end() ? nullptr : *found;
}

Flow<> withdraw(PresentedProof standing, Challenge* way) {
  if (way == nullptr) {
    co_return core::failure(core::ErrorKind::unsupported, core::Side::configuration,
                            standing.type + " is not set up any more");
  }
  co_await way->withdraw(std::move(standing.proof));
  co_return core::done();
}

}  // namespace

std::vector<PresentedProof> lasting(const std::vector<PresentedProof>& standing,
                                    const std::vector<Challenge*>& ways) {
  std::vector<PresentedProof> out;
  for (const PresentedProof& one : standing) {
    const Challenge* way = way_of(one.type, ways);
    if (way != nullptr && way->outlives_process()) out.push_back(one);
  }
  return out;
}

Flow<> take_back(std::vector<PresentedProof>* standing, const std::vector<Challenge*>* ways,
                 const core::Log* log) {
  while (!standing->empty()) {
    const PresentedProof one = standing->back();
    Challenge* way = way_of(one.type, *ways);
    Result<core::Done> withdrawn = co_await attempt(withdraw(one, way));
    standing->pop_back();
    if (withdrawn) continue;
    log->warn("what proved a name could not be taken back; it harms nothing",
              {{"name", one.proof.identifier}, {"challenge", one.type}, {"why", withdrawn.error().text}});
  }
  co_return core::done();
}

}  // namespace tls
