// Random Pol programs, requests and hosts: oracle = VM, by the tree and rule by rule, as emitted and as
// reloaded. People, evidence and refusals speak about the decision at hand, or not quite.
#include "tests/engine/pol_vm.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <map>

#include "compiler/core/print.h"
#include "compiler/oracle/eval.h"
#include "runtime/bundle/format.h"
#include "tests/pol/family.h"
#include "tests/pol/random_program.h"

namespace polc::tests {
namespace {

constexpr uint64_t kCases = kSanitized ? 1'000 : 10'000;

TEST(PolVm, DecidesAsTheOracleDoes) {
  std::map<std::string, uint64_t> outcomes;
  OpcodeCounts executed{};
  uint64_t mismatches = 0, approved = 0, shadowed = 0, erred = 0;
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    World w = RandomPolCase(seed, seed % 2 == 0 ? PolOps::kAll : PolOps::kLaws).world;
    gen::Rng rng(seed, 7);
    w.program = Finished(std::move(w.program));
    ASSERT_FALSE(w.store.Close().has_value());
    const std::string generated = w.options.snapshot;
    PolVm vm(w.program, w.store);
    w.options.snapshot = vm.snapshot();
    w.options.validate_request = rng.Chance(10);

    Host host = w.host;
    host.approvals.clear();
    const Decision bare = DecideOn(w, w.program, w.request, host);
    host.approvals = w.host.approvals;
    for (auto& item : host.approvals) {
      item.action_digest = rng.Chance(95) ? bare.action_digest : "sha256:" + std::string(64, '0');
      item.terms_digest = rng.Chance(95) ? bare.terms_digest : "sha256:" + std::string(64, '1');
      item.snapshot = item.snapshot == generated ? vm.snapshot() : "sha256:" + std::string(64, '2');
      item.consumed = rng.Chance(3);
    }
    for (auto& item : host.refusals) item.action_digest = bare.action_digest;
    for (auto& item : host.evidence) item.action_digest = bare.action_digest;

    const Decision expected = DecideOn(w, w.program, w.request, host);
    data::Request asked = w.request;
    asked.host = std::make_shared<Host>(host);
    std::string differ;
    const Decision decided = vm.Decide(asked, w.options.validate_request, &differ);
    const std::string difference = Difference(expected, decided);
    vm.CountExecuted(asked, &executed);
    ++outcomes[std::string(OutcomeName(expected.outcome)) + " " + std::string(WhyName(expected.why))];
    approved += !expected.counted.empty();
    shadowed += !expected.shadow.empty();
    erred += !expected.errors.empty();
    if ((!difference.empty() || !differ.empty()) && ++mismatches <= 3) {
      ADD_FAILURE() << "seed " << seed << "\n"
                    << difference << (differ.empty() ? "" : "not " + differ) << core::Dump(w.program);
    }
  }
  std::printf("%llu cases, %llu mismatches; with counted approvals %llu, shadow %llu, errors %llu;",
              static_cast<unsigned long long>(kCases), static_cast<unsigned long long>(mismatches),
              static_cast<unsigned long long>(approved), static_cast<unsigned long long>(shadowed),
              static_cast<unsigned long long>(erred));
  for (const auto& [outcome, n] : outcomes)
    std::printf(" %s %llu", outcome.c_str(), static_cast<unsigned long long>(n));
  std::printf("\n");
  EXPECT_EQ(mismatches, 0u);
  // No opcode stays unseen, however the programs change.
  for (size_t op = 0; op < executed.size(); ++op) {
    EXPECT_GE(executed[op], kSanitized ? 1 : kCases / 200) << Info(static_cast<bundle::Opcode>(op)).mnemonic;
    std::printf("%s%s %llu", op == 0 ? "" : ", ",
                std::string(Info(static_cast<bundle::Opcode>(op)).mnemonic).c_str(),
                static_cast<unsigned long long>(executed[op]));
  }
  std::printf("\n");
}

// A set past what declarations may promise errs on both sides, and one up to it on neither.
TEST(PolVm, QuantifiersEndWhereTheOracleEndsThem) {
  static_assert(oracle::kMaxQuantified == bundle::kMaxEachBound);
  for (core::Op op : {core::Op::kEvery, core::Op::kSome, core::Op::kNumber}) {
    for (size_t count : {oracle::kMaxQuantified, oracle::kMaxQuantified + 1}) {
      World w;
      core::Rule rule = World::Pol("forbid", core::Effect::kForbid);
      const core::ExprId set = rule.AddNamed(core::Op::kGetAttr, rule.AddVar(core::Var::kContext), "many");
      core::ExprId condition = rule.Add(op, {set, rule.AddLiteral(data::Value(false))});
      if (op == core::Op::kNumber)
        condition = rule.Add(core::Op::kLessEq, {rule.AddLiteral(data::Value(int64_t{1})), condition});
      rule.conditions = {condition};
      w.program.rules = {World::Pol("allow", core::Effect::kAllow), rule};
      w.program = Finished(std::move(w.program));
      w.options.validate_request = false;
      std::vector<data::Value> many;
      for (size_t i = 0; i < count; ++i) many.emplace_back(static_cast<int64_t>(i));
      w.request.context = data::Value::MakeRecord({{"many", data::Value::MakeSet(many)}});
      ASSERT_FALSE(w.store.Close().has_value());
      PolVm vm(w.program, w.store);
      w.options.snapshot = vm.snapshot();
      const Decision expected = DecideOn(w, w.program, w.request, w.host);
      data::Request asked = w.request;
      asked.host = std::make_shared<Host>(w.host);
      std::string differ;
      EXPECT_EQ(Difference(expected, vm.Decide(asked, false, &differ)), "") << OpName(op) << count;
      EXPECT_EQ(differ, "");
      EXPECT_EQ(expected.errors.size(), count > oracle::kMaxQuantified ? 1u : 0u) << OpName(op) << count;
      EXPECT_EQ(expected.outcome,
                count > oracle::kMaxQuantified ? data::Outcome::kDeny : data::Outcome::kAllow)
          << OpName(op) << count;
    }
  }
}

}  // namespace
}  // namespace polc::tests
