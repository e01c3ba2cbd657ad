#include "compiler/emit/emit.h"

#include <algorithm>
#include <numeric>

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
      : program_(program), options_(options), sink_(sink), places_(options.sources) {}

  std::optional<std::vector<uint8_t>> Run() {
    Image& image = builder_.image;
    image.model_digest = options_.model_digest;
    image.max_elements = options_.max_elements;
    image.max_bytes = options_.max_bytes;
    if (program_.pol) {
      sink_.Report(source::Code::kRuleTooLarge, {},
                   "the program is Pol, which the bundle format has no code for");
      return std::nullopt;
    }
    for (const core::Fact& fact : program_.facts) AddFact(fact);

    order_.resize(program_.rules.size());
    std::iota(order_.begin(), order_.end(), 0);
    std::sort(order_.begin(), order_.end(), [&](uint32_t a, uint32_t b) {
      return bundle::CompareText(program_.rules[a].id, program_.rules[b].id) < 0;
    });
    for (uint32_t i : order_) AddRule(program_.rules[i]);
    AddFiles();
    for (const auto& [key, value] : options_.meta) {
      image.meta.push_back({builder_.String(key), builder_.String(value)});
    }
    if (sink_.has_errors()) return std::nullopt;

    std::vector<uint8_t> file;
    const Image finished = builder_.Finish();
    const bundle::Status status = Write(finished, &file);
    if (!status.ok()) {
      ReportStatus(finished, status);
      return std::nullopt;
    }
    return file;
  }

 private:
  void AddFact(const core::Fact& fact) {
    RuleEmitter code(fact.body, &builder_, &places_);
    const bundle::Block block = code.Value(fact.body.conditions[0]);
    if (code.too_large()) TooLarge(fact.body, "does not fit the bundle format's indices", sink_);
    builder_.image.facts.push_back({builder_.String(fact.name), 0, block});
  }

  void AddRule(const Rule& rule) {
    Image& image = builder_.image;
    RuleRow row{};
    row.id = builder_.String(rule.id);
    row.effect = static_cast<uint8_t>(rule.effect);
    row.mode = static_cast<uint8_t>(rule.mode);
    row.error_rule = static_cast<uint8_t>(rule.on_error);
    row.because = kNone;
    row.template_id = rule.template_id.empty() ? kNone : builder_.String(rule.template_id);
    row.place = places_.At(rule.span);

    RuleEmitter code(rule, &builder_, &places_);
    row.parts.first = Size(image.parts);
    row.condition = code.Condition();
    row.parts.count = Size(image.parts) - row.parts.first;

    row.limits = {Size(image.limits), Size(rule.limits)};
    for (const core::Limit& limit : rule.limits) {
      bundle::LimitRow l{};
      l.kind = builder_.String(limit.kind);
      l.value = code.Value(limit.value);
      image.limits.push_back(l);
    }
    row.needs = {Size(image.needs), Size(rule.needs)};
    for (const core::Need& need : rule.needs) AddNeed(rule, need);
    row.controls = {Size(image.controls), 0};
    row.annotations = {Size(image.annotations), Size(rule.annotations)};
    for (const auto& [key, value] : rule.annotations) {
      image.annotations.push_back({builder_.String(key), builder_.String(value)});
    }
    if (code.too_large()) TooLarge(rule, "does not fit the bundle format's indices", sink_);
    image.rules.push_back(row);
  }

  void AddNeed(const Rule& rule, const core::Need& need) {
    Image& image = builder_.image;
    bundle::NeedRow row{};
    row.pool = {Size(image.pools), 0};
    if (need.kind == core::Need::Kind::kEvidence) {
      row.kind = static_cast<uint8_t>(bundle::NeedKind::kEvidence);
      row.evidence = builder_.String(need.evidence);
    } else {
      row.kind = static_cast<uint8_t>(bundle::NeedKind::kApproval);
      row.evidence = kNone;
      const core::Quorum& quorum = need.approval.alternatives[0];
      const core::Quorum::Part& part = quorum.parts[0];
      row.count = part.count;
      row.within_ms = quorum.within_ms;
      row.pool.count = Size(part.pools);
      for (core::ExprId pool : part.pools) {
        const data::EntityUid& uid = rule.value(rule.exprs[pool]).as_entity();
        image.pools.push_back(builder_.Entity(uid.type, uid.id));
      }
    }
    image.needs.push_back(row);
  }

  // Only files that places point into, in the order of their names here.
  void AddFiles() {
    Image& image = builder_.image;
    std::vector<std::pair<std::string, source::FileId>> files;
    for (source::FileId file = 0; file < places_.used().size(); ++file) {
      if (!places_.used()[file]) continue;
      files.emplace_back(file < options_.paths.size() ? options_.paths[file] : options_.sources->path(file),
                         file);
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
  }

  // What the code cannot be: the rule it lies in and why.
  void ReportStatus(const Image& image, const bundle::Status& status) {
    std::string what =
        "needs more of the virtual machine than it has: " + std::string(BundleErrorMessage(status.error));
    if (status.error == BundleError::kStackDepth) {
      what = "needs a stack deeper than " + std::to_string(bundle::kMaxStack) + " values";
    } else if (status.error == BundleError::kTooMuchScratch) {
      what =
          "needs more than " + std::to_string(bundle::kMaxScratchBytes >> 20) + " MiB for sets and records";
    }
    for (size_t i = 0; i < image.rules.size(); ++i) {
      const bool last = i + 1 == image.rules.size();
      if (last || status.at < image.rules[i + 1].condition.first) {
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
  std::vector<uint32_t> order_;  // rules by id
};

}  // namespace

std::optional<std::vector<uint8_t>> Emit(const core::Program& program, const EmitOptions& options,
                                         source::DiagnosticSink& sink) {
  return Emitter(program, options, sink).Run();
}

}  // namespace polc::emit
