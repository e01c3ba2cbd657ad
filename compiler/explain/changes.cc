#include "compiler/explain/changes.h"

#include <algorithm>
#include <deque>
#include <set>
#include <unordered_map>

#include "compiler/bridge/bridge.h"
#include "compiler/explain/changed_request.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "runtime/vm/outcome.h"
#include "runtime/vm/review.h"

namespace polc::explain {

using bundle::Effect;
using bundle::kNone;
using data::EntityUid;
using data::Value;
using vm::Outcome;

namespace {

// People who could approve are looked for among this many entities at most.
constexpr uint32_t kMaxLookedAt = 10'000;
// A value changed again and again comes to nothing new.
constexpr int kMaxReplacements = 8;
// For alternatives that take more changes than the least there are.
constexpr uint64_t kMoreTries = 100;

std::string NameOf(const Key& key) {
  std::string out = fmt::format("{}|{}|{}|{}|{}", static_cast<int>(key.kind), key.name, key.entity.type,
                                key.entity.id, key.by);
  if (key.of) out += "|" + data::ToString(*key.of);
  return out;
}
std::string NameOf(const ChangeSet& set) {
  std::string out;
  for (const auto& [key, change] : set)
    out += NameOf(key) + "=" + (change.value ? data::ToString(*change.value) : "-") + ";";
  return out;
}

// A request as it would be, and what it came to.
struct Probe {
  std::optional<data::Request> request;
  std::optional<vm::Request> taken;
  vm::Decision decision;
};

class Search {
 public:
  Search(const vm::Engine& engine, const data::Request& request, vm::Scratch* scratch,
         const ChangeOptions& options)
      : engine_(engine),
        b_(engine.bundle().bundle()),
        options_(options),
        scratch_(*scratch),
        changer_(engine, request, options.validate_request) {}

  Changes Run() {
    out_.want = options_.want;
    out_.up_to = std::min(options_.up_to, kMaxChanges);
    if (Wanted({})) {
      out_.already = true;
      out_.tried = tried_;
      return std::move(out_);
    }
    // By size: a rule that needs more changes than there may be is not looked at.
    for (uint32_t size = 1; size <= out_.up_to; ++size) {
      // What is larger than an answer is worth a look, not a search.
      const size_t answers = Answers();
      budget_ = answers == 0 ? options_.max_tried : std::min(options_.max_tried, tried_ + kMoreTries);
      Level(size);
      if (Answers() >= options_.enough || !out_.complete) break;
    }
    if (!out_.found.empty()) out_.complete = true;
    LeaveOutDetours();
    std::ranges::stable_sort(out_.found, [](const Alternative& a, const Alternative& b) {
      if (a.changes.size() != b.changes.size()) return a.changes.size() < b.changes.size();
      return Rank(a) < Rank(b);
    });
    out_.tried = tried_;
    return std::move(out_);
  }

 private:
  size_t Answers() const { return static_cast<size_t>(std::ranges::count_if(out_.found, KeepsAction)); }
  // Other actions with more than themselves, where this one does with as few changes.
  void LeaveOutDetours() {
    size_t fewest = kMaxChanges + 1;
    for (const Alternative& a : out_.found)
      if (KeepsAction(a)) fewest = std::min(fewest, a.changes.size());
    std::erase_if(out_.found, [&](const Alternative& a) {
      return !KeepsAction(a) && a.changes.size() > 1 && a.changes.size() >= fewest;
    });
  }

  // What has to hold in the end, for whom; none: whatever is in the way now.
  struct Pursuit {
    uint32_t rule = kNone;
    uint8_t hop = 0;
  };
  struct Node {
    ChangeSet set;
    Pursuit pursuit;
    int replacements = 0;
  };
  struct Step {
    Candidate candidate;
    Pursuit pursuit;
  };

  static std::vector<Key::Kind> Rank(const Alternative& a) {
    std::vector<Key::Kind> kinds;
    for (const Candidate& c : a.changes) kinds.push_back(c.key.kind);
    std::ranges::sort(kinds, std::greater<>());
    return kinds;
  }

