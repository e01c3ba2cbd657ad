#include "compiler/stdlib/stdlib.h"

namespace polc::stdlib {

const Module* Find(std::string_view name) {
  for (const Module& module : Modules()) {
    if (module.name == name) return &module;
  }
  return nullptr;
}

}  // namespace polc::stdlib
