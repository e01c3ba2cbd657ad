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
    case Op::kRank:
    case Op::kFactRef:
      return " " + rule.name(e);
    case Op::kHas:
    case Op::kGetAttr:
    case Op::kAttrOr:
    case Op::kCallUnknown:
    case Op::kInput:
    case Op::kInHours:
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

std::string DumpType(const TypePtr& type);

std::string DumpAttributes(const std::vector<Attribute>& attributes, std::string_view indent) {
  std::string out;
  for (const Attribute& a : attributes) {
    out += std::string(indent) + a.name + (a.required ? ": " : "?: ") + DumpType(a.type);
    if (a.from_host) out += " from_host";
    if (a.varies) out += " varies";
    if (a.if_missing) out += " if_missing " + data::ToString(*a.if_missing);
    out += "\n";
  }
  return out;
}

// Types are as deep as declarations nest, which the parser bounds.
std::string DumpType(const TypePtr& type) {
  if (!type) return "none";
  std::string out = type->entity.empty() ? std::string(data::KindName(type->kind)) : type->entity;
  if (!type->levels.empty()) out = type->levels;
  if (type->percent) out = "percent";
  if (type->kind == data::Kind::kSet) {
    out += " of " + DumpType(type->element);
    if (type->at_most > 0) out += " at_most " + std::to_string(type->at_most);
  }
  if (type->kind == data::Kind::kRecord) {
    out = "{";
    for (const Attribute& field : type->fields) {
      if (out.size() > 1) out += ", ";
      out += field.name + (field.required ? ": " : "?: ") + DumpType(field.type);
      if (field.if_missing) out += " if_missing " + data::ToString(*field.if_missing);
    }
    out += "}";
  }
  return out;
}

std::string Words(std::string_view before, const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? std::string(before) : ", ") + word;
  return out;
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

std::string DumpApproval(const Rule& rule, const Approval& approval) {
  std::string out;
  for (const Quorum& quorum : approval.alternatives) {
    out += out.empty() ? "approval" : " or";
    for (const Quorum::Part& part : quorum.parts) {
      out += (&part == &quorum.parts.front() ? " by " : " and ") + std::to_string(part.count) + " of";
      for (ExprId pool : part.pools) out += " " + Dump(rule, pool);
    }
    out += " within " + std::to_string(quorum.within_ms) + "ms";
    if (quorum.including_owner) out += " including_owner";
    if (quorum.survives_policy_change) out += " survives_policy_change";
  }
  return out;
}

// Scope and conditions, of a rule or of what else has them.
std::string DumpWhen(const Rule& rule) {
  std::string out = DumpScope("principal", rule.principal);
  if (rule.action.op == ActionTest::Op::kEq)
    out += "  action == " + data::ToString(rule.action.actions[0]) + "\n";
  if (rule.action.op == ActionTest::Op::kIn) out += "  action in " + DumpUids(rule.action.actions) + "\n";
  out += DumpScope("resource", rule.resource);
  for (ExprId condition : rule.conditions) out += "  when " + Dump(rule, condition) + "\n";
  return out;
}

std::string DumpFact(const Fact& fact) {
  std::string out = "fact " + fact.name;
  if (!fact.levels.empty()) out += ":" + fact.levels;
  if (fact.form == Fact::Form::kExpression) {
    for (ExprId id : fact.body.conditions) out += " " + Dump(fact.body, id);
    return out + "\n";
  }
  out += " " + std::string(FormName(fact.form)) + "\n";
  for (const Fact::Clause& clause : fact.clauses)
    out += "  " + Dump(fact.body, clause.value) + " when " + Dump(fact.body, clause.when) + "\n";
  if (fact.otherwise != kNoExpr) out += "  otherwise " + Dump(fact.body, fact.otherwise) + "\n";
  auto steps = [&](std::string_view what, const std::vector<Fact::Step>& list) {
    for (const Fact::Step& step : list) {
      out += std::string(what) + (step.rule.mode == Mode::kShadow ? " shadow " : " ") + step.rule.id +
             (step.from_data ? " rows_of " : " ") + Dump(step.rule, step.level) + "\n" + DumpWhen(step.rule);
    }
  };
  steps("row", fact.rows);
  steps("cap", fact.caps);
  return out;
}

std::string DumpInput(const Input& input) {
  std::string out = "input " + data::QuoteCedar(input.id) + " " + std::string(InputKindName(input.kind)) +
                    " " + std::string(data::KindName(input.value));
  if (!input.by.empty()) out += " by " + input.by + ":" + DumpType(input.key_type);
  if (input.mode == Mode::kShadow) out += " shadow";
  auto number = [&](std::string_view what, int64_t n, std::string_view unit) {
    if (n > 0) out += " " + std::string(what) + " " + std::to_string(n) + std::string(unit);
  };
  number("fresh_within", input.fresh_within_ms, "ms");
  number("over", input.over_ms, "ms");
  number("opens_at", input.opens_at, "");
  number("closes_after", input.closes_after_ms, "ms");
  out += "\n" + DumpWhen(input.update);
  if (input.key != kNoExpr) out += "  key " + Dump(input.update, input.key) + "\n";
  if (input.amount != kNoExpr) out += "  amount " + Dump(input.update, input.amount) + "\n";
  return out;
}

