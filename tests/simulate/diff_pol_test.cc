// Laws of `polc diff` on sets of Pol, with the oracle deciding.
//
// A family of small models, all of whose requests are tried: every class's example differs as the class says;
// and where the list says that it is exact, a request comes out otherwise if and only if it is in a class,
// with the outcomes of that class. Random programs with everything the language has: what is listed differs,
// and where the list says that it is exact, what differs is of an outcome that is listed.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <random>

#include "compiler/diff/diff.h"
#include "compiler/driver.h"
#include "compiler/oracle/decide.h"
#include "tests/pol/family.h"
#include "tests/pol/random_program.h"
#include "tests/simulate/diff_laws.h"

namespace polc::diff {
namespace {

using data::Value;
using simulate::Bucket;

constexpr const char* kModel = R"(policy "p"
group G
principal U in G has
  a : Bool
  n : Number
resource R in G
limit kind timeout : Duration, lowest wins
action class c is reversible
action x in c by U on R with
  m : Number from host
  s? : Text from host
action y by U on R with
  m : Number from host
  s? : Text from host
)";

struct Set {
  driver::Sources sources;
  driver::PolicySet policies;
  data::EntityStore store;
  simulate::Side side;

  Set(const std::string& folder, const std::string& text) {
    const std::string path = folder + "/p.pol";
    std::ofstream(path) << kModel << text;
    policies = driver::ReadPolicies(sources, {path}, "", sema::IdSource::kAnnotation);
    for (const source::Diagnostic& d : sources.sink.diagnostics()) {
      if (d.severity == source::Severity::kError) ADD_FAILURE() << d.message << "\n" << text;
    }
    store = std::move(driver::ReadEntities(sources, "", policies.program).store);
    side.source = {&policies.program, &sources.map};
    side.store = &store;
  }
};

class Maker {
 public:
  explicit Maker(uint32_t seed) : rng_(seed) {}
  uint32_t Below(uint32_t n) { return rng_() % n; }

  std::string Atom() {
    const std::string c = std::to_string(Below(4));
    switch (Below(9)) {
      case 0:
        return "principal.a";
      case 1:
        return "principal.n is below " + c;
      case 2:
        return "context.m is at most " + c;
      case 3:
        return "context.m is " + c;
      case 4:
        return "(context has s and context.s is \"k\")";
      case 5:
        return "principal in G \"g1\"";
      case 6:
        return "resource in G \"g2\"";
      case 7:
        return "far";
      default:
        return "action is x";
    }
  }
  std::string Condition() {
    switch (Below(4)) {
      case 0:
        return Atom();
      case 1:
        return Atom() + " and not " + Atom();
      case 2:
        return Atom() + " or " + Atom();
      default:
        return "(if " + Atom() + " then " + Atom() + " else " + Atom() + ")";
    }
  }
  std::string Rule(int id) {
    const char* const who[] = {"anyone", "U", "U in G \"g2\"", "U \"u1\""};
    const char* const what[] = {"x", "y", "x, y", "do any c", "do anything"};
    const char* const on[] = {"anything", "R", "R in G \"g1\""};
    std::string effect;
    switch (Below(8)) {
      case 0:
      case 1:
        effect = "forbid";
        break;
      case 2:
        effect = "limit timeout to " + std::to_string(5 + Below(2)) + "s for";
        break;
      case 3:
        effect = "suggest y for";
        break;
      default:
        effect = "allow";
        break;
    }
    return "rule r" + std::to_string(id) + (Below(8) == 0 ? " (shadow) " : " ") + effect + " " +
           who[Below(4)] + " to " + (effect[0] == 's' ? what[0] : what[Below(5)]) + " on " + on[Below(3)] +
           (Below(4) == 0 ? " unless " : " when ") + Condition() + "\n";
  }
  std::string Fact() { return "fact far : Bool is context.m is at least " + std::to_string(Below(4)) + "\n"; }

