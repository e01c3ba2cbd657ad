#include "compiler/syntax/cedar_schema_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "compiler/syntax/schema_json.h"

namespace polc::syntax {
namespace {

struct Result {
  std::optional<SchemaFragment> fragment;
  std::string messages;  // a line each: "line:column-end Code: message (help)"
};

Result Parse(std::string text) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  source::FileId file = map.Add("s", std::move(text));
  Result r{ParseCedarSchema(map, file, sink), ""};
  for (const auto& d : sink.diagnostics()) {
    auto begin = map.Resolve(file, d.span.begin), end = map.Resolve(file, d.span.end);
    r.messages += std::to_string(begin.line) + ":" + std::to_string(begin.column) + "-" +
                  std::to_string(end.column) + " " + std::string(source::Info(d.code).name) + ": " +
                  d.message;
    if (!d.help.empty()) r.messages += " (" + d.help + ")";
    r.messages += '\n';
  }
  return r;
}

std::string Errors(std::string text) {
  Result r = Parse(std::move(text));
  EXPECT_FALSE(r.fragment);
  return r.messages;
}

// The fragment as JSON, on one line.
std::string Json(std::string text) {
  Result r = Parse(std::move(text));
  EXPECT_EQ(r.messages, "");
  if (!r.fragment) return "";
  std::string out;
  bool in_string = false;
  for (char c : SchemaToJson(*r.fragment)) {
    if (c == '"') in_string = !in_string;
    if (in_string || (c != ' ' && c != '\n')) out += c;
  }
  return out;
}

TEST(CedarSchemaParser, AnEmptyTextIsAnEmptySchema) {
  EXPECT_EQ(Json(""), "{}");
  EXPECT_EQ(Json(" \n// only a comment"), "{}");
  EXPECT_EQ(Json("namespace A::B {}"), R"({"A::B":{"entityTypes":{},"actions":{}}})");
}

TEST(CedarSchemaParser, EntityForms) {
  EXPECT_EQ(
      Json("entity A, B in C = {x: Long,} tags Set<N::T>;"),
      R"({"":{"entityTypes":{"A":{"memberOfTypes":["C"],"shape":{"type":"Record","attributes":{"x":)"
      R"({"type":"EntityOrCommon","name":"Long"}}},"tags":{"type":"Set","element":{"type":"EntityOrCommon",)"
      R"("name":"N::T"}}},"B":{"memberOfTypes":["C"],"shape":{"type":"Record","attributes":{"x":)"
      R"({"type":"EntityOrCommon","name":"Long"}}},"tags":{"type":"Set","element":{"type":"EntityOrCommon",)"
      R"("name":"N::T"}}}},"actions":{}}})");
  EXPECT_EQ(Json("entity A in [] {};"), R"({"":{"entityTypes":{"A":{}},"actions":{}}})");
  EXPECT_EQ(Json(R"(entity A enum ["x", "y\u{41}"];)"),
            R"({"":{"entityTypes":{"A":{"enum":["x","yA"]}},"actions":{}}})");
  EXPECT_EQ(Json(R"(entity A { "if"?: {}, })"
                 ";"),
            R"({"":{"entityTypes":{"A":{"shape":{"type":"Record","attributes":{"if":{"type":"Record",)"
            R"("attributes":{},"required":false}}}}},"actions":{}}})");
}

TEST(CedarSchemaParser, ActionForms) {
  EXPECT_EQ(
      Json(
          R"(action a, "b c" in ["g", N::Action::"h"] appliesTo { principal: [P, Q], resource: R, context: C, } attributes {};)"),
      R"({"":{"entityTypes":{},"actions":{"a":{"memberOf":[{"id":"g"},{"id":"h","type":"N::Action"}],)"
      R"("appliesTo":{"principalTypes":["P","Q"],"resourceTypes":["R"],"context":{"type":"C"}}},)"
      R"("b c":{"memberOf":[{"id":"g"},{"id":"h","type":"N::Action"}],)"
      R"("appliesTo":{"principalTypes":["P","Q"],"resourceTypes":["R"],"context":{"type":"C"}}}}}})");
  EXPECT_EQ(
      Json("action a in g;"),
      R"({"":{"entityTypes":{},"actions":{"a":{"memberOf":[{"id":"g"}],"appliesTo":{"principalTypes":[],"resourceTypes":[]}}}}})");
}

TEST(CedarSchemaParser, WordsOfTheGrammarAreNamesToo) {
  Result r = Parse(R"(
    entity namespace, entity, type, Set, appliesTo, principal, action, resource, context, attributes, tags, Long,
      String, Bool, enum in Set { namespace: Set<Set>, entity: tags, type?: Set, tags: enum } tags tags;
    action action, type in context appliesTo { context: context, resource: resource, principal: principal };
    type type = type::tags::enum;
    @in @type("x") type x = Long;)");
  EXPECT_EQ(r.messages, "");
  ASSERT_TRUE(r.fragment);
  EXPECT_EQ(r.fragment->namespaces[0].entity_types[0].names.size(), 15u);
}

TEST(CedarSchemaParser, AnnotationsStandBeforeEverything) {
  EXPECT_EQ(
      Json(R"(@a namespace N { @b("1") entity E { @c("2") x: T }; @d action f; @e type T = {@g y: Long}; })"),
      R"({"N":{"annotations":{"a":""},"commonTypes":{"T":{"type":"Record","attributes":{"y":{"type":"EntityOrCommon",)"
      R"("name":"Long","annotations":{"g":""}}},"annotations":{"e":""}}},"entityTypes":{"E":{"shape":{"type":"Record",)"
      R"("attributes":{"x":{"type":"EntityOrCommon","name":"T","annotations":{"c":"2"}}}},"annotations":{"b":"1"}}},)"
      R"("actions":{"f":{"appliesTo":{"principalTypes":[],"resourceTypes":[]},"annotations":{"d":""}}}}})");
}

TEST(CedarSchemaParser, SpacesAndCommentsStandAnywhere) {
  EXPECT_EQ(Json("entity//c\n\u00a0A\u2003in N // x\r :: // y\n B;"),
            R"({"":{"entityTypes":{"A":{"memberOfTypes":["N::B"]}},"actions":{}}})");
}

TEST(CedarSchemaParser, DeclarationsOutsideOfNamespacesAreOneNamespace) {
  Result r = Parse("entity A; namespace N { entity B; } type C = Long; namespace M {}");
  ASSERT_TRUE(r.fragment);
  ASSERT_EQ(r.fragment->namespaces.size(), 3u);
  EXPECT_EQ(r.fragment->namespaces[0].name.text, "N");
  EXPECT_EQ(r.fragment->namespaces[2].name.text, "");
  EXPECT_EQ(r.fragment->namespaces[2].entity_types.size(), 1u);
  EXPECT_EQ(r.fragment->namespaces[2].common_types.size(), 1u);
}

TEST(CedarSchemaParser, SpansCoverWhatIsMeant) {
  std::string text = "@a entity U in é; entity U2 in N::G { x: Set<Long> };";
  text.replace(text.find("é"), 2, "G");
  source::SourceMap map;
  source::DiagnosticSink sink;
  source::FileId file = map.Add("s", "// é\n" + text);
  auto fragment = ParseCedarSchema(map, file, sink);
  ASSERT_TRUE(fragment);
  const EntityTypeDecl& decl = fragment->namespaces[0].entity_types[1];
  EXPECT_EQ(map.text(decl.span), "entity U2 in N::G { x: Set<Long> };");
  EXPECT_EQ(map.text(decl.parents[0].span), "N::G");
  EXPECT_EQ(map.text(fragment->types[*decl.shape].span), "{ x: Set<Long> }");
  EXPECT_EQ(map.text(fragment->types[fragment->types[*decl.shape].attributes[0].type].span), "Set<Long>");
  EXPECT_EQ(map.text(fragment->namespaces[0].entity_types[0].annotations[0].span), "@a");
}

TEST(CedarSchemaParser, TheLastOfTwoAttributesCounts) {
  Result r = Parse("entity A { a: Long, b: Bool, \"a\": String };");
  EXPECT_EQ(
      r.messages,
      "1:30-33 DuplicateAttribute: attribute `a` is declared twice in one record, the last one counts\n");
  ASSERT_TRUE(r.fragment);
  const SchemaType& shape = r.fragment->types[*r.fragment->namespaces[0].entity_types[0].shape];
  ASSERT_EQ(shape.attributes.size(), 2u);
  EXPECT_EQ(r.fragment->types[shape.attributes[0].type].name.text, "String");
}

TEST(CedarSchemaParser, SaysWhatWasSeenAndExpected) {
  EXPECT_EQ(
      Errors("entity A\nentity B;"),
      "2:1-7 UnexpectedToken: unexpected `entity`, expected `,`, `=`, `in`, `tags`, `enum`, `{` or `;`\n");
  EXPECT_EQ(Errors("entitty A;"),
            "1:1-8 UnexpectedToken: unexpected `entitty`, expected `entity`, `action`, `type` or `namespace` "
            "(did you "
            "mean `entity`?)\n");
  EXPECT_EQ(
      Errors("action a { principal: P };"),
      "1:10-11 UnexpectedToken: unexpected `{`, expected `,`, `in`, `appliesTo`, `attributes` or `;` (write "
      "`appliesTo` before the `{` of an action)\n");
  EXPECT_EQ(Errors("type T = ;"), "1:10-11 UnexpectedToken: unexpected `;`, expected a type\n");
  EXPECT_EQ(Errors("namespace N {};"),
            "1:15-16 UnexpectedToken: unexpected `;`, expected a declaration (the `}` of a namespace is not "
            "followed "
            "by `;`)\n");
  EXPECT_EQ(
      Errors("entity A"),
      "1:9-9 UnexpectedToken: unexpected end of file, expected `,`, `=`, `in`, `tags`, `enum`, `{` or `;`\n");
  EXPECT_EQ(Errors("entity A; }"), "1:11-12 UnexpectedToken: unexpected `}`, nothing is open here\n");
  EXPECT_EQ(Errors("namespace N { entity A;"),
            "1:24-24 UnexpectedToken: unexpected end of file inside a namespace, expected `}`\n");
  EXPECT_EQ(Errors("entity A enum [\"x];"),
            "1:16-17 UnexpectedToken: this string is not closed (a backslash at the end of a line "
            "does not continue a string)\n");
  EXPECT_EQ(Errors("entity A enum ['x'];"),
            "1:16-17 UnexpectedToken: unexpected character `'`, expected a string (strings are written "
            "with double quotes)\n");
  EXPECT_EQ(Errors("entity A { in: Long };"),
            "1:12-14 UnexpectedToken: unexpected `in`, expected a name, a string, `}` or `@` (`in` is a "
            "reserved word; attribute and action names may be "
            "written as strings: `\"in\"`)\n");
}

TEST(CedarSchemaParser, RefusesWhatTheGrammarRefuses) {
  for (const char* bad : {"entity A,;",
                          "entity A in [B,];",
                          "action a in [];",
                          "action a in [b,];",
                          "entity A enum [];",
                          "entity A enum [\"x\",];",
                          "entity A in B enum [\"x\"];",
                          "entity A enum [\"x\"] tags Long;",
                          "entity A tags Long {};",
                          "action a appliesTo {};",
                          "action a attributes { x: Long };",
                          "action a appliesTo { context: Set<Long> };",
                          "entity A {,};",
                          "entity A { x: Long,, };",
                          "@k() entity A;",
                          "@ k(v) entity A;",
                          "type T = Set<>;",
                          "type T = Set<Long, Long>;",
                          "namespace N { namespace M {} }",
                          "entity \"A\";",
                          "type \"T\" = Long;",
                          "action a in N::b;",
                          "entity A in \"B\";",
                          "@k",
                          "@k namespace",
                          "entity A; /* c */",
                          "entity A { x : Long ? };",
                          "entity A { 1: Long };",
                          "{}",
                          "entity A in B::;",
                          "entity A enum [\"a\\\nb\"];"}) {
    EXPECT_NE(Errors(bad), "") << bad;
  }
}

TEST(CedarSchemaParser, OneErrorDoesNotHideTheNext) {
  EXPECT_EQ(Errors("entity A in; type T = Long\n; action a in [;\nentity B; namespace N { type = X; entity "
                   "C; } type U = <;"),
            "1:12-13 UnexpectedToken: unexpected `;`, expected a name or `[`\n"
            "2:16-17 UnexpectedToken: unexpected `;`, expected a name or a string\n"
            "3:30-31 UnexpectedToken: unexpected `=`, expected a name\n"
            "3:56-57 UnexpectedToken: unexpected `<`, expected a type\n");
}

TEST(CedarSchemaParser, AnOpenBraceEndsTheReading) {
  EXPECT_EQ(Errors("entity A { x: Long; y: Long }; entity B in;"),
            "1:19-20 UnexpectedToken: unexpected `;`, expected `,` or `}`\n");
}

TEST(CedarSchemaParser, NamesThatCannotBeDeclared) {
  EXPECT_EQ(Errors("entity true;"), "1:8-12 ReservedWord: `true` is a reserved word and cannot be a name\n");
  EXPECT_EQ(Errors("entity A { has: Long };"),
            "1:12-15 ReservedWord: `has` is a reserved word and cannot be a name (write it as a string: "
            "`\"has\"`)\n");
  EXPECT_EQ(
      Errors("entity Action, __cedar;"),
      "1:8-14 ReservedTypeName: `Action` is declared as an entity type, but it is the type of all actions\n"
      "1:16-23 ReservedTypeName: `__cedar` is declared, but names with the part `__cedar` belong to Cedar "
      "itself\n");
  for (const char* name :
       {"Bool", "Boolean", "Entity", "Extension", "Long", "Record", "Set", "String", "__cedar"}) {
    EXPECT_NE(Errors(std::string("type ") + name + " = Long;").find("ReservedTypeName"), std::string::npos)
        << name;
  }
  EXPECT_NE(Errors("namespace A::__cedar {}").find("ReservedTypeName"), std::string::npos);
  // As a reference, an attribute or an action it is fine.
  EXPECT_EQ(Parse("entity A { __cedar: __cedar::Long }; action __cedar;").messages, "");
}

TEST(CedarSchemaParser, RepetitionsAndAppliesTo) {
  EXPECT_EQ(Errors("@a @a entity E;"), "1:4-6 DuplicateAnnotation: annotation `@a` is given twice\n");
  EXPECT_EQ(Errors("namespace N {} namespace N {}"),
            "1:26-27 DuplicateDeclaration: namespace `N` is opened twice in one file (put all its "
            "declarations into one "
            "block)\n");
  EXPECT_EQ(
      Errors("action a appliesTo { principal: [], resource: R, resource: R, context: {}, context: {} };"),
      "1:22-35 InvalidAppliesTo: `principal` of action `a` is an empty list (leave `appliesTo` out for an "
      "action "
      "that applies to nothing)\n"
      "1:50-61 InvalidAppliesTo: `resource` of action `a` is given twice (several types go into one list: "
      "`resource: [A, B]`)\n"
      "1:76-87 InvalidAppliesTo: `context` of action `a` is given twice\n");
  EXPECT_EQ(Errors("action a appliesTo { context: {} };"),
            "1:10-35 InvalidAppliesTo: `appliesTo` of action `a` has no `principal` (add `principal: "
            "SomeEntityType`)\n"
            "1:10-35 InvalidAppliesTo: `appliesTo` of action `a` has no `resource` (add `resource: "
            "SomeEntityType`)\n");
}

TEST(CedarSchemaParser, EveryBadEscapeIsReported) {
  EXPECT_EQ(Errors("@k(\"a\\qb\\*\") entity E;"),
            "1:6-8 InvalidEscape: `\\q` in a string: unknown escape\n"
            "1:9-11 InvalidEscape: `\\*` in a string: `\\*` has a meaning only in the pattern of `like`\n");
  EXPECT_EQ(Json("action \"a\nb\";"),
            "{\"\":{\"entityTypes\":{},\"actions\":{\"a\\nb\":{\"appliesTo\":{\"principalTypes\":[],"
            "\"resourceTypes\":[]}}}}}");
}

TEST(CedarSchemaParser, BytesThatAreNoText) {
  EXPECT_EQ(Errors("entity A;\xFF"), "1:10-11 InvalidUtf8: byte 0xff is not valid UTF-8\n");
  EXPECT_NE(Errors("\xEF\xBB\xBF"
                   "entity A;")
                .find("byte order mark"),
            std::string::npos);
  EXPECT_NE(Errors(std::string("entity A;\0", 10)), "");
}

std::string Nested(size_t depth) {
  std::string text = "type T = ";
  for (size_t i = 0; i < depth; ++i) text += "Set<";
  text += "Long";
  for (size_t i = 0; i < depth; ++i) text += ">";
  return text + ";";
}

TEST(CedarSchemaParser, NestingLimitFromBothSides) {
  EXPECT_EQ(Parse(Nested(kMaxSchemaNesting)).messages, "");
  EXPECT_NE(Errors(Nested(kMaxSchemaNesting + 1)).find("NestingTooDeep"), std::string::npos);
  EXPECT_NE(Errors("entity A " + std::string(100000, '{')), "");
  EXPECT_NE(Errors(Nested(100000)), "");
}

TEST(CedarSchemaParser, SizeLimitFromBothSides) {
  std::string text = "entity A;" + std::string(kMaxSchemaBytes - 9, ' ');
  EXPECT_EQ(Parse(text).messages, "");
  EXPECT_NE(Errors(text + " ").find("InputTooLarge"), std::string::npos);
}

}  // namespace
}  // namespace polc::syntax
