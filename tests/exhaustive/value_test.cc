// Values: integers at their edges, patterns and texts, sets, each against a reading of its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/exhaustive/harness.h"

namespace polc::tests {
namespace {

using core::Op;
using data::Value;
__extension__ typedef __int128 Wide;  // -Wpedantic knows it not

data::EntityStore EmptyStore() {
  data::EntityStore store;
  EXPECT_FALSE(store.Close());
  return store;
}

std::optional<std::string> Expect(const Decision& d, const std::string& id, Outcome expected) {
  if (OutcomeOf(d, id) == expected) return std::nullopt;
  return id + " should be " + static_cast<char>(expected);
}

// x op y == z for all x, y, z of a list of edges, in 128-bit integers.
TEST(Exhaustive, Integers) {
  Family family("integers");
  const data::EntityStore store = EmptyStore();
  family.SetStore(store);
  const int64_t min = std::numeric_limits<int64_t>::min();
  const int64_t max = std::numeric_limits<int64_t>::max();
  std::vector<int64_t> edges = {min,     min + 1,     min + 2, min / 2, min / 2 - 1,
                                max / 2, max / 2 + 1, max - 2, max - 1, max};
  for (int64_t root : {int64_t{3037000499}, int64_t{1} << 31, int64_t{1} << 32, int64_t{1} << 53}) {
    for (int64_t d : {-1, 0, 1}) {
      edges.push_back(root + d);
      edges.push_back(-root + d);
    }
  }
  for (int64_t small = -12; small <= 12; ++small) edges.push_back(small);
  if (kSanitized) edges.resize(20);
  std::vector<data::Request> requests;
  std::vector<std::pair<int64_t, int64_t>> xy;
  for (int64_t x : edges) {
    for (int64_t y : edges) {
      requests.push_back(MakeRequest({"User", "a"}, {"Doc", "d"}, {{"x", Value(x)}, {"y", Value(y)}}));
      xy.emplace_back(x, y);
    }
  }
  const Build x = Context("x");
  const Build y = Context("y");
  auto in_range = [&](Wide v) { return v >= min && v <= max; };
  auto truth = [](bool b) { return b ? Outcome::kHolds : Outcome::kFails; };
  for (int64_t z : edges) {
    const struct {
      Op op;
      Wide (*exact)(Wide, Wide);
    } operators[] = {{Op::kAdd, [](Wide a, Wide b) { return a + b; }},
                     {Op::kSub, [](Wide a, Wide b) { return a - b; }},
                     {Op::kMul, [](Wide a, Wide b) { return a * b; }}};
    for (const auto& o : operators) {
      family.Run(ProgramOf({Allow("r", Eq(Apply(o.op, {x, y}), Long(z)))}), requests,
                 [&](size_t i, const Decision& d) {
                   const Wide exact = o.exact(xy[i].first, xy[i].second);
                   return Expect(d, "r", in_range(exact) ? truth(exact == z) : Outcome::kErrs);
                 });
    }
    family.Run(ProgramOf({Allow("r", Eq(Apply(Op::kNeg, {x}), Long(z)))}), requests,
               [&](size_t i, const Decision& d) {
                 const Wide exact = -static_cast<Wide>(xy[i].first);
                 return Expect(d, "r", in_range(exact) ? truth(exact == z) : Outcome::kErrs);
               });
    family.Run(ProgramOf({Allow("lt", Apply(Op::kLess, {x, Long(z)})),
                          Allow("le", Apply(Op::kLessEq, {x, Long(z)})), Allow("eq", Eq(x, y))}),
               requests, [&](size_t i, const Decision& d) {
                 auto wrong = Expect(d, "lt", truth(xy[i].first < z));
                 if (!wrong) wrong = Expect(d, "le", truth(xy[i].first <= z));
                 return wrong ? wrong : Expect(d, "eq", truth(xy[i].first == xy[i].second));
               });
  }
  family.Finish(1000000);
}

// All words over `alphabet` of up to `length` letters.
template <typename Letter>
std::vector<std::vector<Letter>> Words(const std::vector<Letter>& alphabet, size_t length) {
  std::vector<std::vector<Letter>> words = {{}};
  for (size_t begin = 0, n = 0; n < length; ++n) {
    const size_t end = words.size();
    for (; begin < end; ++begin) {
      for (const Letter& letter : alphabet) {
        words.push_back(words[begin]);
        words.back().push_back(letter);
      }
    }
  }
  return words;
}

// Patterns over two letters, a two-byte letter and the wildcard, on texts that hold stars too; against the
// textbook table of prefixes.
TEST(Exhaustive, Like) {
  Family family("like");
  const data::EntityStore store = EmptyStore();
  family.SetStore(store);
  const std::string wildcard;  // no letter
  const auto patterns = Words<std::string>({"a", "\u00e9", "*", wildcard}, kSanitized ? 3 : 5);
  const auto texts = Words<std::string>({"a", "\u00e9", "*"}, kSanitized ? 4 : 6);
  std::vector<data::Request> requests;
  for (const auto& letters : texts) {
    std::string text;
    for (const std::string& letter : letters) text += letter;
    requests.push_back(MakeRequest({"User", "a"}, {"Doc", "d"}, {{"s", Value(text)}}));
  }
  auto matches = [&](const std::vector<std::string>& text, const std::vector<std::string>& pattern) -> bool {
    std::vector<bool> reach(text.size() + 1,
                            false);  // reach[i]: the pattern so far matches the first i letters
    reach[0] = true;
    for (const std::string& p : pattern) {
      std::vector<bool> next(text.size() + 1, false);
      for (size_t i = 0; i <= text.size(); ++i) {
        if (p == wildcard) next[i] = reach[i] || (i > 0 && next[i - 1]);
        if (p != wildcard && i > 0) next[i] = reach[i - 1] && text[i - 1] == p;
      }
      reach = next;
    }
    return reach[text.size()];
  };
  for (const auto& letters : patterns) {
    core::Pattern pattern;
    for (const std::string& letter : letters) {
      if (letter == wildcard) {
        pattern.push_back({true, ""});
      } else if (!pattern.empty() && !pattern.back().wildcard) {
        pattern.back().literal += letter;
      } else {
        pattern.push_back({false, letter});
      }
    }
    family.Run(ProgramOf({Allow("r", Like(Context("s"), pattern))}), requests,
               [&](size_t i, const Decision& d) {
                 return Expect(d, "r", matches(texts[i], letters) ? Outcome::kHolds : Outcome::kFails);
               });
  }
  family.Finish(1000000);
}

// Sets written as lists with repeats in any order, over elements of several kinds, against lists.
TEST(Exhaustive, Sets) {
  Family family("sets");
  const data::EntityStore store = EmptyStore();
  family.SetStore(store);
  const std::vector<Value> universe = {Value(int64_t{1}),
                                       Value(std::string("1")),
                                       Value(data::EntityUid{"User", "a"}),
                                       Value::MakeSet({Value(int64_t{1})}),
                                       Value(true),
                                       Value::MakeSet({})};
  const std::vector<Build> written = {Long(1),          Str("1"),   Ent("User", "a"),
                                      SetOf({Long(1)}), Bool(true), SetOf({})};
  using List = std::vector<int>;
  const std::vector<List> lefts = Words<int>({0, 1, 2, 3, 4, 5}, kSanitized ? 2 : 4);
  const std::vector<List> rights = Words<int>({0, 1, 2, 3, 5}, kSanitized ? 2 : 4);
  std::vector<data::Request> requests;
  for (const List& list : rights) {
    std::vector<Value> elements;
    for (int i : list) elements.push_back(universe[static_cast<size_t>(i)]);
    requests.push_back(
        MakeRequest({"User", "a"}, {"Doc", "d"}, {{"s", Value::MakeSet(std::move(elements))}}));
  }
  auto has = [](const List& list, int x) { return std::find(list.begin(), list.end(), x) != list.end(); };
  auto within = [&](const List& a, const List& b) {
    return std::all_of(a.begin(), a.end(), [&](int x) { return has(b, x); });
  };
  for (const List& left : lefts) {
    std::vector<Build> elements;
    for (int i : left) elements.push_back(written[static_cast<size_t>(i)]);
    const Build set = SetOf(elements);
    const Build s = Context("s");
    const core::Program program = ProgramOf(
        {Allow("all", Apply(Op::kContainsAll, {set, s})), Allow("any", Apply(Op::kContainsAny, {set, s})),
         Allow("empty", Apply(Op::kIsEmpty, {set})), Allow("eq", Eq(set, s)),
         Allow("one", Apply(Op::kContains, {s, Long(1)}))});
    family.Run(program, requests, [&](size_t i, const Decision& d) -> std::optional<std::string> {
      const List& right = rights[i];
      const std::pair<const char*, bool> expected[] = {
          {"all", within(right, left)},
          {"any", std::any_of(right.begin(), right.end(), [&](int x) { return has(left, x); })},
          {"empty", left.empty()},
          {"eq", within(left, right) && within(right, left)},
          {"one", has(right, 0)}};
      for (const auto& [id, holds] : expected) {
        if (auto wrong = Expect(d, id, holds ? Outcome::kHolds : Outcome::kFails)) return wrong;
      }
      return std::nullopt;
    });
  }
  family.Finish(1000000);
}

}  // namespace
}  // namespace polc::tests
