#include "compiler/explain/render.h"
#include "compiler/source/xml.h"
#include "fmt/format.h"

namespace polc::explain {
namespace {

constexpr std::string_view kStyle =
    R"(:root{color-scheme:light dark;--ink:#1c2128;--soft:#59636e;--paper:#fff;--card:#f6f8fa;--edge:#d1d9e0;--yes:#116338;--no:#a01c12;--error:#7a5200}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--paper:#0d1117;--card:#161b22;--edge:#3d444d;--yes:#56d364;--no:#ff7b72;--error:#e3b341}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:46rem;margin:0 auto;padding:1rem}
h1{font-size:1.25rem;margin:.5rem 0;overflow-wrap:anywhere}
h2{font-size:1rem;margin:1.75rem 0 .5rem;border-bottom:1px solid var(--edge);padding-bottom:.25rem}
.verdict{background:var(--card);border:1px solid var(--edge);border-left:.4rem solid var(--soft);border-radius:.5rem;padding:.75rem 1rem}
.verdict.yes{border-left-color:var(--yes)}.verdict.no{border-left-color:var(--no)}
.verdict b{display:block;font-size:1.1rem}
ul{list-style:none;margin:0;padding:0}
ul ul{padding-left:1.1rem;border-left:1px solid var(--edge);margin:.15rem 0 .35rem .3rem}
li{margin:.3rem 0;overflow-wrap:anywhere}
li.yes>.m{color:var(--yes)}li.no>.m{color:var(--no)}li.error>.m{color:var(--error)}
.m{font-weight:700;margin-right:.35rem}
code{font:0.9em ui-monospace,Menlo,Consolas,monospace;background:var(--card);border-radius:.25rem;padding:.05rem .3rem}
.at{color:var(--soft);font-size:.8rem;white-space:nowrap}
.path{overflow-x:auto}
.path svg{width:100%;min-width:30rem;height:auto}
@media print{body{background:#fff;color:#000}})";

// With a word for whoever does not see the sign.
std::string_view SignOf(Mark mark) {
  switch (mark) {
    case Mark::kYes:
      return "<span class=\"m\" role=\"img\" aria-label=\"yes\" title=\"yes\">✓</span>";
    case Mark::kNo:
      return "<span class=\"m\" role=\"img\" aria-label=\"no\" title=\"no\">✗</span>";
    case Mark::kError:
      return "<span class=\"m\" role=\"img\" aria-label=\"error\" title=\"error\">!</span>";
    case Mark::kPlain:
      return "";
  }
  return "";
}

void Put(const std::vector<Line>& lines, std::string* out) {
  if (lines.empty()) return;
  *out += "<ul>\n";
  for (const Line& line : lines) {
    *out += line.mark == Mark::kPlain ? std::string("<li>")
                                      : fmt::format("<li class=\"{}\">", MarkName(line.mark));
    *out += SignOf(line.mark);
    const std::string code = line.code.empty() ? "" : "<code>" + source::Xml(line.code) + "</code>";
    const std::string text = source::Xml(line.text);
    const bool leads = line.text.ends_with(" when") || line.text.ends_with(" is") ||
                       line.text.find(" by the ") != std::string::npos;
    *out += code.empty() ? text : text.empty() ? code : leads ? text + " " + code : code + ": " + text;
    if (!line.at.empty()) *out += " <span class=\"at\">" + source::Xml(line.at) + "</span>";
    Put(line.below, out);
    *out += "</li>\n";
  }
  *out += "</ul>\n";
}

}  // namespace

std::string ToHtml(const Document& document) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n"
      "<title>{0}: {1}</title>\n<style>\n{2}\n</style>\n</head>\n<body>\n<main>\n<h1>{1}</h1>\n"
      "<p class=\"verdict {3}\"><b>{0}</b>{4}</p>\n",
      source::Xml(document.outcome), source::Xml(document.asked), kStyle, MarkName(document.mark),
      source::Xml(document.lead));
  for (const Section& section : document.sections) {
    out += "<section>\n<h2>" + source::Xml(section.heading) + "</h2>\n";
    Put(section.lines, &out);
    out += "</section>\n";
  }
  if (!document.path.empty())
    // On a phone it is wider than the page and is scrolled, by keys, too.
    out +=
        "<section>\n<h2>The way to the decision</h2>\n"
        "<div class=\"path\" role=\"region\" aria-label=\"The way to the decision, as a picture\" "
        "tabindex=\"0\">\n" +
        ToSvg(document) + "</div>\n</section>\n";
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace polc::explain
