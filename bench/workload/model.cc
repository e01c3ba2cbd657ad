#include "model.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "random.h"

namespace polc_bench {

std::optional<Kind> KindOf(const std::string& name) {
  if (name == "exact") return Kind::kExact;
  if (name == "hierarchical") return Kind::kHierarchical;
  if (name == "attributes") return Kind::kAttributes;
  if (name == "mixed") return Kind::kMixed;
  if (name == "adversarial") return Kind::kAdversarial;
  return std::nullopt;
}

std::string Workload::TypeOf(uint32_t entity) const {
  switch (entities[entity].type) {
    case Type::kOrg:
      return "Org";
    case Type::kDept:
      return "Dept";
    case Type::kTeam:
      return "Team";
    case Type::kUser:
      return "User";
    case Type::kFolder:
      return "Folder";
    case Type::kDoc:
      return "Doc";
  }
  return "";
}

std::string Workload::IdOf(uint32_t entity) const {
  static constexpr char kLetters[] = {'o', 'p', 't', 'u', 'f', 'd'};
  const Entity& e = entities[entity];
  return kLetters[static_cast<size_t>(e.type)] + std::to_string(e.number);
}

std::string Workload::UidOf(uint32_t entity) const { return TypeOf(entity) + "::\"" + IdOf(entity) + "\""; }
std::string Workload::KeyOf(uint32_t entity) const { return TypeOf(entity) + "::" + IdOf(entity); }

namespace {

constexpr uint32_t kDepartments = 400, kLabels = 400, kLevels = 10, kSizes = 10000, kFactors = 400;

class Maker {
 public:
  Maker(const Parameters& parameters, std::string* problem) : random_(parameters.seed), problem_(problem) {
    out_.parameters = parameters;
  }

  std::optional<Workload> Make() {
    MakeEntities();
    if (!MakeRules()) return std::nullopt;
    if (!MakeRequests()) return std::nullopt;
    return std::move(out_);
  }

 private:
  uint32_t Add(Type type, std::vector<uint32_t> parents) {
    const uint32_t index = static_cast<uint32_t>(out_.entities.size());
    Entity e{type, counts_[static_cast<size_t>(type)]++, std::move(parents)};
    out_.entities.push_back(std::move(e));
    return index;
  }

  // A tenth of the entities, 30 to 1,000, are groups and folders; of the others a third are users.
  void MakeEntities() {
    const uint32_t total = out_.parameters.entities;
    const uint32_t groups = std::clamp(total / 10, 30u, 1000u);
    std::vector<uint32_t> orgs, depts, roots, middles;
    for (uint32_t i = 0; i < std::max(1u, groups / 100); ++i) orgs.push_back(Add(Type::kOrg, {}));
    for (uint32_t i = 0; i < std::max(3u, groups / 11); ++i)
      depts.push_back(Add(Type::kDept, {orgs[i % orgs.size()]}));
    for (uint32_t i = 0; i < groups * 3 / 10; ++i)
      teams_.push_back(Add(Type::kTeam, {depts[i % depts.size()]}));
    for (uint32_t i = 0; i < std::max(1u, groups / 100); ++i) roots.push_back(Add(Type::kFolder, {}));
    for (uint32_t i = 0; i < std::max(3u, groups / 11); ++i) {
      middles.push_back(Add(Type::kFolder, {roots[i % roots.size()]}));
    }
    while (out_.entities.size() < groups) {
      folders_.push_back(Add(Type::kFolder, {middles[folders_.size() % middles.size()]}));
    }
    const uint32_t rest = std::max(total, groups + 6) - groups;
    const bool two_teams = out_.parameters.kind == Kind::kMixed;
    for (uint32_t i = 0; i < rest / 3; ++i) {
      std::vector<uint32_t> parents = {random_.Of(teams_)};
      if (two_teams) {
        const uint32_t other = random_.Of(teams_);
        if (other != parents[0]) parents.push_back(other);
      }
      const uint32_t user = Add(Type::kUser, std::move(parents));
      out_.entities[user].department = random_.Below(kDepartments);
      out_.entities[user].level = random_.Below(kLevels);
      users_.push_back(user);
      by_department_[out_.entities[user].department].push_back(user);
    }
    for (uint32_t i = 0; i < rest - rest / 3; ++i) {
      const uint32_t doc = Add(Type::kDoc, {random_.Of(folders_)});
      out_.entities[doc].label = random_.Below(kLabels);
      out_.entities[doc].size = random_.Below(kSizes);
      docs_.push_back(doc);
      by_label_[out_.entities[doc].label].push_back(doc);
    }
    // Rules name groups of different depth, but never one above another, so that at most one hierarchical
    // rule speaks about a request: every fourth department instead of its teams, and so with folders.
    principal_points_ = Cut(depts, teams_);
    resource_points_ = Cut(middles, folders_);
    for (const uint32_t user : users_) Enter(user);
    for (const uint32_t doc : docs_) Enter(doc);
  }

