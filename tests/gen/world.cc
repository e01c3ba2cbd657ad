#include "tests/gen/world.h"

#include <algorithm>
#include <limits>
#include <set>

namespace polc::gen {
namespace {

const std::vector<std::string> kEntityNames = {"User",   "Group", "Doc", "Folder", "Team",   "Device",
                                               "Tenant", "Host",  "Job", "permit", "action", "Zone_1"};
const std::vector<std::string> kEnumNames = {"Color", "Stage"};
const std::vector<std::string> kCommonNames = {"Meta", "Limits", "Ids", "Span"};
const std::vector<std::string> kAttrNames = {"name", "age",   "owner",  "level", "labels", "addr",    "at",
                                             "ttl",  "score", "meta",   "flag",  "peers",  "kind",    "x1",
                                             "_u",   "if",    "a b",    "is",    "k\"q",   "context", "größe",
                                             "ids",  "limit", "parent", "",      "like"};
const std::vector<std::string> kActionIds = {"view",   "edit", "delete", "share",
                                             "run it", "list", "in",     "ask\"q"};
const std::vector<std::string> kGroupIds = {"readers", "writers", "all"};
const std::vector<std::string> kIds = {"a", "b", "c",   "alice",       "x y", "q\"uote",
                                       "",  "*", "ünï", "back\\slash", "42",  "new\nline"};
const std::vector<std::string> kTexts = {
    "",         "a",     "b", "abc",    "a*c",      "a\\b",  "*",
    "10.0.0.1", "abd",   "A", "ab\ncd", "x\ty",     "ünïc",  "\xF0\x9F\x98\x80",
    "1.5",      "aXbXc", "'", "\"q\"",  "a\u00a0b", "a\x01z"};

// Draws `count` distinct items.
template <typename T>
std::vector<T> Sample(std::vector<T> from, size_t count, Rng& rng) {
  count = std::min(count, from.size());
  for (size_t i = 0; i < count; ++i) std::swap(from[i], from[i + rng.Below(from.size() - i)]);
  from.resize(count);
  return from;
}

class SchemaMaker {
 public:
  explicit SchemaMaker(Rng& rng) : rng_(rng) {}

  Schema Make() {
    switch (rng_.Weighted({45, 30, 25})) {
      case 0:
        schema_.namespaces = {""};
        break;
      case 1:
        schema_.namespaces = {"App"};
        break;
      default:
        schema_.namespaces = {"App", rng_.Chance(50) ? "" : "Org::Unit"};
    }
    MakeEntityNames();
    MakeCommonTypes();
    for (EntityType& e : schema_.entity_types) {
      if (!e.enum_ids.empty()) continue;
      e.attrs = MakeAttrs(rng_.Range(1, 5), 2);
      if (rng_.Chance(50)) e.tags = MakeType(1);
    }
    MakeActions();
    return std::move(schema_);
  }

 private:
  const std::string& Namespace() { return rng_.Pick(schema_.namespaces); }

  void MakeEntityNames() {
    for (const std::string& base : Sample(kEntityNames, rng_.Range(3, 5), rng_)) {
      EntityType e;
      e.ns = Namespace();
      e.name = Qualify(e.ns, base);
      schema_.entity_types.push_back(e);
    }
    if (rng_.Chance(35)) {
      EntityType e;
      e.ns = Namespace();
      e.name = Qualify(e.ns, rng_.Pick(kEnumNames));
      e.enum_ids = Sample(kIds, rng_.Range(1, 3), rng_);
      schema_.entity_types.push_back(e);
    }
    for (EntityType& e : schema_.entity_types) {
      if (!e.enum_ids.empty()) continue;
      for (const EntityType& p : schema_.entity_types) {
        if (rng_.Chance(&p == &e ? 25 : 35)) e.parents.push_back(p.name);
      }
    }
  }

