#include "runtime/vm/trace.h"

#include <algorithm>
#include <tuple>

#include "runtime/vm/chain.h"
#include "runtime/vm/message.h"

namespace polc::vm {

size_t RuleTrace::failed() const {
  return static_cast<size_t>(
      std::ranges::count_if(tests, [](const TestTrace& test) { return test.answer != Answer::kYes; }));
}

bundle::Place PlaceOf(const bundle::Bundle& bundle, uint32_t first, uint32_t end) {
  const auto rows = bundle.debug();
  auto at = std::upper_bound(rows.begin(), rows.end(), end - 1,
                             [](uint32_t word, const bundle::DebugRow& row) { return word < row.word; });
  if (at == rows.begin()) return kNoPlace;
  // An operation's place has its operands in it, so the last one's is the whole's, unless it ends with a
  // branch. A row from before belongs to what was before.
  bundle::Place place = (--at)->place;
  while (at != rows.begin() && (at - 1)->word >= first) {
    --at;
    const bundle::Place& other = at->place;
    if (other.file != place.file || place.file == bundle::kNone) continue;
    if (other.begin < place.begin)
      place.begin = other.begin, place.line = other.line, place.column = other.column;
    place.end = std::max(place.end, other.end);
  }
  return place;
}

DecisionTracer::DecisionTracer(const Engine& engine, const Request& request)
    : engine_(engine), b_(engine.bundle().bundle()), request_(request), splitter_(b_) {
  // Denied before a rule is asked.
  if (!request.misfit().fits() || !request.unknown_entity().fits()) return;
  hops_.push_back(0);
  const Scratch scratch(engine);
  for (size_t i = 0; i < request.host().acts_for.size(); ++i) {
    if (MayAct(engine, request, engine.MemoryFor(request, scratch), request.host().acts_for[i]))
      hops_.push_back(static_cast<uint8_t>(i + 1));
  }
}

DecisionTracer::Case& DecisionTracer::Of(uint8_t hop) {
  if (!case_ || case_->hop != hop) {
    const EntityId who = hop == 0 ? request_.principal() : request_.host().acts_for[hop - 1].principal;
    case_ = std::make_unique<Case>(engine_, request_.WithPrincipal(who), hop);
  }
  return *case_;
}

RuleTrace DecisionTracer::Rule(uint32_t rule, uint8_t hop) {
  Case& c = Of(hop);
  RuleTrace out;
  out.by = {rule, hop};
  Observer observer(engine_, c.request, c.scratch);
  const RuleAnswer answer =
      AskTests(b_, rule, &splitter_, &slices_,
               [&](const tree::Slice& slice, std::optional<uint32_t> part, bool decided) {
                 TestTrace test;
                 test.code = slice;
                 test.part = part;
                 const bool scope = part && static_cast<bundle::PartKind>(b_.parts()[*part].kind) !=
                                                bundle::PartKind::kCondition;
                 test.place = PlaceOf(b_, slice.first, slice.first + slice.count);
                 // A scope test stands in the rule's sentence.
                 if (scope) test.place = b_.parts()[*part].place;
                 observer.Begin(test.place);
                 Value value;
                 if (c.machine.RunSliceTraced(slice, &value, &observer)) {
                   test.answer = value.boolean() ? Answer::kYes : Answer::kNo;
                 } else {
                   test.answer = decided ? Answer::kNotAsked : Answer::kError;
                   AppendMessage(engine_, c.request, c.scratch, c.machine.error(), &test.message);
                 }
                 test.observations = observer.Take();
                 const Answer answered = test.answer;
                 // `Agent in Team "sre"` is two tests of one phrase.
                 if (scope && !out.tests.empty() && out.tests.back().part == part &&
                     out.tests.back().answer == answered) {
                   out.tests.back().code.count = slice.first + slice.count - out.tests.back().code.first;
                   return answered;
                 }
                 out.tests.push_back(std::move(test));
                 return answered;
               });
  out.verdict = answer.answer == Answer::kYes     ? Verdict::kSatisfied
                : answer.answer == Answer::kError ? Verdict::kErred
                                                  : Verdict::kNotSatisfied;
  out.in_scope = answer.in_scope;
  out.holds = answer.holds;
  return out;
}

RuleAnswer DecisionTracer::Answers(uint32_t rule, Case& c, size_t* failed) {
  std::optional<uint32_t> last;  // the phrase of the scope that failed last
  return AskTests(b_, rule, &splitter_, &slices_,
                  [&](const tree::Slice& slice, std::optional<uint32_t> part, bool decided) {
                    Value value;
                    const bool ok = c.machine.RunSlice(slice, &value);
                    if (ok && value.boolean()) return Answer::kYes;
                    if (!part || part != last || !IsScope(part)) ++*failed;
                    last = part;
                    return ok ? Answer::kNo : decided ? Answer::kNotAsked : Answer::kError;
                  });
}

TestTrace DecisionTracer::Traced(Case& c, const bundle::Block& block) {
  TestTrace test;
  test.answer = Answer::kYes;
  if (block.count == 0) return test;
  // Without the `return`.
  test.code = {block.first, block.count - 1};
  test.place = test.code.count == 0 ? kNoPlace : PlaceOf(b_, block.first, block.first + test.code.count);
  Observer observer(engine_, c.request, c.scratch);
  observer.Begin(test.place);
  const Evaluation e = c.machine.RunTraced(block, &observer);
  if (!e.ok) {
    test.answer = Answer::kError;
    AppendMessage(engine_, c.request, c.scratch, e.error, &test.message);
  } else if (e.value.kind == Kind::kBool && !e.value.boolean()) {
    test.answer = Answer::kNo;
  }
  test.observations = observer.Take();
  return test;
}

std::string DecisionTracer::ValueOf(Case& c, const bundle::Block& block) {
  std::string out;
  if (block.count == 0) return out;
  const Evaluation e = c.machine.Run(block);
  if (e.ok) AppendValue(c.machine.world(), c.machine.memory(), e.value, &out);
  return out;
}

FactTrace DecisionTracer::Fact(uint32_t fact, uint8_t hop) {
  Case& c = Of(hop);
  const bundle::FactRow& row = b_.facts()[fact];
  FactTrace out;
  out.fact = fact;
  out.hop = hop;
  if (c.machine.fact(fact).ok)
    AppendValue(c.machine.world(), c.machine.memory(), c.machine.fact(fact).value, &out.value.emplace());
  for (uint32_t i = row.clauses.first; i < row.clauses.first + row.clauses.count; ++i) {
    const bundle::ClauseRow& clause = b_.clauses()[i];
    out.clauses.push_back({i, ValueOf(c, clause.value), Traced(c, clause.when)});
  }
  if (row.value.count > 0 && static_cast<bundle::FactForm>(row.form) != bundle::FactForm::kAutonomy) {
    out.clauses.push_back({std::nullopt, ValueOf(c, row.value), Traced(c, row.value)});
    // A fact that is false is so all the same.
    if (out.clauses.back().when.answer == Answer::kNo) out.clauses.back().when.answer = Answer::kYes;
  }
  return out;
}

std::vector<uint32_t> DecisionTracer::Facts() const {
  std::vector<uint32_t> out;
  const uint32_t action = request_.action_row();
  if (action != bundle::kNone) {
    const auto facts = Slice(b_.action_facts(), b_.actions()[action].facts);
    out.assign(facts.begin(), facts.end());
  } else {
    for (uint32_t i = 0; i < b_.facts().size(); ++i) out.push_back(i);
  }
  return out;
}

bool DecisionTracer::AllNear(uint8_t hop, std::span<const uint32_t> removed, std::vector<Near>* out) {
  Case& c = Of(hop);
  for (uint32_t i = 0; i < b_.rules().size(); ++i) {
    const bundle::RuleRow& row = b_.rules()[i];
    if (static_cast<bundle::Effect>(row.effect) != bundle::Effect::kAllow ||
        static_cast<bundle::Mode>(row.mode) != bundle::Mode::kEnforced ||
        std::ranges::binary_search(removed, i))
      continue;
    size_t failed = 0;
    const RuleAnswer answer = Answers(i, c, &failed);
    if (answer.holds) return false;
    out->push_back({!answer.in_scope, failed, i});
  }
  return true;
}

void DecisionTracer::KeepNearest(std::vector<Near>* near) {
  const size_t count = std::min(near->size(), kMaxNearMisses);
  std::ranges::partial_sort(*near, near->begin() + static_cast<ptrdiff_t>(count));
  near->resize(count);
}

std::vector<RuleAt> DecisionTracer::NearMisses(uint8_t hop) {
  std::vector<Near> near;
  if (!AllNear(hop, {}, &near)) return {};
  KeepNearest(&near);
  std::vector<RuleAt> out;
  for (const Near& n : near) out.push_back({n.rule, hop});
  return out;
}

}  // namespace polc::vm
