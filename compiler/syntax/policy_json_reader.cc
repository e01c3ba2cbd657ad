// The way in: policy JSON -> AST. What goes out is policy_json_writer.cc's.
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "compiler/data/extension.h"
#include "compiler/json/json.h"
#include "compiler/source/quote.h"
#include "compiler/syntax/names.h"
#include "compiler/syntax/policy_json.h"
#include "compiler/syntax/policy_json_forms.h"
#include "compiler/syntax/unescape.h"

namespace polc::syntax {
namespace {

using json::Document;
using json::Kind;
using json::Member;
using json::Value;
using source::Code;
using source::Diagnostic;

bool IsAttributeName(const std::string& text) {
  return IsIdentifier(text) && !IsReservedWord(text) && text != "__cedar";
}
bool IsTypeName(std::string_view text) { return IsNormalizedName(text) && !HasCedarPart(text); }

// Reads one document. Every function reports what is wrong and gives a stand-in; nothing that was read is
// used if anything was reported.
class Reader {
 public:
  explicit Reader(source::DiagnosticSink& sink) : sink_(sink) {}

  Policy ReadPolicy(Value v) {
    policy_ = Policy();
    unwritable_.clear();
    policy_.span = v.span();
    if (!Object(v, "a policy")) return Finish();
    Allow(v, {"effect", "principal", "action", "resource", "conditions", "annotations"});
    if (auto effect = Require(v, "effect")) ReadEffect(*effect);
    if (auto principal = Require(v, "principal")) ReadScope(*principal, Slot::kPrincipal, policy_.principal);
    if (auto action = Require(v, "action")) ReadAction(*action);
    if (auto resource = Require(v, "resource")) ReadScope(*resource, Slot::kResource, policy_.resource);
    if (auto conditions = Require(v, "conditions")) ReadConditions(*conditions);
    if (auto annotations = v.Find("annotations")) ReadAnnotations(*annotations);
    return Finish();
  }

  PolicySet ReadSet(Value v) {
    PolicySet set;
    if (!Object(v, "a policy set")) return set;
    Allow(v, {"templates", "staticPolicies", "templateLinks"});
    if (auto policies = Require(v, "staticPolicies")) ReadPolicies(*policies, false, set);
    if (auto templates = Require(v, "templates")) ReadPolicies(*templates, true, set);
    auto links = Require(v, "templateLinks");
    if (!links || !Array(*links, "`templateLinks`")) return set;
    for (size_t i = 0; i < links->size(); ++i) {
      Value item = links->at(i);
      TemplateLink link;
      link.span = item.span();
      if (!Object(item, "a template link")) continue;
      Allow(item, {"templateId", "newId", "values"});
      if (auto id = Require(item, "templateId")) link.template_id = Text(*id, "`templateId`");
      if (auto id = Require(item, "newId")) {
        link.new_id = Text(*id, "`newId`");
      }
      if (auto values = Require(item, "values")) ReadValues(*values, link, /*as_text=*/false);
      set.links.push_back(std::move(link));
    }
    return set;
  }

  std::vector<TemplateLink> ReadLinks(Value v) {
    std::vector<TemplateLink> links;
    if (!Array(v, "a list of links")) return links;
    for (size_t i = 0; i < v.size(); ++i) {
      Value item = v.at(i);
      TemplateLink link;
      link.span = item.span();
      if (!Object(item, "a link")) continue;
      Allow(item, {"template_id", "link_id", "args"});
      if (auto id = Require(item, "template_id")) link.template_id = Text(*id, "`template_id`");
      if (auto id = Require(item, "link_id")) link.new_id = Text(*id, "`link_id`");
      if (auto args = Require(item, "args")) ReadValues(*args, link, /*as_text=*/true);
      links.push_back(std::move(link));
    }
    return links;
  }

 private:
  Policy Finish() {
    policy_.exprs.shrink_to_fit();
    return std::move(policy_);
  }

  // --- Shapes ---

