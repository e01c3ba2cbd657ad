#include "runtime/vm/pol.h"

#include <algorithm>

#include "runtime/vm/chain.h"
#include "runtime/vm/find.h"
#include "runtime/vm/model.h"
#include "runtime/vm/outcome.h"
#include "runtime/vm/settled.h"

namespace polc::vm {

using bundle::Bundle;
using bundle::Effect;
using bundle::InputRow;
using bundle::kNone;
using bundle::Mode;
using bundle::NeedKind;
using bundle::NeedRow;
using bundle::PolRuleRow;
using bundle::RuleRow;

using Held = PolScratch::Held;

size_t PolArenaBytes(const Bundle& b) {
  size_t bytes = 0, attributes = 0;
  for (const bundle::ActionRow& action : b.actions())
    attributes = std::max<size_t>(attributes, action.context.count);
  for (const bundle::SuggestionRow& suggestion : b.suggestions())
    bytes += 2 * (attributes + suggestion.changes.count) * sizeof(Value);
  for (const bundle::LimitKindRow& kind : b.limit_kinds()) {
    if (static_cast<Kind>(b.value_types()[kind.type].kind) == Kind::kSet)
      bytes += bundle::kMaxEachBound * sizeof(Value);
  }
  return bytes;
}

PolScratch::PolScratch(const Bundle& b) {
  const size_t rules = b.rules().size(), limit_count = b.limits().size();
  held.reserve(rules);
  limit_values.reserve(limit_count);
  made.reserve(b.suggestions().size());
  clause_errors.reserve(b.clauses().size());
  input_errors.reserve(b.inputs().size());
  reasons.reserve(rules);
  reason_hops.reserve(rules);
  shadow.reserve(rules);
  shadow_hops.reserve(rules);
  ungranted.reserve(kMaxHops);
  // A rule errs in its condition, or in what it demands.
  errors.reserve(rules + limit_count + b.pools().size() + b.changes().size() + b.clauses().size() +
                 b.inputs().size());
  shadow_caps.reserve(b.clauses().size());
  limits_by.reserve(limit_count);
  suggested_by.reserve(b.suggestions().size());
  limits.reserve(b.limit_kinds().size());
  needs.reserve(b.needs().size());
  liftable.reserve(b.approvals().size());
  suggestions.reserve(b.suggestions().size());
  facts.reserve(b.facts().size());
}

void PolScratch::Clear() {
  held.clear();
  limit_values.clear();
  made.clear();
  clause_errors.clear();
  input_errors.clear();
  reasons.clear();
  reason_hops.clear();
  shadow.clear();
  shadow_hops.clear();
  ungranted.clear();
  errors.clear();
  shadow_caps.clear();
  limits_by.clear();
  suggested_by.clear();
  limits.clear();
  needs.clear();
  liftable.clear();
  suggestions.clear();
  facts.clear();
  counted.clear();
  not_counted.clear();
  hop_requests.clear();
}

// One decision, with what is in shadow aside or enforced.
class PolDecider {
 public:
  PolDecider(const Engine& engine, const Request& request, bool straight, bool enforces_shadow,
             Scratch* scratch)
      : engine_(engine),
        bundle_(engine.bundle().bundle()),
        request_(request),
        straight_(straight),
        enforces_shadow_(enforces_shadow),
        scratch_(*scratch),
        pol_(*scratch->pol_),
        approvals_(engine, request, request.context(), engine.MemoryFor(request, *scratch)) {}

  // The decision, which may be known.
  static Decision Decide(const Engine& engine, const Request& request, bool straight, Scratch* scratch) {
    SettledPlace place;
    if (!straight && request.misfit().fits() && request.unknown_entity().fits()) {
      place = SettledPlace(engine, request, scratch);
      if (const Settled* known = place.Known(request)) return known->decision();
    }
    const Decision decision = PolDecider(engine, request, straight, /*enforces_shadow=*/false, scratch).Run();
    place.Keep(engine, request, decision, scratch->pol_->held);
    return decision;
  }