  void MakeCommonTypes() {
    for (const std::string& base : Sample(kCommonNames, rng_.Range(0, 3), rng_)) {
      CommonType c;
      c.ns = Namespace();
      c.name = Qualify(c.ns, base);
      auto type = std::make_shared<Type>(rng_.Chance(70) ? *MakeRecord(1) : *MakeType(1));
      type->alias = c.name;
      c.type = type;
      schema_.common_types.push_back(c);
    }
  }

  TypePtr MakeType(int depth) {
    if (!schema_.common_types.empty() && rng_.Chance(15)) return rng_.Pick(schema_.common_types).type;
    static const std::vector<unsigned> kWeights = {10, 18, 14, 16, 8, 8, 8, 8, 14, 8};
    auto kind = static_cast<TypeKind>(rng_.Weighted(kWeights));
    if (depth <= 0 && (kind == TypeKind::kSet || kind == TypeKind::kRecord)) kind = TypeKind::kLong;
    if (kind == TypeKind::kRecord) return MakeRecord(depth - 1);
    auto t = std::make_shared<Type>();
    t->kind = kind;
    if (kind == TypeKind::kEntity) t->entity = rng_.Pick(schema_.entity_types).name;
    if (kind == TypeKind::kSet) t->element = MakeType(depth - 1);
    return t;
  }

  std::vector<Attr> MakeAttrs(size_t count, int depth) {
    std::vector<Attr> attrs;
    for (const std::string& name : Sample(kAttrNames, count, rng_)) {
      attrs.push_back({name, MakeType(depth), rng_.Chance(60)});
    }
    return attrs;
  }

  TypePtr MakeRecord(int depth) {
    auto t = std::make_shared<Type>();
    t->kind = TypeKind::kRecord;
    t->attrs = MakeAttrs(rng_.Range(1, 3), depth);
    return t;
  }

  void MakeActions() {
    std::vector<std::string> ids = Sample(kGroupIds, rng_.Range(0, 2), rng_);
    const size_t groups = ids.size();
    for (const std::string& id : Sample(kActionIds, rng_.Range(2, 5), rng_)) ids.push_back(id);
    std::vector<std::string> usable;
    for (const EntityType& e : schema_.entity_types) usable.push_back(e.name);
    for (size_t i = 0; i < ids.size(); ++i) {
      Action a;
      a.ns = Namespace();
      a.uid = {Qualify(a.ns, "Action"), ids[i]};
      for (size_t p = 0; p < std::min(i, groups); ++p) {
        if (rng_.Chance(40)) a.parents.push_back(schema_.actions[p].uid);
      }
      a.applies = i >= groups || rng_.Chance(20);
      if (a.applies) {
        a.principals = Sample(usable, rng_.Weighted({0, 60, 40}), rng_);
        a.resources = Sample(usable, rng_.Weighted({0, 60, 40}), rng_);
        const CommonType* alias = nullptr;
        for (const CommonType& c : schema_.common_types) {
          if (c.type->kind == TypeKind::kRecord && rng_.Chance(10)) alias = &c;
        }
        if (alias) {
          a.context = alias->type->attrs;
          a.context_alias = alias->name;
        } else {
          a.context = MakeAttrs(rng_.Range(0, 4), 2);
        }
        for (const std::string& p : a.principals) {
          for (const std::string& r : a.resources) schema_.envs.push_back({i, p, r});
        }
      }
      schema_.actions.push_back(a);
    }
  }

