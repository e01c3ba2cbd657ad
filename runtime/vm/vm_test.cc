// Every opcode, every trap, decisions over all effects and error rules, requests that bring entities.
#include <gtest/gtest.h>

#include <set>

#include "runtime/bundle/test_images.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/message.h"
#include "runtime/vm/request.h"

namespace polc::vm {
namespace {

using bundle::Constant;
using bundle::Effect;
using bundle::ErrorRule;
using bundle::ImageBuilder;
using bundle::Mode;
using bundle::Opcode;
using entities::EmptyRecord;
using entities::MakeEntity;
using entities::MakeLong;
using entities::SnapshotBuilder;
using entities::ValueBuilder;

// A small world: User alice in Team sre in Team staff; alice has attributes and a tag.
std::shared_ptr<const Snapshot> SmallWorld() {
  SnapshotBuilder b;
  const EntityId alice = b.Intern("User", "alice"), bob = b.Intern("User", "bob"),
                 sre = b.Intern("Team", "sre"), staff = b.Intern("Team", "staff"),
                 doc = b.Intern("Doc", "d1");
  ValueBuilder& v = b.values();
  b.Add(alice,
        *v.Record({{"age", MakeLong(30)},
                   {"name", v.String("Alice")},
                   {"boss", MakeEntity(bob)},
                   {"gone", MakeEntity(b.Intern("User", "nobody"))},
                   {"ok", entities::MakeBool(true)}}),
        *v.Record({{"color", v.String("red")}}), {sre});
  b.Add(bob, EmptyRecord(), EmptyRecord(), {});
  b.Add(sre, EmptyRecord(), EmptyRecord(), {staff});
  b.Add(staff, EmptyRecord(), EmptyRecord(), {});
  b.Add(doc, *v.Record({{"owner", MakeEntity(alice)}}), EmptyRecord(), {});
  EntityId bad;
  return b.Finish(&bad);
}

// Makes bundles of assembled rules over named constants and runs them in the small world.
class VmTest : public ::testing::Test {
 protected:
  // Constants by index, in the order they are added; strings (attribute names) by index likewise.
  uint32_t C(const Constant& c) { return image_.AddConstant(c); }

  void AddRule(const std::string& assembly, Effect effect = Effect::kAllow, Mode mode = Mode::kEnforced,
               ErrorRule error_rule = ErrorRule::kSkip) {
    // Ids r00, r01, ...: ascending in the order of the rules.
    const std::string number = std::to_string(image_.image.rules.size());
    bundle::RuleRow row = bundle::MakeRule(image_.String("r" + std::string(2 - number.size(), '0') + number),
                                           effect, AddBlock(&image_.image, assembly));
    row.mode = static_cast<uint8_t>(mode);
    row.error_rule = static_cast<uint8_t>(error_rule);
    image_.image.rules.push_back(row);
  }

  void Build() {
    const bundle::Status written = Write(image_.Finish(), &file_);
    ASSERT_TRUE(written.ok()) << BundleErrorName(written.error) << " at word " << written.at;
    bundle::Bundle opened;
    ASSERT_TRUE(bundle::Bundle::Open(file_, &opened).ok());
    bundle::VerifiedBundle verified;
    const bundle::Status s = Verify(opened, &verified);
    ASSERT_TRUE(s.ok()) << BundleErrorName(s.error);
    engine_ = Engine::Make(verified, SmallWorld());
    scratch_.emplace(*engine_);
    builder_.emplace(*engine_);
    ValueBuilder& v = builder_->values();
    builder_->SetPrincipal(builder_->Entity("User", "alice"));
    builder_->SetAction(builder_->Entity("Action", "view"));
    builder_->SetResource(builder_->Entity("Doc", "d1"));
    builder_->SetContext(
        *v.Record({{"n", MakeLong(7)},
                   {"text", v.String("hello")},
                   {"ids", *v.Set({MakeLong(1), MakeLong(2), MakeLong(3)})},
                   {"flags", *v.Set({entities::MakeBool(true), entities::MakeBool(false)})}}));
  }
  void Finish() {
    EntityId bad;
    request_ = builder_->Finish(&bad);
    ASSERT_TRUE(request_);
  }

  // Runs code as a value block (a fact would do; a limit is simplest) and prints what came of it.
  std::string Eval(const std::string& assembly) {
    bundle::LimitRow limit{};
    limit.kind = bundle::AddLimitKind(&image_, "k", Kind::kBool, bundle::Merge::kAnyTrue);
    AddRule("const " + std::to_string(C(bundle::BoolConstant(true))) + "\n return");
    limit.value = AddBlock(&image_.image, assembly);
    image_.image.limits.push_back(limit);
    image_.image.rules[0].limits = {0, 1};
    Build();
    if (HasFatalFailure()) return "does not build";
    Finish();
    return Show(engine_->EvaluateLimit(0, *request_, &*scratch_));
  }
  std::string Show(const Evaluation& e) {
    std::string out;
    if (e.ok) {
      AppendValue(World(*engine_, *request_), engine_->MemoryFor(*request_, *scratch_), e.value, &out);
    } else {
      out = "! ";
      AppendMessage(*engine_, *request_, *scratch_, e.error, &out);
    }
    return out;
  }

