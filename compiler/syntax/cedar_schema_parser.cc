#include "compiler/syntax/cedar_schema_parser.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compiler/source/quote.h"
#include "compiler/syntax/antlr_glue.h"
#include "compiler/syntax/names.h"
#include "compiler/syntax/unescape.h"
#include "grammar/CedarSchemaLexer.h"
#include "grammar/CedarSchemaParser.h"

namespace polc::syntax {
namespace {

using antlr4::Token;
using grammar::CedarSchemaLexer;
using grammar::CedarSchemaParser;
using source::Code;
using source::Diagnostic;
using P = CedarSchemaParser;

// Turns the trees of one file into declarations of one fragment. Reports what the grammar does not forbid.
class Builder {
 public:
  Builder(const source::SourceMap& map, source::FileId file, SchemaFragment& fragment,
          source::DiagnosticSink& sink)
      : map_(map), file_(file), fragment_(fragment), sink_(sink) {}

  Span SpanOf(const Token* token) const { return SpanOfToken(token, file_); }
  Span SpanOf(antlr4::ParserRuleContext* tree) const {
    Span span = SpanOf(tree->getStart());
    if (tree->getStop() != nullptr) span.end = std::max(span.end, SpanOf(tree->getStop()).end);
    return span;
  }
  std::string_view TextOf(const Token* token) const { return map_.text(SpanOf(token)); }

  Name MakePath(P::PathContext* tree) {
    Name name;
    for (P::IdentContext* part : tree->ident()) {
      if (!name.text.empty()) name.text += "::";
      name.text += Ident(part);
    }
    name.span = SpanOf(tree);
    return name;
  }

  std::vector<Annotation> Annotations(const std::vector<P::AnnotationContext*>& trees) {
    std::vector<Annotation> annotations;
    for (P::AnnotationContext* tree : trees) {
      Annotation annotation;
      Token* key = tree->IN() ? tree->IN()->getSymbol() : tree->ident()->getStart();
      annotation.key = TextOf(key);
      if (tree->STRING()) annotation.value = StringText(tree->STRING()->getSymbol());
      annotation.span = SpanOf(tree);
      bool repeated = false;
      for (const Annotation& other : annotations) {
        if (other.key != annotation.key) continue;
        auto& d = sink_.Report(Code::kDuplicateAnnotation, annotation.span,
                               fmt::format("annotation `@{}` is given twice", annotation.key));
        d.labels.push_back({other.span, "first given here"});
        repeated = true;
        break;
      }
      if (!repeated) annotations.push_back(std::move(annotation));
    }
    return annotations;
  }

  void Declaration(P::DeclarationContext* tree, NamespaceDecl& into) {
    std::vector<Annotation> annotations = Annotations(tree->annotation());
    if (tree->entity()) {
      EntityTypeDecl decl = Entity(tree->entity());
      decl.annotations = std::move(annotations);
      into.entity_types.push_back(std::move(decl));
    } else if (tree->action()) {
      ActionDecl decl = Action(tree->action());
      decl.annotations = std::move(annotations);
      into.actions.push_back(std::move(decl));
    } else {
      CommonTypeDecl decl = CommonType(tree->commonType());
      decl.annotations = std::move(annotations);
      into.common_types.push_back(std::move(decl));
    }
  }

  // Reports a name that may be referred to but not declared.
  void RefuseCedarPart(const Name& name) {
    if (!HasCedarPart(name.text)) return;
    sink_.Report(
        Code::kReservedTypeName, name.span,
        fmt::format("`{}` is declared, but names with the part `__cedar` belong to Cedar itself", name.text));
  }

 private:
  std::string Ident(P::IdentContext* tree) {
    std::string text(TextOf(tree->getStart()));
    if (IsReservedWord(text)) {
      sink_.Report(Code::kReservedWord, SpanOf(tree),
                   fmt::format("`{}` is a reserved word and cannot be a name", text));
    }
    return text;
  }

