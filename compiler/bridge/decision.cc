#include "compiler/bridge/decision.h"

#include <algorithm>

#include "runtime/vm/message.h"
#include "runtime/vm/review.h"

namespace polc::bridge {

using bundle::Bundle;
using data::EntityUid;
using entities::EntityId;
using entities::Kind;
using entities::Memory;
using entities::Value;

EntityUid ReadUid(const vm::World& world, const Memory& memory, EntityId id) {
  return {std::string(world.TypeNameOf(id, memory)), std::string(world.IdOf(id, memory))};
}

data::Value ReadValue(const vm::World& world, const Memory& memory, const Value& v) {
  switch (v.kind) {
    case Kind::kBool:
      return data::Value(v.boolean());
    case Kind::kLong:
      return data::Value(v.number());
    case Kind::kDecimal:
      return data::Value(data::Decimal{v.number()});
    case Kind::kDatetime:
      return data::Value(data::Datetime{v.number()});
    case Kind::kDuration:
      return data::Value(data::Duration{v.number()});
    case Kind::kString:
      return data::Value(std::string(memory.Text(v)));
    case Kind::kEntity:
      return data::Value(ReadUid(world, memory, v.entity()));
    case Kind::kIp: {
      data::IpAddr ip;
      ip.v6 = (v.count & bundle::kIpV6) != 0;
      ip.prefix = static_cast<uint8_t>(v.count & ~bundle::kIpV6);
      for (size_t i = 0; i < (ip.v6 ? 16u : 4u); ++i)
        ip.bytes[i] = ip.v6 ? memory.Address(v)[i] : static_cast<uint8_t>(v.bits >> (24 - 8 * i));
      return data::Value(ip);
    }
    case Kind::kSet: {
      std::vector<data::Value> elements;
      for (const Value& element : memory.Cells(v)) elements.push_back(ReadValue(world, memory, element));
      return data::Value::MakeSet(std::move(elements));
    }
    case Kind::kRecord: {
      data::Record fields;
      const auto cells = memory.Cells(v);
      for (size_t i = 0; i < cells.size(); i += 2)
        fields.emplace_back(memory.Text(cells[i]), ReadValue(world, memory, cells[i + 1]));
      return data::Value::MakeRecord(std::move(fields));
    }
  }
  return {};
}

namespace {

static_assert(static_cast<int>(data::Outcome::kDeny) == static_cast<int>(vm::Outcome::kDeny) &&
              static_cast<int>(data::Outcome::kSuggest) == static_cast<int>(vm::Outcome::kSuggest));
static_assert(static_cast<int>(data::Why::kStateConflict) == static_cast<int>(vm::Why::kStateConflict) &&
              static_cast<int>(data::Why::kUnenforceable) == static_cast<int>(vm::Why::kUnenforceable));
static_assert(static_cast<int>(data::NotCounted::kSecondKey) ==
                  static_cast<int>(vm::NotCounted::kSecondKey) &&
              static_cast<int>(data::NotCounted::kNotInPool) == static_cast<int>(vm::NotCounted::kNotInPool));

class Reader {
 public:
  Reader(const vm::Engine& engine, const vm::Request& request, const vm::Scratch& scratch)
      : engine_(engine),
        b_(engine.bundle().bundle()),
        request_(request),
        scratch_(scratch),
        world_(engine, request),
        memory_(engine.MemoryFor(request, scratch)),
        review_(engine, request) {}

  data::Decision Run(const vm::Decision& d) {
    data::Decision out;
    out.outcome = static_cast<data::Outcome>(d.outcome);
    out.why = static_cast<data::Why>(d.why);
    out.snapshot = DigestName(engine_.bundle().snapshot_id());
    for (size_t i = 0; i < d.reasons.size(); ++i) {
      const uint8_t hop = d.reason_hops.empty() ? 0 : d.reason_hops[i];
      out.reasons.push_back(Named(RuleId(d.reasons[i]), hop));
      AddWords(d.reasons[i], out);
    }
    for (uint8_t hop : d.ungranted) out.reasons.push_back("acts_for " + data::ToString(Principal(hop)));
    for (size_t i = 0; i < d.shadow.size(); ++i)
      out.shadow.push_back(Named(RuleId(d.shadow[i]), d.shadow_hops.empty() ? 0 : d.shadow_hops[i]));
    for (const vm::RuleAt& cap : d.shadow_caps)
      out.shadow.push_back(Named(b_.String(b_.clauses()[cap.rule].id), cap.hop));
    Names(out.reasons);
    Names(out.shadow);
    if (!out.shadow.empty()) out.would_be = static_cast<data::Outcome>(d.would_be);
    for (const vm::RuleError& e : d.errors) out.errors.push_back({NameOf(e), Message(e.error)});
    if (d.misfit != nullptr) out.errors.push_back({"", MisfitMessage(*d.misfit)});
    std::ranges::sort(out.errors, [](const data::RuleError& x, const data::RuleError& y) {
      return x.rule != y.rule ? data::RuleOrder(x.rule, y.rule) : x.message < y.message;
    });
    if (!b_.is_pol()) {
      if (out.outcome == data::Outcome::kDeny)
        out.why = out.reasons.empty() ? data::Why::kNoGrant : data::Why::kForbidden;
      return out;
    }
    std::ranges::sort(out.controls);
    out.controls.erase(std::ranges::unique(out.controls).begin(), out.controls.end());
    if (d.misfit == nullptr) AddTerms(d, out);
    return out;
  }

