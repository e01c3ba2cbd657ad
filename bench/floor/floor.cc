// The floor: how fast a decision by hand-written code can be, as a measure for engines that decide by
// policies.
//
// One rule is: this principal (or whoever lies under this group), this action, this document (or whatever
// lies under this folder), if the risk is below a number. Handles are numbers, given out when the entities
// are loaded, and so are classes: the scope of a rule that an entity lies under. A decision is two class
// look-ups, one probe of an open-addressed table and one comparison. No errors, no forbids, no reasons but
// the one rule, no second hierarchy, nothing that changes: it is no authorizer, only the least that one would
// have to do.

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <unordered_map>

#include "engine.h"

namespace polc_bench {
namespace {

constexpr uint32_t kNoRule = ~uint32_t{0};

struct FloorAnswer {
  bool allowed;
  uint32_t rule;
};

class Floor {
 public:
  void Reserve(size_t rules) {
    size_t size = 16;
    while (size < rules * 2) size *= 2;
    slots_.assign(size, Slot{0, 0, kNoRule});
    mask_ = size - 1;
  }
  void Insert(uint32_t principal_class, uint32_t action, uint32_t resource_class, uint32_t below,
              uint32_t rule) {
    size_t at = Home(Key(principal_class, action, resource_class));
    while (slots_[at].key != 0) at = (at + 1) & mask_;
    slots_[at] = {Key(principal_class, action, resource_class), below, rule};
  }

  FloorAnswer Decide(uint32_t principal, uint32_t action, uint32_t resource, int64_t risk) const {
    const uint64_t key = Key(principal_class_[principal], action, resource_class_[resource]);
    for (size_t at = Home(key);; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.key == key) return {risk < slot.below, slot.rule};
      if (slot.key == 0) return {false, kNoRule};
    }
  }

  std::vector<uint32_t> principal_class_, resource_class_;  // by handle; 0: under no rule's scope

 private:
  struct Slot {
    uint64_t key;  // 0: empty
    uint32_t below;
    uint32_t rule;
  };
  // Classes are below 2^24, actions below 2^8; never 0, as actions are counted from 1.
  static uint64_t Key(uint32_t p, uint32_t a, uint32_t r) {
    return uint64_t{p} << 32 | uint64_t{a} << 24 | uint64_t{r};
  }
  size_t Home(uint64_t key) const { return (key * 0x9E3779B97F4A7C15u >> 32) & mask_; }

  std::vector<Slot> slots_;
  size_t mask_ = 0;
};

class FloorEngine final : public Engine {
 public:
  explicit FloorEngine(const std::string& folder) {
    std::ifstream in(folder + "/floor.tsv");
    if (!in)
      Skip("the floor knows rules of one form only: one exact or hierarchical scope and one comparison");
    struct Rule {
      std::string principal, action, resource;
      uint32_t below;
    };
    std::vector<Rule> rules;
    std::unordered_map<std::string, uint32_t> classes;
    auto class_of = [&](const std::string& point) {
      return classes.try_emplace(point, static_cast<uint32_t>(classes.size() + 1)).first->second;
    };
    std::unordered_map<std::string, uint32_t> entity_class;
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      std::string what;
      words >> what;
      if (what == "rule") {
        Rule r;
        words >> r.principal >> r.action >> r.resource >> r.below;
        rules.push_back(r);
      } else {
        std::string entity, point;
        words >> entity >> point;
        entity_class[entity] = class_of(point);
      }
    }
    floor_.Reserve(rules.size());
    for (uint32_t i = 0; i < rules.size(); ++i) {
      const Rule& r = rules[i];
      floor_.Insert(class_of(r.principal), Action(r.action), class_of(r.resource), r.below, i);
    }
    // Handles for whatever a request names.
    auto handle = [&](const std::string& id, std::unordered_map<std::string, uint32_t>* handles,
                      std::vector<uint32_t>* table) {
      const auto [at, fresh] = handles->try_emplace(id, static_cast<uint32_t>(table->size()));
      if (fresh) {
        const auto found = entity_class.find(id);
        table->push_back(found == entity_class.end() ? 0 : found->second);
      }
      return at->second;
    };
    for (const RequestText& r : ReadRequests(folder + "/requests.jsonl")) {
      requests_.push_back({handle(r.principal.id, &principals_, &floor_.principal_class_),
                           Action(r.action.id), handle(r.resource.id, &resources_, &floor_.resource_class_),
                           r.risk});
    }
  }

  std::string Name() const override { return "floor"; }
  std::string Version() const override { return POLC_BENCH_FLOOR_SOURCE; }
  std::vector<std::string> Modes() const override { return {"handles"}; }
  std::vector<Want> Wants() const override { return {Want::kReasons}; }
  size_t RequestCount() const override { return requests_.size(); }

  Answer Explain(size_t request) override {
    const Handles& h = requests_[request];
    const FloorAnswer a = floor_.Decide(h.principal, h.action, h.resource, h.risk);
    Answer out{a.allowed, {}, {}};
    if (a.allowed) out.reasons.push_back("policy" + std::to_string(a.rule));
    return out;
  }

  uint64_t Run(const std::string&, Want, std::span<const uint32_t> requests) override {
    uint64_t last = 0, sum = 0;
    const uint64_t zero = Zero();
    for (const uint32_t i : requests) {
      const Handles& h = requests_[i + (last & zero)];
      const FloorAnswer a = floor_.Decide(h.principal, h.action, h.resource, h.risk);
      last = a.rule ^ uint64_t { a.allowed };
      sum += last;
    }
    return sum;
  }

 private:
  struct Handles {
    uint32_t principal, action, resource;
    int64_t risk;
  };
  static uint32_t Action(const std::string& id) {
    return static_cast<uint32_t>(std::stoul(id.substr(1))) + 1;
  }

  Floor floor_;
  std::vector<Handles> requests_;
  std::unordered_map<std::string, uint32_t> principals_, resources_;
};

}  // namespace
}  // namespace polc_bench

int main(int argc, char** argv) {
  if (argc != 2) polc_bench::Die("usage: floor CASE-FOLDER");
  const double begin = polc_bench::Seconds();
  polc_bench::FloorEngine engine(argv[1]);
  return polc_bench::Serve(engine, polc_bench::Seconds() - begin);
}
