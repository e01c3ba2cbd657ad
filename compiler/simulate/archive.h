// Values as bytes and back: what a checkpoint is made of.
//
// One description serves both ways: `Pass(archive, value)` names the members in their order, by a structured
// binding, so that a member that is added later does not compile until it is named here, too. Numbers are of
// fixed width, lowest byte first; lists begin with how many they hold. A Reader never reads past its bytes,
// nor makes more than they can hold, nor a number of an enumeration that there is not: it fails, for good.
// Nothing is thrown. Tested by checkpoint_test.cc.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "compiler/data/value.h"
#include "compiler/json/json.h"

namespace polc::simulate {

// The last of an enumeration.
template <typename E>
constexpr E LastOf();

class Writer {
 public:
  static constexpr bool kReads = false;
  std::string Take() { return std::move(out_); }

  void Number(uint64_t n) {
    for (int shift = 0; shift < 64; shift += 8) out_ += static_cast<char>(n >> shift & 0xFF);
  }
  void Bytes(std::string_view bytes) {
    Number(bytes.size());
    out_ += bytes;
  }

 private:
  std::string out_;
};

class Reader {
 public:
  static constexpr bool kReads = true;
  // `bytes` must outlive it.
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  void Fail() { ok_ = false, rest_ = {}; }

  uint64_t Number() {
    if (rest_.size() < 8) return Fail(), 0;
    uint64_t n = 0;
    for (int i = 7; i >= 0; --i) n = n << 8 | static_cast<uint8_t>(rest_[static_cast<size_t>(i)]);
    rest_.remove_prefix(8);
    return n;
  }
  // How many there are: each of them is a byte at least.
  size_t Count() {
    const uint64_t n = Number();
    if (n > rest_.size()) return Fail(), 0;
    return static_cast<size_t>(n);
  }
  std::string Bytes() {
    const size_t n = Count();
    std::string out(rest_.substr(0, n));
    rest_.remove_prefix(n);
    return out;
  }
  // How deep it is in values within values, which were read from JSON once.
  size_t depth = 0;

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// What is described: const for a Writer, and not for a Reader.
template <typename T, typename Plain>
concept Is = std::is_same_v<std::remove_const_t<T>, Plain>;

template <typename T>
struct ListOf : std::false_type {};
template <typename T>
struct ListOf<std::vector<T>> : std::true_type {};
template <typename T>
struct ListOf<std::deque<T>> : std::true_type {};
template <typename T>
struct SetOf : std::false_type {};
template <typename T>
struct SetOf<std::set<T>> : std::true_type {};
template <typename T>
struct MapOf : std::false_type {};
template <typename K, typename V>
struct MapOf<std::map<K, V>> : std::true_type {};
template <typename T>
struct OptionalOf : std::false_type {};
template <typename T>
struct OptionalOf<std::optional<T>> : std::true_type {};
template <typename T>
struct PointerTo : std::false_type {};
template <typename T>
struct PointerTo<std::shared_ptr<const T>> : std::true_type {
  using Plain = T;
};
template <typename T>
struct TupleOf : std::false_type {};
template <typename... T>
struct TupleOf<std::tuple<T...>> : std::true_type {};
template <typename A, typename B>
struct TupleOf<std::pair<A, B>> : std::true_type {};
template <typename T, size_t N>
struct TupleOf<std::array<T, N>> : std::true_type {};

// Everything that has no description of its own (checkpoint.cc).
template <typename A, typename T>
void PassAny(A& archive, T& value);

template <typename A, typename T, typename... More>
void PassAll(A& archive, T& first, More&... more) {
  PassAny(archive, first);
  if constexpr (sizeof...(More) > 0) PassAll(archive, more...);
}

void Pass(auto& a, Is<data::EntityUid> auto& value) {
  auto& [type, id] = value;
  PassAll(a, type, id);
}

void Pass(auto& a, Is<data::IpAddr> auto& value) {
  auto& [v6, bytes, prefix] = value;
  PassAll(a, v6, bytes, prefix);
}

inline void PassValue(Writer& w, const data::Value& value) {
  using data::Kind;
  w.Number(static_cast<uint64_t>(value.kind()));
  switch (value.kind()) {
    case Kind::kBool:
      return w.Number(value.as_bool());
    case Kind::kLong:
      return w.Number(static_cast<uint64_t>(value.as_long()));
    case Kind::kString:
      return w.Bytes(value.as_string());
    case Kind::kEntity:
      return Pass(w, value.as_entity());
    case Kind::kDecimal:
      return w.Number(static_cast<uint64_t>(value.as_decimal().units));
    case Kind::kIp:
      return Pass(w, value.as_ip());
    case Kind::kDatetime:
      return w.Number(static_cast<uint64_t>(value.as_datetime().ms));
    case Kind::kDuration:
      return w.Number(static_cast<uint64_t>(value.as_duration().ms));
    case Kind::kSet:
      return PassAny(w, value.as_set());
    case Kind::kRecord:
      return PassAny(w, value.as_record());
  }
}

inline void PassValue(Reader& r, data::Value& value) {
  using data::Kind;
  const uint64_t kind = r.Number();
  if (kind > static_cast<uint64_t>(Kind::kRecord) || r.depth >= json::kMaxDepth) return r.Fail();
  const auto number = [&] { return static_cast<int64_t>(r.Number()); };
  ++r.depth;
  switch (static_cast<Kind>(kind)) {
    case Kind::kBool:
      value = data::Value(r.Number() != 0);
      break;
    case Kind::kLong:
      value = data::Value(number());
      break;
    case Kind::kString:
      value = data::Value(r.Bytes());
      break;
    case Kind::kEntity: {
      data::EntityUid uid;
      Pass(r, uid);
      value = data::Value(std::move(uid));
      break;
    }
    case Kind::kDecimal:
      value = data::Value(data::Decimal{number()});
      break;
    case Kind::kIp: {
      data::IpAddr ip;
      Pass(r, ip);
      value = data::Value(ip);
      break;
    }
    case Kind::kDatetime:
      value = data::Value(data::Datetime{number()});
      break;
    case Kind::kDuration:
      value = data::Value(data::Duration{number()});
      break;
    case Kind::kSet: {
      data::Set elements;
      PassAny(r, elements);
      value = data::Value::MakeSet(std::move(elements));
      break;
    }
    case Kind::kRecord: {
      data::Record fields;
      PassAny(r, fields);
      // As they are written: sorted, each once.
      const auto bad = [](const auto& x, const auto& y) { return x.first >= y.first; };
      if (std::ranges::adjacent_find(fields, bad) != fields.end()) return r.Fail();
      value = data::Value::MakeRecord(std::move(fields));
      break;
    }
  }
  --r.depth;
}

template <typename A, typename T>
void PassAny(A& a, T& value) {
  using Plain = std::remove_const_t<T>;
  if constexpr (std::is_same_v<Plain, std::string>) {
    if constexpr (A::kReads) {
      value = a.Bytes();
    } else {
      a.Bytes(value);
    }
  } else if constexpr (std::is_same_v<Plain, data::Value>) {
    PassValue(a, value);
  } else if constexpr (std::is_enum_v<Plain>) {
    if constexpr (A::kReads) {
      const uint64_t n = a.Number();
      if (n > static_cast<uint64_t>(LastOf<Plain>())) return a.Fail();
      value = static_cast<Plain>(n);
    } else {
      a.Number(static_cast<uint64_t>(value));
    }
  } else if constexpr (std::is_integral_v<Plain>) {
    if constexpr (A::kReads) {
      const uint64_t n = a.Number();
      value = static_cast<Plain>(n);
      if (static_cast<uint64_t>(value) != n) a.Fail();
    } else {
      a.Number(static_cast<uint64_t>(value));
    }
  } else if constexpr (ListOf<Plain>::value) {
    if constexpr (A::kReads) {
      value.clear();
      for (size_t n = a.Count(); n > 0 && a.ok(); --n) PassAny(a, value.emplace_back());
    } else {
      a.Number(value.size());
      for (const auto& item : value) PassAny(a, item);
    }
  } else if constexpr (SetOf<Plain>::value) {
    if constexpr (A::kReads) {
      value.clear();
      for (size_t n = a.Count(); n > 0 && a.ok(); --n) {
        typename Plain::value_type item{};
        PassAny(a, item);
        value.insert(std::move(item));
      }
    } else {
      a.Number(value.size());
      for (const auto& item : value) PassAny(a, item);
    }
  } else if constexpr (MapOf<Plain>::value) {
    if constexpr (A::kReads) {
      value.clear();
      for (size_t n = a.Count(); n > 0 && a.ok(); --n) {
        typename Plain::key_type key{};
        PassAny(a, key);
        PassAny(a, value[std::move(key)]);
      }
    } else {
      a.Number(value.size());
      for (const auto& [key, item] : value) PassAll(a, key, item);
    }
  } else if constexpr (OptionalOf<Plain>::value) {
    if constexpr (A::kReads) {
      value.reset();
      if (a.Number() != 0) PassAny(a, value.emplace());
    } else {
      a.Number(value.has_value());
      if (value) PassAny(a, *value);
    }
  } else if constexpr (PointerTo<Plain>::value) {
    if constexpr (A::kReads) {
      value.reset();
      if (a.Number() == 0) return;
      auto made = std::make_shared<typename PointerTo<Plain>::Plain>();
      PassAny(a, *made);
      value = std::move(made);
    } else {
      a.Number(value != nullptr);
      if (value) PassAny(a, *value);
    }
  } else if constexpr (TupleOf<Plain>::value) {
    std::apply([&](auto&... parts) { (PassAny(a, parts), ...); }, value);
  } else {
    Pass(a, value);
  }
}

}  // namespace polc::simulate
