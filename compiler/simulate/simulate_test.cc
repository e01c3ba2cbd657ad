// The laws of simulation on random pairs of policy sets and random logs, with the oracle as the second
// opinion.
#include "compiler/simulate/simulate.h"

#include <numeric>
#include <random>

#include "compiler/host/request_writer.h"
#include "compiler/log/writer.h"
#include "compiler/oracle/decide.h"
#include "compiler/sema/pol_test_util.h"
#include "compiler/simulate/attribute.h"
#include "compiler/simulate/report.h"
#include "llvm/Support/raw_ostream.h"

namespace polc::simulate {
namespace {

using data::Value;

class SimulateTest : public sema::pol::PolTest {
 protected:
  data::EntityStore StoreOf(const core::Program& program) {
    data::EntityStore store;
    for (const char* id : {"oncall", "batch"}) {
      data::Entity agent;
      agent.uid = {"Agent", id};
      agent.attrs.emplace("owner", Value(data::EntityUid{"Human", "dana"}));
      agent.attrs.emplace("ttl", Value(data::Duration{1000}));
      if (id[0] == 'o') agent.parents.push_back({"Team", "sre"});
      store.Put(agent);
    }
    data::Entity human;
    human.uid = {"Human", "dana"};
    store.Put(human);
    data::Entity service;
    service.uid = {"Service", "checkout"};
    service.attrs.emplace("data", Value::MakeSet({}));
    service.parents.push_back({"Environment", "production"});
    store.Put(service);
    core::PutActions(program.model, store);
    EXPECT_FALSE(store.Close());
    return store;
  }

  data::Request Request(uint32_t pick, int64_t now) {
    data::Request r;
    r.principal = {"Agent", pick % 2 ? "oncall" : "batch"};
    r.action = {"Action", pick / 2 % 4 == 0 ? "look" : pick / 2 % 4 == 1 ? "drop" : "restart"};
    r.resource = {"Service", pick / 8 % 8 == 0 ? "unknown" : "checkout"};
    data::Host host;
    host.now = data::Datetime{now};
    host.enforces = {"timeout"};
    if (r.action.id == "restart") {
      data::Record fields = {{"n", Value(int64_t{pick / 64 % 5})}, {"to", Value::MakeSet({})}};
      if (pick / 512 % 2) fields.emplace_back("host", Value(std::string("h")));
      r.context = Value::MakeRecord(std::move(fields));
      host.context = Value::MakeRecord({{"blast", Value(data::Decimal{int64_t{pick / 1024 % 4} * 300})}});
    }
    r.host = std::make_shared<const data::Host>(std::move(host));
    return r;
  }

  // A set of rules chosen by `pick`; two picks that are near make sets that are.
  static std::string Rules(uint32_t pick) {
    auto n = [&](uint32_t shift, uint32_t of) { return std::to_string((pick >> shift) % of); };
    std::string out;
    if ((pick & 3) != 0)
      out += "rule a allow Agent in Team \"sre\" to restart on Service when context.n is at most " + n(0, 5) +
             "\n";
    if ((pick & 4) == 0) out += "rule b allow Agent to restart, look on Service\n";
    if ((pick & 8) == 0) out += "rule c allow Agent to look, drop on Service\n";
    if ((pick & 16) == 0)
      out += "rule d forbid Agent to restart on Service when context.n is " + n(5, 5) + "\n";
    if ((pick & 32) == 0)
      out += "rule e limit timeout to " + std::to_string(10 + (pick >> 6) % 3) +
             "s for Agent to do any restarts on Service\n";
    if ((pick & 256) == 0)
      out +=
          "rule f require approval by 1 of Team \"sec\" within 30m for Agent to restart on Service when risk "
          "is at least high\n";
    if ((pick & 512) == 0) out += "rule g forbid Agent \"batch\" to drop on Service\n";
    if ((pick & 1024) == 0)
      out += "rule h suggest look for Agent to drop on Service in Environment \"production\"\n";
    out += "fact risk : Risk is the highest of high when context has blast and context.blast is above " +
           n(11, 9) + "%, otherwise low\n";
    return out;
  }

  std::string LogOf(const std::vector<data::Request>& requests, const core::Program& program,
                    const data::EntityStore& store) {
    std::string log;
    for (const data::Request& request : requests) {
      std::string text;
      llvm::raw_string_ostream stream(text);
      llvm::json::OStream json(stream);
      json.object([&] { host::WriteRequest(request, true, json); });
      const data::Decision decision = oracle::Decide(program, store, request);
      log += log::RecordLine({.time = *request.host->now, .request = text, .decision = &decision}, {});
    }
    return log;
  }

