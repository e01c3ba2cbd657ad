// What Emit makes of rules: code, places, parts, order, limits. That the code means what the core means is
// shown by tests/engine.
#include "compiler/emit/emit.h"

#include <gtest/gtest.h>

#include "compiler/emit/places.h"
#include "runtime/bundle/assembly.h"
#include "runtime/bundle/image.h"
#include "runtime/bundle/verify.h"

namespace polc::emit {
namespace {

using bundle::Bundle;
using core::Op;
using core::Rule;
using source::Span;

class EmitTest : public ::testing::Test {
 protected:
  // Emits and verifies.
  bool Make(const core::Program& program) {
    auto bytes = Emit(program, options_, sink_);
    if (!bytes) return false;
    file_ = std::move(*bytes);
    EXPECT_TRUE(Bundle::Open(file_, &bundle_).ok());
    bundle::VerifiedBundle verified;
    const bundle::Status s = Verify(bundle_, &verified);
    EXPECT_TRUE(s.ok()) << BundleErrorName(s.error) << " at " << s.at;
    return true;
  }
  std::string Code(size_t rule = 0) {
    const bundle::Block& block = bundle_.rules()[rule].condition;
    return Disassemble(bundle_.code().subspan(block.first, block.count), &bundle_);
  }
  static core::Program Only(Rule rule) {
    core::Program program;
    program.rules.push_back(std::move(rule));
    return program;
  }
  static Rule Named(std::string id) {
    Rule rule;
    rule.id = std::move(id);
    rule.effect = core::Effect::kAllow;
    return rule;
  }
  static data::Value Long(int64_t n) { return data::Value(n); }

