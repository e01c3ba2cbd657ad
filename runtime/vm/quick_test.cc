// Quick decisions (RequestBuilder::DecideQuickly, Engine::DecideSimply) say what the rules run one by one
// say.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "runtime/bundle/test_images.h"
#include "runtime/vm/request.h"

namespace polc::vm {
namespace {

using entities::MakeBool;
using entities::MakeLong;
using entities::MakeNumber;

// One rule: an allow or a forbid in force with this condition, where `$k` is a constant and `$n` and `$m` the
// names "n" and "m".
struct OneRule {
  OneRule(std::string code, const bundle::Constant& constant, bundle::Effect effect) {
    bundle::ImageBuilder b;
    auto put = [&](std::string_view mark, const std::string& with) {
      for (size_t at; (at = code.find(mark)) != std::string::npos;) code.replace(at, mark.size(), with);
    };
    put("$k", std::to_string(b.AddConstant(constant)));
    put("$n", std::to_string(b.String("n")));
    put("$m", std::to_string(b.String("m")));
    b.Entity("User", "a");
    put("$t", std::to_string(b.Type("User")));
    b.image.rules.push_back(bundle::MakeRule(b.String("r"), effect, AddBlock(&b.image, code)));
    EXPECT_TRUE(Write(b.Finish(), &file).ok());
    bundle::Bundle opened;
    bundle::VerifiedBundle verified;
    EXPECT_TRUE(bundle::Bundle::Open(file, &opened).ok());
    EXPECT_TRUE(Verify(opened, &verified).ok());
    entities::SnapshotBuilder store;
    // a is in t in u, and has an attribute m; b is only mentioned.
    EntityId bad;
    const EntityId a = store.Intern("User", "a"), t = store.Intern("Team", "t"),
                   u = store.Intern("Team", "u");
    store.Intern("User", "b");
    const Value m_of_a = *store.values().Record({{"m", entities::MakeEntity(t)}});
    store.Add(a, m_of_a, entities::EmptyRecord(), {t});
    store.Add(t, entities::EmptyRecord(), entities::EmptyRecord(), {u});
    engine = Engine::Make(verified, store.Finish(&bad));
    builder.emplace(*engine);
    scratch.emplace(*engine);
    user = *engine->FindEntity("User", "a");
    n = *bundle::FindString(engine->bundle().bundle(), "n");
    m = *bundle::FindString(engine->bundle().bundle(), "m");
  }

  void Set(EntityId id) { builder->SetPrincipal(id), builder->SetAction(id), builder->SetResource(id); }

  // Decides what is set, by every way; whether the quick one would.
  bool Compare() {
    EntityId bad;
    const Request* request = builder->Ready(&bad);
    Scratch other(*engine);
    const Decision straight = engine->DecideStraight(*request, &other);
    engine->Decide(*request, &*scratch);  // what the classes come to is known from here on
    const Decision decision = engine->Decide(*request, &*scratch);
    EXPECT_EQ(decision.outcome, straight.outcome);
    EXPECT_TRUE(std::ranges::equal(decision.reasons, straight.reasons));
    EXPECT_EQ(decision.errors.size(), straight.errors.size());
    EXPECT_EQ(decision.would_be, straight.would_be);
    EXPECT_EQ(engine->DecideOutcome(*request, &*scratch), straight.outcome);
    QuickDecision quick;
    EXPECT_TRUE(engine->DecideSimply(*request, &*scratch, &quick));
    EXPECT_EQ(quick.outcome, straight.outcome);
    EXPECT_TRUE(std::ranges::equal(quick.reasons, straight.reasons));
    EXPECT_EQ(quick.errors.size(), straight.errors.size());
    const uint64_t key = engine->KeyOf(builder->ids());
    const Memo::Slot* const slot = builder->FindSlot();
    EXPECT_EQ(slot, builder->FindSlot(builder->ids(), key));
    EXPECT_EQ(builder->FindSlot(builder->ids(), key ^ 1), nullptr) << "who remembers another is not believed";
    if (slot == nullptr || !builder->DecideQuickly(*slot, &quick)) {
      if (slot == nullptr || !builder->is_simple()) return false;
      builder->DecideBy(*slot, &*scratch, &quick);
      EXPECT_EQ(quick.outcome, straight.outcome);
      EXPECT_TRUE(std::ranges::equal(quick.reasons, straight.reasons));
      EXPECT_TRUE(
          std::ranges::equal(quick.errors, straight.errors, [](const RuleError& a, const RuleError& b) {
            return a.rule == b.rule && a.error.trap == b.error.trap && a.error.word == b.error.word;
          }));
      return false;
    }
    EXPECT_EQ(quick.outcome, straight.outcome);
    EXPECT_TRUE(std::ranges::equal(quick.reasons, straight.reasons));
    EXPECT_TRUE(quick.errors.empty());
    EXPECT_TRUE(straight.errors.empty());
    return true;
  }

