#include "compiler/simulate/report.h"

#include <algorithm>
#include <cmath>

#include "compiler/host/clock_times.h"
#include "compiler/host/decision_json.h"
#include "compiler/host/request_writer.h"
#include "compiler/simulate/figures.h"
#include "compiler/source/render.h"
#include "fmt/format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace polc::simulate {

using llvm::json::OStream;

namespace {

constexpr Bucket kShown[] = {Bucket::kUnchanged, Bucket::kTerms, Bucket::kStricter,
                             Bucket::kLooser,    Bucket::kError, Bucket::kNotReplayable};

std::string Lines(const std::string& text, std::string_view indent) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    out += fmt::format("{}{}\n", indent, source::Printable(std::string_view(text).substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

std::string LineList(const Group& group) {
  std::string out;
  for (const Flip& flip : group.examples) out += fmt::format("{}{}", out.empty() ? "" : ", ", flip.line);
  return out + (group.count > group.examples.size() ? ", …" : "");
}

std::string PlaceOf(const Edit& edit, const About& about) {
  if (edit.after.valid()) return source::Place(*about.new_set.map, edit.after);
  if (edit.before.valid()) return source::Place(*about.old_set.map, edit.before);
  return "";
}

// The edits that groups come from, and those that nothing does.
std::vector<bool> Effective(const Report& report) {
  std::vector<bool> out(report.edits.size());
  for (const Group& group : report.groups) {
    for (const size_t edit : group.cause.edits) out[edit] = true;
  }
  return out;
}

// With six digits behind the point, and none that say nothing.
void WriteNumber(llvm::StringRef key, double number, OStream& json) {
  constexpr double kDigits = 1e6;
  json.attributeBegin(key);
  json.rawValue(fmt::format("{}", std::round(number * kDigits) / kDigits));
  json.attributeEnd();
}

void WriteFigure(const Figure& figure, OStream& json) {
  json.attributeObject(figure.key, [&] {
    if (!figure.value) return json.attribute("unknown", llvm::json::fixUTF8(figure.why_not));
    WriteNumber("value", *figure.value, json);
    if (figure.unit == Figure::Unit::kShare) json.attribute("part", static_cast<int64_t>(figure.part));
    json.attribute(figure.unit == Figure::Unit::kShare ? "whole" : "of", static_cast<int64_t>(figure.whole));
  });
}

void WriteDrift(llvm::StringRef key, const Drift& drift, OStream& json) {
  json.attributeArray(key, [&] {
    for (const Drift::Term& term : drift.terms) {
      json.object([&] {
        json.attribute("name", llvm::json::fixUTF8(term.name));
        json.attribute("earlier", static_cast<int64_t>(term.earlier));
        json.attribute("later", static_cast<int64_t>(term.later));
        WriteNumber("index", term.index, json);
      });
    }
  });
}

void WriteTally(llvm::StringRef key, const Tally& tally, OStream& json) {
  auto counts = [&](llvm::StringRef name, const std::map<std::string, uint64_t>& map) {
    json.attributeObject(name, [&] {
      for (const auto& [item, count] : map) {
        json.attribute(llvm::json::fixUTF8(item), static_cast<int64_t>(count));
      }
    });
  };
  json.attributeObject(key, [&] {
    json.attributeObject("outcomes", [&] {
      for (size_t i = 0; i < tally.outcomes.size(); ++i) {
        const std::string_view name = OutcomeName(static_cast<data::Outcome>(i));
        json.attribute({name.data(), name.size()}, static_cast<int64_t>(tally.outcomes[i]));
      }
    });
    counts("why", tally.why);
    counts("limits", tally.limits);
    counts("rules", tally.rules);
    counts("shadow", tally.shadow);
    counts("would_be", tally.would_be);
    json.attributeObject("approvals", [&] {
      json.attribute("given", static_cast<int64_t>(tally.approvals));
      json.attribute("counted", static_cast<int64_t>(tally.counted));
      json.attribute("expired", static_cast<int64_t>(tally.expired));
      json.attribute("other_snapshot", static_cast<int64_t>(tally.other_snapshot));
    });
  });
}

void WriteFlip(const Flip& flip, const About& about, OStream& json) {
  json.attribute("line", static_cast<int64_t>(flip.line));
  json.attributeBegin("request");
  json.rawValue(RequestText(flip, about));
  json.attributeEnd();
  json.attributeObject("before", [&] { host::WriteDecision(flip.before, json); });
  json.attributeObject("after", [&] { host::WriteDecision(flip.after, json); });
}

}  // namespace

std::string RequestText(const Flip& flip, const About& about, unsigned indent) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  OStream json(stream, indent);
  const data::Request& request =
      flip.after_request.principal.type.empty() ? flip.before_request : flip.after_request;
  json.object([&] { host::WriteRequest(request, about.new_set.program->pol, json); });
  return host::WithClockTimes(out);
}

std::string CauseText(const Report& report, const Cause& cause) {
  if (cause.state) return "what decisions before it counted";
  if (cause.edits.empty()) return report.from_log ? "no rule that holds now" : "no edit of the policies";
  std::string out;
  for (const size_t edit : cause.edits) {
    if (!out.empty()) out += edit == cause.edits.back() ? " and " : ", ";
    out += Describe(report.edits[edit]);
  }
  return out;
}

std::string RenderText(const Report& report, const About& about) {
  std::string out =
      fmt::format("{} records of {}: {} -> {}\n", report.records, about.log, about.before, about.after);
  for (const Bucket bucket : kShown) {
    std::string name(BucketName(bucket));
    std::ranges::replace(name, '_', ' ');
    out += fmt::format("  {:<15} {}\n", name, report.buckets[static_cast<size_t>(bucket)]);
  }
  if (report.broken > 0) out += fmt::format("  {} lines are no records\n", report.broken);
  for (const auto& [field, missing] : report.missing) {
    out += fmt::format("not replayable: {} from line {} on: {}\n", missing.count, missing.first_line,
                       source::Printable(field));
  }
  for (const Group& group : report.groups) {
    std::string name(BucketName(group.bucket));
    std::ranges::replace(name, '_', ' ');
    out += fmt::format("\n{}: {} by {}\n", name, group.count, CauseText(report, group.cause));
    out += fmt::format("  {} to {}: {} {} {}\n", group.before, group.after, group.principal_type,
                       group.action, group.resource_type);
    out += fmt::format("  lines {}\n", LineList(group));
    if (group.smallest) {
      out += fmt::format("  smallest: {}\n", source::Printable(RequestText(*group.smallest, about)));
    }
  }
  const std::vector<bool> effective = Effective(report);
  std::string idle;
  for (size_t i = 0; !report.from_log && i < report.edits.size(); ++i) {
    const Edit& edit = report.edits[i];
    if (!effective[i]) {
      idle += fmt::format("  {}\n", source::Printable(Describe(edit)));
      continue;
    }
    out += fmt::format("\n{}\n{}", source::Printable(Describe(edit)), Lines(edit.diff, "  "));
  }
  if (!idle.empty()) out += "\nedits that change no record:\n" + idle;
  const Figures figures = FiguresOf(report, about);
  out += "\noutcomes       before    after\n";
  for (size_t i = 0; i < report.before.outcomes.size(); ++i) {
    if (report.before.outcomes[i] + report.after.outcomes[i] == 0) continue;
    out += fmt::format("  {:<17} {:>4} {:>8}\n", OutcomeName(static_cast<data::Outcome>(i)),
                       report.before.outcomes[i], report.after.outcomes[i]);
  }
  if (report.drifted > 0) {
    out += fmt::format("{} records are decided otherwise by {} than the log says\n", report.drifted,
                       about.before);
  }
  if (report.other_entities > 0) {
    out += fmt::format("{} records were decided with other entities\n", report.other_entities);
  }
  for (const std::string& input : report.assumed) {
    out += fmt::format("the log does not have `{}`: it starts at off or 0\n", source::Printable(input));
  }
  for (const auto& [rule, count] : report.after.shadow) {
    out += fmt::format("in shadow: `{}` holds for {} records\n", source::Printable(rule), count);
  }
  for (const auto& [change, count] : report.after.would_be) {
    out += fmt::format("with everything in shadow enforced: {} for {} records\n", change, count);
  }
  out += "\nfigures\n";
  for (const Figure& figure : figures.list) out += fmt::format("  {}: {}\n", figure.words, ValueText(figure));
  if (figures.daily) {
    out += fmt::format("  largest difference from a day to the next: {:.1f} % ({})\n", 100 * *figures.daily,
                       figures.daily_on);
  }
  const auto add_drift = [&](std::string_view of, const std::optional<Drift>& drift) {
    if (!drift) return;
    out += fmt::format("drift of {} from {}:\n", of, source::Printable(*about.earlier));
    for (const Drift::Term& term : drift->terms) {
      out += fmt::format("  {:<8.3f} {}: {} -> {}\n", term.index, source::Printable(term.name), term.earlier,
                         term.later);
    }
  };
  add_drift("decisions", figures.outcomes);
  add_drift("actions", figures.actions);
  if (!figures.never_hit.empty()) {
    out += "rules that no record rests on:\n";
    for (const std::string& rule : figures.never_hit) {
      const bool tested = std::ranges::count(figures.only_tests, rule) > 0;
      out += fmt::format("  {}{}\n", source::Printable(rule), tested ? " (tests do)" : "");
    }
    if (!figures.no_tests.empty()) {
      out += fmt::format("  which of them only tests rest on is not known: {}\n", figures.no_tests);
    }
  }
  return out;
}

std::string RenderJson(const Report& report, const About& about) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  OStream json(stream);
  auto number = [&](llvm::StringRef key, uint64_t n) { json.attribute(key, static_cast<int64_t>(n)); };
  const Figures figures = FiguresOf(report, about);
  const std::vector<bool> effective = Effective(report);
  json.object([&] {
    json.attribute("log", llvm::json::fixUTF8(about.log));
    json.attribute("before", llvm::json::fixUTF8(about.before));
    json.attribute("after", llvm::json::fixUTF8(about.after));
    number("lines", report.lines);
    number("records", report.records);
    number("broken", report.broken);
    json.attributeObject("buckets", [&] {
      for (const Bucket bucket : kShown) {
        const std::string_view name = BucketName(bucket);
        number({name.data(), name.size()}, report.buckets[static_cast<size_t>(bucket)]);
      }
    });
    json.attributeArray("not_replayable", [&] {
      for (const auto& [field, missing] : report.missing) {
        json.object([&, &field = field, &missing = missing] {
          json.attribute("why", llvm::json::fixUTF8(field));
          number("count", missing.count);
          number("first_line", missing.first_line);
        });
      }
    });
    json.attributeArray("edits", [&] {
      for (size_t i = 0; i < report.edits.size(); ++i) {
        if (report.from_log && !effective[i]) continue;
        const Edit& edit = report.edits[i];
        json.object([&] {
          number("id", i);
          json.attribute("item", llvm::StringRef(ItemName(edit.item).data(), ItemName(edit.item).size()));
          json.attribute("name", llvm::json::fixUTF8(edit.name));
          json.attribute("change",
                         llvm::StringRef(ChangeName(edit.change).data(), ChangeName(edit.change).size()));
          json.attribute("at", llvm::json::fixUTF8(PlaceOf(edit, about)));
          json.attribute("diff", llvm::json::fixUTF8(edit.diff));
          json.attribute("effective", effective[i]);
        });
      }
    });
    json.attributeArray("groups", [&] {
      for (const Group& group : report.groups) {
        json.object([&] {
          const std::string_view name = BucketName(group.bucket);
          json.attribute("bucket", llvm::StringRef(name.data(), name.size()));
          json.attribute("cause", llvm::json::fixUTF8(CauseText(report, group.cause)));
          json.attributeArray("edits", [&] {
            for (const size_t edit : group.cause.edits) json.value(static_cast<int64_t>(edit));
          });
          json.attribute("by_state", group.cause.state);
          json.attribute("before", group.before);
          json.attribute("after", group.after);
          json.attribute("principal_type", llvm::json::fixUTF8(group.principal_type));
          json.attribute("action", llvm::json::fixUTF8(group.action));
          json.attribute("resource_type", llvm::json::fixUTF8(group.resource_type));
          number("count", group.count);
          json.attributeArray("examples", [&] {
            for (const Flip& flip : group.examples) json.object([&] { WriteFlip(flip, about, json); });
          });
          if (group.smallest) {
            json.attributeObject("smallest", [&] { WriteFlip(*group.smallest, about, json); });
          }
        });
      }
    });
    WriteTally("decisions_before", report.before, json);
    WriteTally("decisions_after", report.after, json);
    json.attributeObject("figures", [&] {
      number("differs_from_log", report.drifted);
      number("complete_records", report.complete);
      number("other_entities", report.other_entities);
      number("unattributed", report.flips_unattributed);
      json.attributeArray("assumed_state", [&] {
        for (const std::string& input : report.assumed) json.value(llvm::json::fixUTF8(input));
      });
      json.attributeObject("numbers", [&] {
        for (const Figure& figure : figures.list) WriteFigure(figure, json);
      });
      if (about.earlier && figures.no_drift.empty()) {
        json.attributeObject("drift", [&] {
          json.attribute("from", llvm::json::fixUTF8(*about.earlier));
          if (figures.outcomes) WriteDrift("outcomes", *figures.outcomes, json);
          if (figures.actions) WriteDrift("actions", *figures.actions, json);
        });
      }
      if (figures.daily) {
        WriteNumber("largest_daily_drift", *figures.daily, json);
        json.attribute("largest_daily_drift_on", figures.daily_on);
      }
      auto rules = [&](llvm::StringRef key, const std::vector<std::string>& list) {
        json.attributeArray(key, [&] {
          for (const std::string& rule : list) json.value(llvm::json::fixUTF8(rule));
        });
      };
      rules("rules_never_hit", figures.never_hit);
      if (about.tested) {
        rules("rules_only_tests_hit", figures.only_tests);
      } else {
        json.attributeObject("rules_only_tests_hit",
                             [&] { json.attribute("unknown", llvm::json::fixUTF8(figures.no_tests)); });
      }
      json.attributeObject("outcomes_by_day", [&] {
        for (const auto& [day, counts] : report.days) {
          json.attributeArray(day, [&, &counts = counts] {
            for (const uint64_t count : counts) json.value(static_cast<int64_t>(count));
          });
        }
      });
    });
    json.attributeArray("problems", [&] {
      for (const auto& [kind, problem] : report.problems) {
        json.object([&, &kind = kind, &problem = problem] {
          const source::CodeInfo& info = source::Info(problem.code);
          json.attribute("code", llvm::StringRef(info.name.data(), info.name.size()));
          json.attribute("message", llvm::json::fixUTF8(problem.message));
          number("line", problem.line);
          number("column", problem.column);
          number("count", report.problem_counts.at(kind));
        });
      }
    });
  });
  return host::WithClockTimes(out) + "\n";
}