  Diagnostic& Wrong(Span span, std::string message) {
    return sink_.Report(Code::kJsonShape, span, std::move(message));
  }
  bool Is(Value v, Kind kind, std::string_view what) {
    if (v.is(kind)) return true;
    Wrong(v.span(), fmt::format("{} stands where {} is needed, which is {}", json::Describe(v.kind()), what,
                                json::Describe(kind)));
    return false;
  }
  bool Object(Value v, std::string_view what) { return Is(v, Kind::kObject, what); }
  bool Array(Value v, std::string_view what) { return Is(v, Kind::kArray, what); }
  std::string Text(Value v, std::string_view what) {
    return Is(v, Kind::kString, what) ? std::string(v.string()) : "";
  }

  void Allow(Value object, std::initializer_list<std::string_view> keys) {
    for (size_t i = 0; i < object.size(); ++i) {
      Member m = object.member(i);
      if (std::find(keys.begin(), keys.end(), m.key) != keys.end()) continue;
      Diagnostic& d = Wrong(m.key_span, fmt::format("unknown key `{}`", source::Escape(m.key)));
      if (auto guess = source::DidYouMean(m.key, std::vector<std::string>(keys.begin(), keys.end()))) {
        d.help = fmt::format("did you mean `{}`?", *guess);
      }
    }
  }
  std::optional<Value> Require(Value object, std::string_view key) {
    auto found = object.Find(key);
    if (!found) Wrong(object.span(), fmt::format("this object has no `{}`", key));
    return found;
  }

  Name TypeName(Value v, std::string_view what) {
    Name name{Text(v, what), v.span()};
    if (v.is(Kind::kString) && !IsTypeName(name.text)) {
      sink_
          .Report(Code::kInvalidName, v.span(),
                  fmt::format("`{}` is not the normalized name of an entity type", source::Escape(name.text)))
          .help = "a normalized name is `A::B`, without spaces";
    }
    return name;
  }

  // {"type": T, "id": I}, where both are strings, or nothing.
  static bool IsTypeAndId(Value v) {
    if (!v.is(Kind::kObject)) return false;
    auto type = v.Find("type"), id = v.Find("id");
    return type && id && type->is(Kind::kString) && id->is(Kind::kString);
  }
  EntityRef TypeAndId(Value v) {
    EntityRef entity;
    entity.span = v.span();
    entity.type = TypeName(*v.Find("type"), "the type of an entity");
    entity.id = v.Find("id")->string();
    return entity;
  }

  // An entity where only an entity can stand: bare or wrapped in `__entity`; further keys are ignored.
  EntityRef ReadEntity(Value v) {
    if (v.is(Kind::kObject)) {
      auto expr = v.Find("__expr");
      auto wrapped = v.Find("__entity");
      bool removed = expr && expr->is(Kind::kString);
      if (!removed && wrapped && IsTypeAndId(*wrapped)) return TypeAndId(*wrapped);
      if (!removed && IsTypeAndId(v)) return TypeAndId(v);
      if (removed) {
        Wrong(v.span(), "`__expr` is no longer part of Cedar").help =
            "write `{\"type\": \"T\", \"id\": \"i\"}`";
        return {};
      }
    }
    Wrong(v.span(), fmt::format("{} stands where an entity is needed", json::Describe(v.kind()))).help =
        "an entity is `{\"type\": \"T\", \"id\": \"i\"}`";
    return {};
  }

  // --- Policies ---

  void ReadEffect(Value v) {
    std::string text = Text(v, "`effect`");
    if (text == "forbid") policy_.effect = Effect::kForbid;
    if (!v.is(Kind::kString) || text == "forbid" || text == "permit") return;
    sink_.Report(Code::kInvalidEffect, v.span(),
                 fmt::format("unknown effect `{}`, it is `permit` or `forbid`", source::Escape(text)));
  }

