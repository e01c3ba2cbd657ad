// Answers the questions of a test's formula (runtime/tree/formula.h) as long as nothing is unusual.
//
// An answer is given only where running the test's code would give it, too, without an error. Where an entity
// or attribute is absent, a value is of another kind than the question is about, the request brings entities
// whose hierarchy would have to be walked, or a data limit might be met, there is none: the loop then finds
// what comes of it. Allocates nothing. Tested by quick_test.cc and, as all that decides, by tests/engine.
#pragma once

#include "runtime/tree/formula.h"
#include "runtime/vm/compare.h"
#include "runtime/vm/interpreter.h"

namespace polc::vm {

class Asker {
 public:
  // Of facts only once the machine has them.
  Asker(const Machine& machine, Scratch* scratch)
      : machine_(machine),
        tree_(machine.tree()),
        lookups_(scratch->lookups_.data()),
        brings_entities_(machine.request().brings_entities()),
        limits_{machine.bundle().header().max_elements, machine.bundle().header().max_bytes},
        variables_{entities::MakeEntity(machine.request().principal()),
                   entities::MakeEntity(machine.request().action()),
                   entities::MakeEntity(machine.request().resource()), machine.request().context()} {}

  // Whether the formula that begins with this question is true; false if there is no answer.
  bool Answer(uint32_t question, bool* holds) const {
    while (question < tree::kNo) {
      const tree::Question& q = tree_.questions()[question];
      bool yes;
      if (!Ask(q, &yes)) return false;
      question = yes ? q.if_true : q.if_false;
    }
    *holds = question == tree::kYes;
    return true;
  }

  // The value that a source leads to; null if it leads nowhere.
  [[gnu::always_inline]] const Value* Find(const tree::Source& source) const {
    const Value* value = Begin(source);
    for (uint32_t step = 0; step < source.steps && value != nullptr; ++step) {
      const Value* record = RecordOf(*value);
      value =
          record == nullptr ? nullptr : lookups_[source.first_lookup + step].In(machine_.memory(), *record);
    }
    return value;
  }

 private:
  [[gnu::always_inline]] const Value* Begin(const tree::Source& source) const {
    using From = tree::Source::From;
    if (source.from <= From::kContext) return &variables_[static_cast<size_t>(source.from)];
    if (source.from == From::kConstant) return &machine_.constant(source.row);
    const Machine::FactSlot& fact = machine_.fact(source.row);
    return fact.ok ? &fact.value : nullptr;
  }

  // What has the attributes of a value; null if nothing has.
  const Value* RecordOf(const Value& value) const {
    if (value.kind == Kind::kEntity) return machine_.world().Attributes(value.entity());
    return value.kind == Kind::kRecord ? &value : nullptr;
  }

  [[gnu::always_inline]] bool Ask(const tree::Question& q, bool* yes) const {
    using Op = tree::Question::Op;
    const Value* const subject = Find(q.subject);
    if (subject == nullptr) return false;
    switch (q.op) {
      case Op::kIsTrue:
        *yes = subject->boolean();
        return subject->kind == Kind::kBool;
      case Op::kCompare:
        return CompareKey(machine_.memory(), machine_.bundle(), machine_.numbers(),
                          tree_.comparisons()[q.what], *subject, yes);
      case Op::kIs:
        *yes = machine_.IsOfType(*subject, q.what);
        return subject->kind == Kind::kEntity;
      case Op::kHas:
      case Op::kHasStrict: {
        const Value* record = RecordOf(*subject);
        *yes = false;
        if (record == nullptr) return subject->kind == Kind::kEntity && q.op == Op::kHas;
        *yes = lookups_[q.subject.first_lookup + q.subject.steps].In(machine_.memory(), *record) != nullptr;
        return true;
      }
      default:
        break;
    }
    const Value* const object = Find(q.object);
    if (object == nullptr) return false;
    switch (q.op) {
      case Op::kEqual:
        return Equal(*subject, *object, yes);
      case Op::kLess:
        *yes = subject->number() < object->number();
        return AreOrdered(*subject, *object);
      case Op::kLessEqual:
        *yes = subject->number() <= object->number();
        return AreOrdered(*subject, *object);
      case Op::kContains:
        return Contains(*subject, *object, yes);
      case Op::kInStrict:
        if (RecordOf(*subject) == nullptr) return false;
        [[fallthrough]];
      default:
        return In(*subject, *object, yes);
    }
  }

  static bool AreOrdered(const Value& a, const Value& b) {
    return a.kind == b.kind &&
           (a.kind == Kind::kLong || a.kind == Kind::kDatetime || a.kind == Kind::kDuration);
  }

  bool Equal(const Value& a, const Value& b, bool* yes) const {
    if (a.kind != b.kind) return *yes = false, true;
    if (a.is_container() || a.kind == Kind::kIp) return false;
    if (a.kind != Kind::kString) return *yes = a.bits == b.bits, true;
    *yes = machine_.memory().Text(a) == machine_.memory().Text(b);
    return a.count <= limits_.bytes;
  }

  // A set whose elements all are entities; it is searched without meeting a limit.
  bool IsOfEntities(std::span<const Value> elements) const {
    // By kind first, so the ends tell.
    return elements.size() <= limits_.elements &&
           (elements.empty() ||
            (elements.front().kind == Kind::kEntity && elements.back().kind == Kind::kEntity));
  }
  // Sorted by number. What is looked for is rarely there, so there is no early way out.
  template <typename Item>
  [[gnu::always_inline]] static bool Holds(std::span<const Item> items, EntityId id) {
    auto number = [&](size_t i) {
      if constexpr (std::is_same_v<Item, Value>) {
        return items[i].entity();
      } else {
        return items[i];
      }
    };
    size_t at = 0;
    for (size_t left = items.size(); left > 1;) {
      const size_t half = left / 2;
      at += number(at + half) <= id ? half : 0;
      left -= half;
    }
    return !items.empty() && number(at) == id;
  }

  bool Contains(const Value& set, const Value& v, bool* yes) const {
    if (set.kind != Kind::kSet) return false;
    const auto elements = machine_.memory().Cells(set);
    if (v.kind == Kind::kEntity && IsOfEntities(elements)) return *yes = Holds(elements, v.entity()), true;
    entities::Work work = limits_;
    *yes = SetContains(machine_.memory(), set, v, &work);
    return !work.exceeded();
  }

  [[gnu::always_inline]] bool In(const Value& a, const Value& b, bool* yes) const {
    if (a.kind != Kind::kEntity || brings_entities_) return false;
    const auto above = machine_.world().Ancestors(a.entity());
    if (b.kind == Kind::kEntity) return *yes = a.bits == b.bits || Holds(above, b.entity()), true;
    if (b.kind != Kind::kSet) return false;
    const auto elements = machine_.memory().Cells(b);
    if (!IsOfEntities(elements)) return false;
    *yes = Holds(elements, a.entity());
    if (elements.size() < above.size()) {
      for (size_t i = 0; i < elements.size() && !*yes; ++i) *yes = Holds(above, elements[i].entity());
    } else {
      for (size_t i = 0; i < above.size() && !*yes; ++i) *yes = Holds(elements, above[i]);
    }
    return true;
  }

  const Machine& machine_;
  const tree::Tree& tree_;
  Lookup* const lookups_;
  const bool brings_entities_;
  const entities::Work limits_;
  const Value variables_[4];  // by bundle::Variable
};

}  // namespace polc::vm
