// JSON documents that remember where everything stands.
//
// Policies, schemas, entities and requests in JSON need messages with a line and a column, integers
// that are exact (a double loses everything above 2^53) and a refusal of duplicate keys. nlohmann/json
// does the lexing and the grammar; this room keeps its events in one flat vector with byte spans.
//
// A Document is immutable. A Value is a cursor into it (16 bytes, copy freely) and must outlive neither it
// nor the SourceMap: strings without escapes are views of the source text.
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

// What a repeated key in an object means. Both report JsonDuplicateKey for each.
enum class Duplicates : uint8_t {
  kReject,  // no document
  kKeep,    // a document all the same, which lists them: for readers that must still judge the rest of it
};

class Document {
 public:
  // Parses one JSON text: bytes [begin, end) of a file. Reports InvalidUtf8, JsonSyntax, JsonNumber (beyond
  // the range of a double), JsonDuplicateKey, NestingTooDeep with exact places and returns nothing if any was
  // reported (but see Duplicates). A byte order mark is malformed, as for the reference engine.
  // Other numbers that are no i64, and nulls, are kept (kOtherNumber, kNull): what they mean is up to the
  // reader; `-0` is such a number. O(n) time and memory (16 bytes a value and a key, 4 more where it stands
  // in an array, 8 a member, and the strings that have escapes), no recursion.
  static std::optional<Document> Parse(const source::SourceMap& map, source::Span text,
                                       source::DiagnosticSink& sink,
                                       Duplicates duplicates = Duplicates::kReject);
  // The whole file.
  static std::optional<Document> Parse(const source::SourceMap& map, source::FileId file,
                                       source::DiagnosticSink& sink,
                                       Duplicates duplicates = Duplicates::kReject);

  Value root() const;

  // The places of keys that repeat an earlier key of their object, by place. Only with Duplicates::kKeep.
  // Find() gives the first of them.
  const std::vector<source::Span>& duplicates() const { return duplicates_; }

 private:
  friend class Value;
  friend class Builder;
  static_assert(source::kMaxFileBytes <= size_t{1} << 30, "Node packs offsets into 30 bits");
  struct Node {
    uint64_t begin : 30 = 0;
    uint64_t length : 31 = 0;
    uint64_t kind : 3 = 0;
    // kBool: 0 or 1; kInteger: itself; kString: 0 = the bytes between the quotes, else 1 + index into
    // decoded_; kArray, kObject: index into children_ in the low half, number of elements or members in the
    // high half. An array has its elements there; an object (key, value) pairs, and above kLinearMembers
    // members the member numbers sorted by key after them.
    uint64_t payload = 0;
  };
  std::string_view StringOf(const Node& node) const;
  std::string_view KeyOf(const Node& object, uint32_t member) const;

  std::string_view text_;  // of the whole file
  source::FileId file_ = source::kNoFile;
  std::deque<Node> nodes_;  // deques: no doubling, so the peak is the sum
  std::deque<uint32_t> children_;
  std::deque<std::string> decoded_;
  std::vector<source::Span> duplicates_;
  uint32_t root_ = 0;
};

class Value {
 public:
  Value(const Document* document, uint32_t node) : document_(document), node_(node) {}

  Kind kind() const { return static_cast<Kind>(node().kind); }
  source::Span span() const;
  bool is(Kind k) const { return kind() == k; }

  // Each needs the kind it names.
  bool boolean() const { return node().payload != 0; }
  int64_t integer() const { return static_cast<int64_t>(node().payload); }
  std::string_view string() const {
    return document_->StringOf(node());
  }  // kString; kOtherNumber: as written
  size_t size() const { return node().payload >> 32; }    // kArray, kObject
  Value at(size_t index) const;                           // kArray
  Member member(size_t index) const;                      // kObject, in text order
  std::optional<Value> Find(std::string_view key) const;  // kObject

 private:
  const Document::Node& node() const { return document_->nodes_[node_]; }
  const Document* document_;
  uint32_t node_;
};

struct Member {
  std::string_view key;
  source::Span key_span;
  Value value;
};

// Text with every control character, quote and backslash escaped, in quotes (RFC 8259 section 7).
std::string Quote(std::string_view text);

}  // namespace polc::json
