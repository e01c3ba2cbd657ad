#include "runtime/vm/interpreter.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "runtime/vm/builtins.h"
#include "runtime/vm/compare.h"

namespace polc::vm {

using bundle::Block;
using bundle::Builtin;
using bundle::Instruction;
using bundle::Quantifier;
using bundle::Variable;
using entities::MakeBool;
using entities::MakeEntity;
using entities::MakeLong;
using entities::Work;

Machine::Machine(const Engine& engine, const Request& request, Scratch* scratch)
    : Machine(engine, request, scratch, scratch->facts_.data(), 0) {}

Machine::Machine(const Engine& engine, const Request& request, Scratch* scratch, FactSlot* facts, uint8_t hop)
    : engine_(engine),
      bundle_(engine.bundle().bundle()),
      request_(request),
      world_(engine, request),
      scratch_(scratch),
      memory_(engine.MemoryFor(request, *scratch)),
      max_elements_(bundle_.header().max_elements),
      max_bytes_(bundle_.header().max_bytes),
      facts_(facts),
      hop_(hop) {}

Value* Machine::AllocateKept(size_t cells, uint64_t* offset) {
  scratch_->arena_used_ = scratch_->arena_kept_;
  auto* room = reinterpret_cast<Value*>(Allocate(cells * sizeof(Value), offset));
  Keep();
  return room;
}

bool Machine::Combine(const Value& a, const Value& b, bool all, Value* result) {
  scratch_->arena_used_ = scratch_->arena_kept_;
  Work work = Budget();
  if (!CombineSets(a, b, all, &work, result)) return false;
  Keep();
  return true;
}

bool Machine::Equal(Value* at) {
  const Value &a = at[0], &b = at[1];
  bool equal;
  if (a.kind != b.kind) {
    equal = false;
  } else if (a.is_container() || a.kind == Kind::kString || a.kind == Kind::kIp) {
    Work work = Budget();
    equal = Compare(memory_, a, b, &work) == 0;
    if (!Afforded(work)) return false;
  } else {
    equal = a.bits == b.bits;
  }
  *at = MakeBool(equal);
  return true;
}

bool Machine::Order(Value* at, bool or_equal) {
  const Value &a = at[0], &b = at[1];
  constexpr uint32_t kOrdered = Bit(Kind::kLong) | Bit(Kind::kDatetime) | Bit(Kind::kDuration);
  if ((Bit(a.kind) & kOrdered) == 0) {
    // The kind the other operand asks for, if it asks for one.
    return WrongKind(a, (Bit(b.kind) & kOrdered) != 0 ? Bit(b.kind) : kOrdered);
  }
  if (b.kind != a.kind) return WrongKind(b, Bit(a.kind));
  *at = MakeBool(or_equal ? a.number() <= b.number() : a.number() < b.number());
  return true;
}

bool Machine::Arithmetic(Value* at, Opcode opcode) {
  const Value &a = at[0], &b = at[1];
  if (a.kind != Kind::kLong) return WrongKind(a, Bit(Kind::kLong));
  if (b.kind != Kind::kLong) return WrongKind(b, Bit(Kind::kLong));
  int64_t result;
  bool overflow;
  switch (opcode) {
    case Opcode::kAdd:
      overflow = __builtin_add_overflow(a.number(), b.number(), &result);
      break;
    case Opcode::kSub:
      overflow = __builtin_sub_overflow(a.number(), b.number(), &result);
      break;
    default:
      overflow = __builtin_mul_overflow(a.number(), b.number(), &result);
      break;
  }
  if (overflow) {
    error_.other = b;
    return Fail(Trap::kOverflow, a);
  }
  *at = MakeLong(result);
  return true;
}

bool Machine::In(Value* at, bool strict) {
  const Value &a = at[0], &b = at[1];
  if (a.kind != Kind::kEntity) return WrongKind(a, Bit(Kind::kEntity));
  Work work = Budget();
  bool in = false;
  if (b.kind == Kind::kEntity) {
    in = world_.In(a.entity(), b.entity(), &scratch_->walk_, &scratch_->seen_, &work);
  } else if (b.kind == Kind::kSet) {
    const auto elements = memory_.Cells(b);
    // Every element must be an entity, also behind one that decides. Sets are sorted by kind first, so the
    // ends tell.
    if (!elements.empty()) {
      if (elements.front().kind != Kind::kEntity) return WrongKind(elements.front(), Bit(Kind::kEntity));
      if (elements.back().kind != Kind::kEntity) return WrongKind(elements.back(), Bit(Kind::kEntity));
    }
    if (request_.brings_entities()) {
      for (size_t i = 0; i < elements.size() && !in && work.Elements(1); ++i) {
        in = world_.In(a.entity(), elements[i].entity(), &scratch_->walk_, &scratch_->seen_, &work);
      }
    } else {
      // Elements and ancestors both ascend.
      const auto above = world_.Ancestors(a.entity());
      size_t next = 0;
      for (size_t i = 0; i < elements.size() && !in && work.Elements(1); ++i) {
        const EntityId element = elements[i].entity();
        while (next < above.size() && above[next] < element) ++next;
        in = element == a.entity() || (next < above.size() && above[next] == element);
      }
    }
  } else {
    return WrongKind(b, Bit(Kind::kEntity) | Bit(Kind::kSet));
  }
  if (strict && world_.Attributes(a.entity()) == nullptr) return Fail(Trap::kEntityAbsent, a);
  if (!Afforded(work)) return false;
  *at = MakeBool(in);
  return true;
}

bool Machine::Has(Value* at, uint32_t name, bool strict) {
  const Value& v = *at;
  const Value* record = &v;
  if (v.kind == Kind::kEntity) {
    record = world_.Attributes(v.entity());
    if (strict && record == nullptr) return Fail(Trap::kEntityAbsent, v);
  } else if (v.kind != Kind::kRecord) {
    return WrongKind(v, Bit(Kind::kEntity) | Bit(Kind::kRecord));
  }
  *at = MakeBool(record != nullptr && FindAttribute(memory_, *record, bundle_.String(name)) != nullptr);
  return true;
}

bool Machine::Attribute(Value* at, uint32_t name) {
  const Value& v = *at;
  const Value* record = &v;
  if (v.kind == Kind::kEntity) {
    record = world_.Attributes(v.entity());
    if (record == nullptr) return Fail(Trap::kEntityAbsent, v);
  } else if (v.kind != Kind::kRecord) {
    return WrongKind(v, Bit(Kind::kEntity) | Bit(Kind::kRecord));
  }
  const Value* field = FindAttribute(memory_, *record, bundle_.String(name));
  if (field == nullptr) return Fail(Trap::kAttributeAbsent, v);
  *at = *field;
  return true;
}

bool Machine::AttributeOr(Value* at, uint32_t name) {
  const Value &v = at[0], &otherwise = at[1];
  const Value* record = &v;
  if (v.kind == Kind::kEntity) {
    record = world_.Attributes(v.entity());
    if (record == nullptr) return Fail(Trap::kEntityAbsent, v);
  } else if (v.kind != Kind::kRecord) {
    return WrongKind(v, Bit(Kind::kEntity) | Bit(Kind::kRecord));
  }
  const Value* field = FindAttribute(memory_, *record, bundle_.String(name));
  *at = field != nullptr ? *field : otherwise;
  return true;
}

bool Machine::Tag(Value* at, Opcode opcode) {
  const Value &entity = at[0], &tag = at[1];
  if (entity.kind != Kind::kEntity) return WrongKind(entity, Bit(Kind::kEntity));
  if (tag.kind != Kind::kString) return WrongKind(tag, Bit(Kind::kString));
  const Value* tags = world_.Tags(entity.entity());
  const Value* found = tags == nullptr ? nullptr : FindField(memory_, *tags, memory_.Text(tag));
  if (opcode != Opcode::kGetTag) {
    if (opcode == Opcode::kHasTagStrict && tags == nullptr) return Fail(Trap::kEntityAbsent, entity);
    *at = MakeBool(found != nullptr);
    return true;
  }
  error_.other = tag;
  if (tags == nullptr) return Fail(Trap::kEntityAbsent, entity);
  if (found == nullptr) return Fail(Trap::kTagAbsent, entity);
  *at = *found;
  return true;
}

template <bool kTraced>
bool Machine::Execute(uint32_t first, uint32_t end, Value* result, TraceSink* trace) {
  const uint32_t* const code = bundle_.code().data();
  const uint32_t* const stop = code + end;
  const uint32_t* pc = code + first;
  Value* const stack = scratch_->stack_.data();
  Value* sp = stack;  // one above the top
  scratch_->arena_used_ = scratch_->arena_kept_;

  // The `each` that is running, if any.
  struct {
    bool running = false;
    std::span<const Value> elements;
    size_t next = 0;  // the element after the current one
    const uint32_t* body = nullptr;
    const uint32_t* end = nullptr;  // its `each_end`
    Value* base = nullptr;
    uint32_t arena = 0;
    int64_t count_true = 0;
    bool any_false = false;
    bool any_error = false;
    Error first_error;
  } each;

  for (;;) {
    if (pc == stop) {
      *result = *--sp;
      assert(sp == stack);
      return true;
    }
    const uint32_t* const at = pc;
    const uint32_t word = *pc++;
    const Opcode opcode = bundle::WordOpcode(word);
    const uint32_t a = bundle::WordOperand(word);
    bool ok = true;
    if constexpr (kTraced) spent_ = 0;

    // For the trace: what is about to be popped, before it is overwritten.
    Value popped_copy[2];
    std::span<const Value> popped;
    Instruction instruction{opcode, a, 0, 1};
    if constexpr (kTraced) {
      const bundle::OpcodeInfo& info = Info(opcode);
      if (info.operand_count == 2) instruction.b = *pc, instruction.words = 2;
      const uint32_t pops =
          info.pops == bundle::kPopsByOperand ? PopCount(bundle_, instruction) : uint32_t{info.pops};
      if (pops <= 2) {
        for (uint32_t i = 0; i < pops; ++i) popped_copy[i] = sp[static_cast<ptrdiff_t>(i) - pops];
        popped = {popped_copy, pops};
      }
    }

    switch (opcode) {
      case Opcode::kConst:
        *sp++ = engine_.cells_[a];
        break;
      case Opcode::kVar:
        switch (static_cast<Variable>(a)) {
          case Variable::kPrincipal:
            *sp++ = MakeEntity(request_.principal());
            break;
          case Variable::kAction:
            *sp++ = MakeEntity(request_.action());
            break;
          case Variable::kResource:
            *sp++ = MakeEntity(request_.resource());
            break;
          case Variable::kContext:
            *sp++ = request_.context();
            break;
        }
        break;
      case Opcode::kElement:
        *sp++ = each.elements[each.next - 1];
        break;
      case Opcode::kFact: {
        const FactSlot& fact = facts_[a];
        ok = fact.ok;
        if (ok) {
          *sp++ = fact.value;
        } else {
          error_ = fact.error;
        }
        break;
      }
      case Opcode::kInput:
        ok = Input(sp, a, nullptr);
        sp += ok;
        break;
      case Opcode::kInputOf: {
        const Value key = sp[-1];
        ok = Input(sp - 1, a, &key);
        break;
      }
      case Opcode::kJump:
        pc += a;
        break;
      case Opcode::kBranchFalse:
        if (!(--sp)->boolean()) pc += a;
        break;
      case Opcode::kAnd:
        if (sp[-1].boolean()) {
          --sp;
        } else {
          pc += a;
        }
        break;
      case Opcode::kOr:
        if (sp[-1].boolean()) {
          pc += a;
        } else {
          --sp;
        }
        break;
      case Opcode::kCheckBool:
        if (sp[-1].kind != Kind::kBool) ok = WrongKind(sp[-1], Bit(Kind::kBool));
        break;
      case Opcode::kNot:
        sp[-1] = MakeBool(!sp[-1].boolean());
        break;
      case Opcode::kNeg:
        if (sp[-1].kind != Kind::kLong) {
          ok = WrongKind(sp[-1], Bit(Kind::kLong));
        } else if (sp[-1].number() == INT64_MIN) {
          ok = Fail(Trap::kOverflow, sp[-1]);
        } else {
          sp[-1] = MakeLong(-sp[-1].number());
        }
        break;
      case Opcode::kEq:
        ok = Equal(--sp - 1);
        break;
      case Opcode::kLess:
        ok = Order(--sp - 1, false);
        break;
      case Opcode::kLessEq:
        ok = Order(--sp - 1, true);
        break;
      case Opcode::kAdd:
      case Opcode::kSub:
      case Opcode::kMul:
        ok = Arithmetic(--sp - 1, opcode);
        break;
      case Opcode::kIn:
        ok = In(--sp - 1, false);
        break;
      case Opcode::kInStrict:
        ok = In(--sp - 1, true);
        break;
      case Opcode::kIs:
        if (sp[-1].kind != Kind::kEntity) {
          ok = WrongKind(sp[-1], Bit(Kind::kEntity));
        } else {
          sp[-1] = MakeBool(world_.Type(sp[-1].entity()) == engine_.types_[a]);
        }
        break;
      case Opcode::kHas:
        ok = Has(sp - 1, a, false);
        break;
      case Opcode::kHasStrict:
        ok = Has(sp - 1, a, true);
        break;
      case Opcode::kAttr:
        ok = Attribute(sp - 1, a);
        break;
      case Opcode::kAttrOr:
        ok = AttributeOr(--sp - 1, a);
        break;
      case Opcode::kHasTag:
      case Opcode::kHasTagStrict:
      case Opcode::kGetTag:
        ok = Tag(--sp - 1, opcode);
        break;
      case Opcode::kLike:
        ok = Like(sp - 1, a);
        break;
      case Opcode::kContains:
      case Opcode::kContainsAll:
      case Opcode::kContainsAny:
        ok = Contains(--sp - 1, opcode);
        break;
      case Opcode::kIsEmpty:
        if (sp[-1].kind != Kind::kSet) {
          ok = WrongKind(sp[-1], Bit(Kind::kSet));
        } else {
          sp[-1] = MakeBool(sp[-1].count == 0);
        }
        break;
      case Opcode::kUnion:
      case Opcode::kIntersect:
        ok = Combine(--sp - 1, opcode);
        break;
      case Opcode::kSize:
        if (sp[-1].kind != Kind::kSet) {
          ok = WrongKind(sp[-1], Bit(Kind::kSet));
        } else {
          sp[-1] = MakeLong(sp[-1].count);
        }
        break;
      case Opcode::kLower:
        ok = Lower(sp - 1);
        break;
      case Opcode::kRank:
        ok = Rank(sp - 1, a);
        break;
      case Opcode::kInHours:
        ok = InHours(sp - 1, a);
        break;
      case Opcode::kSet:
        sp -= a;
        ok = MakeSet(sp, a);
        ++sp;
        break;
      case Opcode::kRecord:
        sp -= bundle_.shapes()[a].count;
        ok = MakeRecord(sp, a);
        ++sp;
        break;
      case Opcode::kCall:
        sp -= Info(static_cast<Builtin>(a)).argument_count;
        ok = Call(sp, a);
        ++sp;
        break;
      case Opcode::kFail:
        sp -= a;
        ok = Fail(static_cast<Trap>(*pc & 0xFF));
        break;
      case Opcode::kEach: {
        const uint32_t quantifier = *pc++;
        const Value set = *--sp;
        if (set.kind != Kind::kSet) {
          ok = WrongKind(set, Bit(Kind::kSet));
          break;
        }
        if (set.count > quantifier >> 8) {
          ok = Fail(Trap::kTooManyElements, set);
          break;
        }
        each.running = true;
        each.elements = memory_.Cells(set);
        each.next = 0;
        each.body = pc;
        each.end = pc + a - 1;
        each.base = sp;
        each.arena = scratch_->arena_used_;
        each.count_true = 0;
        each.any_false = each.any_error = false;
        break;
      }
      case Opcode::kEachEnd: {
        const bool holds = (--sp)->boolean();
        each.count_true += holds;
        each.any_false |= !holds;
        break;
      }
      case Opcode::kReturn: {
        *result = *--sp;
        assert(sp == stack);
        if constexpr (kTraced) {
          trace->Executed({static_cast<uint32_t>(at - code), instruction, popped, nullptr, nullptr, 1});
        }
        return true;
      }
    }

    if (!ok) {
      // A fact's error stays what and where it was.
      if (opcode != Opcode::kFact) {
        error_.opcode = opcode;
        error_.word = static_cast<uint32_t>(at - code);
        error_.operand = opcode == Opcode::kFail ? *pc >> 8 : a;
      }
      if constexpr (kTraced) {
        trace->Executed(
            {static_cast<uint32_t>(at - code), instruction, popped, nullptr, &error_, 1 + spent_});
      }
      if (!each.running) return false;
      // The element erred; the ones after it are asked all the same.
      if (!each.any_error) each.first_error = error_;
      each.any_error = true;
    }

    // At `each`, at the end of its block, or thrown out of it: go to the next element or leave.
    if (opcode == Opcode::kEach || opcode == Opcode::kEachEnd || !ok) {
      sp = each.base;
      scratch_->arena_used_ = each.arena;
      if (each.next < each.elements.size()) {
        ++each.next;
        pc = each.body;
      } else {
        each.running = false;
        const Quantifier quantifier = static_cast<Quantifier>(bundle::WordOperand(*each.end) & 0xFF);
        pc = each.end + 1;
        const bool settled = quantifier == Quantifier::kEvery  ? each.any_false
                             : quantifier == Quantifier::kSome ? each.count_true > 0
                                                               : false;
        if (each.any_error && !settled) {
          error_ = each.first_error;
          return false;
        }
        switch (quantifier) {
          case Quantifier::kEvery:
            *sp++ = MakeBool(!each.any_false);
            break;
          case Quantifier::kSome:
            *sp++ = MakeBool(each.count_true > 0);
            break;
          case Quantifier::kNumber:
            *sp++ = MakeLong(each.count_true);
            break;
        }
      }
    }
    assert(sp >= stack && sp <= stack + scratch_->stack_.size());
    if constexpr (kTraced) {
      if (ok) {
        const bool pushed =
            Info(opcode).pushes != bundle::StackType::kNone && (opcode != Opcode::kEachEnd || !each.running);
        trace->Executed({static_cast<uint32_t>(at - code), instruction, popped, pushed ? sp - 1 : nullptr,
                         nullptr, 1 + spent_});
      }
    }
  }
}

// For RunSlice, which find.cc inlines.
template bool Machine::Execute<false>(uint32_t first, uint32_t end, Value* result, TraceSink* trace);

bool Machine::RunSliceTraced(const tree::Slice& slice, Value* value, TraceSink* trace) {
  return Execute<true>(slice.first, slice.first + slice.count, value, trace);
}

Evaluation Machine::Run(const Block& block) {
  Evaluation out{};
  // A constant, as values of limits and pools mostly are.
  if (IsConstant(bundle_, block)) {
    out.ok = true;
    out.value = engine_.Constant(bundle::WordOperand(bundle_.code()[block.first]));
    return out;
  }
  out.ok = Execute<false>(block.first, block.first + block.count, &out.value, nullptr);
  if (!out.ok) out.error = error_;
  return out;
}

Evaluation Machine::RunTraced(const Block& block, TraceSink* trace) {
  Evaluation out{};
  out.ok = Execute<true>(block.first, block.first + block.count, &out.value, trace);
  if (!out.ok) out.error = error_;
  return out;
}

}  // namespace polc::vm
