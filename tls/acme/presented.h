// What an order shows to prove its names, and that it is taken back: by the order's own run, by whoever goes
// on with it, or by whoever finds that nobody will. Knows no authority; the proofs of an order stand in its
// record.
#pragma once

#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/loop/flow.h"
#include "tls/acme/challenge.h"

namespace tls {

/// A proof that was presented, or is about to be.
struct PresentedProof {
  std::string type;  ///< of its challenge
  Proof proof;
};

/// Those of them that would stay behind a process that dies.
std::vector<PresentedProof> lasting(const std::vector<PresentedProof>& standing,
                                    const std::vector<Challenge*>& ways);

/// Withdraws each and takes it out of `standing`; what cannot be withdrawn is logged, and given up. Cut in
/// the middle, it leaves in `standing` what is not done. All pointers must outlive the flow.
core::Flow<> take_back(std::vector<PresentedProof>* standing, const std::vector<Challenge*>* ways,
                       const core::Log* log);

}  // namespace tls
