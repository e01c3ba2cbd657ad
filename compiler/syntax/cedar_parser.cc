#include "compiler/syntax/cedar_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include "compiler/data/extension.h"
#include "compiler/source/quote.h"
#include "compiler/syntax/antlr_glue.h"
#include "compiler/syntax/names.h"
#include "compiler/syntax/unescape.h"
#include "grammar/CedarLexer.h"
#include "grammar/CedarParser.h"

namespace polc::syntax {
namespace {

using antlr4::Token;
using antlr4::tree::ParseTree;
using antlr4::tree::TerminalNode;
using grammar::CedarLexer;
using grammar::CedarParser;
using source::Code;
using source::Diagnostic;
using P = CedarParser;
using TokenPtr = std::unique_ptr<Token>;

// ---------------------------------------------------------------------------------------------------
// Trees to policies.

struct BuiltinMethod {
  std::string_view name;
  size_t arguments;
};
constexpr BuiltinMethod kBuiltinMethods[] = {{"contains", 1}, {"containsAll", 1}, {"containsAny", 1},
                                             {"isEmpty", 0},  {"getTag", 1},      {"hasTag", 1}};

const BuiltinMethod* FindBuiltinMethod(std::string_view name) {
  for (const BuiltinMethod& m : kBuiltinMethods) {
    if (m.name == name) return &m;
  }
  return nullptr;
}

std::vector<std::string> KnownCalls(data::CallStyle style) {
  std::vector<std::string> names;
  for (const data::ExtFnInfo& f : data::AllExtFns()) {
    if (f.style == style) names.emplace_back(f.name);
  }
  if (style == data::CallStyle::kMethod) {
    for (const BuiltinMethod& m : kBuiltinMethods) names.emplace_back(m.name);
  }
  return names;
}

std::string Plural(size_t n, std::string_view what) {
  return fmt::format("{} {}{}", n == 0 ? "no" : std::to_string(n), what, n == 1 ? "" : "s");
}

// The start of `text`, as much as a message should quote.
std::string Shorten(std::string_view text) {
  constexpr size_t kMostShown = 60;
  if (text.size() <= kMostShown) return std::string(text);
  size_t end = kMostShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

// The last literal that fits only behind a minus: -i64::MIN.
constexpr uint64_t kMinMagnitude = uint64_t{1} << 63;

// Turns the tree of one policy into its AST. Reports what the grammar does not forbid; where it does, the
// tree gets a placeholder so that the rest is still looked at (the reader drops the policy afterwards).
class Builder {
 public:
  Builder(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink)
      : map_(map), file_(file), sink_(sink) {}

  Policy BuildPolicy(P::PolicyContext* tree) {
    Start();
    policy_.span = SpanOf(tree->getStart());
    policy_.span.end = SpanOf(tree->SEMICOLON()->getSymbol()).end;
    for (P::AnnotationContext* a : tree->annotation()) AddAnnotation(a);
    SetEffect(tree->IDENT()->getSymbol());
    BuildScope(tree);
    for (P::ConditionContext* c : tree->condition()) AddCondition(c);
    return Finish();
  }

  Policy BuildExpr(P::SingleExprContext* tree) {
    Start();
    ExprId body = BuildExpr(tree->expr());
    policy_.span = policy_.exprs[body].span;
    policy_.conditions.push_back({.unless = false, .body = body, .span = policy_.span});
    return Finish();
  }

  Span SpanOf(const Token* token) const { return SpanOfToken(token, file_); }
  Span SpanOf(antlr4::ParserRuleContext* tree) const {
    return source::Cover(SpanOf(tree->getStart()), SpanOf(tree->getStop()));
  }
  std::string_view TextOf(const Token* token) const { return map_.text(SpanOf(token)); }
  std::string_view TextOf(antlr4::ParserRuleContext* tree) const { return map_.text(SpanOf(tree)); }

 private:
  void Start() {
    policy_ = Policy();
    depths_.clear();
    too_deep_ = false;
  }
  Policy Finish() {
    policy_.exprs.shrink_to_fit();
    return std::move(policy_);
  }

  Diagnostic& Report(Code code, Span span, std::string message) {
    return sink_.Report(code, span, std::move(message));
  }

  static Token* Terminal(ParseTree* tree) { return static_cast<TerminalNode*>(tree)->getSymbol(); }
  static bool IsToken(ParseTree* tree, size_t type) {
    auto* leaf = dynamic_cast<TerminalNode*>(tree);
    return leaf != nullptr && leaf->getSymbol()->getType() == type;
  }

  // --- Scope and clauses ---

  void AddAnnotation(P::AnnotationContext* tree) {
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

  void SetEffect(const Token* token) {
    std::string text(TextOf(token));
    if (text == "forbid") policy_.effect = Effect::kForbid;
    if (text == "forbid" || text == "permit") return;
    Diagnostic& d =
        Report(Code::kInvalidEffect, SpanOf(token),
               fmt::format("unknown effect `{}`, a policy starts with `permit` or `forbid`", text));
    if (auto guess = source::DidYouMean(text, {"permit", "forbid"})) {
      d.help = fmt::format("did you mean `{}`?", *guess);
    }
  }

  void BuildScope(P::PolicyContext* tree) {
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

  bool RefuseColonType(P::VariableContext* tree) {
    if (tree->unusedType == nullptr) return false;
    Report(Code::kInvalidScope, SpanOf(tree->unusedType), "`:` does not constrain a type in Cedar").help =
        fmt::format("write `{} is {}`", TextOf(tree->name), TextOf(tree->unusedType));
    return true;
  }

  // `==` or `in`, or a report.
  bool CheckScopeOperator(P::VariableContext* tree) {
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

  // `x in y is T`, which people write for `x is T in y`.
  bool IsInvertedIsIn(P::VariableContext* tree) {
    if (tree->op->getType() != P::IN) return false;
    auto* operand = dynamic_cast<P::OperandContext*>(tree->expr()->children[0]);
    return operand != nullptr && operand->op != nullptr && operand->op->getType() == P::IS;
  }

  void BuildPrincipalOrResource(P::VariableContext* tree, Slot variable) {
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
      Report(Code::kInvalidScope, SpanOf(primary),
             fmt::format("a set stands where the scope needs {}", wanted))
          .help = fmt::format("write `when {{ {} in [...] }}`", TextOf(tree->name));
    } else {
      out.target = MakeEntity(primary);
    }
  }

  void BuildAction(P::VariableContext* tree) {
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

  void AddAction(P::PrimaryContext* primary, std::string_view wanted) {
    Token* first = primary->getStart();
    if (first->getType() == P::SLOT) {
      Report(Code::kInvalidSlot, SpanOf(first),
             fmt::format("slot `{}` stands in the constraint of `action`", TextOf(first)))
          .help = "only `principal` and `resource` can be left open";
      return;
    }
    if (first->getType() == P::LBRACKET) {
      Report(Code::kInvalidScope, SpanOf(primary),
             fmt::format("a set stands where the scope needs {}", wanted))
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

  // The slot, set or entity that an expression of the scope is, looking through parentheses; else null and
  // a report. Recursion: kMaxBracketDepth.
  ParseTree* ScopeOperand(P::ExprContext* tree, std::string_view wanted) {
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

  void AddCondition(P::ConditionContext* tree) {
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
      Report(Code::kInvalidCondition, condition.span, fmt::format("this `{}` has no condition", clause))
          .help = "leave the clause out, or write `true`";
      return;
    }
    condition.body = BuildExpr(tree->expr());
    policy_.conditions.push_back(condition);
  }

  // --- Names, strings, entities ---

  void RefuseCedarPart(std::string_view part, Span span) {
    if (part != "__cedar") return;
    Report(Code::kReservedWord, span, "`__cedar` is reserved for Cedar itself and cannot be part of a name");
  }

  Name MakePath(P::PathContext* tree) {
    Name name;
    name.span = SpanOf(tree);
    for (ParseTree* child : tree->children) {
      Token* token = Terminal(child);
      name.text += TextOf(token);
      if (token->getType() == P::IDENT) RefuseCedarPart(TextOf(token), SpanOf(token));
    }
    return name;
  }

  std::string_view StringBody(const Token* token) const {
    std::string_view body = TextOf(token);
    return body.substr(1, body.size() - 2);
  }

  void ReportEscapes(const Token* token, const std::vector<EscapeError>& errors) {
    for (const EscapeError& e : errors) {
      uint32_t base = static_cast<uint32_t>(token->getStartIndex()) + 1;
      Span at{file_, base + static_cast<uint32_t>(e.begin), base + static_cast<uint32_t>(e.end)};
      Report(Code::kInvalidEscape, at,
             fmt::format("`{}` in a string: {}", source::Escape(map_.text(at)), e.message));
    }
  }

  std::string StringText(const Token* token) {
    std::vector<EscapeError> errors;
    std::string text = Unescape(StringBody(token), errors);
    ReportEscapes(token, errors);
    return text;
  }

  // `A::B::"id"`. The grammar takes strings in the middle, too.
  EntityRef MakeEntity(P::PrimaryContext* tree) {
    EntityRef entity;
    entity.span = SpanOf(tree);
    entity.type = PathOf(tree, /*until_string=*/true);
    entity.id = StringText(tree->getStop());
    return entity;
  }

  Name PathOf(P::PrimaryContext* tree, bool until_string) {
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

  bool ReadSlot(const Token* token, Slot& slot) {
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

  // --- Expressions ---

  ExprId Add(Expr e) {
    uint32_t depth = 0;
    for (ExprId operand : e.operands) depth = std::max(depth, depths_[operand]);
    if (++depth > kMaxExprDepth && !too_deep_) {
      too_deep_ = true;
      Report(Code::kNestingTooDeep, e.span,
             fmt::format("this expression is nested {} deep, the limit is {}", depth, kMaxExprDepth))
          .help = "a long chain of `||` over one value can be written as `[...].contains(...)`";
    }
    depths_.push_back(depth);
    policy_.exprs.push_back(std::move(e));
    return static_cast<ExprId>(policy_.exprs.size() - 1);
  }

  static Expr New(ExprKind kind) {
    Expr e;
    e.kind = kind;
    return e;
  }

  ExprId AddNode(ExprKind kind, Span span, std::vector<ExprId> operands) {
    Expr e = New(kind);
    e.span = span;
    e.operands = std::move(operands);
    return Add(std::move(e));
  }
  ExprId AddInteger(ExprKind kind, Span span, int64_t value) {
    Expr e = New(kind);
    e.span = span;
    e.integer = value;
    return Add(std::move(e));
  }
  // Stands for what was reported.
  ExprId Placeholder(Span span) { return AddInteger(ExprKind::kBool, span, 0); }

  Span SpanOf(ExprId id) const { return policy_.exprs[id].span; }

  // Recursion: one level for each bracket or `if`, at most kMaxBracketDepth.
  ExprId BuildExpr(P::ExprContext* tree) {
    if (tree->children.size() == 1) return BuildOperand(static_cast<P::OperandContext*>(tree->children[0]));
    Span span = SpanOf(tree);
    ExprId condition = BuildExpr(static_cast<P::ExprContext*>(tree->children[1]));
    ExprId then_branch = BuildExpr(static_cast<P::ExprContext*>(tree->children[3]));
    ExprId else_branch = BuildExpr(static_cast<P::ExprContext*>(tree->children[5]));
    return AddNode(ExprKind::kIf, span, {condition, then_branch, else_branch});
  }

  static bool IsLogical(const P::OperandContext* tree) {
    return tree->op->getType() == P::AND || tree->op->getType() == P::OR;
  }
  static bool IsRelation(const P::OperandContext* tree) {
    if (tree->op == nullptr) return false;
    switch (tree->op->getType()) {
      case P::EQ:
      case P::NE:
      case P::LT:
      case P::LE:
      case P::GT:
      case P::GE:
      case P::ASSIGN:
      case P::IN:
      case P::IS:
      case P::HAS:
      case P::LIKE:
        return true;
      default:
        return false;
    }
  }

  // A chain leans to the left as deep as it is long: walked as a loop. Right operands bind tighter.
  ExprId BuildOperand(P::OperandContext* tree) {
    std::vector<P::OperandContext*> chain;
    while (tree->op != nullptr) {
      chain.push_back(tree);
      tree = static_cast<P::OperandContext*>(tree->children[0]);
    }
    ExprId left = BuildUnary(tree);
    for (size_t i = chain.size(); i-- > 0;) {
      P::OperandContext* below = i + 1 < chain.size() ? chain[i + 1] : nullptr;
      // The grammar lets any operator follow `has`, `like` and `is`, which end with no operand.
      if (below != nullptr && IsRelation(below) && !IsLogical(chain[i])) {
        Report(Code::kChainedRelation, SpanOf(chain[i]->op),
               fmt::format("`{}` follows `{}`, but relations cannot be chained or computed with", TextOf(chain[i]->op),
                           TextOf(below->op)))
            .help = "use parentheses, or `&&` between two relations";
      } else if (chain[i]->op->getType() == P::IS && i > 0 && chain[i - 1]->op->getType() == P::IN) {
        --i;  // `(x is T) in e` is `x is T in e`
        left = BuildIs(left, chain[i + 1], chain[i]);
        continue;
      }
      left = BuildBinary(left, chain[i]);
    }
    return left;
  }

  void ReportAssign(const Token* op) {
    Report(Code::kUnsupportedOperator, SpanOf(op), "`=` is no operator of Cedar").help =
        "equality is written `==`";
  }

  ExprId BuildBinary(ExprId left, P::OperandContext* tree) {
    Token* op = tree->op;
    switch (op->getType()) {
      case P::HAS:
        return BuildHas(left, tree);
      case P::LIKE:
        return BuildLike(left, tree);
      case P::IS:
        return BuildIs(left, tree, nullptr);
      default:
        break;
    }
    ExprKind kind = ExprKind::kEq;
    switch (op->getType()) {
      case P::OR:
        kind = ExprKind::kOr;
        break;
      case P::AND:
        kind = ExprKind::kAnd;
        break;
      case P::EQ:
        kind = ExprKind::kEq;
        break;
      case P::NE:
        kind = ExprKind::kNe;
        break;
      case P::LT:
        kind = ExprKind::kLt;
        break;
      case P::LE:
        kind = ExprKind::kLe;
        break;
      case P::GT:
        kind = ExprKind::kGt;
        break;
      case P::GE:
        kind = ExprKind::kGe;
        break;
      case P::IN:
        kind = ExprKind::kIn;
        break;
      case P::PLUS:
        kind = ExprKind::kAdd;
        break;
      case P::MINUS:
        kind = ExprKind::kSub;
        break;
      case P::STAR:
        kind = ExprKind::kMul;
        break;
      case P::ASSIGN:
        ReportAssign(op);
        break;
      case P::SLASH:
        Report(Code::kUnsupportedOperator, SpanOf(op), "division is not supported").help =
            "multiply the other side instead: `a > b * 2` for `a / 2 > b`";
        break;
      default:
        Report(Code::kUnsupportedOperator, SpanOf(op), "remainder is not supported");
        break;
    }
    ExprId right = BuildOperand(static_cast<P::OperandContext*>(tree->children[2]));
    return AddNode(kind, source::Cover(SpanOf(left), SpanOf(right)), {left, right});
  }

  ExprId BuildHas(ExprId subject, P::OperandContext* tree) {
    Expr e = New(ExprKind::kHas);
    e.operands = {subject};
    for (size_t i = 2; i < tree->children.size(); ++i) {
      ParseTree* child = tree->children[i];
      if (auto* leaf = dynamic_cast<TerminalNode*>(child)) {
        if (leaf->getSymbol()->getType() != P::STRING) continue;  // a dot
        e.texts.push_back(StringText(leaf->getSymbol()));
        e.integer = 1;
        e.name_span = SpanOf(leaf->getSymbol());
        continue;
      }
      Token* word = static_cast<P::AttributeContext*>(child)->getStart();
      CheckAttribute(word, [&] { return fmt::format("has \"{}\"", TextOf(word)); });
      e.texts.emplace_back(TextOf(word));
      e.name_span = source::Cover(e.name_span, SpanOf(word));
    }
    e.span = source::Cover(SpanOf(subject), e.name_span);
    return Add(std::move(e));
  }

  // Reports a reserved word behind `.` or `has`.
  template <typename Help>
  void CheckAttribute(const Token* word, Help instead) {
    RefuseCedarPart(TextOf(word), SpanOf(word));
    if (word->getType() == P::IDENT) return;
    Report(Code::kReservedWord, SpanOf(word),
           fmt::format("`{}` is a reserved word and cannot be a name", TextOf(word)))
        .help = fmt::format("write `{}`", instead());
  }

  ExprId BuildLike(ExprId subject, P::OperandContext* tree) {
    Expr e = New(ExprKind::kLike);
    Token* token = Terminal(tree->children[2]);
    std::vector<EscapeError> errors;
    e.pattern = UnescapePattern(StringBody(token), errors);
    ReportEscapes(token, errors);
    e.operands = {subject};
    e.name_span = SpanOf(token);
    e.span = source::Cover(SpanOf(subject), e.name_span);
    return Add(std::move(e));
  }

  // `x is T` or, with `in`, `x is T in e`.
  ExprId BuildIs(ExprId subject, P::OperandContext* is, P::OperandContext* in) {
    Expr e = New(in == nullptr ? ExprKind::kIs : ExprKind::kIsIn);
    e.name = MakePath(static_cast<P::PathContext*>(is->children[2]));
    e.operands = {subject};
    e.name_span = e.name.span;
    e.span = source::Cover(SpanOf(subject), e.name_span);
    if (in != nullptr) {
      ExprId ancestor = BuildOperand(static_cast<P::OperandContext*>(in->children[2]));
      e.operands.push_back(ancestor);
      e.span = source::Cover(e.span, SpanOf(ancestor));
    }
    return Add(std::move(e));
  }

  // `!!x`, `-x.y`, `x.y(z)["w"]`
  ExprId BuildUnary(P::OperandContext* tree) {
    size_t signs = 0;
    while (dynamic_cast<TerminalNode*>(tree->children[signs]) != nullptr) ++signs;
    auto* primary = static_cast<P::PrimaryContext*>(tree->children[signs]);
    if (signs == 0) return BuildMember(tree, primary, 1);
    bool minus = Terminal(tree->children[0])->getType() == P::MINUS;
    if (signs > kMaxUnaryChain) {
      Report(Code::kTooManyUnaryOperators,
             source::Cover(SpanOf(Terminal(tree->children[0])), SpanOf(Terminal(tree->children[signs - 1]))),
             fmt::format("{} `{}` in a row, Cedar allows {}", signs, minus ? "-" : "!", kMaxUnaryChain));
    }
    ExprId operand;
    bool literal = minus && tree->children.size() == signs + 1 && primary->getStart()->getType() == P::NUMBER;
    if (literal) {
      // `-5` is one literal; only so is -9223372036854775808 in range.
      --signs;
      Token* number = primary->getStart();
      Span span = source::Cover(SpanOf(Terminal(tree->children[signs])), SpanOf(number));
      operand =
          AddInteger(ExprKind::kLong, span, static_cast<int64_t>(0 - ReadNumber(number, kMinMagnitude)));
    } else {
      operand = BuildMember(tree, primary, signs + 1);
    }
    while (signs-- > 0) {
      operand = AddNode(minus ? ExprKind::kNeg : ExprKind::kNot,
                        source::Cover(SpanOf(Terminal(tree->children[signs])), SpanOf(operand)), {operand});
    }
    return operand;
  }

  uint64_t ReadNumber(const Token* token, uint64_t most) {
    std::string_view text = TextOf(token);
    uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && value <= most) return value;
    Diagnostic& d = Report(
        Code::kIntegerTooLarge, SpanOf(token),
        fmt::format("`{}` does not fit: integers have 64 bits, up to 9223372036854775807", Shorten(text)));
    if (error == std::errc() && value == kMinMagnitude) {
      d.help = "the smallest integer is written `-9223372036854775808`, the minus directly before the digits";
    }
    return 0;
  }

  std::vector<ExprId> BuildAll(const std::vector<P::ExprContext*>& trees) {
    std::vector<ExprId> ids;
    ids.reserve(trees.size());
    for (P::ExprContext* tree : trees) ids.push_back(BuildExpr(tree));
    return ids;
  }

  static P::AccessContext* Access(P::OperandContext* tree, size_t i) {
    return i < tree->children.size() ? static_cast<P::AccessContext*>(tree->children[i]) : nullptr;
  }
  static size_t AccessType(P::AccessContext* access) {
    return access == nullptr ? size_t{Token::EOF} : access->getStart()->getType();
  }

  // `primary` and the accesses from children[next] on.
  ExprId BuildMember(P::OperandContext* tree, P::PrimaryContext* primary, size_t next) {
    ExprId head;
    if (primary->getStart()->getType() == P::IDENT && primary->getStop()->getType() != P::STRING) {
      head = BuildNamed(tree, primary, next);
    } else {
      head = BuildPrimary(primary);
    }
    while (P::AccessContext* access = Access(tree, next)) {
      ++next;
      Span span = source::Cover(SpanOf(head), SpanOf(access));
      switch (AccessType(access)) {
        case P::LBRACKET:
          head = BuildIndex(head, access, span);
          break;
        case P::LPAREN:
          BuildAll(access->expr());
          Report(Code::kInvalidCall, span,
                 "this is called, but only named functions and methods can be called");
          head = Placeholder(span);
          break;
        default:
          if (AccessType(Access(tree, next)) == P::LPAREN) {
            P::AccessContext* call = Access(tree, next++);
            head = BuildMethod(head, access->name, call, source::Cover(span, SpanOf(call)));
          } else {
            Expr e = New(ExprKind::kGetAttr);
            CheckAttribute(access->name, [&] { return fmt::format("[\"{}\"]", TextOf(access->name)); });
            e.text = TextOf(access->name);
            e.operands = {head};
            e.name_span = SpanOf(access->name);
            e.span = span;
            head = Add(std::move(e));
          }
      }
    }
    return head;
  }

  // A variable, or a function with its arguments (`next` moves behind them). Any other name is an error.
  ExprId BuildNamed(P::OperandContext* tree, P::PrimaryContext* primary, size_t& next) {
    size_t errors = sink_.error_count();
    Name name = PathOf(primary, /*until_string=*/false);
    P::AccessContext* access = Access(tree, next);
    bool called = AccessType(access) == P::LPAREN;
    static constexpr std::string_view kVars[] = {"principal", "action", "resource", "context"};
    auto var = std::find(std::begin(kVars), std::end(kVars), name.text);
    if (var != std::end(kVars)) {
      if (called) {
        ++next;
        BuildAll(access->expr());
        Report(Code::kInvalidCall, name.span,
               fmt::format("`{}` is a variable and cannot be called", name.text));
      }
      return AddInteger(ExprKind::kVar, name.span, var - std::begin(kVars));
    }
    if (called) {
      ++next;
      return BuildCall(std::move(name), access);
    }
    if (sink_.error_count() > errors) return Placeholder(name.span);
    if (access != nullptr) {
      Diagnostic& d = Report(Code::kInvalidAccess, source::Cover(name.span, SpanOf(access)),
                             fmt::format("`{}` is no value: it has no attributes and no methods", name.text));
      d.help = AccessHelp(name.text);
      next = tree->children.size();  // what follows has nothing to follow
    } else {
      Diagnostic& d =
          Report(Code::kUnknownVariable, name.span, fmt::format("there is no variable `{}`", name.text));
      d.help = VariableHelp(name.text);
    }
    return Placeholder(name.span);
  }

  static std::string AccessHelp(const std::string& name) {
    if (auto guess = source::DidYouMean(name, {"principal", "action", "resource", "context"})) {
      return fmt::format("did you mean `{}`?", *guess);
    }
    return "the parts of a name are joined by `::`; the variables are `principal`, `action`, `resource` and "
           "`context`";
  }
  static std::string VariableHelp(const std::string& name) {
    if (auto guess = source::DidYouMean(name, {"principal", "action", "resource", "context"})) {
      return fmt::format("did you mean `{}`?", *guess);
    }
    return fmt::format(
        "the variables are `principal`, `action`, `resource` and `context`; a string is written `\"{}\"`, an "
        "entity `{}::\"id\"`",
        name, name);
  }

  ExprId BuildCall(Name name, P::AccessContext* access) {
    Span span = source::Cover(name.span, SpanOf(access));
    std::vector<ExprId> arguments = BuildAll(access->expr());
    auto fn = data::FindExtFn(name.text);
    bool method =
        FindBuiltinMethod(name.text) != nullptr || (fn && data::Info(*fn).style == data::CallStyle::kMethod);
    if (method) {
      Report(Code::kInvalidCall, name.span, fmt::format("`{}` is a method, not a function", name.text)).help =
          fmt::format("write `value.{}(...)`", name.text);
      return Placeholder(span);
    }
    if (!fn) {
      Diagnostic& d =
          Report(Code::kUndefinedFunction, name.span, fmt::format("there is no function `{}`", name.text));
      if (auto guess = source::DidYouMean(name.text, KnownCalls(data::CallStyle::kFunction))) {
        d.help = fmt::format("did you mean `{}`?", *guess);
      }
      return Placeholder(span);
    }
    Expr e = New(ExprKind::kCall);
    e.operands = std::move(arguments);
    e.name_span = name.span;
    e.name = std::move(name);
    e.span = span;
    return Add(std::move(e));
  }

  ExprId BuildMethod(ExprId receiver, const Token* name, P::AccessContext* call, Span span) {
    std::string text(TextOf(name));
    std::vector<ExprId> operands = BuildAll(call->expr());
    size_t count = operands.size();
    if (name->getType() != P::IDENT || text == "__cedar") {
      Report(Code::kReservedWord, SpanOf(name),
             fmt::format("`{}` is a reserved word and cannot be a name", text));
      return Placeholder(span);
    }
    const BuiltinMethod* builtin = FindBuiltinMethod(text);
    auto fn = data::FindExtFn(text);
    if (builtin != nullptr && builtin->arguments != count) {
      Report(Code::kWrongNumberArguments, span,
             fmt::format("`{}` is given {}, it takes {}", text, Plural(count, "argument"),
                         Plural(builtin->arguments, "argument")));
    } else if (builtin == nullptr && fn && data::Info(*fn).style == data::CallStyle::kFunction) {
      Report(Code::kInvalidCall, SpanOf(name), fmt::format("`{}` is a function, not a method", text)).help =
          fmt::format("write `{}(...)`", text);
    } else if (builtin == nullptr && !fn) {
      Diagnostic& d =
          Report(Code::kUndefinedFunction, SpanOf(name), fmt::format("there is no method `{}`", text));
      if (auto guess = source::DidYouMean(text, KnownCalls(data::CallStyle::kMethod))) {
        d.help = fmt::format("did you mean `{}`?", *guess);
      }
    }
    Expr e = New(ExprKind::kMethod);
    e.operands = std::move(operands);
    e.operands.insert(e.operands.begin(), receiver);
    e.text = std::move(text);
    e.name_span = SpanOf(name);
    e.span = span;
    return Add(std::move(e));
  }

  ExprId BuildIndex(ExprId head, P::AccessContext* access, Span span) {
    P::ExprContext* index = access->expr(0);
    auto* operand = dynamic_cast<P::OperandContext*>(index->children[0]);
    Token* string = nullptr;
    if (operand != nullptr && operand->op == nullptr && operand->children.size() == 1 &&
        index->getStart() == index->getStop() && index->getStart()->getType() == P::STRING) {
      string = index->getStart();
    }
    if (string == nullptr) {
      BuildExpr(index);
      Report(Code::kInvalidAccess, SpanOf(index),
             fmt::format("`{}` stands between `[` and `]`, which take a string literal",
                         Shorten(TextOf(index))));
      return Placeholder(span);
    }
    Expr e = New(ExprKind::kGetAttr);
    e.integer = 1;
    e.text = StringText(string);
    e.operands = {head};
    e.name_span = SpanOf(string);
    e.span = span;
    return Add(std::move(e));
  }

  // Everything that is not a bare name.
  ExprId BuildPrimary(P::PrimaryContext* tree) {
    Token* first = tree->getStart();
    Span span = SpanOf(tree);
    switch (first->getType()) {
      case P::TRUE:
        return AddInteger(ExprKind::kBool, span, 1);
      case P::FALSE:
        return AddInteger(ExprKind::kBool, span, 0);
      case P::NUMBER:
        return AddInteger(ExprKind::kLong, span, static_cast<int64_t>(ReadNumber(first, kMinMagnitude - 1)));
      case P::STRING: {
        Expr e = New(ExprKind::kString);
        e.text = StringText(first);
        e.span = span;
        return Add(std::move(e));
      }
      case P::SLOT: {
        Slot slot;
        if (ReadSlot(first, slot)) {
          Report(Code::kInvalidSlot, span, fmt::format("slot `{}` stands outside the scope", TextOf(first)))
              .help = fmt::format("write `{0}` here and `{0} == {1}` in the scope", TextOf(first).substr(1),
                                  TextOf(first));
        }
        return Placeholder(span);
      }
      case P::LPAREN: {
        ExprId inner = BuildExpr(static_cast<P::ExprContext*>(tree->children[1]));
        return AddNode(ExprKind::kParen, span, {inner});
      }
      case P::LBRACKET:
        return AddNode(ExprKind::kSet, span, BuildAll(tree->expr()));
      case P::LBRACE:
        return BuildRecord(tree, span);
      default: {
        EntityRef entity = MakeEntity(tree);
        Expr e = New(ExprKind::kEntity);
        e.name = std::move(entity.type);
        e.text = std::move(entity.id);
        e.span = span;
        e.name_span = e.name.span;
        return Add(std::move(e));
      }
    }
  }

  ExprId BuildRecord(P::PrimaryContext* tree, Span span) {
    Expr e = New(ExprKind::kRecord);
    e.span = span;
    std::vector<std::pair<std::string, Span>> keys;
    for (P::EntryContext* entry : tree->entry()) {
      Token* key = entry->key;
      if (key->getType() == P::STRING) {
        e.texts.push_back(StringText(key));
      } else {
        CheckAttribute(key, [&] { return fmt::format("\"{}\": ...", TextOf(key)); });
        e.texts.emplace_back(TextOf(key));
      }
      keys.emplace_back(e.texts.back(), SpanOf(key));
      e.operands.push_back(BuildExpr(entry->expr()));
    }
    std::stable_sort(keys.begin(), keys.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (size_t i = 1; i < keys.size(); ++i) {
      if (keys[i].first != keys[i - 1].first) continue;
      Report(Code::kDuplicateRecordKey, keys[i].second,
             fmt::format("key `{}` stands twice in one record", source::Escape(keys[i].first)))
          .labels.push_back({keys[i - 1].second, "first given here"});
    }
    return Add(std::move(e));
  }

  const source::SourceMap& map_;
  source::FileId file_;
  source::DiagnosticSink& sink_;
  Policy policy_;
  std::vector<uint32_t> depths_;  // of exprs
  bool too_deep_ = false;         // reported once a policy
};

// ---------------------------------------------------------------------------------------------------
// From a file to pieces, from a piece to a tree.

class Reader {
 public:
  Reader(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink)
      : map_(map),
        file_(file),
        sink_(sink),
        stream_(map.text(file)),
        lexer_(&stream_),
        parser_(nullptr),
        strategy_(std::make_shared<StopAtFirstError>()),
        builder_(map, file, sink) {
    lexer_.removeErrorListeners();
    parser_.removeErrorListeners();
    parser_.setErrorHandler(strategy_);
  }

  std::vector<ParsedPolicy> ReadPolicies(std::vector<Span>* places) {
    std::vector<ParsedPolicy> policies;
    std::vector<TokenPtr> tokens;
    size_t index = 0;
    for (;;) {
      bool last = FillPiece(tokens);
      if (tokens.size() == 1) break;  // only the end
      // A policy that lacks its semicolon leaves the next one in the same piece.
      while (!tokens.empty()) {
        size_t rest = tokens.size();
        bool good = ReadPiece(
            tokens, [&] { policies.push_back({index, builder_.BuildPolicy(parser_.policy())}); }, rest);
        if (!good && policies.size() > 0 && policies.back().index == index) policies.pop_back();
        ++index;
        if (places) places->push_back(source::Cover(SpanOf(tokens.front()), SpanOf(tokens[rest - 1])));
        tokens.erase(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(rest));
      }
      if (last) break;
    }
    return policies;
  }

  std::optional<Policy> ReadExpr() {
    std::vector<TokenPtr> tokens;
    while (!FillPiece(tokens)) tokens.pop_back();  // a semicolon is an error like any other
    std::optional<Policy> policy;
    size_t rest = tokens.size();
    if (!ReadPiece(tokens, [&] { policy = builder_.BuildExpr(parser_.singleExpr()); }, rest))
      return std::nullopt;
    return policy;
  }

  std::vector<SyntaxToken> ReadTokens() {
    std::vector<SyntaxToken> out;
    for (TokenPtr token = lexer_.nextToken(); token->getType() != Token::EOF; token = lexer_.nextToken()) {
      out.push_back({KindOf(*token), SpanOfToken(token.get(), file_)});
    }
    return out;
  }

 private:
  TokenKind KindOf(const Token& token) const {
    switch (token.getType()) {
      case P::IDENT:
        return TokenKind::kIdentifier;
      case P::NUMBER:
        return TokenKind::kNumber;
      case P::STRING:
        return TokenKind::kString;
      case P::SLOT:
        return TokenKind::kSlot;
      case P::COMMENT:
        return TokenKind::kComment;
      case P::INVALID:
      case P::OPEN_STRING:
        return TokenKind::kInvalid;
      default:
        return token.getType() <= P::LIKE ? TokenKind::kReserved : TokenKind::kOperator;
    }
  }

  Span SpanOf(const TokenPtr& token) const { return SpanOfToken(token.get(), file_); }
  std::string_view TextOf(const Token* token) const { return map_.text(SpanOfToken(token, file_)); }

  // Appends the tokens up to and including the next semicolon, closed by an end of input that stands where
  // the piece ends. True at the end of the file.
  bool FillPiece(std::vector<TokenPtr>& tokens) {
    for (;;) {
      TokenPtr token = lexer_.nextToken();
      if (token->getChannel() != Token::DEFAULT_CHANNEL) continue;
      size_t type = token->getType();
      if (tokens.size() >= kMaxPolicyTokens && type != P::SEMICOLON && type != Token::EOF) {
        overflow_ = true;
        continue;
      }
      tokens.push_back(std::move(token));
      if (type == Token::EOF) return true;
      if (type != P::SEMICOLON) continue;
      auto end = std::make_unique<antlr4::CommonToken>(Token::EOF);
      end->setStartIndex(stream_.index());
      end->setStopIndex(stream_.index());
      tokens.push_back(std::move(end));
      return false;
    }
  }

  // Parses tokens[0, rest) and calls `build` on success; false if anything was reported. `rest` shrinks to
  // the tokens that were used where a new policy starts before the semicolon.
  template <typename Build>
  bool ReadPiece(const std::vector<TokenPtr>& tokens, Build build, size_t& rest) {
    size_t errors = sink_.error_count();
    open_.clear();
    if (!CheckTokens(tokens)) return false;
    PieceStream stream(tokens, &lexer_);
    for (auto mode : {antlr4::atn::PredictionMode::SLL, antlr4::atn::PredictionMode::LL}) {
      stream.seek(0);
      parser_.setTokenStream(&stream);
      parser_.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(mode);
      strategy_->Clear();
      try {
        build();
        break;
      } catch (const antlr4::ParseCancellationException&) {
        if (mode == antlr4::atn::PredictionMode::LL) rest = ReportUnexpected(tokens);
      }
    }
    parser_.setTokenStream(nullptr);  // frees the tree
    return sink_.error_count() == errors;
  }

  // What no grammar is needed for: characters that are no token, and the limits that keep the parser's
  // recursion and memory bounded. Leaves the brackets that are not closed in open_.
  bool CheckTokens(const std::vector<TokenPtr>& tokens) {
    if (overflow_) {
      overflow_ = false;
      Span span = source::Cover(SpanOf(tokens.front()), SpanOf(tokens.back()));
      sink_.Report(
          Code::kInputTooLarge, {file_, span.begin, span.begin + 1},
          fmt::format("this policy has more than {} tokens, the limit of one policy", kMaxPolicyTokens));
      return false;
    }
    size_t invalid = 0;
    size_t nesting = 0;  // open brackets and, inside each, the `if`s that are not closed with it
    for (size_t i = 0; i < tokens.size(); ++i) {
      const Token* token = tokens[i].get();
      switch (token->getType()) {
        case P::INVALID:
        case P::OPEN_STRING: {
          bool follows = i > 0 && tokens[i - 1]->getType() == P::INVALID &&
                         tokens[i - 1]->getStopIndex() + 1 == token->getStartIndex();
          if (!follows && ++invalid <= kMostInvalidShown) ReportInvalid(token);
          // Behind a string that is not closed, text and strings have changed places.
          if (token->getType() == P::OPEN_STRING) return false;
          break;
        }
        case P::SLASH:
          if (tokens[i + 1]->getType() == P::STAR &&
              token->getStopIndex() + 1 == tokens[i + 1]->getStartIndex()) {
            sink_
                .Report(Code::kUnexpectedToken, source::Cover(SpanOf(tokens[i]), SpanOf(tokens[i + 1])),
                        "`/*` does not start a comment in Cedar")
                .help = "every line of a comment starts with `//`";
            return false;
          }
          break;
        case P::LPAREN:
        case P::LBRACE:
        case P::LBRACKET:
          open_.push_back({token, 0});
          ++nesting;
          break;
        case P::RPAREN:
        case P::RBRACE:
        case P::RBRACKET:
          if (open_.empty()) break;
          nesting -= 1 + open_.back().ifs;
          open_.pop_back();
          break;
        case P::IF:
          ++nesting;
          if (open_.empty()) open_.push_back({nullptr, 0}), ++nesting;
          ++open_.back().ifs;
          break;
        case P::COMMA:
          if (open_.empty()) break;
          nesting -= open_.back().ifs;
          open_.back().ifs = 0;
          break;
        default:
          break;
      }
      if (nesting > kMaxBracketDepth) {
        sink_.Report(Code::kNestingTooDeep, SpanOf(tokens[i]),
                     fmt::format("brackets and `if`s are nested deeper than {}", kMaxBracketDepth));
        return false;
      }
    }
    return invalid == 0;
  }

  void ReportInvalid(const Token* token) {
    Span span = SpanOfToken(token, file_);
    std::string text(map_.text(span));
    if (token->getType() == P::OPEN_STRING) {
      Diagnostic& d = sink_.Report(Code::kUnclosedString, {file_, span.begin, span.begin + 1},
                                   "this string is not closed");
      if (span.end < map_.text(file_).size())
        d.help = "a backslash at the end of a line does not continue a string";
      return;
    }
    Diagnostic& d = sink_.Report(Code::kUnexpectedToken, span,
                                 fmt::format("unexpected character `{}`", source::Escape(text)));
    if (text == "'") d.help = "strings are written with double quotes";
    if (text == "&") d.help = "`and` is written `&&`";
    if (text == "|") d.help = "`or` is written `||`";
    if (text == "#") d.help = "a comment starts with `//`";
    if (text == "?") d.help = "the slots of a template are `?principal` and `?resource`";
    if (text == "\xEF\xBB\xBF") {
      d.message = "unexpected byte order mark";
      d.help = "save the file as UTF-8 without it";
    }
    if (text == "\xE2\x80\x9C" || text == "\xE2\x80\x9D")
      d.help = "strings are written with plain double quotes";
  }

  // Reports where the parser stopped. Returns how many tokens the broken policy takes.
  size_t ReportUnexpected(const std::vector<TokenPtr>& tokens) {
    const Token* token = strategy_->offending();
    const antlr4::misc::IntervalSet& expected = strategy_->expected();
    auto wanted = [&](size_t type) { return expected.contains(static_cast<ssize_t>(type)); };
    size_t at = 0;
    while (at + 1 < tokens.size() && tokens[at].get() != token) ++at;
    Span span = SpanOfToken(token, file_);
    std::string text(map_.text(span));

    bool starts_policy = token->getType() == P::AT || text == "permit" || text == "forbid";
    bool ends = token->getType() == Token::EOF;
    if (at > 0 && wanted(P::SEMICOLON) && (ends || starts_policy)) {
      uint32_t end = SpanOf(tokens[at - 1]).end;
      Diagnostic& d =
          sink_.Report(Code::kMissingSemicolon, {file_, end, end}, "missing `;` at the end of a policy");
      if (!ends) d.labels.push_back({span, "the next policy starts here"});
      return ends ? tokens.size() : at;
    }

    std::string message =
        ends ? "unexpected end of file" : fmt::format("unexpected `{}`", source::Escape(Shorten(text)));
    if (std::string list = Expected(expected); !list.empty()) message += ", expected " + list;
    Diagnostic& d = sink_.Report(Code::kUnexpectedToken, span, std::move(message));
    size_t before = at > 0 ? tokens[at - 1]->getType() : size_t{Token::EOF};
    if (ends || token->getType() == P::SEMICOLON) {
      while (!open_.empty() && open_.back().token == nullptr) open_.pop_back();
      if (!open_.empty()) {
        d.labels.push_back({SpanOfToken(open_.back().token, file_),
                            fmt::format("this `{}` is not closed", TextOf(open_.back().token))});
      }
    } else if (token->getType() == P::IF && wanted(P::LPAREN)) {
      d.help = "an `if` behind an operator needs parentheses: `1 + (if a then b else c)`";
    } else if ((token->getType() == P::NOT || token->getType() == P::MINUS) &&
               (before == P::NOT || before == P::MINUS)) {
      d.help = "`!` and `-` cannot be mixed without parentheses: `!(-x)`";
    } else if (before == P::IS && token->getType() == P::STRING) {
      d.help = fmt::format("a type is written without quotes: `is {}`", text.substr(1, text.size() - 2));
    } else if (before == P::LIKE) {
      d.help = "the pattern of `like` is a string literal";
    } else if (before == P::HAS) {
      d.help = "`has` takes attribute names joined by dots, or one string literal";
    } else if (token->getType() == P::ASSIGN) {
      d.help = "equality is written `==`";
    } else if (text == "and" || text == "or" || text == "not") {
      d.help = fmt::format("`{}` is written `{}`", text, text == "and" ? "&&" : text == "or" ? "||" : "!");
    } else if (IsReservedWord(text) && wanted(P::IDENT)) {
      d.help = fmt::format("`{}` is a reserved word and cannot be a name", text);
    }
    return tokens.size();
  }

  // "an expression", "`,` or `)`"; empty if there is too much to be of help.
  static std::string Expected(const antlr4::misc::IntervalSet& expected) {
    constexpr size_t kMostListed = 5;
    auto has = [&](size_t type) { return expected.contains(static_cast<ssize_t>(type)); };
    std::vector<std::string> items;
    bool expression = has(P::NUMBER);
    if (expression) {
      items.push_back("an expression");
    } else {
      if (has(P::IDENT)) items.push_back("a name");
      if (has(P::STRING)) items.push_back("a string");
    }
    bool operators = has(P::AND);
    for (ssize_t type : expected.toList()) {
      if (type <= 0) continue;
      size_t t = static_cast<size_t>(type);
      bool word = t <= P::LIKE && has(P::IDENT);
      bool of_expression =
          expression && (t == P::LPAREN || t == P::LBRACE || t == P::LBRACKET || t == P::NOT ||
                         t == P::MINUS || t == P::TRUE || t == P::FALSE || t == P::IF);
      bool is_operator =
          operators && (t == P::IN || t == P::IS || t == P::HAS || t == P::LIKE || t == P::DOT ||
                        t == P::LBRACKET || t == P::LPAREN || (t >= P::EQ && t <= P::NOT));
      if (word || of_expression || is_operator) continue;
      std::string literal = Vocabulary().getLiteralName(t);
      if (literal.size() > 2) items.push_back(fmt::format("`{}`", literal.substr(1, literal.size() - 2)));
    }
    if (operators) items.push_back("an operator");
    if (items.size() > kMostListed) return "";
    return JoinOr(items);
  }
  static const antlr4::dfa::Vocabulary& Vocabulary() {
    static CedarParser parser(nullptr);
    return static_cast<const CedarParser&>(parser).getVocabulary();
  }

  // A binary file has a bad character at every byte; the first few say it all.
  static constexpr size_t kMostInvalidShown = 10;

  struct Open {
    const Token* token;  // null: the piece itself
    size_t ifs;
  };

  const source::SourceMap& map_;
  source::FileId file_;
  source::DiagnosticSink& sink_;
  Utf8Stream stream_;
  CedarLexer lexer_;
  CedarParser parser_;
  std::shared_ptr<StopAtFirstError> strategy_;
  Builder builder_;
  std::vector<Open> open_;
  bool overflow_ = false;  // the piece has more than kMaxPolicyTokens
};

// Runs `read(Reader&)`. ANTLR's exceptions end in the Reader; what is caught here is a surprise, kept from
// crossing the border of the library.
template <typename T, typename Read>
T Guarded(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink, T failed,
          Read read) {
  if (!CheckText(map, file, source::kMaxFileBytes, sink)) return failed;
  try {
    Reader reader(map, file, sink);
    return read(reader);
  } catch (const std::exception& e) {
    sink.Report(Code::kUnexpectedToken, {file, 0, 0}, fmt::format("the text cannot be read: {}", e.what()));
    return failed;
  }
}

}  // namespace

std::vector<ParsedPolicy> ParseCedar(const source::SourceMap& map, source::FileId file,
                                     source::DiagnosticSink& sink, std::vector<Span>* places) {
  return Guarded(map, file, sink, std::vector<ParsedPolicy>(),
                 [&](Reader& r) { return r.ReadPolicies(places); });
}

std::optional<Policy> ParseCedarExpr(const source::SourceMap& map, source::FileId file,
                                     source::DiagnosticSink& sink) {
  return Guarded(map, file, sink, std::optional<Policy>(), [](Reader& r) { return r.ReadExpr(); });
}

std::optional<std::vector<SyntaxToken>> TokenizeCedar(const source::SourceMap& map, source::FileId file,
                                                      source::DiagnosticSink& sink) {
  return Guarded(map, file, sink, std::optional<std::vector<SyntaxToken>>(),
                 [](Reader& r) { return std::optional(r.ReadTokens()); });
}

}  // namespace polc::syntax
