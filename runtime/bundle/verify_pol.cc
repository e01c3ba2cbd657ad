// The rows of version 2: what Pol declares and what its rules have beside conditions. Code is verify.cc's.
#include <algorithm>
#include <vector>

#include "runtime/bundle/verify.h"

namespace polc::bundle {
namespace {

constexpr int64_t kDayMs = 24 * 3600 * 1000;

// One pass per group of sections; the first thing wrong ends it.
class PolVerifier {
 public:
  explicit PolVerifier(const Bundle& bundle)
      : b_(bundle), strings_(bundle.string_ends().size()), types_(bundle.types().size()) {}

  Status Run() {
    using Pass = Status (PolVerifier::*)();
    constexpr Pass kPasses[] = {
        &PolVerifier::CheckLevels,  &PolVerifier::CheckValueTypes, &PolVerifier::CheckAttributes,
        &PolVerifier::CheckKinds,   &PolVerifier::CheckHours,      &PolVerifier::CheckEntityTypes,
        &PolVerifier::CheckActions, &PolVerifier::CheckInputs,     &PolVerifier::CheckFacts,
        &PolVerifier::CheckRules,   &PolVerifier::CheckApprovals,  &PolVerifier::CheckSuggestions,
        &PolVerifier::CheckFlags};
    for (Pass pass : kPasses) {
      if (Status s = (this->*pass)(); !s.ok()) return s;
    }
    return {};
  }

 private:
  template <typename Row>
  Status Bad(BundleError error, const Row& row) const {
    return {error, static_cast<uint64_t>(reinterpret_cast<const uint8_t*>(&row) - b_.file().data())};
  }

  bool IsString(uint32_t i) const { return i < strings_; }
  bool IsStringOrNone(uint32_t i) const { return i == kNone || IsString(i); }
  bool IsType(uint32_t i) const { return i < types_; }
  bool IsKeyType(uint32_t i) const { return i < b_.value_types().size(); }
  // Keys alone may be entities of any type.
  bool IsValueType(uint32_t i) const {
    return IsKeyType(i) &&
           (b_.value_types()[i].of != kNone || static_cast<Kind>(b_.value_types()[i].kind) != Kind::kEntity);
  }
  static bool IsBool(uint8_t b) { return b <= 1; }
  template <size_t kCount>
  static bool IsZero(const uint8_t (&reserved)[kCount]) {
    return std::all_of(reserved, reserved + kCount, [](uint8_t b) { return b == 0; });
  }

  // Whether `range` begins where the one before it ended and lies in `rows`; moves the end on.
  template <typename Row>
  static bool Follows(const Range& range, std::span<const Row> rows, size_t* end) {
    if (range.first != *end || range.count > rows.size() - *end) return false;
    *end += range.count;
    return true;
  }
  // Whether the rows of a list ascend and stay below `limit`.
  static bool Ascend(std::span<const uint32_t> list, size_t limit) {
    for (size_t i = 0; i < list.size(); ++i) {
      if (list[i] >= limit || (i > 0 && list[i - 1] >= list[i])) return false;
    }
    return true;
  }
  // Whether rows that begin with a string ascend by it.
  template <typename Row>
  Status CheckNamed(std::span<const Row> rows, uint32_t Row::* name) const {
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!IsString(rows[i].*name)) return Bad(BundleError::kIndex, rows[i]);
      if (i > 0 && rows[i - 1].*name >= rows[i].*name) return Bad(BundleError::kOrder, rows[i]);
    }
    return {};
  }

  Status CheckLevels() {
    if (Status s = CheckNamed(b_.levels(), &LevelsRow::name); !s.ok()) return s;
    size_t end = 0;
    std::vector<uint32_t> sorted;
    for (const LevelsRow& levels : b_.levels()) {
      if (!IsBool(levels.higher_is_stricter)) return Bad(BundleError::kEnumerator, levels);
      if (!IsZero(levels.reserved)) return Bad(BundleError::kPadding, levels);
      if (!Follows(levels.names, b_.level_names(), &end)) return Bad(BundleError::kRangeOrder, levels);
      const auto names = Slice(b_.level_names(), levels.names);
      sorted.assign(names.begin(), names.end());
      std::sort(sorted.begin(), sorted.end());
      if (names.size() < 2 || !Ascend(sorted, SIZE_MAX)) return Bad(BundleError::kLevelNames, levels);
      if (!IsString(sorted.back())) return Bad(BundleError::kIndex, levels);
    }
    return end == b_.level_names().size() ? Status{} : Left(b_.level_names());
  }

