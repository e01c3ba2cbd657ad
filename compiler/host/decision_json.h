// Decisions and times in JSON, both ways (docs/requests.md, "A decision"): what `polc eval` prints and what
// decision logs hold.
//
// Law: ReadDecision of what WriteDecision wrote gives the same decision, but for records that JSON cannot
// carry (model/value_json.h), which are written as null and left out when read. Text that is not UTF-8 comes
// back repaired. Tested by decision_json_test.cc.
#pragma once

#include <optional>
#include <string>

#include "compiler/data/decision.h"
#include "compiler/json/json.h"
#include "compiler/source/diagnostic.h"
#include "llvm/Support/JSON.h"

namespace polc::host {

// Its members, of the object that is being written. What has nothing to say is left out.
void WriteDecision(const data::Decision& decision, llvm::json::OStream& json);

// Reads an object with the members of a decision; others are left alone. `outcome` has to be there. Reports
// LogFormat for what is of another shape, and goes on.
std::optional<data::Decision> ReadDecision(json::Value object, source::DiagnosticSink& sink);

// `2026-11-21T03:14:00Z`, with milliseconds where there are any; nothing outside of the years 0000 to 9999.
std::optional<std::string> TimeText(data::Datetime time);

// `2026-11-21T03:14:00Z`: also with another offset (`+01:00`), and with any number of fraction digits, of
// which three count. Nothing for anything else.
std::optional<data::Datetime> ReadTimeText(std::string_view text);

}  // namespace polc::host
