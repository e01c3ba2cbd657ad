// Comparing the two answers to a case, and making a case small that shows a disagreement.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/differential/case.h"

namespace polc::differential {

struct Disagreement {
  std::string aspect;           // the answer's field: "strict", "decisions", "policy_texts", ...
  std::optional<size_t> index;  // which of its elements, where it is a list
  Json theirs;
  Json ours;
};

// Every aspect both answers have. A field polc did not answer at all is a disagreement too.
std::vector<Disagreement> Compare(const Json& theirs, const Json& ours);

// Takes away what is not needed to show `shown`: policies, links, requests, entities, other comparisons, then
// parts of expressions. `disagrees` runs both sides. Greedy; a few hundred runs.
Case Shrink(Case c, const Disagreement& shown,
            const std::function<std::vector<Disagreement>(const Case&)>& disagrees);

// The case and its disagreements as a person wants to read them, with the JSON line to paste into the peer.
std::string Report(const Case& c, const std::vector<Disagreement>& disagreements, const Json& messages);

}  // namespace polc::differential
