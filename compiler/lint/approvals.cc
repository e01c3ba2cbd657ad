// Approvals that cannot be given, limits nobody enforces, switches read at any age.
#include <algorithm>
#include <set>

#include "compiler/lint/context.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::lint {

using core::Rule;
using data::EntityUid;
using source::Code;

namespace {

constexpr int64_t kDay = 24 * 60 * 60 * int64_t{1000};

bool IsPerson(const core::Model& model, const std::string& type) {
  const core::EntityType* known = model.FindType(type);
  return known && known->nature == core::EntityType::Nature::kPerson;
}

class Quorums {
 public:
  Quorums(Context& context, const Rule& rule) : context_(context), rule_(rule) {}

  void Check(const core::Approval& approval) {
    for (const core::Quorum& quorum : approval.alternatives) {
      CheckSize(quorum);
      if (quorum.within_ms <= kDay) continue;
      context_.ReportIn(
          rule_, Code::kLongApproval, quorum.span,
          fmt::format("an approval counts for {} hours", quorum.within_ms / (60 * 60 * 1000)),
          "what was approved yesterday was approved in another situation; ask for a shorter time");
    }
  }

 private:
  void CheckSize(const core::Quorum& quorum) {
    for (const core::Quorum::Part& part : quorum.parts) {
      std::set<EntityUid> people;
      std::vector<std::string> pools;
      bool known = true;
      for (core::ExprId id : part.pools) {
        const core::Expr& e = rule_.exprs[id];
        known &= e.op == core::Op::kLiteral && rule_.value(e).is(data::Kind::kEntity) &&
                 AddPeople(rule_.value(e).as_entity(), people);
        if (known) pools.push_back(fmt::format("`{}`", Context::UidText(rule_, rule_.value(e).as_entity())));
      }
      if (!known || people.size() >= part.count) continue;
      context_.ReportIn(
          rule_, Code::kQuorumLargerThanGroup, quorum.span,
          fmt::format(
              "{} {} asked for, and {} in {}", part.count, part.count == 1 ? "person is" : "people are",
              people.empty() ? "nobody is"
                             : fmt::format("only {} {}", people.size(), people.size() == 1 ? "is" : "are"),
              fmt::join(pools, " or ")),
          "nobody can give this approval; put people into the group, or ask for fewer");
    }
  }

  // Whether it is known who is in `pool`; adds them.
  bool AddPeople(const EntityUid& pool, std::set<EntityUid>& people) const {
    if (IsPerson(context_.in.program.model, pool.type)) {
      people.insert(pool);
      return true;
    }
    const data::EntityStore* store = context_.in.entities;
    if (!store) return false;
    for (const EntityUid& uid : store->order()) {
      if (IsPerson(context_.in.program.model, uid.type) && store->In(uid, pool)) people.insert(uid);
    }
    return true;
  }

  Context& context_;
  const Rule& rule_;
};

void CheckLimits(Context& context, const Rule& rule) {
  const auto& points = context.in.options.enforcement_points;
  if (points.empty()) return;
  for (const core::Limit& limit : rule.limits) {
    const bool declared = std::ranges::any_of(points, [&](const auto& point) {
      return std::ranges::find(point.second, limit.kind) != point.second.end();
    });
    if (declared) continue;
    std::vector<std::string> names;
    for (const auto& [name, kinds] : points) names.push_back(fmt::format("`{}`", name));
    context.ReportIn(rule, Code::kLimitNotEnforced, limit.span,
                     fmt::format("no enforcement point of the project declares `{}`", limit.kind),
                     fmt::format("where it holds the request is denied; declare it for {} in polc.toml",
                                 fmt::join(names, " or ")));
  }
}

}  // namespace

void LintApprovals(Context& context) {
  for (const Rule* rule : context.rules()) {
    Quorums quorums(context, *rule);
    for (const core::Need& need : rule->needs) {
      if (need.kind == core::Need::Kind::kApproval) quorums.Check(need.approval);
    }
    for (const core::Approval& approval : rule->pol().lifted_by) quorums.Check(approval);
    CheckLimits(context, *rule);
  }
  for (const core::Input& input : context.in.program.inputs) {
    if (input.kind != core::Input::Kind::kSwitch || input.fresh_within_ms > 0) continue;
    context.Report(Code::kSwitchOfAnyAge, input.span,
                   fmt::format("switch `{}` counts however old its value is", input.name),
                   "say `fresh within`, so that a store that is down denies");
  }
}

}  // namespace polc::lint
