// Bugs planted on purpose, to show that the tests would find them.
//
// Ten mistakes that are easily made with Cedar's meaning stand in the code, one place each, behind
// Planted(N). In every normal build Planted() is the constant false and nothing of them is compiled. Two ways
// to have one:
//
//   cmake -DPOLC_PLANT_BUG=3 ...         bug 3 in everything that is built
//   POLC_PLANT_BUGS_AT_RUN_TIME          the planted variant of the differential test, which compiles the
//                                        files concerned once more and tries all ten (tests/differential)
//
//   1  `\x2a` in a `like` pattern is a literal star
//   2  a forbid whose condition errs denies
//   3  `in` passes over elements of the set that are no entities
//   4  the right side of `&&` and `||` need not be a bool
//   5  127.0.0.1/7 is a loopback address
//   6  toDate rounds toward zero
//   7  9223372036854775808 is accepted where no `-` stands before it
//   8  a schema does not add its actions to the entities
//   9  the dead side of `false && ...` is type-checked
//   10 strict validation accepts `[]`
#pragma once

namespace polc::source {

#if defined(POLC_PLANT_BUG)
constexpr bool Planted(int bug) { return bug == POLC_PLANT_BUG; }
#elif defined(POLC_PLANT_BUGS_AT_RUN_TIME)
extern int planted_bug;  // 0: none
inline bool Planted(int bug) { return bug == planted_bug; }
#else
constexpr bool Planted(int) { return false; }
#endif

}  // namespace polc::source
