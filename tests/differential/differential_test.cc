// polc against the reference engine: random policy sets, every verdict and every decision compared.
//
//   differential_test [--sets N] [--seed S] [--jobs J] [--from I] [--only ASPECT] [--keep-going]
//
// Set I of seed S is the same case on every machine. Workers are processes: each has its own peer and its
// own polc, so a crash of either is reported with the set that caused it.
// Built with POLC_PLANT_BUGS_AT_RUN_TIME (differential_planted_test) it instead plants the ten bugs of
// compiler/source/planted.h one after the other, and says after how many sets each was found.
// Exit 0: no disagreement and every minimum of the statistics met; 1 otherwise; 77: there is no peer here.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <thread>

#include "compiler/source/planted.h"
#include "tests/differential/case.h"
#include "tests/differential/compare.h"
#include "tests/differential/peer_process.h"
#include "tests/differential/polc_answer.h"

namespace polc::differential {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSkip = 77;
// After this many disagreements a worker has said enough.
constexpr int kMaxReports = 10;

struct Options {
  uint64_t sets = 20000;
  uint64_t seed = 1;
  uint64_t from = 0;
  unsigned jobs = 2;
  bool keep_going = false;
  std::string only;  // compare this aspect alone
  std::string reports = POLC_BINARY_DIR "/differential";
};

// ---- Statistics: sums by name, merged over the workers ----

using Counts = std::map<std::string, uint64_t>;

void Count(const Json& c, const Json& answer, Counts& n) {
  ++n["sets"];
  if (answer.value("schema", false)) ++n["sets with a schema"];
  if (answer.value("parsed", false)) ++n["sets parsed"];
  if (answer.contains("strict")) {
    n["sets strictly valid"] += answer["strict"].empty();
    n["sets permissively valid"] += answer["permissive"].empty();
    n["policies strictly invalid"] += answer["strict"].size();
    for (const Json& level : answer["levels"]) n["sets valid at their level"] += level.empty();
  }
  for (const Json& ok : answer.value("linked", Json::array()))
    ++n[ok.get<bool>() ? "links bound" : "links refused"];
  for (const Json& valid : answer.value("requests", Json::array())) {
    ++n[valid.is_null() ? "requests unreadable" : valid.get<bool>() ? "requests valid" : "requests invalid"];
  }
  for (const Json& d : answer.value("decisions", Json::array())) {
    if (d.is_null()) continue;
    ++n["decisions"];
    ++n[d["d"].get<bool>() ? "allow" : d["r"].empty() ? "deny by default" : "deny by forbid"];
    if (!d["e"].empty()) ++n["decisions with an erring policy"];
  }
  for (const char* key :
       {"policy_texts", "schema_texts", "schema_json_texts", "entity_texts", "entities_texts"}) {
    for (const Json& ok : answer.value(key, Json::array()))
      ++n[std::string(key) + (ok.get<bool>() ? " accepted" : " refused")];
  }
  for (const Json& a : answer.value("policy_jsons", Json::array()))
    ++n[a["ok"].get<bool>() ? "policy_jsons accepted" : "policy_jsons refused"];
  if (answer.contains("json")) ++n["sets written as JSON"];
  if (answer.contains("formatted")) ++n["sets formatted"];
  (void)c;
}

struct Minimum {
  const char* what;
  const char* of;
  unsigned percent;
};
constexpr Minimum kMinima[] = {{"sets strictly valid", "sets", 30},
                               {"allow", "decisions", 15},
                               {"deny by forbid", "decisions", 15},
                               {"deny by default", "decisions", 15},
                               {"decisions with an erring policy", "decisions", 10}};
// Evaluations of each operator, scope form and extension function, for the CI slice and longer runs.
constexpr uint64_t kMinEvaluations = 200;
constexpr uint64_t kSetsForMinima = 20000;

// ---- One worker ----

class Worker {
 public:
  Worker(const Options& options, const std::string& peer)
      : options_(options), binary_(peer), peer_(std::make_unique<PeerProcess>(peer)) {}

  // Sets whose world falls to worker `which` of `of`. Writes "at I" before each set, for the post mortem.
  Json Run(unsigned which, unsigned of, int progress) {
    int reports = 0;
    for (uint64_t i = options_.from; i < options_.from + options_.sets; ++i) {
      if (i / kSetsPerWorld % of != which) continue;
      std::string at = "at " + std::to_string(i) + "\n";
      if (write(progress, at.data(), at.size()) < 0) break;
      Case c = MakeCase(options_.seed, i);
      Json theirs;
      std::vector<Disagreement> found = Run(c, &theirs);
      Count(c.ToJson(), theirs, counts_);
      if (found.empty()) continue;
      counts_["disagreements"] += found.size();
      if (++reports <= kMaxReports) Tell(c, found);
      if (!options_.keep_going && reports >= kMaxReports) break;
    }
    Json out = Json::object();
    out["counts"] = counts_;
    out["evaluated"] = polc_.evaluated();
    return out;
  }

