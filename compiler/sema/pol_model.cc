#include "compiler/sema/pol_model.h"

#include <algorithm>

#include "compiler/model/resolve.h"
#include "compiler/sema/pol_constant.h"
#include "compiler/sema/pol_hours.h"
#include "compiler/sema/pol_modules.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::sema::pol {

using Nature = core::EntityType::Nature;
using source::Code;
using source::Span;
using TypeKind = Type::Kind;

void ImportSchema(const model::Schema& schema, World& world) {
  for (const auto& [name, type] : schema.entity_types) {
    EntityInfo info;
    info.from_schema = true;
    info.parents.assign(type.parents.begin(), type.parents.end());
    info.fields = FromSchema(type.attributes);
    if (type.tags) info.tags = FromSchema(*type.tags);
    info.enum_ids = type.enum_ids;
    info.span = type.span;
    world.types.emplace(name, std::move(info));
    const std::string written = PolName(name);
    world.symbols.emplace(written, Symbol{SymbolKind::kType, written, kSchemaSource, type.span, name});
  }
  for (const auto& [uid, action] : schema.actions) {
    ActionInfo info;
    info.uid = uid;
    // `Action::"a"` is a, `Shop::Action::"a"` is Shop.a.
    const std::string type = PolName(uid.type);
    info.written = type.size() > 6 ? type.substr(0, type.size() - 6) + uid.id : uid.id;
    info.by = action.principal_types;
    info.on = action.resource_types;
    info.groups.assign(action.ancestors.begin(), action.ancestors.end());
    info.fields = FromSchema(action.context);
    info.from_schema = true;
    info.span = action.span;
    world.symbols.emplace(
        info.written, Symbol{SymbolKind::kAction, info.written, kSchemaSource, action.span, info.written});
    world.action_names.emplace(info.written, uid);
    world.actions.emplace(uid, std::move(info));
  }
}

namespace {

// Where attributes are declared; each allows something else.
enum class Place : uint8_t { kEntity, kRecord, kContext, kEvidence, kNeeds };

class Builder {
 public:
  Builder(World& world, source::DiagnosticSink& sink) : world_(world), sink_(sink) {}

  void Run() {
    DeclareTool();
    ForEach<ast::LevelsDecl>(world_, [&](SourceId s, const auto& d) { Levels(s, d); });
    DeclareAutonomy();
    ForEach<ast::ClassDecl>(world_, [&](SourceId s, const auto& d) { Class(s, d); });
    // Types have to be there before attributes can be of them.
    ForEach<ast::EntityDecl>(world_, [&](SourceId s, const auto& d) { Entity(s, d); });
    Records();
    Hierarchy();
    ForEach<ast::EntityDecl>(world_, [&](SourceId s, const auto& d) { EntityFields(s, d); });
    ForEach<ast::ActionDecl>(world_, [&](SourceId s, const auto& d) { Action(s, d); });
    AddTool();
    ForEach<ast::EvidenceDecl>(world_, [&](SourceId s, const auto& d) { Evidence(s, d); });
    DeclareReadOnly();
    ForEach<ast::LimitKindDecl>(world_, [&](SourceId s, const auto& d) { LimitKind(s, d); });
    ForEach<ast::HoursDecl>(world_, [&](SourceId s, const auto& d) { Hours(s, d); });
    for (auto& [key, setting] : world_.settings) {
      if (setting.decl) setting.type = Resolve(setting.source).FindType(setting.decl->type);
    }
  }

 private:
  Resolver Resolve(SourceId source) { return {world_, source, sink_}; }

  // Whether `span` is the declaration that DeclareNames kept, not a second one.
  bool Kept(SymbolKind kind, const std::string& name, Span span) const {
    auto [begin, end] = world_.symbols.equal_range(name);
    for (auto it = begin; it != end; ++it) {
      if (it->second.kind == kind && it->second.span == span) return true;
    }
    return false;
  }

  static void SortFields(std::vector<Field>& fields) { std::ranges::sort(fields, {}, &Field::name); }

  void DeclareTool() {
    RecordType tool{"Tool", {}};
    for (const char* name : {"baseline", "publisher", "schema_digest"}) {
      Field field;
      field.name = name;
      field.type = Simple(TypeKind::kText);
      tool.fields.push_back(std::move(field));
    }
    world_.records.emplace("Tool", std::make_shared<const RecordType>(std::move(tool)));
    world_.symbols.emplace("Tool", Symbol{SymbolKind::kRecord, "Tool", kSchemaSource, {}, "Tool"});
  }

