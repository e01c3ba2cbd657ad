#include "runtime/bundle/reader.h"

#include <cstring>

#include "runtime/bundle/text.h"

namespace polc::bundle {
namespace {

constexpr std::string_view kErrorNames[] = {
#define POLC_BUNDLE_ERROR(name, message) #name,
#include "runtime/bundle/errors.def"
};
constexpr std::string_view kErrorMessages[] = {
#define POLC_BUNDLE_ERROR(name, message) message,
#include "runtime/bundle/errors.def"
};
constexpr std::string_view kSectionNames[] = {
    "Invalid",
#define POLC_SECTION(name, ...) #name,
#include "runtime/bundle/sections.def"
};
constexpr size_t kRowBytes[] = {
    0,
#define POLC_SECTION(name, row, field, meaning) sizeof(row),
#include "runtime/bundle/sections.def"
};

constexpr size_t SectionsBegin(size_t sections) {
  return AlignUp(sizeof(Header) + sections * sizeof(SectionRow));
}
constexpr size_t kSealBytes = sizeof(Digest);
constexpr size_t Smallest(size_t sections) { return SectionsBegin(sections) + kSealBytes + sizeof(Tail); }

}  // namespace

std::string_view BundleErrorName(BundleError error) { return kErrorNames[static_cast<size_t>(error)]; }
std::string_view BundleErrorMessage(BundleError error) { return kErrorMessages[static_cast<size_t>(error)]; }
std::string_view SectionName(SectionKind kind) { return kSectionNames[static_cast<size_t>(kind)]; }

Status Bundle::Open(std::span<const uint8_t> file, Bundle* out) {
  if (file.size() < sizeof(kMagic)) return {BundleError::kTooShort, file.size()};
  if (std::memcmp(file.data(), kMagic, sizeof(kMagic)) != 0) return {BundleError::kNotABundle, 0};
  if (file.size() < Smallest(SectionCountOf(1))) return {BundleError::kTooShort, file.size()};
  if (reinterpret_cast<uintptr_t>(file.data()) % kAlignment != 0) return {BundleError::kMisaligned, 0};

  const Header& header = *reinterpret_cast<const Header*>(file.data());
  const size_t sections = SectionCountOf(header.format_version);
  if (sections == 0) return {BundleError::kUnknownVersion, offsetof(Header, format_version)};
  if (header.section_count != sections) return {BundleError::kSectionTable, offsetof(Header, section_count)};
  if (file.size() < Smallest(sections)) return {BundleError::kTooShort, file.size()};
  const uint64_t largest_content = file.size() - kSealBytes - sizeof(Tail);
  if (header.content_bytes > largest_content || header.content_bytes % kAlignment != 0) {
    return {BundleError::kFileSize, offsetof(Header, content_bytes)};
  }

  const auto* table = reinterpret_cast<const SectionRow*>(file.data() + sizeof(Header));
  uint64_t expected = SectionsBegin(sections);
  for (size_t i = 0; i < sections; ++i) {
    const SectionRow& section = table[i];
    const uint64_t at = sizeof(Header) + i * sizeof(SectionRow);
    if (section.kind != i + 1 || section.reserved != 0) return {BundleError::kSectionTable, at};
    if (section.offset != expected || section.bytes % kRowBytes[i + 1] != 0 ||
        section.bytes > header.content_bytes || expected + section.bytes > header.content_bytes) {
      return {BundleError::kSectionBounds, at};
    }
    expected = AlignUp(expected + section.bytes);
  }
  if (expected != header.content_bytes) return {BundleError::kFileSize, offsetof(Header, content_bytes)};

  const uint64_t tail_at = header.content_bytes + kSealBytes;
  const Tail& tail = *reinterpret_cast<const Tail*>(file.data() + tail_at);
  const uint64_t rest = file.size() - tail_at - sizeof(Tail);
  if (tail.reserved != 0) return {BundleError::kHeaderField, tail_at};
  if (rest % sizeof(SignatureRow) != 0 || rest / sizeof(SignatureRow) != tail.signature_count) {
    return {BundleError::kFileSize, tail_at};
  }
  const uint32_t flags = header.format_version == 1 ? 0 : kFlagPol;
  if ((header.flags & ~flags) != 0 || header.max_elements == 0 || header.max_elements > kLargestMaxElements ||
      header.max_bytes == 0 || header.max_bytes > kLargestMaxBytes || header.max_stack > kMaxStack ||
      header.scratch_bytes > 2 * kMaxScratchBytes) {
    return {BundleError::kHeaderField, offsetof(Header, constant_count)};
  }
  out->file_ = file;
  return {};
}

std::optional<uint32_t> FindString(const Bundle& bundle, std::string_view text) {
  uint32_t low = 0, high = static_cast<uint32_t>(bundle.string_ends().size());
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const int order = CompareText(bundle.String(middle), text);
    if (order == 0) return middle;
    (order < 0 ? low : high) = order < 0 ? middle + 1 : middle;
  }
  return std::nullopt;
}

std::span<const SignatureRow> Bundle::signatures() const {
  const uint8_t* tail = file_.data() + header().content_bytes + kSealBytes;
  return {reinterpret_cast<const SignatureRow*>(tail + sizeof(Tail)),
          reinterpret_cast<const Tail*>(tail)->signature_count};
}

}  // namespace polc::bundle
