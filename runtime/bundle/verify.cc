#include "runtime/bundle/verify.h"

#include <algorithm>
#include <cstring>

#include "runtime/bundle/text.h"

namespace polc::bundle {
namespace {

constexpr uint64_t SaturatingAdd(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }
constexpr uint64_t SaturatingMultiply(uint64_t a, uint64_t b) {
  return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

uint64_t WorstSteps(const Header& header, Cost cost) {
  switch (cost) {
    case Cost::kOne:
      return 1;
    case Cost::kElements:
      return 1 + uint64_t{header.max_elements};
    case Cost::kBytes:
      return 1 + uint64_t{header.max_bytes};
    case Cost::kBoth:
      return 1 + uint64_t{header.max_elements} + header.max_bytes;
  }
  return 1;
}

}  // namespace

uint32_t PopCount(const Bundle& bundle, const Instruction& instruction) {
  const OpcodeInfo& info = Info(instruction.opcode);
  if (info.pops != kPopsByOperand) return info.pops;
  switch (info.operands[0]) {
    case Operand::kShape:
      return bundle.shapes()[instruction.a].count;
    case Operand::kBuiltin:
      return Info(static_cast<Builtin>(instruction.a)).argument_count;
    default:
      return instruction.a;
  }
}

StackType PushType(const Bundle& bundle, const Instruction& instruction) {
  const OpcodeInfo& info = Info(instruction.opcode);
  if (info.pushes != StackType::kByOperand) return info.pushes;
  switch (info.operands[0]) {
    case Operand::kConst:
      return static_cast<StackType>(bundle.cells()[instruction.a].kind);
    case Operand::kVar:
      return static_cast<Variable>(instruction.a) == Variable::kContext ? StackType::kRecord
                                                                        : StackType::kEntity;
    case Operand::kBuiltin:
      return static_cast<StackType>(Info(static_cast<Builtin>(instruction.a)).result);
    case Operand::kQuantifier:
      return static_cast<Quantifier>(instruction.a & 0xFF) == Quantifier::kNumber ? StackType::kLong
                                                                                  : StackType::kBool;
    default:
      return StackType::kAny;
  }
}

BlockAnalyzer::NodeId BlockAnalyzer::Push(NodeId on, StackType type) {
  // Skew-binary jump pointers: two jumps of one length below each other become one of twice the length.
  const Node& top = nodes_[on];
  const Node& far = nodes_[top.far_below];
  const bool merge = top.depth - far.depth == far.depth - nodes_[far.far_below].depth;
  nodes_.push_back({on, merge ? far.far_below : on, top.depth + 1, type});
  return static_cast<NodeId>(nodes_.size() - 1);
}

BlockAnalyzer::NodeId BlockAnalyzer::PopTo(NodeId from, uint32_t depth) const {
  while (nodes_[from].depth > depth) {
    const Node& node = nodes_[from];
    from = nodes_[node.far_below].depth >= depth ? node.far_below : node.below;
  }
  return from;
}

Status BlockAnalyzer::Join(size_t word, NodeId state) {
  NodeId& there = incoming_[word];
  if (there == kUnreached || there == state) {
    there = state;
    return {};
  }
  if (there == kEmpty || state == kEmpty || nodes_[there].below != nodes_[state].below) {
    return {BundleError::kStackMerge, word};
  }
  if (nodes_[there].type != nodes_[state].type) there = Push(nodes_[there].below, StackType::kAny);
  return {};
}

Status BlockAnalyzer::CheckOperand(Operand operand, uint32_t value, uint32_t visible_facts) const {
  uint64_t limit = 0;
  switch (operand) {
    case Operand::kConst:
      limit = bundle_.header().constant_count;
      break;
    case Operand::kVar:
      limit = kVariableCount;
      break;
    case Operand::kFact:
      limit = visible_facts;
      break;
    case Operand::kInput:
      limit = bundle_.inputs().size();
      break;
    case Operand::kTarget:
      limit = UINT64_MAX;
      break;  // checked against the block
    case Operand::kType:
      limit = bundle_.types().size();
      break;
    case Operand::kName:
      limit = bundle_.string_ends().size();
      break;
    case Operand::kPattern:
      limit = bundle_.patterns().size();
      break;
    case Operand::kCount:
      limit = uint64_t{kMaxStack} + 1;
      break;
    case Operand::kShape:
      limit = bundle_.shapes().size();
      break;
    case Operand::kBuiltin:
      limit = kBuiltinCount;
      break;
    case Operand::kTrap:
      if ((value & 0xFF) >= (version_1_ ? kTrapCountV1 : kTrapCount)) return {BundleError::kBadOperand};
      value >>= 8;
      limit = bundle_.string_ends().size();
      break;
    case Operand::kQuantifier:
      if ((value & 0xFF) >= kQuantifierCount) return {BundleError::kBadOperand};
      value >>= 8;
      limit = kMaxEachBound + 1;
      break;
    case Operand::kLevels:
      limit = bundle_.levels().size();
      break;
    case Operand::kHours:
      limit = bundle_.hours().size();
      break;
  }
  return value < limit ? Status{} : Status{BundleError::kBadOperand};
}

Status BlockAnalyzer::Analyze(std::span<const uint32_t> code, StackType result, uint32_t visible_facts,
                              BlockBounds* bounds) {
  if (code.empty()) return {BundleError::kEmptyCode, 0};
  const Header& header = bundle_.header();
  nodes_.assign(1, {kEmpty, kEmpty, 0, StackType::kNone});
  incoming_.assign(code.size(), kUnreached);

  NodeId state = kEmpty;  // kUnreached: the instruction before never continues here
  uint32_t max_depth = 0;
  uint64_t scratch = 0;
  uint64_t steps = 0;       // outside the current `each`
  uint64_t each_steps = 0;  // of one run of its block
  bool in_each = false;
  size_t each_end = 0;  // word of its `each_end`
  uint32_t each_quantifier = 0;
  uint32_t floor = 0;  // the stack's depth the block must not go below

  for (size_t word = 0; word < code.size();) {
    const std::optional<Instruction> decoded = Decode(code, word);
    if (!decoded || (version_1_ && static_cast<size_t>(decoded->opcode) >= kOpcodeCountV1))
      return {BundleError::kBadInstruction, word};
    const Instruction& in = *decoded;
    const OpcodeInfo& info = Info(in.opcode);
    const size_t next = word + in.words;

    if (incoming_[word] != kUnreached) {
      if (state != kUnreached) {
        if (Status s = Join(word, state); !s.ok()) return s;
      }
      state = incoming_[word];
    }
    if (state == kUnreached) return {BundleError::kUnreachable, word};
    // A jump into the middle of an instruction.
    for (size_t middle = word + 1; middle < next; ++middle) {
      if (incoming_[middle] != kUnreached) return {BundleError::kBadTarget, middle};
    }

    if (info.operand_count == 0 && in.a != 0) return {BundleError::kBadOperand, word};
    for (int i = 0; i < info.operand_count; ++i) {
      if (!CheckOperand(info.operands[i], i == 0 ? in.a : in.b, visible_facts).ok()) {
        return {BundleError::kBadOperand, word};
      }
    }
    (in_each ? each_steps : steps) =
        SaturatingAdd(in_each ? each_steps : steps, WorstSteps(header, info.cost));

    const uint32_t pops = PopCount(bundle_, in);
    if (nodes_[state].depth < floor + pops) return {BundleError::kStackUnderflow, word};
    const NodeId before = state;
    if (info.pop_type != StackType::kAny && nodes_[state].type != info.pop_type)
      return {BundleError::kStackType, word};
    state = PopTo(state, nodes_[state].depth - pops);

    size_t target = 0;
    if (info.operand_count > 0 && info.operands[0] == Operand::kTarget) {
      target = next + in.a;
      const size_t limit = in_each ? each_end + 1 : code.size();
      if (in.a == 0 || target >= limit) {
        // `each` may end where its code block does not, so its own target has the same limit.
        return {BundleError::kBadTarget, word};
      }
    }

    bool continues = true;
    switch (in.opcode) {
      case Opcode::kJump:
        if (Status s = Join(target, state); !s.ok()) return s;
        continues = false;
        break;
      case Opcode::kBranchFalse:
        if (Status s = Join(target, state); !s.ok()) return s;
        break;
      case Opcode::kAnd:
      case Opcode::kOr:
        if (Status s = Join(target, before); !s.ok()) return s;
        break;
      case Opcode::kElement:
        if (!in_each) return {BundleError::kEachNesting, word};
        break;
      case Opcode::kEach:
        if (in_each) return {BundleError::kEachNesting, word};
        if (code[target - 1] != EncodeWord(Opcode::kEachEnd, in.b)) return {BundleError::kEachNesting, word};
        for (size_t inside = next; inside < target; ++inside) {
          if (incoming_[inside] != kUnreached) return {BundleError::kBadTarget, inside};
        }
        in_each = true;
        each_end = target - 1;
        each_quantifier = in.b;
        each_steps = 0;
        floor = nodes_[state].depth;
        break;
      case Opcode::kEachEnd:
        if (!in_each || word != each_end || nodes_[state].depth != floor)
          return {BundleError::kEachNesting, word};
        in_each = false;
        floor = 0;
        steps = SaturatingAdd(steps, SaturatingMultiply(each_steps, each_quantifier >> 8));
        break;
      case Opcode::kSet:
        scratch += uint64_t{pops} * 16;
        break;
      case Opcode::kRecord:
        scratch += uint64_t{pops} * 32;
        break;
      case Opcode::kCall:
        if (static_cast<Builtin>(in.a) == Builtin::kIp) scratch += sizeof(AddressRow);
        break;
      case Opcode::kUnion:
      case Opcode::kIntersect:
        scratch += kMaxEachBound * sizeof(Cell);
        break;
      case Opcode::kLower:
        scratch += kUsualTextBytes;
        break;
      case Opcode::kInput:
      case Opcode::kInputOf:
        if ((bundle_.inputs()[in.a].by == kNone) != (in.opcode == Opcode::kInput))
          return {BundleError::kBadOperand, word};
        break;
      case Opcode::kReturn:
        if (in_each) return {BundleError::kEachNesting, word};
        if (state != kEmpty || (result != StackType::kAny && nodes_[before].type != result)) {
          return {BundleError::kReturnStack, word};
        }
        continues = false;
        break;
      default:
        break;
    }
    if (scratch > kMaxScratchBytes) return {BundleError::kTooMuchScratch, word};

    if (!continues) {
      state = kUnreached;
    } else if (const StackType pushed = PushType(bundle_, in); pushed != StackType::kNone) {
      state = Push(state, pushed);
      max_depth = std::max(max_depth, nodes_[state].depth);
      if (max_depth > kMaxStack) return {BundleError::kStackDepth, word};
    }
    if (in_each && word < each_end && next > each_end) return {BundleError::kEachNesting, word};
    word = next;
  }
  if (state != kUnreached) return {BundleError::kFallsOffEnd, code.size()};
  *bounds = {max_depth, static_cast<uint32_t>(scratch), steps};
  return {};
}

ProgramBounds SumBounds(const Bundle& bundle) {
  ProgramBounds out;
  uint32_t neediest = 0;
  VisitBlocks(bundle, [&](const Block& block, const BlockUse& use) {
    out.max_stack = std::max(out.max_stack, block.max_stack);
    out.max_steps = SaturatingAdd(out.max_steps, block.max_steps);
    if (use.kept) {
      out.scratch_bytes += block.scratch_bytes;
    } else {
      neediest = std::max(neediest, block.scratch_bytes);
    }
  });
  out.scratch_bytes += neediest;
  return out;
}

namespace {

// One pass per section, in file order; the first thing wrong ends it.
class Verifier {
 public:
  explicit Verifier(const Bundle& bundle) : b_(bundle), analyzer_(bundle) {}

