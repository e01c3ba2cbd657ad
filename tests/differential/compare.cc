#include "tests/differential/compare.h"

#include <array>

#include "compiler/source/source_map.h"

namespace polc::differential {
namespace {

// Policies that differ only in the order of what has no order are the same: only JSON objects have none.
// A schema action without appliesTo may be written with empty lists.
Json WithoutEmptyAppliesTo(Json schema) {
  for (auto& ns : schema) {
    if (!ns.is_object() || !ns.contains("actions")) continue;
    for (auto& action : ns["actions"]) {
      if (!action.is_object() || !action.contains("appliesTo")) continue;
      Json& a = action["appliesTo"];
      auto empty = [&](const char* key) { return !a.contains(key) || a[key].empty(); };
      if (empty("principalTypes") && empty("resourceTypes")) action.erase("appliesTo");
    }
  }
  return schema;
}

// The texts a list-valued aspect is about.
std::vector<std::string>* TextsOf(Case& c, const std::string& aspect) {
  if (aspect == "policy_texts") return &c.policy_mutants;
  if (aspect == "policy_jsons") return &c.policy_jsons;
  if (aspect == "schema_texts") return &c.schema_mutants;
  if (aspect == "schema_json_texts") return &c.schema_json_mutants;
  if (aspect == "entity_texts") return &c.entity_texts;
  if (aspect == "entities_texts") return &c.entities_texts;
  return nullptr;
}

class Shrinker {
 public:
  Shrinker(Case c, const Disagreement& shown,
           const std::function<std::vector<Disagreement>(const Case&)>& disagrees)
      : best_(std::move(c)), aspect_(shown.aspect), disagrees_(disagrees) {}

  Case Run(std::optional<size_t> index) {
    DropOtherComparisons(index);
    DropList(best_, &Case::requests);
    DropPolicies();
    DropList(best_, &Case::entities);
    ShrinkPolicies();
    ShrinkTexts();
    return best_;
  }

 private:
  // Whether the smaller case still shows the disagreement; if so, it is the best one.
  bool Try(const Case& c) {
    if (runs_ >= kMaxRuns) return false;
    ++runs_;
    for (const Disagreement& d : disagrees_(c)) {
      if (d.aspect == aspect_) {
        best_ = c;
        return true;
      }
    }
    return false;
  }

  void DropOtherComparisons(std::optional<size_t> index) {
    Case c = best_;
    for (const char* other : {"policy_texts", "policy_jsons", "schema_texts", "schema_json_texts",
                              "entity_texts", "entities_texts"}) {
      std::vector<std::string>& texts = *TextsOf(c, other);
      if (other != aspect_) {
        texts.clear();
      } else if (index && *index < texts.size()) {
        texts = {texts[*index]};
      }
    }
    c.json = c.json && aspect_ == "json";
    c.format = c.format && aspect_ == "formatted";
    c.convert = c.convert && aspect_ == "converted";
    if (aspect_ != "levels") c.levels.clear();
    Try(c);
    // Where texts are compared, the set itself matters only to `policy_jsons`, and not always there.
    if (TextsOf(c, aspect_)) {
      c = best_;
      c.set = {};
      c.policy_texts.clear();
      c.tail.clear();
      Try(c);
    }
  }

  // Takes away halves, quarters, ... of a list.
  template <typename T>
  void DropList(const Case&, std::vector<T> Case::* list) {
    for (size_t chunk = (best_.*list).size(); chunk > 0; chunk /= 2) {
      for (size_t at = 0; at < (best_.*list).size();) {
        Case c = best_;
        auto& items = c.*list;
        items.erase(items.begin() + at, items.begin() + std::min(items.size(), at + chunk));
        if (!Try(c)) at += chunk;
      }
    }
  }

