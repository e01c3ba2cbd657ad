#include "runtime/tree/tests.h"

#include <algorithm>

namespace polc::tree {

using bundle::Builtin;
using bundle::Bundle;
using bundle::Cell;
using bundle::Instruction;
using bundle::Kind;
using bundle::kNone;
using bundle::Opcode;
using bundle::Operand;
using bundle::StackType;
using bundle::Variable;

namespace {

struct Placed {
  Instruction in;
  uint32_t word;  // in the code section
};

bool IsEntityVariable(Variable v) { return v != Variable::kContext; }

// Values that are compared in place, at no cost that a limit bounds.
bool IsPlain(StackType type) {
  switch (type) {
    case StackType::kBool:
    case StackType::kLong:
    case StackType::kEntity:
    case StackType::kDecimal:
    case StackType::kDatetime:
    case StackType::kDuration:
      return true;
    default:
      return false;
  }
}

// Follows the stack through code whose every value is a variable, a constant or a test of the two; gives up
// at anything else.
class Walk {
 public:
  Walk(const Bundle& bundle, Analysis* out) : bundle_(bundle), out_(out) {}

  void Run(std::span<const Placed> code) {
    bool any_of = true;
    for (const Placed& at : code) {
      if (std::find(joins_.begin(), joins_.end(), at.word) != joins_.end())
        stack_.back() = {StackType::kBool};
      any_of = any_of && at.in.opcode != Opcode::kAnd && at.in.opcode != Opcode::kNot;
      if (!Step(at)) return;
    }
    out_->cannot_err = true;
    out_->is_scope = of_scope_ && !out_->atoms.empty();
    out_->is_any_of = out_->is_scope && any_of && one_variable_;
  }

 private:
  struct Known {
    StackType type;
    uint32_t constant = kNone;  // a cell
    std::optional<Variable> variable = std::nullopt;
  };

  const Cell& CellOf(const Known& value) const { return bundle_.cells()[value.constant]; }

  // Asks `atom` of a variable.
  void Ask(Variable variable, Atom atom) {
    if (out_->atoms.empty()) out_->variable = variable;
    one_variable_ = one_variable_ && out_->variable == variable;
    if (std::find(out_->atoms.begin(), out_->atoms.end(), atom) == out_->atoms.end()) {
      out_->atoms.push_back(atom);
    }
  }

  // False if the instruction can err or is not followed.
  bool Step(const Placed& at) {
    const Instruction& in = at.in;
    switch (in.opcode) {
      case Opcode::kConst:
        stack_.push_back({static_cast<StackType>(bundle_.cells()[in.a].kind), in.a});
        // A constant among the questions: what is asked is no longer all of what is answered.
        if (stack_.back().type == StackType::kBool) of_scope_ = false;
        return true;
      case Opcode::kVar: {
        const auto variable = static_cast<Variable>(in.a);
        stack_.push_back(
            {IsEntityVariable(variable) ? StackType::kEntity : StackType::kRecord, kNone, variable});
        return true;
      }
      case Opcode::kAnd:
      case Opcode::kOr:
        stack_.pop_back();
        joins_.push_back(at.word + in.words + in.a);
        return true;
      case Opcode::kNot:
        stack_.back() = {StackType::kBool};
        return true;
      case Opcode::kCheckBool:
        return stack_.back().type == StackType::kBool;
      case Opcode::kEq: {
        const Known b = stack_.back();
        stack_.pop_back();
        const Known a = stack_.back();
        stack_.back() = {StackType::kBool};
        const Known& variable = a.variable ? a : b;
        const Known& other = a.variable ? b : a;
        if (variable.variable && IsEntityVariable(*variable.variable) && other.constant != kNone &&
            other.type == StackType::kEntity) {
          Ask(*variable.variable, {Atom::Op::kEqual, static_cast<uint32_t>(CellOf(other).value)});
          return true;
        }
        of_scope_ = false;
        return a.type != StackType::kAny && b.type != StackType::kAny &&
               (a.type != b.type || IsPlain(a.type));
      }
      case Opcode::kIn:
        return StepIn();
      case Opcode::kIs: {
        const Known a = stack_.back();
        stack_.back() = {StackType::kBool};
        if (a.variable && IsEntityVariable(*a.variable)) {
          Ask(*a.variable, {Atom::Op::kIs, in.a});
          return true;
        }
        of_scope_ = false;
        return a.type == StackType::kEntity;
      }
      case Opcode::kHas: {
        const Known a = stack_.back();
        stack_.back() = {StackType::kBool};
        of_scope_ = false;
        return a.type == StackType::kEntity || a.type == StackType::kRecord;
      }
      default:
        return false;
    }
  }

