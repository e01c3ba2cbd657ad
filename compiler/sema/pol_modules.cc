#include "compiler/sema/pol_modules.h"

#include <algorithm>
#include <set>

#include "compiler/source/quote.h"
#include "compiler/syntax/pol_parser.h"
#include "fmt/format.h"

namespace polc::sema::pol {

using source::Code;
using source::FileId;
using source::Span;

std::string PolicyNameOf(const std::string& path) {
  size_t slash = path.find_last_of('/');
  std::string name = slash == path.npos ? path : path.substr(slash + 1);
  const size_t dot = name.rfind('.');
  if (dot != name.npos && dot > 0) name.resize(dot);
  return name;
}

namespace {

class Loader {
 public:
  Loader(source::SourceMap& map, const Options& options, std::deque<ast::File>& asts, World& world,
         source::DiagnosticSink& sink)
      : map_(map), options_(options), asts_(asts), world_(world), sink_(sink) {}

  void Load(const std::vector<FileId>& files) {
    for (FileId file : files) {
      if (!by_file_.contains(file)) Enter(file, "", false);
    }
    // Modules are entered behind the files that use them, so this meets their uses, too.
    for (SourceId source = 0; source < world_.sources.size(); ++source) {
      for (const ast::Decl& decl : asts_[source].decls) {
        if (const auto* use = std::get_if<ast::UseDecl>(&decl)) Use(source, *use);
      }
    }
    for (Source& source : world_.sources) {
      source.shadow = !source.module.empty() && !enforced_.contains(source.module);
    }
  }

 private:
  void Enter(FileId file, std::string module, bool library) {
    const SourceId id = static_cast<SourceId>(world_.sources.size());
    asts_.push_back(syntax::ParsePol(map_, file, sink_));
    Source source;
    source.file = &asts_.back();
    source.id = file;
    source.module = std::move(module);
    source.library = library;
    source.policy = asts_.back().header ? asts_.back().header->policy : PolicyNameOf(map_.path(file));
    by_file_.emplace(file, id);
    world_.sources.push_back(std::move(source));
  }

  void Use(SourceId source, const ast::UseDecl& use) {
    for (const ast::Name& name : use.modules) {
      if (!known_.contains(name.text) && !Find(source, name)) continue;
      world_.sources[source].uses.insert(name.text);
      if (use.mode != ast::Mode::kShadow) enforced_.insert(name.text);
    }
  }

  bool Find(SourceId source, const ast::Name& name) {
    std::optional<FoundModule> found;
    if (options_.find_module) found = options_.find_module(name.text, world_.sources[source].id);
    if (!found) {
      source::Diagnostic& report =
          sink_.Report(Code::kUnknownModule, name.span,
                       fmt::format("there is no module `{}`{}", name.text,
                                   name.text.starts_with("std.") ? " in the standard library" : ""));
      if (auto near = source::DidYouMean(name.text, options_.module_names)) {
        report.help = fmt::format("did you mean `{}`?", *near);
      } else if (!name.text.starts_with("std.")) {
        report.help = fmt::format(
            "`use a.b` looks for the file a/b.pol beside the file it stands in; modules "
            "of the standard library start with `std.`");
      }
      return false;
    }
    known_.insert(name.text);
    if (!by_file_.contains(found->file)) Enter(found->file, name.text, found->library);
    return true;
  }