  // How many sets it took to disagree, and on what first; nothing if all agreed.
  std::pair<uint64_t, std::string> UntilFound() {
    for (uint64_t i = 0; i < options_.sets; ++i) {
      std::vector<Disagreement> found = Run(MakeCase(options_.seed, options_.from + i));
      if (!found.empty()) return {i + 1, found[0].aspect};
    }
    return {options_.sets, ""};
  }

 private:
  std::vector<Disagreement> Run(const Case& c, Json* answer = nullptr) {
    const Json json = c.ToJson();
    if (!peer_->Send(json.dump())) return Died(json);
    const Json ours = polc_.Answer(json);  // while the peer works
    std::optional<std::string> line = peer_->Receive();
    if (!line) return Died(json);
    const Json theirs = Json::parse(*line);
    if (answer) *answer = theirs;
    std::vector<Disagreement> found = Compare(theirs, ours);
    if (!options_.only.empty())
      std::erase_if(found, [&](const Disagreement& d) { return d.aspect != options_.only; });
    return found;
  }

  std::vector<Disagreement> Died(const Json&) {
    peer_ = std::make_unique<PeerProcess>(binary_);
    return {{"peer", std::nullopt, "the reference engine died", nullptr}};
  }

  // One report for each aspect: the case made small, on standard output and in a file.
  void Tell(const Case& c, const std::vector<Disagreement>& found) {
    std::set<std::string> told;
    for (const Disagreement& d : found) {
      if (!told.insert(d.aspect).second) continue;
      auto disagrees = [this](const Case& smaller) { return Run(smaller); };
      Case small = Shrink(c, d, disagrees);
      Json theirs;
      std::vector<Disagreement> left = Run(small, &theirs);
      std::erase_if(left, [&](const Disagreement& other) { return other.aspect != d.aspect; });
      Json asked = small.ToJson();
      asked["explain"] = true;
      Json messages;
      if (peer_->Send(asked.dump())) {
        if (auto line = peer_->Receive()) messages = Json::parse(*line).value("messages", Json());
      }
      std::string text = Report(small, left, messages);
      std::string file = options_.reports + "/" + d.aspect + "-" + std::to_string(c.seed) + "-" +
                         std::to_string(c.index) + ".txt";
      std::ofstream(file) << text;
      std::cout << "DISAGREEMENT (" << file << ")\n" << text << std::endl;
    }
  }

