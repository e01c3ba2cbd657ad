// What `polc translate --to pol` makes of a Cedar set decides as the set does, on random worlds and sets.
//
// Whatever the request and whatever errs: Pol never allows what Cedar does not. Where every policy was said
// whole, the entities are there and nothing errs on either side, Pol allows exactly what Cedar allows. The
// other way round is export_test.cc.
#include <gtest/gtest.h>

#include <cstdio>

#include "compiler/model/entities_json.h"
#include "compiler/model/request_json.h"
#include "compiler/model/resolve.h"
#include "compiler/oracle/authorize.h"
#include "compiler/oracle/decide.h"
#include "compiler/sema/lower.h"
#include "compiler/sema/pol.h"
#include "compiler/translate/to_pol.h"
#include "tests/differential/case.h"
#include "tests/pol/family.h"

namespace polc::tests {
namespace {

using gen::Json;

constexpr uint64_t kSets = kSanitized ? 300 : 3'500;

struct Counts {
  uint64_t sets = 0, whole = 0, requests = 0, exact = 0, allowed = 0, mismatches = 0;
};

// Which policies of a set are compared: all, or those that Pol can say whole.
enum class Which : uint8_t { kAll, kSayable };

// One set in both languages, over one store.
class Both {
 public:
  Both(const differential::Case& c, Which which) : case_(c) {
    source::DiagnosticSink sink;
    schema_ = model::LoadSchema(map_, {map_.Add("s.cedarschema", c.schema)}, sink);
    if (!schema_) return;
    model::EntitiesResult entities =
        model::ReadEntities(map_, map_.Add("entities.json", Json(c.entities).dump()), &*schema_, sink);
    if (!entities.valid) return;
    store_ = std::move(entities.store);
    std::vector<translate::CedarPolicy> policies =
        translate::ReadCedarPolicies(map_, map_.Add("p.cedar", c.PolicyText()), sink);
    if (sink.has_errors()) return;
    if (which == Which::kSayable) {
      std::erase_if(policies, [&](const translate::CedarPolicy& p) {
        return !translate::ToPol({p}, *schema_, map_).whole;
      });
    }
    sema::Lowerer lowerer(sema::IdSource::kPosition, sink);
    for (const translate::CedarPolicy& p : policies) {
      if (!p.policy.is_template()) lowerer.Add(p.policy);
    }
    cedar_ = lowerer.Take();
    made_ = translate::ToPol(policies, *schema_, map_);
    if (made_.text.empty()) return;
    sema::pol::Options options;
    options.schema = &*schema_;
    pol_ = sema::pol::Analyze(map_, {map_.Add("made.pol", made_.text)}, options, sink).program;
    for (const source::Diagnostic& d : sink.diagnostics()) {
      if (d.severity == source::Severity::kError) ADD_FAILURE() << d.message << "\n" << made_.text;
    }
    for (const data::EntityUid& uid : store_.order()) pol_store_.Put(*store_.Find(uid));
    core::PutActions(pol_.model, pol_store_);
    EXPECT_FALSE(pol_store_.Close().has_value());
    good_ = !sink.has_errors();
  }

  bool good() const { return good_; }
  bool whole() const { return made_.whole; }

  void Compare(const gen::Request& r, Counts& counts) {
    source::DiagnosticSink sink;
    const std::string text = Json{
        {"principal", {{"type", r.principal.type}, {"id", r.principal.id}}},
        {"action", {{"type", r.action.type}, {"id", r.action.id}}},
        {"resource", {{"type", r.resource.type}, {"id", r.resource.id}}},
        {"context", r.context}}.dump();
    const source::FileId file = map_.Add("request", text);
    const model::RequestResult read = model::ReadRequest(map_, {file, 0, static_cast<uint32_t>(text.size())},
                                                         0, &*schema_, model::RequestValidation::kOn, sink);
    if (!read.valid) return;
    const oracle::Answer cedar = oracle::Authorize(cedar_, store_, *read.request);
    // The whole context is the host's word.
    data::Request request = *read.request;
    auto host = std::make_shared<data::Host>();
    host->context = std::move(request.context);
    request.context = data::Value::MakeRecord({});
    request.host = std::move(host);
    const data::Decision pol = oracle::Decide(pol_, pol_store_, request);
    const bool allows = pol.outcome == data::Outcome::kAllow, allowed = cedar.allowed();
    const bool exact =
        made_.whole && cedar.errors.empty() && pol.errors.empty() && pol.why != data::Why::kUnknownEntity;
    ++counts.requests;
    counts.exact += exact;
    counts.allowed += exact && allows;
    if ((!allows || allowed) && (!exact || allows == allowed)) return;
    if (++counts.mismatches > 3) return;
    ADD_FAILURE() << "set " << case_.index << ": Cedar " << (allowed ? "allows" : "denies") << ", Pol "
                  << data::OutcomeName(pol.outcome) << "\n"
                  << text << "\n"
                  << case_.schema << case_.PolicyText() << made_.text;
  }

 private:
  const differential::Case& case_;
  source::SourceMap map_;
  std::optional<model::Schema> schema_;
  data::EntityStore store_, pol_store_;
  core::Program cedar_, pol_;
  translate::PolTranslation made_;
  bool good_ = false;
};

TEST(Import, PolAllowsWhatCedarDoesAndNeverMore) {
  Counts all, sayable;
  for (uint64_t index = 0; index < kSets; ++index) {
    const differential::Case c = differential::MakeCase(/*seed=*/3, index);
    if (c.schema.empty()) continue;
    for (const Which which : {Which::kAll, Which::kSayable}) {
      Counts& counts = which == Which::kAll ? all : sayable;
      Both both(c, which);
      if (!both.good()) continue;
      ++counts.sets;
      counts.whole += both.whole();
      for (const gen::Request& r : c.requests) both.Compare(r, counts);
    }
  }
  for (const Counts& c : {all, sayable}) {
    std::printf(
        "%llu sets, %llu whole; %llu requests, %llu of whole sets without errors, %llu of them allowed, "
        "%llu mismatches\n",
        static_cast<unsigned long long>(c.sets), static_cast<unsigned long long>(c.whole),
        static_cast<unsigned long long>(c.requests), static_cast<unsigned long long>(c.exact),
        static_cast<unsigned long long>(c.allowed), static_cast<unsigned long long>(c.mismatches));
    EXPECT_EQ(c.mismatches, 0u);
    EXPECT_TRUE(kSanitized || c.requests > 10'000) << c.requests;
  }
  EXPECT_GT(sayable.exact, sayable.requests / 3);
  EXPECT_GT(sayable.allowed, sayable.exact / 20);
}

}  // namespace
}  // namespace polc::tests
