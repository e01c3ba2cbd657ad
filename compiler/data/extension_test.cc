#include "compiler/data/extension.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace polc::data {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

std::optional<Value> Make(ExtFn fn, std::string_view text) {
  auto result = CallExt(fn, {Value(std::string(text))});
  if (Value* value = std::get_if<Value>(&result)) return *value;
  EXPECT_FALSE(std::get<std::string>(result).empty());
  return std::nullopt;
}
std::optional<int64_t> Dec(std::string_view text) {
  auto v = Make(ExtFn::kDecimal, text);
  return v ? std::optional(v->as_decimal().units) : std::nullopt;
}
std::optional<int64_t> When(std::string_view text) {
  auto v = Make(ExtFn::kDatetime, text);
  return v ? std::optional(v->as_datetime().ms) : std::nullopt;
}
std::optional<int64_t> Span(std::string_view text) {
  auto v = Make(ExtFn::kDuration, text);
  return v ? std::optional(v->as_duration().ms) : std::nullopt;
}
std::string Ip(std::string_view text) {
  auto v = Make(ExtFn::kIp, text);
  return v ? CanonicalText(*v) : "";
}
std::optional<Value> Call(ExtFn fn, std::vector<Value> args) {
  auto result = CallExt(fn, args);
  if (Value* value = std::get_if<Value>(&result)) return *value;
  return std::nullopt;
}

TEST(Extension, TableIsComplete) {
  EXPECT_EQ(AllExtFns().size(), 22u);
  for (const ExtFnInfo& info : AllExtFns()) {
    EXPECT_EQ(FindExtFn(info.name), info.fn);
    EXPECT_EQ(&Info(info.fn), &info);
    EXPECT_FALSE(info.args.empty());
  }
  EXPECT_FALSE(FindExtFn("Decimal"));
  EXPECT_FALSE(FindExtFn("now"));
  EXPECT_FALSE(FindExtFn("unknown"));
  for (Kind kind : {Kind::kDecimal, Kind::kIp, Kind::kDatetime, Kind::kDuration}) {
    EXPECT_EQ(Info(ConstructorOf(kind)).result, kind);
    EXPECT_TRUE(Info(ConstructorOf(kind)).is_constructor());
  }
}

TEST(Decimal, Accepts) {
  EXPECT_EQ(Dec("1.0"), 10000);
  EXPECT_EQ(Dec("1.00"), 10000);
  EXPECT_EQ(Dec("-0.0"), 0);
  EXPECT_EQ(Dec("-0.5"), -5000);
  EXPECT_EQ(Dec("12.3456"), 123456);
  EXPECT_EQ(Dec("0001.5"), 15000);
  EXPECT_EQ(Dec("000000000000000000000000000000000001.5"), 15000);
  EXPECT_EQ(Dec("922337203685477.5807"), kMax);
  EXPECT_EQ(Dec("-922337203685477.5808"), kMin);
}

TEST(Decimal, Refuses) {
  for (const char* text : {"",
                           "1",
                           "1.",
                           ".5",
                           "+1.0",
                           "-",
                           "-.5",
                           "1.12345",
                           "1.00000",
                           "1.2.3",
                           " 1.0",
                           "1.0 ",
                           "1,0",
                           "1e5",
                           "0x1.0",
                           "--1.0",
                           "1.-5",
                           "١.0",
                           "1.0\n",
                           "922337203685477.5808",
                           "-922337203685477.5809",
                           "922337203685478.0",
                           "9223372036854775808.0",
                           "99999999999999999999999999999999.0"}) {
    EXPECT_FALSE(Dec(text)) << text;
  }
  EXPECT_FALSE(Dec(std::string_view("1.0\0", 4)));
}

TEST(Decimal, Compares) {
  Value one(Decimal{10000}), two(Decimal{20000});
  EXPECT_EQ(Call(ExtFn::kLessThan, {one, two}), Value(true));
  EXPECT_EQ(Call(ExtFn::kLessThan, {one, one}), Value(false));
  EXPECT_EQ(Call(ExtFn::kLessThanOrEqual, {one, one}), Value(true));
  EXPECT_EQ(Call(ExtFn::kLessThanOrEqual, {two, one}), Value(false));
  EXPECT_EQ(Call(ExtFn::kGreaterThan, {two, one}), Value(true));
  EXPECT_EQ(Call(ExtFn::kGreaterThan, {one, one}), Value(false));
  EXPECT_EQ(Call(ExtFn::kGreaterThanOrEqual, {one, one}), Value(true));
  EXPECT_EQ(Call(ExtFn::kGreaterThanOrEqual, {one, two}), Value(false));
}

