#include "runtime/vm/chain.h"

#include <algorithm>

#include "runtime/vm/model.h"

namespace polc::vm {

bool MayAct(const Engine& engine, const Request& request, const Memory& memory, const ActedFor& hop) {
  const bundle::Bundle& b = engine.bundle().bundle();
  const World world(engine, request);
  if (request.action_row() == bundle::kNone) return false;
  const bundle::ActionRow* action = &b.actions()[request.action_row()];
  const auto types = Slice(b.type_lists(), action->principals);
  const uint32_t type = engine.BundleTypeOf(world.Type(hop.principal));
  if (std::find(types.begin(), types.end(), type) == types.end()) return false;
  if (!hop.has_scope) return true;
  if (action->action_class == bundle::kNone) return false;
  const std::string_view name = b.String(b.classes()[action->action_class].name);
  return std::any_of(hop.scope.begin(), hop.scope.end(),
                     [&](const Value& c) { return memory.Text(c) == name; });
}

}  // namespace polc::vm
