// floor.tsv, for bench/floor: `rule PRINCIPAL ACTION RESOURCE BELOW`, one line a rule in order, then
// `class ENTITY POINT`, the scope of some rule that each user and document lies under, if any.

#include <unordered_set>

#include "model.h"
#include "output.h"

namespace polc_bench {

bool WriteFloor(const Workload& w, const std::string& folder) {
  if (w.parameters.kind != Kind::kExact && w.parameters.kind != Kind::kHierarchical) return false;
  Output out(folder + "/floor.tsv");
  std::unordered_set<uint32_t> points;
  for (const Rule& r : w.rules) {
    out << "rule\t" << w.IdOf(r.principal) << "\ta" << std::to_string(r.action) << "\t" << w.IdOf(r.resource)
        << "\t" << std::to_string(r.n) << "\n";
    points.insert(r.principal);
    points.insert(r.resource);
  }
  for (uint32_t i = 0; i < w.entities.size(); ++i) {
    if (w.entities[i].type != Type::kUser && w.entities[i].type != Type::kDoc) continue;
    uint32_t at = i;
    while (!points.contains(at) && !w.entities[at].parents.empty()) at = w.entities[at].parents[0];
    if (points.contains(at)) out << "class\t" << w.IdOf(i) << "\t" << w.IdOf(at) << "\n";
  }
  return true;
}

}  // namespace polc_bench
