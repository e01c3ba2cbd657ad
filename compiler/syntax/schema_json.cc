#include "compiler/syntax/schema_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/json/json.h"
#include "compiler/source/quote.h"
#include "compiler/syntax/names.h"

namespace polc::syntax {
namespace {

using json::Kind;
using json::Member;
using json::Value;
using source::Code;

// The fields of one construct: an object with these keys or, as Cedar's own reader also takes it, an array
// with their values in this order.
class Fields {
 public:
  Fields(Value value, std::vector<std::string_view> keys) : value_(value), keys_(std::move(keys)) {}

  Span span() const { return value_.span(); }
  std::optional<Value> Find(std::string_view key) const {
    if (value_.is(Kind::kObject)) return value_.Find(key);
    size_t index = static_cast<size_t>(std::find(keys_.begin(), keys_.end(), key) - keys_.begin());
    return index < value_.size() ? std::optional(value_.at(index)) : std::nullopt;
  }

 private:
  Value value_;
  std::vector<std::string_view> keys_;
};

// Recursion over the document is bounded by json::kMaxDepth.
class Reader {
 public:
  explicit Reader(source::DiagnosticSink& sink) : sink_(sink) {}

  SchemaFragment Read(Value root) {
    fragment_.from_json = true;
    if (!Needs(root, Kind::kObject, "a schema")) return {};
    for (size_t i = 0; i < root.size(); ++i) Namespace(root.member(i));
    return std::move(fragment_);
  }

 private:
  bool Needs(Value value, Kind kind, std::string_view what) {
    if (value.is(kind)) return true;
    Code code = value.is(Kind::kNull) ? Code::kJsonNull : Code::kJsonShape;
    sink_.Report(
        code, value.span(),
        fmt::format("{} must be {}, not {}", what, json::Describe(kind), json::Describe(value.kind())));
    return false;
  }

  // `value` as a construct with the fields `keys`; every other key is reported.
  std::optional<Fields> Open(Value value, std::string_view what, std::vector<std::string_view> keys) {
    if (value.is(Kind::kArray)) {
      if (value.size() > keys.size()) {
        sink_.Report(Code::kJsonShape, value.at(keys.size()).span(),
                     fmt::format("{} has more values than its {} keys", what, keys.size()));
      }
    } else if (!Needs(value, Kind::kObject, what)) {
      return std::nullopt;
    } else {
      AllowOnly(value, what, keys);
    }
    return Fields(value, std::move(keys));
  }

  void AllowOnly(Value object, std::string_view what, const std::vector<std::string_view>& known) {
    for (size_t i = 0; i < object.size(); ++i) {
      Member member = object.member(i);
      if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
      auto& d = sink_.Report(Code::kJsonShape, member.key_span,
                             fmt::format("unknown key `{}` in {}", source::Excerpt(member.key), what));
      if (auto guess = source::DidYouMean(member.key, {known.begin(), known.end()})) {
        d.help = fmt::format("did you mean `{}`?", *guess);
      } else {
        d.help = fmt::format("known here: `{}`", fmt::join(known, "`, `"));
      }
    }
  }

  template <typename Object>  // Value or Fields
  std::optional<Value> Required(const Object& object, std::string_view key, std::string_view what) {
    auto value = object.Find(key);
    if (!value) sink_.Report(Code::kJsonShape, object.span(), fmt::format("{} has no `{}`", what, key));
    return value;
  }

  // Identifier keys: types that are declared.
  Name DeclaredName(const Member& member, std::string_view what) {
    Name name{std::string(member.key), member.key_span};
    if (!IsIdentifier(name.text) || IsReservedWord(name.text)) {
      sink_.Report(Code::kInvalidName, name.span,
                   fmt::format("`{}` cannot be the name of {}", source::Excerpt(name.text), what));
    } else if (HasCedarPart(name.text)) {
      RefuseCedarPart(name);
    }
    return name;
  }

  void RefuseCedarPart(const Name& name) {
    sink_.Report(
        Code::kReservedTypeName, name.span,
        fmt::format("`{}` is declared, but names with the part `__cedar` belong to Cedar itself", name.text));
  }

  Name TypeName(Value value, std::string_view what) {
    if (!Needs(value, Kind::kString, what)) return {};
    Name name{std::string(value.string()), value.span()};
    if (!IsNormalizedName(name.text)) {
      sink_
          .Report(Code::kInvalidName, name.span,
                  fmt::format("{} is `{}`, which is not a name", what, source::Excerpt(name.text)))
          .help = "a name is one or more identifiers joined by `::`, without spaces or reserved words";
    }
    return name;
  }

