#include "compiler/oracle/decide.h"

#include <algorithm>
#include <deque>
#include <set>

#include "compiler/oracle/approvals.h"
#include "compiler/oracle/authorize.h"
#include "compiler/oracle/case.h"
#include "compiler/oracle/digest.h"
#include "compiler/oracle/state.h"
#include "compiler/oracle/terms.h"
#include "compiler/oracle/validate.h"

namespace polc::oracle {

using core::Effect;
using core::Rule;
using data::Decision;
using data::EntityUid;
using data::Value;
using data::Why;

namespace {

// A rule that holds, for the requester or for whom it acts for.
struct Held {
  const Rule* rule;
  std::string name;     // with whom it speaks for
  EntityUid principal;  // whom it speaks about
  bool by_error;        // a condition erred
  RuleTerms terms;
  bool lifted = false;
  std::vector<data::NeedTerm> unmet{};

  bool is(Effect effect) const { return rule->effect == effect && !lifted; }
};

std::string Named(const std::string& rule, const EntityUid* for_whom) {
  return for_whom ? rule + " for " + data::ToString(*for_whom) : rule;
}

// Whether the scope of a hop has the action: a set of classes, one of which is the action's.
bool InHopScope(const core::Action& action, const data::Hop& hop) {
  return !hop.scope ||
         (!action.action_class.empty() && std::ranges::count(*hop.scope, action.action_class) > 0);
}

// One decision, with rules in shadow aside or enforced.
class Deciding {
 public:
  Deciding(const core::Program& program, const data::EntityStore& store, const data::Request& request,
           const DecideOptions& options, Shadow shadow)
      : program_(program), store_(store), request_(request), options_(options), shadow_(shadow) {
    request_.context = CompleteContext(program, request);
  }

  Decision Run() {
    if (Gather()) {
      BindApprovals();
      Lift();
      Conclude();
      Report();
    }
    Sort();
    return std::move(out_);
  }

 private:
  // Step 0, and every rule for the requester and for each it acts for. False: denied.
  bool Gather() {
    out_.snapshot = options_.snapshot;
    const data::Host& host = Case(program_, store_, request_, shadow_).host();
    std::vector<EntityUid> known = {request_.principal, request_.resource};
    for (const data::Hop& hop : host.acts_for) known.push_back(hop.principal);
    for (const EntityUid& uid : known) {
      if (!IsKnown(program_, store_, uid))
        return Refuse(Why::kUnknownEntity, "entity `" + data::ToString(uid) + "` does not exist");
    }
    if (host.acts_for.size() > data::kMaxHops)
      return Refuse(Why::kInvalidRequest, "the principal acts for too many in a row");
    Examine(request_, nullptr);
    const core::Action* action = program_.model.FindAction(request_.action);
    for (const data::Hop& hop : host.acts_for) {
      const bool may = action && std::ranges::count(action->principals, hop.principal.type) > 0;
      data::Request theirs = request_;
      theirs.principal = hop.principal;
      if (may && InHopScope(*action, hop)) {
        Examine(theirs, &hop.principal);
      } else {
        without_grant_.push_back("acts_for " + data::ToString(hop.principal));
      }
    }
    return true;
  }

  bool Refuse(Why why, std::string message) {
    out_.why = why;
    out_.errors.push_back({"", std::move(message)});
    return false;
  }

