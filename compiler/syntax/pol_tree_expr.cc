// The expressions and literals of pol_tree.h.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "compiler/source/quote.h"
#include "compiler/syntax/cedar_parser.h"
#include "compiler/syntax/pol_tree.h"

namespace polc::syntax::pol {

namespace {

// The last integer that fits only behind a minus: the smallest of 64 bits.
constexpr uint64_t kMinMagnitude = uint64_t{1} << 63;

constexpr int64_t kWhole = 10'000;  // units of a decimal; of a percentage: 100%

}  // namespace

Expr TreeBuilder::New(ExprKind kind, Span span) {
  Expr e;
  e.kind = kind;
  e.span = span;
  return e;
}

ExprId TreeBuilder::Add(Expr e) {
  uint32_t depth = 0;
  for (ExprId operand : e.operands) depth = std::max(depth, depths_[operand]);
  if (++depth > kMaxExprDepth && !too_deep_) {
    too_deep_ = true;
    Report(Code::kNestingTooDeep, e.span,
           fmt::format("this expression is nested {} deep, the limit is {}", depth, kMaxExprDepth))
        .help = "a long chain of `or` over one value can be written as `is one of [...]`";
  }
  depths_.resize(file_.exprs.size());
  depths_.push_back(depth);
  file_.exprs.push_back(std::move(e));
  return static_cast<ExprId>(file_.exprs.size() - 1);
}

ExprId TreeBuilder::AddNode(ExprKind kind, Span span, std::vector<ExprId> operands) {
  Expr e = New(kind, span);
  e.operands = std::move(operands);
  return Add(std::move(e));
}

ExprId TreeBuilder::AddInteger(ExprKind kind, Span span, int64_t value) {
  Expr e = New(kind, span);
  e.integer = value;
  return Add(std::move(e));
}

// -------------------------------------------------------------------------------------------- Literals

std::optional<data::Value> TreeBuilder::Convert(data::ExtFn fn, std::string text, Span span) {
  auto result = data::CallExt(fn, {data::Value(std::move(text))});
  if (data::Value* value = std::get_if<data::Value>(&result)) return std::move(*value);
  Report(Code::kInvalidLiteral, span, std::get<std::string>(result));
  return std::nullopt;
}

int64_t TreeBuilder::ReadTime(const Token* token) {
  std::string text(TextOf(token));
  // Cedar writes the offset `+0100`.
  size_t colon = text.size() >= 3 ? text.size() - 3 : 0;
  if (text.size() > 19 && text[colon] == ':') text.erase(colon, 1);
  auto value = Convert(data::ExtFn::kDatetime, std::move(text), SpanOf(token));
  return value ? value->as_datetime().ms : 0;
}

int64_t TreeBuilder::ReadDuration(const Token* token) {
  auto value = Convert(data::ExtFn::kDuration, std::string(TextOf(token)), SpanOf(token));
  return value ? value->as_duration().ms : 0;
}

int64_t TreeBuilder::ReadInteger(std::string_view digits, bool negative, Span span) {
  uint64_t magnitude = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), magnitude);
  if (error != std::errc() || magnitude > kMinMagnitude - (negative ? 0 : 1)) {
    Report(Code::kIntegerTooLarge, span,
           fmt::format("`{}` does not fit a Number, which is between -2^63 and 2^63-1",
                       source::Excerpt(map_.text(span))));
    return 0;
  }
  return static_cast<int64_t>(negative ? ~magnitude + 1 : magnitude);
}