  std::vector<Name> TypeNames(Value value, std::string_view what, std::string_view each) {
    std::vector<Name> names;
    if (!Needs(value, Kind::kArray, what)) return names;
    for (size_t i = 0; i < value.size(); ++i) names.push_back(TypeName(value.at(i), each));
    return names;
  }

  template <typename Object>  // Value or Fields
  std::vector<Annotation> Annotations(const Object& object) {
    std::vector<Annotation> annotations;
    auto value = object.Find("annotations");
    if (!value || !Needs(*value, Kind::kObject, "`annotations`")) return annotations;
    for (size_t i = 0; i < value->size(); ++i) {
      Member member = value->member(i);
      if (!IsIdentifier(member.key)) {
        sink_.Report(Code::kInvalidName, member.key_span,
                     fmt::format("`{}` cannot be an annotation key, which is an identifier",
                                 source::Excerpt(member.key)));
      }
      Annotation annotation{std::string(member.key), std::nullopt, member.value.span()};
      if (!member.value.is(Kind::kNull) && Needs(member.value, Kind::kString, "the value of an annotation")) {
        annotation.value = member.value.string();
      }
      annotations.push_back(std::move(annotation));
    }
    return annotations;
  }

  void Namespace(const Member& member) {
    NamespaceDecl decl;
    decl.name = {std::string(member.key), member.key_span};
    decl.span = member.key_span;
    if (!member.key.empty() && !IsNormalizedName(member.key)) {
      sink_.Report(Code::kInvalidName, member.key_span,
                   fmt::format("`{}` cannot be the name of a namespace", source::Excerpt(member.key)));
    } else if (HasCedarPart(member.key)) {
      RefuseCedarPart(decl.name);
    }
    auto object = Open(member.value, "a namespace", {"commonTypes", "entityTypes", "actions", "annotations"});
    if (!object) return;
    decl.annotations = Annotations(*object);
    if (member.key.empty() && !decl.annotations.empty()) {
      sink_.Report(Code::kJsonShape, object->Find("annotations")->span(),
                   "the empty namespace cannot have annotations");
    }
    Each(object->Find("commonTypes"), "`commonTypes`",
         [&](const Member& m) { decl.common_types.push_back(CommonType(m)); });
    Each(Required(*object, "entityTypes", "a namespace"), "`entityTypes`",
         [&](const Member& m) { decl.entity_types.push_back(Entity(m)); });
    Each(Required(*object, "actions", "a namespace"), "`actions`",
         [&](const Member& m) { decl.actions.push_back(Action(m)); });
    fragment_.namespaces.push_back(std::move(decl));
  }

  template <typename Fn>
  void Each(std::optional<Value> object, std::string_view what, Fn fn) {
    if (!object || !Needs(*object, Kind::kObject, what)) return;
    for (size_t i = 0; i < object->size(); ++i) fn(object->member(i));
  }

  CommonTypeDecl CommonType(const Member& member) {
    CommonTypeDecl decl;
    decl.name = DeclaredName(member, "a common type");
    decl.span = member.key_span;
    if (IsReservedCommonTypeName(member.key)) {
      sink_.Report(Code::kReservedTypeName, member.key_span,
                   fmt::format("`{}` is declared as a common type, but it is a keyword of schemas",
                               source::Excerpt(member.key)));
    }
    if (member.value.is(Kind::kObject)) decl.annotations = Annotations(member.value);
    decl.type = Type(member.value, Position::kCommonType);
    return decl;
  }

  EntityTypeDecl Entity(const Member& member) {
    EntityTypeDecl decl;
    decl.names.push_back(DeclaredName(member, "an entity type"));
    decl.span = member.key_span;
    if (member.key == "Action") {
      sink_.Report(Code::kReservedTypeName, member.key_span,
                   "`Action` is declared as an entity type, but it is the type of all actions");
    }
    auto object =
        Open(member.value, "an entity type", {"memberOfTypes", "shape", "tags", "enum", "annotations"});
    if (!object) return decl;
    decl.annotations = Annotations(*object);
    if (auto ids = object->Find("enum")) {
      EnumIds(*ids, decl);
      for (std::string_view key : {"memberOfTypes", "shape", "tags"}) {
        if (auto other = object->Find(key)) {
          sink_.Report(Code::kJsonShape, other->span(),
                       fmt::format("an enumerated entity type cannot have `{}`", key));
        }
      }
      return decl;
    }
    if (auto parents = object->Find("memberOfTypes")) {
      decl.parents = TypeNames(*parents, "`memberOfTypes`", "a parent type");
    }
    if (auto shape = object->Find("shape")) decl.shape = Type(*shape, Position::kPlain);
    if (auto tags = object->Find("tags")) decl.tags = Type(*tags, Position::kPlain);
    return decl;
  }

