#include "compiler/syntax/pol_parser.h"

#include <fmt/format.h>

#include <deque>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "compiler/source/quote.h"
#include "compiler/syntax/antlr_glue.h"
#include "compiler/syntax/pol_message.h"
#include "compiler/syntax/pol_tree.h"
#include "grammar/PolLexer.h"
#include "grammar/PolParser.h"

namespace polc::syntax {
namespace {

using antlr4::Token;
using grammar::PolLexer;
using P = grammar::PolParser;
using source::Code;
using source::Diagnostic;

constexpr size_t kEnd = static_cast<size_t>(Token::EOF);

// How many tokens of a file are looked at again because a cut may have been none. Only texts made to
// mislead come near; behind it a cut counts.
constexpr size_t kMaxTokensReadAgain = size_t{1} << 22;

// ---------------------------------------------------------------------------------------------------
// Where declarations start. The words that start them are names elsewhere, so a cut needs more than the
// word: what follows it, the beginning of a line, a token before it that can end a sentence.

enum class Start : uint8_t {
  kNo,
  kLikely,  // at the beginning of a line
  kSurely,  // anywhere outside brackets; three words that follow each other nowhere else
};

Start StartOfDeclaration(size_t first, size_t second, size_t third) {
  auto likely = [](bool condition) { return condition ? Start::kLikely : Start::kNo; };
  auto surely = [](bool condition) { return condition ? Start::kSurely : Start::kNo; };
  bool name = IsPolName(second);
  switch (first) {
    case P::RULE:
      // Any other word behind `rule x` may be `x is rule`, and then a declaration; and there are
      // `guarantee rule never allow …` and `… with a rule expect require approval`.
      if (second == P::NEVER || second == P::ALWAYS || second == P::EXPECT) return Start::kLikely;
      return name && third >= P::ALLOW && third <= P::REQUIRE ? Start::kSurely : likely(name);
    case P::TEST_WORD:
    case P::POLICY:
      return likely(second == P::STRING);
    case P::LIMIT:
      return likely(second == P::KIND && (IsPolName(third) || third == P::READ_ONLY));
    case P::LADDER:
      return likely(second == P::FOR);
    case P::NEEDS:
      return surely((second == P::PRINCIPAL || second == P::RESOURCE || second == P::CONTEXT) &&
                    third == P::HAS);
    case P::EVIDENCE:
      return likely(name && (third == P::COLON || third == P::LPAREN || third == P::HAS));
    case P::PRINCIPAL:
      return likely(name && (third == P::IN || third == P::OWNED || third == P::HAS));
    case P::ACTION:
      return likely(name || second == P::STRING);
    default:
      return likely(name && StartsPolDeclaration(first));
  }
}

// Whether a sentence can end with this token.
bool CanEnd(size_t type) {
  switch (type) {
    case P::MISSING:
    case P::EXISTS:
    case P::TRUE:
    case P::FALSE:
    case P::ON:
    case P::OFF:
    case P::OPEN:
    case P::CLOSED:
    case P::READ_ONLY:
    case P::REVERSIBLE:
    case P::IRREVERSIBLE:
    case P::PRINCIPAL:
    case P::ACTION:
    case P::RESOURCE:
    case P::CONTEXT:
    case P::ANYONE:
    case P::ANYTHING:
    case P::RPAREN:
    case P::RBRACKET:
    case P::RBRACE:
      return true;
    default:
      return IsPolName(type) || type >= P::DATETIME;
  }
}

// ---------------------------------------------------------------------------------------------------
// From a file to pieces, from a piece to a tree.

class Reader {
 public:
  Reader(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink)
      : map_(map),
        file_(file),
        sink_(sink),
        stream_(map.text(file)),
        lexer_(&stream_),
        parser_(nullptr),
        strategy_(std::make_shared<StopAtFirstError>()),
        builder_(map, file, out_, sink) {
    lexer_.removeErrorListeners();
    parser_.removeErrorListeners();
  }

