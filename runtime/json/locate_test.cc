#include "runtime/json/locate.h"

#include <gtest/gtest.h>

#include <string>

namespace polc::api_json {
namespace {

struct BreachCase {
  std::string_view text;
  size_t at;
  std::string_view what;
};

TEST(FindBreach, SaysWhereATextBreaks) {
  const BreachCase cases[] = {
      {"", 0, "the text ends where a value is expected"},
      {" ", 1, "the text ends where a value is expected"},
      {"nul", 0, "expected a value"},
      {"[1,]", 3, "expected a value"},
      {"[1 2]", 3, "expected `,` or `]`"},
      {"{\"a\":1 \"b\":2}", 7, "expected `,` or `}`"},
      {"{\"a\" 1}", 5, "expected `:`"},
      {"{a:1}", 1, "expected a key in double quotes"},
      {"{\"a\":1,}", 7, "expected a key in double quotes"},
      {"{\"a\":1", 6, "expected `,` or `}`"},
      {"[1}", 2, "expected `,` or `]`"},
      {"{} x", 3, "expected nothing more"},
      {"truex", 4, "expected nothing more"},
      {"[\"ab", 1, "a string has no closing quote"},
      {"[\"a\tb\"]", 3, "a control character in a string is not escaped"},
      {"[\"a\\x\"]", 3, "there is no such escape in JSON"},
      {"[\"\\", 2, "there is no such escape in JSON"},
      {"[\"\\u12g4\"]", 2, "`\\u` takes four hexadecimal digits"},
      {"[\"\\u12", 2, "`\\u` takes four hexadecimal digits"},
      {"[\"\\ud800\"]", 2, "half of a surrogate pair"},
      {"[\"\\udc00\"]", 2, "half of a surrogate pair"},
      {"[\"\\ud800\\u0041\"]", 2, "half of a surrogate pair"},
      {"[01]", 1, "a number begins with 0"},
      {"[-]", 2, "expected a digit"},
      {"[1.]", 3, "expected a digit"},
      {"[1e]", 3, "expected a digit"},
      {"[1e+]", 4, "expected a digit"},
      {"[.5]", 1, "expected a value"},
      {"[+5]", 1, "expected a value"},
      {"[ -0 ]", 2, "`-0` is no integer"},
      {"[18446744073709551616]", 1, "a number is out of range"},
      {"[-9223372036854775809]", 1, "a number is out of range"},
      {"[1e400]", 1, "a number is out of range"},
      {"[0.1e500]", 1, "a number is out of range"},
      {"\xEF\xBB\xBF{}", 0, "expected a value"},
      {"[\"\xC3\"]", 2, "this is not UTF-8"},
      {"[\"\xED\xA0\x80\"]", 2, "this is not UTF-8"},
      {"[\"\xC3\xA4\xF0\x9F\x98\"]", 4, "this is not UTF-8"},
  };
  for (const BreachCase& c : cases) {
    const std::optional<Breach> breach = FindBreach(c.text);
    ASSERT_TRUE(breach) << c.text;
    EXPECT_EQ(breach->at, c.at) << c.text;
    EXPECT_EQ(breach->what, c.what) << c.text;
  }
}

TEST(FindBreach, FindsNothingInJson) {
  for (std::string_view text :
       {"{}", "[]", " [ ] ", "true", "null", "0", "-1", "1e5", "-0.0", "-0e1", "1e-400",
        "18446744073709551615", "-9223372036854775808", "\"\\ud83d\\ude00\\uDBFF\\uDFFF\\u0000\\/\"",
        "[[],{},[{}],{\"\":[]}]", "{\"a\":{\"b\":[1,2,{\"c\":null}]},\"d\":\"\xF0\x9F\x98\x80\"}\r\n\t "}) {
    EXPECT_FALSE(FindBreach(text)) << text;
  }
}

TEST(FindBreach, KeepsToTheDeepest) {
  auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_FALSE(FindBreach(nested(kMaxDepth)));
  const std::optional<Breach> breach = FindBreach(nested(kMaxDepth + 1));
  ASSERT_TRUE(breach);
  EXPECT_EQ(breach->at, kMaxDepth);
}

TEST(MayHoldMinusZero, IsCertainWhereItSaysNo) {
  for (std::string_view text : {"-0", "[-0]", "[1,-0]", "{\"a\":-0}", "[ -0 ]", "\" -0 \""}) {
    EXPECT_TRUE(MayHoldMinusZero(text)) << text;
  }
  for (std::string_view text : {"0", "-1", "-0.5", "\"2024-01-05\"", "-05", "1e-0"}) {
    EXPECT_FALSE(MayHoldMinusZero(text)) << text;
  }
}

TEST(FindPlace, FollowsAPath) {
  const std::string_view text = R"( {"a": [1, {"b": "]}", "c" : [[], 7]}], "d": 2})";
  auto place = [&](std::vector<uint32_t> path, Target target = Target::kValue) {
    return FindPlace(text, path, target);
  };
  EXPECT_EQ(place({}), text.find('{'));
  EXPECT_EQ(place({0}), text.find('['));
  EXPECT_EQ(place({0, 1, 0}), text.find("\"]}"));
  EXPECT_EQ(place({0, 1, 1, 1}), text.find('7'));
  EXPECT_EQ(place({0, 1, 1}, Target::kKey), text.find("\"c\""));
  EXPECT_EQ(place({1}), text.find('2'));
  EXPECT_EQ(place({2}), 0u);
  EXPECT_EQ(place({0, 0, 0}), 0u);
}

}  // namespace
}  // namespace polc::api_json
