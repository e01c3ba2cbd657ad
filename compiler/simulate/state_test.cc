#include "compiler/simulate/state.h"

#include <gtest/gtest.h>

namespace polc::simulate {
namespace {

using data::Value;

class StateTest : public ::testing::Test {
 protected:
  StateTest() {
    core::Input input;
    input.id = input.name = "tries";
    input.kind = core::Input::Kind::kCounter;
    input.value = data::Kind::kLong;
    input.by = "principal";
    auto type = std::make_shared<core::Type>();
    type->kind = data::Kind::kEntity;
    type->entity = "A";
    input.key_type = type;
    input.over_ms = 100;
    program_.pol = true;
    program_.inputs.push_back(input);
    input.id = input.name = "tainted";
    input.kind = core::Input::Kind::kLabel;
    input.value = data::Kind::kBool;
    program_.inputs.push_back(input);
    input.id = input.name = "runaway";
    input.kind = core::Input::Kind::kBreaker;
    input.opens_at = 2;
    input.closes_after_ms = 50;
    program_.inputs.push_back(input);
    store_.Close();
    request_.principal = {"A", "a"};
  }

  static data::Decision Moving(const char* input, data::StateUpdate::Kind kind, bool moves) {
    data::Decision d;
    if (moves) {
      d.state_updates.push_back({.input = input,
                                 .by = "principal",
                                 .key = Value(data::EntityUid{"A", "a"}),
                                 .kind = kind,
                                 .amount = Value(int64_t{1})});
    }
    return d;
  }
  data::Host Recorded(const char* input, Value value) {
    data::Host host;
    host.state.push_back({.input = input,
                          .by = "principal",
                          .key = Value(data::EntityUid{"A", "a"}),
                          .value = std::move(value)});
    return host;
  }
  // What the side reads where the log has `recorded`.
  Value Read(const char* input, Value recorded, int64_t at) {
    data::Host host = Recorded(input, std::move(recorded));
    std::set<std::string> assumed;
    book_.Fill(request_, {at}, true, host, assumed);
    return host.state.front().value;
  }

  core::Program program_;
  data::EntityStore store_;
  std::set<std::string> known_ = {"tries", "tainted", "runaway"};
  data::Request request_;
  StateBook book_{program_, store_, &known_};
};

TEST_F(StateTest, CountersDriftByWhatDiffersForAsLongAsItIsInTheWindow) {
  constexpr auto kAdd = data::StateUpdate::Kind::kAdd;
  // Both: no difference.
  book_.Add({10}, {}, std::make_unique<data::Decision>(Moving("tries", kAdd, true)).get(),
            Moving("tries", kAdd, true));
  EXPECT_EQ(Read("tries", Value(int64_t{5}), 11), Value(int64_t{5}));
  // The side only.
  const data::Decision nothing = Moving("tries", kAdd, false);
  book_.Add({20}, {}, &nothing, Moving("tries", kAdd, true));
  EXPECT_EQ(Read("tries", Value(int64_t{5}), 21), Value(int64_t{6}));
  // The log only.
  const data::Decision logged = Moving("tries", kAdd, true);
  book_.Add({30}, {}, &logged, nothing);
  book_.Add({31}, {}, &logged, nothing);
  EXPECT_EQ(Read("tries", Value(int64_t{5}), 40), Value(int64_t{4}));
  EXPECT_EQ(Read("tries", Value(int64_t{0}), 40), Value(int64_t{0}));  // never below
  EXPECT_EQ(Read("tries", Value(int64_t{5}), 119), Value(int64_t{4}));
  EXPECT_EQ(Read("tries", Value(int64_t{5}), 120), Value(int64_t{3}));  // (20, 120] is past the first
  EXPECT_EQ(Read("tries", Value(int64_t{5}), 131), Value(int64_t{5}));
}

TEST_F(StateTest, LabelsAreSetByEither) {
  constexpr auto kSet = data::StateUpdate::Kind::kSet;
  const data::Decision sets = Moving("tainted", kSet, true), nothing;
  EXPECT_EQ(Read("tainted", Value(true), 1), Value(true));
  book_.Add({1}, Recorded("tainted", Value(false)), &sets, nothing);
  EXPECT_EQ(Read("tainted", Value(true), 2), Value(false));  // the side never let it go
  book_.Add({3}, Recorded("tainted", Value(true)), &sets, sets);
  EXPECT_EQ(Read("tainted", Value(true), 4), Value(true));
}

TEST_F(StateTest, ALabelThatWasSetBeforeTheLogStays) {
  const data::Decision sets = Moving("tainted", data::StateUpdate::Kind::kSet, true), nothing;
  book_.Add({1}, Recorded("tainted", Value(true)), &sets, nothing);
  EXPECT_EQ(Read("tainted", Value(true), 2), Value(true));
}

TEST_F(StateTest, BreakersOpenByTheSidesDenials) {
  constexpr auto kDenial = data::StateUpdate::Kind::kDenial;
  const data::Decision denial = Moving("runaway", kDenial, true), nothing;
  book_.Add({1}, {}, &nothing, denial);
  EXPECT_EQ(Read("runaway", Value(false), 2), Value(false));
  book_.Add({2}, {}, &nothing, denial);
  EXPECT_EQ(Read("runaway", Value(false), 3), Value(true));
  EXPECT_EQ(Read("runaway", Value(false), 51), Value(true));
  EXPECT_EQ(Read("runaway", Value(false), 52), Value(false));
}

TEST_F(StateTest, ABreakerThatTheLogOpenedIsOpenOnlyForWhoWasDenied) {
  const data::Decision denial = Moving("runaway", data::StateUpdate::Kind::kDenial, true), nothing;
  book_.Add({1}, {}, &denial, nothing);
  book_.Add({2}, {}, &denial, nothing);
  EXPECT_EQ(Read("runaway", Value(true), 3), Value(false));
}

TEST_F(StateTest, WhatTheLogCannotKnowBeginsAtNothing) {
  known_.erase("tries");
  data::Host host;
  std::set<std::string> assumed;
  book_.Fill(request_, {1}, true, host, assumed);
  ASSERT_EQ(host.state.size(), 1u);
  EXPECT_EQ(host.state[0].value, Value(int64_t{0}));
  EXPECT_EQ(assumed, std::set<std::string>{"tries"});
  const data::Decision nothing;
  book_.Add({1}, {}, &nothing, Moving("tries", data::StateUpdate::Kind::kAdd, true));
  host.state.clear();
  book_.Fill(request_, {2}, true, host, assumed);
  EXPECT_EQ(host.state[0].value, Value(int64_t{1}));
}

}  // namespace
}  // namespace polc::simulate