  void DeclareAutonomy() {
    auto levels = world_.levels.find("Autonomy");
    if (levels == world_.levels.end()) return;
    FactInfo autonomy;
    autonomy.type = LevelOf("Autonomy");
    autonomy.agents_only = true;
    world_.facts.emplace("autonomy", std::move(autonomy));
    world_.symbols.emplace("autonomy", Symbol{SymbolKind::kFact, "autonomy", kSchemaSource, {}, "autonomy"});
  }

  // `limit read_only` needs no declaration: the word is the language's own.
  void DeclareReadOnly() {
    world_.limit_kinds.emplace(
        "read_only", core::LimitKind{"read_only", ToCore(Simple(TypeKind::kBool)), core::Merge::kAnyTrue});
    world_.limit_types.emplace("read_only", Simple(TypeKind::kBool));
    world_.symbols.emplace("read_only",
                           Symbol{SymbolKind::kLimitKind, "read_only", kSchemaSource, {}, "read_only"});
  }

  void Levels(SourceId, const ast::LevelsDecl& d) {
    if (!Kept(SymbolKind::kLevels, d.name.text, d.name.span)) return;
    core::Levels levels;
    levels.name = d.name.text;
    levels.higher_is_stricter = d.higher_is_stricter;
    for (const ast::Name& level : d.levels) {
      if (Kept(SymbolKind::kLevel, level.text, level.span)) levels.names.push_back(level.text);
    }
    if (levels.names.size() < 2) {
      if (d.levels.size() >= 2) return;  // repeated names were reported
      sink_.Report(Code::kUnexpectedType, d.span,
                   fmt::format("levels `{}` have one level; an order needs two", d.name.text));
    }
    world_.levels.emplace(levels.name, std::move(levels));
  }

  void Class(SourceId, const ast::ClassDecl& d) {
    if (!Kept(SymbolKind::kClass, d.name.text, d.name.span)) return;
    // In the order of the AST's enumeration.
    world_.classes.emplace(d.name.text, ClassInfo{static_cast<core::Reversibility>(d.kind), d.name.span});
  }

  void Entity(SourceId, const ast::EntityDecl& d) {
    for (const ast::Name& name : d.names) {
      auto known = world_.types.find(CedarName(name.text));
      if (known == world_.types.end()) {
        if (!Kept(SymbolKind::kType, name.text, name.span)) continue;
        EntityInfo fresh;
        fresh.span = name.span;
        known = world_.types.emplace(CedarName(name.text), std::move(fresh)).first;
      } else if (!known->second.from_schema || refined_.contains(known->first)) {
        if (known->second.from_schema) {
          sink_.Report(Code::kDuplicateDeclaration, name.span,
                       fmt::format("type `{}` is declared a second time", name.text));
        }
        continue;
      }
      EntityInfo& info = known->second;
      if (info.from_schema) refined_.insert(known->first);
      info.nature = NatureOf(d.kind);
      info.is_group = d.kind == ast::EntityDecl::Kind::kGroup;
      info.is_resource = d.kind == ast::EntityDecl::Kind::kResource;
      kept_.insert({name.span.file, name.span.begin});
    }
  }
  static Nature NatureOf(ast::EntityDecl::Kind kind) {
    switch (kind) {
      case ast::EntityDecl::Kind::kPerson:
        return Nature::kPerson;
      case ast::EntityDecl::Kind::kAgent:
        return Nature::kAgent;
      case ast::EntityDecl::Kind::kPrincipal:
        return Nature::kService;
      default:
        return Nature::kPlain;
    }
  }
  EntityInfo* KeptEntity(const ast::Name& name) {
    if (!kept_.contains({name.span.file, name.span.begin})) return nullptr;
    return &world_.types.at(CedarName(name.text));
  }

