// Requests and decisions.

#include "runtime/api/handles.h"
#include "runtime/vm/message.h"

using polc::api::CheckOpen;
using polc::api::CopyOut;
using polc::api::EngineState;
using polc::api::Fail;
using polc::api::Guard;
using polc::api::IsDecided;
using polc::api::Text;
using polc::api::Unwrap;
using polc::api::Valid;
using polc::api::View;
using polc::bundle::Kind;
using polc::entities::EntityId;
using Slot = polc::vm::Memo::Slot;

polc_request::polc_request(std::shared_ptr<const EngineState> s) { Reset(std::move(s)); }

void polc_request::Reset(std::shared_ptr<const EngineState> s) {
  if (state != s) {
    building.reset();
    const bool keeps = state != nullptr && state->engine->SharesScratch(*s->engine);
    state = std::move(s);
    if (!keeps) scratch.emplace(*state->engine);
    building.emplace(*state->engine);
    amending.reset();
    if (state->amended) amending = std::make_unique<polc::vm::AmendedScratch>(*state->amended);
  }
  Empty();
}

void polc_request::Empty() {
  building->Reset();
  ready = nullptr;
  closed = false;
  set = state->bundle->opened.is_pol() ? kPol : state->amended ? kAmended : 0;
  settled = nullptr;
  if (!host_context.empty()) host_context.clear();
  has_whole_context = false;
  attributes.clear();
  context_begin = context_end = 0;
  decided = false;
  if (!is_quick) Forget();
}

void polc_request::Forget() {
  decision = {};
  settled = nullptr;
  decided = false;
  is_quick = true;
  erred.clear();
  lists.Clear();
  review.reset();
}

polc_status polc_request::Finish(polc_error* error) const {
  if (ready != nullptr) return POLC_OK;
  if ((set & kComplete) != kComplete) return Fail(error, POLC_ERROR_INCOMPLETE);
  polc::entities::EntityId in_cycle = 0;
  if (!closed && !host_context.empty()) {
    std::vector<std::pair<std::string_view, polc::entities::Value>> fields;
    for (const auto& [name, value] : host_context) fields.emplace_back(name, value);
    const auto record = building->values().Record(fields);
    if (!record) return Fail(error, POLC_ERROR_VALUE, "the host's context is nested too deep");
    building->host().context = *record;
  }
  closed = true;
  if (state->amended && !has_whole_context) {
    // What was made of them before is given up, if nothing came after it.
    polc::entities::ValueBuilder& values = building->values();
    if (values.words().size() == context_end) values.CutBack(context_begin);
    context_begin = values.words().size();
    const auto record = values.RecordOf(attributes);
    if (!record) return Fail(error, POLC_ERROR_VALUE, "the context is nested too deep");
    context_end = values.words().size();
    building->SetContext(*record);
  }
  ready = building->Ready(&in_cycle);
  if (ready != nullptr && amending != nullptr && !amending->Follow(*state->amended, *ready)) ready = nullptr;
  if (ready == nullptr) {
    return Fail(error, POLC_ERROR_CYCLE,
                "the parents of the entities that come with the request close a cycle");
  }
  return POLC_OK;
}

