// Tests that are well-formed and say something else than they seem to, or more than they need to.
#include <algorithm>
#include <map>
#include <set>

#include "compiler/core/kinds.h"
#include "compiler/lint/context.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::lint {

using core::Expr;
using core::ExprId;
using core::Op;
using core::Rule;
using data::Kind;
using source::Code;

namespace {

// As messages name a kind.
std::string_view KindWord(Kind kind) {
  switch (kind) {
    case Kind::kString:
      return "a text";
    case Kind::kLong:
      return "a number";
    case Kind::kEntity:
      return "an entity";
    case Kind::kSet:
      return "a set";
    case Kind::kRecord:
      return "a record";
    case Kind::kBool:
      return "true or false";
    case Kind::kIp:
      return "an address";
    case Kind::kDecimal:
      return "a decimal";
    case Kind::kDatetime:
      return "a time";
    case Kind::kDuration:
      return "a duration";
  }
  return "";
}

// Whether an operator binds looser than `!` and has to stand in brackets behind it.
bool NeedsBrackets(Op op) {
  return op == Op::kAnd || op == Op::kOr || op == Op::kIf || op == Op::kEq || op == Op::kLess ||
         op == Op::kLessEq || op == Op::kIn || op == Op::kIs || op == Op::kHas || op == Op::kLike ||
         op == Op::kAdd || op == Op::kSub || op == Op::kMul || op == Op::kNot || op == Op::kNeg;
}

bool IsHostName(std::string_view attribute) {
  std::string lower;
  for (char c : attribute) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return std::ranges::any_of(std::array{"host", "domain", "url", "uri", "origin", "mail", "referer"},
                             [&](const char* word) { return lower.find(word) != lower.npos; });
}

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Whether a text is letters, digits, hyphens and at least one dot between them: `corp.example`.
bool IsDomain(std::string_view text) {
  if (text.empty() || !IsWordCharacter(text.front()) || !IsWordCharacter(text.back())) return false;
  return text.find('.') != text.npos &&
         std::ranges::all_of(text, [](char c) { return IsWordCharacter(c) || c == '.' || c == '-'; });
}

class Tests {
 public:
  Tests(Context& context, const Rule& rule) : context_(context), rule_(rule) {}

  void Check() {
    for (ExprId id = 0; id < rule_.exprs.size(); ++id) {
      const Expr& e = rule_.exprs[id];
      if (!context_.Ours(e.span)) continue;
      switch (e.op) {
        case Op::kEq:
          CheckEquality(e);
          CheckOrder(e);
          CheckSelf(e);
          break;
        case Op::kLess:
        case Op::kLessEq:
          CheckOrder(e);
          CheckSelf(e);
          break;
        case Op::kIn:
          CheckIn(e);
          CheckSelf(e);
          break;
        case Op::kContainsAll:
        case Op::kContainsAny:
          CheckSelf(e);
          break;
        case Op::kLike:
          CheckLike(e);
          break;
        case Op::kHas:
          CheckHas(e);
          break;
        case Op::kIf:
          CheckIf(e);
          break;
        case Op::kNot:
          CheckNot(e);
          break;
        case Op::kCall:
          if (e.fn() == data::ExtFn::kIsInRange) CheckRange(e);
          break;
        default:
          break;
      }
    }
    CheckLength();
  }

 private:
  Finding& Report(Code code, const Expr& e, std::string message, std::string help) {
    return context_.ReportIn(rule_, code, e.span, std::move(message), std::move(help));
  }
  std::string Text(ExprId id) const { return context_.Text(rule_.exprs[id].span); }
  std::string_view Raw(source::Span span) const { return context_.in.map.text(span); }

  // `x == x`: always true, where it does not err; `<` never. Written twice, not repeated by polc.
  void CheckSelf(const Expr& e) {
    if (!context_.On(Code::kSelfComparison)) return;
    const ExprId a = rule_.operands(e)[0], b = rule_.operands(e)[1];
    const std::vector<TermId>& terms = context_.prover.Of(rule_).terms;
    if (terms[a] != terms[b] || rule_.exprs[a].op == Op::kLiteral) return;
    if (rule_.exprs[a].span == rule_.exprs[b].span) return;
    Report(Code::kSelfComparison, e, fmt::format("`{}` is compared with itself", Text(a)),
           "one of the two was meant to be something else");
  }

