// An image with every row that format version 2 has and version 1 has not, for the tests that attack them.
// Test code only.
#pragma once

#include <initializer_list>

#include "runtime/bundle/test_images.h"

namespace polc::bundle {

// Fills an image with one Pol program. Rows that must ascend are added in the format's order: strings by
// length, then bytes.
class PolImageMaker {
 public:
  Image Make() {
    AddTypes();
    AddKinds();
    AddModel();
    AddFacts();
    AddInputs();
    AddRules();
    image_.flags = kFlagPol;
    // Small limits, so that small mutations reach them.
    image_.max_elements = 1000;
    image_.max_bytes = 1000;
    return b_.Finish();
  }

 private:
  static uint32_t Size(const auto& rows) { return static_cast<uint32_t>(rows.size()); }
  uint32_t S(std::string_view text) { return b_.String(text); }
  std::string C(const Constant& constant) { return std::to_string(b_.AddConstant(constant)); }
  Block Give(const Constant& constant) { return AddBlock(&image_, "const " + C(constant) + "\n return"); }

  uint32_t Scalar(Kind kind) {
    ValueTypeRow type{};
    type.kind = static_cast<uint8_t>(kind);
    type.of = type.levels = kNone;
    image_.value_types.push_back(type);
    return Size(image_.value_types) - 1;
  }
  uint32_t EntityOf(std::string_view type) {
    const uint32_t row = Scalar(Kind::kEntity);
    image_.value_types[row].of = b_.Type(type);
    return row;
  }
  void Attribute(std::string_view name, uint32_t type, bool required, bool from_host = false,
                 bool varies = false) {
    image_.attributes.push_back({S(name), type, kNone, required, from_host, varies, 0});
  }

  void AddTypes() {
    image_.level_names = {S("slow"), S("fast"), S("low"), S("high")};
    image_.levels.push_back({S("Ease"), 0, {}, {0, 2}});
    image_.levels.push_back({S("Risk"), 1, {}, {2, 2}});
    text_ = Scalar(Kind::kString);
    number_ = Scalar(Kind::kLong);
    percent_ = Scalar(Kind::kDecimal);
    image_.value_types[percent_].percent = 1;
    human_ = EntityOf("Human");
    texts_ = Scalar(Kind::kSet);
    image_.value_types[texts_].of = text_;
    image_.value_types[texts_].at_most = 8;
    risk_ = Scalar(Kind::kString);
    image_.value_types[risk_].levels = 1;
    record_ = Scalar(Kind::kRecord);
    image_.value_types[record_].fields = {0, 2};
    Attribute("kind", text_, true);
    Attribute("size", number_, false);
    image_.attributes.back().if_missing = b_.AddConstant(LongConstant(5));
    truth_ = Scalar(Kind::kBool);
    // Ranges of rows without fields follow the one row that has them.
    image_.value_types[truth_].fields.first = Size(image_.attributes);
  }

  void AddKinds() {
    image_.limit_kinds.push_back({S("loud"), static_cast<uint8_t>(Merge::kAnyTrue), {}, truth_, 0});
    image_.limit_kinds.push_back({S("hosts"), static_cast<uint8_t>(Merge::kCommonMembers), {}, texts_, 0});
    image_.limit_kinds.push_back({S("timeout"), static_cast<uint8_t>(Merge::kLowest), {}, number_, 0});
    image_.evidence_kinds.push_back({S("log"), 0, {}, text_, 0});
    image_.evidence_kinds.push_back({S("plan"), 1, {}, text_, 0});
    image_.settings.push_back({S("pager"), S("on")});
    image_.settings.push_back({S("place"), S("here")});
    image_.zones.push_back({S("UTC"), S("2026a"), {0, 1}, INT64_MAX});
    image_.zones.push_back({S("Europe/Berlin"), S("2026a"), {1, 2}, int64_t{1} << 41});
    image_.zone_offsets = {{INT64_MIN, 0, 0}, {INT64_MIN, 3600000, 0}, {1000, 7200000, 0}};
    image_.hours.push_back({S("night"), 0, 1320, 360, 127, {}});
    image_.hours.push_back({S("business"), 1, 540, 1020, 31, {}});
  }

  void EntityType(std::string_view name, Nature nature, std::initializer_list<const char*> parents) {
    EntityTypeRow row{};
    row.type = b_.Type(name);
    row.owner = row.tags = kNone;
    row.nature = static_cast<uint8_t>(nature);
    row.attributes = {Size(image_.attributes), 0};
    row.parents = TypeList(parents);
    row.ids = {Size(image_.enum_ids), 0};
    image_.entity_types.push_back(row);
  }
  Range TypeList(std::initializer_list<const char*> names) {
    const Range range{Size(image_.type_lists), Size(names)};
    for (const char* name : names) image_.type_lists.push_back(b_.Type(name));
    return range;
  }

