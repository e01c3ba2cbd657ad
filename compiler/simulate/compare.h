// Two decisions of one request, compared: which bucket a replayed record falls into.
//
// Tested by compare_test.cc.
#pragma once

#include <string>
#include <string_view>

#include "compiler/data/decision.h"

namespace polc::simulate {

// In the order in which they are looked for, the last four after a record has been replayed.
enum class Bucket : uint8_t { kUnchanged, kTerms, kStricter, kError, kLooser, kNotReplayable };
inline constexpr size_t kBuckets = 6;
std::string_view BucketName(Bucket bucket);  // "unchanged", "terms_changed", "stricter", "error", …

// kLooser: the outcome is less restrictive, whatever else. kError: an error is why, or a rule errs that did
// not. kStricter: the outcome is more restrictive. kTerms: other limits, needs or suggestions, whoever makes
// them. With `whole` false the old decision says allow or deny and no more, and only that is compared.
Bucket Compare(const data::Decision& before, const data::Decision& after, bool whole);

// Whether both demand and propose the same, by whichever rules.
bool SameTerms(const data::Decision& a, const data::Decision& b);

// `deny (no_grant)`.
std::string OutcomeText(const data::Decision& decision);

// Every rule that a decision names, sorted.
std::vector<std::string> RulesOf(const data::Decision& decision);

}  // namespace polc::simulate
