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
  const std::string a = "a", bb = "b", c = "c";
  b.Pattern({&a, &bb, nullptr, nullptr, &c});
  b.Shape({"zz", "k"});
  b.Entity("Team", "sre");

  image.facts.push_back({b.String("risk"), 0, AddBlock(&image, "const 1\n return")});
  image.inputs.push_back(
      {b.String("now"), kNone, static_cast<uint8_t>(InputKind::kNow), kInputRead, {}, 0, 30000});
  image.inputs.push_back({b.String("restarts"),
                          b.String("principal"),
                          static_cast<uint8_t>(InputKind::kCounter),
                          kInputRead | kInputUpdated,
                          {},
                          0,
                          0});
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
  limit.kind = b.String("timeout");
  limit.value = AddBlock(&image, "var resource\n set 1\n return");
  image.limits.push_back(limit);
  NeedRow need{};
  need.kind = static_cast<uint8_t>(NeedKind::kApproval);
  need.count = 2;
  need.evidence = kNone;
  need.pool = {0, 1};
  need.within_ms = 1800000;
  image.pools.push_back(b.Entity("Team", "sre"));
  image.needs.push_back(need);
  need = NeedRow{};
  need.kind = static_cast<uint8_t>(NeedKind::kEvidence);
  need.evidence = b.String("rollback_plan");
  need.pool = {1, 0};
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