  std::optional<Probe> Decide(const ChangeSet& set) {
    ++tried_;
    Probe probe;
    probe.request = changer_.Apply(set);
    if (!probe.request) return std::nullopt;
    probe.taken =
        bridge::MakeRequest(engine_, *probe.request, {.validate_request = options_.validate_request});
    if (!probe.taken) return std::nullopt;
    probe.decision = engine_.Decide(*probe.taken, &scratch_);
    return probe;
  }
  static bool IsGoal(data::Outcome want, const vm::Decision& d) {
    return d.misfit == nullptr && IsWanted(want, static_cast<data::Outcome>(d.outcome));
  }
  bool Wanted(const ChangeSet& set) {
    const std::string name = NameOf(set);
    if (const auto known = outcomes_.find(name); known != outcomes_.end()) return known->second;
    const auto probe = Decide(set);
    return outcomes_[name] = probe && IsGoal(options_.want, probe->decision);
  }

  bool HasFound(const ChangeSet& set) const {
    return std::ranges::any_of(found_, [&](const ChangeSet& found) {
      return std::ranges::all_of(found, [&](const auto& item) {
        const auto at = set.find(item.first);
        return at != set.end() && at->second.value == item.second.value;
      });
    });
  }

  // All sets of up to `limit` changes.
  void Level(uint32_t limit) {
    limit_ = limit;
    std::vector<std::deque<Node>> queues(limit + 1);
    queues[0].push_back({});
    std::set<std::string> seen;
    for (uint32_t size = 0; size <= limit; ++size) {
      while (!queues[size].empty()) {
        const Node node = std::move(queues[size].front());
        queues[size].pop_front();
        if (HasFound(node.set)) continue;
        if (tried_ + 2 > budget_) {
          out_.complete = false;
          return;
        }
        if (!node.set.empty() && Wanted(node.set)) {
          Found(node.set);
          if (Answers() >= options_.enough) return;
          continue;
        }
        const auto probe = Decide(node.set);
        if (!probe) continue;
        std::vector<Step> steps;
        remaining_ = limit - size;
        set_ = &node.set;
        Expand(*probe, node.pursuit, &steps);
        for (Step& step : steps) {
          Node next = node;
          next.pursuit = step.pursuit;
          const auto at = next.set.find(step.candidate.key);
          const bool replaces = at != next.set.end();
          if (replaces) {
            if (at->second.value == step.candidate.change.value) continue;
            if (++next.replacements > kMaxReplacements) {
              out_.complete = false;
              continue;
            }
            step.candidate.change.current = at->second.current;
            at->second = std::move(step.candidate.change);
          } else {
            if (size == limit) continue;
            next.set.emplace(std::move(step.candidate.key), std::move(step.candidate.change));
          }
          if (!seen.insert(NameOf(next.set) + fmt::format("#{}/{}", next.pursuit.rule, next.pursuit.hop))
                   .second)
            continue;
          queues[size + !replaces].push_back(std::move(next));
        }
      }
    }
  }

