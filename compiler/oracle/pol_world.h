// A small world for tests of Pol decisions: a model, people, a request, and programs put together rule by
// rule.
//
//   agent Agent in Team owned by Human; person Human in Team; principal Robot; resource Service in Env
//   classes restarts (reversible), drops (irreversible)
//   restart_pod in restarts, drop in drops, archive in restarts, look (in no class), by Agent, Human, Robot
//   on Service; all but look with
//     n : Number, note? : Text, tags : Set of Text at most 3 (none if missing), share : Percent from host
//     (100% if missing), risk? : Risk, trace? : Text varies, tool : record from host
//
// The agent `oncall` in Team `sre`, owned by `dana`; people kim, lee, pat in Team `sec`, max in Team `dba`;
// dana in both. Time is 10,000 seconds. The request is oncall's restart_pod on the service `web` in Env
// `prod`.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compiler/core/digest.h"
#include "compiler/core/verify.h"
#include "compiler/oracle/decide.h"

namespace polc::oracle::world {

using core::Effect;
using core::ExprId;
using core::Mode;
using core::Op;
using core::Program;
using core::Rule;
using core::Var;
using data::Decision;
using data::EntityUid;
using data::Host;
using data::Kind;
using data::Outcome;
using data::Value;
using data::Why;

inline Value Text(std::string text) { return Value(std::move(text)); }
inline Value Long(int64_t n) { return Value(n); }
inline Value Seconds(int64_t n) { return Value(data::Duration{n * 1000}); }
inline data::Datetime At(int64_t seconds) { return {seconds * 1000}; }
inline EntityUid Human(const char* id) { return {"Human", id}; }
inline EntityUid Team(const char* id) { return {"Team", id}; }
inline EntityUid Action(const char* id) { return {"Action", id}; }
inline core::TypePtr Type(core::Type type) { return std::make_shared<core::Type>(std::move(type)); }

inline core::Model MakeModel() {
  using N = core::EntityType::Nature;
  core::Model m;
  const auto text = Type({.kind = Kind::kString});
  const auto human = Type({.kind = Kind::kEntity, .entity = "Human"});
  m.entity_types = {
      {.name = "Agent",
       .nature = N::kAgent,
       .owner = "Human",
       .parents = {"Team"},
       .attributes = {{.name = "backup", .type = human, .required = false},
                      {.name = "owner", .type = human}}},
      {.name = "Env"},
      {.name = "Human", .nature = N::kPerson, .parents = {"Team"}},
      {.name = "Robot", .nature = N::kService, .parents = {"Team"}},
      {.name = "Service",
       .parents = {"Env"},
       .attributes = {{.name = "tier", .type = Type({.kind = Kind::kLong}), .required = false}}},
      {.name = "Team"}};
  m.classes = {{"drops", core::Reversibility::kIrreversible}, {"restarts", core::Reversibility::kReversible}};
  const auto tool = Type({.kind = Kind::kRecord, .fields = {{.name = "schema", .type = text}}});
  std::vector<core::Attribute> context = {
      {.name = "n", .type = Type({.kind = Kind::kLong})},
      {.name = "note", .type = text, .required = false},
      {.name = "risk", .type = Type({.kind = Kind::kString, .levels = "Risk"}), .required = false},
      {.name = "share",
       .type = Type({.kind = Kind::kDecimal, .percent = true}),
       .required = false,
       .from_host = true,
       .if_missing = Value(data::Decimal{10000})},
      {.name = "tags",
       .type = Type({.kind = Kind::kSet, .at_most = 3, .element = text}),
       .required = false,
       .if_missing = Value::MakeSet({})},
      {.name = "tool", .type = tool, .from_host = true},
      {.name = "trace", .type = text, .required = false, .varies = true}};
  const std::vector<std::string> who = {"Agent", "Human", "Robot"};
  m.actions = {{.uid = Action("archive"),
                .action_class = "restarts",
                .principals = who,
                .resources = {"Service"},
                .context = context},
               {.uid = Action("drop"),
                .action_class = "drops",
                .principals = who,
                .resources = {"Service"},
                .context = context},
               {.uid = Action("look"), .principals = who, .resources = {"Service"}},
               {.uid = Action("restart_pod"),
                .action_class = "restarts",
                .principals = {"Agent", "Robot"},
                .resources = {"Service"},
                .context = context}};
  return m;
}

// How a condition comes out.
enum class Comes : uint8_t { kTrue, kFalse, kErrs };

struct World {
  Program program;
  data::EntityStore store;
  data::Request request;
  Host host;
  DecideOptions options;

