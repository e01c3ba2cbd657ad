#include "compiler/sema/pol_build_tests.h"

#include <algorithm>
#include <set>

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

class TestBuilder {
 public:
  TestBuilder(const World& world, const core::Program& program, SourceId source, const ast::TestDecl& decl,
              source::DiagnosticSink& sink)
      : world_(world), program_(program), source_(source), decl_(decl), sink_(sink) {}

  std::optional<TestCase> Build() {
    test_.policy = world_.sources[source_].policy;
    test_.title = decl_.title;
    test_.span = decl_.span;
    host_.now = data::Datetime{kDefaultNow};
    for (const ast::Given& given : decl_.givens) {
      if (given.kind == ast::Given::Kind::kNow) host_.now = data::Datetime{given.time};
    }
    for (const ast::Given& given : decl_.givens) Add(given);
    if (!enforces_given_) {
      for (const auto& [name, kind] : world_.limit_kinds) host_.enforces.push_back(name);
    }
    std::ranges::sort(host_.enforces);
    Request();
    FillState();
    Expect();
    if (!good_) return std::nullopt;
    test_.request.span = decl_.span;
    test_.request.host = std::make_shared<const data::Host>(std::move(host_));
    return std::move(test_);
  }

 private:
  Resolver Resolve() { return {world_, source_, sink_}; }
  void Fail() { good_ = false; }

  std::optional<data::EntityUid> Entity(const syntax::EntityRef& ref) {
    std::optional<data::EntityUid> uid = Resolve().FindEntity(ref);
    good_ &= uid.has_value();
    return uid;
  }

  void Add(const ast::Given& given) {
    using K = ast::Given::Kind;
    switch (given.kind) {
      case K::kEntity:
        return GivenEntity(given);
      case K::kNow:
        return;
      case K::kState:
        return GivenState(given);
      case K::kApproval:
      case K::kRefusal: {
        std::optional<data::EntityUid> person = Entity(given.entity);
        if (!person) return;
        const bool approval = given.kind == K::kApproval;
        (approval ? test_.approvals : test_.refusals)
            .push_back({*std::move(person), given.duration, given.span});
        return;
      }
      case K::kEvidence:
        return GivenEvidence(given);
      case K::kActsFor:
        return GivenChain(given);
      case K::kEnforces:
        enforces_given_ = true;
        for (const ast::Name& kind : given.kinds) {
          const Symbol* symbol =
              Resolve().Find(kind.text, kind.span, Only(SymbolKind::kLimitKind), "a kind of limit");
          good_ &= symbol != nullptr;
          if (symbol) host_.enforces.push_back(symbol->key);
        }
        return;
    }
  }

