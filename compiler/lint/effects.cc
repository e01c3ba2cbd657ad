// What a rule comes to when it errs, and how much it covers.
#include <algorithm>
#include <set>

#include "compiler/core/can_err.h"
#include "compiler/lint/context.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::lint {

using core::Effect;
using core::Expr;
using core::ExprId;
using core::Op;
using core::Rule;
using source::Code;

namespace {

source::Span Head(const Context& context, const Rule& rule) {
  source::Span span = rule.span;
  const std::string_view text = context.in.map.text(span);
  span.end = span.begin + static_cast<uint32_t>(std::min(text.find('\n'), text.size()));
  return span;
}

// Attributes some rule of the set asks `has` for: where there is no schema, that is what tells that they are
// optional.
std::set<std::string> AskedFor(const Context& context) {
  std::set<std::string> out;
  for (const Rule* rule : context.rules()) {
    for (const Expr& e : rule->exprs) {
      if (e.op == Op::kHas) out.insert(rule->name(e));
    }
  }
  return out;
}

// Where the conditions of a rule can err, met in the order of evaluation.
class Errors {
 public:
  Errors(Context& context, const Rule& rule, const std::set<std::string>& optional)
      : context_(context), rule_(rule), optional_(optional), parts_(context.prover.Of(rule)) {}

  struct Found {
    source::Span span;
    std::string why;  // "where the sum is too large"
  };

  std::optional<Found> First() {
    given_.push_back({parts_.scope, kTrue});
    if (rule_.is_template()) given_.clear();
    for (size_t i = 0; i < rule_.conditions.size(); ++i) {
      if (std::optional<Found> found = Look(rule_.conditions[i], 0)) return found;
      given_.push_back({parts_.conditions[i], kTrue});
    }
    return std::nullopt;
  }

 private:
  std::optional<Found> Look(ExprId id, int depth) {
    const Expr& e = rule_.exprs[id];
    if (depth > kMaxNesting) return std::nullopt;
    if (e.op == Op::kNot) return Look(rule_.operands(e)[0], depth + 1);
    if (e.op == Op::kIf) {
      const NodeId test = context_.prover.NodeOf(rule_, rule_.operands(e)[0]);
      if (std::optional<Found> found = Look(rule_.operands(e)[0], depth + 1)) return found;
      for (size_t branch : {1, 2}) {
        given_.push_back({test, static_cast<TruthMask>(branch == 1 ? kTrue : kFalse)});
        std::optional<Found> found = Look(rule_.operands(e)[branch], depth + 1);
        given_.pop_back();
        if (found) return found;
      }
      return std::nullopt;
    }
    if (e.op == Op::kAnd || e.op == Op::kOr) {
      std::vector<ExprId> chain = {id};
      while (rule_.exprs[chain.back()].op == e.op) {
        const ExprId last = chain.back();
        chain.back() = rule_.operands(last)[1];
        chain.push_back(rule_.operands(last)[0]);
      }
      const size_t before = given_.size();
      std::optional<Found> found;
      for (size_t i = chain.size(); i-- > 0 && !found;) {
        found = Look(chain[i], depth + 1);
        given_.push_back({context_.prover.NodeOf(rule_, chain[i]),
                          static_cast<TruthMask>(e.op == Op::kAnd ? kTrue : kFalse)});
      }
      given_.resize(before);
      return found;
    }
    return LookInside(id);
  }

  // A test and all it is made of; what is in its `if`s and quantifiers is not looked at.
  std::optional<Found> LookInside(ExprId root) {
    std::vector<ExprId> open = {root};
    std::optional<Found> found;
    while (!open.empty()) {
      const ExprId id = open.back();
      open.pop_back();
      const Expr& e = rule_.exprs[id];
      if (e.op == Op::kIf || e.op == Op::kAnd || e.op == Op::kOr || core::IsQuantifier(e.op)) continue;
      const auto operands = rule_.operands(e);
      open.insert(open.end(), operands.begin(), operands.end());
      const bool constant =
          std::ranges::all_of(operands, [&](ExprId o) { return rule_.exprs[o].op == Op::kLiteral; });
      if ((e.op == Op::kAdd || e.op == Op::kSub || e.op == Op::kMul || e.op == Op::kNeg) && !constant) {
        found = {e.span, fmt::format("`{}` leaves the range of 64 bits", context_.Text(e.span))};
      } else if (e.op == Op::kCall && data::Info(e.fn()).is_constructor() && !constant) {
        found = {e.span, fmt::format("`{}` gets a text it cannot read", context_.Text(e.span))};
      } else if (e.op == Op::kCall && e.fn() == data::ExtFn::kOffset) {
        found = {e.span, fmt::format("`{}` leaves the range of times", context_.Text(e.span))};
      } else if (e.op == Op::kGetAttr && !context_.in.schema && optional_.contains(rule_.name(e)) &&
                 !Guarded(operands[0], rule_.name(e))) {
        found = {e.span, fmt::format("`{}` is missing", context_.Text(e.span))};
      }
      if (found) return found;
    }
    return std::nullopt;
  }

