#include "compiler/sema/schema_index.h"

#include <gtest/gtest.h>

namespace polc::sema {
namespace {

model::TypePtr Simple(model::Type::Kind kind) {
  auto type = std::make_shared<model::Type>();
  type->kind = kind;
  return type;
}

model::Schema SampleSchema() {
  model::Schema schema;
  auto entity = [&](const std::string& name) -> model::EntityType& {
    model::EntityType& type = schema.entity_types[name];
    type.name = name;
    return type;
  };
  entity("Group").descendants = {"Group", "NS::User"};
  entity("NS::User").ancestors = {"Group"};
  entity("NS::User").attributes["age"] = {Simple(model::Type::Kind::kLong), false};
  entity("NS::User").tags = Simple(model::Type::Kind::kString);
  entity("Tier").enum_ids = {"free", "paid"};
  auto action = [&](const std::string& type, const std::string& id) -> model::Action& {
    data::EntityUid uid{type, id};
    model::Action& a = schema.actions[uid];
    a.uid = uid;
    schema.action_types.insert(type);
    return a;
  };
  action("NS::Action", "all");
  model::Action& view = action("Action", "view");
  view.principal_types = {"NS::User"};
  view.resource_types = {"Tier"};
  view.ancestors = {{"NS::Action", "all"}};
  return schema;
}

TEST(SchemaIndex, NamesAndLiterals) {
  model::Schema schema = SampleSchema();
  SchemaIndex index(schema);
  EXPECT_FALSE(index.FindEntityType("User"));
  ASSERT_TRUE(index.FindEntityType("NS::User"));
  const EntityInfo& user = index.entity(*index.FindEntityType("NS::User"));
  EXPECT_TRUE(user.declared);
  EXPECT_FALSE(user.is_action);
  EXPECT_EQ(user.tags, kString);
  ASSERT_NE(FindField(user.attributes, "age"), nullptr);
  EXPECT_FALSE(FindField(user.attributes, "age")->required);
  EXPECT_EQ(index.LiteralType({"NS::User", "x"}), user.type);
  EXPECT_EQ(index.LiteralType({"User", "x"}), kNoType);
  EXPECT_NE(index.LiteralType({"Action", "view"}), kNoType);
  EXPECT_EQ(index.LiteralType({"Action", "edit"}), kNoType);
  EXPECT_EQ(index.entity(*index.FindEntityType("Tier")).enum_ids->size(), 2u);
  EXPECT_EQ(index.entity(*index.FindEntityType("Group")).enum_ids, nullptr);
}

TEST(SchemaIndex, Hierarchy) {
  model::Schema schema = SampleSchema();
  SchemaIndex index(schema);
  auto may = [&](const char* inner, const char* outer) {
    return index.MayBeIn(*index.FindEntityType(inner), *index.FindEntityType(outer));
  };
  EXPECT_TRUE(may("NS::User", "Group"));
  EXPECT_TRUE(may("Group", "Group"));
  EXPECT_TRUE(may("Tier", "Tier"));
  EXPECT_FALSE(may("Group", "NS::User"));
  EXPECT_FALSE(may("Tier", "Group"));
  // An action of one namespace may be in a group of another; types of actions follow.
  EXPECT_TRUE(may("Action", "NS::Action"));
  EXPECT_FALSE(may("NS::Action", "Action"));
  ActionId all = *index.FindAction({"NS::Action", "all"});
  ActionId view = *index.FindAction({"Action", "view"});
  EXPECT_EQ(index.action(all).members.size(), 2u);
  EXPECT_EQ(index.action(view).members, std::vector<ActionId>{view});
}

TEST(IsActionTypeName, LastComponent) {
  EXPECT_TRUE(IsActionTypeName("Action"));
  EXPECT_TRUE(IsActionTypeName("A::B::Action"));
  EXPECT_FALSE(IsActionTypeName("MyAction"));
  EXPECT_FALSE(IsActionTypeName("Action::A"));
  EXPECT_FALSE(IsActionTypeName(""));
}

TEST(TypeText, ReadsLikeASchema) {
  model::Schema schema = SampleSchema();
  SchemaIndex index(schema);
  TypeTable types(&index.types());
  TypeId user = index.entity(*index.FindEntityType("NS::User")).type;
  EXPECT_EQ(TypeText(types, index, kTrue), "Bool");
  EXPECT_EQ(TypeText(types, index, types.Set(user)), "Set<NS::User>");
  EXPECT_EQ(TypeText(types, index,
                     types.EntityUnion({*index.FindEntityType("Tier"), *index.FindEntityType("Group")})),
            "Group or Tier");
  EXPECT_EQ(TypeText(types, index, types.Record({{"a", kLong, true}, {"b", kIp, false}}, false)),
            "{a: Long, b?: ipaddr}");
  EXPECT_EQ(TypeText(types, index, types.Record({{"a", kLong, true}}, true)), "{a: Long, …}");
  Fields many;
  for (char c = 'a'; c < 'k'; ++c) many.push_back({std::string(1, c), kLong, true});
  EXPECT_EQ(TypeText(types, index, types.Record(many, false)),
            "{a: Long, b: Long, c: Long, d: Long, e: Long, f: Long, …}");
}

}  // namespace
}  // namespace polc::sema
