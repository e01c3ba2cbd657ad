#include "compiler/sema/typecheck.h"

#include "compiler/sema/check_test_util.h"

namespace polc::sema {
namespace {

using TypecheckTest = CheckTest;

// --- Operators take what they take ---

TEST_F(TypecheckTest, ConditionsAreBools) {
  EXPECT_EQ(View("true"), "");
  EXPECT_EQ(View("1"), "UnexpectedType");
  EXPECT_EQ(First().message, "`1` is of type `Long`, but a condition needs a `Bool`");
  EXPECT_EQ(View("principal"), "UnexpectedType");
}

TEST_F(TypecheckTest, LogicNeedsBools) {
  EXPECT_EQ(View("principal.on && context.mfa || !principal.on"), "");
  EXPECT_EQ(View("principal.age && true"), "UnexpectedType");
  EXPECT_EQ(View("true && principal.age"), "UnexpectedType");
  EXPECT_EQ(View("principal.on || principal.age"), "UnexpectedType");
  EXPECT_EQ(View("!principal.age"), "UnexpectedType");
  EXPECT_EQ(View("if principal.age then true else false"), "UnexpectedType");
  EXPECT_EQ(First().message, "`principal.age` is of type `Long`, but the condition of `if` needs a `Bool`");
  EXPECT_EQ(Text(First()), "principal.age");
}

TEST_F(TypecheckTest, ArithmeticNeedsLongs) {
  EXPECT_EQ(View("principal.age + 1 - 2 * -principal.age < 3"), "");
  EXPECT_EQ(View("principal.name + \"x\" == \"yx\""), "UnexpectedType UnexpectedType IncompatibleTypes");
  EXPECT_EQ(First().help, "strings cannot be joined; `like` compares parts of a string");
  EXPECT_EQ(View("principal.roles - 1 == 1"), "UnexpectedType");
  EXPECT_EQ(
      First().help,
      "there is no union, intersection or difference of sets; use `contains`, `containsAll`, `containsAny`");
  EXPECT_EQ(View("-principal.name == 1"), "UnexpectedType");
}

TEST_F(TypecheckTest, ComparisonsNeedOneComparableType) {
  EXPECT_EQ(View("principal.age < 1 && principal.age >= 2"), "");
  EXPECT_EQ(View("principal.born <= datetime(\"2020-01-01\") && principal.shift > duration(\"1h\")"), "");
  EXPECT_EQ(View("principal.age < principal.name"), "UnexpectedType");
  EXPECT_EQ(First().message, "`principal.name` is of type `String`, but `<` needs a `Long`");
  EXPECT_EQ(View("principal.name < 1"), "UnexpectedType");
  EXPECT_EQ(View("principal.born < principal.shift"), "UnexpectedType");
  EXPECT_EQ(View("principal.name < principal.born"), "UnexpectedType");
  EXPECT_EQ(View("principal.name < principal.roles"), "UnexpectedType UnexpectedType");
  EXPECT_EQ(First().message,
            "`principal.name` is of type `String`, but `<` needs a `Long`, a `datetime` or a `duration`");
  EXPECT_EQ(View("principal.pay < principal.pay"), "UnexpectedType UnexpectedType");  // decimals have methods
}

TEST_F(TypecheckTest, LikeAndIsEmptyAndContains) {
  EXPECT_EQ(View("principal.name like \"a*\""), "");
  EXPECT_EQ(View("principal like \"a*\""), "UnexpectedType");
  EXPECT_EQ(First().help, "`is` tests the type of an entity");
  EXPECT_EQ(View("principal.roles.isEmpty()"), "");
  EXPECT_EQ(View("principal.name.isEmpty()"), "UnexpectedType");
  EXPECT_EQ(First().help, "`== \"\"` tests whether a string is empty");
  EXPECT_EQ(View("principal.name.contains(\"a\")"), "UnexpectedType");
  EXPECT_EQ(First().help, "`like` looks into a string");
  EXPECT_EQ(View("principal.contains(\"a\")"), "UnexpectedType");
  EXPECT_EQ(View("principal.home.contains(\"a\")"), "UnexpectedType");
  EXPECT_EQ(View("principal.roles.containsAll(\"a\")"), "UnexpectedType");
  EXPECT_EQ(First().help, "`contains` tests for a single element");
  EXPECT_EQ(View("principal.roles.containsAny([\"a\"])"), "");
}

// --- Constants, and sides that are never looked at ---

TEST_F(TypecheckTest, DeadSidesAreNotChecked) {
  EXPECT_EQ(View("false && (1 + \"a\" == 2)"), "ImpossiblePolicy");
  EXPECT_EQ(View("true || principal.nosuch"), "");
  EXPECT_EQ(View("if true then true else principal.nosuch"), "");
  EXPECT_EQ(View("if false then principal.nosuch else true"), "");
  EXPECT_EQ(View("principal.nosuch && false"), "UnsafeAttributeAccess");
  EXPECT_EQ(View("!(true && !false) || principal.on"), "");
}

TEST_F(TypecheckTest, LiteralEqualityIsDecided) {
  EXPECT_EQ(View("\"a\" == 1"), "ImpossiblePolicy");  // folded, so the types do not matter
  EXPECT_EQ(View("1 == 1"), "");
  EXPECT_EQ(View("principal.name == 1"), "IncompatibleTypes");
  EXPECT_EQ(First().message, "`==` compares `String` with `Long`");
  EXPECT_EQ(View("principal.name == 1", Permissive()), "");
  EXPECT_EQ(View("(true && false) == false"), "");
  EXPECT_EQ(View("(true && false) == true"), "ImpossiblePolicy");
  EXPECT_EQ(View("User::\"a\" == User::\"b\""), "ImpossiblePolicy");
  EXPECT_EQ(View("principal == Bot::\"b\""), "ImpossiblePolicy");
  EXPECT_EQ(View("principal != Bot::\"b\""), "");
  EXPECT_EQ(View("principal == principal"), "");
}

TEST_F(TypecheckTest, TheActionIsKnown) {
  EXPECT_EQ(View("action == Action::\"view\" || principal.nosuch"), "");
  EXPECT_EQ(View("action == Action::\"edit\" && principal.nosuch"), "ImpossiblePolicy");
  EXPECT_EQ(View("action in Action::\"read\" || principal.nosuch"), "");
  EXPECT_EQ(View("action in [Action::\"write\", Action::\"read\"] || principal.nosuch"), "");
  EXPECT_EQ(View("action in Action::\"write\" && principal.nosuch"), "ImpossiblePolicy");
  EXPECT_EQ(View("Action::\"view\" in Action::\"read\" || principal.nosuch"), "");
  EXPECT_EQ(View("action in Folder::\"f\" && principal.nosuch"), "ImpossiblePolicy");
  EXPECT_EQ(View("action is Action || principal.nosuch"), "");
  EXPECT_EQ(View("action.name == \"view\""), "UnsafeAttributeAccess");
  EXPECT_EQ(View("action has name"), "ImpossiblePolicy");
}

TEST_F(TypecheckTest, TypesDecideIsAndIn) {
  EXPECT_EQ(View("principal is User || principal.nosuch"), "");
  EXPECT_EQ(View("principal is Bot && principal.nosuch"), "ImpossiblePolicy");
  EXPECT_EQ(View("principal in Team::\"t\""), "");
  EXPECT_EQ(View("principal in Folder::\"f\""), "ImpossiblePolicy");
  EXPECT_EQ(View("principal in [Folder::\"f\"]"), "ImpossiblePolicy");
  EXPECT_EQ(View("principal in principal.friends"), "");
  EXPECT_EQ(View("principal in User::\"u\""), "");  // an entity is in itself
  EXPECT_EQ(View("principal is User in Team::\"t\""), "");
  EXPECT_EQ(View("principal.name is User"), "UnexpectedType");
  EXPECT_EQ(View("principal in principal.roles"), "UnexpectedType");
  EXPECT_EQ(First().help, "`contains`, `containsAny` and `containsAll` look into a set");
  EXPECT_EQ(View("principal.name in Team::\"t\""), "UnexpectedType");
  EXPECT_EQ(View("principal in \"x\""), "UnexpectedType");
}

// --- Attributes and capabilities ---

TEST_F(TypecheckTest, UnknownAttributes) {
  EXPECT_EQ(View("principal.nam == \"x\""), "UnsafeAttributeAccess");
  EXPECT_EQ(First().message, "`principal` is of type `User`, which has no attribute `nam`");
  EXPECT_EQ(First().help, "did you mean `name`?");
  EXPECT_EQ(View("principal.home.town == \"x\""), "UnsafeAttributeAccess");
  EXPECT_EQ(View("context.mfaa"), "UnsafeAttributeAccess");
  EXPECT_EQ(View("principal.name.length == 1"), "UnexpectedType");
  EXPECT_EQ(View("{a: 1}.b == 1"), "UnsafeAttributeAccess");
  EXPECT_EQ(View("{a: 1}.a == 1"), "");
}

TEST_F(TypecheckTest, OptionalAttributesNeedATest) {
  EXPECT_EQ(View("principal.nick == \"x\""), "UnsafeOptionalAttributeAccess");
  EXPECT_EQ(First().message, "attribute `nick` of `principal` is optional and may be absent here");
  EXPECT_EQ(First().help, "test for it first: `principal has nick && …`");
  EXPECT_EQ(View("principal has nick && principal.nick == \"x\""), "");
  EXPECT_EQ(View("principal.nick == \"x\" && principal has nick"), "UnsafeOptionalAttributeAccess");
  EXPECT_EQ(View("principal has boss && principal.nick == \"x\""), "UnsafeOptionalAttributeAccess");
  EXPECT_EQ(View("principal has boss.nick && principal.boss.nick == \"x\""), "");
  EXPECT_EQ(View("principal has boss && principal.boss.nick == \"x\""), "UnsafeOptionalAttributeAccess");
  EXPECT_EQ(View("principal.home has zip && principal.home.zip == 1"), "");
}

TEST_F(TypecheckTest, HowTestsCarry) {
  EXPECT_EQ(View("if principal has nick then principal.nick == \"x\" else false"), "");
  EXPECT_EQ(View("if principal has nick then false else principal.nick == \"x\""),
            "UnsafeOptionalAttributeAccess");
  EXPECT_EQ(View("!(principal has nick) || principal.nick == \"x\""), "UnsafeOptionalAttributeAccess");
  EXPECT_EQ(View("(principal has nick) == true && principal.nick == \"x\""), "UnsafeOptionalAttributeAccess");
  EXPECT_EQ(View("(principal has nick || principal has nick) && principal.nick == \"x\""), "");
  EXPECT_EQ(View("(principal has nick || principal.on) && principal.nick == \"x\""),
            "UnsafeOptionalAttributeAccess");
  EXPECT_EQ(View("(principal has nick || false) && principal.nick == \"x\""), "");
  EXPECT_EQ(View("(false || principal has nick) && principal.nick == \"x\""), "");
  EXPECT_EQ(
      View("(if principal.on then principal has nick else principal has nick) && principal.nick == \"x\""),
      "");
  EXPECT_EQ(View("(if principal.on then principal has nick else true) && principal.nick == \"x\""),
            "UnsafeOptionalAttributeAccess");
  // From one clause to the next.
  EXPECT_EQ(
      Codes("permit (principal is User, action == Action::\"view\", resource) when { principal has nick } "
            "unless { principal.nick == \"x\" };"),
      "");
  EXPECT_EQ(Codes("permit (principal is User, action == Action::\"view\", resource) "
                  "unless { principal has nick } when { principal.nick == \"x\" };"),
            "UnsafeOptionalAttributeAccess");
}

TEST_F(TypecheckTest, TestsOfTheSameExpressionCarry) {
  EXPECT_EQ(View("User::\"a\" has nick && User::\"b\".nick == \"x\""), "UnsafeOptionalAttributeAccess");
  EXPECT_EQ(View("User::\"a\" has nick && User::\"a\".nick == \"x\""), "");
  EXPECT_EQ(View("(if principal.on then principal else resource.owner) has nick && "
                 "(if principal.on then principal else resource.owner).nick == \"x\""),
            "");
  EXPECT_EQ(View("{a: principal}.a has nick && {a: principal}.a.nick == \"x\""), "");
}

TEST_F(TypecheckTest, HasIsDecidedOnRecordsOnly) {
  EXPECT_EQ(View("context has mfa || principal.nosuch"), "");
  EXPECT_EQ(View("principal has name || principal.nosuch"), "UnsafeAttributeAccess");  // it may not exist
  EXPECT_EQ(View("principal has nosuch && principal.nosuch"), "ImpossiblePolicy");
  EXPECT_EQ(View("context has nosuch && context.nosuch"), "ImpossiblePolicy");
  EXPECT_EQ(View("principal has nick && (principal has nick || principal.nosuch)"), "");
  EXPECT_EQ(View("principal.roles has a"), "UnexpectedType");
}

// --- Tags ---

TEST_F(TypecheckTest, TagsNeedATest) {
  EXPECT_EQ(View("principal.getTag(\"k\") == \"x\""), "UnsafeTagAccess");
  EXPECT_EQ(First().help, "test for it first: `principal.hasTag(\"k\") && …`");
  EXPECT_EQ(View("principal.hasTag(\"k\") && principal.getTag(\"k\") == \"x\""), "");
  EXPECT_EQ(View("principal.hasTag(\"k\") && principal.getTag(\"l\") == \"x\""), "UnsafeTagAccess");
  EXPECT_EQ(View("principal.hasTag(principal.name) && principal.getTag(principal.name) == \"x\""), "");
  EXPECT_EQ(View("principal.hasTag(\"k\") && principal.getTag(\"k\") == 1"), "IncompatibleTypes");
  EXPECT_EQ(View("principal.hasTag(1)"), "UnexpectedType");
  EXPECT_EQ(View("context.hasTag(\"k\")"), "UnexpectedType");
  // An attribute of that name is no tag.
  EXPECT_EQ(View("principal has nick && principal.getTag(\"nick\") == \"x\""), "UnsafeTagAccess");
}

TEST_F(TypecheckTest, TypesWithoutTags) {
  EXPECT_EQ(View("resource.hasTag(\"k\") && resource.nosuch"), "ImpossiblePolicy");
  EXPECT_EQ(View("resource.getTag(\"k\") == \"x\""), "NoTagsAllowed");
  EXPECT_EQ(First().message, "`resource` is of type `Doc`, which declares no tags");
}

TEST_F(TypecheckTest, TagsOfUnionsMustAgree) {
  const char* both = "(if principal.on then principal else Team::\"t\")";
  std::string test = std::string(both) + ".hasTag(\"k\") && " + both + ".getTag(\"k\") == 1";
  EXPECT_EQ(View(test, Permissive()), "IncompatibleTypes");
  EXPECT_EQ(First().help, "all entity types here must declare tags of one type");
  // Types without tags do not count.
  const char* one = "(if principal.on then principal else Folder::\"t\")";
  test = std::string(one) + ".hasTag(\"k\") && " + one + ".getTag(\"k\") == \"x\"";
  EXPECT_EQ(View(test, Permissive()), "");
}

// --- Types that must agree ---

TEST_F(TypecheckTest, SetsHaveOneElementType) {
  EXPECT_EQ(View("principal.roles == [\"a\", \"b\"]"), "");
  EXPECT_EQ(View("[1, \"a\"].contains(1)"), "IncompatibleTypes");
  EXPECT_EQ(First().message, "the elements of this set are of types `Long` and `String`");
  EXPECT_EQ(View("[1, \"a\"].contains(1)", Permissive()), "IncompatibleTypes");
  EXPECT_EQ(View("principal in [User::\"a\", Team::\"b\"]"), "IncompatibleTypes");
  EXPECT_EQ(View("principal in [User::\"a\", Team::\"b\"]", Permissive()), "");
  EXPECT_EQ(View("[true, false].contains(principal.on)"), "");
  EXPECT_EQ(View("[{a: 1}, {a: 1, b: 2}].contains({a: 1})"), "IncompatibleTypes");
  EXPECT_EQ(View("[{a: 1}, {a: 1, b: 2}].contains({a: 1})", Permissive()), "");
}

TEST_F(TypecheckTest, EmptySets) {
  EXPECT_EQ(View("principal.roles == []"), "EmptySetForbidden");
  EXPECT_EQ(View("[].isEmpty()"), "EmptySetForbidden");
  EXPECT_EQ(View("principal.roles == []", Permissive()), "");
  EXPECT_EQ(View("principal in []", Permissive()), "");
}

TEST_F(TypecheckTest, BranchesAgree) {
  EXPECT_EQ(View("(if principal.on then 1 else 2) == 1"), "");
  EXPECT_EQ(View("(if principal.on then 1 else \"a\") == 1"), "IncompatibleTypes");
  EXPECT_EQ(First().message, "the branches of this `if` are of types `Long` and `String`");
  EXPECT_EQ(View("(if principal.on then principal else resource) == resource"), "IncompatibleTypes");
  EXPECT_EQ(View("(if principal.on then principal else resource) == resource", Permissive()), "");
  EXPECT_EQ(View("(if principal.on then principal else principal.home).name == \"x\"", Permissive()),
            "IncompatibleTypes");
  EXPECT_EQ(View("(if true then 1 else \"a\") == 1"), "");
}

TEST_F(TypecheckTest, UnionsHaveWhatAllMembersHave) {
  const char* both = "(if principal.on then principal else Bot::\"b\")";
  EXPECT_EQ(View(std::string(both) + ".age == 1", Permissive()), "");
  EXPECT_EQ(View(std::string(both) + ".on", Permissive()), "UnsafeAttributeAccess");
  EXPECT_EQ(First().help, "some values here have it and others do not, or have it with another type");
  EXPECT_EQ(View(std::string(both) + " has on || principal.nosuch", Permissive()), "UnsafeAttributeAccess");
  EXPECT_EQ(View(std::string(both) + " has nosuch && principal.nosuch", Permissive()), "ImpossiblePolicy");
  EXPECT_EQ(View(std::string(both) + " is Doc && principal.nosuch", Permissive()), "ImpossiblePolicy");
  EXPECT_EQ(View(std::string(both) + " is Bot", Permissive()), "");
}

TEST_F(TypecheckTest, ContainsComparesElements) {
  EXPECT_EQ(View("principal.roles.contains(1)"), "IncompatibleTypes");
  EXPECT_EQ(First().message, "this set has elements of type `String`, but is asked for `Long`");
  EXPECT_EQ(View("principal.roles.contains(1)", Permissive()), "");
  EXPECT_EQ(View("principal.roles.containsAll(principal.friends)"), "IncompatibleTypes");
  EXPECT_EQ(View("principal.roles.containsAny(principal.friends)", Permissive()), "");
}

TEST_F(TypecheckTest, RecordsAgreeFieldByField) {
  EXPECT_EQ(View("principal.home == {city: \"x\", zip: 1}"), "IncompatibleTypes");  // zip is optional there
  EXPECT_EQ(
      First().help,
      "both sides must have one type; an attribute must be required in both records or optional in both");
  EXPECT_EQ(View("principal.home == {city: \"x\"}"), "IncompatibleTypes");
  EXPECT_EQ(View("context == {mfa: true}"), "IncompatibleTypes");
  EXPECT_EQ(View("{a: true} == {a: false}"), "");
  EXPECT_EQ(View("{a: principal} == {a: resource}"), "IncompatibleTypes");
}

// --- Calls ---

TEST_F(TypecheckTest, Constructors) {
  EXPECT_EQ(View("principal.ip.isInRange(ip(\"10.0.0.0/8\")) && principal.pay.lessThan(decimal(\"1.5\"))"),
            "");
  EXPECT_EQ(View("principal.pay == decimal(\"1\")"), "FunctionArgumentValidation");
  EXPECT_EQ(View("principal.pay == decimal(\"1\")", Permissive()), "FunctionArgumentValidation");
  EXPECT_EQ(View("principal.ip == ip(principal.name)"), "NonLitExtConstructor");
  EXPECT_EQ(View("principal.ip == ip(principal.name)", Permissive()), "");
  EXPECT_EQ(View("principal.ip == ip(1)"), "UnexpectedType");
  EXPECT_EQ(View("principal.born == datetime(\"2020\")"), "FunctionArgumentValidation");
  EXPECT_EQ(View("principal.shift == duration(\"1\")"), "FunctionArgumentValidation");
}

TEST_F(TypecheckTest, Methods) {
  EXPECT_EQ(View("principal.name.isIpv4()"), "UnexpectedType");
  EXPECT_EQ(First().message, "`principal.name` is of type `String`, but `isIpv4` needs an `ipaddr`");
  EXPECT_EQ(View("principal.ip.isInRange(principal.pay)"), "UnexpectedType");
  EXPECT_EQ(View("principal.ip.isInRange()"), "WrongNumberArguments");
  EXPECT_EQ(First().message, "`isInRange` takes 2 arguments, the receiver included, but is given 1");
  EXPECT_EQ(View("principal.born.offset(principal.shift).toDate() == principal.born"), "");
  EXPECT_EQ(View("principal.shift.toHours() < 3"), "");
}

TEST_F(TypecheckTest, UnknownFunctions) {
  // The text parser refuses them; policy JSON does not.
  core::Program program = Lower("permit (principal, action == Action::\"view\", resource);");
  core::Rule& rule = program.rules[0];
  core::ExprId context = rule.AddVar(core::Var::kContext);
  rule.conditions = {rule.AddNamed(core::Op::kCallUnknown, context, "isLoopBack")};
  Run(program);
  ASSERT_EQ(sink_.diagnostics().size(), 1u);
  EXPECT_EQ(First().code, source::Code::kUndefinedFunction);
  EXPECT_EQ(First().help, "did you mean `isLoopback`?");
}

// --- Recovery ---

TEST_F(TypecheckTest, OneMistakeDoesNotHideOthers) {
  EXPECT_EQ(View("principal.nosuch == 1 && principal.age + \"a\" == 1 && context.oops"),
            "UnsafeAttributeAccess UnexpectedType UnsafeAttributeAccess");
  EXPECT_EQ(View("[principal.nosuch, 1 + \"a\"].contains(context.oops)"),
            "UnsafeAttributeAccess UnexpectedType UnsafeAttributeAccess");
  EXPECT_EQ(View("{a: principal.nosuch, b: 1 + \"a\"}.b == 1"), "UnsafeAttributeAccess UnexpectedType");
}

TEST_F(TypecheckTest, SaysInWhichEnvironment) {
  EXPECT_EQ(When("principal.on"), "UnsafeAttributeAccess");
  EXPECT_EQ(First().message,
            "`principal` is of type `Bot`, which has no attribute `on`, when principal is `Bot`");
  EXPECT_EQ(When("context.src.isIpv4()"),
            "UnsafeAttributeAccess UnsafeOptionalAttributeAccess "
            "UnsafeAttributeAccess");
}

// --- Limits ---

TEST_F(TypecheckTest, LongChainsAreWalkedInALoop) {
  std::string chain = "principal.on";
  for (int i = 0; i < 900; ++i) chain += i % 2 ? " && principal.on" : " || principal.on";
  EXPECT_EQ(View(chain), "");
}

TEST_F(TypecheckTest, DepthHasALimit) {
  auto nested = [&](uint32_t depth) {
    core::Program program = Lower("permit (principal is User, action == Action::\"view\", resource);");
    core::Rule& rule = program.rules[0];
    auto on = [&] { return rule.AddNamed(core::Op::kGetAttr, rule.AddVar(core::Var::kPrincipal), "on"); };
    core::ExprId e = on();
    for (uint32_t i = 1; i < depth; ++i) e = rule.Add(core::Op::kOr, {on(), e});
    rule.conditions = {e};
    return program;
  };
  EXPECT_TRUE(Run(nested(core::kMaxExprDepth)).valid);
  EXPECT_FALSE(Run(nested(core::kMaxExprDepth + 1)).valid);
  ASSERT_FALSE(sink_.diagnostics().empty());
  EXPECT_EQ(First().code, source::Code::kNestingTooDeep);
}

}  // namespace
}  // namespace polc::sema
