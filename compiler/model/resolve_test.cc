#include "compiler/model/resolve.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace polc::model {
namespace {

struct Result {
  std::optional<Schema> schema;
  std::string messages;  // a line each: "file:line:column Code: message (help)"
};

Result Load(const std::vector<std::string>& texts) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  std::vector<source::FileId> files;
  for (const std::string& text : texts) files.push_back(map.Add("s", text));
  Result r{LoadSchema(map, files, sink), ""};
  for (const auto& d : sink.diagnostics()) {
    auto begin = map.Resolve(d.span.file, d.span.begin);
    r.messages += std::to_string(d.span.file) + ":" + std::to_string(begin.line) + ":" +
                  std::to_string(begin.column) + " " + std::string(source::Info(d.code).name) + ": " +
                  d.message;
    if (!d.help.empty()) r.messages += " (" + d.help + ")";
    r.messages += '\n';
  }
  return r;
}

Schema Good(const std::vector<std::string>& texts) {
  Result r = Load(texts);
  EXPECT_EQ(r.messages, "");
  return r.schema.value_or(Schema{});
}
Schema Good(const std::string& text) { return Good(std::vector<std::string>{text}); }

std::string Bad(const std::vector<std::string>& texts) {
  Result r = Load(texts);
  EXPECT_FALSE(r.schema);
  return r.messages;
}
std::string Bad(const std::string& text) { return Bad(std::vector<std::string>{text}); }

// Type of attribute `attr` of entity type `name`.
std::string AttrType(const Schema& schema, const std::string& name, const std::string& attr = "x") {
  const EntityType* type = schema.FindEntityType(name);
  if (type == nullptr || !type->attributes.contains(attr)) return "(none)";
  return ToString(*type->attributes.at(attr).type);
}

using Names = std::set<std::string>;

TEST(Resolve, EmptySchema) {
  Schema schema = Good(std::vector<std::string>{});
  EXPECT_TRUE(schema.entity_types.empty());
  EXPECT_EQ(schema, Good(""));
  EXPECT_EQ(schema, Good("{}"));
}

TEST(Resolve, BuiltinsAndTheirShape) {
  Schema schema = Good(
      "entity E { x: { a: Bool, \"b c\"?: Set<Long>, c: String, d: decimal, e: ipaddr, f: datetime, g: "
      "duration, h: E } } tags E;");
  EXPECT_EQ(
      AttrType(schema, "E"),
      R"({"a": Bool, "b c"?: Set<Long>, "c": String, "d": decimal, "e": ipaddr, "f": datetime, "g": duration, "h": E})");
  EXPECT_EQ(ToString(*schema.FindEntityType("E")->tags), "E");
  EXPECT_EQ(schema.FindEntityType("F"), nullptr);
}

TEST(Resolve, NamesMeanTheNamespaceFirstThenTheEmptyOne) {
  Schema schema = Good(
      "type T = Long; entity A; namespace N { entity B { x: T, y: B, z: A }; type U = B; } namespace M { "
      "entity C { x: N::U, y: N::B }; }");
  EXPECT_EQ(AttrType(schema, "N::B", "x"), "Long");
  EXPECT_EQ(AttrType(schema, "N::B", "y"), "N::B");
  EXPECT_EQ(AttrType(schema, "N::B", "z"), "A");
  EXPECT_EQ(AttrType(schema, "M::C", "x"), "N::B");
  EXPECT_EQ(Bad("namespace N { entity B; } namespace M { entity C in B; }"),
            "0:1:53 UnknownType: type `B` is not declared (did you mean `N::B`?)\n");
  // A qualified name is not tried inside the namespace.
  EXPECT_NE(Bad("namespace A::B { entity E; } namespace A { entity F in B::E; }"), "");
}