  // Parents of all types, then who may be in whom.
  void Hierarchy() {
    ForEach<ast::EntityDecl>(world_, [&](SourceId s, const ast::EntityDecl& d) {
      std::vector<std::string> parents;
      for (const ast::Name& parent : d.parents) {
        if (std::optional<std::string> type = Resolve(s).FindEntityType(parent)) parents.push_back(*type);
      }
      for (const ast::Name& name : d.names) {
        EntityInfo* info = KeptEntity(name);
        if (!info) continue;
        if (!info->from_schema) {
          info->parents = parents;
          continue;
        }
        for (size_t i = 0; i < parents.size(); ++i) {
          if (std::ranges::find(info->parents, parents[i]) != info->parents.end()) continue;
          Conflict(d.parents[std::min(i, d.parents.size() - 1)].span,
                   fmt::format("the schema does not let a `{}` be in a `{}`", name.text, PolName(parents[i])),
                   info->span);
        }
      }
    });
    for (auto& [name, info] : world_.types) {
      std::ranges::sort(info.parents);
      info.parents.erase(std::unique(info.parents.begin(), info.parents.end()), info.parents.end());
      std::vector<std::string> todo = info.parents;
      while (!todo.empty()) {
        const std::string next = std::move(todo.back());
        todo.pop_back();
        auto parent = world_.types.find(next);
        if (!info.ancestors.insert(next).second || parent == world_.types.end()) continue;
        todo.insert(todo.end(), parent->second.parents.begin(), parent->second.parents.end());
      }
    }
  }

  void Conflict(Span span, std::string message, Span declared) {
    source::Diagnostic& report = sink_.Report(Code::kSchemaConflict, span, std::move(message));
    if (declared.valid()) report.labels.push_back({declared, "declared here"});
    report.help = "Pol adds to a Cedar schema only what Cedar cannot say; change the schema";
  }

  // The declared attributes; those with a mistake are left out. Sorted.
  std::vector<Field> Fields(SourceId source, const std::vector<ast::Attr>& attrs, Place place) {
    std::vector<Field> fields;
    for (const ast::Attr& attr : attrs) {
      auto earlier = std::ranges::find(fields, attr.name, &Field::name);
      if (earlier != fields.end()) {
        sink_
            .Report(Code::kDuplicateDeclaration, attr.name_span,
                    fmt::format("attribute `{}` is declared a second time", source::Excerpt(attr.name)))
            .labels.push_back({earlier->span, "first declared here"});
        continue;
      }
      Field field;
      field.name = attr.name;
      field.span = attr.name_span;
      field.type = Resolve(source).FindType(attr.type);
      field.required = !attr.optional;
      field.from_host = attr.from_host;
      field.varies = attr.varies;
      if (field.type.is(TypeKind::kPool)) {
        sink_.Report(
            Code::kUnexpectedType, attr.type.span,
            "`Pool` is the type of settings that say who approves; an attribute has the type of an entity");
        field.type = {};
      }
      if (place != Place::kContext && (attr.from_host || attr.varies)) {
        sink_
            .Report(Code::kInvalidAttribute, attr.span,
                    fmt::format("`{}` says `{}`, which only attributes of a context can", attr.name,
                                attr.from_host ? "from host" : "varies"))
            .help = attr.from_host ? "entities always come from the gateway" : "";
        field.from_host = field.varies = false;
      }
      if (attr.if_missing != ast::kNoExpr) {
        field.if_missing = ConstantOf(world_, source, attr.if_missing, field.type,
                                      fmt::format("the default of `{}`", attr.name), sink_);
        field.required = false;
      }
      fields.push_back(std::move(field));
    }
    SortFields(fields);
    return fields;
  }

