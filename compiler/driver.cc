#include "compiler/driver.h"

#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "compiler/core/digest.h"
#include "compiler/emit/emit.h"
#include "compiler/host/entities_json.h"
#include "compiler/json/json.h"
#include "compiler/model/resolve.h"
#include "compiler/source/load.h"
#include "compiler/stdlib/stdlib.h"
#include "compiler/syntax/policy_json.h"
#include "fmt/format.h"
#include "runtime/bundle/sha256.h"

namespace polc::driver {

using source::Code;
using source::Diagnostic;
using source::FileId;
using source::Severity;
using source::Span;

namespace {

// What the system says of a file: as long as it says the same, the text is what it was. Nothing if it cannot
// say, or if the file changed so lately that it could change again unnoticed: clocks of file systems tick.
std::optional<std::array<int64_t, 5>> StampOf(const std::string& path) {
  constexpr int64_t kTickNs = 50'000'000;
  struct stat s{};
  timespec now{};
  if (stat(path.c_str(), &s) != 0 || !S_ISREG(s.st_mode) || clock_gettime(CLOCK_REALTIME, &now) != 0)
    return std::nullopt;
  auto ns = [](const timespec& t) { return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; };
  const int64_t changed = std::max(ns(s.st_mtim), ns(s.st_ctim));
  if (changed > ns(now) - kTickNs) return std::nullopt;
  return std::array<int64_t, 5>{static_cast<int64_t>(s.st_dev), static_cast<int64_t>(s.st_ino), s.st_size,
                                ns(s.st_mtim), ns(s.st_ctim)};
}

}  // namespace

std::optional<FileId> Sources::Load(const std::string& path) {
  std::optional<std::array<int64_t, 5>> stamp;
  if (keep) {
    // Looked at before the text is read: what changes in between is another stamp the next time.
    stamp = StampOf(path);
    const auto known = loaded_.find(path);
    if (known != loaded_.end() && stamp && known->second.stamp == stamp) return known->second.file;
  }
  std::optional<FileId> file = source::LoadFile(map, path, limits.file_bytes, sink);
  unreadable |= !file;
  if (!keep || !file) return file;
  auto [at, fresh] = loaded_.try_emplace(path, Loaded{*file, stamp});
  if (fresh) return file;
  Loaded& known = at->second;
  known.stamp = stamp;
  const bool same = map.text(known.file) == map.text(*file);
  stale_bytes_ += map.text(same ? *file : known.file).size();
  if (!same) {
    parsed_.erase(known.file);
    known.file = *file;
  }
  return known.file;
}

FileId Sources::Own(const std::string& path, std::string_view text) {
  if (!keep) return map.Add(path, std::string(text));
  auto [at, fresh] = own_.try_emplace(path, 0);
  if (fresh) at->second = map.Add(path, std::string(text));
  return at->second;
}

void Sources::StartOver() {
  sink = {};
  aside = {};
  unreadable = false;
  schema_files.clear();
  // Texts that were replaced lie in the map until there are more of them than of the others.
  size_t bytes = 0;
  for (const auto& [path, known] : loaded_) bytes += map.text(known.file).size();
  constexpr size_t kFewBytes = size_t{1} << 24;
  if (stale_bytes_ <= bytes + kFewBytes) return;
  ++epoch_;
  map = {};
  loaded_.clear();
  own_.clear();
  parsed_.clear();
  validated = {};
  stale_bytes_ = 0;
}

void Sources::Parse(FileId file, const std::function<void(const syntax::ParsedPart&)>& take) {
  if (keep) return take(ParseWhole(file).whole);
  syntax::ParseCedarParts(map, file, sink, take);
}

const Sources::ParsedFile& Sources::ParseWhole(FileId file) {
  auto [at, fresh] = parsed_.try_emplace(file);
  ParsedFile& parsed = at->second;
  if (fresh) {
    source::DiagnosticSink found;
    parsed.whole.policies = syntax::ParseCedar(map, file, found, &parsed.whole.places);
    parsed.found = std::move(found.mutable_diagnostics());
  }
  std::vector<Diagnostic>& all = sink.mutable_diagnostics();
  all.insert(all.end(), parsed.found.begin(), parsed.found.end());
  return parsed;
}

bool LooksLikeJson(std::string_view text) {
  size_t first = text.find_first_not_of(" \t\r\n");
  return first != text.npos && (text[first] == '{' || text[first] == '[');
}

std::optional<model::Schema> ReadSchema(Sources& sources, const std::vector<std::string>& paths) {
  std::vector<FileId> files;
  for (const std::string& path : paths) {
    if (std::optional<FileId> file = sources.Load(path)) files.push_back(*file);
  }
  if (files.size() != paths.size() || files.empty()) return std::nullopt;
  sources.schema_files = files;
  return model::LoadSchema(sources.map, files, sources.sink);
}

namespace {

// Whether a JSON text is a policy set; otherwise it is a single policy.
bool IsPolicySet(const source::SourceMap& map, FileId file) {
  source::DiagnosticSink ignored;
  std::optional<json::Document> document = json::Document::Parse(map, file, ignored);
  if (!document || !document->root().is(json::Kind::kObject)) return false;
  return std::ranges::any_of(std::array{"staticPolicies", "templates", "templateLinks"},
                             [&](const char* key) { return document->root().Find(key).has_value(); });
}

// Finds modules for Pol files: the standard library's by name, others as files beside the one that uses them
// or below a folder that was named.
class ModuleFinder {
 public:
  ModuleFinder(Sources& sources, const std::vector<std::string>& arguments)
      : sources_(sources), arguments_(arguments) {}

