// The report as one page: no script, no font, no picture from anywhere else. Charts are SVG with their
// numbers as text beside them; it reads from a telephone's width on, in light and dark. One heading a group,
// so that a reader by ear or by keyboard goes from change to change.
#include <algorithm>
#include <array>

#include "compiler/simulate/figures.h"
#include "compiler/source/xml.h"
#include "fmt/format.h"

namespace polc::simulate {

using source::Xml;
using source::XmlWithNames;

namespace {

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ink:#1c2024;--soft:#57606a;--line:#d0d7de;--paper:#fff;--card:#f6f8fa;
--b0:#8b98a5;--b1:#8250df;--b2:#0969da;--b3:#cf222e;--b4:#bc4c00;--b5:#57606a;--add:#dafbe1;--del:#ffebe9}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#30363d;--paper:#0d1117;--card:#161b22;
--b0:#6e7681;--b1:#a371f7;--b2:#4493f8;--b3:#f85149;--b4:#db6d28;--b5:#9198a1;--add:#12361f;--del:#4b1113}}
*{box-sizing:border-box}body{margin:0 auto;max-width:60rem;padding:1rem;font:16px/1.5 system-ui,sans-serif;
color:var(--ink);background:var(--paper);overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}h2{font-size:1.2rem;margin:2rem 0 .5rem;padding-bottom:.2rem;
border-bottom:1px solid var(--line)}h3{font-size:1rem;margin:0 0 .3rem;font-weight:400}h3 b{margin-right:.15em}
p{margin:.4rem 0}.soft{color:var(--soft)}code,pre{font:13px/1.45 ui-monospace,monospace}
pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.6rem;margin:.4rem 0;
white-space:pre-wrap}.add{background:var(--add);display:block}.del{background:var(--del);display:block}
section.flip{border:1px solid var(--line);border-left:5px solid var(--b0);border-radius:6px;padding:.7rem .9rem;margin:.8rem 0}
section.flip p{margin:.15rem 0}details{margin-top:.3rem}summary{cursor:pointer;padding:.15rem 0;color:var(--soft)}
.b1{border-left-color:var(--b1)!important}.b2{border-left-color:var(--b2)!important}.b3{border-left-color:var(--b3)!important}
.b4{border-left-color:var(--b4)!important}.key{display:flex;flex-wrap:wrap;gap:.3rem 1rem;list-style:none;padding:0;margin:.4rem 0}
.dot{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.35em;vertical-align:-.05em}
svg{width:100%;height:1.6rem;display:block;border-radius:3px}ul{padding-left:1.2rem;margin:.4rem 0}
table{border-collapse:collapse;width:100%;font-size:.95rem;margin:.6rem 0 1.2rem}th,td{text-align:left;padding:.3rem .8rem .3rem 0;
border-bottom:1px solid var(--line);vertical-align:top}thead th{color:var(--soft);font-weight:400}tbody th{font-weight:400}
.n{text-align:right;padding-right:0;white-space:nowrap;font-variant-numeric:tabular-nums}td.n+td.n,th.n+th.n{padding-left:.8rem}
.pairs th{width:58%}.days{display:grid;grid-template-columns:max-content 1fr;gap:.35rem .8rem;align-items:center;margin:.4rem 0}
@media(max-width:36rem){.pairs tr,.pairs th,.pairs td{display:block;width:auto;border:0;padding:0}
.pairs tr{border-bottom:1px solid var(--line);padding:.35rem 0}.pairs td{color:var(--soft)}}
)";

constexpr std::array kShown = {Bucket::kUnchanged, Bucket::kTerms, Bucket::kStricter,
                               Bucket::kLooser,    Bucket::kError, Bucket::kNotReplayable};
constexpr std::array kOutcomeColors = {"b2", "b1", "b4", "b0", "b3"};

std::string_view ColorOf(Bucket bucket) {
  switch (bucket) {
    case Bucket::kTerms:
      return "b1";
    case Bucket::kStricter:
      return "b2";
    case Bucket::kLooser:
      return "b3";
    case Bucket::kError:
      return "b4";
    case Bucket::kNotReplayable:
      return "b5";
    case Bucket::kUnchanged:
      break;
  }
  return "b0";
}

std::string Words(std::string_view name) {
  std::string out(name);
  std::ranges::replace(out, '_', ' ');
  return out;
}

