#include "compiler/syntax/cedar_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "compiler/source/quote.h"
#include "compiler/syntax/antlr_glue.h"
#include "compiler/syntax/cedar_tokens.h"
#include "compiler/syntax/cedar_tree.h"
#include "compiler/syntax/names.h"
#include "grammar/CedarParser.h"

namespace polc::syntax {
namespace {

using antlr4::Token;
using antlr4::tree::ParseTree;
using antlr4::tree::TerminalNode;
using grammar::CedarParser;
using source::Code;
using source::Diagnostic;
using P = CedarParser;
using TokenPtr = std::unique_ptr<Token>;

// ---------------------------------------------------------------------------------------------------
// What the parser learns about the grammar as it goes: its automata.
//
// ANTLR keeps one for all parsers and takes a lock at every step through it, so that two threads are hardly
// faster than one. Here each Reader has one to itself while it lives, and they are used again.

struct Predictions {
  explicit Predictions(const antlr4::atn::ATN& atn) {
    for (size_t i = 0; i < atn.getNumberOfDecisions(); ++i) automata.emplace_back(atn.getDecisionState(i), i);
  }
  std::vector<antlr4::dfa::DFA> automata;
  antlr4::atn::PredictionContextCache contexts;
};

class PredictionPool {
 public:
  std::unique_ptr<Predictions> Take(const antlr4::atn::ATN& atn) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!free_.empty()) {
        std::unique_ptr<Predictions> out = std::move(free_.back());
        free_.pop_back();
        return out;
      }
    }
    return std::make_unique<Predictions>(atn);
  }
  void GiveBack(std::unique_ptr<Predictions> predictions) {
    const std::lock_guard<std::mutex> lock(mutex_);
    free_.push_back(std::move(predictions));
  }
  static PredictionPool& Global() {
    // Never destroyed: taking the automata apart at the end of the program takes longer than many a
    // compilation.
    static PredictionPool& pool = *new PredictionPool;
    return pool;
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Predictions>> free_;
};

// Steps without the lock, as nobody else has these automata.
class Simulator final : public antlr4::atn::ParserATNSimulator {
 public:
  using ParserATNSimulator::ParserATNSimulator;

 protected:
  antlr4::dfa::DFAState* getExistingTargetState(antlr4::dfa::DFAState* from, size_t token) override {
    const auto found = from->edges.find(token);
    return found == from->edges.end() ? nullptr : found->second;
  }
};

// ---------------------------------------------------------------------------------------------------
// From a file to pieces, from a piece to a tree.

