#include "compiler/source/diff.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <sstream>
#include <vector>

namespace polc::source {
namespace {

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  size_t at = 0;
  while (at < text.size()) {
    size_t end = text.find('\n', at);
    end = end == std::string::npos ? text.size() : end + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  return lines;
}

// Applies a unified diff, checking every context and removed line and every hunk header.
std::string Apply(const std::string& before, const std::string& diff) {
  if (diff.empty()) return before;
  std::vector<std::string> a = Lines(before), d = Lines(diff);
  std::string out;
  size_t at = 0, produced = 0;
  for (size_t i = 2; i < d.size();) {
    unsigned sa, ca, sb, cb;
    EXPECT_EQ(std::sscanf(d[i].c_str(), "@@ -%u,%u +%u,%u @@", &sa, &ca, &sb, &cb), 4) << d[i];
    ++i;
    size_t start = ca == 0 ? sa : sa - 1;
    while (at < start) out += a[at++], ++produced;
    EXPECT_EQ(produced, cb == 0 ? sb : sb - 1);
    for (; i < d.size() && d[i][0] != '@'; ++i) {
      if (d[i][0] == '\\') continue;
      std::string line = d[i].substr(1);
      if (i + 1 < d.size() && d[i + 1][0] == '\\') line.pop_back();
      if (d[i][0] == '+') {
        out += line, ++produced, --cb;
      } else {
        EXPECT_EQ(a[at], line);
        if (d[i][0] == ' ') out += line, ++produced, --cb;
        ++at, --ca;
      }
    }
    EXPECT_EQ(ca, 0u);
    EXPECT_EQ(cb, 0u);
  }
  while (at < a.size()) out += a[at++];
  return out;
}

TEST(UnifiedDiff, ShowsAChangeInContext) {
  EXPECT_EQ(UnifiedDiff("1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nfive\n6\n7\n8\n", "a", "b"),
            "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
  EXPECT_EQ(UnifiedDiff("x\n", "x\n", "a", "b"), "");
  EXPECT_EQ(UnifiedDiff("", "x\n", "a", "b"), "--- a\n+++ b\n@@ -0,0 +1,1 @@\n+x\n");
  EXPECT_EQ(UnifiedDiff("x", "x\n", "a", "b"),
            "--- a\n+++ b\n@@ -1,1 +1,1 @@\n-x\n\\ No newline at end of file\n+x\n");
}

RC_GTEST_PROP(UnifiedDiff, AppliesToItsSource, ()) {
  auto text = rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab\n\n")));
  std::string before = *text, after = *text;
  std::string diff = UnifiedDiff(before, after, "a", "b");
  RC_ASSERT(Apply(before, diff) == after);
  RC_ASSERT(diff.empty() == (before == after));
}

TEST(UnifiedDiff, PastTheEditLimitItIsStillCorrect) {
  for (int edits : {kMaxDiffEdits, kMaxDiffEdits + 2}) {
    std::string before, after;
    for (int i = 0; i < edits / 2; ++i) {
      before += "same\nx\n";
      after += "same\ny\n";
    }
    std::string diff = UnifiedDiff(before, after, "a", "b");
    EXPECT_EQ(Apply(before, diff), after);
    // The first line is common and always kept; past the limit no other is.
    bool kept = diff.find("\n same\n", diff.find("\n same\n") + 1) != std::string::npos;
    EXPECT_EQ(kept, edits <= kMaxDiffEdits) << edits;
  }
}

}  // namespace
}  // namespace polc::source
