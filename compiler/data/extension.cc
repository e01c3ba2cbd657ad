#include "compiler/data/extension.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "compiler/source/planted.h"
#include "compiler/source/quote.h"

namespace polc::data {
namespace {

using Result = std::variant<Value, std::string>;

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kDay = int64_t{24} * 3600 * 1000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string Shown(std::string_view text) { return "`" + source::Excerpt(text) + "`"; }

// Reads a text from the front.
struct Reader {
  std::string_view rest;

  bool empty() const { return rest.empty(); }
  bool Eat(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  std::string_view Digits() {
    size_t n = 0;
    while (n < rest.size() && IsDigit(rest[n])) ++n;
    std::string_view digits = rest.substr(0, n);
    rest.remove_prefix(n);
    return digits;
  }
  // Exactly `n` digits; -1 and nothing read if there are fewer.
  int Fixed(size_t n) {
    if (rest.size() < n) return -1;
    int value = 0;
    for (size_t i = 0; i < n; ++i) {
      if (!IsDigit(rest[i])) return -1;
      value = value * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(n);
    return value;
  }
};

// --- decimal ---

Result ParseDecimal(std::string_view text) {
  Reader r{text};
  bool negative = r.Eat('-');
  std::string_view whole = r.Digits();
  bool dot = r.Eat('.');
  std::string_view fraction = r.Digits();
  if (whole.empty() || !dot || fraction.empty() || !r.empty()) {
    return Shown(text) + " is not a decimal: digits are needed on both sides of one `.`";
  }
  if (fraction.size() > 4) {
    return Shown(text) + " has " + std::to_string(fraction.size()) +
           " digits after the `.`: a decimal has at most 4";
  }
  std::string out_of_range = Shown(text) +
                             " is out of range: a decimal is between -922337203685477.5808 and "
                             "922337203685477.5807";
  // Accumulated below zero, because that side reaches one further.
  int64_t units = 0;
  auto push = [&](int digit) {
    return !__builtin_mul_overflow(units, int64_t{10}, &units) &&
           !__builtin_sub_overflow(units, int64_t{digit}, &units);
  };
  for (char c : whole) {
    if (!push(c - '0')) return out_of_range;
  }
  for (size_t i = 0; i < 4; ++i) {
    if (!push(i < fraction.size() ? fraction[i] - '0' : 0)) return out_of_range;
  }
  if (!negative) {
    if (units == kMin) return out_of_range;
    units = -units;
  }
  return Value(Decimal{units});
}

std::string DecimalText(int64_t units) {
  // Magnitude in unsigned, where -2^63 has one.
  uint64_t magnitude = units < 0 ? uint64_t{0} - static_cast<uint64_t>(units) : static_cast<uint64_t>(units);
  std::string fraction = std::to_string(magnitude % 10000);
  return (units < 0 ? "-" : "") + std::to_string(magnitude / 10000) + "." +
         std::string(4 - fraction.size(), '0') + fraction;
}

// --- ipaddr ---

// The longest text there is: eight groups of four, seven colons, `/128`.
constexpr size_t kMaxIpText = 43;

bool ParseV4(std::string_view text, IpAddr& ip) {
  Reader r{text};
  for (size_t i = 0; i < 4; ++i) {
    if (i > 0 && !r.Eat('.')) return false;
    std::string_view digits = r.Digits();
    if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits[0] == '0')) return false;
    int octet = 0;
    for (char c : digits) octet = octet * 10 + (c - '0');
    if (octet > 255) return false;
    ip.bytes[i] = static_cast<uint8_t>(octet);
  }
  return r.empty();
}

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Groups of one to four digits; one `::` may stand for at least one group of zeros.
bool ParseV6(std::string_view text, IpAddr& ip) {
  std::array<uint16_t, 8> groups{};
  size_t count = 0;
  std::optional<size_t> gap;  // number of groups before `::`
  size_t i = 0;
  if (text.substr(0, 2) == "::") {
    gap = 0;
    i = 2;
  }
  while (i < text.size()) {
    if (count == 8) return false;
    unsigned group = 0;
    size_t digits = 0;
    while (i < text.size() && HexDigit(text[i]) >= 0) {
      if (++digits > 4) return false;
      group = group * 16 + static_cast<unsigned>(HexDigit(text[i++]));
    }
    if (digits == 0) return false;
    groups[count++] = static_cast<uint16_t>(group);
    if (i == text.size()) break;
    if (text[i] != ':') return false;
    ++i;
    if (i < text.size() && text[i] == ':') {
      if (gap) return false;
      gap = count;
      ++i;
    } else if (i == text.size()) {
      return false;  // a single trailing colon
    }
  }
  if (gap ? count > 7 : count != 8) return false;
  size_t zeros = 8 - count;
  for (size_t g = 0; g < count; ++g) {
    size_t place = gap && g >= *gap ? g + zeros : g;
    ip.bytes[2 * place] = static_cast<uint8_t>(groups[g] >> 8);
    ip.bytes[2 * place + 1] = static_cast<uint8_t>(groups[g] & 0xFF);
  }
  return true;
}

Result ParseIp(std::string_view text) {
  std::string shown = Shown(text);
  if (text.size() > kMaxIpText) {
    return shown + " is no IP address: it is longer than " + std::to_string(kMaxIpText) + " bytes";
  }
  // `::ffff:1.2.3.4` and its kin are not in the language, whatever else is wrong with them.
  if (std::count(text.begin(), text.end(), ':') >= 2 && std::count(text.begin(), text.end(), '.') >= 2) {
    return shown + " is no IP address: IPv4 inside IPv6 is not accepted";
  }
  size_t slash = text.find('/');
  std::string_view address = text.substr(0, slash);
  IpAddr ip;
  if (!ParseV4(address, ip)) {
    ip = IpAddr{};
    ip.v6 = true;
    if (!ParseV6(address, ip)) return shown + " is no IP address";
  }
  int limit = ip.v6 ? 128 : 32;
  ip.prefix = static_cast<uint8_t>(limit);
  if (slash == text.npos) return Value(ip);
  std::string_view digits = text.substr(slash + 1);
  bool well_formed = !digits.empty() && digits.size() <= (ip.v6 ? 3u : 2u) &&
                     std::all_of(digits.begin(), digits.end(), IsDigit) &&
                     (digits.size() == 1 || digits[0] != '0');
  int prefix = 0;
  if (well_formed) {
    for (char c : digits) prefix = prefix * 10 + (c - '0');
  }
  if (!well_formed || prefix > limit) {
    return shown + " has the prefix length " + Shown(digits) + ": it is a number from 0 to " +
           std::to_string(limit) + " without leading zeros";
  }
  ip.prefix = static_cast<uint8_t>(prefix);
  return Value(ip);
}

std::string IpText(const IpAddr& ip) {
  std::string out;
  if (!ip.v6) {
    for (size_t i = 0; i < 4; ++i) out += (i > 0 ? "." : "") + std::to_string(ip.bytes[i]);
  } else {
    auto group = [&](size_t i) { return ip.bytes[2 * i] << 8 | ip.bytes[2 * i + 1]; };
    // The first longest run of at least two zero groups becomes `::`.
    size_t run = 8, length = 1;
    for (size_t i = 0; i < 8;) {
      size_t end = i;
      while (end < 8 && group(end) == 0) ++end;
      if (end - i > length) {
        run = i;
        length = end - i;
      }
      i = end + 1;
    }
    for (size_t i = 0; i < 8; ++i) {
      if (i == run) {
        out += "::";
        i += length - 1;
        continue;
      }
      if (i > 0 && i != run + length) out += ':';
      std::array<char, 4> hex;
      auto end = std::to_chars(hex.data(), hex.data() + hex.size(), group(i), 16).ptr;
      out.append(hex.data(), end);
    }
  }
  return out + "/" + std::to_string(ip.prefix);
}

bool IsLoopback(const IpAddr& ip) {
  if (!ip.v6) return ip.bytes[0] == 127 && (ip.prefix >= 8 || source::Planted(5));
  return ip.prefix == 128 && ip.bytes[15] == 1 &&
         std::all_of(ip.bytes.begin(), ip.bytes.end() - 1, [](uint8_t b) { return b == 0; });
}

bool IsMulticast(const IpAddr& ip) {
  if (!ip.v6) return (ip.bytes[0] & 0xF0) == 0xE0 && ip.prefix >= 4;
  return ip.bytes[0] == 0xFF && ip.prefix >= 8;
}

// A network lies in another if it is no wider and they agree on the other's prefix.
bool IsInRange(const IpAddr& ip, const IpAddr& range) {
  if (ip.v6 != range.v6 || ip.prefix < range.prefix) return false;
  size_t whole = range.prefix / 8, bits = range.prefix % 8;
  if (std::memcmp(ip.bytes.data(), range.bytes.data(), whole) != 0) return false;
  return bits == 0 || (ip.bytes[whole] >> (8 - bits)) == (range.bytes[whole] >> (8 - bits));
}

// --- datetime ---

bool IsLeap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int DaysInMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

// Days from 1970-01-01 in the proleptic Gregorian calendar, for years 0 to 9999.
int64_t DaysFromEpoch(int year, int month, int day) {
  // Years counted from March, so that the leap day is the last of its year.
  int64_t y = month <= 2 ? year - 1 : year;
  int64_t m = month <= 2 ? month + 9 : month - 3;
  y += 400;  // y may be -1 (January of year 0) and division rounds toward zero; a cycle of 400 years keeps it
             // above

  int64_t days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
  constexpr int64_t kEpoch = 865'565;  // the same sum for 1970-01-01
  return days - kEpoch;
}

Result ParseDatetime(std::string_view text) {
  auto fail = [&](const std::string& why) { return Shown(text) + " is no datetime: " + why; };
  Reader r{text};
  int year = r.Fixed(4);
  bool date_shape = year >= 0 && r.Eat('-');
  int month = date_shape ? r.Fixed(2) : -1;
  date_shape = month >= 0 && r.Eat('-');
  int day = date_shape ? r.Fixed(2) : -1;
  if (day < 0) return fail("it has to start with a date like `2024-10-15`");
  bool date_exists = month >= 1 && month <= 12 && day >= 1 && day <= DaysInMonth(year, month);
  std::string no_date = "there is no day `" + std::string(text.substr(0, 10)) + "`";
  if (r.empty()) {
    if (!date_exists) return fail(no_date);
    return Value(Datetime{DaysFromEpoch(year, month, day) * kDay});
  }
  int hour = r.Eat('T') ? r.Fixed(2) : -1;
  int minute = hour >= 0 && r.Eat(':') ? r.Fixed(2) : -1;
  int second = minute >= 0 && r.Eat(':') ? r.Fixed(2) : -1;
  if (second < 0) return fail("after the date stands a time like `T09:30:00`");
  int ms = r.Eat('.') ? r.Fixed(3) : 0;
  int offset_sign = 0, offset_hour = 0, offset_minute = 0;
  bool shape = ms >= 0;
  if (shape && !r.Eat('Z')) {
    offset_sign = r.Eat('+') ? 1 : r.Eat('-') ? -1 : 0;
    offset_hour = offset_sign != 0 ? r.Fixed(2) : -1;
    offset_minute = offset_hour >= 0 ? r.Fixed(2) : -1;
    shape = offset_minute >= 0;
  }
  if (!shape || !r.empty()) {
    return fail("it has to end with an optional `.` and three digits, then `Z` or an offset like `+0100`");
  }
  if (!date_exists) return fail(no_date);
  if (hour > 23 || minute > 59 || second > 59) return fail("its time is out of range");
  if (offset_hour > 23 || offset_minute > 59) return fail("its offset is out of range");
  int64_t local =
      DaysFromEpoch(year, month, day) * kDay + ((hour * 60 + minute) * 60 + second) * int64_t{1000} + ms;
  return Value(Datetime{local - offset_sign * (offset_hour * 60 + offset_minute) * int64_t{60'000}});
}

int64_t FloorMod(int64_t a, int64_t b) {
  int64_t rest = a % b;
  return rest < 0 ? rest + b : rest;
}

// --- duration ---

Result ParseDuration(std::string_view text) {
  auto fail = [&](const std::string& why) { return Shown(text) + " is no duration: " + why; };
  struct Unit {
    std::string_view name;
    int64_t ms;
  };
  constexpr Unit kUnits[] = {{"d", kDay}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};
  Reader r{text};
  bool negative = r.Eat('-');
  int64_t total = 0;
  bool overflow = false;
  size_t next = 0;  // units before this one may no longer come
  bool any = false;
  while (!r.empty()) {
    std::string_view digits = r.Digits();
    size_t unit = std::size(kUnits);
    if (!digits.empty()) {
      size_t letters = 0;
      while (letters < r.rest.size() && !IsDigit(r.rest[letters])) ++letters;
      std::string_view name = r.rest.substr(0, letters);
      for (unit = next; unit < std::size(kUnits); ++unit) {
        if (kUnits[unit].name == name) break;
      }
      r.rest.remove_prefix(letters);
    }
    if (unit == std::size(kUnits)) {
      any = false;
      break;
    }
    any = true;
    next = unit + 1;
    int64_t quantity = 0;
    for (char c : digits) {
      // Below zero, so that -2^63 is reachable where the sign allows it.
      overflow |= __builtin_mul_overflow(quantity, int64_t{10}, &quantity);
      overflow |= __builtin_sub_overflow(quantity, int64_t{c - '0'}, &quantity);
    }
    overflow |= __builtin_mul_overflow(quantity, kUnits[unit].ms, &quantity);
    overflow |= __builtin_add_overflow(total, quantity, &total);
  }
  if (!any) return fail("it is a sequence like `-1d12h30m5s250ms`, in this order, with at least one part");
  if (!negative) {
    overflow |= total == kMin;
    if (!overflow) total = -total;
  }
  if (overflow) return fail("its milliseconds do not fit 64 bits");
  return Value(Duration{total});
}

}  // namespace

const std::vector<ExtFnInfo>& AllExtFns() {
  static const std::vector<ExtFnInfo> fns = {
#define POLC_EXT_FN(name, text, style, result, ...) \
  {ExtFn::k##name, text, CallStyle::k##style, Kind::result, {__VA_ARGS__}},
#include "compiler/data/extension.def"
  };
  return fns;
}

const ExtFnInfo& Info(ExtFn fn) { return AllExtFns()[static_cast<size_t>(fn)]; }

std::optional<ExtFn> FindExtFn(std::string_view name) {
  for (const ExtFnInfo& info : AllExtFns()) {
    if (info.name == name) return info.fn;
  }
  return std::nullopt;
}

ExtFn ConstructorOf(Kind kind) {
  switch (kind) {
    case Kind::kIp:
      return ExtFn::kIp;
    case Kind::kDatetime:
      return ExtFn::kDatetime;
    case Kind::kDuration:
      return ExtFn::kDuration;
    default:
      return ExtFn::kDecimal;
  }
}

std::variant<Value, std::string> CallExt(ExtFn fn, const std::vector<Value>& args) {
  auto milliseconds = [&] { return args[0].as_duration().ms; };
  switch (fn) {
    case ExtFn::kDecimal:
      return ParseDecimal(args[0].as_string());
    case ExtFn::kIp:
      return ParseIp(args[0].as_string());
    case ExtFn::kDatetime:
      return ParseDatetime(args[0].as_string());
    case ExtFn::kDuration:
      return ParseDuration(args[0].as_string());
    case ExtFn::kLessThan:
      return Value(args[0].as_decimal() < args[1].as_decimal());
    case ExtFn::kLessThanOrEqual:
      return Value(args[0].as_decimal() <= args[1].as_decimal());
    case ExtFn::kGreaterThan:
      return Value(args[0].as_decimal() > args[1].as_decimal());
    case ExtFn::kGreaterThanOrEqual:
      return Value(args[0].as_decimal() >= args[1].as_decimal());
    case ExtFn::kIsIpv4:
      return Value(!args[0].as_ip().v6);
    case ExtFn::kIsIpv6:
      return Value(args[0].as_ip().v6);
    case ExtFn::kIsLoopback:
      return Value(IsLoopback(args[0].as_ip()));
    case ExtFn::kIsMulticast:
      return Value(IsMulticast(args[0].as_ip()));
    case ExtFn::kIsInRange:
      return Value(IsInRange(args[0].as_ip(), args[1].as_ip()));
    case ExtFn::kOffset: {
      Datetime sum;
      if (__builtin_add_overflow(args[0].as_datetime().ms, args[1].as_duration().ms, &sum.ms)) {
        return "adding `" + CanonicalText(args[1]) + "` to the datetime overflows 64 bits";
      }
      return Value(sum);
    }
    case ExtFn::kDurationSince: {
      Duration difference;
      if (__builtin_sub_overflow(args[0].as_datetime().ms, args[1].as_datetime().ms, &difference.ms)) {
        return std::string("the duration between the two datetimes overflows 64 bits");
      }
      return Value(difference);
    }
    case ExtFn::kToDate: {
      int64_t ms = args[0].as_datetime().ms;
      Datetime date;
      if (__builtin_sub_overflow(ms, source::Planted(6) ? ms % kDay : FloorMod(ms, kDay), &date.ms)) {
        return std::string("the date of the datetime overflows 64 bits");
      }
      return Value(date);
    }
    case ExtFn::kToTime:
      return Value(Duration{FloorMod(args[0].as_datetime().ms, kDay)});
    case ExtFn::kToMilliseconds:
      return Value(milliseconds());
    case ExtFn::kToSeconds:
      return Value(milliseconds() / 1000);
    case ExtFn::kToMinutes:
      return Value(milliseconds() / 1000 / 60);
    case ExtFn::kToHours:
      return Value(milliseconds() / 1000 / 60 / 60);
    case ExtFn::kToDays:
      return Value(milliseconds() / 1000 / 60 / 60 / 24);
  }
  return std::string("unknown extension function");
}

std::string CanonicalText(const Value& value) {
  switch (value.kind()) {
    case Kind::kDecimal:
      return DecimalText(value.as_decimal().units);
    case Kind::kIp:
      return IpText(value.as_ip());
    case Kind::kDatetime:
      return std::to_string(value.as_datetime().ms) + "ms";
    default:
      return std::to_string(value.as_duration().ms) + "ms";
  }
}

}  // namespace polc::data
