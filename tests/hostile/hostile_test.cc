// Inputs made to hurt, through the command line: each gets a clear error or the right answer, in bounded time
// and memory, and never a signal. Limits are tested from both sides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "compiler/json/json.h"
#include "compiler/syntax/cedar_parser.h"
#include "fmt/format.h"
#include "tests/hostile/run_polc.h"

namespace polc::hostile {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kPermitAll = "permit (principal, action, resource);\n";
constexpr std::string_view kRequest =
    R"({"principal":"User::\"a\"","action":"Action::\"view\"","resource":"Doc::\"d\""})";

std::string Repeat(std::string_view what, size_t times) {
  std::string out;
  out.reserve(what.size() * times);
  for (size_t i = 0; i < times; ++i) out += what;
  return out;
}

std::string When(const std::string& condition) {
  return fmt::format("permit (principal, action, resource) when {{ {} }};\n", condition);
}

// A run that ended by itself, within its limits.
void ExpectBounded(const Ran& ran, double seconds, double mib) {
  EXPECT_LT(ran.exit, 128) << "ended by signal " << ran.exit - 128 << "\n" << ran.err.substr(0, 2000);
  EXPECT_LT(ran.cpu_seconds, seconds * Slack());
  EXPECT_LT(ran.peak_mib, mib * Slack());
}

Ran Eval(const Folder& folder, const std::string& policy,
         const std::string& request = std::string(kRequest)) {
  folder.Write("p.cedar", policy);
  return folder.Run({"eval", "p.cedar", "-"}, request + "\n");
}

Ran Check(const Folder& folder, const std::string& policy) {
  folder.Write("p.cedar", policy);
  return folder.Run({"check", "p.cedar"});
}

// --- Bytes ---

TEST(Bytes, InvalidUtf8IsNamedWithItsPlaceInEveryKindOfInput) {
  Folder f;
  f.Write("p.cedar", std::string(kPermitAll) + "// \xC3\xA9 \xFF\n");
  f.Write("s.cedarschema", "entity A;\n// \xED\xA0\x80\n");
  f.Write("s.json", "{\"\": \"\xC0\xAF\"}");
  f.Write("e.json", "[\"\xFF\"]");
  f.Write("r.jsonl", std::string(kRequest) + "\n\"\xFF\"\n");
  EXPECT_THAT(f.Run({"check", "p.cedar"}).out, StartsWith("p.cedar:2:6: error: "));
  for (const Ran& ran : {f.Run({"check", "p.cedar"}), f.Run({"check", "--schema", "s.cedarschema"}),
                         f.Run({"check", "--schema", "s.json"}), f.Run({"check", "--entities", "e.json"}),
                         f.Run({"check", "--requests", "r.jsonl"}), f.Run({"check", "-"}, "permit\x80")}) {
    EXPECT_EQ(ran.exit, 1);
    EXPECT_THAT(ran.out, HasSubstr("[InvalidUtf8]"));
  }
}

TEST(Bytes, NulAndControlCharactersAreNoTokensAndDoNotReachTheTerminal) {
  Folder f;
  Ran ran = Check(f, std::string("permit (principal, action, resource);\0\x1b[31m", 44));
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(ran.out.find('\0'), std::string::npos);
  EXPECT_EQ(ran.out.find('\x1b'), std::string::npos);
}

TEST(Bytes, EmptyInputsAreFine) {
  Folder f;
  f.Write("empty", "");
  EXPECT_EQ(f.Run({"check", "empty"}).exit, 0);
  EXPECT_EQ(f.Run({"check", "--schema", "empty"}).exit, 0);
  EXPECT_EQ(f.Run({"check", "--entities", "empty"}).exit, 1) << "no JSON document";
  Ran none = f.Run({"eval", "empty", "--requests", "empty"});
  EXPECT_EQ(none.exit, 0);
  EXPECT_EQ(none.out, "");
}

// --- Depth ---

TEST(Depth, BracketsHaveALimitWithTwoSides) {
  Folder f;
  // The clause's own brace is one level.
  const size_t most = syntax::kMaxBracketDepth - 1;
  Ran at = Eval(f, When(Repeat("(", most) + "true" + Repeat(")", most)));
  EXPECT_EQ(at.exit, 0) << at.err.substr(0, 1000);
  EXPECT_THAT(at.out, HasSubstr("\"reasons\":[\"policy0\"]"));
  Ran past = Check(f, When(Repeat("(", most + 1) + "true" + Repeat(")", most + 1)));
  EXPECT_EQ(past.exit, 1);
  EXPECT_THAT(past.out, HasSubstr("[NestingTooDeep]"));
  for (const char* bracket : {"(", "[", "{a:", "if ", "!", "-", "principal.contains("}) {
    Ran deep = Check(f, When(Repeat(bracket, 1'000'000)));
    EXPECT_EQ(deep.exit, 1) << bracket;
    ExpectBounded(deep, 20, 3000);
  }
}

