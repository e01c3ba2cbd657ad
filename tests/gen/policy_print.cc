// The text and JSON forms of generated policies. Text is made as a list of tokens that are then spaced, so
// that white space and comments can fall between any two.
#include <algorithm>
#include <set>

#include "tests/gen/policy.h"

namespace polc::gen {
namespace {

// Binding strength of what the grammar allows at a place; larger binds tighter.
enum Level { kAnyExpr = 0, kOrLevel, kAndLevel, kRelation, kSum, kProduct, kUnary, kMember };

int LevelOf(const Expr& e) {
  switch (e.kind) {
    case X::kIf:
      return kAnyExpr;
    case X::kOr:
      return kOrLevel;
    case X::kAnd:
      return kAndLevel;
    case X::kEq:
    case X::kNe:
    case X::kLt:
    case X::kLe:
    case X::kGt:
    case X::kGe:
    case X::kIn:
    case X::kIs:
    case X::kIsIn:
    case X::kHas:
    case X::kLike:
      return kRelation;
    case X::kAdd:
    case X::kSub:
      return kSum;
    case X::kMul:
      return kProduct;
    case X::kNot:
    case X::kNeg:
      return kUnary;
    case X::kLong:
      return e.number < 0 ? kUnary : kMember;
    default:
      return kMember;
  }
}

const char* Spelling(X kind) {
  switch (kind) {
    case X::kOr:
      return "||";
    case X::kAnd:
      return "&&";
    case X::kEq:
      return "==";
    case X::kNe:
      return "!=";
    case X::kLt:
      return "<";
    case X::kLe:
      return "<=";
    case X::kGt:
      return ">";
    case X::kGe:
      return ">=";
    case X::kIn:
      return "in";
    case X::kAdd:
      return "+";
    case X::kSub:
      return "-";
    case X::kMul:
      return "*";
    case X::kNot:
      return "!";
    default:
      return "-";
  }
}

bool IsIdentifier(const std::string& text) {
  static const std::set<std::string> kReserved = {"true", "false", "if",   "then", "else",
                                                  "in",   "is",    "like", "has",  "__cedar"};
  if (text.empty() || kReserved.contains(text) || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// Cuts UTF-8 into its characters.
std::vector<std::string> Characters(const std::string& text) {
  std::vector<std::string> out;
  for (char c : text) {
    if (out.empty() || (static_cast<unsigned char>(c) & 0xC0) != 0x80) out.emplace_back();
    out.back() += c;
  }
  return out;
}

uint32_t Scalar(const std::string& character) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(character[i]); };
  switch (character.size()) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1Fu) << 6 | (byte(1) & 0x3Fu);
    case 3:
      return (byte(0) & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
    default:
      return (byte(0) & 0x07u) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6 | (byte(3) & 0x3Fu);
  }
}

class TextPrinter {
 public:
  TextPrinter(const Layout& layout, Rng& rng) : layout_(layout), rng_(rng) {}

  void Put(std::string token) { tokens_.push_back(std::move(token)); }

  std::string Literal(const std::string& text, bool pattern = false) {
    static const char* kHex = "0123456789abcdef";
    std::string out = pattern ? "" : "\"";
    for (const std::string& c : Characters(text)) {
      uint32_t scalar = Scalar(c);
      if (pattern && c == "*") {
        out += "\\*";
      } else if (rng_.Chance(layout_.escapes)) {
        if (scalar < 0x80 && rng_.Chance(50)) {
          out += std::string("\\x") + kHex[scalar >> 4] + kHex[scalar & 15];
        } else {
          std::string digits;
          for (uint32_t rest = scalar; rest != 0 || digits.empty(); rest >>= 4)
            digits.insert(0, 1, kHex[rest & 15]);
          if (digits.size() < 6 && rng_.Chance(20)) digits.insert(0, 1, '0');
          out += "\\u{" + digits + "}";
        }
      } else {
        switch (scalar) {
          case '"':
            out += "\\\"";
            break;
          case '\\':
            out += "\\\\";
            break;
          case '\n':
            out += rng_.Chance(70) ? "\\n" : "\n";
            break;
          case '\r':
            out += "\\r";
            break;
          case '\t':
            out += rng_.Chance(70) ? "\\t" : "\t";
            break;
          case '\'':
            out += rng_.Chance(30) ? "\\'" : "'";
            break;
          case 0:
            out += "\\0";
            break;
          default:
            out += c;
        }
      }
    }
    return pattern ? out : out + "\"";
  }