  std::optional<Report> Run(const sema::pol::Set* before, const sema::pol::Set& after, const std::string& log,
                            unsigned jobs = 1, size_t chunk = 4096) {
    after_store_ = StoreOf(after.program);
    after_side_ = {{&after.program, &map_}, &after.schema, &after_store_, {}};
    Options options;
    options.after = &after_side_;
    options.resuming = resuming_;
    options.jobs = jobs;
    options.examples = 1'000'000;
    if (before) {
      before_store_ = StoreOf(before->program);
      before_side_ = {{&before->program, &map_}, &before->schema, &before_store_, {}};
      options.before = &before_side_;
    }
    log::Splitter splitter(log::Splitter::From(log), chunk);  // a resumed run is given the rest of it
    const log::Reader reader(log::Format::kPolc);
    return Simulate(options, reader, splitter, nullptr);
  }

  About AboutOf(const sema::pol::Set* before, const sema::pol::Set& after) {
    About about{"l.jsonl", "old", "new", {}, {&after.program, &map_}, {}};
    if (before) about.old_set = {&before->program, &map_};
    return about;
  }

  // Every checkpoint of a run, and that each leads to the same report as not being stopped.
  void ExpectResumes(const sema::pol::Set* before, const sema::pol::Set& after, const std::string& log,
                     unsigned jobs) {
    const About about = AboutOf(before, after);
    std::vector<std::pair<std::string, uint64_t>> states;
    const Resuming keep{
        "", [] { return true; },
        [&](std::string state, uint64_t bytes) { states.emplace_back(std::move(state), bytes); }};
    resuming_ = &keep;
    constexpr size_t kChunk = 1500;
    const std::optional<Report> whole = Run(before, after, log, jobs, kChunk);
    ASSERT_TRUE(whole);
    for (const auto& [state, bytes] : states) {
      const Resuming go_on{state, [] { return false; }, nullptr};
      resuming_ = &go_on;
      const std::optional<Report> resumed = Run(before, after, log.substr(bytes), jobs == 1 ? 3 : 1, kChunk);
      ASSERT_TRUE(resumed);
      ASSERT_EQ(RenderJson(*resumed, about), RenderJson(*whole, about));
      ASSERT_EQ(RenderText(*resumed, about), RenderText(*whole, about));
    }
    resumed_ += states.size();
    resuming_ = nullptr;
  }