 private:
  Decision Run() {
    pol_.Clear();
    scratch_.Begin();
    if (!request_.misfit().fits()) return Misfits(Why::kInvalidRequest, request_.misfit());
    if (!request_.unknown_entity().fits()) return Misfits(Why::kUnknownEntity, request_.unknown_entity());
    Examine(machines_[0].emplace(engine_, request_, &scratch_), 0);
    ExamineChain();
    Lift();
    Conclude();
    Report();
    if (!enforces_shadow_) decision_.would_be = WouldBe();
    return decision_;
  }

  const RuleRow& RuleOf(const Held& held) const { return bundle_.rules()[held.rule]; }
  const PolRuleRow* PolOf(const RuleRow& rule) const {
    return rule.pol == 0 ? nullptr : &bundle_.pol_rules()[rule.pol - 1];
  }
  bool Is(const Held& held, Effect effect) const {
    return !held.lifted && static_cast<Effect>(RuleOf(held).effect) == effect;
  }
  Machine& MachineOf(const Held& held) { return *machines_[held.hop]; }

  Decision Misfits(Why why, const Misfit& misfit) {
    decision_.why = why;
    decision_.misfit = &misfit;
    return decision_;
  }

  // Every rule, for the requester or for somebody it acts for.
  void Examine(Machine& machine, uint8_t hop) {
    machine.Note(&pol_, enforces_shadow_);
    machine.NeedFacts();
    const Found found = engine_.FindRules(&machine, machine.request(), straight_, &scratch_);
    const auto rules = bundle_.rules();
    bool granted = false;
    size_t error = 0;
    auto skip_errors_before = [&](uint32_t rule) {
      for (; error < found.errors.size() && found.errors[error].rule < rule; ++error)
        NoteError(found.errors[error], hop, /*holds=*/false);
    };
    for (uint32_t rule : found.holding) {
      skip_errors_before(rule);
      const bool by_error = error < found.errors.size() && found.errors[error].rule == rule;
      if (by_error) NoteError(found.errors[error++], hop, /*holds=*/true);
      if (static_cast<Mode>(rules[rule].mode) == Mode::kShadow) {
        AddShadow(rule, hop);
        if (!enforces_shadow_) continue;
      }
      granted |= static_cast<Effect>(rules[rule].effect) == Effect::kAllow;
      pol_.held.push_back({rule, hop, by_error, false, false, false, kNone});
      Demand(machine);
    }
    skip_errors_before(UINT32_MAX);
    if (!granted) (hop == 0 ? requester_granted_ : hops_granted_) = false;
    if (!granted && hop != 0) pol_.ungranted.push_back(hop);
    if (hop == 0) {
      AddFacts(machine);
      CheckTotals(machine);
    }
  }

  void NoteError(const RuleError& e, uint8_t hop, bool holds) {
    pol_.errors.push_back({e.rule, e.error, hop});
    if (!holds && static_cast<Mode>(bundle_.rules()[e.rule].mode) == Mode::kShadow) AddShadow(e.rule, hop);
  }
  void AddShadow(uint32_t rule, uint8_t hop) {
    pol_.shadow.push_back(rule);
    pol_.shadow_hops.push_back(hop);
  }

  // Those it acts for, nearest first. A hop whose type the action is not for, or whose scope lacks its class,
  // is granted nothing.
  void ExamineChain() {
    const auto& chain = request_.host().acts_for;
    if (chain.empty()) return;
    // Machines refer to requests, and terms to who they are by.
    pol_.hop_requests.reserve(chain.size());
    pol_.limits_by.reserve(bundle_.limits().size() * (1 + chain.size()));
    pol_.suggested_by.reserve(bundle_.suggestions().size() * (1 + chain.size()));
    for (size_t i = 0; i < chain.size(); ++i) {
      const uint8_t hop = static_cast<uint8_t>(i + 1);
      if (!MayAct(engine_, request_, machines_[0]->memory(), chain[i])) {
        hops_granted_ = false;
        pol_.ungranted.push_back(hop);
        continue;
      }
      const Request& theirs = pol_.hop_requests.emplace_back(request_.WithPrincipal(chain[i].principal));
      auto& slots = pol_.hop_facts[i];
      slots.resize(bundle_.facts().size());
      Examine(machines_[hop].emplace(engine_, theirs, &scratch_, slots.data(), hop), hop);
    }
  }