  // Records may be of records, but not of themselves: each is built when all it needs is there.
  void Records() {
    struct Pending {
      SourceId source;
      const ast::RecordDecl* decl;
      size_t missing = 0;
    };
    std::vector<Pending> pending;
    std::map<std::string, std::vector<size_t>> waiting;  // record -> who needs it
    std::map<std::string, size_t> depth = {{"Tool", 1}};
    std::set<std::string> declared;
    ForEach<ast::RecordDecl>(world_, [&](SourceId s, const ast::RecordDecl& d) {
      if (Kept(SymbolKind::kRecord, d.name.text, d.name.span)) {
        pending.push_back({s, &d});
        declared.insert(d.name.text);
      }
    });
    std::vector<size_t> ready;
    for (size_t i = 0; i < pending.size(); ++i) {
      std::set<std::string> needs;
      for (const ast::Attr& attr : pending[i].decl->attrs) {
        if (declared.contains(attr.type.name.text)) needs.insert(attr.type.name.text);
      }
      pending[i].missing = needs.size();
      for (const std::string& need : needs) waiting[need].push_back(i);
      if (needs.empty()) ready.push_back(i);
    }
    for (size_t next = 0; next < ready.size(); ++next) {
      const Pending& p = pending[ready[next]];
      const std::string& name = p.decl->name.text;
      size_t deepest = 0;
      for (const ast::Attr& attr : p.decl->attrs) {
        auto it = depth.find(attr.type.name.text);
        if (it != depth.end()) deepest = std::max(deepest, it->second);
      }
      depth[name] = deepest + 2;  // a record and a set around it
      if (depth[name] > model::kMaxTypeDepth) {
        sink_.Report(Code::kNestingTooDeep, p.decl->name.span,
                     fmt::format("record `{}` nests more than {} types", name, model::kMaxTypeDepth));
        continue;
      }
      RecordType record{name, Fields(p.source, p.decl->attrs, Place::kRecord)};
      world_.records[name] = std::make_shared<const RecordType>(std::move(record));
      for (size_t user : waiting[name]) {
        if (--pending[user].missing == 0) ready.push_back(user);
      }
    }
    for (const Pending& p : pending) {
      if (p.missing == 0) continue;
      sink_.Report(Code::kCommonTypeCycle, p.decl->name.span,
                   fmt::format("record `{}` contains itself, or a record that does", p.decl->name.text));
    }
  }

  void EntityFields(SourceId source, const ast::EntityDecl& d) {
    std::vector<Field> fields = Fields(source, d.attrs, Place::kEntity);
    std::optional<std::string> owner;
    if (d.owned_by) {
      owner = Resolve(source).FindEntityType(*d.owned_by);
      if (owner && world_.types.at(*owner).nature != Nature::kPerson) {
        sink_.Report(Code::kUnexpectedType, d.owned_by->span,
                     fmt::format("`{}` is no `person`; an agent is owned by a person", d.owned_by->text));
        owner.reset();
      }
    }
    for (const ast::Name& name : d.names) {
      EntityInfo* info = KeptEntity(name);
      if (!info) continue;
      if (owner) {
        info->owner = *owner;
        Field field;
        field.name = "owner";
        field.type = EntityOf(*owner);
        field.span = d.owned_by->span;
        if (!info->from_schema) {
          if (const Field* own = FindField(fields, "owner")) {
            sink_
                .Report(Code::kDuplicateDeclaration, own->span,
                        "`owned by` declares the attribute `owner`; it cannot be declared again")
                .labels.push_back({d.owned_by->span, "declared here"});
          } else {
            std::vector<Field> with = fields;
            with.push_back(field);
            SortFields(with);
            info->fields = std::move(with);
            continue;
          }
        } else {
          const Field* own = FindField(info->fields, "owner");
          if (!own || !own->required || !(own->type == field.type)) {
            Conflict(d.owned_by->span,
                     fmt::format("the schema does not give `{}` the attribute `owner` of type `{}`",
                                 name.text, d.owned_by->text),
                     info->span);
          }
        }
      }
      if (!info->from_schema) {
        info->fields = fields;
        continue;
      }
      for (const Field& field : fields) Refine(info->fields, field, name.text, info->span);
    }
  }

  // Adds to an attribute of a schema what Cedar cannot say about it.
  void Refine(std::vector<Field>& declared, const Field& field, const std::string& of, Span where) {
    auto it = std::ranges::find(declared, field.name, &Field::name);
    if (it == declared.end()) {
      Conflict(field.span, fmt::format("the schema gives `{}` no attribute `{}`", of, field.name), where);
      return;
    }
    if (field.type.error()) return;
    if (!(*ToSchema(it->type) == *ToSchema(field.type))) {
      Conflict(field.span,
               fmt::format("the schema says that `{}` of `{}` is {}, not {}", field.name, of,
                           TypeText(it->type), TypeText(field.type)),
               where);
      return;
    }
    if (it->required && !field.required && !field.if_missing) {
      Conflict(field.span, fmt::format("the schema says that `{}` of `{}` is required", field.name, of),
               where);
      return;
    }
    const bool required = it->required && !field.if_missing;
    *it = field;
    it->required = required;
  }

