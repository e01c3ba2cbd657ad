#include "compiler/coverage/report.h"

#include <map>

#include "compiler/source/diagnostic.h"
#include "compiler/source/quote.h"
#include "compiler/source/render.h"
#include "fmt/format.h"

namespace polc::coverage {

using source::Printable;
using source::Span;

namespace {

std::string Part(const Ratio& ratio) { return fmt::format("{} of {}", ratio.covered, ratio.all); }

std::string Heading(const Unit& unit) {
  return unit.kind == Unit::Kind::kRule ? fmt::format("rule {}", unit.id)
                                        : fmt::format("{} of {}", KindName(unit.kind), unit.id);
}

void WriteRatio(const char* name, const Ratio& ratio, llvm::json::OStream& json) {
  json.attributeObject(name, [&] {
    json.attribute("covered", static_cast<int64_t>(ratio.covered));
    json.attribute("all", static_cast<int64_t>(ratio.all));
    json.attribute("percent", ratio.percent());
  });
}

}  // namespace

std::string Missing(const Condition& condition) {
  if (!condition.counts()) return "";
  if (condition.reached() == 0) return "never reached";
  std::string out;
  for (const bool outcome : {true, false}) {
    const Outcome& shown = outcome ? condition.is_true : condition.is_false;
    if (!shown.open()) continue;
    if (!out.empty()) out += ", ";
    const std::string_view name = OutcomeName(condition.of, outcome);
    out += shown.masked > 0 ? fmt::format("{}, but never what decided", name) : fmt::format("never {}", name);
  }
  return out;
}

std::string Summary(const Coverage& coverage) {
  const Ratio outcomes = coverage.Outcomes();
  return fmt::format(
      "coverage: {} rules and clauses held, {} conditions reached, {} outcomes decided: {:.2f}%\n",
      Part(coverage.Units()), Part(coverage.Conditions()), Part(outcomes), outcomes.percent());
}

std::string ToText(const Coverage& coverage, const source::SourceMap& map) {
  std::string out;
  for (const Unit& unit : coverage.units) {
    std::string lines;
    for (const Condition& condition : unit.conditions) {
      const std::string missing = Missing(condition);
      if (missing.empty()) continue;
      lines += fmt::format("  {}: {}: `{}`\n", Printable(source::Place(map, condition.span)), missing,
                           source::Excerpt(map.text(condition.span)));
    }
    const bool never = unit.held == 0 && unit.can_hold;
    if (lines.empty() && !never) continue;
    out += fmt::format("{}: {}{}\n{}", Printable(source::Place(map, unit.span)), Printable(Heading(unit)),
                       never ? ": never held" : "", lines);
  }
  return out + Summary(coverage);
}

void ToJson(const Coverage& coverage, const source::SourceMap& map, llvm::json::OStream& json) {
  WriteRatio("rules", coverage.Units(), json);
  WriteRatio("conditions", coverage.Conditions(), json);
  WriteRatio("outcomes", coverage.Outcomes(), json);
  json.attributeArray("units", [&] {
    for (const Unit& unit : coverage.units) {
      json.object([&] {
        json.attribute("kind", std::string(KindName(unit.kind)));
        json.attribute("id", llvm::json::fixUTF8(unit.id));
        json.attribute("at", source::Place(map, unit.span));
        json.attribute("asked", static_cast<int64_t>(unit.asked));
        json.attribute("held", static_cast<int64_t>(unit.held));
        json.attributeArray("conditions", [&] {
          for (const Condition& condition : unit.conditions) {
            json.object([&] {
              json.attribute("at", source::Place(map, condition.span));
              json.attribute("text", llvm::json::fixUTF8(source::Excerpt(map.text(condition.span))));
              json.attributeArray("outcomes", [&] {
                for (const bool is : {true, false}) {
                  const Outcome& outcome = is ? condition.is_true : condition.is_false;
                  json.object([&] {
                    json.attribute("outcome", std::string(OutcomeName(condition.of, is)));
                    json.attribute("decided", static_cast<int64_t>(outcome.decided));
                    json.attribute("masked", static_cast<int64_t>(outcome.masked));
                    if (!outcome.possible) json.attribute("possible", false);
                  });
                }
              });
              if (condition.erred > 0) json.attribute("erred", static_cast<int64_t>(condition.erred));
            });
          }
        });
      });
    }
  });
}

std::string ToGithub(const Coverage& coverage, const source::SourceMap& map) {
  source::DiagnosticSink sink;
  for (const Unit& unit : coverage.units) {
    if (unit.held == 0 && unit.can_hold)
      sink.Report(source::Code::kNotCovered, unit.span, fmt::format("{} held in no test", Heading(unit)));
    for (const Condition& condition : unit.conditions) {
      const std::string missing = Missing(condition);
      if (missing.empty()) continue;
      sink.Report(source::Code::kNotCovered, condition.span,
                  fmt::format("{}: `{}`", missing, source::Excerpt(map.text(condition.span))));
    }
  }
  return source::RenderGithub(map, sink.diagnostics());
}

std::string ToLcov(const Coverage& coverage, const source::SourceMap& map) {
  struct Line {
    uint64_t count = 0;
    std::string branches;
  };
  struct File {
    std::map<uint32_t, Line> lines;
    std::string functions, counts;
    uint64_t units = 0, held = 0, branches = 0, taken = 0;
  };
  std::map<source::FileId, File> files;
  uint64_t block = 0;
  for (const Unit& unit : coverage.units) {
    File& file = files[unit.span.file];
    const uint32_t first = map.Resolve(unit.span.file, unit.span.begin).line;
    const std::string name = fmt::format("{}:{}", first, Heading(unit));
    file.functions += fmt::format("FN:{},{}\n", first, name);
    file.counts += fmt::format("FNDA:{},{}\n", unit.held, name);
    ++file.units;
    file.held += unit.held > 0;
    file.lines[first].count += unit.asked;
    for (const Condition& condition : unit.conditions) {
      if (!condition.span.valid()) continue;
      File& at = files[condition.span.file];
      Line& line = at.lines[map.Resolve(condition.span.file, condition.span.begin).line];
      if (&line != &file.lines[first]) line.count += condition.reached();
      for (const bool is : {true, false}) {
        const Outcome& outcome = is ? condition.is_true : condition.is_false;
        if (outcome.decided == 0 && !outcome.possible) continue;
        line.branches +=
            fmt::format("BRDA:{},{},{},{}\n", map.Resolve(condition.span.file, condition.span.begin).line,
                        block, is ? 0 : 1, condition.reached() > 0 ? std::to_string(outcome.decided) : "-");
        ++at.branches;
        at.taken += outcome.decided > 0;
      }
      ++block;
    }
  }
  std::string out;
  for (const auto& [id, file] : files) {
    out += fmt::format("TN:\nSF:{}\n{}{}FNF:{}\nFNH:{}\n", map.path(id), file.functions, file.counts,
                       file.units, file.held);
    for (const auto& [number, line] : file.lines) out += line.branches;
    out += fmt::format("BRF:{}\nBRH:{}\n", file.branches, file.taken);
    uint64_t hit = 0;
    for (const auto& [number, line] : file.lines) {
      out += fmt::format("DA:{},{}\n", number, line.count);
      hit += line.count > 0;
    }
    out += fmt::format("LF:{}\nLH:{}\nend_of_record\n", file.lines.size(), hit);
  }
  return out;
}

}  // namespace polc::coverage
