#include "compiler/explain/trace.h"

#include "compiler/bridge/decision.h"
#include "runtime/bundle/verify.h"
#include "runtime/vm/message.h"

namespace polc::explain {

using bundle::Opcode;
using entities::Value;

namespace {

// Follows the machine's stack with terms in place of values.
class Builder final : public vm::TraceSink {
 public:
  Builder(const Tracer& tracer, Trace* out) : tracer_(tracer), bundle_(tracer.bundle()), out_(*out) {}

  void Executed(const vm::TraceEvent& event) override {
    LeaveEach(event.word);
    Join(event.word);
    const bundle::Instruction& in = event.instruction;
    const uint32_t next = event.word + in.words;
    if (event.error != nullptr) return Erred(event);
    switch (in.opcode) {
      case Opcode::kReturn:
        return;
      case Opcode::kCheckBool:
        return;  // what it looks at stays
      case Opcode::kJump:
        // The end of a `then`: its `if` waits for it.
        if (!joins_.empty() && joins_.back().op == Opcode::kBranchFalse) joins_.back().target = next;
        return Join(next);
      case Opcode::kAnd:
      case Opcode::kOr: {
        const bool jumps = event.popped[0].boolean() == (in.opcode == Opcode::kOr);
        const TermId left = stack_.back();
        if (jumps) {
          stack_.back() = Add({in.opcode, 0, 0, event.word, {left}, true, out_.terms[left].value});
        } else {
          stack_.pop_back();
          joins_.push_back({next + in.a, in.opcode, left, event.word});
        }
        return;
      }
      case Opcode::kBranchFalse: {
        const TermId test = stack_.back();
        stack_.pop_back();
        uint32_t target = UINT32_MAX;  // a `then` ends at its jump
        if (!event.popped[0].boolean()) {
          target = next + in.a;
          const auto before = bundle::Decode(bundle_.code(), target - 1);
          if (before && before->opcode == Opcode::kJump) target += before->a;
        }
        joins_.push_back({target, in.opcode, test, event.word});
        return;
      }
      case Opcode::kEach: {
        const TermId set = stack_.back();
        stack_.pop_back();
        each_ = Each{{in.opcode, in.a, in.b, event.word, {set}, true, {}},
                     stack_.size(),
                     joins_.size(),
                     next + in.a - 1};
        if (event.popped[0].count == 0) LeaveEach(UINT32_MAX);
        return;
      }
      case Opcode::kEachEnd:
        each_->term.operands.push_back(stack_.back());
        stack_.resize(each_->base);
        if (event.pushed != nullptr) {
          each_->term.value = tracer_.Read(*event.pushed);
          stack_.push_back(Add(std::move(each_->term)));
          each_.reset();
        }
        return;
      default:
        break;
    }
    Term term = Take(event);
    // The whole context is what the request shows anyway.
    const bool context = in.opcode == Opcode::kVar && event.pushed->kind == bundle::Kind::kRecord;
    term.value = context ? data::Value::MakeRecord({}) : tracer_.Read(*event.pushed);
    stack_.push_back(Add(std::move(term)));
  }

  void Finish(const vm::Error* error) {
    if (error != nullptr) {
      if (out_.root == kNoTerm && !out_.terms.empty()) out_.root = static_cast<TermId>(out_.terms.size() - 1);
      return;
    }
    LeaveEach(UINT32_MAX);
    Join(UINT32_MAX);
    out_.root = stack_.back();
  }

 private:
  struct Pending {
    uint32_t target;
    Opcode op;
    TermId left;
    uint32_t word;
  };
  struct Each {
    Term term;
    size_t base, joins;
    uint32_t end;  // the word of its `each_end`
  };

