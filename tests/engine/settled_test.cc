// Pol decisions that are known before they are made (runtime/vm/settled.h) are the oracle's: random sets
// whose rules mostly share a test, asked over and over by one engine that follows its store edit by edit,
// through requests that are made whole and through one that is filled in attribute by attribute. What is
// remembered for three classes is met again by other contexts, other declarations of what can be enforced,
// other hosts and other entities of these classes. How often it was met is counted: too rarely is a failure.
#include "runtime/vm/settled.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <map>

#include "compiler/bridge/bridge.h"
#include "compiler/bridge/decision.h"
#include "compiler/core/print.h"
#include "compiler/emit/emit.h"
#include "runtime/api/polc.h"
#include "runtime/bundle/text.h"
#include "runtime/entities/store.h"
#include "runtime/vm/request.h"
#include "tests/engine/pol_vm.h"
#include "tests/engine/reload.h"
#include "tests/gen/rng.h"
#include "tests/pol/family.h"

namespace polc::tests {
namespace {

constexpr uint64_t kWorlds = kSanitized ? 40 : 400;
constexpr int kSteps = 4;      // between which the store is edited
constexpr int kRequests = 40;  // of each

const char* const kKinds[] = {"hosts", "level", "read_only", "redact", "timeout"};

// Two actions whose context is the agent's alone, one with a default, one with a value of the host's.
core::Model MakeSettledModel() {
  core::Model m = MakeModel();
  const auto text = Type({.kind = Kind::kString}), number = Type({.kind = Kind::kLong});
  const std::vector<core::Attribute> plain = {
      {.name = "flag", .type = Type({.kind = Kind::kBool})},
      {.name = "n", .type = number},
      {.name = "note", .type = text, .required = false},
      {.name = "risk", .type = Type({.kind = Kind::kString, .levels = "Risk"}), .required = false},
      {.name = "share", .type = Type({.kind = Kind::kDecimal, .percent = true}), .required = false},
      {.name = "who", .type = Type({.kind = Kind::kEntity, .entity = "Human"}), .required = false}};
  std::vector<core::Attribute> completed = plain, hosted = plain;
  completed[2].if_missing = Text("x");
  hosted[3] = {.name = "risk", .type = text, .from_host = true};
  for (core::Action& action : m.actions) action.context = plain;
  m.actions[1].context = completed;  // drop
  m.actions[2].context = hosted;     // look
  return m;
}

class Settling {
 public:
  explicit Settling(uint64_t seed) : rng_(seed, 11) {
    w_.program.model = MakeSettledModel();
    w_.store = {};
    MakeEntities();
    MakeProgram();
  }

  void Run() {
    w_.program = Finished(std::move(w_.program));
    source::DiagnosticSink sink;
    const auto bytes = emit::Emit(w_.program, {}, sink);
    if (!bytes) Broken(sink.diagnostics().empty() ? "no reason given" : sink.diagnostics()[0].message);
    bundle::Bundle opened;
    bundle::Status status = bundle::Bundle::Open(*bytes, &opened);
    if (status.ok()) status = Verify(opened, &bundle_);
    if (!status.ok()) Broken(BundleErrorMessage(status.error));
    w_.options.snapshot = bridge::DigestName(bundle_.snapshot_id());
    w_.options.validate_request = rng_.Chance(80);
    Write();
    Use(vm::Engine::Make(bundle_, stored_.Current()));
    for (int step = 0; step < kSteps; ++step) {
      for (int i = 0; i < kRequests; ++i) Ask();
      Edit();
      Use(rng_.Chance(80) ? vm::Engine::After(*engine_, stored_.Current())
                          : vm::Engine::Make(bundle_, stored_.Current()));
    }
  }

  // Of all runs.
  static inline uint64_t asked, known, known_at_a_glance, known_after_edit, unenforceable, mismatches;
  static inline std::map<std::string, uint64_t> known_by_outcome;

 private:
  // --- The world ---