  void ReadAnnotations(Value v) {
    if (!Object(v, "`annotations`")) return;
    for (size_t i = 0; i < v.size(); ++i) {
      Member m = v.member(i);
      Annotation annotation;
      annotation.key = m.key;
      annotation.span = m.key_span;
      if (!IsIdentifier(m.key)) {
        sink_.Report(Code::kInvalidName, m.key_span,
                     fmt::format("`{}` is no identifier and cannot be an annotation", source::Escape(m.key)));
      }
      if (!m.value.is(Kind::kNull)) annotation.value = Text(m.value, "the value of an annotation");
      policy_.annotations.push_back(std::move(annotation));
    }
  }

  // "==", "in" and "is" look at `entity` first and then at `slot`; other keys are ignored.
  std::optional<Slot> ReadTarget(Value v, std::variant<std::monostate, EntityRef, Slot>& target) {
    if (auto entity = v.Find("entity")) {
      target = ReadEntity(*entity);
      return std::nullopt;
    }
    auto slot = v.Find("slot");
    if (!slot || !slot->is(Kind::kString) ||
        (slot->string() != "?principal" && slot->string() != "?resource")) {
      Wrong(slot ? slot->span() : v.span(),
            "this constraint needs an `entity`, or a `slot` that is `?principal` or `?resource`");
      target = EntityRef();
      return std::nullopt;
    }
    Slot found = slot->string() == "?principal" ? Slot::kPrincipal : Slot::kResource;
    target = found;
    return found;
  }

  void ReadScope(Value v, Slot variable, ScopeConstraint& out) {
    out.span = v.span();
    if (!Object(v, "a scope constraint")) return;
    auto op = Require(v, "op");
    if (!op) return;
    std::string text = Text(*op, "`op`");
    Value target = v;
    if (text == "All" || text == "all") return;
    if (text == "==" || text == "in") {
      out.op = text == "==" ? ScopeConstraint::Op::kEq : ScopeConstraint::Op::kIn;
    } else if (text == "is") {
      out.op = ScopeConstraint::Op::kIs;
      Allow(v, {"op", "entity_type", "in"});
      if (auto type = Require(v, "entity_type")) out.type = TypeName(*type, "`entity_type`");
      auto in = v.Find("in");
      if (!in || in->is(Kind::kNull)) return;
      if (!Object(*in, "`in`")) return;
      out.op = ScopeConstraint::Op::kIsIn;
      target = *in;
    } else {
      UnknownOp(*op, text);
      return;
    }
    auto slot = ReadTarget(target, out.target);
    if (slot && *slot != variable) {
      sink_.Report(Code::kInvalidSlot, target.span(),
                   "this slot stands where only the slot of the other variable can");
    }
  }

  void UnknownOp(Value op, const std::string& text) {
    if (!op.is(Kind::kString)) return;  // reported
    Wrong(op.span(), fmt::format("unknown constraint `{}`", source::Escape(text)));
  }

  void ReadAction(Value v) {
    ActionConstraint& out = policy_.action;
    out.span = v.span();
    if (!Object(v, "a scope constraint")) return;
    auto op = Require(v, "op");
    if (!op) return;
    std::string text = Text(*op, "`op`");
    if (text == "All" || text == "all") return;
    if (text != "==" && text != "in") return UnknownOp(*op, text);
    out.op = text == "==" ? ActionConstraint::Op::kEq : ActionConstraint::Op::kIn;
    if (auto entity = v.Find("entity")) {
      AddAction(*entity);
    } else if (auto entities = v.Find("entities"); entities && text == "in") {
      out.in_list = true;
      if (!Array(*entities, "`entities`")) return;
      for (size_t i = 0; i < entities->size(); ++i) AddAction(entities->at(i));
    } else if (v.Find("slot")) {
      sink_.Report(Code::kInvalidSlot, v.span(), "a slot stands in the constraint of `action`");
    } else {
      Wrong(v.span(), text == "in" ? "this constraint needs an `entity` or `entities`"
                                   : "this constraint needs an `entity`");
    }
  }

