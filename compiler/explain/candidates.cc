#include "compiler/explain/candidates.h"

#include <algorithm>

#include "compiler/explain/numbers.h"
#include "fmt/format.h"

namespace polc::explain {

using bundle::Builtin;
using bundle::kNone;
using bundle::Opcode;
using bundle::Variable;
using data::EntityUid;
using data::Kind;
using data::Value;

namespace {

Value Without(const Value& set, const std::vector<Value>& gone) {
  std::vector<Value> kept;
  for (const Value& v : set.as_set())
    if (std::ranges::count(gone, v) == 0) kept.push_back(v);
  return Value::MakeSet(std::move(kept));
}
Value With(const Value& set, const Value& more) {
  std::vector<Value> all = set.as_set();
  all.push_back(more);
  return Value::MakeSet(std::move(all));
}

}  // namespace

void Proposer::Flip(const Trace& trace, bool target, std::vector<Candidate>* out) {
  out_ = out;
  if (trace.root == kNoTerm) return;
  own_ = true;
  for (TermId id = 0; id < trace.terms.size(); ++id) {
    const bool context = IsVariable(trace.at(id), Variable::kContext);
    if (IsRead(trace.at(id).op) && !context) own_ &= words_.OriginOf(trace, id) != Origin::kHost;
  }
  if (!trace.ok()) return FixError(trace, trace.root);
  FlipTerm(trace, trace.root, target);
}

void Proposer::Put(Key key, std::optional<Value> value, std::string says, std::string current,
                   bool by_agent) {
  Candidate c{std::move(key), {}};
  c.change.value = std::move(value);
  c.change.says = std::move(says);
  c.change.current = std::move(current);
  c.change.by_agent = by_agent;
  out_->push_back(std::move(c));
}

void Proposer::FlipTerm(const Trace& trace, TermId id, bool target) {
  const Term& term = trace.at(id);
  if (!term.ok) return FixError(trace, id);
  switch (term.op) {
    case Opcode::kNot:
      return FlipTerm(trace, term.operands[0], !target);
    case Opcode::kAnd:
    case Opcode::kOr:
      for (TermId operand : term.operands) {
        const Term& of = trace.at(operand);
        if (of.ok && of.value.is(Kind::kBool) && of.value.as_bool() != target)
          FlipTerm(trace, operand, target);
      }
      return;
    case Opcode::kBranchFalse:
      if (term.operands.size() > 1) FlipTerm(trace, term.operands[1], target);
      return FlipTerm(trace, term.operands[0], !trace.at(term.operands[0]).value.as_bool());
    case Opcode::kEq:
      return FlipEqual(trace, term, target);
    case Opcode::kLess:
      return Compare(trace, term.operands[0], term.operands[1], true, target);
    case Opcode::kLessEq:
      return Compare(trace, term.operands[0], term.operands[1], false, target);
    case Opcode::kIn:
    case Opcode::kInStrict:
      return FlipIn(trace, term, target);
    case Opcode::kHas:
    case Opcode::kHasStrict:
      return FlipHas(trace, term.operands[0], term.a, target);
    case Opcode::kContains:
    case Opcode::kContainsAll:
    case Opcode::kContainsAny:
    case Opcode::kIsEmpty:
      return FlipContains(trace, term, target);
    case Opcode::kLike:
      return FlipLike(trace, term, target);
    case Opcode::kInHours: {
      // The next time it is so: the hours change at whole minutes, and zones at most by the week.
      const Value& now = trace.at(term.operands[0]).value;
      const bundle::HoursRow& hours = b_.hours()[term.a];
      const auto offsets = Slice(b_.zone_offsets(), b_.zones()[hours.zone].offsets);
      constexpr int64_t kMinute = 60000, kDay = 24 * 60 * kMinute;
      for (int64_t day = 0; day <= 8; ++day) {
        for (const int64_t minute : {int64_t{hours.from_minute}, int64_t{hours.to_minute}}) {
          for (const bundle::ZoneOffsetRow& offset : offsets) {
            const int64_t local = now.as_datetime().ms + offset.offset_ms;
            const int64_t at = (local / kDay + day) * kDay + minute * kMinute - offset.offset_ms;
            const int64_t apart = at - now.as_datetime().ms;
            if (apart <= 0 || apart > 8 * kDay) continue;
            const bool opens = minute == hours.from_minute;
            if (opens == target)
              Reach(trace, term.operands[0],
                    {Value(data::Datetime{at}), Value(data::Datetime{at}), Relation::kIs});
          }
        }
      }
      return;
    }
    case Opcode::kEach:
      return FlipEach(trace, term, target);
    case Opcode::kCall:
      if (term.operands.size() == 2) {
        switch (static_cast<Builtin>(term.a)) {
          case Builtin::kLessThan:
            return Compare(trace, term.operands[0], term.operands[1], true, target);
          case Builtin::kLessThanOrEqual:
            return Compare(trace, term.operands[0], term.operands[1], false, target);
          case Builtin::kGreaterThan:
            return Compare(trace, term.operands[1], term.operands[0], true, target);
          case Builtin::kGreaterThanOrEqual:
            return Compare(trace, term.operands[1], term.operands[0], false, target);
          case Builtin::kIsInRange: {
            const Value& range = trace.at(term.operands[1]).value;
            const std::string within = "within " + words_.Say(range);
            if (target)
              return Reach(trace, term.operands[0], {range, range, Relation::kIs, "were " + within});
            // An address of a network for examples; that it is in another range is seen when it is tried.
            for (const auto& [first, third] : {std::pair<uint8_t, uint8_t>{192, 2}, {203, 113}}) {
              data::IpAddr other;
              other.bytes[0] = first;
              other.bytes[2] = third;
              const Value value(other);
              Reach(trace, term.operands[0], {value, range, Relation::kIsNot, "were not " + within});
            }
            return;
          }
          default:
            return;
        }
      }
      return;
    default:
      if (IsRead(term.op)) Reach(trace, id, {Value(target), Value(target), Relation::kIs});
      return;
  }
}

void Proposer::FlipLike(const Trace& trace, const Term& term, bool target) {
  std::string literals, pattern;
  const auto parts = Slice(b_.pattern_parts(), b_.patterns()[term.a]);
  for (uint32_t part : parts) {
    pattern += part == bundle::kWildcard ? "*" : std::string(b_.String(part));
    if (part != bundle::kWildcard) literals += b_.String(part);
  }
  std::string text;
  if (target) {
    text = literals;  // each wildcard stands for nothing
  } else if (literals.empty()) {
    return;  // every text matches it
  } else if (parts.front() != bundle::kWildcard) {
    text = (literals.front() == '\'' ? "-" : "'") + trace.at(term.operands[0]).value.as_string();
  } else if (parts.back() != bundle::kWildcard) {
    text = trace.at(term.operands[0]).value.as_string() + (literals.back() == '\'' ? "-" : "'");
  }  // else it matches wherever the literals stand, and not in an empty text
  const Value value(std::move(text));
  Reach(trace, term.operands[0],
        {value, value, target ? Relation::kIs : Relation::kIsNot,
         fmt::format("{} {}", target ? "matched" : "did not match", words_.Say(Value(std::move(pattern))))});
}

void Proposer::FlipEach(const Trace& trace, const Term& term, bool target) {
  const auto quantifier = static_cast<bundle::Quantifier>(term.b & 0xFF);
  std::vector<Value> wrong;
  for (size_t i = 1; i < term.operands.size(); ++i) {
    const Term& body = trace.at(term.operands[i]);
    if (body.ok && body.value.as_bool() == target) continue;
    // The terms of an element's turn stand between the turn before and its own end; a set has no order.
    for (TermId id = term.operands[i - 1] + 1; id <= term.operands[i]; ++id) {
      if (trace.at(id).op != Opcode::kElement) continue;
      wrong.push_back(trace.at(id).value);
      break;
    }
    FlipTerm(trace, term.operands[i], target);
  }
  // `every` is true, and `some` false, of what is left.
  if ((quantifier == bundle::Quantifier::kEvery) != target || wrong.empty()) return;
  const Value rest = Without(trace.at(term.operands[0]).value, wrong);
  Reach(trace, term.operands[0], {rest, rest, Relation::kIs});
}

void Proposer::Compare(const Trace& trace, TermId x, TermId y, bool strict, bool target) {
  const Value &a = trace.at(x).value, &b = trace.at(y).value;
  if (!IsNumber(a) || a.kind() != b.kind()) return;
  if (target) {
    if (const auto v = Next(b, strict ? -1 : 0))
      Reach(trace, x, {*v, b, strict ? Relation::kBelow : Relation::kAtMost});
    if (const auto v = Next(a, strict ? 1 : 0))
      Reach(trace, y, {*v, a, strict ? Relation::kAbove : Relation::kAtLeast});
  } else {
    if (const auto v = Next(b, strict ? 0 : 1))
      Reach(trace, x, {*v, b, strict ? Relation::kAtLeast : Relation::kAbove});
    if (const auto v = Next(a, strict ? 0 : -1))
      Reach(trace, y, {*v, a, strict ? Relation::kAtMost : Relation::kBelow});
  }
}

void Proposer::FlipEqual(const Trace& trace, const Term& term, bool target) {
  const Value &a = trace.at(term.operands[0]).value, &b = trace.at(term.operands[1]).value;
  if (target) {
    Reach(trace, term.operands[0], {b, b, Relation::kIs});
    Reach(trace, term.operands[1], {a, a, Relation::kIs});
    return;
  }
  for (size_t side = 0; side < 2; ++side) {
    const TermId id = term.operands[side];
    const Shape shape = words_.ShapeOf(trace, id);
    std::vector<Value> others;
    switch (a.kind()) {
      case Kind::kBool:
        others.emplace_back(!a.as_bool());
        break;
      case Kind::kString:
        if (shape.level && shape.type != kNone) {
          const uint32_t name = b_.value_types()[shape.type].levels;
          for (const bundle::LevelsRow& levels : b_.levels()) {
            if (levels.name != name) continue;
            for (uint32_t level : Slice(b_.level_names(), levels.names))
              if (b_.String(level) != a.as_string()) others.emplace_back(std::string(b_.String(level)));
          }
        } else if (trace.at(id).op == Opcode::kFact && shape.level) {
          const bundle::LevelsRow& levels = b_.levels()[b_.facts()[trace.at(id).a].levels];
          for (uint32_t level : Slice(b_.level_names(), levels.names))
            if (b_.String(level) != a.as_string()) others.emplace_back(std::string(b_.String(level)));
        } else {
          others.emplace_back(a.as_string() + "'");
        }
        break;
      case Kind::kEntity:
        if (IsVariable(trace.at(id), Variable::kAction)) {
          OtherActions(trace, id, {a.as_entity()}, false);
          break;
        }
        others.emplace_back(EntityUid{a.as_entity().type, a.as_entity().id + "'"});
        break;
      case Kind::kSet:
        others.push_back(a.as_set().empty() ? Value::MakeSet({Value(std::string("'"))}) : Value::MakeSet({}));
        break;
      case Kind::kRecord:
      case Kind::kIp:
        break;
      default:
        for (int64_t by : {int64_t{1}, int64_t{-1}})
          if (const auto v = Next(a, by)) others.push_back(*v);
        break;
    }
    for (const Value& other : others)
      Reach(trace, id,
            a.is(Kind::kBool) ? Aim{other, other, Relation::kIs} : Aim{other, a, Relation::kIsNot});
  }
}

// Those of the model that are in one of the groups, or in none.
void Proposer::OtherActions(const Trace& trace, TermId id, const std::vector<EntityUid>& groups,
                            bool target) {
  const EntityUid& who = trace.at(id).value.as_entity();
  for (const bundle::ActionRow& row : b_.actions()) {
    const auto name = [&](uint32_t entity) {
      const bundle::EntityRow& e = b_.entities()[entity];
      return EntityUid{std::string(b_.String(b_.types()[e.type])), std::string(b_.String(e.id))};
    };
    const EntityUid action = name(row.action);
    bool in = std::ranges::count(groups, action) > 0;
    for (uint32_t group : Slice(b_.action_groups(), row.groups))
      in |= std::ranges::count(groups, name(group)) > 0;
    if (in == target && action != who) Reach(trace, id, {Value(action), Value(action), Relation::kIs});
  }
  // Without a model the actions are those that are named.
  if (b_.actions().empty() && target) {
    for (const EntityUid& action : groups) Reach(trace, id, {Value(action), Value(action), Relation::kIs});
  }
}

void Proposer::FlipIn(const Trace& trace, const Term& term, bool target) {
  const Term &x = trace.at(term.operands[0]), &y = trace.at(term.operands[1]);
  if (!x.value.is(Kind::kEntity)) return;
  std::vector<EntityUid> groups;
  if (y.value.is(Kind::kEntity)) {
    groups.push_back(y.value.as_entity());
  } else if (y.value.is(Kind::kSet)) {
    for (const Value& v : y.value.as_set()) groups.push_back(v.as_entity());
  }
  const EntityUid& who = x.value.as_entity();
  if (IsVariable(x, Variable::kAction)) return OtherActions(trace, term.operands[0], groups, target);
  const auto id = tracer_.Find(who);
  const auto entity = id ? tracer_.ReadEntity(*id) : std::nullopt;
  if (target) {
    for (const EntityUid& group : groups) {
      Put({.kind = Key::Kind::kParent, .entity = who, .of = Value(group)}, Value(true),
          fmt::format("{} were in {}", words_.Uid(who), words_.Uid(group)), "");
      if (x.op == Opcode::kAttr || x.op == Opcode::kAttrOr)
        Reach(trace, term.operands[0], {Value(group), Value(group), Relation::kIs});
    }
    if (y.op == Opcode::kAttr || y.op == Opcode::kAttrOr) {
      if (y.value.is(Kind::kEntity)) {
        Reach(trace, term.operands[1], {x.value, x.value, Relation::kIs});
        if (entity) {
          for (const EntityUid& parent : entity->parents)
            Reach(trace, term.operands[1], {Value(parent), Value(parent), Relation::kIs});
        }
      }
    }
    return;
  }
  if (!entity) return;
  std::vector<entities::EntityId> walk;
  std::unordered_set<entities::EntityId> seen;
  for (const EntityUid& parent : entity->parents) {
    const bool leads = std::ranges::any_of(groups, [&](const EntityUid& group) {
      if (parent == group) return true;
      const auto from = tracer_.Find(parent);
      const auto to = tracer_.Find(group);
      entities::Work work;
      return from && to && tracer_.world().In(*from, *to, &walk, &seen, &work);
    });
    if (!leads) continue;
    Put({.kind = Key::Kind::kParent, .entity = who, .of = Value(parent)}, Value(false),
        fmt::format("{} were not in {}", words_.Uid(who), words_.Uid(parent)), "");
  }
  if (x.op == Opcode::kAttr || x.op == Opcode::kAttrOr) {
    const Value other(EntityUid{who.type, who.id + "'"});
    Reach(trace, term.operands[0], {other, x.value, Relation::kIsNot});
  }
}

void Proposer::FlipContains(const Trace& trace, const Term& term, bool target) {
  const TermId set_id = term.operands[0];
  const Value& set = trace.at(set_id).value;
  if (!set.is(Kind::kSet)) return;
  const auto to = [&](const Value& value) { Reach(trace, set_id, {value, value, Relation::kIs}); };
  if (term.op == Opcode::kIsEmpty) {
    if (target) return to(Value::MakeSet({}));
    const Shape shape = words_.ShapeOf(trace, set_id);
    if (shape.type == kNone) return;
    return to(With(set, Sample(b_.value_types()[shape.type].of)));
  }
  const Value& other = trace.at(term.operands[1]).value;
  if (term.op == Opcode::kContains) {
    to(target ? With(set, other) : Without(set, {other}));
    // What is looked for could be one of them.
    if (target) {
      for (const Value& v : set.as_set()) Reach(trace, term.operands[1], {v, v, Relation::kIs});
    } else if (other.is(Kind::kString)) {
      Reach(trace, term.operands[1], {Value(other.as_string() + "'"), other, Relation::kIsNot});
    }
    return;
  }
  if (!other.is(Kind::kSet)) return;
  const bool all = term.op == Opcode::kContainsAll;
  if (target && all) {
    std::vector<Value> both = set.as_set();
    both.insert(both.end(), other.as_set().begin(), other.as_set().end());
    to(Value::MakeSet(std::move(both)));
    std::vector<Value> shared;
    for (const Value& v : other.as_set())
      if (set.Contains(v)) shared.push_back(v);
    const Value rest = Value::MakeSet(std::move(shared));
    Reach(trace, term.operands[1], {rest, rest, Relation::kIs});
  } else if (target) {
    for (const Value& v : other.as_set()) to(With(set, v));
    for (const Value& v : set.as_set()) {
      const Value more = With(other, v);
      Reach(trace, term.operands[1], {more, more, Relation::kIs});
    }
  } else if (all) {
    for (const Value& v : other.as_set()) to(Without(set, {v}));
  } else {
    to(Without(set, other.as_set()));
    const Value rest = Without(other, set.as_set());
    Reach(trace, term.operands[1], {rest, rest, Relation::kIs});
  }
}

void Proposer::FlipHas(const Trace& trace, TermId of, uint32_t name, bool target) {
  const Term& owner = trace.at(of);
  const std::string attribute(b_.String(name));
  const bool context = IsVariable(owner, Variable::kContext);
  const bundle::AttributeRow* row = nullptr;
  if (context) {
    row = words_.ContextAttribute(attribute);
  } else if (owner.ok && owner.value.is(Kind::kEntity)) {
    row = words_.EntityAttribute(owner.value.as_entity().type, attribute);
  }
  if (target) {
    if (row == nullptr && b_.is_pol()) return;
    const Value value = row == nullptr ? Value(true) : Sample(row->type);
    if (context) {
      out_->push_back(ContextAttribute(attribute, value));
      out_->back().change.by_agent &= own_;
      return;
    }
    if (!owner.value.is(Kind::kEntity)) return;
    const EntityUid& who = owner.value.as_entity();
    return Put({.kind = Key::Kind::kAttribute, .name = attribute, .entity = who}, value,
               fmt::format("{} of {} were there", attribute, words_.Uid(who)), "");
  }
  if (row != nullptr && row->required != 0) return;
  if (context) {
    out_->push_back(ContextAttribute(attribute, std::nullopt));
    out_->back().change.by_agent &= own_;
    return;
  }
  if (!owner.value.is(Kind::kEntity)) return;
  const EntityUid& who = owner.value.as_entity();
  Put({.kind = Key::Kind::kAttribute, .name = attribute, .entity = who}, std::nullopt,
      fmt::format("{} of {} were not there", attribute, words_.Uid(who)), "");
}

Candidate Proposer::ContextAttribute(std::string_view name, std::optional<Value> value) const {
  const bundle::AttributeRow* row = words_.ContextAttribute(name);
  const bool host = row != nullptr && row->from_host != 0;
  Candidate c{{.kind = host ? Key::Kind::kHostContext : Key::Kind::kContext, .name = std::string(name)}, {}};
  c.change.says = fmt::format("{} were {}", name, value ? "given" : "left out");
  c.change.value = std::move(value);
  c.change.by_agent = !host;
  return c;
}

void Proposer::SupplyInput(uint32_t input, const Value* key) {
  const bundle::InputRow& row = b_.inputs()[input];
  const Shape shape = words_.ShapeOfInput(input);
  if (static_cast<bundle::InputKind>(row.kind) == bundle::InputKind::kNow) {
    return Put({.kind = Key::Kind::kNow}, Value(data::Datetime{0}), "the gateway said what time it is", "");
  }
  std::string name(b_.String(row.name));
  std::string subject = name;
  if (key != nullptr) subject += " of " + words_.Say(*key);
  std::vector<Value> values;
  const auto kind = static_cast<Kind>(row.value_kind);
  if (kind == Kind::kBool) {
    values = {Value(false), Value(true)};
  } else {
    values = {WithNumber(kind, 0)};
  }
  for (Value& value : values) {
    std::string says = fmt::format("{} were known to be {}", subject, words_.Say(value, shape));
    Put({.kind = Key::Kind::kState,
         .name = name,
         .by = std::string(b_.String(row.by)),
         .of = key == nullptr ? std::nullopt : std::optional<Value>(*key)},
        std::move(value), std::move(says), "");
  }
}

void Proposer::FixError(const Trace& trace, TermId id) {
  const Term& term = trace.at(id);
  switch (term.op) {
    case Opcode::kAttr:
    case Opcode::kGetTag: {
      const Term& owner = trace.at(term.operands[0]);
      if (!owner.ok) return;
      if (owner.value.is(Kind::kEntity)) {
        const EntityUid& who = owner.value.as_entity();
        const auto at = tracer_.Find(who);
        if (!at || tracer_.world().Attributes(*at) == nullptr) {
          Put({.kind = Key::Kind::kEntity, .entity = who}, Value(true), words_.Uid(who) + " were known", "");
          return;
        }
      }
      if (term.op == Opcode::kAttr) FlipHas(trace, term.operands[0], term.a, true);
      return;
    }
    case Opcode::kInStrict:
    case Opcode::kHasStrict:
    case Opcode::kAttrOr: {
      const Term& owner = trace.at(term.operands[0]);
      if (owner.ok && owner.value.is(Kind::kEntity))
        Put({.kind = Key::Kind::kEntity, .entity = owner.value.as_entity()}, Value(true),
            words_.Uid(owner.value.as_entity()) + " were known", "");
      return;
    }
    case Opcode::kInput:
      return SupplyInput(term.a, nullptr);
    case Opcode::kInputOf:
      if (trace.at(term.operands[0]).ok) SupplyInput(term.a, &trace.at(term.operands[0]).value);
      return;
    case Opcode::kFact:
      return FixFact(term.a);
    default:
      return;
  }
}

void Proposer::FixFact(uint32_t fact) {
  if (++depth_ <= kMaxFactDepth) {
    const bundle::FactRow& row = b_.facts()[fact];
    const auto fix = [&](const bundle::Block& block) {
      if (block.count == 0) return;
      const Trace trace = tracer_.Run(block);
      if (!trace.ok() && trace.root != kNoTerm) FixError(trace, trace.root);
    };
    for (const bundle::ClauseRow& clause : Slice(b_.clauses(), row.clauses))
      fix(clause.when), fix(clause.value);
    fix(row.value);
  }
  --depth_;
}

}  // namespace polc::explain
