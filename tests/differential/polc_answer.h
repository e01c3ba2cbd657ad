// polc's answer to a case, in the peer's words (peer/src/main.rs).
//
// Everything goes through the rooms' public headers, as the command line does it; nothing is special here.
// Decisions are made by every engine polc has (tests/engine); where they differ, that is what the answer
// says.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/data/entities.h"
#include "tests/differential/case.h"
#include "tests/differential/coverage.h"
#include "tests/engine/engine.h"

namespace polc::differential {

class PolcSide {
 public:
  PolcSide();
  ~PolcSide();

  Json Answer(const Json& c);
  const Evaluated& evaluated() const { return evaluated_; }

 private:
  struct World;  // the schema and entities of the last case, as neighbouring cases share them
  Json Decisions(const core::Program& program, const Surface* surface);
  Json Import(const std::string& policy_set_json);

  std::vector<std::unique_ptr<tests::Engine>> engines_ = tests::AllEngines();
  std::unique_ptr<World> world_;
  Evaluated evaluated_ = NothingEvaluated();
  uint64_t answers_ = 0;
};

}  // namespace polc::differential