  void AddAction(Value v) {
    EntityRef action = ReadEntity(v);
    if (!action.type.text.empty() && Basename(action.type.text) != "Action") {
      sink_
          .Report(Code::kInvalidActionType, v.span(),
                  fmt::format("`{}` is not the type of an action", action.type.text))
          .help = "actions have the type `Action`, possibly in a namespace";
    }
    policy_.action.actions.push_back(std::move(action));
  }

  void ReadConditions(Value v) {
    if (!Array(v, "`conditions`")) return;
    for (size_t i = 0; i < v.size(); ++i) {
      Value item = v.at(i);
      if (!Object(item, "a condition")) continue;
      Allow(item, {"kind", "body"});
      Condition condition;
      condition.span = item.span();
      if (auto kind = Require(item, "kind")) {
        std::string text = Text(*kind, "`kind`");
        condition.unless = text == "unless";
        if (kind->is(Kind::kString) && text != "when" && text != "unless") {
          sink_.Report(Code::kInvalidCondition, kind->span(),
                       fmt::format("unknown clause `{}`, it is `when` or `unless`", source::Escape(text)));
        }
      }
      auto body = Require(item, "body");
      if (!body) continue;
      condition.body = ReadExpr(*body);
      policy_.conditions.push_back(condition);
    }
  }

  // --- Expressions. Recursion: json::kMaxDepth. ---

  ExprId Add(Expr e) {
    int inside = 0;
    for (ExprId operand : e.operands) inside = std::max(inside, unwritable_[operand]);
    if (e.kind == ExprKind::kHas && e.texts.size() > 1 &&
        !std::all_of(e.texts.begin(), e.texts.end(), IsAttributeName) && ++inside == kMaxUnwritableHas + 1) {
      sink_.Report(Code::kNestingTooDeep, e.span,
                   fmt::format("`has` tests with a path of quoted names are nested deeper than {}",
                               kMaxUnwritableHas));
    }
    unwritable_.push_back(inside);
    policy_.exprs.push_back(std::move(e));
    return static_cast<ExprId>(policy_.exprs.size() - 1);
  }
  static Expr New(ExprKind kind, Value v) {
    Expr e;
    e.kind = kind;
    e.span = v.span();
    return e;
  }
  ExprId Placeholder(Value v) { return Add(New(ExprKind::kBool, v)); }

  ExprId Operand(Value object, std::string_view key) {
    auto found = Require(object, key);
    return found ? ReadExpr(*found) : Placeholder(object);
  }

  ExprId ReadExpr(Value v) {
    if (!Object(v, "an expression")) return Placeholder(v);
    if (v.size() != 1) {
      Wrong(v.span(), fmt::format("an expression is an object with one key, this one has {}", v.size()));
      return Placeholder(v);
    }
    Member m = v.member(0);
    Expr e = New(ExprKind::kBool, v);
    e.name_span = m.key_span;
    if (auto fn = data::FindExtFn(m.key)) return ReadExtensionCall(*fn, m, std::move(e));
    if (m.key == "Value") return ReadLiteral(m.value);
    if (m.key == "Var") return ReadVar(m.value, std::move(e));
    if (m.key == "Slot") {
      sink_.Report(Code::kInvalidSlot, v.span(), "a slot stands outside the scope");
      return Placeholder(v);
    }
    if (m.key == "Set") return ReadSetExpr(m.value, std::move(e));
    if (m.key == "Record") return ReadRecord(m.value, std::move(e));
    if (!IsOperator(m.key)) {
      sink_.Report(Code::kJsonShape, m.key_span,
                   fmt::format("there is no expression `{}`", source::Escape(m.key)));
      return Placeholder(v);
    }
    if (!Object(m.value, fmt::format("what `{}` applies to", m.key))) return Placeholder(v);
    return ReadOperator(m.key, m.value, std::move(e));
  }

