#include "runtime/vm/builtins.h"

#include <algorithm>
#include <cstring>

namespace polc::vm {

using bundle::Builtin;
using bundle::Kind;
using bundle::kIpV6;
using bundle::Trap;
using entities::MakeBool;
using entities::MakeLong;
using entities::MakeNumber;
using entities::Region;

namespace {

constexpr int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Digits at the front of `text` as a number, and removes them. Nothing if there is none or it does not
// fit 64 bits unsigned.
std::optional<uint64_t> TakeNumber(std::string_view* text) {
  constexpr size_t kFit = 19;  // digits that fit whatever they are
  const char* const first = text->data();
  const char* const end = first + text->size();
  const char* const checked = first + std::min(text->size(), kFit);
  const char* at = first;
  uint64_t n = 0;
  for (; at != checked && IsDigit(*at); ++at) n = n * 10 + static_cast<uint64_t>(*at - '0');
  for (; at != end && IsDigit(*at); ++at) {
    if (__builtin_mul_overflow(n, uint64_t{10}, &n) ||
        __builtin_add_overflow(n, static_cast<uint64_t>(*at - '0'), &n)) {
      return std::nullopt;
    }
  }
  if (at == first) return std::nullopt;
  text->remove_prefix(static_cast<size_t>(at - first));
  return n;
}

// The number that two digits are; above 99 if they are none.
int TwoDigits(const char* at) {
  const int tens = at[0] - '0', ones = at[1] - '0';
  constexpr int kNone = 100;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : kNone;
}

// Exactly `count` digits.
std::optional<int> TakeDigits(std::string_view* text, size_t count) {
  if (text->size() < count) return std::nullopt;
  int n = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!IsDigit((*text)[i])) return std::nullopt;
    n = n * 10 + ((*text)[i] - '0');
  }
  text->remove_prefix(count);
  return n;
}

bool Take(std::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

// Days since 1970-01-01 in the proleptic Gregorian calendar. Years begin in March, so that the leap day
// comes last; 400 years are one cycle.
constexpr int64_t DaysFromCivil(int year, int month, int day) {
  const int y = month <= 2 ? year - 1 : year;
  const int era = (y >= 0 ? y : y - 399) / 400;
  const int year_of_era = y - era * 400;
  const int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return int64_t{era} * 146097 + day_of_era - 719468;
}
static_assert(DaysFromCivil(1970, 1, 1) == 0 && DaysFromCivil(2000, 3, 1) == 11017 &&
              DaysFromCivil(0, 1, 1) == -719528);

constexpr bool IsLeap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

constexpr int DaysInMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

// `/N` after an address: at most `max`, no leading zero.
std::optional<uint8_t> ParsePrefix(std::string_view text, uint32_t max) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  const std::optional<uint64_t> n = TakeNumber(&text);
  if (!n || !text.empty() || *n > max) return std::nullopt;
  return static_cast<uint8_t>(*n);
}

bool ParseV4(std::string_view text, uint8_t* bytes) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int i = 0; i < 4; ++i) {
    if (i > 0 && (at == end || *at++ != '.')) return false;
    if (at == end || !IsDigit(*at)) return false;
    int n = *at++ - '0';
    // Behind a leading zero another digit is one too many, and met as such.
    for (; n > 0 && at != end && IsDigit(*at); ++at) {
      n = n * 10 + (*at - '0');
      if (n > 255) return false;
    }
    bytes[i] = static_cast<uint8_t>(n);
  }
  return at == end;
}

// One to four hexadecimal digits.
std::optional<uint16_t> TakeGroup(std::string_view* text) {
  uint32_t n = 0;
  size_t digits = 0;
  while (digits < text->size() && digits < 5) {
    const char c = (*text)[digits];
    uint32_t d;
    if (IsDigit(c)) {
      d = static_cast<uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      d = static_cast<uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      d = static_cast<uint32_t>(c - 'A' + 10);
    } else {
      break;
    }
    n = n * 16 + d;
    ++digits;
  }
  if (digits == 0 || digits > 4) return std::nullopt;
  text->remove_prefix(digits);
  return static_cast<uint16_t>(n);
}

