#include "compiler/syntax/policy_json.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "compiler/syntax/ast_printer.h"
#include "compiler/syntax/cedar_parser.h"
#include "compiler/syntax/testing/random_policy.h"

namespace polc::syntax {
namespace {

struct Read {
  source::SourceMap map;
  source::DiagnosticSink sink;

  std::string Codes() const {
    std::string out;
    for (const source::Diagnostic& d : sink.diagnostics()) {
      if (!out.empty()) out += ' ';
      out += source::Info(d.code).name;
    }
    return out;
  }
  std::optional<Policy> PolicyOf(const std::string& json) {
    return ParsePolicyJson(map, map.Add("p", json), sink);
  }
  std::optional<PolicySet> SetOf(const std::string& json) {
    return ParsePolicySetJson(map, map.Add("p", json), sink);
  }
};

const std::string kAll = R"("principal":{"op":"All"},"action":{"op":"All"},"resource":{"op":"All"})";

std::string When(const std::string& body) {
  return R"({"effect":"permit",)" + kAll + R"(,"conditions":[{"kind":"when","body":)" + body + "}]}";
}

std::string CodesOf(const std::string& json) {
  Read r;
  auto policy = r.PolicyOf(json);
  EXPECT_EQ(policy.has_value(), r.Codes().empty());
  if (policy) {
    EXPECT_EQ(policy->Verify(), std::nullopt) << json;
  }
  return r.Codes();
}

// The expression as Cedar text, or the codes of what is wrong with it.
std::string Text(const std::string& body) {
  Read r;
  auto policy = r.PolicyOf(When(body));
  return policy ? PrintExpr(*policy, policy->conditions[0].body) : r.Codes();
}

std::string ToJson(const std::string& text) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  auto policies = ParseCedar(map, map.Add("p", text), sink);
  EXPECT_EQ(policies.size(), 1u) << text;
  return policies.empty() ? "" : PolicyToJson(policies[0].policy);
}

std::string ExprToJson(const std::string& expr) {
  std::string json = ToJson("permit(principal,action,resource)when{" + expr + "};");
  size_t begin = json.find("\"body\":") + 7;
  return json.substr(begin, json.size() - begin - 3);
}

TEST(PolicyJsonWriter, WritesWhatCedarWrites) {
  EXPECT_EQ(
      ToJson("@b(\"x\")@a forbid(principal is U in ?principal,action in[Action::\"a\"],resource==R::\"r\");"),
      R"({"effect":"forbid","principal":{"op":"is","entity_type":"U","in":{"slot":"?principal"}},)"
      R"("action":{"op":"in","entity":{"type":"Action","id":"a"}},)"
      R"("resource":{"op":"==","entity":{"type":"R","id":"r"}},"conditions":[],)"
      R"("annotations":{"a":null,"b":"x"}})");
  EXPECT_EQ(ExprToJson("-5 != --5"), R"({"!=":{"left":{"Value":-5},"right":{"neg":{"arg":{"Value":-5}}}}})");
  EXPECT_EQ(ExprToJson("context has a.b.c"),
            R"({"&&":{"left":{"&&":{"left":{"has":{"left":{"Var":"context"},"attr":"a"}},)"
            R"("right":{"has":{"left":{".":{"left":{"Var":"context"},"attr":"a"}},"attr":"b"}}}},)"
            R"("right":{"has":{"left":{".":{"left":{".":{"left":{"Var":"context"},"attr":"a"}},"attr":"b"}},)"
            R"("attr":"c"}}}})");
  EXPECT_EQ(
      ExprToJson("\"x\" like \"a\\**\xC3\xA9\""),
      R"({"like":{"left":{"Value":"x"},"pattern":[{"Literal":"a"},{"Literal":"*"},"Wildcard",{"Literal":")"
      "\xC3\xA9"
      R"("}]}})");
  EXPECT_EQ(ExprToJson("principal is A::B in [U::\"x\"]"),
            R"({"is":{"left":{"Var":"principal"},"entity_type":"A::B",)"
            R"("in":{"Set":[{"Value":{"__entity":{"type":"U","id":"x"}}}]}}})");
  EXPECT_EQ(
      ExprToJson("ip(\"::1\").isIpv6() && [].isEmpty()"),
      R"({"&&":{"left":{"isIpv6":[{"ip":[{"Value":"::1"}]}]},"right":{"isEmpty":{"arg":{"Set":[]}}}}})");
  EXPECT_EQ(ExprToJson("if true then {a: 1} else [].contains(2)"),
            R"({"if-then-else":{"if":{"Value":true},"then":{"Record":{"a":{"Value":1}}},)"
            R"("else":{"contains":{"left":{"Set":[]},"right":{"Value":2}}}}})");
}

