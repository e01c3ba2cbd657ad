#include "compiler/syntax/pol_tree.h"

#include <fmt/format.h>

#include <utility>

#include "compiler/source/quote.h"

namespace polc::syntax::pol {

// ---------------------------------------------------------------------------------------------- Texts

source::Diagnostic& TreeBuilder::Report(Code code, Span span, std::string message) {
  return sink_.Report(code, span, std::move(message));
}

std::string_view TreeBuilder::StringBody(const Token* token) const {
  std::string_view text = map_.text(SpanOf(token));
  return text.substr(1, text.size() - 2);
}

void TreeBuilder::ReportEscapes(const Token* token, const std::vector<EscapeError>& errors) {
  for (const EscapeError& e : errors) {
    uint32_t base = static_cast<uint32_t>(token->getStartIndex()) + 1;
    Span at{file_id_, base + static_cast<uint32_t>(e.begin), base + static_cast<uint32_t>(e.end)};
    Report(Code::kInvalidEscape, at,
           fmt::format("`{}` in a text: {}", source::Escape(map_.text(at)), e.message));
  }
}

std::string TreeBuilder::StringText(TerminalNode* node) {
  std::vector<EscapeError> errors;
  std::string text = Unescape(StringBody(node->getSymbol()), errors);
  ReportEscapes(node->getSymbol(), errors);
  return text;
}

std::optional<std::string> TreeBuilder::OptionalText(TerminalNode* node) {
  if (node == nullptr) return std::nullopt;
  return StringText(node);
}

// ---------------------------------------------------------------------------------------------- Parts

Name TreeBuilder::MakeName(P::IdContext* tree) const {
  return {.text = std::string(TextOf(tree)), .span = SpanOf(tree)};
}

Name TreeBuilder::MakeName(P::LimitNameContext* tree) const {
  return {.text = std::string(TextOf(tree)), .span = SpanOf(tree)};
}

Name TreeBuilder::MakeName(P::LevelContext* tree) const {
  return {.text = std::string(TextOf(tree)), .span = SpanOf(tree)};
}

Name TreeBuilder::MakeName(P::DottedContext* tree) const {
  Name name{.text = {}, .span = SpanOf(tree)};
  for (P::IdContext* part : tree->id()) {
    if (!name.text.empty()) name.text += '.';
    name.text += TextOf(part);
  }
  return name;
}

Name TreeBuilder::MakeName(P::ModuleNameContext* tree) const {
  Name name{.text = std::string(TextOf(tree->id())), .span = SpanOf(tree)};
  for (P::WordContext* part : tree->word()) {
    name.text += '.';
    name.text += TextOf(part);
  }
  return name;
}

std::vector<Name> TreeBuilder::MakeNames(P::NamesContext* tree) const {
  std::vector<Name> names;
  if (tree == nullptr) return names;
  for (P::DottedContext* name : tree->dotted()) names.push_back(MakeName(name));
  return names;
}

EntityRef TreeBuilder::MakeEntity(P::EntityContext* tree) {
  EntityRef entity;
  entity.type = MakeName(tree->dotted());
  entity.id = StringText(tree->STRING());
  entity.span = SpanOf(tree);
  return entity;
}

ActionName TreeBuilder::MakeActionName(P::ActionNameContext* tree) {
  ActionName name;
  name.span = SpanOf(tree);
  name.quoted = tree->STRING() != nullptr;
  if (name.quoted) name.text = StringText(tree->STRING());
  if (tree->dotted() == nullptr) return name;
  name.qualifier = MakeName(tree->dotted());
  if (name.quoted) return name;
  // Unquoted, the last part is the action.
  std::vector<P::IdContext*> parts = tree->dotted()->id();
  name.text = TextOf(parts.back());
  if (parts.size() == 1) {
    name.qualifier = Name();
  } else {
    name.qualifier.text.resize(name.qualifier.text.rfind('.'));
    name.qualifier.span = source::Cover(SpanOf(parts.front()), SpanOf(parts[parts.size() - 2]));
  }
  return name;
}

TypeRef TreeBuilder::MakeType(P::TypeContext* tree) {
  TypeRef type;
  type.is_set = tree->SET_OF() != nullptr;
  type.name = MakeName(tree->dotted());
  type.span = SpanOf(tree);
  return type;
}

void TreeBuilder::CheckPercent(const TypeRef& type, ExprId value) {
  if (type.name.text != "Percent" || type.is_set || value == kNoExpr) return;
  const Expr& e = file_.exprs[value];
  if (e.kind != ExprKind::kNumber && e.kind != ExprKind::kDecimal) return;
  Report(Code::kPercentWithoutSign, e.span,
         fmt::format("`{}` stands where a Percent is declared, which is written with `%`", map_.text(e.span)))
      .help = fmt::format("write `{}%`", map_.text(e.span));
}

std::vector<Attr> TreeBuilder::MakeAttrs(const std::vector<P::AttributeContext*>& trees) {
  std::vector<Attr> attrs;
  for (P::AttributeContext* tree : trees) {
    Attr attr;
    P::AttributeNameContext* name = tree->attributeName();
    attr.quoted = name->STRING() != nullptr;
    attr.name = attr.quoted ? StringText(name->STRING()) : std::string(TextOf(name));
    attr.name_span = SpanOf(name);
    attr.optional = tree->QUESTION() != nullptr;
    attr.type = MakeType(tree->type());
    if (tree->MOST() != nullptr) {
      attr.type.at_most_span = SpanOf(tree->INT());
      attr.type.at_most = ReadInteger(TextOf(tree->INT()), false, attr.type.at_most_span);
      attr.type.span = source::Cover(attr.type.span, attr.type.at_most_span);
    }
    attr.from_host = tree->FROM() != nullptr;
    if (tree->operand() != nullptr) attr.if_missing = Build(tree->operand());
    CheckPercent(attr.type, attr.if_missing);
    attr.varies = tree->VARIES() != nullptr;
    attr.span = SpanOf(tree);
    attrs.push_back(std::move(attr));
  }
  return attrs;
}

Mode TreeBuilder::MakeMode(P::RuleModeContext* tree) {
  if (tree == nullptr) return Mode::kDefault;
  return tree->SHADOW() != nullptr ? Mode::kShadow : Mode::kEnforced;
}

ActionClass TreeBuilder::MakeActionClass(P::ActionClassContext* tree) {
  if (tree->READ_ONLY() != nullptr) return ActionClass::kReadOnly;
  return tree->REVERSIBLE() != nullptr ? ActionClass::kReversible : ActionClass::kIrreversible;
}

StateWord TreeBuilder::MakeStateWord(P::StateWordContext* tree) {
  if (tree->ON() != nullptr) return StateWord::kOn;
  if (tree->OFF() != nullptr) return StateWord::kOff;
  return tree->OPEN() != nullptr ? StateWord::kOpen : StateWord::kClosed;
}

std::vector<Arg> TreeBuilder::MakeArgs(const std::vector<P::ArgumentContext*>& trees) {
  std::vector<Arg> args;
  for (P::ArgumentContext* tree : trees) {
    Arg arg;
    P::AttributeNameContext* name = tree->attributeName();
    arg.quoted = name->STRING() != nullptr;
    arg.name = arg.quoted ? StringText(name->STRING()) : std::string(TextOf(name));
    arg.name_span = SpanOf(name);
    arg.value = Build(tree->operand());
    arg.span = SpanOf(tree);
    args.push_back(std::move(arg));
  }
  return args;
}

// --------------------------------------------------------------------------------------- Declarations

void TreeBuilder::Build(P::DeclarationsContext* tree) {
  if (tree->header() != nullptr) AddHeader(tree->header());
  for (P::DeclarationContext* declaration : tree->declaration()) AddDeclaration(declaration);
}

void TreeBuilder::AddDeclaration(P::DeclarationContext* tree) {
  size_t exprs = file_.exprs.size();
  size_t reported = sink_.diagnostics().size();
  too_deep_ = false;
  depths_.resize(exprs);
  auto add = [&](auto* declaration) {
    if (declaration == nullptr) return;
    auto decl = Make(declaration);
    decl.span = SpanOf(declaration);
    file_.decls.emplace_back(std::move(decl));
  };
  add(tree->useDecl());
  add(tree->settingDecl());
  add(tree->groupDecl());
  add(tree->principalDecl());
  add(tree->resourceDecl());
  add(tree->recordDecl());
  add(tree->classDecl());
  add(tree->actionDecl());
  add(tree->evidenceDecl());
  add(tree->levelsDecl());
  add(tree->needsDecl());
  add(tree->assumeDecl());
  add(tree->limitKindDecl());
  add(tree->factDecl());
  add(tree->ladderDecl());
  add(tree->capDecl());
  add(tree->ruleDecl());
  add(tree->switchDecl());
  add(tree->counterDecl());
  add(tree->totalDecl());
  add(tree->labelDecl());
  add(tree->breakerDecl());
  add(tree->hoursDecl());
  add(tree->fixtureDecl());
  add(tree->testDecl());
  add(tree->guaranteeDecl());
  if (sink_.diagnostics().size() == reported) return;
  file_.decls.pop_back();
  file_.exprs.resize(exprs);
}

void TreeBuilder::AddHeader(P::HeaderContext* tree) {
  Header header;
  header.policy = StringText(tree->STRING(0));
  header.name_span = SpanOf(tree->STRING(0));
  size_t next = 1;
  if (tree->VERSION() != nullptr) header.version = StringText(tree->STRING(next++));
  if (tree->OWNER() != nullptr) header.owner = StringText(tree->STRING(next));
  if (tree->scope() != nullptr) header.governs = MakeScope(tree->scope());
  header.span = SpanOf(tree);
  file_.header = std::move(header);
}

UseDecl TreeBuilder::Make(P::UseDeclContext* tree) {
  UseDecl use;
  for (P::ModuleNameContext* name : tree->moduleName()) use.modules.push_back(MakeName(name));
  for (P::SettingContext* setting : tree->setting()) {
    Arg arg;
    arg.name = TextOf(setting->id());
    arg.name_span = SpanOf(setting->id());
    arg.value = Build(setting->constant());
    arg.span = SpanOf(setting);
    use.settings.push_back(std::move(arg));
  }
  use.mode = MakeMode(tree->ruleMode());
  return use;
}

SettingDecl TreeBuilder::Make(P::SettingDeclContext* tree) {
  SettingDecl setting;
  setting.name = MakeName(tree->id());
  setting.type = MakeType(tree->type());
  if (tree->constant() != nullptr) setting.value = Build(tree->constant());
  CheckPercent(setting.type, setting.value);
  return setting;
}

EntityDecl TreeBuilder::Make(P::GroupDeclContext* tree) {
  EntityDecl group;
  group.kind = EntityDecl::Kind::kGroup;
  for (P::IdContext* id : tree->id()) group.names.push_back(MakeName(id));
  group.parents = MakeNames(tree->names());
  group.attrs = MakeAttrs(tree->attribute());
  return group;
}

EntityDecl TreeBuilder::Make(P::PrincipalDeclContext* tree) {
  EntityDecl type;
  type.kind = tree->PERSON() != nullptr  ? EntityDecl::Kind::kPerson
              : tree->AGENT() != nullptr ? EntityDecl::Kind::kAgent
                                         : EntityDecl::Kind::kPrincipal;
  type.names.push_back(MakeName(tree->id()));
  type.parents = MakeNames(tree->names());
  if (tree->dotted() != nullptr) type.owned_by = MakeName(tree->dotted());
  type.attrs = MakeAttrs(tree->attribute());
  return type;
}

EntityDecl TreeBuilder::Make(P::ResourceDeclContext* tree) {
  EntityDecl type;
  type.kind = EntityDecl::Kind::kResource;
  type.names.push_back(MakeName(tree->id()));
  type.parents = MakeNames(tree->names());
  type.attrs = MakeAttrs(tree->attribute());
  return type;
}

RecordDecl TreeBuilder::Make(P::RecordDeclContext* tree) {
  RecordDecl record;
  record.name = MakeName(tree->id());
  record.attrs = MakeAttrs(tree->attribute());
  return record;
}

ClassDecl TreeBuilder::Make(P::ClassDeclContext* tree) {
  ClassDecl decl;
  decl.name = MakeName(tree->id());
  decl.kind = MakeActionClass(tree->actionClass());
  return decl;
}

ActionDecl TreeBuilder::Make(P::ActionDeclContext* tree) {
  ActionDecl action;
  for (P::ActionNameContext* name : tree->actionName()) action.names.push_back(MakeActionName(name));
  action.classes = MakeNames(tree->groups);
  action.by = MakeNames(tree->principals);
  action.on = MakeNames(tree->resources);
  action.attrs = MakeAttrs(tree->attribute());
  return action;
}

EvidenceDecl TreeBuilder::Make(P::EvidenceDeclContext* tree) {
  EvidenceDecl evidence;
  evidence.name = MakeName(tree->id());
  evidence.undo = tree->UNDO() != nullptr;
  if (tree->type() != nullptr) evidence.type = MakeType(tree->type());
  evidence.attrs = MakeAttrs(tree->attribute());
  return evidence;
}

LevelsDecl TreeBuilder::Make(P::LevelsDeclContext* tree) {
  LevelsDecl levels;
  levels.name = MakeName(tree->id());
  for (P::LevelContext* level : tree->level()) levels.levels.push_back(MakeName(level));
  levels.higher_is_stricter = tree->STRICTER() != nullptr;
  return levels;
}

NeedsDecl TreeBuilder::Make(P::NeedsDeclContext* tree) {
  NeedsDecl needs;
  needs.var = tree->PRINCIPAL() != nullptr  ? Var::kPrincipal
              : tree->RESOURCE() != nullptr ? Var::kResource
                                            : Var::kContext;
  needs.attrs = MakeAttrs(tree->attribute());
  return needs;
}

AssumeDecl TreeBuilder::Make(P::AssumeDeclContext* tree) {
  AssumeDecl assume;
  assume.name = MakeName(tree->id());
  assume.condition = Build(tree->expr());
  return assume;
}

LimitKindDecl TreeBuilder::Make(P::LimitKindDeclContext* tree) {
  using Merge = LimitKindDecl::Merge;
  LimitKindDecl kind;
  kind.name = MakeName(tree->limitName());
  kind.type = MakeType(tree->type());
  P::MergeContext* merge = tree->merge();
  kind.merge = merge->LOWEST() != nullptr    ? Merge::kLowestWins
               : merge->HIGHEST() != nullptr ? Merge::kHighestWins
               : merge->COMMON() != nullptr  ? Merge::kCommonMembers
               : merge->ALL() != nullptr     ? Merge::kAllMembers
                                             : Merge::kAnyTrue;
  return kind;
}

FactDecl TreeBuilder::Make(P::FactDeclContext* tree) {
  FactDecl fact;
  fact.name = MakeName(tree->id());
  fact.type = MakeType(tree->type());
  if (tree->form == nullptr) {
    fact.otherwise = Build(tree->expr());
    CheckPercent(fact.type, fact.otherwise);
    return fact;
  }
  fact.form = tree->HIGHEST() != nullptr ? FactDecl::Form::kHighest : FactDecl::Form::kFirst;
  for (P::FactRowContext* row : tree->factRow()) {
    ExprId value = Build(row->value);
    CheckPercent(fact.type, value);
    fact.rows.push_back({.value = value, .when = Build(row->condition), .span = SpanOf(row)});
  }
  fact.otherwise = Build(tree->otherwise);
  CheckPercent(fact.type, fact.otherwise);
  return fact;
}

LadderDecl TreeBuilder::Make(P::LadderDeclContext* tree) {
  LadderDecl ladder;
  ladder.who = MakeScope(tree->who);
  if (tree->which != nullptr) ladder.which = MakeScope(tree->which);
  if (tree->expr() != nullptr) ladder.when = Build(tree->expr());
  for (P::LadderRowContext* row : tree->ladderRow()) {
    LadderDecl::Row out;
    out.action_class = MakeName(row->dotted());
    out.level = MakeName(row->id());
    if (row->DATETIME() != nullptr) out.until = ReadTime(row->DATETIME()->getSymbol());
    out.span = SpanOf(row);
    ladder.rows.push_back(std::move(out));
  }
  if (tree->path() != nullptr) ladder.rows_of = Build(tree->path());
  return ladder;
}

SwitchDecl TreeBuilder::Make(P::SwitchDeclContext* tree) {
  SwitchDecl decl;
  decl.name = MakeName(tree->id());
  if (tree->dotted() != nullptr) decl.each = MakeName(tree->dotted());
  if (tree->duration() != nullptr) decl.fresh_within = BuildDuration(tree->duration());
  return decl;
}

CounterDecl TreeBuilder::Make(P::CounterDeclContext* tree) {
  CounterDecl counter;
  counter.attempts = tree->ATTEMPTS() != nullptr;
  counter.name = MakeName(tree->id());
  counter.what = MakeActs(tree->acts());
  for (P::KeyContext* key : tree->key()) counter.keys.push_back(Build(key));
  counter.over = BuildDuration(tree->duration());
  return counter;
}

TotalDecl TreeBuilder::Make(P::TotalDeclContext* tree) {
  TotalDecl total;
  total.name = MakeName(tree->id());
  total.sums = Build(tree->path());
  total.what = MakeActs(tree->acts());
  for (P::KeyContext* key : tree->key()) total.keys.push_back(Build(key));
  total.over = BuildDuration(tree->duration());
  return total;
}

LabelDecl TreeBuilder::Make(P::LabelDeclContext* tree) {
  LabelDecl label;
  label.name = MakeName(tree->id());
  label.key = Build(tree->key());
  label.set_by = MakeActs(tree->acts());
  if (tree->expr() != nullptr) label.when = Build(tree->expr());
  return label;
}

BreakerDecl TreeBuilder::Make(P::BreakerDeclContext* tree) {
  BreakerDecl breaker;
  breaker.name = MakeName(tree->id(0));
  for (P::KeyContext* key : tree->key()) breaker.keys.push_back(Build(key));
  breaker.threshold = BuildCount(tree->threshold->INT(), tree->threshold->id());
  breaker.counts = MakeName(tree->counts);
  breaker.over = BuildDuration(tree->window);
  if (tree->closes != nullptr) breaker.closes_after = BuildDuration(tree->closes);
  return breaker;
}

HoursDecl TreeBuilder::Make(P::HoursDeclContext* tree) {
  HoursDecl hours;
  hours.name = MakeName(tree->id(0));
  hours.first_day = Day(tree->first);
  hours.last_day = Day(tree->last);
  hours.from = Minutes(tree->from);
  hours.to = Minutes(tree->until);
  hours.zone = StringText(tree->STRING());
  hours.zone_span = SpanOf(tree->STRING());
  if (hours.from >= hours.to) {
    Report(Code::kInvalidHours, source::Cover(SpanOf(tree->from), SpanOf(tree->until)),
           fmt::format("`{}` does not lie before `{}`", TextOf(tree->from), TextOf(tree->until)))
        .help = "hours over midnight are two: one to 24:00 and one from 00:00";
  }
  return hours;
}

uint8_t TreeBuilder::Day(P::IdContext* tree) {
  static const std::vector<std::string> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  std::string_view text = TextOf(tree);
  for (size_t i = 0; i < kDays.size(); ++i) {
    if (kDays[i] == text) return static_cast<uint8_t>(i);
  }
  Diagnostic& d = Report(Code::kInvalidHours, SpanOf(tree),
                         fmt::format("`{}` is no day of the week", source::Excerpt(text)));
  d.help = "the days are Mon, Tue, Wed, Thu, Fri, Sat and Sun";
  for (const std::string& day : kDays) {
    if (text.size() >= 3 && (text.substr(1, 2) == day.substr(1)) && (text[0] | 0x20) == (day[0] | 0x20))
      d.help = fmt::format("write `{}`", day);
  }
  return 0;
}

uint16_t TreeBuilder::Minutes(const Token* token) {
  std::string_view text = TextOf(token);
  int hour = (text[0] - '0') * 10 + (text[1] - '0');
  int minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (minute > 59 || hour > 24 || (hour == 24 && minute > 0)) {
    Report(Code::kInvalidHours, SpanOf(token), fmt::format("`{}` is no time of the day", text)).help =
        "the day goes from 00:00 to 24:00";
  }
  return static_cast<uint16_t>(hour * 60 + minute);
}

}  // namespace polc::syntax::pol
