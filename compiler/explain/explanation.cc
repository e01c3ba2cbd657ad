#include "compiler/explain/explanation.h"

#include <algorithm>

#include "compiler/bridge/decision.h"
#include "compiler/host/decision_json.h"
#include "compiler/source/render.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "runtime/bundle/assembly.h"
#include "runtime/vm/chain.h"
#include "runtime/vm/message.h"
#include "runtime/vm/outcome.h"
#include "runtime/vm/review.h"

namespace polc::explain {

using bundle::Bundle;
using bundle::kNone;
using bundle::Opcode;
using bundle::PartKind;

namespace {

std::string_view PartName(uint8_t kind) {
  switch (static_cast<PartKind>(kind)) {
    case PartKind::kPrincipal:
      return "principal";
    case PartKind::kAction:
      return "action";
    case PartKind::kResource:
      return "resource";
    case PartKind::kCondition:
      return "condition";
  }
  return "";
}

std::string_view MergeText(uint8_t merge) {
  switch (static_cast<bundle::Merge>(merge)) {
    case bundle::Merge::kLowest:
      return "the lowest counts";
    case bundle::Merge::kHighest:
      return "the highest counts";
    case bundle::Merge::kCommonMembers:
      return "what all of them have counts";
    case bundle::Merge::kAllMembers:
      return "what any of them has counts";
    case bundle::Merge::kAnyTrue:
      return "one that is true counts";
  }
  return "";
}

// A block that is a constant of the policy, whatever the request.
bool IsFixed(const Bundle& b, const bundle::Block& block) {
  uint32_t word = block.first;
  for (const uint32_t end = block.first + block.count; word < end;) {
    const bundle::Instruction in = *bundle::Decode(b.code(), word);
    if (in.opcode != Opcode::kConst && in.opcode != Opcode::kCall && in.opcode != Opcode::kSet &&
        in.opcode != Opcode::kReturn)
      return false;
    word += in.words;
  }
  return true;
}

// What stands before a place in its source, on the same line or above.
bool FollowsWord(const Bundle& b, const bundle::Place& place, std::string_view word) {
  if (place.file == kNone) return false;
  bundle::Place before = place;
  before.begin = place.begin < 64 ? 0 : place.begin - 64;
  before.end = place.begin;
  std::string_view text = SourceText(b, before);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r'))
    text.remove_suffix(1);
  return text.ends_with(word);
}

// Stories of one principal's case: the requester's, or that of somebody it acts for.
class Teller {
 public:
  Teller(Tracer* tracer, std::string hop)
      : tracer_(*tracer), b_(tracer->bundle()), words_(*tracer), hop_(std::move(hop)), splitter_(b_) {}

  const Words& words() const { return words_; }

  // What a rule says; without its conditions if its scope does not fit.
  RuleStory Rule(uint32_t index) {
    const bundle::RuleRow& row = b_.rules()[index];
    RuleStory story;
    story.rule = index;
    story.id = source::Printable(b_.String(row.id));
    story.hop = hop_;
    story.effect = EffectName(b_, row.effect);
    story.because = OneLine(b_.String(row.because));
    story.at = PlaceName(b_, row.place);
    story.shadow = static_cast<bundle::Mode>(row.mode) == bundle::Mode::kShadow;
    if (row.pol != 0) story.title = OneLine(b_.String(b_.pol_rules()[row.pol - 1].title));
    for (const bundle::PairRow& control : Slice(b_.controls(), row.controls)) {
      story.controls.push_back(
          source::Printable(fmt::format("{} {}", b_.String(control.key), b_.String(control.value))));
    }
    const vm::RuleAnswer answer = vm::AskTests(
        b_, index, &splitter_, &slices_,
        [&](const tree::Slice& slice, std::optional<uint32_t> part, bool decided) {
          const bundle::PartRow* row_of = part ? &b_.parts()[*part] : nullptr;
          Asked asked = Ask(slice, row_of == nullptr ? "condition" : PartName(row_of->kind), row_of);
          if (decided && asked.answer == Answer::kError) asked.answer = Answer::kNotAsked;
          // `Agent in Team "sre"` is two tests of one phrase.
          const Answer answered = asked.answer;
          if (asked.part != "condition" && !story.tests.empty() && story.tests.back().text == asked.text &&
              story.tests.back().part == asked.part && story.tests.back().answer == answered) {
            story.tests.back().count = asked.first + asked.count - story.tests.back().first;
          } else {
            story.tests.push_back(std::move(asked));
          }
          return answered;
        });
    story.answer = answer.answer;
    story.fits = answer.in_scope;
    story.holds = answer.holds;
    return story;
  }

