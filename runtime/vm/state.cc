#include "runtime/vm/state.h"

#include <algorithm>
#include <tuple>

#include "runtime/tree/conjuncts.h"
#include "runtime/vm/canonical.h"
#include "runtime/vm/interpreter.h"

namespace polc::vm {

using bundle::Block;
using bundle::Bundle;
using bundle::InputKind;
using bundle::InputRow;

namespace {

// What a total adds: a number of the declared kind that is not negative.
bool IsAmount(const InputRow& input, const Value& value) {
  return value.kind == static_cast<Kind>(input.value_kind) && value.number() >= 0;
}

Error WrongAmount(const InputRow& input, const Value& value) {
  Error error{};
  error.trap = Trap::kWrongType;
  error.word = input.amount.first;
  error.subject = value;
  return error;
}

// Which facts and inputs code reads.
class ReadSet {
 public:
  ReadSet(const Bundle& bundle, std::vector<bool>* inputs)
      : bundle_(bundle), inputs_(*inputs), facts_(bundle.facts().size()) {
    inputs_.resize(bundle.inputs().size());
  }

  // Words of the code section.
  void Add(uint32_t first, uint32_t count) {
    for (uint32_t word = first; word < first + count;) {
      const std::optional<bundle::Instruction> in = bundle::Decode(bundle_.code(), word);
      if (!in) return;  // verified code has none such
      if (in->opcode == Opcode::kInput || in->opcode == Opcode::kInputOf) inputs_[in->a] = true;
      if (in->opcode == Opcode::kFact) AddFact(in->a);
      word += in->words;
    }
  }

 private:
  // Facts read only those before them: the recursion ends after as many as there are.
  void AddFact(uint32_t index) {
    if (facts_[index]) return;
    facts_[index] = true;
    const bundle::FactRow& fact = bundle_.facts()[index];
    Add(fact.value.first, fact.value.count);
    for (const bundle::ClauseRow& clause : Slice(bundle_.clauses(), fact.clauses)) {
      Add(clause.when.first, clause.when.count);
      Add(clause.value.first, clause.value.count);
    }
  }