 private:
  std::mt19937 rng_;
};

data::Decision Oracle(const core::Program& program, const data::EntityStore& base, const data::Request& r) {
  data::EntityStore store(&base);
  for (const data::Entity& e : r.entities) store.Put(e);
  EXPECT_FALSE(store.Close());
  return oracle::Decide(program, store, r);
}

// All requests of the family, by number.
constexpr uint32_t kRequests = 2 * 4 * 2 * 4 * 2 * 4 * 3 * 4;
data::Request Request(uint32_t pick) {
  const auto take = [&](uint32_t n) {
    const uint32_t value = pick % n;
    pick /= n;
    return value;
  };
  const auto groups = [&](data::Entity& entity) {
    const uint32_t bits = take(4);
    if ((bits & 1) != 0) entity.parents.push_back({"G", "g1"});
    if ((bits & 2) != 0) entity.parents.push_back({"G", "g2"});
  };
  data::Request r;
  r.principal = {"U", take(2) == 0 ? "u1" : "u2"};
  r.resource = {"R", "r"};
  data::Entity user, resource;
  user.uid = r.principal;
  resource.uid = r.resource;
  groups(user);
  user.attrs.emplace("a", Value(take(2) == 1));
  user.attrs.emplace("n", Value(int64_t{take(4)} - 1));
  r.action = {"Action", take(2) == 0 ? "x" : "y"};
  data::Host host;
  host.now = data::Datetime{1'767'225'600'000};
  host.enforces = {"timeout"};
  data::Record context = {{"m", Value(int64_t{take(4)})}};
  const uint32_t s = take(3);
  if (s > 0) context.emplace_back("s", Value(std::string(s == 1 ? "k" : "z")));
  host.context = Value::MakeRecord(std::move(context));
  groups(resource);
  r.entities = {user, resource};
  r.host = std::make_shared<const data::Host>(std::move(host));
  return r;
}

std::string Joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& item : list) out += item;
  return out;
}

void ExpectExamplesDiffer(const Diff& diff, const core::Program& before, const core::Program& after,
                          const data::EntityStore& before_store, const data::EntityStore& after_store,
                          uint64_t seed) {
  for (const Class& c : diff.classes) {
    const data::Decision old_one = Oracle(before, before_store, c.example.before_request);
    const data::Decision new_one = Oracle(after, after_store, c.example.after_request);
    ASSERT_NE(c.bucket, Bucket::kUnchanged);
    ASSERT_EQ(simulate::Compare(old_one, new_one, true), c.bucket) << seed;
    ASSERT_EQ(simulate::OutcomeText(old_one), c.before) << seed;
    ASSERT_EQ(simulate::OutcomeText(new_one), c.after) << seed;
  }
}

TEST(DiffPol, ListsWhatComesOutOtherwiseAndNothingElse) {
  const Folder folder;
  size_t cases = 0, differing = 0, classes = 0, exact = 0;
  constexpr uint32_t kPairs = tests::kSanitized ? 4 : 40;
  for (uint32_t seed = 0; seed < kPairs; ++seed) {
    Maker maker(seed);
    std::vector<std::string> rules = {maker.Fact()};
    for (int i = 0, n = 2 + static_cast<int>(maker.Below(4)); i < n; ++i) rules.push_back(maker.Rule(i));
    std::vector<std::string> changed = rules;
    const size_t at = 1 + maker.Below(static_cast<uint32_t>(rules.size()) - 1);
    switch (maker.Below(5)) {
      case 0:
        changed.push_back(maker.Rule(9));
        break;
      case 1:
        changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 2:
        changed[0] = maker.Fact();
        break;
      default:
        changed[at] = maker.Rule(static_cast<int>(at) - 1);
        break;
    }
    const Set before(folder.path, Joined(rules)), after(folder.path, Joined(changed));
    ASSERT_FALSE(before.sources.sink.has_errors() || after.sources.sink.has_errors());
    const std::optional<Diff> diff = Compare(before.side, after.side);
    ASSERT_TRUE(diff);
    classes += diff->classes.size();
    ExpectExamplesDiffer(*diff, before.policies.program, after.policies.program, before.store, after.store,
                         seed);
    // Nothing of the family relates two values.
    for (const std::string& note : diff->notes) ADD_FAILURE() << note << "\n" << Joined(rules);
    if (!diff->exact()) continue;
    ++exact;
    for (uint32_t pick = 0; pick < kRequests; ++pick) {
      const data::Request r = Request(pick);
      const data::Decision old_one = Oracle(before.policies.program, before.store, r);
      const data::Decision new_one = Oracle(after.policies.program, after.store, r);
      const Bucket want = simulate::Compare(old_one, new_one, true);
      const Class* in = ClassOf(*diff, r);
      ++cases;
      differing += want != Bucket::kUnchanged;
      ASSERT_EQ(in ? in->bucket : Bucket::kUnchanged, want) << "seed " << seed << ", request " << pick << "\n"
                                                            << Joined(rules) << "->\n"
                                                            << Joined(changed);
      if (in) {
        ASSERT_EQ(in->before, simulate::OutcomeText(old_one)) << seed;
        ASSERT_EQ(in->after, simulate::OutcomeText(new_one)) << seed;
      }
    }
  }
  std::printf("%zu cases of %zu exact lists, %zu differ, %zu classes\n", cases, exact, differing, classes);
  EXPECT_GE(exact, kPairs * 3 / 4);
  EXPECT_GE(differing, cases / 100);
}

