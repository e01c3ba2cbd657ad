#include "compiler/core/can_err.h"

#include <algorithm>
#include <set>

#include "compiler/core/print.h"

namespace polc::core {

namespace {

using data::ExtFn;
using Guards = std::set<std::string>;  // what is known to be there: Key()

// Of values of these kinds, which a literal gives and an operation may not.
bool CanFail(ExtFn fn) {
  switch (fn) {
    case ExtFn::kDecimal:
    case ExtFn::kIp:
    case ExtFn::kDatetime:
    case ExtFn::kDuration:
    case ExtFn::kOffset:
    case ExtFn::kDurationSince:
    case ExtFn::kToDate:
      return true;
    default:
      return false;
  }
}

class Finder {
 public:
  // `clean`: facts that were looked into and do not err.
  Finder(const Program& program, const Rule& rule, uint32_t facts_deep, std::set<std::string>& clean)
      : program_(program), rule_(rule), facts_deep_(facts_deep), clean_(clean) {
    for (const Action& action : program.model.actions) {
      if (Covers(rule.action, action)) actions_.push_back(&action);
    }
  }

  std::optional<MayErr> Run() {
    Guards guards;
    for (ExprId condition : rule_.conditions) {
      if (Look(condition, guards, 0)) return found_;
      Learn(condition, true, guards);
    }
    return std::nullopt;
  }
  // Every expression of the rule, whatever stands before it.
  std::optional<MayErr> RunAll(std::initializer_list<ExprId> roots) {
    for (ExprId root : roots) {
      if (root != kNoExpr && Look(root, {}, 0)) return found_;
    }
    return std::nullopt;
  }

 private:
  bool Say(ExprId id, std::string why) {
    found_ = MayErr{rule_.exprs[id].span, std::move(why)};
    return true;
  }
  std::string Text(ExprId id) const {
    const Expr& e = rule_.exprs[id];
    if (e.op == Op::kVar) return std::string(VarName(e.var()));
    if (e.op == Op::kGetAttr) return Text(rule_.operands(e)[0]) + "." + rule_.name(e);
    return Dump(rule_, id);
  }
  std::string Key(ExprId subject, std::string_view name) const {
    return Dump(rule_, subject) + "." + std::string(name);
  }

  // What holds where `id` came out as `truth`.
  void Learn(ExprId id, bool truth, Guards& guards) const {
    for (;;) {
      const Expr& e = rule_.exprs[id];
      const auto operands = rule_.operands(e);
      if (e.op == Op::kNot) {
        id = operands[0];
        truth = !truth;
      } else if (e.op == (truth ? Op::kAnd : Op::kOr)) {
        Learn(operands[1], truth, guards);
        id = operands[0];
      } else {
        if (truth && e.op == Op::kHas) guards.insert(Key(operands[0], rule_.name(e)));
        if (truth && e.op == Op::kHasTag) guards.insert(Key(operands[0], Dump(rule_, operands[1])));
        return;
      }
    }
  }

  // Whether something errs. Chains are walked down their first operands in a loop.
  bool Look(ExprId id, const Guards& known, uint32_t depth) {
    if (depth > kMaxGuardDepth) return Say(id, "it is nested too deeply to be sure");
    const Op op = rule_.exprs[id].op;
    if (op == Op::kAnd || op == Op::kOr) {
      std::vector<ExprId> chain;
      for (; rule_.exprs[id].op == op; id = rule_.operands(id)[0]) chain.push_back(rule_.operands(id)[1]);
      Guards guards = known;
      if (Look(id, guards, depth + 1)) return true;
      for (; !chain.empty(); chain.pop_back()) {
        Learn(id, op == Op::kAnd, guards);
        id = chain.back();
        if (Look(id, guards, depth + 1)) return true;
      }
      return false;
    }
    const Expr& e = rule_.exprs[id];
    const auto operands = rule_.operands(e);
    if (op == Op::kIf) {
      if (Look(operands[0], known, depth + 1)) return true;
      Guards if_true = known, if_false = known;
      Learn(operands[0], true, if_true);
      Learn(operands[0], false, if_false);
      return Look(operands[1], if_true, depth + 1) || Look(operands[2], if_false, depth + 1);
    }
    for (ExprId operand : operands) {
      if (Look(operand, known, depth + 1)) return true;
    }
    return Errs(id, known);
  }

  // Whether the operator errs, its operands given.
  bool Errs(ExprId id, const Guards& guards) {
    const Expr& e = rule_.exprs[id];
    const auto operands = rule_.operands(e);
    switch (e.op) {
      case Op::kNeg:
      case Op::kAdd:
      case Op::kSub:
      case Op::kMul:
        return Say(id, "the result may not fit 64 bits");
      case Op::kCall: {
        if (!CanFail(e.fn())) return false;
        const bool literal = std::ranges::all_of(
            operands, [&](ExprId operand) { return rule_.exprs[operand].op == Op::kLiteral; });
        if (!literal) return Say(id, "`" + std::string(data::Info(e.fn()).name) + "` may be out of range");
        std::vector<data::Value> args;
        for (ExprId operand : operands) args.push_back(rule_.value(rule_.exprs[operand]));
        if (args.size() != data::Info(e.fn()).args.size()) return Say(id, "it has the wrong arguments");
        for (size_t i = 0; i < args.size(); ++i) {
          if (!args[i].is(data::Info(e.fn()).args[i])) return Say(id, "it has the wrong arguments");
        }
        return std::holds_alternative<std::string>(data::CallExt(e.fn(), args)) && Say(id, "it always does");
      }
      case Op::kCallUnknown:
        return Say(id, "`" + rule_.name(e) + "` is no function");
      case Op::kInput:
        return Say(id, "the host may not supply `" + rule_.name(e) + "`");
      case Op::kInHours:
        return Say(id, "the table of its time zone ends");
      case Op::kFactRef:
        return Fact(id, rule_.name(e));
      case Op::kIn:
      case Op::kHas:
      case Op::kHasTag:
        return rule_.strict && MayBeAbsent(id, operands[0]);
      case Op::kGetTag:
        if (guards.contains(Key(operands[0], Dump(rule_, operands[1])))) return false;
        return Say(id, "`" + Text(operands[0]) + "` may not have the tag");
      case Op::kAttrOr:
        return MayBeAbsent(id, operands[0]);
      case Op::kGetAttr:
        if (guards.contains(Key(operands[0], rule_.name(e)))) return false;
        return MayBeAbsent(id, operands[0]) || MayLack(id, operands[0], rule_.name(e));
      default:
        return false;
    }
  }

