// What approvals are bound to: the action digest and the terms digest (language.md, §4), over canonical JSON.
//
// Canonical JSON is RFC 8785 (no spaces, members sorted by UTF-16, the shortest escapes) of
//
//   bool        true, false
//   long        a decimal string: "-7"
//   text        a string
//   entity      {"__entity":{"id":…,"type":…}}
//   decimal, ipaddr, duration
//               {"__extn":{"arg":"1.5000","fn":"decimal"}}
//   datetime    {"__extn":{"arg":"1234ms","fn":"datetime"}}, milliseconds since 1970
//   set         an array, sorted by the bytes of its elements' JSON, none twice
//   record      an object
//
// docs/requests.md shows the two documents. SHA-256 is LLVM's here: the runtime has its own.
// Tested by digest_test.cc.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/data/decision.h"
#include "compiler/data/entities.h"

namespace polc::oracle {

std::string CanonicalJson(const data::Value& value);
std::string CanonicalText(std::string_view text);  // a JSON string
// An object of members that are JSON already.
std::string CanonicalObject(const std::map<std::string, std::string>& members);
std::string CanonicalArray(const std::vector<std::string>& elements);

// `sha256:` and 64 hex digits.
std::string DigestOf(std::string_view text);

// The parts of an action that an approval names, as canonical JSON each; the action is their object. Of the
// request as decided: context completed.
std::map<std::string, std::string> ActionParts(const core::Program& program, const data::EntityStore& store,
                                               const data::Request& request);

// A limit of the terms: its value, or nothing for one that errs.
struct LimitValue {
  std::string kind;
  std::optional<data::Value> value{};
};
// Every requirement and limit that holds when no approval counts; the order and who says so do not matter.
std::string TermsJson(const std::vector<data::NeedTerm>& needs, const std::vector<LimitValue>& limits);

}  // namespace polc::oracle
