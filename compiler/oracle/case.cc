#include "compiler/oracle/case.h"

#include "compiler/oracle/authorize.h"

namespace polc::oracle {

using data::Kind;
using data::Value;

const data::Host& Case::host() const {
  static const data::Host kNothing;
  return request_.host ? *request_.host : kNothing;
}

EvalResult Case::EvaluateBool(const core::Rule& rule, core::ExprId id) const {
  EvalResult result = Evaluate(rule, id);
  const auto* value = std::get_if<Value>(&result);
  if (!value || value->is(Kind::kBool)) return result;
  return EvalError{EvalError::Code::kTypeError,
                   "type error: expected bool, got " + std::string(data::KindName(value->kind())),
                   rule.exprs[id].span};
}

Case::Test Case::TestRule(const core::Rule& rule) const {
  Test test;
  test.in_scope = ScopeHolds(rule, store_, request_);
  test.holds = test.in_scope;
  for (size_t i = 0; test.holds && i < rule.conditions.size(); ++i) {
    EvalResult result = EvaluateBool(rule, rule.conditions[i]);
    if (auto* error = std::get_if<EvalError>(&result)) test.error = std::move(*error);
    test.holds = !test.error && std::get<Value>(result).as_bool();
  }
  return test;
}

const FactResult& Case::FactOf(const std::string& name) const {
  if (const auto known = facts_.find(name); known != facts_.end()) return known->second;
  const core::Fact* fact = core::FindNamed(program_.facts, name);
  // Facts read only those before them, so this ends.
  FactResult result = fact ? ComputeFact(*fact, *this) : FactResult{"there is no such fact"};
  return facts_.emplace(name, std::move(result)).first->second;
}

Surroundings::Read Case::ReadInput(const std::string& id, const Value* key) const {
  const core::Input* input = core::FindInput(program_.inputs, id);
  if (!input) return "there is no input `" + id + "`";
  if (input->kind == core::Input::Kind::kNow) {
    if (host().now) return Value(*host().now);
    return std::string("the host did not say what time it is");
  }
  std::string what = "`" + input->name;
  if (key) what += " of " + data::ToString(*key);
  what += "`";
  for (const data::StateItem& item : host().state) {
    if (item.input != input->name || item.by != input->by) continue;
    if (item.key.has_value() != (key != nullptr) || (key && *item.key != *key)) continue;
    if (!item.value.is(input->value)) return what + " is of another kind than declared";
    if (input->fresh_within_ms == 0) return item.value;
    if (!host().now || !item.as_of) return what + " is of unknown age";
    int64_t age = 0;
    if (item.as_of->ms > host().now->ms) return what + " was read in the future";
    if (__builtin_sub_overflow(host().now->ms, item.as_of->ms, &age) || age > input->fresh_within_ms)
      return what + " is too old";
    return item.value;
  }
  return what + " was not supplied";
}

}  // namespace polc::oracle
