// One case of the differential test: a world, a policy set, requests, and what is to be compared.
//
// A case keeps its parts apart so that the shrinker can take pieces away; ToJson() is the line that both
// sides answer (peer/src/main.rs says what its fields mean).
#pragma once

#include <string>
#include <vector>

#include "tests/gen/mutate.h"
#include "tests/gen/policy.h"
#include "tests/gen/world.h"

namespace polc::differential {

using gen::Json;

// Sets that share one world, so that both sides read its schema and entities once.
inline constexpr uint64_t kSetsPerWorld = 8;

struct Case {
  uint64_t seed = 0;
  uint64_t index = 0;
  std::string schema;  // one of the two; empty: no schema at all
  std::string schema_json;
  bool has_schema = true;
  std::vector<Json> entities;
  gen::PolicySet set;
  std::vector<std::string> policy_texts;  // one a policy of `set`, as printed
  std::string tail;                       // text after the last policy
  std::vector<gen::Request> requests;
  std::vector<int> levels;
  bool json = false, format = false, convert = false;
  // Only to be accepted or refused.
  std::vector<std::string> policy_mutants, policy_jsons, schema_mutants, schema_json_mutants, entity_texts,
      entities_texts;

  Json ToJson() const;
  std::string PolicyText() const;
};

// Set `index` of the run `seed`. The first set of each world also carries the world's own comparisons.
Case MakeCase(uint64_t seed, uint64_t index);

}  // namespace polc::differential