  Status CheckValueTypes() {
    const auto types = b_.value_types();
    std::vector<uint32_t> depth(types.size(), 1);
    for (uint32_t i = 0; i < types.size(); ++i) {
      const ValueTypeRow& t = types[i];
      if (t.kind >= kKindCount || !IsBool(t.percent)) return Bad(BundleError::kEnumerator, t);
      if (!IsZero(t.reserved)) return Bad(BundleError::kPadding, t);
      const Kind kind = static_cast<Kind>(t.kind);
      const bool set = kind == Kind::kSet, entity = kind == Kind::kEntity;
      if ((t.percent != 0 && kind != Kind::kDecimal) || (t.at_most != 0 && !set) ||
          (t.of == kNone ? set : !set && !entity) || (t.levels != kNone && kind != Kind::kString) ||
          (t.fields.count != 0 && kind != Kind::kRecord)) {
        return Bad(BundleError::kTypeFields, t);
      }
      if ((entity && t.of != kNone && !IsType(t.of)) || (set && (t.of >= i || !IsValueType(t.of))) ||
          (t.levels != kNone && t.levels >= b_.levels().size()))
        return Bad(BundleError::kIndex, t);
      if (!Follows(t.fields, b_.attributes(), &attributes_end_)) return Bad(BundleError::kRangeOrder, t);
      if (set) depth[i] = depth[t.of] + 1;
      for (const AttributeRow& field : Slice(b_.attributes(), t.fields)) {
        if (field.type >= i) return Bad(BundleError::kIndex, field);
        depth[i] = std::max(depth[i], depth[field.type] + 1);
      }
      if (depth[i] > kMaxTypeDepth) return Bad(BundleError::kTypeFields, t);
    }
    return {};
  }

  Status CheckAttributes() {
    for (const AttributeRow& a : b_.attributes()) {
      if (!IsString(a.name) || !IsValueType(a.type)) return Bad(BundleError::kIndex, a);
      if (!IsBool(a.required) || !IsBool(a.from_host) || !IsBool(a.varies))
        return Bad(BundleError::kEnumerator, a);
      if (a.reserved != 0) return Bad(BundleError::kPadding, a);
      if (a.if_missing == kNone) continue;
      if (a.if_missing >= b_.header().constant_count) return Bad(BundleError::kIndex, a);
      if (a.required != 0 || b_.cells()[a.if_missing].kind != b_.value_types()[a.type].kind)
        return Bad(BundleError::kAttributeFields, a);
    }
    return {};
  }
  // Of one owner.
  Status CheckOwned(const Range& range) {
    const auto list = Slice(b_.attributes(), range);
    for (size_t i = 1; i < list.size(); ++i) {
      if (list[i - 1].name >= list[i].name) return Bad(BundleError::kOrder, list[i]);
    }
    return {};
  }

  Status CheckKinds() {
    for (const ValueTypeRow& t : b_.value_types()) {
      if (Status s = CheckOwned(t.fields); !s.ok()) return s;
    }
    if (Status s = CheckNamed(b_.limit_kinds(), &LimitKindRow::name); !s.ok()) return s;
    for (const LimitKindRow& k : b_.limit_kinds()) {
      if (k.merge >= kMergeCount) return Bad(BundleError::kEnumerator, k);
      if (!IsZero(k.reserved) || k.padding != 0) return Bad(BundleError::kPadding, k);
      if (!IsValueType(k.type)) return Bad(BundleError::kIndex, k);
      if (!Merges(static_cast<Merge>(k.merge), static_cast<Kind>(b_.value_types()[k.type].kind)))
        return Bad(BundleError::kLimitMerge, k);
    }
    if (Status s = CheckNamed(b_.evidence_kinds(), &EvidenceKindRow::name); !s.ok()) return s;
    for (const EvidenceKindRow& k : b_.evidence_kinds()) {
      if (!IsBool(k.undo)) return Bad(BundleError::kEnumerator, k);
      if (!IsZero(k.reserved) || k.padding != 0) return Bad(BundleError::kPadding, k);
      if (!IsValueType(k.type)) return Bad(BundleError::kIndex, k);
    }
    if (Status s = CheckNamed(b_.settings(), &PairRow::key); !s.ok()) return s;
    for (const PairRow& setting : b_.settings()) {
      if (!IsString(setting.value)) return Bad(BundleError::kIndex, setting);
    }
    return {};
  }
  static bool Merges(Merge merge, Kind kind) {
    switch (merge) {
      case Merge::kLowest:
      case Merge::kHighest:
        return kind == Kind::kLong || kind == Kind::kDecimal || kind == Kind::kDuration ||
               kind == Kind::kDatetime;
      case Merge::kCommonMembers:
      case Merge::kAllMembers:
        return kind == Kind::kSet;
      case Merge::kAnyTrue:
        return kind == Kind::kBool;
    }
    return false;
  }

