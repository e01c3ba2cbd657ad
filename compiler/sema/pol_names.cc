// Names, attributes, classes and state in expressions (pol_expr.h).
#include <algorithm>

#include "compiler/sema/pol_expr.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::sema::pol {

using ast::ExprKind;
using core::ExprId;
using core::Op;
using data::Value;
using source::Code;
using source::Span;

namespace {

// Settings may be set to other settings; more in a row than this is a circle.
constexpr int kMaxSettingHops = 8;

Value ActionSet(const std::vector<const ActionInfo*>& actions) {
  std::vector<Value> uids;
  for (const ActionInfo* action : actions) uids.emplace_back(action->uid);
  return Value::MakeSet(std::move(uids));
}

}  // namespace

std::vector<const ActionInfo*> Expressions::Actions(const Known& known) const {
  auto narrowed = known.types.find("action");
  if (narrowed == known.types.end()) return reach_.actions;
  std::vector<const ActionInfo*> actions;
  for (const ActionInfo* action : reach_.actions) {
    if (std::ranges::binary_search(narrowed->second, action->written)) actions.push_back(action);
  }
  return actions;
}

Typed Expressions::Var(const ast::Expr& e, const Known& known) {
  const auto var = static_cast<core::Var>(e.integer);
  Type type;
  switch (var) {
    case core::Var::kPrincipal:
      type = EntityOf(reach_.principals);
      break;
    case core::Var::kResource:
      type = EntityOf(reach_.resources);
      break;
    case core::Var::kAction:
      type = Simple(Kind::kEntity);
      for (const ActionInfo* action : reach_.actions) type.entities.push_back(action->uid.type);
      type = EntityOf(std::move(type.entities));
      break;
    default:
      type = Simple(Kind::kRecord);  // whose fields Owners() knows
      type.record = std::make_shared<const RecordType>(RecordType{"context", {}});
      break;
  }
  std::string path(core::VarName(var));
  auto narrowed = known.types.find(path);
  if (narrowed != known.types.end() && var != core::Var::kAction) type = EntityOf(narrowed->second);
  Typed out = Made(std::move(type), rule_.AddVar(var, e.span), e.span);
  out.path = std::move(path);
  return out;
}

Typed Expressions::Name(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  if (!variable_.empty() && e.text == variable_) {
    Typed out = Made(element_, rule_.AddVar(core::Var::kElement, e.span), e.span);
    out.path = "element";
    return out;
  }
  if (e.text == "now") return Made(Simple(Kind::kTime), rule_.AddNamed(Op::kInput, "now", e.span), e.span);
  const Symbol* symbol = Resolver(world_, source_, sink_)
                             .Find(e.text, e.span, kValueKinds, "a fact, level, setting, class or action");
  if (!symbol) return Error(e.span);
  return Meaning(*symbol, e.span, known);
}

Typed Expressions::Meaning(const Symbol& symbol, Span span, const Known& known) {
  switch (symbol.kind) {
    case SymbolKind::kFact:
      return Fact(symbol.key, span, known);
    case SymbolKind::kLevel:
      if (!world_.levels.contains(symbol.key)) return Error(span);
      return Constant(LevelOf(symbol.key), Value(symbol.name), span);
    case SymbolKind::kClass:
      return Constant(Simple(Kind::kClass), Value(symbol.name), span);
    case SymbolKind::kSetting:
      return SettingValue(symbol, span, known);
    case SymbolKind::kAction: {
      auto uid = world_.action_names.find(symbol.key);
      if (uid == world_.action_names.end()) return Error(span);
      return Constant(EntityOf(uid->second.type), Value(uid->second), span);
    }
    case SymbolKind::kState: {
      auto state = world_.states.find(symbol.key);
      if (state == world_.states.end()) return Error(span);
      if (!state->second.keys.empty()) {
        Report(
            Code::kInvalidStateKey, span,
            fmt::format("`{}` is kept for each {}; say of which", symbol.name, state->second.keys.front().by))
            .help = fmt::format("write `{} of {}`", symbol.name,
                                state->second.kind == core::Input::Kind::kSwitch
                                    ? fmt::format("{} \"…\"", state->second.keys.front().by)
                                    : state->second.keys.front().by);
        return Error(span);
      }
      return Made(state->second.value, rule_.AddNamed(Op::kInput, symbol.name, span), span);
    }
    default:
      Report(Code::kUnexpectedType, span,
             fmt::format("`{}` is a {}, which is no value", symbol.name, KindText(symbol.kind)))
          .help = symbol.kind == SymbolKind::kType    ? fmt::format("write `… is {}`", symbol.name)
                  : symbol.kind == SymbolKind::kHours ? fmt::format("write `now is within {}`", symbol.name)
                                                      : "";
      return Error(span);
  }
}

