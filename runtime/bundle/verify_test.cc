// Each rule of the verifier: a bundle that breaks it and nothing before it is refused for it.
#include "runtime/bundle/verify.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>
#include <functional>

#include "runtime/bundle/test_images.h"

namespace polc::bundle {
namespace {

// Writes the image as it is, with the bounds the rich image has, and says why it is refused.
std::string Refusal(const Image& image, const std::function<void(std::vector<uint8_t>*)>& patch = {}) {
  std::vector<uint8_t> good;
  if (!Write(RichImage(), &good).ok()) return "the rich image does not write";
  Header header;
  std::memcpy(&header, good.data(), sizeof(header));
  std::vector<uint8_t> file = WriteAsIs(image, header.max_stack, header.scratch_bytes, header.max_steps);
  if (patch) {
    patch(&file);
    Reseal(&file);
  }
  Bundle bundle;
  if (Status s = Bundle::Open(file, &bundle); !s.ok())
    return "Open: " + std::string(BundleErrorName(s.error));
  VerifiedBundle verified;
  return std::string(BundleErrorName(Verify(bundle, &verified).error));
}

// The rich image with its bounds filled in, then changed.
std::string Changed(const std::function<void(Image&)>& change) {
  std::vector<uint8_t> file;
  if (!Write(RichImage(), &file).ok()) return "the rich image does not write";
  Bundle bundle;
  if (!Bundle::Open(file, &bundle).ok()) return "does not open";
  Image image = ReadImage(bundle);
  change(image);
  return Refusal(image);
}

TEST(VerifyTest, TheUnchangedImageIsAccepted) {
  EXPECT_EQ(Changed([](Image&) {}), "Ok");
}

TEST(VerifyTest, WrongDigest) {
  std::vector<uint8_t> file;
  ASSERT_TRUE(Write(RichImage(), &file).ok());
  Bundle bundle;
  VerifiedBundle verified;
  file[sizeof(Header) + kSectionCount * sizeof(SectionRow) + 100] ^= 1;
  ASSERT_TRUE(Bundle::Open(file, &bundle).ok());
  EXPECT_EQ(Verify(bundle, &verified).error, BundleError::kWrongDigest);
}

TEST(VerifyTest, Padding) {
  // One string byte section of a length that needs padding: patch the byte after it.
  Image image = RichImage();
  EXPECT_EQ(Refusal(image,
                    [](std::vector<uint8_t>* file) {
                      const auto* table = reinterpret_cast<const SectionRow*>(file->data() + sizeof(Header));
                      for (size_t i = 0; i < kSectionCount; ++i) {
                        const uint64_t end = table[i].offset + table[i].bytes;
                        if (end % 8 != 0) {
                          (*file)[end] = 1;
                          return;
                        }
                      }
                    }),
            "Padding");
  EXPECT_EQ(Changed([](Image& i) { i.cells[0].reserved[1] = 1; }), "Padding");
  EXPECT_EQ(Changed([](Image& i) { i.rules[0].reserved = 1; }), "Padding");
  EXPECT_EQ(Changed([](Image& i) { i.rules[0].pol = 1; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.limits[0].padding = 1; }), "Padding");
  EXPECT_EQ(Changed([](Image& i) { i.needs[0].padding = 1; }), "Padding");
  EXPECT_EQ(Changed([](Image& i) { i.limit_kinds[0].reserved[0] = 1; }), "Padding");
  EXPECT_EQ(Changed([](Image& i) { i.parts[0].reserved[0] = 1; }), "Padding");
  EXPECT_EQ(Changed([](Image& i) { i.files[0].padding = 1; }), "Padding");
  EXPECT_EQ(Changed([](Image& i) { i.facts[0].padding = 1; }), "Padding");
}

TEST(VerifyTest, Strings) {
  EXPECT_EQ(Changed([](Image& i) { i.string_ends[1] = UINT32_MAX; }), "StringBounds");
  EXPECT_EQ(Changed([](Image& i) { std::swap(i.string_ends[0], i.string_ends[5]); }), "StringBounds");
  EXPECT_EQ(Changed([](Image& i) { i.string_ends.pop_back(); }), "StringBounds");
  EXPECT_EQ(Changed([](Image& i) { std::swap(i.string_bytes[0], i.string_bytes[1]); }), "StringOrder");
  EXPECT_EQ(Changed([](Image& i) { i.string_bytes[1] = i.string_bytes[0]; }), "StringOrder");
  EXPECT_EQ(Changed([](Image& i) { i.string_bytes.back() = 0xC3; }), "StringUtf8");
}

TEST(VerifyTest, Indices) {
  const uint32_t far = 1000;
  EXPECT_EQ(Changed([&](Image& i) { i.types.back() = far; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.entities[0].type = far; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.entities[0].id = kNone; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.meta[0].value = far; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.pattern_parts[0] = far; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.shape_names[0] = far; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.inputs[0].name = kNone; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.inputs[1].by = far; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.rules[1].id = kNone; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.rules[1].because = far; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.rules[1].template_id = far; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.controls[0].key = far; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.annotations[0].value = far; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.limits[0].kind = far; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.needs[1].what = far; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.files[0].path = far; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.rules[0].place.file = far; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.debug[1].word = far; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.facts[0].name = far; }), "Index");
  EXPECT_EQ(Changed([&](Image& i) { i.constant_count = far; }), "Index");
}

TEST(VerifyTest, Orders) {
  EXPECT_EQ(Changed([](Image& i) { std::swap(i.types[0], i.types[1]); }), "Order");
  EXPECT_EQ(Changed([](Image& i) { std::swap(i.entities[0], i.entities[1]); }), "Order");
  EXPECT_EQ(Changed([](Image& i) { i.entities[1] = i.entities[0]; }), "Order");
  EXPECT_EQ(Changed([](Image& i) { std::swap(i.meta[0], i.meta[1]); }), "Order");
  EXPECT_EQ(Changed([](Image& i) { i.rules[1].id = i.rules[0].id; }), "Order");
  EXPECT_EQ(Changed([](Image& i) { i.debug[1].word = 0; }), "Order");
  // A record's names.
  EXPECT_EQ(Changed([](Image& i) {
              const uint64_t first = i.cells[2].value;
              std::swap(i.cells[first], i.cells[first + 2]);
            }),
            "Order");
}

TEST(VerifyTest, RangesTile) {
  EXPECT_EQ(Changed([](Image& i) { i.patterns[0].first = 1; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.patterns[0].count = 100; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.patterns[0].count = 2; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.shapes[0].count = 1; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.rules[1].limits.first = 1; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.rules[1].limits.count = 0; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.rules[1].needs.count = 9; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.rules[1].controls.count = UINT32_MAX; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.rules[0].annotations.count = 0; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.rules[0].parts.count = 3; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.needs[0].what = 1; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.pools.push_back({}); }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.files[1].first = 0; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.files[0].bytes = UINT64_MAX; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.source_bytes.push_back('x'); }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.rules[0].condition.first = 0; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.rules[0].condition.count = UINT32_MAX; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.code.push_back(EncodeWord(Opcode::kReturn)); }), "RangeOrder");
  // Cells: shared, missing and unowned children; addresses likewise.
  EXPECT_EQ(Changed([](Image& i) { i.cells[1].value = 0; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.cells[1].count = UINT32_MAX; }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.cells.push_back(i.cells[3]); }), "RangeOrder");
  EXPECT_EQ(Changed([](Image& i) { i.addresses.push_back({}); }), "RangeOrder");
}