  // Whether the scope of a rule fits, without telling.
  bool Fits(uint32_t index) {
    return vm::AskTests(b_, index, &splitter_, &slices_,
                        [&](const tree::Slice& slice, std::optional<uint32_t> part, bool) {
                          if (!part || static_cast<PartKind>(b_.parts()[*part].kind) == PartKind::kCondition)
                            return Answer::kYes;  // not looked at
                          return tracer_.Holds(slice).value_or(false) ? Answer::kYes : Answer::kNo;
                        })
        .in_scope;
  }

  FactStory Fact(uint32_t index) {
    const bundle::FactRow& row = b_.facts()[index];
    FactStory story;
    story.name = source::Printable(b_.String(row.name));
    story.hop = hop_;
    story.at = PlaceName(b_, row.place);
    const auto form = static_cast<bundle::FactForm>(row.form);
    story.is_autonomy = form == bundle::FactForm::kAutonomy;
    Shape shape;
    shape.level = row.levels != kNone;
    const std::optional<data::Value> value = tracer_.Fact(index);
    if (value) story.value = words_.Say(*value, shape);
    for (uint32_t i = row.clauses.first; i < row.clauses.first + row.clauses.count; ++i) {
      const bundle::ClauseRow& clause = b_.clauses()[i];
      ClauseStory told;
      const auto kind = static_cast<bundle::ClauseKind>(clause.kind);
      told.kind = kind == bundle::ClauseKind::kWhen  ? ClauseStory::Kind::kWhen
                  : kind == bundle::ClauseKind::kCap ? ClauseStory::Kind::kCap
                                                     : ClauseStory::Kind::kRow;
      told.id = source::Printable(b_.String(clause.id));
      told.shadow = static_cast<bundle::Mode>(clause.mode) == bundle::Mode::kShadow;
      told.when = AskBlock(clause.when);
      told.when.at = PlaceName(b_, clause.place);
      const Trace of = tracer_.Run(clause.value);
      told.value = of.ok() ? words_.Say(of.value(), shape) : "an error";
      story.clauses.push_back(std::move(told));
    }
    if (row.value.count > 0 && !story.is_autonomy) {
      ClauseStory told;
      told.kind = form == bundle::FactForm::kExpression ? ClauseStory::Kind::kExpression
                                                        : ClauseStory::Kind::kOtherwise;
      const Trace of = tracer_.Run(row.value);
      told.value = of.ok() ? words_.Say(of.value(), shape) : "an error";
      told.when.text = Text(of, row.value.first, row.value.first + row.value.count - 1);
      told.when.at = PlaceName(b_, PlaceOf(b_, row.value.first, row.value.first + row.value.count - 1));
      told.when.answer = of.ok() ? Answer::kYes : Answer::kError;
      told.when.message = source::Printable(of.message);
      if (of.ok()) Observe(of, of.root, &told.when.values);
      story.clauses.push_back(std::move(told));
    }
    Decide(form, &story);
    return story;
  }

  Asked Ask(const tree::Slice& slice, std::string_view part, const bundle::PartRow* row) {
    const Trace trace = tracer_.Run(slice);
    Asked asked = AskedOf(trace, slice.first, slice.first + slice.count);
    asked.part = part;
    // A scope test stands in the rule's sentence.
    if (row != nullptr && static_cast<PartKind>(row->kind) != PartKind::kCondition) {
      if (asked.at.empty()) asked.at = PlaceName(b_, row->place);
      const std::string text = OneLine(SourceText(b_, row->place));
      if (!text.empty()) asked.text = text;
    }
    return asked;
  }

