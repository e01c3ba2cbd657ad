#include "compiler/explain/document.h"

#include <algorithm>
#include <array>
#include <set>

#include "compiler/source/quote.h"
#include "compiler/source/render.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::explain {

using data::Outcome;
using data::Why;

namespace {

std::string Joined(const std::vector<std::string>& list, std::string_view last = "and") {
  std::string out;
  for (size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += i + 1 == list.size() ? fmt::format(" {} ", last) : ", ";
    out += list[i];
  }
  return out;
}

Mark MarkOf(Answer answer) {
  return answer == Answer::kYes     ? Mark::kYes
         : answer == Answer::kError ? Mark::kError
         : answer == Answer::kNo    ? Mark::kNo
                                    : Mark::kPlain;
}

// "context.blast_radius is 7.5%, risk is high".
std::string Values(const std::vector<Observed>& values) {
  std::vector<std::string> out;
  for (const Observed& seen : values) {
    // `because "looking" is "looking"` says nothing.
    if (seen.what != seen.value) out.push_back(seen.what + " is " + seen.value);
  }
  return fmt::format("{}", fmt::join(out, ", "));
}

class Composer {
 public:
  Composer(const Explanation& e, const DocumentOptions& options)
      : e_(e), d_(e.decision), options_(options), audience_(options.audience) {
    out_.audience = audience_;
  }

  Document Run() {
    out_.outcome = data::OutcomeName(d_.outcome);
    out_.mark = d_.allowed() ? Mark::kYes : d_.outcome == Outcome::kDeny ? Mark::kNo : Mark::kPlain;
    out_.asked = fmt::format("{} asks to {} on {}{}", e_.principal, e_.action, e_.resource, With());
    if (audience_ == Audience::kAgent) {
      ForAgent();
      return std::move(out_);
    }
    if (!e_.acts_for.empty()) out_.asked += ", for " + Joined(e_.acts_for);
    out_.lead = Lead();
    if (audience_ == Audience::kAuditor) {
      ForAuditor();
    } else {
      ForReader();
    }
    Path();
    return std::move(out_);
  }

 private:
  std::vector<std::string> Arguments(bool by_host) const {
    std::vector<std::string> out;
    for (const Explanation::Argument& argument : e_.arguments) {
      if (argument.by_host != by_host) continue;
      // Longer values are told in part: they are in the request.
      out.push_back(argument.name + " " + source::Excerpt(argument.value));
    }
    return out;
  }
  // What the agent said: ` with command "ctest -j2"`.
  std::string With() const {
    const std::vector<std::string> said = Arguments(false);
    return said.empty() ? "" : " with " + Joined(said);
  }

  bool engineer() const { return audience_ == Audience::kEngineer; }

  // How a rule is called: an engineer looks for its id, everybody else reads its title.
  std::string Name(const RuleStory& rule) const {
    const std::string of = rule.hop.empty() ? rule.id : rule.id + " for " + rule.hop;
    if (engineer() || rule.title.empty()) return of;
    return fmt::format("“{}” ({})", rule.title, of);
  }
  std::string NameOf(const std::string& id) const {
    for (const RuleStory& rule : e_.rules) {
      if (rule.id == id || rule.id + " for " + rule.hop == id) return Name(rule);
    }
    return source::Printable(id);
  }
  std::vector<std::string> Reasons() const {
    std::vector<std::string> out;
    for (const std::string& id : d_.reasons) out.push_back(NameOf(id));
    return out;
  }

  static std::string NeedText(const ApprovalStory& need, bool fixed = false) {
    if (!need.evidence.empty()) return "evidence " + need.evidence;
    return "approval by " + Joined(fixed ? need.fixed : need.quorums, "or else by");
  }
  std::vector<std::string> Waiting(bool fixed = false) const {
    std::vector<std::string> out;
    for (const ApprovalStory& need : e_.needs) {
      if (need.met || need.lifts) continue;
      std::string text = NeedText(need, fixed);
      if (std::ranges::count(out, text) == 0) out.push_back(std::move(text));
    }
    return out;
  }

