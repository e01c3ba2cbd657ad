// Entity uids written as Cedar text: `User::"alice"`, as requests, links and the command line take them.
//
// The whole of Cedar's grammar for them: white space and comments between the parts, every escape of string
// literals; no reserved words and no `__cedar` in the type.
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
