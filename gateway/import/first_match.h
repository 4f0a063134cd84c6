// Lists of rules of which the first that fits decides, as other programs have them, as policies of
// gateway.yaml, where deny goes before allow and every rule of allow counts.
#pragma once

#include <string>
#include <vector>

#include "gateway/import/draft.h"

namespace gateway {

struct OrderedRule {
  std::vector<DraftRule> fits;  ///< any of them; empty: everybody
  bool admits = false;
  int level = 0;  ///< of those that admit: a rule of a higher level goes before in what it asks for
  std::vector<DraftTest> demand;  ///< what must hold besides of whom it fits to be admitted
};

/// The access that the rules give people who sign in; policies for it are added to the draft as `name` and
/// names that begin with it, unless there are the same already. Whom no rule fits: nobody.
DraftAccess access_by(const std::vector<OrderedRule>& rules, const std::string& name, Draft& draft);

}  // namespace gateway