  // The attributes that `args` give, by the fields they may be of; reports those missing.
  std::optional<data::Record> Attributes(const std::vector<ast::Arg>& args, const std::vector<Field>& fields,
                                         const std::string& of, Span span, bool host_may_lack) {
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
      if (given || !field.required || (host_may_lack && field.from_host)) continue;
      sink_.Report(Code::kUnexpectedType, span, fmt::format("{} lacks its attribute `{}`", of, field.name))
          .help = fmt::format("add `with {} …`, of type {}", field.name, TypeText(field.type));
      good = false;
    }
    good_ &= good;
    if (!good) return std::nullopt;
    return values;
  }

  void GivenEntity(const ast::Given& given) {
    std::optional<data::EntityUid> uid = Entity(given.entity);
    if (!uid) return;
    const EntityInfo& info = world_.types.at(uid->type);
    data::Entity entity;
    entity.uid = *uid;
    entity.span = given.span;
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
                   given.span, false);
    if (!values) return;
    for (auto& [name, value] : *values) entity.attrs.emplace(name, std::move(value));
    for (const data::Entity& other : test_.request.entities) {
      if (other.uid != entity.uid) continue;
      sink_
          .Report(Code::kDuplicateEntity, given.span,
                  fmt::format("`{} {}` is given a second time", PolName(uid->type), source::Quote(uid->id)))
          .labels.push_back({other.span, "first given here"});
      Fail();
      return;
    }
    test_.request.entities.push_back(std::move(entity));
  }

  void GivenState(const ast::Given& given) {
    const Symbol* symbol = Resolve().Find(given.name.text, given.name.span, Only(SymbolKind::kState),
                                          "a switch, counter, total, label or breaker");
    auto state = symbol ? world_.states.find(symbol->key) : world_.states.end();
    if (state == world_.states.end()) return Fail();
    data::StateItem item;
    item.input = symbol->key;
    item.as_of = host_.now;
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
    host_.state.push_back(std::move(item));
  }

  void GivenEvidence(const ast::Given& given) {
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
    host_.evidence.push_back(std::move(item));
  }

  void GivenChain(const ast::Given& given) {
    std::optional<data::EntityUid> first = Entity(given.entity);
    if (first && given.entity.type.text + given.entity.id != decl_.principal.type.text + decl_.principal.id) {
      sink_.Report(Code::kUnexpectedType, given.entity.span,
                   "only the principal of the request acts for others; a chain begins with it");
      return Fail();
    }
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
      host_.acts_for.push_back(std::move(out));
    }
    if (host_.acts_for.size() > data::kMaxHops) {
      sink_.Report(Code::kInvalidBound, given.span,
                   fmt::format("a chain of {} is longer than {}", host_.acts_for.size(), data::kMaxHops));
      Fail();
    }
  }

  // State that is not given is what nothing has moved: under every key that could be read, which are the
  // values of the request, of its entities, and those that rules name.
  void FillState() {
    std::set<Value> keys;
    Collect(Value(test_.request.principal), keys);
    Collect(Value(test_.request.resource), keys);
    Collect(test_.request.context, keys);
    Collect(host_.context, keys);
    for (const data::Hop& hop : host_.acts_for) Collect(Value(hop.principal), keys);
    for (const data::Entity& entity : test_.request.entities) {
      Collect(Value(entity.uid), keys);
      for (const data::EntityUid& parent : entity.parents) Collect(Value(parent), keys);
      for (const auto& [name, value] : entity.attrs) Collect(value, keys);
    }
    for (const core::Rule& rule : program_.rules) CollectKeys(rule, keys);
    for (const core::Fact& fact : program_.facts) {
      CollectKeys(fact.body, keys);
      for (const core::Fact::Step& row : fact.rows) CollectKeys(row.rule, keys);
      for (const core::Fact::Step& cap : fact.caps) CollectKeys(cap.rule, keys);
    }
    for (const core::Input& input : program_.inputs) {
      if (input.kind == core::Input::Kind::kNow) continue;
      data::StateItem item;
      item.input = input.name;
      item.by = input.by;
      item.value = Unmoved(input.value);
      item.as_of = host_.now;
      if (input.by.empty()) {
        Supply(item);
        continue;
      }
      test_.defaults.push_back({input.name, input.by, item.value});
      for (const Value& key : keys) {
        if (key.kind() != input.key_type->kind) continue;
        if (key.is(data::Kind::kEntity) && key.as_entity().type != input.key_type->entity) continue;
        item.key = key;
        Supply(item);
      }
    }
  }
  void Supply(const data::StateItem& item) {
    const bool given = std::ranges::any_of(host_.state, [&](const data::StateItem& other) {
      return other.input == item.input && other.by == item.by && other.key == item.key;
    });
    if (!given) host_.state.push_back(item);
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

  void Request() {
    std::optional<data::EntityUid> principal = Entity(decl_.principal), resource = Entity(decl_.resource);
    std::optional<data::EntityUid> action = Resolve().FindAction(decl_.action);
    if (!principal || !resource || !action) return Fail();
    const ActionInfo& info = world_.actions.at(*action);
    std::optional<data::Record> values =
        Attributes(decl_.args, info.fields, fmt::format("the context of `{}`", source::Excerpt(info.written)),
                   decl_.action.span, true);
    if (values) {
      data::Record agent, host;
      for (auto& [name, value] : *values) {
        (FindField(info.fields, name)->from_host ? host : agent).emplace_back(name, std::move(value));
      }
      test_.request.context = Value::MakeRecord(std::move(agent));
      host_.context = Value::MakeRecord(std::move(host));
    }
    test_.request.principal = *std::move(principal);
    test_.request.action = *std::move(action);
    test_.request.resource = *std::move(resource);
  }

  void Expect() {
    using O = ast::Expectation::Outcome;
    const ast::Expectation& expect = decl_.expect;
    TestCase::Expected& out = test_.expected;
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
    if (expect.by.empty()) return;
    out.by.emplace();
    for (const ast::RuleRef& ref : expect.by) {
      const std::string here = test_.policy + "/" + ref.text;
      auto exists = [&](const std::string& id) {
        return std::ranges::any_of(program_.rules, [&](const core::Rule& rule) { return rule.id == id; });
      };
      if (exists(here) || exists(ref.text)) {
        out.by->push_back(exists(here) ? here : ref.text);
        continue;
      }
      source::Diagnostic& report = sink_.Report(
          Code::kUnknownName, ref.span, fmt::format("there is no rule `{}`", source::Excerpt(ref.text)));
      std::vector<std::string> ids;
      for (const core::Rule& rule : program_.rules) {
        ids.push_back(rule.id.starts_with(test_.policy + "/") ? rule.id.substr(test_.policy.size() + 1)
                                                              : rule.id);
      }
      if (auto near = source::DidYouMean(ref.text, ids))
        report.help = fmt::format("did you mean `{}`?", *near);
      Fail();
    }
    std::ranges::sort(*out.by);
  }

  const World& world_;
  const core::Program& program_;
  SourceId source_;
  const ast::TestDecl& decl_;
  source::DiagnosticSink& sink_;
  TestCase test_;
  data::Host host_;
  bool enforces_given_ = false;
  bool good_ = true;
};

}  // namespace

std::vector<TestCase> BuildTests(const World& world, const core::Program& program, const source::SourceMap&,
                                 source::DiagnosticSink& sink) {
  std::vector<TestCase> tests;
  ForEach<ast::TestDecl>(world, [&](SourceId source, const ast::TestDecl& d) {
    // A module's tests are about a model of its own: they run where it is checked by itself.
    if (!world.sources[source].module.empty()) return;
    std::optional<TestCase> test = TestBuilder(world, program, source, d, sink).Build();
    if (test) tests.push_back(*std::move(test));
  });
  return tests;
}

}  // namespace polc::sema::pol
