#include "compiler/explain/words.h"

#include <algorithm>

#include "compiler/host/decision_json.h"
#include "compiler/source/render.h"
#include "fmt/format.h"
#include "runtime/bundle/verify.h"

namespace polc::explain {

using bundle::Bundle;
using bundle::kNone;
using bundle::Opcode;
using data::Kind;

namespace {

std::string Decimal(int64_t units, int least) {
  std::string text = fmt::format("{}{}.{:04}", units < 0 ? "-" : "", (units < 0 ? -units : units) / 10000,
                                 (units < 0 ? -units : units) % 10000);
  const size_t keep = text.find('.') + 1 + static_cast<size_t>(least);
  while (text.size() > keep && text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

// "2%", "7.5%".
std::string Percent(int64_t units) {
  std::string text = fmt::format("{}", units / 100);
  if (units % 100 != 0) {
    text += fmt::format(".{:02}", units % 100);
    if (text.back() == '0') text.pop_back();
  }
  return text + "%";
}

std::string_view Operator(Opcode op) {
  switch (op) {
    case Opcode::kAdd:
      return "+";
    case Opcode::kSub:
      return "-";
    case Opcode::kMul:
      return "*";
    case Opcode::kEq:
      return "==";
    case Opcode::kLess:
      return "<";
    case Opcode::kLessEq:
      return "<=";
    case Opcode::kIn:
    case Opcode::kInStrict:
      return "in";
    case Opcode::kAnd:
      return "and";
    case Opcode::kOr:
      return "or";
    default:
      return {};
  }
}

// "getTag": an operation as policies call it.
std::string MethodName(Opcode op) {
  std::string_view name = Info(op).mnemonic;
  // How it takes an absent entity is not in its name.
  if (name.ends_with("_strict")) name.remove_suffix(7);
  std::string out;
  bool upper = false;
  for (const char c : name) {
    if (c != '_') out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = c == '_';
  }
  return out;
}

}  // namespace

std::string PlaceName(const Bundle& bundle, const bundle::Place& place) {
  if (place.file == kNone) return {};
  return fmt::format("{}:{}:{}", bundle.String(bundle.files()[place.file].path), place.line, place.column);
}

std::string_view SourceText(const Bundle& bundle, const bundle::Place& place) {
  if (place.file == kNone) return {};
  const bundle::FileRow& file = bundle.files()[place.file];
  if (place.end > file.bytes || place.begin > place.end) return {};
  const auto bytes = bundle.source_bytes().subspan(file.first + place.begin, place.end - place.begin);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string OneLine(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return source::Printable(out);
}

std::string_view EffectName(const Bundle& bundle, uint8_t effect) {
  switch (static_cast<bundle::Effect>(effect)) {
    case bundle::Effect::kAllow:
      return bundle.is_pol() ? "allow" : "permit";
    case bundle::Effect::kLimit:
      return "limit";
    case bundle::Effect::kRequire:
      return "require";
    case bundle::Effect::kSuggest:
      return "suggest";
    case bundle::Effect::kForbid:
      return "forbid";
  }
  return "";
}

std::string DurationText(int64_t ms) {
  if (ms == INT64_MIN) return "-9223372036854775808ms";
  std::string out = ms < 0 ? "-" : "";
  int64_t rest = ms < 0 ? -ms : ms;
  bool any = false;
  for (const auto& [unit, name] : {std::pair<int64_t, const char*>{86400000, "d"},
                                   {3600000, "h"},
                                   {60000, "m"},
                                   {1000, "s"},
                                   {1, "ms"}}) {
    const int64_t n = rest / unit;
    rest %= unit;
    if (n > 0) out += fmt::format("{}{}", n, name), any = true;
  }
  return any ? out : "0s";
}

std::string ClockText(data::Datetime time, std::optional<data::Datetime> now) {
  const std::optional<std::string> text = host::TimeText(time);
  if (!text) return data::ToString(data::Value(time));
  const std::optional<std::string> today = now ? host::TimeText(*now) : std::nullopt;
  const bool whole_minute = time.ms % 60000 == 0 && text->size() == 20;
  std::string clock = whole_minute ? text->substr(11, 5) : text->substr(11, 8);
  return today && today->substr(0, 10) == text->substr(0, 10) ? clock : *text;
}

bool IsRead(Opcode op) {
  switch (op) {
    case Opcode::kVar:
    case Opcode::kElement:
    case Opcode::kFact:
    case Opcode::kInput:
    case Opcode::kInputOf:
    case Opcode::kAttr:
    case Opcode::kAttrOr:
    case Opcode::kGetTag:
      return true;
    default:
      return false;
  }
}

Words::Words(const Tracer& tracer) : tracer_(tracer), b_(tracer.bundle()), pol_(b_.is_pol()) {}

std::string Words::Uid(const data::EntityUid& uid) const {
  if (!pol_) return source::Printable(data::ToString(uid));
  if (uid.type == "Action") return Action(uid);
  return source::Printable(uid.type + " " + data::QuoteCedar(uid.id));
}

std::string Words::Action(const data::EntityUid& uid) const {
  return source::Printable(pol_ ? uid.id : data::ToString(uid));
}

std::string Words::Say(const data::Value& value, const Shape& shape) const {
  switch (value.kind()) {
    case Kind::kBool:
      if (!shape.yes.empty()) return std::string(value.as_bool() ? shape.yes : shape.no);
      return value.as_bool() ? "true" : "false";
    case Kind::kString:
      return shape.level ? source::Printable(value.as_string())
                         : source::Printable(data::QuoteCedar(value.as_string()));
    case Kind::kEntity:
      return Uid(value.as_entity());
    case Kind::kDecimal:
      return shape.percent ? Percent(value.as_decimal().units) : Decimal(value.as_decimal().units, 2);
    case Kind::kDatetime: {
      const std::optional<std::string> text = host::TimeText(value.as_datetime());
      return text ? *text : source::Printable(data::ToString(value));
    }
    case Kind::kDuration:
      return DurationText(value.as_duration().ms);
    case Kind::kSet: {
      Shape of;
      if (shape.type != kNone && b_.value_types()[shape.type].of != kNone)
        of = ShapeOfType(b_.value_types()[shape.type].of);
      std::string out = "[";
      for (const data::Value& element : value.as_set()) {
        if (out.size() > 1) out += ", ";
        if (out.size() > 200) return out + "…]";
        out += Say(element, of);
      }
      return out + "]";
    }
    case Kind::kRecord: {
      std::string out = "{";
      for (const auto& [name, field] : value.as_record()) {
        if (out.size() > 1) out += ", ";
        if (out.size() > 200) return out + "…}";
        out += source::Printable(name) + ": " + Say(field);
      }
      return out + "}";
    }
    default:
      return source::Printable(data::ToString(value));
  }
}

const bundle::AttributeRow* Words::ContextAttribute(std::string_view name) const {
  const uint32_t action = tracer_.request().action_row();
  if (action == kNone) return nullptr;
  for (const bundle::AttributeRow& row : Slice(b_.attributes(), b_.actions()[action].context)) {
    if (b_.String(row.name) == name) return &row;
  }
  return nullptr;
}

const bundle::EntityTypeRow* Words::EntityType(std::string_view name) const {
  for (const bundle::EntityTypeRow& row : b_.entity_types()) {
    if (b_.String(b_.types()[row.type]) == name) return &row;
  }
  return nullptr;
}

const bundle::AttributeRow* Words::EntityAttribute(std::string_view type, std::string_view name) const {
  const bundle::EntityTypeRow* of = EntityType(type);
  if (of == nullptr) return nullptr;
  for (const bundle::AttributeRow& row : Slice(b_.attributes(), of->attributes)) {
    if (b_.String(row.name) == name) return &row;
  }
  return nullptr;
}

Shape Words::ShapeOfType(uint32_t type) const {
  const bundle::ValueTypeRow& row = b_.value_types()[type];
  return {type, row.percent != 0, row.levels != kNone};
}

Shape Words::ShapeOfInput(uint32_t input) const {
  Shape out;
  switch (static_cast<bundle::InputKind>(b_.inputs()[input].kind)) {
    case bundle::InputKind::kSwitch:
      out.yes = "on", out.no = "off";
      break;
    case bundle::InputKind::kLabel:
      out.yes = "set", out.no = "not set";
      break;
    case bundle::InputKind::kBreaker:
      out.yes = "open", out.no = "closed";
      break;
    default:
      break;
  }
  return out;
}

Shape Words::ShapeOf(const Trace& trace, TermId id) const {
  const Term& term = trace.at(id);
  switch (term.op) {
    case Opcode::kFact: {
      Shape out;
      out.level = b_.facts()[term.a].levels != kNone;
      return out;
    }
    case Opcode::kInput:
    case Opcode::kInputOf:
      return ShapeOfInput(term.a);
    case Opcode::kRank:
      return ShapeOf(trace, term.operands[0]);
    case Opcode::kAttr:
    case Opcode::kAttrOr: {
      const Term& of = trace.at(term.operands[0]);
      const std::string_view name = b_.String(term.a);
      const bundle::AttributeRow* row = nullptr;
      if (IsVariable(of, bundle::Variable::kContext)) {
        row = ContextAttribute(name);
      } else if (of.ok && of.value.is(Kind::kEntity)) {
        row = EntityAttribute(of.value.as_entity().type, name);
      } else {
        const Shape above = ShapeOf(trace, term.operands[0]);
        if (above.type == kNone) return {};
        for (const bundle::AttributeRow& field :
             Slice(b_.attributes(), b_.value_types()[above.type].fields)) {
          if (b_.String(field.name) == name) row = &field;
        }
      }
      return row == nullptr ? Shape{} : ShapeOfType(row->type);
    }
    default:
      return {};
  }
}

Origin Words::OriginOf(const Trace& trace, TermId id) const {
  const Term& term = trace.at(id);
  switch (term.op) {
    case Opcode::kConst:
      return Origin::kPolicy;
    case Opcode::kVar:
      return static_cast<bundle::Variable>(term.a) == bundle::Variable::kContext ? Origin::kHost
                                                                                 : Origin::kAgent;
    case Opcode::kAttr:
    case Opcode::kAttrOr: {
      const Term& of = trace.at(term.operands[0]);
      if (of.op == Opcode::kVar) {
        switch (static_cast<bundle::Variable>(of.a)) {
          case bundle::Variable::kContext: {
            if (!pol_) return Origin::kAgent;
            const bundle::AttributeRow* row = ContextAttribute(b_.String(term.a));
            return row != nullptr && row->from_host == 0 ? Origin::kAgent : Origin::kHost;
          }
          case bundle::Variable::kPrincipal:
            return Origin::kOwn;
          default:
            return Origin::kHost;
        }
      }
      // A field of a record is its record's.
      if (of.ok && of.value.is(Kind::kRecord)) return OriginOf(trace, term.operands[0]);
      return Origin::kHost;
    }
    default:
      return Origin::kHost;
  }
}

std::string Words::Path(const Trace& trace, TermId id) const {
  const Term& term = trace.at(id);
  const auto operand = [&](size_t i) { return Path(trace, term.operands[i]); };
  switch (term.op) {
    case Opcode::kConst:
      return Say(term.value);
    case Opcode::kVar:
      return std::string(bundle::VariableName(static_cast<bundle::Variable>(term.a)));
    case Opcode::kElement:
      return "the element";
    case Opcode::kFact:
      return source::Printable(b_.String(b_.facts()[term.a].name));
    case Opcode::kInput:
      return source::Printable(b_.String(b_.inputs()[term.a].name));
    case Opcode::kInputOf: {
      const Term& key = trace.at(term.operands[0]);
      return source::Printable(b_.String(b_.inputs()[term.a].name)) + " of " +
             (key.ok ? Say(key.value) : operand(0));
    }
    case Opcode::kAttr:
    case Opcode::kAttrOr:
      return operand(0) + "." + source::Printable(b_.String(term.a));
    case Opcode::kHas:
    case Opcode::kHasStrict:
      return operand(0) + " has " + source::Printable(b_.String(term.a));
    case Opcode::kIs:
      return operand(0) + " is " + source::Printable(b_.String(b_.types()[term.a]));
    case Opcode::kRank:
      return operand(0);
    case Opcode::kNot:
      return "not (" + operand(0) + ")";
    case Opcode::kNeg:
      return "-" + operand(0);
    case Opcode::kSize:
    case Opcode::kLower:
    case Opcode::kIsEmpty:
      return operand(0) + "." + MethodName(term.op) + "()";
    case Opcode::kGetTag:
    case Opcode::kHasTag:
    case Opcode::kHasTagStrict:
    case Opcode::kContains:
    case Opcode::kContainsAll:
    case Opcode::kContainsAny:
    case Opcode::kUnion:
    case Opcode::kIntersect:
      return operand(0) + "." + MethodName(term.op) + "(" + operand(1) + ")";
    case Opcode::kInHours:
      return operand(0) + " is within " + source::Printable(b_.String(b_.hours()[term.a].name));
    case Opcode::kLike:
      return operand(0) + " matches a pattern";
    case Opcode::kBranchFalse:
      return "if " + operand(0) + (term.operands.size() > 1 ? " then " + operand(1) : "");
    case Opcode::kEach: {
      const auto quantifier = static_cast<bundle::Quantifier>(term.b & 0xFF);
      return std::string(bundle::QuantifierName(quantifier)) + " of " + operand(0);
    }
    case Opcode::kCall: {
      const bundle::BuiltinInfo& info = Info(static_cast<bundle::Builtin>(term.a));
      // `decimal("1.5")` is a constant in all but name.
      if (term.operands.size() == 1 && trace.at(term.operands[0]).op == Opcode::kConst && term.ok)
        return Say(term.value);
      std::string out = operand(0) + "." + std::string(info.name) + "(";
      if (term.operands.size() > 1) out += operand(1);
      return out + ")";
    }
    default:
      break;
  }
  const std::string_view op = Operator(term.op);
  if (!op.empty() && term.operands.size() == 2) return fmt::format("{} {} {}", operand(0), op, operand(1));
  if (term.operands.size() == 1) return operand(0);
  return term.ok ? Say(term.value) : std::string(Info(term.op).mnemonic);
}

}  // namespace polc::explain
