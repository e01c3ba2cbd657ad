#include "compiler/source/diagnostic.h"

#include <gtest/gtest.h>

namespace polc::source {
namespace {

TEST(Codes, NamesAreUniqueAndFound) {
  for (const CodeInfo& info : AllCodes()) {
    ASSERT_TRUE(FindCode(info.name).has_value()) << info.name;
    EXPECT_EQ(*FindCode(info.name), info.code) << info.name << " stands twice in diagnostics.def";
    EXPECT_FALSE(info.summary.empty());
    EXPECT_NE(info.summary.back(), '.') << info.name;
  }
  EXPECT_FALSE(FindCode("NoSuchCode").has_value());
}

TEST(DiagnosticSink, SortsByPlaceAndDropsRepeats) {
  DiagnosticSink sink;
  sink.Report(Code::kJsonNull, {0, 9, 10}, "later");
  sink.Report(Code::kInvalidUtf8, {0, 1, 2}, "earlier");
  sink.Report(Code::kJsonNull, {0, 9, 10}, "later");
  sink.Sort();
  ASSERT_EQ(sink.diagnostics().size(), 2u);
  EXPECT_EQ(sink.diagnostics()[0].message, "earlier");
  EXPECT_EQ(sink.error_count(), 2u);
}

TEST(DidYouMean, ProposesCloseNamesOnly) {
  EXPECT_EQ(DidYouMean("departmnt", {"owner", "department"}), "department");
  EXPECT_EQ(DidYouMean("x", {"department"}), std::nullopt);
  EXPECT_EQ(DidYouMean("name", {"name"}), std::nullopt) << "the same name is no proposal";
}

}  // namespace
}  // namespace polc::source