  // Notes a set that does it, or what of it does.
  void Found(const ChangeSet& set) {
    std::vector<std::pair<Key, Change>> items(set.begin(), set.end());
    for (uint32_t size = 1; size < items.size(); ++size) {
      for (uint32_t mask = 1; mask + 1 < (1u << items.size()); ++mask) {
        if (static_cast<uint32_t>(std::popcount(mask)) != size) continue;
        ChangeSet part;
        for (size_t i = 0; i < items.size(); ++i)
          if ((mask >> i & 1) != 0) part.insert(items[i]);
        if (HasFound(part)) return;
        if (Wanted(part)) return Note(part);
      }
    }
    Note(set);
  }
  void Note(const ChangeSet& set) {
    found_.push_back(set);
    const auto probe = Decide(set);
    Alternative alternative;
    alternative.outcome = static_cast<data::Outcome>(probe->decision.outcome);
    alternative.by_agent = true;
    std::map<std::tuple<std::string, std::string, bool, bool>, int> people;
    std::vector<std::string> said;
    for (const auto& [key, change] : set) {
      alternative.by_agent &= change.by_agent;
      alternative.changes.push_back({key, change});
      if (key.kind == Key::Kind::kApproval && change.value && !change.pools.empty()) {
        ++people[{change.pools, change.deadline, change.more, change.invented}];
        continue;
      }
      said.push_back(change.current.empty() ? change.says
                                            : fmt::format("{} ({})", change.says, change.current));
    }
    for (const auto& [who, count] : people) {
      const auto& [pools, deadline, more, invented] = who;
      static constexpr std::string_view kNumbers[] = {"nobody", "one", "two", "three", "four"};
      const std::string number = count < 5 ? std::string(kNumbers[count]) : std::to_string(count);
      said.push_back(invented ? fmt::format("{} new in {} approved (nobody there could yet)",
                                            count == 1 ? "somebody" : number + " people", pools)
                              : fmt::format("{}{} of {} approved", number, more ? " more" : "", pools));
      if (!deadline.empty()) said.back() += " before " + deadline;
    }
    alternative.sentences = std::move(said);
    // Two ways to say the same are one.
    for (const Alternative& other : out_.found)
      if (other.sentences == alternative.sentences) return;
    out_.found.push_back(std::move(alternative));
  }

  // The case of a hop, for whoever asks next.
  struct Case {
    Case(const vm::Engine& engine, const vm::Request& request, vm::Scratch* scratch)
        : tracer(engine, request, scratch), proposer(&tracer) {}
    Tracer tracer;
    Proposer proposer;
  };

  void Expand(const Probe& probe, Pursuit pursuit, std::vector<Step>* steps) {
    const vm::Decision& d = probe.decision;
    if (d.misfit != nullptr) return FixMisfit(probe, pursuit, steps);
    // Copied out: the tracer uses the scratch the decision lies in.
    const Outcome outcome = d.outcome;
    const vm::Why why = d.why;
    const std::vector<uint32_t> reasons(d.reasons.begin(), d.reasons.end());
    const std::vector<uint8_t> hops(d.reason_hops.begin(), d.reason_hops.end());
    const std::vector<uint8_t> ungranted(d.ungranted.begin(), d.ungranted.end());
    const std::vector<vm::NeedTerm> needs(d.needs.begin(), d.needs.end());
    const std::vector<uint32_t> counted(d.counted.begin(), d.counted.end());
    const auto hop_of = [&](size_t i) { return hops.empty() ? uint8_t{0} : hops[i]; };
    const Outcome want = static_cast<Outcome>(options_.want);

    if (outcome > want) {
      switch (outcome) {
        case Outcome::kDeny:
          if (why == vm::Why::kUnenforceable) return Enforceable(probe, reasons, hops, pursuit, steps);
          if (why == vm::Why::kRefused) {
            for (const vm::Refusal& refusal : probe.taken->host().refusals)
              Unrefuse(probe, refusal, pursuit, steps);
            for (size_t i = 0; i < reasons.size(); ++i) Falsify(probe, reasons[i], hop_of(i), pursuit, steps);
            return;
          }
          if (!reasons.empty()) return Falsify(probe, reasons[0], hop_of(0), pursuit, steps);
          return Grant(probe, Effect::kAllow, ungranted.empty() ? uint8_t{0} : ungranted[0], pursuit, steps);
        case Outcome::kSuggest:
          return Falsify(probe, reasons[0], hop_of(0), pursuit, steps);
        case Outcome::kRequireApproval:
          Meet(probe, needs[0], pursuit, steps);
          return Falsify(probe, needs[0].rule, needs[0].hop, pursuit, steps);
        default:
          for (size_t i = 0; i < reasons.size(); ++i) {
            if (EffectOf(reasons[i]) == Effect::kLimit)
              return Falsify(probe, reasons[i], hop_of(i), pursuit, steps);
          }
          return;
      }
    }
    switch (want) {
      case Outcome::kAllowWithLimits:
        return Grant(probe, Effect::kLimit, 0, pursuit, steps);
      case Outcome::kRequireApproval:
        Grant(probe, Effect::kRequire, 0, pursuit, steps);
        return Unmeet(probe, counted, pursuit, steps);
      case Outcome::kSuggest:
        Grant(probe, Effect::kSuggest, 0, pursuit, steps);
        return Unmeet(probe, counted, pursuit, steps);
      case Outcome::kDeny: {
        Grant(probe, Effect::kForbid, 0, pursuit, steps);
        Unmeet(probe, counted, pursuit, steps);
        // Or nothing allows it any more.
        for (size_t i = 0; i < reasons.size(); ++i) {
          if (EffectOf(reasons[i]) == Effect::kAllow)
            return Falsify(probe, reasons[i], hop_of(i), pursuit, steps);
        }
        return FirstAllow(probe, pursuit, steps);
      }
      default:
        return;
    }
  }

