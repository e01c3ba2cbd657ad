// Why a request was decided as it was, and why not otherwise: all of it, as data.
//
// Made by running the bundle's own code with the trace on, for the requester and for each it acts for. Rules
// whose scope does not fit are left out but for the nearest allows where none fits. Every test of a rule is
// asked by itself, so that all that fail are known and not the first alone; one that errs behind a test that
// failed counts as not asked, which is what it was. What readers are shown of it, and in which words, is
// document.h's. Not on the hot path.
// Tested by tests/explain/laws_test.cc and tests/cases/explain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/data/decision.h"
#include "compiler/explain/words.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/trace.h"

namespace polc::explain {

using vm::Answer;
// "yes", "no", "error", "not_asked".
std::string_view AnswerName(Answer answer);

// A value that was looked at.
struct Observed {
  std::string what;   // "context.blast_radius"
  std::string value;  // "7.5%"
  Origin origin = Origin::kHost;
};

// One test of a rule, or the `when` of a clause.
struct Asked {
  std::string part;  // "principal", "action", "resource", "condition"
  std::string text;  // its source, or the code written as an expression
  std::string at;    // "policy.pol:34:8"
  Answer answer = Answer::kNo;
  std::string message;  // of an error
  std::vector<Observed> values;
  uint32_t first = 0, count = 0;  // words of the code section
};

struct RuleStory {
  uint32_t rule = 0;    // of the bundle
  std::string id, hop;  // `hop`: for whom, if not for the requester
  std::string effect;
  std::string title, because, at;
  std::vector<std::string> controls;
  bool shadow = false;
  bool fits = true;        // its scope
  bool lifted = false;     // an approval lifts it
  bool is_reason = false;  // the outcome rests on it
  Answer answer = Answer::kNo;
  std::vector<Asked> tests;

  // Whether it holds, by an error too.
  bool holds = false;
  size_t failed() const;  // tests that are not true
};

// A clause, row or cap of a fact.
struct ClauseStory {
  enum class Kind : uint8_t { kWhen, kOtherwise, kRow, kCap, kExpression } kind = Kind::kWhen;
  std::string id;     // of rows and caps
  std::string value;  // "high"
  Asked when;         // kOtherwise, kExpression: nothing
  bool shadow = false;
  bool decisive = false;  // the fact's value is its
};

struct FactStory {
  std::string name, hop;
  std::optional<std::string> value;  // nothing: it erred
  bool is_autonomy = false;
  std::vector<ClauseStory> clauses;
  std::string at;
};

struct LimitStory {
  std::string kind, value, merge;  // "the lowest counts"
  struct Setter {
    std::string rule, value, at;
    bool fixed = false;  // a constant of the policy
  };
  std::vector<Setter> by;
};

// A quorum that is asked for, in words and with how far it came.
struct ApprovalStory {
  std::string rule;
  std::string evidence;  // a kind; or
  std::vector<std::string>
      quorums;                     // alternatives: "2 of Team "security" or Team "platform_leads" within 30m"
  std::vector<std::string> fixed;  // the same without what is read from data
  bool lifts = false;              // it lifts the rule
  bool met = false;
};

struct PersonStory {
  std::string id, who, issued;
  bool counted = false;
  std::string why;  // why not: a sentence
};

struct Explanation {
  data::Decision decision;
  bool pol = false;
  std::string principal, action, resource;
  // What came with the request, by name; `by_host`: the gateway's word.
  struct Argument {
    std::string name, value;
    bool by_host = false;
  };
  std::vector<Argument> arguments;
  std::vector<std::string> acts_for;
  std::optional<data::Datetime> now;
  std::vector<RuleStory> rules;    // whose scope fits, and shadow; in the bundle's order, hop by hop
  std::vector<RuleStory> nearest;  // allows that come nearest where none fits
  size_t elsewhere = 0;            // rules whose scope does not fit
  std::vector<FactStory> facts;
  std::vector<LimitStory> limits;
  std::vector<ApprovalStory> needs;  // of rules that hold, met or not
  std::vector<PersonStory> approvals, refusals;
  std::vector<std::string> evidence;  // kinds that are there
  struct Suggestion {
    std::string action, by;
    std::vector<std::string> changes, fixed_changes;
  };
  std::vector<Suggestion> suggestions;
  std::vector<std::string> state;           // "freeze of Environment "production" is off"
  std::vector<std::string> cannot_enforce;  // kinds of limits
  // Inputs that the action adds to, of which what it adds could not be worked out: reason enough for a deny.
  std::vector<data::RuleError> amounts;
  std::string misfit;  // how the request does not fit the model
  std::string misfit_attribute;
};

// Explains the request as `engine` decides it. `scratch` is of the engine.
Explanation Explain(const vm::Engine& engine, const vm::Request& request, vm::Scratch* scratch);

// The code of a test, an instruction a line.
std::vector<std::string> Bytecode(const bundle::Bundle& bundle, uint32_t first, uint32_t count);

// "2 of Team "security" or Team "platform_leads" within 30m".
std::string QuorumText(const Words& words, const data::QuorumTerm& quorum);
// Why an approval does not count, as what follows its name: "was given before …".
std::string_view NotCountedText(data::NotCounted why);

}  // namespace polc::explain
