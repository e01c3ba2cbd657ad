#include "compiler/lint/example.h"

#include <algorithm>
#include <map>
#include <span>

#include "compiler/data/numbers.h"
#include "compiler/lint/context.h"
#include "compiler/oracle/authorize.h"
#include "compiler/oracle/eval.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::lint {

using core::Op;
using data::EntityUid;
using data::Kind;
using data::Value;

namespace {

// An attribute of a variable, or of a record in it, and what it has to be.
struct Attribute {
  core::Var root{};
  std::vector<std::string> path;
  Value value;
};

// `principal.a.b`: the variable and the names; nothing for another term.
std::optional<Attribute> PathOf(const Terms& terms, TermId id) {
  Attribute out;
  while (terms[id].op == Op::kGetAttr) {
    out.path.insert(out.path.begin(), terms[id].name);
    id = terms[id].operands[0];
  }
  if (terms[id].op != Op::kVar) return std::nullopt;
  out.root = terms[id].var;
  return out;
}

// A text that matches: the literals one after the other.
std::string TextFor(const core::Pattern& pattern) {
  std::string out;
  for (const core::PatternPart& part : pattern) out += part.literal;
  return out;
}

// `record` with the value at the path; intermediate records are made.
Value With(const Value& record, const std::vector<std::string>& path, size_t at, const Value& value) {
  if (at == path.size()) return value;
  data::Record fields = record.is(Kind::kRecord) ? record.as_record() : data::Record{};
  auto field = std::ranges::find(fields, path[at], [](const auto& f) { return f.first; });
  const Value inner = field == fields.end() ? Value::MakeRecord({}) : field->second;
  Value changed = With(inner, path, at + 1, value);
  if (field == fields.end()) {
    fields.emplace_back(path[at], std::move(changed));
  } else {
    field->second = std::move(changed);
  }
  return Value::MakeRecord(std::move(fields));
}

class Builder {
 public:
  explicit Builder(const Prover& prover) : prover_(prover), terms_(prover.terms()) {}

  std::optional<std::string> Build(const std::vector<const core::Rule*>& hold) {
    rule_ = hold.front();
    Collect();
    if (!ChooseUids()) return std::nullopt;
    data::EntityStore store;
    for (core::Var var : {core::Var::kPrincipal, core::Var::kResource, core::Var::kAction}) {
      data::Entity entity;
      entity.uid = uid_[var];
      for (const EntityUid& group : groups_[var]) {
        if (group != entity.uid) entity.parents.push_back(group);
      }
      Value attributes = Value::MakeRecord({});
      for (const Attribute& a : attributes_) {
        if (a.root == var) attributes = With(attributes, a.path, 0, a.value);
      }
      for (const auto& [name, value] : attributes.as_record()) entity.attrs.emplace(name, value);
      store.Put(std::move(entity));
    }
    if (store.Close()) return std::nullopt;
    data::Request request;
    request.principal = uid_[core::Var::kPrincipal];
    request.action = uid_[core::Var::kAction];
    request.resource = uid_[core::Var::kResource];
    for (const Attribute& a : attributes_) {
      if (a.root == core::Var::kContext) request.context = With(request.context, a.path, 0, a.value);
    }
    for (const core::Rule* rule : hold) {
      if (!Holds(*rule, store, request)) return std::nullopt;
    }
    return Text(request);
  }

 private:
  static bool Holds(const core::Rule& rule, const data::EntityStore& store, const data::Request& request) {
    if (!oracle::ScopeHolds(rule, store, request)) return false;
    return std::ranges::all_of(rule.conditions, [&](core::ExprId id) {
      const oracle::EvalResult result = oracle::Evaluate(rule, id, request, store);
      const Value* value = std::get_if<Value>(&result);
      return value && value->is(Kind::kBool) && value->as_bool();
    });
  }

