#include "tests/corpus/runner.h"

#include <algorithm>
#include <cstdio>

#include "compiler/model/resolve.h"
#include "compiler/model/uid_text.h"
#include "compiler/source/load.h"
#include "compiler/syntax/cedar_parser.h"

namespace polc::tests {

namespace {

constexpr size_t kShownMismatches = 25;

// FNV-1a: the same on every machine, so a shard is the same cases everywhere.
uint64_t StableHash(std::string_view text) {
  uint64_t h = 14695981039346656037u;
  for (unsigned char c : text) h = (h ^ c) * 1099511628211u;
  return h;
}

// `[{"template_id", "link_id", "args": {"?principal": "User::\"a\""}}]`.
bool ReadLinks(const json::Document& document, sema::Lowerer& lowerer) {
  const json::Value root = document.root();
  for (size_t i = 0; i < root.size(); ++i) {
    const json::Value entry = root.at(i);
    syntax::TemplateLink link;
    link.template_id = entry.Find("template_id")->string();
    link.new_id = entry.Find("link_id")->string();
    link.span = entry.span();
    const json::Value args = *entry.Find("args");
    for (size_t j = 0; j < args.size(); ++j) {
      const json::Member arg = args.member(j);
      const auto uid = model::ParseUid(arg.value.string());
      const auto* entity = std::get_if<data::EntityUid>(&uid);
      if (!entity) return false;
      auto& slot = arg.key == "?principal" ? link.principal : link.resource;
      slot = syntax::EntityRef{{entity->type, {}}, entity->id, {}};
    }
    lowerer.AddLink(link);
  }
  return true;
}

}  // namespace

void Report::Mismatch(const std::string& where, const std::string& what) {
  if (++mismatches_ <= kShownMismatches) std::printf("MISMATCH %s: %s\n", where.c_str(), what.c_str());
  if (mismatches_ == kShownMismatches) std::printf("(further mismatches are counted, not shown)\n");
}

std::string Report::Summary() const {
  std::string out;
  for (const auto& [what, n] : counts_) out += std::to_string(n) + " " + what + ", ";
  return out + std::to_string(mismatches_) + " mismatches";
}

bool Suite::Takes(std::string_view name) const { return StableHash(name) % shards == shard; }

std::string Inputs::Problems() const {
  std::string out;
  for (const source::Diagnostic& d : sink.diagnostics()) {
    if (d.severity != source::Severity::kError) continue;
    const auto at = d.span.valid() ? map.Resolve(d.span.file, d.span.begin) : source::LineColumn{};
    out += "\n    " + std::to_string(at.line) + ":" + std::to_string(at.column) + " " + d.message;
  }
  return out;
}

std::optional<source::FileId> Inputs::File(const fs::path& path) {
  return source::LoadFile(map, path.string(), source::kMaxFileBytes, sink);
}

std::optional<json::Document> Inputs::Json(const fs::path& path) {
  const auto file = File(path);
  if (!file) return std::nullopt;
  return json::Document::Parse(map, *file, sink);
}

std::optional<model::Schema> Inputs::Schema(const fs::path& path) {
  const auto file = File(path);
  if (!file) return std::nullopt;
  return model::LoadSchema(map, {*file}, sink);
}

std::optional<core::Program> Inputs::Policies(const fs::path& path, sema::IdSource ids,
                                              const std::optional<fs::path>& links) {
  const auto file = File(path);
  if (!file) return std::nullopt;
  const size_t errors = sink.error_count();
  sema::Lowerer lowerer(ids, sink);
  for (const syntax::ParsedPolicy& parsed : syntax::ParseCedar(map, *file, sink)) lowerer.Add(parsed.policy);
  if (links) {
    const auto document = Json(*links);
    if (!document || !ReadLinks(*document, lowerer)) return std::nullopt;
  }
  core::Program program = lowerer.Take();
  if (sink.error_count() > errors) return std::nullopt;
  return program;
}

void CompareDecision(Suite& suite, const std::string& where, const Engine& engine, Loaded& loaded,
                     const data::Request& request, const Expected& expected) {
  const Decision got = loaded.Decide(request);
  suite.report.Count("decisions");
  const bool same = got.allow == expected.allow && (!expected.reasons || got.reasons == *expected.reasons) &&
                    (!expected.errors || got.errors == *expected.errors) &&
                    (!expected.error_count || got.errors.size() == *expected.error_count);
  if (same) return;
  Decision wanted{expected.allow, expected.reasons.value_or(got.reasons),
                  expected.errors.value_or(got.errors)};
  suite.report.Mismatch(
      where, std::string(engine.name()) + " says " + ToString(got) + ", expected " + ToString(wanted));
}

std::vector<std::string> SortedStrings(json::Value array) {
  std::vector<std::string> out;
  for (size_t i = 0; i < array.size(); ++i) out.emplace_back(array.at(i).string());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace polc::tests
