// A bundle and an update decide as the bundle of the same rules: random rules, random sequences of updates,
// over a store that is edited, for requests with entities that the store, one of the two or none knows.
#include "runtime/vm/amended.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>

#include "runtime/bundle/test_images.h"
#include "runtime/bundle/text.h"
#include "runtime/entities/store.h"
#include "runtime/vm/amended_test_quick.h"
#include "runtime/vm/message.h"

namespace polc::vm {
namespace {

using bundle::Effect;
using bundle::ImageBuilder;
using entities::Edit;
using entities::EmptyRecord;
using entities::MakeEntity;
using entities::MakeLong;
using entities::Store;

// A rule that any bundle can have: its text names constants and attributes, and not by number.
struct Rule {
  Effect effect;
  bundle::Mode mode;
  std::vector<std::string> tests;  // "is User", "principal in Team 3", "context.n < 5", ...
  friend bool operator==(const Rule&, const Rule&) = default;
};
using Rules = std::map<std::string, Rule>;

using Bytes = std::shared_ptr<const std::vector<uint8_t>>;

std::string Entity(ImageBuilder* b, const std::string& type, uint32_t id) {
  return std::to_string(b->AddConstant(bundle::EntityConstant(type, type + std::to_string(id))));
}

Bytes BundleOf(const Rules& rules, std::string_view level) {
  ImageBuilder b;
  std::vector<std::pair<std::string, Rule>> in_order(rules.begin(), rules.end());
  std::ranges::sort(in_order,
                    [](const auto& x, const auto& y) { return bundle::CompareText(x.first, y.first) < 0; });
  for (const auto& [id, rule] : in_order) {
    std::vector<std::string> code;
    for (const std::string& test : rule.tests) {
      const uint32_t n = static_cast<uint32_t>(std::stoul(test.substr(1)));
      switch (test[0]) {
        case 'p':
          code.push_back("var principal\n const " + Entity(&b, n % 2 ? "User" : "Team", n) + "\n in\n");
          break;
        case 'r':
          code.push_back("var resource\n const " + Entity(&b, "Doc", n) + "\n eq\n");
          break;
        case 't':
          code.push_back("var principal\n is " + std::to_string(b.Type(n % 2 ? "User" : "Ghost")) + "\n");
          break;
        case 'n':
          code.push_back("var context\n attr " + std::to_string(b.String("n" + std::to_string(n % 3))) +
                         "\n const " + std::to_string(b.AddConstant(bundle::LongConstant(n))) + "\n lt\n");
          break;
        default:  // a set of entities in the context holds one
          code.push_back("var context\n attr " + std::to_string(b.String("set")) + "\n const " +
                         Entity(&b, "User", n) + "\n contains\n");
          break;
      }
    }
    bundle::RuleRow row =
        bundle::MakeRule(b.String(id), rule.effect, AddBlock(&b.image, bundle::JoinedByAnd(code)));
    row.mode = static_cast<uint8_t>(rule.mode);
    b.image.rules.push_back(row);
  }
  if (!level.empty()) b.image.meta.push_back({b.String(tree::kLevelKey), b.String(level)});
  std::vector<uint8_t> file;
  const bundle::Status written = Write(b.Finish(), &file);
  EXPECT_TRUE(written.ok()) << BundleErrorName(written.error);
  return std::make_shared<const std::vector<uint8_t>>(std::move(file));
}

bundle::VerifiedBundle Verified(const Bytes& bytes) {
  bundle::Bundle opened;
  bundle::VerifiedBundle verified;
  EXPECT_TRUE(bundle::Bundle::Open(*bytes, &opened).ok());
  const bundle::Status status = Verify(opened, &verified);
  EXPECT_TRUE(status.ok()) << BundleErrorName(status.error) << " at " << status.at;
  return verified;
}

class AmendedTest : public ::testing::Test {
 protected:
  uint32_t Below(size_t n) { return static_cast<uint32_t>(random_() % n); }