  Rng& rng_;
  Schema schema_;
};

}  // namespace

std::string Qualify(const std::string& ns, const std::string& base) {
  return ns.empty() ? base : ns + "::" + base;
}

Json UidJson(const Uid& uid) { return {{"type", uid.type}, {"id", uid.id}}; }

bool Same(const Type& a, const Type& b) {
  if (a.kind != b.kind || a.entity != b.entity || a.attrs.size() != b.attrs.size()) return false;
  if (a.kind == TypeKind::kSet) return Same(*a.element, *b.element);
  auto sorted = [](const Type& t) {
    std::map<std::string, const Attr*> m;
    for (const Attr& attr : t.attrs) m[attr.name] = &attr;
    return m;
  };
  auto left = sorted(a);
  for (const auto& [name, attr] : sorted(b)) {
    auto it = left.find(name);
    if (it == left.end() || it->second->required != attr->required || !Same(*it->second->type, *attr->type))
      return false;
  }
  return true;
}

std::string Quote(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\0':
        out += "\\0";
        break;
      default:
        out += c;
    }
  }
  return out + "\"";
}

std::string ToText(const Uid& uid) { return uid.type + "::" + Quote(uid.id); }

const EntityType& Schema::entity_type(const std::string& name) const {
  return *std::find_if(entity_types.begin(), entity_types.end(),
                       [&](const EntityType& e) { return e.name == name; });
}

bool Schema::MayBeIn(const std::string& child, const std::string& ancestor) const {
  std::set<std::string> seen;
  std::vector<std::string> todo = {child};
  while (!todo.empty()) {
    std::string at = todo.back();
    todo.pop_back();
    if (at == ancestor) return true;
    if (!seen.insert(at).second) continue;
    for (const EntityType& e : entity_types) {
      if (e.name == at) todo.insert(todo.end(), e.parents.begin(), e.parents.end());
    }
  }
  return false;
}

bool Schema::ActionIn(const Uid& child, const Uid& ancestor) const {
  std::vector<Uid> todo = {child};
  while (!todo.empty()) {
    Uid at = todo.back();
    todo.pop_back();
    if (at == ancestor) return true;
    for (const Action& a : actions) {
      if (a.uid == at) todo.insert(todo.end(), a.parents.begin(), a.parents.end());
    }
  }
  return false;
}

// ---- Values ----

const char* ConstructorName(TypeKind kind) {
  switch (kind) {
    case TypeKind::kDecimal:
      return "decimal";
    case TypeKind::kIp:
      return "ip";
    case TypeKind::kDatetime:
      return "datetime";
    default:
      return "duration";
  }
}

int64_t MakeLong(Rng& rng) {
  static const std::vector<int64_t> kTelling = {0,
                                                1,
                                                2,
                                                3,
                                                -1,
                                                10,
                                                42,
                                                100,
                                                -100,
                                                std::numeric_limits<int64_t>::max(),
                                                std::numeric_limits<int64_t>::min(),
                                                std::numeric_limits<int64_t>::max() - 1,
                                                (int64_t{1} << 53) + 1,
                                                3037000500,
                                                1000,
                                                -2};
  switch (rng.Weighted({60, 30, 10})) {
    case 0:
      return rng.Range(-3, 12);
    case 1:
      return rng.Pick(kTelling);
    default:
      return static_cast<int64_t>(rng.Next());
  }
}

std::string MakeString(const World& world, Rng& rng) {
  if (!world.strings.empty() && rng.Chance(50)) return rng.Pick(world.strings);
  return rng.Pick(kTexts);
}

std::string MakeTagKey(const World& world, Rng& rng) {
  return rng.Chance(85) ? rng.Pick(world.tag_keys) : MakeString(world, rng);
}