Typed Expressions::SettingValue(const Symbol& symbol, Span span, const Known& known) {
  const SettingInfo& setting = world_.settings.at(symbol.key);
  if (setting.value == ast::kNoExpr || setting.type.error()) return Error(span);  // reported
  if (setting_hops_ >= kMaxSettingHops) {
    Report(Code::kSettingConflict, span,
           fmt::format("setting `{}` is set to itself by way of others", symbol.name));
    return Error(span);
  }
  // The value is read where it stands: its names are those of its file.
  const SourceId here = source_;
  std::string variable = std::exchange(variable_, "");
  source_ = setting.value_source;
  ++setting_hops_;
  Typed value = Check(setting.value, known);
  --setting_hops_;
  source_ = here;
  variable_ = std::move(variable);
  if (value.error()) return Error(span);
  const bool pool = setting.type.is(Kind::kPool);
  const bool entities =
      value.type.is(Kind::kEntity) || (value.type.is(Kind::kSet) && value.type.element->is(Kind::kEntity));
  if (pool ? !entities : !Fits(value.type, setting.type)) {
    Report(Code::kUnexpectedType, value.span,
           fmt::format("`{}` is of type {}; setting `{}` is {}", Text(value.span), TypeText(value.type),
                       symbol.name, pool ? "a group, or a path to one" : "of type " + TypeText(setting.type)))
        .labels.push_back({setting.decl->name.span, "declared here"});
    return Error(span);
  }
  value.span = span;
  return value;
}

Typed Expressions::Fact(const std::string& name, Span span, const Known& known) {
  const FactInfo& fact = world_.facts.at(name);
  if (fact.type.error()) return Error(span);
  if (fact.agents_only) {
    std::vector<std::string> types = reach_.principals;
    auto narrowed = known.types.find("principal");
    if (narrowed != known.types.end()) types = narrowed->second;
    auto other = std::ranges::find_if(types, [&](const std::string& type) { return !world_.IsAgent(type); });
    if (other != types.end()) {
      source::Diagnostic& report = Report(
          Code::kAutonomyOutsideAgents, span,
          fmt::format("`{}` is read for a principal of type {}, which is no agent; {}", name, PolName(*other),
                      name == "autonomy" ? "only agents have autonomy" : "it rests on autonomy"));
      report.help = "write the rule for a type of agents, or for `any agent`";
      return Error(span);
    }
  }
  return Made(fact.type, rule_.AddNamed(Op::kFactRef, name, span), span);
}

std::optional<std::vector<Expressions::Owner>> Expressions::Owners(const Typed& subject, Span span,
                                                                   const Known& known) {
  std::vector<Owner> owners;
  if (subject.path == "context") {
    for (const ActionInfo* action : Actions(known)) owners.push_back({action->written, &action->fields});
    return owners;
  }
  if (subject.type.is(Kind::kRecord)) {
    owners.push_back({TypeText(subject.type), &subject.type.record->fields});
    return owners;
  }
  if (subject.type.is(Kind::kEntity)) {
    for (const std::string& type : subject.type.entities) {
      auto info = world_.types.find(type);
      if (info != world_.types.end()) owners.push_back({PolName(type), &info->second.fields});
    }
    if (!owners.empty()) return owners;
  }
  if (!subject.error()) {
    Report(Code::kUnexpectedType, span,
           fmt::format("`{}` is of type {}, which has no attributes", Text(subject.span),
                       TypeText(subject.type)));
  }
  return std::nullopt;
}

