#include "compiler/bridge/program.h"

#include <algorithm>

namespace polc::bridge {

using bundle::Bundle;
using bundle::kNone;
using bundle::Range;

namespace {

static_assert(static_cast<int>(core::Input::Kind::kNow) == static_cast<int>(bundle::InputKind::kNow) &&
              static_cast<int>(core::Input::Kind::kBreaker) == static_cast<int>(bundle::InputKind::kBreaker));

class Declarations {
 public:
  explicit Declarations(const Bundle& b) : b_(b) {}

  core::Program Read() {
    core::Program out;
    out.pol = b_.is_pol();
    if (!out.pol) return out;
    ReadTypes();
    ReadModel(out.model);
    for (const bundle::LevelsRow& row : b_.levels()) {
      out.levels.push_back({Text(row.name), Texts(b_.level_names(), row.names), row.higher_is_stricter != 0});
    }
    for (const bundle::LimitKindRow& row : b_.limit_kinds()) {
      out.limit_kinds.push_back({Text(row.name), types_[row.type], static_cast<core::Merge>(row.merge)});
    }
    for (const bundle::EvidenceKindRow& row : b_.evidence_kinds()) {
      out.evidence_kinds.push_back({Text(row.name), row.undo != 0, types_[row.type]});
    }
    for (const bundle::InputRow& row : b_.inputs()) out.inputs.push_back(ReadInput(row));
    for (const bundle::ZoneRow& row : b_.zones()) {
      core::Zone& zone =
          out.zones.emplace_back(core::Zone{Text(row.name), Text(row.version), {}, row.ends_ms});
      for (const bundle::ZoneOffsetRow& at : Rows(b_.zone_offsets(), row.offsets))
        zone.rows.push_back({at.from_ms, at.offset_ms});
    }
    for (const bundle::HoursRow& row : b_.hours()) {
      out.hours.push_back(
          {Text(row.name), Text(b_.zones()[row.zone].name), row.days, row.from_minute, row.to_minute});
    }
    for (const bundle::PairRow& row : b_.settings()) out.settings.push_back({Text(row.key), Text(row.value)});
    SortByName(out.levels);
    SortByName(out.limit_kinds);
    SortByName(out.evidence_kinds);
    std::ranges::sort(out.inputs, {}, &core::Input::id);
    SortByName(out.zones);
    SortByName(out.hours);
    SortByName(out.settings);
    return out;
  }

 private:
  template <typename T>
  static void SortByName(std::vector<T>& list) {
    std::ranges::sort(list, {}, &T::name);
  }
  template <typename Row>
  static std::span<const Row> Rows(std::span<const Row> rows, const Range& range) {
    return rows.subspan(range.first, range.count);
  }
  std::string Text(uint32_t string) const { return std::string(b_.String(string)); }
  std::string TypeName(uint32_t type) const { return type == kNone ? "" : Text(b_.types()[type]); }
  std::vector<std::string> Texts(std::span<const uint32_t> strings, const Range& range) const {
    std::vector<std::string> out;
    for (uint32_t string : Rows(strings, range)) out.push_back(Text(string));
    return out;
  }
  std::vector<std::string> TypeNames(const Range& range) const {
    std::vector<std::string> out;
    for (uint32_t type : Rows(b_.type_lists(), range)) out.push_back(TypeName(type));
    std::ranges::sort(out);
    return out;
  }
  data::EntityUid Uid(uint32_t entity) const {
    return {TypeName(b_.entities()[entity].type), Text(b_.entities()[entity].id)};
  }

  // Recursion is as deep as values may be (bundle::kMaxValueDepth).
  data::Value ValueOf(const bundle::Cell& cell) const {
    const auto number = static_cast<int64_t>(cell.value);
    switch (static_cast<data::Kind>(cell.kind)) {
      case data::Kind::kBool:
        return data::Value(cell.value != 0);
      case data::Kind::kLong:
        return data::Value(number);
      case data::Kind::kString:
        return data::Value(Text(static_cast<uint32_t>(cell.value)));
      case data::Kind::kEntity:
        return data::Value(Uid(static_cast<uint32_t>(cell.value)));
      case data::Kind::kDecimal:
        return data::Value(data::Decimal{number});
      case data::Kind::kDatetime:
        return data::Value(data::Datetime{number});
      case data::Kind::kDuration:
        return data::Value(data::Duration{number});
      case data::Kind::kIp: {
        data::IpAddr ip;
        ip.v6 = (cell.count & bundle::kIpV6) != 0;
        ip.prefix = static_cast<uint8_t>(cell.count & (bundle::kIpV6 - 1));
        if (ip.v6) {
          std::ranges::copy(b_.addresses()[cell.value].bytes, ip.bytes.begin());
        } else {
          for (size_t i = 0; i < 4; ++i) ip.bytes[i] = static_cast<uint8_t>(cell.value >> (24 - 8 * i));
        }
        return data::Value(ip);
      }
      case data::Kind::kSet: {
        std::vector<data::Value> elements;
        for (const bundle::Cell& e : b_.cells().subspan(cell.value, cell.count))
          elements.push_back(ValueOf(e));
        return data::Value::MakeSet(std::move(elements));
      }
      case data::Kind::kRecord: {
        data::Record fields;
        const auto cells = b_.cells().subspan(cell.value, size_t{cell.count} * 2);
        for (size_t i = 0; i < cells.size(); i += 2)
          fields.emplace_back(Text(static_cast<uint32_t>(cells[i].value)), ValueOf(cells[i + 1]));
        return data::Value::MakeRecord(std::move(fields));
      }
    }
    return {};
  }

