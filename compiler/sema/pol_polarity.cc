#include "compiler/sema/pol_polarity.h"

#include <algorithm>
#include <map>
#include <set>

#include "fmt/format.h"

namespace polc::sema::pol {

using core::Expr;
using core::ExprId;
using core::Fact;
using core::Op;
using core::Program;
using core::Rule;
using source::Code;

namespace {

// How often something holds, or how high a number or level is, as another one rises.
enum class Sign : int8_t { kDown = -1, kMixed = 0, kUp = 1 };
Sign operator-(Sign s) { return static_cast<Sign>(-static_cast<int>(s)); }
Sign operator*(Sign a, Sign b) { return static_cast<Sign>(static_cast<int>(a) * static_cast<int>(b)); }

// Who reads: something that restricts when it holds, or something that grants.
struct Reader {
  std::string what;  // "a rule that restricts"
  bool restricts = true;
};

class Polarity {
 public:
  Polarity(const Program& program, source::DiagnosticSink& sink) : program_(program), sink_(sink) {}

  void Run() {
    for (const Rule& rule : program_.rules) {
      if (!rule.strict) continue;  // Cedar has no levels
      const bool restricts = rule.effect != core::Effect::kAllow;
      const Reader reader = {restricts ? "a rule that restricts" : "a rule that allows", restricts};
      for (ExprId id : rule.conditions) Walk(rule, id, Sign::kUp, reader);
      for (const core::Limit& limit : rule.limits) NoLevels(rule, limit);
      for (const core::Need& need : rule.needs) Pools(rule, need.approval, reader);
      for (const core::Approval& lift : rule.pol().lifted_by) Pools(rule, lift, reader);
      // What a suggestion changes is no test of anything.
    }
    for (const Fact& fact : program_.facts) {
      if (fact.form == Fact::Form::kAutonomy) {
        for (const Fact::Step& row : fact.rows) Step(row, {"a ladder, which grants,", false});
        for (const Fact::Step& cap : fact.caps) Step(cap, {"a cap, which restricts,", true});
      } else if (!fact.levels.empty()) {
        LevelFact(fact);
      }
    }
  }

 private:
  const core::Levels* LevelsOf(const std::string& name) const {
    return core::FindNamed(program_.levels, name);
  }

  void Step(const Fact::Step& step, const Reader& reader) {
    for (ExprId id : step.rule.conditions) Walk(step.rule, id, Sign::kUp, reader);
    if (step.from_data) Walk(step.rule, step.level, Sign::kMixed, reader);
  }

  void Pools(const Rule& rule, const core::Approval& approval, const Reader& reader) {
    for (const core::Quorum& quorum : approval.alternatives) {
      for (const core::Quorum::Part& part : quorum.parts) {
        for (ExprId pool : part.pools) Walk(rule, pool, Sign::kMixed, reader);
      }
    }
  }

  // The rank of a level that is written out.
  std::optional<size_t> Written(const Rule& rule, ExprId id, const core::Levels& levels) const {
    const Expr& e = rule.exprs[id];
    if (e.op != Op::kLiteral || !rule.value(e).is(data::Kind::kString)) return std::nullopt;
    return levels.RankOf(rule.value(e).as_string());
  }

  void LevelFact(const Fact& fact) {
    const core::Levels* levels = LevelsOf(fact.levels);
    if (!levels) return;
    const Reader reader = {fmt::format("fact `{}`, whose levels are {} when higher,", fact.name,
                                       levels->higher_is_stricter ? "stricter" : "freer"),
                           levels->higher_is_stricter};
    if (fact.form == Fact::Form::kExpression) {
      LevelValue(fact.body, fact.body.conditions[0], *levels, reader);
      return;
    }
    const std::optional<size_t> otherwise = Written(fact.body, fact.otherwise, *levels);
    for (size_t i = 0; i < fact.clauses.size(); ++i) {
      const Fact::Clause& clause = fact.clauses[i];
      const std::optional<size_t> value = Written(fact.body, clause.value, *levels);
      Sign sign = Sign::kMixed;
      if (fact.form == Fact::Form::kHighest) {
        // A clause that comes true takes the place of `otherwise`, which had better be no higher.
        if (otherwise && (*otherwise == 0 || (value && *value >= *otherwise))) sign = Sign::kUp;
      } else if (value && otherwise) {
        bool above = *value >= *otherwise, below = *value <= *otherwise;
        for (size_t j = i + 1; j < fact.clauses.size(); ++j) {
          const std::optional<size_t> later = Written(fact.body, fact.clauses[j].value, *levels);
          above &= later && *value >= *later;
          below &= later && *value <= *later;
        }
        sign = above ? Sign::kUp : below ? Sign::kDown : Sign::kMixed;
      }
      Walk(fact.body, clause.when, sign, reader);
      LevelValue(fact.body, clause.value, *levels, reader);
    }
    LevelValue(fact.body, fact.otherwise, *levels, reader);
  }

