#include "compiler/simulate/figures.h"

#include <algorithm>
#include <cmath>

#include "compiler/log/names.h"
#include "fmt/format.h"

namespace polc::simulate {

namespace {

constexpr std::string_view kAllowOrDeny = "the log says allow or deny and no more";

Figure Share(std::string key, std::string words, uint64_t part, uint64_t whole, std::string_view why_not) {
  Figure out{.key = std::move(key), .words = std::move(words), .part = part, .whole = whole};
  if (whole > 0) {
    out.value = static_cast<double>(part) / static_cast<double>(whole);
  } else {
    out.why_not = why_not;
  }
  return out;
}

Figure Unknown(std::string key, std::string words, Figure::Unit unit, std::string_view why_not) {
  return {.key = std::move(key), .words = std::move(words), .unit = unit, .why_not = std::string(why_not)};
}

// Of one side's decisions.
void AddTally(const Tally& tally, std::string_view side, std::string_view words, bool partial,
              uint64_t replayed, std::vector<Figure>& out) {
  const auto add = [&](std::string_view name, std::string_view what, uint64_t part, uint64_t whole,
                       std::string_view why_not) {
    std::string key = fmt::format("{}_{}", name, side), text = fmt::format("{}, {}", what, words);
    out.push_back(partial ? Unknown(std::move(key), std::move(text), Figure::Unit::kShare, kAllowOrDeny)
                          : Share(std::move(key), std::move(text), part, whole, why_not));
  };
  const auto no_grant = tally.why.find("no_grant");
  const auto let_go = [&](data::Outcome outcome) { return tally.outcomes[static_cast<size_t>(outcome)]; };
  const uint64_t limited = let_go(data::Outcome::kAllowWithLimits);
  add("default_deny_share", "denied because nothing allows it",
      no_grant == tally.why.end() ? 0 : no_grant->second, replayed, "no record can be replayed");
  add("limit_use", "let go with limits, of all let go", limited, limited + let_go(data::Outcome::kAllow),
      "nothing was let go");
  constexpr std::string_view kNone = "no request came with an approval";
  add("approval_counted_rate", "approvals that counted", tally.counted, tally.approvals, kNone);
  add("approval_expiry_rate", "approvals that had expired", tally.expired, tally.approvals, kNone);
  add("approval_snapshot_mismatch_rate", "approvals given under other policies", tally.other_snapshot,
      tally.approvals, kNone);
}

void AddApprovals(const Report& report, std::vector<Figure>& out) {
  const bool silent = report.partial > 0 && report.partial == report.records;
  Figure rate = Share("approval_rate", "actions let go with an approval, of those that one was asked for",
                      report.granted, report.asked,
                      silent ? kAllowOrDeny : "no record says that an approval was asked for");
  out.push_back(std::move(rate));
  const std::vector<uint64_t>& waits = report.approval_waits_ms;
  const auto wait = [&](std::string key, std::string words, size_t at) {
    Figure figure{.key = std::move(key), .words = std::move(words), .unit = Figure::Unit::kMilliseconds};
    figure.whole = waits.size();
    if (waits.empty()) {
      figure.why_not = silent ? kAllowOrDeny : "no action was let go after an approval was asked for";
    } else {
      figure.value = static_cast<double>(waits[at]);
    }
    out.push_back(std::move(figure));
  };
  wait("approval_wait_median_ms", "from asking for an approval to letting go, median",
       waits.empty() ? 0 : (waits.size() - 1) / 2);
  wait("approval_wait_95_ms", "the same, for 95 of 100 at most",
       waits.empty() ? 0 : (waits.size() * 95 + 99) / 100 - 1);
}

std::map<std::string, uint64_t> ByName(const std::array<uint64_t, 5>& outcomes) {
  std::map<std::string, uint64_t> out;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i] > 0) out[std::string(OutcomeName(static_cast<data::Outcome>(i)))] = outcomes[i];
  }
  return out;
}

void AddDrift(const Report& report, const About& about, Figures& out) {
  const auto& [earlier, later] = report.windows;
  if (!about.earlier) {
    out.no_drift = "there is no earlier window: --baseline or --split makes one";
  } else if (earlier.actions.empty() || later.actions.empty()) {
    out.no_drift = fmt::format("the {} window has no records", earlier.actions.empty() ? "earlier" : "later");
  } else {
    out.outcomes = DriftOf(ByName(earlier.outcomes), ByName(later.outcomes));
    out.actions = DriftOf(earlier.actions, later.actions);
  }
  const auto add = [&](std::string key, std::string words, const std::optional<Drift>& drift) {
    Figure figure{.key = std::move(key), .words = std::move(words), .unit = Figure::Unit::kIndex};
    if (drift) {
      figure.value = drift->index;
      for (const Drift::Term& term : drift->terms) figure.whole += term.earlier + term.later;
    } else {
      figure.why_not = out.no_drift.empty() ? "one of the windows has no decisions" : out.no_drift;
    }
    out.list.push_back(std::move(figure));
  };
  add("drift_of_outcomes", "drift of decisions, population stability index", out.outcomes);
  add("drift_of_actions", "drift of actions, population stability index", out.actions);
}

