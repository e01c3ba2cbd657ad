// The checker's types: what an expression may be, finer than what a schema can declare.
//
// A Type here may be the bool that is always true, the bool that is always false, an entity of one of
// several types, a set of nothing or a record that may have more fields than it names; schemas know none
// of these (model/schema.h). Types are hash-consed in a TypeTable, so two types are equal iff their ids are.
//
// A table may extend another one that no longer changes: the schema's types are shared by all threads,
// each thread puts what it meets in policies into its own extension. Ids of the base keep their meaning.
// Depth of a type is bounded by the nesting limits of schema and policy parsers; functions here recurse on
// it. Thread-safety: one thread per table; a table that is only read may be shared. Tested by types_test.cc.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace polc::sema {

using TypeId = uint32_t;
using EntityTypeId = uint32_t;  // index in SchemaIndex, ordered by name

// No type: the expression failed in a way that leaves its type open.
inline constexpr TypeId kNoType = UINT32_MAX;

// Types without structure, in the order of the constants below.
enum class TypeKind : uint8_t {
  kNever,  // of the elements of `[]`: below every type
  kTrue,
  kFalse,
  kBool,
  kLong,
  kString,
  kDecimal,
  kIp,
  kDatetime,
  kDuration,
  kAnyEntity,
  kEntity,  // one of `entities`
  kSet,
  kRecord,
};
inline constexpr TypeId kNever = 0, kTrue = 1, kFalse = 2, kBool = 3, kLong = 4, kString = 5, kDecimal = 6,
                        kIp = 7, kDatetime = 8, kDuration = 9, kAnyEntity = 10;

struct Field {
  std::string name;
  TypeId type = kNoType;
  bool required = true;
  friend bool operator==(const Field&, const Field&) = default;
};
using Fields = std::vector<Field>;  // sorted by name, names distinct

const Field* FindField(const Fields& fields, std::string_view name);

struct TypeNode {
  TypeKind kind = TypeKind::kNever;
  bool open = false;                   // kRecord: may have fields beyond those listed
  TypeId element = kNoType;            // kSet
  std::vector<EntityTypeId> entities;  // kEntity: sorted, distinct, not empty
  Fields fields;                       // kRecord
  friend bool operator==(const TypeNode&, const TypeNode&) = default;
};

enum class CheckMode : uint8_t { kStrict, kPermissive };

// Why two types have no common one.
enum class LubHelp : uint8_t { kOther, kOptionality, kRecordFields, kEntityTypes, kEntityAndRecord };

class TypeTable {
 public:
  TypeTable();
  // `base` must outlive this table and not change any more.
  explicit TypeTable(const TypeTable* base);

  TypeId Entity(EntityTypeId entity);
  TypeId EntityUnion(std::vector<EntityTypeId> entities);  // any order, repeats allowed
  TypeId Set(TypeId element);
  TypeId Record(Fields fields, bool open);  // fields in any order

  const TypeNode& node(TypeId id) const {
    return id < base_size_ ? base_->node(id) : nodes_[id - base_size_];
  }
  TypeKind kind(TypeId id) const { return node(id).kind; }
  size_t size() const { return base_size_ + nodes_.size(); }

  bool IsBool(TypeId id) const { return id == kTrue || id == kFalse || id == kBool; }
  bool IsEntity(TypeId id) const { return id == kAnyEntity || kind(id) == TypeKind::kEntity; }
  bool IsSet(TypeId id) const { return kind(id) == TypeKind::kSet; }
  bool IsRecord(TypeId id) const { return kind(id) == TypeKind::kRecord; }

  // Whether every value of `a` is one of `b`, as far as `mode` allows: strict mode has neither width
  // subtyping of records nor subtyping between entity types.
  bool IsSubtype(TypeId a, TypeId b, CheckMode mode) const;

  // The least type above both, or why there is none.
  std::variant<TypeId, LubHelp> Lub(TypeId a, TypeId b, CheckMode mode);
  // Fields of a record that is either of the two: the common ones; in strict mode all or nothing.
  std::variant<Fields, LubHelp> LubFields(const Fields& a, const Fields& b, CheckMode mode);

  // The only entity type of an entity type, or nothing.
  std::optional<EntityTypeId> SingleEntity(TypeId id) const;

 private:
  TypeId Intern(TypeNode node);
  std::optional<TypeId> Find(const TypeNode& node, size_t hash) const;
  bool FieldsSubtype(const Fields& a, const Fields& b, CheckMode mode) const;

  const TypeTable* base_ = nullptr;
  TypeId base_size_ = 0;
  std::deque<TypeNode> nodes_;  // deque: references stay valid while types are added
  std::unordered_multimap<size_t, TypeId> index_;
};

}  // namespace polc::sema
