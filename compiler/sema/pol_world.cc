#include "compiler/sema/pol_world.h"

#include <algorithm>
#include <tuple>

#include "compiler/data/extension.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::sema::pol {

using source::Code;

std::string_view KindText(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::kType:
      return "type";
    case SymbolKind::kRecord:
      return "record";
    case SymbolKind::kLevels:
      return "levels";
    case SymbolKind::kLevel:
      return "level";
    case SymbolKind::kFact:
      return "fact";
    case SymbolKind::kSetting:
      return "setting";
    case SymbolKind::kClass:
      return "class of actions";
    case SymbolKind::kAction:
      return "action";
    case SymbolKind::kLimitKind:
      return "kind of limit";
    case SymbolKind::kEvidence:
      return "kind of evidence";
    case SymbolKind::kState:
      return "state";
    case SymbolKind::kHours:
      return "hours";
  }
  return "";
}

bool World::Sees(SourceId from, SourceId other) const {
  if (from == other || other == kSchemaSource) return true;
  const Source& that = sources[other];
  if (that.module.empty()) return !sources[from].library;
  return sources[from].uses.contains(that.module);
}

std::vector<const Symbol*> World::Lookup(SourceId from, std::string_view name, SymbolKinds kinds) const {
  std::vector<const Symbol*> found;
  auto [begin, end] = symbols.equal_range(std::string(name));
  for (auto it = begin; it != end; ++it) {
    const Symbol& symbol = it->second;
    if ((kinds & Only(symbol.kind)) != 0 && Sees(from, symbol.source)) found.push_back(&symbol);
  }
  std::ranges::sort(found, {}, [](const Symbol* s) { return std::tuple(s->source, s->span.begin, s->kind); });
  return found;
}

const Symbol* World::Hidden(SourceId from, std::string_view name, SymbolKinds kinds) const {
  const Symbol* hidden = nullptr;
  auto [begin, end] = symbols.equal_range(std::string(name));
  for (auto it = begin; it != end; ++it) {
    const Symbol& symbol = it->second;
    if ((kinds & Only(symbol.kind)) == 0 || Sees(from, symbol.source)) continue;
    if (!hidden || symbol.source < hidden->source) hidden = &symbol;
  }
  return hidden;
}

