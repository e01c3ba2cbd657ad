#include "tests/gen/pol_gen.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace polc::gen {

using namespace syntax::pol;
using syntax::kNoExpr;
using syntax::Name;
using syntax::Var;

namespace {

// Words of the language that are names as well, and plain names.
constexpr std::array<std::string_view, 40> kNames = {
    "a",      "risk",    "Team",     "Agent", "x_1",    "rule",    "limit",    "kind",
    "test",   "label",   "group",    "agent", "fact",   "ladder",  "evidence", "policy",
    "number", "of",      "approved", "meets", "until",  "the",     "highest",  "now",
    "given",  "under",   "domain",   "deny",  "starts", "with1",   "first",    "host",
    "from",   "setting", "use",      "owner", "set",    "counter", "total",    "autonomy"};
constexpr std::array<std::string_view, 10> kReserved = {"in",  "is",  "for",     "when", "and",
                                                        "not", "Set", "missing", "one",  "within"};
constexpr std::array<std::string_view, 10> kTexts = {
    "", "sre", "a b", "\"q\"", "back\\slash", "tab\tx", "// c", "line\nbreak", "\xC3\xA9\xE4\xB8\x96", "*"};

class Maker {
 public:
  Maker(Rng& rng, const PolOptions& options) : rng_(rng), options_(options) {}

  File Make() {
    if (rng_.Chance(50)) {
      Header header;
      header.policy = Text();
      if (rng_.Chance(50)) header.version = Text();
      if (rng_.Chance(50)) header.owner = Text();
      if (rng_.Chance(50)) header.governs = MakeScope();
      file_.header = std::move(header);
    }
    size_t count = rng_.Below(options_.declarations + 1);
    for (size_t i = 0; i < count; ++i) file_.decls.push_back(MakeDecl());
    return std::move(file_);
  }

