// Approvals from end to end: keys made, actions shown and approved, requests decided by the built `polc`, as
// a person at a terminal would. Every attack starts from two good approvals of one action and has to be
// refused with its reason.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr const char* kPolicy = R"pol(policy "attacks"

group Team
person Human in Team
agent Agent in Team owned by Human
resource Service has
  tier : Number

record Build has
  digest : Text

action class schema_change is irreversible
action drop_table in schema_change by Agent, Human on Service with
  rows  : Number
  note? : Text
  build : Build from host
action keep_table in schema_change by Agent, Human on Service with
  rows  : Number
  build : Build from host

limit kind timeout : Duration, lowest wins

rule may
  allow anyone to do any schema_change on Service
rule two_people
  require approval by 2 of Team "security" within 30m
  for anyone to do any schema_change on Service
  when resource.tier is above 0
rule bounded
  limit timeout to 300s for anyone to do any schema_change on Service
)pol";

constexpr const char* kEntities = R"([
{"uid":{"type":"Team","id":"security"},"attrs":{},"parents":[]},
{"uid":{"type":"Team","id":"leads"},"attrs":{},"parents":[]},
{"uid":{"type":"Human","id":"dana"},"attrs":{},"parents":[{"type":"Team","id":"security"}]},
{"uid":{"type":"Human","id":"kim"},"attrs":{},"parents":[{"type":"Team","id":"security"}]},
{"uid":{"type":"Human","id":"lee"},"attrs":{},"parents":[{"type":"Team","id":"security"}]},
{"uid":{"type":"Human","id":"max"},"attrs":{},"parents":[{"type":"Team","id":"leads"}]},
{"uid":{"type":"Agent","id":"oncall"},"attrs":{"owner":{"type":"Human","id":"dana"}},"parents":[{"type":"Team","id":"security"}]},
{"uid":{"type":"Agent","id":"helper"},"attrs":{"owner":{"type":"Human","id":"dana"}},"parents":[{"type":"Team","id":"security"}]},
{"uid":{"type":"Service","id":"checkout"},"attrs":{"tier":1},"parents":[]},
{"uid":{"type":"Service","id":"other"},"attrs":{"tier":1},"parents":[]}])";

// A request in its parts, so that an attack changes one of them.
struct Request {
  std::string principal = R"(Agent::\"oncall\")";
  std::string action = R"(Action::\"drop_table\")";
  std::string resource = R"(Service::\"checkout\")";
  std::string context = R"("rows":9007199254740993)";
  std::string more;  // at the top
  std::string now = "2026-11-21T03:14:00Z";
  std::string host_context = R"("build":{"digest":"sha256:1"})";
  std::string host = R"(,"enforces":["timeout"])";
  std::vector<std::string> approvals, refusals;

  std::string Text() const {
    auto list = [](const std::vector<std::string>& items) {
      std::string out;
      for (const std::string& item : items) out += (out.empty() ? "" : ",") + item;
      return "[" + out + "]";
    };
    return "{\"principal\":\"" + principal + "\",\"action\":\"" + action + "\",\"resource\":\"" + resource +
           "\",\"context\":{" + context + "}" + more + ",\"host\":{\"now\":\"" + now + "\",\"context\":{" +
           host_context + "}" + host + ",\"approvals\":" + list(approvals) +
           ",\"refusals\":" + list(refusals) + "}}\n";
  }
};

class AttacksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = (fs::temp_directory_path() / "polc_attacks_XXXXXX").string();
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    folder_ = path;
    policy_ = kPolicy;
    entities_ = kEntities;
    std::string list;
    for (const char* key : {"kim", "lee", "max", "dana", "kim2"}) {
      ASSERT_EQ(Polc("keygen -o " + std::string(key)).code, 0);
      const std::string who = key == std::string("kim2") ? "kim" : key;
      list += (list.empty() ? "" : ",") +
              ("{\"approver\":\"Human::\\\"" + who + "\\\"\",\"key\":\"" + key + ".pub\"}");
    }
    Write("keys.json", "[" + list + "]");
    request_.approvals = {Approve("kim", "kim"), Approve("lee", "lee")};
  }
  void TearDown() override { fs::remove_all(folder_); }

  struct Run {
    int code;
    std::string out;  // and what went to standard error
  };
  Run Polc(const std::string& arguments) {
    const std::string command =
        "cd '" + folder_.string() + "' && '" POLC_BINARY_DIR "/bin/polc' " + arguments + " 2>err.txt; echo \"\n$?\"";
    Run run{-1, {}};
    FILE* pipe = popen(command.c_str(), "r");
    char buffer[4096];
    while (size_t got = fread(buffer, 1, sizeof buffer, pipe)) run.out.append(buffer, got);
    pclose(pipe);
    const size_t code = run.out.find_last_of('\n', run.out.size() - 2);
    run.code = std::atoi(run.out.c_str() + code + 1);
    run.out.resize(code);
    return run;
  }
  void Write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  std::string Errors() const {
    std::stringstream text;
    text << std::ifstream(folder_ / "err.txt").rdbuf();
    return text.str();
  }
  void WriteAll() {
    Write("p.pol", policy_);
    Write("e.json", entities_);
    Write("r.json", request_.Text());
  }
  static constexpr const char* kInputs = " p.pol --entities e.json --request r.json ";

  // A signed approval of the request as it stands; `more` are further options.
  std::string Approve(const std::string& who, const std::string& key, const std::string& more = "",
                      const std::string& issued = "2026-11-21T03:10:00Z") {
    WriteAll();
    const Run run = Polc("approve" + std::string(kInputs) + "--by 'Human::\"" + who + "\"' --key " + key +
                         ".key --issued " + issued + " " + more);
    EXPECT_EQ(run.code, 0) << run.out << Errors();
    return run.out.substr(0, run.out.find('\n'));
  }
  std::string Eval(const std::string& more = "--approvals-keys keys.json") {
    WriteAll();
    return Polc("eval" + std::string(kInputs) + more).out;
  }
  static bool Has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  // Decided after the attack: still waiting for approvals, and `why` beside every approval that was good
  // before.
  void Refused(const std::string& why, size_t times = 2) {
    const std::string answer = Eval();
    EXPECT_TRUE(Has(answer, "\"outcome\":\"require_approval\"")) << answer << Errors();
    size_t seen = 0;
    for (size_t at = 0; (at = answer.find("\"why\":\"" + why + "\"", at)) != std::string::npos; ++at) ++seen;
    EXPECT_EQ(seen, times) << answer;
  }

  fs::path folder_;
  std::string policy_, entities_;
  Request request_;
};

