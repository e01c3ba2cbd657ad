#include "compiler/sema/pol_build_tests.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "compiler/sema/pol_constant.h"
#include "compiler/sema/pol_modules.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::sema::pol {

using data::Value;
using source::Code;
using source::Span;

namespace {

// 2000-01-01T00:00:00Z, the time of a test that gives none.
constexpr int64_t kDefaultNow = 946684800000;

// What an input reads as that nothing has moved.
Value Unmoved(data::Kind kind) {
  if (kind == data::Kind::kBool) return Value(false);
  if (kind == data::Kind::kDecimal) return Value(data::Decimal{0});
  return Value(int64_t{0});
}

// As many tests as one `test` may stand for: more is a mistake in a list, and takes long.
constexpr size_t kMaxCombinations = 1000;
// How deep fixtures may use each other.
constexpr size_t kMaxFixtures = 16;

// What is given: of fixtures, the test around, the case, step by step. What comes later changes what was
// there.
struct Situation {
  struct Given {
    data::Entity entity;
    size_t layer = 0;
  };
  std::vector<Given> entities;
  data::Host host;
  bool enforces_given = false;
  size_t acts_for_layer = 0;
  std::vector<TestStep::Vote> approvals, refusals;
};

class TestBuilder {
 public:
  TestBuilder(const World& world, const core::Program& program, SourceId source, const ast::TestDecl& decl,
              source::DiagnosticSink& sink, std::vector<TestCase>& out)
      : world_(world), program_(program), source_(source), decl_(decl), sink_(sink), out_(out) {}

  void Build() {
    Situation situation;
    situation.host.now = data::Datetime{kDefaultNow};
    Apply(decl_.givens, situation);
    if (decl_.cases.empty()) {
      if (decl_.ask && decl_.expect)
        Combine(situation, *decl_.ask, *decl_.expect, decl_.next, decl_.title, decl_.span);
      return;
    }
    for (const ast::TestCase& c : decl_.cases) {
      Situation own = situation;
      Apply(c.givens, own);
      if (!c.ask && !decl_.ask) {
        sink_.Report(Code::kUnexpectedToken, c.title_span, "neither the test nor this case makes a request")
            .help = "add `when … asks to … on …`";
        continue;
      }
      ast::Ask ask = c.ask ? *c.ask : *decl_.ask;
      for (const ast::Arg& arg : c.args) {
        const auto same = std::ranges::find(ask.args, arg.name, &ast::Arg::name);
        if (same == ask.args.end()) {
          ask.args.push_back(arg);
        } else {
          *same = arg;
        }
      }
      Combine(own, ask, c.expect, c.next, decl_.title + ": " + c.title, c.span);
    }
  }

 private:
  Resolver Resolve() { return {world_, source_, sink_}; }
  void Fail() { good_ = false; }

  // One test for each combination.
  void Combine(const Situation& situation, const ast::Ask& ask, const ast::Expectation& expect,
               const std::vector<ast::Next>& next, const std::string& title, Span span) {
    const size_t count = ask.principals.size() * ask.actions.size() * ask.resources.size();
    if (count > kMaxCombinations) {
      sink_.Report(Code::kInvalidBound, ask.span,
                   fmt::format("these are {} requests, more than {}", count, kMaxCombinations));
      return;
    }
    size_t steps = ask.times;
    for (const ast::Next& one : next) steps += one.ask ? one.ask->times : 1;
    if (steps > static_cast<size_t>(ast::kMaxTimes)) {
      sink_.Report(
          Code::kInvalidBound, span,
          fmt::format("these are {} requests one after the other, more than {}", steps, ast::kMaxTimes));
      return;
    }
    for (const ast::EntityRef& who : ask.principals) {
      for (const ast::ActionName& action : ask.actions) {
        for (const ast::EntityRef& which : ask.resources) {
          const size_t reported = sink_.diagnostics().size();
          std::string name = title;
          std::vector<std::string> parts;
          if (ask.principals.size() > 1) parts.push_back(who.type.text + " " + source::Quote(who.id));
          if (ask.actions.size() > 1) parts.push_back(action.text);
          if (ask.resources.size() > 1) parts.push_back(which.type.text + " " + source::Quote(which.id));
          if (!parts.empty()) name += fmt::format(" ({})", fmt::join(parts, ", "));
          One(situation, ask, {&who, &action, &which}, expect, next, std::move(name), span);
          // What is wrong with one of them is wrong with the rest.
          if (sink_.diagnostics().size() > reported) return;
        }
      }
    }
  }

