// The text of a Pol AST: tokens first, then what stands between them.
#include <array>
#include <string_view>
#include <utility>

#include "tests/gen/pol_gen.h"

namespace polc::gen {

using namespace syntax::pol;
using syntax::kNoExpr;
using syntax::Name;

namespace {

constexpr std::array<std::string_view, 4> kVars = {"principal", "action", "resource", "context"};
constexpr std::array<std::string_view, 3> kClasses = {"read_only", "reversible", "irreversible"};
constexpr std::array<std::string_view, 4> kStates = {"on", "off", "open", "closed"};
constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

std::string Quoted(const std::string& text, bool pattern = false) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\' || (pattern && c == '*')) out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string Digits(int64_t value, int width) {
  std::string text = std::to_string(value);
  return std::string(text.size() < static_cast<size_t>(width) ? width - text.size() : 0, '0') + text;
}

class Printer {
 public:
  Printer(const File& file, PolText text, Rng* rng, std::vector<std::string>* comments)
      : file_(file), wild_(text == PolText::kWild), rng_(rng), comments_(comments) {}

  std::string Print() {
    if (file_.header) {
      const Header& h = *file_.header;
      Put({"policy", Quoted(h.policy)});
      if (h.version) Put({"version", Quoted(*h.version)});
      if (h.owner) Put({"owner", Quoted(*h.owner)});
      if (h.governs) {
        Put("governs");
        Put(*h.governs);
      }
      EndOfDeclaration();
    }
    for (const Decl& decl : file_.decls) {
      std::visit([&](const auto& d) { Put(d); }, decl);
      EndOfDeclaration();
    }
    if (wild_) Between();
    return std::move(out_);
  }

 private:
  // --- Tokens and what is between them ---
  bool Chance(unsigned percent) { return wild_ && rng_->Chance(percent); }
  void Put(std::string_view token) {
    bool loose = out_.empty() || out_.back() == '(' || out_.back() == '[' || out_.back() == '\n' ||
                 token == "," || token == ")" || token == "]";
    if (wild_) {
      Between();
      if (!loose && out_.back() != ' ') out_ += ' ';
    } else if (!loose) {
      out_ += ' ';
    }
    out_ += token;
  }
  void Put(std::initializer_list<std::string_view> tokens) {
    for (std::string_view token : tokens) Put(token);
  }
  void Put(const std::string& token) { Put(std::string_view(token)); }
  void Put(const char* token) { Put(std::string_view(token)); }
  void Between() {
    if (rng_->Chance(3)) {
      std::string comment = "// c" + std::to_string(count_++);
      if (rng_->Chance(20)) comment += " \"x";
      if (comments_ != nullptr) comments_->push_back(comment);
      if (rng_->Chance(50)) out_ += '\n';
      out_ += " " + comment + "\n";
    }
    if (rng_->Chance(12)) out_ += rng_->Chance(50) ? "\n" : "\n\n  ";
    if (rng_->Chance(5)) out_ += "\t ";
  }
  void EndOfDeclaration() {
    if (!wild_ || rng_->Chance(70)) out_ += '\n';
  }

