// An engine: one verified bundle linked to one snapshot of entities, ready to decide.
//
// Linking gives the bundle's entities and types the snapshot's numbers (and numbers of their own if the
// snapshot does not mention them), and turns its constants into values (names.h). An engine never changes and
// may be used from any number of threads, each with its own Scratch. A request is made for one engine and
// used with it.
//
// When the store has changed, another engine is made from the one before: it shares the tree, the names and
// the classes of all entities whose place in the hierarchy is what it was, so it costs what the edit moved.
//
// Decide finds the rules that hold by the bundle's decision tree (runtime/tree), which the engine makes when
// it is linked: the three entities' scope classes lead to the rules that can hold, and only their tests are
// run. It allocates nothing: everything it writes to lies in the Scratch, sized from the bundle's static
// bounds. The exception is a request that brings entities of its own, whose `in` walks the union of both
// hierarchies. Of a bundle with Pol, pol.h decides; there the exceptions are what approvals, refusals and
// chains of principals ask for, and sets and texts that are as large as data. Tested by vm_test.cc and,
// against the oracle, by tests/engine.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "runtime/bundle/verify.h"
#include "runtime/entities/snapshot.h"
#include "runtime/entities/value.h"
#include "runtime/vm/compare.h"
#include "runtime/vm/decision.h"
#include "runtime/vm/dispatch.h"
#include "runtime/vm/names.h"

namespace polc::vm {

using bundle::Kind;
using entities::EntityId;
using entities::Memory;
using entities::Region;
using entities::Snapshot;
using entities::TypeId;

class Request;

// What evaluating one code block gave.
struct Evaluation {
  bool ok;
  Value value;  // if ok; may lie in the Scratch
  Error error;  // if not
};

// One executed instruction. Values are as it found and left them.
struct TraceEvent {
  uint32_t word;  // in the code section
  bundle::Instruction instruction;
  std::span<const Value> popped;  // lowest first
  const Value* pushed;            // null if nothing was
  const Error* error;             // null if it did not err
  uint64_t steps;                 // what it cost
};

class TraceSink {
 public:
  virtual void Executed(const TraceEvent& event) = 0;

 protected:
  ~TraceSink() = default;
};

class Engine;
class Machine;
struct Candidates;
struct Found;
struct PolScratch;

// What one thread needs to decide: made once, used for any number of decisions by one engine.
class Scratch {
 public:
  explicit Scratch(const Engine& engine);
  Scratch(Scratch&&) noexcept;
  Scratch& operator=(Scratch&&) noexcept;
  ~Scratch();

 private:
  friend class Engine;
  friend class Machine;
  friend class PolDecider;
  friend struct PolScratch;
  friend class TreeWalk;
  friend class Asker;
  friend class Batch;
  friend Found FindStraight(Machine* machine, Scratch* scratch);
  friend Found FindAmong(Machine* machine, const Candidates& candidates, Scratch* scratch);
  friend struct SimplyFound FindSimple(Machine* machine, const Memo::Entry& entry, Scratch* scratch);
  friend Candidates Gather(Machine* machine, std::span<const tree::AtomId> principal,
                           std::span<const tree::AtomId> action, std::span<const tree::AtomId> resource,
                           Scratch* scratch);
  friend bool WalkAtoms(Machine* machine, EntityId id, Scratch* scratch, std::vector<tree::AtomId>* out);
  friend Decision Conclude(Machine* machine, const Found& found, Scratch* scratch);
  // Gives up what earlier decisions kept.
  void Begin();
  // Begins a search that may ask tests.
  void NextStamp();

  struct FactSlot {
    bool ok;
    Value value;
    Error error;
  };
  std::vector<Value> stack_;
  std::vector<uint64_t> arena_;                  // Region::kScratch
  uint32_t arena_used_ = 0;                      // bytes
  uint32_t arena_kept_ = 0;                      // bytes of values that outlive the block that made them
  std::vector<std::vector<uint64_t>> overflow_;  // what did not fit there
  std::vector<FactSlot> facts_;
  std::vector<uint32_t> holding_;
  std::vector<uint32_t> reasons_;
  std::vector<uint32_t> shadow_;
  std::vector<RuleError> errors_;
  // For finding rules by the tree.
  struct Resume {
    enum How : uint8_t { kOne, kRest, kEach } how;
    uint32_t next;  // kEach: case
  };
  uint32_t stamp_ = 0;  // of this decision
  // Of the decision that began the batch; outside of one, as stamp_.
  uint32_t batch_stamp_ = 0;
  static constexpr uint8_t kAllVary = 0xFF;
  uint8_t varying_ = kAllVary;     // variables that differ within the batch, as bits
  std::vector<uint32_t> answers_;  // by test: the stamp of the decision that asked it, and what came of it
  std::vector<uint32_t> seen_groups_;  // by group: a stamp
  std::vector<Lookup> lookups_;        // the tree's
  std::vector<uint32_t> always_, groups_;
  std::vector<tree::AtomId> keys_[3];
  std::vector<tree::AtomId> atoms_[3];
  std::vector<Resume> resume_;
  std::unique_ptr<PolScratch> pol_;  // for bundles with Pol
  // For requests that bring entities only.
  std::vector<EntityId> walk_;
  std::unordered_set<EntityId> seen_;
};

// While it lives, decisions with this scratch are about requests that differ in `varying` alone: what does
// not depend on it is asked once.
class Batch {
 public:
  Batch(Scratch* scratch, bundle::Variable varying);
  ~Batch() { scratch_->varying_ = Scratch::kAllVary; }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