 private:
  // --- Words ---
  std::string Word() { return std::string(rng_.Pick(kNames)); }
  std::string AnyWord() { return rng_.Chance(25) ? std::string(rng_.Pick(kReserved)) : Word(); }
  std::string Text() { return std::string(rng_.Pick(kTexts)); }
  Name Simple() { return {.text = Word(), .span = {}}; }
  Name Dotted() {
    Name name = Simple();
    while (rng_.Chance(15)) name.text += "." + Word();
    return name;
  }
  // Behind a dot every word is a name.
  Name Module() {
    Name name = Simple();
    while (rng_.Chance(30)) name.text += "." + AnyWord();
    return name;
  }
  template <typename Make>
  auto Some(size_t least, Make make) {
    std::vector<decltype(make())> items;
    do items.push_back(make());
    while (items.size() < least || rng_.Chance(30));
    return items;
  }
  template <typename Make>
  auto Maybe(unsigned percent, Make make) {
    decltype(Some(1, make)) items;
    if (rng_.Chance(percent)) items = Some(1, make);
    return items;
  }
  std::optional<std::string> Title() {
    if (rng_.Chance(60)) return std::nullopt;
    return Text();
  }
  EntityRef Entity() { return {.type = Dotted(), .id = Text(), .span = {}}; }
  ActionName Action() {
    ActionName name;
    name.quoted = rng_.Chance(25);
    name.text = name.quoted ? Text() : Word();
    if (rng_.Chance(15)) name.qualifier = Dotted();
    return name;
  }
  int64_t Time() {
    // Days up to the year 2100, with or without a time of the day.
    int64_t day = rng_.Range(0, 47'000) * 86'400'000;
    return rng_.Chance(50) ? day : day + rng_.Range(0, 86'399'999);
  }
  int64_t Duration() {
    switch (rng_.Below(4)) {
      case 0:
        return rng_.Range(0, 5000);
      case 1:
        return rng_.Range(0, 500) * 60'000;
      case 2:
        return rng_.Range(0, 90) * 86'400'000;
      default:
        return INT64_MAX - rng_.Range(0, 1'000'000);
    }
  }

  // --- Expressions ---
  ExprId Add(Expr e) {
    file_.exprs.push_back(std::move(e));
    return static_cast<ExprId>(file_.exprs.size() - 1);
  }
  ExprId Node(ExprKind kind, std::vector<ExprId> operands = {}, std::string text = "", int64_t integer = 0) {
    Expr e;
    e.kind = kind;
    e.operands = std::move(operands);
    e.text = std::move(text);
    e.integer = integer;
    return Add(std::move(e));
  }
  ExprId NameExpr() { return Node(ExprKind::kName, {}, Word()); }
  ExprId VarExpr() { return Node(ExprKind::kVar, {}, "", static_cast<int64_t>(rng_.Below(4))); }
  ExprId EntityExpr() {
    Expr e;
    e.kind = ExprKind::kEntity;
    e.entity = Entity();
    return Add(std::move(e));
  }
  ExprId Path(size_t least, bool only_variables) {
    ExprId id = only_variables || rng_.Chance(70) ? VarExpr() : NameExpr();
    for (size_t i = 0; i < least || rng_.Chance(30); ++i) id = Node(ExprKind::kAttr, {id}, AnyWord());
    return id;
  }
  ExprId Key() { return Path(0, true); }
  ExprId DurationExpr() {
    return rng_.Chance(30) ? NameExpr() : Node(ExprKind::kDuration, {}, "", Duration());
  }
  ExprId Count() { return rng_.Chance(30) ? NameExpr() : Node(ExprKind::kNumber, {}, "", rng_.Range(0, 9)); }
  ExprId Pool() {
    uint64_t kind = rng_.Below(3);
    return kind == 0 ? EntityExpr() : kind == 1 ? Path(1, false) : NameExpr();
  }
  ExprId Literal() {
    constexpr std::array<std::string_view, 3> kAddresses = {"10.0.0.0/8", "192.168.1.1", "fe80::/10"};
    switch (rng_.Below(8)) {
      case 0:
        return Node(ExprKind::kBool, {}, "", static_cast<int64_t>(rng_.Below(2)));
      case 1:
        return Node(ExprKind::kNumber, {}, "", rng_.Chance(10) ? INT64_MIN : rng_.Range(-9, 300));
      case 2:
        return Node(ExprKind::kDecimal, {}, "", rng_.Range(-100'000, 100'000));
      case 3:
        return Node(ExprKind::kPercent, {}, "", rng_.Range(0, 10'000));
      case 4:
        return Node(ExprKind::kDuration, {}, "", Duration());
      case 5:
        return Node(ExprKind::kTime, {}, "", Time());
      case 6:
        return Node(ExprKind::kAddress, {}, std::string(rng_.Pick(kAddresses)));
      default:
        return Node(ExprKind::kText, {}, Text());
    }
  }
  ExprId SetOf(int depth) {
    std::vector<ExprId> items;
    while (rng_.Chance(55)) items.push_back(MakeExpr(depth - 1));
    return Node(ExprKind::kSet, std::move(items));
  }
  ExprId Record(int depth) {
    Expr e;
    e.kind = ExprKind::kRecord;
    for (size_t i = 0; rng_.Chance(55); ++i) {
      e.texts.push_back(rng_.Chance(50) ? Text() + std::to_string(i) : Word() + std::to_string(i));
      e.operands.push_back(MakeExpr(depth - 1));
    }
    return Add(std::move(e));
  }
  ExprId Primary(int depth) {
    switch (rng_.Below(depth > 0 ? 10 : 6)) {
      case 0:
        return EntityExpr();
      case 1:
        return NameExpr();
      case 2:
      case 3:
        return VarExpr();
      case 4:
      case 5:
        return Literal();
      case 6:
        return SetOf(depth);
      case 7:
        return Record(depth);
      default:
        return Node(ExprKind::kParen, {MakeExpr(depth - 1)});
    }
  }
  ExprId Operand(int depth) {
    ExprId id = Primary(depth);
    while (rng_.Chance(30)) {
      if (rng_.Chance(20)) {
        id = Node(ExprKind::kAttr, {id}, Text(), 1);
      } else if (depth > 0 && rng_.Chance(30)) {
        std::vector<ExprId> operands = {id};
        while (rng_.Chance(50)) operands.push_back(MakeExpr(depth - 1));
        id = Node(ExprKind::kMethod, std::move(operands), AnyWord());
      } else {
        id = Node(ExprKind::kAttr, {id}, AnyWord());
      }
    }
    return id;
  }
  // What a minus in front would become a part of.
  bool StartsWithNumber(ExprId id) const {
    while (file_[id].kind == ExprKind::kAttr || file_[id].kind == ExprKind::kMethod)
      id = file_[id].operands[0];
    return file_[id].kind == ExprKind::kNumber || file_[id].kind == ExprKind::kDecimal;
  }
  // A value without operators, as arguments take it.
  ExprId Value(int depth) {
    ExprId id = Operand(depth);
    return rng_.Chance(10) && !StartsWithNumber(id) ? Node(ExprKind::kNeg, {id}) : id;
  }
  ExprId Constant() {
    switch (rng_.Below(5)) {
      case 0:
        return EntityExpr();
      case 1:
        return NameExpr();
      case 2:
        return Path(1, false);
      case 3:
        return SetOf(2);
      default:
        return Literal();
    }
  }
  ExprId Term(int depth) {
    ExprId id = kNoExpr;
    if (rng_.Chance(15)) {
      ExprId key = rng_.Chance(40) ? EntityExpr() : Key();
      id = Node(ExprKind::kKeyed, {key}, Word());
    } else {
      id = Operand(depth);
    }
    while (rng_.Chance(12)) {
      if (rng_.Chance(50)) {
        Expr e;
        e.kind = ExprKind::kNot;
        e.spelled = Spelling::kSymbol;
        e.operands = {id};
        id = Add(std::move(e));
      } else if (!StartsWithNumber(id)) {
        id = Node(ExprKind::kNeg, {id});
      }
    }
    return id;
  }
  ExprId Sum(int depth) {
    auto product = [&] {
      ExprId id = Term(depth);
      while (rng_.Chance(8)) {
        ExprId right = Term(depth);
        id = Node(ExprKind::kMul, {id, right});
      }
      return id;
    };
    ExprId id = product();
    while (rng_.Chance(12)) {
      ExprKind kind = rng_.Chance(50) ? ExprKind::kAdd : ExprKind::kSub;
      ExprId right = product();
      id = Node(kind, {id, right});
    }
    return id;
  }
  ExprId Relation(int depth) {
    ExprId id = Sum(depth);
    if (rng_.Chance(65)) id = Comparison(id, depth);
    while (rng_.Chance(12)) id = Node(ExprKind::kNot, {id});
    return id;
  }
  ExprId Comparison(ExprId subject, int depth) {
    constexpr std::array kKinds = {
        ExprKind::kIs,       ExprKind::kIs,      ExprKind::kBelow,       ExprKind::kAtMost,
        ExprKind::kAbove,    ExprKind::kAtLeast, ExprKind::kIsIn,        ExprKind::kBetween,
        ExprKind::kOneOf,    ExprKind::kIn,      ExprKind::kContains,    ExprKind::kHas,
        ExprKind::kExists,   ExprKind::kMissing, ExprKind::kMatches,     ExprKind::kStartsWith,
        ExprKind::kEndsWith, ExprKind::kWithin,  ExprKind::kUnderDomain, ExprKind::kUnderPath,
        ExprKind::kIsClass,  ExprKind::kIsState};
    Expr e;
    e.kind = rng_.Pick(kKinds);
    e.operands = {subject};
    size_t operands = 1;
    switch (e.kind) {
      case ExprKind::kHas:
        if (rng_.Chance(20)) {
          e.texts = {Text() + "-"};  // never a word: it has to be quoted
        } else {
          e.texts = Some(1, [&] { return AnyWord(); });
        }
        break;
      case ExprKind::kMatches:
        e.pattern = MakePattern();
        break;
      case ExprKind::kUnderDomain:
      case ExprKind::kUnderPath:
        e.text = Text();
        break;
      case ExprKind::kIsClass:
        e.integer = static_cast<int64_t>(rng_.Below(3));
        break;
      case ExprKind::kIsState:
        e.integer = static_cast<int64_t>(rng_.Below(4));
        break;
      case ExprKind::kExists:
      case ExprKind::kMissing:
        break;
      case ExprKind::kIsIn:
      case ExprKind::kBetween:
        operands = 3;
        break;
      default:
        operands = 2;
        break;
    }
    while (e.operands.size() < operands) e.operands.push_back(Sum(depth));
    // `in` beside a text is refused.
    if (e.kind == ExprKind::kIn && (IsText(e.operands[0]) || IsText(e.operands[1]))) e.kind = ExprKind::kIs;
    bool with_is = e.kind != ExprKind::kContains && e.kind != ExprKind::kHas && e.kind != ExprKind::kExists &&
                   e.kind != ExprKind::kMatches && e.kind != ExprKind::kStartsWith &&
                   e.kind != ExprKind::kEndsWith;
    e.negated = with_is && rng_.Chance(25);
    bool ordered = e.kind == ExprKind::kBelow || e.kind == ExprKind::kAbove;
    bool symbol = e.kind == ExprKind::kIs ||
                  ((ordered || e.kind == ExprKind::kAtMost || e.kind == ExprKind::kAtLeast) && !e.negated);
    if (symbol && rng_.Chance(40)) {
      e.spelled = Spelling::kSymbol;
    } else if (ordered && rng_.Chance(30)) {
      e.spelled = Spelling::kTime;
    }
    return Add(std::move(e));
  }
  bool IsText(ExprId id) const {
    const Expr& e = file_[id];
    if (e.kind != ExprKind::kSet) return e.kind == ExprKind::kText;
    return !e.operands.empty() && std::all_of(e.operands.begin(), e.operands.end(), [&](ExprId element) {
      return file_[element].kind == ExprKind::kText;
    });
  }
  Pattern MakePattern() {
    Pattern pattern;
    for (bool wildcard = rng_.Chance(50); pattern.empty() || rng_.Chance(50); wildcard = !wildcard) {
      pattern.push_back({.wildcard = wildcard, .literal = wildcard ? "" : "l*" + Text()});
    }
    return pattern;
  }
  // What is open to the right, at the end of a list.
  ExprId Open(int depth) {
    ExprId id = kNoExpr;
    if (rng_.Chance(30)) {
      ExprId condition = MakeExpr(depth - 1);
      ExprId then = MakeExpr(depth - 1);
      id = Node(ExprKind::kIf, {condition, then, MakeExpr(depth - 1)});
    } else {
      constexpr std::array kKinds = {ExprKind::kEvery, ExprKind::kSome, ExprKind::kCount};
      ExprKind kind = rng_.Pick(kKinds);
      ExprId set = Term(depth - 1);
      ExprId body = MakeExpr(depth - 1);
      id = Node(kind, {set, body}, Word());
    }
    while (rng_.Chance(15)) id = Node(ExprKind::kNot, {id});
    return id;
  }
  ExprId MakeExpr(int depth) {
    auto binary = [&](ExprKind kind, ExprId left, ExprId right) {
      Expr e;
      e.kind = kind;
      e.operands = {left, right};
      if (rng_.Chance(30)) e.spelled = Spelling::kSymbol;
      return Add(std::move(e));
    };
    bool open = depth > 0 && rng_.Chance(15);
    size_t count = 1 + (rng_.Chance(35) ? rng_.Below(4) : 0);
    ExprId any = kNoExpr, all = kNoExpr;
    for (size_t i = 0; i < count; ++i) {
      ExprId item = open && i + 1 == count ? Open(depth) : Relation(depth);
      if (i == 0) {
        all = item;
      } else if (rng_.Chance(60)) {
        all = binary(ExprKind::kAnd, all, item);
      } else {
        any = any == kNoExpr ? all : binary(ExprKind::kOr, any, all);
        all = item;
      }
    }
    return any == kNoExpr ? all : binary(ExprKind::kOr, any, all);
  }
  ExprId MakeExpr() { return MakeExpr(options_.depth); }

  // --- Parts ---
  TypeRef Type() {
    return {.is_set = rng_.Chance(25), .name = Dotted(), .at_most = {}, .span = {}, .at_most_span = {}};
  }
  Attr MakeAttr() {
    Attr attr;
    attr.quoted = rng_.Chance(15);
    attr.name = attr.quoted ? Text() : AnyWord();
    attr.optional = rng_.Chance(30);
    attr.type = Type();
    if (rng_.Chance(30)) attr.type.at_most = rng_.Range(0, 300);
    attr.from_host = rng_.Chance(30);
    // A bare number for a Percent is refused; none of the names is one.
    if (rng_.Chance(30)) attr.if_missing = Value(1);
    attr.varies = rng_.Chance(20);
    return attr;
  }
  Arg MakeArg() {
    Arg arg;
    arg.quoted = rng_.Chance(15);
    arg.name = arg.quoted ? Text() : AnyWord();
    arg.value = Value(2);
    return arg;
  }
  Scope MakeScope() {
    Scope scope;
    scope.kind = static_cast<Scope::Kind>(rng_.Below(5));
    if (scope.kind == Scope::Kind::kType || scope.kind == Scope::Kind::kTypeIn) {
      scope.type = Dotted();
      scope.any_word = rng_.Chance(20);
    }
    if (scope.kind == Scope::Kind::kTypeIn) scope.group = Pool();
    if (scope.kind == Scope::Kind::kEntity) scope.entity = Entity();
    return scope;
  }
  Acts MakeActs() {
    Acts acts;
    acts.kind = static_cast<Acts::Kind>(rng_.Below(4));
    if (acts.kind == Acts::Kind::kActions) acts.actions = Some(1, [&] { return Action(); });
    if (acts.kind == Acts::Kind::kClasses) acts.classes = Some(1, [&] { return Dotted(); });
    return acts;
  }
  Target MakeTarget() {
    Target target;
    target.who = MakeScope();
    target.what = MakeActs();
    if (rng_.Chance(60)) target.which = MakeScope();
    return target;
  }
  QuorumPart MakePart() {
    QuorumPart part;
    part.count = Count();
    part.pools = Some(1, [&] { return Pool(); });
    return part;
  }
  Quorum MakeQuorum() {
    Quorum quorum;
    quorum.parts = Some(1, [&] { return MakePart(); });
    quorum.within = DurationExpr();
    quorum.including_owner = rng_.Chance(25);
    quorum.survives_policy_change = rng_.Chance(25);
    return quorum;
  }
  std::vector<Quorum> Quorums() {
    return Some(1, [&] { return MakeQuorum(); });
  }
  Need MakeNeed() {
    Need need;
    if (rng_.Chance(30)) {
      need.kind = Need::Kind::kEvidence;
      need.evidence = Simple();
    } else {
      need.quorums = Quorums();
    }
    return need;
  }
  Name LimitName() { return rng_.Chance(15) ? Name{.text = "read_only", .span = {}} : Simple(); }
  Limit MakeLimit() {
    Limit limit;
    limit.kind = LimitName();
    if (rng_.Chance(70)) limit.value = Value(2);
    return limit;
  }
  Control MakeControl() { return {.catalogue = Dotted(), .clause = Text(), .clause_span = {}, .span = {}}; }
  std::vector<Clause> Clauses(bool restricting) {
    std::vector<Clause> clauses;
    while (rng_.Chance(60)) {
      Clause clause;
      clause.kind = static_cast<Clause::Kind>(rng_.Below(6));
      if (clause.kind == Clause::Kind::kUnlessApproved && !restricting) continue;
      switch (clause.kind) {
        case Clause::Kind::kWhen:
        case Clause::Kind::kUnless:
          clause.condition = MakeExpr();
          break;
        case Clause::Kind::kUnlessApproved:
          clause.quorums = Quorums();
          break;
        case Clause::Kind::kBecause:
          clause.text = Text();
          break;
        case Clause::Kind::kMeets:
          clause.controls = Some(1, [&] { return MakeControl(); });
          break;
        case Clause::Kind::kUntil:
          clause.time = Time();
          break;
      }
      clauses.push_back(std::move(clause));
    }
    return clauses;
  }
  Mode MakeMode() {
    return rng_.Chance(70) ? Mode::kDefault : rng_.Chance(50) ? Mode::kShadow : Mode::kEnforced;
  }
  std::vector<ExprId> Keys() {
    return Some(1, [&] { return Key(); });
  }
  std::vector<Name> Names() {
    return Some(1, [&] { return Dotted(); });
  }
  std::vector<Attr> Attrs() {
    return Some(1, [&] { return MakeAttr(); });
  }
  std::vector<Arg> Args(unsigned percent) {
    return Maybe(percent, [&] { return MakeArg(); });
  }

  // --- Declarations ---
  RuleDecl MakeRule() {
    RuleDecl d;
    d.name = Simple();
    d.mode = MakeMode();
    d.title = Title();
    d.effect = static_cast<RuleEffect>(rng_.Below(5));
    if (d.effect == RuleEffect::kLimit) d.limits = Some(1, [&] { return MakeLimit(); });
    if (d.effect == RuleEffect::kRequire) d.needs = Some(1, [&] { return MakeNeed(); });
    if (d.effect == RuleEffect::kSuggest) {
      d.suggestion = Action();
      d.variant = Args(40);
    }
    d.target = MakeTarget();
    d.clauses = Clauses(d.effect != RuleEffect::kAllow);
    return d;
  }
  // No word of the language.
  Name FixtureName() {
    static const char* const kNames[] = {"on_call", "a", "frozen", "x_1"};
    Name name;
    name.text = kNames[rng_.Below(4)];
    return name;
  }
  Given MakeGiven() {
    Given g;
    g.kind = static_cast<Given::Kind>(rng_.Below(9));
    switch (g.kind) {
      case Given::Kind::kEntity:
        g.entity = Entity();
        g.parents = Maybe(50, [&] { return Entity(); });
        g.args = Args(50);
        break;
      case Given::Kind::kNow:
        g.time = Time();
        break;
      case Given::Kind::kState:
        g.name = Simple();
        if (rng_.Chance(60)) g.key = rng_.Chance(50) ? EntityExpr() : UnsignedLiteral();
        if (rng_.Chance(50)) {
          g.state = static_cast<StateWord>(rng_.Below(4));
        } else {
          g.value = Value(2);
        }
        break;
      case Given::Kind::kApproval:
      case Given::Kind::kRefusal:
        g.entity = Entity();
        g.duration = Duration();
        break;
      case Given::Kind::kEvidence:
        g.name = Simple();
        g.args = Args(50);
        if (g.args.empty()) g.value = Value(2);
        break;
      case Given::Kind::kActsFor:
        g.entity = Entity();
        g.hops = Some(1, [&] {
          return Given::Hop{
              .principal = Entity(), .classes = Maybe(40, [&] { return Dotted(); }), .span = {}};
        });
        break;
      case Given::Kind::kEnforces:
        g.kinds = Maybe(70, [&] { return LimitName(); });
        break;
      case Given::Kind::kFixtures:
        g.kinds = Some(1, [&] { return FixtureName(); });
        break;
    }
    return g;
  }
  // No minus, and no address in words: what `literal` takes.
  ExprId UnsignedLiteral() {
    return rng_.Chance(50) ? Node(ExprKind::kText, {}, Text())
                           : Node(ExprKind::kNumber, {}, "", rng_.Range(0, 9));
  }
  TestDecl MakeTest() {
    TestDecl d;
    d.title = Text();
    d.givens = Maybe(80, [&] { return MakeGiven(); });
    const bool cases = rng_.Chance(40);
    if (!cases || rng_.Chance(70)) d.ask = MakeAsk();
    if (cases) {
      d.cases = Some(1, [&] {
        TestCase c;
        c.title = Text();
        c.args = Args(40);
        c.givens = Maybe(40, [&] { return MakeGiven(); });
        if (rng_.Chance(40)) c.ask = MakeAsk();
        c.expect = MakeExpectation();
        c.next = Maybe(30, [&] { return MakeNext(); });
        return c;
      });
    } else {
      d.expect = MakeExpectation();
      d.next = Maybe(30, [&] { return MakeNext(); });
    }
    return d;
  }
  Ask MakeAsk() {
    Ask ask;
    ask.principals = Some(1, [&] { return Entity(); });
    ask.times_written = rng_.Chance(20);
    if (ask.times_written) ask.times = static_cast<uint32_t>(rng_.Range(1, 9));
    ask.actions = Some(1, [&] { return Action(); });
    ask.resources = Some(1, [&] { return Entity(); });
    ask.args = Args(50);
    return ask;
  }
  Next MakeNext() {
    Next next;
    if (rng_.Chance(50)) next.after = Duration();
    next.givens = Maybe(30, [&] { return MakeGiven(); });
    if (rng_.Chance(50)) next.ask = MakeAsk();
    next.when = next.ask && (!next.givens.empty() || rng_.Chance(50));
    next.expect = MakeExpectation();
    return next;
  }
  Expectation MakeExpectation() {
    Expectation e;
    e.outcome = static_cast<Expectation::Outcome>(rng_.Below(4));
    if (e.outcome == Expectation::Outcome::kSuggest) e.suggestion = Action();
    if (e.outcome == Expectation::Outcome::kDeny && rng_.Chance(40)) e.why = Simple();
    if (e.outcome == Expectation::Outcome::kRequireApproval) {
      e.evidence = Maybe(30, [&] { return Simple(); });
      e.approval = e.evidence.empty() || rng_.Chance(50);
    }
    e.limits = Args(40);
    e.has_limits = !e.limits.empty();
    auto rule = [&] {
      return RuleRef{.text = rng_.Chance(50) ? Word() : Module().text + "/" + Word(), .span = {}};
    };
    e.by = Maybe(50, rule);
    e.not_by = Maybe(20, rule);
    return e;
  }
  Decl MakeDecl() {
    switch (rng_.Below(34)) {
      case 0: {
        UseDecl d;
        d.modules = Some(1, [&] { return Module(); });
        if (rng_.Chance(50)) {
          d.settings = Some(1, [&] {
            Arg arg;
            arg.name = Word();
            arg.value = Constant();
            return arg;
          });
        }
        d.mode = MakeMode();
        return d;
      }
      case 1: {
        SettingDecl d;
        d.name = Simple();
        d.type = Type();
        if (rng_.Chance(60)) d.value = Constant();
        return d;
      }
      case 2: {
        EntityDecl d;
        d.kind = static_cast<EntityDecl::Kind>(rng_.Below(5));
        d.names = {Simple()};
        while (d.kind == EntityDecl::Kind::kGroup && rng_.Chance(30)) d.names.push_back(Simple());
        d.parents = Maybe(50, [&] { return Dotted(); });
        bool owned = d.kind != EntityDecl::Kind::kGroup && d.kind != EntityDecl::Kind::kResource;
        if (owned && rng_.Chance(40)) d.owned_by = Dotted();
        d.attrs = Maybe(60, [&] { return MakeAttr(); });
        return d;
      }
      case 3:
        return RecordDecl{.name = Simple(), .attrs = Attrs(), .span = {}};
      case 4:
        return ClassDecl{.name = Simple(), .kind = static_cast<ActionClass>(rng_.Below(3)), .span = {}};
      case 5:
      case 6: {
        ActionDecl d;
        d.names = Some(1, [&] { return Action(); });
        d.classes = Maybe(50, [&] { return Dotted(); });
        d.by = Maybe(60, [&] { return Dotted(); });
        d.on = Maybe(60, [&] { return Dotted(); });
        d.attrs = Maybe(50, [&] { return MakeAttr(); });
        return d;
      }
      case 7: {
        EvidenceDecl d;
        d.name = Simple();
        d.undo = rng_.Chance(40);
        if (rng_.Chance(50)) {
          d.type = Type();
        } else {
          d.attrs = Attrs();
        }
        return d;
      }
      case 8:
        return LevelsDecl{.name = Simple(),
                          .levels = Some(2, [&] { return Simple(); }),
                          .higher_is_stricter = rng_.Chance(50),
                          .span = {}};
      case 9: {
        constexpr std::array kVars = {Var::kPrincipal, Var::kResource, Var::kContext};
        return NeedsDecl{.var = rng_.Pick(kVars), .attrs = Attrs(), .span = {}};
      }
      case 10:
        return AssumeDecl{.name = Simple(), .condition = MakeExpr(), .span = {}};
      case 11:
        return LimitKindDecl{.name = LimitName(),
                             .type = Type(),
                             .merge = static_cast<LimitKindDecl::Merge>(rng_.Below(5)),
                             .span = {}};
      case 12:
      case 13:
      case 14: {
        FactDecl d;
        d.name = Simple();
        d.type = Type();
        d.form = static_cast<FactDecl::Form>(rng_.Below(3));
        if (d.form != FactDecl::Form::kExpression) {
          d.rows = Some(1, [&] {
            ExprId value = rng_.Chance(50) ? NameExpr() : MakeExpr(2);
            return FactDecl::Row{.value = value, .when = MakeExpr(), .span = {}};
          });
        }
        d.otherwise = MakeExpr();
        return d;
      }
      case 15:
      case 16: {
        LadderDecl d;
        d.who = MakeScope();
        if (rng_.Chance(40)) d.which = MakeScope();
        if (rng_.Chance(40)) d.when = MakeExpr();
        if (rng_.Chance(25)) {
          d.rows_of = Path(1, false);
        } else {
          d.rows = Some(1, [&] {
            LadderDecl::Row row;
            row.action_class = Dotted();
            row.level = Simple();
            if (rng_.Chance(30)) row.until = Time();
            return row;
          });
        }
        return d;
      }
      case 17: {
        CapDecl d;
        d.name = Simple();
        d.mode = MakeMode();
        d.level = Simple();
        if (rng_.Chance(60)) d.target = MakeTarget();
        d.clauses = Clauses(false);
        return d;
      }
      case 18: {
        SwitchDecl d;
        d.name = Simple();
        if (rng_.Chance(50)) d.each = Dotted();
        if (rng_.Chance(50)) d.fresh_within = DurationExpr();
        return d;
      }
      case 19: {
        CounterDecl d;
        d.attempts = rng_.Chance(30);
        d.name = Simple();
        d.what = MakeActs();
        d.keys = Keys();
        d.over = DurationExpr();
        return d;
      }
      case 20: {
        TotalDecl d;
        d.name = Simple();
        d.sums = Path(1, false);
        d.what = MakeActs();
        d.keys = Keys();
        d.over = DurationExpr();
        return d;
      }
      case 21: {
        LabelDecl d;
        d.name = Simple();
        d.key = Key();
        d.set_by = MakeActs();
        if (rng_.Chance(50)) d.when = MakeExpr();
        return d;
      }
      case 22: {
        BreakerDecl d;
        d.name = Simple();
        d.keys = Keys();
        d.threshold = Count();
        d.counts = Simple();
        d.over = DurationExpr();
        if (rng_.Chance(50)) d.closes_after = DurationExpr();
        return d;
      }
      case 23: {
        HoursDecl d;
        d.name = Simple();
        d.first_day = static_cast<uint8_t>(rng_.Below(7));
        d.last_day = static_cast<uint8_t>(rng_.Below(7));
        d.from = static_cast<uint16_t>(rng_.Below(1440));
        d.to = static_cast<uint16_t>(rng_.Range(d.from + 1, 1440));
        d.zone = Text();
        return d;
      }
      case 24:
      case 25:
        return MakeTest();
      case 26: {
        FixtureDecl d;
        d.name = FixtureName();
        d.givens = Some(1, [&] { return MakeGiven(); });
        return d;
      }
      case 27: {
        GuaranteeDecl d;
        d.name = Simple();
        d.title = Title();
        d.always = rng_.Chance(40);
        d.target = MakeTarget();
        d.without = static_cast<GuaranteeDecl::Without>(rng_.Below(4));
        if (d.without == GuaranteeDecl::Without::kApproval) d.quorums = Quorums();
        if (d.without == GuaranteeDecl::Without::kLimit) d.limit = LimitName();
        if (rng_.Chance(50)) d.when = MakeExpr();
        return d;
      }
      default:
        return MakeRule();
    }
  }

  Rng& rng_;
  PolOptions options_;
  File file_;
};

}  // namespace

syntax::pol::File RandomPol(Rng& rng, const PolOptions& options) { return Maker(rng, options).Make(); }

}  // namespace polc::gen