  const Bundle& bundle_;
  std::vector<bool>& inputs_;
  std::vector<bool> facts_;
};

// Whether the scope of a rule fits: its tests of principal, action and resource, which are its first.
bool InScope(Machine* machine, const bundle::RuleRow& rule, tree::ConjunctSplitter* splitter,
             std::vector<tree::Slice>* slices) {
  uint32_t conditions = rule.condition.count;
  for (const bundle::PartRow& part : Slice(machine->bundle().parts(), rule.parts)) {
    if (static_cast<bundle::PartKind>(part.kind) == bundle::PartKind::kCondition) {
      conditions = part.first;
      break;
    }
  }
  slices->clear();
  splitter->Split(rule.condition, slices);
  for (const tree::Slice& slice : *slices) {
    if (slice.first - rule.condition.first >= conditions) break;
    Value holds;
    if (!machine->RunSlice(slice, &holds) || !holds.boolean()) return false;
  }
  return true;
}

std::string_view By(const Bundle& b, const InputRow& row) { return b.String(row.by); }

}  // namespace

Moves MovesOf(Machine* machine, const Request& request, entities::ValueBuilder* kept) {
  const Bundle& b = machine->bundle();
  Moves out;
  for (uint32_t i = 0; i < b.inputs().size(); ++i) {
    const InputRow& row = b.inputs()[i];
    const InputKind kind = static_cast<InputKind>(row.kind);
    if (kind == InputKind::kNow || kind == InputKind::kSwitch) continue;
    if (static_cast<bundle::Mode>(row.mode) == bundle::Mode::kShadow) continue;
    machine->NeedFacts();
    const Evaluation counts = machine->Run(row.counts);
    if (counts.ok && !counts.value.boolean()) continue;
    Move move{};
    move.input = i;
    move.amount = entities::MakeBool(false);
    if (row.key.count > 0) {
      const Evaluation key = machine->Run(row.key);
      if (!key.ok) continue;
      move.has_key = true;
      move.key = kept->Copy(machine->memory(), key.value);
    }
    if (kind == InputKind::kCounter || kind == InputKind::kAttempts) move.amount = entities::MakeLong(1);
    if (kind == InputKind::kTotal) {
      const Evaluation amount = machine->Run(row.amount);
      if (!amount.ok || !IsAmount(row, amount.value)) {
        out.errors.push_back({i, amount.ok ? WrongAmount(row, amount.value) : amount.error});
        continue;
      }
      move.amount = amount.value;
    }
    entities::Work unlimited;
    Memory memory = machine->memory();
    memory.base[static_cast<size_t>(kept->region())] = kept->base();
    move.read = request.FindState(i, move.has_key ? &move.key : nullptr, memory, &unlimited);
    out.moves.push_back(move);
  }
  std::sort(out.moves.begin(), out.moves.end(), [&](const Move& x, const Move& y) {
    const InputRow &p = b.inputs()[x.input], &q = b.inputs()[y.input];
    return std::tuple(b.String(p.name), By(b, p)) < std::tuple(b.String(q.name), By(b, q));
  });
  return out;
}

bool IsMade(const InputRow& input, Outcome outcome) {
  switch (static_cast<InputKind>(input.kind)) {
    case InputKind::kNow:
    case InputKind::kSwitch:
      return false;
    case InputKind::kAttempts:
      return true;
    case InputKind::kBreaker:
      return outcome == Outcome::kDeny;
    case InputKind::kCounter:
    case InputKind::kTotal:
    case InputKind::kLabel:
      return outcome <= Outcome::kAllowWithLimits;
  }
  return false;
}

void MarkRead(Machine* machine, std::vector<bool>* inputs) {
  const Bundle& b = machine->bundle();
  ReadSet reads(b, inputs);
  tree::ConjunctSplitter splitter(b);
  std::vector<tree::Slice> slices;
  for (size_t i = 0; i < b.rules().size(); ++i) {
    const bundle::RuleRow& rule = b.rules()[i];
    if (!InScope(machine, rule, &splitter, &slices)) continue;
    // A rule's code is one piece, all its blocks behind each other, and the rules' code is the last.
    const uint32_t end =
        i + 1 < b.rules().size() ? b.rules()[i + 1].condition.first : static_cast<uint32_t>(b.code().size());
    reads.Add(rule.condition.first, end - rule.condition.first);
  }
}

std::vector<const StateValue*> StateRead(const Engine& engine, const Request& request, const Memory& memory,
                                         const std::vector<bool>& inputs) {
  const Bundle& b = engine.bundle().bundle();
  const World world(engine, request);
  struct Item {
    const StateValue* value;
    std::string_view name, by;
    std::string key;
  };
  std::vector<Item> items;
  for (const StateValue& value : request.host().state) {
    if (!inputs[value.input]) continue;
    const InputRow& row = b.inputs()[value.input];
    Item& item = items.emplace_back(Item{&value, b.String(row.name), By(b, row), {}});
    if (value.has_key) AppendCanonicalValue(world, memory, value.key, &item.key);
  }
  auto less = [&](const Item& x, const Item& y) {
    if (std::tie(x.name, x.by) != std::tie(y.name, y.by))
      return std::tie(x.name, x.by) < std::tie(y.name, y.by);
    const Value &a = x.value->key, &c = y.value->key;
    if (!x.value->has_key || a.kind != c.kind) return a.kind < c.kind;
    switch (a.kind) {
      case Kind::kEntity:
        return std::tuple(world.TypeNameOf(a.entity(), memory), world.IdOf(a.entity(), memory)) <
               std::tuple(world.TypeNameOf(c.entity(), memory), world.IdOf(c.entity(), memory));
      case Kind::kString:
        return memory.Text(a) < memory.Text(c);
      case Kind::kIp:
      case Kind::kSet:
      case Kind::kRecord:
        return x.key < y.key;
      default:
        return a.number() < c.number();
    }
  };
  std::stable_sort(items.begin(), items.end(), less);
  std::vector<const StateValue*> out;
  for (const Item& item : items) out.push_back(item.value);
  return out;
}

}  // namespace polc::vm
