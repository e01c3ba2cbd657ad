// What explanations cost: runs one kind of work so many times, for callgrind or the clock.
//
//   explain_costs outcome|decide|straight|trace|explain|want RULES TIMES [granted]
//
// The set has RULES allows of five conditions each over one action, and a forbid; the request satisfies all
// of an allow but two conditions, or with `granted` all of one. `outcome` is the early exit; `decide` has the
// reasons; `straight` runs every rule's code, `trace` with the trace on; `explain` makes the whole
// explanation, `want` looks for what would allow it. Subtract a run of 0 times from callgrind's count
// (run_costs does). The last line has the median by the clock, and the processor's time each, which other
// work on the machine does not lengthen.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "fmt/format.h"
#include "runtime/vm/interpreter.h"
#include "tests/explain/text_world.h"

namespace polc::tests {
namespace {

std::string Program(int rules) {
  std::string out = R"(policy "p"
group Team
person Human in Team
agent Agent in Team owned by Human
resource Service has
  tier : Number
action class restarts is reversible
action go in restarts by Agent on Service with
  n : Number
  m : Number
  note : Text
  share : Percent from host, 100% if missing
switch freeze
rule frozen forbid Agent to go on Service when freeze is on
)";
  for (int i = 0; i < rules; ++i) {
    out += fmt::format(
        "rule r{0} allow Agent to go on Service when context.note is \"note {0}\" and context.n is at most "
        "{1} "
        "and context.m is above {2} and resource.tier is at most {3} and context.share is at most {4}%\n",
        i, i % 17, i % 5, 1 + i % 3, 1 + i % 50);
  }
  return out;
}

data::Request Ask(bool granted) {
  data::Request r;
  r.principal = {"Agent", "a"};
  r.action = {"Action", "go"};
  r.resource = {"Service", "s"};
  r.context = data::Value::MakeRecord({{"m", data::Value(int64_t{9})},
                                       {"n", data::Value(int64_t{granted ? 0 : 18})},
                                       {"note", data::Value(std::string(granted ? "note 7" : "note 500"))}});
  data::Host host;
  host.now = data::Datetime{1000};
  host.context = data::Value::MakeRecord({{"share", data::Value(data::Decimal{granted ? 100 : 7500})}});
  host.state.push_back({.input = "freeze", .value = data::Value(false), .as_of = host.now});
  r.host = std::make_shared<const data::Host>(std::move(host));
  return r;
}

struct Nothing final : vm::TraceSink {
  void Executed(const vm::TraceEvent& event) override { steps += event.steps; }
  uint64_t steps = 0;
};

int Main(int argc, char** argv) {
  if (argc < 4 || argc > 5) return 2;
  const std::string what = argv[1];
  const int rules = std::atoi(argv[2]), times = std::atoi(argv[3]);
  data::EntityStore store;
  data::Entity agent{.uid = {"Agent", "a"}, .attrs = {}, .tags = {}, .parents = {}, .span = {}};
  agent.attrs.emplace("owner", data::Value(data::EntityUid{"Human", "h"}));
  store.Put(agent);
  store.Put({.uid = {"Human", "h"}, .attrs = {}, .tags = {}, .parents = {}, .span = {}});
  data::Entity service{.uid = {"Service", "s"}, .attrs = {}, .tags = {}, .parents = {}, .span = {}};
  service.attrs.emplace("tier", data::Value(int64_t{1}));
  store.Put(service);
  TextWorld world(Program(rules), std::move(store));
  const data::Request request = Ask(argc == 5);
  const auto taken = bridge::MakeRequest(world.engine(), request);
  const vm::Engine& engine = world.engine();
  uint64_t sum = 0;
  std::vector<double> took;
  Nothing nothing;
  const std::clock_t begun = std::clock();
  for (int i = 0; i < times; ++i) {
    const auto start = std::chrono::steady_clock::now();
    if (what == "outcome") {
      sum += static_cast<uint64_t>(engine.DecideOutcome(*taken, &world.scratch()));
    } else if (what == "decide") {
      sum += engine.Decide(*taken, &world.scratch()).reasons.size();
    } else if (what == "straight" || what == "trace") {
      vm::Machine machine(engine, *taken, &world.scratch());
      machine.NeedFacts();
      for (const bundle::RuleRow& rule : engine.bundle()->rules())
        sum +=
            what == "trace" ? machine.RunTraced(rule.condition, &nothing).ok : machine.Run(rule.condition).ok;
    } else if (what == "explain") {
      sum += explain::Explain(engine, *taken, &world.scratch()).rules.size();
    } else {
      const explain::Changes changes = explain::FindChanges(engine, request, &world.scratch(), {});
      sum += changes.found.size();
      if (i == 0) {
        for (const auto& alternative : changes.found) {
          for (const std::string& s : alternative.sentences) std::printf("%s; ", s.c_str());
          std::printf("\n");
        }
        std::printf("%zu found, %llu tried\n", changes.found.size(),
                    static_cast<unsigned long long>(changes.tried));
      }
    }
    took.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  const double used = 1000.0 * static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
  std::ranges::sort(took);
  std::printf("%s, %d rules, %d times: median %.3f ms, %.3f ms of the processor each (%llu)\n", what.c_str(),
              rules, times, took.empty() ? 0.0 : took[took.size() / 2], times == 0 ? 0.0 : used / times,
              static_cast<unsigned long long>(sum + nothing.steps));
  return 0;
}

}  // namespace
}  // namespace polc::tests

int main(int argc, char** argv) { return polc::tests::Main(argc, argv); }
