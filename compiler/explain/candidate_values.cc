// The half of Proposer that gives what a test read another value, and says so.
#include <algorithm>

#include "compiler/explain/candidates.h"
#include "compiler/explain/numbers.h"
#include "fmt/format.h"
#include "runtime/bundle/verify.h"

namespace polc::explain {

using bundle::Builtin;
using bundle::kNone;
using bundle::Opcode;
using bundle::Variable;
using data::EntityUid;
using data::Kind;
using data::Value;

void Proposer::Reach(const Trace& trace, TermId id, const Aim& aim) {
  const Term& term = trace.at(id);
  if (!term.ok) return;
  switch (term.op) {
    case Opcode::kVar: {
      if (!aim.value.is(Kind::kEntity)) return;
      if (IsVariable(term, Variable::kResource)) {
        Put({.kind = Key::Kind::kResource}, aim.value,
            aim.relation == Relation::kIsNot
                ? fmt::format("the resource were not {}", words_.Say(aim.boundary))
                : fmt::format("the resource were {}", words_.Say(aim.value)),
            "it is " + words_.Say(term.value));
      } else if (IsVariable(term, Variable::kAction)) {
        if (aim.relation != Relation::kIs) return;
        Put({.kind = Key::Kind::kAction}, aim.value,
            fmt::format("{}{}", kActionWere, words_.Action(aim.value.as_entity())),
            "it is " + words_.Say(term.value), own_);
      }
      return;
    }
    case Opcode::kAttr:
    case Opcode::kAttrOr:
      return SetAttribute(trace, id, aim.value, Said(trace, id, aim));
    case Opcode::kGetTag: {
      const Term &owner = trace.at(term.operands[0]), &tag = trace.at(term.operands[1]);
      Put({.kind = Key::Kind::kTag, .name = tag.value.as_string(), .entity = owner.value.as_entity()},
          aim.value, Said(trace, id, aim), Current(trace, id));
      return;
    }
    case Opcode::kFact:
      return ReachFact(term.a, aim);
    case Opcode::kInput:
    case Opcode::kInputOf: {
      const bundle::InputRow& row = b_.inputs()[term.a];
      if (static_cast<bundle::InputKind>(row.kind) == bundle::InputKind::kNow)
        return Put({.kind = Key::Kind::kNow}, aim.value, Said(trace, id, aim), Current(trace, id));
      Key key{.kind = Key::Kind::kState,
              .name = std::string(b_.String(row.name)),
              .by = std::string(b_.String(row.by))};
      if (term.op == Opcode::kInputOf) key.of = trace.at(term.operands[0]).value;
      return Put(std::move(key), aim.value, Said(trace, id, aim), Current(trace, id));
    }
    case Opcode::kRank: {
      if (!aim.value.is(Kind::kLong)) return;
      const auto names = Slice(b_.level_names(), b_.levels()[term.a].names);
      const auto level = [&](const Value& rank) -> std::optional<Value> {
        if (rank.as_long() < 0 || rank.as_long() >= static_cast<int64_t>(names.size())) return std::nullopt;
        return Value(std::string(b_.String(names[static_cast<size_t>(rank.as_long())])));
      };
      const auto value = level(aim.value), boundary = level(aim.boundary);
      if (value)
        Reach(trace, term.operands[0],
              {*value, boundary ? *boundary : *value, boundary ? aim.relation : Relation::kIs});
      return;
    }
    case Opcode::kLower:
      return Reach(trace, term.operands[0], aim);
    case Opcode::kBranchFalse:
      if (term.operands.size() > 1) Reach(trace, term.operands[1], aim);
      return FlipTerm(trace, term.operands[0], !trace.at(term.operands[0]).value.as_bool());
    case Opcode::kNot:
    case Opcode::kAnd:
    case Opcode::kOr:
    case Opcode::kEq:
    case Opcode::kLess:
    case Opcode::kLessEq:
    case Opcode::kIn:
    case Opcode::kInStrict:
    case Opcode::kHas:
    case Opcode::kHasStrict:
      if (aim.value.is(Kind::kBool)) FlipTerm(trace, id, aim.value.as_bool());
      return;
    case Opcode::kNeg:
    case Opcode::kAdd:
    case Opcode::kSub:
    case Opcode::kMul:
    case Opcode::kCall:
    case Opcode::kSize:
    case Opcode::kEach:
      return ReachNumber(trace, term, aim);
    default:
      return;
  }
}

void Proposer::ReachNumber(const Trace& trace, const Term& term, const Aim& aim) {
  const auto turned = [](Relation r) {
    switch (r) {
      case Relation::kAtMost:
        return Relation::kAtLeast;
      case Relation::kAtLeast:
        return Relation::kAtMost;
      case Relation::kBelow:
        return Relation::kAbove;
      case Relation::kAbove:
        return Relation::kBelow;
      default:
        return r;
    }
  };
  // The operand as a function of the result; none where that leads past the end.
  const auto reach = [&](TermId id, auto back, bool turn) {
    const std::optional<Value> value = back(aim.value), boundary = back(aim.boundary);
    if (value && boundary) Reach(trace, id, {*value, *boundary, turn ? turned(aim.relation) : aim.relation});
  };
  const auto minus = [](Kind kind, int64_t a, int64_t b) -> std::optional<Value> {
    int64_t n = 0;
    if (__builtin_sub_overflow(a, b, &n)) return std::nullopt;
    return WithNumber(kind, n);
  };
  const auto plus = [](Kind kind, int64_t a, int64_t b) -> std::optional<Value> {
    int64_t n = 0;
    if (__builtin_add_overflow(a, b, &n)) return std::nullopt;
    return WithNumber(kind, n);
  };
  const auto number = [&](size_t i) { return NumberOf(trace.at(term.operands[i]).value); };
  if (!IsNumber(aim.value) || !IsNumber(aim.boundary)) return;
  switch (term.op) {
    case Opcode::kNeg:
      return reach(
          term.operands[0], [&](const Value& v) { return minus(Kind::kLong, 0, NumberOf(v)); }, true);
    case Opcode::kAdd:
      for (size_t i = 0; i < 2; ++i)
        reach(
            term.operands[i], [&](const Value& v) { return minus(Kind::kLong, NumberOf(v), number(1 - i)); },
            false);
      return;
    case Opcode::kSub:
      reach(
          term.operands[0], [&](const Value& v) { return plus(Kind::kLong, NumberOf(v), number(1)); }, false);
      reach(
          term.operands[1], [&](const Value& v) { return minus(Kind::kLong, number(0), NumberOf(v)); }, true);
      return;
    case Opcode::kMul:
      for (size_t i = 0; i < 2; ++i) {
        const int64_t by = number(1 - i);
        if (by == 0 || trace.at(term.operands[i]).op == Opcode::kConst) continue;
        const int64_t v = NumberOf(aim.value);
        if (v == INT64_MIN) continue;
        // Towards the side that is asked for: down for an upper bound, up for a lower one.
        const bool up = (aim.relation == Relation::kAtLeast || aim.relation == Relation::kAbove) == (by > 0);
        int64_t n = v / by;
        if (v % by != 0) {
          const bool below = (v < 0) == (by < 0);  // the quotient was cut downwards
          if (up && below) ++n;
          if (!up && !below) --n;
          if (aim.relation == Relation::kIs || aim.relation == Relation::kIsNot) continue;
        }
        const Relation r = up ? Relation::kAtLeast : Relation::kAtMost;
        const bool exact = aim.relation == Relation::kIs || aim.relation == Relation::kIsNot;
        Reach(trace, term.operands[i], {Value(n), Value(n), exact ? Relation::kIs : r});
      }
      return;
    case Opcode::kSize: {
      const Value& set = trace.at(term.operands[0]).value;
      const int64_t wanted = NumberOf(aim.value);
      if (wanted < 0 || wanted > bundle::kMaxEachBound) return;
      std::vector<Value> elements = set.as_set();
      const bool texts = elements.empty() || elements[0].is(Kind::kString);
      while (static_cast<int64_t>(elements.size()) > wanted) elements.pop_back();
      for (int64_t i = 0; static_cast<int64_t>(elements.size()) < wanted && texts; ++i)
        elements.emplace_back(fmt::format("{}'", i));
      const Value value = Value::MakeSet(std::move(elements));
      return Reach(trace, term.operands[0], {value, value, Relation::kIs});
    }
    case Opcode::kEach: {
      const bool more = NumberOf(aim.value) > NumberOf(term.value);
      for (size_t i = 1; i < term.operands.size(); ++i) {
        const Term& body = trace.at(term.operands[i]);
        if (body.ok && body.value.as_bool() != more) FlipTerm(trace, term.operands[i], more);
      }
      return;
    }
    case Opcode::kCall: {
      const auto unit = [&](int64_t ms) {
        reach(
            term.operands[0],
            [&](const Value& v) -> std::optional<Value> {
              int64_t n = 0;
              if (__builtin_mul_overflow(NumberOf(v), ms, &n)) return std::nullopt;
              return Value(data::Duration{n});
            },
            false);
      };
      switch (static_cast<Builtin>(term.a)) {
        case Builtin::kOffset:
          reach(
              term.operands[0],
              [&](const Value& v) { return minus(Kind::kDatetime, NumberOf(v), number(1)); }, false);
          return reach(
              term.operands[1],
              [&](const Value& v) { return minus(Kind::kDuration, NumberOf(v), number(0)); }, false);
        case Builtin::kDurationSince:
          reach(
              term.operands[0], [&](const Value& v) { return plus(Kind::kDatetime, NumberOf(v), number(1)); },
              false);
          return reach(
              term.operands[1],
              [&](const Value& v) { return minus(Kind::kDatetime, number(0), NumberOf(v)); }, true);
        case Builtin::kToMilliseconds:
          return unit(1);
        case Builtin::kToSeconds:
          return unit(1000);
        case Builtin::kToMinutes:
          return unit(60000);
        case Builtin::kToHours:
          return unit(3600000);
        case Builtin::kToDays:
          return unit(86400000);
        default:
          return;
      }
    }
    default:
      return;
  }
}

bool Proposer::Satisfies(const Value& value, const Aim& aim, uint32_t levels) const {
  int order = 0;
  if (levels != kNone && value.is(Kind::kString) && aim.boundary.is(Kind::kString)) {
    const auto names = Slice(b_.level_names(), b_.levels()[levels].names);
    const auto rank = [&](const Value& v) {
      for (size_t i = 0; i < names.size(); ++i)
        if (b_.String(names[i]) == v.as_string()) return static_cast<int>(i);
      return -1;
    };
    order = rank(value) - rank(aim.boundary);
  } else {
    order = value < aim.boundary ? -1 : value > aim.boundary ? 1 : 0;
  }
  switch (aim.relation) {
    case Relation::kIs:
      return order == 0;
    case Relation::kIsNot:
      return order != 0;
    case Relation::kAtMost:
      return order <= 0;
    case Relation::kAtLeast:
      return order >= 0;
    case Relation::kBelow:
      return order < 0;
    case Relation::kAbove:
      return order > 0;
  }
  return false;
}

void Proposer::ReachFact(uint32_t fact, const Aim& aim) {
  if (++depth_ <= kMaxFactDepth) {
    const bundle::FactRow& row = b_.facts()[fact];
    if (static_cast<bundle::FactForm>(row.form) == bundle::FactForm::kExpression) {
      const Trace trace = tracer_.Run(row.value);
      if (trace.ok()) {
        Reach(trace, trace.root, aim);
      } else if (trace.root != kNoTerm) {
        FixError(trace, trace.root);
      }
    }
    for (const bundle::ClauseRow& clause : Slice(b_.clauses(), row.clauses)) {
      const Trace value = tracer_.Run(clause.value);
      const Trace when = tracer_.Run(clause.when);
      const bool counts = when.holds();
      if (!when.ok()) {
        if (when.root != kNoTerm) FixError(when, when.root);
        continue;
      }
      const bool fits = value.ok() && Satisfies(value.value(), aim, row.levels);
      // A clause that is in the way, or one that would do; a cap that leaves enough is never in the way.
      if (counts != fits) FlipTerm(when, when.root, !counts);
      if (counts && value.ok() && !fits) Reach(value, value.root, aim);
    }
    if (row.value.count > 0 && static_cast<bundle::FactForm>(row.form) != bundle::FactForm::kExpression) {
      const Trace value = tracer_.Run(row.value);
      if (value.ok() && !Satisfies(value.value(), aim, row.levels)) Reach(value, value.root, aim);
    }
  }
  --depth_;
}

void Proposer::SetAttribute(const Trace& trace, TermId id, const Value& value, std::string says) {
  // Down through records to what they are an attribute of.
  Value whole = value;
  const std::string current = Current(trace, id);
  const Term* at = &trace.at(id);
  for (;;) {
    const Term& owner = trace.at(at->operands[0]);
    const std::string name(b_.String(at->a));
    if (IsVariable(owner, Variable::kContext)) {
      Candidate c = ContextAttribute(name, std::move(whole));
      c.change.by_agent &= own_;
      c.change.says = std::move(says);
      c.change.current = current;
      return out_->push_back(std::move(c));
    }
    if (!owner.ok) return;
    if (owner.value.is(Kind::kEntity)) {
      // What an action is cannot be changed, and it has no attributes.
      if (IsVariable(owner, Variable::kAction)) return;
      return Put({.kind = Key::Kind::kAttribute, .name = name, .entity = owner.value.as_entity()},
                 std::move(whole), std::move(says), current);
    }
    if (!owner.value.is(Kind::kRecord) || (owner.op != Opcode::kAttr && owner.op != Opcode::kAttrOr)) return;
    data::Record fields = owner.value.as_record();
    std::erase_if(fields, [&](const auto& field) { return field.first == name; });
    fields.emplace_back(name, std::move(whole));
    whole = Value::MakeRecord(std::move(fields));
    at = &owner;
  }
}

std::string Proposer::Subject(const Trace& trace, TermId id) const {
  const Term& term = trace.at(id);
  if (term.op == Opcode::kAttr || term.op == Opcode::kAttrOr) {
    const Term& owner = trace.at(term.operands[0]);
    if (IsVariable(owner, Variable::kContext)) return std::string(b_.String(term.a));
    if (owner.ok && owner.value.is(Kind::kEntity))
      return fmt::format("{} of {}", b_.String(term.a), words_.Uid(owner.value.as_entity()));
  }
  if (term.op == Opcode::kGetTag && trace.at(term.operands[0]).ok && trace.at(term.operands[1]).ok) {
    return fmt::format("the tag {} of {}", words_.Say(trace.at(term.operands[1]).value),
                       words_.Say(trace.at(term.operands[0]).value));
  }
  if (term.op == Opcode::kInput &&
      static_cast<bundle::InputKind>(b_.inputs()[term.a].kind) == bundle::InputKind::kNow)
    return "the time";
  const std::string path = words_.Path(trace, id);
  return path.starts_with("context.") ? path.substr(8) : path;
}

std::string Proposer::Said(const Trace& trace, TermId id, const Aim& aim) const {
  if (!aim.such.empty()) return fmt::format("{} {}", Subject(trace, id), aim.such);
  const Shape shape = words_.ShapeOf(trace, id);
  std::string_view relation;
  switch (aim.relation) {
    case Relation::kIs:
      relation = "";
      break;
    case Relation::kIsNot:
      relation = "not ";
      break;
    case Relation::kAtMost:
      relation = aim.boundary.is(Kind::kDatetime) ? "no later than " : "at most ";
      break;
    case Relation::kAtLeast:
      relation = aim.boundary.is(Kind::kDatetime) ? "no earlier than " : "at least ";
      break;
    case Relation::kBelow:
      relation = aim.boundary.is(Kind::kDatetime) ? "before " : "below ";
      break;
    case Relation::kAbove:
      relation = aim.boundary.is(Kind::kDatetime) ? "after " : "above ";
      break;
  }
  const Value& shown = aim.relation == Relation::kIs ? aim.value : aim.boundary;
  return fmt::format("{} were {}{}", Subject(trace, id), relation, words_.Say(shown, shape));
}

std::string Proposer::Current(const Trace& trace, TermId id) const {
  const Term& term = trace.at(id);
  return term.ok ? "it is " + words_.Say(term.value, words_.ShapeOf(trace, id)) : "";
}

Value Proposer::Sample(uint32_t type, size_t depth) const {
  const bundle::ValueTypeRow& row = b_.value_types()[type];
  const auto kind = static_cast<Kind>(row.kind);
  switch (kind) {
    case Kind::kBool:
      return Value(true);
    case Kind::kString:
      for (const bundle::LevelsRow& levels : b_.levels())
        if (row.levels != kNone && levels.name == row.levels)
          return Value(std::string(b_.String(Slice(b_.level_names(), levels.names)[0])));
      return Value(std::string("'"));
    case Kind::kEntity:
      return Value(EntityUid{std::string(b_.String(b_.types()[row.of])), "'"});
    case Kind::kIp: {
      data::IpAddr ip;
      ip.bytes[0] = 10;
      return Value(ip);
    }
    case Kind::kSet:
      return Value::MakeSet({});
    case Kind::kRecord: {
      data::Record fields;
      // Types are made of types before them, so this ends.
      for (const bundle::AttributeRow& field : Slice(b_.attributes(), row.fields))
        if (field.required != 0 && depth < bundle::kMaxTypeDepth)
          fields.emplace_back(b_.String(field.name), Sample(field.type, depth + 1));
      return Value::MakeRecord(std::move(fields));
    }
    default:
      return WithNumber(kind, 0);
  }
}

}  // namespace polc::explain
