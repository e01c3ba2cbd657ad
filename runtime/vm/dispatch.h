// From a request's three entities to the rules that can hold, in constant time: scope classes and the memo.
//
// An entity's class is the set of the tree's atoms that are true of it (runtime/tree/tree.h) and, of a bundle
// with Pol, its standing: all that the model asks of it. Classes are numbered as they are met, from 1, and
// never change; a ClassTable says for one snapshot which class each entity is in. Everything that the scope
// of rules can ask of a request, and the model of its three entities, is settled by the classes of its
// principal, action and resource, so what follows from three classes is worked out once and kept in the memo.
//
// Who shares what: one Dispatch belongs to a bundle and is shared by the engine's states over successive
// snapshots; one ClassTable belongs to a state, and shares with the one before what did not change. Numbering
// classes is for one thread at a time (linking); readers only look at classes that were numbered before their
// state was published. The memo is written by readers, without locks: a slot is claimed by its key, filled,
// and then published; whoever finds it claimed and not yet published works the answer out for itself. A memo
// that is full takes nothing more, and nothing waits for it. Tested by vm_test.cc and relink_test.cc,
// under load by runtime/api/api_test.cc and the tsan preset.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "runtime/entities/snapshot.h"
#include "runtime/tree/tree.h"

namespace polc::vm {

using entities::EntityId;
using entities::Snapshot;
using entities::TypeId;
using tree::AtomId;
using ClassId = uint32_t;
inline constexpr ClassId kNoClass = 0;

// What a bundle's model has to say about an entity: Engine::StandingOf makes it. Entities of which it says
// different things stand differently; without Pol all stand alike.
using Standing = uint64_t;
inline constexpr Standing kAlike = 0;
// Of entities that have no number: nothing is said about them.
inline constexpr Standing kStranger = UINT64_MAX;

// The most classes of one bundle: what the memo's keys can tell apart. A set of rules that splits more
// entities than that is decided straight.
inline constexpr uint32_t kMaxClasses = (1u << 21) - 1;

class Classes {
 public:
  struct Class {
    const AtomId* atoms;  // ascending
    uint32_t atom_count;
    uint32_t named;  // the bundle's entity that this class is of alone, plus one; or 0
    std::span<const AtomId> span() const { return {atoms, atom_count}; }
  };
  Classes();

  // The class of these atoms (ascending) and this standing; kNoClass if there are too many. For one thread at
  // a time.
  ClassId Intern(std::span<const AtomId> atoms, uint32_t named, Standing standing);

  const Class& operator[](ClassId id) const { return chunks_[id >> kChunkBits][id & (kChunk - 1)]; }
  uint32_t count() const { return count_; }
  // How many there were when all entities had been classified.
  uint32_t live_count() const { return live_count_; }
  void CountLive() { live_count_ = count_; }

 private:
  static constexpr uint32_t kChunkBits = 10;
  static constexpr uint32_t kChunk = 1u << kChunkBits;
  void Grow();

  // Places that readers use never move.
  std::unique_ptr<std::unique_ptr<Class[]>[]> chunks_;
  uint32_t count_ = 1;  // with kNoClass
  uint32_t live_count_ = 1;
  std::vector<std::unique_ptr<AtomId[]>> pools_;
  AtomId* pool_end_ = nullptr;
  size_t pool_left_ = 0;
  std::vector<uint32_t> slots_;   // hash table of classes; 0: empty
  std::vector<uint64_t> hashes_;  // by class
  std::vector<Standing> standings_;
};

// What three classes come to.
class Memo {
 public:
  // Slots for about as many combinations as `groups` suggests. Memory is taken when it is first written.
  explicit Memo(size_t groups);

  enum State : uint32_t {
    kEmpty = 0,
    kNothing = 1,  // no rule can hold
    kAllow = 2,    // the slot's rule, an allow in force, holds, and no other rule can
    kForbid = 3,
    kFirstEntry = 16  // from here on: an entry, at this word less kFirstEntry
  };
  // Of a bundle with Pol: what the outcome follows from beside what the host says.
  enum class Rests : uint8_t {
    kOnMore,     // several tests, or none that is a simple question
    kOnClasses,  // nothing else
    kOnNumber,   // the slot's comparison
    kOnQuestion  // the entry's question
  };
  // The usual entry: one rule in force that can hold, and does if an attribute of the context is a number
  // that compares with `number` in one of the ways that `accepts` has. What it needs is kept in the slot,
  // too: that is then all that is read, two to a line of the cache. Below kFirstEntry `accepts` says the same
  // as the state: the rule holds whatever the number is, or there is none.
  struct alignas(32) Slot {
    std::atomic<uint64_t> key;  // 0: empty
    std::atomic<uint32_t> state;
    uint32_t rule;
    int64_t number;
    uint32_t name;      // of the attribute, a string
    bundle::Kind kind;  // of the number; kOfNoTest: there is no such test
    uint8_t accepts;    // kLess, kEqual, kGreater, kForbids, kSettled
    // With Pol:
    Rests rests;
    bool fits;  // the three entities are known, and principal and resource such as the action is for