  std::string Text(const Trace& trace, uint32_t first, uint32_t end) const {
    const bundle::Place place = PlaceOf(b_, first, end);
    const std::string text = OneLine(SourceText(b_, place));
    if (!text.empty()) return FollowsWord(b_, place, "unless") ? "unless " + text : text;
    return trace.root == kNoTerm ? std::string() : words_.Path(trace, trace.root);
  }

 private:
  Asked AskBlock(const bundle::Block& block) {
    // Without the `return`.
    const Trace trace = tracer_.Run(block);
    return AskedOf(trace, block.first, block.first + block.count - 1);
  }

  Asked AskedOf(const Trace& trace, uint32_t first, uint32_t end) {
    Asked asked;
    asked.part = "condition";
    asked.first = first;
    asked.count = end - first;
    if (end > first) {
      asked.at = PlaceName(b_, PlaceOf(b_, first, end));
      asked.text = Text(trace, first, end);
    }
    asked.answer = !trace.ok() ? Answer::kError : trace.holds() ? Answer::kYes : Answer::kNo;
    asked.message = source::Printable(trace.message);
    for (TermId id = 0; id < trace.terms.size(); ++id) {
      // Of an error there is no whole: what was read before.
      if (!trace.ok() && IsOutermostRead(trace, id)) Observe(trace, id, &asked.values);
    }
    if (trace.ok()) Observe(trace, trace.root, &asked.values);
    return asked;
  }

  static bool IsOutermostRead(const Trace& trace, TermId id) {
    if (!IsRead(trace.at(id).op) || !trace.at(id).ok) return false;
    return std::ranges::none_of(trace.terms, [&](const Term& term) {
      return term.ok && IsRead(term.op) && std::ranges::count(term.operands, id) > 0;
    });
  }

  // The values that a term was made of. Recursion is as deep as expressions.
  void Observe(const Trace& trace, TermId id, std::vector<Observed>* out) const {
    const Term& term = trace.at(id);
    const bool context = IsVariable(term, bundle::Variable::kContext);
    if (IsRead(term.op) && !context) {
      if (term.op == Opcode::kElement || !term.ok) return;
      Observed seen{words_.Path(trace, id), words_.Say(term.value, words_.ShapeOf(trace, id)),
                    words_.OriginOf(trace, id)};
      const auto before = std::ranges::find(*out, seen.what, &Observed::what);
      if (before == out->end()) {
        out->push_back(std::move(seen));
      } else {
        *before = std::move(seen);  // its value says that it is there
      }
      return;
    }
    if (term.op == Opcode::kHas || term.op == Opcode::kHasStrict) {
      Observed seen{words_.Path(trace, term.operands[0]) + "." + source::Printable(b_.String(term.a)),
                    term.value.as_bool() ? "there" : "missing", Origin::kHost};
      if (std::ranges::none_of(*out, [&](const Observed& o) { return o.what == seen.what; }))
        out->push_back(std::move(seen));
      return;
    }
    // Of a quantifier the set; its elements are in it.
    const size_t count = term.op == Opcode::kEach ? 1 : term.operands.size();
    for (size_t i = 0; i < count; ++i) Observe(trace, term.operands[i], out);
  }