  Status CheckHours() {
    if (Status s = CheckNamed(b_.zones(), &ZoneRow::name); !s.ok()) return s;
    size_t end = 0;
    for (const ZoneRow& zone : b_.zones()) {
      if (!IsString(zone.version)) return Bad(BundleError::kIndex, zone);
      if (!Follows(zone.offsets, b_.zone_offsets(), &end)) return Bad(BundleError::kRangeOrder, zone);
      const auto offsets = Slice(b_.zone_offsets(), zone.offsets);
      if (offsets.empty() || offsets[0].from_ms != INT64_MIN) return Bad(BundleError::kHoursFields, zone);
      for (size_t i = 0; i < offsets.size(); ++i) {
        if (offsets[i].padding != 0) return Bad(BundleError::kPadding, offsets[i]);
        if (offsets[i].offset_ms <= -kDayMs || offsets[i].offset_ms >= kDayMs)
          return Bad(BundleError::kHoursFields, offsets[i]);
        if (i > 0 && offsets[i - 1].from_ms >= offsets[i].from_ms)
          return Bad(BundleError::kOrder, offsets[i]);
      }
    }
    if (end != b_.zone_offsets().size()) return Left(b_.zone_offsets());
    if (Status s = CheckNamed(b_.hours(), &HoursRow::name); !s.ok()) return s;
    for (const HoursRow& hours : b_.hours()) {
      if (hours.zone >= b_.zones().size()) return Bad(BundleError::kIndex, hours);
      if (!IsZero(hours.reserved)) return Bad(BundleError::kPadding, hours);
      if (hours.days == 0 || hours.days > 127 || hours.from_minute >= 1440 || hours.to_minute > 1440)
        return Bad(BundleError::kHoursFields, hours);
    }
    return {};
  }

  Status CheckEntityTypes() {
    size_t ids_end = 0;
    const auto rows = b_.entity_types();
    for (size_t i = 0; i < rows.size(); ++i) {
      const EntityTypeRow& t = rows[i];
      if (!IsType(t.type) || (t.owner != kNone && !IsType(t.owner)) ||
          (t.tags != kNone && !IsValueType(t.tags)))
        return Bad(BundleError::kIndex, t);
      if (i > 0 && rows[i - 1].type >= t.type) return Bad(BundleError::kOrder, t);
      if (t.nature >= kNatureCount || !IsBool(t.is_enum)) return Bad(BundleError::kEnumerator, t);
      if (!IsZero(t.reserved)) return Bad(BundleError::kPadding, t);
      if (!Follows(t.attributes, b_.attributes(), &attributes_end_) ||
          !Follows(t.parents, b_.type_lists(), &type_lists_end_) || !Follows(t.ids, b_.enum_ids(), &ids_end))
        return Bad(BundleError::kRangeOrder, t);
      if (Status s = CheckOwned(t.attributes); !s.ok()) return s;
      if (!Ascend(Slice(b_.type_lists(), t.parents), types_) ||
          !Ascend(Slice(b_.enum_ids(), t.ids), strings_))
        return Bad(BundleError::kOrder, t);
      if ((t.owner != kNone && static_cast<Nature>(t.nature) != Nature::kAgent) ||
          (t.is_enum == 0 && t.ids.count != 0))
        return Bad(BundleError::kModelFields, t);
    }
    return ids_end == b_.enum_ids().size() ? Status{} : Left(b_.enum_ids());
  }

