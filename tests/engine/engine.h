// Engines that decide: the oracle and whatever must agree with it, behind one interface, so that corpora,
// exhaustive small models and property tests are written once and run on each.
//
// Adding one: a file here with a class derived from Engine, and a line in AllEngines().
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/data/entities.h"

namespace polc::tests {

struct Decision {
  bool allow = false;
  std::vector<std::string> reasons;  // sorted
  std::vector<std::string> errors;   // ids of rules that erred; sorted
  friend bool operator==(const Decision&, const Decision&) = default;
};

// "allow [policy0] errors [policy2]"
std::string ToString(const Decision& decision);

// A program on a store, ready to decide.
class Loaded {
 public:
  virtual ~Loaded() = default;
  // Sees the entities that come with the request in the place of the store's.
  virtual Decision Decide(const data::Request& request) = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const = 0;
  // The closed store of all programs loaded from here on, until the next. It outlives what is loaded on it.
  virtual void SetStore(const data::EntityStore& store) = 0;
  // `program` outlives what comes back, which is used before the next SetStore.
  virtual std::unique_ptr<Loaded> Load(const core::Program& program) = 0;
};

// Every engine there is, the oracle first. With POLC_ENGINES=a,b in the environment, those only; a name that
// is no engine's is a failure of whoever runs the test, and gives an empty list.
std::vector<std::unique_ptr<Engine>> AllEngines();

// How the engines are made, for tests of one.
std::unique_ptr<Engine> MakeOracleEngine();
std::unique_ptr<Engine> MakeStraightEngine();  // the VM, rule by rule
std::unique_ptr<Engine> MakeScopeEngine();     // the VM, by scope, then rule by rule
std::unique_ptr<Engine> MakeTreeEngine();      // the VM by the whole decision tree: what users run
std::unique_ptr<Engine>
MakeReloadedEngine();                         // on the bundle read, disassembled, assembled and written again
std::unique_ptr<Engine> MakeUpdatedEngine();  // on a bundle of other rules and an update
std::unique_ptr<Engine> MakeJsonEngine();     // over polc.h and polc_json.h; only if POLC_WITH_JSON

}  // namespace polc::tests
