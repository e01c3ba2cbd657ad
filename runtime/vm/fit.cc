#include "runtime/vm/fit.h"

#include <algorithm>

#include "runtime/vm/model.h"

namespace polc::vm {

using bundle::AttributeRow;
using bundle::Bundle;
using bundle::kNone;
using entities::TypeId;

namespace {

class Fit {
 public:
  Fit(const Engine& engine, const Request& request, const Memory& memory)
      : engine_(engine),
        bundle_(engine.bundle().bundle()),
        request_(request),
        world_(engine, request),
        memory_(memory) {}

  // `context_fits`: as FitsAsItLies said.
  Misfit WhyNot(bool context_fits) const {
    const HostInputs& host = request_.host();
    if (request_.action_row() == kNone) return {MisfitKind::kUnknownAction};
    const bundle::ActionRow& action = bundle_.actions()[request_.action_row()];
    if (!IsOneOf(request_.principal(), action.principals)) return {MisfitKind::kPrincipalType};
    if (!IsOneOf(request_.resource(), action.resources)) return {MisfitKind::kResourceType};
    if (!context_fits) {
      if (Misfit m = WhyNotMembers(action.context, request_.context(), false); !m.fits()) return m;
      if (Misfit m = WhyNotMembers(action.context, host.context, true); !m.fits()) return m;
    }
    if (Misfit m = WhyNotState(); !m.fits()) return m;
    for (const EvidenceItem& item : host.evidence) {
      if (!IsOfType(engine_, world_, memory_, item.value, bundle_.evidence_kinds()[item.kind].type))
        return {MisfitKind::kEvidence, {}, item.value};
    }
    return {host.acts_for.size() > kMaxHops ? MisfitKind::kChain : MisfitKind::kNone};
  }

  bool FitsAsItLies(std::span<const uint32_t> names, std::span<const Value> fields) const {
    if (request_.action_row() == kNone || request_.host().context.count != 0) return false;
    size_t next = 0;
    for (const AttributeRow& row :
         Slice(bundle_.attributes(), bundle_.actions()[request_.action_row()].context)) {
      if (next == names.size() || names[next] != row.name) {
        if (row.if_missing != kNone || (row.required != 0 && row.from_host == 0)) return false;
        continue;
      }
      if (row.from_host != 0 || engine_.HasDefaults(row.type) ||
          !IsOfType(engine_, world_, memory_, fields[2 * next + 1], row.type))
        return false;
      ++next;
    }
    return next == names.size();  // else one is not declared
  }

  bool EntitiesFit() const {
    for (const EntityId id : {request_.principal(), request_.action(), request_.resource()}) {
      if (id >= engine_.entity_count()) return false;
    }
    if (request_.brings_entities() || request_.action_row() == kNone) return false;
    const bundle::ActionRow& action = bundle_.actions()[request_.action_row()];
    return IsOneOf(request_.principal(), action.principals) &&
           IsOneOf(request_.resource(), action.resources) && IsKnown(request_.principal()) &&
           IsKnown(request_.resource());
  }

  bool IsKnown(EntityId id) const {
    if (world_.Attributes(id) != nullptr) return true;
    const bundle::EntityTypeRow* type = FindEntityType(engine_, world_, id);
    return type != nullptr && type->is_enum != 0 && IsPossible(engine_, world_, memory_, id);
  }

 private:
  // Whether the entity's type is in the list, and, if that is enumerated, it is one of it.
  bool IsOneOf(EntityId id, const bundle::Range& list) const {
    const TypeId type = world_.Type(id);
    const auto types = Slice(bundle_.type_lists(), list);
    if (std::find(types.begin(), types.end(), engine_.BundleTypeOf(type)) == types.end()) return false;
    const uint32_t row = engine_.EntityTypeRowOf(type);
    return row == kNone || bundle_.entity_types()[row].is_enum == 0 ||
           IsPossible(engine_, world_, memory_, id);
  }

