#include "compiler/sema/pol.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "compiler/core/digest.h"
#include "compiler/sema/pol_build_guarantees.h"
#include "compiler/sema/pol_build_tests.h"
#include "compiler/sema/pol_constant.h"
#include "compiler/sema/pol_facts.h"
#include "compiler/sema/pol_hours.h"
#include "compiler/sema/pol_model.h"
#include "compiler/sema/pol_modules.h"
#include "compiler/sema/pol_polarity.h"
#include "compiler/sema/pol_rules.h"
#include "compiler/sema/pol_state.h"
#include "compiler/sema/pol_suggestions.h"
#include "compiler/sema/pol_whose_word.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::sema::pol {

namespace {

// Rules in the order of their ids; reports ids that stand twice.
void BuildRules(const World& world, const source::SourceMap& map, Set& set, std::set<std::string>& library,
                source::DiagnosticSink& sink) {
  std::map<std::string, source::Span> ids;
  ForEach<ast::RuleDecl>(world, [&](SourceId source, const ast::RuleDecl& d) {
    const Source& s = world.sources[source];
    const std::string id = s.policy + "/" + d.name.text;
    set.rules.push_back({id, d.span});
    auto [first, fresh] = ids.emplace(id, d.name.span);
    if (!fresh) {
      sink.Report(source::Code::kDuplicatePolicyId, d.name.span,
                  fmt::format("two rules have the id `{}`", source::Excerpt(id)))
          .labels.push_back({first->second, "the first one"});
      return;
    }
    if (s.library) library.insert(id);
    std::optional<core::Rule> rule = BuildRule({world, source, map, sink}, d);
    if (rule) set.program.rules.push_back(*std::move(rule));
  });
  std::ranges::sort(set.program.rules, {}, &core::Rule::id);
}

// Titles, bodies and caps have one name each per policy.
void CheckCapNames(const World& world, source::DiagnosticSink& sink) {
  std::map<std::string, source::Span> ids;
  ForEach<ast::CapDecl>(world, [&](SourceId source, const ast::CapDecl& d) {
    const std::string id = world.sources[source].policy + "/" + d.name.text;
    auto [first, fresh] = ids.emplace(id, d.name.span);
    if (fresh) return;
    sink.Report(source::Code::kDuplicateDeclaration, d.name.span,
                fmt::format("cap `{}` is declared a second time", source::Excerpt(id)))
        .labels.push_back({first->second, "first declared here"});
  });
}

// Every setting is looked at, read or not: what it is set to has to be of its type.
void CheckSettings(const World& world, const source::SourceMap& map, core::Program& program,
                   source::DiagnosticSink& sink) {
  for (const auto& [key, setting] : world.settings) {
    if (setting.value == ast::kNoExpr) continue;
    std::string text(map.text(world.file(setting.value_source)[setting.value].span));
    program.settings.push_back({key, std::move(text)});
    if (setting.type.error() || setting.type.is(Type::Kind::kPool)) {
      if (setting.type.error() || !setting.set_at.valid()) continue;
      // A pool that was set is an entity, or a path that has to lead somewhere for every principal there is.
      const Reach reach = WholeReach(world, setting.value_source, false);
      core::Rule aside;
      source::DiagnosticSink trial;
      Typed value = Expressions(world, reach, aside, map, trial).Check(setting.value, {});
      if (!value.error() && !value.type.is(Type::Kind::kEntity) &&
          !(value.type.is(Type::Kind::kSet) && value.type.element->is(Type::Kind::kEntity))) {
        sink.Report(source::Code::kUnexpectedType, value.span,
                    fmt::format("setting `{}` is a group, or a path to one; this is of type {}",
                                setting.decl->name.text, TypeText(value.type)));
      }
      continue;
    }
    ConstantOf(world, setting.value_source, setting.value, setting.type,
               fmt::format("setting `{}`", setting.decl->name.text), sink);
  }
}

// Hours that are declared, with their zones.
void AddHours(const World& world, core::Program& program) {
  std::map<std::string, core::Zone> zones;
  for (const auto& [name, hours] : world.hours) {
    program.hours.push_back(hours);
    if (std::optional<core::Zone> zone = FindZone(hours.zone)) zones.emplace(hours.zone, *std::move(zone));
  }
  for (auto& [name, zone] : zones) program.zones.push_back(std::move(zone));
}

}  // namespace

Set Analyze(source::SourceMap& map, const std::vector<source::FileId>& files, const Options& options,
            source::DiagnosticSink& sink) {
  Set set;
  set.program.pol = true;
  std::deque<ast::File> asts;
  World world;
  LoadSources(map, files, options, asts, world, sink);
  if (options.schema) ImportSchema(*options.schema, world);
  DeclareNames(world, sink);
  SetSettings(map, options, asts, world, sink);
  BuildDeclarations(world, sink);
  ApplyNeeds(world, sink);
  DeclareFacts(world, sink);
  DeclareState(world, map, sink);

  core::Program& program = set.program;
  program.model = ModelOf(world);
  set.schema = SchemaOf(world, options.schema);
  for (const auto& [name, levels] : world.levels) program.levels.push_back(levels);
  for (const auto& [name, kind] : world.limit_kinds) program.limit_kinds.push_back(kind);
  for (const auto& [name, kind] : world.evidence) program.evidence_kinds.push_back(kind);
  CheckSettings(world, map, program, sink);
  AddHours(world, program);
  program.inputs = BuildInputs(world, map, sink);
  program.facts = BuildFacts(world, map, sink);
  CheckCapNames(world, sink);
  std::set<std::string> library;
  BuildRules(world, map, set, library, sink);

  CheckPolarity(program, sink);
  CheckWhoseWord(program, library, sink);
  CheckSuggestions(program, sink);
  set.tests = BuildTests(world, program, map, sink);
  set.guarantees = BuildGuarantees(world, map, sink);
  set.assumptions = BuildAssumptions(world, map, sink);
  core::FillDigests(program);
  return set;
}

}  // namespace polc::sema::pol
