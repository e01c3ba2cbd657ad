// Law: a log is replayed from its bytes (compiler/simulate/lane.h) to the report that reading every record
// whole gives, in every byte, whatever is in the log and however it is cut. And how many records it is that
// are replayed so, or the test would say nothing.
#include "compiler/simulate/lane.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "compiler/bridge/bridge.h"
#include "compiler/driver.h"
#include "compiler/log/writer.h"
#include "compiler/model/request_json.h"
#include "compiler/simulate/report.h"
#include "tests/gen/mutate.h"
#include "tests/gen/policy.h"
#include "tests/gen/rng.h"
#include "tests/gen/world.h"

namespace polc::simulate {
namespace {

using gen::Json;

// A set read from a folder of its own, which is gone with it.
struct Set {
  driver::Sources sources;
  std::optional<model::Schema> schema;
  driver::PolicySet policies;
  data::EntityStore store;
  Side side;

  bool Read(const std::string& folder, const std::string& policy, bool with_schema) {
    const auto path = [&](const char* name) { return folder + "/" + name; };
    std::ofstream(path("p.cedar")) << policy;
    if (with_schema) schema = driver::ReadSchema(sources, {path("s.cedarschema")});
    if (with_schema && !schema) return false;
    policies = driver::ReadPolicies(sources, {path("p.cedar")}, "", sema::IdSource::kPosition);
    model::EntitiesResult entities =
        driver::ReadEntities(sources, path("e.json"), schema ? &*schema : nullptr);
    if (sources.sink.has_errors()) return false;
    store = std::move(entities.store);
    side.source = {&policies.program, &sources.map};
    side.schema = schema ? &*schema : nullptr;
    side.store = &store;
    return true;
  }
};

struct Folder {
  std::string path =
      std::filesystem::temp_directory_path() / ("polc_lane_test." + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

std::string UidText(const gen::Uid& uid, gen::Rng& rng) {
  if (rng.Chance(15)) return Json(gen::ToText(uid)).dump();
  if (rng.Chance(5)) return Json({{"id", uid.id}, {"type", uid.type}}).dump();
  return R"({"type":)" + Json(uid.type).dump() + R"(,"id":)" + Json(uid.id).dump() + "}";
}

// As a request stands in a log: mostly in the usual order.
std::string RequestText(const gen::World& world, const gen::Request& r, gen::Rng& rng) {
  std::string out = "{\"principal\":" + UidText(r.principal, rng) + ",\"action\":" + UidText(r.action, rng) +
                    ",\"resource\":" + UidText(r.resource, rng);
  if (!r.context.empty() || rng.Chance(50)) out += ",\"context\":" + r.context.dump();
  if (rng.Chance(3) && !world.entities.empty()) {
    out += ",\"entities\":" + Json::array({rng.Pick(world.entities)}).dump();
  }
  if (rng.Chance(2)) out += R"(,"other":1)";
  return out + "}";
}

std::optional<std::string> Replay(const Options& options, const std::string& log, const About& about,
                                  uint64_t* quick, size_t chunk) {
  log::Splitter splitter(log::Splitter::From(log), chunk);
  const log::Reader reader(log::Format::kPolc);
  const std::optional<Report> report = Simulate(options, reader, splitter, nullptr);
  if (!report) return std::nullopt;
  *quick = report->quick;
  return RenderJson(*report, about);
}

TEST(Lane, GivesTheReportThatReadingWholeRecordsGives) {
  const Folder folder;
  size_t worlds = 0, records = 0, flips = 0, resumed = 0;
  uint64_t quick_records = 0;
  for (uint64_t seed = 0; records < 12'000 && seed < 400; ++seed) {
    gen::Rng rng(20261122, seed);
    const gen::World world = gen::MakeWorld(rng);
    gen::Mood mood = gen::MakeMood(rng);
    mood.faults = seed % 3 == 0 ? 10 : 0;
    mood.broad = 70;
    mood.count = 6;
    gen::PolicySet set = gen::MakePolicySet(world, mood, rng);
    set.links.clear();
    std::erase_if(set.policies, [](const gen::Policy& p) { return p.is_template(); });
    if (set.policies.size() < 2) continue;
    std::ofstream(folder.path + "/e.json") << Json(world.entities).dump();
    std::ofstream(folder.path + "/s.cedarschema") << gen::PrintSchema(world.schema, rng);
    const bool with_schema = rng.Chance(60);
    const auto number = [](gen::PolicySet s, size_t drop) {
      for (size_t i = 0; i < s.policies.size(); ++i) {
        s.policies[i].annotations = {{"id", "r" + std::to_string(i)}};
      }
      if (drop < s.policies.size()) s.policies.erase(s.policies.begin() + static_cast<std::ptrdiff_t>(drop));
      return s;
    };
    gen::PolicySet changed = set;
    if (rng.Chance(50)) std::swap(changed.policies[0].conditions, changed.policies[1].conditions);
    if (rng.Chance(50)) changed.policies[rng.Below(changed.policies.size())].forbid ^= true;
    if (rng.Chance(30)) changed.policies[0].conditions.clear();
    changed = number(changed, rng.Below(changed.policies.size() + 3));
    Set before, after;
    if (!before.Read(folder.path, gen::PrintPolicySet(number(set, SIZE_MAX), gen::Layout{}, rng),
                     with_schema) ||
        !after.Read(folder.path, gen::PrintPolicySet(changed, gen::Layout{}, rng), with_schema)) {
      continue;
    }
    const auto judge = Judge::Make(before.policies.program, bridge::MakeSnapshot(before.store));
    if (!judge) continue;
    Scratches scratches;

    std::string log;
    const size_t lines = 100;
    for (size_t i = 0; i < lines; ++i) {
      gen::Request r = gen::MakeRequest(world, rng.Pick(set.policies).env, rng);
      if (rng.Chance(5)) r = gen::MutateRequest(world, r, rng);
      std::string text = RequestText(world, r, rng);
      if (rng.Chance(3)) text = gen::MutateChars(text, rng);
      if (text.find('\n') != text.npos) continue;
      source::SourceMap map;
      source::DiagnosticSink sink;
      const source::FileId file = map.Add("", text);
      const model::RequestResult read =
          model::ReadRequest(map, {file, 0, static_cast<uint32_t>(text.size())}, 0, before.side.schema,
                             model::RequestValidation::kOn, sink);
      std::optional<data::Decision> decision;
      if (read.valid) decision = scratches.Decide(judge, *read.request, true);
      if (decision && rng.Chance(4)) decision->outcome = data::Outcome::kDeny;  // the log is not of this set
      log::Entry entry{.time = {1'790'000'000'000 + static_cast<int64_t>(i) * 5'000'000},
                       .request = text,
                       .decision = decision ? &*decision : nullptr,
                       .latency_ns = 1000};
      if (!decision) entry.failure = "it could not be read";
      log::WriterOptions options;
      if (rng.Chance(50)) options.entities_digest = rng.Chance(90) ? "sha256:1" : "sha256:2";
      if (rng.Chance(2)) options.mask.Add("/context/*");
      std::string line = log::RecordLine(entry, options);
      if (rng.Chance(2)) line[rng.Below(line.size() - 1)] ^= 1;
      if (rng.Chance(2)) line.insert(line.size() - 1, rng.Chance(50) ? "\r" : " ");
      // Without a sum it is read unchecked; anything may then be in it.
      if (const size_t sum = line.rfind(",\"crc\""); rng.Chance(10) && sum != line.npos) {
        line = gen::MutateChars(line.substr(0, sum) + "}", rng) + "\n";
      }
      if (rng.Chance(2)) line = "\n" + line;
      log += line;
      if (rng.Chance(30)) log += line;
    }

    const About about{"l.jsonl", "old", "new", before.side.source, after.side.source, {}};
    for (const bool from_log : {false, true}) {
      Options options;
      options.before = from_log ? nullptr : &before.side;
      options.after = &after.side;
      options.entities_digest = "sha256:1";
      options.quick = false;
      uint64_t quick = 0;
      const std::optional<std::string> whole = Replay(options, log, about, &quick, size_t{1} << 20);
      ASSERT_TRUE(whole);
      EXPECT_EQ(quick, 0u);
      options.quick = true;
      const std::optional<std::string> once = Replay(options, log, about, &quick, size_t{1} << 20);
      ASSERT_EQ(once, whole) << "seed " << seed;
      quick_records += quick;
      options.jobs = 3;
      std::vector<std::pair<std::string, uint64_t>> states;
      const Resuming keep{
          "", [&] { return rng.Chance(20); },
          [&](std::string state, uint64_t bytes) { states.emplace_back(std::move(state), bytes); }};
      options.resuming = &keep;
      ASSERT_EQ(Replay(options, log, about, &quick, 900), whole) << "seed " << seed;
      for (const auto& [state, bytes] : states) {
        const Resuming go_on{state, [] { return false; }, nullptr};
        options.resuming = &go_on;
        ASSERT_EQ(Replay(options, log.substr(bytes), about, &quick, 900), whole) << "seed " << seed;
      }
      resumed += states.size();
      flips += whole->find("\"groups\":[]") == whole->npos;
    }
    ++worlds;
    records += static_cast<size_t>(std::ranges::count(log, '\n'));
  }
  std::printf("%zu worlds, %zu records, %llu replayed quickly (of twice as many), %zu logs with flips\n",
              worlds, records, static_cast<unsigned long long>(quick_records), flips);
  EXPECT_GE(records, 10'000u);
  EXPECT_GE(quick_records, records / 4);
  EXPECT_GE(flips, 20u);
  EXPECT_GE(resumed, 100u);
}

}  // namespace
}  // namespace polc::simulate