  // One side's part of a context.
  Misfit WhyNotMembers(const bundle::Range& declared, const Value& record, bool from_host) const {
    const auto attributes = Slice(bundle_.attributes(), declared);
    const auto cells = memory_.Cells(record);
    for (size_t i = 0; i < cells.size(); i += 2) {
      const AttributeRow* row = FindAttribute(attributes, memory_.Text(cells[i]));
      if (row == nullptr) return {MisfitKind::kUnknownAttribute, cells[i]};
      if ((row->from_host != 0) != from_host) return {MisfitKind::kWrongSide, cells[i]};
      if (!IsOfType(engine_, world_, memory_, cells[i + 1], row->type))
        return {MisfitKind::kAttributeType, cells[i], cells[i + 1]};
    }
    for (const AttributeRow& row : attributes) {
      // One of the host's that is missing errs where it is read.
      if (row.required == 0 || row.from_host != 0 || from_host) continue;
      const std::string_view name = bundle_.String(row.name);
      if (FindField(memory_, record, name) == nullptr) return {MisfitKind::kMissingAttribute, TextOf(name)};
    }
    return {};
  }

  Misfit WhyNotState() const {
    const auto& state = request_.host().state;
    for (size_t i = 0; i < state.size(); ++i) {
      const StateValue& item = state[i];
      const bundle::InputRow& input = bundle_.inputs()[item.input];
      const bool fits = static_cast<bundle::InputKind>(input.kind) != bundle::InputKind::kNow &&
                        item.has_key == (input.by != kNone) &&
                        item.value.kind == static_cast<Kind>(input.value_kind) &&
                        (!item.has_key || IsOfType(engine_, world_, memory_, item.key, input.key_type));
      if (!fits) return {MisfitKind::kState, TextOf(bundle_.String(input.id)), item.value};
      for (size_t k = i; k-- > 0 && state[k].input == item.input;) {
        entities::Work unlimited;
        if (!item.has_key || Compare(memory_, item.key, state[k].key, &unlimited) == 0)
          return {MisfitKind::kState, TextOf(bundle_.String(input.id)), item.value};
      }
    }
    return {};
  }

  const AttributeRow* FindAttribute(std::span<const AttributeRow> rows, std::string_view name) const {
    const auto at = std::find_if(rows.begin(), rows.end(),
                                 [&](const AttributeRow& row) { return bundle_.String(row.name) == name; });
    return at == rows.end() ? nullptr : &*at;
  }
  Value TextOf(std::string_view text) const {
    return {Kind::kString, Region::kBundle, 0, static_cast<uint32_t>(text.size()),
            static_cast<uint64_t>(reinterpret_cast<const uint8_t*>(text.data()) - bundle_.file().data())};
  }

  const Engine& engine_;
  const Bundle& bundle_;
  const Request& request_;
  const World world_;
  const Memory& memory_;
};

class Completion {
 public:
  Completion(const Engine& engine, const Memory& memory, entities::ValueBuilder* values)
      : engine_(engine), bundle_(engine.bundle().bundle()), memory_(memory), values_(*values) {}

  using Fields = std::vector<std::pair<std::string_view, Value>>;

  // Fills in what is missing of a record of these declarations; false if it becomes too deep.
  bool Complete(const bundle::Range& declared, Fields* fields) {
    for (const AttributeRow& row : Slice(bundle_.attributes(), declared)) {
      const std::string_view name = bundle_.String(row.name);
      auto at = std::find_if(fields->begin(), fields->end(), [&](const auto& f) { return f.first == name; });
      if (at == fields->end()) {
        if (row.if_missing == kNone) continue;
        at = fields->insert(fields->end(), {name, engine_.Constant(row.if_missing)});
      }
      const std::optional<Value> whole = Complete(row.type, at->second);
      if (!whole) return false;
      at->second = *whole;
    }
    return true;
  }

  // Values may lie in the builder's memory, which moves as it grows: no view is held across a build.
  Memory Here() const {
    Memory memory = memory_;
    memory.base[static_cast<size_t>(Region::kRequest)] = values_.base();
    return memory;
  }

