// Everything the files of a Pol policy set declare, with every name settled: what the checks of expressions
// and rules ask.
//
// Built by pol_modules (sources, symbols), pol_model (types, actions, levels, …), pol_state and pol_facts, in
// that order; nothing is removed again. A name belongs to the file that declares it. The files of the set see
// each other's names; a module's are seen by the files that `use` it, and a module sees only its own and
// those it uses. What has no place in a rule (spans, who may see what) stays here; what a decision needs goes
// to core::Program. Tested by pol_facts_test.cc and pol_model_test.cc.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/sema/pol_types.h"
#include "compiler/source/diagnostic.h"
#include "compiler/syntax/pol_ast.h"

namespace polc::sema::pol {

namespace ast = syntax::pol;
using SourceId = uint32_t;
// Declares what comes from a Cedar schema, which every file sees.
inline constexpr SourceId kSchemaSource = UINT32_MAX;

// One .pol file.
struct Source {
  const ast::File* file = nullptr;
  source::FileId id = 0;
  std::string module;    // "std.risk"; empty for a file of the set
  std::string policy;    // what its rule ids start with
  bool library = false;  // of the standard library: what finds nothing to speak about is dropped quietly
  bool shadow = false;   // every `use` of it says so
  std::set<std::string> uses;
};

enum class SymbolKind : uint8_t {
  kType,
  kRecord,
  kLevels,
  kLevel,
  kFact,
  kSetting,
  kClass,
  kAction,
  kLimitKind,
  kEvidence,
  kState,
  kHours,
};
std::string_view KindText(SymbolKind kind);  // "fact", "level", "setting", …
using SymbolKinds = uint32_t;                // a set of SymbolKind
constexpr SymbolKinds Only(SymbolKind kind) { return SymbolKinds{1} << static_cast<unsigned>(kind); }
// What a bare name in an expression may be.
inline constexpr SymbolKinds kValueKinds = Only(SymbolKind::kType) | Only(SymbolKind::kLevel) |
                                           Only(SymbolKind::kFact) | Only(SymbolKind::kSetting) |
                                           Only(SymbolKind::kClass) | Only(SymbolKind::kAction) |
                                           Only(SymbolKind::kState) | Only(SymbolKind::kHours);

struct Symbol {
  SymbolKind kind = SymbolKind::kType;
  std::string name;  // as written
  SourceId source = 0;
  source::Span span;
  // What it stands for: the type's or action's full name, the levels a level is of, the key of a map below.
  std::string key;
};

struct EntityInfo {
  core::EntityType::Nature nature = core::EntityType::Nature::kPlain;
  bool is_group = false;
  bool is_resource = false;
  bool from_schema = false;
  std::string owner;  // the person type of its `owner`; empty: not owned
  std::vector<std::string> parents;
  std::set<std::string> ancestors;  // types its entities may be in
  std::vector<Field> fields;        // sorted by name
  std::optional<Type> tags;
  std::optional<std::vector<std::string>> enum_ids;
  source::Span span;
};

struct ActionInfo {
  data::EntityUid uid;
  std::string written;       // as a message names it
  std::string action_class;  // empty: none
  std::vector<data::EntityUid> groups;
  std::set<std::string> by, on;
  std::vector<Field> fields;  // of the context
  bool from_schema = false;
  source::Span span;
  source::Span class_span;
};

struct ClassInfo {
  core::Reversibility reversibility = core::Reversibility::kIrreversible;
  source::Span span;
};

struct SettingInfo {
  const ast::SettingDecl* decl = nullptr;
  SourceId source = 0;  // that declares it
  Type type;
  // What it is set to: an expression of the file `value_source`.
  SourceId value_source = 0;
  ast::ExprId value = ast::kNoExpr;
  source::Span set_at;  // invalid: by its own default
};

struct FactInfo {
  const ast::FactDecl* decl = nullptr;  // null for `autonomy`
  SourceId source = 0;
  Type type;
  bool agents_only = false;  // it reads `autonomy`
  source::Span span;
};

struct StateInfo {
  core::Input::Kind kind = core::Input::Kind::kSwitch;
  Type value;
  // One per key: the id of the input, the path or entity type it is kept for and its type.
  struct Key {
    std::string id;
    std::string by;
    Type type;
  };
  std::vector<Key> keys;  // empty: there is one value for all
  SourceId source = 0;
  source::Span span;
};

struct World {
  std::vector<Source> sources;
  std::unordered_multimap<std::string, Symbol> symbols;  // by name

  std::map<std::string, EntityInfo> types;  // by full name
  std::map<std::string, std::shared_ptr<const RecordType>> records;
  std::map<std::string, core::Levels> levels;
  std::map<std::string, ClassInfo> classes;
  std::map<data::EntityUid, ActionInfo> actions;
  std::map<std::string, data::EntityUid> action_names;  // by ActionInfo::written
  std::map<std::string, core::LimitKind> limit_kinds;
  std::map<std::string, Type> limit_types;
  std::map<std::string, core::EvidenceKind> evidence;
  std::map<std::string, Type> evidence_types;
  std::map<std::string, SettingInfo> settings;  // by module (or policy) and name: "std.identity.max_ttl"
  std::map<std::string, FactInfo> facts;
  std::map<std::string, StateInfo> states;
  std::map<std::string, core::Hours> hours;
  // Principal types that `needs` of a source restrict its rules to; likewise resources.
  std::map<SourceId, std::set<std::string>> needed_principals, needed_resources;
  // Actions left by `needs context has …`.
  std::map<SourceId, std::set<data::EntityUid>> needed_actions;

  const ast::File& file(SourceId source) const { return *sources[source].file; }
  bool Sees(SourceId from, SourceId other) const;
  // The symbols of these kinds that `name` may mean in a file; sorted by place.
  std::vector<const Symbol*> Lookup(SourceId from, std::string_view name, SymbolKinds kinds) const;
  // A symbol of these kinds that the file does not see, or null.
  const Symbol* Hidden(SourceId from, std::string_view name, SymbolKinds kinds) const;
  // Names of these kinds a file may use, for proposals; sorted.
  std::vector<std::string> Names(SourceId from, SymbolKinds kinds) const;

  bool MayBeIn(const std::string& inner, const std::string& outer) const;
  core::Reversibility ReversibilityOf(const ActionInfo& action) const;
  bool IsAgent(const std::string& type) const;
  // All types an action can have as principal / as resource.
  std::set<std::string> PrincipalTypes() const;
  std::set<std::string> ResourceTypes() const;
};

// Settles names, with a report where one means nothing or several things.
class Resolver {
 public:
  Resolver(const World& world, SourceId source, source::DiagnosticSink& sink)
      : world_(world), source_(source), sink_(sink) {}

  // The one thing of these kinds that `name` means here; null after a report. `what` names what is wanted:
  // "a class", "an action".
  const Symbol* Find(const std::string& name, source::Span span, SymbolKinds kinds, std::string_view what);
  // The full name of an entity type; nothing after a report.
  std::optional<std::string> FindEntityType(const ast::Name& name);
  std::optional<data::EntityUid> FindAction(const ast::ActionName& name);
  std::optional<data::EntityUid> FindEntity(const syntax::EntityRef& entity);
  Type FindType(const ast::TypeRef& type);

 private:
  void ReportUnknown(const std::string& name, source::Span span, SymbolKinds kinds, std::string_view what);

  const World& world_;
  SourceId source_;
  source::DiagnosticSink& sink_;
};

}  // namespace polc::sema::pol
