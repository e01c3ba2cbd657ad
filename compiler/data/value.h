// Values: what policies compute with and what entities and requests carry.
//
// Cedar's value universe (docs/cedar-users.md): booleans, 64-bit integers, text, entity references, sets,
// records and the four extension types. A Value is immutable (40 bytes); entity
// references, sets and records are shared, sets are
// sorted and free of repeats, records sorted by key, so equality and order are structural and
// deterministic.
//
// This is the compiler's and the oracle's representation. The runtime has its own (runtime/vm) and
// shares no code with this one: each checks the other.
// Tested by value_test.cc.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace polc::data {

// An entity's name: normalized type (`A::B`, no spaces) and id (any text).
struct EntityUid {
  std::string type;
  std::string id;
  friend auto operator<=>(const EntityUid&, const EntityUid&) = default;
};

// Fixed point with four fraction digits: value = units / 10^4.
struct Decimal {
  int64_t units = 0;
  friend auto operator<=>(const Decimal&, const Decimal&) = default;
};

// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
struct Datetime {
  int64_t ms = 0;
  friend auto operator<=>(const Datetime&, const Datetime&) = default;
};

// Milliseconds.
struct Duration {
  int64_t ms = 0;
  friend auto operator<=>(const Duration&, const Duration&) = default;
};

// An address with prefix length; host bits are kept, so 10.0.0.1/8 != 10.0.0.2/8.
struct IpAddr {
  bool v6 = false;
  std::array<uint8_t, 16> bytes{};  // network order; v4 uses the first four
  uint8_t prefix = 32;              // 0..32 or 0..128
  friend auto operator<=>(const IpAddr&, const IpAddr&) = default;
};

class Value;
using Set = std::vector<Value>;                             // sorted, no repeats
using Record = std::vector<std::pair<std::string, Value>>;  // sorted by key, no repeats

// In the order of the variant below.
enum class Kind : uint8_t {
  kBool,
  kLong,
  kString,
  kEntity,
  kDecimal,
  kIp,
  kDatetime,
  kDuration,
  kSet,
  kRecord
};

// Cedar's name for a kind: "bool", "long", "string", "entity", "decimal", "ipaddr", ...
std::string_view KindName(Kind kind);

class Value {
 public:
  Value() : rep_(false) {}
  explicit Value(bool v) : rep_(v) {}
  explicit Value(int64_t v) : rep_(v) {}
  explicit Value(std::string v) : rep_(std::move(v)) {}
  explicit Value(const char*) = delete;  // would become a bool
  explicit Value(EntityUid v);
  explicit Value(Decimal v) : rep_(v) {}
  explicit Value(IpAddr v) : rep_(v) {}
  explicit Value(Datetime v) : rep_(v) {}
  explicit Value(Duration v) : rep_(v) {}

  // Sorts and removes repeats. O(n log n) comparisons.
  static Value MakeSet(std::vector<Value> elements);
  // Sorts by key; keys must be distinct.
  static Value MakeRecord(Record fields);

  Kind kind() const { return static_cast<Kind>(rep_.index()); }
  bool is(Kind k) const { return kind() == k; }

  // Each needs the kind it names (checked in debug builds).
  bool as_bool() const { return std::get<bool>(rep_); }
  int64_t as_long() const { return std::get<int64_t>(rep_); }
  const std::string& as_string() const { return std::get<std::string>(rep_); }
  const EntityUid& as_entity() const { return *std::get<std::shared_ptr<const EntityUid>>(rep_); }
  Decimal as_decimal() const { return std::get<Decimal>(rep_); }
  const IpAddr& as_ip() const { return std::get<IpAddr>(rep_); }
  Datetime as_datetime() const { return std::get<Datetime>(rep_); }
  Duration as_duration() const { return std::get<Duration>(rep_); }
  const Set& as_set() const { return *std::get<std::shared_ptr<const Set>>(rep_); }
  const Record& as_record() const { return *std::get<std::shared_ptr<const Record>>(rep_); }

  // The field `key` of a record, or null. O(log n).
  const Value* Find(std::string_view key) const;
  // Whether a set contains `v`. O(log n) comparisons.
  bool Contains(const Value& v) const;

  // Structural; different kinds are unequal and ordered by kind. Recursion is bounded by
  // json::kMaxDepth for values read from JSON and by the parser's limit for literals.
  friend std::strong_ordering operator<=>(const Value& a, const Value& b);
  friend bool operator==(const Value& a, const Value& b) { return (a <=> b) == 0; }

 private:
  std::variant<bool, int64_t, std::string, std::shared_ptr<const EntityUid>, Decimal, IpAddr, Datetime,
               Duration, std::shared_ptr<const Set>, std::shared_ptr<const Record>>
      rep_;
};

// As Cedar writes it: `User::"a"`, with the id escaped.
std::string ToString(const EntityUid& uid);
// As a Cedar expression that evaluates to it: `[1, "a"]`, `{"k": true}`, `decimal("1.5000")`,
// `datetime("1970-01-01").offset(duration("5ms"))`. Recursion as for comparison.
std::string ToString(const Value& value);
// Text as a Cedar string literal, quotes included.
std::string QuoteCedar(std::string_view text);

}  // namespace polc::data
