// Opening a bundle: a view of its sections over bytes somebody else owns.
//
// Open checks the header, the section table and that every section lies inside the file; it reads
// nothing else, so its time does not depend on the file's size and a mapped file stays unread. What the
// sections hold is not to be trusted before Verify (verify.h) has accepted it, and an engine is only made
// from what Verify returned.
// Tested by bundle_test.cc and runtime/vm/mutation_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "runtime/bundle/format.h"

namespace polc::bundle {

enum class BundleError : uint8_t {
#define POLC_BUNDLE_ERROR(name, message) k##name,
#include "runtime/bundle/errors.def"
};
inline constexpr size_t kBundleErrorCount = 0
#define POLC_BUNDLE_ERROR(name, message) +1
#include "runtime/bundle/errors.def"
    ;
std::string_view BundleErrorName(BundleError error);
std::string_view BundleErrorMessage(BundleError error);

// What is wrong and where: a byte offset in the file.
struct [[nodiscard]] Status {
  BundleError error = BundleError::kOk;
  uint64_t at = 0;
  bool ok() const { return error == BundleError::kOk; }
};

std::string_view SectionName(SectionKind kind);

class Bundle {
 public:
  Bundle() = default;

  // The bytes must stay where they are and as they are for as long as the view is used. O(1).
  static Status Open(std::span<const uint8_t> file, Bundle* out);

  const Header& header() const { return *reinterpret_cast<const Header*>(file_.data()); }
  bool is_pol() const { return (header().flags & kFlagPol) != 0; }
  std::span<const uint8_t> file() const { return file_; }
  std::span<const uint8_t> content() const { return file_.first(header().content_bytes); }
  // The id the file claims; VerifiedBundle has the one that was checked.
  const Digest& sealed_digest() const {
    return *reinterpret_cast<const Digest*>(file_.data() + header().content_bytes);
  }
  std::span<const SignatureRow> signatures() const;

#define POLC_SECTION(name, row, field, meaning) \
  std::span<const row> field() const { return Rows<row>(SectionKind::k##name); }
#include "runtime/bundle/sections.def"

  // String `i`, or "" for kNone. Only after verification.
  std::string_view String(uint32_t i) const {
    if (i == kNone) return {};
    const auto ends = string_ends();
    const uint32_t begin = i == 0 ? 0 : ends[i - 1];
    return {reinterpret_cast<const char*>(string_bytes().data()) + begin, ends[i] - begin};
  }

 private:
  std::span<const SectionRow> table() const {
    return {reinterpret_cast<const SectionRow*>(file_.data() + sizeof(Header)), header().section_count};
  }
  // A section that the file's version does not have is empty.
  template <typename Row>
  std::span<const Row> Rows(SectionKind kind) const {
    if (static_cast<size_t>(kind) > table().size()) return {};
    const SectionRow& section = table()[static_cast<size_t>(kind) - 1];
    return {reinterpret_cast<const Row*>(file_.data() + section.offset), section.bytes / sizeof(Row)};
  }

  std::span<const uint8_t> file_;
};

// The index of a string, if the bundle has it. Only after verification. O(log n).
std::optional<uint32_t> FindString(const Bundle& bundle, std::string_view text);

}  // namespace polc::bundle