TEST(PolicyJsonReader, ReadsEveryExpression) {
  EXPECT_EQ(
      Text(
          R"({"Value":{"a":[1,"x",{"__entity":{"type":"A::B","id":"i"}}],"b":{"__extn":{"fn":"ip","arg":"::1"}}}})"),
      R"({a: [1, "x", A::B::"i"], b: ip("::1")})");
  EXPECT_EQ(Text(R"({"Value":{"__extn":{"fn":"lessThan","args":[1,2]}}})"), "1.lessThan(2)");
  EXPECT_EQ(Text(R"({"Value":{"__entity":{"type":"A"}}})"), R"({__entity: {type: "A"}})")
      << "malformed: a record";
  EXPECT_EQ(Text(R"({"has":{"left":{"Var":"context"},"attr":["a","b"],"ignored":1}})"), "context has a.b");
  EXPECT_EQ(Text(R"({"has":{"left":{"Var":"context"},"attr":["a b","c"]}})"),
            R"(context has "a b" && context["a b"] has c)");
  EXPECT_EQ(
      Text(
          R"({"like":{"left":{"Value":"x"},"pattern":[{"Literal":"a"},{"Literal":"*"},"Wildcard","Wildcard"]}})"),
      R"("x" like "a\***")");
  EXPECT_EQ(Text(R"({"is":{"left":{"Var":"principal"},"entity_type":"U","in":null}})"), "principal is U");
  EXPECT_EQ(Text(R"({"neg":{"arg":{"Value":5}}})"), "-(5)");
  EXPECT_EQ(Text(R"({"isInRange":[{"ip":[{"Value":"1"}]},{"Var":"context"}]})"),
            R"(ip("1").isInRange(context))");
  EXPECT_EQ(Text(R"({".":{"left":{"Var":"context"},"attr":"if"}})"), R"(context["if"])");
}

TEST(PolicyJsonReader, RefusesWhatCedarRefuses) {
  EXPECT_EQ(Text(R"({})"), "JsonShape");
  EXPECT_EQ(Text(R"({"Var":"context","Value":1})"), "JsonShape");
  EXPECT_EQ(Text(R"({"Var":"user"})"), "UnknownVariable");
  EXPECT_EQ(Text(R"({"Slot":"?principal"})"), "InvalidSlot");
  EXPECT_EQ(Text(R"({"foo":[]})"), "JsonShape");
  EXPECT_EQ(Text(R"({"==":{"left":{"Value":1},"right":{"Value":1},"x":1}})"), "JsonShape");
  EXPECT_EQ(Text(R"({"==":{"left":{"Value":1}}})"), "JsonShape");
  EXPECT_EQ(Text(R"({"Value":null})"), "JsonNull");
  EXPECT_EQ(Text(R"({"Value":1.5})"), "JsonNumber");
  EXPECT_EQ(Text(R"({"Value":9223372036854775808})"), "JsonNumber");
  EXPECT_EQ(Text(R"({"Value":{"__entity":{"type":"A","id":"i","x":1.5}}})"), "JsonNumber");
  EXPECT_EQ(Text(R"({"Value":{"__entity":{"type":"A B","id":"i"}}})"), "InvalidName");
  EXPECT_EQ(Text(R"({"Value":{"__expr":"x"}})"), "JsonShape");
  EXPECT_EQ(Text(R"({"is":{"left":{"Var":"principal"},"entity_type":"A :: B"}})"), "InvalidName");
  EXPECT_EQ(Text(R"({"has":{"left":{"Var":"context"},"attr":[]}})"), "JsonShape");
  EXPECT_EQ(Text(R"({"like":{"left":{"Value":"x"},"pattern":["*"]}})"), "JsonShape");
  EXPECT_EQ(Text(R"({"Record":{"a":{"Value":1},"a":{"Value":2}}})"), "JsonDuplicateKey");
  EXPECT_EQ(CodesOf(R"({"effect":"allow",)" + kAll + R"(,"conditions":[]})"), "InvalidEffect");
  EXPECT_EQ(CodesOf(R"({"effect":"permit",)" + kAll + R"(,"conditions":[],"id":"x"})"), "JsonShape");
  EXPECT_EQ(CodesOf(R"({"effect":"permit",)" + kAll + R"(,"conditions":[],"annotations":{"a b":"x"}})"),
            "InvalidName");
  EXPECT_EQ(CodesOf(R"({"effect":"permit",)" + kAll + R"(,"conditions":[{"kind":"if","body":{"Value":1}}]})"),
            "InvalidCondition");
}

