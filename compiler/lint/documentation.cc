// What a reader of the set looks for and does not find: owners, reasons, titles, controls, tests.
#include <algorithm>
#include <map>
#include <set>

#include "compiler/lint/context.h"
#include "compiler/source/quote.h"
#include "compiler/syntax/cedar_parser.h"
#include "compiler/syntax/pol_parser.h"
#include "fmt/format.h"

namespace polc::lint {

using core::Rule;
using source::Code;

namespace {

void CheckOwner(Context& context, const Context::PolFile& file) {
  const bool any_rule = std::ranges::any_of(
      file.file.decls, [](const ast::Decl& d) { return std::holds_alternative<ast::RuleDecl>(d); });
  if (!any_rule) return;
  const std::optional<ast::Header>& header = file.file.header;
  if (header && header->owner) return;
  context.Report(Code::kMissingOwner, header ? header->span : source::Span{file.id, 0, 0},
                 "nobody is named as the owner of these rules",
                 "start the file with `policy \"…\" owner \"…\"`");
}

void CheckRule(Context& context, const ast::RuleDecl& rule) {
  const auto has = [&](ast::Clause::Kind kind) {
    return std::ranges::any_of(rule.clauses, [&](const ast::Clause& c) { return c.kind == kind; });
  };
  const std::string& name = rule.name.text;
  if (rule.effect != ast::RuleEffect::kAllow && rule.effect != ast::RuleEffect::kLimit &&
      !has(ast::Clause::Kind::kBecause)) {
    context.Report(Code::kMissingBecause, rule.name.span,
                   fmt::format("rule `{}` restricts and does not say why", name),
                   "add `because \"…\"`, which whoever is refused gets to read");
  }
  if (!rule.title) {
    context.Report(Code::kMissingTitle, rule.name.span, fmt::format("rule `{}` has no title", name),
                   "put a sentence in quotes behind its name");
  }
  if (!has(ast::Clause::Kind::kMeets)) {
    context.Report(Code::kMissingControl, rule.name.span, fmt::format("rule `{}` meets no control", name),
                   "add `meets soc2 \"CC8.1\"` or the like");
  }
}

void CheckTests(Context& context) {
  if (!context.in.pol) return;
  std::set<std::string> named;
  std::map<std::pair<source::FileId, std::string>, source::Span> titles;
  for (const sema::pol::TestCase& test : context.in.pol->tests) {
    if (test.expected.by) named.insert(test.expected.by->begin(), test.expected.by->end());
    auto [first, fresh] = titles.emplace(std::pair(test.span.file, test.title), test.span);
    if (fresh) continue;
    context
        .Report(Code::kDuplicateTestTitle, test.span,
                fmt::format("a second test is called `{}`", source::Excerpt(test.title)),
                "say what sets it apart, so that a failure names one test")
        .diagnostic.labels.push_back({first->second, "the first one"});
  }
  for (const Rule* rule : context.rules()) {
    if (!rule->strict || named.contains(rule->id)) continue;
    source::Span head = rule->span;
    const std::string_view text = context.in.map.text(head);
    head.end = head.begin + static_cast<uint32_t>(std::min(text.find('\n'), text.size()));
    context.ReportIn(*rule, Code::kMissingTest, head,
                     fmt::format("no test expects `{}` to decide", source::Excerpt(rule->id)),
                     "write a test that ends in `by` and its name");
  }
}

void CheckAnnotations(Context& context) {
  for (const Rule* rule : context.rules()) {
    if (rule->strict) continue;
    for (const std::string& key : context.in.options.annotations) {
      const bool there = std::ranges::any_of(
          rule->annotations, [&](const auto& a) { return a.first == key && !a.second.empty(); });
      if (there) continue;
      source::Span head = rule->span;
      const std::string_view text = context.in.map.text(head);
      head.end = head.begin + static_cast<uint32_t>(std::min(text.find('\n'), text.size()));
      context.ReportIn(*rule, Code::kMissingAnnotation, head,
                       fmt::format("`{}` has no `@{}`", source::Excerpt(rule->id), key),
                       fmt::format("polc.toml asks for it: add `@{}(\"…\")`", key));
    }
  }
}

void CheckComments(Context& context, source::FileId file, bool pol) {
  source::DiagnosticSink ignored;
  const auto tokens = pol ? syntax::TokenizePol(context.in.map, file, ignored)
                          : syntax::TokenizeCedar(context.in.map, file, ignored);
  if (!tokens) return;
  for (const syntax::SyntaxToken& token : *tokens) {
    if (token.kind != syntax::TokenKind::kComment) continue;
    const std::string_view text = context.in.map.text(token.span);
    for (std::string_view word : {"TODO", "FIXME", "XXX"}) {
      const size_t at = text.find(word);
      if (at == text.npos) continue;
      const uint32_t begin = token.span.begin + static_cast<uint32_t>(at);
      context.Report(
          Code::kTodoComment, {file, begin, begin + static_cast<uint32_t>(word.size())},
          fmt::format("a comment says that something is left to do: `{}`", context.Text(token.span)),
          "do it, or keep it where work is tracked");
      break;
    }
  }
}

}  // namespace

void LintDocumentation(Context& context) {
  for (const Context::PolFile& file : context.pol) {
    CheckOwner(context, file);
    for (const ast::Decl& decl : file.file.decls) {
      if (const auto* rule = std::get_if<ast::RuleDecl>(&decl)) CheckRule(context, *rule);
    }
  }
  CheckTests(context);
  CheckAnnotations(context);
  if (!context.On(Code::kTodoComment)) return;
  for (const Context::CedarFile& file : context.cedar) CheckComments(context, file.id, false);
  for (const Context::PolFile& file : context.pol) CheckComments(context, file.id, true);
}

}  // namespace polc::lint
