// Policies are laid out straight from their tokens: the parser has accepted the text, so one descent
// along the grammar, without any error case, sees every token once and prints it with its comments.
// Depth is that of the text, which the parser has bounded.

#include "compiler/format/cedar_format.h"

#include <algorithm>

#include "compiler/format/comments.h"
#include "compiler/format/doc.h"
#include "compiler/syntax/cedar_parser.h"

namespace polc::format {
namespace {

class CedarLayout {
 public:
  CedarLayout(std::vector<CommentedToken>& tokens, const FormatOptions& options)
      : tokens_(tokens), indent_(options.indent_width), width_(options.line_width) {}

  bool AtEnd() const { return next_ == tokens_.size(); }

  // The next policy, up to and including its semicolon.
  std::string NextPolicy() {
    d_ = DocBuilder();
    return d_.Render(Policy(), width_);
  }

 private:
  // --- Tokens ---

  bool At(std::string_view text) const { return next_ < tokens_.size() && tokens_[next_].text == text; }
  bool AtAny(std::initializer_list<std::string_view> texts) const {
    return std::any_of(texts.begin(), texts.end(), [&](std::string_view text) { return At(text); });
  }
  bool SecondIs(std::string_view text) const {
    return next_ + 1 < tokens_.size() && tokens_[next_ + 1].text == text;
  }

  Doc LeadingComments(CommentedToken& token) {
    if (token.leading.empty()) return d_.nil();
    Doc doc = d_.hardline();
    for (std::string_view comment : token.leading) doc = d_.concat({doc, d_.text(comment), d_.hardline()});
    token.leading.clear();
    return doc;
  }
  // The comments before the next token, printed ahead of whatever the token begins.
  Doc HoistLeading() { return LeadingComments(tokens_[next_]); }

  Doc TrailingComment(const CommentedToken& token, Doc otherwise) {
    if (token.trailing.empty()) return otherwise;
    return d_.concat({d_.space(), d_.text(token.trailing), d_.hardline()});
  }

  // The next token with its comments; `otherwise` follows it unless a trailing comment ends the line.
  Doc Take(Doc otherwise) {
    CommentedToken& token = tokens_[next_++];
    Doc leading = LeadingComments(token);
    return d_.concat({leading, d_.text(token.text), TrailingComment(token, otherwise)});
  }
  Doc Take() { return Take(d_.nil()); }

  // A comma before a closing bracket is left out; its comments go to the bracket.
  void SkipTrailingComma() {
    CommentedToken& comma = tokens_[next_];
    CommentedToken& bracket = tokens_[++next_];
    if (!comma.has_comment()) return;
    std::vector<std::string_view> leading = std::move(comma.leading);
    if (bracket.has_comment()) {
      if (!comma.trailing.empty()) leading.push_back(comma.trailing);
    } else {
      bracket.trailing = comma.trailing;
    }
    leading.insert(leading.end(), bracket.leading.begin(), bracket.leading.end());
    bracket.leading = std::move(leading);
  }

  // `item, item, …` up to `close`, a line after each comma.
  template <typename Item>
  Doc Items(std::string_view close, Item item) {
    Doc doc = item();
    while (!At(close)) {
      if (SecondIs(close)) {
        SkipTrailingComma();
        break;
      }
      Doc comma = Take();
      doc = d_.concat({doc, comma, d_.line(), item()});
    }
    return doc;
  }

  // --- Policies ---

  Doc Policy() {
    Doc annotations = d_.nil();
    while (At("@")) annotations = d_.append(annotations, Annotation());

    Doc before_effect = HoistLeading();
    Doc effect = Take();
    Doc head = d_.append(before_effect, d_.group(d_.concat({effect, d_.line(), Take()})));
    Doc scope = Scope();
    if (At(",")) SkipTrailingComma();
    Doc close = Take(SecondIs(";") ? d_.nil() : d_.hardline());
    Doc conditions = d_.nil();
    while (!At(";")) {
      Doc condition = Condition();
      conditions = d_.concat({conditions, condition, At(";") ? d_.nil() : d_.hardline()});
    }
    return d_.concat({annotations, head, scope, close, conditions, Take()});
  }

  Doc Annotation() {
    Doc at = Take();
    Doc key = Take();
    if (!At("(")) return d_.concat({at, key, d_.hardline()});
    Doc open = Take();
    Doc value = Take();
    return d_.concat({at, key, open, value, Take(d_.hardline())});
  }

