#include "compiler/lint/terms.h"

#include <algorithm>

namespace polc::lint {

using core::Op;

namespace {

void Put(std::string& key, uint32_t number) { key.append(reinterpret_cast<const char*>(&number), 4); }

// A text with its length before it, so that no two lists of texts make one key.
void Put(std::string& key, std::string_view text) {
  Put(key, static_cast<uint32_t>(text.size()));
  key += text;
}

}  // namespace

TermId Terms::Intern(std::string key, Term term) {
  auto [known, fresh] = index_.emplace(std::move(key), static_cast<TermId>(terms_.size()));
  if (fresh) terms_.push_back(std::move(term));
  return known->second;
}

TermId Terms::OfValue(const data::Value& value) {
  Term term;
  term.value = value;
  std::string key(1, static_cast<char>(Op::kLiteral));
  key += static_cast<char>(value.kind());
  key += data::ToString(value);
  return Intern(std::move(key), std::move(term));
}

TermId Terms::OfVar(core::Var var) {
  Term term;
  term.op = Op::kVar;
  term.var = var;
  std::string key(1, static_cast<char>(Op::kVar));
  key += static_cast<char>(var);
  return Intern(std::move(key), std::move(term));
}

TermId Terms::Of(const core::Rule& rule, core::ExprId id, const std::vector<TermId>& numbered) {
  const core::Expr& e = rule.exprs[id];
  if (e.op == Op::kLiteral) return OfValue(rule.value(e));
  if (e.op == Op::kVar) return OfVar(e.var());
  Term term;
  term.op = e.op;
  term.rule = &rule;
  term.expr = id;
  for (core::ExprId operand : rule.operands(e)) term.operands.push_back(numbered[operand]);
  if (e.op == Op::kEq) std::ranges::sort(term.operands);
  if (e.op == Op::kSet &&
      std::ranges::all_of(term.operands, [&](TermId t) { return terms_[t].value.has_value(); })) {
    std::ranges::sort(term.operands);
    term.operands.erase(std::ranges::unique(term.operands).begin(), term.operands.end());
  }
  std::string key(1, static_cast<char>(e.op));
  if (e.op == Op::kCall) {
    term.fn = e.fn();
    if (data::Info(term.fn).is_constructor() && term.operands.size() == 1) {
      const std::optional<data::Value>& argument = terms_[term.operands[0]].value;
      if (argument && argument->is(data::Kind::kString)) {
        auto made = data::CallExt(term.fn, {*argument});
        if (const auto* value = std::get_if<data::Value>(&made)) return OfValue(*value);
      }
    }
    key += static_cast<char>(term.fn);
  } else if (core::HasName(e.op)) {
    term.name = rule.name(e);
    Put(key, term.name);
  } else if (e.op == Op::kLike) {
    for (const core::PatternPart& part : rule.pattern(e)) {
      key += part.wildcard ? '*' : '=';
      Put(key, part.literal);
    }
  } else if (e.op == Op::kRecord) {
    for (const std::string& name : rule.names(e)) Put(key, name);
  }
  for (TermId operand : term.operands) Put(key, operand);
  return Intern(std::move(key), std::move(term));
}

std::vector<TermId> Terms::Number(const core::Rule& rule) {
  std::vector<TermId> numbered;
  numbered.reserve(rule.exprs.size());
  for (core::ExprId id = 0; id < rule.exprs.size(); ++id) numbered.push_back(Of(rule, id, numbered));
  return numbered;
}

std::optional<std::vector<TermId>> Terms::ConstantElements(TermId id) {
  if (terms_[id].value && terms_[id].value->is(data::Kind::kSet)) {
    const data::Set elements = terms_[id].value->as_set();
    std::vector<TermId> out;
    for (const data::Value& element : elements) out.push_back(OfValue(element));
    return out;
  }
  if (terms_[id].op != Op::kSet || terms_[id].value) return std::nullopt;
  for (TermId operand : terms_[id].operands) {
    if (!terms_[operand].value) return std::nullopt;
  }
  return terms_[id].operands;
}

}  // namespace polc::lint