TEST(Depth, LongChainsAreParsedAndEvaluatedOrRefused) {
  Folder f;
  for (const char* link : {" && true", " || true", " + 1", ".a"}) {
    for (size_t length : {2'000u, 100'000u}) {
      std::string head = link[1] == '+' ? "1" : link[0] == '.' ? "context" : "true";
      std::string tail = link[1] == '+' ? " == 1" : link[0] == '.' ? " == 1" : "";
      Ran ran = Eval(f, When(head + Repeat(link, length) + tail));
      ExpectBounded(ran, 20, 2000);
      if (length == 2'000) {
        EXPECT_EQ(ran.exit, 0) << link << ran.err.substr(0, 500);
      }
    }
  }
}

TEST(Depth, JsonHasALimitWithTwoSides) {
  Folder f;
  f.Write("p.cedar", std::string(kPermitAll));
  auto request = [](size_t depth) {  // the request and its context are two levels
    return R"({"principal":"U::\"a\"","action":"A::\"v\"","resource":"D::\"d\"","context":{"a":)" +
           Repeat("[", depth - 2) + "1" + Repeat("]", depth - 2) + "}}\n";
  };
  Ran at = f.Run({"eval", "p.cedar", "-"}, request(json::kMaxDepth));
  EXPECT_EQ(at.exit, 0) << at.out;
  EXPECT_THAT(at.out, HasSubstr("\"allow\""));
  Ran past = f.Run({"eval", "p.cedar", "-"}, request(json::kMaxDepth + 1));
  EXPECT_EQ(past.exit, 1);
  EXPECT_THAT(past.out, HasSubstr("NestingTooDeep"));
  Ran deep = f.Run({"eval", "p.cedar", "-"}, Repeat("[", 10'000'000) + "\n");
  EXPECT_THAT(deep.out, HasSubstr("NestingTooDeep"));
  ExpectBounded(deep, 10, 1500);
}

TEST(Depth, SchemaTypesHaveALimit) {
  Folder f;
  for (size_t depth : {100u, 1'000'000u}) {
    f.Write("s.cedarschema", "entity A { a: " + Repeat("Set<", depth) + "Long" + Repeat(">", depth) + " };");
    Ran ran = f.Run({"check", "--schema", "s.cedarschema"});
    EXPECT_EQ(ran.exit, depth == 100 ? 0 : 1) << depth;
    ExpectBounded(ran, 10, 1000);
  }
}

// --- Size ---

