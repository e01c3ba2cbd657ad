// Every quorum of one or two parts on every way five people may have approved, against trying out all ways of
// giving people places.
#include "tests/pol/family.h"

namespace polc::tests {
namespace {

// kim, lee: sec; max: dba; dana: both, and the owner; the robot cron: sec, and nobody.
constexpr const char* kPeople[] = {"kim", "lee", "max", "dana", "cron"};
constexpr int kSec[] = {1, 1, 0, 1, 1}, kDba[] = {0, 0, 1, 1, 0};
enum State : int { kAbsent, kGood, kOtherSnapshot, kExpired, kOtherTerms, kStates };

struct Part {
  uint32_t count;
  int pools;  // bit 0: sec, bit 1: dba
};

// Whether places can be given out: each place in turn to anyone left.
bool CanGive(const std::vector<Part>& parts, std::vector<bool> eligible, size_t part = 0,
             uint32_t given = 0) {
  if (part == parts.size()) return true;
  if (given == parts[part].count) return CanGive(parts, eligible, part + 1, 0);
  for (size_t p = 0; p < eligible.size(); ++p) {
    const bool in_pool = (parts[part].pools & 1 && kSec[p]) || (parts[part].pools & 2 && kDba[p]);
    if (!eligible[p] || !in_pool) continue;
    std::vector<bool> rest = eligible;
    rest[p] = false;
    if (CanGive(parts, rest, part, given + 1)) return true;
  }
  return false;
}

TEST(Exhaustive, Approvals) {
  Family family("quorums x approvals");
  World world;
  world.Put("Robot", "cron", {Team("sec")});
  world.Allow();
  ASSERT_FALSE(world.store.Close().has_value());
  std::vector<std::vector<Part>> quorums;
  std::vector<Part> single;
  for (uint32_t count = 1; count <= 2; ++count) {
    for (int pools = 1; pools <= 3; ++pools) single.push_back({count, pools});
  }
  for (const Part& a : single) {
    quorums.push_back({a});
    for (const Part& b : single) quorums.push_back({a, b});
  }
  const int states = kSanitized ? 2 : kStates;
  int ways = 1;
  for (size_t p = 0; p < std::size(kPeople); ++p) ways *= states;
  for (const auto& parts : quorums) {
    for (int flags = 0; flags < 8; ++flags) {
      const bool owner = flags & 1, survives = flags & 2, lifts = flags & 4;
      Program program = world.program;
      Rule& rule = program.rules.emplace_back(World::Pol("r", lifts ? Effect::kForbid : Effect::kRequire));
      World::Places places;
      for (const Part& part : parts) {
        auto& pools = places.emplace_back(part.count, std::vector<EntityUid>()).second;
        if (part.pools & 1) pools.push_back(Team("sec"));
        if (part.pools & 2) pools.push_back(Team("dba"));
      }
      core::Approval approval{{World::QuorumOf(rule, places)}, {}};
      approval.alternatives[0].including_owner = owner;
      approval.alternatives[0].survives_policy_change = survives;
      if (lifts)
        World::Part(rule).lifted_by = {approval};
      else
        rule.needs.push_back({.approval = approval});
      program = Finished(std::move(program));
      const Decision bare = DecideOn(world, program, world.request, world.host);
      family.Set();
      for (int way = 0; way < ways; ++way) {
        Host host = world.host;
        std::vector<bool> eligible;
        int rest = way;
        for (size_t p = 0; p < std::size(kPeople); ++p, rest /= states) {
          const int state = rest % states;
          eligible.push_back(p < 4 && (p != 3 || owner) &&
                             (state == kGood || (state == kOtherSnapshot && survives)));
          if (state == kAbsent) continue;
          host.approvals.push_back({.id = kPeople[p],
                                    .approver = p == 4 ? EntityUid{"Robot", "cron"} : Human(kPeople[p]),
                                    .issued = state == kExpired ? At(10000 - 1801) : At(10000 - 1800),
                                    .action_digest = bare.action_digest,
                                    .terms_digest = state == kOtherTerms ? "sha256:x" : bare.terms_digest,
                                    .snapshot = state == kOtherSnapshot ? "sha256:x" : bare.snapshot});
        }
        size_t count = 0;
        for (size_t p = 0; p < 4; ++p) {
          bool asked = false;
          for (const Part& part : parts) asked |= (part.pools & 1 && kSec[p]) || (part.pools & 2 && kDba[p]);
          count += eligible[p] && asked;
        }
        const bool met = CanGive(parts, eligible);
        const Decision d = DecideOn(world, program, world.request, host);
        const Outcome expected = met ? Outcome::kAllow : lifts ? Outcome::kDeny : Outcome::kRequireApproval;
        family.Pair(d.outcome == expected && d.counted.size() == count &&
                        d.counted.size() + d.not_counted.size() == host.approvals.size(),
                    [&] { return core::Dump(program) + "way " + std::to_string(way); });
      }
    }
  }
  family.Finish(1'000'000);
}

}  // namespace
}  // namespace polc::tests
