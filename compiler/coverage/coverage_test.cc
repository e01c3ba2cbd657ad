#include "compiler/coverage/coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/coverage/find.h"
#include "compiler/coverage/report.h"
#include "compiler/sema/lower.h"
#include "compiler/sema/pol_test_util.h"
#include "compiler/syntax/cedar_parser.h"

namespace polc::coverage {
namespace {

using data::Value;
using testing::HasSubstr;

// One Cedar policy, and requests whose context has some of the letters, upper case for true.
class CedarCoverage : public testing::Test {
 protected:
  void Read(const std::string& text) {
    source::DiagnosticSink sink;
    file_ = map_.Add("p.cedar", text);
    sema::Lowerer lowerer(sema::IdSource::kPosition, sink);
    for (const syntax::ParsedPolicy& policy : syntax::ParseCedar(map_, file_, sink))
      lowerer.Add(policy.policy);
    program_ = lowerer.Take();
    ASSERT_FALSE(sink.has_errors()) << sink.diagnostics()[0].message;
    store_.Close();
    collector_.emplace(program_, std::set<source::FileId>{file_});
  }
  void When(const std::string& condition) {
    Read("permit (principal, action, resource) when { " + condition + " };");
  }

  data::Decision Ask(const std::string& letters) {
    data::Record fields;
    for (const char c : letters) {
      fields.emplace_back(std::string(1, static_cast<char>(c | 0x20)), Value((c & 0x20) == 0));
    }
    data::Request request;
    request.principal = {"User", "u"};
    request.action = {"Action", "a"};
    request.resource = {"Thing", "t"};
    request.context = Value::MakeRecord(std::move(fields));
    return collector_->Add(request, store_, {});
  }

  // Of each condition, how often true and false decided: "1/0 0/2".
  std::string Decided() const {
    std::string out;
    for (const Condition& c : collector_->coverage().units[0].conditions) {
      if (!out.empty()) out += ' ';
      out += std::to_string(c.is_true.decided) + "/" + std::to_string(c.is_false.decided);
    }
    return out;
  }

  source::SourceMap map_;
  source::FileId file_ = 0;
  core::Program program_;
  data::EntityStore store_;
  std::optional<Collector> collector_;
};

TEST_F(CedarCoverage, AndDecides) {
  When("context.a && context.b");
  Ask("AB");
  EXPECT_EQ(Decided(), "1/0 1/0");
  Ask("ab");
  EXPECT_EQ(Decided(), "1/1 1/0");
  Ask("Ab");
  EXPECT_EQ(Decided(), "1/1 1/1");
  // `a` was true and did not decide.
  EXPECT_EQ(collector_->coverage().units[0].conditions[0].is_true.masked, 1u);
  EXPECT_EQ(collector_->coverage().Outcomes().percent(), 100);
}

TEST_F(CedarCoverage, OrDecides) {
  When("context.a || context.b");
  Ask("A");
  EXPECT_EQ(Decided(), "1/0 0/0");
  Ask("ab");
  EXPECT_EQ(Decided(), "1/1 0/1");
  Ask("aB");
  EXPECT_EQ(Decided(), "1/1 1/1");
}

TEST_F(CedarCoverage, ChainsAreOneLevel) {
  When("context.a && context.b && (context.c || !context.d)");
  Ask("ABCD");
  Ask("ABcD");
  EXPECT_EQ(Decided(), "1/0 1/0 1/1 1/0");
  Ask("ABcd");
  Ask("a");
  Ask("Ab");
  EXPECT_EQ(Decided(), "2/1 2/1 1/1 1/1");
}

TEST_F(CedarCoverage, ATestOfIfDecidesWhereTheBranchesDiffer) {
  When("if context.a then context.b else context.c");
  Ask("ABC");
  EXPECT_EQ(Decided(), "0/0 1/0 0/0");
  Ask("ABc");
  EXPECT_EQ(Decided(), "1/0 2/0 0/0");
  // A branch that would have erred is something else, too.
  Ask("aC");
  EXPECT_EQ(Decided(), "1/1 2/0 1/0");
}

TEST_F(CedarCoverage, ErrorsAreNoOutcome) {
  When("context.a && context.b");
  EXPECT_EQ(Ask("A").errors.size(), 1u);
  EXPECT_EQ(collector_->coverage().units[0].conditions[1].erred, 1u);
  EXPECT_EQ(Decided(), "0/0 0/0");
  EXPECT_EQ(collector_->coverage().units[0].held, 0u);
}

TEST_F(CedarCoverage, TheScopeIsConditions) {
  Read("forbid (principal == User::\"u\", action, resource is Other) unless { context.a };");
  Ask("a");
  EXPECT_EQ(Decided(), "0/0 0/1 0/0");
  EXPECT_THAT(ToText(collector_->coverage(), map_), HasSubstr("never reached: `context.a`"));
}

TEST_F(CedarCoverage, WhatIsProvedImpossibleDoesNotCount) {
  When("context.n > 3 && context.n > 2");
  collector_->Prove(nullptr);
  const Unit& unit = collector_->coverage().units[0];
  ASSERT_EQ(unit.conditions.size(), 2u);
  EXPECT_TRUE(unit.conditions[1].is_true.possible);
  EXPECT_FALSE(unit.conditions[1].is_false.possible);
  EXPECT_EQ(collector_->coverage().Outcomes().all, 3u);
}

TEST_F(CedarCoverage, ANeverIsNotToBeCovered) {
  When("context.n > 3 && context.n < 2");
  collector_->Prove(nullptr);
  EXPECT_FALSE(collector_->coverage().units[0].can_hold);
  EXPECT_EQ(collector_->coverage().Units().all, 0u);
}

TEST_F(CedarCoverage, ReportsSayTheSame) {
  When("context.a && context.b");
  Ask("AB");
  const Coverage& coverage = collector_->coverage();
  EXPECT_EQ(ToText(coverage, map_),
            "p.cedar:1:1: rule policy0\n"
            "  p.cedar:1:45: never false: `context.a`\n"
            "  p.cedar:1:58: never false: `context.b`\n"
            "coverage: 1 of 1 rules and clauses held, 2 of 2 conditions reached, 2 of 4 outcomes decided: "
            "50.00%\n");
  EXPECT_EQ(ToLcov(coverage, map_),
            "TN:\nSF:p.cedar\nFN:1,1:rule policy0\nFNDA:1,1:rule policy0\nFNF:1\nFNH:1\n"
            "BRDA:1,0,0,1\nBRDA:1,0,1,0\nBRDA:1,1,0,1\nBRDA:1,1,1,0\nBRF:4\nBRH:2\nDA:1,1\nLF:1\nLH:1\n"
            "end_of_record\n");
  const std::string page = ToHtml(coverage, map_);
  EXPECT_THAT(page, HasSubstr("<b>50.00%</b> 2 of 4 outcomes of conditions decided"));
  EXPECT_THAT(page, HasSubstr("<mark class=\"some\">context.a</mark>"));
  EXPECT_THAT(page, HasSubstr("← never false<"));
  for (const char* outside : {"<script", "http:", "https:", "src="}) EXPECT_EQ(page.find(outside), page.npos);
}

TEST_F(CedarCoverage, PagesEscapeWhatPoliciesSay) {
  When("context.a && context.b == \"</pre><script>alert(1)</script>\"");
  EXPECT_EQ(ToHtml(collector_->coverage(), map_).find("<script"), std::string::npos);
}

TEST(Ratios, AreFloored) {
  EXPECT_EQ((Ratio{1999, 2000}).percent(), 99.95);
  EXPECT_EQ((Ratio{199999, 200000}).percent(), 99.99);
  EXPECT_EQ((Ratio{0, 0}).percent(), 100);
}

class PolCoverage : public sema::pol::PolTest {
 protected:
  void Read(std::string_view text) {
    set_ = With(text);
    ASSERT_FALSE(sink_.has_errors()) << First();
    core::PutActions(set_.program.model, store_);
    ASSERT_FALSE(store_.Close());
    std::set<source::FileId> files;
    for (source::FileId file = 0; file < map_.size(); ++file) files.insert(file);
    collector_.emplace(set_.program, files);
    for (const sema::pol::TestCase& test : set_.tests) collector_->Add(test.request, store_, {});
    collector_->Prove(&set_.schema);
  }
  const Unit& UnitOf(const std::string& id) const {
    for (const Unit& unit : collector_->coverage().units) {
      if (unit.id == id) return unit;
    }
    ADD_FAILURE() << "no unit " << id;
    return collector_->coverage().units[0];
  }