  // Tests every rule in one principal's case. `for_whom` is null for the requester.
  void Examine(const data::Request& request, const EntityUid* for_whom) {
    requests_.push_back(request);
    const Case& in = cases_.emplace_back(program_, store_, requests_.back(), shadow_);
    ReadSet reads;  // by rules in scope
    ReadSet shown;  // by all that the action can be about: what facts are computed
    bool granted = false;
    for (const Rule& rule : program_.rules) {
      const Case::Test test = in.TestRule(rule);
      const std::string name = Named(rule.id, for_whom);
      if (test.in_scope) AddReads(program_, rule, reads);
      if (ActionHolds(rule, store_, request)) AddReads(program_, rule, shown);
      if (test.error) out_.errors.push_back({name, test.error->message});
      if (rule.mode == core::Mode::kShadow && (test.holds || test.error)) out_.shadow.push_back(name);
      const bool by_error =
          test.error && rule.on_error == core::ErrorRule::kFailClosed && rule.effect != Effect::kAllow;
      if ((!test.holds && !by_error) || !in.counts(rule.mode)) continue;
      Held held{&rule, name, request.principal, by_error, TermsOf(rule, in)};
      for (const std::string& message : held.terms.errors) out_.errors.push_back({name, message});
      granted |= rule.effect == Effect::kAllow;
      held_.push_back(std::move(held));
    }
    for (const core::Input& input : program_.inputs) {
      if (ActionHolds(input.update, store_, request)) AddReads(program_, input.update, shown);
    }
    if (!granted) without_grant_.push_back(for_whom ? "acts_for " + data::ToString(*for_whom) : "");
    for (const std::string& fact : shown.facts) {
      const FactResult& result = in.FactOf(fact);
      if (const auto* value = std::get_if<Value>(&result.value); value && !for_whom)
        out_.facts[fact] = *value;
      for (const data::RuleError& e : result.errors)
        out_.errors.push_back({Named(e.rule, for_whom), e.message});
      for (const std::string& cap : result.shadow) out_.shadow.push_back(Named(cap, for_whom));
    }
    reads_.inputs.merge(reads.inputs);
    if (!for_whom) moves_ = MovesOf(in);
  }

  // The terms are what holds when no approval counts: so what they lift is in them.
  void BindApprovals() {
    std::vector<data::NeedTerm> needs;
    std::vector<LimitValue> limits;
    for (const Held& held : held_) {
      needs.insert(needs.end(), held.terms.needs.begin(), held.terms.needs.end());
      limits.insert(limits.end(), held.terms.limits.begin(), held.terms.limits.end());
    }
    Subject subject{.action_parts = ActionParts(program_, store_, request_), .snapshot = options_.snapshot};
    subject.action_digest = out_.action_digest = DigestOf(CanonicalObject(subject.action_parts));
    subject.terms_digest = out_.terms_digest = DigestOf(TermsJson(needs, limits));
    approvals_.emplace(program_, store_, request_, std::move(subject));
  }

  // Which needs are met, and which rules lifted. A need whose pools err can be met by nobody.
  void Lift() {
    auto meets = [&](const std::vector<data::QuorumTerm>& quorums, const Held& held) {
      return approvals_->Meets(quorums, held.principal);
    };
    for (Held& held : held_) {
      for (const auto& quorums : held.terms.lifted_by) {
        const bool met = meets(quorums, held);
        out_.liftable.push_back({held.name, quorums, met});
        held.lifted |= met;
      }
      for (const data::NeedTerm& need : held.terms.needs) {
        const bool met =
            need.evidence.empty() ? meets(need.approval, held) : approvals_->HasEvidence(need.evidence);
        if (!met) held.unmet.push_back(need);
      }
    }
    out_.counted = approvals_->counted();
    out_.not_counted = approvals_->not_counted();
  }

  // Steps 1 to 7.
  void Conclude() {
    const auto forbids = Those(Effect::kForbid);
    if (!forbids.empty()) return Deny(Why::kForbidden, forbids);
    if (!without_grant_.empty()) {
      Deny(Why::kNoGrant, {});
      for (const std::string& whom : without_grant_) {
        if (!whom.empty()) out_.reasons.push_back(whom);
      }
      return;
    }
    if (!moves_.errors.empty()) return Deny(Why::kError, {});

    std::vector<const Held*> at_fault;
    bool by_error = true;
    MergeAll(at_fault, by_error);
    if (!at_fault.empty()) {
      Deny(by_error ? Why::kError : Why::kUnenforceable, at_fault);
      return;
    }
    std::vector<const Held*> refused;
    for (const Held& held : held_) {
      if (std::ranges::any_of(held.terms.needs,
                              [&](const auto& n) { return approvals_->Refused(n.approval); }) ||
          std::ranges::any_of(held.terms.lifted_by, [&](const auto& q) { return approvals_->Refused(q); }))
        refused.push_back(&held);
    }
    if (!refused.empty()) return Deny(Why::kRefused, refused);

    const auto suggests = Those(Effect::kSuggest);
    if (!suggests.empty()) return Settle(Outcome::kSuggest, suggests);
    std::vector<const Held*> unmet;
    for (const Held* held : Those(Effect::kRequire)) {
      if (!held->unmet.empty()) unmet.push_back(held);
    }
    if (!unmet.empty()) return Settle(Outcome::kRequireApproval, unmet);
    std::vector<const Held*> terms = Those(Effect::kAllow);
    for (const Held* limit : Those(Effect::kLimit)) terms.push_back(limit);
    Settle(out_.limits.empty() ? Outcome::kAllow : Outcome::kAllowWithLimits, terms);
  }