Typed Expressions::Attribute(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  // `Risk.high`: a level by its full name.
  if (std::optional<ast::Name> dotted = ast::DottedName(world_.file(source_), id)) {
    const std::string head = dotted->text.substr(0, dotted->text.find('.'));
    if (head != variable_) {
      const std::string first = dotted->text.substr(0, dotted->text.rfind('.'));
      std::vector<const Symbol*> levels = world_.Lookup(source_, first, Only(SymbolKind::kLevels));
      if (levels.size() == 1 && world_.levels.contains(levels.front()->key)) {
        const core::Levels& of = world_.levels.at(levels.front()->key);
        if (of.RankOf(e.text)) return Constant(LevelOf(of.name), Value(e.text), e.span);
        source::Diagnostic& report = Report(Code::kUnknownName, e.name_span,
                                            fmt::format("`{}` is not a level of `{}`", e.text, of.name));
        if (auto near = source::DidYouMean(e.text, of.names)) {
          report.help = fmt::format("did you mean `{}.{}`?", of.name, *near);
        }
        return Error(e.span);
      }
      std::vector<const Symbol*> action = world_.Lookup(source_, dotted->text, Only(SymbolKind::kAction));
      if (action.size() == 1) return Meaning(*action.front(), e.span, known);
    }
  }
  Typed subject = Check(e.operands[0], known);
  if (subject.error()) return Error(e.span);
  if (subject.path == "action") {
    if (e.text == "class") return ActionClass(e.span, known);
    Report(Code::kUnsafeAttributeAccess, e.name_span,
           fmt::format("`action` has no attribute `{}`", source::Excerpt(e.text)))
        .help = "an action has a `class`";
    return Error(e.span);
  }
  return Member(std::move(subject), e.text, e.span, e.name_span, known);
}

Typed Expressions::Member(Typed subject, const std::string& name, Span span, Span name_span,
                          const Known& known) {
  std::optional<std::vector<Owner>> owners = Owners(subject, subject.span, known);
  if (!owners) return Error(span);
  const std::string path = subject.path.empty() ? "" : subject.path + "." + name;
  const bool tested = !path.empty() && known.present.contains(path);
  std::optional<Type> type;
  std::vector<const Owner*> without;
  const Owner* optional = nullptr;
  std::vector<std::string> names;
  std::optional<Value> if_missing;
  bool default_differs = false, any_default = false, all_default = true;
  Span declared;
  for (const Owner& owner : *owners) {
    const Field* field = FindField(*owner.fields, name);
    for (const Field& other : *owner.fields) names.push_back(other.name);
    if (!field) {
      without.push_back(&owner);
      continue;
    }
    if (field->type.error()) return Error(span);
    declared = field->span;
    if (!field->always()) optional = &owner;
    if (field->if_missing) {
      default_differs |= any_default && if_missing != field->if_missing;
      any_default = true;
      if_missing = field->if_missing;
    } else {
      all_default = false;
    }
    std::optional<Type> joined = type ? Join(*type, field->type) : field->type;
    if (!joined) {
      Report(Code::kIncompatibleTypes, name_span,
             fmt::format("`{}` is of type {} for `{}`, and of type {} elsewhere", Text(span),
                         TypeText(field->type), owner.name, TypeText(*type)))
          .help = "split the rule by what it is about";
      return Error(span);
    }
    type = std::move(joined);
  }
  if (!type) {
    source::Diagnostic& report = Report(
        Code::kUnsafeAttributeAccess, name_span,
        subject.path == "context"
            ? fmt::format("no action this is about has `{}` in its context", source::Excerpt(name))
            : fmt::format("`{}` has no attribute `{}`", TypeText(subject.type), source::Excerpt(name)));
    std::ranges::sort(names);
    if (auto near = source::DidYouMean(name, names)) {
      report.help = fmt::format("did you mean `{}`?", *near);
    } else if (owners->size() == 1 && !names.empty()) {
      report.help = fmt::format("it has {}", fmt::join(names, ", "));
    }
    return Error(span);
  }
  const bool context = subject.path == "context";
  if (!without.empty() && !tested) {
    source::Diagnostic& report =
        Report(Code::kUnsafeAttributeAccess, name_span,
               fmt::format("{}`{}`, which this is about too, has no {}`{}`{}", context ? "action " : "",
                           without.front()->name, context ? "" : "attribute ", source::Excerpt(name),
                           context ? " in its context" : ""));
    report.help = fmt::format("test first: `{} has {} and …`, or say more closely what this is about",
                              Text(subject.span), name);
    if (declared.valid()) report.labels.push_back({declared, "declared here for others"});
    return Error(span);
  }
  if (optional && !tested) {
    source::Diagnostic& report =
        Report(Code::kUnsafeOptionalAttributeAccess, name_span,
               fmt::format("`{}` may be missing, and is read without a test", Text(span)));
    report.help = fmt::format("test first: `{} has {} and …`, or declare what it is then: `… if missing`",
                              Text(subject.span), name);
    if (declared.valid()) report.labels.push_back({declared, "declared optional here"});
    return Error(span);
  }
  ExprId id = core::kNoExpr;
  // A context was completed with its defaults when it was read; entities and what hangs on them were not.
  if (any_default && !context) {
    if (default_differs || (!all_default && !tested)) {
      Report(Code::kIncompatibleTypes, name_span,
             fmt::format("`{}` has not the same default for all this is about", Text(span)))
          .help = "split the rule by what it is about";
      return Error(span);
    }
    const ExprId from = Emit(subject);
    const ExprId otherwise = rule_.AddLiteral(*if_missing, span);
    const ExprId both[] = {from, otherwise};
    id = rule_.AddNamed(Op::kAttrOr, both, name, span);
  } else {
    id = rule_.AddNamed(Op::kGetAttr, Emit(subject), name, span);
  }
  Typed out = Made(*std::move(type), id, span);
  auto narrowed = known.types.find(path);
  if (!path.empty() && narrowed != known.types.end()) out.type = EntityOf(narrowed->second);
  out.path = path;
  return out;
}

