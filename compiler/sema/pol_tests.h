// `test` blocks: the request, the entities, what the host says, and what is expected to come out.
//
// What a test does not give is as docs/language.md, Tests, says: switches are off, counters 0, labels unset,
// breakers closed, `now` is 2000-01-01, everything that rules limit is enforced, only given entities exist.
// Approvals, refusals and evidence name the action of the test; who runs it fills in digests.
// Tested by pol_facts_test.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/data/entities.h"
#include "compiler/data/host.h"
#include "compiler/source/source_map.h"

namespace polc::sema::pol {

struct TestCase {
  struct Vote {
    data::EntityUid person;
    int64_t ago_ms = 0;  // before `now`
    source::Span span{};
  };
  // What an input with keys reads as where nothing has moved it.
  struct StateDefault {
    std::string input, by;
    data::Value value;
  };
  struct Expected {
    enum class Outcome : uint8_t { kAllow, kAllowWithLimits, kRequireApproval, kSuggest, kDeny };
    Outcome outcome = Outcome::kAllow;
    std::optional<std::string> why;             // of a deny
    std::optional<data::EntityUid> suggestion;  // kSuggest: the action
    // Kind and value, sorted; exact if there.
    std::optional<std::vector<std::pair<std::string, data::Value>>> limits;
    std::optional<std::vector<std::string>> by;  // rule ids, sorted; exact if there
    source::Span span{};
  };

  std::string policy;  // of the file it stands in
  std::string title;
  source::Span span;
  // The request with its entities; `host` has `now`, the attributes from the host, state, evidence without
  // digests, the chain and what is enforced, and no approvals or refusals: these are the votes below.
  data::Request request;
  std::vector<Vote> approvals, refusals;
  // Supplied in `request` already for every key that the request, its entities and the rules name; for a
  // runner that knows of more keys.
  std::vector<StateDefault> defaults;
  Expected expected;
};

}  // namespace polc::sema::pol