  struct Cell {
    const ast::EntityRef* who;
    const ast::ActionName* action;
    const ast::EntityRef* which;
  };

  void One(Situation situation, const ast::Ask& ask, Cell cell, const ast::Expectation& expect,
           const std::vector<ast::Next>& next, std::string title, Span span) {
    good_ = true;
    TestCase test;
    test.policy = world_.sources[source_].policy;
    test.title = std::move(title);
    test.span = span;
    Step(situation, ask.args, cell, ask.span, test);
    test.times = ask.times;
    Expect(expect, test.expected);
    const std::vector<ast::Arg>* args = &ask.args;
    Span at = ask.span;
    for (const ast::Next& one : next) {
      situation.approvals.clear();
      situation.refusals.clear();
      if (one.after) situation.host.now = data::Datetime{situation.host.now->ms + *one.after};
      later_ = true;
      Apply(one.givens, situation);
      later_ = false;
      if (one.ask) {
        if (one.ask->principals.size() * one.ask->actions.size() * one.ask->resources.size() > 1) {
          sink_.Report(Code::kUnexpectedToken, one.ask->span, "a later step makes one request, not several")
              .help = "write another `then`";
          Fail();
        }
        cell = {&one.ask->principals[0], &one.ask->actions[0], &one.ask->resources[0]};
        args = &one.ask->args;
        at = one.ask->span;
      }
      TestStep step;
      Step(situation, *args, cell, at, step);
      step.times = one.ask ? one.ask->times : 1;
      Expect(one.expect, step.expected);
      test.then.push_back(std::move(step));
    }
    if (!good_) return;
    FillState(test);
    out_.push_back(std::move(test));
  }

  // The request of a step, in what is given by then.
  void Step(const Situation& situation, const std::vector<ast::Arg>& args, Cell cell, Span at,
            TestStep& step) {
    data::Host host = situation.host;
    if (!situation.enforces_given) {
      for (const auto& [name, kind] : world_.limit_kinds) host.enforces.push_back(name);
    }
    std::ranges::sort(host.enforces);
    for (data::StateItem& item : host.state) item.as_of = host.now;
    if (chain_ && chain_->type.text + chain_->id != cell.who->type.text + cell.who->id) {
      sink_.Report(Code::kUnexpectedType, chain_->span,
                   "only the principal of the request acts for others; a chain begins with it");
      Fail();
    }
    Complete(situation);
    for (const Situation::Given& given : situation.entities) step.request.entities.push_back(given.entity);
    Request(args, cell, at, step.request, host);
    step.approvals = situation.approvals;
    step.refusals = situation.refusals;
    step.request.span = decl_.span;
    step.request.host = std::make_shared<const data::Host>(std::move(host));
  }

  // Every entity has what its type requires.
  void Complete(const Situation& situation) {
    for (const Situation::Given& given : situation.entities) {
      const EntityInfo& info = world_.types.at(given.entity.uid.type);
      for (const Field& field : info.fields) {
        if (!field.required || given.entity.attrs.contains(field.name)) continue;
        sink_
            .Report(Code::kUnexpectedType, given.entity.span,
                    fmt::format("{} {} lacks its attribute `{}`", PolName(given.entity.uid.type),
                                source::Quote(given.entity.uid.id), field.name))
            .help = fmt::format("add `with {} …`, of type {}", field.name, TypeText(field.type));
        Fail();
        return;
      }
    }
  }

