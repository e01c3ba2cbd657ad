// Operators: every operator on every pair of operands of every kind, absent entities and attributes among
// them. Which of them err is compared with a table of kinds; what they give, with laws between operators.
#include <gtest/gtest.h>

#include "tests/exhaustive/harness.h"

namespace polc::tests {
namespace {

using core::Op;
using data::ExtFn;
using data::Value;

// Kinds as letters: Bool, Long, String, Entity (any), dEcimal 'C', Ip, dateTime 'T', dUration 'U', set 'M'
// (of entities only) or 'X' (of others too), Record; '!' errs; '?' depends on the request.
struct Leaf {
  Build build;
  char kind;
};

class Operators : public ::testing::Test {
 protected:
  Operators() {
    data::Entity a{
        {"User", "a"}, {{"k", Value(int64_t{1})}}, {{"x", Value(int64_t{2})}}, {{"Team", "t"}}, {}};
    data::Entity b{{"User", "b"}, {}, {}, {{"Team", "t"}}, {}};
    EXPECT_FALSE(store_.Add(a));
    EXPECT_FALSE(store_.Add(b));
    EXPECT_FALSE(store_.Close());
    const data::Record contexts[] = {{},
                                     {{"k", Value(int64_t{1})}},
                                     {{"k", Value(std::string("x"))}},
                                     {{"k", Value(true)}},
                                     {{"k", Value(data::Decimal{10000})}},
                                     {{"k", Value(data::Datetime{-1})}},
                                     {{"k", Value::MakeRecord({{"k", Value(int64_t{1})}})}},
                                     {{"k", Value(data::EntityUid{"User", "a"})}},
                                     {{"k", Value::MakeSet({Value(data::EntityUid{"Team", "t"})})}}};
    for (const char* id : {"a", "z"}) {
      for (const data::Record& context : contexts)
        requests_.push_back(MakeRequest({"User", id}, {"User", "b"}, context));
    }
    auto ext = [](ExtFn fn, const char* text) { return Call(fn, {Str(text)}); };
    leaves_ = {{Bool(true), 'B'},
               {Bool(false), 'B'},
               {Long(0), 'L'},
               {Long(1), 'L'},
               {Long(-7), 'L'},
               {Str(""), 'S'},
               {Str("x"), 'S'},
               {Ent("User", "a"), 'E'},
               {Ent("User", "b"), 'E'},
               {Ent("User", "z"), 'E'},
               {Ent("Team", "t"), 'E'},
               {SetOf({}), 'M'},
               {SetOf({Ent("Team", "t"), Ent("User", "z")}), 'M'},
               {SetOf({Long(1)}), 'X'},
               {SetOf({Str("x"), Ent("User", "a")}), 'X'},
               {Rec({}), 'R'},
               {Rec({{"k", Long(1)}, {"j", Str("x")}}), 'R'},
               {ext(ExtFn::kDecimal, "1.0"), 'C'},
               {ext(ExtFn::kDecimal, "-2.5"), 'C'},
               {ext(ExtFn::kIp, "10.0.0.1/8"), 'I'},
               {ext(ExtFn::kIp, "::1"), 'I'},
               {ext(ExtFn::kDatetime, "2024-02-29"), 'T'},
               {ext(ExtFn::kDatetime, "1969-12-31T23:59:59.999Z"), 'T'},
               {ext(ExtFn::kDuration, "1h"), 'U'},
               {ext(ExtFn::kDuration, "-1500ms"), 'U'},
               {Context("absent"), '!'},
               {Named(Op::kGetAttr, Ent("User", "z"), "k"), '!'},
               {ext(ExtFn::kDecimal, "one"), '!'},
               {Var(core::Var::kPrincipal), 'E'},
               {Var(core::Var::kContext), 'R'},
               {Context("k"), '?'}};
    if (!kSanitized) return;
    for (size_t i = 0; i < leaves_.size(); ++i) leaves_.erase(leaves_.begin() + static_cast<ptrdiff_t>(i));
  }