class Reader {
 public:
  // Reads bytes `begin` to `end` of the file.
  Reader(const source::SourceMap& map, source::FileId file, size_t begin, size_t end,
         source::DiagnosticSink& sink)
      : map_(map),
        file_(file),
        sink_(sink),
        tokens_(map.text(file), begin, end),
        parser_(nullptr),
        predictions_(PredictionPool::Global().Take(parser_.getATN())),
        strategy_(std::make_shared<StopAtFirstError>()),
        builder_(map, file, sink) {
    parser_.removeErrorListeners();
    parser_.setInterpreter(
        new Simulator(&parser_, parser_.getATN(), predictions_->automata, predictions_->contexts));
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { PredictionPool::Global().GiveBack(std::move(predictions_)); }

  std::vector<ParsedPolicy> ReadPolicies(std::vector<Span>* places) {
    std::vector<ParsedPolicy> policies;
    std::vector<TokenPtr> tokens;
    size_t index = 0;
    for (bool last = false; !last;) {
      Recycle(tokens);
      last = FillPiece(tokens);
      if (tokens.size() == 1) break;  // only the end
      bool good =
          ReadPiece(tokens, [&] { policies.push_back({index, builder_.BuildPolicy(parser_.policy())}); });
      if (!good && !policies.empty() && policies.back().index == index) policies.pop_back();
      ++index;
      if (places) places->push_back(source::Cover(SpanOf(tokens.front()), SpanOf(tokens[tokens.size() - 2])));
    }
    return policies;
  }

  std::optional<Policy> ReadExpr() {
    std::vector<TokenPtr> tokens;
    while (!FillPiece(tokens)) tokens.pop_back();  // a semicolon is an error like any other
    std::optional<Policy> policy;
    if (!ReadPiece(tokens, [&] { policy = builder_.BuildExpr(parser_.singleExpr()); })) return std::nullopt;
    return policy;
  }

  std::vector<SyntaxToken> ReadTokens() {
    std::vector<SyntaxToken> out;
    for (CedarToken token = tokens_.Next(); token.type != Token::EOF; token = tokens_.Next()) {
      out.push_back({KindOf(token.type), {file_, token.begin, token.end}});
    }
    return out;
  }

 private:
  static TokenKind KindOf(size_t type) {
    switch (type) {
      case P::IDENT:
        return TokenKind::kIdentifier;
      case P::NUMBER:
        return TokenKind::kNumber;
      case P::STRING:
        return TokenKind::kString;
      case P::SLOT:
        return TokenKind::kSlot;
      case P::COMMENT:
        return TokenKind::kComment;
      case P::INVALID:
      case P::OPEN_STRING:
        return TokenKind::kInvalid;
      default:
        return type <= P::LIKE ? TokenKind::kReserved : TokenKind::kOperator;
    }
  }

  Span SpanOf(const TokenPtr& token) const { return SpanOfToken(token.get(), file_); }
  std::string_view TextOf(const Token* token) const { return map_.text(SpanOfToken(token, file_)); }

  // Appends the tokens of the next piece: up to and including the next semicolon, or up to where another
  // policy starts without one. An end of input that stands where the piece ends closes it. True at the end
  // of the file.
  bool FillPiece(std::vector<TokenPtr>& tokens) {
    size_t depth = 0;
    bool has_effect = false;
    for (;;) {
      TokenPtr token = next_ ? std::move(next_) : NextToken();
      size_t type = token->getType();
      size_t before = tokens.empty() ? size_t{Token::EOF} : tokens.back()->getType();
      if (type == P::LPAREN || type == P::LBRACE || type == P::LBRACKET) ++depth;
      if ((type == P::RPAREN || type == P::RBRACE || type == P::RBRACKET) && depth > 0) --depth;
      if (depth == 0 && (type == P::AT || type == P::IDENT)) {
        bool behind_bracket = before == P::RPAREN || before == P::RBRACE;
        if (has_effect && behind_bracket && (type == P::AT || IsEffect(TextOf(token.get())))) {
          next_ = std::move(token);
          Close(tokens, next_->getStartIndex());
          return false;
        }
        has_effect = has_effect || (type == P::IDENT && before != P::AT);
      }
      if (tokens.size() >= kMaxPolicyTokens && type != P::SEMICOLON && type != Token::EOF) {
        overflow_ = true;
        free_.push_back(std::move(token));
        continue;
      }
      tokens.push_back(std::move(token));
      if (type == Token::EOF) return true;
      if (type != P::SEMICOLON) continue;
      Close(tokens, tokens.back()->getStopIndex() + 1);
      return false;
    }
  }
  static bool IsEffect(std::string_view text) { return text == "permit" || text == "forbid"; }
  void Close(std::vector<TokenPtr>& tokens, size_t at) { tokens.push_back(MakeToken(Token::EOF, at, at)); }

  // Tokens of pieces that have been read are used again: the text has millions.
  TokenPtr MakeToken(size_t type, size_t start, size_t stop) {
    if (free_.empty()) free_.push_back(std::make_unique<antlr4::CommonToken>(type));
    TokenPtr out = std::move(free_.back());
    free_.pop_back();
    auto* token = static_cast<antlr4::CommonToken*>(out.get());
    token->setType(type);
    token->setStartIndex(start);
    token->setStopIndex(stop);
    return out;
  }
  TokenPtr NextToken() {
    CedarToken token = tokens_.Next();
    while (token.type == P::COMMENT) token = tokens_.Next();
    // ANTLR's tokens end at their last character; the end of the input, before its first.
    return MakeToken(token.type, token.begin, size_t{token.end} - 1);
  }
  void Recycle(std::vector<TokenPtr>& tokens) {
    std::move(tokens.begin(), tokens.end(), std::back_inserter(free_));
    tokens.clear();
  }

  // Parses one piece and calls `build` while its tree is alive; false if anything was reported.
  template <typename Build>
  bool ReadPiece(const std::vector<TokenPtr>& tokens, Build build) {
    size_t reported = sink_.diagnostics().size();
    open_.clear();
    if (!CheckTokens(tokens)) return false;
    PieceStream stream(tokens, nullptr);
    for (bool full : {false, true}) {
      stream.seek(0);
      parser_.setTokenStream(&stream);
      parser_.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(
          full ? antlr4::atn::PredictionMode::LL : antlr4::atn::PredictionMode::SLL);
      // The fast pass only asks whether there is an error, the full one where.
      strategy_->Clear();
      parser_.setErrorHandler(full ? std::shared_ptr<antlr4::ANTLRErrorStrategy>(strategy_) : fast_strategy_);
      try {
        build();
        break;
      } catch (const antlr4::ParseCancellationException&) {
        if (full) ReportUnexpected(tokens);
      }
    }
    parser_.setTokenStream(nullptr);  // frees the tree
    return sink_.diagnostics().size() == reported;
  }

  // What no grammar is needed for: characters that are no token, and the limits that keep the parser's
  // recursion and memory bounded. Leaves the brackets that are not closed in open_.
  bool CheckTokens(const std::vector<TokenPtr>& tokens) {
    if (overflow_) {
      overflow_ = false;
      Span span = source::Cover(SpanOf(tokens.front()), SpanOf(tokens.back()));
      sink_.Report(
          Code::kInputTooLarge, {file_, span.begin, span.begin + 1},
          fmt::format("this policy has more than {} tokens, the limit of one policy", kMaxPolicyTokens));
      return false;
    }
    size_t invalid = 0;
    size_t nesting = 0;  // open brackets and, inside each, the `if`s that are not closed with it
    for (size_t i = 0; i < tokens.size(); ++i) {
      const Token* token = tokens[i].get();
      switch (token->getType()) {
        case P::INVALID:
        case P::OPEN_STRING: {
          bool follows = i > 0 && tokens[i - 1]->getType() == P::INVALID &&
                         tokens[i - 1]->getStopIndex() + 1 == token->getStartIndex();
          if (!follows && ++invalid <= kMostInvalidShown) ReportInvalid(token);
          // Behind a string that is not closed, text and strings have changed places.
          if (token->getType() == P::OPEN_STRING) return false;
          break;
        }
        case P::SLASH:
          if (tokens[i + 1]->getType() == P::STAR &&
              token->getStopIndex() + 1 == tokens[i + 1]->getStartIndex()) {
            sink_
                .Report(Code::kUnexpectedToken, source::Cover(SpanOf(tokens[i]), SpanOf(tokens[i + 1])),
                        "`/*` does not start a comment in Cedar")
                .help = "every line of a comment starts with `//`";
            return false;
          }
          break;
        case P::LPAREN:
        case P::LBRACE:
        case P::LBRACKET:
          open_.push_back({token, 0});
          ++nesting;
          break;
        case P::RPAREN:
        case P::RBRACE:
        case P::RBRACKET:
          if (open_.empty()) break;
          nesting -= 1 + open_.back().ifs;
          open_.pop_back();
          break;
        case P::IF:
          ++nesting;
          if (open_.empty()) open_.push_back({nullptr, 0}), ++nesting;
          ++open_.back().ifs;
          break;
        case P::COMMA:
          if (open_.empty()) break;
          nesting -= open_.back().ifs;
          open_.back().ifs = 0;
          break;
        default:
          break;
      }
      if (nesting > kMaxBracketDepth) {
        sink_.Report(Code::kNestingTooDeep, SpanOf(tokens[i]),
                     fmt::format("brackets and `if`s are nested deeper than {}", kMaxBracketDepth));
        return false;
      }
    }
    return invalid == 0;
  }

  void ReportInvalid(const Token* token) {
    Span span = SpanOfToken(token, file_);
    std::string text(map_.text(span));
    if (token->getType() == P::OPEN_STRING) {
      Diagnostic& d = sink_.Report(Code::kUnclosedString, {file_, span.begin, span.begin + 1},
                                   "this string is not closed");
      if (span.end < map_.text(file_).size())
        d.help = "a backslash at the end of a line does not continue a string";
      return;
    }
    Diagnostic& d = sink_.Report(Code::kUnexpectedToken, span,
                                 fmt::format("unexpected character `{}`", source::Escape(text)));
    if (text == "'") d.help = "strings are written with double quotes";
    if (text == "&") d.help = "`and` is written `&&`";
    if (text == "|") d.help = "`or` is written `||`";
    if (text == "#") d.help = "a comment starts with `//`";
    if (text == "?") d.help = "the slots of a template are `?principal` and `?resource`";
    if (text == "\xEF\xBB\xBF") {
      d.message = "unexpected byte order mark";
      d.help = "save the file as UTF-8 without it";
    }
    if (text == "\xE2\x80\x9C" || text == "\xE2\x80\x9D")
      d.help = "strings are written with plain double quotes";
  }

  // Reports where the parser stopped.
  void ReportUnexpected(const std::vector<TokenPtr>& tokens) {
    const Token* token = strategy_->offending();
    const antlr4::misc::IntervalSet& expected = strategy_->expected();
    auto wanted = [&](size_t type) { return expected.contains(static_cast<ssize_t>(type)); };
    size_t at = 0;
    while (at + 1 < tokens.size() && tokens[at].get() != token) ++at;
    Span span = SpanOfToken(token, file_);
    std::string text(map_.text(span));

    bool ends = token->getType() == Token::EOF;
    if (at > 0 && wanted(P::SEMICOLON) && ends) {
      uint32_t end = SpanOf(tokens[at - 1]).end;
      Diagnostic& d =
          sink_.Report(Code::kMissingSemicolon, {file_, end, end}, "missing `;` at the end of a policy");
      if (next_) d.labels.push_back({SpanOf(next_), "the next policy starts here"});
      return;
    }

    std::string message =
        ends ? "unexpected end of file" : fmt::format("unexpected `{}`", source::Escape(Shorten(text)));
    if (std::string list = Expected(expected); !list.empty()) message += ", expected " + list;
    Diagnostic& d = sink_.Report(Code::kUnexpectedToken, span, std::move(message));
    size_t before = at > 0 ? tokens[at - 1]->getType() : size_t{Token::EOF};
    if (ends || token->getType() == P::SEMICOLON) {
      while (!open_.empty() && open_.back().token == nullptr) open_.pop_back();
      if (!open_.empty()) {
        d.labels.push_back({SpanOfToken(open_.back().token, file_),
                            fmt::format("this `{}` is not closed", TextOf(open_.back().token))});
      }
    } else if (token->getType() == P::IF && wanted(P::LPAREN)) {
      d.help = "an `if` behind an operator needs parentheses: `1 + (if a then b else c)`";
    } else if ((token->getType() == P::NOT || token->getType() == P::MINUS) &&
               (before == P::NOT || before == P::MINUS)) {
      d.help = "`!` and `-` cannot be mixed without parentheses: `!(-x)`";
    } else if (before == P::IS && token->getType() == P::STRING) {
      d.help = fmt::format("a type is written without quotes: `is {}`", text.substr(1, text.size() - 2));
    } else if (before == P::LIKE) {
      d.help = "the pattern of `like` is a string literal";
    } else if (before == P::HAS) {
      d.help = "`has` takes attribute names joined by dots, or one string literal";
    } else if (token->getType() == P::ASSIGN) {
      d.help = "equality is written `==`";
    } else if (text == "and" || text == "or" || text == "not") {
      d.help = fmt::format("`{}` is written `{}`", text, text == "and" ? "&&" : text == "or" ? "||" : "!");
    } else if (IsReservedWord(text) && wanted(P::IDENT)) {
      d.help = fmt::format("`{}` is a reserved word and cannot be a name", text);
    }
  }

  // "an expression", "`,` or `)`"; empty if there is too much to be of help.
  static std::string Expected(const antlr4::misc::IntervalSet& expected) {
    constexpr size_t kMostListed = 5;
    auto has = [&](size_t type) { return expected.contains(static_cast<ssize_t>(type)); };
    std::vector<std::string> items;
    bool expression = has(P::NUMBER);
    if (expression) {
      items.push_back("an expression");
    } else {
      if (has(P::IDENT)) items.push_back("a name");
      if (has(P::STRING)) items.push_back("a string");
    }
    bool operators = has(P::AND);
    for (ssize_t type : expected.toList()) {
      if (type <= 0) continue;
      size_t t = static_cast<size_t>(type);
      bool word = t <= P::LIKE && has(P::IDENT);
      bool of_expression =
          expression && (t == P::LPAREN || t == P::LBRACE || t == P::LBRACKET || t == P::NOT ||
                         t == P::MINUS || t == P::TRUE || t == P::FALSE || t == P::IF);
      bool is_operator =
          operators && (t == P::IN || t == P::IS || t == P::HAS || t == P::LIKE || t == P::DOT ||
                        t == P::LBRACKET || t == P::LPAREN || (t >= P::EQ && t <= P::NOT));
      if (word || of_expression || is_operator) continue;
      std::string literal = Vocabulary().getLiteralName(t);
      if (literal.size() > 2) items.push_back(fmt::format("`{}`", literal.substr(1, literal.size() - 2)));
    }
    if (operators) items.push_back("an operator");
    if (items.size() > kMostListed) return "";
    return JoinOr(items);
  }
  static const antlr4::dfa::Vocabulary& Vocabulary() {
    static CedarParser parser(nullptr);
    return static_cast<const CedarParser&>(parser).getVocabulary();
  }

  // A binary file has a bad character at every byte; the first few say it all.
  static constexpr size_t kMostInvalidShown = 10;

  struct Open {
    const Token* token;  // null: the piece itself
    size_t ifs;
  };

  const source::SourceMap& map_;
  source::FileId file_;
  source::DiagnosticSink& sink_;
  CedarTokens tokens_;
  CedarParser parser_;
  std::unique_ptr<Predictions> predictions_;
  std::shared_ptr<antlr4::ANTLRErrorStrategy> fast_strategy_ = std::make_shared<antlr4::BailErrorStrategy>();
  std::shared_ptr<StopAtFirstError> strategy_;
  TokenPtr next_;  // read, but not yet part of a piece
  std::vector<TokenPtr> free_;
  TreeBuilder builder_;
  std::vector<Open> open_;
  bool overflow_ = false;  // the piece has more than kMaxPolicyTokens
};

// Runs `read(Reader&)` on a part of a file. ANTLR's exceptions end in the Reader; what is caught here is a
// surprise, kept from crossing the border of the library.
template <typename T, typename Read>
T ReadPart(const source::SourceMap& map, source::FileId file, size_t begin, size_t end,
           source::DiagnosticSink& sink, T failed, Read read) {
  try {
    Reader reader(map, file, begin, end, sink);
    return read(reader);
  } catch (const std::exception& e) {
    sink.Report(Code::kUnexpectedToken, {file, static_cast<uint32_t>(begin), static_cast<uint32_t>(begin)},
                fmt::format("the text cannot be read: {}", e.what()));
    return failed;
  }
}

template <typename T, typename Read>
T ReadWhole(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink, T failed,
            Read read) {
  if (!CheckText(map, file, source::kMaxFileBytes, sink)) return failed;
  return ReadPart(map, file, 0, map.text(file).size(), sink, std::move(failed), read);
}

// How much of a file a thread reads at a time: some 2,000 policies, so that a thread's fresh automata, which
// it has to learn anew, cost little, and all threads end together.
constexpr size_t kPartBytes = size_t{1} << 18;

// A thread's automata and the parts read ahead for it take some 15 MiB, on a machine of many processors too.
// And parts are taken by one thread: to read a policy costs about eight times what it costs to lower it, so
// with many more threads they would only wait.
constexpr size_t kMostThreads = 4;

// A file that several threads read, part by part, and one of them hands on in order. The syntax trees are
// many times as large as the text, so no part is begun that lies far ahead of what was handed on.
class PartsReader {
 public:
  PartsReader(const source::SourceMap& map, source::FileId file) : map_(map), file_(file) {
    const std::string_view text = map.text(file);
    size_t begin = 0;
    for (const size_t cut : CutsBehindSemicolons(text, kPartBytes)) {
      parts_.push_back({begin, cut});
      begin = cut;
    }
    parts_.push_back({begin, text.size()});
    threads_ =
        std::clamp<size_t>(std::thread::hardware_concurrency(), 1, std::min(parts_.size(), kMostThreads));
  }