  void Know(const std::string& path, FileId file) { files_.emplace(Normal(path), file); }

  std::optional<sema::pol::FoundModule> Find(const std::string& name, FileId from) {
    if (name.starts_with("std.")) return FindStandard(name);
    std::string relative = name;
    std::ranges::replace(relative, '.', '/');
    relative += ".pol";
    std::vector<std::filesystem::path> folders = {
        std::filesystem::path(sources_.map.path(from)).parent_path()};
    for (const std::string& argument : arguments_) folders.emplace_back(argument);
    for (const std::filesystem::path& folder : folders) {
      const std::string path = (folder / relative).string();
      auto known = files_.find(Normal(path));
      if (known != files_.end()) return sema::pol::FoundModule{known->second, false};
      if (!source::IsFile(path)) continue;
      std::optional<FileId> file = sources_.Load(path);
      if (!file) return std::nullopt;
      Know(path, *file);
      return sema::pol::FoundModule{*file, false};
    }
    return std::nullopt;
  }

  static std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const stdlib::Module& module : stdlib::Modules()) names.emplace_back(module.name);
    return names;
  }

 private:
  static std::string Normal(const std::string& path) {
    return std::filesystem::path(path).lexically_normal().string();
  }

  std::optional<sema::pol::FoundModule> FindStandard(const std::string& name) {
    const stdlib::Module* module = stdlib::Find(name);
    if (!module) return std::nullopt;
    std::string path = name;
    std::ranges::replace(path, '.', '/');
    path += ".pol";
    auto known = files_.find(path);
    if (known == files_.end()) {
      known = files_.emplace(path, sources_.Own(path, module->text)).first;
    }
    return sema::pol::FoundModule{known->second, true};
  }

  Sources& sources_;
  const std::vector<std::string>& arguments_;
  std::map<std::string, FileId> files_;
};

// Collects the policies of files, one after the other.
class PolicyReader {
 public:
  // `mixed`: Pol files are there, too.
  PolicyReader(Sources& sources, sema::IdSource ids, bool mixed = false)
      : sources_(sources), ids_(ids), mixed_(mixed), lowerer_(ids, sources.sink) {}

