#include "compiler/emit/emit.h"

#include <algorithm>
#include <numeric>

#include "compiler/emit/declarations.h"
#include "compiler/emit/places.h"
#include "compiler/emit/rule.h"
#include "runtime/bundle/builder.h"
#include "runtime/bundle/text.h"

namespace polc::emit {

using bundle::BundleError;
using bundle::Image;
using bundle::ImageBuilder;
using bundle::kNone;
using bundle::Range;
using bundle::RuleRow;
using core::Rule;

namespace {

// The core's enumerations and the format's are kept apart and must agree.
static_assert(static_cast<int>(core::Effect::kForbid) == static_cast<int>(bundle::Effect::kForbid) &&
              static_cast<int>(core::Effect::kLimit) == static_cast<int>(bundle::Effect::kLimit) &&
              static_cast<int>(core::Effect::kRequire) == static_cast<int>(bundle::Effect::kRequire) &&
              static_cast<int>(core::Effect::kSuggest) == static_cast<int>(bundle::Effect::kSuggest));
static_assert(static_cast<int>(core::Mode::kShadow) == static_cast<int>(bundle::Mode::kShadow));
static_assert(static_cast<int>(core::ErrorRule::kFailClosed) ==
              static_cast<int>(bundle::ErrorRule::kFailClosed));
static_assert(static_cast<int>(core::Var::kContext) == static_cast<int>(bundle::Variable::kContext));

uint32_t Size(const auto& rows) { return static_cast<uint32_t>(rows.size()); }

void TooLarge(const Rule& rule, std::string what, source::DiagnosticSink& sink) {
  source::Diagnostic& d =
      sink.Report(source::Code::kRuleTooLarge, rule.span, "rule `" + rule.id + "` " + std::move(what));
  d.rule = rule.id;
}

class Emitter {
 public:
  Emitter(const core::Program& program, const EmitOptions& options, source::DiagnosticSink& sink)
      : program_(program),
        options_(options),
        sink_(sink),
        places_(options.sources),
        declared_(program, &builder_) {}

  std::optional<std::vector<uint8_t>> Run() {
    Image& image = builder_.image;
    image.model_digest = options_.model_digest;
    image.max_elements = options_.max_elements;
    image.max_bytes = options_.max_bytes;
    image.flags = program_.pol ? bundle::kFlagPol : 0;
    if (declared_.too_deep()) {
      sink_.Report(source::Code::kRuleTooLarge, {},
                   "the model has types nested deeper than " + std::to_string(bundle::kMaxTypeDepth));
    }
    for (const core::Fact& fact : program_.facts) AddFact(fact);
    for (const core::Input* input : declared_.inputs()) AddInput(*input);

    order_.resize(program_.rules.size());
    std::iota(order_.begin(), order_.end(), 0);
    std::sort(order_.begin(), order_.end(), [&](uint32_t a, uint32_t b) {
      return bundle::CompareText(program_.rules[a].id, program_.rules[b].id) < 0;
    });
    for (uint32_t i : order_) AddRule(program_.rules[i]);
    AddFiles();
    MarkReads();
    for (const auto& [key, value] : options_.meta) {
      image.meta.push_back({builder_.String(key), builder_.String(value)});
    }
    if (sink_.has_errors()) return std::nullopt;

    std::vector<uint8_t> file;
    const bundle::Status status = Write(builder_.Finish(), &file);
    if (!status.ok()) {
      ReportStatus(file, status);
      return std::nullopt;
    }
    return file;
  }

 private:
  RuleEmitter CodeOf(const Rule& rule) { return {rule, declared_, &builder_, &places_}; }
  void Check(const RuleEmitter& code, const Rule& rule) {
    if (code.too_large()) TooLarge(rule, "does not fit the bundle format's indices", sink_);
  }

