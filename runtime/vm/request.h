// A request: who wants to do what to which, in what context.
//
// Made with a RequestBuilder for one engine. What Finish gives is immutable and usable from any thread; what
// Ready gives stays with the builder, which can go on and be used again without allocating anew. Entities the
// engine has no number for get numbers of the request's own. A request may bring entities; they stand in
// front of the snapshot's of the same name for this request alone, and `in` then follows the union of
// both hierarchies exactly, at the price of a walk.
// Tested by vm_test.cc and quick_test.cc.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/entities/value_builder.h"
#include "runtime/vm/decision.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/host.h"
#include "runtime/vm/settled.h"

namespace polc::vm {

class Request {
 public:
  EntityId principal() const { return ids_[0]; }
  EntityId action() const { return ids_[1]; }
  EntityId resource() const { return ids_[2]; }
  // Of these three.
  EntityId entity(bundle::Variable variable) const { return ids_[static_cast<size_t>(variable)]; }
  // What rules see: of a bundle with Pol the agent's part and the host's, completed (fit.h).
  const Value& context() const { return context_; }
  const HostInputs& host() const { return host_; }
  // Of a bundle with Pol: the row of the action, or bundle::kNone; how the request does not fit the model,
  // and whether somebody in it is known to nobody.
  uint32_t action_row() const { return action_row_; }
  const Misfit& misfit() const { return misfit_; }
  const Misfit& unknown_entity() const { return unknown_entity_; }
  // The value of an input, or null if the host did not supply one. `key` null: it has none. Only the first
  // state value of an input that has no key counts.
  const StateValue* FindState(uint32_t input, const Value* key, const Memory& memory,
                              entities::Work* work) const;
  bool brings_entities() const { return !entities_.empty(); }
  // The base of Region::kRequest.
  const void* base() const { return base_ != nullptr ? base_ : values_.data(); }
  // The same of somebody else, whom the principal acts for; with values and entities of the same numbers.
  Request WithPrincipal(EntityId id) const {
    Request other = *this;
    other.ids_[0] = id;
    return other;
  }

 private:
  friend class RequestBuilder;
  friend class Engine;
  friend class PolDecider;
  friend class World;
  struct Unknown {  // an entity the engine has no number for
    TypeId type;    // or one above all types, for a type the engine does not know
    Value type_name;
    Value id;
  };
  struct Brought {
    EntityId id;
    Value attributes;
    Value tags;
    std::vector<EntityId> parents;
  };
  const Brought* FindBrought(EntityId id) const;

  EntityId ids_[3] = {entities::kNoId, entities::kNoId, entities::kNoId};  // by bundle::Variable
  Value context_ = entities::EmptyRecord();
  std::vector<uint64_t> values_;  // Region::kRequest, unless they lie with the builder
  const void* base_ = nullptr;
  std::vector<Unknown> unknown_;
  std::vector<Brought> entities_;  // ascending
  HostInputs host_;
  uint32_t action_row_ = bundle::kNone;
  Misfit misfit_;
  Misfit unknown_entity_;
};

class World;

class RequestBuilder {
 public:
  explicit RequestBuilder(const Engine& engine);

  // The number of an entity for this request.
  EntityId Entity(std::string_view type, std::string_view id) {
    const std::optional<EntityId> known = engine_.FindEntity(type, id);
    return known ? *known : UnknownEntity(type, id);
  }
  // For context, attribute and tag values, which must come from here.
  entities::ValueBuilder& values() { return values_; }