  // Which clause gave the value.
  static void Decide(bundle::FactForm form, FactStory* story) {
    if (!story->value) return;
    const auto counts = [](const ClauseStory& clause) {
      return clause.when.answer == Answer::kYes ||
             (clause.kind == ClauseStory::Kind::kCap && clause.when.answer == Answer::kError);
    };
    if (form == bundle::FactForm::kExpression) {
      for (ClauseStory& clause : story->clauses) clause.decisive = true;
      return;
    }
    bool capped = false;
    for (ClauseStory& clause : story->clauses) {
      if (clause.kind != ClauseStory::Kind::kCap || clause.shadow || !counts(clause)) continue;
      clause.decisive = clause.value == *story->value;
      capped |= clause.decisive;
    }
    const bool all = form == bundle::FactForm::kHighest || form == bundle::FactForm::kAutonomy;
    bool found = false;
    for (ClauseStory& clause : story->clauses) {
      if (clause.kind == ClauseStory::Kind::kCap || !counts(clause)) continue;
      if (clause.kind == ClauseStory::Kind::kOtherwise) {
        clause.decisive = !found;
      } else if ((all || !found) && (clause.value == *story->value)) {
        clause.decisive = true;
      }
      if (form == bundle::FactForm::kFirst || clause.decisive) found = true;
    }
    // A row that grants no more than a cap leaves is what decides, not the cap.
    if (capped && found) {
      const bool more = std::ranges::any_of(story->clauses, [&](const ClauseStory& clause) {
        return clause.kind == ClauseStory::Kind::kRow && counts(clause) && clause.value != *story->value;
      });
      if (!more) {
        for (ClauseStory& clause : story->clauses)
          if (clause.kind == ClauseStory::Kind::kCap) clause.decisive = false;
      }
    }
  }

  Tracer& tracer_;
  const Bundle& b_;
  const Words words_;
  const std::string hop_;
  tree::ConjunctSplitter splitter_;
  std::vector<tree::Slice> slices_;
};

class Maker {
 public:
  Maker(const vm::Engine& engine, const vm::Request& request, vm::Scratch* scratch)
      : engine_(engine), b_(engine.bundle().bundle()), request_(request), scratch_(*scratch) {}

  Explanation Run() {
    const vm::Decision d = engine_.Decide(request_, &scratch_);
    out_.decision = bridge::MakeDecision(engine_, request_, scratch_, d);
    out_.pol = b_.is_pol();
    if (!out_.pol) out_.decision.why = data::Why::kNone;
    // The decision lies in a scratch of its own while the rules are asked once more.
    vm::Scratch work(engine_);
    Tracer tracer(engine_, request_, &work);
    Teller teller(&tracer, "");
    AskWho(tracer, teller.words());
    if (d.misfit != nullptr) {
      AppendMisfit(engine_, request_, *d.misfit, &out_.misfit);
      out_.misfit = source::Printable(out_.misfit);
      if (d.misfit->kind == vm::MisfitKind::kMissingAttribute ||
          d.misfit->kind == vm::MisfitKind::kUnknownAttribute)
        out_.misfit_attribute = source::Printable(tracer.Read(d.misfit->name).as_string());
      return std::move(out_);
    }
    for (const vm::RuleError& error : d.errors) {
      if (error.what != vm::Erring::kInput) continue;
      data::RuleError& amount = out_.amounts.emplace_back();
      amount.rule = b_.String(b_.inputs()[error.rule].id);
      AppendMessage(engine_, request_, scratch_, error.error, &amount.message);
    }
    Tell(teller, 0, d);
    for (size_t hop = 1; hop <= request_.host().acts_for.size(); ++hop) {
      const vm::ActedFor& acted = request_.host().acts_for[hop - 1];
      if (!vm::MayAct(engine_, request_, engine_.MemoryFor(request_, scratch_), acted)) continue;
      const vm::Request theirs = request_.WithPrincipal(acted.principal);
      vm::Scratch own(engine_);
      Tracer other(engine_, theirs, &own);
      Teller tells(&other, teller.words().Uid(tracer.Uid(acted.principal)));
      Tell(tells, static_cast<uint8_t>(hop), d);
    }
    FindNearest(teller);
    TellLimits(tracer, teller.words(), d);
    TellNeeds(tracer, teller.words(), d);
    TellPeople(tracer, teller.words(), d);
    TellSuggestions(tracer, teller.words(), d);
    TellState(teller.words());
    return std::move(out_);
  }