namespace {

std::string Digits(Rng& rng, int low, int high) {
  std::string out;
  for (int64_t n = rng.Range(low, high); n > 0; --n) out += static_cast<char>('0' + rng.Below(10));
  return out;
}

std::string Padded(int64_t n, size_t width) {
  std::string out = std::to_string(n);
  return out.size() < width ? std::string(width - out.size(), '0') + out : out;
}

std::string MakeIpText(Rng& rng) {
  std::string out;
  bool v4 = rng.Chance(60);
  if (v4) {
    static const std::vector<std::string> kFirst = {"10.0.0.", "127.0.0.", "224.0.0.", "192.168.1."};
    out = rng.Pick(kFirst) + std::to_string(rng.Below(4));
  } else {
    static const std::vector<std::string> kV6 = {
        "::1",       "::",  "fe80::1", "ff02::1", "2001:db8::8:800:200c:417a", "1:2:3:4:5:6:7:8",
        "1:2:3:4::", "A::b"};
    out = rng.Pick(kV6);
  }
  if (rng.Chance(50)) {
    static const std::vector<int> kV4Prefix = {0, 3, 4, 7, 8, 9, 16, 24, 31, 32};
    static const std::vector<int> kV6Prefix = {0, 7, 8, 9, 64, 127, 128};
    out += "/" + std::to_string(v4 ? rng.Pick(kV4Prefix) : rng.Pick(kV6Prefix));
  }
  return out;
}

std::string MakeDatetimeText(Rng& rng) {
  std::string out = Padded(rng.Chance(80) ? rng.Range(1968, 2026) : rng.Range(0, 9999), 4) + "-" +
                    Padded(rng.Range(1, 12), 2) + "-" + Padded(rng.Range(1, 28), 2);
  if (rng.Chance(35)) return out;
  out += "T" + Padded(rng.Range(0, 23), 2) + ":" + Padded(rng.Range(0, 59), 2) + ":" +
         Padded(rng.Range(0, 59), 2);
  if (rng.Chance(40)) out += "." + Padded(rng.Range(0, 999), 3);
  if (rng.Chance(60)) return out + "Z";
  return out + (rng.Chance(50) ? "+" : "-") + Padded(rng.Range(0, 23), 2) + Padded(rng.Range(0, 59), 2);
}

std::string MakeDurationText(Rng& rng) {
  std::string out;
  while (out.empty()) {
    for (const char* unit : {"d", "h", "m", "s", "ms"}) {
      if (rng.Chance(30))
        out += std::to_string(rng.Chance(80) ? rng.Range(0, 90) : rng.Range(0, 200000)) + unit;
    }
  }
  return (rng.Chance(30) ? "-" : "") + out;
}

}  // namespace

std::string MakeExtensionText(TypeKind kind, Rng& rng) {
  static const std::vector<std::string> kDecimals = {"1.0",
                                                     "1.00",
                                                     "0.5",
                                                     "-0.0",
                                                     "0.0",
                                                     "1.5",
                                                     "2.25",
                                                     "-3.1415",
                                                     "922337203685477.5807",
                                                     "-922337203685477.5808",
                                                     "007.10",
                                                     "10.0"};
  static const std::vector<std::string> kIps = {
      "10.0.0.1",    "10.0.0.1/8", "10.0.0.2/8", "10.0.0.1/32", "127.0.0.1", "127.0.0.1/7",
      "127.0.0.1/8", "::1",        "::1/127",    "::1/128",     "224.0.0.1", "224.0.0.1/3",
      "224.0.0.0/4", "ff02::1/8",  "ff02::1/7",  "0.0.0.0/0",   "::/0",      "192.168.0.0/16"};
  static const std::vector<std::string> kDatetimes = {"1970-01-01",
                                                      "1969-12-31T23:59:59.999Z",
                                                      "1970-01-01T00:00:00Z",
                                                      "2024-02-29",
                                                      "2000-02-29T12:00:00.001+0130",
                                                      "0000-01-01",
                                                      "9999-12-31T23:59:59.999-2359",
                                                      "1969-12-31T12:00:00Z",
                                                      "2024-10-15T11:35:00Z",
                                                      "1969-12-31"};
  static const std::vector<std::string> kDurations = {"0ms",
                                                      "-1500ms",
                                                      "1d12h",
                                                      "-1d12h",
                                                      "1h30m",
                                                      "90m",
                                                      "5400s",
                                                      "1ms",
                                                      "-1ms",
                                                      "9223372036854775807ms",
                                                      "-9223372036854775808ms",
                                                      "1d",
                                                      "36h"};
  switch (kind) {
    case TypeKind::kDecimal:
      if (rng.Chance(70)) return rng.Pick(kDecimals);
      return (rng.Chance(30) ? "-" : "") + Digits(rng, 1, 4) + "." + Digits(rng, 1, 4);
    case TypeKind::kIp:
      return rng.Chance(70) ? rng.Pick(kIps) : MakeIpText(rng);
    case TypeKind::kDatetime:
      return rng.Chance(60) ? rng.Pick(kDatetimes) : MakeDatetimeText(rng);
    default:
      return rng.Chance(60) ? rng.Pick(kDurations) : MakeDurationText(rng);
  }
}

