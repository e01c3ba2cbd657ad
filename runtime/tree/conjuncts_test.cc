// Where a condition comes apart, and where it must not.
#include "runtime/tree/conjuncts.h"

#include <gtest/gtest.h>

#include "runtime/bundle/test_images.h"

namespace polc::tree {
namespace {

using bundle::ImageBuilder;

// The slices of one condition as "first+count", in order.
std::string Split(const std::string& assembly) {
  ImageBuilder b;
  b.AddConstant(bundle::BoolConstant(true));
  b.AddConstant(bundle::SetConstant({bundle::LongConstant(1)}));
  b.String("n");
  b.image.rules.push_back(
      bundle::MakeRule(b.String("r"), bundle::Effect::kAllow, AddBlock(&b.image, assembly)));
  std::vector<uint8_t> file;
  const bundle::Status written = Write(b.Finish(), &file);
  if (!written.ok()) return std::string(BundleErrorName(written.error)) + " at " + std::to_string(written.at);
  bundle::Bundle opened;
  bundle::VerifiedBundle verified;
  EXPECT_TRUE(bundle::Bundle::Open(file, &opened).ok());
  EXPECT_TRUE(Verify(opened, &verified).ok());
  std::vector<Slice> slices;
  ConjunctSplitter(opened).Split(opened.rules()[0].condition, &slices);
  std::string out;
  for (const Slice& s : slices)
    out += (out.empty() ? "" : " ") + std::to_string(s.first) + "+" + std::to_string(s.count);
  return out;
}

TEST(Conjuncts, OneTestIsOneSlice) {
  EXPECT_EQ(Split("const 0\n return"), "0+1");
  EXPECT_EQ(Split("const 0\n not\n return"), "0+2");
}

TEST(Conjuncts, ComeApartWhereverTheAndStands) {
  // a && b && c, each joined to the end.
  EXPECT_EQ(Split("0 const 0\n 1 and 5\n 2 const 0\n 3 and 5\n 4 const 0\n 5 return"), "0+1 2+1 4+1");
  // (a && b) && c: a's false goes to the second join, which passes it on.
  EXPECT_EQ(Split("0 const 0\n 1 and 3\n 2 const 0\n 3 and 5\n 4 const 0\n 5 return"), "0+1 2+1 4+1");
  // a && (b && c)
  EXPECT_EQ(Split("0 const 0\n 1 and 5\n 2 const 0\n 3 and 5\n 4 const 0\n 5 return"), "0+1 2+1 4+1");
}

TEST(Conjuncts, DisjunctionsStayWhole) {
  // a || b
  EXPECT_EQ(Split("0 const 0\n 1 or 3\n 2 const 0\n 3 return"), "0+3");
  // (a || b) && c
  EXPECT_EQ(Split("0 const 0\n 1 or 3\n 2 const 0\n 3 and 5\n 4 const 0\n 5 return"), "0+3 4+1");
  // a || (b && c): the inner join leads to the end, and the `or` leads past it.
  EXPECT_EQ(Split("0 const 0\n 1 or 5\n 2 const 0\n 3 and 5\n 4 const 0\n 5 return"), "0+5");
  // (a || (b && c)) && d
  EXPECT_EQ(Split("0 const 0\n 1 or 5\n 2 const 0\n 3 and 5\n 4 const 0\n 5 and 7\n 6 const 0\n 7 return"),
            "0+5 6+1");
}

TEST(Conjuncts, AnAndBelowAnotherValueIsNoJoin) {
  // !(a && b): the result goes through `not`.
  EXPECT_EQ(Split("0 const 0\n 1 and 3\n 2 const 0\n 3 not\n 4 return"), "0+4");
  // [1].contains(a && b): two values lie on the stack.
  EXPECT_EQ(Split("0 const 1\n 1 const 0\n 2 and 4\n 3 const 0\n 4 contains\n 5 return"), "0+5");
}

TEST(Conjuncts, IfAndQuantifiersStayWhole) {
  // (if a then b else c) && d
  EXPECT_EQ(
      Split("0 const 0\n 1 br_false 4\n 2 const 0\n 3 jump 5\n 4 const 0\n 5 and 7\n 6 const 0\n 7 return"),
      "0+5 6+1");
  // if a then (b && c) else d: the `and` cannot be told from a join but by what leads past it.
  EXPECT_EQ(
      Split("0 const 0\n 1 br_false 6\n 2 const 0\n 3 and 5\n 4 const 0\n 5 jump 7\n 6 const 0\n 7 return"),
      "0+7");
  // a && every x in s satisfies (x && y)
  EXPECT_EQ(Split("0 const 0\n 1 and 9\n 2 const 1\n 3 each 9 every/4\n 5 const 0\n 6 and 8\n 7 const 0\n"
                  " 8 each_end every/4\n 9 return"),
            "0+1 2+7");
}

TEST(Conjuncts, SeveralWaysOutAreOneSlice) {
  EXPECT_EQ(
      Split("0 const 0\n 1 br_false 4\n 2 const 0\n 3 return\n 4 const 0\n 5 and 7\n 6 const 0\n 7 return"),
      "0+7");
  // A jump from inside a test past the join behind it.
  EXPECT_EQ(Split("0 const 0\n 1 or 7\n 2 const 0\n 3 and 7\n 4 const 0\n 5 and 7\n 6 const 0\n 7 return"),
            "0+7");
}

}  // namespace
}  // namespace polc::tree
