// What families of small models share: a world whose decisions are made without checking it anew each time,
// and a count of what was compared.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

#include "compiler/core/print.h"
#include "compiler/oracle/pol_world.h"

namespace polc::tests {

using namespace oracle::world;  // NOLINT: the vocabulary of these tests

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
inline constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

inline Decision DecideOn(const World& world, const Program& program, const data::Request& request,
                         const Host& host) {
  data::Request asked = request;
  asked.host = std::make_shared<Host>(host);
  return oracle::Decide(program, world.store, asked, world.options);
}

// Digests filled in and the invariants of the core checked, once for many decisions.
inline Program Finished(Program program) {
  std::ranges::sort(program.inputs, {}, &core::Input::id);
  core::FillDigests(program);
  if (const auto problem = core::Verify(program)) ADD_FAILURE() << *problem;
  return program;
}

class Family {
 public:
  explicit Family(std::string name) : name_(std::move(name)), start_(std::chrono::steady_clock::now()) {}
  void Set() { ++sets_; }
  // A pair of policy set and request; says what is wrong of the first few.
  void Pair(bool good, const auto& describe) {
    ++pairs_;
    if (good || ++mismatches_ > 5) return;
    ADD_FAILURE() << name_ << ": " << describe();
  }
  // Prints the numbers; fails on mismatches or if there were fewer pairs (but under sanitizers).
  void Finish(size_t at_least) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start_;
    std::printf("%s: %zu policy sets, %zu pairs, %zu mismatches, %.1f s\n", name_.c_str(), sets_, pairs_,
                mismatches_, took.count());
    EXPECT_EQ(mismatches_, 0u);
    EXPECT_TRUE(kSanitized || pairs_ >= at_least) << pairs_;
  }

 private:
  std::string name_;
  std::chrono::steady_clock::time_point start_;
  size_t sets_ = 0, pairs_ = 0, mismatches_ = 0;
};

}  // namespace polc::tests
