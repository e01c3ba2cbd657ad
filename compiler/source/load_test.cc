#include "compiler/source/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace polc::source {
namespace {

namespace fs = std::filesystem;

class LoadTest : public testing::Test {
 protected:
  void SetUp() override {
    top_ = fs::temp_directory_path() / ("polc_load_test." + std::to_string(getpid()));
    fs::create_directories(top_ / "d/sub/.git");
    Write("d/b.cedar", "b");
    Write("d/a.cedar", "a");
    Write("d/sub/c.cedar", "c");
    Write("d/sub/.git/x.cedar", "hidden");
    Write("d/.x.cedar", "hidden");
    Write("d/notes.txt", "n");
    fs::create_directories(top_ / "empty");
    fs::create_directory_symlink(top_ / "d", top_ / "d/sub/loop");
  }
  void TearDown() override { fs::remove_all(top_); }

  std::string Path(const std::string& name) { return (top_ / name).string(); }
  void Write(const std::string& name, const std::string& text) { std::ofstream(top_ / name) << text; }

  std::vector<std::string> Expand(const std::vector<std::string>& arguments) {
    std::vector<std::string> paths = ExpandPaths(map_, arguments, {".cedar"}, sink_);
    for (std::string& p : paths) p = p == "-" ? p : fs::path(p).lexically_relative(top_).string();
    return paths;
  }

  fs::path top_;
  SourceMap map_;
  DiagnosticSink sink_;
};

TEST_F(LoadTest, DirectoriesAreWalkedAndSorted) {
  EXPECT_THAT(Expand({Path("d")}), testing::ElementsAre("d/a.cedar", "d/b.cedar", "d/sub/c.cedar"));
  EXPECT_THAT(Expand({Path("d/sub"), Path("d/b.cedar"), Path("d"), Path("d/notes.txt"), "-"}),
              testing::ElementsAre("-", "d/a.cedar", "d/b.cedar", "d/notes.txt", "d/sub/c.cedar"))
      << "repeats dropped, named files of any ending kept";
  EXPECT_FALSE(sink_.has_errors());
}

TEST_F(LoadTest, ADirectoryWithoutPoliciesIsAnError) {
  EXPECT_THAT(Expand({Path("empty")}), testing::IsEmpty());
  ASSERT_EQ(sink_.diagnostics().size(), 1u);
  EXPECT_EQ(sink_.diagnostics()[0].code, Code::kNoPolicyFiles);
}

TEST_F(LoadTest, WhatCannotBeReadIsReportedWhereItIs) {
  EXPECT_FALSE(LoadFile(map_, Path("missing"), 100, sink_));
  EXPECT_FALSE(LoadFile(map_, Path("d"), 100, sink_));
  ASSERT_EQ(sink_.diagnostics().size(), 2u);
  for (const Diagnostic& d : sink_.diagnostics()) EXPECT_EQ(d.code, Code::kCannotRead);
  EXPECT_EQ(map_.path(sink_.diagnostics()[0].span.file), Path("missing"));
  EXPECT_THAT(sink_.diagnostics()[0].message, testing::EndsWith("No such file or directory"));
  EXPECT_THAT(sink_.diagnostics()[1].message, testing::EndsWith("Is a directory"));
}

TEST_F(LoadTest, TheSizeLimitHasTwoSides) {
  Write("f", std::string(100000, 'x'));
  EXPECT_FALSE(LoadFile(map_, Path("f"), 99999, sink_));
  ASSERT_EQ(sink_.diagnostics().size(), 1u);
  EXPECT_EQ(sink_.diagnostics()[0].code, Code::kInputTooLarge);
  std::optional<FileId> file = LoadFile(map_, Path("f"), 100000, sink_);
  ASSERT_TRUE(file);
  EXPECT_EQ(map_.text(*file).size(), 100000u);
  Write("g", "");
  file = LoadFile(map_, Path("g"), 0, sink_);
  ASSERT_TRUE(file);
  EXPECT_EQ(map_.text(*file), "");
  EXPECT_EQ(sink_.diagnostics().size(), 1u);
}

}  // namespace
}  // namespace polc::source