void AddDaily(const Report& report, Figures& out) {
  const std::array<uint64_t, 5>* previous = nullptr;
  for (const auto& [day, counts] : report.days) {
    if (previous) {
      uint64_t a = 0, b = 0;
      for (size_t i = 0; i < counts.size(); ++i) a += (*previous)[i], b += counts[i];
      double distance = 0;
      for (size_t i = 0; i < counts.size(); ++i) {
        distance += std::abs(static_cast<double>((*previous)[i]) / static_cast<double>(a) -
                             static_cast<double>(counts[i]) / static_cast<double>(b));
      }
      if (!out.daily || distance / 2 > *out.daily) {
        out.daily = distance / 2;
        out.daily_on = day;
      }
    }
    previous = &counts;
  }
}

}  // namespace

std::string_view DriftWord(double index) {
  return index < kSomeDrift ? "hardly any" : index < kLargeDrift ? "some" : "much";
}

std::optional<Drift> DriftOf(const std::map<std::string, uint64_t>& earlier,
                             const std::map<std::string, uint64_t>& later) {
  std::map<std::string, std::pair<uint64_t, uint64_t>> counts;
  double before = 0, after = 0;
  for (const auto& [name, count] : earlier) counts[name].first = count, before += static_cast<double>(count);
  for (const auto& [name, count] : later) counts[name].second = count, after += static_cast<double>(count);
  if (before == 0 || after == 0) return std::nullopt;
  constexpr double kUnseen = 0.5;
  before += kUnseen * static_cast<double>(counts.size());
  after += kUnseen * static_cast<double>(counts.size());
  Drift out;
  for (const auto& [name, both] : counts) {
    const double p = (static_cast<double>(both.first) + kUnseen) / before;
    const double q = (static_cast<double>(both.second) + kUnseen) / after;
    out.terms.push_back({name, both.first, both.second, (q - p) * std::log(q / p)});
    out.index += out.terms.back().index;
  }
  std::ranges::stable_sort(out.terms, std::ranges::greater(), &Drift::Term::index);
  return out;
}

Figures FiguresOf(const Report& report, const About& about) {
  Figures out;
  out.replayed = report.records - report.buckets[static_cast<size_t>(Bucket::kNotReplayable)];
  out.list.push_back(Share("audit_completeness", "records with time, request, snapshot and decision",
                           report.complete, report.records, "there are no records"));
  AddTally(report.before, "before", "before", report.from_log && report.partial > 0, out.replayed, out.list);
  AddTally(report.after, "after", "after", false, out.replayed, out.list);
  AddApprovals(report, out.list);
  AddDrift(report, about, out);
  AddDaily(report, out);
  if (about.new_set.program) {
    for (const core::Rule& rule : about.new_set.program->rules) {
      if (report.after.rules.contains(rule.id)) continue;
      out.never_hit.push_back(rule.id);
      if (about.tested && about.tested->contains(rule.id)) out.only_tests.push_back(rule.id);
    }
  }
  if (!about.tested) out.no_tests = "the new set has no tests";
  return out;
}

std::string ValueText(const Figure& figure) {
  if (!figure.value) return fmt::format("not known: {}", figure.why_not);
  switch (figure.unit) {
    case Figure::Unit::kShare:
      return fmt::format("{:.1f} % ({} of {})", 100 * *figure.value, figure.part, figure.whole);
    case Figure::Unit::kMilliseconds:
      return fmt::format("{:.0f} s", *figure.value / 1000);
    case Figure::Unit::kIndex:
      return fmt::format("{:.3f} ({})", *figure.value, DriftWord(*figure.value));
  }
  return "";
}

Window ReadWindow(const log::Reader& reader, log::Splitter& splitter, const Progress& progress,
                  uint64_t& broken) {
  Window out;
  uint64_t records = 0;
  std::vector<log::Problem> problems;
  while (const std::optional<log::Chunk> chunk = splitter.Next(problems)) {
    const log::Batch batch = reader.Read(*chunk);
    for (const log::Record& record : batch.records) {
      if (record.decision) ++out.outcomes[static_cast<size_t>(record.decision->outcome)];
      ++out.actions[log::NamesIn(record).uids[1]];
    }
    broken += batch.broken;
    records += batch.records.size();
    if (progress) progress(chunk->bytes, records);
  }
  broken += problems.size();
  return out;
}

}  // namespace polc::simulate
