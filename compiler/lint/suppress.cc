#include "compiler/lint/suppress.h"

#include <algorithm>
#include <map>

#include "compiler/source/quote.h"
#include "compiler/syntax/cedar_parser.h"
#include "compiler/syntax/pol_parser.h"
#include "fmt/format.h"

namespace polc::lint {

using source::Code;
using source::Severity;
using source::Span;

namespace {

constexpr std::string_view kMark = "polc:";

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return text.substr(text.size());
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// One code that one comment excuses.
struct Excuse {
  Code code;
  Span at;       // of the code in the comment
  Span comment;  // the whole comment
  Span covers;
  bool alone = false;  // the comment excuses nothing else and stands alone on its line
  bool used = false;
};

class Reader {
 public:
  Reader(Context& context, std::vector<Excuse>& excuses, std::vector<Finding>& out)
      : context_(context), map_(context.in.map), excuses_(excuses), out_(out) {}

  // `starts`: where policies and declarations of the file begin, and how far they go.
  void Read(source::FileId file, const std::vector<syntax::SyntaxToken>& tokens,
            const std::map<uint32_t, Span>& starts) {
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].kind != syntax::TokenKind::kComment) continue;
      std::string_view text = map_.text(tokens[i].span);
      text = Trim(text.substr(std::min<size_t>(2, text.size())));
      if (text.starts_with(kMark)) ReadOne(file, tokens, i, text, starts);
    }
  }

 private:
  bool StandsAlone(Span span) const {
    const std::string_view text = map_.text(span.file);
    const size_t line = text.rfind('\n', span.begin == 0 ? 0 : span.begin - 1);
    const size_t begin = span.begin == 0 || line == text.npos ? 0 : line + 1;
    return Trim(text.substr(begin, span.begin - begin)).empty();
  }
  Span LineOf(source::FileId file, uint32_t at) const {
    const std::string_view text = map_.text(file);
    const size_t before = at == 0 ? text.npos : text.rfind('\n', at - 1);
    const size_t after = text.find('\n', at);
    return {file, before == text.npos ? 0 : static_cast<uint32_t>(before + 1),
            static_cast<uint32_t>(after == text.npos ? text.size() : after)};
  }

  Span Covered(source::FileId file, const std::vector<syntax::SyntaxToken>& tokens, size_t comment,
               const std::map<uint32_t, Span>& starts) const {
    const Span at = tokens[comment].span;
    if (!StandsAlone(at)) return LineOf(file, at.begin);
    for (size_t i = comment + 1; i < tokens.size(); ++i) {
      if (tokens[i].kind == syntax::TokenKind::kComment) continue;
      auto start = starts.find(tokens[i].span.begin);
      return start == starts.end() ? LineOf(file, tokens[i].span.begin) : start->second;
    }
    return {file, at.end, at.end};
  }

  // Where `part`, a view into the source, stands.
  Span SpanOf(source::FileId file, std::string_view part) const {
    const auto begin = static_cast<uint32_t>(part.data() - map_.text(file).data());
    return {file, begin, begin + static_cast<uint32_t>(part.size())};
  }

  void Report(Code code, Span span, std::string message, std::string help) {
    if (!context_.On(code)) return;
    Finding& finding = out_.emplace_back();
    finding.diagnostic.code = code;
    finding.diagnostic.severity = source::Info(code).severity;
    finding.diagnostic.span = span;
    finding.diagnostic.message = std::move(message);
    finding.diagnostic.help = std::move(help);
  }

  void ReadOne(source::FileId file, const std::vector<syntax::SyntaxToken>& tokens, size_t comment,
               std::string_view text, const std::map<uint32_t, Span>& starts) {
    const Span whole = tokens[comment].span;
    const std::string form = "write `// polc: allow CODE: reason`";
    std::string_view rest = Trim(text.substr(kMark.size()));
    const bool everywhere = rest.starts_with("allow-file ");
    if (!everywhere && !rest.starts_with("allow ")) {
      return Report(
          Code::kUnknownSuppression, whole,
          fmt::format("`{}` is nothing a comment can tell polc", source::Excerpt(std::string(text))), form);
    }
    rest = Trim(rest.substr(everywhere ? 11 : 6));
    const size_t colon = rest.find(':');
    const std::string_view codes = rest.substr(0, colon);
    if (colon == rest.npos || Trim(rest.substr(colon + 1)).empty()) {
      return Report(Code::kSuppressionWithoutReason, whole,
                    fmt::format("`{}` is to be excused, and no reason is given",
                                source::Excerpt(std::string(Trim(codes)))),
                    form);
    }
    const Span covers = everywhere ? Span{file, 0, static_cast<uint32_t>(map_.text(file).size())}
                                   : Covered(file, tokens, comment, starts);
    const bool single = codes.find(',') == codes.npos && StandsAlone(whole);
    for (size_t at = 0; at <= codes.size();) {
      const size_t comma = std::min(codes.find(',', at), codes.size());
      AddCode(file, Trim(codes.substr(at, comma - at)), whole, covers, single);
      at = comma + 1;
    }
  }

  void AddCode(source::FileId file, std::string_view name, Span whole, Span covers, bool single) {
    const std::optional<Code> code = source::FindCode(name);
    if (!code) {
      std::vector<std::string> names;
      for (const source::CodeInfo& info : source::AllCodes()) names.emplace_back(info.name);
      const std::optional<std::string> near = source::DidYouMean(name, names);
      return Report(
          Code::kUnknownSuppression, name.empty() ? whole : SpanOf(file, name),
          fmt::format("no diagnostic is called `{}`", source::Excerpt(std::string(name))),
          near ? fmt::format("did you mean `{}`?", *near) : "docs/lints.md lists what can be excused");
    }
    if (source::Info(*code).severity == Severity::kError) {
      return Report(Code::kUnknownSuppression, SpanOf(file, name),
                    fmt::format("`{}` is an error and cannot be excused", name), "correct what it is about");
    }
    excuses_.push_back({*code, SpanOf(file, name), whole, covers, single, false});
  }

  Context& context_;
  const source::SourceMap& map_;
  std::vector<Excuse>& excuses_;
  std::vector<Finding>& out_;
};

