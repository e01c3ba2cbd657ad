#include "compiler/mutate/mutants.h"

#include <algorithm>
#include <memory>
#include <tuple>

#include "compiler/data/extension.h"
#include "compiler/mutate/rewrite.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::mutate {

using core::ExprId;
using core::Op;
using core::Program;
using core::Rule;
using data::Kind;
using data::Value;
using source::Span;

std::string_view KindName(Mutant::Kind kind) {
  constexpr std::string_view kNames[] = {"operator", "threshold", "condition", "rule",
                                         "scope",    "effect",    "fact",      "state"};
  return kNames[static_cast<size_t>(kind)];
}

namespace {

using MK = Mutant::Kind;

// Elements of a list of constants, and actions of a list, that are left out one by one; of longer lists none.
constexpr size_t kMaxList = 8;

// How operators are written, and how their other halves are.
constexpr std::pair<std::string_view, std::string_view> kBoundaries[] = {{"is at most", "is below"},
                                                                         {"is at least", "is above"},
                                                                         {"is below", "is at most"},
                                                                         {"is above", "is at least"},
                                                                         {"is before", "is at most"},
                                                                         {"is after", "is at least"},
                                                                         {"<=", "<"},
                                                                         {">=", ">"},
                                                                         {"<", "<="},
                                                                         {">", ">="}};
constexpr std::pair<std::string_view, std::string_view> kMethods[] = {
    {".lessThan(", ".lessThanOrEqual("},
    {".lessThanOrEqual(", ".lessThan("},
    {".greaterThan(", ".greaterThanOrEqual("},
    {".greaterThanOrEqual(", ".greaterThan("}};

// The other half of a comparison of decimals; nothing if it is none.
std::optional<data::ExtFn> OtherHalf(data::ExtFn fn) {
  switch (fn) {
    case data::ExtFn::kLessThan:
      return data::ExtFn::kLessThanOrEqual;
    case data::ExtFn::kLessThanOrEqual:
      return data::ExtFn::kLessThan;
    case data::ExtFn::kGreaterThan:
      return data::ExtFn::kGreaterThanOrEqual;
    case data::ExtFn::kGreaterThanOrEqual:
      return data::ExtFn::kGreaterThan;
    default:
      return std::nullopt;
  }
}

// The least step up or down, or nothing at the end of what there is.
std::optional<Value> Step(const Value& value, bool up) {
  auto step = [&](int64_t n, int64_t by) -> std::optional<int64_t> {
    int64_t out = 0;
    if (__builtin_add_overflow(n, up ? by : -by, &out)) return std::nullopt;
    return out;
  };
  switch (value.kind()) {
    case Kind::kLong:
      if (auto n = step(value.as_long(), 1)) return Value(*n);
      return std::nullopt;
    case Kind::kDecimal:
      if (auto n = step(value.as_decimal().units, 1)) return Value(data::Decimal{*n});
      return std::nullopt;
    case Kind::kDuration:
      if (auto n = step(value.as_duration().ms, 1000)) return Value(data::Duration{*n});
      return std::nullopt;
    case Kind::kDatetime:
      if (auto n = step(value.as_datetime().ms, 1000)) return Value(data::Datetime{*n});
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

// Twice as much, or half; nothing where that is the same.
std::optional<Value> Scaled(const Value& value, bool up) {
  auto scale = [&](int64_t n) -> std::optional<int64_t> {
    int64_t out = n / 2;
    if (up && __builtin_mul_overflow(n, int64_t{2}, &out)) return std::nullopt;
    if (out == n) return up ? std::optional<int64_t>(1) : std::nullopt;
    return out;
  };
  switch (value.kind()) {
    case Kind::kLong:
      if (auto n = scale(value.as_long())) return Value(*n);
      return std::nullopt;
    case Kind::kDecimal:
      if (auto n = scale(value.as_decimal().units)) return Value(data::Decimal{*n});
      return std::nullopt;
    case Kind::kDuration:
      if (auto n = scale(value.as_duration().ms)) return Value(data::Duration{*n});
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::string TextOf(const Value& value) {
  return value.is(Kind::kDatetime) || value.is(Kind::kDuration) ? data::CanonicalText(value)
                                                                : data::ToString(value);
}

class Maker {
 public:
  Maker(const Program& program, const source::SourceMap& map, const std::set<source::FileId>& files)
      : program_(program), map_(map), files_(files) {}

  std::vector<Mutant> Make() {
    std::set<std::string> templates;
    for (size_t i = 0; i < program_.rules.size(); ++i) {
      const Rule& rule = program_.rules[i];
      if (!Ours(rule.span)) continue;
      if (!rule.template_id.empty() && !templates.insert(rule.template_id).second) continue;
      OfRule(i);
    }
    for (size_t i = 0; i < program_.facts.size(); ++i) OfFact(i);
    for (size_t i = 0; i < program_.inputs.size(); ++i) OfInput(i);
    std::ranges::stable_sort(mutants_, {},
                             [](const Mutant& m) { return std::tuple(m.span.file, m.span.begin); });
    return std::move(mutants_);
  }

 private:
  // Where mutants of a rule, body, row or cap go.
  struct Target {
    std::string id;
    std::vector<size_t> rules;
    std::optional<size_t> fact, input;
    const Rule* rule = nullptr;
    std::vector<ExprId> more;                          // roots outside of the rule
    std::function<std::vector<Rule*>(Program&)> find;  // the rules to be changed
    std::function<std::vector<ExprId*>(Program&)> find_more;
  };

  bool Ours(Span span) const { return span.valid() && files_.contains(span.file); }
  std::string Text(Span span) const { return Ours(span) ? OneLine(map_.text(span)) : std::string(); }
  // With one blank for several, those at the ends too.
  static std::string OneLine(std::string_view text) {
    std::string out;
    for (const char c : text) {
      const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
      if (!blank) out += c;
      if (blank && (out.empty() || out.back() != ' ')) out += ' ';
    }
    return out;
  }
  bool IsPol(Span span) const { return map_.path(span.file).ends_with(".pol"); }

  Mutant& Put(const Target& target, MK kind, Span span, std::string what, std::string now) {
    Mutant mutant;
    mutant.kind = kind;
    mutant.rule = target.id;
    mutant.span = span;
    mutant.what = std::move(what);
    mutant.was = Text(span);
    mutant.now = std::move(now);
    mutant.rules = target.rules;
    mutant.fact = target.fact;
    mutant.input = target.input;
    return mutants_.emplace_back(std::move(mutant));
  }

  // A change of what `find` gives.
  void PutChange(const Target& target, MK kind, Span span, std::string what, std::string now,
                 std::function<void(Rule&)> change, bool only_tests) {
    if (!Ours(span)) return;
    Mutant& mutant = Put(target, kind, span, std::move(what), std::move(now));
    mutant.only_tests = only_tests;
    mutant.apply = [find = target.find, change = std::move(change)](Program& program) {
      for (Rule* rule : find(program)) change(*rule);
    };
  }

  // An expression replaced.
  void PutExpr(const Target& target, MK kind, ExprId id, Span span, std::string what, std::string now,
               Replace replace) {
    if (!Ours(span)) return;
    Mutant& mutant = Put(target, kind, span, std::move(what), std::move(now));
    mutant.only_tests = !target.rules.empty();
    mutant.apply = [find = target.find, find_more = target.find_more, id,
                    replace = std::move(replace)](Program& program) {
      for (Rule* rule : find(program)) {
        const std::vector<ExprId*> more = find_more ? find_more(program) : std::vector<ExprId*>();
        Rewrite(*rule, id, replace, more);
      }
    };
  }

  // ---------------------------------------------------------------------------------------- Rules

  void OfRule(size_t index) {
    const Rule& rule = program_.rules[index];
    Target target;
    target.id = rule.template_id.empty() ? rule.id : rule.template_id;
    for (size_t i = 0; i < program_.rules.size(); ++i) {
      const bool link = !rule.template_id.empty() && program_.rules[i].template_id == rule.template_id;
      if (i == index || link) target.rules.push_back(i);
    }
    target.rule = &rule;
    target.find = [rules = target.rules](Program& program) {
      std::vector<Rule*> out;
      for (const size_t i : rules) out.push_back(&program.rules[i]);
      return out;
    };
    Mutant& gone = Put(target, MK::kRule, rule.span, "the rule is left out", "");
    gone.only_tests = true;
    // In shadow it decides nothing, and ids and indices stay what they are.
    gone.apply = [find = target.find](Program& program) {
      for (Rule* r : find(program)) r->mode = core::Mode::kShadow;
    };
    if (rule.mode == core::Mode::kShadow) mutants_.pop_back();
    Scopes(target);
    Conditions(target, rule.conditions);
    Limits(target);
    Needs(target);
    Lifts(target);
  }

  void Scopes(const Target& target) {
    using SOp = core::ScopeTest::Op;
    const bool rule = !target.rules.empty();
    auto widen = [&](core::ScopeTest Rule::* part) {
      const core::ScopeTest& test = target.rule->*part;
      if (test.op == SOp::kAny || test.slot) return;
      const bool to_type = test.op == SOp::kIsIn || test.op == SOp::kEq;
      const std::string type = test.op == SOp::kEq ? test.entity.type : test.type;
      const std::string now = to_type ? type : "anything";
      PutChange(
          target, MK::kScope, test.span,
          to_type ? fmt::format("any `{}` will do", type) : std::string("anything will do"), now,
          [part, to_type, type](Rule& r) {
            const Span span = (r.*part).span;
            r.*part = {};
            (r.*part).span = span;
            if (!to_type) return;
            (r.*part).op = SOp::kIs;
            (r.*part).type = type;
          },
          rule);
    };
    widen(&Rule::principal);
    widen(&Rule::resource);
    const core::ActionTest& actions = target.rule->action;
    if (actions.op != core::ActionTest::Op::kIn || actions.actions.size() < 2 ||
        actions.actions.size() > kMaxList)
      return;
    for (size_t i = 0; i < actions.actions.size(); ++i) {
      const std::string id = actions.actions[i].id;
      PutChange(
          target, MK::kScope, actions.span, fmt::format("`{}` is left out", id),
          fmt::format("{}, without {}", Text(actions.span), id),
          [i](Rule& r) { r.action.actions.erase(r.action.actions.begin() + static_cast<ptrdiff_t>(i)); },
          rule);
    }
  }

  void Conditions(const Target& target, const std::vector<ExprId>& roots) {
    const Rule& rule = *target.rule;
    for (const ExprId root : roots) {
      if (rule.exprs[root].op != Op::kAnd) Drop(target, root, true);
    }
    for (ExprId id = 0; id < rule.exprs.size(); ++id) OfExpr(target, id);
  }

  void Drop(const Target& target, ExprId id, bool neutral) {
    const Span span = target.rule->exprs[id].span;
    if (target.rule->exprs[id].op == Op::kLiteral) return;
    PutExpr(target, MK::kCondition, id, span, "the condition is left out", "",
            [neutral](Rule& r, ExprId, std::span<const ExprId>) { return r.AddLiteral(Value(neutral)); });
  }

  // Whether an operand stands at the very place of its operator: one word of the source made both.
  bool IsSugar(const Rule& rule, const core::Expr& e) const {
    return std::ranges::any_of(rule.operands(e), [&](ExprId o) { return rule.exprs[o].span == e.span; });
  }

  void OfExpr(const Target& target, ExprId id) {
    const Rule& rule = *target.rule;
    const core::Expr& e = rule.exprs[id];
    if (!Ours(e.span)) return;
    switch (e.op) {
      case Op::kAnd:
      case Op::kOr:
        return Join(target, id);
      case Op::kLess:
      case Op::kLessEq:
        return Compare(target, id);
      case Op::kCall:
        if (OtherHalf(e.fn())) Compare(target, id);
        return;
      case Op::kEq:
      case Op::kIn:
      case Op::kIs:
      case Op::kHas:
      case Op::kHasTag:
      case Op::kLike:
      case Op::kContains:
      case Op::kIsEmpty:
      case Op::kInHours:
        return TurnRound(target, id);
      case Op::kContainsAll:
        return Swap(target, id, Op::kContainsAny, "any of them will do", "containsAll", "containsAny");
      case Op::kContainsAny:
        return Swap(target, id, Op::kContainsAll, "all of them have to be there", "containsAny",
                    "containsAll");
      case Op::kEvery:
        return Swap(target, id, Op::kSome, "one of them will do", "every", "some");
      case Op::kSome:
        return Swap(target, id, Op::kEvery, "all of them have to", "some", "every");
      case Op::kUnion:
        return Swap(target, id, Op::kIntersect, "what is in both", "union", "intersect");
      case Op::kIntersect:
        return Swap(target, id, Op::kUnion, "what is in either", "intersect", "union");
      case Op::kAdd:
        return Swap(target, id, Op::kSub, "subtracted", "+", "-");
      case Op::kSub:
        return Swap(target, id, Op::kAdd, "added", "-", "+");
      case Op::kSet:
        return Elements(target, id);
      default:
        return;
    }
  }

  void Swap(const Target& target, ExprId id, Op op, const char* what, std::string_view word,
            std::string_view other) {
    const Span span = target.rule->exprs[id].span;
    std::string now = Text(span);
    const size_t at = now.find(word);
    if (at == std::string::npos) return;  // something else was written that came to this
    now.replace(at, word.size(), other);
    PutExpr(target, MK::kOperator, id, span, what, std::move(now),
            [op](Rule& r, ExprId copied, std::span<const ExprId>) {
              r.exprs[copied].op = op;
              return copied;
            });
  }

  void Join(const Target& target, ExprId id) {
    const Rule& rule = *target.rule;
    const core::Expr& e = rule.exprs[id];
    if (IsSugar(rule, e)) return;
    const bool conjunction = e.op == Op::kAnd;
    const ExprId left = rule.operands(e)[0], right = rule.operands(e)[1];
    const Span l = rule.exprs[left].span, r = rule.exprs[right].span;
    if (!Ours(l) || !Ours(r) || l.end > r.begin) return;
    const std::string between = OneLine(map_.text(Span{e.span.file, l.end, r.begin}));
    const bool words = between.find(conjunction ? "and" : "or") != std::string::npos;
    const char* other = conjunction ? (words ? "or" : "||") : (words ? "and" : "&&");
    PutExpr(target, MK::kOperator, id, e.span, conjunction ? "one of them will do" : "both have to be true",
            fmt::format("{} {} {}", Text(l), other, Text(r)),
            [conjunction](Rule& out, ExprId copied, std::span<const ExprId>) {
              out.exprs[copied].op = conjunction ? Op::kOr : Op::kAnd;
              return copied;
            });
    Drop(target, right, conjunction);
    if (rule.exprs[left].op != e.op || IsSugar(rule, rule.exprs[left])) Drop(target, left, conjunction);
  }

  void TurnRound(const Target& target, ExprId id) {
    const Span span = target.rule->exprs[id].span;
    const std::string text = Text(span);
    // The operand of a `not` written in one with it is turned round with that.
    for (const core::Expr& other : target.rule->exprs) {
      if (other.op != Op::kNot || other.span != span) continue;
      if (target.rule->operands(other)[0] != id) continue;
      PutExpr(target, MK::kOperator, static_cast<ExprId>(&other - target.rule->exprs.data()), span,
              "it is turned round", IsPol(span) ? fmt::format("not ({})", text) : fmt::format("!({})", text),
              [](Rule&, ExprId, std::span<const ExprId> operands) { return operands[0]; });
      return;
    }
    PutExpr(target, MK::kOperator, id, span, "it is turned round",
            IsPol(span) ? fmt::format("not ({})", text) : fmt::format("!({})", text),
            [](Rule& r, ExprId copied, std::span<const ExprId>) {
              return r.Add(Op::kNot, {copied}, r.exprs[copied].span);
            });
  }

  // A comparison with its boundary moved: to the other half, and one step the other way.
  void Compare(const Target& target, ExprId id) {
    const Rule& rule = *target.rule;
    const core::Expr& e = rule.exprs[id];
    const auto operands = rule.operands(e);
    const std::string text = Text(e.span);
    PutExpr(target, MK::kOperator, id, e.span, "the boundary moves", OtherHalfText(rule, e),
            [](Rule& r, ExprId copied, std::span<const ExprId>) {
              core::Expr& c = r.exprs[copied];
              if (c.op == Op::kCall) {
                c.payload = static_cast<uint32_t>(OtherHalf(c.fn()).value_or(c.fn()));
              } else {
                c.op = c.op == Op::kLess ? Op::kLessEq : Op::kLess;
              }
              return copied;
            });
    // `x <= c` flipped is c less a step; so the step is up there. With the constant first, the other way.
    const bool strict =
        e.op == Op::kLess ||
        (e.op == Op::kCall && (e.fn() == data::ExtFn::kLessThan || e.fn() == data::ExtFn::kGreaterThan));
    const bool greater = e.op == Op::kCall &&
                         (e.fn() == data::ExtFn::kGreaterThan || e.fn() == data::ExtFn::kGreaterThanOrEqual);
    for (const size_t side : {size_t{0}, size_t{1}}) {
      const std::optional<Value> constant = ConstantOf(rule, operands[side]);
      if (!constant || ConstantOf(rule, operands[1 - side])) continue;
      const bool up = (strict != greater) != (side == 1);
      const std::optional<Value> moved = Step(*constant, up);
      const Span span = rule.exprs[operands[side]].span;
      if (!moved || !Ours(span)) continue;
      std::string now;
      const core::Expr& other = rule.exprs[operands[1 - side]];
      if (other.op == Op::kRank) {
        const core::Levels* levels = core::FindNamed(program_.levels, rule.name(other));
        const int64_t rank = moved->as_long();
        if (!levels || rank < 0 || rank >= static_cast<int64_t>(levels->names.size())) continue;
        now = levels->names[static_cast<size_t>(rank)];
      } else {
        now = ConstantText(span, *moved);
      }
      PutExpr(target, MK::kThreshold, operands[side], span, fmt::format("the threshold of `{}` moves", text),
              now, [moved](Rule& r, ExprId, std::span<const ExprId>) { return r.AddLiteral(*moved); });
    }
  }

  // A literal, or a constructor of one.
  static std::optional<Value> ConstantOf(const Rule& rule, ExprId id) {
    const core::Expr& e = rule.exprs[id];
    if (e.op == Op::kLiteral) return rule.value(e);
    if (e.op != Op::kCall || e.operand_count != 1) return std::nullopt;
    const core::Expr& text = rule.exprs[rule.operands(e)[0]];
    if (text.op != Op::kLiteral || !rule.value(text).is(Kind::kString)) return std::nullopt;
    const auto made = data::CallExt(e.fn(), {rule.value(text)});
    if (const auto* value = std::get_if<Value>(&made)) return *value;
    return std::nullopt;
  }

  // As the source writes constants of this kind.
  std::string ConstantText(Span span, const Value& value) const {
    const std::string was = Text(span);
    if (value.is(Kind::kDecimal) && was.ends_with("%"))
      return fmt::format("{}.{:02}%", value.as_decimal().units / 100,
                         std::abs(value.as_decimal().units % 100));
    if (!IsPol(span)) return data::ToString(value);
    return TextOf(value);
  }

  std::string OtherHalfText(const Rule& rule, const core::Expr& e) const {
    const std::string text = Text(e.span);
    if (e.op == Op::kCall) {
      for (const auto& [word, other] : kMethods) {
        const size_t at = text.find(word);
        if (at == std::string::npos) continue;
        return text.substr(0, at) + std::string(other) + text.substr(at + word.size());
      }
    }
    const auto operands = rule.operands(e);
    Span l = rule.exprs[operands[0]].span, r = rule.exprs[operands[1]].span;
    if (l.begin > r.begin) std::swap(l, r);
    if (Ours(l) && Ours(r) && l.end <= r.begin) {
      const std::string between = OneLine(map_.text(Span{e.span.file, l.end, r.begin}));
      for (const auto& [word, other] : kBoundaries) {
        const size_t at = between.find(word);
        if (at == std::string::npos) continue;
        return fmt::format("{}{}{}{}{}", Text(l), between.substr(0, at), other,
                           between.substr(at + word.size()), Text(r));
      }
    }
    return fmt::format("{}, with the other half of its boundary", text);
  }

  // Elements of a list of constants.
  void Elements(const Target& target, ExprId id) {
    const Rule& rule = *target.rule;
    const core::Expr& e = rule.exprs[id];
    const size_t count = e.operand_count;
    if (count < 2 || count > kMaxList) return;
    for (const ExprId operand : rule.operands(e)) {
      if (rule.exprs[operand].op != Op::kLiteral) return;
    }
    for (size_t i = 0; i < count; ++i) {
      const Span span = rule.exprs[rule.operands(e)[i]].span;
      PutExpr(target, MK::kCondition, id, span, "the element is left out", "",
              [i](Rule& r, ExprId copied, std::span<const ExprId> operands) {
                std::vector<ExprId> rest(operands.begin(), operands.end());
                rest.erase(rest.begin() + static_cast<ptrdiff_t>(i));
                return r.Add(Op::kSet, rest, r.exprs[copied].span);
              });
    }
  }

  // ---------------------------------------------------------------------------------------- Terms

  void Limits(const Target& target) {
    const Rule& rule = *target.rule;
    for (size_t i = 0; i < rule.limits.size(); ++i) {
      const core::Limit& limit = rule.limits[i];
      if (rule.limits.size() > 1) {
        PutChange(
            target, MK::kEffect, limit.span, "the limit is left out", "",
            [i](Rule& r) { r.limits.erase(r.limits.begin() + static_cast<ptrdiff_t>(i)); }, false);
      }
      const core::LimitKind* kind = core::FindNamed(program_.limit_kinds, limit.kind);
      const std::optional<Value> constant = ConstantOf(rule, limit.value);
      if (!kind || !constant) continue;
      const bool up = kind->merge != core::Merge::kHighest;
      const std::optional<Value> looser = Scaled(*constant, up);
      if (!looser) continue;
      PutChange(
          target, MK::kEffect, limit.span, "the limit is looser",
          fmt::format("{} to {}", limit.kind, ConstantText(limit.span, *looser)),
          [i, looser](Rule& r) {
            Rewrite(r, r.limits[i].value,
                    [&](Rule& out, ExprId, std::span<const ExprId>) { return out.AddLiteral(*looser); });
          },
          false);
    }
  }

  // Weaker forms of a quorum, by way of `find`, which gives the approval of a rule.
  void Quorums(const Target& target, const core::Approval& approval,
               const std::function<core::Approval&(Rule&, std::shared_ptr<core::PolPart>&)>& find) {
    auto put = [&](Span span, std::string what, std::string now,
                   std::function<void(core::Approval&)> change) {
      PutChange(
          target, MK::kEffect, span, std::move(what), std::move(now),
          [find, change = std::move(change)](Rule& r) {
            std::shared_ptr<core::PolPart> pol;
            change(find(r, pol));
            if (pol) r.pol_part = pol;
          },
          false);
    };
    for (size_t q = 0; q < approval.alternatives.size(); ++q) {
      const core::Quorum& quorum = approval.alternatives[q];
      const std::string text = Text(quorum.span);
      for (size_t p = 0; p < quorum.parts.size(); ++p) {
        const uint32_t count = quorum.parts[p].count;
        if (count > 1) {
          put(quorum.span, "one approver less will do",
              fmt::format("{}, with {} for {}", text, count - 1, count),
              [q, p](core::Approval& a) { --a.alternatives[q].parts[p].count; });
        } else if (quorum.parts.size() > 1) {
          put(quorum.span, "one approver less will do", fmt::format("{}, without part {}", text, p + 1),
              [q, p](core::Approval& a) {
                auto& parts = a.alternatives[q].parts;
                parts.erase(parts.begin() + static_cast<ptrdiff_t>(p));
              });
        }
        for (size_t i = 0; i < quorum.parts[p].pools.size() && quorum.parts[p].pools.size() > 1; ++i) {
          put(quorum.span, "one group less may approve",
              fmt::format("{}, without {}", text, Text(target.rule->exprs[quorum.parts[p].pools[i]].span)),
              [q, p, i](core::Approval& a) {
                auto& pools = a.alternatives[q].parts[p].pools;
                pools.erase(pools.begin() + static_cast<ptrdiff_t>(i));
              });
        }
      }
      put(quorum.span, "approvals count for twice as long", fmt::format("{}, for twice as long", text),
          [q](core::Approval& a) {
            int64_t& within = a.alternatives[q].within_ms;
            if (__builtin_mul_overflow(within, int64_t{2}, &within)) within = INT64_MAX;
          });
      if (!quorum.including_owner) {
        put(quorum.span, "the owner may approve", text + " including owner",
            [q](core::Approval& a) { a.alternatives[q].including_owner = true; });
      }
    }
  }

  void Needs(const Target& target) {
    const Rule& rule = *target.rule;
    for (size_t i = 0; i < rule.needs.size(); ++i) {
      const core::Need& need = rule.needs[i];
      if (rule.needs.size() > 1) {
        PutChange(
            target, MK::kEffect, need.span, "it is not required", "",
            [i](Rule& r) { r.needs.erase(r.needs.begin() + static_cast<ptrdiff_t>(i)); }, false);
      }
      if (need.kind != core::Need::Kind::kApproval) continue;
      Quorums(target, need.approval, [i](Rule& r, std::shared_ptr<core::PolPart>&) -> core::Approval& {
        return r.needs[i].approval;
      });
    }
  }

  void Lifts(const Target& target) {
    const core::PolPart& pol = target.rule->pol();
    for (size_t i = 0; i < pol.lifted_by.size(); ++i) {
      PutChange(
          target, MK::kEffect, pol.lifted_by[i].span, "no approval lifts it", "",
          [i](Rule& r) {
            auto changed = std::make_shared<core::PolPart>(r.pol());
            changed->lifted_by.erase(changed->lifted_by.begin() + static_cast<ptrdiff_t>(i));
            r.pol_part = changed;
          },
          false);
      Quorums(target, pol.lifted_by[i],
              [i](Rule& r, std::shared_ptr<core::PolPart>& changed) -> core::Approval& {
                changed = std::make_shared<core::PolPart>(r.pol());
                return changed->lifted_by[i];
              });
    }
  }

  // ---------------------------------------------------------------------------------------- Facts

  void OfFact(size_t index) {
    const core::Fact& fact = program_.facts[index];
    Target body;
    body.id = fact.name;
    body.fact = index;
    body.rule = &fact.body;
    body.find = [index](Program& program) { return std::vector<Rule*>{&program.facts[index].body}; };
    body.find_more = [index](Program& program) {
      core::Fact& f = program.facts[index];
      std::vector<ExprId*> more;
      for (core::Fact::Clause& clause : f.clauses) {
        more.push_back(&clause.value);
        more.push_back(&clause.when);
      }
      more.push_back(&f.otherwise);
      return more;
    };
    for (ExprId id = 0; id < fact.body.exprs.size(); ++id) OfExpr(body, id);
    for (size_t i = 0; i < fact.clauses.size(); ++i) {
      const Span when = fact.body.exprs[fact.clauses[i].when].span;
      const Span value = fact.body.exprs[fact.clauses[i].value].span;
      if (!Ours(when)) continue;
      Mutant& gone =
          Put(body, MK::kFact, Ours(value) ? source::Cover(value, when) : when, "the clause is left out", "");
      gone.apply = [find = body.find, more = body.find_more, id = fact.clauses[i].when](Program& program) {
        Rewrite(
            *find(program)[0], id,
            [](Rule& r, ExprId, std::span<const ExprId>) { return r.AddLiteral(Value(false)); },
            more(program));
      };
      Level(body, fact.levels, fact.clauses[i].value);
    }
    if (fact.otherwise != core::kNoExpr) Level(body, fact.levels, fact.otherwise);
    for (size_t i = 0; i < fact.rows.size(); ++i) OfStep(index, i, true);
    for (size_t i = 0; i < fact.caps.size(); ++i) OfStep(index, i, false);
  }

  // A level one step freer, of those `levels` has.
  void Level(const Target& target, const std::string& levels, ExprId id) {
    const core::Levels* known = core::FindNamed(program_.levels, levels);
    const core::Expr& e = target.rule->exprs[id];
    if (!known || e.op != Op::kLiteral || !target.rule->value(e).is(Kind::kString)) return;
    const std::optional<size_t> rank = known->RankOf(target.rule->value(e).as_string());
    if (!rank) return;
    const bool up = !known->higher_is_stricter;
    if (up ? *rank + 1 >= known->names.size() : *rank == 0) return;
    const std::string freer = known->names[up ? *rank + 1 : *rank - 1];
    PutExpr(target, MK::kFact, id, e.span, "the level is freer", freer,
            [freer](Rule& r, ExprId, std::span<const ExprId>) { return r.AddLiteral(Value(freer)); });
  }

  void OfStep(size_t fact, size_t index, bool row) {
    auto step_of = [fact, index, row](Program& program) -> core::Fact::Step& {
      core::Fact& f = program.facts[fact];
      return (row ? f.rows : f.caps)[index];
    };
    const core::Fact& of = program_.facts[fact];
    const core::Fact::Step& step = (row ? of.rows : of.caps)[index];
    if (!Ours(step.rule.span)) return;
    Target target;
    target.id = step.rule.id;
    target.fact = fact;
    target.rule = &step.rule;
    target.find = [step_of](Program& program) { return std::vector<Rule*>{&step_of(program).rule}; };
    target.find_more = [step_of](Program& program) { return std::vector<ExprId*>{&step_of(program).level}; };
    Mutant& gone =
        Put(target, MK::kFact, step.rule.span, row ? "the row is left out" : "the cap is left out", "");
    gone.apply = [fact, index, row](Program& program) {
      auto& list = row ? program.facts[fact].rows : program.facts[fact].caps;
      list.erase(list.begin() + static_cast<ptrdiff_t>(index));
    };
    Scopes(target);
    Conditions(target, step.rule.conditions);
    Level(target, of.levels, step.level);
  }

  // ---------------------------------------------------------------------------------------- State

  void OfInput(size_t index) {
    const core::Input& input = program_.inputs[index];
    if (!Ours(input.span)) return;
    Target target;
    target.id = input.name;
    target.input = index;
    auto put = [&](const char* what, std::string now, std::function<void(core::Input&)> change) {
      Mutant& mutant = Put(target, MK::kState, input.span, what, std::move(now));
      mutant.apply = [index, change = std::move(change)](Program& program) { change(program.inputs[index]); };
    };
    const std::string text = Text(input.span);
    if (input.over_ms > 0) {
      put("the window is half as long", text + ", over half as long",
          [](core::Input& i) { i.over_ms = std::max<int64_t>(1, i.over_ms / 2); });
    }
    if (input.opens_at > 0) {
      put("one denial more opens it", fmt::format("{}, at {} denials", text, input.opens_at + 1),
          [](core::Input& i) { ++i.opens_at; });
    }
    const bool counts = input.kind == core::Input::Kind::kCounter ||
                        input.kind == core::Input::Kind::kAttempts ||
                        input.kind == core::Input::Kind::kTotal || input.kind == core::Input::Kind::kLabel;
    if (counts && input.mode == core::Mode::kEnforced) {
      put("requests do not move it", "", [](core::Input& i) { i.mode = core::Mode::kShadow; });
    }
  }

  const Program& program_;
  const source::SourceMap& map_;
  const std::set<source::FileId>& files_;
  std::vector<Mutant> mutants_;
};

}  // namespace

std::vector<Mutant> MakeMutants(const Program& program, const source::SourceMap& map,
                                const std::set<source::FileId>& files) {
  return Maker(program, map, files).Make();
}

void Undo(const Mutant& mutant, const Program& original, Program& program) {
  for (const size_t i : mutant.rules) program.rules[i] = original.rules[i];
  if (mutant.fact) program.facts[*mutant.fact] = original.facts[*mutant.fact];
  if (mutant.input) program.inputs[*mutant.input] = original.inputs[*mutant.input];
}

}  // namespace polc::mutate
