#include "compiler/mutate/run.h"

#include "compiler/policytest/machine.h"
#include "compiler/sema/pol_test_util.h"

namespace polc::mutate {
namespace {

class Mutation : public sema::pol::PolTest {
 protected:
  Report Of(std::string_view text, unsigned jobs = 1, size_t max = 2000) {
    set_ = With(text);
    EXPECT_FALSE(sink_.has_errors()) << First();
    std::set<source::FileId> files;
    for (source::FileId file = 0; file < map_.size(); ++file) files.insert(file);
    return mutate::Run(set_.program, MakeMutants(set_.program, map_, files), set_.tests,
                       policytest::ActionStore(set_.program),
                       {.jobs = jobs, .max_mutants = max, .schema = &set_.schema});
  }
  static std::vector<std::string> Survivors(const Report& report) {
    std::vector<std::string> out;
    for (size_t i = 0; i < report.mutants.size(); ++i) {
      if (report.verdicts[i].kind == Verdict::Kind::kSurvived)
        out.push_back(report.mutants[i].was + " -> " + report.mutants[i].now);
    }
    return out;
  }
  // Three at most, and what stands around that.
  static std::string Rule(const std::string& tests) {
    return "rule r allow Robot to restart on Service when context.n is at most 3\n"
           "fixture everything given Robot \"r\" given Human \"h\" given Agent \"a\" with ttl 1m, owner "
           "Human \"h\" "
           "given Service \"s\" with data []\n" +
           tests;
  }
  static std::string Ask(const std::string& who, int n, const std::string& expect) {
    return "test \"" + who + std::to_string(n) + "\" given everything when " + who + " \"" +
           (who == "Robot" ? "r" : "a") + "\" asks to restart on Service \"s\" with to [], n " +
           std::to_string(n) + " expect " + expect + "\n";
  }
  sema::pol::Set set_;
};

TEST_F(Mutation, WithoutTestsEverythingSurvives) {
  const Report report = Of(Rule(""));
  EXPECT_EQ(report.Count(Verdict::Kind::kKilled), 0u);
  EXPECT_EQ(report.percent(), 0);
}

TEST_F(Mutation, TestsAtTheBoundaryKill) {
  const Report loose = Of(Rule(Ask("Robot", 1, "allow") + Ask("Robot", 9, "deny") + Ask("Agent", 1, "deny")));
  EXPECT_THAT(Survivors(loose),
              testing::UnorderedElementsAre("context.n is at most 3 -> context.n is below 3", "3 -> 4"));
  const Report exact = Of(Rule(Ask("Robot", 3, "allow") + Ask("Robot", 4, "deny") + Ask("Agent", 3, "deny")));
  EXPECT_THAT(Survivors(exact), testing::IsEmpty());
  EXPECT_EQ(exact.percent(), 100);
  // `on Service` says nothing: nothing else is restarted.
  EXPECT_GE(exact.Count(Verdict::Kind::kEquivalent), 1u);
}

TEST_F(Mutation, AFaultIsNoticedByItsTest) {
  const Report report = Of(Rule(Ask("Robot", 3, "allow") + Ask("Robot", 4, "deny")));
  for (size_t i = 0; i < report.mutants.size(); ++i) {
    if (report.mutants[i].now != "context.n is below 3") continue;
    EXPECT_EQ(report.verdicts[i].kind, Verdict::Kind::kKilled);
    EXPECT_EQ(set_.tests[report.verdicts[i].test].title, "Robot3");
    return;
  }
  FAIL() << "no such mutant";
}

TEST_F(Mutation, ThreadsSayTheSame) {
  const std::string text = Rule(Ask("Robot", 1, "allow") + Ask("Robot", 4, "deny"));
  const Report one = Of(text), three = Of(text, 3);
  ASSERT_EQ(one.mutants.size(), three.mutants.size());
  EXPECT_EQ(ToText(one, map_).size(), ToText(three, map_).size());
  for (size_t i = 0; i < one.verdicts.size(); ++i) EXPECT_EQ(one.verdicts[i].kind, three.verdicts[i].kind);
}

TEST_F(Mutation, IsBounded) {
  const Report all = Of(Rule(""));
  const Report some = Of(Rule(""), 1, 2);
  EXPECT_EQ(some.mutants.size(), 2u);
  EXPECT_EQ(some.made, all.mutants.size());
  EXPECT_THAT(Summary(some), testing::HasSubstr("2 of " + std::to_string(some.made) + " were tried"));
}

TEST_F(Mutation, WindowsNeedSequences) {
  const std::string counter =
      "counter done counts restart for each principal over 10m\n"
      "rule n allow Agent to restart on Service\n"
      "rule m forbid Agent to restart on Service when done of principal is at least 2\n"
      "fixture everything given Human \"h\" given Agent \"a\" with ttl 1m, owner Human \"h\" given Service "
      "\"s\" "
      "with data []\n";
  auto state = [&](const Report& report) {
    size_t survived = 0;
    for (size_t i = 0; i < report.mutants.size(); ++i) {
      survived += report.mutants[i].kind == Mutant::Kind::kState &&
                  report.verdicts[i].kind == Verdict::Kind::kSurvived;
    }
    return survived;
  };
  const std::string ask = "when Agent \"a\" asks to restart on Service \"s\" with to [], n 1 expect ";
  EXPECT_EQ(state(Of(counter + "test \"t\" given everything given done of Agent \"a\" is 2 " + ask + "deny")),
            2u);
  EXPECT_EQ(state(Of(counter + "test \"t\" given everything " + ask +
                     "allow then expect allow then after 9m expect deny "
                     "then after 1m expect allow")),
            0u);
}

}  // namespace
}  // namespace polc::mutate