  void Run(source::DiagnosticSink& sink, const std::function<void(ParsedPart)>& take) {
    std::vector<std::thread> helpers;
    for (size_t i = 1; i < threads_; ++i) helpers.emplace_back([this] { Help(); });
    size_t index = 0;
    std::unique_lock lock(mutex_);
    while (taken_ < parts_.size()) {
      Part& part = parts_[taken_];
      if (!part.ready) {
        if (!ReadNext(lock)) changed_.wait(lock);
        continue;
      }
      lock.unlock();
      std::ranges::move(part.sink.mutable_diagnostics(), std::back_inserter(sink.mutable_diagnostics()));
      for (ParsedPolicy& policy : part.read.policies) policy.index += index;
      index += part.read.places.size();
      take(std::move(part.read));
      lock.lock();
      ++taken_;
      changed_.notify_all();
    }
    lock.unlock();
    for (std::thread& helper : helpers) helper.join();
  }

 private:
  struct Part {
    size_t begin, end;
    bool ready = false;
    ParsedPart read = {};
    source::DiagnosticSink sink = {};
  };

  void Help() {
    std::unique_lock lock(mutex_);
    while (next_ < parts_.size()) {
      if (!ReadNext(lock)) changed_.wait(lock);
    }
  }

  // Reads the next part, without the lock; false if none may be begun now.
  bool ReadNext(std::unique_lock<std::mutex>& lock) {
    if (next_ == parts_.size() || next_ - taken_ >= 2 * threads_) return false;
    Part& part = parts_[next_++];
    lock.unlock();
    part.read.policies = ReadPart(map_, file_, part.begin, part.end, part.sink, std::vector<ParsedPolicy>(),
                                  [&](Reader& reader) { return reader.ReadPolicies(&part.read.places); });
    lock.lock();
    part.ready = true;
    changed_.notify_all();
    return true;
  }

