#include "tests/gen/mutate.h"

#include <algorithm>

namespace polc::gen {
namespace {

std::vector<std::string> Characters(const std::string& text) {
  std::vector<std::string> out;
  for (char c : text) {
    if (out.empty() || (static_cast<unsigned char>(c) & 0xC0) != 0x80) out.emplace_back();
    out.back() += c;
  }
  return out;
}

bool Word(const std::string& c) {
  return c.size() == 1 && ((c[0] >= 'a' && c[0] <= 'z') || (c[0] >= 'A' && c[0] <= 'Z') ||
                           (c[0] >= '0' && c[0] <= '9') || c[0] == '_');
}

// A coarse cut into words, strings, white space and single characters; concatenation gives the text back.
std::vector<std::string> Tokens(const std::string& text) {
  std::vector<std::string> chars = Characters(text), out;
  for (size_t i = 0; i < chars.size();) {
    std::string token = chars[i++];
    if (token == "\"") {
      while (i < chars.size() && chars[i] != "\"") {
        if (chars[i] == "\\" && i + 1 < chars.size()) token += chars[i++];
        token += chars[i++];
      }
      if (i < chars.size()) token += chars[i++];
    } else if (Word(token)) {
      while (i < chars.size() && Word(chars[i])) token += chars[i++];
    } else if (i < chars.size() &&
               (token + chars[i] == "==" || token + chars[i] == "!=" || token + chars[i] == "&&" ||
                token + chars[i] == "||" || token + chars[i] == "::" || token + chars[i] == "<=" ||
                token + chars[i] == ">=")) {
      token += chars[i++];
    }
    out.push_back(token);
  }
  return out;
}

std::string Join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& p : parts) out += p;
  return out;
}

const std::vector<std::string> kAwkward = {"9223372036854775808",
                                           "-9223372036854775808",
                                           "18446744073709551616",
                                           "(9223372036854775808)",
                                           "\"\\q\"",
                                           "\"\\x80\"",
                                           "\"\\x7F\"",
                                           "\"\\u{110000}\"",
                                           "\"\\u{D800}\"",
                                           "\"\\u{}\"",
                                           "\"\\*\"",
                                           "'a'",
                                           "?principal",
                                           "?resource",
                                           "?action",
                                           "==",
                                           "=",
                                           "%",
                                           "/",
                                           "::",
                                           "__cedar",
                                           "if",
                                           "then",
                                           "else",
                                           "true",
                                           "in",
                                           "is",
                                           "like",
                                           "has",
                                           "!!!!",
                                           "!!!!!",
                                           "----1",
                                           "-----1",
                                           "- -",
                                           "[",
                                           "]",
                                           "{",
                                           "}",
                                           "(",
                                           ")",
                                           ",",
                                           ";",
                                           ".",
                                           ":",
                                           "@",
                                           "@id(\"a\")",
                                           "@id",
                                           "@if",
                                           "principal",
                                           "action",
                                           "resource",
                                           "context",
                                           "permit",
                                           "forbid",
                                           "when",
                                           "unless",
                                           "when {}",
                                           "[,]",
                                           "[1,]",
                                           "{}",
                                           "[]",
                                           "{a: 1, a: 2}",
                                           "{\"a\": 1, a: 1}",
                                           "1 < 2",
                                           "< 3",
                                           "== 1",
                                           "&&",
                                           "||",
                                           "!",
                                           "-",
                                           "+",
                                           "*",
                                           "not",
                                           "and",
                                           "\xC2\xA0",
                                           "/*",
                                           "*/",
                                           "//",
                                           "// x\n",
                                           "User::\"a\"",
                                           "Action::\"view\"",
                                           "ip",
                                           "ip(\"1.1.1.1\")",
                                           "decimal",
                                           ".contains()",
                                           ".contains(1)",
                                           ".isEmpty()",
                                           ".isEmpty(1)",
                                           ".hasTag(\"a\")",
                                           ".foo()",
                                           ".foo",
                                           "[\"a\"]",
                                           "[1]",
                                           "[context]",
                                           "has a.b",
                                           "has a.\"b\"",
                                           "has \"a\".b",
                                           "has if",
                                           "like \"a\"",
                                           "like a",
                                           "is User",
                                           "is User in ?principal",
                                           "is in",
                                           "is User::\"a\"",
                                           "in [",
                                           "Long",
                                           "Set",
                                           "Set<Long>",
                                           "entity",
                                           "namespace",
                                           "type",
                                           "appliesTo",
                                           "tags",
                                           "enum",
                                           "?",
                                           "\"",
                                           "\\",
                                           "0x10",
                                           "1.5",
                                           "1e3",
                                           "null"};

}  // namespace