  // Fixtures first, so that what is given beside them changes them.
  void Apply(const std::vector<ast::Given>& givens, Situation& situation) {
    for (const ast::Given& given : givens) {
      if (given.kind != ast::Given::Kind::kFixtures) continue;
      for (const ast::Name& name : given.kinds) Use(name, situation);
    }
    ++layer_;
    for (const ast::Given& given : givens) Add(given, situation);
  }

  void Use(const ast::Name& name, Situation& situation) {
    // The file's own goes before those of other files.
    const ast::FixtureDecl* found = nullptr;
    SourceId from = source_;
    bool several = false;
    std::vector<std::string> names;
    ForEach<ast::FixtureDecl>(world_, [&](SourceId source, const ast::FixtureDecl& d) {
      const bool own = source == source_;
      if (!own && !world_.Sees(source_, source)) return;
      names.push_back(d.name.text);
      if (d.name.text != name.text || (found && from == source_)) return;
      several = found && !own;
      found = &d;
      from = source;
    });
    if (!found || several) {
      source::Diagnostic& report =
          sink_.Report(Code::kUnknownName, name.span,
                       fmt::format("{} fixture `{}`", several ? "several files have a" : "there is no",
                                   source::Excerpt(name.text)));
      const auto near = several ? std::nullopt : source::DidYouMean(name.text, names);
      if (near) report.help = fmt::format("did you mean `{}`?", *near);
      return Fail();
    }
    if (std::ranges::find(using_, found) != using_.end() || using_.size() >= kMaxFixtures) {
      sink_.Report(Code::kUnexpectedToken, name.span,
                   using_.size() >= kMaxFixtures
                       ? fmt::format("fixtures use each other deeper than {}", kMaxFixtures)
                       : fmt::format("the fixture `{}` uses itself", source::Excerpt(name.text)));
      return Fail();
    }
    const SourceId here = std::exchange(source_, from);
    using_.push_back(found);
    Apply(found->givens, situation);
    using_.pop_back();
    source_ = here;
  }

  std::optional<data::EntityUid> Entity(const syntax::EntityRef& ref) {
    std::optional<data::EntityUid> uid = Resolve().FindEntity(ref);
    good_ &= uid.has_value();
    return uid;
  }

  void Add(const ast::Given& given, Situation& situation) {
    using K = ast::Given::Kind;
    switch (given.kind) {
      case K::kEntity:
        return GivenEntity(given, situation);
      case K::kNow:
        situation.host.now = data::Datetime{given.time};
        return;
      case K::kFixtures:
        return;
      case K::kState:
        return GivenState(given, situation);
      case K::kApproval:
      case K::kRefusal: {
        std::optional<data::EntityUid> person = Entity(given.entity);
        if (!person) return;
        const bool approval = given.kind == K::kApproval;
        (approval ? situation.approvals : situation.refusals)
            .push_back({*std::move(person), given.duration, given.span});
        return;
      }
      case K::kEvidence:
        return GivenEvidence(given, situation.host);
      case K::kActsFor:
        return GivenChain(given, situation);
      case K::kEnforces:
        situation.host.enforces.clear();
        situation.enforces_given = true;
        for (const ast::Name& kind : given.kinds) {
          const Symbol* symbol =
              Resolve().Find(kind.text, kind.span, Only(SymbolKind::kLimitKind), "a kind of limit");
          good_ &= symbol != nullptr;
          if (symbol) situation.host.enforces.push_back(symbol->key);
        }
        return;
    }
  }

