// The text of the declarations of a Pol AST.
#include "tests/gen/pol_printer.h"

namespace polc::gen::pol {

void Printer::Put(const UseDecl& d) {
  Put("use");
  List(d.modules);
  if (!d.settings.empty()) {
    Put("with");
    List(d.settings, [&](const Arg& arg) {
      Put(arg.name);
      Bare(arg.value);
    });
  }
  Put(d.mode);
}

void Printer::Put(const SettingDecl& d) {
  Put("setting");
  Put(d.name);
  Put(":");
  Put(d.type);
  if (d.value == kNoExpr) return;
  Put("is");
  Bare(d.value);
}

void Printer::Put(const EntityDecl& d) {
  constexpr std::array<std::string_view, 5> kWords = {"group", "person", "agent", "principal", "resource"};
  Put(kWords[static_cast<size_t>(d.kind)]);
  List(d.names);
  if (!d.parents.empty()) Put("in");
  List(d.parents);
  if (d.owned_by) {
    Put({"owned", "by"});
    Put(*d.owned_by);
  }
  if (!d.attrs.empty()) Put("has");
  Attrs(d.attrs);
}

void Printer::Put(const RecordDecl& d) {
  Put({"record", d.name.text, "has"});
  Attrs(d.attrs);
}

void Printer::Put(const ClassDecl& d) {
  Put({"action", "class", d.name.text, "is", kClasses[static_cast<size_t>(d.kind)]});
}

void Printer::Put(const ActionDecl& d) {
  Put("action");
  List(d.names);
  if (!d.classes.empty()) Put("in");
  List(d.classes);
  if (!d.by.empty()) Put("by");
  List(d.by);
  if (!d.on.empty()) Put("on");
  List(d.on);
  if (!d.attrs.empty()) Put("with");
  Attrs(d.attrs);
}

void Printer::Put(const EvidenceDecl& d) {
  Put({"evidence", d.name.text});
  if (d.undo) Put({"(", "undo", ")"});
  if (d.type) {
    Put(":");
    Put(*d.type);
  } else {
    Put("has");
    Attrs(d.attrs);
  }
}

void Printer::Put(const LevelsDecl& d) {
  Put({"levels", d.name.text, "is"});
  for (size_t i = 0; i < d.levels.size(); ++i) {
    if (i > 0) Put("<");
    Put(d.levels[i]);
  }
  Put({",", "higher", "is", d.higher_is_stricter ? "stricter" : "freer"});
}

void Printer::Put(const NeedsDecl& d) {
  Put({"needs", kVars[static_cast<size_t>(d.var)], "has"});
  Attrs(d.attrs);
}

void Printer::Put(const AssumeDecl& d) {
  Put({"assume", d.name.text});
  Expression(d.condition);
}

void Printer::Put(const LimitKindDecl& d) {
  using Words = std::array<std::string_view, 2>;
  constexpr std::array<Words, 5> kMerges = {Words{"lowest", "wins"}, Words{"highest", "wins"},
                                            Words{"common", "members"}, Words{"all", "members"},
                                            Words{"any", "true"}};
  Put({"limit", "kind", d.name.text, ":"});
  Put(d.type);
  const Words& words = kMerges[static_cast<size_t>(d.merge)];
  Put({",", words[0], words[1]});
}

void Printer::Put(const FactDecl& d) {
  Put({"fact", d.name.text, ":"});
  Put(d.type);
  Put("is");
  if (d.form != FactDecl::Form::kExpression)
    Put({"the", d.form == FactDecl::Form::kHighest ? "highest" : "first", "of"});
  for (const FactDecl::Row& row : d.rows) {
    Expression(row.value);
    Put("when");
    Expression(row.when);
    Put(",");
  }
  if (d.form != FactDecl::Form::kExpression) Put("otherwise");
  Expression(d.otherwise);
}

void Printer::Put(const LadderDecl& d) {
  Put({"ladder", "for"});
  Put(d.who);
  if (d.which) {
    Put("on");
    Put(*d.which);
  }
  if (d.when != kNoExpr) {
    Put("when");
    Expression(d.when);
  }
  Put("gives");
  if (d.rows_of != kNoExpr) {
    Put({"rows", "of"});
    Bare(d.rows_of);
  }
  List(d.rows, [&](const LadderDecl::Row& row) {
    Put(row.action_class);
    Put({":", row.level.text});
    if (row.until) Put({"until", Time(*row.until)});
  });
}

void Printer::Put(const CapDecl& d) {
  Put({"cap", d.name.text});
  Put(d.mode);
  Put({"autonomy", "at", d.level.text});
  if (d.target) {
    Put("for");
    Put(*d.target);
  }
  Put(d.clauses);
}

void Printer::Put(const RuleDecl& d) {
  Put({"rule", d.name.text});
  Put(d.mode);
  Title(d.title);
  switch (d.effect) {
    case RuleEffect::kAllow:
      Put("allow");
      break;
    case RuleEffect::kForbid:
      Put("forbid");
      break;
    case RuleEffect::kSuggest:
      Put("suggest");
      Put(d.suggestion);
      if (!d.variant.empty()) Put("with");
      List(d.variant);
      Put("for");
      break;
    case RuleEffect::kRequire:
      Put("require");
      for (size_t i = 0; i < d.needs.size(); ++i) {
        if (i > 0) Put("and");
        if (d.needs[i].kind == Need::Kind::kEvidence) {
          Put({"evidence", d.needs[i].evidence.text});
        } else {
          Put("approval");
          Put(d.needs[i].quorums);
        }
      }
      Put("for");
      break;
    case RuleEffect::kLimit:
      Put("limit");
      List(d.limits, [&](const Limit& limit) {
        Put(limit.kind);
        if (limit.value == kNoExpr) return;
        Put("to");
        Expression(limit.value);
      });
      Put("for");
      break;
  }
  Put(d.target);
  Put(d.clauses);
}

void Printer::Put(const SwitchDecl& d) {
  Put({"switch", d.name.text});
  if (d.each) {
    Put({"for", "each"});
    Put(*d.each);
  }
  if (d.fresh_within == kNoExpr) return;
  Put({"fresh", "within"});
  Bare(d.fresh_within);
}

void Printer::Put(const CounterDecl& d) {
  Put({d.attempts ? "attempts" : "counter", d.name.text, "counts"});
  Put(d.what);
  Keys(d.keys);
  Put("over");
  Bare(d.over);
}

void Printer::Put(const TotalDecl& d) {
  Put({"total", d.name.text, "sums"});
  Bare(d.sums);
  Put("of");
  Put(d.what);
  Keys(d.keys);
  Put("over");
  Bare(d.over);
}

void Printer::Put(const LabelDecl& d) {
  Put({"label", d.name.text, "on"});
  Bare(d.key);
  Put({",", "set", "by"});
  Put(d.set_by);
  if (d.when == kNoExpr) return;
  Put("when");
  Expression(d.when);
}

void Printer::Put(const BreakerDecl& d) {
  Put({"breaker", d.name.text});
  Keys(d.keys);
  Put({"opens", "at"});
  Bare(d.threshold);
  Put({d.counts.text, "over"});
  Bare(d.over);
  if (d.closes_after == kNoExpr) return;
  Put({"closes", "after"});
  Bare(d.closes_after);
}

void Printer::Put(const HoursDecl& d) {
  auto clock = [](uint16_t minutes) { return Digits(minutes / 60, 2) + ":" + Digits(minutes % 60, 2); };
  Put({"hours", d.name.text, "is", kDays[d.first_day], "to", kDays[d.last_day], "from", clock(d.from), "to",
       clock(d.to), "in", Quoted(d.zone)});
}

void Printer::Put(const GuaranteeDecl& d) {
  Put({"guarantee", d.name.text});
  Title(d.title);
  Put({d.always ? "always" : "never", "allow"});
  Put(d.target);
  if (d.without != GuaranteeDecl::Without::kNothing) {
    Put({"without", d.without == GuaranteeDecl::Without::kLimit ? "limit" : "approval"});
    if (d.without == GuaranteeDecl::Without::kApproval) Put(d.quorums);
    if (d.without == GuaranteeDecl::Without::kLimit) Put(d.limit);
  }
  if (d.when == kNoExpr) return;
  Put("when");
  Expression(d.when);
}

}  // namespace polc::gen::pol
