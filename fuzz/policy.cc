// Policy text. What parses is printed and laid out; both texts parse to the same policies again, and laying
// out what is laid out changes nothing.
#include <string>
#include <vector>

#include "compiler/format/cedar_format.h"
#include "compiler/syntax/ast_printer.h"
#include "compiler/syntax/cedar_parser.h"
#include "compiler/syntax/policy_json.h"
#include "fuzz/check_diagnostics.h"

using namespace polc;

namespace {

// The policies of a text that must parse, as JSON.
std::vector<std::string> Policies(const std::string& text, const char* law) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  std::vector<std::string> out;
  for (const syntax::ParsedPolicy& p : syntax::ParseCedar(map, map.Add("text", text), sink)) {
    out.push_back(PolicyToJson(p.policy));
  }
  fuzz::Must(!sink.has_errors(), law, text);
  return out;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  const source::FileId file = map.Add("fuzz", std::string(fuzz::Text(data, size)));
  source::DiagnosticSink of_tokens;
  syntax::TokenizeCedar(map, file, of_tokens);
  fuzz::CheckDiagnostics(map, of_tokens);

  std::string printed;
  std::vector<std::string> policies;
  for (const syntax::ParsedPolicy& p : syntax::ParseCedar(map, file, sink)) {
    fuzz::Must(!p.policy.Verify(), "a parsed policy is well formed");
    printed += PrintPolicy(p.policy);
    policies.push_back(PolicyToJson(p.policy));
  }
  fuzz::CheckDiagnostics(map, sink);
  // Of a text with errors too the good policies print.
  fuzz::Must(Policies(printed, "a printed policy parses") == policies, "printing keeps the meaning", printed);
  if (sink.has_errors()) return 0;

  source::DiagnosticSink of_format;
  const std::optional<std::string> formatted = format::FormatCedar(map, file, of_format);
  fuzz::Must(formatted.has_value(), "what parses can be laid out");
  fuzz::Must(Policies(*formatted, "a formatted policy parses") == policies, "the layout keeps the meaning",
             *formatted);
  const source::FileId second = map.Add("formatted", *formatted);
  fuzz::Must(format::FormatCedar(map, second, of_format) == formatted, "laying out again changes nothing",
             *formatted);
  return 0;
}