  // Only of a variable: other entities' places in the hierarchy are not followed here.
  bool StepIn() {
    const Known b = stack_.back();
    stack_.pop_back();
    const Known a = stack_.back();
    stack_.back() = {StackType::kBool};
    if (!a.variable || !IsEntityVariable(*a.variable) || b.constant == kNone) return false;
    const Cell& cell = CellOf(b);
    if (b.type == StackType::kEntity) {
      Ask(*a.variable, {Atom::Op::kBelow, static_cast<uint32_t>(cell.value)});
      return true;
    }
    if (b.type != StackType::kSet || cell.count > bundle_.header().max_elements) return false;
    const auto elements = bundle_.cells().subspan(cell.value, cell.count);
    for (const Cell& element : elements) {
      if (static_cast<Kind>(element.kind) != Kind::kEntity) return false;
    }
    for (const Cell& element : elements) {
      Ask(*a.variable, {Atom::Op::kBelow, static_cast<uint32_t>(element.value)});
    }
    // In nothing: a constant, and no question of scope.
    if (elements.empty()) of_scope_ = false;
    return true;
  }

  const Bundle& bundle_;
  Analysis* const out_;
  std::vector<Known> stack_;
  std::vector<uint32_t> joins_;
  bool of_scope_ = true;
  bool one_variable_ = true;
};

// Recognises `operand const compare` and `const operand compare`, possibly negated.
class Comparer {
 public:
  Comparer(const Bundle& bundle, std::span<const Placed> code, FoldLiteral fold)
      : bundle_(bundle), code_(code), fold_(fold) {}

  std::optional<Comparison> Run() const {
    // Neither jumps nor quantifiers, so that code is one operand after the other.
    for (const Placed& at : code_) {
      const bundle::OpcodeInfo& info = Info(at.in.opcode);
      if (at.in.opcode == Opcode::kReturn || at.in.opcode == Opcode::kEachEnd) return std::nullopt;
      if (info.operand_count > 0 && info.operands[0] == Operand::kTarget) return std::nullopt;
    }
    auto code = code_;
    bool negated = false;
    while (!code.empty() && code.back().in.opcode == Opcode::kNot) {
      negated = !negated;
      code = code.first(code.size() - 1);
    }
    if (code.size() < 3) return std::nullopt;
    std::optional<Relation> relation = RelationOf(code.back().in);
    if (!relation) return std::nullopt;
    if (negated && !relation->is_order) return std::nullopt;
    code = code.first(code.size() - 1);

    Comparison out{};
    out.is_order = relation->is_order;
    size_t constant = 0;  // instructions
    bool constant_last = true;
    std::optional<Key> key = KeyAtEnd(code, &constant);
    if (!key) {
      constant_last = false;
      key = KeyAtBegin(code, &constant);
    }
    if (!key) return std::nullopt;
    const auto operand = constant_last ? code.first(code.size() - constant) : code.subspan(constant);
    const auto literal = constant_last ? code.subspan(code.size() - constant) : code.first(constant);
    if (operand.empty()) return std::nullopt;
    if (out.is_order && !Fits(*relation, key->kind)) return std::nullopt;
    out.key = *key;
    out.operand = {operand.front().word, EndOf(operand) - operand.front().word};
    if (Source source; IsSource(bundle_, out.operand, &source)) out.source = source;
    out.first = literal.front().word;
    out.count = EndOf(literal) - out.first;
    // `operand < key` is made true by greater keys, `key < operand` by lesser ones; `not` turns that round
    // and lets an equal key in or out.
    out.upward = (constant_last == relation->operand_first_is_less) != negated;
    out.inclusive = relation->inclusive != negated;
    return out;
  }

 private:
  struct Relation {
    bool is_order = false;
    bool inclusive = false;
    bool operand_first_is_less = true;
    bool decimal = false;
  };

  static uint32_t EndOf(std::span<const Placed> code) { return code.back().word + code.back().in.words; }