TEST(PolicyJsonReader, Scope) {
  auto scope = [](const std::string& principal, const std::string& action) {
    return CodesOf(R"({"effect":"permit","principal":)" + principal + R"(,"action":)" + action +
                   R"(,"resource":{"op":"all","x":1},"conditions":[]})");
  };
  const std::string all = R"({"op":"All"})";
  EXPECT_EQ(scope(R"({"op":"==","entity":{"__entity":{"type":"U","id":"x"},"more":1}})", all), "");
  EXPECT_EQ(scope(R"({"op":"in","slot":"?principal"})", all), "");
  EXPECT_EQ(scope(R"({"op":"in","slot":"?resource"})", all), "InvalidSlot");
  EXPECT_EQ(scope(R"({"op":"in","slot":"?action"})", all), "JsonShape");
  EXPECT_EQ(scope(R"({"op":"in"})", all), "JsonShape");
  EXPECT_EQ(scope(R"({"op":"<"})", all), "JsonShape");
  EXPECT_EQ(scope(R"({"op":"==","entity":"U::\"x\""})", all), "JsonShape");
  EXPECT_EQ(scope(R"({"op":"is","entity_type":"U","in":{"slot":"?principal"}})", all), "");
  EXPECT_EQ(scope(R"({"op":"is","entity_type":"U","entity":1})", all), "JsonShape");
  EXPECT_EQ(scope(all, R"({"op":"in","entities":[]})"), "");
  EXPECT_EQ(scope(all, R"({"op":"==","entity":{"type":"User","id":"x"}})"), "InvalidActionType");
  EXPECT_EQ(scope(all, R"({"op":"==","slot":"?action"})"), "InvalidSlot");
  EXPECT_EQ(scope(all, R"({"op":"is","entity_type":"A"})"), "JsonShape");
}

TEST(PolicyJsonReader, SetsAndLinks) {
  std::string policy = R"({"effect":"permit",)" + kAll + R"(,"conditions":[]})";
  std::string with_slot =
      R"({"effect":"permit","principal":{"op":"==","slot":"?principal"},"action":{"op":"All"},)"
      R"("resource":{"op":"All"},"conditions":[]})";
  Read r;
  std::string text = R"({"templates":{"t":)" + with_slot + R"(,"u":)" + policy +
                     R"(},"staticPolicies":{"p":)" + policy +
                     R"(},"templateLinks":[{"templateId":"t","newId":"l","values":{"?principal":)"
                     R"({"__entity":{"type":"U","id":"x"}}}}]})";
  auto set = r.SetOf(text);
  ASSERT_TRUE(set) << r.Codes();
  ASSERT_EQ(set->policies.size(), 3u);
  EXPECT_EQ(set->policies[0].id, "p");
  EXPECT_FALSE(set->policies[0].under_templates);
  EXPECT_TRUE(set->policies[2].under_templates);
  ASSERT_EQ(set->links.size(), 1u);
  EXPECT_EQ(set->links[0].principal->id, "x");
  EXPECT_FALSE(set->links[0].resource);
  EXPECT_EQ(PolicySetToJson(*set), text);

  Read slot;
  EXPECT_FALSE(
      slot.SetOf(R"({"templates":{},"staticPolicies":{"p":)" + with_slot + R"(},"templateLinks":[]})"));
  EXPECT_EQ(slot.Codes(), "InvalidSlot");
  Read missing;
  EXPECT_FALSE(missing.SetOf(R"({"templates":{},"staticPolicies":{}})"));
  EXPECT_EQ(missing.Codes(), "JsonShape");
}

TEST(LinksJson, ReadsEntitiesInText) {
  auto read = [](const std::string& value, std::string* id) {
    source::SourceMap map;
    source::DiagnosticSink sink;
    auto links = ParseLinksJson(
        map, map.Add("l", R"([{"template_id":"t","link_id":"l","args":{"?principal":)" + value + "}}]"),
        sink);
    EXPECT_EQ(links.has_value(), !sink.has_errors());
    if (links) *id = links->at(0).principal->type.text + "|" + links->at(0).principal->id;
    return links.has_value();
  };
  std::string id;
  EXPECT_TRUE(read(R"("A::B::\"x\\\"y::\\u{41}\"")", &id));
  EXPECT_EQ(id, "A::B|x\"y::A");
  EXPECT_TRUE(read(R"("U::\"\"")", &id));
  EXPECT_EQ(id, "U|");
  for (const char* bad :
       {R"("U")", R"("U::x")", R"("U::\"x")", R"("U::\"x\" ")", R"("U :: \"x\"")", R"("U::\"a\"b\"")",
        R"("U::\"x\\\"")", R"("::\"x\"")", R"("if::\"x\"")", R"("U::\"\\q\"")", "1", "null"}) {
    EXPECT_FALSE(read(bad, &id)) << bad;
  }
}

// From both sides.
TEST(PolicyJsonLimits, UnwritableHas) {
  auto nested = [](int levels) {
    std::string body = R"({"Var":"context"})";
    for (int i = 0; i < levels; ++i) body = R"({"has":{"left":)" + body + R"(,"attr":["a b","c"]}})";
    return CodesOf(When(body));
  };
  EXPECT_EQ(nested(kMaxUnwritableHas), "");
  EXPECT_EQ(nested(kMaxUnwritableHas + 1), "NestingTooDeep");
}

RC_GTEST_PROP(PolicyJsonProperty, ReadingWhatWasWrittenGivesTheSame, ()) {
  Policy policy = testing::RandomPolicy(*rc::gen::arbitrary<uint32_t>());
  std::string json = PolicyToJson(policy);
  Read r;
  auto again = r.PolicyOf(json);
  if (!again) RC_FAIL(r.Codes() + json);
  RC_ASSERT(!again->Verify());
  RC_ASSERT(PolicyToJson(*again) == json);
}

}  // namespace
}  // namespace polc::syntax
