#include "compiler/syntax/pol_dump.h"

#include <fmt/format.h>

#include "compiler/source/quote.h"

namespace polc::syntax::pol {
namespace {

using source::Quote;

constexpr std::string_view kKindNames[] = {
    "bool",        "number",    "decimal",  "percent",      "duration",   "time",     "text",
    "address",     "set",       "record",   "entity",       "var",        "name",     "attr",
    "method",      "keyed",     "paren",    "if",           "or",         "and",      "not",
    "every",       "some",      "count",    "neg",          "add",        "sub",      "mul",
    "is",          "below",     "at_most",  "above",        "at_least",   "is_in",    "between",
    "one_of",      "in",        "contains", "has",          "exists",     "missing",  "matches",
    "starts_with", "ends_with", "within",   "under_domain", "under_path", "is_class", "is_state"};
static_assert(std::size(kKindNames) == static_cast<size_t>(ExprKind::kIsState) + 1);

constexpr std::string_view kVarNames[] = {"principal", "action", "resource", "context"};
constexpr std::string_view kClassNames[] = {"read_only", "reversible", "irreversible"};
constexpr std::string_view kStateNames[] = {"on", "off", "open", "closed"};
constexpr std::string_view kEffectNames[] = {"allow", "forbid", "suggest", "require", "limit"};

template <typename E, size_t N>
std::string_view NameIn(const std::string_view (&names)[N], E value) {
  return names[static_cast<size_t>(value)];
}

class Dumper {
 public:
  explicit Dumper(const File& file) : file_(file) {}

  void WholeFile() {
    if (file_.header) {
      const Header& h = *file_.header;
      Open("policy");
      Text(h.policy);
      if (h.version) Field("version", Quote(*h.version));
      if (h.owner) Field("owner", Quote(*h.owner));
      if (h.governs) {
        Open("governs");
        Add(*h.governs);
        Close();
      }
      Close();
      out_ += '\n';
    }
    for (const Decl& decl : file_.decls) {
      std::visit([&](const auto& d) { Add(d); }, decl);
      out_ += '\n';
    }
  }

  void Add(ExprId id) {
    if (id == kNoExpr) {
      Word("-");
      return;
    }
    const Expr& e = file_.exprs[SkipParens(file_, id)];
    Open(NameIn(kKindNames, e.kind));
    if (e.negated) Word("negated");
    switch (e.kind) {
      case ExprKind::kBool:
        Word(e.integer != 0 ? "true" : "false");
        break;
      case ExprKind::kNumber:
      case ExprKind::kDecimal:
      case ExprKind::kPercent:
      case ExprKind::kDuration:
      case ExprKind::kTime:
        Word(std::to_string(e.integer));
        break;
      case ExprKind::kVar:
        Word(kVarNames[e.integer]);
        break;
      case ExprKind::kIsClass:
        Word(kClassNames[e.integer]);
        break;
      case ExprKind::kIsState:
        Word(kStateNames[e.integer]);
        break;
      case ExprKind::kEntity:
        Add(e.entity);
        break;
      case ExprKind::kText:
      case ExprKind::kAddress:
      case ExprKind::kName:
      case ExprKind::kAttr:
      case ExprKind::kMethod:
      case ExprKind::kKeyed:
      case ExprKind::kEvery:
      case ExprKind::kSome:
      case ExprKind::kCount:
      case ExprKind::kUnderDomain:
      case ExprKind::kUnderPath:
        Text(e.text);
        break;
      case ExprKind::kMatches:
        for (const PatternPart& part : e.pattern) part.wildcard ? Word("*") : Text(part.literal);
        break;
      default:
        break;
    }
    for (const std::string& text : e.texts) Text(text);
    for (ExprId operand : e.operands) Add(operand);
    Close();
  }

  std::string Take() { return std::move(out_); }

 private:
  void Space() {
    if (!out_.empty() && out_.back() != '(' && out_.back() != '\n') out_ += ' ';
  }
  void Word(std::string_view word) {
    Space();
    out_ += word;
  }
  void Text(std::string_view text) { Word(Quote(text)); }
  void Open(std::string_view what) {
    Space();
    out_ += '(';
    out_ += what;
  }
  void Close() { out_ += ')'; }
  void Field(std::string_view name, std::string_view value) {
    Open(name);
    Word(value);
    Close();
  }
  void Optional(std::string_view name, ExprId value) {
    if (value == kNoExpr) return;
    Open(name);
    Add(value);
    Close();
  }
  template <typename T>
  void List(std::string_view name, const std::vector<T>& items) {
    if (items.empty()) return;
    Open(name);
    for (const T& item : items) Add(item);
    Close();
  }