  Rule RandomRule() {
    Rule rule{Below(3) == 0 ? Effect::kForbid : Effect::kAllow,
              Below(8) == 0 ? bundle::Mode::kShadow : bundle::Mode::kEnforced,
              {}};
    if (narrow_) {
      rule.tests.push_back("r" + std::to_string(Below(8)));
      if (Below(2) == 0) rule.tests.push_back("n" + std::to_string(Below(8)));
      return rule;
    }
    for (uint32_t i = 1 + Below(3); i > 0; --i) {
      rule.tests.push_back(std::string(1, "pprtns"[Below(6)]) + std::to_string(Below(8)));
    }
    return rule;
  }
  // Ids of different lengths, of which some are changed ones of others.
  std::string RandomId() { return std::string(1 + Below(3), 'r') + std::to_string(Below(12)); }
  void Change(Rules* rules) {
    for (uint32_t i = 1 + Below(4); i > 0; --i) {
      const std::string id = RandomId();
      if (Below(3) == 0) {
        rules->erase(id);
      } else {
        rules->insert_or_assign(id, RandomRule());
      }
    }
  }
  void EditStore() {
    Edit edit(store_);
    for (uint32_t i = 1 + Below(3); i > 0; --i) {
      const std::string type = Below(2) ? "User" : "Doc";
      std::vector<EntityId> parents;
      for (uint32_t k = Below(3); k > 0; --k)
        parents.push_back(edit.Entity("Team", "Team" + std::to_string(2 * Below(5))));
      edit.Upsert(edit.Entity(type, type + std::to_string(Below(8))), EmptyRecord(), EmptyRecord(), parents);
    }
    if (Below(2) == 0) edit.Upsert(edit.Entity("Action", "a"), EmptyRecord(), EmptyRecord(), {});
    ASSERT_FALSE(edit.Commit());
  }

  static std::shared_ptr<const std::vector<uint8_t>> UpdateOf(const Rules& base,
                                                              const bundle::VerifiedBundle& verified,
                                                              const Rules& wanted, std::string_view level) {
    Rules added;
    std::vector<uint32_t> removed;
    for (const auto& [id, rule] : wanted) {
      const auto old = base.find(id);
      if (old == base.end() || !(old->second == rule)) added.emplace(id, rule);
    }
    for (const auto& [id, rule] : base) {
      const auto now = wanted.find(id);
      if (now == wanted.end() || !(now->second == rule))
        removed.push_back(bundle::FindRule(verified.bundle(), id).value());
    }
    std::sort(removed.begin(), removed.end());
    return std::make_shared<const std::vector<uint8_t>>(
        bundle::WriteUpdate(verified.snapshot_id(), removed, *BundleOf(added, level)));
  }

  // A request, the same for every engine.
  struct Wish {
    std::string principal_type, principal, resource;
    std::vector<int64_t> numbers;
    std::vector<uint32_t> users;
    bool brings;
  };
  Wish RandomWish() {
    const std::string type = Below(6) == 0 ? "Ghost" : Below(4) ? "User" : "Team";
    Wish wish{type,         type + std::to_string(Below(10)), "Doc" + std::to_string(Below(9)), {}, {},
              Below(3) == 0};
    for (uint32_t i = Below(4); i > 0; --i) wish.numbers.push_back(Below(8));
    for (uint32_t i = Below(4); i > 0; --i) wish.users.push_back(Below(10));
    return wish;
  }
  static std::optional<Request> MakeRequest(const Engine& engine, const Wish& wish) {
    RequestBuilder b(engine);
    ValueBuilder& v = b.values();
    b.SetPrincipal(b.Entity(wish.principal_type, wish.principal));
    b.SetAction(b.Entity("Action", "a"));
    b.SetResource(b.Entity("Doc", wish.resource));
    std::vector<std::pair<std::string_view, Value>> fields;
    const char* const names[] = {"n0", "n1", "n2"};
    for (size_t i = 0; i < wish.numbers.size() && i < 3; ++i)
      fields.emplace_back(names[i], MakeLong(wish.numbers[i]));
    std::vector<Value> users;
    for (uint32_t id : wish.users) users.push_back(MakeEntity(b.Entity("User", "User" + std::to_string(id))));
    if (!users.empty()) fields.emplace_back("set", *v.Set(users));
    b.SetContext(*v.Record(fields));
    if (wish.brings) {
      b.AddEntity(b.Entity(wish.principal_type, wish.principal), EmptyRecord(), EmptyRecord(),
                  {b.Entity("Team", "Team4"), b.Entity("User", "User9")});
    }
    EntityId bad;
    return b.Finish(&bad);
  }
  using ValueBuilder = entities::ValueBuilder;

