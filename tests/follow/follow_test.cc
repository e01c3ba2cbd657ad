// A project that is edited under `polc compile --watch --updates`, and a gateway that follows bundle and
// updates.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "runtime/api/polc.h"

namespace polc {
namespace {

namespace fs = std::filesystem;

class FollowTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(home_);
    fs::create_directories(home_ / "policies");
    Save("a.cedar", "alice", "permit");
    Save("b.cedar", "bob", "permit");
    ASSERT_EQ(polc_store_new(&store_, &error_), POLC_OK);
  }
  void TearDown() override {
    if (watcher_ > 0) {
      kill(watcher_, SIGTERM);
      waitpid(watcher_, nullptr, 0);
    }
    if (output_ >= 0) close(output_);
    polc_bundle_free(base_);
    polc_engine_free(engine_);
    polc_request_free(request_);
    polc_store_free(store_);
    fs::remove_all(home_);
  }

  void Save(const std::string& file, const std::string& user, const std::string& effect) {
    std::ofstream(home_ / "aside") << "@id(\"" << user << "\") " << effect << "(principal == User::\"" << user
                                   << "\", action, resource);\n";
    fs::rename(home_ / "aside", home_ / "policies" / file);
  }
  void Run(std::vector<std::string> arguments) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    watcher_ = fork();
    ASSERT_GE(watcher_, 0);
    if (watcher_ == 0) {
      dup2(ends[1], 1);
      dup2(ends[1], 2);
      if (chdir(home_.c_str()) != 0) _exit(127);
      std::vector<char*> argv;
      for (std::string& a : arguments) argv.push_back(a.data());
      argv.push_back(nullptr);
      execv(POLC_BINARY_DIR "/bin/polc", argv.data());
      _exit(127);
    }
    close(ends[1]);
    output_ = ends[0];
  }
  void Watch() {
    Run({"polc", "compile", "policies", "-o", "x.polb", "--ids", "annotation", "--watch", "--updates"});
  }
  // The next line it prints.
  std::string Line() {
    std::string line;
    for (char c = 0; c != '\n';) {
      pollfd wait{output_, POLLIN, 0};
      if (poll(&wait, 1, 60'000) <= 0 || read(output_, &c, 1) != 1) return line + " (no more)";
      line += c;
    }
    return line;
  }

  // As a gateway does: the bundle first, then the update.
  std::string Decide(const std::string& user) {
    if (engine_ == nullptr || fs::last_write_time(home_ / "x.polb") != base_time_) {
      base_time_ = fs::last_write_time(home_ / "x.polb");
      polc_bundle_free(base_);
      base_ = nullptr;
      EXPECT_EQ(polc_bundle_open((home_ / "x.polb").c_str(), &base_, &error_), POLC_OK) << error_.message;
      EXPECT_EQ(polc_bundle_verify(base_, &error_), POLC_OK) << error_.message;
    }
    polc_bundle* updated = nullptr;
    const bool has_update = fs::exists(home_ / "x.polb.update");
    if (has_update) {
      EXPECT_EQ(polc_bundle_update(base_, (home_ / "x.polb.update").c_str(), &updated, &error_), POLC_OK)
          << error_.message;
    }
    polc_bundle* const now = updated != nullptr ? updated : base_;
    if (engine_ == nullptr) {
      EXPECT_EQ(polc_engine_new(now, store_, &engine_, &error_), POLC_OK);
      EXPECT_EQ(polc_request_new(engine_, &request_, &error_), POLC_OK);
    } else {
      EXPECT_EQ(polc_engine_swap_bundle(engine_, now, &error_), POLC_OK);
    }
    polc_bundle_free(updated);
    EXPECT_EQ(polc_request_reset(request_, engine_, &error_), POLC_OK);
    const polc_text type = polc_text_of("User"), id = polc_text_of(user.c_str());
    for (const polc_variable v : {POLC_PRINCIPAL, POLC_ACTION, POLC_RESOURCE})
      EXPECT_EQ(polc_request_set(request_, v, type, id, &error_), POLC_OK);
    polc_decision d{};
    d.struct_size = sizeof d;
    EXPECT_EQ(polc_decide(request_, &d, &error_), POLC_OK);
    std::string out = std::string(has_update ? "updated " : "") + polc_outcome_name(d.outcome);
    char name[32];
    for (size_t i = 0; i < d.reason_count; ++i) {
      polc_rule_name(request_, {d.reasons[i], 0}, name, sizeof name);
      out += std::string(" ") + name;
    }
    return out;
  }

  const fs::path home_ = fs::path(::testing::TempDir()) / ("polc_follow_" + std::to_string(getpid()));
  pid_t watcher_ = 0;
  int output_ = -1;
  fs::file_time_type base_time_;
  polc_error error_{sizeof(polc_error), POLC_OK, 0, {}};
  polc_store* store_ = nullptr;
  polc_bundle* base_ = nullptr;
  polc_engine* engine_ = nullptr;
  polc_request* request_ = nullptr;
};

TEST_F(FollowTest, EditsAreUpdatesAndWhatIsMoreIsTheWhole) {
  ASSERT_NO_FATAL_FAILURE(Watch());
  ASSERT_TRUE(Line().starts_with("x.polb: 2 rules, sha256:"));
  EXPECT_EQ(Decide("alice"), "allow alice");
  EXPECT_EQ(Decide("bob"), "allow bob");

  Save("b.cedar", "bob", "forbid");
  EXPECT_TRUE(Line().starts_with("x.polb.update: 1 in, 1 out, sha256:"));
  EXPECT_EQ(Decide("bob"), "updated deny bob");
  EXPECT_EQ(Decide("alice"), "updated allow alice");

  // All that has changed since the bundle: a file that comes, and the one from before.
  Save("c.cedar", "carol", "permit");
  EXPECT_TRUE(Line().starts_with("x.polb.update: 2 in, 1 out, sha256:"));
  EXPECT_EQ(Decide("carol"), "updated allow carol");
  EXPECT_EQ(Decide("bob"), "updated deny bob");

  fs::remove(home_ / "policies" / "a.cedar");
  EXPECT_TRUE(Line().starts_with("x.polb.update: 2 in, 2 out, sha256:"));
  EXPECT_EQ(Decide("alice"), "updated deny");

  // What is wrong is said, and everything stays as it was.
  Save("d.cedar", "dave", "permot");
  EXPECT_NE(Line().find("error"), std::string::npos);
  EXPECT_EQ(Decide("bob"), "updated deny bob");
  std::string line;
  Save("d.cedar", "dave", "permit");
  do line = Line();
  while (!line.starts_with("x.polb") && !line.ends_with("(no more)"));
  EXPECT_TRUE(line.starts_with("x.polb.update: 3 in, 2 out, sha256:")) << line;
  EXPECT_EQ(Decide("dave"), "updated allow dave");

  // A template: the bundle is written anew, and the update is gone.
  std::ofstream(home_ / "policies" / "t.cedar")
      << "@id(\"t\") permit(principal == ?principal, action, resource);\n";
  EXPECT_TRUE(Line().starts_with("x.polb: 3 rules, sha256:"));
  EXPECT_EQ(Decide("carol"), "allow carol");
  EXPECT_EQ(Decide("bob"), "deny bob");
  Save("a.cedar", "alice", "permit");
  EXPECT_TRUE(Line().starts_with("x.polb: 4 rules, sha256:")) << "no update is of a set with templates";
  EXPECT_EQ(Decide("alice"), "allow alice");
}

TEST_F(FollowTest, AnUpdateOfABundleBeforeIsTakenAway) {
  ASSERT_NO_FATAL_FAILURE(Watch());
  Line();
  Save("b.cedar", "bob", "forbid");
  Line();
  EXPECT_EQ(Decide("bob"), "updated deny bob");
  kill(watcher_, SIGTERM);
  waitpid(watcher_, nullptr, 0);
  close(output_);
  // The same bundle as before the edit: the update would fit it.
  Save("b.cedar", "bob", "permit");
  ASSERT_NO_FATAL_FAILURE(Run({"polc", "compile", "policies", "-o", "x.polb", "--ids", "annotation"}));
  EXPECT_TRUE(Line().starts_with("x.polb: 2 rules, sha256:"));
  Line();
  EXPECT_FALSE(fs::exists(home_ / "x.polb.update"));
  EXPECT_EQ(Decide("bob"), "allow bob");
}

TEST_F(FollowTest, LeavesWhatIsNoUpdate) {
  std::ofstream(home_ / "x.polb.update") << "notes";
  ASSERT_NO_FATAL_FAILURE(Run({"polc", "compile", "policies", "-o", "x.polb", "--ids", "annotation"}));
  Line();
  Line();
  EXPECT_TRUE(fs::exists(home_ / "x.polb.update"));
}

}  // namespace
}  // namespace polc
