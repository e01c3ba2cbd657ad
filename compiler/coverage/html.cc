#include <algorithm>
#include <map>
#include <vector>

#include "compiler/coverage/report.h"
#include "compiler/source/quote.h"
#include "compiler/source/render.h"
#include "compiler/source/xml.h"
#include "fmt/format.h"

namespace polc::coverage {

using source::Xml;

namespace {

constexpr std::string_view kStyle =
    R"(:root{color-scheme:light dark;--ink:#1c2128;--soft:#59636e;--paper:#fff;--card:#f6f8fa;--edge:#d1d9e0;--yes:#116338;--no:#a01c12;--some:#7a5200;--yesbg:#e6f6ec;--nobg:#fdeceb;--somebg:#fdf3dc}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--paper:#0d1117;--card:#161b22;--edge:#3d444d;--yes:#56d364;--no:#ff7b72;--some:#e3b341;--yesbg:#10281a;--nobg:#331614;--somebg:#2e2411}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:72rem;margin:0 auto;padding:1rem}
h1{font-size:1.25rem;margin:.5rem 0}
h2{font-size:1rem;margin:1.75rem 0 .5rem;border-bottom:1px solid var(--edge);padding-bottom:.25rem;overflow-wrap:anywhere}
a{color:inherit}
a:focus-visible,summary:focus-visible,pre:focus-visible{outline:3px solid var(--some);outline-offset:2px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem;z-index:1}
.figures{display:flex;flex-wrap:wrap;gap:.75rem;margin:0;padding:0;list-style:none}
.figures li{flex:1 1 11rem;background:var(--card);border:1px solid var(--edge);border-radius:.5rem;padding:.5rem .75rem}
.figures b{display:block;font-size:1.25rem}
.gaps{margin:0;padding-left:1.25rem}.gaps li{margin:.3rem 0;overflow-wrap:anywhere}.gaps ul{padding-left:1.1rem}
code{font:0.9em ui-monospace,Menlo,Consolas,monospace;background:var(--card);border-radius:.25rem;padding:.05rem .3rem}
.at,small{color:var(--soft);font-size:.8rem}
pre{margin:0;overflow-x:auto;border:1px solid var(--edge);border-radius:.5rem;font:13px/1.55 ui-monospace,Menlo,Consolas,monospace;padding:.5rem 0}
.l{display:block;min-height:1.55em;padding-right:1rem;width:max-content;min-width:100%}
.l:target{box-shadow:inset .3rem 0 var(--some)}
.n{display:inline-block;width:3.5rem;padding-right:.75rem;text-align:right;color:var(--soft);user-select:none}
.yes{background:var(--yesbg)}.no{background:var(--nobg)}.some{background:var(--somebg)}
mark{color:inherit;background:none;border-bottom:2px solid}
mark.no{color:var(--no)}mark.some{color:var(--some)}
.why{color:var(--no);font-style:italic;padding-left:1rem}
@media(max-width:40rem){.n{width:2.25rem;padding-right:.4rem}pre{font-size:12px}}
@media print{body{background:#fff;color:#000}pre{overflow:visible;white-space:pre-wrap}})";

enum class State : uint8_t { kNone, kYes, kSome, kNo };

struct Mark {
  uint32_t begin = 0, end = 0;  // within the file
  State state = State::kNone;
  std::string why;
};

State StateOf(const Condition& condition) {
  if (Missing(condition).empty()) return State::kYes;
  return condition.is_true.decided + condition.is_false.decided > 0 ? State::kSome : State::kNo;
}
std::string_view ClassOf(State state) {
  constexpr std::string_view kNames[] = {"", "yes", "some", "no"};
  return kNames[static_cast<size_t>(state)];
}

std::string Anchor(source::FileId file, uint32_t line) { return fmt::format("f{}-{}", file, line); }

void Figure(const char* what, const Ratio& ratio, std::string* out) {
  *out +=
      fmt::format("<li><b>{:.2f}%</b> {} of {} {}</li>\n", ratio.percent(), ratio.covered, ratio.all, what);
}

void Gaps(const Coverage& coverage, const source::SourceMap& map, std::string* out) {
  std::string items;
  for (const Unit& unit : coverage.units) {
    std::string inner;
    for (const Condition& c : unit.conditions) {
      const std::string missing = Missing(c);
      if (missing.empty()) continue;
      const uint32_t line = map.Resolve(c.span.file, c.span.begin).line;
      inner += fmt::format("<li>{}: <a href=\"#{}\"><code>{}</code></a></li>\n", Xml(missing),
                           Anchor(c.span.file, line), Xml(source::Excerpt(map.text(c.span))));
    }
    const bool never = unit.held == 0 && unit.can_hold;
    if (inner.empty() && !never) continue;
    items += fmt::format("<li>{} <a href=\"#{}\"><code>{}</code></a>{} <span class=\"at\">{}</span>",
                         KindName(unit.kind),
                         Anchor(unit.span.file, map.Resolve(unit.span.file, unit.span.begin).line),
                         Xml(unit.id), never ? ": never held" : "", Xml(source::Place(map, unit.span)));
    if (!inner.empty()) items += "<ul>\n" + inner + "</ul>";
    items += "</li>\n";
  }
  *out += "<section>\n<h2>What no test shows</h2>\n";
  *out += items.empty() ? "<p>Nothing is missing.</p>\n" : "<ul class=\"gaps\">\n" + items + "</ul>\n";
  *out += "</section>\n";
}

// One line of source, with the marks that begin on it; what a mark spans beyond the line is not marked.
void Source(const source::SourceMap& map, source::FileId file, std::vector<Mark> marks, std::string* out) {
  std::ranges::stable_sort(marks, {}, &Mark::begin);
  const std::string_view text = map.text(file);
  *out +=
      fmt::format("<section>\n<h2>{0}</h2>\n<pre tabindex=\"0\" aria-label=\"{0}\">", Xml(map.path(file)));
  size_t next = 0;
  uint32_t number = 0;
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at);
    if (end == std::string_view::npos) end = text.size();
    ++number;
    std::string inner, why;
    State worst = State::kNone;
    size_t done = at;
    for (; next < marks.size() && marks[next].begin < std::max(end, at + 1); ++next) {
      const Mark& mark = marks[next];
      if (mark.state > worst) worst = mark.state;
      if (!mark.why.empty() && why.find(mark.why) == std::string::npos)
        why += (why.empty() ? "" : "; ") + mark.why;
      if (mark.state <= State::kYes || mark.begin < done) continue;
      const size_t stop = std::min<size_t>(mark.end, end);
      inner += Xml(text.substr(done, mark.begin - done));
      inner += fmt::format("<mark class=\"{}\">{}</mark>", ClassOf(mark.state),
                           Xml(text.substr(mark.begin, stop - mark.begin)));
      done = stop;
    }
    inner += Xml(text.substr(done, end - done));
    *out += fmt::format("<span class=\"l {}\" id=\"{}\"><span class=\"n\">{}</span>{}", ClassOf(worst),
                        Anchor(file, number), number, inner);
    if (!why.empty()) *out += fmt::format("<span class=\"why\">← {}</span>", Xml(why));
    *out += "</span>";
    at = end + 1;
  }
  *out += "</pre>\n</section>\n";
}

}  // namespace

std::string ToHtml(const Coverage& coverage, const source::SourceMap& map) {
  const Ratio outcomes = coverage.Outcomes();
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n"
      "<title>Policy coverage: {:.2f}%</title>\n<style>\n{}\n</style>\n</head>\n<body>\n"
      "<a class=\"skip\" href=\"#sources\">To the sources</a>\n<main>\n<h1>Policy coverage</h1>\n"
      "<ul class=\"figures\">\n",
      outcomes.percent(), kStyle);
  Figure("rules and clauses held", coverage.Units(), &out);
  Figure("conditions reached", coverage.Conditions(), &out);
  Figure("outcomes of conditions decided", outcomes, &out);
  out += "</ul>\n";
  Gaps(coverage, map, &out);
  std::map<source::FileId, std::vector<Mark>> files;
  for (const Unit& unit : coverage.units) {
    const bool never = unit.held == 0 && unit.can_hold;
    const auto first_line_end =
        std::min<size_t>(map.text(unit.span.file).find('\n', unit.span.begin), unit.span.end);
    const bool clause = unit.kind == Unit::Kind::kClause;  // is its condition
    if (!clause || never) {
      files[unit.span.file].push_back({unit.span.begin,
                                       clause ? unit.span.begin : static_cast<uint32_t>(first_line_end),
                                       never ? State::kNo : State::kYes, never ? "never held" : ""});
    }
    for (const Condition& c : unit.conditions) {
      if (!c.counts()) continue;
      const std::string missing = Missing(c);
      files[c.span.file].push_back({c.span.begin, c.span.end, StateOf(c), missing});
    }
  }
  out += "<div id=\"sources\">\n";
  for (auto& [file, marks] : files) Source(map, file, std::move(marks), &out);
  return out + "</div>\n</main>\n</body>\n</html>\n";
}

}  // namespace polc::coverage