  std::string StringText(const Token* token) {
    Span span = SpanOf(token);
    std::string_view body = map_.text(span);
    body = body.substr(1, body.size() - 2);
    std::vector<EscapeError> errors;
    std::string text = Unescape(body, errors);
    for (const EscapeError& e : errors) {
      Span at{file_, static_cast<uint32_t>(span.begin + 1 + e.begin),
              static_cast<uint32_t>(span.begin + 1 + e.end)};
      sink_.Report(Code::kInvalidEscape, at,
                   fmt::format("`{}` in a string: {}", source::Excerpt(map_.text(at)), e.message));
    }
    return text;
  }

  // An identifier or a string: an attribute or action name.
  std::string NameText(P::NameContext* tree) {
    if (tree->STRING()) return StringText(tree->STRING()->getSymbol());
    std::string text(TextOf(tree->getStart()));
    if (IsReservedWord(text)) {
      sink_
          .Report(Code::kReservedWord, SpanOf(tree),
                  fmt::format("`{}` is a reserved word and cannot be a name", text))
          .help = fmt::format("write it as a string: `\"{}\"`", text);
    }
    return text;
  }

  Name IdentName(P::IdentContext* tree) { return {Ident(tree), SpanOf(tree)}; }

  TypeId AddType(SchemaType type) {
    fragment_.types.push_back(std::move(type));
    return static_cast<TypeId>(fragment_.types.size() - 1);
  }

  // Recursion: bounded by kMaxSchemaNesting, checked before parsing.
  TypeId Type(P::TypeContext* tree) {
    if (tree->record()) return Record(tree->record());
    SchemaType type;
    type.span = SpanOf(tree);
    if (tree->path()) {
      type.kind = SchemaType::Kind::kName;
      type.name = MakePath(tree->path());
    } else {
      type.kind = SchemaType::Kind::kSet;
      type.element = Type(tree->type());
    }
    return AddType(std::move(type));
  }

  TypeId Record(P::RecordContext* tree) {
    SchemaType type;
    type.kind = SchemaType::Kind::kRecord;
    type.span = SpanOf(tree);
    std::map<std::string, size_t> seen;
    for (P::AttributeContext* a : tree->attribute()) {
      SchemaType::Attr attr;
      attr.annotations = Annotations(a->annotation());
      attr.name = NameText(a->name());
      attr.required = a->optional == nullptr;
      attr.type = Type(a->type());
      attr.span = SpanOf(a);
      auto [it, fresh] = seen.emplace(attr.name, type.attributes.size());
      if (fresh) {
        type.attributes.push_back(std::move(attr));
        continue;
      }
      // Cedar takes the last one without a word.
      SchemaType::Attr& first = type.attributes[it->second];
      auto& d =
          sink_.Report(Code::kDuplicateAttribute, SpanOf(a->name()),
                       fmt::format("attribute `{}` is declared twice in one record, the last one counts",
                                   source::Excerpt(attr.name)));
      d.labels.push_back({first.span, "first declared here"});
      first = std::move(attr);
    }
    return AddType(std::move(type));
  }

  std::vector<Name> EntityTypes(P::EntityTypesContext* tree) {
    std::vector<Name> names;
    for (P::PathContext* path : tree->path()) names.push_back(MakePath(path));
    return names;
  }

  EntityTypeDecl Entity(P::EntityContext* tree) {
    EntityTypeDecl decl;
    decl.span = SpanOf(tree);
    for (P::IdentContext* ident : tree->ident()) {
      Name name = IdentName(ident);
      RefuseCedarPart(name);
      if (name.text == "Action") {
        sink_.Report(Code::kReservedTypeName, name.span,
                     "`Action` is declared as an entity type, but it is the type of all actions");
      }
      decl.names.push_back(std::move(name));
    }
    if (tree->enumBody()) {
      decl.enum_ids.emplace();
      for (auto* id : tree->enumBody()->STRING()) decl.enum_ids->push_back(StringText(id->getSymbol()));
      return decl;
    }
    P::EntityBodyContext* body = tree->entityBody();
    if (body->entityTypes()) decl.parents = EntityTypes(body->entityTypes());
    if (body->record()) decl.shape = Record(body->record());
    if (body->type()) decl.tags = Type(body->type());
    return decl;
  }