  std::string Lead() const {
    switch (d_.outcome) {
      case Outcome::kAllow:
        return fmt::format("Allowed, by {}. Nothing stands in the way.", Joined(Reasons()));
      case Outcome::kAllowWithLimits: {
        std::vector<std::string> limits;
        for (const LimitStory& limit : e_.limits) limits.push_back(limit.kind + " " + limit.value);
        return fmt::format("Allowed, within limits: {}.", Joined(limits));
      }
      case Outcome::kRequireApproval:
        return fmt::format("Not yet. It needs {}.", Joined(Waiting()));
      case Outcome::kSuggest: {
        std::vector<std::string> actions;
        for (const auto& s : e_.suggestions) actions.push_back(SuggestionText(s.action, s.changes));
        return fmt::format("Not as asked. Suggested instead: {}.", Joined(actions, "or"));
      }
      case Outcome::kDeny:
        break;
    }
    switch (d_.why) {
      case Why::kForbidden:
        return fmt::format("Denied: {} {} it.", Joined(Reasons()),
                           d_.reasons.size() > 1 ? "forbid" : "forbids");
      case Why::kError:
        return d_.reasons.empty()
                   ? fmt::format(
                         "Denied: how much it adds to {} could not be worked out, and what is in doubt "
                         "is denied.",
                         Joined(Amounts()))
                   : fmt::format("Denied: {} could not be evaluated, and what is in doubt is denied.",
                                 Joined(Reasons()));
      case Why::kInvalidRequest:
        return fmt::format("Denied: the request does not fit the model: {}.", e_.misfit);
      case Why::kUnknownEntity:
        return fmt::format("Denied: {}.", e_.misfit);
      case Why::kUnenforceable:
        return e_.cannot_enforce.empty()
                   ? fmt::format("Denied: what {} limit cannot be kept.", Joined(Reasons()))
                   : fmt::format("Denied: the enforcement point did not say that it enforces {}.",
                                 Joined(e_.cannot_enforce));
      case Why::kRefused:
        return "Denied: a person who may approve it refused.";
      case Why::kStateConflict:
        return "Denied: what it rests on changed in the meantime.";
      case Why::kNoGrant:
      case Why::kNone:
        break;
    }
    if (!d_.reasons.empty() && d_.why == Why::kNone) {
      return fmt::format("Denied: {} {} it.", Joined(Reasons()),
                         d_.reasons.size() > 1 ? "forbid" : "forbids");
    }
    if (!d_.reasons.empty()) return fmt::format("Denied: nothing allows it to {}.", Joined(Reasons()));
    return e_.pol ? "Denied: no rule allows it." : "Denied: no permit is satisfied.";
  }

  std::vector<std::string> Amounts() const {
    std::vector<std::string> out;
    for (const data::RuleError& error : e_.amounts) {
      std::string name = source::Printable(error.rule);
      if (std::ranges::count(out, name) == 0) out.push_back(std::move(name));
    }
    return out;
  }

  static std::string SuggestionText(const std::string& action, const std::vector<std::string>& changes) {
    return changes.empty() ? action : action + " with " + Joined(changes);
  }

  Section& Open(std::string heading) { return out_.sections.emplace_back(Section{std::move(heading), {}}); }
  void Close() {
    if (out_.sections.back().lines.empty()) out_.sections.pop_back();
  }

  Line TestLine(const Asked& asked) const {
    Line line;
    line.mark = MarkOf(asked.answer);
    // Of an exemption the mark says whether there is one.
    if (asked.text.starts_with("unless ") && line.mark != Mark::kError)
      line.mark = line.mark == Mark::kYes ? Mark::kNo : line.mark == Mark::kNo ? Mark::kYes : line.mark;
    line.code = asked.text;
    if (engineer()) line.at = asked.at;
    if (asked.answer == Answer::kError) {
      line.text = asked.message;
    } else if (asked.answer == Answer::kNotAsked) {
      line.text = "not asked";
    } else {
      line.text = Values(asked.values);
      // The test is the value: once is enough.
      if (asked.values.size() == 1 && asked.values[0].what == asked.text) line.code.clear();
    }
    if (engineer() && options_.bytecode != nullptr) {
      for (std::string& code : Bytecode(*options_.bytecode, asked.first, asked.count))
        line.below.push_back({.code = std::move(code)});
    }
    return line;
  }

