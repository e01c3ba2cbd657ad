// What Cedar gets of Pol: the text of each construct, which is checked strictly against the exported schema,
// and what is left out or widened. That it decides alike is tests/engine/export_test.cc's to show.
#include "compiler/translate/to_cedar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/model/resolve.h"
#include "compiler/sema/check.h"
#include "compiler/sema/lower.h"
#include "compiler/sema/pol.h"
#include "compiler/syntax/cedar_parser.h"

namespace polc::translate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kModel = R"(
policy "p"
group Team
group Environment
person Human in Team
agent Agent in Team owned by Human has
  ttl : Duration
  roles : Set of Rank, at most 4
resource Service in Environment has
  data : Set of Text, at most 8
  tier? : Number
levels Risk is low < medium < high < critical, higher is stricter
levels Rank is junior < senior < lead, higher is freer
levels Autonomy is recommend < approval_needed < alone, higher is freer
limit kind timeout : Duration, lowest wins
evidence plan (undo) : Text
switch freeze
action class restarts is reversible
action class drops is irreversible
action restart in restarts by Agent on Service with
  blast : Percent from host, 100% if missing
  to : Set of Text, at most 4
  seen : Risk from host
  note? : Text from host
action reload in restarts by Agent on Service with
  blast : Percent from host, 100% if missing
action drop in drops by Agent on Service with
  blast : Percent from host, 50% if missing
)";

struct ToCedarTest : ::testing::Test {
  source::SourceMap map;
  source::DiagnosticSink sink;
  CedarExport made;

  // The exported policies of these rules, as Cedar reads and strictly checks them.
  std::string Export(const std::string& rules, const CedarExportOptions& options = {}) {
    sink = {};
    const source::FileId file = map.Add("p.pol", std::string(kModel) + rules);
    const sema::pol::Set set = sema::pol::Analyze(map, {file}, {}, sink);
    EXPECT_FALSE(sink.has_errors()) << Messages();
    sink = {};
    auto out = ToCedar(set.program, options, map, sink);
    if (!out) {
      ADD_FAILURE() << Messages();
      return "";
    }
    made = *out;
    source::DiagnosticSink check;
    const auto schema = model::LoadSchema(map, {map.Add("p.cedarschema", made.schema)}, check);
    sema::Lowerer lowerer(sema::IdSource::kAnnotation, check);
    for (const auto& p : syntax::ParseCedar(map, map.Add("p.cedar", made.policies), check))
      lowerer.Add(p.policy);
    core::Program program = lowerer.Take();
    if (schema) sema::Check(program, *schema, {}, check);
    for (const source::Diagnostic& d : check.diagnostics()) {
      if (d.severity == source::Severity::kError) ADD_FAILURE() << d.message;
    }
    return made.policies;
  }
  // What was remarked upon, or reported.
  std::string Messages() const {
    std::string out;
    for (const source::Diagnostic& d : sink.diagnostics()) out += d.message + "\n";
    for (const Remark& remark : made.remarks) out += remark.text + "\n";
    return out;
  }
  // The condition of an allow, as Cedar has it.
  std::string Condition(const std::string& pol) {
    const std::string text = Export("rule r allow Agent to restart on Service when " + pol);
    const size_t at = text.find("@id(\"p/r\")");
    const size_t open = at == text.npos ? at : text.find('{', at), close = text.rfind('}');
    if (open == text.npos) return "none";
    std::string out;
    for (char c : text.substr(open + 1, close - open - 1)) {
      if (c == '\n') c = ' ';
      if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
    }
    while (out.ends_with(' ')) out.pop_back();
    return text.substr(text.rfind('\n', open) + 1, 6) == "unless" ? "!(" + out + ")" : out;
  }
};

