#include "compiler/syntax/schema_json.h"

#include <gtest/gtest.h>

#include <string>

namespace polc::syntax {
namespace {

struct Result {
  std::optional<SchemaFragment> fragment;
  std::string messages;  // a line each: "column Code: message (help)"
};

Result Parse(std::string text) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  source::FileId file = map.Add("s", std::move(text));
  Result r{ParseJsonSchema(map, file, sink), ""};
  for (const auto& d : sink.diagnostics()) {
    r.messages += std::to_string(map.Resolve(file, d.span.begin).column) + " " +
                  std::string(source::Info(d.code).name) + ": " + d.message;
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

// A schema with one entity type, one common type, one action.
std::string WithEntity(const std::string& body) {
  return R"({"":{"entityTypes":{"E":)" + body + R"(},"actions":{}}})";
}
std::string WithType(const std::string& type) {
  return R"({"":{"commonTypes":{"T":)" + type + R"(},"entityTypes":{},"actions":{}}})";
}
std::string WithAction(const std::string& body) {
  return R"({"":{"entityTypes":{},"actions":{"a":)" + body + R"(}}})";
}

TEST(SchemaJson, ReadsAndWritesEveryConstruct) {
  const char* text = R"({
  "N::M": {
    "annotations": {
      "in": "x",
      "k": ""
    },
    "commonTypes": {
      "T": {
        "type": "Record",
        "attributes": {
          "a": {
            "type": "Boolean",
            "required": false
          },
          "b\n": {
            "type": "Long",
            "annotations": {
              "doc": "é\""
            }
          },
          "c": {
            "type": "String"
          },
          "d": {
            "type": "Extension",
            "name": "decimal"
          },
          "e": {
            "type": "Set",
            "element": {
              "type": "Entity",
              "name": "N::E"
            }
          },
          "f": {
            "type": "EntityOrCommon",
            "name": "U"
          },
          "g": {
            "type": "__cedar::Long"
          }
        },
        "annotations": {
          "t": "1"
        }
      }
    },
    "entityTypes": {
      "E": {
        "memberOfTypes": [
          "E",
          "X::Y"
        ],
        "shape": {
          "type": "T"
        },
        "tags": {
          "type": "String"
        },
        "annotations": {
          "e": "2"
        }
      },
      "F": {
        "enum": [
          "",
          "b"
        ]
      },
      "G": {}
    },
    "actions": {
      "": {
        "memberOf": [
          {
            "id": "g"
          },
          {
            "id": "h",
            "type": "X::Action"
          }
        ],
        "appliesTo": {
          "principalTypes": [
            "E"
          ],
          "resourceTypes": [],
          "context": {
            "type": "T"
          }
        },
        "annotations": {
          "a": "3"
        }
      }
    }
  },
  "": {
    "entityTypes": {},
    "actions": {}
  }
}
)";
  Result r = Parse(text);
  EXPECT_EQ(r.messages, "");
  ASSERT_TRUE(r.fragment);
  EXPECT_EQ(SchemaToJson(*r.fragment), text);
}

TEST(SchemaJson, WhatHasItsDefaultIsNotWritten) {
  Result r = Parse(
      R"({"":{"commonTypes":{},"entityTypes":{"E":{"memberOfTypes":[],"shape":{"type":"Record","attributes":{},
    "additionalAttributes":false},"annotations":{}}},"actions":{"a":{"attributes":null,"appliesTo":null,"memberOf":null}}}})");
  ASSERT_TRUE(r.fragment) << r.messages;
  EXPECT_EQ(
      SchemaToJson(*r.fragment),
      "{\n  \"\": {\n    \"entityTypes\": {\n      \"E\": {}\n    },\n    \"actions\": {\n      \"a\": {\n"
      "        \"appliesTo\": {\n          \"principalTypes\": [],\n          \"resourceTypes\": []\n        "
      "}\n"
      "      }\n    }\n  }\n}\n");
}

TEST(SchemaJson, ConstructsWrittenAsArrays) {
  Result r = Parse(
      R"({"N":[{},{"E":[["P"]],"F":[]},{"a":[null,[["R"],["P"]],[["g","N::Action"],["h"]]]},{"k":"v"}]})");
  ASSERT_TRUE(r.fragment) << r.messages;
  const NamespaceDecl& ns = r.fragment->namespaces[0];
  EXPECT_EQ(ns.annotations[0].key, "k");
  EXPECT_EQ(ns.entity_types[0].parents[0].text, "P");
  EXPECT_EQ(ns.actions[0].applies_to->resources[0].text, "R");
  EXPECT_EQ(ns.actions[0].parents[0].type->text, "N::Action");
  EXPECT_FALSE(ns.actions[0].parents[1].type);
  EXPECT_NE(Errors(R"({"N":[{},{}]})"), "");
  EXPECT_NE(Errors(R"({"N":[{},{},{},{},{}]})"), "");
}