  static bool IsOperator(std::string_view key) {
    static constexpr std::string_view kOthers[] = {"!",   "neg",  "isEmpty", ".",
                                                   "has", "like", "is",      "if-then-else"};
    auto named = [&](const BinaryForm& f) { return f.key == key; };
    return std::find(std::begin(kOthers), std::end(kOthers), key) != std::end(kOthers) ||
           std::find(std::begin(kBinaryMethods), std::end(kBinaryMethods), key) != std::end(kBinaryMethods) ||
           std::any_of(std::begin(kBinaryForms), std::end(kBinaryForms), named);
  }

  ExprId ReadOperator(const std::string_view key, Value v, Expr e) {
    for (const BinaryForm& f : kBinaryForms) {
      if (f.key != key) continue;
      e.kind = f.kind;
      Allow(v, {"left", "right"});
      e.operands = {Operand(v, "left"), Operand(v, "right")};
      return Add(std::move(e));
    }
    if (std::find(std::begin(kBinaryMethods), std::end(kBinaryMethods), key) != std::end(kBinaryMethods)) {
      e.kind = ExprKind::kMethod;
      e.text = key;
      Allow(v, {"left", "right"});
      e.operands = {Operand(v, "left"), Operand(v, "right")};
      return Add(std::move(e));
    }
    if (key == "!" || key == "neg" || key == "isEmpty") {
      e.kind = key == "!" ? ExprKind::kNot : key == "neg" ? ExprKind::kNeg : ExprKind::kMethod;
      if (e.kind == ExprKind::kMethod) e.text = key;
      Allow(v, {"arg"});
      e.operands = {Operand(v, "arg")};
      return Add(std::move(e));
    }
    if (key == ".") {
      e.kind = ExprKind::kGetAttr;
      Allow(v, {"left", "attr"});
      e.operands = {Operand(v, "left")};
      if (auto attr = Require(v, "attr")) e.text = Text(*attr, "`attr`");
      e.integer = IsAttributeName(e.text) ? 0 : 1;
      return Add(std::move(e));
    }
    if (key == "has") return ReadHas(v, std::move(e));
    if (key == "like") return ReadLike(v, std::move(e));
    if (key == "is") {
      e.kind = ExprKind::kIs;
      Allow(v, {"left", "entity_type", "in"});
      e.operands = {Operand(v, "left")};
      if (auto type = Require(v, "entity_type")) e.name = TypeName(*type, "`entity_type`");
      if (auto in = v.Find("in"); in && !in->is(Kind::kNull)) {
        e.kind = ExprKind::kIsIn;
        e.operands.push_back(ReadExpr(*in));
      }
      return Add(std::move(e));
    }
    e.kind = ExprKind::kIf;
    Allow(v, {"if", "then", "else"});
    e.operands = {Operand(v, "if"), Operand(v, "then"), Operand(v, "else")};
    return Add(std::move(e));
  }

  ExprId ReadVar(Value v, Expr e) {
    e.kind = ExprKind::kVar;
    std::string text = Text(v, "`Var`");
    auto var = std::find(std::begin(kVars), std::end(kVars), text);
    if (var != std::end(kVars)) {
      e.integer = var - std::begin(kVars);
    } else if (v.is(Kind::kString)) {
      sink_.Report(Code::kUnknownVariable, v.span(),
                   fmt::format("there is no variable `{}`", source::Escape(text)));
    }
    return Add(std::move(e));
  }

  // `attr` is a string or a list of at least one; other keys are ignored.
  ExprId ReadHas(Value v, Expr e) {
    e.kind = ExprKind::kHas;
    e.operands = {Operand(v, "left")};
    auto attr = Require(v, "attr");
    if (attr && attr->is(Kind::kArray) && attr->size() > 0) {
      for (size_t i = 0; i < attr->size(); ++i) e.texts.push_back(Text(attr->at(i), "an attribute"));
    } else if (attr && attr->is(Kind::kArray)) {
      Wrong(attr->span(), "`attr` is an empty list, it needs at least one attribute");
    } else if (attr) {
      e.texts.push_back(Text(*attr, "`attr`"));
    }
    if (e.texts.empty()) e.texts.emplace_back();
    e.integer = e.texts.size() == 1 && !IsAttributeName(e.texts[0]) ? 1 : 0;
    return Add(std::move(e));
  }

