// An engine's rules with some taken away and others put in: two engines that decide as one.
//
// The base is an engine over a whole bundle and stays what it is; the rules that come are a bundle of their
// own (runtime/bundle/update.h), linked to an engine of its own over the same snapshot. A decision finds what
// holds in each, leaves out what was taken away, and concludes once from all of it, so it is the one that a
// bundle of exactly these rules would make. What it costs is both searches; what making it costs is linking
// the few rules that come, however many the base has. Where both know by their memos what the three entities
// come to, but for at most one number of the context each, nothing is searched and no request is made for the
// other engine: DecideQuickly.
//
// Rules are numbered as one list: the base's rows, those taken away included, then the others'. Lists of a
// decision are in the order of rule ids, as everywhere.
//
// Immutable and thread-safe as Engine is. A request is made for the base; beside it, per thread, lies what
// the other engine needs: the same request in its numbers. Only for bundles without Pol. Tested by
// amended_test.cc and, against whole bundles and the oracle on every corpus, by
// tests/engine/updated_engine.cc; the quick way by runtime/api/update_test.cc, too.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/bundle/update.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/request.h"

namespace polc::vm {

// What an attribute of a context is called, and has.
using NamedValue = std::pair<std::string_view, Value>;

class AmendedScratch;

class Amended {
 public:
  // `update` must have been verified for the base's bundle; `owner` keeps its bytes.
  static std::shared_ptr<const Amended> Make(std::shared_ptr<const Engine> base,
                                             const bundle::VerifiedUpdate& update,
                                             std::shared_ptr<const void> owner);
  // The same rules once the base follows a later snapshot: `base` is Engine::After of before's.
  static std::shared_ptr<const Amended> After(const Amended& before, std::shared_ptr<const Engine> base);

  const Engine& base() const { return *base_; }
  const Engine& added() const { return *added_; }

  // Rows of the base's rules, ascending.
  std::span<const uint32_t> removed() const { return removed_; }
  bool IsRemoved(uint32_t rule) const;
  // From here on rules are the other engine's, numbered from 0 there.
  uint32_t first_added() const { return static_cast<uint32_t>(base_->bundle()->rules().size()); }
  std::string_view IdOf(uint32_t rule) const;

  // The decision about three entities of the base's and a context of these attributes, in the most usual
  // case: the memos of both have settled it, but for a comparison of one attribute with a number in each. It
  // lies in `beside`. False where it takes more, or an entity is none of the base's: nothing was done. Not of
  // a request that brings entities.
  bool DecideQuickly(const RequestBuilder& of_base, std::span<const NamedValue> context,
                     AmendedScratch* beside, QuickDecision* out) const;

 private:
  Amended(std::shared_ptr<const Engine> base, std::shared_ptr<const Engine> added,
          std::span<const uint32_t> removed);
  // What a slot of one engine's memo comes to: its rule, if that holds.
  struct Verdict {
    bool holds;
    bool forbids;
    uint32_t rule;
  };
  static std::optional<Verdict> Settle(const Engine& engine, uint64_t key,
                                       std::span<const NamedValue> context);
  // The class that an entity of the base's is in, in the other engine.
  ClassId ClassInAdded(EntityId id) const;

  const std::shared_ptr<const Engine> base_, added_;
  const std::span<const uint32_t> removed_;  // its owner is added_'s, too
  // Entities that the store does not know and both bundles do: their numbers in the base, ascending, and in
  // the other engine. And the class there of those that it does not know either, by the base's type numbers.
  std::vector<std::pair<EntityId, EntityId>> known_to_both_;
  std::vector<ClassId> strangers_;
};

// What one thread needs beside the Scratch of the base.
class AmendedScratch {
 public:
  explicit AmendedScratch(const Amended& amended) : scratch_(amended.added()), builder_(amended.added()) {}

  // Makes the other engine's request of one of the base. Before each decision and explanation of another
  // request. False if it has none, which only a request that the base has none of has.
  bool Follow(const Amended& amended, const Request& request);
  // As Follow left it.
  const Request& request() const { return *request_; }
  Scratch* scratch() { return &scratch_; }  // the last decision's

 private:
  friend class Amended;
  friend Decision Decide(const Amended& amended, const Request& request, Scratch* scratch,
                         AmendedScratch* beside, bool straight);
  Scratch scratch_;
  RequestBuilder builder_;
  const Request* request_ = nullptr;  // lies in the builder
  std::vector<uint32_t> holding_, reasons_, shadow_;
  std::vector<RuleError> errors_;
};

// The decision about a request of the base that `beside` follows. It lies in `scratch`, `beside` and the
// engines. `straight`: rule by rule without the tree, for comparison.
Decision Decide(const Amended& amended, const Request& request, Scratch* scratch, AmendedScratch* beside,
                bool straight = false);

}  // namespace polc::vm
