#include "compiler/translate/translate.h"

#include <map>

#include "compiler/json/json.h"
#include "compiler/syntax/ast_printer.h"
#include "compiler/syntax/cedar_parser.h"
#include "compiler/syntax/cedar_schema_parser.h"
#include "compiler/syntax/policy_json.h"
#include "compiler/syntax/schema_json.h"
#include "compiler/syntax/schema_printer.h"
#include "fmt/format.h"

namespace polc::translate {
namespace {

using source::FileId;

bool LooksLikeJson(std::string_view text) {
  size_t first = text.find_first_not_of(" \t\r\n");
  return first != text.npos && (text[first] == '{' || text[first] == '[');
}

Kind KindOfJson(const source::SourceMap& map, FileId file) {
  source::DiagnosticSink ignored;
  std::optional<json::Document> document = json::Document::Parse(map, file, ignored);
  if (!document || !document->root().is(json::Kind::kObject)) return Kind::kSchema;
  json::Value root = document->root();
  for (const char* key : {"staticPolicies", "templates", "templateLinks"}) {
    if (root.Find(key)) return Kind::kPolicies;
  }
  return root.Find("effect") ? Kind::kPolicy : Kind::kSchema;
}

// The first word outside of comments and annotations decides.
Kind KindOfText(const source::SourceMap& map, FileId file) {
  source::DiagnosticSink ignored;
  auto tokens = syntax::TokenizeCedar(map, file, ignored);
  if (!tokens) return Kind::kPolicies;
  bool annotation_name = false;
  int parentheses = 0;
  for (const syntax::SyntaxToken& token : *tokens) {
    std::string_view text = map.text(token.span);
    if (token.kind == syntax::TokenKind::kComment) continue;
    if (annotation_name) {
      annotation_name = false;
    } else if (text == "@") {
      annotation_name = true;
    } else if (text == "(") {
      ++parentheses;
    } else if (text == ")") {
      --parentheses;
    } else if (parentheses == 0) {
      return text == "entity" || text == "action" || text == "type" || text == "namespace" ? Kind::kSchema
                                                                                           : Kind::kPolicies;
    }
  }
  return Kind::kPolicies;
}

// The policies of a file in any form; nothing if anything was reported.
std::optional<syntax::PolicySet> ReadPolicies(const source::SourceMap& map, FileId file, Content content,
                                              source::DiagnosticSink& sink) {
  if (content.kind == Kind::kPolicies && content.syntax == Syntax::kJson) {
    return syntax::ParsePolicySetJson(map, file, sink);
  }
  syntax::PolicySet set;
  if (content.kind == Kind::kPolicy) {
    std::optional<syntax::Policy> policy = syntax::ParsePolicyJson(map, file, sink);
    if (!policy) return std::nullopt;
    set.policies.push_back({"policy0", std::move(*policy)});
    return set;
  }
  size_t errors = sink.error_count();
  for (syntax::ParsedPolicy& parsed : syntax::ParseCedar(map, file, sink)) {
    set.policies.push_back({fmt::format("policy{}", parsed.index), std::move(parsed.policy)});
  }
  if (sink.error_count() > errors) return std::nullopt;
  return set;
}

std::optional<std::string> WritePolicies(const syntax::PolicySet& set, Content content, Syntax to,
                                         source::DiagnosticSink& sink) {
  if (to == Syntax::kJson) {
    bool single = content.kind == Kind::kPolicy;
    return (single ? syntax::PolicyToJson(set.policies.front().policy) : syntax::PolicySetToJson(set)) + "\n";
  }
  if (!set.links.empty()) {
    sink.Report(source::Code::kLinksNotExpressible, set.links.front().span,
                fmt::format("this policy set has {} {}, and Cedar text has no form for links",
                            set.links.size(), set.links.size() == 1 ? "link" : "links"))
        .help = "take the links out, and give them with --links";
    return std::nullopt;
  }
  std::string out;
  for (const syntax::NamedPolicy& named : set.policies) {
    if (!out.empty()) out += '\n';
    out += syntax::PrintPolicy(named.policy);
  }
  return out;
}
// Whether each name is declared once of its kind. Resolving says so too, but a fragment of a schema is
// translated without the others it needs to resolve, and in JSON a name twice would be a key twice.
bool DeclaredOnce(const syntax::SchemaFragment& fragment, source::DiagnosticSink& sink) {
  bool once = true;
  for (const syntax::NamespaceDecl& ns : fragment.namespaces) {
    std::map<std::pair<std::string_view, std::string_view>, source::Span> first;
    auto declare = [&](std::string_view what, std::string_view name, source::Span span) {
      const auto [it, fresh] = first.emplace(std::pair(what, name), span);
      if (fresh) return;
      once = false;
      sink.Report(source::Code::kDuplicateDeclaration, span,
                  fmt::format("{} `{}` is declared twice", what, name))
          .labels.push_back({it->second, "first declared here"});
    };
    for (const auto& decl : ns.entity_types) {
      for (const syntax::Name& name : decl.names) declare("entity type", name.text, name.span);
    }
    for (const auto& decl : ns.common_types) declare("common type", decl.name.text, decl.name.span);
    for (const auto& decl : ns.actions) {
      for (const auto& name : decl.names) declare("action", name.id, name.span);
    }
  }
  return once;
}

}  // namespace

Content Recognize(const source::SourceMap& map, FileId file) {
  if (LooksLikeJson(map.text(file))) return {Syntax::kJson, KindOfJson(map, file)};
  return {Syntax::kCedar, KindOfText(map, file)};
}

std::optional<std::string> Translate(const source::SourceMap& map, FileId file, Syntax to,
                                     source::DiagnosticSink& sink) {
  Content content = Recognize(map, file);
  if (content.kind != Kind::kSchema) {
    std::optional<syntax::PolicySet> set = ReadPolicies(map, file, content, sink);
    return set ? WritePolicies(*set, content, to, sink) : std::nullopt;
  }
  std::optional<syntax::SchemaFragment> fragment = content.syntax == Syntax::kJson
                                                       ? syntax::ParseJsonSchema(map, file, sink)
                                                       : syntax::ParseCedarSchema(map, file, sink);
  if (!fragment || !DeclaredOnce(*fragment, sink)) return std::nullopt;
  return to == Syntax::kJson ? syntax::SchemaToJson(*fragment) : syntax::SchemaToCedar(*fragment, sink);
}

}  // namespace polc::translate
