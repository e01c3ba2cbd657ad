#include "compiler/simulate/prepare.h"

#include "fmt/format.h"

namespace polc::simulate {

Preparer::Preparer(const Options& options, bool same_model)
    : options_(options), same_model_(same_model), reads_after_(*options.after->source.program) {
  if (options.before) reads_before_.emplace(*options.before->source.program);
}

std::shared_ptr<const Taken> Preparer::Take(const Side& side, const log::Record& record,
                                            bool validate) const {
  return std::make_shared<const Taken>(log::ReadRequest(record, *side.source.program, side.schema, validate));
}

std::string Preparer::Missing(const log::Record& record, log::ReadIndex& reads, const Taken& taken,
                              const Side& side) {
  return taken.request ? log::ReadsMasked(record, *taken.request, reads, side.source.program->pol) : "";
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
  out.missing = Missing(r, reads_after_, *out.after, *options_.after);
  if (out.missing.empty() && out.before) {
    out.missing = Missing(r, *reads_before_, *out.before, *options_.before);
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