  Line RuleLine(const RuleStory& rule, bool failed_only) const {
    Line line;
    line.text = fmt::format("{} {}", rule.effect, Name(rule));
    if (engineer()) {
      line.at = rule.at;
      if (!rule.title.empty()) line.text += ": " + rule.title;
    }
    if (rule.lifted) line.text += " (lifted by an approval)";
    if (rule.answer == Answer::kError) line.text += rule.holds ? " (holds: in doubt it does)" : " (erred)";
    line.mark = MarkOf(rule.answer);
    if (!failed_only && !rule.because.empty()) line.below.push_back({.text = "because " + rule.because});
    for (const Asked& asked : rule.tests) {
      if (failed_only && (asked.answer == Answer::kYes || asked.answer == Answer::kNotAsked)) continue;
      // What a rule speaks about is its sentence; a reader need not check it once more.
      if (!engineer() && asked.part != "condition" && asked.answer == Answer::kYes) continue;
      line.below.push_back(TestLine(asked));
    }
    if (!failed_only && !rule.controls.empty())
      line.below.push_back(
          {.text = fmt::format("for the {} {}", rule.controls.size() > 1 ? "controls" : "control",
                               Joined(rule.controls))});
    return line;
  }

  void Why_() {
    Section& section = Open("Why");
    if (!e_.misfit.empty()) section.lines.push_back({.text = e_.misfit, .mark = Mark::kError});
    for (const RuleStory& rule : e_.rules) {
      if (rule.is_reason) section.lines.push_back(RuleLine(rule, false));
    }
    if (d_.why == Why::kError && d_.reasons.empty()) {
      for (const data::RuleError& error : e_.amounts)
        section.lines.push_back(
            {.text = source::Printable(error.rule + ": " + error.message), .mark = Mark::kError});
    }
    // With a demand goes the allow that it is a demand upon.
    if (d_.outcome == Outcome::kRequireApproval || d_.outcome == Outcome::kSuggest) {
      for (const RuleStory& rule : e_.rules) {
        if (rule.effect == "allow" && rule.holds && !rule.shadow && !rule.is_reason)
          section.lines.push_back(RuleLine(rule, false));
      }
    }
    Close();
  }

  bool IsAllow(const RuleStory& rule) const { return rule.effect == "allow" || rule.effect == "permit"; }

  void AllowsThatFailed(Section& section) const {
    for (const RuleStory& rule : e_.rules) {
      if (IsAllow(rule) && !rule.holds && !rule.shadow) section.lines.push_back(RuleLine(rule, true));
    }
    for (const RuleStory& rule : e_.nearest) {
      Line line = RuleLine(rule, true);
      line.text += " (not about this request)";
      section.lines.push_back(std::move(line));
    }
  }

  void WhyNot() {
    if (d_.allowed()) return;
    Section& section = Open("Why not");
    AllowsThatFailed(section);
    if (section.lines.empty() && d_.why == Why::kNoGrant && d_.reasons.empty())
      section.lines.push_back({.text = "there is no rule that allows anything"});
    Close();
  }

  void OutOfTheWay() {
    if (!engineer()) return;
    Section& section = Open("Other rules about it");
    for (const RuleStory& rule : e_.rules) {
      if (!IsAllow(rule) && !rule.is_reason && !rule.shadow &&
          (!rule.holds || rule.lifted || d_.outcome == Outcome::kDeny))
        section.lines.push_back(RuleLine(rule, !rule.holds));
    }
    Close();
  }

