#include "compiler/format/pol_format.h"

#include <algorithm>

#include "compiler/format/comments.h"
#include "compiler/format/pol_layout.h"
#include "compiler/syntax/pol_parser.h"

namespace polc::format {
namespace {

// Whether an empty line stands in `text` right before `at`, which points into it.
bool BlankLineBefore(std::string_view text, const char* at) {
  size_t breaks = 0;
  for (size_t i = static_cast<size_t>(at - text.data()); i-- > 0;) {
    char c = text[i];
    if (c == '\n') {
      if (++breaks == 2) return true;
    } else if (c != ' ' && c != '\t' && c != '\r' && c != '\v' && c != '\f') {
      break;
    }
  }
  return false;
}

// A file grows by blocks: declarations with the comments before them, and the comments at its end.
class FileText {
 public:
  explicit FileText(std::string_view source) : source_(source) {}

  // The comment lines before a declaration, then its own. `first`: its first token in the source.
  void Block(const std::vector<std::string_view>& comments, const std::string& lines, const char* first) {
    std::string_view text = lines;
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    bool tall = text.find('\n') != text.npos;
    Comments(comments, tall);
    bool apart = comments.empty() && (tall || after_tall_);
    Separate(apart || BlankLineBefore(source_, first));
    AppendTrimmed(text);
    after_tall_ = tall;
  }

  // The blank lines between comments stay; one comes before the first if something of several lines is near.
  void Comments(const std::vector<std::string_view>& comments, bool tall) {
    bool apart = tall || after_tall_;
    for (std::string_view comment : comments) {
      Separate(apart || BlankLineBefore(source_, comment.data()));
      out_ += comment;
      out_ += '\n';
      apart = false;
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  void Separate(bool blank) {
    if (blank && !out_.empty()) out_ += '\n';
  }
  // A comment that ends a line may leave spaces before the next break.
  void AppendTrimmed(std::string_view text) {
    while (!text.empty()) {
      size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
      if (line.empty()) continue;  // where a comment and what it precedes both broke the line
      out_ += line;
      out_ += '\n';
    }
  }

  std::string_view source_;
  std::string out_;
  bool after_tall_ = false;  // the block before has several lines
};

}  // namespace

std::optional<std::string> FormatPol(const source::SourceMap& map, source::FileId file,
                                     source::DiagnosticSink& sink, const FormatOptions& options) {
  size_t errors = sink.error_count();
  syntax::pol::File parsed = syntax::ParsePol(map, file, sink);
  if (sink.error_count() > errors) return std::nullopt;
  auto tokens = syntax::TokenizePol(map, file, sink);
  if (!tokens) return std::nullopt;

  std::string_view text = map.text(file);
  CommentedTokens commented = AttachComments(text, *tokens);
  PolLayout layout(parsed, commented.tokens, options);
  FileText out(text);
  auto add = [&](auto lay_out) {
    CommentedToken& first = commented.tokens[layout.next()];
    std::vector<std::string_view> comments = std::move(first.leading);
    first.leading.clear();
    const char* at = first.text.data();
    out.Block(comments, lay_out(), at);
  };
  if (parsed.header) add([&] { return layout.Header(); });
  for (const syntax::pol::Decl& decl : parsed.decls) add([&] { return layout.Declaration(decl); });
  out.Comments(commented.end_of_file, false);
  return out.Take();
}

}  // namespace polc::format
