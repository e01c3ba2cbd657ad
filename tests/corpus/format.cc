// `polc fmt` against the reference formatter's own expectations.

#include "compiler/format/cedar_format.h"
#include "tests/corpus/runner.h"

namespace polc::tests {
namespace {

// Without the blank lines at both ends, which the expectations leave open.
std::string_view TrimBlankLines(std::string_view text) {
  while (text.starts_with('\n')) text.remove_prefix(1);
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

}  // namespace

void RunFormat(Suite& suite) {
  for (const fs::path& path : FilesEndingWith(suite.root / "format", ".cedar")) {
    const std::string name = fs::relative(path, suite.root).string();
    if (!suite.Takes(name)) continue;
    suite.report.Count("cases");
    Inputs inputs;
    const auto policies = inputs.File(path);
    const auto expected = inputs.File(fs::path(path).replace_extension(".expected"));
    if (!policies || !expected) {
      suite.report.Mismatch(name, "does not load" + inputs.Problems());
      continue;
    }
    const std::optional<std::string> formatted = format::FormatCedar(inputs.map, *policies, inputs.sink);
    if (!formatted) {
      suite.report.Mismatch(name, "does not parse" + inputs.Problems());
    } else if (TrimBlankLines(*formatted) != TrimBlankLines(inputs.map.text(*expected))) {
      suite.report.Mismatch(name, "is laid out as\n" + *formatted);
    }
  }
}

}  // namespace polc::tests
