#include "compiler/sema/types.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace polc::sema {

namespace {

size_t Mix(size_t seed, size_t value) { return (seed ^ value) * 0x9E3779B97F4A7C15u + (seed >> 29); }

size_t Hash(const TypeNode& node) {
  size_t h = Mix(static_cast<size_t>(node.kind), node.open);
  h = Mix(h, node.element);
  for (EntityTypeId id : node.entities) h = Mix(h, id);
  for (const Field& f : node.fields) {
    h = Mix(h, std::hash<std::string>()(f.name));
    h = Mix(h, f.type * 2 + f.required);
  }
  return h;
}

bool SameNames(const Fields& a, const Fields& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Field& x, const Field& y) { return x.name == y.name; });
}

}  // namespace

const Field* FindField(const Fields& fields, std::string_view name) {
  auto it = std::lower_bound(fields.begin(), fields.end(), name,
                             [](const Field& f, std::string_view n) { return f.name < n; });
  return it != fields.end() && it->name == name ? &*it : nullptr;
}

TypeTable::TypeTable() {
  for (int kind = 0; kind <= static_cast<int>(TypeKind::kAnyEntity); ++kind) {
    TypeNode node;
    node.kind = static_cast<TypeKind>(kind);
    Intern(std::move(node));
  }
}

TypeTable::TypeTable(const TypeTable* base) : base_(base), base_size_(static_cast<TypeId>(base->size())) {}

std::optional<TypeId> TypeTable::Find(const TypeNode& node, size_t hash) const {
  if (base_) {
    if (std::optional<TypeId> found = base_->Find(node, hash)) return found;
  }
  auto [begin, end] = index_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if (this->node(it->second) == node) return it->second;
  }
  return std::nullopt;
}

TypeId TypeTable::Intern(TypeNode node) {
  size_t hash = Hash(node);
  if (std::optional<TypeId> found = Find(node, hash)) return *found;
  TypeId id = static_cast<TypeId>(size());
  nodes_.push_back(std::move(node));
  index_.emplace(hash, id);
  return id;
}

TypeId TypeTable::Entity(EntityTypeId entity) {
  TypeNode node;
  node.kind = TypeKind::kEntity;
  node.entities = {entity};
  return Intern(std::move(node));
}

TypeId TypeTable::EntityUnion(std::vector<EntityTypeId> entities) {
  std::sort(entities.begin(), entities.end());
  entities.erase(std::unique(entities.begin(), entities.end()), entities.end());
  TypeNode node;
  node.kind = TypeKind::kEntity;
  node.entities = std::move(entities);
  return Intern(std::move(node));
}

TypeId TypeTable::Set(TypeId element) {
  TypeNode node;
  node.kind = TypeKind::kSet;
  node.element = element;
  return Intern(std::move(node));
}

TypeId TypeTable::Record(Fields fields, bool open) {
  std::sort(fields.begin(), fields.end(), [](const Field& a, const Field& b) { return a.name < b.name; });
  TypeNode node;
  node.kind = TypeKind::kRecord;
  node.open = open;
  node.fields = std::move(fields);
  return Intern(std::move(node));
}

// Every field of `b` is in `a`, at least as narrow.
bool TypeTable::FieldsSubtype(const Fields& a, const Fields& b, CheckMode mode) const {
  return std::all_of(b.begin(), b.end(), [&](const Field& wide) {
    const Field* narrow = FindField(a, wide.name);
    if (!narrow) return false;
    bool presence =
        mode == CheckMode::kStrict ? narrow->required == wide.required : narrow->required || !wide.required;
    return presence && IsSubtype(narrow->type, wide.type, mode);
  });
}

bool TypeTable::IsSubtype(TypeId a, TypeId b, CheckMode mode) const {
  if (a == b || a == kNever) return true;
  if (b == kBool) return a == kTrue || a == kFalse;
  bool strict = mode == CheckMode::kStrict;
  const TypeNode& x = node(a);
  const TypeNode& y = node(b);
  switch (y.kind) {
    case TypeKind::kAnyEntity:
      return !strict && x.kind == TypeKind::kEntity;
    case TypeKind::kEntity:
      return !strict && x.kind == TypeKind::kEntity &&
             std::includes(y.entities.begin(), y.entities.end(), x.entities.begin(), x.entities.end());
    case TypeKind::kSet:
      return x.kind == TypeKind::kSet && IsSubtype(x.element, y.element, mode);
    case TypeKind::kRecord:
      if (x.kind != TypeKind::kRecord || (x.open && !y.open)) return false;
      if (!(y.open && !strict) && !SameNames(x.fields, y.fields)) return false;
      return FieldsSubtype(x.fields, y.fields, mode);
    default:
      return false;
  }
}

std::variant<Fields, LubHelp> TypeTable::LubFields(const Fields& a, const Fields& b, CheckMode mode) {
  bool strict = mode == CheckMode::kStrict;
  if (strict && !SameNames(a, b)) return LubHelp::kRecordFields;
  Fields result;
  for (const Field& x : a) {
    const Field* y = FindField(b, x.name);
    if (!y) continue;  // only in permissive mode
    std::variant<TypeId, LubHelp> lub = Lub(x.type, y->type, mode);
    if (LubHelp* help = std::get_if<LubHelp>(&lub)) {
      if (strict) return *help;
      continue;  // a field of no common type may still be there: the caller opens the record
    }
    if (strict && x.required != y->required) return LubHelp::kOptionality;
    result.push_back({x.name, std::get<TypeId>(lub), x.required && y->required});
  }
  return result;
}

std::variant<TypeId, LubHelp> TypeTable::Lub(TypeId a, TypeId b, CheckMode mode) {
  if (IsSubtype(a, b, mode)) return b;
  if (IsSubtype(b, a, mode)) return a;
  if (IsBool(a) && IsBool(b)) return kBool;
  // Nodes live in deques: the references survive the types added below.
  const TypeNode& x = node(a);
  const TypeNode& y = node(b);
  if (x.kind == TypeKind::kSet && y.kind == TypeKind::kSet) {
    std::variant<TypeId, LubHelp> element = Lub(x.element, y.element, mode);
    if (std::holds_alternative<LubHelp>(element)) return element;
    return Set(std::get<TypeId>(element));
  }
  if (x.kind == TypeKind::kRecord && y.kind == TypeKind::kRecord) {
    std::variant<Fields, LubHelp> fields = LubFields(x.fields, y.fields, mode);
    if (LubHelp* help = std::get_if<LubHelp>(&fields)) return *help;
    Fields& common = std::get<Fields>(fields);
    bool open = x.open || y.open || common.size() != x.fields.size() || common.size() != y.fields.size();
    return Record(std::move(common), open);
  }
  if (IsEntity(a) && IsEntity(b)) {
    if (mode == CheckMode::kStrict) return LubHelp::kEntityTypes;
    if (a == kAnyEntity || b == kAnyEntity) return kAnyEntity;
    std::vector<EntityTypeId> both = x.entities;
    both.insert(both.end(), y.entities.begin(), y.entities.end());
    return EntityUnion(std::move(both));
  }
  if ((IsEntity(a) && y.kind == TypeKind::kRecord) || (x.kind == TypeKind::kRecord && IsEntity(b))) {
    return LubHelp::kEntityAndRecord;
  }
  return LubHelp::kOther;
}

std::optional<EntityTypeId> TypeTable::SingleEntity(TypeId id) const {
  const TypeNode& n = node(id);
  if (n.kind != TypeKind::kEntity || n.entities.size() != 1) return std::nullopt;
  return n.entities[0];
}

}  // namespace polc::sema
