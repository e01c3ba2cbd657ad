#include "runtime/entities/value.h"

#include <cstring>
#include <utility>

namespace polc::entities {
namespace {

int CompareNumbers(auto a, auto b) { return a < b ? -1 : a > b ? 1 : 0; }

// Two values without what containers hold: 0 for containers of one size.
int CompareHeads(const Memory& memory, const Value& a, const Value& b, Work* work) {
  if (a.kind != b.kind) return CompareNumbers(a.kind, b.kind);
  switch (a.kind) {
    case Kind::kBool:
    case Kind::kEntity:
      return CompareNumbers(a.bits, b.bits);
    case Kind::kLong:
    case Kind::kDecimal:
    case Kind::kDatetime:
    case Kind::kDuration:
      return CompareNumbers(a.number(), b.number());
    case Kind::kString:
      if (a.count != b.count) return CompareNumbers(a.count, b.count);
      if (a.count == 0 || (a.region == b.region && a.bits == b.bits)) return 0;
      if (!work->Bytes(a.count)) return 0;
      return std::memcmp(memory.Text(a).data(), memory.Text(b).data(), a.count);
    case Kind::kIp:
      if (a.count != b.count) return CompareNumbers(a.count, b.count);
      if ((a.count & bundle::kIpV6) == 0) return CompareNumbers(a.bits, b.bits);
      return std::memcmp(memory.Address(a), memory.Address(b), 16);
    case Kind::kSet:
    case Kind::kRecord:
      return CompareNumbers(a.count, b.count);
  }
  return 0;
}

}  // namespace

int Compare(const Memory& memory, const Value& left, const Value& right, Work* work) {
  if (const int order = CompareHeads(memory, left, right, work); order != 0 || !left.is_container())
    return order;

  // Pairs of containers of equal size whose cells are still to be compared.
  struct Pair {
    const Value* a;
    const Value* b;
    size_t rest;
  };
  Pair open[bundle::kMaxValueDepth];
  size_t depth = 0;
  auto enter = [&](const Value& a, const Value& b) {
    // One place, one value: also what keeps a set from being compared with itself cell by cell.
    if (a.count == 0 || (a.region == b.region && a.bits == b.bits)) return;
    const auto cells = memory.Cells(a);
    open[depth++] = {cells.data(), memory.Cells(b).data(), cells.size()};
  };
  enter(left, right);
  while (depth > 0) {
    Pair& top = open[depth - 1];
    if (top.rest == 0) {
      --depth;
      continue;
    }
    if (!work->Elements(1)) return 0;
    const Value& a = *top.a++;
    const Value& b = *top.b++;
    --top.rest;
    if (const int order = CompareHeads(memory, a, b, work); order != 0) return order;
    if (work->exceeded()) return 0;
    if (a.is_container()) enter(a, b);
  }
  return 0;
}

const Value* FindField(const Memory& memory, const Value& record, std::string_view name) {
  const Value* cells = memory.Cells(record).data();
  size_t low = 0, high = record.count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const int order = bundle::CompareText(memory.Text(cells[2 * middle]), name);
    if (order == 0) return &cells[2 * middle + 1];
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return nullptr;
}

bool SetContains(const Memory& memory, const Value& set, const Value& v, Work* work) {
  const auto cells = memory.Cells(set);
  size_t low = 0, high = cells.size();
  while (low < high) {
    if (!work->Elements(1)) return false;
    const size_t middle = low + (high - low) / 2;
    const int order = Compare(memory, cells[middle], v, work);
    if (work->exceeded()) return false;
    if (order == 0) return true;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return false;
}

namespace {

// Heapsort of `count` items of `width` values each: in place, O(n log n) always, and safe even when the
// comparison stops making sense because work ran out.
template <size_t kWidth, typename Less>
void HeapSort(Value* items, size_t count, Less less) {
  auto swap = [&](size_t i, size_t j) {
    for (size_t k = 0; k < kWidth; ++k) std::swap(items[i * kWidth + k], items[j * kWidth + k]);
  };
  auto sift = [&](size_t root, size_t end) {
    for (;;) {
      size_t child = 2 * root + 1;
      if (child >= end) return;
      if (child + 1 < end && less(items[child * kWidth], items[(child + 1) * kWidth])) ++child;
      if (!less(items[root * kWidth], items[child * kWidth])) return;
      swap(root, child);
      root = child;
    }
  };
  // What is built is mostly in order already: notice that first.
  bool sorted = true;
  for (size_t i = 1; i < count && sorted; ++i) sorted = !less(items[i * kWidth], items[(i - 1) * kWidth]);
  if (sorted) return;
  for (size_t i = count / 2; i-- > 0;) sift(i, count);
  for (size_t end = count; end-- > 1;) {
    swap(0, end);
    sift(0, end);
  }
}

}  // namespace

size_t SortUnique(const Memory& memory, std::span<Value> cells, Work* work) {
  HeapSort<1>(cells.data(), cells.size(), [&](const Value& a, const Value& b) {
    return work->Elements(1) && Compare(memory, a, b, work) < 0;
  });
  size_t kept = 0;
  for (const Value& v : cells) {
    if (kept > 0 && work->Elements(1) && Compare(memory, cells[kept - 1], v, work) == 0 && !work->exceeded())
      continue;
    cells[kept++] = v;
  }
  return kept;
}

void SortFields(const Memory& memory, std::span<Value> cells) {
  HeapSort<2>(cells.data(), cells.size() / 2, [&](const Value& a, const Value& b) {
    return bundle::CompareText(memory.Text(a), memory.Text(b)) < 0;
  });
}

uint32_t DepthAbove(std::span<const Value> cells) {
  uint32_t deepest = 0;
  for (const Value& v : cells) deepest = v.depth > deepest ? v.depth : deepest;
  return deepest + 1;
}

}  // namespace polc::entities