  void MakeEntities() {
    Put("Agent", "oncall", {Team("sre")}, {{"owner", Value(Human("dana"))}});
    Put("Agent", "second", {Team("sre")}, {{"owner", Value(Human("kim"))}});
    Put("Agent", "other", {Team("dba")});
    Put("Robot", "cron", {Team("sre")});
    Put("Human", "dana", {Team("sec")});
    Put("Human", "kim", {Team("sec")});
    Put("Service", "web", {{"Env", "prod"}}, {{"tier", Long(1)}});
    Put("Service", "api", {{"Env", "prod"}}, {{"tier", Long(2)}});
    Put("Service", "lab", {{"Env", "test"}});
    Put("Team", "sre");
    Put("Env", "prod");
  }
  void Put(const char* type, const char* id, std::vector<EntityUid> parents = {},
           std::map<std::string, Value> attrs = {}) {
    entities_[{type, id}] = {
        .uid = {type, id}, .attrs = std::move(attrs), .tags = {}, .parents = std::move(parents), .span = {}};
  }

  // Moves, changes, removes or brings back one to three.
  void Edit() {
    static const std::vector<EntityUid> kMoving = {
        {"Agent", "oncall"}, {"Agent", "second"}, {"Service", "web"}, {"Service", "api"},
        {"Service", "lab"},  {"Team", "sre"},     {"Env", "prod"},    {"Agent", "new"}};
    for (uint64_t n = 1 + rng_.Below(3); n > 0; --n) {
      const EntityUid uid = rng_.Pick(kMoving);
      if (rng_.Chance(25)) {
        entities_.erase(uid);
        continue;
      }
      std::vector<EntityUid> parents;
      std::map<std::string, Value> attrs;
      if (uid.type == "Agent") {
        if (rng_.Chance(70)) parents.push_back(Team(rng_.Chance(60) ? "sre" : "dba"));
        if (rng_.Chance(80)) attrs.emplace("owner", Value(Human(rng_.Chance(50) ? "dana" : "kim")));
      } else if (uid.type == "Service") {
        if (rng_.Chance(70)) parents.push_back({"Env", rng_.Chance(60) ? "prod" : "test"});
        if (rng_.Chance(80)) attrs.emplace("tier", Long(rng_.Range(0, 3)));
      }
      Put(uid.type.c_str(), uid.id.c_str(), std::move(parents), std::move(attrs));
    }
    Write();
    edited_ = true;
  }

  // Makes both stores what the world is.
  void Write() {
    w_.store = {};
    for (const auto& [uid, entity] : entities_) w_.store.Put(entity);
    core::PutActions(w_.program.model, w_.store);
    ASSERT_FALSE(w_.store.Close().has_value());
    entities::Edit edit(stored_);
    auto number = [&](const EntityUid& uid) { return edit.Entity(uid.type, uid.id); };
    for (const EntityUid& uid : written_) {
      if (w_.store.Find(uid) == nullptr) edit.Remove(number(uid));
    }
    written_ = w_.store.order();
    for (const EntityUid& uid : written_) {
      const data::Entity& entity = *w_.store.Find(uid);
      std::vector<std::pair<std::string_view, entities::Value>> fields;
      for (const auto& [name, value] : entity.attrs) {
        fields.emplace_back(name, value.kind() == Kind::kLong
                                      ? entities::MakeLong(value.as_long())
                                      : entities::MakeEntity(number(value.as_entity())));
      }
      std::vector<entities::EntityId> parents;
      for (const EntityUid& parent : entity.parents) parents.push_back(number(parent));
      edit.Upsert(number(uid), *edit.values().Record(fields), entities::EmptyRecord(), std::move(parents));
    }
    ASSERT_FALSE(edit.Commit().has_value());
  }

  void Use(std::shared_ptr<const vm::Engine> engine) {
    filling_.reset();
    if (engine_ == nullptr || !engine->SharesScratch(*engine_)) scratch_.emplace(*engine);
    engine_ = std::move(engine);
    filling_.emplace(*engine_);
    filling_->SetValidation(w_.options.validate_request);
    filled_.clear();
  }

  // --- The program ---

  void MakeProgram() {
    const bool has_fact = rng_.Chance(8);
    if (has_fact) {
      core::Fact risk{.name = "danger", .form = core::Fact::Form::kExpression};
      risk.body.strict = true;
      risk.body.conditions = {risk.body.Add(
          Op::kLessEq, {World::Context(risk.body, "n"), risk.body.AddLiteral(Long(rng_.Range(0, 3)))})};
      w_.program.facts = {risk};
    }
    if (rng_.Chance(5)) {
      core::Input spend{
          .id = "spend", .name = "spend", .kind = core::Input::Kind::kTotal, .value = Kind::kLong};
      spend.over_ms = 60000;
      spend.amount = World::Context(spend.update, "n");
      w_.program.inputs = {spend};
    }
    shared_ = rng_.Below(9);
    shared_scope_ = rng_.Below(8);
    bound_ = rng_.Range(0, 3);
    for (uint64_t n = 2 + rng_.Below(6), i = 0; i < n; ++i) {
      w_.program.rules.push_back(MakeRule("r" + std::to_string(i), i == 0));
      Rule& rule = w_.program.rules.back();
      if (has_fact && rng_.Chance(20)) rule.conditions.push_back(rule.AddNamed(Op::kFactRef, "danger"));
    }
  }