  void SetPrincipal(EntityId id) { Set(bundle::Variable::kPrincipal, id); }
  void SetAction(EntityId id) { Set(bundle::Variable::kAction, id); }
  void SetResource(EntityId id) { Set(bundle::Variable::kResource, id); }
  // Of these three.
  void Set(bundle::Variable variable, EntityId id) { request_.ids_[static_cast<size_t>(variable)] = id; }
  // Of a bundle with Pol, the agent's part.
  void SetContext(const Value& record) {
    request_.context_ = context_ = record;
    has_context_ = true;
  }
  // One attribute of a context that is given attribute by attribute, by the bundle's string that is its name;
  // it takes the place of an earlier one. Not together with SetContext, and for Ready only.
  void SetAttribute(uint32_t name, Value value) {
    // Most often it is the one that was set at this point last time, by this request or the one before.
    size_t at = next_attribute_;
    if (at == attribute_names_.size()) at = 0;
    if (at == attribute_names_.size() || attribute_names_[at] != name) return AddAttribute(name, value);
    attributes_[2 * at + 1] = value;
    next_attribute_ = at + 1;
    attribute_count_ = std::max(attribute_count_, at + 1);
  }
  // As if none had been set; cheap to set again.
  void ClearAttributes() {
    attribute_count_ = next_attribute_ = 0;
    request_.context_ = context_;
  }
  // These `count` and no others, `name(i)` with `value(i)`, if they are the ones that ExpectAttributes was
  // told of, as they are most often. False if not: then ClearAttributes has to follow.
  template <typename Name, typename ValueOf>
  bool SetAttributesAgain(size_t count, Name name, ValueOf value) {
    if (count != expected_.size() || count > attribute_names_.size()) return false;
    for (size_t i = 0; i < count; ++i) {
      const size_t at = expected_[i];
      if (attribute_names_[at] != name(i)) return false;
      attributes_[2 * at + 1] = value(i);
    }
    attribute_count_ = next_attribute_ = count;
    request_.context_ = context_;
    return true;
  }
  // That attributes will come again as they have been set since ClearAttributes, in this order.
  template <typename Name>
  void ExpectAttributes(size_t count, Name name) {
    expected_.clear();
    if (count != attribute_count_) return;  // one of them came twice
    const auto begin = attribute_names_.begin(), end = begin + static_cast<ptrdiff_t>(count);
    for (size_t i = 0; i < count; ++i)
      expected_.push_back(static_cast<uint32_t>(std::lower_bound(begin, end, name(i)) - begin));
  }
  const EntityId* ids() const { return request_.ids_; }
  bool has_attributes() const { return attribute_count_ > 0; }
  // What the gateway vouches for. Its values must come from here, in any order; Finish and Ready sort.
  HostInputs& host() {
    has_host_ = true;
    return request_.host_;
  }
  // The request does not fit the model, for a reason that only its reader can see. The first one counts.
  void Reject(const Misfit& misfit) {
    if (rejected_.fits()) rejected_ = misfit;
  }
  // Whether it has to fit the model. Without that, what does not fit errs where it is read.
  void SetValidation(bool on) { validates_ = on; }
  // An entity that comes with the request. Adding one twice replaces it.
  void AddEntity(EntityId id, const Value& attributes, const Value& tags, std::vector<EntityId> parents);

  // The request; the builder is spent. Of a bundle with Pol the context set was the agent's part. Principal,
  // action and resource must have been set. Nothing if the entities it brings close a cycle, with one of its
  // members in `*in_cycle`.
  std::optional<Request> Finish(EntityId* in_cycle);
  // The same, but it lies in the builder: good until the builder is changed, reset or gone. Null instead of
  // nothing.
  const Request* Ready(EntityId* in_cycle);
  // Empties the request; keeps its memory.
  void Reset();
  // Makes it the same request as one of another engine over the same snapshot, with what is the host's left
  // out: for bundles without Pol. Costs what the request holds. False, and it is of no use, if its context is
  // nested too deep.
  bool MakeSame(const Engine& other, const Request& request);

  // What is known of the three entities that were set, by their classes; null if nothing is, or one of them
  // is none of the engine's.
  const Memo::Slot* FindSlot() const {
    return engine_.dispatch_ == nullptr ? nullptr
                                        : engine_.dispatch_->memo.Find(engine_.KeyOf(request_.ids_));
  }
  // The same for a caller that has the three at hand and remembers Engine::KeyOf of them: the slot is then
  // found before it is known that the caller is right. Null with another key.
  const Memo::Slot* FindSlot(const EntityId ids[3], uint64_t key) const {
    if (engine_.dispatch_ == nullptr) return nullptr;
    const Memo::Slot* const slot = engine_.dispatch_->memo.Find(key);
    return slot == nullptr || engine_.KeyOf(ids) != key ? nullptr : slot;
  }
  // The decision about the request as it stands, in the most usual case: one that needs no more than its slot
  // and one attribute that was set. Not to be asked where SetContext or AddEntity was called with more than
  // an empty record, or of a bundle with Pol. False where it takes more: then DecideBy is asked if the bundle
  // is simple, or else Engine::Decide.
  bool DecideQuickly(const Memo::Slot& slot, QuickDecision* out) const;
  bool is_simple() const { return engine_.is_simple_; }
  void DecideBy(const Memo::Slot& slot, Scratch* scratch, QuickDecision* out) {
    StandAsItIs();
    engine_.DecideSlot(request_, slot, scratch, out);
  }

  // Of a bundle with Pol: what the request comes to, if that is known already (settled.h), and it is seen at
  // a glance that it fits the model. Else null: it may all the same. What was set stays as it is, not Ready.
  const Settled* FindSettled(const Memo::Slot& slot, Scratch* scratch);

