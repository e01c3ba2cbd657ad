#include "compiler/mutate/rewrite.h"

#include <memory>

namespace polc::mutate {

using core::ExprId;
using core::Rule;

namespace {

// All places of a rule that refer to expressions from outside of them.
template <typename Visit>
void ForEachRoot(Rule& rule, core::PolPart* pol, std::span<ExprId* const> more, Visit visit) {
  for (ExprId& id : rule.conditions) visit(id);
  for (core::Limit& limit : rule.limits) visit(limit.value);
  auto approval = [&](core::Approval& a) {
    for (core::Quorum& quorum : a.alternatives) {
      for (core::Quorum::Part& part : quorum.parts) {
        for (ExprId& pool : part.pools) visit(pool);
      }
    }
  };
  for (core::Need& need : rule.needs) approval(need.approval);
  if (pol) {
    for (core::Approval& lift : pol->lifted_by) approval(lift);
    if (pol->suggestion) {
      for (auto& [name, value] : pol->suggestion->changes) visit(value);
    }
  }
  for (ExprId* id : more) visit(*id);
}

// Copies the expressions that `keep` says, in their order; `after` sees each copy and says what takes its
// place.
template <typename Keep, typename After>
void Copy(Rule& rule, core::PolPart* pol, std::span<ExprId* const> more, Keep keep, After after) {
  const std::vector<core::Expr> exprs = std::move(rule.exprs);
  const std::vector<ExprId> operand_pool = std::move(rule.operand_pool);
  rule.exprs.clear();
  rule.operand_pool.clear();
  std::vector<ExprId> now(exprs.size(), core::kNoExpr);
  for (ExprId id = 0; id < exprs.size(); ++id) {
    if (!keep(id)) continue;
    core::Expr e = exprs[id];
    std::vector<ExprId> operands;
    for (uint32_t i = 0; i < e.operand_count; ++i) operands.push_back(now[operand_pool[e.first_operand + i]]);
    e.first_operand = static_cast<uint32_t>(rule.operand_pool.size());
    rule.operand_pool.insert(rule.operand_pool.end(), operands.begin(), operands.end());
    rule.exprs.push_back(e);
    now[id] = after(id, static_cast<ExprId>(rule.exprs.size() - 1), operands);
  }
  ForEachRoot(rule, pol, more, [&](ExprId& id) {
    if (id != core::kNoExpr) id = now[id];
  });
}

}  // namespace

void Rewrite(Rule& rule, ExprId target, const Replace& replace, std::span<ExprId* const> more_roots) {
  std::shared_ptr<core::PolPart> pol;
  if (rule.pol_part) {
    pol = std::make_shared<core::PolPart>(*rule.pol_part);
    rule.pol_part = pol;
  }
  Copy(
      rule, pol.get(), more_roots, [](ExprId) { return true; },
      [&](ExprId id, ExprId copied, const std::vector<ExprId>& operands) {
        return id == target ? replace(rule, copied, operands) : copied;
      });
  std::vector<bool> used(rule.exprs.size());
  ForEachRoot(rule, pol.get(), more_roots, [&](ExprId& id) {
    if (id != core::kNoExpr) used[id] = true;
  });
  for (ExprId id = static_cast<ExprId>(rule.exprs.size()); id-- > 0;) {
    if (!used[id]) continue;
    for (const ExprId operand : rule.operands(id)) used[operand] = true;
  }
  Copy(
      rule, pol.get(), more_roots, [&](ExprId id) { return used[id]; },
      [](ExprId, ExprId copied, const std::vector<ExprId>&) { return copied; });
}

}  // namespace polc::mutate
