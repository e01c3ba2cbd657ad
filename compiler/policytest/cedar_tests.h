// Tests of Cedar policies in JSON, in the format of `cedar run-tests`.
//
// An array of `{"name"?, "request": {"principal", "action", "resource", "context"?}, "entities", "decision":
// "allow" | "deny", "reason": [ids], "num_errors": N}`. `entities` is an array, or the path of a file, as
// seen from the folder of the tests and within it. A test passes if the decision is that one, every id is
// among the reasons, and as many policies err. With a schema, entities and requests are read by it and have
// to conform.
//
// Whatever is wrong goes into the sink; one bad test does not hide the others. Tested by
// tests/cases/test.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/model/schema.h"
#include "compiler/policytest/run.h"
#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"

namespace polc::policytest {

// Loads a file, or nothing after reporting why not.
using LoadFile = std::function<std::optional<source::FileId>(const std::string& path)>;

// `schema` may be null. Policies that the tests name have to be in `program`.
std::vector<TestCase> ReadCedarTests(const source::SourceMap& map, source::FileId file,
                                     const core::Program& program, const model::Schema* schema,
                                     const LoadFile& load, source::DiagnosticSink& sink);

}  // namespace polc::policytest
