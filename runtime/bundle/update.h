// Updates: a small file that makes another policy set of a bundle that is loaded already.
//
//   content   UpdateHeader, the rules to be taken away, a bundle of the rules to be put in
//   seal      SHA-256 of the content: the policy snapshot id of the updated set
//   tail      as a bundle's
//
// The header names the bundle it updates, the base, by its snapshot id; so the seal names the base, what goes
// and what comes, and stands for exactly one set of rules. An update is always of a bundle as it was
// compiled, never of another update: the latest one says everything that changed since, and earlier ones need
// not be kept or even have been seen.
//
// Nothing in an update can reach into the base: the rules that come are a bundle of their own, with its own
// strings, constants and code, which Verify has to accept like any other; the rules that go are row numbers.
// What the two have to agree on is checked here: model, data limits, settings, and that no two rules share
// an id. So the work is that of verifying the update; of the base only ids are looked at. How the rules of
// both are decided together is runtime/vm/amended.h's.
//
// For sets without Pol: a bundle of format version 1, whose rules depend on nothing but the request and the
// store. What a set with Pol declares is woven through all its rules; it is compiled whole.
// Tested by update_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/bundle/verify.h"

namespace polc::bundle {

inline constexpr uint8_t kUpdateMagic[8] = {0x89, 'P', 'O', 'L', 'U', '\r', '\n', 0x1A};
inline constexpr uint32_t kUpdateVersion = 1;

struct UpdateHeader {
  uint8_t magic[8];
  uint32_t format_version;
  uint32_t removed_count;  // rows of the base's rules, ascending, follow; zeros up to a multiple of 8
  uint8_t base[32];        // snapshot id
  uint64_t added_bytes;    // of the bundle that follows, its seal and its tail without signatures included
};
static_assert(sizeof(UpdateHeader) == 56 && std::has_unique_object_representations_v<UpdateHeader>);

enum class UpdateError : uint8_t {
#define POLC_UPDATE_ERROR(name, message) k##name,
#include "runtime/bundle/update_errors.def"
};
inline constexpr size_t kUpdateErrorCount = 0
#define POLC_UPDATE_ERROR(name, message) +1
#include "runtime/bundle/update_errors.def"
    ;
std::string_view UpdateErrorName(UpdateError error);
std::string_view UpdateErrorMessage(UpdateError error);

// What is wrong and where: a byte offset in the file.
struct [[nodiscard]] UpdateStatus {
  UpdateError error = UpdateError::kOk;
  uint64_t at = 0;
  BundleError added = BundleError::kOk;  // kAdded: why
  bool ok() const { return error == UpdateError::kOk; }
};

// An update that was accepted for its base. A view: the bytes belong to somebody else.
class VerifiedUpdate {
 public:
  // Rows of the base's rules, ascending.
  std::span<const uint32_t> removed() const { return removed_; }
  const VerifiedBundle& added() const { return added_; }
  // Of the base's rules less those removed, with those added.
  const Digest& snapshot_id() const { return snapshot_id_; }
  std::span<const SignatureRow> signatures() const { return signatures_; }

 private:
  friend UpdateStatus VerifyUpdate(std::span<const uint8_t> file, const VerifiedBundle& base,
                                   VerifiedUpdate* out);
  std::span<const uint32_t> removed_;
  VerifiedBundle added_;
  Digest snapshot_id_{};
  std::span<const SignatureRow> signatures_;
};

// Whether a file begins as an update does.
bool IsUpdate(std::span<const uint8_t> file);

// The bundle that an update says it is of, whatever else is wrong with it. Nothing if it is no update.
std::optional<Digest> BaseOfUpdate(std::span<const uint8_t> file);

// Opens and verifies. The bytes must stay where they are and as they are for as long as the result is used.
// O(update * log base).
UpdateStatus VerifyUpdate(std::span<const uint8_t> file, const VerifiedBundle& base, VerifiedUpdate* out);

// The update that takes away `removed`, ascending rows of the base's rules, and puts in the rules of the
// bundle `added`. Whether it makes sense VerifyUpdate would say.
std::vector<uint8_t> WriteUpdate(const Digest& base, std::span<const uint32_t> removed,
                                 std::span<const uint8_t> added);

// The row of the rule with this id. O(log rules).
std::optional<uint32_t> FindRule(const Bundle& bundle, std::string_view id);

}  // namespace polc::bundle
