// Boolean operators: all expressions of up to two operators over atoms of every sort, against truth tables.
#include <gtest/gtest.h>

#include "tests/exhaustive/harness.h"

namespace polc::tests {
namespace {

// What an expression does on a request: true, false, a value that is no bool, an error.
constexpr std::string_view kSorts = "TFNE";
size_t Sort(char c) { return kSorts.find(c); }

// Rows: the first operand, columns: the second, both in the order TFNE.
constexpr std::string_view kAnd[] = {"TFEE", "FFFF", "EEEE", "EEEE"};
constexpr std::string_view kOr[] = {"TTTT", "TFEE", "EEEE", "EEEE"};
constexpr std::string_view kNot = "FTEE";

// An expression with what it must do on each request.
struct Term {
  Build build;
  std::string table;
};

Term MakeNot(const Term& a) {
  Term t{Not(a.build), a.table};
  for (char& c : t.table) c = kNot[Sort(c)];
  return t;
}

Term MakeBinary(const std::string_view (&table)[4], core::Op op, const Term& a, const Term& b) {
  Term t{Apply(op, {a.build, b.build}), a.table};
  for (size_t i = 0; i < t.table.size(); ++i) t.table[i] = table[Sort(a.table[i])][Sort(b.table[i])];
  return t;
}

Term MakeIf(const Term& a, const Term& b, const Term& c) {
  Term t{Apply(core::Op::kIf, {a.build, b.build, c.build}), a.table};
  for (size_t i = 0; i < t.table.size(); ++i) {
    t.table[i] = a.table[i] == 'T' ? b.table[i] : a.table[i] == 'F' ? c.table[i] : 'E';
  }
  return t;
}

TEST(Exhaustive, BooleanOperators) {
  Family family("boolean operators");
  data::EntityStore store;
  ASSERT_FALSE(store.Close());
  family.SetStore(store);

  // p and q are true, false, absent, a number or text.
  struct Choice {
    std::optional<data::Value> value;
    char sort;
  };
  const Choice choices[] = {{data::Value(true), 'T'},
                            {data::Value(false), 'F'},
                            {std::nullopt, 'E'},
                            {data::Value(int64_t{1}), 'N'},
                            {data::Value(std::string("true")), 'N'}};
  std::vector<data::Request> requests;
  std::string p;
  std::string q;
  for (const Choice& x : choices) {
    for (const Choice& y : choices) {
      data::Record context;
      if (x.value) context.emplace_back("p", *x.value);
      if (y.value) context.emplace_back("q", *y.value);
      requests.push_back(MakeRequest({"User", "a"}, {"Doc", "d"}, std::move(context)));
      p += x.sort;
      q += y.sort;
    }
  }
  const size_t n = requests.size();
  // As a condition, which must be a bool, and where any value will do: an operand that is not looked at, or
  // looked at too late, shows only there.
  auto check = [&](const Term& t) {
    family.Run(ProgramOf({Allow("condition", t.build), Allow("value", Eq(t.build, t.build))}), requests,
               [&](size_t i, const Decision& d) -> std::optional<std::string> {
                 const char sort = t.table[i];
                 const auto condition = static_cast<char>(OutcomeOf(d, "condition"));
                 const auto value = static_cast<char>(OutcomeOf(d, "value"));
                 if (condition == (sort == 'N' ? 'E' : sort) && value == (sort == 'E' ? 'E' : 'T'))
                   return std::nullopt;
                 return std::string("the truth tables say ") + sort;
               });
  };

  const std::vector<Term> atoms = {{Bool(true), std::string(n, 'T')},
                                   {Bool(false), std::string(n, 'F')},
                                   {Long(1), std::string(n, 'N')},
                                   {Context("absent"), std::string(n, 'E')},
                                   {Context("p"), p},
                                   {Context("q"), q}};
  // Everything of exactly one operator over `xs` in one place and atoms in the others.
  auto for_each = [&](const std::vector<Term>& xs, bool all_places, auto visit) {
    for (const Term& x : xs) {
      visit(MakeNot(x));
      for (const Term& a : atoms) {
        visit(MakeBinary(kAnd, core::Op::kAnd, x, a));
        visit(MakeBinary(kOr, core::Op::kOr, x, a));
        if (all_places) {
          visit(MakeBinary(kAnd, core::Op::kAnd, a, x));
          visit(MakeBinary(kOr, core::Op::kOr, a, x));
        }
        for (const Term& b : atoms) {
          visit(MakeIf(x, a, b));
          if (all_places) {
            visit(MakeIf(a, x, b));
            visit(MakeIf(a, b, x));
          }
        }
      }
    }
  };
  std::vector<Term> one;
  for_each(atoms, false, [&](Term t) { one.push_back(std::move(t)); });
  for (const Term& t : atoms) check(t);
  for (const Term& t : one) check(t);
  if (!kSanitized) for_each(one, true, check);
  family.Finish(900000);
}

}  // namespace
}  // namespace polc::tests