  ImageBuilder image_;
  std::vector<uint8_t> file_;
  std::shared_ptr<const Engine> engine_;
  std::optional<Scratch> scratch_;
  std::optional<RequestBuilder> builder_;
  std::optional<Request> request_;
};

// One test per table: each case gets a fixture of its own through this helper.
class Case : public VmTest {
 public:
  void TestBody() override {}
  using VmTest::C;
  using VmTest::Eval;
  void SetLimits(uint32_t elements, uint32_t bytes) {
    image_.image.max_elements = elements;
    image_.image.max_bytes = bytes;
  }
  uint32_t S(std::string_view s) { return image_.String(s); }
  uint32_t T(std::string_view s) { return image_.Type(s); }
  uint32_t P(const std::vector<const std::string*>& parts) { return image_.Pattern(parts); }
  uint32_t Shape(const std::vector<std::string>& names) { return image_.Shape(names); }
};

std::string Num(uint32_t n) { return std::to_string(n); }

std::string Binary(const Constant& a, const std::string& op, const Constant& b) {
  Case c;
  const std::string x = Num(c.C(a)), y = Num(c.C(b));
  return c.Eval("const " + x + "\n const " + y + "\n " + op + "\n return");
}
std::string Unary(const std::string& op, const Constant& a) {
  Case c;
  const std::string x = Num(c.C(a));
  return c.Eval("const " + x + "\n " + op + "\n return");
}

const Constant kTrue = bundle::BoolConstant(true), kFalse = bundle::BoolConstant(false);
Constant L(int64_t n) { return bundle::LongConstant(n); }
Constant Str(std::string s) { return bundle::TextConstant(std::move(s)); }
Constant E(std::string t, std::string i) { return bundle::EntityConstant(std::move(t), std::move(i)); }
Constant SetOf(std::vector<Constant> v) { return bundle::SetConstant(std::move(v)); }
Constant Time(Kind kind, int64_t ms) {
  Constant c;
  c.kind = kind;
  c.number = ms;
  return c;
}

TEST(OpcodeTest, ConstVarAndContext) {
  EXPECT_EQ(Case().Eval("var principal\n return"), "User::\"alice\"");
  EXPECT_EQ(Case().Eval("var action\n return"), "Action::\"view\"");
  EXPECT_EQ(Case().Eval("var resource\n return"), "Doc::\"d1\"");
  Case c;
  EXPECT_EQ(c.Eval("var context\n attr " + Num(c.S("n")) + "\n return"), "7");
  Case d;
  const uint32_t set = d.C(SetOf({L(2), L(1), E("Zz", "new"), E("User", "alice")}));
  EXPECT_EQ(d.Eval("const " + Num(set) + "\n return"), "[1, 2, User::\"alice\", Zz::\"new\"]");
}

TEST(OpcodeTest, Eq) {
  EXPECT_EQ(Binary(L(1), "eq", L(1)), "true");
  EXPECT_EQ(Binary(L(1), "eq", Str("1")), "false");
  EXPECT_EQ(Binary(SetOf({L(1), L(1)}), "eq", SetOf({L(1)})), "true");
  EXPECT_EQ(Binary(Time(Kind::kDatetime, 1), "eq", Time(Kind::kDuration, 1)), "false");
  EXPECT_EQ(Binary(E("Zz", "a"), "eq", E("Zz", "a")), "true");
  EXPECT_EQ(Binary(E("Zz", "a"), "eq", E("Yy", "a")), "false");
  EXPECT_EQ(Binary(bundle::RecordConstant({{"a", L(1)}, {"b", L(2)}}), "eq",
                   bundle::RecordConstant({{"b", L(2)}, {"a", L(1)}})),
            "true");
  EXPECT_EQ(Binary(bundle::IpConstant(std::string("\x0A\0\0\1", 4), 8), "eq",
                   bundle::IpConstant(std::string("\x0A\0\0\2", 4), 8)),
            "false");
}

TEST(OpcodeTest, OrderAndArithmetic) {
  EXPECT_EQ(Binary(L(-1), "lt", L(1)), "true");
  EXPECT_EQ(Binary(L(1), "lt", L(1)), "false");
  EXPECT_EQ(Binary(L(1), "le", L(1)), "true");
  EXPECT_EQ(Binary(Time(Kind::kDatetime, 1), "lt", Time(Kind::kDatetime, 2)), "true");
  EXPECT_EQ(Binary(Time(Kind::kDuration, 3), "le", Time(Kind::kDuration, 2)), "false");
  EXPECT_EQ(Binary(Str("a"), "lt", Str("b")),
            "! type error: expected long, datetime or duration, got string at `<`");
  EXPECT_EQ(Binary(L(1), "lt", Time(Kind::kDuration, 2)), "! type error: expected long, got duration at `<`");
  EXPECT_EQ(Binary(Str("a"), "le", L(2)), "! type error: expected long, got string at `<=`");
  EXPECT_EQ(Binary(L(2), "add", L(3)), "5");
  EXPECT_EQ(Binary(L(2), "sub", L(3)), "-1");
  EXPECT_EQ(Binary(L(-2), "mul", L(3)), "-6");
  EXPECT_EQ(Binary(L(INT64_MAX), "add", L(1)),
            "! integer overflow: `9223372036854775807 + 1` does not fit 64 bits");
  EXPECT_EQ(Binary(L(INT64_MIN), "sub", L(1)).substr(0, 20), "! integer overflow: ");
  EXPECT_EQ(Binary(L(INT64_MIN), "mul", L(-1)).substr(0, 20), "! integer overflow: ");
  EXPECT_EQ(Binary(L(1), "add", Str("a")), "! type error: expected long, got string at `+`");
  EXPECT_EQ(Binary(kTrue, "mul", Str("a")), "! type error: expected long, got bool at `*`");
  EXPECT_EQ(Unary("neg", L(5)), "-5");
  EXPECT_EQ(Unary("neg", L(INT64_MIN)), "! integer overflow: `-(-9223372036854775808)` does not fit 64 bits");
  EXPECT_EQ(Unary("neg", kTrue), "! type error: expected long, got bool at `-`");
}

TEST(OpcodeTest, BoolsAndBranches) {
  EXPECT_EQ(Unary("not", kTrue), "false");
  EXPECT_EQ(Unary("check_bool", kFalse), "false");
  EXPECT_EQ(Unary("check_bool", L(1)), "! type error: expected bool, got long");
  for (const bool x : {false, true}) {
    for (const bool y : {false, true}) {
      Case a, o, i;
      const std::string cx = Num(a.C(x ? kTrue : kFalse)), cy = Num(a.C(y ? kTrue : kFalse));
      EXPECT_EQ(a.Eval("0 const " + cx + "\n 1 and 3\n 2 const " + cy + "\n 3 return"),
                x && y ? "true" : "false");
      o.C(x ? kTrue : kFalse), o.C(y ? kTrue : kFalse);
      EXPECT_EQ(o.Eval("0 const " + cx + "\n 1 or 3\n 2 const " + cy + "\n 3 return"),
                x || y ? "true" : "false");
    }
    Case i;
    const std::string cx = Num(i.C(x ? kTrue : kFalse)), one = Num(i.C(L(1))), two = Num(i.C(L(2)));
    EXPECT_EQ(i.Eval("0 const " + cx + "\n 1 br_false 4\n 2 const " + one + "\n 3 jump 5\n 4 const " + two +
                     "\n 5 return"),
              x ? "1" : "2");
  }
}

TEST(OpcodeTest, In) {
  EXPECT_EQ(Binary(E("User", "alice"), "in", E("Team", "sre")), "true");
  EXPECT_EQ(Binary(E("User", "alice"), "in", E("Team", "staff")), "true");
  EXPECT_EQ(Binary(E("Team", "staff"), "in", E("User", "alice")), "false");
  EXPECT_EQ(Binary(E("User", "alice"), "in", E("User", "alice")), "true");
  EXPECT_EQ(Binary(E("Zz", "zz"), "in", E("Zz", "zz")), "true");  // absent, and in itself
  EXPECT_EQ(Binary(E("Zz", "zz"), "in", E("Team", "sre")), "false");
  EXPECT_EQ(Binary(E("User", "alice"), "in", SetOf({})), "false");
  EXPECT_EQ(Binary(E("User", "alice"), "in", SetOf({E("User", "bob"), E("Team", "staff")})), "true");
  EXPECT_EQ(Binary(E("User", "alice"), "in", SetOf({E("User", "alice"), L(1)})),
            "! type error: expected entity, got long at `in`");
  EXPECT_EQ(Binary(E("User", "alice"), "in", SetOf({E("User", "alice"), SetOf({})})),
            "! type error: expected entity, got set at `in`");
  EXPECT_EQ(Binary(E("User", "alice"), "in", L(1)), "! type error: expected entity or set, got long at `in`");
  EXPECT_EQ(Binary(L(1), "in", E("User", "alice")), "! type error: expected entity, got long at `in`");
}

TEST(OpcodeTest, Is) {
  for (const auto& [constant, type, wanted] :
       {std::tuple(E("User", "alice"), "User", "true"),
        std::tuple(E("User", "nobody-at-all"), "User", "true"),
        std::tuple(E("User", "alice"), "Team", "false"), std::tuple(E("Zz", "a"), "Zz", "true"),
        std::tuple(L(1), "User", "! type error: expected entity, got long at `is`")}) {
    Case c;
    const std::string x = Num(c.C(constant)), t = Num(c.T(type));
    EXPECT_EQ(c.Eval("const " + x + "\n is " + t + "\n return"), wanted);
  }
  Case c;  // a type the snapshot has never heard of
  EXPECT_EQ(c.Eval("var principal\n is " + Num(c.T("Martian")) + "\n return"), "false");
}

std::string Named(const std::string& op, const Constant& a, const std::string& name) {
  Case c;
  const std::string x = Num(c.C(a)), n = Num(c.S(name));
  return c.Eval("const " + x + "\n " + op + " " + n + "\n return");
}

TEST(OpcodeTest, HasAndAttr) {
  EXPECT_EQ(Named("has", E("User", "alice"), "age"), "true");
  EXPECT_EQ(Named("has", E("User", "alice"), "agf"), "false");
  EXPECT_EQ(Named("has", E("User", "nobody"), "age"), "false");
  EXPECT_EQ(Named("has", E("Zz", "zz"), "age"), "false");
  EXPECT_EQ(Named("has", bundle::RecordConstant({{"a", L(1)}}), "a"), "true");
  EXPECT_EQ(Named("has", L(1), "a"), "! type error: expected entity or record, got long at `has`");
  EXPECT_EQ(Named("attr", E("User", "alice"), "name"), "\"Alice\"");
  EXPECT_EQ(Named("attr", E("User", "alice"), "nope"),
            "! `User::\"alice\"` does not have the attribute `nope`");
  EXPECT_EQ(Named("attr", E("User", "nobody"), "age"), "! entity `User::\"nobody\"` does not exist");
  EXPECT_EQ(Named("attr", E("Zz", "zz"), "age"), "! entity `Zz::\"zz\"` does not exist");
  EXPECT_EQ(Named("attr", bundle::RecordConstant({{"a", L(1)}}), "a"), "1");
  EXPECT_EQ(Named("attr", bundle::RecordConstant({{"a", L(1)}}), "b"),
            "! record does not have the attribute `b`");
  EXPECT_EQ(Named("attr", SetOf({}), "b"), "! type error: expected entity or record, got set before `.b`");
}

TEST(OpcodeTest, Tags) {
  EXPECT_EQ(Binary(E("User", "alice"), "has_tag", Str("color")), "true");
  EXPECT_EQ(Binary(E("User", "alice"), "has_tag", Str("size")), "false");
  EXPECT_EQ(Binary(E("Zz", "zz"), "has_tag", Str("color")), "false");
  EXPECT_EQ(Binary(E("User", "alice"), "get_tag", Str("color")), "\"red\"");
  EXPECT_EQ(Binary(E("User", "alice"), "get_tag", Str("size")),
            "! `User::\"alice\"` does not have the tag `\"size\"`");
  EXPECT_EQ(Binary(E("Zz", "zz"), "get_tag", Str("color")), "! entity `Zz::\"zz\"` does not exist");
  EXPECT_EQ(Binary(L(1), "has_tag", Str("color")), "! type error: expected entity, got long at `hasTag`");
  EXPECT_EQ(Binary(E("User", "alice"), "get_tag", L(1)),
            "! type error: expected string, got long at `getTag`");
}

std::string LikeOf(const std::string& text, const std::string& pattern) {
  // In `pattern` a `*` is a wildcard.
  Case c;
  std::vector<std::string> literals;
  std::string literal;
  std::vector<int> parts;  // -1: wildcard
  for (char ch : pattern) {
    if (ch == '*') {
      if (!literal.empty()) parts.push_back(static_cast<int>(literals.size())), literals.push_back(literal);
      literal.clear();
      parts.push_back(-1);
    } else {
      literal += ch;
    }
  }
  if (!literal.empty()) parts.push_back(static_cast<int>(literals.size())), literals.push_back(literal);
  std::vector<const std::string*> pointers;
  for (int p : parts) pointers.push_back(p < 0 ? nullptr : &literals[static_cast<size_t>(p)]);
  const std::string t = Num(c.C(Str(text))), p = Num(c.P(pointers));
  return c.Eval("const " + t + "\n like " + p + "\n return");
}

// Against the obvious recursive matcher, over all short texts and patterns.
bool Matches(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*')
    return Matches(text, pattern.substr(1)) || (!text.empty() && Matches(text.substr(1), pattern));
  return !text.empty() && text[0] == pattern[0] && Matches(text.substr(1), pattern.substr(1));
}

TEST(OpcodeTest, LikeAllShortTextsAndPatterns) {
  std::vector<std::string> texts = {""}, patterns = {""};
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() < 3) {
      for (char c : {'a', 'b'}) texts.push_back(texts[i] + c);
    }
  }
  for (size_t i = 0; i < patterns.size(); ++i) {
    if (patterns[i].size() < 3) {
      for (char c : {'a', 'b', '*'}) patterns.push_back(patterns[i] + c);
    }
  }
  for (const std::string& t : texts) {
    for (const std::string& p : patterns) {
      ASSERT_EQ(LikeOf(t, p), Matches(t, p) ? "true" : "false") << t << " like " << p;
    }
  }
}