  World() {
    program.pol = true;
    program.rules.reserve(64);  // so that references to rules stay
    program.model = MakeModel();
    program.levels = {{"Autonomy", {"recommend", "approval", "autonomous"}, false},
                      {"Risk", {"low", "medium", "high"}, true}};
    const auto texts = Type({.kind = Kind::kSet, .element = Type({.kind = Kind::kString})});
    program.limit_kinds = {{"hosts", texts, core::Merge::kCommonMembers},
                           {"level", Type({.kind = Kind::kLong}), core::Merge::kHighest},
                           {"read_only", Type({.kind = Kind::kBool}), core::Merge::kAnyTrue},
                           {"redact", texts, core::Merge::kAllMembers},
                           {"timeout", Type({.kind = Kind::kDuration}), core::Merge::kLowest}};
    program.evidence_kinds = {{"plan", true, Type({.kind = Kind::kString})},
                              {"ticket", false, Type({.kind = Kind::kString})}};
    Put("Agent", "oncall", {Team("sre")}, {{"owner", Value(Human("dana"))}});
    Put("Robot", "cron", {Team("sre")});
    Put("Human", "dana", {Team("sec"), Team("dba")});
    for (const char* id : {"kim", "lee", "pat"}) Put("Human", id, {Team("sec")});
    Put("Human", "max", {Team("dba")});
    Put("Service", "web", {{"Env", "prod"}}, {{"tier", Long(1)}});
    for (const char* id : {"sec", "dba", "sre"}) Put("Team", id);
    Put("Env", "prod");
    core::PutActions(program.model, store);
    request.principal = {"Agent", "oncall"};
    request.action = Action("restart_pod");
    request.resource = {"Service", "web"};
    Say("n", Long(1));
    host.now = At(10000);
    host.enforces = {"hosts", "level", "read_only", "redact", "timeout"};
    options.snapshot = "sha256:s";
  }

  void Put(const char* type, const char* id, std::vector<EntityUid> parents = {},
           std::map<std::string, Value> attrs = {}) {
    store.Put({.uid = {type, id},
               .attrs = std::move(attrs),
               .tags = {},
               .parents = std::move(parents),
               .span = {}});
  }
  static void Set(Value& record, const std::string& name, Value value) {
    data::Record fields = record.as_record();
    std::erase_if(fields, [&](const auto& field) { return field.first == name; });
    fields.emplace_back(name, std::move(value));
    record = Value::MakeRecord(std::move(fields));
  }
  void Say(const std::string& name, Value value) { Set(request.context, name, std::move(value)); }
  void HostSays(const std::string& name, Value value) { Set(host.context, name, std::move(value)); }

  Rule& Add(const char* id, Effect effect, Comes comes = Comes::kTrue, Mode mode = Mode::kEnforced) {
    Rule& rule = program.rules.emplace_back(Pol(id, effect));
    rule.mode = mode;
    Condition(rule, comes);
    return rule;
  }
  static Rule Pol(const char* id, Effect effect) {
    Rule rule;
    rule.id = id;
    rule.effect = effect;
    rule.on_error = core::ErrorRule::kFailClosed;
    rule.strict = true;
    return rule;
  }
  static ExprId Expr(Rule& rule, Comes comes) {
    if (comes != Comes::kErrs) return rule.AddLiteral(Value(comes == Comes::kTrue));
    return rule.AddNamed(Op::kGetAttr, rule.AddVar(Var::kContext), "absent");
  }
  static void Condition(Rule& rule, Comes comes) { rule.conditions.push_back(Expr(rule, comes)); }
  static ExprId Context(Rule& rule, const char* name) {
    return rule.AddNamed(Op::kGetAttr, rule.AddVar(Var::kContext), name);
  }
  static core::PolPart& Part(Rule& rule) {
    auto part = std::make_shared<core::PolPart>(rule.pol());
    core::PolPart& out = *part;
    rule.pol_part = std::move(part);
    return out;
  }