std::vector<source::Diagnostic> Findings(const Report& report, const About& about) {
  source::DiagnosticSink sink;
  auto span_of = [&](const Cause& cause) {
    for (const size_t number : cause.edits) {
      const Edit& edit = report.edits[number];
      if (edit.after.valid()) return edit.after;
      if (!edit.before.valid()) continue;
      // What was taken out: the beginning of the file it stood in, if that still is there.
      const std::string& path = about.old_set.map->path(edit.before.file);
      for (source::FileId file = 0; file < about.new_set.map->size(); ++file) {
        if (about.new_set.map->path(file) == path) return source::Span{file, 0, 0};
      }
    }
    return source::Span();
  };
  for (const Group& group : report.groups) {
    const std::string by = CauseText(report, group.cause);
    const std::string what = fmt::format("{} to {} for {} {} {}", group.before, group.after,
                                         group.principal_type, group.action, group.resource_type);
    source::Code code = source::Code::kChangedTerms;
    std::string_view how = "have other terms";
    if (group.bucket == Bucket::kLooser) code = source::Code::kLooserDecision, how = "are looser";
    if (group.bucket == Bucket::kStricter) code = source::Code::kStricterDecision, how = "are stricter";
    if (group.bucket == Bucket::kError) code = source::Code::kErringDecision, how = "err";
    source::Diagnostic& d =
        sink.Report(code, span_of(group.cause),
                    fmt::format("{} recorded requests {} by {}: {}", group.count, how, by, what));
    d.help = fmt::format("line {} of {}", group.examples.front().line, about.log);
    for (const size_t edit : group.cause.edits) {
      if (report.edits[edit].item == Edit::Item::kRule) d.rule = report.edits[edit].name;
    }
  }
  for (const auto& [field, missing] : report.missing) {
    sink.Report(source::Code::kNotReplayable, {},
                fmt::format("{} records are not replayable: {}", missing.count, field))
        .help = fmt::format("the first is line {} of {}", missing.first_line, about.log);
  }
  sink.Sort();
  return sink.diagnostics();
}

}  // namespace polc::simulate
