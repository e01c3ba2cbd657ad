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

// A program and a store an engine has taken in, ready to decide. Both outlive it.
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
  // `store` is closed. The same store is given many times in a row with different programs: an engine that
  // has its own form of it should keep that of the last one.
  virtual std::unique_ptr<Loaded> Load(const core::Program& program, const data::EntityStore& store) = 0;
};

// Every engine there is, the oracle first. With POLC_ENGINES=a,b in the environment, those only; a name that
// is no engine's is a failure of whoever runs the test, and gives an empty list.
std::vector<std::unique_ptr<Engine>> AllEngines();

// How the engines are made, for tests of one.
std::unique_ptr<Engine> MakeOracleEngine();

}  // namespace polc::tests
