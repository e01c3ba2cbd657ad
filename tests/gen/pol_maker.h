// Makes one random Pol file; see pol_gen.h.
//
// Internal to tests/gen. What is longer than a line stands in the file of its subject.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/gen/pol_gen.h"

namespace polc::gen::pol {

using namespace syntax::pol;
using syntax::kNoExpr;
using syntax::Name;
using syntax::Var;

// Words of the language that are names as well, and plain names.
inline constexpr std::array<std::string_view, 40> kNames = {
    "a",      "risk",    "Team",     "Agent", "x_1",    "rule",    "limit",    "kind",
    "test",   "label",   "group",    "agent", "fact",   "ladder",  "evidence", "policy",
    "number", "of",      "approved", "meets", "until",  "the",     "highest",  "now",
    "given",  "under",   "domain",   "deny",  "starts", "with1",   "first",    "host",
    "from",   "setting", "use",      "owner", "set",    "counter", "total",    "autonomy"};
inline constexpr std::array<std::string_view, 10> kReserved = {"in",  "is",  "for",     "when", "and",
                                                               "not", "Set", "missing", "one",  "within"};
inline constexpr std::array<std::string_view, 10> kTexts = {
    "", "sre", "a b", "\"q\"", "back\\slash", "tab\tx", "// c", "line\nbreak", "\xC3\xA9\xE4\xB8\x96", "*"};

class Maker {
 public:
  Maker(Rng& rng, const PolOptions& options) : rng_(rng), options_(options) {}

  File Make();

 private:
  // --- Words ---
  std::string Word() { return std::string(rng_.Pick(kNames)); }
  std::string AnyWord() { return rng_.Chance(25) ? std::string(rng_.Pick(kReserved)) : Word(); }
  std::string Text() { return std::string(rng_.Pick(kTexts)); }
  Name Simple() { return {.text = Word(), .span = {}}; }
  Name Dotted();
  // Behind a dot every word is a name.
  Name Module();
  template <typename Make>
  auto Some(size_t least, Make make) {
    std::vector<decltype(make())> items;
    do items.push_back(make());
    while (items.size() < least || rng_.Chance(30));
    return items;
  }
  template <typename Make>
  auto Maybe(unsigned percent, Make make) {
    decltype(Some(1, make)) items;
    if (rng_.Chance(percent)) items = Some(1, make);
    return items;
  }
  std::optional<std::string> Title();
  EntityRef Entity() { return {.type = Dotted(), .id = Text(), .span = {}}; }
  ActionName Action();
  int64_t Time();
  int64_t Duration();

  // --- Expressions: pol_gen_expr.cc ---
  ExprId Add(Expr e);
  ExprId Node(ExprKind kind, std::vector<ExprId> operands = {}, std::string text = "", int64_t integer = 0);
  ExprId NameExpr() { return Node(ExprKind::kName, {}, Word()); }
  ExprId VarExpr() { return Node(ExprKind::kVar, {}, "", static_cast<int64_t>(rng_.Below(4))); }
  ExprId EntityExpr();
  ExprId Path(size_t least, bool only_variables);
  ExprId Key() { return Path(0, true); }
  ExprId DurationExpr();
  ExprId Count() { return rng_.Chance(30) ? NameExpr() : Node(ExprKind::kNumber, {}, "", rng_.Range(0, 9)); }
  ExprId Pool();
  ExprId Literal();
  ExprId SetOf(int depth);
  ExprId Record(int depth);
  ExprId Primary(int depth);
  ExprId Operand(int depth);
  // What a minus in front would become a part of.
  bool StartsWithNumber(ExprId id) const;
  // A value without operators, as arguments take it.
  ExprId Value(int depth);
  ExprId Constant();
  ExprId Term(int depth);
  ExprId Sum(int depth);
  ExprId Relation(int depth);
  ExprId Comparison(ExprId subject, int depth);
  bool IsText(ExprId id) const;
  Pattern MakePattern();
  // What is open to the right, at the end of a list.
  ExprId Open(int depth);
  ExprId MakeExpr(int depth);
  ExprId MakeExpr() { return MakeExpr(options_.depth); }

  // --- Parts of declarations: pol_gen_parts.cc ---
  TypeRef Type();
  Attr MakeAttr();
  Arg MakeArg();
  Scope MakeScope();
  Acts MakeActs();
  Target MakeTarget();
  QuorumPart MakePart();
  Quorum MakeQuorum();
  std::vector<Quorum> Quorums();
  Need MakeNeed();
  Name LimitName() { return rng_.Chance(15) ? Name{.text = "read_only", .span = {}} : Simple(); }
  Limit MakeLimit();
  Control MakeControl() { return {.catalogue = Dotted(), .clause = Text(), .clause_span = {}, .span = {}}; }
  std::vector<Clause> Clauses(bool restricting);
  Mode MakeMode();
  std::vector<ExprId> Keys();
  std::vector<Name> Names();
  std::vector<Attr> Attrs();
  std::vector<Arg> Args(unsigned percent);

  // --- Declarations: pol_gen.cc ---
  RuleDecl MakeRule();
  Decl MakeDecl();

  // --- Tests and what they are given: pol_gen_tests.cc ---
  // No word of the language.
  Name FixtureName();
  Given MakeGiven();
  // No minus, and no address in words: what `literal` takes.
  ExprId UnsignedLiteral();
  TestDecl MakeTest();
  Ask MakeAsk();
  Next MakeNext();
  Expectation MakeExpectation();

  Rng& rng_;
  PolOptions options_;
  File file_;
};

}  // namespace polc::gen::pol