 private:
  Scratch* const scratch_;
};

class Engine {
 public:
  // `owner` keeps the bundle's bytes alive for as long as the engine lives; may be null if the caller does.
  static std::shared_ptr<const Engine> Make(const bundle::VerifiedBundle& bundle,
                                            std::shared_ptr<const Snapshot> snapshot,
                                            std::shared_ptr<const void> owner = nullptr);

  // The engine of the same bundle over a later snapshot of the same store, which decides as Make's would.
  // Costs what lies between the snapshots: O(entities whose ancestors changed, and their ancestors), each
  // time the store has grown by a fifth or so, the bundle's types or names or a new type of the store are
  // concerned, or edits left many classes empty: O(entities + bundle) without the tree. For one thread at a
  // time for all engines that stem from one Make; others may decide by them meanwhile.
  static std::shared_ptr<const Engine> After(const Engine& before, std::shared_ptr<const Snapshot> snapshot);

  const bundle::VerifiedBundle& bundle() const { return bundle_; }
  const Snapshot& snapshot() const { return *snapshot_; }
  const std::shared_ptr<const Snapshot>& shared_snapshot() const { return snapshot_; }

  // All that the rules say, with reasons and errors. The decision lies in `scratch` and the engine.
  Decision Decide(const Request& request, Scratch* scratch) const;

  // The same in most cases of bundles without other rules than allows and forbids in force. False, and
  // nothing done, where it is not so simple: then Decide is asked.
  bool DecideSimply(const Request& request, Scratch* scratch, QuickDecision* out) const;

  // The outcome alone: stops as soon as it is settled.
  Outcome DecideOutcome(const Request& request, Scratch* scratch) const;

  // The same, rule by rule without the tree. For comparison.
  Decision DecideStraight(const Request& request, Scratch* scratch) const;

  // Which rules hold and err, for who concludes from more than these (amended.h). Of a bundle without Pol.
  // It lies in `scratch`.
  Found Find(const Request& request, bool straight, Scratch* scratch) const;

  // One rule's condition: a bool, or an error. Facts are computed first.
  Evaluation EvaluateRule(uint32_t rule, const Request& request, Scratch* scratch,
                          TraceSink* trace = nullptr) const;
  // One limit's value.
  Evaluation EvaluateLimit(uint32_t limit, const Request& request, Scratch* scratch,
                           TraceSink* trace = nullptr) const;

  // The number of an entity the snapshot or the bundle knows.
  std::optional<EntityId> FindEntity(std::string_view type, std::string_view id) const {
    const std::optional<EntityId> stored = snapshot_->Find(type, id);
    return stored ? stored : FindOwnEntity(type, id);
  }
  std::optional<TypeId> FindType(std::string_view name) const;
  // The row of an action, or kNone if the bundle declares none of this number. O(log actions).
  uint32_t FindActionRow(EntityId action) const;
  // The number of an entity of the bundle, by its row; a constant, by its row.
  EntityId EntityOf(uint32_t row) const { return entities_[row]; }
  const Value& Constant(uint32_t row) const { return cells_[row]; }
  // Whether values of a row of ValueTypes may lack what a default is declared for.
  bool HasDefaults(uint32_t type) const { return names_->has_defaults[type]; }
  // The bundle's type of a type number, its row of EntityTypes; bundle::kNone: it has none.
  uint32_t BundleTypeOf(TypeId type) const { return At(names_->bundle_types, type); }
  uint32_t EntityTypeRowOf(TypeId type) const { return At(names_->entity_type_rows, type); }
  // Where the values of constants lie: the regions kBundle and kEngine.
  const void* cells() const { return cells_.data(); }
  // Above all numbers of entities; a request numbers what else it mentions from here on. The snapshot's end
  // at its own count and the bundle's begin here: the numbers between are nobody's.
  uint32_t entity_count() const { return entity_count_; }
  uint32_t own_begin() const { return own_begin_; }
  uint32_t type_count() const { return snapshot_->type_count() + static_cast<uint32_t>(own_types_.size()); }
  // Of entities and types that have numbers.
  TypeId TypeOf(EntityId id) const {
    return id < own_begin_ ? snapshot_->Type(id)
                           : types_[bundle_->entities()[own_entities_[id - own_begin_]].type];
  }
  std::string_view IdOf(EntityId id) const;
  std::string_view TypeName(TypeId type) const;
  // All that the model asks of an entity that has a number: its type, whether it is known, and possible
  // (fit.h), and which action it is.
  Standing StandingOf(EntityId id) const;