  std::vector<uint32_t> Cut(const std::vector<uint32_t>& upper, const std::vector<uint32_t>& lower) {
    std::vector<uint32_t> points;
    std::unordered_set<uint32_t> whole;
    for (size_t i = 0; i < upper.size(); i += 4) {
      points.push_back(upper[i]);
      whole.insert(upper[i]);
    }
    for (const uint32_t e : lower) {
      if (!whole.contains(out_.entities[e].parents[0])) points.push_back(e);
    }
    for (const uint32_t p : points) below_[p];
    return points;
  }
  // Lists a user or document below the point it belongs to.
  void Enter(uint32_t leaf) {
    for (uint32_t at : out_.entities[leaf].parents) {
      while (!below_.contains(at) && !out_.entities[at].parents.empty()) at = out_.entities[at].parents[0];
      if (auto found = below_.find(at); found != below_.end()) found->second.push_back(leaf);
    }
  }

  bool Fail(const std::string& why) {
    *problem_ = why;
    return false;
  }

  uint32_t Threshold() { return kRisks / 10 + random_.Below(kRisks * 8 / 10); }

  Rule ExactRule() {
    Rule r;
    r.principal_scope = r.resource_scope = Scope::kIs;
    do {
      r.principal = random_.Of(users_);
      r.action = random_.Below(kActions);
      r.resource = random_.Of(docs_);
    } while (!Fresh(r));
    r.n = Threshold();
    return r;
  }
  Rule HierarchicalRule() {
    Rule r;
    r.principal_scope = r.resource_scope = Scope::kIn;
    do {
      r.principal = random_.Of(principal_points_);
      r.action = random_.Below(kActions);
      r.resource = random_.Of(resource_points_);
    } while (below_[r.principal].empty() || below_[r.resource].empty() || !Fresh(r));
    r.n = Threshold();
    return r;
  }
  Rule AttributesRule() {
    Rule r;
    r.condition = Condition::kAttributes;
    do {
      r.department = random_.Below(kDepartments);
      r.label = random_.Below(kLabels);
    } while (!by_department_.contains(r.department) || !by_label_.contains(r.label) ||
             !seen_.insert(uint64_t{1} << 63 | uint64_t{r.department} << 20 | r.label).second);
    r.n = Threshold();
    return r;
  }
  Rule AdversarialRule() {
    Rule r;
    r.condition = Condition::kLinear;
    const Request witness = AnyRequest();
    do {
      r.a = 1 + random_.Below(kFactors);
      r.b = 1 + random_.Below(kFactors);
    } while (!seen_.insert(uint64_t{r.a} << 20 | r.b).second);
    r.n = uint64_t{out_.entities[witness.principal].level} * r.a +
          uint64_t{out_.entities[witness.resource].size} * r.b + witness.risk;
    witnesses_.push_back(witness);
    return r;
  }
  // A forbid speaks about a whole group or folder, or about one document and whoever has too low a level.
  Rule Forbid() {
    Rule r = HierarchicalRule();
    r.forbid = true;
    switch (random_.Below(3)) {
      case 0:
        r.condition = Condition::kRiskAtLeast;
        break;
      case 1:
        r.principal_scope = Scope::kAny;
        r.principal = kNone;
        r.condition = Condition::kLevelBelow;
        r.n = 1 + random_.Below(3);
        break;
      default:
        r.action = kNone;
        r.condition = Condition::kRiskAtLeast;
        r.n = kRisks * 8 / 10 + random_.Below(kRisks / 10);
        break;
    }
    return r;
  }
  bool Fresh(const Rule& r) {
    return seen_.insert(uint64_t{r.principal} << 36 | uint64_t{r.resource} << 8 | r.action).second;
  }