  ExprId ReadLike(Value v, Expr e) {
    e.kind = ExprKind::kLike;
    Allow(v, {"left", "pattern"});
    e.operands = {Operand(v, "left")};
    auto pattern = Require(v, "pattern");
    if (!pattern || !Array(*pattern, "`pattern`")) return Add(std::move(e));
    for (size_t i = 0; i < pattern->size(); ++i) {
      Value part = pattern->at(i);
      bool one_key = part.is(Kind::kObject) && part.size() == 1;
      if ((part.is(Kind::kString) && part.string() == "Wildcard") ||
          (one_key && part.member(0).key == "Wildcard" && part.member(0).value.is(Kind::kNull))) {
        e.pattern.push_back({.wildcard = true, .literal = {}});
      } else if (one_key && part.member(0).key == "Literal" && part.member(0).value.is(Kind::kString)) {
        std::string_view text = part.member(0).value.string();
        if (text.empty()) continue;
        if (e.pattern.empty() || e.pattern.back().wildcard) e.pattern.emplace_back();
        e.pattern.back().literal += text;
      } else {
        Wrong(part.span(), "a part of a pattern is `\"Wildcard\"` or `{\"Literal\": \"text\"}`");
      }
    }
    return Add(std::move(e));
  }

  ExprId ReadSetExpr(Value v, Expr e) {
    e.kind = ExprKind::kSet;
    if (!Array(v, "`Set`")) return Add(std::move(e));
    for (size_t i = 0; i < v.size(); ++i) e.operands.push_back(ReadExpr(v.at(i)));
    return Add(std::move(e));
  }

  ExprId ReadRecord(Value v, Expr e) {
    e.kind = ExprKind::kRecord;
    if (!Object(v, "`Record`")) return Add(std::move(e));
    for (size_t i = 0; i < v.size(); ++i) {
      e.texts.emplace_back(v.member(i).key);
      e.operands.push_back(ReadExpr(v.member(i).value));
    }
    return Add(std::move(e));
  }

  ExprId ReadExtensionCall(data::ExtFn fn, const Member& m, Expr e) {
    if (!Array(m.value, fmt::format("the arguments of `{}`", m.key))) return Placeholder(m.value);
    std::vector<ExprId> arguments;
    for (size_t i = 0; i < m.value.size(); ++i) arguments.push_back(ReadExpr(m.value.at(i)));
    return AddCall(std::string(m.key), data::Info(fn).style == data::CallStyle::kMethod, std::move(arguments),
                   std::move(e));
  }

  // A method needs a receiver; without one it is kept as a call, which errs when it is evaluated.
  ExprId AddCall(std::string name, bool method, std::vector<ExprId> arguments, Expr e) {
    bool as_method = method && !arguments.empty();
    e.kind = as_method ? ExprKind::kMethod : ExprKind::kCall;
    if (as_method) {
      e.text = std::move(name);
    } else {
      e.name = {std::move(name), e.name_span};
    }
    e.operands = std::move(arguments);
    return Add(std::move(e));
  }

  // Keys beside those of an escape are ignored, but even they hold no numbers that are no integers.
  void CheckNumbers(Value v) {
    if (v.is(Kind::kOtherNumber)) {
      sink_.Report(Code::kJsonNumber, v.span(),
                   fmt::format("`{}` is not an integer that fits 64 bits", source::Escape(v.string())));
    }
    if (v.is(Kind::kArray)) {
      for (size_t i = 0; i < v.size(); ++i) CheckNumbers(v.at(i));
    } else if (v.is(Kind::kObject)) {
      for (size_t i = 0; i < v.size(); ++i) CheckNumbers(v.member(i).value);
    }
  }

