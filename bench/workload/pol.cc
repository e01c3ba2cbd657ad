// policies.pol: the Cedar set in Pol, and beside each of its rules a limit and a required approval with the
// same scope and condition. Read by polc alone.

#include "model.h"
#include "output.h"

namespace polc_bench {
namespace {

constexpr char kModel[] = R"(policy "bench"
group Org
group Dept in Org
group Team in Dept
person User in Team has
  department : Text
  level : Number
group Folder in Folder
resource Doc in Folder has
  label : Text
  size : Number
limit kind timeout : Duration, lowest wins
)";

std::string ScopeText(const Workload& w, Scope scope, uint32_t entity, const char* type) {
  const std::string name = w.TypeOf(entity) + " \"" + w.IdOf(entity) + "\"";
  return scope == Scope::kIs ? name : std::string(type) + " in " + name;
}

}  // namespace

bool WritePol(const Workload& w, const std::string& folder) {
  for (const Rule& r : w.rules) {
    if (r.forbid || r.action == kNone || r.condition != Condition::kRiskBelow ||
        r.principal_scope == Scope::kAny || r.resource_scope == Scope::kAny)
      return false;
  }
  Output out(folder + "/policies.pol");
  out << kModel;
  for (uint32_t a = 0; a < kActions; ++a)
    out << "action a" << std::to_string(a) << " by User on Doc with\n  risk : Number\n";
  for (size_t i = 0; i < w.rules.size(); ++i) {
    const Rule& r = w.rules[i];
    const std::string n = std::to_string(i);
    const std::string when = ScopeText(w, r.principal_scope, r.principal, "User") + " to a" +
                             std::to_string(r.action) + " on " +
                             ScopeText(w, r.resource_scope, r.resource, "Doc") + "\n  when context.risk < " +
                             std::to_string(r.n) + "\n";
    out << "rule allow" << n << " allow " << when;
    out << "rule limit" << n << " limit timeout to " << std::to_string(1 + i % 60) << "s for " << when;
    out << "rule require" << n << " require approval by 1 of Team \"t1\" within 30m for " << when;
  }
  return true;
}

}  // namespace polc_bench
