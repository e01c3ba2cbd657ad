// Each rule about the rows of Pol, one by one: a bundle that breaks it and nothing before it is refused for
// it, and for the row that breaks it. The first two tests see to it that no rule and no field is left out.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "runtime/bundle/test_pol_image.h"
#include "runtime/bundle/verify.h"

namespace polc::bundle {
namespace {

constexpr uint32_t kFar = 1000;
constexpr uint8_t kTwo = 2;

struct Case {
  const char* pass;    // the function of verify_pol.cc, or of verify.cc, that has to refuse it
  const char* error;   // BundleErrorName; Ok: it is another policy
  SectionKind blamed;  // where the row lies that the refusal names
  std::function<void(Image&)> change;
};

using K = SectionKind;

// What only a key may be, behind the fields of the types of PolImage.
ValueTypeRow AnyEntity() {
  ValueTypeRow type{};
  type.kind = static_cast<uint8_t>(Kind::kEntity);
  type.of = type.levels = kNone;
  type.fields = {2, 0};
  return type;
}

const std::vector<Case>& Cases() {
  static const auto* cases = new std::vector<Case>{
      // Levels.
      {"CheckLevels", "Index", K::kLevels, [](Image& i) { i.levels[0].name = kFar; }},
      {"CheckLevels", "Order", K::kLevels, [](Image& i) { std::swap(i.levels[0].name, i.levels[1].name); }},
      {"CheckLevels", "Enumerator", K::kLevels, [](Image& i) { i.levels[1].higher_is_stricter = kTwo; }},
      {"CheckLevels", "Padding", K::kLevels, [](Image& i) { i.levels[0].reserved[2] = 1; }},
      {"CheckLevels", "RangeOrder", K::kLevels, [](Image& i) { i.levels[1].names.first = 1; }},
      {"CheckLevels", "RangeOrder", K::kLevels, [](Image& i) { i.levels[1].names.count = 3; }},
      {"CheckLevels", "LevelNames", K::kLevels,
       [](Image& i) { i.levels[1].names.count = 1, i.level_names.pop_back(); }},
      {"CheckLevels", "LevelNames", K::kLevels, [](Image& i) { i.level_names[1] = i.level_names[0]; }},
      {"CheckLevels", "Index", K::kLevels, [](Image& i) { i.level_names[2] = kFar; }},
      {"CheckLevels", "RangeOrder", K::kLevelNames, [](Image& i) { i.level_names.push_back(0); }},
      // Types of values.
      {"CheckValueTypes", "Enumerator", K::kValueTypes, [](Image& i) { i.value_types[0].kind = kKindCount; }},
      {"CheckValueTypes", "Enumerator", K::kValueTypes, [](Image& i) { i.value_types[2].percent = kTwo; }},
      {"CheckValueTypes", "Padding", K::kValueTypes, [](Image& i) { i.value_types[0].reserved[1] = 1; }},
      {"CheckValueTypes", "TypeFields", K::kValueTypes, [](Image& i) { i.value_types[1].percent = 1; }},
      {"CheckValueTypes", "TypeFields", K::kValueTypes, [](Image& i) { i.value_types[1].at_most = 1; }},
      {"CheckAttributes", "Index", K::kAttributes, [](Image& i) { i.value_types[3].of = kNone; }},
      {"CheckValueTypes", "Index", K::kValueTypes,
       [](Image& i) {
         i.value_types.push_back(AnyEntity());
         ValueTypeRow set = i.value_types[4];
         set.of = static_cast<uint32_t>(i.value_types.size()) - 1;
         set.fields = {2, 0};
         i.value_types.push_back(set);
       }},
      {"CheckValueTypes", "TypeFields", K::kValueTypes, [](Image& i) { i.value_types[4].of = kNone; }},
      {"CheckValueTypes", "TypeFields", K::kValueTypes, [](Image& i) { i.value_types[1].of = 0; }},
      {"CheckValueTypes", "TypeFields", K::kValueTypes, [](Image& i) { i.value_types[1].levels = 0; }},
      {"CheckValueTypes", "TypeFields", K::kValueTypes, [](Image& i) { i.value_types[1].fields.count = 1; }},
      {"CheckValueTypes", "Index", K::kValueTypes, [](Image& i) { i.value_types[3].of = kFar; }},
      {"CheckValueTypes", "Index", K::kValueTypes, [](Image& i) { i.value_types[4].of = 4; }},
      {"CheckValueTypes", "Index", K::kValueTypes, [](Image& i) { i.value_types[5].levels = 2; }},
      {"CheckValueTypes", "RangeOrder", K::kValueTypes, [](Image& i) { i.value_types[6].fields.first = 1; }},
      {"CheckValueTypes", "RangeOrder", K::kValueTypes,
       [](Image& i) { i.value_types[6].fields.count = kFar; }},
      {"CheckValueTypes", "Index", K::kAttributes, [](Image& i) { i.attributes[0].type = 6; }},
      {"CheckValueTypes", "TypeFields", K::kValueTypes,
       [](Image& i) {
         // Sets of sets; the same one level flatter is accepted, see DepthOfTypesBothSides.
         for (uint32_t d = 2; d <= kMaxTypeDepth + 1; ++d) {
           ValueTypeRow set = i.value_types[4];
           set.of = d == 2 ? 0 : static_cast<uint32_t>(i.value_types.size()) - 1;
           set.fields = {2, 0};
           i.value_types.push_back(set);
         }
       }},
      {"CheckValueTypes", "Ok", K::kValueTypes, [](Image& i) { i.value_types[4].at_most = 7; }},
      {"CheckValueTypes", "Ok", K::kValueTypes, [](Image& i) { i.value_types[2].percent = 0; }},
      // Attributes.
      {"CheckAttributes", "Index", K::kAttributes, [](Image& i) { i.attributes[2].name = kFar; }},
      {"CheckAttributes", "Index", K::kAttributes, [](Image& i) { i.attributes[2].type = kFar; }},
      {"CheckAttributes", "Enumerator", K::kAttributes, [](Image& i) { i.attributes[2].required = kTwo; }},
      {"CheckAttributes", "Enumerator", K::kAttributes, [](Image& i) { i.attributes[2].from_host = kTwo; }},
      {"CheckAttributes", "Enumerator", K::kAttributes, [](Image& i) { i.attributes[2].varies = kTwo; }},
      {"CheckAttributes", "Padding", K::kAttributes, [](Image& i) { i.attributes[2].reserved = 1; }},
      {"CheckAttributes", "Index", K::kAttributes,
       [](Image& i) { i.attributes[2].if_missing = i.constant_count; }},
      {"CheckAttributes", "AttributeFields", K::kAttributes, [](Image& i) { i.attributes[1].required = 1; }},
      {"CheckAttributes", "AttributeFields", K::kAttributes, [](Image& i) { i.attributes[1].type = 0; }},
      {"CheckAttributes", "Ok", K::kAttributes, [](Image& i) { i.attributes[2].required = 1; }},
      {"CheckAttributes", "Ok", K::kAttributes, [](Image& i) { i.attributes[5].from_host = 1; }},
      {"CheckAttributes", "Ok", K::kAttributes, [](Image& i) { i.attributes[5].varies = 1; }},
      {"CheckAttributes", "Ok", K::kAttributes, [](Image& i) { i.attributes[1].if_missing = kNone; }},
      // Kinds of limits and evidence, settings.
      {"CheckKinds", "Order", K::kAttributes,
       [](Image& i) { std::swap(i.attributes[0].name, i.attributes[1].name); }},
      {"CheckKinds", "Index", K::kLimitKinds, [](Image& i) { i.limit_kinds[0].name = kFar; }},
      {"CheckKinds", "Order", K::kLimitKinds,
       [](Image& i) { std::swap(i.limit_kinds[1].name, i.limit_kinds[2].name); }},
      {"CheckKinds", "Enumerator", K::kLimitKinds, [](Image& i) { i.limit_kinds[0].merge = kMergeCount; }},
      {"CheckKinds", "Padding", K::kLimitKinds, [](Image& i) { i.limit_kinds[0].reserved[0] = 1; }},
      {"CheckKinds", "Padding", K::kLimitKinds, [](Image& i) { i.limit_kinds[0].padding = 1; }},
      {"CheckKinds", "Index", K::kLimitKinds, [](Image& i) { i.limit_kinds[0].type = kFar; }},
      {"CheckKinds", "LimitMerge", K::kLimitKinds, [](Image& i) { i.limit_kinds[0].type = 0; }},
      {"CheckKinds", "LimitMerge", K::kLimitKinds, [](Image& i) { i.limit_kinds[1].type = 1; }},
      {"CheckKinds", "LimitMerge", K::kLimitKinds, [](Image& i) { i.limit_kinds[2].type = 6; }},
      {"CheckKinds", "LimitMerge", K::kLimitKinds,
       [](Image& i) { i.limit_kinds[1].merge = static_cast<uint8_t>(Merge::kHighest); }},
      {"CheckKinds", "LimitMerge", K::kLimitKinds,
       [](Image& i) { i.limit_kinds[2].merge = static_cast<uint8_t>(Merge::kAllMembers); }},
      {"CheckKinds", "Ok", K::kLimitKinds,
       [](Image& i) { i.limit_kinds[1].merge = static_cast<uint8_t>(Merge::kAllMembers); }},
      {"CheckKinds", "Ok", K::kLimitKinds,
       [](Image& i) { i.limit_kinds[2].merge = static_cast<uint8_t>(Merge::kHighest); }},
      {"CheckKinds", "Index", K::kEvidenceKinds, [](Image& i) { i.evidence_kinds[0].name = kFar; }},
      {"CheckKinds", "Order", K::kEvidenceKinds,
       [](Image& i) { i.evidence_kinds[1].name = i.evidence_kinds[0].name; }},
      {"CheckKinds", "Enumerator", K::kEvidenceKinds, [](Image& i) { i.evidence_kinds[0].undo = kTwo; }},
      {"CheckKinds", "Padding", K::kEvidenceKinds, [](Image& i) { i.evidence_kinds[0].reserved[1] = 1; }},
      {"CheckKinds", "Padding", K::kEvidenceKinds, [](Image& i) { i.evidence_kinds[0].padding = 1; }},
      {"CheckKinds", "Index", K::kEvidenceKinds, [](Image& i) { i.evidence_kinds[0].type = kFar; }},
      {"CheckKinds", "Ok", K::kEvidenceKinds, [](Image& i) { i.evidence_kinds[0].undo = 1; }},
      {"CheckKinds", "Index", K::kSettings, [](Image& i) { i.settings[0].key = kFar; }},
      {"CheckKinds", "Order", K::kSettings, [](Image& i) { std::swap(i.settings[0], i.settings[1]); }},
      {"CheckKinds", "Index", K::kSettings, [](Image& i) { i.settings[0].value = kFar; }},
      // Zones and hours.
      {"CheckHours", "Index", K::kZones, [](Image& i) { i.zones[0].name = kFar; }},
      {"CheckHours", "Order", K::kZones, [](Image& i) { std::swap(i.zones[0].name, i.zones[1].name); }},
      {"CheckHours", "Index", K::kZones, [](Image& i) { i.zones[0].version = kFar; }},
      {"CheckHours", "RangeOrder", K::kZones, [](Image& i) { i.zones[1].offsets.first = 0; }},
      {"CheckHours", "RangeOrder", K::kZones, [](Image& i) { i.zones[1].offsets.count = 3; }},
      {"CheckHours", "HoursFields", K::kZones, [](Image& i) { i.zones[0].offsets.count = 0; }},
      {"CheckHours", "HoursFields", K::kZones, [](Image& i) { i.zone_offsets[0].from_ms = 0; }},
      {"CheckHours", "Padding", K::kZoneOffsets, [](Image& i) { i.zone_offsets[1].padding = 1; }},
      {"CheckHours", "HoursFields", K::kZoneOffsets, [](Image& i) { i.zone_offsets[1].offset_ms = 86400000; }},
      {"CheckHours", "HoursFields", K::kZoneOffsets,
       [](Image& i) { i.zone_offsets[1].offset_ms = -86400000; }},
      {"CheckHours", "Ok", K::kZoneOffsets, [](Image& i) { i.zone_offsets[1].offset_ms = 86399999; }},
      {"CheckHours", "Ok", K::kZoneOffsets, [](Image& i) { i.zone_offsets[1].offset_ms = -86399999; }},
      {"CheckHours", "Order", K::kZoneOffsets, [](Image& i) { i.zone_offsets[2].from_ms = INT64_MIN; }},
      {"CheckHours", "RangeOrder", K::kZoneOffsets, [](Image& i) { i.zone_offsets.push_back({5, 0, 0}); }},
      {"CheckHours", "Ok", K::kZones, [](Image& i) { i.zones[0].ends_ms = INT64_MIN; }},
      {"CheckHours", "Index", K::kHours, [](Image& i) { i.hours[0].name = kFar; }},
      {"CheckHours", "Order", K::kHours, [](Image& i) { std::swap(i.hours[0].name, i.hours[1].name); }},
      {"CheckHours", "Index", K::kHours, [](Image& i) { i.hours[0].zone = 2; }},
      {"CheckHours", "Padding", K::kHours, [](Image& i) { i.hours[0].reserved[0] = 1; }},
      {"CheckHours", "HoursFields", K::kHours, [](Image& i) { i.hours[0].days = 0; }},
      {"CheckHours", "HoursFields", K::kHours, [](Image& i) { i.hours[0].days = 128; }},
      {"CheckHours", "HoursFields", K::kHours, [](Image& i) { i.hours[0].from_minute = 1440; }},
      {"CheckHours", "HoursFields", K::kHours, [](Image& i) { i.hours[0].to_minute = 1441; }},
      {"CheckHours", "Ok", K::kHours, [](Image& i) { i.hours[0].from_minute = 1439; }},
      {"CheckHours", "Ok", K::kHours, [](Image& i) { i.hours[0].to_minute = 1440; }},
      // Types of entities.
      {"CheckEntityTypes", "Index", K::kEntityTypes, [](Image& i) { i.entity_types[4].type = kFar; }},
      {"CheckEntityTypes", "Index", K::kEntityTypes, [](Image& i) { i.entity_types[1].owner = kFar; }},
      {"CheckEntityTypes", "Index", K::kEntityTypes, [](Image& i) { i.entity_types[4].tags = kFar; }},
      {"CheckEntityTypes", "Order", K::kEntityTypes,
       [](Image& i) { i.entity_types[1].type = i.entity_types[0].type; }},
      {"CheckEntityTypes", "Enumerator", K::kEntityTypes,
       [](Image& i) { i.entity_types[0].nature = kNatureCount; }},
      {"CheckEntityTypes", "Enumerator", K::kEntityTypes, [](Image& i) { i.entity_types[0].is_enum = kTwo; }},
      {"CheckEntityTypes", "Padding", K::kEntityTypes, [](Image& i) { i.entity_types[0].reserved[1] = 1; }},
      {"CheckEntityTypes", "RangeOrder", K::kEntityTypes,
       [](Image& i) { i.entity_types[1].attributes.first = 0; }},
      {"CheckEntityTypes", "RangeOrder", K::kEntityTypes,
       [](Image& i) { i.entity_types[1].attributes.count = kFar; }},
      {"CheckEntityTypes", "RangeOrder", K::kEntityTypes,
       [](Image& i) { i.entity_types[1].parents.first = 1; }},
      {"CheckEntityTypes", "RangeOrder", K::kEntityTypes,
       [](Image& i) { i.entity_types[1].parents.count = kFar; }},
      {"CheckEntityTypes", "RangeOrder", K::kEntityTypes, [](Image& i) { i.entity_types[2].ids.first = 1; }},
      {"CheckEntityTypes", "RangeOrder", K::kEntityTypes,
       [](Image& i) { i.entity_types[2].ids.count = kFar; }},
      {"CheckEntityTypes", "Order", K::kAttributes, [](Image& i) { i.attributes[3].name = i.attributes[2].name; }},
      {"CheckEntityTypes", "Order", K::kEntityTypes,
       [](Image& i) { std::swap(i.type_lists[0], i.type_lists[1]); }},
      {"CheckEntityTypes", "Order", K::kEntityTypes, [](Image& i) { i.enum_ids[1] = i.enum_ids[0]; }},
      {"CheckEntityTypes", "Order", K::kEntityTypes, [](Image& i) { i.type_lists[1] = kFar; }},
      {"CheckEntityTypes", "Order", K::kEntityTypes, [](Image& i) { i.enum_ids[1] = kFar; }},
      {"CheckEntityTypes", "ModelFields", K::kEntityTypes,
       [](Image& i) { i.entity_types[0].owner = i.entity_types[3].type; }},
      {"CheckEntityTypes", "ModelFields", K::kEntityTypes, [](Image& i) { i.entity_types[2].is_enum = 0; }},
      {"CheckEntityTypes", "RangeOrder", K::kEnumIds, [](Image& i) { i.enum_ids.push_back(0); }},
      {"CheckEntityTypes", "Ok", K::kEntityTypes,
       [](Image& i) { i.entity_types[0].nature = static_cast<uint8_t>(Nature::kService); }},
      {"CheckEntityTypes", "Ok", K::kEntityTypes, [](Image& i) { i.entity_types[4].tags = kNone; }},
      // Classes, actions, paths.
      {"CheckActions", "Index", K::kClasses, [](Image& i) { i.classes[0].name = kFar; }},
      {"CheckActions", "Order", K::kClasses, [](Image& i) { std::swap(i.classes[0].name, i.classes[1].name); }},
      {"CheckActions", "Enumerator", K::kClasses,
       [](Image& i) { i.classes[0].reversibility = kReversibilityCount; }},
      {"CheckActions", "Padding", K::kClasses, [](Image& i) { i.classes[0].reserved[0] = 1; }},
      {"CheckActions", "Ok", K::kClasses,
       [](Image& i) { i.classes[0].reversibility = static_cast<uint8_t>(Reversibility::kReadOnly); }},
      {"CheckActions", "Index", K::kActions, [](Image& i) { i.actions[0].action = kFar; }},
      {"CheckActions", "Index", K::kActions, [](Image& i) { i.actions[0].action_class = 2; }},
      {"CheckActions", "Order", K::kActions,
       [](Image& i) { std::swap(i.actions[0].action, i.actions[1].action); }},
      {"CheckActions", "RangeOrder", K::kActions, [](Image& i) { i.actions[0].principals.first += 1; }},
      {"CheckActions", "RangeOrder", K::kActions, [](Image& i) { i.actions[0].principals.count = kFar; }},
      {"CheckActions", "RangeOrder", K::kActions, [](Image& i) { i.actions[0].resources.first += 1; }},
      {"CheckActions", "RangeOrder", K::kActions, [](Image& i) { i.actions[0].resources.count = kFar; }},
      {"CheckActions", "RangeOrder", K::kActions, [](Image& i) { i.actions[1].context.first += 1; }},
      {"CheckActions", "RangeOrder", K::kActions, [](Image& i) { i.actions[1].context.count = 5; }},
      {"CheckActions", "RangeOrder", K::kActions, [](Image& i) { i.actions[1].paths.first = 1; }},
      {"CheckActions", "RangeOrder", K::kActions, [](Image& i) { i.actions[1].paths.count = 3; }},
      {"CheckActions", "RangeOrder", K::kActions, [](Image& i) { i.actions[1].facts.first = 1; }},
      {"CheckActions", "RangeOrder", K::kActions, [](Image& i) { i.actions[1].facts.count = 4; }},
      {"CheckActions", "RangeOrder", K::kActions, [](Image& i) { i.actions[1].groups.first = 0; }},
      {"CheckActions", "RangeOrder", K::kActions, [](Image& i) { i.actions[1].groups.count = 3; }},
      {"CheckActions", "Order", K::kAttributes,
       [](Image& i) { std::swap(i.attributes[4].name, i.attributes[5].name); }},
      {"CheckActions", "Order", K::kActions,
       [](Image& i) { std::swap(i.type_lists[6], i.type_lists[7]); }},
      {"CheckActions", "Order", K::kActions,
       [](Image& i) { std::swap(i.type_lists[8], i.type_lists[9]); }},
      {"CheckActions", "Order", K::kActions, [](Image& i) { i.action_facts[1] = i.action_facts[0]; }},
      {"CheckActions", "Order", K::kActions, [](Image& i) { i.action_facts[2] = 4; }},
      {"CheckActions", "Order", K::kActions, [](Image& i) { i.action_groups[1] = i.action_groups[2]; }},
      {"CheckActions", "Order", K::kActions, [](Image& i) { i.action_groups[2] = kFar; }},
      {"CheckActions", "RangeOrder", K::kAttributes,
       [](Image& i) { i.attributes.push_back(i.attributes.back()); }},
      {"CheckActions", "RangeOrder", K::kTypeLists, [](Image& i) { i.type_lists.push_back(0); }},
      {"CheckActions", "RangeOrder", K::kPaths, [](Image& i) { i.paths.push_back(i.paths.back()); }},
      {"CheckActions", "RangeOrder", K::kActionFacts, [](Image& i) { i.action_facts.push_back(3); }},
      {"CheckActions", "RangeOrder", K::kActionGroups, [](Image& i) { i.action_groups.push_back(0); }},
      {"CheckActions", "Ok", K::kActions, [](Image& i) { i.actions[1].action_class = kNone; }},
      {"CheckActions", "Enumerator", K::kPaths, [](Image& i) { i.paths[0].of_resource = kTwo; }},
      {"CheckActions", "Padding", K::kPaths, [](Image& i) { i.paths[0].reserved[0] = 1; }},
      {"CheckActions", "Padding", K::kPaths, [](Image& i) { i.paths[0].padding = 1; }},
      {"CheckActions", "RangeOrder", K::kPaths, [](Image& i) { i.paths[1].names.first = 0; }},
      {"CheckActions", "RangeOrder", K::kPaths, [](Image& i) { i.paths[1].names.count = 2; }},
      {"CheckActions", "ModelFields", K::kPaths,
       [](Image& i) { i.paths[1].names.count = 0, i.path_names.pop_back(); }},
      {"CheckActions", "Index", K::kPathNames, [](Image& i) { i.path_names[1] = kFar; }},
      {"CheckActions", "RangeOrder", K::kPathNames, [](Image& i) { i.path_names.push_back(0); }},
      {"CheckActions", "Ok", K::kPaths, [](Image& i) { i.paths[0].of_resource = 1; }},
      // Inputs: now, spend (a total), taint (a label), tries (attempts), freeze (a switch), breaker, counter.
      {"CheckInputs", "Index", K::kInputs, [](Image& i) { i.inputs[0].id = kFar; }},
      {"CheckInputs", "Order", K::kInputs, [](Image& i) { std::swap(i.inputs[0].id, i.inputs[1].id); }},
      {"CheckInputs", "Index", K::kInputs, [](Image& i) { i.inputs[0].name = kFar; }},
      {"CheckInputs", "Index", K::kInputs, [](Image& i) { i.inputs[1].by = kFar; }},
      {"CheckInputs", "Index", K::kInputs, [](Image& i) { i.inputs[1].key_type = kFar; }},
      {"CheckInputs", "Enumerator", K::kInputs, [](Image& i) { i.inputs[0].kind = kInputKindCount; }},
      {"CheckInputs", "Enumerator", K::kInputs, [](Image& i) { i.inputs[0].value_kind = kKindCount; }},
      {"CheckInputs", "Enumerator", K::kInputs, [](Image& i) { i.inputs[0].mode = kModeCount; }},
      {"CheckInputs", "Enumerator", K::kInputs, [](Image& i) { i.inputs[0].is_read = kTwo; }},
      {"CheckInputs", "NegativeTime", K::kInputs, [](Image& i) { i.inputs[0].fresh_within_ms = -1; }},
      {"CheckInputs", "NegativeTime", K::kInputs, [](Image& i) { i.inputs[1].over_ms = -1; }},
      {"CheckInputs", "NegativeTime", K::kInputs, [](Image& i) { i.inputs[5].closes_after_ms = -1; }},
      {"CheckInputs", "InputFields", K::kInputs,
       [](Image& i) { i.inputs[0].value_kind = static_cast<uint8_t>(Kind::kLong); }},
      {"CheckInputs", "InputFields", K::kInputs,
       [](Image& i) { i.inputs[4].kind = static_cast<uint8_t>(InputKind::kNow); }},
      {"CheckInputs", "InputFields", K::kInputs,
       [](Image& i) { i.inputs[6].value_kind = static_cast<uint8_t>(Kind::kDecimal); }},
      {"CheckInputs", "InputFields", K::kInputs,
       [](Image& i) { i.inputs[3].value_kind = static_cast<uint8_t>(Kind::kBool); }},
      {"CheckInputs", "InputFields", K::kInputs,
       [](Image& i) { i.inputs[1].value_kind = static_cast<uint8_t>(Kind::kDuration); }},
      {"CheckInputs", "InputFields", K::kInputs,
       [](Image& i) { i.inputs[5].value_kind = static_cast<uint8_t>(Kind::kLong); }},
      {"CheckInputs", "InputFields", K::kInputs, [](Image& i) { i.inputs[4].by = kNone; }},
      {"CheckInputs", "InputFields", K::kInputs, [](Image& i) { i.inputs[4].key_type = kNone; }},
      {"CheckInputs", "InputFields", K::kInputs, [](Image& i) { i.inputs[6].counts = {}; }},
      {"CheckInputs", "InputFields", K::kInputs, [](Image& i) { i.inputs[4].counts.count = 1; }},
      {"CheckInputs", "InputFields", K::kInputs, [](Image& i) { i.inputs[6].key = {}; }},
      {"CheckInputs", "InputFields", K::kInputs, [](Image& i) { i.inputs[5].key.count = 1; }},
      {"CheckInputs", "InputFields", K::kInputs, [](Image& i) { i.inputs[1].amount = {}; }},
      {"CheckInputs", "InputFields", K::kInputs, [](Image& i) { i.inputs[6].amount.count = 1; }},
      {"CheckInputs", "InputFields", K::kInputs, [](Image& i) { i.inputs[6].over_ms = 0; }},
      {"CheckInputs", "InputFields", K::kInputs, [](Image& i) { i.inputs[2].over_ms = 1; }},
      {"CheckInputs", "InputFields", K::kInputs, [](Image& i) { i.inputs[5].opens_at = 0; }},
      {"CheckInputs", "InputFields", K::kInputs, [](Image& i) { i.inputs[6].opens_at = 1; }},
      {"CheckInputs", "InputFields", K::kInputs, [](Image& i) { i.inputs[6].closes_after_ms = 1; }},
      {"CheckInputs", "Ok", K::kInputs, [](Image& i) { i.inputs[5].closes_after_ms = 0; }},
      {"CheckInputs", "Ok", K::kInputs,
       [](Image& i) {
         i.value_types.push_back(AnyEntity());
         i.inputs[4].key_type = static_cast<uint32_t>(i.value_types.size()) - 1;
       }},
      {"CheckInputs", "Ok", K::kInputs, [](Image& i) { i.inputs[0].fresh_within_ms = 0, i.inputs[4].mode = 1; }},
      // Facts: risk (highest), mode (first), autonomy, plain (an expression).
      {"CheckFacts", "Index", K::kFacts, [](Image& i) { i.facts[0].name = kFar; }},
      {"CheckFacts", "Index", K::kFacts, [](Image& i) { i.facts[0].levels = 2; }},
      {"CheckFacts", "Enumerator", K::kFacts, [](Image& i) { i.facts[0].form = kFactFormCount; }},
      {"CheckFacts", "Padding", K::kFacts, [](Image& i) { i.facts[0].reserved[6] = 1; }},
      {"CheckFacts", "Padding", K::kFacts, [](Image& i) { i.facts[0].padding = 1; }},
      {"CheckFacts", "RangeOrder", K::kFacts, [](Image& i) { i.facts[1].clauses.first = 1; }},
      {"CheckFacts", "RangeOrder", K::kFacts, [](Image& i) { i.facts[2].clauses.count = 5; }},
      {"CheckFacts", "FactFields", K::kFacts,
       [](Image& i) { i.facts[1].form = static_cast<uint8_t>(FactForm::kExpression); }},
      {"CheckFacts", "FactFields", K::kFacts,
       [](Image& i) { i.facts[3].form = static_cast<uint8_t>(FactForm::kAutonomy); }},
      {"CheckFacts", "FactFields", K::kFacts, [](Image& i) { i.facts[3].value = {}; }},
      {"CheckFacts", "FactFields", K::kFacts, [](Image& i) { i.facts[2].levels = kNone; }},
      {"CheckFacts", "Enumerator", K::kClauses, [](Image& i) { i.clauses[0].kind = kClauseKindCount; }},
      {"CheckFacts", "Enumerator", K::kClauses, [](Image& i) { i.clauses[0].mode = kModeCount; }},
      {"CheckFacts", "Padding", K::kClauses, [](Image& i) { i.clauses[0].reserved[1] = 1; }},
      {"CheckFacts", "Padding", K::kClauses, [](Image& i) { i.clauses[0].padding = 1; }},
      {"CheckFacts", "Index", K::kClauses, [](Image& i) { i.clauses[3].id = kFar; }},
      {"CheckFacts", "FactFields", K::kClauses,
       [](Image& i) { i.clauses[0].kind = static_cast<uint8_t>(ClauseKind::kRow); }},
      {"CheckFacts", "FactFields", K::kClauses,
       [](Image& i) { i.clauses[3].kind = static_cast<uint8_t>(ClauseKind::kWhen); }},
      {"CheckFacts", "FactFields", K::kClauses, [](Image& i) { i.clauses[0].id = 0; }},
      {"CheckFacts", "FactFields", K::kClauses, [](Image& i) { i.clauses[3].id = kNone; }},
      {"CheckFacts", "FactFields", K::kClauses,
       [](Image& i) { i.clauses[3].kind = static_cast<uint8_t>(ClauseKind::kCap); }},
      {"CheckFacts", "FactFields", K::kClauses, [](Image& i) { i.clauses[3].mode = 1; }},
      {"CheckFacts", "RangeOrder", K::kClauses, [](Image& i) { i.clauses.push_back(i.clauses.back()); }},
      {"CheckFacts", "Ok", K::kFacts, [](Image& i) { i.facts[0].levels = kNone; }},
      {"CheckFacts", "Ok", K::kClauses, [](Image& i) { i.clauses[6].mode = 0; }},
      // Rules: allow, limit, forbid, require, suggest; the parts of Pol are allow's, forbid's and suggest's.
      {"CheckRules", "RangeOrder", K::kRules, [](Image& i) { i.rules[2].pol = 1; }},
      {"CheckRules", "RangeOrder", K::kRules, [](Image& i) { i.rules[2].pol = 3; }},
      {"CheckRules", "RangeOrder", K::kRules,
       [](Image& i) { i.pol_rules.pop_back(); i.suggestions.clear(); i.changes.clear(); }},
      {"CheckRules", "RuleTerms", K::kRules,
       [](Image& i) { i.rules[1].effect = static_cast<uint8_t>(Effect::kForbid); }},
      {"CheckRules", "RuleTerms", K::kRules,
       [](Image& i) { i.rules[2].effect = static_cast<uint8_t>(Effect::kLimit); }},
      {"CheckRules", "RuleTerms", K::kRules,
       [](Image& i) { i.rules[3].effect = static_cast<uint8_t>(Effect::kForbid); }},
      {"CheckRules", "RuleTerms", K::kRules,
       [](Image& i) { i.rules[2].effect = static_cast<uint8_t>(Effect::kRequire); }},
      {"CheckRules", "RuleTerms", K::kRules,
       [](Image& i) { i.rules[4].effect = static_cast<uint8_t>(Effect::kForbid); }},
      {"CheckRules", "RuleTerms", K::kRules, [](Image& i) { i.pol_rules[2].suggestion = kNone; }},
      {"CheckRules", "RuleTerms", K::kRules,
       [](Image& i) { i.rules[2].effect = static_cast<uint8_t>(Effect::kSuggest); }},
      {"CheckRules", "RuleTerms", K::kRules,
       [](Image& i) { i.rules[2].effect = static_cast<uint8_t>(Effect::kAllow); }},
      {"CheckRules", "Enumerator", K::kNeeds, [](Image& i) { i.needs[0].kind = kNeedKindCount; }},
      {"CheckRules", "Padding", K::kNeeds, [](Image& i) { i.needs[0].reserved[0] = 1; }},
      {"CheckRules", "Padding", K::kNeeds, [](Image& i) { i.needs[0].padding = 1; }},
      {"CheckRules", "Index", K::kNeeds, [](Image& i) { i.needs[1].what = 2; }},
      {"CheckRules", "RangeOrder", K::kNeeds, [](Image& i) { i.needs[0].what = 0; }},
      {"CheckRules", "RangeOrder", K::kNeeds,
       [](Image& i) { i.needs[1].kind = static_cast<uint8_t>(NeedKind::kApproval), i.needs[1].what = 2; }},
      {"CheckRules", "Index", K::kPolRules, [](Image& i) { i.pol_rules[0].title = kFar; }},
      {"CheckRules", "Enumerator", K::kPolRules, [](Image& i) { i.pol_rules[0].has_until = 2; }},
      {"CheckRules", "Padding", K::kPolRules, [](Image& i) { i.pol_rules[0].padding = 1; }},
      {"CheckRules", "Padding", K::kPolRules, [](Image& i) { i.pol_rules[0].has_until = 0; }},
      {"CheckRules", "Padding", K::kPolRules, [](Image& i) { i.pol_rules[1].until_ms = 1; }},
      {"CheckRules", "RangeOrder", K::kPolRules, [](Image& i) { i.pol_rules[1].lifted_by.first = 1; }},
      {"CheckRules", "RangeOrder", K::kPolRules, [](Image& i) { i.pol_rules[1].lifted_by.count = 3; }},
      {"CheckRules", "RangeOrder", K::kPolRules, [](Image& i) { i.pol_rules[2].suggestion = 1; }},
      {"CheckRules", "RangeOrder", K::kPolRules,
       [](Image& i) { i.suggestions.clear(), i.changes.clear(); }},
      {"CheckRules", "RangeOrder", K::kPolRules, [](Image& i) { i.pol_rules.push_back(i.pol_rules[0]); }},
      {"CheckRules", "RangeOrder", K::kSuggestions,
       [](Image& i) { i.suggestions.push_back({i.suggestions[0].action, 0, {2, 0}}); }},
      {"CheckRules", "Index", K::kLimits, [](Image& i) { i.limits[0].kind = 3; }},
      {"CheckRules", "Padding", K::kLimits, [](Image& i) { i.limits[0].padding = 1; }},
      {"CheckRules", "Ok", K::kPolRules, [](Image& i) { i.pol_rules[0].title = kNone; }},
      {"CheckRules", "Ok", K::kPolRules, [](Image& i) { i.pol_rules[0].until_ms = -1; }},
      {"CheckRules", "Ok", K::kNeeds, [](Image& i) { i.needs[1].what = 0; }},
      // Approvals.
      {"CheckApprovals", "RangeOrder", K::kApprovals, [](Image& i) { i.approvals.push_back(i.approvals[0]); }},
      {"CheckApprovals", "Padding", K::kApprovals, [](Image& i) { i.approvals[0].padding = 1; }},
      {"CheckApprovals", "RangeOrder", K::kApprovals, [](Image& i) { i.approvals[1].alternatives.first = 0; }},
      {"CheckApprovals", "RangeOrder", K::kApprovals, [](Image& i) { i.approvals[1].alternatives.count = 3; }},
      {"CheckApprovals", "QuorumFields", K::kApprovals, [](Image& i) { i.approvals[0].alternatives.count = 0; }},
      {"CheckApprovals", "RangeOrder", K::kQuorums, [](Image& i) { i.quorums.push_back(i.quorums[0]); }},
      {"CheckApprovals", "Enumerator", K::kQuorums, [](Image& i) { i.quorums[0].including_owner = kTwo; }},
      {"CheckApprovals", "Enumerator", K::kQuorums,
       [](Image& i) { i.quorums[0].survives_policy_change = kTwo; }},
      {"CheckApprovals", "Padding", K::kQuorums, [](Image& i) { i.quorums[0].reserved[5] = 1; }},
      {"CheckApprovals", "Padding", K::kQuorums, [](Image& i) { i.quorums[0].padding = 1; }},
      {"CheckApprovals", "RangeOrder", K::kQuorums, [](Image& i) { i.quorums[1].parts.first = 0; }},
      {"CheckApprovals", "RangeOrder", K::kQuorums, [](Image& i) { i.quorums[1].parts.count = kFar; }},
      {"CheckApprovals", "Padding", K::kQuorumParts, [](Image& i) { i.quorum_parts[0].padding = 1; }},
      {"CheckApprovals", "RangeOrder", K::kQuorumParts, [](Image& i) { i.quorum_parts[1].pools.first = 0; }},
      {"CheckApprovals", "RangeOrder", K::kQuorumParts,
       [](Image& i) { i.quorum_parts[1].pools.count = kFar; }},
      {"CheckApprovals", "QuorumFields", K::kQuorumParts, [](Image& i) { i.quorum_parts[0].count = 0; }},
      {"CheckApprovals", "QuorumFields", K::kQuorumParts, [](Image& i) { i.quorum_parts[0].pools.count = 0; }},
      {"CheckApprovals", "QuorumFields", K::kQuorums, [](Image& i) { i.quorums[0].parts.count = 0; }},
      {"CheckApprovals", "QuorumFields", K::kQuorums, [](Image& i) { i.quorum_parts[0].count = kMaxQuorum; }},
      {"CheckApprovals", "QuorumFields", K::kQuorums,
       [](Image& i) { i.quorum_parts[0].count = i.quorum_parts[1].count = UINT32_MAX; }},
      {"CheckApprovals", "QuorumFields", K::kQuorums, [](Image& i) { i.quorums[0].within_ms = 0; }},
      {"CheckApprovals", "QuorumFields", K::kQuorums, [](Image& i) { i.quorums[0].within_ms = -1; }},
      {"CheckApprovals", "RangeOrder", K::kQuorumParts,
       [](Image& i) { i.quorum_parts.push_back(i.quorum_parts[0]); }},
      {"CheckApprovals", "RangeOrder", K::kPools, [](Image& i) { i.pools.push_back(i.pools[0]); }},
      {"CheckApprovals", "Ok", K::kQuorums, [](Image& i) { i.quorum_parts[0].count = kMaxQuorum - 1; }},
      {"CheckApprovals", "Ok", K::kQuorums, [](Image& i) { i.quorums[0].including_owner = 0; }},
      {"CheckApprovals", "Ok", K::kQuorums, [](Image& i) { i.quorums[0].survives_policy_change = 1; }},
      // Suggestions.
      {"CheckSuggestions", "Index", K::kSuggestions, [](Image& i) { i.suggestions[0].action = kFar; }},
      {"CheckSuggestions", "Padding", K::kSuggestions, [](Image& i) { i.suggestions[0].padding = 1; }},
      {"CheckSuggestions", "RangeOrder", K::kSuggestions, [](Image& i) { i.suggestions[0].changes.first = 1; }},
      {"CheckSuggestions", "RangeOrder", K::kSuggestions, [](Image& i) { i.suggestions[0].changes.count = 3; }},
      {"CheckSuggestions", "Index", K::kChanges, [](Image& i) { i.changes[0].attribute = kFar; }},
      {"CheckSuggestions", "Padding", K::kChanges, [](Image& i) { i.changes[0].padding = 1; }},
      {"CheckSuggestions", "Order", K::kChanges,
       [](Image& i) { std::swap(i.changes[0].attribute, i.changes[1].attribute); }},
      {"CheckSuggestions", "RangeOrder", K::kChanges, [](Image& i) { i.changes.push_back(i.changes[0]); }},
      {"CheckSuggestions", "Ok", K::kSuggestions, [](Image& i) { i.suggestions[0].action = 0; }},
      // The header.
      {"CheckFlags", "HeaderField", K::kInvalid, [](Image& i) { i.flags = 0; }},
      // What verify.cc checks of these rows: places and code.
      {"CheckPlaces", "PlaceOrder", K::kFacts, [](Image& i) { i.facts[0].place.line = 1; }},
      {"CheckPlaces", "PlaceOrder", K::kClauses, [](Image& i) { i.clauses[0].place.begin = 1; }},
      {"CheckPlaces", "PlaceOrder", K::kNeeds, [](Image& i) { i.needs[0].place.end = 1; }},
      {"CheckPlaces", "PlaceOrder", K::kApprovals, [](Image& i) { i.approvals[0].place.column = 1; }},
      {"CheckPlaces", "Index", K::kQuorums, [](Image& i) { i.quorums[0].place.file = 0; }},
      {"CheckCode", "Bounds", K::kClauses, [](Image& i) { i.clauses[0].when.max_stack += 1; }},
      {"CheckCode", "Bounds", K::kClauses, [](Image& i) { i.clauses[0].value.max_steps += 1; }},
      {"CheckCode", "Bounds", K::kFacts, [](Image& i) { i.facts[0].value.scratch_bytes += 1; }},
      {"CheckCode", "RangeOrder", K::kInputs, [](Image& i) { i.inputs[6].counts.first += 1; }},
      {"CheckCode", "RangeOrder", K::kInputs, [](Image& i) { i.inputs[6].key.count = kFar; }},
      {"CheckCode", "Bounds", K::kInputs, [](Image& i) { i.inputs[1].amount.max_stack = 9; }},
      // A block that is not there has to be blank.
      {"CheckCode", "Bounds", K::kInputs, [](Image& i) { i.inputs[4].counts.first = 1; }},
      {"CheckCode", "Bounds", K::kFacts, [](Image& i) { i.facts[2].value.max_stack = 1; }},
      {"CheckCode", "Bounds", K::kLimits, [](Image& i) { i.limits[0].value.max_steps = 0; }},
      {"CheckCode", "Bounds", K::kPools, [](Image& i) { i.pools[0].group.max_steps = 0; }},
      {"CheckCode", "Bounds", K::kChanges, [](Image& i) { i.changes[0].value.max_steps = 0; }},
  };
  return *cases;
}

const std::vector<uint8_t>& Good() {
  static const auto* file = [] {
    auto* bytes = new std::vector<uint8_t>;
    const Status s = Write(PolImage(), bytes);
    EXPECT_TRUE(s.ok()) << BundleErrorName(s.error) << " at " << s.at;
    return bytes;
  }();
  return *file;
}

Image GoodImage() {
  Bundle bundle;
  EXPECT_TRUE(Bundle::Open(Good(), &bundle).ok());
  return ReadImage(bundle);
}

// The section a byte of the file lies in; kInvalid: the header.
SectionKind SectionAt(const std::vector<uint8_t>& file, uint64_t at) {
  const auto* table = reinterpret_cast<const SectionRow*>(file.data() + sizeof(Header));
  for (size_t i = 0; i < kSectionCount; ++i) {
    if (at >= table[i].offset && at < table[i].offset + table[i].bytes)
      return static_cast<SectionKind>(table[i].kind);
  }
  return K::kInvalid;
}

// The bundle that `change` makes, with the bounds the good one has.
std::vector<uint8_t> Changed(const std::function<void(Image&)>& change) {
  Image image = GoodImage();
  change(image);
  Header header;
  std::memcpy(&header, Good().data(), sizeof(header));
  return WriteAsIs(image, header.max_stack, header.scratch_bytes, header.max_steps);
}

Status StatusOf(const std::vector<uint8_t>& file) {
  Bundle bundle;
  if (Status s = Bundle::Open(file, &bundle); !s.ok()) return s;
  VerifiedBundle verified;
  return Verify(bundle, &verified);
}

TEST(VerifyPolTest, TheUnchangedImageIsAcceptedAndHasRowsInEverySection) {
  const Status s = StatusOf(Good());
  EXPECT_TRUE(s.ok()) << BundleErrorName(s.error) << " in " << SectionName(SectionAt(Good(), s.at));
  const Image image = GoodImage();
#define POLC_SECTION(name, row, field, meaning) \
  EXPECT_TRUE(SectionKind::k##name <= SectionKind::kMeta || !image.field.empty()) << #name;
#include "runtime/bundle/sections.def"
}

TEST(VerifyPolTest, EachRuleRefusesWhatBreaksItAlone) {
  for (size_t n = 0; n < Cases().size(); ++n) {
    const Case& c = Cases()[n];
    const std::vector<uint8_t> file = Changed(c.change);
    const Status s = StatusOf(file);
    EXPECT_EQ(BundleErrorName(s.error), c.error) << "case " << n << " of " << c.pass;
    if (s.ok()) {
      EXPECT_NE(file, Good()) << "case " << n;
      continue;
    }
    EXPECT_EQ(SectionName(SectionAt(file, s.at)), SectionName(c.blamed)) << "case " << n << " of " << c.pass;
  }
}

TEST(VerifyPolTest, DepthOfTypesBothSides) {
  for (uint32_t depth : {kMaxTypeDepth, kMaxTypeDepth + 1}) {
    const std::vector<uint8_t> file = Changed([&](Image& i) {
      for (uint32_t d = 2; d <= depth; ++d) {
        ValueTypeRow set = i.value_types[4];
        set.of = d == 2 ? 0 : static_cast<uint32_t>(i.value_types.size()) - 1;
        set.fields = {2, 0};
        i.value_types.push_back(set);
      }
    });
    EXPECT_EQ(StatusOf(file).error, depth > kMaxTypeDepth ? BundleError::kTypeFields : BundleError::kOk);
  }
}

// Every field of every row that a Pol bundle has and a Cedar bundle has not, with its place in the row.
struct Field {
  SectionKind section;
  const char* name;
  size_t offset, bytes;
};
#define FIELD(kind, row, field) {SectionKind::kind, #row "." #field, offsetof(row, field), sizeof(row::field)}
#define RANGE(kind, row, field)                                                                            \
  {SectionKind::kind, #row "." #field ".first", offsetof(row, field), sizeof(uint32_t)}, {                 \
    SectionKind::kind, #row "." #field ".count", offsetof(row, field) + sizeof(uint32_t), sizeof(uint32_t) \
  }
constexpr Field kFields[] = {
    FIELD(kPolRules, PolRuleRow, title), FIELD(kPolRules, PolRuleRow, suggestion),
    RANGE(kPolRules, PolRuleRow, lifted_by), FIELD(kPolRules, PolRuleRow, has_until),
    FIELD(kPolRules, PolRuleRow, padding), FIELD(kPolRules, PolRuleRow, until_ms),
    RANGE(kApprovals, ApprovalRow, alternatives), FIELD(kApprovals, ApprovalRow, place),
    FIELD(kApprovals, ApprovalRow, padding), RANGE(kQuorums, QuorumRow, parts),
    FIELD(kQuorums, QuorumRow, within_ms), FIELD(kQuorums, QuorumRow, including_owner),
    FIELD(kQuorums, QuorumRow, survives_policy_change), FIELD(kQuorums, QuorumRow, reserved),
    FIELD(kQuorums, QuorumRow, place), FIELD(kQuorums, QuorumRow, padding),
    FIELD(kQuorumParts, QuorumPartRow, count), FIELD(kQuorumParts, QuorumPartRow, padding),
    RANGE(kQuorumParts, QuorumPartRow, pools), FIELD(kPools, PoolRow, group),
    FIELD(kSuggestions, SuggestionRow, action), FIELD(kSuggestions, SuggestionRow, padding),
    RANGE(kSuggestions, SuggestionRow, changes), FIELD(kChanges, ChangeRow, attribute),
    FIELD(kChanges, ChangeRow, padding), FIELD(kChanges, ChangeRow, value), FIELD(kClauses, ClauseRow, id),
    FIELD(kClauses, ClauseRow, kind), FIELD(kClauses, ClauseRow, mode), FIELD(kClauses, ClauseRow, reserved),
    FIELD(kClauses, ClauseRow, when), FIELD(kClauses, ClauseRow, value), FIELD(kClauses, ClauseRow, place),
    FIELD(kClauses, ClauseRow, padding), FIELD(kLevels, LevelsRow, name),
    FIELD(kLevels, LevelsRow, higher_is_stricter), FIELD(kLevels, LevelsRow, reserved),
    RANGE(kLevels, LevelsRow, names), FIELD(kLimitKinds, LimitKindRow, name),
    FIELD(kLimitKinds, LimitKindRow, merge), FIELD(kLimitKinds, LimitKindRow, reserved),
    FIELD(kLimitKinds, LimitKindRow, type), FIELD(kLimitKinds, LimitKindRow, padding),
    FIELD(kEvidenceKinds, EvidenceKindRow, name), FIELD(kEvidenceKinds, EvidenceKindRow, undo),
    FIELD(kEvidenceKinds, EvidenceKindRow, reserved), FIELD(kEvidenceKinds, EvidenceKindRow, type),
    FIELD(kEvidenceKinds, EvidenceKindRow, padding), FIELD(kZones, ZoneRow, name),
    FIELD(kZones, ZoneRow, version), RANGE(kZones, ZoneRow, offsets), FIELD(kZones, ZoneRow, ends_ms),
    FIELD(kZoneOffsets, ZoneOffsetRow, from_ms), FIELD(kZoneOffsets, ZoneOffsetRow, offset_ms),
    FIELD(kZoneOffsets, ZoneOffsetRow, padding), FIELD(kHours, HoursRow, name), FIELD(kHours, HoursRow, zone),
    FIELD(kHours, HoursRow, from_minute), FIELD(kHours, HoursRow, to_minute), FIELD(kHours, HoursRow, days),
    FIELD(kHours, HoursRow, reserved), FIELD(kValueTypes, ValueTypeRow, kind),
    FIELD(kValueTypes, ValueTypeRow, percent), FIELD(kValueTypes, ValueTypeRow, reserved),
    FIELD(kValueTypes, ValueTypeRow, at_most), FIELD(kValueTypes, ValueTypeRow, of),
    FIELD(kValueTypes, ValueTypeRow, levels), RANGE(kValueTypes, ValueTypeRow, fields),
    FIELD(kAttributes, AttributeRow, name), FIELD(kAttributes, AttributeRow, type),
    FIELD(kAttributes, AttributeRow, if_missing), FIELD(kAttributes, AttributeRow, required),
    FIELD(kAttributes, AttributeRow, from_host), FIELD(kAttributes, AttributeRow, varies),
    FIELD(kAttributes, AttributeRow, reserved), FIELD(kEntityTypes, EntityTypeRow, type),
    FIELD(kEntityTypes, EntityTypeRow, owner), FIELD(kEntityTypes, EntityTypeRow, tags),
    FIELD(kEntityTypes, EntityTypeRow, nature), FIELD(kEntityTypes, EntityTypeRow, is_enum),
    FIELD(kEntityTypes, EntityTypeRow, reserved), RANGE(kEntityTypes, EntityTypeRow, attributes),
    RANGE(kEntityTypes, EntityTypeRow, parents), RANGE(kEntityTypes, EntityTypeRow, ids),
    FIELD(kClasses, ClassRow, name), FIELD(kClasses, ClassRow, reversibility),
    FIELD(kClasses, ClassRow, reserved), FIELD(kActions, ActionRow, action),
    FIELD(kActions, ActionRow, action_class), RANGE(kActions, ActionRow, principals),
    RANGE(kActions, ActionRow, resources), RANGE(kActions, ActionRow, context),
    RANGE(kActions, ActionRow, paths), RANGE(kActions, ActionRow, facts), RANGE(kActions, ActionRow, groups),
    FIELD(kPaths, PathRow, of_resource), FIELD(kPaths, PathRow, reserved), FIELD(kPaths, PathRow, padding),
    RANGE(kPaths, PathRow, names), FIELD(kSettings, PairRow, key), FIELD(kSettings, PairRow, value),
    // Of version 1's sections, those that only Pol fills.
    FIELD(kFacts, FactRow, name), FIELD(kFacts, FactRow, levels), FIELD(kFacts, FactRow, form),
    FIELD(kFacts, FactRow, reserved), RANGE(kFacts, FactRow, clauses), FIELD(kFacts, FactRow, value),
    FIELD(kFacts, FactRow, place), FIELD(kFacts, FactRow, padding), FIELD(kInputs, InputRow, id),
    FIELD(kInputs, InputRow, name), FIELD(kInputs, InputRow, by), FIELD(kInputs, InputRow, key_type),
    FIELD(kInputs, InputRow, kind), FIELD(kInputs, InputRow, value_kind), FIELD(kInputs, InputRow, mode),
    FIELD(kInputs, InputRow, is_read), FIELD(kInputs, InputRow, opens_at),
    FIELD(kInputs, InputRow, fresh_within_ms), FIELD(kInputs, InputRow, over_ms),
    FIELD(kInputs, InputRow, closes_after_ms), FIELD(kInputs, InputRow, counts),
    FIELD(kInputs, InputRow, key), FIELD(kInputs, InputRow, amount), FIELD(kLimits, LimitRow, kind),
    FIELD(kLimits, LimitRow, padding), FIELD(kLimits, LimitRow, value), FIELD(kNeeds, NeedRow, kind),
    FIELD(kNeeds, NeedRow, reserved), FIELD(kNeeds, NeedRow, what), FIELD(kNeeds, NeedRow, place),
    FIELD(kNeeds, NeedRow, padding)};
#undef FIELD
#undef RANGE

// A row whose every element is one number needs no list.
constexpr bool IsNumbers(SectionKind section) {
  return section == K::kLevelNames || section == K::kTypeLists || section == K::kEnumIds ||
         section == K::kPathNames || section == K::kActionFacts || section == K::kActionGroups;
}
constexpr size_t ListedBytes(SectionKind section) {
  size_t bytes = 0;
  for (const Field& field : kFields) bytes += field.section == section ? field.bytes : 0;
  return bytes;
}
#define POLC_SECTION(name, row, field, meaning)                                                  \
  static_assert(SectionKind::k##name <= SectionKind::kMeta || IsNumbers(SectionKind::k##name) || \
                    ListedBytes(SectionKind::k##name) == sizeof(row),                            \
                "kFields lists every field of a row");
#include "runtime/bundle/sections.def"

TEST(VerifyPolTest, EveryFieldIsAttacked) {
  std::set<const Field*> attacked;
  std::set<SectionKind> numbers;
  for (const Case& c : Cases()) {
    const Image good = GoodImage();
    Image bad = good;
    c.change(bad);
    auto compare = [&](SectionKind section, const auto& before, const auto& after) {
      if (before.size() != after.size()) return;
      const auto* a = reinterpret_cast<const uint8_t*>(before.data());
      const auto* b = reinterpret_cast<const uint8_t*>(after.data());
      for (size_t at = 0; at < before.size() * sizeof(before[0]); ++at) {
        if (a[at] == b[at]) continue;
        numbers.insert(section);
        const size_t in_row = at % sizeof(before[0]);
        for (const Field& field : kFields) {
          if (field.section == section && in_row >= field.offset && in_row < field.offset + field.bytes)
            attacked.insert(&field);
        }
      }
    };
#define POLC_SECTION(name, row, field, meaning) compare(SectionKind::k##name, good.field, bad.field);
#include "runtime/bundle/sections.def"
  }
  for (const Field& field : kFields) EXPECT_TRUE(attacked.count(&field)) << field.name;
#define POLC_SECTION(name, row, field, meaning) \
  EXPECT_TRUE(!IsNumbers(SectionKind::k##name) || numbers.count(SectionKind::k##name)) << #name;
#include "runtime/bundle/sections.def"
  std::printf("%zu cases, %zu fields\n", Cases().size(), std::size(kFields));
}

std::string ReadSource(const std::string& name) {
  std::ifstream in(POLC_SOURCE_DIR "/runtime/bundle/" + name);
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

size_t Count(std::string_view text, std::string_view what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + what.size())) ++n;
  return n;
}

// The rules are read off the verifier's text: in each of its passes every refusal has as many rules as its
// condition has alternatives, and needs as many cases. So a rule that is added there fails here.
TEST(VerifyPolTest, EveryRuleHasACase) {
  const std::string text = ReadSource("verify_pol.cc");
  std::map<std::pair<std::string, std::string>, size_t> rules;
  std::string pass;
  const std::string_view kRefusal = "BundleError::k", kFunction = "  Status ";
  for (size_t at = 0, statement = 0; at < text.size(); ++at) {
    const std::string_view rest = std::string_view(text).substr(at);
    auto name_after = [&](size_t skip) {
      size_t end = skip;
      while (end < rest.size() && std::isalnum(static_cast<unsigned char>(rest[end]))) ++end;
      return std::string(rest.substr(skip, end - skip));
    };
    if (text[at] == ';' || text[at] == '{' || text[at] == '}') statement = at;
    if (rest.starts_with(kFunction) && text[at - 1] == '\n') pass = name_after(kFunction.size());
    // Helpers are counted where they are used.
    if (!pass.starts_with("Check") || pass == "CheckNamed" || pass == "CheckOwned") continue;
    if (rest.starts_with(kRefusal))
      rules[{pass, name_after(kRefusal.size())}] +=
          1 + Count(std::string_view(text).substr(statement, at - statement), "||");
    if (rest.starts_with("Left(b_.")) ++rules[{pass, "RangeOrder"}];
    if (rest.starts_with("CheckNamed(b_.")) ++rules[{pass, "Index"}], ++rules[{pass, "Order"}];
    if (rest.starts_with("CheckOwned(")) ++rules[{pass, "Order"}];
  }
  EXPECT_EQ(std::erase_if(rules, [](const auto& rule) { return rule.first.second.empty(); }), 0u);
  size_t total = 0;
  for (const auto& [rule, wanted] : rules) {
    const size_t have = static_cast<size_t>(std::ranges::count_if(
        Cases(), [&](const Case& c) { return c.pass == rule.first && c.error == rule.second; }));
    EXPECT_GE(have, wanted) << rule.first << " refuses with " << rule.second;
    total += wanted;
  }
  EXPECT_GE(total, 150u);  // the reader of the text reads it
  std::printf("%zu rules in %zu passes and errors\n", total, rules.size());
}

// Each line of errors.def is what some test of the reader or the verifiers expects.
TEST(VerifyPolTest, EveryErrorHasATest) {
  const std::string tests =
      ReadSource("bundle_test.cc") + ReadSource("verify_test.cc") + ReadSource("verify_pol_test.cc");
#define POLC_BUNDLE_ERROR(name, message)                                                                     \
  EXPECT_TRUE(tests.find("\"" #name "\"") != tests.npos || tests.find("BundleError::k" #name) != tests.npos) \
      << #name;
#include "runtime/bundle/errors.def"
}

}  // namespace
}  // namespace polc::bundle
