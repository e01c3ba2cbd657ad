// What an agent is told: no value of an attribute that is not its own word, in any rendering.
//
// Every value that the agent did not supply carries a mark of the case; the renderings must not, and other
// values in their place must change nothing.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "tests/explain/text_world.h"
#include "tests/gen/rng.h"
#include "tests/pol/family.h"

namespace polc::tests {
namespace {

constexpr std::string_view kPolicy = R"(
policy "p"
group Team
group Environment
person Human in Team has
  team : Team
  phone : Text
agent Agent in Team owned by Human has
  secret : Text
resource Service in Environment has
  owner : Human
  code : Text
  tier : Number
limit kind hosts : Set of Text, common members
limit kind rows : Number, lowest wins
evidence plan (undo) : Text
action class restarts is reversible
action class drops is irreversible
action go in restarts by Agent on Service with
  n : Number
  note : Text
  share : Number from host
  origin : Text from host
action drop in drops by Agent on Service with
  n : Number
  note : Text
  share : Number from host
  origin : Text from host
switch freeze for each Environment
total spend sums context.n of go for each principal over 1d
fact weight : Number is context.share + context.n
rule a allow Agent in Team "sre" to go, drop on Service when context.n is at most 5 and context.share is at most 5000000
rule b allow Agent to go on Service when context.note is context.origin because "the origin vouches for it"
rule c forbid Agent to go on Service when resource.tier is above 5000000 because "too important"
rule d require approval by 1 of principal.owner.team or Team "security" within 30m and evidence plan for Agent to go, drop on Service
  when weight is above 3000000
rule e limit rows to resource.tier for Agent to go on Service when context.n is above 3
rule f limit hosts to [resource.code] for Agent to drop on Service when context.n is above 4
rule g suggest go with note resource.code for Agent to drop on Service when context.share is above 2000000
rule h forbid Agent to go on Service when resource.owner.phone is context.note
)";

// What an agent is told in a case, and which texts it must not be told.
struct Told {
  data::Decision decision;
  std::vector<std::string> texts;
  std::string mark;
};

// A case by its seed. Variants differ in nothing but what the agent did not say itself: names, texts and
// numbers of the gateway's, on the same sides of whatever the policy compares them with.
Told Tell(TextWorld& world, uint64_t seed, uint64_t variant) {
  gen::Rng rng(seed, 3);
  Told told;
  // Numbers and texts nobody would guess, which stand nowhere else.
  told.mark = fmt::format("Z{}{}x", variant == 0 ? 'q' : 'r', seed + 100'000);
  const std::string& mark = told.mark;
  const auto secret = [&] { return data::Value("tail-" + mark + std::to_string(rng.Below(3))); };
  const auto number = [&] {
    const auto millions = static_cast<int64_t>(1 + rng.Below(8));
    return data::Value(millions * 1'000'000 + static_cast<int64_t>(variant) * 100'000 + 77'777);
  };
  data::Request r;
  r.principal = {"Agent", "me"};
  r.action = {"Action", rng.Chance(60) ? "go" : "drop"};
  r.resource = {"Service", "web"};
  const data::Value origin = secret();
  r.context = data::Value::MakeRecord(
      {{"n", data::Value(static_cast<int64_t>(rng.Below(8)))}, {"note", data::Value(std::string("mine"))}});
  data::Host host;
  host.now = data::Datetime{1'000'000};
  host.context = data::Value::MakeRecord({{"share", number()}, {"origin", origin}});
  host.state.push_back({.input = "freeze",
                        .by = "Environment",
                        .key = data::Value(data::EntityUid{"Environment", mark}),
                        .value = data::Value(rng.Chance(50)),
                        .as_of = host.now});
  if (rng.Chance(80)) host.enforces = {"hosts", "rows"};
  if (rng.Chance(30))
    host.approvals.push_back({.id = "ap" + mark, .approver = {"Human", "boss" + mark}, .issued = {1000}});
  const data::EntityUid boss{"Human", "boss" + mark}, team{"Team", "team" + mark};
  data::Entity agent{.uid = r.principal, .attrs = {}, .tags = {}, .parents = {}, .span = {}};
  agent.attrs.emplace("owner", data::Value(boss));
  agent.attrs.emplace("secret", data::Value(std::string("own")));
  if (rng.Chance(60)) agent.parents.push_back({"Team", "sre"});
  data::Entity owner{.uid = boss, .attrs = {}, .tags = {}, .parents = {team}, .span = {}};
  owner.attrs.emplace("team", data::Value(team));
  owner.attrs.emplace("phone", secret());
  data::Entity service{
      .uid = r.resource, .attrs = {}, .tags = {}, .parents = {{"Environment", mark}}, .span = {}};
  service.attrs.emplace("owner", data::Value(boss));
  service.attrs.emplace("code", secret());
  service.attrs.emplace("tier", number());
  r.entities = {agent, owner, service};
  if (rng.Chance(5)) r.entities.pop_back();
  if (rng.Chance(5)) host.context = data::Value::MakeRecord({{"origin", origin}});
  r.host = std::make_shared<const data::Host>(std::move(host));
  const auto taken = bridge::MakeRequest(world.engine(), r);
  if (!taken) std::abort();
  const explain::Explanation e = explain::Explain(world.engine(), *taken, &world.scratch());
  const explain::Changes changes =
      explain::FindChanges(world.engine(), r, &world.scratch(), {.up_to = 2, .max_tried = 60});
  const explain::Document document = Compose(e, {.audience = explain::Audience::kAgent, .changes = &changes});
  told.decision = e.decision;
  told.texts = {ToText(document), ToJson(document, e, &changes), ToHtml(document), ToSvg(document)};
  return told;
}

TEST(ExplainAgent, HearsNothingOfWhatIsNotItsOwn) {
  data::EntityStore base;
  TextWorld world(std::string(kPolicy), base);
  constexpr uint64_t kCases = kSanitized ? 1'000 : 10'000;
  std::map<std::string, uint64_t> outcomes;
  uint64_t leaks = 0, offered = 0, told_apart = 0, compared = 0;
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    const Told told = Tell(world, seed, 0);
    const data::Decision& d = told.decision;
    ++outcomes[std::string(OutcomeName(d.outcome)) + " " + std::string(WhyName(d.why))];
    for (const std::string& text : told.texts) {
      const bool leaks_text =
          text.find(told.mark) != std::string::npos || text.find("77777") != std::string::npos;
      // How a forbid came about is nobody's to learn who runs into it.
      const bool evades = d.why == data::Why::kForbidden && text.find("would make it") != std::string::npos;
      if ((leaks_text || evades) && ++leaks <= 3) ADD_FAILURE() << "seed " << seed << "\n" << text;
    }
    offered += told.texts[1].find("would make it") != std::string::npos;
    // Where the decision is the same, nothing it hears tells one set of secrets from another.
    const Told other = Tell(world, seed, 1);
    if (other.decision.outcome != d.outcome || other.decision.why != d.why ||
        other.decision.reasons != d.reasons)
      continue;
    ++compared;
    if (other.texts != told.texts && ++told_apart <= 3)
      ADD_FAILURE() << "seed " << seed << "\n" << told.texts[0] << "\n" << other.texts[0];
  }
  std::printf("%llu cases, %llu leaks, %llu with something to do; of %llu pairs %llu told apart;",
              static_cast<unsigned long long>(kCases), static_cast<unsigned long long>(leaks),
              static_cast<unsigned long long>(offered), static_cast<unsigned long long>(compared),
              static_cast<unsigned long long>(told_apart));
  for (const auto& [outcome, n] : outcomes)
    std::printf(" %s %llu", outcome.c_str(), static_cast<unsigned long long>(n));
  std::printf("\n");
  EXPECT_EQ(leaks, 0u);
  EXPECT_EQ(told_apart, 0u);
  EXPECT_EQ(compared, kCases);
  EXPECT_GT(outcomes.size(), 4u);
}

// What the agent may hear is there: the test above is not passed by saying nothing.
TEST(ExplainAgent, HearsWhatItCanDo) {
  data::EntityStore base;
  TextWorld world(std::string(kPolicy), base);
  data::Request r;
  r.principal = {"Agent", "me"};
  r.action = {"Action", "go"};
  r.resource = {"Service", "web"};
  r.context =
      data::Value::MakeRecord({{"n", data::Value(int64_t{9})}, {"note", data::Value(std::string("mine"))}});
  data::Host host;
  host.now = data::Datetime{1'000'000};
  host.context = data::Value::MakeRecord(
      {{"share", data::Value(int64_t{1})}, {"origin", data::Value(std::string("o"))}});
  data::Entity agent{.uid = r.principal, .attrs = {}, .tags = {}, .parents = {{"Team", "sre"}}, .span = {}};
  agent.attrs.emplace("owner", data::Value(data::EntityUid{"Human", "h"}));
  agent.attrs.emplace("secret", data::Value(std::string("s")));
  data::Entity service{.uid = r.resource, .attrs = {}, .tags = {}, .parents = {}, .span = {}};
  service.attrs.emplace("owner", data::Value(data::EntityUid{"Human", "h"}));
  service.attrs.emplace("code", data::Value(std::string("c")));
  service.attrs.emplace("tier", data::Value(int64_t{1}));
  data::Entity human{.uid = {"Human", "h"}, .attrs = {}, .tags = {}, .parents = {}, .span = {}};
  human.attrs.emplace("team", data::Value(data::EntityUid{"Team", "t"}));
  human.attrs.emplace("phone", data::Value(std::string("p")));
  r.entities = {agent, service, human};
  host.enforces = {"hosts", "rows"};
  r.host = std::make_shared<const data::Host>(std::move(host));
  const auto taken = bridge::MakeRequest(world.engine(), r);
  const explain::Explanation e = explain::Explain(world.engine(), *taken, &world.scratch());
  const explain::Changes changes = explain::FindChanges(world.engine(), r, &world.scratch(), {});
  const std::string text = ToText(Compose(e, {.audience = explain::Audience::kAgent, .changes = &changes}));
  EXPECT_NE(text.find("if n were at most 5 (it is 9)"), std::string::npos) << text;
}

}  // namespace
}  // namespace polc::tests