  void Name(const std::string& name) {
    for (size_t at = 0;;) {
      size_t end = name.find("::", at);
      Put(name.substr(at, end == std::string::npos ? end : end - at));
      if (end == std::string::npos) return;
      Put("::");
      at = end + 2;
    }
  }

  void Entity(const Uid& uid) {
    Name(uid.type);
    Put("::");
    Put(Literal(uid.id));
  }

  template <typename F>
  void List(const char* open, const char* close, size_t count, F&& item) {
    Put(open);
    for (size_t i = 0; i < count; ++i) {
      if (i) Put(",");
      item(i);
    }
    if (count && rng_.Chance(layout_.trailing)) Put(",");
    Put(close);
  }

  // Recursion is bounded by the depth the generator made.
  void Print(const E& e, int level) {
    const bool paren = LevelOf(*e) < level || rng_.Chance(layout_.parens);
    if (paren) Put("(");
    switch (e->kind) {
      case X::kBool:
        Put(e->number ? "true" : "false");
        break;
      case X::kLong:
        if (e->number < 0) {
          Put("-");
          Put(std::to_string(e->number).substr(1));
        } else {
          Put((rng_.Chance(3) ? "00" : "") + std::to_string(e->number));
        }
        break;
      case X::kString:
        Put(Literal(e->text));
        break;
      case X::kEntity:
        Entity(e->uid);
        break;
      case X::kVar:
        Put(e->text);
        break;
      case X::kIf:
        Put("if");
        Print(e->kids[0], kAnyExpr);
        Put("then");
        Print(e->kids[1], kAnyExpr);
        Put("else");
        Print(e->kids[2], kAnyExpr);
        break;
      case X::kOr:
        Binary(*e, kOrLevel, kAndLevel);
        break;
      case X::kAnd:
        Binary(*e, kAndLevel, kRelation);
        break;
      case X::kEq:
      case X::kNe:
      case X::kLt:
      case X::kLe:
      case X::kGt:
      case X::kGe:
      case X::kIn:
        Binary(*e, kSum, kSum);
        break;
      case X::kAdd:
      case X::kSub:
        Binary(*e, kSum, kProduct);
        break;
      case X::kMul:
        Binary(*e, kProduct, kUnary);
        break;
      case X::kNot:
      case X::kNeg: {
        // At most four operators in a row, and never two different ones.
        X kind = e->kind;
        E inner = e;
        int run = 0;
        while (inner->kind == kind && run < 4) {
          Put(Spelling(kind));
          inner = inner->kids[0];
          ++run;
        }
        if (kind == X::kNeg && inner->kind == X::kLong && inner->number >= 0) {
          Put("(");
          Print(inner, kAnyExpr);
          Put(")");
        } else {
          Print(inner, kMember);
        }
        break;
      }
      case X::kIs:
      case X::kIsIn:
        Print(e->kids[0], kSum);
        Put("is");
        Name(e->text);
        if (e->kind == X::kIsIn) {
          Put("in");
          Print(e->kids[1], kSum);
        }
        break;
      case X::kHas:
        Print(e->kids[0], kSum);
        Put("has");
        if (e->names.size() == 1 && (!IsIdentifier(e->names[0]) || rng_.Chance(15))) {
          Put(Literal(e->names[0]));
        } else {
          for (size_t i = 0; i < e->names.size(); ++i) {
            if (i) Put(".");
            Put(e->names[i]);
          }
        }
        break;
      case X::kLike: {
        Print(e->kids[0], kSum);
        Put("like");
        std::string pattern = "\"";
        for (const PatternPart& p : e->pattern) {
          // Wildcards are found after unescaping, so an escaped one is a wildcard all the same.
          pattern += p.wildcard ? (rng_.Chance(90)   ? "*"
                                   : rng_.Chance(50) ? "\\x2a"
                                                     : "\\u{2A}")
                                : Literal(p.literal, true);
        }
        Put(pattern + "\"");
        break;
      }
      case X::kGet:
        Print(e->kids[0], kMember);
        if (IsIdentifier(e->text) && rng_.Chance(85)) {
          Put(".");
          Put(e->text);
        } else {
          Put("[");
          Put(Literal(e->text));
          Put("]");
        }
        break;
      case X::kMethod:
        Print(e->kids[0], kMember);
        Put(".");
        Put(e->text);
        List("(", ")", e->kids.size() - 1, [&](size_t i) { Print(e->kids[i + 1], kAnyExpr); });
        break;
      case X::kCall:
        Name(e->text);
        List("(", ")", e->kids.size(), [&](size_t i) { Print(e->kids[i], kAnyExpr); });
        break;
      case X::kSet:
        List("[", "]", e->kids.size(), [&](size_t i) { Print(e->kids[i], kAnyExpr); });
        break;
      case X::kRecord:
        List("{", "}", e->kids.size(), [&](size_t i) {
          Put(IsIdentifier(e->names[i]) && rng_.Chance(70) ? e->names[i] : Literal(e->names[i]));
          Put(":");
          Print(e->kids[i], kAnyExpr);
        });
        break;
    }
    if (paren) Put(")");
  }

