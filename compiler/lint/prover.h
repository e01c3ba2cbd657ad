// Proofs over conditions: "can this be true while that is not?", answered "no" only when it is proved.
//
// A condition is made of atoms (tests that are not split further) by `and`, `or`, `not`, `if`. An atom is
// true, false or errs; which combinations there can be is what the theory knows: comparisons of one value
// with constants, equality with constants, types and groups of entities, attributes that have to be there
// where they are read, and, with a schema, which principals and resources an action has. The search tries the
// values of the atoms that an evaluation meets, in the order it meets them, as the languages evaluate: what
// is not reached is not asked, and an error in one place is not an error in another.
//
// What the theory does not know it takes for possible. So a combination that is found may not exist, but
// where none is found, there is none: Possible() is wrong in one direction only. It gives up, and says
// "possible", after kMaxSearch steps.
//
// Rules must outlive it. Not thread-safe. Tested by prover_test.cc, by trying all small requests.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/lint/terms.h"
#include "compiler/model/schema.h"

namespace polc::lint {

// Steps of one search: values tried. A proof takes fewer than a hundred; what needs more is not worth the
// wait.
inline constexpr int kMaxSearch = 4000;
// Work of one search, in nodes and pairs of atoms looked at: some milliseconds.
inline constexpr int64_t kMaxWork = 400'000;
// Work of all searches of one prover: some seconds at worst. After that nothing is proved any more.
inline constexpr int64_t kMaxAllWork = 200'000'000;
// Deepest nesting of `and`, `or`, `not`, `if` that is followed; chains count once. Deeper is one atom.
inline constexpr int kMaxNesting = 200;

// What an evaluation comes to; bits, so that a set of them is a mask.
enum Truth : uint8_t { kFalse = 1, kTrue = 2, kErrs = 4 };
using TruthMask = uint8_t;

using NodeId = uint32_t;
using AtomId = uint32_t;

struct Atom {
  enum class Kind : uint8_t {
    kOpaque,  // the truth of any other term: it is the same wherever it stands
    kEq,      // subject == value
    kAtMost,  // subject <= bound, of kind `number`
    kIn,      // subject in entity
    kIs,      // subject is type
    kHas,     // subject has name
  } kind = Kind::kOpaque;
  TermId subject = kNoTerm;  // kOpaque: the term itself
  TermId value = kNoTerm;    // kEq
  int64_t bound = 0;
  data::Kind number{};
  data::EntityUid entity;
  std::string name;  // kIs: the type; kHas: the attribute
  TruthMask mask = kFalse | kTrue | kErrs;
};

struct Node {
  enum class Kind : uint8_t { kConstant, kAtom, kNot, kAnd, kOr, kIf } kind = Kind::kConstant;
  Truth constant = kFalse;
  AtomId atom = 0;
  std::vector<NodeId> operands;
  int depth = 0;
};

// One truth value for each atom that was asked.
using Assignment = std::map<AtomId, Truth>;

class Prover {
 public:
  // `schema` may be null. Programs of Pol rules have one always.
  Prover(const core::Program& program, const model::Schema* schema);

  // A rule, ready to be asked about: its scope and each condition.
  struct Parts {
    std::vector<TermId> terms;  // by ExprId
    NodeId scope = 0;
    std::vector<NodeId> conditions;
    NodeId all = 0;  // scope and conditions
  };
  const Parts& Of(const core::Rule& rule);

  // What a rule that holds comes to: true, or, where errors count, erring.
  static TruthMask Holding(const core::Rule& rule);

  // The expression `id` of a rule that Of() has seen.
  NodeId NodeOf(const core::Rule& rule, core::ExprId id);

  struct Goal {
    NodeId node = 0;
    TruthMask among = kTrue;
  };
  // Whether all goals can be met at once. "No" is proved.
  bool Possible(std::span<const Goal> goals, bool with_schema = true);
  bool Possible(std::initializer_list<Goal> goals, bool with_schema = true) {
    return Possible(std::span(goals.begin(), goals.size()), with_schema);
  }
  // After Possible() said yes: the combination it found; empty if it gave up.
  const Assignment& found() const { return assigned_; }

  const Terms& terms() const { return terms_; }
  const Atom& atom(AtomId id) const { return atoms_[id]; }
  const Node& node(NodeId id) const { return nodes_[id]; }
  const model::Schema* schema() const { return schema_; }

 private:
  // A value, or the atom that has to be decided before there is one.
  struct Outcome {
    std::optional<Truth> value;
    AtomId wanted = 0;
  };

  NodeId Add(Node node);
  NodeId Constant(Truth value);
  NodeId AddAtom(Atom atom);
  NodeId Join(Node::Kind kind, NodeId left, NodeId right);
  NodeId Negate(NodeId node);
  NodeId NodeOfTerm(TermId id);
  NodeId NodeOfScope(const core::ScopeTest& test, core::Var var);
  NodeId NodeOfAction(const core::ActionTest& test);
  NodeId NodeOfIn(TermId subject, TermId group);
  NodeId NodeOfContains(TermId set, TermId element);
  NodeId NodeOfComparison(TermId left, TermId right, bool strictly);
  NodeId NodeOfDecimal(const Term& term);
  NodeId Compare(TermId subject, data::Kind number, int64_t bound);
  bool CanErr(TermId id) const;

  Outcome Evaluate(NodeId id) const;
  bool Search(std::span<const Goal> goals);
  bool GivenUp() const { return steps_ > kMaxSearch || work_ > kMaxWork; }
  // Whether what is assigned can be, if it could before `latest` was.
  bool Consistent(AtomId latest) const;
  bool ConsistentRequest() const;
  // The terms that were evaluated without an error.
  std::set<TermId> EvaluatedWell() const;
  // Whether an atom asks something of the principal, the action, the resource or the context itself.
  bool IsAboutVariable(const Atom& atom) const {
    return atom.kind != Atom::Kind::kOpaque && terms_[atom.subject].op == core::Op::kVar;
  }
  bool EntityMayBe(core::Var var, const std::string& type) const;
  bool MayBeIn(const std::string& type, const std::string& group) const;

  const core::Program& program_;
  const model::Schema* schema_;
  Terms terms_;
  TermId true_, false_;
  std::vector<Atom> atoms_;
  std::vector<Node> nodes_;
  std::unordered_map<std::string, NodeId> atom_index_, node_index_;
  std::unordered_map<TermId, NodeId> term_nodes_;
  std::unordered_map<const core::Rule*, Parts> rules_;

  Assignment assigned_;
  bool with_schema_ = true;
  int steps_ = 0;
  mutable int64_t work_ = 0;
  int64_t all_work_ = 0;
};

}  // namespace polc::lint