  void ReadFile(FileId file) {
    Begin();
    if (!LooksLikeJson(sources_.map.text(file))) return ReadText(file);
    if (IsPolicySet(sources_.map, file)) return ReadSet(file);
    ReadOne(file);
  }

  void ReadLinks(FileId file) {
    Begin();
    AddLinks(syntax::ReadLinksJson(sources_.map, file, sources_.sink));
  }

  PolicySet Take() {
    Begin();
    set_.program = lowerer_.Take();
    NameRules(set_.entries, sources_.sink, first_finding_);
    return std::move(set_);
  }

 private:
  void Begin() {
    first_finding_ = sources_.sink.diagnostics().size();
    first_entry_ = set_.entries.size();
  }

  void ReadText(FileId file) {
    in_file_ = 0;
    policy_ = sema::pol::PolicyNameOf(sources_.map.path(file));
    sources_.Parse(file, [&](const syntax::ParsedPart& part) { ReadPart(part); });
    Blamed();
  }

  void ReadPart(const syntax::ParsedPart& part) {
    auto good = part.policies.begin();
    for (const Span& place : part.places) {
      if (!HasRoom(place)) return;
      if (good != part.policies.end() && good->index == in_file_) {
        Enter(OwnId(good->policy), place);
        Lower((good++)->policy);
      } else {
        Enter(NextId(), place);
        lowerer_.Skip();
      }
      ++in_file_;
    }
  }

  // A policy in JSON without a set around it has no id of its own.
  void ReadOne(FileId file) {
    Span whole = {file, 0, static_cast<uint32_t>(sources_.map.text(file).size())};
    if (!HasRoom(whole)) return;
    std::optional<syntax::Policy> policy = syntax::ParsePolicyJson(sources_.map, file, sources_.sink);
    in_file_ = 0;
    policy_ = sema::pol::PolicyNameOf(sources_.map.path(file));
    Enter(policy ? OwnId(*policy) : NextId(), whole);
    if (policy) {
      Lower(*policy);
    } else {
      lowerer_.Skip();
    }
    Blamed();
  }

  void ReadSet(FileId file) {
    syntax::PolicySet read = syntax::ReadPolicySetJson(sources_.map, file, sources_.sink);
    size_t room = 0;
    while (room < read.policies.size() && HasRoom(read.policies[room].policy.span)) {
      Enter(read.policies[room].id, read.policies[room].policy.span);
      ++room;
    }
    std::set<std::string> blamed = Blamed();
    for (size_t i = 0; i < room; ++i) {
      const syntax::NamedPolicy& named = read.policies[i];
      if (blamed.contains(named.id)) {
        lowerer_.Skip();
      } else {
        lowerer_.AddNamed(named.policy, named.id, named.under_templates);
      }
    }
    AddLinks(read.links);
  }

  void AddLinks(const std::vector<syntax::TemplateLink>& links) {
    for (const syntax::TemplateLink& link : links) {
      if (!HasRoom(link.span)) return;
      Enter(link.new_id, link.span);
    }
    std::set<std::string> blamed = Blamed();
    for (const syntax::TemplateLink& link : links) {
      if (!blamed.contains(link.new_id)) lowerer_.AddLink(link);
    }
  }

  std::string NextId() const {
    return mixed_ ? fmt::format("{}/policy{}", policy_, in_file_)
                  : fmt::format("policy{}", set_.entries.size());
  }
  void Lower(const syntax::Policy& policy) {
    if (mixed_) {
      lowerer_.AddNamed(policy, OwnId(policy));
    } else {
      lowerer_.Add(policy);
    }
  }
  std::string OwnId(const syntax::Policy& policy) const {
    const std::string* id = ids_ == sema::IdSource::kAnnotation ? policy.FindAnnotation("id") : nullptr;
    return id ? *id : NextId();
  }
  void Enter(std::string id, Span span) { set_.entries.push_back({std::move(id), span}); }

