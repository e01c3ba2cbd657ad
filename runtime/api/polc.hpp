// polc for C++: the C interface (polc.h) as types that clean up after themselves. Header only, C++17.
//
//   polc::Bundle bundle;
//   if (polc::Error e = polc::Bundle::Open("policies.polb", &bundle)) return Report(e.message());
//
// Functions that can fail return an Error, which converts to true if there is one; nothing throws, apart from
// std::bad_alloc where a std::string or std::vector is returned. Ownership, threads and versions are as
// polc.h says. A moved-from object holds nothing and may only be assigned to or destroyed.
#ifndef POLC_HPP
#define POLC_HPP

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "polc.h"

namespace polc {

class [[nodiscard]] Error {
 public:
  Error() { error_.struct_size = sizeof error_; }
  explicit operator bool() const { return error_.status != POLC_OK; }
  polc_status status() const { return error_.status; }
  std::string_view message() const { return error_.message; }
  uint64_t at() const { return error_.at; }

  // For calls of polc.h: `return Error::Of([&](polc_error* e) { return polc_…(…, e); });`
  template <typename Call>
  static Error Of(Call call) {
    Error error;
    if (call(&error.error_) == POLC_OK) error.error_.status = POLC_OK;
    return error;
  }

 private:
  polc_error error_{};
};

namespace detail {
inline polc_text Text(std::string_view s) { return {s.data(), s.size()}; }
inline std::string_view View(polc_text t) { return {t.data, t.size}; }

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
template <typename T, auto Free>
using Handle = std::unique_ptr<T, Freer<Free>>;
}  // namespace detail

struct Entity {
  std::string_view type, id;
};

// A value of one request or edit.
using Value = polc_value;
struct Field {
  std::string_view name;
  Value value;
};

// Makes values; comes from Request::values() or Edit::values().
class Values {
 public:
  explicit Values(polc_values* in) : in_(in) {}
  static Value Bool(bool b) { return polc_value_bool(b); }
  static Value Long(int64_t n) { return polc_value_long(n); }
  static Value Decimal(int64_t ten_thousandths) { return polc_value_decimal(ten_thousandths); }
  static Value Datetime(int64_t ms) { return polc_value_datetime(ms); }
  static Value Duration(int64_t ms) { return polc_value_duration(ms); }
  Error String(std::string_view text, Value* out) {
    return Error::Of([&](polc_error* e) { return polc_value_string(in_, detail::Text(text), out, e); });
  }
  Error Ref(Entity entity, Value* out) {
    return Error::Of([&](polc_error* e) {
      return polc_value_entity(in_, detail::Text(entity.type), detail::Text(entity.id), out, e);
    });
  }
  // kind: "decimal", "ip", "datetime" or "duration".
  Error Parse(const char* kind, std::string_view text, Value* out) {
    return Error::Of([&](polc_error* e) { return polc_value_parse(in_, kind, detail::Text(text), out, e); });
  }
  Error Set(const std::vector<Value>& elements, Value* out) {
    return Error::Of(
        [&](polc_error* e) { return polc_value_set(in_, elements.data(), elements.size(), out, e); });
  }
  Error Record(const std::vector<Field>& fields, Value* out) {
    std::vector<polc_text> names;
    std::vector<Value> values;
    for (const Field& field : fields) {
      names.push_back(detail::Text(field.name));
      values.push_back(field.value);
    }
    return Error::Of([&](polc_error* e) {
      return polc_value_record(in_, names.data(), values.data(), fields.size(), out, e);
    });
  }

 private:
  polc_values* in_;
};

class Bundle {
 public:
  // Opens and verifies.
  static Error Open(const char* path, Bundle* out) {
    return Finish(out, [&](polc_bundle** b, polc_error* e) { return polc_bundle_open(path, b, e); });
  }
  static Error OpenMemory(const void* bytes, size_t size, Bundle* out) {
    return Finish(out,
                  [&](polc_bundle** b, polc_error* e) { return polc_bundle_open_memory(bytes, size, b, e); });
  }
  // What an update makes of a bundle that is opened already.
  static Error Update(const Bundle& base, const char* path, Bundle* out) {
    return Finish(out,
                  [&](polc_bundle** b, polc_error* e) { return polc_bundle_update(base.get(), path, b, e); });
  }
  std::array<uint8_t, 32> snapshot_id() const {
    std::array<uint8_t, 32> id{};
    polc_bundle_snapshot_id(handle_.get(), id.data(), nullptr);
    return id;
  }
  uint32_t rule_count() const { return polc_bundle_rule_count(handle_.get()); }
  polc_bundle* get() const { return handle_.get(); }