bool Excused(std::vector<Excuse>& excuses, const source::Diagnostic& d) {
  if (!d.span.valid() || source::Info(d.code).severity == Severity::kError) return false;
  bool excused = false;
  for (Excuse& excuse : excuses) {
    if (excuse.code != d.code || excuse.covers.file != d.span.file) continue;
    if (d.span.begin < excuse.covers.begin || d.span.begin > excuse.covers.end) continue;
    excuse.used = excused = true;
  }
  return excused;
}

}  // namespace

bool SpeaksToPolc(std::string_view text) { return text.find(kMark) != text.npos; }

void ApplySuppressions(Context& context, bool complete, std::vector<Finding>& findings,
                       std::vector<source::Diagnostic>& reported) {
  std::vector<Excuse> excuses;
  std::vector<Finding> about;
  Reader reader(context, excuses, about);
  source::DiagnosticSink ignored;
  auto read = [&](source::FileId file, bool pol, const std::map<uint32_t, Span>& starts) {
    if (!SpeaksToPolc(context.in.map.text(file))) return;
    const auto tokens = pol ? syntax::TokenizePol(context.in.map, file, ignored)
                            : syntax::TokenizeCedar(context.in.map, file, ignored);
    if (tokens) reader.Read(file, *tokens, starts);
  };
  for (const Context::CedarFile& file : context.cedar) {
    std::map<uint32_t, Span> starts;
    for (const syntax::Policy& policy : file.policies) starts.emplace(policy.span.begin, policy.span);
    read(file.id, false, starts);
  }
  for (const Context::PolFile& file : context.pol) {
    std::map<uint32_t, Span> starts;
    if (file.file.header) starts.emplace(file.file.header->span.begin, file.file.header->span);
    for (const ast::Decl& decl : file.file.decls) {
      const Span span = ast::SpanOf(decl);
      starts.emplace(span.begin, span);
    }
    read(file.id, true, starts);
  }
  for (source::FileId file : context.in.schema_files) read(file, false, {});

  std::erase_if(findings, [&](const Finding& f) { return Excused(excuses, f.diagnostic); });
  std::erase_if(reported, [&](const source::Diagnostic& d) { return Excused(excuses, d); });
  for (const Excuse& excuse : excuses) {
    const Lint* lint = FindLint(excuse.code);
    // What did not run could not be found.
    if (excuse.used || !complete || (lint && !context.On(excuse.code))) continue;
    if (!context.On(Code::kUnusedSuppression)) continue;
    Finding& finding = about.emplace_back();
    finding.diagnostic.code = Code::kUnusedSuppression;
    finding.diagnostic.severity = source::Info(Code::kUnusedSuppression).severity;
    finding.diagnostic.span = excuse.at;
    finding.diagnostic.message =
        fmt::format("nothing here is `{}`, so there is nothing to excuse", source::Info(excuse.code).name);
    finding.diagnostic.help = "remove the comment";
    if (!excuse.alone) continue;
    const std::string_view text = context.in.map.text(excuse.comment.file);
    Span line = excuse.comment;
    while (line.begin > 0 && text[line.begin - 1] != '\n') --line.begin;
    if (line.end < text.size() && text[line.end] == '\r') ++line.end;
    if (line.end < text.size() && text[line.end] == '\n') ++line.end;
    finding.fix.push_back({line, ""});
  }
  findings.insert(findings.end(), std::make_move_iterator(about.begin()),
                  std::make_move_iterator(about.end()));
}

}  // namespace polc::lint
