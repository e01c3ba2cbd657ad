// casbin.conf and casbin.csv. Casbin has one matcher for all rules, so only sets whose rules have one form
// can be said in it. Numbers are compared as texts of equal length: a policy's fields are texts.

#include "model.h"
#include "output.h"

namespace polc_bench {
namespace {

std::string Padded(uint64_t n) {
  std::string text = std::to_string(n);
  return std::string(5 - text.size(), '0') + text;
}

constexpr char kRequest[] = "[request_definition]\nr = sub, act, obj, risk\n\n";
constexpr char kEffect[] = "\n[policy_effect]\ne = some(where (p.eft == allow))\n\n[matchers]\nm = ";

}  // namespace

bool WriteCasbin(const Workload& w, const std::string& folder) {
  const Kind kind = w.parameters.kind;
  if (kind == Kind::kMixed || kind == Kind::kAdversarial) return false;
  Output conf(folder + "/casbin.conf");
  Output csv(folder + "/casbin.csv");
  conf << kRequest;
  // The sharpest and cheapest tests come first.
  if (kind == Kind::kAttributes) {
    conf << "[policy_definition]\np = department, label, below, rule\n"
         << kEffect << "r.obj.Label == p.label && r.sub.Department == p.department && r.risk < p.below\n";
  } else {
    conf << "[policy_definition]\np = sub, act, obj, below, rule\n";
    if (kind == Kind::kHierarchical) conf << "\n[role_definition]\ng = _, _\ng2 = _, _\n";
    conf << kEffect
         << (kind == Kind::kExact
                 ? "r.obj == p.obj && r.sub == p.sub && r.act == p.act && r.risk < p.below\n"
                 : "r.act == p.act && r.risk < p.below && g(r.sub, p.sub) && g2(r.obj, p.obj)\n");
  }
  for (size_t i = 0; i < w.rules.size(); ++i) {
    const Rule& r = w.rules[i];
    const std::string tail = Padded(r.n) + ", policy" + std::to_string(i) + "\n";
    if (kind == Kind::kAttributes) {
      csv << "p, dep" << std::to_string(r.department) << ", lab" << std::to_string(r.label) << ", " << tail;
    } else {
      csv << "p, " << w.IdOf(r.principal) << ", a" << std::to_string(r.action) << ", " << w.IdOf(r.resource)
          << ", " << tail;
    }
  }
  if (kind != Kind::kHierarchical) return true;
  for (uint32_t i = 0; i < w.entities.size(); ++i) {
    const Entity& e = w.entities[i];
    const bool folder_side = e.type == Type::kFolder || e.type == Type::kDoc;
    for (const uint32_t parent : e.parents) {
      csv << (folder_side ? "g2, " : "g, ") << w.IdOf(i) << ", " << w.IdOf(parent) << "\n";
    }
  }
  return true;
}

}  // namespace polc_bench
