// Cedar as Pol: the text of each construct, what is given up and how safely, what is said about it.
#include "compiler/translate/to_pol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/model/resolve.h"

namespace polc::translate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSchema = R"(
entity Team;
entity User in [Team] { owner: User, level: Long, nick?: String } tags String;
entity Doc { frozen: Bool, readers: Set<User>, at: datetime };
action read, write in [change] appliesTo {
  principal: User, resource: Doc,
  context: { mfa: Bool, ip: ipaddr, "content-type"?: String, agent: { name: String, score?: decimal } }
};
action "github/push" in [change] appliesTo { principal: User, resource: Doc };
action change;
)";

struct ToPolTest : ::testing::Test {
  source::SourceMap map;
  source::DiagnosticSink sink;
  PolTranslation made;

  std::string Translate(const std::string& cedar) {
    sink = {};
    const auto schema = model::LoadSchema(map, {map.Add("s.cedarschema", kSchema)}, sink);
    const auto policies = ReadCedarPolicies(map, map.Add("p.cedar", cedar), sink);
    EXPECT_FALSE(sink.has_errors()) << Messages();
    made = ToPol(policies, *schema, map);
    return made.text.substr(std::min(made.text.find("rule "), made.text.size()));
  }
  std::string Messages() const {
    std::string out;
    for (const source::Diagnostic& d : sink.diagnostics()) out += d.message + "\n";
    for (const Remark& remark : made.remarks) out += remark.text + "\n";
    return out;
  }
};

TEST_F(ToPolTest, TheContextIsTheHostsWord) {
  Translate("permit (principal, action, resource);");
  EXPECT_THAT(made.text, HasSubstr("record Record1 has"));
  EXPECT_THAT(made.text, HasSubstr("\"mfa\""));
  EXPECT_THAT(made.text, HasSubstr("from host"));
  EXPECT_TRUE(made.whole);
}

TEST_F(ToPolTest, Scopes) {
  EXPECT_EQ(Translate("permit (principal, action, resource);"),
            "rule policy0\n  allow anyone to do anything on anything\n");
  EXPECT_EQ(Translate("@id(\"a b\") forbid (principal is User in Team::\"x\", action == "
                      "Action::\"github/push\", resource == Doc::\"d\");"),
            "rule a_b \"a b\"\n  forbid User in Team \"x\" to \"github/push\" on Doc \"d\"\n");
  // A group becomes the actions in it.
  EXPECT_EQ(Translate("permit (principal == User::\"u\", action in Action::\"change\", resource is Doc);"),
            "rule policy0\n  allow User \"u\" to \"github/push\", \"read\", \"write\" on Doc\n");
  EXPECT_EQ(Translate("permit (principal in Team::\"x\", action in [Action::\"read\"], resource);"),
            "rule policy0\n  allow anyone to \"read\" on anything\n  when principal in Team \"x\"\n");
  EXPECT_TRUE(made.whole);
}

TEST_F(ToPolTest, Expressions) {
  auto condition = [&](const std::string& cedar) {
    const std::string text =
        Translate("permit (principal, action == Action::\"read\", resource) when { " + cedar + " };");
    const size_t at = text.find("  when ");
    return made.whole && at != text.npos ? text.substr(at + 7, text.size() - at - 8) : "none: " + Messages();
  };
  EXPECT_EQ(condition("principal.level > 3 && !(resource.frozen || context.mfa)"),
            "principal.level is above 3 and not (resource.frozen or context.mfa)");
  EXPECT_EQ(condition("context.ip.isInRange(ip(\"10.0.0.0/8\"))"), "context.ip.isInRange(ip \"10.0.0.0/8\")");
  EXPECT_EQ(condition("resource.at < datetime(\"2026-01-31T10:00:00Z\")"),
            "resource.at is before 2026-01-31T10:00:00Z");
  EXPECT_EQ(condition("context has \"content-type\" && context[\"content-type\"] like \"a\\**\""),
            "context has \"content-type\" and context[\"content-type\"] matches \"a\\**\"");
  EXPECT_EQ(condition("principal has nick && principal.nick == \"x\""),
            "principal has nick and principal.nick is \"x\"");
  EXPECT_EQ(condition("resource.readers.contains(principal)"), "resource.readers.contains(principal)");
  EXPECT_EQ(condition("if context.mfa then principal.level + 1 < 5 else principal.level * 2 == 4"),
            "if context.mfa then principal.level + 1 is below 5 else principal.level * 2 is 4");
  EXPECT_EQ(condition("context.agent has score && context.agent.score.lessThan(decimal(\"0.5\"))"),
            "context.agent has score and context.agent.score.lessThan(0.5000)");
  EXPECT_EQ(condition("principal.hasTag(\"a\") && principal.getTag(\"a\") == \"b\""),
            "principal.hasTag(\"a\") and principal.getTag(\"a\") is \"b\"");
  EXPECT_EQ(condition("principal in [Team::\"a\", Team::\"b\"] || principal is User in Team::\"c\""),
            "principal in [Team \"a\", Team \"b\"] or principal is User in Team \"c\"");
}

TEST_F(ToPolTest, WhatPolCannotSayAllowsNoMore) {
  EXPECT_EQ(
      Translate("permit (principal, action, resource) when { decimal(principal.nick) == decimal(\"1.0\") };"),
      "");
  EXPECT_THAT(Messages(), HasSubstr("`policy0` is left out: `decimal` of a text that is not written out"));
  EXPECT_FALSE(made.whole);
  EXPECT_EQ(
      Translate("forbid (principal, action, resource) when { decimal(principal.nick) == decimal(\"1.0\") };"),
      "rule policy0\n  forbid anyone to do anything on anything\n");
  EXPECT_THAT(Messages(), HasSubstr("`policy0` forbids more in Pol, without its conditions"));
  // What Pol's checker refuses is found out by asking it.
  EXPECT_EQ(Translate("permit (principal, action, resource) when { principal.level == \"x\" };"), "");
  EXPECT_FALSE(made.whole);
  EXPECT_EQ(Translate("permit (principal == ?principal, action, resource);"), "");
  EXPECT_THAT(Messages(), HasSubstr("Pol has no templates"));
}

TEST_F(ToPolTest, ForbidsThatErrHold) {
  Translate(
      "forbid (principal, action, resource) when { principal.owner.level < 3 };\n"
      "forbid (principal, action, resource) when { principal.level < 3 };\n"
      "permit (principal, action, resource) when { principal.owner.level < 3 };");
  EXPECT_TRUE(made.can_err);
  EXPECT_EQ(Messages(),
            "`policy0` holds in Pol where it errs, and was skipped in Cedar: `principal.owner` "
            "may not "
            "be in the store\n");
}

}  // namespace
}  // namespace polc::translate