  // A value as in entities: an object with the one key `__entity` or `__extn`, if its contents are well
  // formed, stands for what it names; every other object is a record.
  ExprId ReadLiteral(Value v) {
    Expr e = New(ExprKind::kBool, v);
    switch (v.kind()) {
      case Kind::kBool:
        e.integer = v.boolean() ? 1 : 0;
        return Add(std::move(e));
      case Kind::kInteger:
        e.kind = ExprKind::kLong;
        e.integer = v.integer();
        return Add(std::move(e));
      case Kind::kString:
        e.kind = ExprKind::kString;
        e.text = v.string();
        return Add(std::move(e));
      case Kind::kArray:
        e.kind = ExprKind::kSet;
        for (size_t i = 0; i < v.size(); ++i) e.operands.push_back(ReadLiteral(v.at(i)));
        return Add(std::move(e));
      case Kind::kObject:
        break;
      case Kind::kNull:
        sink_.Report(Code::kJsonNull, v.span(), "null stands where a value is needed");
        return Placeholder(v);
      case Kind::kOtherNumber:
        sink_.Report(Code::kJsonNumber, v.span(),
                     fmt::format("`{}` is not an integer that fits 64 bits", source::Escape(v.string())));
        return Placeholder(v);
    }
    if (v.size() == 1 && v.member(0).value.is(Kind::kObject)) {
      Value inner = v.member(0).value;
      if (v.member(0).key == "__entity" && IsTypeAndId(inner)) {
        EntityRef entity = TypeAndId(inner);
        CheckNumbers(inner);
        e.kind = ExprKind::kEntity;
        e.name = std::move(entity.type);
        e.text = std::move(entity.id);
        return Add(std::move(e));
      }
      auto fn = inner.Find("fn");
      auto arg = inner.Find("arg"), args = inner.Find("args");
      if (v.member(0).key == "__extn" && fn && fn->is(Kind::kString) &&
          (arg || (args && args->is(Kind::kArray)))) {
        std::vector<ExprId> arguments;
        if (arg) {
          arguments.push_back(ReadLiteral(*arg));
        } else {
          for (size_t i = 0; i < args->size(); ++i) arguments.push_back(ReadLiteral(args->at(i)));
        }
        CheckNumbers(inner);
        std::string name(fn->string());
        if (!IsTypeName(name)) {
          sink_.Report(Code::kInvalidName, fn->span(),
                       fmt::format("`{}` is not the normalized name of a function", source::Escape(name)));
        }
        auto known = data::FindExtFn(name);
        e.name_span = fn->span();
        bool method = known && data::Info(*known).style == data::CallStyle::kMethod;
        return AddCall(std::move(name), method, std::move(arguments), std::move(e));
      }
    }
    if (v.size() == 1 && v.member(0).key == "__expr" && v.member(0).value.is(Kind::kString)) {
      Wrong(v.span(), "`__expr` is no longer part of Cedar");
      return Placeholder(v);
    }
    e.kind = ExprKind::kRecord;
    for (size_t i = 0; i < v.size(); ++i) {
      e.texts.emplace_back(v.member(i).key);
      e.operands.push_back(ReadLiteral(v.member(i).value));
    }
    return Add(std::move(e));
  }

  // --- Sets and links ---

  void ReadPolicies(Value v, bool templates, PolicySet& set) {
    if (!Object(v, templates ? "`templates`" : "`staticPolicies`")) return;
    for (size_t i = 0; i < v.size(); ++i) {
      Member m = v.member(i);
      NamedPolicy named{std::string(m.key), ReadPolicy(m.value), templates};
      if (!templates && named.policy.is_template()) {
        sink_
            .Report(Code::kInvalidSlot, m.key_span,
                    fmt::format("policy `{}` has a slot, but stands among the static policies",
                                source::Escape(m.key)))
            .help = "a policy with a slot belongs into `templates`";
        sink_.mutable_diagnostics().back().rule = m.key;
      }
      set.policies.push_back(std::move(named));
    }
  }

