// Every schema of the reference corpora: it resolves, both syntaxes mean the same, translation gives what
// Cedar's own gives, and what polc prints reads back as the same schema.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "compiler/model/resolve.h"
#include "compiler/syntax/schema_json.h"
#include "compiler/syntax/schema_printer.h"
#include "tests/corpus/corpus.h"

namespace polc {
namespace {

using nlohmann::json;
using tests::Corpus;
using tests::FilesEndingWith;
using tests::FindCorpus;
using tests::ReadFile;

// One schema text and what became of it.
struct Loaded {
  explicit Loaded(std::string text) {
    source::FileId file = map.Add("schema", std::move(text));
    fragment = model::LoadSchemaFragment(map, file, sink);
    if (fragment) schema = model::Resolve({*fragment}, sink);
  }
  std::string Messages() const {
    std::string out;
    for (const auto& d : sink.diagnostics()) out += d.message + '\n';
    return out;
  }
  source::SourceMap map;
  source::DiagnosticSink sink;
  std::optional<syntax::SchemaFragment> fragment;
  std::optional<model::Schema> schema;
};

// An action without appliesTo and one that applies to nothing are the same.
json Normalized(const std::string& text) {
  json document = json::parse(text);
  for (json& ns : document) {
    for (json& action : ns["actions"]) {
      if (!action.contains("appliesTo")) {
        action["appliesTo"] = {{"principalTypes", json::array()}, {"resourceTypes", json::array()}};
      }
    }
  }
  return document;
}

// What is there and cannot be read must not pass for what is not there: a test would skip for ever.
TEST(FindCorpus, ADamagedArchiveIsAFailure) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(POLC_BINARY_DIR) / "corpora-of-find-corpus-test";
  fs::create_directories(folder);
  std::ofstream(folder / "damaged.tar.xz") << "no archive";
  const char* given = std::getenv("POLC_CORPORA");
  const std::string before = given != nullptr ? given : "";
  setenv("POLC_CORPORA", folder.c_str(), 1);
  const Corpus damaged = FindCorpus("damaged.tar.xz"), absent = FindCorpus("absent.tar.xz");
  if (given != nullptr) {
    setenv("POLC_CORPORA", before.c_str(), 1);
  } else {
    unsetenv("POLC_CORPORA");
  }
  EXPECT_FALSE(damaged);
  EXPECT_EQ(damaged.missing, "");
  EXPECT_NE(damaged.broken, "");
  EXPECT_FALSE(absent);
  EXPECT_NE(absent.missing, "");
  EXPECT_EQ(absent.broken, "");
}

TEST(SchemaCorpus, BothSyntaxesMeanTheSame) {
  Corpus corpus = FindCorpus("cedar/validation.tar.xz");
  ASSERT_EQ(corpus.broken, "");
  if (!corpus) GTEST_SKIP() << corpus.missing;
  size_t pairs = 0;
  for (const auto& path : FilesEndingWith(corpus.root, ".cedarschema")) {
    SCOPED_TRACE(path.string());
    std::string reference = ReadFile(path.string() + ".json");
    Loaded cedar(ReadFile(path)), from_json(reference);
    ASSERT_TRUE(cedar.schema) << cedar.Messages();
    ASSERT_TRUE(from_json.schema) << from_json.Messages();
    EXPECT_EQ(*cedar.schema, *from_json.schema);
    EXPECT_EQ(Normalized(syntax::SchemaToJson(*cedar.fragment)), Normalized(reference));
    ++pairs;
  }
  std::cout << pairs << " pairs of schemas\n";
  EXPECT_GE(pairs, 3900u);
}

void ExpectPrintedMeansTheSame(const Loaded& loaded) {
  source::DiagnosticSink sink;
  auto printed = syntax::SchemaToCedar(*loaded.fragment, sink);
  ASSERT_TRUE(printed);
  Loaded again(*printed);
  ASSERT_TRUE(again.schema) << again.Messages() << *printed;
  EXPECT_EQ(*again.schema, *loaded.schema) << *printed;
  // What came from Cedar syntax is the same fragment, and is printed the same again.
  if (!loaded.fragment->from_json) {
    EXPECT_EQ(syntax::SchemaToJson(*again.fragment), syntax::SchemaToJson(*loaded.fragment));
  }
  EXPECT_EQ(syntax::SchemaToCedar(*again.fragment, sink), printed);
}

class EverySchema : public testing::TestWithParam<const char*> {};

TEST_P(EverySchema, ResolvesAndPrints) {
  Corpus corpus = FindCorpus(GetParam());
  ASSERT_EQ(corpus.broken, "");
  if (!corpus) GTEST_SKIP() << corpus.missing;
  size_t schemas = 0;
  for (const char* end : {".cedarschema", ".cedarschema.json"}) {
    for (const auto& path : FilesEndingWith(corpus.root, end)) {
      SCOPED_TRACE(path.string());
      Loaded loaded(ReadFile(path));
      ASSERT_TRUE(loaded.schema) << loaded.Messages();
      ExpectPrintedMeansTheSame(loaded);
      ++schemas;
    }
  }
  std::cout << schemas << " schemas\n";
  EXPECT_GT(schemas, 0u);
}

// "cedar/validation-hand.tar.xz" -> "validationhand"
std::string ArchiveName(const testing::TestParamInfo<const char*>& param) {
  std::string name(param.param);
  name = name.substr(name.find('/') + 1);
  name = name.substr(0, name.find('.'));
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(SchemaCorpus, EverySchema,
                         testing::Values("cedar/decisions.tar.xz", "cedar/validation.tar.xz",
                                         "cedar/validation-hand.tar.xz", "cedar/handwritten.tar.xz",
                                         "cedar/oopsla.tar.xz"),
                         ArchiveName);

}  // namespace
}  // namespace polc