  // The attributes that `args` give, by the fields they may be of; reports those missing.
  std::optional<data::Record> Attributes(const std::vector<ast::Arg>& args, const std::vector<Field>& fields,
                                         const std::string& of, Span span, bool host_may_lack,
                                         bool may_lack = false) {
    data::Record values;
    bool good = true;
    for (const ast::Arg& arg : args) {
      const Field* field = FindField(fields, arg.name);
      if (!field) {
        source::Diagnostic& report =
            sink_.Report(Code::kUnsafeAttributeAccess, arg.name_span,
                         fmt::format("{} has no attribute `{}`", of, source::Excerpt(arg.name)));
        std::vector<std::string> names;
        for (const Field& other : fields) names.push_back(other.name);
        if (auto near = source::DidYouMean(arg.name, names))
          report.help = fmt::format("did you mean `{}`?", *near);
        good = false;
        continue;
      }
      std::optional<Value> value =
          ConstantOf(world_, source_, arg.value, field->type, fmt::format("`{}`", arg.name), sink_);
      good &= value.has_value();
      if (value) values.emplace_back(arg.name, *std::move(value));
    }
    for (const Field& field : fields) {
      const bool given = std::ranges::any_of(args, [&](const ast::Arg& a) { return a.name == field.name; });
      if (given || !field.required || may_lack || (host_may_lack && field.from_host)) continue;
      sink_.Report(Code::kUnexpectedType, span, fmt::format("{} lacks its attribute `{}`", of, field.name))
          .help = fmt::format("add `with {} …`, of type {}", field.name, TypeText(field.type));
      good = false;
    }
    good_ &= good;
    if (!good) return std::nullopt;
    return values;
  }

  // An entity that was given before, by a fixture or around here, is changed in what this names.
  void GivenEntity(const ast::Given& given, Situation& situation) {
    std::optional<data::EntityUid> uid = Entity(given.entity);
    if (!uid) return;
    const EntityInfo& info = world_.types.at(uid->type);
    const auto known = std::ranges::find_if(situation.entities,
                                            [&](const Situation::Given& g) { return g.entity.uid == *uid; });
    const bool again = known != situation.entities.end();
    if (again && known->layer == layer_) {
      sink_
          .Report(Code::kDuplicateEntity, given.span,
                  fmt::format("`{} {}` is given a second time", PolName(uid->type), source::Quote(uid->id)))
          .labels.push_back({known->entity.span, "first given here"});
      return Fail();
    }
    data::Entity fresh;
    fresh.uid = *uid;
    data::Entity& entity = again ? known->entity : fresh;
    entity.span = given.span;
    if (!given.parents.empty()) entity.parents.clear();
    for (const syntax::EntityRef& parent : given.parents) {
      std::optional<data::EntityUid> group = Entity(parent);
      if (!group) continue;
      if (std::ranges::find(info.parents, group->type) == info.parents.end()) {
        sink_.Report(Code::kInvalidParent, parent.span,
                     fmt::format("a `{}` is never in a `{}`", PolName(uid->type), PolName(group->type)));
        Fail();
      }
      entity.parents.push_back(*std::move(group));
    }
    std::optional<data::Record> values =
        Attributes(given.args, info.fields, fmt::format("{} {}", PolName(uid->type), source::Quote(uid->id)),
                   given.span, false, true);
    if (!values) return;
    for (auto& [name, value] : *values) entity.attrs.insert_or_assign(name, std::move(value));
    if (again) {
      known->layer = layer_;
    } else {
      situation.entities.push_back({std::move(fresh), layer_});
    }
  }

