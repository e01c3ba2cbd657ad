// Documents for pretty printing: text with places where a line may break.
//
// The model is Wadler's "A prettier printer" (2003) with the layout rule of Oppen-style streaming
// printers: a group is laid out on one line if it, and what follows it up to the next possible line
// break, fits the width; otherwise its own breaks (not those of groups inside) become line breaks.
//
// A DocBuilder owns its documents in one vector; a Doc is an index and is cheap to copy. Rendering is
// iterative and linear in the output except for the look-ahead of each group, which stops at the width.
// Not thread-safe. Tested by doc_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace polc::format {

struct Doc {
  uint32_t id = 0;
};

class DocBuilder {
 public:
  DocBuilder();

  Doc nil() const { return {0}; }
  Doc text(std::string_view text);  // must not contain a line break, unless its lines must stay as they are
  Doc space() const { return {3}; }
  Doc suffix(
      std::string_view text);  // ends its line: nothing but a line break may follow, which is made if need be
  Doc gap() const { return {6}; }       // a space, or nothing at the start of a line
  Doc hardline() const { return {1}; }  // always a line break; a group that contains one does not fit
  Doc line() const { return {4}; }      // a space, or a line break
  Doc line_or_nothing() const { return {5}; }
  Doc append(Doc a, Doc b);
  Doc concat(std::initializer_list<Doc> docs);
  Doc nest(int columns, Doc doc);  // lines that start inside `doc` are indented by `columns` more
  Doc group(Doc doc);

  // Lays out `doc` in lines of `width` columns where that is possible.
  std::string Render(Doc doc, size_t width) const;

 private:
  enum class Kind : uint8_t { kNil, kHardline, kText, kSuffix, kGap, kBreakOr, kAppend, kNest, kGroup };
  struct Node {
    Kind kind;
    uint32_t a = 0;      // kAppend, kNest, kGroup: child; kBreakOr: the document when flat
    uint32_t b = 0;      // kAppend: second child; kText: its width in columns
    int indent = 0;      // kNest
    std::string text{};  // kText, kSuffix
  };
  struct Command {
    size_t indent;
    bool flat;
    uint32_t doc;
  };
  Doc Add(Node node);
  bool Fits(uint32_t doc, size_t position, size_t width, const std::vector<Command>& rest,
            std::vector<uint32_t>& scratch) const;

  std::vector<Node> nodes_;
};

}  // namespace polc::format
