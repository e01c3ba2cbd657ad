// The wall around nlohmann/json: the only file that includes it. Its SAX parser checks the grammar and
// calls back after each token, before it reads the next one; so a token's place is found by skipping white
// space and separators from the end of the one before, and the text itself is never copied.
#include "compiler/json/json.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "compiler/source/quote.h"

namespace polc::json {

using source::Code;
using source::DiagnosticSink;
using source::SourceMap;
using source::Span;

namespace {

// Objects up to this size are searched one member after the other, larger ones by halving.
constexpr uint32_t kLinearMembers = 16;

}  // namespace

// Receives nlohmann's events and lays the document out.
class Builder {
 public:
  Builder(Document& document, Span text, DiagnosticSink& sink, Duplicates duplicates)
      : d_(document),
        file_(document.text_.data()),
        at_(file_ + text.begin),
        end_(file_ + text.end),
        span_(text),
        sink_(sink),
        duplicates_(duplicates) {}

  bool failed() const { return failed_; }

  bool null() { return Literal(Kind::kNull, 4, 0); }
  bool boolean(bool value) { return Literal(Kind::kBool, value ? 4 : 5, value ? 1 : 0); }
  bool number_integer(int64_t value) {
    const char* begin = SkipToToken();
    SkipNumber();
    // `-0` is a float to every reader that tells integers from floats by the sign.
    bool minus_zero = value == 0 && *begin == '-';
    Add(minus_zero ? Kind::kOtherNumber : Kind::kInteger, begin, static_cast<uint64_t>(value));
    return true;
  }
  bool number_unsigned(uint64_t value) {
    const char* begin = SkipToToken();
    SkipNumber();
    Add(value <= INT64_MAX ? Kind::kInteger : Kind::kOtherNumber, begin, value);
    return true;
  }
  bool number_float(double, const std::string&) {
    const char* begin = SkipToToken();
    SkipNumber();
    Add(Kind::kOtherNumber, begin, 0);
    return true;
  }
  bool string(std::string& value) {
    String(value);
    return true;
  }
  bool key(std::string& value) {
    String(value);
    return true;
  }
  bool binary(nlohmann::json::binary_t&) { return false; }  // no such token in JSON text
  bool start_object(size_t) { return Open(Kind::kObject); }
  bool start_array(size_t) { return Open(Kind::kArray); }
  bool end_object() { return Close(); }
  bool end_array() { return Close(); }

  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& error) {
    failed_ = true;
    // `position` counts the bytes read, with the last one of the offending token, and one past the end of the
    // text. Before the token stand white space and at most one separator, unless that is the token.
    const char* stop = file_ + std::min<size_t>(span_.begin + position, span_.end);
    const char* start = std::min(at_, stop);
    while (start != stop && IsBetweenTokens(*start)) ++start;
    bool at_end = span_.begin + position > span_.end;
    if (start == stop && !at_end && position > 0) --start;
    Span place{span_.file, static_cast<uint32_t>(start - file_), static_cast<uint32_t>(stop - file_)};
    if (error.id == 406) {
      sink_.Report(Code::kJsonNumber, place,
                   "number `" + source::Excerpt(d_.text_.substr(place.begin, place.end - place.begin)) +
                       "` is out of range");
      return false;
    }
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value -
    // invalid literal; last read: 'x'; expected end of input"
    std::string_view what = error.what();
    if (size_t dash = what.find(" - "); dash != what.npos) what.remove_prefix(dash + 3);
    std::string expected;
    if (size_t from = what.rfind("; expected "); from != what.npos && from + 11 < what.size()) {
      expected = what.substr(from);
    }
    // The text quoted after "last read" may itself contain anything: cut from the front.
    if (size_t read = what.find("; last read: "); read != what.npos) {
      std::string_view tail = what.substr(read);
      what = what.substr(0, read);
      if (size_t from = tail.rfind("'; expected "); from == tail.npos) expected.clear();
    } else if (!expected.empty()) {
      what = what.substr(0, what.size() - expected.size());
    }
    std::string message = "malformed JSON: " + std::string(what) + expected;
    std::replace(message.begin(), message.end(), '\'', '`');
    sink_.Report(Code::kJsonSyntax, place, std::move(message));
    return false;
  }

 private:
  struct OpenContainer {
    uint32_t node;
    uint32_t first_item;  // in items_
  };

  static bool IsBetweenTokens(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ',' || c == ':';
  }

  const char* SkipToToken() {
    while (IsBetweenTokens(*at_)) ++at_;
    return at_;
  }

  void SkipNumber() {
    auto in_number = [](char c) {
      return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
    };
    while (at_ != end_ && in_number(*at_)) ++at_;
  }

  bool Literal(Kind kind, uint32_t length, uint64_t payload) {
    const char* begin = SkipToToken();
    at_ += length;
    Add(kind, begin, payload);
    return true;
  }