  void Action(SourceId source, const ast::ActionDecl& d) {
    std::vector<Field> fields = Fields(source, d.attrs, Place::kContext);
    std::set<std::string> by, on;
    for (const ast::Name& name : d.by) {
      std::optional<std::string> type = Resolve(source).FindEntityType(name);
      if (!type) continue;
      const EntityInfo& info = world_.types.at(*type);
      if (info.is_group || info.is_resource) {
        sink_.Report(
            Code::kUnexpectedType, name.span,
            fmt::format("`{}` is declared as a {}; only a `person`, an `agent` or a `principal` acts",
                        name.text, info.is_group ? "group" : "resource"));
        continue;
      }
      by.insert(*type);
    }
    for (const ast::Name& name : d.on) {
      if (std::optional<std::string> type = Resolve(source).FindEntityType(name)) on.insert(*type);
    }
    std::string action_class;
    Span class_span;
    for (const ast::Name& name : d.classes) {
      const Symbol* symbol =
          Resolve(source).Find(name.text, name.span, Only(SymbolKind::kClass), "a class of actions");
      if (!symbol || action_class == symbol->key) continue;
      if (!action_class.empty()) {
        TwoClasses(d.names.empty() ? name.text : d.names.front().text, action_class, class_span, name);
        continue;
      }
      action_class = symbol->key;
      class_span = name.span;
    }
    for (const ast::ActionName& name : d.names) {
      const std::string written =
          name.qualifier.text.empty() ? name.text : name.qualifier.text + "." + name.text;
      auto known = world_.action_names.find(written);
      if (known != world_.action_names.end()) {
        ActionInfo& info = world_.actions.at(known->second);
        if (!info.from_schema) continue;  // a second declaration: reported
        if (!d.by.empty() && by != info.by) {
          Conflict(d.by.front().span,
                   fmt::format("the schema says by whom `{}` is done: {}", written, fmt::join(info.by, ", ")),
                   info.span);
        }
        if (!d.on.empty() && on != info.on) {
          Conflict(d.on.front().span,
                   fmt::format("the schema says on what `{}` is done: {}", written, fmt::join(info.on, ", ")),
                   info.span);
        }
        for (const Field& field : fields) Refine(info.fields, field, written, info.span);
        SetClass(info, action_class, class_span);
        continue;
      }
      if (!Kept(SymbolKind::kAction, written, name.span)) continue;
      if (d.by.empty() || d.on.empty()) {
        sink_
            .Report(Code::kInvalidAppliesTo, name.span,
                    fmt::format("action `{}` does not say {}", source::Excerpt(written),
                                d.by.empty() ? "by whom it is done" : "on what it is done"))
            .help = "only an action of a Cedar schema can leave that out";
        continue;
      }
      ActionInfo info;
      const std::string& qualifier = name.qualifier.text;
      info.uid = {qualifier.empty() ? "Action" : CedarName(qualifier) + "::Action", name.text};
      info.written = written;
      info.by = by;
      info.on = on;
      info.fields = fields;
      info.span = name.span;
      SetClass(info, action_class, class_span);
      world_.action_names.emplace(written, info.uid);
      world_.actions.emplace(info.uid, std::move(info));
    }
  }

  void SetClass(ActionInfo& info, const std::string& action_class, Span span) {
    if (action_class.empty()) return;
    if (!info.action_class.empty() && info.action_class != action_class) {
      TwoClasses(info.written, info.action_class, info.class_span, {action_class, span});
      return;
    }
    info.action_class = action_class;
    info.class_span = span;
  }
  void TwoClasses(const std::string& action, const std::string& first, Span first_span,
                  const ast::Name& second) {
    source::Diagnostic& report = sink_.Report(
        Code::kTwoClasses, second.span,
        fmt::format("action `{}` is in class `{}` and in class `{}`; an action is in one class at most",
                    source::Excerpt(action), first, second.text));
    if (first_span.valid()) report.labels.push_back({first_span, "the first class"});
  }