  sema::pol::Set set_;
  data::EntityStore store_;
  std::optional<Collector> collector_;
};

TEST_F(PolCoverage, TheModelSaysWhatCannotBe) {
  Read(R"(rule r allow Robot to restart on Service when context.n is at least 3)");
  const Unit& unit = UnitOf("p/r");
  ASSERT_EQ(unit.conditions.size(), 4u);
  // Only services are restarted; but it may be an agent that asks.
  EXPECT_TRUE(unit.conditions[0].is_false.possible);
  EXPECT_FALSE(unit.conditions[2].is_false.possible);
}

TEST_F(PolCoverage, ClausesCountWhereTheFactIsComputed) {
  Read(R"(
    fact risk : Risk is the highest of high when context has n and context.n is above 2, otherwise low
    rule r allow Robot to restart on Service when risk is at most medium
    test "t" given Robot "a" given Service "s" with data [] when Robot "a" asks to restart on Service "s" with n 1, to [] expect allow
    test "u" given Human "h" given Service "s" with data [] when Human "h" asks to look on Service "s" expect deny)");
  EXPECT_EQ(UnitOf("risk").asked, 1u);
  EXPECT_EQ(UnitOf("risk").held, 0u);
  EXPECT_EQ(UnitOf("p/r").held, 1u);
}

TEST_F(PolCoverage, InvalidRequestsReachNothing) {
  Read(R"(
    rule r allow Robot to restart on Service
    test "t" given Robot "a" when Robot "a" asks to restart on Service "s" with n 1, to [] expect deny)");
  EXPECT_EQ(UnitOf("p/r").asked, 0u);
}

TEST_F(PolCoverage, FindsARequestForEachOutcome) {
  Read(R"(
    switch freeze for each Environment
    rule r allow Agent in Team "sre" to restart on Service in Environment "e"
      when context.n is between 3 and 5 and (context.blast is at most 5% or resource.data contains "logs")
      unless freeze of Environment "e" is on)");
  EXPECT_EQ(collector_->coverage().Outcomes().covered, 0u);
  const Finder finder(set_.program, store_, {});
  for (const Collector::Goal& goal : collector_->Open()) {
    const auto found = finder.Find(*collector_, goal);
    if (found) collector_->Add(*found, store_, {});
  }
  const Coverage& coverage = collector_->coverage();
  EXPECT_EQ(coverage.Outcomes().percent(), 100) << ToText(coverage, map_);
  EXPECT_EQ(coverage.Units().percent(), 100);
}

}  // namespace
}  // namespace polc::coverage
