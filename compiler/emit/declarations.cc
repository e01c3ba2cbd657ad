#include "compiler/emit/declarations.h"

#include <algorithm>
#include <set>

#include "compiler/core/can_err.h"
#include "runtime/bundle/text.h"

namespace polc::emit {

using bundle::Image;
using bundle::kNone;
using bundle::Range;

namespace {

static_assert(static_cast<int>(core::Merge::kAnyTrue) == static_cast<int>(bundle::Merge::kAnyTrue) &&
              static_cast<int>(core::Merge::kCommonMembers) ==
                  static_cast<int>(bundle::Merge::kCommonMembers));
static_assert(static_cast<int>(core::EntityType::Nature::kService) ==
                  static_cast<int>(bundle::Nature::kService) &&
              static_cast<int>(core::EntityType::Nature::kPerson) ==
                  static_cast<int>(bundle::Nature::kPerson));
static_assert(static_cast<int>(core::Reversibility::kIrreversible) ==
              static_cast<int>(bundle::Reversibility::kIrreversible));

uint32_t Size(const auto& rows) { return static_cast<uint32_t>(rows.size()); }

bool TextLess(std::string_view a, std::string_view b) { return bundle::CompareText(a, b) < 0; }
bool UidLess(const data::EntityUid& a, const data::EntityUid& b) {
  const int by_type = bundle::CompareText(a.type, b.type);
  return by_type != 0 ? by_type < 0 : TextLess(a.id, b.id);
}

// The list in the order of the runtime.
template <typename T, typename Less>
std::vector<const T*> Sorted(const std::vector<T>& list, Less less) {
  std::vector<const T*> out;
  for (const T& item : list) out.push_back(&item);
  std::sort(out.begin(), out.end(), [&](const T* a, const T* b) { return less(*a, *b); });
  return out;
}
template <typename T>
std::vector<const T*> SortedByName(const std::vector<T>& list) {
  return Sorted(list, [](const T& a, const T& b) { return TextLess(a.name, b.name); });
}

}  // namespace

Declarations::Declarations(const core::Program& program, bundle::ImageBuilder* builder)
    : program_(program), builder_(builder) {
  // Facts keep their order: each reads only those before it.
  for (const core::Fact& fact : program.facts) facts_.emplace(fact.name, Size(facts_));
  input_order_ =
      Sorted(program.inputs, [](const core::Input& a, const core::Input& b) { return TextLess(a.id, b.id); });
  for (const core::Input* input : input_order_) inputs_.emplace(input->id, Size(inputs_));
  AddLevels();
  AddKinds();
  AddHours();
  AddModel();
  for (const core::Setting& setting : program.settings) {
    builder_->image.settings.push_back({builder_->String(setting.name), builder_->String(setting.value)});
  }
}

bool Declarations::IsKeyed(std::string_view id) const { return !input_order_[Input(id)]->by.empty(); }

void Declarations::AddLevels() {
  Image& image = builder_->image;
  for (const core::Levels* levels : SortedByName(program_.levels)) {
    levels_.emplace(levels->name, Size(image.levels));
    bundle::LevelsRow row{};
    row.name = builder_->String(levels->name);
    row.higher_is_stricter = levels->higher_is_stricter;
    row.names = {Size(image.level_names), Size(levels->names)};
    for (const std::string& name : levels->names) image.level_names.push_back(builder_->String(name));
    image.levels.push_back(row);
  }
}

void Declarations::AddKinds() {
  Image& image = builder_->image;
  for (const core::LimitKind* kind : SortedByName(program_.limit_kinds)) {
    limit_kinds_.emplace(kind->name, Size(image.limit_kinds));
    bundle::LimitKindRow row{};
    row.name = builder_->String(kind->name);
    row.merge = static_cast<uint8_t>(kind->merge);
    row.type = Type(*kind->type);
    image.limit_kinds.push_back(row);
  }
  for (const core::EvidenceKind* kind : SortedByName(program_.evidence_kinds)) {
    evidence_kinds_.emplace(kind->name, Size(image.evidence_kinds));
    bundle::EvidenceKindRow row{};
    row.name = builder_->String(kind->name);
    row.undo = kind->undo;
    row.type = Type(*kind->type);
    image.evidence_kinds.push_back(row);
  }
  for (const core::Input* input : input_order_) {
    if (input->key_type) Type(*input->key_type);
  }
}

void Declarations::AddHours() {
  Image& image = builder_->image;
  std::map<std::string, uint32_t> zones;
  for (const core::Zone* zone : SortedByName(program_.zones)) {
    zones.emplace(zone->name, Size(image.zones));
    image.zones.push_back({builder_->String(zone->name),
                           builder_->String(zone->version),
                           {Size(image.zone_offsets), Size(zone->rows)},
                           zone->ends_ms});
    for (const core::Zone::Row& row : zone->rows)
      image.zone_offsets.push_back({row.from_ms, row.offset_ms, 0});
  }
  for (const core::Hours* hours : SortedByName(program_.hours)) {
    hours_.emplace(hours->name, Size(image.hours));
    image.hours.push_back({builder_->String(hours->name),
                           zones.at(hours->zone),
                           hours->from_minute,
                           hours->to_minute,
                           hours->days,
                           {}});
  }
}

// Recursion is as deep as the type, which Depth has bounded; rows of what it consists of come first.
uint32_t Declarations::Type(const core::Type& type) {
  if (Depth(type, 1) > bundle::kMaxTypeDepth) {
    too_deep_ = true;
    return 0;
  }
  bundle::ValueTypeRow row{};
  row.kind = static_cast<uint8_t>(type.kind);
  row.percent = type.percent;
  row.at_most = type.at_most;
  row.of = row.levels = kNone;
  if (!type.entity.empty()) row.of = builder_->Type(type.entity);
  if (type.element) row.of = Type(*type.element);
  if (!type.levels.empty()) row.levels = Levels(type.levels);
  const std::vector<bundle::AttributeRow> fields = AttributeRows(type.fields);
  TypeKey key = {row.kind, row.percent, row.at_most, row.of, row.levels};
  for (const bundle::AttributeRow& field : fields) {
    key.insert(key.end(),
               {field.name, field.type, field.if_missing, field.required, field.from_host, field.varies});
  }
  Image& image = builder_->image;
  const auto [known, is_new] = types_.emplace(std::move(key), Size(image.value_types));
  if (is_new) {
    row.fields = Put(fields);
    image.value_types.push_back(row);
  }
  return known->second;
}

uint32_t Declarations::Depth(const core::Type& type, uint32_t depth) {
  if (depth > bundle::kMaxTypeDepth) return depth;
  uint32_t deepest = depth;
  if (type.element) deepest = Depth(*type.element, depth + 1);
  for (const core::Attribute& field : type.fields) deepest = std::max(deepest, Depth(*field.type, depth + 1));
  return deepest;
}

bundle::AttributeRow Declarations::Attribute(const core::Attribute& attribute) {
  bundle::AttributeRow row{};
  row.name = builder_->String(attribute.name);
  row.type = Type(*attribute.type);
  row.if_missing = attribute.if_missing ? builder_->AddConstant(ConstantOf(*attribute.if_missing)) : kNone;
  row.required = attribute.required;
  row.from_host = attribute.from_host;
  row.varies = attribute.varies;
  return row;
}

std::vector<bundle::AttributeRow> Declarations::AttributeRows(
    const std::vector<core::Attribute>& attributes) {
  std::vector<bundle::AttributeRow> rows;
  for (const core::Attribute* attribute : SortedByName(attributes)) rows.push_back(Attribute(*attribute));
  return rows;
}

Range Declarations::Put(const std::vector<bundle::AttributeRow>& rows) {
  Image& image = builder_->image;
  const Range range = {Size(image.attributes), Size(rows)};
  image.attributes.insert(image.attributes.end(), rows.begin(), rows.end());
  return range;
}

Range Declarations::TypeList(const std::vector<std::string>& names) {
  Image& image = builder_->image;
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end(), TextLess);
  const Range range = {Size(image.type_lists), Size(sorted)};
  for (const std::string& name : sorted) image.type_lists.push_back(builder_->Type(name));
  return range;
}

