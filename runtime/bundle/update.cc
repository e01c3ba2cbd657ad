#include "runtime/bundle/update.h"

#include <algorithm>
#include <cstring>

#include "runtime/bundle/text.h"

namespace polc::bundle {
namespace {

constexpr std::string_view kErrorNames[] = {
#define POLC_UPDATE_ERROR(name, message) #name,
#include "runtime/bundle/update_errors.def"
};
constexpr std::string_view kErrorMessages[] = {
#define POLC_UPDATE_ERROR(name, message) message,
#include "runtime/bundle/update_errors.def"
};

constexpr size_t kSealBytes = sizeof(Digest);

bool SameSettings(const Bundle& a, const Bundle& b) {
  return std::equal(a.meta().begin(), a.meta().end(), b.meta().begin(), b.meta().end(),
                    [&](const PairRow& x, const PairRow& y) {
                      return a.String(x.key) == b.String(y.key) && a.String(x.value) == b.String(y.value);
                    });
}

bool SameTerms(const Bundle& a, const Bundle& b) {
  const Header &x = a.header(), &y = b.header();
  return std::ranges::equal(x.model_digest, y.model_digest) && x.max_elements == y.max_elements &&
         x.max_bytes == y.max_bytes && SameSettings(a, b);
}

}  // namespace

std::string_view UpdateErrorName(UpdateError error) { return kErrorNames[static_cast<size_t>(error)]; }
std::string_view UpdateErrorMessage(UpdateError error) { return kErrorMessages[static_cast<size_t>(error)]; }

bool IsUpdate(std::span<const uint8_t> file) {
  return file.size() >= sizeof kUpdateMagic &&
         std::memcmp(file.data(), kUpdateMagic, sizeof kUpdateMagic) == 0;
}

std::optional<Digest> BaseOfUpdate(std::span<const uint8_t> file) {
  if (!IsUpdate(file) || file.size() < sizeof(UpdateHeader)) return std::nullopt;
  Digest base;
  std::memcpy(base.data(), file.data() + offsetof(UpdateHeader, base), base.size());
  return base;
}

std::optional<uint32_t> FindRule(const Bundle& bundle, std::string_view id) {
  const auto rules = bundle.rules();
  const auto at =
      std::lower_bound(rules.begin(), rules.end(), id, [&](const RuleRow& row, std::string_view wanted) {
        return CompareText(bundle.String(row.id), wanted) < 0;
      });
  if (at == rules.end() || bundle.String(at->id) != id) return std::nullopt;
  return static_cast<uint32_t>(at - rules.begin());
}

UpdateStatus VerifyUpdate(std::span<const uint8_t> file, const VerifiedBundle& base, VerifiedUpdate* out) {
  // Where things lie. Nothing is read before it is known to be there.
  if (file.size() < sizeof kUpdateMagic) return {UpdateError::kTooShort, file.size()};
  if (!IsUpdate(file)) return {UpdateError::kNotAnUpdate, 0};
  if (file.size() < sizeof(UpdateHeader) + kSealBytes + sizeof(Tail))
    return {UpdateError::kTooShort, file.size()};
  if (reinterpret_cast<uintptr_t>(file.data()) % kAlignment != 0) return {UpdateError::kMisaligned, 0};
  const UpdateHeader& header = *reinterpret_cast<const UpdateHeader*>(file.data());
  if (header.format_version != kUpdateVersion)
    return {UpdateError::kUnknownVersion, offsetof(UpdateHeader, format_version)};
  const uint64_t room = file.size() - sizeof(UpdateHeader) - kSealBytes - sizeof(Tail);
  const uint64_t removed_bytes = uint64_t{header.removed_count} * sizeof(uint32_t);
  const uint64_t added_at = sizeof(UpdateHeader) + AlignUp(removed_bytes);
  if (AlignUp(removed_bytes) > room) return {UpdateError::kFileSize, offsetof(UpdateHeader, removed_count)};
  if (header.added_bytes > room - AlignUp(removed_bytes) || header.added_bytes % kAlignment != 0)
    return {UpdateError::kFileSize, offsetof(UpdateHeader, added_bytes)};
  const uint64_t content_bytes = added_at + header.added_bytes;
  const uint64_t tail_at = content_bytes + kSealBytes;
  const Tail& tail = *reinterpret_cast<const Tail*>(file.data() + tail_at);
  const uint64_t rest = file.size() - tail_at - sizeof(Tail);
  if (rest % sizeof(SignatureRow) != 0 || rest / sizeof(SignatureRow) != tail.signature_count)
    return {UpdateError::kFileSize, tail_at};
  if (tail.reserved != 0) return {UpdateError::kPadding, tail_at};

  // Whether it is whole, and of this base.
  if (!std::ranges::equal(header.base, base.snapshot_id()))
    return {UpdateError::kOtherBase, offsetof(UpdateHeader, base)};
  const Digest digest = Sha256Of(file.first(content_bytes));
  if (std::memcmp(digest.data(), file.data() + content_bytes, digest.size()) != 0)
    return {UpdateError::kWrongDigest, content_bytes};

  const std::span<const uint32_t> removed(
      reinterpret_cast<const uint32_t*>(file.data() + sizeof(UpdateHeader)), header.removed_count);
  for (uint64_t at = sizeof(UpdateHeader) + removed_bytes; at < added_at; ++at)
    if (file[at] != 0) return {UpdateError::kPadding, at};
  for (size_t i = 0; i < removed.size(); ++i) {
    if (removed[i] >= base->rules().size() || (i > 0 && removed[i - 1] >= removed[i]))
      return {UpdateError::kRemoved, sizeof(UpdateHeader) + i * sizeof(uint32_t)};
  }

  const std::span<const uint8_t> added_file = file.subspan(added_at, header.added_bytes);
  Bundle opened;
  VerifiedBundle added;
  Status status = Bundle::Open(added_file, &opened);
  if (status.ok()) status = Verify(opened, &added);
  if (!status.ok()) return {UpdateError::kAdded, added_at + status.at, status.error};
  // Its signatures would be over another id, of rules that are not decided by themselves.
  if (!opened.signatures().empty()) return {UpdateError::kAddedSigned, content_bytes};
  if (base->header().format_version != 1 || opened.header().format_version != 1)
    return {UpdateError::kNotCedar, added_at + offsetof(Header, format_version)};
  if (!SameTerms(base.bundle(), opened)) return {UpdateError::kOtherTerms, added_at};
  for (const RuleRow& rule : opened.rules()) {
    const std::optional<uint32_t> same = FindRule(base.bundle(), opened.String(rule.id));
    if (same && !std::binary_search(removed.begin(), removed.end(), *same)) {
      const auto at = reinterpret_cast<const uint8_t*>(&rule) - file.data();
      return {UpdateError::kTakenId, static_cast<uint64_t>(at)};
    }
  }

  out->removed_ = removed;
  out->added_ = added;
  out->snapshot_id_ = digest;
  out->signatures_ = {reinterpret_cast<const SignatureRow*>(file.data() + tail_at + sizeof(Tail)),
                      tail.signature_count};
  return {};
}

std::vector<uint8_t> WriteUpdate(const Digest& base, std::span<const uint32_t> removed,
                                 std::span<const uint8_t> added) {
  UpdateHeader header{};
  std::memcpy(header.magic, kUpdateMagic, sizeof kUpdateMagic);
  header.format_version = kUpdateVersion;
  header.removed_count = static_cast<uint32_t>(removed.size());
  std::memcpy(header.base, base.data(), base.size());
  header.added_bytes = added.size();
  std::vector<uint8_t> file;
  auto append = [&](const void* bytes, size_t size) {
    const auto* begin = static_cast<const uint8_t*>(bytes);
    file.insert(file.end(), begin, begin + size);
  };
  append(&header, sizeof header);
  if (!removed.empty()) append(removed.data(), removed.size_bytes());
  file.resize(AlignUp(file.size()));
  append(added.data(), added.size());
  const Digest digest = Sha256Of(file);
  append(digest.data(), digest.size());
  const Tail tail{};
  append(&tail, sizeof tail);
  return file;
}

}  // namespace polc::bundle
