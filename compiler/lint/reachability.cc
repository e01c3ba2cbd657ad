// Rules that never matter, and conditions that never do: proved, not guessed (prover.h).
//
// Rules are compared pairwise where one's scope may cover the other's; each with at most kMaxPartners others,
// so that a set of 100,000 rules with one scope stays affordable. What is not compared is not reported.
#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

#include "compiler/lint/context.h"
#include "compiler/lint/example.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::lint {

using core::Effect;
using core::ExprId;
using core::Op;
using core::Rule;
using source::Code;

namespace {

// Rules that one rule is compared with. Real sets have a handful of rules with one scope.
constexpr size_t kMaxPartners = 64;
// Rules that are looked at for them: what is about other actions is passed over.
constexpr size_t kMaxLooked = 1024;

constexpr TruthMask kAll = kFalse | kTrue | kErrs;
TruthMask Not(TruthMask mask) { return kAll & ~mask; }

std::string Name(const Rule& rule) { return fmt::format("`{}`", source::Excerpt(rule.id)); }

// ------------------------------------------------------------------------------------ Within one rule

class Conditions {
 public:
  Conditions(Context& context, const Rule& rule)
      : context_(context), rule_(rule), parts_(context.prover.Of(rule)) {}

  void Check() {
    if (rule_.conditions.empty()) return;
    // Scopes with open slots say nothing yet, and may be contradicted by no condition.
    given_.push_back({parts_.scope, kTrue});
    if (rule_.is_template()) given_.clear();
    const TruthMask holding = Prover::Holding(rule_);
    std::vector<Prover::Goal> whole = given_;
    whole.push_back({parts_.all, holding});
    if (rule_.is_template()) {
      whole.clear();
      for (NodeId node : parts_.conditions) whole.push_back({node, kTrue});
    }
    if (!context_.prover.Possible(whole, false)) return NeverHolds();
    for (size_t i = 0; i < rule_.conditions.size(); ++i) {
      Look(rule_.conditions[i], 0);
      given_.push_back({parts_.conditions[i], kTrue});
    }
  }

 private:
  // What is tested by the operator at `id`, past the `not` that stands for `unless`.
  bool Impossible(ExprId id, TruthMask among) {
    given_.push_back({context_.prover.NodeOf(rule_, id), among});
    const bool possible = context_.prover.Possible(given_, false);
    given_.pop_back();
    return !possible;
  }

  bool IsBoolean(ExprId id) const {
    const Op op = rule_.exprs[id].op;
    return op != Op::kLiteral || rule_.value(rule_.exprs[id]).is(data::Kind::kBool);
  }

  // `is between`, `is T in`, `has a.b`: one test as written, several in the core.
  bool IsSugar(const core::Expr& e) const {
    return std::ranges::any_of(rule_.operands(e), [&](ExprId id) { return rule_.exprs[id].span == e.span; });
  }

  void NeverHolds() {
    // The first condition that cannot be true behind those before it, and in it the operand to blame.
    source::Span blamed = rule_.span;
    bool unless = false;
    std::string why;
    for (size_t i = 0; i < rule_.conditions.size(); ++i) {
      if (Impossible(rule_.conditions[i], kTrue)) {
        blamed = Blame(rule_.conditions[i]);
        unless = IsUnless(rule_.exprs[rule_.conditions[i]]);
        why = i == 0 && given_.empty() ? "" : " here";
        break;
      }
      given_.push_back({parts_.conditions[i], kTrue});
    }
    context_.ReportIn(rule_, Code::kNeverHolds, blamed,
                      fmt::format("`{}` cannot be {}{}, so {} never holds", context_.Text(blamed), !unless,
                                  why, Name(rule_)),
                      "it contradicts itself or what is tested before it; correct it, or remove the rule");
  }

  source::Span Blame(ExprId id) {
    size_t pushed = 0;
    for (;;) {
      const core::Expr& e = rule_.exprs[id];
      if (e.op != Op::kAnd || IsSugar(e)) break;
      const ExprId left = rule_.operands(e)[0], right = rule_.operands(e)[1];
      if (Impossible(left, kTrue)) {
        id = left;
        continue;
      }
      given_.push_back({context_.prover.NodeOf(rule_, left), kTrue});
      ++pushed;
      id = right;
    }
    given_.resize(given_.size() - pushed);
    return rule_.exprs[id].span;
  }