  Status Run() {
    using Pass = Status (Verifier::*)();
    constexpr Pass kPasses[] = {&Verifier::CheckPadding,
                                &Verifier::CheckStrings,
                                &Verifier::CheckNames,
                                &Verifier::CheckCells,
                                &Verifier::CheckPatternsAndShapes,
                                &Verifier::CheckVersion,
                                &Verifier::CheckRules,
                                &Verifier::CheckPol,
                                &Verifier::CheckPlaces,
                                &Verifier::CheckCode};
    for (Pass pass : kPasses) {
      if (Status s = (this->*pass)(); !s.ok()) return s;
    }
    return {};
  }

 private:
  template <typename Row>
  uint64_t Offset(const Row* row) const {
    return static_cast<uint64_t>(reinterpret_cast<const uint8_t*>(row) - b_.file().data());
  }
  template <typename Row>
  Status Bad(BundleError error, const Row& row) const {
    return {error, Offset(&row)};
  }

  bool IsString(uint32_t i) const { return i < string_count_; }
  bool IsStringOrNone(uint32_t i) const { return i == kNone || IsString(i); }

  // Whether `range` begins where the one before it ended; moves the end on.
  static bool Follows(const Range& range, uint64_t* end) {
    if (range.first != *end) return false;
    *end += range.count;
    return true;
  }