  // Evaluates what the rule that was found last demands.
  void Demand(Machine& machine) {
    Held& held = pol_.held.back();
    const RuleRow& rule = RuleOf(held);
    for (const bundle::LimitRow& limit : Slice(bundle_.limits(), rule.limits)) {
      const Evaluation e = machine.Run(limit.value);
      machine.Keep();
      bool ok = e.ok;
      if (!ok) {
        AddError(held, e.error);
      } else if (!IsOfType(engine_, machine.world(), machine.memory(), e.value,
                           bundle_.limit_kinds()[limit.kind].type)) {
        AddError(held, WrongType(limit.value, e.value));
        ok = false;
      }
      pol_.limit_values.push_back({static_cast<uint32_t>(pol_.held.size() - 1), limit.kind, ok, e.value});
    }
    for (const NeedRow& need : Slice(bundle_.needs(), rule.needs)) {
      if (static_cast<NeedKind>(need.kind) == NeedKind::kApproval)
        CheckPools(machine, bundle_.approvals()[need.what]);
    }
    const PolRuleRow* pol = PolOf(rule);
    if (pol == nullptr) return;
    for (const bundle::ApprovalRow& approval : Slice(bundle_.approvals(), pol->lifted_by))
      CheckPools(machine, approval);
    if (pol->suggestion != kNone) Suggest(machine, pol->suggestion);
  }

  // A pool that errs has nobody in it who could approve; here it is only noted.
  void CheckPools(Machine& machine, const bundle::ApprovalRow& approval) {
    for (const bundle::QuorumRow& quorum : Slice(bundle_.quorums(), approval.alternatives)) {
      for (const bundle::QuorumPartRow& part : Slice(bundle_.quorum_parts(), quorum.parts)) {
        for (const bundle::PoolRow& pool : Slice(bundle_.pools(), part.pools)) {
          const Evaluation e = machine.Run(pool.group);
          if (!e.ok) {
            AddError(pol_.held.back(), e.error);
          } else if (!IsGroup(machine, e.value)) {
            AddError(pol_.held.back(), WrongType(pool.group, e.value));
          }
        }
      }
    }
  }
  static bool IsGroup(const Machine& machine, const Value& value) {
    if (value.kind == Kind::kEntity) return true;
    if (value.kind != Kind::kSet) return false;
    const auto elements = machine.memory().Cells(value);
    return std::all_of(elements.begin(), elements.end(),
                       [](const Value& v) { return v.kind == Kind::kEntity; });
  }