  void String(std::string& value) {
    const char* begin = SkipToToken();
    bool escaped = false;
    for (++at_; *at_ != '"'; ++at_) {
      if (*at_ == '\\') {
        escaped = true;
        ++at_;
      }
    }
    ++at_;
    uint64_t payload = 0;
    if (escaped) {
      d_.decoded_.push_back(std::move(value));
      payload = d_.decoded_.size();
    }
    Add(Kind::kString, begin, payload);
  }

  // Adds the value [begin, at_) to the container that is open.
  void Add(Kind kind, const char* begin, uint64_t payload) {
    if (!open_.empty()) items_.push_back(static_cast<uint32_t>(d_.nodes_.size()));
    Document::Node& node = d_.nodes_.emplace_back();
    node.begin = static_cast<uint32_t>(begin - file_) & 0x3fffffffu;
    node.length = static_cast<uint32_t>(at_ - begin) & 0x7fffffffu;
    node.kind = static_cast<unsigned>(kind) & 7u;
    node.payload = payload;
  }

  bool Open(Kind kind) {
    const char* begin = SkipToToken();
    ++at_;
    if (open_.size() == kMaxDepth) {
      failed_ = true;
      uint32_t offset = static_cast<uint32_t>(begin - file_);
      sink_.Report(Code::kNestingTooDeep, {span_.file, offset, offset + 1},
                   "arrays and objects nested more than " + std::to_string(kMaxDepth) + " deep");
      return false;
    }
    Add(kind, begin, 0);
    open_.push_back({static_cast<uint32_t>(d_.nodes_.size() - 1), static_cast<uint32_t>(items_.size())});
    return true;
  }

  bool Close() {
    SkipToToken();
    ++at_;
    OpenContainer container = open_.back();
    open_.pop_back();
    Document::Node& node = d_.nodes_[container.node];
    node.length = static_cast<uint32_t>(at_ - file_ - node.begin) & 0x7fffffffu;
    uint64_t first = d_.children_.size();
    uint64_t count = items_.size() - container.first_item;
    d_.children_.insert(d_.children_.end(), items_.begin() + container.first_item, items_.end());
    items_.resize(container.first_item);
    if (node.kind == static_cast<unsigned>(Kind::kObject)) {
      count /= 2;
      node.payload = count << 32 | first;
      CheckKeys(node, static_cast<uint32_t>(count));
    } else {
      node.payload = count << 32 | first;
    }
    return true;
  }

  // Looks for repeated keys, and leaves the index of a large object behind.
  void CheckKeys(const Document::Node& object, uint32_t count) {
    if (count <= kLinearMembers) {
      for (uint32_t i = 1; i < count; ++i) {
        std::string_view key = d_.KeyOf(object, i);
        for (uint32_t j = 0; j < i; ++j) {
          if (d_.KeyOf(object, j) == key) {
            Repeated(object, j, i);
            break;
          }
        }
      }
      return;
    }
    std::vector<uint32_t> sorted(count);
    std::iota(sorted.begin(), sorted.end(), 0u);
    std::sort(sorted.begin(), sorted.end(), [&](uint32_t a, uint32_t b) {
      int order = d_.KeyOf(object, a).compare(d_.KeyOf(object, b));
      return order != 0 ? order < 0 : a < b;
    });
    std::vector<std::pair<uint32_t, uint32_t>> repeats;  // (repeat, first), to be told in text order
    for (uint32_t i = 1, first = 0; i < count; ++i) {
      if (d_.KeyOf(object, sorted[i]) == d_.KeyOf(object, sorted[first])) {
        repeats.emplace_back(sorted[i], sorted[first]);
      } else {
        first = i;
      }
    }
    d_.children_.insert(d_.children_.end(), sorted.begin(), sorted.end());
    std::sort(repeats.begin(), repeats.end());
    for (auto [repeat, first] : repeats) Repeated(object, first, repeat);
  }

  void Repeated(const Document::Node& object, uint32_t first, uint32_t repeat) {
    auto key_span = [&](uint32_t member) {
      const Document::Node& key = d_.nodes_[d_.children_[(object.payload & UINT32_MAX) + 2 * member]];
      return Span{span_.file, static_cast<uint32_t>(key.begin),
                  static_cast<uint32_t>(key.begin + key.length)};
    };
    Span place = key_span(repeat);
    source::Diagnostic& report =
        sink_.Report(Code::kJsonDuplicateKey, place,
                     "key `" + source::Excerpt(d_.KeyOf(object, repeat)) + "` stands twice in one object");
    report.labels.push_back({key_span(first), "first here"});
    d_.duplicates_.push_back(place);
    if (duplicates_ == Duplicates::kReject) failed_ = true;
  }