  void AddModel() {
    EntityType("Team", Nature::kPlain, {});
    EntityType("Agent", Nature::kAgent, {"Team", "Human"});
    image_.entity_types.back().owner = b_.Type("Human");
    image_.entity_types.back().attributes.count = 2;
    Attribute("note", text_, false);
    Attribute("owner", human_, true);
    EntityType("Color", Nature::kService, {});
    image_.entity_types.back().is_enum = 1;
    image_.entity_types.back().ids.count = 2;
    image_.enum_ids = {S("red"), S("blue")};
    EntityType("Human", Nature::kPerson, {"Team"});
    EntityType("Service", Nature::kPlain, {"Team"});
    image_.entity_types.back().tags = text_;

    image_.classes.push_back({S("fix"), static_cast<uint8_t>(Reversibility::kReversible), {}});
    image_.classes.push_back({S("wreck"), static_cast<uint8_t>(Reversibility::kIrreversible), {}});

    ActionRow read{};
    read.action = b_.Entity("Action", "read");
    read.action_class = kNone;
    read.principals = TypeList({"Human"});
    read.resources = TypeList({"Service"});
    read.context = {Size(image_.attributes), 0};
    read.groups = {0, 1};
    image_.action_groups.push_back(b_.Entity("Action", "all"));
    image_.actions.push_back(read);

    ActionRow restart{};
    restart.action = b_.Entity("Action", "restart");
    restart.action_class = 0;
    restart.principals = TypeList({"Agent", "Human"});
    restart.resources = TypeList({"Color", "Service"});
    restart.context = {Size(image_.attributes), 4};
    Attribute("risk", risk_, false);
    Attribute("thing", record_, false);
    Attribute("radius", percent_, false, /*from_host=*/true);
    Attribute("ticket", text_, false, false, /*varies=*/true);
    restart.paths = {0, 2};
    image_.paths.push_back({0, {}, 0, {0, 2}});
    image_.paths.push_back({1, {}, 0, {2, 1}});
    image_.path_names = {S("owner"), S("team"), S("tier")};
    restart.facts = {0, 3};
    image_.action_facts = {0, 2, 3};
    restart.groups = {1, 2};
    image_.action_groups.push_back(b_.Entity("Action", "all"));
    image_.action_groups.push_back(b_.Entity("Action", "any"));
    image_.actions.push_back(restart);
  }

  void Clause(ClauseKind kind, std::string_view id, const Constant& value) {
    ClauseRow clause{};
    clause.id = id.empty() ? kNone : S(id);
    clause.kind = static_cast<uint8_t>(kind);
    clause.when = Give(BoolConstant(true));
    clause.value = kind == ClauseKind::kRowsFromData ? AddBlock(&image_, "set 0\n return") : Give(value);
    clause.place = kNowhere;
    image_.clauses.push_back(clause);
  }
  // Of the clauses from `first` on.
  void Fact(std::string_view name, FactForm form, uint32_t levels, uint32_t first, const Block& value) {
    FactRow fact = MakeFact(S(name), value);
    fact.form = static_cast<uint8_t>(form);
    fact.levels = levels;
    fact.clauses = {first, Size(image_.clauses) - first};
    image_.facts.push_back(fact);
  }

  void AddFacts() {
    Clause(ClauseKind::kWhen, "", TextConstant("high"));
    Clause(ClauseKind::kWhen, "", TextConstant("low"));
    Fact("risk", FactForm::kHighest, 1, 0, Give(TextConstant("low")));
    Clause(ClauseKind::kWhen, "", LongConstant(1));
    Fact("mode", FactForm::kFirst, kNone, 2, Give(LongConstant(5)));
    Clause(ClauseKind::kRow, "row", TextConstant("fast"));
    Clause(ClauseKind::kRowsFromData, "rows", {});
    Clause(ClauseKind::kCap, "cap", TextConstant("fast"));
    Clause(ClauseKind::kCap, "caps", TextConstant("slow"));
    image_.clauses.back().mode = static_cast<uint8_t>(Mode::kShadow);
    Fact("autonomy", FactForm::kAutonomy, 0, 3, Block{});
    Fact("plain", FactForm::kExpression, kNone, Size(image_.clauses),
         AddBlock(&image_, "fact 0\n rank 1\n return"));
  }

  InputRow* Input(InputKind kind, Kind value, std::string_view id, bool keyed) {
    InputRow input = SwitchInput(&b_, id);
    input.kind = static_cast<uint8_t>(kind);
    input.value_kind = static_cast<uint8_t>(value);
    if (keyed) {
      input.by = S("principal");
      input.key_type = human_;
    }
    const bool moved = kind != InputKind::kNow && kind != InputKind::kSwitch;
    if (moved) input.counts = Give(BoolConstant(true));
    if (moved && keyed) input.key = AddBlock(&image_, "var principal\n return");
    if (kind == InputKind::kTotal) input.amount = Give(LongConstant(7));
    if (moved && kind != InputKind::kLabel) input.over_ms = 60000;
    if (kind == InputKind::kBreaker) input.opens_at = 3, input.closes_after_ms = 1000;
    image_.inputs.push_back(input);
    return &image_.inputs.back();
  }
  void AddInputs() {
    Input(InputKind::kNow, Kind::kDatetime, "now", false);
    Input(InputKind::kTotal, Kind::kLong, "spend", true);
    Input(InputKind::kLabel, Kind::kBool, "taint", true);
    Input(InputKind::kAttempts, Kind::kLong, "tries", false)->mode = static_cast<uint8_t>(Mode::kShadow);
    Input(InputKind::kSwitch, Kind::kBool, "freeze", true)->fresh_within_ms = 30000;
    Input(InputKind::kBreaker, Kind::kBool, "breaker", false);
    Input(InputKind::kCounter, Kind::kLong, "counter", true);
  }