  source::SourceMap& map_;
  const Options& options_;
  std::deque<ast::File>& asts_;
  World& world_;
  source::DiagnosticSink& sink_;
  std::map<FileId, SourceId> by_file_;
  std::set<std::string> known_, enforced_;
};

// Names that mean something wherever they stand, so that no declaration may take them.
bool IsReservedType(const std::string& name) {
  constexpr std::string_view kNames[] = {"Action",   "Address", "Bool",    "Class", "Decimal",
                                         "Duration", "Number",  "Percent", "Pool",  "Text",
                                         "Time",     "Tool",    "Set",     "agent", "person"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

class Declarer {
 public:
  Declarer(World& world, source::DiagnosticSink& sink) : world_(world), sink_(sink) {}

  void Run() {
    for (source_ = 0; source_ < world_.sources.size(); ++source_) {
      for (const ast::Decl& decl : world_.file(source_).decls) {
        std::visit([&](const auto& d) { Declare(d); }, decl);
      }
    }
  }

 private:
  // Names of these kinds are one namespace.
  static SymbolKinds Rivals(SymbolKind kind) {
    constexpr SymbolKinds kTypes =
        Only(SymbolKind::kType) | Only(SymbolKind::kRecord) | Only(SymbolKind::kLevels);
    return (kTypes & Only(kind)) != 0 ? kTypes : Only(kind);
  }

  // Whether the name was free. A type or action of a Cedar schema may be said again: Pol adds to it.
  bool Enter(SymbolKind kind, const std::string& name, Span span, std::string key) {
    if (name.empty()) return false;
    const bool unique = kind != SymbolKind::kSetting && kind != SymbolKind::kLevel;
    auto [begin, end] = world_.symbols.equal_range(name);
    for (auto it = begin; it != end && unique; ++it) {
      const Symbol& other = it->second;
      if ((Rivals(kind) & Only(other.kind)) == 0) continue;
      if (other.source == kSchemaSource && other.kind == kind && other.key == key) return true;
      source::Diagnostic& report = sink_.Report(
          Code::kDuplicateDeclaration, span,
          fmt::format("{} `{}` is declared a second time", KindText(kind), source::Excerpt(name)));
      if (other.span.valid()) report.labels.push_back({other.span, "first declared here"});
      return false;
    }
    if (!unique) {
      for (auto it = begin; it != end; ++it) {
        const Symbol& other = it->second;
        if (other.kind != kind || other.source != source_ || other.key != key) continue;
        sink_
            .Report(Code::kDuplicateDeclaration, span,
                    fmt::format("{} `{}` is declared a second time", KindText(kind), name))
            .labels.push_back({other.span, "first declared here"});
        return false;
      }
    }
    world_.symbols.emplace(name, Symbol{kind, name, source_, span, std::move(key)});
    return true;
  }
  void EnterType(SymbolKind kind, const ast::Name& name) {
    if (IsReservedType(name.text)) return IsPolsOwn(name);
    Enter(kind, name.text, name.span, CedarName(name.text));
  }
  void IsPolsOwn(const ast::Name& name) {
    sink_.Report(Code::kDuplicateDeclaration, name.span,
                 fmt::format("`{}` is a word of Pol itself and cannot be declared", name.text));
  }

  void Declare(const ast::EntityDecl& d) {
    for (const ast::Name& name : d.names) EnterType(SymbolKind::kType, name);
  }
  void Declare(const ast::RecordDecl& d) { EnterType(SymbolKind::kRecord, d.name); }
  void Declare(const ast::LevelsDecl& d) {
    EnterType(SymbolKind::kLevels, d.name);
    for (const ast::Name& level : d.levels) Enter(SymbolKind::kLevel, level.text, level.span, d.name.text);
  }
  void Declare(const ast::ClassDecl& d) { Enter(SymbolKind::kClass, d.name.text, d.name.span, d.name.text); }
  void Declare(const ast::ActionDecl& d) {
    for (const ast::ActionName& name : d.names) {
      const std::string written =
          name.qualifier.text.empty() ? name.text : name.qualifier.text + "." + name.text;
      Enter(SymbolKind::kAction, written, name.span, written);
    }
  }
  void Declare(const ast::EvidenceDecl& d) {
    Enter(SymbolKind::kEvidence, d.name.text, d.name.span, d.name.text);
  }
  void Declare(const ast::LimitKindDecl& d) {
    if (d.name.text == "read_only") return IsPolsOwn(d.name);
    Enter(SymbolKind::kLimitKind, d.name.text, d.name.span, d.name.text);
  }
  void Declare(const ast::FactDecl& d) { Enter(SymbolKind::kFact, d.name.text, d.name.span, d.name.text); }
  void Declare(const ast::SettingDecl& d) {
    const std::string key = SettingKey(world_.sources[source_], d.name.text);
    if (!Enter(SymbolKind::kSetting, d.name.text, d.name.span, key)) return;
    SettingInfo info;
    info.decl = &d;
    info.source = info.value_source = source_;
    info.value = d.value;
    world_.settings.emplace(key, std::move(info));
  }
  void State(const ast::Name& name) { Enter(SymbolKind::kState, name.text, name.span, name.text); }
  void Declare(const ast::SwitchDecl& d) { State(d.name); }
  void Declare(const ast::CounterDecl& d) { State(d.name); }
  void Declare(const ast::TotalDecl& d) { State(d.name); }
  void Declare(const ast::LabelDecl& d) { State(d.name); }
  void Declare(const ast::BreakerDecl& d) { State(d.name); }
  void Declare(const ast::HoursDecl& d) { Enter(SymbolKind::kHours, d.name.text, d.name.span, d.name.text); }
  void Declare(const ast::UseDecl&) {}
  void Declare(const ast::NeedsDecl&) {}
  void Declare(const ast::AssumeDecl&) {}
  void Declare(const ast::LadderDecl&) {}
  void Declare(const ast::CapDecl&) {}
  void Declare(const ast::RuleDecl&) {}
  void Declare(const ast::FixtureDecl&) {}
  void Declare(const ast::TestDecl&) {}
  void Declare(const ast::GuaranteeDecl&) {}

  World& world_;
  source::DiagnosticSink& sink_;
  SourceId source_ = 0;
};

class SettingSetter {
 public:
  SettingSetter(source::SourceMap& map, std::deque<ast::File>& asts, World& world,
                source::DiagnosticSink& sink)
      : map_(map), asts_(asts), world_(world), sink_(sink) {}

  void FromUses() {
    // Values of `--set` are entered as sources behind these; they were set by name.
    const SourceId files = static_cast<SourceId>(world_.sources.size());
    for (SourceId source = 0; source < files; ++source) {
      for (const ast::Decl& decl : world_.file(source).decls) {
        if (const auto* use = std::get_if<ast::UseDecl>(&decl)) FromUse(source, *use);
      }
    }
  }

  // The value is read as it would be in `use … with`.
  void FromOption(const std::string& name, const std::string& value) {
    std::vector<SettingInfo*> matching;
    for (auto& [key, setting] : world_.settings) {
      if (key == name || key.ends_with("." + name)) matching.push_back(&setting);
    }
    const FileId file = map_.Add(fmt::format("<--set {}>", name),
                                 fmt::format("use settings with {} {}", LastPart(name), value));
    const Span whole = {file, 0, static_cast<uint32_t>(map_.text(file).size())};
    if (matching.size() != 1) {
      source::Diagnostic& report = sink_.Report(
          matching.empty() ? Code::kUnknownName : Code::kAmbiguousName, whole,
          fmt::format("`{}` is {}", source::Excerpt(name),
                      matching.empty() ? "not a setting that is declared" : "a setting of several modules"));
      std::vector<std::string> names;
      for (const auto& [key, setting] : world_.settings) names.push_back(key);
      if (auto near = source::DidYouMean(name, names)) report.help = fmt::format("did you mean `{}`?", *near);
      return;
    }
    asts_.push_back(syntax::ParsePol(map_, file, sink_));
    const ast::File& parsed = asts_.back();
    const auto* use = parsed.decls.size() == 1 ? std::get_if<ast::UseDecl>(&parsed.decls.front()) : nullptr;
    if (!use || use->settings.size() != 1) return;  // reported by the parser
    Source source;
    source.file = &parsed;
    source.id = file;
    source.policy = "settings";
    // It may name what the file of the setting may name, and what the files of the set declare.
    source.uses = world_.sources[matching.front()->source].uses;
    source.uses.insert(world_.sources[matching.front()->source].module);
    world_.sources.push_back(std::move(source));
    Set(*matching.front(), static_cast<SourceId>(world_.sources.size() - 1), use->settings.front().value,
        use->settings.front().span);
  }

  void CheckAllSet() {
    for (const auto& [key, setting] : world_.settings) {
      if (setting.value != ast::kNoExpr) continue;
      const std::string& module = world_.sources[setting.source].module;
      source::Diagnostic& report =
          sink_.Report(Code::kSettingNotSet, setting.decl->name.span,
                       fmt::format("setting `{}` has no value", setting.decl->name.text));
      report.help = module.empty()
                        ? fmt::format("give it a default, or set it with `--set {}=…`", key)
                        : fmt::format("set it with `use {} with {} …` or `--set {}=…`, or give it a default",
                                      module, setting.decl->name.text, key);
    }
  }

 private:
  static std::string LastPart(const std::string& name) {
    const size_t dot = name.rfind('.');
    return dot == name.npos ? name : name.substr(dot + 1);
  }

  void FromUse(SourceId source, const ast::UseDecl& use) {
    for (const ast::Arg& arg : use.settings) {
      std::vector<SettingInfo*> matching;
      std::vector<std::string> names;
      for (auto& [key, setting] : world_.settings) {
        const std::string& module = world_.sources[setting.source].module;
        if (std::ranges::find(use.modules, module, &ast::Name::text) == use.modules.end()) continue;
        names.push_back(setting.decl->name.text);
        if (names.back() == arg.name) matching.push_back(&setting);
      }
      if (matching.size() == 1) {
        Set(*matching.front(), source, arg.value, arg.span);
        continue;
      }
      source::Diagnostic& report =
          sink_.Report(matching.empty() ? Code::kUnknownName : Code::kAmbiguousName, arg.name_span,
                       fmt::format("`{}` is {}", source::Excerpt(arg.name),
                                   matching.empty() ? "not a setting of what is used here"
                                                    : "a setting of several modules that are used here"));
      if (auto near = source::DidYouMean(arg.name, names)) {
        report.help = fmt::format("did you mean `{}`?", *near);
      } else if (!matching.empty()) {
        report.help = "write one `use` for each module";
      }
    }
  }

  void Set(SettingInfo& setting, SourceId source, ast::ExprId value, Span at) {
    if (value == ast::kNoExpr) return;
    auto text = [&](SourceId from, ast::ExprId id) { return map_.text(world_.file(from)[id].span); };
    if (setting.set_at.valid()) {
      if (text(setting.value_source, setting.value) == text(source, value)) return;
      sink_
          .Report(
              Code::kSettingConflict, at,
              fmt::format("setting `{}` is set to `{}` here and to `{}` elsewhere; it has one value in a set",
                          setting.decl->name.text, source::Excerpt(text(source, value)),
                          source::Excerpt(text(setting.value_source, setting.value))))
          .labels.push_back({setting.set_at, "first set here"});
      return;
    }
    setting.value_source = source;
    setting.value = value;
    setting.set_at = at;
  }

  source::SourceMap& map_;
  std::deque<ast::File>& asts_;
  World& world_;
  source::DiagnosticSink& sink_;
};

}  // namespace

void LoadSources(source::SourceMap& map, const std::vector<FileId>& files, const Options& options,
                 std::deque<ast::File>& asts, World& world, source::DiagnosticSink& sink) {
  Loader(map, options, asts, world, sink).Load(files);
}

void DeclareNames(World& world, source::DiagnosticSink& sink) { Declarer(world, sink).Run(); }

void SetSettings(source::SourceMap& map, const Options& options, std::deque<ast::File>& asts, World& world,
                 source::DiagnosticSink& sink) {
  SettingSetter setter(map, asts, world, sink);
  setter.FromUses();
  for (const auto& [name, value] : options.settings) setter.FromOption(name, value);
  setter.CheckAllSet();
}

std::string SettingKey(const Source& source, const std::string& name) {
  return (source.module.empty() ? source.policy : source.module) + "." + name;
}

}  // namespace polc::sema::pol