  void PrintScope(const char* var, const Scope& s) {
    Put(var);
    auto target = [&] {
      if (s.slot) {
        Put("?" + std::string(var));
      } else {
        Entity(s.uid);
      }
    };
    switch (s.op) {
      case Scope::Op::kAny:
        break;
      case Scope::Op::kEq:
        Put("==");
        target();
        break;
      case Scope::Op::kIn:
        Put("in");
        target();
        break;
      case Scope::Op::kIs:
        Put("is");
        Name(s.type);
        break;
      case Scope::Op::kIsIn:
        Put("is");
        Name(s.type);
        Put("in");
        target();
        break;
    }
  }

  void Print(const Policy& p) {
    for (const auto& [key, value] : p.annotations) {
      Put("@");
      Put(key);
      if (value) {
        Put("(");
        Put(Literal(*value));
        Put(")");
      }
    }
    Put(p.forbid ? "forbid" : "permit");
    Put("(");
    PrintScope("principal", p.principal);
    Put(",");
    Put("action");
    switch (p.action.op) {
      case ActionScope::Op::kAny:
        break;
      case ActionScope::Op::kEq:
        Put("==");
        Entity(p.action.uids[0]);
        break;
      case ActionScope::Op::kIn:
        Put("in");
        Entity(p.action.uids[0]);
        break;
      case ActionScope::Op::kInList:
        Put("in");
        List("[", "]", p.action.uids.size(), [&](size_t i) { Entity(p.action.uids[i]); });
        break;
    }
    Put(",");
    PrintScope("resource", p.resource);
    if (rng_.Chance(layout_.trailing)) Put(",");
    Put(")");
    for (const Condition& c : p.conditions) {
      Put(c.unless ? "unless" : "when");
      Put("{");
      Print(c.body, kAnyExpr);
      Put("}");
    }
    Put(";");
    EndPolicy();
  }

  std::string Take() { return std::move(out_); }

 private:
  void Binary(const Expr& e, int left, int right) {
    Print(e.kids[0], left);
    Put(Spelling(e.kind));
    Print(e.kids[1], right);
  }

  static bool Word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '?' || c == '@';
  }