 private:
  void AskWho(const Tracer& tracer, const Words& words) {
    out_.principal = words.Uid(tracer.Uid(request_.principal()));
    out_.action = words.Action(tracer.Uid(request_.action()));
    out_.resource = words.Uid(tracer.Uid(request_.resource()));
    const data::Value context = tracer.Read(request_.context());
    for (const auto& [name, value] : context.as_record()) {
      const bundle::AttributeRow* row = words.ContextAttribute(name);
      out_.arguments.push_back({source::Printable(name),
                                words.Say(value, row == nullptr ? Shape() : words.ShapeOfType(row->type)),
                                out_.pol && (row == nullptr || row->from_host != 0)});
    }
    for (const vm::ActedFor& hop : request_.host().acts_for)
      out_.acts_for.push_back(words.Uid(tracer.Uid(hop.principal)));
    if (request_.host().now_ms) out_.now = data::Datetime{*request_.host().now_ms};
    for (const vm::EvidenceItem& item : request_.host().evidence)
      out_.evidence.push_back(source::Printable(b_.String(b_.evidence_kinds()[item.kind].name)));
  }

  void Tell(Teller& teller, uint8_t hop, const vm::Decision& d) {
    for (uint32_t i = 0; i < b_.rules().size(); ++i) {
      if (!teller.Fits(i)) {
        ++out_.elsewhere;
        continue;
      }
      RuleStory story = teller.Rule(i);
      for (size_t k = 0; k < d.reasons.size(); ++k) {
        const uint8_t of = d.reason_hops.empty() ? 0 : d.reason_hops[k];
        story.is_reason |= d.reasons[k] == i && of == hop;
      }
      for (const vm::LiftTerm& lift : d.liftable)
        story.lifted |= lift.rule == i && lift.hop == hop && lift.lifted;
      out_.rules.push_back(std::move(story));
    }
    const uint32_t action = request_.action_row();
    if (action == kNone) {
      for (uint32_t i = 0; i < b_.facts().size(); ++i) out_.facts.push_back(teller.Fact(i));
    } else {
      for (uint32_t i : Slice(b_.action_facts(), b_.actions()[action].facts))
        out_.facts.push_back(teller.Fact(i));
    }
  }

  void FindNearest(Teller& teller) {
    const bool any = std::ranges::any_of(
        out_.rules, [&](const RuleStory& story) { return IsAllow(story.rule) && !story.shadow; });
    if (any || out_.decision.allowed()) return;
    vm::DecisionTracer tracer(engine_, request_);
    for (const vm::RuleAt& near : tracer.NearMisses(0)) out_.nearest.push_back(teller.Rule(near.rule));
  }
  bool IsAllow(uint32_t rule) const {
    return static_cast<bundle::Effect>(b_.rules()[rule].effect) == bundle::Effect::kAllow;
  }

  void TellLimits(Tracer& tracer, const Words& words, const vm::Decision& d) {
    for (const vm::LimitTerm& term : d.limits) {
      const bundle::LimitKindRow& kind = b_.limit_kinds()[term.kind];
      const Shape shape = words.ShapeOfType(kind.type);
      LimitStory story;
      story.kind = source::Printable(b_.String(kind.name));
      story.value = words.Say(out_.decision.limits.at(std::string(b_.String(kind.name))).value, shape);
      story.merge = MergeText(kind.merge);
      for (const vm::RuleAt& by : term.by) {
        for (const bundle::LimitRow& row : Slice(b_.limits(), b_.rules()[by.rule].limits)) {
          if (row.kind != term.kind) continue;
          LimitStory::Setter setter;
          setter.rule = source::Printable(b_.String(b_.rules()[by.rule].id));
          // For somebody the principal acts for it may be another value, which is theirs to know.
          if (by.hop == 0) {
            const Trace value = tracer.Run(row.value);
            setter.value = value.ok() ? words.Say(value.value(), shape) : "an error";
          }
          setter.at = PlaceName(b_, PlaceOf(b_, row.value.first, row.value.first + row.value.count));
          setter.fixed = IsFixed(b_, row.value);
          story.by.push_back(std::move(setter));
        }
      }
      out_.limits.push_back(std::move(story));
    }
    if (out_.decision.why != data::Why::kUnenforceable) return;
    for (const RuleStory& story : out_.rules) {
      if (!story.is_reason) continue;
      for (const bundle::LimitRow& row : Slice(b_.limits(), b_.rules()[story.rule].limits)) {
        if (std::ranges::count(request_.host().enforces, row.kind) > 0) continue;
        const std::string kind = source::Printable(b_.String(b_.limit_kinds()[row.kind].name));
        if (std::ranges::count(out_.cannot_enforce, kind) == 0) out_.cannot_enforce.push_back(kind);
      }
    }
  }

