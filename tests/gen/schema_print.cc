// A schema in Cedar's syntax, with the choices that it leaves to its author made at random, and in JSON.
#include <set>

#include "tests/gen/world.h"

namespace polc::gen {
namespace {

std::string Base(const std::string& qualified) {
  size_t at = qualified.rfind("::");
  return at == std::string::npos ? qualified : qualified.substr(at + 2);
}

bool IsIdentifier(const std::string& text) {
  static const std::set<std::string> kReserved = {"true", "false", "if",   "then", "else",
                                                  "in",   "is",    "like", "has",  "__cedar"};
  if (text.empty() || kReserved.contains(text)) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && (i == 0 || c < '0' || c > '9')) return false;
  }
  return true;
}

class SchemaPrinter {
 public:
  SchemaPrinter(const Schema& schema, Rng& rng) : schema_(schema), rng_(rng) {}

  std::string Print() {
    for (const std::string& ns : schema_.namespaces) {
      ns_ = ns;
      if (!ns.empty()) {
        if (rng_.Chance(10)) out_ += "@doc(\"" + ns + "\")\n";
        out_ += "namespace " + ns + " {\n";
      }
      for (const CommonType& c : schema_.common_types) {
        if (c.ns == ns) {
          out_ += "type " + Base(c.name) + " = ";
          PrintType(*c.type, /*expand=*/true);
          out_ += ";\n";
        }
      }
      for (const EntityType& e : schema_.entity_types) {
        if (e.ns == ns) PrintEntity(e);
      }
      for (const Action& a : schema_.actions) {
        if (a.ns == ns) PrintAction(a);
      }
      if (rng_.Chance(20)) out_ += "// end of " + ns + "\n";
      if (!ns.empty()) out_ += "}\n";
    }
    return std::move(out_);
  }

 private:
  std::string Refer(const std::string& qualified) {
    size_t at = qualified.rfind("::");
    std::string ns = at == std::string::npos ? "" : qualified.substr(0, at);
    // An unqualified name is looked up in this namespace, then in the empty one; bases are unique.
    if (ns == ns_ && rng_.Chance(70)) return Base(qualified);
    return qualified;
  }

  void PrintList(const std::vector<std::string>& items, bool brackets) {
    if (items.size() == 1 && !brackets && rng_.Chance(50)) {
      out_ += items[0];
      return;
    }
    out_ += "[";
    for (size_t i = 0; i < items.size(); ++i) out_ += (i ? ", " : "") + items[i];
    out_ += "]";
  }

  void PrintRecord(const std::vector<Attr>& attrs) {
    out_ += "{";
    for (size_t i = 0; i < attrs.size(); ++i) {
      if (i) out_ += ", ";
      if (rng_.Chance(3)) out_ += "@note ";
      out_ += IsIdentifier(attrs[i].name) && rng_.Chance(80) ? attrs[i].name : Quote(attrs[i].name);
      if (!attrs[i].required) out_ += "?";
      out_ += ": ";
      PrintType(*attrs[i].type, false);
    }
    if (!attrs.empty() && rng_.Chance(30)) out_ += ",";
    out_ += "}";
  }

  void PrintType(const Type& type, bool expand) {
    if (!type.alias.empty() && !expand) {
      out_ += Refer(type.alias);
      return;
    }
    auto builtin = [&](const char* name) { out_ += (rng_.Chance(8) ? "__cedar::" : "") + std::string(name); };
    switch (type.kind) {
      case TypeKind::kBool:
        builtin("Bool");
        break;
      case TypeKind::kLong:
        builtin("Long");
        break;
      case TypeKind::kString:
        builtin("String");
        break;
      case TypeKind::kDecimal:
        builtin("decimal");
        break;
      case TypeKind::kIp:
        builtin("ipaddr");
        break;
      case TypeKind::kDatetime:
        builtin("datetime");
        break;
      case TypeKind::kDuration:
        builtin("duration");
        break;
      case TypeKind::kEntity:
        out_ += Refer(type.entity);
        break;
      case TypeKind::kSet:
        out_ += "Set<";
        PrintType(*type.element, false);
        out_ += ">";
        break;
      case TypeKind::kRecord:
        PrintRecord(type.attrs);
        break;
    }
  }

  void PrintEntity(const EntityType& e) {
    if (rng_.Chance(10)) out_ += "@doc(\"an entity\") ";
    out_ += "entity " + Base(e.name);
    if (!e.enum_ids.empty()) {
      out_ += " enum [";
      for (size_t i = 0; i < e.enum_ids.size(); ++i) out_ += (i ? ", " : "") + Quote(e.enum_ids[i]);
      out_ += "];\n";
      return;
    }
    if (!e.parents.empty()) {
      std::vector<std::string> refs;
      for (const std::string& p : e.parents) refs.push_back(Refer(p));
      out_ += " in ";
      PrintList(refs, false);
    }
    if (!e.attrs.empty() || rng_.Chance(50)) {
      out_ += rng_.Chance(50) ? " = " : " ";
      PrintRecord(e.attrs);
    }
    if (e.tags) {
      out_ += " tags ";
      PrintType(*e.tags, false);
    }
    out_ += ";\n";
  }