  // The agent sends it anew, so it is made of the agent's words: what it said, of that what the other action
  // declares, and the changes.
  void Suggest(Machine& machine, uint32_t row) {
    const bundle::SuggestionRow& suggestion = bundle_.suggestions()[row];
    const auto changes = Slice(bundle_.changes(), suggestion.changes);
    const auto said = machine.memory().Cells(request_.context());
    uint64_t offset = 0;
    Value* cells = machine.AllocateKept(said.size() + 2 * changes.size(), &offset);
    size_t count = 0;
    const uint32_t other = engine_.FindActionRow(engine_.EntityOf(suggestion.action));
    for (size_t i = 0; i < said.size(); i += 2) {
      const std::string_view name = machine.memory().Text(said[i]);
      const bundle::AttributeRow* there = other == kNone ? nullptr : DeclaredBy(other, name);
      const bundle::AttributeRow* here =
          request_.action_row() == kNone ? nullptr : DeclaredBy(request_.action_row(), name);
      if ((there != nullptr && there->from_host != 0) || (here != nullptr && here->from_host != 0)) continue;
      if (other != kNone && there == nullptr) continue;
      const bool changed = std::any_of(changes.begin(), changes.end(), [&](const bundle::ChangeRow& change) {
        return bundle_.String(change.attribute) == name;
      });
      if (changed) continue;
      cells[count++] = said[i];
      cells[count++] = said[i + 1];
    }
    bool good = true;
    for (const bundle::ChangeRow& change : changes) {
      const Evaluation e = machine.Run(change.value);
      machine.Keep();
      if (!e.ok) AddError(pol_.held.back(), e.error);
      good &= e.ok;
      cells[count++] = TextOf(change.attribute);
      cells[count++] = e.value;
    }
    if (!good) return;
    entities::SortFields(machine.memory(), {cells, count});
    const uint32_t depth = entities::DepthAbove({cells, count});
    pol_.held.back().suggestion = static_cast<uint32_t>(pol_.made.size());
    pol_.made.push_back({row,
                         {Kind::kRecord, count == 0 ? Region::kNone : Region::kScratch,
                          static_cast<uint16_t>(depth), static_cast<uint32_t>(count / 2), offset}});
  }
  const bundle::AttributeRow* DeclaredBy(uint32_t action, std::string_view name) const {
    const auto rows = Slice(bundle_.attributes(), bundle_.actions()[action].context);
    const auto at = std::find_if(rows.begin(), rows.end(), [&](const bundle::AttributeRow& row) {
      return bundle_.String(row.name) == name;
    });
    return at == rows.end() ? nullptr : &*at;
  }
  Value TextOf(uint32_t string) const {
    const std::string_view text = bundle_.String(string);
    return {Kind::kString, Region::kBundle, 0, static_cast<uint32_t>(text.size()),
            static_cast<uint64_t>(reinterpret_cast<const uint8_t*>(text.data()) - bundle_.file().data())};
  }

  void AddError(const Held& held, const Error& error) { pol_.errors.push_back({held.rule, error, held.hop}); }
  static Error WrongType(const bundle::Block& block, const Value& value) {
    return {Trap::kWrongType, Opcode::kReturn, 0, block.first + block.count - 1, 0, value, {}};
  }

  void AddFacts(const Machine& machine) {
    for (uint32_t i = 0; i < bundle_.facts().size(); ++i) {
      const Scratch::FactSlot& fact = machine.fact(i);
      if (fact.ok) pol_.facts.push_back({i, 0, fact.value});
    }
  }

  // A total whose amount errs, is of another kind or below zero lets nothing go: it cannot be said what would
  // be left. What is moved otherwise is asked when it is let go (state.h).
  void CheckTotals(Machine& machine) {
    const auto inputs = bundle_.inputs();
    for (uint32_t i = 0; i < inputs.size(); ++i) {
      const InputRow& input = inputs[i];
      if (input.amount.count == 0 || static_cast<Mode>(input.mode) == Mode::kShadow) continue;
      const Evaluation counts = machine.Run(input.counts);
      if (counts.ok && !counts.value.boolean()) continue;
      if (input.key.count != 0 && !machine.Run(input.key).ok) continue;
      const Evaluation amount = machine.Run(input.amount);
      if (amount.ok && amount.value.kind == static_cast<Kind>(input.value_kind) && amount.value.number() >= 0)
        continue;
      machine.Keep();
      const Error error = amount.ok ? WrongType(input.amount, amount.value) : amount.error;
      pol_.input_errors.push_back({i, error, 0, Erring::kInput});
    }
  }

