// Diagnostics: what polc says about its inputs.
//
// Every kind of message is one line of diagnostics.def: its code (the name people search for and
// `polc help CODE` explains), its default severity and a one-line summary. A stage reports into a
// DiagnosticSink its caller owns and keeps going; no stage prints, exits or throws.
//
// Message style: lower-case start, no full stop, user text in backticks, what was observed before
// which rule, no C++ type names.
// Tested by diagnostic_test.cc; every code has a page in docs/diagnostics and a golden in tests/cases.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/source/source_map.h"

namespace polc::source {

enum class Severity : uint8_t { kError, kWarning, kNote };

enum class Code : uint16_t {
#define POLC_DIAGNOSTIC(name, severity, summary) k##name,
#include "compiler/source/diagnostics.def"
};

struct CodeInfo {
  Code code;
  std::string_view name;     // "UnexpectedToken"
  Severity severity;         // the default; polc.toml and --deny-warnings may change it
  std::string_view summary;  // one line
};

// All codes in the order of diagnostics.def.
const std::vector<CodeInfo>& AllCodes();
const CodeInfo& Info(Code code);
std::optional<Code> FindCode(std::string_view name);
std::string_view SeverityName(Severity severity);  // "error", "warning", "note"

// A second place that belongs to the message ("first declared here").
struct Label {
  Span span;
  std::string text;
};

struct Diagnostic {
  Code code;
  Severity severity;
  std::string message;
  Span span;
  std::vector<Label> labels;
  std::string help;  // "did you mean `department`?"; empty = none

  // What the message is about, for programs: a policy id, an entity uid (`User::"a"`), the 0-based
  // index of a request.
  std::string rule;
  std::string entity;
  std::optional<size_t> request;
};

// Collects diagnostics in the order they are reported. Not thread-safe.
class DiagnosticSink {
 public:
  // Reports `code` with its default severity. The returned reference is valid until the next report;
  // callers add labels and help to it.
  Diagnostic& Report(Code code, Span span, std::string message);

  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }
  std::vector<Diagnostic>& mutable_diagnostics() { return diagnostics_; }
  size_t error_count() const;
  bool has_errors() const { return error_count() > 0; }

  // Sorts by file, place, severity, code, message, and drops exact repeats: identical bytes on every run.
  void Sort();

 private:
  std::vector<Diagnostic> diagnostics_;
};

// The candidate closest to `name` by edit distance, if close enough to be worth proposing
// (at most a third of the longer length, and at least one edit). Ties go to the first candidate.
std::optional<std::string> DidYouMean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace polc::source