  void Needs() {
    Section& section = Open("Approval and evidence");
    for (const ApprovalStory& need : e_.needs) {
      Line line;
      line.mark = need.met ? Mark::kYes : Mark::kNo;
      const std::string_view given = need.met ? "given" : "not given";
      line.text = need.lifts
                      ? fmt::format("{} can be lifted by {}: {}", NameOf(need.rule), NeedText(need), given)
                      : fmt::format("{}, for {}: {}", NeedText(need), NameOf(need.rule), given);
      section.lines.push_back(std::move(line));
    }
    for (const PersonStory& person : e_.approvals) {
      Line line;
      line.mark = person.counted ? Mark::kYes : Mark::kNo;
      line.text = fmt::format("{} approved at {} ({}): {}", person.who, person.issued, person.id,
                              person.counted       ? "counts"
                              : person.why.empty() ? "was not asked for"
                                                   : "does not count, because " + person.why);
      section.lines.push_back(std::move(line));
    }
    for (const PersonStory& person : e_.refusals) {
      section.lines.push_back(
          {.text = fmt::format("{} refused at {} ({})", person.who, person.issued, person.id),
           .mark = person.counted ? Mark::kNo : Mark::kPlain});
    }
    for (const std::string& kind : e_.evidence)
      section.lines.push_back({.text = fmt::format("evidence {} is there", kind)});
    Close();
  }

  void Limits() {
    Section& section = Open(d_.allowed() ? "Limits" : "Limits, once it is allowed");
    for (const LimitStory& limit : e_.limits) {
      Line line;
      line.text = fmt::format("{} {}", limit.kind, limit.value);
      if (limit.by.size() == 1) {
        line.text += ", set by " + NameOf(limit.by[0].rule);
        if (engineer()) line.at = limit.by[0].at;
      } else {
        line.text += fmt::format(": {}", limit.merge);
        for (const LimitStory::Setter& setter : limit.by) {
          line.below.push_back({.text = fmt::format("{}{} by {}", setter.value,
                                                    setter.value.empty() ? "set" : "", NameOf(setter.rule)),
                                .mark = setter.value == limit.value ? Mark::kYes : Mark::kPlain,
                                .at = engineer() ? setter.at : ""});
        }
      }
      section.lines.push_back(std::move(line));
    }
    Close();
  }

  void Facts() {
    Section& section = Open("Facts and autonomy");
    for (const FactStory& fact : e_.facts) {
      Line line;
      line.text = fact.value ? fmt::format("{} is {}", fact.name, *fact.value)
                             : fmt::format("{} could not be evaluated", fact.name);
      if (!fact.hop.empty()) line.text += " for " + fact.hop;
      line.mark = fact.value ? Mark::kPlain : Mark::kError;
      if (engineer()) line.at = fact.at;
      for (const ClauseStory& clause : fact.clauses) {
        if (!engineer() && !clause.decisive && clause.when.answer != Answer::kError) continue;
        Line below = ClauseLine(clause);
        // A reviewer sees what decided; for an engineer the rest stands beside it, marked as false.
        line.below.push_back(std::move(below));
      }
      if (fact.is_autonomy && line.below.empty())
        line.below.push_back({.text = "no row of a ladder grants more"});
      section.lines.push_back(std::move(line));
    }
    Close();
  }
  Line ClauseLine(const ClauseStory& clause) const {
    Line line;
    switch (clause.kind) {
      case ClauseStory::Kind::kRow:
        line.text = fmt::format("{} granted by the row {}", clause.value, clause.id);
        break;
      case ClauseStory::Kind::kCap:
        line.text = fmt::format("at most {} by the cap {}", clause.value, clause.id);
        if (clause.shadow) line.text += " (in shadow)";
        break;
      case ClauseStory::Kind::kOtherwise:
        line.text = clause.value + " otherwise";
        break;
      case ClauseStory::Kind::kWhen:
        line.text = clause.value + " when";
        break;
      case ClauseStory::Kind::kExpression:
        line.text = clause.value + " is";
        break;
    }
    // A row is told by its name and by what it looks at.
    const bool otherwise = clause.kind == ClauseStory::Kind::kOtherwise;
    if (!otherwise && clause.kind != ClauseStory::Kind::kRow) line.code = clause.when.text;
    line.mark = clause.decisive                                  ? Mark::kYes
                : clause.when.answer == Answer::kError           ? Mark::kError
                : clause.when.answer == Answer::kNo || otherwise ? Mark::kNo
                                                                 : Mark::kPlain;
    if (engineer()) line.at = clause.when.at;
    std::string values =
        clause.when.answer == Answer::kError ? clause.when.message : Values(clause.when.values);
    if (!otherwise && !values.empty()) line.below.push_back({.text = std::move(values)});
    return line;
  }