  Rule MakeRule(const std::string& id, bool allows) {
    static const std::vector<Effect> kEffects = {Effect::kAllow,   Effect::kAllow,  Effect::kLimit,
                                                 Effect::kLimit,   Effect::kLimit,  Effect::kRequire,
                                                 Effect::kRequire, Effect::kForbid, Effect::kSuggest};
    Rule rule = World::Pol(id.c_str(), allows ? Effect::kAllow : rng_.Pick(kEffects));
    if (rule.effect == Effect::kSuggest && rng_.Chance(70)) rule.effect = Effect::kLimit;
    if (rule.effect == Effect::kForbid && rng_.Chance(50)) rule.effect = Effect::kRequire;
    if (rng_.Chance(5)) rule.mode = Mode::kShadow;
    // Mostly all rules that ask something speak about the same.
    const bool asks = rng_.Chance(60);
    const uint64_t scope = asks && rng_.Chance(90) ? shared_scope_ : rng_.Below(8);
    if ((scope & 1) != 0) rule.principal = {core::ScopeTest::Op::kIn, Team("sre"), false, "", {}};
    if ((scope & 6) == 6) rule.principal = {core::ScopeTest::Op::kIs, {}, false, "Agent", {}};
    if ((scope & 2) != 0) rule.resource = {core::ScopeTest::Op::kIn, {"Env", "prod"}, false, "", {}};
    if (rng_.Chance(20))
      rule.action = {core::ActionTest::Op::kIn, {Action("restart_pod"), Action("drop")}, {}};
    if (asks) rule.conditions = {Condition(rule, rng_.Chance(95) ? shared_ : rng_.Below(9))};
    const bool is_constant = rng_.Chance(90);
    if (rule.effect == Effect::kLimit) {
      rule.limits = {MakeLimit(rule, is_constant)};
      if (rng_.Chance(25)) rule.limits.push_back(MakeLimit(rule, true));
    }
    if (rule.effect == Effect::kRequire) {
      if (rng_.Chance(70)) rule.needs.push_back({.approval = MakeApproval(rule, is_constant)});
      if (rule.needs.empty() || rng_.Chance(30))
        rule.needs.push_back({.kind = core::Need::Kind::kEvidence, .evidence = "plan"});
    }
    if (rule.effect == Effect::kSuggest)
      World::Part(rule).suggestion = core::Suggestion{.action = Action("archive")};
    if (rule.effect != Effect::kAllow && rng_.Chance(20)) {
      core::Approval approval = MakeApproval(rule, is_constant);
      World::Part(rule).lifted_by = {std::move(approval)};
    }
    return rule;
  }

  ExprId Condition(Rule& rule, uint64_t which) {
    const auto literal = [&](Value value) { return rule.AddLiteral(std::move(value)); };
    const ExprId context = rule.AddVar(Var::kContext);
    switch (which) {
      case 0:
        return rule.Add(Op::kLessEq, {World::Context(rule, "n"), literal(Long(bound_))});
      case 1:
        return rule.Add(Op::kLess, {literal(Long(bound_)), World::Context(rule, "n")});
      case 2:
        return rule.Add(Op::kEq, {World::Context(rule, "n"), literal(Long(bound_))});
      case 3:
        return World::Context(rule, "flag");
      case 4:
        return rule.Add(Op::kAnd, {rule.AddNamed(Op::kHas, context, "note"),
                                   rule.Add(Op::kEq, {World::Context(rule, "note"), literal(Text("x"))})});
      case 5:
        return rule.Add(Op::kEq, {World::Context(rule, "note"), literal(Text("x"))});
      case 6:
        return rule.Add(Op::kLessEq, {rule.AddNamed(Op::kGetAttr, rule.AddVar(Var::kResource), "tier"),
                                      literal(Long(bound_))});
      case 7:
        return rule.Add(Op::kNot, {rule.AddNamed(Op::kHas, context, "note")});
      default:
        return rule.Add(Op::kIn, {World::Context(rule, "who"), literal(Value(Team("sec")))});
    }
  }

