// JSON documents that remember where everything stands.
//
// Policies, schemas, entities and requests in JSON need messages with a line and a column, integers
// that are exact (a double loses everything above 2^53) and a refusal of duplicate keys. nlohmann/json
// does the lexing and the grammar; this room keeps its events in one flat vector with byte spans.
//
// A Document is immutable. A Value is a cursor into it (16 bytes, copy freely) and must not outlive it.
// Members keep the order of the text. Lookup by key is linear in the object's size up to 16 members
// and logarithmic above.
// Not for the decision path: see runtime/json (simdjson).
// Tested by json_test.cc.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"

namespace polc::json {

enum class Kind : uint8_t { kNull, kBool, kInteger, kOtherNumber, kString, kArray, kObject };

// "null", "a boolean", "an integer", "a number that is not a 64-bit integer", "a string", ...
std::string_view Describe(Kind kind);

// Deepest nesting of arrays and objects: far above any real schema or entity, low enough that a
// recursive reader of the document is safe on an 8 MiB stack.
inline constexpr size_t kMaxDepth = 512;

class Value;
struct Member;

class Document {
 public:
  // Parses one JSON text: bytes [begin, end) of a file. Reports InvalidUtf8, JsonSyntax,
  // JsonDuplicateKey, NestingTooDeep with exact places and returns nothing if any was reported.
  // Numbers that are no i64 and nulls are kept (kOtherNumber, kNull): what they mean is up to the
  // reader. O(n) time and memory (about 40 bytes a value beside the strings).
  static std::optional<Document> Parse(const source::SourceMap& map, source::Span text,
                                       source::DiagnosticSink& sink);
  // The whole file.
  static std::optional<Document> Parse(const source::SourceMap& map, source::FileId file,
                                       source::DiagnosticSink& sink);

  Value root() const;

 private:
  friend class Value;
  friend class Builder;
  struct Node {
    Kind kind;
    bool boolean = false;
    uint32_t first = 0;  // arrays, objects: index into children_ ; strings, other numbers: into strings_
    uint32_t count = 0;  // arrays: elements; objects: members
    int64_t integer = 0;
    source::Span span;
  };
  struct Child {
    uint32_t node;
    uint32_t key;  // objects: index into strings_
    source::Span key_span;
  };
  std::vector<Node> nodes_;
  std::vector<Child> children_;
  std::deque<std::string> strings_;
};

class Value {
 public:
  Value(const Document* document, uint32_t node) : document_(document), node_(node) {}

  Kind kind() const { return node().kind; }
  source::Span span() const { return node().span; }
  bool is(Kind k) const { return kind() == k; }

  // Each needs the kind it names.
  bool boolean() const { return node().boolean; }
  int64_t integer() const { return node().integer; }
  const std::string& string() const { return document_->strings_[node().first]; }  // kString; kOtherNumber: as written
  size_t size() const { return node().count; }                                     // kArray, kObject
  Value at(size_t index) const;                                                    // kArray
  Member member(size_t index) const;                                               // kObject, in text order
  std::optional<Value> Find(std::string_view key) const;                           // kObject

 private:
  const Document::Node& node() const { return document_->nodes_[node_]; }
  const Document* document_;
  uint32_t node_;
};

struct Member {
  const std::string& key;
  source::Span key_span;
  Value value;
};

// Text with every control character, quote and backslash escaped, in quotes (RFC 8259 section 7).
std::string Quote(std::string_view text);

}  // namespace polc::json