  data::EntityStore before_store_, after_store_;
  Side before_side_, after_side_;
  const Resuming* resuming_ = nullptr;
  size_t resumed_ = 0;
};

// Laws: buckets sum to the log; every flip is what two separate evaluations say, and nothing else flips;
// undoing what a flip is attributed to removes it; the smallest request flips by two separate evaluations.
TEST_F(SimulateTest, KeepsItsLaws) {
  std::mt19937 rng(7);
  size_t cases = 0, flips = 0, joint = 0;
  std::set<Bucket> seen;
  for (int pair = 0; pair < 60; ++pair) {
    const uint32_t pick = rng() % (1u << 15);
    uint32_t other = pick;
    for (uint32_t change = 1 + rng() % 3; change > 0; --change) other ^= 1u << rng() % 15;
    const sema::pol::Set before = With(Rules(pick));
    ASSERT_FALSE(sink_.has_errors()) << First() << Rules(pick);
    const sema::pol::Set after = With(Rules(other));
    ASSERT_FALSE(sink_.has_errors()) << First() << Rules(other);
    std::vector<data::Request> requests;
    for (int i = 0; i < 200; ++i) requests.push_back(Request(rng() % 4096, 1'000'000 + i));
    const data::EntityStore store = StoreOf(before.program);
    const std::optional<Report> report = Run(&before, after, LogOf(requests, before.program, store));
    ASSERT_TRUE(report);
    ASSERT_EQ(report->records, requests.size());
    ASSERT_EQ(std::accumulate(report->buckets.begin(), report->buckets.end(), uint64_t{0}), requests.size());
    EXPECT_EQ(report->drifted, 0u);
    cases += requests.size();

    std::map<uint64_t, std::pair<Bucket, const Group*>> by_line;
    for (const Group& group : report->groups) {
      ASSERT_EQ(group.examples.size(), group.count);
      for (const Flip& flip : group.examples) by_line[flip.line] = {group.bucket, &group};
    }
    for (size_t i = 0; i < requests.size(); ++i) {
      const data::Decision d_old = oracle::Decide(before.program, before_store_, requests[i]);
      const data::Decision d_new = oracle::Decide(after.program, after_store_, requests[i]);
      const Bucket want = Compare(d_old, d_new, true);
      const auto found = by_line.find(i + 1);
      ASSERT_EQ(found == by_line.end() ? Bucket::kUnchanged : found->second.first, want) << i;
      if (found == by_line.end()) continue;
      ++flips;
      seen.insert(want);
      const Group& group = *found->second.second;
      EXPECT_EQ(OutcomeText(d_old), group.before);
      EXPECT_EQ(OutcomeText(d_new), group.after);
      ASSERT_FALSE(group.cause.edits.empty()) << Rules(pick) << "->\n" << Rules(other);
      joint += group.cause.edits.size() > 1;
      const std::set<size_t> undone(group.cause.edits.begin(), group.cause.edits.end());
      const std::optional<core::Program> without =
          Undo(&before.program, after.program, report->edits, undone);
      ASSERT_TRUE(without);
      const Bucket left = Compare(d_old, oracle::Decide(*without, after_store_, requests[i]), true);
      EXPECT_TRUE(left == Bucket::kUnchanged || (left == Bucket::kTerms && want != Bucket::kTerms));
    }
    for (const Group& group : report->groups) {
      ASSERT_TRUE(group.smallest);
      const data::Request& least = group.smallest->after_request;
      EXPECT_EQ(Compare(oracle::Decide(before.program, before_store_, group.smallest->before_request),
                        oracle::Decide(after.program, after_store_, least), true),
                group.bucket);
    }
    const About about = AboutOf(&before, after);
    // The same bytes however many threads there are and however the log is cut.
    const std::optional<Report> again = Run(&before, after, LogOf(requests, before.program, store), 3, 700);
    EXPECT_EQ(RenderJson(*report, about), RenderJson(*again, about));
    if (pair % 6 == 0) {
      const std::string log = LogOf(requests, before.program, store);
      ExpectResumes(pair % 12 == 0 ? &before : nullptr, after, log, 1 + static_cast<unsigned>(pair / 6 % 2));
    }
  }
  EXPECT_GE(resumed_, 100u);
  EXPECT_GE(cases, 10'000u);
  EXPECT_GE(flips, 1'000u);
  EXPECT_TRUE(seen.contains(Bucket::kLooser) && seen.contains(Bucket::kStricter) &&
              seen.contains(Bucket::kTerms));
  RecordProperty("cases", static_cast<int>(cases));
  RecordProperty("flips", static_cast<int>(flips));
  std::printf("%zu cases, %zu flips, %zu by several edits together\n", cases, flips, joint);
}

constexpr const char* kCounted = R"(
counter tries counts restart for each principal over 10m
rule a allow Agent to restart on Service
rule b forbid Agent to restart on Service when tries of principal is at least )";

// A lower bound denies the third; so the fourth has been counted less often than the log says.
TEST_F(SimulateTest, RebuildsStateInOrder) {
  const sema::pol::Set before = With(std::string(kCounted) + "3\n");
  ASSERT_FALSE(sink_.has_errors()) << First();
  const sema::pol::Set after = With(std::string(kCounted) + "2\n");
  const data::EntityStore store = StoreOf(before.program);
  std::vector<data::Request> requests;
  for (int i = 0; i < 6; ++i) {
    data::Request r = Request(1 + 8 + 4, 1'000'000 + 200'000 * i);  // oncall restarts, every 200 s
    auto host = std::make_shared<data::Host>(*r.host);
    // What the gateway of the old set had counted in the last 600 s: at most the 3 it lets go.
    const int64_t counted = std::min(i, 2);
    host->state.push_back({.input = "tries",
                           .by = "principal",
                           .key = Value(r.principal),
                           .value = Value(counted),
                           .as_of = *host->now});
    r.host = std::move(host);
    requests.push_back(std::move(r));
  }
  const std::optional<Report> report = Run(&before, after, LogOf(requests, before.program, store));
  ASSERT_TRUE(report);
  // Old: all are let go. New: two, then one denial, then (at most two in any 600 s) as the window moves.
  std::vector<uint64_t> stopped;
  for (const Group& group : report->groups) {
    EXPECT_EQ(group.bucket, Bucket::kStricter);
    for (const Flip& flip : group.examples) stopped.push_back(flip.line);
  }
  std::ranges::sort(stopped);
  EXPECT_EQ(stopped, (std::vector<uint64_t>{3, 6}));
  EXPECT_EQ(report->drifted, 0u);
  // What the books hold is part of a checkpoint: the sixth hangs on the third.
  ExpectResumes(&before, after, LogOf(requests, before.program, store), 1);
  EXPECT_GE(resumed_, 2u);
}

TEST_F(SimulateTest, WhatIsOfOtherPoliciesIsNotResumed) {
  const sema::pol::Set a = With("rule a allow Agent to restart on Service when context.n is at most 1\n");
  const sema::pol::Set b = With("rule a allow Agent to restart on Service when context.n is at most 2\n");
  const sema::pol::Set c = With("rule c allow Agent to restart on Service when context.n is at most 2\n");
  const data::EntityStore store = StoreOf(a.program);
  std::vector<data::Request> requests;
  for (uint32_t i = 0; i < 40; ++i) requests.push_back(Request(1 + 8 + 4 + 64 * i, 1000 + i));
  const std::string log = LogOf(requests, a.program, store);
  std::string last;
  uint64_t at = 0;
  const Resuming keep{"", [] { return true; },
                      [&](std::string state, uint64_t bytes) { last = std::move(state), at = bytes; }};
  resuming_ = &keep;
  ASSERT_TRUE(Run(&a, b, log, 1, 1500));
  ASSERT_NE(last, "");
  const auto resumes = [&](const sema::pol::Set& after, std::string state) {
    const Resuming go_on{std::move(state), [] { return false; }, nullptr};
    resuming_ = &go_on;
    return Run(&a, after, log.substr(at), 1, 1500).has_value();
  };
  EXPECT_TRUE(resumes(b, last));
  EXPECT_FALSE(resumes(c, last));
  EXPECT_FALSE(resumes(b, last + "x"));
  EXPECT_FALSE(resumes(b, last.substr(0, last.size() - 1)));
}

TEST_F(SimulateTest, WhatIsMaskedAndReadIsNotReplayable) {
  const sema::pol::Set before = With("rule a allow Agent to restart on Service\n");
  const sema::pol::Set after = With("rule a allow Agent to restart on Service when context.n is 1\n");
  const data::EntityStore store = StoreOf(before.program);
  log::Mask mask;
  mask.Add("/context/n");
  const data::Request request = Request(1 + 8 + 4, 1000);
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream json(stream);
  json.object([&] { host::WriteRequest(request, true, json); });
  const data::Decision decision = oracle::Decide(before.program, store, request);
  const std::string log =
      log::RecordLine({.time = {1000}, .request = text, .decision = &decision}, {.mask = mask});
  std::optional<Report> report = Run(&before, after, log);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->buckets[static_cast<size_t>(Bucket::kNotReplayable)], 1u);
  ASSERT_EQ(report->missing.size(), 1u);
  EXPECT_EQ(report->missing.begin()->first, "`/context/n` was masked, and the policy may read it");
  // Nothing reads it: it is decided without.
  report = Run(&before, before, log);
  EXPECT_EQ(report->buckets[static_cast<size_t>(Bucket::kUnchanged)], 1u);
}

TEST_F(SimulateTest, WithoutAnOldSetTheLogIsTheOldDecision) {
  const sema::pol::Set before = With("rule a allow Agent to restart on Service\n");
  const sema::pol::Set after = With(
      "rule a allow Agent to restart on Service\nrule z forbid Agent to restart on Service when context.n is "
      "0\n");
  const data::EntityStore store = StoreOf(before.program);
  const std::optional<Report> report =
      Run(nullptr, after, LogOf({Request(1 + 8 + 4, 1000)}, before.program, store));
  ASSERT_TRUE(report);
  ASSERT_EQ(report->groups.size(), 1u);
  const About about = AboutOf(nullptr, after);
  EXPECT_EQ(CauseText(*report, report->groups[0].cause), "rule `p/z` in force");
}

TEST_F(SimulateTest, AModelThatRequestsNoLongerFitIsAnError) {
  const sema::pol::Set before = With("rule a allow Agent to restart on Service\n");
  const data::EntityStore store = StoreOf(before.program);
  const std::string log = LogOf({Request(1 + 8 + 4, 1000)}, before.program, store);
  std::string model(kModel);
  model.replace(model.find("host? : Text"), 12, "host : Text");
  const sema::pol::Set after =
      PolTest::Run({{"p.pol", model + "rule a allow Agent to restart on Service\n"}});
  const std::optional<Report> report = Run(&before, after, log);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->buckets[static_cast<size_t>(Bucket::kError)], 1u);
  ASSERT_EQ(report->groups.size(), 1u);
  EXPECT_EQ(report->groups[0].after, "deny (invalid_request)");
  EXPECT_EQ(CauseText(*report, report->groups[0].cause), "action `Action::\"restart\"` changed");
}

}  // namespace
}  // namespace polc::simulate
