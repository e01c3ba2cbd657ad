// Long commands that are stopped, and streams, through the built polc: a run that is killed at any moment and
// started again says what one that was not says, byte for byte; what is of another log or other policies is
// refused; and a stream takes no more memory for ten times as much.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include "tests/hostile/run_polc.h"

namespace polc {
namespace {

using hostile::Folder;
using hostile::Ran;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

constexpr const char* kModel = R"(policy "p"
principal Robot
resource Box
action pour by Robot on Box with
  n : Number from host
)";

std::string RequestLine(int i) {
  return R"({"principal":{"type":"Robot","id":"r)" + std::to_string(i % 7) +
         R"("},"action":{"type":"Action","id":"pour"},"resource":{"type":"Box","id":"b"},"context":{},)"
         R"("host":{"now":"2026-11-)" +
         std::to_string(20 + i % 3) + R"(T00:00:00Z","context":{"n":)" + std::to_string(i % 11) + "}}}";
}

std::string LogLine(int i) {
  const std::string decision =
      i % 11 <= 2 ? R"({"outcome":"allow","decision":"allow","reasons":["p/a"],"errors":[]})"
                  : R"({"outcome":"deny","decision":"deny","why":"no_grant","reasons":[],"errors":[]})";
  return R"({"polc_log":1,"time":"2026-11-)" + std::to_string(20 + i % 3) + R"(T00:00:00Z","request":)" +
         RequestLine(i) + R"(,"decision":)" + decision + "}\n";
}

std::string Log(int lines) {
  std::string out;
  for (int i = 0; i < lines; ++i) {
    out += LogLine(i);
    if (i % 997 == 5) out += "no record\n";
  }
  return out;
}

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