  // One line if nothing is constrained, else a line for each variable.
  Doc Scope() {
    bool plain = true;
    for (size_t i = next_, depth = 0; depth > 0 || tokens_[i].text != ")"; ++i) {
      if (tokens_[i].text == "(") ++depth;
      if (tokens_[i].text == ")") --depth;
      static constexpr std::string_view kPlain[] = {"principal", "action", "resource", ","};
      plain = plain && std::find(std::begin(kPlain), std::end(kPlain), tokens_[i].text) != std::end(kPlain);
    }
    Doc after_comma = plain ? d_.space() : d_.hardline();
    Doc doc = Variable();
    for (int i = 0; i < 2; ++i) {
      Doc comma = Take(after_comma);
      doc = d_.concat({doc, comma, Variable()});
    }
    if (plain) return d_.group(d_.nest(indent_, doc));
    return d_.append(d_.nest(indent_, d_.append(d_.hardline(), doc)), d_.hardline());
  }

  // `principal`, `principal == X`, `principal is T`, `principal is T in X`.
  Doc Variable() {
    Doc leading = HoistLeading();
    Doc variable = Take();
    if (At("is")) {
      Doc is = d_.group(d_.append(d_.line(), Take()));
      Doc type = d_.append(d_.line(), Sum());
      variable = d_.append(variable, d_.group(d_.nest(indent_, d_.append(is, type))));
    }
    if (!AtAny({"==", "in"})) return d_.append(leading, variable);
    Doc left = d_.group(d_.concat({variable, d_.line(), Take()}));
    return d_.append(leading, d_.group(d_.append(left, d_.nest(indent_, d_.append(d_.line(), Sum())))));
  }

  // `when { … }`
  Doc Condition() {
    Doc before_kind = HoistLeading();
    Doc kind = Take(d_.line());
    Doc before_open = HoistLeading();
    Doc after_open = TrailingComment(tokens_[next_++], d_.line());
    Doc before_body = HoistLeading();
    Doc body = d_.group(Expression());
    Doc inner = d_.nest(indent_, d_.concat({after_open, before_body, body}));
    Doc braces = d_.append(d_.text("{"), d_.group(d_.concat({inner, d_.line(), Take()})));
    return d_.append(before_kind, d_.group(d_.concat({kind, before_open, braces})));
  }

  // --- Expressions, loosest first ---

  Doc Expression() {
    if (!At("if")) return Disjunction();
    // One `then` and one `else`: those that follow belong to an `if` around this one.
    Doc test = Branch();
    Doc then = Branch();
    return d_.group(d_.concat({test, d_.line(), then, d_.line(), Branch()}));
  }
  Doc Branch() {
    Doc keyword = Take();
    return d_.append(keyword, d_.nest(indent_, d_.append(d_.line(), Expression())));
  }

  Doc Disjunction() {
    Doc doc = Conjunction();
    while (At("||")) {
      Doc op = Take(d_.line());
      doc = d_.concat({doc, d_.space(), op, Conjunction()});
    }
    return doc;
  }

  Doc Conjunction() {
    Doc doc = Relation();
    while (At("&&")) {
      Doc op = Take(d_.line());
      doc = d_.concat({doc, d_.space(), op, Relation()});
    }
    return doc;
  }

  Doc Relation() {
    Doc left = Sum();
    if (AtAny({"==", "!=", "<", "<=", ">", ">=", "in"})) {
      Doc op = Take();
      return d_.concat({left, d_.space(), op, d_.space(), Sum()});
    }
    if (AtAny({"has", "like"})) {
      Doc op = Take();
      return d_.group(d_.concat({left, d_.line(), op, d_.line(), d_.nest(indent_, Sum())}));
    }
    if (At("is")) {
      Doc is = Take();
      Doc doc = d_.concat({left, d_.space(), is, d_.space(), d_.nest(indent_, Sum())});
      if (At("in")) {
        Doc in = Take();
        doc = d_.concat({doc, d_.line(), in, d_.space(), d_.nest(indent_, Sum())});
      }
      return d_.group(doc);
    }
    return left;
  }

  Doc Sum() {
    Doc doc = Product();
    while (AtAny({"+", "-"})) {
      Doc op = Take();
      doc = d_.concat({doc, d_.space(), op, d_.line(), Product()});
    }
    return d_.group(doc);
  }

  Doc Product() {
    Doc doc = Unary();
    while (At("*")) {
      Doc op = Take();
      doc = d_.concat({doc, d_.space(), op, d_.line(), Unary()});
    }
    return d_.group(doc);
  }

  Doc Unary() {
    Doc signs = d_.nil();
    while (AtAny({"!", "-"})) signs = d_.append(signs, Take());
    return d_.append(signs, Member());
  }

  // A primary and its accesses: `.name`, `(arguments)`, `["name"]`, a possible break between two of them.
  Doc Member() {
    Doc primary = Primary();
    Doc accesses = d_.nil();
    for (bool first = true; AtAny({".", "(", "["}); first = false) {
      if (!first) accesses = d_.append(accesses, d_.line_or_nothing());
      accesses = d_.append(accesses, Access());
    }
    return d_.group(d_.append(primary, d_.nest(indent_, accesses)));
  }

