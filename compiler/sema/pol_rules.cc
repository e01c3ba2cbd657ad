#include "compiler/sema/pol_rules.h"

#include <algorithm>
#include <limits>

#include "compiler/sema/pol_constant.h"
#include "compiler/sema/pol_controls.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::sema::pol {

using core::ExprId;
using core::Op;
using source::Code;
using source::Span;

bool Restricts(core::Effect effect) { return effect != core::Effect::kAllow; }

core::Mode ModeOf(const Source& source, ast::Mode mode) {
  if (mode == ast::Mode::kShadow) return core::Mode::kShadow;
  return source.shadow && mode != ast::Mode::kEnforced ? core::Mode::kShadow : core::Mode::kEnforced;
}

std::optional<core::Quorum> BuildQuorum(const Place& at, const ast::Quorum& quorum, const Reach& reach,
                                        const Known& known, core::Rule& rule) {
  core::Quorum out;
  out.span = quorum.span;
  out.including_owner = quorum.including_owner;
  out.survives_policy_change = quorum.survives_policy_change;
  bool good = true;
  if (quorum.within != ast::kNoExpr) {
    std::optional<data::Value> within =
        ConstantOf(at.world, at.source, quorum.within, Simple(Type::Kind::kDuration), "`within`", at.sink);
    good &= within.has_value();
    if (within) out.within_ms = within->as_duration().ms;
    if (within && out.within_ms <= 0) {
      at.sink.Report(Code::kInvalidQuorum, at.world.file(at.source)[quorum.within].span,
                     "an approval can never be given within no time");
      good = false;
    }
  }
  std::vector<std::string> persons;
  for (const auto& [name, info] : at.world.types) {
    if (info.nature == core::EntityType::Nature::kPerson) persons.push_back(name);
  }
  for (const ast::QuorumPart& part : quorum.parts) {
    core::Quorum::Part built;
    std::optional<data::Value> count =
        ConstantOf(at.world, at.source, part.count, Simple(Type::Kind::kNumber), "how many approve", at.sink);
    good &= count.has_value();
    if (count && (count->as_long() < 1 || count->as_long() > 1000)) {
      at.sink.Report(Code::kInvalidQuorum, at.world.file(at.source)[part.count].span,
                     fmt::format("{} people cannot approve; a quorum is 1 to 1000", count->as_long()));
      good = false;
    } else if (count) {
      built.count = static_cast<uint32_t>(count->as_long());
    }
    for (ast::ExprId id : part.pools) {
      Expressions expressions(at.world, reach, rule, at.map, at.sink);
      Typed pool = expressions.Check(id, known);
      if (pool.error()) {
        good = false;
        continue;
      }
      Type of = pool.type;
      if (of.is(Type::Kind::kSet)) of = *of.element;
      const std::string text(source::Excerpt(at.map.text(pool.span)));
      if (!of.is(Type::Kind::kEntity)) {
        at.sink.Report(
            Code::kInvalidQuorum, pool.span,
            fmt::format("`{}` is of type {}; people who approve are in a group", text, TypeText(pool.type)));
        good = false;
        continue;
      }
      const bool anyone =
          of.entities.empty() || std::ranges::any_of(of.entities, [&](const std::string& group) {
            return std::ranges::any_of(persons,
                                       [&](const std::string& p) { return at.world.MayBeIn(p, group); });
          });
      if (!anyone) {
        at.sink
            .Report(Code::kInvalidQuorum, pool.span,
                    fmt::format("no person can be in `{}`, and only a `person` approves", text))
            .help = persons.empty()
                        ? fmt::format("declare who approves: `person … in {}`", TypeText(of))
                        : fmt::format("declare `person {} in {}`", PolName(persons.front()), TypeText(of));
        good = false;
        continue;
      }
      built.pools.push_back(expressions.Emit(pool));
    }
    out.parts.push_back(std::move(built));
  }
  if (!good) return std::nullopt;
  return out;
}