  // Joins the tokens of one policy.
  void EndPolicy() {
    static const std::vector<std::string> kOdd = {"\t",   "\n",     "\n\n",   "   ",
                                                  "\r\n", "\u00a0", "\u2003", "\f"};
    static const std::vector<std::string> kComments = {
        "// why", "//", "// permit(principal, action, resource);", "//// \"quoted\" ünï", "// a; b"};
    std::string previous;
    for (const std::string& t : tokens_) {
      bool needed = !previous.empty() && Word(previous.back()) && Word(t.front());
      bool tight = t == "," || t == ";" || t == "." || t == "::" || t == ")" || t == "]" || previous == "." ||
                   previous == "::" || previous == "(" || previous == "[" || previous == "@" ||
                   previous == "!" || previous.empty() ||
                   (t == "(" && !previous.empty() && Word(previous.back()));
      // `a - -1` and `!` runs may be written tight or not; `--` stays two tokens either way.
      if (needed || !tight) out_ += " ";
      if (rng_.Chance(layout_.odd_space)) out_ += rng_.Pick(kOdd);
      out_ += t;
      if (rng_.Chance(layout_.comments)) out_ += " " + rng_.Pick(kComments) + "\n";
      previous = t;
    }
    out_ += rng_.Chance(80) ? "\n" : "\n\n";
    if (rng_.Chance(layout_.comments)) out_ += rng_.Pick(kComments) + "\n";
    tokens_.clear();
  }

  const Layout& layout_;
  Rng& rng_;
  std::vector<std::string> tokens_;
  std::string out_;
};

// ---- Policy JSON ----

Json ExprToJson(const Expr& e) {
  auto one = [](const char* key, Json value) {
    Json out = Json::object();
    out[key] = std::move(value);
    return out;
  };
  auto kid = [&](size_t i) { return ExprToJson(*e.kids[i]); };
  auto all = [&](size_t from) {
    Json out = Json::array();
    for (size_t i = from; i < e.kids.size(); ++i) out.push_back(kid(i));
    return out;
  };
  switch (e.kind) {
    case X::kBool:
      return one("Value", e.number != 0);
    case X::kLong:
      return one("Value", e.number);
    case X::kString:
      return one("Value", e.text);
    case X::kEntity:
      return one("Value", one("__entity", UidJson(e.uid)));
    case X::kVar:
      return one("Var", e.text);
    case X::kIf:
      return one("if-then-else", {{"if", kid(0)}, {"then", kid(1)}, {"else", kid(2)}});
    case X::kNot:
      return one("!", {{"arg", kid(0)}});
    case X::kNeg:
      return one("neg", {{"arg", kid(0)}});
    case X::kIs:
      return one("is", {{"left", kid(0)}, {"entity_type", e.text}});
    case X::kIsIn:
      return one("is", {{"left", kid(0)}, {"entity_type", e.text}, {"in", kid(1)}});
    case X::kHas: {
      Json attr = e.names.size() == 1 ? Json(e.names[0]) : Json(e.names);
      return one("has", {{"left", kid(0)}, {"attr", attr}});
    }
    case X::kLike: {
      Json pattern = Json::array();
      for (const PatternPart& p : e.pattern) {
        if (p.wildcard) {
          pattern.push_back("Wildcard");
        } else {
          pattern.push_back(one("Literal", p.literal));
        }
      }
      return one("like", {{"left", kid(0)}, {"pattern", pattern}});
    }
    case X::kGet:
      return one(".", {{"left", kid(0)}, {"attr", e.text}});
    case X::kMethod: {
      static const std::set<std::string> kBuiltin = {"contains", "containsAll", "containsAny", "getTag",
                                                     "hasTag"};
      if (e.text == "isEmpty") return one("isEmpty", {{"arg", kid(0)}});
      if (kBuiltin.contains(e.text) && e.kids.size() == 2)
        return one(e.text.c_str(), {{"left", kid(0)}, {"right", kid(1)}});
      return one(e.text.c_str(), all(0));
    }
    case X::kCall:
      return one(e.text.c_str(), all(0));
    case X::kSet:
      return one("Set", all(0));
    case X::kRecord: {
      Json fields = Json::object();
      for (size_t i = 0; i < e.kids.size(); ++i) fields[e.names[i]] = kid(i);
      return one("Record", fields);
    }
    default:
      return one(Spelling(e.kind), {{"left", kid(0)}, {"right", kid(1)}});
  }
}