  // What an agent calls comes with a description of the tool, from the gateway.
  void AddTool() {
    for (auto& [uid, info] : world_.actions) {
      if (FindField(info.fields, "tool")) continue;
      const bool by_agent =
          std::ranges::any_of(info.by, [&](const std::string& type) { return world_.IsAgent(type); });
      if (!by_agent) continue;
      Field tool;
      tool.name = "tool";
      tool.type = Simple(TypeKind::kRecord);
      tool.type.record = world_.records.at("Tool");
      tool.from_host = true;
      tool.span = info.span;
      info.fields.push_back(std::move(tool));
      SortFields(info.fields);
    }
  }

  void Evidence(SourceId source, const ast::EvidenceDecl& d) {
    if (!Kept(SymbolKind::kEvidence, d.name.text, d.name.span)) return;
    Type type;
    if (d.type) {
      type = Resolve(source).FindType(*d.type);
    } else {
      type = Simple(TypeKind::kRecord);
      type.record = std::make_shared<const RecordType>(
          RecordType{d.name.text, Fields(source, d.attrs, Place::kEvidence)});
    }
    world_.evidence.emplace(d.name.text, core::EvidenceKind{d.name.text, d.undo, ToCore(type)});
    world_.evidence_types.emplace(d.name.text, std::move(type));
  }

  void LimitKind(SourceId source, const ast::LimitKindDecl& d) {
    if (!Kept(SymbolKind::kLimitKind, d.name.text, d.name.span)) return;
    const Type type = Resolve(source).FindType(d.type);
    using Merge = ast::LimitKindDecl::Merge;
    bool fits = type.error();
    const char* wanted = "";
    switch (d.merge) {
      case Merge::kLowestWins:
      case Merge::kHighestWins:
        fits |= type.is(TypeKind::kNumber) || type.is(TypeKind::kDecimal) || type.is(TypeKind::kPercent) ||
                type.is(TypeKind::kDuration) || type.is(TypeKind::kTime);
        wanted = "Number, Decimal, Percent, Duration or Time";
        break;
      case Merge::kCommonMembers:
      case Merge::kAllMembers:
        fits |= type.is(TypeKind::kSet);
        wanted = "a set";
        break;
      case Merge::kAnyTrue:
        fits |= type.is(TypeKind::kBool);
        wanted = "Bool";
        break;
    }
    if (!fits) {
      sink_.Report(Code::kUnexpectedType, d.type.span,
                   fmt::format("limits of kind `{}` are {}, which cannot be merged so; that takes {}",
                               d.name.text, TypeText(type), wanted));
    }
    // In the order of the AST's enumeration.
    world_.limit_kinds.emplace(d.name.text,
                               core::LimitKind{d.name.text, ToCore(type), static_cast<core::Merge>(d.merge)});
    world_.limit_types.emplace(d.name.text, type);
  }

  void Hours(SourceId, const ast::HoursDecl& d) {
    if (!Kept(SymbolKind::kHours, d.name.text, d.name.span)) return;
    if (!FindZone(d.zone)) {
      source::Diagnostic& report =
          sink_.Report(Code::kUnknownTimeZone, d.zone_span,
                       fmt::format("`{}` is not a time zone polc knows", source::Excerpt(d.zone)));
      if (auto near = source::DidYouMean(d.zone, ZoneNames())) {
        report.help = fmt::format("did you mean `{}`?", *near);
      }
      return;
    }
    core::Hours hours;
    hours.name = d.name.text;
    hours.zone = d.zone;
    for (unsigned day = d.first_day;; day = (day + 1) % 7) {
      hours.days = static_cast<uint8_t>(hours.days | (1u << day));
      if (day == d.last_day) break;
    }
    hours.from_minute = d.from;
    hours.to_minute = d.to;
    world_.hours.emplace(d.name.text, std::move(hours));
  }

  World& world_;
  source::DiagnosticSink& sink_;
  std::set<std::string> refined_;
  std::set<std::pair<source::FileId, uint32_t>> kept_;
};

// The attributes of `needs`, against those of one type.
bool Meets(const std::vector<Field>& fields, const std::vector<Field>& needed) {
  return std::ranges::all_of(needed, [&](const Field& need) {
    const Field* has = FindField(fields, need.name);
    return has && Fits(has->type, need.type) && (!need.required || has->always());
  });
}

}  // namespace

void BuildDeclarations(World& world, source::DiagnosticSink& sink) { Builder(world, sink).Run(); }