  template <typename T, typename Each>
  void List(const std::vector<T>& items, Each each) {
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) Put(",");
      each(items[i]);
    }
  }
  template <typename T>
  void List(const std::vector<T>& items) {
    List(items, [&](const T& item) { Put(item); });
  }

  // --- Parts ---
  void Dotted(const std::string& text) {
    size_t at = 0;
    for (size_t dot = text.find('.'); dot != std::string::npos; dot = text.find('.', at)) {
      Put({std::string_view(text).substr(at, dot - at), "."});
      at = dot + 1;
    }
    Put(std::string_view(text).substr(at));
  }
  void Put(const Name& name) { Dotted(name.text); }
  void Put(const EntityRef& entity) {
    Put(entity.type);
    Put(Quoted(entity.id));
  }
  void Put(const ActionName& name) {
    if (!name.qualifier.text.empty()) {
      Put(name.qualifier);
      Put(".");
    }
    Put(name.quoted ? Quoted(name.text) : name.text);
  }
  void Put(const Arg& arg) {
    Put(arg.quoted ? Quoted(arg.name) : arg.name);
    Expression(arg.value);
  }
  void Put(const TypeRef& type) {
    if (type.is_set) Put({"Set", "of"});
    Put(type.name);
    if (type.at_most) Put({",", "at", "most", std::to_string(*type.at_most)});
  }
  void Put(const Attr& attr) {
    Put(attr.quoted ? Quoted(attr.name) : attr.name);
    if (attr.optional) Put("?");
    Put(":");
    Put(attr.type);
    if (attr.from_host) Put({"from", "host"});
    if (attr.if_missing != kNoExpr) {
      Put(",");
      Expression(attr.if_missing);
      Put({"if", "missing"});
    }
    if (attr.varies) Put({",", "varies"});
  }
  void Attrs(const std::vector<Attr>& attrs) {
    for (const Attr& attr : attrs) Put(attr);
  }
  void Put(const Scope& scope) {
    switch (scope.kind) {
      case Scope::Kind::kAnyone:
        return Put("anyone");
      case Scope::Kind::kAnything:
        return Put("anything");
      case Scope::Kind::kEntity:
        return Put(scope.entity);
      default:
        break;
    }
    if (scope.any_word) Put("any");
    Put(scope.type);
    if (scope.kind == Scope::Kind::kType) return;
    Put("in");
    Bare(scope.group);
  }
  void Put(const Acts& acts) {
    switch (acts.kind) {
      case Acts::Kind::kActions:
        return List(acts.actions);
      case Acts::Kind::kClasses:
        Put({"do", "any"});
        return List(acts.classes);
      case Acts::Kind::kAnything:
        return Put({"do", "anything"});
      case Acts::Kind::kChange:
        return Put({"change", "anything"});
    }
  }
  void Put(const Target& target) {
    Put(target.who);
    Put("to");
    Put(target.what);
    if (!target.which) return;
    Put("on");
    Put(*target.which);
  }
  void Put(const std::vector<Quorum>& quorums) {
    for (size_t i = 0; i < quorums.size(); ++i) {
      if (i > 0) Put("or");
      Put("by");
      const Quorum& q = quorums[i];
      for (size_t p = 0; p < q.parts.size(); ++p) {
        if (p > 0) Put("and");
        Bare(q.parts[p].count);
        Put("of");
        for (size_t k = 0; k < q.parts[p].pools.size(); ++k) {
          if (k > 0) Put("or");
          Bare(q.parts[p].pools[k]);
        }
      }
      Put("within");
      Bare(q.within);
      bool swap = Chance(50);
      if (q.survives_policy_change && swap) Put({"survives", "policy", "change"});
      if (q.including_owner) Put({"including", "owner"});
      if (q.survives_policy_change && !swap) Put({"survives", "policy", "change"});
    }
  }
  void Put(const std::vector<Clause>& clauses) {
    for (const Clause& c : clauses) {
      switch (c.kind) {
        case Clause::Kind::kWhen:
          Put("when");
          Expression(c.condition);
          break;
        case Clause::Kind::kUnless:
          Put("unless");
          Expression(c.condition);
          break;
        case Clause::Kind::kUnlessApproved:
          Put({"unless", "approved"});
          Put(c.quorums);
          break;
        case Clause::Kind::kBecause:
          Put({"because", Quoted(c.text)});
          break;
        case Clause::Kind::kMeets:
          Put("meets");
          List(c.controls, [&](const Control& control) {
            Put(control.catalogue);
            Put(Quoted(control.clause));
          });
          break;
        case Clause::Kind::kUntil:
          Put({"until", Time(c.time)});
          break;
      }
    }
  }
  void Put(Mode mode) {
    if (mode != Mode::kDefault) Put({"(", mode == Mode::kShadow ? "shadow" : "enforced", ")"});
  }
  void Title(const std::optional<std::string>& title) {
    if (title) Put(Quoted(*title));
  }
  void Keys(const std::vector<ExprId>& keys) {
    Put({"for", "each"});
    List(keys, [&](ExprId key) { Bare(key); });
  }

  // --- Literals ---
  static std::string Time(int64_t ms) {
    // Civil date from days (Howard Hinnant's algorithm); all times here are after 1970.
    int64_t z = ms / 86'400'000 + 719'468;
    int64_t era = z / 146'097, doe = z - era * 146'097;
    int64_t yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
    std::string text =
        Digits(year, 4) + "-" + Digits(month, 2) + "-" + Digits(doy - (153 * mp + 2) / 5 + 1, 2);
    int64_t rest = ms % 86'400'000;
    if (rest == 0) return text;
    return text + "T" + Digits(rest / 3'600'000, 2) + ":" + Digits(rest / 60'000 % 60, 2) + ":" +
           Digits(rest / 1000 % 60, 2) + "." + Digits(rest % 1000, 3) + "Z";
  }
  static std::string Duration(int64_t ms) {
    constexpr std::pair<const char*, int64_t> kUnits[] = {
        {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};
    std::string text;
    for (auto [unit, size] : kUnits) {
      if (ms / size == 0) continue;
      text += std::to_string(ms / size) + unit;
      ms %= size;
    }
    return text.empty() ? "0s" : text;
  }
  static std::string Decimal(int64_t units) {
    std::string text = std::to_string(units / 10'000) + "." + Digits(units % 10'000, 4);
    while (text.ends_with('0') && !text.ends_with(".0")) text.pop_back();
    return text;
  }
  static std::string Percent(int64_t units) {
    std::string text = std::to_string(units / 100);
    if (units % 100 != 0) text += "." + Digits(units % 100, 2);
    return text + "%";
  }
  void Negatable(int64_t value, const std::string& magnitude) {
    if (value < 0) Put("-");
    Put(magnitude);
  }

  // --- Expressions ---
  // Where the grammar takes no expression, but a name, a path or the like.
  void Bare(ExprId id) { Expression(id, /*may_wrap=*/false); }
  void Binary(const Expr& e, std::initializer_list<std::string_view> words) {
    Expression(e.operands[0]);
    Put(words);
    Expression(e.operands[1]);
  }
  // `!x` and the like, outside parentheses: what is put around it must not bind tighter.
  void Expression(ExprId id, bool may_wrap = true) {
    const Expr& e = file_[id];
    if (may_wrap && Chance(6)) {
      Put("(");
      Expression(id, false);
      Put(")");
      return;
    }
    switch (e.kind) {
      case ExprKind::kBool:
        return Put(e.integer != 0 ? "true" : "false");
      case ExprKind::kNumber: {
        uint64_t magnitude =
            e.integer < 0 ? ~static_cast<uint64_t>(e.integer) + 1 : static_cast<uint64_t>(e.integer);
        return Negatable(e.integer, std::to_string(magnitude));
      }
      case ExprKind::kDecimal:
        return Negatable(e.integer, Decimal(e.integer < 0 ? -e.integer : e.integer));
      case ExprKind::kPercent:
        return Put(Percent(e.integer));
      case ExprKind::kDuration:
        return Put(Duration(e.integer));
      case ExprKind::kTime:
        return Put(Time(e.integer));
      case ExprKind::kText:
        return Put(Quoted(e.text));
      case ExprKind::kAddress:
        if (e.text.find(':') == std::string::npos && !Chance(30)) return Put(e.text);
        return Put({"ip", Quoted(e.text)});
      case ExprKind::kSet:
        Put("[");
        List(e.operands, [&](ExprId element) { Expression(element); });
        if (!e.operands.empty() && Chance(30)) Put(",");
        return Put("]");
      case ExprKind::kRecord:
        Put("{");
        for (size_t i = 0; i < e.operands.size(); ++i) {
          if (i > 0) Put(",");
          Put({Quoted(e.texts[i]), ":"});
          Expression(e.operands[i]);
        }
        if (!e.operands.empty() && Chance(30)) Put(",");
        return Put("}");
      case ExprKind::kEntity:
        return Put(e.entity);
      case ExprKind::kVar:
        return Put(kVars[static_cast<size_t>(e.integer)]);
      case ExprKind::kName:
        return Put(e.text);
      case ExprKind::kAttr:
        Expression(e.operands[0], may_wrap);
        return e.integer != 0 ? Put({"[", Quoted(e.text), "]"}) : Put({".", e.text});
      case ExprKind::kMethod:
        Expression(e.operands[0], may_wrap);
        Put({".", e.text, "("});
        for (size_t i = 1; i < e.operands.size(); ++i) {
          if (i > 1) Put(",");
          Expression(e.operands[i]);
        }
        return Put(")");
      case ExprKind::kKeyed:
        Put({e.text, "of"});
        return Bare(e.operands[0]);
      case ExprKind::kParen:
        Put("(");
        Expression(e.operands[0]);
        return Put(")");
      case ExprKind::kIf:
        Put("if");
        Expression(e.operands[0]);
        Put("then");
        Expression(e.operands[1]);
        Put("else");
        return Expression(e.operands[2]);
      case ExprKind::kOr:
        return Binary(e, {e.spelled == Spelling::kSymbol ? "||" : "or"});
      case ExprKind::kAnd:
        return Binary(e, {e.spelled == Spelling::kSymbol ? "&&" : "and"});
      case ExprKind::kNot:
        Put(e.spelled == Spelling::kSymbol ? "!" : "not");
        return Expression(e.operands[0]);
      case ExprKind::kNeg:
        Put("-");
        return Expression(e.operands[0], false);
      case ExprKind::kEvery:
      case ExprKind::kSome:
      case ExprKind::kCount:
        if (e.kind == ExprKind::kCount) {
          Put({"number", "of"});
        } else {
          Put(e.kind == ExprKind::kEvery ? "every" : "some");
        }
        Put({e.text, "in"});
        Expression(e.operands[0]);
        Put("satisfies");
        return Expression(e.operands[1]);
      case ExprKind::kAdd:
        return Binary(e, {"+"});
      case ExprKind::kSub:
        return Binary(e, {"-"});
      case ExprKind::kMul:
        return Binary(e, {"*"});
      default:
        return Comparison(e);
    }
  }
  void Comparison(const Expr& e) {
    bool symbol = e.spelled == Spelling::kSymbol;
    bool time = e.spelled == Spelling::kTime;
    Expression(e.operands[0]);
    auto is = [&](std::initializer_list<std::string_view> words) {
      Put("is");
      if (e.negated) Put("not");
      Put(words);
    };
    switch (e.kind) {
      case ExprKind::kIs:
        symbol ? Put(e.negated ? "!=" : "==") : is({});
        break;
      case ExprKind::kBelow:
        symbol ? Put("<") : is({time ? "before" : "below"});
        break;
      case ExprKind::kAtMost:
        symbol ? Put("<=") : is({"at", "most"});
        break;
      case ExprKind::kAbove:
        symbol ? Put(">") : is({time ? "after" : "above"});
        break;
      case ExprKind::kAtLeast:
        symbol ? Put(">=") : is({"at", "least"});
        break;
      case ExprKind::kIsIn:
        is({});
        Expression(e.operands[1]);
        Put("in");
        return Expression(e.operands[2]);
      case ExprKind::kBetween:
        is({"between"});
        Expression(e.operands[1]);
        Put("and");
        return Expression(e.operands[2]);
      case ExprKind::kOneOf:
        is({"one", "of"});
        break;
      case ExprKind::kIn:
        if (e.negated) Put("not");
        Put("in");
        break;
      case ExprKind::kContains:
        Put("contains");
        break;
      case ExprKind::kHas:
        Put("has");
        if (e.texts[0].ends_with('-')) return Put(Quoted(e.texts[0]));
        for (size_t i = 0; i < e.texts.size(); ++i) {
          if (i > 0) Put(".");
          Put(e.texts[i]);
        }
        return;
      case ExprKind::kExists:
        return Put("exists");
      case ExprKind::kMissing:
        return is({"missing"});
      case ExprKind::kMatches: {
        std::string text = "\"";
        for (const syntax::PatternPart& part : e.pattern) {
          std::string quoted = Quoted(part.literal, true);
          text += part.wildcard ? "*" : quoted.substr(1, quoted.size() - 2);
        }
        return Put({"matches", text + "\""});
      }
      case ExprKind::kStartsWith:
        Put({"starts", "with"});
        break;
      case ExprKind::kEndsWith:
        Put({"ends", "with"});
        break;
      case ExprKind::kWithin:
        is({"within"});
        break;
      case ExprKind::kUnderDomain:
        return is({"under", "domain", Quoted(e.text)});
      case ExprKind::kUnderPath:
        return is({"under", "path", Quoted(e.text)});
      case ExprKind::kIsClass:
        return is({kClasses[static_cast<size_t>(e.integer)]});
      default:
        return is({kStates[static_cast<size_t>(e.integer)]});
    }
    Expression(e.operands[1]);
  }

  // --- Declarations ---
  void Put(const UseDecl& d) {
    Put("use");
    List(d.modules);
    if (!d.settings.empty()) {
      Put("with");
      List(d.settings, [&](const Arg& arg) {
        Put(arg.name);
        Bare(arg.value);
      });
    }
    Put(d.mode);
  }
  void Put(const SettingDecl& d) {
    Put("setting");
    Put(d.name);
    Put(":");
    Put(d.type);
    if (d.value == kNoExpr) return;
    Put("is");
    Bare(d.value);
  }
  void Put(const EntityDecl& d) {
    constexpr std::array<std::string_view, 5> kWords = {"group", "person", "agent", "principal", "resource"};
    Put(kWords[static_cast<size_t>(d.kind)]);
    List(d.names);
    if (!d.parents.empty()) Put("in");
    List(d.parents);
    if (d.owned_by) {
      Put({"owned", "by"});
      Put(*d.owned_by);
    }
    if (!d.attrs.empty()) Put("has");
    Attrs(d.attrs);
  }
  void Put(const RecordDecl& d) {
    Put({"record", d.name.text, "has"});
    Attrs(d.attrs);
  }
  void Put(const ClassDecl& d) {
    Put({"action", "class", d.name.text, "is", kClasses[static_cast<size_t>(d.kind)]});
  }
  void Put(const ActionDecl& d) {
    Put("action");
    List(d.names);
    if (!d.classes.empty()) Put("in");
    List(d.classes);
    if (!d.by.empty()) Put("by");
    List(d.by);
    if (!d.on.empty()) Put("on");
    List(d.on);
    if (!d.attrs.empty()) Put("with");
    Attrs(d.attrs);
  }
  void Put(const EvidenceDecl& d) {
    Put({"evidence", d.name.text});
    if (d.undo) Put({"(", "undo", ")"});
    if (d.type) {
      Put(":");
      Put(*d.type);
    } else {
      Put("has");
      Attrs(d.attrs);
    }
  }
  void Put(const LevelsDecl& d) {
    Put({"levels", d.name.text, "is"});
    for (size_t i = 0; i < d.levels.size(); ++i) {
      if (i > 0) Put("<");
      Put(d.levels[i]);
    }
    Put({",", "higher", "is", d.higher_is_stricter ? "stricter" : "freer"});
  }
  void Put(const NeedsDecl& d) {
    Put({"needs", kVars[static_cast<size_t>(d.var)], "has"});
    Attrs(d.attrs);
  }
  void Put(const AssumeDecl& d) {
    Put({"assume", d.name.text});
    Expression(d.condition);
  }
  void Put(const LimitKindDecl& d) {
    using Words = std::array<std::string_view, 2>;
    constexpr std::array<Words, 5> kMerges = {Words{"lowest", "wins"}, Words{"highest", "wins"},
                                              Words{"common", "members"}, Words{"all", "members"},
                                              Words{"any", "true"}};
    Put({"limit", "kind", d.name.text, ":"});
    Put(d.type);
    const Words& words = kMerges[static_cast<size_t>(d.merge)];
    Put({",", words[0], words[1]});
  }
  void Put(const FactDecl& d) {
    Put({"fact", d.name.text, ":"});
    Put(d.type);
    Put("is");
    if (d.form != FactDecl::Form::kExpression)
      Put({"the", d.form == FactDecl::Form::kHighest ? "highest" : "first", "of"});
    for (const FactDecl::Row& row : d.rows) {
      Expression(row.value);
      Put("when");
      Expression(row.when);
      Put(",");
    }
    if (d.form != FactDecl::Form::kExpression) Put("otherwise");
    Expression(d.otherwise);
  }
  void Put(const LadderDecl& d) {
    Put({"ladder", "for"});
    Put(d.who);
    if (d.which) {
      Put("on");
      Put(*d.which);
    }
    if (d.when != kNoExpr) {
      Put("when");
      Expression(d.when);
    }
    Put("gives");
    if (d.rows_of != kNoExpr) {
      Put({"rows", "of"});
      Bare(d.rows_of);
    }
    List(d.rows, [&](const LadderDecl::Row& row) {
      Put(row.action_class);
      Put({":", row.level.text});
      if (row.until) Put({"until", Time(*row.until)});
    });
  }
  void Put(const CapDecl& d) {
    Put({"cap", d.name.text});
    Put(d.mode);
    Put({"autonomy", "at", d.level.text});
    if (d.target) {
      Put("for");
      Put(*d.target);
    }
    Put(d.clauses);
  }
  void Put(const RuleDecl& d) {
    Put({"rule", d.name.text});
    Put(d.mode);
    Title(d.title);
    switch (d.effect) {
      case RuleEffect::kAllow:
        Put("allow");
        break;
      case RuleEffect::kForbid:
        Put("forbid");
        break;
      case RuleEffect::kSuggest:
        Put("suggest");
        Put(d.suggestion);
        if (!d.variant.empty()) Put("with");
        List(d.variant);
        Put("for");
        break;
      case RuleEffect::kRequire:
        Put("require");
        for (size_t i = 0; i < d.needs.size(); ++i) {
          if (i > 0) Put("and");
          if (d.needs[i].kind == Need::Kind::kEvidence) {
            Put({"evidence", d.needs[i].evidence.text});
          } else {
            Put("approval");
            Put(d.needs[i].quorums);
          }
        }
        Put("for");
        break;
      case RuleEffect::kLimit:
        Put("limit");
        List(d.limits, [&](const Limit& limit) {
          Put(limit.kind);
          if (limit.value == kNoExpr) return;
          Put("to");
          Expression(limit.value);
        });
        Put("for");
        break;
    }
    Put(d.target);
    Put(d.clauses);
  }
  void Put(const SwitchDecl& d) {
    Put({"switch", d.name.text});
    if (d.each) {
      Put({"for", "each"});
      Put(*d.each);
    }
    if (d.fresh_within == kNoExpr) return;
    Put({"fresh", "within"});
    Bare(d.fresh_within);
  }
  void Put(const CounterDecl& d) {
    Put({d.attempts ? "attempts" : "counter", d.name.text, "counts"});
    Put(d.what);
    Keys(d.keys);
    Put("over");
    Bare(d.over);
  }
  void Put(const TotalDecl& d) {
    Put({"total", d.name.text, "sums"});
    Bare(d.sums);
    Put("of");
    Put(d.what);
    Keys(d.keys);
    Put("over");
    Bare(d.over);
  }
  void Put(const LabelDecl& d) {
    Put({"label", d.name.text, "on"});
    Bare(d.key);
    Put({",", "set", "by"});
    Put(d.set_by);
    if (d.when == kNoExpr) return;
    Put("when");
    Expression(d.when);
  }
  void Put(const BreakerDecl& d) {
    Put({"breaker", d.name.text});
    Keys(d.keys);
    Put({"opens", "at"});
    Bare(d.threshold);
    Put({d.counts.text, "over"});
    Bare(d.over);
    if (d.closes_after == kNoExpr) return;
    Put({"closes", "after"});
    Bare(d.closes_after);
  }
  void Put(const HoursDecl& d) {
    auto clock = [](uint16_t minutes) { return Digits(minutes / 60, 2) + ":" + Digits(minutes % 60, 2); };
    Put({"hours", d.name.text, "is", kDays[d.first_day], "to", kDays[d.last_day], "from", clock(d.from), "to",
         clock(d.to), "in", Quoted(d.zone)});
  }
  void Put(const Given& g) {
    Put("given");
    switch (g.kind) {
      case Given::Kind::kEntity:
        Put(g.entity);
        if (!g.parents.empty()) Put("in");
        List(g.parents);
        if (!g.args.empty()) Put("with");
        List(g.args);
        break;
      case Given::Kind::kNow:
        Put({"now", Time(g.time)});
        break;
      case Given::Kind::kState:
        Put(g.name);
        if (g.key != kNoExpr) {
          Put("of");
          Bare(g.key);
        }
        Put("is");
        g.state ? Put(kStates[static_cast<size_t>(*g.state)]) : Expression(g.value);
        break;
      case Given::Kind::kApproval:
      case Given::Kind::kRefusal:
        Put({g.kind == Given::Kind::kApproval ? "approval" : "refusal", "by"});
        Put(g.entity);
        Put({Duration(g.duration), "ago"});
        break;
      case Given::Kind::kEvidence:
        Put({"evidence", g.name.text});
        if (g.value != kNoExpr) {
          Expression(g.value);
        } else {
          Put("with");
          List(g.args);
        }
        break;
      case Given::Kind::kActsFor:
        Put(g.entity);
        Put({"acts", "for"});
        List(g.hops, [&](const Given::Hop& hop) {
          Put(hop.principal);
          if (!hop.classes.empty()) Put({"to", "do", "any"});
          List(hop.classes);
        });
        break;
      case Given::Kind::kEnforces:
        Put("enforces");
        g.kinds.empty() ? Put("nothing") : List(g.kinds);
        break;
      case Given::Kind::kFixtures:
        List(g.kinds);
        break;
    }
  }
  void Put(const Ask& ask) {
    List(ask.principals);
    Put("asks");
    if (ask.times_written) Put({std::to_string(ask.times), "times"});
    Put("to");
    List(ask.actions);
    Put("on");
    List(ask.resources);
    if (!ask.args.empty()) Put("with");
    List(ask.args);
  }
  void Put(const Next& next) {
    Put("then");
    if (next.after) Put({"after", Duration(*next.after)});
    for (const Given& given : next.givens) Put(given);
    if (next.when) Put("when");
    if (next.ask) Put(*next.ask);
    Put(next.expect);
  }
  void Put(const FixtureDecl& d) {
    Put({"fixture", d.name.text});
    for (const Given& given : d.givens) Put(given);
  }
  void Put(const TestDecl& d) {
    Put({"test", Quoted(d.title)});
    for (const Given& given : d.givens) Put(given);
    if (d.ask) {
      Put("when");
      Put(*d.ask);
    }
    if (d.expect) Put(*d.expect);
    for (const Next& next : d.next) Put(next);
    for (const TestCase& c : d.cases) {
      Put({"case", Quoted(c.title)});
      if (!c.args.empty()) Put("with");
      List(c.args);
      for (const Given& given : c.givens) Put(given);
      if (c.ask) {
        Put("when");
        Put(*c.ask);
      }
      Put(c.expect);
      for (const Next& next : c.next) Put(next);
    }
  }
  void Put(const Expectation& e) {
    Put("expect");
    switch (e.outcome) {
      case Expectation::Outcome::kAllow:
        Put("allow");
        break;
      case Expectation::Outcome::kDeny:
        Put("deny");
        if (e.why) Put({"because", e.why->text});
        break;
      case Expectation::Outcome::kSuggest:
        Put("suggest");
        Put(e.suggestion);
        break;
      case Expectation::Outcome::kRequireApproval:
        Put("require");
        if (e.approval) Put("approval");
        for (const Name& name : e.evidence) {
          if (e.approval || &name != &e.evidence.front()) Put("and");
          Put({"evidence", name.text});
        }
        break;
    }
    if (e.has_limits) Put({"with", "limits"});
    List(e.limits);
    auto rule = [&](const RuleRef& ref) {
      size_t slash = ref.text.find('/');
      if (Chance(30) && slash != std::string::npos) return Put(Quoted(ref.text));
      if (slash == std::string::npos) return Put(ref.text);
      Put({ref.text.substr(0, slash), "/", ref.text.substr(slash + 1)});
    };
    if (!e.by.empty()) Put("by");
    List(e.by, rule);
    if (!e.not_by.empty()) Put({"not", "by"});
    List(e.not_by, rule);
  }
  void Put(const GuaranteeDecl& d) {
    Put({"guarantee", d.name.text});
    Title(d.title);
    Put({d.always ? "always" : "never", "allow"});
    Put(d.target);
    if (d.without != GuaranteeDecl::Without::kNothing) {
      Put({"without", d.without == GuaranteeDecl::Without::kLimit ? "limit" : "approval"});
      if (d.without == GuaranteeDecl::Without::kApproval) Put(d.quorums);
      if (d.without == GuaranteeDecl::Without::kLimit) Put(d.limit);
    }
    if (d.when == kNoExpr) return;
    Put("when");
    Expression(d.when);
  }

  const File& file_;
  bool wild_;
  Rng* rng_;
  std::vector<std::string>* comments_;
  std::string out_;
  size_t count_ = 0;
};

}  // namespace

std::string PrintPol(const File& file, PolText text, Rng* rng, std::vector<std::string>* comments) {
  return Printer(file, text, rng, comments).Print();
}

}  // namespace polc::gen
