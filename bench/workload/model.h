// A synthetic workload: entities, rules and requests, made from a few numbers and a seed.
//
// One model is written out in every language that is compared (cedar.cc, rego.cc, casbin.cc, cerbos.cc,
// floor.cc), so all engines decide the same thing. The same parameters give the same bytes on every machine.
//
// The world: users in teams in departments in organisations; documents in folders, three deep. Sixteen
// actions on documents; the context holds one number, `risk`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace polc_bench {

enum class Kind {
  kExact,         // principal == User, action == A, resource == Doc, when context.risk < N
  kHierarchical,  // principal in Team or Dept, action == A, resource in Folder, when context.risk < N
  kAttributes,    // no scope; principal.department == D && resource.label == L && context.risk < N
  kMixed,         // all of the above, a fifth of them forbids; users are in two teams
  kAdversarial,   // no scope and nothing in common: principal.level * A + resource.size * B + risk == C
};
std::optional<Kind> KindOf(const std::string& name);

struct Parameters {
  Kind kind = Kind::kExact;
  uint32_t rules = 0;
  uint32_t entities = 0;
  uint32_t requests = 0;
  uint64_t seed = 1;
};

inline constexpr uint32_t kActions = 16;
inline constexpr uint32_t kRisks = 10000;  // context.risk is below
inline constexpr uint32_t kNone = ~uint32_t{0};

enum class Type : uint8_t { kOrg, kDept, kTeam, kUser, kFolder, kDoc };

struct Entity {
  Type type;
  uint32_t number;                     // `u17` is number 17
  std::vector<uint32_t> parents;       // indexes of entities
  uint32_t department = 0, level = 0;  // of users
  uint32_t label = 0, size = 0;        // of documents
};

// How a rule's scope names an entity.
enum class Scope : uint8_t { kAny, kIs, kIn };

enum class Condition : uint8_t {
  kRiskBelow,    // context.risk < n
  kRiskAtLeast,  // context.risk >= n
  kLevelBelow,   // principal.level < n
  kAttributes,   // principal.department == department && resource.label == label && context.risk < n
  kLinear,       // principal.level * a + resource.size * b + context.risk == n
};

struct Rule {
  bool forbid = false;
  Scope principal_scope = Scope::kAny, resource_scope = Scope::kAny;
  uint32_t principal = kNone, resource = kNone;  // indexes of entities
  uint32_t action = kNone;                       // kNone: any
  Condition condition = Condition::kRiskBelow;
  uint64_t n = 0;
  uint32_t department = 0, label = 0;
  uint32_t a = 0, b = 0;
};

struct Request {
  uint32_t principal, action, resource, risk;
};

struct Workload {
  Parameters parameters;
  std::vector<Entity> entities;  // parents before children
  std::vector<Rule> rules;
  std::vector<Request> requests;  // distinct, in shuffled order

  std::string TypeOf(uint32_t entity) const;
  std::string IdOf(uint32_t entity) const;
  std::string UidOf(uint32_t entity) const;  // User::"u17"
  std::string KeyOf(uint32_t entity) const;  // User::u17
};

// Nothing, with a message, if the parameters leave no room: more rules than distinct scopes.
std::optional<Workload> MakeWorkload(const Parameters& parameters, std::string* problem);

// Each writes its files to `folder`. False: the engine cannot say it; nothing is written then.
void WriteCedar(const Workload& workload, const std::string& folder);
void WriteRego(const Workload& workload, const std::string& folder);
bool WriteCasbin(const Workload& workload, const std::string& folder);
void WriteCerbos(const Workload& workload, const std::string& folder);
bool WriteFloor(const Workload& workload, const std::string& folder);
bool WritePol(const Workload& workload, const std::string& folder);

}  // namespace polc_bench