  // Whether there may be one more policy.
  bool HasRoom(Span span) {
    size_t limit = sources_.limits.policies;
    if (set_.entries.size() < limit) return true;
    if (!full_) {
      sources_.sink.Report(Code::kTooManyPolicies, {span.file, span.begin, span.begin},
                           fmt::format("there are more policies than the limit of {}", limit));
    }
    full_ = true;
    return false;
  }

  // Names what was found in the current file after the policies it stands in; those with errors.
  std::set<std::string> Blamed() {
    NameRules({set_.entries.begin() + static_cast<std::ptrdiff_t>(first_entry_), set_.entries.end()},
              sources_.sink, first_finding_);
    std::set<std::string> blamed;
    const std::vector<Diagnostic>& all = sources_.sink.diagnostics();
    for (size_t i = first_finding_; i < all.size(); ++i) {
      if (all[i].severity == Severity::kError && !all[i].rule.empty()) blamed.insert(all[i].rule);
    }
    return blamed;
  }

  Sources& sources_;
  sema::IdSource ids_;
  bool mixed_;
  std::string policy_;  // what ids in the current file start with, in a mixed set
  size_t in_file_ = 0;  // how many policies of it came before
  sema::Lowerer lowerer_;
  PolicySet set_;
  size_t first_finding_ = 0, first_entry_ = 0;  // of the current file
  bool full_ = false;
};

}  // namespace

namespace {

// Puts a Pol set around Cedar policies, whose ids are not Pol's.
void Join(Sources& sources, sema::pol::Set pol, const PolOptions& options, PolicySet& set) {
  std::map<std::string, Span> ids;
  for (const sema::pol::RuleEntry& rule : pol.rules) {
    ids.emplace(rule.id, rule.span);
    set.entries.push_back({rule.id, rule.span});
  }
  core::Program joined = std::move(pol.program);
  for (std::vector<core::Rule>* rules : {&set.program.rules, &set.program.templates}) {
    for (core::Rule& rule : *rules) {
      auto taken = ids.find(rule.id);
      if (taken != ids.end()) {
        sources.sink
            .Report(Code::kDuplicatePolicyId, rule.span,
                    fmt::format("two policies have the id `{}`", rule.id))
            .labels.push_back({taken->second, "the first one"});
        continue;
      }
      if (options.cedar_errors_hold) rule.on_error = core::ErrorRule::kFailClosed;
      (rules == &set.program.rules ? joined.rules : joined.templates).push_back(std::move(rule));
    }
  }
  std::ranges::sort(joined.rules, {}, &core::Rule::id);
  core::FillDigests(joined);
  set.program = std::move(joined);
  if (set.entries.size() > sources.limits.policies) {
    sources.sink.Report(Code::kTooManyPolicies, set.entries[sources.limits.policies].span,
                        fmt::format("there are more policies than the limit of {}", sources.limits.policies));
  }
  set.pol = std::make_shared<const sema::pol::Set>(std::move(pol));
}

}  // namespace

PolicySet ReadPolicies(Sources& sources, const std::vector<std::string>& paths, const std::string& links,
                       sema::IdSource ids, const PolOptions& pol) {
  size_t findings = sources.sink.diagnostics().size();
  std::vector<std::string> files = source::ExpandPaths(sources.map, paths, {".cedar", ".pol"}, sources.sink);
  sources.unreadable |= sources.sink.diagnostics().size() > findings;
  auto is_pol = [](const std::string& path) { return path.ends_with(".pol"); };
  const bool any_pol = std::ranges::any_of(files, is_pol);
  PolicyReader reader(sources, ids, any_pol);
  ModuleFinder modules(sources, paths);
  std::vector<FileId> cedar_files, pol_files;
  for (const std::string& path : files) {
    std::optional<FileId> file = sources.Load(path);
    if (file && is_pol(path)) {
      pol_files.push_back(*file);
      modules.Know(path, *file);
    } else if (file) {
      cedar_files.push_back(*file);
      reader.ReadFile(*file);
    }
  }
  if (!links.empty()) {
    if (std::optional<FileId> file = sources.Load(links)) reader.ReadLinks(*file);
  }
  PolicySet set = reader.Take();
  set.cedar_files = std::move(cedar_files);
  set.pol_files = pol_files;
  if (!any_pol) return set;
  findings = sources.sink.diagnostics().size();
  sema::pol::Options options;
  options.schema = pol.schema;
  options.settings = pol.settings;
  options.module_names = ModuleFinder::Names();
  options.find_module = [&](const std::string& name, FileId from) { return modules.Find(name, from); };
  Join(sources, sema::pol::Analyze(sources.map, pol_files, options, sources.sink), pol, set);
  NameRules(set.entries, sources.sink, findings);
  return set;
}