  // Whether what is tested before says that the attribute is there: no way to get here without `has`.
  bool Guarded(ExprId subject, const std::string& name) {
    const TermId term = parts_.terms[subject];
    for (ExprId id = 0; id < rule_.exprs.size(); ++id) {
      const Expr& e = rule_.exprs[id];
      if (e.op != Op::kHas || rule_.name(e) != name || parts_.terms[rule_.operands(e)[0]] != term) continue;
      given_.push_back({context_.prover.NodeOf(rule_, id), kFalse | kErrs});
      const bool possible = context_.prover.Possible(given_, false);
      given_.pop_back();
      if (!possible) return true;
    }
    return false;
  }

  Context& context_;
  const Rule& rule_;
  const std::set<std::string>& optional_;
  const Prover::Parts& parts_;
  std::vector<Prover::Goal> given_;
};

void CheckForbid(Context& context, const Rule& rule, const std::set<std::string>& optional) {
  const std::optional<Errors::Found> found = Errors(context, rule, optional).First();
  if (!found) return;
  context.ReportIn(
      rule, Code::kForbidCanErr, found->span,
      fmt::format("this forbid errs where {}, and is then skipped: it forbids nothing", found->why),
      "rule out the error first, or have `--cedar-errors fail-closed` decide it beside Pol");
}

void CheckOther(Context& context, const Rule& rule) {
  const std::optional<core::MayErr> found = core::FindError(context.in.program, rule);
  if (!found) return;
  context.ReportIn(rule, Code::kRuleCanErr, found->span.valid() ? found->span : Head(context, rule),
                   fmt::format("this {} can err, and then {}: {}", core::EffectName(rule.effect),
                               Prover::Holding(rule) & kErrs ? "holds" : "does not hold", found->why),
                   "rule out the error first if that is not what is meant");
}

// An error in a Cedar forbid allows; all others deny, and are told of only where somebody asks.
void CheckErrors(Context& context, const Rule& rule, const std::set<std::string>& optional) {
  if (rule.effect == Effect::kForbid && rule.on_error == core::ErrorRule::kSkip) {
    if (context.On(Code::kForbidCanErr)) CheckForbid(context, rule, optional);
  } else if (context.On(Code::kRuleCanErr)) {
    CheckOther(context, rule);
  }
}

bool IsAny(const core::ScopeTest& test) { return test.op == core::ScopeTest::Op::kAny; }

// Whether the action test is of everything there is.
bool IsAnyAction(const Context& context, const Rule& rule) {
  if (rule.action.op == core::ActionTest::Op::kAny) return true;
  if (!rule.strict || rule.action.actions.size() < 2) return false;
  return rule.action.actions.size() == context.in.program.model.actions.size();
}

void CheckBreadth(Context& context, const Rule& rule) {
  const bool all_who = IsAny(rule.principal), all_which = IsAny(rule.resource);
  if (all_who && all_which && rule.conditions.empty() && IsAnyAction(context, rule)) {
    if (rule.effect == Effect::kAllow) {
      context.ReportIn(rule, Code::kAllowsEverything, Head(context, rule),
                       fmt::format("`{}` allows everybody everything", source::Excerpt(rule.id)),
                       "say who may do what, on what, or under which condition");
      return;
    }
    if (rule.effect == Effect::kForbid && rule.pol().lifted_by.empty()) {
      context.ReportIn(
          rule, Code::kForbidsEverything, Head(context, rule),
          fmt::format("`{}` forbids everything, so nothing is ever allowed", source::Excerpt(rule.id)),
          "without a rule everything is denied already; say what is to be forbidden");
      return;
    }
  }
  if (rule.effect != Effect::kAllow) return;
  const bool asks = std::ranges::any_of(
      rule.exprs, [](const Expr& e) { return e.op == Op::kVar && e.var() == core::Var::kPrincipal; });
  if (all_who && !asks) {
    context.ReportIn(rule, Code::kAnyPrincipal, Head(context, rule),
                     fmt::format("`{}` does not look at who is asking", source::Excerpt(rule.id)),
                     "constrain `principal`, or excuse the rule if the access is public");
  }
  if (rule.principal.op == core::ScopeTest::Op::kEq && !rule.principal.slot) {
    context.ReportIn(rule, Code::kNamedPrincipal, rule.principal.span,
                     fmt::format("`{}` allows one principal by name", source::Excerpt(rule.id)),
                     "name a group, so that people who come and go change no policy");
  }
}

}  // namespace

void LintEffects(Context& context) {
  const std::set<std::string> optional = AskedFor(context);
  for (const Rule* rule : context.rules()) {
    CheckErrors(context, *rule, optional);
    CheckBreadth(context, *rule);
    if (rule->mode == core::Mode::kShadow) {
      context.ReportIn(*rule, Code::kRuleInShadow, Head(context, *rule),
                       fmt::format("`{}` is in shadow and decides nothing", source::Excerpt(rule->id)),
                       "enforce it, or remove it, once it was watched long enough");
    }
  }
}

}  // namespace polc::lint
