// Writes a Pol AST: tokens first, then what stands between them; see pol_gen.h.
//
// Internal to tests/gen. What is longer than a line stands in the file of its subject.
#pragma once

#include <array>
#include <initializer_list>
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

inline constexpr std::array<std::string_view, 4> kVars = {"principal", "action", "resource", "context"};
inline constexpr std::array<std::string_view, 3> kClasses = {"read_only", "reversible", "irreversible"};
inline constexpr std::array<std::string_view, 4> kStates = {"on", "off", "open", "closed"};
inline constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

std::string Quoted(const std::string& text, bool pattern = false);
std::string Digits(int64_t value, int width);

class Printer {
 public:
  Printer(const File& file, PolText text, Rng* rng, std::vector<std::string>* comments)
      : file_(file), wild_(text == PolText::kWild), rng_(rng), comments_(comments) {}

  std::string Print();

 private:
  // --- Tokens and what is between them: pol_print.cc ---
  bool Chance(unsigned percent) { return wild_ && rng_->Chance(percent); }
  void Put(std::string_view token);
  void Put(std::initializer_list<std::string_view> tokens);
  void Put(const std::string& token) { Put(std::string_view(token)); }
  void Put(const char* token) { Put(std::string_view(token)); }
  void Between();
  void EndOfDeclaration();
  template <typename T, typename Each>
  void List(const std::vector<T>& items, Each each) {
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) Put(",");
      each(items[i]);
    }
  }
  template <typename T>
  void List(const std::vector<T>& items) {
    List(items, [&](const T& item) { Put(item); });
  }

  // --- Parts: pol_print.cc ---
  void Dotted(const std::string& text);
  void Put(const Name& name) { Dotted(name.text); }
  void Put(const EntityRef& entity);
  void Put(const ActionName& name);
  void Put(const Arg& arg);
  void Put(const TypeRef& type);
  void Put(const Attr& attr);
  void Attrs(const std::vector<Attr>& attrs);
  void Put(const Scope& scope);
  void Put(const Acts& acts);
  void Put(const Target& target);
  void Put(const std::vector<Quorum>& quorums);
  void Put(const std::vector<Clause>& clauses);
  void Put(Mode mode);
  void Title(const std::optional<std::string>& title);
  void Keys(const std::vector<ExprId>& keys);

  // --- Literals and expressions: pol_print_expr.cc ---
  static std::string Time(int64_t ms);
  static std::string Duration(int64_t ms);
  static std::string Decimal(int64_t units);
  static std::string Percent(int64_t units);
  void Negatable(int64_t value, const std::string& magnitude);
  // Where the grammar takes no expression, but a name, a path or the like.
  void Bare(ExprId id) { Expression(id, /*may_wrap=*/false); }
  void Binary(const Expr& e, std::initializer_list<std::string_view> words);
  // `!x` and the like, outside parentheses: what is put around it must not bind tighter.
  void Expression(ExprId id, bool may_wrap = true);
  void Comparison(const Expr& e);

  // --- Declarations: pol_print_decls.cc ---
  void Put(const UseDecl& d);
  void Put(const SettingDecl& d);
  void Put(const EntityDecl& d);
  void Put(const RecordDecl& d);
  void Put(const ClassDecl& d);
  void Put(const ActionDecl& d);
  void Put(const EvidenceDecl& d);
  void Put(const LevelsDecl& d);
  void Put(const NeedsDecl& d);
  void Put(const AssumeDecl& d);
  void Put(const LimitKindDecl& d);
  void Put(const FactDecl& d);
  void Put(const LadderDecl& d);
  void Put(const CapDecl& d);
  void Put(const RuleDecl& d);
  void Put(const SwitchDecl& d);
  void Put(const CounterDecl& d);
  void Put(const TotalDecl& d);
  void Put(const LabelDecl& d);
  void Put(const BreakerDecl& d);
  void Put(const HoursDecl& d);
  void Put(const GuaranteeDecl& d);

  // --- Tests: pol_print_tests.cc ---
  void Put(const Given& g);
  void Put(const Ask& ask);
  void Put(const Next& next);
  void Put(const FixtureDecl& d);
  void Put(const TestDecl& d);
  void Put(const Expectation& e);

  const File& file_;
  bool wild_;
  Rng* rng_;
  std::vector<std::string>* comments_;
  std::string out_;
  size_t count_ = 0;
};

}  // namespace polc::gen::pol
