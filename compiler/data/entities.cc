#include "compiler/data/entities.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "llvm/ADT/DenseSet.h"

namespace polc::data {
namespace {

using Number = uint32_t;

// A graph whose node n has the edges to[first[n] .. first[n + 1]). Nodes from `first.size() - 1` on have
// none.
struct Graph {
  const std::vector<uint32_t>& first;
  const std::vector<Number>& to;
};

// The groups of nodes that lie on cycles through each other (strongly connected components with an edge
// inside), by Tarjan's algorithm with its stack on the heap. Groups by their first node, nodes ascending.
std::vector<std::vector<Number>> Cycles(const Graph& graph) {
  Number size = graph.first.empty() ? 0 : static_cast<Number>(graph.first.size() - 1);
  constexpr uint32_t kUnseen = 0, kDone = UINT32_MAX;
  std::vector<uint32_t> seen(
      size, kUnseen);  // when a node was first met, counted from 1; kDone: in a finished group
  std::vector<uint32_t> low(size, 0);  // the earliest node on the path that is reached from here
  std::vector<uint32_t> next_edge(graph.first.begin(), graph.first.begin() + size);
  std::vector<Number> path, pending;
  std::vector<std::vector<Number>> groups;
  uint32_t clock = 0;
  for (Number root = 0; root < size; ++root) {
    if (seen[root] != kUnseen) continue;
    path.push_back(root);
    while (!path.empty()) {
      Number node = path.back();
      if (seen[node] == kUnseen) {
        seen[node] = low[node] = ++clock;
        pending.push_back(node);
      }
      bool descended = false;
      while (next_edge[node] < graph.first[node + 1]) {
        Number target = graph.to[next_edge[node]++];
        if (target >= size || seen[target] == kDone) continue;
        if (seen[target] == kUnseen) {
          path.push_back(target);
          descended = true;
          break;
        }
        low[node] = std::min(low[node], seen[target]);
      }
      if (descended) continue;
      path.pop_back();
      if (!path.empty()) low[path.back()] = std::min(low[path.back()], low[node]);
      if (low[node] != seen[node]) continue;
      // `node` is where its group was entered: the group is what is pending above it.
      auto begin = std::find(pending.rbegin(), pending.rend(), node).base() - 1;
      bool cyclic = pending.end() - begin > 1;
      for (uint32_t e = graph.first[node]; e < graph.first[node + 1]; ++e) cyclic |= graph.to[e] == node;
      if (cyclic) {
        groups.emplace_back(begin, pending.end());
        std::sort(groups.back().begin(), groups.back().end());
      }
      for (auto member = begin; member != pending.end(); ++member) seen[*member] = kDone;
      pending.erase(begin, pending.end());
    }
  }
  std::sort(groups.begin(), groups.end());
  return groups;
}

// Parents compare as a set.
bool SameParents(std::vector<EntityUid> a, std::vector<EntityUid> b) {
  for (auto* parents : {&a, &b}) {
    std::sort(parents->begin(), parents->end());
    parents->erase(std::unique(parents->begin(), parents->end()), parents->end());
  }
  return a == b;
}

}  // namespace

std::optional<EntityStore::Number> EntityStore::NumberOf(const EntityUid& uid) const {
  if (table_.empty()) return std::nullopt;
  size_t mask = table_.size() - 1;
  for (size_t slot = UidHash()(uid) & mask; table_[slot] != 0; slot = (slot + 1) & mask) {
    if (UidOf(table_[slot] - 1) == uid) return table_[slot] - 1;
  }
  return std::nullopt;
}

void EntityStore::Rebuild(size_t size) {
  table_.assign(size, 0);
  for (Number n = 0; n < order_.size() + absent_.size(); ++n) {
    size_t slot = UidHash()(UidOf(n)) & (size - 1);
    while (table_[slot] != 0) slot = (slot + 1) & (size - 1);
    table_[slot] = n + 1;
  }
}

// The number of a uid that has none yet.
EntityStore::Number EntityStore::Intern(const EntityUid& uid, bool absent) {
  (absent ? absent_ : order_).push_back(uid);
  Number count = static_cast<Number>(order_.size() + absent_.size());
  if (2 * size_t{count} > table_.size()) {
    Rebuild(std::max<size_t>(16, 2 * table_.size()));  // takes the new one along
  } else {
    size_t mask = table_.size() - 1;
    size_t slot = UidHash()(uid) & mask;
    while (table_[slot] != 0) slot = (slot + 1) & mask;
    table_[slot] = count;
  }
  return count - 1;
}

// Entities come before absent parents in the numbering: more of them means linking anew.
void EntityStore::Reopen() {
  if (first_parent_.empty()) return;
  first_parent_.clear();
  parents_.clear();
  absent_.clear();
  Rebuild(table_.size());
}

std::optional<StoreError> EntityStore::Add(Entity entity) {
  Reopen();
  if (std::optional<Number> n = NumberOf(entity.uid)) {
    const Entity& first = entities_[*n];
    if (first.attrs == entity.attrs && first.tags == entity.tags &&
        SameParents(first.parents, entity.parents)) {
      return std::nullopt;
    }
    return StoreError{StoreError::Kind::kDuplicate, entity.uid, entity.span, first.span, {}};
  }
  Intern(entity.uid, /*absent=*/false);
  entities_.push_back(std::move(entity));
  return std::nullopt;
}

void EntityStore::Put(Entity entity) {
  Reopen();
  if (std::optional<Number> n = NumberOf(entity.uid)) {
    entities_[*n] = std::move(entity);
    return;
  }
  Intern(entity.uid, /*absent=*/false);
  entities_.push_back(std::move(entity));
}

std::vector<StoreError> EntityStore::CloseAll() {
  Reopen();
  first_parent_.reserve(entities_.size() + 1);
  first_parent_.push_back(0);
  for (const Entity& entity : entities_) {
    for (const EntityUid& parent : entity.parents) {
      std::optional<Number> n = NumberOf(parent);
      parents_.push_back(n ? *n : Intern(parent, /*absent=*/true));
    }
    first_parent_.push_back(static_cast<uint32_t>(parents_.size()));
  }
  return base_ ? FindCyclesOverBase() : FindCycles();
}

std::optional<StoreError> EntityStore::Close() {
  std::vector<StoreError> errors = CloseAll();
  if (errors.empty()) return std::nullopt;
  return std::move(errors.front());
}

std::vector<StoreError> EntityStore::FindCycles() const {
  std::vector<StoreError> errors;
  for (const std::vector<Number>& group : Cycles({first_parent_, parents_})) {
    StoreError& error = errors.emplace_back();
    error.kind = StoreError::Kind::kCycle;
    error.uid = order_[group[0]];
    error.span = entities_[group[0]].span;
    for (Number n : group) error.cycle.push_back(order_[n]);
  }
  return errors;
}

std::vector<StoreError> EntityStore::FindCyclesOverBase() const {
  // The base has none, so a cycle passes through an entity added here: number what these reach, themselves
  // first and in order.
  std::vector<EntityUid> reached = order_;
  std::unordered_map<EntityUid, Number, UidHash> numbers;
  for (Number n = 0; n < reached.size(); ++n) numbers.emplace(reached[n], n);
  std::vector<uint32_t> first{0};
  std::vector<Number> to;
  for (Number n = 0; n < reached.size(); ++n) {
    if (const Entity* entity = Find(reached[n])) {
      for (const EntityUid& parent : entity->parents) {
        auto [at, added] = numbers.emplace(parent, static_cast<Number>(reached.size()));
        if (added) reached.push_back(parent);
        to.push_back(at->second);
      }
    }
    first.push_back(static_cast<uint32_t>(to.size()));
  }
  std::vector<StoreError> errors;
  for (const std::vector<Number>& group : Cycles({first, to})) {
    StoreError& error = errors.emplace_back();
    error.kind = StoreError::Kind::kCycle;
    error.uid = reached[group[0]];
    error.span = Find(error.uid)->span;
    for (Number n : group) error.cycle.push_back(reached[n]);
  }
  return errors;
}

const Entity* EntityStore::Find(const EntityUid& uid) const {
  if (std::optional<Number> n = NumberOf(uid); n && *n < entities_.size()) return &entities_[*n];
  return base_ ? base_->Find(uid) : nullptr;
}

template <typename Visit>
bool EntityStore::WalkUp(const EntityUid& uid, Visit visit) const {
  if (base_) {
    std::unordered_set<EntityUid, UidHash> met;
    std::vector<EntityUid> pending{uid};
    while (!pending.empty()) {
      const Entity* entity = Find(pending.back());
      pending.pop_back();
      if (!entity) continue;
      for (const EntityUid& parent : entity->parents) {
        if (!met.insert(parent).second) continue;
        if (visit(parent)) return true;
        pending.push_back(parent);
      }
    }
    return false;
  }
  std::optional<Number> start = NumberOf(uid);
  if (!start) return false;
  // Most entities have a handful of ancestors.
  llvm::SmallDenseSet<Number, 16> met;
  std::vector<Number> pending{*start};
  while (!pending.empty()) {
    Number n = pending.back();
    pending.pop_back();
    if (n >= entities_.size()) continue;
    for (uint32_t i = first_parent_[n]; i < first_parent_[n + 1]; ++i) {
      if (!met.insert(parents_[i]).second) continue;
      if (visit(UidOf(parents_[i]))) return true;
      pending.push_back(parents_[i]);
    }
  }
  return false;
}

bool EntityStore::In(const EntityUid& uid, const EntityUid& ancestor) const {
  return uid == ancestor || WalkUp(uid, [&](const EntityUid& above) { return above == ancestor; });
}

std::vector<EntityUid> EntityStore::Ancestors(const EntityUid& uid) const {
  std::vector<EntityUid> out;
  WalkUp(uid, [&](const EntityUid& above) {
    if (above != uid) out.push_back(above);
    return false;
  });
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace polc::data
