#include "compiler/simulate/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/json/json.h"
#include "compiler/simulate/figures.h"

namespace polc::simulate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ReportTest : public ::testing::Test {
 protected:
  ReportTest() {
    core::Rule rule;
    rule.id = "p/<never>";
    program_.rules.push_back(rule);
    rule.id = "p/hit";
    program_.rules.push_back(rule);
    about_ = {"l<1>.jsonl",
              "old",
              "new",
              {&program_, &map_},
              {&program_, &map_},
              std::set<std::string>{"p/<never>"}};
    Edit edit;
    edit.name = "p/a|b";
    edit.change = Edit::Change::kChanged;
    edit.after = {map_.Add("p.pol", "rule a"), 0, 6};
    edit.diff = "--- a\n+++ b\n@@ -1 +1 @@\n-</pre>```\n+x\n";
    report_.edits.push_back(edit);
    Group group;
    group.bucket = Bucket::kLooser;
    group.cause.edits = {0};
    group.before = "deny (no_grant)";
    group.after = "allow";
    group.principal_type = "A&B";
    group.action = "Action::\"<go>\"";
    group.resource_type = "R";
    group.count = 2;
    Flip flip;
    flip.line = 7;
    flip.after_request.principal = {"A&B", "x"};
    flip.after_request.action = {"Action", "<go>"};
    flip.after_request.resource = {"R", "y"};
    group.examples.push_back(flip);
    group.smallest = flip;
    report_.groups.push_back(group);
    report_.records = 4;
    report_.buckets[static_cast<size_t>(Bucket::kLooser)] = 2;
    report_.buckets[static_cast<size_t>(Bucket::kUnchanged)] = 1;
    report_.buckets[static_cast<size_t>(Bucket::kNotReplayable)] = 1;
    report_.missing["`/x` was masked"] = {1, 3};
    report_.after.rules["p/hit"] = 2;
    report_.approval_waits_ms = {1000, 2000, 9000};
    report_.days["2026-11-20"] = {2, 0, 0, 0, 0};
    report_.days["2026-11-21"] = {1, 0, 0, 0, 1};
  }

  source::SourceMap map_;
  core::Program program_;
  About about_;
  Report report_;
};

TEST_F(ReportTest, Figures) {
  const Figures figures = FiguresOf(report_, about_);
  EXPECT_EQ(figures.replayed, 3u);
  EXPECT_THAT(figures.never_hit, ElementsAre("p/<never>"));
  EXPECT_THAT(figures.only_tests, ElementsAre("p/<never>"));
  EXPECT_DOUBLE_EQ(*figures.daily, 0.5);
  EXPECT_EQ(figures.daily_on, "2026-11-21");
}

TEST_F(ReportTest, JsonIsJson) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  const auto document = json::Document::Parse(map, map.Add("", RenderJson(report_, about_)), sink);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().Find("buckets")->Find("looser")->integer(), 2);
  EXPECT_EQ(document->root().Find("groups")->at(0).Find("examples")->at(0).Find("line")->integer(), 7);
  EXPECT_EQ(document->root().Find("not_replayable")->at(0).Find("first_line")->integer(), 3);
}

TEST_F(ReportTest, NothingOfTheLogOrThePoliciesIsMarkup) {
  const std::string html = RenderHtml(report_, about_);
  EXPECT_THAT(html, Not(HasSubstr("<go>")));
  EXPECT_THAT(html, Not(HasSubstr("<never>")));
  EXPECT_THAT(html, Not(HasSubstr("l<1>")));
  EXPECT_THAT(html, HasSubstr("<span class=\"del\">-&lt;/pre&gt;```</span>"));
  const std::string junit = RenderJUnit(report_, about_, {Bucket::kLooser});
  EXPECT_THAT(junit, Not(HasSubstr("<go>")));
  EXPECT_THAT(junit, HasSubstr("failures=\"1\""));
  EXPECT_THAT(RenderJUnit(report_, about_, {}), HasSubstr("failures=\"0\""));
  const std::string markdown = RenderMarkdown(report_, about_);
  EXPECT_THAT(markdown, HasSubstr("p/a\\|b"));
  EXPECT_THAT(markdown, HasSubstr("````diff\n"));  // the diff cannot close its fence
}

// A page that asks nobody for anything.
TEST_F(ReportTest, ThePageIsWhole) {
  const std::string html = RenderHtml(report_, about_);
  for (const char* outside : {"http:", "https:", "src=", "href=", "@import", "url(", "<script"}) {
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  }
}

TEST_F(ReportTest, FindingsStandAtTheEdit) {
  const std::vector<source::Diagnostic> findings = Findings(report_, about_);
  ASSERT_EQ(findings.size(), 2u);
  const auto looser = std::ranges::find(findings, source::Code::kLooserDecision, &source::Diagnostic::code);
  ASSERT_NE(looser, findings.end());
  EXPECT_EQ(looser->span, report_.edits[0].after);
  EXPECT_EQ(looser->rule, "p/a|b");
  EXPECT_EQ(looser->message,
            "2 recorded requests are looser by rule `p/a|b` changed: deny (no_grant) to allow for A&B "
            "Action::\"<go>\" R");
}

TEST_F(ReportTest, TextSaysItAll) {
  const std::string text = RenderText(report_, about_);
  EXPECT_THAT(text, HasSubstr("looser: 2 by rule `p/a|b` changed\n"));
  EXPECT_THAT(text, HasSubstr("lines 7, …\n"));
  EXPECT_THAT(text, HasSubstr("not replayable: 1 from line 3 on: `/x` was masked\n"));
  EXPECT_THAT(text, HasSubstr("p/<never> (tests do)\n"));
  EXPECT_THAT(text, HasSubstr("  from asking for an approval to letting go, median: 2 s\n"));
  EXPECT_THAT(text,
              HasSubstr("  drift of actions, population stability index: not known: there is no earlier "
                        "window: --baseline or --split makes one\n"));
}

}  // namespace
}  // namespace polc::simulate