  void AddFact(const core::Fact& fact) {
    Image& image = builder_.image;
    bundle::FactRow row{};
    row.name = builder_.String(fact.name);
    row.levels = fact.levels.empty() ? kNone : declared_.Levels(fact.levels);
    row.form = static_cast<uint8_t>(fact.form);
    row.place = places_.At(fact.span);
    row.clauses.first = Size(image.clauses);
    RuleEmitter code = CodeOf(fact.body);
    for (const core::Fact::Clause& clause : fact.clauses) {
      bundle::ClauseRow c{};
      c.id = kNone;
      c.when = code.Value(clause.when, /*is_bool=*/true);
      c.value = code.Value(clause.value);
      c.place = places_.At(fact.body.exprs[clause.when].span);
      image.clauses.push_back(c);
    }
    for (const core::Fact::Step& step : fact.rows) {
      AddStep(step, step.from_data ? bundle::ClauseKind::kRowsFromData : bundle::ClauseKind::kRow);
    }
    for (const core::Fact::Step& step : fact.caps) AddStep(step, bundle::ClauseKind::kCap);
    row.clauses.count = Size(image.clauses) - row.clauses.first;
    if (fact.form == core::Fact::Form::kExpression) row.value = code.Value(fact.body.conditions[0]);
    if (fact.otherwise != core::kNoExpr) row.value = code.Value(fact.otherwise);
    Check(code, fact.body);
    image.facts.push_back(row);
  }

  void AddStep(const core::Fact::Step& step, bundle::ClauseKind kind) {
    RuleEmitter code = CodeOf(step.rule);
    bundle::ClauseRow row{};
    row.id = builder_.String(step.rule.id);
    row.kind = static_cast<uint8_t>(kind);
    row.mode = static_cast<uint8_t>(step.rule.mode);
    row.when = code.Condition(/*with_parts=*/false);
    row.value = code.Value(step.level);
    row.place = places_.At(step.rule.span);
    Check(code, step.rule);
    builder_.image.clauses.push_back(row);
  }

  void AddInput(const core::Input& input) {
    bundle::InputRow row{};
    row.id = builder_.String(input.id);
    row.name = builder_.String(input.name);
    row.by = input.by.empty() ? kNone : builder_.String(input.by);
    row.key_type = input.key_type ? declared_.Type(*input.key_type) : kNone;
    row.kind = static_cast<uint8_t>(input.kind);
    row.value_kind = static_cast<uint8_t>(input.value);
    row.mode = static_cast<uint8_t>(input.mode);
    row.opens_at = input.opens_at;
    row.fresh_within_ms = input.fresh_within_ms;
    row.over_ms = input.over_ms;
    row.closes_after_ms = input.closes_after_ms;
    if (input.kind != core::Input::Kind::kNow && input.kind != core::Input::Kind::kSwitch) {
      RuleEmitter code = CodeOf(input.update);
      row.counts = code.Condition(/*with_parts=*/false);
      if (input.key != core::kNoExpr) row.key = code.Value(input.key);
      if (input.amount != core::kNoExpr) row.amount = code.Value(input.amount);
      Check(code, input.update);
    }
    builder_.image.inputs.push_back(row);
  }

