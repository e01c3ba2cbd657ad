// What holds of diagnostics whatever the text was: they point into it and can be shown in every format.
#pragma once

#include "compiler/source/render.h"
#include "fuzz/fuzz.h"

namespace polc::fuzz {

inline void CheckDiagnostics(const source::SourceMap& map, const source::DiagnosticSink& sink) {
  const auto inside = [&](const source::Span& span) {
    return !span.valid() ||
           (span.file < map.size() && span.begin <= span.end && span.end <= map.text(span.file).size());
  };
  for (const source::Diagnostic& d : sink.diagnostics()) {
    Must(inside(d.span), "a diagnostic points into its file", d.message);
    for (const source::Label& label : d.labels)
      Must(inside(label.span), "a label points into its file", label.text);
    Must(!d.message.empty(), "a diagnostic says something");
    Must(!source::FindInvalidUtf8(d.message), "a message is UTF-8", d.message);
  }
  Must(!source::FindInvalidUtf8(RenderText(map, sink.diagnostics())), "the rendered text is UTF-8");
  Must(!source::FindInvalidUtf8(RenderJson(map, sink.diagnostics())), "the rendered JSON is UTF-8");
}

}  // namespace polc::fuzz