  TermId Add(Term term) {
    out_.terms.push_back(std::move(term));
    return static_cast<TermId>(out_.terms.size() - 1);
  }
  Term Take(const vm::TraceEvent& event) {
    const bundle::Instruction& in = event.instruction;
    Term term{in.opcode, in.a, in.b, event.word, {}, true, {}};
    const size_t pops = bundle::PopCount(bundle_, in);
    term.operands.assign(stack_.end() - static_cast<ptrdiff_t>(pops), stack_.end());
    stack_.resize(stack_.size() - pops);
    return term;
  }
  // What ends before `word` becomes one term with what it waited for.
  void Join(uint32_t word) {
    while (!joins_.empty() && joins_.back().target <= word && (!each_ || joins_.size() > each_->joins)) {
      const Pending join = joins_.back();
      joins_.pop_back();
      const TermId right = stack_.back();
      stack_.back() = Add({join.op, 0, 0, join.word, {join.left, right}, true, out_.terms[right].value});
    }
  }
  // An `each` that came to its end with an element that erred, or had none, pushes without saying so.
  void LeaveEach(uint32_t word) {
    if (!each_ || word <= each_->end) return;
    Term& term = each_->term;
    int64_t holds = 0;
    bool all = true;
    for (size_t i = 1; i < term.operands.size(); ++i) {
      const Term& body = out_.terms[term.operands[i]];
      const bool is = body.ok && body.value.is(data::Kind::kBool) && body.value.as_bool();
      holds += is;
      all &= is || !body.ok;
    }
    const auto quantifier = static_cast<bundle::Quantifier>(term.b & 0xFF);
    term.value = quantifier == bundle::Quantifier::kEvery  ? data::Value(all)
                 : quantifier == bundle::Quantifier::kSome ? data::Value(holds > 0)
                                                           : data::Value(holds);
    stack_.resize(each_->base);
    joins_.resize(each_->joins);
    stack_.push_back(Add(std::move(term)));
    each_.reset();
  }
  void Erred(const vm::TraceEvent& event) {
    Term term = Take(event);
    term.ok = false;
    const TermId id = Add(std::move(term));
    if (!each_) {
      out_.root = id;
      return;
    }
    if (event.instruction.opcode == Opcode::kEach) return;
    each_->term.operands.push_back(id);
    stack_.resize(each_->base);
    joins_.resize(each_->joins);
  }

  const Tracer& tracer_;
  const bundle::Bundle& bundle_;
  Trace& out_;
  std::vector<TermId> stack_;
  std::vector<Pending> joins_;
  std::optional<Each> each_;
};

}  // namespace

Tracer::Tracer(const vm::Engine& engine, const vm::Request& request, vm::Scratch* scratch)
    : engine_(engine), request_(request), scratch_(scratch), machine_(engine, request, scratch) {
  machine_.NeedFacts();
}

Trace Tracer::Run(const bundle::Block& block) {
  Trace out;
  Builder builder(*this, &out);
  const vm::Evaluation e = machine_.RunTraced(block, &builder);
  builder.Finish(e.ok ? nullptr : &e.error);
  if (!e.ok) {
    out.error = e.error;
    AppendMessage(engine_, request_, *scratch_, e.error, &out.message);
  }
  return out;
}

Trace Tracer::Run(const tree::Slice& slice) {
  Trace out;
  Builder builder(*this, &out);
  Value value;
  const bool ok = machine_.RunSliceTraced(slice, &value, &builder);
  builder.Finish(ok ? nullptr : &machine_.error());
  if (!ok) {
    out.error = machine_.error();
    AppendMessage(engine_, request_, *scratch_, machine_.error(), &out.message);
  }
  return out;
}

std::optional<bool> Tracer::Holds(const tree::Slice& slice) {
  Value value;
  if (!machine_.RunSlice(slice, &value)) return std::nullopt;
  return value.boolean();
}

std::optional<data::Value> Tracer::Fact(uint32_t fact) {
  const auto& slot = machine_.fact(fact);
  if (!slot.ok) return std::nullopt;
  return Read(slot.value);
}

data::Value Tracer::Read(const Value& value) const {
  if (value.kind == bundle::Kind::kEntity) return data::Value(Uid(value.entity()));
  return bridge::ReadValue(machine_.world(), machine_.memory(), value);
}

data::EntityUid Tracer::Uid(entities::EntityId id) const {
  data::EntityUid uid = bridge::ReadUid(machine_.world(), machine_.memory(), id);
  if (id >= engine_.entity_count()) seen_.emplace(uid, id);
  return uid;
}

std::optional<entities::EntityId> Tracer::Find(const data::EntityUid& uid) const {
  if (const auto known = engine_.FindEntity(uid.type, uid.id)) return known;
  const auto seen = seen_.find(uid);
  return seen == seen_.end() ? std::nullopt : std::optional(seen->second);
}

std::optional<data::Entity> Tracer::ReadEntity(entities::EntityId id) const {
  const Value* attributes = machine_.world().Attributes(id);
  if (attributes == nullptr) return std::nullopt;
  data::Entity out{.uid = Uid(id), .attrs = {}, .tags = {}, .parents = {}, .span = {}};
  const data::Value attrs = Read(*attributes), tags = Read(*machine_.world().Tags(id));
  for (const auto& [name, value] : attrs.as_record()) out.attrs.emplace(name, value);
  for (const auto& [name, value] : tags.as_record()) out.tags.emplace(name, value);
  for (entities::EntityId parent : machine_.world().Parents(id)) out.parents.push_back(Uid(parent));
  return out;
}

}  // namespace polc::explain
