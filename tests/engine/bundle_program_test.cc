// What is read back from a bundle is what the program declared, of random Pol programs and of every kind of
// value that a bundle keeps as a default.
#include <gtest/gtest.h>

#include "compiler/bridge/program.h"
#include "compiler/core/print.h"
#include "compiler/emit/emit.h"
#include "tests/pol/family.h"
#include "tests/pol/random_program.h"

namespace polc::tests {
namespace {

// What is left of a program when it is a bundle's again: no rules, no facts, no code.
core::Program WithoutCode(core::Program program) {
  program.rules.clear();
  program.templates.clear();
  program.facts.clear();
  for (core::Input& input : program.inputs) {
    input.update = {};
    input.key = input.amount = core::kNoExpr;
  }
  return program;
}

core::Program ReadBack(const core::Program& program) {
  source::DiagnosticSink sink;
  const auto bytes = emit::Emit(program, {}, sink);
  bundle::Bundle opened;
  bundle::VerifiedBundle verified;
  if (!bytes || !bundle::Bundle::Open(*bytes, &opened).ok() || !Verify(opened, &verified).ok()) {
    ADD_FAILURE() << "no bundle: " << (sink.diagnostics().empty() ? "" : sink.diagnostics()[0].message);
    return {};
  }
  return bridge::DeclarationsOf(verified);
}

TEST(BundleProgram, IsWhatTheProgramDeclares) {
  for (uint64_t seed = 0; seed < (kSanitized ? 50u : 500u); ++seed) {
    const core::Program program = Finished(RandomPolCase(seed).world.program);
    EXPECT_EQ(Dump(ReadBack(program)), Dump(WithoutCode(program))) << "seed " << seed;
    if (HasFailure()) return;
  }
}

TEST(BundleProgram, DefaultsOfEveryKindOfValue) {
  data::IpAddr v4, v6;
  v4.bytes = {10, 1, 2, 3};
  v4.prefix = 8;
  v6.v6 = true;
  v6.bytes[15] = 1;
  v6.prefix = 64;
  const std::vector<data::Value> values = {
      data::Value(true),
      data::Value(int64_t{-5}),
      data::Value(std::string("a\"b")),
      data::Value(data::EntityUid{"T", "x"}),
      data::Value(data::Decimal{15000}),
      data::Value(v4),
      data::Value(v6),
      data::Value(data::Datetime{7}),
      data::Value(data::Duration{-7}),
      data::Value::MakeSet({data::Value(int64_t{1}), data::Value(int64_t{2})}),
      data::Value::MakeSet({}),
      data::Value::MakeRecord({{"k", data::Value(false)}, {"longer", data::Value(int64_t{3})}})};
  core::Program program;
  program.pol = true;
  program.model.entity_types.push_back({.name = "T"});
  core::EntityType enumerated{.name = "AnEnumeration"};
  enumerated.enum_ids = {"a longer id", "b"};  // a bundle has the shorter first
  program.model.entity_types.insert(program.model.entity_types.begin(), enumerated);
  core::Action action{.uid = {"Action", "go"}};
  action.principals = action.resources = {"T"};
  for (size_t i = 0; i < values.size(); ++i) {
    core::Type type{.kind = values[i].kind()};
    if (type.kind == data::Kind::kEntity) type.entity = "T";
    if (type.kind == data::Kind::kSet)
      type.element = std::make_shared<const core::Type>(core::Type{.kind = data::Kind::kLong});
    if (type.kind == data::Kind::kRecord) {
      type.fields = {{"k", std::make_shared<const core::Type>(core::Type{.kind = data::Kind::kBool})},
                     {"longer", std::make_shared<const core::Type>(core::Type{.kind = data::Kind::kLong})}};
    }
    core::Attribute& a = action.context.emplace_back();
    a.name = "a" + std::string(i, 'x');
    a.type = std::make_shared<const core::Type>(std::move(type));
    a.required = false;
    a.if_missing = values[i];
  }
  program.model.actions.push_back(action);
  EXPECT_EQ(Dump(ReadBack(program)), Dump(program));
}

TEST(BundleProgram, OfCedarIsEmpty) {
  core::Program cedar;
  core::Rule& rule = cedar.rules.emplace_back();
  rule.id = "policy0";
  EXPECT_EQ(Dump(ReadBack(cedar)), "");
  EXPECT_FALSE(ReadBack(cedar).pol);
}

}  // namespace
}  // namespace polc::tests
