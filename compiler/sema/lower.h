// Lowering: from what an author wrote to what it means, syntax::Policy -> core::Rule.
//
// Sugar goes here and nowhere else: `!=`, `>`, `>=` become negations, `is T in e` a conjunction (its subject
// is evaluated twice, as in Cedar), `has a.b.c` a chain of tests, `unless` a negation; parentheses vanish;
// record keys are sorted; calls find their extension function or become CallUnknown, which errs when
// evaluated. Nothing is checked against a schema: that is Check() in check.h, on what comes out of here.
//
// Also decides every policy's id and binds template links. A program may come out with rules missing where
// diagnostics were reported, never with wrong ones.
// Tested by lower_test.cc.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/source/diagnostic.h"
#include "compiler/syntax/ast.h"

namespace polc::sema {

// Where policy ids come from: their position (`policy0`, `policy1`, … over all files in order, templates
// counted) or the `@id` annotation, with the position's id for a policy without one.
enum class IdSource : uint8_t { kPosition, kAnnotation };

// The subjects of `is T in e` and `has a.b.c` are repeated, so nested ones multiply. A policy in which that
// adds more expressions than this is refused (PolicyTooLarge): it could only be made to do harm, and what
// comes after need not fear it.
inline constexpr size_t kMaxRepeatedExprs = size_t{1} << 16;

// One policy under a given id. Nothing if it was refused.
std::optional<core::Rule> LowerPolicy(const syntax::Policy& policy, std::string id,
                                      source::DiagnosticSink& sink);

// Collects the policies of one program.
//
//   Lowerer lowerer(IdSource::kPosition, sink);
//   for (each file, in the order of its path) for (each policy) lowerer.Add(policy);
//   lowerer.AddLink(link)…
//   core::Program program = lowerer.Take();
class Lowerer {
 public:
  Lowerer(IdSource ids, source::DiagnosticSink& sink) : ids_(ids), sink_(sink) {}

  // Adds a policy of a text file; takes the next number. Reports an id that is taken, naming both places;
  // the first keeps it.
  void Add(const syntax::Policy& policy);
  // Adds a policy that brings its own id (policy JSON's sets); takes the next number all the same.
  // `as_template`: it stands among the templates, and decides nothing even if it has no slot.
  void AddNamed(const syntax::Policy& policy, std::string id, bool as_template = false);
  // Takes the next number without a policy: one that did not parse, so that the ids of those after it do
  // not depend on whether it was mended; or several that are lowered already.
  void Skip(size_t count = 1) { next_ += count; }
  // To be bound by Take(), which reports a link to no template or with the wrong slots.
  void AddLink(const syntax::TemplateLink& link) { links_.push_back(link); }

  // The program of all that was added, with links bound.
  core::Program Take();

 private:
  bool ClaimId(const std::string& id, source::Span span);

  IdSource ids_;
  source::DiagnosticSink& sink_;
  size_t next_ = 0;
  core::Program program_;
  std::vector<syntax::TemplateLink> links_;
  std::unordered_map<std::string, source::Span> claimed_;  // ids and who has them
};

}  // namespace polc::sema
