#include "cli/watch.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace polc::cli {
namespace {

namespace fs = std::filesystem;

class WatchTest : public ::testing::Test {
 protected:
  WatchTest() {
    fs::remove_all(home_);
    fs::create_directories(home_ / "below");
  }
  ~WatchTest() override { fs::remove_all(home_); }
  void Write(const std::string& name) {
    std::ofstream(home_ / name) << "permit(principal, action, resource);";
  }
  std::string Path(const std::string& name) const { return (home_ / name).string(); }

  const fs::path home_ =
      fs::path(::testing::TempDir()) /
      (std::string("polc_watch_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(WatchTest, SeesWhatIsSavedMovedAndRemovedBelowAFolder) {
  Watcher watcher({home_.string()}, {".cedar"});
  ASSERT_TRUE(watcher.good());
  EXPECT_FALSE(watcher.Wait(0));
  Write("a.cedar");
  EXPECT_TRUE(watcher.Wait(1000));
  EXPECT_FALSE(watcher.Wait(0));
  Write("below/b.cedar");
  EXPECT_TRUE(watcher.Wait(1000));
  Write("aside.tmp");
  EXPECT_FALSE(watcher.Wait(0));
  fs::rename(home_ / "aside.tmp", home_ / "a.cedar");
  EXPECT_TRUE(watcher.Wait(1000));
  fs::remove(home_ / "a.cedar");
  EXPECT_TRUE(watcher.Wait(1000));
}

TEST_F(WatchTest, SeesFoldersThatCome) {
  Watcher watcher({home_.string()}, {".cedar"});
  fs::create_directories(home_ / "new" / "deep");
  EXPECT_TRUE(watcher.Wait(1000));
  Write("new/deep/a.cedar");
  EXPECT_TRUE(watcher.Wait(1000));
  fs::rename(home_ / "new", home_ / "moved");
  EXPECT_TRUE(watcher.Wait(1000));
  Write("moved/deep/a.cedar");
  EXPECT_TRUE(watcher.Wait(1000));
  fs::create_directories(home_ / ".hidden");
  Write(".hidden/a.cedar");
  EXPECT_FALSE(watcher.Wait(0));
}

TEST_F(WatchTest, PassesOtherFilesBy) {
  Write("a.cedar");
  Watcher watcher({Path("a.cedar")}, {".cedar"});
  ASSERT_TRUE(watcher.good());
  Write("out.polb");
  EXPECT_FALSE(watcher.Wait(0));
  Write("a.cedar");
  EXPECT_TRUE(watcher.Wait(1000));
}

TEST_F(WatchTest, HasNothingToWaitForWhereNothingIs) {
  EXPECT_FALSE(Watcher({Path("nowhere/a.cedar")}, {}).good());
}

}  // namespace
}  // namespace polc::cli
