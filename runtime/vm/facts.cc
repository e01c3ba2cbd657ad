// Facts: highest of, first of, ladders and caps. core.h has what an erring clause, row or cap comes to.
#include <algorithm>

#include "runtime/vm/interpreter.h"
#include "runtime/vm/pol.h"

namespace polc::vm {

using bundle::Block;
using bundle::ClauseKind;
using bundle::ClauseRow;
using bundle::FactForm;
using bundle::FactRow;
using bundle::kNone;

namespace {

constexpr uint32_t kOrdered =
    Bit(Kind::kLong) | Bit(Kind::kDecimal) | Bit(Kind::kDuration) | Bit(Kind::kDatetime);

}  // namespace

void Machine::ComputeFacts() {
  has_facts_ = true;
  const uint32_t count = static_cast<uint32_t>(bundle_.facts().size());
  const uint32_t action = request_.action_row();
  if (action == kNone) {
    for (uint32_t i = 0; i < count; ++i) ComputeFact(i);
    return;
  }
  const auto needed = Slice(bundle_.action_facts(), bundle_.actions()[action].facts);
  size_t next = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (next < needed.size() && needed[next] == i) {
      ++next;
      ComputeFact(i);
    } else {
      facts_[i] = {false, {}, {Trap::kFactUnknown, Opcode::kFact, 0, 0, i, {}, {}}};
    }
  }
}

void Machine::ComputeFact(uint32_t row) {
  const FactRow& fact = bundle_.facts()[row];
  Value value{};
  bool ok = true;
  switch (static_cast<FactForm>(fact.form)) {
    case FactForm::kExpression:
      ok = ValueOf(fact, fact.value, &value);
      break;
    case FactForm::kHighest:
      ok = HighestOf(fact, &value);
      break;
    case FactForm::kFirst:
      ok = FirstOf(fact, &value);
      break;
    case FactForm::kAutonomy:
      AutonomyOf(row, &value);
      break;
  }
  facts_[row] = {ok, value, error_};
}

bool Machine::FailAfter(const Block& block, Trap trap, const Value& subject, uint32_t operand) {
  error_ = {trap, Opcode::kReturn, 0, block.first + block.count - 1, operand, subject, {}};
  return false;
}

// A value of the fact; of highest of one that has a place in its order.
bool Machine::ValueOf(const FactRow& fact, const Block& block, Value* value) {
  const Evaluation e = Run(block);
  if (!e.ok) return error_ = e.error, false;
  Keep();
  *value = e.value;
  if (static_cast<FactForm>(fact.form) != FactForm::kHighest || CompareOf(fact, *value, *value)) return true;
  const bool text = value->kind == Kind::kString;
  if (fact.levels != kNone && text) return FailAfter(block, Trap::kUnknownLevel, *value, fact.levels);
  FailAfter(block, Trap::kTypeError, *value, 0);
  error_.expected = static_cast<uint16_t>(fact.levels != kNone ? Bit(Kind::kString) : kOrdered);
  return false;
}

std::optional<int> Machine::CompareOf(const FactRow& fact, const Value& a, const Value& b) const {
  if (fact.levels != kNone) {
    if (a.kind != Kind::kString || b.kind != Kind::kString) return std::nullopt;
    const auto x = RankOf(memory_.Text(a), fact.levels), y = RankOf(memory_.Text(b), fact.levels);
    if (!x || !y) return std::nullopt;
    return static_cast<int>(*x) - static_cast<int>(*y);
  }
  if ((Bit(a.kind) & kOrdered) == 0 || a.kind != b.kind) return std::nullopt;
  return a.number() < b.number() ? -1 : a.number() > b.number();
}

bool Machine::FirstOf(const FactRow& fact, Value* value) {
  for (const ClauseRow& clause : Slice(bundle_.clauses(), fact.clauses)) {
    const Evaluation when = Run(clause.when);
    if (!when.ok) return error_ = when.error, false;
    if (when.value.boolean()) return ValueOf(fact, clause.value, value);
  }
  return ValueOf(fact, fact.value, value);
}

bool Machine::HighestOf(const FactRow& fact, Value* value) {
  // Of values without an order between them the first is the lower.
  const auto less = [&](const Value& a, const Value& b) {
    const std::optional<int> order = CompareOf(fact, a, b);
    return !order || *order < 0;
  };
  const auto clauses = Slice(bundle_.clauses(), fact.clauses);
  bool any = false, erred = false, unknown = false;
  Error first_error{};
  for (const ClauseRow& clause : clauses) {
    const Evaluation when = Run(clause.when);
    if (when.ok && !when.value.boolean()) continue;
    Value of{};
    const bool known = ValueOf(fact, clause.value, &of);
    if (when.ok && known) {
      if (!any || less(*value, of)) *value = of;
      any = true;
      continue;
    }
    if (!erred) first_error = when.ok ? error_ : when.error;
    erred = true;
    unknown |= !known;
  }
  if (!erred) return any || ValueOf(fact, fact.value, value);
  // A clause that is true settles it if it is at least as high as whatever could have come.
  error_ = first_error;
  if (!any) return false;
  if (unknown) {
    if (fact.levels == kNone) return false;
    const uint32_t highest = bundle_.levels()[fact.levels].names.count - 1;
    if (RankOf(memory_.Text(*value), fact.levels) != highest) return false;
  }
  for (const ClauseRow& clause : clauses) {
    if (Run(clause.when).ok) continue;
    Value of{};
    if (!ValueOf(fact, clause.value, &of)) continue;
    if (less(*value, of)) return error_ = first_error, false;
  }
  return true;
}