  Status CheckPadding() {
    const auto bytes = b_.content();
    const auto* table = reinterpret_cast<const SectionRow*>(bytes.data() + sizeof(Header));
    for (size_t i = 0; i < b_.header().section_count; ++i) {
      for (uint64_t at = table[i].offset + table[i].bytes; at < AlignUp(table[i].offset + table[i].bytes);
           ++at) {
        if (bytes[at] != 0) return {BundleError::kPadding, at};
      }
    }
    return {};
  }

  Status CheckStrings() {
    const auto ends = b_.string_ends();
    const auto bytes = b_.string_bytes();
    const char* text = reinterpret_cast<const char*>(bytes.data());
    // Indices into anything stay below kNone, and those that code names within an operand.
    if (ends.size() >= kNone || bytes.size() >= kNone)
      return {BundleError::kStringBounds, Offset(ends.data())};
    uint32_t begin = 0;
    std::string_view last;
    for (size_t i = 0; i < ends.size(); ++i) {
      if (ends[i] < begin || ends[i] > bytes.size()) return Bad(BundleError::kStringBounds, ends[i]);
      const std::string_view s(text + begin, ends[i] - begin);
      if (i > 0 && CompareText(last, s) >= 0) return Bad(BundleError::kStringOrder, ends[i]);
      if (!IsUtf8(s)) return {BundleError::kStringUtf8, Offset(text + begin)};
      last = s;
      begin = ends[i];
    }
    if (begin != bytes.size()) return {BundleError::kStringBounds, Offset(bytes.data())};
    string_count_ = static_cast<uint32_t>(ends.size());
    return {};
  }