  CommonTypeDecl CommonType(P::CommonTypeContext* tree) {
    CommonTypeDecl decl;
    decl.span = SpanOf(tree);
    decl.name = IdentName(tree->ident());
    RefuseCedarPart(decl.name);
    if (IsReservedCommonTypeName(decl.name.text)) {
      sink_.Report(
          Code::kReservedTypeName, decl.name.span,
          fmt::format("`{}` is declared as a common type, but it is a keyword of schemas", decl.name.text));
    }
    decl.type = Type(tree->type());
    return decl;
  }

  ActionDecl Action(P::ActionContext* tree) {
    ActionDecl decl;
    decl.span = SpanOf(tree);
    for (P::NameContext* name : tree->name()) decl.names.push_back({NameText(name), SpanOf(name)});
    if (tree->actionGroups()) {
      for (P::ActionRefContext* ref : tree->actionGroups()->actionRef()) decl.parents.push_back(Ref(ref));
    }
    if (tree->appliesTo()) decl.applies_to = AppliesTo(tree->appliesTo(), decl.names[0].id);
    return decl;
  }

  ActionRef Ref(P::ActionRefContext* tree) {
    ActionRef ref;
    ref.span = SpanOf(tree);
    if (tree->path()) {
      ref.type = MakePath(tree->path());
      ref.id = StringText(tree->STRING()->getSymbol());
    } else {
      ref.id = NameText(tree->name());
    }
    return ref;
  }

  ActionDecl::AppliesTo AppliesTo(P::AppliesToContext* tree, const std::string& action) {
    ActionDecl::AppliesTo out;
    out.span = SpanOf(tree);
    Span principal, resource, context;
    for (P::AppliesToPartContext* part : tree->appliesToPart()) {
      Span span = SpanOf(part);
      if (part->CONTEXT()) {
        if (!Once(context, span, "context", action)) continue;
        if (part->record()) {
          out.context = Record(part->record());
        } else {
          // A context must be a record, so its name can only mean a common type.
          SchemaType type;
          type.kind = SchemaType::Kind::kCommon;
          type.name = MakePath(part->path());
          type.span = type.name.span;
          out.context = AddType(std::move(type));
        }
        continue;
      }
      bool is_principal = part->PRINCIPAL() != nullptr;
      const char* word = is_principal ? "principal" : "resource";
      if (!Once(is_principal ? principal : resource, span, word, action)) continue;
      std::vector<Name>& types = is_principal ? out.principals : out.resources;
      types = EntityTypes(part->entityTypes());
      if (types.empty()) {
        sink_
            .Report(Code::kInvalidAppliesTo, span,
                    fmt::format("`{}` of action `{}` is an empty list", word, source::Excerpt(action)))
            .help = "leave `appliesTo` out for an action that applies to nothing";
      }
    }
    if (!principal.valid()) Missing("principal", out.span, action);
    if (!resource.valid()) Missing("resource", out.span, action);
    return out;
  }

  bool Once(Span& first, Span span, std::string_view word, const std::string& action) {
    if (!first.valid()) {
      first = span;
      return true;
    }
    auto& d = sink_.Report(Code::kInvalidAppliesTo, span,
                           fmt::format("`{}` of action `{}` is given twice", word, source::Excerpt(action)));
    d.labels.push_back({first, "first given here"});
    if (word != "context") d.help = fmt::format("several types go into one list: `{}: [A, B]`", word);
    return false;
  }