TEST(Resolve, CommonTypesComeBeforeEntityTypes) {
  Result r = Load({"namespace N { entity T; type T = Long; entity E in T { x: T }; }"});
  ASSERT_TRUE(r.schema);
  EXPECT_EQ(r.messages, "0:1:30 ShadowsEntity: common type `N::T` hides the entity type of the same name\n");
  EXPECT_EQ(AttrType(*r.schema, "N::E"), "Long");
  EXPECT_EQ(r.schema->FindEntityType("N::E")->parents, Names{"N::T"});
  // JSON can name the entity type all the same.
  r = Load(
      {R"({"": {"commonTypes": {"T": {"type": "Long"}}, "entityTypes": {"T": {}, "E": {"shape": {"type": "Record",
             "attributes": {"x": {"type": "Entity", "name": "T"}}}}}, "actions": {}}})"});
  ASSERT_TRUE(r.schema);
  EXPECT_EQ(r.messages, "");
  EXPECT_EQ(AttrType(*r.schema, "E"), "T");
}

TEST(Resolve, ANearerEntityTypeComesBeforeAFartherCommonType) {
  Schema schema =
      Good("namespace N { entity E { x: V }; entity V; } namespace M { type V = Long; entity E { x: V }; }");
  EXPECT_EQ(AttrType(schema, "N::E"), "N::V");
  EXPECT_EQ(AttrType(schema, "M::E"), "Long");
}

TEST(Resolve, DeclarationsHideBuiltins) {
  Result r = Load({"namespace N { entity Long; entity E { x: Long, y: __cedar::Long }; type decimal = E; }"});
  ASSERT_TRUE(r.schema);
  EXPECT_EQ(
      r.messages,
      "0:1:22 ShadowsBuiltin: `N::Long` hides Cedar's own type `Long` (where Cedar's type is meant, write "
      "`__cedar::Long`)\n"
      "0:1:73 ShadowsBuiltin: `N::decimal` hides Cedar's own type `decimal` (where Cedar's type is meant, "
      "write "
      "`__cedar::decimal`)\n");
  EXPECT_EQ(AttrType(*r.schema, "N::E", "x"), "N::Long");
  EXPECT_EQ(AttrType(*r.schema, "N::E", "y"), "Long");
  r = Load({"entity ipaddr; namespace M { entity E { x: ipaddr }; }"});
  ASSERT_TRUE(r.schema);
  EXPECT_EQ(AttrType(*r.schema, "M::E"), "ipaddr");
  EXPECT_EQ(r.schema->FindEntityType("M::E")->attributes.at("x").type->kind, Type::Kind::kEntity);
  EXPECT_NE(Bad("entity E { x: __cedar::Boolean };"), "");
  EXPECT_NE(Bad("entity E in __cedar::Long;"), "");
}

TEST(Resolve, WrongKindsAreNamed) {
  EXPECT_EQ(Bad("type T = Long; entity E in T;"),
            "0:1:28 UnknownType: `T` is a common type, but a parent must be an entity type\n");
  EXPECT_EQ(Bad("entity E; action a appliesTo { principal: E, resource: E, context: E };"),
            "0:1:68 UnknownType: `E` is an entity type, but the context must be a common type\n");
  EXPECT_EQ(Bad("entity Grup; entity E in Group { x: Sting };"),
            "0:1:26 UnknownType: type `Group` is not declared (did you mean `Grup`?)\n"
            "0:1:37 UnknownType: type `Sting` is not declared (did you mean `String`?)\n");
  EXPECT_EQ(
      Bad(R"({"": {"entityTypes": {"E": {"tags": {"type": "Extension", "name": "Decimal"}}}, "actions": {}}})"),
      "0:1:67 UnknownType: there is no extension type `Decimal` (did you mean `decimal`?)\n");
}

TEST(Resolve, ActionsAreAttributeValuesButNoMembersOrPrincipals) {
  Schema schema = Good(
      "entity E { x: Action }; action a; namespace N { action b; entity F { x: Action, y: Set<Action> }; }");
  EXPECT_EQ(AttrType(schema, "E"), "Action");
  EXPECT_EQ(AttrType(schema, "N::F"), "N::Action");
  EXPECT_EQ(schema.action_types, (Names{"Action", "N::Action"}));
  EXPECT_EQ(AttrType(Good("action a; namespace N { entity F { x: Action }; }"), "N::F"), "Action");
  EXPECT_NE(Bad("entity E { x: Action };"), "");
  EXPECT_EQ(
      Bad("action a; entity E in Action;"),
      "0:1:23 UnknownType: `Action` is the type of actions, but a parent must be a declared entity type\n");
  EXPECT_NE(Bad("entity E; action a appliesTo { principal: E, resource: Action };"), "");
}

