// What a rule that holds demands: its limits, needs, lifting quorums and suggestion, with every expression in
// them evaluated; and how limits merge (language.md, §3 and §4).
//
// Tested by terms_test.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/oracle/case.h"
#include "compiler/oracle/digest.h"

namespace polc::oracle {

struct RuleTerms {
  std::vector<LimitValue> limits{};  // a value of another kind than declared errs, too
  std::vector<data::NeedTerm> needs{};
  std::vector<std::vector<data::QuorumTerm>> lifted_by{};  // one for each `unless approved by`
  std::optional<data::SuggestionTerm> suggestion{};        // by nobody yet; null if one of its values errs
  std::vector<std::string> errors{};                       // messages
};
RuleTerms TermsOf(const core::Rule& rule, const Case& in);

// Limits of one kind as one: nothing if they have nothing in common, which an empty set alone has with
// itself. Needs at least one value, all of the kind's type.
std::optional<data::Value> MergeLimits(const core::LimitKind& kind, const std::vector<data::Value>& values);

}  // namespace polc::oracle
