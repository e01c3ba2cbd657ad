#include "runtime/vm/request.h"

#include <algorithm>
#include <cassert>

#include "runtime/vm/asker.h"
#include "runtime/vm/fit.h"

namespace polc::vm {

using entities::kNoId;
using entities::Work;

const Request::Brought* Request::FindBrought(EntityId id) const {
  const auto it = std::lower_bound(entities_.begin(), entities_.end(), id,
                                   [](const Brought& b, EntityId wanted) { return b.id < wanted; });
  return it != entities_.end() && it->id == id ? &*it : nullptr;
}

const StateValue* Request::FindState(uint32_t input, const Value* key, const Memory& memory,
                                     Work* work) const {
  const auto& state = host_.state;
  auto at = std::lower_bound(state.begin(), state.end(), input,
                             [](const StateValue& s, uint32_t wanted) { return s.input < wanted; });
  for (; at != state.end() && at->input == input; ++at) {
    if (at->has_key != (key != nullptr)) continue;
    if (key == nullptr) return &*at;
    if (!work->Elements(1)) return nullptr;
    if (Compare(memory, at->key, *key, work) == 0 && !work->exceeded()) return &*at;
  }
  return nullptr;
}

RequestBuilder::RequestBuilder(const Engine& engine) : engine_(engine), values_(Region::kRequest) {}

EntityId RequestBuilder::UnknownEntity(std::string_view type, std::string_view id) {
  Memory memory;
  memory.base[static_cast<size_t>(Region::kRequest)] = values_.base();
  auto& unknown = request_.unknown_;
  for (size_t i = 0; i < unknown.size(); ++i) {
    if (memory.Text(unknown[i].id) == id && memory.Text(unknown[i].type_name) == type) {
      return engine_.entity_count() + static_cast<EntityId>(i);
    }
  }
  // `is` compares with types of the bundle alone, which the engine knows: one number for all others.
  const TypeId number = engine_.FindType(type).value_or(kNoId);
  unknown.push_back({number, values_.String(type), values_.String(id)});
  return engine_.entity_count() + static_cast<EntityId>(unknown.size() - 1);
}

void RequestBuilder::AddEntity(EntityId id, const Value& attributes, const Value& tags,
                               std::vector<EntityId> parents) {
  auto& list = request_.entities_;
  const auto it = std::lower_bound(list.begin(), list.end(), id,
                                   [](const Request::Brought& b, EntityId wanted) { return b.id < wanted; });
  Request::Brought entity{id, attributes, tags, std::move(parents)};
  if (it != list.end() && it->id == id) {
    *it = std::move(entity);
  } else {
    list.insert(it, std::move(entity));
  }
}

void RequestBuilder::AddAttribute(uint32_t name, const Value& value) {
  // What an earlier request left behind is gone.
  attribute_names_.resize(attribute_count_);
  attributes_.resize(2 * attribute_count_);
  const auto found = std::lower_bound(attribute_names_.begin(), attribute_names_.end(), name);
  const auto at = 2 * (found - attribute_names_.begin());
  next_attribute_ = static_cast<size_t>(at) / 2 + 1;
  if (found != attribute_names_.end() && *found == name) {
    attributes_[static_cast<size_t>(at) + 1] = value;
    return;
  }
  attribute_names_.insert(found, name);
  const bundle::Bundle& b = engine_.bundle().bundle();
  const std::string_view text = b.String(name);
  const auto offset = static_cast<uint64_t>(reinterpret_cast<const uint8_t*>(text.data()) - b.file().data());
  const Value key{Kind::kString, Region::kBundle, 0, static_cast<uint32_t>(text.size()), offset};
  attributes_.insert(attributes_.begin() + at, {key, value});
  ++attribute_count_;
}

void RequestBuilder::Reset() {
  values_.Clear();
  completed_begin_ = completed_end_ = 0;
  attribute_count_ = next_attribute_ = 0;
  for (EntityId& id : request_.ids_) id = entities::kNoId;
  request_.context_ = context_ = entities::EmptyRecord();
  request_.unknown_.clear();
  request_.entities_.clear();
  if (has_host_) request_.host_ = HostInputs();
  request_.action_row_ = bundle::kNone;
  request_.misfit_ = request_.unknown_entity_ = rejected_ = Misfit();
  has_context_ = has_host_ = false;
}

EntityId RequestBuilder::SameEntity(const World& world, const Memory& memory, EntityId id) {
  // The store's numbers are the same.
  if (id < engine_.snapshot().entity_count()) return id;
  return Entity(world.TypeNameOf(id, memory), world.IdOf(id, memory));
}

Value RequestBuilder::SameValue(const World& world, const Memory& memory, const Value& value,
                                bool* too_deep) {
  auto keep = [&](const std::optional<Value>& made) {
    *too_deep = *too_deep || !made;
    return made.value_or(entities::EmptySet());
  };
  switch (value.kind) {
    case Kind::kString:
      return values_.String(memory.Text(value));
    case Kind::kEntity:
      return entities::MakeEntity(SameEntity(world, memory, value.entity()));
    case Kind::kIp:
      if (value.region == Region::kNone) return value;
      return values_.IpV6(memory.Address(value), value.count & ~bundle::kIpV6);
    case Kind::kSet: {
      // Sorted anew: the order of entities is that of their numbers.
      const size_t begin = same_elements_.size();
      for (const Value& e : memory.Cells(value)) {
        const Value same = SameValue(world, memory, e, too_deep);
        same_elements_.push_back(same);
      }
      const std::optional<Value> made = values_.SetOf(std::span(same_elements_).subspan(begin));
      same_elements_.resize(begin);
      return keep(made);
    }
    case Kind::kRecord: {
      const size_t begin = same_fields_.size();
      const std::span<const Value> cells = memory.Cells(value);
      for (size_t i = 0; i < cells.size(); i += 2) {
        const Value same = SameValue(world, memory, cells[i + 1], too_deep);
        same_fields_.emplace_back(memory.Text(cells[i]), same);
      }
      const std::optional<Value> made = values_.RecordOf(std::span(same_fields_).subspan(begin));
      same_fields_.resize(begin);
      return keep(made);
    }
    default:
      return value;
  }
}

bool RequestBuilder::MakeSame(const Engine& other, const Request& request) {
  Reset();
  const World world(other, request);
  const Memory memory = other.MemoryFor(request);
  bool too_deep = false;
  for (size_t v = 0; v < 3; ++v) {
    Set(static_cast<bundle::Variable>(v), SameEntity(world, memory, request.ids_[v]));
  }
  if (request.context().count > 0) SetContext(SameValue(world, memory, request.context(), &too_deep));
  for (const Request::Brought& entity : request.entities_) {
    std::vector<EntityId> parents;
    for (const EntityId parent : entity.parents) parents.push_back(SameEntity(world, memory, parent));
    const EntityId id = SameEntity(world, memory, entity.id);
    const Value attributes = SameValue(world, memory, entity.attributes, &too_deep);
    AddEntity(id, attributes, SameValue(world, memory, entity.tags, &too_deep), std::move(parents));
  }
  return !too_deep;
}

bool RequestBuilder::IsAcyclic(EntityId* in_cycle) const {
  const World world(engine_, request_);
  std::vector<EntityId> walk;
  std::unordered_set<EntityId> seen;
  // The snapshot has no cycle, so a cycle goes through an entity the request brings.
  for (const Request::Brought& entity : request_.entities_) {
    for (EntityId parent : entity.parents) {
      Work unlimited;
      if (world.In(parent, entity.id, &walk, &seen, &unlimited)) {
        *in_cycle = entity.id;
        return false;
      }
    }
  }
  return true;
}

const Request* RequestBuilder::Ready(EntityId* in_cycle) {
  if (request_.brings_entities() && !IsAcyclic(in_cycle)) return nullptr;
  if (has_host_) {
    std::stable_sort(request_.host_.state.begin(), request_.host_.state.end(),
                     [](const StateValue& a, const StateValue& b) { return a.input < b.input; });
  }
  if (engine_.bundle()->is_pol()) {
    FitToModel();
    request_.base_ = values_.base();
    return &request_;
  }
  StandAsItIs();
  return &request_;
}

Value RequestBuilder::AttributesAsTheyLie() const {
  if (attribute_count_ == 0) return entities::EmptyRecord();
  uint16_t depth = 0;
  for (size_t i = 0; i < attribute_count_; ++i) depth = std::max(depth, attributes_[2 * i + 1].depth);
  // The cells do not follow the base; offsets are added as integers (entities/value.h).
  return {Kind::kRecord, Region::kRequest, static_cast<uint16_t>(depth + 1),
          static_cast<uint32_t>(attribute_count_),
          reinterpret_cast<uintptr_t>(attributes_.data()) - reinterpret_cast<uintptr_t>(values_.base())};
}

std::optional<Request> RequestBuilder::Finish(EntityId* in_cycle) {
  if (Ready(in_cycle) == nullptr) return std::nullopt;
  assert(attribute_count_ == 0);  // they lie in the builder
  Request out = std::move(request_);
  out.values_ = values_.words();
  out.base_ = nullptr;
  return out;
}

void RequestBuilder::TakeAttributes() {
  std::vector<std::pair<std::string_view, Value>> fields;
  for (size_t i = 0; i < attribute_count_; ++i) {
    fields.emplace_back(engine_.bundle()->String(attribute_names_[i]), attributes_[2 * i + 1]);
  }
  if (const std::optional<Value> record = values_.RecordOf(fields)) {
    request_.context_ = *record;
  } else {
    Reject({MisfitKind::kAttributeType});  // nested too deep
  }
}

bool RequestBuilder::AttributesFitOnCloserLook() {
  request_.action_row_ = engine_.FindActionRow(request_.action());
  return FitsAsItLies(engine_, request_, MemoryOfParts(), {attribute_names_.data(), attribute_count_},
                      attributes_);
}

bool RequestBuilder::AnswerAsItIs(const Memo::Slot& slot, Scratch* scratch, bool* holds) {
  request_.base_ = values_.base();
  request_.context_ = AttributesAsTheyLie();
  const Machine machine(engine_, request_, scratch);
  return Asker(machine, scratch).Answer(engine_.dispatch_->memo.EntryOf(slot).question - 1, holds);
}

Memory RequestBuilder::MemoryOfParts() const {
  Memory memory;
  memory.base[static_cast<size_t>(Region::kBundle)] = engine_.bundle()->file().data();
  memory.base[static_cast<size_t>(Region::kEngine)] = engine_.cells();
  memory.base[static_cast<size_t>(Region::kRequest)] = values_.base();
  return memory;
}

void RequestBuilder::FitToModel() {
  if (values_.words().size() == completed_end_) values_.CutBack(completed_begin_);
  completed_begin_ = values_.words().size();
  request_.action_row_ = engine_.FindActionRow(request_.action());
  // What is left out gets its default, which moves values: where there is any, attributes have to lie among
  // them.
  const std::span<const uint32_t> names(attribute_names_.data(), attribute_count_);
  const bool as_it_lies = !has_context_ && rejected_.fits() &&
                          FitsAsItLies(engine_, request_, MemoryOfParts(), names, attributes_);
  if (as_it_lies) {
    request_.context_ = AttributesAsTheyLie();
  } else {
    request_.context_ = context_;
    if (attribute_count_ > 0) TakeAttributes();
  }
  request_.misfit_ = Misfit();
  if (validates_) {
    request_.misfit_ =
        rejected_.fits() ? WhyNotFit(engine_, request_, MemoryOfParts(), as_it_lies) : rejected_;
  }
  request_.unknown_entity_ = WhyNotKnown(engine_, request_, MemoryOfParts());
  if (request_.host_.acts_for.size() > kMaxHops) request_.misfit_ = {MisfitKind::kChain};
  if (!as_it_lies) {
    values_.Know(Region::kBundle, engine_.bundle()->file().data());
    values_.Know(Region::kEngine, engine_.cells());
    const std::optional<Value> context = CompleteContext(engine_, request_, MemoryOfParts(), &values_);
    if (context) {
      request_.context_ = *context;
    } else {
      request_.misfit_ = {MisfitKind::kAttributeType};  // nested too deep
    }
  }
  completed_end_ = values_.words().size();
}

bool World::Walk(EntityId id, EntityId ancestor, std::vector<EntityId>* walk,
                 std::unordered_set<EntityId>* seen, Work* work) const {
  walk->assign(1, id);
  seen->clear();
  while (!walk->empty()) {
    const EntityId at = walk->back();
    walk->pop_back();
    if (at == ancestor) return true;
    if (!seen->insert(at).second) continue;
    if (!work->Elements(1)) return false;
    if (const Request::Brought* brought = request_.FindBrought(at)) {
      walk->insert(walk->end(), brought->parents.begin(), brought->parents.end());
      continue;
    }
    if (at >= snapshot_.entity_count()) continue;
    // Where nothing above is replaced, the snapshot's closure holds.
    const bool replaced_above =
        std::any_of(request_.entities_.begin(), request_.entities_.end(),
                    [&](const Request::Brought& b) { return snapshot_.Below(at, b.id); });
    if (!replaced_above) {
      if (snapshot_.Below(at, ancestor)) return true;
      continue;
    }
    const auto parents = snapshot_.Parents(at);
    walk->insert(walk->end(), parents.begin(), parents.end());
  }
  return false;
}

std::string_view World::IdOf(EntityId id, const Memory& memory) const {
  return id < known_ ? engine_.IdOf(id) : memory.Text(request_.unknown_[id - known_].id);
}

std::string_view World::TypeNameOf(EntityId id, const Memory& memory) const {
  return id < known_ ? engine_.TypeName(engine_.TypeOf(id))
                     : memory.Text(request_.unknown_[id - known_].type_name);
}

}  // namespace polc::vm