TEST(VerifyTest, Enumerators) {
  EXPECT_EQ(Changed([](Image& i) { i.cells[0].kind = kKindCount; }), "Enumerator");
  EXPECT_EQ(Changed([](Image& i) { i.rules[0].effect = kEffectCount; }), "Enumerator");
  EXPECT_EQ(Changed([](Image& i) { i.rules[0].mode = kModeCount; }), "Enumerator");
  EXPECT_EQ(Changed([](Image& i) { i.rules[0].error_rule = kErrorRuleCount; }), "Enumerator");
  EXPECT_EQ(Changed([](Image& i) { i.parts[0].kind = kPartKindCount; }), "Enumerator");
  EXPECT_EQ(Changed([](Image& i) { i.limit_kinds[0].merge = kMergeCount; }), "Enumerator");
  EXPECT_EQ(Changed([](Image& i) { i.needs[0].kind = kNeedKindCount; }), "Enumerator");
  EXPECT_EQ(Changed([](Image& i) { i.inputs[0].kind = kInputKindCount; }), "Enumerator");
  EXPECT_EQ(Changed([](Image& i) { i.inputs[0].is_read = 2; }), "Enumerator");
}

TEST(VerifyTest, CellValues) {
  EXPECT_EQ(Changed([](Image& i) { i.cells[3].value = 2; }), "CellValue");  // a bool
  EXPECT_EQ(Changed([](Image& i) { i.cells[3].count = 1; }), "CellValue");
  EXPECT_EQ(Changed([](Image& i) { i.cells[0].value = 2; }), "CellValue");                        // an entity
  EXPECT_EQ(Changed([](Image& i) { i.cells[i.cells[1].value + 1].value = 1000; }), "CellValue");  // a string
  auto ip = [](Image& i) -> Cell& { return i.cells[i.cells[2].value + 1]; };
  EXPECT_EQ(Changed([&](Image& i) { ip(i).count = kIpV6 | 129; }), "CellValue");
  EXPECT_EQ(Changed([&](Image& i) { ip(i).value = 1; }), "CellValue");
  EXPECT_EQ(Changed([&](Image& i) { ip(i).count = 33, ip(i).value = 0, i.addresses.clear(); }), "CellValue");
  EXPECT_EQ(
      Changed([&](Image& i) { ip(i).count = 32, ip(i).value = uint64_t{1} << 32, i.addresses.clear(); }),
      "CellValue");
  // A record's name that is no string.
  EXPECT_EQ(Changed([](Image& i) { i.cells[i.cells[2].value].kind = static_cast<uint8_t>(Kind::kLong); }),
            "CellValue");
}