  Effect EffectOf(uint32_t rule) const { return static_cast<Effect>(b_.rules()[rule].effect); }

  void Take(std::vector<Candidate>* from, Pursuit pursuit, std::vector<Step>* steps) {
    for (Candidate& c : *from) {
      if (!options_.keeps_action || c.key.kind != Key::Kind::kAction)
        steps->push_back({std::move(c), pursuit});
    }
    from->clear();
  }

  // The request as the hop makes it; good until the next call.
  const vm::Request& As(const Probe& probe, uint8_t hop) {
    if (hop == 0) return *probe.taken;
    theirs_ = probe.taken->WithPrincipal(probe.taken->host().acts_for[hop - 1u].principal);
    return *theirs_;
  }

  void FixMisfit(const Probe& probe, Pursuit pursuit, std::vector<Step>* steps) {
    Case c(engine_, *probe.taken, &scratch_);
    std::vector<Candidate> out;
    // The request's: the decision's points to where the request was before it was moved here.
    const vm::Misfit& misfit =
        probe.taken->misfit().fits() ? probe.taken->unknown_entity() : probe.taken->misfit();
    if (misfit.kind == vm::MisfitKind::kMissingAttribute || misfit.kind == vm::MisfitKind::kAttributeType) {
      const std::string name = c.tracer.Read(misfit.name).as_string();
      if (const auto* row = c.proposer.words().ContextAttribute(name)) {
        out.push_back(c.proposer.ContextAttribute(name, c.proposer.Sample(row->type)));
        if (row->required == 0) out.push_back(c.proposer.ContextAttribute(name, std::nullopt));
      }
    } else if (misfit.kind == vm::MisfitKind::kUnknownAttribute ||
               misfit.kind == vm::MisfitKind::kWrongSide) {
      const std::string name = c.tracer.Read(misfit.name).as_string();
      for (const Key::Kind kind : {Key::Kind::kContext, Key::Kind::kHostContext}) {
        const Value* there = kind == Key::Kind::kContext ? probe.request->context.Find(name)
                             : probe.request->host       ? probe.request->host->context.Find(name)
                                                         : nullptr;
        if (there == nullptr) continue;
        Candidate gone{{.kind = kind, .name = name}, {}};
        gone.change.says = name + " were left out";
        gone.change.by_agent = kind == Key::Kind::kContext;
        out.push_back(std::move(gone));
      }
    } else if (misfit.kind == vm::MisfitKind::kUnknownPrincipal ||
               misfit.kind == vm::MisfitKind::kUnknownResource) {
      const EntityUid who = misfit.kind == vm::MisfitKind::kUnknownPrincipal ? probe.request->principal
                                                                             : probe.request->resource;
      Candidate there{{.kind = Key::Kind::kEntity, .entity = who}, {}};
      there.change.value = Value(true);
      there.change.says = c.proposer.words().Uid(who) + " were known";
      out.push_back(std::move(there));
    }
    Take(&out, pursuit, steps);
  }