// `action.class`: the class each action is in, written out.
Typed Expressions::ActionClass(Span span, const Known& known) {
  std::map<std::string, std::vector<const ActionInfo*>> classes;
  for (const ActionInfo* action : Actions(known)) classes[action->action_class].push_back(action);
  if (classes.size() == 1) {
    return Constant(Simple(Kind::kClass), Value(classes.begin()->first), span);
  }
  // An action without a class has the name of none.
  ExprId otherwise = rule_.AddLiteral(Value(std::string()), span);
  for (const auto& [name, actions] : classes) {
    if (name.empty()) continue;
    const ExprId set = rule_.AddLiteral(ActionSet(actions), span);
    const ExprId action = rule_.AddVar(core::Var::kAction, span);
    const ExprId test = rule_.Add(Op::kContains, {set, action}, span);
    const ExprId value = rule_.AddLiteral(Value(name), span);
    otherwise = rule_.Add(Op::kIf, {test, value, otherwise}, span);
  }
  return Made(Simple(Kind::kClass), otherwise, span);
}

Typed Expressions::IsClass(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  const auto wanted = static_cast<core::Reversibility>(e.integer);
  Typed subject = Check(e.operands[0], known);
  if (subject.error()) return Error(e.span);
  if (subject.type.is(Kind::kClass)) {
    std::vector<Value> names;
    // A class that does not exist, and none at all, is irreversible: so is everything but the others.
    const bool rest = wanted == core::Reversibility::kIrreversible;
    for (const auto& [name, info] : world_.classes) {
      if ((info.reversibility == wanted) != rest) names.emplace_back(name);
    }
    const ExprId value = Emit(subject);
    const ExprId set = rule_.AddLiteral(Value::MakeSet(std::move(names)), e.span);
    Typed out = Bool(rule_.Add(Op::kContains, {set, value}, e.span), e.span);
    if (rest) out.id = rule_.Add(Op::kNot, {out.id}, e.span);
    return out;
  }
  if (subject.path != "action") {
    return Unexpected(e.operands[0], subject.type, "`is irreversible` and the like", "`action` or a class");
  }
  std::vector<const ActionInfo*> actions;
  std::vector<std::string> yes, no;
  for (const ActionInfo* action : Actions(known)) {
    const bool is = world_.ReversibilityOf(*action) == wanted;
    (is ? yes : no).push_back(action->written);
    if (is) actions.push_back(action);
  }
  const ExprId set = rule_.AddLiteral(ActionSet(actions), e.span);
  Typed out = Bool(rule_.Add(Op::kContains, {set, Emit(subject)}, e.span), e.span);
  std::ranges::sort(yes);
  std::ranges::sort(no);
  if (!yes.empty()) out.when_true.types["action"] = std::move(yes);
  if (!no.empty()) out.when_false.types["action"] = std::move(no);
  return out;
}

