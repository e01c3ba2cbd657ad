#include "runtime/entities/store.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace polc::entities {
namespace {

void SortUnique(std::vector<EntityId>* ids) {
  std::sort(ids->begin(), ids->end());
  ids->erase(std::unique(ids->begin(), ids->end()), ids->end());
}

// Moves values from offsets in `memory` to offsets from `base`, where the block's values begin: wherever
// the memory lies, Region::kStore then reaches it.
class Relocator {
 public:
  Relocator(std::vector<uint64_t>* memory, const void* base)
      : memory_(memory),
        delta_(reinterpret_cast<uintptr_t>(memory->data()) - reinterpret_cast<uintptr_t>(base)) {}

  void Move(Value* root) {
    std::vector<Value*> todo = {root};
    while (!todo.empty()) {
      Value* value = todo.back();
      todo.pop_back();
      if (value->region != Region::kStore) continue;
      const uint64_t offset = value->bits;
      value->bits += delta_;
      if (!value->is_container() || !moved_.insert(offset).second) continue;
      auto* cells = reinterpret_cast<Value*>(reinterpret_cast<char*>(memory_->data()) + offset);
      const size_t count = value->kind == Kind::kRecord ? size_t{value->count} * 2 : size_t{value->count};
      for (size_t i = 0; i < count; ++i) todo.push_back(cells + i);
    }
  }

 private:
  std::vector<uint64_t>* memory_;
  uint64_t delta_;
  std::unordered_set<uint64_t> moved_;  // containers may share their cells
};

}  // namespace

Store::Store()
    : Store([] {
        EntityId none;
        return SnapshotBuilder().Finish(&none);
      }()) {}

Store::Store(std::shared_ptr<const Snapshot> snapshot, uint64_t max_ancestors)
    : head_(*snapshot), max_ancestors_(max_ancestors), current_(std::move(snapshot)) {}

EntityId Store::Intern(std::string_view type_name, std::string_view id) {
  Overlay& overlay = head_.overlay_;
  std::optional<TypeId> type = head_.FindType(type_name);
  if (!type) {
    auto types = overlay.types == nullptr ? std::make_shared<std::vector<std::string>>()
                                          : std::make_shared<std::vector<std::string>>(*overlay.types);
    types->emplace_back(type_name);
    overlay.types = std::move(types);
    type = overlay.type_count++;
    head_.IndexTypes();
  }
  if (const std::optional<EntityId> found = head_.Find(*type, id)) return *found;

  const EntityId number = overlay.entity_count++;
  auto state = std::make_shared<EntityState>();
  state->type = *type;
  state->id = id;
  overlay.entities = overlay.entities.Set(number, std::move(state));
  const auto hash = static_cast<uint32_t>(HashUid(*type, id));
  const std::vector<EntityId>* same = overlay.names.Find(hash);
  auto names = same == nullptr ? std::make_shared<std::vector<EntityId>>()
                               : std::make_shared<std::vector<EntityId>>(*same);
  names->push_back(number);
  overlay.names = overlay.names.Set(hash, std::move(names));
  return number;
}

void Store::IndexChildren() {
  if (indexed_) return;
  indexed_ = true;
  children_.resize(head_.entity_count());
  for (EntityId id = 0; id < head_.entity_count(); ++id) {
    for (EntityId parent : head_.Parents(id)) children_[parent].push_back(id);
    ancestors_ += head_.Ancestors(id).size();
  }
}

void Store::MoveChild(EntityId child, std::span<const EntityId> from, std::span<const EntityId> to) {
  for (EntityId parent : from) {
    if (std::binary_search(to.begin(), to.end(), parent)) continue;
    std::vector<EntityId>& siblings = children_[parent];
    *std::find(siblings.begin(), siblings.end(), child) = siblings.back();
    siblings.pop_back();
  }
  for (EntityId parent : to) {
    if (!std::binary_search(from.begin(), from.end(), parent)) children_[parent].push_back(child);
  }
}