  static constexpr std::string_view kUnnamed = "the people the policy names";
  // Whether nothing had to be evaluated to name the people.
  static bool AsWritten(const std::vector<std::string>& fixed) {
    return std::ranges::none_of(fixed,
                                [](const std::string& q) { return q.find(kUnnamed) != std::string::npos; });
  }

  // As the policy has it, with pools that are not constants left unnamed.
  std::vector<std::string> FixedQuorums(const Words& words, const bundle::ApprovalRow& approval) {
    std::vector<std::string> out;
    for (const bundle::QuorumRow& quorum : Slice(b_.quorums(), approval.alternatives)) {
      std::vector<std::string> parts;
      for (const bundle::QuorumPartRow& part : Slice(b_.quorum_parts(), quorum.parts)) {
        std::vector<std::string> pools;
        for (const bundle::PoolRow& pool : Slice(b_.pools(), part.pools)) {
          const bundle::Instruction in = *bundle::Decode(b_.code(), pool.group.first);
          const bool fixed = pool.group.count == 2 && in.opcode == Opcode::kConst;
          std::string name(kUnnamed);
          if (fixed) {
            const bundle::Cell& cell = b_.cells()[in.a];
            if (static_cast<bundle::Kind>(cell.kind) == bundle::Kind::kEntity) {
              const bundle::EntityRow& entity = b_.entities()[cell.value];
              name = words.Uid(
                  {std::string(b_.String(b_.types()[entity.type])), std::string(b_.String(entity.id))});
            }
          }
          if (std::ranges::count(pools, name) == 0) pools.push_back(std::move(name));
        }
        parts.push_back(fmt::format("{} of {}", part.count, fmt::join(pools, " or ")));
      }
      out.push_back(fmt::format("{} within {}", fmt::join(parts, " and "), DurationText(quorum.within_ms)));
      if (quorum.including_owner != 0) out.back() += ", the owner included";
    }
    return out;
  }

  void TellNeeds(Tracer& tracer, const Words& words, const vm::Decision& d) {
    if (!out_.pol) return;
    vm::Review review(engine_, request_);
    const auto quorums = [&](uint32_t approval, uint8_t hop) {
      std::vector<std::string> out;
      const auto* resolved = review.Quorums(approval, hop);
      if (resolved == nullptr) return out;
      for (const vm::ResolvedQuorum& q : *resolved) out.push_back(QuorumText(words, TermOf(tracer, q)));
      return out;
    };
    const bool deny = out_.decision.outcome == data::Outcome::kDeny;
    uint8_t hop = 0;
    std::string of;
    for (const RuleStory& story : out_.rules) {
      if (story.hop != of) of = story.hop, hop = HopOf(words, tracer, of);
      const bundle::RuleRow& row = b_.rules()[story.rule];
      if (!story.holds || story.shadow) continue;
      if (!deny) {
        const auto needs = Slice(b_.needs(), row.needs);
        for (uint32_t i = 0; i < needs.size(); ++i) {
          ApprovalStory need;
          need.rule = story.id;
          need.met = std::ranges::none_of(d.needs, [&](const vm::NeedTerm& term) {
            return term.rule == story.rule && term.need == row.needs.first + i && term.hop == hop;
          });
          if (static_cast<bundle::NeedKind>(needs[i].kind) == bundle::NeedKind::kEvidence) {
            need.evidence = source::Printable(b_.String(b_.evidence_kinds()[needs[i].what].name));
          } else {
            need.fixed = FixedQuorums(words, b_.approvals()[needs[i].what]);
            need.quorums = AsWritten(need.fixed) ? need.fixed : quorums(needs[i].what, hop);
          }
          out_.needs.push_back(std::move(need));
        }
      }
      if (row.pol == 0) continue;
      const bundle::Range lifted_by = b_.pol_rules()[row.pol - 1].lifted_by;
      for (uint32_t i = lifted_by.first; i < lifted_by.first + lifted_by.count; ++i) {
        ApprovalStory lift;
        lift.rule = story.id;
        lift.lifts = true;
        lift.met = std::ranges::any_of(d.liftable, [&](const vm::LiftTerm& term) {
          return term.rule == story.rule && term.approval == i && term.hop == hop && term.lifted;
        });
        lift.fixed = FixedQuorums(words, b_.approvals()[i]);
        lift.quorums = AsWritten(lift.fixed) ? lift.fixed : quorums(i, hop);
        out_.needs.push_back(std::move(lift));
      }
    }
  }
  uint8_t HopOf(const Words& words, const Tracer& tracer, const std::string& name) const {
    for (size_t i = 0; i < request_.host().acts_for.size(); ++i) {
      if (words.Uid(tracer.Uid(request_.host().acts_for[i].principal)) == name)
        return static_cast<uint8_t>(i + 1);
    }
    return 0;
  }
  static data::QuorumTerm TermOf(const Tracer& tracer, const vm::ResolvedQuorum& quorum) {
    data::QuorumTerm term{.parts = {},
                          .within_ms = quorum.within_ms,
                          .including_owner = quorum.including_owner,
                          .survives_policy_change = quorum.survives_policy_change};
    for (const vm::ResolvedPart& part : quorum.parts) {
      data::QuorumPart p{.count = part.count, .pools = {}, .error = part.error};
      for (entities::EntityId pool : part.pools) p.pools.push_back(tracer.Uid(pool));
      term.parts.push_back(std::move(p));
    }
    return term;
  }