  void Collect() {
    std::map<TermId, std::pair<int64_t, int64_t>> bounds;
    std::map<TermId, Kind> numbers;
    auto set = [&](TermId term, Value value) {
      std::optional<Attribute> attribute = PathOf(terms_, term);
      if (!attribute || attribute->path.empty()) return;
      attribute->value = std::move(value);
      attributes_.push_back(std::move(*attribute));
    };
    std::vector<std::pair<TermId, Value>> exact;
    for (const auto& [id, truth] : prover_.found()) {
      const Atom& atom = prover_.atom(id);
      const Term& subject = terms_[atom.subject];
      switch (atom.kind) {
        case Atom::Kind::kHas:
          if (truth == kTrue) {
            std::optional<Attribute> attribute = PathOf(terms_, atom.subject);
            if (!attribute) break;
            attribute->path.push_back(atom.name);
            attribute->value = Value(std::string("a"));
            attributes_.push_back(std::move(*attribute));
          }
          break;
        case Atom::Kind::kEq:
          if (subject.op == Op::kVar) {
            if (truth == kTrue && terms_[atom.value].value->is(Kind::kEntity)) {
              uid_[subject.var] = terms_[atom.value].value->as_entity();
            } else if (terms_[atom.value].value->is(Kind::kEntity)) {
              excluded_.push_back(terms_[atom.value].value->as_entity());
            }
          } else if (truth == kTrue) {
            exact.emplace_back(atom.subject, *terms_[atom.value].value);
          }
          break;
        case Atom::Kind::kAtMost: {
          auto [range, fresh] = bounds.emplace(atom.subject, std::pair(INT64_MIN, INT64_MAX));
          numbers[atom.subject] = atom.number;
          auto& [low, high] = range->second;
          if (truth == kTrue) high = std::min(high, atom.bound);
          if (truth == kFalse) low = std::max(low, atom.bound + 1);
          break;
        }
        case Atom::Kind::kIn:
          if (truth == kTrue && subject.op == Op::kVar) groups_[subject.var].push_back(atom.entity);
          break;
        case Atom::Kind::kIs:
          if (truth == kTrue && subject.op == Op::kVar) types_[subject.var] = atom.name;
          break;
        case Atom::Kind::kOpaque:
          if (subject.op == Op::kLike && truth == kTrue) {
            const core::Expr& e = subject.rule->exprs[subject.expr];
            exact.emplace_back(subject.operands[0], Value(TextFor(subject.rule->pattern(e))));
          } else if (subject.op == Op::kGetAttr) {
            exact.emplace_back(atom.subject, Value(truth == kTrue));
          } else if (subject.op == Op::kEq && truth == kTrue) {
            // `resource.owner == principal`: see ChooseUids.
            equal_.push_back(subject.operands);
          }
          break;
      }
    }
    for (const auto& [term, range] : bounds) {
      const auto [low, high] = range;
      set(term, WithNumber(numbers[term], low > 0 || high < 0 ? (low == INT64_MIN ? high : low) : 0));
    }
    for (auto& [term, value] : exact) set(term, std::move(value));
  }

  bool IsExcluded(const EntityUid& uid) const { return std::ranges::find(excluded_, uid) != excluded_.end(); }

  // A type for a variable that only has to be in groups, by the schema's leave.
  std::optional<std::string> TypeFor(core::Var var, const std::set<std::string>& among) const {
    auto given = types_.find(var);
    for (const std::string& type : among) {
      if (given != types_.end() && given->second != type) continue;
      auto groups = groups_.find(var);
      if (groups == groups_.end() || std::ranges::all_of(groups->second, [&](const EntityUid& group) {
            const model::EntityType* known = prover_.schema()->FindEntityType(type);
            return known && (known->ancestors.contains(group.type) || group.type == type);
          })) {
        return type;
      }
    }
    return std::nullopt;
  }

  bool FitsAction(const model::Action& action) const {
    auto uid = uid_.find(core::Var::kAction);
    if (uid != uid_.end() && uid->second != action.uid) return false;
    auto groups = groups_.find(core::Var::kAction);
    return !IsExcluded(action.uid) &&
           (groups == groups_.end() || std::ranges::all_of(groups->second, [&](const EntityUid& group) {
              return group == action.uid || action.ancestors.contains(group);
            }));
  }

  bool Choose(core::Var var, const std::optional<std::string>& type, const char* id) {
    if (uid_.contains(var)) return !type || uid_[var].type == *type;
    if (!type) return false;
    EntityUid uid{*type, id};
    while (IsExcluded(uid)) uid.id += 'x';
    uid_[var] = std::move(uid);
    return true;
  }