ExprId TreeBuilder::Build(P::LiteralContext* tree, Span minus) {
  const Token* token = tree->getStart();
  std::string_view text = TextOf(token);
  Span span = source::Cover(minus, SpanOf(token));
  switch (token->getType()) {
    case P::TRUE:
    case P::FALSE:
      return AddInteger(ExprKind::kBool, span, token->getType() == P::TRUE);
    case P::INT:
      return AddInteger(ExprKind::kNumber, span, ReadInteger(text, minus.valid(), span));
    case P::DECIMAL: {
      auto value = Convert(data::ExtFn::kDecimal, (minus.valid() ? "-" : "") + std::string(text), span);
      return AddInteger(ExprKind::kDecimal, span, value ? value->as_decimal().units : 0);
    }
    case P::PERCENT: {
      auto value = Convert(
          data::ExtFn::kDecimal,
          std::string(text.substr(0, text.size() - 1)) + (text.find('.') == text.npos ? ".0" : ""), span);
      int64_t units = value ? value->as_decimal().units : 0;
      if (units > 100 * kWhole) {
        Report(Code::kInvalidLiteral, span,
               fmt::format("`{}` is more than `100%`, the largest Percent", text));
      } else if (units % 100 != 0) {
        Report(Code::kInvalidLiteral, span,
               fmt::format("`{}` has more than two digits behind the point, a Percent keeps two", text));
      }
      return AddInteger(ExprKind::kPercent, span, units / 100);
    }
    case P::DURATION:
      return AddInteger(ExprKind::kDuration, span, ReadDuration(token));
    case P::DATETIME:
      return AddInteger(ExprKind::kTime, span, ReadTime(token));
    case P::ADDRESS: {
      Convert(data::ExtFn::kIp, std::string(text), span);
      Expr e = New(ExprKind::kAddress, span);
      e.text = text;
      return Add(std::move(e));
    }
    default: {
      Expr e = New(ExprKind::kText, span);
      e.text = StringText(tree->STRING());
      return Add(std::move(e));
    }
  }
}

ExprId TreeBuilder::BuildDuration(P::DurationContext* tree) {
  if (tree->id() != nullptr) return Build(tree->id());
  return AddInteger(ExprKind::kDuration, SpanOf(tree), ReadDuration(tree->DURATION()->getSymbol()));
}

ExprId TreeBuilder::BuildCount(TerminalNode* number, P::IdContext* setting) {
  if (setting != nullptr) return Build(setting);
  return AddInteger(ExprKind::kNumber, SpanOf(number), ReadInteger(TextOf(number), false, SpanOf(number)));
}

// ----------------------------------------------------------------------------------- Names and accesses

ExprId TreeBuilder::Build(P::IdContext* tree) {
  Expr e = New(ExprKind::kName, SpanOf(tree));
  e.text = TextOf(tree);
  return Add(std::move(e));
}

ExprId TreeBuilder::Build(P::VariableContext* tree) {
  Var var = tree->PRINCIPAL() != nullptr  ? Var::kPrincipal
            : tree->ACTION() != nullptr   ? Var::kAction
            : tree->RESOURCE() != nullptr ? Var::kResource
                                          : Var::kContext;
  return AddInteger(ExprKind::kVar, SpanOf(tree), static_cast<int64_t>(var));
}

ExprId TreeBuilder::Build(P::EntityContext* tree) {
  EntityRef entity = MakeEntity(tree);
  if (entity.type.text == "ip") {
    Convert(data::ExtFn::kIp, entity.id, SpanOf(tree->STRING()));
    Expr e = New(ExprKind::kAddress, entity.span);
    e.text = std::move(entity.id);
    return Add(std::move(e));
  }
  Expr e = New(ExprKind::kEntity, entity.span);
  e.entity = std::move(entity);
  return Add(std::move(e));
}

ExprId TreeBuilder::BuildAttribute(ExprId subject, P::WordContext* word) {
  Expr e = New(ExprKind::kAttr, source::Cover(SpanOf(subject), SpanOf(word)));
  e.operands = {subject};
  e.text = TextOf(word);
  e.name_span = SpanOf(word);
  return Add(std::move(e));
}

ExprId TreeBuilder::Build(P::PathContext* tree) {
  ExprId id = tree->variable() != nullptr ? Build(tree->variable()) : Build(tree->id());
  for (P::WordContext* word : tree->word()) id = BuildAttribute(id, word);
  return id;
}

ExprId TreeBuilder::Build(P::KeyContext* tree) {
  ExprId id = Build(tree->variable());
  for (P::WordContext* word : tree->word()) id = BuildAttribute(id, word);
  return id;
}

