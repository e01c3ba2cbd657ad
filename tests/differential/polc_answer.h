// polc's answer to a case, in the peer's words (peer/src/main.rs).
//
// Everything goes through the rooms' public headers, as the command line does it; nothing is special here.
// Decisions are made by an engine: the oracle, or another that promises the same.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/data/entities.h"
#include "tests/differential/case.h"
#include "tests/differential/coverage.h"

namespace polc::differential {

struct Decision {
  bool allow = false;
  std::vector<std::string> reasons;  // any order
  std::vector<std::string> errors;
};

// Decides many requests about one program and one store.
using Decide = std::function<Decision(const data::Request&)>;
struct Engine {
  std::string name;
  std::function<Decide(const core::Program&, const data::EntityStore&)> prepare;
};
// Every engine polc has; the first one's answers are the ones compared with the reference first.
const std::vector<Engine>& Engines();

class PolcSide {
 public:
  PolcSide();
  ~PolcSide();

  Json Answer(const Json& c);
  const Evaluated& evaluated() const { return evaluated_; }

 private:
  struct World;  // the schema and entities of the last case, as neighbouring cases share them
  Json Decisions(const Json& c, const core::Program& program, const Surface* surface);

  std::unique_ptr<World> world_;
  Evaluated evaluated_ = NothingEvaluated();
  uint64_t answers_ = 0;
};

}  // namespace polc::differential