  std::vector<core::Attribute> Attributes(const Range& range) const {
    std::vector<core::Attribute> out;
    for (const bundle::AttributeRow& row : Rows(b_.attributes(), range)) {
      core::Attribute& a = out.emplace_back();
      a.name = Text(row.name);
      a.type = types_[row.type];
      a.required = row.required != 0;
      a.from_host = row.from_host != 0;
      a.varies = row.varies != 0;
      if (row.if_missing != kNone) a.if_missing = ValueOf(b_.cells()[row.if_missing]);
    }
    std::ranges::sort(out, {}, &core::Attribute::name);
    return out;
  }

  // What a type consists of stands before it.
  void ReadTypes() {
    for (const bundle::ValueTypeRow& row : b_.value_types()) {
      core::Type type;
      type.kind = static_cast<data::Kind>(row.kind);
      type.percent = row.percent != 0;
      type.at_most = row.at_most;
      if (type.kind == data::Kind::kEntity) type.entity = TypeName(row.of);
      if (type.kind == data::Kind::kSet) type.element = types_[row.of];
      if (row.levels != kNone) type.levels = Text(b_.levels()[row.levels].name);
      type.fields = Attributes(row.fields);
      types_.push_back(std::make_shared<const core::Type>(std::move(type)));
    }
  }

  void ReadModel(core::Model& model) const {
    for (const bundle::EntityTypeRow& row : b_.entity_types()) {
      core::EntityType& type = model.entity_types.emplace_back();
      type.name = TypeName(row.type);
      type.nature = static_cast<core::EntityType::Nature>(row.nature);
      type.owner = TypeName(row.owner);
      type.parents = TypeNames(row.parents);
      type.attributes = Attributes(row.attributes);
      if (row.tags != kNone) type.tags = types_[row.tags];
      if (row.is_enum != 0) {
        type.enum_ids = Texts(b_.enum_ids(), row.ids);
        std::ranges::sort(*type.enum_ids);
      }
    }
    SortByName(model.entity_types);
    for (const bundle::ClassRow& row : b_.classes())
      model.classes.push_back({Text(row.name), static_cast<core::Reversibility>(row.reversibility)});
    SortByName(model.classes);
    for (const bundle::ActionRow& row : b_.actions()) {
      core::Action& action = model.actions.emplace_back();
      action.uid = Uid(row.action);
      if (row.action_class != kNone) action.action_class = Text(b_.classes()[row.action_class].name);
      action.principals = TypeNames(row.principals);
      action.resources = TypeNames(row.resources);
      action.context = Attributes(row.context);
      for (const bundle::PathRow& path : Rows(b_.paths(), row.paths))
        action.digest.push_back({path.of_resource != 0, Texts(b_.path_names(), path.names)});
      std::ranges::sort(action.digest);
      for (uint32_t group : Rows(b_.action_groups(), row.groups)) action.groups.push_back(Uid(group));
      std::ranges::sort(action.groups);
    }
    std::ranges::sort(model.actions, {}, &core::Action::uid);
  }

  core::Input ReadInput(const bundle::InputRow& row) const {
    core::Input out;
    out.id = Text(row.id);
    out.name = Text(row.name);
    out.kind = static_cast<core::Input::Kind>(row.kind);
    out.value = static_cast<data::Kind>(row.value_kind);
    out.by = Text(row.by);
    if (row.key_type != kNone) out.key_type = types_[row.key_type];
    out.mode = static_cast<core::Mode>(row.mode);
    out.fresh_within_ms = row.fresh_within_ms;
    out.over_ms = row.over_ms;
    out.opens_at = row.opens_at;
    out.closes_after_ms = row.closes_after_ms;
    return out;
  }

  const Bundle& b_;
  std::vector<core::TypePtr> types_;
};

}  // namespace

core::Program DeclarationsOf(const bundle::VerifiedBundle& verified) {
  return Declarations(verified.bundle()).Read();
}

}  // namespace polc::bridge
