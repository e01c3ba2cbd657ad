#include "compiler/driver.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <tuple>

#include "compiler/emit/emit.h"
#include "compiler/json/json.h"
#include "compiler/model/resolve.h"
#include "compiler/source/load.h"
#include "compiler/syntax/cedar_parser.h"
#include "compiler/syntax/policy_json.h"
#include "fmt/format.h"
#include "runtime/bundle/sha256.h"

namespace polc::driver {

using source::Code;
using source::Diagnostic;
using source::FileId;
using source::Severity;
using source::Span;

std::optional<FileId> Sources::Load(const std::string& path) {
  std::optional<FileId> file = source::LoadFile(map, path, limits.file_bytes, sink);
  unreadable |= !file;
  return file;
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

// Collects the policies of files, one after the other.
class PolicyReader {
 public:
  PolicyReader(Sources& sources, sema::IdSource ids)
      : sources_(sources), ids_(ids), lowerer_(ids, sources.sink) {}

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
    std::vector<Span> places;
    std::vector<syntax::ParsedPolicy> policies =
        syntax::ParseCedar(sources_.map, file, sources_.sink, &places);
    auto good = policies.begin();
    for (size_t i = 0; i < places.size() && HasRoom(places[i]); ++i) {
      if (good != policies.end() && good->index == i) {
        Enter(OwnId(good->policy), places[i]);
        lowerer_.Add((good++)->policy);
      } else {
        Enter(NextId(), places[i]);
        lowerer_.Skip();
      }
    }
    Blamed();
  }

  // A policy in JSON without a set around it has no id of its own.
  void ReadOne(FileId file) {
    Span whole = {file, 0, static_cast<uint32_t>(sources_.map.text(file).size())};
    if (!HasRoom(whole)) return;
    std::optional<syntax::Policy> policy = syntax::ParsePolicyJson(sources_.map, file, sources_.sink);
    Enter(policy ? OwnId(*policy) : NextId(), whole);
    if (policy) {
      lowerer_.Add(*policy);
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

  std::string NextId() const { return fmt::format("policy{}", set_.entries.size()); }
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
  sema::Lowerer lowerer_;
  PolicySet set_;
  size_t first_finding_ = 0, first_entry_ = 0;  // of the current file
  bool full_ = false;
};

}  // namespace

PolicySet ReadPolicies(Sources& sources, const std::vector<std::string>& paths, const std::string& links,
                       sema::IdSource ids) {
  PolicyReader reader(sources, ids);
  size_t findings = sources.sink.diagnostics().size();
  std::vector<std::string> files = source::ExpandPaths(sources.map, paths, {".cedar"}, sources.sink);
  sources.unreadable |= sources.sink.diagnostics().size() > findings;
  for (const std::string& path : files) {
    if (std::optional<FileId> file = sources.Load(path)) reader.ReadFile(*file);
  }
  if (!links.empty()) {
    if (std::optional<FileId> file = sources.Load(links)) reader.ReadLinks(*file);
  }
  return reader.Take();
}

model::EntitiesResult ReadEntities(Sources& sources, const std::string& path, const model::Schema* schema) {
  std::optional<FileId> file = path.empty() ? sources.map.Add("<no entities>", "[]") : sources.Load(path);
  if (!file) return {};
  model::EntitiesResult result = model::ReadEntities(sources.map, *file, schema, sources.sink);
  if (result.verdicts.size() > sources.limits.entities) {
    sources.sink.Report(Code::kTooManyEntities, result.verdicts[sources.limits.entities].span,
                        fmt::format("{} entities are more than the limit of {}", result.verdicts.size(),
                                    sources.limits.entities));
    result.valid = false;
  }
  return result;
}

bool CheckPolicies(Sources& sources, const core::Program& program, const model::Schema& schema,
                   Checking checking, std::optional<uint32_t> level) {
  sema::CheckOptions options;
  options.mode = checking == Checking::kPermissive ? sema::CheckMode::kPermissive : sema::CheckMode::kStrict;
  options.level = level;
  options.jobs = 0;
  return sema::Check(program, schema, options, checking == Checking::kOff ? sources.aside : sources.sink)
      .valid;
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
  for (FileId file = 0; file < sources.map.size(); ++file) {
    emit.paths.push_back(PathInBundle(sources.map.path(file), options.arguments));
  }
  if (options.validated != Checking::kOff) {
    emit.model_digest = SchemaDigest(sources);
    emit.meta.emplace_back("check", options.validated == Checking::kStrict ? "strict" : "permissive");
    if (options.level) emit.meta.emplace_back("level", fmt::format("{}", *options.level));
  }
  return emit::Emit(program, emit, sources.sink);
}

std::string PathInBundle(const std::string& path, const std::vector<std::string>& arguments) {
  namespace fs = std::filesystem;
  const fs::path normal = fs::path(path).lexically_normal();
  std::string relative = normal.filename().string();
  for (const std::string& argument : arguments) {
    const fs::path folder = (fs::path(argument) / "").lexically_normal();
    const std::string below = normal.lexically_relative(folder).string();
    if (below.empty() || below == "." || below == ".." || below.starts_with("../")) continue;
    // Found under several arguments: the name that says most.
    if (below.size() > relative.size()) relative = below;
  }
  return relative;
}

void NameRules(const std::vector<PolicyEntry>& entries, source::DiagnosticSink& sink, size_t first) {
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