  void Missing(std::string_view word, Span span, const std::string& action) {
    sink_
        .Report(Code::kInvalidAppliesTo, span,
                fmt::format("`appliesTo` of action `{}` has no `{}`", source::Excerpt(action), word))
        .help = fmt::format("add `{}: SomeEntityType`", word);
  }

  const source::SourceMap& map_;
  source::FileId file_;
  SchemaFragment& fragment_;
  source::DiagnosticSink& sink_;
};

// Cuts a file into namespace heads and declarations and has each parsed.
class FileReader {
 public:
  FileReader(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink)
      : sink_(sink), input_(map.text(file)), lexer_(&input_), builder_(map, file, fragment_, sink) {
    lexer_.removeErrorListeners();
    next_ = lexer_.nextToken();
  }

  SchemaFragment Read() {
    NamespaceDecl outer;
    ReadDeclarations(outer, /*open_brace=*/nullptr);
    if (!outer.entity_types.empty() || !outer.actions.empty() || !outer.common_types.empty()) {
      fragment_.namespaces.push_back(std::move(outer));
    }
    return std::move(fragment_);
  }

 private:
  using Tokens = std::vector<TokenPtr>;

  size_t Peek() const { return next_->getType(); }
  TokenPtr Take() {
    TokenPtr token = std::move(next_);
    next_ = lexer_.nextToken();
    return token;
  }

  // Reads to the end of the file or, inside a namespace, of the namespace.
  void ReadDeclarations(NamespaceDecl& into, const Span* open_brace) {
    while (!stopped_) {
      switch (Peek()) {
        case Token::EOF:
          if (open_brace != nullptr) {
            auto& d = sink_.Report(Code::kUnexpectedToken, builder_.SpanOf(next_.get()),
                                   "unexpected end of file inside a namespace, expected `}`");
            d.labels.push_back({*open_brace, "opened here"});
          }
          return;
        case P::RBRACE:
          if (open_brace != nullptr) {
            Take();
            return;
          }
          sink_.Report(Code::kUnexpectedToken, builder_.SpanOf(next_.get()),
                       "unexpected `}`, nothing is open here");
          stopped_ = true;
          return;
        case P::SEMICOLON: {
          TokenPtr token = Take();
          sink_
              .Report(Code::kUnexpectedToken, builder_.SpanOf(token.get()),
                      "unexpected `;`, expected a declaration")
              .help = "the `}` of a namespace is not followed by `;`";
          break;
        }
        default:
          ReadOne(into, open_brace != nullptr);
      }
    }
  }

  void ReadOne(NamespaceDecl& into, bool inside) {
    Tokens tokens;
    // Annotations, `@key` or `@key("value")`, do not tell what they belong to; the word behind them does.
    while (Peek() == P::AT) {
      tokens.push_back(Take());
      if (Peek() == Token::EOF) break;
      tokens.push_back(Take());
      if (Peek() != P::LPAREN) continue;
      tokens.push_back(Take());
      if (Peek() == P::STRING) tokens.push_back(Take());
      if (Peek() == P::RPAREN) tokens.push_back(Take());
    }
    if (Peek() == P::NAMESPACE && !inside) {
      ReadNamespace(std::move(tokens));
      return;
    }
    size_t braces = 0, nesting = 0, deepest = 0;
    Span deepest_at;
    for (bool done = false; !done;) {
      switch (Peek()) {
        case P::LBRACE:
          ++braces;
          [[fallthrough]];
        case P::LBRACKET:
        case P::LANGLE:
          if (++nesting > deepest) {
            deepest = nesting;
            deepest_at = builder_.SpanOf(next_.get());
          }
          break;
        case P::RBRACE:
          if (braces == 0) done = true;
          if (braces > 0) --braces;
          [[fallthrough]];
        case P::RBRACKET:
        case P::RANGLE:
          if (nesting > 0) --nesting;
          break;
        case Token::EOF:
          done = true;
          break;
        default:
          break;
      }
      if (done) break;
      done = Peek() == P::SEMICOLON;  // ends a declaration even where brackets are still open
      tokens.push_back(Take());
    }
    if (deepest > kMaxSchemaNesting) {
      sink_.Report(Code::kNestingTooDeep, deepest_at,
                   fmt::format("brackets are nested {} deep, the limit is {}", deepest, kMaxSchemaNesting));
      return;
    }
    bool good = Parse(std::move(tokens), [&](CedarSchemaParser& parser) {
      P::DeclarationContext* tree = parser.declaration();
      return [this, tree, &into] { builder_.Declaration(tree, into); };
    });
    // With a brace left open, what follows may belong to this declaration or not.
    if (!good && braces > 0) stopped_ = true;
  }

