#include "engine.h"

#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

namespace polc_bench {

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

uint64_t Zero() {
  static volatile uint64_t zero = 0;
  return zero;
}

void Die(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(1);
}

void Skip(const std::string& reason) {
  std::printf("{\"skip\":\"%s\"}\n", reason.c_str());
  std::exit(0);
}

std::vector<RequestText> ReadRequests(const std::string& path) {
  std::ifstream in(path);
  if (!in) Die("cannot read " + path);
  std::vector<RequestText> out;
  simdjson::dom::parser parser;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    simdjson::dom::element root;
    if (parser.parse(line).get(root) != simdjson::SUCCESS) Die("bad line in " + path);
    RequestText r;
    auto uid = [&](const char* key, Uid* to) {
      std::string_view type, id;
      if (root[key]["type"].get(type) != simdjson::SUCCESS || root[key]["id"].get(id) != simdjson::SUCCESS) {
        Die("bad uid in " + path);
      }
      *to = {std::string(type), std::string(id)};
    };
    uid("principal", &r.principal);
    uid("action", &r.action);
    uid("resource", &r.resource);
    simdjson::dom::element context;
    r.context = root["context"].get(context) == simdjson::SUCCESS ? simdjson::minify(context) : "{}";
    r.has_risk = root["context"]["risk"].get(r.risk) == simdjson::SUCCESS;
    r.line = std::move(line);
    out.push_back(std::move(r));
  }
  return out;
}

namespace {

// Where callgrind counts: bench/run toggles its collection at this function.
extern "C" __attribute__((noinline)) uint64_t polc_bench_counted(Engine& engine, const std::string& mode,
                                                                 Want want,
                                                                 std::span<const uint32_t> requests) {
  return engine.Run(mode, want, requests);
}

enum class Class : uint8_t { kAllowed, kDenied, kDefaulted };

class Server {
 public:
  explicit Server(Engine& engine) : engine_(engine) {}

  // answers LIMIT SECONDS FILE
  void Answers(std::istringstream& words) {
    size_t limit = 0;
    double seconds = 0;
    std::string path;
    words >> limit >> seconds >> path;
    std::ofstream out(path);
    const double end = Seconds() + seconds;
    size_t done = 0;
    for (; done < std::min(limit, engine_.RequestCount()) && Seconds() < end; ++done) {
      Answer a = engine_.Explain(done);
      std::sort(a.reasons.begin(), a.reasons.end());
      std::sort(a.errors.begin(), a.errors.end());
      out << (a.allowed ? "allow" : "deny") << '\t';
      for (size_t i = 0; i < a.reasons.size(); ++i) out << (i > 0 ? "," : "") << a.reasons[i];
      out << '\t';
      for (size_t i = 0; i < a.errors.size(); ++i) out << (i > 0 ? "," : "") << a.errors[i];
      out << '\n';
    }
    std::printf("{\"answers\":%zu}\n", done);
  }

  // time MODE WANT CLASS SECONDS CLASSES-FILE
  void Time(std::istringstream& words) {
    std::string mode, want_word, class_word, classes;
    double seconds = 0;
    words >> mode >> want_word >> class_word >> seconds >> classes;
    const Want want = want_word == "reasons" ? Want::kReasons : Want::kDecide;
    const std::vector<uint32_t> requests = Select(class_word, classes);
    if (requests.empty()) {
      std::printf("{\"decisions\":0}\n");
      return;
    }
    // Warm up, then learn how long one takes that was asked before.
    const double begin = Seconds();
    size_t tried = 0;
    do {
      sink_ += engine_.Run(mode, want, {&requests[tried % requests.size()], 1});
      ++tried;
    } while (Seconds() - begin < kWarmUp);
    const size_t again = std::min<size_t>({tried, 64, requests.size()});
    const double warm = Seconds();
    sink_ += engine_.Run(mode, want, {requests.data(), again});
    const double each = (Seconds() - warm) / static_cast<double>(again);
    const size_t batch = std::min<size_t>(each > 2e-6 ? 1 : 64, requests.size());
    std::vector<double> all, medians;
    size_t at = 0;
    for (int repetition = 0; repetition < kRepetitions; ++repetition) {
      std::vector<double> times;
      const double end = Seconds() + seconds / kRepetitions;
      do {
        if (at + batch > requests.size()) at = 0;
        const auto before = std::chrono::steady_clock::now();
        sink_ += engine_.Run(mode, want, {&requests[at], batch});
        const auto after = std::chrono::steady_clock::now();
        times.push_back(std::chrono::duration<double, std::nano>(after - before).count() /
                        static_cast<double>(batch));
        at += batch;
      } while (Seconds() < end);
      all.insert(all.end(), times.begin(), times.end());
      medians.push_back(Quantile(times, 0.5));
    }
    std::printf(
        "{\"median_ns\":%.2f,\"p99_ns\":%.2f,\"low_ns\":%.2f,\"high_ns\":%.2f,\"batch\":%zu,"
        "\"decisions\":%zu,\"distinct\":%zu}\n",
        Quantile(medians, 0.5), Quantile(all, 0.99), Quantile(medians, 0), Quantile(medians, 1), batch,
        all.size() * batch, requests.size());
  }