  bool MakeRules() {
    const uint64_t wanted = out_.parameters.rules;
    const uint64_t exact = uint64_t{users_.size()} * docs_.size() * kActions;
    uint64_t points = 0;  // that have anybody below
    uint64_t places = 0;
    for (const uint32_t p : principal_points_) points += !below_[p].empty();
    for (const uint32_t p : resource_points_) places += !below_[p].empty();
    const uint64_t hierarchical = points * places * kActions;
    const uint64_t attributes = uint64_t{by_department_.size()} * by_label_.size();
    for (uint64_t i = 0; i < wanted; ++i) {
      switch (out_.parameters.kind) {
        case Kind::kExact:
          if (wanted * 2 > exact) return Fail("too few entities for so many exact rules");
          out_.rules.push_back(ExactRule());
          break;
        case Kind::kHierarchical:
          if (wanted > hierarchical) return Fail("too few groups for so many hierarchical rules");
          out_.rules.push_back(HierarchicalRule());
          break;
        case Kind::kAttributes:
          if (wanted > attributes) return Fail("too few attribute values for so many rules");
          out_.rules.push_back(AttributesRule());
          break;
        case Kind::kAdversarial:
          out_.rules.push_back(AdversarialRule());
          break;
        case Kind::kMixed:
          if (wanted > hierarchical || wanted > attributes) return Fail("too few groups for so many rules");
          switch (i % 5) {
            case 0:
            case 1:
              out_.rules.push_back(HierarchicalRule());
              break;
            case 2:
              out_.rules.push_back(ExactRule());
              break;
            case 3:
              out_.rules.push_back(AttributesRule());
              break;
            default:
              out_.rules.push_back(Forbid());
              break;
          }
          break;
      }
    }
    random_.Shuffle(out_.rules);
    return true;
  }

  Request AnyRequest() {
    return {random_.Of(users_), random_.Below(kActions), random_.Of(docs_), random_.Below(kRisks)};
  }
  uint32_t SomeBelow(Scope scope, uint32_t entity, const std::vector<uint32_t>& all) {
    if (scope == Scope::kIs) return entity;
    return scope == Scope::kIn ? random_.Of(below_[entity]) : random_.Of(all);
  }

  // A request that is in the scope of a rule; two of three also meet its condition.
  Request RequestFor(const Rule& r) {
    Request q = AnyRequest();
    q.principal = SomeBelow(r.principal_scope, r.principal, users_);
    q.resource = SomeBelow(r.resource_scope, r.resource, docs_);
    if (r.action != kNone) q.action = r.action;
    const uint32_t n = static_cast<uint32_t>(r.n);
    const bool holds = random_.Below(3) != 0;
    switch (r.condition) {
      case Condition::kAttributes:
        q.principal = random_.Of(by_department_[r.department]);
        q.resource = random_.Of(by_label_[r.label]);
        [[fallthrough]];
      case Condition::kRiskBelow:
        q.risk = holds ? random_.Below(n) : n + random_.Below(kRisks - n);
        break;
      case Condition::kRiskAtLeast:
        q.risk = holds ? n + random_.Below(kRisks - n) : random_.Below(n);
        break;
      case Condition::kLevelBelow:
      case Condition::kLinear:
        break;
    }
    return q;
  }

  // Three of four are about some rule, the others about anything.
  bool MakeRequests() {
    std::unordered_set<uint64_t> seen;
    uint64_t tries = 0;
    while (out_.requests.size() < out_.parameters.requests) {
      if (++tries > 100 * uint64_t{out_.parameters.requests}) return Fail("too few distinct requests");
      Request q = AnyRequest();
      if (random_.Below(4) != 0) {
        if (witnesses_.empty()) {
          q = RequestFor(random_.Of(out_.rules));
        } else {
          const uint32_t action = q.action;
          q = random_.Of(witnesses_);
          q.action = action;
        }
      }
      // Distinct by all four: user and document numbers stay below 2^24, risk below 2^14.
      const uint64_t who = uint64_t{q.principal} << 32 | q.resource;
      const uint64_t key = who * 0x9E3779B97F4A7C15u ^ (uint64_t{q.action} << 16 | q.risk);
      if (seen.insert(key).second) out_.requests.push_back(q);
    }
    random_.Shuffle(out_.requests);
    return true;
  }

  Random random_;
  std::string* problem_;
  Workload out_;
  uint32_t counts_[6] = {};
  std::vector<uint32_t> users_, docs_, teams_, folders_;
  std::vector<uint32_t> principal_points_, resource_points_;
  std::unordered_map<uint32_t, std::vector<uint32_t>> below_;
  std::unordered_map<uint32_t, std::vector<uint32_t>> by_department_, by_label_;
  std::unordered_set<uint64_t> seen_;
  std::vector<Request> witnesses_;
};

}  // namespace

std::optional<Workload> MakeWorkload(const Parameters& parameters, std::string* problem) {
  return Maker(parameters, problem).Make();
}

}  // namespace polc_bench