 private:
  std::string RuleId(uint32_t rule) const { return std::string(b_.String(b_.rules()[rule].id)); }
  EntityUid Uid(EntityId id) const { return ReadUid(world_, memory_, id); }
  EntityUid Principal(uint8_t hop) const {
    return Uid(hop == 0 ? request_.principal() : request_.host().acts_for[hop - 1u].principal);
  }
  std::string Named(std::string_view name, uint8_t hop) const {
    return hop == 0 ? std::string(name) : std::string(name) + " for " + data::ToString(Principal(hop));
  }
  std::string Named(const vm::RuleAt& at) const { return Named(RuleId(at.rule), at.hop); }
  static void Names(std::vector<std::string>& list) {
    std::ranges::sort(list, data::RuleOrder);
    list.erase(std::ranges::unique(list).begin(), list.end());
  }
  template <typename T>
  static void SortAll(std::vector<T>& list) {
    std::ranges::sort(list);
    list.erase(std::ranges::unique(list).begin(), list.end());
  }

  // Of a reason: why it says it is one, and what it meets. In the order of the reasons' names.
  void AddWords(uint32_t rule, data::Decision& out) const {
    const bundle::RuleRow& row = b_.rules()[rule];
    const std::string because(b_.String(row.because));
    if (!because.empty() && std::ranges::count(out.because, because) == 0) out.because.push_back(because);
    for (const bundle::PairRow& control : Slice(b_.controls(), row.controls))
      out.controls.emplace_back(b_.String(control.key), b_.String(control.value));
  }

  std::string NameOf(const vm::RuleError& e) const {
    switch (e.what) {
      case vm::Erring::kRule:
        return Named(RuleId(e.rule), e.hop);
      case vm::Erring::kClause:
        return Named(b_.String(b_.clauses()[e.rule].id), e.hop);
      case vm::Erring::kInput:
        return std::string(b_.String(b_.inputs()[e.rule].id));
    }
    return "";
  }
  std::string Message(const vm::Error& error) const {
    std::string out;
    AppendMessage(engine_, request_, scratch_, error, &out);
    return out;
  }
  std::string MisfitMessage(const vm::Misfit& misfit) const {
    std::string out;
    AppendMisfit(engine_, request_, misfit, &out);
    return out;
  }

  data::Value Read(const Value& v, const Memory& memory) const { return ReadValue(world_, memory, v); }

  std::vector<data::QuorumTerm> Quorums(uint32_t approval, uint8_t hop) {
    std::vector<data::QuorumTerm> out;
    for (const vm::ResolvedQuorum& quorum : *review_.Quorums(approval, hop)) {
      data::QuorumTerm term{.parts = {},
                            .within_ms = quorum.within_ms,
                            .including_owner = quorum.including_owner,
                            .survives_policy_change = quorum.survives_policy_change};
      for (const vm::ResolvedPart& part : quorum.parts) {
        data::QuorumPart p{.count = part.count, .pools = {}, .error = part.error};
        for (EntityId pool : part.pools) p.pools.push_back(Uid(pool));
        SortAll(p.pools);
        term.parts.push_back(std::move(p));
      }
      std::ranges::sort(term.parts);
      out.push_back(std::move(term));
    }
    std::ranges::sort(out);
    return out;
  }

