// Test help: what the checker says about policy text under schema text.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/model/resolve.h"
#include "compiler/sema/check.h"
#include "compiler/sema/lower.h"
#include "compiler/syntax/cedar_parser.h"

namespace polc::sema {

class CheckTest : public ::testing::Test {
 protected:
  // Two principal types with a hierarchy, optional attributes, tags, an enumerated type, nested records,
  // extension types, and actions in groups over two namespaces.
  static constexpr std::string_view kSchema = R"(
    entity Team in [Team] { name: String, lead: User } tags Long;
    entity User in [Team] {
      name: String, age: Long, nick?: String, boss?: User, roles: Set<String>, friends: Set<User>,
      home: { city: String, zip?: Long }, ip: ipaddr, pay: decimal, born: datetime, shift: duration, on: Bool
    } tags String;
    entity Bot { name: String, age: Long };
    entity Tier enum ["free", "paid"];
    entity Doc in [Folder] { owner: User, tier: Tier, size: Long };
    entity Folder;
    action read, write;
    action view in [read] appliesTo { principal: [User, Bot], resource: [Doc], context: { mfa: Bool, src?: ipaddr } };
    action edit in [write] appliesTo { principal: [User], resource: [Doc, Folder], context: { mfa: Bool } };
    namespace Ops { action restart in [Action::"write"] appliesTo { principal: [User], resource: [Folder] }; }
  )";

  // Parses and lowers `policies`; they must be free of syntax errors.
  core::Program Lower(std::string_view policies) {
    source::DiagnosticSink sink;
    source::FileId file = map_.Add("p.cedar", std::string(policies));
    Lowerer lowerer(IdSource::kPosition, sink);
    for (const syntax::ParsedPolicy& parsed : syntax::ParseCedar(map_, file, sink))
      lowerer.Add(parsed.policy);
    core::Program program = lowerer.Take();
    EXPECT_TRUE(sink.diagnostics().empty()) << policies << "\n" << sink.diagnostics()[0].message;
    return program;
  }

  const model::Schema& Schema(std::string_view text) {
    if (!schema_ || schema_text_ != text) {
      source::DiagnosticSink sink;
      source::FileId file = map_.Add("s.cedarschema", std::string(text));
      schema_ = model::LoadSchema(map_, {file}, sink);
      schema_text_ = text;
      EXPECT_FALSE(sink.has_errors()) << sink.diagnostics()[0].message;
      if (!schema_) schema_.emplace();
    }
    return *schema_;
  }

  CheckResult Run(const core::Program& program, CheckOptions options = {},
                  std::string_view schema = kSchema) {
    sink_ = {};
    return Check(program, Schema(schema), options, sink_);
  }

  // The names of what is reported, in order, separated by blanks.
  std::string Codes(std::string_view policies, CheckOptions options = {}, std::string_view schema = kSchema) {
    core::Program program = Lower(policies);
    CheckResult result = Run(program, options, schema);
    EXPECT_EQ(result.valid, !sink_.has_errors()) << policies;
    std::string codes;
    for (const source::Diagnostic& d : sink_.diagnostics()) {
      codes += (codes.empty() ? "" : " ") + std::string(source::Info(d.code).name);
    }
    return codes;
  }

  // As Codes for `permit (principal, action, resource) when { condition };`.
  std::string When(std::string_view condition, CheckOptions options = {}) {
    return Codes("permit (principal, action, resource) when { " + std::string(condition) + " };", options);
  }
  // The same in the one environment of a User viewing a Doc.
  std::string View(std::string_view condition, CheckOptions options = {}) {
    return Codes("permit (principal is User, action == Action::\"view\", resource) when { " +
                     std::string(condition) + " };",
                 options);
  }

  const source::Diagnostic& First() const { return sink_.diagnostics().at(0); }
  std::string_view Text(const source::Diagnostic& d) const { return map_.text(d.span); }

  static CheckOptions Permissive() {
    CheckOptions options;
    options.mode = CheckMode::kPermissive;
    return options;
  }
  static CheckOptions Level(uint32_t level) {
    CheckOptions options;
    options.level = level;
    return options;
  }

  source::SourceMap map_;
  source::DiagnosticSink sink_;

 private:
  std::optional<model::Schema> schema_;
  std::string schema_text_;
};

}  // namespace polc::sema