  void Suggestions() {
    if (d_.outcome == Outcome::kSuggest || d_.outcome == Outcome::kDeny) {
      Section& section = Open("Suggested instead");
      for (const auto& s : e_.suggestions) {
        section.lines.push_back({.text = SuggestionText(s.action, s.changes) + ", by " + NameOf(s.by)});
      }
      Close();
    }
  }

  void Shadow() {
    if (d_.shadow.empty()) return;
    Section& section = Open("In shadow");
    for (const std::string& rule : d_.shadow) {
      section.lines.push_back({.text = NameOf(rule) + " would hold"});
    }
    if (d_.would_be) {
      section.lines.push_back(
          {.text = fmt::format("were that enforced, it would be {}{}", OutcomeName(*d_.would_be),
                               *d_.would_be == d_.outcome ? " all the same" : "")});
    }
  }

  void Errors() {
    Section& section = Open("Errors");
    for (const data::RuleError& error : d_.errors) {
      if (error.rule.empty()) continue;
      section.lines.push_back(
          {.text = source::Printable(error.rule + ": " + error.message), .mark = Mark::kError});
    }
    Close();
  }

  void State() {
    if (!engineer()) return;
    Section& section = Open("State read");
    for (const std::string& item : e_.state) section.lines.push_back({.text = item});
    Close();
  }

  // Who could bring it about, from the nearest.
  static constexpr std::array<std::string_view, 3> kGroups = {"asked otherwise", "with approval or evidence",
                                                              "were things otherwise"};
  static size_t GroupOf(const Alternative& alternative) {
    size_t group = 0;
    for (const Candidate& c : alternative.changes) {
      switch (c.key.kind) {
        case Key::Kind::kContext:
        case Key::Kind::kHostContext:
        case Key::Kind::kResource:
        case Key::Kind::kAction:
          break;
        case Key::Kind::kEvidence:
        case Key::Kind::kApproval:
        case Key::Kind::kRefusal:
          group = std::max<size_t>(group, 1);
          break;
        default:
          return 2;
      }
    }
    return group;
  }

  void WhatWouldChange() {
    if (options_.changes == nullptr) return;
    const Changes& c = *options_.changes;
    Section& section = Open(fmt::format("What would make it {}", OutcomeName(c.want)));
    if (c.already) {
      section.lines.push_back({.text = fmt::format("it is {} already", OutcomeName(d_.outcome))});
      return;
    }
    std::vector<std::string> actions;
    std::string current;
    std::array<std::vector<Line>, kGroups.size()> groups;
    for (const Alternative& alternative : c.found) {
      if (audience_ == Audience::kAgent && !alternative.by_agent) continue;
      if (!KeepsAction(alternative) && alternative.changes.size() == 1) {
        const Change& change = alternative.changes[0].change;
        actions.push_back(change.says.substr(kActionWere.size()));
        current = change.current;
        continue;
      }
      groups[GroupOf(alternative)].push_back({.text = "if " + Joined(alternative.sentences)});
    }
    if (!actions.empty())
      groups[0].push_back({.text = fmt::format("if {}{} ({})", kActionWere, Joined(actions, "or"), current)});
    for (size_t i = 0; i < groups.size(); ++i) {
      if (groups[i].empty()) continue;
      if (audience_ == Audience::kAgent) {
        section.lines.insert(section.lines.end(), groups[i].begin(), groups[i].end());
      } else {
        section.lines.push_back({.text = std::string(kGroups[i]), .below = std::move(groups[i])});
      }
    }
    if (audience_ == Audience::kAgent) return Close();
    if (section.lines.empty()) {
      section.lines.push_back(
          {.text = c.complete ? fmt::format("no change of up to {} facts does", c.up_to)
                              : fmt::format("none was found within {} tries; there may be one", c.tried)});
    } else if (!c.complete) {
      section.lines.push_back(
          {.text = fmt::format("there may be more: the search ended after {} tries", c.tried)});
    }
  }