ExprId TreeBuilder::BuildAccesses(ExprId head, const std::vector<P::AccessContext*>& accesses) {
  for (P::AccessContext* access : accesses) {
    if (access->LPAREN() != nullptr) {
      std::vector<ExprId> operands = {head};
      for (P::ExprContext* argument : access->expr()) operands.push_back(Build(argument));
      Expr e = New(ExprKind::kMethod, source::Cover(SpanOf(head), SpanOf(access)));
      e.operands = std::move(operands);
      e.text = TextOf(access->word());
      e.name_span = SpanOf(access->word());
      head = Add(std::move(e));
    } else if (access->STRING() != nullptr) {
      Expr e = New(ExprKind::kAttr, source::Cover(SpanOf(head), SpanOf(access)));
      e.operands = {head};
      e.integer = 1;
      e.text = StringText(access->STRING());
      e.name_span = SpanOf(access->STRING());
      head = Add(std::move(e));
    } else {
      head = BuildAttribute(head, access->word());
    }
  }
  return head;
}

ExprId TreeBuilder::Build(P::SetContext* tree) {
  std::vector<ExprId> elements;
  for (P::ExprContext* element : tree->expr()) elements.push_back(Build(element));
  return AddNode(ExprKind::kSet, SpanOf(tree), std::move(elements));
}

ExprId TreeBuilder::Build(P::RecordContext* tree) {
  Expr e = New(ExprKind::kRecord, SpanOf(tree));
  std::set<std::string> seen;
  for (P::FieldContext* field : tree->field()) {
    P::AttributeNameContext* name = field->attributeName();
    std::string key = name->STRING() != nullptr ? StringText(name->STRING()) : std::string(TextOf(name));
    if (!seen.insert(key).second) {
      Report(Code::kDuplicateRecordKey, SpanOf(name),
             fmt::format("key `{}` is given twice", source::Excerpt(key)));
    }
    e.texts.push_back(std::move(key));
    e.operands.push_back(Build(field->expr()));
  }
  return Add(std::move(e));
}

ExprId TreeBuilder::Build(P::PrimaryContext* tree) {
  if (tree->entity() != nullptr) return Build(tree->entity());
  if (tree->id() != nullptr) return Build(tree->id());
  if (tree->variable() != nullptr) return Build(tree->variable());
  if (tree->literal() != nullptr) return Build(tree->literal());
  if (tree->set() != nullptr) return Build(tree->set());
  if (tree->record() != nullptr) return Build(tree->record());
  return AddNode(ExprKind::kParen, SpanOf(tree), {Build(tree->expr())});
}

TreeBuilder::P::LiteralContext* TreeBuilder::NumberOf(P::PrimaryContext* tree) {
  P::LiteralContext* literal = tree->literal();
  bool number = literal != nullptr && (literal->INT() != nullptr || literal->DECIMAL() != nullptr);
  return number ? literal : nullptr;
}

ExprId TreeBuilder::BuildNegated(Span minus, ExprId operand) {
  Expr e = New(ExprKind::kNeg, source::Cover(minus, SpanOf(operand)));
  e.operands = {operand};
  e.name_span = minus;
  return Add(std::move(e));
}

ExprId TreeBuilder::Build(P::OperandContext* tree) {
  P::LiteralContext* number = tree->MINUS() != nullptr ? NumberOf(tree->primary()) : nullptr;
  ExprId id = number != nullptr ? Build(number, SpanOf(tree->MINUS())) : Build(tree->primary());
  id = BuildAccesses(id, tree->access());
  if (tree->MINUS() == nullptr || number != nullptr) return id;
  return BuildNegated(SpanOf(tree->MINUS()), id);
}

ExprId TreeBuilder::Build(P::ConstantContext* tree) {
  if (tree->literal() != nullptr) {
    P::LiteralContext* literal = tree->literal();
    if (tree->MINUS() == nullptr) return Build(literal);
    Span minus = SpanOf(tree->MINUS());
    if (literal->INT() != nullptr || literal->DECIMAL() != nullptr) return Build(literal, minus);
    return BuildNegated(minus, Build(literal));
  }
  if (tree->entity() != nullptr) return Build(tree->entity());
  if (tree->path() != nullptr) return Build(tree->path());
  if (tree->id() != nullptr) return Build(tree->id());
  if (tree->set() != nullptr) return Build(tree->set());
  return Build(tree->record());
}

// ------------------------------------------------------------------------------------------- Operators

