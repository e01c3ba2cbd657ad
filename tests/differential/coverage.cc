#include "tests/differential/coverage.h"

#include <array>

#include "compiler/data/extension.h"
#include "compiler/oracle/authorize.h"
#include "compiler/oracle/eval.h"

namespace polc::differential {
namespace {

using core::ExprId;
using core::Op;
using syntax::ExprKind;

// Author's operators that are one core operator are counted as that; these are the others.
constexpr std::array<std::pair<ExprKind, const char*>, 5> kSugar = {{{ExprKind::kNe, "written !="},
                                                                     {ExprKind::kGt, "written >"},
                                                                     {ExprKind::kGe, "written >="},
                                                                     {ExprKind::kIsIn, "written is..in"},
                                                                     {ExprKind::kHas, "written has path"}}};

constexpr std::array<const char*, 5> kScopeOps = {"any", "==", "in", "is", "is..in"};
constexpr std::array<const char*, 3> kActionOps = {"any", "==", "in"};

std::string OpKey(Op op) { return "operator " + std::string(core::OpName(op)); }
std::string FnKey(data::ExtFn fn) { return "function " + std::string(data::Info(fn).name); }

void CountScope(const char* var, const core::ScopeTest& s, bool linked, Evaluated& counts) {
  const std::string key = std::string("scope ") + var + " " + kScopeOps[static_cast<size_t>(s.op)];
  ++counts[key];
  if (linked) ++counts["scope of a template link"];
}

class Walk {
 public:
  Walk(const core::Rule& rule, const Surface& surface, const data::EntityStore& store,
       const data::Request& request, Evaluated& counts)
      : rule_(rule), surface_(surface), store_(store), request_(request), counts_(counts) {}

  // Counts what evaluating `id` evaluates; whether it gave a value. Depth is the generator's.
  bool Visit(ExprId id) {
    const core::Expr& e = rule_.exprs[id];
    const auto kids = rule_.operands(e);
    switch (e.op) {
      case Op::kAnd:
      case Op::kOr: {
        if (!Visit(kids[0])) return false;
        const bool decided = Truth(kids[0]) == (e.op == Op::kOr ? 1 : 0);
        if (!decided && (Truth(kids[0]) < 0 || !Visit(kids[1]) || Truth(kids[1]) < 0)) return false;
        Hit(e);
        return true;
      }
      case Op::kIf: {
        if (!Visit(kids[0])) return false;
        const int truth = Truth(kids[0]);
        if (truth < 0 || !Visit(kids[truth ? 1 : 2])) return false;
        Hit(e);
        return true;
      }
      default:
        for (ExprId kid : kids) {
          if (!Visit(kid)) return false;
        }
        Hit(e);
        return std::holds_alternative<data::Value>(oracle::Evaluate(rule_, id, request_, store_));
    }
  }

 private:
  // 1, 0, or -1 where the value is no bool or there is none.
  int Truth(ExprId id) {
    oracle::EvalResult result = oracle::Evaluate(rule_, id, request_, store_);
    const auto* value = std::get_if<data::Value>(&result);
    return value && value->is(data::Kind::kBool) ? value->as_bool() : -1;
  }

  void Hit(const core::Expr& e) {
    ++counts_[OpKey(e.op)];
    if (e.op == Op::kCall) ++counts_[FnKey(e.fn())];
    if (const std::set<std::string>* written = surface_.At(e.span)) {
      if (seen_.insert({e.span.begin, e.span.end}).second) {
        for (const std::string& name : *written) ++counts_[name];
      }
    }
  }

  const core::Rule& rule_;
  const Surface& surface_;
  const data::EntityStore& store_;
  const data::Request& request_;
  Evaluated& counts_;
  std::set<std::pair<uint32_t, uint32_t>> seen_;
};

}  // namespace

Evaluated NothingEvaluated() {
  Evaluated out;
#define POLC_CORE_OP(name, mnemonic, arity, meaning) \
  if (!core::IsPol(Op::k##name)) out[OpKey(Op::k##name)] = 0;
#include "compiler/core/ops.def"
  out.erase(OpKey(Op::kCallUnknown));  // no text and no policy JSON means it
  for (const data::ExtFnInfo& f : data::AllExtFns()) out[FnKey(f.fn)] = 0;
  for (const auto& [kind, name] : kSugar) out[name] = 0;
  for (const char* op : kScopeOps) {
    out[std::string("scope principal ") + op] = 0;
    out[std::string("scope resource ") + op] = 0;
  }
  for (const char* op : kActionOps) out[std::string("scope action ") + op] = 0;
  out["scope of a template link"] = 0;
  return out;
}

void Surface::Add(const syntax::Policy& policy) {
  for (const syntax::Expr& e : policy.exprs) {
    for (const auto& [kind, name] : kSugar) {
      if (e.kind != kind || (kind == ExprKind::kHas && e.texts.size() < 2)) continue;
      at_[{e.span.begin, e.span.end}].insert(name);
    }
  }
}

const std::set<std::string>* Surface::At(source::Span span) const {
  auto it = at_.find({span.begin, span.end});
  return it == at_.end() ? nullptr : &it->second;
}

void CountEvaluated(const core::Program& program, const Surface& surface, const data::EntityStore& store,
                    const data::Request& request, Evaluated& counts) {
  for (const core::Rule& rule : program.rules) {
    const bool linked = !rule.template_id.empty();
    CountScope("principal", rule.principal, linked, counts);
    if (!oracle::ScopeHolds(rule, store, request)) continue;  // how far the test came is not known
    CountScope("resource", rule.resource, linked, counts);
    ++counts[std::string("scope action ") + kActionOps[static_cast<size_t>(rule.action.op)]];
    Walk walk(rule, surface, store, request, counts);
    for (ExprId condition : rule.conditions) {
      oracle::EvalResult result = oracle::Evaluate(rule, condition, request, store);
      const auto* value = std::get_if<data::Value>(&result);
      walk.Visit(condition);
      if (!value || !value->is(data::Kind::kBool) || !value->as_bool()) break;
    }
  }
}

}  // namespace polc::differential