  void AddTerms(const vm::Decision& d, data::Decision& out) {
    for (const vm::FactTerm& fact : d.facts)
      out.facts.emplace(b_.String(b_.facts()[fact.fact].name), Read(fact.value, memory_));
    for (const vm::LimitTerm& limit : d.limits) {
      data::LimitTerm& term = out.limits[std::string(b_.String(b_.limit_kinds()[limit.kind].name))];
      term.value = Read(limit.value, memory_);
      for (const vm::RuleAt& by : limit.by) term.by.push_back(Named(by));
      Names(term.by);
    }
    for (const vm::NeedTerm& need : d.needs) {
      const bundle::NeedRow& row = b_.needs()[need.need];
      data::NeedTerm term;
      if (static_cast<bundle::NeedKind>(row.kind) == bundle::NeedKind::kEvidence) {
        term.evidence = b_.String(b_.evidence_kinds()[row.what].name);
      } else {
        term.approval = Quorums(row.what, need.hop);
      }
      out.needs.push_back({Named(RuleId(need.rule), need.hop), std::move(term)});
    }
    SortAll(out.needs);
    for (const vm::LiftTerm& lift : d.liftable) {
      out.liftable.push_back(
          {Named(RuleId(lift.rule), lift.hop), Quorums(lift.approval, lift.hop), lift.lifted});
    }
    SortAll(out.liftable);
    const auto& approvals = request_.host().approvals;
    auto id = [&](uint32_t i) { return std::string(memory_.Text(approvals[i].id)); };
    for (uint32_t i : d.counted) out.counted.push_back({id(i), Uid(approvals[i].approver)});
    for (const vm::NotCountedTerm& term : d.not_counted) {
      out.not_counted.push_back({id(term.approval), Uid(approvals[term.approval].approver),
                                 static_cast<data::NotCounted>(term.why)});
    }
    std::ranges::sort(out.counted);
    std::ranges::sort(out.not_counted);
    for (const vm::SuggestionTerm& suggestion : d.suggestions) {
      const uint32_t action = b_.suggestions()[suggestion.suggestion].action;
      data::SuggestionTerm term{
          Uid(engine_.EntityOf(action)), Uid(request_.resource()), Read(suggestion.context, memory_), {}};
      for (const vm::RuleAt& by : suggestion.by) term.by.push_back(Named(by));
      Names(term.by);
      out.suggestions.push_back(std::move(term));
    }
    std::ranges::sort(out.suggestions, [](const auto& a, const auto& b) {
      return std::tie(a.action, a.context) < std::tie(b.action, b.context);
    });
    AddState(d, out);
    const vm::Subject& subject = review_.subject();
    out.action_digest = DigestName(subject.action_digest);
    out.terms_digest = DigestName(subject.terms_digest);
  }

  void AddState(const vm::Decision& d, data::Decision& out) {
    for (const vm::StateValue* state : review_.state_read()) {
      const bundle::InputRow& input = b_.inputs()[state->input];
      data::StateItem item{.input = std::string(b_.String(input.name)),
                           .by = std::string(b_.String(input.by))};
      if (state->has_key) item.key = Read(state->key, memory_);
      item.value = Read(state->value, memory_);
      if (state->as_of_ms) item.as_of = data::Datetime{*state->as_of_ms};
      out.state_read.push_back(std::move(item));
    }
    std::ranges::sort(out.state_read, [](const auto& a, const auto& b) {
      return std::tie(a.input, a.by, a.key) < std::tie(b.input, b.by, b.key);
    });
    const auto& moves = review_.Updates(d.outcome);
    Memory kept = memory_;
    kept.base[static_cast<size_t>(entities::Region::kDecision)] = review_.kept().base();
    for (const vm::Move& move : moves) {
      const bundle::InputRow& input = b_.inputs()[move.input];
      const auto kind = static_cast<bundle::InputKind>(input.kind);
      data::StateUpdate update{.input = std::string(b_.String(input.name)),
                               .by = std::string(b_.String(input.by))};
      if (move.has_key) update.key = Read(move.key, kept);
      if (kind == bundle::InputKind::kLabel) {
        update.kind = data::StateUpdate::Kind::kSet;
      } else if (kind == bundle::InputKind::kBreaker) {
        update.kind = data::StateUpdate::Kind::kDenial;
      } else {
        update.amount = Read(move.amount, kept);
      }
      if (move.read != nullptr) update.read = Read(move.read->value, memory_);
      out.state_updates.push_back(std::move(update));
    }
    std::ranges::sort(out.state_updates, [](const auto& a, const auto& b) {
      return std::tie(a.input, a.by, a.key) < std::tie(b.input, b.by, b.key);
    });
  }

  const vm::Engine& engine_;
  const Bundle& b_;
  const vm::Request& request_;
  const vm::Scratch& scratch_;
  const vm::World world_;
  const Memory memory_;
  vm::Review review_;
};

}  // namespace

data::Decision MakeDecision(const vm::Engine& engine, const vm::Request& request, const vm::Scratch& scratch,
                            const vm::Decision& decision) {
  return Reader(engine, request, scratch).Run(decision);
}

std::string DigestName(const bundle::Digest& digest) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "sha256:";
  for (uint8_t byte : digest) {
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

}  // namespace polc::bridge
