#include "runtime/bundle/assembly.h"

#include <charconv>

#include "runtime/bundle/format.h"

namespace polc::bundle {
namespace {

// Comments are for reading along: long texts are cut.
constexpr size_t kMaxComment = 60;
constexpr size_t kMnemonicColumn = 8, kOperandColumn = 22, kCommentColumn = 44;

void Pad(std::string* line, size_t column) {
  line->push_back(' ');
  while (line->size() < column) line->push_back(' ');
}

// Text of a bundle may be anything: what is shown of it stays in its line. `quote` is escaped, too, as the
// backslash always is.
void AppendEscaped(std::string* out, std::string_view text, char quote) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (char c : text) {
    if (c == quote || c == '\\') {
      *out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      *out += "\\x";
      *out += kHex[static_cast<unsigned char>(c) >> 4];
      *out += kHex[c & 15];
    } else {
      out->push_back(c);
    }
  }
}

void AppendQuoted(std::string* out, std::string_view text) {
  out->push_back('"');
  AppendEscaped(out, text, '"');
  out->push_back('"');
}

// Without quotes, so that none is escaped.
void AppendName(std::string* out, std::string_view name) { AppendEscaped(out, name, '\\'); }

void AppendScalar(std::string* out, const Bundle& b, const Cell& cell) {
  const auto number = static_cast<int64_t>(cell.value);
  switch (static_cast<Kind>(cell.kind)) {
    case Kind::kBool:
      *out += cell.value != 0 ? "true" : "false";
      break;
    case Kind::kLong:
      *out += std::to_string(number);
      break;
    case Kind::kString:
      AppendQuoted(out, b.String(static_cast<uint32_t>(cell.value)));
      break;
    case Kind::kEntity: {
      const EntityRow& e = b.entities()[cell.value];
      AppendName(out, b.String(b.types()[e.type]));
      *out += "::";
      AppendQuoted(out, b.String(e.id));
      break;
    }
    case Kind::kIp: {
      *out += "ip ";
      if ((cell.count & kIpV6) != 0) {
        constexpr std::string_view kHex = "0123456789abcdef";
        const AddressRow& row = b.addresses()[cell.value];
        for (int i = 0; i < 16; ++i) {
          if (i > 0 && i % 2 == 0) out->push_back(':');
          *out += {kHex[row.bytes[i] >> 4], kHex[row.bytes[i] & 15]};
        }
      } else {
        for (int i = 3; i >= 0; --i)
          *out += std::to_string(cell.value >> (8 * i) & 0xFF) + (i > 0 ? "." : "");
      }
      *out += "/" + std::to_string(cell.count & ~kIpV6);
      break;
    }
    case Kind::kDecimal:
      *out += "decimal " + std::to_string(number) + "e-4";
      break;
    case Kind::kDatetime:
      *out += "datetime " + std::to_string(number) + "ms";
      break;
    case Kind::kDuration:
      *out += "duration " + std::to_string(number) + "ms";
      break;
    case Kind::kSet:
    case Kind::kRecord:
      break;
  }
}

// What an operand names, for the comment; empty if the operand says it itself.
std::string Meaning(const Bundle& b, Operand operand, uint32_t value) {
  std::string out;
  switch (operand) {
    case Operand::kConst:
      return ConstantText(b, value);
    case Operand::kName:
      AppendQuoted(&out, b.String(value));
      break;
    case Operand::kType:
      AppendName(&out, b.String(b.types()[value]));
      break;
    case Operand::kFact:
      AppendName(&out, b.String(b.facts()[value].name));
      break;
    case Operand::kInput:
      AppendName(&out, b.String(b.inputs()[value].id));
      break;
    case Operand::kLevels:
      AppendName(&out, b.String(b.levels()[value].name));
      break;
    case Operand::kHours:
      AppendName(&out, b.String(b.hours()[value].name));
      break;
    case Operand::kTrap:
      AppendQuoted(&out, b.String(value >> 8));
      break;
    case Operand::kPattern: {
      const Range& p = b.patterns()[value];
      for (uint32_t part : b.pattern_parts().subspan(p.first, p.count)) {
        if (!out.empty()) out += ' ';
        if (part == kWildcard) {
          out += '*';
        } else {
          AppendQuoted(&out, b.String(part));
        }
      }
      break;
    }
    case Operand::kShape: {
      const Range& s = b.shapes()[value];
      out = "{";
      for (uint32_t name : b.shape_names().subspan(s.first, s.count)) {
        if (out.size() > 1) out += ", ";
        AppendQuoted(&out, b.String(name));
      }
      out += "}";
      break;
    }
    default:
      break;
  }
  return out;
}

std::string OperandText(Operand operand, uint32_t value, size_t next) {
  switch (operand) {
    case Operand::kVar:
      if (value < kVariableCount) return std::string(VariableName(static_cast<Variable>(value)));
      break;
    case Operand::kBuiltin:
      if (value < kBuiltinCount) return std::string(Info(static_cast<Builtin>(value)).name);
      break;
    case Operand::kTarget:
      return std::to_string(next + value);
    case Operand::kTrap:
      if ((value & 0xFF) < kTrapCount) {
        return std::string(TrapName(static_cast<Trap>(value & 0xFF))) + "/" + std::to_string(value >> 8);
      }
      break;
    case Operand::kQuantifier:
      if ((value & 0xFF) < kQuantifierCount) {
        return std::string(QuantifierName(static_cast<Quantifier>(value & 0xFF))) + "/" +
               std::to_string(value >> 8);
      }
      break;
    default:
      break;
  }
  return std::to_string(value);
}

// Reads words separated by blanks from one line, up to its comment.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line.substr(0, line.find(';'))) {}

