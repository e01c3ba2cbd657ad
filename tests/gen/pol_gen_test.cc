// Laws of Pol's reader and formatter over random files: what was printed is what is read, formatting keeps
// the meaning and every comment, and formatting twice is formatting once.
#include "tests/gen/pol_gen.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "compiler/format/pol_format.h"
#include "compiler/syntax/pol_dump.h"
#include "compiler/syntax/pol_parser.h"

// After the AST: ANTLR defines short names.
#include <antlr4-runtime.h>

#include "grammar/PolLexer.h"
#include "grammar/PolParser.h"

namespace polc::gen {
namespace {

size_t Cases(size_t full) {
  // POLC_CASES makes a run longer or, under sanitizers, shorter.
  const char* cases = std::getenv("POLC_CASES");
  return cases != nullptr ? std::strtoull(cases, nullptr, 10) : full;
}

struct Read {
  source::SourceMap map;
  source::DiagnosticSink sink;
  syntax::pol::File file;
  std::string messages;

  explicit Read(const std::string& text) {
    file = syntax::ParsePol(map, map.Add("t.pol", text), sink);
    for (const source::Diagnostic& d : sink.diagnostics()) {
      source::LineColumn at = map.Resolve(d.span.file, d.span.begin);
      messages += std::to_string(at.line) + ":" + std::to_string(at.column) + " " + d.message + "\n";
    }
  }
};

std::string Format(const std::string& text) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  return format::FormatPol(map, map.Add("t.pol", text), sink).value_or("does not parse");
}

TEST(PolGen, WhatIsPrintedIsRead) {
  const size_t cases = Cases(12'000);
  for (size_t seed = 0; seed < cases; ++seed) {
    Rng rng(seed);
    syntax::pol::File file = RandomPol(rng);
    ASSERT_EQ(file.Verify(), std::nullopt) << seed;
    std::string meaning = syntax::pol::Dump(file);
    for (PolText style : {PolText::kPlain, PolText::kWild}) {
      std::string text = PrintPol(file, style, &rng);
      Read read(text);
      ASSERT_EQ(read.messages, "") << "seed " << seed << "\n" << text;
      ASSERT_EQ(read.file.Verify(), std::nullopt) << "seed " << seed << "\n" << text;
      ASSERT_EQ(syntax::pol::Dump(read.file), meaning) << "seed " << seed << "\n" << text;
    }
  }
}

TEST(PolGen, FormattingKeepsMeaningAndCommentsAndIsDoneOnce) {
  const size_t cases = Cases(12'000);
  size_t comments_seen = 0;
  for (size_t seed = 0; seed < cases; ++seed) {
    Rng rng(~seed);
    syntax::pol::File file = RandomPol(rng);
    std::vector<std::string> comments;
    std::string text = PrintPol(file, PolText::kWild, &rng, &comments);
    std::string once = Format(text);
    Read read(once);
    ASSERT_EQ(read.messages, "") << "seed " << seed << "\n" << text << "\n--- formatted\n" << once;
    ASSERT_EQ(syntax::pol::Dump(read.file), syntax::pol::Dump(file)) << "seed " << seed << "\n"
                                                                     << text << "\n--- formatted\n"
                                                                     << once;
    ASSERT_EQ(Format(once), once) << "seed " << seed << "\n" << text;
    for (const std::string& comment : comments) {
      ASSERT_NE((once + "\n").find(comment + "\n"), std::string::npos)
          << "seed " << seed << ": " << comment << "\n"
          << text << "\n--- formatted\n"
          << once;
    }
    ASSERT_EQ(once.find("  \n"), std::string::npos) << once;
    ASSERT_EQ(once.find("\n\n\n"), std::string::npos) << once;
    comments_seen += comments.size();
    // Words, not symbols.
    for (const syntax::pol::Expr& e : read.file.exprs)
      ASSERT_NE(e.spelled, syntax::pol::Spelling::kSymbol) << "seed " << seed << "\n" << once;
  }
  EXPECT_GT(comments_seen, cases);
}

// What the grammar's own tests ask of examples, asked of random files.
class Ambiguities : public antlr4::BaseErrorListener {
 public:
  std::vector<std::string> found;
  void reportAmbiguity(antlr4::Parser* parser, const antlr4::dfa::DFA& dfa, size_t from, size_t to, bool,
                       const antlrcpp::BitSet&, antlr4::atn::ATNConfigSet*) override {
    size_t rule = parser->getATN().decisionToState[dfa.decision]->ruleIndex;
    found.push_back(parser->getRuleNames()[rule] + ": " +
                    parser->getTokenStream()->getText(antlr4::misc::Interval(from, to)));
  }
  void syntaxError(antlr4::Recognizer*, antlr4::Token*, size_t line, size_t, const std::string& message,
                   std::exception_ptr) override {
    found.push_back(std::to_string(line) + ": " + message);
  }
};

TEST(PolGen, RandomFilesHaveOneReading) {
  const size_t cases = Cases(12'000) / 12;
  for (size_t seed = 0; seed < cases; ++seed) {
    Rng rng(seed, 1);
    std::string text = PrintPol(RandomPol(rng), PolText::kPlain, nullptr);
    antlr4::ANTLRInputStream input(text);
    grammar::PolLexer lexer(&input);
    antlr4::CommonTokenStream tokens(&lexer);
    grammar::PolParser parser(&tokens);
    Ambiguities ambiguities;
    parser.removeErrorListeners();
    parser.addErrorListener(&ambiguities);
    parser.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(
        antlr4::atn::PredictionMode::LL_EXACT_AMBIG_DETECTION);
    parser.declarations();
    ASSERT_EQ(ambiguities.found, std::vector<std::string>()) << "seed " << seed << "\n" << text;
  }
}

TEST(PolGen, ASeedNamesAFile) {
  Rng a(7), b(7), c(8);
  std::string first = syntax::pol::Dump(RandomPol(a));
  EXPECT_EQ(first, syntax::pol::Dump(RandomPol(b)));
  EXPECT_NE(first, syntax::pol::Dump(RandomPol(c)));
}

}  // namespace
}  // namespace polc::gen