namespace {

// `read` takes the file.
template <typename Read>
model::EntitiesResult EntitiesOf(Sources& sources, const std::string& path, Read read) {
  std::optional<FileId> file = path.empty() ? sources.map.Add("<no entities>", "[]") : sources.Load(path);
  if (!file) return {};
  model::EntitiesResult result = read(*file);
  if (result.verdicts.size() > sources.limits.entities) {
    sources.sink.Report(Code::kTooManyEntities, result.verdicts[sources.limits.entities].span,
                        fmt::format("{} entities are more than the limit of {}", result.verdicts.size(),
                                    sources.limits.entities));
    result.valid = false;
  }
  return result;
}

}  // namespace

model::EntitiesResult ReadEntities(Sources& sources, const std::string& path, const model::Schema* schema) {
  return EntitiesOf(sources, path, [&](FileId file) {
    return model::ReadEntities(sources.map, file, schema, sources.sink);
  });
}

model::EntitiesResult ReadEntities(Sources& sources, const std::string& path, const core::Program& program) {
  return EntitiesOf(sources, path, [&](FileId file) {
    return host::ReadEntities(sources.map, file, program, sources.sink);
  });
}

core::Program CedarPart(const core::Program& program) {
  core::Program cedar;
  cedar.templates = program.templates;
  std::ranges::copy_if(program.rules, std::back_inserter(cedar.rules),
                       [](const core::Rule& rule) { return !rule.strict; });
  return cedar;
}

namespace {

// What there is to check if files that are known to validate are left out. Templates stay: links need theirs.
core::Program NotYetValidated(const core::Program& program, const std::set<FileId>& files) {
  core::Program rest;
  rest.templates = program.templates;
  std::ranges::copy_if(program.rules, std::back_inserter(rest.rules), [&](const core::Rule& rule) {
    return !rule.template_id.empty() || !files.contains(rule.span.file);
  });
  return rest;
}

// Adds the files of which all rules in `checked` came through without a finding; `first`: where the findings
// of that begin.
void AddValidated(const core::Program& checked, const source::DiagnosticSink& sink, size_t first,
                  std::set<FileId>* files) {
  std::set<FileId> clean;
  for (const std::vector<core::Rule>* rules : {&checked.rules, &checked.templates}) {
    for (const core::Rule& rule : *rules) clean.insert(rule.span.file);
  }
  const std::span<const Diagnostic> all = sink.diagnostics();
  for (const Diagnostic& d : all.subspan(first)) {
    if (!d.span.valid()) return;
    clean.erase(d.span.file);
  }
  files->insert(clean.begin(), clean.end());
}

}  // namespace

bool CheckPolicies(Sources& sources, const core::Program& program, const model::Schema& schema,
                   Checking checking, std::optional<uint32_t> level) {
  sema::CheckOptions options;
  options.mode = checking == Checking::kPermissive ? sema::CheckMode::kPermissive : sema::CheckMode::kStrict;
  options.level = level;
  options.jobs = 0;
  source::DiagnosticSink& sink = checking == Checking::kOff ? sources.aside : sources.sink;
  if (program.pol) return sema::Check(CedarPart(program), schema, options, sink).valid;
  if (!sources.keep) return sema::Check(program, schema, options, sink).valid;
  Sources::Validated& validated = sources.validated;
  Sources::Validated::Against against{sources.schema_files, checking, level};
  if (validated.against != against) validated = {std::move(against), {}};
  const core::Program rest = NotYetValidated(program, validated.files);
  const size_t first = sink.diagnostics().size();
  const bool valid = sema::Check(rest, schema, options, sink).valid;
  AddValidated(rest, sink, first, &validated.files);
  return valid;
}

