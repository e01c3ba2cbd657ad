#include "compiler/source/diagnostic.h"

#include <algorithm>
#include <tuple>

#include "llvm/ADT/StringRef.h"

namespace polc::source {

const std::vector<CodeInfo>& AllCodes() {
  static const std::vector<CodeInfo> codes = {
#define POLC_DIAGNOSTIC(name, severity, summary) {Code::k##name, #name, Severity::k##severity, summary},
#include "compiler/source/diagnostics.def"
  };
  return codes;
}

const CodeInfo& Info(Code code) { return AllCodes()[static_cast<size_t>(code)]; }

std::optional<Code> FindCode(std::string_view name) {
  for (const CodeInfo& info : AllCodes()) {
    if (info.name == name) return info.code;
  }
  return std::nullopt;
}

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kError: return "error";
    case Severity::kWarning: return "warning";
    case Severity::kNote: return "note";
  }
  return "error";
}

Diagnostic& DiagnosticSink::Report(Code code, Span span, std::string message) {
  Diagnostic& d = diagnostics_.emplace_back();
  d.code = code;
  d.severity = Info(code).severity;
  d.message = std::move(message);
  d.span = span;
  return d;
}

size_t DiagnosticSink::error_count() const {
  return std::count_if(diagnostics_.begin(), diagnostics_.end(),
                       [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

void DiagnosticSink::Sort() {
  auto key = [](const Diagnostic& d) {
    return std::tie(d.span.file, d.span.begin, d.span.end, d.severity, d.code, d.rule, d.entity, d.request,
                    d.message, d.help);
  };
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
  diagnostics_.erase(std::unique(diagnostics_.begin(), diagnostics_.end(),
                                 [&](const Diagnostic& a, const Diagnostic& b) { return key(a) == key(b); }),
                     diagnostics_.end());
}

std::optional<std::string> DidYouMean(std::string_view name, const std::vector<std::string>& candidates) {
  llvm::StringRef wanted(name.data(), name.size());
  std::optional<std::string> best;
  unsigned best_distance = 0;
  for (const std::string& candidate : candidates) {
    unsigned limit = static_cast<unsigned>(std::max(name.size(), candidate.size()) / 3);
    if (limit == 0) continue;
    unsigned distance = wanted.edit_distance(candidate, /*AllowReplacements=*/true, limit);
    if (distance == 0 || distance > limit) continue;
    if (!best || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace polc::source
