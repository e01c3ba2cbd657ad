// Both reports as text and as JSON.
#include <algorithm>

#include "compiler/grid/controls.h"
#include "compiler/grid/grid.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace polc::grid {
namespace {

std::string ClassName(const Row& row) {
  return row.action_class.empty() ? "without a class" : row.action_class;
}

void Strings(llvm::json::OStream& json, llvm::StringRef key, const std::vector<std::string>& list) {
  json.attributeArray(key, [&] {
    for (const std::string& item : list) json.value(llvm::json::fixUTF8(item));
  });
}

// What `body` writes, in two-space indentation.
template <typename F>
std::string Json(F body) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  llvm::json::OStream json(stream, 2);
  json.object([&] { body(json); });
  return out + "\n";
}

}  // namespace

std::string GridText(const Grid& grid) {
  std::string out;
  if (!grid.has_levels && !grid.rows.empty()) {
    out += "no levels of autonomy: what is allowed, agents do alone (`use std.autonomy`)\n\n";
  }
  for (const Row& row : grid.rows) {
    out += fmt::format("{} ({}): {}\n", ClassName(row), core::ReversibilityName(row.reversibility),
                       fmt::join(row.actions, ", "));
    for (const Level& level : row.levels) {
      if (!level.granted) {
        out += fmt::format("  {}: not granted\n", level.name);
        continue;
      }
      out += fmt::format(
          "  {}{}\n", level.name,
          level.granted_by.empty() ? "" : fmt::format(", granted by {}", fmt::join(level.granted_by, ", ")));
      for (size_t i = 0; i < kQuestions; ++i) {
        const Cell& cell = level.cells[i];
        out += fmt::format("    {:<15}{}\n", QuestionName(static_cast<Question>(i)),
                           cell.answered() ? fmt::format("{}", fmt::join(cell.by, "; "))
                                           : fmt::format("EMPTY: {}", fmt::join(cell.missing, "; ")));
      }
    }
    out += '\n';
  }
  out += fmt::format("{} class{}; {} empty cell{} where agents act alone, {} below\n", grid.rows.size(),
                     grid.rows.size() == 1 ? "" : "es", grid.empty_alone, grid.empty_alone == 1 ? "" : "s",
                     grid.empty_helped);
  return out;
}

std::string GridJson(const Grid& grid) {
  return Json([&](llvm::json::OStream& json) {
    json.attribute("has_levels", grid.has_levels);
    json.attribute("empty_alone", static_cast<int64_t>(grid.empty_alone));
    json.attribute("empty_helped", static_cast<int64_t>(grid.empty_helped));
    json.attributeArray("classes", [&] {
      for (const Row& row : grid.rows) {
        json.object([&] {
          json.attribute("class", llvm::json::fixUTF8(row.action_class));
          json.attribute("reversibility", llvm::StringRef(core::ReversibilityName(row.reversibility)));
          Strings(json, "actions", row.actions);
          json.attributeArray("levels", [&] {
            for (const Level& level : row.levels) {
              json.object([&] {
                json.attribute("level", llvm::json::fixUTF8(level.name));
                json.attribute("granted", level.granted);
                if (!level.granted) return;
                Strings(json, "granted_by", level.granted_by);
                for (size_t i = 0; i < kQuestions; ++i) {
                  const Cell& cell = level.cells[i];
                  json.attributeObject(llvm::StringRef(QuestionName(static_cast<Question>(i))), [&] {
                    json.attribute("answered", cell.answered());
                    Strings(json, "by", cell.by);
                    if (!cell.answered()) Strings(json, "missing", cell.missing);
                  });
                }
              });
            }
          });
        });
      }
    });
  });
}

std::string ControlsText(const std::vector<ControlRow>& rows) {
  std::string out, catalogue;
  size_t met = 0, tested = 0;
  for (const ControlRow& row : rows) {
    met += row.met();
    tested += row.tested();
    if (row.catalogue != catalogue) {
      out += fmt::format("{}{}\n", catalogue.empty() ? "" : "\n", row.catalogue);
      catalogue = row.catalogue;
    }
    out += fmt::format("  {:<22} {}\n", row.clause, row.text);
    if (row.by.empty()) out += "    nothing\n";
    for (const ControlRow::By& by : row.by) {
      out += fmt::format("    {}{}: {}\n", by.rule, by.shadow ? " (shadow)" : "",
                         by.tests.empty() ? "no test" : fmt::format("{}", fmt::join(by.tests, "; ")));
    }
  }
  if (rows.empty()) return "no rule meets a control\n";
  return out + fmt::format("\n{} of {} clauses met by a rule in force, {} of them by one that a test shows\n",
                           met, rows.size(), tested);
}

std::string ControlsJson(const std::vector<ControlRow>& rows) {
  return Json([&](llvm::json::OStream& json) {
    json.attributeArray("controls", [&] {
      for (const ControlRow& row : rows) {
        json.object([&] {
          json.attribute("catalogue", row.catalogue);
          json.attribute("clause", row.clause);
          json.attribute("text", row.text);
          json.attribute("met", row.met());
          json.attribute("tested", row.tested());
          json.attributeArray("by", [&] {
            for (const ControlRow::By& by : row.by) {
              json.object([&] {
                json.attribute("rule", llvm::json::fixUTF8(by.rule));
                json.attribute("shadow", by.shadow);
                Strings(json, "tests", by.tests);
              });
            }
          });
        });
      }
    });
  });
}

}  // namespace polc::grid
