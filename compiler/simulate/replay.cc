#include "compiler/simulate/replay.h"

#include "compiler/host/decision_json.h"
#include "compiler/log/names.h"

namespace polc::simulate {

namespace {

void Miss(const std::string& field, uint64_t line, Report& sums) {
  ++sums.buckets[static_cast<size_t>(Bucket::kNotReplayable)];
  Missing& missing = sums.missing[field];
  if (missing.count++ == 0) missing.first_line = line;
}

std::optional<data::Datetime> TimeOf(const log::Record& record, const Taken& taken) {
  if (taken.request && taken.request->host && taken.request->host->now) return taken.request->host->now;
  return record.time;
}

// For how long approvals are waited for.
void Ask(const log::Record& record, Part& part) {
  if (!record.whole_decision || !record.time || record.decision->action_digest.empty()) return;
  const data::Decision& d = *record.decision;
  const bool granted = d.allowed() && !d.counted.empty();
  if (!granted && d.outcome != data::Outcome::kRequireApproval) return;
  part.asked.push_back({d.action_digest, record.time->ms, granted});
}

}  // namespace

Group& GroupOf(const GroupKey& key, std::map<GroupKey, Group>& groups) {
  const auto [at, fresh] = groups.try_emplace(key);
  Group& group = at->second;
  if (fresh) {
    bool attributed;
    std::tie(group.bucket, group.cause, attributed, group.before, group.after, group.principal_type,
             group.action, group.resource_type) = key;
  }
  return group;
}

std::string DayOf(data::Datetime time) {
  const std::optional<std::string> text = host::TimeText(time);
  return text ? text->substr(0, 10) : "";
}

size_t WindowOf(const Options& options, std::string_view day) {
  return options.split.empty() || day >= options.split ? 1 : 0;
}

// What was asked for, and when, whether it can be replayed or not.
void Replayer::See(const Prepared& item, Report& sums) const {
  const log::Record& record = item.record;
  const std::optional<data::Datetime> time = item.after ? TimeOf(record, *item.after) : record.time;
  const std::string day = time ? DayOf(*time) : "";
  if (day.empty() && !world_.options.split.empty()) return;
  Window& window = sums.windows[WindowOf(world_.options, day)];
  if (record.decision) ++window.outcomes[static_cast<size_t>(record.decision->outcome)];
  ++window.actions[item.after && item.after->request ? data::ToString(item.after->request->action)
                                                     : log::NamesIn(record).uids[1]];
}

void Replayer::Replay(const Prepared& item, StateBook* before_book, StateBook* after_book, Part& part,
                      Told* told) {
  const log::Record& record = item.record;
  Report& sums = part.sums;
  ++sums.records;
  sums.complete +=
      record.time && record.whole_decision && !record.decision->snapshot.empty() && !record.request.empty();
  sums.other_entities += !record.entities.empty() && !world_.options.entities_digest.empty() &&
                         record.entities != world_.options.entities_digest;
  sums.partial += record.decision && !record.whole_decision;
  Ask(record, part);
  See(item, sums);
  if (!item.missing.empty()) {
    if (told) *told = {.bucket = Bucket::kNotReplayable, .missing = item.missing};
    return Miss(item.missing, record.line, sums);
  }

  Flip flip;
  flip.line = record.line;
  flip.validate = item.validate;
  if (record.decision && record.whole_decision) {
    flip.logged_digest = record.decision->action_digest;
    flip.logged_snapshot = record.decision->snapshot;
  }
  const data::Decision* logged = record.whole_decision ? &*record.decision : nullptr;
  if (world_.before) {
    flip.before = Decide(world_.before, *world_.options.before, *item.before, record, logged, before_book,
                         flip, flip.before_request, sums);
    sums.drifted += record.decision &&
                    Compare(*record.decision, flip.before, record.whole_decision) != Bucket::kUnchanged;
  } else {
    flip.before = *record.decision;
    flip.whole = record.whole_decision;
  }
  flip.after = Decide(world_.after, *world_.options.after, *item.after, record, logged, after_book, flip,
                      flip.after_request, sums);
  if (!world_.before && item.after->request) flip.before_request = *item.after->request;
  // What no longer fits is put to other sets as the old one read it.
  if (world_.before && !item.after->request) flip.after_request = flip.before_request;
  sums.before.Add(flip.before);
  sums.after.Add(flip.after);
  const std::optional<data::Datetime> time = TimeOf(record, *item.after);
  if (time) ++sums.days[DayOf(*time)][static_cast<size_t>(flip.before.outcome)];
  const Bucket bucket = Compare(flip.before, flip.after, flip.whole);
  ++sums.buckets[static_cast<size_t>(bucket)];
  std::optional<Cause> cause;
  if (bucket != Bucket::kUnchanged && !flip.after_request.principal.type.empty()) {
    cause = world_.attributor.Attribute(flip, scratches_);
  }
  if (told) *told = {bucket, "", flip.before, flip.after, cause};
  if (bucket != Bucket::kUnchanged) AddFlip(bucket, cause, std::move(flip), part);
}

data::Decision Replayer::Decide(const std::shared_ptr<const Judge>& judge, const Side& side,
                                const Taken& taken, const log::Record& record, const data::Decision* logged,
                                StateBook* book, const Flip& flip, data::Request& request, Report& sums) {
  if (!taken.request) return Unreadable(side, taken);
  request = *taken.request;
  const std::optional<data::Datetime> time = TimeOf(record, taken);
  if (book && time && request.host) {
    auto host = std::make_shared<data::Host>(*request.host);
    book->Fill(request, *time, record.whole_decision, *host, sums.assumed);
    request.host = std::move(host);
  }
  data::Decision decision =
      DecideRecorded(judge, request, flip.validate, flip.logged_digest, flip.logged_snapshot, scratches_);
  if (book && time && taken.request->host) book->Add(*time, *taken.request->host, logged, decision);
  return decision;
}

void Replayer::AddFlip(Bucket bucket, const std::optional<Cause>& cause, Flip flip, Part& part) {
  part.sums.flips_unattributed += !cause;
  const data::Request& of =
      flip.after_request.principal.type.empty() ? flip.before_request : flip.after_request;
  Group& group =
      GroupOf({bucket, cause.value_or(Cause()), cause.has_value(), OutcomeText(flip.before),
               OutcomeText(flip.after), of.principal.type, data::ToString(of.action), of.resource.type},
              part.groups);
  ++group.count;
  if (group.examples.size() < world_.options.examples) group.examples.push_back(std::move(flip));
}

}  // namespace polc::simulate