  static std::optional<Relation> RelationOf(const Instruction& in) {
    switch (in.opcode) {
      case Opcode::kEq:
        return Relation{};
      case Opcode::kLess:
        return Relation{true, false};
      case Opcode::kLessEq:
        return Relation{true, true};
      case Opcode::kCall:
        switch (static_cast<Builtin>(in.a)) {
          case Builtin::kLessThan:
            return Relation{true, false, true, true};
          case Builtin::kLessThanOrEqual:
            return Relation{true, true, true, true};
          case Builtin::kGreaterThan:
            return Relation{true, false, false, true};
          case Builtin::kGreaterThanOrEqual:
            return Relation{true, true, false, true};
          default:
            return std::nullopt;
        }
      default:
        return std::nullopt;
    }
  }

  static bool Fits(const Relation& relation, Kind kind) {
    if (relation.decimal) return kind == Kind::kDecimal;
    return kind == Kind::kLong || kind == Kind::kDatetime || kind == Kind::kDuration;
  }

  std::optional<Key> KeyOf(const Instruction& in) const {
    if (in.opcode != Opcode::kConst) return std::nullopt;
    const Cell& cell = bundle_.cells()[in.a];
    const Kind kind = static_cast<Kind>(cell.kind);
    if (kind == Kind::kIp || kind == Kind::kSet || kind == Kind::kRecord) return std::nullopt;
    return Key{kind, static_cast<int64_t>(cell.value)};
  }
  // `const "1.5"; call decimal`.
  std::optional<Key> LiteralOf(const Instruction& text, const Instruction& call) const {
    if (text.opcode != Opcode::kConst || call.opcode != Opcode::kCall) return std::nullopt;
    const bundle::BuiltinInfo& info = Info(static_cast<Builtin>(call.a));
    const bool literal = info.builtin == Builtin::kDecimal || info.builtin == Builtin::kDatetime ||
                         info.builtin == Builtin::kDuration;
    const Cell& cell = bundle_.cells()[text.a];
    if (!literal || static_cast<Kind>(cell.kind) != Kind::kString) return std::nullopt;
    const std::string_view string = bundle_.String(static_cast<uint32_t>(cell.value));
    if (string.size() > bundle_.header().max_bytes) return std::nullopt;
    const std::optional<int64_t> number = fold_(info.builtin, string);
    if (!number) return std::nullopt;
    return Key{info.result, *number};
  }

  std::optional<Key> KeyAtEnd(std::span<const Placed> code, size_t* instructions) const {
    *instructions = 1;
    if (auto key = KeyOf(code.back().in)) return key;
    *instructions = 2;
    return code.size() < 2 ? std::nullopt : LiteralOf(code[code.size() - 2].in, code.back().in);
  }

  // The constant at the bottom must still lie there when the comparison comes.
  std::optional<Key> KeyAtBegin(std::span<const Placed> code, size_t* instructions) const {
    *instructions = 2;
    std::optional<Key> key = code.size() < 3 ? std::nullopt : LiteralOf(code[0].in, code[1].in);
    if (!key) {
      *instructions = 1;
      key = KeyOf(code[0].in);
    }
    if (!key) return std::nullopt;
    uint32_t depth = 0;  // above the constant
    for (const Placed& at : code.subspan(*instructions)) {
      const uint32_t pops = PopCount(bundle_, at.in);
      if (pops > depth) return std::nullopt;
      depth = depth - pops + (PushType(bundle_, at.in) == StackType::kNone ? 0 : 1);
    }
    return key;
  }

  const Bundle& bundle_;
  const std::span<const Placed> code_;
  const FoldLiteral fold_;
};

}  // namespace

Analysis Analyze(const Bundle& bundle, const Slice& slice, FoldLiteral fold) {
  Analysis out;
  std::vector<Placed> code;
  for (uint32_t word = slice.first; word < slice.first + slice.count;) {
    const Instruction in = *bundle::Decode(bundle.code(), word);
    code.push_back({in, word});
    if (in.opcode == Opcode::kVar) out.reads |= static_cast<uint8_t>(1u << in.a);
    if (in.opcode == Opcode::kFact) out.reads_facts = true;
    word += in.words;
  }
  if (code.size() == 1 && code[0].in.opcode == Opcode::kConst) {
    out.constant = bundle.cells()[code[0].in.a].value != 0;
  }
  Walk(bundle, &out).Run(code);
  if (!out.is_scope) out.atoms.clear();
  if (!out.is_scope) out.comparison = Comparer(bundle, code, fold).Run();
  return out;
}

}  // namespace polc::tree
