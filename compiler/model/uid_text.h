// Entity uids written as Cedar text: `User::"alice"`, as requests, links and the command line take them.
//
// Only the normal form counts, as for the reference engine: no white space or comments between the parts, no
// reserved words and no `__cedar` in the type, and in the id no character spelt in a roundabout way
// (`\x41`, `\u{0041}`, a raw tab). Two choices are free here that Unicode's tables decide there: characters
// beyond ASCII may stand raw or as `\u{…}`, and `'` with or without a backslash.
// Tested by uid_text_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "compiler/data/value.h"

namespace polc::model {

// The uid `text` (valid UTF-8) means, or why it is none. O(length).
std::variant<data::EntityUid, std::string> ParseUid(std::string_view text);

}  // namespace polc::model