TEST(Resolve, ShapesAndContextsMustBeRecords) {
  Schema schema = Good(
      "type C = D; type D = { x: Long }; entity E; action a appliesTo { principal: E, resource: E, context: "
      "C };");
  EXPECT_EQ(ToString(*schema.FindAction({"Action", "a"})->context.at("x").type), "Long");
  EXPECT_EQ(
      Bad("type C = Set<Long>; entity E; action a appliesTo { principal: E, resource: E, context: C };"),
      "0:1:88 NotARecord: the context of `Action::\"a\"` is `Set<Long>`, but it must be a record\n");
  EXPECT_EQ(Bad(R"({"": {"entityTypes": {"E": {"shape": {"type": "Long"}}}, "actions": {}}})"),
            "0:1:38 NotARecord: the shape of `E` is `Long`, but it must be a record\n");
  EXPECT_EQ(
      AttrType(
          Good(R"({"": {"commonTypes": {"T": {"type": "Record", "attributes": {"x": {"type": "Boolean"}}}},
                              "entityTypes": {"E": {"shape": {"type": "T"}}}, "actions": {}}})"),
          "E"),
      "Bool");
}

TEST(Resolve, CommonTypeCircles) {
  EXPECT_EQ(Bad("type A = A;"), "0:1:6 CommonTypeCycle: common type `A` contains itself\n");
  EXPECT_EQ(Bad("type A = { b: B }; type B = Set<C>; type C = { x?: A }; type D = A; entity E { x: D };"),
            "0:1:6 CommonTypeCycle: common type `A` contains itself: `A` -> `B` -> `C` -> `A`\n");
  EXPECT_EQ(Bad("type A = B; type B = A; type P = Q; type Q = P; type Z = Q;"),
            "0:1:6 CommonTypeCycle: common type `A` contains itself: `A` -> `B` -> `A`\n"
            "0:1:30 CommonTypeCycle: common type `P` contains itself: `P` -> `Q` -> `P`\n");
  // A namespace's own type hides the outer one: this is a circle, not a reference outwards.
  EXPECT_NE(Bad("namespace N { type Foo = Foo; }"), "");
  EXPECT_NE(Load({"namespace N { type ipaddr = ipaddr; }"}).messages.find("CommonTypeCycle"),
            std::string::npos);
  EXPECT_TRUE(Load({"namespace N { type ipaddr = __cedar::ipaddr; }"}).schema);
}

TEST(Resolve, EntityHierarchy) {
  Schema schema = Good(
      "entity A in [B, C]; entity B in C; entity C; entity D in [D]; entity X in Y; entity Y in Z; entity Z "
      "in X; entity En enum [\"e\"]; entity K in En;");
  const EntityType& a = *schema.FindEntityType("A");
  EXPECT_EQ(a.parents, (Names{"B", "C"}));
  EXPECT_EQ(schema.FindEntityType("C")->descendants, (Names{"A", "B"}));
  EXPECT_EQ(schema.FindEntityType("B")->ancestors, Names{"C"});
  EXPECT_EQ(schema.FindEntityType("C")->ancestors, Names{});
  EXPECT_EQ(schema.FindEntityType("D")->ancestors, Names{"D"});
  EXPECT_EQ(schema.FindEntityType("X")->ancestors, (Names{"X", "Y", "Z"}));
  EXPECT_EQ(schema.FindEntityType("X")->descendants, (Names{"X", "Y", "Z"}));
  EXPECT_EQ(schema.FindEntityType("En")->descendants, Names{"K"});
  EXPECT_EQ(schema.FindEntityType("En")->enum_ids, std::vector<std::string>{"e"});
}

