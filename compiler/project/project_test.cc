#include "compiler/project/project.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "compiler/source/render.h"

namespace polc::project {
namespace {

namespace fs = std::filesystem;
using source::Code;
using source::Severity;

struct Result {
  std::optional<Project> project;
  std::string messages;
};

Result ParseText(std::string text, std::string path = "polc.toml") {
  source::SourceMap map;
  source::DiagnosticSink sink;
  Result result;
  result.project = Parse(map, map.Add(std::move(path), std::move(text)), sink);
  sink.Sort();
  for (const source::Diagnostic& d : sink.diagnostics()) {
    result.messages += source::Place(map, d.span) + ": " + d.message +
                       (d.help.empty() ? "" : " (" + d.help + ")") + " [" +
                       std::string(source::Info(d.code).name) + "]\n";
  }
  EXPECT_EQ(result.project.has_value(), !sink.has_errors());
  return result;
}

TEST(Project, ReadsEveryKey) {
  Result r = ParseText(R"(
root = "policies"
schema = "app.cedarschema"
files = ["base.cedar", "teams"]
ids = "annotation"
[severities]
JsonNull = "error"
[limits]
file_bytes = 1024
policies = 10
entities = 20
[lint]
annotations = ["owner", "id"]
rule_tests = 7
steps = 900
[enforcement]
gateway = ["timeout", "cost"]
proxy = "cost"
)",
                       "conf/polc.toml");
  ASSERT_TRUE(r.project) << r.messages;
  EXPECT_EQ(r.project->root, "conf/policies");
  EXPECT_THAT(r.project->schema, testing::ElementsAre("app.cedarschema"));
  EXPECT_THAT(r.project->files, testing::ElementsAre("base.cedar", "teams"));
  EXPECT_EQ(r.project->ids, IdSource::kAnnotation);
  EXPECT_EQ(r.project->severities.at(Code::kJsonNull), Severity::kError);
  EXPECT_EQ(r.project->limits.file_bytes, 1024u);
  EXPECT_EQ(r.project->limits.policies, 10u);
  EXPECT_EQ(r.project->limits.entities, 20u);
  EXPECT_THAT(r.project->lint.annotations, testing::ElementsAre("owner", "id"));
  EXPECT_EQ(r.project->lint.rule_tests, 7u);
  EXPECT_EQ(r.project->lint.steps, 900u);
  EXPECT_THAT(r.project->enforcement.at("gateway"), testing::ElementsAre("timeout", "cost"));
  EXPECT_THAT(r.project->enforcement.at("proxy"), testing::ElementsAre("cost"));
}

TEST(Project, EmptyIsAllDefaults) {
  Result r = ParseText("");
  ASSERT_TRUE(r.project);
  EXPECT_TRUE(r.project->files.empty());
  EXPECT_FALSE(r.project->ids);
  EXPECT_EQ(r.project->limits.file_bytes, source::kMaxFileBytes);
}

TEST(Project, ReportsEveryMistakeWithItsPlace) {
  Result r = ParseText(R"(shema = "x"
files = 3
schema = ["a", 1]
ids = "sorce"
root = true
"é" = 1
[severities]
JsonNul = "error"
JsonNull = "loud"
InvalidUtf8 = "off"
JsonShape = 1
[limits]
file_byte = 1
policies = "many"
other.deep = 1
)");
  EXPECT_EQ(
      r.messages,
      "polc.toml:1:1: unknown key `shema` (did you mean `schema`?) [ProjectUnknownKey]\n"
      "polc.toml:2:9: `files` is an integer, and must be a path or an array of paths [ProjectValue]\n"
      "polc.toml:3:16: `schema` is an integer, and must be an array of strings only [ProjectValue]\n"
      "polc.toml:4:7: `ids` is `sorce`, and must be `source` or `annotation` [ProjectValue]\n"
      "polc.toml:5:8: `root` is a boolean, and must be a string [ProjectValue]\n"
      "polc.toml:6:1: unknown key `é` (the keys here are root, schema, files, ids, severities, limits, lint, enforcement) "
      "[ProjectUnknownKey]\n"
      "polc.toml:8:1: no diagnostic is called `JsonNul` (did you mean `JsonNull`?) [ProjectUnknownKey]\n"
      "polc.toml:9:12: `JsonNull` is `loud`, and must be `error`, `warning`, `note` or `off` [ProjectValue]\n"
      "polc.toml:10:15: `InvalidUtf8` is an error and cannot be made `off` (only warnings and notes can "
      "change) [ProjectValue]\n"
      "polc.toml:11:13: `JsonShape` is an integer, and must be a string [ProjectValue]\n"
      "polc.toml:13:1: unknown key `limits.file_byte` (did you mean `file_bytes`?) [ProjectUnknownKey]\n"
      "polc.toml:14:12: `limits.policies` is a string, and must be an integer [ProjectValue]\n"
      "polc.toml:15:1: unknown key `limits.other` (the keys here are file_bytes, policies, entities) "
      "[ProjectUnknownKey]\n");
}

TEST(Project, LimitsHaveTwoSides) {
  EXPECT_TRUE(ParseText("limits.file_bytes = 1").project);
  EXPECT_FALSE(ParseText("limits.file_bytes = 0").project);
  EXPECT_FALSE(ParseText("limits.file_bytes = -1").project);
  EXPECT_TRUE(ParseText("limits.file_bytes = 1073741824").project);
  EXPECT_FALSE(ParseText("limits.file_bytes = 1073741825").project) << "a project lowers limits only";
}

TEST(Project, MalformedTomlIsReported) {
  EXPECT_THAT(ParseText("files = [\"a\"\nids = 1").messages, testing::HasSubstr("[ProjectSyntax]"));
  EXPECT_THAT(ParseText("a = \"\xFF\"").messages, testing::HasSubstr("[ProjectSyntax]"));
  EXPECT_THAT(ParseText("files = 1\nfiles = 2").messages, testing::HasSubstr("polc.toml:2:"));
  EXPECT_THAT(ParseText(std::string("a = ") + std::string(100000, '[')).messages,
              testing::HasSubstr("[ProjectSyntax]"));
}

TEST(Project, PathsAreSeenFromTheWorkingDirectory) {
  Project p;
  p.root = "/a/b";
  EXPECT_EQ(p.Resolve("x.cedar", "/a/b"), "x.cedar");
  EXPECT_EQ(p.Resolve("x.cedar", "/a/b/c"), "../x.cedar");
  EXPECT_EQ(p.Resolve("d/x.cedar", "/a"), "b/d/x.cedar");
  EXPECT_EQ(p.Resolve("/abs/x.cedar", "/a"), "/abs/x.cedar");
}

TEST(Find, WalksUp) {
  fs::path top = fs::temp_directory_path() / "polc_project_test";
  fs::remove_all(top);
  fs::create_directories(top / "a/b/c");
  fs::create_directories(top / "a/b/polc.toml");  // a folder of that name is none
  std::ofstream(top / "a/polc.toml") << "";
  EXPECT_EQ(Find((top / "a/b/c").string()), (top / "a/polc.toml").string());
  EXPECT_EQ(Find((top / "a").string()), (top / "a/polc.toml").string());
  fs::remove_all(top);
}

TEST(ApplySeverities, RaisesLowersAndDrops) {
  Project p;
  p.severities[Code::kJsonNull] = std::nullopt;
  p.severities[Code::kJsonShape] = Severity::kWarning;
  source::DiagnosticSink sink;
  sink.Report(Code::kJsonNull, {}, "a");
  sink.Report(Code::kJsonShape, {}, "b");
  sink.Report(Code::kJsonSyntax, {}, "c");
  ApplySeverities(p, sink);
  ASSERT_EQ(sink.diagnostics().size(), 2u);
  EXPECT_EQ(sink.diagnostics()[0].severity, Severity::kWarning);
  EXPECT_EQ(sink.diagnostics()[1].severity, Severity::kError);
}

}  // namespace
}  // namespace polc::project