  void GivenState(const ast::Given& given, Situation& situation) {
    const Symbol* symbol = Resolve().Find(given.name.text, given.name.span, Only(SymbolKind::kState),
                                          "a switch, counter, total, label or breaker");
    auto state = symbol ? world_.states.find(symbol->key) : world_.states.end();
    if (state == world_.states.end()) return Fail();
    if (later_ && state->second.kind != core::Input::Kind::kSwitch) {
      sink_.Report(
          Code::kUnexpectedType, given.span,
          fmt::format("`{}` is moved by requests; between them only people flip switches", given.name.text));
      return Fail();
    }
    data::StateItem item;
    item.input = symbol->key;
    item.span = given.span;
    if (given.key != ast::kNoExpr) {
      // Of several keys, the one whose type fits.
      source::DiagnosticSink last;
      for (const StateInfo::Key& key : state->second.keys) {
        source::DiagnosticSink aside;
        item.key = ConstantOf(world_, source_, given.key, key.type, "the key", aside);
        item.by = key.by;
        if (item.key) break;
        last = std::move(aside);
      }
      if (!item.key) {
        if (last.diagnostics().empty()) {
          sink_.Report(Code::kInvalidStateKey, given.span,
                       fmt::format("`{}` is one for all; it has no key", given.name.text));
        }
        for (const source::Diagnostic& d : last.diagnostics()) sink_.mutable_diagnostics().push_back(d);
        return Fail();
      }
    } else if (!state->second.keys.empty()) {
      sink_.Report(Code::kInvalidStateKey, given.span,
                   fmt::format("`{}` is kept for each {}; say of which", given.name.text,
                               state->second.keys.front().by));
      return Fail();
    }
    if (given.state) {
      const bool of_switch = *given.state == ast::StateWord::kOn || *given.state == ast::StateWord::kOff;
      const core::Input::Kind wanted = of_switch ? core::Input::Kind::kSwitch : core::Input::Kind::kBreaker;
      if (state->second.kind != wanted && state->second.kind != core::Input::Kind::kLabel) {
        sink_.Report(Code::kUnexpectedType, given.span,
                     fmt::format("`{}` is no {}", given.name.text, of_switch ? "switch" : "breaker"));
        return Fail();
      }
      item.value = Value(*given.state == ast::StateWord::kOn || *given.state == ast::StateWord::kOpen);
    } else {
      std::optional<Value> value = ConstantOf(world_, source_, given.value, state->second.value,
                                              fmt::format("`{}`", given.name.text), sink_);
      if (!value) return Fail();
      item.value = *std::move(value);
    }
    std::erase_if(situation.host.state, [&](const data::StateItem& other) {
      return other.input == item.input && other.by == item.by && other.key == item.key;
    });
    situation.host.state.push_back(std::move(item));
  }

  void GivenEvidence(const ast::Given& given, data::Host& host) {
    const Symbol* symbol =
        Resolve().Find(given.name.text, given.name.span, Only(SymbolKind::kEvidence), "a kind of evidence");
    auto type = symbol ? world_.evidence_types.find(symbol->key) : world_.evidence_types.end();
    if (type == world_.evidence_types.end()) return Fail();
    data::EvidenceItem item;
    item.kind = symbol->key;
    item.span = given.span;
    if (given.value != ast::kNoExpr) {
      std::optional<Value> value = ConstantOf(world_, source_, given.value, type->second,
                                              fmt::format("evidence `{}`", item.kind), sink_);
      if (!value) return Fail();
      item.value = *std::move(value);
    } else if (type->second.is(Type::Kind::kRecord)) {
      std::optional<data::Record> fields =
          Attributes(given.args, type->second.record->fields, fmt::format("evidence `{}`", item.kind),
                     given.span, false);
      if (!fields) return;
      item.value = Value::MakeRecord(*std::move(fields));
    } else {
      sink_.Report(Code::kUnexpectedType, given.span,
                   fmt::format("evidence `{}` is of type {} and has no value here", item.kind,
                               TypeText(type->second)));
      return Fail();
    }
    std::erase_if(host.evidence, [&](const data::EvidenceItem& other) { return other.kind == item.kind; });
    host.evidence.push_back(std::move(item));
  }

