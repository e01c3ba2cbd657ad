// Three limit rules of one kind with every value and every way their conditions come out, for every merge, in
// every order: against bit operations.
#include <algorithm>

#include "tests/pol/family.h"

namespace polc::tests {
namespace {

// Values are 0 to 7: numbers, or sets of three members as bits, or a bool by the lowest bit. 8: an error.
constexpr int kValues = 9, kError = 8;

Value Make(const std::string& kind, int v) {
  if (kind == "timeout") return Seconds(v);
  if (kind == "level") return Long(v);
  if (kind == "read_only") return Value((v & 1) != 0);
  std::vector<Value> members;
  for (int bit = 0; bit < 3; ++bit) {
    if (v >> bit & 1) members.push_back(Text(std::string(1, static_cast<char>('a' + bit))));
  }
  return Value::MakeSet(std::move(members));
}
int Merge(const std::string& kind, int a, int b) {
  if (kind == "timeout") return std::min(a, b);
  if (kind == "level") return std::max(a, b);
  if (kind == "hosts") return a & b;
  return a | b;
}

TEST(Exhaustive, Limits) {
  Family family("limits x merges x errors");
  World world;
  world.options.validate_request = false;
  world.Allow();
  ASSERT_FALSE(world.store.Close().has_value());
  const int values = kSanitized ? 4 : kValues;
  for (const std::string kind : {"timeout", "level", "read_only", "hosts", "redact"}) {
    for (const bool enforced : {true, false}) {
      Host host = world.host;
      if (!enforced) std::erase(host.enforces, kind);
      int order[] = {0, 1, 2};
      do {
        Program program = world.program;
        for (const int i : order) {
          Rule& rule =
              program.rules.emplace_back(World::Pol(("l" + std::to_string(i)).c_str(), Effect::kLimit));
          rule.conditions = {World::Context(rule, ("c" + std::to_string(i)).c_str())};
          rule.limits = {{kind, World::Context(rule, ("v" + std::to_string(i)).c_str()), {}}};
        }
        program = Finished(std::move(program));
        family.Set();
        for (int way = 0; way < values * values * values * 27; ++way) {
          data::Request asked = world.request;
          int rest = way;
          bool denied = false, any = false;
          int merged = 0;
          std::vector<std::string> by;
          for (int i = 0; i < 3; ++i) {
            const int value = values < kValues && rest % values == values - 1 ? kError : rest % values;
            rest /= values;
            const Comes comes = static_cast<Comes>(rest % 3);
            rest /= 3;
            if (comes != Comes::kErrs)
              World::Set(asked.context, "c" + std::to_string(i), Value(comes == Comes::kTrue));
            if (value != kError) World::Set(asked.context, "v" + std::to_string(i), Make(kind, value));
            if (comes == Comes::kFalse) continue;
            by.push_back("l" + std::to_string(i));
            denied |= value == kError || !enforced;
            if (value == kError) continue;
            merged = any ? Merge(kind, merged, value) : value;
            any = true;
          }
          denied |= any && kind == "hosts" && merged == 0;
          const Decision d = DecideOn(world, program, asked, host);
          const Outcome outcome = denied ? Outcome::kDeny : any ? Outcome::kAllowWithLimits : Outcome::kAllow;
          bool good = d.outcome == outcome;
          if (good && outcome == Outcome::kAllowWithLimits) {
            good = d.limits.size() == 1 && d.limits.at(kind).value == Make(kind, merged) &&
                   d.limits.at(kind).by == by;
          }
          family.Pair(good, [&] { return core::Dump(program) + "way " + std::to_string(way); });
        }
      } while (std::ranges::next_permutation(order).found);
    }
  }
  family.Finish(1'000'000);
}

}  // namespace
}  // namespace polc::tests