// The owners of attributes come in the format's order: all value types first, so those are made before any
// entity type or action puts its own.
void Declarations::AddModel() {
  Image& image = builder_->image;
  const core::Model& model = program_.model;
  const auto types = SortedByName(model.entity_types);
  const auto actions = Sorted(
      model.actions, [](const core::Action& a, const core::Action& b) { return UidLess(a.uid, b.uid); });
  std::vector<std::vector<bundle::AttributeRow>> of_types, of_actions;
  std::vector<uint32_t> tags;
  for (const core::EntityType* type : types) {
    of_types.push_back(AttributeRows(type->attributes));
    tags.push_back(type->tags ? Type(*type->tags) : kNone);
  }
  for (const core::Action* action : actions) of_actions.push_back(AttributeRows(action->context));

  for (size_t i = 0; i < types.size(); ++i) {
    const core::EntityType& type = *types[i];
    bundle::EntityTypeRow row{};
    row.type = builder_->Type(type.name);
    row.owner = type.owner.empty() ? kNone : builder_->Type(type.owner);
    row.tags = tags[i];
    row.nature = static_cast<uint8_t>(type.nature);
    row.is_enum = type.enum_ids.has_value();
    row.attributes = Put(of_types[i]);
    row.parents = TypeList(type.parents);
    row.ids = {Size(image.enum_ids), 0};
    if (type.enum_ids) {
      std::vector<std::string> ids = *type.enum_ids;
      std::sort(ids.begin(), ids.end(), TextLess);
      row.ids.count = Size(ids);
      for (const std::string& id : ids) image.enum_ids.push_back(builder_->String(id));
    }
    image.entity_types.push_back(row);
  }
  for (const core::ActionClass* c : SortedByName(model.classes)) {
    classes_.emplace(c->name, Size(image.classes));
    image.classes.push_back({builder_->String(c->name), static_cast<uint8_t>(c->reversibility), {}});
  }
  for (size_t i = 0; i < actions.size(); ++i) {
    const core::Action& action = *actions[i];
    bundle::ActionRow row{};
    row.action = builder_->Entity(action.uid.type, action.uid.id);
    row.action_class = action.action_class.empty() ? kNone : classes_.at(action.action_class);
    row.principals = TypeList(action.principals);
    row.resources = TypeList(action.resources);
    row.context = Put(of_actions[i]);
    row.paths = {Size(image.paths), Size(action.digest)};
    for (const core::AttributePath& path : action.digest) {
      image.paths.push_back({path.of_resource, {}, 0, {Size(image.path_names), Size(path.names)}});
      for (const std::string& name : path.names) image.path_names.push_back(builder_->String(name));
    }
    AddReads(action, &row);
    row.groups = {Size(image.action_groups), Size(action.groups)};
    std::vector<data::EntityUid> groups = action.groups;
    std::sort(groups.begin(), groups.end(), UidLess);
    for (const data::EntityUid& group : groups)
      image.action_groups.push_back(builder_->Entity(group.type, group.id));
    image.actions.push_back(row);
  }
}

