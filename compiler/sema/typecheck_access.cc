// The Typechecker's attributes, tags, hierarchy, sets, records and calls, and the wording of its messages.

#include <algorithm>
#include <utility>

#include "compiler/data/extension.h"
#include "compiler/data/value.h"
#include "compiler/sema/typecheck.h"
#include "compiler/source/planted.h"

namespace polc::sema {

using core::Expr;
using core::ExprId;
using core::Op;
using source::Code;

namespace {

std::string JoinOr(const std::vector<std::string>& parts) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " or " : ", ";
    text += parts[i];
  }
  return text;
}

TypeId TypeOfKind(data::Kind kind) {
  switch (kind) {
    case data::Kind::kBool:
      return kBool;
    case data::Kind::kLong:
      return kLong;
    case data::Kind::kString:
      return kString;
    case data::Kind::kDecimal:
      return kDecimal;
    case data::Kind::kIp:
      return kIp;
    case data::Kind::kDatetime:
      return kDatetime;
    case data::Kind::kDuration:
      return kDuration;
    default:
      return kNoType;  // no extension function takes or gives entities, sets or records
  }
}

std::string_view LubAdvice(LubHelp help) {
  switch (help) {
    case LubHelp::kOptionality:
      return "; an attribute must be required in both records or optional in both";
    case LubHelp::kRecordFields:
      return "; both records must have the same attributes";
    case LubHelp::kEntityTypes:
      return "; different entity types never agree, even with equal attributes";
    case LubHelp::kEntityAndRecord:
      return "; an entity and a record never agree, even with equal attributes";
    case LubHelp::kOther:
      break;
  }
  return "";
}

}  // namespace

// --- Hierarchy ---

Typechecker::Answer Typechecker::FinishIn(ExprId id, Answer left, const CapabilitySet& prior) {
  const Expr& e = rule_->exprs[id];
  Expect(Operand(e, 0), left, kWantEntity, "the left side of `in`");
  Answer right = Check(Operand(e, 1), prior);
  Expect(Operand(e, 1), right, kWantEntity | kWantEntitySet, "the right side of `in`");
  if (!left.ok || !right.ok) return Fail(kBool);

  const data::EntityUid* inner = KnownEntity(Operand(e, 0));
  if (inner && IsActionTypeName(inner->type)) {
    // Actions and their groups are all in the schema: if both sides are known, so is the answer.
    std::vector<const data::EntityUid*> outer;
    bool all_known = true;
    if (const data::EntityUid* one = KnownEntity(Operand(e, 1))) {
      outer.push_back(one);
    } else if (const Expr& set = rule_->exprs[Operand(e, 1)]; set.op == Op::kSet) {
      for (ExprId element : rule_->operands(set)) {
        const data::EntityUid* uid = KnownEntity(element);
        all_known &= uid != nullptr;
        if (uid) outer.push_back(uid);
      }
    } else {
      all_known = false;
    }
    if (all_known) {
      std::optional<ActionId> action = schema_->FindAction(*inner);
      bool in = std::any_of(outer.begin(), outer.end(), [&](const data::EntityUid* uid) {
        std::optional<ActionId> group = schema_->FindAction(*uid);
        if (!group || !action) return false;
        const std::vector<ActionId>& members = schema_->action(*group).members;
        return std::binary_search(members.begin(), members.end(), *action);
      });
      return Success(in ? kTrue : kFalse);
    }
  }

  TypeId outer = right.type;
  if (types_.IsSet(outer)) outer = types_.node(outer).element;
  if (types_.kind(left.type) == TypeKind::kEntity && types_.kind(outer) == TypeKind::kEntity) {
    const std::vector<EntityTypeId>& lower = types_.node(left.type).entities;
    const std::vector<EntityTypeId>& upper = types_.node(outer).entities;
    bool possible = std::any_of(lower.begin(), lower.end(), [&](EntityTypeId a) {
      return std::any_of(upper.begin(), upper.end(), [&](EntityTypeId b) { return schema_->MayBeIn(a, b); });
    });
    if (!possible) return Success(kFalse);
  }
  return Success(kBool);
}

Typechecker::Answer Typechecker::FinishIs(ExprId id, Answer subject) {
  const Expr& e = rule_->exprs[id];
  Expect(Operand(e, 0), subject, kWantEntity, "`is`");
  if (subject.type == kNoType) return Fail(kBool);
  TypeId type = kBool;
  if (types_.kind(subject.type) == TypeKind::kEntity) {
    const std::vector<EntityTypeId>& possible = types_.node(subject.type).entities;
    std::optional<EntityTypeId> asked = schema_->FindEntityType(rule_->name(e));
    if (!asked || !std::binary_search(possible.begin(), possible.end(), *asked)) {
      type = kFalse;
    } else if (possible.size() == 1) {
      type = kTrue;
    }
  }
  return After(subject.ok, Success(type));
}

