#include "tests/engine/engine.h"

#include <algorithm>
#include <cstdlib>

namespace polc::tests {

namespace {

std::string List(const std::vector<std::string>& ids) {
  std::string out = "[";
  for (const std::string& id : ids) out += (out.size() > 1 ? ", " : "") + id;
  return out + "]";
}

}  // namespace

std::string ToString(const Decision& decision) {
  return std::string(decision.allow ? "allow " : "deny ") + List(decision.reasons) + " errors " +
         List(decision.errors);
}

std::vector<std::unique_ptr<Engine>> AllEngines() {
  std::vector<std::unique_ptr<Engine>> engines;
  engines.push_back(MakeOracleEngine());
  engines.push_back(MakeStraightEngine());
  engines.push_back(MakeScopeEngine());
  engines.push_back(MakeTreeEngine());
  engines.push_back(MakeReloadedEngine());
  engines.push_back(MakeUpdatedEngine());
#ifdef POLC_WITH_JSON
  engines.push_back(MakeJsonEngine());
#endif

  const char* wanted = std::getenv("POLC_ENGINES");
  if (!wanted) return engines;
  std::vector<std::unique_ptr<Engine>> chosen;
  std::string_view rest = wanted;
  while (!rest.empty()) {
    const std::string_view name = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    const auto found = std::find_if(engines.begin(), engines.end(),
                                    [&](const auto& engine) { return engine && engine->name() == name; });
    if (found == engines.end()) return {};
    chosen.push_back(std::move(*found));
  }
  return chosen;
}

}  // namespace polc::tests
