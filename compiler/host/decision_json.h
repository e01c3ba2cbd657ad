// A decision of a Pol program in JSON (docs/requests.md, "A decision"): what `polc eval` prints.
//
// Tested by decision_json_test.cc.
#pragma once

#include "compiler/data/decision.h"
#include "llvm/Support/JSON.h"

namespace polc::host {

// Its members, of the object that is being written. What has nothing to say is left out.
void WriteDecision(const data::Decision& decision, llvm::json::OStream& json);

}  // namespace polc::host