  // Looks for operands that are always true or always false where they stand.
  void Look(ExprId id, int depth) {
    if (depth > kMaxNesting || !IsBoolean(id)) return;
    const core::Expr& e = rule_.exprs[id];
    if (Impossible(id, kFalse | kErrs)) {
      // A guard that stands where it is needed, and elsewhere before: clauses may be read alone.
      if (e.op != Op::kHas) Always(id, true);
      return;
    }
    if (depth > 0 && Impossible(id, kTrue | kErrs)) return Always(id, false);
    if (e.op == Op::kNot) return Look(rule_.operands(e)[0], depth + 1);
    if (e.op == Op::kIf) {
      Look(rule_.operands(e)[0], depth + 1);
      return;
    }
    if ((e.op != Op::kAnd && e.op != Op::kOr) || IsSugar(e)) return;
    std::vector<ExprId> chain = {id};
    while (rule_.exprs[chain.back()].op == e.op) {
      const ExprId last = chain.back();
      chain.back() = rule_.operands(last)[1];
      chain.push_back(rule_.operands(last)[0]);
    }
    const size_t before = given_.size();
    for (size_t i = chain.size(); i-- > 0;) {
      Look(chain[i], depth + 1);
      given_.push_back({context_.prover.NodeOf(rule_, chain[i]),
                        static_cast<TruthMask>(e.op == Op::kAnd ? kTrue : kFalse)});
    }
    given_.resize(before);
  }

  void Always(ExprId id, bool truth) {
    const core::Expr& e = rule_.exprs[id];
    const bool written = IsUnless(e) ? !truth : truth;
    const bool constant =
        e.op == Op::kLiteral || (IsUnless(e) && rule_.exprs[rule_.operands(e)[0]].op == Op::kLiteral);
    Finding& finding = context_.ReportIn(
        rule_, written ? Code::kAlwaysTrueCondition : Code::kAlwaysFalseCondition, e.span,
        fmt::format("`{}` is always {}{}", context_.Text(e.span), written,
                    constant || given_.empty() ? "" : " here"),
        constant ? "a constant decides nothing; leave it out"
                 : fmt::format("{}; leave it out, or correct it",
                               written ? "what is tested before it implies it, or it excludes nothing"
                                       : "it contradicts itself or what is tested before it"));
    if (constant && truth) RemoveClause(e.span, finding);
  }

  // `when { true }` goes with the white space before it.
  void RemoveClause(source::Span body, Finding& finding) const {
    for (const Context::CedarFile& file : context_.cedar) {
      if (file.id != body.file) continue;
      for (const syntax::Policy& policy : file.policies) {
        for (const syntax::Condition& clause : policy.conditions) {
          if (!(policy.exprs[clause.body].span == body)) continue;
          source::Span span = clause.span;
          const std::string_view text = context_.in.map.text(span.file);
          while (span.begin > 0 && std::string_view(" \t\r\n").find(text[span.begin - 1]) != text.npos)
            --span.begin;
          finding.fix.push_back({span, ""});
        }
      }
    }
  }

  // `unless` is a `not` around what was written, at the same place. `!=` and the like are one, too.
  bool IsUnless(const core::Expr& e) const {
    return e.op == Op::kNot && rule_.exprs[rule_.operands(e)[0]].span == e.span && BehindUnless(e.span) &&
           std::ranges::any_of(rule_.conditions, [&](ExprId id) { return &rule_.exprs[id] == &e; });
  }

  // Whether the word before an expression, brackets aside, is `unless`.
  bool BehindUnless(source::Span span) const {
    std::string_view before = context_.in.map.text(span.file).substr(0, span.begin);
    const size_t last = before.find_last_not_of(" \t\r\n({");
    before = last == before.npos ? before.substr(0, 0) : before.substr(0, last + 1);
    return before.ends_with("unless");
  }