 private:
  EntityId UnknownEntity(std::string_view type, std::string_view id);
  // Whether the attributes that were set are a context as it is declared, of which the agent gave all; the
  // host says none.
  bool AttributesFit(const bundle::Range& declared);
  bool AttributesFitOnCloserLook();
  // Whether the question that a slot rests on is true; false if that cannot be said without running code.
  bool AnswerTo(const Memo::Slot& slot, Scratch* scratch, bool* holds);
  bool AnswerAsItIs(const Memo::Slot& slot, Scratch* scratch, bool* holds);
  void TakeAttributes();
  // Makes of what was set, but for Pol, what rules see.
  void StandAsItIs() {
    request_.base_ = values_.base();
    if (attribute_count_ > 0) request_.context_ = AttributesAsTheyLie();
  }
  // The context as the attributes lie in the builder.
  Value AttributesAsTheyLie() const;
  void FitToModel();
  Memory MemoryOfParts() const;
  bool IsAcyclic(EntityId* in_cycle) const;
  void AddAttribute(uint32_t name, const Value& value);
  // What another engine's entity, or value of entities, is here. Recursion is bounded by
  // bundle::kMaxValueDepth; `*too_deep` is set past that.
  EntityId SameEntity(const World& world, const Memory& memory, EntityId id);
  Value SameValue(const World& world, const Memory& memory, const Value& value, bool* too_deep);

  const Engine& engine_;
  entities::ValueBuilder values_;
  Request request_;
  bool validates_ = true;
  Misfit rejected_;
  // Names and values, in turn, names ascending, and the strings of the bundle that are the names; as far as
  // attribute_count_. What lies behind are those of an earlier request.
  std::vector<Value> attributes_;
  std::vector<uint32_t> attribute_names_;
  size_t attribute_count_ = 0;
  size_t next_attribute_ = 0;                // at most attribute_count_
  std::vector<uint32_t> expected_;           // ExpectAttributes: the place of each among the names
  Value context_ = entities::EmptyRecord();  // as it was set: Pol completes the request's
  bool has_context_ = false;
  bool has_host_ = false;
  // What the last Ready completed the context with, in words of values_: given up by the next.
  size_t completed_begin_ = 0, completed_end_ = 0;
  // What SameValue makes sets and records of, one above the other. Empty but while it does.
  std::vector<Value> same_elements_;
  std::vector<std::pair<std::string_view, Value>> same_fields_;
};

inline uint64_t Engine::KeyFor(const Request& request) const {
  return Memo::KeyOf(ClassOf(request, request.principal()), ClassOf(request, request.action()),
                     ClassOf(request, request.resource()));
}

// Whether a slot that is published says all there is to say.
inline bool SettledBy(const Memo::Slot& slot, QuickDecision* out) {
  const std::span<const uint32_t> rule(&slot.rule, 1);
  switch (slot.state.load(std::memory_order_relaxed)) {
    case Memo::kNothing:
      *out = {Outcome::kDeny, {}, {}};
      return true;
    case Memo::kAllow:
      *out = {Outcome::kAllow, rule, {}};
      return true;
    case Memo::kForbid:
      *out = {Outcome::kDeny, rule, {}};
      return true;
    default:
      return false;
  }
}

// Which slot it is and what its comparison says cannot be foreseen from one request to the next, so nothing
// here branches on either.
[[gnu::always_inline]] inline bool RequestBuilder::DecideQuickly(const Memo::Slot& slot,
                                                                 QuickDecision* out) const {
  // Without attributes one that has no value. The first that the slot speaks of is it; a settled one speaks
  // of any.
  static constexpr Value kNoAttribute{Memo::Slot::kOfNoValue, Region::kNone, 0, 0, 0};
  static constexpr uint32_t kNoName = bundle::kNone;
  const Value* value = attribute_count_ == 0 ? &kNoAttribute : &attributes_[1];
  const uint32_t* name = attribute_count_ == 0 ? &kNoName : attribute_names_.data();
  for (size_t left = attribute_count_; !slot.SaysOf(*name, value->kind); ++name, value += 2) {
    if (left <= 1) return false;
    --left;
  }
  const bool holds = slot.Accepts(value->number());
  const bool allows = holds & ((slot.accepts & Memo::Slot::kForbids) == 0);
  *out = {allows ? Outcome::kAllow : Outcome::kDeny, {&slot.rule, size_t{holds}}, {}};
  return true;
}

[[gnu::always_inline]] inline bool RequestBuilder::AttributesFit(const bundle::Range& declared) {
  const std::span forms = engine_.attribute_forms_.subspan(declared.first, declared.count);
  size_t next = 0;
  for (const AttributeForm& form : forms) {
    if (next == attribute_count_ || attribute_names_[next] != form.name) {
      if (form.is_asked) return false;
    } else {
      if (!form.is_plain) return AttributesFitOnCloserLook();
      if (attributes_[2 * next + 1].kind != form.kind) return false;
      ++next;
    }
  }
  return next == attribute_count_;  // else one is not declared
}

[[gnu::always_inline]] inline bool RequestBuilder::AnswerTo(const Memo::Slot& slot, Scratch* scratch,
                                                            bool* holds) {
  switch (slot.rests) {
    case Memo::Rests::kOnMore:
      return false;
    case Memo::Rests::kOnClasses:
      *holds = false;
      return true;
    case Memo::Rests::kOnNumber:
      for (size_t i = 0; i < attribute_count_; ++i) {
        if (attribute_names_[i] != slot.name) continue;
        const Value& value = attributes_[2 * i + 1];
        *holds = slot.Accepts(value.number());
        return value.kind == slot.kind;
      }
      return false;
    case Memo::Rests::kOnQuestion:
      return AnswerAsItIs(slot, scratch, holds);
  }
  return false;
}

[[gnu::always_inline]] inline const Settled* RequestBuilder::FindSettled(const Memo::Slot& slot,
                                                                         Scratch* scratch) {
  if (!slot.fits || has_context_ || !rejected_.fits()) return nullptr;
  const Memo& memo = engine_.dispatch_->memo;
  const HostInputs& host = request_.host_;
  const Memo::Entry& entry = memo.EntryOf(slot);
  if (SettledPlace::SaysMore(host) || !host.state.empty() || host.context.count != 0 ||
      request_.brings_entities() || !AttributesFit(entry.context)) {
    return nullptr;
  }
  bool holds = false;
  return AnswerTo(slot, scratch, &holds) ? SettledPlace::Known(memo, entry.settled[holds], host) : nullptr;
}

// Entities as one decision sees them: the snapshot's, the bundle's names and what the request brings.
class World {
 public:
  World(const Engine& engine, const Request& request)
      : engine_(engine), snapshot_(engine.snapshot()), request_(request), known_(engine.entity_count()) {}

