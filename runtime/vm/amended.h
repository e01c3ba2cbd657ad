// An engine's rules with some taken away and others put in: two engines that decide as one.
//
// The base is an engine over a whole bundle and stays what it is; the rules that come are a bundle of their
// own (runtime/bundle/update.h), linked to an engine of its own over the same snapshot. A decision finds what
// holds in each, leaves out what was taken away, and concludes once from all of it, so it is the one that a
// bundle of exactly these rules would make. What it costs is both searches; what making it costs is linking
// the few rules that come, however many the base has.
//
// Rules are numbered as one list: the base's rows, those taken away included, then the others'. Lists of a
// decision are in the order of rule ids, as everywhere.
//
// Immutable and thread-safe as Engine is. A request is made for the base; beside it, per thread, lies what
// the other engine needs: the same request in its numbers. Only for bundles without Pol. Tested by
// amended_test.cc and, against whole bundles and the oracle on every corpus, by
// tests/engine/updated_engine.cc.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/bundle/update.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/request.h"

namespace polc::vm {

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

 private:
  Amended(std::shared_ptr<const Engine> base, std::shared_ptr<const Engine> added,
          std::span<const uint32_t> removed)
      : base_(std::move(base)), added_(std::move(added)), removed_(removed) {}
  const std::shared_ptr<const Engine> base_, added_;
  const std::span<const uint32_t> removed_;  // its owner is added_'s, too
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
