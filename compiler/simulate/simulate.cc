#include "compiler/simulate/simulate.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "compiler/bridge/bridge.h"
#include "compiler/simulate/checkpoint.h"
#include "compiler/simulate/crew.h"
#include "compiler/simulate/lane.h"
#include "compiler/simulate/replay.h"
#include "compiler/simulate/shrink.h"
#include "compiler/simulate/stream.h"
#include "fmt/format.h"

namespace polc::simulate {

namespace {

template <typename Map>
void AddCounts(Map& to, const Map& from) {
  for (const auto& [key, count] : from) to[key] += count;
}

// Parts come in the order of the log.
class Merger {
 public:
  Merger(Report& report, size_t examples) : report_(report), examples_(examples) {}

  void Add(Part part) {
    const Report& from = part.sums;
    report_.records += from.records;
    report_.complete += from.complete;
    report_.other_entities += from.other_entities;
    report_.drifted += from.drifted;
    report_.partial += from.partial;
    for (size_t w = 0; w < report_.windows.size(); ++w) {
      for (size_t i = 0; i < from.windows[w].outcomes.size(); ++i) {
        report_.windows[w].outcomes[i] += from.windows[w].outcomes[i];
      }
      AddCounts(report_.windows[w].actions, from.windows[w].actions);
    }
    report_.flips_unattributed += from.flips_unattributed;
    report_.quick += from.quick;
    for (size_t i = 0; i < kBuckets; ++i) report_.buckets[i] += from.buckets[i];
    for (const auto& [field, missing] : from.missing) {
      Missing& to = report_.missing[field];
      if (to.count == 0) to.first_line = missing.first_line;
      to.count += missing.count;
    }
    report_.before.Add(from.before);
    report_.after.Add(from.after);
    report_.assumed.insert(from.assumed.begin(), from.assumed.end());
    for (const auto& [day, counts] : from.days) {
      for (size_t i = 0; i < counts.size(); ++i) report_.days[day][i] += counts[i];
    }
    for (auto& [key, group] : part.groups) {
      auto [to, fresh] = groups_.try_emplace(key, std::move(group));
      if (fresh) continue;
      to->second.count += group.count;
      for (Flip& flip : group.examples) {
        if (to->second.examples.size() < examples_) to->second.examples.push_back(std::move(flip));
      }
    }
    for (const Asked& asked : part.asked) {
      if (!asked.granted) {
        if (open_.size() < kMaxOpen) report_.asked += open_.try_emplace(asked.digest, asked.at_ms).second;
        continue;
      }
      const auto first = open_.find(asked.digest);
      if (first == open_.end()) continue;
      ++report_.granted;
      if (report_.approval_waits_ms.size() < kMaxOpen) {
        report_.approval_waits_ms.push_back(std::max<int64_t>(asked.at_ms - first->second, 0));
      }
      open_.erase(first);
    }
  }
  void Add(const std::vector<log::Problem>& problems) {
    for (const log::Problem& p : problems) {
      const std::string kind = p.key.empty() ? std::string(source::Info(p.code).name) : p.key;
      report_.problems.try_emplace(kind, p);
      ++report_.problem_counts[kind];
    }
  }

  void Save(Writer& archive) const { PassAll(archive, groups_, open_); }
  // Of groups that come from as many edits as there are.
  void Load(size_t edits, Reader& archive) {
    PassAll(archive, groups_, open_);
    for (const auto& [key, group] : groups_) {
      for (const size_t edit : group.cause.edits) {
        if (edit >= edits) archive.Fail();
      }
      if (group.examples.empty() && examples_ > 0) archive.Fail();
    }
  }

  std::vector<Group> Take() {
    std::vector<Group> out;
    for (auto& [key, group] : groups_) out.push_back(std::move(group));
    std::ranges::stable_sort(out, [](const Group& a, const Group& b) {
      return std::tuple(b.bucket, b.count) < std::tuple(a.bucket, a.count);
    });
    return out;
  }

 private:
  // What is remembered of the log itself; past it waits are no longer measured.
  static constexpr size_t kMaxOpen = 1'000'000;

