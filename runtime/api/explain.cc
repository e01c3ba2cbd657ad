// Explanations: how each rule came out, and the whole trace.

#include "runtime/api/handles.h"
#include "runtime/vm/message.h"
#include "runtime/vm/trace.h"

using polc::api::Fail;
using polc::api::Guard;
using polc::api::Text;
using polc::bundle::Bundle;
using polc::vm::DecisionTracer;

namespace {

struct SourcePlace {
  polc_text file;
  uint32_t line, column, begin, end;
};
SourcePlace Locate(const Bundle& bundle, const polc::bundle::Place& place) {
  if (place.file == polc::bundle::kNone) return {Text(""), 0, 0, 0, 0};
  return {Text(bundle.String(bundle.files()[place.file].path)), place.line, place.column, place.begin,
          place.end};
}

// A trace's tests as the caller sees them; `observations` keeps what they point at, a list each.
polc_test Shown(const Bundle& bundle, const polc::vm::TestTrace& test,
                std::deque<std::vector<polc_observation>>* observations) {
  std::vector<polc_observation>& seen = observations->emplace_back();
  for (const polc::vm::Observation& o : test.observations) {
    const SourcePlace at = Locate(bundle, o.place);
    seen.push_back({Text(o.value), at.file, at.line, at.column, at.begin, at.end});
  }
  const SourcePlace at = Locate(bundle, test.place);
  polc_test out{};
  out.part = test.part ? static_cast<polc_part>(bundle.parts()[*test.part].kind) : POLC_PART_CONDITION;
  out.answer = static_cast<polc_answer>(test.answer);
  out.file = at.file;
  out.line = at.line;
  out.column = at.column;
  out.begin = at.begin;
  out.end = at.end;
  out.message = Text(test.message);
  out.observations = seen.data();
  out.observation_count = seen.size();
  return out;
}

// Whether to go on. `first`: the number of the bundle's first rule.
bool Show(const Bundle& bundle, const polc::vm::RuleTrace& rule, uint32_t first,
          int (*each)(const polc_rule_trace* rule, void* user), void* user) {
  std::deque<std::vector<polc_observation>> observations;
  std::vector<polc_test> tests;
  for (const polc::vm::TestTrace& test : rule.tests) tests.push_back(Shown(bundle, test, &observations));
  polc_rule_trace out{};
  out.struct_size = sizeof out;
  out.by = {first + rule.by.rule, rule.by.hop};
  out.verdict = static_cast<polc_verdict>(rule.verdict);
  out.in_scope = rule.in_scope;
  out.holds = rule.holds;
  out.tests = tests.data();
  out.test_count = tests.size();
  return each(&out, user) == 0;
}

bool Show(const Bundle& bundle, const polc::vm::FactTrace& fact,
          int (*each)(const polc_fact_trace* fact, void* user), void* user) {
  std::deque<std::vector<polc_observation>> observations;
  std::vector<polc_clause_trace> clauses;
  for (const polc::vm::ClauseTrace& clause : fact.clauses) {
    polc_clause_trace& to = clauses.emplace_back();
    to.id = clause.clause ? Text(bundle.String(bundle.clauses()[*clause.clause].id)) : Text("");
    to.value = Text(clause.value);
    to.when = Shown(bundle, clause.when, &observations);
  }
  polc_fact_trace out{};
  out.struct_size = sizeof out;
  out.name = Text(bundle.String(bundle.facts()[fact.fact].name));
  out.hop = fact.hop;
  out.value = fact.value ? Text(*fact.value) : Text("");
  out.clauses = clauses.data();
  out.clause_count = clauses.size();
  return each(&out, user) == 0;
}

// Runs `body(bundle, tracer, first rule)` for the request as it is; of an updated bundle for the base, and
// then for what the update put in, unless `body` returns false.
template <typename Body>
polc_status WithTracers(polc_request* request, bool has_callback, polc_error* error, Body body) {
  if (request == nullptr || !has_callback) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    if (const polc_status status = request->Finish(error); status != POLC_OK) return status;
    DecisionTracer tracer(*request->state->engine, *request->ready);
    if (!body(request->state->bundle->opened, tracer, 0u)) return POLC_OK;
    if (const polc::vm::Amended* const amended = request->state->amended.get()) {
      DecisionTracer other(amended->added(), request->amending->request());
      body(amended->added().bundle().bundle(), other, amended->first_added());
    }
    return POLC_OK;
  });
}

// Rows of the base's rules that the update took away.
std::span<const uint32_t> RemovedOf(const polc_request* request) {
  return request->state->amended ? request->state->amended->removed() : std::span<const uint32_t>();
}

using Near = DecisionTracer::Near;