std::string DumpDeclarations(const Program& program) {
  std::string out;
  for (const Setting& s : program.settings) out += "setting " + s.name + " " + s.value + "\n";
  for (const Levels& l : program.levels) {
    out += "levels " + l.name + (l.higher_is_stricter ? " stricter" : " freer") + Words(" ", l.names) + "\n";
  }
  for (const EntityType& t : program.model.entity_types) {
    out += "entity " + t.name + " " + std::string(NatureName(t.nature));
    if (!t.owner.empty()) out += " owned_by " + t.owner;
    out += Words(" in ", t.parents);
    if (t.enum_ids) out += Words(" enum ", *t.enum_ids);
    if (t.tags) out += " tags " + DumpType(t.tags);
    out += "\n" + DumpAttributes(t.attributes, "  ");
  }
  for (const ActionClass& c : program.model.classes)
    out += "class " + c.name + " " + std::string(ReversibilityName(c.reversibility)) + "\n";
  for (const Action& a : program.model.actions) {
    out += "action " + data::ToString(a.uid);
    if (!a.action_class.empty()) out += " class " + a.action_class;
    if (!a.groups.empty()) out += " in " + DumpUids(a.groups);
    out += Words(" by ", a.principals) + Words(" on ", a.resources) + "\n" + DumpAttributes(a.context, "  ");
    for (const AttributePath& path : a.digest) {
      out += path.of_resource ? "  digest resource" : "  digest principal";
      for (const std::string& name : path.names) out += "." + name;
      out += "\n";
    }
  }
  for (const LimitKind& k : program.limit_kinds)
    out += "limit_kind " + k.name + " " + DumpType(k.type) + " " + std::string(MergeName(k.merge)) + "\n";
  for (const EvidenceKind& k : program.evidence_kinds)
    out += "evidence " + k.name + (k.undo ? " undo " : " ") + DumpType(k.type) + "\n";
  for (const Zone& z : program.zones) {
    out += "zone " + z.name + " " + z.version + " " + std::to_string(z.rows.size()) + " rows to " +
           std::to_string(z.ends_ms) + "ms\n";
  }
  for (const Hours& h : program.hours) {
    out += "hours " + h.name + " days " + std::to_string(h.days) + " from " + std::to_string(h.from_minute) +
           " to " + std::to_string(h.to_minute) + " in " + h.zone + "\n";
  }
  for (const Input& input : program.inputs) out += DumpInput(input);
  return out;
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
  out += DumpWhen(rule);
  for (const Limit& limit : rule.limits)
    out += "  limit " + limit.kind + " " + Dump(rule, limit.value) + "\n";
  for (const Need& need : rule.needs) {
    out += "  need " +
           (need.kind == Need::Kind::kEvidence ? "evidence " + need.evidence
                                               : DumpApproval(rule, need.approval)) +
           "\n";
  }
  const PolPart& pol = rule.pol();
  for (const Approval& approval : pol.lifted_by) out += "  lifted_by " + DumpApproval(rule, approval) + "\n";
  if (pol.suggestion) {
    out += "  suggest " + data::ToString(pol.suggestion->action) + "\n";
    for (const auto& [name, value] : pol.suggestion->changes)
      out += "    " + data::QuoteCedar(name) + " " + Dump(rule, value) + "\n";
  }
  if (!pol.title.empty()) out += "  title " + data::QuoteCedar(pol.title) + "\n";
  if (!pol.because.empty()) out += "  because " + data::QuoteCedar(pol.because) + "\n";
  for (const Control& control : pol.controls)
    out += "  meets " + control.catalogue + " " + data::QuoteCedar(control.clause) + "\n";
  if (pol.until_ms) out += "  until " + std::to_string(*pol.until_ms) + "ms\n";
  if (rule.strict) out += "  strict\n";
  if (rule.on_error == ErrorRule::kFailClosed) out += "  error fail_closed\n";
  return out;
}

std::string Dump(const Program& program) {
  std::string out;
  if (program.pol) out += "pol\n";
  out += DumpDeclarations(program);
  for (const Fact& fact : program.facts) out += DumpFact(fact);
  for (const Rule& rule : program.templates) out += Dump(rule);
  for (const Rule& rule : program.rules) out += Dump(rule);
  return out;
}

}  // namespace polc::core
