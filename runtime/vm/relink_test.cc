// An engine that follows its store edit by edit is the engine that is linked to the store's last snapshot:
// the same classes of all entities, the same decisions, whatever was edited.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "runtime/bundle/test_images.h"
#include "runtime/entities/store.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/request.h"

namespace polc::vm {
namespace {

using bundle::Effect;
using bundle::ImageBuilder;
using entities::Edit;
using entities::EmptyRecord;
using entities::Store;

struct Name {
  std::string type, id;
  friend auto operator<=>(const Name&, const Name&) = default;
};

// Users below teams, teams below teams; documents beside them. Users u8 and u9 and team t9 are named by
// policies and not by the store to begin with.
constexpr int kIds = 10;
std::vector<Name> AllNames() {
  std::vector<Name> names;
  for (int i = 0; i < kIds; ++i) {
    for (const char* type : {"User", "Team", "Doc"}) {
      names.push_back({type, std::string(1, static_cast<char>(std::tolower(type[0]))) + std::to_string(i)});
    }
  }
  names.push_back({"Ghost", "g"});
  return names;
}

class Relink : public ::testing::Test {
 protected:
  uint32_t Below(size_t n) { return static_cast<uint32_t>(random_() % n); }
  Name AnyOf(std::initializer_list<const char*> types) {
    const char* type = types.begin()[Below(types.size())];
    return {type, std::string(1, static_cast<char>(std::tolower(type[0]))) + std::to_string(Below(kIds))};
  }

  // Rules of one test of the principal and one of the resource, by name, hierarchy, type, and a set of names.
  void MakeBundle(std::string_view level = {}) {
    ImageBuilder b;
    auto constant = [&](const Name& n) {
      return std::to_string(b.AddConstant(bundle::EntityConstant(n.type, n.id)));
    };
    auto test = [&](const char* variable, Name name) {
      switch (Below(5)) {
        case 0:
          return "var " + std::string(variable) + "\n const " + constant(name) + "\n eq\n";
        case 1:
          return "const " +
                 std::to_string(b.AddConstant(bundle::SetConstant({bundle::EntityConstant(name.type, name.id),
                                                                   bundle::EntityConstant("User", "u1"),
                                                                   bundle::EntityConstant("User", "u8")}))) +
                 "\n var " + variable + "\n contains\n";
        default:
          return "var " + std::string(variable) + "\n const " + constant(name) + "\n in\n";
      }
    };
    for (int i = 0; i < 30; ++i) {
      std::string code = test("principal", AnyOf({"User", "Team", "Team"}));
      if (i % 5 == 4) code = "var principal\n is " + std::to_string(b.Type(i % 2 ? "User" : "Ghost")) + "\n";
      const auto words = static_cast<size_t>(std::count(code.begin(), code.end(), '\n'));
      const std::string second = test("resource", AnyOf({"Doc", "Team"}));
      const auto more = static_cast<size_t>(std::count(second.begin(), second.end(), '\n'));
      code += "and " + std::to_string(words + 1 + more) + "\n" + second + "return";
      const std::string id = "r" + std::to_string(10 + i);
      b.image.rules.push_back(bundle::MakeRule(b.String(id), Below(4) == 0 ? Effect::kForbid : Effect::kAllow,
                                               AddBlock(&b.image, code)));
    }
    if (!level.empty()) b.image.meta.push_back({b.String(tree::kLevelKey), b.String(level)});
    const bundle::Status written = Write(b.Finish(), &file_);
    ASSERT_TRUE(written.ok()) << BundleErrorName(written.error) << " at " << written.at;
    bundle::Bundle opened;
    ASSERT_TRUE(bundle::Bundle::Open(file_, &opened).ok());
    ASSERT_TRUE(Verify(opened, &verified_).ok());
  }

  // Puts, moves or removes an entity. What would close a cycle is refused, which must change nothing.
  void RandomEdit() {
    Edit edit(store_);
    for (uint32_t changes = 1 + Below(3); changes > 0; --changes) {
      const Name name = AnyOf({"User", "User", "Team", "Doc"});
      if (Below(5) == 0) {
        edit.Remove(edit.Entity(name.type, name.id));
        continue;
      }
      std::vector<EntityId> parents;
      for (uint32_t i = Below(4); i > 0; --i) {
        const Name parent = AnyOf({"Team"});
        parents.push_back(edit.Entity(parent.type, parent.id));
      }
      edit.Upsert(edit.Entity(name.type, name.id), EmptyRecord(), EmptyRecord(), std::move(parents));
    }
    static_cast<void>(edit.Commit());
  }
  void Add(const std::string& type, const std::string& id) {
    Edit edit(store_);
    edit.Upsert(edit.Entity(type, id), EmptyRecord(), EmptyRecord(), {});
    ASSERT_FALSE(edit.Commit());
  }