  // So that a rule that holds does not.
  void Falsify(const Probe& probe, uint32_t rule, uint8_t hop, Pursuit pursuit, std::vector<Step>* steps) {
    const bundle::RuleRow& row = b_.rules()[rule];
    std::vector<Candidate> out;
    {
      Case c(engine_, As(probe, hop), &scratch_);
      slices_.clear();
      splitter_.Split(row.condition, &slices_);
      for (const tree::Slice& slice : slices_) {
        const Trace trace = c.tracer.Run(slice);
        c.proposer.Flip(trace, false, &out);
        if (!trace.holds()) break;
      }
    }
    Take(&out, pursuit, steps);
    if (row.pol == 0) return;
    const bundle::Range lifted_by = b_.pol_rules()[row.pol - 1].lifted_by;
    for (uint32_t i = lifted_by.first; i < lifted_by.first + lifted_by.count; ++i)
      Approve(probe, i, hop, pursuit, steps);
  }

  // So that a rule of this effect holds: the one pursued, or any.
  void Grant(const Probe& probe, Effect effect, uint8_t hop, Pursuit pursuit, std::vector<Step>* steps) {
    Case c(engine_, As(probe, hop), &scratch_);
    const auto pursue = [&](uint32_t rule) {
      std::vector<Candidate> out;
      if (!Missing(c, rule, &out)) return;
      Take(&out, {rule, hop}, steps);
    };
    if (pursuit.rule != kNone && EffectOf(pursuit.rule) == effect && pursuit.hop == hop)
      return pursue(pursuit.rule);
    for (uint32_t i = 0; i < b_.rules().size(); ++i) {
      if (EffectOf(i) == effect && static_cast<bundle::Mode>(b_.rules()[i].mode) == bundle::Mode::kEnforced)
        pursue(i);
    }
  }

  // What a rule lacks to hold; false if that is more than may be changed.
  bool Missing(Case& c, uint32_t rule, std::vector<Candidate>* out) {
    slices_.clear();
    splitter_.Split(b_.rules()[rule].condition, &slices_);
    std::vector<std::vector<Candidate>> lacks;
    for (const tree::Slice& slice : slices_) {
      const std::optional<bool> holds = c.tracer.Holds(slice);
      if (holds == true) continue;
      std::vector<Candidate>& of = lacks.emplace_back();
      const Trace trace = c.tracer.Run(slice);
      c.proposer.Flip(trace, true, &of);
      // Who asks stays who they are.
      if (of.empty() && ReadsPrincipalAlone(trace)) return false;
      // Behind a test that failed an error need not be one in the end.
      if (of.empty() && !holds && lacks.size() > 1) lacks.pop_back();
    }
    if (lacks.empty()) return false;
    if (Disjoint(lacks) > remaining_) return false;
    // One of them has to go, whichever; the one with the fewest ways is looked at.
    const std::vector<Candidate>* fewest = nullptr;
    for (const auto& of : lacks)
      if (!of.empty() && (fewest == nullptr || of.size() < fewest->size())) fewest = &of;
    if (fewest == nullptr) return false;
    *out = *fewest;
    return true;
  }
  static bool ReadsPrincipalAlone(const Trace& trace) {
    return std::ranges::all_of(trace.terms, [](const Term& term) {
      return !IsRead(term.op) || IsVariable(term, bundle::Variable::kPrincipal);
    });
  }
  // At least how many changes it takes: tests that share no key need one each. What is being changed already
  // costs nothing to change otherwise, and another action or resource may serve any test.
  size_t Disjoint(const std::vector<std::vector<Candidate>>& lacks) const {
    std::set<Key> taken;
    size_t count = 0;
    for (const auto& of : lacks) {
      const bool free = of.empty() || std::ranges::any_of(of, [&](const Candidate& c) {
                          return taken.contains(c.key) || set_->contains(c.key) ||
                                 c.key.kind == Key::Kind::kAction || c.key.kind == Key::Kind::kResource;
                        });
      if (free) continue;
      ++count;
      for (const Candidate& c : of) taken.insert(c.key);
    }
    return count;
  }

