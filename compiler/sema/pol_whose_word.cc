#include "compiler/sema/pol_whose_word.h"

#include <algorithm>
#include <map>
#include <optional>

#include "compiler/core/print.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::sema::pol {

using core::Expr;
using core::ExprId;
using core::Fact;
using core::Op;
using core::Program;
using core::Rule;
using source::Code;

namespace {

// Inlining facts and walking tests stops here: what is deeper is one test.
constexpr int kMaxNesting = 200;

// What restricts, as one formula: any of `any` holds, each all of its conditions.
struct Formula {
  struct Part {
    const Rule* rule;
    std::vector<ExprId> all;
  };
  std::vector<Part> any;
  const core::ActionTest* action = nullptr;  // null: every action
  std::string what;
};

// Whether a rule with this test, or with none, speaks of the action, by itself or by a group it is in.
bool IsAbout(const core::ActionTest* test, const core::Action& action) {
  if (!test || test->op == core::ActionTest::Op::kAny) return true;
  return std::ranges::any_of(test->actions, [&](const data::EntityUid& uid) {
    return uid == action.uid || std::ranges::find(action.groups, uid) != action.groups.end();
  });
}

class Escapes {
 public:
  Escapes(const Program& program, source::DiagnosticSink& sink) : program_(program), sink_(sink) {}

  void Check(const Formula& formula) {
    tests_.clear();
    asked_.clear();
    paths_.clear();
    for (const Formula::Part& part : formula.any) {
      for (ExprId id : part.all) Collect(*part.rule, id, 0, 1);
    }
    for (const auto& [path, place] : paths_) {
      const bool escapable = std::ranges::any_of(program_.model.actions, [&](const core::Action& action) {
        return IsAbout(formula.action, action) && MayBeLeftOut(path, action) &&
               Escapable(formula, path, action);
      });
      if (escapable) Report(path, place, formula);
    }
  }

 private:
  struct Place {
    source::Span span;
    int signs = 0;  // 1: asked for where being there helps; 2: where being missing does
  };

  // `context.a.b` as `a.b`, or nothing.
  static std::optional<std::string> ContextPath(const Rule& rule, ExprId id) {
    std::string path;
    for (;;) {
      const Expr& e = rule.exprs[id];
      if (e.op == Op::kVar) {
        if (e.var() != core::Var::kContext) return std::nullopt;
        return path;
      }
      if (e.op != Op::kGetAttr) return std::nullopt;
      path = path.empty() ? rule.name(e) : rule.name(e) + "." + path;
      id = rule.operands(e)[0];
    }
  }
  static std::optional<std::string> HasPath(const Rule& rule, ExprId id) {
    const Expr& e = rule.exprs[id];
    if (e.op != Op::kHas) return std::nullopt;
    std::optional<std::string> subject = ContextPath(rule, rule.operands(e)[0]);
    if (!subject) return std::nullopt;
    return subject->empty() ? rule.name(e) : *subject + "." + rule.name(e);
  }

  // The attribute a path from the context of an action leads to, or null.
  static const core::Attribute* AttributeAt(const std::string& path, const core::Action& action) {
    const std::vector<core::Attribute>* attributes = &action.context;
    for (size_t at = 0; attributes;) {
      const size_t dot = std::min(path.find('.', at), path.size());
      const core::Attribute* attribute = core::FindAttribute(*attributes, path.substr(at, dot - at));
      if (!attribute || dot == path.size()) return attribute;
      attributes = attribute->type->kind == data::Kind::kRecord ? &attribute->type->fields : nullptr;
      at = dot + 1;
    }
    return nullptr;
  }

  // Whether the agent may leave the attribute out of a request for the action.
  static bool MayBeLeftOut(const std::string& path, const core::Action& action) {
    const core::Attribute* top = AttributeAt(path.substr(0, path.find('.')), action);
    const core::Attribute* attribute = AttributeAt(path, action);
    return top && !top->from_host && attribute && !attribute->required && !attribute->if_missing;
  }

  // What a test of the action comes to: `action is a`, `action is irreversible`.
  static std::optional<bool> OfAction(const Rule& rule, const Expr& e, const core::Action& action) {
    if (e.op != Op::kEq && e.op != Op::kContains) return std::nullopt;
    const data::Value* literal = nullptr;
    bool var = false;
    for (ExprId id : rule.operands(e)) {
      const Expr& operand = rule.exprs[id];
      if (operand.op == Op::kLiteral) literal = &rule.value(operand);
      var |= operand.op == Op::kVar && operand.var() == core::Var::kAction;
    }
    if (!var || !literal) return std::nullopt;
    const data::Value uid(action.uid);
    if (e.op == Op::kEq) return *literal == uid;
    return literal->is(data::Kind::kSet) && literal->Contains(uid);
  }

  const Fact* BoolFact(const Rule& rule, const Expr& e) const {
    if (e.op != Op::kFactRef) return nullptr;
    const Fact* fact = core::FindNamed(program_.facts, rule.name(e));
    return fact && fact->form == Fact::Form::kExpression && fact->levels.empty() ? fact : nullptr;
  }