  void EnumIds(Value value, EntityTypeDecl& decl) {
    decl.enum_ids.emplace();
    if (!Needs(value, Kind::kArray, "`enum`")) return;
    if (value.size() == 0)
      sink_.Report(Code::kJsonShape, value.span(), "`enum` is empty, but an entity type needs an id");
    for (size_t i = 0; i < value.size(); ++i) {
      if (Needs(value.at(i), Kind::kString, "an entity id"))
        decl.enum_ids->emplace_back(value.at(i).string());
    }
  }

  // The value under `key`, where null means the same as no key.
  std::optional<Value> Optional(const Fields& object, std::string_view key) {
    auto value = object.Find(key);
    if (value && value->is(Kind::kNull)) value.reset();
    return value;
  }

  ActionDecl Action(const Member& member) {
    ActionDecl decl;
    decl.names.push_back({std::string(member.key), member.key_span});
    decl.span = member.key_span;
    auto object = Open(member.value, "an action", {"attributes", "appliesTo", "memberOf", "annotations"});
    if (!object) return decl;
    decl.annotations = Annotations(*object);
    if (auto attributes = Optional(*object, "attributes")) {
      sink_.Report(Code::kUnsupportedSchemaFeature, attributes->span(),
                   fmt::format("action `{}` has attributes, which Cedar does not support",
                               source::Excerpt(member.key)));
    }
    if (auto parents = Optional(*object, "memberOf");
        parents && Needs(*parents, Kind::kArray, "`memberOf`")) {
      for (size_t i = 0; i < parents->size(); ++i) decl.parents.push_back(Parent(parents->at(i)));
    }
    if (auto applies_to = Optional(*object, "appliesTo")) decl.applies_to = AppliesTo(*applies_to);
    return decl;
  }

  ActionRef Parent(Value value) {
    ActionRef ref;
    ref.span = value.span();
    auto object = Open(value, "an action group", {"id", "type"});
    if (!object) return ref;
    if (auto id = Required(*object, "id", "an action group");
        id && Needs(*id, Kind::kString, "the id of an action")) {
      ref.id = id->string();
    }
    if (auto type = Optional(*object, "type")) ref.type = TypeName(*type, "the type of an action");
    return ref;
  }

  ActionDecl::AppliesTo AppliesTo(Value value) {
    ActionDecl::AppliesTo out;
    out.span = value.span();
    auto object = Open(value, "`appliesTo`", {"resourceTypes", "principalTypes", "context"});
    if (!object) return out;
    if (auto types = Required(*object, "principalTypes", "`appliesTo`")) {
      out.principals = TypeNames(*types, "`principalTypes`", "a principal type");
    }
    if (auto types = Required(*object, "resourceTypes", "`appliesTo`")) {
      out.resources = TypeNames(*types, "`resourceTypes`", "a resource type");
    }
    if (auto context = object->Find("context")) out.context = Type(*context, Position::kPlain);
    return out;
  }

  // Where a type stands decides which keys may stand beside it.
  enum class Position { kPlain, kCommonType, kAttribute };

  TypeId Add(SchemaType type) {
    fragment_.types.push_back(std::move(type));
    return static_cast<TypeId>(fragment_.types.size() - 1);
  }

  // The keys each kind of type may have, beside `type` and those of its position.
  void AllowTypeKeys(Value object, Position position, std::initializer_list<std::string_view> own) {
    for (size_t i = 0; i < object.size(); ++i) {
      Member member = object.member(i);
      bool ok = member.key == "type" || (member.key == "annotations" && position != Position::kPlain) ||
                (member.key == "required" && position == Position::kAttribute);
      for (std::string_view key : own) ok = ok || key == member.key;
      if (!ok) {
        sink_.Report(Code::kJsonShape, member.key_span,
                     fmt::format("key `{}` does not belong to a type of this kind at this place",
                                 source::Excerpt(member.key)));
      }
    }
  }