TEST(VerifyTest, CellDepth) {
  for (uint32_t depth : {kMaxValueDepth, kMaxValueDepth + 1}) {
    Image image;
    image.constant_count = 1;
    for (uint32_t i = 0; i < depth; ++i) {
      image.cells.push_back({static_cast<uint8_t>(Kind::kSet), {}, 1, i + 1});
    }
    image.cells.push_back({static_cast<uint8_t>(Kind::kLong), {}, 0, 7});
    const std::vector<uint8_t> file = WriteAsIs(image, 0, 0, 0);
    Bundle bundle;
    VerifiedBundle verified;
    ASSERT_TRUE(Bundle::Open(file, &bundle).ok());
    EXPECT_EQ(Verify(bundle, &verified).error,
              depth > kMaxValueDepth ? BundleError::kCellDepth : BundleError::kOk);
  }
}

TEST(VerifyTest, PatternsShapesTimesNeedsPartsAndPlaces) {
  EXPECT_EQ(Changed([](Image& i) { i.pattern_parts[0] = kWildcard; }), "PatternParts");
  EXPECT_EQ(Changed([](Image& i) { i.pattern_parts[1] = i.pattern_parts[0]; }), "PatternParts");
  EXPECT_EQ(Changed([](Image& i) { i.shape_names[1] = i.shape_names[0]; }), "ShapeNames");
  EXPECT_EQ(Changed([](Image& i) { i.inputs[0].fresh_within_ms = -1; }), "NegativeTime");
  EXPECT_EQ(Changed([](Image& i) { i.quorums[0].within_ms = 0; }), "QuorumFields");
  EXPECT_EQ(Changed([](Image& i) { i.parts[1].first = 0; }), "PartPlace");
  EXPECT_EQ(Changed([](Image& i) { i.parts[1].first = 1000; }), "PartPlace");
  EXPECT_EQ(Changed([](Image& i) { i.rules[0].place.begin = 13; }), "PlaceOrder");
  EXPECT_EQ(Changed([](Image& i) { i.rules[0].place.end = 13; }), "PlaceOrder");
  EXPECT_EQ(Changed([](Image& i) { i.rules[0].place.line = 0; }), "PlaceOrder");
  EXPECT_EQ(Changed([](Image& i) { i.rules[1].place.column = 1; }), "PlaceOrder");
  EXPECT_EQ(Changed([](Image& i) { i.source_bytes[3] = 0xFF; }), "StringUtf8");
}

