// A decision allocates nothing. A binary of its own: it replaces the global allocator.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "runtime/bundle/test_images.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/request.h"

namespace {
bool counting = false;
size_t allocations = 0;
}  // namespace

void* operator new(size_t n) {
  if (counting) ++allocations;
  if (void* p = std::malloc(n)) return p;
  std::abort();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }

namespace polc::vm {
namespace {

TEST(Allocation, ADecisionAllocatesNothing) {
  // Rules that hold, fail and err; sets, records and addresses built on the way; a fact; every effect.
  bundle::ImageBuilder b;
  bundle::Image& image = b.image;
  const auto c = [&](const bundle::Constant& constant) { return std::to_string(b.AddConstant(constant)); };
  const std::string one = c(bundle::LongConstant(1)), ip = c(bundle::TextConstant("fe80::1/64"));
  const std::string team = c(bundle::EntityConstant("Team", "sre"));
  const std::string shape = std::to_string(b.Shape({"b", "a"})), name = std::to_string(b.String("n"));
  image.facts.push_back(bundle::MakeFact(b.String("f"), AddBlock(&image, "var principal\n set 1\n return")));
  const std::string kBlocks[] = {
      "var principal\n const " + team + "\n in\n return",
      "const " + one + "\n var principal\n set 2\n fact 0\n contains_all\n return",
      "const " + one + "\n var action\n record " + shape + "\n const " + ip + "\n call ip\n eq\n return",
      "var context\n attr " + name + "\n check_bool\n return",
      "0 fact 0\n 1 each 6 some/4\n 3 element\n 4 is " + std::to_string(b.Type("User")) +
          "\n 5 each_end some/4\n 6 return",
  };
  for (size_t i = 0; i < 100; ++i) {
    const std::string number = std::to_string(i);
    image.rules.push_back(bundle::MakeRule(b.String("r" + std::string(3 - number.size(), '0') + number),
                                           static_cast<bundle::Effect>(i % 3 == 0 ? 0 : i % 5),
                                           AddBlock(&image, kBlocks[i % std::size(kBlocks)])));
  }
  std::vector<uint8_t> file;
  ASSERT_TRUE(Write(b.Finish(), &file).ok());
  bundle::Bundle opened;
  bundle::VerifiedBundle verified;
  ASSERT_TRUE(bundle::Bundle::Open(file, &opened).ok());
  ASSERT_TRUE(Verify(opened, &verified).ok());
  entities::SnapshotBuilder store;
  const EntityId alice = store.Intern("User", "alice"), sre = store.Intern("Team", "sre");
  store.Add(alice, entities::EmptyRecord(), entities::EmptyRecord(), {sre});
  EntityId bad;
  const auto engine = Engine::Make(verified, store.Finish(&bad));
  RequestBuilder builder(*engine);
  builder.SetPrincipal(alice), builder.SetAction(alice), builder.SetResource(sre);
  const auto request = builder.Finish(&bad);
  Scratch scratch(*engine);
  counting = true;
  size_t reasons = 0, errors = 0;
  for (int i = 0; i < 100; ++i) {
    const Decision d = engine->Decide(*request, &scratch);
    reasons += d.reasons.size();
    errors += d.errors.size();
  }
  counting = false;
  EXPECT_EQ(allocations, 0u);
  EXPECT_GT(reasons, 0u);
  EXPECT_GT(errors, 0u);
}

}  // namespace
}  // namespace polc::vm
