// Test help: random values and decisions that JSON can carry.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "compiler/data/decision.h"

namespace polc::host {

class RandomDecision {
 public:
  explicit RandomDecision(uint64_t seed) : rng_(seed) {}

  size_t Below(size_t n) { return rng_() % n; }
  bool Flip() { return Below(2) == 0; }

  std::string Text() {
    static constexpr std::string_view kTexts[] = {
        "", "a", "a b", "say \"no\"", "back\\slash", "ü", "line\nfeed", "\x01", "__entity and more", "/~"};
    return std::string(kTexts[Below(std::size(kTexts))]);
  }
  data::EntityUid Uid() { return {Flip() ? "Team" : "A::B", Text()}; }
  data::Value Value(int depth = 2) {
    switch (Below(depth > 0 ? 10 : 8)) {
      case 0:
        return data::Value(Flip());
      case 1:
        return data::Value(static_cast<int64_t>(rng_()));
      case 2:
        return data::Value(Text());
      case 3:
        return data::Value(Uid());
      case 4:
        return data::Value(data::Decimal{static_cast<int64_t>(rng_())});
      case 5:
        return data::Value(Time());
      case 6:
        return data::Value(data::Duration{static_cast<int64_t>(rng_() % 1'000'000'000)});
      case 7: {
        data::IpAddr ip;
        ip.v6 = Flip();
        for (size_t i = 0; i < (ip.v6 ? 16u : 4u); ++i) ip.bytes[i] = static_cast<uint8_t>(rng_());
        ip.prefix = static_cast<uint8_t>(Below(ip.v6 ? 129 : 33));
        return data::Value(ip);
      }
      case 8: {
        std::vector<data::Value> elements;
        for (size_t i = Below(4); i > 0; --i) elements.push_back(Value(depth - 1));
        return data::Value::MakeSet(std::move(elements));
      }
      default:
        return Record(depth - 1);
    }
  }
  data::Value Record(int depth = 1) {
    data::Record fields;
    for (const char* key : {"a", "b c", "\"", "type"}) {
      if (Flip()) fields.emplace_back(key, Value(depth));
    }
    return data::Value::MakeRecord(std::move(fields));
  }
  data::Datetime Time() { return {static_cast<int64_t>(rng_() % 4'000'000'000'000) - 1'000'000'000'000}; }
  std::vector<std::string> Texts() {
    std::vector<std::string> out;
    for (size_t i = Below(3); i > 0; --i) out.push_back(Text());
    return out;
  }
  std::vector<data::QuorumTerm> Quorums() {
    std::vector<data::QuorumTerm> out;
    for (size_t i = 1 + Below(2); i > 0; --i) {
      data::QuorumTerm& q = out.emplace_back();
      for (size_t p = 1 + Below(2); p > 0; --p) {
        q.parts.push_back({static_cast<uint32_t>(1 + Below(5)), {Uid()}, Flip()});
      }
      q.within_ms = static_cast<int64_t>(Below(1'000'000));
      q.including_owner = Flip();
      q.survives_policy_change = Flip();
    }
    return out;
  }
  data::Decision Decision() {
    data::Decision d;
    d.outcome = static_cast<data::Outcome>(Below(5));
    d.why = static_cast<data::Why>(Below(static_cast<size_t>(data::Why::kStateConflict) + 1));
    d.reasons = Texts();
    d.because = Texts();
    if (Flip()) d.controls = {{"soc2", "CC8.1 a"}};
    if (Flip()) d.facts = {{"risk", Value()}};
    if (Flip()) d.limits = {{"timeout", {Value(), Texts()}}};
    if (Flip()) d.needs = {{Text(), {.approval = Quorums()}}, {Text(), {.evidence = "plan"}}};
    if (Flip()) d.counted = {{Text(), Uid()}};
    if (Flip()) {
      const size_t why = Below(static_cast<size_t>(data::NotCounted::kBadSignature) + 1);
      d.not_counted = {{Text(), Uid(), static_cast<data::NotCounted>(why)}};
    }
    if (Flip()) d.liftable = {{Text(), Quorums(), Flip()}};
    if (Flip()) d.suggestions = {{Uid(), Uid(), Record(), Texts()}};
    d.shadow = Texts();
    if (Flip()) d.would_be = static_cast<data::Outcome>(Below(5));
    if (Flip()) d.errors = {{Text(), Text()}};
    if (Flip()) {
      data::StateItem item{.input = "n", .by = "principal", .key = Key(), .value = Value()};
      if (Flip()) item.as_of = Time();
      d.state_read = {item};
      data::StateUpdate update{.input = "n", .by = "principal", .key = Key()};
      update.kind = static_cast<data::StateUpdate::Kind>(Below(3));
      if (Flip()) update.amount = data::Value(int64_t{1});
      if (Flip()) update.read = Value();
      d.state_updates = {update};
    }
    d.action_digest = Text();
    d.terms_digest = Text();
    d.snapshot = Text();
    return d;
  }
  // Keys are texts or entities.
  data::Value Key() { return Flip() ? data::Value(Text()) : data::Value(Uid()); }

 private:
  std::mt19937_64 rng_;
};

}  // namespace polc::host