  core::Limit MakeLimit(Rule& rule, bool is_constant) {
    switch (rng_.Below(5)) {
      case 0:
        return {
            "level", is_constant ? rule.AddLiteral(Long(rng_.Range(1, 9))) : World::Context(rule, "n"), {}};
      case 1:
        return {"read_only", rule.AddLiteral(Value(rng_.Chance(50))), {}};
      case 2:
        return {rng_.Chance(50) ? "hosts" : "redact",
                rule.AddLiteral(Value::MakeSet({Text(rng_.Chance(50) ? "a" : "b"), Text("c")})),
                {}};
      default:
        return {"timeout", rule.AddLiteral(Seconds(rng_.Range(1, 9))), {}};
    }
  }

  core::Approval MakeApproval(Rule& rule, bool is_constant) {
    const ExprId pool = is_constant ? rule.AddLiteral(Value(Team("sec")))
                                    : rule.AddNamed(Op::kGetAttr, rule.AddVar(Var::kPrincipal), "owner");
    core::Quorum quorum;
    quorum.parts = {{.count = 1, .pools = {pool}}};
    quorum.within_ms = 1'800'000;
    return {{quorum}, {}};
  }

  // --- Requests ---

  void Ask() {
    data::Request request;
    request.principal =
        Draw({{"Agent", "oncall"}, {"Agent", "second"}, {"Agent", "oncall"}, {"Agent", "other"}},
             {{"Robot", "cron"}, {"Human", "dana"}, {"Agent", "new"}, {"Agent", "nobody"}});
    request.action = Draw({Action("restart_pod"), Action("archive")},
                          {Action("drop"), Action("look"), Action("nonesuch")});
    // Of an action that nobody declares the VM computes every fact, the oracle those that are read.
    if (!w_.options.validate_request && request.action == Action("nonesuch")) request.action = Action("drop");
    request.resource = Draw({{"Service", "web"}, {"Service", "api"}, {"Service", "web"}, {"Service", "lab"}},
                            {{"Team", "sre"}, {"Service", "nowhere"}, {"Agent", "oncall"}});
    data::Record context = {{"flag", Value(rng_.Chance(50))}, {"n", Long(rng_.Range(0, 4))}};
    if (rng_.Chance(30)) context.emplace_back("note", Text(rng_.Chance(50) ? "x" : "y"));
    if (rng_.Chance(10)) context.emplace_back("risk", Text(rng_.Chance(80) ? "low" : "nonesuch"));
    if (rng_.Chance(10)) context.emplace_back("share", Value(data::Decimal{rng_.Chance(80) ? 500 : 10001}));
    if (rng_.Chance(20)) context.emplace_back("who", Value(Human(rng_.Chance(80) ? "kim" : "gone")));
    if (rng_.Chance(3)) context[1].second = Text("malformed");
    if (rng_.Chance(3)) context.erase(context.begin() + static_cast<ptrdiff_t>(rng_.Below(2)));
    if (rng_.Chance(2)) context.emplace_back("owner", Long(1));
    request.context = Value::MakeRecord(context);
    Host host;
    host.now = At(10000);
    for (const char* kind : kKinds) {
      if (rng_.Chance(90)) host.enforces.push_back(kind);
    }
    if (rng_.Chance(3)) host.acts_for.push_back({.principal = {"Robot", "cron"}});
    if (request.action == Action("look") && rng_.Chance(50)) {
      host.context = Value::MakeRecord({{"risk", Text("low")}});
    }
    if (rng_.Chance(3)) {
      // Brings an entity that is in the store, and in no team.
      request.entities.push_back(
          {.uid = request.principal, .attrs = {}, .tags = {}, .parents = {}, .span = {}});
    }
    if (rng_.Chance(12)) {
      const Decision bare = Expect(request, host);
      if (rng_.Chance(60)) {
        host.approvals.push_back({.id = "yes",
                                  .approver = Human(rng_.Chance(50) ? "kim" : "dana"),
                                  .issued = At(9500),
                                  .action_digest = bare.action_digest,
                                  .terms_digest = bare.terms_digest,
                                  .snapshot = w_.options.snapshot});
      } else if (rng_.Chance(50)) {
        host.evidence.push_back({.kind = "plan", .value = Text("x"), .action_digest = bare.action_digest});
      } else {
        host.refusals.push_back(
            {.id = "no", .approver = Human("kim"), .issued = At(9500), .action_digest = bare.action_digest});
      }
    }
    const Decision expected = Expect(request, host);
    request.host = std::make_shared<Host>(host);
    ++asked;
    unenforceable += expected.why == Why::kUnenforceable;
    AskWhole(request, expected);
    AskByAttributes(request, expected);
  }

