#include "compiler/sema/scope.h"

#include "compiler/sema/check_test_util.h"

namespace polc::sema {
namespace {

using ScopeTest = CheckTest;

TEST_F(ScopeTest, UnknownEntityTypes) {
  EXPECT_EQ(Codes("permit (principal == Usr::\"a\", action, resource);"),
            "UnrecognizedEntityType InvalidActionApplication");
  EXPECT_EQ(First().message, "the schema has no entity type `Usr`");
  EXPECT_EQ(First().help, "did you mean `User`?");
  EXPECT_EQ(Codes("permit (principal is Usr, action, resource);"),
            "UnrecognizedEntityType InvalidActionApplication ImpossiblePolicy");
  EXPECT_EQ(Codes("permit (principal is User in Tem::\"t\", action, resource);"),
            "UnrecognizedEntityType InvalidActionApplication");
  EXPECT_EQ(Codes("permit (principal, action, resource in Foldr::\"a\");"),
            "UnrecognizedEntityType InvalidActionApplication");
  EXPECT_EQ(When("principal is Usr || true"), "UnrecognizedEntityType");
  EXPECT_EQ(When("principal == Usr::\"a\" || true"), "UnrecognizedEntityType");
  EXPECT_EQ(When("false && principal == Usr::\"a\""), "UnrecognizedEntityType ImpossiblePolicy");
}

TEST_F(ScopeTest, TypesOfOtherNamespacesAreProposed) {
  EXPECT_EQ(Codes("permit (principal == Customer::\"a\", action, resource);", {},
                  "namespace Shop { entity Customer, Item; action buy appliesTo "
                  "{ principal: Customer, resource: Item }; }"),
            "UnrecognizedEntityType InvalidActionApplication");
  EXPECT_EQ(First().help, "did you mean `Shop::Customer`?");
}

TEST_F(ScopeTest, UnknownActions) {
  EXPECT_EQ(Codes("permit (principal, action == Action::\"veiw\", resource);"),
            "UnrecognizedActionId InvalidActionApplication ImpossiblePolicy");
  EXPECT_EQ(First().message, "the schema has no action `Action::\"veiw\"`");
  EXPECT_EQ(First().help, "did you mean `Action::\"view\"`?");
  EXPECT_EQ(Codes("permit (principal, action in [Action::\"view\", Action::\"nix\"], resource);"),
            "UnrecognizedActionId InvalidActionApplication");
  EXPECT_EQ(When("action == Action::\"nix\" || true"), "UnrecognizedActionId");
  EXPECT_EQ(When("action == Ops::Action::\"view\" || true"), "UnrecognizedActionId");
}

TEST_F(ScopeTest, EnumeratedIds) {
  EXPECT_EQ(View("resource.tier == Tier::\"paid\""), "");
  EXPECT_EQ(View("resource.tier == Tier::\"pai\""), "InvalidEnumEntity");
  EXPECT_EQ(First().help, "did you mean `Tier::\"paid\"`?");
  EXPECT_EQ(View("resource.tier == Tier::\"x\""), "InvalidEnumEntity");
  EXPECT_EQ(First().help, "its ids are \"free\", \"paid\"");
}

TEST_F(ScopeTest, ActionsMustApply) {
  EXPECT_EQ(Codes("permit (principal is User, action == Action::\"edit\", resource is Folder);"), "");
  EXPECT_EQ(Codes("permit (principal is Bot, action == Action::\"edit\", resource);"),
            "InvalidActionApplication ImpossiblePolicy");
  EXPECT_EQ(
      Codes("permit (principal, action == Action::\"read\", resource);"),  // a group, applies to nothing
      "InvalidActionApplication ImpossiblePolicy");
  EXPECT_EQ(Codes("permit (principal, action in Action::\"read\", resource is Folder);"),
            "InvalidActionApplication ImpossiblePolicy");
  EXPECT_EQ(Codes("permit (principal, action in Action::\"write\", resource is Folder);"), "");
  // Bot may view and Folder may be edited, but no action has both.
  EXPECT_EQ(Codes("permit (principal is Bot, action, resource is Folder);"),
            "InvalidActionApplication ImpossiblePolicy");
}

TEST_F(ScopeTest, ProposesInForEquals) {
  EXPECT_EQ(Codes("permit (principal == Team::\"t\", action == Action::\"view\", resource);"),
            "InvalidActionApplication ImpossiblePolicy");
  EXPECT_EQ(First().help, "write `in` for `==` in the principal clause");
  EXPECT_EQ(Codes("permit (principal in Team::\"t\", action == Action::\"view\", resource);"), "");
  EXPECT_EQ(
      Codes("permit (principal == Team::\"t\", action == Action::\"view\", resource == Folder::\"f\");"),
      "InvalidActionApplication ImpossiblePolicy");
  EXPECT_EQ(First().help, "write `in` for `==` in the principal and resource clauses");
}

TEST_F(ScopeTest, Cedar413Warns) {
  CheckOptions options;
  options.cedar = CedarVersion::k413;
  core::Program program = Lower("permit (principal is Bot, action == Action::\"edit\", resource);");
  EXPECT_TRUE(Run(program, options).valid);
  EXPECT_EQ(First().code, source::Code::kInvalidActionApplication);
  EXPECT_EQ(First().severity, source::Severity::kWarning);
  EXPECT_FALSE(Run(program).valid);
}

TEST_F(ScopeTest, ListsOfActions) {
  EXPECT_EQ(Codes("permit (principal, action in [Action::\"view\", Action::\"edit\"], resource);"), "");
  EXPECT_EQ(Codes("permit (principal, action in [], resource);"),
            "InvalidActionApplication EmptySetForbidden");
  EXPECT_EQ(Codes("permit (principal, action in [Action::\"edit\", Ops::Action::\"restart\"], resource);"),
            "IncompatibleTypes");
  EXPECT_EQ(Codes("permit (principal, action in [Action::\"edit\", Ops::Action::\"restart\"], resource);",
                  Permissive()),
            "");
  EXPECT_EQ(Codes("permit (principal, action in [], resource);", Permissive()),
            "InvalidActionApplication ImpossiblePolicy");
}

TEST_F(ScopeTest, GroupsOfOtherNamespaces) {
  // Ops::Action::"restart" is in Action::"write".
  EXPECT_EQ(Codes("permit (principal, action in Action::\"write\", resource) "
                  "when { action == Ops::Action::\"restart\" };"),
            "");
  EXPECT_EQ(Codes("permit (principal, action == Ops::Action::\"restart\", resource) "
                  "when { action in Action::\"write\" || principal.nosuch };"),
            "");
}

TEST_F(ScopeTest, Templates) {
  EXPECT_EQ(Codes("permit (principal == ?principal, action == Action::\"view\", resource in ?resource);"),
            "");
  EXPECT_EQ(Codes("permit (principal in ?principal, action == Action::\"view\", resource) "
                  "when { principal.name == \"x\" };"),
            "");
  EXPECT_EQ(Codes("permit (principal is Team in ?principal, action, resource);"),
            "InvalidActionApplication ImpossiblePolicy");
  EXPECT_EQ(Codes("permit (principal == ?principal, action == Action::\"view\", resource) "
                  "when { principal.nosuch };"),
            "UnsafeAttributeAccess UnsafeAttributeAccess");
}

TEST_F(ScopeTest, Links) {
  auto link = [&](const std::string& principal_type) {
    core::Program program = Lower(
        "permit (principal in ?principal, action == Action::\"edit\", resource) when { principal.nosuch };");
    core::Rule rule = program.templates[0];
    rule.template_id = rule.id;
    rule.id = "link";
    rule.principal.slot = false;
    rule.principal.entity = {principal_type, "x"};
    program.rules.push_back(rule);
    CheckResult result = Run(program);
    EXPECT_FALSE(result.templates[0].valid);
    std::string codes;
    for (const source::Diagnostic& d : sink_.diagnostics()) {
      if (d.rule == "link") codes += std::string(source::Info(d.code).name) + " ";
    }
    EXPECT_EQ(result.rules[0].valid, codes.empty());
    return codes;
  };
  EXPECT_EQ(link("Team"), "");  // what is wrong with the template is the template's
  EXPECT_EQ(link("User"), "");
  EXPECT_EQ(link("Folder"), "InvalidActionApplication ");
  EXPECT_EQ(link("Nope"), "UnrecognizedEntityType InvalidActionApplication ");
}

TEST_F(ScopeTest, LinksToEnumeratedTypesAreNotHeldToTheIds) {
  // As in Cedar: links are checked for their types.
  const char* schema =
      "entity Tier enum [\"a\"]; entity Doc; action use appliesTo { principal: Tier, resource: Doc };";
  core::Program program = Lower("permit (principal == ?principal, action, resource);");
  core::Rule rule = program.templates[0];
  rule.template_id = rule.id;
  rule.id = "link";
  rule.principal.slot = false;
  rule.principal.entity = {"Tier", "b"};
  program.rules.push_back(rule);
  EXPECT_TRUE(Run(program, {}, schema).valid);
}

}  // namespace
}  // namespace polc::sema