  static std::string DecideAll(const Engine& engine, Scratch* scratch, bool straight) {
    std::string out;
    const std::vector<Name> names = AllNames();
    for (const Name& p : names) {
      for (const Name& r : names) {
        RequestBuilder builder(engine);
        builder.SetPrincipal(builder.Entity(p.type, p.id));
        builder.SetAction(builder.Entity("Action", "a"));
        builder.SetResource(builder.Entity(r.type, r.id));
        builder.SetContext(EmptyRecord());
        EntityId bad;
        const std::optional<Request> request = builder.Finish(&bad);
        const Decision d =
            straight ? engine.DecideStraight(*request, scratch) : engine.Decide(*request, scratch);
        out += OutcomeName(d.outcome);
        for (uint32_t rule : d.reasons) out += ' ' + std::to_string(rule);
        out += '\n';
      }
    }
    return out;
  }

  // By names, since atoms and names have the bundle's numbers but classes and entities do not.
  static void ExpectSameClasses(const Engine& a, const Engine& b) {
    for (const Name& name : AllNames()) {
      const auto x = a.FindEntity(name.type, name.id), y = b.FindEntity(name.type, name.id);
      ASSERT_EQ(x.has_value(), y.has_value()) << name.id;
      if (!x) continue;
      const Classes::Class *p = a.ClassAt(*x), *q = b.ClassAt(*y);
      ASSERT_EQ(p == nullptr, q == nullptr);
      if (p == nullptr) continue;
      ASSERT_TRUE(std::ranges::equal(p->span(), q->span())) << name.id;
      ASSERT_EQ(p->named, q->named) << name.id;
    }
  }

  void ExpectFresh(const Engine& engine, Scratch* scratch) {
    const auto fresh = Engine::Make(verified_, store_.Current());
    Scratch other(*fresh);
    ASSERT_NO_FATAL_FAILURE(ExpectSameClasses(engine, *fresh));
    const std::string wanted = DecideAll(*fresh, &other, true);
    ASSERT_EQ(DecideAll(*fresh, &other, false), wanted);
    ASSERT_EQ(DecideAll(engine, scratch, true), wanted);
    // Twice: what the first works out the second finds.
    ASSERT_EQ(DecideAll(engine, scratch, false), wanted);
    ASSERT_EQ(DecideAll(engine, scratch, false), wanted);
  }