TEST(Resolve, ActionHierarchy) {
  Schema schema = Good(
      "action a in [b, N::Action::\"n\"]; action b in c; action c; namespace N { action n in outer; action m "
      "in [n, Action::\"outer\"]; } action outer;");
  auto uid = [](const char* type, const char* id) { return data::EntityUid{type, id}; };
  EXPECT_EQ(
      schema.FindAction(uid("Action", "a"))->ancestors,
      (std::set{uid("Action", "b"), uid("Action", "c"), uid("Action", "outer"), uid("N::Action", "n")}));
  EXPECT_EQ(schema.FindAction(uid("N::Action", "m"))->parents,
            (std::set{uid("N::Action", "n"), uid("Action", "outer")}));
  EXPECT_EQ(Bad("action a in b; action b in c; action c in b; action d in d;"),
            "0:1:23 ActionCycle: action `Action::\"b\"` is a member of itself\n"
            "0:1:53 ActionCycle: action `Action::\"d\"` is a member of itself\n");
  EXPECT_EQ(Bad("action reading; action a in readin;"),
            "0:1:29 UnknownParentAction: action `Action::\"readin\"` is not declared (did you mean "
            "`Action::\"reading\"`?)\n");
  EXPECT_NE(Bad("action a; entity E enum [\"a\"]; action b in E::\"a\";"), "");
}

TEST(Resolve, WhatActionsApplyTo) {
  Schema schema = Good(
      "namespace N { entity P, R; action a, b appliesTo { principal: [P, R, P], resource: N::R, context: { "
      "x?: P } }; action g; }");
  const Action& a = *schema.FindAction({"N::Action", "a"});
  EXPECT_EQ(a.principal_types, (Names{"N::P", "N::R"}));
  EXPECT_EQ(a.resource_types, Names{"N::R"});
  EXPECT_FALSE(a.context.at("x").required);
  EXPECT_TRUE(schema.FindAction({"N::Action", "g"})->principal_types.empty());
  EXPECT_EQ(schema.FindAction({"Action", "a"}), nullptr);
}

TEST(Resolve, Duplicates) {
  EXPECT_EQ(Bad("entity A, A; type T = Long; type T = Bool; action \"x\", x; action x;"),
            "0:1:11 DuplicateDeclaration: entity type `A` is declared twice\n"
            "0:1:34 DuplicateDeclaration: common type `T` is declared twice\n"
            "0:1:56 DuplicateDeclaration: action `Action::\"x\"` is declared twice\n"
            "0:1:66 DuplicateDeclaration: action `Action::\"x\"` is declared twice\n");
  EXPECT_EQ(Bad(std::vector<std::string>{"namespace N { entity A; }",
                                         R"({"N": {"entityTypes": {"A": {}}, "actions": {}}})"}),
            "1:1:24 DuplicateDeclaration: entity type `N::A` is declared twice\n");
}

TEST(Resolve, FilesOfBothSyntaxesFormOneSchema) {
  Schema schema = Good(std::vector<std::string>{
      "namespace N { entity A in B; action a in \"g\"; }",
      R"( {"N": {"commonTypes": {"T": {"type": "EntityOrCommon", "name": "A"}}, "entityTypes": {"B": {}}, "actions": {"g": {}}}})",
      "entity C { x: N::T };"});
  EXPECT_EQ(schema.entity_types.size(), 3u);
  EXPECT_EQ(AttrType(schema, "C"), "N::A");
  EXPECT_EQ(schema.FindAction({"N::Action", "a"})->ancestors.size(), 1u);
  // A file that cannot be read hides the rest, but every file is read.
  EXPECT_EQ(Bad(std::vector<std::string>{"entity A in B", "entity C in D;", "entity ;"}),
            "0:1:14 UnexpectedToken: unexpected end of file, expected `=`, `tags`, `{` or `;`\n"
            "2:1:8 UnexpectedToken: unexpected `;`, expected a name\n");
}