// `subject.a.b` for the first `count` of `names`.
Typed Expressions::Along(ast::ExprId subject, const std::vector<std::string>& names, size_t count,
                         const Known& known) {
  Typed at = Check(subject, known);
  for (size_t i = 0; i < count && !at.error(); ++i) {
    const Span span = at.span;
    at = Member(std::move(at), names[i], span, span, known);
  }
  return at;
}

Typed Expressions::Has(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  if (e.kind == ExprKind::kHas) {
    // `has a.b` is `has a and a has b`.
    Typed all;
    Known here = known;
    for (size_t i = 0; i < e.texts.size(); ++i) {
      Typed subject = Along(e.operands[0], e.texts, i, here);
      if (subject.error()) return Error(e.span);
      Typed one = HasOne(std::move(subject), e.operands[0], {e.texts.begin(), e.texts.begin() + i},
                         e.texts[i], e.span, e.name_span, here);
      if (one.error()) return Error(e.span);
      here.And(one.when_true);
      if (i == 0) {
        all = std::move(one);
        continue;
      }
      Known when_true = std::move(all.when_true), when_false = std::move(all.when_false);
      when_true.And(one.when_true);
      when_false.Or(one.when_false);
      const ExprId first = Emit(all);
      all = Bool(rule_.Add(Op::kAnd, {first, Emit(one)}, e.span), e.span);
      all.when_true = std::move(when_true);
      all.when_false = std::move(when_false);
      if (here.dead) break;
    }
    return all;
  }
  const ast::ExprId tested = ast::SkipParens(world_.file(source_), e.operands[0]);
  const ast::Expr& attribute = At(tested);
  const char* words = e.kind == ExprKind::kExists ? "exists" : "is missing";
  if (attribute.kind != ExprKind::kAttr) {
    Report(Code::kUnexpectedType, attribute.span,
           fmt::format("`{}` is no attribute; only attributes are there or `{}`", Text(tested), words));
    return Error(e.span);
  }
  Typed subject = Check(attribute.operands[0], known);
  if (subject.error()) return Error(e.span);
  return HasOne(std::move(subject), attribute.operands[0], {}, attribute.text, e.span, attribute.name_span,
                known);
}

Typed Expressions::HasOne(Typed subject, ast::ExprId subject_id, const std::vector<std::string>& before,
                          const std::string& name, Span span, Span name_span, const Known& known) {
  std::optional<std::vector<Owner>> owners = Owners(subject, subject.span, known);
  if (!owners) return Error(span);
  const std::string path = subject.path.empty() ? "" : subject.path + "." + name;
  const bool context = subject.path == "context", entity = subject.type.is(Kind::kEntity);
  std::vector<std::string> names, with_default, declaring;
  for (const Owner& owner : *owners) {
    for (const Field& other : *owner.fields) names.push_back(other.name);
    const Field* field = FindField(*owner.fields, name);
    if (!field) continue;
    declaring.push_back(owner.name);
    if (field->if_missing) with_default.push_back(CedarName(owner.name));
  }
  if (declaring.empty() && !world_.sources[source_].library) {
    source::Diagnostic& report = Report(
        Code::kUnsafeAttributeAccess, name_span,
        context
            ? fmt::format("no action this is about has `{}` in its context", source::Excerpt(name))
            : fmt::format("`{}` never has an attribute `{}`", TypeText(subject.type), source::Excerpt(name)));
    std::ranges::sort(names);
    if (auto near = source::DidYouMean(name, names)) report.help = fmt::format("did you mean `{}`?", *near);
    return Error(span);
  }
  Typed out = Bool(rule_.AddNamed(Op::kHas, Emit(subject), name, span), span);
  if (declaring.empty()) out.when_true.dead = true;
  if (!path.empty()) out.when_true.present.insert(path);
  if (context) {
    std::ranges::sort(declaring);
    out.when_true.types["action"] = declaring;
  }
  // A default counts as being there. A context was completed with its own.
  if (!context && !with_default.empty()) {
    ExprId there = core::kNoExpr;
    if (!entity || with_default.size() == owners->size()) {
      there = rule_.AddLiteral(Value(true), span);
    } else {
      for (const std::string& type : with_default) {
        Typed again = Along(subject_id, before, before.size(), known);
        const ExprId is = rule_.AddNamed(Op::kIs, Emit(again), type, span);
        there = there == core::kNoExpr ? is : rule_.Add(Op::kOr, {there, is}, span);
      }
    }
    out.id = rule_.Add(Op::kOr, {out.id, there}, span);
  }
  return out;
}