  // Which needs are met, and which rules lifted.
  void Lift() {
    const HostInputs& host = request_.host();
    if (!host.approvals.empty() || !host.refusals.empty() || !host.evidence.empty()) {
      std::vector<HoldingRule> holding;
      for (const Held& held : pol_.held) holding.push_back(By(held));
      approvals_.Begin(std::move(holding));
    }
    for (Held& held : pol_.held) {
      const RuleRow& rule = RuleOf(held);
      if (const PolRuleRow* pol = PolOf(rule)) {
        for (uint32_t i = 0; i < pol->lifted_by.count; ++i) {
          const uint32_t approval = pol->lifted_by.first + i;
          const bool met = approvals_.Met(By(held), approval);
          pol_.liftable.push_back({held.rule, approval, held.hop, met});
          held.lifted |= met;
        }
      }
      for (uint32_t i = 0; i < rule.needs.count; ++i) {
        const NeedRow& need = bundle_.needs()[rule.needs.first + i];
        const bool met = static_cast<NeedKind>(need.kind) == NeedKind::kApproval
                             ? approvals_.Met(By(held), need.what)
                             : approvals_.HasEvidence(need.what);
        if (met) continue;
        held.unmet = true;
        pol_.needs.push_back({held.rule, rule.needs.first + i, held.hop});
      }
    }
    if (host.approvals.empty()) return;
    pol_.counted = approvals_.Counted();
    pol_.not_counted = approvals_.NotCounted();
  }
  HoldingRule By(const Held& held) {
    return {&MachineOf(held), MachineOf(held).request().principal(), held.rule};
  }

  bool Any(Effect effect) const {
    return std::any_of(pol_.held.begin(), pol_.held.end(), [&](const Held& h) { return Is(h, effect); });
  }

  // Steps 1 to 7.
  void Conclude() {
    const auto is = [&](Effect effect) {
      return [this, effect](const Held& held) { return Is(held, effect); };
    };
    if (Any(Effect::kForbid)) {
      const bool by_error = std::all_of(pol_.held.begin(), pol_.held.end(), [&](const Held& held) {
        return !Is(held, Effect::kForbid) || held.by_error;
      });
      return Settle(Outcome::kDeny, by_error ? Why::kError : Why::kForbidden, is(Effect::kForbid));
    }
    const auto nobody = [](const Held&) { return false; };
    if (!requester_granted_ || !hops_granted_) return Settle(Outcome::kDeny, Why::kNoGrant, nobody);
    if (!pol_.input_errors.empty()) return Settle(Outcome::kDeny, Why::kError, nobody);
    if (const std::optional<bool> fault_by_error = MergeLimits()) {
      return Settle(Outcome::kDeny, *fault_by_error ? Why::kError : Why::kUnenforceable,
                    [](const Held& held) { return held.at_fault; });
    }
    if (!request_.host().refusals.empty()) {
      bool any = false;
      for (Held& held : pol_.held) any |= held.at_fault = IsRefused(held);
      if (any) return Settle(Outcome::kDeny, Why::kRefused, [](const Held& held) { return held.at_fault; });
    }
    if (Any(Effect::kSuggest)) return Settle(Outcome::kSuggest, Why::kNone, is(Effect::kSuggest));
    const auto waits = [this](const Held& held) { return Is(held, Effect::kRequire) && held.unmet; };
    if (std::any_of(pol_.held.begin(), pol_.held.end(), waits))
      return Settle(Outcome::kRequireApproval, Why::kNone, waits);
    Settle(pol_.limits.empty() ? Outcome::kAllow : Outcome::kAllowWithLimits, Why::kNone,
           [this](const Held& held) { return Is(held, Effect::kAllow) || Is(held, Effect::kLimit); });
  }

  bool IsRefused(const Held& held) {
    const RuleRow& rule = RuleOf(held);
    for (const NeedRow& need : Slice(bundle_.needs(), rule.needs)) {
      if (static_cast<NeedKind>(need.kind) == NeedKind::kApproval && approvals_.Refused(By(held), need.what))
        return true;
    }
    const PolRuleRow* pol = PolOf(rule);
    for (uint32_t i = 0; pol != nullptr && i < pol->lifted_by.count; ++i) {
      if (approvals_.Refused(By(held), pol->lifted_by.first + i)) return true;
    }
    return false;
  }

  template <typename IsReason>
  void Settle(Outcome outcome, Why why, IsReason is_reason) {
    decision_.outcome = outcome;
    decision_.why = why;
    for (const Held& held : pol_.held) {
      if (!is_reason(held)) continue;
      pol_.reasons.push_back(held.rule);
      pol_.reason_hops.push_back(held.hop);
    }
  }