// `deny (no_grant)` in words.
std::string OutcomeWords(std::string_view outcome) {
  constexpr std::pair<std::string_view, std::string_view> kWhy[] = {
      {"forbidden", "a rule forbids it"},
      {"no_grant", "no rule allows it"},
      {"error", "a rule that would decide errs"},
      {"invalid_request", "the request does not fit the model"},
      {"unknown_entity", "it names an entity that is not known"},
      {"unenforceable", "a limit cannot be enforced"},
      {"refused", "who was asked refused it"},
      {"state_conflict", "the state changed meanwhile"}};
  const size_t open = outcome.find(" (");
  if (open == outcome.npos) return fmt::format("<b>{}</b>", Xml(Words(outcome)));
  std::string_view why = outcome.substr(open + 2);
  why.remove_suffix(1);
  for (const auto& [name, words] : kWhy) {
    if (why == name) return fmt::format("<b>{}</b>, {}", Xml(Words(outcome.substr(0, open))), words);
  }
  return fmt::format("<b>{}</b>", Xml(Words(outcome)));
}

struct Piece {
  std::string name;
  uint64_t count;
  std::string_view color;
};

// One bar, its pieces as long as their shares; a piece that is there is never too thin to be seen.
std::string Bar(const std::vector<Piece>& pieces, std::string_view label) {
  constexpr double kWidth = 600, kLeast = 3;
  uint64_t sum = 0, present = 0;
  std::string numbers;
  for (const Piece& piece : pieces) {
    sum += piece.count;
    present += piece.count > 0;
    if (piece.count > 0) {
      numbers += fmt::format("{}{} {}", numbers.empty() ? ": " : ", ", piece.count, piece.name);
    }
  }
  std::string out = fmt::format(
      "<svg viewBox=\"0 0 600 26\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}{}\">",
      Xml(label), Xml(numbers));
  double x = 0;
  for (const Piece& piece : pieces) {
    if (piece.count == 0) continue;
    const double width = kLeast + (kWidth - kLeast * static_cast<double>(present)) *
                                      static_cast<double>(piece.count) / static_cast<double>(sum);
    out += fmt::format(
        "<rect x=\"{:.1f}\" y=\"0\" width=\"{:.1f}\" height=\"26\" fill=\"var(--{})\"><title>{}: "
        "{}</title></rect>",
        x, width, piece.color, Xml(piece.name), piece.count);
    x += width;
  }
  return out + "</svg>\n";
}

std::string Key(const std::vector<Piece>& pieces) {
  std::string out = "<ul class=\"key\">";
  for (const Piece& piece : pieces) {
    out += fmt::format("<li><span class=\"dot\" style=\"background:var(--{})\"></span>{} <b>{}</b></li>",
                       piece.color, Xml(piece.name), piece.count);
  }
  return out + "</ul>\n";
}

std::vector<Piece> Outcomes(const std::array<uint64_t, 5>& outcomes) {
  std::vector<Piece> out;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    out.push_back({Words(OutcomeName(static_cast<data::Outcome>(i))), outcomes[i], kOutcomeColors[i]});
  }
  return out;
}

std::string Diff(const std::string& diff) {
  std::string out = "<pre>";
  for (size_t at = 0; at < diff.size();) {
    const size_t end = std::min(diff.find('\n', at), diff.size());
    const std::string_view line = std::string_view(diff).substr(at, end - at);
    // The first two lines are where the text stands.
    const bool place = at == 0 || (at > 0 && line.starts_with("+++ ") && diff.find('\n') + 1 == at);
    const char first = line.empty() || place ? ' ' : line[0];
    const std::string_view mark = first == '+' ? "add" : first == '-' ? "del" : "";
    out += mark.empty() ? Xml(line) + "\n" : fmt::format("<span class=\"{}\">{}</span>", mark, Xml(line));
    at = end + 1;
  }
  return out + "</pre>\n";
}

// `shown`: edits whose text stands further up, open.
std::string GroupCard(const Report& report, const Group& group, const About& about, std::set<size_t>& shown) {
  std::string lines;
  for (const Flip& flip : group.examples) lines += fmt::format("{}{}", lines.empty() ? "" : ", ", flip.line);
  if (group.count > group.examples.size()) lines += ", …";
  std::string out = fmt::format(
      "<section class=\"flip {}\"><h3><b>{} {}</b> by {}</h3>\n<p>{} → {}</p>\n<p class=\"soft\">{} does "
      "<code>{}</code> on {}</p>\n<p class=\"soft\">line{} {} of the log</p>\n",
      ColorOf(group.bucket), group.count, Words(BucketName(group.bucket)),
      XmlWithNames(CauseText(report, group.cause)), OutcomeWords(group.before), OutcomeWords(group.after),
      Xml(group.principal_type), Xml(group.action), Xml(group.resource_type), group.count == 1 ? "" : "s",
      lines);
  for (const size_t edit : group.cause.edits) {
    if (report.edits[edit].diff.empty()) continue;
    out += fmt::format("<details{}><summary>the edit of <code>{}</code></summary>{}</details>\n",
                       shown.insert(edit).second ? " open" : "", Xml(report.edits[edit].name),
                       Diff(report.edits[edit].diff));
  }
  if (group.smallest) {
    out += fmt::format(
        "<details><summary>the smallest request that does this</summary><pre>{}</pre></details>\n",
        Xml(RequestText(*group.smallest, about, 2)));
  }
  return out + "</section>\n";
}

