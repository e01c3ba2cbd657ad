// The way out: AST -> policy JSON. What comes in is policy_json_reader.cc's.
#include <algorithm>
#include <map>
#include <utility>

#include "compiler/json/json.h"
#include "compiler/source/quote.h"
#include "compiler/syntax/policy_json.h"
#include "compiler/syntax/policy_json_forms.h"

namespace polc::syntax {
namespace {

// Appends JSON text. Recursion: the depth of the expression, at most kMaxExprDepth (cedar_parser.h).
class Writer {
 public:
  std::string Take() { return std::move(out_); }

  void WritePolicy(const Policy& p) {
    policy_ = &p;
    out_ += R"({"effect":)";
    out_ += p.effect == Effect::kPermit ? R"("permit")" : R"("forbid")";
    out_ += R"(,"principal":)";
    Scope(p.principal);
    out_ += R"(,"action":)";
    Action(p.action);
    out_ += R"(,"resource":)";
    Scope(p.resource);
    out_ += R"(,"conditions":[)";
    for (size_t i = 0; i < p.conditions.size(); ++i) {
      if (i > 0) out_ += ',';
      out_ += p.conditions[i].unless ? R"({"kind":"unless","body":)" : R"({"kind":"when","body":)";
      Write(p.conditions[i].body);
      out_ += '}';
    }
    out_ += ']';
    if (!p.annotations.empty()) {
      std::map<std::string_view, const Annotation*> sorted;
      for (const Annotation& a : p.annotations) sorted.emplace(a.key, &a);
      out_ += R"(,"annotations":{)";
      bool first = true;
      for (const auto& [key, a] : sorted) {
        if (!std::exchange(first, false)) out_ += ',';
        String(key);
        out_ += ':';
        if (a->value) {
          String(*a->value);
        } else {
          out_ += "null";
        }
      }
      out_ += '}';
    }
    out_ += '}';
  }

  void WriteSet(const PolicySet& set) {
    out_ += R"({"templates":{)";
    Policies(set, true);
    out_ += R"(},"staticPolicies":{)";
    Policies(set, false);
    out_ += R"(},"templateLinks":[)";
    for (size_t i = 0; i < set.links.size(); ++i) {
      const TemplateLink& link = set.links[i];
      if (i > 0) out_ += ',';
      out_ += R"({"templateId":)";
      String(link.template_id);
      out_ += R"(,"newId":)";
      String(link.new_id);
      out_ += R"(,"values":{)";
      if (link.principal) {
        out_ += R"("?principal":)";
        WrappedEntity(*link.principal);
      }
      if (link.resource) {
        if (link.principal) out_ += ',';
        out_ += R"("?resource":)";
        WrappedEntity(*link.resource);
      }
      out_ += "}}";
    }
    out_ += "]}";
  }

 private:
  void String(std::string_view text) { out_ += json::Quote(text); }

  void Policies(const PolicySet& set, bool templates) {
    bool first = true;
    for (const NamedPolicy& p : set.policies) {
      if ((p.under_templates || p.policy.is_template()) != templates) continue;
      if (!std::exchange(first, false)) out_ += ',';
      String(p.id);
      out_ += ':';
      WritePolicy(p.policy);
    }
  }

  void Entity(std::string_view type, std::string_view id) {
    out_ += R"({"type":)";
    String(type);
    out_ += R"(,"id":)";
    String(id);
    out_ += '}';
  }
  void WrappedEntity(const EntityRef& entity) {
    out_ += R"({"__entity":)";
    Entity(entity.type.text, entity.id);
    out_ += '}';
  }

  // `"entity":{...}` or `"slot":"?principal"`
  void Target(const ScopeConstraint& c) {
    if (const Slot* slot = std::get_if<Slot>(&c.target)) {
      out_ += *slot == Slot::kPrincipal ? R"("slot":"?principal")" : R"("slot":"?resource")";
    } else if (const EntityRef* entity = std::get_if<EntityRef>(&c.target)) {
      out_ += R"("entity":)";
      Entity(entity->type.text, entity->id);
    }
  }

