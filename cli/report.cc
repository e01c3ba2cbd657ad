#include "cli/report.h"

#include "compiler/lint/lint.h"
#include "compiler/source/render.h"
#include "llvm/Support/raw_ostream.h"

namespace polc::cli {

void Settle(driver::Sources& sources, const Shell& shell, bool deny_warnings) {
  project::ApplySeverities(shell.project(), sources.sink);
  if (deny_warnings) driver::DenyWarnings(sources.sink);
  project::ApplySeverities(shell.project(), sources.aside);
  for (source::Diagnostic& d : sources.aside.mutable_diagnostics()) {
    if (d.severity == source::Severity::kError) d.severity = source::Severity::kWarning;
    sources.sink.mutable_diagnostics().push_back(std::move(d));
  }
  sources.sink.Sort();
}

void Settle(driver::Sources& sources, const driver::PolicySet& policies, const Shell& shell) {
  for (source::DiagnosticSink* sink : {&sources.sink, &sources.aside}) {
    lint::DropExcused(sources.map, policies.cedar_files, policies.pol_files, sources.schema_files, *sink);
  }
  Settle(sources, shell);
}

int ExitCode(const driver::Sources& sources) {
  if (sources.unreadable) return kExitUnreadable;
  return sources.sink.has_errors() ? kExitFindings : kExitOk;
}

void PrintFindings(const driver::Sources& sources, Shell& shell) {
  shell.Err(source::RenderText(sources.map, sources.sink.diagnostics(), {.color = shell.color_err()}));
}

sema::IdSource IdSourceOf(const std::string& ids, const Shell& shell) {
  bool annotation = ids.empty() ? shell.project().ids == project::IdSource::kAnnotation : ids == "annotation";
  return annotation ? sema::IdSource::kAnnotation : sema::IdSource::kPosition;
}

driver::Checking CheckingOf(const std::string& check) {
  if (check == "strict") return driver::Checking::kStrict;
  return check == "permissive" ? driver::Checking::kPermissive : driver::Checking::kOff;
}

std::string JsonLine(const std::function<void(llvm::json::OStream&)>& body) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  llvm::json::OStream json(stream);
  json.object([&] { body(json); });
  out += '\n';
  return out;
}

bool OneStdin(const std::vector<std::vector<std::string>>& paths) {
  size_t count = 0;
  for (const std::vector<std::string>& some : paths) count += std::count(some.begin(), some.end(), "-");
  return count <= 1;
}

}  // namespace polc::cli