  // Numbers the tests a formula is made of; `sign` as in Place, 3 for both.
  void Collect(const Rule& rule, ExprId id, int depth, int sign) {
    const Expr& e = rule.exprs[id];
    if (depth < kMaxNesting) {
      const int flipped = sign == 3 ? 3 : 3 - sign;
      if (e.op == Op::kNot) return Collect(rule, rule.operands(e)[0], depth + 1, flipped);
      if (e.op == Op::kAnd || e.op == Op::kOr) {
        // Chains lean to the left; they are no deeper for being long.
        std::vector<ExprId> chain = {id};
        while (rule.exprs[chain.back()].op == e.op) {
          const ExprId last = chain.back();
          chain.back() = rule.operands(last)[1];
          chain.push_back(rule.operands(last)[0]);
        }
        for (ExprId part : chain) Collect(rule, part, depth + 1, sign);
        return;
      }
      if (e.op == Op::kIf) {
        Collect(rule, rule.operands(e)[0], depth + 1, 3);
        Collect(rule, rule.operands(e)[1], depth + 1, sign);
        return Collect(rule, rule.operands(e)[2], depth + 1, sign);
      }
      if (const Fact* fact = BoolFact(rule, e)) {
        return Collect(fact->body, fact->body.conditions[0], depth + 1, sign);
      }
      if (std::optional<std::string> path = HasPath(rule, id)) {
        Place& place = paths_[*path];
        if (!place.span.valid()) place.span = e.span;
        place.signs |= sign;
        asked_.emplace(*path, 0);
        return;
      }
      if (e.op == Op::kLiteral) return;
    }
    tests_.emplace(core::Dump(rule, id), tests_.size());
  }

  struct World {
    const std::string* path = nullptr;
    const core::Action* action = nullptr;
    bool present = false;
    uint32_t others = 0;  // bits: tests, then attributes asked for other than `path`
  };

  bool Value(const Rule& rule, ExprId id, const World& world, int depth) const {
    const Expr& e = rule.exprs[id];
    if (depth < kMaxNesting) {
      const auto operands = rule.operands(e);
      if (e.op == Op::kNot) return !Value(rule, operands[0], world, depth + 1);
      if (e.op == Op::kAnd || e.op == Op::kOr) {
        const bool conjunction = e.op == Op::kAnd;
        while (rule.exprs[id].op == e.op) {
          if (Value(rule, rule.operands(id)[1], world, depth + 1) != conjunction) return !conjunction;
          id = rule.operands(id)[0];
        }
        return Value(rule, id, world, depth + 1);
      }
      if (e.op == Op::kIf) {
        return Value(rule, operands[Value(rule, operands[0], world, depth + 1) ? 1 : 2], world, depth + 1);
      }
      if (const Fact* fact = BoolFact(rule, e)) {
        return Value(fact->body, fact->body.conditions[0], world, depth + 1);
      }
      if (std::optional<std::string> path = HasPath(rule, id)) {
        if (*path == *world.path) return world.present;
        // What hangs on the missing one is missing, too, and so is what the action does not have.
        if (!world.present && path->starts_with(*world.path + ".")) return false;
        const core::Attribute* attribute = AttributeAt(*path, *world.action);
        if (!attribute) return false;
        return (world.others >> asked_.at(*path) & 1) != 0;
      }
      if (std::optional<bool> of_action = OfAction(rule, e, *world.action)) return *of_action;
      if (e.op == Op::kLiteral) return rule.value(e).is(data::Kind::kBool) && rule.value(e).as_bool();
    }
    return (world.others >> tests_.at(core::Dump(rule, id)) & 1) != 0;
  }
  bool Value(const Formula& formula, const World& world) const {
    return std::ranges::any_of(formula.any, [&](const Formula::Part& part) {
      return std::ranges::all_of(part.all, [&](ExprId id) { return Value(*part.rule, id, world, 0); });
    });
  }

  bool Escapable(const Formula& formula, const std::string& path, const core::Action& action) {
    const size_t variables = tests_.size() + asked_.size();
    if (variables > kMaxTests) return paths_.at(path).signs == 1;
    size_t next = tests_.size();
    for (auto& [other, bit] : asked_) bit = next++;
    for (uint32_t others = 0; others < (uint32_t{1} << variables); ++others) {
      if (Value(formula, {&path, &action, true, others}) &&
          !Value(formula, {&path, &action, false, others})) {
        return true;
      }
    }
    return false;
  }

  void Report(const std::string& path, const Place& place, const Formula& formula) {
    sink_
        .Report(Code::kEscapableRule, place.span,
                fmt::format(
                    "{} is escaped by leaving `{}` out of the request: it is optional, and the agent's to "
                    "give",
                    formula.what, source::Excerpt(path)))
        .help = fmt::format(
        "say what holds without it: `context.{0} is missing or …`; or declare `{0}` required, "
        "or `… if missing`",
        source::Excerpt(path));
  }