  // Mostly one of the first.
  EntityUid Draw(const std::vector<EntityUid>& usual, const std::vector<EntityUid>& others) {
    return rng_.Chance(85) ? rng_.Pick(usual) : rng_.Pick(others);
  }

  Decision Expect(const data::Request& request, const Host& host) {
    data::Request asked_of = request;
    asked_of.host = std::make_shared<Host>(host);
    data::EntityStore seen(&w_.store);
    for (const data::Entity& entity : request.entities) seen.Put(entity);
    EXPECT_FALSE(seen.Close().has_value());
    return oracle::Decide(w_.program, seen, asked_of, w_.options);
  }

  void Compare(const char* way, const vm::Request& request, const vm::Decision& decision,
               const Decision& expected) {
    const std::string difference =
        Difference(expected, bridge::MakeDecision(*engine_, request, *scratch_, decision));
    if (difference.empty() || ++mismatches > 3) return;
    ADD_FAILURE() << way << "\n" << difference << core::Dump(w_.program);
  }

  void AskWhole(const data::Request& request, const Decision& expected) {
    const auto made =
        bridge::MakeRequest(*engine_, request, {.validate_request = w_.options.validate_request});
    if (!made) Broken("the request closes a cycle");
    if (made->misfit().fits() && made->unknown_entity().fits() &&
        vm::SettledPlace(*engine_, *made, &*scratch_).Known(*made) != nullptr) {
      ++known;
      ++known_by_outcome[std::string(OutcomeName(expected.outcome)) + " " +
                         std::string(WhyName(expected.why))];
    }
    Compare("whole", *made, engine_->Decide(*made, &*scratch_), expected);
  }

  // As a caller does that keeps one request and handles.
  void AskByAttributes(const data::Request& request, const Decision& expected) {
    if (!request.entities.empty()) return;
    const bundle::Bundle& b = bundle_.bundle();
    std::vector<std::pair<uint32_t, entities::Value>> attributes;
    std::vector<uint32_t> names;
    vm::RequestBuilder& to = *filling_;
    const bool is_new = rng_.Chance(60) || filled_.empty();
    if (is_new) to.Reset();
    for (const auto& [name, value] : request.context.as_record()) {
      const auto string = bundle::FindString(b, name);
      if (!string) return;  // of no handle
      names.push_back(*string);
      entities::Value v{};
      switch (value.kind()) {
        case Kind::kBool:
          v = entities::MakeBool(value.as_bool());
          break;
        case Kind::kLong:
          v = entities::MakeLong(value.as_long());
          break;
        case Kind::kDecimal:
          v = entities::MakeNumber(entities::Kind::kDecimal, value.as_decimal().units);
          break;
        case Kind::kEntity:
          v = entities::MakeEntity(to.Entity(value.as_entity().type, value.as_entity().id));
          break;
        default:
          v = to.values().String(value.as_string());
      }
      attributes.emplace_back(*string, v);
    }
    // What was set before and is not set now would stay.
    if (!is_new && (names != filled_ || request.host->acts_for.size() + filled_host_ > 0)) {
      filled_.clear();
      return AskByAttributes(request, expected);
    }
    filled_ = names;
    if (!PutHost(*request.host, is_new)) {
      filled_.clear();
      return;
    }
    for (const auto& [name, v] : attributes) to.SetAttribute(name, v);
    to.SetPrincipal(to.Entity(request.principal.type, request.principal.id));
    to.SetAction(to.Entity(request.action.type, request.action.id));
    to.SetResource(to.Entity(request.resource.type, request.resource.id));
    const vm::Memo::Slot* const slot = to.FindSlot();
    const vm::Settled* settled = slot == nullptr ? nullptr : to.FindSettled(*slot, &*scratch_);
    entities::EntityId in_cycle;
    const vm::Request* ready = to.Ready(&in_cycle);
    ASSERT_NE(ready, nullptr);
    if (settled != nullptr) {
      ++known_at_a_glance;
      known_after_edit += edited_;
      EXPECT_EQ(vm::OutcomeName(settled->outcome), OutcomeName(expected.outcome));
      Compare("at a glance", *ready, settled->decision(), expected);
    }
    Compare("attribute by attribute", *ready, engine_->Decide(*ready, &*scratch_), expected);
  }