 private:
  template <typename Open>
  static Error Finish(Bundle* out, Open open) {
    return Error::Of([&](polc_error* e) {
      polc_bundle* opened = nullptr;
      if (const polc_status status = open(&opened, e); status != POLC_OK) return status;
      out->handle_.reset(opened);
      return polc_bundle_verify(opened, e);
    });
  }
  detail::Handle<polc_bundle, polc_bundle_free> handle_;
};

class Store {
 public:
  static Error New(Store* out) {
    return Take(out, [](polc_store** s, polc_error* e) { return polc_store_new(s, e); });
  }
  static Error Open(const char* path, Store* out) {
    return Take(out, [&](polc_store** s, polc_error* e) { return polc_store_open(path, s, e); });
  }
  uint32_t size() const { return polc_store_size(handle_.get()); }
  polc_store* get() const { return handle_.get(); }

 private:
  template <typename Make>
  static Error Take(Store* out, Make make) {
    return Error::Of([&](polc_error* e) {
      polc_store* made = nullptr;
      const polc_status status = make(&made, e);
      if (status == POLC_OK) out->handle_.reset(made);
      return status;
    });
  }
  detail::Handle<polc_store, polc_store_free> handle_;
};

class Edit {
 public:
  static Error New(const Store& store, Edit* out) {
    return Error::Of([&](polc_error* e) {
      polc_edit* made = nullptr;
      const polc_status status = polc_edit_new(store.get(), &made, e);
      if (status == POLC_OK) out->handle_.reset(made);
      return status;
    });
  }
  Values values() { return Values(polc_edit_values(handle_.get())); }
  Error Upsert(Entity entity, const std::vector<Entity>& parents, const Value* attributes = nullptr,
               const Value* tags = nullptr) {
    std::vector<polc_text> types, ids;
    for (const Entity& parent : parents) {
      types.push_back(detail::Text(parent.type));
      ids.push_back(detail::Text(parent.id));
    }
    return Error::Of([&](polc_error* e) {
      return polc_edit_upsert(handle_.get(), detail::Text(entity.type), detail::Text(entity.id), attributes,
                              tags, types.data(), ids.data(), parents.size(), e);
    });
  }
  Error Remove(Entity entity) {
    return Error::Of([&](polc_error* e) {
      return polc_edit_remove(handle_.get(), detail::Text(entity.type), detail::Text(entity.id), e);
    });
  }
  Error Commit() {
    return Error::Of([&](polc_error* e) { return polc_edit_commit(handle_.get(), e); });
  }

 private:
  detail::Handle<polc_edit, polc_edit_free> handle_;
};

class Engine {
 public:
  static Error New(const Bundle& bundle, const Store& store, Engine* out) {
    return Error::Of([&](polc_error* e) {
      polc_engine* made = nullptr;
      const polc_status status = polc_engine_new(bundle.get(), store.get(), &made, e);
      if (status == POLC_OK) out->handle_.reset(made);
      return status;
    });
  }
  Error SwapBundle(const Bundle& bundle) {
    return Error::Of([&](polc_error* e) { return polc_engine_swap_bundle(handle_.get(), bundle.get(), e); });
  }
  Error Refresh() {
    return Error::Of([&](polc_error* e) { return polc_engine_refresh(handle_.get(), e); });
  }
  polc_engine* get() const { return handle_.get(); }

 private:
  detail::Handle<polc_engine, polc_engine_free> handle_;
};

// The answer. Views into the request it was made from, until that is used again.
struct Decision {
  polc_decision raw{};
  polc_outcome outcome() const { return raw.outcome; }
  bool allowed() const { return raw.outcome == POLC_ALLOW || raw.outcome == POLC_ALLOW_WITH_LIMITS; }
  std::string_view why() const { return polc_why_name(raw.why); }
};

class Request {
 public:
  static Error New(const Engine& engine, Request* out) {
    return Error::Of([&](polc_error* e) {
      polc_request* made = nullptr;
      const polc_status status = polc_request_new(engine.get(), &made, e);
      if (status == POLC_OK) out->handle_.reset(made);
      return status;
    });
  }
  Error Reset(const Engine& engine) {
    return Error::Of([&](polc_error* e) { return polc_request_reset(handle_.get(), engine.get(), e); });
  }
  Error Set(polc_variable variable, Entity entity) {
    return Error::Of([&](polc_error* e) {
      return polc_request_set(handle_.get(), variable, detail::Text(entity.type), detail::Text(entity.id), e);
    });
  }
  Values values() { return Values(polc_request_values(handle_.get())); }
  Error SetContext(const Value& record) {
    return Error::Of([&](polc_error* e) { return polc_request_set_context(handle_.get(), record, e); });
  }

