// The report as one page: no script, no font, no picture from anywhere else. Charts are SVG with their
// numbers as text beside them; it reads from a telephone's width on, in light and dark.
#include <algorithm>
#include <array>

#include "compiler/simulate/report.h"
#include "compiler/source/xml.h"
#include "fmt/format.h"

namespace polc::simulate {

using source::Xml;

namespace {

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ink:#1c2024;--soft:#5b6570;--line:#d8dde3;--paper:#fff;--card:#f6f8fa;
--b0:#8b98a5;--b1:#8250df;--b2:#0969da;--b3:#cf222e;--b4:#bc4c00;--b5:#57606a;--add:#dafbe1;--del:#ffebe9}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#30363d;--paper:#0d1117;--card:#161b22;
--b0:#6e7681;--b1:#a371f7;--b2:#4493f8;--b3:#f85149;--b4:#db6d28;--b5:#9198a1;--add:#12361f;--del:#4b1113}}
*{box-sizing:border-box}body{margin:0 auto;max-width:60rem;padding:1rem;font:16px/1.5 system-ui,sans-serif;
color:var(--ink);background:var(--paper)}h1{font-size:1.4rem;margin:.5rem 0}h2{font-size:1.1rem;margin:1.6rem 0 .5rem}
p{margin:.4rem 0}.soft{color:var(--soft)}code,pre{font:13px/1.45 ui-monospace,monospace}
pre{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.6rem;margin:.4rem 0;
white-space:pre-wrap;overflow-wrap:anywhere}.add{background:var(--add);display:block}.del{background:var(--del);display:block}
section.flip{border:1px solid var(--line);border-left:5px solid var(--b0);border-radius:6px;padding:.7rem .9rem;margin:.7rem 0}
.b1{border-left-color:var(--b1)!important}.b2{border-left-color:var(--b2)!important}.b3{border-left-color:var(--b3)!important}
.b4{border-left-color:var(--b4)!important}.key{display:flex;flex-wrap:wrap;gap:.3rem 1rem;list-style:none;padding:0;margin:.4rem 0}
.dot{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.35em;vertical-align:-.05em}
table{border-collapse:collapse;width:100%;font-size:.95rem}th,td{text-align:left;padding:.25rem .5rem .25rem 0;
border-bottom:1px solid var(--line);overflow-wrap:anywhere;vertical-align:top}td.n,th.n{text-align:right}svg{width:100%;height:auto;display:block}
summary{cursor:pointer}svg text{font:12px system-ui,sans-serif;fill:var(--ink)}
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

struct Piece {
  std::string name;
  uint64_t count;
  std::string_view color;
};

// One bar, its pieces as long as their shares; a piece that is there is never too thin to be seen.
std::string Bar(const std::vector<Piece>& pieces, std::string_view label) {
  constexpr double kWidth = 600, kLeast = 3;
  uint64_t sum = 0, present = 0;
  for (const Piece& piece : pieces) {
    sum += piece.count;
    present += piece.count > 0;
  }
  std::string out = fmt::format("<svg viewBox=\"0 0 600 26\" role=\"img\" aria-label=\"{}\">", Xml(label));
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

std::vector<Piece> Outcomes(const Tally& tally) {
  std::vector<Piece> out;
  for (size_t i = 0; i < tally.outcomes.size(); ++i) {
    out.push_back({Words(OutcomeName(static_cast<data::Outcome>(i))), tally.outcomes[i], kOutcomeColors[i]});
  }
  return out;
}

std::string Diff(const std::string& diff) {
  std::string out = "<pre>";
  for (size_t at = 0; at < diff.size();) {
    const size_t end = std::min(diff.find('\n', at), diff.size());
    const std::string_view line = std::string_view(diff).substr(at, end - at);
    const char first = line.empty() ? ' ' : line[0];
    const std::string_view mark = first == '+' ? "add" : first == '-' ? "del" : "";
    out += mark.empty() ? Xml(line) + "\n" : fmt::format("<span class=\"{}\">{}</span>", mark, Xml(line));
    at = end + 1;
  }
  return out + "</pre>\n";
}

std::string GroupCard(const Report& report, const Group& group, const About& about) {
  std::string out = fmt::format(
      "<section class=\"flip {}\"><p><b>{} {}</b> by {}</p><p>{} → <b>{}</b></p><p class=\"soft\">{} {} {}; "
      "line",
      ColorOf(group.bucket), group.count, Words(BucketName(group.bucket)),
      Xml(CauseText(report, group.cause)), Xml(group.before), Xml(group.after), Xml(group.principal_type),
      Xml(group.action), Xml(group.resource_type));
  for (const Flip& flip : group.examples) out += fmt::format(" {}", flip.line);
  out += group.count > group.examples.size() ? " …</p>\n" : "</p>\n";
  for (const size_t edit : group.cause.edits) {
    if (!report.edits[edit].diff.empty()) out += Diff(report.edits[edit].diff);
  }
  if (group.smallest) {
    out += fmt::format(
        "<details><summary>the smallest request that does this</summary><pre>{}</pre></details>\n",
        Xml(RequestText(*group.smallest, about)));
  }
  return out + "</section>\n";
}

std::string Row(std::string_view name, std::string_view value) {
  return fmt::format("<tr><td>{}</td><td class=\"n\">{}</td></tr>\n", Xml(name), Xml(value));
}

std::string Share(uint64_t part, uint64_t whole) {
  if (whole == 0) return "-";
  return fmt::format("{} of {} ({:.1f} %)", part, whole,
                     100 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string FigureRows(const Report& report, const About& about) {
  const Figures figures = FiguresOf(report, about);
  const uint64_t replayed = figures.replayed;
  auto why = [&](const char* name) {
    const auto found = report.after.why.find(name);
    return found == report.after.why.end() ? 0 : found->second;
  };
  std::string out;
  out += Row("complete records (time, request, snapshot, decision)", Share(report.complete, report.records));
  out += Row("denied because nothing allows it", Share(why("no_grant"), replayed));
  out += Row("approvals that counted", Share(report.after.counted, report.after.approvals));
  out += Row("approvals that had expired", Share(report.after.expired, report.after.approvals));
  out += Row("approvals for another snapshot", Share(report.after.other_snapshot, report.after.approvals));
  if (figures.wait_median_ms) {
    out += Row("approvals waited for, median",
               fmt::format("{:.0f} s", static_cast<double>(*figures.wait_median_ms) / 1000));
    out += Row("approvals waited for, 95 of 100 within",
               fmt::format("{:.0f} s", static_cast<double>(*figures.wait_95_ms) / 1000));
  }
  for (const auto& [kind, count] : report.after.limits) {
    out += Row(fmt::format("limited by {}", kind), Share(count, replayed));
  }
  if (figures.drift) {
    out += Row(fmt::format("largest drift from a day to the next ({})", figures.drift_day),
               fmt::format("{:.1f} %", 100 * *figures.drift));
  }
  if (report.drifted > 0) {
    out += Row(fmt::format("decided otherwise by {} than the log says", about.before),
               Share(report.drifted, replayed));
  }
  if (report.other_entities > 0) {
    out += Row("decided with other entities than are given", Share(report.other_entities, report.records));
  }
  for (const auto& [rule, count] : report.after.shadow) {
    out += Row(fmt::format("in shadow: {} would hold", rule), Share(count, replayed));
  }
  for (const auto& [change, count] : report.after.would_be) {
    out += Row(fmt::format("with the shadow enforced: {}", change), Share(count, replayed));
  }
  return out;
}

std::string List(const std::vector<std::string>& items) {
  std::string out = "<ul>";
  for (const std::string& item : items) out += fmt::format("<li><code>{}</code></li>", Xml(item));
  return out + "</ul>\n";
}

}  // namespace

std::string RenderHtml(const Report& report, const About& about) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\">\n<title>polc simulate: "
      "{}</title>\n<style>{}</style></head><body>\n",
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
  out += Bar(buckets, "records by what became of them") + Key(buckets);

  out += "<h2>Changes</h2>\n";
  if (report.groups.empty()) out += "<p>No record is decided otherwise.</p>\n";
  for (const Group& group : report.groups) out += GroupCard(report, group, about);
  std::vector<std::string> idle;
  std::set<size_t> effective;
  for (const Group& group : report.groups)
    effective.insert(group.cause.edits.begin(), group.cause.edits.end());
  for (size_t i = 0; !report.from_log && i < report.edits.size(); ++i) {
    if (!effective.contains(i)) idle.push_back(Describe(report.edits[i]));
  }
  if (!idle.empty()) out += "<h2>Edits that change no record</h2>\n" + List(idle);
  if (!report.missing.empty()) {
    out += "<h2>Not replayable</h2>\n<table><tr><th>why</th><th class=\"n\">records</th></tr>\n";
    for (const auto& [field, missing] : report.missing) out += Row(field, std::to_string(missing.count));
    out += "</table>\n";
  }

  out += "<h2>Decisions</h2>\n<p class=\"soft\">before</p>\n" +
         Bar(Outcomes(report.before), "decisions before") + Key(Outcomes(report.before)) +
         "<p class=\"soft\">after</p>\n" + Bar(Outcomes(report.after), "decisions after") +
         Key(Outcomes(report.after));
  if (report.days.size() > 1) {
    out += "<h2>Decisions before, by day</h2>\n";
    for (const auto& [day, counts] : report.days) {
      Tally tally;
      tally.outcomes = counts;
      out += fmt::format("<p class=\"soft\">{}</p>\n{}", Xml(day), Bar(Outcomes(tally), day));
    }
  }
  out += "<h2>Figures</h2>\n<table>" + FigureRows(report, about) + "</table>\n";
  const Figures figures = FiguresOf(report, about);
  if (!figures.never_hit.empty()) {
    out += "<h2>Rules that no record rests on</h2>\n" + List(figures.never_hit);
    if (!figures.only_tests.empty()) out += "<p>Of these, tests rest on:</p>\n" + List(figures.only_tests);
  }
  if (!report.assumed.empty()) {
    out += "<h2>State that the log does not have</h2>\n<p>It starts at off or 0.</p>\n" +
           List({report.assumed.begin(), report.assumed.end()});
  }
  if (!report.problems.empty()) {
    out +=
        fmt::format("<h2>Problems of the log</h2>\n<p>{} lines are no records.</p><table>\n", report.broken);
    for (const auto& [kind, problem] : report.problems) {
      out += Row(fmt::format("line {}: {}", problem.line, problem.message),
                 std::to_string(report.problem_counts.at(kind)));
    }
    out += "</table>\n";
  }
  return out + "</body></html>\n";
}

}  // namespace polc::simulate