  bool Fact(ExprId id, const std::string& name) {
    if (clean_.contains(name)) return false;
    const core::Fact* fact = FindNamed(program_.facts, name);
    if (!fact || facts_deep_ == kMaxFactDepth) return Say(id, "the fact `" + name + "` may err");
    auto look = [&](const Rule& rule, std::initializer_list<ExprId> roots) {
      Finder inner(program_, rule, facts_deep_ + 1, clean_);
      if (inner.Run() || inner.RunAll(roots))
        Say(id, "the fact `" + name + "` may err: " + inner.found_->why);
      return found_.has_value();
    };
    if (look(fact->body, {fact->otherwise})) return true;
    for (const core::Fact::Clause& clause : fact->clauses) {
      if (look(fact->body, {clause.when, clause.value})) return true;
    }
    for (const core::Fact::Step& step : fact->rows) {
      if (look(step.rule, {step.level})) return true;
    }
    for (const core::Fact::Step& step : fact->caps) {
      if (look(step.rule, {step.level})) return true;
    }
    clean_.insert(name);
    return false;
  }

  // Of the entities of a request only those it names are sure to be in the store.
  bool MayBeAbsent(ExprId id, ExprId subject) {
    const Expr& s = rule_.exprs[subject];
    if (s.op == Op::kVar || s.op == Op::kRecord) return false;
    if (s.kind != Kind::kUnknown && s.kind != Kind::kEntity) return false;
    const std::vector<const Type*> types = TypesOf(subject);
    const bool record = !types.empty() && std::ranges::all_of(types, [](const Type* type) {
      return type->kind == data::Kind::kRecord;
    });
    return !record && Say(id, "`" + Text(subject) + "` may not be in the store");
  }

  bool MayLack(ExprId id, ExprId subject, const std::string& name) {
    const std::string text = "`" + Text(id) + "`";
    bool known = false;
    for (const Attribute* a : AttributesOf(subject, name)) {
      known = true;
      if (a->from_host && !a->if_missing) return Say(id, "the host may not supply " + text);
      if (!a->required && !a->if_missing) return Say(id, text + " may be missing");
    }
    return !known && Say(id, text + " may be missing");
  }

  // The declarations of attribute `name` that an expression can have; none where nothing is known of it.
  std::vector<const Attribute*> AttributesOf(ExprId subject, const std::string& name) const {
    std::vector<const Attribute*> out;
    auto add = [&](const std::vector<Attribute>& list) {
      if (const Attribute* a = FindAttribute(list, name)) out.push_back(a);
    };
    auto add_entity = [&](std::string_view type) {
      if (const EntityType* t = program_.model.FindType(type)) add(t->attributes);
    };
    const Expr& s = rule_.exprs[subject];
    if (s.op != Op::kVar) {
      for (const Type* type : TypesOf(subject)) {
        type->kind == data::Kind::kEntity ? add_entity(type->entity) : add(type->fields);
      }
      return out;
    }
    const ScopeTest& test = s.var() == Var::kPrincipal ? rule_.principal : rule_.resource;
    for (const Action* action : actions_) {
      if (s.var() == Var::kContext) add(action->context);
      if (s.var() != Var::kPrincipal && s.var() != Var::kResource) continue;
      for (const std::string& type : s.var() == Var::kPrincipal ? action->principals : action->resources) {
        const bool other = !test.type.empty() ? type != test.type
                                              : test.op == ScopeTest::Op::kEq && type != test.entity.type;
        if (!other) add_entity(type);
      }
    }
    return out;
  }

  // What types an expression can have; none where nothing is known. No deeper than attributes are.
  std::vector<const Type*> TypesOf(ExprId id) const {
    std::vector<const Type*> out;
    const Expr& e = rule_.exprs[id];
    if (e.op == Op::kGetAttr || e.op == Op::kAttrOr) {
      for (const Attribute* a : AttributesOf(rule_.operands(e)[0], rule_.name(e)))
        out.push_back(a->type.get());
    }
    return out;
  }

  const Program& program_;
  const Rule& rule_;
  uint32_t facts_deep_;
  std::set<std::string>& clean_;
  std::vector<const Action*> actions_;
  std::optional<MayErr> found_;
};

}  // namespace

bool Covers(const ActionTest& test, const Action& action) {
  if (test.op == ActionTest::Op::kAny) return true;
  return std::ranges::any_of(test.actions, [&](const data::EntityUid& uid) {
    return uid == action.uid ||
           (test.op == ActionTest::Op::kIn && std::ranges::count(action.groups, uid) > 0);
  });
}

std::optional<MayErr> FindError(const Program& program, const Rule& rule) {
  std::set<std::string> clean;
  return Finder(program, rule, 0, clean).Run();
}

}  // namespace polc::core