  pol::File Read() {
    std::vector<TokenPtr> tokens;
    bool first = true;
    for (bool last = false; !last;) {
      tokens.clear();
      last = FillPiece(tokens);
      if (tokens.size() == 1) break;  // only the end
      if (!first && tokens[0]->getType() == P::POLICY && tokens[1]->getType() == P::STRING) {
        sink_.Report(Code::kMisplacedClause, source::Cover(SpanOf(tokens[0]), SpanOf(tokens[1])),
                     "`policy` stands behind other declarations, it is the first sentence of a file");
      } else {
        last = ReadPiece(tokens, last);
      }
      first = false;
    }
    out_.exprs.shrink_to_fit();
    return std::move(out_);
  }

  std::vector<SyntaxToken> ReadTokens() {
    std::vector<SyntaxToken> out;
    for (TokenPtr token = lexer_.nextToken(); token->getType() != kEnd; token = lexer_.nextToken()) {
      out.push_back({KindOf(token->getType()), SpanOfToken(token.get(), file_)});
    }
    return out;
  }

 private:
  static TokenKind KindOf(size_t type) {
    if (IsPolName(type)) return TokenKind::kIdentifier;
    if (IsReservedPolWord(type)) return TokenKind::kReserved;
    if (type == P::STRING) return TokenKind::kString;
    if (type == P::COMMENT) return TokenKind::kComment;
    if (type >= P::OPEN_STRING) return TokenKind::kInvalid;
    return type >= P::DATETIME ? TokenKind::kNumber : TokenKind::kOperator;
  }

  Span SpanOf(const TokenPtr& token) const { return SpanOfToken(token.get(), file_); }

  // The token `n` places ahead; the end of the file repeats itself.
  const Token* Peek(size_t n) {
    while (ahead_.size() <= n && (ahead_.empty() || ahead_.back()->getType() != kEnd)) {
      TokenPtr token = lexer_.nextToken();
      if (token->getChannel() == Token::DEFAULT_CHANNEL) ahead_.push_back(std::move(token));
    }
    return ahead_[std::min(n, ahead_.size() - 1)].get();
  }

  bool NextStartsSurely() {
    size_t first = Peek(0)->getType(), second = Peek(1)->getType();
    return StartOfDeclaration(first, second, Peek(2)->getType()) == Start::kSurely;
  }

  // Whether a declaration starts at the next token, `piece` being what was read of the one before.
  bool CutsHere(const std::vector<TokenPtr>& piece, size_t piece_begin, size_t depth) {
    const Token* token = Peek(0);
    const Token* before = piece.back().get();
    if (before->getType() == P::DOT) return false;  // an attribute, whatever it is called
    bool new_line = token->getLine() != before->getLine();
    bool at_margin = new_line && token->getCharPositionInLine() == 0;
    size_t first = token->getType(), second = Peek(1)->getType();
    Start start = StartOfDeclaration(first, second, Peek(2)->getType());
    if (start == Start::kSurely && (depth == 0 || at_margin)) return true;
    if (start == Start::kLikely && at_margin) return true;
    if (depth > 0 || !new_line || !CanEnd(before->getType())) return false;
    if (start == Start::kLikely) return true;
    if (!at_margin) return false;
    // Something at the margin that is meant to start a declaration, but does not.
    bool is_attribute = second == P::COLON || second == P::QUESTION;
    if (first >= P::ALLOW && first <= P::REQUIRE) {
      size_t kind = piece[piece_begin]->getType();
      return kind != P::RULE || HasEffect(piece, piece_begin);
    }
    if (first == P::LIMIT || is_attribute) return false;
    return StartsPolDeclaration(first) ||
           (first == P::IDENT && (IsPolName(second) || second == P::STRING || second == P::LPAREN));
  }
  static bool HasEffect(const std::vector<TokenPtr>& piece, size_t begin) {
    for (size_t i = begin; i < piece.size() && i < begin + kMostBeforeEffect; ++i) {
      size_t type = piece[i]->getType();
      if ((type >= P::ALLOW && type <= P::REQUIRE) || type == P::LIMIT) return true;
    }
    return false;
  }