ExprId TreeBuilder::Build(P::TermContext* tree) {
  // The signs in front, outermost first.
  std::vector<const Token*> signs;
  for (antlr4::tree::ParseTree* child : tree->children) {
    auto* node = dynamic_cast<TerminalNode*>(child);
    size_t type = node != nullptr ? node->getSymbol()->getType() : size_t{0};
    if (type != P::NOT_SYMBOL && type != P::MINUS) break;
    signs.push_back(node->getSymbol());
  }
  ExprId id = kNoExpr;
  if (tree->primary() == nullptr) {
    ExprId key = tree->key() != nullptr ? Build(tree->key()) : Build(tree->entity());
    Expr e = New(ExprKind::kKeyed, source::Cover(SpanOf(tree->id()), SpanOf(key)));
    e.operands = {key};
    e.text = TextOf(tree->id());
    e.name_span = SpanOf(tree->id());
    id = Add(std::move(e));
  } else {
    bool negative = !signs.empty() && signs.back()->getType() == P::MINUS;
    P::LiteralContext* number = negative ? NumberOf(tree->primary()) : nullptr;
    if (number != nullptr) {
      id = Build(number, SpanOf(signs.back()));
      signs.pop_back();
    } else {
      id = Build(tree->primary());
    }
    id = BuildAccesses(id, tree->access());
  }
  while (!signs.empty()) {
    Span sign = SpanOf(signs.back());
    if (signs.back()->getType() == P::MINUS) {
      id = BuildNegated(sign, id);
    } else {
      Expr e = New(ExprKind::kNot, source::Cover(sign, SpanOf(id)));
      e.operands = {id};
      e.spelled = Spelling::kSymbol;
      e.name_span = sign;
      id = Add(std::move(e));
    }
    signs.pop_back();
  }
  return id;
}

ExprId TreeBuilder::Build(P::SumContext* tree) {
  // children: term, operator, term, …; `*` binds tighter, both lean to the left.
  std::vector<P::TermContext*> terms = tree->term();
  auto binary = [&](ExprId left, ExprId right, const Token* op) {
    size_t type = op->getType();
    Expr e = New(type == P::PLUS    ? ExprKind::kAdd
                 : type == P::MINUS ? ExprKind::kSub
                                    : ExprKind::kMul,
                 source::Cover(SpanOf(left), SpanOf(right)));
    e.operands = {left, right};
    e.name_span = SpanOf(op);
    return Add(std::move(e));
  };
  ExprId sum = kNoExpr;
  const Token* sum_op = nullptr;
  ExprId product = Build(terms[0]);
  for (size_t i = 1; i < terms.size(); ++i) {
    const Token* op = static_cast<TerminalNode*>(tree->children[2 * i - 1])->getSymbol();
    ExprId term = Build(terms[i]);
    if (op->getType() == P::STAR) {
      product = binary(product, term, op);
      continue;
    }
    sum = sum == kNoExpr ? product : binary(sum, product, sum_op);
    sum_op = op;
    product = term;
  }
  return sum == kNoExpr ? product : binary(sum, product, sum_op);
}

void TreeBuilder::CheckIn(ExprId left, ExprId right, Span op) {
  const Expr& l = file_.exprs[left];
  const Expr& r = file_.exprs[right];
  std::string left_text(map_.text(l.span)), right_text(map_.text(r.span));
  bool set_of_text = r.kind == ExprKind::kSet && !r.operands.empty() &&
                     std::all_of(r.operands.begin(), r.operands.end(),
                                 [&](ExprId e) { return file_.exprs[e].kind == ExprKind::kText; });
  if (l.kind != ExprKind::kText && r.kind != ExprKind::kText && !set_of_text) return;
  Diagnostic& d =
      Report(Code::kInOnText, op, "`in` stands beside a text, it asks only for groups of entities");
  if (set_of_text) {
    d.help = fmt::format("write `{} is one of {}`", source::Excerpt(left_text), source::Excerpt(right_text));
  } else if (l.kind == ExprKind::kText) {
    d.help = fmt::format("write `{} contains {}`", source::Excerpt(right_text), source::Excerpt(left_text));
  } else {
    d.help = fmt::format(
        "for equal texts write `{0} is {1}`; a group is written with its type, as in `{0} in Team {1}`",
        source::Excerpt(left_text), source::Excerpt(right_text));
  }
}