  Report& report_;
  size_t examples_;
  std::map<GroupKey, Group> groups_;
  std::map<std::string, int64_t> open_;  // action digests that wait for an approval, since when
};

// The names of state that the log may have.
std::set<std::string> Known(const Options& options) {
  std::set<std::string> out;
  if (!options.before) return out;
  for (const core::Input& input : options.before->source.program->inputs) out.insert(input.name);
  return out;
}

bool IsModel(const Edit& edit) {
  return edit.item != Edit::Item::kRule && edit.item != Edit::Item::kFact &&
         edit.item != Edit::Item::kLadder && edit.item != Edit::Item::kCap;
}

// What groups name edits of by number, to compare.
std::vector<std::string> TextsOf(const std::vector<Edit>& edits) {
  std::vector<std::string> out;
  for (const Edit& edit : edits) out.push_back(Describe(edit));
  return out;
}

// Decides a flip's requests anew: whether it is the same flip still.
bool StillFlips(const World& world, const Group& group, Flip& flip, Scratches& scratches) {
  if (world.before) {
    flip.before = DecideRecorded(world.before, flip.before_request, flip.validate, flip.logged_digest,
                                 flip.logged_snapshot, scratches);
  }
  flip.after = DecideRecorded(world.after, flip.after_request, flip.validate, flip.logged_digest,
                              flip.logged_snapshot, scratches);
  return Compare(flip.before, flip.after, flip.whole) == group.bucket &&
         OutcomeText(flip.before) == group.before && OutcomeText(flip.after) == group.after &&
         (group.cause == Cause() || world.attributor.Removes(group.cause, flip, scratches));
}

}  // namespace

void Tally::Add(const data::Decision& decision, uint64_t times) {
  outcomes[static_cast<size_t>(decision.outcome)] += times;
  if (decision.why != data::Why::kNone) why[std::string(WhyName(decision.why))] += times;
  for (const auto& [kind, limit] : decision.limits) limits[kind] += times;
  for (const std::string& rule : RulesOf(decision)) rules[rule] += times;
  for (const std::string& rule : decision.shadow) shadow[rule] += times;
  if (decision.would_be) {
    would_be[fmt::format("{} -> {}", OutcomeName(decision.outcome), OutcomeName(*decision.would_be))] +=
        times;
  }
  counted += times * decision.counted.size();
  approvals += times * (decision.counted.size() + decision.not_counted.size());
  for (const data::UncountedApproval& approval : decision.not_counted) {
    if (approval.why == data::NotCounted::kExpired) expired += times;
    if (approval.why == data::NotCounted::kChangedSnapshot) other_snapshot += times;
  }
}

void Tally::Add(const Tally& other) {
  for (size_t i = 0; i < outcomes.size(); ++i) outcomes[i] += other.outcomes[i];
  AddCounts(why, other.why);
  AddCounts(limits, other.limits);
  AddCounts(rules, other.rules);
  AddCounts(shadow, other.shadow);
  AddCounts(would_be, other.would_be);
  approvals += other.approvals;
  counted += other.counted;
  expired += other.expired;
  other_snapshot += other.other_snapshot;
}

namespace {

// `tell` may be null, and `progress`.
std::optional<Report> Run(const Options& options, const log::Reader& reader, log::Splitter& splitter,
                          const Progress& progress, const Tell& tell) {
  Report report;
  report.from_log = !options.before;
  report.edits = options.before ? Compare(options.before->source, options.after->source)
                                : Present(options.after->source);
  const std::shared_ptr<const entities::Snapshot> after_store = bridge::MakeSnapshot(*options.after->store);
  std::shared_ptr<const entities::Snapshot> before_store =
      options.before ? bridge::MakeSnapshot(*options.before->store) : nullptr;
  if (!after_store || (options.before && !before_store)) return std::nullopt;
  // Most often both sides have the same entities: then they have one snapshot.
  if (before_store && std::ranges::equal(before_store->block(), after_store->block())) {
    before_store = after_store;
  }
  const std::shared_ptr<const Judge> after =
      Judge::Make(*options.after->source.program, after_store, options.after->bundle);
  const std::shared_ptr<const Judge> before =
      options.before ? Judge::Make(*options.before->source.program, before_store, options.before->bundle)
                     : nullptr;
  if (!after || (options.before && !before)) return std::nullopt;
  Variants variants(options.before ? options.before->source.program : nullptr, *options.after->source.program,
                    report.edits, after_store);
  Attributor attributor(variants, report.from_log);
  // Pol's requests are read by what the sets declare, Cedar's by the schema.
  const bool same_model =
      options.before && std::ranges::none_of(report.edits, IsModel) &&
      options.before->source.program->pol == options.after->source.program->pol &&
      (options.after->source.program->pol || options.before->schema == options.after->schema);
  const World world{options, before, after, attributor, same_model};

  const std::set<std::string> known = Known(options);
  const core::Program* before_program = options.before ? options.before->source.program : nullptr;
  std::optional<StateBook> before_book, after_book;
  if (before_program) before_book.emplace(*before_program, *options.before->store, &known);
  after_book.emplace(*options.after->source.program, *options.after->store,
                     options.before ? &known : nullptr);
  const auto has_state = [](const core::Program& program) {
    return std::ranges::any_of(program.inputs,
                               [](const core::Input& i) { return i.kind != core::Input::Kind::kNow; });
  };
  const bool in_order = tell || after_book->moves() || (before_book && before_book->moves());
  const bool books =
      has_state(*options.after->source.program) || (before_program && has_state(*before_program));
  StateBook* const before_state = books && before_book ? &*before_book : nullptr;
  StateBook* const after_state = books ? &*after_book : nullptr;

  Merger merger(report, options.examples);
  std::vector<Replayer> replayers;
  const size_t jobs = std::max(1u, options.jobs);
  for (size_t i = 0; i <= jobs; ++i) replayers.emplace_back(world);
  Replayer& in_turn = replayers[jobs];  // decides here what has to be decided in order
  std::vector<std::unique_ptr<Lane>> lanes;
  if (options.quick && !books && !tell && Lane::Fits(world, reader)) {
    for (size_t i = 0; i < jobs; ++i) lanes.push_back(std::make_unique<Lane>(world, reader, replayers[i]));
  }
  const auto each_book = [&](const auto& visit) {
    if (before_state) visit(*before_state);
    if (after_state) visit(*after_state);
  };
  std::vector<log::Problem> torn;
  if (options.resuming && !options.resuming->from.empty()) {
    Reader archive(options.resuming->from);
    log::Splitter::Position position;
    std::vector<std::string> edits;
    PassAll(archive, position, torn, edits, report);
    merger.Load(report.edits.size(), archive);
    each_book([&](StateBook& book) { book.Load(archive); });
    if (!archive.ok() || !archive.at_end() || edits != TextsOf(report.edits)) return std::nullopt;
    splitter.GoTo(std::move(position));
  }
  const uint64_t begun = report.records;
  // With everything merged that was read.
  const auto save = [&] {
    Writer archive;
    const log::Splitter::Position position = splitter.position();
    const std::vector<std::string> edits = TextsOf(report.edits);
    PassAll(archive, position, std::as_const(torn), edits, std::as_const(report));
    merger.Save(archive);
    each_book([&](const StateBook& book) { book.Save(archive); });
    options.resuming->save(archive.Take(), position.bytes);
  };
  struct Work {
    log::Batch batch;
    std::vector<Prepared> prepared;
    Part part;
  };
  Crew<Work> crew(jobs, [&](size_t i, const log::Chunk& chunk) {
    Work w;
    if (!lanes.empty()) {
      lanes[i]->Replay(chunk, w.part, w.batch);
      return w;
    }
    w.batch = reader.Read(chunk);
    for (log::Record& record : w.batch.records) {
      Prepared item = replayers[i].Prepare(std::move(record));
      if (in_order) {
        w.prepared.push_back(std::move(item));
      } else {
        replayers[i].Replay(item, before_state, after_state, w.part);
      }
    }
    return w;
  });
  std::string spare;  // the text of a chunk that is done with
  bool saving = false;
  for (bool more = true;;) {
    saving |= more && options.resuming && options.resuming->due() && splitter.position().bytes > 0;
    while (more && !saving && crew.hungry()) {
      std::optional<log::Chunk> chunk = splitter.Next(torn, std::exchange(spare, {}));
      more = chunk.has_value();
      if (chunk) crew.Give(std::move(*chunk));
    }
    auto done = crew.Take();
    if (!done) {
      if (!saving) break;
      save();
      saving = false;
      // So that there is something new to be kept the next time.
      std::optional<log::Chunk> chunk = splitter.Next(torn, std::exchange(spare, {}));
      more = chunk.has_value();
      if (chunk) crew.Give(std::move(*chunk));
      continue;
    }
    for (const Prepared& item : done->result.prepared) {
      Told told;
      in_turn.Replay(item, before_state, after_state, done->result.part, tell ? &told : nullptr);
      if (tell) tell(report.edits, &item.record, &told);
    }
    const log::Batch& batch = done->result.batch;
    for (uint64_t n = 0; tell && n < batch.broken; ++n) tell(report.edits, nullptr, nullptr);
    report.lines += batch.lines;
    report.broken += batch.broken;
    merger.Add(batch.problems);
    merger.Add(std::move(done->result.part));
    if (progress) progress(done->chunk.bytes, report.records - begun);
    spare = std::move(done->chunk.text);
  }
  merger.Add(torn);

  report.groups = merger.Take();
  std::ranges::sort(report.approval_waits_ms);
  if (tell) return report;
  Scratches scratches;
  for (Group& group : report.groups) {
    Flip first = group.examples.front();
    if (first.after_request.principal.type.empty()) continue;
    if (!StillFlips(world, group, first, scratches)) continue;
    group.smallest =
        Shrink(group.examples.front(), [&](Flip& flip) { return StillFlips(world, group, flip, scratches); });
  }
  return report;
}

}  // namespace

std::optional<Report> Simulate(const Options& options, const log::Reader& reader, log::Splitter& splitter,
                               const Progress& progress) {
  return Run(options, reader, splitter, progress, nullptr);
}

std::optional<Report> Stream(const Options& options, const log::Reader& reader, log::Splitter& splitter,
                             const Tell& tell) {
  Options alone = options;
  alone.jobs = 1;
  alone.examples = 0;
  return Run(alone, reader, splitter, nullptr, tell);
}

}  // namespace polc::simulate
