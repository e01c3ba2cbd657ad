// cerbos/*.yaml, policies for Cerbos in the forms that it finds fastest: what a rule asks of the kind of
// resource, the action, a role or the principal's own name is indexed there, and anything else is a condition
// in CEL, tried rule by rule.
//
// Exact rules are principal policies, one for each user. Hierarchical ones are a resource policy whose roles
// are the groups. The others are a resource policy for the role that everybody has: with several roles one
// that allows outweighs one that denies, and what a principal policy allows no resource policy can deny.
// Attributes and what lies above principal and resource come with the request; so does the context, as
// attributes of the resource.

#include <filesystem>
#include <map>

#include "model.h"
#include "output.h"

namespace polc_bench {
namespace {

// The sharpest and cheapest tests come first. Numbers are doubles in Cerbos.
std::string ConditionOf(const Workload& w, const Rule& r, bool with_principal) {
  std::string out;
  auto add = [&](const std::string& test) { out += (out.empty() ? "" : " && ") + test; };
  if (r.resource_scope == Scope::kIs) add("R.id == \"" + w.IdOf(r.resource) + "\"");
  if (with_principal && r.principal_scope == Scope::kIs) add("P.id == \"" + w.IdOf(r.principal) + "\"");
  if (r.resource_scope == Scope::kIn) add("\"" + w.KeyOf(r.resource) + "\" in R.attr.up");
  if (with_principal && r.principal_scope == Scope::kIn) add("\"" + w.KeyOf(r.principal) + "\" in P.attr.up");
  const std::string n = std::to_string(r.n) + ".0";
  switch (r.condition) {
    case Condition::kRiskBelow:
      add("R.attr.risk < " + n);
      break;
    case Condition::kRiskAtLeast:
      add("R.attr.risk >= " + n);
      break;
    case Condition::kLevelBelow:
      add("P.attr.level < " + n);
      break;
    case Condition::kAttributes:
      add("R.attr.label == \"lab" + std::to_string(r.label) + "\"");
      add("P.attr.department == \"dep" + std::to_string(r.department) + "\"");
      add("R.attr.risk < " + n);
      break;
    case Condition::kLinear:
      add("P.attr.level * " + std::to_string(r.a) + ".0 + R.attr.size * " + std::to_string(r.b) +
          ".0 + R.attr.risk == " + n);
      break;
  }
  return "condition: {match: {expr: '" + out + "'}}";
}

std::string EffectOf(const Rule& r) { return r.forbid ? "effect: EFFECT_DENY" : "effect: EFFECT_ALLOW"; }

std::string ActionOf(const Rule& r) { return r.action == kNone ? "\"*\"" : "a" + std::to_string(r.action); }

constexpr char kHead[] = "apiVersion: api.cerbos.dev/v1\n";

void WritePrincipals(const Workload& w, const std::string& folder) {
  std::map<uint32_t, std::string> rules;
  for (const Rule& r : w.rules) {
    rules[r.principal] +=
        "        - {action: " + ActionOf(r) + ", " + EffectOf(r) + ", " + ConditionOf(w, r, false) + "}\n";
  }
  for (const auto& [principal, text] : rules) {
    Output(folder + "/" + w.IdOf(principal) + ".yaml")
        << kHead << "principalPolicy:\n  principal: " << w.IdOf(principal)
        << "\n  version: default\n  rules:\n    - resource: Doc\n      actions:\n"
        << text;
  }
}

void WriteResource(const Workload& w, const std::string& folder) {
  const bool by_roles = w.parameters.kind == Kind::kHierarchical;
  Output out(folder + "/Doc.yaml");
  out << kHead << "resourcePolicy:\n  resource: Doc\n  version: default\n  rules:\n";
  for (const Rule& r : w.rules) {
    out << "    - {actions: [" << ActionOf(r) << "], " << EffectOf(r) << ", roles: [\""
        << (by_roles ? w.KeyOf(r.principal) : "user") << "\"], " << ConditionOf(w, r, !by_roles) << "}\n";
  }
}

}  // namespace

void WriteCerbos(const Workload& w, const std::string& folder) {
  const std::string policies = folder + "/cerbos";
  std::filesystem::create_directories(policies);
  w.parameters.kind == Kind::kExact ? WritePrincipals(w, policies) : WriteResource(w, policies);
}

}  // namespace polc_bench
