// A bundle in words and figures: what `polc compile --report`, `polc inspect` and `polc explain` share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "llvm/Support/JSON.h"
#include "runtime/bundle/reader.h"

namespace polc::cli {

// Dispatch, static bounds and bytes per section, as lines of text and as members of an object.
std::string FiguresText(const bundle::Bundle& bundle);
void FiguresJson(const bundle::Bundle& bundle, llvm::json::OStream& json);

// "permit", "limit", "require", "suggest", "forbid".
std::string_view EffectWord(uint8_t effect);

// "a/b.cedar:3:8"; "" if it is nowhere.
std::string PlaceName(const bundle::Bundle& bundle, const bundle::Place& place);

// What stands there, if the bundle carries its source; else "".
std::string_view SourceText(const bundle::Bundle& bundle, const bundle::Place& place);

}  // namespace polc::cli