TEST(OpcodeTest, LikeMore) {
  EXPECT_EQ(LikeOf("aaabab", "a*ab"), "true");
  EXPECT_EQ(LikeOf("abcbcd", "a*bc*d"), "true");
  EXPECT_EQ(LikeOf("aba", "ab*ba"), "false");
  EXPECT_EQ(LikeOf("a\nb", "a*b"), "true");
  EXPECT_EQ(LikeOf("héllo", "h*llo"), "true");
  EXPECT_EQ(LikeOf("mississippi", "*iss*ip*i"), "true");
  EXPECT_EQ(LikeOf("mississippi", "*iss*iss*iss*"), "false");
  Case c;
  const std::string x = Num(c.C(L(1))), p = Num(c.P({nullptr}));
  EXPECT_EQ(c.Eval("const " + x + "\n like " + p + "\n return"),
            "! type error: expected string, got long at `like`");
}

TEST(OpcodeTest, SetOperators) {
  EXPECT_EQ(Binary(SetOf({L(1), Str("a")}), "contains", Str("a")), "true");
  EXPECT_EQ(Binary(SetOf({L(1), Str("a")}), "contains", SetOf({})), "false");
  EXPECT_EQ(Binary(SetOf({SetOf({L(1)})}), "contains", SetOf({L(1)})), "true");
  EXPECT_EQ(Binary(L(1), "contains", L(1)), "! type error: expected set, got long at `contains`");
  EXPECT_EQ(Binary(SetOf({L(1), L(2), L(3)}), "contains_all", SetOf({L(3), L(1)})), "true");
  EXPECT_EQ(Binary(SetOf({L(1), L(2)}), "contains_all", SetOf({L(3), L(1)})), "false");
  EXPECT_EQ(Binary(SetOf({L(1)}), "contains_all", SetOf({})), "true");
  EXPECT_EQ(Binary(SetOf({}), "contains_all", SetOf({L(1)})), "false");
  EXPECT_EQ(Binary(SetOf({L(1), L(2)}), "contains_any", SetOf({L(3), L(2)})), "true");
  EXPECT_EQ(Binary(SetOf({L(1), L(2)}), "contains_any", SetOf({L(3), L(4)})), "false");
  EXPECT_EQ(Binary(SetOf({L(1)}), "contains_any", SetOf({})), "false");
  EXPECT_EQ(Binary(L(1), "contains_all", SetOf({})), "! type error: expected set, got long at `containsAll`");
  EXPECT_EQ(Binary(SetOf({}), "contains_any", L(1)), "! type error: expected set, got long at `containsAny`");
  EXPECT_EQ(Unary("is_empty", SetOf({})), "true");
  EXPECT_EQ(Unary("is_empty", SetOf({L(1)})), "false");
  EXPECT_EQ(Unary("is_empty", Str("")), "! type error: expected set, got string at `isEmpty`");
}