  void CheckEquality(const Expr& e) {
    const ExprId a = rule_.operands(e)[0], b = rule_.operands(e)[1];
    const std::optional<Kind> left = core::ResultKind(rule_, rule_.exprs[a]),
                              right = core::ResultKind(rule_, rule_.exprs[b]);
    if (left && right && *left != *right) {
      const bool text = *left == Kind::kString || *right == Kind::kString;
      if (text && (*left == Kind::kEntity || *right == Kind::kEntity)) {
        const ExprId entity = *left == Kind::kEntity ? a : b, literal = *left == Kind::kEntity ? b : a;
        Report(Code::kEntityComparedWithText, e,
               fmt::format("`{}` is an entity and never equal to the text `{}`", Text(entity), Text(literal)),
               fmt::format("name the entity, as in `User::{}`, or compare an attribute", Text(literal)));
      } else {
        Report(Code::kMixedKindsCompared, e,
               fmt::format("`{}` is {} and `{}` is {}, which are never equal", Text(a), KindWord(*left),
                           Text(b), KindWord(*right)),
               "compare values of one kind");
      }
      return;
    }
    for (ExprId side : {a, b}) {
      const Expr& operand = rule_.exprs[side];
      if (operand.op != Op::kLiteral || !rule_.value(operand).is(Kind::kBool)) continue;
      Report(Code::kBooleanLiteralCompared, e,
             fmt::format("`{}` is compared with `{}`", Text(side == a ? b : a), Text(side)),
             "write the test itself, or `!` before it");
      return;
    }
  }

  void CheckOrder(const Expr& e) {
    const ExprId a = rule_.operands(e)[0], b = rule_.operands(e)[1];
    if (rule_.exprs[a].op != Op::kLiteral || rule_.exprs[b].op == Op::kLiteral) return;
    if (rule_.exprs[a].span.begin >= rule_.exprs[b].span.begin) return;
    Report(Code::kLiteralOnTheLeft, e,
           fmt::format("`{}` stands before what it is compared with, `{}`", Text(a), Text(b)),
           "put what varies first, as in `x == 5`");
  }

  void CheckIn(const Expr& e) {
    const ExprId subject = rule_.operands(e)[0], group = rule_.operands(e)[1];
    const std::optional<Kind> left = core::ResultKind(rule_, rule_.exprs[subject]),
                              right = core::ResultKind(rule_, rule_.exprs[group]);
    if (left && *left != Kind::kEntity) {
      Report(
          Code::kInOnValue, e,
          fmt::format("`{}` is {}, and only entities can be `in` something", Text(subject), KindWord(*left)),
          "`in` asks for groups of entities; for sets of values write `[…].contains(…)`");
      return;
    }
    if (right && *right != Kind::kEntity && *right != Kind::kSet) {
      Report(Code::kInOnValue, e,
             fmt::format("`{}` is {}, and nothing is `in` it", Text(group), KindWord(*right)),
             *right == Kind::kString ? "for texts write `==`, `like` or `[…].contains(…)`"
                                     : "`in` asks for groups of entities");
      return;
    }
    if (rule_.exprs[group].op != Op::kSet) return;
    for (ExprId element : rule_.operands(group)) {
      const std::optional<Kind> kind = core::ResultKind(rule_, rule_.exprs[element]);
      if (!kind || *kind == Kind::kEntity) continue;
      Report(Code::kInOnValue, e,
             fmt::format("`{}` is {}, and `in` asks for entities", Text(element), KindWord(*kind)),
             fmt::format("write `{}.contains({})`", Text(group), Text(subject)));
      return;
    }
  }

  void CheckLike(const Expr& e) {
    const core::Pattern& pattern = rule_.pattern(e);
    // Pol has `is` and `like` in one test of sets of constants; only what was written as a pattern counts.
    if (rule_.strict) return;
    if (std::ranges::none_of(pattern, [](const core::PatternPart& p) { return p.wildcard; })) {
      Report(Code::kPatternWithoutWildcard, e, "the pattern has no `*`, so only this very text matches",
             "write `==`, or put a `*` where something may vary");
      return;
    }
    const Expr& subject = rule_.exprs[rule_.operands(e)[0]];
    if (subject.op != Op::kGetAttr || !IsHostName(rule_.name(subject))) return;
    CheckHost(e, pattern);
  }