ExprId TreeBuilder::BuildComparison(ExprId subject, P::ComparisonContext* tree) {
  if (tree->isBody() != nullptr) return BuildIs(subject, tree);
  Expr e = New(ExprKind::kIs, source::Cover(SpanOf(subject), SpanOf(tree)));
  e.name_span = SpanOf(tree->getStart());
  e.operands = {subject};
  if (tree->sum() != nullptr) e.operands.push_back(Build(tree->sum()));
  if (tree->op != nullptr) {
    e.spelled = Spelling::kSymbol;
    switch (tree->op->getType()) {
      case P::LT:
        e.kind = ExprKind::kBelow;
        break;
      case P::LE:
        e.kind = ExprKind::kAtMost;
        break;
      case P::GT:
        e.kind = ExprKind::kAbove;
        break;
      case P::GE:
        e.kind = ExprKind::kAtLeast;
        break;
      case P::ASSIGN:
        Report(Code::kUnsupportedOperator, SpanOf(tree->op), "`=` is no operator of Pol").help =
            "equality is written `is`";
        break;
      default:
        e.negated = tree->op->getType() == P::NE;
        break;
    }
  } else if (tree->IN() != nullptr) {
    e.kind = ExprKind::kIn;
    e.negated = tree->NOT() != nullptr;
    CheckIn(subject, e.operands[1], source::Cover(e.name_span, SpanOf(tree->IN())));
  } else if (tree->HAS() != nullptr) {
    e.kind = ExprKind::kHas;
    if (tree->STRING() != nullptr) e.texts.push_back(StringText(tree->STRING()));
    for (P::WordContext* word : tree->word()) e.texts.emplace_back(TextOf(word));
  } else if (tree->MATCHES() != nullptr) {
    e.kind = ExprKind::kMatches;
    std::vector<EscapeError> errors;
    e.pattern = UnescapePattern(StringBody(tree->STRING()->getSymbol()), errors);
    ReportEscapes(tree->STRING()->getSymbol(), errors);
  } else if (tree->EXISTS() != nullptr) {
    e.kind = ExprKind::kExists;
  } else {
    e.kind = tree->CONTAINS() != nullptr ? ExprKind::kContains
             : tree->STARTS() != nullptr ? ExprKind::kStartsWith
                                         : ExprKind::kEndsWith;
  }
  return Add(std::move(e));
}

ExprId TreeBuilder::BuildIs(ExprId subject, P::ComparisonContext* tree) {
  P::IsBodyContext* body = tree->isBody();
  Expr e = New(ExprKind::kIs, source::Cover(SpanOf(subject), SpanOf(tree)));
  e.negated = tree->NOT() != nullptr;
  e.operands = {subject};
  for (P::SumContext* operand : body->sum()) e.operands.push_back(Build(operand));
  // The words of the operator, for messages: from `is` to before the first operand.
  e.name_span = source::Cover(SpanOf(tree->IS()), e.negated ? SpanOf(tree->NOT()) : SpanOf(tree->IS()));
  const Token* first = body->getStart();
  if (body->children[0] == body->sum(0)) {
    if (body->IN() != nullptr) e.kind = ExprKind::kIsIn;
    return Add(std::move(e));
  }
  const Token* last = body->children.size() > 1 && first->getType() != P::BETWEEN &&
                              dynamic_cast<TerminalNode*>(body->children[1]) != nullptr
                          ? static_cast<TerminalNode*>(body->children[1])->getSymbol()
                          : first;
  if (last->getType() == P::STRING) last = first;
  e.name_span = source::Cover(e.name_span, SpanOf(last));
  if (body->actionClass() != nullptr) {
    e.kind = ExprKind::kIsClass;
    e.integer = static_cast<int64_t>(MakeActionClass(body->actionClass()));
    return Add(std::move(e));
  }
  if (body->stateWord() != nullptr) {
    e.kind = ExprKind::kIsState;
    e.integer = static_cast<int64_t>(MakeStateWord(body->stateWord()));
    return Add(std::move(e));
  }
  switch (first->getType()) {
    case P::WITHIN:
      e.kind = ExprKind::kWithin;
      break;
    case P::UNDER:
      e.kind = body->PATH() != nullptr ? ExprKind::kUnderPath : ExprKind::kUnderDomain;
      e.text = StringText(body->STRING());
      break;
    case P::MISSING:
      e.kind = ExprKind::kMissing;
      break;
    case P::ONE:
      e.kind = ExprKind::kOneOf;
      break;
    case P::BETWEEN:
      e.kind = ExprKind::kBetween;
      break;
    case P::AT:
      e.kind = body->LEAST() != nullptr ? ExprKind::kAtLeast : ExprKind::kAtMost;
      break;
    case P::BEFORE:
    case P::BELOW:
      e.kind = ExprKind::kBelow;
      e.spelled = first->getType() == P::BEFORE ? Spelling::kTime : Spelling::kWord;
      break;
    default:
      e.kind = ExprKind::kAbove;
      e.spelled = first->getType() == P::AFTER ? Spelling::kTime : Spelling::kWord;
      break;
  }
  return Add(std::move(e));
}

