// The expressions of cedar_tree.h.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "compiler/data/extension.h"
#include "compiler/source/planted.h"
#include "compiler/source/quote.h"
#include "compiler/syntax/cedar_parser.h"
#include "compiler/syntax/cedar_tree.h"
#include "compiler/syntax/names.h"

namespace polc::syntax {
namespace {

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

// The last literal that fits only behind a minus: -i64::MIN.
constexpr uint64_t kMinMagnitude = uint64_t{1} << 63;

}  // namespace

ExprId TreeBuilder::Add(Expr e) {
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

Expr TreeBuilder::New(ExprKind kind) {
  Expr e;
  e.kind = kind;
  return e;
}

ExprId TreeBuilder::AddNode(ExprKind kind, Span span, std::vector<ExprId> operands) {
  Expr e = New(kind);
  e.span = span;
  e.operands = std::move(operands);
  return Add(std::move(e));
}

ExprId TreeBuilder::AddInteger(ExprKind kind, Span span, int64_t value) {
  Expr e = New(kind);
  e.span = span;
  e.integer = value;
  return Add(std::move(e));
}

ExprId TreeBuilder::BuildExpr(P::ExprContext* tree) {
  if (tree->children.size() == 1) return BuildOperand(static_cast<P::OperandContext*>(tree->children[0]));
  Span span = SpanOf(tree);
  ExprId condition = BuildExpr(static_cast<P::ExprContext*>(tree->children[1]));
  ExprId then_branch = BuildExpr(static_cast<P::ExprContext*>(tree->children[3]));
  ExprId else_branch = BuildExpr(static_cast<P::ExprContext*>(tree->children[5]));
  return AddNode(ExprKind::kIf, span, {condition, then_branch, else_branch});
}

bool TreeBuilder::IsLogical(const P::OperandContext* tree) {
  return tree->op->getType() == P::AND || tree->op->getType() == P::OR;
}

bool TreeBuilder::IsRelation(const P::OperandContext* tree) {
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

ExprId TreeBuilder::BuildOperand(P::OperandContext* tree) {
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
             fmt::format("`{}` follows `{}`, but relations cannot be chained or computed with",
                         TextOf(chain[i]->op), TextOf(below->op)))
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

void TreeBuilder::ReportAssign(const Token* op) {
  Report(Code::kUnsupportedOperator, SpanOf(op), "`=` is no operator of Cedar").help =
      "equality is written `==`";
}

ExprId TreeBuilder::BuildBinary(ExprId left, P::OperandContext* tree) {
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

ExprId TreeBuilder::BuildHas(ExprId subject, P::OperandContext* tree) {
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
    CheckAttribute(word, "has \"", "\"");
    e.texts.emplace_back(TextOf(word));
    e.name_span = source::Cover(e.name_span, SpanOf(word));
  }
  e.span = source::Cover(SpanOf(subject), e.name_span);
  return Add(std::move(e));
}

void TreeBuilder::CheckAttribute(const Token* word, std::string_view before, std::string_view after) {
  RefuseCedarPart(TextOf(word), SpanOf(word));
  if (word->getType() == P::IDENT) return;
  Report(Code::kReservedWord, SpanOf(word),
         fmt::format("`{}` is a reserved word and cannot be a name", TextOf(word)))
      .help = fmt::format("write `{}{}{}`", before, TextOf(word), after);
}

ExprId TreeBuilder::BuildLike(ExprId subject, P::OperandContext* tree) {
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

ExprId TreeBuilder::BuildIs(ExprId subject, P::OperandContext* is, P::OperandContext* in) {
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

ExprId TreeBuilder::BuildUnary(P::OperandContext* tree) {
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
    operand = AddInteger(ExprKind::kLong, span, static_cast<int64_t>(0 - ReadNumber(number, kMinMagnitude)));
  } else {
    operand = BuildMember(tree, primary, signs + 1);
  }
  while (signs-- > 0) {
    operand = AddNode(minus ? ExprKind::kNeg : ExprKind::kNot,
                      source::Cover(SpanOf(Terminal(tree->children[signs])), SpanOf(operand)), {operand});
  }
  return operand;
}

uint64_t TreeBuilder::ReadNumber(const Token* token, uint64_t most) {
  std::string_view text = TextOf(token);
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && (value <= most || (source::Planted(7) && value == kMinMagnitude))) return value;
  Diagnostic& d = Report(
      Code::kIntegerTooLarge, SpanOf(token),
      fmt::format("`{}` does not fit: integers have 64 bits, up to 9223372036854775807", Shorten(text)));
  if (error == std::errc() && value == kMinMagnitude) {
    d.help = "the smallest integer is written `-9223372036854775808`, the minus directly before the digits";
  }
  return 0;
}

std::vector<ExprId> TreeBuilder::BuildAll(const std::vector<P::ExprContext*>& trees) {
  std::vector<ExprId> ids;
  ids.reserve(trees.size());
  for (P::ExprContext* tree : trees) ids.push_back(BuildExpr(tree));
  return ids;
}

grammar::CedarParser::AccessContext* TreeBuilder::Access(P::OperandContext* tree, size_t i) {
  return i < tree->children.size() ? static_cast<P::AccessContext*>(tree->children[i]) : nullptr;
}

size_t TreeBuilder::AccessType(P::AccessContext* access) {
  return access == nullptr ? size_t{Token::EOF} : access->getStart()->getType();
}

ExprId TreeBuilder::BuildMember(P::OperandContext* tree, P::PrimaryContext* primary, size_t next) {
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
          CheckAttribute(access->name, "[\"", "\"]");
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

ExprId TreeBuilder::BuildNamed(P::OperandContext* tree, P::PrimaryContext* primary, size_t& next) {
  size_t reported = sink_.diagnostics().size();
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
  if (sink_.diagnostics().size() > reported) return Placeholder(name.span);
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

std::string TreeBuilder::AccessHelp(const std::string& name) {
  if (auto guess = source::DidYouMean(name, {"principal", "action", "resource", "context"})) {
    return fmt::format("did you mean `{}`?", *guess);
  }
  return "the parts of a name are joined by `::`; the variables are `principal`, `action`, `resource` and "
         "`context`";
}

std::string TreeBuilder::VariableHelp(const std::string& name) {
  if (auto guess = source::DidYouMean(name, {"principal", "action", "resource", "context"})) {
    return fmt::format("did you mean `{}`?", *guess);
  }
  return fmt::format(
      "the variables are `principal`, `action`, `resource` and `context`; a string is written `\"{}\"`, an "
      "entity `{}::\"id\"`",
      name, name);
}

ExprId TreeBuilder::BuildCall(Name name, P::AccessContext* access) {
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

ExprId TreeBuilder::BuildMethod(ExprId receiver, const Token* name, P::AccessContext* call, Span span) {
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

ExprId TreeBuilder::BuildIndex(ExprId head, P::AccessContext* access, Span span) {
  P::ExprContext* index = access->expr(0);
  auto* operand = dynamic_cast<P::OperandContext*>(index->children[0]);
  Token* string = nullptr;
  if (operand != nullptr && operand->op == nullptr && operand->children.size() == 1 &&
      index->getStart() == index->getStop() && index->getStart()->getType() == P::STRING) {
    string = index->getStart();
  }
  if (string == nullptr) {
    BuildExpr(index);
    Report(
        Code::kInvalidAccess, SpanOf(index),
        fmt::format("`{}` stands between `[` and `]`, which take a string literal", Shorten(TextOf(index))));
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

ExprId TreeBuilder::BuildPrimary(P::PrimaryContext* tree) {
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

ExprId TreeBuilder::BuildRecord(P::PrimaryContext* tree, Span span) {
  Expr e = New(ExprKind::kRecord);
  e.span = span;
  std::vector<std::pair<std::string, Span>> keys;
  for (P::EntryContext* entry : tree->entry()) {
    Token* key = entry->key;
    if (key->getType() == P::STRING) {
      e.texts.push_back(StringText(key));
    } else {
      CheckAttribute(key, "\"", "\": ...");
      e.texts.emplace_back(TextOf(key));
    }
    keys.emplace_back(e.texts.back(), SpanOf(key));
    e.operands.push_back(BuildExpr(entry->expr()));
  }
  std::stable_sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (size_t i = 1; i < keys.size(); ++i) {
    if (keys[i].first != keys[i - 1].first) continue;
    Report(Code::kDuplicateRecordKey, keys[i].second,
           fmt::format("key `{}` stands twice in one record", source::Escape(keys[i].first)))
        .labels.push_back({keys[i - 1].second, "first given here"});
  }
  return Add(std::move(e));
}

}  // namespace polc::syntax