  void PrintAction(const Action& a) {
    out_ += "action " + (IsIdentifier(a.uid.id) && rng_.Chance(70) ? a.uid.id : Quote(a.uid.id));
    if (!a.parents.empty()) {
      std::vector<std::string> refs;
      for (const Uid& p : a.parents) {
        bool local = p.type == Qualify(a.ns, "Action");
        refs.push_back(local && rng_.Chance(60) ? Quote(p.id) : p.type + "::" + Quote(p.id));
      }
      out_ += " in ";
      PrintList(refs, true);
    }
    if (a.applies) {
      out_ += " appliesTo { principal: ";
      auto refer = [&](const std::vector<std::string>& names) {
        std::vector<std::string> refs;
        for (const std::string& n : names) refs.push_back(Refer(n));
        PrintList(refs, false);
      };
      refer(a.principals);
      out_ += ", resource: ";
      refer(a.resources);
      if (!a.context_alias.empty()) {
        out_ += ", context: " + Refer(a.context_alias);
      } else if (!a.context.empty() || rng_.Chance(30)) {
        out_ += ", context: ";
        PrintRecord(a.context);
      }
      if (rng_.Chance(30)) out_ += ",";
      out_ += " }";
    }
    out_ += ";\n";
  }

  const Schema& schema_;
  Rng& rng_;
  std::string ns_;
  std::string out_;
};

Json TypeToJson(const Type& type, bool expand) {
  if (!type.alias.empty() && !expand) return {{"type", type.alias}};
  switch (type.kind) {
    case TypeKind::kBool:
      return {{"type", "Boolean"}};
    case TypeKind::kLong:
      return {{"type", "Long"}};
    case TypeKind::kString:
      return {{"type", "String"}};
    case TypeKind::kDecimal:
      return {{"type", "Extension"}, {"name", "decimal"}};
    case TypeKind::kIp:
      return {{"type", "Extension"}, {"name", "ipaddr"}};
    case TypeKind::kDatetime:
      return {{"type", "EntityOrCommon"}, {"name", "datetime"}};
    case TypeKind::kDuration:
      return {{"type", "Extension"}, {"name", "duration"}};
    case TypeKind::kEntity:
      return {{"type", "Entity"}, {"name", type.entity}};
    case TypeKind::kSet:
      return {{"type", "Set"}, {"element", TypeToJson(*type.element, false)}};
    case TypeKind::kRecord:
      break;
  }
  Json attributes = Json::object();
  for (const Attr& a : type.attrs) {
    Json t = TypeToJson(*a.type, false);
    if (!a.required) t["required"] = false;
    attributes[a.name] = t;
  }
  return {{"type", "Record"}, {"attributes", attributes}};
}

Json RecordToJson(const std::vector<Attr>& attrs) {
  Type t;
  t.kind = TypeKind::kRecord;
  t.attrs = attrs;
  return TypeToJson(t, true);
}

}  // namespace

std::string PrintSchema(const Schema& schema, Rng& rng) { return SchemaPrinter(schema, rng).Print(); }

Json SchemaToJson(const Schema& schema) {
  Json out = Json::object();
  for (const std::string& ns : schema.namespaces) {
    Json entities = Json::object(), actions = Json::object(), commons = Json::object();
    for (const CommonType& c : schema.common_types) {
      if (c.ns == ns) commons[Base(c.name)] = TypeToJson(*c.type, true);
    }
    for (const EntityType& e : schema.entity_types) {
      if (e.ns != ns) continue;
      Json j = Json::object();
      if (!e.enum_ids.empty()) {
        j["enum"] = e.enum_ids;
      } else {
        if (!e.parents.empty()) j["memberOfTypes"] = e.parents;
        if (!e.attrs.empty()) j["shape"] = RecordToJson(e.attrs);
        if (e.tags) j["tags"] = TypeToJson(*e.tags, false);
      }
      entities[Base(e.name)] = j;
    }
    for (const Action& a : schema.actions) {
      if (a.ns != ns) continue;
      Json j = Json::object();
      for (const Uid& p : a.parents) j["memberOf"].push_back(UidJson(p));
      if (a.applies) {
        j["appliesTo"] = {{"principalTypes", a.principals}, {"resourceTypes", a.resources}};
        j["appliesTo"]["context"] =
            a.context_alias.empty() ? RecordToJson(a.context) : Json{{"type", a.context_alias}};
      }
      actions[a.uid.id] = j;
    }
    out[ns] = {{"entityTypes", entities}, {"actions", actions}};
    if (!commons.empty()) out[ns]["commonTypes"] = commons;
  }
  return out;
}

}  // namespace polc::gen
