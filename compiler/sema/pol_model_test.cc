#include "compiler/sema/pol_model.h"

#include "compiler/sema/pol_test_util.h"

namespace polc::sema::pol {
namespace {

class PolModel : public PolTest {
 protected:
  model::Schema Schema(std::string_view text) {
    source::DiagnosticSink sink;
    source::FileId file = map_.Add("s.cedarschema", std::string(text));
    std::optional<model::Schema> schema = model::LoadSchema(map_, {file}, sink);
    EXPECT_TRUE(schema.has_value());
    return schema ? *std::move(schema) : model::Schema();
  }
  static constexpr std::string_view kSchema = R"(
    entity Team;
    entity Human in [Team];
    entity Bot in [Team] { owner: Human, risk: String, share: decimal, tags: Set<String> };
    entity Doc;
    action edit appliesTo { principal: [Bot], resource: [Doc], context: { size: Long, note?: String } };
  )";
};

TEST_F(PolModel, DeclarationsMakeTheModel) {
  Set set = With("");
  EXPECT_EQ(Reported(), "") << First();
  const core::Model& model = set.program.model;
  const core::EntityType* agent = model.FindType("Agent");
  ASSERT_TRUE(agent);
  EXPECT_EQ(agent->nature, core::EntityType::Nature::kAgent);
  EXPECT_EQ(agent->owner, "Human");
  EXPECT_EQ(agent->parents, std::vector<std::string>{"Team"});
  ASSERT_TRUE(core::FindAttribute(agent->attributes, "owner"));
  EXPECT_EQ(core::FindAttribute(agent->attributes, "maturity")->type->levels, "Rank");
  const core::Action* restart = model.FindAction({"Action", "restart"});
  ASSERT_TRUE(restart);
  EXPECT_EQ(restart->action_class, "restarts");
  const core::Attribute* blast = core::FindAttribute(restart->context, "blast");
  EXPECT_TRUE(blast->from_host);
  EXPECT_TRUE(blast->type->percent);
  EXPECT_EQ(blast->if_missing, data::Value(data::Decimal{10000}));
  EXPECT_EQ(core::FindAttribute(restart->context, "to")->type->at_most, 4u);
  EXPECT_TRUE(core::FindAttribute(restart->context, "tool")->from_host);
  // A Cedar policy sees the same types, with what Cedar knows of them.
  EXPECT_EQ(set.schema.entity_types.at("Agent").attributes.at("maturity").type->kind,
            model::Type::Kind::kString);
  EXPECT_TRUE(set.schema.entity_types.at("Team").descendants.contains("Agent"));
}

TEST_F(PolModel, ACedarSchemaIsAddedTo) {
  const model::Schema schema = Schema(kSchema);
  Set set = Run({{"a.pol", R"(
    levels Risk is low < high, higher is stricter
    person Human
    agent Bot owned by Human has
      risk : Risk
      share : Percent, 5% if missing
      tags : Set of Text, at most 4
    action class edits is reversible
    action edit in edits with
      size : Number from host
    rule r forbid Bot to edit when principal.risk is high and some t in principal.tags satisfies t is "x"
  )"}},
                &schema);
  EXPECT_EQ(Reported(), "") << First();
  const core::EntityType* bot = set.program.model.FindType("Bot");
  EXPECT_EQ(bot->owner, "Human");
  EXPECT_EQ(core::FindAttribute(bot->attributes, "risk")->type->levels, "Risk");
  EXPECT_FALSE(core::FindAttribute(bot->attributes, "share")->required);
  EXPECT_TRUE(core::FindAttribute(set.program.model.actions[0].context, "size")->from_host);
  EXPECT_EQ(set.program.model.actions[0].action_class, "edits");
}

TEST_F(PolModel, WhatTheSchemaSaysIsItsOwn) {
  const model::Schema schema = Schema(kSchema);
  auto codes = [&](const std::string& text) {
    Run({{"a.pol", text}}, &schema);
    return Reported();
  };
  EXPECT_EQ(codes("agent Bot has risk : Number"), "SchemaConflict");
  EXPECT_EQ(codes("agent Bot has extra : Number"), "SchemaConflict");
  EXPECT_EQ(codes("agent Bot has risk? : Text"), "SchemaConflict");
  EXPECT_EQ(codes("agent Bot in Doc"), "SchemaConflict");
  EXPECT_EQ(codes("person Human resource Doc action edit by Human on Doc"), "SchemaConflict");
  EXPECT_EQ(codes("agent Bot agent Bot"), "DuplicateDeclaration");
}

TEST_F(PolModel, MistakesInDeclarations) {
  EXPECT_EQ(Codes("resource Disk has size : Numbr"), "UnknownName");
  EXPECT_EQ(Help(), "did you mean `Number`?");
  EXPECT_EQ(Codes("resource Disk has s : Set of Text, at most 256"), "");
  EXPECT_EQ(Codes("resource Disk has s : Set of Text, at most 257"), "InvalidBound");
  EXPECT_EQ(Codes("resource Disk has s : Set of Text, at most 0"), "InvalidBound");
  EXPECT_EQ(Codes("resource Disk has a : Text a : Text"), "DuplicateDeclaration");
  EXPECT_EQ(Codes("resource Disk has a : Percent, 5 if missing"), "PercentWithoutSign");
  EXPECT_EQ(Codes("resource Disk has a : Percent, 30s if missing"), "UnexpectedType");
  EXPECT_EQ(Codes("resource Disk has a : Text, varies"), "InvalidAttribute");
  EXPECT_EQ(Codes("agent Bot owned by Team"), "UnexpectedType");
  EXPECT_EQ(Codes("agent Bot owned by Human has owner : Human"), "DuplicateDeclaration");
  EXPECT_EQ(Codes("action x by Team on Service"), "UnexpectedType");
  EXPECT_EQ(Codes("action x by Agent"), "InvalidAppliesTo");
  EXPECT_EQ(Codes("action restart by Agent on Service"), "DuplicateDeclaration");
  EXPECT_EQ(Codes("group Text"), "DuplicateDeclaration");
  EXPECT_EQ(Codes("record A has b : B record B has a : A"), "CommonTypeCycle CommonTypeCycle");
  EXPECT_EQ(Codes("record B has a : Number record A has b : Set of B, at most 2"), "");
  EXPECT_EQ(Codes("levels L is a < a, higher is freer"), "DuplicateDeclaration");
}

TEST_F(PolModel, NeedsSelectWhatAModuleIsAbout) {
  Set set =
      Run({{"p.pol", std::string(kModel) + "use m"},
           {"mod/m.pol", "policy \"m\" needs principal has ttl : Duration\nrule a forbid anyone to look"}});
  EXPECT_EQ(Reported(), "") << First();
  EXPECT_EQ(set.program.rules.at(0).principal.type, "Agent");
  Run({{"p.pol", std::string(kModel) + "use m"},
       {"mod/m.pol", "policy \"m\" needs principal has ttl : Number\nrule a forbid anyone to look"}});
  EXPECT_EQ(Reported(), "UnmetNeeds");
}

TEST_F(PolModel, DefaultsOfEntitiesAreReadWhereTheyAreMissing) {
  Set set = Run({{"p.pol", R"(
    person Human agent Agent owned by Human has cap : Number, 3 if missing
    resource R action act by Agent on R
    rule a forbid Agent to act when principal.cap is above 2
    rule b forbid Agent to act when principal has cap)"}});
  EXPECT_EQ(Reported(), "") << First();
  EXPECT_EQ(core::Dump(set.program.rules.at(0), set.program.rules[0].conditions[0]),
            "(not (le (attr_or \"cap\" principal 3) 2))");
  EXPECT_EQ(core::Dump(set.program.rules.at(1), set.program.rules[1].conditions[0]),
            "(or (has \"cap\" principal) true)");
}

}  // namespace
}  // namespace polc::sema::pol
