#include "compiler/oracle/terms.h"

#include <algorithm>
#include <map>

#include "compiler/oracle/validate.h"

namespace polc::oracle {

using core::Merge;
using data::EntityUid;
using data::Kind;
using data::Value;

namespace {

// Groups a pool stands for: an entity, or each of a set of them.
bool AddPool(const Value& value, std::vector<EntityUid>& pools) {
  if (value.is(Kind::kEntity)) {
    pools.push_back(value.as_entity());
    return true;
  }
  if (!value.is(Kind::kSet)) return false;
  return std::ranges::all_of(value.as_set(), [&](const Value& element) {
    return element.is(Kind::kEntity) && AddPool(element, pools);
  });
}

class Terms {
 public:
  Terms(const core::Rule& rule, const Case& in) : rule_(rule), in_(in) {}

  RuleTerms Run() {
    for (const core::Limit& limit : rule_.limits) AddLimit(limit);
    for (const core::Need& need : rule_.needs) {
      out_.needs.push_back(need.kind == core::Need::Kind::kEvidence
                               ? data::NeedTerm{.evidence = need.evidence}
                               : data::NeedTerm{.approval = Quorums(need.approval)});
    }
    for (const core::Approval& approval : rule_.pol().lifted_by) out_.lifted_by.push_back(Quorums(approval));
    if (rule_.pol().suggestion) AddSuggestion(*rule_.pol().suggestion);
    return std::move(out_);
  }

 private:
  std::optional<Value> Evaluate(core::ExprId id) {
    EvalResult result = in_.Evaluate(rule_, id);
    if (auto* value = std::get_if<Value>(&result)) return std::move(*value);
    out_.errors.push_back(std::get<EvalError>(result).message);
    return std::nullopt;
  }

  void AddLimit(const core::Limit& limit) {
    const core::LimitKind* kind = core::FindNamed(in_.program().limit_kinds, limit.kind);
    std::optional<Value> value = Evaluate(limit.value);
    if (value) {
      const auto problem = kind ? WhyNot(in_.program(), *kind->type, *value, "limit `" + limit.kind + "`")
                                : "there is no limit kind `" + limit.kind + "`";
      if (problem) {
        out_.errors.push_back(*problem);
        value.reset();
      }
    }
    out_.limits.push_back({limit.kind, std::move(value)});
  }

  std::vector<data::QuorumTerm> Quorums(const core::Approval& approval) {
    std::vector<data::QuorumTerm> out;
    for (const core::Quorum& quorum : approval.alternatives) {
      data::QuorumTerm term{.parts = {},
                            .within_ms = quorum.within_ms,
                            .including_owner = quorum.including_owner,
                            .survives_policy_change = quorum.survives_policy_change};
      for (const core::Quorum::Part& part : quorum.parts) term.parts.push_back(Part(part));
      std::ranges::sort(term.parts);
      out.push_back(std::move(term));
    }
    std::ranges::sort(out);
    return out;
  }

  data::QuorumPart Part(const core::Quorum::Part& part) {
    data::QuorumPart out{.count = part.count};
    for (core::ExprId pool : part.pools) {
      const std::optional<Value> value = Evaluate(pool);
      const bool good = value && AddPool(*value, out.pools);
      if (value && !good) {
        out_.errors.push_back("a pool is " + std::string(data::KindName(value->kind())) +
                              ", not an entity or a set of entities");
      }
      out.error |= !good;
    }
    std::ranges::sort(out.pools);
    out.pools.erase(std::ranges::unique(out.pools).begin(), out.pools.end());
    return out;
  }

  // The agent sends it anew, so it is made of the agent's words: what it said, of that what the other action
  // declares, and the changes.
  void AddSuggestion(const core::Suggestion& suggestion) {
    const core::Action* action = in_.program().model.FindAction(suggestion.action);
    const core::Action* asked = in_.program().model.FindAction(in_.request().action);
    auto from_host = [](const core::Action* a, const std::string& name) {
      const core::Attribute* attribute = a ? core::FindAttribute(a->context, name) : nullptr;
      return attribute && attribute->from_host;
    };
    std::map<std::string, Value> context;
    if (in_.request().context.is(Kind::kRecord)) {
      for (const auto& [name, value] : in_.request().context.as_record()) {
        if (from_host(asked, name) || from_host(action, name)) continue;
        if (!action || core::FindAttribute(action->context, name)) context.emplace(name, value);
      }
    }
    bool good = true;
    for (const auto& [name, id] : suggestion.changes) {
      std::optional<Value> value = Evaluate(id);
      good &= value.has_value();
      if (value) context.insert_or_assign(name, std::move(*value));
    }
    if (!good) return;
    out_.suggestion = {
        suggestion.action, in_.request().resource, Value::MakeRecord({context.begin(), context.end()}), {}};
  }

  const core::Rule& rule_;
  const Case& in_;
  RuleTerms out_;
};

}  // namespace

RuleTerms TermsOf(const core::Rule& rule, const Case& in) { return Terms(rule, in).Run(); }

std::optional<Value> MergeLimits(const core::LimitKind& kind, const std::vector<Value>& values) {
  Value merged = values.front();
  for (const Value& value : values) {
    switch (kind.merge) {
      case Merge::kLowest:
        merged = std::min(merged, value);
        break;
      case Merge::kHighest:
        merged = std::max(merged, value);
        break;
      case Merge::kAnyTrue:
        merged = Value(merged.as_bool() || value.as_bool());
        break;
      case Merge::kAllMembers:
      case Merge::kCommonMembers: {
        std::vector<Value> members;
        for (const Value& element : value.as_set()) {
          if (kind.merge == Merge::kAllMembers || merged.Contains(element)) members.push_back(element);
        }
        if (kind.merge == Merge::kAllMembers)
          members.insert(members.end(), merged.as_set().begin(), merged.as_set().end());
        merged = Value::MakeSet(std::move(members));
        break;
      }
    }
  }
  if (kind.merge == Merge::kCommonMembers && merged.as_set().empty()) return std::nullopt;
  return merged;
}

}  // namespace polc::oracle