  TypeId Type(Value object, Position position) {
    SchemaType type;
    type.span = object.span();
    if (!Needs(object, Kind::kObject, "a type")) return Add(std::move(type));
    auto kind = Required(object, "type", "a type");
    if (!kind || !Needs(*kind, Kind::kString, "`type`")) return Add(std::move(type));
    std::string_view word = kind->string();
    if (word == "String" || word == "Long" || word == "Boolean") {
      AllowTypeKeys(object, position, {});
      type.kind = word == "String" ? SchemaType::Kind::kString
                  : word == "Long" ? SchemaType::Kind::kLong
                                   : SchemaType::Kind::kBool;
    } else if (word == "Set") {
      AllowTypeKeys(object, position, {"element"});
      type.kind = SchemaType::Kind::kSet;
      if (auto element = Required(object, "element", "a set type"))
        type.element = Type(*element, Position::kPlain);
    } else if (word == "Record") {
      AllowTypeKeys(object, position, {"attributes", "additionalAttributes"});
      type.kind = SchemaType::Kind::kRecord;
      if (auto open = object.Find("additionalAttributes");
          open && Needs(*open, Kind::kBool, "`additionalAttributes`") && open->boolean()) {
        sink_.Report(Code::kUnsupportedSchemaFeature, open->span(),
                     "open records are not supported by Cedar");
      }
      Each(Required(object, "attributes", "a record type"), "`attributes`",
           [&](const Member& m) { type.attributes.push_back(Attribute(m)); });
    } else if (word == "Entity" || word == "EntityOrCommon" || word == "Extension") {
      AllowTypeKeys(object, position, {"name"});
      type.kind = word == "Entity"      ? SchemaType::Kind::kEntity
                  : word == "Extension" ? SchemaType::Kind::kExtension
                                        : SchemaType::Kind::kName;
      if (auto name = Required(object, "name", "a type of this kind"))
        type.name = TypeName(*name, "the name of a type");
    } else {
      AllowTypeKeys(object, position, {});
      type.kind = SchemaType::Kind::kCommon;
      type.name = TypeName(*kind, "a common type");
    }
    return Add(std::move(type));
  }

  SchemaType::Attr Attribute(const Member& member) {
    SchemaType::Attr attr;
    attr.name = member.key;
    attr.span = member.key_span;
    if (member.value.is(Kind::kObject)) {
      attr.annotations = Annotations(member.value);
      if (auto required = member.value.Find("required");
          required && Needs(*required, Kind::kBool, "`required`")) {
        attr.required = required->boolean();
      }
    }
    attr.type = Type(member.value, Position::kAttribute);
    return attr;
  }

  source::DiagnosticSink& sink_;
  SchemaFragment fragment_;
};

// Writes JSON with two spaces a level. Recursion over types is bounded by the readers.
class Writer {
 public:
  explicit Writer(const SchemaFragment& fragment) : fragment_(fragment) {}

  std::string Write() {
    Open('{');
    for (const NamespaceDecl& ns : fragment_.namespaces) {
      Key(ns.name.text);
      Namespace(ns);
    }
    Close('}');
    out_ += '\n';
    return std::move(out_);
  }

 private:
  void Open(char bracket) {
    out_ += bracket;
    ++level_;
    first_ = true;
  }
  void Close(char bracket) {
    --level_;
    if (!first_) NewLine();
    out_ += bracket;
    first_ = false;
  }
  void NewLine() {
    out_ += '\n';
    out_.append(2 * level_, ' ');
  }
  void Item() {
    if (!first_) out_ += ',';
    first_ = false;
    NewLine();
  }
  void Key(std::string_view key) {
    Item();
    out_ += json::Quote(key);
    out_ += ": ";
  }
  void String(std::string_view text) { out_ += json::Quote(text); }
  void KeyString(std::string_view key, std::string_view text) {
    Key(key);
    String(text);
  }

  void Names(const std::vector<Name>& names) {
    Open('[');
    for (const Name& name : names) {
      Item();
      String(name.text);
    }
    Close(']');
  }

  void Annotations(const std::vector<Annotation>& annotations) {
    if (annotations.empty()) return;
    Key("annotations");
    Open('{');
    for (const Annotation& a : annotations) KeyString(a.key, a.value.value_or(""));
    Close('}');
  }