std::string Row(std::string_view name, std::string_view value) {
  return fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", XmlWithNames(name),
                     XmlWithNames(value));
}

std::string Share(uint64_t part, uint64_t whole) {
  if (whole == 0) return "-";
  return fmt::format("{:.1f} % ({} of {})", 100 * static_cast<double>(part) / static_cast<double>(whole),
                     part, whole);
}

std::string FigureRows(const Report& report, const About& about, const Figures& figures) {
  const uint64_t replayed = figures.replayed;
  std::string out;
  for (const Figure& figure : figures.list) out += Row(figure.words, ValueText(figure));
  for (const auto& [kind, count] : report.after.limits) {
    out += Row(fmt::format("limited by `{}`, after", kind), Share(count, replayed));
  }
  if (figures.daily) {
    out += Row("largest difference of outcomes from a day to the next",
               fmt::format("{:.1f} % ({})", 100 * *figures.daily, figures.daily_on));
  }
  if (report.drifted > 0) {
    out += Row(fmt::format("decided otherwise by {} than the log says", about.before),
               Share(report.drifted, replayed));
  }
  if (report.other_entities > 0) {
    out += Row("decided with other entities than are given", Share(report.other_entities, report.records));
  }
  for (const auto& [rule, count] : report.after.shadow) {
    out += Row(fmt::format("in shadow: `{}` would hold", rule), Share(count, replayed));
  }
  for (const auto& [change, count] : report.after.would_be) {
    out += Row(fmt::format("with the shadow enforced: {}", Words(change)), Share(count, replayed));
  }
  return out;
}

std::string DriftTable(std::string_view what, const std::optional<Drift>& drift) {
  if (!drift) return "";
  constexpr size_t kMostRows = 20;
  std::string out = fmt::format(
      "<table><thead><tr><th scope=\"col\">{}</th><th scope=\"col\" class=\"n\">earlier</th><th "
      "scope=\"col\" "
      "class=\"n\">later</th><th scope=\"col\" class=\"n\">index</th></tr></thead><tbody>\n",
      what);
  for (size_t i = 0; i < drift->terms.size() && i < kMostRows; ++i) {
    const Drift::Term& term = drift->terms[i];
    out += fmt::format(
        "<tr><th scope=\"row\"><code>{}</code></th><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
        "class=\"n\">{:.3f}</td></tr>\n",
        Xml(term.name), term.earlier, term.later, term.index);
  }
  out += "</tbody></table>\n";
  if (drift->terms.size() > kMostRows) {
    out += fmt::format("<p class=\"soft\">and {} more that add less</p>\n", drift->terms.size() - kMostRows);
  }
  return out;
}

std::string List(const std::vector<std::string>& items) {
  std::string out = "<ul>";
  for (const std::string& item : items) out += fmt::format("<li>{}</li>", XmlWithNames(item));
  return out + "</ul>\n";
}

// Names, as code.
std::string RuleList(const std::vector<std::string>& rules) {
  std::string out = "<ul>";
  for (const std::string& rule : rules) out += fmt::format("<li><code>{}</code></li>", Xml(rule));
  return out + "</ul>\n";
}

// What a reviewer has to know first.
std::string Verdict(const Report& report) {
  const auto count = [&](Bucket bucket) { return report.buckets[static_cast<size_t>(bucket)]; };
  const uint64_t unchanged = count(Bucket::kUnchanged), missing = count(Bucket::kNotReplayable);
  const uint64_t changed = report.records - unchanged - missing;
  std::string out =
      changed == 0 ? "<b>No record</b> is decided otherwise"
                   : fmt::format("<b>{} of {}</b> records are decided otherwise", changed, report.records);
  out +=
      fmt::format("; <b>{}</b> looser",
                  count(Bucket::kLooser) == 0 ? std::string("none") : std::to_string(count(Bucket::kLooser)));
  if (missing > 0) out += fmt::format(". {} cannot be replayed", missing);
  if (report.broken > 0) out += fmt::format(". {} lines of the log are no records", report.broken);
  return "<p>" + out + ".</p>\n";
}