  Status CheckActions() {
    if (Status s = CheckNamed(b_.classes(), &ClassRow::name); !s.ok()) return s;
    for (const ClassRow& c : b_.classes()) {
      if (c.reversibility >= kReversibilityCount) return Bad(BundleError::kEnumerator, c);
      if (!IsZero(c.reserved)) return Bad(BundleError::kPadding, c);
    }
    size_t paths_end = 0, facts_end = 0, groups_end = 0;
    const auto rows = b_.actions();
    for (size_t i = 0; i < rows.size(); ++i) {
      const ActionRow& a = rows[i];
      if (a.action >= b_.entities().size() ||
          (a.action_class != kNone && a.action_class >= b_.classes().size()))
        return Bad(BundleError::kIndex, a);
      if (i > 0 && rows[i - 1].action >= a.action) return Bad(BundleError::kOrder, a);
      if (!Follows(a.principals, b_.type_lists(), &type_lists_end_) ||
          !Follows(a.resources, b_.type_lists(), &type_lists_end_) ||
          !Follows(a.context, b_.attributes(), &attributes_end_) ||
          !Follows(a.paths, b_.paths(), &paths_end) || !Follows(a.facts, b_.action_facts(), &facts_end) ||
          !Follows(a.groups, b_.action_groups(), &groups_end))
        return Bad(BundleError::kRangeOrder, a);
      if (Status s = CheckOwned(a.context); !s.ok()) return s;
      if (!Ascend(Slice(b_.type_lists(), a.principals), types_) ||
          !Ascend(Slice(b_.type_lists(), a.resources), types_) ||
          !Ascend(Slice(b_.action_facts(), a.facts), b_.facts().size()) ||
          !Ascend(Slice(b_.action_groups(), a.groups), b_.entities().size()))
        return Bad(BundleError::kOrder, a);
    }
    if (attributes_end_ != b_.attributes().size()) return Left(b_.attributes());
    if (type_lists_end_ != b_.type_lists().size()) return Left(b_.type_lists());
    if (paths_end != b_.paths().size()) return Left(b_.paths());
    if (facts_end != b_.action_facts().size()) return Left(b_.action_facts());
    if (groups_end != b_.action_groups().size()) return Left(b_.action_groups());
    size_t names_end = 0;
    for (const PathRow& path : b_.paths()) {
      if (!IsBool(path.of_resource)) return Bad(BundleError::kEnumerator, path);
      if (!IsZero(path.reserved) || path.padding != 0) return Bad(BundleError::kPadding, path);
      if (!Follows(path.names, b_.path_names(), &names_end)) return Bad(BundleError::kRangeOrder, path);
      if (path.names.count == 0) return Bad(BundleError::kModelFields, path);
      for (const uint32_t& name : Slice(b_.path_names(), path.names)) {
        if (!IsString(name)) return Bad(BundleError::kIndex, name);
      }
    }
    return names_end == b_.path_names().size() ? Status{} : Left(b_.path_names());
  }

  Status CheckInputs() {
    if (Status s = CheckNamed(b_.inputs(), &InputRow::id); !s.ok()) return s;
    for (const InputRow& in : b_.inputs()) {
      if (!IsString(in.name) || !IsStringOrNone(in.by) || (in.key_type != kNone && !IsKeyType(in.key_type)))
        return Bad(BundleError::kIndex, in);
      if (in.kind >= kInputKindCount || in.value_kind >= kKindCount || in.mode >= kModeCount ||
          !IsBool(in.is_read))
        return Bad(BundleError::kEnumerator, in);
      if (in.fresh_within_ms < 0 || in.over_ms < 0 || in.closes_after_ms < 0)
        return Bad(BundleError::kNegativeTime, in);
      const InputKind kind = static_cast<InputKind>(in.kind);
      const Kind value = static_cast<Kind>(in.value_kind);
      const bool moved = kind != InputKind::kNow && kind != InputKind::kSwitch;
      const bool keyed = in.by != kNone;
      bool value_fits = value == Kind::kBool;
      if (kind == InputKind::kNow) value_fits = value == Kind::kDatetime && !keyed;
      if (kind == InputKind::kCounter || kind == InputKind::kAttempts) value_fits = value == Kind::kLong;
      if (kind == InputKind::kTotal) value_fits = value == Kind::kLong || value == Kind::kDecimal;
      if (!value_fits || keyed != (in.key_type != kNone) || (in.counts.count != 0) != moved ||
          (in.key.count != 0) != (moved && keyed) || (in.amount.count != 0) != (kind == InputKind::kTotal) ||
          (in.over_ms > 0) != (moved && kind != InputKind::kLabel) ||
          (in.opens_at > 0) != (kind == InputKind::kBreaker) ||
          (in.closes_after_ms > 0 && kind != InputKind::kBreaker)) {
        return Bad(BundleError::kInputFields, in);
      }
    }
    return {};
  }

