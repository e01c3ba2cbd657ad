#include "compiler/policytest/report.h"

#include <algorithm>

#include "compiler/source/diagnostic.h"
#include "compiler/source/render.h"
#include "compiler/source/xml.h"
#include "fmt/format.h"

namespace polc::policytest {

using source::Printable;
using source::Xml;

size_t Failed(const std::vector<Ran>& ran) {
  return static_cast<size_t>(std::ranges::count_if(ran, [](const Ran& r) { return !r.result.passed(); }));
}

std::string ToText(const std::vector<Ran>& ran, const source::SourceMap& map) {
  std::string out;
  for (const Ran& r : ran) {
    if (r.result.passed()) continue;
    out += fmt::format("{}: failed: {}\n", Printable(source::Place(map, r.test->span)),
                       Printable(NameOf(*r.test)));
    for (const std::string& difference : r.result.differences)
      out += fmt::format("  {}\n", Printable(difference));
    for (const std::string& line : r.seen) out += fmt::format("    {}\n", Printable(line));
  }
  return out + fmt::format("{} of {} tests passed\n", ran.size() - Failed(ran), ran.size());
}

void ToJson(const std::vector<Ran>& ran, const source::SourceMap& map, llvm::json::OStream& json) {
  json.attribute("passed", static_cast<int64_t>(ran.size() - Failed(ran)));
  json.attribute("failed", static_cast<int64_t>(Failed(ran)));
  json.attributeArray("tests", [&] {
    for (const Ran& r : ran) {
      json.object([&] {
        json.attribute("name", llvm::json::fixUTF8(NameOf(*r.test)));
        json.attribute("at", source::Place(map, r.test->span));
        json.attribute("passed", r.result.passed());
        json.attribute("decision", llvm::json::fixUTF8(Summary(r.result.decision)));
        json.attributeArray("differences", [&] {
          for (const std::string& difference : r.result.differences)
            json.value(llvm::json::fixUTF8(difference));
        });
        if (r.seen.empty()) return;
        json.attributeArray("seen", [&] {
          for (const std::string& line : r.seen) json.value(llvm::json::fixUTF8(line));
        });
      });
    }
  });
}

std::string ToJUnit(const std::vector<Ran>& ran, const source::SourceMap& map) {
  double seconds = 0;
  for (const Ran& r : ran) seconds += r.seconds;
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"{0}\" failures=\"{1}\" "
      "time=\"{2:.3f}\">\n"
      "<testsuite name=\"polc\" tests=\"{0}\" failures=\"{1}\" time=\"{2:.3f}\">\n",
      ran.size(), Failed(ran), seconds);
  for (const Ran& r : ran) {
    out += fmt::format("<testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.6f}\"",
                       Xml(r.test->policy), Xml(r.test->title), Xml(map.path(r.test->span.file)),
                       map.Resolve(r.test->span.file, r.test->span.begin).line, r.seconds);
    if (r.result.passed()) {
      out += "/>\n";
      continue;
    }
    out += fmt::format("><failure message=\"{}\">", Xml(r.result.differences.front()));
    for (const std::string& difference : r.result.differences) out += Xml(difference) + "\n";
    for (const std::string& line : r.seen) out += "  " + Xml(line) + "\n";
    out += "</failure></testcase>\n";
  }
  return out + "</testsuite>\n</testsuites>\n";
}

namespace {

// `#` and `\` mean something in a TAP description; a line break ends it.
std::string TapText(std::string_view text) {
  std::string out;
  for (const char c : Printable(text)) {
    if (c == '#' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// A YAML text in double quotes, which is a JSON text.
std::string YamlText(std::string_view text) {
  std::string out = "\"";
  for (const char c : Printable(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string ToTap(const std::vector<Ran>& ran, const source::SourceMap& map) {
  std::string out = fmt::format("TAP version 14\n1..{}\n", ran.size());
  for (size_t i = 0; i < ran.size(); ++i) {
    const Ran& r = ran[i];
    out += fmt::format("{}ok {} - {}\n", r.result.passed() ? "" : "not ", i + 1, TapText(NameOf(*r.test)));
    if (r.result.passed()) continue;
    out += fmt::format("  ---\n  at: {}\n  differences:\n", YamlText(source::Place(map, r.test->span)));
    for (const std::string& difference : r.result.differences)
      out += fmt::format("    - {}\n", YamlText(difference));
    if (!r.seen.empty()) {
      out += "  seen:\n";
      for (const std::string& line : r.seen) out += fmt::format("    - {}\n", YamlText(line));
    }
    out += "  ...\n";
  }
  return out;
}

std::string ToGithub(const std::vector<Ran>& ran, const source::SourceMap& map) {
  source::DiagnosticSink sink;
  for (const Ran& r : ran) {
    if (r.result.passed()) continue;
    std::string message = fmt::format("{}: {}", NameOf(*r.test), r.result.differences.front());
    for (size_t i = 1; i < r.result.differences.size(); ++i) message += "; " + r.result.differences[i];
    sink.Report(source::Code::kTestFailed, r.test->span, std::move(message));
  }
  return source::RenderGithub(map, sink.diagnostics());
}

}  // namespace polc::policytest