  Context& context_;
  const Rule& rule_;
  const Prover::Parts& parts_;
  std::vector<Prover::Goal> given_;
};

// ----------------------------------------------------------------------------------- Between two rules

// What a rule demands besides holding, so that rules with different terms are not taken for each other.
std::string TermsOf(const Context& context, const Rule& rule) {
  std::string out;
  for (const core::Limit& limit : rule.limits) {
    out += fmt::format("limit {} {};", limit.kind,
                       limit.value == core::kNoExpr ? "" : context.Text(rule.exprs[limit.value].span));
  }
  for (const core::Need& need : rule.needs) {
    out += fmt::format("need {} {};", need.evidence,
                       need.approval.span.valid() ? context.in.map.text(need.approval.span) : "");
  }
  for (const core::Approval& approval : rule.pol().lifted_by) {
    out += fmt::format("lifted {};", approval.span.valid() ? context.in.map.text(approval.span) : "");
  }
  if (rule.pol().suggestion) {
    out += data::ToString(rule.pol().suggestion->action);
    for (const auto& [name, value] : rule.pol().suggestion->changes) {
      out += fmt::format(" {} {}", name, context.Text(rule.exprs[value].span));
    }
  }
  return out;
}

class Pairs {
 public:
  explicit Pairs(Context& context) : context_(context) {
    for (const Rule& rule : context.in.program.rules) {
      if (rule.mode != core::Mode::kEnforced) continue;
      rules_.push_back(&rule);
      by_scope_[Key(rule, ScopeKey(rule.principal), ScopeKey(rule.resource))].push_back(&rule);
    }
  }

  void Check() {
    for (const Rule* rule : rules_) {
      if (!rule->template_id.empty() || !context_.Ours(rule->span)) continue;
      // What never holds was reported as that.
      if (!context_.prover.Possible({{context_.prover.Of(*rule).all, Prover::Holding(*rule)}})) continue;
      if (rule->effect == Effect::kAllow && CheckAgainstForbids(*rule)) continue;
      CheckAgainstOwn(*rule);
    }
  }

 private:
  static std::string ScopeKey(const core::ScopeTest& test) {
    using Op = core::ScopeTest::Op;
    switch (test.op) {
      case Op::kAny:
        return "";
      case Op::kEq:
        return "=" + data::ToString(test.entity);
      case Op::kIn:
        return "<" + data::ToString(test.entity);
      case Op::kIs:
        return ":" + test.type;
      case Op::kIsIn:
        return ":" + test.type + "<" + data::ToString(test.entity);
    }
    return "";
  }
  // Scopes that cover this one, as far as their words tell.
  static std::vector<std::string> Covering(const core::ScopeTest& test) {
    using Op = core::ScopeTest::Op;
    std::vector<std::string> keys = {"", ScopeKey(test)};
    if (test.op == Op::kAny) return {""};
    if (test.op == Op::kEq) {
      keys.push_back("<" + data::ToString(test.entity));
      keys.push_back(":" + test.entity.type);
    } else if (test.op == Op::kIsIn) {
      keys.push_back("<" + data::ToString(test.entity));
      keys.push_back(":" + test.type);
    }
    return keys;
  }
  static std::string Key(const Rule& rule, const std::string& principal, const std::string& resource) {
    return fmt::format("{} {}\n{}\n{}", core::EffectName(rule.effect), rule.strict, principal, resource);
  }

  // Whether no request is about both: each is about one action, and not the same.
  static bool AreApart(const core::ActionTest& a, const core::ActionTest& b) {
    using Op = core::ActionTest::Op;
    return a.op == Op::kEq && b.op == Op::kEq && a.actions != b.actions;
  }

  // Rules of an effect that may cover `rule`, which can hold: at most kMaxPartners.
  std::vector<const Rule*> Partners(const Rule& rule, Effect effect) const {
    std::vector<const Rule*> out;
    size_t looked = 0;
    for (const std::string& principal : Covering(rule.principal)) {
      for (const std::string& resource : Covering(rule.resource)) {
        const std::string key =
            fmt::format("{} {}\n{}\n{}", core::EffectName(effect), rule.strict, principal, resource);
        auto found = by_scope_.find(key);
        if (found == by_scope_.end()) continue;
        for (const Rule* other : found->second) {
          if (out.size() == kMaxPartners || ++looked > kMaxLooked) return out;
          if (other != &rule && !AreApart(other->action, rule.action)) out.push_back(other);
        }
      }
    }
    return out;
  }

