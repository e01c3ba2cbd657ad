// A decision log of the example's policies, as long as wanted: requests drawn at random, decided by polc,
// written as `polc eval --log` writes them.
//
//   polc_generate_log FOLDER COUNT LOG REQUESTS FIRST
//
// FOLDER has policies.polb and entities.pols, made by run. The requests of the first FIRST records also go to
// REQUESTS, one a line, for engines that read requests. Prints {"allow", "deny"}: how many came out how.
#include <array>
#include <cstdio>
#include <cstring>
#include <string>

#include "../polc/api.h"
#include "../workload/random.h"
#include "polc_json.h"

namespace polc_bench {
namespace {

constexpr int kAgents = 2000, kHumans = 500, kServices = 300;  // as run makes them

std::array<uint32_t, 256> MakeTable() {
  std::array<uint32_t, 256> out{};
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t sum = b;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xEDB88320u : 0);
    out[b] = sum;
  }
  return out;
}

uint32_t SumOf(const std::string& text) {
  static const std::array<uint32_t, 256> table = MakeTable();
  uint32_t sum = ~0u;
  for (const char c : text) sum = (sum >> 8) ^ table[(sum ^ static_cast<unsigned char>(c)) & 0xFF];
  return ~sum;
}

std::string Format(const char* format, auto... values) {
  char out[512];
  return {out, static_cast<size_t>(std::snprintf(out, sizeof out, format, values...))};
}

std::string Uid(const char* type, const std::string& id) {
  return std::string("{\"type\":\"") + type + "\",\"id\":\"" + id + "\"}";
}
std::string Extension(const char* fn, const std::string& arg) {
  return std::string("{\"__extn\":{\"fn\":\"") + fn + "\",\"arg\":\"" + arg + "\"}}";
}

std::string MakeRequest(Random& random, const std::string& now) {
  const bool human = random.Below(5) == 0;
  const std::string principal = human ? Uid("Human", Format("person-%04u", random.Below(kHumans)))
                                      : Uid("Agent", Format("agent-%04u", random.Below(kAgents)));
  static const char* const kActions[] = {"logs.read", "pod.restart", "service.scale", "table.drop"};
  const uint32_t pick = random.Below(10);
  const uint32_t action = pick < 4 ? 0 : pick < 7 ? 1 : pick < 9 ? 2 : 3;
  const std::string source =
      random.Below(20) == 0 ? Format("192.0.2.%u", random.Below(256))
                            : Format("10.%u.%u.%u", random.Below(256), random.Below(256), random.Below(256));
  std::string context = "{";
  if (action != 0)
    context += "\"blast_radius\":" + Extension("decimal", Format("0.%03u", random.Below(80))) + ",";
  context += "\"now\":" + Extension("datetime", now) + ",\"source\":" + Extension("ip", source);
  if (action != 0 && human) context += ",\"ticket\":\"" + Format("CHG-%u", random.Below(100000)) + "\"";
  return "{\"principal\":" + principal + ",\"action\":" + Uid("Action", kActions[action]) +
         ",\"resource\":" + Uid("Service", Format("service-%03u", random.Below(kServices))) +
         ",\"context\":" + context + "}}";
}

int Main(int argc, char** argv) {
  if (argc != 6) Die("usage: polc_generate_log FOLDER COUNT LOG REQUESTS FIRST");
  const std::string folder = argv[1];
  const long count = std::atol(argv[2]), first = std::atol(argv[5]);
  polc_error error = NoError();
  polc_bundle* bundle;
  polc_store* store;
  polc_engine* engine;
  polc_request* request;
  Check(polc_bundle_open((folder + "/policies.polb").c_str(), &bundle, &error), error, "bundle");
  Check(polc_bundle_verify(bundle, &error), error, "verify");
  Check(polc_store_open((folder + "/entities.pols").c_str(), &store, &error), error, "store");
  Check(polc_engine_new(bundle, store, &engine, &error), error, "engine");
  Check(polc_request_new(engine, &request, &error), error, "request");
  FILE* const log = std::fopen(argv[3], "wb");
  FILE* const requests = std::fopen(argv[4], "wb");
  if (log == nullptr || requests == nullptr) Die("cannot write");

  Random random(20261121);
  std::string decision_text(size_t{1} << 16, '\0');
  long allowed = 0;
  for (long i = 0; i < count; ++i) {
    // A tenth of a second apart, over days.
    const long ms = i * 100;
    const std::string now = Format("2026-11-%02ldT%02ld:%02ld:%02ld.%03ldZ", 1 + ms / 86400000 % 28,
                                   ms / 3600000 % 24, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
    const std::string text = MakeRequest(random, now);
    Check(polc_request_reset(request, engine, &error), error, "reset");
    Check(polc_request_from_json(request, text.data(), text.size(), &error), error, "request");
    polc_decision decision{};
    decision.struct_size = sizeof decision;
    Check(polc_decide(request, &decision, &error), error, "decide");
    allowed += decision.outcome == POLC_ALLOW;
    const size_t size = polc_decision_to_json(request, &decision, decision_text.data(), decision_text.size());
    std::string line = "{\"polc_log\":1,\"time\":\"" + now + "\",\"request\":" + text +
                       Format(",\"latency_ns\":%u,\"decision\":", 300 + random.Below(900)) +
                       decision_text.substr(0, size);
    line += Format(",\"crc\":\"%08x\"}\n", SumOf(line));
    std::fwrite(line.data(), 1, line.size(), log);
    if (i < first) std::fprintf(requests, "%s\n", text.c_str());
  }
  if (std::fclose(log) != 0 || std::fclose(requests) != 0) Die("cannot write");
  std::printf("{\"allow\": %ld, \"deny\": %ld}\n", allowed, count - allowed);
  return 0;
}

}  // namespace
}  // namespace polc_bench

int main(int argc, char** argv) { return polc_bench::Main(argc, argv); }