  // Merges the limits that hold. At fault are those the enforcement point did not declare, those whose value
  // errs, and all of a kind that have nothing in common. Nothing if there are none; else whether each of them
  // holds, or is at fault, by an error.
  std::optional<bool> MergeLimits() {
    const auto& enforces = request_.host().enforces;
    bool any_fault = false, by_error = true;
    auto blame = [&](Held& held, bool error) {
      held.at_fault = any_fault = true;
      by_error &= error || held.by_error;
    };
    const auto holds = [&](const PolScratch::LimitValue& limit) {
      return Is(pol_.held[limit.held], Effect::kLimit);
    };
    for (const PolScratch::LimitValue& limit : pol_.limit_values) {
      if (!holds(limit)) continue;
      if (!limit.ok || std::count(enforces.begin(), enforces.end(), limit.kind) == 0)
        blame(pol_.held[limit.held], !limit.ok);
    }
    // Limits of a kind lie anywhere: gone through once for each kind that holds.
    for (uint32_t kind = 0; kind < bundle_.limit_kinds().size(); ++kind) {
      std::optional<Value> merged;
      bool too_much = false;
      const size_t first = pol_.limits_by.size();
      for (const PolScratch::LimitValue& limit : pol_.limit_values) {
        if (limit.kind != kind || !holds(limit)) continue;
        const Held& held = pol_.held[limit.held];
        const RuleAt by{held.rule, held.hop};
        if (pol_.limits_by.size() == first || !(pol_.limits_by.back() == by)) pol_.limits_by.push_back(by);
        if (!limit.ok) continue;
        if (merged) {
          too_much |= !Merge(kind, limit.value, &*merged);
        } else {
          merged = limit.value;
        }
      }
      if (pol_.limits_by.size() == first) continue;
      const bool common =
          static_cast<bundle::Merge>(bundle_.limit_kinds()[kind].merge) == bundle::Merge::kCommonMembers;
      if (too_much || (common && merged && merged->count == 0)) {
        for (const PolScratch::LimitValue& limit : pol_.limit_values) {
          if (limit.kind == kind && holds(limit)) blame(pol_.held[limit.held], too_much);
        }
      }
      if (merged)
        pol_.limits.push_back({kind, *merged, {&pol_.limits_by[first], pol_.limits_by.size() - first}});
    }
    if (!any_fault) return std::nullopt;
    return by_error;
  }

  // False if sets are larger than one instruction may visit.
  bool Merge(uint32_t kind, const Value& value, Value* merged) {
    switch (static_cast<bundle::Merge>(bundle_.limit_kinds()[kind].merge)) {
      case bundle::Merge::kLowest:
        if (value.number() < merged->number()) *merged = value;
        return true;
      case bundle::Merge::kHighest:
        if (value.number() > merged->number()) *merged = value;
        return true;
      case bundle::Merge::kAnyTrue:
        if (value.boolean()) *merged = value;
        return true;
      case bundle::Merge::kCommonMembers:
      case bundle::Merge::kAllMembers: {
        const bool all =
            static_cast<bundle::Merge>(bundle_.limit_kinds()[kind].merge) == bundle::Merge::kAllMembers;
        const Value before = *merged;
        return machines_[0]->Combine(before, value, all, merged);
      }
    }
    return false;
  }

