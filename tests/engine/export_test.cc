// What `polc translate` makes of a set decides as the set does, on random ones.
//
// Pol to Cedar: where nothing errs, the request fits and its entities are there, Cedar never allows what Pol
// does not (counting no approvals and no evidence); and where every rule was exported whole, it allows
// exactly that. The reference engine joins where there is one (tests/differential). Cedar to Pol: the other
// way round.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "compiler/core/print.h"
#include "compiler/model/value_json.h"
#include "compiler/oracle/authorize.h"
#include "compiler/sema/lower.h"
#include "compiler/syntax/cedar_parser.h"
#include "compiler/translate/to_cedar.h"
#include "tests/differential/peer_process.h"
#include "tests/gen/world.h"
#include "tests/pol/family.h"
#include "tests/pol/random_program.h"

namespace polc::tests {
namespace {

using gen::Json;

constexpr uint64_t kCases = kSanitized ? 1'000 : 10'000;

core::Program ReadCedar(source::SourceMap& map, const std::string& text) {
  source::DiagnosticSink sink;
  sema::Lowerer lowerer(sema::IdSource::kAnnotation, sink);
  for (const auto& p : syntax::ParseCedar(map, map.Add("exported.cedar", text), sink)) lowerer.Add(p.policy);
  for (const source::Diagnostic& d : sink.diagnostics()) ADD_FAILURE() << d.message << "\n" << text;
  return lowerer.Take();
}

// The store as the exported schema has it: classes are groups of actions.
data::EntityStore WithClasses(const World& w) {
  data::EntityStore out;
  for (const EntityUid& uid : w.store.order()) {
    data::Entity entity = *w.store.Find(uid);
    const core::Action* action = w.program.model.FindAction(uid);
    if (action && !action->action_class.empty())
      entity.parents.push_back(Action(action->action_class.c_str()));
    out.Put(std::move(entity));
  }
  for (const core::ActionClass& c : w.program.model.classes) {
    data::Entity group;
    group.uid = Action(c.name.c_str());
    out.Put(std::move(group));
  }
  EXPECT_FALSE(out.Close().has_value());
  return out;
}

std::string EntitiesJson(const data::EntityStore& store) {
  Json list = Json::array();
  auto value = [](const Value& v) { return Json::parse(std::get<std::string>(model::ToJson(v))); };
  auto uid = [](const EntityUid& u) { return Json{{"type", u.type}, {"id", u.id}}; };
  for (const EntityUid& id : store.order()) {
    const data::Entity& e = *store.Find(id);
    Json attrs = Json::object(), parents = Json::array();
    for (const auto& [name, v] : e.attrs) attrs[name] = value(v);
    for (const EntityUid& parent : e.parents) parents.push_back(uid(parent));
    list.push_back({{"uid", uid(e.uid)}, {"attrs", attrs}, {"parents", parents}});
  }
  return list.dump();
}

// The reference engine, if there is one here.
class Reference {
 public:
  Reference() : binary_(differential::FindPeer()) {
    if (!binary_.path.empty()) peer_ = std::make_unique<differential::PeerProcess>(binary_.path);
  }
  bool here() const { return peer_ && peer_->running(); }
  const std::string& reason() const { return binary_.reason; }

  // Whether it allows; nothing if it refuses an input.
  std::optional<bool> Allows(const std::string& policies, const std::string& entities,
                             const data::Request& r) {
    Json c;
    c["policies"] = policies;
    c["entities"] = entities;
    c["requests"] = Json::array({{{"p", data::ToString(r.principal)},
                                  {"a", data::ToString(r.action)},
                                  {"r", data::ToString(r.resource)},
                                  {"c", std::get<std::string>(model::ToJson(r.context))}}});
    if (!peer_->Send(c.dump())) return std::nullopt;
    const std::optional<std::string> line = peer_->Receive();
    if (!line) return std::nullopt;
    last_ = *line;
    const Json answer = Json::parse(*line);
    if (!answer.contains("decisions") || answer["decisions"].empty()) return std::nullopt;
    const Json& decision = answer["decisions"][0];
    if (!decision.is_object() || !decision.contains("d")) return std::nullopt;
    return decision["d"].get<bool>();
  }
  const std::string& last() const { return last_; }