std::string MutateTokens(const std::string& text, Rng& rng) {
  std::vector<std::string> tokens = Tokens(text);
  for (uint64_t n = 1 + rng.Weighted({80, 15, 5}); n > 0 && !tokens.empty(); --n) {
    // White space is rarely worth a change.
    size_t at = rng.Below(tokens.size());
    for (int tries = 0; tries < 3 && (tokens[at] == " " || tokens[at] == "\n"); ++tries)
      at = rng.Below(tokens.size());
    switch (rng.Below(7)) {
      case 0:
        tokens.erase(tokens.begin() + at);
        break;
      case 1:
        tokens.insert(tokens.begin() + at, tokens[at] + " ");
        break;
      case 2:
        std::swap(tokens[at], tokens[rng.Below(tokens.size())]);
        break;
      case 3:
        tokens[at] = rng.Pick(tokens);
        break;
      case 4:
        tokens[at] = rng.Pick(kAwkward);
        break;
      case 5:
        tokens.insert(tokens.begin() + at, " " + rng.Pick(kAwkward) + " ");
        break;
      default:
        if (rng.Chance(30)) {
          tokens.resize(at);
        } else {
          tokens.insert(tokens.begin() + at, rng.Pick(tokens));
        }
    }
  }
  return Join(tokens);
}

std::string MutateChars(const std::string& text, Rng& rng) {
  static const std::vector<std::string> kChars = {
      "\"",     "\\",     "'",      "\r",     "\t", "\n", std::string(1, '\0'),
      "\u00a0", "\u2003", "\ufeff", "\u200b", "ß",  "*",  "?",
      "@",      "#",      "$",      "%",      "&",  "|",  "=",
      "<",      ">",      "!",      "(",      ")",  "[",  "]",
      "{",      "}",      ",",      ";",      ":",  ".",  "-",
      "_",      "0",      "9",      "a",      "Z",  "/",  "\x7f"};
  std::vector<std::string> chars = Characters(text);
  for (uint64_t n = 1 + rng.Below(2); n > 0 && !chars.empty(); --n) {
    size_t at = rng.Below(chars.size());
    switch (rng.Below(4)) {
      case 0:
        chars.erase(chars.begin() + at);
        break;
      case 1:
        chars[at] = rng.Pick(kChars);
        break;
      case 2:
        chars.insert(chars.begin() + at, rng.Pick(kChars));
        break;
      default:
        chars.insert(chars.begin() + at, chars[rng.Below(chars.size())]);
    }
  }
  return Join(chars);
}

namespace {

// Every node of the tree; pointers stay valid until something is changed.
void Collect(Json& node, std::vector<Json*>& out) {
  out.push_back(&node);
  if (node.is_structured()) {
    for (Json& child : node) Collect(child, out);
  }
}

const std::vector<Json>& OddValues() {
  static const std::vector<Json> kValues = {
      Json(nullptr),
      Json(true),
      Json(0),
      Json(-1),
      Json(int64_t{9223372036854775807}),
      Json(uint64_t{9223372036854775808u}),
      Json(1.5),
      Json("x"),
      Json(""),
      Json::array(),
      Json::object(),
      Json::parse(R"({"__entity":{"type":"User","id":"a"}})"),
      Json::parse(R"({"__entity":{"type":"User"}})"),
      Json::parse(R"({"__entity":"User::\"a\""})"),
      Json::parse(R"({"type":"User","id":"a"})"),
      Json::parse(R"({"__extn":{"fn":"ip","arg":"10.0.0.1"}})"),
      Json::parse(R"({"__extn":{"fn":"ip","arg":"nonsense"}})"),
      Json::parse(R"({"__extn":{"fn":"decimal","args":["1.0"]}})"),
      Json::parse(R"({"__extn":{"fn":"nope","arg":"1"}})"),
      Json::parse(R"({"__extn":{"fn":"ip"}})"),
      Json::parse(R"({"fn":"ip","arg":"10.0.0.1"})"),
      Json::parse(R"({"__expr":"1+1"})"),
      Json::parse(R"({"__extn":{"fn":"datetime","arg":"2024-01-01"}})"),
      Json::parse(
          R"({"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"2024-01-01"}},{"__extn":{"fn":"duration","arg":"1d"}}]}})"),
      Json::parse(R"([1,"a",true])"),
      Json::parse(R"({"Value":1})"),
      Json::parse(R"({"Var":"principal"})"),
      Json::parse(R"({"Slot":"?principal"})"),
      Json::parse(R"({"a":{"b":1}})")};
  return kValues;
}

}  // namespace

