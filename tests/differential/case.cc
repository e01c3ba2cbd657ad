#include "tests/differential/case.h"

#include <algorithm>
#include <set>

namespace polc::differential {
namespace {

using gen::Rng;

// Requests that meet the set's policies: of their environments and with the entities they name.
void MakeRequests(const gen::World& world, Rng& rng, Case& c) {
  for (int i = 0; i < 8; ++i) {
    const gen::Policy& p = rng.Pick(c.set.policies);
    gen::Request r = gen::MakeRequest(world, rng.Chance(85) ? p.env : rng.Pick(world.schema.envs), rng);
    if (p.principal_hint && rng.Chance(50)) r.principal = *p.principal_hint;
    if (p.resource_hint && rng.Chance(50)) r.resource = *p.resource_hint;
    // Half of them are made negatives: refused by the schema, and decided all the same.
    if (i % 2 == 1) r = gen::MutateRequest(world, r, rng);
    c.requests.push_back(std::move(r));
  }
}

// The reference's JSON library takes an array for an object with fixed members, member by member; polc does
// not, and says so (compiler/syntax/policy_json.h). Such mutants are no question. Depth is the generator's.
bool HasArrayForObject(const Json& node) {
  static const std::set<std::string> kMapsAndLists = {
      "Set",         "Record",  "Value",  "entities",  "conditions",     "pattern",
      "attr",        "args",    "values", "templates", "staticPolicies", "templateLinks",
      "annotations", "decimal", "ip",     "datetime",  "duration"};
  if (node.is_array()) {
    return std::any_of(node.begin(), node.end(),
                       [](const Json& e) { return e.is_array() || HasArrayForObject(e); });
  }
  if (!node.is_object()) return false;
  for (const auto& [key, value] : node.items()) {
    const bool method = gen::IsExtensionMethod(key);
    if (value.is_array() && !kMapsAndLists.contains(key) && !method) return true;
    if (HasArrayForObject(value)) return true;
  }
  return false;
}

// The reference's JSON library refuses deeper documents; polc's limit is json::kMaxDepth.
constexpr int kMaxReferenceDepth = 120;

int Depth(const Json& node) {
  int deepest = 0;
  if (node.is_structured()) {
    for (const Json& child : node) deepest = std::max(deepest, Depth(child));
  }
  return deepest + 1;
}

void AddPolicyJson(const Json& json, Case& c) {
  if (Depth(json) <= kMaxReferenceDepth && !HasArrayForObject(json)) c.policy_jsons.push_back(json.dump());
}

void AddPolicyMutants(Rng& rng, Case& c) {
  for (int i = 0; i < 6; ++i) {
    const std::string& text = rng.Chance(90) ? rng.Pick(c.policy_texts) : c.PolicyText();
    c.policy_mutants.push_back(i < 4 ? gen::MutateTokens(text, rng) : gen::MutateChars(text, rng));
  }
  // The set itself in JSON, then mutants of one policy of it.
  if (rng.Chance(25)) AddPolicyJson(gen::PolicySetToJson(c.set), c);
  for (int i = 0; i < 2; ++i) {
    size_t at = rng.Below(c.set.policies.size());
    gen::PolicySet one;
    one.policies.push_back(c.set.policies[at]);
    for (gen::Link l : c.set.links) {
      if (l.of == at) {
        l.of = 0;
        one.links.push_back(l);
      }
    }
    Json json = gen::PolicySetToJson(one);
    if (rng.Chance(85)) {
      for (const char* part : {"staticPolicies", "templates"}) {
        for (auto& policy : json[part]) policy = gen::MutateJson(policy, rng);
      }
    } else {
      json = gen::MutateJson(json, rng);
    }
    AddPolicyJson(json, c);
  }
}

void AddWorldComparisons(const gen::World& world, Rng& rng, Case& c) {
  c.convert = !c.schema.empty();
  Json json = gen::SchemaToJson(world.schema);
  std::string text = gen::PrintSchema(world.schema, rng);
  c.schema_mutants.push_back(text);
  c.schema_json_mutants.push_back(json.dump());
  for (int i = 0; i < 6; ++i) {
    c.schema_mutants.push_back(i < 5 ? gen::MutateTokens(text, rng) : gen::MutateChars(text, rng));
    c.schema_json_mutants.push_back(gen::MutateJson(json, rng).dump());
  }
  for (const Json& e : world.entities) {
    c.entity_texts.push_back(e.dump());
    c.entity_texts.push_back(gen::MutateEntity(world, e, rng).dump());
  }
  // The store as a whole: with a changed entity, with a repeat, with a parent that closes a cycle.
  Json all = world.entities;
  for (int i = 0; i < 4 && !world.entities.empty(); ++i) {
    Json changed = all;
    size_t at = rng.Below(changed.size());
    switch (i) {
      case 0:
        changed[at] = gen::MutateEntity(world, changed[at], rng);
        break;
      case 1: {
        Json copy = changed[at];
        if (rng.Chance(50)) copy = gen::MutateEntity(world, copy, rng);
        changed.push_back(copy);
        break;
      }
      case 2: {
        Json uid = changed[rng.Below(changed.size())]["uid"];
        changed[at]["parents"].push_back(uid);
        break;
      }
      default:
        changed = gen::MutateJson(changed, rng);
    }
    c.entities_texts.push_back(changed.dump());
  }
}

}  // namespace

Case MakeCase(uint64_t seed, uint64_t index) {
  Case c;
  c.seed = seed;
  c.index = index;
  const uint64_t world_index = index / kSetsPerWorld;
  Rng world_rng(seed, world_index * 2);
  const gen::World world = gen::MakeWorld(world_rng);
  switch (world_rng.Weighted({75, 20, 5})) {
    case 0:
      c.schema = gen::PrintSchema(world.schema, world_rng);
      break;
    case 1:
      c.schema_json = gen::SchemaToJson(world.schema).dump();
      break;
    default:
      c.has_schema = false;
  }
  c.entities = world.entities;
  Rng rng(seed, index * 2 + 1);
  const gen::Mood mood = gen::MakeMood(rng);
  c.set = gen::MakePolicySet(world, mood, rng);
  const gen::Layout layout = gen::MakeLayout(rng);
  for (const gen::Policy& p : c.set.policies) c.policy_texts.push_back(gen::PrintPolicy(p, layout, rng));
  if (layout.comments && rng.Chance(50)) c.tail = "// the end";
  MakeRequests(world, rng, c);
  c.levels = {static_cast<int>(rng.Below(4))};
  c.json = rng.Chance(50);
  c.format = rng.Chance(50);
  AddPolicyMutants(rng, c);
  if (index % kSetsPerWorld == 0) AddWorldComparisons(world, rng, c);
  return c;
}

std::string Case::PolicyText() const {
  std::string out;
  for (const std::string& t : policy_texts) out += t;
  return out + tail;
}

Json Case::ToJson() const {
  Json out = Json::object();
  if (!schema.empty()) out["schema"] = schema;
  if (!schema_json.empty()) out["schema_json"] = schema_json;
  out["policies"] = PolicyText();
  out["strict"] = out["permissive"] = has_schema;
  out["levels"] = levels;
  out["json"] = json;
  out["format"] = format;
  out["convert"] = convert;
  out["entities"] = Json(entities).dump();
  out["requests"] = Json::array();
  for (const gen::Request& r : requests) {
    out["requests"].push_back({{"p", gen::ToText(r.principal)},
                               {"a", gen::ToText(r.action)},
                               {"r", gen::ToText(r.resource)},
                               {"c", r.context.dump()}});
  }
  out["links"] = Json::array();
  for (const gen::Link& l : set.links) {
    Json link = {{"template_id", gen::PolicyId(l.of)}, {"new_id", l.id}};
    if (l.principal) link["principal"] = gen::ToText(*l.principal);
    if (l.resource) link["resource"] = gen::ToText(*l.resource);
    out["links"].push_back(link);
  }
  out["policy_texts"] = policy_mutants;
  out["policy_jsons"] = policy_jsons;
  out["schema_texts"] = schema_mutants;
  out["schema_json_texts"] = schema_json_mutants;
  out["entity_texts"] = entity_texts;
  out["entities_texts"] = entities_texts;
  return out;
}

}  // namespace polc::differential
