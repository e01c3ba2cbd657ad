// Entity types and uids as Cedar text, as requests may name them: `App::User::"alice"`.
//
// Only the normal form counts, as in compiler/model/uid_text.h, which has the same rules for the compiler;
// written independently, and compared with it by tests/engine.
// Tested by uid_text_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace polc::api_json {

// Whether `name` can be an entity type: identifiers joined by `::`, none reserved, none `__cedar`.
bool IsTypeName(std::string_view name);

// The part behind the last `::`.
std::string_view Basename(std::string_view type);

struct UidText {
  std::string_view type;  // part of the text
  std::string id;
};

// The uid that `text`, which is UTF-8, means. Nothing if it is none in its normal form.
std::optional<UidText> ParseUidText(std::string_view text);

}  // namespace polc::api_json