  // Appends the tokens of the next piece and an end of input that closes it. True at the end of the file.
  bool FillPiece(std::vector<TokenPtr>& tokens) {
    size_t begin = tokens.size();
    size_t depth = 0;
    for (;;) {
      Peek(0);
      if (tokens.size() > begin && CutsHere(tokens, begin, depth)) {
        Close(tokens, ahead_.front()->getStartIndex());
        return false;
      }
      TokenPtr token = std::move(ahead_.front());
      ahead_.pop_front();
      size_t type = token->getType();
      if (type == P::LPAREN || type == P::LBRACE || type == P::LBRACKET) ++depth;
      if ((type == P::RPAREN || type == P::RBRACE || type == P::RBRACKET) && depth > 0) --depth;
      if (tokens.size() - begin >= kMaxPolicyTokens && type != kEnd) {
        overflow_ = true;
        tokens.back() = std::move(token);
        continue;
      }
      tokens.push_back(std::move(token));
      if (type == kEnd) return true;
    }
  }
  static void Close(std::vector<TokenPtr>& tokens, size_t at) {
    auto end = std::make_unique<antlr4::CommonToken>(Token::EOF);
    end->setStartIndex(at);
    end->setStopIndex(at);
    tokens.push_back(std::move(end));
  }

  // Runs the parser over a piece; false where it stops at an error, which strategy_ then knows.
  template <typename Parse>
  bool Run(PieceStream& stream, bool full, Parse parse, size_t from = 0) {
    parser_.setTokenStream(&stream);
    stream.seek(from);
    parser_.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(
        full ? antlr4::atn::PredictionMode::LL : antlr4::atn::PredictionMode::SLL);
    strategy_->Clear();
    parser_.setErrorHandler(full ? std::shared_ptr<antlr4::ANTLRErrorStrategy>(strategy_) : fast_strategy_);
    try {
      parse();
      return true;
    } catch (const antlr4::ParseCancellationException&) {
      // The fast pass only asks whether there is an error, the full one where.
      return false;
    }
  }

  // Reads one piece into the file or reports what is wrong with it. `last`: the end of the file closes it.
  // Comes back with `last` as it is afterwards: the piece may turn out to be longer than it was cut.
  bool ReadPiece(std::vector<TokenPtr>& tokens, bool last) {
    if (!CheckTokens(tokens)) return last;
    PieceStream stream(tokens, &lexer_);
    auto build = [&] { builder_.Build(parser_.declarations()); };
    bool good = Run(stream, false, build) || Run(stream, true, build);
    if (!good && !last && strategy_->offending()->getType() == kEnd && !NextStartsSurely() &&
        ReadBeyondCut(tokens, last)) {
      parser_.setTokenStream(nullptr);
      return ReadPiece(tokens, last);
    }
    if (!good) {
      // Looking beyond the cut has changed what the strategy knows.
      PieceStream again(tokens, &lexer_);
      Run(again, true, [&] { parser_.declarations(); });
      PolMessage(map_, file_, tokens, *strategy_, last ? nullptr : Peek(0), sink_).Report();
      parser_.setTokenStream(nullptr);
      return last;
    }
    parser_.setTokenStream(nullptr);  // frees the tree
    return last;
  }

  // The piece ends where a sentence cannot: perhaps the cut was none. Adds pieces until the sentence over the
  // cut is complete and leaves `tokens` up to its end; or leaves everything as it was, and is false.
  bool ReadBeyondCut(std::vector<TokenPtr>& tokens, bool& last) {
    const size_t cut = tokens.size() - 1;
    size_t keep = 0;
    bool at_end = false, hopeless = false;
    for (size_t pieces = 1; keep <= cut && !hopeless; pieces *= 2) {
      for (size_t i = 0; i < pieces && !at_end; ++i) {
        tokens.pop_back();  // what closed it
        at_end = FillPiece(tokens);
      }
      read_again_ += tokens.size();
      hopeless = overflow_ || read_again_ > kMaxTokensReadAgain;
      PieceStream stream(tokens, &lexer_);
      while (keep < cut && !hopeless) {
        if (Run(stream, true, [&] { parser_.sentence(); }, keep)) {
          keep = stream.index();
        } else if (!at_end && strategy_->offending()->getType() == kEnd) {
          break;  // with more, perhaps
        } else {
          hopeless = true;
        }
      }
      // What is left must look like a declaration, or the cut was right and the sentence incomplete.
      size_t next = tokens[keep]->getType();
      if (keep == cut || (keep > cut && next != kEnd && !StartsPolDeclaration(next))) hopeless = true;
    }
    if (hopeless) keep = cut;
    overflow_ = false;
    parser_.setTokenStream(nullptr);
    // Back with the rest; an end that only closed a piece is not part of the file.
    if (!at_end) tokens.pop_back();
    if (at_end && keep + 1 == tokens.size()) {
      last = true;
      return true;
    }
    ahead_.insert(ahead_.begin(), std::make_move_iterator(tokens.begin() + static_cast<ptrdiff_t>(keep)),
                  std::make_move_iterator(tokens.end()));
    tokens.resize(keep);
    Close(tokens, ahead_.front()->getStartIndex());
    return keep > cut;
  }