  // What the gateway vouches for (polc.h): `now`, and context attributes that the policies declare `from host`.
  Error SetHost(std::string_view name, const Value& value) {
    return Error::Of([&](polc_error* e) { return polc_request_set_host(handle_.get(), detail::Text(name), value, e); });
  }
  Error AddHostEntity(Entity entity, const std::vector<Entity>& parents, const Value* attributes = nullptr,
                      const Value* tags = nullptr) {
    std::vector<polc_text> types, ids;
    for (const Entity& parent : parents) {
      types.push_back(detail::Text(parent.type));
      ids.push_back(detail::Text(parent.id));
    }
    return Error::Of([&](polc_error* e) {
      return polc_request_add_host_entity(handle_.get(), detail::Text(entity.type), detail::Text(entity.id), attributes,
                                          tags, types.data(), ids.data(), parents.size(), e);
    });
  }
  // The structs of polc.h; their struct_size is filled in here.
  Error AddState(polc_state state) { return Add(polc_request_add_state, state); }
  Error AddApproval(polc_approval approval) { return Add(polc_request_add_approval, approval); }
  Error AddRefusal(polc_refusal refusal) { return Add(polc_request_add_refusal, refusal); }
  Error AddEvidence(std::string_view kind, const Value& value, const std::array<uint8_t, 32>& action_digest) {
    return Error::Of([&](polc_error* e) {
      return polc_request_add_evidence(handle_.get(), detail::Text(kind), value, action_digest.data(), e);
    });
  }
  // Without `scope` all classes.
  Error AddActsFor(Entity principal, const std::vector<std::string_view>* scope = nullptr) {
    static const polc_text kNoClass{"", 0};  // an empty scope is one, too
    std::vector<polc_text> classes;
    if (scope != nullptr) {
      for (std::string_view name : *scope) classes.push_back(detail::Text(name));
    }
    return Error::Of([&](polc_error* e) {
      return polc_request_add_acts_for(handle_.get(), detail::Text(principal.type), detail::Text(principal.id),
                                       scope == nullptr    ? nullptr
                                       : classes.empty() ? &kNoClass
                                                         : classes.data(),
                                       classes.size(), e);
    });
  }
  Error SetEnforces(const std::vector<std::string_view>& kinds) {
    std::vector<polc_text> texts;
    for (std::string_view kind : kinds) texts.push_back(detail::Text(kind));
    return Error::Of(
        [&](polc_error* e) { return polc_request_set_enforces(handle_.get(), texts.data(), texts.size(), e); });
  }

  // By handles, of the engine's present state.
  Error Set(polc_variable variable, polc_entity entity) {
    return Error::Of(
        [&](polc_error* e) { return polc_request_set_entity(handle_.get(), variable, entity, e); });
  }
  Error Set(polc_entity principal, polc_entity action, polc_entity resource) {
    const polc_entity entities[] = {principal, action, resource};
    return Error::Of([&](polc_error* e) { return polc_request_set_entities(handle_.get(), entities, e); });
  }
  Error SetAttribute(polc_attribute attribute, const Value& value) {
    return Error::Of(
        [&](polc_error* e) { return polc_request_set_attribute(handle_.get(), attribute, value, e); });
  }
  // On an error the outcome is a deny.
  Error DecideOutcome(polc_outcome* out) {
    return Error::Of([&](polc_error* e) { return polc_decide_outcome(handle_.get(), out, e); });
  }
  // On an error the decision is a deny.
  Error Decide(Decision* out) {
    out->raw.struct_size = sizeof out->raw;
    return Error::Of([&](polc_error* e) { return polc_decide(handle_.get(), &out->raw, e); });
  }
  // The three, these attributes and no others, and the decision: polc_decide_handles.
  Error Decide(const std::array<polc_entity, 3>& entities, const std::vector<polc_attribute>& attributes,
               const std::vector<Value>& values, Decision* out) {
    out->raw.struct_size = sizeof out->raw;
    return Error::Of([&](polc_error* e) {
      const size_t count = attributes.size();  // of as many values, else they are none
      return polc_decide_handles(handle_.get(), entities.data(), attributes.data(),
                                 values.size() == count ? values.data() : nullptr, std::max(count, values.size()),
                                 &out->raw, e);
    });
  }
  // The id of a rule that a decision of this request names.
  std::string RuleId(uint32_t rule) const {
    polc_rule info{};
    info.struct_size = sizeof info;
    if (polc_request_rule(handle_.get(), rule, &info, nullptr) != POLC_OK) return {};
    return std::string(detail::View(info.id));
  }