Json MutateJson(Json value, Rng& rng) {
  static const std::vector<std::string> kKeys = {
      "x",        "uid",         "attrs", "type",        "id",   "op",   "entity", "__entity", "__extn",
      "required", "annotations", "slot",  "entity_type", "attr", "left", "",       "in"};
  for (uint64_t n = 1 + rng.Below(2); n > 0; --n) {
    std::vector<Json*> nodes;
    Collect(value, nodes);
    Json& node = *rng.Pick(nodes);
    switch (rng.Below(6)) {
      case 0:
      case 1:
        if (node.is_object() && !node.empty()) {
          auto it = node.begin();
          std::advance(it, static_cast<long>(rng.Below(node.size())));
          Json moved = *it;
          node.erase(it);
          if (rng.Chance(40)) node[rng.Pick(kKeys)] = moved;
        } else if (node.is_array() && !node.empty()) {
          if (rng.Chance(50)) {
            node.erase(rng.Below(node.size()));
          } else {
            Json copy = node[rng.Below(node.size())];
            node.push_back(copy);
          }
        } else {
          node = rng.Pick(OddValues());
        }
        break;
      case 2:
        node = rng.Pick(OddValues());
        break;
      case 3: {
        Json copy = *rng.Pick(nodes);
        node = copy;
        break;
      }
      case 4:
        if (node.is_object()) {
          node[rng.Pick(kKeys)] = rng.Pick(OddValues());
        } else if (node.is_array()) {
          node.push_back(rng.Pick(OddValues()));
        } else if (node.is_string()) {
          node = MutateChars(node.get<std::string>(), rng);
        } else {
          node = rng.Pick(OddValues());
        }
        break;
      default: {
        Json copy = node;
        node = rng.Chance(50) ? Json::array({copy}) : Json{{rng.Pick(kKeys), copy}};
      }
    }
  }
  return value;
}

Request MutateRequest(const World& world, Request r, Rng& rng) {
  auto other = [&] { return MakeUid(world, rng.Pick(world.schema.entity_types).name, rng); };
  switch (rng.Below(8)) {
    case 0:
      r.principal = other();
      break;
    case 1:
      r.resource = other();
      break;
    case 2:
      r.action = rng.Pick(world.schema.actions).uid;
      break;
    case 3:
      r.action.id += "x";
      break;
    case 4:
      (rng.Chance(50) ? r.principal : r.resource).type += "x";
      break;
    case 5:
      (rng.Chance(50) ? r.principal : r.resource).id = "never heard of";
      break;
    default:
      r.context = MutateJson(r.context, rng);
  }
  return r;
}

Json MutateEntity(const World& world, Json entity, Rng& rng) {
  auto other = [&] {
    Uid u = rng.Chance(15) ? rng.Pick(world.schema.actions).uid
                           : MakeUid(world, rng.Pick(world.schema.entity_types).name, rng);
    return Json{{"type", u.type}, {"id", u.id}};
  };
  switch (rng.Below(6)) {
    case 0:
      entity["uid"] = other();
      break;
    case 1:
      entity["parents"].push_back(other());
      break;
    case 2:
      entity["attrs"] = MutateJson(entity["attrs"], rng);
      break;
    case 3:
      entity["tags"]["t"] = rng.Pick(OddValues());
      break;
    case 4: {
      auto& attrs = entity["attrs"];
      if (!attrs.empty()) {
        auto it = attrs.begin();
        std::advance(it, static_cast<long>(rng.Below(attrs.size())));
        *it = rng.Pick(OddValues());
      }
      break;
    }
    default:
      entity = MutateJson(entity, rng);
  }
  return entity;
}

}  // namespace polc::gen
