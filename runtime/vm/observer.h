// Notes the values of a piece of code's expressions while it runs with the trace on. Private to runtime/vm.
//
// What is noted tells its reader something that the source does not: neither constants nor the result of the
// whole. Builds strings; not on the hot path. Tested by explain_test.cc.
#pragma once

#include <string>
#include <vector>

#include "runtime/vm/engine.h"
#include "runtime/vm/request.h"

namespace polc::vm {

inline constexpr bundle::Place kNoPlace{bundle::kNone, 0, 0, 0, 0};

// An expression's value, where the expression stands in the source. What a scope test looked at (the
// principal, action or resource) has the place of the test.
struct Observation {
  std::string value;  // as Cedar writes it
  bundle::Place place;
};

class Observer final : public TraceSink {
 public:
  Observer(const Engine& engine, const Request& request, const Scratch& scratch)
      : bundle_(engine.bundle().bundle()),
        world_(engine, request),
        memory_(engine.MemoryFor(request, scratch)) {}

  // Forgets what was noted; what comes is the code of the expression at `whole`.
  void Begin(const bundle::Place& whole) {
    whole_ = whole;
    observations_.clear();
  }
  void Executed(const TraceEvent& event) override;
  // Of expressions in the order of evaluation; one evaluated once per element stands once, with its last
  // value.
  std::vector<Observation> Take() { return std::move(observations_); }

 private:
  const bundle::Bundle& bundle_;
  World world_;
  Memory memory_;
  bundle::Place whole_ = kNoPlace;
  Opcode last_ = Opcode::kReturn;  // the instruction before
  std::vector<Observation> observations_;
};

}  // namespace polc::vm
