#include "compiler/translate/to_pol.h"

#include <algorithm>
#include <map>
#include <set>

#include "compiler/core/can_err.h"
#include "compiler/format/pol_format.h"
#include "compiler/sema/pol.h"
#include "compiler/source/quote.h"
#include "compiler/syntax/cedar_parser.h"
#include "compiler/syntax/names.h"
#include "compiler/syntax/policy_json.h"
#include "compiler/translate/pol_expr.h"
#include "compiler/translate/translate.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::translate {

using source::Diagnostic;
using source::Severity;
using syntax::ActionConstraint;
using syntax::EntityRef;
using syntax::ScopeConstraint;

namespace {

// The declarations that say whose word the context is.
class HostWords {
 public:
  explicit HostWords(const model::Schema& schema) : schema_(schema) {}

  std::string Write() {
    for (const auto& [uid, action] : schema_.actions) {
      if (action.principal_types.empty() || action.resource_types.empty()) continue;
      std::vector<std::string> lines;
      for (const auto& [name, attribute] : action.context) {
        const std::optional<std::string> type = TypeOf(*attribute.type);
        if (!type) continue;  // it stays the agent's word
        lines.push_back(
            fmt::format("  {}{} : {} from host", source::Quote(name), attribute.required ? "" : "?", *type));
      }
      if (lines.empty()) continue;
      actions_ += fmt::format("action {} with\n{}\n", PolActionName(uid), fmt::join(lines, "\n"));
    }
    return records_ + actions_;
  }

 private:
  // Recursion is as deep as types are.
  std::optional<std::string> TypeOf(const model::Type& type) {
    using K = model::Type::Kind;
    switch (type.kind) {
      case K::kBool:
        return "Bool";
      case K::kLong:
        return "Number";
      case K::kString:
        return "Text";
      case K::kDecimal:
        return "Decimal";
      case K::kIp:
        return "Address";
      case K::kDatetime:
        return "Time";
      case K::kDuration:
        return "Duration";
      case K::kEntity:
        return PolTypeName(type.entity);
      case K::kSet: {
        if (type.element->kind == K::kSet) return std::nullopt;
        const std::optional<std::string> element = TypeOf(*type.element);
        return element ? std::optional("Set of " + *element) : std::nullopt;
      }
      case K::kRecord:
        return Record(type);
    }
    return std::nullopt;
  }

  // Pol's records have names.
  std::optional<std::string> Record(const model::Type& type) {
    const std::string key = ToString(type);
    const auto known = named_.find(key);
    if (known != named_.end()) return known->second;
    if (type.attributes.empty()) return std::nullopt;
    std::vector<std::string> lines;
    for (const auto& [name, attribute] : type.attributes) {
      const std::optional<std::string> part = TypeOf(*attribute.type);
      if (!part) return std::nullopt;
      lines.push_back(fmt::format("  {}{} : {}", source::Quote(name), attribute.required ? "" : "?", *part));
    }
    std::string name;
    do {
      name = fmt::format("Record{}", ++count_);
    } while (schema_.FindEntityType(name) != nullptr);
    records_ += fmt::format("record {} has\n{}\n", name, fmt::join(lines, "\n"));
    named_.emplace(key, name);
    return name;
  }

  const model::Schema& schema_;
  std::string records_, actions_;
  std::map<std::string, std::string> named_;
  size_t count_ = 0;
};

// How much of a policy is kept.
enum class Keep : uint8_t { kWhole, kScope, kNothing };

class Translator {
 public:
  Translator(const std::vector<CedarPolicy>& policies, const model::Schema& schema, source::SourceMap& map)
      : policies_(policies), schema_(schema), map_(map), keep_(policies.size(), Keep::kWhole) {}

  PolTranslation Run() {
    NameRules();
    const std::string words = HostWords(schema_).Write();
    // Each round gives up what did not check: twice at most for each policy.
    for (;;) {
      std::string text = words;
      places_.assign(policies_.size(), {});
      for (size_t i = 0; i < policies_.size(); ++i) {
        places_[i].first = text.size();
        if (keep_[i] != Keep::kNothing) text += Rule(i);
        places_[i].second = text.size();
      }
      const source::FileId file = map_.Add("translated.pol", text);
      source::DiagnosticSink found;
      sema::pol::Options options;
      options.schema = &schema_;
      const sema::pol::Set set = sema::pol::Analyze(map_, {file}, options, found);
      if (!found.has_errors()) return Finish(file, set);
      if (!GiveUp(found)) return std::move(out_);
    }
  }

