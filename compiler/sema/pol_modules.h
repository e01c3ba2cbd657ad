// Which files belong to a set, what they declare by which name, and what settings are set to.
//
// A module is loaded once, however often it is used; circles among modules are harmless, since nothing is
// executed. Tested by pol_facts_test.cc.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "compiler/sema/pol.h"
#include "compiler/sema/pol_world.h"

namespace polc::sema::pol {

// Parses `files` and every module they use into `asts`, and enters them into world.sources.
void LoadSources(source::SourceMap& map, const std::vector<source::FileId>& files, const Options& options,
                 std::deque<ast::File>& asts, World& world, source::DiagnosticSink& sink);

// Enters every declared name into world.symbols; reports names that are declared twice.
void DeclareNames(World& world, source::DiagnosticSink& sink);

// Gives settings the values that `use … with` and `options.settings` set; reports unknown ones, two values,
// and settings that have none.
void SetSettings(source::SourceMap& map, const Options& options, std::deque<ast::File>& asts, World& world,
                 source::DiagnosticSink& sink);

// The key of a setting in world.settings.
std::string SettingKey(const Source& source, const std::string& name);

// Calls `visit` with every declaration of this kind, in the order of sources: visit(SourceId, const Decl&).
template <typename D, typename Visit>
void ForEach(const World& world, Visit visit) {
  for (SourceId source = 0; source < world.sources.size(); ++source) {
    for (const ast::Decl& decl : world.file(source).decls) {
      if (const auto* d = std::get_if<D>(&decl)) visit(source, *d);
    }
  }
}

}  // namespace polc::sema::pol
