#include "compiler/source/diff.h"

#include <algorithm>
#include <vector>

#include "fmt/format.h"

namespace polc::source {
namespace {

constexpr size_t kContext = 3;

enum class EditKind : char { kKeep = ' ', kDelete = '-', kInsert = '+' };
struct Edit {
  EditKind kind;
  std::string_view line;  // with its line break, if it has one
};

std::vector<std::string_view> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    size_t end = text.find('\n');
    end = end == text.npos ? text.size() : end + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

// The shortest edit script of a to b, or a whole replacement past kMaxDiffEdits.
std::vector<Edit> Script(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  const int n = static_cast<int>(a.size()), m = static_cast<int>(b.size());
  const int max = std::min(n + m, kMaxDiffEdits);
  // furthest[k + max]: the largest x reached on diagonal k = x - y; trace keeps it per number of edits.
  std::vector<int> furthest(2 * max + 2, 0);
  std::vector<std::vector<int>> trace;
  bool found = false;
  for (int d = 0; d <= max && !found; ++d) {
    trace.emplace_back(furthest.begin() + (max - d), furthest.begin() + (max + d) + 1);
    for (int k = -d; k <= d && !found; k += 2) {
      bool down = k == -d || (k != d && furthest[k - 1 + max] < furthest[k + 1 + max]);
      int x = down ? furthest[k + 1 + max] : furthest[k - 1 + max] + 1;
      int y = x - k;
      while (x < n && y < m && a[x] == b[y]) ++x, ++y;
      furthest[k + max] = x;
      found = x >= n && y >= m;
    }
  }
  std::vector<Edit> script;
  if (!found) {
    for (std::string_view line : a) script.push_back({EditKind::kDelete, line});
    for (std::string_view line : b) script.push_back({EditKind::kInsert, line});
    return script;
  }
  int x = n, y = m;
  for (int d = static_cast<int>(trace.size()) - 1; d >= 0; --d) {
    const std::vector<int>& before = trace[d];  // furthest on diagonals -d..d before step d
    auto at = [&](int k) { return before[k + d]; };
    int k = x - y;
    bool down = d > 0 && (k == -d || (k != d && at(k - 1) < at(k + 1)));
    int previous_k = down ? k + 1 : k - 1;
    int previous_x = d > 0 ? at(previous_k) : 0, previous_y = d > 0 ? previous_x - previous_k : 0;
    while (x > previous_x && y > previous_y) script.push_back({EditKind::kKeep, a[--x]}), --y;
    if (d == 0) break;
    script.push_back(down ? Edit{EditKind::kInsert, b[--y]} : Edit{EditKind::kDelete, a[--x]});
  }
  std::reverse(script.begin(), script.end());
  return script;
}

}  // namespace

std::string UnifiedDiff(std::string_view before, std::string_view after, std::string_view before_name,
                        std::string_view after_name) {
  if (before == after) return "";
  std::vector<std::string_view> a = SplitLines(before), b = SplitLines(after);
  // Common ends cost nothing and keep large, nearly equal files within the edit limit.
  std::vector<Edit> script;
  size_t head = 0, tail = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
  while (tail < a.size() - head && tail < b.size() - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail])
    ++tail;
  for (size_t i = 0; i < head; ++i) script.push_back({EditKind::kKeep, a[i]});
  for (const Edit& e : Script({a.begin() + head, a.end() - tail}, {b.begin() + head, b.end() - tail})) {
    script.push_back(e);
  }
  for (size_t i = a.size() - tail; i < a.size(); ++i) script.push_back({EditKind::kKeep, a[i]});

  std::string out = fmt::format("--- {}\n+++ {}\n", before_name, after_name);
  size_t line_a = 1, line_b = 1;
  for (size_t i = 0; i < script.size();) {
    if (script[i].kind == EditKind::kKeep) {
      ++i, ++line_a, ++line_b;
      continue;
    }
    // A hunk: from kContext lines before this change until 2 * kContext equal lines follow the last one.
    size_t begin = i - std::min(i, kContext), last = i;
    for (size_t j = i; j < script.size() && j <= last + 2 * kContext; ++j) {
      if (script[j].kind != EditKind::kKeep) last = j;
    }
    size_t end = std::min(script.size(), last + kContext + 1);
    size_t start_a = line_a - (i - begin), start_b = line_b - (i - begin), count_a = 0, count_b = 0;
    std::string body;
    for (size_t j = begin; j < end; ++j) {
      const Edit& e = script[j];
      count_a += e.kind != EditKind::kInsert;
      count_b += e.kind != EditKind::kDelete;
      body += static_cast<char>(e.kind);
      body += e.line;
      if (!e.line.ends_with('\n')) body += "\n\\ No newline at end of file\n";
    }
    // An empty side is named by the line before it.
    out += fmt::format("@@ -{},{} +{},{} @@\n{}", count_a == 0 ? start_a - 1 : start_a, count_a,
                       count_b == 0 ? start_b - 1 : start_b, count_b, body);
    line_a = start_a + count_a;
    line_b = start_b + count_b;
    i = end;
  }
  return out;
}

}  // namespace polc::source
