#include "runtime/vm/dispatch.h"

#include <algorithm>
#include <bit>

#include "runtime/vm/builtins.h"

namespace polc::vm {

namespace {

constexpr size_t kPoolAtoms = size_t{1} << 14;
constexpr size_t kLineOfCache = 64;

std::optional<int64_t> Fold(bundle::Builtin builtin, std::string_view text) {
  switch (builtin) {
    case bundle::Builtin::kDecimal:
      return ParseDecimal(text);
    case bundle::Builtin::kDatetime:
      return ParseDatetime(text);
    case bundle::Builtin::kDuration:
      return ParseDuration(text);
    default:
      return std::nullopt;
  }
}

uint64_t HashAtoms(std::span<const AtomId> atoms, uint32_t named, Standing standing) {
  uint64_t h = named ^ (standing * 0xD6E8FEB86659FD93u);
  for (AtomId atom : atoms) {
    h = (h ^ atom) * 0x9E3779B97F4A7C15u;
    h ^= h >> 29;
  }
  return h;
}

}  // namespace

Classes::Classes()
    : chunks_(std::make_unique<std::unique_ptr<Class[]>[]>((kMaxClasses >> kChunkBits) + 1)),
      slots_(64, 0),
      hashes_(1),
      standings_(1) {
  chunks_[0] = std::make_unique<Class[]>(kChunk);
}

void Classes::Grow() {
  slots_.assign(slots_.size() * 2, 0);
  for (ClassId id = 1; id < count_; ++id) {
    size_t slot = hashes_[id] & (slots_.size() - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = id;
  }
}

ClassId Classes::Intern(std::span<const AtomId> atoms, uint32_t named, Standing standing) {
  if (slots_.size() < 2 * size_t{count_}) Grow();
  const uint64_t hash = HashAtoms(atoms, named, standing);
  size_t slot = hash & (slots_.size() - 1);
  for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
    const ClassId id = slots_[slot];
    const Class& known = (*this)[id];
    if (hashes_[id] == hash && known.named == named && standings_[id] == standing &&
        std::ranges::equal(known.span(), atoms))
      return id;
  }
  if (count_ > kMaxClasses) return kNoClass;
  const ClassId id = count_;
  if ((id & (kChunk - 1)) == 0) chunks_[id >> kChunkBits] = std::make_unique<Class[]>(kChunk);
  if (pool_left_ < atoms.size()) {
    pool_left_ = std::max(kPoolAtoms, atoms.size());
    pools_.push_back(std::make_unique<AtomId[]>(pool_left_));
    pool_end_ = pools_.back().get();
  }
  std::copy(atoms.begin(), atoms.end(), pool_end_);
  chunks_[id >> kChunkBits][id & (kChunk - 1)] = {pool_end_, static_cast<uint32_t>(atoms.size()), named};
  pool_end_ += atoms.size();
  pool_left_ -= atoms.size();
  slots_[slot] = id;
  hashes_.push_back(hash);
  standings_.push_back(standing);
  ++count_;
  return id;
}

Memo::Memo(size_t groups) {
  // Close together: what is hot should lie on few pages.
  constexpr size_t kFewestSlots = size_t{1} << 14, kMostSlots = size_t{1} << 20;
  constexpr size_t kWordsPerSlot = 32;
  const size_t slots = std::clamp(std::bit_ceil(2 * groups), kFewestSlots, kMostSlots);
  mask_ = slots - 1;
  shift_ = 64 - std::countr_zero(slots);
  word_count_ = slots * kWordsPerSlot;
  // Zeroed memory that is not touched yet; calloc knows no alignment, so there is some more.
  auto take = [](size_t bytes, size_t alignment, std::unique_ptr<void, Free>* owner) {
    owner->reset(std::calloc(bytes + alignment, 1));
    void* begin = owner->get();
    size_t room = bytes + alignment;
    return begin == nullptr ? nullptr : std::align(alignment, bytes, begin, room);
  };
  table_ = static_cast<Slot*>(take(slots * sizeof(Slot), kLineOfCache, &slots_));
  words_ = static_cast<uint32_t*>(take(word_count_ * sizeof(uint32_t), kLineOfCache, &all_words_));
  if (table_ == nullptr) table_ = &single_, mask_ = 0;
  if (words_ == nullptr) word_count_ = 0;
}

Memo::Slot* Memo::Claim(uint64_t key) {
  for (uint64_t at = Hash(key), tries = 0; tries < kTries; ++tries, ++at) {
    Slot& slot = table_[at & mask_];
    uint64_t found = 0;
    if (slot.key.compare_exchange_strong(found, key, std::memory_order_relaxed)) {
      claimed_.fetch_add(1, std::memory_order_relaxed);
      return &slot;
    }
    if (found == key) return nullptr;
  }
  return nullptr;
}

Memo::Entry* Memo::Allocate(size_t words) {
  return reinterpret_cast<Entry*>(Take(sizeof(Entry) / sizeof(uint32_t) + words));
}

void* Memo::AllocateRoom(size_t bytes, uint32_t* number) {
  // What is kept beside entries leaves them half of the memory.
  if (used_.load(std::memory_order_relaxed) > word_count_ / 2) return nullptr;
  uint32_t* words = Take((bytes + sizeof(uint32_t) - 1) / sizeof(uint32_t));
  if (words == nullptr) return nullptr;
  *number = static_cast<uint32_t>(words - words_) + kFirstEntry;
  return words;
}

uint32_t* Memo::Take(size_t words) {
  constexpr size_t kWords = kLine / sizeof(uint32_t);
  const size_t all = (words + kWords - 1) / kWords * kWords;
  // Looked at first, so that what does not fit never moves the end out of reach.
  if (used_.load(std::memory_order_relaxed) + all > word_count_) return nullptr;
  const size_t at = used_.fetch_add(all, std::memory_order_relaxed);
  if (at + all > word_count_) return nullptr;
  return words_ + at;
}

tree::Tree MakeTree(const bundle::Bundle& bundle, tree::Level level) { return {bundle, level, Fold}; }

Dispatch::Dispatch(std::shared_ptr<const tree::Tree> of, std::shared_ptr<Classes> over)
    : shared_tree(std::move(of)),
      shared_classes(std::move(over)),
      tree(*shared_tree),
      classes(*shared_classes),
      memo(tree.groups().size()),
      classes_at_memo_(classes.count()) {}

void Dispatch::CountClasses() {
  classes.CountLive();
  classes_at_memo_ = classes.count();
}

bool Dispatch::HasManyClassesLeft() const {
  constexpr uint32_t kFew = 1u << 14;
  return classes.count() > 2 * classes.live_count() + kFew;
}

bool Dispatch::NeedsMemo() const {
  constexpr uint32_t kFew = 64;
  return memo.IsCrowded() && classes.count() > classes_at_memo_ + classes_at_memo_ / 4 + kFew;
}

ClassTable::ClassTable(uint32_t count) {
  for (uint64_t begin = 0; begin < count; begin += kChunk) {
    auto chunk = std::make_shared<Chunk>();
    mine_.push_back(chunk.get());
    chunks_.push_back(chunk->of);
    owners_.push_back(std::move(chunk));
  }
}

ClassTable ClassTable::Fork() const {
  ClassTable out;
  out.owners_ = owners_;
  out.chunks_ = chunks_;
  out.mine_.resize(owners_.size(), nullptr);
  return out;
}

bool ClassTable::Set(EntityId id, ClassId c) {
  if (c == kNoClass) return false;
  const uint32_t at = id >> kChunkBits;
  if (mine_[at] == nullptr) {
    auto copy = std::make_shared<Chunk>(*owners_[at]);
    mine_[at] = copy.get();
    chunks_[at] = copy->of;
    owners_[at] = std::move(copy);
  }
  mine_[at]->of[id & (kChunk - 1)] = c;
  return true;
}

uint32_t Classifier::AddName(uint32_t named) {
  if (named == 0) return 0;
  const AtomId equal = tree_.EqualAtom(named - 1), below = tree_.BelowAtom(named - 1);
  Add(equal);
  Add(below);
  return equal != tree::kAnyAtom || below != tree::kAnyAtom ? named : 0;
}

ClassId Classifier::Finish(uint32_t name, Standing standing) {
  std::sort(atoms_.begin(), atoms_.end());
  return classes_->Intern(atoms_, name, standing);
}

}  // namespace polc::vm