  static std::string Describe(const Decision& d, auto id_of, auto append_message) {
    std::string out(OutcomeName(d.outcome));
    out += " / " + std::string(OutcomeName(d.would_be));
    for (uint32_t rule : d.reasons) out += " " + std::string(id_of(rule));
    for (uint32_t rule : d.shadow) out += " shadow " + std::string(id_of(rule));
    for (const RuleError& e : d.errors) {
      out += " error " + std::string(id_of(e.rule)) + ": ";
      append_message(e, &out);
    }
    return out;
  }
  static std::string DecideWhole(const Engine& engine, const Wish& wish) {
    const std::optional<Request> request = MakeRequest(engine, wish);
    if (!request) return "a cycle";
    Scratch scratch(engine);
    return Describe(
        engine.Decide(*request, &scratch),
        [&](uint32_t r) { return engine.bundle()->String(engine.bundle()->rules()[r].id); },
        [&](const RuleError& e, std::string* to) { AppendMessage(engine, *request, scratch, e.error, to); });
  }
  static std::string DecideAmended(const Amended& amended, const Wish& wish, Scratch* scratch,
                                   AmendedScratch* beside, bool straight) {
    const std::optional<Request> request = MakeRequest(amended.base(), wish);
    if (!request) return "a cycle";
    if (!beside->Follow(amended, *request)) return "no request";
    return Describe(
        Decide(amended, *request, scratch, beside, straight), [&](uint32_t r) { return amended.IdOf(r); },
        [&](const RuleError& e, std::string* to) {
          if (e.rule < amended.first_added()) {
            AppendMessage(amended.base(), *request, *scratch, e.error, to);
          } else {
            AppendMessage(amended.added(), beside->request(), *beside->scratch(), e.error, to);
          }
        });
  }