 private:
  const syntax::Policy& Policy(size_t i) const { return policies_[i].policy; }
  bool IsPermit(size_t i) const { return Policy(i).effect == syntax::Effect::kPermit; }

  // Ids as names; those that are none are changed, and kept as the rule's title.
  void NameRules() {
    std::set<std::string> taken;
    for (const CedarPolicy& p : policies_) {
      std::string name;
      for (char c : p.id) name += syntax::IsIdentifier(std::string("_") + c) ? c : '_';
      if (!syntax::IsIdentifier(name)) name = "_" + name;
      std::string unique = name;
      for (size_t n = 2; !taken.insert(unique).second; ++n) unique = fmt::format("{}_{}", name, n);
      names_.push_back(unique);
    }
  }

  void Say(size_t i, source::Span at, const std::string& why) {
    out_.whole = false;
    out_.remarks.push_back(
        {at.valid() ? at : Policy(i).span,
         fmt::format(
             "`{}` {}: {}", source::Excerpt(policies_[i].id),
             keep_[i] == Keep::kNothing ? "is left out" : "forbids more in Pol, without its conditions",
             why)});
  }
  // Keeps less of a policy. Whether there was something left to give up.
  bool Lower(size_t i, source::Span at, const std::string& why) {
    if (keep_[i] == Keep::kNothing || (keep_[i] == Keep::kScope && !IsPermit(i))) return false;
    keep_[i] = IsPermit(i) ? Keep::kNothing : Keep::kScope;
    Say(i, at, why);
    return true;
  }
  // What applies to no request decides none.
  void Drop(size_t i, const std::string& why) {
    keep_[i] = Keep::kNothing;
    Say(i, {}, why);
  }

  // Gives up the policies that did not check. False if there is what cannot be given up.
  bool GiveUp(const source::DiagnosticSink& found) {
    bool any = false;
    for (const Diagnostic& d : found.diagnostics()) {
      if (d.severity != Severity::kError) continue;
      const size_t i = PolicyAt(d.span.begin);
      const bool inside = i < places_.size();
      if (inside && (Lower(i, {}, d.message) || std::ranges::count(given_up_, i) > 0)) {
        given_up_.push_back(i);
        any = true;
        continue;
      }
      out_.remarks.push_back(
          {inside ? Policy(i).span : d.span,
           inside ? fmt::format("`{}` cannot be said in Pol: {}", source::Excerpt(policies_[i].id), d.message)
                  : d.message});
      return false;
    }
    given_up_.clear();
    return any;
  }

  PolTranslation Finish(source::FileId file, const sema::pol::Set& set) {
    for (const core::Rule& rule : set.program.rules) {
      if (rule.effect == core::Effect::kAllow) continue;
      const auto error = core::FindError(set.program, rule);
      const size_t i = PolicyAt(rule.span.begin);
      if (!error || i == places_.size()) continue;
      out_.can_err = true;
      out_.remarks.push_back(
          {Policy(i).span, fmt::format("`{}` holds in Pol where it errs, and was skipped in Cedar: {}",
                                       source::Excerpt(policies_[i].id), error->why)});
    }
    source::DiagnosticSink none;
    out_.text = CommentsOf(out_.remarks, "Translated from Cedar. Pol allows no more than Cedar did.") +
                format::FormatPol(map_, file, none).value_or("");
    return std::move(out_);
  }

  // The policy whose rule stands there.
  size_t PolicyAt(size_t offset) const {
    size_t i = 0;
    while (i < places_.size() && !(offset >= places_[i].first && offset < places_[i].second)) ++i;
    return i;
  }

  // ------------------------------------------------------------------------------------------- A rule

  static std::string TypeOf(const ScopeConstraint& scope) {
    if (scope.op == ScopeConstraint::Op::kIs || scope.op == ScopeConstraint::Op::kIsIn)
      return scope.type.text;
    const auto* entity = std::get_if<EntityRef>(&scope.target);
    return scope.op == ScopeConstraint::Op::kEq && entity ? entity->type.text : "";
  }

  // The actions a policy is about, of those that can be done by and on its types; all if nothing is said.
  std::vector<data::EntityUid> Actions(const syntax::Policy& policy) const {
    const std::string by = TypeOf(policy.principal), on = TypeOf(policy.resource);
    std::vector<data::EntityUid> out;
    for (const auto& [uid, action] : schema_.actions) {
      bool named = policy.action.op == ActionConstraint::Op::kAny;
      for (const EntityRef& ref : policy.action.actions) {
        const data::EntityUid wanted{ref.type.text, ref.id};
        named |= uid == wanted ||
                 (policy.action.op == ActionConstraint::Op::kIn && action.ancestors.contains(wanted));
      }
      const bool fits =
          (by.empty() ? !action.principal_types.empty() : action.principal_types.contains(by)) &&
          (on.empty() ? !action.resource_types.empty() : action.resource_types.contains(on));
      if (named && fits) out.push_back(uid);
    }
    return out;
  }

