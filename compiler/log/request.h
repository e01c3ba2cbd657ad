// The request of a record, as a model reads it. Tested by compiler/simulate/simulate_test.cc and
// tests/cases/explain.
#pragma once

#include <optional>
#include <string>

#include "compiler/core/core.h"
#include "compiler/data/entities.h"
#include "compiler/log/record.h"
#include "compiler/model/schema.h"

namespace polc::log {

struct LoggedRequest {
  std::optional<data::Request> request;
  std::string problem;  // why it does not fit
};

// `validate`: attributes have to be as `schema` or the model has them. A log that does not say what `now` was
// says when it was decided.
LoggedRequest ReadRequest(const Record& record, const core::Program& program, const model::Schema* schema,
                          bool validate);

}  // namespace polc::log