  void Begin(const char* name) {
    family_.emplace(name);
    family_->SetStore(store_);
  }
  void Law(const std::string& name, const Build& left, const Build& right) {
    family_->Law(name, left, right, requests_);
  }
  // Whether the value of `e`, if it has one, is some value: an operator of any kind becomes a condition.
  static Build Defined(const Build& e) { return Eq(e, e); }

  // `err`: must err; nothing: depends on more than kinds.
  void ExpectErrs(const Build& e, std::optional<bool> err) {
    family_->Run(
        ProgramOf({Allow("r", Defined(e))}), requests_,
        [&](size_t, const Decision& d) -> std::optional<std::string> {
          const Outcome o = OutcomeOf(d, "r");
          if (o == Outcome::kFails) return "a value is not equal to itself";
          if (!err || *err == (o == Outcome::kErrs)) return std::nullopt;
          return std::string(*err ? "the kinds say that it errs" : "the kinds say that it does not err");
        });
  }

  data::EntityStore store_;
  std::vector<data::Request> requests_;
  std::vector<Leaf> leaves_;
  std::optional<Family> family_;
};

bool OneOf(char kind, std::string_view kinds) { return kinds.find(kind) != kinds.npos; }

// Whether `op` errs on kinds a and b.
std::optional<bool> ErrsOn(Op op, char a, char b) {
  if (a == '!' || b == '!') return true;
  if (a == '?' || b == '?') return std::nullopt;
  switch (op) {
    case Op::kEq:
      return false;
    case Op::kLess:
    case Op::kLessEq:
      return !(a == b && OneOf(a, "LTU"));
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
      return !(a == 'L' && b == 'L');
    case Op::kIn:
      return !(a == 'E' && OneOf(b, "EM"));
    case Op::kHasTag:
      return !(a == 'E' && b == 'S');
    case Op::kGetTag:
      if (a == 'E' && b == 'S') return std::nullopt;
      return true;
    case Op::kContains:
      return !OneOf(a, "MX");
    case Op::kContainsAll:
    case Op::kContainsAny:
      return !(OneOf(a, "MX") && OneOf(b, "MX"));
    default:
      return std::nullopt;
  }
}

TEST_F(Operators, KindsDecideWhatErrs) {
  Begin("kinds");
  for (const Leaf& a : leaves_) {
    auto unary = [&](const Build& e, std::string_view fine) {
      ExpectErrs(e, a.kind == '?' ? std::nullopt : std::optional(!OneOf(a.kind, fine)));
    };
    unary(Not(a.build), "B");
    unary(Apply(Op::kNeg, {a.build}), "L");
    unary(Named(Op::kIs, a.build, "User"), "E");
    unary(Named(Op::kHas, a.build, "k"), "ER");
    unary(Like(a.build, {{true, ""}}), "S");
    unary(Apply(Op::kIsEmpty, {a.build}), "MX");
    for (const data::ExtFnInfo& fn : data::AllExtFns()) {
      constexpr std::string_view kLetters = "BLSECITUXR";  // in the order of data::Kind
      auto letter = [&](data::Kind kind) { return kLetters[static_cast<size_t>(kind)]; };
      if (fn.is_constructor()) {
        ExpectErrs(Call(fn.fn, {a.build}),
                   a.kind == 'S' || a.kind == '?' ? std::nullopt : std::optional(true));
        continue;
      }
      if (fn.args.size() == 1) {
        unary(Call(fn.fn, {a.build}), std::string(1, letter(fn.args[0])));
        continue;
      }
      ExpectErrs(Call(fn.fn, {a.build}), true);  // an argument too few
      for (const Leaf& b : leaves_) {
        std::optional<bool> errs = !(a.kind == letter(fn.args[0]) && b.kind == letter(fn.args[1]));
        if (OneOf('?', std::string{a.kind, b.kind})) errs = std::nullopt;
        ExpectErrs(Call(fn.fn, {a.build, b.build}), errs);
      }
    }
    ExpectErrs(Named(Op::kCallUnknown, a.build, "nonesuch"), true);
    for (const Leaf& b : leaves_) {
      for (Op op : {Op::kEq, Op::kLess, Op::kLessEq, Op::kAdd, Op::kSub, Op::kMul, Op::kIn, Op::kHasTag,
                    Op::kGetTag, Op::kContains, Op::kContainsAll, Op::kContainsAny}) {
        ExpectErrs(Apply(op, {a.build, b.build}), ErrsOn(op, a.kind, b.kind));
      }
      for (const Leaf& c : leaves_) {
        const bool fixed = !OneOf('?', std::string{a.kind, b.kind, c.kind});
        const bool errs = a.kind == '!' || b.kind == '!' || c.kind == '!';
        ExpectErrs(SetOf({a.build, b.build, c.build}), fixed ? std::optional(errs) : std::nullopt);
        ExpectErrs(Rec({{"p", a.build}, {"o", b.build}, {"q", c.build}}),
                   fixed ? std::optional(errs) : std::nullopt);
      }
    }
  }
  family_->Finish(1000000);
}

TEST_F(Operators, LawsOfOneAndTwo) {
  Begin("laws of one and two operands");
  const Build yes = Bool(true);
  for (const Leaf& leaf : leaves_) {
    const Build& a = leaf.build;
    Law("!!a = a && true", Not(Not(a)), And(a, yes));
    Law("a && true = a || false", And(a, yes), Or(a, Bool(false)));
    Law("-a = 0 - a", Defined(Apply(Op::kNeg, {a})), Defined(Apply(Op::kSub, {Long(0), a})));
    Law("isEmpty = (== [])", And(Apply(Op::kIsEmpty, {a}), yes),
        And(Apply(Op::kContainsAll, {SetOf({}), a}), yes));
    Law("a.k is defined where a has k", And(Named(Op::kHas, a, "k"), Defined(Named(Op::kGetAttr, a, "k"))),
        Named(Op::kHas, a, "k"));
    Law("a.k errs where a has no k",
        And(Not(Named(Op::kHas, a, "k")), Not(Defined(Named(Op::kGetAttr, a, "k")))),
        And(Not(Named(Op::kHas, a, "k")), Context("absent")));
    Law("a tag is defined where a has it",
        And(Apply(Op::kHasTag, {a, Str("x")}), Defined(Apply(Op::kGetTag, {a, Str("x")}))),
        Apply(Op::kHasTag, {a, Str("x")}));
    Law("a tag errs where a has none",
        And(Not(Apply(Op::kHasTag, {a, Str("x")})), Defined(Apply(Op::kGetTag, {a, Str("x")}))),
        And(Not(Apply(Op::kHasTag, {a, Str("x")})), Context("absent")));
    Law("a in a = a is an entity", Apply(Op::kIn, {a, a}), Or(Named(Op::kIs, a, "User"), yes));
    Law("isIpv4 = !isIpv6", Call(ExtFn::kIsIpv4, {a}), Not(Call(ExtFn::kIsIpv6, {a})));
    Law("in its own range", Call(ExtFn::kIsInRange, {a, a}), Or(Call(ExtFn::kIsIpv4, {a}), yes));
    Law("a date and its time of day are the datetime",
        Eq(Call(ExtFn::kOffset, {Call(ExtFn::kToDate, {a}), Call(ExtFn::kToTime, {a})}), a),
        Or(Eq(Call(ExtFn::kToDate, {a}), a), yes));
    for (const Leaf& other : leaves_) {
      const Build& b = other.build;
      Law("== is symmetric", Eq(a, b), Eq(b, a));
      Law("a < b = !(b <= a)", Apply(Op::kLess, {a, b}), Not(Apply(Op::kLessEq, {b, a})));
      Law("+ commutes", Eq(Apply(Op::kAdd, {a, b}), Apply(Op::kAdd, {b, a})),
          Defined(Apply(Op::kMul, {a, b})));
      Law("a + b - b = a", Eq(Apply(Op::kSub, {Apply(Op::kAdd, {a, b}), b}), a),
          Defined(Apply(Op::kAdd, {a, b})));
      Law("contains = containsAll of one", Apply(Op::kContains, {a, b}),
          Apply(Op::kContainsAll, {a, SetOf({b})}));
      Law("contains = containsAny of one", Apply(Op::kContains, {a, b}),
          Apply(Op::kContainsAny, {a, SetOf({b})}));
      Law("both ways containsAll is ==",
          And(Apply(Op::kContainsAll, {a, b}), Apply(Op::kContainsAll, {b, a})),
          And(Or(Apply(Op::kContainsAll, {a, b}), yes), Eq(a, b)));
      Law("containsAny is symmetric", Apply(Op::kContainsAny, {a, b}), Apply(Op::kContainsAny, {b, a}));
      Law("[a, b, a] = [b, a]", Eq(SetOf({a, b, a}), SetOf({b, a})), And(Defined(a), Defined(b)));
      if (!OneOf(other.kind, "MX?")) {
        Law("in b = in [b]", Apply(Op::kIn, {a, b}), Apply(Op::kIn, {a, SetOf({b})}));
      }
      Law("a field is what was put there", Eq(Named(Op::kGetAttr, Rec({{"k", a}, {"j", b}}), "k"), a),
          And(Defined(a), Defined(b)));
      Law("decimals: < mirrors >", Call(ExtFn::kLessThan, {a, b}), Call(ExtFn::kGreaterThan, {b, a}));
      Law("decimals: < negates >=", Call(ExtFn::kLessThan, {a, b}),
          Not(Call(ExtFn::kGreaterThanOrEqual, {a, b})));
      Law("decimals: <= negates >", Call(ExtFn::kLessThanOrEqual, {a, b}),
          Not(Call(ExtFn::kGreaterThan, {a, b})));
      Law("offset by the difference", Eq(Call(ExtFn::kOffset, {a, Call(ExtFn::kDurationSince, {b, a})}), b),
          Defined(Call(ExtFn::kDurationSince, {b, a})));
      Law("the if of both ways", Defined(Apply(Op::kIf, {a, b, b})), And(Or(a, yes), Defined(b)));
    }
  }
  family_->Finish(280000);
}

TEST_F(Operators, LawsOfThree) {
  Begin("laws of three operands");
  for (const Leaf& x : leaves_) {
    for (const Leaf& y : leaves_) {
      for (const Leaf& z : leaves_) {
        const Build& a = x.build;
        const Build& b = y.build;
        const Build& c = z.build;
        // The right sides evaluate c first where the left would err on it and `||` would not look.
        Law("containsAny [b, c] = contains b || contains c", Apply(Op::kContainsAny, {a, SetOf({b, c})}),
            And(Defined(c), Or(Apply(Op::kContains, {a, b}), Apply(Op::kContains, {a, c}))));
        Law("containsAll [b, c] = contains b && contains c", Apply(Op::kContainsAll, {a, SetOf({b, c})}),
            And(Defined(c), And(Apply(Op::kContains, {a, b}), Apply(Op::kContains, {a, c}))));
        Law("in [b, c] = in [b] || in [c]", Apply(Op::kIn, {a, SetOf({b, c})}),
            And(Or(Apply(Op::kIn, {a, SetOf({c})}), Bool(true)),
                Or(Apply(Op::kIn, {a, SetOf({b})}), Apply(Op::kIn, {a, SetOf({c})}))));
        Law("[a, b, c] = [c, b, a]", Eq(SetOf({a, b, c}), SetOf({c, b, a})),
            And(And(Defined(a), Defined(b)), Defined(c)));
      }
    }
  }
  family_->Finish(1000000);
}

}  // namespace
}  // namespace polc::tests