class Resume : public ::testing::Test {
 protected:
  Resume() {
    folder_.Write("old.pol",
                  std::string(kModel) + "rule a allow Robot to pour on Box when context.n is at most 2\n");
    folder_.Write("new.pol", std::string(kModel) +
                                 "rule a allow Robot to pour on Box when context.n is at most 3\n" +
                                 "rule z forbid Robot to pour on Box when context.n is 0\n");
    folder_.Write("e.json", R"([{"uid":{"type":"Box","id":"b"},"attrs":{},"parents":[]})" + Robots() + "]");
  }
  static std::string Robots() {
    std::string out;
    for (int i = 0; i < 7; ++i) {
      out += R"(,{"uid":{"type":"Robot","id":"r)" + std::to_string(i) + R"("},"attrs":{},"parents":[]})";
    }
    return out;
  }
  static std::vector<std::string> Command(std::vector<std::string> more) {
    std::vector<std::string> out = {"simulate", "--log",   "l.jsonl",    "--old",  "old.pol",
                                    "--new",    "new.pol", "--entities", "e.json", "--format",
                                    "json",     "--jobs",  "2"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  static std::vector<std::string> Resuming() {
    return Command({"--resume", "state", "--checkpoint-every", "0"});
  }
  pid_t Start(const std::vector<std::string>& arguments) {
    const pid_t child = fork();
    if (child != 0) return child;
    const std::string folder = folder_.Path("");
    if (chdir(folder.c_str()) != 0) _exit(125);
    const int out = open("started.out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (out < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0) _exit(125);
    std::string program = POLC_BINARY_DIR "/bin/polc";
    std::vector<char*> argv = {program.data()};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    execv(program.c_str(), argv.data());
    _exit(126);
  }
  // Runs it and kills it so long after its `states`-th state was written, or after its start where that is 0;
  // whether it had ended by itself. How fast a machine is does not decide where it is stopped.
  bool RunAndKill(const std::vector<std::string>& arguments, int states, std::chrono::microseconds after) {
    std::string last = Written();
    const pid_t child = Start(arguments);
    int status = 0;
    while (states > 0) {
      if (waitpid(child, &status, WNOHANG) == child) return true;
      if (std::string now = Written(); now != last) {
        last = std::move(now);
        --states;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
    std::this_thread::sleep_for(after);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return WIFEXITED(status);
  }
  // Which state is there: each is written beside the one before and put in its place.
  std::string Written() const {
    struct stat about;
    if (stat(folder_.Path("state").c_str(), &about) != 0) return "";
    return std::to_string(about.st_ino) + " " + std::to_string(about.st_mtim.tv_sec) + " " +
           std::to_string(about.st_mtim.tv_nsec);
  }
  // What a run that was stopped behind its `states`-th state has left.
  std::string StateAfter(int states) {
    for (int attempt = 0; attempt < 100; ++attempt) {
      std::filesystem::remove(folder_.Path("state"));
      if (!RunAndKill(Resuming(), states, {}) && There("state")) return ReadAll(folder_.Path("state"));
    }
    return "";
  }
  // The most memory that it had in use, in MiB. Not what wait4 says, which has this test's in it, too.
  double PeakOf(const std::vector<std::string>& arguments) {
    const pid_t child = Start(arguments);
    const std::string file = "/proc/" + std::to_string(child) + "/status";
    double peak = 0;
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
      const std::string text = ReadAll(file);
      const bool running = text.starts_with("Name:\tpolc\n");
      if (const size_t at = text.find("VmHWM:"); running && at != text.npos) {
        peak = std::max(peak, std::stod(text.substr(at + 6)) / 1024);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return peak;
  }
  bool There(const char* name) const { return std::filesystem::exists(folder_.Path(name)); }

  Folder folder_;
};

TEST_F(Resume, KilledAtAnyMomentItSaysTheSame) {
  folder_.Write("l.jsonl", Log(kSanitized ? 8'000 : 40'000));
  const Ran whole = folder_.Run(Command({}));
  ASSERT_EQ(whole.exit, 0) << whole.err;
  ASSERT_NE(whole.out.find("\"looser\""), std::string::npos);
  ASSERT_EQ(folder_.Run(Resuming()).out, whole.out);
  EXPECT_FALSE(There("state"));  // what is done is not kept
  std::mt19937_64 rng(20261121);
  size_t killed = 0, resumed = 0;
  // As often as it takes, for a run may end before it is killed.
  for (int round = 0; round < 5 || (resumed < 5 && round < 50); ++round) {
    for (int run = 0; run < 6; ++run) {
      const bool had = There("state");
      // A state is of some MiB of the log, and takes some ms.
      if (RunAndKill(Resuming(), static_cast<int>(rng() % 3), std::chrono::microseconds(rng() % 20'000))) {
        break;
      }
      ++killed;
      resumed += had;
    }
    const Ran last = folder_.Run(Resuming());
    ASSERT_EQ(last.exit, 0) << last.err;
    ASSERT_EQ(last.out, whole.out) << round;
    ASSERT_EQ(last.err, whole.err) << round;
    ASSERT_FALSE(There("state"));
  }
  std::printf("killed %zu times, %zu of them resumed runs\n", killed, resumed);
  EXPECT_GE(killed, 5u);
  EXPECT_GE(resumed, 5u);
}

TEST_F(Resume, OfSomethingElseItIsRefused) {
  folder_.Write("l.jsonl", Log(20'000));
  // Nothing is left of a run that ends; so one is stopped.
  std::string state = StateAfter(1);
  ASSERT_NE(state, "");
  const auto refused = [&](const std::vector<std::string>& command) {
    folder_.Write("state", state);
    const Ran ran = folder_.Run(command);
    EXPECT_EQ(ran.exit, 2) << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_EQ(ReadAll(folder_.Path("state")), state);  // nothing is lost by asking
    return ran.err;
  };
  const std::string log = ReadAll(folder_.Path("l.jsonl"));
  folder_.Write("l.jsonl", log + LogLine(1));
  EXPECT_NE(refused(Resuming()).find("another log, or it has grown"), std::string::npos);
  std::string other = log;
  other.replace(other.find("r1"), 2, "r2");
  folder_.Write("l.jsonl", other);
  EXPECT_NE(refused(Resuming()).find("another log: it begins otherwise"), std::string::npos);
  folder_.Write("l.jsonl", log);
  std::vector<std::string> command = Resuming();
  *std::ranges::find(command, "new.pol") = "old.pol";
  EXPECT_NE(refused(command).find("other new policies: sha256:"), std::string::npos);
  command = Resuming();
  *std::ranges::find(command, "old.pol") = "logged";
  EXPECT_NE(refused(command).find("other old policies"), std::string::npos);
  command = Resuming();
  command.insert(command.end(), {"--split", "2026-11-21"});
  EXPECT_NE(refused(command).find("another --split"), std::string::npos);
  const std::string entities = ReadAll(folder_.Path("e.json"));
  folder_.Write("e.json", entities + "\n");
  EXPECT_NE(refused(Resuming()).find("other entities"), std::string::npos);
  folder_.Write("e.json", entities);
  for (std::string damaged : {state.substr(0, state.size() - 1), "x" + state, std::string("x")}) {
    std::swap(state, damaged);
    EXPECT_NE(refused(Resuming()).find("or is not whole"), std::string::npos);
    std::swap(state, damaged);
  }
  // And as it was, it goes on.
  folder_.Write("state", state);
  const Ran resumed = folder_.Run(Resuming());
  EXPECT_EQ(resumed.exit, 0) << resumed.err;
  EXPECT_EQ(resumed.out, folder_.Run(Command({})).out);
}

// Beyond its first MiB, which is looked at first, all that was read is compared.
TEST_F(Resume, ALogThatWasChangedWhereItWasReadIsRefused) {
  const std::string log = Log(20'000);
  ASSERT_GT(log.size(), size_t{4} << 20);
  std::string changed = log;
  changed[(size_t{1} << 20) + 7] ^= 1;
  // Stopped later and later, until what was changed had been read.
  std::string refused;
  for (int states = 1; refused.empty() && states <= 4; ++states) {
    folder_.Write("l.jsonl", log);
    ASSERT_NE(StateAfter(states), "");
    folder_.Write("l.jsonl", changed);
    const Ran ran = folder_.Run(Resuming());
    if (ran.exit == 2) refused = ran.err;
  }
  EXPECT_NE(refused.find("of the log are not what they were"), std::string::npos) << refused;
}

class Stream : public Resume {};

// Answers of a stream are those of the same requests at once, bad lines in their places.
TEST_F(Stream, AnswersWhatRequestsAtOnceAnswer) {
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    requests += RequestLine(i) + (i % 17 == 3 ? "\r\n" : "\n");
    if (i % 20 == 1) requests += "no request\n";
    if (i % 20 == 2) requests += "{\"principal\":\"\xff\"}\n";
    if (i % 20 == 3) requests += "\n   \n";
    if (i % 20 == 4)
      requests += R"({"principal":{"type":"Robot","id":"r"},"action":{"type":"Action","id":"no"}})"
                  "\n";
  }
  requests += RequestLine(200);  // no line feed behind it
  folder_.Write("r.jsonl", requests);
  const std::vector<std::string> common = {"eval",   "new.pol",    "--entities",
                                           "e.json", "--requests", "r.jsonl"};
  std::vector<std::string> stream = common;
  stream.emplace_back("--stream");
  const Ran one_by_one = folder_.Run(stream);
  EXPECT_EQ(one_by_one.exit, 1);
  EXPECT_EQ(std::ranges::count(one_by_one.out, '\n'), 201 + 30);
  EXPECT_NE(one_by_one.out.find("\"at\":\"r.jsonl:3:"), std::string::npos);
  // At once, no line may be other than UTF-8.
  std::string valid = requests;
  for (size_t at; (at = valid.find('\xff')) != valid.npos;) valid.replace(at, 1, "f");
  folder_.Write("r.jsonl", valid);
  const Ran at_once = folder_.Run(common);
  EXPECT_EQ(at_once.exit, 1);
  EXPECT_EQ(folder_.Run(stream).out, at_once.out);
}

TEST_F(Stream, ALineThatIsTooLongIsAnAnswer) {
  const std::string requests =
      RequestLine(1) + "\n" + std::string((size_t{16} << 20) + 1, ' ') + "\n" + RequestLine(2) + "\n";
  const Ran ran = folder_.Run({"eval", "new.pol", "--entities", "e.json", "--stream"}, requests);
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(std::ranges::count(ran.out, '\n'), 3);
  EXPECT_NE(ran.out.find("\"code\":\"InputTooLarge\""), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("\"at\":\"-:2:1\""), std::string::npos) << ran.out;
  // One that is as long as may be is none that is too long: it is blank.
  const Ran most = folder_.Run({"eval", "new.pol", "--entities", "e.json", "--stream"},
                               std::string(size_t{16} << 20, ' ') + "\n" + RequestLine(2) + "\n");
  EXPECT_EQ(most.exit, 0);
  EXPECT_EQ(std::ranges::count(most.out, '\n'), 1);
}

// Ten times as many lines take as much memory, within what an allocator keeps here and there.
TEST_F(Stream, TakesConstantMemory) {
  if (kSanitized) GTEST_SKIP() << "sanitizers keep what is freed";
  const auto peak = [&](std::vector<std::string> command, const auto& line, int lines) {
    {
      std::ofstream input(folder_.Path("input"), std::ios::binary);
      for (int i = 0; i < lines; ++i) input << line(i);
    }
    command.emplace_back("input");
    const double mib = PeakOf(command);
    std::ifstream out(folder_.Path("started.out"));
    EXPECT_EQ(std::count(std::istreambuf_iterator<char>(out), {}, '\n'), lines);
    return mib;
  };
  const auto request = [](int i) { return RequestLine(i) + "\n"; };
  const std::vector<std::string> eval = {"eval", "new.pol", "--entities", "e.json", "--stream", "--requests"};
  const std::vector<std::string> simulate = {"simulate", "--stream",   "--old",  "old.pol", "--new",
                                             "new.pol",  "--entities", "e.json", "--log"};
  constexpr double kSlackMib = 4;
  const double eval_few = peak(eval, request, 10'000), eval_many = peak(eval, request, 100'000);
  EXPECT_GT(eval_few, 1);
  EXPECT_LE(eval_many, eval_few + kSlackMib);
  // A log is read by the MiB: both are several.
  const double log_few = peak(simulate, LogLine, 20'000), log_many = peak(simulate, LogLine, 200'000);
  EXPECT_GT(log_few, 1);
  EXPECT_LE(log_many, log_few + kSlackMib);
  std::printf(
      "eval: %.1f MiB for 10,000, %.1f for 100,000; simulate: %.1f MiB for 20,000, %.1f for 200,000\n",
      eval_few, eval_many, log_few, log_many);
}

}  // namespace
}  // namespace polc
