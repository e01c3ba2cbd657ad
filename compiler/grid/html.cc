// Both reports as pages of their own: no script, nothing loaded. Tables have headers with scope; what a
// colour says, a word says, too. On a narrow screen a row's cells stand one under the other, each with its
// column's name.
#include <algorithm>

#include "compiler/grid/controls.h"
#include "compiler/grid/grid.h"
#include "compiler/source/xml.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::grid {
namespace {

using source::Xml;

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ink:#1c2024;--soft:#57606a;--line:#d0d7de;--paper:#fff;--card:#f6f8fa;--good:#1a7f37;--bad:#cf222e;
--badbg:#ffebe9}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#30363d;--paper:#0d1117;--card:#161b22;--good:#3fb950;
--bad:#ff7b72;--badbg:#3d1418}}
*{box-sizing:border-box}body{margin:0 auto;max-width:72rem;padding:1rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);
background:var(--paper)}h1{font-size:1.4rem;margin:.5rem 0}h2{font-size:1.1rem;margin:1.6rem 0 .3rem}p{margin:.3rem 0}
.soft{color:var(--soft)}code{font:13px/1.45 ui-monospace,monospace;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;table-layout:fixed;margin:.5rem 0}
th,td{text-align:left;vertical-align:top;border:1px solid var(--line);padding:.4rem .55rem;overflow-wrap:anywhere}
thead th{background:var(--card)}th small{display:block;font-weight:400;color:var(--soft)}ul{margin:0;padding-left:1.1rem}
td.empty{background:var(--badbg)}td.empty b{color:var(--bad)}td.none{color:var(--soft)}.yes{color:var(--good)}
@media(max-width:44rem){table,tbody,tr,th,td{display:block;width:100%;border-width:0 0 1px}thead{position:absolute;left:-9999px}
tr{border:1px solid var(--line);border-radius:6px;margin:.6rem 0;overflow:hidden}tbody th{background:var(--card)}
td::before{content:attr(data-of);display:block;font-size:.85rem;color:var(--soft)}}
)";

std::string Page(std::string_view title, const std::string& body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n"
      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<main>\n<h1>{0}</h1>\n{2}</main>\n</body>\n</"
      "html>\n",
      Xml(title), kStyle, body);
}

std::string List(const std::vector<std::string>& items) {
  std::string out = "<ul>";
  for (const std::string& item : items) out += fmt::format("<li>{}</li>", source::XmlWithNames(item));
  return out + "</ul>";
}

std::string CellHtml(const Level& level, const Cell& cell) {
  if (!level.granted)
    return fmt::format("<td role=\"cell\" class=\"none\" data-of=\"{}\">not granted</td>", Xml(level.name));
  if (cell.answered())
    return fmt::format("<td role=\"cell\" data-of=\"{}\">{}</td>", Xml(level.name), List(cell.by));
  return fmt::format("<td role=\"cell\" class=\"empty\" data-of=\"{}\"><b>Empty.</b>{}</td>", Xml(level.name),
                     List(cell.missing));
}

}  // namespace

std::string GridHtml(const Grid& grid, std::string_view title) {
  std::string body =
      fmt::format("<p>{} empty where agents act alone, {} below.</p>\n", grid.empty_alone, grid.empty_helped);
  if (!grid.has_levels) body += "<p>No levels of autonomy: what is allowed, agents do alone.</p>\n";
  for (const Row& row : grid.rows) {
    body += fmt::format(
        "<h2>{}</h2>\n<p class=\"soft\">{}: {}</p>\n<table role=\"table\">\n<thead role=\"rowgroup\"><tr "
        "role=\"row\"><th scope=\"col\" role=\"columnheader\">Question</th>",
        Xml(row.action_class.empty() ? "without a class" : row.action_class),
        core::ReversibilityName(row.reversibility), Xml(fmt::format("{}", fmt::join(row.actions, ", "))));
    for (const Level& level : row.levels) {
      body += fmt::format("<th scope=\"col\" role=\"columnheader\">{}</th>", Xml(level.name));
    }
    body += "</tr></thead>\n<tbody role=\"rowgroup\">\n";
    for (size_t i = 0; i < kQuestions; ++i) {
      const auto question = static_cast<Question>(i);
      body += fmt::format("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">{}<small>{}</small></th>",
                          QuestionName(question), QuestionText(question));
      for (const Level& level : row.levels) body += CellHtml(level, level.cells[i]);
      body += "</tr>\n";
    }
    body += "</tbody>\n</table>\n";
  }
  return Page(title, body);
}

std::string ControlsHtml(const std::vector<ControlRow>& rows, std::string_view title) {
  const auto met = std::ranges::count_if(rows, &ControlRow::met),
             tested = std::ranges::count_if(rows, &ControlRow::tested);
  std::string body =
      fmt::format("<p>{} of {} clauses met by a rule in force, {} of them by one that a test shows.</p>\n",
                  met, rows.size(), tested);
  std::string catalogue;
  for (const ControlRow& row : rows) {
    if (row.catalogue != catalogue) {
      if (!catalogue.empty()) body += "</tbody>\n</table>\n";
      catalogue = row.catalogue;
      body += fmt::format(
          "<h2>{}</h2>\n<table role=\"table\">\n<thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" "
          "role=\"columnheader\">Clause</th><th scope=\"col\" role=\"columnheader\">Rules</th>"
          "<th scope=\"col\" role=\"columnheader\">Tests</th></tr></thead>\n<tbody role=\"rowgroup\">\n",
          Xml(catalogue));
    }
    std::vector<std::string> rules, tests;
    for (const ControlRow::By& by : row.by) {
      rules.push_back(by.rule + (by.shadow ? " (shadow)" : ""));
      for (const std::string& test : by.tests) {
        if (std::ranges::count(tests, test) == 0) tests.push_back(test);
      }
    }
    body += fmt::format("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">{}<small>{}</small></th>",
                        Xml(row.clause), Xml(row.text));
    body += row.met()
                ? fmt::format("<td role=\"cell\" data-of=\"Rules\">{}</td>", List(rules))
                : fmt::format(
                      "<td role=\"cell\" class=\"empty\" data-of=\"Rules\"><b>Nothing in force.</b>{}</td>",
                      List(rules));
    body += tests.empty() ? "<td role=\"cell\" class=\"none\" data-of=\"Tests\">none</td>"
                          : fmt::format("<td role=\"cell\" data-of=\"Tests\">{}</td>", List(tests));
    body += "</tr>\n";
  }
  if (!catalogue.empty()) body += "</tbody>\n</table>\n";
  return Page(title, body);
}

}  // namespace polc::grid
