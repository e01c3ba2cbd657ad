#include "compiler/lint/fix.h"

#include <algorithm>

#include "compiler/syntax/cedar_parser.h"
#include "compiler/syntax/pol_parser.h"

namespace polc::lint {

using source::Span;

namespace {

bool Meet(Span a, Span b) { return a.begin < b.end && b.begin < a.end; }

// Whether an edit takes a comment away together with something else.
bool LosesComment(const std::vector<syntax::SyntaxToken>& tokens, const Edit& edit) {
  bool comment = false, other = false;
  for (const syntax::SyntaxToken& token : tokens) {
    if (!Meet(token.span, edit.span)) continue;
    (token.kind == syntax::TokenKind::kComment ? comment : other) = true;
  }
  return comment && other;
}

}  // namespace

Fixed ApplyFixes(const source::SourceMap& map, source::FileId file,
                 const std::vector<std::vector<Edit>>& fixes) {
  source::DiagnosticSink ignored;
  const auto tokens = map.path(file).ends_with(".pol") ? syntax::TokenizePol(map, file, ignored)
                                                       : syntax::TokenizeCedar(map, file, ignored);
  Fixed out;
  std::vector<Edit> taken;
  for (const std::vector<Edit>& fix : fixes) {
    const bool good = !fix.empty() && tokens && std::ranges::all_of(fix, [&](const Edit& edit) {
      return edit.span.file == file && !LosesComment(*tokens, edit) &&
             std::ranges::none_of(taken, [&](const Edit& t) { return Meet(t.span, edit.span); });
    });
    if (!good) continue;
    taken.insert(taken.end(), fix.begin(), fix.end());
    ++out.fixes;
  }
  std::ranges::sort(taken, {}, [](const Edit& e) { return e.span.begin; });
  const std::string_view text = map.text(file);
  size_t at = 0;
  for (const Edit& edit : taken) {
    out.text += text.substr(at, edit.span.begin - at);
    out.text += edit.text;
    at = edit.span.end;
  }
  out.text += text.substr(at);
  return out;
}

}  // namespace polc::lint