// --- Attributes ---

const Fields& Typechecker::AttributesOf(TypeId type) {
  static const Fields kNone;
  const TypeNode& node = types_.node(type);
  if (node.kind == TypeKind::kRecord) return node.fields;
  if (node.kind != TypeKind::kEntity) return kNone;
  if (node.entities.size() == 1) return schema_->entity(node.entities[0]).attributes;
  auto [it, added] = union_attributes_.try_emplace(type);
  if (added) {
    Fields common = schema_->entity(node.entities[0]).attributes;
    for (size_t i = 1; i < node.entities.size(); ++i) {
      common = std::get<Fields>(
          types_.LubFields(common, schema_->entity(node.entities[i]).attributes, CheckMode::kPermissive));
    }
    it->second = std::move(common);
  }
  return it->second;
}

const Field* Typechecker::FindAttribute(TypeId type, const std::string& name) {
  return FindField(AttributesOf(type), name);
}

bool Typechecker::MayHaveAttribute(TypeId type, const std::string& name) const {
  const TypeNode& node = types_.node(type);
  switch (node.kind) {
    case TypeKind::kNever:
    case TypeKind::kAnyEntity:
      return true;
    case TypeKind::kRecord:
      return node.open || FindField(node.fields, name);
    case TypeKind::kEntity:
      return std::any_of(node.entities.begin(), node.entities.end(), [&](EntityTypeId id) {
        const EntityInfo& info = schema_->entity(id);
        return (!info.declared && !info.is_action) || FindField(info.attributes, name);
      });
    default:
      return false;
  }
}

Typechecker::Answer Typechecker::FinishHas(ExprId id, Answer subject, const CapabilitySet& prior) {
  const Expr& e = rule_->exprs[id];
  Expect(Operand(e, 0), subject, kWantEntity | kWantRecord, "`has`");
  if (subject.type == kNoType) return Fail(kBool);
  const Field* attribute = FindAttribute(subject.type, rule_->name(e));
  if (!attribute) {
    return After(subject.ok, Success(MayHaveAttribute(subject.type, rule_->name(e)) ? kBool : kFalse));
  }
  // A required attribute of an entity may still be absent with the entity itself.
  Capability capability = AttributeCapability(Operand(e, 0), rule_->name(e));
  bool certain = (attribute->required && types_.IsRecord(subject.type)) || prior.Contains(capability);
  Answer answer = Success(certain ? kTrue : kBool);
  answer.capabilities = CapabilitySet(capability);
  return After(subject.ok, std::move(answer));
}

Typechecker::Answer Typechecker::FinishGetAttr(ExprId id, Answer subject, const CapabilitySet& prior) {
  const Expr& e = rule_->exprs[id];
  const ExprId on = Operand(e, 0);
  Expect(on, subject, kWantEntity | kWantRecord, "attribute access");
  if (subject.type == kNoType) return Fail();
  const Field* attribute = FindAttribute(subject.type, rule_->name(e));
  if (attribute) {
    if (attribute->required || (!prior.empty() && prior.Contains(AttributeCapability(on, rule_->name(e))))) {
      return After(subject.ok, Success(attribute->type));
    }
    std::string path = ExprText(*rule_, on);
    std::string of = path.empty() ? "of this " + Name(subject.type) : "of `" + path + "`";
    Report(Code::kUnsafeOptionalAttributeAccess, id,
           "attribute `" + rule_->name(e) + "` " + of + " is optional and may be absent here",
           path.empty() ? "test for it first with `has`"
                        : "test for it first: `" + path + " has " + rule_->name(e) + " && …`");
    return Fail(attribute->type);
  }
  std::vector<std::string> known;
  for (const Field& f : AttributesOf(subject.type)) known.push_back(f.name);
  std::string help;
  if (std::optional<std::string> near = source::DidYouMean(rule_->name(e), known)) {
    help = "did you mean `" + *near + "`?";
  } else if (MayHaveAttribute(subject.type, rule_->name(e))) {
    help = "some values here have it and others do not, or have it with another type";
  } else if (types_.IsEntity(subject.type) && known.empty()) {
    help = Name(subject.type) + " declares no attributes";
  }
  Report(
      Code::kUnsafeAttributeAccess, id,
      Subject(on) + " is of type " + Name(subject.type) + ", which has no attribute `" + rule_->name(e) + "`",
      help);
  return Fail();
}