    static constexpr uint8_t kLess = 1, kEqual = 2, kGreater = 4, kAny = 7, kForbids = 8, kSettled = 16;
    // Kinds that no value has, and not each other's.
    static constexpr bundle::Kind kOfNoTest{0xFF}, kOfNoValue{0xFE};
    // Whether Accepts says what comes of this attribute, of a value of this kind. Written so that compilers
    // make one branch of it, which says little about which slot it is.
    bool SaysOf(uint32_t attribute, bundle::Kind of) const {
      const uint32_t asks = (accepts / kSettled & 1u) - 1u;  // all bits, or none if it is settled
      const uint32_t differs = static_cast<uint32_t>(of) ^ static_cast<uint32_t>(kind);
      return (((attribute ^ name) | differs) & asks) == 0;
    }
    bool Accepts(int64_t n) const { return accepts >> ((n > number) - (n < number) + 1) & 1; }
  };
  static_assert(sizeof(Slot) == 32);
  // An entry: this, then so many words of each in turn.
  struct Entry {
    // With Pol: what decisions came to (settled.h) where the question is false, or there is none, and where
    // it is true; and where the action's attributes are declared.
    mutable std::atomic<uint32_t> settled[2];
    bundle::Range context;
    uint32_t always_count;  // rules that hold whatever else is asked: forbids, then others, each ascending
    uint32_t forbid_count;  // of these
    uint32_t group_count;   // groups whose trees must be walked
    uint16_t is_ready;      // no groups, and what holds settles the outcome: the rest is filled in
    uint8_t outcome, would_be;
    // One group and nothing else, in which one simple test decides about the same rules, allows or forbids in
    // force: the reasons are those rules, and this the first question of its formula, plus one. Else 0. With
    // Pol rules of any effect, beside others that always hold, and no reasons.
    uint32_t question;
    uint8_t forbids;  // question: whether they do
    uint8_t reserved[3];
    uint32_t reason_count;
    uint32_t shadow_count;

    const uint32_t* words() const { return reinterpret_cast<const uint32_t*>(this + 1); }
    std::span<const uint32_t> always() const { return {words(), always_count}; }
    std::span<const uint32_t> groups() const { return {words() + always_count, group_count}; }
    std::span<const uint32_t> reasons() const { return {groups().data() + group_count, reason_count}; }
    std::span<const uint32_t> shadow() const { return {reasons().data() + reason_count, shadow_count}; }
  };

  static uint64_t KeyOf(ClassId principal, ClassId action, ClassId resource) {
    return uint64_t{principal} << 42 | uint64_t{action} << 21 | resource;
  }
  // The slot of a key, if it is published.
  const Slot* Find(uint64_t key) const {
    for (uint64_t at = Hash(key), tries = 0; tries < kTries; ++tries, ++at) {
      const Slot& slot = table_[at & mask_];
      const uint64_t found = slot.key.load(std::memory_order_relaxed);
      if (found == key) return slot.state.load(std::memory_order_acquire) == kEmpty ? nullptr : &slot;
      if (found == 0) return nullptr;
    }
    return nullptr;
  }
  const Entry& EntryOf(const Slot& slot) const {
    return *reinterpret_cast<const Entry*>(words_ +
                                           (slot.state.load(std::memory_order_relaxed) - kFirstEntry));
  }

  // Whether so much is in it that there is little use in asking it to remember more.
  bool IsCrowded() const {
    return claimed_.load(std::memory_order_relaxed) > mask_ / 2 ||
           used_.load(std::memory_order_relaxed) > word_count_ / 4 * 3;
  }

  // Claims the slot of a key; null if another has it or there is no room.
  Slot* Claim(uint64_t key);
  // Room for an entry and so many words behind it; null if there is none.
  Entry* Allocate(size_t words);
  // Room for something else; null if there is none. It is found again by its number, which is kFirstEntry at
  // least.
  void* AllocateRoom(size_t bytes, uint32_t* number);
  const void* RoomAt(uint32_t number) const { return words_ + (number - kFirstEntry); }
  static void Publish(Slot* slot, State state, uint32_t rule) {
    slot->rule = rule;
    slot->accepts = state == kNothing ? Slot::kSettled
                    : state == kAllow ? Slot::kSettled | Slot::kAny
                                      : Slot::kSettled | Slot::kAny | Slot::kForbids;
    slot->state.store(state, std::memory_order_release);
  }
  // The slot's rule and comparison, if it has one, are set already.
  void Publish(Slot* slot, const Entry* entry) const {
    const auto at = static_cast<uint32_t>(reinterpret_cast<const uint32_t*>(entry) - words_);
    slot->state.store(at + kFirstEntry, std::memory_order_release);
  }