  std::string_view Next() {
    size_t begin = rest_.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return {};
    size_t end = rest_.find_first_of(" \t\r", begin);
    if (end == std::string_view::npos) end = rest_.size();
    std::string_view token = rest_.substr(begin, end - begin);
    rest_ = rest_.substr(end);
    return token;
  }

 private:
  std::string_view rest_;
};

std::optional<uint32_t> Number(std::string_view token, int base = 10) {
  uint32_t n = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), n, base);
  if (error != std::errc() || end != token.data() + token.size()) return std::nullopt;
  return n;
}

// `name/number` for an enumerator in the low 8 bits and a number above.
template <typename Name>
std::optional<uint32_t> Packed(std::string_view token, size_t count, Name name) {
  const size_t slash = token.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::optional<uint32_t> high = Number(token.substr(slash + 1));
  if (!high || *high > kMaxOperand) return std::nullopt;
  for (uint32_t i = 0; i < count; ++i) {
    if (name(i) == token.substr(0, slash)) return i | *high << 8;
  }
  return std::nullopt;
}

std::optional<uint32_t> ParseOperand(Operand operand, std::string_view token, size_t next) {
  switch (operand) {
    case Operand::kVar:
      for (uint32_t i = 0; i < kVariableCount; ++i) {
        if (VariableName(static_cast<Variable>(i)) == token) return i;
      }
      return Number(token);
    case Operand::kBuiltin:
      if (const auto builtin = FindBuiltin(token)) return static_cast<uint32_t>(*builtin);
      return Number(token);
    case Operand::kTarget: {
      const std::optional<uint32_t> target = Number(token);
      if (!target || *target < next) return std::nullopt;
      return static_cast<uint32_t>(*target - next);
    }
    case Operand::kTrap:
      if (auto packed =
              Packed(token, kTrapCount, [](uint32_t i) { return TrapName(static_cast<Trap>(i)); })) {
        return packed;
      }
      return Number(token);
    case Operand::kQuantifier:
      if (auto packed = Packed(token, kQuantifierCount,
                               [](uint32_t i) { return QuantifierName(static_cast<Quantifier>(i)); })) {
        return packed;
      }
      return Number(token);
    default:
      return Number(token);
  }
}

}  // namespace