  // --- Parts ---

  void Add(const Name& name) { Word(name.text); }
  void Add(const EntityRef& entity) {
    Word(entity.type.text);
    Text(entity.id);
  }
  void Add(const ActionName& name) {
    if (!name.qualifier.text.empty()) Word(name.qualifier.text + ".");
    Text(name.text);
  }
  void Add(const Arg& arg) {
    Open("arg");
    Text(arg.name);
    Add(arg.value);
    Close();
  }
  void Add(const TypeRef& type) {
    Open(type.is_set ? "set_of" : "type");
    Add(type.name);
    if (type.at_most) Word(std::to_string(*type.at_most));
    Close();
  }
  void Add(const Attr& attr) {
    Open(attr.optional ? "optional" : "attr");
    Text(attr.name);
    Add(attr.type);
    if (attr.from_host) Word("from_host");
    Optional("if_missing", attr.if_missing);
    if (attr.varies) Word("varies");
    Close();
  }
  void Add(const Scope& scope) {
    static constexpr std::string_view kNames[] = {"anyone", "anything", "any", "any_in", "one"};
    Open(NameIn(kNames, scope.kind));
    if (scope.kind == Scope::Kind::kEntity) Add(scope.entity);
    if (scope.kind == Scope::Kind::kType || scope.kind == Scope::Kind::kTypeIn) Add(scope.type);
    if (scope.kind == Scope::Kind::kTypeIn) Add(scope.group);
    Close();
  }
  void Add(const Acts& acts) {
    static constexpr std::string_view kNames[] = {"actions", "classes", "anything", "change"};
    Open(NameIn(kNames, acts.kind));
    for (const ActionName& name : acts.actions) Add(name);
    for (const Name& name : acts.classes) Add(name);
    Close();
  }
  void Add(const Target& target) {
    Open("target");
    Add(target.who);
    Add(target.what);
    if (target.which) Add(*target.which);
    Close();
  }
  void Add(const QuorumPart& part) {
    Open("of");
    Add(part.count);
    for (ExprId pool : part.pools) Add(pool);
    Close();
  }
  void Add(const Quorum& quorum) {
    Open("quorum");
    for (const QuorumPart& part : quorum.parts) Add(part);
    Optional("within", quorum.within);
    if (quorum.including_owner) Word("including_owner");
    if (quorum.survives_policy_change) Word("survives_policy_change");
    Close();
  }
  void Add(const Need& need) {
    if (need.kind == Need::Kind::kEvidence) {
      Field("evidence", need.evidence.text);
    } else {
      List("approval", need.quorums);
    }
  }
  void Add(const Limit& limit) {
    Open("limit");
    Add(limit.kind);
    Optional("to", limit.value);
    Close();
  }
  void Add(const Control& control) {
    Open("control");
    Add(control.catalogue);
    Text(control.clause);
    Close();
  }
  void Add(const Clause& clause) {
    static constexpr std::string_view kNames[] = {"when",    "unless", "unless_approved",
                                                  "because", "meets",  "until"};
    Open(NameIn(kNames, clause.kind));
    if (clause.condition != kNoExpr) Add(clause.condition);
    for (const Quorum& quorum : clause.quorums) Add(quorum);
    if (clause.kind == Clause::Kind::kBecause) Text(clause.text);
    for (const Control& control : clause.controls) Add(control);
    if (clause.kind == Clause::Kind::kUntil) Word(std::to_string(clause.time));
    Close();
  }
  void Add(Mode mode) {
    if (mode != Mode::kDefault) Word(mode == Mode::kShadow ? "shadow" : "enforced");
  }
  void Title(const std::optional<std::string>& title) {
    if (title) Field("title", Quote(*title));
  }

  // --- Declarations ---