namespace {

bundle::Digest SchemaDigest(const Sources& sources) {
  std::vector<bundle::Digest> digests;
  for (FileId file : sources.schema_files) {
    const std::string_view text = sources.map.text(file);
    digests.push_back(bundle::Sha256Of({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
  }
  std::sort(digests.begin(), digests.end());
  bundle::Sha256 all;
  for (const bundle::Digest& digest : digests) all.Update(digest);
  return all.Finish();
}

}  // namespace

std::optional<std::vector<uint8_t>> MakeBundle(Sources& sources, const core::Program& program,
                                               const BundleOptions& options) {
  emit::EmitOptions emit;
  emit.sources = &sources.map;
  emit.include_source = options.include_source;
  emit.path = [&](FileId file) { return PathInBundle(sources.map.path(file), options.arguments); };
  if (options.validated != Checking::kOff) {
    emit.model_digest = SchemaDigest(sources);
    emit.meta.emplace_back("check", options.validated == Checking::kStrict ? "strict" : "permissive");
    if (options.level) emit.meta.emplace_back("level", fmt::format("{}", *options.level));
  }
  if (options.opt_level < 2) emit.meta.emplace_back("optimize", fmt::format("{}", options.opt_level));
  return emit::Emit(program, emit, sources.sink);
}

std::string PathInBundle(const std::string& path, const std::vector<std::string>& arguments) {
  namespace fs = std::filesystem;
  std::error_code error;  // without a working directory, paths stay what they are
  auto absolute = [&](const std::string& given) {
    const fs::path whole = fs::absolute(given, error);
    return (error ? fs::path(given) : whole).lexically_normal();
  };
  const fs::path normal = absolute(path);
  std::string relative = normal.filename().string();
  for (const std::string& argument : arguments) {
    const fs::path folder = absolute(argument);
    const std::string below = normal.lexically_relative(folder).string();
    if (below.empty() || below == "." || below == ".." || below.starts_with("../")) continue;
    // Found under several arguments: the name that says most.
    if (below.size() > relative.size()) relative = below;
  }
  return relative;
}

void NameRules(const std::vector<PolicyEntry>& entries, source::DiagnosticSink& sink, size_t first) {
  if (first == sink.diagnostics().size()) return;
  std::vector<const PolicyEntry*> by_place;
  for (const PolicyEntry& e : entries) by_place.push_back(&e);
  auto before = [](const Span& a, const Span& b) {
    return std::tie(a.file, a.begin) < std::tie(b.file, b.begin);
  };
  std::sort(by_place.begin(), by_place.end(),
            [&](const PolicyEntry* a, const PolicyEntry* b) { return before(a->span, b->span); });
  std::vector<Diagnostic>& all = sink.mutable_diagnostics();
  for (size_t i = first; i < all.size(); ++i) {
    Diagnostic& d = all[i];
    if (!d.rule.empty() || !d.span.valid()) continue;
    auto next = std::upper_bound(by_place.begin(), by_place.end(), d.span,
                                 [&](const Span& s, const PolicyEntry* e) { return before(s, e->span); });
    if (next == by_place.begin()) continue;
    const PolicyEntry& entry = **(next - 1);
    if (entry.span.file == d.span.file && d.span.begin <= entry.span.end) d.rule = entry.id;
  }
}

void DenyWarnings(source::DiagnosticSink& sink) {
  for (Diagnostic& d : sink.mutable_diagnostics()) {
    if (d.severity == Severity::kWarning) d.severity = Severity::kError;
  }
}

}  // namespace polc::driver
