// polc's answer to a case, in the peer's words (peer/src/main.rs).
//
// Everything goes through the rooms' public headers, as the command line does it; nothing is special here.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/differential/case.h"

namespace polc::differential {

// How often each operator, scope form and extension function was evaluated.
using Evaluated = std::map<std::string, uint64_t>;

class PolcSide {
 public:
  PolcSide();
  ~PolcSide();

  Json Answer(const Json& c);
  const Evaluated& evaluated() const { return evaluated_; }

 private:
  struct World;  // the schema and entities of the last case, as neighbouring cases share them
  std::unique_ptr<World> world_;
  Evaluated evaluated_;
};

}  // namespace polc::differential