  void TellPeople(const Tracer& tracer, const Words& words, const vm::Decision& d) {
    const auto& approvals = request_.host().approvals;
    for (uint32_t i = 0; i < approvals.size(); ++i) {
      PersonStory story;
      story.id = source::Printable(tracer.Read(approvals[i].id).as_string());
      story.who = words.Uid(tracer.Uid(approvals[i].approver));
      story.issued = ClockText({approvals[i].issued_ms}, out_.now);
      story.counted = std::ranges::count(d.counted, i) > 0;
      for (const vm::NotCountedTerm& term : d.not_counted) {
        if (term.approval == i) story.why = NotCountedText(static_cast<data::NotCounted>(term.why));
      }
      out_.approvals.push_back(std::move(story));
    }
    for (const vm::Refusal& refusal : request_.host().refusals) {
      PersonStory story;
      story.id = source::Printable(tracer.Read(refusal.id).as_string());
      story.who = words.Uid(tracer.Uid(refusal.approver));
      story.issued = ClockText({refusal.issued_ms}, out_.now);
      story.counted = out_.decision.why == data::Why::kRefused;
      out_.refusals.push_back(std::move(story));
    }
  }

  void TellState(const Words& words) {
    for (const data::StateItem& item : out_.decision.state_read) {
      Shape shape;
      for (uint32_t i = 0; i < b_.inputs().size(); ++i)
        if (b_.String(b_.inputs()[i].name) == item.input) shape = words.ShapeOfInput(i);
      std::string text = source::Printable(item.input);
      if (item.key) text += " of " + words.Say(*item.key);
      text += " is " + words.Say(item.value, shape);
      if (item.as_of) text += ", read at " + ClockText(*item.as_of, out_.now);
      out_.state.push_back(std::move(text));
    }
  }

  void TellSuggestions(Tracer& tracer, const Words& words, const vm::Decision& d) {
    for (const vm::SuggestionTerm& term : d.suggestions) {
      const bundle::SuggestionRow& row = b_.suggestions()[term.suggestion];
      Explanation::Suggestion story;
      story.action = words.Action(tracer.Uid(engine_.EntityOf(row.action)));
      std::vector<std::string> by;
      for (const vm::RuleAt& at : term.by) by.push_back(source::Printable(b_.String(b_.rules()[at.rule].id)));
      story.by = fmt::format("{}", fmt::join(by, ", "));
      for (const bundle::ChangeRow& change : Slice(b_.changes(), row.changes)) {
        const Trace value = tracer.Run(change.value);
        const std::string name = source::Printable(b_.String(change.attribute));
        if (!value.ok()) continue;
        story.changes.push_back(name + " " + words.Say(value.value()));
        if (IsFixed(b_, change.value)) story.fixed_changes.push_back(story.changes.back());
      }
      out_.suggestions.push_back(std::move(story));
    }
  }