  void ForReader() {
    Why_();
    Needs();
    Limits();
    Suggestions();
    WhyNot();
    Facts();
    OutOfTheWay();
    Errors();
    Shadow();
    State();
    WhatWouldChange();
    if (engineer()) {
      Section& section = Open("Record");
      if (e_.elsewhere > 0)
        section.lines.push_back({.text = fmt::format("{} more {} not about this request", e_.elsewhere,
                                                     e_.elsewhere == 1 ? "rule is" : "rules are")});
      if (!d_.action_digest.empty()) section.lines.push_back({.text = "action " + d_.action_digest});
      if (!d_.terms_digest.empty()) section.lines.push_back({.text = "terms " + d_.terms_digest});
      section.lines.push_back({.text = "policy snapshot " + d_.snapshot});
    }
  }

  void ForAuditor() {
    Section* section = &Open("Who asked");
    section->lines.push_back({.text = fmt::format("{}", e_.principal)});
    for (const std::string& hop : e_.acts_for) section->lines.push_back({.text = "acting for " + hop});
    section->lines.push_back({.text = fmt::format("to {} on {}{}", e_.action, e_.resource, With())});
    if (const std::vector<std::string> told = Arguments(true); !told.empty())
      section->lines.push_back({.text = "the gateway added: " + Joined(told)});
    if (e_.now || e_.pol)
      section->lines.push_back(
          {.text = e_.now ? "at " + ClockText(*e_.now, std::nullopt) : "at a time the gateway did not say"});

    section = &Open("What was decided, and why");
    section->lines.push_back({.text = out_.lead});
    for (const RuleStory& rule : e_.rules) {
      if (!rule.is_reason) continue;
      section->lines.push_back(RuleLine(rule, false));
    }
    if (d_.reasons.empty() && !d_.allowed()) AllowsThatFailed(*section);
    for (const data::RuleError& error : d_.errors)
      section->lines.push_back(
          {.text = source::Printable(error.rule + " erred: " + error.message), .mark = Mark::kError});

    section = &Open("Was approval required, and who gave it");
    bool any = false;
    for (const ApprovalStory& need : e_.needs) {
      any = true;
      section->lines.push_back(
          {.text = fmt::format("{}, {}: {}, by {}", need.lifts ? "it could be lifted" : "required",
                               need.met ? "given" : "not given", NeedText(need), NameOf(need.rule))});
    }
    for (const PersonStory& person : e_.approvals) {
      section->lines.push_back(
          {.text = fmt::format(
               "{} approved at {} ({}): {}", person.who, person.issued, person.id,
               person.counted
                   ? "counted"
                   : "not counted, because " + (person.why.empty() ? "it was not asked for" : person.why)),
           .mark = person.counted ? Mark::kYes : Mark::kNo});
    }
    for (const PersonStory& person : e_.refusals)
      section->lines.push_back(
          {.text = fmt::format("{} refused at {} ({})", person.who, person.issued, person.id),
           .mark = Mark::kNo});
    if (!any)
      section->lines.push_back({.text = d_.outcome == Outcome::kDeny
                                            ? "it was denied, and no approval was sought"
                                            : "no rule required one"});

    section = &Open("What may happen, where, within which limits");
    if (d_.allowed()) {
      section->lines.push_back({.text = fmt::format("{} on {}", e_.action, e_.resource), .mark = Mark::kYes});
    } else {
      section->lines.push_back({.text = "nothing, by this decision"});
    }
    for (const LimitStory& limit : e_.limits) {
      std::vector<std::string> by;
      for (const LimitStory::Setter& setter : limit.by) by.push_back(NameOf(setter.rule));
      section->lines.push_back(
          {.text = fmt::format("{}{} {}, set by {}", d_.allowed() ? "" : "once it is allowed: ", limit.kind,
                               limit.value, Joined(by))});
    }
    for (const auto& s : e_.suggestions)
      section->lines.push_back({.text = "suggested instead: " + SuggestionText(s.action, s.changes)});

    section = &Open("Where the evidence is");
    for (const std::string& kind : e_.evidence)
      section->lines.push_back({.text = "evidence " + kind + ", with the request"});
    if (!d_.action_digest.empty())
      section->lines.push_back({.text = "the action as asked: " + d_.action_digest});
    if (any && !d_.terms_digest.empty())
      section->lines.push_back({.text = "the terms as an approver is shown them: " + d_.terms_digest});
    section->lines.push_back({.text = "the policy as it was: " + d_.snapshot});
    WhatWouldChange();
  }