std::vector<std::string> World::Names(SourceId from, SymbolKinds kinds) const {
  std::vector<std::string> names;
  for (const auto& [name, symbol] : symbols) {
    if ((kinds & Only(symbol.kind)) != 0 && Sees(from, symbol.source)) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

bool World::MayBeIn(const std::string& inner, const std::string& outer) const {
  if (inner == outer) return true;
  auto it = types.find(inner);
  return it != types.end() && it->second.ancestors.contains(outer);
}

core::Reversibility World::ReversibilityOf(const ActionInfo& action) const {
  auto it = classes.find(action.action_class);
  return it == classes.end() ? core::Reversibility::kIrreversible : it->second.reversibility;
}

bool World::IsAgent(const std::string& type) const {
  auto it = types.find(type);
  return it != types.end() && it->second.nature == core::EntityType::Nature::kAgent;
}

std::set<std::string> World::PrincipalTypes() const {
  std::set<std::string> all;
  for (const auto& [uid, action] : actions) all.insert(action.by.begin(), action.by.end());
  return all;
}

std::set<std::string> World::ResourceTypes() const {
  std::set<std::string> all;
  for (const auto& [uid, action] : actions) all.insert(action.on.begin(), action.on.end());
  return all;
}

void Resolver::ReportUnknown(const std::string& name, source::Span span, SymbolKinds kinds,
                             std::string_view what) {
  source::Diagnostic& report = sink_.Report(
      Code::kUnknownName, span, fmt::format("`{}` is not {} that is declared", source::Excerpt(name), what));
  if (const Symbol* hidden = world_.Hidden(source_, name, kinds)) {
    report.help = fmt::format("module `{}` declares it: add `use {}`", world_.sources[hidden->source].module,
                              world_.sources[hidden->source].module);
    return;
  }
  if (auto near = source::DidYouMean(name, world_.Names(source_, kinds))) {
    report.help = fmt::format("did you mean `{}`?", source::Excerpt(*near));
    return;
  }
  // Something else has the name.
  std::vector<const Symbol*> others = world_.Lookup(source_, name, ~SymbolKinds{0});
  if (!others.empty()) {
    report.help = fmt::format("`{}` is a {}", source::Excerpt(name), KindText(others.front()->kind));
    if (others.front()->span.valid()) report.labels.push_back({others.front()->span, "declared here"});
  }
}

const Symbol* Resolver::Find(const std::string& name, source::Span span, SymbolKinds kinds,
                             std::string_view what) {
  std::vector<const Symbol*> found = world_.Lookup(source_, name, kinds);
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    ReportUnknown(name, span, kinds, what);
    return nullptr;
  }
  source::Diagnostic& report = sink_.Report(
      Code::kAmbiguousName, span,
      fmt::format("`{}` means {} things here; a name with several meanings is never chosen between",
                  source::Excerpt(name), found.size()));
  for (const Symbol* symbol : found) {
    if (!symbol->span.valid()) continue;
    report.labels.push_back({symbol->span, symbol->kind == SymbolKind::kLevel
                                               ? fmt::format("a level of `{}`", symbol->key)
                                               : fmt::format("a {}", KindText(symbol->kind))});
  }
  const bool levels =
      std::ranges::all_of(found, [](const Symbol* s) { return s->kind == SymbolKind::kLevel; });
  report.help = levels ? fmt::format("name the levels as well: `{}.{}`", found.front()->key, name)
                       : std::string("rename one of them");
  return nullptr;
}

std::optional<std::string> Resolver::FindEntityType(const ast::Name& name) {
  const Symbol* symbol = Find(name.text, name.span, Only(SymbolKind::kType), "a type of entities");
  if (!symbol || !world_.types.contains(symbol->key)) return std::nullopt;
  return symbol->key;
}

std::optional<data::EntityUid> Resolver::FindAction(const ast::ActionName& name) {
  const std::string written = name.qualifier.text.empty() ? name.text : name.qualifier.text + "." + name.text;
  const Symbol* symbol = Find(written, name.span, Only(SymbolKind::kAction), "an action");
  if (!symbol) return std::nullopt;
  auto it = world_.action_names.find(symbol->key);
  if (it == world_.action_names.end()) return std::nullopt;  // its declaration was reported
  return it->second;
}

std::optional<data::EntityUid> Resolver::FindEntity(const syntax::EntityRef& entity) {
  std::optional<std::string> type = FindEntityType(entity.type);
  if (!type) return std::nullopt;
  const EntityInfo& info = world_.types.at(*type);
  if (info.enum_ids && std::ranges::find(*info.enum_ids, entity.id) == info.enum_ids->end()) {
    source::Diagnostic& report =
        sink_.Report(Code::kInvalidEnumEntity, entity.span,
                     fmt::format("`{}` has no entity \"{}\"; its entities are enumerated", PolName(*type),
                                 source::Excerpt(entity.id)));
    if (auto near = source::DidYouMean(entity.id, *info.enum_ids)) {
      report.help = fmt::format("did you mean `{} {}`?", PolName(*type), source::Quote(*near));
    }
    return std::nullopt;
  }
  return data::EntityUid{*type, entity.id};
}

namespace {

// How many elements a set may be declared to have: what a quantifier may cost.
constexpr int64_t kMaxSetBound = 256;

struct BuiltinType {
  std::string_view name;
  Type::Kind kind;
};
constexpr BuiltinType kBuiltins[] = {
    {"Address", Type::Kind::kAddress}, {"Bool", Type::Kind::kBool},         {"Class", Type::Kind::kClass},
    {"Decimal", Type::Kind::kDecimal}, {"Duration", Type::Kind::kDuration}, {"Number", Type::Kind::kNumber},
    {"Percent", Type::Kind::kPercent}, {"Pool", Type::Kind::kPool},         {"Text", Type::Kind::kText},
    {"Time", Type::Kind::kTime},
};

}  // namespace

Type Resolver::FindType(const ast::TypeRef& type) {
  Type found;
  for (const BuiltinType& builtin : kBuiltins) {
    if (builtin.name == type.name.text) found = Simple(builtin.kind);
  }
  if (found.error()) {
    constexpr SymbolKinds kKinds =
        Only(SymbolKind::kType) | Only(SymbolKind::kRecord) | Only(SymbolKind::kLevels);
    std::vector<const Symbol*> symbols = world_.Lookup(source_, type.name.text, kKinds);
    if (symbols.empty()) {
      std::vector<std::string> names = world_.Names(source_, kKinds);
      for (const BuiltinType& builtin : kBuiltins) names.emplace_back(builtin.name);
      source::Diagnostic& report =
          sink_.Report(Code::kUnknownName, type.name.span,
                       fmt::format("`{}` is not a type that is declared", type.name.text));
      const Symbol* hidden = world_.Hidden(source_, type.name.text, kKinds);
      if (hidden) {
        report.help = fmt::format("add `use {}`", world_.sources[hidden->source].module);
      } else if (auto near = source::DidYouMean(type.name.text, names)) {
        report.help = fmt::format("did you mean `{}`?", *near);
      }
      return {};
    }
    const Symbol* symbol = Find(type.name.text, type.name.span, kKinds, "a type");
    if (!symbol) return {};
    if (symbol->kind == SymbolKind::kType) {
      found = EntityOf(symbol->key);
    } else if (symbol->kind == SymbolKind::kLevels) {
      found = LevelOf(symbol->key);
    } else {
      found = Simple(Type::Kind::kRecord);
      auto it = world_.records.find(symbol->key);
      if (it == world_.records.end()) return {};  // its declaration was reported
      found.record = it->second;
    }
  }
  if (!type.is_set) return found;
  uint32_t bound = 0;
  if (type.at_most) {
    if (*type.at_most < 1 || *type.at_most > kMaxSetBound) {
      sink_.Report(Code::kInvalidBound, type.at_most_span,
                   fmt::format("{} is no bound of a set; a bound is 1 to {}", *type.at_most, kMaxSetBound));
    } else {
      bound = static_cast<uint32_t>(*type.at_most);
    }
  }
  return SetOf(std::move(found), bound);
}

}  // namespace polc::sema::pol
