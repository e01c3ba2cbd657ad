// Decides quick requests by one judge, and says what came of them by a number.
//
// Most requests of a log come to few different decisions: the same outcome, by the same rules, with the same
// rules in error. Each of these is made once as the compiler has it, and known by its number from then on.
// One thread's. Tested by tests/simulate/lane_test.cc.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "compiler/simulate/judge.h"
#include "compiler/simulate/quick.h"
#include "runtime/vm/request.h"

namespace polc::simulate {

class Door {
 public:
  // Numbers are places in `decisions`, which is added to. `side`: whose snapshot the judge decides over, as
  // KnownUid::ids has them. All must outlive this.
  Door(std::shared_ptr<const Judge> judge, size_t side, const QuickReader& reader,
       std::vector<data::Decision>& decisions);

  uint32_t Decide(const QuickRequest& request);

 private:
  struct HashWords {
    size_t operator()(const std::vector<uint32_t>& words) const {
      return HashOf({reinterpret_cast<const char*>(words.data()), words.size() * sizeof(uint32_t)});
    }
  };
  // An entity that the snapshot does not have: the engine's number of it, or kNoId if it has none either.
  struct Stranger {
    uint64_t serial = 0;  // of who it is
    entities::EntityId id = entities::kNoId;
  };
  static constexpr size_t kStrangers = 256;

  entities::EntityId IdOf(const KnownUid& uid, vm::RequestBuilder& builder);
  entities::Value ValueOf(const QuickValue& value, vm::RequestBuilder& builder);
  // The builder of an action's requests, filled.
  vm::RequestBuilder& Fill(const QuickRequest& request);
  uint32_t Number(const vm::QuickDecision& decision, vm::RequestBuilder& builder);
  uint32_t MakeDecision(vm::RequestBuilder& builder);

  const std::shared_ptr<const Judge> judge_;
  const vm::Engine& engine_;
  const size_t side_;
  const QuickReader& reader_;
  std::vector<data::Decision>& decisions_;
  // By number of the action: requests of one have the same attributes, for which the builder keeps places.
  std::vector<std::unique_ptr<vm::RequestBuilder>> builders_;
  vm::Scratch scratch_;
  std::vector<uint32_t> strings_;  // of the bundle, by name of the reader; kNone32: it has none
  std::vector<Stranger> strangers_;
  // Of decisions by no rule or one and without errors: by rule, none being last, allow then deny.
  std::vector<uint32_t> simple_;
  std::unordered_map<std::vector<uint32_t>, uint32_t, HashWords> others_;
  std::vector<uint32_t> key_;
};

}  // namespace polc::simulate
