#include "compiler/simulate/prepare.h"

#include "compiler/host/request_json.h"
#include "compiler/log/json_text.h"
#include "compiler/model/request_json.h"
#include "fmt/format.h"

namespace polc::simulate {

Preparer::Preparer(const Options& options, bool same_model)
    : options_(options), same_model_(same_model), reads_after_(*options.after->source.program) {
  if (options.before) reads_before_.emplace(*options.before->source.program);
}

std::shared_ptr<const Taken> Preparer::Take(const Side& side, const log::Record& record,
                                            bool validate) const {
  source::SourceMap map;
  source::DiagnosticSink sink;
  const source::FileId file = map.Add("", record.request);
  const source::Span span{file, 0, static_cast<uint32_t>(record.request.size())};
  const auto validation = validate ? model::RequestValidation::kOn : model::RequestValidation::kOff;
  const core::Program& program = *side.source.program;
  model::RequestResult read = host::ReadRequest(map, span, 0, program, side.schema, validation, sink);
  auto taken = std::make_shared<Taken>();
  if (!read.valid) {
    for (const source::Diagnostic& d : sink.diagnostics()) {
      if (d.severity == source::Severity::kError) {
        taken->problem = d.message;
        break;
      }
    }
    return taken;
  }
  taken->request = std::move(read.request);
  // A log that does not say what `now` was says when it was decided.
  if (program.pol && record.time && !taken->request->host->now) {
    auto host = std::make_shared<data::Host>(*taken->request->host);
    host->now = record.time;
    taken->request->host = std::move(host);
  }
  return taken;
}

std::string Preparer::ReadsMasked(const log::Record& record, log::ReadIndex& index, const Taken& taken,
                                  bool pol) const {
  if (!taken.request) return "";
  const data::Request& request = *taken.request;
  const log::Reads& reads = index.Of(request.action);
  const bool has_votes = request.host && (!request.host->approvals.empty() ||
                                          !request.host->refusals.empty() || !request.host->evidence.empty());
  for (const std::string& pointer : record.masked) {
    const std::optional<std::vector<std::string>> parsed = log::Segments(pointer);
    if (!parsed || parsed->empty()) return fmt::format("`{}` was masked", pointer);
    std::vector<std::string> path = *parsed;
    if (pol && path[0] == "host") path.erase(path.begin());
    const std::string first = path.empty() ? "" : path[0];
    bool read = true;
    if (first == "context" && path.size() > 1) {
      read = reads.ReadsContext(path[1]);
      // What is approved is the action with every argument.
      if (!read && has_votes) {
        return fmt::format("`{}` was masked, and approvals name every argument", pointer);
      }
    } else if (first == "entities" && path.size() > 3 && path[2] == "attrs") {
      read = reads.anywhere.contains(path[3]);
    } else if (first == "entities" && path.size() > 2 && path[2] == "tags") {
      read = reads.tags;
    } else if ((first == "approvals" || first == "refusals") && path.size() == 3) {
      read = path[2] != "signature" && path[2] != "key" && path[2] != "action";
    }
    if (read) return fmt::format("`{}` was masked, and the policy may read it", pointer);
  }
  return "";
}

Prepared Preparer::Prepare(log::Record record) {
  Prepared out;
  out.record = std::move(record);
  const log::Record& r = out.record;
  if (r.request.empty()) {
    out.missing = "`request` is not there: it could not be read when it was decided";
    return out;
  }
  if (!options_.before && !r.decision) {
    out.missing = "`decision` is not there";
    return out;
  }
  out.validate = r.masked.empty();
  out.after = Take(*options_.after, r, out.validate);
  if (options_.before) out.before = same_model_ ? out.after : Take(*options_.before, r, out.validate);
  if (r.masked.empty()) return out;
  if (r.decision && r.decision->why == data::Why::kInvalidRequest) {
    out.missing = fmt::format("`{}` was masked, and the request was invalid", r.masked.front());
    return out;
  }
  out.missing = ReadsMasked(r, reads_after_, *out.after, options_.after->source.program->pol);
  if (out.missing.empty() && out.before) {
    out.missing = ReadsMasked(r, *reads_before_, *out.before, options_.before->source.program->pol);
  }
  return out;
}

data::Decision Unreadable(const Side& side, const Taken& taken) {
  data::Decision decision;
  decision.why = side.source.program->pol ? data::Why::kInvalidRequest : data::Why::kNone;
  decision.errors.push_back({"", taken.problem});
  return decision;
}

}  // namespace polc::simulate