  // The terms of the last decision, by index; the counts are in Decision::raw.
  Error Limit(size_t index, polc_limit* out) const { return Get(polc_request_limit, index, out); }
  Error Need(size_t index, polc_need* out) const { return Get(polc_request_need, index, out); }
  Error Liftable(size_t index, polc_liftable* out) const { return Get(polc_request_liftable, index, out); }
  Error Suggestion(size_t index, polc_suggestion* out) const { return Get(polc_request_suggestion, index, out); }
  Error Fact(size_t index, polc_fact* out) const { return Get(polc_request_fact, index, out); }
  Error Counted(size_t index, polc_counted* out) const { return Get(polc_request_counted, index, out); }
  Error NotCounted(size_t index, polc_counted* out) const { return Get(polc_request_not_counted, index, out); }
  Error StateRead(size_t index, polc_state* out) const { return Get(polc_request_state_read, index, out); }
  Error StateUpdate(size_t index, polc_state_update* out) const { return Get(polc_request_state_update, index, out); }
  Error Quorum(uint32_t approval, uint32_t hop, size_t alternative, polc_quorum* out) const {
    *out = {};
    out->struct_size = sizeof *out;
    return Error::Of(
        [&](polc_error* e) { return polc_request_quorum(handle_.get(), approval, hop, alternative, out, e); });
  }
  Error QuorumPart(uint32_t approval, uint32_t hop, size_t alternative, size_t part, polc_quorum_part* out) const {
    *out = {};
    out->struct_size = sizeof *out;
    return Error::Of([&](polc_error* e) {
      return polc_request_quorum_part(handle_.get(), approval, hop, alternative, part, out, e);
    });
  }
  // What is in a value of the decision.
  Error Content(const Value& value, polc_value_content* out) const {
    *out = {};
    out->struct_size = sizeof *out;
    return Error::Of([&](polc_error* e) { return polc_request_value(handle_.get(), value, out, e); });
  }
  Error Element(const Value& value, size_t index, std::string_view* name, Value* out) const {
    polc_text text{nullptr, 0};
    Error error = Error::Of(
        [&](polc_error* e) { return polc_request_value_element(handle_.get(), value, index, &text, out, e); });
    if (!error && name != nullptr) *name = detail::View(text);
    return error;
  }
  // What an approval of it has to name.
  Error Digests(std::array<uint8_t, 32>* action, std::array<uint8_t, 32>* terms) const {
    return Error::Of(
        [&](polc_error* e) { return polc_request_digests(handle_.get(), action->data(), terms->data(), e); });
  }
  std::string ActionText() const {
    std::string text(polc_action_text(handle_.get(), nullptr, 0), '\0');
    polc_action_text(handle_.get(), text.data(), text.size() + 1);
    return text;
  }
  // The trace (polc.h): `each(const polc_rule_trace&)`, for facts `each(const polc_fact_trace&)`; it must not throw.
  template <typename Each>
  Error Trace(Each each) {
    return Walk<polc_rule_trace>(polc_trace, each);
  }
  template <typename Each>
  Error NearMisses(Each each) {
    return Walk<polc_rule_trace>(polc_near_misses, each);
  }
  template <typename Each>
  Error TraceFacts(Each each) {
    return Walk<polc_fact_trace>(polc_trace_facts, each);
  }
  polc_request* get() const { return handle_.get(); }

 private:
  template <typename Struct, typename Each>
  Error Walk(polc_status (*walk)(polc_request*, int (*)(const Struct*, void*), void*, polc_error*), Each& each) {
    const auto call = [](const Struct* item, void* user) {
      (*static_cast<Each*>(user))(*item);
      return 0;
    };
    return Error::Of([&](polc_error* e) { return walk(handle_.get(), call, &each, e); });
  }
  template <typename Struct>
  Error Add(polc_status (*add)(polc_request*, const Struct*, polc_error*), Struct& item) {
    item.struct_size = sizeof item;
    return Error::Of([&](polc_error* e) { return add(handle_.get(), &item, e); });
  }
  template <typename Struct>
  Error Get(polc_status (*get)(const polc_request*, size_t, Struct*, polc_error*), size_t index, Struct* out) const {
    *out = {};
    out->struct_size = sizeof *out;
    return Error::Of([&](polc_error* e) { return get(handle_.get(), index, out, e); });
  }

  detail::Handle<polc_request, polc_request_free> handle_;
};

}  // namespace polc

#endif  // POLC_HPP
