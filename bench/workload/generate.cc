// workload KIND RULES ENTITIES REQUESTS SEED FOLDER: writes one workload, in every language, to FOLDER.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "model.h"

int main(int argc, char** argv) {
  using namespace polc_bench;
  const auto kind = argc == 7 ? KindOf(argv[1]) : std::nullopt;
  if (!kind) {
    std::fprintf(stderr,
                 "usage: workload exact|hierarchical|attributes|mixed|adversarial RULES ENTITIES REQUESTS "
                 "SEED FOLDER\n");
    return 2;
  }
  auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
  const Parameters parameters{*kind, static_cast<uint32_t>(number(2)), static_cast<uint32_t>(number(3)),
                              static_cast<uint32_t>(number(4)), number(5)};
  std::string problem;
  const auto workload = MakeWorkload(parameters, &problem);
  if (!workload) {
    std::fprintf(stderr, "workload: %s\n", problem.c_str());
    return 1;
  }
  const std::string folder = argv[6];
  WriteCedar(*workload, folder);
  WriteRego(*workload, folder);
  WriteCasbin(*workload, folder);
  WriteCerbos(*workload, folder);
  WriteFloor(*workload, folder);
  WritePol(*workload, folder);
  return 0;
}