// Eight groups, or fewer with one `::` for at least one group of zeros.
bool ParseV6(std::string_view text, uint8_t* bytes) {
  uint16_t groups[8] = {};
  int count = 0;  // groups read
  int gap = -1;   // groups before `::`
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    if (count == 8) return false;
    const std::optional<uint16_t> group = TakeGroup(&text);
    if (!group) return false;
    groups[count++] = *group;
    if (text.empty()) break;
    if (!Take(&text, ':')) return false;
    if (Take(&text, ':')) {
      if (gap >= 0) return false;
      gap = count;
    } else if (text.empty()) {
      return false;  // a single trailing colon
    }
  }
  if (gap < 0 ? count != 8 : count > 7) return false;
  uint16_t all[8] = {};
  const int head = gap < 0 ? 8 : gap;
  for (int i = 0; i < head; ++i) all[i] = groups[i];
  for (int i = head; i < count; ++i) all[8 - count + i] = groups[i];
  for (int i = 0; i < 8; ++i) {
    bytes[2 * i] = static_cast<uint8_t>(all[i] >> 8);
    bytes[2 * i + 1] = static_cast<uint8_t>(all[i]);
  }
  return true;
}

IpAddress Unpack(const Memory& memory, const Value& v) {
  IpAddress ip;
  ip.v6 = (v.count & kIpV6) != 0;
  ip.prefix = static_cast<uint8_t>(v.count & ~kIpV6);
  if (ip.v6) {
    std::memcpy(ip.bytes, memory.Address(v), 16);
  } else {
    for (int i = 0; i < 4; ++i) ip.bytes[i] = static_cast<uint8_t>(v.bits >> (24 - 8 * i));
  }
  return ip;
}

bool IsLoopback(const IpAddress& ip) {
  if (!ip.v6) return ip.bytes[0] == 127 && ip.prefix >= 8;
  for (int i = 0; i < 15; ++i) {
    if (ip.bytes[i] != 0) return false;
  }
  return ip.bytes[15] == 1 && ip.prefix == 128;
}

bool IsMulticast(const IpAddress& ip) {
  return ip.v6 ? ip.bytes[0] == 0xFF && ip.prefix >= 8 : ip.bytes[0] >> 4 == 14 && ip.prefix >= 4;
}

// Whether the network `inner` lies in the network `outer`: the outer prefix is no longer and the
// addresses agree on it.
bool IsInRange(const IpAddress& inner, const IpAddress& outer) {
  if (inner.v6 != outer.v6 || inner.prefix < outer.prefix) return false;
  const int whole = outer.prefix / 8, rest = outer.prefix % 8;
  if (std::memcmp(inner.bytes, outer.bytes, static_cast<size_t>(whole)) != 0) return false;
  if (rest == 0) return true;
  const int mask = 0xFF << (8 - rest) & 0xFF;
  return (inner.bytes[whole] & mask) == (outer.bytes[whole] & mask);
}

}  // namespace