  // The value of a fact of levels: other levels of the same kind go up with it.
  void LevelValue(const Rule& rule, ExprId id, const core::Levels& levels, const Reader& reader) {
    std::vector<ExprId> todo = {id};
    while (!todo.empty()) {
      const Expr& e = rule.exprs[todo.back()];
      todo.pop_back();
      const auto operands = rule.operands(e);
      if (e.op == Op::kIf) {
        const std::optional<size_t> yes = Written(rule, operands[1], levels);
        const std::optional<size_t> no = Written(rule, operands[2], levels);
        const Sign sign = !yes || !no ? Sign::kMixed : *yes >= *no ? Sign::kUp : Sign::kDown;
        Walk(rule, operands[0], sign, reader);
        todo.push_back(operands[1]);
        todo.push_back(operands[2]);
        continue;
      }
      for (ExprId operand : operands) Walk(rule, operand, Sign::kMixed, reader);
    }
  }

  // A limit as a whole: what several rules limit is merged, and levels must not turn that around.
  void NoLevels(const Rule& rule, const core::Limit& limit) {
    std::vector<std::pair<const Rule*, ExprId>> todo = {{&rule, limit.value}};
    std::set<std::string> seen;
    while (!todo.empty()) {
      auto [in, id] = todo.back();
      todo.pop_back();
      const Expr& e = in->exprs[id];
      bool levels = e.op == Op::kRank;
      if (e.op == Op::kFactRef) {
        const Fact* fact = core::FindNamed(program_.facts, in->name(e));
        levels |= fact && !fact->levels.empty();
        if (fact && !levels && seen.insert(fact->name).second) {
          for (ExprId root : Roots(*fact)) todo.emplace_back(&fact->body, root);
        }
      }
      if (levels) {
        sink_
            .Report(Code::kWrongPolarity, limit.span,
                    fmt::format("the value of limit `{}` rests on levels; a limit is the same at every level",
                                limit.kind))
            .help = "write one rule for each level, with the levels in its conditions";
        return;
      }
      for (ExprId operand : in->operands(e)) todo.emplace_back(in, operand);
    }
  }

  static std::vector<ExprId> Roots(const Fact& fact) {
    std::vector<ExprId> roots = fact.body.conditions;
    for (const Fact::Clause& clause : fact.clauses) {
      roots.push_back(clause.value);
      roots.push_back(clause.when);
    }
    if (fact.otherwise != core::kNoExpr) roots.push_back(fact.otherwise);
    return roots;
  }

  struct Task {
    const Rule* rule;
    ExprId id;
    Sign sign;
  };

  // How the reader moves with everything below `id`, if it moves by `sign` with it. A loop over tasks.
  void Walk(const Rule& root_rule, ExprId root, Sign root_sign, const Reader& reader) {
    std::vector<Task> todo = {{&root_rule, root, root_sign}};
    std::set<std::pair<std::string, Sign>> facts;
    while (!todo.empty()) {
      const auto [rule, id, sign] = todo.back();
      todo.pop_back();
      const Expr& e = rule->exprs[id];
      const auto operands = rule->operands(e);
      auto push = [&, in = rule](ExprId operand, Sign s) { todo.push_back({in, operand, s}); };
      switch (e.op) {
        case Op::kNot:
        case Op::kNeg:
          push(operands[0], -sign);
          break;
        case Op::kAnd:
        case Op::kOr:
        case Op::kAdd:
          for (ExprId operand : operands) push(operand, sign);
          break;
        case Op::kSub:
          push(operands[0], sign);
          push(operands[1], -sign);
          break;
        case Op::kMul: {
          const bool first = rule->exprs[operands[0]].op == Op::kLiteral;
          const Expr& factor = rule->exprs[operands[first ? 0 : 1]];
          const bool known = factor.op == Op::kLiteral && rule->value(factor).is(data::Kind::kLong);
          const Sign by = !known ? Sign::kMixed : rule->value(factor).as_long() < 0 ? Sign::kDown : Sign::kUp;
          push(operands[first ? 1 : 0], sign * by);
          break;
        }
        case Op::kIf:
          push(operands[0], Sign::kMixed);
          push(operands[1], sign);
          push(operands[2], sign);
          break;
        case Op::kEvery:
        case Op::kSome:
        case Op::kNumber:
          push(operands[0], Sign::kMixed);
          push(operands[1], sign);
          break;
        case Op::kLess:
        case Op::kLessEq:
          Side(*rule, id, operands[0], operands[1], -sign, reader, todo);
          Side(*rule, id, operands[1], operands[0], sign, reader, todo);
          break;
        case Op::kEq:
        case Op::kContains:
          if (!Extreme(*rule, id, sign, reader, todo)) {
            for (ExprId operand : operands) push(operand, Sign::kMixed);
          }
          break;
        case Op::kRank:  // not compared with anything
          Judge(*rule, id, rule->name(e), Sign::kMixed, reader);
          push(operands[0], Sign::kMixed);
          break;
        case Op::kFactRef: {
          const Fact* fact = core::FindNamed(program_.facts, rule->name(e));
          if (!fact || !fact->levels.empty() || !facts.emplace(fact->name, sign).second) break;
          if (fact->form == Fact::Form::kExpression) {
            todo.push_back({&fact->body, fact->body.conditions[0], sign});
          } else {
            for (ExprId part : Roots(*fact)) todo.push_back({&fact->body, part, Sign::kMixed});
          }
          break;
        }
        default:
          for (ExprId operand : operands) push(operand, Sign::kMixed);
      }
    }
  }