  // Who or which; a group of no type goes into `conditions`.
  static std::string Scope(const ScopeConstraint& scope, const char* var, const char* anything,
                           std::string& conditions) {
    const auto* target = std::get_if<EntityRef>(&scope.target);
    const std::string entity = target ? PolEntity(target->type.text, target->id) : "";
    switch (scope.op) {
      case ScopeConstraint::Op::kAny:
        return anything;
      case ScopeConstraint::Op::kEq:
        return entity;
      case ScopeConstraint::Op::kIn:
        conditions += fmt::format("  when {} in {}\n", var, entity);
        return anything;
      case ScopeConstraint::Op::kIs:
        return PolTypeName(scope.type.text);
      case ScopeConstraint::Op::kIsIn:
        return PolTypeName(scope.type.text) + " in " + entity;
    }
    return anything;
  }

  std::string Rule(size_t i) {
    const syntax::Policy& policy = Policy(i);
    if (policy.is_template()) {
      Drop(i, "Pol has no templates");
      return "";
    }
    const std::vector<data::EntityUid> actions = Actions(policy);
    if (actions.empty()) {
      Drop(i, "no action of the schema can be what it is about");
      return "";
    }
    std::string conditions;
    const std::string who = Scope(policy.principal, "principal", "anyone", conditions);
    const std::string which = Scope(policy.resource, "resource", "anything", conditions);
    if (keep_[i] == Keep::kWhole) {
      for (const syntax::Condition& condition : policy.conditions) {
        PolExpressions write(policy, schema_);
        const std::optional<std::string> text = write.Write(condition.body);
        if (!text) {
          Lower(i, write.where(), write.why());
          return keep_[i] == Keep::kNothing ? "" : Rule(i);
        }
        conditions += fmt::format("  {} {}\n", condition.unless ? "unless" : "when", *text);
      }
    }
    std::string out = "rule " + names_[i];
    if (names_[i] != policies_[i].id) out += " " + source::Quote(policies_[i].id);
    std::vector<std::string> names;
    for (const data::EntityUid& uid : actions) names.push_back(PolActionName(uid));
    const bool any = policy.action.op == ActionConstraint::Op::kAny;
    out += fmt::format("\n  {} {} to {} on {}\n", IsPermit(i) ? "allow" : "forbid", who,
                       any ? "do anything" : fmt::format("{}", fmt::join(names, ", ")), which);
    return out + conditions + "\n";
  }

  const std::vector<CedarPolicy>& policies_;
  const model::Schema& schema_;
  source::SourceMap& map_;
  std::vector<Keep> keep_;
  std::vector<std::string> names_;
  std::vector<std::pair<size_t, size_t>> places_;  // of each rule in the text
  std::vector<size_t> given_up_;                   // in this round: its other errors follow
  PolTranslation out_;
};

}  // namespace

PolTranslation ToPol(const std::vector<CedarPolicy>& policies, const model::Schema& schema,
                     source::SourceMap& map) {
  return Translator(policies, schema, map).Run();
}

std::vector<CedarPolicy> ReadCedarPolicies(const source::SourceMap& map, source::FileId file,
                                           source::DiagnosticSink& sink) {
  std::vector<CedarPolicy> out;
  auto add = [&](syntax::Policy policy, std::string id) {
    if (const std::string* own = policy.FindAnnotation("id")) id = *own;
    out.push_back({std::move(id), std::move(policy)});
  };
  const Content content = Recognize(map, file);
  if (content.syntax == Syntax::kCedar) {
    for (syntax::ParsedPolicy& p : syntax::ParseCedar(map, file, sink))
      add(std::move(p.policy), fmt::format("policy{}", p.index));
  } else if (content.kind == Kind::kPolicy) {
    if (std::optional<syntax::Policy> policy = syntax::ParsePolicyJson(map, file, sink))
      add(*std::move(policy), "policy0");
  } else {
    for (syntax::NamedPolicy& named : syntax::ReadPolicySetJson(map, file, sink).policies)
      out.push_back({std::move(named.id), std::move(named.policy)});
  }
  return out;
}

}  // namespace polc::translate