  void Namespace(const NamespaceDecl& ns) {
    Open('{');
    Annotations(ns.annotations);
    if (!ns.common_types.empty()) {
      Key("commonTypes");
      Open('{');
      for (const CommonTypeDecl& decl : ns.common_types) {
        Key(decl.name.text);
        Open('{');
        TypeMembers(decl.type);
        Annotations(decl.annotations);
        Close('}');
      }
      Close('}');
    }
    Key("entityTypes");
    Open('{');
    for (const EntityTypeDecl& decl : ns.entity_types) {
      for (const Name& name : decl.names) {
        Key(name.text);
        Entity(decl);
      }
    }
    Close('}');
    Key("actions");
    Open('{');
    for (const ActionDecl& decl : ns.actions) {
      for (const ActionDecl::Named& name : decl.names) {
        Key(name.id);
        Action(decl);
      }
    }
    Close('}');
    Close('}');
  }

  bool IsEmptyRecord(TypeId id) const {
    const SchemaType& type = fragment_.types[id];
    return type.kind == SchemaType::Kind::kRecord && type.attributes.empty();
  }

  void Entity(const EntityTypeDecl& decl) {
    Open('{');
    if (decl.enum_ids) {
      Key("enum");
      Open('[');
      for (const std::string& id : *decl.enum_ids) {
        Item();
        String(id);
      }
      Close(']');
    }
    if (!decl.parents.empty()) {
      Key("memberOfTypes");
      Names(decl.parents);
    }
    if (decl.shape && !IsEmptyRecord(*decl.shape)) {
      Key("shape");
      Type(*decl.shape);
    }
    if (decl.tags) {
      Key("tags");
      Type(*decl.tags);
    }
    Annotations(decl.annotations);
    Close('}');
  }

  void Action(const ActionDecl& decl) {
    static const ActionDecl::AppliesTo kNothing;
    const ActionDecl::AppliesTo& applies_to = decl.applies_to ? *decl.applies_to : kNothing;
    Open('{');
    if (!decl.parents.empty()) {
      Key("memberOf");
      Open('[');
      for (const ActionRef& ref : decl.parents) {
        Item();
        Open('{');
        KeyString("id", ref.id);
        if (ref.type) KeyString("type", ref.type->text);
        Close('}');
      }
      Close(']');
    }
    Key("appliesTo");
    Open('{');
    Key("principalTypes");
    Names(applies_to.principals);
    Key("resourceTypes");
    Names(applies_to.resources);
    if (applies_to.context && !IsEmptyRecord(*applies_to.context)) {
      Key("context");
      Type(*applies_to.context);
    }
    Close('}');
    Annotations(decl.annotations);
    Close('}');
  }

  void Type(TypeId id) {
    Open('{');
    TypeMembers(id);
    Close('}');
  }

  void TypeMembers(TypeId id) {
    const SchemaType& type = fragment_.types[id];
    switch (type.kind) {
      case SchemaType::Kind::kBool:
        return KeyString("type", "Boolean");
      case SchemaType::Kind::kLong:
        return KeyString("type", "Long");
      case SchemaType::Kind::kString:
        return KeyString("type", "String");
      case SchemaType::Kind::kName:
        KeyString("type", "EntityOrCommon");
        return KeyString("name", type.name.text);
      case SchemaType::Kind::kEntity:
        KeyString("type", "Entity");
        return KeyString("name", type.name.text);
      case SchemaType::Kind::kExtension:
        KeyString("type", "Extension");
        return KeyString("name", type.name.text);
      case SchemaType::Kind::kCommon:
        return KeyString("type", type.name.text);
      case SchemaType::Kind::kSet:
        KeyString("type", "Set");
        Key("element");
        return Type(type.element);
      case SchemaType::Kind::kRecord:
        KeyString("type", "Record");
        Key("attributes");
        Open('{');
        for (const SchemaType::Attr& attr : type.attributes) {
          Key(attr.name);
          Open('{');
          TypeMembers(attr.type);
          if (!attr.required) {
            Key("required");
            out_ += "false";
          }
          Annotations(attr.annotations);
          Close('}');
        }
        return Close('}');
    }
  }

  const SchemaFragment& fragment_;
  std::string out_;
  size_t level_ = 0;
  bool first_ = true;
};

}  // namespace

std::optional<SchemaFragment> ParseJsonSchema(const source::SourceMap& map, source::FileId file,
                                              source::DiagnosticSink& sink) {
  size_t errors = sink.error_count();
  auto document = json::Document::Parse(map, file, sink);
  if (!document) return std::nullopt;
  SchemaFragment fragment = Reader(sink).Read(document->root());
  if (sink.error_count() > errors) return std::nullopt;
  return fragment;
}

std::string SchemaToJson(const SchemaFragment& fragment) { return Writer(fragment).Write(); }

}  // namespace polc::syntax
