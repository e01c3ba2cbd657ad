#include "compiler/format/doc.h"

#include <algorithm>

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Unicode.h"

namespace polc::format {
namespace {

// Columns a terminal gives to `text`: wide characters take two, combining marks none, and what has no
// width of its own (control characters) one.
uint32_t ColumnWidth(std::string_view text) {
  uint32_t width = 0;
  for (size_t i = 0; i < text.size();) {
    auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++width;
      ++i;
      continue;
    }
    size_t length = std::clamp<size_t>(llvm::getNumBytesForUTF8(lead), 1, text.size() - i);
    int columns = llvm::sys::unicode::columnWidthUTF8(llvm::StringRef(text.data() + i, length));
    width += columns < 0 ? 1 : static_cast<uint32_t>(columns);
    i += length;
  }
  return width;
}

}  // namespace

DocBuilder::DocBuilder() {
  // The constants that nil(), hardline(), space(), line(), line_or_nothing() and gap() name.
  nodes_ = {{Kind::kNil},        {Kind::kHardline},   {Kind::kNil},      {Kind::kText, 0, 1, 0, " "},
            {Kind::kBreakOr, 3}, {Kind::kBreakOr, 0}, {Kind::kGap, 0, 1}};
}

Doc DocBuilder::Add(Node node) {
  nodes_.push_back(std::move(node));
  return {static_cast<uint32_t>(nodes_.size() - 1)};
}

Doc DocBuilder::text(std::string_view text) {
  return Add({Kind::kText, 0, ColumnWidth(text), 0, std::string(text)});
}

Doc DocBuilder::suffix(std::string_view text) { return Add({Kind::kSuffix, 0, 0, 0, std::string(text)}); }

Doc DocBuilder::append(Doc a, Doc b) {
  if (nodes_[a.id].kind == Kind::kNil) return b;
  if (nodes_[b.id].kind == Kind::kNil) return a;
  return Add({Kind::kAppend, a.id, b.id});
}

Doc DocBuilder::concat(std::initializer_list<Doc> docs) {
  Doc result = nil();
  for (Doc doc : docs) result = append(result, doc);
  return result;
}

Doc DocBuilder::nest(int columns, Doc doc) {
  if (columns == 0 || nodes_[doc.id].kind == Kind::kNil) return doc;
  return Add({Kind::kNest, doc.id, 0, columns});
}

Doc DocBuilder::group(Doc doc) {
  Kind kind = nodes_[doc.id].kind;
  if (kind == Kind::kGroup || kind == Kind::kText || kind == Kind::kNil) return doc;
  return Add({Kind::kGroup, doc.id});
}

bool DocBuilder::Fits(uint32_t doc, size_t position, size_t width, const std::vector<Command>& rest,
                      std::vector<uint32_t>& scratch) const {
  scratch.assign(1, doc);
  size_t next = rest.size();
  bool flat = true;    // inside the group; what follows it may break
  bool ended = false;  // a suffix was last on the line
  while (true) {
    if (scratch.empty()) {
      if (next == 0) return true;
      scratch.push_back(rest[--next].doc);
      flat = false;
    }
    const Node& node = nodes_[scratch.back()];
    scratch.pop_back();
    switch (node.kind) {
      case Kind::kNil:
        break;
      case Kind::kHardline:
        return !flat;
      case Kind::kSuffix:
        ended = true;
        break;
      case Kind::kText:
        if (ended && flat) return false;
        if (ended) return true;
        [[fallthrough]];
      case Kind::kGap:
        position += node.b;
        if (position > width) return false;
        break;
      case Kind::kBreakOr:
        if (!flat) return true;
        scratch.push_back(node.a);
        break;
      case Kind::kAppend:
        scratch.push_back(node.b);
        scratch.push_back(node.a);
        break;
      case Kind::kNest:
      case Kind::kGroup:
        scratch.push_back(node.a);
        break;
    }
  }
}

std::string DocBuilder::Render(Doc doc, size_t width) const {
  std::string out;
  size_t position = 0;
  bool line_start = true;
  bool ended = false;  // a suffix was last on the line
  auto break_line = [&](size_t indent) {
    position = indent;
    out += '\n';
    out.append(position, ' ');
    line_start = true;
    ended = false;
  };
  std::vector<Command> commands = {{0, false, doc.id}};
  std::vector<uint32_t> scratch;
  while (!commands.empty()) {
    Command command = commands.back();
    commands.pop_back();
    const Node& node = nodes_[command.doc];
    switch (node.kind) {
      case Kind::kNil:
        break;
      case Kind::kSuffix:
        if (ended) break_line(command.indent);
        if (!line_start) out += ' ';
        out += node.text;
        line_start = false;
        ended = true;
        break;
      case Kind::kText:
        if (ended && !node.text.empty()) break_line(command.indent);
        out += node.text;
        position += node.b;
        line_start = line_start && node.text.empty();
        break;
      case Kind::kGap:
        if (line_start || ended) break;
        out += ' ';
        ++position;
        break;
      case Kind::kBreakOr:
        commands.push_back({command.indent, command.flat, command.flat ? node.a : hardline().id});
        break;
      case Kind::kHardline:
        // The indentation is that of what comes next: a bracket that closes a nested block stands
        // under the line that opened it although the break before it belongs to the block.
        break_line(commands.empty() ? command.indent : commands.back().indent);
        break;
      case Kind::kAppend:
        commands.push_back({command.indent, command.flat, node.b});
        commands.push_back({command.indent, command.flat, node.a});
        break;
      case Kind::kNest:
        commands.push_back({command.indent + static_cast<size_t>(node.indent), command.flat, node.a});
        break;
      case Kind::kGroup: {
        bool flat = command.flat || Fits(node.a, position, width, commands, scratch);
        commands.push_back({command.indent, flat, node.a});
        break;
      }
    }
  }
  return out;
}

}  // namespace polc::format
