#include "compiler/policytest/cedar_tests.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "compiler/json/json.h"
#include "compiler/model/entities_json.h"
#include "compiler/model/request_json.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::policytest {

using source::Code;
using source::Span;

namespace {

class Reader {
 public:
  Reader(const source::SourceMap& map, source::FileId file, const json::Document& document,
         const core::Program& program, const model::Schema* schema, const LoadFile& load,
         source::DiagnosticSink& sink)
      : map_(map), file_(file), document_(document), schema_(schema), load_(load), sink_(sink) {
    for (const core::Rule& rule : program.rules) ids_.push_back(rule.id);
    std::ranges::sort(ids_);
    policy_ = std::filesystem::path(map.path(file)).stem().string();
  }

  std::vector<TestCase> Read() {
    const json::Value root = document_.root();
    if (!root.is(json::Kind::kArray)) {
      Wrong(root.span(),
            fmt::format("expected an array of tests, and it is {}", json::Describe(root.kind())));
      return {};
    }
    for (size_t i = 0; i < root.size(); ++i) One(root.at(i), i);
    return std::move(tests_);
  }

 private:
  void Wrong(Span span, std::string message) { sink_.Report(Code::kInvalidTest, span, std::move(message)); }

  std::optional<json::Value> Member(json::Value test, const char* name, json::Kind kind) {
    const std::optional<json::Value> value = test.Find(name);
    if (!value) {
      Wrong(test.span(), fmt::format("the test has no `{}`", name));
    } else if (value->kind() != kind) {
      Wrong(value->span(),
            fmt::format("`{}` is {}, not {}", name, json::Describe(value->kind()), json::Describe(kind)));
      return std::nullopt;
    }
    return value;
  }

  void One(json::Value value, size_t index) {
    const size_t reported = sink_.diagnostics().size();
    if (!value.is(json::Kind::kObject)) {
      return Wrong(value.span(), fmt::format("expected a test, and it is {}", json::Describe(value.kind())));
    }
    TestCase test;
    test.policy = policy_;
    test.span = value.span();
    test.title = fmt::format("test {}", index + 1);
    if (const std::optional<json::Value> name = value.Find("name"); name && name->is(json::Kind::kString))
      test.title = name->string();
    if (!titles_.insert(test.title).second) test.title += fmt::format(" ({})", index + 1);
    Expect(value, test.expected);
    if (const auto request = Member(value, "request", json::Kind::kObject)) {
      model::RequestResult read =
          model::ReadRequest(map_, request->span(), index, schema_, model::RequestValidation::kOn, sink_);
      if (read.request && read.valid) test.request = *std::move(read.request);
    }
    test.request.entities = Entities(value);
    // Warnings do not keep a test from running.
    const auto& found = sink_.diagnostics();
    const bool good = std::none_of(found.begin() + static_cast<ptrdiff_t>(reported), found.end(),
                                   [](const auto& d) { return d.severity == source::Severity::kError; });
    if (good) tests_.push_back(std::move(test));
  }

  void Expect(json::Value value, TestCase::Expected& out) {
    out.span = value.span();
    if (const auto decision = Member(value, "decision", json::Kind::kString)) {
      const bool allow = decision->string() == "allow";
      if (!allow && decision->string() != "deny") {
        Wrong(decision->span(),
              fmt::format("a decision is `allow` or `deny`, not `{}`", source::Excerpt(decision->string())));
      }
      out.outcome = allow ? TestCase::Expected::Outcome::kAllow : TestCase::Expected::Outcome::kDeny;
    }
    if (const auto errors = Member(value, "num_errors", json::Kind::kInteger)) {
      if (errors->integer() < 0) Wrong(errors->span(), "fewer than no errors cannot be");
      out.errors = static_cast<size_t>(std::max<int64_t>(errors->integer(), 0));
    }
    const auto reasons = Member(value, "reason", json::Kind::kArray);
    for (size_t i = 0; reasons && i < reasons->size(); ++i) {
      const json::Value id = reasons->at(i);
      if (!id.is(json::Kind::kString)) {
        Wrong(id.span(), fmt::format("a reason is the id of a policy, not {}", json::Describe(id.kind())));
        continue;
      }
      out.with.emplace_back(id.string());
      if (std::ranges::binary_search(ids_, out.with.back())) continue;
      source::Diagnostic& report =
          sink_.Report(Code::kUnknownName, id.span(),
                       fmt::format("there is no policy `{}`", source::Excerpt(id.string())));
      if (auto near = source::DidYouMean(id.string(), ids_))
        report.help = fmt::format("did you mean `{}`?", *near);
    }
    std::ranges::sort(out.with);
  }

  std::vector<data::Entity> Entities(json::Value test) {
    const std::optional<json::Value> value = test.Find("entities");
    if (!value) {
      Wrong(test.span(), "the test has no `entities`");
      return {};
    }
    if (value->is(json::Kind::kString)) return OfFile(*value);
    if (!value->is(json::Kind::kArray)) {
      Wrong(value->span(), fmt::format("`entities` is {}, not an array or the path of a file",
                                       json::Describe(value->kind())));
      return {};
    }
    return All(model::ReadEntities(*value, document_, schema_, model::SchemaActions::kAdd, sink_));
  }

  std::vector<data::Entity> OfFile(json::Value value) {
    namespace fs = std::filesystem;
    const fs::path folder = fs::path(map_.path(file_)).parent_path();
    std::error_code error;
    const fs::path path = folder / fs::path(value.string());
    const fs::path real = fs::weakly_canonical(path, error);
    const fs::path within = fs::weakly_canonical(folder.empty() ? fs::path(".") : folder, error);
    const std::string below = error ? ".." : real.lexically_relative(within).string();
    if (below.empty() || below == ".." || below.starts_with("../")) {
      Wrong(value.span(), fmt::format("the entities file `{}` is outside of the folder of the tests",
                                      source::Excerpt(value.string())));
      return {};
    }
    const std::optional<source::FileId> file = load_(path.lexically_normal().string());
    if (!file) return {};
    return All(model::ReadEntities(map_, *file, schema_, sink_));
  }

  static std::vector<data::Entity> All(const model::EntitiesResult& read) {
    std::vector<data::Entity> out;
    for (const data::EntityUid& uid : read.store.order()) out.push_back(*read.store.Find(uid));
    return out;
  }

  const source::SourceMap& map_;
  const source::FileId file_;
  const json::Document& document_;
  const model::Schema* schema_;
  const LoadFile& load_;
  source::DiagnosticSink& sink_;
  std::vector<std::string> ids_;  // of policies; sorted
  std::string policy_;
  std::set<std::string> titles_;
  std::vector<TestCase> tests_;
};

}  // namespace

std::vector<TestCase> ReadCedarTests(const source::SourceMap& map, source::FileId file,
                                     const core::Program& program, const model::Schema* schema,
                                     const LoadFile& load, source::DiagnosticSink& sink) {
  const std::optional<json::Document> document = json::Document::Parse(map, file, sink);
  if (!document) return {};
  return Reader(map, file, *document, program, schema, load, sink).Read();
}

}  // namespace polc::policytest