  // count MODE WANT N: N decisions in the function that callgrind watches.
  void Count(std::istringstream& words) {
    std::string mode, want_word;
    size_t n = 0;
    words >> mode >> want_word >> n;
    const Want want = want_word == "reasons" ? Want::kReasons : Want::kDecide;
    std::vector<uint32_t> requests;
    for (uint32_t i = 0; i < n; ++i) requests.push_back(static_cast<uint32_t>(i % engine_.RequestCount()));
    // Whatever is built on first use has been built, as it has where time is taken.
    sink_ += engine_.Run(mode, want, requests);
    sink_ += polc_bench_counted(engine_, mode, want, requests);
    std::printf("{\"counted\":%zu}\n", n);
  }

  uint64_t sink() const { return sink_; }

 private:
  static constexpr int kRepetitions = 7;

  static double Quantile(std::vector<double> v, double q) {
    std::sort(v.begin(), v.end());
    return v[std::min(v.size() - 1, static_cast<size_t>(q * static_cast<double>(v.size())))];
  }

  // The requests of a class in their order. The classes file has one letter a request: a, d (a forbid),
  // n (nothing spoke).
  std::vector<uint32_t> Select(const std::string& name, const std::string& path) const {
    std::vector<uint32_t> out;
    std::string letters;
    if (name != "all") {
      std::ifstream in(path);
      std::getline(in, letters);
    }
    const char wanted = name == "allowed" ? 'a' : name == "denied" ? 'd' : 'n';
    const size_t count = name == "all" ? engine_.RequestCount() : letters.size();
    for (uint32_t i = 0; i < count; ++i) {
      if (name == "all" || letters[i] == wanted) out.push_back(i);
    }
    return out;
  }

  Engine& engine_;
  uint64_t sink_ = 0;
};

// The high-water mark since the program began; getrusage's is inherited from whoever started it.
long PeakKib() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("VmHWM:")) return std::strtol(line.c_str() + 6, nullptr, 10);
  }
  return 0;
}

}  // namespace

int Serve(Engine& engine, double load_seconds) {
  std::string modes, wants;
  for (const std::string& m : engine.Modes()) modes += (modes.empty() ? "\"" : ",\"") + m + "\"";
  for (const Want w : engine.Wants()) {
    wants += std::string(wants.empty() ? "\"" : ",\"") + (w == Want::kDecide ? "decide" : "reasons") + "\"";
  }
  std::printf(
      "{\"engine\":\"%s\",\"version\":\"%s\",\"requests\":%zu,\"load_s\":%.3f,\"rss_kib\":%ld,"
      "\"modes\":[%s],\"wants\":[%s]}\n",
      engine.Name().c_str(), engine.Version().c_str(), engine.RequestCount(), load_seconds, PeakKib(),
      modes.c_str(), wants.c_str());
  std::fflush(stdout);
  Server server(engine);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (command == "answers") {
      server.Answers(words);
    } else if (command == "time") {
      server.Time(words);
    } else if (command == "count") {
      server.Count(words);
    } else {
      Die("unknown command: " + command);
    }
    std::fflush(stdout);
  }
  // The sum of all results is used, so no decision could be left out.
  std::fprintf(stderr, "%s", server.sink() == 1 ? "\n" : "");
  return 0;
}

}  // namespace polc_bench
