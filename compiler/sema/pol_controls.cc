#include "compiler/sema/pol_controls.h"

#include <algorithm>

#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::sema::pol {

namespace {

constexpr KnownControl kControls[] = {
#define POLC_CONTROL(catalogue, clause, text) {#catalogue, clause, text},
#include "compiler/sema/controls.def"
};

}  // namespace

std::span<const KnownControl> KnownControls() { return kControls; }

bool CheckControl(const syntax::pol::Control& control, source::DiagnosticSink& sink) {
  std::vector<std::string> catalogues, clauses;
  for (const KnownControl& known : kControls) {
    if (catalogues.empty() || catalogues.back() != known.catalogue) catalogues.emplace_back(known.catalogue);
    if (known.catalogue != control.catalogue.text) continue;
    if (known.clause == control.clause) return true;
    clauses.emplace_back(known.clause);
  }
  if (clauses.empty()) {
    source::Diagnostic& report =
        sink.Report(source::Code::kUnknownControl, control.catalogue.span,
                    fmt::format("`{}` is no catalogue of controls polc knows", control.catalogue.text));
    if (auto near = source::DidYouMean(control.catalogue.text, catalogues)) {
      report.help = fmt::format("did you mean `{}`?", *near);
    } else {
      report.help = fmt::format("there are {}", fmt::join(catalogues, ", "));
    }
    return false;
  }
  source::Diagnostic& report = sink.Report(
      source::Code::kUnknownControl, control.clause_span,
      fmt::format("`{}` has no clause \"{}\"", control.catalogue.text, source::Excerpt(control.clause)));
  if (auto near = source::DidYouMean(control.clause, clauses)) {
    report.help = fmt::format("did you mean \"{}\"?", *near);
  } else {
    report.help = fmt::format("its clauses look like \"{}\"", clauses.front());
  }
  return false;
}

}  // namespace polc::sema::pol
