// What the lints of one run share: the set, its syntax read once more, and where findings go.
//
// Internal to this room.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "compiler/lint/lint.h"
#include "compiler/lint/prover.h"
#include "compiler/syntax/ast.h"
#include "compiler/syntax/pol_ast.h"

namespace polc::lint {

namespace ast = syntax::pol;

class Context {
 public:
  // `reported`: what was said of the set before.
  Context(const Input& input, const std::vector<source::Diagnostic>& reported);
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  struct CedarFile {
    source::FileId id = 0;
    std::vector<syntax::Policy> policies;
  };
  struct PolFile {
    source::FileId id = 0;
    ast::File file;
  };

  const Input& in;
  std::vector<CedarFile> cedar;  // Cedar text; JSON has no syntax to speak of
  std::vector<PolFile> pol;
  Prover prover;

  bool On(source::Code code) const { return on_.contains(code); }
  bool OnAny(std::initializer_list<source::Code> codes) const;
  // Whether the checker said already that no request fits the rule.
  bool Impossible(const core::Rule& rule) const { return impossible_.contains(rule.id); }
  // Whether findings may be about this place: it is in a file of the set, not in a module of the library.
  bool Ours(source::Span span) const { return span.valid() && ours_.contains(span.file); }
  // Rules that stand somewhere of ours: static ones and templates, but no links, which are their template.
  const std::vector<const core::Rule*>& rules() const { return rules_; }

  // Reports if the lint is on. The finding is valid until the next report; a dummy one if it is off.
  Finding& Report(source::Code code, source::Span span, std::string message, std::string help = "");
  Finding& ReportIn(const core::Rule& rule, source::Code code, source::Span span, std::string message,
                    std::string help = "");
  std::vector<Finding> Take() { return std::move(out_); }

  // The source text of a place, cut to what reads well in a message.
  std::string Text(source::Span span) const;
  // As the language of the rule writes it: `User::"a"` or `User "a"`.
  static std::string UidText(const core::Rule& rule, const data::EntityUid& uid);

 private:
  std::set<source::Code> on_;
  std::set<source::FileId> ours_;
  std::set<std::string> impossible_;
  std::vector<const core::Rule*> rules_;
  std::vector<Finding> out_;
  Finding off_;
};

// The subjects.
void LintReachability(Context& context);
void LintConditions(Context& context);
void LintEffects(Context& context);
void LintActions(Context& context);
void LintApprovals(Context& context);
void LintDeclarations(Context& context);
void LintNames(Context& context);
void LintDocumentation(Context& context);

}  // namespace polc::lint
