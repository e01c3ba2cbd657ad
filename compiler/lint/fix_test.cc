#include "compiler/lint/fix.h"

#include <gtest/gtest.h>

namespace polc::lint {
namespace {

TEST(Fix, AppliesWhatGoesTogether) {
  source::SourceMap map;
  const source::FileId file = map.Add("p.cedar", "abc def // note\nghi jkl");
  const Fixed fixed = ApplyFixes(map, file,
                                 {
                                     {{{file, 0, 3}, "x"}},
                                     {{{file, 2, 5}, "meets the first"}},
                                     {{{file, 4, 18}, "loses a comment"}},
                                     {{{file, 8, 16}, ""}},
                                     {{{file, 16, 19}, "long text"}, {{file, 20, 23}, ""}},
                                     {},
                                 });
  EXPECT_EQ(fixed.fixes, 3u);
  EXPECT_EQ(fixed.text, "x def long text ");
}

TEST(Fix, NothingToDo) {
  source::SourceMap map;
  const source::FileId other = map.Add("o.cedar", "abc"), file = map.Add("p.cedar", "abc");
  const Fixed fixed = ApplyFixes(map, file, {{{{other, 0, 1}, "x"}}});
  EXPECT_EQ(fixed.fixes, 0u);
  EXPECT_EQ(fixed.text, "abc");
}

}  // namespace
}  // namespace polc::lint
