// Instructions that take more than a look at their operands: those on texts, sets and records, built-in
// functions, levels, hours and what the host keeps. The loop, and those it has at hand, are interpreter.cc's.
#include <algorithm>
#include <cstring>

#include "runtime/vm/builtins.h"
#include "runtime/vm/compare.h"
#include "runtime/vm/interpreter.h"

namespace polc::vm {

using bundle::Builtin;
using bundle::BuiltinInfo;
using bundle::kWildcard;
using entities::MakeBool;
using entities::MakeLong;
using entities::Work;

namespace {

// Where `needle` first lies in `text`, or npos; charges every byte looked at.
size_t Find(std::string_view text, std::string_view needle, Work* work) {
  size_t from = 0;
  while (from + needle.size() <= text.size()) {
    const char* begin = text.data() + from;
    const auto* hit =
        static_cast<const char*>(std::memchr(begin, needle[0], text.size() - needle.size() - from + 1));
    const size_t skipped = hit == nullptr ? text.size() - from : static_cast<size_t>(hit - begin);
    if (!work->Bytes(skipped + needle.size())) return std::string_view::npos;
    if (hit == nullptr) return std::string_view::npos;
    from += skipped;
    if (std::memcmp(text.data() + from, needle.data(), needle.size()) == 0) return from;
    ++from;
  }
  return std::string_view::npos;
}

}  // namespace

// Literals and wildcards take turns. A literal at either end is anchored there; between wildcards each
// literal may take the first place it fits, since what it leaves is the most for the ones after it.
// Comparing bytes is comparing scalar values: in UTF-8 a scalar's bytes never lie inside another's.
bool Machine::Like(Value* at, uint32_t pattern) {
  const Value& v = *at;
  if (v.kind != Kind::kString) return WrongKind(v, Bit(Kind::kString));
  const bundle::Range& range = bundle_.patterns()[pattern];
  auto parts = bundle_.pattern_parts().subspan(range.first, range.count);
  std::string_view text = memory_.Text(v);
  Work work = Budget();
  bool matches = true;

  bool anchored = true;  // the next literal must stand at the front of `text`
  // A literal at the end is taken off first; one that would overlap the front then finds too little left.
  if (parts.size() > 1 && parts.back() != kWildcard) {
    const std::string_view last = bundle_.String(parts.back());
    parts = parts.first(parts.size() - 1);
    matches = work.Bytes(last.size()) && text.ends_with(last);
    if (matches) text.remove_suffix(last.size());
  }
  for (size_t i = 0; i < parts.size() && matches; ++i) {
    if (parts[i] == kWildcard) {
      anchored = false;
      continue;
    }
    const std::string_view literal = bundle_.String(parts[i]);
    if (anchored) {
      matches = work.Bytes(literal.size()) && text.starts_with(literal);
      if (matches) text.remove_prefix(literal.size());
    } else {
      const size_t found = Find(text, literal, &work);
      matches = found != std::string_view::npos;
      if (matches) text.remove_prefix(found + literal.size());
      anchored = true;
    }
  }
  // Without a wildcard at the end nothing may be left over.
  if (matches && anchored) matches = text.empty();
  if (!Afforded(work)) return false;
  *at = MakeBool(matches);
  return true;
}

bool Machine::Contains(Value* at, Opcode opcode) {
  const Value &a = at[0], &b = at[1];
  if (a.kind != Kind::kSet) return WrongKind(a, Bit(Kind::kSet));
  Work work = Budget();
  bool result;
  if (opcode == Opcode::kContains) {
    result = SetContains(memory_, a, b, &work);
  } else {
    if (b.kind != Kind::kSet) return WrongKind(b, Bit(Kind::kSet));
    // Both are sorted: walk them side by side.
    const bool all = opcode == Opcode::kContainsAll;
    const auto in = memory_.Cells(a), asked = memory_.Cells(b);
    result = all;
    for (size_t i = 0, k = 0; k < asked.size();) {
      if (i == in.size()) {
        if (all) result = false;
        break;
      }
      if (!work.Elements(1)) break;
      const int order = Compare(memory_, in[i], asked[k], &work);
      if (work.exceeded()) break;
      if (order < 0) {
        ++i;
      } else if (order == 0) {
        if (!all) {
          result = true;
          break;
        }
        ++i, ++k;
      } else {
        if (all) {
          result = false;
          break;
        }
        ++k;
      }
    }
  }
  if (!Afforded(work)) return false;
  *at = MakeBool(result);
  return true;
}

bool Machine::MakeSet(Value* at, uint32_t count) {
  const std::span<Value> elements(at, count);
  const uint32_t depth = entities::DepthAbove(elements);
  if (depth > bundle::kMaxValueDepth) return Fail(Trap::kTooDeep);
  Work work = Budget();
  const size_t kept = SortUnique(memory_, elements, &work);
  if (!Afforded(work)) return false;
  uint64_t offset = 0;
  uint8_t* room = Allocate(count * sizeof(Value), &offset);
  if (kept > 0) std::memcpy(room, elements.data(), kept * sizeof(Value));
  *at = {Kind::kSet, Region::kScratch, static_cast<uint16_t>(depth), static_cast<uint32_t>(kept), offset};
  return true;
}

bool Machine::MakeRecord(Value* at, uint32_t shape) {
  const bundle::Range& range = bundle_.shapes()[shape];
  const auto names = bundle_.shape_names().subspan(range.first, range.count);
  const uint32_t depth = entities::DepthAbove({at, range.count});
  if (depth > bundle::kMaxValueDepth) return Fail(Trap::kTooDeep);
  uint64_t offset = 0;
  const size_t cell_count = size_t{range.count} * 2;
  auto* cells = reinterpret_cast<Value*>(Allocate(cell_count * sizeof(Value), &offset));
  for (uint32_t i = 0; i < range.count; ++i) {
    const std::string_view name = bundle_.String(names[i]);
    cells[2 * i] = {
        Kind::kString, Region::kBundle, 0, static_cast<uint32_t>(name.size()),
        static_cast<uint64_t>(reinterpret_cast<const uint8_t*>(name.data()) - bundle_.file().data())};
    cells[2 * i + 1] = at[i];
  }
  SortFields(memory_, {cells, cell_count});
  *at = {Kind::kRecord, Region::kScratch, static_cast<uint16_t>(depth), range.count, offset};
  return true;
}

bool Machine::Call(Value* at, uint32_t operand) {
  const BuiltinInfo& info = Info(static_cast<Builtin>(operand));
  Work work = Budget();
  for (int i = 0; i < info.argument_count; ++i) {
    if (at[i].kind != info.arguments[i]) return WrongKind(at[i], Bit(info.arguments[i]));
    if (at[i].kind == Kind::kString) work.Bytes(at[i].count);
  }
  if (!Afforded(work)) return false;
  uint64_t offset = 0;
  uint8_t* room = info.builtin == Builtin::kIp ? Allocate(16, &offset) : nullptr;
  Value result;
  Trap trap;
  if (!CallBuiltin(info.builtin, at, memory_, room, offset, &result, &trap)) {
    error_.other = info.argument_count > 1 ? at[1] : at[0];
    return Fail(trap, at[0]);
  }
  *at = result;
  return true;
}

uint8_t* Machine::Allocate(size_t bytes, uint64_t* offset) {
  std::vector<uint64_t>& arena = scratch_->arena_;
  if (scratch_->arena_used_ + bytes <= arena.size() * 8) {
    *offset = scratch_->arena_used_;
    scratch_->arena_used_ += static_cast<uint32_t>((bytes + 7) / 8 * 8);
    return reinterpret_cast<uint8_t*>(arena.data()) + *offset;
  }
  std::vector<uint64_t>& more = scratch_->overflow_.emplace_back((bytes + 7) / 8);
  *offset = reinterpret_cast<uintptr_t>(more.data()) - reinterpret_cast<uintptr_t>(arena.data());
  return reinterpret_cast<uint8_t*>(more.data());
}

bool Machine::Combine(Value* at, Opcode opcode) {
  const Value &a = at[0], &b = at[1];
  if (a.kind != Kind::kSet) return WrongKind(a, Bit(Kind::kSet));
  if (b.kind != Kind::kSet) return WrongKind(b, Bit(Kind::kSet));
  Work work = Budget();
  Value result;
  if (!CombineSets(a, b, opcode == Opcode::kUnion, &work, &result)) return Afforded(work);
  if (!Afforded(work)) return false;
  *at = result;
  return true;
}

bool Machine::CombineSets(const Value& a, const Value& b, bool all, Work* work, Value* result) {
  // Both are sorted: walk them side by side. What comes out is counted first, so that a set takes no more
  // room than it needs.
  const auto left = memory_.Cells(a), right = memory_.Cells(b);
  uint64_t offset = 0;
  Value* out = nullptr;
  size_t count = 0;
  for (int pass = 0; pass < 2; ++pass) {
    if (pass == 1) {
      if (count == 0) break;
      out = reinterpret_cast<Value*>(Allocate(count * sizeof(Value), &offset));
    }
    size_t put = 0;
    auto keep = [&](const Value& v) {
      if (out != nullptr) out[put] = v;
      ++put;
    };
    for (size_t i = 0, k = 0; i < left.size() || k < right.size();) {
      if (!all && (i == left.size() || k == right.size())) break;
      if (!work->Elements(1)) return false;
      int order = i == left.size() ? 1 : k == right.size() ? -1 : 0;
      if (order == 0) order = Compare(memory_, left[i], right[k], work);
      if (work->exceeded()) return false;
      if (order == 0 || (all && order < 0)) keep(left[i]);
      if (all && order > 0) keep(right[k]);
      i += order <= 0;
      k += order >= 0;
    }
    count = put;
  }
  const uint32_t depth = out == nullptr ? 1 : entities::DepthAbove({out, count});
  *result = {Kind::kSet, out == nullptr ? Region::kNone : Region::kScratch, static_cast<uint16_t>(depth),
             static_cast<uint32_t>(count), offset};
  return true;
}

bool Machine::Lower(Value* at) {
  if (at->kind != Kind::kString) return WrongKind(*at, Bit(Kind::kString));
  Work work = Budget();
  work.Bytes(at->count);
  if (!Afforded(work)) return false;
  if (at->count == 0) return true;
  uint64_t offset;
  uint8_t* out = Allocate(at->count, &offset);
  for (char c : memory_.Text(*at)) *out++ = static_cast<uint8_t>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  *at = {Kind::kString, Region::kScratch, 0, at->count, offset};
  return true;
}

bool Machine::Rank(Value* at, uint32_t levels) {
  if (at->kind != Kind::kString) return WrongKind(*at, Bit(Kind::kString));
  const std::optional<uint32_t> rank = RankOf(memory_.Text(*at), levels);
  if (!rank) return Fail(Trap::kUnknownLevel, *at);
  *at = MakeLong(*rank);
  return true;
}

std::optional<uint32_t> Machine::RankOf(std::string_view level, uint32_t levels) const {
  const auto names = Slice(bundle_.level_names(), bundle_.levels()[levels].names);
  for (uint32_t i = 0; i < names.size(); ++i) {
    if (bundle_.String(names[i]) == level) return i;
  }
  return std::nullopt;
}

bool Machine::InHours(Value* at, uint32_t row) {
  if (at->kind != Kind::kDatetime) return WrongKind(*at, Bit(Kind::kDatetime));
  constexpr int64_t kMinuteMs = 60 * 1000, kDayMs = 24 * 60 * kMinuteMs;
  const bundle::HoursRow& hours = bundle_.hours()[row];
  const bundle::ZoneRow& zone = bundle_.zones()[hours.zone];
  const int64_t utc = at->number();
  if (utc >= zone.ends_ms) return Fail(Trap::kTimeUnknown, *at);
  const auto offsets = Slice(bundle_.zone_offsets(), zone.offsets);
  const auto after = std::upper_bound(
      offsets.begin(), offsets.end(), utc,
      [](int64_t time, const bundle::ZoneOffsetRow& offset) { return time < offset.from_ms; });
  int64_t local;
  if (__builtin_add_overflow(utc, after[-1].offset_ms, &local)) return Fail(Trap::kTimeUnknown, *at);
  // Down, also before 1970, which was a Thursday.
  const int64_t day = local / kDayMs - (local % kDayMs < 0);
  const int64_t into_day = local - day * kDayMs;
  const auto weekday = [](int64_t d) { return static_cast<int>(((d + 3) % 7 + 7) % 7); };
  const auto on = [&](int64_t d) { return (hours.days >> weekday(d) & 1) != 0; };
  const int64_t from = hours.from_minute * kMinuteMs, to = hours.to_minute * kMinuteMs;
  // Past midnight: the evening of the day it began, and the morning after.
  const bool within = from < to ? on(day) && into_day >= from && into_day < to
                                : (on(day) && into_day >= from) || (on(day - 1) && into_day < to);
  *at = MakeBool(within);
  return true;
}

bool Machine::Input(Value* at, uint32_t input, const Value* key) {
  const bundle::InputRow& row = bundle_.inputs()[input];
  const HostInputs& host = request_.host();
  if (static_cast<bundle::InputKind>(row.kind) == bundle::InputKind::kNow) {
    if (!host.now_ms) return Fail(Trap::kInputMissing);
    *at = entities::MakeNumber(Kind::kDatetime, *host.now_ms);
    return true;
  }
  Work work = Budget();
  const StateValue* state = request_.FindState(input, key, memory_, &work);
  if (!Afforded(work)) return false;
  if (state == nullptr) return Fail(Trap::kInputMissing);
  if (row.fresh_within_ms > 0) {
    // Of unknown age, from the future, or too old.
    int64_t age = 0;
    if (!host.now_ms || !state->as_of_ms || *state->as_of_ms > *host.now_ms ||
        __builtin_sub_overflow(*host.now_ms, *state->as_of_ms, &age) || age > row.fresh_within_ms)
      return Fail(Trap::kInputStale);
  }
  if (state->value.kind != static_cast<Kind>(row.value_kind)) return Fail(Trap::kWrongType, state->value);
  *at = state->value;
  return true;
}

}  // namespace polc::vm