  bool ChooseUids() {
    auto type_of = [&](core::Var var, const char* other) -> std::optional<std::string> {
      if (types_.contains(var)) return types_[var];
      if (uid_.contains(var)) return uid_[var].type;
      return std::string(other);
    };
    bool chosen = false;
    if (prover_.schema()) {
      for (const auto& [uid, action] : prover_.schema()->actions) {
        if (!FitsAction(action)) continue;
        auto among = [&](core::Var var, const std::set<std::string>& types) {
          if (!uid_.contains(var)) return TypeFor(var, types);
          return types.contains(uid_[var].type) ? std::optional(uid_[var].type) : std::nullopt;
        };
        const auto principal = among(core::Var::kPrincipal, action.principal_types);
        const auto resource = among(core::Var::kResource, action.resource_types);
        if (!principal || !resource) continue;
        uid_[core::Var::kAction] = uid;
        chosen = Choose(core::Var::kPrincipal, principal, "a") && Choose(core::Var::kResource, resource, "b");
        break;
      }
    } else {
      if (!uid_.contains(core::Var::kAction)) {
        auto groups = groups_.find(core::Var::kAction);
        uid_[core::Var::kAction] =
            groups == groups_.end() ? EntityUid{"Action", "any"} : groups->second.front();
      }
      chosen = Choose(core::Var::kPrincipal, type_of(core::Var::kPrincipal, "User"), "a") &&
               Choose(core::Var::kResource, type_of(core::Var::kResource, "Resource"), "b");
    }
    if (!chosen) return false;
    for (const std::vector<TermId>& sides : equal_) {
      for (size_t i = 0; i < 2; ++i) {
        const Term& other = terms_[sides[1 - i]];
        std::optional<Attribute> path = PathOf(terms_, sides[i]);
        if (!path || path->path.empty() || other.op != Op::kVar || other.var == core::Var::kContext) continue;
        path->value = Value(uid_[other.var]);
        attributes_.push_back(std::move(*path));
      }
    }
    return true;
  }

  std::string Text(const data::Request& request) const {
    auto text = [&](const EntityUid& uid) { return Context::UidText(*rule_, uid); };
    std::string out =
        fmt::format("for example `{}` asking for `{}` on `{}`", text(request.principal),
                    rule_->strict ? request.action.id : text(request.action), text(request.resource));
    std::vector<std::string> with;
    for (core::Var var : {core::Var::kPrincipal, core::Var::kResource}) {
      auto groups = groups_.find(var);
      if (groups == groups_.end()) continue;
      for (const EntityUid& group : groups->second) {
        if (group != uid_.at(var))
          with.push_back(fmt::format("`{}` in `{}`", core::VarName(var), text(group)));
      }
    }
    std::map<std::string, std::string> values;  // the last one counts, as in With()
    for (const Attribute& a : attributes_) {
      // A record is what is in it.
      const bool replaced = std::ranges::any_of(attributes_, [&](const Attribute& other) {
        return other.root == a.root && other.path.size() > a.path.size() &&
               std::ranges::equal(a.path, std::span(other.path).first(a.path.size()));
      });
      if (replaced) continue;
      values[fmt::format("{}.{}", core::VarName(a.root), fmt::join(a.path, "."))] = data::ToString(a.value);
    }
    for (const auto& [path, value] : values) with.push_back(fmt::format("`{}` {}", path, value));
    if (!with.empty()) out += fmt::format(", with {}", fmt::join(with, ", "));
    return out;
  }

  const Prover& prover_;
  const Terms& terms_;
  const core::Rule* rule_ = nullptr;
  std::map<core::Var, EntityUid> uid_;
  std::map<core::Var, std::string> types_;
  std::map<core::Var, std::vector<EntityUid>> groups_;
  std::vector<EntityUid> excluded_;
  std::vector<Attribute> attributes_;
  std::vector<std::vector<TermId>> equal_;
};

// What an example cannot supply: facts and what the host keeps.
bool ReadsMore(const core::Rule& rule) {
  return std::ranges::any_of(rule.exprs, [](const core::Expr& e) {
    return e.op == Op::kFactRef || e.op == Op::kInput || e.op == Op::kRank || e.op == Op::kInHours;
  });
}

}  // namespace

std::optional<std::string> ExampleRequest(const Prover& prover, const std::vector<const core::Rule*>& hold) {
  if (std::ranges::any_of(hold, [](const core::Rule* rule) { return ReadsMore(*rule); })) return std::nullopt;
  return Builder(prover).Build(hold);
}

}  // namespace polc::lint
