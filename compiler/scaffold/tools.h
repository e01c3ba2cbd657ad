// What a project is made from: tools with typed arguments, as a list of them said.
//
// Readers (mcp.h, openapi.h) make a ToolList; write.h makes Pol of it. Everything in it is somebody else's
// word: names are kept exactly, as quoted text where they are no names of Pol, and descriptions become one
// line of a comment without control characters. Nothing in a list can become a rule. Tested by
// scaffold_test.cc and tests/new.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/source/diagnostic.h"

namespace polc::scaffold {

// An attribute: of an action's context, or of a record.
struct Field {
  std::string name{};  // as it was
  std::string type{};  // as Pol writes it
  bool optional = false;
  std::string note{};  // what the type does not say; empty: nothing
};

struct Record {
  std::string name{};
  std::vector<Field> fields{};
};

// What a tool says of itself that bears on how bad it can be.
struct Hints {
  std::optional<bool> read_only{};    // MCP: readOnlyHint
  std::optional<bool> destructive{};  // MCP: destructiveHint
  std::string method{};               // OpenAPI: "GET"
};

struct Tool {
  std::string name{};
  std::string description{};
  Hints hints{};
  std::vector<Field> fields{};
  source::Span span{};
};

struct ToolList {
  std::vector<Tool> tools{};
  std::vector<Record> records{};  // that fields name
};

// How deep records may nest; what is deeper is handed on as its JSON text.
inline constexpr size_t kMaxNesting = 4;
// The bound of sets whose list gives none, and the largest that Pol takes.
inline constexpr size_t kDefaultElements = 64;
inline constexpr size_t kMaxElements = 256;

// As Pol writes the name of an action or an attribute: quoted unless it is a name.
std::string PolName(std::string_view name);

// One line of at most `width` bytes, cut at a word, without control characters and those that change the
// reading direction.
std::string OneLine(std::string_view text, size_t width);

// Names for records, of which no two are the same.
class RecordNames {
 public:
  RecordNames();
  std::string Make(std::string_view tool, std::string_view field);

 private:
  std::vector<std::string> taken_;
};

}  // namespace polc::scaffold
