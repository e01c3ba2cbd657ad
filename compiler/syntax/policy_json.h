// Policies in JSON (Cedar's EST format), policy sets, and lists of template links.
//
// The readers accept what Cedar 4.12 accepts: members it ignores are ignored, `"op": "all"` is `"All"`, an
// entity may be wrapped in `__entity`, a literal may hold sets, records and `__extn` calls. Two accidents
// of Cedar's JSON library are not followed: an array in place of an object with fixed members is refused,
// and so is any object that has a key twice.
//
// The writers give what Cedar gives for the same policy in text: `has a.b` as `&&` of single tests, one
// `Literal` for each character of a pattern, null for `@key`. Members are in a fixed order.
// Tested by policy_json_test.cc and tests/differential.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"
#include "compiler/syntax/ast.h"

namespace polc::syntax {

struct NamedPolicy {
  std::string id;
  Policy policy;
  // Stood under `templates`. Cedar never decides by such a policy, even if it has no slot.
  bool under_templates = false;
};

struct PolicySet {
  std::vector<NamedPolicy> policies;  // static policies, then templates, each in document order
  std::vector<TemplateLink> links;
};

// How many `has` tests with a path that Cedar text cannot write may stand inside each other: printing
// repeats the subject of each, so the text doubles with every level.
inline constexpr int kMaxUnwritableHas = 8;

// One policy or template. Nothing if any error was reported.
std::optional<Policy> ParsePolicyJson(const source::SourceMap& map, source::FileId file,
                                      source::DiagnosticSink& sink);

// `{"templates": {...}, "staticPolicies": {...}, "templateLinks": [...]}`. Nothing if any error was reported.
// Whether ids are distinct and links fit their templates is sema's to say, as it is for text.
std::optional<PolicySet> ParsePolicySetJson(const source::SourceMap& map, source::FileId file,
                                            source::DiagnosticSink& sink);

// Links beside policies in text: `[{"template_id": "t", "link_id": "l", "args": {"?principal":
// "User::\"alice\""}}]`.
std::optional<std::vector<TemplateLink>> ParseLinksJson(const source::SourceMap& map, source::FileId file,
                                                        source::DiagnosticSink& sink);

// The last two with what can be read beside errors: an item is good iff no error stands within its span or
// names its id as `rule`.
PolicySet ReadPolicySetJson(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink);
std::vector<TemplateLink> ReadLinksJson(const source::SourceMap& map, source::FileId file,
                                        source::DiagnosticSink& sink);

// On one line, without a line break.
std::string PolicyToJson(const Policy& policy);
// Policies that have slots, or stood there, go under `templates`.
std::string PolicySetToJson(const PolicySet& set);

}  // namespace polc::syntax