// What only version 2 has, in sections that version 1 has, too: the file is one of version 2 cut short.
TEST(VerifyTest, VersionContent) {
  const std::function<void(Image&)> kAdd[] = {
      [](Image& i) { i.facts.resize(1); }, [](Image& i) { i.inputs.resize(1); },
      [](Image& i) { i.limits.resize(1); }, [](Image& i) { i.needs.resize(1); },
      [](Image& i) { i.pools.resize(1); }};
  for (const auto& add : kAdd) {
    Image image = EmptyImage();
    add(image);
    std::vector<uint8_t> file = WriteAsIs(image, 0, 0, 0);
    const size_t sections = SectionCountOf(1);
    const size_t cut = (kSectionCount - sections) * sizeof(SectionRow);
    const auto table_end =
        file.begin() + static_cast<ptrdiff_t>(sizeof(Header) + sections * sizeof(SectionRow));
    file.erase(table_end, table_end + static_cast<ptrdiff_t>(cut));
    auto* header = reinterpret_cast<Header*>(file.data());
    header->format_version = 1;
    header->section_count = static_cast<uint32_t>(sections);
    header->content_bytes -= cut;
    auto* table = reinterpret_cast<SectionRow*>(file.data() + sizeof(Header));
    for (size_t i = 0; i < sections; ++i) table[i].offset -= cut;
    Reseal(&file);
    Bundle bundle;
    ASSERT_TRUE(Bundle::Open(file, &bundle).ok());
    VerifiedBundle verified;
    EXPECT_EQ(Verify(bundle, &verified).error, BundleError::kVersionContent);
  }
}

TEST(VerifyTest, BoundsMustBeTheCodes) {
  EXPECT_EQ(Changed([](Image& i) { i.rules[0].condition.max_stack += 1; }), "Bounds");
  EXPECT_EQ(Changed([](Image& i) { i.rules[1].condition.scratch_bytes -= 1; }), "Bounds");
  EXPECT_EQ(Changed([](Image& i) { i.facts[0].value.max_steps = 0; }), "Bounds");
  for (size_t at :
       {offsetof(Header, max_stack), offsetof(Header, scratch_bytes), offsetof(Header, max_steps)}) {
    std::vector<uint8_t> file;
    ASSERT_TRUE(Write(RichImage(), &file).ok());
    file[at] ^= 1;
    Reseal(&file);
    Bundle bundle;
    VerifiedBundle verified;
    ASSERT_TRUE(Bundle::Open(file, &bundle).ok());
    EXPECT_EQ(Verify(bundle, &verified).error, BundleError::kBounds);
  }
}

// Code: one block over a small image, assembled by hand.
class CodeTest : public ::testing::Test {
 protected:
  CodeTest() {
    ImageBuilder b;
    b.AddConstant(BoolConstant(true));
    b.AddConstant(LongConstant(1));
    b.AddConstant(SetConstant({LongConstant(1)}));
    b.Type("User");
    b.String("name");
    const std::string x = "x";
    b.Pattern({&x});
    b.Shape({"a", "b"});
    EXPECT_TRUE(Write(b.Finish(), &file_).ok());
    EXPECT_TRUE(Bundle::Open(file_, &bundle_).ok());
  }

  std::string Error(const std::vector<uint32_t>& code, StackType result = StackType::kBool) {
    BlockAnalyzer analyzer(bundle_);
    Status s = analyzer.Analyze(code, result, 0, &bounds_);
    word_ = s.at;
    return std::string(BundleErrorName(s.error));
  }
  std::string Error(std::string_view text, StackType result = StackType::kBool) {
    return Error(MustAssemble(text), result);
  }

  std::vector<uint8_t> file_;
  Bundle bundle_;
  BlockBounds bounds_;
  uint64_t word_ = 0;
};

TEST_F(CodeTest, Bounds) {
  EXPECT_EQ(Error("const 0\n return"), "Ok");
  EXPECT_EQ(bounds_.max_stack, 1u);
  EXPECT_EQ(bounds_.scratch_bytes, 0u);
  EXPECT_EQ(bounds_.max_steps, 2u);
  EXPECT_EQ(Error("const 1\n const 1\n set 2\n const 1\n const 1\n record 0\n eq\n return"), "Ok");
  EXPECT_EQ(bounds_.max_stack, 3u);
  EXPECT_EQ(bounds_.scratch_bytes, 2u * 16 + 2 * 32);
  EXPECT_EQ(bounds_.max_steps, 8u + 2 * (uint64_t{kDefaultMaxElements} + kDefaultMaxBytes));
  EXPECT_EQ(Error("0 const 2\n 1 each 6 some/7\n 3 const 0\n 4 not\n 5 each_end some/7\n 6 return"), "Ok");
  EXPECT_EQ(bounds_.max_steps, 1u + 1 + 7 * 3 + 1);
}