  void Add(const UseDecl& d) {
    Open("use");
    for (const Name& name : d.modules) Add(name);
    List("with", d.settings);
    Add(d.mode);
    Close();
  }
  void Add(const SettingDecl& d) {
    Open("setting");
    Add(d.name);
    Add(d.type);
    Optional("is", d.value);
    Close();
  }
  void Add(const EntityDecl& d) {
    static constexpr std::string_view kNames[] = {"group", "person", "agent", "principal", "resource"};
    Open(NameIn(kNames, d.kind));
    for (const Name& name : d.names) Add(name);
    List("in", d.parents);
    if (d.owned_by) Field("owned_by", d.owned_by->text);
    List("has", d.attrs);
    Close();
  }
  void Add(const RecordDecl& d) {
    Open("record");
    Add(d.name);
    List("has", d.attrs);
    Close();
  }
  void Add(const ClassDecl& d) {
    Open("class");
    Add(d.name);
    Word(NameIn(kClassNames, d.kind));
    Close();
  }
  void Add(const ActionDecl& d) {
    Open("action");
    for (const ActionName& name : d.names) Add(name);
    List("in", d.classes);
    List("by", d.by);
    List("on", d.on);
    List("with", d.attrs);
    Close();
  }
  void Add(const EvidenceDecl& d) {
    Open("evidence");
    Add(d.name);
    if (d.undo) Word("undo");
    if (d.type) Add(*d.type);
    List("has", d.attrs);
    Close();
  }
  void Add(const LevelsDecl& d) {
    Open("levels");
    Add(d.name);
    List("lowest_first", d.levels);
    Word(d.higher_is_stricter ? "stricter" : "freer");
    Close();
  }
  void Add(const NeedsDecl& d) {
    Open("needs");
    Word(NameIn(kVarNames, d.var));
    List("has", d.attrs);
    Close();
  }
  void Add(const AssumeDecl& d) {
    Open("assume");
    Add(d.name);
    Add(d.condition);
    Close();
  }
  void Add(const LimitKindDecl& d) {
    static constexpr std::string_view kNames[] = {"lowest_wins", "highest_wins", "common_members",
                                                  "all_members", "any_true"};
    Open("limit_kind");
    Add(d.name);
    Add(d.type);
    Word(NameIn(kNames, d.merge));
    Close();
  }
  void Add(const FactDecl& d) {
    static constexpr std::string_view kNames[] = {"is", "highest", "first"};
    Open("fact");
    Add(d.name);
    Add(d.type);
    Open(NameIn(kNames, d.form));
    for (const FactDecl::Row& row : d.rows) {
      Open("row");
      Add(row.value);
      Add(row.when);
      Close();
    }
    Add(d.otherwise);
    Close();
    Close();
  }
  void Add(const LadderDecl& d) {
    Open("ladder");
    Add(d.who);
    if (d.which) Add(*d.which);
    Optional("when", d.when);
    for (const LadderDecl::Row& row : d.rows) {
      Open("row");
      Add(row.action_class);
      Add(row.level);
      if (row.until) Word(std::to_string(*row.until));
      Close();
    }
    Optional("rows_of", d.rows_of);
    Close();
  }
  void Add(const CapDecl& d) {
    Open("cap");
    Add(d.name);
    Add(d.mode);
    Add(d.level);
    if (d.target) Add(*d.target);
    for (const Clause& clause : d.clauses) Add(clause);
    Close();
  }
  void Add(const RuleDecl& d) {
    Open("rule");
    Add(d.name);
    Add(d.mode);
    Title(d.title);
    Open(NameIn(kEffectNames, d.effect));
    for (const Limit& limit : d.limits) Add(limit);
    for (const Need& need : d.needs) Add(need);
    if (d.effect == RuleEffect::kSuggest) Add(d.suggestion);
    for (const Arg& arg : d.variant) Add(arg);
    Close();
    Add(d.target);
    for (const Clause& clause : d.clauses) Add(clause);
    Close();
  }
  void Add(const SwitchDecl& d) {
    Open("switch");
    Add(d.name);
    if (d.each) Field("each", d.each->text);
    Optional("fresh", d.fresh_within);
    Close();
  }
  void Add(const CounterDecl& d) {
    Open(d.attempts ? "attempts" : "counter");
    Add(d.name);
    Add(d.what);
    List("each", d.keys);
    Optional("over", d.over);
    Close();
  }
  void Add(const TotalDecl& d) {
    Open("total");
    Add(d.name);
    Add(d.sums);
    Add(d.what);
    List("each", d.keys);
    Optional("over", d.over);
    Close();
  }
  void Add(const LabelDecl& d) {
    Open("label");
    Add(d.name);
    Add(d.key);
    Add(d.set_by);
    Optional("when", d.when);
    Close();
  }
  void Add(const BreakerDecl& d) {
    Open("breaker");
    Add(d.name);
    List("each", d.keys);
    Add(d.threshold);
    Add(d.counts);
    Optional("over", d.over);
    Optional("closes", d.closes_after);
    Close();
  }
  void Add(const HoursDecl& d) {
    Open("hours");
    Add(d.name);
    Word(fmt::format("{} {} {} {}", d.first_day, d.last_day, d.from, d.to));
    Text(d.zone);
    Close();
  }
  void Add(const Given& g) {
    static constexpr std::string_view kNames[] = {"entity",   "now",      "state",    "approval", "refusal",
                                                  "evidence", "acts_for", "enforces", "fixtures"};
    Open(NameIn(kNames, g.kind));
    if (!g.name.text.empty()) Add(g.name);
    if (!g.entity.type.text.empty()) Add(g.entity);
    for (const EntityRef& parent : g.parents) {
      Open("in");
      Add(parent);
      Close();
    }
    for (const Arg& arg : g.args) Add(arg);
    Optional("of", g.key);
    if (g.state) Word(NameIn(kStateNames, *g.state));
    Optional("is", g.value);
    Word(fmt::format("{} {}", g.time, g.duration));
    for (const Given::Hop& hop : g.hops) {
      Open("for");
      Add(hop.principal);
      for (const Name& name : hop.classes) Add(name);
      Close();
    }
    for (const Name& kind : g.kinds) Add(kind);
    Close();
  }
  void Add(const RuleRef& ref) { Text(ref.text); }
  void Add(const Expectation& e) {
    static constexpr std::string_view kNames[] = {"allow", "deny", "suggest", "require_approval"};
    Open("expect");
    Word(NameIn(kNames, e.outcome));
    if (e.outcome == Expectation::Outcome::kSuggest) Add(e.suggestion);
    if (e.why) Field("because", e.why->text);
    if (e.has_limits) Word("with_limits");
    for (const Arg& arg : e.limits) Add(arg);
    if (e.approval) Word("approval");
    for (const Name& name : e.evidence) Field("evidence", name.text);
    List("by", e.by);
    List("not_by", e.not_by);
    Close();
  }
  void Add(const Ask& a) {
    Open("ask");
    for (const EntityRef& who : a.principals) Add(who);
    Word(fmt::format("{}", a.times));
    for (const ActionName& action : a.actions) Add(action);
    for (const EntityRef& which : a.resources) Add(which);
    for (const Arg& arg : a.args) Add(arg);
    Close();
  }
  void Add(const Next& n) {
    Open("then");
    if (n.after) Word(fmt::format("after {}", *n.after));
    for (const Given& given : n.givens) Add(given);
    if (n.ask) Add(*n.ask);
    Add(n.expect);
    Close();
  }
  void Add(const TestCase& c) {
    Open("case");
    Text(c.title);
    for (const Arg& arg : c.args) Add(arg);
    for (const Given& given : c.givens) Add(given);
    if (c.ask) Add(*c.ask);
    Add(c.expect);
    for (const Next& next : c.next) Add(next);
    Close();
  }
  void Add(const FixtureDecl& d) {
    Open("fixture");
    Add(d.name);
    for (const Given& given : d.givens) Add(given);
    Close();
  }
  void Add(const TestDecl& d) {
    Open("test");
    Text(d.title);
    for (const Given& given : d.givens) Add(given);
    if (d.ask) Add(*d.ask);
    if (d.expect) Add(*d.expect);
    for (const Next& next : d.next) Add(next);
    for (const TestCase& c : d.cases) Add(c);
    Close();
  }
  void Add(const GuaranteeDecl& d) {
    static constexpr std::string_view kNames[] = {"", "any_approval", "approval", "limit"};
    Open("guarantee");
    Add(d.name);
    Title(d.title);
    Word(d.always ? "always" : "never");
    Add(d.target);
    if (d.without != GuaranteeDecl::Without::kNothing) {
      Open("without");
      Word(NameIn(kNames, d.without));
      for (const Quorum& quorum : d.quorums) Add(quorum);
      if (!d.limit.text.empty()) Add(d.limit);
      Close();
    }
    Optional("when", d.when);
    Close();
  }

  const File& file_;
  std::string out_;
};

}  // namespace

std::string Dump(const File& file) {
  Dumper dumper(file);
  dumper.WholeFile();
  return dumper.Take();
}

std::string Dump(const File& file, ExprId id) {
  Dumper dumper(file);
  dumper.Add(id);
  return dumper.Take();
}

}  // namespace polc::syntax::pol