std::string MakeBadExtensionText(TypeKind kind, Rng& rng) {
  static const std::vector<std::string> kDecimals = {
      "1", "1.", ".5", "+1.0", "1.12345", "922337203685477.5808", "1.0 ", "", "-", "1e5.0", "--1.0"};
  static const std::vector<std::string> kIps = {
      "10.0.0",         "10.0.0.256", "10.0.0.01", "10.0.0.1/33",       "10.0.0.1/08",  "::1/129",
      "::ffff:1.2.3.4", "[::1]",      "10.0.0.1/", "1:2:3:4:5:6:7:8:9", "fe80::1%eth0", "",
      "10.0.0.1/+8",    "::1/0128"};
  static const std::vector<std::string> kDatetimes = {"2023-02-29",
                                                      "2024-1-1",
                                                      "2024-01-01T00:00:00",
                                                      "2024-01-01T00:00:00.1Z",
                                                      "2024-01-01T00:00:60Z",
                                                      "2024-01-01T24:00:00Z",
                                                      "2024-01-01t00:00:00z",
                                                      "2024-01-01T00:00:00+2400",
                                                      "2024-01-01T00:00:00+0060",
                                                      "2024-01-01Z",
                                                      "",
                                                      "2024-00-10",
                                                      "10000-01-01"};
  static const std::vector<std::string> kDurations = {"",
                                                      "-",
                                                      "1",
                                                      "1s1m",
                                                      "1d1d",
                                                      "+1s",
                                                      "1.5h",
                                                      "9223372036854775808ms",
                                                      "18446744073709551616ms",
                                                      "106751991168d",
                                                      "1 d",
                                                      "1D",
                                                      "--1s"};
  switch (kind) {
    case TypeKind::kDecimal:
      return rng.Pick(kDecimals);
    case TypeKind::kIp:
      return rng.Pick(kIps);
    case TypeKind::kDatetime:
      return rng.Pick(kDatetimes);
    default:
      return rng.Pick(kDurations);
  }
}

Uid MakeUid(const World& world, const std::string& type, Rng& rng) {
  const EntityType& e = world.schema.entity_type(type);
  if (!e.enum_ids.empty()) return {type, rng.Pick(e.enum_ids)};
  auto of_type = [&](const std::vector<Uid>& from) {
    std::vector<Uid> found;
    std::copy_if(from.begin(), from.end(), std::back_inserter(found),
                 [&](const Uid& u) { return u.type == type; });
    return found;
  };
  unsigned at = static_cast<unsigned>(rng.Below(100));
  std::vector<Uid> here = of_type(at < 80 ? world.uids : world.absent);
  if (at < 98 && !here.empty()) return rng.Pick(here);
  return {type, rng.Pick(kIds)};
}