  std::vector<const Held*> Those(Effect effect) const {
    std::vector<const Held*> out;
    for (const Held& held : held_) {
      if (held.is(effect)) out.push_back(&held);
    }
    return out;
  }

  // Merges the limits that hold. At fault are those the enforcement point did not declare, those whose value
  // errs, and all of a kind that have nothing in common; `by_error` stays true if every one of them holds or
  // is at fault by an error.
  void MergeAll(std::vector<const Held*>& at_fault, bool& by_error) {
    std::set<const Held*> fault;
    auto blame = [&](const Held* held, bool error) {
      fault.insert(held);
      by_error &= error || held->by_error;
    };
    const std::vector<std::string>& enforces = cases_.front().host().enforces;
    std::map<std::string, std::vector<Value>> values;
    for (const Held* held : Those(Effect::kLimit)) {
      for (const LimitValue& limit : held->terms.limits) {
        if (!limit.value || std::ranges::count(enforces, limit.kind) == 0) blame(held, !limit.value);
        if (limit.value) values[limit.kind].push_back(*limit.value);
        out_.limits[limit.kind].by.push_back(held->name);
      }
    }
    for (const auto& [kind, list] : values) {
      const std::optional<Value> merged = MergeLimits(*core::FindNamed(program_.limit_kinds, kind), list);
      if (merged) {
        out_.limits[kind].value = *merged;
        continue;
      }
      for (const Held* held : Those(Effect::kLimit)) {
        if (std::ranges::count(held->terms.limits, kind, &LimitValue::kind) > 0) blame(held, false);
      }
    }
    for (const Held& held : held_) {
      if (fault.contains(&held)) at_fault.push_back(&held);
    }
  }

  void Deny(Why why, const std::vector<const Held*>& rules) {
    const bool by_error = std::ranges::all_of(rules, [](const Held* held) { return held->by_error; });
    out_.why = why == Why::kForbidden && by_error ? Why::kError : why;
    out_.limits.clear();
    Settle(Outcome::kDeny, rules);
  }

  void Settle(Outcome outcome, const std::vector<const Held*>& rules) {
    out_.outcome = outcome;
    if (outcome != Outcome::kDeny) out_.why = Why::kNone;
    std::vector<const Held*> sorted = rules;
    std::ranges::sort(sorted, data::RuleOrder, &Held::name);
    for (const Held* held : sorted) {
      out_.reasons.push_back(held->name);
      const core::PolPart& pol = held->rule->pol();
      if (!pol.because.empty() && std::ranges::count(out_.because, pol.because) == 0)
        out_.because.push_back(pol.because);
      for (const core::Control& c : pol.controls) out_.controls.emplace_back(c.catalogue, c.clause);
    }
  }

