// What the C++ programs that are timed have in common: they read the same requests, speak one protocol with
// bench/run, and take time in one way. The Go and Rust peers have the same written in their languages.
//
// The protocol, one line each way, is in bench/README.md. Time is taken around batches of decisions: the
// clock costs some 25 ns, so what takes less than 2 us is timed 64 at a time. There is a warm-up first. A
// repetition is a seventh of the time there is; it gives one median over its batches, and the answer is the
// median of those. The 99th percentile is over all batches. Within a batch each request is chosen by the
// decision before it (see Zero), so that what is measured is how long an answer takes, not how many answers a
// processor can overlap.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace polc_bench {

struct Uid {
  std::string type, id;
};

// One line of requests.jsonl.
struct RequestText {
  Uid principal, action, resource;
  std::string line;
  std::string context;    // JSON
  bool has_risk = false;  // the context's number, in synthetic workloads
  int64_t risk = 0;
};
std::vector<RequestText> ReadRequests(const std::string& path);

enum class Want : uint8_t { kDecide, kReasons };

struct Answer {
  bool allowed = false;
  std::vector<std::string> reasons, errors;  // rule ids
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string Name() const = 0;
  virtual std::string Version() const = 0;
  virtual std::vector<std::string> Modes() const = 0;  // "handles", "strings", "json"
  virtual std::vector<Want> Wants() const = 0;
  virtual size_t RequestCount() const = 0;
  // Decides one request and says all there is to say.
  virtual Answer Explain(size_t request) = 0;
  // Decides these requests one after the other, each only when the answer before is there: which request is
  // next depends on it, by `i + (last & Zero())`. The result depends on every decision. This is what is
  // timed.
  virtual uint64_t Run(const std::string& mode, Want want, std::span<const uint32_t> requests) = 0;
};

// Serves commands from standard input until it ends. Returns the exit code.
int Serve(Engine& engine, double load_seconds);

// Says why this engine cannot do this case, and ends.
[[noreturn]] void Skip(const std::string& reason);
[[noreturn]] void Die(const std::string& message);

// 0, which no compiler knows.
uint64_t Zero();

double Seconds();  // of a monotonic clock

// How long there is work before time is taken, in seconds. A virtual processor that was idle has less of a
// core at first, which its host mends after some 0.1 s.
inline constexpr double kWarmUp = 0.15;

}  // namespace polc_bench
