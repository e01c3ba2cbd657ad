#include "compiler/simulate/lane.h"

#include <algorithm>
#include <utility>

#include "compiler/host/decision_json.h"
#include "compiler/log/crc.h"
#include "compiler/simulate/stream.h"

namespace polc::simulate {

namespace {

// More different things than this are a log that is not quick; what is known is then forgotten, between
// chunks.
constexpr size_t kMostTuples = size_t{1} << 13;
constexpr size_t kMostLogged = size_t{1} << 12;
constexpr size_t kMostDoors = 64;
constexpr size_t kMostFlips = size_t{1} << 14;
constexpr size_t kMostDecisions = size_t{1} << 16;

constexpr std::string_view kSumStart = ",\"crc\":\"";

// What stands before the sum and what follows it, if the sum is right; the line up to its last brace if it
// has none.
bool TakeSum(std::string_view line, std::string_view* body) {
  constexpr size_t kTail = kSumStart.size() + 8 + 2;
  if (!line.ends_with('}')) return false;
  *body = line.substr(0, line.size() - 1);
  if (line.size() < kTail) return true;
  const size_t at = line.size() - kTail;
  if (line.substr(at, kSumStart.size()) != kSumStart || !line.ends_with("\"}")) return true;
  *body = line.substr(0, at);
  const std::array<char, 8> sum = HexOf(log::Crc32(*body));  // as it is written: in lower case only
  return line.substr(at + kSumStart.size(), sum.size()) == std::string_view(sum.data(), sum.size());
}

// Where both sets are decided about alike but for their rules.
std::unique_ptr<const Concern> ConcernOf(const World& world) {
  if (!world.before) return nullptr;
  const vm::Engine &before = world.before->engine(), &after = world.after->engine();
  const bundle::Header &old_header = before.bundle()->header(), &new_header = after.bundle()->header();
  if (&before.snapshot() != &after.snapshot() || old_header.max_elements != new_header.max_elements ||
      old_header.max_bytes != new_header.max_bytes) {
    return nullptr;
  }
  return std::make_unique<const Concern>(*world.options.before->source.program,
                                         *world.options.after->source.program,
                                         world.attributor.variants().edits(), *world.options.after->store);
}

}  // namespace

bool Lane::Fits(const World& world, const log::Reader& reader) {
  const Options& options = world.options;
  if (reader.format() != log::Format::kPolc || options.after->source.program->pol) return false;
  if (!options.before) return true;
  const model::Schema *before = options.before->schema, *after = options.after->schema;
  return !options.before->source.program->pol && (before == after || (before && after && *before == *after));
}

Lane::Lane(const World& world, const log::Reader& reader, Replayer& slow)
    : world_(world),
      reader_(reader),
      slow_(slow),
      concern_(ConcernOf(world)),
      requests_(
          world.options.after->schema, ProgramsOf(world.options),
          {world.before ? &world.before->engine().snapshot() : nullptr, &world.after->engine().snapshot()},
          concern_.get()),
      slots_(4 * kMostTuples) {
  Forget();
}

void Lane::Forget() {
  // Doors number decisions.
  decisions_.clear();
  undone_.clear();
  removed_.clear();
  logged_.clear();
  logged_texts_.clear();
  old_.clear();
  days_.clear();
  windows_.clear();
  day_numbers_.clear();
  last_day_.clear();
  tuples_.clear();
  std::ranges::fill(slots_, 0);
  causes_.clear();
  cause_numbers_.clear();
  flips_.clear();
  before_ = world_.before ? std::make_unique<Door>(world_.before, 0, requests_, decisions_) : nullptr;
  after_ = std::make_unique<Door>(world_.after, 1, requests_, decisions_);
}

uint32_t Lane::DayNumber(std::string_view time) {
  // As polc writes it: the day, `T`, the time with or without milliseconds, `Z`.
  constexpr size_t kDay = 10;
  const auto digits = [&](size_t at, int most) {
    const char a = time[at], b = time[at + 1];
    return a >= '0' && a <= '9' && b >= '0' && b <= '9' && (a - '0') * 10 + (b - '0') <= most;
  };
  if ((time.size() != 20 && time.size() != 24) || time[10] != 'T' || time[13] != ':' || time[16] != ':' ||
      time.back() != 'Z' || !digits(11, 23) || !digits(14, 59) || !digits(17, 59)) {
    return kNone32;
  }
  if (time.size() == 24 && (time[19] != '.' || !digits(20, 99) || time[22] < '0' || time[22] > '9')) {
    return kNone32;
  }
  const std::string_view day = time.substr(0, kDay);
  if (day == last_day_) return last_day_number_;
  auto known = day_numbers_.find(day);
  if (known == day_numbers_.end()) {
    const std::optional<data::Datetime> read = host::ReadTimeText(time);
    if (!read || DayOf(*read) != day || days_.size() >= 0xFFFF) return kNone32;
    known = day_numbers_.emplace(std::string(day), static_cast<uint32_t>(days_.size())).first;
    days_.emplace_back(day);
    windows_.push_back(static_cast<uint8_t>(WindowOf(world_.options, day)));
  }
  last_day_ = day;
  return last_day_number_ = known->second;
}

Lane::Tuple& Lane::TupleOf(uint32_t logged, uint32_t before, uint32_t after, uint32_t day) {
  const uint64_t key = uint64_t{logged} << 48 | uint64_t{before} << 32 | uint64_t{after} << 16 | day;
  for (uint64_t at = (key * 0x9E3779B97F4A7C15) >> 32;; ++at) {
    uint32_t& slot = slots_[at % slots_.size()];
    if (slot == 0) {
      tuples_.push_back({.logged = logged, .before = before, .after = after, .day = day, .order = {}});
      Tuple& tuple = tuples_.back();
      slot = static_cast<uint32_t>(tuples_.size());
      tuple.bucket = Compare(decisions_[before], decisions_[after], true);
      if (world_.before) {
        tuple.drifted = Compare(decisions_[logged], decisions_[before], true) != Bucket::kUnchanged;
      }
      if (tuple.bucket != Bucket::kUnchanged) {
        tuple.order = world_.attributor.Order(decisions_[before], decisions_[after]);
      }
      return tuple;
    }
    Tuple& tuple = tuples_[slot - 1];
    if (tuple.logged == logged && tuple.before == before && tuple.after == after && tuple.day == day) {
      return tuple;
    }
  }
}

Door* Lane::DoorWithout(const std::set<size_t>& undone) {
  const auto known = undone_.find(undone);
  if (known != undone_.end()) return known->second.get();
  std::shared_ptr<const Judge> judge = world_.attributor.variants().Without(undone);
  std::unique_ptr<Door> door;
  if (judge) door = std::make_unique<Door>(std::move(judge), 1, requests_, decisions_);
  if (undone_.size() >= kMostDoors) undone_.clear();
  return undone_.emplace(undone, std::move(door)).first->second.get();
}

bool Lane::CountFlip(Tuple& tuple, const QuickRequest& request) {
  const auto removes = [&](const std::set<size_t>& undone) {
    Door* const door = DoorWithout(undone);
    if (!door) return false;
    const uint64_t number = door->Decide(request);
    if (number >= kMostDecisions) {
      return Undone(decisions_[tuple.before], decisions_[tuple.after], true, decisions_[number]);
    }
    const uint64_t key = uint64_t{tuple.before} << 32 | uint64_t{tuple.after} << 16 | number;
    const auto [at, fresh] = removed_.try_emplace(key, false);
    if (fresh)
      at->second = Undone(decisions_[tuple.before], decisions_[tuple.after], true, decisions_[number]);
    return at->second;
  };
  const std::optional<Cause> cause = world_.attributor.Search(tuple.order, removes, {});
  const auto [number, fresh] = cause_numbers_.try_emplace({cause.has_value(), cause.value_or(Cause())},
                                                          static_cast<uint32_t>(causes_.size()));
  if (fresh) causes_.push_back(cause.value_or(Cause()));
  Flips& flips = flips_[{tuple.before, tuple.after, number->second, request.principal->type,
                         request.action->action, request.resource->type}];
  if (flips.shown < world_.options.examples) {
    ++flips.shown;
    return false;
  }
  if (flips.count++ == 0) {
    flips.key = {tuple.bucket,
                 cause.value_or(Cause()),
                 cause.has_value(),
                 OutcomeText(decisions_[tuple.before]),
                 OutcomeText(decisions_[tuple.after]),
                 requests_.TypeName(request.principal->type),
                 data::ToString(requests_.ActionOf(request.action->action)),
                 requests_.TypeName(request.resource->type)};
  }
  return true;
}

const Lane::Logged* Lane::FindLogged(std::string_view text, Old* old) const {
  if (old && old->logged && old->text == text) return old->logged;
  const auto found = logged_.find(text);
  if (found == logged_.end()) return nullptr;
  if (old) old->text = found->first, old->logged = &found->second;
  return &found->second;
}

uint32_t Lane::DecideNew(const QuickRequest& request, uint32_t before) {
  if (!before_ || request.concerned() || !decisions_[before].errors.empty()) return after_->Decide(request);
  // Rules that the edits are not about hold alike in both sets, and what a decision without errors says
  // follows from those that hold and decide it, which are those that the other one names.
  uint32_t& known = old_[before].after;
  if (known == kNone32) known = after_->Decide(request);
  return known;
}

void Lane::Begin(Line* line) const {
  Cursor cursor(line->text);
  line->begun = cursor.Take(R"({"polc_log":1,"time":")") && cursor.UpToQuote(&line->time) &&
                cursor.Take(R"(,"request":)") && requests_.Begin(&cursor, &line->request);
  line->taken = line->text.size() - cursor.left();
}

// `unknown` is the text of a decision that the line would be quick with.
bool Lane::Quick(const Line& line, Part& part, std::string_view* unknown) {
  std::string_view body, entities;
  if (!line.begun || !TakeSum(line.text, &body) || line.taken > body.size()) return false;
  const uint32_t day = DayNumber(line.time);
  if (day == kNone32) return false;
  Cursor cursor(body.substr(line.taken));
  if (!requests_.Read(line.request, &cursor, &request_)) return false;
  if (cursor.Take(R"(,"entities":")") && !cursor.Text(&entities)) return false;
  if (int64_t latency; cursor.Take(R"(,"latency_ns":)") && !cursor.Integer(&latency)) return false;
  if (!cursor.Take(R"(,"decision":)")) return false;
  const std::string_view text = cursor.rest();

  uint32_t before = kNone32;
  Old* old = nullptr;
  if (before_) {
    before = before_->Decide(request_);
    if (old_.size() < decisions_.size()) old_.resize(decisions_.size());
    old = &old_[before];
  }
  const Logged* const logged = FindLogged(text, old);
  if (!logged) {
    if (logged_.size() < kMostLogged) *unknown = text;
    return false;
  }
  if (logged->number == kNone32) return false;
  if (!before_) before = logged->number;
  const uint32_t after = DecideNew(request_, before);
  if (decisions_.size() > kMostDecisions || tuples_.size() >= 2 * kMostTuples) return false;
  Tuple& tuple = TupleOf(logged->number, before, after, day);
  if (tuple.bucket != Bucket::kUnchanged && !CountFlip(tuple, request_)) return false;
  ++tuple.count;
  const uint32_t action = request_.action->action;
  if (action >= action_counts_.size()) action_counts_.resize(action + 1);
  ++action_counts_[action][windows_[day]];
  part.sums.complete += logged->complete;
  const std::string& digest = world_.options.entities_digest;
  part.sums.other_entities += !entities.empty() && !digest.empty() && entities != digest;
  return true;
}

void Lane::Slow(std::string_view line, uint64_t number, std::string_view unknown, Part& part,
                log::Batch& batch) {
  log::Batch one = log::ReadLine(reader_, line, number);
  batch.broken += one.broken;
  if (!unknown.empty() && one.records.size() == 1 && one.problems.empty()) {
    const log::Record& record = one.records.front();
    Logged logged;
    if (record.decision && record.whole_decision && record.decision->action_digest.empty()) {
      logged.number = static_cast<uint32_t>(decisions_.size());
      logged.complete = !record.decision->snapshot.empty();
      decisions_.push_back(*record.decision);
    }
    logged_.emplace(logged_texts_.emplace_back(unknown), logged);
  }
  batch.problems.insert(batch.problems.end(), one.problems.begin(), one.problems.end());
  for (log::Record& record : one.records) {
    slow_.Replay(slow_.Prepare(std::move(record)), nullptr, nullptr, part);
  }
}

// What was counted goes into the part's sums.
void Lane::Fold(Part& part) {
  Report& sums = part.sums;
  for (Tuple& tuple : tuples_) {
    if (tuple.count == 0) continue;
    const data::Decision& before = decisions_[tuple.before];
    sums.records += tuple.count;
    sums.quick += tuple.count;
    sums.drifted += tuple.drifted ? tuple.count : 0;
    sums.before.Add(before, tuple.count);
    sums.after.Add(decisions_[tuple.after], tuple.count);
    const auto outcome = static_cast<size_t>(decisions_[tuple.logged].outcome);
    sums.windows[windows_[tuple.day]].outcomes[outcome] += tuple.count;
    sums.days[days_[tuple.day]][static_cast<size_t>(before.outcome)] += tuple.count;
    sums.buckets[static_cast<size_t>(tuple.bucket)] += tuple.count;
    tuple.count = 0;
  }
  for (uint32_t action = 0; action < action_counts_.size(); ++action) {
    for (size_t w = 0; w < sums.windows.size(); ++w) {
      const uint64_t count = std::exchange(action_counts_[action][w], 0);
      if (count > 0) sums.windows[w].actions[data::ToString(requests_.ActionOf(action))] += count;
    }
  }
  for (auto& [key, flips] : flips_) {
    if (flips.count == 0) continue;
    GroupOf(flips.key, part.groups).count += flips.count;
    if (!std::get<2>(flips.key)) sums.flips_unattributed += flips.count;
    flips.count = 0;
  }
}

void Lane::Replay(const log::Chunk& chunk, Part& part, log::Batch& batch) {
  const std::string_view text = chunk.text;
  // Lines are begun some way ahead of being replayed, and what they will need is fetched as they come nearer:
  // waiting for memory would take longer than all the rest.
  constexpr size_t kRing = 8, kAhead = QuickReader::kSteps + 1;
  static_assert(kAhead < kRing);
  std::array<Line, kRing> ring;
  size_t at = 0, begun = 0;
  const auto begin = [&] {
    const size_t end = std::min(text.find('\n', at), text.size());
    Line& line = ring[begun % kRing];
    line.text = text.substr(at, end - at);
    line.number = chunk.first_line + begun++;
    at = end + 1;
    Begin(&line);
  };
  for (size_t done = 0; at < text.size() || done < begun; ++done) {
    while (at < text.size() && begun <= done + kAhead) begin();
    for (size_t step = 0; step < QuickReader::kSteps; ++step) {
      const size_t ahead = done + kAhead - 1 - step;
      if (ahead < begun && ring[ahead % kRing].begun) requests_.Fetch(ring[ahead % kRing].request, step);
    }
    const Line& line = ring[done % kRing];
    std::string_view unknown;
    if (line.text.size() <= log::kMaxLineBytes && Quick(line, part, &unknown)) {
      ++batch.lines;
      continue;
    }
    if (line.text.find_first_not_of(" \t\r") == line.text.npos) continue;
    ++batch.lines;
    Slow(line.text, line.number, unknown, part, batch);
  }
  Fold(part);
  if (tuples_.size() > kMostTuples || logged_.size() == kMostLogged || flips_.size() > kMostFlips ||
      decisions_.size() > kMostDecisions / 2 || removed_.size() > kMostDecisions) {
    Forget();
  }
}

}  // namespace polc::simulate
