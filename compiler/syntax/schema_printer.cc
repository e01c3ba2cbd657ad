#include "compiler/syntax/schema_printer.h"

#include <fmt/format.h>

#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/source/quote.h"
#include "compiler/syntax/names.h"

namespace polc::syntax {
namespace {

using source::Code;

std::string Qualify(const std::string& ns, std::string_view name) {
  return ns.empty() || IsQualified(name) ? std::string(name) : fmt::format("{}::{}", ns, name);
}

// Recursion over types is bounded by the readers.
class Printer {
 public:
  Printer(const SchemaFragment& fragment, source::DiagnosticSink& sink) : fragment_(fragment), sink_(sink) {}

  std::string Print() {
    for (const NamespaceDecl& ns : fragment_.namespaces) {
      for (const EntityTypeDecl& decl : ns.entity_types) {
        for (const Name& name : decl.names) entities_.insert(Qualify(ns.name.text, name.text));
      }
      for (const CommonTypeDecl& decl : ns.common_types)
        commons_.insert(Qualify(ns.name.text, decl.name.text));
    }
    for (const NamespaceDecl& ns : fragment_.namespaces) Namespace(ns);
    return std::move(out_);
  }

 private:
  void Refuse(Span span, std::string message, std::string help) {
    sink_.Report(Code::kSchemaNotExpressible, span, std::move(message)).help = std::move(help);
  }

  void Indent() { out_.append(2 * level_, ' '); }

  // A blank line before everything but what stands first in its block.
  void Separate() {
    if (!out_.empty() && !out_.ends_with("{\n")) out_ += '\n';
  }

  void Annotations(const std::vector<Annotation>& annotations) {
    for (const Annotation& a : annotations) {
      Indent();
      out_ += '@' + a.key;
      if (a.value) out_ += '(' + source::Quote(*a.value) + ')';
      out_ += '\n';
    }
  }

  void Namespace(const NamespaceDecl& ns) {
    ns_ = &ns;
    bool named = !ns.name.text.empty();
    if (named) {
      Separate();
      Annotations(ns.annotations);
      out_ += fmt::format("namespace {} {{\n", ns.name.text);
      ++level_;
    }
    for (const CommonTypeDecl& decl : ns.common_types) CommonType(decl);
    for (const EntityTypeDecl& decl : ns.entity_types) Entity(decl);
    for (const ActionDecl& decl : ns.actions) Action(decl);
    if (named) {
      --level_;
      out_ += "}\n";
    }
  }

  void CommonType(const CommonTypeDecl& decl) {
    Separate();
    Annotations(decl.annotations);
    Indent();
    out_ += fmt::format("type {} = ", decl.name.text);
    Type(decl.type);
    out_ += ";\n";
    if (!ns_->name.text.empty() && entities_.contains(Qualify(ns_->name.text, decl.name.text))) {
      Refuse(decl.name.span, fmt::format("`{}` is both a common type and an entity type", decl.name.text),
             "in the Cedar syntax the name would always mean the common type; rename one of them");
    }
  }

  void Entity(const EntityTypeDecl& decl) {
    Separate();
    Annotations(decl.annotations);
    Indent();
    out_ += "entity ";
    for (size_t i = 0; i < decl.names.size(); ++i) out_ += (i > 0 ? ", " : "") + decl.names[i].text;
    if (decl.enum_ids) {
      out_ += " enum [";
      for (size_t i = 0; i < decl.enum_ids->size(); ++i)
        out_ += (i > 0 ? ", " : "") + source::Quote((*decl.enum_ids)[i]);
      out_ += ']';
    }
    if (!decl.parents.empty()) {
      out_ += " in ";
      Names(decl.parents);
    }
    if (decl.shape) Shape(decl);
    if (decl.tags) {
      out_ += " tags ";
      Type(*decl.tags);
    }
    out_ += ";\n";
  }

  void Shape(const EntityTypeDecl& decl) {
    const SchemaType& shape = fragment_.types[*decl.shape];
    if (shape.kind != SchemaType::Kind::kRecord) {
      Refuse(shape.span, fmt::format("the shape of `{}` is not written as a record", decl.names[0].text),
             "the Cedar syntax has no reference to a common type here; write the attributes out");
      return;
    }
    if (shape.attributes.empty()) return;
    out_ += " = ";
    Type(*decl.shape);
  }

