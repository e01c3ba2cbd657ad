// Images the tests of the bundle, the verifier and the mutations start from. Test code only.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "runtime/bundle/assembly.h"
#include "runtime/bundle/builder.h"

namespace polc::bundle {

inline Constant LongConstant(int64_t n) {
  Constant c;
  c.kind = Kind::kLong;
  c.number = n;
  return c;
}
inline Constant BoolConstant(bool b) {
  Constant c;
  c.kind = Kind::kBool;
  c.number = b;
  return c;
}
inline Constant TextConstant(std::string text) {
  Constant c;
  c.kind = Kind::kString;
  c.text = std::move(text);
  return c;
}
inline Constant EntityConstant(std::string type, std::string id) {
  Constant c;
  c.kind = Kind::kEntity;
  c.type = std::move(type);
  c.text = std::move(id);
  return c;
}
inline Constant SetConstant(std::vector<Constant> elements) {
  Constant c;
  c.kind = Kind::kSet;
  c.elements = std::move(elements);
  return c;
}
inline Constant RecordConstant(std::vector<std::pair<std::string, Constant>> fields) {
  Constant c;
  c.kind = Kind::kRecord;
  for (auto& [name, value] : fields) {
    c.names.push_back(name);
    c.elements.push_back(value);
  }
  return c;
}
inline Constant IpConstant(std::string bytes, int prefix) {
  Constant c;
  c.kind = Kind::kIp;
  c.text = std::move(bytes);
  c.number = prefix;
  return c;
}

inline std::vector<uint32_t> MustAssemble(std::string_view text) {
  AssemblyError error;
  std::optional<std::vector<uint32_t>> code = Assemble(text, &error);
  EXPECT_TRUE(code) << "line " << error.line << ": " << error.message;
  return code.value_or(std::vector<uint32_t>());
}

// Appends code to the image as one block.
inline Block AddBlock(Image* image, const std::vector<uint32_t>& code) {
  const Block block{static_cast<uint32_t>(image->code.size()), static_cast<uint32_t>(code.size()), 0, 0, 0};
  image->code.insert(image->code.end(), code.begin(), code.end());
  return block;
}
inline Block AddBlock(Image* image, std::string_view assembly) {
  return AddBlock(image, MustAssemble(assembly));
}

// A condition of tests, each in assembly, joined by `&&`.
inline std::vector<uint32_t> JoinedByAnd(const std::vector<std::string>& tests) {
  std::vector<uint32_t> code;
  std::vector<size_t> joins;
  for (const std::string& test : tests) {
    if (!code.empty()) {
      joins.push_back(code.size());
      code.push_back(0);
    }
    const std::vector<uint32_t> words = MustAssemble(test);
    code.insert(code.end(), words.begin(), words.end());
  }
  for (size_t join : joins)
    code[join] = EncodeWord(Opcode::kAnd, static_cast<uint32_t>(code.size() - join - 1));
  code.push_back(EncodeWord(Opcode::kReturn));
  return code;
}

inline constexpr Place kNowhere{kNone, 0, 0, 0, 0};

inline RuleRow MakeRule(uint32_t id, Effect effect, const Block& condition) {
  RuleRow rule{};
  rule.id = id;
  rule.effect = static_cast<uint8_t>(effect);
  rule.condition = condition;
  rule.because = kNone;
  rule.template_id = kNone;
  rule.place = kNowhere;
  return rule;
}

inline FactRow MakeFact(uint32_t name, const Block& value) {
  FactRow fact{};
  fact.name = name;
  fact.levels = kNone;
  fact.value = value;
  fact.place = kNowhere;
  return fact;
}

// An input that people move.
inline InputRow SwitchInput(ImageBuilder* b, std::string_view name) {
  InputRow input{};
  input.id = input.name = b->String(name);
  input.by = input.key_type = kNone;
  input.kind = static_cast<uint8_t>(InputKind::kSwitch);
  input.value_kind = static_cast<uint8_t>(Kind::kBool);
  input.is_read = 1;
  return input;
}

// Of a scalar, or a set of texts.
inline uint32_t AddValueType(Image* image, Kind kind) {
  ValueTypeRow type{};
  type.kind = static_cast<uint8_t>(kind);
  type.of = kind == Kind::kSet ? AddValueType(image, Kind::kString) : kNone;
  type.levels = kNone;
  image->value_types.push_back(type);
  return static_cast<uint32_t>(image->value_types.size() - 1);
}
inline uint32_t AddLimitKind(ImageBuilder* b, std::string_view name, Kind kind, Merge merge) {
  const uint32_t type = AddValueType(&b->image, kind);
  b->image.limit_kinds.push_back({b->String(name), static_cast<uint8_t>(merge), {}, type, 0});
  return static_cast<uint32_t>(b->image.limit_kinds.size() - 1);
}

// A need for `count` of one entity, with all rows it consists of.
inline NeedRow AddApprovalNeed(Image* image, uint32_t count, std::string_view pool) {
  const auto size = [](const auto& rows) { return static_cast<uint32_t>(rows.size()); };
  NeedRow need{};
  need.kind = static_cast<uint8_t>(NeedKind::kApproval);
  need.what = size(image->approvals);
  need.place = kNowhere;
  image->approvals.push_back({{size(image->quorums), 1}, kNowhere, 0});
  QuorumRow quorum{};
  quorum.parts = {size(image->quorum_parts), 1};
  quorum.within_ms = 1800000;
  quorum.place = kNowhere;
  image->quorums.push_back(quorum);
  image->quorum_parts.push_back({count, 0, {size(image->pools), 1}});
  image->pools.push_back({AddBlock(image, pool)});
  return need;
}

inline Image EmptyImage() { return Image(); }

// One of everything the format has.
inline Image RichImage() {
  ImageBuilder b;
  Image& image = b.image;
  b.AddConstant(EntityConstant("User", "alice"));
  b.AddConstant(SetConstant({LongConstant(1), TextConstant("a"), SetConstant({BoolConstant(true)})}));
  b.AddConstant(RecordConstant({{"k", IpConstant(std::string(15, '\0') + "\x01", 64)},
                                {"lists", SetConstant({IpConstant(std::string("\x0A\0\0\x01", 4), 8)})}}));
  b.AddConstant(BoolConstant(true));
  b.AddConstant(TextConstant("key"));
  const std::string a = "a", bb = "b", c = "c";
  b.Pattern({&a, &bb, nullptr, nullptr, &c});
  b.Shape({"zz", "k"});
  b.Entity("Team", "sre");

  image.facts.push_back(MakeFact(b.String("risk"), AddBlock(&image, "const 1\n return")));
  InputRow now = SwitchInput(&b, "now");
  now.kind = static_cast<uint8_t>(InputKind::kNow);
  now.value_kind = static_cast<uint8_t>(Kind::kDatetime);
  image.inputs.push_back(now);
  InputRow restarts = SwitchInput(&b, "restarts");
  restarts.kind = static_cast<uint8_t>(InputKind::kCounter);
  restarts.value_kind = static_cast<uint8_t>(Kind::kLong);
  restarts.by = b.String("principal");
  restarts.key_type = AddValueType(&image, Kind::kString);
  restarts.over_ms = 600000;
  restarts.counts = AddBlock(&image, "const 3\n return");
  restarts.key = AddBlock(&image, "const 4\n return");
  image.inputs.push_back(restarts);
  image.files.push_back({b.String("policies/a.cedar"), 0, 0, 12});
  image.files.push_back({b.String("policies/b.cedar"), 0, 12, 0});
  const std::string_view source = "permit(x,y);";
  image.source_bytes.assign(source.begin(), source.end());

  RuleRow one = MakeRule(b.String("r1"), Effect::kAllow, {});
  one.condition = AddBlock(&image, R"(
    0 var principal
    1 const 0
    2 eq
    3 and 12
    4 fact 0
    5 each 11 every/16
    7 element
    8 const 0
    9 eq
   10 each_end every/16
   11 not
   12 return)");
  one.place = {0, 0, 12, 1, 1};
  one.parts = {0, 2};
  PartRow part{};
  part.kind = static_cast<uint8_t>(PartKind::kPrincipal);
  part.place = {0, 7, 8, 1, 8};
  image.parts.push_back(part);
  part.kind = static_cast<uint8_t>(PartKind::kCondition);
  part.first = 4;
  part.place = kNowhere;
  image.parts.push_back(part);
  one.annotations = {0, 1};
  image.annotations.push_back({b.String("id"), b.String("r1")});
  image.rules.push_back(one);

  RuleRow two = MakeRule(b.String("rule-two"), Effect::kRequire, AddBlock(&image, R"(
    0 var context
    1 attr 0
    2 like 0
    3 br_false 10
    4 input 0
    5 const 3
    6 record 0
    7 const 2
    8 eq
    9 jump 11
   10 const 3
   11 return)"));
  two.mode = static_cast<uint8_t>(Mode::kShadow);
  two.error_rule = static_cast<uint8_t>(ErrorRule::kFailClosed);
  two.because = b.String("it is so");
  two.template_id = b.String("template-1");
  two.limits = {0, 1};
  two.needs = {0, 2};
  two.controls = {0, 1};
  two.annotations = {1, 0};
  two.parts = {2, 0};
  two.place = kNowhere;
  LimitRow limit{};
  limit.kind = AddLimitKind(&b, "timeout", Kind::kSet, Merge::kCommonMembers);
  limit.value = AddBlock(&image, "var resource\n set 1\n return");
  image.limits.push_back(limit);
  image.needs.push_back(AddApprovalNeed(&image, 2, "var resource\n return"));
  EvidenceKindRow evidence{};
  evidence.name = b.String("rollback_plan");
  evidence.type = AddValueType(&image, Kind::kString);
  image.evidence_kinds.push_back(evidence);
  NeedRow need{};
  need.kind = static_cast<uint8_t>(NeedKind::kEvidence);
  need.place = kNowhere;
  image.needs.push_back(need);
  image.controls.push_back({b.String("soc2"), b.String("CC8.1")});
  image.rules.push_back(two);

  image.debug.push_back({0, {0, 1, 2, 1, 2}});
  image.debug.push_back({4, kNowhere});
  image.meta.push_back({b.String("producer"), b.String("test")});
  image.meta.push_back({b.String("a"), b.String("b")});
  return b.Finish();
}

}  // namespace polc::bundle