  void FirstAllow(const Probe& probe, Pursuit pursuit, std::vector<Step>* steps) {
    std::optional<uint32_t> found;
    {
      Case c(engine_, *probe.taken, &scratch_);
      for (uint32_t i = 0; i < b_.rules().size() && !found; ++i) {
        if (EffectOf(i) != Effect::kAllow ||
            static_cast<bundle::Mode>(b_.rules()[i].mode) != bundle::Mode::kEnforced)
          continue;
        slices_.clear();
        splitter_.Split(b_.rules()[i].condition, &slices_);
        if (std::ranges::all_of(slices_, [&](const tree::Slice& s) { return c.tracer.Holds(s) == true; }))
          found = i;
      }
    }
    if (found) Falsify(probe, *found, 0, pursuit, steps);
  }

  void Enforceable(const Probe& probe, const std::vector<uint32_t>& reasons, const std::vector<uint8_t>& hops,
                   Pursuit pursuit, std::vector<Step>* steps) {
    for (size_t i = 0; i < reasons.size(); ++i) {
      for (const bundle::LimitRow& row : Slice(b_.limits(), b_.rules()[reasons[i]].limits)) {
        if (std::ranges::count(probe.taken->host().enforces, row.kind) > 0) continue;
        const std::string name(b_.String(b_.limit_kinds()[row.kind].name));
        Candidate c{{.kind = Key::Kind::kEnforce, .name = name}, {}};
        c.change.value = Value(true);
        c.change.says = "the enforcement point enforced " + name;
        steps->push_back({std::move(c), pursuit});
      }
      const uint8_t hop = hops.empty() ? 0 : hops[i];
      std::vector<Candidate> out;
      {
        Case c(engine_, As(probe, hop), &scratch_);
        for (const bundle::LimitRow& row : Slice(b_.limits(), b_.rules()[reasons[i]].limits)) {
          const Trace trace = c.tracer.Run(row.value);
          if (!trace.ok()) c.proposer.Flip(trace, true, &out);
        }
      }
      Take(&out, pursuit, steps);
      Falsify(probe, reasons[i], hop, pursuit, steps);
    }
  }

  void Unrefuse(const Probe& probe, const vm::Refusal& refusal, Pursuit pursuit, std::vector<Step>* steps) {
    Case c(engine_, *probe.taken, &scratch_);
    const std::string id = c.tracer.Read(refusal.id).as_string();
    Candidate gone{{.kind = Key::Kind::kRefusal, .name = id}, {}};
    gone.change.value = Value(true);
    gone.change.says =
        fmt::format("{} had not refused", c.proposer.words().Uid(c.tracer.Uid(refusal.approver)));
    steps->push_back({std::move(gone), pursuit});
  }

  void Meet(const Probe& probe, const vm::NeedTerm& need, Pursuit pursuit, std::vector<Step>* steps) {
    const bundle::NeedRow& row = b_.needs()[need.need];
    if (static_cast<bundle::NeedKind>(row.kind) == bundle::NeedKind::kApproval)
      return Approve(probe, row.what, need.hop, pursuit, steps);
    const bundle::EvidenceKindRow& kind = b_.evidence_kinds()[row.what];
    Candidate c{{.kind = Key::Kind::kEvidence, .name = std::string(b_.String(kind.name))}, {}};
    {
      Case made(engine_, *probe.taken, &scratch_);
      c.change.value = made.proposer.Sample(kind.type);
    }
    c.change.says = fmt::format("evidence {} were supplied", b_.String(kind.name));
    c.change.by_agent = true;
    steps->push_back({std::move(c), pursuit});
  }