Json ScopeToJson(const char* var, const Scope& s) {
  auto target = [&](Json out) {
    if (s.slot) {
      out["slot"] = "?" + std::string(var);
    } else {
      out["entity"] = UidJson(s.uid);
    }
    return out;
  };
  switch (s.op) {
    case Scope::Op::kAny:
      return {{"op", "All"}};
    case Scope::Op::kEq:
      return target({{"op", "=="}});
    case Scope::Op::kIn:
      return target({{"op", "in"}});
    case Scope::Op::kIs:
      return {{"op", "is"}, {"entity_type", s.type}};
    default:
      return {{"op", "is"}, {"entity_type", s.type}, {"in", target(Json::object())}};
  }
}

}  // namespace

Layout MakeLayout(Rng& rng) {
  Layout l;
  if (rng.Chance(30)) l.comments = rng.Chance(50) ? 2 : 8;
  // The reference formatter drops the comment of a trailing comma, and then some; polc keeps it
  // (compiler/format/cedar_format.h). Nothing else about formatting is left out.
  if (l.comments) l.trailing = 0;
  if (rng.Chance(20)) l.odd_space = 10;
  if (rng.Chance(30)) l.parens = 0;
  if (rng.Chance(30)) l.escapes = 0;
  return l;
}

std::string PrintPolicy(const Policy& policy, const Layout& layout, Rng& rng) {
  TextPrinter printer(layout, rng);
  printer.Print(policy);
  return printer.Take();
}

std::string PrintPolicySet(const PolicySet& set, const Layout& layout, Rng& rng) {
  TextPrinter printer(layout, rng);
  for (const Policy& p : set.policies) printer.Print(p);
  return printer.Take();
}

Json PolicyToJson(const Policy& p) {
  Json out = {{"effect", p.forbid ? "forbid" : "permit"},
              {"principal", ScopeToJson("principal", p.principal)},
              {"resource", ScopeToJson("resource", p.resource)},
              {"conditions", Json::array()}};
  switch (p.action.op) {
    case ActionScope::Op::kAny:
      out["action"] = {{"op", "All"}};
      break;
    case ActionScope::Op::kEq:
      out["action"] = {{"op", "=="}, {"entity", UidJson(p.action.uids[0])}};
      break;
    case ActionScope::Op::kIn:
      out["action"] = {{"op", "in"}, {"entity", UidJson(p.action.uids[0])}};
      break;
    case ActionScope::Op::kInList:
      out["action"] = {{"op", "in"}, {"entities", Json::array()}};
      for (const Uid& uid : p.action.uids) out["action"]["entities"].push_back(UidJson(uid));
  }
  for (const Condition& c : p.conditions) {
    out["conditions"].push_back({{"kind", c.unless ? "unless" : "when"}, {"body", ExprToJson(*c.body)}});
  }
  for (const auto& [key, value] : p.annotations) {
    out["annotations"][key] = value ? Json(*value) : Json(nullptr);
  }
  return out;
}

bool IsExtensionMethod(const std::string& name) {
  static const std::set<std::string> kMethods = {
      "lessThan",  "lessThanOrEqual", "greaterThan", "greaterThanOrEqual", "isIpv4",
      "isIpv6",    "isLoopback",      "isMulticast", "isInRange",          "offset",
      "toDate",    "durationSince",   "toTime",      "toMilliseconds",     "toSeconds",
      "toMinutes", "toHours",         "toDays"};
  return kMethods.contains(name);
}

std::string PolicyId(size_t index) { return "policy" + std::to_string(index); }

Json PolicySetToJson(const PolicySet& set) {
  Json out = {
      {"templates", Json::object()}, {"staticPolicies", Json::object()}, {"templateLinks", Json::array()}};
  for (size_t i = 0; i < set.policies.size(); ++i) {
    const Policy& p = set.policies[i];
    out[p.is_template() ? "templates" : "staticPolicies"][PolicyId(i)] = PolicyToJson(p);
  }
  for (const Link& l : set.links) {
    Json values = Json::object();
    if (l.principal) values["?principal"] = UidJson(*l.principal);
    if (l.resource) values["?resource"] = UidJson(*l.resource);
    out["templateLinks"].push_back({{"templateId", PolicyId(l.of)}, {"newId", l.id}, {"values", values}});
  }
  return out;
}

}  // namespace polc::gen
