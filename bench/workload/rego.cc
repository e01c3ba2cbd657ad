// policies.rego and data.json, for OPA, in the forms its documentation calls fast.
//
// Exact and hierarchical rules are data, found by key: `data.rules[action][principal][resource]`, for the
// principal and resource and what lies above them. Other sets are one Rego rule for each rule, with the tests
// that OPA can index (equality between a constant and a reference to the input) in it. The input holds the
// attributes and ancestors of principal and resource, so nothing is looked up during a decision; the program
// that asks OPA puts them there, from entities.json, before anything is timed.

#include <map>

#include "model.h"
#include "output.h"

namespace polc_bench {
namespace {

constexpr char kKeyed[] = R"(package bench

import rego.v1

default allow := false

allow if {
	some p in input.principal.up
	some r in input.resource.up
	some rule in data.rules[input.action][p][r]
	input.context.risk < rule.below
}

reasons contains rule.id if {
	some p in input.principal.up
	some r in input.resource.up
	some rule in data.rules[input.action][p][r]
	input.context.risk < rule.below
}
)";

constexpr char kHead[] = R"(package bench

import rego.v1

default allow := false

allow if {
	count(forbids) == 0
	count(permits) > 0
}

reasons := forbids if count(forbids) > 0

reasons := permits if count(forbids) == 0

# Both sets are there even where no rule adds to them.
permits contains id if some id in input.none

forbids contains id if some id in input.none

)";

void WriteScope(Output& out, const Workload& w, const char* name, Scope scope, uint32_t entity) {
  if (scope == Scope::kIs) out << "\tinput." << name << ".uid == \"" << w.KeyOf(entity) << "\"\n";
  if (scope == Scope::kIn) {
    out << "\t\"" << w.KeyOf(entity) << "\" in input." << name << ".up\n";
  }
}

void WriteRule(Output& out, const Workload& w, size_t index) {
  const Rule& r = w.rules[index];
  const std::string n = std::to_string(r.n);
  out << (r.forbid ? "forbids" : "permits") << " contains \"policy" << std::to_string(index) << "\" if {\n";
  if (r.action != kNone) out << "\tinput.action == \"a" << std::to_string(r.action) << "\"\n";
  WriteScope(out, w, "principal", r.principal_scope, r.principal);
  WriteScope(out, w, "resource", r.resource_scope, r.resource);
  switch (r.condition) {
    case Condition::kRiskBelow:
      out << "\tinput.context.risk < " << n << "\n";
      break;
    case Condition::kRiskAtLeast:
      out << "\tinput.context.risk >= " << n << "\n";
      break;
    case Condition::kLevelBelow:
      out << "\tinput.principal.attrs.level < " << n << "\n";
      break;
    case Condition::kAttributes:
      out << "\tinput.principal.attrs.department == \"dep" << std::to_string(r.department)
          << "\"\n\tinput.resource.attrs.label == \"lab" << std::to_string(r.label)
          << "\"\n\tinput.context.risk < " << n << "\n";
      break;
    case Condition::kLinear:
      out << "\t((input.principal.attrs.level * " << std::to_string(r.a)
          << ") + (input.resource.attrs.size * " << std::to_string(r.b) << ")) + input.context.risk == " << n
          << "\n";
      break;
  }
  out << "}\n\n";
}

}  // namespace

void WriteRego(const Workload& w, const std::string& folder) {
  Output policies(folder + "/policies.rego");
  Output data(folder + "/data.json");
  if (w.parameters.kind != Kind::kExact && w.parameters.kind != Kind::kHierarchical) {
    policies << kHead;
    for (size_t i = 0; i < w.rules.size(); ++i) WriteRule(policies, w, i);
    data << "{}\n";
    return;
  }
  policies << kKeyed;
  // action -> principal -> resource -> the rule; a scope is named by one rule at most.
  std::map<uint32_t, std::map<uint32_t, std::map<uint32_t, size_t>>> index;
  for (size_t i = 0; i < w.rules.size(); ++i) {
    index[w.rules[i].action][w.rules[i].principal][w.rules[i].resource] = i;
  }
  auto key = [&](uint32_t entity) { return "\"" + w.KeyOf(entity) + "\":"; };
  data << "{\"rules\":{";
  const char* a = "";
  for (const auto& [action, principals] : index) {
    data << a << "\"a" << std::to_string(action) << "\":{";
    a = ",\n";
    const char* p = "";
    for (const auto& [principal, resources] : principals) {
      data << p << key(principal) << "{";
      p = ",";
      const char* r = "";
      for (const auto& [resource, rule] : resources) {
        data << r << key(resource) << "[{\"id\":\"policy" << std::to_string(rule)
             << "\",\"below\":" << std::to_string(w.rules[rule].n) << "}]";
        r = ",";
      }
      data << "}";
    }
    data << "}";
  }
  data << "}}\n";
}

}  // namespace polc_bench
