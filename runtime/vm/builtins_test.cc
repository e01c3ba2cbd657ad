#include "runtime/vm/builtins.h"

#include <gtest/gtest.h>

#include <string>

#include "runtime/entities/value_builder.h"

namespace polc::vm {
namespace {

using bundle::Builtin;
using bundle::Trap;

TEST(BuiltinsTest, Decimal) {
  const std::pair<const char*, int64_t> kGood[] = {{"1.0", 10000},
                                                   {"-1.5", -15000},
                                                   {"0.0001", 1},
                                                   {"-0.0", 0},
                                                   {"000000000000000000000000000000001.1", 11000},
                                                   {"922337203685477.5807", INT64_MAX},
                                                   {"-922337203685477.5808", INT64_MIN},
                                                   {"-0.5", -5000}};
  for (auto [text, units] : kGood) EXPECT_EQ(ParseDecimal(text), units) << text;
  for (const char* bad :
       {"", "1", "1.", ".1", "+1.0", "1.12345", "1.1 ", " 1.1", "1.1.1", "--1.0", "-", "1.-1", "a.b",
        "922337203685477.5808", "-922337203685477.5809", "99999999999999999999.0", "1e1.0"}) {
    EXPECT_FALSE(ParseDecimal(bad)) << bad;
  }
}

TEST(BuiltinsTest, Datetime) {
  const std::pair<const char*, int64_t> kGood[] = {{"1970-01-01", 0},
                                                   {"1970-01-02", 86400000},
                                                   {"1969-12-31", -86400000},
                                                   {"0000-01-01", -62167219200000},
                                                   {"9999-12-31T23:59:59.999Z", 253402300799999},
                                                   {"2024-02-29", 1709164800000},
                                                   {"2000-02-29", 951782400000},
                                                   {"1970-01-01T00:00:00Z", 0},
                                                   {"1970-01-01T00:00:00.001Z", 1},
                                                   {"1970-01-01T01:00:00+0100", 0},
                                                   {"1970-01-01T00:00:00-2359", 86340000},
                                                   {"2024-10-15T11:35:00.000+0000", 1728992100000}};
  for (auto [text, ms] : kGood) EXPECT_EQ(ParseDatetime(text), ms) << text;
  for (const char* bad : {"",
                          "1970",
                          "1970-1-1",
                          "1970-01-01T",
                          "1970-01-01T00:00:00",
                          "1970-01-01T00:00:00.1Z",
                          "1970-01-01T00:00:00.0001Z",
                          "1970-01-01t00:00:00Z",
                          "1970-01-01T00:00:00z",
                          "1970-13-01",
                          "1970-00-01",
                          "1970-01-00",
                          "1970-01-32",
                          "2023-02-29",
                          "1900-02-29",
                          "1970-01-01T24:00:00Z",
                          "1970-01-01T00:00:0",
                          "1970-01-01T0a:00:00Z",
                          "1970-01-01T00:00:00.00Z",
                          "1970-0/-01",
                          "19:0-01-01",
                          "1970-01-0",
                          "1970-01-01T00:60:00Z",
                          "1970-01-01T00:00:60Z",
                          "1970-01-01T00:00:00+2400",
                          "1970-01-01T00:00:00+0060",
                          "1970-01-01T00:00:00+01:00",
                          "1970-01-01T00:00:00+01",
                          "1970-01-01T00:00:00Z ",
                          " 1970-01-01",
                          "+1970-01-01",
                          "-1970-01-01",
                          "19700-01-01"}) {
    EXPECT_FALSE(ParseDatetime(bad)) << bad;
  }
}

TEST(BuiltinsTest, Duration) {
  const std::pair<const char*, int64_t> kGood[] = {{"1ms", 1},
                                                   {"1s", 1000},
                                                   {"1m", 60000},
                                                   {"1h", 3600000},
                                                   {"1d", 86400000},
                                                   {"1d2h3m4s5ms", 93784005},
                                                   {"-1d12h", -129600000},
                                                   {"1m1ms", 60001},
                                                   {"5ms", 5},
                                                   {"0s", 0},
                                                   {"-0ms", 0},
                                                   {"007s", 7000},
                                                   {"9223372036854775807ms", INT64_MAX},
                                                   {"-9223372036854775808ms", INT64_MIN}};
  for (auto [text, ms] : kGood) EXPECT_EQ(ParseDuration(text), ms) << text;
  for (const char* bad : {"",
                          "-",
                          "1",
                          "d",
                          "1x",
                          "1h1d",
                          "1s1m",
                          "1ms1s",
                          "1s1s",
                          "--1s",
                          "+1s",
                          "1 s",
                          "1s ",
                          "1.5s",
                          "-1d-1h",
                          "9223372036854775808ms",
                          "-9223372036854775809ms",
                          "99999999999999999999ms",
                          "99999999999999999999999999999999999ms",
                          "9223372036854775807s",
                          "18446744073709551616ms",
                          "106751991168d",
                          "1sm",
                          "1mss"}) {
    EXPECT_FALSE(ParseDuration(bad)) << bad;
  }
}

TEST(BuiltinsTest, Ip) {
  for (const char* good : {"0.0.0.0", "255.255.255.255", "10.0.0.1/8", "1.2.3.4/0", "1.2.3.4/32", "::", "::1",
                           "1::", "::1/128", "ffee::/64", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::",
                           "::2:3:4:5:6:7:8", "1::8", "ABCD:EF01:2345:6789:ABCD:EF01:2345:6789/128"}) {
    EXPECT_TRUE(ParseIp(good)) << good;
  }
  for (const char* bad : {"",
                          "1.2.3",
                          "1.2.3.4.5",
                          "01.2.3.4",
                          "1.2.3.256",
                          "1.2.3.00",
                          "1.2.3.1000",
                          "1.2..4",
                          ".1.2.3.4",
                          "1.2.3.4.",
                          "256.2.3.4",
                          "1.2.3.4/33",
                          "1.2.3.4/",
                          "1.2.3.4/08",
                          "1.2.3.4/+8",
                          "1.2.3.4/032",
                          "1.2.3.4/1/2",
                          "1.2.3.4 ",
                          ":",
                          ":::",
                          "1:2:3:4:5:6:7:8:9",
                          "1:2:3:4:5:6:7",
                          "1::2::3",
                          "::ffff:1.2.3.4",
                          "1:2:3:4:5:6:7:",
                          ":1:2:3:4:5:6:7",
                          "12345::",
                          "g::",
                          "[::1]",
                          "fe80::1%eth0",
                          "::1/129",
                          "::1/0128",
                          "::1/1280",
                          "1:2:3:4::5:6:7:8",
                          "1.2.3.a",
                          "ABCD:EF01:2345:6789:ABCD:EF01:2345:6789/1280",
                          ".1.2.3.4",
                          "1..2.3"}) {
    EXPECT_FALSE(ParseIp(bad)) << bad;
  }
}

class CallTest : public ::testing::Test {
 protected:
  Value Text(std::string_view text) { return b_.String(text); }
  Value Call(Builtin builtin, std::vector<Value> arguments) {
    Memory memory;
    memory.base[static_cast<size_t>(entities::Region::kRequest)] = b_.base();
    memory.base[static_cast<size_t>(entities::Region::kScratch)] = scratch_;
    Value result{};
    trap_.reset();
    Trap trap{};
    if (!CallBuiltin(builtin, arguments.data(), memory, scratch_ + next_, next_, &result, &trap))
      trap_ = trap;
    next_ += 16;
    return result;
  }
  Value Ip(std::string_view text) { return Call(Builtin::kIp, {Text(text)}); }
  bool Is(Builtin builtin, std::vector<Value> arguments) {
    return Call(builtin, std::move(arguments)).boolean();
  }

