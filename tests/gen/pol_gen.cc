// What a random Pol file declares.
#include "tests/gen/pol_maker.h"

namespace polc::gen::pol {

File Maker::Make() {
  if (rng_.Chance(50)) {
    Header header;
    header.policy = Text();
    if (rng_.Chance(50)) header.version = Text();
    if (rng_.Chance(50)) header.owner = Text();
    if (rng_.Chance(50)) header.governs = MakeScope();
    file_.header = std::move(header);
  }
  size_t count = rng_.Below(options_.declarations + 1);
  for (size_t i = 0; i < count; ++i) file_.decls.push_back(MakeDecl());
  return std::move(file_);
}

Name Maker::Dotted() {
  Name name = Simple();
  while (rng_.Chance(15)) name.text += "." + Word();
  return name;
}

Name Maker::Module() {
  Name name = Simple();
  while (rng_.Chance(30)) name.text += "." + AnyWord();
  return name;
}

std::optional<std::string> Maker::Title() {
  if (rng_.Chance(60)) return std::nullopt;
  return Text();
}

ActionName Maker::Action() {
  ActionName name;
  name.quoted = rng_.Chance(25);
  name.text = name.quoted ? Text() : Word();
  if (rng_.Chance(15)) name.qualifier = Dotted();
  return name;
}

int64_t Maker::Time() {
  // Days up to the year 2100, with or without a time of the day.
  int64_t day = rng_.Range(0, 47'000) * 86'400'000;
  return rng_.Chance(50) ? day : day + rng_.Range(0, 86'399'999);
}

int64_t Maker::Duration() {
  switch (rng_.Below(4)) {
    case 0:
      return rng_.Range(0, 5000);
    case 1:
      return rng_.Range(0, 500) * 60'000;
    case 2:
      return rng_.Range(0, 90) * 86'400'000;
    default:
      return INT64_MAX - rng_.Range(0, 1'000'000);
  }
}

RuleDecl Maker::MakeRule() {
  RuleDecl d;
  d.name = Simple();
  d.mode = MakeMode();
  d.title = Title();
  d.effect = static_cast<RuleEffect>(rng_.Below(5));
  if (d.effect == RuleEffect::kLimit) d.limits = Some(1, [&] { return MakeLimit(); });
  if (d.effect == RuleEffect::kRequire) d.needs = Some(1, [&] { return MakeNeed(); });
  if (d.effect == RuleEffect::kSuggest) {
    d.suggestion = Action();
    d.variant = Args(40);
  }
  d.target = MakeTarget();
  d.clauses = Clauses(d.effect != RuleEffect::kAllow);
  return d;
}

Decl Maker::MakeDecl() {
  switch (rng_.Below(34)) {
    case 0: {
      UseDecl d;
      d.modules = Some(1, [&] { return Module(); });
      if (rng_.Chance(50)) {
        d.settings = Some(1, [&] {
          Arg arg;
          arg.name = Word();
          arg.value = Constant();
          return arg;
        });
      }
      d.mode = MakeMode();
      return d;
    }
    case 1: {
      SettingDecl d;
      d.name = Simple();
      d.type = Type();
      if (rng_.Chance(60)) d.value = Constant();
      return d;
    }
    case 2: {
      EntityDecl d;
      d.kind = static_cast<EntityDecl::Kind>(rng_.Below(5));
      d.names = {Simple()};
      while (d.kind == EntityDecl::Kind::kGroup && rng_.Chance(30)) d.names.push_back(Simple());
      d.parents = Maybe(50, [&] { return Dotted(); });
      bool owned = d.kind != EntityDecl::Kind::kGroup && d.kind != EntityDecl::Kind::kResource;
      if (owned && rng_.Chance(40)) d.owned_by = Dotted();
      d.attrs = Maybe(60, [&] { return MakeAttr(); });
      return d;
    }
    case 3:
      return RecordDecl{.name = Simple(), .attrs = Attrs(), .span = {}};
    case 4:
      return ClassDecl{.name = Simple(), .kind = static_cast<ActionClass>(rng_.Below(3)), .span = {}};
    case 5:
    case 6: {
      ActionDecl d;
      d.names = Some(1, [&] { return Action(); });
      d.classes = Maybe(50, [&] { return Dotted(); });
      d.by = Maybe(60, [&] { return Dotted(); });
      d.on = Maybe(60, [&] { return Dotted(); });
      d.attrs = Maybe(50, [&] { return MakeAttr(); });
      return d;
    }
    case 7: {
      EvidenceDecl d;
      d.name = Simple();
      d.undo = rng_.Chance(40);
      if (rng_.Chance(50)) {
        d.type = Type();
      } else {
        d.attrs = Attrs();
      }
      return d;
    }
    case 8:
      return LevelsDecl{.name = Simple(),
                        .levels = Some(2, [&] { return Simple(); }),
                        .higher_is_stricter = rng_.Chance(50),
                        .span = {}};
    case 9: {
      constexpr std::array kVars = {Var::kPrincipal, Var::kResource, Var::kContext};
      return NeedsDecl{.var = rng_.Pick(kVars), .attrs = Attrs(), .span = {}};
    }
    case 10:
      return AssumeDecl{.name = Simple(), .condition = MakeExpr(), .span = {}};
    case 11:
      return LimitKindDecl{.name = LimitName(),
                           .type = Type(),
                           .merge = static_cast<LimitKindDecl::Merge>(rng_.Below(5)),
                           .span = {}};
    case 12:
    case 13:
    case 14: {
      FactDecl d;
      d.name = Simple();
      d.type = Type();
      d.form = static_cast<FactDecl::Form>(rng_.Below(3));
      if (d.form != FactDecl::Form::kExpression) {
        d.rows = Some(1, [&] {
          ExprId value = rng_.Chance(50) ? NameExpr() : MakeExpr(2);
          return FactDecl::Row{.value = value, .when = MakeExpr(), .span = {}};
        });
      }
      d.otherwise = MakeExpr();
      return d;
    }
    case 15:
    case 16: {
      LadderDecl d;
      d.who = MakeScope();
      if (rng_.Chance(40)) d.which = MakeScope();
      if (rng_.Chance(40)) d.when = MakeExpr();
      if (rng_.Chance(25)) {
        d.rows_of = Path(1, false);
      } else {
        d.rows = Some(1, [&] {
          LadderDecl::Row row;
          row.action_class = Dotted();
          row.level = Simple();
          if (rng_.Chance(30)) row.until = Time();
          return row;
        });
      }
      return d;
    }
    case 17: {
      CapDecl d;
      d.name = Simple();
      d.mode = MakeMode();
      d.level = Simple();
      if (rng_.Chance(60)) d.target = MakeTarget();
      d.clauses = Clauses(false);
      return d;
    }
    case 18: {
      SwitchDecl d;
      d.name = Simple();
      if (rng_.Chance(50)) d.each = Dotted();
      if (rng_.Chance(50)) d.fresh_within = DurationExpr();
      return d;
    }
    case 19: {
      CounterDecl d;
      d.attempts = rng_.Chance(30);
      d.name = Simple();
      d.what = MakeActs();
      d.keys = Keys();
      d.over = DurationExpr();
      return d;
    }
    case 20: {
      TotalDecl d;
      d.name = Simple();
      d.sums = Path(1, false);
      d.what = MakeActs();
      d.keys = Keys();
      d.over = DurationExpr();
      return d;
    }
    case 21: {
      LabelDecl d;
      d.name = Simple();
      d.key = Key();
      d.set_by = MakeActs();
      if (rng_.Chance(50)) d.when = MakeExpr();
      return d;
    }
    case 22: {
      BreakerDecl d;
      d.name = Simple();
      d.keys = Keys();
      d.threshold = Count();
      d.counts = Simple();
      d.over = DurationExpr();
      if (rng_.Chance(50)) d.closes_after = DurationExpr();
      return d;
    }
    case 23: {
      HoursDecl d;
      d.name = Simple();
      d.first_day = static_cast<uint8_t>(rng_.Below(7));
      d.last_day = static_cast<uint8_t>(rng_.Below(7));
      d.from = static_cast<uint16_t>(rng_.Below(1440));
      d.to = static_cast<uint16_t>(rng_.Range(d.from + 1, 1440));
      d.zone = Text();
      return d;
    }
    case 24:
    case 25:
      return MakeTest();
    case 26: {
      FixtureDecl d;
      d.name = FixtureName();
      d.givens = Some(1, [&] { return MakeGiven(); });
      return d;
    }
    case 27: {
      GuaranteeDecl d;
      d.name = Simple();
      d.title = Title();
      d.always = rng_.Chance(40);
      d.target = MakeTarget();
      d.without = static_cast<GuaranteeDecl::Without>(rng_.Below(4));
      if (d.without == GuaranteeDecl::Without::kApproval) d.quorums = Quorums();
      if (d.without == GuaranteeDecl::Without::kLimit) d.limit = LimitName();
      if (rng_.Chance(50)) d.when = MakeExpr();
      return d;
    }
    default:
      return MakeRule();
  }
}

}  // namespace polc::gen::pol

namespace polc::gen {

syntax::pol::File RandomPol(Rng& rng, const PolOptions& options) { return pol::Maker(rng, options).Make(); }

}  // namespace polc::gen
