#include "compiler/sema/level.h"

#include <algorithm>
#include <utility>

namespace polc::sema {

using core::Expr;
using core::ExprId;
using core::Op;
using source::Code;

namespace {

class LevelChecker {
 public:
  LevelChecker(const SchemaIndex& schema, const core::Rule& rule, const Typechecker& checker,
               const Environment& environment, uint32_t max_level, Findings& findings)
      : rule_(rule),
        checker_(checker),
        action_(schema.action(environment.action).action->uid),
        max_level_(max_level),
        findings_(findings) {}

  void Run() {
    for (size_t i = 0; i < checker_.conditions_checked(); ++i) pending_.push_back(rule_.conditions[i]);
    while (!pending_.empty()) {
      ExprId id = pending_.back();
      pending_.pop_back();
      Walk(id);
    }
  }

 private:
  // Attributes still to be taken from the records passed on the way down, innermost last.
  using Path = std::vector<const std::string*>;

  ExprId Operand(const Expr& e, size_t i) const { return rule_.operands(e)[i]; }

  void Later(ExprId id) {
    if (checker_.type_of(id) != Typechecker::kUnvisited) pending_.push_back(id);
  }

  // Whether `id` is an entity or else a record.
  bool IsEntity(ExprId id) const {
    TypeId type = checker_.type_of(id);
    return type != kNoType && type != Typechecker::kUnvisited && checker_.types().IsEntity(type);
  }

  void Walk(ExprId id) {
    const Expr& e = rule_.exprs[id];
    switch (e.op) {
      case Op::kIn:
      case Op::kHasTag:
      case Op::kGetTag:
        Dereference(id, Operand(e, 0));
        Later(Operand(e, 1));
        break;
      case Op::kHas:
      case Op::kGetAttr:
        if (IsEntity(Operand(e, 0))) {
          Dereference(id, Operand(e, 0));
        } else {
          Later(Operand(e, 0));
        }
        break;
      default:
        for (ExprId operand : rule_.operands(e)) Later(operand);
        break;
    }
  }

  void Dereference(ExprId id, ExprId target) {
    uint32_t level = Level(target, {});
    if (level < max_level_) return;
    findings_.AddHere(Code::kEntityDerefLevelViolation, rule_.exprs[id].span,
                      "this looks into the entity store at level " + std::to_string(level + 1) +
                          ", but the limit is level " + std::to_string(max_level_),
                      max_level_ == 0 ? "level 0 allows only what the request itself carries"
                                      : "follow fewer references from the request, or raise the level");
  }

  // How many steps from the request the entity `id` is.
  uint32_t Level(ExprId id, Path path) {
    uint32_t level = 0;
    for (;;) {
      const Expr& e = rule_.exprs[id];
      switch (e.op) {
        case Op::kLiteral:
          if (!(rule_.value(e).is(data::Kind::kEntity) && rule_.value(e).as_entity() == action_)) {
            findings_.AddHere(Code::kEntityDerefLevelViolation, e.span,
                              "an entity written in the policy is looked up in the entity store",
                              "levels count steps from the request; only its entities can be followed");
          }
          return level;
        case Op::kIf: {
          Later(Operand(e, 0));
          uint32_t deepest = 0;
          for (size_t i = 1; i <= 2; ++i) {
            if (checker_.type_of(Operand(e, i)) == Typechecker::kUnvisited) continue;
            deepest = std::max(deepest, Level(Operand(e, i), path));
          }
          return level + deepest;
        }
        case Op::kGetAttr:
          if (IsEntity(Operand(e, 0))) {
            ++level;
          } else {
            path.push_back(&rule_.name(e));
          }
          id = Operand(e, 0);
          break;
        case Op::kGetTag:
          ++level;
          Later(Operand(e, 1));
          id = Operand(e, 0);
          break;
        case Op::kRecord: {
          // Only the field that is taken is followed; the others are walked for what they do themselves.
          ExprId taken = core::kNoExpr;
          for (size_t i = 0; i < rule_.operands(e).size(); ++i) {
            if (!path.empty() && rule_.names(e)[i] == *path.back()) {
              taken = Operand(e, i);
            } else {
              Later(Operand(e, i));
            }
          }
          if (taken == core::kNoExpr) return level;
          path.pop_back();
          id = taken;
          break;
        }
        default:
          return level;  // a variable; anything else is no entity and failed the type check
      }
    }
  }

  const core::Rule& rule_;
  const Typechecker& checker_;
  const data::EntityUid& action_;
  const uint32_t max_level_;
  Findings& findings_;
  std::vector<ExprId> pending_;
};

}  // namespace

void CheckLevels(const SchemaIndex& schema, const core::Rule& rule, const Typechecker& checker,
                 const Environment& environment, uint32_t max_level, Findings& findings) {
  LevelChecker(schema, rule, checker, environment, max_level, findings).Run();
}

void ReportScopeLevel(source::Span span, Findings& findings) {
  findings.Add(Code::kEntityDerefLevelViolation, span,
               "`in` looks into the entity store at level 1, but the limit is level 0",
               "level 0 allows only what the request itself carries");
}

}  // namespace polc::sema