  void GivenChain(const ast::Given& given, Situation& situation) {
    if (!Entity(given.entity)) return;
    chain_ = &given.entity;
    std::vector<data::Hop>& acts_for = situation.host.acts_for;
    if (situation.acts_for_layer != layer_) acts_for.clear();
    situation.acts_for_layer = layer_;
    for (const ast::Given::Hop& hop : given.hops) {
      std::optional<data::EntityUid> uid = Entity(hop.principal);
      if (!uid) continue;
      data::Hop out;
      out.principal = *std::move(uid);
      out.span = hop.span;
      if (!hop.classes.empty()) out.scope.emplace();
      for (const ast::Name& name : hop.classes) {
        const Symbol* symbol =
            Resolve().Find(name.text, name.span, Only(SymbolKind::kClass), "a class of actions");
        good_ &= symbol != nullptr;
        if (symbol) out.scope->push_back(symbol->key);
      }
      acts_for.push_back(std::move(out));
    }
    if (acts_for.size() > data::kMaxHops) {
      sink_.Report(Code::kInvalidBound, given.span,
                   fmt::format("a chain of {} is longer than {}", acts_for.size(), data::kMaxHops));
      Fail();
    }
  }

  // State that is not given is what nothing has moved: under every key that could be read, which are the
  // values of the request, of its entities, and those that rules name.
  void FillState(TestCase& test) {
    std::set<Value> keys;
    std::vector<TestStep*> steps = {&test};
    for (TestStep& step : test.then) steps.push_back(&step);
    for (const TestStep* step : steps) {
      const data::Request& request = step->request;
      Collect(Value(request.principal), keys);
      Collect(Value(request.resource), keys);
      Collect(request.context, keys);
      Collect(request.host->context, keys);
      for (const data::Hop& hop : request.host->acts_for) Collect(Value(hop.principal), keys);
      for (const data::Entity& entity : request.entities) {
        Collect(Value(entity.uid), keys);
        for (const data::EntityUid& parent : entity.parents) Collect(Value(parent), keys);
        for (const auto& [name, value] : entity.attrs) Collect(value, keys);
      }
    }
    for (const core::Rule& rule : program_.rules) CollectKeys(rule, keys);
    for (const core::Fact& fact : program_.facts) {
      CollectKeys(fact.body, keys);
      for (const core::Fact::Step& row : fact.rows) CollectKeys(row.rule, keys);
      for (const core::Fact::Step& cap : fact.caps) CollectKeys(cap.rule, keys);
    }
    for (TestStep* step : steps) {
      data::Host host = *step->request.host;
      for (const core::Input& input : program_.inputs) {
        if (input.kind == core::Input::Kind::kNow) continue;
        data::StateItem item;
        item.input = input.name;
        item.by = input.by;
        item.value = Unmoved(input.value);
        item.as_of = host.now;
        if (input.by.empty()) {
          Supply(item, host);
          continue;
        }
        if (step == steps.front()) test.defaults.push_back({input.name, input.by, item.value});
        const std::vector<StateInfo::Key>& declared = world_.states.at(input.name).keys;
        const Type& type = std::ranges::find(declared, input.by, &StateInfo::Key::by)->type;
        for (const Value& key : keys) {
          if (key.kind() != input.key_type->kind) continue;
          if (key.is(data::Kind::kEntity) && !Fits(EntityOf(key.as_entity().type), type)) continue;
          item.key = key;
          Supply(item, host);
        }
      }
      step->request.host = std::make_shared<const data::Host>(std::move(host));
    }
  }
  static void Supply(const data::StateItem& item, data::Host& host) {
    const bool given = std::ranges::any_of(host.state, [&](const data::StateItem& other) {
      return other.input == item.input && other.by == item.by && other.key == item.key;
    });
    if (!given) host.state.push_back(item);
  }
  static void Collect(const Value& value, std::set<Value>& keys) {
    if (value.is(data::Kind::kRecord)) {
      for (const auto& [name, field] : value.as_record()) Collect(field, keys);
    } else if (value.is(data::Kind::kSet)) {
      for (const Value& element : value.as_set()) Collect(element, keys);
    } else {
      keys.insert(value);
    }
  }
  static void CollectKeys(const core::Rule& rule, std::set<Value>& keys) {
    for (const core::Expr& e : rule.exprs) {
      if (e.op != core::Op::kInput || e.operand_count == 0) continue;
      const core::Expr& key = rule.exprs[rule.operands(e)[0]];
      if (key.op == core::Op::kLiteral) keys.insert(rule.value(key));
    }
  }

