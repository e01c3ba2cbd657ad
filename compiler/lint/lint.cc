#include "compiler/lint/lint.h"

#include <algorithm>
#include <tuple>

#include "compiler/lint/context.h"
#include "compiler/lint/suppress.h"
#include "compiler/source/quote.h"
#include "compiler/syntax/cedar_parser.h"
#include "compiler/syntax/pol_parser.h"

namespace polc::lint {

using source::Code;
using source::Span;

const std::vector<Lint>& AllLints() {
  enum : bool { Off, On };
  enum : bool { NoFix, Fix };
  static const std::vector<Lint> lints = {
#define POLC_LINT(name, subject, on, fix) {Code::k##name, #subject, on, fix},
#include "compiler/lint/lints.def"
  };
  return lints;
}

const Lint* FindLint(Code code) {
  auto found = std::ranges::find(AllLints(), code, &Lint::code);
  return found == AllLints().end() ? nullptr : &*found;
}

Context::Context(const Input& input, const std::vector<source::Diagnostic>& reported)
    : in(input), prover(input.program, input.schema) {
  for (const source::Diagnostic& d : reported) {
    if (d.code == Code::kImpossiblePolicy) impossible_.insert(d.rule);
  }
  for (const Lint& lint : AllLints()) {
    if (in.options.enabled ? in.options.enabled(lint) : lint.on) on_.insert(lint.code);
  }
  // The set is without errors: whatever is said now was said, or is no error.
  source::DiagnosticSink ignored;
  for (source::FileId file : in.cedar_files) {
    ours_.insert(file);
    const std::string_view text = in.map.text(file);
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first != text.npos && (text[first] == '{' || text[first] == '[')) continue;
    CedarFile& read = cedar.emplace_back();
    read.id = file;
    syntax::ParseCedarParts(in.map, file, ignored, [&](syntax::ParsedPart part) {
      for (syntax::ParsedPolicy& policy : part.policies) read.policies.push_back(std::move(policy.policy));
    });
  }
  for (source::FileId file : in.pol_files) {
    ours_.insert(file);
    pol.push_back({file, syntax::ParsePol(in.map, file, ignored)});
  }
  ours_.insert(in.schema_files.begin(), in.schema_files.end());
  for (const std::vector<core::Rule>* rules : {&in.program.rules, &in.program.templates}) {
    for (const core::Rule& rule : *rules) {
      if (Ours(rule.span) && rule.template_id.empty()) rules_.push_back(&rule);
    }
  }
  std::ranges::sort(rules_, [](const core::Rule* a, const core::Rule* b) {
    return std::tie(a->span.file, a->span.begin) < std::tie(b->span.file, b->span.begin);
  });
}

bool Context::OnAny(std::initializer_list<Code> codes) const {
  return std::ranges::any_of(codes, [this](Code code) { return On(code); });
}

Finding& Context::Report(Code code, Span span, std::string message, std::string help) {
  if (!On(code) || !Ours(span)) return off_ = {};
  Finding& finding = out_.emplace_back();
  finding.diagnostic.code = code;
  finding.diagnostic.severity = source::Info(code).severity;
  finding.diagnostic.span = span;
  finding.diagnostic.message = std::move(message);
  finding.diagnostic.help = std::move(help);
  return finding;
}

Finding& Context::ReportIn(const core::Rule& rule, Code code, Span span, std::string message,
                           std::string help) {
  Finding& finding = Report(code, span, std::move(message), std::move(help));
  finding.diagnostic.rule = rule.id;
  return finding;
}

std::string Context::Text(Span span) const {
  if (!span.valid()) return "";
  const std::string_view text = in.map.text(span);
  if (text.find("//") != text.npos) return source::Excerpt(text);
  // What runs over several lines is shown on one.
  std::string line;
  for (char c : text) {
    const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!space || (!line.empty() && line.back() != ' ')) line += space ? ' ' : c;
  }
  return source::Excerpt(line);
}

std::string Context::UidText(const core::Rule& rule, const data::EntityUid& uid) {
  if (!rule.strict) return data::ToString(uid);
  std::string type = uid.type;
  for (size_t at; (at = type.find("::")) != type.npos;) type.replace(at, 2, ".");
  return type + " " + source::Quote(uid.id);
}

std::vector<std::vector<Edit>> Run(const Input& input, source::DiagnosticSink& sink) {
  Context context(input, sink.diagnostics());
  const bool complete = !sink.has_errors();
  if (complete) {
    LintReachability(context);
    LintConditions(context);
    LintEffects(context);
    LintActions(context);
    LintApprovals(context);
    LintDeclarations(context);
    LintNames(context);
    LintDocumentation(context);
  }
  std::vector<Finding> findings = context.Take();
  ApplySuppressions(context, complete, findings, sink.mutable_diagnostics());
  std::vector<std::vector<Edit>> fixes;
  for (Finding& finding : findings) {
    sink.mutable_diagnostics().push_back(std::move(finding.diagnostic));
    if (!finding.fix.empty()) fixes.push_back(std::move(finding.fix));
  }
  return fixes;
}

void DropExcused(const source::SourceMap& map, std::vector<source::FileId> cedar_files,
                 std::vector<source::FileId> pol_files, std::vector<source::FileId> schema_files,
                 source::DiagnosticSink& sink) {
  const bool any = std::ranges::any_of(sink.diagnostics(), [](const source::Diagnostic& d) {
    return source::Info(d.code).severity != source::Severity::kError;
  });
  if (!any) return;
  for (std::vector<source::FileId>* files : {&cedar_files, &pol_files, &schema_files}) {
    std::erase_if(*files, [&](source::FileId file) { return !SpeaksToPolc(map.text(file)); });
  }
  const core::Program none;  // no lint looks at it
  const Input input{map,
                    none,
                    nullptr,
                    nullptr,
                    nullptr,
                    std::move(cedar_files),
                    std::move(pol_files),
                    std::move(schema_files),
                    {},
                    {},
                    {}};
  Context context(input, {});
  std::vector<Finding> of_lints;
  ApplySuppressions(context, false, of_lints, sink.mutable_diagnostics());
}

}  // namespace polc::lint
