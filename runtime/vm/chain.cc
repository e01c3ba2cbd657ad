#include "runtime/vm/chain.h"

#include <algorithm>

#include "runtime/vm/model.h"

namespace polc::vm {

bool MayAct(const Engine& engine, const Request& request, const Memory& memory, const ActedFor& hop) {
  const bundle::Bundle& b = engine.bundle().bundle();
  const World world(engine, request);
  const bundle::ActionRow* action = FindAction(engine, world, memory, request.action());
  if (action == nullptr) return false;
  const std::string_view type = world.TypeNameOf(hop.principal, memory);
  const auto types = Slice(b.type_lists(), action->principals);
  if (std::none_of(types.begin(), types.end(), [&](uint32_t t) { return b.String(b.types()[t]) == type; })) {
    return false;
  }
  if (!hop.has_scope) return true;
  if (action->action_class == bundle::kNone) return false;
  const std::string_view name = b.String(b.classes()[action->action_class].name);
  return std::any_of(hop.scope.begin(), hop.scope.end(),
                     [&](const Value& c) { return memory.Text(c) == name; });
}

}  // namespace polc::vm
