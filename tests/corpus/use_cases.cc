// Realistic policy sets: nine use cases with requests sorted into ALLOW and DENY, and the three applications
// of the Cedar paper with generated hierarchies.
#include "compiler/model/request_json.h"
#include "tests/corpus/runner.h"

namespace polc::tests {

namespace {

void RunUseCase(Suite& suite, const fs::path& folder) {
  const std::string name = fs::relative(folder, suite.root).string();
  suite.report.Count("cases");
  Inputs inputs;
  // These two sets of entities do not conform to their schemas; Cedar's own tests use them without.
  const bool with_schema = !name.ends_with("github_example") && !name.ends_with("document_cloud");
  const bool templated = fs::exists(folder / "links.json");
  const auto schema = inputs.Schema(folder / "policies.cedarschema");
  const auto program = inputs.Policies(folder / "policies.cedar",
                                       templated ? sema::IdSource::kAnnotation : sema::IdSource::kPosition,
                                       templated ? std::optional(folder / "links.json") : std::nullopt);
  const auto entities_file = inputs.File(folder / "entities.json");
  if (!schema || !program || !entities_file) {
    return suite.report.Mismatch(name, "does not load" + inputs.Problems());
  }
  const model::Schema* used = with_schema ? &*schema : nullptr;
  const auto entities = model::ReadEntities(inputs.map, *entities_file, used, inputs.sink);
  if (!entities.valid) return suite.report.Mismatch(name, "entities do not load" + inputs.Problems());
  for (const auto& engine : suite.engines) engine->SetStore(entities.store);
  for (const char* decision : {"ALLOW", "DENY"}) {
    if (!fs::exists(folder / decision)) continue;
    for (const fs::path& path : FilesEndingWith(folder / decision, ".json")) {
      const std::string where = fs::relative(path, suite.root).string();
      const auto file = inputs.File(path);
      const source::Span whole{*file, 0, static_cast<uint32_t>(inputs.map.text(*file).size())};
      const auto request =
          model::ReadRequest(inputs.map, whole, 0, used, model::RequestValidation::kOn, inputs.sink);
      if (!request.request || !request.valid) {
        suite.report.Mismatch(where, "request cannot be read" + inputs.Problems());
        continue;
      }
      Expected expected;
      expected.allow = std::string_view(decision) == "ALLOW";
      for (const auto& engine : suite.engines) {
        const auto loaded = engine->Load(*program);
        CompareDecision(suite, where, *engine, *loaded, *request.request, expected);
      }
    }
  }
}

void RunApplication(Suite& suite, const fs::path& folder) {
  const std::string name = fs::relative(folder, suite.root).string();
  Inputs inputs;
  const auto schema = inputs.Schema(folder / "schema.cedarschema.json");
  const auto program = inputs.Policies(folder / "policies.cedar");
  if (!schema || !program) return suite.report.Mismatch(name, "does not load" + inputs.Problems());
  for (const fs::path& path : FilesEndingWith(folder, ".json")) {
    const std::string stem = path.stem().string();
    if (!stem.starts_with("entities_") || !suite.Takes(name + stem)) continue;
    const std::string where = name + "/" + stem;
    suite.report.Count("cases");
    Inputs data;
    const auto entities_file = data.File(path);
    const auto entities = model::ReadEntities(data.map, *entities_file, &*schema, data.sink);
    if (!entities.valid) {
      suite.report.Mismatch(where, "entities do not load" + data.Problems());
      continue;
    }
    const auto requests_file = data.File(folder / ("requests_" + stem.substr(9) + ".jsonl"));
    if (!requests_file) {
      suite.report.Mismatch(where, "has no requests");
      continue;
    }
    std::vector<model::RequestResult> requests;
    for (const source::Span& line : model::RequestLines(data.map, *requests_file)) {
      requests.push_back(model::ReadRequest(data.map, line, requests.size(), &*schema,
                                            model::RequestValidation::kOn, data.sink));
    }
    std::vector<std::unique_ptr<Loaded>> loaded;
    for (const auto& engine : suite.engines) {
      engine->SetStore(entities.store);
      loaded.push_back(engine->Load(*program));
    }
    for (size_t i = 0; i < requests.size(); ++i) {
      const std::string which = where + " request " + std::to_string(i);
      const auto answer = json::Document::Parse(data.map, requests[i].span, data.sink);
      if (!requests[i].request || !requests[i].valid || !answer) {
        suite.report.Mismatch(which, "request cannot be read" + data.Problems());
        continue;
      }
      const json::Value root = answer->root();
      Expected expected;
      expected.allow = root.Find("decision")->string() == "allow";
      expected.reasons = SortedStrings(*root.Find("reason"));
      expected.error_count = static_cast<size_t>(root.Find("errors")->integer());
      for (size_t k = 0; k < loaded.size(); ++k) {
        CompareDecision(suite, which, *suite.engines[k], *loaded[k], *requests[i].request, expected);
      }
    }
  }
}

}  // namespace

void RunUseCases(Suite& suite) {
  for (const fs::path& path : FilesEndingWith(suite.root / "use-cases", "/policies.cedar")) {
    if (suite.Takes(fs::relative(path, suite.root).string())) RunUseCase(suite, path.parent_path());
  }
}

void RunOopsla(Suite& suite) {
  for (const fs::path& path : FilesEndingWith(suite.root / "oopsla", "/policies.cedar")) {
    RunApplication(suite, path.parent_path());
  }
}

}  // namespace polc::tests
