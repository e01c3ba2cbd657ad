#include "compiler/core/print.h"

#include <vector>

namespace polc::core {

namespace {

std::string PatternText(const Pattern& pattern) {
  std::string raw;
  for (const PatternPart& part : pattern) {
    if (part.wildcard) {
      raw += '*';
      continue;
    }
    const std::string quoted = data::QuoteCedar(part.literal);
    for (char c : std::string_view(quoted).substr(1, quoted.size() - 2)) {
      if (c == '*') raw += '\\';
      raw += c;
    }
  }
  return '"' + raw + '"';
}

// What stands between an operator's mnemonic and its operands.
std::string Payload(const Rule& rule, const Expr& e) {
  switch (e.op) {
    case Op::kLiteral:
      return data::ToString(rule.value(e));
    case Op::kVar:
      return std::string(VarName(e.var()));
    case Op::kIs:
      return " " + rule.name(e);
    case Op::kHas:
    case Op::kGetAttr:
    case Op::kCallUnknown:
      return " " + data::QuoteCedar(rule.name(e));
    case Op::kLike:
      return " " + PatternText(rule.pattern(e));
    case Op::kCall:
      return " " + std::string(data::Info(e.fn()).name);
    default:
      return "";
  }
}

std::string KindSuffix(const Expr& e) {
  return e.kind == Kind::kUnknown ? "" : ":" + std::string(KindName(e.kind));
}

std::string DumpScope(std::string_view var, const ScopeTest& test) {
  if (test.op == ScopeTest::Op::kAny) return "";
  std::string out = "  " + std::string(var);
  const std::string entity = test.slot ? "?" + std::string(var) : data::ToString(test.entity);
  switch (test.op) {
    case ScopeTest::Op::kAny:
      break;
    case ScopeTest::Op::kEq:
      out += " == " + entity;
      break;
    case ScopeTest::Op::kIn:
      out += " in " + entity;
      break;
    case ScopeTest::Op::kIs:
      out += " is " + test.type;
      break;
    case ScopeTest::Op::kIsIn:
      out += " is " + test.type + " in " + entity;
      break;
  }
  return out + "\n";
}

template <typename Items>
std::string DumpUids(const Items& uids) {
  std::string out = "[";
  for (const data::EntityUid& uid : uids) {
    if (out.size() > 1) out += ", ";
    out += data::ToString(uid);
  }
  return out + "]";
}

}  // namespace

std::string Dump(const Rule& rule, ExprId root) {
  std::string out;
  // Open operators with the operand that comes next; the payload of a record goes before each operand.
  struct Open {
    ExprId id;
    uint32_t next = 0;
  };
  std::vector<Open> open = {{root}};
  while (!open.empty()) {
    Open& top = open.back();
    const Expr& e = rule.exprs[top.id];
    const bool leaf = e.op == Op::kLiteral || e.op == Op::kVar;
    if (top.next == 0) {
      if (!leaf) out += "(" + std::string(OpName(e.op));
      out += Payload(rule, e);
    }
    if (top.next == e.operand_count) {
      if (!leaf) out += ")";
      out += KindSuffix(e);
      open.pop_back();
      continue;
    }
    out += ' ';
    if (e.op == Op::kRecord) out += data::QuoteCedar(rule.names(e)[top.next]) + ": ";
    const ExprId operand = rule.operands(e)[top.next++];
    open.push_back({operand});
  }
  return out;
}

std::string Dump(const Rule& rule) {
  std::string out(EffectName(rule.effect));
  if (rule.mode == Mode::kShadow) out += " shadow";
  out += (rule.is_template() ? " template " : " ") + rule.id;
  if (!rule.template_id.empty()) out += " from " + rule.template_id;
  out += "\n";
  for (const auto& [key, value] : rule.annotations) out += "  @" + key + " " + data::QuoteCedar(value) + "\n";
  out += DumpScope("principal", rule.principal);
  if (rule.action.op == ActionTest::Op::kEq)
    out += "  action == " + data::ToString(rule.action.actions[0]) + "\n";
  if (rule.action.op == ActionTest::Op::kIn) out += "  action in " + DumpUids(rule.action.actions) + "\n";
  out += DumpScope("resource", rule.resource);
  for (ExprId condition : rule.conditions) out += "  when " + Dump(rule, condition) + "\n";
  for (const Limit& limit : rule.limits)
    out += "  limit " + limit.kind + " " + Dump(rule, limit.value) + "\n";
  for (const Need& need : rule.needs) {
    if (need.kind == Need::Kind::kEvidence) {
      out += "  need evidence " + need.evidence + "\n";
    } else {
      out += "  need approval by " + std::to_string(need.count) + " of " + DumpUids(need.pool) + " within " +
             std::to_string(need.within_ms) + "ms\n";
    }
  }
  if (rule.on_error == ErrorRule::kFailClosed) out += "  error fail_closed\n";
  return out;
}

std::string Dump(const Program& program) {
  std::string out;
  for (const Fact& fact : program.facts) {
    out += "fact " + fact.name;
    for (ExprId id : fact.body.conditions) out += " " + Dump(fact.body, id);
    out += "\n";
  }
  for (const Rule& rule : program.templates) out += Dump(rule);
  for (const Rule& rule : program.rules) out += Dump(rule);
  return out;
}

}  // namespace polc::core