namespace polc::api {

polc_status CheckOpen(const polc_request* request, polc_error* error) {
  if (request == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  if (request->closed)
    return Fail(error, POLC_ERROR_ARGUMENT, "the request has been decided: reset it first");
  return POLC_OK;
}

polc_status AddEntity(polc_request* request, polc_text type, polc_text id, const polc_value* attributes,
                      const polc_value* tags, const polc_text* parent_types, const polc_text* parent_ids,
                      size_t parent_count, polc_error* error) {
  EntityParts parts;
  const polc_status status =
      ReadEntity(*request, type, id, attributes, tags, parent_types, parent_ids, parent_count, &parts, error);
  if (status != POLC_OK) return status;
  request->building->AddEntity(parts.id, parts.attributes, parts.tags, std::move(parts.parents));
  request->set |= polc_request::kUnusual;
  return POLC_OK;
}

bool IsDecided(const polc_request* request) {
  if (request == nullptr || !request->decided || request->Finish(nullptr) != POLC_OK) return false;
  if (request->settled != nullptr) {
    request->decision = request->settled->decision();
    request->settled = nullptr;
    request->is_quick = false;
  }
  return true;
}

}  // namespace polc::api

namespace {

// Of an entity that only the rules that an update puts in mention: the request's own number of it.
polc_status SetByName(polc_request* request, polc_variable variable, const polc_entity& entity,
                      polc_error* error) {
  const EngineState& state = *request->state;
  if (!state.IsOfUpdate(entity)) return Fail(error, POLC_ERROR_STALE_HANDLE);
  return Guard(error, [&] {
    const polc::vm::Engine& added = state.amended->added();
    const polc::entities::EntityId there =
        entity.number - state.own_begin - state.own_count + added.own_begin();
    request->SetVariable(variable, request->Entity(added.TypeName(added.TypeOf(there)), added.IdOf(there)));
    return POLC_OK;
  });
}

// Entities that are all of this state, by name where need be.
polc_status SetEachByName(polc_request* request, const polc_entity entities[3], polc_error* error) {
  for (size_t i = 0; i < 3; ++i) {
    if (!request->state->Has(entities[i]) && !request->state->IsOfUpdate(entities[i]))
      return Fail(error, POLC_ERROR_STALE_HANDLE);
  }
  for (size_t i = 0; i < 3; ++i) {
    const polc_status status =
        polc_request_set_entity(request, static_cast<polc_variable>(i), entities[i], error);
    if (status != POLC_OK) return status;
  }
  return POLC_OK;
}

// One of the attributes that the context is made of when it is asked for.
void SetByName(polc_request* request, std::string_view name, polc::entities::Value value) {
  // What no context can be made of is refused when it is made, and never decided without.
  if (value.depth >= polc::bundle::kMaxValueDepth) request->set |= polc_request::kUnusual;
  for (auto& [known, old] : request->attributes) {
    if (known == name) return old = value, void();
  }
  request->attributes.emplace_back(name, value);
}

constexpr std::string_view kWholeContext = "the context has been set whole";

// A handle of the request's state, where the context is not set whole.
[[gnu::always_inline]] inline void SetAttribute(polc_request* request, const polc_attribute& attribute,
                                                const polc_value& value) {
  if (request->state->amended) {
    SetByName(request, request->state->AttributeName(attribute.number), Unwrap(value));
  } else {
    request->building->SetAttribute(attribute.number, Unwrap(value));
  }
}

[[gnu::always_inline]] inline bool HasAll(const EngineState& state, const polc_entity entities[3]) {
  return state.Has(entities[0]) && state.Has(entities[1]) && state.Has(entities[2]);
}

// Three that the request's state has.
[[gnu::always_inline]] inline void SetAll(polc_request* request, const polc_entity entities[3]) {
  for (uint8_t i = 0; i < 3; ++i) {
    request->building->Set(static_cast<polc::bundle::Variable>(i), entities[i].number);
  }
  request->set |= polc_request::kComplete;
  request->Change();
}

// What polc_decide_handles is given, where it is as usual: all the state's own, and the same attributes as
// the last time. False: it is not, or only in part, and then SetHandles does it or says why not.
[[gnu::always_inline]] inline bool SetHandlesAgain(polc_request* request, const polc_entity entities[3],
                                                   const polc_attribute* attributes, const polc_value* values,
                                                   size_t count) {
  const EngineState& state = *request->state;
  if (state.amended != nullptr || request->has_whole_context || !HasAll(state, entities)) return false;
  for (size_t i = 0; i < count; ++i) {
    if (!state.Has(attributes[i])) return false;
  }
  SetAll(request, entities);
  return request->building->SetAttributesAgain(
      count, [&](size_t i) { return attributes[i].number; }, [&](size_t i) { return Unwrap(values[i]); });
}

[[gnu::noinline]] polc_status SetHandles(polc_request* request, const polc_entity entities[3],
                                         const polc_attribute* attributes, const polc_value* values,
                                         size_t count, polc_error* error) {
  return Guard(error, [&] {
    if (count > 0 && request->has_whole_context) return Fail(error, POLC_ERROR_ARGUMENT, kWholeContext);
    for (size_t i = 0; i < count; ++i) {
      if (!request->state->Has(attributes[i])) return Fail(error, POLC_ERROR_STALE_HANDLE);
    }
    if (const polc_status set = polc_request_set_entities(request, entities, error); set != POLC_OK)
      return set;
    request->ClearAttributes();
    for (size_t i = 0; i < count; ++i) SetAttribute(request, attributes[i], values[i]);
    request->building->ExpectAttributes(count, [&](size_t i) { return attributes[i].number; });
    return POLC_OK;
  });
}

bool IsVariable(polc_variable variable) {
  static_assert(POLC_PRINCIPAL == 0 && POLC_ACTION == 1 && POLC_RESOURCE == 2);
  return static_cast<uint32_t>(variable) <= POLC_RESOURCE;
}

// A deny without reasons.
void Refuse(polc_decision* out) {
  polc_decision full{};
  full.outcome = full.would_be = POLC_DENY;
  CopyOut(full, out);
}

// Fills a decision in field by field: of an assignment of this size g++ makes one `rep movs`, which takes as
// long as finding the decision.
[[gnu::always_inline]] inline void Say(const polc_request* request, polc_outcome outcome,
                                       std::span<const uint32_t> reasons, polc_decision* out) {
  out->outcome = out->would_be = outcome;
  out->reasons = reasons.data();
  out->reason_count = reasons.size();
  out->errors = out->shadow = nullptr;
  out->error_count = out->shadow_count = 0;
  std::memcpy(out->snapshot_id, request->state->snapshot_id.data(), sizeof out->snapshot_id);
  out->why = POLC_WHY_NONE;
  out->reason_hops = out->shadow_hops = nullptr;
  out->shadow_cap_count = out->limit_count = out->need_count = out->liftable_count = 0;
  out->suggestion_count = out->fact_count = out->counted_count = out->not_counted_count = 0;
}

// Hands out a decision that has no more to it, in a struct of our size.
[[gnu::always_inline]] inline void Give(polc_request* request, const polc::vm::QuickDecision& quick,
                                        polc_decision* out) {
  if (!request->is_quick) request->Forget();
  request->decision.outcome = request->decision.would_be = quick.outcome;
  request->decision.reasons = quick.reasons;
  request->decided = request->closed = true;
  Say(request, static_cast<polc_outcome>(quick.outcome), quick.reasons, out);
  if (quick.errors.empty()) return;
  request->is_quick = false;
  request->decision.errors = quick.errors;
  for (const polc::vm::RuleError& e : quick.errors) request->erred.push_back(e.rule);
  out->errors = request->erred.data();
  out->error_count = request->erred.size();
}

// Decides a request of Pol whose decision is known, into a struct of our size. False: it is not, and nothing
// was done.
[[gnu::always_inline]] inline bool GiveSettled(polc_request* request, const Slot& slot, polc_decision* out) {
  const polc::vm::Settled* known = request->building->FindSettled(slot, &*request->scratch);
  if (known == nullptr) return false;
  if (!request->is_quick) request->Forget();
  request->settled = known;
  request->decided = request->closed = true;
  Say(request, static_cast<polc_outcome>(known->outcome), known->reasons(), out);
  out->why = static_cast<polc_why>(known->why);
  out->limit_count = known->limit_count;
  out->need_count = known->need_count;
  out->liftable_count = known->liftable_count;
  return true;
}

// Decides a request of an updated bundle that needs little. False: it needs more, and nothing was done.
bool DecideAmended(polc_request* request, polc::vm::QuickDecision* out) {
  return request->set == (polc_request::kComplete | polc_request::kAmended) &&
         request->state->amended->DecideQuickly(*request->building, request->attributes,
                                                request->amending.get(), out);
}

// Decides a request that is ready.
void DecideReady(polc_request* request, polc_decision* out) {
  const EngineState& state = *request->state;
  if (!request->is_quick) request->Forget();
  request->is_quick = false;
  request->settled = nullptr;
  request->decision = state.amended ? polc::vm::Decide(*state.amended, *request->ready, &*request->scratch,
                                                       request->amending.get())
                                    : state.engine->Decide(*request->ready, &*request->scratch);
  request->decided = true;
  const polc::vm::Decision& decision = request->decision;
  for (const polc::vm::RuleError& e : decision.errors) {
    request->erred.push_back(e.what == polc::vm::Erring::kRule ? e.rule : POLC_NO_RULE);
  }
  if (decision.misfit != nullptr) request->erred.push_back(POLC_NO_RULE);
  // The caller's own struct, if it is of our size.
  polc_decision other;
  polc_decision& full = out->struct_size == sizeof(polc_decision) ? *out : other;
  full.outcome = static_cast<polc_outcome>(decision.outcome);
  full.would_be = static_cast<polc_outcome>(decision.would_be);
  full.reasons = decision.reasons.data();
  full.reason_count = decision.reasons.size();
  full.reason_hops = decision.reason_hops.empty() ? nullptr : decision.reason_hops.data();
  if (!decision.ungranted.empty()) {
    // For whom nothing grants it stands beside the rules, as no rule.
    request->reasons.assign(decision.reasons.begin(), decision.reasons.end());
    request->reason_hops.assign(decision.reason_hops.begin(), decision.reason_hops.end());
    request->reason_hops.resize(request->reasons.size());
    for (const uint8_t hop : decision.ungranted) {
      request->reasons.push_back(POLC_NO_RULE);
      request->reason_hops.push_back(hop);
    }
    full.reasons = request->reasons.data();
    full.reason_hops = request->reason_hops.data();
    full.reason_count = request->reasons.size();
  }
  full.errors = request->erred.data();
  full.error_count = request->erred.size();
  full.shadow = decision.shadow.data();
  full.shadow_count = decision.shadow.size();
  full.why = static_cast<polc_why>(decision.why);
  full.shadow_hops = decision.shadow_hops.empty() ? nullptr : decision.shadow_hops.data();
  full.shadow_cap_count = decision.shadow_caps.size();
  full.limit_count = decision.limits.size();
  full.need_count = decision.needs.size();
  full.liftable_count = decision.liftable.size();
  full.suggestion_count = decision.suggestions.size();
  full.fact_count = decision.facts.size();
  full.counted_count = decision.counted.size();
  full.not_counted_count = decision.not_counted.size();
  std::memcpy(full.snapshot_id, state.snapshot_id.data(), sizeof full.snapshot_id);
  if (&full != out) CopyOut(full, out);
}

[[gnu::noinline]] polc_status DecideSlowly(polc_request* request, const Slot* slot, polc_decision* out,
                                           polc_error* error) {
  const polc_status status = Guard(error, [&] {
    if (slot != nullptr) {
      polc::vm::QuickDecision quick;
      request->building->DecideBy(*slot, &*request->scratch, &quick);
      Give(request, quick, out);
      return POLC_OK;
    }
    polc::vm::QuickDecision quick;
    if (out->struct_size == sizeof *out && DecideAmended(request, &quick)) {
      Give(request, quick, out);
      return POLC_OK;
    }
    if (const polc_status finished = request->Finish(error); finished != POLC_OK) return finished;
    if (out->struct_size == sizeof *out && !request->state->amended &&
        request->state->engine->DecideSimply(*request->ready, &*request->scratch, &quick)) {
      Give(request, quick, out);
    } else {
      DecideReady(request, out);
    }
    return POLC_OK;
  });
  if (status != POLC_OK) Refuse(out);
  return status;
}

// `slot`: of the request's three entities, if there is one.
[[gnu::always_inline]] inline polc_status Decide(polc_request* request, const Slot* slot, polc_decision* out,
                                                 polc_error* error) {
  if (slot != nullptr && out->struct_size == sizeof *out) [[likely]] {
    if (request->set == polc_request::kComplete) {
      polc::vm::QuickDecision quick;
      if (request->building->DecideQuickly(*slot, &quick)) return Give(request, quick, out), POLC_OK;
      if (request->building->is_simple()) return DecideSlowly(request, slot, out, error);
    } else if (request->set == (polc_request::kComplete | polc_request::kPol)) {
      if (GiveSettled(request, *slot, out)) return POLC_OK;
    }
  }
  return DecideSlowly(request, nullptr, out, error);
}

}  // namespace

extern "C" {

polc_status polc_request_new(const polc_engine* engine, polc_request** out, polc_error* error) {
  if (engine == nullptr || out == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    *out = new polc_request(engine->state.Get());
    return POLC_OK;
  });
}

polc_status polc_request_reset(polc_request* request, const polc_engine* engine, polc_error* error) {
  if (request == nullptr || engine == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  // Most often the engine's state is the one the request has: no lock, no counting.
  if (engine->current.load(std::memory_order_acquire) == request->state->number) {
    request->Empty();
    return POLC_OK;
  }
  return Guard(error, [&] {
    request->Reset(engine->state.Get());
    return POLC_OK;
  });
}

void polc_request_free(polc_request* request) { delete request; }

polc_status polc_request_set(polc_request* request, polc_variable variable, polc_text type, polc_text id,
                             polc_error* error) {
  if (request == nullptr || !IsVariable(variable) || !Valid(type) || !Valid(id))
    return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    request->SetVariable(variable, request->Entity(View(type), View(id)));
    return POLC_OK;
  });
}