  Status CheckFacts() {
    size_t end = 0;
    for (const FactRow& fact : b_.facts()) {
      if (!IsString(fact.name) || (fact.levels != kNone && fact.levels >= b_.levels().size()))
        return Bad(BundleError::kIndex, fact);
      if (fact.form >= kFactFormCount) return Bad(BundleError::kEnumerator, fact);
      if (!IsZero(fact.reserved) || fact.padding != 0) return Bad(BundleError::kPadding, fact);
      if (!Follows(fact.clauses, b_.clauses(), &end)) return Bad(BundleError::kRangeOrder, fact);
      const FactForm form = static_cast<FactForm>(fact.form);
      const bool autonomy = form == FactForm::kAutonomy;
      if ((form == FactForm::kExpression && fact.clauses.count != 0) || autonomy != (fact.value.count == 0) ||
          (autonomy && fact.levels == kNone))
        return Bad(BundleError::kFactFields, fact);
      bool caps = false;
      for (const ClauseRow& c : Slice(b_.clauses(), fact.clauses)) {
        if (c.kind >= kClauseKindCount || c.mode >= kModeCount) return Bad(BundleError::kEnumerator, c);
        if (!IsZero(c.reserved) || c.padding != 0) return Bad(BundleError::kPadding, c);
        if (!IsStringOrNone(c.id)) return Bad(BundleError::kIndex, c);
        const ClauseKind kind = static_cast<ClauseKind>(c.kind);
        const bool cap = kind == ClauseKind::kCap;
        if ((kind == ClauseKind::kWhen) == autonomy || (c.id == kNone) == autonomy || (caps && !cap) ||
            (c.mode != static_cast<uint8_t>(Mode::kEnforced) && !cap))
          return Bad(BundleError::kFactFields, c);
        caps = cap;
      }
    }
    return end == b_.clauses().size() ? Status{} : Left(b_.clauses());
  }

  Status CheckRules() {
    uint32_t pol_rules = 0, suggestions = 0;
    for (const RuleRow& rule : b_.rules()) {
      const Effect effect = static_cast<Effect>(rule.effect);
      const PolRuleRow* pol = nullptr;
      if (rule.pol != 0) {
        if (rule.pol != ++pol_rules || pol_rules > b_.pol_rules().size())
          return Bad(BundleError::kRangeOrder, rule);
        pol = &b_.pol_rules()[rule.pol - 1];
      }
      if (b_.is_pol() && ((effect == Effect::kLimit) != (rule.limits.count != 0) ||
                          (effect == Effect::kRequire) != (rule.needs.count != 0) ||
                          (effect == Effect::kSuggest) != (pol != nullptr && pol->suggestion != kNone) ||
                          (effect == Effect::kAllow && pol != nullptr && pol->lifted_by.count != 0))) {
        return Bad(BundleError::kRuleTerms, rule);
      }
      for (const NeedRow& need : Slice(b_.needs(), rule.needs)) {
        if (need.kind >= kNeedKindCount) return Bad(BundleError::kEnumerator, need);
        if (!IsZero(need.reserved) || need.padding != 0) return Bad(BundleError::kPadding, need);
        if (static_cast<NeedKind>(need.kind) == NeedKind::kEvidence) {
          if (need.what >= b_.evidence_kinds().size()) return Bad(BundleError::kIndex, need);
        } else {
          if (need.what != approvals_end_ || need.what >= b_.approvals().size())
            return Bad(BundleError::kRangeOrder, need);
          ++approvals_end_;
        }
      }
      if (pol == nullptr) continue;
      if (!IsStringOrNone(pol->title)) return Bad(BundleError::kIndex, *pol);
      if (pol->has_until > 1) return Bad(BundleError::kEnumerator, *pol);
      if (pol->padding != 0 || (pol->has_until == 0 && pol->until_ms != 0))
        return Bad(BundleError::kPadding, *pol);
      if (!Follows(pol->lifted_by, b_.approvals(), &approvals_end_))
        return Bad(BundleError::kRangeOrder, *pol);
      if (pol->suggestion != kNone &&
          (pol->suggestion != suggestions++ || suggestions > b_.suggestions().size()))
        return Bad(BundleError::kRangeOrder, *pol);
    }
    if (pol_rules != b_.pol_rules().size()) return Left(b_.pol_rules());
    if (suggestions != b_.suggestions().size()) return Left(b_.suggestions());
    for (const LimitRow& limit : b_.limits()) {
      if (limit.kind >= b_.limit_kinds().size()) return Bad(BundleError::kIndex, limit);
      if (limit.padding != 0) return Bad(BundleError::kPadding, limit);
    }
    return {};
  }

