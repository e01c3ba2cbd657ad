// Pol's types: what an expression or an attribute is, finer than the values that carry it.
//
// A level, a class and a text are all texts when a policy is evaluated, a percentage and a decimal both
// decimals; here they are different, and nothing converts between them. An entity type is a set of names:
// `principal` may be any of several. Types are small values; equality is structural but for the bound of a
// set, which is no part of what its elements are.
// Tested by pol_model_test.cc and pol_expr_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/model.h"
#include "compiler/data/value.h"
#include "compiler/model/schema.h"
#include "compiler/source/source_map.h"

namespace polc::sema::pol {

struct RecordType;

struct Type {
  enum class Kind : uint8_t {
    kError,  // open because of a mistake that was reported: fits everywhere
    kNever,  // of the elements of `[]`
    kBool,
    kNumber,
    kDecimal,
    kPercent,
    kText,
    kClass,  // the name of a class of actions
    kTime,
    kDuration,
    kAddress,
    kLevel,
    kEntity,
    kSet,
    kRecord,
    kPool,  // of settings: an entity, or a path to one
  };
  Kind kind = Kind::kError;
  std::string levels;                        // kLevel: the name of its levels
  std::vector<std::string> entities;         // kEntity: type names, sorted; empty: of any type
  std::shared_ptr<const Type> element;       // kSet
  uint32_t at_most = 0;                      // kSet: how many elements; 0: unbounded
  std::shared_ptr<const RecordType> record;  // kRecord

  bool is(Kind k) const { return kind == k; }
  bool error() const { return kind == Kind::kError; }
};

// An attribute of an entity, a record or a context.
struct Field {
  std::string name;
  Type type;
  bool required = true;
  bool from_host = false;
  bool varies = false;
  std::optional<data::Value> if_missing;
  source::Span span;

  // Whether it can be read without a test.
  bool always() const { return required || if_missing.has_value(); }
};

struct RecordType {
  std::string name;           // empty: a record of a Cedar schema or a literal
  std::vector<Field> fields;  // sorted by name
};

const Field* FindField(const std::vector<Field>& fields, std::string_view name);

Type Simple(Type::Kind kind);
Type LevelOf(std::string levels);
Type EntityOf(std::string type);
Type EntityOf(std::vector<std::string> types);
Type SetOf(Type element, uint32_t at_most);

bool operator==(const Type& a, const Type& b);

// The type of what is either; nothing if there is none. Entities of different types join, records must agree.
std::optional<Type> Join(const Type& a, const Type& b);
// Whether every value of `value` may stand where `place` is asked for.
bool Fits(const Type& value, const Type& place);
// Whether two values may be equal: false means that a comparison has a constant answer or none at all.
bool Comparable(const Type& a, const Type& b);

// As an author writes it: `Set of Text, at most 64`, `Agent or Human`, `Risk`. A record has its name.
std::string TypeText(const Type& type);

// A type of a namespace as Pol writes it, `Shop.Order`, and as Cedar does, `Shop::Order`.
std::string PolName(std::string_view type);
std::string CedarName(std::string_view dotted);

// What the type is where requests are read and decided.
core::TypePtr ToCore(const Type& type);
core::Attribute ToCore(const Field& field);
// What a Cedar schema declares.
Type FromSchema(const model::Type& type);
std::vector<Field> FromSchema(const model::Attributes& attributes);
// What Cedar makes of it: levels, classes and percentages become texts and decimals.
model::TypePtr ToSchema(const Type& type);
model::Attributes ToSchema(const std::vector<Field>& fields);

}  // namespace polc::sema::pol