TEST_F(CodeTest, EmptyAndUndecodable) {
  EXPECT_EQ(Error(std::vector<uint32_t>{}), "EmptyCode");
  EXPECT_EQ(Error(std::vector<uint32_t>{0xFF}), "BadInstruction");
  EXPECT_EQ(Error(std::vector<uint32_t>{EncodeWord(Opcode::kFail)}), "BadInstruction");
}

TEST_F(CodeTest, Operands) {
  for (const char* bad :
       {"const 3\n return", "var 4\n return", "fact 0\n return", "input 0\n return",
        "var principal\n is 1\n return", "var context\n has 1000\n return",
        "var context\n attr 1000\n return", "const 1\n like 1\n return", "set 65537\n return",
        "record 1\n return", "const 1\n call 22\n return", "fail 0 14\n return",
        "fail 0 UnknownFunction/1000\n return", "0 const 2\n 1 each 5 3\n 3 const 0\n 4 each_end 3\n return",
        "0 const 2\n 1 each 5 every/257\n 3 const 0\n 4 each_end every/257\n return"}) {
    EXPECT_EQ(Error(bad), "BadOperand") << bad;
  }
  EXPECT_EQ(Error({EncodeWord(Opcode::kConst, 0), EncodeWord(Opcode::kNot, 1), EncodeWord(Opcode::kReturn)}),
            "BadOperand");
  EXPECT_EQ(Error("0 const 2\n 1 each 5 every/256\n 3 const 0\n 4 each_end every/256\n return"), "Ok");
}

TEST_F(CodeTest, Targets) {
  EXPECT_EQ(Error("0 const 0\n 1 jump 2\n 2 return"), "BadTarget");  // distance zero
  EXPECT_EQ(Error("0 const 0\n 1 jump 3\n 2 return"), "BadTarget");  // the end of the block
  EXPECT_EQ(Error("0 const 0\n 1 br_false 1000\n 2 const 0\n 3 return"), "BadTarget");
  // Into the second word of `fail`.
  EXPECT_EQ(Error("0 const 0\n 1 br_false 3\n 2 fail 0 TypeError/0\n 4 return", StackType::kAny),
            "BadTarget");
  EXPECT_EQ(word_, 3u);
  // Across an `each` border, both ways.
  EXPECT_EQ(Error("0 const 0\n 1 br_false 5\n 2 const 2\n 3 each 7 every/4\n 5 const 0\n 6 each_end "
                  "every/4\n 7 return"),
            "BadTarget");
  EXPECT_EQ(Error("0 const 2\n 1 each 7 every/4\n 3 const 0\n 4 br_false 7\n 5 const 0\n 6 each_end "
                  "every/4\n 7 return"),
            "BadTarget");
  EXPECT_EQ(Error("0 const 2\n 1 each 1000 every/4\n 3 const 0\n 4 each_end every/4\n 5 return"),
            "BadTarget");
}

TEST_F(CodeTest, Reachability) {
  EXPECT_EQ(Error("0 const 0\n 1 return\n 2 return"), "Unreachable");
  EXPECT_EQ(word_, 2u);
  EXPECT_EQ(Error("0 const 0\n 1 jump 3\n 2 not\n 3 return"), "Unreachable");
  EXPECT_EQ(Error("0 const 0\n 1 br_false 4\n 2 const 0\n 3 return\n 4 const 0\n 5 return"), "Ok");
}