  std::mt19937 random_{7};
  Store store_;
  std::vector<uint8_t> file_;
  bundle::VerifiedBundle verified_;
};

TEST_F(Relink, FollowsRandomEditsAsIfLinkedAnew) {
  for (int world = 0; world < 6; ++world) {
    ASSERT_NO_FATAL_FAILURE(MakeBundle());
    std::shared_ptr<const Engine> engine = Engine::Make(verified_, store_.Current());
    std::optional<Scratch> scratch(std::in_place, *engine);
    for (int step = 0; step < 25; ++step) {
      // An engine may leave edits out.
      for (uint32_t edits = Below(4); edits > 0; --edits) RandomEdit();
      const auto next = Engine::After(*engine, store_.Current());
      if (!next->SharesScratch(*engine)) scratch.emplace(*next);
      const std::string before = DecideAll(*engine, &*scratch, false);
      ASSERT_NO_FATAL_FAILURE(ExpectFresh(*next, &*scratch)) << world << " " << step;
      // Whoever still decides by the one before decides as before.
      ASSERT_EQ(DecideAll(*engine, &*scratch, false), before);
      engine = next;
    }
  }
}

TEST_F(Relink, FollowsWithoutATree) {
  ASSERT_NO_FATAL_FAILURE(MakeBundle("0"));
  std::shared_ptr<const Engine> engine = Engine::Make(verified_, store_.Current());
  Scratch scratch(*engine);
  for (int step = 0; step < 10; ++step) {
    RandomEdit();
    engine = Engine::After(*engine, store_.Current());
    ASSERT_NO_FATAL_FAILURE(ExpectFresh(*engine, &scratch));
  }
}

// What changes numbers: a new type, an entity of the bundle that the store comes to know, more entities than
// there is room for, another store.
TEST_F(Relink, NumbersThatChange) {
  ASSERT_NO_FATAL_FAILURE(MakeBundle());
  std::shared_ptr<const Engine> engine = Engine::Make(verified_, store_.Current());
  std::optional<Scratch> scratch(std::in_place, *engine);
  auto follow = [&] {
    const auto next = Engine::After(*engine, store_.Current());
    if (!next->SharesScratch(*engine)) scratch.emplace(*next);
    engine = next;
    ExpectFresh(*engine, &*scratch);
  };
  ASSERT_NO_FATAL_FAILURE(Add("Ghost", "g"));
  ASSERT_NO_FATAL_FAILURE(follow());
  for (const char* id : {"u8", "u1", "u5"}) {
    ASSERT_NO_FATAL_FAILURE(Add("User", id));
    ASSERT_NO_FATAL_FAILURE(follow());
  }
  // Up to the end of the room and beyond.
  const uint32_t room = Names::RoomyBegin(verified_.bundle(), 0);
  for (uint32_t size : {room - 1, room, room + 1, 2 * room + 100}) {
    Edit edit(store_);
    for (uint32_t i = store_.Current()->entity_count(); i < size; ++i)
      edit.Upsert(edit.Entity("User", "more" + std::to_string(i)), EmptyRecord(), EmptyRecord(), {});
    ASSERT_FALSE(edit.Commit());
    ASSERT_NO_FATAL_FAILURE(follow());
  }
  Store other;
  Edit edit(other);
  edit.Upsert(edit.Entity("User", "u3"), EmptyRecord(), EmptyRecord(), {edit.Entity("Team", "t2")});
  ASSERT_FALSE(edit.Commit());
  const auto elsewhere = Engine::After(*engine, other.Current()),
             fresh = Engine::Make(verified_, other.Current());
  Scratch here(*elsewhere), there(*fresh);
  EXPECT_EQ(DecideAll(*elsewhere, &here, false), DecideAll(*fresh, &there, true));
}

// Users that move between more and more combinations of teams leave classes behind; they are not kept for
// ever, and the memo goes on to remember.
TEST_F(Relink, ForgetsClassesThatAreEmpty) {
  ImageBuilder b;
  constexpr uint32_t kTeams = 20;
  for (uint32_t i = 0; i < kTeams; ++i) {
    const uint32_t team = b.AddConstant(bundle::EntityConstant("Team", "x" + std::to_string(i)));
    b.image.rules.push_back(bundle::MakeRule(
        b.String("r" + std::to_string(10 + i)), Effect::kAllow,
        AddBlock(&b.image, "var principal\n const " + std::to_string(team) + "\n in\n return")));
  }
  ASSERT_TRUE(Write(b.Finish(), &file_).ok());
  bundle::Bundle opened;
  ASSERT_TRUE(bundle::Bundle::Open(file_, &opened).ok());
  ASSERT_TRUE(Verify(opened, &verified_).ok());
  ASSERT_NO_FATAL_FAILURE(Add("User", "mover"));
  std::shared_ptr<const Engine> engine = Engine::Make(verified_, store_.Current());
  Scratch scratch(*engine);
  uint32_t most = 0;
  for (uint32_t mask = 1; mask < 40000; ++mask) {
    Edit edit(store_);
    std::vector<EntityId> teams;
    for (uint32_t i = 0; i < kTeams; ++i) {
      if (mask >> i & 1) teams.push_back(edit.Entity("Team", "x" + std::to_string(i)));
    }
    edit.Upsert(edit.Entity("User", "mover"), EmptyRecord(), EmptyRecord(), teams);
    ASSERT_FALSE(edit.Commit());
    engine = Engine::After(*engine, store_.Current());
    most = std::max(most, engine->class_count());
    RequestBuilder builder(*engine);
    builder.SetPrincipal(builder.Entity("User", "mover"));
    builder.SetAction(builder.Entity("Action", "a"));
    builder.SetResource(builder.Entity("Doc", "d"));
    builder.SetContext(EmptyRecord());
    EntityId bad;
    const std::optional<Request> request = builder.Finish(&bad);
    ASSERT_EQ(engine->Decide(*request, &scratch).reasons.size(), teams.size());
  }
  EXPECT_LT(most, 20000u);
}

}  // namespace
}  // namespace polc::vm
