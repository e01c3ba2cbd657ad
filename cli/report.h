// What commands share after the pipeline has run: final severities, and the exit code they come to.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "compiler/driver.h"
#include "llvm/Support/JSON.h"

namespace polc::cli {

// Applies polc.toml's severities, then --deny-warnings, then sorts: after this, nothing is reported any more.
void Settle(driver::Sources& sources, const Shell& shell, bool deny_warnings = false);

// The same for who has read policies and runs no lints: before, what comments in `policies` and the schemas
// excuse goes, so that every command says what `polc check` says.
void Settle(driver::Sources& sources, const driver::PolicySet& policies, const Shell& shell);

// 3 if an input could not be read at all, 1 if there is an error, else 0.
int ExitCode(const driver::Sources& sources);

// The findings on standard error, as text: for commands whose answer is something else.
void PrintFindings(const driver::Sources& sources, Shell& shell);

// The choice of --ids, where polc.toml may have made it.
sema::IdSource IdSourceOf(const std::string& ids, const Shell& shell);

// The choice of --check.
driver::Checking CheckingOf(const std::string& check);

// One JSON object on a line of its own; `body` writes its members.
std::string JsonLine(const std::function<void(llvm::json::OStream&)>& body);

// Standard input can be read only once: whether at most one of these paths is "-".
bool OneStdin(const std::vector<std::vector<std::string>>& paths);

}  // namespace polc::cli