// --- Tags ---

std::vector<TypeId> Typechecker::TagTypes(TypeId entity) const {
  std::vector<TypeId> tags;
  auto add = [&](EntityTypeId id) {
    TypeId type = schema_->entity(id).tags;
    if (type != kNoType && std::find(tags.begin(), tags.end(), type) == tags.end()) tags.push_back(type);
  };
  const TypeNode& node = types_.node(entity);
  if (node.kind == TypeKind::kEntity) {
    for (EntityTypeId id : node.entities) add(id);
  } else if (node.kind == TypeKind::kAnyEntity) {
    for (EntityTypeId id = 0; id < schema_->entities().size(); ++id) add(id);
  }
  return tags;
}

Typechecker::Answer Typechecker::FinishTag(ExprId id, Answer subject, const CapabilitySet& prior) {
  const Expr& e = rule_->exprs[id];
  const bool is_test = e.op == Op::kHasTag;
  const ExprId on = Operand(e, 0);
  const ExprId tag = Operand(e, 1);
  const char* place = is_test ? "`hasTag`" : "`getTag`";
  Expect(on, subject, kWantEntity, place);
  Answer key = Check(tag, prior);
  Expect(tag, key, kWantString, is_test ? "the tag of `hasTag`" : "the tag of `getTag`");
  if (subject.type == kNoType) return Fail();
  const bool ok = subject.ok && key.ok;
  const Capability capability{Shape(on), Shape(tag), true};
  const std::vector<TypeId> tags = TagTypes(subject.type);

  if (is_test) {
    Answer answer = Success(tags.empty() ? kFalse : prior.Contains(capability) ? kTrue : kBool);
    answer.capabilities = CapabilitySet(capability);
    return After(ok, std::move(answer));
  }
  // Cedar calls this one UnsafeTagAccess too, but a test would not help.
  if (tags.empty()) {
    Report(Code::kNoTagsAllowed, id,
           Subject(on) + " is of type " + Name(subject.type) + ", which declares no tags");
    return Fail();
  }
  if (!prior.Contains(capability)) {
    std::string path = ExprText(*rule_, on);
    std::string name = ExprText(*rule_, tag);
    Report(Code::kUnsafeTagAccess, id,
           "tag " + (name.empty() ? "" : "`" + name + "` ") + "of " + Subject(on) + " may be absent here",
           path.empty() || name.empty() ? "test for it first with `.hasTag(…)`"
                                        : "test for it first: `" + path + ".hasTag(" + name + ") && …`");
    return Fail();
  }
  TypeId type = LubOrReport(id, tags, LubContext::kGetTag);
  return type == kNoType ? Fail() : After(ok, Success(type));
}

// --- Sets, records, calls ---

Typechecker::Answer Typechecker::CheckSet(ExprId id, const CapabilitySet& prior) {
  const Expr& e = rule_->exprs[id];
  std::vector<TypeId> elements;
  elements.reserve(rule_->operands(e).size());
  bool ok = true;
  for (ExprId element : rule_->operands(e)) {
    Answer answer = Check(element, prior);
    ok &= answer.ok;
    elements.push_back(answer.type);
  }
  if (elements.empty() && mode_ == CheckMode::kStrict && !source::Planted(10)) {
    Report(Code::kEmptySetForbidden, id, "an empty set literal has no element type",
           "strict checking forbids `[]`; compare with an attribute or use `isEmpty`");
    return Fail();
  }
  TypeId element = LubOrReport(id, elements, LubContext::kSet);
  return element == kNoType ? Fail() : After(ok, Success(types_.Set(element)));
}

Typechecker::Answer Typechecker::CheckRecord(const Expr& e, const CapabilitySet& prior) {
  Fields fields;
  fields.reserve(rule_->operands(e).size());
  bool ok = true;
  bool typed = true;
  for (size_t i = 0; i < rule_->operands(e).size(); ++i) {
    Answer answer = Check(Operand(e, i), prior);
    ok &= answer.ok;
    typed &= answer.type != kNoType;
    fields.push_back({rule_->names(e)[i], answer.type, true});
  }
  return typed ? After(ok, Success(types_.Record(std::move(fields), false))) : Fail();
}

