#include "compiler/baseline.h"

#include <algorithm>

#include "compiler/source/load.h"

namespace polc::driver {

using source::FileId;

namespace {

// Whether there is anything to say, which is for a whole compilation.
bool Silent(const Sources& sources) {
  return !sources.unreadable && sources.sink.diagnostics().empty() && sources.aside.diagnostics().empty();
}

bool IsPolicyText(const Sources& sources, const std::string& path, FileId file) {
  return !path.ends_with(".pol") && !LooksLikeJson(sources.map.text(file));
}

}  // namespace

std::optional<Baseline> Baseline::Of(const Sources& sources, const PolicySet& policies, Settings settings,
                                     const bundle::VerifiedBundle& bundle) {
  if (!sources.keep || !Silent(sources) || policies.pol || !policies.pol_files.empty() ||
      !policies.program.templates.empty() || bundle->header().format_version != 1)
    return std::nullopt;
  Baseline out;
  out.settings_ = std::move(settings);
  out.bundle_ = bundle;
  out.epoch_ = sources.epoch();
  out.schema_files_ = sources.schema_files;
  std::unordered_map<FileId, File*> by_id;
  for (const FileId id : policies.cedar_files) {
    const std::string& path = sources.map.path(id);
    if (!IsPolicyText(sources, path, id)) return std::nullopt;
    File& file = out.files_.try_emplace(path).first->second;
    file.file = id;
    by_id.emplace(id, &file);
  }
  size_t number = 0;
  for (const PolicyEntry& entry : policies.entries) {
    const auto at = by_id.find(entry.span.file);
    if (at == by_id.end()) return std::nullopt;  // linked
    File& file = *at->second;
    if (file.count++ == 0) file.first = number;
    file.by_position = file.by_position || entry.id == "policy" + std::to_string(number);
    const std::optional<uint32_t> row = bundle::FindRule(bundle.bundle(), entry.id);
    if (!row) return std::nullopt;
    file.rows.push_back(*row);
    ++number;
  }
  if (number != bundle->rules().size()) return std::nullopt;
  for (auto& [path, file] : out.files_) std::ranges::sort(file.rows);
  return out;
}

bool Baseline::SameSchema(Sources& sources) const {
  std::vector<FileId> now;
  for (const std::string& path : settings_.schemas) {
    const std::optional<FileId> file = sources.Load(path);
    if (!file) return false;
    now.push_back(*file);
  }
  sources.schema_files = now;
  return now == schema_files_;
}

bool Baseline::IsSmall(size_t rules) const {
  return rules <= std::max(kSmallUpdate, bundle_->rules().size() / 16);
}

std::optional<Baseline::Changed> Baseline::ReadChanged(Sources& sources) const {
  const std::vector<std::string> paths =
      source::ExpandPaths(sources.map, settings_.paths, {".cedar", ".pol"}, sources.sink);
  sema::Lowerer lowerer(settings_.ids, sources.sink);
  Changed out;
  size_t number = 0, kept = 0, changed = 0;
  for (const std::string& path : paths) {
    const std::optional<FileId> id = sources.Load(path);
    if (!id || !IsPolicyText(sources, path, *id)) return std::nullopt;
    const auto at = files_.find(path);
    const File* const before = at == files_.end() ? nullptr : &at->second;
    if (before != nullptr) {
      ++kept;
      const bool same_ids = !before->by_position || before->first == number;
      if (before->file == *id && same_ids) {
        lowerer.Skip(before->count);
        number += before->count;
        continue;
      }
      out.removed.insert(out.removed.end(), before->rows.begin(), before->rows.end());
    }
    const Sources::ParsedFile& parsed = sources.ParseWhole(*id);
    const auto& [policies, places] = parsed.whole;
    changed += places.size();
    if (!parsed.found.empty() || policies.size() != places.size() || !IsSmall(changed)) return std::nullopt;
    for (const syntax::ParsedPolicy& policy : policies) lowerer.Add(policy.policy);
    number += places.size();
  }
  // Those that are gone took their policies with them.
  if (kept != files_.size()) {
    std::vector<std::string> there = paths;
    std::ranges::sort(there);
    for (const auto& [path, file] : files_) {
      if (!std::ranges::binary_search(there, path))
        out.removed.insert(out.removed.end(), file.rows.begin(), file.rows.end());
    }
  }
  if (number > sources.limits.policies || !IsSmall(out.removed.size())) return std::nullopt;
  out.program = lowerer.Take();
  if (!out.program.templates.empty()) return std::nullopt;
  std::ranges::sort(out.removed);
  return out;
}

std::optional<Amendment> Baseline::Amend(Sources& sources) const {
  if (sources.epoch() != epoch_ || !SameSchema(sources)) return std::nullopt;
  std::optional<Changed> changed = ReadChanged(sources);
  if (!changed || !Silent(sources)) return std::nullopt;
  if (settings_.schema) {
    CheckPolicies(sources, changed->program, *settings_.schema, settings_.checking, settings_.bundle.level);
    if (!Silent(sources)) return std::nullopt;
  }
  const std::optional<std::vector<uint8_t>> added = MakeBundle(sources, changed->program, settings_.bundle);
  if (!added || !Silent(sources)) return std::nullopt;
  Amendment out;
  out.bytes = bundle::WriteUpdate(bundle_.snapshot_id(), changed->removed, *added);
  // Among what this sees is an id that a policy elsewhere has already.
  bundle::VerifiedUpdate update;
  if (!bundle::VerifyUpdate(out.bytes, bundle_, &update).ok()) return std::nullopt;
  out.snapshot_id = update.snapshot_id();
  out.removed = changed->removed.size();
  out.added = update.added()->rules().size();
  return out;
}

}  // namespace polc::driver
