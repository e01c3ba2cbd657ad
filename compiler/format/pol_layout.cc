#include "compiler/format/pol_layout.h"

#include <algorithm>
#include <cassert>

namespace polc::format {

using namespace syntax::pol;
using syntax::Name;

// --------------------------------------------------------------------------------------------- Tokens

Doc PolLayout::LeadingComments(CommentedToken& token) {
  if (token.leading.empty()) return d_.nil();
  Doc doc = d_.hardline();
  for (std::string_view comment : token.leading) doc = d_.concat({doc, d_.text(comment), d_.hardline()});
  token.leading.clear();
  return doc;
}

Doc PolLayout::Take() {
  CommentedToken& token = tokens_[next_++];
  Doc doc = d_.append(LeadingComments(token), d_.text(token.text));
  return token.trailing.empty() ? doc : d_.append(doc, d_.suffix(token.trailing));
}

Doc PolLayout::TakeAs(std::string_view text) {
  tokens_[next_].text = text;
  return Take();
}

Doc PolLayout::Words(std::initializer_list<std::string_view> words) {
  Doc doc = d_.nil();
  for ([[maybe_unused]] std::string_view word : words) {
    assert(At(word));
    doc = doc.id == d_.nil().id ? Take() : Spaced(doc, Take());
  }
  return doc;
}

void PolLayout::Drop() {
  CommentedToken& dropped = tokens_[next_];
  CommentedToken& token = tokens_[++next_];
  if (!dropped.has_comment()) return;
  std::vector<std::string_view> leading = std::move(dropped.leading);
  if (!dropped.trailing.empty()) leading.push_back(dropped.trailing);
  leading.insert(leading.end(), token.leading.begin(), token.leading.end());
  token.leading = std::move(leading);
}

Doc PolLayout::Glued(size_t n) {
  Doc doc = d_.nil();
  for (size_t i = 0; i < n; ++i) doc = d_.append(doc, Take());
  return doc;
}

// ---------------------------------------------------------------------------------------------- Parts

size_t PolLayout::Parts(std::string_view dotted) {
  return static_cast<size_t>(std::count(dotted.begin(), dotted.end(), '.')) + 1;
}

Doc PolLayout::Print(const EntityRef& entity) {
  Doc type = Print(entity.type);
  return Spaced(type, Take());
}

Doc PolLayout::Print(const ActionName& name) {
  return Glued(name.qualifier.text.empty() ? 1 : 2 * Parts(name.qualifier.text) + 1);
}

Doc PolLayout::Print(const Arg& arg) {
  Doc name = Take();
  return Spaced(name, Print(arg.value));
}

Doc PolLayout::Print(const TypeRef& type) {
  Doc doc = type.is_set ? d_.append(Words({"Set", "of"}), d_.gap()) : d_.nil();
  doc = d_.append(doc, Print(type.name));
  if (!type.at_most) return doc;
  doc = d_.append(doc, Take());
  doc = Spaced(doc, Words({"at", "most"}));
  return Spaced(doc, Take());
}

Doc PolLayout::Print(const Scope& scope) {
  switch (scope.kind) {
    case Scope::Kind::kAnyone:
    case Scope::Kind::kAnything:
      return Take();
    case Scope::Kind::kEntity:
      return Print(scope.entity);
    default:
      break;
  }
  if (scope.any_word) Drop();
  Doc type = Print(scope.type);
  if (scope.kind == Scope::Kind::kType) return type;
  Doc in = Words({"in"});
  return d_.concat({type, d_.gap(), in, d_.gap(), Print(scope.group)});
}

Doc PolLayout::Print(const Acts& acts) {
  switch (acts.kind) {
    case Acts::Kind::kActions:
      return List(acts.actions, [&](const ActionName& name) { return Print(name); });
    case Acts::Kind::kClasses: {
      Doc head = Words({"do", "any"});
      return Spaced(head, Names(acts.classes));
    }
    default: {
      Doc verb = Take();
      return Spaced(verb, Take());
    }
  }
}

Doc PolLayout::Print(const Target& target) {
  Doc who = Print(target.who);
  Doc to = Words({"to"});
  Doc doc = d_.concat({who, d_.line(), to, d_.gap(), Print(target.what)});
  if (target.which) {
    Doc on = Words({"on"});
    doc = d_.concat({doc, d_.line(), on, d_.gap(), Print(*target.which)});
  }
  return d_.group(d_.nest(indent_, doc));
}

Doc PolLayout::Print(const QuorumPart& part) {
  Doc doc = Print(part.count);
  doc = Spaced(doc, Words({"of"}));
  for (size_t i = 0; i < part.pools.size(); ++i) {
    doc = i == 0 ? d_.append(doc, d_.gap()) : d_.concat({doc, d_.line(), Words({"or"}), d_.gap()});
    doc = d_.append(doc, Print(part.pools[i]));
  }
  return doc;
}

Doc PolLayout::Print(const Quorum& quorum) {
  Doc doc = d_.nil();
  for (size_t i = 0; i < quorum.parts.size(); ++i) {
    if (i > 0) doc = d_.concat({doc, d_.line(), Words({"and"}), d_.gap()});
    doc = d_.append(doc, Print(quorum.parts[i]));
  }
  doc = d_.concat({doc, d_.line(), Words({"within"}), d_.gap(), Print(quorum.within)});
  while (At("including") || At("survives")) {
    doc = d_.append(doc, d_.line());
    if (At("including")) {
      doc = d_.append(doc, Words({"including", "owner"}));
    } else {
      doc = d_.append(doc, Words({"survives", "policy", "change"}));
    }
  }
  return d_.group(d_.nest(indent_, doc));
}

Doc PolLayout::Print(const V<Quorum>& quorums) {
  Doc doc = d_.nil();
  for (size_t i = 0; i < quorums.size(); ++i) {
    if (i > 0) doc = d_.concat({doc, d_.line(), Words({"or"}), d_.gap()});
    doc = d_.concat({doc, Words({"by"}), d_.gap(), Print(quorums[i])});
  }
  return doc;
}

Doc PolLayout::Print(const Need& need) {
  Doc word = Take();
  return Spaced(word, need.kind == Need::Kind::kEvidence ? Print(need.evidence) : Print(need.quorums));
}

Doc PolLayout::Print(const Limit& limit) {
  Doc kind = Take();
  if (limit.value == syntax::kNoExpr) return kind;
  Doc to = Words({"to"});
  return d_.concat({kind, d_.gap(), to, d_.gap(), Print(limit.value)});
}

Doc PolLayout::Print(const Control& control) {
  Doc catalogue = Print(control.catalogue);
  return Spaced(catalogue, Take());
}

Doc PolLayout::Print(const Clause& clause) {
  Doc word = Take();
  switch (clause.kind) {
    case Clause::Kind::kWhen:
    case Clause::Kind::kUnless:
      return Spaced(word, Print(clause.condition));
    case Clause::Kind::kUnlessApproved: {
      word = Spaced(word, Words({"approved"}));
      return d_.group(d_.nest(indent_, Spaced(word, Print(clause.quorums))));
    }
    case Clause::Kind::kMeets: {
      Doc controls = List(clause.controls, [&](const Control& control) { return Print(control); });
      return d_.group(d_.nest(indent_, Spaced(word, controls)));
    }
    default:
      return Spaced(word, Take());
  }
}

Doc PolLayout::Print(Mode mode) {
  if (mode == Mode::kDefault) return d_.nil();
  Doc space = d_.gap();
  return d_.append(space, Glued(3));
}

Doc PolLayout::Padded(Doc doc, size_t columns, size_t width) {
  if (columns >= width) return doc;
  return d_.append(doc, d_.text(std::string(width - columns, ' ')));
}

// ` has` or ` with` is printed by the caller; the attributes stand below it, their colons in one column.
Doc PolLayout::Attributes(const V<Attr>& attrs) {
  size_t width = 0;
  for (const Attr& attr : attrs) {
    size_t columns = attr.name_span.end - attr.name_span.begin + (attr.optional ? 1 : 0);
    width = std::max(width, columns);
  }
  Doc doc = d_.nil();
  for (const Attr& attr : attrs) {
    doc = d_.append(doc, d_.append(d_.hardline(), Hoist()));
    size_t columns = attr.name_span.end - attr.name_span.begin + (attr.optional ? 1 : 0);
    Doc name = Glued(attr.optional ? 2 : 1);
    doc = d_.append(doc, Spaced(Padded(name, columns, width), Words({":"})));
    doc = Spaced(doc, Print(attr.type));
    if (attr.from_host) doc = Spaced(doc, Words({"from", "host"}));
    if (attr.if_missing != syntax::kNoExpr) {
      doc = d_.append(doc, Words({","}));
      doc = Spaced(doc, Print(attr.if_missing));
      doc = Spaced(doc, Words({"if", "missing"}));
    }
    if (attr.varies) {
      doc = d_.append(doc, Words({","}));
      doc = Spaced(doc, Words({"varies"}));
    }
  }
  return d_.nest(indent_, doc);
}

Doc PolLayout::Args(const V<Arg>& args) {
  return List(args, [&](const Arg& arg) { return Print(arg); });
}

Doc PolLayout::Names(const V<Name>& names) {
  return List(names, [&](const Name& name) { return Print(name); });
}

Doc PolLayout::Keys(const V<ExprId>& keys) {
  return List(keys, [&](ExprId key) { return Print(key); });
}

Doc PolLayout::Title(const std::optional<std::string>& title) {
  if (!title) return d_.nil();
  Doc space = d_.gap();
  return d_.append(space, Take());
}

Doc PolLayout::Clauses(const V<Clause>& clauses) {
  Doc doc = d_.nil();
  for (const Clause& clause : clauses) {
    doc = d_.append(doc, d_.append(d_.hardline(), Hoist()));
    doc = d_.append(doc, Print(clause));
  }
  return d_.nest(indent_, doc);
}

// --------------------------------------------------------------------------------------- Declarations

std::string PolLayout::Header() {
  d_ = DocBuilder();
  const syntax::pol::Header& h = *file_.header;
  Doc doc = Words({"policy"});
  doc = Spaced(doc, Take());
  if (h.version) doc = d_.concat({doc, d_.line(), Words({"version"}), d_.gap(), Take()});
  if (h.owner) doc = d_.concat({doc, d_.line(), Words({"owner"}), d_.gap(), Take()});
  if (h.governs) doc = d_.concat({doc, d_.line(), Words({"governs"}), d_.gap(), Print(*h.governs)});
  return d_.Render(d_.group(d_.nest(indent_, doc)), width_);
}

std::string PolLayout::Declaration(const Decl& decl) {
  d_ = DocBuilder();
  Doc doc = std::visit([&](const auto& d) { return Print(d); }, decl);
  return d_.Render(doc, width_);
}

Doc PolLayout::Print(const UseDecl& d) {
  Doc doc = Words({"use"});
  doc = Spaced(doc, Names(d.modules));
  if (!d.settings.empty()) doc = d_.concat({doc, d_.line(), Words({"with"}), d_.gap(), Args(d.settings)});
  doc = d_.append(doc, Print(d.mode));
  return d_.group(d_.nest(indent_, doc));
}

Doc PolLayout::Print(const SettingDecl& d) {
  Doc doc = Words({"setting"});
  doc = Spaced(doc, Print(d.name));
  doc = Spaced(doc, Words({":"}));
  doc = Spaced(doc, Print(d.type));
  if (d.value != syntax::kNoExpr) doc = d_.concat({doc, d_.gap(), Words({"is"}), d_.gap(), Print(d.value)});
  return d_.group(d_.nest(indent_, doc));
}

Doc PolLayout::Print(const EntityDecl& d) {
  Doc doc = Take();
  doc = Spaced(doc, Names(d.names));
  if (!d.parents.empty()) doc = d_.concat({doc, d_.line(), Words({"in"}), d_.gap(), Names(d.parents)});
  if (d.owned_by) doc = d_.concat({doc, d_.line(), Words({"owned", "by"}), d_.gap(), Print(*d.owned_by)});
  if (!d.attrs.empty()) doc = Spaced(doc, Words({"has"}));
  return d_.append(d_.group(d_.nest(indent_, doc)), Attributes(d.attrs));
}

Doc PolLayout::Print(const RecordDecl& d) {
  Doc doc = Words({"record"});
  doc = Spaced(doc, Print(d.name));
  doc = Spaced(doc, Words({"has"}));
  return d_.append(d_.nest(indent_, doc), Attributes(d.attrs));
}

Doc PolLayout::Print(const ClassDecl& d) {
  Doc doc = Words({"action", "class"});
  doc = Spaced(doc, Print(d.name));
  doc = Spaced(doc, Words({"is"}));
  return d_.nest(indent_, Spaced(doc, Take()));
}

Doc PolLayout::Print(const ActionDecl& d) {
  Doc doc = Words({"action"});
  doc = Spaced(doc, List(d.names, [&](const ActionName& name) { return Print(name); }));
  if (!d.classes.empty()) doc = d_.concat({doc, d_.line(), Words({"in"}), d_.gap(), Names(d.classes)});
  if (!d.by.empty()) doc = d_.concat({doc, d_.line(), Words({"by"}), d_.gap(), Names(d.by)});
  if (!d.on.empty()) doc = d_.concat({doc, d_.line(), Words({"on"}), d_.gap(), Names(d.on)});
  if (!d.attrs.empty()) doc = Spaced(doc, Words({"with"}));
  return d_.append(d_.group(d_.nest(indent_, doc)), Attributes(d.attrs));
}

Doc PolLayout::Print(const EvidenceDecl& d) {
  Doc doc = Words({"evidence"});
  doc = Spaced(doc, Print(d.name));
  if (d.undo) doc = Spaced(doc, Glued(3));
  doc = Spaced(doc, Take());
  if (d.type) return d_.nest(indent_, Spaced(doc, Print(*d.type)));
  return d_.append(d_.nest(indent_, doc), Attributes(d.attrs));
}

Doc PolLayout::Print(const LevelsDecl& d) {
  Doc doc = Words({"levels"});
  doc = Spaced(doc, Print(d.name));
  doc = Spaced(doc, Words({"is"}));
  for (size_t i = 0; i < d.levels.size(); ++i) {
    if (i > 0) doc = d_.concat({doc, d_.line(), Words({"<"})});
    doc = Spaced(doc, Print(d.levels[i]));
  }
  doc = d_.append(doc, Words({","}));
  doc = d_.concat({doc, d_.line(), Words({"higher", "is"}), d_.gap(), Take()});
  return d_.group(d_.nest(indent_, doc));
}

Doc PolLayout::Print(const NeedsDecl& d) {
  Doc doc = Words({"needs"});
  doc = Spaced(doc, Take());
  doc = Spaced(doc, Words({"has"}));
  return d_.append(d_.nest(indent_, doc), Attributes(d.attrs));
}

Doc PolLayout::Print(const AssumeDecl& d) {
  Doc doc = Words({"assume"});
  doc = Spaced(doc, Print(d.name));
  return d_.group(d_.append(d_.nest(indent_, doc), OnLine(Print(d.condition))));
}

Doc PolLayout::Print(const LimitKindDecl& d) {
  Doc doc = Words({"limit", "kind"});
  doc = Spaced(doc, Print(d.name));
  doc = Spaced(doc, Words({":"}));
  doc = Spaced(doc, Print(d.type));
  doc = d_.append(doc, Words({","}));
  doc = Spaced(doc, Take());
  return d_.nest(indent_, Spaced(doc, Take()));
}

Doc PolLayout::Print(const FactDecl& d) {
  Doc doc = Words({"fact"});
  doc = Spaced(doc, Print(d.name));
  doc = Spaced(doc, Words({":"}));
  doc = Spaced(doc, Print(d.type));
  doc = Spaced(doc, Words({"is"}));
  if (d.form == FactDecl::Form::kExpression)
    return d_.group(d_.append(d_.nest(indent_, doc), OnLine(Print(d.otherwise))));
  doc = Spaced(doc, Words({"the"}));
  doc = Spaced(doc, Take());
  doc = Spaced(doc, Words({"of"}));
  // The `when`s stand in one column where the values are single words.
  size_t width = 0;
  for (const FactDecl::Row& row : d.rows) {
    const Expr& value = file_[row.value];
    bool number = value.kind == ExprKind::kNumber || value.kind == ExprKind::kDecimal;  // perhaps two tokens
    bool word = (value.kind <= ExprKind::kText && !number) || value.kind == ExprKind::kName;
    if (!word) width = SIZE_MAX;
    if (width != SIZE_MAX) width = std::max<size_t>(width, value.span.end - value.span.begin);
  }
  if (width == SIZE_MAX) width = 0;
  Doc rows = d_.nil();
  for (const FactDecl::Row& row : d.rows) {
    rows = d_.append(rows, d_.append(d_.hardline(), Hoist()));
    const source::Span& span = file_[row.value].span;
    Doc value = Print(row.value);
    Doc head = Spaced(Padded(value, span.end - span.begin, width), Words({"when"}));
    head = Spaced(head, Print(row.when));
    rows = d_.concat({rows, d_.nest(indent_, head), Words({","})});
  }
  rows = d_.append(rows, d_.append(d_.hardline(), Hoist()));
  Doc otherwise = Words({"otherwise"});
  rows = d_.append(rows, Spaced(otherwise, Print(d.otherwise)));
  return d_.nest(indent_, d_.append(doc, rows));
}

Doc PolLayout::Print(const LadderDecl& d) {
  Doc doc = Words({"ladder", "for"});
  doc = Spaced(doc, Print(d.who));
  if (d.which) doc = d_.concat({doc, d_.line(), Words({"on"}), d_.gap(), Print(*d.which)});
  if (d.when != syntax::kNoExpr) doc = d_.concat({doc, d_.line(), Words({"when"}), d_.gap(), Print(d.when)});
  doc = d_.concat({doc, d_.line(), Words({"gives"})});
  if (d.rows_of != syntax::kNoExpr) {
    doc = d_.concat({doc, d_.gap(), Words({"rows", "of"}), d_.gap(), Print(d.rows_of)});
    return d_.group(d_.nest(indent_, doc));
  }
  size_t width = 0;
  for (const LadderDecl::Row& row : d.rows) width = std::max(width, row.action_class.text.size());
  Doc rows = d_.nil();
  for (size_t i = 0; i < d.rows.size(); ++i) {
    if (i > 0) rows = d_.append(rows, Words({","}));
    rows = d_.append(rows, d_.append(d_.hardline(), Hoist()));
    const LadderDecl::Row& row = d.rows[i];
    Doc name = Padded(Print(row.action_class), row.action_class.text.size(), width);
    rows = d_.append(rows, Spaced(name, Words({":"})));
    rows = Spaced(rows, Print(row.level));
    if (row.until) rows = d_.concat({rows, d_.gap(), Words({"until"}), d_.gap(), Take()});
  }
  return d_.append(d_.group(d_.nest(indent_, doc)), d_.nest(indent_, rows));
}

Doc PolLayout::Print(const CapDecl& d) {
  Doc doc = Words({"cap"});
  doc = Spaced(doc, Print(d.name));
  doc = d_.append(doc, Print(d.mode));
  doc = Spaced(doc, Words({"autonomy", "at"}));
  doc = Spaced(doc, Print(d.level));
  if (d.target) doc = d_.concat({doc, d_.line(), Words({"for"}), d_.gap(), Print(*d.target)});
  return d_.append(d_.group(d_.nest(indent_, doc)), Clauses(d.clauses));
}

Doc PolLayout::Print(const RuleDecl& d) {
  Doc doc = Words({"rule"});
  doc = Spaced(doc, Print(d.name));
  doc = d_.append(doc, Print(d.mode));
  doc = d_.append(doc, Title(d.title));
  Doc effect = d_.append(d_.hardline(), Hoist());
  effect = d_.append(effect, Take());
  if (d.effect == RuleEffect::kAllow || d.effect == RuleEffect::kForbid) {
    effect = Spaced(effect, Print(d.target));
    return d_.append(d_.nest(indent_, d_.append(doc, effect)), Clauses(d.clauses));
  }
  Doc what = d_.nil();
  if (d.effect == RuleEffect::kLimit) {
    what = List(d.limits, [&](const Limit& limit) { return Print(limit); });
  } else if (d.effect == RuleEffect::kSuggest) {
    what = Print(d.suggestion);
    if (!d.variant.empty()) what = d_.concat({what, d_.line(), Words({"with"}), d_.gap(), Args(d.variant)});
  } else {
    for (size_t i = 0; i < d.needs.size(); ++i) {
      if (i > 0) what = d_.concat({what, d_.line(), Words({"and"}), d_.gap()});
      what = d_.append(what, Print(d.needs[i]));
    }
  }
  // `for …` on a line of its own unless everything fits on one.
  Doc head = d_.append(d_.gap(), d_.group(d_.nest(2 * indent_, what)));
  Doc target = Words({"for"});
  target = Spaced(target, Print(d.target));
  effect = d_.append(effect, d_.group(d_.concat({head, d_.line(), target})));
  return d_.append(d_.nest(indent_, d_.append(doc, effect)), Clauses(d.clauses));
}

Doc PolLayout::Print(const SwitchDecl& d) {
  Doc doc = Words({"switch"});
  doc = Spaced(doc, Print(d.name));
  if (d.each) doc = d_.concat({doc, d_.line(), Words({"for", "each"}), d_.gap(), Print(*d.each)});
  if (d.fresh_within != syntax::kNoExpr)
    doc = d_.concat({doc, d_.line(), Words({"fresh", "within"}), d_.gap(), Print(d.fresh_within)});
  return d_.group(d_.nest(indent_, doc));
}

Doc PolLayout::Print(const CounterDecl& d) {
  Doc doc = Take();
  doc = Spaced(doc, Print(d.name));
  doc = Spaced(doc, Words({"counts"}));
  doc = Spaced(doc, Print(d.what));
  doc = d_.concat({doc, d_.line(), Words({"for", "each"}), d_.gap(), Keys(d.keys)});
  doc = d_.concat({doc, d_.line(), Words({"over"}), d_.gap(), Print(d.over)});
  return d_.group(d_.nest(indent_, doc));
}

Doc PolLayout::Print(const TotalDecl& d) {
  Doc doc = Words({"total"});
  doc = Spaced(doc, Print(d.name));
  doc = Spaced(doc, Words({"sums"}));
  doc = Spaced(doc, Print(d.sums));
  doc = Spaced(doc, Words({"of"}));
  doc = Spaced(doc, Print(d.what));
  doc = d_.concat({doc, d_.line(), Words({"for", "each"}), d_.gap(), Keys(d.keys)});
  doc = d_.concat({doc, d_.line(), Words({"over"}), d_.gap(), Print(d.over)});
  return d_.group(d_.nest(indent_, doc));
}

Doc PolLayout::Print(const LabelDecl& d) {
  Doc doc = Words({"label"});
  doc = Spaced(doc, Print(d.name));
  doc = Spaced(doc, Words({"on"}));
  doc = Spaced(doc, Print(d.key));
  doc = d_.append(doc, Words({","}));
  doc = d_.concat({doc, d_.line(), Words({"set", "by"}), d_.gap(), Print(d.set_by)});
  if (d.when != syntax::kNoExpr) doc = d_.concat({doc, d_.line(), Words({"when"}), d_.gap(), Print(d.when)});
  return d_.group(d_.nest(indent_, doc));
}

Doc PolLayout::Print(const BreakerDecl& d) {
  Doc doc = Words({"breaker"});
  doc = Spaced(doc, Print(d.name));
  doc = Spaced(doc, Words({"for", "each"}));
  doc = Spaced(doc, Keys(d.keys));
  doc = d_.concat({doc, d_.line(), Words({"opens", "at"}), d_.gap(), Print(d.threshold)});
  doc = Spaced(doc, Print(d.counts));
  doc = d_.concat({doc, d_.gap(), Words({"over"}), d_.gap(), Print(d.over)});
  if (d.closes_after != syntax::kNoExpr)
    doc = d_.concat({doc, d_.line(), Words({"closes", "after"}), d_.gap(), Print(d.closes_after)});
  return d_.group(d_.nest(indent_, doc));
}

Doc PolLayout::Print(const HoursDecl&) {
  // hours NAME is Mon to Fri from 09:00 to 17:00 in "zone": twelve words whatever they are.
  constexpr size_t kWords = 12;
  Doc doc = Take();
  for (size_t i = 1; i < kWords; ++i) doc = Spaced(doc, Take());
  return d_.nest(indent_, doc);
}

Doc PolLayout::Print(const Given& given) {
  Doc doc = Words({"given"});
  switch (given.kind) {
    case Given::Kind::kEntity:
      doc = Spaced(doc, Print(given.entity));
      if (!given.parents.empty()) {
        doc = d_.concat({doc, d_.line(), Words({"in"}), d_.gap(),
                         List(given.parents, [&](const EntityRef& parent) { return Print(parent); })});
      }
      if (!given.args.empty()) doc = d_.concat({doc, d_.line(), Words({"with"}), d_.gap(), Args(given.args)});
      break;
    case Given::Kind::kNow:
      doc = Spaced(doc, Words({"now"}));
      doc = Spaced(doc, Take());
      break;
    case Given::Kind::kState:
      doc = Spaced(doc, Print(given.name));
      if (given.key != syntax::kNoExpr)
        doc = d_.concat({doc, d_.gap(), Words({"of"}), d_.gap(), Print(given.key)});
      doc = Spaced(doc, Words({"is"}));
      doc = Spaced(doc, given.state ? Take() : Print(given.value));
      break;
    case Given::Kind::kApproval:
    case Given::Kind::kRefusal:
      doc = Spaced(doc, Take());
      doc = Spaced(doc, Words({"by"}));
      doc = Spaced(doc, Print(given.entity));
      doc = Spaced(doc, Take());
      doc = Spaced(doc, Words({"ago"}));
      break;
    case Given::Kind::kEvidence:
      doc = Spaced(doc, Words({"evidence"}));
      doc = Spaced(doc, Print(given.name));
      if (given.value != syntax::kNoExpr) {
        doc = Spaced(doc, Print(given.value));
      } else {
        doc = d_.concat({doc, d_.line(), Words({"with"}), d_.gap(), Args(given.args)});
      }
      break;
    case Given::Kind::kActsFor:
      doc = Spaced(doc, Print(given.entity));
      doc = Spaced(doc, Words({"acts", "for"}));
      doc = Spaced(doc, List(given.hops, [&](const Given::Hop& hop) {
                     Doc out = Print(hop.principal);
                     if (hop.classes.empty()) return out;
                     Doc words = Words({"to", "do", "any"});
                     return d_.concat({out, d_.gap(), words, d_.gap(), Names(hop.classes)});
                   }));
      break;
    case Given::Kind::kEnforces:
      doc = Spaced(doc, Words({"enforces"}));
      doc = Spaced(doc, given.kinds.empty() ? Take() : Names(given.kinds));
      break;
    case Given::Kind::kFixtures:
      doc = Spaced(doc, Names(given.kinds));
      break;
  }
  return d_.group(d_.nest(indent_, doc));
}

Doc PolLayout::Print(const Expectation& expect) {
  Doc doc = Words({"expect"});
  doc = Spaced(doc, Take());
  if (expect.outcome == Expectation::Outcome::kSuggest) doc = Spaced(doc, Print(expect.suggestion));
  if (expect.outcome == Expectation::Outcome::kRequireApproval) {
    // What is missing, in the order it was written in.
    for (;;) {
      const bool evidence = At("evidence");
      doc = Spaced(doc, Take());
      if (evidence) doc = Spaced(doc, Take());
      if (!At("and")) break;
      doc = Spaced(doc, Take());
    }
  }
  if (expect.why) doc = d_.concat({doc, d_.gap(), Words({"because"}), d_.gap(), Print(*expect.why)});
  if (expect.has_limits)
    doc = d_.concat({doc, d_.line(), Words({"with", "limits"}), d_.gap(), Args(expect.limits)});
  if (!expect.by.empty()) {
    Doc by = Words({"by"});
    doc = d_.concat({doc, d_.line(), by, d_.gap(), Rules(expect.by)});
  }
  if (!expect.not_by.empty()) {
    Doc by = Words({"not", "by"});
    doc = d_.concat({doc, d_.line(), by, d_.gap(), Rules(expect.not_by)});
  }
  return d_.group(d_.nest(indent_, doc));
}

Doc PolLayout::Rules(const std::vector<RuleRef>& rules) {
  return List(rules, [&](const RuleRef&) {
    // What stands before the slash may have dots in it, and be quoted.
    Doc out = Take();
    while (At(".") || At("/")) out = d_.append(out, Glued(2));
    return out;
  });
}

Doc PolLayout::Print(const Ask& ask) {
  Doc doc = List(ask.principals, [&](const EntityRef& who) { return Print(who); });
  doc = Spaced(doc, Words({"asks"}));
  if (ask.times_written) {
    doc = Spaced(doc, Take());
    doc = Spaced(doc, Words({"times"}));
  }
  doc = Spaced(doc, Words({"to"}));
  doc = Spaced(doc, List(ask.actions, [&](const ActionName& action) { return Print(action); }));
  Doc on = Words({"on"});
  doc = d_.concat({doc, d_.line(), on, d_.gap(),
                   List(ask.resources, [&](const EntityRef& which) { return Print(which); })});
  if (!ask.args.empty()) doc = d_.concat({doc, d_.line(), Words({"with"}), d_.gap(), Args(ask.args)});
  return d_.group(d_.nest(indent_, doc));
}

Doc PolLayout::Lines(const std::vector<Given>& givens) {
  Doc lines = d_.nil();
  for (const Given& given : givens) {
    lines = d_.append(lines, d_.append(d_.hardline(), Hoist()));
    lines = d_.append(lines, Print(given));
  }
  return lines;
}

Doc PolLayout::Lines(const std::vector<Next>& next) {
  Doc lines = d_.nil();
  for (const Next& one : next) {
    lines = d_.append(lines, d_.append(d_.hardline(), Hoist()));
    lines = d_.append(lines, Print(one));
  }
  return lines;
}

// On one line if nothing is given before the request.
Doc PolLayout::Print(const Next& next) {
  Doc doc = Words({"then"});
  if (next.after) {
    doc = Spaced(doc, Words({"after"}));
    doc = Spaced(doc, Take());
  }
  doc = d_.append(doc, Lines(next.givens));
  if (next.ask) {
    doc = next.givens.empty() ? d_.append(doc, d_.gap()) : d_.append(doc, d_.append(d_.hardline(), Hoist()));
    if (next.when) {
      Doc when = Words({"when"});
      doc = d_.append(doc, when);
      doc = d_.append(doc, d_.gap());
    }
    doc = d_.append(doc, Print(*next.ask));
  }
  if (next.givens.empty() && !next.ask) {
    doc = d_.append(doc, d_.gap());
  } else {
    doc = d_.append(doc, d_.append(d_.hardline(), Hoist()));
  }
  doc = d_.append(doc, Print(next.expect));
  return d_.nest(indent_, doc);
}

Doc PolLayout::Print(const TestCase& c) {
  Doc doc = Words({"case"});
  doc = Spaced(doc, Take());
  if (!c.args.empty()) {
    Doc with = Words({"with"});
    doc = d_.concat({doc, d_.gap(), with, d_.gap(), Args(c.args)});
  }
  doc = d_.append(doc, Lines(c.givens));
  if (c.ask) {
    doc = d_.append(doc, d_.append(d_.hardline(), Hoist()));
    Doc when = Words({"when"});
    doc = d_.append(doc, when);
    doc = d_.append(doc, d_.gap());
    doc = d_.append(doc, Print(*c.ask));
  }
  if (c.givens.empty() && !c.ask) {
    // A row of a table, where it fits.
    doc = d_.append(doc, d_.line());
    doc = d_.group(d_.append(doc, Print(c.expect)));
  } else {
    doc = d_.append(doc, d_.append(d_.hardline(), Hoist()));
    doc = d_.append(doc, Print(c.expect));
  }
  doc = d_.append(doc, Lines(c.next));
  return d_.nest(indent_, doc);
}

Doc PolLayout::Print(const FixtureDecl& d) {
  Doc doc = Words({"fixture"});
  doc = Spaced(doc, Print(d.name));
  return d_.nest(indent_, d_.append(doc, Lines(d.givens)));
}

Doc PolLayout::Print(const TestDecl& d) {
  Doc doc = Words({"test"});
  doc = Spaced(doc, Take());
  doc = d_.append(doc, Lines(d.givens));
  if (d.ask) {
    doc = d_.append(doc, d_.append(d_.hardline(), Hoist()));
    Doc when = Words({"when"});
    doc = d_.append(doc, when);
    doc = d_.append(doc, d_.gap());
    doc = d_.append(doc, Print(*d.ask));
  }
  if (d.expect) {
    doc = d_.append(doc, d_.append(d_.hardline(), Hoist()));
    doc = d_.append(doc, Print(*d.expect));
  }
  doc = d_.append(doc, Lines(d.next));
  for (const TestCase& c : d.cases) {
    doc = d_.append(doc, d_.append(d_.hardline(), Hoist()));
    doc = d_.append(doc, Print(c));
  }
  return d_.nest(indent_, doc);
}

Doc PolLayout::Print(const GuaranteeDecl& d) {
  Doc doc = Words({"guarantee"});
  doc = Spaced(doc, Print(d.name));
  doc = d_.append(doc, Title(d.title));
  Doc lines = d_.append(d_.hardline(), Hoist());
  lines = d_.append(lines, Take());
  lines = Spaced(lines, Words({"allow"}));
  lines = Spaced(lines, Print(d.target));
  if (d.without != GuaranteeDecl::Without::kNothing) {
    lines = d_.append(lines, d_.append(d_.hardline(), Hoist()));
    Doc without = Words({"without"});
    without = Spaced(without, Take());
    if (d.without == GuaranteeDecl::Without::kApproval) without = Spaced(without, Print(d.quorums));
    if (d.without == GuaranteeDecl::Without::kLimit) without = Spaced(without, Print(d.limit));
    lines = d_.append(lines, d_.group(d_.nest(indent_, without)));
  }
  if (d.when != syntax::kNoExpr) {
    lines = d_.append(lines, d_.append(d_.hardline(), Hoist()));
    Doc when = Words({"when"});
    lines = d_.append(lines, Spaced(when, Print(d.when)));
  }
  return d_.nest(indent_, d_.append(doc, lines));
}

}  // namespace polc::format