  // What goes with the outcome: needs with those that are not let go but could be, suggestions with those
  // that cannot.
  void Report() {
    const bool waits = out_.outcome == Outcome::kRequireApproval || out_.outcome == Outcome::kSuggest;
    for (const Held* held : Those(Effect::kRequire)) {
      for (const data::NeedTerm& need : held->unmet) {
        if (waits) out_.needs.push_back({held->name, need});
      }
    }
    for (const Held* held : Those(Effect::kSuggest)) {
      if (!held->terms.suggestion) continue;
      const data::SuggestionTerm& made = *held->terms.suggestion;
      auto same = std::ranges::find_if(out_.suggestions, [&](const data::SuggestionTerm& s) {
        return s.action == made.action && s.context == made.context;
      });
      if (same == out_.suggestions.end()) same = out_.suggestions.insert(same, made);
      same->by.push_back(held->name);
    }
    out_.errors.insert(out_.errors.end(), moves_.errors.begin(), moves_.errors.end());
    out_.state_read = StateRead(program_, cases_.front().host(), reads_);
    out_.state_updates = UpdatesOf(moves_, out_.outcome);
  }

  void Sort() {
    auto names = [](std::vector<std::string>& list) {
      std::ranges::sort(list, data::RuleOrder);
      list.erase(std::ranges::unique(list).begin(), list.end());
    };
    auto all = [](auto& list) {
      std::ranges::sort(list);
      list.erase(std::ranges::unique(list).begin(), list.end());
    };
    names(out_.reasons);
    names(out_.shadow);
    all(out_.controls);
    all(out_.needs);
    all(out_.liftable);
    for (auto& [kind, limit] : out_.limits) names(limit.by);
    for (data::SuggestionTerm& suggestion : out_.suggestions) names(suggestion.by);
    std::ranges::sort(out_.suggestions, [](const auto& a, const auto& b) {
      return std::tie(a.action, a.context) < std::tie(b.action, b.context);
    });
    std::ranges::sort(out_.errors, [](const data::RuleError& a, const data::RuleError& b) {
      return a.rule != b.rule ? data::RuleOrder(a.rule, b.rule) : a.message < b.message;
    });
    out_.errors.erase(std::ranges::unique(out_.errors).begin(), out_.errors.end());
  }

  const core::Program& program_;
  const data::EntityStore& store_;
  data::Request request_;
  const DecideOptions& options_;
  Shadow shadow_;

  std::deque<data::Request> requests_;  // of the cases
  std::deque<Case> cases_;              // the requester's, and those of the chain
  std::vector<Held> held_;
  std::vector<std::string> without_grant_;  // whom no rule allows it; "" for the requester
  ReadSet reads_;
  Moves moves_;
  std::optional<Approvals> approvals_;
  Decision out_;
};

Decision OfCedar(const core::Program& program, const data::EntityStore& store, const data::Request& request,
                 const DecideOptions& options) {
  Answer answer = Authorize(program, store, request);
  Decision out;
  out.outcome = answer.outcome;
  out.why = answer.allowed() ? Why::kNone : answer.reasons.empty() ? Why::kNoGrant : Why::kForbidden;
  out.reasons = std::move(answer.reasons);
  out.shadow = std::move(answer.shadow);
  if (!out.shadow.empty()) out.would_be = answer.would_be;
  for (RuleError& e : answer.errors) out.errors.push_back({std::move(e.rule), std::move(e.error.message)});
  std::ranges::sort(out.reasons, data::RuleOrder);
  std::ranges::sort(out.shadow, data::RuleOrder);
  std::ranges::sort(out.errors, data::RuleOrder, &data::RuleError::rule);
  out.snapshot = options.snapshot;
  return out;
}

}  // namespace

Decision Decide(const core::Program& program, const data::EntityStore& store, const data::Request& request,
                const DecideOptions& options) {
  if (!program.pol) return OfCedar(program, store, request, options);
  if (options.validate_request) {
    if (std::optional<std::string> why = WhyInvalid(program, request)) {
      Decision out;
      out.why = Why::kInvalidRequest;
      out.errors.push_back({"", std::move(*why)});
      out.snapshot = options.snapshot;
      return out;
    }
  }
  Decision out = Deciding(program, store, request, options, Shadow::kAside).Run();
  if (!out.shadow.empty())
    out.would_be = Deciding(program, store, request, options, Shadow::kEnforced).Run().outcome;
  return out;
}

}  // namespace polc::oracle