  void Scope(const ScopeConstraint& c) {
    switch (c.op) {
      case ScopeConstraint::Op::kAny:
        out_ += R"({"op":"All"})";
        return;
      case ScopeConstraint::Op::kEq:
        out_ += R"({"op":"==",)";
        Target(c);
        break;
      case ScopeConstraint::Op::kIn:
        out_ += R"({"op":"in",)";
        Target(c);
        break;
      case ScopeConstraint::Op::kIs:
      case ScopeConstraint::Op::kIsIn:
        out_ += R"({"op":"is","entity_type":)";
        String(c.type.text);
        if (c.op == ScopeConstraint::Op::kIs) break;
        out_ += R"(,"in":{)";
        Target(c);
        out_ += '}';
        break;
    }
    out_ += '}';
  }

  void Action(const ActionConstraint& c) {
    if (c.op == ActionConstraint::Op::kAny) {
      out_ += R"({"op":"All"})";
      return;
    }
    out_ += c.op == ActionConstraint::Op::kEq ? R"({"op":"==",)" : R"({"op":"in",)";
    if (c.actions.size() == 1) {
      out_ += R"("entity":)";
      Entity(c.actions[0].type.text, c.actions[0].id);
    } else {
      out_ += R"("entities":[)";
      for (size_t i = 0; i < c.actions.size(); ++i) {
        if (i > 0) out_ += ',';
        Entity(c.actions[i].type.text, c.actions[i].id);
      }
      out_ += ']';
    }
    out_ += '}';
  }

  void Field(std::string_view key, ExprId id) {
    out_ += '"';
    out_ += key;
    out_ += "\":";
    Write(id);
  }

  // {"op":{"left":L,"right":R}}
  void Binary(std::string_view op, const Expr& e) {
    out_ += "{\"";
    out_ += op;
    out_ += "\":{";
    Field("left", e.operands[0]);
    out_ += ',';
    Field("right", e.operands[1]);
    out_ += "}}";
  }

  void Unary(std::string_view op, const Expr& e) {
    out_ += "{\"";
    out_ += op;
    out_ += "\":{";
    Field("arg", e.operands[0]);
    out_ += "}}";
  }

  void List(const Expr& e) {
    out_ += '[';
    for (size_t i = 0; i < e.operands.size(); ++i) {
      if (i > 0) out_ += ',';
      Write(e.operands[i]);
    }
    out_ += ']';
  }

  // The subject followed by the first `steps` attributes of a has-path.
  void Path(const Expr& e, size_t steps) {
    for (size_t i = 0; i < steps; ++i) out_ += R"({".":{"left":)";
    Write(e.operands[0]);
    for (size_t i = 0; i < steps; ++i) {
      out_ += R"(,"attr":)";
      String(e.texts[i]);
      out_ += "}}";
    }
  }

  // (x has a && x.a has b) && x.a.b has c
  void Has(const Expr& e) {
    for (size_t i = 1; i < e.texts.size(); ++i) out_ += R"({"&&":{"left":)";
    for (size_t i = 0; i < e.texts.size(); ++i) {
      if (i > 0) out_ += R"(,"right":)";
      out_ += R"({"has":{"left":)";
      Path(e, i);
      out_ += R"(,"attr":)";
      String(e.texts[i]);
      out_ += "}}";
      if (i > 0) out_ += "}}";
    }
  }

  void WritePattern(const Pattern& pattern) {
    out_ += '[';
    bool first = true;
    for (const PatternPart& part : pattern) {
      if (part.wildcard) {
        if (!std::exchange(first, false)) out_ += ',';
        out_ += R"("Wildcard")";
        continue;
      }
      for (size_t i = 0; i < part.literal.size();) {
        size_t begin = i;
        source::NextCodePoint(part.literal, &i);
        if (!std::exchange(first, false)) out_ += ',';
        out_ += R"({"Literal":)";
        String(std::string_view(part.literal).substr(begin, i - begin));
        out_ += '}';
      }
    }
    out_ += ']';
  }