TEST(IpAddr, Accepts) {
  EXPECT_EQ(Ip("127.0.0.1"), "127.0.0.1/32");
  EXPECT_EQ(Ip("10.0.0.1/8"), "10.0.0.1/8");
  EXPECT_EQ(Ip("0.0.0.0/0"), "0.0.0.0/0");
  EXPECT_EQ(Ip("255.255.255.255/32"), "255.255.255.255/32");
  EXPECT_EQ(Ip("::"), "::/128");
  EXPECT_EQ(Ip("::1"), "::1/128");
  EXPECT_EQ(Ip("1::"), "1::/128");
  EXPECT_EQ(Ip("FFEE::11/64"), "ffee::11/64");
  EXPECT_EQ(Ip("1:2:3:4:5:6:7:8/128"), "1:2:3:4:5:6:7:8/128");
  EXPECT_EQ(Ip("0001:0002::0008"), "1:2::8/128");
  EXPECT_EQ(Ip("1:2:3:4:5:6:7::"), "1:2:3:4:5:6:7:0/128");
  EXPECT_EQ(Ip("::2:3:4:5:6:7:8"), "0:2:3:4:5:6:7:8/128");
  EXPECT_EQ(Ip("1:0:0:4:0:0:0:8"), "1:0:0:4::8/128");
  EXPECT_EQ(Ip("1:0:0:4:5:0:0:8"), "1::4:5:0:0:8/128");
  EXPECT_EQ(Ip("::ffff:0102:0304"), "::ffff:102:304/128");
  EXPECT_EQ(Ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"),  // as long as it gets
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
}

TEST(IpAddr, Refuses) {
  for (const char* text : {"",
                           "/",
                           "/8",
                           "127.0.0",
                           "127.0.0.1.1",
                           "127.0.0.256",
                           "127.0.0.01",
                           "01.2.3.4",
                           "1.2.3.1234",
                           "1.2.3.4/",
                           "1.2.3.4/33",
                           "1.2.3.4/08",
                           "1.2.3.4/00",
                           "1.2.3.4/032",
                           "1.2.3.4/+8",
                           "1.2.3.4/8/8",
                           "1.2.3.4 ",
                           " 1.2.3.4",
                           "1.2.3.-4",
                           ":",
                           ":::",
                           "1:::2",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8::",
                           "::1:2:3:4:5:6:7:8",
                           "1::2:3:4:5:6:7:8",
                           "1::2::3",
                           "12345::",
                           "g::",
                           "::1%eth0",
                           "[::1]",
                           "::1/129",
                           "::1/0128",
                           "::1/1280",
                           "::ffff:1.2.3.4",
                           "::1.2.3.4",
                           "1:",
                           ":1",
                           "1:2:",
                           "1::2:",
                           "0x7f.0.0.1",
                           "localhost",
                           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/0128"}) {
    EXPECT_EQ(Ip(text), "") << text;
  }
}

TEST(IpAddr, KeepsHostBits) {
  EXPECT_NE(Make(ExtFn::kIp, "10.0.0.1/8"), Make(ExtFn::kIp, "10.0.0.2/8"));
  EXPECT_NE(Make(ExtFn::kIp, "10.0.0.1/8"), Make(ExtFn::kIp, "10.0.0.1"));
  EXPECT_EQ(Make(ExtFn::kIp, "10.0.0.1"), Make(ExtFn::kIp, "10.0.0.1/32"));
  EXPECT_EQ(Make(ExtFn::kIp, "::0:1"), Make(ExtFn::kIp, "::1/128"));
}

TEST(IpAddr, Predicates) {
  auto test = [](ExtFn fn, const char* text) { return *Call(fn, {*Make(ExtFn::kIp, text)}) == Value(true); };
  EXPECT_TRUE(test(ExtFn::kIsIpv4, "1.2.3.4"));
  EXPECT_FALSE(test(ExtFn::kIsIpv4, "::1"));
  EXPECT_TRUE(test(ExtFn::kIsIpv6, "::1"));
  EXPECT_FALSE(test(ExtFn::kIsIpv6, "1.2.3.4"));
  for (const char* yes : {"127.0.0.1", "127.0.0.1/8", "127.255.0.3/9", "::1", "::1/128"}) {
    EXPECT_TRUE(test(ExtFn::kIsLoopback, yes)) << yes;
  }
  for (const char* no : {"127.0.0.1/7", "126.0.0.1", "::1/127", "::2", "::", "::ffff:7f00:1", "1::1"}) {
    EXPECT_FALSE(test(ExtFn::kIsLoopback, no)) << no;
  }
  for (const char* yes : {"224.0.0.1", "224.0.0.1/4", "239.255.255.255", "ff00::", "ff00::2/8"}) {
    EXPECT_TRUE(test(ExtFn::kIsMulticast, yes)) << yes;
  }
  for (const char* no : {"224.0.0.1/3", "223.255.255.255", "240.0.0.0", "ff00::2/7", "fe00::", "127.0.0.1"}) {
    EXPECT_FALSE(test(ExtFn::kIsMulticast, no)) << no;
  }
}

TEST(IpAddr, InRange) {
  auto in = [](const char* a, const char* b) {
    return *Call(ExtFn::kIsInRange, {*Make(ExtFn::kIp, a), *Make(ExtFn::kIp, b)}) == Value(true);
  };
  EXPECT_TRUE(in("10.0.0.1/8", "10.0.0.2/8"));
  EXPECT_TRUE(in("10.1.2.3", "10.0.0.0/8"));
  EXPECT_FALSE(in("10.0.0.0/8", "10.1.2.3"));
  EXPECT_FALSE(in("11.1.2.3", "10.0.0.0/8"));
  EXPECT_TRUE(in("1.2.3.4", "0.0.0.0/0"));
  EXPECT_TRUE(in("9.9.9.9/0", "1.1.1.1/0"));
  EXPECT_FALSE(in("9.9.9.9/0", "1.1.1.1/1"));
  EXPECT_TRUE(in("192.168.0.77/30", "192.168.0.76/30"));
  EXPECT_FALSE(in("192.168.0.73/30", "192.168.0.76/30"));
  EXPECT_TRUE(in("2001:db8::ff", "2001:db8::/121") == false);
  EXPECT_TRUE(in("2001:db8::7f", "2001:db8::/121"));
  EXPECT_TRUE(in("::5", "::/0"));
  EXPECT_TRUE(in("::1", "::1"));
  EXPECT_FALSE(in("::1", "::2"));
  EXPECT_FALSE(in("0.0.0.0", "::/0"));
  EXPECT_FALSE(in("::", "0.0.0.0/0"));
}

TEST(Datetime, Accepts) {
  EXPECT_EQ(When("1970-01-01"), 0);
  EXPECT_EQ(When("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(When("2024-10-15"), 1728950400000);
  EXPECT_EQ(When("2024-10-15T11:38:02Z"), 1728992282000);
  EXPECT_EQ(When("2024-10-15T11:38:02.101Z"), 1728992282101);
  EXPECT_EQ(When("2024-10-15T11:38:02.101-1134"), 1728992282101 + (11 * 60 + 34) * 60000);
  EXPECT_EQ(When("2024-10-15T11:38:02+0100"), 1728992282000 - 3600000);
  EXPECT_EQ(When("1969-12-31T23:59:59.999Z"), -1);
  EXPECT_EQ(When("2000-02-29"), 951782400000);
  EXPECT_EQ(When("0000-01-01"), -62167219200000);
  EXPECT_EQ(When("0000-02-29T00:00:00+2359"),
            -62167219200000 + 59 * int64_t{86400000} - (23 * 60 + 59) * 60000);
  EXPECT_EQ(When("9999-12-31T23:59:59.999-2359"), 253402300799999 + (23 * 60 + 59) * 60000);
  EXPECT_EQ(When("1970-01-01T00:00:00-0000"), 0);
}

TEST(Datetime, Refuses) {
  for (const char* text : {"",
                           "1970",
                           "1970-01",
                           "1970-1-1",
                           "70-01-01",
                           "1970-13-01",
                           "1970-00-01",
                           "1970-01-00",
                           "1970-01-32",
                           "1970-04-31",
                           "2023-02-29",
                           "1900-02-29",
                           "2100-02-29",
                           "10000-01-01",
                           "-001-01-01",
                           "1970-01-01T",
                           "1970-01-01Z",
                           "1970-01-01t00:00:00Z",
                           "1970-01-01T00:00:00z",
                           "1970-01-01 00:00:00Z",
                           "1970-01-01T00:00:00",
                           "1970-01-01T00:00Z",
                           "1970-01-01T24:00:00Z",
                           "1970-01-01T00:60:00Z",
                           "1970-01-01T23:59:60Z",
                           "1970-01-01T00:00:00.1Z",
                           "1970-01-01T00:00:00.12Z",
                           "1970-01-01T00:00:00.1234Z",
                           "1970-01-01T00:00:00.Z",
                           "1970-01-01T00:00:00.123",
                           "1970-01-01T00:00:00+01:00",
                           "1970-01-01T00:00:00+2400",
                           "1970-01-01T00:00:00+0060",
                           "1970-01-01T00:00:00+100",
                           "1970-01-01T00:00:00Z ",
                           " 1970-01-01",
                           "1970-01-01\n",
                           "1970/01/01",
                           "1970-01-01T00:00:00Z+0000",
                           "+1970-01-01",
                           "1970-01-01T0:00:00Z",
                           "1970-01-01T00:00:00,123Z"}) {
    EXPECT_FALSE(When(text)) << text;
  }
}

// Every day of the calendar's 10,000 years, counted one by one.
TEST(Datetime, CalendarAgreesWithCounting) {
  int64_t ms = -62167219200000;
  char text[48];
  for (int year = 0; year <= 9999; ++year) {
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int lengths[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int month = 1; month <= 12; ++month) {
      for (int day = 1; day <= lengths[month - 1]; ++day, ms += 86400000) {
        if (day != 1 && day != lengths[month - 1]) continue;
        snprintf(text, sizeof text, "%04d-%02d-%02d", year % 10000, month, day);
        auto result = CallExt(ExtFn::kDatetime, {Value(std::string(text))});
        ASSERT_TRUE(std::holds_alternative<Value>(result)) << text;
        ASSERT_EQ(std::get<Value>(result).as_datetime().ms, ms) << text;
      }
    }
  }
  EXPECT_EQ(ms, 253402300800000);
}

TEST(Datetime, Methods) {
  auto at = [](int64_t ms) { return Value(Datetime{ms}); };
  auto lasting = [](int64_t ms) { return Value(Duration{ms}); };
  EXPECT_EQ(Call(ExtFn::kOffset, {at(5), lasting(-7)}), at(-2));
  EXPECT_FALSE(Call(ExtFn::kOffset, {at(kMax), lasting(1)}));
  EXPECT_FALSE(Call(ExtFn::kOffset, {at(kMin), lasting(-1)}));
  EXPECT_EQ(Call(ExtFn::kOffset, {at(kMax), lasting(0)}), at(kMax));
  EXPECT_EQ(Call(ExtFn::kDurationSince, {at(5), at(7)}), lasting(-2));
  EXPECT_FALSE(Call(ExtFn::kDurationSince, {at(0), at(kMin)}));
  EXPECT_EQ(Call(ExtFn::kDurationSince, {at(-1), at(kMin)}), lasting(kMax));
  EXPECT_EQ(Call(ExtFn::kToDate, {at(1)}), at(0));
  EXPECT_EQ(Call(ExtFn::kToDate, {at(-1)}), at(-86400000));
  EXPECT_EQ(Call(ExtFn::kToDate, {at(-86400000)}), at(-86400000));
  EXPECT_FALSE(Call(ExtFn::kToDate, {at(kMin)}));
  EXPECT_EQ(Call(ExtFn::kToTime, {at(1)}), lasting(1));
  EXPECT_EQ(Call(ExtFn::kToTime, {at(-1)}), lasting(86399999));
  EXPECT_EQ(Call(ExtFn::kToTime, {at(-86400000)}), lasting(0));
  EXPECT_TRUE(Call(ExtFn::kToTime, {at(kMin)}));
}

TEST(Duration, Accepts) {
  EXPECT_EQ(Span("1ms"), 1);
  EXPECT_EQ(Span("1s"), 1000);
  EXPECT_EQ(Span("1m"), 60000);
  EXPECT_EQ(Span("1h"), 3600000);
  EXPECT_EQ(Span("1d"), 86400000);
  EXPECT_EQ(Span("1d2h3m4s5ms"), 93784005);
  EXPECT_EQ(Span("-1d12h"), -129600000);
  EXPECT_EQ(Span("0ms"), 0);
  EXPECT_EQ(Span("-0d"), 0);
  EXPECT_EQ(Span("007m"), 420000);
  EXPECT_EQ(Span("1m5ms"), 60005);
  EXPECT_EQ(Span("9223372036854775807ms"), kMax);
  EXPECT_EQ(Span("-9223372036854775808ms"), kMin);
  EXPECT_EQ(Span("-106751991167d7h12m55s808ms"), kMin);
  EXPECT_EQ(Span("106751991167d7h12m55s807ms"), kMax);
}

TEST(Duration, Refuses) {
  for (const char* text : {"",
                           "-",
                           "+1d",
                           "1",
                           "d",
                           "1D",
                           "1d1d",
                           "1h1d",
                           "1ms1s",
                           "1s1m",
                           "1 d",
                           " 1d",
                           "1d ",
                           "1d-2h",
                           "--1d",
                           "1.5h",
                           "1us",
                           "1w",
                           "ms",
                           "1d5",
                           "1dm",
                           "1d\n",
                           "9223372036854775808ms",
                           "-9223372036854775809ms",
                           "18446744073709551616ms",
                           "106751991168d",
                           "106751991167d7h12m55s808ms",
                           "-106751991167d7h12m55s809ms",
                           "9223372036854775808d",
                           "999999999999999999999999999999d",
                           "٣d"}) {
    EXPECT_FALSE(Span(text)) << text;
  }
}

TEST(Duration, AccessorsTruncateTowardZero) {
  auto of = [](ExtFn fn, int64_t ms) { return Call(fn, {Value(Duration{ms})})->as_long(); };
  EXPECT_EQ(of(ExtFn::kToMilliseconds, -1500), -1500);
  EXPECT_EQ(of(ExtFn::kToSeconds, -1500), -1);
  EXPECT_EQ(of(ExtFn::kToSeconds, 1999), 1);
  EXPECT_EQ(of(ExtFn::kToMinutes, -119999), -1);
  EXPECT_EQ(of(ExtFn::kToHours, -7199999), -1);
  EXPECT_EQ(of(ExtFn::kToDays, -172799999), -1);
  EXPECT_EQ(of(ExtFn::kToDays, kMin), -106751991167);
  EXPECT_EQ(of(ExtFn::kToHours, kMax), 2562047788015);
}

TEST(Extension, MessagesDoNotRepeatHostileText) {
  std::string huge(1 << 20, 'x');
  for (ExtFn fn : {ExtFn::kDecimal, ExtFn::kIp, ExtFn::kDatetime, ExtFn::kDuration}) {
    EXPECT_LT(std::get<std::string>(CallExt(fn, {Value(huge)})).size(), 300u);
    EXPECT_FALSE(Make(fn, std::string(1 << 20, '1')));
  }
  EXPECT_FALSE(Make(ExtFn::kDecimal, "1." + huge));
}

RC_GTEST_PROP(ExtensionProperty, CanonicalTextReadsBack, ()) {
  Value decimal(Decimal{*rc::gen::arbitrary<int64_t>()});
  RC_ASSERT(CallExt(ExtFn::kDecimal, {Value(CanonicalText(decimal))}) ==
            (std::variant<Value, std::string>(decimal)));
  Value duration(Duration{*rc::gen::arbitrary<int64_t>()});
  RC_ASSERT(CallExt(ExtFn::kDuration, {Value(CanonicalText(duration))}) ==
            (std::variant<Value, std::string>(duration)));
  IpAddr ip;
  ip.v6 = *rc::gen::arbitrary<bool>();
  for (size_t i = 0; i < (ip.v6 ? 16u : 4u); ++i)
    ip.bytes[i] = *rc::gen::element<uint8_t>(0, 0, 0, 1, 0x10, 0xff);
  ip.prefix = static_cast<uint8_t>(*rc::gen::inRange(0, ip.v6 ? 129 : 33));
  RC_ASSERT(CallExt(ExtFn::kIp, {Value(CanonicalText(Value(ip)))}) ==
            (std::variant<Value, std::string>(Value(ip))));
}

}  // namespace
}  // namespace polc::data
