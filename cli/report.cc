#include "cli/report.h"

#include "compiler/source/render.h"

namespace polc::cli {

void Settle(driver::Sources& sources, const Shell& shell, bool deny_warnings) {
  project::ApplySeverities(shell.project(), sources.sink);
  if (deny_warnings) driver::DenyWarnings(sources.sink);
  sources.sink.Sort();
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

bool OneStdin(const std::vector<std::vector<std::string>>& paths) {
  size_t count = 0;
  for (const std::vector<std::string>& some : paths) count += std::count(some.begin(), some.end(), "-");
  return count <= 1;
}

}  // namespace polc::cli
