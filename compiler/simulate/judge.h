// Deciding for simulation: engines for the old set, the new one, and every set with some edits undone.
//
// Tested by simulate_test.cc.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/data/decision.h"
#include "compiler/data/entities.h"
#include "compiler/simulate/edit.h"
#include "runtime/bundle/verify.h"
#include "runtime/vm/engine.h"

namespace polc::simulate {

// An engine of one program over one store. Immutable; threads bring their own Scratch.
class Judge {
 public:
  // `bytes` is the program's bundle, or empty to have it made. Null if the program does not fit a bundle.
  static std::shared_ptr<const Judge> Make(const core::Program& program,
                                           std::shared_ptr<const entities::Snapshot> store,
                                           std::vector<uint8_t> bytes = {});

  // `validate`: whether a request has to fit the model. Nothing if its entities close a cycle.
  std::optional<data::Decision> Decide(const data::Request& request, bool validate,
                                       vm::Scratch& scratch) const;
  vm::Scratch MakeScratch() const { return vm::Scratch(*engine_); }
  const std::string& snapshot() const { return snapshot_; }
  const vm::Engine& engine() const { return *engine_; }

 private:
  Judge() = default;
  std::shared_ptr<const std::vector<uint8_t>> bytes_;
  std::shared_ptr<const vm::Engine> engine_;
  std::string snapshot_;
  bool pol_ = false;
};

// The scratches of one thread.
class Scratches {
 public:
  std::optional<data::Decision> Decide(const std::shared_ptr<const Judge>& judge,
                                       const data::Request& request, bool validate);

 private:
  struct Kept {
    std::shared_ptr<const Judge> judge;  // so that no other takes its place
    vm::Scratch scratch;
  };
  std::map<const Judge*, Kept> kept_;
};

// Judges of the new set with edits undone, made when they are asked for first. Thread-safe.
class Variants {
 public:
  // As many are kept as an edit of a whole policy set needs; more are made anew each time.
  static constexpr size_t kMaxKept = 512;

  // `old_set` may be null where all edits are kPresent. All must outlive this.
  Variants(const core::Program* old_set, const core::Program& new_set, const std::vector<Edit>& edits,
           std::shared_ptr<const entities::Snapshot> store)
      : old_set_(old_set), new_set_(new_set), edits_(edits), store_(std::move(store)) {}

  // Null if what is left does not stand by itself.
  std::shared_ptr<const Judge> Without(const std::set<size_t>& undone);
  const std::vector<Edit>& edits() const { return edits_; }

 private:
  const core::Program* old_set_;
  const core::Program& new_set_;
  const std::vector<Edit>& edits_;
  std::shared_ptr<const entities::Snapshot> store_;
  std::mutex mutex_;
  std::map<std::set<size_t>, std::shared_ptr<const Judge>> known_;
};

}  // namespace polc::simulate