std::string ConstantText(const Bundle& bundle, uint32_t constant) {
  // Each open set or record is a range of cells still to be shown.
  struct Open {
    uint64_t next, end;
    bool record;
  };
  const auto cells = bundle.cells();
  std::string out;
  std::vector<Open> open;
  auto begin = [&](const Cell& cell) {
    if (static_cast<Kind>(cell.kind) == Kind::kSet) {
      out += '[';
      open.push_back({cell.value, cell.value + cell.count, false});
    } else if (static_cast<Kind>(cell.kind) == Kind::kRecord) {
      out += '{';
      open.push_back({cell.value, cell.value + uint64_t{cell.count} * 2, true});
    } else {
      AppendScalar(&out, bundle, cell);
    }
  };
  begin(cells[constant]);
  while (!open.empty() && out.size() <= kMaxComment) {
    Open& top = open.back();
    if (top.next == top.end) {
      out += top.record ? '}' : ']';
      open.pop_back();
      continue;
    }
    if (out.back() != '[' && out.back() != '{') out += ", ";
    if (top.record) {
      AppendScalar(&out, bundle, cells[top.next]);
      out += ": ";
      ++top.next;
    }
    begin(cells[top.next++]);  // may move `top`
  }
  if (!open.empty()) out += "...";
  return out;
}

std::string Disassemble(std::span<const uint32_t> code, const Bundle* names) {
  std::string out;
  for (size_t word = 0; word < code.size();) {
    const std::string number = std::to_string(word);
    std::string line(number.size() < 6 ? 6 - number.size() : 0, ' ');
    line += number;
    Pad(&line, kMnemonicColumn);
    const std::optional<Instruction> in = Decode(code, word);
    if (!in || (Info(in->opcode).operand_count == 0 && in->a != 0)) {
      line += ".word";
      Pad(&line, kOperandColumn);
      line += std::to_string(code[word]);
      out += line + "\n";
      ++word;
      continue;
    }
    const OpcodeInfo& info = Info(in->opcode);
    line += info.mnemonic;
    std::string comment;
    for (int i = 0; i < info.operand_count; ++i) {
      const uint32_t value = i == 0 ? in->a : in->b;
      if (i == 0) {
        Pad(&line, kOperandColumn);
      } else {
        line += ' ';
      }
      line += OperandText(info.operands[i], value, word + in->words);
      if (names != nullptr) comment += Meaning(*names, info.operands[i], value);
    }
    if (!comment.empty()) {
      if (comment.size() > kMaxComment) {
        comment.resize(kMaxComment);
        while (!comment.empty() && (comment.back() & 0xC0) == 0x80) comment.pop_back();
        if (!comment.empty() && (comment.back() & 0x80) != 0) comment.pop_back();
        comment += "...";
      }
      Pad(&line, kCommentColumn);
      line += "; " + comment;
    }
    out += line + "\n";
    word += in->words;
  }
  return out;
}

std::optional<std::vector<uint32_t>> Assemble(std::string_view text, AssemblyError* error) {
  std::vector<uint32_t> code;
  uint32_t line_number = 0;
  auto fail = [&](std::string message) {
    *error = {line_number, std::move(message)};
    return std::nullopt;
  };
  while (!text.empty()) {
    ++line_number;
    const size_t end = text.find('\n');
    LineReader line(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);

    std::string_view token = line.Next();
    if (!token.empty() && Number(token)) token = line.Next();  // the word's number
    if (token.empty()) continue;
    if (token == ".word") {
      const std::optional<uint32_t> word = Number(line.Next());
      if (!word) return fail("`.word` wants one number");
      code.push_back(*word);
    } else {
      const std::optional<Opcode> opcode = FindOpcode(token);
      if (!opcode) return fail("`" + std::string(token) + "` is no mnemonic");
      const OpcodeInfo& info = Info(*opcode);
      uint32_t operands[2] = {0, 0};
      const size_t next = code.size() + (info.operand_count == 2 ? 2 : 1);
      for (int i = 0; i < info.operand_count; ++i) {
        const std::string_view operand = line.Next();
        const std::optional<uint32_t> value = ParseOperand(info.operands[i], operand, next);
        if (!value || (i == 0 && *value > kMaxOperand)) {
          return fail("`" + std::string(operand) + "` is no " + std::string(OperandName(info.operands[i])) +
                      " of `" + std::string(info.mnemonic) + "`");
        }
        operands[i] = *value;
      }
      code.push_back(EncodeWord(*opcode, operands[0]));
      if (info.operand_count == 2) code.push_back(operands[1]);
    }
    if (const std::string_view extra = line.Next(); !extra.empty()) {
      return fail("`" + std::string(extra) + "` is more than the instruction takes");
    }
  }
  return code;
}

}  // namespace polc::bundle
