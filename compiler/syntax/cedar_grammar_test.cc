// The shape of Cedar.g4: every decision is made by SLL prediction, whatever the policy. A decision that
// falls back to full-context LL costs ten times as much and would go unnoticed otherwise.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "compiler/syntax/ast_printer.h"
#include "compiler/syntax/testing/random_policy.h"

// After the AST: ANTLR defines short names.
#include <antlr4-runtime.h>

#include "grammar/CedarLexer.h"
#include "grammar/CedarParser.h"

namespace polc::syntax {
namespace {

class Counter : public antlr4::BaseErrorListener {
 public:
  size_t errors = 0, ambiguities = 0, full_contexts = 0;

  void syntaxError(antlr4::Recognizer*, antlr4::Token*, size_t, size_t, const std::string&,
                   std::exception_ptr) override {
    ++errors;
  }
  void reportAmbiguity(antlr4::Parser*, const antlr4::dfa::DFA&, size_t, size_t, bool,
                       const antlrcpp::BitSet&, antlr4::atn::ATNConfigSet*) override {
    ++ambiguities;
  }
  void reportAttemptingFullContext(antlr4::Parser*, const antlr4::dfa::DFA&, size_t, size_t,
                                   const antlrcpp::BitSet&, antlr4::atn::ATNConfigSet*) override {
    ++full_contexts;
  }
};

void Parse(const std::string& policy, Counter& counter) {
  antlr4::ANTLRInputStream input(policy);
  grammar::CedarLexer lexer(&input);
  antlr4::CommonTokenStream tokens(&lexer);
  grammar::CedarParser parser(&tokens);
  parser.removeErrorListeners();
  parser.addErrorListener(&counter);
  parser.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(
      antlr4::atn::PredictionMode::LL_EXACT_AMBIG_DETECTION);
  parser.policy();
}

TEST(CedarGrammar, NeverNeedsFullContext) {
  Counter counter;
  for (uint32_t seed = 0; seed < 300; ++seed) Parse(PrintPolicy(testing::RandomPolicy(seed)), counter);
  for (const char* policy : {
           "permit(principal is A::B in ?principal,action in[Action::\"a\",],resource,);",
           "@a@b(\"x\")permit(principal,action,resource)when{if a.b.c(1,)[\"d\"] is T in x then {a:1,} else "
           "-(-1)};",
           "permit(principal,action,resource)when{a is T in b && c has d.e.f || g like \"*\" && h in [1,2,] "
           "== !!i};",
       }) {
    Parse(policy, counter);
  }
  EXPECT_EQ(counter.errors, 0u);
  EXPECT_EQ(counter.ambiguities, 0u);
  EXPECT_EQ(counter.full_contexts, 0u);
}

}  // namespace
}  // namespace polc::syntax