TEST(OpcodeTest, SetAndRecord) {
  Case c;
  const std::string n = Num(c.S("n"));
  EXPECT_EQ(c.Eval("var principal\n var context\n attr " + n + "\n var context\n attr " + n +
                   "\n var action\n set 4\n return"),
            "[7, User::\"alice\", Action::\"view\"]");
  EXPECT_EQ(Case().Eval("set 0\n return"), "[]");
  Case r;
  const std::string shape = Num(r.Shape({"zz", "b", "a"}));
  EXPECT_EQ(r.Eval("var principal\n set 0\n var action\n record " + shape + "\n return"),
            "{\"a\": Action::\"view\", \"b\": [], \"zz\": User::\"alice\"}");
}

TEST(OpcodeTest, Call) {
  EXPECT_EQ(Unary("call decimal", Str("1.5")), "decimal(\"1.5000\")");
  EXPECT_EQ(Unary("call ip", Str("2001:db8:0:0:1:0:0:1/64")), "ip(\"2001:db8::1:0:0:1/64\")");
  EXPECT_EQ(Unary("call ip", Str("::")), "ip(\"::/128\")");
  EXPECT_EQ(Unary("call ip", Str("10.0.0.1")), "ip(\"10.0.0.1/32\")");
  EXPECT_EQ(Unary("call duration", Str("-1d")), "duration(\"-86400000ms\")");
  EXPECT_EQ(Unary("call ip", L(1)), "! type error: expected string, got long at `ip`");
  EXPECT_EQ(Unary("call ip", Str("x")), "! `\"x\"` is not a valid argument of `ip`");
  EXPECT_EQ(Binary(Time(Kind::kDatetime, INT64_MAX), "call offset", Time(Kind::kDuration, 1)).substr(0, 20),
            "! `offset` of `datet");
}