  // What this way of asking needs of the host; false if there is more to it.
  bool PutHost(const Host& host, bool is_new) {
    if (!host.approvals.empty() || !host.refusals.empty() || !host.evidence.empty() ||
        host.context.as_record().size() > 0) {
      return false;
    }
    vm::HostInputs& out = filling_->host();
    if (is_new) filled_host_ = host.acts_for.size();
    for (const data::Hop& hop : host.acts_for)
      out.acts_for.push_back({filling_->Entity(hop.principal.type, hop.principal.id), false, {}});
    out.now_ms = host.now->ms;
    out.enforces.clear();
    const bundle::Bundle& b = bundle_.bundle();
    for (uint32_t i = 0; i < b.limit_kinds().size(); ++i) {
      const std::string name(b.String(b.limit_kinds()[i].name));
      if (std::ranges::count(host.enforces, name) > 0) out.enforces.push_back(i);
    }
    return true;
  }

  gen::Rng rng_;
  World w_;
  std::map<EntityUid, data::Entity> entities_;
  std::vector<EntityUid> written_;
  entities::Store stored_;
  bundle::VerifiedBundle bundle_;
  std::shared_ptr<const vm::Engine> engine_;
  std::optional<vm::Scratch> scratch_;
  std::optional<vm::RequestBuilder> filling_;
  std::vector<uint32_t> filled_;  // the names that `filling_` has
  size_t filled_host_ = 0;
  uint64_t shared_ = 0, shared_scope_ = 0;
  int64_t bound_ = 0;
  bool edited_ = false;
};

TEST(Settled, IsWhatTheOracleDecides) {
  for (uint64_t seed = 0; seed < kWorlds && !testing::Test::HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Settling(seed).Run();
  }
  std::printf(
      "%llu requests, %llu mismatches; known %llu, at a glance %llu, of these after an edit %llu; "
      "unenforceable %llu;",
      static_cast<unsigned long long>(Settling::asked), static_cast<unsigned long long>(Settling::mismatches),
      static_cast<unsigned long long>(Settling::known),
      static_cast<unsigned long long>(Settling::known_at_a_glance),
      static_cast<unsigned long long>(Settling::known_after_edit),
      static_cast<unsigned long long>(Settling::unenforceable));
  for (const auto& [outcome, n] : Settling::known_by_outcome)
    std::printf(" %s %llu", outcome.c_str(), static_cast<unsigned long long>(n));
  std::printf("\n");
  EXPECT_EQ(Settling::mismatches, 0u);
  EXPECT_GE(Settling::known, Settling::asked / 10);
  EXPECT_GE(Settling::known_at_a_glance, Settling::asked / 10);
  EXPECT_GE(Settling::known_after_edit, Settling::asked / 20);
  EXPECT_GE(Settling::unenforceable, Settling::asked / 100);
  for (const char* outcome :
       {"allow ", "allow_with_limits ", "require_approval ", "deny forbidden", "deny no_grant"})
    EXPECT_GE(Settling::known_by_outcome[outcome], Settling::asked / 500) << outcome;
}

// All that a decision says by the C interface, in words.
class Asked {
 public:
  Asked(polc_engine* engine, polc_request* request) : engine_(engine), request_(request) {}

