// The format: writing, opening, reading back, building.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstring>

#include "runtime/bundle/assembly.h"
#include "runtime/bundle/builder.h"
#include "runtime/bundle/test_images.h"
#include "runtime/bundle/text.h"
#include "runtime/bundle/verify.h"

namespace polc::bundle {
namespace {

TEST(TextTest, Utf8) {
  for (std::string_view good :
       {"", "a", "abcdefghijk", "\xC2\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF",
        "12345678\xE2\x82\xAC"
        "1234567",
        "\xF0\x90\x80\x80"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (std::string_view bad :
       {"\x80", "\xC2", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x82", "\xE2\x82(", "1234567\xE2"}) {
    EXPECT_FALSE(IsUtf8(bad));
  }
}

TEST(TextTest, ShorterComesFirst) {
  EXPECT_LT(CompareText("b", "aa"), 0);
  EXPECT_LT(CompareText("aa", "ab"), 0);
  EXPECT_EQ(CompareText("ab", "ab"), 0);
  EXPECT_GT(CompareText("ab", ""), 0);
  EXPECT_LT(CompareText("a", "\xFF"), 0);  // bytes are unsigned
}

TEST(BundleTest, WhatIsWrittenVerifies) {
  for (const Image& image : {EmptyImage(), RichImage()}) {
    std::vector<uint8_t> file;
    ASSERT_TRUE(Write(image, &file).ok());
    Bundle bundle;
    ASSERT_TRUE(Bundle::Open(file, &bundle).ok());
    VerifiedBundle verified;
    const Status s = Verify(bundle, &verified);
    ASSERT_TRUE(s.ok()) << BundleErrorName(s.error) << " at " << s.at;
    EXPECT_EQ(verified.snapshot_id(), Sha256Of(bundle.content()));
    EXPECT_EQ(verified->signatures().size(), 0u);
  }
}

TEST(BundleTest, SameImageSameBytesAndBackAgain) {
  std::vector<uint8_t> first, second, third;
  ASSERT_TRUE(Write(RichImage(), &first).ok());
  ASSERT_TRUE(Write(RichImage(), &second).ok());
  EXPECT_EQ(first, second);
  Bundle bundle;
  ASSERT_TRUE(Bundle::Open(first, &bundle).ok());
  ASSERT_TRUE(Write(ReadImage(bundle), &third).ok());
  EXPECT_EQ(first, third);
}

TEST(BundleTest, SectionsHoldWhatWasBuilt) {
  std::vector<uint8_t> file;
  ASSERT_TRUE(Write(RichImage(), &file).ok());
  Bundle b;
  ASSERT_TRUE(Bundle::Open(file, &b).ok());
  ASSERT_EQ(b.rules().size(), 2u);
  EXPECT_EQ(b.String(b.rules()[0].id), "r1");
  EXPECT_EQ(b.String(b.rules()[1].id), "rule-two");
  EXPECT_EQ(b.String(b.rules()[1].because), "it is so");
  EXPECT_EQ(b.String(kNone), "");
  ASSERT_EQ(b.entities().size(), 2u);
  EXPECT_EQ(b.String(b.entities()[0].id), "sre");  // `Team` is as long as `User` and before it
  ASSERT_EQ(b.header().constant_count, 5u);
  EXPECT_EQ(ConstantText(b, 0), "User::\"alice\"");
  EXPECT_EQ(ConstantText(b, 1), "[1, \"a\", [true]]");
  EXPECT_EQ(ConstantText(b, 2).substr(0, 50), "{\"k\": ip 0000:0000:0000:0000:0000:0000:0000:0001/6");
  ASSERT_EQ(b.patterns().size(), 1u);
  EXPECT_EQ(b.patterns()[0].count, 3u);  // "ab" * "c": neighbours were joined
  EXPECT_EQ(b.header().max_stack,
            std::max(b.rules()[0].condition.max_stack, b.rules()[1].condition.max_stack));
}

TEST(BundleTest, BuilderKeepsThingsUnique) {
  ImageBuilder builder;
  EXPECT_EQ(builder.String("a"), builder.String("a"));
  EXPECT_NE(builder.String("a"), builder.String("b"));
  EXPECT_EQ(builder.Entity("T", "x"), builder.Entity("T", "x"));
  EXPECT_NE(builder.Entity("T", "x"), builder.Entity("T", "y"));
  EXPECT_EQ(builder.AddConstant(LongConstant(1)), builder.AddConstant(LongConstant(1)));
  EXPECT_NE(builder.AddConstant(LongConstant(1)), builder.AddConstant(LongConstant(2)));
  EXPECT_NE(builder.AddConstant(TextConstant("1")), builder.AddConstant(LongConstant(1)));
  const std::string a = "a", b = "b";
  EXPECT_EQ(builder.Pattern({&a, &b, nullptr, nullptr}), builder.Pattern({&a, &b, nullptr}));
  EXPECT_EQ(builder.Shape({"a", "b"}), builder.Shape({"a", "b"}));
  EXPECT_NE(builder.Shape({"a", "b"}), builder.Shape({"b", "a"}));
}

// The order in which names were met does not show in a file where nothing else differs.
RC_GTEST_PROP(BundleProperty, NamesComeOutSorted, (std::vector<std::string> raw)) {
  ImageBuilder builder;
  for (const std::string& s : raw) {
    if (IsUtf8(s)) builder.Entity(s, s + s);
  }
  std::vector<uint8_t> file;
  RC_ASSERT(Write(builder.Finish(), &file).ok());
  Bundle bundle;
  RC_ASSERT(Bundle::Open(file, &bundle).ok());
  VerifiedBundle verified;
  RC_ASSERT(Verify(bundle, &verified).ok());
}

TEST(BundleTest, OpenRefuses) {
  std::vector<uint8_t> file;
  ASSERT_TRUE(Write(RichImage(), &file).ok());
  Bundle bundle;
  auto error = [&](std::vector<uint8_t> bytes) { return Bundle::Open(bytes, &bundle).error; };
  auto patched = [&](size_t at, auto value) {
    std::vector<uint8_t> copy = file;
    std::memcpy(copy.data() + at, &value, sizeof(value));
    return copy;
  };
  EXPECT_EQ(error({}), BundleError::kTooShort);
  EXPECT_EQ(error(std::vector<uint8_t>(500, 0)), BundleError::kNotABundle);
  EXPECT_EQ(error({file.begin(), file.begin() + 100}), BundleError::kTooShort);
  EXPECT_EQ(error(patched(offsetof(Header, format_version), uint32_t{0})), BundleError::kUnknownVersion);
  EXPECT_EQ(error(patched(offsetof(Header, format_version), kFormatVersion + 1)),
            BundleError::kUnknownVersion);
  EXPECT_EQ(error(patched(offsetof(Header, section_count), uint32_t{3})), BundleError::kSectionTable);
  EXPECT_EQ(error(patched(offsetof(Header, content_bytes), UINT64_MAX - 7)), BundleError::kFileSize);
  EXPECT_EQ(error(patched(offsetof(Header, content_bytes), uint64_t{8})), BundleError::kSectionBounds);
  EXPECT_EQ(error(patched(offsetof(Header, max_elements), uint32_t{0})), BundleError::kHeaderField);
  EXPECT_EQ(error(patched(offsetof(Header, max_elements), kLargestMaxElements + 1)),
            BundleError::kHeaderField);
  EXPECT_EQ(error(patched(offsetof(Header, max_bytes), kLargestMaxBytes + 1)), BundleError::kHeaderField);
  EXPECT_EQ(error(patched(offsetof(Header, max_stack), kMaxStack + 1)), BundleError::kHeaderField);
  EXPECT_EQ(error(patched(sizeof(Header), uint32_t{2})), BundleError::kSectionTable);
  EXPECT_EQ(error(patched(sizeof(Header) + 8, uint64_t{0})), BundleError::kSectionBounds);
  EXPECT_EQ(error(patched(sizeof(Header) + 16, UINT64_MAX - 3)), BundleError::kSectionBounds);
  EXPECT_EQ(error(patched(sizeof(Header) + 16, uint64_t{3})), BundleError::kSectionBounds);
  EXPECT_EQ(error(patched(file.size() - 8, uint32_t{1})), BundleError::kFileSize);
  EXPECT_EQ(error(patched(file.size() - 4, uint32_t{1})), BundleError::kHeaderField);
  std::vector<uint8_t> longer = file;
  longer.push_back(0);
  EXPECT_EQ(error(longer), BundleError::kFileSize);

  std::vector<uint8_t> shifted(file.size() + 1);
  std::memcpy(shifted.data() + 1, file.data(), file.size());
  EXPECT_EQ(Bundle::Open(std::span(shifted).subspan(1), &bundle).error, BundleError::kMisaligned);
}

TEST(BundleTest, ASignatureIsNoContent) {
  std::vector<uint8_t> file;
  ASSERT_TRUE(Write(RichImage(), &file).ok());
  Bundle bundle;
  VerifiedBundle before, after;
  ASSERT_TRUE(Bundle::Open(file, &bundle).ok());
  ASSERT_TRUE(Verify(bundle, &before).ok());
  const uint32_t one = 1;
  std::memcpy(file.data() + file.size() - sizeof(Tail), &one, sizeof(one));
  SignatureRow row{};
  row.algorithm = 1;
  file.insert(file.end(), reinterpret_cast<uint8_t*>(&row), reinterpret_cast<uint8_t*>(&row) + sizeof(row));
  ASSERT_TRUE(Bundle::Open(file, &bundle).ok());
  ASSERT_EQ(bundle.signatures().size(), 1u);
  ASSERT_TRUE(Verify(bundle, &after).ok());
  EXPECT_EQ(before.snapshot_id(), after.snapshot_id());
}

}  // namespace
}  // namespace polc::bundle
