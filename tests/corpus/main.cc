#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/corpus/runner.h"

namespace {

using namespace polc::tests;

constexpr int kSkipped = 77;  // ctest's SKIP_RETURN_CODE for these tests

struct SuiteInfo {
  const char* name;
  const char* archive;  // in the corpora folder
  void (*run)(Suite&);
};

constexpr SuiteInfo kSuites[] = {
    {"decisions", "cedar/decisions.tar.xz", RunDecisions},
    {"validation", "cedar/validation.tar.xz", RunValidation},
    {"validation-hand", "cedar/validation-hand.tar.xz", RunValidationHand},
    {"handwritten", "cedar/handwritten.tar.xz", RunHandwritten},
    {"use-cases", "cedar/handwritten.tar.xz", RunUseCases},
    {"entity-parsing", "cedar/handwritten.tar.xz", RunEntityParsing},
    {"format", "cedar/handwritten.tar.xz", RunFormat},
    {"oopsla", "cedar/oopsla.tar.xz", RunOopsla},
};

int Usage() {
  std::fprintf(stderr, "usage: polc_corpus_run SUITE\nsuites:");
  for (const SuiteInfo& info : kSuites) std::fprintf(stderr, " %s", info.name);
  std::fprintf(stderr, "\n");
  return 2;
}

int Run(const SuiteInfo& info) {
  const Corpus corpus = FindCorpus(info.archive);
  if (!corpus.broken.empty()) {
    std::printf("corpus %s: %s\n", info.name, corpus.broken.c_str());
    return 1;
  }
  if (!corpus) {
    std::printf("SKIPPED corpus %s: %s\n", info.name, corpus.missing.c_str());
    return kSkipped;
  }
  Suite suite;
  suite.root = corpus.root;
  suite.engines = AllEngines();
  if (suite.engines.empty()) {
    std::printf("POLC_ENGINES=%s names an engine that does not exist\n", std::getenv("POLC_ENGINES"));
    return 2;
  }
  if (const char* shard = std::getenv("POLC_CORPUS_SHARD")) {
    if (std::sscanf(shard, "%zu/%zu", &suite.shard, &suite.shards) != 2 || suite.shard == 0 ||
        suite.shard > suite.shards) {
      std::printf("POLC_CORPUS_SHARD=%s is not of the form 1/10\n", shard);
      return 2;
    }
    --suite.shard;
  }
  const auto start = std::chrono::steady_clock::now();
  info.run(suite);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::string engines;
  for (const auto& engine : suite.engines) engines += " " + std::string(engine->name());
  std::printf("corpus %s (shard %zu/%zu, engines:%s): %s, %.1f s\n", info.name, suite.shard + 1, suite.shards,
              engines.c_str(), suite.report.Summary().c_str(), seconds);
  if (suite.shards == 1 && suite.report.nothing()) {
    std::printf("the archive holds no cases of this suite\n");
    return 1;
  }
  return suite.report.mismatches() == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return Usage();
  for (const SuiteInfo& info : kSuites) {
    if (std::strcmp(argv[1], info.name) == 0) return Run(info);
  }
  return Usage();
}