  // One more person's word towards an approval.
  void Approve(const Probe& probe, uint32_t approval, uint8_t hop, Pursuit pursuit,
               std::vector<Step>* steps) {
    vm::Review review(engine_, *probe.taken);
    const auto* quorums = review.Quorums(approval, hop);
    if (quorums == nullptr) return;
    Case c(engine_, *probe.taken, &scratch_);
    const Words& words = c.proposer.words();
    for (const vm::ResolvedQuorum& quorum : *quorums) {
      for (const vm::ResolvedPart& part : quorum.parts) {
        if (part.pools.empty()) continue;
        std::vector<std::string> names;
        for (entities::EntityId pool : part.pools) names.push_back(words.Uid(c.tracer.Uid(pool)));
        Candidate vote{{.kind = Key::Kind::kApproval}, {}};
        vote.change.value = Value(true);
        vote.change.pools = fmt::format("{}", fmt::join(names, " or "));
        vote.change.deadline = Deadline(probe, quorum.within_ms);
        vote.change.more = !vote.change.deadline.empty();
        if (const auto person = Person(c, probe, part, quorum.including_owner)) {
          vote.key.entity = *person;
          vote.change.says = words.Uid(*person) + " approved";
          // Somebody who is asked for by name is not one of several.
          if (part.pools.size() == 1 && names[0] == words.Uid(*person)) {
            if (vote.change.more) vote.change.says += " before " + vote.change.deadline;
            vote.change.pools.clear();
          }
          steps->push_back({std::move(vote), pursuit});
          continue;
        }
        // Nobody is there: somebody would have to be.
        const EntityUid pool = c.tracer.Uid(part.pools[0]);
        for (const bundle::EntityTypeRow& type : b_.entity_types()) {
          if (static_cast<bundle::Nature>(type.nature) != bundle::Nature::kPerson) continue;
          const bool fits = std::ranges::any_of(Slice(b_.type_lists(), type.parents), [&](uint32_t parent) {
            return b_.String(b_.types()[parent]) == pool.type;
          });
          if (!fits) continue;
          const auto invented =
              std::ranges::count_if(*set_, [](const auto& item) { return item.second.invented; });
          vote.key.entity = {std::string(b_.String(b_.types()[type.type])), fmt::format("'{}", invented)};
          vote.key.of = Value(pool);
          vote.change.invented = true;
          vote.change.pools = words.Uid(pool);
          steps->push_back({vote, pursuit});
          break;
        }
      }
    }
  }

  // When the first of those that count is too old.
  std::string Deadline(const Probe& probe, int64_t within_ms) const {
    std::optional<int64_t> first;
    for (uint32_t i : probe.decision.counted) {
      if (i >= changer_.own_approvals()) continue;  // a supposed one
      const int64_t ends = probe.taken->host().approvals[i].issued_ms + within_ms;
      if (!first || ends < *first) first = ends;
    }
    if (!first || !probe.taken->host().now_ms) return {};
    return ClockText({*first}, data::Datetime{*probe.taken->host().now_ms});
  }

  // The next who could approve and has not.
  std::optional<EntityUid> Person(Case& c, const Probe& probe, const vm::ResolvedPart& part,
                                  bool including_owner) {
    std::vector<entities::EntityId> walk;
    std::unordered_set<entities::EntityId> seen;
    const vm::World& world = c.tracer.world();
    std::vector<EntityUid> never;
    never.push_back(probe.request->principal);
    const auto owner_of = [&](const EntityUid& who) {
      const auto id = c.tracer.Find(who);
      if (!id || including_owner) return;
      const auto entity = c.tracer.ReadEntity(*id);
      if (!entity) return;
      const auto owner = entity->attrs.find("owner");
      if (owner != entity->attrs.end() && owner->second.is(data::Kind::kEntity))
        never.push_back(owner->second.as_entity());
    };
    owner_of(probe.request->principal);
    if (probe.request->host) {
      for (const data::Hop& hop : probe.request->host->acts_for)
        never.push_back(hop.principal), owner_of(hop.principal);
      // Whoever has approved, and is not to be asked twice; an approval that does not count may be given
      // anew.
      for (uint32_t i : probe.decision.counted) never.push_back(probe.request->host->approvals[i].approver);
    }
    for (const auto& [key, change] : *set_)
      if (key.kind == Key::Kind::kApproval) never.push_back(key.entity);
    const auto serves = [&](entities::EntityId id) {
      if (world.Attributes(id) == nullptr) return false;
      const EntityUid who = c.tracer.Uid(id);
      const auto* type = c.proposer.words().EntityType(who.type);
      if (type == nullptr || static_cast<bundle::Nature>(type->nature) != bundle::Nature::kPerson)
        return false;
      if (std::ranges::count(never, who) > 0) return false;
      return std::ranges::any_of(part.pools, [&](entities::EntityId pool) {
        entities::Work work;
        return world.In(id, pool, &walk, &seen, &work);
      });
    };
    for (const data::Entity& entity : probe.request->entities) {
      const auto* type = c.proposer.words().EntityType(entity.uid.type);
      if (type == nullptr || static_cast<bundle::Nature>(type->nature) != bundle::Nature::kPerson) continue;
      if (std::ranges::count(never, entity.uid) > 0) continue;
      const bool in = std::ranges::any_of(part.pools, [&](entities::EntityId pool) {
        const EntityUid group = c.tracer.Uid(pool);
        return entity.uid == group || std::ranges::any_of(entity.parents, [&](const EntityUid& parent) {
                 entities::Work work;
                 const auto id = c.tracer.Find(parent);
                 return parent == group || (id && world.In(*id, pool, &walk, &seen, &work));
               });
      });
      if (in) return entity.uid;
    }
    const uint32_t known = std::min(engine_.entity_count(), kMaxLookedAt);
    for (entities::EntityId id = 0; id < known; ++id)
      if (serves(id)) return c.tracer.Uid(id);
    return std::nullopt;
  }

