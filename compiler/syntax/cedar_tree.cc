#include "compiler/syntax/cedar_tree.h"

#include <fmt/format.h>

#include <utility>

#include "compiler/source/quote.h"
#include "compiler/syntax/cedar_parser.h"
#include "compiler/syntax/names.h"

namespace polc::syntax {

std::string Shorten(std::string_view text) {
  constexpr size_t kMostShown = 60;
  if (text.size() <= kMostShown) return std::string(text);
  size_t end = kMostShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

Policy TreeBuilder::BuildPolicy(P::PolicyContext* tree) {
  Start();
  policy_.span = SpanOf(tree->getStart());
  policy_.span.end = SpanOf(tree->SEMICOLON()->getSymbol()).end;
  for (P::AnnotationContext* a : tree->annotation()) AddAnnotation(a);
  SetEffect(tree->IDENT()->getSymbol());
  BuildScope(tree);
  for (P::ConditionContext* c : tree->condition()) AddCondition(c);
  return Finish();
}

Policy TreeBuilder::BuildExpr(P::SingleExprContext* tree) {
  Start();
  ExprId body = BuildExpr(tree->expr());
  policy_.span = policy_.exprs[body].span;
  policy_.conditions.push_back({.unless = false, .body = body, .span = policy_.span});
  return Finish();
}

Span TreeBuilder::SpanOf(antlr4::ParserRuleContext* tree) const {
  return source::Cover(SpanOf(tree->getStart()), SpanOf(tree->getStop()));
}

void TreeBuilder::Start() {
  policy_ = Policy();
  depths_.clear();
  too_deep_ = false;
}

Policy TreeBuilder::Finish() {
  policy_.exprs.shrink_to_fit();
  return std::move(policy_);
}

source::Diagnostic& TreeBuilder::Report(Code code, Span span, std::string message) {
  return sink_.Report(code, span, std::move(message));
}

void TreeBuilder::AddAnnotation(P::AnnotationContext* tree) {
  Annotation annotation;
  annotation.key = TextOf(tree->key);
  if (tree->STRING() != nullptr) annotation.value = StringText(tree->STRING()->getSymbol());
  annotation.span = SpanOf(tree);
  for (const Annotation& other : policy_.annotations) {
    if (other.key != annotation.key) continue;
    Report(Code::kDuplicateAnnotation, annotation.span,
           fmt::format("annotation `@{}` is given twice", annotation.key))
        .labels.push_back({other.span, "first given here"});
    return;
  }
  policy_.annotations.push_back(std::move(annotation));
}

void TreeBuilder::SetEffect(const Token* token) {
  std::string text(TextOf(token));
  if (text == "forbid") policy_.effect = Effect::kForbid;
  if (text == "forbid" || text == "permit") return;
  Diagnostic& d = Report(Code::kInvalidEffect, SpanOf(token),
                         fmt::format("unknown effect `{}`, a policy starts with `permit` or `forbid`", text));
  if (auto guess = source::DidYouMean(text, {"permit", "forbid"})) {
    d.help = fmt::format("did you mean `{}`?", *guess);
  }
}

void TreeBuilder::BuildScope(P::PolicyContext* tree) {
  static constexpr std::string_view kNames[] = {"principal", "action", "resource"};
  std::vector<P::VariableContext*> variables = tree->variable();
  for (size_t i = 0; i < variables.size(); ++i) {
    P::VariableContext* v = variables[i];
    std::string_view name = TextOf(v->name);
    if (i >= 3) {
      Report(Code::kInvalidScope, SpanOf(v),
             fmt::format("`{}` is one too many: a scope is `principal`, `action`, `resource`", TextOf(v)))
          .help = "further conditions go into `when { ... }`";
    } else if (name != kNames[i]) {
      Diagnostic& d = Report(Code::kInvalidScope, SpanOf(v->name),
                             fmt::format("`{}` stands where the scope has `{}`", name, kNames[i]));
      d.help = "a scope is `principal`, `action`, `resource`, in this order";
    } else if (i == 1) {
      BuildAction(v);
    } else {
      BuildPrincipalOrResource(v, i == 0 ? Slot::kPrincipal : Slot::kResource);
    }
  }
  for (size_t i = variables.size(); i < 3; ++i) {
    Report(Code::kInvalidScope, SpanOf(tree->RPAREN()->getSymbol()),
           fmt::format("the scope has no `{}`", kNames[i]))
        .help = "a scope is `principal`, `action`, `resource`, in this order";
  }
}

bool TreeBuilder::RefuseColonType(P::VariableContext* tree) {
  if (tree->unusedType == nullptr) return false;
  Report(Code::kInvalidScope, SpanOf(tree->unusedType), "`:` does not constrain a type in Cedar").help =
      fmt::format("write `{} is {}`", TextOf(tree->name), TextOf(tree->unusedType));
  return true;
}

bool TreeBuilder::CheckScopeOperator(P::VariableContext* tree) {
  size_t type = tree->op->getType();
  if (type == P::EQ || type == P::IN) return true;
  if (type == P::ASSIGN) {
    ReportAssign(tree->op);
  } else {
    Report(Code::kInvalidScope, SpanOf(tree->op),
           fmt::format("`{}` stands in the scope, which allows only `==`, `in` and `is`", TextOf(tree->op)))
        .help = "other conditions go into `when { ... }`";
  }
  return false;
}

bool TreeBuilder::IsInvertedIsIn(P::VariableContext* tree) {
  if (tree->op->getType() != P::IN) return false;
  auto* operand = dynamic_cast<P::OperandContext*>(tree->expr()->children[0]);
  return operand != nullptr && operand->op != nullptr && operand->op->getType() == P::IS;
}

void TreeBuilder::BuildPrincipalOrResource(P::VariableContext* tree, Slot variable) {
  ScopeConstraint& out = variable == Slot::kPrincipal ? policy_.principal : policy_.resource;
  out.span = SpanOf(tree);
  if (RefuseColonType(tree)) return;
  if (tree->type != nullptr) {
    out.op = ScopeConstraint::Op::kIs;
    out.type = MakePath(tree->type);
  }
  if (tree->op == nullptr) return;
  if (!CheckScopeOperator(tree)) return;
  if (IsInvertedIsIn(tree)) {
    Report(Code::kInvalidScope, out.span, "`is` stands behind `in`, it must come first").help =
        fmt::format("write `{} is SomeType in ...`", TextOf(tree->name));
    return;
  }
  bool equals = tree->op->getType() == P::EQ;
  if (equals && tree->type != nullptr) {
    Report(Code::kInvalidScope, SpanOf(tree->op), "`is` and `==` cannot be combined").help =
        "an entity has one type: `==` alone says both";
    return;
  }
  out.op = equals ? ScopeConstraint::Op::kEq
                  : (tree->type != nullptr ? ScopeConstraint::Op::kIsIn : ScopeConstraint::Op::kIn);
  std::string wanted =
      fmt::format("an entity such as `User::\"alice\"` or the slot `?{}`", TextOf(tree->name));
  ParseTree* leaf = ScopeOperand(tree->expr(), wanted);
  if (leaf == nullptr) return;
  auto* primary = static_cast<P::PrimaryContext*>(leaf);
  Token* first = primary->getStart();
  if (first->getType() == P::SLOT) {
    Slot slot = variable;
    if (!ReadSlot(first, slot)) return;
    if (slot != variable) {
      Report(Code::kInvalidSlot, SpanOf(first),
             fmt::format("slot `{}` stands where only `?{}` can", TextOf(first), TextOf(tree->name)));
      return;
    }
    out.target = slot;
  } else if (first->getType() == P::LBRACKET) {
    Report(Code::kInvalidScope, SpanOf(primary), fmt::format("a set stands where the scope needs {}", wanted))
        .help = fmt::format("write `when {{ {} in [...] }}`", TextOf(tree->name));
  } else {
    out.target = MakeEntity(primary);
  }
}

void TreeBuilder::BuildAction(P::VariableContext* tree) {
  ActionConstraint& out = policy_.action;
  out.span = SpanOf(tree);
  if (RefuseColonType(tree)) return;
  if (tree->type != nullptr) {
    Report(Code::kInvalidScope, SpanOf(tree->type), "`is` stands in the constraint of `action`").help =
        "actions are named: `action == Action::\"view\"` or `action in [...]`";
    return;
  }
  if (tree->op == nullptr) return;
  if (!CheckScopeOperator(tree)) return;
  if (IsInvertedIsIn(tree)) {
    Report(Code::kInvalidScope, out.span, "`is` stands in the constraint of `action`").help =
        "actions are named: `action == Action::\"view\"` or `action in [...]`";
    return;
  }
  bool equals = tree->op->getType() == P::EQ;
  std::string wanted = equals ? "an action such as `Action::\"view\"`"
                              : "an action such as `Action::\"view\"` or a set of actions";
  out.op = equals ? ActionConstraint::Op::kEq : ActionConstraint::Op::kIn;
  ParseTree* leaf = ScopeOperand(tree->expr(), wanted);
  if (leaf == nullptr) return;
  auto* primary = static_cast<P::PrimaryContext*>(leaf);
  if (!equals && primary->getStart()->getType() == P::LBRACKET) {
    out.in_list = true;
    for (P::ExprContext* element : primary->expr()) {
      ParseTree* item = ScopeOperand(element, "an action such as `Action::\"view\"`");
      if (item != nullptr) AddAction(static_cast<P::PrimaryContext*>(item), "an action");
    }
    return;
  }
  AddAction(primary, wanted);
}

void TreeBuilder::AddAction(P::PrimaryContext* primary, std::string_view wanted) {
  Token* first = primary->getStart();
  if (first->getType() == P::SLOT) {
    Report(Code::kInvalidSlot, SpanOf(first),
           fmt::format("slot `{}` stands in the constraint of `action`", TextOf(first)))
        .help = "only `principal` and `resource` can be left open";
    return;
  }
  if (first->getType() == P::LBRACKET) {
    Report(Code::kInvalidScope, SpanOf(primary), fmt::format("a set stands where the scope needs {}", wanted))
        .help = "use `action in [...]` for several actions";
    return;
  }
  EntityRef action = MakeEntity(primary);
  if (Basename(action.type.text) != "Action") {
    Report(Code::kInvalidActionType, action.span,
           fmt::format("`{}` is no action: its type is `{}`", map_.text(action.span), action.type.text))
        .help = "actions have the type `Action`, possibly in a namespace";
    return;
  }
  policy_.action.actions.push_back(std::move(action));
}

antlr4::tree::ParseTree* TreeBuilder::ScopeOperand(P::ExprContext* tree, std::string_view wanted) {
  auto* operand = dynamic_cast<P::OperandContext*>(tree->children[0]);
  auto* primary = operand != nullptr && operand->op == nullptr && operand->children.size() == 1
                      ? static_cast<P::PrimaryContext*>(operand->children[0])
                      : nullptr;
  Diagnostic* d = nullptr;
  if (primary != nullptr) {
    size_t type = primary->getStart()->getType();
    if (type == P::LPAREN) return ScopeOperand(primary->expr(0), wanted);
    if (type == P::SLOT || type == P::LBRACKET) return primary;
    if (type == P::IDENT && primary->getStop()->getType() == P::STRING) return primary;
    d = &Report(Code::kInvalidScope, SpanOf(primary),
                fmt::format("`{}` stands where the scope needs {}", Shorten(TextOf(primary)), wanted));
    if (type == P::STRING) d->help = "an entity needs its type: `SomeType::\"id\"`";
    if (type == P::IDENT) {
      d->help =
          fmt::format("an entity needs its id: `{}::\"id\"`; a type is tested with `is`", TextOf(primary));
    }
    return nullptr;
  }
  d = &Report(Code::kInvalidScope, SpanOf(tree),
              fmt::format("`{}` stands where the scope needs {}", Shorten(TextOf(tree)), wanted));
  d->help = "other conditions go into `when { ... }`";
  return nullptr;
}

void TreeBuilder::AddCondition(P::ConditionContext* tree) {
  Condition condition;
  condition.span = SpanOf(tree);
  std::string_view clause = TextOf(tree->clause);
  condition.unless = clause == "unless";
  if (clause != "when" && clause != "unless") {
    Diagnostic& d =
        Report(Code::kInvalidCondition, SpanOf(tree->clause),
               fmt::format("unknown clause `{}`, a condition starts with `when` or `unless`", clause));
    if (auto guess = source::DidYouMean(clause, {"when", "unless"})) {
      d.help = fmt::format("did you mean `{}`?", *guess);
    }
  }
  if (tree->expr() == nullptr) {
    Report(Code::kInvalidCondition, condition.span, fmt::format("this `{}` has no condition", clause)).help =
        "leave the clause out, or write `true`";
    return;
  }
  condition.body = BuildExpr(tree->expr());
  policy_.conditions.push_back(condition);
}

void TreeBuilder::RefuseCedarPart(std::string_view part, Span span) {
  if (part != "__cedar") return;
  Report(Code::kReservedWord, span, "`__cedar` is reserved for Cedar itself and cannot be part of a name");
}

Name TreeBuilder::MakePath(P::PathContext* tree) {
  Name name;
  name.span = SpanOf(tree);
  for (ParseTree* child : tree->children) {
    Token* token = Terminal(child);
    name.text += TextOf(token);
    if (token->getType() == P::IDENT) RefuseCedarPart(TextOf(token), SpanOf(token));
  }
  return name;
}

std::string_view TreeBuilder::StringBody(const Token* token) const {
  std::string_view body = TextOf(token);
  return body.substr(1, body.size() - 2);
}

void TreeBuilder::ReportEscapes(const Token* token, const std::vector<EscapeError>& errors) {
  for (const EscapeError& e : errors) {
    uint32_t base = static_cast<uint32_t>(token->getStartIndex()) + 1;
    Span at{file_, base + static_cast<uint32_t>(e.begin), base + static_cast<uint32_t>(e.end)};
    Report(Code::kInvalidEscape, at,
           fmt::format("`{}` in a string: {}", source::Escape(map_.text(at)), e.message));
  }
}

std::string TreeBuilder::StringText(const Token* token) {
  std::vector<EscapeError> errors;
  std::string text = Unescape(StringBody(token), errors);
  ReportEscapes(token, errors);
  return text;
}

EntityRef TreeBuilder::MakeEntity(P::PrimaryContext* tree) {
  EntityRef entity;
  entity.span = SpanOf(tree);
  entity.type = PathOf(tree, /*until_string=*/true);
  entity.id = StringText(tree->getStop());
  return entity;
}

Name TreeBuilder::PathOf(P::PrimaryContext* tree, bool until_string) {
  Name name;
  size_t count = tree->children.size() - (until_string ? 2 : 0);
  for (size_t i = 0; i < count; ++i) {
    Token* token = Terminal(tree->children[i]);
    if (token->getType() == P::STRING) {
      Report(Code::kUnexpectedToken, SpanOf(token),
             fmt::format("unexpected `{}`, expected a name", Shorten(TextOf(token))))
          .help = "an entity is its type and one id: `A::B::\"id\"`";
    } else {
      name.text += TextOf(token);
      if (token->getType() == P::IDENT) RefuseCedarPart(TextOf(token), SpanOf(token));
    }
    name.span = source::Cover(name.span, SpanOf(token));
  }
  return name;
}

bool TreeBuilder::ReadSlot(const Token* token, Slot& slot) {
  std::string_view text = TextOf(token);
  if (text == "?principal") {
    slot = Slot::kPrincipal;
  } else if (text == "?resource") {
    slot = Slot::kResource;
  } else {
    Report(Code::kInvalidSlot, SpanOf(token), fmt::format("there is no slot `{}`", text)).help =
        "the slots of a template are `?principal` and `?resource`";
    return false;
  }
  return true;
}

}  // namespace polc::syntax