  void Method(const Expr& e) {
    if (e.text == "isEmpty") return Unary(e.text, e);
    if (std::find(std::begin(kBinaryMethods), std::end(kBinaryMethods), e.text) != std::end(kBinaryMethods)) {
      return Binary(e.text, e);
    }
    Call(e.text, e);
  }

  void Call(std::string_view name, const Expr& e) {
    out_ += '{';
    String(name);
    out_ += ':';
    List(e);
    out_ += '}';
  }

  void Write(ExprId id) {
    const Expr& e = policy_->exprs[SkipParens(*policy_, id)];
    for (const BinaryForm& f : kBinaryForms) {
      if (f.kind == e.kind) return Binary(f.key, e);
    }
    switch (e.kind) {
      case ExprKind::kBool:
        out_ += e.integer != 0 ? R"({"Value":true})" : R"({"Value":false})";
        return;
      case ExprKind::kLong:
        out_ += R"({"Value":)" + std::to_string(e.integer) + '}';
        return;
      case ExprKind::kString:
        out_ += R"({"Value":)";
        String(e.text);
        out_ += '}';
        return;
      case ExprKind::kEntity:
        out_ += R"({"Value":{"__entity":)";
        Entity(e.name.text, e.text);
        out_ += "}}";
        return;
      case ExprKind::kVar:
        out_ += R"({"Var":")";
        out_ += kVars[static_cast<size_t>(e.integer)];
        out_ += "\"}";
        return;
      case ExprKind::kNot:
        return Unary("!", e);
      case ExprKind::kNeg:
        return Unary("neg", e);
      case ExprKind::kIf:
        out_ += R"({"if-then-else":{)";
        Field("if", e.operands[0]);
        out_ += ',';
        Field("then", e.operands[1]);
        out_ += ',';
        Field("else", e.operands[2]);
        out_ += "}}";
        return;
      case ExprKind::kIs:
      case ExprKind::kIsIn:
        out_ += R"({"is":{)";
        Field("left", e.operands[0]);
        out_ += R"(,"entity_type":)";
        String(e.name.text);
        if (e.kind == ExprKind::kIsIn) {
          out_ += ',';
          Field("in", e.operands[1]);
        }
        out_ += "}}";
        return;
      case ExprKind::kHas:
        return Has(e);
      case ExprKind::kLike:
        out_ += R"({"like":{)";
        Field("left", e.operands[0]);
        out_ += R"(,"pattern":)";
        WritePattern(e.pattern);
        out_ += "}}";
        return;
      case ExprKind::kGetAttr:
        out_ += R"({".":{)";
        Field("left", e.operands[0]);
        out_ += R"(,"attr":)";
        String(e.text);
        out_ += "}}";
        return;
      case ExprKind::kMethod:
        return Method(e);
      case ExprKind::kCall:
        return Call(e.name.text, e);
      case ExprKind::kSet:
        out_ += R"({"Set":)";
        List(e);
        out_ += '}';
        return;
      case ExprKind::kRecord: {
        out_ += R"({"Record":{)";
        for (size_t i = 0; i < e.operands.size(); ++i) {
          if (i > 0) out_ += ',';
          String(e.texts[i]);
          out_ += ':';
          Write(e.operands[i]);
        }
        out_ += "}}";
        return;
      }
      default:  // kParen was looked through, the binary ones are done
        return;
    }
  }

  const Policy* policy_ = nullptr;
  std::string out_;
};

}  // namespace

std::string PolicyToJson(const Policy& policy) {
  Writer writer;
  writer.WritePolicy(policy);
  return writer.Take();
}

std::string PolicySetToJson(const PolicySet& set) {
  Writer writer;
  writer.WriteSet(set);
  return writer.Take();
}

}  // namespace polc::syntax
