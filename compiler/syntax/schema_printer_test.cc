#include "compiler/syntax/schema_printer.h"

#include <gtest/gtest.h>

#include <string>

#include "compiler/syntax/cedar_schema_parser.h"
#include "compiler/syntax/schema_json.h"

namespace polc::syntax {
namespace {

// Prints the schema; messages, if any, a line each.
std::string Print(std::string text) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  bool json = text[0] == '{';
  source::FileId file = map.Add("s", std::move(text));
  auto fragment = json ? ParseJsonSchema(map, file, sink) : ParseCedarSchema(map, file, sink);
  std::optional<std::string> printed;
  if (fragment) printed = SchemaToCedar(*fragment, sink);
  std::string messages;
  for (const auto& d : sink.diagnostics())
    messages += std::string(source::Info(d.code).name) + ": " + d.message + "\n";
  return printed ? *printed : messages;
}

TEST(SchemaPrinter, LaysOutEveryConstruct) {
  const char* text = R"(@a
namespace N::M {
  @b("x\"y")
  type T = {
    @c
    a: Long,
    "b c"?: Set<{
      "if": Bool
    }>,
    "__cedar": {}
  };

  entity E, F in [E, X::Y] = {
    a: T
  } tags Set<String>;

  entity G enum ["a", "\n"];

  entity H;

  action "a", "b c" in ["g", X::Action::"h"] appliesTo {
    principal: [E, F],
    resource: [G],
    context: T
  };

  action "g" appliesTo {
    principal: [E],
    resource: [E],
    context: {
      x: Long
    }
  };

  action "h" appliesTo {
    principal: [E],
    resource: [E],
    context: {}
  };
}

namespace O {
}

entity Outer;

action "i";
)";
  EXPECT_EQ(Print(text), text);
}

TEST(SchemaPrinter, WritesWhatJsonNamesWithoutDoubt) {
  EXPECT_EQ(
      Print(
          R"({"":{"commonTypes":{"T":{"type":"Record","attributes":{"a":{"type":"Boolean"},"b":{"type":"Long"},
      "c":{"type":"String"},"d":{"type":"Extension","name":"ipaddr"},"e":{"type":"Entity","name":"N::E"},"f":{"type":"U"},
      "g":{"type":"EntityOrCommon","name":"V"}}}},"entityTypes":{},"actions":{"a":{"appliesTo":{"principalTypes":[],
      "resourceTypes":["E"]}}}}})"),
      "type T = {\n  a: __cedar::Bool,\n  b: __cedar::Long,\n  c: __cedar::String,\n  d: __cedar::ipaddr,\n"
      "  e: N::E,\n  f: U,\n  g: V\n};\n\naction \"a\";\n");
}

TEST(SchemaPrinter, NamesWhatCedarSyntaxCannotSay) {
  EXPECT_EQ(Print(R"({"N":{"commonTypes":{"T":{"type":"Long"}},"entityTypes":{"T":{}},"actions":{}}})"),
            "SchemaNotExpressible: `T` is both a common type and an entity type\n");
  EXPECT_EQ(
      Print(
          R"({"":{"commonTypes":{"T":{"type":"Long"}},"entityTypes":{"T":{"tags":{"type":"Entity","name":"T"}}},"actions":{}}})"),
      "SchemaNotExpressible: entity type `T` is hidden by a common type\n");
  EXPECT_EQ(Print(R"({"":{"entityTypes":{"E":{"shape":{"type":"T"}}},"actions":{}}})"),
            "SchemaNotExpressible: the shape of `E` is not written as a record\n");
  EXPECT_EQ(
      Print(
          R"({"":{"entityTypes":{},"actions":{"a":{"appliesTo":{"principalTypes":["E"],"resourceTypes":["E"],
      "context":{"type":"Set","element":{"type":"Long"}}}}}}})"),
      "SchemaNotExpressible: the context is a set\n");
  // In the empty namespace two types of one name are fine as long as nothing refers to the hidden one.
  EXPECT_EQ(Print(R"({"":{"commonTypes":{"T":{"type":"Long"}},"entityTypes":{"T":{}},"actions":{}}})"),
            "type T = __cedar::Long;\n\nentity T;\n");
}

}  // namespace
}  // namespace polc::syntax