std::optional<int64_t> ParseDecimal(std::string_view text) {
  const bool negative = Take(&text, '-');
  const std::optional<uint64_t> whole = TakeNumber(&text);
  if (!whole || !Take(&text, '.')) return std::nullopt;
  if (text.empty() || text.size() > 4) return std::nullopt;
  int64_t fraction = 0;
  for (size_t i = 0; i < 4; ++i) {
    if (i < text.size() && !IsDigit(text[i])) return std::nullopt;
    fraction = fraction * 10 + (i < text.size() ? text[i] - '0' : 0);
  }
  // The most negative value has no positive counterpart: build it downwards.
  int64_t units;
  if (*whole > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
  const int64_t signed_whole = negative ? -static_cast<int64_t>(*whole) : static_cast<int64_t>(*whole);
  if (__builtin_mul_overflow(signed_whole, int64_t{10000}, &units) ||
      __builtin_add_overflow(units, negative ? -fraction : fraction, &units)) {
    return std::nullopt;
  }
  return units;
}

std::optional<int64_t> ParseDatetime(std::string_view text) {
  constexpr size_t kDate = 10, kTime = 19;  // how long they are, all in fixed places
  const char* const at = text.data();
  if (text.size() < kDate || at[4] != '-' || at[7] != '-') return std::nullopt;
  const int century = TwoDigits(at), year_of_century = TwoDigits(at + 2);
  if (century > 99 || year_of_century > 99) return std::nullopt;
  const int year = century * 100 + year_of_century, month = TwoDigits(at + 5), day = TwoDigits(at + 8);
  if (month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month)) return std::nullopt;
  const int64_t date = DaysFromCivil(year, month, day) * kDay;
  if (text.size() == kDate) return date;

  if (text.size() < kTime || at[10] != 'T' || at[13] != ':' || at[16] != ':') return std::nullopt;
  const int hour = TwoDigits(at + 11), minute = TwoDigits(at + 14), second = TwoDigits(at + 17);
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  text.remove_prefix(kTime);
  int millisecond = 0;
  if (Take(&text, '.')) {
    const std::optional<int> digits = TakeDigits(&text, 3);
    if (!digits) return std::nullopt;
    millisecond = *digits;
  }
  const int64_t local = date + hour * kHour + minute * kMinute + second * kSecond + millisecond;
  if (text == "Z") return local;

  const bool east = Take(&text, '+');
  if (!east && !Take(&text, '-')) return std::nullopt;
  const std::optional<int> offset_hours = TakeDigits(&text, 2);
  const std::optional<int> offset_minutes = offset_hours ? TakeDigits(&text, 2) : std::nullopt;
  if (!offset_minutes || !text.empty() || *offset_hours > 23 || *offset_minutes > 59) return std::nullopt;
  const int64_t offset = *offset_hours * kHour + *offset_minutes * kMinute;
  return east ? local - offset : local + offset;
}

std::optional<int64_t> ParseDuration(std::string_view text) {
  constexpr struct {
    std::string_view unit;
    int64_t ms;
  } kUnits[] = {{"d", kDay}, {"h", kHour}, {"m", kMinute}, {"s", kSecond}, {"ms", 1}};
  const bool negative = Take(&text, '-');
  if (text.empty()) return std::nullopt;
  int64_t parts[5] = {};  // by unit, signed
  size_t next_unit = 0;
  while (!text.empty()) {
    const std::optional<uint64_t> n = TakeNumber(&text);
    if (!n) return std::nullopt;
    size_t unit = next_unit;
    for (; unit < 5; ++unit) {
      if (!text.starts_with(kUnits[unit].unit)) continue;
      if (unit != 2 || !text.starts_with("ms")) break;  // `m` only where it is not the start of `ms`
    }
    if (unit == 5) return std::nullopt;
    text.remove_prefix(kUnits[unit].unit.size());
    next_unit = unit + 1;
    // Only milliseconds reach -2^63 directly; other quantities fit 63 bits before they are scaled.
    const uint64_t most = static_cast<uint64_t>(INT64_MAX) + (negative && unit == 4 ? 1 : 0);
    if (*n > most) return std::nullopt;
    const int64_t quantity = negative ? static_cast<int64_t>(0 - *n) : static_cast<int64_t>(*n);
    if (__builtin_mul_overflow(quantity, kUnits[unit].ms, &parts[unit])) return std::nullopt;
  }
  int64_t total = 0;
  for (int64_t part : parts) {
    if (__builtin_add_overflow(total, part, &total)) return std::nullopt;
  }
  return total;
}

std::optional<IpAddress> ParseIp(std::string_view text) {
  constexpr size_t kLongest = 43;  // eight groups of four and `/128`
  if (text.size() > kLongest) return std::nullopt;
  // A prefix belongs to the family its address turns out to be of.
  const size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  IpAddress ip;
  if (ParseV4(address, ip.bytes)) {
    ip.v6 = false;
  } else if (ParseV6(address, ip.bytes)) {
    ip.v6 = true;
  } else {
    return std::nullopt;
  }
  const uint32_t longest = ip.v6 ? 128 : 32;
  ip.prefix = static_cast<uint8_t>(longest);
  if (slash != std::string_view::npos) {
    const std::optional<uint8_t> prefix = ParsePrefix(text.substr(slash + 1), longest);
    if (!prefix) return std::nullopt;
    ip.prefix = *prefix;
  }
  return ip;
}