TEST_F(ToCedarTest, Effects) {
  const std::string text = Export(R"(
rule grant allow Agent in Team "sre" to do any restarts on Service because "on call"
rule ask require approval by 1 of Team "sec" within 30m for Agent to drop on Service
rule other suggest drop for Agent to reload on Service "x"
rule bounded limit timeout to 5m for Agent to reload
rule later (shadow) forbid anyone to do anything
)");
  EXPECT_THAT(
      text,
      HasSubstr("@id(\"p/grant\")\n@because(\"on call\")\npermit (\n  principal is Agent in Team::\"sre\",\n"
                "  action in Action::\"restarts\",\n  resource is Service\n);"));
  EXPECT_THAT(text, HasSubstr("@id(\"p/ask\")\n@pol(\"require\")\nforbid (\n"));
  EXPECT_THAT(text, HasSubstr("@id(\"p/other\")\n@pol(\"suggest\")\nforbid (\n"));
  EXPECT_THAT(text, HasSubstr("@id(\"p/bounded\")\n@pol(\"limit\")\nforbid (\n"));
  EXPECT_THAT(text, Not(HasSubstr("later")));
  EXPECT_TRUE(made.whole);
  EXPECT_FALSE(made.can_err);
  EXPECT_THAT(made.schema, HasSubstr("action \"restarts\";"));
  EXPECT_THAT(made.schema, HasSubstr("in [\"restarts\"]"));
  EXPECT_THAT(
      Export("rule bounded limit timeout to 5m for Agent to reload", {.limits_enforced_elsewhere = true}),
      Not(HasSubstr("bounded")));
}

TEST_F(ToCedarTest, Values) {
  EXPECT_EQ(Condition("context.blast is at most 5%"),
            "(if context has blast then context.blast else decimal(\"1.0000\")).lessThanOrEqual ( "
            "decimal(\"0.0500\") )");
  EXPECT_EQ(Condition("context has note and context.note starts with \"a*\""),
            "context has note && context.note like \"a\\**\"");
  EXPECT_EQ(Condition("resource.tier exists and resource.tier is below 3"),
            "resource has tier && resource.tier < 3");
  EXPECT_EQ(Condition("principal.ttl is at most 15m"), "principal.ttl <= duration(\"900000ms\")");
}

TEST_F(ToCedarTest, LevelsAreSetsOfNames) {
  EXPECT_EQ(Condition("context.seen is at most medium"), "[\"low\", \"medium\"].contains(context.seen)");
  EXPECT_EQ(Condition("context.seen is at most critical"), "true");
  EXPECT_EQ(Condition("context.seen is low"), "context.seen == \"low\"");
  EXPECT_EQ(Condition("context.seen is one of [low, medium]"),
            "[\"low\", \"medium\"].contains(context.seen)");
}

TEST_F(ToCedarTest, Quantifiers) {
  EXPECT_EQ(Condition("every t in context.to satisfies t is one of [\"a\", \"b\"]"),
            "[\"a\", \"b\"].containsAll(context.to)");
  EXPECT_EQ(Condition("some t in context.to satisfies t is one of [\"a\", \"b\"]"),
            "context.to.containsAny([\"a\", \"b\"])");
  EXPECT_EQ(Condition("some t in context.to satisfies t is \"a\""), "context.to.contains(\"a\")");
  EXPECT_EQ(Condition("every t in context.to satisfies t is not \"a\""), "!(context.to.contains(\"a\"))");
  EXPECT_EQ(Condition("every r in principal.roles satisfies r is at least senior"),
            "[\"senior\", \"lead\"].containsAll(principal.roles)");
  EXPECT_EQ(Condition("(number of t in context.to satisfies t is \"a\") is at least 1"),
            "context.to.contains(\"a\")");
  EXPECT_EQ(Condition("context.to.size() is 0"), "context.to.isEmpty()");
  EXPECT_TRUE(made.whole);
  EXPECT_EQ(Condition("some t in context.to satisfies t starts with \"a\""), "none");
  EXPECT_FALSE(made.whole);
  EXPECT_THAT(Messages(),
              HasSubstr("`p/r` is left out: Cedar looks at the elements of a set only by `contains`"));
}

