#include "compiler/syntax/pol_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "compiler/source/quote.h"

namespace polc::syntax {

using antlr4::Token;
using P = grammar::PolParser;

namespace {

constexpr size_t kEnd = static_cast<size_t>(Token::EOF);

const antlr4::dfa::Vocabulary& Vocabulary() {
  static P parser(nullptr);
  return static_cast<const P&>(parser).getVocabulary();
}

// `rule` for RULE, `,` for COMMA; empty for what has no fixed text.
std::string Literal(size_t type) {
  std::string literal = Vocabulary().getLiteralName(type);
  return literal.size() > 2 ? literal.substr(1, literal.size() - 2) : std::string();
}

constexpr std::array kDeclarationWords = {
    P::USE,    P::SETTING, P::GROUP,    P::PERSON, P::AGENT,   P::PRINCIPAL, P::RESOURCE,
    P::RECORD, P::ACTION,  P::EVIDENCE, P::LEVELS, P::NEEDS,   P::ASSUME,    P::LIMIT,
    P::FACT,   P::LADDER,  P::CAP,      P::RULE,   P::SWITCH,  P::COUNTER,   P::ATTEMPTS,
    P::TOTAL,  P::LABEL,   P::BREAKER,  P::HOURS,  P::FIXTURE, P::TEST_WORD, P::GUARANTEE};

// What people write who know another policy language.
const std::map<std::string_view, std::string_view> kOtherEffects = {
    {"permit", "allow"},  {"grant", "allow"},    {"deny", "forbid"},    {"block", "forbid"},
    {"refuse", "forbid"}, {"ask", "require"},    {"needs", "require"},  {"propose", "suggest"},
    {"cap", "limit"},     {"restrict", "limit"}, {"approve", "require"}};
const std::map<std::string_view, std::string_view> kOtherOperators = {{"like", "matches"},
                                                                      {"equals", "is"},
                                                                      {"eq", "is"},
                                                                      {"ne", "is not"},
                                                                      {"AND", "and"},
                                                                      {"OR", "or"},
                                                                      {"NOT", "not"},
                                                                      {"And", "and"},
                                                                      {"Or", "or"},
                                                                      {"isnt", "is not"},
                                                                      {"lt", "is below"},
                                                                      {"gt", "is above"},
                                                                      {"includes", "contains"},
                                                                      {"containing", "contains"},
                                                                      {"exceeds", "is above"},
                                                                      {"startsWith", "starts with"},
                                                                      {"endsWith", "ends with"},
                                                                      {"IN", "in"},
                                                                      {"IS", "is"},
                                                                      {"all", "every"},
                                                                      {"any", "some"}};
const std::map<std::string_view, std::string_view> kOtherComparatives = {
    {"greater", "is above"}, {"more", "is above"},  {"larger", "is above"},   {"bigger", "is above"},
    {"higher", "is above"},  {"later", "is after"}, {"less", "is below"},     {"smaller", "is below"},
    {"lower", "is below"},   {"fewer", "is below"}, {"earlier", "is before"}, {"equal", "is"},
    {"older", "is before"},  {"newer", "is after"}};
const std::map<std::string_view, std::string_view> kOtherDeclarations = {
    {"permit", "rule"},      {"import", "use"},       {"include", "use"},         {"let", "fact"},
    {"def", "fact"},         {"define", "fact"},      {"type", "record"},         {"entity", "resource"},
    {"enum", "levels"},      {"policies", "policy"},  {"const", "setting"},       {"param", "setting"},
    {"user", "person"},      {"package", "policy"},   {"invariant", "guarantee"}, {"check", "test"},
    {"service", "resource"}, {"killswitch", "switch"}};

const std::map<std::string_view, std::string_view> kOtherClauses = {
    {"where", "when"},     {"if", "when"},        {"provided", "when"}, {"except", "unless"},
    {"without", "unless"}, {"reason", "because"}, {"since", "because"}, {"satisfies", "meets"},
    {"expires", "until"},  {"comply", "meets"}};

template <typename Map>
std::string_view Find(const Map& map, std::string_view key) {
  auto it = map.find(key);
  return it == map.end() ? std::string_view() : it->second;
}

}  // namespace

bool IsReservedPolWord(size_t type) { return type >= P::ALLOW && type <= P::SET_OF; }
bool IsContextualPolWord(size_t type) { return type >= P::ACTS && type <= P::WINS; }

std::vector<std::string> ReservedPolWords() {
  std::vector<std::string> words;
  for (size_t type = P::ALLOW; type <= P::SET_OF; ++type) words.push_back(Literal(type));
  std::sort(words.begin(), words.end());
  return words;
}

bool StartsPolDeclaration(size_t type) {
  return std::find(kDeclarationWords.begin(), kDeclarationWords.end(), type) != kDeclarationWords.end();
}

PolMessage::PolMessage(const source::SourceMap& map, source::FileId file, const std::vector<TokenPtr>& tokens,
                       const StopAtFirstError& stop, const antlr4::Token* next, source::DiagnosticSink& sink)
    : map_(map),
      file_(file),
      tokens_(tokens),
      expected_(stop.expected()),
      rules_(stop.rules()),
      next_(next),
      sink_(sink) {
  while (at_ + 1 < tokens_.size() && tokens_[at_].get() != stop.offending()) ++at_;
  type_ = TypeAt(at_);
}

void PolMessage::Report() {
  if (NoDeclaration() || EndsTooEarly() || CedarName() || NoEffect() || NoText() || Braces() ||
      ForeignOperator() || Chained() || NoWithin() || NoQuotes() || Reserved()) {
    return;
  }
  Unexpected();
}

// ---------------------------------------------------------------------------------------------- Looking

std::string PolMessage::TextAt(size_t i) const { return source::Excerpt(map_.text(SpanAt(i))); }

bool PolMessage::WantsOnly(size_t type) const { return Wants(type) && expected_.size() == 1; }

bool PolMessage::In(size_t rule) const {
  return std::find(rules_.begin(), rules_.end(), rule) != rules_.end();
}

bool PolMessage::Innermost(std::initializer_list<size_t> rules) const {
  return !rules_.empty() && std::find(rules.begin(), rules.end(), rules_.front()) != rules.end();
}

bool PolMessage::IsComparison(size_t type) const {
  return type == P::IS || type == P::IN || type == P::HAS || type == P::CONTAINS || type == P::MATCHES ||
         type == P::EXISTS || (type >= P::EQ && type <= P::ASSIGN);
}

bool PolMessage::InExpression() const {
  if (In(P::RuleExpr)) return true;
  for (size_t i = at_; i-- > 0;) {
    switch (TypeAt(i)) {
      case P::WHEN:
      case P::UNLESS:
      case P::ASSUME:
      case P::FACT:
        return true;
      case P::BECAUSE:
      case P::MEETS:
      case P::UNTIL:
      case P::OVER:
        return false;
      default:
        break;
    }
  }
  return false;
}

std::optional<std::string> PolMessage::Guess(size_t i, const std::vector<std::string>& words) const {
  if (TypeAt(i) != P::IDENT) return std::nullopt;
  std::string text(map_.text(SpanAt(i)));
  if (auto guess = source::DidYouMean(text, words)) return guess;
  // Two letters that changed places are two edits, which is too much for a short word.
  std::string letters = text;
  std::sort(letters.begin(), letters.end());
  for (const std::string& word : words) {
    std::string sorted = word;
    std::sort(sorted.begin(), sorted.end());
    if (word.size() > 2 && sorted == letters) return word;
  }
  return std::nullopt;
}

source::Diagnostic& PolMessage::Say(Code code, source::Span span, std::string message) {
  return sink_.Report(code, span, std::move(message));
}

std::string PolMessage::Sentence() const {
  size_t word = 0;
  if (TypeAt(0) == P::ACTION && TypeAt(1) == P::CLASS && IsPolName(TypeAt(2))) word = 1;
  if (TypeAt(0) == P::LIMIT && TypeAt(1) == P::KIND) word = 1;
  std::string words = word == 0 ? TextAt(0) : TextAt(0) + " " + TextAt(1);
  if (IsPolName(TypeAt(word + 1)) && at_ > word + 1) {
    size_t last = word + 1;
    while (last + 2 < at_ && TypeAt(last + 1) == P::DOT) last += 2;
    return fmt::format("{} `{}`", words,
                       source::Excerpt(map_.text(source::Cover(SpanAt(word + 1), SpanAt(last)))));
  }
  if (TypeAt(word + 1) == P::STRING && at_ > word + 1) return fmt::format("{} {}", words, TextAt(word + 1));
  return words;
}

// ------------------------------------------------------------------------------------------ The mistakes

bool PolMessage::NoDeclaration() {
  // Where a declaration may start, every word that starts one is wanted.
  bool wanted = Wants(P::RULE) && Wants(P::FACT) && Wants(P::GUARANTEE);
  if (type_ == kEnd || !wanted || Wants(P::IDENT)) return false;
  std::string text = TextAt(at_);
  if (at_ > 0 && !Innermost({P::RuleDeclarations})) return false;
  if (type_ >= P::ALLOW && type_ <= P::REQUIRE) {
    Say(Code::kUnknownDeclaration, SpanAt(at_), fmt::format("`{}` stands where a declaration starts", text))
        .help = fmt::format("a rule has a name: `rule some_name {} ...`", text);
    return true;
  }
  if (at_ > 0) {
    // Behind a complete declaration: its next word is wrong, or the next declaration's first.
    bool new_line = tokens_[at_]->getLine() != tokens_[at_ - 1]->getLine();
    if (!new_line || !(IsPolName(type_) || type_ == P::STRING)) return false;
  }
  Diagnostic& d =
      Say(Code::kUnknownDeclaration, SpanAt(at_), fmt::format("no declaration starts with `{}`", text));
  if (StartsPolDeclaration(type_)) {
    // A known word, but what follows it does not.
    d.message = fmt::format("`{}` is not followed by what a declaration needs", text);
  } else if (std::string_view other = Find(kOtherDeclarations, text); !other.empty()) {
    d.help = fmt::format("did you mean `{}`?", other);
  } else {
    std::vector<std::string> words = {"policy"};
    for (size_t type : kDeclarationWords) words.push_back(Literal(type));
    if (auto guess = Guess(at_, words)) {
      d.help = fmt::format("did you mean `{}`?", *guess);
    } else {
      d.help = "declarations start with a word such as `rule`, `fact`, `action`, `agent`, `test`, `use`";
    }
  }
  return true;
}

bool PolMessage::EndsTooEarly() {
  if (type_ != kEnd || at_ == 0) return false;
  source::Span last = SpanAt(at_ - 1);
  source::Span end{file_, last.end, last.end};
  auto with_next = [&](Diagnostic& d) {
    if (next_ != nullptr) d.labels.push_back({SpanOfToken(next_, file_), "the next declaration starts here"});
  };
  // The bracket that is still open is the better news.
  std::vector<size_t> open;
  for (size_t i = 0; i < at_; ++i) {
    size_t type = TypeAt(i);
    if (type == P::LPAREN || type == P::LBRACE || type == P::LBRACKET) open.push_back(i);
    if ((type == P::RPAREN || type == P::RBRACE || type == P::RBRACKET) && !open.empty()) open.pop_back();
  }
  if (!open.empty()) {
    Diagnostic& d =
        Say(Code::kIncompleteDeclaration, end, fmt::format("{} ends inside brackets", Sentence()));
    d.labels.push_back({SpanAt(open.back()), fmt::format("this `{}` is not closed", TextAt(open.back()))});
    return true;
  }
  if (NoWithin() || NoText()) return true;
  Diagnostic& d = Say(Code::kIncompleteDeclaration, end, fmt::format("{} is not finished", Sentence()));
  if (std::string list = Expected(); !list.empty()) d.message += ", expected " + list;
  bool has_effect = false;
  for (size_t i = 0; i < at_; ++i)
    has_effect |= (TypeAt(i) >= P::ALLOW && TypeAt(i) <= P::REQUIRE) || TypeAt(i) == P::LIMIT;
  if (TypeAt(0) == P::RULE && IsPolName(TypeAt(1)) && !has_effect) {
    d.code = Code::kInvalidEffect;
    d.message = fmt::format("{} says nothing", Sentence());
    d.help = "behind its name a rule has `allow`, `forbid`, `suggest`, `require` or `limit`";
  } else if (Before() == P::ON && In(P::RuleTarget)) {
    d.help = "behind `on` stands on what: `Service`, `Service in Environment \"production\"`, `anything`";
  } else if (Before() == P::TO && In(P::RuleTarget)) {
    d.help = "behind `to` stand actions, `do any CLASS`, `do anything` or `change anything`";
  } else if (Wants(P::TO) && In(P::RuleTarget)) {
    d.help = "a rule says who may do what: `allow Agent to restart_pod on Service`";
  } else if (TypeAt(0) == P::FACT && (Wants(P::OTHERWISE) || Wants(P::COMMA)) && !Wants(P::IDENT)) {
    d.help = "the last clause of a fact is `otherwise VALUE`, for every case that none before it meets";
  }
  with_next(d);
  return true;
}

bool PolMessage::NoEffect() {
  if (!Innermost({P::RuleRuleDecl, P::RuleEffect}) || !Wants(P::ALLOW)) return false;
  std::string text = TextAt(at_);
  Diagnostic& d = Say(Code::kInvalidEffect, SpanAt(at_),
                      fmt::format("`{}` stands where {} needs its effect", text, Sentence()));
  std::string_view other = Find(kOtherEffects, text);
  auto guess = source::DidYouMean(text, {"allow", "forbid", "suggest", "require", "limit"});
  if (!other.empty()) {
    d.help = fmt::format("write `{}`", other);
  } else if (guess) {
    d.help = fmt::format("did you mean `{}`?", *guess);
  } else {
    d.help = "a rule has `allow`, `forbid`, `suggest`, `require` or `limit`, then who may do what";
  }
  return true;
}

bool PolMessage::NoText() {
  if (!Wants(P::STRING) || Wants(P::IDENT) || !(WantsOnly(P::STRING) || Before() == P::BECAUSE)) return false;
  if (at_ == 0 || In(P::RuleScope) || In(P::RulePool) || In(P::RuleEntity) || In(P::RuleControl))
    return false;
  source::Span span = SpanAt(at_);
  std::string before = TextAt(at_ - 1);
  if (type_ == kEnd || Before() == P::BECAUSE) span = SpanAt(at_ - 1);
  Diagnostic& d = Say(Code::kMissingText, span, fmt::format("`{}` is not followed by a text", before));
  d.help = Before() == P::BECAUSE
               ? "a reason stands in double quotes: `because \"a pod restart is reversible\"`"
           : Before() == P::TEST_WORD ? "a test has a title: `test \"3am restart\"`"
           : Before() == P::MATCHES   ? "a pattern is a text with `*` for anything: `matches \"prod-*\"`"
                                      : fmt::format("texts stand in double quotes: `{} \"...\"`", before);
  return true;
}

bool PolMessage::Chained() {
  if (!IsComparison(type_) || at_ == 0) return false;
  // Back to where this comparison started; was there an operator on the way?
  bool compared = false;
  for (size_t i = at_; i-- > 0;) {
    size_t type = TypeAt(i);
    if (type == P::WHEN || type == P::UNLESS || type == P::AND || type == P::OR || type == P::AND_SYMBOL ||
        type == P::OR_SYMBOL || type == P::SATISFIES || type == P::IF || type == P::THEN || type == P::ELSE ||
        type == P::LPAREN || type == P::LBRACKET || type == P::NOT || type == P::ASSUME) {
      break;
    }
    if (i == 0) return false;
    compared |= IsComparison(type);
  }
  if (!compared) return false;
  Say(Code::kChainedRelation, SpanAt(at_),
      fmt::format("`{}` follows a comparison, comparisons do not chain", TextAt(at_)))
      .help = "join two comparisons: `a is b and b is c`; between two ends: `x is between 1 and 5`";
  return true;
}

bool PolMessage::NoWithin() {
  if (!Wants(P::WITHIN) || !In(P::RuleQuorum) || Before() == P::WITHIN) return false;
  // A word that means nothing here is the better news: `withn 30m`, `Team sre`.
  if (type_ == P::IDENT || type_ == P::STRING || Before() == P::BY) return false;
  bool ends = type_ == kEnd;
  source::Span last = SpanAt(at_ - 1);
  Diagnostic& d = Say(Code::kMissingWithin, {file_, last.end, last.end},
                      "this approval has no `within`, which says how old it may be");
  d.help = "add for example `within 30m`";
  if (!ends) d.labels.push_back({SpanAt(at_), "expected before this"});
  return true;
}

bool PolMessage::NoQuotes() {
  bool name = IsPolName(type_) || type_ == P::INT || type_ == P::DECIMAL;
  if (!name || at_ < 2 || !IsPolName(Before()) || tokens_[at_]->getLine() != tokens_[at_ - 1]->getLine())
    return false;
  // A misspelt word of the sentence is likelier where one was wanted.
  if (Guess(at_, ExpectedWords()) || !Find(kOtherClauses, map_.text(SpanAt(at_))).empty()) return false;
  // The id goes on over dashes and the like: `security-team`.
  size_t last = at_;
  while (last + 2 < tokens_.size() &&
         tokens_[last]->getStopIndex() + 1 == tokens_[last + 1]->getStartIndex() &&
         tokens_[last + 1]->getStopIndex() + 1 == tokens_[last + 2]->getStartIndex() &&
         (TypeAt(last + 1) == P::MINUS || TypeAt(last + 1) == P::DOT)) {
    last += 2;
  }
  source::Span span = source::Cover(SpanAt(at_), SpanAt(last));
  std::string id = source::Excerpt(map_.text(span));
  std::string before = TextAt(at_ - 1);
  bool control = In(P::RuleControl);
  size_t two_before = Before(2);
  bool place = control || two_before == P::IN || two_before == P::OF || two_before == P::GIVEN ||
               two_before == P::BY || (two_before == P::OR && In(P::RuleQuorum)) ||
               (TypeAt(0) == P::TEST_WORD && two_before == P::WHEN);
  // Elsewhere only if the sentence goes on behind it as it should have before.
  if (!place && !Wants(TypeAt(last + 1))) return false;
  if (!place && (TypeAt(last + 1) == kEnd || !In(P::RuleTarget))) return false;
  Say(Code::kUnquotedId, span,
      control ? fmt::format("`{}` stands where the clause of `{}` is named", id, before)
              : fmt::format("`{}` stands behind the name `{}`", id, before))
      .help = fmt::format("{} in double quotes: `{} \"{}\"`",
                          control ? "a clause is written" : "the id of an entity is written", before, id);
  return true;
}

bool PolMessage::CedarName() {
  bool colons = type_ == P::COLON && TypeAt(at_ + 1) == P::COLON;
  bool second = type_ == P::COLON && Before() == P::COLON;
  if (!colons && !second) return false;
  size_t first = second ? at_ - 1 : at_;
  size_t behind = first + 2;
  std::string before = first > 0 ? TextAt(first - 1) : "Team";
  Diagnostic& d = Say(Code::kUnquotedId, source::Cover(SpanAt(first), SpanAt(first + 1)),
                      "`::` is Cedar's way to write names");
  d.help = TypeAt(behind) == P::STRING
               ? fmt::format("in Pol an entity is `{} {}`", before, TextAt(behind))
               : fmt::format("in Pol the parts of a name are joined by a dot: `{}.{}`", before,
                             behind < tokens_.size() - 1 ? TextAt(behind) : "Name");
  return true;
}

bool PolMessage::Braces() {
  // `when { x is y }`: the brace was read as a record.
  if (!In(P::RuleRecord) && type_ != P::LBRACE) return false;
  size_t brace = at_;
  while (brace > 0 && TypeAt(brace) != P::LBRACE) --brace;
  size_t before = brace > 0 ? TypeAt(brace - 1) : kEnd;
  if (TypeAt(brace) != P::LBRACE || (before != P::WHEN && before != P::UNLESS)) return false;
  Say(Code::kUnexpectedToken, SpanAt(brace),
      fmt::format("`{{` stands behind `{}`, conditions have no braces", TextAt(brace - 1)))
      .help = fmt::format("write `{} principal.x is resource.y`", TextAt(brace - 1));
  return true;
}

bool PolMessage::ForeignOperator() {
  if (at_ == 0 || !InExpression()) return false;
  std::string text = TextAt(at_);
  std::string before = TextAt(at_ - 1);
  auto say = [&](source::Span span, std::string_view right) {
    Say(Code::kUnsupportedOperator, span,
        fmt::format("`{}` is no operator of Pol", source::Excerpt(map_.text(span))))
        .help = fmt::format("write `{}`", right);
    return true;
  };
  if (type_ == P::SLASH)
    return Say(Code::kUnsupportedOperator, SpanAt(at_), "`/` is no operator of Pol, there is no division")
               .help = "multiply the other side instead",
              true;
  if (type_ == P::IN && Before() == P::IS) return say(source::Cover(SpanAt(at_ - 1), SpanAt(at_)), "in");
  if (type_ == P::IN && Before() == P::NOT && Before(2) == P::IS)
    return say(source::Cover(SpanAt(at_ - 2), SpanAt(at_)), "not in");
  if ((type_ == P::CONTAINS || type_ == P::HAS || type_ == P::MATCHES) && Before() == P::NOT) {
    return say(source::Cover(SpanAt(at_ - 1), SpanAt(at_)), fmt::format("not (... {} ...)", text));
  }
  // `is greater than 5`, `is older 5`: the comparative was read as a name.
  size_t is = Before() == P::IS ? at_ - 1 : at_ >= 2 && Before(2) == P::IS ? at_ - 2 : at_;
  if (is + 2 == at_) {
    if (std::string_view right = Find(kOtherComparatives, before); !right.empty()) {
      size_t last = text == "than" || text == "to" ? at_ : at_ - 1;
      return say(source::Cover(SpanAt(is), SpanAt(last)), right);
    }
  }
  if (type_ == P::IDENT || type_ == P::ALL || type_ == P::ANY) {
    if (std::string_view right = Find(kOtherOperators, text); !right.empty()) return say(SpanAt(at_), right);
  }
  return false;
}

bool PolMessage::Reserved() {
  if (!IsReservedPolWord(type_) || at_ == 0) return false;
  size_t before = Before();
  bool declares =
      StartsPolDeclaration(before) || before == P::CLASS || before == P::KIND || before == P::EACH;
  bool lists = (before == P::COMMA || before == P::LT || before == P::DOT) && Wants(P::IDENT);
  if (!declares && !lists) return false;
  Diagnostic& d = Say(Code::kReservedWord, SpanAt(at_),
                      fmt::format("`{}` is a reserved word and cannot be a name here", TextAt(at_)));
  if (before == P::ACTION || In(P::RuleActs))
    d.help = fmt::format("the name of an action may be quoted: `\"{}\"`", TextAt(at_));
  return true;
}

void PolMessage::Unexpected() {
  std::string message =
      type_ == kEnd ? "unexpected end of file" : fmt::format("unexpected `{}`", TextAt(at_));
  if (std::string list = Expected(); !list.empty()) {
    message += ", expected " + list;
  } else if (at_ > 0) {
    message += fmt::format(" in {}", Sentence());
  }
  std::string help = Help();
  Say(Code::kUnexpectedToken, SpanAt(at_), std::move(message)).help = std::move(help);
}

std::string PolMessage::Help() const {
  std::string text(map_.text(SpanAt(at_)));
  size_t before = Before();
  bool rule = TypeAt(0) == P::RULE || TypeAt(0) == P::CAP;
  if (auto guess = Guess(at_, ExpectedWords())) return fmt::format("did you mean `{}`?", *guess);
  if (Wants(P::WHEN) && rule) {
    if (std::string_view clause = Find(kOtherClauses, text); !clause.empty())
      return fmt::format("write `{}`", clause);
  }
  bool glued = at_ > 0 && tokens_[at_ - 1]->getStopIndex() + 1 == tokens_[at_]->getStartIndex();
  if (type_ == P::MINUS && glued && IsPolName(before)) {
    return Before(2) == P::TO || Before(2) == P::ACTION || Before(2) == P::COMMA
               ? fmt::format("a name has letters, digits and `_`; another action's is quoted: `\"{}-...\"`",
                             TextAt(at_ - 1))
               : "a name has letters, digits and `_`";
  }
  if (type_ == P::STRING && before == P::RULE)
    return "a rule has a name before its title: `rule frozen \"Nothing changes\"`";
  if (type_ == P::INT && Wants(P::DURATION))
    return fmt::format("a duration has its unit: `{}m`, `{}s`", text, text);
  if (Innermost({P::RuleQuorumPart}) && Wants(P::OF) && !Wants(P::IDENT))
    return fmt::format("say how many: `1 of {} ...`", TextAt(at_ - 1));
  if (Innermost({P::RuleAttribute}) && Wants(P::COLON)) {
    std::vector<std::string> words = {"from", "varies"};
    if (before == P::AT) return "a bound follows a comma: `Set of Text, at most 16`";
    if (auto guess = Guess(at_ - 1, words))
      return fmt::format("did you mean `{}`, not `{}`?", *guess, TextAt(at_ - 1));
    return "an attribute is written `name : Type`";
  }
  if (before == P::THE) return "a fact is `the highest of` or `the first of` its clauses";
  if (before == P::ANYONE && type_ == P::IN)
    return "`anyone` stands alone; a group has a type: `Human in Team \"dba\"`";
  if (type_ >= P::OPEN && type_ <= P::OFF && InExpression()) return fmt::format("write `is {}`", text);
  if (type_ == P::ON && InExpression() && Wants(P::IS))
    return "write `is on`; on what stands before the conditions";
  if (In(P::RuleEffect) && Wants(P::FOR) && Wants(P::TO))
    return "a limit has its value behind `to`: `limit timeout to 30s`";
  if (Wants(P::FOR) && In(P::RuleEffect))
    return "`suggest`, `require` and `limit` say for whom: `... for Agent to restart_pod`";
  if (type_ == P::UNLESS || type_ == P::WHEN) return "conditions stand behind who, what and on what";
  if (Innermost({P::RuleTarget}) && Wants(P::TO))
    return "a rule says who may do what: `allow Agent to restart_pod on Service`";
  if (before == P::TO && In(P::RuleTarget))
    return "behind `to` stand actions, `do any CLASS`, `do anything` or `change anything`";
  if (In(P::RuleHoursDecl) && Wants(P::CLOCK)) return "times of the day have two digits each: `09:00`";
  if (type_ == P::COMMA && InExpression()) {
    for (size_t i = at_; i-- > 0 && TypeAt(i) != P::WHEN;) {
      if (TypeAt(i) == P::ONE) return "a set stands in brackets: `is one of [a, b]`";
    }
  }
  if (type_ == P::COMMA && rule)
    return "clauses of a rule are not separated by commas; conditions are joined by `and`";
  return "";
}

// ------------------------------------------------------------------------------------------ What was wanted

std::vector<std::string> PolMessage::ExpectedWords() const {
  std::vector<std::string> words;
  bool any_name = Wants(P::IDENT);
  for (size_t type = P::ALLOW; type <= P::WINS; ++type) {
    if (Wants(type) && !(any_name && IsContextualPolWord(type))) words.push_back(Literal(type));
  }
  return words;
}

std::string PolMessage::Expected() const {
  constexpr size_t kMostListed = 6;
  bool expression = Wants(P::IDENT) && Wants(P::LPAREN) && Wants(P::STRING) && Wants(P::PRINCIPAL);
  bool word = Wants(P::IDENT) && Wants(P::BECAUSE) && Wants(P::WHEN) && Wants(P::SATISFIES);
  bool name = Wants(P::IDENT);
  bool operators = Wants(P::IS) && Wants(P::CONTAINS);
  bool clauses = !word && Wants(P::WHEN) && Wants(P::BECAUSE) && Wants(P::MEETS);
  bool declaration = !name && Wants(P::RULE) && Wants(P::FACT) && Wants(P::GUARANTEE);
  std::vector<std::string> items;
  if (expression) items.push_back("an expression");
  if (name && !expression) items.push_back("a name");
  if (operators) items.push_back("an operator");
  if (clauses) items.push_back("a clause");
  if (declaration) items.push_back("a declaration");
  if (Wants(P::STRING) && !expression) items.push_back("a text in double quotes");
  if (Wants(P::INT) && !expression) items.push_back("a number");
  if (Wants(P::DURATION) && !expression) items.push_back("a duration such as `30m`");
  if (Wants(P::DATETIME) && !expression) items.push_back("a time such as `2026-11-21T03:14:00Z`");
  if (Wants(P::CLOCK)) items.push_back("a time of the day such as `09:00`");
  for (size_t type = P::ALLOW; type < P::DATETIME; ++type) {
    if (!Wants(type)) continue;
    if (name && IsContextualPolWord(type)) continue;
    if (word && IsReservedPolWord(type)) continue;
    if (declaration && (StartsPolDeclaration(type) || type == P::POLICY)) continue;
    if (expression &&
        (type == P::LPAREN || type == P::LBRACKET || type == P::LBRACE || type == P::NOT ||
         type == P::NOT_SYMBOL || type == P::MINUS || type == P::TRUE || type == P::FALSE || type == P::IF ||
         type == P::EVERY || type == P::SOME || (type >= P::PRINCIPAL && type <= P::CONTEXT))) {
      continue;
    }
    if (operators && (IsComparison(type) || type == P::NOT || type == P::AND || type == P::OR ||
                      type == P::OF || (type >= P::OR_SYMBOL && type <= P::STAR) || type == P::DOT ||
                      type == P::LBRACKET || type == P::LPAREN || type == P::STARTS || type == P::ENDS)) {
      continue;
    }
    if (clauses && (type == P::WHEN || type == P::UNLESS || type == P::BECAUSE || type == P::MEETS ||
                    type == P::UNTIL)) {
      continue;
    }
    items.push_back(fmt::format("`{}`", Literal(type)));
  }
  return items.size() > kMostListed ? "" : JoinOr(items);
}

}  // namespace polc::syntax
