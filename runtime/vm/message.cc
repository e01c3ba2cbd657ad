#include "runtime/vm/message.h"

#include <cstring>

namespace polc::vm {

using bundle::Builtin;

namespace {

// A message is one line that people read: longer values are cut.
constexpr size_t kMaxValueText = 200;

void AppendQuoted(std::string_view text, std::string* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out->push_back('"');
  for (char c : text) {
    switch (c) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      case '\0':
        *out += "\\0";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          *out += "\\x";
          *out += kHex[static_cast<unsigned char>(c) >> 4];
          *out += kHex[c & 15];
        } else {
          out->push_back(c);
        }
    }
  }
  out->push_back('"');
}

std::string_view KindText(Kind kind) { return bundle::KindName(kind); }

// "long", "long or datetime", "long, datetime or duration".
void AppendKinds(uint32_t kinds, std::string* out) {
  std::string_view names[bundle::kKindCount];
  size_t count = 0;
  for (size_t i = 0; i < bundle::kKindCount; ++i) {
    if ((kinds >> i & 1) != 0) names[count++] = KindText(static_cast<Kind>(i));
  }
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) *out += i + 1 == count ? " or " : ", ";
    *out += names[i];
  }
}

// What the author of the policy wrote where this instruction stands. Empty for what checks the operand of
// `&&`, `||`, `!`, `if` or a condition: which of them is not known, and the expected kind says it.
std::string_view OperatorText(Opcode opcode) {
  switch (opcode) {
    case Opcode::kCheckBool:
      return {};
    case Opcode::kLess:
      return "<";
    case Opcode::kLessEq:
      return "<=";
    case Opcode::kEq:
      return "==";
    case Opcode::kAdd:
      return "+";
    case Opcode::kSub:
    case Opcode::kNeg:
      return "-";
    case Opcode::kMul:
      return "*";
    case Opcode::kHasTag:
      return "hasTag";
    case Opcode::kGetTag:
      return "getTag";
    case Opcode::kContainsAll:
      return "containsAll";
    case Opcode::kContainsAny:
      return "containsAny";
    case Opcode::kIsEmpty:
      return "isEmpty";
    default:
      return Info(opcode).mnemonic;
  }
}

}  // namespace

void AppendDecimal(int64_t units, std::string* out) {
  uint64_t magnitude = units < 0 ? 0 - static_cast<uint64_t>(units) : static_cast<uint64_t>(units);
  if (units < 0) out->push_back('-');
  *out += std::to_string(magnitude / 10000) + ".";
  const std::string fraction = std::to_string(magnitude % 10000);
  out->append(4 - fraction.size(), '0');
  *out += fraction;
}

void AppendIp(const Memory& memory, const Value& ip, std::string* out) {
  if ((ip.count & bundle::kIpV6) == 0) {
    for (int i = 3; i >= 0; --i) *out += std::to_string(ip.bits >> (8 * i) & 0xFF) + (i > 0 ? "." : "");
  } else {
    // The longest run of two or more zero groups becomes `::`; the first of equals.
    const uint8_t* bytes = memory.Address(ip);
    uint32_t groups[8];
    for (int i = 0; i < 8; ++i) groups[i] = static_cast<uint32_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
    int best = -1, best_length = 1;
    for (int i = 0; i < 8; ++i) {
      int length = 0;
      while (i + length < 8 && groups[i + length] == 0) ++length;
      if (length > best_length) best = i, best_length = length;
    }
    for (int i = 0; i < 8;) {
      if (i == best) {
        *out += "::";
        i += best_length;
        continue;
      }
      if (i > 0 && i != best + best_length) out->push_back(':');
      constexpr std::string_view kHex = "0123456789abcdef";
      bool started = false;
      for (int shift = 12; shift >= 0; shift -= 4) {
        const uint32_t digit = groups[i] >> shift & 15;
        started |= digit != 0 || shift == 0;
        if (started) out->push_back(kHex[digit]);
      }
      ++i;
    }
  }
  *out += "/" + std::to_string(ip.count & ~bundle::kIpV6);
}

