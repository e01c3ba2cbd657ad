// Diagnostics as text for people and as JSON, SARIF and GitHub annotations for programs.
//
// Each renderer takes the diagnostics in the order they are to appear (DiagnosticSink::Sort) and
// returns the whole text; nothing here prints. User text is made harmless on the way: control
// characters are shown escaped, bytes that are not UTF-8 as U+FFFD, and a long source line is cut to a
// window around the place. Time is linear in the diagnostics plus the lines they stand on, also when
// thousands of them stand on one line of a megabyte.
// Lines and columns are 1-based, columns count code points, ends are exclusive.
// Tested by render_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"

namespace polc::source {

struct TextOptions {
  bool color = false;  // ANSI escapes
};

//   policy.cedar:7:18: error: unknown attribute `departmnt` on `User` [UnknownAttribute]
//     when principal.departmnt == "hr"
//                    ^~~~~~~~~
//     help: did you mean `department`?
// A label follows as a `note:` of the same form.
std::string RenderText(const SourceMap& map, const std::vector<Diagnostic>& diagnostics,
                       const TextOptions& options = {});

// A JSON array of {file,line,column,end_line,end_column,severity,code,message,help,rule?,entity?,request?}.
// The five fields of the place are null where a diagnostic has none; `help` is "" where there is none, and
// names the places of the labels.
std::string RenderJson(const SourceMap& map, const std::vector<Diagnostic>& diagnostics);

// A SARIF 2.1.0 log with one run. `version` is polc's own.
std::string RenderSarif(const SourceMap& map, const std::vector<Diagnostic>& diagnostics,
                        std::string_view version);

// GitHub workflow commands, one line each: `::error file=a.cedar,line=7,col=18,…::message`.
std::string RenderGithub(const SourceMap& map, const std::vector<Diagnostic>& diagnostics);

// `text` with control characters as `\u{1b}` and invalid UTF-8 as U+FFFD: safe on a terminal.
std::string Printable(std::string_view text);

// "path:line:column" of the start of `span`; the empty string where it points nowhere.
std::string Place(const SourceMap& map, Span span);

}  // namespace polc::source