TEST(OpcodeTest, Fail) {
  Case c;
  EXPECT_EQ(c.Eval("var principal\n fail 1 UnknownFunction/" + Num(c.S("foo")) + "\n return"),
            "! function `foo` does not exist");
  Case d;
  EXPECT_EQ(d.Eval("fail 0 WrongArity/" + Num(d.S("ip")) + "\n return"),
            "! wrong number of arguments to `ip`");
}

// `each` over a set of bools and others: body is `element; check_bool`.
std::string Quantified(const std::string& quantifier, const std::vector<Constant>& elements) {
  Case c;
  const std::string set = Num(c.C(SetOf(elements)));
  return c.Eval("0 const " + set + "\n 1 each 6 " + quantifier +
                "/4\n 3 element\n 4 check_bool\n 5 each_end " + quantifier + "/4\n 6 return");
}

TEST(OpcodeTest, Each) {
  const std::string err = "! type error: expected bool, got long";
  EXPECT_EQ(Quantified("every", {}), "true");
  EXPECT_EQ(Quantified("some", {}), "false");
  EXPECT_EQ(Quantified("number", {}), "0");
  EXPECT_EQ(Quantified("every", {kTrue}), "true");
  EXPECT_EQ(Quantified("every", {kTrue, kFalse}), "false");
  EXPECT_EQ(Quantified("some", {kTrue, kFalse}), "true");
  EXPECT_EQ(Quantified("some", {kFalse}), "false");
  EXPECT_EQ(Quantified("number", {kTrue, kFalse}), "1");
  // Errors: an element that settles it outweighs them.
  EXPECT_EQ(Quantified("every", {kTrue, L(1)}), err);
  EXPECT_EQ(Quantified("every", {kFalse, L(1)}), "false");
  EXPECT_EQ(Quantified("some", {kFalse, L(1)}), err);
  EXPECT_EQ(Quantified("some", {kTrue, L(1)}), "true");
  EXPECT_EQ(Quantified("number", {kTrue, L(1)}), err);
  // Both sides of the bound.
  EXPECT_EQ(Quantified("number", {kTrue, kFalse, L(1), L(2)}), err);
  EXPECT_EQ(Quantified("some", {kTrue, L(1), L(2), L(3)}), "true");
  EXPECT_EQ(Quantified("some", {kTrue, L(1), L(2), L(3), L(4)}),
            "! `each` visits more elements than the bundle permits");
}