void ApplyNeeds(World& world, source::DiagnosticSink& sink) {
  ForEach<ast::NeedsDecl>(world, [&](SourceId source, const ast::NeedsDecl& d) {
    std::vector<Field> needed;
    std::vector<std::string> names;
    for (const ast::Attr& attr : d.attrs) {
      Field field;
      field.name = attr.name;
      field.required = !attr.optional;
      field.type = Resolver(world, source, sink).FindType(attr.type);
      names.push_back(fmt::format("{} : {}", attr.name, TypeText(field.type)));
      needed.push_back(std::move(field));
    }
    bool found = false;
    if (d.var == syntax::Var::kContext) {
      const bool first = !world.needed_actions.contains(source);
      std::set<data::EntityUid> left;
      for (const auto& [uid, action] : world.actions) {
        if (!Meets(action.fields, needed)) continue;
        if (first || world.needed_actions[source].contains(uid)) left.insert(uid);
      }
      found = !left.empty();
      world.needed_actions[source] = std::move(left);
    } else {
      const bool principal = d.var == syntax::Var::kPrincipal;
      auto& all = principal ? world.needed_principals : world.needed_resources;
      std::set<std::string> left;
      for (const std::string& type : principal ? world.PrincipalTypes() : world.ResourceTypes()) {
        auto info = world.types.find(type);
        if (info == world.types.end() || !Meets(info->second.fields, needed)) continue;
        if (!all.contains(source) || all[source].contains(type)) left.insert(type);
      }
      found = !left.empty();
      all[source] = std::move(left);
    }
    if (found) return;
    const Source& s = world.sources[source];
    const char* what = d.var == syntax::Var::kContext    ? "the context of no action"
                       : d.var == syntax::Var::kResource ? "no resource"
                                                         : "no principal";
    sink.Report(Code::kUnmetNeeds, d.span,
                fmt::format("{} has `{}`, which `{}` needs to speak about anything", what,
                            fmt::join(names, "`, `"), s.policy))
        .help = "declare the attribute, or do without the module";
  });
}

core::Model ModelOf(const World& world) {
  core::Model model;
  for (const auto& [name, info] : world.types) {
    core::EntityType type;
    type.name = name;
    type.nature = info.nature;
    type.owner = info.owner;
    type.parents = info.parents;
    for (const Field& field : info.fields) type.attributes.push_back(ToCore(field));
    if (info.tags) type.tags = ToCore(*info.tags);
    type.enum_ids = info.enum_ids;
    if (type.enum_ids) std::ranges::sort(*type.enum_ids);
    model.entity_types.push_back(std::move(type));
  }
  for (const auto& [name, info] : world.classes) model.classes.push_back({name, info.reversibility});
  for (const auto& [uid, info] : world.actions) {
    core::Action action;
    action.uid = uid;
    action.action_class = info.action_class;
    action.groups = info.groups;
    std::ranges::sort(action.groups);
    action.principals.assign(info.by.begin(), info.by.end());
    action.resources.assign(info.on.begin(), info.on.end());
    for (const Field& field : info.fields) action.context.push_back(ToCore(field));
    model.actions.push_back(std::move(action));
  }
  return model;
}

model::Schema SchemaOf(const World& world, const model::Schema* base) {
  model::Schema schema;
  if (base) schema = *base;
  for (const auto& [name, info] : world.types) {
    if (info.from_schema) continue;
    model::EntityType type;
    type.name = name;
    type.attributes = ToSchema(info.fields);
    type.parents.insert(info.parents.begin(), info.parents.end());
    type.ancestors = info.ancestors;
    type.span = info.span;
    schema.entity_types.emplace(name, std::move(type));
  }
  for (const auto& [name, info] : world.types) {
    for (const std::string& ancestor : info.ancestors) {
      auto it = schema.entity_types.find(ancestor);
      if (it != schema.entity_types.end()) it->second.descendants.insert(name);
    }
  }
  for (const auto& [uid, info] : world.actions) {
    if (info.from_schema) continue;
    model::Action action;
    action.uid = uid;
    action.principal_types = info.by;
    action.resource_types = info.on;
    action.context = ToSchema(info.fields);
    action.span = info.span;
    schema.actions.emplace(uid, std::move(action));
    schema.action_types.insert(uid.type);
  }
  return schema;
}

}  // namespace polc::sema::pol