  Doc Access() {
    bool call = At("("), field = At(".");
    Doc open = Take();
    if (field) return d_.append(open, Take());
    if (!call) {
      Doc index = Expression();
      return d_.concat({open, index, Take()});
    }
    Doc arguments = d_.nil();
    if (!At(")")) {
      Doc items = Items(")", [&] { return Expression(); });
      arguments = d_.append(d_.nest(indent_, d_.append(d_.line_or_nothing(), items)), d_.line_or_nothing());
    }
    return d_.concat({open, arguments, Take()});
  }

  Doc Primary() {
    if (At("(")) {
      // By one column: what wraps stands under the first character after the parenthesis.
      Doc open = Take();
      Doc inner = d_.nest(1, Expression());
      return d_.group(d_.concat({open, inner, Take()}));
    }
    if (At("[")) {
      Doc open = Take();
      Doc items = At("]") ? d_.nil() : Items("]", [&] { return Expression(); });
      return d_.concat({open, d_.nest(1, items), Take()});
    }
    if (At("{")) {
      Doc open = Take();
      Doc fields = d_.nil();
      if (!At("}")) {
        fields = Items("}", [&] { return Field(); });
        fields = d_.group(d_.concat({d_.line(), fields, d_.line()}));
      }
      return d_.concat({open, d_.nest(indent_, fields), Take()});
    }
    // A literal, a slot, or a name that may go on: `A::B`, `A::"id"`.
    StripLeadingZeros(tokens_[next_]);
    Doc doc = Take();
    while (At("::")) {
      Doc colons = Take();
      doc = d_.concat({doc, colons, Take()});
    }
    return doc;
  }

  Doc Field() {
    Doc key = SecondIs(":") ? Take() : Expression();
    Doc colon = Take();
    return d_.concat({key, colon, d_.space(), Expression()});
  }

  static void StripLeadingZeros(CommentedToken& token) {
    if (token.text.empty() || token.text[0] != '0') return;
    size_t first = std::min(token.text.find_first_not_of('0'), token.text.size() - 1);
    token.text.remove_prefix(first);
  }

  DocBuilder d_;
  std::vector<CommentedToken>& tokens_;
  size_t next_ = 0;
  int indent_;
  size_t width_;
};

// `text` without the lines that hold only white space, except in string literals, trimmed. A layout that
// breaks before and after a comment leaves such lines.
std::string RemoveBlankLines(std::string_view text) {
  std::string result;
  auto copy_code = [&](std::string_view code) {
    if (code.starts_with('\n')) result += '\n';
    while (!code.empty()) {
      size_t line_break = code.find('\n');
      bool last = line_break == std::string_view::npos;
      std::string_view line = code.substr(0, last ? code.size() : line_break + 1);
      if (last || !TrimWhiteSpace(line).empty()) result += line;
      code.remove_prefix(line.size());
    }
  };
  size_t code_begin = 0;
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    if (text.substr(i).starts_with("//")) {
      end = std::min(text.find_first_of("\n\r", i), text.size());
    } else if (text[i] == '"') {
      for (end = i + 1; end < text.size() && text[end] != '"'; ++end) end += text[end] == '\\';
      end = std::min(end + 1, text.size());
    } else {
      ++i;
      continue;
    }
    copy_code(text.substr(code_begin, i - code_begin));
    result += text.substr(i, end - i);
    i = code_begin = end;
  }
  copy_code(text.substr(code_begin));
  return std::string(TrimWhiteSpace(result));
}

}  // namespace

std::optional<std::string> FormatCedar(const source::SourceMap& map, source::FileId file,
                                       source::DiagnosticSink& sink, const FormatOptions& options) {
  size_t errors = sink.error_count();
  syntax::ParseCedarParts(map, file, sink, [](const syntax::ParsedPart&) {});
  if (sink.error_count() > errors) return std::nullopt;
  std::optional<std::vector<syntax::SyntaxToken>> tokens = syntax::TokenizeCedar(map, file, sink);
  if (!tokens) return std::nullopt;

  CommentedTokens commented = AttachComments(map.text(file), *tokens);
  CedarLayout layout(commented.tokens, options);
  std::string result;
  while (!layout.AtEnd()) {
    if (!result.empty()) result += "\n\n";
    result += RemoveBlankLines(layout.NextPolicy());
  }
  result += '\n';
  for (std::string_view comment : commented.end_of_file) {
    result += comment;
    result += '\n';
  }
  return result;
}

}  // namespace polc::format
