#include <algorithm>

#include "compiler/oracle/authorize.h"
#include "tests/engine/engine.h"

namespace polc::tests {

namespace {

class LoadedOracle : public Loaded {
 public:
  LoadedOracle(const core::Program& program, const data::EntityStore& store)
      : program_(program), store_(store) {}

  Decision Decide(const data::Request& request) override {
    if (request.entities.empty()) return Decide(request, store_);
    data::EntityStore seen(&store_);
    for (const data::Entity& entity : request.entities) seen.Put(entity);
    if (seen.Close()) return {};  // a cycle: no such request can be read
    return Decide(request, seen);
  }

 private:
  Decision Decide(const data::Request& request, const data::EntityStore& store) const {
    oracle::Answer answer = oracle::Authorize(program_, store, request);
    Decision decision{answer.allowed(), std::move(answer.reasons), {}};
    for (oracle::RuleError& error : answer.errors) decision.errors.push_back(std::move(error.rule));
    std::sort(decision.reasons.begin(), decision.reasons.end());
    std::sort(decision.errors.begin(), decision.errors.end());
    return decision;
  }

  const core::Program& program_;
  const data::EntityStore& store_;
};

class OracleEngine : public Engine {
 public:
  std::string_view name() const override { return "oracle"; }
  void SetStore(const data::EntityStore& store) override { store_ = &store; }
  std::unique_ptr<Loaded> Load(const core::Program& program) override {
    return std::make_unique<LoadedOracle>(program, *store_);
  }

 private:
  const data::EntityStore* store_ = nullptr;
};

}  // namespace

std::unique_ptr<Engine> MakeOracleEngine() { return std::make_unique<OracleEngine>(); }

}  // namespace polc::tests
