// `test` blocks: the request, the entities, what the host says, and what is expected to come out.
//
// What a test does not give is as docs/language.md, Tests, says: switches are off, counters 0, labels unset,
// breakers closed, `now` is 2000-01-01, everything that rules limit is enforced, only given entities exist.
// Approvals, refusals and evidence name the action of the test; who runs it fills in digests.
//
// A `test` may stand for many: one for each of its cases, and of these one for each combination of principal,
// action and resource. Each of them is a TestCase here, with everything that its fixtures give.
// Tested by pol_facts_test.cc and pol_build_tests_test.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/data/entities.h"
#include "compiler/data/host.h"
#include "compiler/source/source_map.h"

namespace polc::sema::pol {

// What a request for approval lacks: approvals, and kinds of evidence, sorted.
struct MissingTerms {
  bool approval = false;
  std::vector<std::string> evidence;
};

// One request, or the same several times, and what is expected of each.
struct TestStep {
  struct Vote {
    data::EntityUid person;
    int64_t ago_ms = 0;  // before `now`
    source::Span span{};
  };
  struct Expected {
    enum class Outcome : uint8_t { kAllow, kAllowWithLimits, kRequireApproval, kSuggest, kDeny };
    Outcome outcome = Outcome::kAllow;
    std::optional<std::string> why;             // of a deny
    std::optional<data::EntityUid> suggestion;  // kSuggest: the action
    std::optional<MissingTerms> missing;        // kRequireApproval; exact if there
    // Kind and value, sorted; exact if there.
    std::optional<std::vector<std::pair<std::string, data::Value>>> limits;
    std::optional<std::vector<std::string>> by;  // rule ids, sorted; exact if there
    std::vector<std::string> with;               // rule ids that are among the reasons
    std::vector<std::string> not_by;             // rule ids that are not among the reasons
    std::optional<size_t> errors;                // how many rules err
    source::Span span{};
  };

  // The request with its entities; `host` has `now`, the attributes from the host, state as it is given,
  // evidence without digests, the chain and what is enforced, and no approvals or refusals: these are the
  // votes below.
  data::Request request;
  uint32_t times = 1;
  std::vector<Vote> approvals, refusals;  // given for this step
  Expected expected;
};

struct TestCase : TestStep {
  // What an input with keys reads as where nothing has moved it.
  struct StateDefault {
    std::string input, by;
    data::Value value;
  };
  std::string policy;  // of the file it stands in
  std::string title;   // distinct for each of those one test stands for
  source::Span span;   // of the `test`, or its `case`
  std::vector<TestStep> then;
  // Supplied in `request` already for every key that the request, its entities and the rules name; for a
  // runner that knows of more keys.
  std::vector<StateDefault> defaults;
};

}  // namespace polc::sema::pol