  void ReadNamespace(Tokens tokens) {
    while (Peek() != Token::EOF && Peek() != P::SEMICOLON && Peek() != P::RBRACE) {
      bool last = Peek() == P::LBRACE;
      tokens.push_back(Take());
      if (last) break;
    }
    NamespaceDecl decl;
    Span open_brace = tokens.empty() ? Span{} : builder_.SpanOf(tokens.back().get());
    bool good = Parse(std::move(tokens), [&](CedarSchemaParser& parser) {
      P::NamespaceHeadContext* tree = parser.namespaceHead();
      return [this, tree, &decl] {
        decl.annotations = builder_.Annotations(tree->annotation());
        decl.name = builder_.MakePath(tree->path());
        builder_.RefuseCedarPart(decl.name);
        decl.span = builder_.SpanOf(tree->NAMESPACE()->getSymbol());
      };
    });
    if (!good) {
      stopped_ = true;  // whether its `}` is still to come cannot be known
      return;
    }
    for (const NamespaceDecl& other : fragment_.namespaces) {
      if (other.name.text != decl.name.text) continue;
      auto& d = sink_.Report(Code::kDuplicateDeclaration, decl.name.span,
                             fmt::format("namespace `{}` is opened twice in one file", decl.name.text));
      d.labels.push_back({other.name.span, "first opened here"});
      d.help = "put all its declarations into one block";
    }
    ReadDeclarations(decl, &open_brace);
    fragment_.namespaces.push_back(std::move(decl));
  }

  // Parses `tokens` and, if the grammar allows them, calls what `rule(parser)` returned while the tree is
  // alive. False if an error was reported.
  template <typename Rule>
  bool Parse(Tokens tokens, Rule rule) {
    size_t errors = sink_.error_count();
    // The end of this piece stands at the token that follows it.
    size_t at = next_->getStartIndex();
    auto end = std::make_unique<antlr4::CommonToken>(Token::EOF);
    end->setStartIndex(at);
    end->setStopIndex(at);
    const Token* first = tokens.empty() ? nullptr : tokens[0].get();
    tokens.push_back(std::move(end));
    PieceStream stream(tokens, &lexer_);
    CedarSchemaParser parser(&stream);
    parser.removeErrorListeners();
    auto strategy = std::make_shared<StopAtFirstError>();
    parser.setErrorHandler(strategy);
    try {
      rule(parser)();
    } catch (const antlr4::ParseCancellationException&) {
      ReportUnexpected(strategy->offending(), strategy->expected(), strategy->offending() == first);
    }
    return sink_.error_count() == errors;
  }

