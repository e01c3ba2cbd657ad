// Random policy sets, directed by types, and their two ways to be written.
//
// Expressions are small immutable trees, shared freely, so that a shrinker can take them apart. The two
// printers (text, with every freedom the grammar leaves; policy JSON) share no code with polc's: they are
// a second opinion on the syntax.
// A generated policy is well-typed under strict validation by construction unless `faults` asks for
// mistakes: attributes are accessed where the schema declares them for every environment the scope leaves,
// optional ones under `has`, tags under `hasTag`, and sets and equalities are of one type.
// Tested by gen_test.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/gen/world.h"

namespace polc::gen {

struct Expr;
using E = std::shared_ptr<const Expr>;

enum class X : uint8_t {
  kBool,    // number
  kLong,    // number
  kString,  // text
  kEntity,  // uid
  kVar,     // text
  kIf,
  kOr,
  kAnd,
  kNot,
  kNeg,
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,
  kIn,
  kIs,    // kids: subject; text: type
  kIsIn,  // kids: subject, ancestor; text: type
  kHas,   // kids: subject; names: path
  kLike,  // kids: subject; pattern
  kAdd,
  kSub,
  kMul,
  kGet,     // kids: subject; text: attribute
  kMethod,  // kids: receiver, arguments; text: name
  kCall,    // kids: arguments; text: name
  kSet,     // kids
  kRecord,  // kids; names: keys
};

struct PatternPart {
  bool wildcard = false;
  std::string literal;
};

struct Expr {
  X kind = X::kBool;
  int64_t number = 0;
  std::string text;
  Uid uid;
  std::vector<E> kids;
  std::vector<std::string> names;
  std::vector<PatternPart> pattern;
};

struct Scope {
  enum class Op : uint8_t { kAny, kEq, kIn, kIs, kIsIn } op = Op::kAny;
  bool slot = false;
  Uid uid;
  std::string type;
};

struct ActionScope {
  enum class Op : uint8_t { kAny, kEq, kIn, kInList } op = Op::kAny;
  std::vector<Uid> uids;
};

struct Condition {
  bool unless = false;
  E body;
};

struct Policy {
  std::vector<std::pair<std::string, std::optional<std::string>>> annotations;
  bool forbid = false;
  Scope principal;
  ActionScope action;
  Scope resource;
  std::vector<Condition> conditions;
  Env env;  // the environment it was made for: a hint for making requests
  std::optional<Uid> principal_hint, resource_hint;  // entities its scope speaks about

  bool is_template() const { return principal.slot || resource.slot; }
};

struct Link {
  size_t of = 0;  // index of the template in its set
  std::string id;
  std::optional<Uid> principal, resource;
};

struct PolicySet {
  std::vector<Policy> policies;
  std::vector<Link> links;
};

// How a set is to be.
struct Mood {
  unsigned forbid = 20;  // percent of policies
  unsigned faults = 0;   // percent of choices made wrongly; 0: every policy is strictly valid
  unsigned bare = 25;    // percent of policies without conditions
  unsigned broad = 30;   // percent of scope positions left open
  int depth = 4;         // of expressions, usually
  size_t count = 5;      // policies
};
Mood MakeMood(Rng& rng);

PolicySet MakePolicySet(const World& world, const Mood& mood, Rng& rng);
// One expression of type Bool that is well-typed for requests of `env`.
E MakeCondition(const World& world, const Env& env, int depth, Rng& rng);

// How a text is laid out: which of the equivalent spellings are drawn.
struct Layout {
  unsigned comments = 0;   // percent of tokens followed by a comment
  unsigned odd_space = 0;  // percent of gaps with unusual white space
  unsigned parens = 3;     // percent of operands in needless parentheses
  unsigned trailing = 5;   // percent of lists and scopes that end in a comma
  unsigned escapes = 10;   // percent of characters of literals written as escapes
};
Layout MakeLayout(Rng& rng);
std::string PrintPolicy(const Policy& policy, const Layout& layout, Rng& rng);
std::string PrintPolicySet(const PolicySet& set, const Layout& layout, Rng& rng);

// Policy JSON. Ids are policy0... in order, templates counted.
Json PolicyToJson(const Policy& policy);
Json PolicySetToJson(const PolicySet& set);
std::string PolicyId(size_t index);
// Whether an extension type has a method of this name.
bool IsExtensionMethod(const std::string& name);

}  // namespace polc::gen
