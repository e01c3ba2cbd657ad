// Engines: a bundle and a store's present snapshot, swapped while readers go on.

#include <atomic>

#include "runtime/api/handles.h"

using polc::api::EngineState;
using polc::api::Fail;
using polc::api::Guard;
using polc::api::Valid;
using polc::api::View;

namespace {

using polc::vm::Amended;
using polc::vm::Engine;

// `amended`: iff the bundle is updated, over the same engine.
std::shared_ptr<const EngineState> MakeState(std::shared_ptr<polc::api::BundleFile> bundle,
                                             std::shared_ptr<const Engine> engine,
                                             std::shared_ptr<const Amended> amended) {
  static std::atomic<uint64_t> next_number{1};
  auto state = std::make_shared<EngineState>();
  state->engine = std::move(engine);
  state->amended = std::move(amended);
  state->stored_count = state->engine->snapshot().entity_count();
  state->own_begin = state->engine->own_begin();
  state->own_count = state->engine->entity_count() - state->own_begin;
  state->string_count = static_cast<uint32_t>(bundle->opened.string_ends().size());
  if (state->amended)
    state->string_count += static_cast<uint32_t>(state->amended->added().bundle()->string_ends().size());
  state->snapshot_id = bundle->snapshot_id();
  state->snapshot_hex = polc::api::HexOf(state->snapshot_id.data());
  state->bundle = std::move(bundle);
  state->number = next_number.fetch_add(1, std::memory_order_relaxed);
  return state;
}

// The base is linked anew unless `before`, which may be null, has an engine of it: then that follows.
std::shared_ptr<const EngineState> Link(const std::shared_ptr<polc::api::BundleFile>& bundle,
                                        const polc::entities::Store& store, const EngineState* before) {
  const auto snapshot = store.Current();
  std::shared_ptr<const Engine> base;
  if (before == nullptr || before->bundle->opened.file().data() != bundle->opened.file().data()) {
    base = Engine::Make(*bundle->verified, snapshot, bundle->owner);
  } else if (before->engine->shared_snapshot() == snapshot) {
    base = before->engine;
  } else {
    base = Engine::After(*before->engine, snapshot);
  }
  std::shared_ptr<const Amended> amended;
  if (bundle->update) amended = Amended::Make(base, bundle->update->verified, bundle->update->owner);
  return MakeState(bundle, std::move(base), std::move(amended));
}

// From now on requests begin with `state`.
void Publish(polc_engine* engine, std::shared_ptr<const EngineState> state) {
  const uint64_t number = state->number;
  engine->state.Set(std::move(state));
  engine->current.store(number, std::memory_order_release);
}

}  // namespace

extern "C" {

polc_status polc_engine_new(polc_bundle* bundle, polc_store* store, polc_engine** out, polc_error* error) {
  if (bundle == nullptr || store == nullptr || out == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  if (!bundle->file->verified) return Fail(error, POLC_ERROR_UNVERIFIED);
  return Guard(error, [&] {
    auto engine = std::make_unique<polc_engine>();
    engine->store = store->store;
    Publish(engine.get(), Link(bundle->file, *engine->store, nullptr));
    *out = engine.release();
    return POLC_OK;
  });
}

void polc_engine_free(polc_engine* engine) { delete engine; }

polc_status polc_engine_swap_bundle(polc_engine* engine, polc_bundle* bundle, polc_error* error) {
  if (engine == nullptr || bundle == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  if (!bundle->file->verified) return Fail(error, POLC_ERROR_UNVERIFIED);
  return Guard(error, [&] {
    const std::lock_guard<std::mutex> lock(engine->swapping);
    const std::shared_ptr<const EngineState> before = engine->state.Get();
    Publish(engine, Link(bundle->file, *engine->store, before.get()));
    return POLC_OK;
  });
}

polc_status polc_engine_refresh(polc_engine* engine, polc_error* error) {
  if (engine == nullptr) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    const std::lock_guard<std::mutex> lock(engine->swapping);
    const std::shared_ptr<const EngineState> before = engine->state.Get();
    std::shared_ptr<const Engine> after = Engine::After(*before->engine, engine->store->Current());
    std::shared_ptr<const Amended> amended;
    if (before->amended) amended = Amended::After(*before->amended, after);
    Publish(engine, MakeState(before->bundle, std::move(after), std::move(amended)));
    return POLC_OK;
  });
}

polc_status polc_engine_entity(const polc_engine* engine, polc_text type, polc_text id, polc_entity* out,
                               polc_error* error) {
  if (engine == nullptr || out == nullptr || !Valid(type) || !Valid(id))
    return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    const std::shared_ptr<const EngineState> state = engine->state.Get();
    std::optional<polc::entities::EntityId> number = state->engine->FindEntity(View(type), View(id));
    if (!number && state->amended) {
      const Engine& added = state->amended->added();
      number = added.FindEntity(View(type), View(id));
      if (number) *number = *number - added.own_begin() + state->own_begin + state->own_count;
    }
    if (!number)
      return Fail(error, POLC_ERROR_NOT_FOUND, "neither the store nor a policy mentions this entity");
    *out = {state->number, *number, state->ClassOf(*number)};
    return POLC_OK;
  });
}

polc_status polc_engine_attribute(const polc_engine* engine, polc_text name, polc_attribute* out,
                                  polc_error* error) {
  if (engine == nullptr || out == nullptr || !Valid(name)) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    const std::shared_ptr<const EngineState> state = engine->state.Get();
    std::optional<uint32_t> string = polc::bundle::FindString(state->bundle->opened, View(name));
    if (!string && state->amended) {
      string = polc::bundle::FindString(state->amended->added().bundle().bundle(), View(name));
      if (string) *string += static_cast<uint32_t>(state->bundle->opened.string_ends().size());
    }
    if (!string) return Fail(error, POLC_ERROR_NOT_FOUND, "no policy mentions an attribute of this name");
    *out = {state->number, *string, 0};
    return POLC_OK;
  });
}

}  // extern "C"