Typechecker::Answer Typechecker::CheckCall(ExprId id, const CapabilitySet& prior) {
  const Expr& e = rule_->exprs[id];
  if (e.op == Op::kCallUnknown) {
    std::vector<std::string> known;
    for (const data::ExtFnInfo& fn : data::AllExtFns()) known.emplace_back(fn.name);
    std::optional<std::string> near = source::DidYouMean(rule_->name(e), known);
    Report(Code::kUndefinedFunction, id, "there is no function or method `" + rule_->name(e) + "`",
           near ? "did you mean `" + *near + "`?" : "");
    for (ExprId argument : rule_->operands(e)) Check(argument, prior);
    return Fail();
  }

  const data::ExtFnInfo& fn = data::Info(e.fn());
  const std::string name(fn.name);
  const TypeId result = TypeOfKind(fn.result);
  bool failed = false;
  if (rule_->operands(e).size() != fn.args.size()) {
    Report(Code::kWrongNumberArguments, id,
           "`" + name + "` takes " + std::to_string(fn.args.size()) + " argument" +
               (fn.args.size() == 1 ? "" : "s") + (fn.is_constructor() ? "" : ", the receiver included") +
               ", but is given " + std::to_string(rule_->operands(e).size()));
    failed = true;
  }
  if (fn.is_constructor()) {
    const Expr* only = rule_->operands(e).size() == 1 ? &rule_->exprs[Operand(e, 0)] : nullptr;
    if (only && only->op == Op::kLiteral && rule_->value(*only).is(data::Kind::kString)) {
      std::variant<data::Value, std::string> value = data::CallExt(e.fn(), {rule_->value(*only)});
      if (const std::string* error = std::get_if<std::string>(&value)) {
        Report(Code::kFunctionArgumentValidation, id, "`" + name + "` cannot read its argument: " + *error);
        failed = true;
      }
    }
    std::span<const ExprId> arguments = rule_->operands(e);
    bool literals = std::all_of(arguments.begin(), arguments.end(), [&](ExprId a) { return IsLiteral(a); });
    if (mode_ == CheckMode::kStrict && !literals) {
      Report(Code::kNonLitExtConstructor, id, "the argument of `" + name + "` is not a literal",
             "strict checking reads constructor arguments; declare the attribute as `" +
                 TypeText(types_, *schema_, result) + "` in the schema instead");
      failed = true;
    }
  }
  if (failed) {
    for (ExprId argument : rule_->operands(e)) Check(argument, prior);
    return Fail(result);
  }
  bool ok = true;
  const std::string place = "`" + name + "`";
  for (size_t i = 0; i < rule_->operands(e).size(); ++i) {
    unsigned want = 0;
    switch (fn.args[i]) {
      case data::Kind::kString:
        want = kWantString;
        break;
      case data::Kind::kDecimal:
        want = kWantDecimal;
        break;
      case data::Kind::kIp:
        want = kWantIp;
        break;
      case data::Kind::kDatetime:
        want = kWantDatetime;
        break;
      case data::Kind::kDuration:
        want = kWantDuration;
        break;
      default:
        break;
    }
    Answer argument = Check(Operand(e, i), prior);
    Expect(Operand(e, i), argument, want, place.c_str());
    ok &= argument.ok;
  }
  return After(ok, Success(result));
}

Typechecker::Answer Typechecker::FinishContains(ExprId id, Answer left, const CapabilitySet& prior) {
  const Expr& e = rule_->exprs[id];
  Expect(Operand(e, 0), left, kWantSet, "`contains`");
  Answer right = Check(Operand(e, 1), prior);
  bool ok = left.ok && right.ok;
  if (left.type != kNoType && types_.IsSet(left.type)) {
    ok &= Comparable(id, types_.node(left.type).element, right.type, LubContext::kContains);
  }
  return After(ok, Success(kBool));
}

Typechecker::Answer Typechecker::FinishContainsSets(ExprId id, Answer left, const CapabilitySet& prior) {
  const Expr& e = rule_->exprs[id];
  const bool all = e.op == Op::kContainsAll;
  Expect(Operand(e, 0), left, kWantSet, all ? "`containsAll`" : "`containsAny`");
  Answer right = Check(Operand(e, 1), prior);
  Expect(Operand(e, 1), right, kWantSet,
         all ? "the argument of `containsAll`" : "the argument of `containsAny`");
  bool ok = left.ok && right.ok;
  ok &= Comparable(id, left.type, right.type, LubContext::kContainsSets);
  return After(ok, Success(kBool));
}

// --- Messages ---

