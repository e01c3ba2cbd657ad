// The operators only Pol has, and what strict rules make of absent entities.
#include "compiler/oracle/eval.h"
#include "compiler/oracle/pol_world.h"

namespace polc::oracle {
namespace {

using namespace world;
using Code = EvalError::Code;

struct Ops : ::testing::Test {
  World w;
  Rule r = World::Pol("r", Effect::kForbid);

  EvalResult Run(ExprId id) {
    data::EntityStore store = w.store;
    EXPECT_FALSE(store.Close().has_value());
    return Evaluate(r, id, w.request, store);
  }
  void Gives(ExprId id, const Value& value) {
    const EvalResult result = Run(id);
    if (const auto* error = std::get_if<EvalError>(&result))
      ADD_FAILURE() << error->message;
    else
      EXPECT_EQ(data::ToString(std::get<Value>(result)), data::ToString(value));
  }
  void Errs(ExprId id, Code code) {
    const EvalResult result = Run(id);
    const auto* error = std::get_if<EvalError>(&result);
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(error->code, code) << error->message;
  }
  ExprId Set(std::vector<Value> elements) { return r.AddLiteral(Value::MakeSet(std::move(elements))); }
  ExprId Element() { return r.AddVar(Var::kElement); }
};

TEST_F(Ops, Sets) {
  Gives(r.Add(Op::kUnion, {Set({Long(1), Long(2)}), Set({Long(2), Long(3)})}),
        Value::MakeSet({Long(1), Long(2), Long(3)}));
  Gives(r.Add(Op::kIntersect, {Set({Long(1), Long(2)}), Set({Long(2), Long(3)})}), Value::MakeSet({Long(2)}));
  Gives(r.Add(Op::kSize, {Set({Long(1), Long(2)})}), Long(2));
  Gives(r.Add(Op::kSize, {Set({})}), Long(0));
  Errs(r.Add(Op::kSize, {r.AddLiteral(Long(1))}), Code::kTypeError);
  Errs(r.Add(Op::kUnion, {Set({}), r.AddLiteral(Long(1))}), Code::kTypeError);
}

TEST_F(Ops, QuantifiersVisitSoManyElementsAndNoMore) {
  std::vector<Value> elements;
  for (size_t i = 0; i < kMaxQuantified; ++i) elements.push_back(Long(static_cast<int64_t>(i)));
  auto number = [&] { return r.Add(Op::kNumber, {Set(elements), r.AddLiteral(Value(true))}); };
  Gives(number(), Long(kMaxQuantified));
  elements.push_back(Long(-1));
  Errs(number(), Code::kTooManyElements);
  Errs(r.Add(Op::kSome, {Set(elements), r.AddLiteral(Value(true))}), Code::kTooManyElements);
}

TEST_F(Ops, Lower) {
  Gives(r.Add(Op::kLower, {r.AddLiteral(Text("AbZ@[É"))}), Text("abz@[É"));
  Errs(r.Add(Op::kLower, {r.AddLiteral(Long(1))}), Code::kTypeError);
}

// Each quantifier over elements that make the body true, false or an error, in every mix of up to three.
TEST_F(Ops, QuantifiersAreThreeValued) {
  for (int mix = 0; mix < 8; ++mix) {
    const bool has_true = mix & 1, has_false = mix & 2, has_error = mix & 4;
    std::vector<Value> elements;
    if (has_true) elements.push_back(Value::MakeRecord({{"a", Value(true)}}));
    if (has_false) elements.push_back(Value::MakeRecord({{"a", Value(false)}}));
    if (has_error) elements.push_back(Value::MakeRecord({}));
    auto quantified = [&](Op op) {
      return r.Add(op, {Set(elements), r.AddNamed(Op::kGetAttr, Element(), "a")});
    };
    if (has_false)
      Gives(quantified(Op::kEvery), Value(false));
    else if (has_error)
      Errs(quantified(Op::kEvery), Code::kAttributeDoesNotExist);
    else
      Gives(quantified(Op::kEvery), Value(true));
    if (has_true)
      Gives(quantified(Op::kSome), Value(true));
    else if (has_error)
      Errs(quantified(Op::kSome), Code::kAttributeDoesNotExist);
    else
      Gives(quantified(Op::kSome), Value(false));
    if (has_error)
      Errs(quantified(Op::kNumber), Code::kAttributeDoesNotExist);
    else
      Gives(quantified(Op::kNumber), Long(has_true));
  }
  Errs(r.Add(Op::kEvery, {Set({Long(1)}), Element()}), Code::kTypeError);
  Errs(r.Add(Op::kEvery, {r.AddLiteral(Long(1)), r.AddLiteral(Value(true))}), Code::kTypeError);
}

TEST_F(Ops, AttrOr) {
  auto tier = [&](const char* service, Op op) {
    const ExprId entity = r.AddLiteral(Value(EntityUid{"Service", service}));
    const ExprId both[] = {entity, r.AddLiteral(Long(9))};
    return op == Op::kAttrOr ? r.AddNamed(op, both, "tier") : r.AddNamed(op, entity, "tier");
  };
  w.Put("Service", "bare");
  Gives(tier("web", Op::kAttrOr), Long(1));
  Gives(tier("bare", Op::kAttrOr), Long(9));
  Errs(tier("gone", Op::kAttrOr), Code::kEntityDoesNotExist);
  const ExprId record[] = {r.AddLiteral(Value::MakeRecord({})), r.AddLiteral(Long(9))};
  Gives(r.AddNamed(Op::kAttrOr, record, "x"), Long(9));
}

TEST_F(Ops, StrictRulesErrOfAbsentEntities) {
  auto gone = [&] { return r.AddLiteral(Value(EntityUid{"Service", "gone"})); };
  auto has = [&] { return r.AddNamed(Op::kHas, gone(), "tier"); };
  auto in = [&] { return r.Add(Op::kIn, {gone(), r.AddLiteral(Value(EntityUid{"Env", "prod"}))}); };
  auto tag = [&] { return r.Add(Op::kHasTag, {gone(), r.AddLiteral(Text("t"))}); };
  for (auto& e : {has(), in(), tag()}) Errs(e, Code::kEntityDoesNotExist);
  r.strict = false;
  for (auto& e : {has(), in(), tag()}) Gives(e, Value(false));
  r.strict = true;
  // What stands on the right need not be there, nor what is only asked for its type.
  Gives(r.Add(Op::kIn, {r.AddVar(Var::kResource), r.AddLiteral(Value(EntityUid{"Env", "gone"}))}),
        Value(false));
  Gives(r.AddNamed(Op::kIs, gone(), "Service"), Value(true));
}

TEST_F(Ops, OutsideOfAProgramThereAreNoNames) {
  Errs(r.AddNamed(Op::kFactRef, "risk"), Code::kNotSupplied);
  Errs(r.AddNamed(Op::kInput, "now"), Code::kNotSupplied);
}

// --- hours ---

// Half past eight in the evening of Wednesday, 1970-01-07, UTC.
constexpr int64_t kHour = 3600 * 1000, kDay = 24 * kHour;
constexpr int64_t kEvening = 6 * kDay + 20 * kHour + kHour / 2;

TEST(Hours, LocalTimeDecides) {
  const core::Zone utc{"UTC", "v", {{INT64_MIN, 0}}, 100 * kDay};
  core::Hours hours{"h", "UTC", 0b0000100, 20 * 60, 21 * 60};  // Wednesday
  EXPECT_EQ(WithinHours(hours, utc, {kEvening}), true);
  EXPECT_EQ(WithinHours(hours, utc, {kEvening - kHour / 2}), true);
  EXPECT_EQ(WithinHours(hours, utc, {kEvening - kHour / 2 - 1}), false);
  EXPECT_EQ(WithinHours(hours, utc, {kEvening + kHour / 2 - 1}), true);
  EXPECT_EQ(WithinHours(hours, utc, {kEvening + kHour / 2}), false);
  EXPECT_EQ(WithinHours(hours, utc, {kEvening + kDay}), false);
  EXPECT_EQ(WithinHours(hours, utc, {kEvening - 7 * kDay}), true);  // before 1970
  EXPECT_EQ(WithinHours(hours, utc, {100 * kDay - 1}), false);
  EXPECT_EQ(WithinHours(hours, utc, {100 * kDay}), std::nullopt);
  // Two rows: an hour more from the evening on.
  const core::Zone zone{"Z", "v", {{INT64_MIN, 0}, {kEvening, static_cast<int32_t>(kHour)}}, 100 * kDay};
  EXPECT_EQ(WithinHours(hours, zone, {kEvening - 1}), true);
  EXPECT_EQ(WithinHours(hours, zone, {kEvening}), false);
  EXPECT_EQ(WithinHours(hours, {"Z", "v", {{INT64_MIN, -1}}, 100 * kDay}, {INT64_MIN}), std::nullopt);
}

TEST(Hours, PastMidnightBelongsToTheDayItBegan) {
  const core::Zone utc{"UTC", "v", {{INT64_MIN, 0}}, 100 * kDay};
  const core::Hours night{"h", "UTC", 0b0000100, 22 * 60, 6 * 60};
  const int64_t wednesday = 6 * kDay;
  EXPECT_EQ(WithinHours(night, utc, {wednesday + 23 * kHour}), true);
  EXPECT_EQ(WithinHours(night, utc, {wednesday + kDay + 5 * kHour}), true);
  EXPECT_EQ(WithinHours(night, utc, {wednesday + kDay + 6 * kHour}), false);
  EXPECT_EQ(WithinHours(night, utc, {wednesday + 5 * kHour}), false);
  EXPECT_EQ(WithinHours(night, utc, {wednesday + kDay + 23 * kHour}), false);
  const core::Hours all{"h", "UTC", 0b1111111, 0, 24 * 60};
  EXPECT_EQ(WithinHours(all, utc, {wednesday + kDay - 1}), true);
}

}  // namespace
}  // namespace polc::oracle