  const vm::Engine& engine_;
  const Bundle& b_;
  const vm::Request& request_;
  vm::Scratch& scratch_;
  Explanation out_;
};

}  // namespace

std::string_view AnswerName(Answer answer) {
  switch (answer) {
    case Answer::kYes:
      return "yes";
    case Answer::kNo:
      return "no";
    case Answer::kError:
      return "error";
    case Answer::kNotAsked:
      return "not_asked";
  }
  return "";
}

size_t RuleStory::failed() const {
  return static_cast<size_t>(
      std::ranges::count_if(tests, [](const Asked& asked) { return asked.answer != Answer::kYes; }));
}

Explanation Explain(const vm::Engine& engine, const vm::Request& request, vm::Scratch* scratch) {
  return Maker(engine, request, scratch).Run();
}

std::vector<std::string> Bytecode(const Bundle& bundle, uint32_t first, uint32_t count) {
  std::vector<std::string> out;
  std::string_view text;
  const std::string whole = bundle::Disassemble(bundle.code().subspan(first, count), &bundle);
  text = whole;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) out.push_back(OneLine(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string QuorumText(const Words& words, const data::QuorumTerm& quorum) {
  std::vector<std::string> parts;
  for (const data::QuorumPart& part : quorum.parts) {
    std::vector<std::string> pools;
    for (const data::EntityUid& pool : part.pools) pools.push_back(words.Uid(pool));
    if (part.error) pools.push_back("a group that could not be evaluated");
    if (pools.empty()) pools.push_back("nobody");
    parts.push_back(fmt::format("{} of {}", part.count, fmt::join(pools, " or ")));
  }
  std::string out = fmt::format("{} within {}", fmt::join(parts, " and "), DurationText(quorum.within_ms));
  if (quorum.including_owner) out += ", the owner included";
  return out;
}

std::string_view NotCountedText(data::NotCounted why) {
  using N = data::NotCounted;
  switch (why) {
    case N::kConsumed:
      return "it let an action go already";
    case N::kNoTime:
      return "the gateway did not say what time it is";
    case N::kIssuedInFuture:
      return "it is dated later than now";
    case N::kFromRequester:
      return "nobody approves what they ask for themselves";
    case N::kFromChain:
      return "the request is made for the approver";
    case N::kNotAPerson:
      return "the approver is not a person";
    case N::kUnknownApprover:
      return "the approver is not known";
    case N::kChangedPrincipal:
      return "it was for another principal";
    case N::kChangedAction:
      return "it was for another action";
    case N::kChangedResource:
      return "it was for another resource";
    case N::kChangedChain:
      return "it was for a request made for somebody else";
    case N::kChangedTool:
      return "the tool has changed since";
    case N::kChangedContext:
      return "an argument has changed since";
    case N::kChangedAttribute:
      return "an attribute of the principal or the resource has changed since";
    case N::kAnotherRequest:
      return "it was for another request";
    case N::kChangedTerms:
      return "what the approver was shown has changed since";
    case N::kNothingToApprove:
      return "no rule that holds asks for an approval";
    case N::kNotInPool:
      return "the approver is in none of the groups that may approve";
    case N::kFromOwner:
      return "the approver owns the agent";
    case N::kOwnerUnknown:
      return "the agent's owner is not known, and might be the approver";
    case N::kChangedSnapshot:
      return "the policy has changed since";
    case N::kExpired:
      return "it is too old";
    case N::kSameApprover:
      return "another approval of the same person counts";
    case N::kSecondKey:
      return "another approval of the same person, with another key, counts";
    case N::kBadSignature:
      return "its signature is not good";
  }
  return "";
}

}  // namespace polc::explain