namespace {

std::optional<core::Approval> BuildApproval(const Place& at, const std::vector<ast::Quorum>& quorums,
                                            Span span, const Reach& reach, const Known& known,
                                            core::Rule& rule) {
  core::Approval approval;
  approval.span = span;
  bool good = true;
  for (const ast::Quorum& quorum : quorums) {
    std::optional<core::Quorum> built = BuildQuorum(at, quorum, reach, known, rule);
    good &= built.has_value();
    if (built) approval.alternatives.push_back(*std::move(built));
  }
  if (!good) return std::nullopt;
  return approval;
}

class RuleBuilder {
 public:
  RuleBuilder(const Place& at, const ast::RuleDecl& decl) : at_(at), decl_(decl) {}

  std::optional<core::Rule> Build() {
    const Source& source = at_.world.sources[at_.source];
    rule_.id = source.policy + "/" + decl_.name.text;
    rule_.effect = EffectOf(decl_.effect);
    rule_.mode = ModeOf(source, decl_.mode);
    rule_.on_error = core::ErrorRule::kFailClosed;
    rule_.strict = true;
    rule_.span = decl_.span;
    if (decl_.title) part_.title = *decl_.title;
    const ast::Target& target = decl_.target;
    const Fit fit = BuildScope(at_, target.who, &target.what, target.which ? &*target.which : nullptr,
                               decl_.effect_span, rule_, reach_);
    if (fit != Fit::kGood) return std::nullopt;
    bool good = AddClauses(at_, decl_.clauses, reach_, known_, rule_, &part_);
    // A module's rule that can never hold says nothing.
    if (good && known_.dead) return std::nullopt;
    good &= Limits() & Needs() & Suggestion();
    if (!good) return std::nullopt;
    rule_.pol_part = std::make_shared<const core::PolPart>(std::move(part_));
    return std::move(rule_);
  }

 private:
  static core::Effect EffectOf(ast::RuleEffect effect) {
    switch (effect) {
      case ast::RuleEffect::kAllow:
        return core::Effect::kAllow;
      case ast::RuleEffect::kForbid:
        return core::Effect::kForbid;
      case ast::RuleEffect::kSuggest:
        return core::Effect::kSuggest;
      case ast::RuleEffect::kRequire:
        return core::Effect::kRequire;
      case ast::RuleEffect::kLimit:
        return core::Effect::kLimit;
    }
    return core::Effect::kForbid;
  }

  bool Limits() {
    bool good = true;
    std::set<std::string> kinds;
    for (const ast::Limit& limit : decl_.limits) {
      const Symbol* symbol =
          Resolver(at_.world, at_.source, at_.sink)
              .Find(limit.kind.text, limit.kind.span, Only(SymbolKind::kLimitKind), "a kind of limit");
      auto type = symbol ? at_.world.limit_types.find(symbol->key) : at_.world.limit_types.end();
      if (type == at_.world.limit_types.end()) {
        good = false;
        continue;
      }
      if (!kinds.insert(symbol->key).second) {
        at_.sink.Report(Code::kDuplicateDeclaration, limit.span,
                        fmt::format("limit `{}` stands in the rule a second time", limit.kind.text));
        good = false;
        continue;
      }
      core::Limit out;
      out.kind = symbol->key;
      out.span = limit.span;
      if (limit.value != ast::kNoExpr) {
        out.value = Expressions(at_.world, reach_, rule_, at_.map, at_.sink)
                        .ValueOf(limit.value, type->second, fmt::format("limit `{}`", out.kind), known_);
        good &= out.value != core::kNoExpr;
      } else if (type->second.is(Type::Kind::kBool)) {
        out.value = rule_.AddLiteral(data::Value(true), limit.span);
      } else {
        at_.sink
            .Report(Code::kUnexpectedType, limit.span,
                    fmt::format("limit `{}` is of type {} and has no value here", out.kind,
                                TypeText(type->second)))
            .help = fmt::format("write `{} to …`", out.kind);
        good = false;
      }
      rule_.limits.push_back(std::move(out));
    }
    return good;
  }

