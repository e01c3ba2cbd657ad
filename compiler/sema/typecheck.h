// Types of a rule's conditions in one request environment: Cedar's type system.
//
// Every expression gets a type, or none where a mistake leaves it open, and a set of capabilities that hold
// if it is true. Constant conditions are followed: the dead side of `&&`, `||` and `if` is not looked at. A
// mistake does not stop the check; what can still be said about the rest is said (each operator has a
// recovery type), so one run reports all independent mistakes.
//
// First operands are walked in a loop, all others by recursion of at most core::kMaxExprDepth; deeper rules
// are refused with NestingTooDeep.
//
// One Typechecker serves one thread and many rules: Begin(rule), then CheckConditions for each environment.
// O(size of the conditions) per environment, times the capabilities in force.
// Tested by typecheck_test.cc and, against Cedar's verdicts, by tests/corpus.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/sema/capability.h"
#include "compiler/sema/findings.h"
#include "compiler/sema/schema_index.h"
#include "compiler/sema/types.h"

namespace polc::sema {

// Which parts of a request the conditions read: environments that differ elsewhere give the same result.
struct Uses {
  bool principal = false, action = false, resource = false, context = false;
};

class Typechecker {
 public:
  // An expression that was not looked at in the last environment.
  static constexpr TypeId kUnvisited = kNoType - 1;

  Typechecker(const SchemaIndex* schema, CheckMode mode);

  void Begin(const core::Rule* rule, Findings* findings);
  const Uses& uses() const { return uses_; }

  // The type of all conditions taken together (kTrue if there are none), and whether they are well-typed.
  struct Outcome {
    TypeId type = kTrue;
    bool ok = true;
  };
  Outcome CheckConditions(const Environment& environment);

  // After CheckConditions: the type found for `id`, kNoType or kUnvisited.
  TypeId type_of(core::ExprId id) const { return expr_types_[id]; }
  // After CheckConditions: how many conditions were looked at; a false one ends the walk.
  size_t conditions_checked() const { return conditions_checked_; }

  TypeTable& types() { return types_; }
  const TypeTable& types() const { return types_; }

 private:
  struct Answer {
    TypeId type = kNoType;
    bool ok = true;
    CapabilitySet capabilities;  // empty unless ok
  };
  // What an operand may be; a set of these bits.
  enum Want : unsigned {
    kWantBool = 1,
    kWantLong = 2,
    kWantString = 4,
    kWantEntity = 8,
    kWantRecord = 16,
    kWantSet = 32,
    kWantEntitySet = 64,
    kWantDecimal = 128,
    kWantIp = 256,
    kWantDatetime = 512,
    kWantDuration = 1024,
  };
  enum class LubContext { kSet, kIf, kEq, kContains, kContainsSets, kGetTag };

  core::ExprId Operand(const core::Expr& e, size_t i) const { return rule_->operands(e)[i]; }

  static Answer Success(TypeId type) { return {type, true, {}}; }
  static Answer Fail(TypeId type = kNoType) { return {type, false, {}}; }
  static Answer After(bool ok, Answer answer);  // fails with the same type unless `ok`

  Answer Check(core::ExprId id, const CapabilitySet& prior);
  Answer CheckLeaf(core::ExprId id, const CapabilitySet& prior);
  Answer Finish(core::ExprId id, Answer first, const CapabilitySet& prior);

  Answer CheckVar(const core::Expr& e);
  Answer CheckSet(core::ExprId id, const CapabilitySet& prior);
  Answer CheckRecord(const core::Expr& e, const CapabilitySet& prior);
  Answer CheckCall(core::ExprId id, const CapabilitySet& prior);
  Answer FinishAnd(core::ExprId id, Answer left, const CapabilitySet& prior);
  Answer FinishOr(core::ExprId id, Answer left, const CapabilitySet& prior);
  Answer FinishIf(core::ExprId id, Answer test, const CapabilitySet& prior);
  Answer FinishEq(core::ExprId id, Answer left, const CapabilitySet& prior);
  Answer FinishComparison(core::ExprId id, Answer left, const CapabilitySet& prior);
  Answer FinishArithmetic(core::ExprId id, Answer left, const CapabilitySet& prior);
  Answer FinishIn(core::ExprId id, Answer left, const CapabilitySet& prior);
  Answer FinishIs(core::ExprId id, Answer subject);
  Answer FinishHas(core::ExprId id, Answer subject, const CapabilitySet& prior);
  Answer FinishGetAttr(core::ExprId id, Answer subject, const CapabilitySet& prior);
  Answer FinishTag(core::ExprId id, Answer subject, const CapabilitySet& prior);
  Answer FinishContains(core::ExprId id, Answer left, const CapabilitySet& prior);
  Answer FinishContainsSets(core::ExprId id, Answer left, const CapabilitySet& prior);
  static Answer CombineAnd(const Answer& left, const Answer& right);

  bool Fits(TypeId type, unsigned want) const;
  // Requires `answer`, the answer for `id`, to be one of `want`; otherwise reports and leaves it without
  // type. `place` names what needs it, e.g. "`+`".
  void Expect(core::ExprId id, Answer& answer, unsigned want, const char* place);
  void ReportUnexpected(core::ExprId id, TypeId actual, unsigned want, const char* place);
  void ReportIncompatible(core::ExprId id, std::vector<TypeId> types, LubHelp help, LubContext context);
  // The type of operands that must agree; reports if they do not.
  TypeId LubOrReport(core::ExprId id, const std::vector<TypeId>& types, LubContext context);
  // In strict mode, whether `left` and `right` may be compared; reports if not.
  bool Comparable(core::ExprId id, TypeId left, TypeId right, LubContext context);

  // The attribute of an entity or record type, or null. For a union: what all members agree on.
  const Field* FindAttribute(TypeId type, const std::string& name);
  const Fields& AttributesOf(TypeId type);
  bool MayHaveAttribute(TypeId type, const std::string& name) const;
  std::vector<TypeId> TagTypes(TypeId entity) const;

  // Literal and folded values: `true && false` counts as the literal `false`.
  bool IsLiteral(core::ExprId id) const;
  bool SameLiteral(core::ExprId a, core::ExprId b) const;
  // The entity a literal or the variable `action` stands for, or null.
  const data::EntityUid* KnownEntity(core::ExprId id) const;

  uint32_t Shape(core::ExprId id);
  Capability AttributeCapability(core::ExprId subject, const std::string& name);
  void NumberShapes();

  std::string Name(TypeId type) const { return "`" + TypeText(types_, *schema_, type) + "`"; }
  std::string Subject(core::ExprId id) const;  // "`principal.name`" or "this expression"
  void Report(source::Code code, core::ExprId id, std::string message, std::string help = "");

  const SchemaIndex* schema_;
  CheckMode mode_;
  TypeTable types_;
  std::unordered_map<TypeId, Fields> union_attributes_;

  // Per rule.
  const core::Rule* rule_ = nullptr;
  Findings* findings_ = nullptr;
  Uses uses_;
  std::vector<int8_t> folded_;  // -1 none, 0 false, 1 true; empty if the rule has none
  bool shapes_numbered_ = false;
  std::vector<uint32_t> shapes_;
  std::unordered_map<std::string, uint32_t> attribute_keys_;

  // Per environment.
  Environment environment_;
  std::vector<TypeId> expr_types_;
  size_t conditions_checked_ = 0;
  std::vector<core::ExprId> spine_;
  uint32_t depth_ = 0;
};

}  // namespace polc::sema