std::optional<Store::Refused> Store::CloseBelow(const std::vector<EntityId>& moved, Snapshot* next,
                                                uint64_t* total) const {
  // Those that moved and all below them, with how many of their parents are among them.
  std::unordered_map<EntityId, size_t> waiting;
  std::vector<EntityId> affected = moved;
  for (EntityId id : moved) waiting.emplace(id, 0);
  for (size_t i = 0; i < affected.size(); ++i) {
    for (EntityId child : children_[affected[i]]) {
      if (waiting.emplace(child, 0).second) affected.push_back(child);
      ++waiting[child];
    }
  }
  *total = ancestors_;
  for (EntityId id : affected) *total -= next->Ancestors(id).size();
  // Parents before children.
  std::vector<EntityId> ready;
  for (EntityId id : affected) {
    if (waiting[id] == 0) ready.push_back(id);
  }
  size_t done = 0;
  while (!ready.empty()) {
    const EntityId id = ready.back();
    ready.pop_back();
    ++done;
    std::vector<EntityId> ancestors;
    for (EntityId parent : next->Parents(id)) {
      ancestors.push_back(parent);
      const std::span<const EntityId> above = next->Ancestors(parent);
      ancestors.insert(ancestors.end(), above.begin(), above.end());
    }
    SortUnique(&ancestors);
    *total += ancestors.size();
    if (*total > max_ancestors_) return Refused{EditRefusal::Why::kTooManyAncestors, id};
    EntityState state = StateOf(*next, id);
    state.ancestors = std::move(ancestors);
    next->overlay_.entities =
        next->overlay_.entities.Set(id, std::make_shared<EntityState>(std::move(state)));
    for (EntityId child : children_[id]) {
      if (--waiting[child] == 0) ready.push_back(child);
    }
  }
  if (done == affected.size()) return std::nullopt;
  // Who still waits is in a cycle or below one; going up among those that wait ends in a cycle.
  EntityId at = *std::find_if(affected.begin(), affected.end(), [&](EntityId id) { return waiting[id] > 0; });
  for (size_t step = 0; step < affected.size(); ++step) {
    for (EntityId parent : next->Parents(at)) {
      if (auto it = waiting.find(parent); it != waiting.end() && it->second > 0) {
        at = parent;
        break;
      }
    }
  }
  return Refused{EditRefusal::Why::kCycle, at};
}

EntityState Store::StateOf(const Snapshot& snapshot, EntityId id) {
  if (const EntityState* changed = snapshot.Changed(id)) return *changed;
  EntityState state;
  state.type = snapshot.Type(id);
  state.id = snapshot.Id(id);
  state.present = snapshot.Present(id);
  state.attributes = snapshot.Attributes(id);
  state.tags = snapshot.Tags(id);
  const auto parents = snapshot.Parents(id), ancestors = snapshot.Ancestors(id);
  state.parents.assign(parents.begin(), parents.end());
  state.ancestors.assign(ancestors.begin(), ancestors.end());
  return state;
}

EntityId Edit::Entity(std::string_view type, std::string_view id) {
  const std::lock_guard<std::mutex> lock(store_.writing_);
  return store_.Intern(type, id);
}

void Edit::Upsert(EntityId id, const Value& attributes, const Value& tags, std::vector<EntityId> parents) {
  SortUnique(&parents);
  changes_.push_back({id, true, attributes, tags, std::move(parents)});
}

void Edit::Remove(EntityId id) { changes_.push_back({id, false, EmptyRecord(), EmptyRecord(), {}}); }

std::optional<EditRefusal> Edit::Commit() {
  const std::lock_guard<std::mutex> lock(store_.writing_);
  store_.IndexChildren();
  store_.children_.resize(store_.head_.entity_count());
  Snapshot next = store_.head_;

  auto memory = std::make_shared<std::vector<uint64_t>>(values_.words());
  values_.Clear();
  Relocator relocator(memory.get(), next.base());
  std::vector<EntityId> moved;
  std::vector<std::pair<EntityId, std::vector<EntityId>>> before;  // to take it back
  for (Change& change : changes_) {
    relocator.Move(&change.attributes);
    relocator.Move(&change.tags);
    EntityState state = Store::StateOf(next, change.id);
    next.overlay_.present_count += change.present;
    next.overlay_.present_count -= state.present;
    if (state.parents != change.parents) {
      store_.MoveChild(change.id, state.parents, change.parents);
      moved.push_back(change.id);
      before.emplace_back(change.id, std::move(state.parents));
    }
    state.present = change.present;
    state.attributes = change.attributes;
    state.tags = change.tags;
    state.parents = std::move(change.parents);
    state.memory = memory;
    next.overlay_.entities =
        next.overlay_.entities.Set(change.id, std::make_shared<EntityState>(std::move(state)));
  }
  changes_.clear();
  SortUnique(&moved);

  uint64_t ancestors = 0;
  if (const std::optional<Store::Refused> refused = store_.CloseBelow(moved, &next, &ancestors)) {
    EditRefusal refusal{refused->why, std::string(next.TypeName(next.Type(refused->id))),
                        std::string(next.Id(refused->id))};
    for (auto it = before.rbegin(); it != before.rend(); ++it) {
      store_.MoveChild(it->first, next.Parents(it->first), it->second);
      EntityState state = Store::StateOf(next, it->first);
      state.parents = it->second;
      next.overlay_.entities =
          next.overlay_.entities.Set(it->first, std::make_shared<EntityState>(std::move(state)));
    }
    return refusal;
  }
  store_.ancestors_ = ancestors;
  store_.head_ = next;
  store_.current_.Set(std::make_shared<const Snapshot>(std::move(next)));
  return std::nullopt;
}

}  // namespace polc::entities
