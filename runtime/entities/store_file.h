// Compiled stores: a snapshot's block in a file, to be mapped.
//
// A `.pols` file is the block (snapshot.h) and, after it, the SHA-256 of the block. Opening checks the hash
// and everything in the block that reading relies on, so that a damaged or hostile file is refused and can
// never crash a gateway; whether what it says is true is up to whoever made it. Linear in the file.
// Tested by store_file_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/entities/snapshot.h"

namespace polc::entities {

enum class StoreError : uint8_t {
  kOk,
  kNotAStore,       // the file does not begin as a compiled store does
  kUnknownVersion,  // a format version this runtime does not read
  kMisaligned,      // the bytes do not lie at a multiple of 8 in memory
  kSize,            // the parts do not add up to the file's size
  kDigest,          // the block's SHA-256 is not the one in the file
  kHeader,          // a header field is outside its range
  kRow,             // an entity or type names a place outside its part, or a name that is not UTF-8
  kList,            // parents or ancestors do not ascend, or name no entity
  kTable,           // the hash table does not find every entity, or has no empty slot
  kValue,           // a value lies outside the block, is malformed, unsorted or nested too deep
};
std::string_view StoreErrorMessage(StoreError error);

struct [[nodiscard]] StoreStatus {
  StoreError error = StoreError::kOk;
  uint64_t at = 0;  // number of the entity at fault, or 0
  bool ok() const { return error == StoreError::kOk; }
};

// `owner` keeps the bytes for as long as the snapshot lives.
StoreStatus OpenStore(std::span<const uint8_t> file, std::shared_ptr<const void> owner,
                      std::shared_ptr<const Snapshot>* out);

// The file for a snapshot that is one block (a builder's, or one opened from a file).
std::vector<uint8_t> WriteStore(const Snapshot& snapshot);

}  // namespace polc::entities