  entities::ValueBuilder b_{entities::Region::kRequest};
  alignas(8) uint8_t scratch_[4096];
  uint64_t next_ = 0;
  std::optional<Trap> trap_;
};

TEST_F(CallTest, IpPredicates) {
  EXPECT_TRUE(Is(Builtin::kIsIpv4, {Ip("1.2.3.4")}));
  EXPECT_FALSE(Is(Builtin::kIsIpv6, {Ip("1.2.3.4")}));
  EXPECT_TRUE(Is(Builtin::kIsIpv6, {Ip("::")}));
  EXPECT_TRUE(Is(Builtin::kIsLoopback, {Ip("127.0.0.1/8")}));
  EXPECT_FALSE(Is(Builtin::kIsLoopback, {Ip("127.0.0.1/7")}));
  EXPECT_TRUE(Is(Builtin::kIsLoopback, {Ip("::1")}));
  EXPECT_FALSE(Is(Builtin::kIsLoopback, {Ip("::1/127")}));
  EXPECT_FALSE(Is(Builtin::kIsLoopback, {Ip("::2")}));
  EXPECT_TRUE(Is(Builtin::kIsMulticast, {Ip("224.0.0.1/4")}));
  EXPECT_FALSE(Is(Builtin::kIsMulticast, {Ip("224.0.0.1/3")}));
  EXPECT_FALSE(Is(Builtin::kIsMulticast, {Ip("240.0.0.1")}));
  EXPECT_TRUE(Is(Builtin::kIsMulticast, {Ip("ff00::/8")}));
  EXPECT_FALSE(Is(Builtin::kIsMulticast, {Ip("ff00::/7")}));
}

TEST_F(CallTest, IsInRange) {
  auto in = [&](const char* inner, const char* outer) {
    return Is(Builtin::kIsInRange, {Ip(inner), Ip(outer)});
  };
  EXPECT_TRUE(in("10.1.2.3", "10.0.0.0/8"));
  EXPECT_TRUE(in("10.1.2.3/8", "10.9.9.9/8"));
  EXPECT_FALSE(in("10.1.2.3/7", "10.0.0.0/8"));
  EXPECT_TRUE(in("1.2.3.4", "9.9.9.9/0"));
  EXPECT_TRUE(in("10.0.0.255", "10.0.0.240/28"));
  EXPECT_FALSE(in("10.0.0.239", "10.0.0.240/28"));
  EXPECT_FALSE(in("1.2.3.4", "::/0"));
  EXPECT_TRUE(in("fe80::1", "fe80::/10"));
  EXPECT_FALSE(in("fec0::1", "fe80::/10"));
  EXPECT_TRUE(in("::1", "::1/128"));
}

TEST_F(CallTest, TimeArithmetic) {
  auto time = [](int64_t ms) { return entities::MakeNumber(bundle::Kind::kDatetime, ms); };
  auto span = [](int64_t ms) { return entities::MakeNumber(bundle::Kind::kDuration, ms); };
  EXPECT_EQ(Call(Builtin::kOffset, {time(5), span(-7)}).number(), -2);
  Call(Builtin::kOffset, {time(INT64_MAX), span(1)});
  EXPECT_EQ(trap_, Trap::kOutOfRange);
  EXPECT_EQ(Call(Builtin::kDurationSince, {time(5), time(7)}).number(), -2);
  Call(Builtin::kDurationSince, {time(INT64_MIN), time(1)});
  EXPECT_EQ(trap_, Trap::kOutOfRange);
  EXPECT_EQ(Call(Builtin::kToDate, {time(86400001)}).number(), 86400000);
  EXPECT_EQ(Call(Builtin::kToDate, {time(-1)}).number(), -86400000);
  EXPECT_EQ(Call(Builtin::kToTime, {time(-1)}).number(), 86399999);
  Call(Builtin::kToDate, {time(INT64_MIN)});
  EXPECT_EQ(trap_, Trap::kOutOfRange);
  EXPECT_EQ(Call(Builtin::kToTime, {time(INT64_MIN)}).number(), (INT64_MIN % 86400000) + 86400000);
  EXPECT_EQ(Call(Builtin::kToSeconds, {span(-1500)}).number(), -1);
  EXPECT_EQ(Call(Builtin::kToMinutes, {span(-60001)}).number(), -1);
  EXPECT_EQ(Call(Builtin::kToHours, {span(3599999)}).number(), 0);
  EXPECT_EQ(Call(Builtin::kToDays, {span(INT64_MIN)}).number(), INT64_MIN / 86400000);
  EXPECT_EQ(Call(Builtin::kToMilliseconds, {span(INT64_MIN)}).number(), INT64_MIN);
}

TEST_F(CallTest, BadLiteralsTrap) {
  for (Builtin b : {Builtin::kDecimal, Builtin::kIp, Builtin::kDatetime, Builtin::kDuration}) {
    Call(b, {Text("nonsense")});
    EXPECT_EQ(trap_, Trap::kBadLiteral);
  }
}

}  // namespace
}  // namespace polc::vm
