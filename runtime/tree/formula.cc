#include "runtime/tree/formula.h"

#include <optional>

namespace polc::tree {

using bundle::Bundle;
using bundle::Instruction;
using bundle::Opcode;
using bundle::Variable;

namespace {

// As many instructions as anybody writes into one test of this kind; what bounds the work of following jumps.
constexpr size_t kMostInstructions = 256;

// Instructions that decide what is next by the bool on the stack, or turn it round.
bool IsControl(Opcode opcode) {
  switch (opcode) {
    case Opcode::kAnd:
    case Opcode::kOr:
    case Opcode::kNot:
    case Opcode::kCheckBool:
    case Opcode::kBranchFalse:
    case Opcode::kJump:
      return true;
    default:
      return false;
  }
}

std::optional<Question::Op> OpOf(Opcode opcode) {
  switch (opcode) {
    case Opcode::kEq:
      return Question::Op::kEqual;
    case Opcode::kLess:
      return Question::Op::kLess;
    case Opcode::kLessEq:
      return Question::Op::kLessEqual;
    case Opcode::kIn:
      return Question::Op::kIn;
    case Opcode::kInStrict:
      return Question::Op::kInStrict;
    case Opcode::kContains:
      return Question::Op::kContains;
    case Opcode::kHas:
      return Question::Op::kHas;
    case Opcode::kHasStrict:
      return Question::Op::kHasStrict;
    case Opcode::kIs:
      return Question::Op::kIs;
    default:
      return std::nullopt;
  }
}

// Reads code as questions, each with an empty stack before it and its bool on the stack behind it, and
// between them instructions that say where to go by that bool.
class Reader {
 public:
  Reader(const Bundle& bundle, const Slice& slice) : instruction_at_(slice.count + 1) {
    for (uint32_t word = 0; word < slice.count;) {
      const Instruction in = *bundle::Decode(bundle.code(), slice.first + word);
      instruction_at_[word] = static_cast<uint32_t>(code_.size());
      code_.push_back(in);
      word += in.words;
      ends_.push_back(word);
      if (code_.size() > kMostInstructions) break;
    }
    instruction_at_[slice.count] = static_cast<uint32_t>(code_.size());
  }

  bool IsSource(Source* out) {
    size_t at = 0;
    return TakeSource(&at, out) && at == code_.size();
  }

  bool Run(std::vector<Question>* out) {
    if (code_.size() > kMostInstructions) return false;
    question_at_.assign(code_.size() + 1, bundle::kNone);
    base_ = static_cast<uint32_t>(out->size());
    for (size_t at = 0; at < code_.size();) {
      question_at_[at] = base_ + static_cast<uint32_t>(questions_.size());
      if (!TakeQuestion(&at)) return false;
      ends_of_questions_.push_back(at);
      while (at < code_.size() && IsControl(code_[at].opcode)) ++at;
    }
    for (size_t i = 0; i < questions_.size(); ++i) {
      const std::optional<uint32_t> yes = Follow(ends_of_questions_[i], true);
      const std::optional<uint32_t> no = Follow(ends_of_questions_[i], false);
      if (!yes || !no) return false;
      questions_[i].if_true = *yes;
      questions_[i].if_false = *no;
    }
    out->insert(out->end(), questions_.begin(), questions_.end());
    return true;
  }

 private:
  // A variable, fact or constant, and the attributes that follow it.
  bool TakeSource(size_t* at, Source* out) const {
    *out = {};
    if (*at == code_.size()) return false;
    const Instruction& first = code_[(*at)++];
    switch (first.opcode) {
      case Opcode::kVar:
        static_assert(static_cast<int>(Source::From::kPrincipal) == static_cast<int>(Variable::kPrincipal) &&
                      static_cast<int>(Source::From::kAction) == static_cast<int>(Variable::kAction) &&
                      static_cast<int>(Source::From::kResource) == static_cast<int>(Variable::kResource) &&
                      static_cast<int>(Source::From::kContext) == static_cast<int>(Variable::kContext));
        out->from = static_cast<Source::From>(first.a);
        break;
      case Opcode::kFact:
        out->from = Source::From::kFact;
        out->row = first.a;
        break;
      case Opcode::kConst:
        out->from = Source::From::kConstant;
        out->row = first.a;
        return true;
      default:
        return false;
    }
    for (; *at < code_.size() && code_[*at].opcode == Opcode::kAttr; ++*at) {
      if (out->steps == Source::kMostSteps) return false;
      out->at[out->steps++] = code_[*at].a;
    }
    return true;
  }

  bool TakeQuestion(size_t* at) {
    Question q{};
    if (!TakeSource(at, &q.subject)) return false;
    const bool ends = *at == code_.size() || IsControl(code_[*at].opcode);
    std::optional<Question::Op> op = ends ? Question::Op::kIsTrue : OpOf(code_[*at].opcode);
    if (!op) {
      if (!TakeSource(at, &q.object) || *at == code_.size()) return false;
      op = OpOf(code_[*at].opcode);
      if (!op || Info(code_[*at].opcode).pops != 2) return false;
    } else if (!ends && Info(code_[*at].opcode).pops != 1) {
      return false;
    }
    q.op = *op;
    if (!ends) q.what = code_[(*at)++].a;
    questions_.push_back(q);
    return true;
  }

  uint32_t TargetOf(size_t at) const { return instruction_at_[ends_[at] + code_[at].a]; }

  // What comes of the bool `value`, alone on the stack before instruction `at`. Jumps lead forward.
  std::optional<uint32_t> Follow(size_t at, bool value) const {
    while (at < code_.size()) {
      switch (code_[at].opcode) {
        case Opcode::kCheckBool:
          ++at;
          break;
        case Opcode::kNot:
          value = !value;
          ++at;
          break;
        case Opcode::kJump:
          at = TargetOf(at);
          break;
        case Opcode::kAnd:
        case Opcode::kOr:
          if (value == (code_[at].opcode == Opcode::kAnd)) return QuestionAt(at + 1);
          at = TargetOf(at);
          break;
        case Opcode::kBranchFalse:
          return QuestionAt(value ? at + 1 : TargetOf(at));
        default:
          return std::nullopt;
      }
    }
    return value ? kYes : kNo;
  }
  std::optional<uint32_t> QuestionAt(size_t at) const {
    return question_at_[at] == bundle::kNone ? std::nullopt : std::optional(question_at_[at]);
  }

  std::vector<Instruction> code_;
  std::vector<uint32_t> ends_;            // by instruction: the word of the slice behind it
  std::vector<uint32_t> instruction_at_;  // by word of the slice
  std::vector<uint32_t> question_at_;     // by instruction: the one that begins there
  std::vector<size_t> ends_of_questions_;
  std::vector<Question> questions_;
  uint32_t base_ = 0;
};

}  // namespace

bool MakeQuestions(const Bundle& bundle, const Slice& slice, std::vector<Question>* out) {
  return Reader(bundle, slice).Run(out);
}

bool IsSource(const Bundle& bundle, const Slice& slice, Source* out) {
  return Reader(bundle, slice).IsSource(out);
}

}  // namespace polc::tree