std::string Decisions(const Report& report) {
  const std::vector<Piece> before = Outcomes(report.before.outcomes), after = Outcomes(report.after.outcomes);
  std::string out = "<h2>Decisions</h2>\n<div class=\"days\"><span>before</span>" +
                    Bar(before, "decisions before") + "<span>after</span>" + Bar(after, "decisions after") +
                    "</div>\n<table><thead><tr><th scope=\"col\">outcome</th><th scope=\"col\" "
                    "class=\"n\">before</th><th scope=\"col\" class=\"n\">after</th></tr></thead><tbody>\n";
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i].count + after[i].count == 0) continue;
    out += fmt::format(
        "<tr><th scope=\"row\"><span class=\"dot\" style=\"background:var(--{})\"></span>{}</th><td "
        "class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
        before[i].color, Xml(before[i].name), before[i].count, after[i].count);
  }
  out += "</tbody></table>\n";
  if (report.days.size() < 2) return out;
  out += "<h2>Decisions before, by day</h2>\n<div class=\"days\">";
  for (const auto& [day, counts] : report.days) {
    out += fmt::format("<span>{}</span>{}", Xml(day), Bar(Outcomes(counts), day));
  }
  return out + "</div>\n";
}

}  // namespace

std::string RenderHtml(const Report& report, const About& about) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>polc simulate: "
      "{}</title>\n<style>{}</style></head><body><main>\n",
      Xml(about.after), kStyle);
  out += fmt::format(
      "<h1>What this change does to recorded requests</h1>\n<p class=\"soft\">{} records of {}; {} → "
      "{}</p>\n",
      report.records, Xml(about.log), Xml(about.before), Xml(about.after));
  std::vector<Piece> buckets;
  for (const Bucket bucket : kShown) {
    buckets.push_back(
        {Words(BucketName(bucket)), report.buckets[static_cast<size_t>(bucket)], ColorOf(bucket)});
  }
  out += Verdict(report) + Bar(buckets, "records by what became of them") + Key(buckets);

  out += "<h2>Changes</h2>\n";
  if (report.groups.empty()) out += "<p>No record is decided otherwise.</p>\n";
  std::set<size_t> shown;
  for (const Group& group : report.groups) out += GroupCard(report, group, about, shown);
  std::vector<std::string> idle;
  std::set<size_t> effective;
  for (const Group& group : report.groups)
    effective.insert(group.cause.edits.begin(), group.cause.edits.end());
  for (size_t i = 0; !report.from_log && i < report.edits.size(); ++i) {
    if (!effective.contains(i)) idle.push_back(Describe(report.edits[i]));
  }
  if (!idle.empty()) out += "<h2>Edits that change no record</h2>\n" + List(idle);
  if (!report.missing.empty()) {
    out += "<h2>Not replayable</h2>\n<table class=\"pairs\"><tbody>\n";
    for (const auto& [field, missing] : report.missing) {
      out += Row(field, fmt::format("{} from line {} on", missing.count, missing.first_line));
    }
    out += "</tbody></table>\n";
  }

  const Figures figures = FiguresOf(report, about);
  out += Decisions(report);
  out += "<h2>Figures</h2>\n<table class=\"pairs\"><tbody>\n" + FigureRows(report, about, figures) +
         "</tbody></table>\n";
  if (figures.outcomes || figures.actions) {
    out += fmt::format("<h2>Drift from {}</h2>\n", Xml(*about.earlier)) +
           DriftTable("decision", figures.outcomes) + DriftTable("action", figures.actions);
  }
  if (!figures.never_hit.empty()) {
    out += "<h2>Rules that no record rests on</h2>\n" + RuleList(figures.never_hit);
    if (!figures.only_tests.empty())
      out += "<p>Of these, tests rest on:</p>\n" + RuleList(figures.only_tests);
    if (!figures.no_tests.empty()) {
      out += fmt::format("<p class=\"soft\">Which of them only tests rest on is not known: {}.</p>\n",
                         figures.no_tests);
    }
  }
  if (!report.assumed.empty()) {
    out += "<h2>State that the log does not have</h2>\n<p>It starts at off or 0.</p>\n" +
           RuleList({report.assumed.begin(), report.assumed.end()});
  }
  if (!report.problems.empty()) {
    out += fmt::format(
        "<h2>Problems of the log</h2>\n<p>{} lines are no records.</p><table class=\"pairs\"><tbody>\n",
        report.broken);
    for (const auto& [kind, problem] : report.problems) {
      out += Row(fmt::format("line {}: {}", problem.line, problem.message),
                 fmt::format("{} like it", report.problem_counts.at(kind)));
    }
    out += "</tbody></table>\n";
  }
  return out + "</main></body></html>\n";
}

}  // namespace polc::simulate