// The near misses of an updated bundle: of the rules that stay and of those that came together.
polc_status NearMissesOfUpdated(polc_request* request, int (*each)(const polc_rule_trace* rule, void* user),
                                void* user, polc_error* error) {
  return Guard(error, [&] {
    if (const polc_status status = request->Finish(error); status != POLC_OK) return status;
    const polc::vm::Amended& amended = *request->state->amended;
    DecisionTracer base(amended.base(), *request->ready);
    DecisionTracer other(amended.added(), request->amending->request());
    std::vector<Near> near, added;
    if (!base.AllNear(0, amended.removed(), &near) || !other.AllNear(0, {}, &added)) return POLC_OK;
    for (Near& n : added) n.rule += amended.first_added();
    near.insert(near.end(), added.begin(), added.end());
    DecisionTracer::KeepNearest(&near);
    for (const Near& n : near) {
      const bool is_added = n.rule >= amended.first_added();
      const uint32_t first = is_added ? amended.first_added() : 0;
      const Bundle& bundle = (is_added ? amended.added() : amended.base()).bundle().bundle();
      if (!Show(bundle, (is_added ? other : base).Rule(n.rule - first, 0), first, each, user)) break;
    }
    return POLC_OK;
  });
}

}  // namespace

extern "C" {

polc_status polc_explain(polc_request* request,
                         int (*each)(const polc_rule_explanation* explanation, void* user), void* user,
                         polc_error* error) {
  if (request == nullptr || each == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    if (const polc_status status = request->Finish(error); status != POLC_OK) return status;
    const polc::vm::Amended* const amended = request->state->amended.get();
    std::vector<polc_observation> observations;
    const uint32_t count = request->state->bundle->rule_count();
    for (uint32_t rule = 0; rule < count; ++rule) {
      uint32_t row = rule;
      const Bundle* const has_it = request->state->bundle->FindRule(&row);
      if (has_it == nullptr) continue;
      const Bundle& bundle = *has_it;
      const polc::vm::RuleExplanation found =
          amended != nullptr && rule >= amended->first_added()
              ? ExplainRule(amended->added(), row, request->amending->request(), request->amending->scratch())
              : ExplainRule(*request->state->engine, row, *request->ready, &*request->scratch);
      observations.clear();
      for (const polc::vm::Observation& seen : found.observations) {
        const SourcePlace at = Locate(bundle, seen.place);
        observations.push_back({Text(seen.value), at.file, at.line, at.column, at.begin, at.end});
      }
      polc_rule_explanation explanation{};
      explanation.struct_size = sizeof explanation;
      explanation.rule = rule;
      explanation.verdict = static_cast<polc_verdict>(found.verdict);
      explanation.part = POLC_PART_NONE;
      if (found.part) {
        const polc::bundle::PartRow& part = bundle.parts()[*found.part];
        const SourcePlace at = Locate(bundle, part.place);
        explanation.part = static_cast<polc_part>(part.kind);
        explanation.file = at.file;
        explanation.line = at.line;
        explanation.column = at.column;
        explanation.begin = at.begin;
        explanation.end = at.end;
      }
      explanation.message = Text(found.message);
      explanation.observations = observations.data();
      explanation.observation_count = observations.size();
      if (each(&explanation, user) != 0) break;
    }
    // The scratch has been used: what the last decision pointed at is gone.
    request->Forget();
    return POLC_OK;
  });
}

polc_status polc_trace(polc_request* request, int (*each)(const polc_rule_trace* rule, void* user),
                       void* user, polc_error* error) {
  return WithTracers(request, each != nullptr, error,
                     [&](const Bundle& bundle, DecisionTracer& tracer, uint32_t first) {
                       for (const uint8_t hop : tracer.hops()) {
                         for (uint32_t rule = 0; rule < bundle.rules().size(); ++rule) {
                           if (first == 0 && std::ranges::binary_search(RemovedOf(request), rule)) continue;
                           if (!Show(bundle, tracer.Rule(rule, hop), first, each, user)) return false;
                         }
                       }
                       return true;
                     });
}

polc_status polc_near_misses(polc_request* request, int (*each)(const polc_rule_trace* rule, void* user),
                             void* user, polc_error* error) {
  if (request != nullptr && each != nullptr && request->state->amended)
    return NearMissesOfUpdated(request, each, user, error);
  return WithTracers(request, each != nullptr, error,
                     [&](const Bundle& bundle, DecisionTracer& tracer, uint32_t first) {
                       for (const uint8_t hop : tracer.hops()) {
                         const std::vector<polc::vm::RuleAt> near = tracer.NearMisses(hop);
                         for (const polc::vm::RuleAt& by : near)
                           if (!Show(bundle, tracer.Rule(by.rule, by.hop), first, each, user)) return false;
                         if (!near.empty()) return false;
                       }
                       return true;
                     });
}

polc_status polc_trace_facts(polc_request* request, int (*each)(const polc_fact_trace* fact, void* user),
                             void* user, polc_error* error) {
  return WithTracers(request, each != nullptr, error,
                     [&](const Bundle& bundle, DecisionTracer& tracer, uint32_t) {
                       for (const uint8_t hop : tracer.hops()) {
                         for (const uint32_t fact : tracer.Facts())
                           if (!Show(bundle, tracer.Fact(fact, hop), each, user)) return false;
                       }
                       return true;
                     });
}

}  // extern "C"
