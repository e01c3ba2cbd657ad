// Hierarchies: every acyclic parent relation on four entities, every choice of which of them are in the
// store, every pair asked; against reachability in a matrix.
#include <gtest/gtest.h>

#include <array>

#include "tests/exhaustive/harness.h"

namespace polc::tests {
namespace {

using core::Op;

constexpr int kEntities = 4;
using Matrix = std::array<std::array<bool, kEntities>, kEntities>;

data::EntityUid Uid(int i) { return {i < 2 ? "User" : "Team", std::string(1, static_cast<char>('a' + i))}; }

// Warshall's closure; the diagonal says whether there is a cycle.
Matrix Closure(Matrix m) {
  for (int k = 0; k < kEntities; ++k) {
    for (int i = 0; i < kEntities; ++i) {
      for (int j = 0; j < kEntities; ++j) m[i][j] = m[i][j] || (m[i][k] && m[k][j]);
    }
  }
  return m;
}

TEST(Exhaustive, Hierarchies) {
  Family family("hierarchies");
  const Build principal = Var(core::Var::kPrincipal);
  const Build resource = Var(core::Var::kResource);
  std::vector<data::Request> requests;
  std::vector<std::pair<int, int>> pairs;
  for (int i = 0; i < kEntities; ++i) {
    for (int j = 0; j < kEntities; ++j) {
      requests.push_back(MakeRequest(Uid(i), Uid(j)));
      pairs.emplace_back(i, j);
    }
  }
  // In expressions and, where no error can be, in scopes; each with what it must do.
  using Reach = std::function<bool(int, int)>;
  using Reading = std::function<Outcome(const Reach&, int principal, int resource)>;
  auto truth = [](bool b) { return b ? Outcome::kHolds : Outcome::kFails; };
  std::vector<std::pair<core::Program, Reading>> policies;
  auto add = [&](core::Rule rule, Reading reading) {
    policies.emplace_back(ProgramOf({std::move(rule)}), std::move(reading));
  };
  add(Allow("r", Apply(Op::kIn, {principal, resource})),
      [&](const Reach& in, int p, int r) { return truth(in(p, r)); });
  add(Allow("r", Apply(Op::kIn, {principal, SetOf({})})),
      [&](const Reach&, int, int) { return Outcome::kFails; });
  add(Allow("r", Apply(Op::kIn, {principal, SetOf({resource, Lit(data::Value(Uid(2)))})})),
      [&](const Reach& in, int p, int r) { return truth(in(p, r) || in(p, 2)); });
  add(Allow("r", Apply(Op::kIn, {principal, SetOf({resource, Long(1)})})),
      [&](const Reach&, int, int) { return Outcome::kErrs; });
  for (int k = 0; k < kEntities; ++k) {
    core::Rule rule = Allow("r", Bool(true));
    rule.principal = {core::ScopeTest::Op::kIn, Uid(k), false, "", {}};
    add(rule, [&, k](const Reach& in, int p, int) { return truth(in(p, k)); });
    rule.principal = {core::ScopeTest::Op::kIsIn, Uid(k), false, "User", {}};
    add(rule, [&, k](const Reach& in, int p, int) { return truth(in(p, k) && p < 2); });
  }

  size_t graphs = 0;
  for (unsigned edges = 0; edges < 1u << (kEntities * (kEntities - 1)); ++edges) {
    Matrix parents{};
    unsigned bit = 0;
    for (int i = 0; i < kEntities; ++i) {
      for (int j = 0; j < kEntities; ++j) {
        if (i != j) parents[i][j] = (edges >> bit++) & 1;
      }
    }
    const Matrix whole = Closure(parents);
    bool cyclic = false;
    for (int i = 0; i < kEntities; ++i) cyclic = cyclic || whole[i][i];
    if (cyclic || (kSanitized && ++graphs % 10 != 0)) continue;
    for (unsigned present = 0; present < 1u << kEntities; ++present) {
      data::EntityStore store;
      Matrix seen{};  // what is absent has no parents
      for (int i = 0; i < kEntities; ++i) {
        if (!((present >> i) & 1)) continue;
        data::Entity entity;
        entity.uid = Uid(i);
        for (int j = 0; j < kEntities; ++j) {
          if (parents[i][j]) entity.parents.push_back(Uid(j));
        }
        seen[i] = parents[i];
        ASSERT_FALSE(store.Add(entity));
      }
      ASSERT_FALSE(store.Close());
      const Matrix above = Closure(seen);
      const Reach in = [&](int i, int j) { return i == j || above[i][j]; };
      family.SetStore(store);
      for (const auto& [program, reading] : policies) {
        family.Run(program, requests, [&](size_t r, const Decision& d) -> std::optional<std::string> {
          const Outcome expected = reading(in, pairs[r].first, pairs[r].second);
          if (OutcomeOf(d, "r") == expected) return std::nullopt;
          return std::string("reachability says ") + static_cast<char>(expected);
        });
      }
    }
  }
  family.Finish(1000000);
}

}  // namespace
}  // namespace polc::tests