TEST_F(CodeTest, Stack) {
  EXPECT_EQ(Error("not\n return"), "StackUnderflow");
  EXPECT_EQ(Error("const 0\n eq\n return"), "StackUnderflow");
  EXPECT_EQ(Error("const 1\n const 1\n record 0\n return", StackType::kAny), "Ok");
  EXPECT_EQ(Error("const 1\n record 0\n return", StackType::kAny), "StackUnderflow");
  EXPECT_EQ(Error("const 1\n not\n return"), "StackType");
  EXPECT_EQ(Error("const 1\n check_bool\n not\n return"), "Ok");
  EXPECT_EQ(Error("0 const 1\n 1 and 3\n 2 const 0\n 3 return"), "StackType");
  EXPECT_EQ(Error("0 const 0\n 1 and 3\n 2 const 0\n 3 return"), "Ok");
  // One way leaves a bool, the other a long: neither type is known after.
  EXPECT_EQ(Error("0 const 0\n 1 or 3\n 2 const 1\n 3 return"), "ReturnStack");
  EXPECT_EQ(Error("0 const 0\n 1 or 3\n 2 const 1\n 3 return", StackType::kAny), "Ok");
  // Different depths; and equal depths with other values below.
  EXPECT_EQ(Error("0 const 0\n 1 br_false 4\n 2 const 0\n 3 jump 5\n 4 const 0\n 5 return"), "Ok");
  EXPECT_EQ(Error("0 const 0\n 1 br_false 3\n 2 const 0\n 3 const 0\n 4 return"), "StackMerge");
  EXPECT_EQ(Error("0 const 0\n 1 const 0\n 2 br_false 6\n 3 const 1\n 4 eq\n 5 const 1\n 6 const 1\n 7 eq\n "
                  "8 return"),
            "StackMerge");
  EXPECT_EQ(Error("0 const 0"), "FallsOffEnd");
  EXPECT_EQ(Error("0 const 0\n 1 const 0\n 2 return"), "ReturnStack");
  EXPECT_EQ(Error("0 const 1\n 1 return"), "ReturnStack");
  EXPECT_EQ(Error("0 const 1\n 1 return", StackType::kAny), "Ok");
}

TEST_F(CodeTest, StackDepthBothSidesOfTheLimit) {
  std::vector<uint32_t> code(kMaxStack, EncodeWord(Opcode::kConst, 1));
  code.push_back(EncodeWord(Opcode::kSet, kMaxStack));
  code.push_back(EncodeWord(Opcode::kReturn));
  EXPECT_EQ(Error(code, StackType::kAny), "Ok");
  EXPECT_EQ(bounds_.max_stack, kMaxStack);
  code.insert(code.begin(), EncodeWord(Opcode::kConst, 1));
  EXPECT_EQ(Error(code, StackType::kAny), "StackDepth");
}

TEST_F(CodeTest, ScratchBothSidesOfTheLimit) {
  // Each round leaves one set on the stack and joins it with the next: `eq` keeps the depth at one.
  std::vector<uint32_t> code = {EncodeWord(Opcode::kConst, 0)};
  const uint32_t wide = 1u << 12;
  for (uint64_t scratch = 0; scratch < kMaxScratchBytes; scratch += wide * 16) {
    for (uint32_t i = 0; i < wide; ++i) code.push_back(EncodeWord(Opcode::kConst, 1));
    code.push_back(EncodeWord(Opcode::kSet, wide));
    code.push_back(EncodeWord(Opcode::kEq));
  }
  std::vector<uint32_t> at_limit = code, past_limit = code;
  at_limit.push_back(EncodeWord(Opcode::kReturn));
  EXPECT_EQ(Error(at_limit), "Ok");
  EXPECT_EQ(bounds_.scratch_bytes, kMaxScratchBytes);
  for (Opcode op : {Opcode::kConst, Opcode::kSet, Opcode::kEq, Opcode::kReturn}) {
    past_limit.push_back(EncodeWord(op, op == Opcode::kSet ? 1 : 0));
  }
  EXPECT_EQ(Error(past_limit), "TooMuchScratch");
}

