// Schema fragments: a Cedar schema as written, in either syntax, before any name is resolved.
//
// The Cedar syntax (cedar_schema_parser.h) and the JSON syntax (schema_json.h) both read into this and
// both are printed from it, which is what `polc translate` does. Resolution is model/resolve.h.
// Tested by cedar_schema_parser_test.cc and schema_json_test.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/syntax/ast.h"

namespace polc::syntax {

using TypeId = uint32_t;

// A type as written. Children are smaller ids of the same fragment's `types`.
struct SchemaType {
  enum class Kind : uint8_t {
    kName,  // a name of either kind, to be resolved: builtin, extension, common type or entity type
    kBool,
    kLong,
    kString,     // JSON {"type":"Long"}
    kExtension,  // JSON {"type":"Extension","name":N}
    kEntity,     // JSON {"type":"Entity","name":N}
    kCommon,     // JSON {"type":"N"}: a common type
    kSet,        // element
    kRecord,     // attributes
  } kind = Kind::kName;
  Name name;
  TypeId element = 0;
  struct Attr {
    std::string name;
    TypeId type = 0;
    bool required = true;
    std::vector<Annotation> annotations;
    Span span;
  };
  std::vector<Attr> attributes;
  Span span;
};

struct EntityTypeDecl {
  std::vector<Name> names;  // `entity A, B …`: one declaration, several types
  std::vector<Name> parents;
  std::optional<TypeId> shape;
  std::optional<TypeId> tags;
  std::optional<std::vector<std::string>> enum_ids;
  std::vector<Annotation> annotations;
  Span span;
};

struct ActionRef {
  std::optional<Name> type;  // nothing: `Action` of the declaring namespace
  std::string id;
  Span span;
};

struct ActionDecl {
  struct Named {
    std::string id;
    Span span;
  };
  std::vector<Named> names;
  std::vector<ActionRef> parents;
  struct AppliesTo {
    std::vector<Name> principals;
    std::vector<Name> resources;
    std::optional<TypeId> context;
    Span span;
  };
  std::optional<AppliesTo> applies_to;  // nothing: the action applies to nothing
  std::vector<Annotation> annotations;
  Span span;
};

struct CommonTypeDecl {
  Name name;
  TypeId type = 0;
  std::vector<Annotation> annotations;
  Span span;
};

struct NamespaceDecl {
  Name name;  // text empty: the empty namespace
  std::vector<EntityTypeDecl> entity_types;
  std::vector<ActionDecl> actions;
  std::vector<CommonTypeDecl> common_types;
  std::vector<Annotation> annotations;
  Span span;
};

struct SchemaFragment {
  // JSON says which kind of type a name means, so a name there hides nothing.
  bool from_json = false;
  std::vector<NamespaceDecl> namespaces;
  std::vector<SchemaType> types;
};

}  // namespace polc::syntax
