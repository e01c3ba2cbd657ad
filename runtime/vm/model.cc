#include "runtime/vm/model.h"

#include <algorithm>

namespace polc::vm {

using bundle::Bundle;

namespace {

class TypeCheck {
 public:
  TypeCheck(const Engine& engine, const World& world, const Memory& memory)
      : engine_(engine), bundle_(engine.bundle().bundle()), world_(world), memory_(memory) {}

  bool Fits(const Value& value, uint32_t type) const {
    const bundle::ValueTypeRow& row = bundle_.value_types()[type];
    if (value.kind != static_cast<Kind>(row.kind)) return false;
    switch (value.kind) {
      case Kind::kString:
        return row.levels == bundle::kNone || IsLevel(memory_.Text(value), row.levels);
      case Kind::kDecimal:
        return row.percent == 0 || (value.number() >= 0 && value.number() <= 10000);
      case Kind::kEntity: {
        const TypeId of = world_.Type(value.entity());
        const bool fits = row.of == bundle::kNone ? engine_.EntityTypeRowOf(of) != bundle::kNone
                                                  : engine_.BundleTypeOf(of) == row.of;
        return fits && IsPossible(engine_, world_, memory_, value.entity());
      }
      case Kind::kSet: {
        if (row.at_most > 0 && value.count > row.at_most) return false;
        const auto elements = memory_.Cells(value);
        return std::all_of(elements.begin(), elements.end(), [&](const Value& e) { return Fits(e, row.of); });
      }
      case Kind::kRecord:
        return FitsRecord(value, row.fields);
      default:
        return true;
    }
  }

 private:
  bool IsLevel(std::string_view text, uint32_t levels) const {
    const auto names = Slice(bundle_.level_names(), bundle_.levels()[levels].names);
    return std::any_of(names.begin(), names.end(),
                       [&](uint32_t name) { return bundle_.String(name) == text; });
  }

  bool FitsRecord(const Value& record, const bundle::Range& fields) const {
    const auto declared = Slice(bundle_.attributes(), fields);
    const auto cells = memory_.Cells(record);
    for (size_t i = 0; i < cells.size(); i += 2) {
      const std::string_view name = memory_.Text(cells[i]);
      const auto row = std::find_if(
          declared.begin(), declared.end(),
          [&](const bundle::AttributeRow& attribute) { return bundle_.String(attribute.name) == name; });
      if (row == declared.end() || !Fits(cells[i + 1], row->type)) return false;
    }
    return std::all_of(declared.begin(), declared.end(), [&](const bundle::AttributeRow& attribute) {
      return attribute.required == 0 || FindField(memory_, record, bundle_.String(attribute.name)) != nullptr;
    });
  }

  const Engine& engine_;
  const Bundle& bundle_;
  const World& world_;
  const Memory& memory_;
};

}  // namespace

const bundle::EntityTypeRow* FindEntityType(const Engine& engine, const World& world, EntityId id) {
  const uint32_t row = engine.EntityTypeRowOf(world.Type(id));
  return row == bundle::kNone ? nullptr : &engine.bundle()->entity_types()[row];
}

bool IsListed(const Bundle& bundle, const bundle::EntityTypeRow& type, std::string_view id) {
  const auto ids = Slice(bundle.enum_ids(), type.ids);
  return std::any_of(ids.begin(), ids.end(), [&](uint32_t listed) { return bundle.String(listed) == id; });
}

bool IsPossible(const Engine& engine, const World& world, const Memory& memory, EntityId id) {
  const bundle::EntityTypeRow* type = FindEntityType(engine, world, id);
  return type == nullptr || type->is_enum == 0 ||
         IsListed(engine.bundle().bundle(), *type, world.IdOf(id, memory));
}

bool IsOfType(const Engine& engine, const World& world, const Memory& memory, const Value& value,
              uint32_t type) {
  return TypeCheck(engine, world, memory).Fits(value, type);
}

}  // namespace polc::vm