  Status CheckNames() {
    const auto types = b_.types();
    for (size_t i = 0; i < types.size(); ++i) {
      if (!IsString(types[i])) return Bad(BundleError::kIndex, types[i]);
      if (i > 0 && types[i - 1] >= types[i]) return Bad(BundleError::kOrder, types[i]);
    }
    const auto entities = b_.entities();
    for (size_t i = 0; i < entities.size(); ++i) {
      const EntityRow& e = entities[i];
      if (e.type >= types.size() || !IsString(e.id)) return Bad(BundleError::kIndex, e);
      if (i > 0) {
        const EntityRow& before = entities[i - 1];
        if (before.type > e.type || (before.type == e.type && before.id >= e.id))
          return Bad(BundleError::kOrder, e);
      }
    }
    const auto meta = b_.meta();
    for (size_t i = 0; i < meta.size(); ++i) {
      if (!IsString(meta[i].key) || !IsString(meta[i].value)) return Bad(BundleError::kIndex, meta[i]);
      if (i > 0 && meta[i - 1].key >= meta[i].key) return Bad(BundleError::kOrder, meta[i]);
    }
    return {};
  }

  Status CheckCells() {
    const auto cells = b_.cells();
    const uint64_t constants = b_.header().constant_count;
    if (constants > cells.size()) return {BundleError::kIndex, offsetof(Header, constant_count)};
    // A cell's owner comes before it, so depths are known when they are needed.
    std::vector<uint16_t> depth(cells.size(), 0);
    uint64_t next_owned = constants;
    uint64_t next_address = 0;
    for (size_t i = 0; i < cells.size(); ++i) {
      const Cell& cell = cells[i];
      if (cell.kind >= kKindCount) return Bad(BundleError::kEnumerator, cell);
      if (cell.reserved[0] != 0 || cell.reserved[1] != 0 || cell.reserved[2] != 0)
        return Bad(BundleError::kPadding, cell);
      const Kind kind = static_cast<Kind>(cell.kind);
      bool fits = cell.count == 0;
      uint64_t owned = 0;
      switch (kind) {
        case Kind::kBool:
          fits = fits && cell.value <= 1;
          break;
        case Kind::kLong:
        case Kind::kDecimal:
        case Kind::kDatetime:
        case Kind::kDuration:
          break;
        case Kind::kString:
          fits = fits && cell.value < string_count_;
          break;
        case Kind::kEntity:
          fits = fits && cell.value < b_.entities().size();
          break;
        case Kind::kIp:
          if ((cell.count & kIpV6) != 0) {
            fits = (cell.count & ~kIpV6) <= 128 && cell.value == next_address &&
                   next_address < b_.addresses().size();
            ++next_address;
          } else {
            fits = cell.count <= 32 && cell.value <= UINT32_MAX;
          }
          break;
        case Kind::kSet:
          owned = cell.count;
          fits = true;
          break;
        case Kind::kRecord:
          owned = uint64_t{cell.count} * 2;
          fits = true;
          break;
      }
      if (!fits) return Bad(BundleError::kCellValue, cell);
      if (kind != Kind::kSet && kind != Kind::kRecord) continue;
      if (cell.value != next_owned || owned > cells.size() - next_owned)
        return Bad(BundleError::kRangeOrder, cell);
      if (depth[i] + 1u > kMaxValueDepth) return Bad(BundleError::kCellDepth, cell);
      for (uint64_t k = 0; k < owned; ++k) depth[next_owned + k] = static_cast<uint16_t>(depth[i] + 1);
      if (kind == Kind::kRecord) {
        for (uint64_t k = 0; k < owned; k += 2) {
          const Cell& name = cells[next_owned + k];
          if (name.kind != static_cast<uint8_t>(Kind::kString)) return Bad(BundleError::kCellValue, name);
          if (k > 0 && cells[next_owned + k - 2].value >= name.value) return Bad(BundleError::kOrder, name);
        }
      }
      next_owned += owned;
    }
    if (next_owned != cells.size()) return {BundleError::kRangeOrder, Offset(cells.data())};
    if (next_address != b_.addresses().size())
      return {BundleError::kRangeOrder, Offset(b_.addresses().data())};
    return {};
  }