  bool Needs() {
    bool good = true;
    for (const ast::Need& need : decl_.needs) {
      core::Need out;
      out.span = need.span;
      if (need.kind == ast::Need::Kind::kEvidence) {
        out.kind = core::Need::Kind::kEvidence;
        const Symbol* symbol = Resolver(at_.world, at_.source, at_.sink)
                                   .Find(need.evidence.text, need.evidence.span, Only(SymbolKind::kEvidence),
                                         "a kind of evidence");
        good &= symbol != nullptr;
        if (symbol) out.evidence = symbol->key;
      } else {
        std::optional<core::Approval> approval =
            BuildApproval(at_, need.quorums, need.span, reach_, known_, rule_);
        good &= approval.has_value();
        if (approval) out.approval = *std::move(approval);
      }
      rule_.needs.push_back(std::move(out));
    }
    return good;
  }

  // The variant is a request of its own: it has to be one that the model allows, whatever the request was.
  bool Suggestion() {
    if (decl_.effect != ast::RuleEffect::kSuggest) return true;
    std::optional<data::EntityUid> uid =
        Resolver(at_.world, at_.source, at_.sink).FindAction(decl_.suggestion);
    if (!uid) return false;
    const ActionInfo& variant = at_.world.actions.at(*uid);
    core::Suggestion out;
    out.action = *uid;
    bool good = true;
    auto applies = [&](const std::vector<std::string>& types, const std::set<std::string>& allowed,
                       std::string_view words) {
      for (const std::string& type : types) {
        if (allowed.contains(type)) continue;
        at_.sink.Report(Code::kInvalidSuggestion, decl_.suggestion.span,
                        fmt::format("`{}` is not done {} `{}`, for which it is suggested", variant.written,
                                    words, PolName(type)));
        good = false;
      }
    };
    applies(reach_.principals, variant.by, "by");
    applies(reach_.resources, variant.on, "on");
    for (const ast::Arg& arg : decl_.variant) {
      const Field* field = FindField(variant.fields, arg.name);
      if (!field) {
        source::Diagnostic& report = at_.sink.Report(
            Code::kInvalidSuggestion, arg.name_span,
            fmt::format("`{}` has no `{}` in its context", variant.written, source::Excerpt(arg.name)));
        std::vector<std::string> names;
        for (const Field& other : variant.fields) names.push_back(other.name);
        if (auto near = source::DidYouMean(arg.name, names))
          report.help = fmt::format("did you mean `{}`?", *near);
        good = false;
        continue;
      }
      if (field->from_host) {
        at_.sink.Report(
            Code::kInvalidSuggestion, arg.span,
            fmt::format("`{}` comes from the gateway, which nobody can suggest to be otherwise", arg.name));
        good = false;
        continue;
      }
      const ExprId value = Expressions(at_.world, reach_, rule_, at_.map, at_.sink)
                               .ValueOf(arg.value, field->type, fmt::format("`{}`", arg.name), known_);
      good &= value != core::kNoExpr;
      const bool twice = std::ranges::any_of(out.changes, [&](const auto& c) { return c.first == arg.name; });
      if (twice) {
        at_.sink.Report(Code::kDuplicateDeclaration, arg.span,
                        fmt::format("`{}` is changed a second time", arg.name));
        good = false;
        continue;
      }
      out.changes.emplace_back(arg.name, value);
    }
    std::ranges::sort(out.changes);
    for (const Field& field : variant.fields) good &= Carried(variant, field, out);
    for (const ActionInfo* action : reach_.actions) {
      for (const Field& field : action->fields) {
        if (field.from_host || FindField(variant.fields, field.name)) continue;
        source::Diagnostic& report = at_.sink.Report(
            Code::kInvalidSuggestion, decl_.suggestion.span,
            fmt::format("`{}` has `{}` in its context and `{}` has not, so the variant would be invalid",
                        action->written, field.name, variant.written));
        report.help = fmt::format("declare `{}` for `{}` as well", field.name, variant.written);
        good = false;
      }
    }
    part_.suggestion = std::move(out);
    return good;
  }