  TypeId Type(EntityId id) const {
    if (id < snapshot_.entity_count()) return snapshot_.Type(id);
    return id < known_ ? engine_.TypeOf(id) : request_.unknown_[id - known_].type;
  }
  // Attributes and tags, or null if the entity is absent.
  const Value* Attributes(EntityId id) const {
    if (request_.brings_entities()) {
      if (const auto* brought = request_.FindBrought(id)) return &brought->attributes;
    }
    return id < snapshot_.entity_count() ? snapshot_.AttributesOf(id) : nullptr;
  }
  const Value* Tags(EntityId id) const {
    if (request_.brings_entities()) {
      if (const auto* brought = request_.FindBrought(id)) return &brought->tags;
    }
    return id < snapshot_.entity_count() && snapshot_.Present(id) ? &snapshot_.Tags(id) : nullptr;
  }
  // What is directly above `id`.
  std::span<const EntityId> Parents(EntityId id) const {
    if (const auto* brought = request_.FindBrought(id)) return brought->parents;
    return id < snapshot_.entity_count() ? snapshot_.Parents(id) : std::span<const EntityId>();
  }
  // All that is above `id`, ascending, where the request brings no entities.
  std::span<const EntityId> Ancestors(EntityId id) const {
    return id < snapshot_.entity_count() ? snapshot_.Ancestors(id) : std::span<const EntityId>();
  }
  // Whether `id` is `ancestor` or below it. The vectors are used only if the request brings entities.
  bool In(EntityId id, EntityId ancestor, std::vector<EntityId>* walk, std::unordered_set<EntityId>* seen,
          entities::Work* work) const {
    if (id == ancestor) return true;
    if (!request_.brings_entities()) return id < snapshot_.entity_count() && snapshot_.Below(id, ancestor);
    return Walk(id, ancestor, walk, seen, work);
  }
  std::string_view IdOf(EntityId id, const Memory& memory) const;
  std::string_view TypeNameOf(EntityId id, const Memory& memory) const;

 private:
  friend class RequestBuilder;
  bool Walk(EntityId id, EntityId ancestor, std::vector<EntityId>* walk, std::unordered_set<EntityId>* seen,
            entities::Work* work) const;

  const Engine& engine_;
  const Snapshot& snapshot_;
  const Request& request_;
  uint32_t known_;
};

}  // namespace polc::vm
