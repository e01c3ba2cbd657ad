// The laws of language.md §3 on random programs, 10,000 cases each and more.
//
// People, evidence and refusals of a case are the same whatever is changed about it: what they speak about is
// filled in anew for every decision, so that "counted approvals fixed" is what it says.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <set>

#include "compiler/oracle/terms.h"
#include "tests/pol/family.h"
#include "tests/pol/random_program.h"

namespace polc::tests {
namespace {

constexpr uint64_t kCases = kSanitized ? 1'000 : 10'000;

Decision DecideAnew(const World& world) {
  World w = world;
  w.program = Finished(std::move(w.program));
  EXPECT_FALSE(w.store.Close().has_value());
  Host host = w.host;
  host.approvals.clear();
  const Decision bare = DecideOn(w, w.program, w.request, host);
  host.approvals = w.host.approvals;
  for (auto& item : host.approvals) {
    item.action_digest = bare.action_digest;
    item.terms_digest = bare.terms_digest;
  }
  for (auto& item : host.refusals) item.action_digest = bare.action_digest;
  for (auto& item : host.evidence) item.action_digest = bare.action_digest;
  return DecideOn(w, w.program, w.request, host);
}

// Whether `b` is at least as restrictive as `a`: by outcome, then by terms.
std::string WhyLess(const Decision& b, const Decision& a) {
  if (b.outcome < a.outcome)
    return std::string(OutcomeName(b.outcome)) + " is less than " + std::string(OutcomeName(a.outcome));
  if (b.outcome > a.outcome || a.outcome == Outcome::kDeny) return "";
  std::multiset<std::string> needs;
  for (const auto& need : b.needs) needs.insert(need.rule + "/" + need.need.evidence);
  for (const auto& need : a.needs) {
    const auto found = needs.find(need.rule + "/" + need.need.evidence);
    if (found == needs.end()) return "a need of " + need.rule + " is gone";
    needs.erase(found);
  }
  for (const auto& [kind, term] : a.limits) {
    const auto found = b.limits.find(kind);
    if (found == b.limits.end()) return "limit " + kind + " is gone";
    const Value& now = found->second.value;
    auto within = [](const Value& x, const Value& y) {
      return std::ranges::all_of(x.as_set(), [&](const Value& e) { return y.Contains(e); });
    };
    const bool stricter = kind == "timeout"     ? now <= term.value
                          : kind == "level"     ? now >= term.value
                          : kind == "read_only" ? now >= term.value
                          : kind == "hosts"     ? within(now, term.value)
                                                : within(term.value, now);
    if (!stricter) return "limit " + kind + " is looser";
  }
  return "";
}

// What a law is about: all cases, or those where nothing erred before the change. Law 5 compares values of
// levels; a condition that errs at one of them may not be evaluated at the other, since `and` and `or` stop
// early, and then holds at the lower and not at the higher.
enum class Among : uint8_t { kAll, kWithoutErrors };

// Runs cases until `most` of them applied; `change` gives the other world, or nothing where it does not
// apply. `stricter`: the other world's decision may not be less restrictive; otherwise not more.
void Law(const char* name, bool stricter, Among among,
         const std::function<bool(PolCase&, World&, gen::Rng&)>& change) {
  uint64_t cases = 0, seed = 0, differ = 0, failures = 0;
  std::map<std::string, uint64_t> outcomes;
  for (; cases < kCases && seed < kCases * 50; ++seed) {
    PolCase c = RandomPolCase(seed);
    gen::Rng rng(seed, 1);
    World other = c.world;
    other.program.rules.reserve(64);
    if (!change(c, other, rng)) continue;
    const Decision before = DecideAnew(c.world);
    if (among == Among::kWithoutErrors && !before.errors.empty()) continue;
    ++cases;
    const Decision after = DecideAnew(other);
    ++outcomes[std::string(OutcomeName(before.outcome))];
    differ += before.outcome != after.outcome;
    const std::string why = stricter ? WhyLess(after, before) : WhyLess(before, after);
    if (!why.empty() && ++failures <= 3)
      ADD_FAILURE() << name << ", seed " << seed << ": " << why << "\n" << core::Dump(c.world.program);
  }
  std::printf("%s: %llu cases, %llu change the outcome;", name, static_cast<unsigned long long>(cases),
              static_cast<unsigned long long>(differ));
  for (const auto& [outcome, n] : outcomes)
    std::printf(" %s %llu", outcome.c_str(), static_cast<unsigned long long>(n));
  std::printf("\n");
  EXPECT_EQ(failures, 0u);
  EXPECT_EQ(cases, kCases);
  EXPECT_GT(differ, kCases / 200);
}

TEST(Laws, AFurtherRestrictingRuleIsNeverLess) {
  Law("law 1", true, Among::kAll, [](PolCase& c, World& other, gen::Rng&) {
    if (c.another_rule.effect == Effect::kAllow) return false;
    other.program.rules.push_back(c.another_rule);
    return true;
  });
}
TEST(Laws, AFurtherAllowIsNeverMore) {
  Law("law 2", false, Among::kAll, [](PolCase& c, World& other, gen::Rng&) {
    if (c.another_rule.effect != Effect::kAllow) return false;
    other.program.rules.push_back(c.another_rule);
    return true;
  });
}
TEST(Laws, AFurtherApprovalIsNeverMore) {
  Law("law 3", false, Among::kAll, [](PolCase&, World& other, gen::Rng& rng) {
    static const std::vector<const char*> kWho = {"kim", "lee", "max", "pat"};
    other.host.approvals.push_back({.id = "further", .approver = Human(rng.Pick(kWho)), .issued = At(9900)});
    other.host.approvals.back().snapshot = other.options.snapshot;
    return true;
  });
}

// Takes away, or spoils, one thing that rules may read.
bool Spoil(World& w, gen::Rng& rng) {
  auto drop = [](Value& record, const std::string& name) {
    data::Record fields = record.as_record();
    const size_t gone = std::erase_if(fields, [&](const auto& field) { return field.first == name; });
    record = Value::MakeRecord(std::move(fields));
    return gone > 0;
  };
  auto without = [&](const char* type, const char* id, const char* name) {
    data::Entity entity = *w.store.Find({type, id});
    const bool gone = entity.attrs.erase(name) > 0;
    w.store.Put(std::move(entity));
    return gone;
  };
  static const std::vector<std::string> kContext = {"c0", "c1", "c2", "n", "tags", "risk"};
  switch (rng.Below(7)) {
    case 0:
    case 1: {
      // What has a value if missing is not missed.
      const std::string& name = rng.Pick(kContext);
      return name != "tags" && drop(w.request.context, name);
    }
    case 2: {  // malformed
      const std::string& name = rng.Pick(kContext);
      if (!w.request.context.Find(name)) return false;
      w.Say(name, Value(EntityUid{"Nothing", "of the kind"}));
      return true;
    }
    case 3:
      if (w.host.state.empty()) return false;
      w.host.state.erase(w.host.state.begin() + static_cast<std::ptrdiff_t>(rng.Below(w.host.state.size())));
      return true;
    case 4:
      return rng.Chance(50) ? without("Agent", "oncall", "backup") : without("Service", "web", "tier");
    case 5: {  // the backup is nobody the store knows
      data::Entity entity = *w.store.Find({"Agent", "oncall"});
      if (!entity.attrs.contains("backup")) return false;
      entity.attrs["backup"] = Value(Human("gone"));
      w.store.Put(std::move(entity));
      return true;
    }
    default:
      if (!w.host.now) return false;
      w.host.now.reset();
      return true;
  }
}
TEST(Laws, AnErrorInPlaceOfAValueIsNeverLess) {
  Law("law 4", true, Among::kAll, [](PolCase&, World& other, gen::Rng& rng) { return Spoil(other, rng); });
}
TEST(Laws, AFurtherCapIsNeverLess) {
  Law("law 5, caps", true, Among::kWithoutErrors, [](PolCase& c, World& other, gen::Rng&) {
    // Of the cases where autonomy is read at all, or hardly one in a hundred would differ.
    const bool read = core::Dump(c.world.program).find("rank Autonomy") != std::string::npos;
    if (!read || c.world.program.facts[1].rows.empty()) return false;
    other.program.facts[1].caps.push_back(c.another_cap);
    return true;
  });
}
TEST(Laws, ALowerGrantIsNeverLess) {
  Law("law 5, grants", true, Among::kWithoutErrors, [](PolCase& c, World& other, gen::Rng&) {
    const bool read = core::Dump(c.world.program).find("rank Autonomy") != std::string::npos;
    if (!read) return false;
    c.world.program.facts[1].rows.push_back(c.another_row);
    return other.program.facts[1].rows.size() < c.world.program.facts[1].rows.size();
  });
}
TEST(Laws, AHigherStricterFactIsNeverLess) {
  Law("law 5, facts", true, Among::kWithoutErrors, [](PolCase& c, World& other, gen::Rng& rng) {
    const bool read = core::Dump(c.world.program).find("rank Risk") != std::string::npos;
    if (!read) return false;
    const size_t level = rng.Below(2);
    auto set = [&](World& w, size_t to) {
      core::Fact fact{.name = "risk", .levels = "Risk"};
      fact.body.conditions = {fact.body.AddLiteral(Text(w.program.levels[1].names[to]))};
      w.program.facts[0] = fact;
    };
    set(c.world, level);
    set(other, level + 1 + rng.Below(2 - level));
    return true;
  });
}

TEST(Laws, OrderNeverShows) {
  uint64_t different = 0, with_shadow = 0, with_approvals = 0;
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    PolCase c = RandomPolCase(seed);
    gen::Rng rng(seed, 2);
    World other = c.world;
    auto shuffle = [&](auto& list) {
      for (size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[rng.Below(i)]);
    };
    shuffle(other.program.rules);
    shuffle(other.program.facts[1].rows);
    shuffle(other.program.facts[1].caps);
    shuffle(other.host.state);
    shuffle(other.host.approvals);
    shuffle(other.host.refusals);
    shuffle(other.host.evidence);
    shuffle(other.host.enforces);
    for (Rule& rule : other.program.rules) shuffle(rule.needs);
    const Decision a = DecideAnew(c.world), b = DecideAnew(other);
    with_shadow += !a.shadow.empty();
    with_approvals += !a.counted.empty();
    if (a == b) continue;
    if (++different <= 3) ADD_FAILURE() << "seed " << seed << "\n" << core::Dump(c.world.program);
  }
  std::printf("law 6: %llu cases, %llu with rules in shadow, %llu with counted approvals\n",
              static_cast<unsigned long long>(kCases), static_cast<unsigned long long>(with_shadow),
              static_cast<unsigned long long>(with_approvals));
  EXPECT_EQ(different, 0u);
  EXPECT_GT(with_shadow, kCases / 10);
  EXPECT_GT(with_approvals, kCases / 20);
}

TEST(Laws, MergesAreAssociativeCommutativeIdempotent) {
  const World world;
  gen::Rng rng(7);
  for (uint64_t i = 0; i < kCases; ++i) {
    for (const core::LimitKind& kind : world.program.limit_kinds) {
      auto value = [&]() -> Value {
        std::vector<Value> members;
        for (uint64_t n = rng.Below(6); n > 0; --n)
          members.push_back(Text(std::string(1, static_cast<char>('a' + rng.Below(8)))));
        const auto number = static_cast<int64_t>(rng.Next());
        return kind.type->kind == Kind::kSet        ? Value::MakeSet(members)
               : kind.type->kind == Kind::kBool     ? Value(number > 0)
               : kind.type->kind == Kind::kDuration ? Value(data::Duration{number})
                                                    : Long(number);
      };
      using Merged = std::optional<Value>;
      auto merge = [&](const Merged& a, const Merged& b) -> Merged {
        return a && b ? oracle::MergeLimits(kind, {*a, *b}) : std::nullopt;
      };
      const Merged a = value(), b = value(), c = value();
      ASSERT_EQ(merge(a, b), merge(b, a));
      ASSERT_EQ(merge(merge(a, b), c), merge(a, merge(b, c)));
      ASSERT_EQ(merge(a, a), oracle::MergeLimits(kind, {*a}));
    }
  }
}

}  // namespace
}  // namespace polc::tests