  // What goes with the outcome, and the lists in their order.
  void Report() {
    const Outcome outcome = decision_.outcome;
    if (outcome != Outcome::kRequireApproval && outcome != Outcome::kSuggest) {
      pol_.needs.clear();
    } else {
      std::erase_if(pol_.needs, [&](const NeedTerm& need) {
        return std::any_of(pol_.held.begin(), pol_.held.end(), [&](const Held& held) {
          return held.lifted && held.rule == need.rule && held.hop == need.hop;
        });
      });
    }
    if (outcome == Outcome::kDeny) pol_.limits.clear();
    Suggestions();
    const bool chain = !request_.host().acts_for.empty();
    // With a chain a rule's errors come from several turns.
    if (chain) {
      std::stable_sort(pol_.errors.begin(), pol_.errors.end(), [](const RuleError& a, const RuleError& b) {
        return a.rule != b.rule ? a.rule < b.rule : a.hop < b.hop;
      });
    }
    pol_.errors.insert(pol_.errors.end(), pol_.clause_errors.begin(), pol_.clause_errors.end());
    pol_.errors.insert(pol_.errors.end(), pol_.input_errors.begin(), pol_.input_errors.end());

    decision_.reasons = pol_.reasons;
    decision_.shadow = pol_.shadow;
    if (chain) decision_.reason_hops = pol_.reason_hops;
    if (chain) decision_.shadow_hops = pol_.shadow_hops;
    if (decision_.why == Why::kNoGrant) decision_.ungranted = pol_.ungranted;
    decision_.errors = pol_.errors;
    decision_.shadow_caps = pol_.shadow_caps;
    decision_.limits = pol_.limits;
    decision_.needs = pol_.needs;
    decision_.liftable = pol_.liftable;
    decision_.suggestions = pol_.suggestions;
    decision_.facts = pol_.facts;
    decision_.counted = pol_.counted;
    decision_.not_counted = pol_.not_counted;
  }

  // Those that hold; of several alike one, by all.
  void Suggestions() {
    const Memory& memory = machines_[0]->memory();
    auto action = [&](uint32_t suggestion) { return bundle_.suggestions()[suggestion].action; };
    auto alike = [&](const PolScratch::Made& a, const PolScratch::Made& b) {
      entities::Work unlimited;
      return action(a.suggestion) == action(b.suggestion) &&
             Compare(memory, a.context, b.context, &unlimited) == 0;
    };
    for (size_t i = 0; i < pol_.held.size(); ++i) {
      if (!IsMade(pol_.held[i])) continue;
      const PolScratch::Made& made = pol_.made[pol_.held[i].suggestion];
      bool is_first = true;
      for (size_t k = 0; k < i && is_first; ++k)
        is_first = !IsMade(pol_.held[k]) || !alike(pol_.made[pol_.held[k].suggestion], made);
      if (!is_first) continue;
      const size_t first = pol_.suggested_by.size();
      for (size_t k = i; k < pol_.held.size(); ++k) {
        const Held& held = pol_.held[k];
        if (IsMade(held) && alike(pol_.made[held.suggestion], made))
          pol_.suggested_by.push_back({held.rule, held.hop});
      }
      pol_.suggestions.push_back({made.suggestion, made.context, {pol_.suggested_by.data() + first, 0}});
      pol_.suggestions.back().by = {pol_.suggested_by.data() + first, pol_.suggested_by.size() - first};
    }
  }
  bool IsMade(const Held& held) const { return held.suggestion != kNone && Is(held, Effect::kSuggest); }

  Outcome WouldBe() {
    if (pol_.shadow.empty() && pol_.shadow_caps.empty()) return decision_.outcome;
    if (pol_.shadow_scratch == nullptr) pol_.shadow_scratch = std::make_unique<Scratch>(engine_);
    return PolDecider(engine_, request_, straight_, /*enforces_shadow=*/true, pol_.shadow_scratch.get())
        .Run()
        .outcome;
  }

  const Engine& engine_;
  const Bundle& bundle_;
  const Request& request_;
  const bool straight_;
  const bool enforces_shadow_;
  Scratch& scratch_;
  PolScratch& pol_;
  std::optional<Machine> machines_[1 + kMaxHops];  // of the requester and those it acts for
  Approvals approvals_;
  bool requester_granted_ = true;
  bool hops_granted_ = true;
  Decision decision_;
};

Decision DecidePol(const Engine& engine, const Request& request, bool straight, Scratch* scratch) {
  return PolDecider::Decide(engine, request, straight, scratch);
}

}  // namespace polc::vm