  // Whether `b` holds whenever `a` does.
  bool Covers(const Rule& b, const Rule& a) {
    return !context_.prover.Possible({{context_.prover.Of(a).all, Prover::Holding(a)},
                                      {context_.prover.Of(b).all, Not(Prover::Holding(b))}});
  }

  // A request of which both hold, to show it; empty if none can be made.
  std::string Example(const Rule& a, const Rule& b) {
    if (!context_.prover.Possible({{context_.prover.Of(a).all, kTrue}, {context_.prover.Of(b).all, kTrue}})) {
      return "";
    }
    std::optional<std::string> example = ExampleRequest(context_.prover, {&a, &b});
    return example ? "; " + *example : "";
  }

  bool CheckAgainstForbids(const Rule& allow) {
    if (!context_.OnAny({Code::kShadowedAllow, Code::kAllowMeetsForbid})) return false;
    for (const Rule* forbid : Partners(allow, Effect::kForbid)) {
      // One that approvals lift is no end of it.
      if (!forbid->pol().lifted_by.empty() || !Covers(*forbid, allow)) continue;
      const bool both = Covers(allow, *forbid);
      Finding& finding = context_.ReportIn(
          allow, both ? Code::kAllowMeetsForbid : Code::kShadowedAllow, Head(allow),
          both ? fmt::format("{} allows exactly what {} forbids, so it allows nothing", Name(allow),
                             Name(*forbid))
               : fmt::format("{} never decides: whatever it allows, {} forbids", Name(allow), Name(*forbid)),
          fmt::format("narrow the forbid, or remove this rule{}", Example(allow, *forbid)));
      finding.diagnostic.labels.push_back({Head(*forbid), "the forbid"});
      return true;
    }
    return false;
  }

  void CheckAgainstOwn(const Rule& rule) {
    if (!context_.OnAny({Code::kDuplicateRule, Code::kRedundantRule})) return;
    const std::string terms = TermsOf(context_, rule);
    for (const Rule* other : Partners(rule, rule.effect)) {
      if (TermsOf(context_, *other) != terms) continue;
      const bool same =
          context_.prover.Of(rule).all == context_.prover.Of(*other).all && rule.on_error == other->on_error;
      if (!same && !Covers(*other, rule)) continue;
      // Of two that cover each other, the later one is reported.
      const bool later =
          std::tie(other->span.file, other->span.begin) < std::tie(rule.span.file, rule.span.begin);
      if (!later && (same || Covers(rule, *other))) continue;
      Finding& finding = context_.ReportIn(
          rule, same ? Code::kDuplicateRule : Code::kRedundantRule, Head(rule),
          same
              ? fmt::format("{} says what {} says", Name(rule), Name(*other))
              : fmt::format("{} adds nothing: whenever it holds, {} holds as well", Name(rule), Name(*other)),
          fmt::format("remove it, or make it say what sets it apart{}", Example(rule, *other)));
      finding.diagnostic.labels.push_back({Head(*other), "the other one"});
      return;
    }
  }

  // Where a rule is pointed at: its first line.
  source::Span Head(const Rule& rule) const {
    source::Span span = rule.span;
    const std::string_view text = context_.in.map.text(span);
    span.end = span.begin + static_cast<uint32_t>(std::min(text.find('\n'), text.size()));
    return span;
  }

  Context& context_;
  std::vector<const Rule*> rules_;
  std::unordered_map<std::string, std::vector<const Rule*>> by_scope_;
};

}  // namespace

void LintReachability(Context& context) {
  if (context.OnAny({Code::kNeverHolds, Code::kAlwaysTrueCondition, Code::kAlwaysFalseCondition})) {
    for (const Rule* rule : context.rules()) {
      if (!context.Impossible(*rule)) Conditions(context, *rule).Check();
    }
  }
  if (context.OnAny(
          {Code::kDuplicateRule, Code::kRedundantRule, Code::kShadowedAllow, Code::kAllowMeetsForbid})) {
    Pairs(context).Check();
  }
}

}  // namespace polc::lint