// The block may use the stack below it only after it ended, may jump inside, and its temporaries go.
TEST(OpcodeTest, EachWithBranchesAndTemporaries) {
  Case c;
  const std::string set = Num(c.C(SetOf({L(1), L(2), L(3), L(4)}))), two = Num(c.C(L(2))),
                    ten = Num(c.C(L(10)));
  EXPECT_EQ(c.Eval("0 const " + ten + "\n 1 const " + set +
                   "\n 2 each 16 number/4"
                   "\n 4 element\n 5 const " +
                   two +
                   "\n 6 set 2\n 7 element\n 8 contains\n 9 and 15"
                   "\n 10 element\n 11 const " +
                   two +
                   "\n 12 le\n 13 not\n 14 check_bool"
                   "\n 15 each_end number/4\n 16 add\n 17 return"),
            "12");
}

TEST(OpcodeTest, EachTypeError) {
  Case c;
  const std::string x = Num(c.C(L(1))), t = Num(c.C(kTrue));
  EXPECT_EQ(
      c.Eval("0 const " + x + "\n 1 each 5 every/4\n 3 const " + t + "\n 4 each_end every/4\n 5 return"),
      "! type error: expected set, got long at `each`");
}

// Two equal values of 64 elements, or bytes, in different places compare within a limit of 64; 65 do not.
TEST(OpcodeTest, DataLimitsBothSides) {
  for (const size_t n : {64, 65}) {
    for (const bool text : {false, true}) {
      std::vector<Constant> many;
      for (size_t i = 0; i < n; ++i) many.push_back(L(static_cast<int64_t>(i)));
      const Constant value = text ? Str(std::string(n, 'x')) : SetOf(many);
      Case c;
      c.SetLimits(64, 64);
      // The second lies inside a record and is taken out of it, or constants would share it.
      const std::string name = Num(c.S("k"));
      const std::string a = Num(c.C(value)), b = Num(c.C(bundle::RecordConstant({{"k", value}})));
      const std::string past = text ? "reads more text" : "visits more elements";
      // Equal texts of one bundle are one text: a comparison by place, free of charge.
      const bool free = text;
      EXPECT_EQ(c.Eval("const " + a + "\n const " + b + "\n attr " + name + "\n eq\n return"),
                n == 64 || free ? "true" : "! `==` " + past + " than the bundle permits");
      Case d;
      d.SetLimits(64, 64);
      const std::string x = Num(d.C(Str(std::string(n, 'x') + "y"))),
                        y = Num(d.C(Str(std::string(n, 'x') + "z")));
      EXPECT_EQ(d.Eval("const " + x + "\n const " + y + "\n eq\n return"),
                "! `==` reads more text than the bundle permits");
      Case e;
      e.SetLimits(64, 64);
      const std::string digits = Num(e.C(Str(std::string(n - 3, '0') + "1.5")));
      EXPECT_EQ(e.Eval("const " + digits + "\n call decimal\n return"),
                n == 64 ? "decimal(\"1.5000\")" : "! `decimal` reads more text than the bundle permits");
    }
  }
}

class DecideTest : public VmTest {
 protected:
  // Adds a rule that holds, does not hold, or errs.
  void Rule(char what, Effect effect, Mode mode = Mode::kEnforced, ErrorRule rule = ErrorRule::kSkip) {
    const std::string t = Num(C(kTrue)), f = Num(C(kFalse)), one = Num(C(L(1)));
    AddRule(what == 't'   ? "const " + t + "\n return"
            : what == 'f' ? "const " + f + "\n return"
                          : "const " + one + "\n check_bool\n return",
            effect, mode, rule);
  }
  std::string Decide() {
    Build();
    Finish();
    const Decision d = engine_->Decide(*request_, &*scratch_);
    std::string out(OutcomeName(d.outcome));
    auto list = [&](std::string_view name, auto rules, auto index) {
      if (rules.empty()) return;
      out += std::string(" ") + std::string(name);
      for (const auto& r : rules) out += " " + std::to_string(index(r));
    };
    list("reasons", d.reasons, [](uint32_t r) { return r; });
    list("errors", d.errors, [](const RuleError& e) { return e.rule; });
    list("shadow", d.shadow, [](uint32_t r) { return r; });
    if (d.would_be != d.outcome) out += " would_be " + std::string(OutcomeName(d.would_be));
    return out;
  }
};

