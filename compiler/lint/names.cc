// Ids that are probably mistyped, and names that break the set's convention.
#include <algorithm>
#include <map>

#include "compiler/lint/context.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::lint {

using core::Rule;
using data::EntityUid;
using source::Code;

namespace {

struct Mention {
  const Rule* rule;
  EntityUid uid;
  source::Span span;
};

// Entities that rules name, actions left out.
std::vector<Mention> Mentions(const Context& context) {
  std::vector<Mention> out;
  for (const Rule* rule : context.rules()) {
    for (const core::ScopeTest* test : {&rule->principal, &rule->resource}) {
      using Op = core::ScopeTest::Op;
      if (test->slot || test->op == Op::kAny || test->op == Op::kIs) continue;
      out.push_back({rule, test->entity, test->span});
    }
    for (const core::Expr& e : rule->exprs) {
      if (e.op == core::Op::kLiteral && rule->value(e).is(data::Kind::kEntity)) {
        out.push_back({rule, rule->value(e).as_entity(), e.span});
      }
    }
  }
  std::erase_if(out,
                [](const Mention& m) { return m.uid.type == "Action" || m.uid.type.ends_with("::Action"); });
  return out;
}

std::string Lower(std::string_view text) {
  std::string out;
  for (char c : text) out += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

void CheckId(Context& context, const Mention& m) {
  const std::string text = Context::UidText(*m.rule, m.uid);
  if (m.uid.id.empty()) {
    context.ReportIn(*m.rule, Code::kEmptyId, m.span, fmt::format("`{}` has an empty id", text),
                     "name the entity that is meant; to speak about all of a type, write `is`");
  } else if (m.uid.id.front() == ' ' || m.uid.id.back() == ' ' || m.uid.id.front() == '\t' ||
             m.uid.id.back() == '\t') {
    context.ReportIn(*m.rule, Code::kPaddedId, m.span,
                     fmt::format("the id of `{}` starts or ends with white space", text),
                     "ids are compared byte for byte; leave it out");
  }
}

void CheckCase(Context& context, const std::vector<Mention>& mentions) {
  std::map<std::pair<std::string, std::string>, const Mention*> first;
  std::set<EntityUid> told;
  for (const Mention& m : mentions) {
    auto [known, fresh] = first.emplace(std::pair(m.uid.type, Lower(m.uid.id)), &m);
    if (fresh || known->second->uid == m.uid || !told.insert(m.uid).second) continue;
    Finding& finding = context.ReportIn(
        *m.rule, Code::kIdsDifferByCase, m.span,
        fmt::format("`{}` is another entity than `{}`, and differs from it by case only",
                    Context::UidText(*m.rule, m.uid), Context::UidText(*m.rule, known->second->uid)),
        "spell both the same if one is meant");
    finding.diagnostic.labels.push_back({known->second->span, "the other one"});
  }
}

void CheckKnown(Context& context, const std::vector<Mention>& mentions) {
  const data::EntityStore* store = context.in.entities;
  if (!store || !context.On(Code::kUnknownEntity)) return;
  std::map<std::string, std::vector<std::string>> ids;  // by type
  for (const EntityUid& uid : store->order()) {
    ids[uid.type].push_back(uid.id);
    // Groups that entities are in without being listed themselves exist as such.
    for (const EntityUid& ancestor : store->Ancestors(uid)) ids[ancestor.type].push_back(ancestor.id);
  }
  std::set<EntityUid> told;
  for (const Mention& m : mentions) {
    auto known = ids.find(m.uid.type);
    if (known == ids.end() || std::ranges::find(known->second, m.uid.id) != known->second.end()) continue;
    if (!told.insert(m.uid).second) continue;
    const std::optional<std::string> near = source::DidYouMean(m.uid.id, known->second);
    context.ReportIn(*m.rule, Code::kUnknownEntity, m.span,
                     fmt::format("`{}` is not among the entities", Context::UidText(*m.rule, m.uid)),
                     near ? fmt::format("did you mean `{}`?", Context::UidText(*m.rule, {m.uid.type, *near}))
                          : "correct the id, or add the entity");
  }
}

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsPascal(std::string_view name) {
  return !name.empty() && IsUpper(name.front()) && name.find('_') == name.npos;
}
bool IsSnake(std::string_view name) { return std::ranges::none_of(name, IsUpper); }

void CheckType(Context& context, const std::string& name, source::Span span) {
  const size_t last = name.find_last_of(":.");
  const std::string_view base = std::string_view(name).substr(last == name.npos ? 0 : last + 1);
  if (IsPascal(base)) return;
  context.Report(Code::kTypeNaming, span, fmt::format("type `{}` is not named like a type", name),
                 "types are named `LikeThis`");
}

void CheckTypes(Context& context) {
  if (context.in.schema) {
    for (const auto& [name, type] : context.in.schema->entity_types) CheckType(context, name, type.span);
  }
}

void CheckRules(Context& context) {
  for (const Context::PolFile& file : context.pol) {
    for (const ast::Decl& decl : file.file.decls) {
      const syntax::Name* name = nullptr;
      std::string_view what;
      if (const auto* d = std::get_if<ast::RuleDecl>(&decl)) name = &d->name, what = "rule";
      if (const auto* d = std::get_if<ast::FactDecl>(&decl)) name = &d->name, what = "fact";
      if (const auto* d = std::get_if<ast::ClassDecl>(&decl)) name = &d->name, what = "action class";
      if (const auto* d = std::get_if<ast::CapDecl>(&decl)) name = &d->name, what = "cap";
      if (const auto* d = std::get_if<ast::SettingDecl>(&decl)) name = &d->name, what = "setting";
      if (!name || IsSnake(name->text)) continue;
      context.Report(Code::kRuleNaming, name->span,
                     fmt::format("{} `{}` has capital letters in its name", what, name->text),
                     "rules, facts, classes, caps and settings are named `like_this`");
    }
  }
}

// Attributes are `like_this` or `likeThis`: whichever most of the set's own are.
void CheckAttributes(Context& context) {
  if (!context.in.schema || !context.On(Code::kAttributeNaming)) return;
  struct Named {
    std::string name;
    source::Span owner;
  };
  std::vector<Named> snake, camel;
  auto collect = [&](const model::Attributes& attributes, source::Span owner) {
    if (!context.Ours(owner)) return;
    for (const auto& [name, attribute] : attributes) {
      if (name.find('_') != name.npos && IsSnake(name)) snake.push_back({name, owner});
      if (name.find('_') == name.npos && std::ranges::any_of(name, IsUpper)) camel.push_back({name, owner});
    }
  };
  for (const auto& [name, type] : context.in.schema->entity_types) collect(type.attributes, type.span);
  for (const auto& [uid, action] : context.in.schema->actions) collect(action.context, action.span);
  if (snake.size() == camel.size()) return;
  const bool to_snake = snake.size() > camel.size();
  for (const Named& odd : to_snake ? camel : snake) {
    context.Report(Code::kAttributeNaming, odd.owner,
                   fmt::format("attribute `{}` is spelled unlike most attributes here", odd.name),
                   fmt::format("most are spelled like `{}`", (to_snake ? snake : camel).front().name));
  }
}

}  // namespace

void LintNames(Context& context) {
  const std::vector<Mention> mentions = Mentions(context);
  for (const Mention& m : mentions) CheckId(context, m);
  CheckCase(context, mentions);
  CheckKnown(context, mentions);
  if (context.On(Code::kTypeNaming)) CheckTypes(context);
  if (context.On(Code::kRuleNaming)) CheckRules(context);
  CheckAttributes(context);
}

}  // namespace polc::lint
