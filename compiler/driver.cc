#include "compiler/driver.h"

#include <algorithm>
#include <tuple>

#include "compiler/model/resolve.h"
#include "compiler/source/load.h"
#include "compiler/syntax/cedar_parser.h"
#include "fmt/format.h"

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
  return model::LoadSchema(sources.map, files, sources.sink);
}

namespace {

// Reads one policy file into `lowerer` and notes what it met. Returns how many policies there are, good or
// bad.
class PolicyReader {
 public:
  PolicyReader(Sources& sources, sema::IdSource ids)
      : sources_(sources), ids_(ids), lowerer_(ids, sources.sink) {}

  void ReadFile(FileId file) {
    size_t first_finding = sources_.sink.diagnostics().size();
    size_t first_entry = set_.entries.size();
    ReadText(file);
    std::vector<PolicyEntry> met(set_.entries.begin() + first_entry, set_.entries.end());
    NameRules(met, sources_.sink, first_finding);
  }

  PolicySet Take() {
    set_.program = lowerer_.Take();
    return std::move(set_);
  }

 private:
  void ReadText(FileId file) {
    std::vector<Span> places;
    std::vector<syntax::ParsedPolicy> policies =
        syntax::ParseCedar(sources_.map, file, sources_.sink, &places);
    auto good = policies.begin();
    for (size_t i = 0; i < places.size() && CountOne(places[i]); ++i) {
      if (good != policies.end() && good->index == i) {
        const std::string* id =
            ids_ == sema::IdSource::kAnnotation ? good->policy.FindAnnotation("id") : nullptr;
        Enter(id, places[i]);
        lowerer_.Add((good++)->policy);
      } else {
        Enter(nullptr, places[i]);
        lowerer_.Skip();
      }
    }
  }

  // Notes a policy under its own id, or under that of its position.
  void Enter(const std::string* id, Span span) {
    set_.entries.push_back({id ? *id : fmt::format("policy{}", set_.entries.size()), span});
  }

  // Whether there may be one more policy.
  bool CountOne(Span span) {
    size_t limit = sources_.limits.policies;
    if (set_.entries.size() < limit) return true;
    if (!full_) {
      sources_.sink.Report(Code::kTooManyPolicies, {span.file, span.begin, span.begin},
                           fmt::format("there are more policies than the limit of {}", limit));
    }
    full_ = true;
    return false;
  }

  Sources& sources_;
  sema::IdSource ids_;
  sema::Lowerer lowerer_;
  PolicySet set_;
  bool full_ = false;
};

}  // namespace

PolicySet ReadPolicies(Sources& sources, const std::vector<std::string>& paths, const std::string& links,
                       sema::IdSource ids) {
  PolicyReader reader(sources, ids);
  size_t findings = sources.sink.diagnostics().size();
  std::vector<std::string> files = source::ExpandPaths(sources.map, paths, ".cedar", sources.sink);
  sources.unreadable |= sources.sink.diagnostics().size() > findings;
  for (const std::string& path : files) {
    if (std::optional<FileId> file = sources.Load(path)) reader.ReadFile(*file);
  }
  (void)links;
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