  // `2 of Team or of the principal, and 1 of the resource` or `1 of Team`.
  uint32_t AddApproval() {
    const uint32_t row = Size(image_.approvals);
    image_.approvals.push_back({{Size(image_.quorums), 2}, kNowhere, 0});
    for (const bool large : {true, false}) {
      QuorumRow quorum{};
      quorum.parts = {Size(image_.quorum_parts), large ? 2u : 1u};
      quorum.within_ms = 1800000;
      quorum.including_owner = large;
      quorum.survives_policy_change = !large;
      quorum.place = kNowhere;
      image_.quorums.push_back(quorum);
      image_.quorum_parts.push_back({large ? 2u : 1u, 0, {Size(image_.pools), large ? 2u : 1u}});
      image_.pools.push_back({Give(EntityConstant("Team", "sre"))});
      if (!large) continue;
      image_.pools.push_back({AddBlock(&image_, "var principal\n return")});
      image_.quorum_parts.push_back({1, 0, {Size(image_.pools), 1}});
      image_.pools.push_back({AddBlock(&image_, "var resource\n set 1\n return")});
    }
    return row;
  }
  RuleRow* Rule(std::string_view id, Effect effect, std::string_view condition) {
    RuleRow rule = MakeRule(S(id), effect, AddBlock(&image_, condition));
    rule.error_rule =
        static_cast<uint8_t>(effect == Effect::kAllow ? ErrorRule::kSkip : ErrorRule::kFailClosed);
    rule.limits = {Size(image_.limits), 0};
    rule.needs = {Size(image_.needs), 0};
    rule.controls = {Size(image_.controls), 0};
    rule.annotations = {Size(image_.annotations), 0};
    rule.parts = {Size(image_.parts), 0};
    image_.rules.push_back(rule);
    return &image_.rules.back();
  }
  PolRuleRow* PolPart(RuleRow* rule) {
    image_.pol_rules.push_back({{Size(image_.approvals), 0}, kNone, kNone, 0, 0, 0});
    rule->pol = Size(image_.pol_rules);
    return &image_.pol_rules.back();
  }
  void Limit(RuleRow* rule, uint32_t kind, const Constant& value) {
    image_.limits.push_back({kind, 0, Give(value)});
    ++rule->limits.count;
  }

  void AddRules() {
    RuleRow* rule =
        Rule("allow", Effect::kAllow, "0 var principal\n 1 input_of 4\n 2 check_bool\n 3 not\n 4 return");
    PolRuleRow* pol = PolPart(rule);
    pol->title = S("On-call agents");
    pol->has_until = 1;
    pol->until_ms = int64_t{1} << 41;

    rule = Rule("limit", Effect::kLimit, "input 0\n in_hours 1\n not\n return");
    Limit(rule, 1, SetConstant({TextConstant("a"), TextConstant("b")}));
    Limit(rule, 2, LongConstant(5));

    rule = Rule("forbid", Effect::kForbid, "fact 3\n const " + C(LongConstant(5)) + "\n lt\n not\n return");
    pol = PolPart(rule);
    pol->lifted_by.count = 1;
    AddApproval();

    rule =
        Rule("require", Effect::kRequire, "fact 0\n rank 1\n const " + C(LongConstant(1)) + "\n eq\n return");
    NeedRow need{};
    need.kind = static_cast<uint8_t>(NeedKind::kApproval);
    need.place = kNowhere;
    need.what = AddApproval();
    image_.needs.push_back(need);
    need.kind = static_cast<uint8_t>(NeedKind::kEvidence);
    need.what = 1;
    image_.needs.push_back(need);
    rule->needs.count = 2;

    rule =
        Rule("suggest", Effect::kSuggest,
             "0 var context\n 1 has " + std::to_string(S("ticket")) + "\n 2 check_bool\n 3 not\n 4 return");
    pol = PolPart(rule);
    pol->suggestion = 0;
    image_.suggestions.push_back({b_.Entity("Action", "restart"), 0, {0, 2}});
    image_.changes.push_back({S("risk"), 0, Give(TextConstant("low"))});
    image_.changes.push_back({S("ticket"), 0, Give(TextConstant("a"))});
  }

  ImageBuilder b_;
  Image& image_ = b_.image;
  uint32_t text_ = 0, number_ = 0, percent_ = 0, human_ = 0, texts_ = 0, risk_ = 0, record_ = 0, truth_ = 0;
};

inline Image PolImage() { return PolImageMaker().Make(); }

}  // namespace polc::bundle