  // What no grammar is needed for: characters that are no token, and the limits that keep the parser's
  // recursion and memory bounded.
  bool CheckTokens(const std::vector<TokenPtr>& tokens) {
    if (overflow_) {
      overflow_ = false;
      Span span = SpanOf(tokens.front());
      sink_.Report(
          Code::kInputTooLarge, span,
          fmt::format("this declaration has more than {} tokens, the limit of one", kMaxPolicyTokens));
      return false;
    }
    if (map_.text(SpanOf(tokens[0])) == "permit" || tokens[0]->getType() == P::FORBID) {
      if (tokens[1]->getType() == P::LPAREN) {
        sink_.Report(Code::kUnknownDeclaration, SpanOf(tokens[0]), "this is a policy in Cedar's syntax")
            .help =
            "Cedar policies stand in files ending in `.cedar`, beside the `.pol` files of the same set";
        return false;
      }
    }
    size_t invalid = 0;
    std::vector<size_t> inner = {0};  // for each open bracket, `if`s and quantifiers that end with it
    size_t nesting = 0;
    for (size_t i = 0; i < tokens.size(); ++i) {
      const Token* token = tokens[i].get();
      switch (token->getType()) {
        case P::INVALID:
        case P::OPEN_STRING:
        case P::BAD_NUMBER:
        case P::BAD_DATETIME: {
          bool follows = i > 0 && tokens[i - 1]->getType() == P::INVALID &&
                         tokens[i - 1]->getStopIndex() + 1 == token->getStartIndex();
          if (!follows && ++invalid <= kMostInvalidShown)
            ReportInvalid(token, i > 0 ? tokens[i - 1].get() : nullptr);
          break;
        }
        case P::SLASH:
          if (tokens[i + 1]->getType() == P::STAR &&
              token->getStopIndex() + 1 == tokens[i + 1]->getStartIndex()) {
            sink_
                .Report(Code::kUnexpectedToken, source::Cover(SpanOf(tokens[i]), SpanOf(tokens[i + 1])),
                        "`/*` does not start a comment")
                .help = "every line of a comment starts with `//`";
            return false;
          }
          break;
        case P::LPAREN:
        case P::LBRACE:
        case P::LBRACKET:
          inner.push_back(0);
          ++nesting;
          break;
        case P::RPAREN:
        case P::RBRACE:
        case P::RBRACKET:
          if (inner.size() == 1) break;
          nesting -= 1 + inner.back();
          inner.pop_back();
          break;
        case P::IF:
        case P::SATISFIES:
          ++nesting;
          ++inner.back();
          break;
        case P::COMMA:
        case P::WHEN:
        case P::UNLESS:
          nesting -= inner.back();
          inner.back() = 0;
          break;
        default:
          break;
      }
      if (nesting > kMaxBracketDepth) {
        sink_.Report(
            Code::kNestingTooDeep, SpanOf(tokens[i]),
            fmt::format("brackets, `if`s and quantifiers are nested deeper than {}", kMaxBracketDepth));
        return false;
      }
    }
    return invalid == 0;
  }

