// What would change a decision, on small models in full: as few facts as any set of changes needs, and none
// where none does.
//
// A model of five facts: a number and a flag of the agent's, a number of the host's, a switch, whether the
// principal is in a team. All programs of an allow with two conditions and a forbid with one, of a pool of
// conditions, against all requests; each answer is compared with a look at every request there is.
#include <gtest/gtest.h>

#include <cstdio>

#include "fmt/format.h"
#include "tests/explain/text_world.h"
#include "tests/pol/family.h"

namespace polc::tests {
namespace {

constexpr std::string_view kModel = R"(
policy "p"
group Team
person Human in Team
agent Agent in Team owned by Human
resource Service
action class restarts is reversible
action go in restarts by Agent on Service with
  flag : Bool
  n : Number
  share : Number from host
switch freeze
fact risk : Risk is the highest of
  high when context.n is above 3,
  middle when context.flag,
  otherwise low
levels Risk is low < middle < high, higher is stricter
rule a allow Agent to go on Service
)";

constexpr std::string_view kConditions[] = {
    "context.n is at most 2",
    "context.n is 4 or context.flag",
    "context.share + context.n is at most 4",
    "risk is at most middle",
    "freeze is off",
    "principal in Team \"sre\" and context.flag",
    "not (context.flag or context.share is above 1)",
};
constexpr std::string_view kForbidding[] = {
    "context.n is above 4",
    "freeze is on and context.flag",
    "risk is at least high",
    "context.share is at least 3 or principal in Team \"sre\"",
};

constexpr int kNumbers = 6;  // 0 to 5

struct Facts {
  int flag, n, share, freeze, team;
  int Apart(const Facts& o) const {
    return (flag != o.flag) + (n != o.n) + (share != o.share) + (freeze != o.freeze) + (team != o.team);
  }
};

data::Request RequestOf(const Facts& f) {
  data::Request r;
  r.principal = {"Agent", "a"};
  r.action = {"Action", "go"};
  r.resource = {"Service", "s"};
  r.context = data::Value::MakeRecord(
      {{"flag", data::Value(f.flag != 0)}, {"n", data::Value(static_cast<int64_t>(f.n))}});
  data::Host host;
  host.now = data::Datetime{1000};
  host.context = data::Value::MakeRecord({{"share", data::Value(static_cast<int64_t>(f.share))}});
  host.state.push_back({.input = "freeze", .value = data::Value(f.freeze != 0), .as_of = host.now});
  data::Entity agent{.uid = r.principal, .attrs = {}, .tags = {}, .parents = {}, .span = {}};
  agent.attrs.emplace("owner", data::Value(data::EntityUid{"Human", "h"}));
  if (f.team != 0) agent.parents.push_back({"Team", "sre"});
  r.entities = {agent};
  r.host = std::make_shared<const data::Host>(std::move(host));
  return r;
}

std::vector<Facts> AllFacts() {
  std::vector<Facts> out;
  for (int flag = 0; flag < 2; ++flag)
    for (int n = 0; n < kNumbers; ++n)
      for (int share = 0; share < kNumbers; ++share)
        for (int freeze = 0; freeze < 2; ++freeze)
          for (int team = 0; team < 2; ++team) out.push_back({flag, n, share, freeze, team});
  return out;
}

TEST(ExplainMinimal, NoSmallerSetOfChangesDoes) {
  data::EntityStore base;
  for (const data::EntityUid& uid :
       {data::EntityUid{"Human", "h"}, data::EntityUid{"Service", "s"}, data::EntityUid{"Team", "sre"}})
    base.Put({.uid = uid, .attrs = {}, .tags = {}, .parents = {}, .span = {}});
  const std::vector<Facts> all = AllFacts();
  Family family("what would change it");
  uint64_t by_size[6] = {};
  for (const std::string_view first : kConditions) {
    for (const std::string_view second : kConditions) {
      if (first >= second) continue;
      for (const std::string_view forbidding : kForbidding) {
        const std::string text = std::string(kModel) + "  when " + std::string(first) + "\n  when (" +
                                 std::string(second) + ")\nrule f forbid Agent to go on Service\n  when " +
                                 std::string(forbidding) + "\n";
        TextWorld world(text, base);
        family.Set();
        std::vector<data::Outcome> outcome;
        for (const Facts& f : all) outcome.push_back(world.Decide(RequestOf(f)));
        // Every other request, beginning elsewhere in each program.
        static size_t begin = 0;
        begin = (begin + 1) % 2;
        for (size_t i = begin; i < all.size(); i += kSanitized ? 31 : 2) {
          for (const auto want : {data::Outcome::kAllow, data::Outcome::kDeny}) {
            if (outcome[i] == want) continue;
            int fewest = 9;
            for (size_t k = 0; k < all.size(); ++k)
              if (outcome[k] == want) fewest = std::min(fewest, all[i].Apart(all[k]));
            const data::Request request = RequestOf(all[i]);
            const explain::Changes changes =
                explain::FindChanges(world.engine(), request, &world.scratch(),
                                     {.want = want, .up_to = 3, .enough = 1, .max_tried = 100'000});
            const int size = changes.found.empty() ? 9 : static_cast<int>(changes.found[0].changes.size());
            // A number outside of those looked at may do what none inside does.
            const bool good = size <= fewest || fewest > 3;
            bool does = changes.found.empty() ? fewest > 3 && changes.complete : true;
            if (!changes.found.empty()) {
              const auto changed = WithChanges(world.engine(), request, changes.found[0].changes);
              does = changed && world.Decide(*changed) == want && !world.IsMisfit(*changed);
            }
            if (size < 6) ++by_size[size];
            family.Pair(good && does, [&] {
              std::string says;
              if (!changes.found.empty())
                for (const std::string& s : changes.found[0].sentences) says += s + "; ";
              return fmt::format(
                  "{}: flag {} n {} share {} freeze {} team {}: wanted {}, fewest {}, found {}: {}", text,
                  all[i].flag, all[i].n, all[i].share, all[i].freeze, all[i].team, OutcomeName(want), fewest,
                  size, says);
            });
          }
        }
      }
    }
  }
  std::printf("of 1 change %llu, 2 %llu, 3 %llu\n", static_cast<unsigned long long>(by_size[1]),
              static_cast<unsigned long long>(by_size[2]), static_cast<unsigned long long>(by_size[3]));
  family.Finish(10'000);
  EXPECT_GT(by_size[2], 0u);
}

}  // namespace
}  // namespace polc::tests