  void DropPolicies() {
    for (size_t i = best_.set.policies.size(); i > 0; --i) {
      Case c = best_;
      const size_t at = i - 1;
      c.set.policies.erase(c.set.policies.begin() + at);
      c.policy_texts.erase(c.policy_texts.begin() + at);
      std::vector<gen::Link> links;
      for (gen::Link l : c.set.links) {
        if (l.of == at) continue;
        if (l.of > at) --l.of;
        links.push_back(l);
      }
      c.set.links = links;
      Try(c);
    }
    for (size_t i = best_.set.links.size(); i > 0; --i) {
      Case c = best_;
      c.set.links.erase(c.set.links.begin() + (i - 1));
      Try(c);
    }
  }

  static std::string Plain(const gen::Policy& p) {
    gen::Layout layout;
    layout.comments = layout.odd_space = layout.parens = layout.escapes = layout.trailing = 0;
    gen::Rng rng(1);
    return gen::PrintPolicy(p, layout, rng);
  }

  bool TryPolicy(size_t i, const gen::Policy& p) {
    Case c = best_;
    c.set.policies[i] = p;
    c.policy_texts[i] = Plain(p);
    return Try(c);
  }

  void ShrinkPolicies() {
    for (size_t i = 0; i < best_.set.policies.size(); ++i) {
      if (!TryPolicy(i, best_.set.policies[i])) continue;  // its layout matters: leave it
      for (size_t k = best_.set.policies[i].annotations.size(); k > 0; --k) {
        gen::Policy p = best_.set.policies[i];
        p.annotations.erase(p.annotations.begin() + (k - 1));
        TryPolicy(i, p);
      }
      for (size_t k = best_.set.policies[i].conditions.size(); k > 0; --k) {
        gen::Policy p = best_.set.policies[i];
        p.conditions.erase(p.conditions.begin() + (k - 1));
        TryPolicy(i, p);
      }
      for (gen::Scope gen::Policy::* scope : {&gen::Policy::principal, &gen::Policy::resource}) {
        gen::Policy p = best_.set.policies[i];
        if ((p.*scope).slot) continue;  // a link names it
        p.*scope = {};
        TryPolicy(i, p);
      }
      gen::Policy p = best_.set.policies[i];
      p.action = {};
      TryPolicy(i, p);
      for (size_t k = 0; k < best_.set.policies[i].conditions.size(); ++k) {
        while (ShrinkCondition(i, k)) {
        }
      }
    }
  }

  // One step: some node replaced by one of its operands or by `true`.
  bool ShrinkCondition(size_t policy, size_t condition) {
    std::vector<gen::E> smaller;
    Smaller(best_.set.policies[policy].conditions[condition].body, smaller);
    for (const gen::E& e : smaller) {
      gen::Policy p = best_.set.policies[policy];
      p.conditions[condition].body = e;
      if (TryPolicy(policy, p)) return true;
    }
    return false;
  }

  // Every tree that is `e` with one node made smaller, the largest savings first. Depth is the generator's.
  static void Smaller(const gen::E& e, std::vector<gen::E>& out) {
    for (const gen::E& kid : e->kids) out.push_back(kid);
    if (!e->kids.empty()) {
      gen::Expr yes;
      yes.number = 1;
      out.push_back(std::make_shared<const gen::Expr>(yes));
    }
    for (size_t i = 0; i < e->kids.size(); ++i) {
      std::vector<gen::E> below;
      Smaller(e->kids[i], below);
      for (const gen::E& b : below) {
        gen::Expr copy = *e;
        copy.kids[i] = b;
        out.push_back(std::make_shared<const gen::Expr>(std::move(copy)));
      }
      if (e->kind == gen::X::kSet || e->kind == gen::X::kRecord) {
        gen::Expr copy = *e;
        copy.kids.erase(copy.kids.begin() + i);
        if (e->kind == gen::X::kRecord) copy.names.erase(copy.names.begin() + i);
        out.push_back(std::make_shared<const gen::Expr>(std::move(copy)));
      }
    }
  }

  // Texts are shortened by cutting out stretches, halves first.
  void ShrinkTexts() {
    std::vector<std::string>* texts = TextsOf(best_, aspect_);
    if (texts && texts->size() == 1) {
      Cut([](Case& c, const std::string& aspect) -> std::string& { return TextsOf(c, aspect)->at(0); });
    }
    Cut([](Case& c, const std::string&) -> std::string& { return c.schema; });
  }