  // `*corp.example` takes `evilcorp.example`; `https://corp.example*` takes `https://corp.example.evil.org`.
  void CheckHost(const Expr& e, const core::Pattern& pattern) {
    const core::PatternPart &first = pattern.front(), &last = pattern.back();
    if (first.wildcard && pattern.size() == 2 && IsDomain(last.literal)) {
      Report(Code::kLooseHostPattern, e,
             fmt::format("`*` may stand for part of a name: `evil{}` matches, too", last.literal),
             fmt::format("write `*.{}`, or `*@{}` for addresses of mail", last.literal, last.literal));
    } else if (!first.wildcard && pattern.size() == 2 && last.wildcard) {
      const size_t scheme = first.literal.find("://");
      const std::string_view host =
          std::string_view(first.literal).substr(scheme == std::string::npos ? 0 : scheme + 3);
      if (scheme == std::string::npos || !IsDomain(host)) return;
      Report(Code::kLooseHostPattern, e,
             fmt::format("`*` may continue the name: `{}.evil.org` matches, too", first.literal),
             fmt::format("write `{}/*`", first.literal));
    }
  }

  // A context attribute that every action of the rule has.
  void CheckHas(const Expr& e) {
    const model::Schema* schema = context_.in.schema;
    if (!schema || !context_.On(Code::kHasOnRequired)) return;
    const Expr& subject = rule_.exprs[rule_.operands(e)[0]];
    if (subject.op != Op::kVar || subject.var() != core::Var::kContext) return;
    // `context has a.b` asks for both.
    const auto written = std::ranges::count_if(
        rule_.exprs, [&](const Expr& other) { return other.op == Op::kHas && other.span == e.span; });
    if (written != 1) return;
    size_t actions = 0;
    for (const auto& [uid, action] : schema->actions) {
      if (action.principal_types.empty() || action.resource_types.empty()) continue;
      if (!MayBe(rule_.action, action)) continue;
      ++actions;
      auto attribute = action.context.find(rule_.name(e));
      if (attribute == action.context.end() || !attribute->second.required) return;
    }
    if (actions == 0) return;
    Report(Code::kHasOnRequired, e,
           fmt::format("`{}` is always true: the attribute is required", context_.Text(e.span)),
           "leave the test out, or make the attribute optional in the schema");
  }

  static bool MayBe(const core::ActionTest& test, const model::Action& action) {
    if (test.op == core::ActionTest::Op::kAny) return true;
    return std::ranges::any_of(test.actions, [&](const data::EntityUid& uid) {
      return uid == action.uid || (test.op == core::ActionTest::Op::kIn && action.ancestors.contains(uid));
    });
  }

  std::string Bracketed(ExprId id) const {
    const std::string text(Raw(rule_.exprs[id].span));
    return NeedsBrackets(rule_.exprs[id].op) ? "(" + text + ")" : text;
  }

  std::optional<bool> BoolLiteral(ExprId id) const {
    const Expr& e = rule_.exprs[id];
    if (e.op != Op::kLiteral || !rule_.value(e).is(Kind::kBool)) return std::nullopt;
    return rule_.value(e).as_bool();
  }

  void CheckIf(const Expr& e) {
    const ExprId test = rule_.operands(e)[0];
    const std::optional<bool> then = BoolLiteral(rule_.operands(e)[1]),
                              other = BoolLiteral(rule_.operands(e)[2]);
    if (!then || !other || *then == *other) return;
    std::string_view no = rule_.strict ? "not " : "!";
    const std::string better = *then ? Bracketed(test) : fmt::format("{}{}", no, Bracketed(test));
    Report(Code::kBooleanIf, e, fmt::format("`{}` says no more than its test", context_.Text(e.span)),
           fmt::format("write `{}`", source::Excerpt(better)))
        .fix.push_back({e.span, rule_.strict ? "(" + better + ")" : better});
  }

  // A `!` or `not` that was written, not one that `!=` or `unless` stand for.
  bool IsWrittenNot(const Expr& e) const {
    const std::string_view text = Raw(e.span);
    return e.op == Op::kNot && !(rule_.exprs[rule_.operands(e)[0]].span == e.span) &&
           (text.starts_with("!") || text.starts_with("not"));
  }