  void Run(int worlds, std::string_view level) {
    size_t allowed = 0, with_errors = 0, quick = 0, by_both = 0, all = 0;
    for (int world = 0; world < worlds; ++world) {
      Rules base_rules;
      for (uint32_t i = 5 + Below(20); i > 0; --i) base_rules.insert_or_assign(RandomId(), RandomRule());
      const Bytes base_bytes = BundleOf(base_rules, level);
      const bundle::VerifiedBundle base = Verified(base_bytes);
      std::shared_ptr<const Engine> engine = Engine::Make(base, store_.Current(), base_bytes);
      Rules rules = base_rules;
      std::shared_ptr<const Amended> amended;
      for (int step = 0; step < 12; ++step) {
        if (amended != nullptr && Below(3) == 0) {
          // The store changes and the rules do not.
          ASSERT_NO_FATAL_FAILURE(EditStore());
          engine = Engine::After(*engine, store_.Current());
          amended = Amended::After(*amended, engine);
        } else {
          Change(&rules);
          const Bytes file = UpdateOf(base_rules, base, rules, level);
          bundle::VerifiedUpdate update;
          const bundle::UpdateStatus status = bundle::VerifyUpdate(*file, base, &update);
          ASSERT_TRUE(status.ok()) << UpdateErrorName(status.error);
          amended = Amended::Make(engine, update, file);
        }
        const Bytes whole_bytes = BundleOf(rules, level);
        const auto whole = Engine::Make(Verified(whole_bytes), store_.Current(), whole_bytes);
        Scratch scratch(amended->base());
        AmendedScratch beside(*amended);
        for (int k = 0; k < 12; ++k) {
          const Wish wish = RandomWish();
          const std::string wanted = DecideWhole(*whole, wish);
          for (const bool straight : {true, false, false}) {
            ASSERT_EQ(DecideAmended(*amended, wish, &scratch, &beside, straight), wanted)
                << world << " " << step;
          }
          const std::optional<Request> request = MakeRequest(amended->base(), wish);
          const std::optional<Decision> decided =
              request ? DecideQuickly(*amended, *request, &beside) : std::nullopt;
          if (decided) {
            ASSERT_EQ(Describe(
                          *decided, [&](uint32_t r) { return amended->IdOf(r); },
                          [](const RuleError&, std::string*) {}),
                      wanted)
                << world << " " << step;
            ++quick;
            by_both += decided->reasons.size() == 2;
          }
          ++all;
          allowed += wanted.starts_with("allow ");
          with_errors += wanted.find("error") != std::string::npos;
        }
      }
    }
    std::printf("%zu decisions alike, %zu allowed, %zu with errors, %zu quick, %zu of them by two rules\n",
                all, allowed, with_errors, quick, by_both);
    EXPECT_GT(allowed, all / 20);
    EXPECT_GT(with_errors, all / 20);
    EXPECT_GE(quick, level == "0" ? 0 : narrow_ ? all / 20 : 1);
    if (narrow_) {
      EXPECT_GE(by_both, all / 1000);
    }
  }

