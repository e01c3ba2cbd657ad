#include "compiler/lint/prover.h"

#include <gtest/gtest.h>

#include <random>

#include "compiler/oracle/authorize.h"
#include "compiler/oracle/eval.h"
#include "compiler/sema/lower.h"
#include "compiler/syntax/cedar_parser.h"

namespace polc::lint {
namespace {

using data::Value;

// The rules of a Cedar text.
core::Program Read(const std::string& text) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  const source::FileId file = map.Add("p.cedar", text);
  sema::Lowerer lowerer(sema::IdSource::kPosition, sink);
  for (const syntax::ParsedPolicy& policy : syntax::ParseCedar(map, file, sink)) lowerer.Add(policy.policy);
  core::Program program = lowerer.Take();
  EXPECT_FALSE(sink.has_errors()) << text << ": "
                                  << (sink.diagnostics().empty() ? "" : sink.diagnostics()[0].message);
  return program;
}

// Whether the first rule of `text` can hold where the second does not.
bool Escapes(const std::string& text) {
  const core::Program program = Read(text);
  Prover prover(program, nullptr);
  const core::Rule &a = program.rules[0], &b = program.rules[1];
  return prover.Possible({{prover.Of(a).all, kTrue}, {prover.Of(b).all, kFalse | kErrs}});
}

std::string When(const std::string& a, const std::string& b) {
  return "permit (principal, action, resource) when { " + a +
         " };\npermit (principal, action, resource) when { " + b + " };";
}

TEST(Prover, Comparisons) {
  EXPECT_FALSE(Escapes(When("context.n == 3", "context.n < 4")));
  EXPECT_FALSE(Escapes(When("context.n > 3", "context.n >= 4")));
  EXPECT_TRUE(Escapes(When("context.n > 3", "context.n > 4")));
  EXPECT_FALSE(Escapes(When("context.n > 1 && context.n < 4 && context.n != 2", "context.n == 3")));
  EXPECT_TRUE(Escapes(When("context.n > 1 && context.n < 5 && context.n != 2", "context.n == 3")));
  EXPECT_FALSE(
      Escapes(When("context.d.lessThan(decimal(\"1.5\"))", "context.d.lessThanOrEqual(decimal(\"1.50\"))")));
  EXPECT_FALSE(Escapes(When("9223372036854775807 < context.n", "false")));
  EXPECT_FALSE(Escapes(When("context.n == 1", "!(context.n > 1)")));
}

TEST(Prover, ErrorsAreNoFalse) {
  // Where `a` is missing the second errs, too; but it does not where only `b` is.
  EXPECT_FALSE(Escapes(When("context.a && context.b", "context.a")));
  EXPECT_TRUE(Escapes(When("context.a || context.b", "context.b || context.a")));
  EXPECT_FALSE(Escapes(When("context.n == 1", "context.n != 2")));
  EXPECT_FALSE(Escapes(When("context has n && context.n == 1", "context.n == 1")));
  // `!(x == 1)` of a missing x is an error, so `has` is not implied by failing.
  EXPECT_TRUE(Escapes(When("!(context has n)", "context.n != 1")));
  EXPECT_FALSE(Escapes(When("context.n != 1", "context has n")));
}

TEST(Prover, Scopes) {
  EXPECT_FALSE(
      Escapes("permit (principal == User::\"a\", action, resource);"
              "permit (principal is User, action, resource);"));
  EXPECT_FALSE(
      Escapes("permit (principal in Team::\"a\", action == Action::\"x\", resource);"
              "permit (principal in Team::\"a\", action in [Action::\"y\", Action::\"x\"], resource);"));
  EXPECT_TRUE(
      Escapes("permit (principal is User, action, resource);"
              "permit (principal == User::\"a\", action, resource);"));
  EXPECT_FALSE(
      Escapes("permit (principal, action, resource) when { principal in Team::\"a\" };"
              "permit (principal in Team::\"a\", action, resource);"));
}

TEST(Prover, Sets) {
  EXPECT_FALSE(Escapes(When("[1, 2].contains(context.n)", "context.n <= 2")));
  EXPECT_FALSE(Escapes(When("context.k == \"b\"", "[\"a\", \"b\"].contains(context.k)")));
  EXPECT_TRUE(Escapes(When("context.k == \"c\"", "[\"a\", \"b\"].contains(context.k)")));
  EXPECT_FALSE(Escapes(When("principal in Team::\"b\"", "principal in [Team::\"a\", Team::\"b\"]")));
}

// What the search does not finish it calls possible, at the limit and past it.
TEST(Prover, GivesUp) {
  std::string a = "context.x0", b = "context.y0";
  for (int i = 1; i < 12; ++i) {
    a += " || (context.x" + std::to_string(i) + " && context.z" + std::to_string(i) + ")";
    b += " || (context.y" + std::to_string(i) + " && context.w" + std::to_string(i) + ")";
  }
  EXPECT_TRUE(Escapes(When("(" + a + ") && (" + b + ")", "(" + b + ") && (" + a + ")")));
}

// ---------------------------------------------------- Random conditions against the oracle, on all requests

std::string RandomTest(std::mt19937& random) {
  auto pick = [&](size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random); };
  static const std::vector<std::string> tests = {"context.a",
                                                 "context.b",
                                                 "context has a",
                                                 "context has n",
                                                 "context.n == 1",
                                                 "context.n < 2",
                                                 "context.n >= 1",
                                                 "1 < context.n",
                                                 "context.n != 2",
                                                 "context.a == true",
                                                 "principal is User",
                                                 "principal in Team::\"t\"",
                                                 "principal == User::\"u\"",
                                                 "[0, 2].contains(context.n)",
                                                 "context.n + 1 == 2",
                                                 "true",
                                                 "false",
                                                 "principal in [Team::\"t\", Team::\"s\"]",
                                                 "context.n in Team::\"t\"",
                                                 "context.n == context.m",
                                                 "context has m && context.m > 0"};
  return tests[pick(tests.size())];
}