TEST(SchemaJson, ShapesAreChecked) {
  EXPECT_EQ(Errors("[]"), "1 JsonShape: a schema must be an object, not an array\n");
  EXPECT_EQ(Errors(R"({"":{}})"),
            "5 JsonShape: a namespace has no `entityTypes`\n5 JsonShape: a namespace has no `actions`\n");
  EXPECT_EQ(Errors(R"({"":{"entityTypes":{},"actions":{},"entityType":{}}})"),
            "36 JsonShape: unknown key `entityType` in a namespace (did you mean `entityTypes`?)\n");
  EXPECT_EQ(Errors(WithEntity(R"({"foo":1})")),
            "26 JsonShape: unknown key `foo` in an entity type (known here: `memberOfTypes`, `shape`, "
            "`tags`, `enum`, "
            "`annotations`)\n");
  EXPECT_EQ(Errors(WithEntity(R"({"enum":[],"tags":{"type":"Long"}})")),
            "33 JsonShape: `enum` is empty, but an entity type needs an id\n"
            "43 JsonShape: an enumerated entity type cannot have `tags`\n");
  EXPECT_EQ(Errors(WithEntity(R"({"memberOfTypes":null})")),
            "42 JsonNull: `memberOfTypes` must be an array, not null\n");
  EXPECT_EQ(Errors(WithAction(R"({"appliesTo":{"resourceTypes":[1]}})")),
            "51 JsonShape: `appliesTo` has no `principalTypes`\n"
            "69 JsonShape: a resource type must be a string, not an integer\n");
}

TEST(SchemaJson, RefusesWhatHasNoPlace) {
  for (const char* type : {R"({})",
                           R"("Long")",
                           R"({"type":null})",
                           R"({"type":"Set"})",
                           R"({"type":"Record"})",
                           R"({"type":"Entity"})",
                           R"({"type":"Extension"})",
                           R"({"type":"EntityOrCommon"})",
                           R"({"type":"Long","name":"x"})",
                           R"({"type":"a b"})",
                           R"({"type":"Set","element":{"type":"Long","required":true}})",
                           R"({"type":"Long","required":false})",
                           R"({"type":"Set","element":{"type":"Long","annotations":{}}})",
                           R"({"type":"Entity","name":"A::"})",
                           R"({"type":"Record","attributes":{"x":{"type":"Long","required":null}}})",
                           R"({"type":"Long","type":"Long"})",
                           R"({"type":"Record","attributes":{"x":{"type":"Long"},"x":{"type":"Long"}}})",
                           R"({"type":"Long","annotations":null})",
                           R"({"type":"Long","annotations":{"a b":""}})",
                           R"({"type":"Long","annotations":{"a":1}})"}) {
    EXPECT_NE(Errors(WithType(type)), "") << type;
  }
  for (const char* action :
       {R"({"memberOf":[{}]})", R"({"memberOf":[{"id":1}]})", R"({"memberOf":[{"id":"a","type":"x y"}]})",
        R"({"memberOf":["a"]})", R"({"appliesTo":{"principalTypes":[],"resourceTypes":[],"context":null}})",
        R"({"appliesTo":{"principalTypes":[]}})", R"({"x":1})", R"(null)"}) {
    EXPECT_NE(Errors(WithAction(action)), "") << action;
  }
}

TEST(SchemaJson, UnsupportedFeaturesAreNamed) {
  EXPECT_EQ(Errors(WithType(R"({"type":"Record","attributes":{},"additionalAttributes":true})")),
            "81 UnsupportedSchemaFeature: open records are not supported by Cedar\n");
  EXPECT_EQ(Errors(WithAction(R"({"attributes":{}})")),
            "52 UnsupportedSchemaFeature: action `a` has attributes, which Cedar does not support\n");
}

TEST(SchemaJson, NamesThatCannotBeDeclared) {
  EXPECT_EQ(Errors(R"({"N:: M":{"entityTypes":{"a b":{}},"actions":{}}})"),
            "2 InvalidName: `N:: M` cannot be the name of a namespace\n"
            "26 InvalidName: `a b` cannot be the name of an entity type\n");
  EXPECT_EQ(
      Errors(R"({"__cedar::A":{"entityTypes":{"Action":{}},"actions":{}}})"),
      "2 ReservedTypeName: `__cedar::A` is declared, but names with the part `__cedar` belong to Cedar "
      "itself\n"
      "31 ReservedTypeName: `Action` is declared as an entity type, but it is the type of all actions\n");
  EXPECT_NE(Errors(R"({"":{"commonTypes":{"Set":{"type":"Long"}},"entityTypes":{},"actions":{}}})"), "");
  EXPECT_NE(Errors(R"({"":{"commonTypes":{"if":{"type":"Long"}},"entityTypes":{},"actions":{}}})"), "");
  EXPECT_NE(Errors(R"({"":{"entityTypes":{},"actions":{},"annotations":{"a":""}}})"), "");
}

TEST(SchemaJson, ManyErrorsAtOnce) {
  EXPECT_EQ(Errors(R"({"":{"entityTypes":{"E":{"tags":1},"in":{}},"actions":{"a":{"memberOf":{}}}}})"),
            "33 JsonShape: a type must be an object, not an integer\n"
            "36 InvalidName: `in` cannot be the name of an entity type\n"
            "72 JsonShape: `memberOf` must be an array, not an object\n");
}

}  // namespace
}  // namespace polc::syntax