TEST_F(ToCedarTest, FactsAreWrittenOut) {
  const std::string facts = R"(
fact risk : Risk is the highest of
  critical when context.blast is above 50%,
  high when resource in Environment "production",
  otherwise low
fact budget : Number is the first of
  10 when principal in Team "sre",
  otherwise 0
)";
  EXPECT_THAT(Export(facts + "rule r forbid Agent to restart when risk is at least high"),
              HasSubstr("greaterThan\n    (\n      decimal(\"0.5000\")\n    ) ||\n  resource in "
                        "Environment::\"production\"\n};"));
  EXPECT_TRUE(made.whole);
  EXPECT_THAT(Export(facts + "rule r forbid Agent to restart when budget is below 5"),
              HasSubstr("(if principal in Team::\"sre\" then 10 else 0) < 5"));
  EXPECT_TRUE(made.whole);
}

TEST_F(ToCedarTest, Autonomy) {
  const std::string text = Export(R"(
ladder for Agent "oncall" gives restarts : alone, drops : approval_needed
cap calm autonomy at recommend for Agent to do anything when resource in Environment "production"
rule r allow Agent to do any restarts when autonomy is at least alone
)");
  EXPECT_TRUE(made.whole) << Messages();
  EXPECT_THAT(text, HasSubstr("Agent::\"oncall\""));
  EXPECT_THAT(text, HasSubstr("Environment::\"production\""));
}

TEST_F(ToCedarTest, DefaultsOfTheirOwnForEachAction) {
  const std::string text = Export("rule r forbid Agent to restart, drop when context.blast is above 60%");
  EXPECT_TRUE(made.whole) << Messages();
  EXPECT_THAT(text, HasSubstr("action == Action::\"drop\""));
}

TEST_F(ToCedarTest, WhatCedarCannotSayForbidsMoreOrAllowsLess) {
  const std::string text = Export(R"(
rule a allow Agent to restart when freeze is off
rule f forbid Agent to restart when resource in Environment "production" and freeze is on
rule g allow Agent to restart when now is before 2027-01-01
)");
  EXPECT_THAT(text, Not(HasSubstr("\"p/a\"")));
  EXPECT_THAT(text, Not(HasSubstr("\"p/g\"")));
  EXPECT_THAT(
      text,
      HasSubstr(
          "@id(\"p/f\")\nforbid (\n  principal is Agent,\n  action == Action::\"restart\",\n  resource\n)\n"
          "when { resource in Environment::\"production\" };"));
  EXPECT_FALSE(made.whole);
  EXPECT_THAT(Messages(), HasSubstr("`p/a` is left out: Cedar keeps no state: `freeze`"));
  EXPECT_THAT(Messages(),
              HasSubstr("`p/f` forbids more in Cedar, without this condition: Cedar keeps no state"));
  EXPECT_THAT(Messages(), HasSubstr("`p/g` is left out: Cedar has no clock"));
}

TEST_F(ToCedarTest, RulesThatCanErrAreListed) {
  Export("rule f forbid Agent to restart when principal.owner in Team \"x\"");
  EXPECT_TRUE(made.can_err);
  EXPECT_THAT(Messages(), HasSubstr("`p/f` can err, and Cedar skips it then, where Pol holds to it: "
                                    "`principal.owner` may not be in the store"));
}

TEST_F(ToCedarTest, TheModelGuardsWhatASchemaCannot) {
  const std::string text = Export("rule r allow Agent to restart");
  EXPECT_THAT(text, HasSubstr("@id(\"model: restart\")\nforbid (\n  principal,\n  action == "
                              "Action::\"restart\",\n  resource\n)\nunless"));
  EXPECT_THAT(text, HasSubstr("[\"low\", \"medium\", \"high\", \"critical\"].contains(context.seen)"));
}

TEST_F(ToCedarTest, NestingIsBounded) {
  std::string deep;
  for (int i = 0; i < 150; ++i) deep += "(true and ";
  deep += "context.seen is low";
  for (int i = 0; i < 150; ++i) deep += ")";
  Export("rule r allow Agent to restart when " + deep);
  EXPECT_TRUE(made.whole);
}

}  // namespace
}  // namespace polc::translate