  // Everything here is the policy's own words or the agent's. Rules, tests and values stay out.
  void ForAgent() {
    out_.asked = fmt::format("{} on {}{}", e_.action, e_.resource, With());
    switch (d_.outcome) {
      case Outcome::kAllow:
        out_.lead = "You may do this.";
        break;
      case Outcome::kAllowWithLimits:
        out_.lead = "You may do this, within limits.";
        break;
      case Outcome::kRequireApproval:
        out_.lead = "You may not do this yet.";
        break;
      case Outcome::kSuggest:
        out_.lead = "You may not do this. Something else is suggested.";
        break;
      case Outcome::kDeny:
        out_.lead = "You may not do this.";
        break;
    }
    Section* section = &Open("Because");
    for (const std::string& because : d_.because) section->lines.push_back({.text = OneLine(because)});
    if (section->lines.empty() && d_.outcome == Outcome::kDeny) {
      const bool invalid = d_.why == Why::kInvalidRequest;
      section->lines.push_back(
          {.text = invalid && e_.misfit_attribute.empty() ? "the request is not a valid one"
                   : invalid ? fmt::format("the request is not a valid one: see {}", e_.misfit_attribute)
                   : d_.why == Why::kNoGrant || (!e_.pol && d_.reasons.empty())
                       ? "nothing in the policy allows it"
                       : "the policy does not permit it"});
    }
    Close();
    section = &Open(d_.allowed() ? "Limits" : "Limits, once it is allowed");
    for (const LimitStory& limit : e_.limits) {
      const bool fixed = std::ranges::all_of(limit.by, [](const auto& setter) { return setter.fixed; });
      section->lines.push_back({.text = fixed ? limit.kind + " " + limit.value : limit.kind + " is limited"});
    }
    Close();
    section = &Open("What you can do");
    if (d_.outcome == Outcome::kRequireApproval) {
      for (const ApprovalStory& need : e_.needs) {
        if (need.met || need.lifts) continue;
        const std::string text = need.evidence.empty() ? "ask for " + NeedText(need, true)
                                                       : "supply evidence of the kind " + need.evidence;
        const bool twice =
            std::ranges::any_of(section->lines, [&](const Line& line) { return line.text == text; });
        if (!twice) section->lines.push_back({.text = text});
      }
    }
    if (d_.outcome == Outcome::kSuggest) {
      for (const auto& s : e_.suggestions)
        section->lines.push_back(
            {.text = "ask for " + SuggestionText(s.action, s.fixed_changes) + " instead"});
      // As it was asked, it needs what lifts the suggestion and what the rest demands.
      std::vector<std::string> lacks;
      for (const bool lifts : {true, false}) {
        for (const ApprovalStory& need : e_.needs) {
          std::string text = NeedText(need, true);
          if (need.lifts == lifts && !need.met && std::ranges::count(lacks, text) == 0)
            lacks.push_back(std::move(text));
        }
      }
      const bool lifted = std::ranges::any_of(e_.needs, [](const ApprovalStory& need) { return need.lifts; });
      if (lifted) section->lines.push_back({.text = "or, for what you asked, ask for " + Joined(lacks)});
    }
    if (d_.outcome == Outcome::kDeny && d_.why != Why::kInvalidRequest)
      section->lines.push_back(
          {.text =
               "do not repeat it as it is: the answer stays the same while the policy and the situation do"});
    Close();
    // A forbid is not to be got round, and what restricts is not to be talked away.
    if (d_.outcome == Outcome::kDeny && (d_.why == Why::kNoGrant || d_.why == Why::kInvalidRequest))
      WhatWouldChange();
  }