TEST_F(CodeTest, Each) {
  const std::string good =
      "0 const 2\n 1 each 6 every/4\n 3 element\n 4 check_bool\n 5 each_end every/4\n 6 return";
  EXPECT_EQ(Error(good), "Ok");
  EXPECT_EQ(Error("element\n return", StackType::kAny), "EachNesting");
  EXPECT_EQ(Error("const 0\n each_end every/4\n return"), "EachNesting");
  // Nested; ended by another quantifier, another bound, another instruction, a look-alike second word.
  EXPECT_EQ(
      Error("0 const 2\n 1 each 9 every/4\n 3 const 2\n 4 each 8 every/4\n 6 const 0\n 7 each_end every/4\n"
            "8 each_end every/4\n 9 return"),
      "EachNesting");
  EXPECT_EQ(Error("0 const 2\n 1 each 5 every/4\n 3 const 0\n 4 each_end some/4\n 5 return"), "EachNesting");
  EXPECT_EQ(Error("0 const 2\n 1 each 5 every/4\n 3 const 0\n 4 each_end every/5\n 5 return"), "EachNesting");
  EXPECT_EQ(Error("0 const 2\n 1 each 5 every/4\n 3 const 0\n 4 not\n 5 return"), "EachNesting");
  EXPECT_EQ(Error({EncodeWord(Opcode::kConst, 2), EncodeWord(Opcode::kEach, 2),
                   PackQuantifier(Quantifier::kEvery, 4), EncodeWord(Opcode::kFail, 0),
                   EncodeWord(Opcode::kEachEnd, PackQuantifier(Quantifier::kEvery, 4)),
                   EncodeWord(Opcode::kReturn)}),
            "BadOperand");  // no trap has a number that looks like `each_end`
  // Returns inside; leaves two values; eats a value from below.
  EXPECT_EQ(Error("0 const 2\n 1 each 7 every/4\n 3 const 0\n 4 br_false 6\n 5 return\n 6 each_end every/4\n "
                  "7 return"),
            "StackUnderflow");
  EXPECT_EQ(Error("0 const 2\n 1 each 8 every/4\n 3 const 0\n 4 const 0\n 5 br_false 7\n 6 return\n 7 "
                  "each_end every/4\n 8 return"),
            "EachNesting");
  EXPECT_EQ(Error("0 const 2\n 1 each 6 every/4\n 3 const 0\n 4 const 0\n 5 each_end every/4\n 6 return"),
            "EachNesting");
  EXPECT_EQ(Error("0 const 0\n 1 const 2\n 2 each 6 every/4\n 4 not\n 5 each_end every/4\n 6 eq\n 7 return"),
            "StackUnderflow");
  EXPECT_EQ(Error("0 const 2\n 1 each 5 every/4\n 3 element\n 4 each_end every/4\n 5 return"), "StackType");
  // `number` gives a long.
  EXPECT_EQ(Error("0 const 2\n 1 each 5 number/4\n 3 const 0\n 4 each_end number/4\n 5 return"),
            "ReturnStack");
}

// Popping from deep stacks, again and again, takes time that grows with the code and not with its
// square: node by node this would be 10^10 steps.
TEST_F(CodeTest, DeepPopsAreCheap) {
  std::vector<uint32_t> code(kMaxStack - 1, EncodeWord(Opcode::kConst, 1));
  for (int i = 0; i < 200000; ++i) {
    code.push_back(EncodeWord(Opcode::kConst, 0));
    code.push_back(EncodeWord(Opcode::kBranchFalse, 3));
    code.push_back(EncodeWord(Opcode::kFail, kMaxStack - 1));
    code.push_back(PackTrap(Trap::kTypeError, 0));
    code.push_back(EncodeWord(Opcode::kReturn));
  }
  code.push_back(EncodeWord(Opcode::kSet, kMaxStack - 1));
  code.push_back(EncodeWord(Opcode::kReturn));
  EXPECT_EQ(Error(code, StackType::kAny), "Ok");
}

// Random code never makes the analyzer read or write out of bounds, and what it accepts decodes.
RC_GTEST_PROP(AnalyzerProperty, AnyWordsAreRefusedOrSound, (std::vector<uint32_t> raw)) {
  ImageBuilder b;
  b.AddConstant(BoolConstant(true));
  b.Shape({"a"});
  std::vector<uint8_t> file;
  RC_ASSERT(Write(b.Finish(), &file).ok());
  Bundle bundle;
  RC_ASSERT(Bundle::Open(file, &bundle).ok());
  std::vector<uint32_t> code;
  for (uint32_t word : raw) code.push_back(word % kOpcodeCount | (word >> 8 & 3) << 8);
  code.push_back(EncodeWord(Opcode::kReturn));
  BlockAnalyzer analyzer(bundle);
  BlockBounds bounds;
  if (analyzer.Analyze(code, StackType::kAny, 0, &bounds).ok()) {
    RC_ASSERT(bounds.max_stack >= 1);
    RC_ASSERT(bounds.max_steps >= 1);
  }
}

}  // namespace
}  // namespace polc::bundle