polc_status polc_request_set_entity(polc_request* request, polc_variable variable, polc_entity entity,
                                    polc_error* error) {
  if (request == nullptr || !IsVariable(variable)) return Fail(error, POLC_ERROR_ARGUMENT);
  if (!request->state->Has(entity)) return SetByName(request, variable, entity, error);
  request->SetVariable(variable, entity.number);
  return POLC_OK;
}

polc_status polc_request_set_entities(polc_request* request, const polc_entity entities[3],
                                      polc_error* error) {
  if (request == nullptr || entities == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  if (!HasAll(*request->state, entities)) return SetEachByName(request, entities, error);
  SetAll(request, entities);
  return POLC_OK;
}

polc_status polc_request_set_attribute(polc_request* request, polc_attribute attribute, polc_value value,
                                       polc_error* error) {
  if (request == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  if (!request->state->Has(attribute)) return Fail(error, POLC_ERROR_STALE_HANDLE);
  if (request->has_whole_context) return Fail(error, POLC_ERROR_ARGUMENT, kWholeContext);
  return Guard(error, [&] {
    SetAttribute(request, attribute, value);
    request->Change();
    return POLC_OK;
  });
}

polc_values* polc_request_values(polc_request* request) {
  return request == nullptr || request->closed ? nullptr : request;
}

polc_status polc_request_set_context(polc_request* request, polc_value context, polc_error* error) {
  if (const polc_status status = CheckOpen(request, error); status != POLC_OK) return status;
  const polc::entities::Value record = Unwrap(context);
  if (record.kind != Kind::kRecord) return Fail(error, POLC_ERROR_ARGUMENT, "the context is a record");
  if (request->has_attributes()) {
    return Fail(error, POLC_ERROR_ARGUMENT, "attributes of the context have been set one by one");
  }
  request->SetContext(record);
  return POLC_OK;
}

polc_status polc_request_add_entity(polc_request* request, polc_text type, polc_text id,
                                    const polc_value* attributes, const polc_value* tags,
                                    const polc_text* parent_types, const polc_text* parent_ids,
                                    size_t parent_count, polc_error* error) {
  if (const polc_status status = CheckOpen(request, error); status != POLC_OK) return status;
  if (request->state->bundle->opened.is_pol()) {
    return Fail(error, POLC_ERROR_ARGUMENT,
                "entities are the host's to say, with Pol rules: polc_request_add_host_entity");
  }
  return Guard(error, [&] {
    return polc::api::AddEntity(request, type, id, attributes, tags, parent_types, parent_ids, parent_count,
                                error);
  });
}

polc_status polc_decide(polc_request* request, polc_decision* out, polc_error* error) {
  if (out == nullptr || out->struct_size <= sizeof(size_t)) return Fail(error, POLC_ERROR_ARGUMENT);
  if (request == nullptr) return Refuse(out), Fail(error, POLC_ERROR_ARGUMENT);
  return Decide(request, request->building->FindSlot(), out, error);
}

polc_status polc_decide_handles(polc_request* request, const polc_entity entities[3],
                                const polc_attribute* attributes, const polc_value* values, size_t count,
                                polc_decision* out, polc_error* error) {
  if (out == nullptr || out->struct_size <= sizeof(size_t)) return Fail(error, POLC_ERROR_ARGUMENT);
  if (request == nullptr || entities == nullptr ||
      (count > 0 && (attributes == nullptr || values == nullptr))) {
    return Refuse(out), Fail(error, POLC_ERROR_ARGUMENT);
  }
  if (!SetHandlesAgain(request, entities, attributes, values, count)) {
    const polc_status status = SetHandles(request, entities, attributes, values, count, error);
    if (status != POLC_OK) return Refuse(out), status;
  }
  // From where the caller has them: what has just been written is slow to read.
  const EntityId ids[] = {entities[0].number, entities[1].number, entities[2].number};
  const uint64_t key =
      polc::vm::Memo::KeyOf(entities[0].reserved, entities[1].reserved, entities[2].reserved);
  return Decide(request, request->building->FindSlot(ids, key), out, error);
}

polc_status polc_decide_outcome(polc_request* request, polc_outcome* out, polc_error* error) {
  if (out == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  *out = POLC_DENY;
  if (request == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  auto give = [&](auto outcome) {
    *out = static_cast<polc_outcome>(outcome);
    request->closed = true;
    request->decided = false;
    return POLC_OK;
  };
  polc::vm::QuickDecision quick;
  if (const Slot* const slot = request->building->FindSlot()) {
    if (request->set == polc_request::kComplete) {
      if (request->building->DecideQuickly(*slot, &quick)) return give(quick.outcome);
    } else if (request->set == (polc_request::kComplete | polc_request::kPol)) {
      const auto* known = request->building->FindSettled(*slot, &*request->scratch);
      if (known != nullptr) return give(known->outcome);
    }
  }
  return Guard(error, [&] {
    if (DecideAmended(request, &quick)) return give(quick.outcome);
    if (const polc_status status = request->Finish(error); status != POLC_OK) return status;
    request->decided = false;
    const EngineState& state = *request->state;
    const polc::vm::Outcome outcome =
        state.amended
            ? polc::vm::Decide(*state.amended, *request->ready, &*request->scratch, request->amending.get())
                  .outcome
            : state.engine->DecideOutcome(*request->ready, &*request->scratch);
    *out = static_cast<polc_outcome>(outcome);
    return POLC_OK;
  });
}

polc_status polc_decide_each(polc_request* request, polc_variable variable, const polc_entity* entities,
                             size_t count,
                             int (*each)(size_t index, const polc_decision* decision, void* user), void* user,
                             polc_error* error) {
  if (request == nullptr || !IsVariable(variable) || each == nullptr || (entities == nullptr && count > 0)) {
    return Fail(error, POLC_ERROR_ARGUMENT);
  }
  return Guard(error, [&] {
    const polc::vm::Batch batch(&*request->scratch, static_cast<polc::bundle::Variable>(variable));
    for (size_t i = 0; i < count; ++i) {
      polc_decision decision{};
      decision.struct_size = sizeof decision;
      polc_status status = polc_request_set_entity(request, variable, entities[i], error);
      if (status == POLC_OK) status = polc_decide(request, &decision, error);
      if (status != POLC_OK) return status;
      if (each(i, &decision, user) != 0) break;
    }
    return POLC_OK;
  });
}

polc_status polc_request_rule(const polc_request* request, uint32_t index, polc_rule* out,
                              polc_error* error) {
  if (request == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return polc::api::DescribeRule(*request->state->bundle, index, out, error);
}

polc_status polc_request_control(const polc_request* request, size_t index, polc_control* out,
                                 polc_error* error) {
  if (request == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return polc::api::DescribeControl(*request->state->bundle, index, out, error);
}

size_t polc_error_text(const polc_request* request, size_t index, char* buffer, size_t size) {
  if (!IsDecided(request) || index >= request->erred.size()) return 0;
  std::string text;
  const polc_status status = Guard(nullptr, [&] {
    const polc::vm::Engine& engine = *request->state->engine;
    const polc::vm::Amended* const amended = request->state->amended.get();
    if (amended != nullptr && index < request->decision.errors.size() &&
        request->decision.errors[index].rule >= amended->first_added()) {
      polc::vm::AppendMessage(amended->added(), request->amending->request(), *request->amending->scratch(),
                              request->decision.errors[index].error, &text);
    } else if (index < request->decision.errors.size()) {
      polc::vm::AppendMessage(engine, *request->ready, *request->scratch,
                              request->decision.errors[index].error, &text);
    } else {
      polc::vm::AppendMisfit(engine, *request->ready, *request->decision.misfit, &text);
    }
    return POLC_OK;
  });
  return status == POLC_OK ? polc::api::CopyText(text, buffer, size) : 0;
}

size_t polc_error_name(const polc_request* request, size_t index, char* buffer, size_t size) {
  if (!IsDecided(request) || index >= request->decision.errors.size()) return 0;
  const polc::vm::RuleError& e = request->decision.errors[index];
  const polc::bundle::Bundle& b = request->state->bundle->opened;
  if (e.what == polc::vm::Erring::kRule) return polc_rule_name(request, {e.rule, e.hop}, buffer, size);
  if (e.what == polc::vm::Erring::kInput)
    return polc::api::CopyText(b.String(b.inputs()[e.rule].id), buffer, size);
  return polc::api::NameFor(request, b.String(b.clauses()[e.rule].id), e.hop, buffer, size);
}

size_t polc_shadow_name(const polc_request* request, size_t index, char* buffer, size_t size) {
  if (!IsDecided(request)) return 0;
  const polc::vm::Decision& d = request->decision;
  if (index < d.shadow.size()) {
    const uint32_t hop = d.shadow_hops.empty() ? 0 : d.shadow_hops[index];
    return polc_rule_name(request, {d.shadow[index], hop}, buffer, size);
  }
  index -= d.shadow.size();
  if (index >= d.shadow_caps.size()) return 0;
  const polc::bundle::Bundle& b = request->state->bundle->opened;
  return polc::api::NameFor(request, b.String(b.clauses()[d.shadow_caps[index].rule].id),
                            d.shadow_caps[index].hop, buffer, size);
}

}  // extern "C"
