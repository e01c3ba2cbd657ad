// Cases of the form `{policies, entities, schema, shouldValidate, requests: [{…, decision, reason,
// errors}]}`: the fuzzed ones and the hand-written ones.
#include "compiler/model/request_json.h"
#include "tests/corpus/runner.h"

namespace polc::tests {

namespace {

struct CasePaths {
  fs::path json;
  fs::path policies;
  fs::path schema;
  fs::path entities;
};

void RunCase(Suite& suite, const CasePaths& paths) {
  const std::string name = fs::relative(paths.json, suite.root).string();
  suite.report.Count("cases");
  Inputs inputs;
  const auto document = inputs.Json(paths.json);
  const auto schema = inputs.Schema(paths.schema);
  const auto program = inputs.Policies(paths.policies);
  if (!document || !schema || !program)
    return suite.report.Mismatch(name, "does not load" + inputs.Problems());

  source::DiagnosticSink findings;
  sema::CheckOptions options;
  const bool valid = sema::Check(*program, *schema, options, findings).valid;
  suite.report.Count("verdicts");
  if (valid != document->root().Find("shouldValidate")->boolean()) {
    std::string what = std::string("policies are ") + (valid ? "valid" : "invalid") + ", expected otherwise";
    for (const auto& d : findings.diagnostics()) what += "\n    " + d.message;
    suite.report.Mismatch(name, what);
  }

  // Where the policies do not validate, the entities need not conform either.
  const model::Schema* used = document->root().Find("shouldValidate")->boolean() ? &*schema : nullptr;
  const auto entities_file = inputs.File(paths.entities);
  if (!entities_file) return suite.report.Mismatch(name, "has no entities");
  const model::EntitiesResult entities = model::ReadEntities(inputs.map, *entities_file, used, inputs.sink);
  if (!entities.valid) return suite.report.Mismatch(name, "entities do not load" + inputs.Problems());

  const json::Value requests = *document->root().Find("requests");
  std::vector<std::pair<data::Request, Expected>> asked;
  for (size_t i = 0; i < requests.size(); ++i) {
    const json::Value r = requests.at(i);
    const auto request =
        model::ReadRequest(inputs.map, r.span(), i, used, model::RequestValidation::kOff, inputs.sink);
    if (!request.request) {
      suite.report.Mismatch(name, "request " + std::to_string(i) + " cannot be read" + inputs.Problems());
      continue;
    }
    asked.emplace_back(*request.request,
                       Expected{r.Find("decision")->string() == "allow", SortedStrings(*r.Find("reason")),
                                SortedStrings(*r.Find("errors")), std::nullopt});
  }
  for (const auto& engine : suite.engines) {
    engine->SetStore(entities.store);
    const auto loaded = engine->Load(*program);
    for (size_t i = 0; i < asked.size(); ++i) {
      CompareDecision(suite, name + " request " + std::to_string(i), *engine, *loaded, asked[i].first,
                      asked[i].second);
    }
  }
}

}  // namespace

void RunDecisions(Suite& suite) {
  for (const fs::path& path : FilesEndingWith(suite.root / "corpus-tests", ".cedar")) {
    if (!suite.Takes(path.stem().string())) continue;
    auto sibling = [&](const char* extension) { return fs::path(path).replace_extension(extension); };
    RunCase(suite, {sibling(".json"), path, sibling(".cedarschema"), sibling(".entities.json")});
  }
}

void RunHandwritten(Suite& suite) {
  const fs::path root = suite.root / "handwritten";
  for (const fs::path& path : FilesEndingWith(root / "tests", ".json")) {
    if (!suite.Takes(fs::relative(path, root).string())) continue;
    Inputs inputs;
    const auto document = inputs.Json(path);
    if (!document) {
      suite.report.Mismatch(path.string(), "does not load" + inputs.Problems());
      continue;
    }
    auto file = [&](const char* key) { return root / std::string(document->root().Find(key)->string()); };
    RunCase(suite, {path, file("policies"), file("schema"), file("entities")});
  }
}

}  // namespace polc::tests