  Status CheckPatternsAndShapes() {
    const auto parts = b_.pattern_parts();
    uint64_t end = 0;
    for (const Range& pattern : b_.patterns()) {
      if (!Follows(pattern, &end) || end > parts.size()) return Bad(BundleError::kRangeOrder, pattern);
      for (uint32_t i = 0; i < pattern.count; ++i) {
        const uint32_t& part = parts[pattern.first + i];
        const bool wildcard = part == kWildcard;
        if (!wildcard && !IsString(part)) return Bad(BundleError::kIndex, part);
        if (!wildcard && b_.String(part).empty()) return Bad(BundleError::kPatternParts, part);
        if (i > 0 && wildcard == (parts[pattern.first + i - 1] == kWildcard))
          return Bad(BundleError::kPatternParts, part);
      }
    }
    if (end != parts.size()) return {BundleError::kRangeOrder, Offset(parts.data())};

    const auto names = b_.shape_names();
    end = 0;
    std::vector<uint32_t> sorted;
    for (const Range& shape : b_.shapes()) {
      if (!Follows(shape, &end) || end > names.size()) return Bad(BundleError::kRangeOrder, shape);
      sorted.assign(names.begin() + shape.first, names.begin() + shape.first + shape.count);
      for (const uint32_t& name : names.subspan(shape.first, shape.count)) {
        if (!IsString(name)) return Bad(BundleError::kIndex, name);
      }
      std::sort(sorted.begin(), sorted.end());
      if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
        return Bad(BundleError::kShapeNames, shape);
    }
    if (end != names.size()) return {BundleError::kRangeOrder, Offset(names.data())};
    return {};
  }

