// Verdicts: of policies (strict, permissive), entities and requests against a schema in either syntax, and
// the translation of schemas from Cedar syntax to JSON.
#include "compiler/model/request_json.h"
#include "compiler/model/uid_text.h"
#include "tests/corpus/runner.h"

namespace polc::tests {

namespace {

std::string Stem(const fs::path& path, std::string_view end) {
  return path.string().substr(0, path.string().size() - end.size());
}

std::string_view Verdict(bool valid) { return valid ? "valid" : "invalid"; }

// `Type::id`, as the verdicts name entities.
std::string PlainUid(const std::string& cedar_text) {
  const auto uid = model::ParseUid(cedar_text);
  const auto* entity = std::get_if<data::EntityUid>(&uid);
  return entity ? entity->type + "::" + entity->id : cedar_text;
}

// Compares the verdict on each policy in one mode with the member `mode` of its entry in `per_policy`.
void ComparePolicies(Suite& suite, const std::string& name, const core::Program& program,
                     const model::Schema& schema, json::Value verdicts, sema::CheckMode check_mode,
                     std::string_view mode) {
  source::DiagnosticSink findings;
  sema::CheckOptions options;
  options.mode = check_mode;
  const sema::CheckResult result = sema::Check(program, schema, options, findings);
  std::map<std::string, bool> got;
  for (const auto* rules : {&result.rules, &result.templates}) {
    for (const sema::RuleVerdict& v : *rules) got[v.id] = v.valid;
  }
  const json::Value per_policy = *verdicts.Find("perPolicy");
  for (size_t i = 0; i < per_policy.size(); ++i) {
    const json::Member member = per_policy.member(i);
    const std::string id(member.key);
    const bool expected = member.value.Find(mode)->boolean();
    suite.report.Count("policy verdicts");
    const auto found = got.find(id);
    if (found == got.end()) {
      suite.report.Mismatch(name, "there is no " + id);
    } else if (found->second != expected) {
      std::string what = std::string(mode) + ": " + id + " is " + std::string(Verdict(found->second)) +
                         ", expected " + std::string(Verdict(expected));
      for (const auto& d : findings.diagnostics()) what += "\n    " + d.rule + ": " + d.message;
      suite.report.Mismatch(name, what);
    }
  }
  if (result.valid != verdicts.Find(mode)->boolean()) {
    suite.report.Mismatch(name, std::string(mode) + ": the set is " + std::string(Verdict(result.valid)));
  }
}

// Compares the verdict on each entity: `expected` is true for those that are valid.
void CompareEntities(Suite& suite, const std::string& name, const model::EntitiesResult& result,
                     const std::map<std::string, bool>& expected, const std::string& problems) {
  std::map<std::string, bool> got;
  for (const model::EntityVerdict& v : result.verdicts) {
    const auto [at, fresh] = got.emplace(PlainUid(v.uid), v.valid);
    if (!fresh) at->second = at->second && v.valid;
  }
  for (const auto& [uid, valid] : expected) {
    suite.report.Count("entity verdicts");
    const auto found = got.find(uid);
    if (found == got.end()) {
      suite.report.Mismatch(name, "there is no verdict on entity " + uid);
    } else if (found->second != valid) {
      suite.report.Mismatch(name, "entity " + uid + " is " + std::string(Verdict(found->second)) + problems);
    }
  }
}

void RunCase(Suite& suite, const fs::path& stem, std::string_view schema_extension) {
  auto file = [&](std::string_view extension) { return fs::path(stem.string() + std::string(extension)); };
  const std::string name = fs::relative(file(schema_extension), suite.root).string();
  suite.report.Count("cases");
  Inputs inputs;
  const auto verdicts = inputs.Json(file(".validation.json"));
  const auto document = inputs.Json(file(".json"));
  const auto schema = inputs.Schema(file(schema_extension));
  const auto program = inputs.Policies(file(".cedar"));
  if (!verdicts || !document || !schema || !program) {
    return suite.report.Mismatch(name, "does not load" + inputs.Problems());
  }
  const json::Value policies = *verdicts->root().Find("policyValidation");
  ComparePolicies(suite, name, *program, *schema, policies, sema::CheckMode::kStrict, "strict");
  ComparePolicies(suite, name, *program, *schema, policies, sema::CheckMode::kPermissive, "permissive");

  {
    std::map<std::string, bool> expected;
    const json::Value per_entity = *verdicts->root().Find("entityValidation")->Find("perEntity");
    for (size_t i = 0; i < per_entity.size(); ++i) {
      const json::Member member = per_entity.member(i);
      expected[std::string(member.key)] = !member.value.Find("errors");
    }
    Inputs data;
    if (const auto entities = data.File(file(".entities.json"))) {
      const auto result = model::ReadEntities(data.map, *entities, &*schema, data.sink);
      CompareEntities(suite, name, result, expected, data.Problems());
    }
  }

  const json::Value expected = *verdicts->root().Find("requestValidation");
  const json::Value requests = *document->root().Find("requests");
  if (requests.size() != expected.size()) return suite.report.Mismatch(name, "other requests than verdicts");
  for (size_t i = 0; i < requests.size(); ++i) {
    source::DiagnosticSink sink;
    const auto result = model::ReadRequest(inputs.map, requests.at(i).span(), i, &*schema,
                                           model::RequestValidation::kOn, sink);
    for (const char* mode : {"strict", "permissive"}) {
      suite.report.Count("request verdicts");
      if (result.valid != expected.at(i).Find(mode)->boolean()) {
        std::string what = "request " + std::to_string(i) + " is " + std::string(Verdict(result.valid));
        for (const auto& d : sink.diagnostics()) what += "\n    " + d.message;
        suite.report.Mismatch(name, what);
      }
    }
  }
}

}  // namespace

void RunValidation(Suite& suite) {
  for (const fs::path& path : FilesEndingWith(suite.root / "validation", ".validation.json")) {
    const fs::path stem = Stem(path, ".validation.json");
    if (!suite.Takes(stem.filename().string())) continue;
    RunCase(suite, stem, ".cedarschema");
    RunCase(suite, stem, ".cedarschema.json");
  }
}

void RunValidationHand(Suite& suite) {
  for (const fs::path& path : FilesEndingWith(suite.root / "validation-hand", ".validation.json")) {
    const fs::path stem = Stem(path, ".validation.json");
    if (suite.Takes(stem.filename().string())) RunCase(suite, stem, ".cedarschema");
  }
}

void RunEntityParsing(Suite& suite) {
  for (const fs::path& path : FilesEndingWith(suite.root / "entity-parsing", ".parsing.json")) {
    const std::string name = fs::relative(path, suite.root).string();
    if (!suite.Takes(name)) continue;
    suite.report.Count("cases");
    Inputs inputs;
    const auto verdicts = inputs.Json(path);
    const std::string stem = Stem(path, ".parsing.json");
    const auto document = inputs.Json(stem + ".json");
    if (!verdicts || !document) {
      suite.report.Mismatch(name, "does not load" + inputs.Problems());
      continue;
    }
    auto file = [&](const char* key) {
      return path.parent_path() / fs::path(std::string(document->root().Find(key)->string())).filename();
    };
    const auto schema = inputs.Schema(file("schema"));
    const auto entities = inputs.File(file("entities"));
    if (!schema || !entities) {
      suite.report.Mismatch(name, "does not load" + inputs.Problems());
      continue;
    }
    source::DiagnosticSink sink;
    const auto result = model::ReadEntities(inputs.map, *entities, &*schema, sink);
    std::string problems;
    for (const auto& d : sink.diagnostics()) problems += "\n    " + d.message;
    suite.report.Count("document verdicts");
    if (result.valid != verdicts->root().Find("allEntities")->Find("success")->boolean()) {
      suite.report.Mismatch(name, "the document is " + std::string(Verdict(result.valid)) + problems);
    }
    std::map<std::string, bool> expected;
    const json::Value per_entity = *verdicts->root().Find("perEntity");
    for (size_t i = 0; i < per_entity.size(); ++i) {
      const json::Member member = per_entity.member(i);
      expected[std::string(member.key)] = member.value.Find("success")->boolean();
    }
    CompareEntities(suite, name, result, expected, problems);
  }
}

}  // namespace polc::tests
