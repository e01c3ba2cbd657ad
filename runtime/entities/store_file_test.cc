// Compiled stores: there and back, and every way to damage one.
#include "runtime/entities/store_file.h"

#include <gtest/gtest.h>

#include <cstring>

#include "runtime/bundle/sha256.h"

namespace polc::entities {
namespace {

// Eight-byte aligned, as a mapped file is.
struct Aligned {
  std::vector<uint64_t> words;
  size_t size;
  explicit Aligned(const std::vector<uint8_t>& bytes) : words((bytes.size() + 7) / 8), size(bytes.size()) {
    if (!bytes.empty()) std::memcpy(words.data(), bytes.data(), bytes.size());
  }
  std::span<const uint8_t> bytes() const { return {reinterpret_cast<const uint8_t*>(words.data()), size}; }
};

std::vector<uint8_t> SmallStore() {
  SnapshotBuilder b;
  ValueBuilder& v = b.values();
  const EntityId a = b.Intern("User", "a"), team = b.Intern("Team", "t"), gone = b.Intern("Team", "gone");
  const uint8_t address[16] = {0xfe, 0x80};
  b.Add(a,
        *v.Record({{"n", MakeLong(1)},
                   {"set", *v.Set({v.String("x"), v.String("y"), MakeLong(3)})},
                   {"rec", *v.Record({{"boss", MakeEntity(gone)}, {"ip", v.IpV6(address, 64)}})}}),
        *v.Record({{"tag", v.String("red")}}), {team});
  b.Add(team, EmptyRecord(), EmptyRecord(), {gone});
  EntityId bad;
  return WriteStore(*b.Finish(&bad));
}

StoreError ErrorOf(const std::vector<uint8_t>& bytes) {
  const Aligned aligned(bytes);
  std::shared_ptr<const Snapshot> snapshot;
  return OpenStore(aligned.bytes(), nullptr, &snapshot).error;
}

// The block with a hash that fits it.
std::vector<uint8_t> Rehashed(std::vector<uint8_t> file) {
  const size_t block = file.size() - sizeof(bundle::Digest);
  const bundle::Digest digest = bundle::Sha256Of({file.data(), block});
  std::memcpy(file.data() + block, digest.data(), digest.size());
  return file;
}

TEST(StoreFile, ThereAndBack) {
  const Aligned file(SmallStore());
  std::shared_ptr<const Snapshot> snapshot;
  ASSERT_EQ(OpenStore(file.bytes(), nullptr, &snapshot).error, StoreError::kOk);
  EXPECT_EQ(snapshot->present_count(), 2u);
  const EntityId a = *snapshot->Find("User", "a");
  EXPECT_TRUE(snapshot->Below(a, *snapshot->Find("Team", "gone")));
  EXPECT_FALSE(snapshot->Present(*snapshot->Find("Team", "gone")));
  EXPECT_EQ(WriteStore(*snapshot), std::vector<uint8_t>(file.bytes().begin(), file.bytes().end()));
}

TEST(StoreFile, AnEmptyStore) {
  SnapshotBuilder b;
  EntityId bad;
  EXPECT_EQ(ErrorOf(WriteStore(*b.Finish(&bad))), StoreError::kOk);
}

TEST(StoreFile, TruncationsAndBitFlipsAreRefused) {
  const std::vector<uint8_t> good = SmallStore();
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_NE(ErrorOf({good.begin(), good.begin() + static_cast<ptrdiff_t>(size)}), StoreError::kOk) << size;
  }
  for (size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::vector<uint8_t> bad = good;
      bad[i] ^= static_cast<uint8_t>(1 << bit);
      EXPECT_NE(ErrorOf(bad), StoreError::kOk) << i;
    }
  }
}

// A hostile store with a hash that fits: refused, or a store that can be read through and through.
TEST(StoreFile, RehashedMutationsAreRefusedOrReadable) {
  const std::vector<uint8_t> good = SmallStore();
  size_t accepted = 0, refused = 0;
  for (size_t i = 0; i + sizeof(bundle::Digest) < good.size(); ++i) {
    for (uint8_t value : {0x00, 0x01, 0x7F, 0x80, 0xFF, 0x20}) {
      std::vector<uint8_t> bad = good;
      if (bad[i] == value) continue;
      bad[i] = value;
      const Aligned file(Rehashed(bad));
      std::shared_ptr<const Snapshot> snapshot;
      if (!OpenStore(file.bytes(), nullptr, &snapshot).ok()) {
        ++refused;
        continue;
      }
      ++accepted;
      Memory memory;
      memory.base[static_cast<size_t>(Region::kStore)] = snapshot->base();
      for (EntityId id = 0; id < snapshot->entity_count(); ++id) {
        Work unlimited;
        Compare(memory, snapshot->Attributes(id), snapshot->Tags(id), &unlimited);
        for (EntityId parent : snapshot->Parents(id)) snapshot->Below(id, parent);
        snapshot->TypeName(snapshot->Type(id));
      }
    }
  }
  EXPECT_GT(refused, accepted) << "most of a store is structure";
  EXPECT_GT(accepted, 0u) << "a changed number is another, sound store";
}

}  // namespace
}  // namespace polc::entities
