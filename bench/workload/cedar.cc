// policies.cedar, schema.cedarschema, entities.json, requests.jsonl: what polc and the Cedar engines read.

#include "model.h"
#include "output.h"

namespace polc_bench {
namespace {

constexpr char kSchema[] = R"(entity Org;
entity Dept in [Org];
entity Team in [Dept];
entity User in [Team] = { department: String, level: Long };
entity Folder in [Folder];
entity Doc in [Folder] = { label: String, size: Long };
)";

std::string ScopeText(const Workload& w, const char* variable, Scope scope, uint32_t entity) {
  if (scope == Scope::kAny) return variable;
  return std::string(variable) + (scope == Scope::kIs ? " == " : " in ") + w.UidOf(entity);
}

std::string ConditionText(const Rule& r) {
  const std::string n = std::to_string(r.n);
  switch (r.condition) {
    case Condition::kRiskBelow:
      return "context.risk < " + n;
    case Condition::kRiskAtLeast:
      return "context.risk >= " + n;
    case Condition::kLevelBelow:
      return "principal.level < " + n;
    case Condition::kAttributes:
      return "principal.department == \"dep" + std::to_string(r.department) +
             "\" && resource.label == \"lab" + std::to_string(r.label) + "\" && context.risk < " + n;
    case Condition::kLinear:
      return "principal.level * " + std::to_string(r.a) + " + resource.size * " + std::to_string(r.b) +
             " + context.risk == " + n;
  }
  return "";
}

void WriteUid(Output& out, const Workload& w, uint32_t entity) {
  out << "{\"type\":\"" << w.TypeOf(entity) << "\",\"id\":\"" << w.IdOf(entity) << "\"}";
}

}  // namespace

void WriteCedar(const Workload& w, const std::string& folder) {
  {
    Output out(folder + "/policies.cedar");
    for (const Rule& r : w.rules) {
      out << (r.forbid ? "forbid (" : "permit (") << ScopeText(w, "principal", r.principal_scope, r.principal)
          << ", action" << (r.action == kNone ? "" : " == Action::\"a" + std::to_string(r.action) + "\"")
          << ", " << ScopeText(w, "resource", r.resource_scope, r.resource) << ")\nwhen { "
          << ConditionText(r) << " };\n";
    }
  }
  {
    Output out(folder + "/schema.cedarschema");
    out << kSchema;
    for (uint32_t a = 0; a < kActions; ++a) {
      out << "action a" << std::to_string(a)
          << " appliesTo { principal: [User], resource: [Doc], context: { risk: Long } };\n";
    }
  }
  {
    Output out(folder + "/entities.json");
    const char* separator = "[";
    for (uint32_t i = 0; i < w.entities.size(); ++i) {
      const Entity& e = w.entities[i];
      out << separator << "{\"uid\":";
      WriteUid(out, w, i);
      out << ",\"attrs\":{";
      if (e.type == Type::kUser) {
        out << "\"department\":\"dep" << std::to_string(e.department)
            << "\",\"level\":" << std::to_string(e.level);
      }
      if (e.type == Type::kDoc) {
        out << "\"label\":\"lab" << std::to_string(e.label) << "\",\"size\":" << std::to_string(e.size);
      }
      out << "},\"parents\":[";
      for (size_t p = 0; p < e.parents.size(); ++p) {
        if (p > 0) out << ",";
        WriteUid(out, w, e.parents[p]);
      }
      out << "]}";
      separator = ",\n";
    }
    out << "]\n";
  }
  Output out(folder + "/requests.jsonl");
  for (const Request& q : w.requests) {
    out << "{\"principal\":";
    WriteUid(out, w, q.principal);
    out << ",\"action\":{\"type\":\"Action\",\"id\":\"a" << std::to_string(q.action) << "\"},\"resource\":";
    WriteUid(out, w, q.resource);
    out << ",\"context\":{\"risk\":" << std::to_string(q.risk) << "}}\n";
  }
}

}  // namespace polc_bench
