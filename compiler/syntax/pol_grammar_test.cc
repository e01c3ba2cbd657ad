// The shape of Pol.g4: every text has one reading, and no decision needs more than SLL prediction. ANTLR is
// asked with exact ambiguity detection about every example the project has.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "compiler/syntax/pol_message.h"
#include "compiler/syntax/pol_parser.h"

// After the AST: ANTLR defines short names.
#include <antlr4-runtime.h>

#include "grammar/PolLexer.h"
#include "grammar/PolParser.h"

namespace polc::syntax {
namespace {

namespace fs = std::filesystem;

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

class Counter : public antlr4::BaseErrorListener {
 public:
  std::vector<std::string> errors, ambiguities;
  size_t full_contexts = 0;

  void syntaxError(antlr4::Recognizer*, antlr4::Token* token, size_t line, size_t, const std::string& message,
                   std::exception_ptr) override {
    errors.push_back(std::to_string(line) + ": " + message + " at " + (token ? token->getText() : "?"));
  }
  void reportAmbiguity(antlr4::Parser* parser, const antlr4::dfa::DFA& dfa, size_t from, size_t to, bool,
                       const antlrcpp::BitSet&, antlr4::atn::ATNConfigSet*) override {
    size_t rule = parser->getATN().decisionToState[dfa.decision]->ruleIndex;
    ambiguities.push_back(parser->getRuleNames()[rule] + ": " +
                          parser->getTokenStream()->getText(antlr4::misc::Interval(from, to)));
  }
  void reportAttemptingFullContext(antlr4::Parser*, const antlr4::dfa::DFA&, size_t, size_t,
                                   const antlrcpp::BitSet&, antlr4::atn::ATNConfigSet*) override {
    ++full_contexts;
  }
};

Counter Parse(const std::string& text) {
  Counter counter;
  antlr4::ANTLRInputStream input(text);
  grammar::PolLexer lexer(&input);
  antlr4::CommonTokenStream tokens(&lexer);
  grammar::PolParser parser(&tokens);
  parser.removeErrorListeners();
  parser.addErrorListener(&counter);
  parser.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(
      antlr4::atn::PredictionMode::LL_EXACT_AMBIG_DETECTION);
  parser.declarations();
  return counter;
}

void ExpectOneReading(const std::string& text, const std::string& where) {
  Counter counter = Parse(text);
  EXPECT_EQ(counter.errors, std::vector<std::string>()) << where;
  EXPECT_EQ(counter.ambiguities, std::vector<std::string>()) << where;
  EXPECT_EQ(counter.full_contexts, 0u) << where;
}

TEST(PolGrammar, TheSampleAndAllFormsHaveOneReading) {
  for (const char* file : {"sample.pol", "forms.pol"}) {
    std::string text = ReadAll(fs::path(POLC_SOURCE_DIR) / "tests/pol" / file);
    ASSERT_FALSE(text.empty()) << file;
    ExpectOneReading(text, file);
  }
}

// Texts where a reading too many would hide: words of the language as names, what is open to the right.
TEST(PolGrammar, AwkwardTextsHaveOneReading) {
  for (const char* text : {
           "rule a allow Agent to x when p and every e in s satisfies e is 1 or e is 2 and some f in t "
           "satisfies f",
           "rule a allow Agent to x when not not every e in s satisfies not e and not some f in t satisfies "
           "f",
           "rule a allow Agent to x when a and if b then c or d else e or f and g",
           "rule a allow Agent to x when (number of e in s satisfies e) is at least 2 and number of resource "
           "is 3",
           "fact f : T is the first of the when first, highest when of, otherwise the fact g : T is the",
           "use a.b with with1 of, x a.b (shadow) use c (enforced) use use",
           "action class by A on B action class class is reversible action class, action1 action x in class",
           "test \"t\" given evidence of 3 given evidence is on given now is 4 given now 2026-01-01 given of "
           "of 3 is of "
           "given enforces enforces, nothing given given is given given now of Now \"x\" is off when A \"a\" "
           "asks to to1 "
           "on B \"b\" with limits 3, with 4 expect allow with limits limits 5 by by1/with1, \"a b\"/c",
           "rule limit limit limit, kind to kind for of.of in of to do, change, do limit kind kind : kind, "
           "any true",
           "rule r require approval by of of of within of including owner and evidence evidence "
           "or1 of x "
           "within 3m",
           "attempts counts counts counts for each context.for over over breaker each for each principal "
           "opens at opens "
           "over over over closes after closes switch each for each each fresh within fresh",
           "principal group in in1 owned by by1 has for : Set of Set1, at most 3 from host, from if missing, "
           "varies "
           "from : host from host, varies if missing has? : has1 \"a b\" : T",
           "rule x suggest a.b.\"c\" with with x.y(1, [2,],), \"z\" -3 for any T in T.U \"x\" to \"y\" on "
           "anything until "
           "2026-01-01 unless approved and x unless approved by 1 of approved within 1m when approved",
           "rule x forbid T to a when x is within s and y is under and z is under - 1 or w is within - 5",
           "rule x allow T to a when [{a: 1, \"b\": 2,},] contains {} and context[\"x\"].y[\"z\"](1)",
       }) {
    Counter counter = Parse(text);
    EXPECT_EQ(counter.ambiguities, std::vector<std::string>()) << text;
  }
}

// The users' reference: each block between ```pol and ``` is a file.
TEST(PolGrammar, EveryExampleOfTheReferenceIsReadInOneWay) {
  std::string text = ReadAll(fs::path(POLC_SOURCE_DIR) / "docs/language.md");
  constexpr std::string_view kOpen = "```pol\n";
  size_t blocks = 0;
  for (size_t at = text.find(kOpen); at != std::string::npos; at = text.find(kOpen, at)) {
    at += kOpen.size();
    size_t end = text.find("```", at);
    ASSERT_NE(end, std::string::npos);
    std::string block = text.substr(at, end - at);
    ExpectOneReading(block, "docs/language.md:\n" + block);
    source::SourceMap map;
    source::DiagnosticSink sink;
    ParsePol(map, map.Add("language.md", block), sink);
    for (const source::Diagnostic& d : sink.diagnostics()) ADD_FAILURE() << d.message << "\n" << block;
    ++blocks;
    at = end;
  }
  EXPECT_GE(blocks, 24u);
}

TEST(PolGrammar, TheReferenceListsTheReservedWords) {
  std::string text = ReadAll(fs::path(POLC_SOURCE_DIR) / "docs/language.md");
  size_t begin = text.find("checked by a test -->"), end = text.find("<!-- end -->");
  ASSERT_LT(begin, end);
  std::vector<std::string> listed;
  for (size_t at = text.find('`', begin); at < end; at = text.find('`', at)) {
    size_t close = text.find('`', at + 1);
    listed.push_back(text.substr(at + 1, close - at - 1));
    at = close + 1;
  }
  std::sort(listed.begin(), listed.end());
  EXPECT_EQ(listed, ReservedPolWords());
}

TEST(PolGrammar, ReservedWordsAreFew) {
  std::vector<std::string> words = ReservedPolWords();
  EXPECT_EQ(words.size(), 54u);
  EXPECT_NE(std::find(words.begin(), words.end(), "allow"), words.end());
  EXPECT_EQ(std::find(words.begin(), words.end(), "rule"), words.end());
}

}  // namespace
}  // namespace polc::syntax