  void CheckNot(const Expr& e) {
    if (!IsWrittenNot(e)) return;
    const ExprId inner = rule_.operands(e)[0];
    const Expr& operand = rule_.exprs[inner];
    if (IsWrittenNot(operand)) {
      const ExprId tested = rule_.operands(operand)[0];
      Report(Code::kDoubleNegation, e, fmt::format("`{}` negates twice", context_.Text(e.span)),
             fmt::format("write `{}`", Text(tested)))
          .fix.push_back({e.span, Bracketed(tested)});
      return;
    }
    if (rule_.strict) return;
    const bool flipped = operand.op == Op::kNot;  // `!(a != b)`, `!(a > b)`
    const Expr& comparison = flipped ? rule_.exprs[rule_.operands(operand)[0]] : operand;
    static const std::map<Op, std::pair<std::string_view, std::string_view>> kNegated = {
        {Op::kEq, {"!=", "=="}}, {Op::kLess, {">=", "<"}}, {Op::kLessEq, {">", "<="}}};
    auto negated = kNegated.find(comparison.op);
    if (negated == kNegated.end() || (flipped && !(comparison.span == operand.span))) return;
    const std::string_view better = flipped ? negated->second.second : negated->second.first;
    const std::string text = fmt::format("{} {} {}", Raw(rule_.exprs[rule_.operands(comparison)[0]].span),
                                         better, Raw(rule_.exprs[rule_.operands(comparison)[1]].span));
    Finding& finding =
        Report(Code::kNegatedComparison, e, fmt::format("`{}` negates a comparison", context_.Text(e.span)),
               fmt::format("write `{}`", source::Excerpt(text)));
    // Operands in brackets lose them in the text above.
    auto simple = [&](ExprId id) { return !NeedsBrackets(rule_.exprs[id].op); };
    if (std::ranges::all_of(rule_.operands(comparison), simple))
      finding.fix.push_back({e.span, "(" + text + ")"});
  }

  // The host bits of a range count for nothing, and mislead.
  void CheckRange(const Expr& e) {
    if (rule_.operands(e).size() != 2) return;
    const Expr& range = rule_.exprs[rule_.operands(e)[1]];
    std::optional<data::IpAddr> address;
    source::Span place = range.span;
    bool quoted = Raw(place).starts_with("\"");
    if (range.op == Op::kLiteral && rule_.value(range).is(Kind::kIp)) {
      address = rule_.value(range).as_ip();
    } else if (range.op == Op::kCall && range.fn() == data::ExtFn::kIp) {
      const Expr& text = rule_.exprs[rule_.operands(range)[0]];
      if (text.op != Op::kLiteral || !rule_.value(text).is(Kind::kString)) return;
      auto made = data::CallExt(data::ExtFn::kIp, {rule_.value(text)});
      if (const auto* value = std::get_if<data::Value>(&made)) address = value->as_ip();
      place = text.span;
      quoted = true;
    }
    if (!address || !place.valid()) return;
    data::IpAddr network = *address;
    for (size_t bit = network.prefix; bit < (network.v6 ? 128u : 32u); ++bit) {
      network.bytes[bit / 8] &= static_cast<uint8_t>(~(0x80u >> (bit % 8)));
    }
    if (network == *address) return;
    const std::string canonical = data::CanonicalText(data::Value(network));
    Finding& finding = context_.ReportIn(
        rule_, Code::kNonCanonicalCidr, place,
        fmt::format("`{}` names an address, and stands for the range `{}`", context_.Text(place), canonical),
        fmt::format("write `{}`", canonical));
    const bool plain =
        quoted || (!Raw(place).empty() && Raw(place).front() >= '0' && Raw(place).front() <= '9');
    if (plain) finding.fix.push_back({place, quoted ? "\"" + canonical + "\"" : canonical});
  }

  void CheckLength() {
    if (!context_.On(Code::kLongRule)) return;
    size_t tests = 0;
    for (const Expr& e : rule_.exprs) {
      tests += e.op == Op::kEq || e.op == Op::kLess || e.op == Op::kLessEq || e.op == Op::kIn ||
               e.op == Op::kIs || e.op == Op::kHas || e.op == Op::kLike || e.op == Op::kContains ||
               e.op == Op::kContainsAll || e.op == Op::kContainsAny || e.op == Op::kHasTag ||
               core::IsQuantifier(e.op);
    }
    if (tests <= context_.in.options.max_tests) return;
    source::Span head = rule_.span;
    head.end = head.begin + static_cast<uint32_t>(std::min(Raw(head).find('\n'), Raw(head).size()));
    context_.ReportIn(rule_, Code::kLongRule, head,
                      fmt::format("`{}` makes {} tests, more than {}", source::Excerpt(rule_.id), tests,
                                  context_.in.options.max_tests),
                      "split it, or name what it tests: a fact, a group, an attribute");
  }

