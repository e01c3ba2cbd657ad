// The generators themselves: that a seed names one world for ever, that what they promise about shape
// holds, and that mutants differ. Whether what they make is valid is the differential test's to say.
#include <gtest/gtest.h>

#include <set>

#include "tests/gen/mutate.h"
#include "tests/gen/policy.h"
#include "tests/gen/world.h"

namespace polc::gen {
namespace {

TEST(Rng, NamesTheSameNumbersEverywhere) {
  Rng rng(42);
  EXPECT_EQ(rng.Next(), 1546998764402558742u);
  EXPECT_EQ(rng.Next(), 6990951692964543102u);
  Rng a(1, 0), b(1, 1), again(1, 0);
  uint64_t first = a.Next();
  EXPECT_NE(first, b.Next());
  EXPECT_EQ(first, again.Next());
}

TEST(Rng, StaysInItsBounds) {
  Rng rng(7);
  std::set<int64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    int64_t n = rng.Range(-2, 2);
    ASSERT_GE(n, -2);
    ASSERT_LE(n, 2);
    seen.insert(n);
    ASSERT_EQ(rng.Weighted({0, 3, 0}), 1u);
  }
  EXPECT_EQ(seen.size(), 5u);
}

TEST(World, IsTheSameForTheSameSeed) {
  Rng a(5), b(5), c(6);
  World x = MakeWorld(a), y = MakeWorld(b), z = MakeWorld(c);
  EXPECT_EQ(SchemaToJson(x.schema), SchemaToJson(y.schema));
  EXPECT_EQ(x.entities, y.entities);
  EXPECT_NE(SchemaToJson(x.schema), SchemaToJson(z.schema));
}

TEST(World, HasRequestsToMakeAndEntitiesThatReferToDeclaredTypes) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed);
    World w = MakeWorld(rng);
    ASSERT_FALSE(w.schema.envs.empty());
    std::set<std::string> types;
    for (const EntityType& e : w.schema.entity_types) types.insert(e.name);
    for (const Uid& u : w.uids) ASSERT_TRUE(types.contains(u.type)) << ToText(u);
    Request r = MakeRequest(w, w.schema.envs[0], rng);
    ASSERT_EQ(r.principal.type, w.schema.envs[0].principal);
    for (const Attr& a : w.schema.actions[w.schema.envs[0].action].context) {
      ASSERT_TRUE(!a.required || r.context.contains(a.name));
    }
  }
}

TEST(Policies, CountAndKindsFollowTheMood) {
  size_t templates = 0, forbids = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng(seed);
    World w = MakeWorld(rng);
    Mood mood = MakeMood(rng);
    ASSERT_GE(mood.count, 2u);
    ASSERT_LE(mood.count, 50u);
    PolicySet set = MakePolicySet(w, mood, rng);
    ASSERT_EQ(set.policies.size(), mood.count);
    for (const Policy& p : set.policies) {
      templates += p.is_template();
      forbids += p.forbid;
      ASSERT_TRUE(mood.forbid != 0 || !p.forbid);
    }
    for (const Link& l : set.links) {
      const Policy& of = set.policies[l.of];
      ASSERT_EQ(l.principal.has_value(), of.principal.slot);
      ASSERT_EQ(l.resource.has_value(), of.resource.slot);
    }
    Json json = PolicySetToJson(set);
    ASSERT_EQ(json["templates"].size() + json["staticPolicies"].size(), set.policies.size());
  }
  EXPECT_GT(templates, 50u);
  EXPECT_GT(forbids, 200u);
}

E Long(int64_t n) {
  Expr e;
  e.kind = X::kLong;
  e.number = n;
  return std::make_shared<const Expr>(e);
}
E Node(X kind, std::vector<E> kids) {
  Expr e;
  e.kind = kind;
  e.kids = std::move(kids);
  return std::make_shared<const Expr>(e);
}

std::string Print(const E& e) {
  Policy p;
  p.conditions.push_back({false, e});
  Rng rng(1);
  Layout plain;
  plain.parens = plain.escapes = plain.trailing = 0;
  std::string text = PrintPolicy(p, plain, rng);
  size_t from = text.find('{') + 2, to = text.rfind('}');
  return text.substr(from, to - from - 1);
}

TEST(Printer, PutsParenthesesWhereTheGrammarNeedsThem) {
  E one = Long(1), two = Long(2), three = Long(3);
  EXPECT_EQ(Print(Node(X::kMul, {Node(X::kAdd, {one, two}), three})), "(1 + 2) * 3");
  EXPECT_EQ(Print(Node(X::kSub, {one, Node(X::kSub, {two, three})})), "1 - (2 - 3)");
  EXPECT_EQ(Print(Node(X::kEq, {Node(X::kEq, {one, two}), three})), "(1 == 2) == 3");
  EXPECT_EQ(Print(Node(X::kNeg, {one})), "- (1)");
  EXPECT_EQ(Print(Node(X::kNot, {Node(X::kNeg, {two})})), "!(- (2))");
  E nots = Node(X::kEq, {one, one});
  for (int i = 0; i < 5; ++i) nots = Node(X::kNot, {nots});
  EXPECT_EQ(Print(nots), "!!!!(!(1 == 1))");
}

TEST(Mutants, DifferMostly) {
  Rng rng(3);
  World w = MakeWorld(rng);
  PolicySet set = MakePolicySet(w, MakeMood(rng), rng);
  std::string text = PrintPolicySet(set, MakeLayout(rng), rng);
  int changed = 0;
  for (int i = 0; i < 100; ++i) changed += MutateTokens(text, rng) != text;
  for (int i = 0; i < 100; ++i) changed += MutateChars(text, rng) != text;
  for (int i = 0; i < 100; ++i) changed += MutateEntity(w, w.entities[0], rng) != w.entities[0];
  EXPECT_GT(changed, 270);
}

}  // namespace
}  // namespace polc::gen
