// `polc translate`: policies and schemas from one syntax to the other, both ways.
//
// Content tells what a file is: JSON starts with a bracket; a JSON object with `effect` is a policy, one with
// `staticPolicies`, `templates` or `templateLinks` a policy set, any other a schema; Cedar text whose first
// word behind the annotations is `permit` or `forbid` is policies, other text a schema.
// Translating to the syntax a file has prints it again in canonical form. Comments are not kept.
// Tested by translate_test.cc, tests/cases/translate and the corpora.
#pragma once

#include <optional>
#include <string>

#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"

namespace polc::translate {

enum class Syntax { kCedar, kJson };

enum class Kind { kPolicies, kPolicy, kSchema };  // kPolicy: a single policy in JSON

struct Content {
  Syntax syntax;
  Kind kind;
};

// What the file is, as far as its beginning or its top-level keys tell.
Content Recognize(const source::SourceMap& map, source::FileId file);

// The whole text in the other syntax, or nothing after reporting why there is none. Policies in Cedar text
// become a policy set with the ids of their positions (policy0, policy1, …). Cedar text has no place for a
// set's ids and links: ids are left out, and a set with links is refused (LinksNotExpressible).
std::optional<std::string> Translate(const source::SourceMap& map, source::FileId file, Syntax to,
                                     source::DiagnosticSink& sink);

}  // namespace polc::translate