  Status CheckApprovals() {
    if (approvals_end_ != b_.approvals().size()) return Left(b_.approvals());
    size_t quorums_end = 0, parts_end = 0, pools_end = 0;
    for (const ApprovalRow& approval : b_.approvals()) {
      if (approval.padding != 0) return Bad(BundleError::kPadding, approval);
      if (!Follows(approval.alternatives, b_.quorums(), &quorums_end))
        return Bad(BundleError::kRangeOrder, approval);
      if (approval.alternatives.count == 0) return Bad(BundleError::kQuorumFields, approval);
    }
    if (quorums_end != b_.quorums().size()) return Left(b_.quorums());
    for (const QuorumRow& quorum : b_.quorums()) {
      if (!IsBool(quorum.including_owner) || !IsBool(quorum.survives_policy_change))
        return Bad(BundleError::kEnumerator, quorum);
      if (!IsZero(quorum.reserved) || quorum.padding != 0) return Bad(BundleError::kPadding, quorum);
      if (!Follows(quorum.parts, b_.quorum_parts(), &parts_end)) return Bad(BundleError::kRangeOrder, quorum);
      uint64_t people = 0;
      for (const QuorumPartRow& part : Slice(b_.quorum_parts(), quorum.parts)) {
        if (part.padding != 0) return Bad(BundleError::kPadding, part);
        if (!Follows(part.pools, b_.pools(), &pools_end)) return Bad(BundleError::kRangeOrder, part);
        if (part.count == 0 || part.pools.count == 0) return Bad(BundleError::kQuorumFields, part);
        people += part.count;
      }
      if (people == 0 || people > kMaxQuorum || quorum.within_ms <= 0)
        return Bad(BundleError::kQuorumFields, quorum);
    }
    if (parts_end != b_.quorum_parts().size()) return Left(b_.quorum_parts());
    if (pools_end != b_.pools().size()) return Left(b_.pools());
    return {};
  }

  Status CheckSuggestions() {
    size_t end = 0;
    for (const SuggestionRow& suggestion : b_.suggestions()) {
      if (suggestion.action >= b_.entities().size()) return Bad(BundleError::kIndex, suggestion);
      if (suggestion.padding != 0) return Bad(BundleError::kPadding, suggestion);
      if (!Follows(suggestion.changes, b_.changes(), &end)) return Bad(BundleError::kRangeOrder, suggestion);
      const auto changes = Slice(b_.changes(), suggestion.changes);
      for (size_t i = 0; i < changes.size(); ++i) {
        if (!IsString(changes[i].attribute)) return Bad(BundleError::kIndex, changes[i]);
        if (changes[i].padding != 0) return Bad(BundleError::kPadding, changes[i]);
        if (i > 0 && changes[i - 1].attribute >= changes[i].attribute)
          return Bad(BundleError::kOrder, changes[i]);
      }
    }
    return end == b_.changes().size() ? Status{} : Left(b_.changes());
  }

  // Rules of Pol in a bundle that says it has none would be decided without its model.
  Status CheckFlags() {
    if (b_.is_pol()) return {};
    const bool declares = !b_.actions().empty() || !b_.pol_rules().empty();
    return declares ? Status{BundleError::kHeaderField, offsetof(Header, flags)} : Status{};
  }

  // Rows that no range names.
  template <typename Row>
  Status Left(std::span<const Row> rows) const {
    return {BundleError::kRangeOrder,
            static_cast<uint64_t>(reinterpret_cast<const uint8_t*>(rows.data()) - b_.file().data())};
  }

  const Bundle& b_;
  const size_t strings_;
  const size_t types_;
  size_t attributes_end_ = 0;
  size_t type_lists_end_ = 0;
  size_t approvals_end_ = 0;
};

}  // namespace

Status VerifyPolRows(const Bundle& bundle) { return PolVerifier(bundle).Run(); }

}  // namespace polc::bundle