  bool narrow_ = false;  // rules are about one resource each, and a number: where the quick way is
  std::mt19937 random_{11};
  Store store_;
};

TEST_F(AmendedTest, DecidesAsTheWholeBundle) { Run(40, {}); }
TEST_F(AmendedTest, DecidesAsTheWholeBundleByScope) { Run(10, "1"); }
TEST_F(AmendedTest, DecidesAsTheWholeBundleWithoutATree) { Run(10, "0"); }
TEST_F(AmendedTest, DecidesAsTheWholeBundleQuickly) {
  narrow_ = true;
  Run(40, {});
}

// An update whose words were changed and sealed again, the bundle in it too, is refused, or decides
// something: nothing it says reaches outside of what is there.
TEST_F(AmendedTest, HostileUpdatesAreRefusedOrHarmless) {
  Rules base_rules, rules;
  for (int i = 0; i < 12; ++i) base_rules.insert_or_assign(RandomId(), RandomRule());
  rules = base_rules;
  for (int i = 0; i < 4; ++i) Change(&rules);
  const Bytes base_bytes = BundleOf(base_rules, {});
  const bundle::VerifiedBundle base = Verified(base_bytes);
  const auto engine = Engine::Make(base, store_.Current(), base_bytes);
  const std::vector<uint8_t> good = *UpdateOf(base_rules, base, rules, {});
  bundle::UpdateHeader header;
  std::memcpy(&header, good.data(), sizeof header);
  const size_t content = good.size() - sizeof(bundle::Digest) - sizeof(bundle::Tail);
  const size_t added_at = content - header.added_bytes;
  auto seal = [](uint8_t* bytes, size_t size) {
    const bundle::Digest digest = bundle::Sha256Of({bytes, size});
    std::memcpy(bytes + size, digest.data(), digest.size());
  };
  size_t refused = 0, ran = 0;
  for (size_t at = sizeof bundle::kUpdateMagic; at < content; at += 4) {
    for (int kind = 0; kind < 4; ++kind) {
      auto file = std::make_shared<std::vector<uint8_t>>(good);
      uint32_t word;
      std::memcpy(&word, file->data() + at, sizeof word);
      word = kind == 0   ? word + 1
             : kind == 1 ? word - 1
             : kind == 2 ? word ^ (1u << Below(32))
                         : Below(1u << 20);
      std::memcpy(file->data() + at, &word, sizeof word);
      // As far as it still says where its parts lie.
      bundle::Bundle inner;
      const std::span<const uint8_t> added = std::span(*file).subspan(added_at, header.added_bytes);
      if (at >= added_at && bundle::Bundle::Open(added, &inner).ok())
        seal(file->data() + added_at, inner.content().size());
      seal(file->data(), content);
      bundle::VerifiedUpdate update;
      if (!bundle::VerifyUpdate(*file, base, &update).ok()) {
        ++refused;
        continue;
      }
      ++ran;
      const auto amended = Amended::Make(engine, update, file);
      Scratch scratch(amended->base());
      AmendedScratch beside(*amended);
      for (int k = 0; k < 3; ++k) {
        const Wish wish = RandomWish();
        EXPECT_EQ(DecideAmended(*amended, wish, &scratch, &beside, false),
                  DecideAmended(*amended, wish, &scratch, &beside, true));
      }
    }
  }
  std::printf("%zu refused, %zu decided\n", refused, ran);
  EXPECT_GT(refused, 1000u);
  EXPECT_GT(ran, 100u);
}

// Where only forbids that were taken away hold in the base, what it allows counts.
TEST_F(AmendedTest, AForbidThatWentAwayHidesNothing) {
  const Rules base_rules = {{"a", {Effect::kAllow, bundle::Mode::kEnforced, {"t1"}}},
                            {"f", {Effect::kForbid, bundle::Mode::kEnforced, {"t1"}}}};
  const Bytes bytes = BundleOf(base_rules, {});
  const bundle::VerifiedBundle base = Verified(bytes);
  const Bytes file = UpdateOf(base_rules, base, {{"a", base_rules.at("a")}}, {});
  bundle::VerifiedUpdate update;
  ASSERT_TRUE(bundle::VerifyUpdate(*file, base, &update).ok());
  const auto amended = Amended::Make(Engine::Make(base, store_.Current(), bytes), update, file);
  Scratch scratch(amended->base());
  AmendedScratch beside(*amended);
  const Wish wish{"User", "User1", "Doc1", {}, {}, false};
  EXPECT_EQ(DecideWhole(amended->base(), wish), "deny / deny f");
  EXPECT_EQ(DecideAmended(*amended, wish, &scratch, &beside, false), "allow / allow a");
}

// A context that is as deep as values may be, and one that is deeper, which the base makes attribute by
// attribute.
TEST_F(AmendedTest, ContextsNestedTooDeepHaveNoDecision) {
  // The base has to know the name.
  const Rules rules = {{"a", {Effect::kAllow, bundle::Mode::kEnforced, {"n1"}}}};
  const Bytes bytes = BundleOf(rules, {});
  const bundle::VerifiedBundle base = Verified(bytes);
  const Bytes file = UpdateOf(rules, base, {{"a", {Effect::kAllow, bundle::Mode::kEnforced, {"t1"}}}}, {});
  bundle::VerifiedUpdate update;
  ASSERT_TRUE(bundle::VerifyUpdate(*file, base, &update).ok());
  const auto amended = Amended::Make(Engine::Make(base, store_.Current(), bytes), update, file);
  AmendedScratch beside(*amended);
  for (const uint32_t depth : {bundle::kMaxValueDepth - 1, bundle::kMaxValueDepth}) {
    RequestBuilder b(amended->base());
    b.SetPrincipal(b.Entity("User", "User1"));
    b.SetAction(b.Entity("Action", "a"));
    b.SetResource(b.Entity("Doc", "Doc1"));
    Value value = entities::EmptySet();
    for (uint32_t i = 1; i < depth; ++i) value = *b.values().Set({value});
    b.SetAttribute(*bundle::FindString(amended->base().bundle().bundle(), "n1"), value);
    EntityId bad;
    const Request* request = b.Ready(&bad);
    ASSERT_NE(request, nullptr);
    EXPECT_EQ(beside.Follow(*amended, *request), depth < bundle::kMaxValueDepth);
  }
}

}  // namespace
}  // namespace polc::vm
