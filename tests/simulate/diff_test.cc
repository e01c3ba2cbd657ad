// Laws of `polc diff` on a family of small models, with the oracle deciding all small requests: every class's
// example differs as the class says; a request comes out otherwise if and only if it is in a class, with the
// outcomes of that class; and what is said to be exact is.
#include "compiler/diff/diff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <random>

#include "compiler/driver.h"
#include "compiler/oracle/authorize.h"
#include "tests/simulate/diff_laws.h"

namespace polc::diff {
namespace {

using data::Value;

constexpr const char* kSchema = R"(
entity G;
entity U in [G] { a: Bool, n: Long };
entity R in [G] tags String;
action x, y appliesTo { principal: [U], resource: [R], context: { m: Long, s?: String } };
)";

struct Set {
  driver::Sources sources;
  std::optional<model::Schema> schema;
  driver::PolicySet policies;
  data::EntityStore store;
  simulate::Side side;

  Set(const std::string& folder, const std::string& text) {
    std::ofstream(folder + "/p.cedar") << text;
    schema = driver::ReadSchema(sources, {folder + "/s.cedarschema"});
    policies = driver::ReadPolicies(sources, {folder + "/p.cedar"}, "", sema::IdSource::kAnnotation);
    store = std::move(driver::ReadEntities(sources, "", &*schema).store);
    side.source = {&policies.program, &sources.map};
    side.schema = &*schema;
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
        return "principal.n < " + c;
      case 2:
        return "context.m <= " + c;
      case 3:
        return "context.m == " + c;
      case 4:
        return "context has s && context.s == \"k\"";
      case 5:
        return "principal in G::\"g1\"";
      case 6:
        return "resource.hasTag(\"t\") && resource.getTag(\"t\") == \"on\"";
      case 7:
        return "context.s like \"k*\"";  // errs where there is none
      default:
        return "[1, 3].contains(principal.n)";
    }
  }
  std::string Condition() {
    switch (Below(4)) {
      case 0:
        return Atom();
      case 1:
        return "(" + Atom() + ") && !(" + Atom() + ")";
      case 2:
        return "(" + Atom() + ") || (" + Atom() + ")";
      default:
        return "if " + Atom() + " then " + Atom() + " else " + Atom();
    }
  }
  std::string Rule(int id) {
    const char* const principals[] = {"principal", "principal in G::\"g2\"", "principal == U::\"u1\"",
                                      "principal is U"};
    const char* const actions[] = {"action", "action == Action::\"x\""};
    return "@id(\"r" + std::to_string(id) + "\") " + (Below(4) == 0 ? "forbid" : "permit") + " (" +
           principals[Below(4)] + ", " + actions[Below(2)] + ", resource) when { " + Condition() + " };\n";
  }

 private:
  std::mt19937 rng_;
};

data::Decision Oracle(const Set& set, const data::Request& r) {
  data::EntityStore store(&set.store);
  for (const data::Entity& e : r.entities) store.Put(e);
  EXPECT_FALSE(store.Close());
  const oracle::Answer answer = oracle::Authorize(set.policies.program, store, r);
  data::Decision out;
  out.outcome = answer.allowed() ? data::Outcome::kAllow : data::Outcome::kDeny;
  for (const auto& error : answer.errors) out.errors.push_back({error.rule, ""});
  return out;
}

TEST(Diff, ListsWhatComesOutOtherwiseAndNothingElse) {
  const Folder folder;
  std::ofstream(folder.path + "/s.cedarschema") << kSchema;
  size_t cases = 0, differing = 0, classes = 0;
  for (uint32_t seed = 0; seed < 60; ++seed) {
    Maker maker(seed);
    std::vector<std::string> rules;
    for (int i = 0, n = 1 + static_cast<int>(maker.Below(4)); i < n; ++i) rules.push_back(maker.Rule(i));
    std::vector<std::string> changed = rules;
    const size_t at = maker.Below(static_cast<uint32_t>(rules.size()));
    if (maker.Below(3) == 0) {
      changed.push_back(maker.Rule(9));
    } else if (maker.Below(3) == 0) {
      changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(at));
    } else {
      changed[at] = maker.Rule(static_cast<int>(at));
    }
    const auto text = [](const std::vector<std::string>& list) {
      std::string out;
      for (const std::string& rule : list) out += rule;
      return out;
    };
    const Set before(folder.path, text(rules)), after(folder.path, text(changed));
    ASSERT_FALSE(before.sources.sink.has_errors() || after.sources.sink.has_errors());
    const std::optional<Diff> diff = Compare(before.side, after.side);
    ASSERT_TRUE(diff);
    for (const std::string& note : diff->notes) {
      // Nothing of the family relates two values; and one pattern is all there is.
      ADD_FAILURE() << note;
    }
    classes += diff->classes.size();
    for (const Class& c : diff->classes) {
      const data::Decision old_one = Oracle(before, c.example.before_request);
      const data::Decision new_one = Oracle(after, c.example.after_request);
      ASSERT_EQ(simulate::Compare(old_one, new_one, true), c.bucket) << seed;
      ASSERT_NE(c.bucket, simulate::Bucket::kUnchanged);
    }
    for (uint32_t pick = 0; pick < 2 * 4 * 2 * 4 * 2 * 4 * 3 * 3; ++pick) {
      uint32_t rest = pick;
      const auto take = [&](uint32_t n) {
        const uint32_t value = rest % n;
        rest /= n;
        return value;
      };
      data::Request r;
      r.principal = {"U", take(2) == 0 ? "u1" : "u2"};
      data::Entity user;
      user.uid = r.principal;
      const uint32_t groups = take(4);
      if ((groups & 1) != 0) user.parents.push_back({"G", "g1"});
      if ((groups & 2) != 0) user.parents.push_back({"G", "g2"});
      user.attrs.emplace("a", Value(take(2) == 1));
      user.attrs.emplace("n", Value(int64_t{take(4)} * 2 - 2 + take(1)));
      r.action = {"Action", take(2) == 0 ? "x" : "y"};
      data::Record context = {{"m", Value(int64_t{take(4)})}};
      const uint32_t s = take(3);
      if (s > 0) context.emplace_back("s", Value(std::string(s == 1 ? "k" : "z")));
      r.context = Value::MakeRecord(std::move(context));
      r.resource = {"R", "r"};
      data::Entity resource;
      resource.uid = r.resource;
      const uint32_t tag = take(3);
      if (tag > 0) resource.tags.emplace("t", Value(std::string(tag == 1 ? "on" : "off")));
      r.entities = {user, resource};
      ++cases;
      const data::Decision old_one = Oracle(before, r), new_one = Oracle(after, r);
      const simulate::Bucket want = simulate::Compare(old_one, new_one, true);
      const Class* in = ClassOf(*diff, r);
      differing += want != simulate::Bucket::kUnchanged;
      if (diff->left_over > 0) continue;
      ASSERT_EQ(in ? in->bucket : simulate::Bucket::kUnchanged, want)
          << "seed " << seed << ", request " << pick << "\n"
          << text(rules) << "->\n"
          << text(changed);
    }
  }
  std::printf("%zu cases, %zu differ, %zu classes\n", cases, differing, classes);
  EXPECT_GE(cases, 10'000u);
  EXPECT_GE(differing, 1'000u);
}

}  // namespace
}  // namespace polc::diff
