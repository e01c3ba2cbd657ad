// Test help: what the checker says about Pol text, and what comes out of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/model.h"
#include "compiler/core/print.h"
#include "compiler/core/verify.h"
#include "compiler/model/resolve.h"
#include "compiler/oracle/decide.h"
#include "compiler/sema/pol.h"
#include "compiler/stdlib/stdlib.h"

namespace polc::sema::pol {

class PolTest : public ::testing::Test {
 protected:
  // Agents, people and services; two classes; a bit of everything that rules read.
  static constexpr std::string_view kModel = R"(
policy "p"
group Team
group Environment
person Human in Team
agent Agent in Team owned by Human has
  maturity? : Rank
  ttl : Duration
principal Robot in Team
resource Service in Environment has
  data : Set of Text, at most 8
  tier? : Number
levels Risk is low < medium < high < critical, higher is stricter
levels Rank is junior < senior < lead, higher is freer
levels Autonomy is recommend < approval_needed < alone, higher is freer
action class restarts is reversible
action class drops is irreversible
action class looks is read_only
limit kind timeout : Duration, lowest wins
limit kind hosts : Set of Text, common members
evidence plan (undo) : Text
action restart in restarts by Agent, Robot on Service with
  blast : Percent from host, 100% if missing
  to : Set of Text, at most 4
  n : Number
  host? : Text
action drop in drops by Agent, Human on Service
action look in looks by Agent, Human on Service
)";

  Set Run(std::map<std::string, std::string> files, const model::Schema* schema = nullptr,
          std::vector<std::pair<std::string, std::string>> settings = {}) {
    sink_ = {};
    std::vector<source::FileId> ids;
    std::map<std::string, source::FileId> modules;
    for (auto& [name, text] : files) {
      const source::FileId id = map_.Add(name, text);
      if (name.starts_with("mod/")) {
        modules.emplace(name.substr(4, name.size() - 8), id);
      } else {
        ids.push_back(id);
      }
    }
    Options options;
    options.schema = schema;
    options.settings = std::move(settings);
    for (const stdlib::Module& module : stdlib::Modules()) options.module_names.emplace_back(module.name);
    options.find_module = [&](const std::string& name, source::FileId) -> std::optional<FoundModule> {
      auto known = modules.find(name);
      if (known != modules.end()) return FoundModule{known->second, false};
      const stdlib::Module* module = stdlib::Find(name);
      if (!module) return std::nullopt;
      const source::FileId id = map_.Add(name + ".pol", std::string(module->text));
      modules.emplace(name, id);
      return FoundModule{id, true};
    };
    Set set = Analyze(map_, ids, options, sink_);
    if (!sink_.has_errors()) {
      EXPECT_EQ(core::Verify(set.program), std::nullopt);
    }
    return set;
  }
  // kModel and `text` behind it.
  Set With(std::string_view text) { return Run({{"p.pol", std::string(kModel) + std::string(text)}}); }

  // The names of what is reported, in order, separated by blanks.
  std::string Reported() const {
    std::string codes;
    for (const source::Diagnostic& d : sink_.diagnostics()) {
      codes += (codes.empty() ? "" : " ") + std::string(source::Info(d.code).name);
    }
    return codes;
  }
  std::string Codes(std::string_view text) {
    With(text);
    return Reported();
  }
  // What is reported about a condition of a rule that allows, or forbids, agents to restart services.
  std::string Allow(std::string_view condition) {
    return Codes("rule r allow Agent to restart on Service when " + std::string(condition));
  }
  std::string Forbid(std::string_view condition) {
    return Codes("rule r forbid Agent to restart on Service when " + std::string(condition));
  }
  // The core of a condition; of several, the last.
  std::string Core(std::string_view condition) {
    Set set = With("rule r forbid Agent to restart on Service when " + std::string(condition));
    EXPECT_FALSE(sink_.has_errors()) << condition << ": " << First();
    if (set.program.rules.empty()) return "";
    const core::Rule& rule = set.program.rules.front();
    return core::Dump(rule, rule.conditions.back());
  }
  std::string First() const { return sink_.diagnostics().empty() ? "" : sink_.diagnostics().front().message; }
  std::string Help() const { return sink_.diagnostics().empty() ? "" : sink_.diagnostics().front().help; }
  std::string FirstText() const {
    return sink_.diagnostics().empty() ? "" : std::string(map_.text(sink_.diagnostics().front().span));
  }

  // The decision of a test of the set, its votes left out.
  data::Decision Decide(const Set& set, const TestCase& test) {
    data::EntityStore store;
    for (const data::Entity& entity : test.request.entities) store.Put(entity);
    core::PutActions(set.program.model, store);
    EXPECT_FALSE(store.Close().has_value());
    return oracle::Decide(set.program, store, test.request);
  }

  source::SourceMap map_;
  source::DiagnosticSink sink_;
};

}  // namespace polc::sema::pol