ExprId TreeBuilder::Build(P::RelationContext* tree) {
  ExprId id = Build(tree->sum());
  if (tree->comparison() != nullptr) id = BuildComparison(id, tree->comparison());
  return BuildNots(id, tree->NOT());
}

ExprId TreeBuilder::BuildNots(ExprId id, const std::vector<TerminalNode*>& nots) {
  for (auto it = nots.rbegin(); it != nots.rend(); ++it) {
    Expr e = New(ExprKind::kNot, source::Cover(SpanOf(*it), SpanOf(id)));
    e.operands = {id};
    e.name_span = SpanOf(*it);
    id = Add(std::move(e));
  }
  return id;
}

ExprId TreeBuilder::Build(P::OpenContext* tree) {
  std::vector<TerminalNode*> nots = tree->NOT();
  Span span = SpanOf(tree);
  if (!nots.empty()) span.begin = SpanOf(tree->quantifier ? tree->quantifier : tree->IF()->getSymbol()).begin;
  ExprId id = kNoExpr;
  if (tree->quantifier == nullptr) {
    ExprId condition = Build(tree->expr(0));
    ExprId then_branch = Build(tree->expr(1));
    ExprId else_branch = Build(tree->expr(2));
    id = AddNode(ExprKind::kIf, span, {condition, then_branch, else_branch});
  } else {
    ExprId set = Build(tree->term());
    ExprId body = Build(tree->expr(0));
    Expr e = New(tree->NUMBER() != nullptr  ? ExprKind::kCount
                 : tree->EVERY() != nullptr ? ExprKind::kEvery
                                            : ExprKind::kSome,
                 span);
    e.operands = {set, body};
    e.text = TextOf(tree->id());
    e.name_span = SpanOf(tree->id());
    id = Add(std::move(e));
  }
  return BuildNots(id, nots);
}

ExprId TreeBuilder::Build(P::ExprContext* tree) {
  std::vector<P::RelationContext*> relations = tree->relation();
  std::vector<P::LogicalContext*> ops = tree->logical();
  auto binary = [&](ExprKind kind, ExprId left, ExprId right, P::LogicalContext* op) {
    Expr e = New(kind, source::Cover(SpanOf(left), SpanOf(right)));
    e.operands = {left, right};
    bool word = op->AND() != nullptr || op->OR() != nullptr;
    e.spelled = word ? Spelling::kWord : Spelling::kSymbol;
    e.name_span = SpanOf(op);
    return Add(std::move(e));
  };
  ExprId any = kNoExpr;  // what is joined by `or` so far
  ExprId all = kNoExpr;  // what is joined by `and` since
  P::LogicalContext* any_op = nullptr;
  size_t count = relations.size() + (tree->open() != nullptr ? 1 : 0);
  for (size_t i = 0; i < count; ++i) {
    ExprId item = i < relations.size() ? Build(relations[i]) : Build(tree->open());
    if (i == 0) {
      all = item;
      continue;
    }
    P::LogicalContext* op = ops[i - 1];
    if (op->AND() != nullptr || op->AND_SYMBOL() != nullptr) {
      all = binary(ExprKind::kAnd, all, item, op);
      continue;
    }
    any = any == kNoExpr ? all : binary(ExprKind::kOr, any, all, any_op);
    any_op = op;
    all = item;
  }
  return any == kNoExpr ? all : binary(ExprKind::kOr, any, all, any_op);
}

}  // namespace polc::syntax::pol