void Replace(std::string& text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

TEST_F(AttacksTest, TwoGoodApprovalsLetItGo) {
  const std::string answer = Eval();
  EXPECT_TRUE(Has(answer, "\"outcome\":\"allow_with_limits\"")) << answer << Errors();
  EXPECT_TRUE(Has(answer, "\"counted\":[")) << answer;
  request_.approvals.pop_back();
  EXPECT_TRUE(Has(Eval(), "\"outcome\":\"require_approval\""));
}

TEST_F(AttacksTest, TheApproverIsShownTheTerms) {
  WriteAll();
  const Run run = Polc("approve" + std::string(kInputs) + "--by 'Human::\"kim\"' --key kim.key -o a.json");
  EXPECT_EQ(run.code, 0) << Errors();
  EXPECT_TRUE(Has(run.out, "requires approval by 2 of Team::\"security\" within 30m")) << run.out;
  EXPECT_TRUE(Has(run.out, "timeout is limited to duration(\"300000ms\")")) << run.out;
  EXPECT_TRUE(fs::exists(folder_ / "a.json"));
}

TEST_F(AttacksTest, ChangedArgument) {
  request_.context += R"(,"note":"now")";
  Refused("changed_context");
}
TEST_F(AttacksTest, ALongChangedByOneBeyondDoubles) {
  request_.context = R"("rows":9007199254740992)";
  Refused("changed_context");
}
TEST_F(AttacksTest, ChangedResource) {
  request_.resource = R"(Service::\"other\")";
  Refused("changed_resource");
}
TEST_F(AttacksTest, ChangedPrincipal) {
  request_.principal = R"(Agent::\"helper\")";
  Refused("changed_principal");
}
TEST_F(AttacksTest, ChangedAction) {
  request_.action = R"(Action::\"keep_table\")";
  Refused("changed_action");
}
TEST_F(AttacksTest, AnAttributeOfTheResourceThatTheRuleReads) {
  Replace(entities_, R"("id":"checkout"},"attrs":{"tier":1})", R"("id":"checkout"},"attrs":{"tier":2})");
  Refused("changed_attribute");
}
TEST_F(AttacksTest, WhatTheHostSaysOfTheTool) {
  Replace(request_.host_context, "sha256:1", "sha256:2");
  Refused("changed_context");
}
TEST_F(AttacksTest, AnotherChain) {
  request_.host += R"(,"acts_for":[{"principal":"Agent::\"helper\""}])";
  Refused("changed_chain");
}
TEST_F(AttacksTest, ChangedSnapshot) {
  policy_ += "\nrule other allow Human to keep_table on Service\n";
  Refused("changed_snapshot");
}
TEST_F(AttacksTest, ChangedTerms) {
  Replace(policy_, "timeout to 300s", "timeout to 600s");
  Refused("changed_terms");
}
TEST_F(AttacksTest, SurvivingAPolicyChangeWaivesTheSnapshotAndNotTheTerms) {
  Replace(policy_, "within 30m", "within 30m survives policy change");
  request_.approvals.clear();
  request_.approvals = {Approve("kim", "kim"), Approve("lee", "lee")};
  policy_ += "\nrule other allow Human to keep_table on Service\n";
  EXPECT_TRUE(Has(Eval(), "\"outcome\":\"allow_with_limits\"")) << Eval();
  Replace(policy_, "timeout to 300s", "timeout to 600s");
  Refused("changed_terms");
}
TEST_F(AttacksTest, Expired) {
  request_.now = "2026-11-21T03:40:00Z";
  EXPECT_TRUE(Has(Eval(), "\"outcome\":\"allow_with_limits\"")) << "to the millisecond";
  request_.now = "2026-11-21T03:40:00.001Z";
  Refused("expired");
}
TEST_F(AttacksTest, IssuedInTheFuture) {
  request_.now = "2026-11-21T03:09:59.999Z";
  Refused("issued_in_future");
}
TEST_F(AttacksTest, AlreadyConsumed) {
  for (std::string& approval : request_.approvals) Replace(approval, "{", "{\"consumed\":true,");
  Refused("consumed");
}
TEST_F(AttacksTest, FromTheRequester) {
  request_.approvals.clear();
  request_.principal = R"(Human::\"kim\")";
  request_.approvals = {Approve("kim", "kim")};
  Refused("from_requester", 1);
}
TEST_F(AttacksTest, FromTheOwner) {
  request_.approvals = {Approve("dana", "dana")};
  Refused("from_owner", 1);
}
TEST_F(AttacksTest, FromOneItActsFor) {
  request_.approvals.clear();
  request_.host += R"(,"acts_for":[{"principal":"Human::\"kim\""}])";
  request_.approvals = {Approve("kim", "kim")};
  Refused("from_chain", 1);
}
TEST_F(AttacksTest, FromAnAgent) {
  WriteAll();
  const Run run = Polc("approve" + std::string(kInputs) +
                       "--by 'Agent::\"helper\"' --key kim.key --issued 2026-11-21T03:10:00Z");
  ASSERT_EQ(run.code, 0) << Errors();
  request_.approvals = {run.out.substr(0, run.out.find('\n'))};
  const std::string answer = Eval("");
  EXPECT_TRUE(Has(answer, "\"why\":\"not_a_person\"")) << answer;
  EXPECT_TRUE(Has(Eval(), "\"why\":\"bad_signature\"")) << "no agent has a key in the list";
}
TEST_F(AttacksTest, TheSameApproverTwice) {
  request_.approvals = {Approve("kim", "kim", "--id a"),
                        Approve("kim", "kim", "--id b", "2026-11-21T03:11:00Z")};
  Refused("same_approver", 1);
}
TEST_F(AttacksTest, TwoKeysOfOneApprover) {
  request_.approvals = {Approve("kim", "kim", "--id a"), Approve("kim", "kim2", "--id b")};
  Refused("second_key", 1);
}
TEST_F(AttacksTest, OutsideTheGroups) {
  request_.approvals = {Approve("max", "max")};
  Refused("not_in_pool", 1);
}
TEST_F(AttacksTest, OfAnotherRequest) {
  for (std::string& approval : request_.approvals) {
    const size_t at = approval.find("\"action\":");
    approval.erase(at, approval.find(",\"key\"") + 1 - at);
  }
  request_.resource = R"(Service::\"other\")";
  Refused("another_request");
}
TEST_F(AttacksTest, ASignatureOfSomebodyElse) {
  Replace(request_.approvals[0], "\"kim\"", "\"lee\"");
  Refused("bad_signature", 1);
}
TEST_F(AttacksTest, AKeyOfTwoPeople) {
  Write("keys.json",
        R"([{"approver":"Human::\"kim\"","key":"kim.pub"},{"approver":"Human::\"lee\"","key":"kim.pub"}])");
  const std::string answer = Eval();
  EXPECT_FALSE(Has(answer, "allow")) << answer;
  EXPECT_TRUE(Has(Errors(), "a key is one person's")) << Errors();
}
TEST_F(AttacksTest, RefusedByOneInThePool) {
  const std::string no = Approve("kim", "kim", "--refuse");
  request_.refusals = {no};
  const std::string answer = Eval();
  EXPECT_TRUE(Has(answer, "\"why\":\"refused\"")) << answer << Errors();
}
TEST_F(AttacksTest, ARefusalWhateverTheTermsAndThePolicies) {
  request_.refusals = {Approve("kim", "kim", "--refuse")};
  Replace(policy_, "timeout to 300s", "timeout to 600s");
  EXPECT_TRUE(Has(Eval(), "\"why\":\"refused\""));
}
TEST_F(AttacksTest, ARefusalThatNobodySigned) {
  std::string no = Approve("kim", "kim", "--refuse");
  Replace(no, "\"kim\"", "\"lee\"");
  request_.refusals = {no};
  const std::string answer = Eval();
  EXPECT_TRUE(Has(answer, "\"outcome\":\"deny\"")) << answer;
  EXPECT_TRUE(Has(answer, "BadSignature")) << answer;
}
TEST_F(AttacksTest, AHostAttributeInTheAgentsPart) {
  request_.context += R"(,"build":{"digest":"sha256:1"})";
  const std::string answer = Eval();
  EXPECT_TRUE(Has(answer, "\"outcome\":\"deny\"")) << answer;
  EXPECT_TRUE(Has(answer, "which is the host's word")) << answer;
}
TEST_F(AttacksTest, EntitiesInTheAgentsPart) {
  request_.more = R"(,"entities":[])";
  const std::string answer = Eval();
  EXPECT_TRUE(Has(answer, "\"outcome\":\"deny\"")) << answer;
}
TEST_F(AttacksTest, ApprovalsInTheAgentsPart) {
  request_.more = R"(,"approvals":[])";
  EXPECT_TRUE(Has(Eval(), "\"outcome\":\"deny\""));
}

}  // namespace