  // `n` as an attribute, what was set otherwise as it is.
  std::string Of(const char* principal, int64_t n) {
    polc_entity entities[3];
    const std::pair<const char*, const char*> names[] = {
        {"Agent", principal}, {"Action", "restart_pod"}, {"Service", "web"}};
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(polc_engine_entity(engine_, T(names[i].first), T(names[i].second), &entities[i], nullptr),
                POLC_OK);
    }
    polc_attribute attribute;
    EXPECT_EQ(polc_engine_attribute(engine_, T("n"), &attribute, nullptr), POLC_OK);
    polc_decision d{};
    d.struct_size = sizeof d;
    const polc_value value = polc_value_long(n);
    if (n % 2 == 0) {
      EXPECT_EQ(polc_decide_handles(request_, entities, &attribute, &value, 1, &d, nullptr), POLC_OK);
    } else {
      EXPECT_EQ(polc_request_set_entities(request_, entities, nullptr), POLC_OK);
      EXPECT_EQ(polc_request_set_attribute(request_, attribute, value, nullptr), POLC_OK);
      EXPECT_EQ(polc_decide(request_, &d, nullptr), POLC_OK);
    }
    polc_outcome outcome;
    std::string out = std::to_string(d.outcome) + " " + polc_why_name(d.why) + " would be " +
                      std::to_string(d.would_be) + " errors " + std::to_string(d.error_count);
    for (size_t i = 0; i < d.reason_count; ++i) out += " " + std::to_string(d.reasons[i]);
    for (size_t i = 0; i < d.limit_count; ++i) {
      polc_limit limit{};
      limit.struct_size = sizeof limit;
      polc_value_content content{};
      content.struct_size = sizeof content;
      EXPECT_EQ(polc_request_limit(request_, i, &limit, nullptr), POLC_OK);
      EXPECT_EQ(polc_request_value(request_, limit.value, &content, nullptr), POLC_OK);
      out += " limit " + std::string(limit.kind.data, limit.kind.size) + " " + std::to_string(content.number);
      for (size_t k = 0; k < limit.by_count; ++k) out += " by " + std::to_string(limit.by[k].rule);
    }
    for (size_t i = 0; i < d.need_count; ++i) {
      polc_need need{};
      need.struct_size = sizeof need;
      EXPECT_EQ(polc_request_need(request_, i, &need, nullptr), POLC_OK);
      out += " need of " + std::to_string(need.by.rule) + " " +
             std::string(need.evidence.data, need.evidence.size) + std::to_string(need.alternative_count);
    }
    for (size_t i = 0; i < d.liftable_count; ++i) {
      polc_liftable liftable{};
      liftable.struct_size = sizeof liftable;
      EXPECT_EQ(polc_request_liftable(request_, i, &liftable, nullptr), POLC_OK);
      out += " liftable " + std::to_string(liftable.by.rule) + (liftable.lifted != 0 ? " lifted" : "");
    }
    // Beside what is copied out, nothing is there.
    polc_limit none{};
    none.struct_size = sizeof none;
    EXPECT_EQ(polc_request_limit(request_, d.limit_count, &none, nullptr), POLC_ERROR_ARGUMENT);
    EXPECT_EQ(polc_decide_outcome(request_, &outcome, nullptr), POLC_OK);
    EXPECT_EQ(outcome, d.outcome);
    return out;
  }
  // The same six times over: the first are worked out, the last are known.
  std::string Always(const char* principal, int64_t n) {
    const std::string first = Of(principal, n);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(Of(principal, n), first);
    return first;
  }
  void Enforce(std::initializer_list<const char*> kinds) {
    ASSERT_EQ(polc_request_reset(request_, engine_, nullptr), POLC_OK);
    std::vector<polc_text> texts;
    for (const char* kind : kinds) texts.push_back(T(kind));
    ASSERT_EQ(polc_request_set_enforces(request_, texts.data(), texts.size(), nullptr), POLC_OK);
  }
  static polc_text T(const char* text) { return polc_text_of(text); }