void AppendValue(const World& world, const Memory& memory, const Value& value, std::string* out) {
  struct Open {
    std::span<const Value> rest;
    bool record;
    bool first;
  };
  const size_t limit = out->size() + kMaxValueText;
  std::vector<Open> open;
  auto begin = [&](const Value& v) {
    switch (v.kind) {
      case Kind::kBool:
        *out += v.boolean() ? "true" : "false";
        break;
      case Kind::kLong:
        *out += std::to_string(v.number());
        break;
      case Kind::kString: {
        std::string_view text = memory.Text(v);
        if (text.size() > kMaxValueText) {
          text = text.substr(0, kMaxValueText);
          while (!text.empty() && (text.back() & 0xC0) == 0x80) text.remove_suffix(1);
          if (!text.empty() && (text.back() & 0x80) != 0) text.remove_suffix(1);
          AppendQuoted(text, out);
          *out += "...";
        } else {
          AppendQuoted(text, out);
        }
        break;
      }
      case Kind::kEntity:
        *out += world.TypeNameOf(v.entity(), memory);
        *out += "::";
        AppendQuoted(world.IdOf(v.entity(), memory), out);
        break;
      case Kind::kDecimal:
        *out += "decimal(\"";
        AppendDecimal(v.number(), out);
        *out += "\")";
        break;
      case Kind::kIp:
        *out += "ip(\"";
        AppendIp(memory, v, out);
        *out += "\")";
        break;
      case Kind::kDatetime:
        *out += "datetime(\"1970-01-01\").offset(duration(\"" + std::to_string(v.number()) + "ms\"))";
        break;
      case Kind::kDuration:
        *out += "duration(\"" + std::to_string(v.number()) + "ms\")";
        break;
      case Kind::kSet:
      case Kind::kRecord:
        *out += v.kind == Kind::kSet ? '[' : '{';
        open.push_back({memory.Cells(v), v.kind == Kind::kRecord, true});
        break;
    }
  };
  begin(value);
  while (!open.empty()) {
    if (out->size() > limit) {
      *out += "...";
      return;
    }
    Open& top = open.back();
    if (top.rest.empty()) {
      *out += top.record ? '}' : ']';
      open.pop_back();
      continue;
    }
    if (!top.first) *out += ", ";
    top.first = false;
    if (top.record) {
      AppendQuoted(memory.Text(top.rest[0]), out);
      *out += ": ";
      top.rest = top.rest.subspan(1);
    }
    const Value& next = top.rest[0];
    top.rest = top.rest.subspan(1);
    begin(next);  // may move `top`
  }
}

void AppendMessage(const Engine& engine, const Request& request, const Scratch& scratch, const Error& error,
                   std::string* out) {
  const World world(engine, request);
  const Memory memory = engine.MemoryFor(request, scratch);
  const bundle::Bundle& b = engine.bundle().bundle();
  auto value = [&](const Value& v) {
    *out += '`';
    AppendValue(world, memory, v, out);
    *out += '`';
  };
  auto name = [&](uint32_t string) {
    *out += '`';
    *out += b.String(string);
    *out += '`';
  };
  auto operation = [&] {
    *out += '`';
    *out += error.opcode == Opcode::kCall ? Info(static_cast<Builtin>(error.operand)).name
                                          : OperatorText(error.opcode);
    *out += '`';
  };
  switch (error.trap) {
    case Trap::kTypeError:
      *out += "type error: expected ";
      AppendKinds(error.expected, out);
      *out += ", got ";
      *out += KindText(error.subject.kind);
      if (error.opcode == Opcode::kAttr) {
        *out += " before `.";
        *out += b.String(error.operand);
        *out += '`';
      } else if (error.opcode != Opcode::kCheckBool) {
        *out += " at ";
        operation();
      }
      break;
    case Trap::kOverflow:
      *out += "integer overflow: `";
      if (error.opcode == Opcode::kNeg) {
        *out += "-(";
        AppendValue(world, memory, error.subject, out);
        *out += ')';
      } else {
        AppendValue(world, memory, error.subject, out);
        *out += ' ';
        *out += OperatorText(error.opcode);
        *out += ' ';
        AppendValue(world, memory, error.other, out);
      }
      *out += "` does not fit 64 bits";
      break;
    case Trap::kEntityAbsent:
      *out += "entity ";
      value(error.subject);
      *out += " does not exist";
      break;
    case Trap::kAttributeAbsent:
      if (error.subject.kind == Kind::kEntity) {
        value(error.subject);
        *out += " does not have the attribute ";
      } else {
        *out += "record does not have the attribute ";
      }
      name(error.operand);
      break;
    case Trap::kTagAbsent:
      value(error.subject);
      *out += " does not have the tag ";
      value(error.other);
      break;
    case Trap::kUnknownFunction:
      *out += "function ";
      name(error.operand);
      *out += " does not exist";
      break;
    case Trap::kWrongArity:
      *out += "wrong number of arguments to ";
      name(error.operand);
      break;
    case Trap::kBadLiteral:
      value(error.subject);
      *out += " is not a valid argument of ";
      operation();
      break;
    case Trap::kOutOfRange:
      operation();
      *out += " of ";
      value(error.subject);
      *out += " is out of range";
      break;
    case Trap::kTooManyElements:
      operation();
      *out += " visits more elements than the bundle permits";
      break;
    case Trap::kTooManyBytes:
      operation();
      *out += " reads more text than the bundle permits";
      break;
    case Trap::kTooDeep:
      *out += "value nested deeper than values may be";
      break;
    case Trap::kInputMissing:
    case Trap::kInputStale:
      *out += "input ";
      name(b.inputs()[error.operand].id);
      *out += error.trap == Trap::kInputMissing ? " was not supplied" : " is older than it may be";
      break;
    case Trap::kUnknownLevel:
      value(error.subject);
      *out += " is none of the levels ";
      name(b.levels()[error.operand].name);
      break;
    case Trap::kTimeUnknown:
      value(error.subject);
      *out += " is past what is known of the time zone ";
      name(b.zones()[b.hours()[error.operand].zone].name);
      break;
    case Trap::kWrongType:
      value(error.subject);
      *out += " is not of its declared type, or past its bound";
      break;
    case Trap::kFactUnknown:
      *out += "fact ";
      name(b.facts()[error.operand].name);
      *out += " is none of those the action's rules read";
      break;
  }
}