  const source::SourceMap& map_;
  const source::FileId file_;
  size_t threads_ = 1;
  std::mutex mutex_;  // over what follows, but for the part that a thread has begun and the one being taken
  std::condition_variable changed_;
  std::vector<Part> parts_;
  size_t next_ = 0, taken_ = 0;
};

}  // namespace

void ParseCedarParts(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink,
                     const std::function<void(ParsedPart)>& take) {
  if (CheckText(map, file, source::kMaxFileBytes, sink)) PartsReader(map, file).Run(sink, take);
}

std::vector<ParsedPolicy> ParseCedar(const source::SourceMap& map, source::FileId file,
                                     source::DiagnosticSink& sink, std::vector<Span>* places) {
  std::vector<ParsedPolicy> policies;
  ParseCedarParts(map, file, sink, [&](ParsedPart part) {
    std::ranges::move(part.policies, std::back_inserter(policies));
    if (places) places->insert(places->end(), part.places.begin(), part.places.end());
  });
  return policies;
}

std::optional<Policy> ParseCedarExpr(const source::SourceMap& map, source::FileId file,
                                     source::DiagnosticSink& sink) {
  return ReadWhole(map, file, sink, std::optional<Policy>(), [](Reader& r) { return r.ReadExpr(); });
}

std::optional<std::vector<SyntaxToken>> TokenizeCedar(const source::SourceMap& map, source::FileId file,
                                                      source::DiagnosticSink& sink) {
  return ReadWhole(map, file, sink, std::optional<std::vector<SyntaxToken>>(),
                   [](Reader& r) { return std::optional(r.ReadTokens()); });
}

}  // namespace polc::syntax