  bool ReadsFact(const Rule& rule, ExprId rank) const {
    return rule.exprs[rule.operands(rank)[0]].op == Op::kFactRef;
  }

  // One side of an order: `sign` says how the reader moves when this side rises.
  void Side(const Rule& rule, ExprId test, ExprId id, ExprId other, Sign sign, const Reader& reader,
            std::vector<Task>& todo) {
    const Expr& e = rule.exprs[id];
    if (e.op != Op::kRank) {
      todo.push_back({&rule, id, sign});
      return;
    }
    // Of two levels, facts are what laws are about; of two that are data, the first is the one that is
    // tested.
    const bool two = rule.exprs[other].op == Op::kRank;
    const bool skipped =
        two && !ReadsFact(rule, id) && (ReadsFact(rule, other) || rule.operands(test)[1] == id);
    if (!skipped) Judge(rule, test, rule.name(e), sign, reader);
    todo.push_back({&rule, rule.operands(id)[0], Sign::kMixed});
  }

  // `x is L`, `x is one of [..]`: an upper or a lower part of the levels, or neither. Whether it is such a
  // test.
  bool Extreme(const Rule& rule, ExprId test, Sign sign, const Reader& reader, std::vector<Task>& todo) {
    ExprId rank = core::kNoExpr, ranks = core::kNoExpr;
    for (ExprId operand : rule.operands(test)) {
      (rule.exprs[operand].op == Op::kRank ? rank : ranks) = operand;
    }
    if (rank == core::kNoExpr) return false;
    todo.push_back({&rule, rule.operands(rank)[0], Sign::kMixed});
    const std::string& name = rule.name(rule.exprs[rank]);
    const core::Levels* levels = LevelsOf(name);
    if (!levels) return true;
    std::vector<int64_t> among;
    if (ranks != core::kNoExpr && rule.exprs[ranks].op == Op::kLiteral) {
      const data::Value& value = rule.value(rule.exprs[ranks]);
      if (value.is(data::Kind::kLong)) among = {value.as_long()};
      if (value.is(data::Kind::kSet)) {
        for (const data::Value& v : value.as_set()) among.push_back(v.as_long());
      }
    } else {
      if (ranks != core::kNoExpr) todo.push_back({&rule, ranks, Sign::kMixed});
      Judge(rule, test, name, Sign::kMixed, reader);
      return true;
    }
    const auto size = static_cast<int64_t>(levels->names.size()), count = static_cast<int64_t>(among.size());
    if (count == 0 || count == size) return true;  // never or always
    const bool low = std::ranges::max(among) == count - 1, high = std::ranges::min(among) == size - count;
    Judge(rule, test, name, low ? -sign : high ? sign : Sign::kMixed, reader);
    return true;
  }

  // Whether the reader may move by `sign` when a level of `name` rises.
  void Judge(const Rule& rule, ExprId test, const std::string& name, Sign sign, const Reader& reader) {
    const core::Levels* levels = LevelsOf(name);
    if (!levels) return;
    const bool up = levels->higher_is_stricter == reader.restricts;
    if (sign == (up ? Sign::kUp : Sign::kDown)) return;
    const core::Expr& e = rule.exprs[test];
    const std::string_view more = reader.restricts ? "restrict" : "grant";
    const std::string_view word = levels->higher_is_stricter ? "stricter" : "freer";
    if (sign == Sign::kMixed) {
      sink_
          .Report(
              Code::kWrongPolarity, e.span,
              fmt::format("{} tests levels of `{}` here for what is neither upward nor downward, so that a "
                          "higher level may {} more or less",
                          reader.what, name, more))
          .help =
          "test whether it is at least or at most some level; equality is for the highest and the lowest one";
      return;
    }
    sink_
        .Report(Code::kWrongPolarity, e.span,
                fmt::format("{} would {} {} at a higher level of `{}`, and higher is {}", reader.what, more,
                            sign == Sign::kUp ? "more" : "less", name, word))
        .help = "turn the comparison around";
  }

  const Program& program_;
  source::DiagnosticSink& sink_;
};

}  // namespace

void CheckPolarity(const Program& program, source::DiagnosticSink& sink) { Polarity(program, sink).Run(); }

}  // namespace polc::sema::pol