// The facts that deciding the action may read. They read only facts before them, so going backwards each has
// been named by whoever reads it when its turn comes.
void Declarations::AddReads(const core::Action& action, bundle::ActionRow* row) {
  std::set<uint32_t> facts;
  auto add = [&](const core::Rule& rule) {
    for (const core::Expr& e : rule.exprs) {
      if (e.op == core::Op::kFactRef) facts.insert(Fact(rule.name(e)));
    }
  };
  for (const core::Rule& rule : program_.rules) {
    if (Covers(rule.action, action)) add(rule);
  }
  for (const core::Input& input : program_.inputs) {
    if (Covers(input.update.action, action)) add(input.update);
  }
  for (uint32_t i = Size(program_.facts); i-- > 0;) {
    if (facts.count(i) == 0) continue;
    const core::Fact& fact = program_.facts[i];
    add(fact.body);
    for (const core::Fact::Step& step : fact.rows) add(step.rule);
    for (const core::Fact::Step& cap : fact.caps) add(cap.rule);
  }
  Image& image = builder_->image;
  row->facts = {Size(image.action_facts), Size(facts)};
  image.action_facts.insert(image.action_facts.end(), facts.begin(), facts.end());
}

bundle::Constant ConstantOf(const data::EntityUid& uid) {
  bundle::Constant c;
  c.kind = bundle::Kind::kEntity;
  c.type = uid.type;
  c.text = uid.id;
  return c;
}

// Recursion is as deep as the value, which parsers and JSON readers bound.
bundle::Constant ConstantOf(const data::Value& value) {
  bundle::Constant c;
  switch (value.kind()) {
    case data::Kind::kBool:
      c.kind = bundle::Kind::kBool;
      c.number = value.as_bool();
      break;
    case data::Kind::kLong:
      c.kind = bundle::Kind::kLong;
      c.number = value.as_long();
      break;
    case data::Kind::kString:
      c.kind = bundle::Kind::kString;
      c.text = value.as_string();
      break;
    case data::Kind::kEntity:
      return ConstantOf(value.as_entity());
    case data::Kind::kDecimal:
      c.kind = bundle::Kind::kDecimal;
      c.number = value.as_decimal().units;
      break;
    case data::Kind::kDatetime:
      c.kind = bundle::Kind::kDatetime;
      c.number = value.as_datetime().ms;
      break;
    case data::Kind::kDuration:
      c.kind = bundle::Kind::kDuration;
      c.number = value.as_duration().ms;
      break;
    case data::Kind::kIp: {
      const data::IpAddr& ip = value.as_ip();
      c.kind = bundle::Kind::kIp;
      c.number = ip.prefix;
      c.text.assign(ip.bytes.begin(), ip.bytes.begin() + (ip.v6 ? 16 : 4));
      break;
    }
    case data::Kind::kSet:
      c.kind = bundle::Kind::kSet;
      for (const data::Value& e : value.as_set()) c.elements.push_back(ConstantOf(e));
      break;
    case data::Kind::kRecord:
      c.kind = bundle::Kind::kRecord;
      for (const auto& [name, e] : value.as_record()) {
        c.names.push_back(name);
        c.elements.push_back(ConstantOf(e));
      }
      break;
  }
  return c;
}

}  // namespace polc::emit