std::string RandomCondition(std::mt19937& random, int depth) {
  const size_t form = std::uniform_int_distribution<size_t>(0, depth == 0 ? 0 : 5)(random);
  if (form <= 1) return RandomTest(random);
  const std::string a = RandomCondition(random, depth - 1), b = RandomCondition(random, depth - 1);
  if (form == 2) return "!(" + a + ")";
  if (form == 3) return "(" + a + ") && (" + b + ")";
  if (form == 4) return "(" + a + ") || (" + b + ")";
  return "if (" + a + ") then (" + b + ") else (" + RandomTest(random) + ")";
}

TEST(Prover, WhatIsProvedHoldsOfAllSmallRequests) {
  // Every context over these attributes, missing ones and wrong kinds included.
  std::vector<data::Request> requests;
  const std::vector<std::optional<Value>> bools = {std::nullopt, Value(true), Value(false),
                                                   Value(int64_t{1})};
  const std::vector<std::optional<Value>> longs = {std::nullopt,      Value(int64_t{0}),
                                                   Value(int64_t{1}), Value(int64_t{2}),
                                                   Value(INT64_MAX),  Value(std::string("x"))};
  for (const char* principal : {"u", "v", "w"}) {
    for (const auto& a : bools) {
      for (const auto& n : longs) {
        for (const auto& m : {std::optional<Value>(), std::optional<Value>(Value(int64_t{1}))}) {
          data::Request request;
          request.principal = {principal[0] == 'w' ? "Team" : "User", principal};
          request.action = {"Action", "x"};
          request.resource = {"Doc", "d"};
          data::Record context;
          if (a) context.emplace_back("a", *a);
          if (a) context.emplace_back("b", Value(true));
          if (m) context.emplace_back("m", *m);
          if (n) context.emplace_back("n", *n);
          request.context = Value::MakeRecord(std::move(context));
          requests.push_back(std::move(request));
        }
      }
    }
  }
  data::EntityStore store;
  data::Entity user;
  user.uid = {"User", "u"};
  user.parents = {{"Team", "t"}};
  ASSERT_FALSE(store.Add(user));
  ASSERT_FALSE(store.Close());

  auto truth = [&](const core::Rule& rule, const data::Request& request) {
    const oracle::EvalResult result = oracle::Evaluate(rule, rule.conditions[0], request, store);
    const Value* value = std::get_if<Value>(&result);
    if (!value || !value->is(data::Kind::kBool)) return kErrs;
    return value->as_bool() ? kTrue : kFalse;
  };
  std::mt19937 random(20261121);
  int proved = 0, shown = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::string text = When(RandomCondition(random, 3), RandomCondition(random, 2));
    const core::Program program = Read(text);
    const core::Rule &a = program.rules[0], &b = program.rules[1];
    // The first comes to one of `first` while the second comes to one of `second`.
    const auto mask = [&] { return static_cast<TruthMask>(1 + random() % 7); };
    const TruthMask first = mask(), second = mask();
    Prover prover(program, nullptr);
    const bool possible = prover.Possible({{prover.Of(a).all, first}, {prover.Of(b).all, second}});
    bool seen = false;
    for (const data::Request& request : requests) {
      seen |= (truth(a, request) & first) && (truth(b, request) & second);
    }
    ASSERT_TRUE(possible || !seen) << text << " masks " << int{first} << " " << int{second};
    proved += !possible;
    shown += seen;
  }
  // Both answers are there, and the prover is not merely careful.
  EXPECT_GT(shown, 1000);
  EXPECT_GT(proved, 400);
  RecordProperty("proved", proved);
}

}  // namespace
}  // namespace polc::lint
