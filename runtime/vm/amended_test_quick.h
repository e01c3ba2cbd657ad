// The quick way through an updated set, asked about a request as others are. Test code only.
#pragma once

#include <optional>
#include <vector>

#include "runtime/vm/amended.h"

namespace polc::vm {

// Nothing where Amended::DecideQuickly would not be asked, or says so.
inline std::optional<Decision> DecideQuickly(const Amended& amended, const Request& request,
                                             AmendedScratch* beside) {
  if (request.brings_entities()) return std::nullopt;
  RequestBuilder builder(amended.base());
  for (size_t v = 0; v < 3; ++v) {
    const auto variable = static_cast<bundle::Variable>(v);
    builder.Set(variable, request.entity(variable));
  }
  const Memory memory = amended.base().MemoryFor(request);
  const std::span<const Value> cells = memory.Cells(request.context());
  std::vector<NamedValue> context;
  for (size_t i = 0; i < cells.size(); i += 2) context.emplace_back(memory.Text(cells[i]), cells[i + 1]);
  QuickDecision quick;
  if (!amended.DecideQuickly(builder, context, beside, &quick)) return std::nullopt;
  return Decision{
      .outcome = quick.outcome, .reasons = quick.reasons, .errors = quick.errors, .would_be = quick.outcome};
}

}  // namespace polc::vm