  Context& context_;
  const Rule& rule_;
};

// Elements of a set, or actions of a scope, that stand there twice: `same(i, j)`.
template <typename SpanAt, typename Same>
void CheckRepeats(Context& context, size_t count, SpanAt span_at, Same same) {
  for (size_t i = 1; i < count; ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (!same(i, j)) continue;
      source::Span removed = span_at(i);
      Finding& finding =
          context.Report(Code::kRepeatedElement, removed,
                         fmt::format("`{}` stands in this list a second time", context.Text(removed)),
                         "leave it out, or name what was meant instead");
      finding.diagnostic.labels.push_back({span_at(j), "the first time"});
      removed.begin = span_at(i - 1).end;
      finding.fix.push_back({removed, ""});
      break;
    }
  }
}

// Lists longer than this are not written by hand, and comparing all pairs takes too long.
constexpr size_t kMaxList = 256;

void CheckLists(Context& context) {
  using syntax::ExprKind;
  for (const Context::CedarFile& file : context.cedar) {
    for (const syntax::Policy& policy : file.policies) {
      auto same = [&](syntax::ExprId a, syntax::ExprId b) {
        const syntax::Expr &x = policy.exprs[a], &y = policy.exprs[b];
        if (x.kind != y.kind || x.text != y.text || x.integer != y.integer) return false;
        return x.kind == ExprKind::kString || x.kind == ExprKind::kLong || x.kind == ExprKind::kBool ||
               (x.kind == ExprKind::kEntity && x.name.text == y.name.text);
      };
      for (const syntax::Expr& e : policy.exprs) {
        if (e.kind != ExprKind::kSet || e.operands.size() > kMaxList) continue;
        CheckRepeats(
            context, e.operands.size(), [&](size_t i) { return policy.exprs[e.operands[i]].span; },
            [&](size_t i, size_t j) { return same(e.operands[i], e.operands[j]); });
      }
      const std::vector<syntax::EntityRef>& actions = policy.action.actions;
      if (actions.size() > kMaxList) continue;
      CheckRepeats(
          context, actions.size(), [&](size_t i) { return actions[i].span; },
          [&](size_t i, size_t j) {
            return actions[i].type.text == actions[j].type.text && actions[i].id == actions[j].id;
          });
    }
  }
  for (const Context::PolFile& file : context.pol) {
    for (const ast::Expr& e : file.file.exprs) {
      if (e.kind != ast::ExprKind::kSet || e.operands.size() > kMaxList) continue;
      CheckRepeats(
          context, e.operands.size(), [&](size_t i) { return file.file[e.operands[i]].span; },
          [&](size_t i, size_t j) {
            const ast::Expr &x = file.file[e.operands[i]], &y = file.file[e.operands[j]];
            if (x.kind != y.kind || x.text != y.text || x.integer != y.integer || !x.operands.empty())
              return false;
            if (x.kind == ast::ExprKind::kEntity) {
              return x.entity.type.text == y.entity.type.text && x.entity.id == y.entity.id;
            }
            return x.kind != ast::ExprKind::kVar;
          });
    }
    for (const ast::Decl& decl : file.file.decls) {
      const auto* rule = std::get_if<ast::RuleDecl>(&decl);
      if (!rule) continue;
      const std::vector<ast::ActionName>& actions = rule->target.what.actions;
      if (actions.size() > kMaxList) continue;
      CheckRepeats(
          context, actions.size(), [&](size_t i) { return actions[i].span; },
          [&](size_t i, size_t j) {
            return actions[i].text == actions[j].text &&
                   actions[i].qualifier.text == actions[j].qualifier.text;
          });
    }
  }
}

}  // namespace

void LintConditions(Context& context) {
  for (const Rule* rule : context.rules()) Tests(context, *rule).Check();
  if (context.On(Code::kRepeatedElement)) CheckLists(context);
}

}  // namespace polc::lint
