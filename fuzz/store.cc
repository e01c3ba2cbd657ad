// Compiled stores. The bytes are opened as they are and once more with the right hash at the end. What opens
// can be read throughout, is written as the bytes it came from, and can be changed.
#include "runtime/entities/store.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "runtime/bundle/sha256.h"
#include "runtime/entities/store_file.h"

using namespace polc;

namespace {

// Reads every value once and compares it with itself.
void Read(const entities::Snapshot& snapshot, const entities::Value& root) {
  entities::Memory memory;
  memory.base[static_cast<size_t>(entities::Region::kStore)] = snapshot.base();
  entities::Work work{1u << 16,
                      1u << 20};  // containers may share their cells: a tree of them would take for ever
  const int order = entities::Compare(memory, root, root, &work);
  fuzz::Must(work.exceeded() || order == 0, "a value equals itself");
  entities::FindField(memory, root, "tier");
}

void Try(const std::vector<uint64_t>& words, size_t size) {
  const std::span<const uint8_t> file(reinterpret_cast<const uint8_t*>(words.data()), size);
  std::shared_ptr<const entities::Snapshot> snapshot;
  if (!OpenStore(file, nullptr, &snapshot).ok()) return;
  for (entities::EntityId id = 0; id < snapshot->entity_count(); ++id) {
    const entities::TypeId type = snapshot->Type(id);
    fuzz::Must(snapshot->Find(type, snapshot->Id(id)) == id, "an entity is found by its name",
               snapshot->Id(id));
    Read(*snapshot, snapshot->Attributes(id));
    Read(*snapshot, snapshot->Tags(id));
    for (entities::EntityId parent : snapshot->Parents(id)) (void)snapshot->Id(parent);
    for (entities::EntityId above : snapshot->Ancestors(id)) {
      fuzz::Must(snapshot->Below(id, above), "an ancestor is above");
    }
  }
  const std::vector<uint8_t> written = WriteStore(*snapshot);
  fuzz::Must(std::equal(written.begin(), written.end(), file.begin(), file.end()),
             "written, it is the same file");

  entities::Store store(snapshot);
  entities::Edit edit(store);
  const entities::EntityId added = edit.Entity("Agent", "new"), team = edit.Entity("Team", "sre");
  edit.Upsert(added, *edit.values().Record({{"tier", entities::MakeLong(1)}}), entities::EmptyRecord(),
              {team});
  edit.Remove(edit.Entity("Agent", "oncall"));
  if (!edit.Commit()) {
    fuzz::Must(store.Current()->Present(added) && store.Current()->Below(added, team), "an edit is seen");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<uint64_t> words((size + 7) / 8, 0);  // stores lie at multiples of 8
  if (size > 0) std::memcpy(words.data(), data, size);
  Try(words, size);
  bundle::Digest digest;
  if (size < digest.size()) return 0;
  digest = bundle::Sha256Of({data, size - digest.size()});
  std::memcpy(reinterpret_cast<uint8_t*>(words.data()) + size - digest.size(), digest.data(), digest.size());
  Try(words, size);
  return 0;
}