  // What was said or shown taken back.
  void Unmeet(const Probe& probe, const std::vector<uint32_t>& counted, Pursuit pursuit,
              std::vector<Step>* steps) {
    if (!probe.request->host) return;
    Case c(engine_, *probe.taken, &scratch_);
    for (uint32_t i : counted) {
      const data::ApprovalItem& item = probe.request->host->approvals[i];
      Candidate gone{{.kind = Key::Kind::kApproval, .name = item.id}, {}};
      gone.change.says = fmt::format("{} had not approved", c.proposer.words().Uid(item.approver));
      steps->push_back({std::move(gone), pursuit});
    }
    for (const data::EvidenceItem& item : probe.request->host->evidence) {
      Candidate gone{{.kind = Key::Kind::kEvidence, .name = item.kind}, {}};
      gone.change.says = fmt::format("evidence {} were not supplied", item.kind);
      steps->push_back({std::move(gone), pursuit});
    }
    if (options_.want != data::Outcome::kDeny) return;
    for (const std::string& kind : probe.request->host->enforces) {
      Candidate gone{{.kind = Key::Kind::kEnforce, .name = kind}, {}};
      gone.change.value = Value(false);
      gone.change.says = "the enforcement point did not enforce " + kind;
      steps->push_back({std::move(gone), pursuit});
    }
  }

  const vm::Engine& engine_;
  const bundle::Bundle& b_;
  const ChangeOptions& options_;
  vm::Scratch& scratch_;
  Changer changer_;
  tree::ConjunctSplitter splitter_{b_};
  std::vector<tree::Slice> slices_;
  std::optional<vm::Request> theirs_;
  std::unordered_map<std::string, bool> outcomes_;
  std::vector<ChangeSet> found_;
  uint64_t tried_ = 0, budget_ = 0;
  uint32_t limit_ = 0, remaining_ = 0;
  const ChangeSet* set_ = nullptr;
  Changes out_;
};

}  // namespace

bool KeepsAction(const Alternative& alternative) {
  return std::ranges::none_of(alternative.changes,
                              [](const Candidate& c) { return c.key.kind == Key::Kind::kAction; });
}

bool IsWanted(data::Outcome want, data::Outcome outcome) {
  return outcome == want || (want == data::Outcome::kAllow && outcome == data::Outcome::kAllowWithLimits);
}

Changes FindChanges(const vm::Engine& engine, const data::Request& request, vm::Scratch* scratch,
                    const ChangeOptions& options) {
  return Search(engine, request, scratch, options).Run();
}

std::optional<data::Request> WithChanges(const vm::Engine& engine, const data::Request& request,
                                         const std::vector<Candidate>& changes, bool validate_request) {
  ChangeSet set;
  for (const Candidate& c : changes) set.emplace(c.key, c.change);
  return Changer(engine, request, validate_request).Apply(set);
}

}  // namespace polc::explain
