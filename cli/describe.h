// A bundle in words and figures: what `polc compile --report` and `polc inspect` share.
#pragma once

#include <string>

#include "compiler/tree/report.h"
#include "llvm/Support/JSON.h"
#include "runtime/bundle/reader.h"

namespace polc::cli {

// What its decision tree comes to.
tree::TreeReport ReportOn(const bundle::Bundle& bundle);

// Dispatch, static bounds and bytes per section, as lines of text and as members of an object.
std::string FiguresText(const bundle::Bundle& bundle);
void FiguresJson(const bundle::Bundle& bundle, llvm::json::OStream& json);

}  // namespace polc::cli