  // The steps of the decision, as far as it came.
  void Path() {
    const auto step = [&](std::string question, std::string answer, Mark mark) -> Step& {
      return out_.path.emplace_back(Step{std::move(question), std::move(answer), mark, {}});
    };
    const auto tests = [&](Step& to, std::string_view effect, bool holding) {
      for (const RuleStory& rule : e_.rules) {
        if (rule.effect != effect || rule.shadow || (rule.holds && !rule.lifted) != holding) continue;
        Line line{.text = Name(rule),
                  .mark = rule.holds ? Mark::kYes : MarkOf(rule.answer),
                  .at = engineer() ? rule.at : ""};
        for (const Asked& asked : rule.tests) {
          if (asked.part != "condition" && asked.answer == Answer::kYes) continue;
          if (!holding && asked.answer == Answer::kYes) continue;
          line.below.push_back(TestLine(asked));
          line.below.back().below.clear();
        }
        to.tests.push_back(std::move(line));
      }
    };
    if (e_.pol) {
      const bool fits = e_.misfit.empty();
      step("Does the request fit the model?", fits ? "yes" : "no", fits ? Mark::kYes : Mark::kNo);
      if (!fits) return End();
    }
    const auto any = [&](std::string_view effect) {
      return std::ranges::any_of(e_.rules, [&](const RuleStory& rule) {
        return rule.effect == effect && rule.holds && !rule.shadow && !rule.lifted;
      });
    };
    const bool forbids = any("forbid");
    tests(step("Does a rule forbid it?", forbids ? "yes" : "no", forbids ? Mark::kNo : Mark::kYes), "forbid",
          forbids);
    if (forbids && d_.outcome == Outcome::kDeny) return End();
    const std::string_view allow = e_.pol ? "allow" : "permit";
    const bool allows = any(allow) && d_.why != Why::kNoGrant;
    tests(step("Does a rule allow it?", allows ? "yes" : "no", allows ? Mark::kYes : Mark::kNo), allow,
          allows);
    if (!allows || !e_.pol) return End();
    const bool bad = d_.why == Why::kUnenforceable || d_.why == Why::kRefused;
    step("Can the limits be kept, and did nobody refuse?", bad ? "no" : "yes", bad ? Mark::kNo : Mark::kYes);
    if (bad) return End();
    const bool suggests = any("suggest");
    tests(step("Is something else suggested?", suggests ? "yes" : "no", suggests ? Mark::kNo : Mark::kYes),
          "suggest", suggests);
    if (suggests) return End();
    const bool unmet = d_.outcome == Outcome::kRequireApproval;
    const bool required = any("require");
    tests(step("Is approval or evidence missing?", unmet ? "yes" : "no", unmet ? Mark::kNo : Mark::kYes),
          "require", required);
    if (unmet) return End();
    const bool limited = any("limit");
    tests(step("Are there limits?", limited ? "yes" : "no", Mark::kYes), "limit", limited);
    End();
  }
  void End() { out_.path.push_back({out_.outcome, out_.lead, out_.mark, {}}); }

  const Explanation& e_;
  const data::Decision& d_;
  const DocumentOptions& options_;
  const Audience audience_;
  Document out_;
};

}  // namespace

std::string_view MarkName(Mark mark) {
  switch (mark) {
    case Mark::kPlain:
      return "plain";
    case Mark::kYes:
      return "yes";
    case Mark::kNo:
      return "no";
    case Mark::kError:
      return "error";
  }
  return "";
}

std::string_view AudienceName(Audience audience) {
  switch (audience) {
    case Audience::kEngineer:
      return "engineer";
    case Audience::kReviewer:
      return "reviewer";
    case Audience::kAgent:
      return "agent";
    case Audience::kAuditor:
      return "auditor";
  }
  return "";
}

Document Compose(const Explanation& explanation, const DocumentOptions& options) {
  return Composer(explanation, options).Run();
}

}  // namespace polc::explain