  // Whether the variant has `field` whenever it needs it: by a change, or because every request has it.
  bool Carried(const ActionInfo& variant, const Field& field, const core::Suggestion& out) {
    const bool changed =
        std::ranges::any_of(out.changes, [&](const auto& c) { return c.first == field.name; });
    if (changed || field.from_host) return true;
    for (const ActionInfo* action : reach_.actions) {
      const Field* has = FindField(action->fields, field.name);
      if (has && !has->from_host && !Fits(has->type, field.type)) {
        at_.sink.Report(
            Code::kInvalidSuggestion, decl_.suggestion.span,
            fmt::format("`{}` of `{}` is of type {}, and of type {} for `{}`", field.name, action->written,
                        TypeText(has->type), TypeText(field.type), variant.written));
        return false;
      }
      if (field.always() && !field.required) continue;
      if (!field.required || (has && has->always() && !has->from_host)) continue;
      source::Diagnostic& report =
          at_.sink.Report(Code::kInvalidSuggestion, decl_.suggestion.span,
                          fmt::format("`{}` asks for `{}`, which a request to `{}` may not have",
                                      variant.written, field.name, action->written));
      report.help = fmt::format("say what it is: `suggest {} with {} …`", variant.written, field.name);
      if (field.span.valid()) report.labels.push_back({field.span, "declared here"});
      return false;
    }
    return true;
  }

  const Place& at_;
  const ast::RuleDecl& decl_;
  core::Rule rule_;
  core::PolPart part_;
  Reach reach_;
  Known known_;
};

void AddUntil(int64_t time, Span span, core::Rule& rule) {
  const ExprId now = rule.AddNamed(Op::kInput, "now", span);
  const ExprId end = rule.AddLiteral(data::Value(data::Datetime{time}), span);
  rule.conditions.push_back(rule.Add(Op::kLess, {now, end}, span));
}

}  // namespace

bool AddClauses(const Place& at, const std::vector<ast::Clause>& clauses, const Reach& reach, Known& known,
                core::Rule& rule, core::PolPart* part) {
  using K = ast::Clause::Kind;
  bool good = true;
  for (const ast::Clause& clause : clauses) {
    switch (clause.kind) {
      case K::kWhen:
      case K::kUnless: {
        const ExprId id = Expressions(at.world, reach, rule, at.map, at.sink)
                              .Condition(clause.condition, known, clause.kind == K::kUnless);
        good &= id != core::kNoExpr;
        if (id != core::kNoExpr) rule.conditions.push_back(id);
        break;
      }
      case K::kUnlessApproved: {
        if (!part || !Restricts(rule.effect)) {
          at.sink.Report(Code::kMisplacedClause, clause.span,
                         "`unless approved by` lifts what restricts, and this does not");
          good = false;
          break;
        }
        std::optional<core::Approval> approval =
            BuildApproval(at, clause.quorums, clause.span, reach, known, rule);
        good &= approval.has_value();
        if (approval) part->lifted_by.push_back(*std::move(approval));
        break;
      }
      case K::kBecause:
        if (!part) break;
        if (!part->because.empty()) {
          at.sink.Report(Code::kMisplacedClause, clause.span, "`because` stands a second time");
          good = false;
        }
        part->because = clause.text;
        break;
      case K::kMeets:
        for (const ast::Control& control : clause.controls) {
          good &= CheckControl(control, at.sink);
          if (part) part->controls.push_back({control.catalogue.text, control.clause});
        }
        break;
      case K::kUntil:
        AddUntil(clause.time, clause.span, rule);
        if (part) part->until_ms = std::min(clause.time, part->until_ms.value_or(clause.time));
        break;
    }
  }
  if (part) {
    std::ranges::sort(part->controls);
    part->controls.erase(std::unique(part->controls.begin(), part->controls.end()), part->controls.end());
  }
  return good;
}

std::optional<core::Rule> BuildRule(const Place& at, const ast::RuleDecl& decl) {
  return RuleBuilder(at, decl).Build();
}

}  // namespace polc::sema::pol