 private:
  differential::PeerBinary binary_;
  std::unique_ptr<differential::PeerProcess> peer_;
  std::string last_;
};

// Those rules of a program that Cedar can say whole.
core::Program Sayable(const core::Program& program) {
  core::Program out = program;
  out.rules.clear();
  for (const core::Rule& rule : program.rules) {
    core::Program alone = program;
    alone.rules = {rule};
    source::SourceMap map;
    source::DiagnosticSink sink;
    const auto made = translate::ToCedar(alone, {}, map, sink);
    if (made && made->whole) out.rules.push_back(rule);
  }
  return out;
}

struct Counts {
  uint64_t compared = 0, whole = 0, allowed = 0, mismatches = 0, with_reference = 0;
};

void Compare(World& w, const core::Program& program, Reference& reference, uint64_t seed, Counts& counts) {
  Host host = w.host;
  host.approvals.clear();
  host.refusals.clear();
  host.evidence.clear();
  host.acts_for.clear();
  const Decision pol = DecideOn(w, program, w.request, host);
  if (!pol.errors.empty() || pol.why == Why::kInvalidRequest || pol.why == Why::kUnknownEntity ||
      pol.why == Why::kUnenforceable)
    return;
  source::SourceMap map;
  source::DiagnosticSink sink;
  const auto made = translate::ToCedar(program, {}, map, sink);
  ASSERT_TRUE(made) << "seed " << seed;
  const core::Program cedar = ReadCedar(map, made->policies);
  data::Request request = w.request;
  data::Record context = w.request.context.as_record();
  const data::Record& said = host.context.as_record();
  context.insert(context.end(), said.begin(), said.end());
  request.context = Value::MakeRecord(std::move(context));
  request.host = nullptr;
  const data::EntityStore store = WithClasses(w);
  const oracle::Answer answer = oracle::Authorize(cedar, store, request);
  // Random requests have levels that are none and the like, unvalidated so that they get somewhere.
  if (std::ranges::any_of(answer.reasons, [](const std::string& id) { return id.starts_with("model: "); }))
    return;
  const bool allows = answer.outcome == Outcome::kAllow;
  const bool pol_allows = pol.outcome == Outcome::kAllow;
  ++counts.compared;
  counts.whole += made->whole;
  counts.allowed += allows;
  std::optional<bool> official;
  if (reference.here() && seed % 10 == 0) {
    official = reference.Allows(made->policies, EntitiesJson(store), request);
    ++counts.with_reference;
    EXPECT_TRUE(official) << "seed " << seed << " " << reference.last();
  }
  const bool good =
      (!allows || pol_allows) && (!made->whole || allows == pol_allows) && (!official || *official == allows);
  if (good || ++counts.mismatches > 3) return;
  ADD_FAILURE() << "seed " << seed << ": Pol says " << OutcomeName(pol.outcome) << ", Cedar "
                << (allows ? "allow" : "deny")
                << (official ? *official ? ", officially allow" : ", officially deny" : "")
                << (made->whole ? ", of a whole export\n" : "\n") << made->policies << core::Dump(program);
}

TEST(Export, CedarAllowsWhatPolDoesAndNeverMore) {
  Reference reference;
  if (!reference.here()) std::printf("without the reference engine: %s\n", reference.reason().c_str());
  Counts all, sayable;
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    World w = RandomPolCase(seed).world;
    w.program = Finished(std::move(w.program));
    ASSERT_FALSE(w.store.Close().has_value());
    Compare(w, w.program, reference, seed, all);
    Compare(w, Sayable(w.program), reference, seed, sayable);
    if (HasFatalFailure()) return;
  }
  for (const Counts& c : {all, sayable}) {
    std::printf(
        "%llu compared, %llu of whole exports, %llu allowed, %llu with the reference, %llu mismatches\n",
        static_cast<unsigned long long>(c.compared), static_cast<unsigned long long>(c.whole),
        static_cast<unsigned long long>(c.allowed), static_cast<unsigned long long>(c.with_reference),
        static_cast<unsigned long long>(c.mismatches));
    EXPECT_EQ(c.mismatches, 0u);
  }
  EXPECT_GT(sayable.whole, kCases / 20);
  EXPECT_GT(sayable.allowed, kCases / 100);
}

}  // namespace
}  // namespace polc::tests