// A program with one thing changed.
core::Program Changed(const tests::PolCase& c, uint64_t how) {
  core::Program out = c.world.program;
  switch (how % 5) {
    case 0:
      out.rules.push_back(c.another_rule);
      break;
    case 1:
      out.rules.erase(out.rules.begin());
      break;
    case 2:
      out.facts[1].caps.push_back(c.another_cap);
      break;
    case 3:
      out.facts[1].rows.push_back(c.another_row);
      break;
    default:
      out.rules[0] = c.another_rule;
      out.rules[0].id = c.world.program.rules[0].id;
      break;
  }
  return tests::Finished(std::move(out));
}

// What compares values with constants and no more.
bool IsPlain(const core::Rule& rule) {
  using core::Op;
  return rule.needs.empty() && rule.pol().lifted_by.empty() &&
         std::ranges::none_of(rule.exprs, [](const core::Expr& e) {
           return e.op == Op::kInput || e.op == Op::kEvery || e.op == Op::kSome || e.op == Op::kRank;
         });
}

// Leaves of a case what lists can be exact about; false if there is nothing to change.
bool MakePlain(tests::PolCase& c) {
  std::vector<core::Rule>& rules = c.world.program.rules;
  std::erase_if(rules, [](const core::Rule& rule) { return !IsPlain(rule); });
  c.world.program.facts[0].clauses.clear();
  c.world.program.facts[1].rows.clear();
  c.world.program.facts[1].caps.clear();
  return !rules.empty() && IsPlain(c.another_rule);
}

TEST(DiffPol, OfRandomProgramsToo) {
  size_t pairs = 0, classes = 0, exact = 0, tried = 0, differing = 0;
  constexpr uint64_t kPairs = tests::kSanitized ? 40 : 400;
  for (uint64_t seed = 0; seed < kPairs; ++seed) {
    tests::PolCase c = tests::RandomPolCase(seed, seed % 2 == 0 ? tests::PolOps::kLaws : tests::PolOps::kAll);
    ASSERT_FALSE(c.world.store.Close());
    const bool plain = seed % 4 == 0;
    if (plain && !MakePlain(c)) continue;
    // Of a plain one a rule is added, taken out or replaced.
    constexpr std::array<uint64_t, 3> kOfRules = {0, 1, 4};
    const uint64_t how = plain ? kOfRules[seed / 4 % kOfRules.size()] : seed / 2;
    const core::Program before = tests::Finished(c.world.program), after = Changed(c, how);
    const source::SourceMap map;
    const simulate::Side old_side{{&before, &map}, nullptr, &c.world.store, {}};
    const simulate::Side new_side{{&after, &map}, nullptr, &c.world.store, {}};
    const std::optional<Diff> diff = Compare(old_side, new_side);
    ASSERT_TRUE(diff) << seed;
    ++pairs;
    classes += diff->classes.size();
    ExpectExamplesDiffer(*diff, before, after, c.world.store, c.world.store, seed);
    if (!diff->exact()) continue;
    ++exact;
    for (uint64_t i = 0; i < 20; ++i) {
      tests::PolCase other = tests::RandomPolCase(seed * 1000 + i);
      ASSERT_FALSE(other.world.store.Close());
      data::Request r = other.world.request;
      data::Host host;
      host.now = other.world.host.now;
      host.enforces = {"hosts", "level", "read_only", "redact", "timeout"};
      host.context = other.world.host.context;
      r.host = std::make_shared<const data::Host>(std::move(host));
      for (const data::EntityUid& uid : {r.principal, r.resource}) {
        if (const data::Entity* entity = other.world.store.Find(uid)) r.entities.push_back(*entity);
      }
      const data::Decision old_one = Oracle(before, c.world.store, r);
      const data::Decision new_one = Oracle(after, c.world.store, r);
      const Bucket bucket = simulate::Compare(old_one, new_one, true);
      ++tried;
      if (bucket == Bucket::kUnchanged) continue;
      ++differing;
      const std::string was = simulate::OutcomeText(old_one), is = simulate::OutcomeText(new_one);
      EXPECT_TRUE(std::ranges::any_of(diff->classes,
                                      [&](const Class& listed) {
                                        return listed.bucket == bucket && listed.before == was &&
                                               listed.after == is &&
                                               std::ranges::count(listed.actions, data::ToString(r.action)) >
                                                   0;
                                      }))
          << "seed " << seed << ": " << was << " -> " << is;
    }
  }
  std::printf("%zu pairs, %zu classes, %zu exact lists, %zu requests tried of those, %zu differ\n", pairs,
              classes, exact, tried, differing);
  EXPECT_GE(classes, pairs / 4);
  EXPECT_GE(exact, 1u);
}

}  // namespace
}  // namespace polc::diff