  const Program& program_;
  source::DiagnosticSink& sink_;
  std::map<std::string, size_t> tests_, asked_;
  std::map<std::string, Place> paths_;
};

// What the conditions of a rule read.
struct Words {
  bool agent = false, host = false;
  source::Span first;  // of what the agent says
};

class WordsOf {
 public:
  explicit WordsOf(const Program& program) : program_(program) {}

  Words Run(const Rule& rule, const std::vector<ExprId>& roots) {
    words_ = {};
    seen_.clear();
    about_ = &rule.action;
    for (ExprId id : roots) todo_.push_back({&rule, id});
    while (!todo_.empty()) {
      auto [in, id] = todo_.back();
      todo_.pop_back();
      Look(*in, id);
    }
    return words_;
  }

 private:
  void Look(const Rule& rule, ExprId id) {
    const Expr& e = rule.exprs[id];
    const auto operands = rule.operands(e);
    switch (e.op) {
      case Op::kInput:
      case Op::kIn:
        words_.host = true;
        break;
      case Op::kFactRef: {
        const Fact* fact = core::FindNamed(program_.facts, rule.name(e));
        if (!fact || !seen_.insert(fact->name).second) break;
        if (fact->form == Fact::Form::kAutonomy) {
          words_.host = true;
          break;
        }
        for (ExprId root : fact->body.conditions) todo_.push_back({&fact->body, root});
        for (const Fact::Clause& clause : fact->clauses) todo_.push_back({&fact->body, clause.when});
        break;
      }
      case Op::kGetAttr:
      case Op::kHas:
      case Op::kAttrOr:
      case Op::kHasTag:
      case Op::kGetTag: {
        const Expr& subject = rule.exprs[operands[0]];
        if (subject.op != Op::kVar) break;
        if (subject.var() == core::Var::kContext) {
          if (FromHost(rule.name(e))) {
            words_.host = true;
          } else {
            if (!words_.agent) words_.first = e.span;
            words_.agent = true;
          }
        } else if (subject.var() != core::Var::kElement) {
          words_.host = true;
        }
        break;
      }
      default:
        break;
    }
    for (ExprId operand : operands) todo_.push_back({&rule, operand});
  }

  // An attribute that some action of the rule takes from the agent is the agent's word.
  bool FromHost(const std::string& name) const {
    return std::ranges::all_of(program_.model.actions, [&](const core::Action& action) {
      if (!IsAbout(about_, action)) return true;
      const core::Attribute* attribute = core::FindAttribute(action.context, name);
      return !attribute || attribute->from_host;
    });
  }

  const Program& program_;
  const core::ActionTest* about_ = nullptr;
  Words words_;
  std::set<std::string> seen_;
  std::vector<std::pair<const Rule*, ExprId>> todo_;
};

}  // namespace

void CheckWhoseWord(const Program& program, const std::set<std::string>& quiet,
                    source::DiagnosticSink& sink) {
  Escapes escapes(program, sink);
  auto check = [&](const Rule& rule, std::string what) {
    escapes.Check({{{&rule, rule.conditions}}, &rule.action, std::move(what)});
  };
  WordsOf words(program);
  for (const Rule& rule : program.rules) {
    if (!rule.strict) continue;
    if (rule.effect != core::Effect::kAllow) check(rule, fmt::format("rule `{}`", rule.id));
    if (quiet.contains(rule.id)) continue;
    const Words read = words.Run(rule, rule.conditions);
    if (!read.agent || read.host) continue;
    sink.Report(Code::kAgentsWordAlone, read.first,
                fmt::format(
                    "rule `{}` rests on what the agent says alone: nothing it tests comes from the gateway",
                    rule.id))
        .help = "declare the attribute `from host`, or test something as well that the gateway vouches for";
  }
  for (const Fact& fact : program.facts) {
    for (const Fact::Step& cap : fact.caps) check(cap.rule, fmt::format("cap `{}`", cap.rule.id));
    const core::Levels* levels = core::FindNamed(program.levels, fact.levels);
    if (fact.form != Fact::Form::kHighest || !levels || !levels->higher_is_stricter) continue;
    // The fact is at least v if any clause with a value of at least v holds.
    auto rank = [&](const Fact::Clause& clause) {
      const Expr& e = fact.body.exprs[clause.value];
      std::optional<size_t> written;
      if (e.op == Op::kLiteral) written = levels->RankOf(fact.body.value(e).as_string());
      return written.value_or(levels->names.size());
    };
    std::set<size_t> ranks;
    for (const Fact::Clause& clause : fact.clauses) ranks.insert(rank(clause));
    for (size_t at_least : ranks) {
      Formula formula;
      formula.what = fmt::format("fact `{}`", fact.name);
      for (const Fact::Clause& clause : fact.clauses) {
        if (rank(clause) >= at_least) formula.any.push_back({&fact.body, {clause.when}});
      }
      escapes.Check(formula);
    }
  }
}

}  // namespace polc::sema::pol