  Status CheckVersion() {
    if (b_.header().format_version > 1) return {};
    const bool empty = b_.facts().empty() && b_.inputs().empty() && b_.limits().empty() &&
                       b_.needs().empty() && b_.pools().empty();
    return empty ? Status{} : Status{BundleError::kVersionContent, offsetof(Header, format_version)};
  }

  Status CheckRules() {
    uint64_t limits_end = 0, needs_end = 0, controls_end = 0, annotations_end = 0, parts_end = 0;
    const auto rules = b_.rules();
    const auto parts = b_.parts();
    for (size_t i = 0; i < rules.size(); ++i) {
      const RuleRow& rule = rules[i];
      if (!IsString(rule.id) || !IsStringOrNone(rule.because) || !IsStringOrNone(rule.template_id)) {
        return Bad(BundleError::kIndex, rule);
      }
      if (i > 0 && rules[i - 1].id >= rule.id) return Bad(BundleError::kOrder, rule);
      if (rule.effect >= kEffectCount || rule.mode >= kModeCount || rule.error_rule >= kErrorRuleCount) {
        return Bad(BundleError::kEnumerator, rule);
      }
      if (rule.reserved != 0) return Bad(BundleError::kPadding, rule);
      if (!Follows(rule.limits, &limits_end) || !Follows(rule.needs, &needs_end) ||
          !Follows(rule.controls, &controls_end) || !Follows(rule.annotations, &annotations_end) ||
          !Follows(rule.parts, &parts_end) || limits_end > b_.limits().size() ||
          needs_end > b_.needs().size() || controls_end > b_.controls().size() ||
          annotations_end > b_.annotations().size() || parts_end > parts.size()) {
        return Bad(BundleError::kRangeOrder, rule);
      }
      for (uint32_t p = 0; p < rule.parts.count; ++p) {
        const PartRow& part = parts[rule.parts.first + p];
        if (part.kind >= kPartKindCount) return Bad(BundleError::kEnumerator, part);
        if (part.reserved[0] != 0 || part.reserved[1] != 0 || part.reserved[2] != 0 || part.padding != 0) {
          return Bad(BundleError::kPadding, part);
        }
        if (part.first >= rule.condition.count ||
            (p > 0 && parts[rule.parts.first + p - 1].first >= part.first)) {
          return Bad(BundleError::kPartPlace, part);
        }
      }
    }
    if (limits_end != b_.limits().size() || needs_end != b_.needs().size() ||
        controls_end != b_.controls().size() || annotations_end != b_.annotations().size() ||
        parts_end != parts.size()) {
      return {BundleError::kRangeOrder, Offset(rules.data())};
    }
    for (auto pairs : {b_.controls(), b_.annotations()}) {
      for (const PairRow& pair : pairs) {
        if (!IsString(pair.key) || !IsString(pair.value)) return Bad(BundleError::kIndex, pair);
      }
    }
    return {};
  }

  Status CheckPol() { return VerifyPolRows(b_); }