TEST(Size, MegabyteStringsAreStringsAndMessagesAboutThemAreShort) {
  Folder f;
  std::string big(4 << 20, 'x');
  Ran equal = Eval(f, When("\"" + big + "\" == \"" + big + "\""));
  EXPECT_EQ(equal.exit, 0);
  EXPECT_THAT(equal.out, HasSubstr("\"allow\""));
  ExpectBounded(equal, 10, 1000);
  Ran id = Eval(f, "permit (principal == User::\"" + big + "\", action, resource);");
  EXPECT_THAT(id.out, HasSubstr("\"deny\""));
  Ran bad = Check(f, When("\"" + big + "\" ++ 1"));
  EXPECT_EQ(bad.exit, 1);
  EXPECT_LT(bad.out.size(), 10'000u) << "a message shows a window of the line, not four megabytes";
}

TEST(Size, LikeIsQuadraticAtWorst) {
  Folder f;
  Ran ran =
      Eval(f, When("context.s like \"" + Repeat("*a", 500) + "b\""),
           R"({"principal":"U::\"a\"","action":"Action::\"v\"","resource":"D::\"d\"","context":{"s":")" +
               std::string(200'000, 'a') + "\"}}");
  EXPECT_THAT(ran.out, HasSubstr("\"deny\""));
  ExpectBounded(ran, 10, 500);
}

TEST(Size, HundredThousandPoliciesAreCheckedCompiledAndEvaluated) {
  Folder f;
  std::string text;
  for (int i = 0; i < 100'000; ++i) {
    text += fmt::format(
        "@id(\"rule {}\")\npermit (principal == User::\"u{}\", action in [Action::\"view\", "
        "Action::\"edit\"], "
        "resource)\nwhen {{ principal.age > {} && resource.owner == principal }};\n",
        i, i % 1000, i % 100);
  }
  f.Write("p.cedar", text);
  f.Write("s.cedarschema",
          "entity User { age: Long };\nentity Doc { owner: User };\n"
          "action view, edit appliesTo { principal: User, resource: Doc, context: {} };\n");
  f.Write(
      "e.json",
      R"([{"uid":{"type":"User","id":"u7"},"attrs":{"age":50},"parents":[]},)"
      R"({"uid":{"type":"Doc","id":"d"},"attrs":{"owner":{"__entity":{"type":"User","id":"u7"}}},"parents":[]}])");
  Ran check = f.Run({"check", "p.cedar", "--schema", "s.cedarschema"});
  EXPECT_EQ(check.exit, 0) << check.out.substr(0, 2000);
  ExpectBounded(check, 30, 750);
  fmt::print("check of 100,000 policies with a schema: {:.2f} s, {:.0f} MiB\n", check.cpu_seconds,
             check.peak_mib);
  // With the syntax trees of the whole file still there, it would be 680 MiB.
  Ran compile = f.Run({"compile", "p.cedar", "--schema", "s.cedarschema", "-o", "p.polb"});
  EXPECT_EQ(compile.exit, 0) << compile.err.substr(0, 2000);
  ExpectBounded(compile, 30, 420);
  fmt::print("compile of 100,000 policies with a schema: {:.2f} s, {:.0f} MiB\n", compile.cpu_seconds,
             compile.peak_mib);
  Ran eval = f.Run({"eval", "p.cedar", "--entities", "e.json", "-"},
                   R"({"principal":"User::\"u7\"","action":"Action::\"view\"","resource":"Doc::\"d\""})");
  EXPECT_EQ(eval.exit, 0) << eval.err.substr(0, 2000);
  // Of the 100 policies about u7 the constant is always 7.
  EXPECT_THAT(eval.out,
              StartsWith(R"({"outcome":"allow","decision":"allow","reasons":["policy7","policy1007",)"));
  ExpectBounded(eval, 30, 450);
  fmt::print("eval of 100,000 policies: {:.2f} s, {:.0f} MiB\n", eval.cpu_seconds, eval.peak_mib);
}

TEST(Size, AHundredThousandBadPoliciesAreAllReported) {
  Folder f;
  Ran ran = Check(f, Repeat("permit (principal, action, resorce);\n", 100'000));
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.out, HasSubstr("p.cedar:100000:"));
  ExpectBounded(ran, 30, 2000);
  // On one line each place is found without walking the line again.
  ran = Check(f, Repeat("permit (principal, action, resorce); ", 100'000));
  EXPECT_THAT(ran.out, HasSubstr("p.cedar:1:"));
  ExpectBounded(ran, 30, 2000);
}

TEST(Size, AMillionEntitiesAreRead) {
  Folder f;
  f.Write("p.cedar", "permit (principal in Group::\"g0\", action, resource);\n");
  std::string text = "[";
  for (int i = 0; i < 1'000'000; ++i) {
    text += fmt::format(
        R"({}{{"uid":{{"type":"User","id":"u{}"}},"attrs":{{"n":{}}},"parents":[{{"type":"Group","id":"g{}"}}]}})",
        i == 0 ? "" : ",\n", i, i, i % 100);
  }
  f.Write("e.json", text + "]");
  Ran ran = f.Run({"eval", "p.cedar", "--entities", "e.json", "-"},
                  R"({"principal":"User::\"u999900\"","action":"Action::\"v\"","resource":"D::\"d\""})");
  EXPECT_EQ(ran.exit, 0) << ran.err.substr(0, 1000);
  EXPECT_THAT(ran.out, HasSubstr("\"allow\""));
  ExpectBounded(ran, 30, 3000);
  fmt::print("eval with 1,000,000 entities: {:.2f} s, {:.0f} MiB\n", ran.cpu_seconds, ran.peak_mib);
}

TEST(Size, ProjectLimitsHaveTwoSides) {
  Folder f;
  f.Write("p.cedar", Repeat(kPermitAll, 3));
  f.Write("e.json", "[" + Repeat(R"({"uid":{"type":"U","id":"a"},"attrs":{},"parents":[]},)", 2) +
                        R"({"uid":{"type":"U","id":"b"},"attrs":{},"parents":[]}])");
  auto limits = [&](size_t policies, size_t entities, size_t bytes) {
    f.Write("polc.toml", fmt::format("[limits]\npolicies = {}\nentities = {}\nfile_bytes = {}\n", policies,
                                     entities, bytes));
    return f.Run({"check", "p.cedar", "--entities", "e.json"});
  };
  EXPECT_EQ(limits(3, 3, 10'000).exit, 0);
  Ran policies = limits(2, 3, 10'000);
  EXPECT_EQ(policies.exit, 1);
  EXPECT_THAT(policies.out, HasSubstr("[TooManyPolicies]"));
  Ran entities = limits(3, 2, 10'000);
  EXPECT_EQ(entities.exit, 1);
  EXPECT_THAT(entities.out, HasSubstr("[TooManyEntities]"));
  Ran bytes = limits(3, 3, 50);
  EXPECT_EQ(bytes.exit, 3);
  EXPECT_THAT(bytes.out, HasSubstr("[InputTooLarge]"));
}

// --- Entities ---

TEST(Entities, LongChainsAndCycles) {
  Folder f;
  f.Write("p.cedar", "permit (principal in U::\"u99999\", action, resource);\n");
  auto chain = [](bool cycle) {
    std::string text = "[";
    for (int i = 0; i < 100'000; ++i) {
      std::string parent = i < 99'999 ? fmt::format(R"({{"type":"U","id":"u{}"}})", i + 1)
                           : cycle    ? R"({"type":"U","id":"u0"})"
                                      : "";
      text += fmt::format(R"({}{{"uid":{{"type":"U","id":"u{}"}},"attrs":{{}},"parents":[{}]}})",
                          i == 0 ? "" : ",", i, parent);
    }
    return text + "]";
  };
  f.Write("e.json", chain(false));
  const std::string request = R"({"principal":"U::\"u0\"","action":"Action::\"v\"","resource":"D::\"d\""})";
  Ran ran = f.Run({"eval", "p.cedar", "--entities", "e.json", "--engine", "oracle", "-"}, request);
  EXPECT_EQ(ran.exit, 0) << ran.err.substr(0, 1000);
  EXPECT_THAT(ran.out, HasSubstr("\"allow\""));
  ExpectBounded(ran, 20, 1000);
  // The runtime's store keeps ancestors, and 5 * 10^9 of them are too many.
  ran = f.Run({"eval", "p.cedar", "--entities", "e.json", "-"}, request);
  EXPECT_NE(ran.exit, 0);
  EXPECT_THAT(ran.err + ran.out, HasSubstr("[TooManyAncestors]"));
  ExpectBounded(ran, 20, 2500);
  f.Write("e.json", chain(true));
  ran = f.Run({"check", "--entities", "e.json"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.out, HasSubstr("[EntityCycle]"));
  EXPECT_LT(ran.out.size(), 200'000u) << "a cycle of 100,000 is not printed whole";
  ExpectBounded(ran, 20, 1000);
}

// --- Requests ---

TEST(Requests, BadLinesAreAnsweredAndDoNotHideTheOthers) {
  Folder f;
  f.Write("p.cedar", std::string(kPermitAll));
  std::string lines;
  for (int i = 0; i < 10'000; ++i) lines += i % 2 ? "{\"principal\": 1e400}\n" : std::string(kRequest) + "\n";
  Ran ran = f.Run({"eval", "p.cedar", "-"}, lines);
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 10'000);
  EXPECT_THAT(ran.out, HasSubstr("\"at\":\"<stdin>:10000:"));
  ExpectBounded(ran, 10, 500);
}

// --- Files ---

TEST(Files, MissingAndUnreadableInputsEndWithThree) {
  Folder f;
  f.Write("p.cedar", std::string(kPermitAll));
  std::filesystem::create_directory(f.Path("empty"));
  for (const std::string& path :
       {std::string("missing.cedar"), std::string("p.cedar/inside"), std::string("empty")}) {
    Ran ran = f.Run({"check", path, "p.cedar", "--format", "json"});
    EXPECT_EQ(ran.exit, 3) << path;
    EXPECT_THAT(ran.out, HasSubstr("\"policy0\":{\"valid\":true}")) << "the readable file is still checked";
  }
  EXPECT_EQ(f.Run({"check", "--schema", "empty"}).exit, 3);
  EXPECT_EQ(f.Run({"check", "--entities", "missing"}).exit, 3);
  EXPECT_EQ(f.Run({"eval", "p.cedar", "--requests", "missing"}).exit, 3);
  EXPECT_EQ(f.Run({"eval", "missing", "-"}, std::string(kRequest)).exit, 3);
  EXPECT_EQ(f.Run({"fmt", "missing"}).exit, 3);
  EXPECT_EQ(f.Run({"translate", "--to", "json", "missing"}).exit, 3);
  if (geteuid() == 0) GTEST_SKIP() << "permission bits do not bind root";
  std::filesystem::permissions(f.Path("p.cedar"), std::filesystem::perms::none);
  EXPECT_EQ(f.Run({"check", "p.cedar"}).exit, 3);
}

TEST(Files, AwkwardNamesAreNames) {
  Folder f;
  f.Write("a b,c:d%\n.cedar", "permit (\n");
  for (const char* format : {"text", "json", "sarif", "github"}) {
    Ran ran = f.Run({"check", "a b,c:d%\n.cedar", "--format", format});
    EXPECT_EQ(ran.exit, 1) << format;
    EXPECT_THAT(ran.err, testing::IsEmpty());
  }
  f.Write("\xFF.cedar", "permit (\n");
  EXPECT_EQ(f.Run({"check", "\xFF.cedar", "--format", "json"}).exit, 1);
}

}  // namespace
}  // namespace polc::hostile