  void Request(const std::vector<ast::Arg>& args, Cell cell, Span at, data::Request& request,
               data::Host& host) {
    std::optional<data::EntityUid> principal = Entity(*cell.who), resource = Entity(*cell.which);
    std::optional<data::EntityUid> action = Resolve().FindAction(*cell.action);
    if (!principal || !resource || !action) return Fail();
    const ActionInfo& info = world_.actions.at(*action);
    std::optional<data::Record> values =
        Attributes(args, info.fields, fmt::format("the context of `{}`", source::Excerpt(info.written)),
                   cell.action->span.valid() ? cell.action->span : at, true);
    if (values) {
      data::Record agent, from_host;
      for (auto& [name, value] : *values) {
        (FindField(info.fields, name)->from_host ? from_host : agent).emplace_back(name, std::move(value));
      }
      request.context = Value::MakeRecord(std::move(agent));
      host.context = Value::MakeRecord(std::move(from_host));
    }
    request.principal = *std::move(principal);
    request.action = *std::move(action);
    request.resource = *std::move(resource);
  }

  void Expect(const ast::Expectation& expect, TestStep::Expected& out) {
    using O = ast::Expectation::Outcome;
    out.span = expect.span;
    switch (expect.outcome) {
      case O::kAllow:
        out.outcome = expect.has_limits ? TestCase::Expected::Outcome::kAllowWithLimits
                                        : TestCase::Expected::Outcome::kAllow;
        break;
      case O::kDeny:
        out.outcome = TestCase::Expected::Outcome::kDeny;
        break;
      case O::kSuggest:
        out.outcome = TestCase::Expected::Outcome::kSuggest;
        out.suggestion = Resolve().FindAction(expect.suggestion);
        good_ &= out.suggestion.has_value();
        break;
      case O::kRequireApproval:
        out.outcome = TestCase::Expected::Outcome::kRequireApproval;
        ExpectMissing(expect, out);
        break;
    }
    if (expect.why) {
      const std::vector<std::string> kWhys = {"forbidden",      "no_grant",      "error",   "invalid_request",
                                              "unknown_entity", "unenforceable", "refused", "state_conflict"};
      if (std::ranges::find(kWhys, expect.why->text) == kWhys.end()) {
        source::Diagnostic& report =
            sink_.Report(Code::kUnknownName, expect.why->span,
                         fmt::format("nothing is denied because of `{}`", source::Excerpt(expect.why->text)));
        if (auto near = source::DidYouMean(expect.why->text, kWhys)) {
          report.help = fmt::format("did you mean `{}`?", *near);
        } else {
          report.help = fmt::format("the reasons are {}", fmt::join(kWhys, ", "));
        }
        Fail();
      }
      out.why = expect.why->text;
    }
    if (expect.has_limits) {
      out.limits.emplace();
      for (const ast::Arg& arg : expect.limits) {
        const Symbol* symbol =
            Resolve().Find(arg.name, arg.name_span, Only(SymbolKind::kLimitKind), "a kind of limit");
        auto type = symbol ? world_.limit_types.find(symbol->key) : world_.limit_types.end();
        if (type == world_.limit_types.end()) {
          Fail();
          continue;
        }
        std::optional<Value> value =
            arg.value == ast::kNoExpr && type->second.is(Type::Kind::kBool)
                ? std::optional(Value(true))
                : ConstantOf(world_, source_, arg.value, type->second, fmt::format("`{}`", arg.name), sink_);
        good_ &= value.has_value();
        if (value) out.limits->emplace_back(symbol->key, *std::move(value));
      }
      std::ranges::sort(*out.limits, {}, [](const auto& limit) { return limit.first; });
    }
    if (!expect.by.empty()) out.by = Rules(expect.by);
    out.not_by = Rules(expect.not_by);
  }