 private:
  static constexpr uint64_t kTries = 8;
  // The first of so many words that are the caller's alone, at a multiple of kLine; null if there is no room.
  // What is looked at first is then in one line of the cache.
  static constexpr size_t kLine = 32;
  uint32_t* Take(size_t words);
  struct Free {
    void operator()(void* p) const { std::free(p); }
  };
  uint64_t Hash(uint64_t key) const { return (key * 0x9E3779B97F4A7C15u) >> shift_; }

  uint64_t mask_;
  int shift_;
  size_t word_count_;
  std::unique_ptr<void, Free> slots_, all_words_;
  Slot* table_;                     // in what slots_ owns, at a multiple of a slot's size
  uint32_t* words_;                 // in what all_words_ owns, at a multiple of kLine
  Slot single_{};                   // the table, if there is no memory for one
  std::atomic<size_t> used_{0};     // words
  std::atomic<size_t> claimed_{0};  // slots
};

// The tree of a verified bundle, as every engine makes it.
tree::Tree MakeTree(const bundle::Bundle& bundle, tree::Level level);

// What the rules of a bundle come to, as far as decisions have found out. Shared by engines over successive
// snapshots; classes that edits leave without entities stay, and so do their combinations in the memo, until
// there are many: then there is another memo, or all is classified anew.
struct Dispatch {
  Dispatch(std::shared_ptr<const tree::Tree> of, std::shared_ptr<Classes> over);
  const std::shared_ptr<const tree::Tree> shared_tree;
  const std::shared_ptr<Classes> shared_classes;
  const tree::Tree& tree;
  Classes& classes;
  Memo memo;

  // After the entities were classified: how many classes they are in.
  void CountClasses();
  // Whether most classes may be empty by now.
  bool HasManyClassesLeft() const;
  // Whether the memo may be full of what is no more.
  bool NeedsMemo() const;

 private:
  uint32_t classes_at_memo_;  // how many there were when this memo was made
};

// Which class each entity of one engine state is in.
class ClassTable {
 public:
  ClassTable() = default;
  // Of entities with numbers below `count`; those that are not set are nobody's.
  explicit ClassTable(uint32_t count);
  // A copy to be changed, which shares with this one what stays. O(count / kChunk).
  ClassTable Fork() const;

  ClassId Of(EntityId id) const { return chunks_[id >> kChunkBits][id & (kChunk - 1)]; }
  // Whether there is such a class: kNoClass is left out.
  bool Set(EntityId id, ClassId c);

 private:
  static constexpr uint32_t kChunkBits = 12;
  static constexpr uint32_t kChunk = 1u << kChunkBits;
  struct Chunk {
    ClassId of[kChunk];
  };
  std::vector<std::shared_ptr<const Chunk>> owners_;
  std::vector<const ClassId*> chunks_;
  std::vector<Chunk*> mine_;  // by chunk: if no other table has it
};

// Finds the classes of the entities of one snapshot.
class Classifier {
 public:
  // `type_atoms`: by type, the atom that asks for it.
  Classifier(Dispatch* dispatch, const Snapshot& snapshot, std::span<const AtomId> type_atoms)
      : tree_(dispatch->tree), classes_(&dispatch->classes), snapshot_(snapshot), type_atoms_(type_atoms) {}

  // The class of an entity of the snapshot; kNoClass if there are too many. `name_of(id)`: the bundle's
  // entity of this number plus one, or 0, as far as an atom asks for it.
  template <typename NameOf>
  ClassId Classify(EntityId id, Standing standing, NameOf name_of) {
    Begin(snapshot_.Type(id));
    const uint32_t name = AddName(name_of(id));
    for (EntityId above : snapshot_.Ancestors(id)) {
      if (const uint32_t named = name_of(above); named != 0) Add(tree_.BelowAtom(named - 1));
    }
    return Finish(name, standing);
  }
  // Of an entity below nothing.
  ClassId ClassifyBare(TypeId type, Standing standing, uint32_t named) {
    Begin(type);
    return Finish(AddName(named), standing);
  }

 private:
  void Begin(TypeId type) {
    atoms_.clear();
    Add(type_atoms_[type]);
  }
  void Add(AtomId atom) {
    if (atom != tree::kAnyAtom) atoms_.push_back(atom);
  }
  uint32_t AddName(uint32_t named);
  ClassId Finish(uint32_t name, Standing standing);

  const tree::Tree& tree_;
  Classes* const classes_;
  const Snapshot& snapshot_;
  const std::span<const AtomId> type_atoms_;
  std::vector<AtomId> atoms_;
};

}  // namespace polc::vm