  EmitOptions options_;
  source::SourceMap sources_;
  source::DiagnosticSink sink_;
  std::vector<uint8_t> file_;
  Bundle bundle_;
};

TEST_F(EmitTest, AnEmptyProgramAndAnEmptyRule) {
  ASSERT_TRUE(Make({}));
  EXPECT_EQ(bundle_.rules().size(), 0u);
  ASSERT_TRUE(Make(Only(Named("r"))));
  EXPECT_EQ(Code(), "     0  const         0                     ; true\n     1  return\n");
}

TEST_F(EmitTest, ScopeAndConditionsInOrder) {
  Rule rule = Named("r");
  rule.principal = {core::ScopeTest::Op::kIsIn, {"Team", "sre"}, false, "User", {}};
  rule.action = {core::ActionTest::Op::kIn, {{"Action", "b"}, {"Action", "a"}}, {}};
  rule.resource = {core::ScopeTest::Op::kEq, {"Doc", "d"}, false, "", {}};
  const auto context = rule.AddVar(core::Var::kContext);
  const auto n = rule.AddNamed(Op::kGetAttr, context, "n");
  rule.conditions.push_back(n);
  const auto one = rule.AddLiteral(Long(1)), context2 = rule.AddVar(core::Var::kContext);
  const auto m = rule.AddNamed(Op::kGetAttr, context2, "m");
  rule.conditions.push_back(rule.Add(Op::kLess, {one, m}));
  ASSERT_TRUE(Make(Only(std::move(rule))));
  EXPECT_EQ(Code(), R"(     0  var           principal
     1  is            2                     ; User
     2  and           6
     3  var           principal
     4  const         0                     ; Team::"sre"
     5  in
     6  and           23
     7  var           action
     8  const         1                     ; [Action::"b", Action::"a"]
     9  in
    10  and           23
    11  var           resource
    12  const         2                     ; Doc::"d"
    13  eq
    14  and           23
    15  var           context
    16  attr          4                     ; "n"
    17  check_bool
    18  and           23
    19  const         3                     ; 1
    20  var           context
    21  attr          3                     ; "m"
    22  lt
    23  return
)");
}

TEST_F(EmitTest, ControlFlow) {
  Rule rule = Named("r");
  const auto a = rule.AddVar(core::Var::kContext);
  const auto x = rule.AddNamed(Op::kGetAttr, a, "x");
  const auto t = rule.AddLiteral(data::Value(true));
  const auto b = rule.AddVar(core::Var::kContext);
  const auto y = rule.AddNamed(Op::kGetAttr, b, "y");
  const auto either = rule.Add(Op::kOr, {y, t});
  const auto f = rule.AddLiteral(data::Value(false));
  const auto negated = rule.Add(Op::kNot, {f});
  rule.conditions.push_back(rule.Add(Op::kIf, {x, either, negated}));
  ASSERT_TRUE(Make(Only(std::move(rule))));
  EXPECT_EQ(Code(), R"(     0  var           context
     1  attr          1                     ; "x"
     2  check_bool
     3  br_false      10
     4  var           context
     5  attr          2                     ; "y"
     6  check_bool
     7  or            9
     8  const         0                     ; true
     9  jump          12
    10  const         1                     ; false
    11  not
    12  return
)");
}

TEST_F(EmitTest, LiteralSetsAndRecordsAreConstantsOthersAreBuilt) {
  Rule rule = Named("r");
  const auto one = rule.AddLiteral(Long(1)), two = rule.AddLiteral(Long(2));
  const auto constant = rule.Add(Op::kSet, {one, two});
  const auto var = rule.AddVar(core::Var::kPrincipal), three = rule.AddLiteral(Long(3));
  const auto built = rule.AddRecord({{"b", var}, {"a", three}});
  rule.conditions.push_back(rule.Add(Op::kEq, {constant, built}));
  ASSERT_TRUE(Make(Only(std::move(rule))));
  EXPECT_EQ(Code(), R"(     0  const         0                     ; [1, 2]
     1  const         1                     ; 3
     2  var           principal
     3  record        0                     ; {"a", "b"}
     4  eq
     5  return
)");
}

TEST_F(EmitTest, CallsThatCannotSucceedFail) {
  Rule rule = Named("r");
  const auto one = rule.AddLiteral(Long(1));
  const auto unknown = rule.AddNamed(Op::kCallUnknown, one, "foo");
  const auto arity = rule.AddCall(data::ExtFn::kIp, {});
  rule.conditions.push_back(rule.Add(Op::kEq, {unknown, arity}));
  ASSERT_TRUE(Make(Only(std::move(rule))));
  EXPECT_EQ(Code(), R"(     0  const         0                     ; 1
     1  fail          1 UnknownFunction/2   ; "foo"
     3  fail          0 WrongArity/1        ; "ip"
     5  eq
     6  return
)");
}

TEST_F(EmitTest, RulesComeOutSortedAndOrderDoesNotShow) {
  core::Program one, other;
  for (const char* id : {"policy10", "policy2", "a", "policy1"}) {
    one.rules.push_back(Named(id));
    other.rules.insert(other.rules.begin(), Named(id));
  }
  ASSERT_TRUE(Make(one));
  const std::vector<uint8_t> first = file_;
  std::vector<std::string> ids;
  for (const bundle::RuleRow& rule : bundle_.rules()) ids.emplace_back(bundle_.String(rule.id));
  EXPECT_EQ(ids, (std::vector<std::string>{"a", "policy1", "policy2", "policy10"}));
  ASSERT_TRUE(Make(other));
  EXPECT_EQ(first, file_);
}

TEST_F(EmitTest, EverythingARuleCarries) {
  Rule rule = Named("r");
  rule.effect = core::Effect::kRequire;
  rule.mode = core::Mode::kShadow;
  rule.on_error = core::ErrorRule::kFailClosed;
  rule.template_id = "t";
  rule.annotations = {{"id", "r"}, {"advice", "be careful"}};
  rule.limits.push_back({"timeout", rule.AddLiteral(Long(300)), {}});
  core::Need approval, evidence;
  core::Quorum quorum;
  quorum.within_ms = 1000;
  quorum.parts = {{2,
                   {rule.AddLiteral(data::Value(data::EntityUid{"Team", "a"})),
                    rule.AddLiteral(data::Value(data::EntityUid{"Team", "b"}))}}};
  approval.approval.alternatives = {quorum};
  evidence.kind = core::Need::Kind::kEvidence;
  evidence.evidence = "plan";
  rule.needs = {approval, evidence};
  core::Program program = Only(rule);
  core::Fact fact;
  fact.name = "risk";
  fact.body.conditions.push_back(fact.body.AddLiteral(Long(7)));
  program.facts.push_back(fact);
  core::Type number, text;
  number.kind = data::Kind::kLong;
  text.kind = data::Kind::kString;
  program.limit_kinds = {{"timeout", std::make_shared<core::Type>(number), core::Merge::kHighest}};
  program.evidence_kinds = {{"plan", true, std::make_shared<core::Type>(text)}};
  options_.meta = {{"producer", "test"}};
  options_.model_digest[3] = 9;
  ASSERT_TRUE(Make(program));
  const bundle::RuleRow& row = bundle_.rules()[0];
  EXPECT_EQ(static_cast<bundle::Effect>(row.effect), bundle::Effect::kRequire);
  EXPECT_EQ(static_cast<bundle::Mode>(row.mode), bundle::Mode::kShadow);
  EXPECT_EQ(static_cast<bundle::ErrorRule>(row.error_rule), bundle::ErrorRule::kFailClosed);
  EXPECT_EQ(bundle_.String(row.template_id), "t");
  ASSERT_EQ(row.annotations.count, 2u);
  EXPECT_EQ(bundle_.String(bundle_.annotations()[1].value), "be careful");
  ASSERT_EQ(row.limits.count, 1u);
  const bundle::LimitKindRow& kind = bundle_.limit_kinds()[bundle_.limits()[0].kind];
  EXPECT_EQ(bundle_.String(kind.name), "timeout");
  EXPECT_EQ(static_cast<bundle::Merge>(kind.merge), bundle::Merge::kHighest);
  ASSERT_EQ(row.needs.count, 2u);
  EXPECT_EQ(static_cast<bundle::NeedKind>(bundle_.needs()[0].kind), bundle::NeedKind::kApproval);
  ASSERT_EQ(bundle_.quorums().size(), 1u);
  EXPECT_EQ(bundle_.quorums()[0].within_ms, 1000);
  ASSERT_EQ(bundle_.quorum_parts().size(), 1u);
  EXPECT_EQ(bundle_.quorum_parts()[0].count, 2u);
  EXPECT_EQ(bundle_.quorum_parts()[0].pools.count, 2u);
  const bundle::EvidenceKindRow& evidence_kind = bundle_.evidence_kinds()[bundle_.needs()[1].what];
  EXPECT_EQ(bundle_.String(evidence_kind.name), "plan");
  EXPECT_EQ(evidence_kind.undo, 1);
  ASSERT_EQ(bundle_.facts().size(), 1u);
  EXPECT_EQ(bundle_.String(bundle_.facts()[0].name), "risk");
  EXPECT_EQ(bundle_.header().model_digest[3], 9);
  ASSERT_EQ(bundle_.meta().size(), 1u);
}

TEST_F(EmitTest, PlacesPartsAndFiles) {
  const std::string text = "// é\nwhen { é.x };\n";
  const source::FileId other = sources_.Add("/tmp/zz/unused.cedar", "x");
  const source::FileId file = sources_.Add("/tmp/zz/policies/a.cedar", text);
  (void)other;
  options_.sources = &sources_;
  options_.path = [](source::FileId of) { return of == 0 ? "unused.cedar" : "a.cedar"; };
  Rule rule = Named("r");
  rule.span = {file, 0, static_cast<uint32_t>(text.size())};
  rule.action = {core::ActionTest::Op::kEq, {{"Action", "v"}}, {file, 3, 5}};
  const uint32_t at = static_cast<uint32_t>(text.find("é.x"));
  const auto var = rule.AddVar(core::Var::kContext, {file, at, at + 2});
  rule.conditions.push_back(rule.AddNamed(Op::kGetAttr, var, "x", {file, at, at + 4}));
  ASSERT_TRUE(Make(Only(rule)));
  ASSERT_EQ(bundle_.files().size(), 1u);
  EXPECT_EQ(bundle_.String(bundle_.files()[0].path), "a.cedar");
  EXPECT_EQ(bundle_.files()[0].bytes, 0u);
  ASSERT_EQ(bundle_.parts().size(), 2u);
  EXPECT_EQ(static_cast<bundle::PartKind>(bundle_.parts()[0].kind), bundle::PartKind::kAction);
  EXPECT_EQ(bundle_.parts()[0].place.line, 1u);
  EXPECT_EQ(bundle_.parts()[0].place.column, 4u);
  EXPECT_EQ(bundle_.parts()[1].place.line, 2u);
  EXPECT_EQ(bundle_.parts()[1].place.column, 8u);
  EXPECT_EQ(bundle_.parts()[1].place.begin, at);
  EXPECT_EQ(bundle_.parts()[1].first, 4u);
  ASSERT_GE(bundle_.debug().size(), 2u);
  EXPECT_EQ(bundle_.debug().back().place.column, 8u);
  EXPECT_EQ(bundle_.debug().back().place.end, at + 4);

  // The path the files were read from does not show; their text does only if asked for.
  const std::vector<uint8_t> without = file_;
  EXPECT_EQ(std::string(without.begin(), without.end()).find("/tmp"), std::string::npos);
  options_.include_source = true;
  ASSERT_TRUE(Make(Only(rule)));
  EXPECT_EQ(bundle_.files()[0].bytes, text.size());
  EXPECT_NE(file_, without);
}

// Columns are counted on from the last place, forwards and backwards.
TEST_F(EmitTest, PlacesCountBothWays) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += i % 17 == 0 ? "\n" : i % 5 == 0 ? "é" : "a";
  const source::FileId file = sources_.Add("f", text);
  Places places(&sources_);
  for (uint32_t i = 0; i < 1000; ++i) {
    uint32_t at = i * 7919 % static_cast<uint32_t>(text.size());
    while ((text[at] & 0xC0) == 0x80) --at;
    const bundle::Place place = places.At({file, at, at + 1});
    const source::LineColumn wanted = sources_.Resolve(file, at);
    ASSERT_EQ(place.line, wanted.line) << at;
    ASSERT_EQ(place.column, wanted.column) << at;
  }
}

TEST_F(EmitTest, LongChainsDoNotRecurse) {
  Rule rule = Named("r");
  core::ExprId chain = rule.AddLiteral(data::Value(true));
  for (int i = 0; i < 200000; ++i) {
    const auto next = rule.AddLiteral(data::Value(i % 2 == 0));
    chain = rule.Add(Op::kAnd, {chain, next});
  }
  rule.conditions.push_back(chain);
  ASSERT_TRUE(Make(Only(std::move(rule))));
  EXPECT_LE(bundle_.header().max_stack, 2u);
}

TEST_F(EmitTest, RuleTooLargeBothSidesOfTheLimit) {
  for (const uint32_t n : {bundle::kMaxStack, bundle::kMaxStack + 1}) {
    Rule rule = Named("big");
    rule.span = {0, 0, 1};
    std::vector<core::ExprId> elements;
    for (uint32_t i = 0; i < n; ++i) elements.push_back(rule.AddVar(core::Var::kPrincipal));
    const auto set = rule.Add(Op::kSet, elements);
    rule.conditions.push_back(rule.Add(Op::kIsEmpty, {set}));
    core::Program program = Only(std::move(rule));
    program.rules.push_back(Named("a"));
    program.rules.push_back(Named("zzzz"));
    sink_ = {};
    EXPECT_EQ(Make(program), n <= bundle::kMaxStack);
    if (n <= bundle::kMaxStack) continue;
    ASSERT_EQ(sink_.diagnostics().size(), 1u);
    const source::Diagnostic& d = sink_.diagnostics()[0];
    EXPECT_EQ(d.code, source::Code::kRuleTooLarge);
    EXPECT_EQ(d.rule, "big");
    EXPECT_EQ(d.message, "rule `big` needs a stack deeper than 65536 values");
  }
}

}  // namespace
}  // namespace polc::emit
