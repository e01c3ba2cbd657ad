// What would change a decision, where the tests are of texts, of sets and of the action: what is proposed
// is worth saying, and the search ends.
#include "compiler/explain/changes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/explain/text_world.h"

namespace polc::tests {
namespace {

constexpr std::string_view kPolicy = R"(
policy "p"
agent Agent
resource Repo
action class edit is reversible
action write, run in edit by Agent on Repo with
  path : Text
  programs : Set of Text, at most 8
action look in edit by Agent on Repo
rule own allow Agent to write, look on Repo
rule gates forbid Agent to write when context.path is under path ".github" or context.path matches "*.pem"
rule known allow Agent to run on Repo
  when every p in context.programs satisfies ["zsh", "cmake"] contains p
)";

std::vector<std::string> Sentences(const std::string& action, const std::string& path,
                                   std::vector<std::string> programs) {
  data::EntityStore store;
  for (const data::EntityUid& uid : {data::EntityUid{"Agent", "a"}, data::EntityUid{"Repo", "r"}})
    store.Add({.uid = uid, .attrs = {}, .tags = {}, .parents = {}, .span = {}});
  TextWorld world(std::string(kPolicy), std::move(store));
  std::vector<data::Value> names;
  for (std::string& name : programs) names.emplace_back(std::move(name));
  data::Request r;
  r.principal = {"Agent", "a"};
  r.action = {"Action", action};
  r.resource = {"Repo", "r"};
  r.context = data::Value::MakeRecord(
      {{"path", data::Value(path)}, {"programs", data::Value::MakeSet(std::move(names))}});
  const explain::Changes changes =
      explain::FindChanges(world.engine(), r, &world.scratch(), {.want = data::Outcome::kAllow, .up_to = 1});
  EXPECT_LE(changes.tried, 4000u);
  std::vector<std::string> out;
  for (const explain::Alternative& found : changes.found) {
    const auto changed = explain::WithChanges(world.engine(), r, found.changes);
    EXPECT_TRUE(changed && world.Decide(*changed) == data::Outcome::kAllow) << found.sentences[0];
    out.push_back(found.sentences[0]);
  }
  return out;
}

TEST(Changes, ATextThatMatchesIsGivenOneThatDoesNot) {
  const auto said = Sentences("write", ".github/ci.yml", {});
  EXPECT_EQ(std::ranges::count(said, R"(path did not match ".github/*" (it is ".github/ci.yml"))"), 1)
      << testing::PrintToString(said);
  EXPECT_EQ(
      std::ranges::count(Sentences("write", "a.pem", {}), R"(path did not match "*.pem" (it is "a.pem"))"),
      1);
}

TEST(Changes, AnotherActionIsProposedWhereOneIsForbiddenByName) {
  const auto said = Sentences("write", ".github/ci.yml", {});
  EXPECT_EQ(std::ranges::count(said, "the action were look (it is write)"), 1)
      << testing::PrintToString(said);
}

// In the order the texts were met `curl` stands before `cmake`, by their letters behind it.
TEST(Changes, WhatEveryElementHasToSatisfyKeepsThoseThatDo) {
  const auto said = Sentences("run", "", {"zsh", "curl", "cmake"});
  EXPECT_EQ(std::ranges::count(said, R"(programs were ["cmake", "zsh"] (it is ["cmake", "curl", "zsh"]))"), 1)
      << testing::PrintToString(said);
}

}  // namespace
}  // namespace polc::tests