  std::vector<uint8_t> file;
  std::shared_ptr<const Engine> engine;
  std::optional<RequestBuilder> builder;
  std::optional<Scratch> scratch;
  EntityId user;
  uint32_t n, m;
};

constexpr int64_t kNumbers[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, 7, INT64_MAX - 1, INT64_MAX};

TEST(Quick, EveryComparisonAtEveryBound) {
  size_t quick = 0, asked = 0;
  for (const char* op : {"lt", "le", "eq"}) {
    for (const bool swapped : {false, true}) {
      for (const bundle::Effect effect : {bundle::Effect::kAllow, bundle::Effect::kForbid}) {
        for (const int64_t constant : kNumbers) {
          const std::string value = "var context\n attr $n\n ", key = "const $k\n ";
          OneRule w((swapped ? key + value : value + key) + op + "\n return", bundle::LongConstant(constant),
                    effect);
          w.Set(w.user);
          for (const int64_t number : kNumbers) {
            SCOPED_TRACE(std::string(op) + (swapped ? " swapped " : " ") + std::to_string(constant) + ", " +
                         std::to_string(number));
            w.builder->SetAttribute(w.n, MakeLong(number));
            quick += w.Compare();
            ++asked;
          }
        }
      }
    }
  }
  // All but `less than the least` and `more than the greatest`, of two effects and two spellings.
  EXPECT_GE(quick, asked - 4 * std::size(kNumbers));
}

TEST(Quick, LeavesTheUnusualToOthers) {
  OneRule w("var context\n attr $n\n const $k\n lt\n return", bundle::LongConstant(5),
            bundle::Effect::kAllow);
  w.Set(w.user);
  EXPECT_FALSE(w.Compare());  // it is not there: that errs
  w.builder->SetAttribute(w.m, MakeLong(1));
  EXPECT_FALSE(w.Compare());
  w.builder->SetAttribute(w.n, MakeBool(true));  // errs, too
  EXPECT_FALSE(w.Compare());
  w.builder->SetAttribute(w.n, MakeNumber(Kind::kDatetime, 1));
  EXPECT_FALSE(w.Compare());
  w.builder->SetAttribute(w.n, MakeLong(1));
  EXPECT_TRUE(w.Compare());
  w.Set(w.builder->Entity("Nobody", "knows"));
  EXPECT_FALSE(w.Compare());
}

// Attributes that are set again take their places, in whatever order they come.
TEST(Quick, AttributesSetAgainAndAgain) {
  OneRule w("var context\n attr $n\n var context\n attr $m\n lt\n return", bundle::LongConstant(0),
            bundle::Effect::kAllow);
  OneRule one("var context\n attr $n\n const $k\n lt\n return", bundle::LongConstant(5),
              bundle::Effect::kForbid);
  for (OneRule* world : {&w, &one}) {
    world->Set(world->user);
    for (int round = 0; round < 40; ++round) {
      if (round % 7 == 3) {
        world->builder->Reset();
        world->Set(world->user);
      }
      const Value a = MakeLong(round % 11), b = MakeLong(round % 5 + 3);
      if (round % 3 == 0) {
        world->builder->SetAttribute(world->m, b);
        world->builder->SetAttribute(world->n, a);
      } else {
        world->builder->SetAttribute(world->n, a);
        if (round % 4 != 0) world->builder->SetAttribute(world->m, b);
        if (round % 5 == 0) world->builder->SetAttribute(world->n, a);
      }
      SCOPED_TRACE(round);
      world->Compare();
    }
  }
}

// Formulas say what the loop says, errors included, whatever the values are.
TEST(Quick, EveryQuestionAboutEveryKindOfValue) {
  const std::string n = "var context\n attr $n\n", m = "var context\n attr $m\n", user = "var principal\n";
  std::vector<std::string> questions = {
      n + "check_bool\n",   n + "has $m\n",    n + "is $t\n",    n + "attr $m\n check_bool\n",
      user + "has $m\n",    user + "has $n\n", user + "is $t\n", user + "attr $m\n" + n + "in\n",
      n + "const $k\n lt\n"};
  for (const char* op : {"eq", "lt", "le", "in", "contains"}) {
    questions.push_back(n + m + op + "\n");
    questions.push_back(user + m + op + "\n");
    questions.push_back(m + "const $k\n" + op + "\n");
  }
  const size_t single = questions.size();
  for (const char* join : {"and", "or"}) {
    for (const size_t other : {0, 1, 3}) {
      // 4 or 6 words, `join`, and what is left.
      const std::string& first = questions[other];
      const std::string second = n + m + "in\n";
      const auto words =
          std::count(first.begin(), first.end(), '\n') + 1 + std::count(second.begin(), second.end(), '\n');
      questions.push_back(first + join + " " + std::to_string(words) + "\n" + second);
      questions.push_back(questions.back() + "not\n");
    }
  }
  ASSERT_GT(questions.size(), single);
  for (const std::string& code : questions) {
    OneRule w(code + "return", bundle::LongConstant(5), bundle::Effect::kAllow);
    const EntityId t = *w.engine->FindEntity("Team", "t"), u = *w.engine->FindEntity("Team", "u"),
                   b = *w.engine->FindEntity("User", "b");
    constexpr size_t kValues = 17;
    auto value = [&](size_t i) -> Value {
      entities::ValueBuilder& values = w.builder->values();
      using entities::MakeEntity;
      const Value all[kValues] = {MakeBool(true),
                                  MakeBool(false),
                                  MakeLong(5),
                                  MakeLong(-1),
                                  MakeNumber(Kind::kDatetime, 5),
                                  MakeEntity(w.user),
                                  MakeEntity(u),
                                  MakeEntity(b),
                                  values.String("m"),
                                  values.String("a rather long text, longer than two words"),
                                  entities::MakeIpV4(1, 32),
                                  entities::EmptySet(),
                                  *values.Set({MakeEntity(t), MakeEntity(b)}),
                                  *values.Set({MakeEntity(u), MakeLong(5)}),
                                  *values.Set({values.String("m"), values.String("n")}),
                                  *values.Record({{"m", MakeBool(true)}}),
                                  *values.Record({{"k", MakeLong(1)}, {"n", MakeLong(2)}})};
      return all[i];
    };
    for (size_t x = 0; x <= kValues; ++x) {
      for (size_t y = 0; y <= kValues; ++y) {
        SCOPED_TRACE(code + std::to_string(x) + ", " + std::to_string(y));
        w.builder->Reset();
        w.Set(w.user);
        if (x < kValues) w.builder->SetAttribute(w.n, value(x));
        if (y < kValues) w.builder->SetAttribute(w.m, value(y));
        w.Compare();
      }
    }
  }
}

TEST(Quick, RulesWithoutACondition) {
  for (const bundle::Effect effect : {bundle::Effect::kAllow, bundle::Effect::kForbid}) {
    for (const bool holds : {true, false}) {
      OneRule w("const $k\n return", bundle::BoolConstant(holds), effect);
      w.Set(w.user);
      EXPECT_TRUE(w.Compare());
    }
  }
}

}  // namespace
}  // namespace polc::vm