bool CallBuiltin(Builtin builtin, const Value* arguments, const Memory& memory, uint8_t* scratch,
                 uint64_t scratch_offset, Value* result, Trap* trap) {
  const Value& a = arguments[0];
  auto parsed = [&](Kind kind, std::optional<int64_t> n) {
    if (!n) return *trap = Trap::kBadLiteral, false;
    *result = MakeNumber(kind, *n);
    return true;
  };
  auto checked = [&](Kind kind, bool overflow, int64_t n) {
    if (overflow) return *trap = Trap::kOutOfRange, false;
    *result = MakeNumber(kind, n);
    return true;
  };
  auto is = [&](bool b) {
    *result = MakeBool(b);
    return true;
  };
  int64_t n = 0;
  switch (builtin) {
    case Builtin::kDecimal:
      return parsed(Kind::kDecimal, ParseDecimal(memory.Text(a)));
    case Builtin::kDatetime:
      return parsed(Kind::kDatetime, ParseDatetime(memory.Text(a)));
    case Builtin::kDuration:
      return parsed(Kind::kDuration, ParseDuration(memory.Text(a)));
    case Builtin::kIp: {
      const std::optional<IpAddress> ip = ParseIp(memory.Text(a));
      if (!ip) return *trap = Trap::kBadLiteral, false;
      if (ip->v6) {
        std::memcpy(scratch, ip->bytes, sizeof(ip->bytes));
        *result = {Kind::kIp, Region::kScratch, 0, ip->prefix | kIpV6, scratch_offset};
      } else {
        uint32_t address = 0;
        for (int i = 0; i < 4; ++i) address = address << 8 | ip->bytes[i];
        *result = entities::MakeIpV4(address, ip->prefix);
      }
      return true;
    }
    case Builtin::kLessThan:
      return is(a.number() < arguments[1].number());
    case Builtin::kLessThanOrEqual:
      return is(a.number() <= arguments[1].number());
    case Builtin::kGreaterThan:
      return is(a.number() > arguments[1].number());
    case Builtin::kGreaterThanOrEqual:
      return is(a.number() >= arguments[1].number());
    case Builtin::kIsIpv4:
      return is((a.count & kIpV6) == 0);
    case Builtin::kIsIpv6:
      return is((a.count & kIpV6) != 0);
    case Builtin::kIsLoopback:
      return is(IsLoopback(Unpack(memory, a)));
    case Builtin::kIsMulticast:
      return is(IsMulticast(Unpack(memory, a)));
    case Builtin::kIsInRange:
      return is(IsInRange(Unpack(memory, a), Unpack(memory, arguments[1])));
    case Builtin::kOffset: {
      const bool overflow = __builtin_add_overflow(a.number(), arguments[1].number(), &n);
      return checked(Kind::kDatetime, overflow, n);
    }
    case Builtin::kDurationSince: {
      const bool overflow = __builtin_sub_overflow(a.number(), arguments[1].number(), &n);
      return checked(Kind::kDuration, overflow, n);
    }
    case Builtin::kToDate: {
      // Down to the start of the day, also before 1970.
      const int64_t into_day = (a.number() % kDay + kDay) % kDay;
      const bool overflow = __builtin_sub_overflow(a.number(), into_day, &n);
      return checked(Kind::kDatetime, overflow, n);
    }
    case Builtin::kToTime:
      return checked(Kind::kDuration, false, (a.number() % kDay + kDay) % kDay);
    // Toward zero.
    case Builtin::kToMilliseconds:
      *result = MakeLong(a.number());
      return true;
    case Builtin::kToSeconds:
      *result = MakeLong(a.number() / kSecond);
      return true;
    case Builtin::kToMinutes:
      *result = MakeLong(a.number() / kMinute);
      return true;
    case Builtin::kToHours:
      *result = MakeLong(a.number() / kHour);
      return true;
    case Builtin::kToDays:
      *result = MakeLong(a.number() / kDay);
      return true;
  }
  return false;
}

}  // namespace polc::vm