  void ReportUnexpected(const Token* token, const antlr4::misc::IntervalSet& expected, bool at_start) {
    // What really stands behind the piece, not its artificial end.
    if (token->getType() == Token::EOF) token = next_.get();
    Span span = builder_.SpanOf(token);
    std::string text = source::Excerpt(builder_.TextOf(token));
    std::string message;
    std::string help;
    if (token->getType() == Token::EOF) {
      message = "unexpected end of file";
    } else if (text == "\"") {
      sink_.Report(Code::kUnexpectedToken, span, "this string is not closed").help =
          "a backslash at the end of a line does not continue a string";
      return;
    } else if (token->getType() == P::INVALID) {
      message = fmt::format("unexpected character `{}`", text);
      if (text == "'") help = "strings are written with double quotes";
      if (text == "/" || text == "#") help = "a comment starts with `//`";
      if (builder_.TextOf(token) == "\xEF\xBB\xBF") {
        message = "unexpected byte order mark";
        help = "save the file as UTF-8 without it";
      }
    } else {
      message = fmt::format("unexpected `{}`", text);
    }
    if (at_start) {
      static const std::vector<std::string> kKeywords = {"entity", "action", "type", "namespace"};
      message += ", expected `entity`, `action`, `type` or `namespace`";
      if (auto guess = source::DidYouMean(text, kKeywords)) help = fmt::format("did you mean `{}`?", *guess);
    } else if (std::string list = Expected(expected, lexer_.getVocabulary()); !list.empty()) {
      message += ", expected " + list;
    }
    if (token->getType() == P::LBRACE && expected.contains(ssize_t{P::APPLIESTO})) {
      help = "write `appliesTo` before the `{` of an action";
    } else if (help.empty() && IsReservedWord(text)) {
      help = fmt::format(
          "`{}` is a reserved word; attribute and action names may be written as strings: `\"{}\"`", text,
          text);
    }
    sink_.Report(Code::kUnexpectedToken, span, std::move(message)).help = std::move(help);
  }

  // "`,`, `;` or a name"; empty if there is too much to be of help.
  std::string Expected(const antlr4::misc::IntervalSet& expected, const antlr4::dfa::Vocabulary& vocabulary) {
    constexpr size_t kMostListed = 7;
    auto has = [&](size_t type) { return expected.contains(static_cast<ssize_t>(type)); };
    std::vector<std::string> items;
    bool any_name = has(P::IDENTIFIER);
    bool type = any_name && has(P::SET) && has(P::LBRACE) && !has(P::STRING);
    if (type) return "a type";
    if (any_name) items.push_back("a name");
    if (has(P::STRING)) items.push_back("a string");
    for (ssize_t t : expected.toList()) {
      if (t <= 0 || t == P::IDENTIFIER || t == P::STRING) continue;
      bool keyword = t >= P::NAMESPACE && t <= P::ENUM;
      if (keyword && any_name && t != P::IN) continue;  // is a name here
      std::string literal = vocabulary.getLiteralName(static_cast<size_t>(t));
      if (literal.size() <= 2 || literal == "'::'") continue;  // a name may go on: true, but no help
      items.push_back(fmt::format("`{}`", literal.substr(1, literal.size() - 2)));
    }
    return items.size() > kMostListed ? std::string() : JoinOr(items);
  }

  source::DiagnosticSink& sink_;
  Utf8Stream input_;
  CedarSchemaLexer lexer_;
  SchemaFragment fragment_;
  Builder builder_;
  TokenPtr next_;
  bool stopped_ = false;  // brackets do not match: nothing after this can be trusted
};

}  // namespace

std::optional<SchemaFragment> ParseCedarSchema(const source::SourceMap& map, source::FileId file,
                                               source::DiagnosticSink& sink) {
  if (!CheckText(map, file, kMaxSchemaBytes, sink)) return std::nullopt;
  size_t errors = sink.error_count();
  std::optional<SchemaFragment> fragment;
  try {
    fragment = FileReader(map, file, sink).Read();
  } catch (const std::exception& e) {
    // ANTLR lets nothing else escape on valid UTF-8; kept so that a surprise is a message.
    sink.Report(Code::kUnexpectedToken, {file, 0, 0}, fmt::format("the schema cannot be read: {}", e.what()));
  }
  if (sink.error_count() > errors) return std::nullopt;
  return fragment;
}

}  // namespace polc::syntax