 private:
  std::optional<Value> Complete(uint32_t type, const Value& value) {
    const bundle::ValueTypeRow& row = bundle_.value_types()[type];
    if (value.kind != static_cast<Kind>(row.kind) || !value.is_container() || !engine_.HasDefaults(type))
      return value;
    if (value.kind == Kind::kSet) {
      std::vector<Value> elements;
      for (uint32_t i = 0; i < value.count; ++i) {
        const std::optional<Value> whole = Complete(row.of, Here().Cells(value)[i]);
        if (!whole) return std::nullopt;
        elements.push_back(*whole);
      }
      return values_.Set(std::move(elements));
    }
    // Names are kept as texts of their own for the same reason.
    std::vector<std::string> names;
    std::vector<Value> cells;
    for (uint32_t i = 0; i < value.count; ++i) {
      names.emplace_back(Here().Text(Here().Cells(value)[2 * i]));
      cells.push_back(Here().Cells(value)[2 * i + 1]);
    }
    Fields fields;
    for (size_t i = 0; i < names.size(); ++i) fields.emplace_back(names[i], cells[i]);
    if (!Complete(row.fields, &fields)) return std::nullopt;
    return values_.Record(fields);
  }

  const Engine& engine_;
  const Bundle& bundle_;
  const Memory memory_;
  entities::ValueBuilder& values_;
};

}  // namespace

Misfit WhyNotFit(const Engine& engine, const Request& request, const Memory& memory, bool context_fits) {
  return Fit(engine, request, memory).WhyNot(context_fits);
}

bool FitsAsItLies(const Engine& engine, const Request& request, const Memory& memory,
                  std::span<const uint32_t> names, std::span<const Value> fields) {
  return Fit(engine, request, memory).FitsAsItLies(names, fields);
}

bool EntitiesFit(const Engine& engine, const Request& request, const Memory& memory) {
  return Fit(engine, request, memory).EntitiesFit();
}

Misfit WhyNotKnown(const Engine& engine, const Request& request, const Memory& memory) {
  const Fit fit(engine, request, memory);
  if (!fit.IsKnown(request.principal())) return {MisfitKind::kUnknownPrincipal};
  if (!fit.IsKnown(request.resource())) return {MisfitKind::kUnknownResource};
  for (const ActedFor& hop : request.host().acts_for) {
    if (!fit.IsKnown(hop.principal))
      return {MisfitKind::kUnknownPrincipal, {}, entities::MakeEntity(hop.principal)};
  }
  return {};
}

std::optional<Value> CompleteContext(const Engine& engine, const Request& request, const Memory& memory,
                                     entities::ValueBuilder* values) {
  if (request.action_row() == kNone) return request.context();
  const Bundle& b = engine.bundle().bundle();
  const bundle::ActionRow& action = b.actions()[request.action_row()];
  const auto declared = Slice(b.attributes(), action.context);
  Completion completion(engine, memory, values);
  std::vector<std::string> names;
  std::vector<Value> given;
  auto take = [&](const Value& part, bool from_host) {
    const auto cells = memory.Cells(part);
    for (size_t i = 0; i < cells.size(); i += 2) {
      const std::string_view name = memory.Text(cells[i]);
      const auto row = std::find_if(declared.begin(), declared.end(),
                                    [&](const AttributeRow& a) { return b.String(a.name) == name; });
      if ((row != declared.end() && row->from_host != 0) != from_host) continue;
      names.emplace_back(name);
      given.push_back(cells[i + 1]);
    }
  };
  take(request.context(), false);
  take(request.host().context, true);
  Completion::Fields fields;
  for (size_t i = 0; i < names.size(); ++i) fields.emplace_back(names[i], given[i]);
  if (!completion.Complete(action.context, &fields)) return std::nullopt;
  return values->Record(fields);
}

}  // namespace polc::vm