std::string Typechecker::Subject(ExprId id) const {
  std::string path = ExprText(*rule_, id);
  return path.empty() ? "this expression" : "`" + path + "`";
}

void Typechecker::Report(Code code, ExprId id, std::string message, std::string help) {
  findings_->AddHere(code, rule_->exprs[id].span, std::move(message), std::move(help));
}

void Typechecker::ReportUnexpected(ExprId id, TypeId actual, unsigned want, const char* place) {
  std::vector<std::string> wanted;
  if (want & kWantBool) wanted.push_back("a `Bool`");
  if (want & kWantLong) wanted.push_back("a `Long`");
  if (want & kWantString) wanted.push_back("a `String`");
  if (want & kWantEntity) wanted.push_back("an entity");
  if (want & kWantRecord) wanted.push_back("a record");
  if (want & kWantSet) wanted.push_back("a set");
  if (want & kWantEntitySet) wanted.push_back("a set of entities");
  if (want & kWantDecimal) wanted.push_back("a `decimal`");
  if (want & kWantIp) wanted.push_back("an `ipaddr`");
  if (want & kWantDatetime) wanted.push_back("a `datetime`");
  if (want & kWantDuration) wanted.push_back("a `duration`");

  // What the author may have wanted to write instead.
  const TypeKind kind = types_.kind(actual);
  const std::string_view where = place;
  const bool is_string = kind == TypeKind::kString;
  const bool is_set = kind == TypeKind::kSet;
  const bool is_entity = types_.IsEntity(actual);
  std::string help;
  if (where == "`like`" && is_entity) {
    help = "`is` tests the type of an entity";
  } else if (where == "`is`") {
    help = "only entities can be tested for their type";
  } else if (where == "`+`" && is_string) {
    help = "strings cannot be joined; `like` compares parts of a string";
  } else if ((where == "`+`" || where == "`-`" || where == "`*`") && is_set) {
    help =
        "there is no union, intersection or difference of sets; use `contains`, `containsAll`, `containsAny`";
  } else if (want == kWantSet) {
    if (where == "`isEmpty`") {
      if (is_string) help = "`== \"\"` tests whether a string is empty";
    } else if (where.starts_with("the argument")) {
      help = "`contains` tests for a single element";
    } else if (is_entity) {
      help = "`in` tests membership in the entity hierarchy";
    } else if (kind == TypeKind::kRecord) {
      help = "`has` tests for an attribute";
    } else if (is_string) {
      help = "`like` looks into a string";
    }
  } else if ((where == "`has`" || want == (kWantEntity | kWantEntitySet)) && (is_set || is_string)) {
    help =
        is_set ? "`contains`, `containsAny` and `containsAll` look into a set" : "`like` looks into a string";
  } else if (where == "the left side of `in`") {
    help = "`in` is for entities; `contains` looks into a set";
  }
  Report(Code::kUnexpectedType, id,
         Subject(id) + " is of type " + Name(actual) + ", but " + place + " needs " + JoinOr(wanted),
         std::move(help));
}

void Typechecker::ReportIncompatible(ExprId id, std::vector<TypeId> types, LubHelp help, LubContext context) {
  std::vector<std::string> names;
  for (TypeId type : types) {
    std::string name = Name(type);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  // Types that print alike (they differ beyond what is shown) still get both places.
  std::string first = names.front();
  std::string second = names.size() > 1 ? names.back() : first;
  std::string message;
  std::string rule;
  switch (context) {
    case LubContext::kSet: {
      message = "the elements of this set are of types ";
      for (size_t i = 0; i < names.size(); ++i) {
        message += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
      }
      rule = "all elements of a set must have one type";
      break;
    }
    case LubContext::kIf:
      message = "the branches of this `if` are of types " + first + " and " + second;
      rule = "both branches must have one type";
      break;
    case LubContext::kEq:
      message = "`==` compares " + first + " with " + second;
      rule = "both sides must have one type";
      break;
    case LubContext::kContains:
      message = "this set has elements of type " + first + ", but is asked for " + second;
      rule = "the value looked for must have the type of the elements";
      break;
    case LubContext::kContainsSets:
      message = "the two sets are of types " + first + " and " + second;
      rule = "both sets must have elements of one type";
      break;
    case LubContext::kGetTag:
      message = "the tag may be of type " + JoinOr(names);
      rule = "all entity types here must declare tags of one type";
      break;
  }
  Report(Code::kIncompatibleTypes, id, std::move(message), rule + std::string(LubAdvice(help)));
}

}  // namespace polc::sema