void AppendMisfit(const Engine& engine, const Request& request, const Misfit& misfit, std::string* out) {
  Memory memory;
  memory.base[static_cast<size_t>(Region::kBundle)] = engine.bundle()->file().data();
  memory.base[static_cast<size_t>(Region::kEngine)] = engine.cells();
  memory.base[static_cast<size_t>(Region::kStore)] = engine.snapshot().base();
  memory.base[static_cast<size_t>(Region::kRequest)] = request.base();
  const World world(engine, request);
  auto entity = [&](EntityId id) {
    out->push_back('`');
    AppendValue(world, memory, entities::MakeEntity(id), out);
    out->push_back('`');
  };
  auto name = [&] {
    *out += " `";
    if (misfit.name.kind == Kind::kString) *out += memory.Text(misfit.name);
    *out += "` ";
  };
  switch (misfit.kind) {
    case MisfitKind::kNone:
      break;
    case MisfitKind::kUnknownAction:
      *out += "the action ";
      entity(request.action());
      *out += " is not declared";
      break;
    case MisfitKind::kPrincipalType:
      *out += "the principal ";
      entity(request.principal());
      *out += " is not one that the action applies to";
      break;
    case MisfitKind::kResourceType:
      *out += "the resource ";
      entity(request.resource());
      *out += " is not one that the action applies to";
      break;
    case MisfitKind::kMissingAttribute:
      *out += "attribute";
      name();
      *out += "of the context is missing";
      break;
    case MisfitKind::kUnknownAttribute:
      *out += "attribute";
      name();
      *out += "of the context is not declared";
      break;
    case MisfitKind::kWrongSide:
      *out += "attribute";
      name();
      *out += "of the context comes from the wrong side";
      break;
    case MisfitKind::kAttributeType:
      *out += "attribute";
      name();
      *out += "of the context is not of its declared type, or past its bound";
      break;
    case MisfitKind::kState:
      *out += "state";
      name();
      *out += "is not as declared, or there twice";
      break;
    case MisfitKind::kEvidence:
      *out += "evidence is not as declared";
      break;
    case MisfitKind::kChain:
      *out += "the principal acts for too many in a row";
      break;
    case MisfitKind::kUnknownPrincipal:
      *out += "entity ";
      entity(misfit.subject.kind == Kind::kEntity ? misfit.subject.entity() : request.principal());
      *out += " does not exist";
      break;
    case MisfitKind::kUnknownResource:
      *out += "entity ";
      entity(request.resource());
      *out += " does not exist";
      break;
  }
}

}  // namespace polc::vm