  void ReadValues(Value v, TemplateLink& link, bool as_text) {
    if (!Object(v, as_text ? "`args`" : "`values`")) return;
    for (size_t i = 0; i < v.size(); ++i) {
      Member m = v.member(i);
      if (m.key != "?principal" && m.key != "?resource") {
        sink_
            .Report(Code::kInvalidSlot, m.key_span,
                    fmt::format("there is no slot `{}`", source::Escape(m.key)))
            .help = "the slots of a template are `?principal` and `?resource`";
        continue;
      }
      EntityRef entity = as_text ? EntityText(m.value) : ReadEntity(m.value);
      (m.key == "?principal" ? link.principal : link.resource) = std::move(entity);
    }
  }

  // "User::\"alice\""
  EntityRef EntityText(Value v) {
    EntityRef entity;
    entity.span = v.span();
    std::string text = Text(v, "an entity");
    if (!v.is(Kind::kString)) return entity;
    size_t quote = text.find("::\"");
    bool good = quote != std::string::npos && text.size() >= quote + 4 && text.back() == '"' &&
                IsTypeName(std::string_view(text).substr(0, quote));
    std::vector<EscapeError> errors;
    if (good) {
      std::string body = text.substr(quote + 3, text.size() - quote - 4);
      // A quote must not stand bare, nor the last one be escaped.
      for (size_t i = 0; i < body.size() && good; ++i) {
        if (body[i] == '\\') {
          good = ++i < body.size();
        } else {
          good = body[i] != '"';
        }
      }
      entity.type = {text.substr(0, quote), v.span()};
      entity.id = Unescape(body, errors);
    }
    if (!good || !errors.empty()) {
      Wrong(v.span(), fmt::format("`{}` is no entity", source::Escape(text))).help =
          "an entity is written `Type::\"id\"`";
    }
    return entity;
  }

  source::DiagnosticSink& sink_;
  Policy policy_;
  std::vector<int> unwritable_;  // for each expression: has-paths that text cannot write, nested in it
};

// Parses the file and runs `read(Reader&, root)`; nothing if anything was reported.
template <typename T, typename Read>
T ReadParts(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink, Read read) {
  auto document = Document::Parse(map, file, sink);
  if (!document) return {};
  Reader reader(sink);
  return read(reader, document->root());
}

template <typename T, typename Read>
std::optional<T> ReadDocument(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink,
                              Read read) {
  size_t errors = sink.error_count();
  T result = ReadParts<T>(map, file, sink, read);
  if (sink.error_count() > errors) return std::nullopt;
  return result;
}

}  // namespace

std::optional<Policy> ParsePolicyJson(const source::SourceMap& map, source::FileId file,
                                      source::DiagnosticSink& sink) {
  return ReadDocument<Policy>(map, file, sink, [](Reader& r, Value root) { return r.ReadPolicy(root); });
}

std::optional<PolicySet> ParsePolicySetJson(const source::SourceMap& map, source::FileId file,
                                            source::DiagnosticSink& sink) {
  return ReadDocument<PolicySet>(map, file, sink, [](Reader& r, Value root) { return r.ReadSet(root); });
}

std::optional<std::vector<TemplateLink>> ParseLinksJson(const source::SourceMap& map, source::FileId file,
                                                        source::DiagnosticSink& sink) {
  return ReadDocument<std::vector<TemplateLink>>(map, file, sink,
                                                 [](Reader& r, Value root) { return r.ReadLinks(root); });
}

PolicySet ReadPolicySetJson(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink) {
  return ReadParts<PolicySet>(map, file, sink, [](Reader& r, Value root) { return r.ReadSet(root); });
}

std::vector<TemplateLink> ReadLinksJson(const source::SourceMap& map, source::FileId file,
                                        source::DiagnosticSink& sink) {
  return ReadParts<std::vector<TemplateLink>>(map, file, sink,
                                              [](Reader& r, Value root) { return r.ReadLinks(root); });
}

}  // namespace polc::syntax
