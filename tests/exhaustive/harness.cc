#include "tests/exhaustive/harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "compiler/core/print.h"

namespace polc::tests {

using core::ExprId;
using core::Rule;

namespace {

constexpr size_t kShownMismatches = 8;

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::vector<ExprId> BuildAll(Rule& rule, const std::vector<Build>& operands) {
  std::vector<ExprId> ids;
  ids.reserve(operands.size());
  for (const Build& operand : operands) ids.push_back(operand(rule));
  return ids;
}

}  // namespace

Build Lit(data::Value value) {
  return [value = std::move(value)](Rule& r) { return r.AddLiteral(value); };
}
Build Var(core::Var var) {
  return [var](Rule& r) { return r.AddVar(var); };
}
Build Apply(core::Op op, std::vector<Build> operands) {
  return [op, operands = std::move(operands)](Rule& r) { return r.Add(op, BuildAll(r, operands)); };
}
Build Named(core::Op op, Build operand, std::string name) {
  return [op, operand = std::move(operand), name = std::move(name)](Rule& r) {
    return r.AddNamed(op, operand(r), name);
  };
}
Build Call(data::ExtFn fn, std::vector<Build> operands) {
  return [fn, operands = std::move(operands)](Rule& r) { return r.AddCall(fn, BuildAll(r, operands)); };
}
Build Like(Build operand, core::Pattern pattern) {
  return [operand = std::move(operand), pattern = std::move(pattern)](Rule& r) {
    return r.AddLike(operand(r), pattern);
  };
}
Build Rec(std::vector<std::pair<std::string, Build>> fields) {
  return [fields = std::move(fields)](Rule& r) {
    std::vector<std::pair<std::string, ExprId>> built;
    for (const auto& [key, value] : fields) built.emplace_back(key, value(r));
    return r.AddRecord(std::move(built));
  };
}

Rule Allow(std::string id, const Build& condition) {
  Rule rule;
  rule.id = std::move(id);
  rule.effect = core::Effect::kAllow;
  rule.conditions.push_back(condition(rule));
  return rule;
}

core::Program ProgramOf(std::vector<Rule> rules) {
  core::Program program;
  program.rules = std::move(rules);
  return program;
}

data::Request MakeRequest(data::EntityUid principal, data::EntityUid resource, data::Record context) {
  data::Request request;
  request.principal = std::move(principal);
  request.action = {"Action", "view"};
  request.resource = std::move(resource);
  request.context = data::Value::MakeRecord(std::move(context));
  return request;
}

Outcome OutcomeOf(const Decision& decision, const std::string& id) {
  if (std::binary_search(decision.errors.begin(), decision.errors.end(), id)) return Outcome::kErrs;
  return std::binary_search(decision.reasons.begin(), decision.reasons.end(), id) ? Outcome::kHolds
                                                                                  : Outcome::kFails;
}

Family::Family(std::string name) : name_(std::move(name)), engines_(AllEngines()), start_(Now()) {
  EXPECT_FALSE(engines_.empty()) << "POLC_ENGINES names an engine that does not exist";
}

void Family::SetStore(const data::EntityStore& store) {
  for (const auto& engine : engines_) engine->SetStore(store);
}

void Family::Run(const core::Program& program, const std::vector<data::Request>& requests,
                 const Judge& judge) {
  ++sets_;
  requests_ = std::max(requests_, requests.size());
  pairs_ += requests.size();
  std::vector<std::unique_ptr<Loaded>> loaded;
  for (const auto& engine : engines_) loaded.push_back(engine->Load(program));
  for (size_t i = 0; i < requests.size(); ++i) {
    const Decision first = loaded[0]->Decide(requests[i]);
    if (const auto complaint = judge(i, first)) {
      Mismatch(std::string(engines_[0]->name()) + " says " + ToString(first) + ": " + *complaint, program,
               requests[i]);
    }
    for (size_t k = 1; k < loaded.size(); ++k) {
      const Decision other = loaded[k]->Decide(requests[i]);
      if (other == first) continue;
      Mismatch(std::string(engines_[k]->name()) + " says " + ToString(other) + ", " +
                   std::string(engines_[0]->name()) + " " + ToString(first),
               program, requests[i]);
    }
  }
}

void Family::Law(const std::string& name, const Build& left, const Build& right,
                 const std::vector<data::Request>& requests) {
  Run(ProgramOf({Allow("left", left), Allow("right", right)}), requests,
      [&](size_t, const Decision& decision) -> std::optional<std::string> {
        if (OutcomeOf(decision, "left") == OutcomeOf(decision, "right")) return std::nullopt;
        return "breaks " + name;
      });
}

void Family::Mismatch(const std::string& what, const core::Program& program, const data::Request& request) {
  if (++mismatches_ > kShownMismatches) return;
  std::printf("MISMATCH in %s: %s\n%srequest: principal %s, action %s, resource %s, context %s\n\n",
              name_.c_str(), what.c_str(), core::Dump(program).c_str(),
              data::ToString(request.principal).c_str(), data::ToString(request.action).c_str(),
              data::ToString(request.resource).c_str(), data::ToString(request.context).c_str());
}

void Family::Finish(size_t at_least) {
  std::string engines;
  for (const auto& engine : engines_) engines += " " + std::string(engine->name());
  std::printf(
      "exhaustive %s (engines:%s): %zu policy sets, up to %zu requests each, %zu pairs, %zu mismatches, %.1f "
      "s\n",
      name_.c_str(), engines.c_str(), sets_, requests_, pairs_, mismatches_, Now() - start_);
  EXPECT_EQ(mismatches_, 0u);
  EXPECT_GE(pairs_, kSanitized ? 1 : at_least) << "the bound has shrunk";
}

}  // namespace polc::tests
