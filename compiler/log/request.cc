#include "compiler/log/request.h"

#include "compiler/host/request_json.h"
#include "compiler/model/request_json.h"

namespace polc::log {

LoggedRequest ReadRequest(const Record& record, const core::Program& program, const model::Schema* schema,
                          bool validate) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  const source::FileId file = map.Add("", record.request);
  const source::Span span{file, 0, static_cast<uint32_t>(record.request.size())};
  const auto validation = validate ? model::RequestValidation::kOn : model::RequestValidation::kOff;
  model::RequestResult read = host::ReadRequest(map, span, 0, program, schema, validation, sink);
  LoggedRequest out;
  if (!read.valid) {
    for (const source::Diagnostic& d : sink.diagnostics()) {
      if (d.severity == source::Severity::kError) {
        out.problem = d.message;
        break;
      }
    }
    return out;
  }
  out.request = std::move(read.request);
  if (program.pol && record.time && !out.request->host->now) {
    auto host = std::make_shared<data::Host>(*out.request->host);
    host->now = record.time;
    out.request->host = std::move(host);
  }
  return out;
}

}  // namespace polc::log