  void Action(const ActionDecl& decl) {
    Separate();
    Annotations(decl.annotations);
    Indent();
    out_ += "action ";
    for (size_t i = 0; i < decl.names.size(); ++i)
      out_ += (i > 0 ? ", " : "") + source::Quote(decl.names[i].id);
    if (!decl.parents.empty()) {
      out_ += " in [";
      for (size_t i = 0; i < decl.parents.size(); ++i) {
        const ActionRef& ref = decl.parents[i];
        if (i > 0) out_ += ", ";
        if (ref.type) out_ += ref.type->text + "::";
        out_ += source::Quote(ref.id);
      }
      out_ += ']';
    }
    if (decl.applies_to && !decl.applies_to->principals.empty() && !decl.applies_to->resources.empty()) {
      AppliesTo(*decl.applies_to);
    }
    out_ += ";\n";
  }

  void AppliesTo(const ActionDecl::AppliesTo& applies_to) {
    out_ += " appliesTo {\n";
    ++level_;
    Indent();
    out_ += "principal: ";
    Names(applies_to.principals);
    out_ += ",\n";
    Indent();
    out_ += "resource: ";
    Names(applies_to.resources);
    out_ += ",\n";
    Indent();
    out_ += "context: ";
    if (applies_to.context) {
      const SchemaType& context = fragment_.types[*applies_to.context];
      if (context.kind == SchemaType::Kind::kSet) {
        Refuse(context.span, "the context is a set",
               "a context is a record or the name of a common type that is one");
      }
      Type(*applies_to.context);
    } else {
      out_ += "{}";
    }
    out_ += '\n';
    --level_;
    Indent();
    out_ += '}';
  }

  void Names(const std::vector<Name>& names) {
    out_ += '[';
    for (size_t i = 0; i < names.size(); ++i) out_ += (i > 0 ? ", " : "") + names[i].text;
    out_ += ']';
  }

  void Type(TypeId id) {
    const SchemaType& type = fragment_.types[id];
    switch (type.kind) {
      case SchemaType::Kind::kBool:
        out_ += "__cedar::Bool";
        return;
      case SchemaType::Kind::kLong:
        out_ += "__cedar::Long";
        return;
      case SchemaType::Kind::kString:
        out_ += "__cedar::String";
        return;
      case SchemaType::Kind::kExtension:
        out_ += "__cedar::" + type.name.text;
        return;
      case SchemaType::Kind::kEntity:
        RefuseHidden(type);
        [[fallthrough]];
      case SchemaType::Kind::kName:
      case SchemaType::Kind::kCommon:
        out_ += type.name.text;
        return;
      case SchemaType::Kind::kSet:
        out_ += "Set<";
        Type(type.element);
        out_ += '>';
        return;
      case SchemaType::Kind::kRecord:
        Record(type);
        return;
    }
  }

  // A name that means an entity type here but would be read as a common type.
  void RefuseHidden(const SchemaType& type) {
    std::string local = Qualify(ns_->name.text, type.name.text);
    const std::string& meant = entities_.contains(local) ? local : type.name.text;
    if (!entities_.contains(meant)) return;
    if (!commons_.contains(local) && !commons_.contains(meant)) return;
    Refuse(type.span, fmt::format("entity type `{}` is hidden by a common type", type.name.text),
           "in the Cedar syntax the name means the common type; rename one of them");
  }

  void Record(const SchemaType& type) {
    out_ += '{';
    ++level_;
    for (size_t i = 0; i < type.attributes.size(); ++i) {
      const SchemaType::Attr& attr = type.attributes[i];
      if (i == 0) out_ += '\n';
      Annotations(attr.annotations);
      Indent();
      bool bare = IsNormalizedName(attr.name) && IsIdentifier(attr.name) && !HasCedarPart(attr.name);
      out_ += bare ? attr.name : source::Quote(attr.name);
      out_ += attr.required ? ": " : "?: ";
      Type(attr.type);
      out_ += i + 1 < type.attributes.size() ? ",\n" : "\n";
    }
    --level_;
    if (!type.attributes.empty()) Indent();
    out_ += '}';
  }

  const SchemaFragment& fragment_;
  source::DiagnosticSink& sink_;
  std::set<std::string> entities_;  // declared here, full names
  std::set<std::string> commons_;
  const NamespaceDecl* ns_ = nullptr;
  std::string out_;
  size_t level_ = 0;
};

}  // namespace

std::optional<std::string> SchemaToCedar(const SchemaFragment& fragment, source::DiagnosticSink& sink) {
  size_t errors = sink.error_count();
  std::string text = Printer(fragment, sink).Print();
  if (sink.error_count() > errors) return std::nullopt;
  return text;
}

}  // namespace polc::syntax