TEST_F(DecideTest, DefaultDeny) { EXPECT_EQ(Decide(), "deny"); }
TEST_F(DecideTest, Allow) {
  Rule('t', Effect::kAllow), Rule('f', Effect::kAllow), Rule('t', Effect::kAllow), Rule('f', Effect::kForbid);
  EXPECT_EQ(Decide(), "allow reasons 0 2");
}
TEST_F(DecideTest, ForbidWinsAndAllowsAreNoReason) {
  Rule('t', Effect::kAllow), Rule('t', Effect::kForbid), Rule('t', Effect::kForbid);
  EXPECT_EQ(Decide(), "deny reasons 1 2");
}
TEST_F(DecideTest, CedarSkipsErrorsOfForbidsToo) {
  Rule('t', Effect::kAllow), Rule('e', Effect::kForbid), Rule('e', Effect::kAllow);
  EXPECT_EQ(Decide(), "allow reasons 0 errors 1 2");
}
TEST_F(DecideTest, FailClosedByEffect) {
  Rule('t', Effect::kAllow), Rule('e', Effect::kForbid, Mode::kEnforced, ErrorRule::kFailClosed);
  EXPECT_EQ(Decide(), "deny reasons 1 errors 1");
}
TEST_F(DecideTest, AnAllowThatErrsDoesNotHold) {
  Rule('e', Effect::kAllow, Mode::kEnforced, ErrorRule::kFailClosed);
  EXPECT_EQ(Decide(), "deny errors 0");
}
TEST_F(DecideTest, OrderOfEffects) {
  Rule('t', Effect::kAllow), Rule('t', Effect::kLimit);
  EXPECT_EQ(Decide(), "allow_with_limits reasons 0 1");
}
TEST_F(DecideTest, RequireOverLimit) {
  Rule('t', Effect::kAllow), Rule('t', Effect::kLimit), Rule('t', Effect::kRequire);
  EXPECT_EQ(Decide(), "require_approval reasons 2");
}
TEST_F(DecideTest, SuggestOverRequire) {
  Rule('t', Effect::kAllow), Rule('t', Effect::kSuggest), Rule('t', Effect::kRequire);
  EXPECT_EQ(Decide(), "suggest reasons 1");
}
TEST_F(DecideTest, NoGrantBeatsTerms) {
  Rule('t', Effect::kSuggest), Rule('t', Effect::kRequire);
  EXPECT_EQ(Decide(), "deny");
}
TEST_F(DecideTest, ShadowRulesOnlyShow) {
  Rule('t', Effect::kAllow), Rule('t', Effect::kForbid, Mode::kShadow),
      Rule('e', Effect::kForbid, Mode::kShadow), Rule('f', Effect::kForbid, Mode::kShadow);
  EXPECT_EQ(Decide(), "allow reasons 0 errors 2 shadow 1 2 would_be deny");
}

TEST_F(VmTest, FactsAreComputedOnceAndKeepTheirErrors) {
  const std::string one = Num(C(L(1))), n = Num(image_.String("n"));
  auto fact = [&](const std::string& assembly) {
    const std::string name = "f" + std::to_string(image_.image.facts.size());
    image_.image.facts.push_back(bundle::MakeFact(image_.String(name), AddBlock(&image_.image, assembly)));
  };
  fact("var context\n attr " + n + "\n const " + one + "\n set 2\n return");
  fact("fact 0\n const " + one + "\n contains\n return");
  fact("const " + one + "\n check_bool\n return");
  AddRule("fact 1\n check_bool\n return");
  AddRule("const " + one + "\n const " + one + "\n set 2\n fact 0\n eq\n not\n return");
  AddRule("fact 2\n check_bool\n return");
  Build();
  Finish();
  const Decision d = engine_->Decide(*request_, &*scratch_);
  EXPECT_EQ(d.outcome, Outcome::kAllow);
  EXPECT_EQ(std::vector<uint32_t>(d.reasons.begin(), d.reasons.end()), (std::vector<uint32_t>{0, 1}));
  ASSERT_EQ(d.errors.size(), 1u);
  EXPECT_EQ(d.errors[0].rule, 2u);
  EXPECT_EQ(d.errors[0].error.opcode, Opcode::kCheckBool);  // the fact's error, not the reader's
}

TEST_F(VmTest, InputsAreSuppliedMissingOrStale) {
  for (const char* name : {"load", "freeze", "approved"}) {
    bundle::InputRow input = bundle::SwitchInput(&image_, name);
    input.fresh_within_ms = 30000;
    image_.image.inputs.push_back(input);
  }
  for (const char* i : {"0", "1", "2"}) AddRule(std::string("input ") + i + "\n check_bool\n return");
  Build();
  builder_->host().now_ms = 30001;
  builder_->host().state.push_back({.input = 1, .value = entities::MakeBool(true), .as_of_ms = 0});
  builder_->host().state.push_back({.input = 0, .value = entities::MakeBool(true), .as_of_ms = 1});
  Finish();
  EXPECT_EQ(Show(engine_->EvaluateRule(0, *request_, &*scratch_)), "true");
  EXPECT_EQ(Show(engine_->EvaluateRule(1, *request_, &*scratch_)),
            "! input `freeze` is older than it may be");
  EXPECT_EQ(Show(engine_->EvaluateRule(2, *request_, &*scratch_)), "! input `approved` was not supplied");
}

