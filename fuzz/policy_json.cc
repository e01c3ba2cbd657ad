// Policies, policy sets and links in JSON. What can be read is written, and what is written reads back and is
// written the same again; as Cedar text it prints, and what then parses is well formed.
#include "compiler/syntax/policy_json.h"

#include <string>

#include "compiler/syntax/ast_printer.h"
#include "compiler/syntax/cedar_parser.h"
#include "fuzz/check_diagnostics.h"

using namespace polc;

namespace {

void CheckPrinted(const syntax::Policy& policy) {
  fuzz::Must(!policy.Verify(), "a policy read from JSON is well formed");
  // Names that Cedar cannot write make it text that does not parse; it must not make it worse.
  source::SourceMap map;
  source::DiagnosticSink sink;
  for (const syntax::ParsedPolicy& p : syntax::ParseCedar(map, map.Add("text", PrintPolicy(policy)), sink)) {
    fuzz::Must(!p.policy.Verify(), "a parsed policy is well formed");
  }
  fuzz::CheckDiagnostics(map, sink);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  source::SourceMap map;
  const source::FileId file = map.Add("fuzz", std::string(fuzz::Text(data, size)));

  source::DiagnosticSink of_policy;
  if (const std::optional<syntax::Policy> policy = syntax::ParsePolicyJson(map, file, of_policy)) {
    const std::string json = PolicyToJson(*policy);
    const std::optional<syntax::Policy> again =
        syntax::ParsePolicyJson(map, map.Add("json", json), of_policy);
    fuzz::Must(again.has_value(), "a written policy reads back", json);
    fuzz::Must(PolicyToJson(*again) == json, "written again it is the same", json);
    CheckPrinted(*policy);
  }
  fuzz::CheckDiagnostics(map, of_policy);

  source::DiagnosticSink of_set;
  if (const std::optional<syntax::PolicySet> set = syntax::ParsePolicySetJson(map, file, of_set)) {
    const std::string json = PolicySetToJson(*set);
    const std::optional<syntax::PolicySet> again =
        syntax::ParsePolicySetJson(map, map.Add("json", json), of_set);
    fuzz::Must(again.has_value(), "a written policy set reads back", json);
    fuzz::Must(PolicySetToJson(*again) == json, "written again it is the same", json);
    for (const syntax::NamedPolicy& named : set->policies) CheckPrinted(named.policy);
  }
  fuzz::CheckDiagnostics(map, of_set);

  source::DiagnosticSink of_links;
  syntax::ParseLinksJson(map, file, of_links);
  fuzz::CheckDiagnostics(map, of_links);
  return 0;
}