Typed Expressions::Keyed(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  const Symbol* symbol =
      Resolver(world_, source_, sink_)
          .Find(e.text, e.name_span, Only(SymbolKind::kState), "a switch, counter, total, label or breaker");
  if (!symbol) return Error(e.span);
  auto found = world_.states.find(symbol->key);
  if (found == world_.states.end()) return Error(e.span);  // its declaration was reported
  const StateInfo& state = found->second;
  Typed key = Check(e.operands[0], known);
  if (key.error()) return Error(e.span);
  const StateInfo::Key* match = nullptr;
  size_t fitting = 0;
  for (const StateInfo::Key& one : state.keys) {
    if (one.by == key.path) {
      match = &one;
      fitting = 1;
      break;
    }
    if (Fits(key.type, one.type)) {
      match = &one;
      ++fitting;
    }
  }
  if (fitting != 1) {
    std::vector<std::string> keys;
    for (const StateInfo::Key& one : state.keys) keys.push_back(one.by);
    source::Diagnostic& report = Report(
        Code::kInvalidStateKey, At(e.operands[0]).span,
        state.keys.empty() ? fmt::format("`{}` is one for all; it is not read of anything", e.text)
        : fitting == 0     ? fmt::format("`{}` is of type {}; `{}` is kept for each {}", Text(e.operands[0]),
                                         TypeText(key.type), e.text, fmt::join(keys, " and "))
                           : fmt::format("`{}` may be a key of either of {}", Text(e.operands[0]),
                                         fmt::join(keys, " and ")));
    if (symbol->span.valid()) report.labels.push_back({symbol->span, "declared here"});
    return Error(e.span);
  }
  const ExprId operand[] = {Emit(key)};
  return Made(state.value, rule_.AddNamed(Op::kInput, operand, match->id, e.span), e.span);
}

Typed Expressions::State(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  const auto word = static_cast<ast::StateWord>(e.integer);
  const bool of_switch = word == ast::StateWord::kOn || word == ast::StateWord::kOff;
  const ast::Expr& subject = At(ast::SkipParens(world_.file(source_), e.operands[0]));
  std::vector<const Symbol*> symbols;
  if (subject.kind == ExprKind::kName || subject.kind == ExprKind::kKeyed) {
    symbols = world_.Lookup(source_, subject.text, Only(SymbolKind::kState));
  }
  Typed value = Check(e.operands[0], known);
  if (value.error()) return Error(e.span);
  auto state = symbols.size() == 1 ? world_.states.find(symbols.front()->key) : world_.states.end();
  const core::Input::Kind wanted = of_switch ? core::Input::Kind::kSwitch : core::Input::Kind::kBreaker;
  if (state == world_.states.end() || state->second.kind != wanted) {
    Report(Code::kUnexpectedType, subject.span,
           fmt::format("`{}` is no {}; only a {}", Text(subject.span), of_switch ? "switch" : "breaker",
                       of_switch ? "switch is on or off" : "breaker is open or closed"));
    return Error(e.span);
  }
  value.span = e.span;
  return Not(std::move(value), word == ast::StateWord::kOff || word == ast::StateWord::kClosed);
}

}  // namespace polc::sema::pol