  void AddRule(const Rule& rule) {
    Image& image = builder_.image;
    RuleRow row{};
    row.id = builder_.String(rule.id);
    row.effect = static_cast<uint8_t>(rule.effect);
    row.mode = static_cast<uint8_t>(rule.mode);
    row.error_rule = static_cast<uint8_t>(rule.on_error);
    row.because = rule.pol().because.empty() ? kNone : builder_.String(rule.pol().because);
    row.template_id = rule.template_id.empty() ? kNone : builder_.String(rule.template_id);
    row.place = places_.At(rule.span);

    RuleEmitter code = CodeOf(rule);
    row.parts.first = Size(image.parts);
    row.condition = code.Condition(/*with_parts=*/true);
    row.parts.count = Size(image.parts) - row.parts.first;

    row.limits = {Size(image.limits), Size(rule.limits)};
    for (const core::Limit& limit : rule.limits) {
      image.limits.push_back({declared_.LimitKind(limit.kind), 0, code.Value(limit.value)});
    }
    row.needs = {Size(image.needs), Size(rule.needs)};
    for (const core::Need& need : rule.needs) AddNeed(need, rule, &code);
    row.controls = {Size(image.controls), Size(rule.pol().controls)};
    for (const core::Control& control : rule.pol().controls) {
      image.controls.push_back({builder_.String(control.catalogue), builder_.String(control.clause)});
    }
    row.annotations = {Size(image.annotations), Size(rule.annotations)};
    for (const auto& [key, value] : rule.annotations) {
      image.annotations.push_back({builder_.String(key), builder_.String(value)});
    }
    if (rule.pol_part) row.pol = AddPolPart(rule, &code);
    Check(code, rule);
    image.rules.push_back(row);
  }

  uint32_t AddPolPart(const Rule& rule, RuleEmitter* code) {
    Image& image = builder_.image;
    const core::PolPart& pol = rule.pol();
    bundle::PolRuleRow row{};
    row.title = pol.title.empty() ? kNone : builder_.String(pol.title);
    row.has_until = pol.until_ms.has_value();
    row.until_ms = pol.until_ms.value_or(0);
    row.lifted_by = {Size(image.approvals), Size(pol.lifted_by)};
    for (const core::Approval& approval : pol.lifted_by) AddApproval(approval, rule, code);
    row.suggestion = kNone;
    if (pol.suggestion) {
      row.suggestion = Size(image.suggestions);
      image.suggestions.push_back({builder_.Entity(pol.suggestion->action.type, pol.suggestion->action.id),
                                   0,
                                   {Size(image.changes), Size(pol.suggestion->changes)}});
      auto changes = pol.suggestion->changes;
      std::sort(changes.begin(), changes.end(),
                [](const auto& a, const auto& b) { return bundle::CompareText(a.first, b.first) < 0; });
      for (const auto& [attribute, value] : changes) {
        image.changes.push_back({builder_.String(attribute), 0, code->Value(value)});
      }
    }
    image.pol_rules.push_back(row);
    return Size(image.pol_rules);
  }

  void AddNeed(const core::Need& need, const Rule& rule, RuleEmitter* code) {
    Image& image = builder_.image;
    bundle::NeedRow row{};
    row.place = places_.At(need.span);
    if (need.kind == core::Need::Kind::kEvidence) {
      row.kind = static_cast<uint8_t>(bundle::NeedKind::kEvidence);
      row.what = declared_.EvidenceKind(need.evidence);
    } else {
      row.kind = static_cast<uint8_t>(bundle::NeedKind::kApproval);
      row.what = Size(image.approvals);
      AddApproval(need.approval, rule, code);
    }
    image.needs.push_back(row);
  }

  void AddApproval(const core::Approval& approval, const Rule& rule, RuleEmitter* code) {
    Image& image = builder_.image;
    image.approvals.push_back(
        {{Size(image.quorums), Size(approval.alternatives)}, places_.At(approval.span), 0});
    for (const core::Quorum& quorum : approval.alternatives) {
      bundle::QuorumRow row{};
      row.parts = {Size(image.quorum_parts), Size(quorum.parts)};
      row.within_ms = quorum.within_ms;
      row.including_owner = quorum.including_owner;
      row.survives_policy_change = quorum.survives_policy_change;
      row.place = places_.At(quorum.span);
      image.quorums.push_back(row);
      uint64_t people = 0;
      for (const core::Quorum::Part& part : quorum.parts) {
        people += part.count;
        image.quorum_parts.push_back({part.count, 0, {Size(image.pools), Size(part.pools)}});
        for (core::ExprId pool : part.pools) image.pools.push_back({code->Value(pool)});
      }
      if (people > bundle::kMaxQuorum) {
        TooLarge(rule,
                 "asks for " + std::to_string(people) + " people, and " + std::to_string(bundle::kMaxQuorum) +
                     " are the most",
                 sink_);
      }
    }
  }

