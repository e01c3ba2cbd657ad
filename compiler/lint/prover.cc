#include "compiler/lint/prover.h"

#include <algorithm>
#include <limits>

#include "compiler/data/numbers.h"
#include "llvm/ADT/SmallVector.h"

namespace polc::lint {

using core::Op;
using data::Kind;

namespace {

// A list of actions longer than this is one atom: equal to itself and nothing else.
constexpr size_t kMaxActionList = 16;
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

// Whether an operator evaluates all of its operands, and errs if one of them does.
bool EvaluatesAll(Op op) {
  return op != Op::kAnd && op != Op::kOr && op != Op::kIf && !core::IsQuantifier(op) && op != Op::kAttrOr;
}

TruthMask Only(bool value) { return value ? kTrue : kFalse; }

}  // namespace

Prover::Prover(const core::Program& program, const model::Schema* schema)
    : program_(program),
      schema_(schema),
      true_(terms_.OfValue(data::Value(true))),
      false_(terms_.OfValue(data::Value(false))) {
  rules_.reserve(program.rules.size() + program.templates.size());
}

TruthMask Prover::Holding(const core::Rule& rule) {
  const bool errors_hold =
      rule.on_error == core::ErrorRule::kFailClosed && rule.effect != core::Effect::kAllow;
  return errors_hold ? kTrue | kErrs : kTrue;
}

// ------------------------------------------------------------------------------------- Building formulas

NodeId Prover::Add(Node node) {
  std::string key(1, static_cast<char>(node.kind));
  key += static_cast<char>(node.constant);
  auto put = [&](uint32_t n) { key.append(reinterpret_cast<const char*>(&n), 4); };
  put(node.atom);
  for (NodeId operand : node.operands) put(operand);
  auto [known, fresh] = node_index_.emplace(std::move(key), static_cast<NodeId>(nodes_.size()));
  if (fresh) nodes_.push_back(std::move(node));
  return known->second;
}

NodeId Prover::Constant(Truth value) {
  Node node;
  node.constant = value;
  return Add(std::move(node));
}

NodeId Prover::AddAtom(Atom atom) {
  std::string key(1, static_cast<char>(atom.kind));
  auto put = [&](uint64_t n) { key.append(reinterpret_cast<const char*>(&n), 8); };
  put(atom.subject);
  put(atom.value);
  put(static_cast<uint64_t>(atom.bound));
  put(static_cast<uint64_t>(atom.number));
  put(atom.name.size());
  key += atom.name + atom.entity.type;
  key += '\0';
  key += atom.entity.id;
  auto known = atom_index_.find(key);
  if (known != atom_index_.end()) return known->second;
  Node node;
  node.kind = Node::Kind::kAtom;
  node.atom = static_cast<AtomId>(atoms_.size());
  atoms_.push_back(std::move(atom));
  const NodeId id = Add(std::move(node));
  atom_index_.emplace(std::move(key), id);
  return id;
}

NodeId Prover::Join(Node::Kind kind, NodeId left, NodeId right) {
  const bool conjunction = kind == Node::Kind::kAnd;
  if (nodes_[left].kind == Node::Kind::kConstant) {
    if (nodes_[left].constant != (conjunction ? kTrue : kFalse)) return left;
    return right;
  }
  Node node;
  node.kind = kind;
  node.operands = {left, right};
  node.depth = std::max(nodes_[left].depth + (nodes_[left].kind == kind ? 0 : 1), nodes_[right].depth + 1);
  return Add(std::move(node));
}

NodeId Prover::Negate(NodeId operand) {
  const Node& inner = nodes_[operand];
  if (inner.kind == Node::Kind::kNot) return inner.operands[0];
  if (inner.kind == Node::Kind::kConstant) {
    return inner.constant == kErrs ? operand : Constant(inner.constant == kTrue ? kFalse : kTrue);
  }
  Node node;
  node.kind = Node::Kind::kNot;
  node.depth = inner.depth + 1;
  node.operands = {operand};
  return Add(std::move(node));
}

bool Prover::CanErr(TermId id) const { return !terms_[id].value && terms_[id].op != Op::kVar; }

NodeId Prover::Compare(TermId subject, Kind number, int64_t bound) {
  Atom atom;
  atom.kind = Atom::Kind::kAtMost;
  atom.subject = subject;
  atom.number = number;
  atom.bound = bound;
  return AddAtom(std::move(atom));
}

// `left <= right`, or `left < right`, where one of them is a constant; an atom of its own otherwise.
NodeId Prover::NodeOfComparison(TermId left, TermId right, bool strictly) {
  const data::Value* l = terms_[left].value ? &*terms_[left].value : nullptr;
  const data::Value* r = terms_[right].value ? &*terms_[right].value : nullptr;
  const bool low = l && IsNumber(*l), high = r && IsNumber(*r);
  if (low && high && l->kind() == r->kind()) {
    const int64_t a = NumberOf(*l), b = NumberOf(*r);
    return Constant((strictly ? a < b : a <= b) ? kTrue : kFalse);
  }
  if (!l && high) {
    const int64_t bound = NumberOf(*r);
    if (!strictly || bound != kLeast) return Compare(left, r->kind(), bound - strictly);
  }
  if (!r && low) {
    // c <= x is not (x <= c - 1); c < x is not (x <= c).
    const int64_t bound = NumberOf(*l);
    if (strictly || bound != kLeast) return Negate(Compare(right, l->kind(), bound - !strictly));
  }
  return nodes_.size();  // none
}

NodeId Prover::NodeOfDecimal(const Term& term) {
  using data::ExtFn;
  if (term.operands.size() != 2) return nodes_.size();
  const TermId a = term.operands[0], b = term.operands[1];
  auto decimal = [&](TermId id) { return !terms_[id].value || terms_[id].value->is(Kind::kDecimal); };
  if (!decimal(a) || !decimal(b)) return nodes_.size();
  switch (term.fn) {
    case ExtFn::kLessThan:
      return NodeOfComparison(a, b, true);
    case ExtFn::kLessThanOrEqual:
      return NodeOfComparison(a, b, false);
    case ExtFn::kGreaterThan:
      return NodeOfComparison(b, a, true);
    case ExtFn::kGreaterThanOrEqual:
      return NodeOfComparison(b, a, false);
    default:
      return nodes_.size();
  }
}

NodeId Prover::NodeOfIn(TermId subject, TermId group) {
  Atom atom;
  atom.kind = Atom::Kind::kIn;
  atom.subject = subject;
  atom.entity = terms_[group].value->as_entity();
  if (!CanErr(subject)) atom.mask = kFalse | kTrue;
  return AddAtom(std::move(atom));
}

// A set of constants contains what is equal to one of them.
NodeId Prover::NodeOfContains(TermId set, TermId element) {
  const std::optional<std::vector<TermId>> constants = terms_.ConstantElements(set);
  if (!constants || terms_[element].value || constants->size() > kMaxActionList) return nodes_.size();
  if (constants->empty()) return CanErr(element) ? nodes_.size() : Constant(kFalse);
  std::optional<NodeId> any;
  for (TermId constant : *constants) {
    Atom atom;
    atom.kind = Atom::Kind::kEq;
    atom.subject = element;
    atom.value = constant;
    if (!CanErr(element)) atom.mask = kFalse | kTrue;
    const NodeId equal = AddAtom(std::move(atom));
    any = any ? Join(Node::Kind::kOr, *any, equal) : equal;
  }
  return *any;
}

// Operands that are `and`, `or`, `not`, `if` have their nodes already: their numbers are smaller.
NodeId Prover::NodeOfTerm(TermId id) {
  auto known = term_nodes_.find(id);
  if (known != term_nodes_.end()) return known->second;
  const Term term = terms_[id];
  const size_t none = SIZE_MAX;
  size_t made = none;
  auto take = [&](NodeId node) {
    if (node < nodes_.size()) made = node;
  };
  if (term.value) {
    take(Constant(term.value->is(Kind::kBool) ? (term.value->as_bool() ? kTrue : kFalse) : kErrs));
  } else if (term.op == Op::kNot) {
    take(Negate(NodeOfTerm(term.operands[0])));
  } else if (term.op == Op::kAnd || term.op == Op::kOr) {
    const NodeId left = NodeOfTerm(term.operands[0]), right = NodeOfTerm(term.operands[1]);
    take(Join(term.op == Op::kAnd ? Node::Kind::kAnd : Node::Kind::kOr, left, right));
  } else if (term.op == Op::kIf) {
    Node node;
    node.kind = Node::Kind::kIf;
    for (TermId operand : term.operands) {
      node.operands.push_back(NodeOfTerm(operand));
      node.depth = std::max(node.depth, nodes_[node.operands.back()].depth + 1);
    }
    take(Add(std::move(node)));
  } else if (term.op == Op::kEq) {
    const bool first = terms_[term.operands[0]].value.has_value();
    const bool second = terms_[term.operands[1]].value.has_value();
    if (first && second) {
      take(Constant(term.operands[0] == term.operands[1] ? kTrue : kFalse));
    } else if (first || second) {
      Atom atom;
      atom.kind = Atom::Kind::kEq;
      atom.subject = term.operands[first ? 1 : 0];
      atom.value = term.operands[first ? 0 : 1];
      if (!CanErr(atom.subject)) atom.mask = kFalse | kTrue;
      take(AddAtom(std::move(atom)));
    }
  } else if (term.op == Op::kLess || term.op == Op::kLessEq) {
    auto ordered = [&](TermId t) { return !terms_[t].value || !terms_[t].value->is(Kind::kDecimal); };
    if (ordered(term.operands[0]) && ordered(term.operands[1])) {
      take(NodeOfComparison(term.operands[0], term.operands[1], term.op == Op::kLess));
    }
  } else if (term.op == Op::kCall) {
    take(NodeOfDecimal(term));
  } else if (term.op == Op::kIn) {
    const std::optional<data::Value>& group = terms_[term.operands[1]].value;
    if (group && group->is(Kind::kEntity) && !terms_[term.operands[0]].value) {
      take(NodeOfIn(term.operands[0], term.operands[1]));
    } else if (auto groups = terms_.ConstantElements(term.operands[1]);
               groups && !groups->empty() && groups->size() <= kMaxActionList &&
               !terms_[term.operands[0]].value &&
               std::ranges::all_of(*groups, [&](TermId t) { return terms_[t].value->is(Kind::kEntity); })) {
      std::optional<NodeId> any;
      for (TermId one : *groups) {
        const NodeId in = NodeOfIn(term.operands[0], one);
        any = any ? Join(Node::Kind::kOr, *any, in) : in;
      }
      take(*any);
    }
  } else if (term.op == Op::kIs || term.op == Op::kHas) {
    if (!terms_[term.operands[0]].value) {
      Atom atom;
      atom.kind = term.op == Op::kIs ? Atom::Kind::kIs : Atom::Kind::kHas;
      atom.subject = term.operands[0];
      atom.name = term.name;
      if (!CanErr(atom.subject)) atom.mask = kFalse | kTrue;
      take(AddAtom(std::move(atom)));
    }
  } else if (term.op == Op::kContains) {
    take(NodeOfContains(term.operands[0], term.operands[1]));
  }
  if (made == none || nodes_[made].depth > kMaxNesting) {
    Atom atom;
    atom.subject = id;
    made = AddAtom(std::move(atom));
  }
  term_nodes_.emplace(id, static_cast<NodeId>(made));
  return static_cast<NodeId>(made);
}

NodeId Prover::NodeOfScope(const core::ScopeTest& test, core::Var var) {
  const TermId subject = terms_.OfVar(var);
  NodeId node = Constant(kTrue);
  if (test.op == core::ScopeTest::Op::kAny) return node;
  if (test.op == core::ScopeTest::Op::kIs || test.op == core::ScopeTest::Op::kIsIn) {
    Atom atom;
    atom.kind = Atom::Kind::kIs;
    atom.subject = subject;
    atom.name = test.type;
    atom.mask = kFalse | kTrue;
    node = AddAtom(std::move(atom));
  }
  if (test.op == core::ScopeTest::Op::kIs) return node;
  const TermId entity = terms_.OfValue(data::Value(test.entity));
  if (test.op != core::ScopeTest::Op::kEq) {
    return Join(Node::Kind::kAnd, node, NodeOfIn(subject, entity));
  }
  Atom atom;
  atom.kind = Atom::Kind::kEq;
  atom.subject = subject;
  atom.value = entity;
  atom.mask = kFalse | kTrue;
  return AddAtom(std::move(atom));
}

NodeId Prover::NodeOfAction(const core::ActionTest& test) {
  const TermId action = terms_.OfVar(core::Var::kAction);
  if (test.op == core::ActionTest::Op::kAny) return Constant(kTrue);
  std::vector<data::EntityUid> uids = test.actions;
  std::ranges::sort(uids);
  if (uids.size() > kMaxActionList) {
    std::vector<data::Value> values;
    for (data::EntityUid& uid : uids) values.emplace_back(std::move(uid));
    Atom atom;
    atom.subject = terms_.OfValue(data::Value::MakeSet(std::move(values)));
    atom.mask = kFalse | kTrue;
    return AddAtom(std::move(atom));
  }
  NodeId any = Constant(kFalse);
  for (const data::EntityUid& uid : uids) {
    const TermId entity = terms_.OfValue(data::Value(uid));
    NodeId one;
    if (test.op == core::ActionTest::Op::kEq) {
      Atom atom;
      atom.kind = Atom::Kind::kEq;
      atom.subject = action;
      atom.value = entity;
      atom.mask = kFalse | kTrue;
      one = AddAtom(std::move(atom));
    } else {
      one = NodeOfIn(action, entity);
    }
    any = Join(Node::Kind::kOr, any, one);
  }
  return any;
}

const Prover::Parts& Prover::Of(const core::Rule& rule) {
  auto known = rules_.find(&rule);
  if (known != rules_.end()) return known->second;
  Parts parts;
  parts.terms = terms_.Number(rule);
  // Operands first, so that nothing recurses.
  for (TermId term : parts.terms) {
    const Op op = terms_[term].op;
    if (op == Op::kAnd || op == Op::kOr || op == Op::kNot || op == Op::kIf) NodeOfTerm(term);
  }
  parts.scope = Join(
      Node::Kind::kAnd, NodeOfScope(rule.principal, core::Var::kPrincipal),
      Join(Node::Kind::kAnd, NodeOfAction(rule.action), NodeOfScope(rule.resource, core::Var::kResource)));
  parts.all = parts.scope;
  for (core::ExprId id : rule.conditions) {
    parts.conditions.push_back(NodeOfTerm(parts.terms[id]));
    // `when { a && b }` is `when { a } when { b }`.
    std::vector<NodeId> chain = {parts.conditions.back()};
    while (nodes_[chain.back()].kind == Node::Kind::kAnd) {
      const std::vector<NodeId> sides = nodes_[chain.back()].operands;
      chain.back() = sides[1];
      chain.push_back(sides[0]);
    }
    for (size_t i = chain.size(); i-- > 0;) parts.all = Join(Node::Kind::kAnd, parts.all, chain[i]);
  }
  return rules_.emplace(&rule, std::move(parts)).first->second;
}

NodeId Prover::NodeOf(const core::Rule& rule, core::ExprId id) { return NodeOfTerm(Of(rule).terms[id]); }

// ------------------------------------------------------------------------------------------- The search

Prover::Outcome Prover::Evaluate(NodeId id) const {
  const Node& node = nodes_[id];
  ++work_;
  switch (node.kind) {
    case Node::Kind::kConstant:
      return {node.constant, 0};
    case Node::Kind::kAtom: {
      auto known = assigned_.find(node.atom);
      if (known == assigned_.end()) return {std::nullopt, node.atom};
      return {known->second, 0};
    }
    case Node::Kind::kNot: {
      Outcome inner = Evaluate(node.operands[0]);
      if (inner.value == kTrue) return {kFalse, 0};
      if (inner.value == kFalse) return {kTrue, 0};
      return inner;
    }
    case Node::Kind::kIf: {
      const Outcome test = Evaluate(node.operands[0]);
      if (!test.value || *test.value == kErrs) return test;
      return Evaluate(node.operands[*test.value == kTrue ? 1 : 2]);
    }
    case Node::Kind::kAnd:
    case Node::Kind::kOr:
      break;
  }
  // Chains lean to the left and are walked in a loop.
  const Truth goes_on = node.kind == Node::Kind::kAnd ? kTrue : kFalse;
  std::vector<NodeId> chain = {id};
  while (nodes_[chain.back()].kind == node.kind) {
    const NodeId last = chain.back();
    chain.back() = nodes_[last].operands[1];
    chain.push_back(nodes_[last].operands[0]);
  }
  for (size_t i = chain.size(); i-- > 0;) {
    const Outcome part = Evaluate(chain[i]);
    if (!part.value || *part.value != goes_on) return part;
  }
  return {goes_on, 0};
}

bool Prover::Possible(std::span<const Goal> goals, bool with_schema) {
  with_schema_ = with_schema && schema_;
  assigned_.clear();
  if (all_work_ > kMaxAllWork) return true;
  steps_ = 0;
  work_ = 0;
  const bool possible = Search(goals);
  all_work_ += work_;
  if (GivenUp()) assigned_.clear();
  return possible;
}

// Recursion: one level for each atom, of which kMaxSearch bounds the number.
bool Prover::Search(std::span<const Goal> goals) {
  ++steps_;
  if (GivenUp()) return true;
  std::optional<AtomId> wanted;
  for (const Goal& goal : goals) {
    const Outcome outcome = Evaluate(goal.node);
    if (!outcome.value) {
      if (!wanted) wanted = outcome.wanted;
    } else if (!(goal.among & *outcome.value)) {
      return false;
    }
  }
  if (!wanted) return true;
  for (Truth value : {kTrue, kFalse, kErrs}) {
    if (!(atoms_[*wanted].mask & value)) continue;
    assigned_[*wanted] = value;
    if (Consistent(*wanted) && Search(goals)) return true;
    if (GivenUp()) return true;
  }
  assigned_.erase(*wanted);
  return false;
}

// ------------------------------------------------------------------------------------------- The theory

bool Prover::MayBeIn(const std::string& type, const std::string& group) const {
  if (!with_schema_ || type == group) return true;
  const model::EntityType* known = schema_->FindEntityType(type);
  return !known || known->ancestors.contains(group);
}

std::set<TermId> Prover::EvaluatedWell() const {
  std::set<TermId> fine;
  std::vector<TermId> reached;
  for (const auto& [id, value] : assigned_) {
    if (value == kErrs) continue;
    reached.push_back(atoms_[id].subject);
  }
  while (!reached.empty()) {
    const TermId term = reached.back();
    reached.pop_back();
    if (!fine.insert(term).second) continue;
    if (!EvaluatesAll(terms_[term].op)) continue;
    reached.insert(reached.end(), terms_[term].operands.begin(), terms_[term].operands.end());
  }
  return fine;
}

bool Prover::Consistent(AtomId latest) const {
  work_ += 8 + static_cast<int64_t>(assigned_.size() * assigned_.size() / 4);
  // Only what errs, or is not there, asks what was evaluated well.
  const bool asks = std::ranges::any_of(assigned_, [&](const auto& entry) {
    const Atom::Kind kind = atoms_[entry.first].kind;
    return (kind == Atom::Kind::kEq && entry.second == kErrs) ||
           (kind == Atom::Kind::kHas && entry.second == kFalse);
  });
  const std::set<TermId> fine = asks ? EvaluatedWell() : std::set<TermId>();

  struct Known {
    TermId subject = kNoTerm;
    TermId equals = kNoTerm;
    const std::string* type = nullptr;
    int64_t low = kLeast, high = kMost;
    std::optional<Kind> number;  // it is known to be of this kind
    std::vector<int64_t> not_equal;
    bool entity = false, grouped = false;  // `is`, `in` were asked without an error
  };
  // Of few subjects.
  llvm::SmallVector<Known, 8> known;
  auto find = [&](TermId subject) -> Known* {
    auto found = std::ranges::find(known, subject, &Known::subject);
    return found == known.end() ? nullptr : &*found;
  };
  for (const auto& [id, value] : assigned_) {
    const Atom& atom = atoms_[id];
    if (value == kErrs) continue;
    Known* before = find(atom.subject);
    Known& about = before != nullptr ? *before : known.emplace_back();
    about.subject = atom.subject;
    switch (atom.kind) {
      case Atom::Kind::kOpaque: {
        const TermId truth = value == kTrue ? true_ : false_;
        if (about.equals != kNoTerm && about.equals != truth) return false;
        about.equals = truth;
        break;
      }
      case Atom::Kind::kEq:
        if (value == kTrue) {
          if (about.equals != kNoTerm && about.equals != atom.value) return false;
          about.equals = atom.value;
        } else if (const data::Value& other = *terms_[atom.value].value; IsNumber(other)) {
          about.not_equal.push_back(NumberOf(other));
        }
        break;
      case Atom::Kind::kAtMost:
        if (about.number && *about.number != atom.number) return false;
        about.number = atom.number;
        if (value == kTrue) {
          about.high = std::min(about.high, atom.bound);
        } else {
          if (atom.bound == kMost) return false;
          about.low = std::max(about.low, atom.bound + 1);
        }
        break;
      case Atom::Kind::kIs:
        about.entity = true;
        if (value == kTrue) {
          if (about.type) return false;
          about.type = &atom.name;
        }
        break;
      case Atom::Kind::kIn:
        about.entity = about.grouped = true;
        break;
      case Atom::Kind::kHas:
        break;
    }
  }
  for (Known& about : known) {
    const Term& term = terms_[about.subject];
    if (term.op == Op::kRank) {
      const core::Levels* levels = core::FindNamed(program_.levels, term.name);
      about.low = std::max<int64_t>(about.low, 0);
      if (levels) about.high = std::min(about.high, static_cast<int64_t>(levels->names.size()) - 1);
    } else if (term.op == Op::kSize || term.op == Op::kNumber) {
      about.low = std::max<int64_t>(about.low, 0);
    }
    if (about.equals != kNoTerm) {
      const data::Value& value = *terms_[about.equals].value;
      if (about.number && (!IsNumber(value) || value.kind() != *about.number)) return false;
      if (about.number && (NumberOf(value) < about.low || NumberOf(value) > about.high)) return false;
      if (about.type && !(value.is(Kind::kEntity) && value.as_entity().type == *about.type)) return false;
      if (about.entity && !value.is(Kind::kEntity)) return false;
    } else if (about.number) {
      if (about.low > about.high) return false;
      const uint64_t room = static_cast<uint64_t>(about.high) - static_cast<uint64_t>(about.low);
      if (room < about.not_equal.size()) {
        std::set<int64_t> excluded(about.not_equal.begin(), about.not_equal.end());
        size_t inside =
            std::ranges::count_if(excluded, [&](int64_t n) { return n >= about.low && n <= about.high; });
        if (inside > room) return false;
      }
    }
  }
  for (const auto& [id, value] : assigned_) {
    const Atom& atom = atoms_[id];
    const Known* about = find(atom.subject);
    if (value == kErrs) {
      // A test that is asked for its truth errs where it errs, and where it is no bool.
      if (about && atom.kind == Atom::Kind::kOpaque && (about->equals == true_ || about->equals == false_)) {
        return false;
      }
      if (atom.kind == Atom::Kind::kEq && fine.contains(atom.subject)) return false;
      if (about && atom.kind == Atom::Kind::kAtMost &&
          (about->number == atom.number ||
           (about->equals != kNoTerm && terms_[about->equals].value->kind() == atom.number))) {
        return false;
      }
      if (about && atom.kind == Atom::Kind::kIs && about->entity) return false;
      if (about && atom.kind == Atom::Kind::kIn && about->grouped) return false;
      // `x has a` was true, so `x.a` can be read.
      if (atom.kind == Atom::Kind::kEq && terms_[atom.subject].op == Op::kGetAttr) {
        for (const auto& [other, truth] : assigned_) {
          const Atom& has = atoms_[other];
          if (has.kind == Atom::Kind::kHas && truth == kTrue && has.name == terms_[atom.subject].name &&
              has.subject == terms_[atom.subject].operands[0]) {
            return false;
          }
        }
      }
      continue;
    }
    if (atom.kind == Atom::Kind::kHas && value == kFalse) {
      for (TermId term : fine) {
        if (terms_[term].op == Op::kGetAttr && terms_[term].name == atom.name &&
            terms_[term].operands[0] == atom.subject) {
          return false;
        }
      }
    }
    if (!about) continue;
    if (atom.kind == Atom::Kind::kEq && value == kFalse && about->equals == atom.value) return false;
    const data::Value* equals = about->equals == kNoTerm ? nullptr : &*terms_[about->equals].value;
    if (atom.kind == Atom::Kind::kIs && value == kFalse && equals && equals->is(Kind::kEntity) &&
        equals->as_entity().type == atom.name) {
      return false;
    }
    if (atom.kind == Atom::Kind::kIn) {
      if (value == kFalse && equals && equals->is(Kind::kEntity) && equals->as_entity() == atom.entity) {
        return false;
      }
      const std::string* type = about->type;
      if (equals && equals->is(Kind::kEntity)) type = &equals->as_entity().type;
      if (value == kTrue && type && !MayBeIn(*type, atom.entity.type)) return false;
    }
  }
  return !with_schema_ || !IsAboutVariable(atoms_[latest]) || ConsistentRequest();
}

bool Prover::EntityMayBe(core::Var var, const std::string& type) const {
  for (const auto& [id, value] : assigned_) {
    const Atom& atom = atoms_[id];
    if (value == kErrs || !IsAboutVariable(atom) || terms_[atom.subject].var != var) continue;
    if (atom.kind == Atom::Kind::kIs && Only(atom.name == type) != value) return false;
    if (value != kTrue) continue;
    if (atom.kind == Atom::Kind::kIn && !MayBeIn(type, atom.entity.type)) return false;
    if (atom.kind == Atom::Kind::kEq) {
      const data::Value& equals = *terms_[atom.value].value;
      if (!equals.is(Kind::kEntity) || equals.as_entity().type != type) return false;
    }
  }
  return true;
}

// Whether the schema has an action, with a principal and a resource type, that can be what was assigned.
bool Prover::ConsistentRequest() const {
  work_ += static_cast<int64_t>(schema_->actions.size());
  auto fits = [&](const model::Action& action) {
    for (const auto& [id, value] : assigned_) {
      const Atom& atom = atoms_[id];
      if (value == kErrs || !IsAboutVariable(atom) || terms_[atom.subject].var != core::Var::kAction)
        continue;
      bool truth = value == kTrue;
      if (atom.kind == Atom::Kind::kEq) {
        const data::Value& equals = *terms_[atom.value].value;
        truth = equals.is(Kind::kEntity) && equals.as_entity() == action.uid;
      } else if (atom.kind == Atom::Kind::kIn) {
        truth = action.uid == atom.entity || action.ancestors.contains(atom.entity);
      } else if (atom.kind == Atom::Kind::kIs) {
        truth = action.uid.type == atom.name;
      }
      if (Only(truth) != value) return false;
    }
    auto may = [&](core::Var var) {
      return [this, var](const std::string& type) { return EntityMayBe(var, type); };
    };
    return std::ranges::any_of(action.principal_types, may(core::Var::kPrincipal)) &&
           std::ranges::any_of(action.resource_types, may(core::Var::kResource));
  };
  return std::ranges::any_of(schema_->actions, [&](const auto& entry) { return fits(entry.second); });
}

}  // namespace polc::lint
