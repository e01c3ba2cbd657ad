// Emit: the typed core becomes a bundle.
//
// Straightforward: one code block per rule, tests in the order of scope and conditions, no sharing
// between rules. Rules come out sorted by id, so neither the order of files nor of rules shows in the
// bytes; the same program gives the same bytes on every machine. Templates are not evaluated and leave
// nothing but the names their links carry.
//
// What can go wrong is size: a rule that needs a deeper stack, more scratch memory or larger indices than
// the format has is reported at its place.
// Tested by emit_test.cc; its code by tests/engine, against the oracle.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"
#include "runtime/bundle/format.h"

namespace polc::emit {

struct EmitOptions {
  // Where spans point, for the debug map; null: no places.
  const source::SourceMap* sources = nullptr;
  // The path the bundle names a file by: relative to the argument it was found under, so that the bytes do
  // not depend on where the sources lie. Asked once for each file that places point into; null: its own path.
  std::function<std::string(source::FileId)> path;
  bool include_source = false;
  bundle::Digest model_digest{};  // SHA-256 of what the rules were checked against; zero: nothing
  uint32_t max_elements = bundle::kDefaultMaxElements;
  uint32_t max_bytes = bundle::kDefaultMaxBytes;
  std::vector<std::pair<std::string, std::string>> meta;  // distinct keys
};

// The bundle's bytes, sealed and unsigned; Verify accepts them. Nothing, with diagnostics, if the program
// does not fit the format. `program` must satisfy core::Verify.
std::optional<std::vector<uint8_t>> Emit(const core::Program& program, const EmitOptions& options,
                                         source::DiagnosticSink& sink);

}  // namespace polc::emit