Json MakeValue(const World& world, const Type& type, Rng& rng, bool implicit) {
  switch (type.kind) {
    case TypeKind::kBool:
      return rng.Chance(50);
    case TypeKind::kLong:
      return MakeLong(rng);
    case TypeKind::kString:
      return MakeString(world, rng);
    case TypeKind::kEntity: {
      Json uid = UidJson(MakeUid(world, type.entity, rng));
      return implicit && rng.Chance(50) ? uid : Json{{"__entity", uid}};
    }
    case TypeKind::kDecimal:
    case TypeKind::kIp:
    case TypeKind::kDatetime:
    case TypeKind::kDuration: {
      std::string arg = MakeExtensionText(type.kind, rng);
      if (implicit && rng.Chance(30)) return arg;
      Json call = {{"fn", ConstructorName(type.kind)}, {"arg", arg}};
      return implicit && rng.Chance(30) ? call : Json{{"__extn", call}};
    }
    case TypeKind::kSet: {
      Json out = Json::array();
      for (uint64_t n = rng.Below(4); n > 0; --n)
        out.push_back(MakeValue(world, *type.element, rng, implicit));
      return out;
    }
    case TypeKind::kRecord:
      break;
  }
  Json out = Json::object();
  for (const Attr& a : type.attrs) {
    if (a.required || rng.Chance(60)) out[a.name] = MakeValue(world, *a.type, rng, implicit);
  }
  return out;
}

Json MakeContext(const World& world, const Action& action, Rng& rng, bool implicit) {
  Type t;
  t.kind = TypeKind::kRecord;
  t.attrs = action.context;
  return MakeValue(world, t, rng, implicit);
}

Request MakeRequest(const World& world, const Env& env, Rng& rng) {
  Request r;
  const Action& action = world.schema.actions[env.action];
  r.principal = MakeUid(world, env.principal, rng);
  r.action = action.uid;
  r.resource = MakeUid(world, env.resource, rng);
  r.context = MakeContext(world, action, rng, rng.Chance(40));
  return r;
}

World MakeWorld(Rng& rng) {
  World w;
  w.schema = SchemaMaker(rng).Make();
  w.strings = Sample(kTexts, 6, rng);
  w.tag_keys = Sample(kTexts, 3, rng);
  // Ids first, so that values may refer to any entity; then parents only among earlier ones: no cycles.
  std::vector<std::pair<const EntityType*, Uid>> order;
  for (const EntityType& e : w.schema.entity_types) {
    if (!e.enum_ids.empty()) {
      for (const std::string& id : e.enum_ids) {
        if (rng.Chance(50)) order.push_back({&e, {e.name, id}});
      }
      continue;
    }
    std::vector<std::string> ids = Sample(kIds, rng.Range(3, 5), rng);
    w.absent.push_back({e.name, ids.back()});
    ids.pop_back();
    for (const std::string& id : ids) order.push_back({&e, {e.name, id}});
  }
  order = Sample(order, order.size(), rng);
  for (auto& [e, uid] : order) w.uids.push_back(uid);
  for (size_t i = 0; i < order.size(); ++i) {
    const auto& [e, uid] = order[i];
    const bool implicit = rng.Chance(40);
    Json parents = Json::array();
    for (const std::string& type : e->parents) {
      for (size_t j = 0; j < i; ++j) {
        if (order[j].second.type == type && rng.Chance(30)) parents.push_back(UidJson(order[j].second));
      }
      if (rng.Chance(6) && type != e->name) {
        for (const Uid& a : w.absent) {
          if (a.type == type) parents.push_back(Json{{"__entity", UidJson(a)}});
        }
      }
    }
    Type shape;
    shape.kind = TypeKind::kRecord;
    shape.attrs = e->attrs;
    Json j = {{"uid", implicit ? UidJson(uid) : Json{{"__entity", UidJson(uid)}}},
              {"attrs", MakeValue(w, shape, rng, implicit)},
              {"parents", parents}};
    if (e->tags && rng.Chance(75)) {
      Json tags = Json::object();
      for (uint64_t n = rng.Below(3); n > 0; --n)
        tags[MakeTagKey(w, rng)] = MakeValue(w, *e->tags, rng, implicit);
      j["tags"] = tags;
    }
    w.entities.push_back(j);
  }
  return w;
}

}  // namespace polc::gen