  Document& d_;
  const char* file_;
  const char* at_;  // end of the last token
  const char* end_;
  Span span_;
  DiagnosticSink& sink_;
  Duplicates duplicates_;
  bool failed_ = false;
  std::vector<OpenContainer> open_;
  std::vector<uint32_t> items_;  // of all open containers
};

std::optional<Document> Document::Parse(const SourceMap& map, Span text, DiagnosticSink& sink,
                                        Duplicates duplicates) {
  std::string_view bytes = map.text(text);
  if (std::optional<size_t> bad = source::FindInvalidUtf8(bytes)) {
    uint32_t offset = text.begin + static_cast<uint32_t>(*bad);
    sink.Report(Code::kInvalidUtf8, {text.file, offset, offset + 1}, "invalid UTF-8 in a JSON document");
    return std::nullopt;
  }
  if (bytes.substr(0, 3) == "\xEF\xBB\xBF") {
    sink.Report(Code::kJsonSyntax, {text.file, text.begin, text.begin + 3},
                "byte order mark before the JSON text")
        .help = "save the file as UTF-8 without a byte order mark";
    return std::nullopt;
  }
  // nlohmann/json takes a NUL between tokens for the end of the text, and would leave the rest unread.
  if (size_t nul = bytes.find('\0'); nul != bytes.npos) {
    const uint32_t offset = text.begin + static_cast<uint32_t>(nul);
    sink.Report(Code::kJsonSyntax, {text.file, offset, offset + 1}, "malformed JSON: the character U+0000");
    return std::nullopt;
  }
  Document document;
  document.text_ = map.text(text.file);
  document.file_ = text.file;
  Builder builder(document, text, sink, duplicates);
  bool ok = nlohmann::json::sax_parse(bytes.data(), bytes.data() + bytes.size(), &builder);
  if (!ok || builder.failed()) return std::nullopt;
  std::sort(document.duplicates_.begin(), document.duplicates_.end(),
            [](Span a, Span b) { return a.begin < b.begin; });
  return document;
}

std::optional<Document> Document::Parse(const SourceMap& map, source::FileId file, DiagnosticSink& sink,
                                        Duplicates duplicates) {
  return Parse(map, Span{file, 0, static_cast<uint32_t>(map.text(file).size())}, sink, duplicates);
}

std::string_view Document::StringOf(const Node& node) const {
  if (node.kind == static_cast<unsigned>(Kind::kOtherNumber)) return text_.substr(node.begin, node.length);
  if (node.payload != 0) return decoded_[node.payload - 1];
  return text_.substr(node.begin + 1, node.length - 2);
}

std::string_view Document::KeyOf(const Node& object, uint32_t member) const {
  return StringOf(nodes_[children_[(object.payload & UINT32_MAX) + 2 * size_t{member}]]);
}

Value Document::root() const { return Value(this, root_); }

Span Value::span() const {
  const Document::Node& n = node();
  return {document_->file_, static_cast<uint32_t>(n.begin), static_cast<uint32_t>(n.begin + n.length)};
}

Value Value::at(size_t index) const {
  return Value(document_, document_->children_[(node().payload & UINT32_MAX) + index]);
}

Member Value::member(size_t index) const {
  size_t slot = (node().payload & UINT32_MAX) + 2 * index;
  Value key(document_, document_->children_[slot]);
  return {key.string(), key.span(), Value(document_, document_->children_[slot + 1])};
}

std::optional<Value> Value::Find(std::string_view key) const {
  const Document::Node& object = node();
  uint32_t count = static_cast<uint32_t>(size());
  if (count <= kLinearMembers) {
    for (uint32_t i = 0; i < count; ++i) {
      if (document_->KeyOf(object, i) == key) return member(i).value;
    }
    return std::nullopt;
  }
  auto sorted = document_->children_.begin() +
                static_cast<std::ptrdiff_t>((object.payload & UINT32_MAX) + 2 * size_t{count});
  auto end = sorted + count;
  auto found = std::lower_bound(sorted, end, key, [&](uint32_t member, std::string_view wanted) {
    return document_->KeyOf(object, member) < wanted;
  });
  if (found == end || document_->KeyOf(object, *found) != key) return std::nullopt;
  return member(*found).value;
}

std::string_view Describe(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "a boolean";
    case Kind::kInteger:
      return "an integer";
    case Kind::kOtherNumber:
      return "a number that is not a 64-bit integer";
    case Kind::kString:
      return "a string";
    case Kind::kArray:
      return "an array";
    case Kind::kObject:
      return "an object";
  }
  return "a value";
}

std::string Quote(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size() + 2);
  out += '"';
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default: {
        auto u = static_cast<unsigned char>(c);
        if (u < 0x20) {
          out += "\\u00";
          out += kHex[u >> 4];
          out += kHex[u & 15];
        } else {
          out += c;
        }
      }
    }
  }
  out += '"';
  return out;
}

}  // namespace polc::json
