#include "compiler/syntax/pol_parser.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "compiler/source/render.h"
#include "compiler/syntax/pol_dump.h"

namespace polc::syntax {
namespace {

struct Parsed {
  source::SourceMap map;
  source::DiagnosticSink sink;
  pol::File file;

  explicit Parsed(std::string text) {
    source::FileId id = map.Add("t.pol", std::move(text));
    file = ParsePol(map, id, sink);
    sink.Sort();
  }
  // "line:column Code message | help" of every message.
  std::vector<std::string> messages() const {
    std::vector<std::string> out;
    for (const source::Diagnostic& d : sink.diagnostics()) {
      source::LineColumn at = map.Resolve(d.span.file, d.span.begin);
      std::string line = std::to_string(at.line) + ":" + std::to_string(at.column) + " " +
                         std::string(source::Info(d.code).name) + ": " + d.message;
      if (!d.help.empty()) line += " | " + d.help;
      out.push_back(line);
    }
    return out;
  }
};

std::string ReadInput(const char* name) {
  std::ifstream in(std::filesystem::path(POLC_SOURCE_DIR) / "tests/pol" / name, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

using Messages = std::vector<std::string>;

// The dump of a text that has to be good.
std::string Good(const std::string& text) {
  Parsed p(text);
  EXPECT_EQ(p.messages(), Messages()) << text;
  EXPECT_EQ(p.file.Verify(), std::nullopt) << text;
  return pol::Dump(p.file);
}

// The dump of an expression, as the condition of a rule.
std::string Expression(const std::string& text) {
  Parsed p("assume a " + text);
  EXPECT_EQ(p.messages(), Messages()) << text;
  EXPECT_EQ(p.file.decls.size(), 1u) << text;
  if (p.file.decls.empty()) return "";
  return pol::Dump(p.file, std::get<pol::AssumeDecl>(p.file.decls[0]).condition);
}

TEST(PolParser, ReadsTheSampleAndEveryForm) {
  for (const char* name : {"sample.pol", "forms.pol"}) {
    Parsed p(ReadInput(name));
    EXPECT_EQ(p.messages(), Messages()) << name;
    EXPECT_EQ(p.file.Verify(), std::nullopt) << name;
    EXPECT_GT(p.file.decls.size(), 24u) << name;
  }
}

TEST(PolParser, AndBindsTighterThanOrAndNotLooserThanComparisons) {
  EXPECT_EQ(Expression("a or b and not c is d"),
            "(or (name \"a\") (and (name \"b\") (not (is (name \"c\") (name \"d\")))))");
  EXPECT_EQ(Expression("!a == b"), "(is (not (name \"a\")) (name \"b\"))");
  EXPECT_EQ(Expression("a && b || c"), Expression("(a and b) or c"));
  EXPECT_EQ(Expression("1 + 2 * 3 - 4"), "(sub (add (number 1) (mul (number 2) (number 3))) (number 4))");
}

TEST(PolParser, QuantifiersReachToTheEnd) {
  EXPECT_EQ(Expression("p and every e in s satisfies e is 1 or q"),
            "(and (name \"p\") (every \"e\" (name \"s\") (or (is (name \"e\") (number 1)) (name \"q\"))))");
  EXPECT_EQ(Expression("p or not some e in s satisfies q"),
            "(or (name \"p\") (not (some \"e\" (name \"s\") (name \"q\"))))");
  EXPECT_EQ(Expression("(number of e in s satisfies q) is at least 2"),
            "(at_least (count \"e\" (name \"s\") (name \"q\")) (number 2))");
  EXPECT_EQ(Expression("p and if a then b else c or d"),
            "(and (name \"p\") (if (name \"a\") (name \"b\") (or (name \"c\") (name \"d\"))))");
}

TEST(PolParser, ComparisonsInWordsAndSymbols) {
  const char* pairs[][2] = {
      {"a == b", "a is b"},         {"a != b", "a is not b"},  {"a < b", "a is below b"},
      {"a <= b", "a is at most b"}, {"a > b", "a is above b"}, {"a >= b", "a is at least b"},
      {"a < b", "a is before b"},   {"a > b", "a is after b"},
  };
  for (auto& [symbol, words] : pairs) EXPECT_EQ(Expression(symbol), Expression(words));
  EXPECT_EQ(Expression("a is T in B \"x\""), "(is_in (name \"a\") (name \"T\") (entity B \"x\"))");
  EXPECT_EQ(Expression("a not in B \"x\""), "(in negated (name \"a\") (entity B \"x\"))");
  EXPECT_EQ(Expression("a is not between 1 and 2"), "(between negated (name \"a\") (number 1) (number 2))");
  EXPECT_EQ(Expression("a is one of [1, 2,]"), "(one_of (name \"a\") (set (number 1) (number 2)))");
  EXPECT_EQ(Expression("context has for and context has \"a-b\""),
            "(and (has \"for\" (var context)) (has \"a-b\" (var context)))");
  EXPECT_EQ(Expression("action is irreversible"), "(is_class irreversible (var action))");
  EXPECT_EQ(Expression("freeze of resource.env is on"),
            "(is_state on (keyed \"freeze\" (attr \"env\" (var resource))))");
  EXPECT_EQ(Expression("x matches \"a*\\*\""), "(matches \"a\" * \"*\" (name \"x\"))");
  EXPECT_EQ(Expression("x is under path \"/p\" or x is under domain \"d\""),
            "(or (under_path \"/p\" (name \"x\")) (under_domain \"d\" (name \"x\")))");
}

TEST(PolParser, LiteralsAreDecoded) {
  EXPECT_EQ(Expression("[-5, - 3, -0.5, 2.25%, 100%, 1h30m, 250ms]"),
            "(set (number -5) (number -3) (decimal -5000) (percent 225) (percent 10000) (duration 5400000) "
            "(duration 250))");
  EXPECT_EQ(Expression("[1970-01-02, 1970-01-01T00:00:01Z, 1970-01-01T01:00:00+01:00]"),
            "(set (time 86400000) (time 1000) (time 0))");
  EXPECT_EQ(Expression("[10.0.0.0/8, ip \"fe80::/10\", \"a\\n\"]"),
            "(set (address \"10.0.0.0/8\") (address \"fe80::/10\") (text \"a\\n\"))");
  EXPECT_EQ(Expression("-9223372036854775808"), "(number -9223372036854775808)");
  EXPECT_EQ(Expression("- x"), "(neg (name \"x\"))");
  EXPECT_EQ(Expression("{class: a, \"b c\": 1}"), "(record \"class\" \"b c\" (name \"a\") (number 1))");
}

TEST(PolParser, LiteralsOutOfRangeAreRefused) {
  for (const char* bad :
       {"100.01%", "101%", "1.234%", "9223372036854775808", "-9223372036854775809", "1.23456",
        "1000000000000000.0", "300000000000d", "30s5m", "2026-13-01", "2026-02-29", "10.0.0.256",
        "10.0.0.0/33", "ip \"x\"", "5min", "1.5h", "2026-1-1", "2026-01-01T1:00Z"}) {
    Parsed p(std::string("assume a x is ") + bad);
    ASSERT_EQ(p.messages().size(), 1u) << bad;
    EXPECT_TRUE(p.messages()[0].find("InvalidLiteral") != std::string::npos ||
                p.messages()[0].find("IntegerTooLarge") != std::string::npos)
        << p.messages()[0];
    EXPECT_TRUE(p.file.decls.empty()) << bad;
    EXPECT_TRUE(p.file.exprs.empty()) << bad;
  }
}

TEST(PolParser, SpansAreExact) {
  std::string text =
      "rule r allow Agent in Team \"a\" to x, y on Service when (context.b is at most 5%) and not q";
  Parsed p(text);
  ASSERT_EQ(p.messages(), Messages());
  const auto& rule = std::get<pol::RuleDecl>(p.file.decls[0]);
  auto at = [&](Span span) { return std::string(p.map.text(span)); };
  EXPECT_EQ(at(rule.span), text);
  EXPECT_EQ(at(rule.name.span), "r");
  EXPECT_EQ(at(rule.effect_span), "allow Agent in Team \"a\" to x, y on Service");
  EXPECT_EQ(at(rule.target.who.span), "Agent in Team \"a\"");
  EXPECT_EQ(at(rule.target.what.actions[1].span), "y");
  EXPECT_EQ(at(rule.target.which->span), "Service");
  EXPECT_EQ(at(rule.clauses[0].span), "when (context.b is at most 5%) and not q");
  const pol::Expr& both = p.file[rule.clauses[0].condition];
  EXPECT_EQ(at(both.span), "(context.b is at most 5%) and not q");
  EXPECT_EQ(at(both.name_span), "and");
  const pol::Expr& most = p.file[pol::SkipParens(p.file, both.operands[0])];
  EXPECT_EQ(at(most.span), "context.b is at most 5%");
  EXPECT_EQ(at(most.name_span), "is at most");
  EXPECT_EQ(at(p.file[most.operands[0]].name_span), "b");
  EXPECT_EQ(at(p.file[most.operands[1]].span), "5%");
  EXPECT_EQ(at(p.file[both.operands[1]].span), "not q");
}

TEST(PolParser, OneBadDeclarationHidesNoOther) {
  Parsed p(
      "rule a allow Agent to\n"
      "rule b forbid anyone to do anything\n"
      "rule c alow Agent to x\n"
      "polcy \"x\"\n"
      "fact f : T is the highest of a when b\n"
      "rule d forbid anyone to x when (a is b\n"
      "rule e forbid anyone to x because \"unclosed\n"
      "test \"t\" when A \"a\" asks to x on B \"b\" expect allow\n");
  ASSERT_EQ(p.messages().size(), 6u);
  ASSERT_EQ(p.file.decls.size(), 2u);
  EXPECT_EQ(std::get<pol::RuleDecl>(p.file.decls[0]).name.text, "b");
  EXPECT_EQ(std::get<pol::TestDecl>(p.file.decls[1]).title, "t");
  EXPECT_EQ(p.file.Verify(), std::nullopt);
}

// Cuts are guessed from words that are names elsewhere; a wrong guess must not show.
TEST(PolParser, DeclarationsNeedNoLayout) {
  std::string plain =
      Good("group Team group Env rule a allow Agent to x on anything rule b forbid anyone to y");
  EXPECT_EQ(Good("group\nTeam\ngroup\nEnv\nrule\na\nallow\nAgent\nto\nx\non\nanything\nrule\nb\nforbid\nanyon"
                 "e\nto\ny"),
            plain);
  EXPECT_EQ(Good("rule a require approval by 2 of Team \"a\" or\nTeam \"b\"\nwithin 3m for Agent to x\nwhen "
                 "p and\nq is r"),
            Good("rule a require approval by 2 of Team \"a\" or Team \"b\" within 3m for Agent to x when p "
                 "and q is r"));
  EXPECT_EQ(Good("use m with\nrule test, test\nrule, group\nTeam \"x\"\ngroup G"),
            Good("use m with rule test, test rule, group Team \"x\" group G"));
}

// Behind a dot every word is a name, in the names of modules and in those of their rules.
TEST(PolParser, ModuleNames) {
  Parsed p(
      "use std.reversible, a.rule.for with x 1\nrule r allow Agent to x\n"
      "test \"t\" when A \"a\" asks to x on B \"b\" expect allow by std.reversible/undo, a.when/b");
  EXPECT_EQ(p.messages(), Messages());
  ASSERT_EQ(p.file.decls.size(), 3u);
  const auto& use = std::get<pol::UseDecl>(p.file.decls[0]);
  ASSERT_EQ(use.modules.size(), 2u);
  EXPECT_EQ(use.modules[0].text, "std.reversible");
  EXPECT_EQ(use.modules[1].text, "a.rule.for");
  EXPECT_EQ(use.settings.size(), 1u);
  const auto& by = std::get<pol::TestDecl>(p.file.decls[2]).expect->by;
  ASSERT_EQ(by.size(), 2u);
  EXPECT_EQ(by[0].text, "std.reversible/undo");
  EXPECT_EQ(by[1].text, "a.when/b");
  // Not before the first one.
  EXPECT_EQ(Parsed("use reversible.x").messages().size(), 1u);
}

TEST(PolParser, AFalseCutIsTakenBack) {
  // `test "x"` is an entity here, though it stands like a declaration.
  EXPECT_EQ(Good("rule a allow Agent to x when p in\ntest \"x\"\nrule b forbid anyone to y"),
            Good("rule a allow Agent to x when p in test \"x\" rule b forbid anyone to y"));
}

// The mistakes people make, and what they are told. One message each.
TEST(PolParser, ExplainsMistakes) {
  const char* mistakes[][2] = {
      {"rule a permit Agent to x",
       "1:8 InvalidEffect: `permit` stands where rule `a` needs its effect | write `allow`"},
      {"rule a alow Agent to x",
       "1:8 InvalidEffect: `alow` stands where rule `a` needs its effect | did you mean `allow`?"},
      {"rule a Agent to x",
       "1:8 InvalidEffect: `Agent` stands where rule `a` needs its effect | a rule has `allow`, `forbid`, "
       "`suggest`, `require` or `limit`, then who may do what"},
      {"rule a",
       "1:7 InvalidEffect: rule `a` says nothing | behind its name a rule has `allow`, `forbid`, `suggest`, "
       "`require` or `limit`"},
      {"rule", "1:5 IncompleteDeclaration: rule is not finished, expected a name"},
      {"rule \"x\" allow Agent to x",
       "1:6 UnexpectedToken: unexpected `\"x\"`, expected a name | a rule has a name before its title: `rule "
       "frozen \"Nothing changes\"`"},
      {"rule open allow Agent to x", "1:6 ReservedWord: `open` is a reserved word and cannot be a name here"},
      {"allow Agent to x",
       "1:1 UnknownDeclaration: `allow` stands where a declaration starts | a rule has a name: `rule "
       "some_name allow ...`"},
      {"permit (principal, action, resource);",
       "1:1 UnknownDeclaration: this is a policy in Cedar's syntax | Cedar policies stand in files ending in "
       "`.cedar`, beside the `.pol` files of the same set"},
      {"polcy \"x\"", "1:1 UnknownDeclaration: no declaration starts with `polcy` | did you mean `policy`?"},
      {"foo bar",
       "1:1 UnknownDeclaration: no declaration starts with `foo` | declarations start with a word such as "
       "`rule`, `fact`, `action`, `agent`, `test`, `use`"},
      {"rule a allow Agent in Team sre to x",
       "1:28 UnquotedId: `sre` stands behind the name `Team` | the id of an entity is written in double "
       "quotes: `Team \"sre\"`"},
      {"rule a allow Agent in Team security-team to x",
       "1:28 UnquotedId: `security-team` stands behind the name `Team` | the id of an entity is written in "
       "double quotes: `Team \"security-team\"`"},
      {"rule a allow Agent in Team::\"sre\" to x",
       "1:27 UnquotedId: `::` is Cedar's way to write names | in Pol an entity is `Team \"sre\"`"},
      {"rule a allow Agent x",
       "1:20 UnexpectedToken: unexpected `x`, expected `to`, `in` or `.` | a rule says who may do what: "
       "`allow Agent to restart_pod on Service`"},
      {"rule a allow Agent do any x",
       "1:20 UnexpectedToken: unexpected `do`, expected `to`, `in` or `.` | a rule says who may do what: "
       "`allow Agent to restart_pod on Service`"},
      {"rule a allow Agent to",
       "1:22 IncompleteDeclaration: rule `a` is not finished, expected a name or a text in double quotes | "
       "behind `to` stand actions, `do any CLASS`, `do anything` or `change anything`"},
      {"rule a allow Agent to x on",
       "1:27 IncompleteDeclaration: rule `a` is not finished, expected a name, `anyone`, `anything` or `any` "
       "| behind `on` stands on what: `Service`, `Service in Environment \"production\"`, `anything`"},
      {"rule a allow Agent to x on when p",
       "1:28 UnexpectedToken: unexpected `when`, expected a name, `anyone`, `anything` or `any` | conditions "
       "stand behind who, what and on what"},
      {"rule a allow to x",
       "1:14 UnexpectedToken: unexpected `to`, expected a name, `anyone`, `anything` or `any`"},
      {"rule a allow Agent to x when a is b is c",
       "1:37 ChainedRelation: `is` follows a comparison, comparisons do not chain | join two comparisons: `a "
       "is b and b is c`; between two ends: `x is between 1 and 5`"},
      {"rule a allow Agent to x when a == b == c",
       "1:37 ChainedRelation: `==` follows a comparison, comparisons do not chain | join two comparisons: `a "
       "is b and b is c`; between two ends: `x is between 1 and 5`"},
      {"rule a allow Agent to x when 1 < x < 3",
       "1:36 ChainedRelation: `<` follows a comparison, comparisons do not chain | join two comparisons: `a "
       "is b and b is c`; between two ends: `x is between 1 and 5`"},
      {"rule a allow Agent to x when context.a in \"b\"",
       "1:40 InOnText: `in` stands beside a text, it asks only for groups of entities | for equal texts "
       "write `context.a is \"b\"`; a group is written with its type, as in `context.a in Team \"b\"`"},
      {"rule a allow Agent to x when context.a in [\"b\", \"c\"]",
       "1:40 InOnText: `in` stands beside a text, it asks only for groups of entities | write `context.a is "
       "one of [\"b\", \"c\"]`"},
      {"rule a allow Agent to x when \"b\" in context.a",
       "1:34 InOnText: `in` stands beside a text, it asks only for groups of entities | write `context.a "
       "contains \"b\"`"},
      {"rule a allow Agent to x because it is fine",
       "1:25 MissingText: `because` is not followed by a text | a reason stands in double quotes: `because "
       "\"a pod restart is reversible\"`"},
      {"rule a allow Agent to x because",
       "1:25 MissingText: `because` is not followed by a text | a reason stands in double quotes: `because "
       "\"a pod restart is reversible\"`"},
      {"rule a allow Agent to x when a AND b",
       "1:32 UnsupportedOperator: `AND` is no operator of Pol | write `and`"},
      {"rule a allow Agent to x when a like \"x\"",
       "1:32 UnsupportedOperator: `like` is no operator of Pol | write `matches`"},
      {"rule a allow Agent to x when a = b",
       "1:32 UnsupportedOperator: `=` is no operator of Pol | equality is written `is`"},
      {"rule a allow Agent to x when a / b is 2",
       "1:32 UnsupportedOperator: `/` is no operator of Pol, there is no division | multiply the other side "
       "instead"},
      {"rule a allow Agent to x when a is greater than b",
       "1:32 UnsupportedOperator: `is greater than` is no operator of Pol | write `is above`"},
      {"rule a allow Agent to x when a is less than b",
       "1:32 UnsupportedOperator: `is less than` is no operator of Pol | write `is below`"},
      {"rule a allow Agent to x when a is in Team \"x\"",
       "1:32 UnsupportedOperator: `is in` is no operator of Pol | write `in`"},
      {"rule a allow Agent to x when a is not in Team \"x\"",
       "1:32 UnsupportedOperator: `is not in` is no operator of Pol | write `not in`"},
      {"rule a allow Agent to x when a not contains b",
       "1:32 UnsupportedOperator: `not contains` is no operator of Pol | write `not (... contains ...)`"},
      {"rule a allow Agent to x when { a is b }",
       "1:30 UnexpectedToken: `{` stands behind `when`, conditions have no braces | write `when principal.x "
       "is resource.y`"},
      {"rule a allow Agent to x when a is b;",
       "1:36 UnexpectedToken: unexpected character `;` | declarations and clauses end by themselves, without "
       "`;`"},
      {"rule a allow Agent to x when (a is b", "1:37 IncompleteDeclaration: rule `a` ends inside brackets"},
      {"rule a allow Agent to x wehn a is b",
       "1:25 UnexpectedToken: unexpected `wehn`, expected a clause, a declaration, `on`, `.` or `,` | did "
       "you mean `when`?"},
      {"rule a allow Agent to x when a is b, c is d",
       "1:36 UnexpectedToken: unexpected `,` in rule `a` | clauses of a rule are not separated by commas; "
       "conditions are joined by `and`"},
      {"rule a allow Agent to x unless approved by 1 of Team \"x\" within 3m",
       "1:25 MisplacedClause: `unless approved by` stands in a rule that allows, it lifts only `forbid`, "
       "`suggest`, `require` and `limit` | to let an action go after approval, allow it and add a rule that "
       "requires approval"},
      {"rule a require approval by 2 of Team \"a\" for Agent to x",
       "1:41 MissingWithin: this approval has no `within`, which says how old it may be | add for example "
       "`within 30m`"},
      {"rule a require approval by 2 of Team \"a\"",
       "1:41 MissingWithin: this approval has no `within`, which says how old it may be | add for example "
       "`within 30m`"},
      {"rule a require approval by 2 of Team security within 3m for Agent to x",
       "1:38 UnquotedId: `security` stands behind the name `Team` | the id of an entity is written in double "
       "quotes: `Team \"security\"`"},
      {"rule a require approval by Team \"a\" within 3m for Agent to x",
       "1:33 UnexpectedToken: unexpected `\"a\"`, expected `of` | say how many: `1 of Team ...`"},
      {"rule a require approval by 2 of Team \"a\" within 30 for Agent to x",
       "1:49 UnexpectedToken: unexpected `30`, expected a name or a duration such as `30m` | a duration has "
       "its unit: `30m`, `30s`"},
      {"rule a require approval by 2 of Team \"a\" within 30min for Agent to x",
       "1:49 InvalidLiteral: `30min` is neither a number nor a duration | durations are whole numbers of "
       "`d`, `h`, `m`, `s` and `ms`: `300s`, `1h30m`; a name starts with a letter"},
      {"rule a require approval from 2 of Team \"a\" within 30m for Agent to x",
       "1:25 UnexpectedToken: unexpected `from`, expected `by`"},
      {"rule a require evidence for Agent to x",
       "1:25 ReservedWord: `for` is a reserved word and cannot be a name here"},
      {"rule a limit timeout 30s for Agent to x",
       "1:22 UnexpectedToken: unexpected `30s`, expected `to`, `for` or `,` | a limit has its value behind "
       "`to`: `limit timeout to 30s`"},
      {"rule a limit timeout to 30s Agent to x",
       "1:29 UnexpectedToken: unexpected `Agent`, expected `for`, `.`, `,` or `[` | `suggest`, `require` and "
       "`limit` say for whom: `... for Agent to restart_pod`"},
      {"rule a limit timeout to 5 % for Agent to x",
       "1:27 UnexpectedToken: unexpected character `%` | write `5%`, without a space"},
      {"rule a suggest y instead for Agent to x",
       "1:18 UnexpectedToken: unexpected `instead`, expected `for`, `with` or `.` | `suggest`, `require` and "
       "`limit` say for whom: `... for Agent to restart_pod`"},
      {"rule a forbid anyone to x when resource in Environment production",
       "1:56 UnquotedId: `production` stands behind the name `Environment` | the id of an entity is written "
       "in double quotes: `Environment \"production\"`"},
      {"rule a forbid anyone to x meets soc2 CC8.1",
       "1:38 UnquotedId: `CC8.1` stands where the clause of `soc2` is named | a clause is written in double "
       "quotes: `soc2 \"CC8.1\"`"},
      {"rule a forbid anyone to x until tomorrow",
       "1:33 UnexpectedToken: unexpected `tomorrow`, expected a time such as `2026-11-21T03:14:00Z`"},
      {"rule a forbid anyone to x when context.risk ≥ high",
       "1:45 UnexpectedToken: unexpected character `≥` | write `is at least`"},
      {"rule a forbid anyone to x when freeze on",
       "1:39 UnexpectedToken: unexpected `on`, expected an operator, a clause or a declaration | write `is "
       "on`; on what stands before the conditions"},
      {"rule a forbid anyone to x when a is one of 1, 2",
       "1:45 UnexpectedToken: unexpected `,` in rule `a` | a set stands in brackets: `is one of [a, b]`"},
      {"rule a forbid anyone to x when every e of s satisfies e",
       "1:40 UnexpectedToken: unexpected `of`, expected `in`"},
      {"rule a forbid anyone to x when every e in s: e",
       "1:44 UnexpectedToken: unexpected `:`, expected `satisfies`, `.` or `[`"},
      {"rule a forbid anyone to x when if a then b",
       "1:43 IncompleteDeclaration: rule `a` is not finished, expected an operator or `else`"},
      {"rule a forbid anyone to x when a is between 1 to 5",
       "1:47 UnexpectedToken: unexpected `to`, expected `and`, `.`, `[`, `+`, `-` or `*`"},
      {"rule a forbid anyone to x when not", "1:35 IncompleteDeclaration: rule `a` is not finished"},
      {"rule a forbid anyone to x when a is", "1:36 IncompleteDeclaration: rule `a` is not finished"},
      {"rule a forbid anyone to x when \"abc",
       "1:32 UnclosedString: this text is not closed on its line | a text ends with `\"` on the line where "
       "it starts; a line break in it is written `\\n`"},
      {"action x by Agent on S with a : Percent, 100 if missing",
       "1:42 PercentWithoutSign: `100` stands where a Percent is declared, which is written with `%` | write "
       "`100%`"},
      {"action x by Agent on S with a Percent",
       "1:31 UnexpectedToken: unexpected `Percent`, expected `:` or `?` | an attribute is written `name : "
       "Type`"},
      {"action x by Agent on S with a : Set of Text at most 3",
       "1:48 UnexpectedToken: unexpected `most`, expected `:` or `?` | a bound follows a comma: `Set of "
       "Text, at most 16`"},
      {"action x by Agent on S with a : Percent form host",
       "1:46 UnexpectedToken: unexpected `host`, expected `:` or `?` | did you mean `from`, not `form`?"},
      {"action class x is reversable",
       "1:19 UnexpectedToken: unexpected `reversable`, expected `read_only`, `reversible` or `irreversible` "
       "| did you mean `reversible`?"},
      {"action class x", "1:15 IncompleteDeclaration: action class `x` is not finished, expected `is`"},
      {"action on by Agent on S",
       "1:8 ReservedWord: `on` is a reserved word and cannot be a name here | the name of an action may be "
       "quoted: `\"on\"`"},
      {"fact f is the highest of a when b, otherwise c",
       "1:8 UnexpectedToken: unexpected `is`, expected `:`"},
      {"fact f : T is the highest of a when b",
       "1:38 IncompleteDeclaration: fact `f` is not finished, expected an operator or `,` | the last clause "
       "of a fact is `otherwise VALUE`, for every case that none before it meets"},
      {"fact f : T is the highest of a when b otherwise c",
       "1:39 UnexpectedToken: unexpected `otherwise`, expected an operator or `,`"},
      {"fact f : T is the biggest of a when b, otherwise c",
       "1:19 UnexpectedToken: unexpected `biggest`, expected an operator or a declaration | a fact is `the "
       "highest of` or `the first of` its clauses"},
      {"fact f : T is the highest of a if b, otherwise c",
       "1:32 UnexpectedToken: unexpected `if`, expected an operator or `when`"},
      {"levels R is a, b, higher is stricter", "1:14 UnexpectedToken: unexpected `,`, expected `<`"},
      {"levels R is a < b", "1:18 IncompleteDeclaration: levels `R` is not finished, expected `,` or `<`"},
      {"levels R is a < b, higher is better",
       "1:30 UnexpectedToken: unexpected `better`, expected `freer` or `stricter`"},
      {"limit kind t : Duration",
       "1:24 IncompleteDeclaration: limit kind `t` is not finished, expected `.` or `,`"},
      {"limit kind t : Duration, lowest",
       "1:32 IncompleteDeclaration: limit kind `t` is not finished, expected `wins`"},
      {"ladder for Agent gives a = b", "1:26 UnexpectedToken: unexpected `=`, expected `.` or `:`"},
      {"ladder for Agent \"x\" a : b",
       "1:22 UnexpectedToken: unexpected `a`, expected `on`, `when` or `gives`"},
      {"cap c autonomy to recommend for Agent to x", "1:16 UnexpectedToken: unexpected `to`, expected `at`"},
      {"cap c autonomy at recommend unless approved by 1 of Team \"x\" within 1m",
       "1:29 MisplacedClause: `unless approved by` stands in a cap, it lifts only `forbid`, `suggest`, "
       "`require` and `limit` | to let an action go after approval, allow it and add a rule that requires "
       "approval"},
      {"switch freeze of each Environment",
       "1:15 UnexpectedToken: unexpected `of`, expected a declaration, `for` or `fresh`"},
      {"switch freeze for Environment", "1:19 UnexpectedToken: unexpected `Environment`, expected `each`"},
      {"counter c counts x for principal over 10m",
       "1:24 UnexpectedToken: unexpected `principal`, expected `each`"},
      {"counter c counts x for each principal",
       "1:38 IncompleteDeclaration: counter `c` is not finished, expected `over`, `.` or `,`"},
      {"breaker b for each principal opens after 5 denials over 1m",
       "1:36 UnexpectedToken: unexpected `after`, expected `at`"},
      {"hours h is Monday to Fri from 09:00 to 17:00 in \"Europe/Berlin\"",
       "1:12 InvalidHours: `Monday` is no day of the week | write `Mon`"},
      {"hours h is Mon to Fri from 9:00 to 17:00 in \"Europe/Berlin\"",
       "1:28 UnexpectedToken: unexpected `9`, expected a time of the day such as `09:00` | times of the day "
       "have two digits each: `09:00`"},
      {"hours h is Mon to Fri from 17:00 to 09:00 in \"Europe/Berlin\"",
       "1:28 InvalidHours: `17:00` does not lie before `09:00` | hours over midnight are two: one to 24:00 "
       "and one from 00:00"},
      {"hours h is Mon to Fri from 09:00 to 25:00 in \"Europe/Berlin\"",
       "1:37 InvalidHours: `25:00` is no time of the day | the day goes from 00:00 to 24:00"},
      {"test when A \"a\" asks to x on B \"b\" expect allow",
       "1:6 MissingText: `test` is not followed by a text | a test has a title: `test \"3am restart\"`"},
      {"test \"t\" when A \"a\" does x on B \"b\" expect allow",
       "1:21 UnexpectedToken: unexpected `does`, expected `asks` or `,`"},
      {"test \"t\" when A \"a\" asks x on B \"b\" expect allow",
       "1:26 UnexpectedToken: unexpected `x`, expected a number or `to`"},
      {"test \"t\" when A \"a\" asks to x on B \"b\" expects allow",
       "1:40 UnexpectedToken: unexpected `expects`, expected `with`, `case`, `expect` or `,` | did you mean `expect`?"},
      {"test \"t\" when A \"a\" asks to x on B \"b\" expect allowed",
       "1:47 UnexpectedToken: unexpected `allowed`, expected `allow`, `suggest`, `require` or `deny` | did "
       "you mean `allow`?"},
      {"test \"t\" when A \"a\" asks to x on B \"b\" with a: 2 expect allow",
       "1:46 UnexpectedToken: unexpected `:`, expected an expression"},
      {"test \"t\" given A a when A \"a\" asks to x on B \"b\" expect allow",
       "1:18 UnquotedId: `a` stands behind the name `A` | the id of an entity is written in double quotes: "
       "`A \"a\"`"},
      {"guarantee g never permit anyone to x", "1:19 UnexpectedToken: unexpected `permit`, expected `allow`"},
      {"guarantee g allow anyone to x",
       "1:13 UnexpectedToken: unexpected `allow`, expected a text in double quotes, `always` or `never`"},
      {"use", "1:4 IncompleteDeclaration: use is not finished, expected a name"},
      {"use std.autonomy with",
       "1:22 IncompleteDeclaration: use `std.autonomy` is not finished, expected a name"},
      {"setting x Duration", "1:11 UnexpectedToken: unexpected `Duration`, expected `:`"},
      {"person Human owned Human", "1:20 UnexpectedToken: unexpected `Human`, expected `by`"},
      {"agent Agent owned by", "1:21 IncompleteDeclaration: agent `Agent` is not finished, expected a name"},
      {"assume a", "1:9 IncompleteDeclaration: assume `a` is not finished, expected an expression"},
      {"evidence e undo : Text", "1:12 UnexpectedToken: unexpected `undo`, expected `has`, `:` or `(`"},
      {"needs principal credential_ttl : Duration",
       "1:17 UnexpectedToken: unexpected `credential_ttl`, expected `has`"},
      {"policy prod",
       "1:8 MissingText: `policy` is not followed by a text | texts stand in double quotes: `policy "
       "\"...\"`"},
      {"/* hello */",
       "1:1 UnexpectedToken: `/*` does not start a comment | every line of a comment starts with `//`"},
      {"rule a allow Agent to x when a.b. is c",
       "1:38 UnexpectedToken: unexpected `c`, expected an operator, a clause or a declaration"},
      {"rule a allow Agent to x when a isnt b",
       "1:32 UnsupportedOperator: `isnt` is no operator of Pol | write `is not`"},
      {"rule a allow Agent to x when a equals b",
       "1:32 UnsupportedOperator: `equals` is no operator of Pol | write `is`"},
      {"rule a allow Agent to x where a is b",
       "1:25 UnexpectedToken: unexpected `where`, expected a clause, a declaration, `on`, `.` or `,` | write "
       "`when`"},
      {"rule a allow Agent to x if a is b",
       "1:25 UnexpectedToken: unexpected `if`, expected a clause, a declaration, `on`, `.` or `,` | write "
       "`when`"},
      {"rule a allow Agent to x with a is b",
       "1:25 UnexpectedToken: unexpected `with`, expected a clause, a declaration, `on`, `.` or `,`"},
      {"rule a allow anyone in Team \"x\" to x",
       "1:21 UnexpectedToken: unexpected `in`, expected `to` | `anyone` stands alone; a group has a type: "
       "`Human in Team \"dba\"`"},
      {"rule a allow Agent in Team to x on",
       "1:35 IncompleteDeclaration: rule `a` is not finished, expected a name, `anyone`, `anything` or `any` "
       "| behind `on` stands on what: `Service`, `Service in Environment \"production\"`, `anything`"},
      {"rule a-b allow Agent to x",
       "1:7 InvalidEffect: `-` stands where rule `a` needs its effect | a rule has `allow`, `forbid`, "
       "`suggest`, `require` or `limit`, then who may do what"},
      {"rule a allow Agent to restart-pod",
       "1:30 UnexpectedToken: unexpected `-`, expected a clause, a declaration, `on`, `.` or `,` | a name "
       "has letters, digits and `_`; another action's is quoted: `\"restart-...\"`"},
      {"record Grant class : Class", "1:14 UnexpectedToken: unexpected `class`, expected `has`"},
      {"rule a allow Agent to x when principal has",
       "1:43 IncompleteDeclaration: rule `a` is not finished, expected a name, an operator or a text in "
       "double quotes"},
      {"rule a allow Agent to x when a starts \"x\"",
       "1:39 UnexpectedToken: unexpected `\"x\"`, expected `with`"},
      {"rule a allow Agent to x when now is before 2026-1-1",
       "1:44 InvalidLiteral: `2026-1-1` is no time | times are written `2026-11-21` or "
       "`2026-11-21T03:14:00Z`; in a difference there are spaces around `-`"},
      {"rule a allow Agent to x when a.containsAll([1, 2)",
       "1:49 UnexpectedToken: unexpected `)`, expected an operator, `,` or `]`"},
      {"rule a allow Agent to x meets \"CC8.1\"",
       "1:31 UnexpectedToken: unexpected `\"CC8.1\"`, expected a name"},
  };
  for (auto& [text, message] : mistakes) EXPECT_EQ(Parsed(text).messages(), Messages{message}) << text;
}

// The example of each page is a text that gets that message.
TEST(PolParser, ThePagesOfDiagnosticsShowTheirMistake) {
  for (const char* code :
       {"UnknownDeclaration", "IncompleteDeclaration", "MissingText", "UnquotedId", "MissingWithin",
        "MisplacedClause", "InOnText", "InvalidLiteral", "PercentWithoutSign", "InvalidHours"}) {
    std::ifstream in(std::filesystem::path(POLC_SOURCE_DIR) / "docs/diagnostics" /
                     (std::string(code) + ".md"));
    std::stringstream page;
    page << in.rdbuf();
    std::string text = page.str();
    size_t begin = text.find("```pol\n");
    ASSERT_NE(begin, std::string::npos) << code;
    begin += 7;
    Parsed p(text.substr(begin, text.find("```", begin) - begin));
    bool shown = false;
    for (const std::string& message : p.messages()) shown |= message.find(code) != std::string::npos;
    EXPECT_TRUE(shown) << code;
  }
}

TEST(PolParser, BracketsAndQuantifiersAreBounded) {
  auto nested = [](size_t depth) {
    return "assume a x is " + std::string(depth, '(') + "1" + std::string(depth, ')');
  };
  EXPECT_EQ(Parsed(nested(kMaxBracketDepth)).messages(), Messages());
  EXPECT_NE(Parsed(nested(kMaxBracketDepth + 1)).messages(), Messages());
  auto ifs = [](size_t depth) {
    std::string text = "assume a ";
    for (size_t i = 0; i < depth; ++i) text += "if x then ";
    text += "y";
    for (size_t i = 0; i < depth; ++i) text += " else z";
    return text;
  };
  EXPECT_EQ(Parsed(ifs(kMaxBracketDepth)).messages(), Messages());
  EXPECT_NE(Parsed(ifs(kMaxBracketDepth + 1)).messages(), Messages());
  auto every = [](size_t depth) {
    std::string text = "assume a ";
    for (size_t i = 0; i < depth; ++i) text += "every x in s satisfies ";
    return text + "x";
  };
  EXPECT_EQ(Parsed(every(kMaxBracketDepth)).messages(), Messages());
  EXPECT_NE(Parsed(every(kMaxBracketDepth + 1)).messages(), Messages());
}

TEST(PolParser, DepthOfExpressionsIsBounded) {
  auto chain = [](size_t links) {
    std::string text = "assume a x";
    for (size_t i = 1; i < links; ++i) text += " or x";
    return text;
  };
  EXPECT_EQ(Parsed(chain(kMaxExprDepth)).messages(), Messages());
  EXPECT_NE(Parsed(chain(kMaxExprDepth + 1)).messages(), Messages());
  auto nots = [](size_t links) {
    std::string text = "assume a ";
    for (size_t i = 1; i < links; ++i) text += "not ";
    return text + "x";
  };
  EXPECT_EQ(Parsed(nots(kMaxExprDepth)).messages(), Messages());
  EXPECT_NE(Parsed(nots(kMaxExprDepth + 1)).messages(), Messages());
}

}  // namespace
}  // namespace polc::syntax