  // Without evidence `require approval` is about the outcome alone.
  void ExpectMissing(const ast::Expectation& expect, TestStep::Expected& out) {
    if (expect.evidence.empty()) return;
    out.missing.emplace();
    out.missing->approval = expect.approval;
    for (const ast::Name& name : expect.evidence) {
      const Symbol* symbol =
          Resolve().Find(name.text, name.span, Only(SymbolKind::kEvidence), "a kind of evidence");
      good_ &= symbol != nullptr;
      if (symbol) out.missing->evidence.push_back(symbol->key);
    }
    std::ranges::sort(out.missing->evidence);
  }

  // The ids of rules as written, sorted.
  std::vector<std::string> Rules(const std::vector<ast::RuleRef>& refs) {
    std::vector<std::string> out;
    const std::string& policy = world_.sources[source_].policy;
    for (const ast::RuleRef& ref : refs) {
      const std::string here = policy + "/" + ref.text;
      auto exists = [&](const std::string& id) {
        return std::ranges::any_of(program_.rules, [&](const core::Rule& rule) { return rule.id == id; });
      };
      if (exists(here) || exists(ref.text)) {
        out.push_back(exists(here) ? here : ref.text);
        continue;
      }
      source::Diagnostic& report = sink_.Report(
          Code::kUnknownName, ref.span, fmt::format("there is no rule `{}`", source::Excerpt(ref.text)));
      std::vector<std::string> ids;
      for (const core::Rule& rule : program_.rules) {
        ids.push_back(rule.id.starts_with(policy + "/") ? rule.id.substr(policy.size() + 1) : rule.id);
      }
      if (auto near = source::DidYouMean(ref.text, ids))
        report.help = fmt::format("did you mean `{}`?", *near);
      Fail();
    }
    std::ranges::sort(out);
    return out;
  }

  const World& world_;
  const core::Program& program_;
  SourceId source_;  // of the text that is read: the test's, or a fixture's
  const ast::TestDecl& decl_;
  source::DiagnosticSink& sink_;
  std::vector<TestCase>& out_;
  const syntax::EntityRef* chain_ = nullptr;    // where the last chain begins
  std::vector<const ast::FixtureDecl*> using_;  // from the outermost
  size_t layer_ = 0;                            // of what is given: a later one changes an earlier one's
  bool later_ = false;                          // between requests
  bool good_ = true;
};

// Two fixtures of one name in a file.
void CheckFixtures(const World& world, source::DiagnosticSink& sink) {
  std::map<std::pair<SourceId, std::string>, Span> known;
  ForEach<ast::FixtureDecl>(world, [&](SourceId source, const ast::FixtureDecl& d) {
    const auto [first, fresh] = known.emplace(std::pair(source, d.name.text), d.name.span);
    if (fresh) return;
    sink.Report(Code::kDuplicateDeclaration, d.name.span,
                fmt::format("the fixture `{}` is there twice", source::Excerpt(d.name.text)))
        .labels.push_back({first->second, "first declared here"});
  });
}

}  // namespace

std::vector<TestCase> BuildTests(const World& world, const core::Program& program, const source::SourceMap&,
                                 source::DiagnosticSink& sink) {
  std::vector<TestCase> tests;
  CheckFixtures(world, sink);
  ForEach<ast::TestDecl>(world, [&](SourceId source, const ast::TestDecl& d) {
    // A module's tests are about a model of its own: they run where it is checked by itself.
    if (!world.sources[source].module.empty()) return;
    TestBuilder(world, program, source, d, sink, tests).Build();
  });
  return tests;
}

}  // namespace polc::sema::pol