  void ReportInvalid(const Token* token, const Token* before) {
    Span span = SpanOfToken(token, file_);
    std::string text(map_.text(span));
    switch (token->getType()) {
      case P::OPEN_STRING:
        sink_
            .Report(Code::kUnclosedString, {file_, span.begin, span.begin + 1},
                    "this text is not closed on its line")
            .help = "a text ends with `\"` on the line where it starts; a line break in it is written `\\n`";
        return;
      case P::BAD_NUMBER:
        sink_
            .Report(Code::kInvalidLiteral, span,
                    fmt::format("`{}` is neither a number nor a duration", source::Excerpt(text)))
            .help =
            "durations are whole numbers of `d`, `h`, `m`, `s` and `ms`: `300s`, `1h30m`; a name starts with "
            "a letter";
        return;
      case P::BAD_DATETIME:
        sink_.Report(Code::kInvalidLiteral, span, fmt::format("`{}` is no time", source::Excerpt(text)))
            .help =
            "times are written `2026-11-21` or `2026-11-21T03:14:00Z`; in a difference there are spaces "
            "around `-`";
        return;
      default:
        break;
    }
    Diagnostic& d = sink_.Report(Code::kUnexpectedToken, span,
                                 fmt::format("unexpected character `{}`", source::Escape(text)));
    bool behind_number =
        before != nullptr && (before->getType() == P::INT || before->getType() == P::DECIMAL);
    if (text == "'") d.help = "texts are written with double quotes";
    if (text == "&") d.help = "write `and`";
    if (text == "|") d.help = "write `or`";
    if (text == "#") d.help = "a comment starts with `//`";
    if (text == ";") d.help = "declarations and clauses end by themselves, without `;`";
    if (text == "@") d.help = "there are no annotations; a rule has its name, `because` and `meets`";
    if (text == "%" && behind_number) {
      d.help = fmt::format("write `{}%`, without a space", map_.text(SpanOfToken(before, file_)));
    }
    if (text == "\xEF\xBB\xBF") {
      d.message = "unexpected byte order mark";
      d.help = "save the file as UTF-8 without it";
    }
    if (text == "\xE2\x80\x9C" || text == "\xE2\x80\x9D")
      d.help = "texts are written with plain double quotes";
    if (text == "\xE2\x89\xA4") d.help = "write `is at most`";
    if (text == "\xE2\x89\xA5") d.help = "write `is at least`";
    if (text == "\xE2\x89\xA0") d.help = "write `is not`";
  }

  // A binary file has a bad character at every byte; the first few say it all.
  static constexpr size_t kMostInvalidShown = 10;
  // `rule`, its name, `(shadow)`, its title: the effect comes within these tokens.
  static constexpr size_t kMostBeforeEffect = 8;

  const source::SourceMap& map_;
  source::FileId file_;
  source::DiagnosticSink& sink_;
  Utf8Stream stream_;
  PolLexer lexer_;
  P parser_;
  std::shared_ptr<antlr4::ANTLRErrorStrategy> fast_strategy_ = std::make_shared<antlr4::BailErrorStrategy>();
  std::shared_ptr<StopAtFirstError> strategy_;
  std::deque<TokenPtr> ahead_;  // read, but not yet part of a piece
  pol::File out_;
  pol::TreeBuilder builder_;
  size_t read_again_ = 0;
  bool overflow_ = false;  // the piece has more than kMaxPolicyTokens
};

// Runs `read(Reader&)`. ANTLR's exceptions end in the Reader; what is caught here is a surprise, kept from
// crossing the border of the library.
template <typename T, typename Read>
T Guarded(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink, T failed,
          Read read) {
  if (!CheckText(map, file, source::kMaxFileBytes, sink)) return failed;
  try {
    Reader reader(map, file, sink);
    return read(reader);
  } catch (const std::exception& e) {
    sink.Report(Code::kUnexpectedToken, {file, 0, 0}, fmt::format("the text cannot be read: {}", e.what()));
    return failed;
  }
}

}  // namespace

pol::File ParsePol(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink) {
  return Guarded(map, file, sink, pol::File(), [](Reader& r) { return r.Read(); });
}

std::optional<std::vector<SyntaxToken>> TokenizePol(const source::SourceMap& map, source::FileId file,
                                                    source::DiagnosticSink& sink) {
  return Guarded(map, file, sink, std::optional<std::vector<SyntaxToken>>(),
                 [](Reader& r) { return std::optional(r.ReadTokens()); });
}

}  // namespace polc::syntax
