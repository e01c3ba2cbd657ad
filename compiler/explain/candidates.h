// Single changes of what a decision is made from, that could turn one test of a rule the other way.
//
// Read off the trace of the test: a comparison names the value at its boundary, a missing attribute the
// attribute, membership the parent. They are proposals, no more: whoever uses them decides anew. What only
// the policy says, and who the principal is, is not changed. A change that gives a fact, a ladder or a cap
// another value goes through to what that was computed from.
//
// Complete for tests that are comparisons, memberships and their like on what can be changed directly or by
// way of one addition, subtraction or fact; a test that computes otherwise may have fewer. Recursion is as
// deep as expressions, and as facts that read facts.
// Tested by tests/explain/laws_test.cc and tests/explain/minimal_test.cc.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/explain/words.h"

namespace polc::explain {

// What is changed.
struct Key {
  // From what is nearest to whoever asked to what is furthest; alternatives are shown in this order.
  enum class Kind : uint8_t {
    kContext,  // the agent's part
    kEvidence,
    kApproval,
    kRefusal,
    kHostContext,
    kState,
    kEnforce,
    kNow,
    kAttribute,  // of an entity
    kTag,
    kParent,
    kEntity,  // that it is there
    kResource,
    kAction,
  } kind = Kind::kContext;
  std::string name{};               // attribute, tag, kind of evidence or limit, input, id of a refusal
  data::EntityUid entity{};         // whose attribute, parent or approval
  std::string by{};                 // kState
  std::optional<data::Value> of{};  // kState: the key; kParent: the parent
  friend bool operator==(const Key& a, const Key& b) { return (a <=> b) == 0; }
  friend std::strong_ordering operator<=>(const Key& a, const Key& b) {
    if (auto c = a.kind <=> b.kind; c != 0) return c;
    if (auto c = a.name <=> b.name; c != 0) return c;
    if (auto c = a.entity <=> b.entity; c != 0) return c;
    if (auto c = a.by <=> b.by; c != 0) return c;
    if (a.of.has_value() != b.of.has_value()) return a.of.has_value() <=> b.of.has_value();
    return a.of ? *a.of <=> *b.of : std::strong_ordering::equal;
  }
};

// How, and how that is said.
struct Change {
  std::optional<data::Value> value{};  // nothing: taken away; kParent, kEntity, kEnforce, kRefusal: a bool
  std::string says{};                  // "blast_radius were at most 5%"
  std::string current{};               // "it is 7.5%"; may be empty
  bool by_agent = false;               // it is the agent's to change
  // kApproval: to be counted together, "one more of Team "a" approved before 03:44".
  std::string pools{}, deadline{};
  bool more = false;
  bool invented = false;  // nobody is there who could
};

inline constexpr std::string_view kActionWere = "the action were ";  // how an action's change begins

struct Candidate {
  Key key;
  Change change;
};

class Proposer {
 public:
  explicit Proposer(Tracer* tracer) : tracer_(*tracer), b_(tracer->bundle()), words_(*tracer) {}

  const Words& words() const { return words_; }

  // To make a traced test true or false; to make one that erred not err.
  void Flip(const Trace& trace, bool target, std::vector<Candidate>* out);
  // A value of a type of the model, as good as any.
  data::Value Sample(uint32_t type, size_t depth = 0) const;
  // To put or take away an attribute of the context of the request.
  Candidate ContextAttribute(std::string_view name, std::optional<data::Value> value) const;

 private:
  // Facts that read facts deeper than this nobody follows; and an end to it.
  static constexpr int kMaxFactDepth = 16;

  enum class Relation : uint8_t { kIs, kIsNot, kAtMost, kAtLeast, kBelow, kAbove };
  // A value that would do, and the boundary it stands at.
  struct Aim {
    data::Value value, boundary;
    Relation relation = Relation::kIs;
    std::string such{};  // said instead, where it is one of many: `matched "a*"`
  };

  // candidates.cc: tests turned, errors mended.
  void FlipTerm(const Trace& trace, TermId id, bool target);
  void Compare(const Trace& trace, TermId x, TermId y, bool strict, bool target);
  void FlipEqual(const Trace& trace, const Term& term, bool target);
  void FlipIn(const Trace& trace, const Term& term, bool target);
  void FlipContains(const Trace& trace, const Term& term, bool target);
  void FlipLike(const Trace& trace, const Term& term, bool target);
  void FlipEach(const Trace& trace, const Term& term, bool target);
  void OtherActions(const Trace& trace, TermId id, const std::vector<data::EntityUid>& groups, bool target);
  void FlipHas(const Trace& trace, TermId of, uint32_t name, bool target);
  void FixError(const Trace& trace, TermId id);
  void SupplyInput(uint32_t input, const data::Value* key);
  void FixFact(uint32_t fact);
  void Put(Key key, std::optional<data::Value> value, std::string says, std::string current,
           bool by_agent = false);

  // candidate_values.cc: what a test read given another value, and how that is said.
  // To give a term this value.
  void Reach(const Trace& trace, TermId id, const Aim& aim);
  void ReachNumber(const Trace& trace, const Term& term, const Aim& aim);
  void ReachFact(uint32_t fact, const Aim& aim);
  bool Satisfies(const data::Value& value, const Aim& aim, uint32_t levels) const;
  void SetAttribute(const Trace& trace, TermId id, const data::Value& value, std::string says);
  std::string Subject(const Trace& trace, TermId id) const;
  std::string Said(const Trace& trace, TermId id, const Aim& aim) const;
  std::string Current(const Trace& trace, TermId id) const;

  Tracer& tracer_;
  const bundle::Bundle& b_;
  const Words words_;
  std::vector<Candidate>* out_ = nullptr;
  int depth_ = 0;     // of facts
  bool own_ = false;  // the test reads nothing but the policy and what is the agent's own
};

}  // namespace polc::explain