  Memory MemoryFor(const Request& request, const Scratch& scratch) const;
  Memory MemoryFor(const Request& request) const;  // without the Scratch

  // Whether a Scratch of the one serves the other.
  bool SharesScratch(const Engine& other) const {
    return tree_ == other.tree_ && (dispatch_ == nullptr) == (other.dispatch_ == nullptr) &&
           bundle_->file().data() == other.bundle_->file().data();
  }
  // The number of the class of an entity that has a number; kNoClass if that says nothing here.
  ClassId ClassNumber(EntityId id) const { return dispatch_ == nullptr ? kNoClass : classes_.Of(id); }
  // Of three entities, what their classes come to; kNoKey, which is no key, if one has no number here or
  // there is no tree.
  static constexpr uint64_t kNoKey = UINT64_MAX;
  uint64_t KeyOf(const EntityId ids[3]) const {
    if (dispatch_ == nullptr || ids[0] >= entity_count_ || ids[1] >= entity_count_ || ids[2] >= entity_count_)
      return kNoKey;
    return Memo::KeyOf(classes_.Of(ids[0]), classes_.Of(ids[1]), classes_.Of(ids[2]));
  }
  // How many classes there are, and which an entity with a number is in; null without a tree. For tests.
  uint32_t class_count() const { return dispatch_ == nullptr ? 0 : dispatch_->classes.count(); }
  const Classes::Class* ClassAt(EntityId id) const {
    return dispatch_ == nullptr ? nullptr : &dispatch_->classes[classes_.Of(id)];
  }

 private:
  friend class Machine;
  friend class Amended;
  friend class RequestBuilder;
  friend class Scratch;
  friend class PolDecider;
  friend class SettledPlace;
  static uint32_t At(const std::vector<uint32_t>& rows, TypeId type) {
    return type < rows.size() ? rows[type] : bundle::kNone;
  }
  Engine(const bundle::VerifiedBundle& bundle, std::shared_ptr<const Snapshot> snapshot,
         std::shared_ptr<const void> owner);
  Engine(const Engine& before, std::shared_ptr<const Snapshot> snapshot);
  struct TypeClasses {
    std::vector<AtomId> atoms;  // by type number: the atom that asks for it
    std::vector<ClassId> bare;  // by type number: of entities without any others; last: of unknown types
  };
  // Among those of the bundle.
  std::optional<EntityId> FindOwnEntity(std::string_view type, std::string_view id) const;
  void Take(std::shared_ptr<const Names> names);
  void Take(std::shared_ptr<const TypeClasses> by_type);
  // Classes of all entities. There is no dispatch if there are too many.
  void LinkClasses(std::shared_ptr<const tree::Tree> tree);
  // Classes of those that moved since, all others as before. False if there are too many.
  bool FollowClasses(const Engine& before, bool same_names);
  ClassId ClassOf(const Request& request, EntityId id) const {
    return id < entity_count() ? classes_.Of(id) : ClassOfUnknown(request, id);
  }
  // The key of a request that brings no entities, where there is a tree.
  uint64_t KeyFor(const Request& request) const;
  ClassId ClassOfUnknown(const Request& request, EntityId id) const;
  Decision DecideAnew(const Request& request, uint64_t key, Scratch* scratch) const;
  // What holds, found by the tree, or straight.
  Found FindRules(Machine* machine, const Request& request, bool straight, Scratch* scratch) const;
  Found FindAnew(Machine* machine, const Request& request, uint64_t key, Scratch* scratch) const;
  // What a slot comes to that does not settle it, in a simple bundle.
  void DecideSlot(const Request& request, const Memo::Slot& slot, Scratch* scratch, QuickDecision* out) const;
  Decision DecideEntry(const Request& request, const Memo::Slot& slot, Scratch* scratch) const;
  void Remember(uint64_t key, const Candidates& candidates, Machine* machine, Scratch* scratch) const;

  bundle::VerifiedBundle bundle_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::shared_ptr<const void> owner_;
  std::shared_ptr<const Names> names_;
  // What of it is looked at often.
  uint32_t own_begin_ = 0;
  uint32_t entity_count_ = 0;
  std::span<const TypeId> types_;
  std::span<const EntityId> entities_;
  std::span<const uint32_t> own_types_;
  std::span<const uint32_t> own_entities_;
  std::span<const Value> cells_;
  std::span<const std::pair<EntityId, uint32_t>> action_rows_;
  std::span<const AttributeForm> attribute_forms_;
  std::shared_ptr<const tree::Tree> tree_;  // null: decisions are straight
  std::shared_ptr<Dispatch> dispatch_;      // null: there is no tree, or there are too many classes
  ClassTable classes_;                      // of the entities with numbers
  bool is_simple_ = false;                  // what allows and forbids hold is all there is to a decision
  std::shared_ptr<const TypeClasses> by_type_;
  std::span<const AtomId> type_atoms_;
  std::span<const ClassId> bare_classes_;
};

}  // namespace polc::vm
