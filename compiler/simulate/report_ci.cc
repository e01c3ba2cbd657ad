// Reports for pull requests and continuous integration.
#include <algorithm>

#include "compiler/simulate/report.h"
#include "compiler/source/render.h"
#include "compiler/source/xml.h"
#include "fmt/format.h"

namespace polc::simulate {

using source::Xml;

namespace {

// A fence that the text cannot close.
std::string Fenced(std::string_view language, const std::string& text) {
  std::string fence = "```";
  while (text.find(fence) != text.npos) fence += '`';
  std::string safe;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    safe += source::Printable(std::string_view(text).substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return fmt::format("{}{}\n{}{}\n", fence, language, safe, fence);
}

// One cell of a table.
std::string Cell(std::string_view text) {
  std::string out;
  for (const char c : source::Printable(text)) {
    if (c == '|' || c == '\\' || c == '<' || c == '*' || c == '_') out += '\\';
    out += c;
  }
  return out;
}

std::string Words(Bucket bucket) {
  std::string name(BucketName(bucket));
  std::ranges::replace(name, '_', ' ');
  return name;
}

std::string Title(const Report& report, const Group& group) {
  return fmt::format("{} by {}: {} to {}", Words(group.bucket), CauseText(report, group.cause), group.before,
                     group.after);
}

}  // namespace

std::string RenderMarkdown(const Report& report, const About& about) {
  std::string out = "### What this change does to recorded requests\n\n";
  out += fmt::format("{} records of {}; {} → {}.\n\n", report.records, Cell(about.log), Cell(about.before),
                     Cell(about.after));
  out +=
      "| looser | stricter | error | terms changed | unchanged | not replayable "
      "|\n|---|---|---|---|---|---|\n";
  auto count = [&](Bucket bucket) { return report.buckets[static_cast<size_t>(bucket)]; };
  out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", count(Bucket::kLooser), count(Bucket::kStricter),
                     count(Bucket::kError), count(Bucket::kTerms), count(Bucket::kUnchanged),
                     count(Bucket::kNotReplayable));
  if (!report.groups.empty()) {
    out += "\n| requests | | by | from | to | who | what | on |\n|---|---|---|---|---|---|---|---|\n";
    for (const Group& group : report.groups) {
      out += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", group.count, Words(group.bucket),
                         Cell(CauseText(report, group.cause)), Cell(group.before), Cell(group.after),
                         Cell(group.principal_type), Cell(group.action), Cell(group.resource_type));
    }
  }
  std::set<size_t> shown;
  for (const Group& group : report.groups) {
    for (const size_t number : group.cause.edits) {
      const Edit& edit = report.edits[number];
      if (edit.diff.empty() || !shown.insert(number).second) continue;
      out += fmt::format("\n<details><summary>{}</summary>\n\n{}\n</details>\n", Xml(Describe(edit)),
                         Fenced("diff", edit.diff));
    }
  }
  for (const Group& group : report.groups) {
    if (!group.smallest) continue;
    out += fmt::format("\n<details><summary>the smallest request that is {}</summary>\n\n{}\n</details>\n",
                       Xml(Title(report, group)), Fenced("json", RequestText(*group.smallest, about)));
  }
  for (const auto& [field, missing] : report.missing) {
    out += fmt::format("\n{} records are not replayable: {}\n", missing.count, Cell(field));
  }
  return out;
}

std::string RenderJUnit(const Report& report, const About& about, const std::set<Bucket>& fail_on) {
  size_t failures = 0;
  for (const Group& group : report.groups) failures += fail_on.contains(group.bucket);
  const size_t cases = report.groups.size() + 1;
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"{0}\" failures=\"{1}\">\n"
      "<testsuite name=\"polc simulate\" tests=\"{0}\" failures=\"{1}\">\n",
      cases, failures);
  out += fmt::format("<testcase classname=\"simulate\" name=\"{} records are replayed\"/>\n",
                     report.records - report.buckets[static_cast<size_t>(Bucket::kNotReplayable)]);
  for (const Group& group : report.groups) {
    out += fmt::format("<testcase classname=\"{}\" name=\"{}: {} {} {}\"", Words(group.bucket),
                       Xml(Title(report, group)), Xml(group.principal_type), Xml(group.action),
                       Xml(group.resource_type));
    if (!fail_on.contains(group.bucket)) {
      out += "/>\n";
      continue;
    }
    out += fmt::format("><failure message=\"{} records\">", group.count);
    if (group.smallest) out += Xml(RequestText(*group.smallest, about)) + "\n";
    for (const size_t edit : group.cause.edits) {
      // Its lines, each for itself: Printable shows a line feed as what it is.
      const std::string& diff = report.edits[edit].diff;
      for (size_t at = 0; at < diff.size();) {
        const size_t end = std::min(diff.find('\n', at), diff.size());
        out += Xml(std::string_view(diff).substr(at, end - at)) + "\n";
        at = end + 1;
      }
    }
    out += "</failure></testcase>\n";
  }
  return out + "</testsuite>\n</testsuites>\n";
}

}  // namespace polc::simulate