  // Which inputs some code reads.
  void MarkReads() {
    Image& image = builder_.image;
    for (size_t word = 0; word < image.code.size();) {
      const std::optional<bundle::Instruction> in = bundle::Decode(image.code, word);
      if (!in) return;  // Write will say so
      if (in->opcode == bundle::Opcode::kInput || in->opcode == bundle::Opcode::kInputOf)
        image.inputs[in->a].is_read = 1;
      word += in->words;
    }
  }

  // Only files that places point into, in the order of their names here.
  void AddFiles() {
    Image& image = builder_.image;
    std::vector<std::pair<std::string, source::FileId>> files;
    for (source::FileId file = 0; file < places_.used().size(); ++file) {
      if (!places_.used()[file]) continue;
      files.emplace_back(options_.path ? options_.path(file) : options_.sources->path(file), file);
    }
    std::sort(files.begin(), files.end());
    std::vector<uint32_t> renumbered(places_.used().size(), kNone);
    for (const auto& [path, file] : files) {
      renumbered[file] = Size(image.files);
      const std::string_view text =
          options_.include_source ? options_.sources->text(file) : std::string_view();
      image.files.push_back({builder_.String(path), 0, image.source_bytes.size(), text.size()});
      image.source_bytes.insert(image.source_bytes.end(), text.begin(), text.end());
    }
    auto renumber = [&](bundle::Place& place) {
      if (place.file != kNone) place.file = renumbered[place.file];
    };
    for (RuleRow& rule : image.rules) renumber(rule.place);
    for (bundle::PartRow& part : image.parts) renumber(part.place);
    for (bundle::DebugRow& row : image.debug) renumber(row.place);
    for (bundle::NeedRow& row : image.needs) renumber(row.place);
    for (bundle::ApprovalRow& row : image.approvals) renumber(row.place);
    for (bundle::QuorumRow& row : image.quorums) renumber(row.place);
    for (bundle::FactRow& row : image.facts) renumber(row.place);
    for (bundle::ClauseRow& row : image.clauses) renumber(row.place);
  }

  // What the code cannot be: the rule it lies in and why.
  void ReportStatus(const std::vector<uint8_t>& file, const bundle::Status& status) {
    std::string what =
        "needs more of the virtual machine than it has: " + std::string(BundleErrorMessage(status.error));
    if (status.error == BundleError::kStackDepth) {
      what = "needs a stack deeper than " + std::to_string(bundle::kMaxStack) + " values";
    } else if (status.error == BundleError::kTooMuchScratch) {
      what =
          "needs more than " + std::to_string(bundle::kMaxScratchBytes >> 20) + " MiB for sets and records";
    }
    bundle::Bundle bundle;
    const bool opens = bundle::Bundle::Open(file, &bundle).ok();
    const std::span<const RuleRow> rules = opens ? bundle.rules() : std::span<const RuleRow>();
    for (size_t i = 0; i < rules.size(); ++i) {
      const bool last = i + 1 == rules.size();
      if (last || status.at < rules[i + 1].condition.first) {
        TooLarge(program_.rules[order_[i]], what, sink_);
        return;
      }
    }
    sink_.Report(source::Code::kRuleTooLarge, {}, "the program " + what);
  }

  const core::Program& program_;
  const EmitOptions& options_;
  source::DiagnosticSink& sink_;
  Places places_;
  ImageBuilder builder_;
  Declarations declared_;
  std::vector<uint32_t> order_;  // rules by id
};

}  // namespace

std::optional<std::vector<uint8_t>> Emit(const core::Program& program, const EmitOptions& options,
                                         source::DiagnosticSink& sink) {
  return Emitter(program, options, sink).Run();
}

}  // namespace polc::emit