TEST_F(VmTest, UnknownEntitiesOfARequest) {
  const std::string bob = Num(C(E("User", "bob")));
  const std::string martian = Num(C(E("Martian", "m"))), type = Num(image_.Type("Martian"));
  AddRule("var principal\n is " + type + "\n return");
  AddRule("var principal\n const " + martian + "\n eq\n return");
  AddRule("var resource\n is " + type + "\n return");
  AddRule("var resource\n const " + martian + "\n eq\n return");
  AddRule("var principal\n var resource\n in\n return");
  Build();
  const EntityId m = builder_->Entity("Martian", "m"), other = builder_->Entity("Martian", "n"),
                 venus = builder_->Entity("Venusian", "m");
  EXPECT_NE(m, other);
  EXPECT_NE(m, venus);
  EXPECT_EQ(builder_->Entity("Martian", "n"), other);
  EXPECT_EQ(builder_->Entity("Venusian", "m"), venus);
  EXPECT_NE(builder_->Entity("Jovian", "m"), venus);
  builder_->SetPrincipal(m);
  builder_->SetResource(other);
  Finish();
  for (const auto& [rule, wanted] :
       {std::pair(0u, "true"), {1u, "true"}, {2u, "true"}, {3u, "false"}, {4u, "false"}}) {
    EXPECT_EQ(Show(engine_->EvaluateRule(rule, *request_, &*scratch_)), wanted) << rule;
  }
}

TEST_F(VmTest, BroughtEntitiesReplaceAndTheHierarchyIsTheUnions) {
  const std::string sre = Num(C(E("Team", "sre"))), staff = Num(C(E("Team", "staff"))),
                    guests = Num(C(E("Team", "guests")));
  const std::string age = Num(image_.String("age"));
  AddRule("var principal\n const " + sre + "\n in\n return");
  AddRule("var principal\n const " + staff + "\n in\n return");
  AddRule("var principal\n const " + guests + "\n in\n return");
  AddRule("var principal\n has " + age + "\n return");
  Build();
  // sre is no longer in staff but in guests: alice, whom the store keeps, follows.
  builder_->AddEntity(builder_->Entity("Team", "sre"), EmptyRecord(), EmptyRecord(),
                      {builder_->Entity("Team", "guests")});
  Finish();
  for (const auto& [rule, wanted] : {std::pair(0u, "true"), {1u, "false"}, {2u, "true"}, {3u, "true"}}) {
    EXPECT_EQ(Show(engine_->EvaluateRule(rule, *request_, &*scratch_)), wanted) << rule;
  }
  // Replacing alice herself.
  builder_.emplace(*engine_);
  const EntityId alice = builder_->Entity("User", "alice");
  builder_->SetPrincipal(alice), builder_->SetAction(alice), builder_->SetResource(alice);
  builder_->AddEntity(alice, EmptyRecord(), EmptyRecord(), {builder_->Entity("Team", "staff")});
  Finish();
  for (const auto& [rule, wanted] : {std::pair(0u, "false"), {1u, "true"}, {2u, "false"}, {3u, "false"}}) {
    EXPECT_EQ(Show(engine_->EvaluateRule(rule, *request_, &*scratch_)), wanted) << rule;
  }
  // A cycle through the store.
  builder_.emplace(*engine_);
  builder_->AddEntity(builder_->Entity("Team", "staff"), EmptyRecord(), EmptyRecord(), {alice});
  EntityId bad = entities::kNoId;
  EXPECT_FALSE(builder_->Finish(&bad));
  EXPECT_EQ(bad, *engine_->FindEntity("Team", "staff"));
}

// The trace shows every instruction with what it took and gave, and costs add up within the bound.
TEST_F(VmTest, Trace) {
  const std::string n = Num(image_.String("n")), ids = Num(image_.String("ids"));
  AddRule("var context\n attr " + ids + "\n var context\n attr " + n + "\n contains\n return");
  Build();
  Finish();
  struct Sink final : TraceSink {
    void Executed(const TraceEvent& e) override {
      text += std::string(Info(e.instruction.opcode).mnemonic) + " " + std::to_string(e.popped.size()) + " " +
              (e.pushed == nullptr ? "-" : std::string(KindName(e.pushed->kind))) + "; ";
      steps += e.steps;
    }
    std::string text;
    uint64_t steps = 0;
  } sink;
  EXPECT_EQ(Show(engine_->EvaluateRule(0, *request_, &*scratch_, &sink)), "false");
  EXPECT_EQ(sink.text, "var 0 record; attr 1 set; var 0 record; attr 1 long; contains 2 bool; return 1 -; ");
  EXPECT_LE(sink.steps, engine_->bundle()->rules()[0].condition.max_steps);
  EXPECT_GT(sink.steps, 6u);  // the look-up charged elements
}

}  // namespace
}  // namespace polc::vm