  Rule& Allow(const char* id = "go") { return Add(id, Effect::kAllow); }
  Rule& Limit(const char* id, const char* kind, Value value, Mode mode = Mode::kEnforced) {
    Rule& rule = Add(id, Effect::kLimit, Comes::kTrue, mode);
    rule.limits = {{kind, rule.AddLiteral(std::move(value)), {}}};
    return rule;
  }
  using Places = std::vector<std::pair<uint32_t, std::vector<EntityUid>>>;
  static core::Quorum QuorumOf(Rule& rule, const Places& places, int64_t within = 1800) {
    core::Quorum quorum;
    for (const auto& [count, pools] : places) {
      core::Quorum::Part& part = quorum.parts.emplace_back();
      part.count = count;
      for (const EntityUid& pool : pools) part.pools.push_back(rule.AddLiteral(Value(pool)));
    }
    quorum.within_ms = within * 1000;
    return quorum;
  }
  static core::Approval By(Rule& rule, uint32_t count, EntityUid pool) {
    return {{QuorumOf(rule, {{count, {std::move(pool)}}})}, {}};
  }
  Rule& Require(const char* id, uint32_t count = 1, EntityUid pool = Team("sec"),
                Comes comes = Comes::kTrue) {
    Rule& rule = Add(id, Effect::kRequire, comes);
    rule.needs.push_back({.approval = By(rule, count, std::move(pool))});
    return rule;
  }
  Rule& RequireEvidence(const char* id, const char* kind) {
    Rule& rule = Add(id, Effect::kRequire);
    rule.needs.push_back({.kind = core::Need::Kind::kEvidence, .evidence = kind});
    return rule;
  }
  Rule& Suggest(const char* id, const char* action, std::vector<std::pair<std::string, Value>> changes = {}) {
    Rule& rule = Add(id, Effect::kSuggest);
    core::Suggestion suggestion{.action = Action(action)};
    for (auto& [name, value] : changes)
      suggestion.changes.emplace_back(name, rule.AddLiteral(std::move(value)));
    Part(rule).suggestion = std::move(suggestion);
    return rule;
  }
  static void LiftedBy(Rule& rule, uint32_t count, EntityUid pool) {
    core::Approval approval = By(rule, count, std::move(pool));
    Part(rule).lifted_by.push_back(std::move(approval));
  }

  // An approval of what is asked now, under the terms of now.
  data::ApprovalItem ApprovalBy(EntityUid approver, int64_t seconds_ago = 60) {
    const Decision now = Decide();
    data::ApprovalItem item{.id = "a" + std::to_string(host.approvals.size() + 1),
                            .approver = std::move(approver)};
    item.issued = {host.now->ms - seconds_ago * 1000};
    item.action_digest = now.action_digest;
    item.terms_digest = now.terms_digest;
    item.snapshot = options.snapshot;
    return item;
  }
  void Approve(EntityUid approver, int64_t seconds_ago = 60) {
    host.approvals.push_back(ApprovalBy(std::move(approver), seconds_ago));
  }
  void Refuse(EntityUid approver, int64_t seconds_ago = 60) {
    host.refusals.push_back({.id = "r",
                             .approver = std::move(approver),
                             .issued = {host.now->ms - seconds_ago * 1000},
                             .action_digest = Decide().action_digest});
  }

  Decision Decide() {
    core::Program filled = program;
    std::ranges::sort(filled.inputs, {}, &core::Input::id);
    core::FillDigests(filled);
    if (const auto problem = core::Verify(filled)) ADD_FAILURE() << *problem;
    data::EntityStore closed(store);
    EXPECT_FALSE(closed.Close().has_value());
    data::Request asked = request;
    asked.host = std::make_shared<Host>(host);
    return oracle::Decide(filled, closed, asked, options);
  }
};

}  // namespace polc::oracle::world