TEST(Resolve, TheEmptyNamespaceCannotBeShadowed) {
  EXPECT_EQ(
      Bad("entity User; type T = Long; namespace N { type User = Long; entity T; }"),
      "0:1:48 IllegalShadowing: `N::User` would hide `User` of the empty namespace (rename one of them, or "
      "move the outer one into a namespace)\n"
      "0:1:68 IllegalShadowing: `N::T` would hide `T` of the empty namespace (rename one of them, or move the "
      "outer one into a namespace)\n");
  EXPECT_EQ(Bad("action a; namespace N { action a; }"),
            "0:1:32 IllegalShadowing: action `N::Action::\"a\"` would hide `Action::\"a\"`\n");
  EXPECT_EQ(
      Good("namespace N { entity A; action a; } namespace M { entity A; action a; }").entity_types.size(),
      2u);
  // Between fragments, too.
  EXPECT_NE(Bad(std::vector<std::string>{"entity A;", "namespace N { entity A; }"}), "");
}

TEST(Resolve, BothSyntaxesGiveEqualSchemas) {
  Schema cedar = Good(
      "namespace N { type T = { x?: Set<ipaddr> }; entity A in [B] { t: T } tags Long; entity B enum "
      "[\"1\"]; action a in g appliesTo { principal: A, resource: B, context: T }; action g; }");
  Schema json =
      Good(R"({"N": {"commonTypes": {"T": {"type": "Record", "attributes": {"x": {"type": "Set", "element":
      {"type": "Extension", "name": "ipaddr"}, "required": false}}}},
      "entityTypes": {"A": {"memberOfTypes": ["B"], "shape": {"type": "Record", "attributes": {"t": {"type": "T"}}}, "tags": {"type": "Long"}},
      "B": {"enum": ["1"]}}, "actions": {"a": {"memberOf": [{"id": "g"}], "appliesTo": {"principalTypes": ["A"], "resourceTypes": ["B"],
      "context": {"type": "T"}}}, "g": {}}}})");
  EXPECT_EQ(cedar, json);
  json.entity_types.at("N::A").attributes.at("t").required = false;
  EXPECT_NE(cedar, json);
}

// A chain of common types, each one level deeper than the one before.
std::string Chain(size_t length) {
  std::string text = "type T1 = Long;";
  for (size_t i = 2; i <= length; ++i)
    text += "type T" + std::to_string(i) + " = Set<T" + std::to_string(i - 1) + ">;";
  return text;
}

TEST(Resolve, DepthLimitFromBothSides) {
  EXPECT_TRUE(Load({Chain(kMaxTypeDepth)}).schema);
  std::string messages = Bad(Chain(kMaxTypeDepth + 1));
  EXPECT_NE(messages.find("NestingTooDeep"), std::string::npos);
  EXPECT_EQ(std::count(messages.begin(), messages.end(), '\n'), 1);
  EXPECT_NE(Bad(Chain(20000)), "");
}

TEST(Resolve, LongChainsOfAliasesAreNotDeep) {
  std::string text = "type T0 = Long;";
  for (size_t i = 1; i < 20000; ++i)
    text += "type T" + std::to_string(i) + " = T" + std::to_string(i - 1) + ";";
  EXPECT_EQ(AttrType(Good(text + "entity E { x: T19999 };"), "E"), "Long");
}

TEST(Resolve, TypesThatDoubleAtEveryStepStaySmall) {
  std::string text = "type T0 = Long;";
  for (size_t i = 1; i < 100; ++i) {
    std::string before = "T" + std::to_string(i - 1);
    text += "type T" + std::to_string(i) + " = { a: " + before + ", b: " + before + " };";
  }
  Schema schema = Good(text + "entity E { x: T99 };");
  const Type* type = schema.FindEntityType("E")->attributes.at("x").type.get();
  size_t depth = 0;
  for (; type->kind == Type::Kind::kRecord; type = type->attributes.at("b").type.get()) ++depth;
  EXPECT_EQ(depth, 99u);
}

}  // namespace
}  // namespace polc::model