 private:
  polc_engine* const engine_;
  polc_request* const request_;
};

TEST(Settled, TheInterfaceSaysAllThatADecisionSays) {
  World w;
  w.program.model = MakeSettledModel();
  const auto when = [&](Rule& rule) {
    rule.conditions = {rule.Add(Op::kLessEq, {World::Context(rule, "n"), rule.AddLiteral(Long(3))})};
  };
  for (core::Action& action : w.program.model.actions) {
    for (core::Attribute& attribute : action.context) attribute.required = attribute.name == "n";
  }
  when(w.Allow());
  when(w.Limit("limit", "timeout", Seconds(5)));
  when(w.Require("require"));
  when(w.RequireEvidence("require_plan", "plan"));
  Rule& forbid = w.Add("stop", Effect::kForbid);
  World::LiftedBy(forbid, 1, Team("sec"));
  forbid.principal = {core::ScopeTest::Op::kIn, Team("stopped"), false, "", {}};
  w.program = Finished(std::move(w.program));
  source::DiagnosticSink sink;
  const auto bytes = emit::Emit(w.program, {}, sink);
  ASSERT_TRUE(bytes.has_value());

  polc_bundle* bundle = nullptr;
  polc_store* store = nullptr;
  polc_engine* engine = nullptr;
  polc_request* request = nullptr;
  ASSERT_EQ(polc_bundle_open_memory(bytes->data(), bytes->size(), &bundle, nullptr), POLC_OK);
  ASSERT_EQ(polc_bundle_verify(bundle, nullptr), POLC_OK);
  ASSERT_EQ(polc_store_new(&store, nullptr), POLC_OK);
  // In team `team`, or nowhere; or not at all.
  const auto put = [&](const char* type, const char* id, const char* team, bool there = true) {
    polc_edit* edit = nullptr;
    ASSERT_EQ(polc_edit_new(store, &edit, nullptr), POLC_OK);
    const polc_text in = Asked::T("Team"), name = Asked::T(team);
    if (there) {
      ASSERT_EQ(polc_edit_upsert(edit, Asked::T(type), Asked::T(id), nullptr, nullptr, &in, &name,
                                 name.size > 0, nullptr),
                POLC_OK);
    } else {
      ASSERT_EQ(polc_edit_remove(edit, Asked::T(type), Asked::T(id), nullptr), POLC_OK);
    }
    ASSERT_EQ(polc_edit_commit(edit, nullptr), POLC_OK);
    polc_edit_free(edit);
    if (engine == nullptr) return;
    ASSERT_EQ(polc_engine_refresh(engine, nullptr), POLC_OK);
  };
  put("Agent", "oncall", "");
  put("Agent", "second", "stopped");
  put("Service", "web", "");
  ASSERT_EQ(polc_engine_new(bundle, store, &engine, nullptr), POLC_OK);
  ASSERT_EQ(polc_request_new(engine, &request, nullptr), POLC_OK);
  Asked asked(engine, request);
  // Rules are numbered by name: shorter names first: go, stop, limit, require, require_plan.
  const std::string waits = "2  would be 2 errors 0 3 4 limit timeout 5000 by 2 need of 3 1 need of 4 plan0",
                    ungranted = "4 no_grant would be 4 errors 0",
                    unenforceable = "4 unenforceable would be 4 errors 0 2",
                    stopped = "4 forbidden would be 4 errors 0 1 liftable 1",
                    unknown = "4 unknown_entity would be 4 errors 1";
  asked.Enforce({"timeout"});
  EXPECT_EQ(asked.Always("oncall", 1), waits);
  EXPECT_EQ(asked.Always("oncall", 4), ungranted);
  EXPECT_EQ(asked.Always("second", 1), stopped);
  EXPECT_EQ(asked.Always("oncall", 3), waits);
  // Others enforce other things.
  asked.Enforce({});
  EXPECT_EQ(asked.Always("oncall", 1), unenforceable);
  EXPECT_EQ(asked.Always("oncall", 4), ungranted);
  asked.Enforce({"level", "timeout"});
  EXPECT_EQ(asked.Always("oncall", 1), waits);
  asked.Enforce({"level"});
  EXPECT_EQ(asked.Always("oncall", 1), unenforceable);
  // The store changes.
  put("Agent", "oncall", "stopped");
  asked.Enforce({"timeout"});
  EXPECT_EQ(asked.Always("oncall", 1), stopped);
  put("Agent", "oncall", "");
  put("Agent", "second", "");
  asked.Enforce({"timeout"});
  EXPECT_EQ(asked.Always("oncall", 1), waits);
  EXPECT_EQ(asked.Always("second", 1), waits);
  put("Agent", "oncall", "", false);
  asked.Enforce({"timeout"});
  EXPECT_EQ(asked.Always("oncall", 1), unknown);
  EXPECT_EQ(asked.Always("second", 1), waits);
  put("Agent", "oncall", "");
  put("Service", "web", "", false);
  asked.Enforce({"timeout"});
  EXPECT_EQ(asked.Always("oncall", 1), unknown);
  put("Service", "web", "");
  asked.Enforce({"timeout"});
  EXPECT_EQ(asked.Always("oncall", 1), waits);
  polc_request_free(request);
  polc_engine_free(engine);
  polc_store_free(store);
  polc_bundle_free(bundle);
}

}  // namespace
}  // namespace polc::tests