// The rank that a row or cap comes to, if it counts; notes its error, and caps in shadow that count.
std::optional<uint32_t> Machine::GrantOf(uint32_t row, const FactRow& fact) {
  const ClauseRow& step = bundle_.clauses()[row];
  const bool cap = static_cast<ClauseKind>(step.kind) == ClauseKind::kCap;
  const Evaluation when = Run(step.when);
  if (when.ok && !when.value.boolean()) return std::nullopt;
  std::optional<uint32_t> rank;
  bool erred = !when.ok;
  Error error = when.error;
  if (when.ok || cap) {
    uint32_t of = 0;
    if (RankOfStep(step, fact, &of)) {
      rank = of;
    } else {
      if (!erred) error = error_;
      erred = true;
      if (cap) rank = 0;
    }
  }
  if (notes_ != nullptr) {
    if (erred) notes_->clause_errors.push_back({row, error, hop_, Erring::kClause});
    if (rank && static_cast<bundle::Mode>(step.mode) == bundle::Mode::kShadow)
      notes_->shadow_caps.push_back({row, hop_});
  }
  return rank;
}

bool Machine::RankOfStep(const ClauseRow& step, const FactRow& fact, uint32_t* rank) {
  const Evaluation level = Run(step.value);
  if (!level.ok) return error_ = level.error, false;
  if (static_cast<ClauseKind>(step.kind) == ClauseKind::kRowsFromData) {
    if (level.value.kind == Kind::kSet) return RankInData(level.value, fact, rank);
    FailAfter(step.value, Trap::kTypeError, level.value, 0);
    error_.expected = static_cast<uint16_t>(Bit(Kind::kSet));
    return false;
  }
  if (level.value.kind != Kind::kString) {
    FailAfter(step.value, Trap::kTypeError, level.value, 0);
    error_.expected = static_cast<uint16_t>(Bit(Kind::kString));
    return false;
  }
  const std::optional<uint32_t> found = RankOf(memory_.Text(level.value), fact.levels);
  if (!found) return FailAfter(step.value, Trap::kUnknownLevel, level.value, fact.levels);
  *rank = *found;
  return true;
}

// Of records {class, level, until?} those of the action's class that are not past their end.
bool Machine::RankInData(const Value& set, const FactRow& fact, uint32_t* rank) {
  *rank = 0;
  const uint32_t action = request_.action_row();
  const uint32_t action_class = action == kNone ? kNone : bundle_.actions()[action].action_class;
  if (action_class == kNone) return true;
  const std::string_view wanted = bundle_.String(bundle_.classes()[action_class].name);
  for (const Value& grant : memory_.Cells(set)) {
    if (grant.kind != Kind::kRecord) continue;
    const Value* of = FindField(memory_, grant, "class");
    const Value* level = FindField(memory_, grant, "level");
    const Value* until = FindField(memory_, grant, "until");
    if (of == nullptr || of->kind != Kind::kString || memory_.Text(*of) != wanted) continue;
    if (level == nullptr || level->kind != Kind::kString) continue;
    const std::optional<int64_t>& now = request_.host().now_ms;
    const bool over = until != nullptr && (until->kind != Kind::kDatetime || !now || *now >= until->number());
    const std::optional<uint32_t> found = RankOf(memory_.Text(*level), fact.levels);
    if (!over && found) *rank = std::max(*rank, *found);
  }
  return true;
}

void Machine::AutonomyOf(uint32_t row, Value* value) {
  const FactRow& fact = bundle_.facts()[row];
  uint32_t level = 0;
  for (uint32_t i = fact.clauses.first; i < fact.clauses.first + fact.clauses.count; ++i) {
    const ClauseRow& step = bundle_.clauses()[i];
    const std::optional<uint32_t> rank = GrantOf(i, fact);
    if (!rank) continue;
    if (static_cast<ClauseKind>(step.kind) != ClauseKind::kCap) {
      level = std::max(level, *rank);
    } else if (enforces_shadow_ || static_cast<bundle::Mode>(step.mode) == bundle::Mode::kEnforced) {
      level = std::min(level, *rank);
    }
  }
  const auto names = Slice(bundle_.level_names(), bundle_.levels()[fact.levels].names);
  const std::string_view name = bundle_.String(names[level]);
  *value = {Kind::kString, Region::kBundle, 0, static_cast<uint32_t>(name.size()),
            static_cast<uint64_t>(reinterpret_cast<const uint8_t*>(name.data()) - bundle_.file().data())};
}

}  // namespace polc::vm