  const Options& options_;
  std::string binary_;
  std::unique_ptr<PeerProcess> peer_;
  PolcSide polc_;
  Counts counts_;
};

#ifdef POLC_PLANT_BUGS_AT_RUN_TIME
// ---- Planted bugs ----

constexpr int kPlantedBugs = 10;

// Finds the bugs whose turn is `which`; whether all of them were.
bool FindPlanted(const Options& options, const std::string& peer, unsigned which) {
  bool all = true;
  for (int bug = 1; bug <= kPlantedBugs; ++bug) {
    if (static_cast<unsigned>(bug) % options.jobs != which) continue;
    source::planted_bug = bug;
    Worker worker(options, peer);
    auto [sets, aspect] = worker.UntilFound();
    if (aspect.empty()) {
      all = false;
      std::printf("planted bug %d: NOT FOUND in %llu sets\n", bug, static_cast<unsigned long long>(sets));
    } else {
      std::printf("planted bug %d: found by `%s` after %llu sets\n", bug, aspect.c_str(),
                  static_cast<unsigned long long>(sets));
    }
    std::fflush(stdout);
  }
  return all;
}

int Main(const Options& options) {
  PeerBinary peer = FindPeer();
  if (peer.path.empty()) {
    std::printf("SKIPPED: planted: %s\n", peer.reason.c_str());
    return kSkip;
  }
  std::vector<pid_t> children;
  for (unsigned j = 0; j < options.jobs; ++j) {
    pid_t pid = fork();
    if (pid == 0) _exit(FindPlanted(options, peer.path, j) ? 0 : 1);
    children.push_back(pid);
  }
  bool failed = false;
  for (pid_t pid : children) {
    int status = 0;
    waitpid(pid, &status, 0);
    failed = failed || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
  }
  return failed ? 1 : 0;
}

#else
// ---- The whole run ----

struct Child {
  pid_t pid;
  int from;
};

int Main(const Options& options) {
  PeerBinary peer = FindPeer();
  if (peer.path.empty()) {
    std::cout << "SKIPPED: differential: " << peer.reason << "\n";
    return kSkip;
  }
  if (system(("mkdir -p '" + options.reports + "'").c_str()) != 0) return 1;
  const Clock::time_point start = Clock::now();
  std::vector<Child> children;
  for (unsigned j = 0; j < options.jobs; ++j) {
    int ends[2];
    if (pipe(ends) != 0) return 1;
    pid_t pid = fork();
    if (pid == 0) {
      close(ends[0]);
      std::string result = Worker(options, peer.path).Run(j, options.jobs, ends[1]).dump() + "\n";
      ssize_t written = write(ends[1], result.data(), result.size());
      std::cout.flush();
      _exit(written == static_cast<ssize_t>(result.size()) ? 0 : 1);
    }
    close(ends[1]);
    children.push_back({pid, ends[0]});
  }
  // Each worker's last word is its result, or the set it died in.
  std::vector<std::string> last(children.size());
  std::vector<std::thread> readers;
  for (size_t j = 0; j < children.size(); ++j) {
    readers.emplace_back([&, j] {
      FILE* in = fdopen(children[j].from, "r");
      char* line = nullptr;
      size_t capacity = 0;
      while (getline(&line, &capacity, in) > 0) last[j] = line;
      free(line);
      fclose(in);
    });
  }
  for (std::thread& t : readers) t.join();
  Counts counts, evaluated;
  bool failed = false;
  for (size_t j = 0; j < children.size(); ++j) {
    int status = 0;
    waitpid(children[j].pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || last[j].compare(0, 1, "{") != 0) {
      std::cout << "CRASH: polc died, seed " << options.seed << ", set " << last[j];
      failed = true;
      continue;
    }
    Json result = Json::parse(last[j]);
    for (auto& [name, n] : result["counts"].items()) counts[name] += n.get<uint64_t>();
    for (auto& [name, n] : result["evaluated"].items()) evaluated[name] += n.get<uint64_t>();
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();

  std::printf("differential: seed %llu, sets %llu..%llu, %.1f s, %.0f sets/s\n",
              static_cast<unsigned long long>(options.seed), static_cast<unsigned long long>(options.from),
              static_cast<unsigned long long>(options.from + options.sets), seconds,
              static_cast<double>(counts["sets"]) / seconds);
  for (const auto& [name, n] : counts)
    std::printf("  %-40s %10llu\n", name.c_str(), static_cast<unsigned long long>(n));
  std::printf("shares\n");
  for (const Minimum& m : kMinima) {
    const double share =
        counts[m.of] ? 100.0 * static_cast<double>(counts[m.what]) / static_cast<double>(counts[m.of]) : 0;
    const bool met = share >= m.percent;
    std::printf("  %-40s %9.1f %% of %s (at least %u %%)%s\n", m.what, share, m.of, m.percent,
                met ? "" : "  MISSED");
    if (!met && options.sets >= kSetsForMinima) failed = true;
  }
  std::printf("evaluated\n");
  for (const auto& [name, n] : evaluated) {
    const bool met = n >= kMinEvaluations;
    std::printf("  %-40s %10llu%s\n", name.c_str(), static_cast<unsigned long long>(n),
                met ? "" : "  MISSED");
    if (!met && options.sets >= kSetsForMinima) failed = true;
  }
  std::printf("disagreements: %llu\n", static_cast<unsigned long long>(counts["disagreements"]));
  return failed || counts["disagreements"] ? 1 : 0;
}
#endif

}  // namespace
}  // namespace polc::differential

int main(int argc, char** argv) {
  // The engine behind JSON stays out: random worlds hold records with keys JSON cannot carry, which it
  // refuses.
  setenv("POLC_ENGINES", "oracle,straight,tree,reloaded", /*overwrite=*/0);
#ifdef POLC_PLANT_BUGS_AT_RUN_TIME
  // Bugs are planted in the oracle's half: the reference is to find them, not the VM.
  setenv("POLC_ENGINES", "oracle", /*overwrite=*/1);
#endif
  polc::differential::Options options;
  for (int i = 1; i < argc; ++i) {
    auto is = [&](const char* name) { return std::strcmp(argv[i], name) == 0 && i + 1 < argc; };
    if (is("--sets")) {
      options.sets = std::strtoull(argv[++i], nullptr, 10);
    } else if (is("--seed")) {
      options.seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (is("--from")) {
      options.from = std::strtoull(argv[++i], nullptr, 10);
    } else if (is("--jobs")) {
      options.jobs = static_cast<unsigned>(std::strtoul(argv[++i], nullptr, 10));
    } else if (is("--only")) {
      options.only = argv[++i];
    } else if (std::strcmp(argv[i], "--keep-going") == 0) {
      options.keep_going = true;
    } else {
      std::fprintf(stderr,
                   "usage: differential_test [--sets N] [--seed S] [--from I] [--jobs J] [--only ASPECT] "
                   "[--keep-going]\n");
      return 2;
    }
  }
  return polc::differential::Main(options);
}