  void Cut(const std::function<std::string&(Case&, const std::string&)>& text) {
    for (size_t chunk = text(best_, aspect_).size() / 2; chunk > 0; chunk /= 2) {
      for (size_t at = 0; at < text(best_, aspect_).size();) {
        Case c = best_;
        std::string& t = text(c, aspect_);
        t.erase(at, chunk);
        if (source::FindInvalidUtf8(t) || !Try(c)) at += chunk;
      }
    }
  }

  static constexpr int kMaxRuns = 1500;  // some seconds

  Case best_;
  std::string aspect_;
  const std::function<std::vector<Disagreement>(const Case&)>& disagrees_;
  int runs_ = 0;
};

}  // namespace

std::vector<Disagreement> Compare(const Json& theirs, const Json& ours) {
  std::vector<Disagreement> out;
  if (theirs.contains("panic") || theirs.contains("bad_case")) {
    out.push_back({"peer", std::nullopt, theirs, nullptr});
    return out;
  }
  static constexpr std::array<const char*, 18> kAspects = {
      "schema",       "converted",      "entities",  "policy_texts", "schema_texts", "schema_json_texts",
      "entity_texts", "entities_texts", "requests",  "parsed",       "linked",       "strict",
      "permissive",   "levels",         "decisions", "json",         "formatted",    "policy_jsons"};
  for (const char* aspect : kAspects) {
    if (!theirs.contains(aspect)) continue;
    Json a = theirs[aspect], b = ours.contains(aspect) ? ours[aspect] : Json("no answer");
    if (std::string(aspect) == "converted") {
      a = WithoutEmptyAppliesTo(a);
      b = WithoutEmptyAppliesTo(b);
    }
    if (a == b) continue;
    if (a.is_array() && b.is_array() && a.size() == b.size() && std::string(aspect) != "strict" &&
        std::string(aspect) != "permissive") {
      for (size_t i = 0; i < a.size(); ++i) {
        if (a[i] != b[i]) out.push_back({aspect, i, a[i], b[i]});
      }
    } else {
      out.push_back({aspect, std::nullopt, a, b});
    }
  }
  return out;
}

Case Shrink(Case c, const Disagreement& shown,
            const std::function<std::vector<Disagreement>(const Case&)>& disagrees) {
  return Shrinker(std::move(c), shown, disagrees).Run(shown.index);
}

std::string Report(const Case& c, const std::vector<Disagreement>& disagreements, const Json& messages) {
  std::string out = "seed " + std::to_string(c.seed) + ", set " + std::to_string(c.index) + ", made small:\n";
  for (const Disagreement& d : disagreements) {
    out += "  " + d.aspect + (d.index ? "[" + std::to_string(*d.index) + "]" : "") + ":\n";
    auto text = [](const Json& j) { return j.is_string() ? "\n" + j.get<std::string>() : j.dump(); };
    out += "    reference: " + text(d.theirs) + "\n    polc:      " + text(d.ours) + "\n";
    Case copy = c;
    if (std::vector<std::string>* texts = TextsOf(copy, d.aspect);
        texts && d.index && *d.index < texts->size()) {
      out += "    of: " + texts->at(*d.index) + "\n";
    }
  }
  if (messages.is_array()) {
    for (const Json& m : messages) out += "  reference says: " + m.get<std::string>() + "\n";
  }
  if (!c.schema.empty()) out += "--- schema\n" + c.schema;
  if (!c.schema_json.empty()) out += "--- schema (JSON)\n" + c.schema_json + "\n";
  if (!c.policy_texts.empty()) out += "--- policies\n" + c.PolicyText();
  const Json json = c.ToJson();
  if (!json["links"].empty()) out += "--- links\n" + json["links"].dump() + "\n";
  if (!c.entities.empty()) out += "--- entities\n" + json["entities"].get<std::string>() + "\n";
  for (const Json& r : json["requests"]) out += "--- request\n" + r.dump() + "\n";
  return out + "--- as one line\n" + json.dump() + "\n";
}

}  // namespace polc::differential