  Status CheckPlaces() {
    uint64_t text_end = 0;
    for (const FileRow& file : b_.files()) {
      if (!IsString(file.path)) return Bad(BundleError::kIndex, file);
      if (file.padding != 0) return Bad(BundleError::kPadding, file);
      if (file.first != text_end || file.bytes > b_.source_bytes().size() - text_end)
        return Bad(BundleError::kRangeOrder, file);
      text_end += file.bytes;
      const std::string_view text(reinterpret_cast<const char*>(b_.source_bytes().data()) + file.first,
                                  file.bytes);
      if (!IsUtf8(text)) return {BundleError::kStringUtf8, Offset(text.data())};
    }
    if (text_end != b_.source_bytes().size())
      return {BundleError::kRangeOrder, Offset(b_.source_bytes().data())};

    for (const RuleRow& rule : b_.rules()) {
      if (Status s = CheckPlace(rule.place); !s.ok()) return s;
    }
    for (const PartRow& part : b_.parts()) {
      if (Status s = CheckPlace(part.place); !s.ok()) return s;
    }
    Status status;
    auto check_places = [&](const auto& rows) {
      for (const auto& row : rows) {
        if (status.ok()) status = CheckPlace(row.place);
      }
    };
    check_places(b_.needs());
    check_places(b_.approvals());
    check_places(b_.quorums());
    check_places(b_.facts());
    check_places(b_.clauses());
    if (!status.ok()) return status;
    const auto debug = b_.debug();
    for (size_t i = 0; i < debug.size(); ++i) {
      if (debug[i].word >= b_.code().size()) return Bad(BundleError::kIndex, debug[i]);
      if (i > 0 && debug[i - 1].word >= debug[i].word) return Bad(BundleError::kOrder, debug[i]);
      if (Status s = CheckPlace(debug[i].place); !s.ok()) return s;
    }
    return {};
  }

  Status CheckPlace(const Place& place) const {
    if (place.file == kNone) {
      const bool blank = place.begin == 0 && place.end == 0 && place.line == 0 && place.column == 0;
      return blank ? Status{} : Bad(BundleError::kPlaceOrder, place);
    }
    if (place.file >= b_.files().size()) return Bad(BundleError::kIndex, place);
    const FileRow& file = b_.files()[place.file];
    if (place.begin > place.end || place.line == 0 || place.column == 0 ||
        (file.bytes > 0 && place.end > file.bytes)) {
      return Bad(BundleError::kPlaceOrder, place);
    }
    return {};
  }

  Status CheckBlock(const Block& block, StackType result, uint32_t visible_facts, uint64_t* code_end) {
    const auto code = b_.code();
    if (block.first != *code_end || block.count > code.size() - *code_end)
      return Bad(BundleError::kRangeOrder, block);
    *code_end += block.count;
    BlockBounds bounds;
    Status s = analyzer_.Analyze(code.subspan(block.first, block.count), result, visible_facts, &bounds);
    if (!s.ok()) return {s.error, Offset(code.data()) + 4 * (block.first + s.at)};
    if (bounds.max_stack != block.max_stack || bounds.scratch_bytes != block.scratch_bytes ||
        bounds.max_steps != block.max_steps) {
      return Bad(BundleError::kBounds, block);
    }
    return {};
  }

  Status CheckCode() {
    uint64_t code_end = 0;
    Status status;
    VisitBlocks(b_, [&](const Block& block, const BlockUse& use) {
      if (!status.ok()) return;
      if (use.optional && block.count == 0) {
        const bool blank =
            block.first == 0 && block.max_stack == 0 && block.scratch_bytes == 0 && block.max_steps == 0;
        if (!blank) status = Bad(BundleError::kBounds, block);
        return;
      }
      status = CheckBlock(block, use.result, use.visible_facts, &code_end);
    });
    if (!status.ok()) return status;
    if (code_end != b_.code().size()) return {BundleError::kRangeOrder, Offset(b_.code().data())};

    const ProgramBounds bounds = SumBounds(b_);
    const Header& header = b_.header();
    if (bounds.scratch_bytes > 2 * kMaxScratchBytes) return {BundleError::kTooMuchScratch, 0};
    if (bounds.max_stack != header.max_stack || bounds.scratch_bytes != header.scratch_bytes ||
        bounds.max_steps != header.max_steps) {
      return {BundleError::kBounds, offsetof(Header, max_stack)};
    }
    return {};
  }

  const Bundle& b_;
  BlockAnalyzer analyzer_;
  uint32_t string_count_ = 0;
};

}  // namespace

Status Verify(const Bundle& bundle, VerifiedBundle* out) {
  const Digest digest = Sha256Of(bundle.content());
  if (digest != bundle.sealed_digest()) return {BundleError::kWrongDigest, bundle.header().content_bytes};
  if (Status s = Verifier(bundle).Run(); !s.ok()) return s;
  out->bundle_ = bundle;
  out->snapshot_id_ = digest;
  return {};
}

}  // namespace polc::bundle
